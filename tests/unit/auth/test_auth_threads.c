/* gateway/auth under several threads: tokens are looked up, attached to, evicted and released at once; no request disturbs another. */
#include <pthread.h>
#include <stdatomic.h>

#include "auth.h"
#include "bench_key.h"
#include "sg_hash.h"
#include "store.h"
#include "support.h"

#define NOW INT64_C(1800000000)
#define THREADS 4
#define ROUNDS 400
#define TOKENS 64

struct bed {
    struct store *store;
    struct auth *auth;
    const char *folder;
    struct sg_arena *arena;
    atomic_uint attached, freed, failures;
    atomic_uint replays, firsts;
};
static struct bed bed;

static void
token_text(unsigned i, char ret[AUTH_TOKEN_LEN + 1])
{
    memset(ret, 'A', AUTH_TOKEN_LEN);
    ret[AUTH_TOKEN_LEN] = '\0';
    ret[0] = (char)('A' + i / 26);
    ret[1] = (char)('A' + i % 26);
}

static int
setup(void **state)
{
    (void)state;
    char path[256];
    bed.arena = sg_arena_new(0, (size_t)4 * 1024 * 1024);
    bed.folder = support_mkdir(bed.arena);
    snprintf(path, sizeof(path), "%s/store.db", bed.folder);
    assert_ok(store_open(path, "test", &bed.store, NULL));
    assert_ok(store_start(bed.store));
    struct auth_settings settings = auth_settings_default();
    settings.issuer = SG_LIT("http://localhost");
    settings.tokens_max = 32; /* fewer than there are: eviction all the time */
    assert_ok(auth_new(&settings, bed.store, &bed.auth));
    for (unsigned i = 0; i < TOKENS; i++) {
        char text[AUTH_TOKEN_LEN + 1];
        struct store_token row = { .kind = STORE_TOKEN_WALLET,
            .offer_id = SG_LIT("o"),
            .client = SG_LIT("c"),
            .body = sg_str_bytes(SG_LIT("x.0")),
            .expires_at = NOW + 600 };
        token_text(i, text);
        sg_sha256(sg_bytes_of(text, AUTH_TOKEN_LEN), row.token_hash);
        assert_ok(store_token_put(bed.store, &row));
    }
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    auth_free(&bed.auth);
    store_close(&bed.store);
    support_rmdir(bed.folder);
    sg_arena_free(&bed.arena);
    return 0;
}

static void
free_counted(void *object)
{
    atomic_fetch_add(&bed.freed, 1);
    free(object);
}

static void *
look_up(void *context)
{
    unsigned seed = (unsigned)(uintptr_t)context;
    struct sg_arena *arena = sg_arena_new(0, (size_t)1024 * 1024);
    for (unsigned i = 0; i < ROUNDS; i++) {
        char header[64], text[AUTH_TOKEN_LEN + 1];
        sg_arena_reset(arena);
        token_text((i * 7 + seed * 13) % TOKENS, text);
        snprintf(header, sizeof(header), "Bearer %s", text);
        struct auth_request req = { .method = SG_LIT("POST"),
            .url = SG_LIT("http://localhost/x"),
            .authorization = sg_cstr(header),
            .n_authorization = 1,
            .peer = sg_str_bytes(SG_LIT("1")),
            .now = NOW };
        struct auth_session *session = NULL;
        if (!sg_ok(auth_token_check(bed.auth, arena, &req, &session))) {
            atomic_fetch_add(&bed.failures, 1);
            continue;
        }
        if (auth_session_attachment(session) == NULL) {
            atomic_fetch_add(&bed.attached, 1);
            (void)auth_session_attach(session, malloc(16), free_counted);
        }
        if (!sg_str_is(session->selection, "x.0")) {
            atomic_fetch_add(&bed.failures, 1);
        }
        auth_session_release(bed.auth, &session);
    }
    sg_arena_free(&arena);
    return NULL;
}

static void
run(void *(*body)(void *))
{
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, body, (void *)i), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
}

static void
test_sessions_survive_eviction_while_held(void **state)
{
    (void)state;
    run(look_up);
    assert_int_equal(atomic_load(&bed.failures), 0);
    /* the rest is freed with the cache; never more than were attached */
    assert_in_range(atomic_load(&bed.freed), 1, atomic_load(&bed.attached));
}

static void *
assert_once(void *context)
{
    (void)context;
    struct sg_arena *arena = sg_arena_new(0, (size_t)1024 * 1024);
    for (unsigned i = 0; i < ROUNDS; i++) {
        /* every thread makes the same guess: each counts, none is lost */
        struct auth_code found;
        sg_arena_reset(arena);
        sg_result r = auth_code_find(
            bed.auth, arena, SG_LIT("guess"), sg_str_bytes(SG_LIT("same")), NOW, &found);
        atomic_fetch_add(r.code == SG_E_TOO_MANY ? &bed.replays : &bed.firsts, 1);
    }
    sg_arena_free(&arena);
    return NULL;
}

static void
test_parallel_guesses_do_not_outrun_the_limit(void **state)
{
    (void)state;
    run(assert_once);
    uint32_t limit = auth_settings_view(bed.auth)->guess_per_minute;
    assert_in_range(atomic_load(&bed.firsts), 1, limit);
    assert_int_equal(atomic_load(&bed.firsts) + atomic_load(&bed.replays), THREADS * ROUNDS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sessions_survive_eviction_while_held),
        cmocka_unit_test(test_parallel_guesses_do_not_outrun_the_limit),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

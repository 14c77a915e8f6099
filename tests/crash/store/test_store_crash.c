/*
 * The store's process is killed at random moments while it writes everything it can store; whatever it had confirmed on a pipe must be
 * there afterwards, counters never fall, a code is never redeemed twice. req: SIG-5, STA-1
 */
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store.h"
#include "support.h"

#define NOW INT64_C(1800000000)
#define ROUNDS 40

enum kind { OFFER = 1, REDEEMED = 2, ISSUED = 3, RESERVED = 4, ORDERED = 5 };
/* What the child says on the pipe once a verb has returned. */
struct word {
    uint32_t kind;
    uint32_t n;
    uint64_t value;
};

static void
hash_of(uint32_t kind, uint32_t n, uint8_t ret[32])
{
    memset(ret, 0, 32);
    memcpy(ret, &kind, sizeof(kind));
    memcpy(ret + 4, &n, sizeof(n));
}

struct said {
    int fd;
    uint32_t n;
};

static void
say(int fd, uint32_t kind, uint32_t n, uint64_t value)
{
    struct word word = { kind, n, value };
    if (write(fd, &word, sizeof(word)) != (ssize_t)sizeof(word)) {
        _exit(2);
    }
}

static void
issued(void *context, sg_result result)
{
    struct said *said = context;
    if (sg_ok(result)) {
        say(said->fd, ISSUED, said->n, 0);
    }
    free(said);
}

static void
must(sg_result r)
{
    if (!sg_ok(r)) {
        _exit(3);
    }
}

/* What the round before was killed over: still there, and an entry takes no other order before. */
static void
apply_waiting(struct store *store)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)16 * 1024 * 1024);
    const struct store_order *orders;
    size_t n;
    uint64_t version;
    must(store_orders_waiting(store, arena, &orders, &n));
    for (size_t i = 0; i < n; i++) {
        must(store_order_apply(store, orders[i].id, NOW, &version));
    }
    sg_arena_free(&arena);
}

static void
write_until_killed(const char *path, uint32_t base, int fd)
{
    struct store *store;
    must(store_open(path, "test", &store, NULL));
    must(store_start(store));
    apply_waiting(store);
    for (uint32_t n = base;; n++) {
        char id[32];
        snprintf(id, sizeof(id), "o%u", n);
        struct store_offer offer = { .offer_id = sg_cstr(id), .tries_left = 3, .created_at = NOW };
        hash_of(OFFER, n, offer.code_hash);
        offer.expires_at = NOW + 600;
        offer.body = sg_cstr(id).n > 0 ? sg_str_bytes(sg_cstr(id)) : SG_NO_BYTES;
        must(store_offer_put(store, &offer));
        say(fd, OFFER, n, 0);
        struct store_token token = {
            .kind = 1, .offer_id = offer.offer_id, .expires_at = NOW + 900
        };
        hash_of(REDEEMED, n, token.token_hash);
        must(store_offer_redeem(store, offer.code_hash, NOW, &token));
        say(fd, REDEEMED, n, 0);
        struct store_issuance row = { .offer_id = offer.offer_id, .idx = 1, .state = STORE_ISSUED };
        hash_of(ISSUED, n, row.signature_hash);
        struct said *said = malloc(sizeof(*said));
        *said = (struct said){ fd, n };
        store_issuance_commit(store, &row, 1, issued, said);
        uint64_t first;
        uint64_t end;
        must(store_list_reserve(store, SG_LIT("l"), 3, &first, &end));
        say(fd, RESERVED, n, end);
        uint8_t order[32];
        uint64_t version;
        hash_of(ORDERED, n, order);
        sg_bytes order_id = sg_bytes_of(order, 16);
        const struct store_order waits = { order_id, SG_LIT("l"), n % 100000, n % 2, order_id,
            order_id, NOW };
        must(store_order_wait(store, &waits, &version));
        must(store_order_apply(store, order_id, NOW, &version));
        say(fd, ORDERED, n, version);
    }
}

static void
check_word(struct store *store, struct sg_arena *arena, const struct word *word)
{
    char id[32];
    snprintf(id, sizeof(id), "o%u", word->n);
    uint8_t hash[32];
    hash_of(word->kind, word->n, hash);
    struct store_offer offer;
    struct store_token token;
    struct store_issuance row;
    struct store_list list;
    uint64_t value;
    switch (word->kind) {
    case OFFER:
        assert_ok(store_offer_get(store, sg_cstr(id), arena, &offer));
        break;
    case REDEEMED:
        assert_ok(store_token_get(store, hash, arena, &token));
        assert_ok(store_offer_get(store, sg_cstr(id), arena, &offer));
        assert_int_equal(offer.state, STORE_OFFER_REDEEMED);
        break;
    case ISSUED:
        assert_ok(store_issuance_by_signature(store, hash, arena, &row));
        break;
    case RESERVED:
        assert_ok(store_list_get(store, SG_LIT("l"), arena, &list));
        assert_true(list.reserved >= word->value);
        break;
    case ORDERED:
        assert_ok(store_list_value(store, SG_LIT("l"), word->n % 100000, &value));
        assert_int_equal(value, word->n % 2);
        const struct store_order again = { sg_bytes_of(hash, 16), SG_LIT("l"), 0, 0, SG_BYTES(hash),
            SG_BYTES(hash), NOW };
        assert_refused(store_order_wait(store, &again, &value), REPLAY);
        break;
    default:
        fail();
    }
}

static size_t
one_round(struct sg_arena *arena, const char *path, uint32_t base, long life_us)
{
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(pipes[0]);
        write_until_killed(path, base, pipes[1]);
        _exit(0);
    }
    close(pipes[1]);
    /* the pipe is read while the child lives, so that it never waits for us */
    static struct word words[200000];
    size_t bytes = 0;
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    bool killed = false;
    for (;;) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        long us = (now.tv_sec - start.tv_sec) * 1000000 + (now.tv_nsec - start.tv_nsec) / 1000;
        if (!killed && us >= life_us) {
            kill(child, SIGKILL);
            killed = true;
        }
        struct pollfd p = { pipes[0], POLLIN, 0 };
        if (poll(&p, 1, 1) <= 0) {
            continue;
        }
        ssize_t got = read(pipes[0], (char *)words + bytes, sizeof(words) - bytes);
        if (got <= 0) {
            break;
        }
        bytes += (size_t)got;
    }
    close(pipes[0]);
    int status = 0;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));

    struct store *store = NULL;
    assert_ok(store_open(path, "test", &store, NULL));
    assert_ok(store_start(store));
    size_t n = bytes / sizeof(words[0]);
    for (size_t i = 0; i < n; i++) {
        check_word(store, arena, &words[i]);
    }
    store_close(&store);
    return n;
}

static void
test_what_was_confirmed_survives_sigkill(void **state)
{
    struct sg_arena *arena = *state;
    const char *folder = support_mkdir(arena);
    char path[300];
    snprintf(path, sizeof(path), "%s/store.db", folder);
    static uint8_t body[100000];
    struct store *store = NULL;
    assert_ok(store_open(path, "test", &store, NULL));
    assert_ok(store_start(store));
    struct store_list list = { .name = SG_LIT("l"), .uri = SG_LIT("u"), .bits = 8, .size = 100000 };
    list.body = SG_BYTES(body);
    assert_ok(store_list_put(store, &list));
    store_close(&store);
    size_t confirmed = 0;
    unsigned seed = (unsigned)time(NULL);
    print_message("[  seed    ] %u\n", seed);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        seed = seed * 1103515245U + 12345U;
        struct sg_arena *round = sg_arena_new(0, (size_t)256 * 1024 * 1024);
        confirmed += one_round(round, path, i * 1000000, 2000 + (long)(seed >> 8) % 120000);
        sg_arena_free(&round);
    }
    print_message("[  figure  ] %zu confirmations over %d kills\n", confirmed, ROUNDS);
    assert_true(confirmed > ROUNDS);
    support_rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_confirmed_survives_sigkill),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

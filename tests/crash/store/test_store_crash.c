/*
 * The store's process is killed at random moments, or the power is cut, while it writes everything it can store; whatever it had
 * confirmed on a pipe must be there afterwards, counters never fall, a code is never redeemed twice, an erased person never comes back.
 * req: SIG-5, STA-1, EV-4
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../ledger/cut.h"
#include "store_holder.h"
#include "store_inner.h"
#include "support.h"

#define NOW INT64_C(1800000000)
#define ROUNDS 40
#define CUTS 120

enum kind {
    OFFER = 1,
    REDEEMED = 2,
    ISSUED = 3,
    RESERVED = 4,
    ORDERED = 5,
    LOGGED_IN = 6,
    HELD = 7,
    AGREED = 8,
    TAKEN = 9,
    ERASED = 10,
    MOVED = 11, /* the log was moved into the database so often in this life */
};
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

/* `rest_ms`: between two moves of the log, so that a kill or a cut finds small and large ones half done. */
static sg_result
open_resting(const char *path, unsigned rest_ms, struct store **ret)
{
    char key[320];
    snprintf(key, sizeof(key), "%s.key", path);
    SG_TRY(store_open(path, "test", ret, NULL));
    SG_TRY(store_vault_open(*ret, key, NULL));
    (*ret)->mover.rest_ms = rest_ms;
    return store_start(*ret);
}

static sg_result
open_store(const char *path, struct store **ret)
{
    return open_resting(path, 1000, ret);
}

/* One person's life; every second one is erased at its end. */
static void
live(struct store *store, uint32_t n, int fd)
{
    uint8_t person[32];
    hash_of(LOGGED_IN, n, person);
    must(store_account_make(store, person, NOW));
    struct store_session session = { .method = 1, .created_at = NOW, .expires_at = NOW + 9 };
    struct store_login login = { .sign_count = n % 1000 + 1 };
    memcpy(session.person, person, sizeof(session.person));
    hash_of(LOGGED_IN, n, session.hash);
    hash_of(LOGGED_IN, n, login.passkey);
    must(store_session_login(store, &login, &session, NULL));
    say(fd, LOGGED_IN, n, login.sign_count);
    struct store_held held = { .format = SG_LIT("f"), .credential = sg_bytes_of(person, 32) };
    uint8_t id[STORE_HELD_ID_LEN];
    must(store_held_add(store, person, &held, id));
    say(fd, HELD, n, 0);
    struct store_signed at = { .consent_seq = n + UINT64_C(1), .outcome_seq = n };
    hash_of(AGREED, n, at.signature_hash);
    struct store_consent consent = { SG_LIT("t"), SG_LIT("en"), SG_LIT("x"), SG_LIT("{}"),
        SG_NO_STR };
    must(store_consent_put(store, person, &consent, &at, 1));
    say(fd, AGREED, n, 0);
    struct store_code code = { .expires_at = NOW + 60 };
    hash_of(TAKEN, n, code.hash);
    memcpy(code.person, person, sizeof(code.person));
    must(store_code_put(store, &code));
    must(store_code_spend(store, code.hash, NOW, NULL));
    say(fd, TAKEN, n, 0);
    if (n % 2 == 1) {
        must(store_account_erase(store, person, NOW));
        say(fd, ERASED, n, 0);
    }
}

static void
write_until_killed(const char *path, uint32_t base, int fd)
{
    struct store *store;
    must(open_resting(path, base / 1000000 % 5 * 12, &store));
    uint64_t moved = 0;
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
        live(store, n, fd);
        uint64_t moves = atomic_load(&store->mover.moves);
        if (moves > moved + 1) { /* after the first, which finds next to nothing */
            say(fd, MOVED, n, moves);
            moved = moves;
        }
    }
}

/* What was promised of a person: kept whole, or, once erasing began, gone whole. */
static bool
person_holds(struct store *store, struct sg_arena *arena, const struct word *word)
{
    uint8_t person[32], hash[32];
    hash_of(LOGGED_IN, word->n, person);
    hash_of(word->kind, word->n, hash);
    struct store_account account;
    if (!sg_ok(store_account_get(store, person, arena, &account))) {
        return false;
    }
    const struct store_held *list;
    struct store_session session = { .method = 1, .created_at = NOW, .expires_at = NOW + 9 };
    struct store_signed at;
    struct store_consent consent;
    size_t n = 0;
    bool gone = account.state == STORE_ACCOUNT_ERASED;
    bool listed = sg_ok(store_held_list(store, person, arena, &list, &n));
    bool read = sg_ok(store_consent_get(store, word->n + UINT64_C(1), arena, NULL, &consent));
    if (gone && (listed || read || sg_ok(store_session_get(store, person, &session)))) {
        return false;
    }
    switch (word->kind) {
    case LOGGED_IN: {
        struct store_login again = { .sign_count = word->value };
        memcpy(again.passkey, person, sizeof(again.passkey));
        memcpy(session.person, person, sizeof(session.person));
        enum sg_code want = gone ? SG_E_GRANT : SG_E_ACTIVATION; /* the counter is kept */
        return store_session_login(store, &again, &session, NULL).code == want;
    }
    case HELD:
        return gone || (listed && n == 1 && sg_bytes_equal(list[0].credential, SG_BYTES(person)));
    case AGREED:
        return sg_ok(store_signed_get(store, hash, &at)) && at.outcome_seq == word->n &&
               (gone || read);
    case TAKEN: {
        enum sg_code want = gone ? SG_E_GRANT : SG_E_REPLAY;
        return store_code_spend(store, hash, NOW, NULL).code == want;
    }
    default:
        return gone;
    }
}

/* Is what was confirmed there? */
static bool
holds(struct store *store, struct sg_arena *arena, const struct word *word)
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
        return sg_ok(store_offer_get(store, sg_cstr(id), arena, &offer));
    case REDEEMED:
        return sg_ok(store_token_get(store, hash, arena, &token)) &&
               sg_ok(store_offer_get(store, sg_cstr(id), arena, &offer)) &&
               offer.state == STORE_OFFER_REDEEMED;
    case ISSUED:
        return sg_ok(store_issuance_by_signature(store, hash, arena, &row));
    case RESERVED:
        return sg_ok(store_list_get(store, SG_LIT("l"), arena, &list)) &&
               list.reserved >= word->value;
    case ORDERED: {
        const struct store_order again = { sg_bytes_of(hash, 16), SG_LIT("l"), 0, 0, SG_BYTES(hash),
            SG_BYTES(hash), NOW };
        return sg_ok(store_list_value(store, SG_LIT("l"), word->n % 100000, &value)) &&
               value == word->n % 2 && store_order_wait(store, &again, &value).code == SG_E_REPLAY;
    }
    case LOGGED_IN:
    case HELD:
    case AGREED:
    case TAKEN:
    case ERASED:
        return person_holds(store, arena, word);
    case MOVED:
        return true;
    default:
        fail();
    }
    return false;
}

/* Opens what is left and counts the broken promises. A database that cannot be opened breaks them all. */
static size_t
count_broken(struct sg_arena *arena, const char *path, const struct word *words, size_t n)
{
    struct store *store = NULL;
    if (!sg_ok(open_store(path, &store))) {
        store_close(&store);
        return n + 1;
    }
    size_t broken = 0;
    for (size_t i = 0; i < n; i++) {
        broken += holds(store, arena, &words[i]) ? 0 : 1;
    }
    store_close(&store);
    return broken;
}

static size_t moves_seen;

static void
count_moves(const struct word *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        moves_seen += words[i].kind == MOVED;
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
    size_t n = bytes / sizeof(words[0]);
    count_moves(words, n);
    assert_int_equal(count_broken(arena, path, words, n), 0);
    return n;
}

/* A store with one list, closed. */
static void
make_store(const char *path)
{
    static uint8_t body[100000];
    struct store *store = NULL;
    assert_ok(open_store(path, &store));
    struct store_list list = { .name = SG_LIT("l"), .uri = SG_LIT("u"), .bits = 8, .size = 100000 };
    list.body = SG_BYTES(body);
    assert_ok(store_list_put(store, &list));
    store_close(&store);
}

static void
test_what_was_confirmed_survives_sigkill(void **state)
{
    struct sg_arena *arena = *state;
    const char *folder = support_mkdir(arena);
    char path[300];
    snprintf(path, sizeof(path), "%s/store.db", folder);
    make_store(path);
    size_t confirmed = 0;
    moves_seen = 0;
    unsigned seed = (unsigned)time(NULL);
    print_message("[  seed    ] %u\n", seed);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        seed = seed * 1103515245U + 12345U;
        struct sg_arena *round = sg_arena_new(0, (size_t)256 * 1024 * 1024);
        confirmed += one_round(round, path, i * 1000000, 2000 + (long)(seed >> 8) % 120000);
        sg_arena_free(&round);
    }
    print_message("[  figure  ] %zu confirmations and %zu moves of the log over %d kills\n",
        confirmed, moves_seen, ROUNDS);
    assert_true(confirmed > ROUNDS);
    assert_true(moves_seen > 0);
    support_rmdir(folder);
}

/* One power cut after `after` writes and syncs; returns broken promises, adds what was promised. */
static size_t
one_cut(const char *path, uint32_t base, uint64_t seed, uint64_t after, size_t *promised)
{
    static struct word words[20000];
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* a program of its own: here the store's VFS has its base already */
        char words_of[4][32];
        snprintf(words_of[0], sizeof(words_of[0]), "%d", pipes[1]);
        snprintf(words_of[1], sizeof(words_of[1]), "%u", base);
        snprintf(words_of[2], sizeof(words_of[2]), "%llu", (unsigned long long)seed);
        snprintf(words_of[3], sizeof(words_of[3]), "%llu", (unsigned long long)after);
        execl("/proc/self/exe", "cut", path, words_of[0], words_of[1], words_of[2], words_of[3],
            cut_sync_lies ? "lies" : "true", (char *)NULL);
        _exit(4);
    }
    close(pipes[1]);
    size_t bytes = 0;
    for (ssize_t got; (got = read(pipes[0], (char *)words + bytes, sizeof(words) - bytes)) > 0;) {
        bytes += (size_t)got;
    }
    close(pipes[0]);
    int status = 0;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0); /* the cut, not a refusal */
    struct sg_arena *arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    size_t n = bytes / sizeof(words[0]);
    *promised += n;
    count_moves(words, n);
    size_t broken = count_broken(arena, path, words, n);
    sg_arena_free(&arena);
    return broken;
}

/* Unsynced writes are lost or reordered at the cut: what was confirmed must have been synced (SIG-5). */
static void
test_what_was_confirmed_survives_a_power_cut(void **state)
{
    struct sg_arena *arena = *state;
    const char *folder = support_mkdir(arena);
    char path[300];
    snprintf(path, sizeof(path), "%s/store.db", folder);
    make_store(path);
    size_t promised = 0;
    moves_seen = 0;
    uint64_t seed = (uint64_t)time(NULL);
    print_message("[  seed    ] %llu\n", (unsigned long long)seed);
    for (uint32_t i = 0; i < CUTS; i++) {
        uint64_t after = 10 + (seed * (i + 1) * 2654435761U >> 7) % 900;
        assert_int_equal(one_cut(path, i * 1000000, seed + i, after, &promised), 0);
    }
    print_message("[  figure  ] %zu confirmations and %zu moves of the log over %d power cuts\n",
        promised, moves_seen, CUTS);
    assert_true(promised > CUTS);
    assert_true(moves_seen > 0);
    support_rmdir(folder);
}

/* The test of the test: a disk whose syncs lie must be found out. */
static void
test_a_disk_that_lies_is_found_out(void **state)
{
    struct sg_arena *arena = *state;
    size_t broken = 0;
    size_t promised = 0;
    cut_sync_lies = 1;
    for (uint32_t i = 0; i < 20 && broken == 0; i++) {
        const char *folder = support_mkdir(arena);
        char path[300];
        snprintf(path, sizeof(path), "%s/store.db", folder);
        make_store(path);
        broken = one_cut(path, 0, 7 + i, 300 + i * 20, &promised);
        support_rmdir(folder);
    }
    cut_sync_lies = 0;
    assert_true(promised > 0);
    assert_true(broken > 0);
}

/* cut PATH FD BASE SEED AFTER lies|true */
static _Noreturn void
cut_main(char **argv)
{
    cut_vfs_register(); /* before the store's own VFS takes the default as its base */
    cut_sync_lies = strcmp(argv[6], "lies") == 0;
    cut_begin(strtoull(argv[4], NULL, 10), strtoull(argv[5], NULL, 10));
    write_until_killed(argv[1], (uint32_t)strtoul(argv[3], NULL, 10), atoi(argv[2]));
    _exit(5);
}

int
main(int argc, char **argv)
{
    if (argc == 7 && strcmp(argv[0], "cut") == 0) {
        cut_main(argv);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_confirmed_survives_sigkill),
        cmocka_unit_test(test_what_was_confirmed_survives_a_power_cut),
        cmocka_unit_test(test_a_disk_that_lies_is_found_out),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

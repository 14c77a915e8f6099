/* gateway/store: every verb, each refusal, and that grouping keeps what one unit did apart from its neighbours. */
#include <sys/stat.h>
#include <unistd.h>

#include "store_bed.h"

static struct store_token
a_token(uint8_t hash, const char *offer_id)
{
    struct store_token token = { .kind = STORE_TOKEN_WALLET, .offer_id = sg_cstr(offer_id) };
    memset(token.token_hash, hash, sizeof(token.token_hash));
    token.expires_at = NOW + 900;
    token.body = sg_str_bytes(SG_LIT("b"));
    return token;
}

static void
test_offer_round_trip_and_conflicts(void **state)
{
    struct bed *bed = *state;
    static const uint8_t tx[32] = { 9 };
    struct store_offer offer = an_offer("o1", 1);
    offer.tx_hash = SG_BYTES(tx);
    assert_ok(store_offer_put(bed->store, &offer));
    reopen(bed);
    struct store_offer got;
    assert_ok(store_offer_get(bed->store, SG_LIT("o1"), bed->arena, &got));
    assert_str_is(got.offer_id, "o1");
    assert_str_is(got.client, "c1");
    assert_memory_equal(got.code_hash, offer.code_hash, 32);
    assert_memory_equal(got.tx_hash.p, tx, 32);
    assert_int_equal(got.tries_left, 3);
    assert_int_equal(got.created_at, NOW);
    assert_int_equal(got.expires_at, NOW + 600);
    assert_int_equal(got.state, STORE_OFFER_OPEN);
    assert_true(sg_bytes_equal(got.body, offer.body));
    assert_ok(store_offer_by_code(bed->store, offer.code_hash, bed->arena, &got));
    assert_str_is(got.offer_id, "o1");

    assert_refused(store_offer_put(bed->store, &offer), CONFLICT);
    offer.offer_id = SG_LIT("o2"); /* same code */
    assert_refused(store_offer_put(bed->store, &offer), CONFLICT);
    assert_refused(store_offer_get(bed->store, SG_LIT("o2"), bed->arena, &got), NOT_FOUND);
    offer.body.n = STORE_BODY_MAX + 1;
    assert_refused(store_offer_put(bed->store, &offer), TOO_LARGE);
}

/* req: AU-7 */
static void
test_wrong_transaction_codes_end_the_offer(void **state)
{
    struct bed *bed = *state;
    struct store_offer offer = an_offer("o1", 1);
    struct store_token token = a_token(1, "o1");
    uint64_t left = 99;
    assert_ok(store_offer_put(bed->store, &offer));
    for (uint64_t want = 2; want + 1 > 0; want--) {
        assert_ok(store_offer_try(bed->store, offer.code_hash, NOW, &left));
        assert_int_equal(left, want);
    }
    assert_refused(store_offer_try(bed->store, offer.code_hash, NOW, &left), GRANT);
    assert_refused(store_offer_redeem(bed->store, offer.code_hash, NOW, &token), GRANT);
    struct store_offer got;
    assert_ok(store_offer_get(bed->store, SG_LIT("o1"), bed->arena, &got));
    assert_int_equal(got.state, STORE_OFFER_DEAD);
    assert_int_equal(got.body.n, 0); /* req: SIG-6 */
    static const uint8_t unknown[32] = { 0 };
    assert_refused(store_offer_try(bed->store, unknown, NOW, &left), NOT_FOUND);
}

static void
test_a_code_is_redeemed_once_and_in_time(void **state)
{
    struct bed *bed = *state;
    struct store_offer offer = an_offer("o1", 1);
    struct store_token token = a_token(1, "o1");
    struct store_token got;
    assert_ok(store_offer_put(bed->store, &offer));
    assert_refused(store_offer_redeem(bed->store, offer.code_hash, NOW + 600, &token), GRANT);
    assert_refused(store_token_get(bed->store, token.token_hash, bed->arena, &got), NOT_FOUND);
    assert_ok(store_offer_redeem(bed->store, offer.code_hash, NOW, &token));
    struct store_token second = a_token(2, "o1");
    assert_refused(store_offer_redeem(bed->store, offer.code_hash, NOW, &second), GRANT);
    reopen(bed);
    assert_ok(store_token_get(bed->store, token.token_hash, bed->arena, &got));
    assert_str_is(got.offer_id, "o1");
    assert_int_equal(got.kind, STORE_TOKEN_WALLET);
    assert_int_equal(got.jkt.n, 0);
    assert_int_equal(got.expires_at, NOW + 900);
    assert_refused(store_token_get(bed->store, second.token_hash, bed->arena, &got), NOT_FOUND);
}

static void
test_redeeming_with_a_token_that_exists_changes_nothing(void **state)
{
    struct bed *bed = *state;
    struct store_offer offer = an_offer("o1", 1);
    struct store_token token = a_token(1, "other");
    assert_ok(store_offer_put(bed->store, &offer));
    assert_ok(store_token_put(bed->store, &token));
    assert_refused(store_offer_redeem(bed->store, offer.code_hash, NOW, &token), CONFLICT);
    struct store_offer got;
    assert_ok(store_offer_get(bed->store, SG_LIT("o1"), bed->arena, &got));
    assert_int_equal(got.state, STORE_OFFER_OPEN);
}

struct racer {
    struct bed *bed;
    const struct store_offer *offer;
    uint8_t hash;
    bool won;
};

static void *
race(void *argument)
{
    struct racer *racer = argument;
    struct store_token token = a_token(racer->hash, "o1");
    racer->won = sg_ok(store_offer_redeem(racer->bed->store, racer->offer->code_hash, NOW, &token));
    return NULL;
}

static void
test_of_many_redeeming_at_once_one_wins(void **state)
{
    struct bed *bed = *state;
    struct store_offer offer = an_offer("o1", 1);
    assert_ok(store_offer_put(bed->store, &offer));
    enum { N = 16 };
    pthread_t threads[N];
    struct racer racers[N];
    for (int i = 0; i < N; i++) {
        racers[i] = (struct racer){ bed, &offer, (uint8_t)(10 + i), false };
        pthread_create(&threads[i], NULL, race, &racers[i]);
    }
    int won = 0;
    for (int i = 0; i < N; i++) {
        pthread_join(threads[i], NULL);
        won += racers[i].won ? 1 : 0;
    }
    assert_int_equal(won, 1);
}

static void
test_dropping_an_offer_revokes_its_tokens(void **state)
{
    struct bed *bed = *state;
    struct store_offer offer = an_offer("o1", 1);
    struct store_token token = a_token(1, "o1");
    struct store_token got;
    assert_ok(store_offer_put(bed->store, &offer));
    assert_ok(store_offer_redeem(bed->store, offer.code_hash, NOW, &token));
    assert_ok(store_offer_drop(bed->store, SG_LIT("o1")));
    assert_refused(store_token_get(bed->store, token.token_hash, bed->arena, &got), NOT_FOUND);
    assert_refused(store_offer_drop(bed->store, SG_LIT("nothing")), NOT_FOUND);
    struct store_token client = a_token(3, "");
    assert_ok(store_token_put(bed->store, &client));
    assert_refused(store_token_revoke_offer(bed->store, SG_LIT("")), VALUE);
    assert_ok(store_token_get(bed->store, client.token_hash, bed->arena, &got));
}

static void
test_issuances_are_found_by_signature_and_holder(void **state)
{
    struct bed *bed = *state;
    struct answer answer = ANSWER;
    struct store_issuance rows[] = { an_issuance(1, 5), an_issuance(2, 5), an_issuance(3, 6) };
    char text[] = "i1";
    rows[0].identifier = sg_cstr(text);
    store_issuance_commit(bed->store, rows, 3, answered, &answer);
    text[0] = 'x'; /* what is needed was copied */
    await(&answer, 1);
    assert_int_equal(answer.last.code, SG_OK);
    reopen(bed);
    struct store_issuance got;
    uint64_t n = 0;
    assert_ok(store_issuance_count(bed->store, SG_LIT("o1"), SG_LIT("i1"), &n));
    assert_int_equal(n, 3);
    assert_ok(store_issuance_count(bed->store, SG_LIT("o1"), SG_LIT("i2"), &n));
    assert_int_equal(n, 0);
    assert_ok(store_issuance_by_signature(bed->store, rows[1].signature_hash, bed->arena, &got));
    assert_str_is(got.identifier, "i1");
    assert_str_is(got.configuration, "badge");
    assert_int_equal(got.idx, 2);
    assert_int_equal(got.consent_seq, 7);
    assert_int_equal(got.outcome_seq, 8);
    assert_memory_equal(got.openings.p, "salts", 5);
    assert_ok(store_issuance_holder(
        bed->store, SG_LIT("o1"), SG_LIT("i1"), rows[0].holder, bed->arena, &got));
    assert_int_equal(got.idx, 2); /* the last one */
    assert_ok(store_issuance_supersede(bed->store, got.seq));
    assert_ok(store_issuance_by_signature(bed->store, rows[1].signature_hash, bed->arena, &got));
    assert_int_equal(got.state, STORE_SUPERSEDED);
    assert_refused(store_issuance_supersede(bed->store, 999), NOT_FOUND);
    static const uint8_t unknown[32] = { 0 };
    assert_refused(store_issuance_by_signature(bed->store, unknown, bed->arena, &got), NOT_FOUND);
}

static void
test_a_conflicting_unit_leaves_nothing_and_hurts_nobody(void **state)
{
    struct bed *bed = *state;
    struct answer good = ANSWER;
    struct store_issuance first = an_issuance(1, 1);
    struct store_offer offer = an_offer("o1", 1);
    struct store_token token = a_token(1, "other");
    assert_ok(store_offer_put(bed->store, &offer));
    assert_ok(store_token_put(bed->store, &token));
    store_issuance_commit(bed->store, &first, 1, answered, &good);
    assert_refused(store_offer_put(bed->store, &offer), CONFLICT);
    assert_refused(store_offer_redeem(bed->store, offer.code_hash, NOW, &token), CONFLICT);
    struct store_issuance third = an_issuance(3, 1);
    store_issuance_commit(bed->store, &third, 1, answered, &good);
    await(&good, 2);
    assert_int_equal(good.last.code, SG_OK);
    struct store_offer got_offer;
    assert_ok(store_offer_get(bed->store, SG_LIT("o1"), bed->arena, &got_offer));
    assert_int_equal(got_offer.state, STORE_OFFER_OPEN);
    struct store_issuance got;
    assert_ok(store_issuance_by_signature(bed->store, first.signature_hash, bed->arena, &got));
    assert_ok(store_issuance_by_signature(bed->store, third.signature_hash, bed->arena, &got));
}

static void
test_changes_that_wait_share_a_commit(void **state)
{
    struct bed *bed = *state;
    struct answer answer = ANSWER;
    enum { N = 2000 };
    for (int i = 0; i < N; i++) {
        struct store_issuance row = an_issuance(0, 1);
        memcpy(row.signature_hash, &i, sizeof(i));
        store_issuance_commit(bed->store, &row, 1, answered, &answer);
    }
    await(&answer, N);
    struct store_figures figures;
    store_figures_get(bed->store, &figures);
    assert_int_equal(figures.changes, N);
    assert_true(figures.commits < N / 4);
    assert_true(figures.healthy);
    print_message("[  figure  ] %d rows in %lu commits, %lu us of the writer per row\n", N,
        (unsigned long)figures.commits, (unsigned long)(figures.commit_us_sum / N));
}

static void
test_lists_reserve_and_change(void **state)
{
    struct bed *bed = *state;
    static uint8_t bits[25]; /* 100 entries of two bits */
    struct store_list list = { .name = SG_LIT("l1"), .uri = SG_LIT("http://localhost/status/l1") };
    list.bits = 2;
    list.size = 100;
    list.key = sg_str_bytes(SG_LIT("0123456789abcdef"));
    list.body = SG_BYTES(bits);
    assert_ok(store_list_put(bed->store, &list));
    assert_refused(store_list_put(bed->store, &list), CONFLICT);
    list.bits = 3;
    assert_refused(store_list_put(bed->store, &list), VALUE);

    uint64_t first = 0;
    uint64_t end = 0;
    assert_ok(store_list_reserve(bed->store, SG_LIT("l1"), 64, &first, &end));
    assert_int_equal(first, 0);
    assert_int_equal(end, 64);
    reopen(bed);
    assert_ok(store_list_reserve(bed->store, SG_LIT("l1"), 64, &first, &end));
    assert_int_equal(first, 64);
    assert_int_equal(end, 100);
    assert_refused(store_list_reserve(bed->store, SG_LIT("l1"), 1, &first, &end), FULL);
    assert_refused(store_list_reserve(bed->store, SG_LIT("l2"), 1, &first, &end), NOT_FOUND);

    uint64_t version = 0;
    sg_bytes order_1 = sg_str_bytes(SG_LIT("order-id-0000001"));
    sg_bytes order_2 = sg_str_bytes(SG_LIT("order-id-0000002"));
    sg_bytes body = sg_str_bytes(SG_LIT("signed"));
    struct store_order order = { order_1, SG_LIT("l1"), 5, 2, body, body, NOW };
    uint64_t present = 9;
    assert_ok(store_order_wait(bed->store, &order, &present));
    assert_int_equal(present, 0);
    assert_refused(store_order_wait(bed->store, &order, &present), PENDING);
    order.id = order_2; /* another for the same entry has to wait until the first is decided */
    assert_refused(store_order_wait(bed->store, &order, &present), TOO_MANY);
    reopen(bed);
    const struct store_order *waiting;
    size_t n_waiting;
    assert_ok(store_orders_waiting(bed->store, bed->arena, &waiting, &n_waiting));
    assert_int_equal(n_waiting, 1);
    assert_int_equal(waiting[0].idx, 5);
    assert_int_equal(waiting[0].value, 2);
    assert_str_is(waiting[0].list, "l1");
    assert_true(sg_bytes_equal(waiting[0].id, order_1));
    assert_true(sg_bytes_equal(waiting[0].signature, body));
    assert_refused(store_order_apply(bed->store, order_2, NOW, &version), NOT_FOUND);
    assert_ok(store_order_apply(bed->store, order_1, NOW, &version));
    assert_int_equal(version, 1);
    assert_refused(store_order_apply(bed->store, order_1, NOW, &version), NOT_FOUND);
    order.id = order_1;
    order.idx = 6;
    assert_refused(store_order_wait(bed->store, &order, &present), REPLAY);
    order.id = order_2;
    order.idx = 100;
    assert_refused(store_order_wait(bed->store, &order, &present), NOT_FOUND);
    order.idx = 6;
    order.value = 4;
    assert_refused(store_order_wait(bed->store, &order, &present), VALUE);
    order.value = 1;
    assert_ok(store_order_wait(bed->store, &order, &present));
    assert_ok(store_order_drop(bed->store, order_2)); /* refused by the signer: as if never asked */
    assert_refused(store_order_drop(bed->store, order_2), NOT_FOUND);
    assert_ok(store_order_wait(bed->store, &order, &present));
    assert_ok(store_order_apply(bed->store, order_2, NOW, &version));
    assert_int_equal(version, 2);
    assert_ok(store_orders_waiting(bed->store, bed->arena, &waiting, &n_waiting));
    assert_int_equal(n_waiting, 0);
    reopen(bed);
    uint64_t value = 9;
    static const uint64_t want[] = { 0, 2, 1, 0 }; /* entries 4 to 7 */
    for (uint64_t i = 0; i < 4; i++) {
        assert_ok(store_list_value(bed->store, SG_LIT("l1"), 4 + i, &value));
        assert_int_equal(value, want[i]);
    }
    struct store_list got;
    assert_ok(store_list_get(bed->store, SG_LIT("l1"), bed->arena, &got));
    assert_int_equal(got.version, 2);
    assert_int_equal(got.reserved, 100);
    assert_int_equal(got.body.n, 25);
    assert_int_equal(got.body.p[1], 2 << 2 | 1 << 4); /* 00 01 10 00, lowest first */
    assert_int_equal(got.key.n, 16);
    sg_str *names;
    size_t n;
    assert_ok(store_list_names(bed->store, bed->arena, &names, &n));
    assert_int_equal(n, 1);
    assert_str_is(names[0], "l1");
}

/* req: SIG-6 */
static void
test_sweep_drops_claims_first_and_spares_live_tokens(void **state)
{
    struct bed *bed = *state;
    struct store_offer gone = an_offer("o1", 1);
    struct store_offer held = an_offer("o2", 2);
    struct store_token token = a_token(1, "o2");
    struct store_offer got;
    struct store_token left;
    uint64_t rows = 0;
    assert_ok(store_offer_put(bed->store, &gone));
    assert_ok(store_offer_put(bed->store, &held));
    assert_ok(store_offer_redeem(bed->store, held.code_hash, NOW, &token));
    assert_ok(store_sweep(bed->store, NOW + 601, &rows));
    assert_int_equal(rows, 1);
    assert_ok(store_offer_get(bed->store, SG_LIT("o1"), bed->arena, &got));
    assert_int_equal(got.body.n, 0);
    assert_ok(store_offer_get(bed->store, SG_LIT("o2"), bed->arena, &got));
    assert_true(got.body.n > 0);
    assert_ok(store_sweep(bed->store, NOW + 901, &rows));
    assert_refused(store_token_get(bed->store, token.token_hash, bed->arena, &left), NOT_FOUND);
    assert_ok(store_offer_get(bed->store, SG_LIT("o2"), bed->arena, &got));
    assert_int_equal(got.body.n, 0);
    assert_ok(store_sweep(bed->store, NOW + 601 + 86400, &rows));
    assert_refused(store_offer_get(bed->store, SG_LIT("o1"), bed->arena, &got), NOT_FOUND);
}

/* req: NET-2 */
static void
test_environments_refuse_each_other(void **state)
{
    struct bed *bed = *state;
    store_close(&bed->store);
    assert_refused(store_open(bed->path, "production", &bed->store, NULL), ENVIRONMENT);
    bed->store = NULL;
    assert_refused(store_open("/nonexistent/store.db", "test", &bed->store, NULL), STORE_DOWN);
}

/* The state directory may lie where this user cannot walk: names stay relative to the working directory. */
static void
test_relative_names_stay_relative(void **state)
{
    struct bed *bed = *state;
    char before[512];
    char inner[300];
    assert_non_null(getcwd(before, sizeof(before)));
    snprintf(inner, sizeof(inner), "%s/closed", bed->folder);
    assert_int_equal(mkdir(inner, 0700), 0);
    char deep[320];
    snprintf(deep, sizeof(deep), "%s/deep", inner);
    assert_int_equal(mkdir(deep, 0700), 0);
    assert_int_equal(chdir(deep), 0);
    /* the folder above gets another name: an absolute name made now would lead nowhere */
    char moved[320];
    snprintf(moved, sizeof(moved), "%s/moved", bed->folder);
    struct store *store = NULL;
    assert_ok(store_open("s.db", "test", &store, NULL));
    assert_int_equal(rename(inner, moved), 0);
    assert_ok(store_start(store));
    struct store_offer offer = an_offer("o1", 1);
    struct store_offer got;
    assert_ok(store_offer_put(store, &offer));
    assert_ok(store_offer_get(store, SG_LIT("o1"), bed->arena, &got));
    store_close(&store);
    assert_int_equal(chdir(before), 0);
}

struct taker {
    struct store *store;
    pthread_t thread;
    sg_result result;
};

static void *
take_once(void *context)
{
    struct taker *taker = context;
    static const uint8_t hash[STORE_HASH_LEN] = { 7 };
    taker->result = store_once_take(taker->store, hash, NOW, NOW + 60);
    return NULL;
}

/* OpenID4VP nonces: one answer each, also after a restart. req: PRO-3 */
static void
test_once_is_once(void **state)
{
    struct bed *bed = *state;
    static const uint8_t hash[STORE_HASH_LEN] = { 7 }, other[STORE_HASH_LEN] = { 8 };
    struct taker takers[8];
    size_t got = 0;
    bool taken = true;
    assert_ok(store_once_find(bed->store, hash, NOW, &taken));
    assert_false(taken);
    for (size_t i = 0; i < 8; i++) {
        takers[i].store = bed->store;
        assert_int_equal(pthread_create(&takers[i].thread, NULL, take_once, &takers[i]), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        pthread_join(takers[i].thread, NULL);
        got += sg_ok(takers[i].result);
        assert_true(sg_ok(takers[i].result) || takers[i].result.code == SG_E_REPLAY);
    }
    assert_int_equal(got, 1);
    assert_ok(store_once_find(bed->store, hash, NOW + 59, &taken));
    assert_true(taken);
    assert_ok(store_once_take(bed->store, other, NOW, NOW + 60));
    reopen(bed);
    assert_refused(store_once_take(bed->store, hash, NOW + 59, NOW + 120), REPLAY);
    assert_ok(store_once_give(bed->store, hash)); /* was not used after all */
    assert_ok(store_once_take(bed->store, hash, NOW + 59, NOW + 120));
    assert_ok(store_once_find(bed->store, other, NOW + 60, &taken));
    assert_false(taken); /* its time is over */
    assert_ok(store_once_take(bed->store, other, NOW + 60, NOW + 120));
    uint64_t rows = 0;
    assert_ok(store_sweep(bed->store, NOW + 119, &rows));
    assert_int_equal(rows, 0);
    assert_ok(store_sweep(bed->store, NOW + 120, &rows));
    assert_int_equal(rows, 2);
}

static void
test_after_closing_nothing_is_promised(void **state)
{
    struct bed *bed = *state;
    struct store *store = NULL;
    char path[300];
    snprintf(path, sizeof(path), "%s/other.db", bed->folder);
    assert_ok(store_open(path, "test", &store, NULL));
    struct store_offer offer = an_offer("o1", 1);
    assert_refused(store_offer_put(store, &offer), STORE_DOWN); /* never started */
    store_close(&store);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_offer_round_trip_and_conflicts),
        TEST(test_wrong_transaction_codes_end_the_offer),
        TEST(test_a_code_is_redeemed_once_and_in_time),
        TEST(test_redeeming_with_a_token_that_exists_changes_nothing),
        TEST(test_of_many_redeeming_at_once_one_wins),
        TEST(test_dropping_an_offer_revokes_its_tokens),
        TEST(test_issuances_are_found_by_signature_and_holder),
        TEST(test_a_conflicting_unit_leaves_nothing_and_hurts_nobody),
        TEST(test_changes_that_wait_share_a_commit),
        TEST(test_lists_reserve_and_change),
        TEST(test_sweep_drops_claims_first_and_spares_live_tokens),
        TEST(test_environments_refuse_each_other),
        TEST(test_relative_names_stay_relative),
        TEST(test_once_is_once),
        TEST(test_after_closing_nothing_is_promised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Times and freshness of a person's SIGN, with any clock. What needs a registry or a token: tests/replay/signer, test_gesture*. req: AU-4, SIG-2 */
#include "gate.h"
#include "support.h"

enum { OPENED_S = 1000000, BOOT_MS = 5000 };

static struct gate_opened opened;
static struct gate_gesture gesture;
static struct gate_case c;
static struct gate_env env;

/* Opened at OPENED_S; the gesture is good for 300 s, the intent for 600. */
static void
fresh(void **state)
{
    static const uint8_t bytes[64] = { 7 };
    struct wire_intent intent = { .operation = WIRE_OP_PRESENT,
        .key = sg_bytes_of(bytes, 32),
        .alg = KEY_ES256,
        .n_dtbs = 2,
        .text_hash = sg_bytes_of(bytes, 32),
        .requester = SG_LIT("gateway"),
        .format = SG_LIT("vp_token"),
        .created_at = OPENED_S,
        .expires_at = OPENED_S + 600,
        .unique = sg_bytes_of(bytes, 16) };
    intent.dtbs[0] = intent.dtbs[1] = (struct wire_dtbs){ WIRE_PREHASH, sg_bytes_of(bytes, 32) };
    memset(&gesture, 0, sizeof(gesture));
    memset(&c, 0, sizeof(c));
    opened = (struct gate_opened){ .gesture_until = OPENED_S + 300,
        .intent_until = OPENED_S + 600,
        .gesture_boot_ms = BOOT_MS + 300000,
        .intent_boot_ms = BOOT_MS + 600000 };
    gesture.opened = &opened;
    gesture.first = true;
    gesture.msg.which = 1;
    c.arena = *state;
    c.gesture = &gesture;
    assert_ok(wire_intent_encode(*state, &intent, &c.seal.intent));
    env = (struct gate_env){ .now = { (int64_t)OPENED_S * 1000, BOOT_MS } };
}

static sg_result
shape_at(void **state, int64_t utc_s, int64_t boot_s, bool first)
{
    fresh(state);
    gesture.first = first;
    opened.first_seq = first ? 0 : 9;
    env.now = (struct gate_now){ ((int64_t)OPENED_S + utc_s) * 1000, BOOT_MS + boot_s * 1000 };
    return gate_gesture_shape(&env, &c);
}

static void
test_a_gesture_is_late_from_the_second_of_its_expiry_on(void **state)
{
    assert_ok(shape_at(state, 299, 299, true));
    assert_refused(shape_at(state, 300, 299, true), INTENT_EXPIRED);
    assert_refused(shape_at(state, 301, 301, true), INTENT_EXPIRED);
    assert_ok(shape_at(state, 599, 599, false)); /* a later part of what was approved in time */
    assert_refused(shape_at(state, 600, 599, false), INTENT_EXPIRED);
}

static void
test_a_clock_that_is_set_back_gives_nobody_more_time(void **state)
{
    assert_refused(shape_at(state, 1, 300, true), INTENT_EXPIRED);
    assert_refused(shape_at(state, -100, 300, true), INTENT_EXPIRED);
    assert_refused(shape_at(state, 1, 600, false), INTENT_EXPIRED);
    /* and what was admitted before the clock was found wrong has no consent */
    assert_ok(shape_at(state, 1, 1, true));
    env.clock_bad = true;
    assert_refused(gate_gesture_consent(&env, &c), CLOCK);
    /* nor has what became late while it waited */
    env.clock_bad = false;
    env.now.boot_ms = BOOT_MS + 300000;
    assert_refused(gate_gesture_consent(&env, &c), INTENT_EXPIRED);
}

static void
test_each_digest_is_taken_once_and_given_back(void **state)
{
    fresh(state);
    assert_ok(gate_gesture_shape(&env, &c));
    assert_int_equal(opened.busy, 1);
    assert_int_equal(c.n_sign, 1);
    struct gate_case second = c;
    struct gate_gesture other = { .opened = &opened, .first = true, .msg.which = 3 };
    second.gesture = &other;
    assert_refused(gate_gesture_shape(&env, &second), INTENT_SPENT);
    gate_gesture_release(NULL, &second);
    assert_int_equal(opened.busy, 1); /* it had taken nothing */
    gate_gesture_release(NULL, &c);
    assert_int_equal(opened.busy, 0);
    assert_ok(gate_gesture_shape(&env, &second));
    assert_int_equal(second.n_sign, 2);
    opened.spent = 2;
    opened.busy = 0;
    fresh(state);
    gesture.msg.which = 4; /* the intent has two */
    assert_refused(gate_gesture_shape(&env, &c), DIGEST);
    fresh(state);
    opened.dropped = true;
    assert_refused(gate_gesture_shape(&env, &c), INTENT);
}

/* What passes by itself must not look like a key that is gone, which ends the question. req: SIG-5 */
static void
test_a_database_that_does_not_answer_is_no_missing_key(void **state)
{
    sqlite3 *db = NULL;
    struct registry *registry = NULL;
    struct reg_person person = { .state = WIRE_PERSON_ACTIVE, .level = 2, .keys_max = 1 };
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_ok(registry_create(db));
    assert_ok(registry_load(db, &registry));
    assert_ok(reg_person_put(registry, &person));
    fresh(state);
    assert_ok(gate_gesture_shape(&env, &c));
    env.registry = registry;
    assert_refused(gate_gesture_keys(&env, &c), NOT_FOUND);
    assert_ok(ledger_db_exec(db, "ALTER TABLE reg_holder_keys RENAME TO away"));
    assert_refused(gate_gesture_keys(&env, &c), STORE_DOWN);
    gate_gesture_release(registry, &c);
    registry_free(&registry);
    sqlite3_close(db);
}

static void
test_a_status_counts_when_it_was_looked_at_after_the_question(void **state)
{
    static const uint8_t hash[32] = { 1 };
    fresh(state);
    c.intent.n_refs = 1;
    c.intent.refs[0] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, SG_LIT("https://a/1"), 1 };
    c.refs_answered = true;
    env.limits.status_max_age_ms = 1000;
    env.now.utc_ms = 100000;
    gesture.refs_since_ms = 95000; /* asked five seconds ago: the slowest server answers now */
    c.refs[0] = (struct wire_status_verdict){ .verdict = WIRE_GOOD,
        .evidence = SG_BYTES(hash),
        .fetched_at_ms = 95000,
        .good_until_ms = 200000 };
    assert_ok(gate_status(&env, &c, NULL));
    c.refs[0].fetched_at_ms = 94999; /* before: somebody may have revoked it since */
    assert_refused(gate_status(&env, &c, NULL), STATUS_UNKNOWN);
    c.refs[0].fetched_at_ms = 95000;
    c.refs[0].good_until_ms = 100000;
    assert_refused(gate_status(&env, &c, NULL), STATUS_UNKNOWN);
    c.refs[0].verdict = WIRE_BAD;
    assert_refused(gate_status(&env, &c, NULL), STATUS_BAD);
    c.refs_answered = false;
    assert_refused(gate_status(&env, &c, NULL), PENDING);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_gesture_is_late_from_the_second_of_its_expiry_on),
        cmocka_unit_test(test_a_clock_that_is_set_back_gives_nobody_more_time),
        cmocka_unit_test(test_each_digest_is_taken_once_and_given_back),
        cmocka_unit_test(test_a_database_that_does_not_answer_is_no_missing_key),
        cmocka_unit_test(test_a_status_counts_when_it_was_looked_at_after_the_question),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

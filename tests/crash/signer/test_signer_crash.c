/*
 * The signer is killed at each named point while signatures are asked for; it starts again and the ledger is lawful: no signature left without a
 * durable outcome, every consent has one, nothing is signed again, no record is lost. req: SIG-5, EV-1
 */
#include <glob.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "key_public.h"
#include "signer_rig.h"

static struct rig rig;

static const char *const points[] = { "consent-open", "consent-durable", "signed", "outcome-open",
    "outcome-durable" };

enum { BURST = 12 };

/* Ask for many; count what was answered with a signature before the process went. */
static uint64_t
burst(struct wire_seal seals[BURST])
{
    uint64_t given = 0;
    for (int i = 0; i < BURST; i++) {
        struct wire_intent intent = rig_intent(&rig, rig.seal_key, WIRE_OP_SEAL_CREDENTIAL);
        seals[i] = rig_seal_of(&rig, &intent, rig.mandate);
        rig_seal_send(&rig, &seals[i], rig.next_id++);
    }
    for (int i = 0; i < BURST; i++) {
        uint64_t id;
        struct wire_seal_reply reply;
        sg_result r = rig_seal_receive(&rig, &id, &reply);
        if (r.code == SG_E_PEER_DOWN) {
            break;
        }
        assert_ok(r);
        given++;
    }
    return given;
}

static void
restart(const char *crash)
{
    rig_stop(&rig);
    rig_start(&rig, crash);
}

static void
test_killed_at_each_point_the_ledger_is_lawful_after_a_restart(void **state)
{
    (void)state;
    for (size_t p = 0; p < sizeof(points) / sizeof(points[0]); p++) {
        for (int nth = 1; nth <= 3; nth += 2) {
            char at[64];
            struct wire_seal seals[BURST];
            struct wire_seal_reply reply;
            snprintf(at, sizeof(at), "%s:%d", points[p], nth);
            struct rig_counts before = rig_counts(&rig);
            restart(at);
            uint64_t given = burst(seals);
            if (given < BURST) { /* a point may not come up so often in one burst */
                int status = rig_wait(&rig);
                assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
                rig_start(&rig, NULL);
            } else {
                restart(NULL);
            }
            struct rig_counts after = rig_counts(&rig);
            assert_int_equal(after.waiting, 0);
            assert_true(after.size >= before.size);
            uint64_t consents = after.by_type[WIRE_REC_CONSENT] - before.by_type[WIRE_REC_CONSENT];
            uint64_t outcomes = after.by_type[WIRE_REC_OUTCOME] - before.by_type[WIRE_REC_OUTCOME];
            uint64_t signed_ = after.outcomes[WIRE_OUT_SIGNED] - before.outcomes[WIRE_OUT_SIGNED];
            assert_int_equal(consents, outcomes);
            assert_true(
                signed_ >= given); /* what left is on record; what is on record may not have left */
            /* an intent whose consent is durable is spent; the others may be asked again */
            uint64_t again = 0;
            for (int i = 0; i < BURST; i++) {
                sg_result r = rig_seal(&rig, &seals[i], &reply);
                assert_true(sg_ok(r) || r.code == SG_E_INTENT_SPENT);
                again += sg_ok(r) ? 1 : 0;
            }
            assert_int_equal(again, BURST - consents);
            print_message("%s: given %llu, consents %llu, signed %llu, unknown %llu\n", at,
                (unsigned long long)given, (unsigned long long)consents,
                (unsigned long long)signed_,
                (unsigned long long)(after.outcomes[WIRE_OUT_UNKNOWN] -
                                     before.outcomes[WIRE_OUT_UNKNOWN]));
        }
    }
}

static void
expect_killed(void)
{
    int status = rig_wait(&rig);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    rig_start(&rig, NULL);
}

/*
 * The same operation once more, as an operator would: SoftHSM answers a generation right after a start now and then with a failure of its own, the signer
 * says TOKEN_DOWN and heals within a probe. Nothing else is tried again, and each time is told.
 */
static sg_result
decide_again(struct wire_operation_msg *op, struct wire_operation_reply *reply)
{
    sg_result r = SG_DONE;
    for (int i = 0; i < 3; i++) {
        op->unique = rig_op(&rig, WIRE_OPN_KEY_GENERATE).unique;
        r = rig_decide(&rig, op, reply);
        if (r.code != SG_E_TOKEN_DOWN) {
            return r;
        }
        sg_str path;
        assert_ok(sg_arena_printf(rig.arena, &path, "%s/run/signer.log", rig.dir));
        sg_bytes log = support_file(rig.arena, path.p);
        size_t from = log.n > 1500 ? log.n - 1500 : 0;
        print_message("TOKEN_DOWN; the signer says:\n%.*s\n", (int)(log.n - from),
            (const char *)log.p + from);
        usleep(500000);
    }
    return r;
}

/* A key that is in the token and in no row: it is written down at the next start, and the operation can be done again. */
static void
test_killed_between_token_and_registry_leaves_a_known_stray(void **state)
{
    (void)state;
    struct wire_operation_reply reply;
    struct rig_counts before = rig_counts(&rig);
    restart("key-made");
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_KEY_GENERATE);
    op.name = SG_LIT("stray");
    op.alg = KEY_ES256;
    op.purpose = WIRE_PURPOSE_SEAL;
    op.level = 1;
    op.count = 1;
    assert_refused(rig_decide(&rig, &op, &reply), PEER_DOWN);
    expect_killed();
    struct rig_counts after = rig_counts(&rig);
    assert_int_equal(after.by_type[WIRE_REC_KEY_EVENT], before.by_type[WIRE_REC_KEY_EVENT] + 2);
    assert_ok(decide_again(&op, &reply));
    assert_int_equal(reply.n_keys, 1);
}

/* The key is recorded and nobody was told: it is there after the restart, and its name is taken. */
static void
test_killed_after_a_key_was_recorded_it_is_there(void **state)
{
    (void)state;
    struct wire_operation_reply reply;
    struct rig_counts before = rig_counts(&rig);
    restart("key-recorded");
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_KEY_GENERATE);
    op.name = SG_LIT("untold");
    op.alg = KEY_ES256;
    op.purpose = WIRE_PURPOSE_SEAL;
    op.level = 1;
    op.count = 1;
    assert_refused(rig_decide(&rig, &op, &reply), PEER_DOWN);
    expect_killed();
    struct rig_counts after = rig_counts(&rig);
    assert_int_equal(after.by_type[WIRE_REC_KEY_EVENT], before.by_type[WIRE_REC_KEY_EVENT] + 2);
    op.unique = rig_op(&rig, WIRE_OPN_KEY_GENERATE).unique;
    assert_refused(rig_decide(&rig, &op, &reply), CONFLICT);
}

static void
test_a_halt_outlives_a_kill(void **state)
{
    (void)state;
    struct wire_seal_reply seal;
    struct wire_operation_reply reply;
    restart("halt-durable");
    assert_refused(rig_halt(&rig, SG_NO_BYTES, "alice", &rig.alice), PEER_DOWN);
    expect_killed();
    assert_refused(rig_seal_usual(&rig, &seal), HALTED);
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_RESUME);
    assert_ok(rig_decide(&rig, &op, &reply));
    assert_ok(rig_seal_usual(&rig, &seal));
}

/* The count is durable: a restart gives nobody more. */
static void
test_a_used_up_mandate_stays_used_up(void **state)
{
    (void)state;
    struct wire_seal_reply reply;
    sg_result r = SG_DONE;
    for (int i = 0; i < 400 && sg_ok(r); i++) {
        r = rig_seal_usual(&rig, &reply);
    }
    assert_refused(r, MANDATE);
    restart(NULL);
    assert_refused(rig_seal_usual(&rig, &reply), MANDATE);
}

/* SoftHSM writes its own file in place at every login: killed in that moment, the file is empty. The proved copy is put back. */
static void
test_a_token_object_cut_short_is_put_back(void **state)
{
    (void)state;
    struct wire_seal_reply reply;
    glob_t found = { 0 };
    sg_str pattern;
    assert_int_equal(rig_stop(&rig), 0);
    assert_ok(sg_arena_printf(rig.arena, &pattern, "%s/signer/token/*/token.object", rig.dir));
    assert_int_equal(glob(pattern.p, 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 1);
    for (off_t left = 0; left <= 100; left += 100) {
        assert_int_equal(truncate(found.gl_pathv[0], left), 0);
        rig_start(&rig, NULL);
        assert_ok(rig_seal_usual(&rig, &reply));
        assert_int_equal(rig_stop(&rig), 0);
    }
    globfree(&found);
    rig_start(&rig, NULL);
}

static int
setup(void **state)
{
    (void)state;
    rig_create(&rig, "");
    rig_start(&rig, NULL);
    rig_furnish(&rig, 300);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    rig_free(&rig);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_at_each_point_the_ledger_is_lawful_after_a_restart),
        cmocka_unit_test(test_killed_between_token_and_registry_leaves_a_known_stray),
        cmocka_unit_test(test_killed_after_a_key_was_recorded_it_is_there),
        cmocka_unit_test(test_a_halt_outlives_a_kill),
        cmocka_unit_test(test_a_token_object_cut_short_is_put_back),
        cmocka_unit_test(test_a_used_up_mandate_stays_used_up),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

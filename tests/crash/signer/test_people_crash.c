/*
 * The signer is killed while a passkey is registered, a holder key is made, a person leaves; it starts again and everything is there or nothing is, and asking
 * again does it once. req: AU-2 KEY-2 KEY-6 SIG-5
 */
#include <signal.h>

#include "people_bed.h"

static void
restart(const char *crash)
{
    assert_int_equal(rig_stop(&rig), 0);
    rig_start(&rig, crash);
}

static void
expect_killed(void)
{
    int status = rig_wait(&rig);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    rig_start(&rig, NULL);
}

static void
test_a_registration_is_there_whole_or_not_at_all(void **state)
{
    (void)state;
    static const struct {
        const char *point;
        bool durable;
    } rows[] = { { "passkey-open", false }, { "passkey-durable", true } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct wire_enrol_finish_reply done;
        struct wire_enrol_open_reply opened;
        struct wire_person_info_reply info;
        struct person p = new_person();
        approve_person(&p, 2, 1);
        restart(rows[i].point);
        assert_refused(enrol_one(&p, &p.sign, WIRE_PASSKEY_SIGN, &done), PEER_DOWN);
        expect_killed();
        assert_ok(info_of(&p, &info));
        assert_int_equal(info.n_passkeys, rows[i].durable ? 1 : 0);
        assert_int_equal(info.state, rows[i].durable ? WIRE_PERSON_ACTIVE : WIRE_PERSON_ENROLLING);
        if (rows[i].durable) { /* the purpose is spent, the other is not */
            assert_refused(open_by_link(&p, p.code, WIRE_PASSKEY_SIGN, &opened), CONFLICT);
        } else {
            assert_ok(enrol_one(&p, &p.sign, WIRE_PASSKEY_SIGN, &done));
        }
        assert_ok(enrol_one(&p, &p.login, WIRE_PASSKEY_LOGIN, &done));
        assert_ok(info_of(&p, &info));
        assert_int_equal(info.n_passkeys, 2);
        forget(&p);
    }
}

static void
test_a_holder_key_is_made_once_whatever_is_cut_short(void **state)
{
    (void)state;
    static const struct {
        const char *point;
        bool durable;
    } rows[] = { { "holder-made", false }, { "holder-open", false }, { "holder-durable", true } };
    struct person p = enrolled(8);
    for (uint8_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct wire_key_make_reply key;
        struct wire_key_make_reply again;
        struct wire_person_info_reply info;
        struct rig_counts before = rig_counts(&rig);
        restart(rows[i].point);
        assert_refused(make_key(&p, KEY_ES256, 2, i, &key), PEER_DOWN);
        expect_killed();
        assert_ok(info_of(&p, &info));
        assert_int_equal(info.n_keys, (size_t)i + (rows[i].durable ? 1 : 0));
        struct rig_counts after = rig_counts(&rig);
        assert_int_equal(after.by_type[WIRE_REC_PERSON_EVENT],
            before.by_type[WIRE_REC_PERSON_EVENT] + (rows[i].durable ? 1 : 0));
        assert_ok(make_key(&p, KEY_ES256, 2, i, &key));
        assert_ok(make_key(&p, KEY_ES256, 2, i, &again));
        assert_true(sg_bytes_equal(key.key, again.key));
        assert_ok(info_of(&p, &info));
        assert_int_equal(info.n_keys, (size_t)i + 1);
    }
    forget(&p);
}

static void
test_who_leaves_has_all_keys_or_none(void **state)
{
    (void)state;
    struct wire_key_make_reply key;
    struct wire_person_info_reply info;
    struct person p = enrolled(3);
    for (uint8_t i = 0; i < 3; i++) {
        assert_ok(make_key(&p, KEY_ES256, 2, i, &key));
    }
    restart("person-left-open");
    assert_refused(set_person(&p, WIRE_KEY_DESTROYED), PEER_DOWN);
    expect_killed();
    assert_ok(info_of(&p, &info));
    assert_int_equal(info.state, WIRE_PERSON_ACTIVE);
    assert_int_equal(info.n_keys, 3);
    assert_int_equal(info.n_passkeys, 2);
    assert_ok(set_person(&p, WIRE_KEY_DESTROYED));
    assert_ok(info_of(&p, &info));
    assert_int_equal(info.n_keys, 0);
    forget(&p);
}

/* A wrong code is counted before it is answered: killing the signer buys no tries. */
static void
test_tries_survive_a_kill(void **state)
{
    (void)state;
    struct wire_enrol_open_reply opened;
    struct person p = new_person();
    approve_person(&p, 2, 1);
    for (int i = 0; i < 5; i++) {
        assert_refused(open_by_link(&p, "33333-33333", WIRE_PASSKEY_SIGN, &opened), ACTIVATION);
        kill(rig.pid, SIGKILL);
        expect_killed();
    }
    assert_refused(open_by_link(&p, p.code, WIRE_PASSKEY_SIGN, &opened), ACTIVATION);
    forget(&p);
}

static int
setup(void **state)
{
    (void)state;
    rig_create(&rig, PEOPLE_SETTINGS);
    write_root();
    rig_start(&rig, NULL);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    int status = rig_stop(&rig);
    authenticator_root_forget(&maker);
    rig_free(&rig);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_registration_is_there_whole_or_not_at_all),
        cmocka_unit_test(test_a_holder_key_is_made_once_whatever_is_cut_short),
        cmocka_unit_test(test_who_leaves_has_all_keys_or_none),
        cmocka_unit_test(test_tries_survive_a_kill),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/*
 * A real signer; the test is the gateway and the operators: enrolment by link and code, passkeys, holder keys, recovery, leaving. req: AU-2 AU-3 AU-7 KEY-2 KEY-6
 * KEY-8 SIG-8
 */
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "evid_ledger.h"
#include "people_bed.h"

/* ---- enrolment --------------------------------------------------------------------------------------------------------- */

static void
test_two_operators_a_link_and_a_code_make_a_person(void **state)
{
    (void)state;
    struct wire_person_info_reply info;
    struct wire_enrol_finish_reply done;
    struct wire_enrol_open_reply opened;
    struct person p = new_person();
    struct wire_operation_msg op = enrol_op(&p, 2, 3);
    struct wire_operation_reply reply;
    assert_ok(rig_propose(&rig, &op, "alice", &rig.alice, &reply));
    assert_false(reply.applied);
    assert_int_equal(reply.link.n, 0);
    assert_refused(info_of(&p, &info), NOT_FOUND); /* one operator makes nobody */
    assert_refused(
        rig_approve(&rig, reply.operation_id, "alice2", &rig.alice2, &reply), DUAL_CONTROL);
    struct rig_counts before = rig_counts(&rig);
    approve_person(&p, 2, 3);
    struct rig_counts after = rig_counts(&rig);
    assert_int_equal(
        after.by_type[WIRE_REC_PERSON_EVENT], before.by_type[WIRE_REC_PERSON_EVENT] + 1);
    assert_ok(info_of(&p, &info));
    assert_int_equal(info.state, WIRE_PERSON_ENROLLING);
    assert_int_equal(info.keys_max, 3);
    assert_ok(open_by_link(&p, p.code, WIRE_PASSKEY_LOGIN, &opened));
    assert_int_equal(opened.missing, 3);
    assert_int_equal(opened.level, 2);
    sg_bytes login_handle = opened.user_handle;
    assert_ok(enrol_one(&p, &p.login, WIRE_PASSKEY_LOGIN, &done));
    assert_int_equal(done.state, WIRE_PASSKEY_ACTIVE);
    assert_true(done.seq > 0);
    assert_false(done.attested);
    assert_ok(open_by_link(&p, p.code, WIRE_PASSKEY_SIGN, &opened));
    assert_int_equal(opened.missing, WIRE_PASSKEY_SIGN);
    assert_false(sg_bytes_equal(login_handle, opened.user_handle));
    assert_ok(enrol_one(&p, &p.sign, WIRE_PASSKEY_SIGN, &done));
    assert_ok(info_of(&p, &info));
    assert_int_equal(info.state, WIRE_PERSON_ACTIVE);
    assert_int_equal(info.n_passkeys, 2);
    assert_int_equal(info.passkeys[1].purpose, WIRE_PASSKEY_SIGN);
    assert_true(sg_bytes_equal(info.passkeys[1].spki, sg_bytes_of(p.sign.spki, p.sign.spki_len)));
    assert_true(sg_str_is(info.passkeys[1].label, "test key"));
    /* link and code are spent */
    assert_refused(open_by_link(&p, p.code, WIRE_PASSKEY_SIGN, &opened), ACTIVATION);
    /* found by passkey too */
    struct wire_person_info by = { .passkey = SG_BYTES(p.sign.id) };
    assert_ok(ask_info(rig.gateway, &by, &info));
    assert_true(sg_bytes_equal(info.person, SG_BYTES(p.id)));
    forget(&p);
}

static void
test_the_code_may_be_typed_in_any_way_but_not_wrong(void **state)
{
    (void)state;
    struct wire_enrol_open_reply opened;
    struct person p = new_person();
    approve_person(&p, 2, 1);
    char typed[16] = { 0 };
    for (size_t i = 0, n = 0; p.code[i] != '\0'; i++) {
        if (p.code[i] != '-') {
            typed[n++] = (char)(p.code[i] >= 'A' ? p.code[i] - 'A' + 'a' : p.code[i]);
        }
    }
    assert_ok(open_by_link(&p, typed, WIRE_PASSKEY_LOGIN, &opened));
    for (int i = 0; i < 5; i++) {
        assert_refused(open_by_link(&p, "22222-22222", WIRE_PASSKEY_LOGIN, &opened), ACTIVATION);
    }
    /* void now, with the right code as well; a restart does not give the tries back */
    assert_refused(open_by_link(&p, p.code, WIRE_PASSKEY_LOGIN, &opened), ACTIVATION);
    rig_stop(&rig);
    rig_start(&rig, NULL);
    assert_refused(open_by_link(&p, p.code, WIRE_PASSKEY_LOGIN, &opened), ACTIVATION);
    /* a new approval takes its place */
    approve_person(&p, 2, 1);
    assert_ok(open_by_link(&p, p.code, WIRE_PASSKEY_LOGIN, &opened));
    struct person other = p;
    other.link[0] ^= 1;
    assert_refused(open_by_link(&other, p.code, WIRE_PASSKEY_LOGIN, &opened), ACTIVATION);
    forget(&p);
}

static void
test_a_registration_that_is_wrong_in_one_part_registers_nothing(void **state)
{
    (void)state;
    struct wire_enrol_open_reply opened;
    struct wire_enrol_finish_reply done;
    struct wire_person_info_reply info;
    struct person p = new_person();
    approve_person(&p, 2, 1);
    static const uint8_t other[32] = { 1 };
    for (int i = 0; i < 7; i++) {
        assert_ok(open_by_link(&p, p.code, WIRE_PASSKEY_SIGN, &opened));
        struct authenticator_create create = usual(&opened);
        create.ask.type = i == 0 ? "webauthn.get" : NULL;
        create.ask.origin = i == 1 ? "http://localhost:8081" : ORIGIN;
        create.ask.rp_id = i == 2 ? "example.org" : RP_ID;
        create.ask.challenge = i == 3 ? SG_BYTES(other) : opened.challenge;
        create.ask.flags_off = i == 4 ? AUTHENTICATOR_UV : 0;
        create.ask.cross_origin = i == 5;
        create.statement = i == 6 ? AUTHENTICATOR_SELF : AUTHENTICATOR_NONE;
        create.ask.signer = i == 6 ? p.login.key : NULL; /* self attestation by another key */
        assert_refused(finish(&opened, &p.sign, &create, &done), ACTIVATION);
        /* the challenge is spent whatever the answer was */
        create = usual(&opened);
        assert_refused(finish(&opened, &p.sign, &create, &done), ACTIVATION);
    }
    assert_ok(info_of(&p, &info));
    assert_int_equal(info.n_passkeys, 0);
    forget(&p);
}

/* Four sessions of one person at once; a fifth takes the oldest one's place. A new approval ends them all, and so does a restart. */
static void
test_sessions_are_few_and_end_with_their_approval(void **state)
{
    (void)state;
    enum { OPENED = 5 };
    struct wire_enrol_open_reply opened[OPENED];
    struct wire_enrol_open_reply late;
    struct wire_enrol_finish_reply done;
    struct person p = new_person();
    approve_person(&p, 2, 1);
    for (size_t i = 0; i < OPENED; i++) {
        assert_ok(open_by_link(&p, p.code, WIRE_PASSKEY_SIGN, &opened[i]));
        usleep(2000); /* boot time is counted in milliseconds: the oldest is to be known */
    }
    struct authenticator_create create = usual(&opened[0]);
    assert_refused(finish(&opened[0], &p.sign, &create, &done), ACTIVATION);
    approve_person(&p, 2, 1);
    create = usual(&opened[OPENED - 1]);
    assert_refused(finish(&opened[OPENED - 1], &p.sign, &create, &done), ACTIVATION);
    assert_ok(open_by_link(&p, p.code, WIRE_PASSKEY_SIGN, &late));
    rig_stop(&rig);
    rig_start(&rig, NULL);
    create = usual(&late);
    assert_refused(finish(&late, &p.sign, &create, &done), ACTIVATION);
    assert_ok(enrol_one(&p, &p.sign, WIRE_PASSKEY_SIGN, &done));
    forget(&p);
}

/* A session is for the purpose and the person it was opened for: the challenge of one is no good in another. */
static void
test_an_answer_to_another_session_is_refused(void **state)
{
    (void)state;
    struct wire_enrol_open_reply login;
    struct wire_enrol_open_reply sign;
    struct wire_enrol_finish_reply done;
    struct person p = new_person();
    approve_person(&p, 2, 1);
    assert_ok(open_by_link(&p, p.code, WIRE_PASSKEY_LOGIN, &login));
    assert_ok(open_by_link(&p, p.code, WIRE_PASSKEY_SIGN, &sign));
    struct authenticator_create create = usual(&login);
    assert_refused(finish(&sign, &p.sign, &create, &done), ACTIVATION);
    create = usual(&login);
    assert_ok(finish(&login, &p.login, &create, &done));
    /* two sessions for one purpose: the second finds it spent */
    assert_ok(open_by_link(&p, p.code, WIRE_PASSKEY_SIGN, &login));
    assert_ok(open_by_link(&p, p.code, WIRE_PASSKEY_SIGN, &sign));
    create = usual(&login);
    assert_ok(finish(&login, &p.sign, &create, &done));
    struct authenticator_passkey other;
    authenticator_make(&other, AUTHENTICATOR_ES256);
    create = usual(&sign);
    assert_refused(finish(&sign, &other, &create, &done), ACTIVATION);
    authenticator_forget(&other);
    forget(&p);
}

static void
test_a_known_passkey_is_refused_whoever_brings_it(void **state)
{
    (void)state;
    struct wire_enrol_finish_reply done;
    struct person p = enrolled(1);
    struct person q = new_person();
    approve_person(&q, 2, 1);
    assert_refused(enrol_one(&q, &p.sign, WIRE_PASSKEY_SIGN, &done), CONFLICT);
    assert_ok(enrol_one(&q, &q.sign, WIRE_PASSKEY_SIGN, &done));
    assert_refused(enrol_one(&q, &q.sign, WIRE_PASSKEY_LOGIN, &done), CONFLICT);
    forget(&p);
    forget(&q);
}

static void
test_a_further_passkey_waits_for_a_gesture_and_is_not_there_before(void **state)
{
    (void)state;
    struct wire_enrol_open_reply opened;
    struct wire_enrol_finish_reply done;
    struct wire_person_info_reply info;
    struct authenticator_passkey second;
    struct person p = enrolled(1);
    authenticator_make(&second, AUTHENTICATOR_ES256);
    assert_ok(open_further(&p, WIRE_PASSKEY_SIGN, &opened));
    assert_int_equal(opened.missing, 0);
    assert_int_equal(opened.n_passkeys, 1); /* to exclude */
    struct authenticator_create create = usual(&opened);
    assert_ok(finish(&opened, &second, &create, &done));
    assert_int_equal(done.state, WIRE_PASSKEY_WAITS);
    assert_int_equal(done.seq, 0);
    assert_int_equal(done.digest.n, 32);
    assert_ok(info_of(&p, &info));
    assert_int_equal(info.n_passkeys, 2);
    authenticator_forget(&second);
    forget(&p);
}

/* ---- level 3 ------------------------------------------------------------------------------------------------------------ */

static void
test_level_3_needs_a_maker_we_know_no_sync_and_officers(void **state)
{
    (void)state;
    struct wire_enrol_open_reply opened;
    struct wire_enrol_finish_reply done;
    struct wire_person_info_reply info;
    struct wire_operation_reply reply;
    struct wire_key_make_reply key;
    struct person p = new_person();
    approve_person(&p, 3, 2);
    static const enum authenticator_leaf untrusted[] = { AUTHENTICATOR_LEAF_EXPIRED };
    static const enum authenticator_leaf bad[] = { AUTHENTICATOR_LEAF_OTHER_AAGUID,
        AUTHENTICATOR_LEAF_CA, AUTHENTICATOR_LEAF_UNIT };
    assert_refused(enrol_one(&p, &p.sign, WIRE_PASSKEY_SIGN, &done), POLICY); /* no attestation */
    for (size_t i = 0; i < sizeof(untrusted) / sizeof(untrusted[0]) + sizeof(bad) / sizeof(bad[0]);
         i++) {
        assert_ok(open_by_link(&p, p.code, WIRE_PASSKEY_SIGN, &opened));
        struct authenticator_create create = usual(&opened);
        create.statement = AUTHENTICATOR_CERTIFIED;
        create.leaf = i < 1 ? untrusted[i] : bad[i - 1];
        support_assert_code(finish(&opened, &p.sign, &create, &done),
            i < 1 ? SG_E_POLICY : SG_E_ACTIVATION, "finish", __FILE__, __LINE__);
    }
    struct authenticator_root stranger;
    authenticator_root_make(&stranger);
    assert_ok(open_by_link(&p, p.code, WIRE_PASSKEY_SIGN, &opened));
    struct authenticator_create create = usual(&opened);
    create.statement = AUTHENTICATOR_CERTIFIED;
    create.root = &stranger;
    assert_refused(finish(&opened, &p.sign, &create, &done), POLICY);
    authenticator_root_forget(&stranger);
    p.sign.backup_eligible = true; /* it syncs */
    assert_ok(open_by_link(&p, p.code, WIRE_PASSKEY_SIGN, &opened));
    create = usual(&opened);
    create.statement = AUTHENTICATOR_CERTIFIED;
    assert_refused(finish(&opened, &p.sign, &create, &done), POLICY);
    p.sign.backup_eligible = false;
    assert_ok(open_by_link(&p, p.code, WIRE_PASSKEY_SIGN, &opened));
    create = usual(&opened);
    create.statement = AUTHENTICATOR_CERTIFIED;
    assert_ok(finish(&opened, &p.sign, &create, &done));
    assert_true(done.attested);
    assert_int_equal(done.state, WIRE_PASSKEY_WAITS);
    assert_ok(info_of(&p, &info));
    assert_int_equal(info.state, WIRE_PERSON_ENROLLING); /* nothing signs yet */
    assert_refused(make_key(&p, KEY_ES256, 3, 1, &key), POLICY);
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_PASSKEY_STATE);
    op.subject = SG_BYTES(p.id);
    op.key = done.thumbprint;
    op.state = WIRE_KEY_ACTIVE;
    assert_ok(rig_decide(&rig, &op, &reply));
    assert_ok(info_of(&p, &info));
    assert_int_equal(info.state, WIRE_PERSON_ACTIVE);
    assert_int_equal(info.passkeys[0].state, WIRE_PASSKEY_ACTIVE);
    assert_true(info.passkeys[0].attested);
    assert_ok(make_key(&p, KEY_ES256, 3, 1, &key));
    forget(&p);
}

/* ---- keys ---------------------------------------------------------------------------------------------------------------- */

static void
test_holder_keys_are_made_once_per_unique_and_as_many_as_allowed(void **state)
{
    (void)state;
    struct wire_key_make_reply key;
    struct wire_key_make_reply again;
    struct wire_person_info_reply info;
    struct person p = enrolled(2);
    struct person stranger = new_person();
    assert_ok(make_key(&p, KEY_ES256, 2, 1, &key));
    assert_ok(make_key(&p, KEY_ES256, 2, 1, &again));
    assert_true(sg_bytes_equal(key.key, again.key) && sg_bytes_equal(key.spki, again.spki));
    assert_int_equal(key.seq, again.seq);
    assert_refused(make_key(&p, KEY_ES384, 2, 1, &again), CONFLICT);
    assert_refused(make_key(&p, KEY_EDDSA, 2, 2, &again), UNSUPPORTED); /* SoftHSM wraps none */
    assert_refused(make_key(&p, 77, 2, 2, &again), ALGORITHM);
    assert_refused(make_key(&p, KEY_ES256, 3, 2, &again), POLICY); /* above the person's level */
    assert_refused(make_key(&p, KEY_ES256, 1, 2, &again), POLICY);
    assert_refused(make_key(&stranger, KEY_ES256, 2, 1, &again), NOT_FOUND);
    assert_ok(make_key(&p, KEY_ES384, 2, 2, &again));
    assert_refused(make_key(&p, KEY_ES256, 2, 3, &again), FULL);
    assert_ok(info_of(&p, &info));
    assert_int_equal(info.n_keys, 2);
    assert_false(info.more);
    assert_int_equal(info.keys[0].state, WIRE_KEY_ACTIVE);
    struct wire_person_info by = { .key = key.key };
    assert_ok(ask_info(rig.gateway, &by, &info));
    assert_true(sg_bytes_equal(info.person, SG_BYTES(p.id)));
    struct wire_key_info ask = { .key = key.key };
    struct wire_key_info_reply told;
    assert_ok(ASK(key_info, KEY_INFO, rig.gateway, &ask, &told));
    assert_int_equal(told.purpose, WIRE_PURPOSE_HOLDER);
    assert_false(told.resident);
    assert_true(sg_bytes_equal(told.spki, key.spki));
    forget(&p);
    forget(&stranger);
}

static void
test_a_holder_key_is_halted_suspended_and_destroyed_like_any_other(void **state)
{
    (void)state;
    struct wire_key_make_reply key;
    struct wire_operation_reply reply;
    struct wire_person_info_reply info;
    struct person p = enrolled(1);
    assert_ok(make_key(&p, KEY_ES256, 2, 1, &key));
    static const uint8_t nobody[32] = { 1 };
    assert_refused(rig_halt(&rig, SG_BYTES(nobody), "alice", &rig.alice), NOT_FOUND);
    assert_ok(rig_halt(&rig, key.key, "alice", &rig.alice));
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_RESUME);
    op.key = key.key;
    assert_ok(rig_decide(&rig, &op, &reply));
    op = rig_op(&rig, WIRE_OPN_KEY_STATE);
    op.key = key.key;
    op.state = WIRE_KEY_DESTROYED;
    assert_refused(rig_propose(&rig, &op, "alice", &rig.alice, &reply), KEY_STATE);
    op = rig_op(&rig, WIRE_OPN_KEY_STATE);
    op.key = key.key;
    op.state = WIRE_KEY_SUSPENDED;
    assert_ok(rig_propose(&rig, &op, "alice", &rig.alice, &reply)); /* stopping takes one */
    assert_true(reply.applied);
    assert_ok(info_of(&p, &info));
    assert_int_equal(info.keys[0].state, WIRE_KEY_SUSPENDED);
    op = rig_op(&rig, WIRE_OPN_KEY_STATE);
    op.key = key.key;
    op.state = WIRE_KEY_DESTROYED;
    assert_ok(rig_decide(&rig, &op, &reply));
    assert_ok(info_of(&p, &info));
    assert_int_equal(info.n_keys, 0);
    assert_refused(make_key(&p, KEY_ES256, 2, 1, &key), DESTROYED); /* its name stays used */
    assert_ok(make_key(&p, KEY_ES256, 2, 2, &key));                 /* the place is free again */
    forget(&p);
}

/* ---- locking, leaving, recovery -------------------------------------------------------------------------------------------- */

static void
test_one_operator_locks_two_unlock(void **state)
{
    (void)state;
    struct wire_key_make_reply key;
    struct wire_enrol_open_reply opened;
    struct wire_operation_reply reply;
    struct wire_person_info_reply info;
    struct person p = enrolled(1);
    assert_ok(set_person(&p, WIRE_KEY_SUSPENDED));
    assert_ok(info_of(&p, &info));
    assert_int_equal(info.state, WIRE_PERSON_LOCKED);
    assert_refused(make_key(&p, KEY_ES256, 2, 1, &key), POLICY);
    assert_refused(open_further(&p, WIRE_PASSKEY_SIGN, &opened), POLICY);
    assert_refused(set_person(&p, WIRE_KEY_SUSPENDED), CONFLICT);
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_PERSON_STATE);
    op.subject = SG_BYTES(p.id);
    op.state = WIRE_KEY_ACTIVE;
    assert_ok(rig_propose(&rig, &op, "alice", &rig.alice, &reply));
    assert_false(reply.applied);
    assert_ok(rig_approve(&rig, reply.operation_id, "bob", &rig.bob, &reply));
    assert_ok(info_of(&p, &info));
    assert_int_equal(info.state, WIRE_PERSON_ACTIVE);
    assert_ok(make_key(&p, KEY_ES256, 2, 1, &key));
    forget(&p);
}

static void
test_who_leaves_has_no_keys_and_no_passkeys_and_does_not_come_back(void **state)
{
    (void)state;
    enum { KEYS = 3 };
    struct wire_key_make_reply key;
    struct wire_person_info_reply info;
    struct wire_operation_reply reply;
    struct person p = enrolled(KEYS);
    for (uint8_t i = 0; i < KEYS; i++) {
        assert_ok(make_key(&p, KEY_ES256, 2, i, &key));
    }
    struct rig_counts before = rig_counts(&rig);
    assert_ok(set_person(&p, WIRE_KEY_DESTROYED));
    struct rig_counts after = rig_counts(&rig);
    assert_int_equal(
        after.by_type[WIRE_REC_PERSON_EVENT], before.by_type[WIRE_REC_PERSON_EVENT] + KEYS + 1);
    assert_ok(info_of(&p, &info));
    assert_int_equal(info.state, WIRE_PERSON_LEFT);
    assert_int_equal(info.n_keys, 0);
    assert_int_equal(info.n_passkeys, 0);
    struct wire_key_info ask = { .key = key.key };
    struct wire_key_info_reply told;
    assert_ok(ASK(key_info, KEY_INFO, rig.gateway, &ask, &told));
    assert_int_equal(told.state, WIRE_KEY_DESTROYED);
    struct wire_operation_msg op = enrol_op(&p, 2, 1);
    assert_refused(rig_propose(&rig, &op, "alice", &rig.alice, &reply), DESTROYED);
    assert_refused(set_person(&p, WIRE_KEY_ACTIVE), DESTROYED);
    forget(&p);
}

static void
test_recovery_replaces_the_passkeys_when_it_is_complete_and_not_before(void **state)
{
    (void)state;
    struct wire_enrol_finish_reply done;
    struct wire_enrol_open_reply opened;
    struct wire_person_info_reply info;
    struct wire_key_make_reply key;
    struct person p = enrolled(1);
    struct authenticator_passkey login = p.login;
    struct authenticator_passkey sign = p.sign;
    assert_ok(make_key(&p, KEY_ES256, 2, 1, &key));
    approve_person(&p, 2, 5);
    assert_refused(open_by_link(&p, p.code, WIRE_PASSKEY_SIGN, &opened), NOT_YET);
    sleep(2); /* recovery_wait_s = 1 in this rig: time itself is what is tested */
    authenticator_make(&p.login, AUTHENTICATOR_ES256);
    authenticator_make(&p.sign, AUTHENTICATOR_ES256);
    assert_ok(enrol_one(&p, &p.login, WIRE_PASSKEY_LOGIN, &done));
    assert_ok(info_of(&p, &info));
    assert_int_equal(info.n_passkeys, 3);
    assert_int_equal(info.keys_max, 1);
    assert_ok(enrol_one(&p, &p.sign, WIRE_PASSKEY_SIGN, &done));
    assert_ok(info_of(&p, &info));
    assert_int_equal(info.n_passkeys, 2);
    assert_true(sg_bytes_equal(info.passkeys[0].id, SG_BYTES(p.login.id)));
    assert_true(sg_bytes_equal(info.passkeys[1].id, SG_BYTES(p.sign.id)));
    assert_int_equal(info.keys_max, 5);
    assert_int_equal(info.n_keys, 1); /* the keys stay: their owner is the same person */
    assert_int_equal(info.state, WIRE_PERSON_ACTIVE);
    authenticator_forget(&login);
    authenticator_forget(&sign);
    forget(&p);
}

/* Otherwise two operators could shorten the time that the owner has to object. */
static void
test_taking_the_passkeys_away_first_does_not_save_the_waiting(void **state)
{
    (void)state;
    struct wire_enrol_open_reply opened;
    struct wire_person_info_reply info;
    struct wire_operation_reply reply;
    struct person p = enrolled(1);
    assert_ok(info_of(&p, &info));
    for (size_t i = 0; i < info.n_passkeys; i++) {
        struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_PASSKEY_STATE);
        op.subject = SG_BYTES(p.id);
        op.key = info.passkeys[i].thumbprint;
        op.state = WIRE_KEY_DESTROYED;
        assert_ok(rig_decide(&rig, &op, &reply));
    }
    assert_ok(info_of(&p, &info));
    assert_int_equal(info.n_passkeys, 0);
    assert_int_equal(info.state, WIRE_PERSON_ENROLLING);
    approve_person(&p, 2, 1);
    assert_refused(open_by_link(&p, p.code, WIRE_PASSKEY_SIGN, &opened), NOT_YET);
    forget(&p);
}

static void
test_an_enrolment_is_not_approved_over_the_gateways_socket(void **state)
{
    (void)state;
    struct wire_operation_reply reply;
    struct person p = new_person();
    struct wire_operation_msg op = enrol_op(&p, 2, 1);
    assert_ok(rig_propose(&rig, &op, "alice", &rig.alice, &reply));
    int ops = rig.ops;
    rig.ops = rig.gateway;
    assert_refused(rig_approve(&rig, reply.operation_id, "bob", &rig.bob, &reply), POLICY);
    rig.ops = ops;
    forget(&p);
}

static void
test_operators_list_persons_and_the_gateway_does_not(void **state)
{
    (void)state;
    static const uint8_t zeros[16];
    uint8_t last[16] = { 0 };
    size_t n = 0;
    struct wire_person_info_reply info;
    struct person p = enrolled(1);
    bool found = false;
    struct wire_person_info ask = { .next = SG_BYTES(zeros) };
    assert_refused(ask_info(rig.gateway, &ask, &info), POLICY);
    while (sg_ok(ask_info(rig.ops, &ask, &info)) && n < 1000) {
        assert_true(memcmp(info.person.p, last, 16) > 0);
        memcpy(last, info.person.p, 16);
        ask.next = SG_BYTES(last);
        found = found || memcmp(last, p.id, 16) == 0;
        n++;
    }
    assert_true(found && n >= 1 && n < 1000);
    forget(&p);
}

static void
test_a_person_without_uses_has_an_empty_list(void **state)
{
    (void)state;
    struct wire_uses_reply uses;
    struct person p = enrolled(1);
    struct wire_uses_read msg = { .person = SG_BYTES(p.id), .n = 10 };
    uint64_t id = rig.next_id++;
    struct sg_buf buf = sg_buf_new(rig.arena, 128, WIRE_FRAME_MAX);
    wire_uses_read_encode(&buf, id, &msg);
    struct wire_frame frame = rig_ask(&rig, rig.gateway, &buf, id);
    assert_ok(rig_refusal(&frame));
    assert_ok(wire_uses_reply_parse(frame.body, &uses));
    assert_int_equal(uses.n_uses, 0);
    forget(&p);
}

/* Everything above, replayed by those who trust nobody: each event follows from an approval or a gesture. Last of all. */
static void
test_the_ledger_of_all_this_holds(void **state)
{
    (void)state;
    struct sg_arena *arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    struct evid_ledger *ledger = NULL;
    struct evid_ledger_result result;
    uint64_t size = rig_counts(&rig).size;
    assert_non_null(arena);
    assert_ok(evid_ledger_new(arena, &ledger));
    for (uint64_t seq = 0; seq < size; seq++) {
        struct wire_record_read msg = { .seq = seq };
        struct wire_record_read_reply got;
        assert_ok(ASK(record_read, RECORD_READ, rig.gateway, &msg, &got));
        const struct evid_record record = { seq, got.entry, got.blind, got.body, got.salt,
            got.closed };
        assert_ok(evid_ledger_feed(ledger, &record));
    }
    assert_ok(evid_ledger_end(ledger, &result));
    for (size_t i = 0; i < result.n_findings; i++) {
        print_message("record %llu: %s: %.*s\n", (unsigned long long)result.findings[i].seq,
            result.findings[i].rule, SG_PRINT(result.findings[i].detail));
    }
    assert_int_equal(result.n_findings_all, 0);
    assert_true(result.n_by_type[WIRE_REC_PERSON_EVENT] > 50);
    sg_arena_free(&arena);
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
        cmocka_unit_test(test_two_operators_a_link_and_a_code_make_a_person),
        cmocka_unit_test(test_the_code_may_be_typed_in_any_way_but_not_wrong),
        cmocka_unit_test(test_a_registration_that_is_wrong_in_one_part_registers_nothing),
        cmocka_unit_test(test_sessions_are_few_and_end_with_their_approval),
        cmocka_unit_test(test_an_answer_to_another_session_is_refused),
        cmocka_unit_test(test_a_known_passkey_is_refused_whoever_brings_it),
        cmocka_unit_test(test_a_further_passkey_waits_for_a_gesture_and_is_not_there_before),
        cmocka_unit_test(test_level_3_needs_a_maker_we_know_no_sync_and_officers),
        cmocka_unit_test(test_holder_keys_are_made_once_per_unique_and_as_many_as_allowed),
        cmocka_unit_test(test_a_holder_key_is_halted_suspended_and_destroyed_like_any_other),
        cmocka_unit_test(test_one_operator_locks_two_unlock),
        cmocka_unit_test(test_who_leaves_has_no_keys_and_no_passkeys_and_does_not_come_back),
        cmocka_unit_test(test_recovery_replaces_the_passkeys_when_it_is_complete_and_not_before),
        cmocka_unit_test(test_taking_the_passkeys_away_first_does_not_save_the_waiting),
        cmocka_unit_test(test_an_enrolment_is_not_approved_over_the_gateways_socket),
        cmocka_unit_test(test_operators_list_persons_and_the_gateway_does_not),
        cmocka_unit_test(test_a_person_without_uses_has_an_empty_list),
        cmocka_unit_test(test_the_ledger_of_all_this_holds),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

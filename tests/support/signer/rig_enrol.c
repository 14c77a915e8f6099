/* Enrolment by the messages that a gateway sends. */
#include <openssl/rand.h>
#include <sys/stat.h>

#include "key_public.h"
#include "rig_person.h"

static sg_result
enrol(struct rig *rig, const struct wire_enrol_open *open, struct authenticator_passkey *passkey,
    const struct authenticator_root *maker, struct wire_enrol_finish_reply *ret)
{
    struct wire_enrol_open_reply opened;
    struct sg_buf first = sg_buf_new(rig->arena, 256, WIRE_FRAME_MAX);
    struct sg_buf second = sg_buf_new(rig->arena, 1024, WIRE_FRAME_MAX);
    uint64_t id = rig->next_id++;
    wire_enrol_open_encode(&first, id, open);
    struct wire_frame frame = rig_ask(rig, rig->gateway, &first, id);
    SG_TRY(rig_refusal(&frame));
    assert_ok(wire_enrol_open_reply_parse(frame.body, &opened));
    const struct authenticator_create create = {
        .ask = { .rp_id = RIG_RP, .origin = RIG_ORIGIN, .challenge = opened.challenge },
        .statement = maker == NULL ? AUTHENTICATOR_NONE : AUTHENTICATOR_CERTIFIED,
        .root = maker
    };
    struct authenticator_registration made = authenticator_register(rig->arena, passkey, &create);
    const struct wire_enrol_finish finish = {
        .session = opened.session, .client_data = made.client_data, .attestation = made.attestation
    };
    id = rig->next_id++;
    wire_enrol_finish_encode(&second, id, &finish);
    frame = rig_ask(rig, rig->gateway, &second, id);
    SG_TRY(rig_refusal(&frame));
    assert_ok(wire_enrol_finish_reply_parse(frame.body, ret));
    return SG_DONE;
}

sg_result
rig_enrol_further(struct rig *rig, const struct rig_person *person,
    struct authenticator_passkey *passkey, uint64_t purpose, struct wire_enrol_finish_reply *ret)
{
    const struct wire_enrol_open open = { .person = SG_BYTES(person->id), .purpose = purpose };
    return enrol(rig, &open, passkey, person->level == 3 ? person->maker : NULL, ret);
}

static void
make_key(struct rig *rig, const struct rig_person *person, struct rig_key *key)
{
    uint8_t unique[16];
    struct wire_key_make_reply reply;
    struct sg_buf buf = sg_buf_new(rig->arena, 256, WIRE_FRAME_MAX);
    uint64_t id = rig->next_id++;
    assert_int_equal(RAND_bytes(unique, sizeof(unique)), 1);
    key->alg = key->alg == 0 ? KEY_ES256 : key->alg;
    const struct wire_key_make msg = { .person = SG_BYTES(person->id),
        .alg = key->alg,
        .level = person->level,
        .unique = SG_BYTES(unique) };
    wire_key_make_encode(&buf, id, &msg);
    struct wire_frame frame = rig_ask(rig, rig->gateway, &buf, id);
    assert_ok(rig_refusal(&frame));
    assert_ok(wire_key_make_reply_parse(frame.body, &reply));
    memcpy(key->key, reply.key.p, sizeof(key->key));
    assert_ok(key_public_new(reply.spki, &key->public));
}

void
rig_maker(struct rig *rig, struct authenticator_root *maker)
{
    sg_str path;
    authenticator_root_make(maker);
    assert_ok(sg_arena_printf(rig->arena, &path, "%s/makers", rig->dir));
    assert_int_equal(mkdir(path.p, 0755), 0);
    assert_ok(sg_arena_printf(rig->arena, &path, "%s/makers/test.der", rig->dir));
    FILE *f = fopen(path.p, "wb");
    sg_bytes der = authenticator_root_der(rig->arena, maker);
    assert_non_null(f);
    assert_int_equal(fwrite(der.p, 1, der.n, f), der.n);
    fclose(f);
}

/* Two officers have compared the fingerprint with the person. */
static void
confirm(struct rig *rig, const struct rig_person *person, sg_bytes thumbprint)
{
    struct wire_operation_reply reply;
    struct wire_operation_msg op = rig_op(rig, WIRE_OPN_PASSKEY_STATE);
    op.subject = SG_BYTES(person->id);
    op.key = thumbprint;
    op.state = WIRE_KEY_ACTIVE;
    assert_ok(rig_decide(rig, &op, &reply));
}

void
rig_person_enrol(struct rig *rig, struct rig_person *person)
{
    struct wire_operation_reply reply;
    struct wire_enrol_finish_reply done;
    assert_int_equal(RAND_bytes(person->id, sizeof(person->id)), 1);
    person->level = person->level == 0 ? 2 : person->level;
    bool high = person->level == 3;
    authenticator_make(&person->login, AUTHENTICATOR_ES256);
    authenticator_make(&person->sign, AUTHENTICATOR_ES256);
    person->sign.sign_count = high ? 1 : 0;
    struct wire_operation_msg op = rig_op(rig, WIRE_OPN_PERSON_ENROL);
    op.subject = SG_BYTES(person->id);
    op.level = person->level;
    op.count = RIG_KEYS_MAX;
    op.valid_s = 3600;
    assert_ok(rig_decide(rig, &op, &reply));
    struct wire_enrol_open open = {
        .link = reply.link, .code = reply.code, .purpose = WIRE_PASSKEY_LOGIN
    };
    assert_ok(enrol(rig, &open, &person->login, NULL, &done));
    open.purpose = WIRE_PASSKEY_SIGN;
    assert_ok(enrol(rig, &open, &person->sign, high ? person->maker : NULL, &done));
    assert_int_equal(done.attested, high);
    assert_int_equal(done.state, high ? WIRE_PASSKEY_WAITS : WIRE_PASSKEY_ACTIVE);
    if (high) {
        confirm(rig, person, done.thumbprint);
    }
    for (size_t i = 0; i < person->n_keys; i++) {
        make_key(rig, person, &person->keys[i]);
    }
}

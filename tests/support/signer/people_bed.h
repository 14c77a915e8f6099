/* What programs about enrolment over a real signer share: the test is the gateway, the operators, and a person with a software authenticator. */
#ifndef PEOPLE_BED_H
#define PEOPLE_BED_H

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "authenticator.h"
#include "key_public.h"
#include "rig_person.h"

#pragma GCC diagnostic ignored "-Wunused-function" /* each program uses a part of it */

#define PEOPLE_SETTINGS \
    "rp_id = " RP_ID "\norigins = " ORIGIN "\nrecovery_wait_s = 1\nattestation_roots = makers\n"
#define RP_ID "localhost"
#define ORIGIN "http://localhost:8080"

static struct rig rig;
static struct authenticator_root maker;

struct person {
    uint8_t id[16];
    uint8_t link[32];
    char code[16];
    struct authenticator_passkey login;
    struct authenticator_passkey sign;
};

/* ---- asking ---------------------------------------------------------------------------------------------------------- */

#define ASK(name, TYPE, fd, msg, ret)                                    \
    ({                                                                   \
        uint64_t id_ = rig.next_id++;                                    \
        struct sg_buf buf_ = sg_buf_new(rig.arena, 512, WIRE_FRAME_MAX); \
        wire_##name##_encode(&buf_, id_, (msg));                         \
        struct wire_frame frame_ = rig_ask(&rig, (fd), &buf_, id_);      \
        sg_result r_ = rig_refusal(&frame_);                             \
        if (sg_ok(r_)) {                                                 \
            assert_int_equal(frame_.type, WIRE_##TYPE + WIRE_REPLY);     \
            sg_bytes kept_;                                              \
            assert_ok(sg_arena_bytes(rig.arena, frame_.body, &kept_));   \
            assert_ok(wire_##name##_reply_parse(kept_, (ret)));          \
        }                                                                \
        r_;                                                              \
    })

static sg_result
ask_info(int fd, const struct wire_person_info *msg, struct wire_person_info_reply *ret)
{
    return ASK(person_info, PERSON_INFO, fd, msg, ret);
}

static sg_result
info_of(const struct person *p, struct wire_person_info_reply *ret)
{
    struct wire_person_info msg = { .person = SG_BYTES(p->id) };
    return ask_info(rig.gateway, &msg, ret);
}

static struct wire_operation_msg
enrol_op(const struct person *p, uint64_t level, uint64_t keys)
{
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_PERSON_ENROL);
    op.subject = SG_BYTES(p->id);
    op.level = level;
    op.count = keys;
    op.valid_s = 3600;
    return op;
}

static void
approve_person(struct person *p, uint64_t level, uint64_t keys)
{
    struct wire_operation_reply reply;
    struct wire_operation_msg op = enrol_op(p, level, keys);
    assert_ok(rig_decide(&rig, &op, &reply));
    assert_int_equal(reply.link.n, 32);
    assert_int_equal(reply.code.n, 11); /* XXXXX-XXXXX */
    memcpy(p->link, reply.link.p, 32);
    memcpy(p->code, reply.code.p, reply.code.n);
    p->code[reply.code.n] = '\0';
}

static sg_result
open_by_link(
    const struct person *p, const char *code, uint64_t purpose, struct wire_enrol_open_reply *ret)
{
    struct wire_enrol_open msg = {
        .link = SG_BYTES(p->link), .code = sg_cstr(code), .purpose = purpose
    };
    return ASK(enrol_open, ENROL_OPEN, rig.gateway, &msg, ret);
}

static sg_result
open_further(const struct person *p, uint64_t purpose, struct wire_enrol_open_reply *ret)
{
    struct wire_enrol_open msg = { .person = SG_BYTES(p->id), .purpose = purpose };
    return ASK(enrol_open, ENROL_OPEN, rig.gateway, &msg, ret);
}

static struct authenticator_create
usual(const struct wire_enrol_open_reply *opened)
{
    return (struct authenticator_create){
        .ask = { .rp_id = RP_ID, .origin = ORIGIN, .challenge = opened->challenge },
        .statement = AUTHENTICATOR_NONE,
        .root = &maker,
    };
}

static sg_result
finish(const struct wire_enrol_open_reply *opened, struct authenticator_passkey *passkey,
    const struct authenticator_create *create, struct wire_enrol_finish_reply *ret)
{
    struct authenticator_registration reg = authenticator_register(rig.arena, passkey, create);
    struct wire_enrol_finish msg = { .session = opened->session,
        .client_data = reg.client_data,
        .attestation = reg.attestation,
        .label = SG_LIT("test key") };
    return ASK(enrol_finish, ENROL_FINISH, rig.gateway, &msg, ret);
}

static sg_result
enrol_one(struct person *p, struct authenticator_passkey *passkey, uint64_t purpose,
    struct wire_enrol_finish_reply *ret)
{
    struct wire_enrol_open_reply opened;
    SG_TRY(open_by_link(p, p->code, purpose, &opened));
    struct authenticator_create create = usual(&opened);
    return finish(&opened, passkey, &create, ret);
}

static struct person
new_person(void)
{
    struct person p = { 0 };
    static uint8_t next;
    p.id[0] = ++next;
    p.id[15] = 0x77;
    authenticator_make(&p.login, AUTHENTICATOR_ES256);
    authenticator_make(&p.sign, AUTHENTICATOR_EDDSA);
    return p;
}

static void
forget(struct person *p)
{
    authenticator_forget(&p->login);
    authenticator_forget(&p->sign);
}

static struct person
enrolled(uint64_t keys)
{
    struct wire_enrol_finish_reply done;
    struct person p = new_person();
    approve_person(&p, 2, keys);
    assert_ok(enrol_one(&p, &p.login, WIRE_PASSKEY_LOGIN, &done));
    assert_ok(enrol_one(&p, &p.sign, WIRE_PASSKEY_SIGN, &done));
    return p;
}

static sg_result
make_key(const struct person *p, uint64_t alg, uint64_t level, uint8_t unique,
    struct wire_key_make_reply *ret)
{
    uint8_t name[16] = { unique };
    struct wire_key_make msg = {
        .person = SG_BYTES(p->id), .alg = alg, .level = level, .unique = SG_BYTES(name)
    };
    return ASK(key_make, KEY_MAKE, rig.gateway, &msg, ret);
}

static sg_result
set_person(const struct person *p, uint64_t state)
{
    struct wire_operation_reply reply;
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_PERSON_STATE);
    op.subject = SG_BYTES(p->id);
    op.state = state;
    if (state == WIRE_KEY_SUSPENDED) {
        return rig_propose(&rig, &op, "alice", &rig.alice, &reply);
    }
    return rig_decide(&rig, &op, &reply);
}

/* The maker's root lies in the folder before the signer starts. */
static void
write_root(void)
{
    rig_maker(&rig, &maker);
}

#endif

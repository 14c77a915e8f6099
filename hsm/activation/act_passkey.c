/* A gesture: one passkey's assertion over the challenge of one opened intent. req: AU-3, AU-4, SIG-8 */
#include <string.h>

#include "act.h"
#include "webauthn.h"

static const struct {
    enum key_alg key;
    enum webauthn_alg cose;
} algs[] = {
    { KEY_ES256, WEBAUTHN_ES256 },
    { KEY_ES384, WEBAUTHN_ES384 },
    { KEY_EDDSA, WEBAUTHN_EDDSA },
};

static sg_result
refuse(struct sg_why *why, const char *what)
{
    sg_why_note(why, what, 0, 0);
    SG_FAIL(ACTIVATION);
}

/* Trouble of ours stays what it is; everything that is about the gesture is one code. */
static sg_result
one_code(sg_result r, struct sg_why *why, const char *what)
{
    enum sg_class class_ = sg_code_row(r.code)->class_;
    if (sg_ok(r) || class_ == SG_CLASS_UPSTREAM || class_ == SG_CLASS_INTERNAL) {
        return r;
    }
    return refuse(why, what);
}

/* Level 3: one authenticator, known make, which keeps the private key (SIG-8). */
static bool
fit_for(const struct reg_passkey *passkey, uint64_t level)
{
    return level < 3 || (passkey->attested && !passkey->backup_eligible);
}

static sg_result
find(struct registry *registry, struct sg_arena *arena, const struct act_passkey_in *in,
    struct sg_why *why, struct reg_passkey *ret)
{
    SG_TRY(
        one_code(reg_passkey_get(registry, arena, in->credential_id, ret), why, "no such passkey"));
    if (!sg_bytes_equal(SG_BYTES(ret->person), in->person)) {
        return refuse(why, "another person's passkey");
    }
    if (ret->purpose != WIRE_PASSKEY_SIGN) {
        return refuse(why, "a login passkey");
    }
    if (ret->state != WIRE_PASSKEY_ACTIVE) {
        return refuse(why, "the passkey is not active");
    }
    return fit_for(ret, in->level) ? SG_DONE : refuse(why, "not a passkey for level 3");
}

static sg_result
stored_of(const struct reg_passkey *passkey, struct webauthn_stored *ret)
{
    *ret = (struct webauthn_stored){ .backup_eligible = passkey->backup_eligible,
        .sign_count = passkey->sign_count };
    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        if (algs[i].key == passkey->alg) {
            ret->alg = algs[i].cose;
            return SG_DONE;
        }
    }
    SG_FAIL(ALGORITHM);
}

/* authenticator data || SHA-256(client data) under the registered key. */
static sg_result
verify(struct sg_arena *arena, const struct reg_passkey *passkey, const struct act_passkey_in *in,
    const struct webauthn_verdict *verdict)
{
    struct key_public *key SG_CLEANUP(key_public_free)
    = NULL;
    struct sg_buf buf = sg_buf_new(arena, in->authenticator_data.n + SG_SHA256_LEN, WIRE_FRAME_MAX);
    sg_bytes message;
    SG_TRY(key_public_new(passkey->spki, &key));
    SG_REQUIRE(key_public_alg(key)->alg == passkey->alg, KEY_INVALID);
    sg_buf_put(&buf, in->authenticator_data);
    sg_buf_put(&buf, SG_BYTES(verdict->message_tail));
    SG_TRY(sg_buf_end(&buf, &message));
    return key_public_verify_message(key, message, sg_bytes_of(verdict->raw, verdict->raw_n));
}

/* Which of our pages: the client data was checked already, so one of them fits. */
static sg_str
origin_of(const struct act_rp *rp, const struct act_passkey_in *in)
{
    for (size_t i = 0; i < rp->n_origins; i++) {
        if (sg_ok(webauthn_client_data_check(
                in->client_data, WEBAUTHN_GET, in->challenge, rp->origins[i]))) {
            return rp->origins[i];
        }
    }
    return SG_NO_STR;
}

static bool
went_back(uint32_t stored, uint32_t now)
{
    return (stored != 0 || now != 0) && now <= stored;
}

sg_result
act_passkey(struct registry *registry, struct sg_arena *arena, const struct act_rp *rp,
    const struct act_passkey_in *in, struct sg_why *why, struct act_passkey *ret)
{
    struct webauthn_stored stored;
    struct webauthn_verdict *verdict = SG_NEW(arena, struct webauthn_verdict);
    *ret = (struct act_passkey){ .counter_fault = false };
    SG_REQUIRE(verdict != NULL, NO_MEMORY);
    if (rp->n_origins == 0) {
        return refuse(why, "no rp_id and origins in the settings");
    }
    SG_TRY(find(registry, arena, in, why, &ret->passkey));
    const struct webauthn_assertion assertion = { in->authenticator_data, in->client_data,
        in->assertion };
    const struct webauthn_expect expect = { .ceremony = WEBAUTHN_GET,
        .challenge = in->challenge,
        .rp_id_hash = SG_BYTES(rp->id_hash),
        .origins = rp->origins,
        .n_origins = rp->n_origins };
    SG_TRY(one_code(stored_of(&ret->passkey, &stored), why, "the registered algorithm"));
    SG_TRY(one_code(
        webauthn_assertion_check(&assertion, &expect, &stored, why, verdict), why, "assertion"));
    SG_TRY(one_code(verify(arena, &ret->passkey, in, verdict), why, "signature"));
    ret->sign_count = verdict->auth_data.sign_count;
    ret->counter_fault = verdict->counter_went_back;
    ret->origin = origin_of(rp, in);
    /* req: AU-3: a copy of the authenticator approves nothing, at level 2 either; that it tried stands in the person's account */
    if (ret->counter_fault) {
        return refuse(why, "the counter went back");
    }
    return SG_DONE;
}

sg_result
act_passkey_still(
    struct registry *registry, struct sg_arena *arena, uint64_t level, struct act_passkey *was)
{
    struct reg_passkey now;
    const struct reg_passkey *then = &was->passkey;
    struct sg_why why = { 0 };
    SG_TRY(one_code(reg_passkey_get(registry, arena, then->id, &now), &why, "no such passkey"));
    SG_REQUIRE(now.state == WIRE_PASSKEY_ACTIVE && now.purpose == WIRE_PASSKEY_SIGN, ACTIVATION);
    SG_REQUIRE(memcmp(now.person, then->person, sizeof(now.person)) == 0, ACTIVATION);
    SG_REQUIRE(now.seq == then->seq && sg_bytes_equal(now.spki, then->spki), ACTIVATION);
    SG_REQUIRE(fit_for(&now, level), ACTIVATION);
    SG_REQUIRE(!went_back(now.sign_count, was->sign_count), ACTIVATION);
    return SG_DONE;
}

sg_result
act_passkey_in_use(
    struct registry *registry, struct sg_arena *arena, sg_bytes person, sg_bytes thumbprint)
{
    struct reg_passkey now;
    struct sg_why why = { 0 };
    SG_TRY(one_code(
        reg_passkey_by_thumbprint(registry, arena, thumbprint, &now), &why, "no such passkey"));
    SG_REQUIRE(sg_bytes_equal(SG_BYTES(now.person), person), ACTIVATION);
    SG_REQUIRE(now.state == WIRE_PASSKEY_ACTIVE && now.purpose == WIRE_PASSKEY_SIGN, ACTIVATION);
    return SG_DONE;
}

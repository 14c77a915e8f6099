/* An assertion against what was stored (WebAuthn 7.2), all but the signature. */
#include <string.h>

#include "sg_hash.h"
#include "webauthn.h"

static sg_result
refuse(struct sg_why *why, const char *what, sg_result detail)
{
    sg_why_note(why, what, 0, (uint64_t)detail.code);
    SG_FAIL(ACTIVATION); /* one word for strangers, whatever it was */
}

/* A DER integer, positive, minimal, at most `half` bytes, right-aligned into ret. */
static bool
der_integer(sg_bytes *rest, size_t half, uint8_t *ret)
{
    if (rest->n < 3 || rest->p[0] != 0x02 || rest->p[1] == 0 || rest->p[1] >= 0x80 ||
        rest->n - 2 < rest->p[1]) {
        return false;
    }
    const uint8_t *p = rest->p + 2;
    size_t n = rest->p[1];
    *rest = sg_bytes_of(p + n, rest->n - 2 - n);
    if ((p[0] & 0x80) != 0) {
        return false; /* negative */
    }
    if (p[0] == 0) {
        if (n == 1 || (p[1] & 0x80) == 0) {
            return false; /* zero, or a zero too many */
        }
        p++;
        n--;
    }
    if (n > half) {
        return false;
    }
    memset(ret, 0, half - n);
    memcpy(ret + half - n, p, n);
    return true;
}

sg_result
webauthn_raw_signature(sg_bytes der, size_t half, uint8_t ret[WEBAUTHN_RAW_SIG_MAX])
{
    SG_REQUIRE(half > 0 && half <= WEBAUTHN_RAW_SIG_MAX / 2, VALUE);
    SG_REQUIRE(der.n >= 8 && der.p[0] == 0x30 && der.p[1] < 0x80 && der.n == 2u + der.p[1],
        SIGNATURE); /* two integers of 48 bytes stay below 128 */
    sg_bytes rest = sg_bytes_of(der.p + 2, der.n - 2);
    SG_REQUIRE(der_integer(&rest, half, ret) && der_integer(&rest, half, ret + half), SIGNATURE);
    SG_REQUIRE(rest.n == 0, SIGNATURE);
    return SG_DONE;
}

/* The signature in the form that our verifiers take. */
static sg_result
raw_of(
    const struct webauthn_assertion *assertion, enum webauthn_alg alg, struct webauthn_verdict *ret)
{
    if (alg == WEBAUTHN_EDDSA) {
        SG_REQUIRE(assertion->signature.n == 64, SIGNATURE);
        memcpy(ret->raw, assertion->signature.p, 64);
        ret->raw_n = 64;
        return SG_DONE;
    }
    size_t half = alg == WEBAUTHN_ES384 ? 48 : 32;
    ret->raw_n = 2 * half;
    return webauthn_raw_signature(assertion->signature, half, ret->raw);
}

/* One of the origins must fit; the first one's complaint is told when none does, a later one's if it got further than the origin. */
static sg_result
client_data(sg_bytes in, const struct webauthn_expect *expect)
{
    sg_result r = SG_ERROR(DOMAIN);
    for (size_t i = 0; i < expect->n_origins && r.code == SG_E_DOMAIN; i++) {
        r = webauthn_client_data_check(in, expect->ceremony, expect->challenge, expect->origins[i]);
    }
    return r;
}

static sg_result
common(
    const struct webauthn_auth_data *data, const struct webauthn_expect *expect, struct sg_why *why)
{
    if (!sg_bytes_equal(data->rp_id_hash, expect->rp_id_hash)) {
        return refuse(why, "rpIdHash", SG_DONE);
    }
    if ((data->flags & WEBAUTHN_UP) == 0) {
        return refuse(why, "the user was not present", SG_DONE);
    }
    if ((data->flags & WEBAUTHN_UV) == 0 && !expect->uv_optional) {
        return refuse(why, "the user was not verified", SG_DONE);
    }
    return SG_DONE;
}

sg_result
webauthn_assertion_check(const struct webauthn_assertion *assertion,
    const struct webauthn_expect *expect, const struct webauthn_stored *stored, struct sg_why *why,
    struct webauthn_verdict *ret)
{
    *ret = (struct webauthn_verdict){ .raw_n = 0 };
    SG_REQUIRE(expect->rp_id_hash.n == 32 && expect->n_origins > 0, VALUE);
    SG_REQUIRE(expect->ceremony == WEBAUTHN_GET, VALUE);
    sg_result r = client_data(assertion->client_data, expect);
    if (!sg_ok(r)) {
        return refuse(why, "client data", r);
    }
    r = webauthn_auth_data_parse(assertion->authenticator_data, false, &ret->auth_data);
    if (!sg_ok(r)) {
        return refuse(why, "authenticator data", r);
    }
    SG_TRY(common(&ret->auth_data, expect, why));
    if (((ret->auth_data.flags & WEBAUTHN_BE) != 0) != stored->backup_eligible) {
        return refuse(why, "backup eligibility changed", SG_DONE);
    }
    r = raw_of(assertion, stored->alg, ret);
    if (!sg_ok(r)) {
        return refuse(why, "signature form", r);
    }
    uint32_t now = ret->auth_data.sign_count;
    ret->counter_went_back = (now != 0 || stored->sign_count != 0) && now <= stored->sign_count;
    sg_sha256(assertion->client_data, ret->message_tail);
    return SG_DONE;
}

sg_result
webauthn_registration_check(sg_bytes client, sg_bytes attestation_object,
    const struct webauthn_expect *expect, struct sg_why *why, struct webauthn_attestation *ret)
{
    *ret = (struct webauthn_attestation){ .format = WEBAUTHN_FMT_OTHER };
    SG_REQUIRE(expect->rp_id_hash.n == 32 && expect->n_origins > 0, VALUE);
    SG_REQUIRE(expect->ceremony == WEBAUTHN_CREATE, VALUE);
    sg_result r = client_data(client, expect);
    if (!sg_ok(r)) {
        return refuse(why, "client data", r);
    }
    r = webauthn_attestation_parse(attestation_object, ret);
    if (!sg_ok(r)) {
        return refuse(why, "attestation object", r);
    }
    return common(&ret->auth_data, expect, why);
}

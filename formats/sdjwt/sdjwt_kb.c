#include "sg_secret.h"
#include "sg_text.h"

#include "sdjwt_int.h"

#define KB_TYP "kb+jwt"

static size_t
sd_hash_to(sg_str presented, enum sg_hash_alg hash, char out[SDJWT_DIGEST_TEXT_MAX])
{
    uint8_t digest[SG_HASH_MAX];
    sg_hash(hash, sg_str_bytes(presented), digest);
    return sg_b64url_to(sg_bytes_of(digest, sg_hash_len(hash)), out);
}

sg_result
sdjwt_kb_payload(struct sg_arena *arena, sg_str presented, enum sg_hash_alg hash, sg_str aud,
    sg_str nonce, int64_t iat, sg_bytes *ret)
{
    char sd_hash[SDJWT_DIGEST_TEXT_MAX];
    SG_REQUIRE(presented.n != 0 && presented.p[presented.n - 1] == '~', VALUE);
    size_t n = sd_hash_to(presented, hash, sd_hash);
    struct sg_buf buf = sg_buf_new(arena, aud.n + nonce.n + n + 64, SDJWT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_int(&wr, "iat", iat);
    sjson_wr_member_text(&wr, "aud", aud);
    sjson_wr_member_text(&wr, "nonce", nonce);
    sjson_wr_member_text(&wr, "sd_hash", sg_str_of(sd_hash, n));
    sjson_wr_object_end(&wr);
    return sg_buf_end(&buf, ret);
}

/* req: FMT-1: key binding. cnf.jwk of what the issuer signed: a disclosure could not bring another key even if it were let in. */
static sg_result
verify_signature(struct sg_arena *arena, const struct sdjwt *sd)
{
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    const struct sjson *cnf;
    const struct sjson *json;
    struct jwk jwk;
    SG_TRY(sjson_member_object(sd->payload, "cnf", &cnf));
    SG_TRY(sjson_member_object(cnf, "jwk", &json));
    SG_TRY(jwk_parse(arena, json, &jwk));
    SG_TRY(jwk_key_new(&jwk, &key));
    SG_REQUIRE(jwk.alg == NULL || jwk.alg == sd->kb.alg, ALGORITHM);
    return jws_verify(&sd->kb, key);
}

static sg_result
text_equals(const struct sjson *claims, const char *name, sg_str want)
{
    sg_str got;
    SG_TRY(sjson_member_text(claims, name, &got)); /* an array as aud has the wrong type */
    SG_REQUIRE(sg_secret_equal(sg_str_bytes(got), sg_str_bytes(want)), PROOF);
    return SG_DONE;
}

static sg_result
verify(struct sg_arena *arena, const struct sdjwt *sd, const struct sdjwt_kb_expect *expect)
{
    const struct sjson *claims;
    int64_t iat;
    char sd_hash[SDJWT_DIGEST_TEXT_MAX];
    SG_REQUIRE(sd->has_kb && sg_str_is(sd->kb.typ, KB_TYP), PROOF);
    SG_TRY(jws_claims(arena, &sd->kb, &claims));
    SG_TRY(sjson_member_int(claims, "iat", &iat));
    SG_REQUIRE(iat <= expect->now + expect->leeway_s, PROOF);
    SG_REQUIRE(iat >= expect->now - expect->max_age_s - expect->leeway_s, PROOF);
    SG_TRY(jwt_check_times(claims, expect->now, expect->leeway_s));
    SG_TRY(text_equals(claims, "aud", expect->aud));
    SG_TRY(text_equals(claims, "nonce", expect->nonce));
    size_t n = sd_hash_to(sd->presented, sd->hash, sd_hash);
    SG_TRY(text_equals(claims, "sd_hash", sg_str_of(sd_hash, n)));
    return verify_signature(arena, sd);
}

sg_result
sdjwt_kb_verify(
    struct sg_arena *arena, const struct sdjwt *sd, const struct sdjwt_kb_expect *expect)
{
    sg_result r = verify(arena, sd, expect);
    SG_REQUIRE(sg_ok(r) || r.code == SG_E_NO_MEMORY, PROOF); /* one refusal for all reasons */
    return r;
}

#include "jws.h"

#include "sg_text.h"

/* ---- parsing ----------------------------------------------------------------------------------------- */

static sg_result
optional_text(const struct sjson *header, const char *name, sg_str *ret)
{
    const struct sjson *m = sjson_get(header, name);
    if (m == NULL) {
        *ret = SG_NO_STR;
        return SG_DONE;
    }
    SG_REQUIRE(m->type == SJSON_STRING, TYPE);
    *ret = m->text;
    return SG_DONE;
}

/* RFC 9864 2.2: Ed25519 by a name of its own, beside the one for all of EdDSA, which is that curve alone here. */
static const struct jose_alg *
header_alg(sg_str name)
{
    return sg_str_is(name, "Ed25519") ? jose_alg_by_id(JOSE_EDDSA) : jose_alg_by_name(name);
}

static sg_result
parse_header(struct sg_arena *arena, sg_str encoded, struct jws *jws)
{
    sg_bytes json;
    sg_str alg;
    bool b64;
    SG_TRY(sg_b64url_decode(arena, encoded, &json));
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(json), NULL, &jws->header));
    SG_TRY(sjson_member_text(jws->header, "alg", &alg));
    jws->alg = header_alg(alg);
    SG_REQUIRE(jws->alg != NULL, ALGORITHM);
    /* RFC 7515 4.1.11: what is critical must be understood, and we understand no extension; RFC 7797 is one */
    SG_REQUIRE(sjson_get(jws->header, "crit") == NULL, UNSUPPORTED);
    SG_TRY(sjson_member_bool(jws->header, "b64", true, &b64));
    SG_REQUIRE(b64, UNSUPPORTED);
    SG_TRY(optional_text(jws->header, "typ", &jws->typ));
    return optional_text(jws->header, "kid", &jws->kid);
}

sg_result
jws_parse(struct sg_arena *arena, sg_str compact, struct jws *ret)
{
    struct jws jws = { .compact = compact };
    SG_REQUIRE(compact.n <= JWS_MAX, TOO_LARGE);
    size_t first = sg_str_index(compact, '.', 0);
    size_t second = sg_str_index(compact, '.', first + 1);
    SG_REQUIRE(second < compact.n, MALFORMED);
    SG_REQUIRE(sg_str_index(compact, '.', second + 1) == compact.n, MALFORMED);
    jws.signing_input = sg_str_slice(compact, 0, second);
    SG_TRY(parse_header(arena, sg_str_slice(compact, 0, first), &jws));
    sg_str payload = sg_str_slice(compact, first + 1, second - first - 1);
    SG_TRY(sg_b64url_decode(arena, payload, &jws.payload));
    sg_str signature = sg_str_slice(compact, second + 1, compact.n);
    SG_TRY(sg_b64url_decode(arena, signature, &jws.signature));
    *ret = jws;
    return SG_DONE;
}

sg_result
jws_verify(const struct jws *jws, const struct jwk_key *key)
{
    /* for certificates; whoever wants it in a JWS asks jwk_verify by name */
    SG_REQUIRE(jws->alg->id != JOSE_RS256, ALGORITHM);
    return jwk_verify(key, jws->alg, sg_str_bytes(jws->signing_input), jws->signature);
}

sg_result
jws_claims(struct sg_arena *arena, const struct jws *jws, const struct sjson **ret)
{
    return sjson_parse_object(arena, sg_bytes_str(jws->payload), NULL, ret);
}

/* ---- building ---------------------------------------------------------------------------------------- */

sg_result
jws_signing_input(struct sg_arena *arena, sg_str header_json, sg_bytes payload, sg_str *ret)
{
    size_t hint = sg_b64url_len(header_json.n) + 1 + sg_b64url_len(payload.n);
    struct sg_buf buf = sg_buf_new(arena, hint, JWS_MAX);
    sg_b64url_put(&buf, sg_str_bytes(header_json));
    sg_buf_put_byte(&buf, '.');
    sg_b64url_put(&buf, payload);
    return sg_buf_end_str(&buf, ret);
}

sg_result
jws_attach(struct sg_arena *arena, sg_str signing_input, sg_bytes signature, sg_str *ret)
{
    size_t hint = signing_input.n + 1 + sg_b64url_len(signature.n);
    struct sg_buf buf = sg_buf_new(arena, hint, JWS_MAX);
    sg_buf_put_str(&buf, signing_input);
    sg_buf_put_byte(&buf, '.');
    sg_b64url_put(&buf, signature);
    return sg_buf_end_str(&buf, ret);
}

/* ---- times ------------------------------------------------------------------------------------------- */

/* NumericDate may have a fraction (RFC 7519 2). */
static sg_result
numeric_date(const struct sjson *claims, const char *name, double absent, double *ret)
{
    const struct sjson *m = sjson_get(claims, name);
    if (m == NULL) {
        *ret = absent;
        return SG_DONE;
    }
    return sjson_double(m, ret);
}

sg_result
jwt_date(const struct sjson *claims, const char *name, int64_t *ret)
{
    const struct sjson *m = sjson_get(claims, name);
    double v;
    SG_REQUIRE(m != NULL, MISSING);
    SG_TRY(sjson_double(m, &v));
    SG_REQUIRE(v >= 0 && v < 9007199254740992.0, NUMBER); /* 2^53: whole seconds are exact below */
    *ret = (int64_t)v;
    return SG_DONE;
}

sg_result
jwt_check_times(const struct sjson *claims, int64_t now, int64_t leeway_s)
{
    double early = (double)(now - leeway_s);
    double late = (double)(now + leeway_s);
    double exp;
    double nbf;
    double iat;
    SG_TRY(numeric_date(claims, "exp", early + 1, &exp));
    SG_TRY(numeric_date(claims, "nbf", late, &nbf));
    SG_TRY(numeric_date(claims, "iat", late, &iat));
    SG_REQUIRE(early < exp, EXPIRED); /* "on or after" exp is too late: RFC 7519 4.1.4 */
    SG_REQUIRE(nbf <= late && iat <= late, NOT_YET);
    return SG_DONE;
}

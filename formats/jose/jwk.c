/* JWK as JSON: parsing, writing, thumbprint. */
#include "jwk.h"

#include "jwk_rsa.h"
#include "sg_text.h"

/* Longest number in a JWK: an RSA modulus of 4096 bits. */
#define NUMBER_MAX 512

struct curve {
    enum jose_crv crv;
    enum jose_kty kty;
    const char *name;
    size_t coord_len;
};

static const struct curve curves[] = {
    { JOSE_P256, JOSE_KTY_EC, "P-256", 32 },
    { JOSE_P384, JOSE_KTY_EC, "P-384", 48 },
    { JOSE_P521, JOSE_KTY_EC, "P-521", 66 },
    { JOSE_ED25519, JOSE_KTY_OKP, "Ed25519", 32 },
};

static const struct curve *
curve_by_name(sg_str name)
{
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (sg_str_is(name, curves[i].name)) {
            return &curves[i];
        }
    }
    return NULL;
}

static const char *
curve_name(enum jose_crv crv)
{
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (curves[i].crv == crv) {
            return curves[i].name;
        }
    }
    return "";
}

/* ---- parsing ----------------------------------------------------------------------------------------- */

/* RFC 7518 6.2.2, 6.3.2, 6.4.1; RFC 8037 2. */
static bool
is_private_member(sg_str name)
{
    static const char *const members[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };
    if (name.n > 3) {
        return false;
    }
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (sg_str_is(name, members[i])) {
            return true;
        }
    }
    return false;
}

/* A member that must be a string, and is a fault of the key if it is not. */
static sg_result
key_text(const struct sjson *json, const char *name, sg_str *ret)
{
    SG_REQUIRE(sg_ok(sjson_member_text(json, name, ret)), KEY_INVALID);
    return SG_DONE;
}

/* A coordinate has exactly the curve's length, leading zeros included (RFC 7518 6.2.1.2). */
static sg_result
coordinate(const struct sjson *json, const char *name, uint8_t *out, size_t len)
{
    sg_str text;
    SG_TRY(key_text(json, name, &text));
    SG_REQUIRE(sg_ok(sg_b64url_decode_to(text, out, len)), KEY_INVALID);
    return SG_DONE;
}

static sg_result
parse_curve_key(const struct sjson *json, struct jwk *jwk)
{
    sg_str name;
    SG_TRY(key_text(json, "crv", &name));
    const struct curve *curve = curve_by_name(name);
    SG_REQUIRE(curve != NULL, ALGORITHM);
    SG_REQUIRE(curve->kty == jwk->kty, KEY_INVALID);
    jwk->crv = curve->crv;
    jwk->coord_len = curve->coord_len;
    SG_TRY(coordinate(json, "x", jwk->x, curve->coord_len));
    if (jwk->kty == JOSE_KTY_EC) {
        SG_TRY(coordinate(json, "y", jwk->y, curve->coord_len));
    }
    return SG_DONE;
}

/* Base64urlUInt: no leading zero octets (RFC 7518 2). */
static sg_result
big_number(struct sg_arena *arena, const struct sjson *json, const char *name, sg_bytes *ret)
{
    sg_str text;
    SG_TRY(key_text(json, name, &text));
    SG_REQUIRE(text.n <= sg_b64url_len(NUMBER_MAX), KEY_INVALID);
    sg_result r = sg_b64url_decode(arena, text, ret);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    SG_REQUIRE(sg_ok(r) && ret->n > 0 && ret->p[0] != 0, KEY_INVALID);
    return SG_DONE;
}

static sg_result
parse_rsa(struct sg_arena *arena, const struct sjson *json, struct jwk *jwk)
{
    SG_TRY(big_number(arena, json, "n", &jwk->rsa_n));
    SG_TRY(big_number(arena, json, "e", &jwk->rsa_e));
    return jwk_rsa_check(jwk);
}

static sg_result
check_key_ops(const struct sjson *json)
{
    const struct sjson *ops = sjson_get(json, "key_ops");
    if (ops == NULL) {
        return SG_DONE;
    }
    SG_REQUIRE(ops->type == SJSON_ARRAY, KEY_INVALID);
    for (const struct sjson *op = ops->first; op != NULL; op = op->next) {
        if (sjson_is_text(op, "verify")) {
            return SG_DONE;
        }
    }
    SG_FAIL(KEY_INVALID);
}

/* RFC 7517 4.2 to 4.5: what the key's owner says it is for. */
static sg_result
parse_purpose(const struct sjson *json, struct jwk *jwk)
{
    sg_str name;
    if (sjson_get(json, "use") != NULL) {
        SG_TRY(key_text(json, "use", &jwk->use));
        SG_REQUIRE(sg_str_is(jwk->use, "sig"), KEY_INVALID);
    }
    if (sjson_get(json, "kid") != NULL) {
        SG_TRY(key_text(json, "kid", &jwk->kid));
    }
    if (sjson_get(json, "alg") != NULL) {
        SG_TRY(key_text(json, "alg", &name));
        jwk->alg = jose_alg_by_name(name);
        SG_REQUIRE(jwk->alg != NULL, KEY_INVALID);
        SG_REQUIRE(jwk->alg->kty == jwk->kty && jwk->alg->crv == jwk->crv, KEY_INVALID);
    }
    return check_key_ops(json);
}

sg_result
jwk_parse(struct sg_arena *arena, const struct sjson *json, struct jwk *ret)
{
    struct jwk jwk = { 0 };
    sg_str kty;
    SG_REQUIRE(json != NULL && json->type == SJSON_OBJECT, KEY_INVALID);
    for (const struct sjson *m = json->first; m != NULL; m = m->next) {
        SG_REQUIRE(!is_private_member(m->name), KEY_PRIVATE);
    }
    SG_TRY(key_text(json, "kty", &kty));
    if (sg_str_is(kty, "EC") || sg_str_is(kty, "OKP")) {
        jwk.kty = kty.n == 2 ? JOSE_KTY_EC : JOSE_KTY_OKP;
        SG_TRY(parse_curve_key(json, &jwk));
    } else if (sg_str_is(kty, "RSA")) {
        jwk.kty = JOSE_KTY_RSA;
        SG_TRY(parse_rsa(arena, json, &jwk));
    } else {
        SG_FAIL(ALGORITHM);
    }
    SG_TRY(parse_purpose(json, &jwk));
    *ret = jwk;
    return SG_DONE;
}

/* ---- thumbprint -------------------------------------------------------------------------------------- */

#define COORD_TEXT_MAX (JWK_COORD_MAX * 4 / 3 + 2)

/* RFC 7638 3.2: required members, lexicographic, no blanks. Public values need no escapes. */
static void
thumbprint_ec(const struct jwk *jwk, uint8_t ret[JWK_THUMBPRINT_LEN])
{
    char x[COORD_TEXT_MAX];
    char y[COORD_TEXT_MAX];
    size_t n = sg_b64url_to(sg_bytes_of(jwk->x, jwk->coord_len), x);
    size_t m = sg_b64url_to(sg_bytes_of(jwk->y, jwk->coord_len), y);
    const sg_bytes parts[] = {
        sg_str_bytes(SG_LIT("{\"crv\":\"")),
        sg_str_bytes(sg_cstr(curve_name(jwk->crv))),
        sg_str_bytes(SG_LIT("\",\"kty\":\"EC\",\"x\":\"")),
        sg_bytes_of(x, n),
        sg_str_bytes(SG_LIT("\",\"y\":\"")),
        sg_bytes_of(y, m),
        sg_str_bytes(SG_LIT("\"}")),
    };
    sg_sha256_parts(parts, sizeof(parts) / sizeof(parts[0]), ret);
}

static void
thumbprint_okp(const struct jwk *jwk, uint8_t ret[JWK_THUMBPRINT_LEN])
{
    char x[COORD_TEXT_MAX];
    size_t n = sg_b64url_to(sg_bytes_of(jwk->x, jwk->coord_len), x);
    const sg_bytes parts[] = {
        sg_str_bytes(SG_LIT("{\"crv\":\"")),
        sg_str_bytes(sg_cstr(curve_name(jwk->crv))),
        sg_str_bytes(SG_LIT("\",\"kty\":\"OKP\",\"x\":\"")),
        sg_bytes_of(x, n),
        sg_str_bytes(SG_LIT("\"}")),
    };
    sg_sha256_parts(parts, sizeof(parts) / sizeof(parts[0]), ret);
}

static sg_result
thumbprint_rsa(struct sg_arena *arena, const struct jwk *jwk, uint8_t ret[JWK_THUMBPRINT_LEN])
{
    struct sg_buf buf = sg_buf_new(arena, 1024, 2048);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_bytes text;
    sjson_wr_object(&wr);
    sjson_wr_member_b64url(&wr, "e", jwk->rsa_e);
    sjson_wr_member_cstr(&wr, "kty", "RSA");
    sjson_wr_member_b64url(&wr, "n", jwk->rsa_n);
    sjson_wr_object_end(&wr);
    SG_TRY(sg_buf_end(&buf, &text));
    sg_sha256(text, ret);
    return SG_DONE;
}

sg_result
jwk_thumbprint(struct sg_arena *arena, const struct jwk *jwk, uint8_t ret[JWK_THUMBPRINT_LEN])
{
    switch (jwk->kty) {
    case JOSE_KTY_EC:
        thumbprint_ec(jwk, ret);
        return SG_DONE;
    case JOSE_KTY_OKP:
        thumbprint_okp(jwk, ret);
        return SG_DONE;
    case JOSE_KTY_RSA:
        return thumbprint_rsa(arena, jwk, ret);
    }
    SG_FAIL(KEY_INVALID);
}

/* ---- writing ----------------------------------------------------------------------------------------- */

void
jwk_write(struct sjson_wr *wr, const struct jwk *jwk)
{
    static const char *const kty_names[] = {
        [JOSE_KTY_EC] = "EC", [JOSE_KTY_OKP] = "OKP", [JOSE_KTY_RSA] = "RSA"
    };
    sjson_wr_object(wr);
    sjson_wr_member_cstr(wr, "kty", kty_names[jwk->kty]);
    if (jwk->kty == JOSE_KTY_RSA) {
        sjson_wr_member_b64url(wr, "n", jwk->rsa_n);
        sjson_wr_member_b64url(wr, "e", jwk->rsa_e);
    } else {
        sjson_wr_member_cstr(wr, "crv", curve_name(jwk->crv));
        sjson_wr_member_b64url(wr, "x", sg_bytes_of(jwk->x, jwk->coord_len));
    }
    if (jwk->kty == JOSE_KTY_EC) {
        sjson_wr_member_b64url(wr, "y", sg_bytes_of(jwk->y, jwk->coord_len));
    }
    if (jwk->kid.n != 0) {
        sjson_wr_member_text(wr, "kid", jwk->kid);
    }
    if (jwk->alg != NULL) {
        sjson_wr_member_cstr(wr, "alg", jwk->alg->name);
    }
    if (jwk->use.n != 0) {
        sjson_wr_member_text(wr, "use", jwk->use);
    }
    sjson_wr_object_end(wr);
}

const struct jose_alg *
jwk_default_alg(const struct jwk *jwk)
{
    switch (jwk->crv) {
    case JOSE_P256:
        return jose_alg_by_id(JOSE_ES256);
    case JOSE_P384:
        return jose_alg_by_id(JOSE_ES384);
    case JOSE_ED25519:
        return jose_alg_by_id(JOSE_EDDSA);
    case JOSE_P521:
    case JOSE_CRV_NONE:
        break;
    }
    return NULL;
}

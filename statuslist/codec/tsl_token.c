#include "tsl_token.h"

#include "sg_text.h"

static bool
typ_ok(sg_str typ)
{
    return sg_str_is(typ, TSL_TYP) || sg_str_is(typ, TSL_MEDIA_TYPE);
}

static sg_result
optional_int(const struct sjson *v, const char *name, int64_t absent, int64_t *ret)
{
    *ret = absent;
    return sjson_get(v, name) == NULL ? SG_DONE : sjson_member_int(v, name, ret);
}

static sg_result
optional_text(const struct sjson *v, const char *name, sg_str *ret)
{
    *ret = SG_NO_STR;
    return sjson_get(v, name) == NULL ? SG_DONE : sjson_member_text(v, name, ret);
}

static sg_result
read_claims(const struct sjson *claims, struct tsl_token *token)
{
    const struct sjson *list = NULL;
    int64_t bits = 0;
    SG_TRY(sjson_member_text(claims, "sub", &token->sub));
    SG_TRY(optional_text(claims, "iss", &token->iss));
    SG_TRY(sjson_member_int(claims, "iat", &token->iat));
    SG_TRY(optional_int(claims, "exp", TSL_NO_EXP, &token->exp));
    SG_TRY(optional_int(claims, "ttl", 0, &token->ttl));
    /* spec 5.1: ttl MUST be a positive number */
    SG_REQUIRE(token->ttl > 0 || sjson_get(claims, "ttl") == NULL, VALUE);
    SG_TRY(sjson_member_object(claims, "status_list", &list));
    SG_TRY(sjson_member_int(list, "bits", &bits));
    SG_REQUIRE(bits > 0 && tsl_bits_ok((uint64_t)bits), VALUE);
    token->bits = (unsigned)bits;
    SG_TRY(sjson_member_text(list, "lst", &token->lst));
    return optional_text(list, "aggregation_uri", &token->aggregation_uri);
}

sg_result
tsl_token_parse(struct sg_arena *arena, sg_str compact, struct tsl_token *ret)
{
    struct tsl_token token = { 0 };
    const struct sjson *claims = NULL;
    SG_REQUIRE(compact.n <= TSL_TOKEN_MAX, TOO_LARGE);
    SG_TRY(jws_parse(arena, compact, &token.jws));
    /* before anything else is believed: another kind of JWT is never a list (RFC 8725 3.11) */
    SG_REQUIRE(typ_ok(token.jws.typ), TYPE);
    SG_TRY(jws_claims(arena, &token.jws, &claims));
    SG_TRY(read_claims(claims, &token));
    *ret = token;
    return SG_DONE;
}

sg_result
tsl_any_parse(struct sg_arena *arena, sg_bytes in, struct tsl_token *ret)
{
    if (in.n > 0 && in.p[0] >= 0x80) { /* CBOR arrays and tags; a JWT is ASCII */
        return tsl_cwt_parse(arena, in, ret);
    }
    return tsl_token_parse(arena, sg_bytes_str(in), ret);
}

sg_result
tsl_token_list(
    struct sg_arena *arena, const struct tsl_token *token, size_t max, struct tsl_view *ret)
{
    sg_bytes packed = SG_NO_BYTES;
    struct tsl_view view = { .bits = token->bits };
    if (token->form == TSL_CWT) {
        packed = token->packed;
    } else {
        SG_TRY(sg_b64url_decode(arena, token->lst, &packed));
    }
    SG_TRY(tsl_inflate(arena, packed, max, &view.raw));
    *ret = view;
    return SG_DONE;
}

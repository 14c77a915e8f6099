/* Status List Tokens as CWT (spec: draft-ietf-oauth-status-list 5.2; req: STA-1, STA-3). */
#include "tsl_token.h"

#define CLAIM_ISS 1
#define CLAIM_SUB 2
#define CLAIM_EXP 4
#define CLAIM_IAT 6
#define CLAIM_STATUS_LIST 65533
#define CLAIM_TTL 65534

#define CWT_DEPTH_MAX 16
#define CWT_ITEMS_MAX 4096
#define INT53_MAX (((uint64_t)1 << 53) - 1)

/* ---- reading ----------------------------------------------------------------------------------------- */

/* A time or a count: whole numbers from 0. CWT would allow floats; a list's times are whole seconds, so those are refused. */
static sg_result
number(const struct dcbor_item *map, int64_t key, int64_t *ret)
{
    struct dcbor_item item;
    uint64_t value = 0;
    SG_TRY(dcbor_item_find(map, key, &item));
    SG_TRY(dcbor_item_uint(&item, INT53_MAX, &value));
    *ret = (int64_t)value;
    return SG_DONE;
}

static sg_result
optional_number(const struct dcbor_item *map, int64_t key, int64_t absent, int64_t *ret)
{
    struct dcbor_item item;
    SG_TRY(dcbor_item_find(map, key, &item));
    *ret = absent;
    return item.kind == DCBOR_KIND_NONE ? SG_DONE : number(map, key, ret);
}

/* Text keys in here: the integer keys stand one level up (5.2). */
static sg_result
read_list(const struct dcbor_item *list, struct tsl_token *token)
{
    struct dcbor_item bits, lst, aggregation;
    uint64_t n = 0;
    SG_TRY(dcbor_item_want(list, DCBOR_KIND_MAP));
    SG_TRY(dcbor_item_find_text(list, "bits", &bits));
    SG_TRY(dcbor_item_uint(&bits, INT53_MAX, &n));
    SG_REQUIRE(tsl_bits_ok(n), VALUE);
    token->bits = (unsigned)n;
    SG_TRY(dcbor_item_find_text(list, "lst", &lst));
    SG_TRY(dcbor_item_bytes(&lst, &token->packed));
    SG_TRY(dcbor_item_find_text(list, "aggregation_uri", &aggregation));
    return aggregation.kind == DCBOR_KIND_NONE
               ? SG_DONE
               : dcbor_item_text(&aggregation, &token->aggregation_uri);
}

static sg_result
read_claims(sg_bytes payload, struct tsl_token *token)
{
    struct dcbor_item claims, sub, iss, list;
    SG_TRY(dcbor_item_open(payload, CWT_DEPTH_MAX, CWT_ITEMS_MAX, &claims));
    SG_TRY(dcbor_item_want(&claims, DCBOR_KIND_MAP)); /* also no tag 61 */
    SG_TRY(dcbor_item_find(&claims, CLAIM_SUB, &sub));
    SG_TRY(dcbor_item_text(&sub, &token->sub));
    SG_TRY(dcbor_item_find(&claims, CLAIM_ISS, &iss));
    if (iss.kind != DCBOR_KIND_NONE) {
        SG_TRY(dcbor_item_text(&iss, &token->iss));
    }
    SG_TRY(number(&claims, CLAIM_IAT, &token->iat));
    SG_TRY(optional_number(&claims, CLAIM_EXP, TSL_NO_EXP, &token->exp));
    SG_TRY(optional_number(&claims, CLAIM_TTL, -1, &token->ttl));
    SG_REQUIRE(token->ttl != 0, VALUE); /* 5.2: a positive number */
    token->ttl = token->ttl < 0 ? 0 : token->ttl;
    SG_TRY(dcbor_item_find(&claims, CLAIM_STATUS_LIST, &list));
    return read_list(&list, token);
}

sg_result
tsl_cwt_parse(struct sg_arena *arena, sg_bytes cwt, struct tsl_token *ret)
{
    struct tsl_token token = { .form = TSL_CWT, .exp = TSL_NO_EXP };
    (void)arena;
    SG_REQUIRE(cwt.n <= TSL_TOKEN_MAX, TOO_LARGE);
    SG_TRY(cose_sign1_parse(cwt, &token.cose));
    /* before anything else is believed: another kind of CWT is never a list */
    SG_REQUIRE(sg_str_is(token.cose.typ, TSL_CWT_TYPE), TYPE);
    SG_REQUIRE(!token.cose.detached, MISSING);
    SG_TRY(read_claims(token.cose.payload, &token));
    *ret = token;
    return SG_DONE;
}

/* ---- building ---------------------------------------------------------------------------------------- */

static void
put_list(struct sg_buf *buf, const struct tsl_payload *payload, sg_bytes packed)
{
    bool aggregation = payload->aggregation_uri.n > 0;
    dcbor_wr_map(buf, aggregation ? 3 : 2);
    /* RFC 8949 4.2.1: shorter keys first */
    dcbor_wr_text(buf, SG_LIT("lst"));
    dcbor_wr_bytes(buf, packed);
    dcbor_wr_text(buf, SG_LIT("bits"));
    dcbor_wr_uint(buf, payload->list.bits);
    if (aggregation) {
        dcbor_wr_text(buf, SG_LIT("aggregation_uri"));
        dcbor_wr_text(buf, payload->aggregation_uri);
    }
}

sg_result
tsl_cwt_payload_build(struct sg_arena *arena, const struct tsl_payload *payload, sg_bytes *ret)
{
    sg_bytes packed = payload->packed;
    SG_REQUIRE(payload->sub.n > 0 && payload->ttl >= 0, VALUE);
    SG_REQUIRE(payload->iat >= 0 && payload->exp > payload->iat, VALUE);
    SG_REQUIRE(tsl_bits_ok(payload->list.bits) && payload->list.raw.n > 0, VALUE);
    if (packed.n == 0) {
        SG_TRY(tsl_deflate(arena, payload->list.raw, &packed));
    }

    struct sg_buf buf = sg_buf_new(arena, packed.n + 512, TSL_TOKEN_MAX);
    dcbor_wr_map(&buf, payload->ttl > 0 ? 5 : 4);
    dcbor_wr_key_text(&buf, CLAIM_SUB, payload->sub);
    dcbor_wr_key_uint(&buf, CLAIM_EXP, (uint64_t)payload->exp);
    dcbor_wr_key_uint(&buf, CLAIM_IAT, (uint64_t)payload->iat);
    dcbor_wr_uint(&buf, CLAIM_STATUS_LIST);
    put_list(&buf, payload, packed);
    if (payload->ttl > 0) {
        dcbor_wr_key_uint(&buf, CLAIM_TTL, (uint64_t)payload->ttl);
    }
    return sg_buf_end(&buf, ret);
}

sg_result
tsl_cwt_prepare(struct sg_arena *arena, enum jose_alg_id alg, sg_bytes kid, const sg_bytes *x5chain,
    size_t n_x5chain, sg_bytes payload, struct tsl_cwt *ret)
{
    struct tsl_cwt cwt = {
        .headers = {
            .alg = jose_alg_by_id(alg),
            .typ = SG_LIT(TSL_CWT_TYPE),
            .kid = kid,
            .x5chain = x5chain,
            .n_x5chain = n_x5chain,
        },
        .payload = payload,
    };
    SG_REQUIRE(cwt.headers.alg != NULL && n_x5chain <= COSE_X5CHAIN_MAX, VALUE);
    SG_TRY(cose_protected(arena, &cwt.headers, &cwt.protected_bstr));
    SG_TRY(cose_to_be_signed(arena, cwt.protected_bstr, SG_NO_BYTES, payload, &cwt.to_be_signed));
    *ret = cwt;
    return SG_DONE;
}

sg_result
tsl_cwt_attach(struct sg_arena *arena, const struct tsl_cwt *cwt, sg_bytes signature, sg_bytes *ret)
{
    return cose_sign1_encode(
        arena, &cwt->headers, cwt->protected_bstr, cwt->payload, signature, true, ret);
}

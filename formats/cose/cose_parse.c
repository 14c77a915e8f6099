/* COSE_Sign1 and COSE_Mac0, strangers' bytes to a struct. spec: RFC 9052 3.1, 4.2, 6.2; RFC 9360 2. req: FMT-4 */
#include "cose.h"

#define SIMPLE_UNDEFINED 23

/* What a `crit` entry may name: the labels whose meaning the callers are handed. */
static const int64_t understood[] = { COSE_ALG, COSE_CONTENT_TYPE, COSE_KID, COSE_CWT_CLAIMS,
    COSE_TYP, COSE_X5CHAIN };

static bool
is_understood(int64_t label)
{
    for (size_t i = 0; i < sizeof(understood) / sizeof(understood[0]); i++) {
        if (understood[i] == label) {
            return true;
        }
    }
    return false;
}

/* RFC 9052 3.1: at least one label; each must stand in the protected header and be one that we act on. */
static sg_result
check_crit(const struct dcbor_item *protected_map)
{
    struct dcbor_item crit;
    struct dcbor_item label;
    struct dcbor_item value;
    SG_TRY(dcbor_item_find(protected_map, COSE_CRIT, &crit));
    if (crit.kind == DCBOR_KIND_NONE) {
        return SG_DONE;
    }
    SG_REQUIRE(crit.kind == DCBOR_KIND_ARRAY && crit.value > 0, MALFORMED);
    struct dcbor_walk walk = dcbor_item_walk(&crit);
    while (dcbor_item_next(&walk, &label)) {
        int64_t number;
        SG_REQUIRE(label.kind != DCBOR_KIND_TEXT, UNSUPPORTED);
        SG_TRY(dcbor_item_int(&label, &number));
        SG_REQUIRE(is_understood(number), UNSUPPORTED);
        SG_TRY(dcbor_item_find(protected_map, number, &value));
        SG_REQUIRE(value.kind != DCBOR_KIND_NONE, MALFORMED);
    }
    return SG_DONE;
}

/* Labels are integers or texts (RFC 9052 1.4), and one label stands in one place only. */
static sg_result
check_labels(const struct dcbor_item *protected_map, const struct dcbor_item *unprotected)
{
    struct dcbor_item label;
    struct dcbor_item value;
    struct dcbor_item other;
    SG_REQUIRE(protected_map->kind != DCBOR_KIND_MAP || protected_map->value <= COSE_HEADERS_MAX,
        TOO_LARGE);
    SG_REQUIRE(unprotected->value <= COSE_HEADERS_MAX, TOO_LARGE);
    struct dcbor_walk walk = dcbor_item_walk(protected_map);
    while (dcbor_item_pair(&walk, &label, &value)) {
        SG_REQUIRE(label.kind == DCBOR_KIND_UINT || label.kind == DCBOR_KIND_NINT ||
                       label.kind == DCBOR_KIND_TEXT,
            MALFORMED);
    }
    walk = dcbor_item_walk(unprotected);
    while (dcbor_item_pair(&walk, &label, &value)) {
        if (label.kind == DCBOR_KIND_TEXT) {
            SG_TRY(dcbor_item_find_str(protected_map, sg_bytes_str(label.content), &other));
        } else {
            int64_t number;
            SG_TRY(dcbor_item_int(&label, &number));
            SG_REQUIRE(number != COSE_CRIT, MALFORMED); /* protected only */
            SG_TRY(dcbor_item_find(protected_map, number, &other));
        }
        SG_REQUIRE(other.kind == DCBOR_KIND_NONE, DUPLICATE);
    }
    return SG_DONE;
}

/* RFC 9864: numbers that name the curve too; each is one of our rows. */
static int64_t
row_number(int64_t cose)
{
    switch (cose) {
    case -9:
        return -7; /* ESP256 */
    case -51:
        return -35; /* ESP384 */
    case -52:
        return -36; /* ESP512 */
    case -19:
        return -8; /* Ed25519 */
    default:
        return cose;
    }
}

const struct jose_alg *
cose_alg(int64_t number)
{
    const struct jose_alg *alg = jose_alg_by_cose(row_number(number));
    return alg != NULL && alg->id == JOSE_RS256 ? NULL : alg;
}

static sg_result
read_alg(const struct dcbor_item *protected_map, struct cose_sign1 *ret)
{
    struct dcbor_item alg;
    SG_TRY(dcbor_item_find(protected_map, COSE_ALG, &alg));
    SG_REQUIRE(alg.kind != DCBOR_KIND_NONE, ALGORITHM);
    if (alg.kind == DCBOR_KIND_TEXT) {
        return SG_DONE; /* a private name: known to nobody here */
    }
    SG_TRY(dcbor_item_int(&alg, &ret->alg_id));
    ret->alg = cose_alg(ret->alg_id);
    return SG_DONE;
}

/* From either header: they never hold the same label. */
static sg_result
find_either(const struct dcbor_item *protected_map, const struct dcbor_item *unprotected,
    int64_t label, struct dcbor_item *ret)
{
    SG_TRY(dcbor_item_find(protected_map, label, ret));
    if (ret->kind == DCBOR_KIND_NONE) {
        SG_TRY(dcbor_item_find(unprotected, label, ret));
    }
    return SG_DONE;
}

/*
 * Labels 3 and 16: a text or a number of the CoAP registry. The protected ones alone: what somebody on the way wrote beside the signature says
 * nothing of what was signed, least of all which kind of object it is (RFC 9596 2).
 */
static sg_result
read_type(const struct dcbor_item *protected_map, int64_t label, sg_str *ret)
{
    struct dcbor_item item;
    SG_TRY(dcbor_item_find(protected_map, label, &item));
    SG_REQUIRE(item.kind == DCBOR_KIND_NONE || item.kind == DCBOR_KIND_TEXT ||
                   item.kind == DCBOR_KIND_UINT,
        TYPE);
    *ret = item.kind == DCBOR_KIND_TEXT ? sg_bytes_str(item.content) : SG_NO_STR;
    return SG_DONE;
}

static sg_result
read_x5chain(const struct dcbor_item *item, struct cose_sign1 *ret)
{
    struct dcbor_item cert;
    if (item->kind == DCBOR_KIND_BYTES) {
        ret->x5chain[0] = item->content;
        ret->n_x5chain = 1;
        return SG_DONE;
    }
    SG_REQUIRE(item->kind == DCBOR_KIND_ARRAY, TYPE);
    SG_REQUIRE(item->value >= 2, MALFORMED); /* RFC 9360 2: [ 2*certs: bstr ] */
    SG_REQUIRE(item->value <= COSE_X5CHAIN_MAX, TOO_LARGE);
    struct dcbor_walk walk = dcbor_item_walk(item);
    while (dcbor_item_next(&walk, &cert)) {
        SG_TRY(dcbor_item_bytes(&cert, &ret->x5chain[ret->n_x5chain]));
        ret->n_x5chain++;
    }
    return SG_DONE;
}

static sg_result
read_headers(const struct dcbor_item *protected_map, const struct dcbor_item *unprotected,
    struct cose_sign1 *ret)
{
    struct dcbor_item item;
    SG_TRY(check_labels(protected_map, unprotected));
    SG_TRY(check_crit(protected_map));
    SG_TRY(read_alg(protected_map, ret));
    SG_TRY(read_type(protected_map, COSE_CONTENT_TYPE, &ret->content_type));
    SG_TRY(read_type(protected_map, COSE_TYP, &ret->typ));
    SG_TRY(find_either(protected_map, unprotected, COSE_KID, &item));
    /* @auth0/mdl 3.0.1 writes the kid of a key without one as `undefined`; a kid is a hint, so this is "no kid" */
    bool undefined = item.kind == DCBOR_KIND_SIMPLE && item.value == SIMPLE_UNDEFINED;
    if (item.kind != DCBOR_KIND_NONE && !undefined) {
        SG_TRY(dcbor_item_bytes(&item, &ret->kid));
    }
    SG_TRY(find_either(protected_map, unprotected, COSE_X5CHAIN, &item));
    if (item.kind != DCBOR_KIND_NONE) {
        SG_TRY(read_x5chain(&item, ret));
    }
    /*
     * RFC 9597 2 allows claims in the unprotected header and recommends not to: whoever passes the object on could name its audience. Refused,
     * for one that ignored them would read another statement than its maker.
     */
    SG_TRY(dcbor_item_find(unprotected, COSE_CWT_CLAIMS, &item));
    SG_REQUIRE(item.kind == DCBOR_KIND_NONE, UNSUPPORTED);
    SG_TRY(dcbor_item_find(protected_map, COSE_CWT_CLAIMS, &item));
    if (item.kind != DCBOR_KIND_NONE) {
        SG_TRY(dcbor_item_want(&item, DCBOR_KIND_MAP));
        ret->cwt_claims = item.raw;
    }
    return SG_DONE;
}

static sg_result
parse(sg_bytes in, uint64_t tag, struct cose_sign1 *ret)
{
    struct dcbor_item top;
    struct dcbor_item part[4];
    struct dcbor_item protected_map = { .kind = DCBOR_KIND_NONE };
    struct cose_sign1 out = { 0 };
    SG_REQUIRE(in.n <= COSE_MAX, TOO_LARGE);
    SG_TRY(dcbor_item_open(in, COSE_DEPTH_MAX, COSE_ITEMS_MAX, &top));
    out.tagged = top.kind == DCBOR_KIND_TAG;
    if (out.tagged) {
        SG_REQUIRE(sg_ok(dcbor_item_tagged(&top, tag, &top)), MALFORMED);
    }
    SG_REQUIRE(top.kind == DCBOR_KIND_ARRAY && top.value == 4, MALFORMED);
    struct dcbor_walk walk = dcbor_item_walk(&top);
    for (size_t i = 0; i < 4; i++) {
        SG_REQUIRE(dcbor_item_next(&walk, &part[i]), MALFORMED);
    }
    SG_TRY(dcbor_item_bytes(&part[0], &out.protected_bstr));
    SG_TRY(dcbor_item_want(&part[1], DCBOR_KIND_MAP));
    out.unprotected = part[1].raw;
    out.detached = dcbor_item_is_null(&part[2]);
    if (!out.detached) {
        SG_TRY(dcbor_item_bytes(&part[2], &out.payload));
    }
    SG_TRY(dcbor_item_bytes(&part[3], &out.signature));
    if (out.protected_bstr.n > 0) {
        SG_TRY(dcbor_item_open(out.protected_bstr, COSE_DEPTH_MAX, COSE_ITEMS_MAX, &protected_map));
        SG_TRY(dcbor_item_want(&protected_map, DCBOR_KIND_MAP));
    }
    SG_TRY(read_headers(&protected_map, &part[1], &out));
    *ret = out;
    return SG_DONE;
}

sg_result
cose_sign1_parse(sg_bytes in, struct cose_sign1 *ret)
{
    return parse(in, COSE_TAG_SIGN1, ret);
}

sg_result
cose_mac0_parse(sg_bytes in, struct cose_sign1 *ret)
{
    SG_TRY(parse(in, COSE_TAG_MAC0, ret));
    ret->alg = NULL; /* the table knows no MAC */
    return SG_DONE;
}

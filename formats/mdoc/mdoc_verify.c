/* IssuerSigned, taken apart and verified. spec: ISO/IEC 18013-5 9.1.2.5, 9.3.1. req: FMT-2 */
#include <stdlib.h>

#include "mdoc_int.h"

/* ---- form ------------------------------------------------------------------------------------------------- */

static sg_result
check_name_spaces(const struct dcbor_item *map, struct sg_why *why)
{
    struct dcbor_item key;
    struct dcbor_item list;
    sg_str name;
    size_t n = 0;
    MDOC_RULE(map->kind == DCBOR_KIND_MAP && map->value >= 1, MDOC,
        "IssuerSigned: nameSpaces is no map, or empty");
    MDOC_RULE(map->value <= MDOC_NAME_SPACES_MAX, TOO_LARGE, "IssuerSigned: too many namespaces");
    struct dcbor_walk walk = dcbor_item_walk(map);
    while (dcbor_item_pair(&walk, &key, &list)) {
        MDOC_TRY(mdoc_name(&key, &name), "IssuerSigned: name of a namespace");
        MDOC_RULE(list.kind == DCBOR_KIND_ARRAY && list.value >= 1, MDOC,
            "IssuerSigned: a namespace without items");
        MDOC_RULE(list.value <= MDOC_ELEMENTS_MAX, TOO_LARGE, "IssuerSigned: too many items");
        n += (size_t)list.value;
    }
    MDOC_RULE(n <= MDOC_ELEMENTS_MAX, TOO_LARGE, "IssuerSigned: too many items");
    return SG_DONE;
}

sg_result
mdoc_issuer_signed_parse(sg_bytes in, struct sg_why *why, struct mdoc_issuer_signed *ret)
{
    static const char *const names[] = { "nameSpaces", "issuerAuth" };
    struct dcbor_item map;
    struct dcbor_item item;
    struct mdoc_issuer_signed out = { 0 };
    MDOC_TRY(mdoc_open(in, &map), "IssuerSigned: not well-formed CBOR");
    MDOC_TRY(mdoc_only(&map, names, 2), "IssuerSigned: not a map of what it may hold");
    SG_TRY(dcbor_item_find_text(&map, "nameSpaces", &out.name_spaces));
    if (out.name_spaces.kind != DCBOR_KIND_NONE) {
        SG_TRY(check_name_spaces(&out.name_spaces, why));
    }
    SG_TRY(dcbor_item_find_text(&map, "issuerAuth", &item));
    MDOC_RULE(item.kind != DCBOR_KIND_NONE, MDOC, "IssuerSigned: no issuerAuth");
    out.issuer_auth = item.raw;
    MDOC_TRY(cose_sign1_parse(item.raw, &out.auth), "issuerAuth: COSE_Sign1");
    MDOC_RULE(!out.auth.detached, MDOC, "issuerAuth: no payload");
    MDOC_RULE(out.auth.n_x5chain >= 1, MDOC, "issuerAuth: no x5chain");
    *ret = out;
    return SG_DONE;
}

sg_result
mdoc_item_parse(const struct dcbor_item *tagged, struct sg_why *why, struct mdoc_item *ret)
{
    struct dcbor_item map;
    struct dcbor_item item;
    struct mdoc_item out = { 0 };
    MDOC_TRY(mdoc_encoded(tagged, &map), "item: not tag 24 around an encoded item");
    MDOC_RULE(map.kind == DCBOR_KIND_MAP && map.value == 4, MDOC, "item: not a map of four");
    SG_TRY(dcbor_item_find_text(&map, "digestID", &item));
    MDOC_RULE(
        sg_ok(dcbor_item_uint(&item, MDOC_DIGEST_ID_MAX, &out.digest_id)), MDOC, "item: digestID");
    SG_TRY(dcbor_item_find_text(&map, "random", &item));
    MDOC_RULE(item.kind == DCBOR_KIND_BYTES && item.content.n >= MDOC_RANDOM_MIN, MDOC,
        "item: random is no byte string of 16 bytes or more");
    SG_TRY(dcbor_item_find_text(&map, "elementIdentifier", &item));
    MDOC_TRY(mdoc_name(&item, &out.identifier), "item: elementIdentifier");
    SG_TRY(dcbor_item_find_text(&map, "elementValue", &item));
    MDOC_RULE(item.kind != DCBOR_KIND_NONE, MDOC, "item: no elementValue");
    out.value = item.raw;
    *ret = out;
    return SG_DONE;
}

/* ---- digests ------------------------------------------------------------------------------------------------- */

struct digest_row {
    uint64_t id;
    const uint8_t *digest;
    bool used;
};

static int
row_order(const void *a, const void *b)
{
    const struct digest_row *x = a;
    const struct digest_row *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* The digests of one namespace, sorted: each id once, each digest of the algorithm's length. */
static sg_result
read_digests(struct sg_arena *arena, const struct mdoc_mso *mso, sg_str name, struct sg_why *why,
    struct digest_row **ret, size_t *ret_n)
{
    struct dcbor_item map;
    struct dcbor_item key;
    struct dcbor_item value;
    size_t n = 0;
    SG_TRY(dcbor_item_find_str(&mso->value_digests, name, &map));
    MDOC_RULE(map.kind == DCBOR_KIND_MAP, DISCLOSURE, "item: the MSO has no such namespace");
    MDOC_RULE(map.value <= MDOC_DIGESTS_MAX, TOO_LARGE, "MSO: too many digests");
    struct digest_row *rows = SG_NEW_ARRAY(arena, (size_t)map.value, struct digest_row);
    SG_REQUIRE(rows != NULL, NO_MEMORY);
    struct dcbor_walk walk = dcbor_item_walk(&map);
    while (dcbor_item_pair(&walk, &key, &value)) {
        MDOC_RULE(key.kind == DCBOR_KIND_UINT && key.value <= MDOC_DIGEST_ID_MAX, MDOC,
            "MSO: a digest id");
        MDOC_RULE(value.kind == DCBOR_KIND_BYTES && value.content.n == sg_hash_len(mso->digest),
            MDOC, "MSO: a digest is not of the algorithm's length");
        rows[n++] = (struct digest_row){ .id = key.value, .digest = value.content.p };
    }
    if (n > 0) {
        qsort(rows, n, sizeof(*rows), row_order);
    }
    for (size_t i = 1; i < n; i++) {
        MDOC_RULE(rows[i].id != rows[i - 1].id, DUPLICATE, "MSO: a digest id stands there twice");
    }
    *ret = rows;
    *ret_n = n;
    return SG_DONE;
}

static sg_result
check_item(const struct mdoc_mso *mso, struct digest_row *rows, size_t n,
    const struct dcbor_item *tagged, const struct mdoc_item *item, struct sg_why *why)
{
    uint8_t digest[SG_HASH_MAX];
    struct digest_row key = { .id = item->digest_id };
    struct digest_row *row = n == 0 ? NULL : bsearch(&key, rows, n, sizeof(*rows), row_order);
    MDOC_RULE(row != NULL, DISCLOSURE, "item: the MSO has no digest with its id");
    MDOC_RULE(!row->used, DUPLICATE, "item: a digest id is used twice");
    row->used = true;
    sg_hash(mso->digest, tagged->raw, digest);
    MDOC_RULE(memcmp(digest, row->digest, sg_hash_len(mso->digest)) == 0, DISCLOSURE,
        "item: its digest is not the MSO's");
    return SG_DONE;
}

static bool
has_element(const struct mdoc_found *found, size_t n, sg_str name_space, sg_str identifier)
{
    for (size_t i = 0; i < n; i++) {
        if (sg_str_equal(found[i].identifier, identifier) &&
            sg_str_equal(found[i].name_space, name_space)) {
            return true;
        }
    }
    return false;
}

static sg_result
check_name_space(struct sg_arena *arena, const struct mdoc_mso *mso, sg_str name,
    const struct dcbor_item *list, struct sg_why *why, struct mdoc_found *found, size_t *n_found)
{
    struct digest_row *rows;
    size_t n_rows;
    struct dcbor_item tagged;
    struct mdoc_item item;
    SG_TRY(read_digests(arena, mso, name, why, &rows, &n_rows));
    struct dcbor_walk walk = dcbor_item_walk(list);
    while (dcbor_item_next(&walk, &tagged)) {
        SG_TRY(mdoc_item_parse(&tagged, why, &item));
        SG_TRY(check_item(mso, rows, n_rows, &tagged, &item, why));
        MDOC_RULE(!has_element(found, *n_found, name, item.identifier), DUPLICATE,
            "item: an element stands there twice");
        struct mdoc_found *out = &found[(*n_found)++];
        *out = (struct mdoc_found){ .name_space = name,
            .identifier = item.identifier,
            .value = item.value,
            .item = tagged.raw };
        SG_TRY(mdoc_shown(arena, item.value, &out->json));
    }
    return SG_DONE;
}

sg_result
mdoc_items_check(struct sg_arena *arena, const struct mdoc_issuer_signed *issuer_signed,
    const struct mdoc_mso *mso, struct sg_why *why, const struct mdoc_found **ret, size_t *ret_n)
{
    struct dcbor_item key;
    struct dcbor_item list;
    size_t n = 0;
    struct dcbor_walk walk = dcbor_item_walk(&issuer_signed->name_spaces);
    size_t most = 0;
    while (dcbor_item_pair(&walk, &key, &list)) {
        most += (size_t)list.value;
    }
    struct mdoc_found *found = SG_NEW_ARRAY(arena, most, struct mdoc_found);
    SG_REQUIRE(found != NULL, NO_MEMORY);
    walk = dcbor_item_walk(&issuer_signed->name_spaces);
    while (dcbor_item_pair(&walk, &key, &list)) {
        sg_str name = sg_bytes_str(key.content);
        SG_TRY(check_name_space(arena, mso, name, &list, why, found, &n));
    }
    *ret = found;
    *ret_n = n;
    return SG_DONE;
}

/* ---- times and places ------------------------------------------------------------------------------------------- */

static sg_result
check_times(const struct mdoc_mso *mso, const struct x509_leaf *leaf,
    const struct mdoc_trust *trust, struct sg_why *why)
{
    MDOC_RULE(mso->signed_at >= leaf->not_before && mso->signed_at <= leaf->not_after, ISSUER,
        "MSO: signed outside the validity of the document signer's certificate");
    MDOC_RULE(trust->at + trust->leeway_s >= mso->valid_from, NOT_YET, "MSO: not valid yet");
    MDOC_RULE(trust->at - trust->leeway_s <= mso->valid_until, EXPIRED, "MSO: no longer valid");
    return SG_DONE;
}

static bool
is_text(sg_bytes value, sg_str text)
{
    struct dcbor_item item;
    return sg_ok(mdoc_open(value, &item)) && item.kind == DCBOR_KIND_TEXT &&
           sg_str_equal(sg_bytes_str(item.content), text);
}

/* 9.3.1: the mDL's country, and its jurisdiction when the certificate names one, are the signer's. */
static sg_result
check_country(
    const struct mdoc_found *found, size_t n, const struct x509_mdoc_ds *ds, struct sg_why *why)
{
    for (size_t i = 0; i < n; i++) {
        if (!sg_str_is(found[i].name_space, MDOC_MDL_NAME_SPACE)) {
            continue;
        }
        MDOC_RULE(!sg_str_is(found[i].identifier, "issuing_country") ||
                      is_text(found[i].value, ds->country),
            ISSUER, "item: issuing_country is not the certificate's C");
        MDOC_RULE(!sg_str_is(found[i].identifier, "issuing_jurisdiction") || ds->state.n == 0 ||
                      is_text(found[i].value, ds->state),
            ISSUER, "item: issuing_jurisdiction is not the certificate's ST");
    }
    return SG_DONE;
}

/* ---- the whole ---------------------------------------------------------------------------------------------------- */

static sg_result
check_signature(struct sg_arena *arena, const struct cose_sign1 *auth,
    const struct mdoc_trust *trust, struct sg_why *why, struct x509_mdoc_ds *ret)
{
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    SG_TRY(x509_mdoc_verify(arena, auth->x5chain, auth->n_x5chain, trust->anchors, trust->n_anchors,
        trust->at, why, ret));
    MDOC_TRY(jwk_key_new(&ret->leaf.key, &key), "issuerAuth: key of the document signer");
    MDOC_TRY(cose_sign1_verify(arena, auth, key, SG_NO_BYTES, SG_NO_BYTES),
        "issuerAuth: the signature does not verify");
    return SG_DONE;
}

static void
keep_header(const struct cose_sign1 *auth, struct mdoc_verified *out)
{
    out->n_x5chain = auth->n_x5chain;
    memcpy(out->x5chain, auth->x5chain, sizeof(out->x5chain));
    out->alg = auth->alg;
    out->alg_id = auth->alg_id;
}

sg_result
mdoc_issuer_signed_read(
    struct sg_arena *arena, sg_bytes in, struct sg_why *why, struct mdoc_verified *ret)
{
    struct mdoc_issuer_signed issuer_signed;
    struct mdoc_verified out = { 0 };
    SG_TRY(mdoc_issuer_signed_parse(in, why, &issuer_signed));
    SG_TRY(mdoc_mso_parse(issuer_signed.auth.payload, why, &out.mso));
    SG_TRY(mdoc_items_check(arena, &issuer_signed, &out.mso, why, &out.elements, &out.n_elements));
    keep_header(&issuer_signed.auth, &out);
    *ret = out;
    return SG_DONE;
}

sg_result
mdoc_issuer_signed_verify(struct sg_arena *arena, sg_bytes in, const struct mdoc_trust *trust,
    struct sg_why *why, struct mdoc_verified *ret)
{
    struct mdoc_issuer_signed issuer_signed;
    struct mdoc_verified out = { 0 };
    SG_TRY(mdoc_issuer_signed_parse(in, why, &issuer_signed));
    SG_TRY(check_signature(arena, &issuer_signed.auth, trust, why, &out.ds));
    SG_TRY(mdoc_mso_parse(issuer_signed.auth.payload, why, &out.mso));
    MDOC_RULE(trust->doc_type.n == 0 || sg_str_equal(trust->doc_type, out.mso.doc_type), VALUE,
        "MSO: docType is not the expected one");
    SG_TRY(mdoc_items_check(arena, &issuer_signed, &out.mso, why, &out.elements, &out.n_elements));
    SG_TRY(check_country(out.elements, out.n_elements, &out.ds, why));
    SG_TRY(check_times(&out.mso, &out.ds.leaf, trust, why));
    keep_header(&issuer_signed.auth, &out);
    *ret = out;
    return SG_DONE;
}

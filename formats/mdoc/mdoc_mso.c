/* The mobile security object, read. spec: ISO/IEC 18013-5 9.1.2.4; second edition 12.3.6 (status). req: FMT-2 */
#include "mdoc_int.h"

sg_result
mdoc_open(sg_bytes in, struct dcbor_item *ret)
{
    SG_REQUIRE(in.n <= MDOC_MAX, TOO_LARGE);
    return dcbor_item_open(in, MDOC_DEPTH_MAX, MDOC_ITEMS_MAX, ret);
}

sg_result
mdoc_encoded(const struct dcbor_item *item, struct dcbor_item *ret)
{
    struct dcbor_item bytes;
    SG_REQUIRE(sg_ok(dcbor_item_tagged(item, MDOC_TAG_ENCODED, &bytes)), MDOC);
    SG_REQUIRE(bytes.kind == DCBOR_KIND_BYTES, MDOC);
    return mdoc_open(bytes.content, ret);
}

sg_result
mdoc_only(const struct dcbor_item *map, const char *const *names, size_t n)
{
    struct dcbor_item key;
    struct dcbor_item value;
    SG_REQUIRE(map->kind == DCBOR_KIND_MAP, MDOC);
    struct dcbor_walk walk = dcbor_item_walk(map);
    while (dcbor_item_pair(&walk, &key, &value)) {
        size_t i = 0;
        while (i < n && !dcbor_item_is_text(&key, names[i])) {
            i++;
        }
        SG_REQUIRE(i < n, MDOC);
    }
    return SG_DONE;
}

sg_result
mdoc_name(const struct dcbor_item *item, sg_str *ret)
{
    SG_REQUIRE(item->kind == DCBOR_KIND_TEXT, MDOC);
    SG_REQUIRE(item->content.n >= 1 && item->content.n <= MDOC_NAME_MAX, MDOC);
    *ret = sg_bytes_str(item->content);
    return SG_DONE;
}

/* ---- algorithms and times ------------------------------------------------------------------------------ */

static const struct {
    enum sg_hash_alg alg;
    const char *name;
} digests[] = { { SG_SHA256, "SHA-256" }, { SG_SHA384, "SHA-384" }, { SG_SHA512, "SHA-512" } };

const char *
mdoc_digest_name(enum sg_hash_alg alg)
{
    for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        if (digests[i].alg == alg) {
            return digests[i].name;
        }
    }
    return NULL;
}

static sg_result
read_digest(const struct dcbor_item *mso, struct sg_why *why, enum sg_hash_alg *ret)
{
    struct dcbor_item item;
    SG_TRY(dcbor_item_find_text(mso, "digestAlgorithm", &item));
    MDOC_RULE(item.kind == DCBOR_KIND_TEXT, MDOC, "MSO: no digestAlgorithm");
    for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        if (dcbor_item_is_text(&item, digests[i].name)) {
            *ret = digests[i].alg;
            return SG_DONE;
        }
    }
    sg_why_note(why, "MSO: digestAlgorithm is not known", 0, 0);
    SG_FAIL(ALGORITHM);
}

static sg_result
read_time(const struct dcbor_item *map, const char *name, struct sg_why *why, int64_t *ret)
{
    struct dcbor_item item;
    struct dcbor_item text;
    SG_TRY(dcbor_item_find_text(map, name, &item));
    MDOC_RULE(item.kind != DCBOR_KIND_NONE, MDOC, "MSO: a time of validityInfo is missing");
    MDOC_RULE(sg_ok(dcbor_item_tagged(&item, MDOC_TAG_TDATE, &text)) &&
                  text.kind == DCBOR_KIND_TEXT && mdoc_time_parse(sg_bytes_str(text.content), ret),
        MDOC, "MSO: a time of validityInfo is not a tdate in UTC");
    return SG_DONE;
}

static sg_result
read_validity(const struct dcbor_item *mso, struct sg_why *why, struct mdoc_mso *ret)
{
    struct dcbor_item map;
    struct dcbor_item update;
    SG_TRY(dcbor_item_find_text(mso, "validityInfo", &map));
    MDOC_RULE(map.kind == DCBOR_KIND_MAP, MDOC, "MSO: no validityInfo");
    SG_TRY(read_time(&map, "signed", why, &ret->signed_at));
    SG_TRY(read_time(&map, "validFrom", why, &ret->valid_from));
    SG_TRY(read_time(&map, "validUntil", why, &ret->valid_until));
    SG_TRY(dcbor_item_find_text(&map, "expectedUpdate", &update));
    if (update.kind != DCBOR_KIND_NONE) {
        SG_TRY(read_time(&map, "expectedUpdate", why, &ret->expected_update));
    }
    MDOC_RULE(ret->valid_from >= ret->signed_at, MDOC, "MSO: validFrom before signed");
    MDOC_RULE(ret->valid_until > ret->valid_from, MDOC, "MSO: validUntil not after validFrom");
    return SG_DONE;
}

/* ---- the device key and what it may sign ------------------------------------------------------------------ */

static bool
lists_text(const struct dcbor_item *list, sg_str text)
{
    struct dcbor_item item;
    struct dcbor_walk walk = dcbor_item_walk(list);
    while (dcbor_item_next(&walk, &item)) {
        if (item.kind == DCBOR_KIND_TEXT && sg_str_equal(sg_bytes_str(item.content), text)) {
            return true;
        }
    }
    return false;
}

static bool
is_list_of_texts(const struct dcbor_item *list)
{
    struct dcbor_item item;
    struct dcbor_walk walk = dcbor_item_walk(list);
    if (list->kind != DCBOR_KIND_ARRAY || list->value == 0) {
        return false;
    }
    while (dcbor_item_next(&walk, &item)) {
        if (item.kind != DCBOR_KIND_TEXT) {
            return false;
        }
    }
    return true;
}

/* A namespace is authorised as a whole or by element, never both (9.1.2.4). */
static sg_result
check_authorizations(const struct dcbor_item *map, struct sg_why *why)
{
    struct dcbor_item whole;
    struct dcbor_item single;
    struct dcbor_item key;
    struct dcbor_item value;
    MDOC_RULE(map->kind == DCBOR_KIND_MAP, MDOC, "MSO: keyAuthorizations is not a map");
    SG_TRY(dcbor_item_find_text(map, "nameSpaces", &whole));
    SG_TRY(dcbor_item_find_text(map, "dataElements", &single));
    MDOC_RULE(whole.kind == DCBOR_KIND_NONE || is_list_of_texts(&whole), MDOC,
        "MSO: keyAuthorizations nameSpaces");
    MDOC_RULE(single.kind == DCBOR_KIND_NONE ||
                  (single.kind == DCBOR_KIND_MAP && single.value <= MDOC_NAME_SPACES_MAX),
        MDOC, "MSO: keyAuthorizations dataElements");
    struct dcbor_walk walk = dcbor_item_walk(&single);
    while (dcbor_item_pair(&walk, &key, &value)) {
        MDOC_RULE(key.kind == DCBOR_KIND_TEXT && is_list_of_texts(&value), MDOC,
            "MSO: keyAuthorizations dataElements");
        MDOC_RULE(!lists_text(&whole, sg_bytes_str(key.content)), MDOC,
            "MSO: a namespace is authorised as a whole and by element");
    }
    return SG_DONE;
}

sg_result
mdoc_authorized(const struct mdoc_mso *mso, sg_str name_space, sg_str element, bool *ret)
{
    struct dcbor_item part;
    struct dcbor_item list;
    SG_TRY(dcbor_item_find_text(&mso->key_authorizations, "nameSpaces", &part));
    if (lists_text(&part, name_space)) {
        *ret = true;
        return SG_DONE;
    }
    SG_TRY(dcbor_item_find_text(&mso->key_authorizations, "dataElements", &part));
    SG_TRY(dcbor_item_find_str(&part, name_space, &list));
    *ret = lists_text(&list, element);
    return SG_DONE;
}

static sg_result
read_device_key(const struct dcbor_item *mso, struct sg_why *why, struct mdoc_mso *ret)
{
    struct dcbor_item info;
    struct dcbor_item item;
    SG_TRY(dcbor_item_find_text(mso, "deviceKeyInfo", &info));
    MDOC_RULE(info.kind == DCBOR_KIND_MAP, MDOC, "MSO: no deviceKeyInfo");
    SG_TRY(dcbor_item_find_text(&info, "deviceKey", &item));
    MDOC_RULE(item.kind == DCBOR_KIND_MAP, MDOC, "MSO: no deviceKey");
    MDOC_TRY(cose_key_parse(item.raw, &ret->device_key), "MSO: deviceKey");
    SG_TRY(dcbor_item_find_text(&info, "keyAuthorizations", &ret->key_authorizations));
    if (ret->key_authorizations.kind != DCBOR_KIND_NONE) {
        SG_TRY(check_authorizations(&ret->key_authorizations, why));
    }
    return SG_DONE;
}

/* ---- status -------------------------------------------------------------------------------------------------- */

static sg_result
read_uri_and_certificate(const struct dcbor_item *map, struct sg_why *why, struct mdoc_status *ret)
{
    struct dcbor_item item;
    SG_TRY(dcbor_item_find_text(map, "uri", &item));
    MDOC_RULE(item.kind == DCBOR_KIND_TEXT && item.content.n > 0, MDOC, "MSO: status without uri");
    ret->uri = sg_bytes_str(item.content);
    SG_TRY(dcbor_item_find_text(map, "certificate", &item));
    if (item.kind != DCBOR_KIND_NONE) {
        MDOC_RULE(item.kind == DCBOR_KIND_BYTES, MDOC, "MSO: status certificate");
        ret->certificate = item.content;
    }
    return SG_DONE;
}

/* Exactly one of the two mechanisms; a status that we cannot read is no reason to go on without one. */
static sg_result
read_status(const struct dcbor_item *mso, struct sg_why *why, struct mdoc_status *ret)
{
    struct dcbor_item status;
    struct dcbor_item list;
    struct dcbor_item identifiers;
    struct dcbor_item item;
    SG_TRY(dcbor_item_find_text(mso, "status", &status));
    if (status.kind == DCBOR_KIND_NONE) {
        return SG_DONE;
    }
    SG_TRY(dcbor_item_find_text(&status, "status_list", &list));
    SG_TRY(dcbor_item_find_text(&status, "identifier_list", &identifiers));
    MDOC_RULE((list.kind == DCBOR_KIND_MAP) != (identifiers.kind == DCBOR_KIND_MAP), MDOC,
        "MSO: status is not one of status_list and identifier_list");
    if (list.kind == DCBOR_KIND_MAP) {
        ret->kind = MDOC_STATUS_LIST;
        SG_TRY(dcbor_item_find_text(&list, "idx", &item));
        MDOC_RULE(item.kind == DCBOR_KIND_UINT, MDOC, "MSO: status without idx");
        ret->idx = item.value;
        return read_uri_and_certificate(&list, why, ret);
    }
    ret->kind = MDOC_IDENTIFIER_LIST;
    SG_TRY(dcbor_item_find_text(&identifiers, "id", &item));
    MDOC_RULE(item.kind == DCBOR_KIND_BYTES && item.content.n > 0, MDOC, "MSO: status without id");
    ret->id = item.content;
    return read_uri_and_certificate(&identifiers, why, ret);
}

sg_result
mdoc_status_check(const struct mdoc_status *status)
{
    SG_REQUIRE(status->kind == MDOC_STATUS_NONE || status->uri.n > 0, VALUE);
    SG_REQUIRE(status->kind != MDOC_IDENTIFIER_LIST || status->id.n > 0, VALUE);
    return SG_DONE;
}

void
mdoc_status_put(struct sg_buf *buf, const struct mdoc_status *status)
{
    bool list = status->kind == MDOC_STATUS_LIST;
    dcbor_wr_text(buf, SG_LIT("status"));
    dcbor_wr_map(buf, 1);
    dcbor_wr_text(buf, list ? SG_LIT("status_list") : SG_LIT("identifier_list"));
    dcbor_wr_map(buf, status->certificate.n > 0 ? 3 : 2);
    if (list) {
        dcbor_wr_text(buf, SG_LIT("idx"));
        dcbor_wr_uint(buf, status->idx);
    } else {
        dcbor_wr_text(buf, SG_LIT("id"));
        dcbor_wr_bytes(buf, status->id);
    }
    dcbor_wr_text(buf, SG_LIT("uri"));
    dcbor_wr_text(buf, status->uri);
    if (status->certificate.n > 0) {
        dcbor_wr_text(buf, SG_LIT("certificate"));
        dcbor_wr_bytes(buf, status->certificate);
    }
}

/* ---- the whole ------------------------------------------------------------------------------------------------ */

/* "1.0", and any later minor version: members that we do not know may be there. */
bool
mdoc_version_known(const struct dcbor_item *item)
{
    sg_str text = sg_bytes_str(item->content);
    return item->kind == DCBOR_KIND_TEXT && text.n == 3 && text.p[0] == '1' && text.p[1] == '.' &&
           text.p[2] >= '0' && text.p[2] <= '9';
}

sg_result
mdoc_mso_parse(sg_bytes payload, struct sg_why *why, struct mdoc_mso *ret)
{
    struct dcbor_item outer;
    struct dcbor_item mso;
    struct dcbor_item item;
    struct mdoc_mso out = { 0 };
    MDOC_TRY(mdoc_open(payload, &outer), "MSO: not well-formed CBOR");
    MDOC_TRY(mdoc_encoded(&outer, &mso), "MSO: not tag 24 around an encoded item");
    MDOC_RULE(mso.kind == DCBOR_KIND_MAP, MDOC, "MSO: not a map");
    SG_TRY(dcbor_item_find_text(&mso, "version", &item));
    MDOC_RULE(mdoc_version_known(&item), MDOC, "MSO: version is not 1.x");
    out.version = sg_bytes_str(item.content);
    SG_TRY(read_digest(&mso, why, &out.digest));
    SG_TRY(dcbor_item_find_text(&mso, "docType", &item));
    MDOC_TRY(mdoc_name(&item, &out.doc_type), "MSO: docType");
    SG_TRY(dcbor_item_find_text(&mso, "valueDigests", &out.value_digests));
    MDOC_RULE(out.value_digests.kind == DCBOR_KIND_MAP && out.value_digests.value >= 1 &&
                  out.value_digests.value <= MDOC_NAME_SPACES_MAX,
        MDOC, "MSO: valueDigests");
    SG_TRY(read_device_key(&mso, why, &out));
    SG_TRY(read_validity(&mso, why, &out));
    SG_TRY(read_status(&mso, why, &out.status));
    *ret = out;
    return SG_DONE;
}

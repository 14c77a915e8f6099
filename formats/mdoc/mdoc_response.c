/* DeviceResponse read, DeviceAuth verified. spec: ISO/IEC 18013-5 8.3.2.1.2.2, 9.1.3. req: FMT-2 */
#include "mdoc_int.h"
#include "sg_secret.h"

/* ---- form --------------------------------------------------------------------------------------------------------- */

static sg_result
read_device_signed(const struct dcbor_item *document, struct sg_why *why, struct mdoc_document *ret)
{
    struct dcbor_item device_signed;
    struct dcbor_item item;
    struct dcbor_item signature;
    struct dcbor_item mac;
    static const char *const names[] = { "nameSpaces", "deviceAuth" };
    static const char *const auths[] = { "deviceSignature", "deviceMac" };
    SG_TRY(dcbor_item_find_text(document, "deviceSigned", &device_signed));
    MDOC_TRY(mdoc_only(&device_signed, names, 2), "Document: no proper deviceSigned");
    SG_TRY(dcbor_item_find_text(&device_signed, "nameSpaces", &item));
    MDOC_RULE(item.kind == DCBOR_KIND_TAG, MDOC, "deviceSigned: no nameSpaces in tag 24");
    ret->device_name_spaces = item.raw;
    SG_TRY(dcbor_item_find_text(&device_signed, "deviceAuth", &item));
    MDOC_TRY(mdoc_only(&item, auths, 2), "deviceSigned: no proper deviceAuth");
    SG_TRY(dcbor_item_find_text(&item, "deviceSignature", &signature));
    SG_TRY(dcbor_item_find_text(&item, "deviceMac", &mac));
    MDOC_RULE((signature.kind == DCBOR_KIND_NONE) != (mac.kind == DCBOR_KIND_NONE), MDOC,
        "deviceAuth: not one of deviceSignature and deviceMac");
    ret->mac = mac.kind != DCBOR_KIND_NONE;
    ret->device_auth = ret->mac ? mac.raw : signature.raw;
    return SG_DONE;
}

static sg_result
read_document(const struct dcbor_item *item, struct sg_why *why, struct mdoc_document *ret)
{
    struct dcbor_item member;
    static const char *const names[] = { "docType", "issuerSigned", "deviceSigned", "errors" };
    struct mdoc_document out = { 0 };
    MDOC_TRY(mdoc_only(item, names, 4), "Document: not a map of what it may hold");
    SG_TRY(dcbor_item_find_text(item, "docType", &member));
    MDOC_TRY(mdoc_name(&member, &out.doc_type), "Document: docType");
    SG_TRY(dcbor_item_find_text(item, "issuerSigned", &member));
    MDOC_RULE(member.kind == DCBOR_KIND_MAP, MDOC, "Document: no issuerSigned");
    out.issuer_signed = member.raw;
    SG_TRY(read_device_signed(item, why, &out));
    SG_TRY(dcbor_item_find_text(item, "errors", &member));
    if (member.kind != DCBOR_KIND_NONE) {
        MDOC_RULE(member.kind == DCBOR_KIND_MAP, MDOC, "Document: errors");
        out.errors = member.raw;
    }
    *ret = out;
    return SG_DONE;
}

static sg_result
read_documents(const struct dcbor_item *response, struct sg_why *why, struct mdoc_response *ret)
{
    struct dcbor_item list;
    struct dcbor_item item;
    SG_TRY(dcbor_item_find_text(response, "documents", &list));
    if (list.kind == DCBOR_KIND_NONE) {
        return SG_DONE;
    }
    MDOC_RULE(list.kind == DCBOR_KIND_ARRAY && list.value >= 1, MDOC,
        "DeviceResponse: documents is no array, or empty");
    MDOC_RULE(list.value <= MDOC_DOCUMENTS_MAX, TOO_LARGE, "DeviceResponse: too many documents");
    struct dcbor_walk walk = dcbor_item_walk(&list);
    while (dcbor_item_next(&walk, &item)) {
        SG_TRY(read_document(&item, why, &ret->documents[ret->n_documents]));
        ret->n_documents++;
    }
    return SG_DONE;
}

sg_result
mdoc_response_parse(sg_bytes in, struct sg_why *why, struct mdoc_response *ret)
{
    struct dcbor_item response;
    struct dcbor_item item;
    struct mdoc_response out = { 0 };
    MDOC_TRY(mdoc_open(in, &response), "DeviceResponse: not well-formed CBOR");
    MDOC_RULE(response.kind == DCBOR_KIND_MAP, MDOC, "DeviceResponse: not a map");
    SG_TRY(dcbor_item_find_text(&response, "version", &item));
    MDOC_RULE(mdoc_version_known(&item), MDOC, "DeviceResponse: version is not 1.x");
    out.version = sg_bytes_str(item.content);
    SG_TRY(dcbor_item_find_text(&response, "status", &item));
    MDOC_RULE(item.kind == DCBOR_KIND_UINT, MDOC, "DeviceResponse: no status");
    out.status = item.value;
    SG_TRY(dcbor_item_find_text(&response, "documentErrors", &item));
    if (item.kind != DCBOR_KIND_NONE) {
        MDOC_RULE(item.kind == DCBOR_KIND_ARRAY, MDOC, "DeviceResponse: documentErrors");
        out.document_errors = item.raw;
    }
    SG_TRY(read_documents(&response, why, &out));
    *ret = out;
    return SG_DONE;
}

/* ---- device-signed elements ------------------------------------------------------------------------------------- */

static sg_result
add_name_space(struct sg_arena *arena, sg_str name, const struct dcbor_item *elements,
    const struct mdoc_mso *mso, struct sg_why *why, struct mdoc_found *found, size_t *n)
{
    struct dcbor_item key;
    struct dcbor_item value;
    struct dcbor_walk walk = dcbor_item_walk(elements);
    while (dcbor_item_pair(&walk, &key, &value)) {
        bool allowed = false;
        struct mdoc_found *out = &found[*n];
        *out = (struct mdoc_found){ .name_space = name, .value = value.raw };
        MDOC_TRY(mdoc_name(&key, &out->identifier), "deviceSigned: name of an element");
        SG_TRY(mdoc_authorized(mso, name, out->identifier, &allowed));
        MDOC_RULE(allowed, POLICY, "deviceSigned: the key may not sign this element");
        SG_TRY(mdoc_shown(arena, value.raw, &out->json));
        for (size_t i = 0; i < *n; i++) {
            MDOC_RULE(!sg_str_equal(found[i].name_space, name) ||
                          !sg_str_equal(found[i].identifier, out->identifier),
                DUPLICATE, "deviceSigned: an element stands there twice");
        }
        (*n)++;
    }
    return SG_DONE;
}

static sg_result
count_elements(const struct dcbor_item *map, struct sg_why *why, size_t *ret)
{
    struct dcbor_item key;
    struct dcbor_item elements;
    sg_str name;
    size_t n = 0;
    struct dcbor_walk walk = dcbor_item_walk(map);
    while (dcbor_item_pair(&walk, &key, &elements)) {
        MDOC_TRY(mdoc_name(&key, &name), "deviceSigned: name of a namespace");
        MDOC_RULE(elements.kind == DCBOR_KIND_MAP && elements.value >= 1, MDOC,
            "deviceSigned: a namespace without elements");
        MDOC_RULE(
            elements.value <= MDOC_ELEMENTS_MAX, TOO_LARGE, "deviceSigned: too many elements");
        n += (size_t)elements.value;
    }
    MDOC_RULE(n <= MDOC_ELEMENTS_MAX, TOO_LARGE, "deviceSigned: too many elements");
    *ret = n;
    return SG_DONE;
}

sg_result
mdoc_device_elements(struct sg_arena *arena, sg_bytes device_name_spaces,
    const struct mdoc_mso *mso, struct sg_why *why, const struct mdoc_found **ret, size_t *ret_n)
{
    struct dcbor_item outer;
    struct dcbor_item map;
    struct dcbor_item key;
    struct dcbor_item elements;
    size_t most;
    size_t n = 0;
    MDOC_TRY(mdoc_open(device_name_spaces, &outer), "deviceSigned: not well-formed CBOR");
    MDOC_TRY(mdoc_encoded(&outer, &map), "deviceSigned: not tag 24 around an encoded item");
    MDOC_RULE(map.kind == DCBOR_KIND_MAP && map.value <= MDOC_NAME_SPACES_MAX, MDOC,
        "deviceSigned: nameSpaces");
    SG_TRY(count_elements(&map, why, &most));
    struct mdoc_found *found = SG_NEW_ARRAY(arena, most, struct mdoc_found);
    SG_REQUIRE(found != NULL, NO_MEMORY);
    struct dcbor_walk walk = dcbor_item_walk(&map);
    while (dcbor_item_pair(&walk, &key, &elements)) {
        SG_TRY(add_name_space(arena, sg_bytes_str(key.content), &elements, mso, why, found, &n));
    }
    *ret = found;
    *ret_n = n;
    return SG_DONE;
}

/* ---- DeviceAuth ---------------------------------------------------------------------------------------------------- */

static sg_result
check_signature(struct sg_arena *arena, sg_bytes device_auth, const struct jwk *device_key,
    sg_bytes payload, struct sg_why *why)
{
    struct cose_sign1 sign1;
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    MDOC_TRY(cose_sign1_parse(device_auth, &sign1), "deviceSignature: COSE_Sign1");
    MDOC_RULE(sign1.detached, MDOC, "deviceSignature: the payload is attached");
    MDOC_TRY(jwk_key_new(device_key, &key), "MSO: deviceKey");
    sg_result r = cose_sign1_verify(arena, &sign1, key, SG_NO_BYTES, payload);
    MDOC_RULE(r.code != SG_E_SIGNATURE, PROOF, "deviceSignature: does not verify");
    MDOC_TRY(r, "deviceSignature: algorithm");
    return SG_DONE;
}

static sg_result
check_mac(struct sg_arena *arena, sg_bytes device_auth, const struct jwk *device_key,
    const struct mdoc_device_check *device, sg_bytes payload, struct sg_why *why)
{
    struct cose_sign1 mac0;
    uint8_t shared[32];
    uint8_t key[32];
    MDOC_RULE(device->reader_key != NULL, UNSUPPORTED, "deviceMac: there is no reader key");
    MDOC_TRY(cose_mac0_parse(device_auth, &mac0), "deviceMac: COSE_Mac0");
    MDOC_RULE(mac0.detached, MDOC, "deviceMac: the payload is attached");
    MDOC_TRY(mdoc_ecdh(device->reader_key, device_key, shared), "deviceMac: ECDH");
    sg_result r = mdoc_mac_key(arena, sg_bytes_of(shared, sizeof(shared)), device->transcript, key);
    if (sg_ok(r)) {
        r = cose_mac0_verify(arena, &mac0, sg_bytes_of(key, sizeof(key)), SG_NO_BYTES, payload);
    }
    sg_wipe(shared, sizeof(shared));
    sg_wipe(key, sizeof(key));
    MDOC_RULE(r.code != SG_E_SIGNATURE, PROOF, "deviceMac: does not verify");
    MDOC_TRY(r, "deviceMac: algorithm");
    return SG_DONE;
}

sg_result
mdoc_document_verify(struct sg_arena *arena, const struct mdoc_document *document,
    const struct mdoc_trust *trust, const struct mdoc_device_check *device, struct sg_why *why,
    struct mdoc_verified *ret)
{
    struct mdoc_verified out;
    sg_bytes payload;
    SG_TRY(mdoc_issuer_signed_verify(arena, document->issuer_signed, trust, why, &out));
    MDOC_RULE(sg_str_equal(document->doc_type, out.mso.doc_type), VALUE,
        "Document: docType is not the MSO's");
    SG_TRY(mdoc_device_authentication(
        arena, device->transcript, document->doc_type, document->device_name_spaces, &payload));
    SG_TRY(document->mac
               ? check_mac(arena, document->device_auth, &out.mso.device_key, device, payload, why)
               : check_signature(arena, document->device_auth, &out.mso.device_key, payload, why));
    SG_TRY(mdoc_device_elements(arena, document->device_name_spaces, &out.mso, why,
        &out.device_signed, &out.n_device_signed));
    *ret = out;
    return SG_DONE;
}

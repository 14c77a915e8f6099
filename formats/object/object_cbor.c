/* COSE_Sign1, IssuerSigned, DeviceResponse. */
#include "object_int.h"

#include "cose.h"
#include "dcbor_item.h"

#define DEPTH_MAX 24
#define ITEMS_MAX 40000

static sg_result
take_sign1(struct sg_arena *arena, sg_bytes in, struct cose_sign1 *sign1, struct object *ret)
{
    SG_TRY(cose_sign1_parse(in, sign1));
    SG_REQUIRE(!sign1->detached, MALFORMED);
    ret->signature = sign1->signature;
    ret->alg = sign1->alg;
    return cose_to_be_signed(
        arena, sign1->protected_bstr, SG_NO_BYTES, sign1->payload, &ret->message);
}

/* status_list in the MSO (ISO 18013-5, second edition 12.3.6). What has another shape is passed over. */
static sg_result
take_status(sg_bytes payload, struct object *ret)
{
    struct dcbor_item item, mso, status, list, uri, idx;
    sg_bytes inner;
    sg_str text;
    uint64_t value;
    if (!sg_ok(dcbor_item_open(payload, DEPTH_MAX, ITEMS_MAX, &item)) ||
        !sg_ok(dcbor_item_tagged(&item, 24, &item)) || !sg_ok(dcbor_item_bytes(&item, &inner)) ||
        !sg_ok(dcbor_item_open(inner, DEPTH_MAX, ITEMS_MAX, &mso)) ||
        !sg_ok(dcbor_item_find_text(&mso, "status", &status)) ||
        !sg_ok(dcbor_item_find_text(&status, "status_list", &list)) ||
        !sg_ok(dcbor_item_find_text(&list, "uri", &uri)) ||
        !sg_ok(dcbor_item_find_text(&list, "idx", &idx)) || !sg_ok(dcbor_item_text(&uri, &text)) ||
        !sg_ok(dcbor_item_uint(&idx, UINT32_MAX, &value))) {
        return SG_DONE;
    }
    return object_ref_add(ret, text, value);
}

sg_result
object_issuer_signed(struct sg_arena *arena, const struct dcbor_item *map, struct object *ret)
{
    struct dcbor_item auth;
    struct cose_sign1 sign1;
    SG_TRY(dcbor_item_find_text(map, "issuerAuth", &auth));
    SG_REQUIRE(auth.kind != DCBOR_KIND_NONE, MALFORMED);
    SG_TRY(take_sign1(arena, auth.raw, &sign1, ret));
    ret->kind = OBJECT_ISSUER_SIGNED;
    return take_status(sign1.payload, ret);
}

static sg_result
take_response(struct sg_arena *arena, const struct dcbor_item *documents, struct object *ret)
{
    struct dcbor_item document, issuer_signed;
    struct dcbor_walk walk = dcbor_item_walk(documents);
    SG_TRY(dcbor_item_want(documents, DCBOR_KIND_ARRAY));
    SG_REQUIRE(dcbor_item_next(&walk, &document), MALFORMED);
    SG_TRY(dcbor_item_find_text(&document, "issuerSigned", &issuer_signed));
    return object_issuer_signed(arena, &issuer_signed, ret);
}

static sg_result
take(struct sg_arena *arena, sg_bytes in, struct object *ret)
{
    struct dcbor_item item, documents;
    SG_TRY(dcbor_item_open(in, DEPTH_MAX, ITEMS_MAX, &item));
    if (item.kind == DCBOR_KIND_MAP) {
        SG_TRY(dcbor_item_find_text(&item, "documents", &documents));
        return documents.kind == DCBOR_KIND_NONE ? object_issuer_signed(arena, &item, ret)
                                                 : take_response(arena, &documents, ret);
    }
    struct cose_sign1 sign1;
    SG_TRY(take_sign1(arena, in, &sign1, ret));
    ret->kind = OBJECT_COSE;
    if (sg_ok(sjson_parse_object(arena, sg_bytes_str(sign1.payload), NULL, &ret->document))) {
        return object_refs_json(ret, ret->document);
    }
    return SG_DONE;
}

sg_result
object_take_cbor(struct sg_arena *arena, sg_bytes in, struct object *ret)
{
    sg_result r = take(arena, in, ret);
    bool own = sg_ok(r) || r.code == SG_E_NO_MEMORY || r.code == SG_E_TOO_MANY;
    return own ? r : SG_ERROR(MALFORMED);
}

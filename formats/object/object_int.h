/* What the files of formats/object share. */
#ifndef OBJECT_INT_H
#define OBJECT_INT_H

#include "object.h"

/* A reference more; the purpose at the end of a Bitstring list's URL falls away, and a list that is there already is not added again. SG_E_TOO_MANY. */
SG_CHECKED sg_result object_ref_add(struct object *object, sg_str uri, uint64_t idx);
/* References of a JSON payload: `status` (RFC draft Token Status List) and `credentialStatus`. What has another shape is passed over. */
SG_CHECKED sg_result object_refs_json(struct object *object, const struct sjson *document);

SG_CHECKED sg_result object_take_json(
    struct sg_arena *arena, const struct sjson *json, struct object *ret);
SG_CHECKED sg_result object_take_compact(struct sg_arena *arena, sg_str text, struct object *ret);
SG_CHECKED sg_result object_take_cbor(struct sg_arena *arena, sg_bytes in, struct object *ret);

/* Text without the white space around it; CBOR in hex or base64url (SG_E_MALFORMED when it is none); does this begin as CBOR? */
sg_bytes object_trim(sg_bytes in);
SG_CHECKED sg_result object_cbor_text(struct sg_arena *arena, sg_str text, sg_bytes *ret);
bool object_is_cbor(sg_bytes in);
/* What a data: URL holds: compact text, or CBOR. */
SG_CHECKED sg_result object_data(
    struct sg_arena *arena, sg_str url, sg_str *ret_text, sg_bytes *ret_cbor);
struct dcbor_item;
SG_CHECKED sg_result object_issuer_signed(
    struct sg_arena *arena, const struct dcbor_item *map, struct object *ret);
#define OBJECT_DATA_URL "data:"

#endif

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

#endif

/*
 * Schemas at hand for the `credentialSchema` of credentials that are verified (req: FMT-5): the folder DIR/schemas, pinned as flow_pinned.h says. JSON Schemas, and
 * JsonSchemaCredentials in whatever form they are secured.
 */
#ifndef FLOW_SCHEMAS_H
#define FLOW_SCHEMAS_H

#include "flow_pinned.h"

struct flow_schemas {
    const struct flow_pinned *items; /* none: NULL may be */
    size_t n;
};

/* As flow_pinned_read; SG_E_CONFIGURATION also for a JSON Schema that cannot be compiled with the others (docs/schema.md). */
SG_CHECKED sg_result flow_schemas_read(struct sg_arena *arena, const char *dir, sg_str base,
    struct sg_why *why, sg_str *ret_file, struct flow_schemas *ret);

#endif

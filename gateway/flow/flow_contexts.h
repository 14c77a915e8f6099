/*
 * JSON-LD contexts that configuration adds to those built into the program (req: FMT-3): the folder DIR/contexts, pinned as flow_pinned.h says. Another
 * context under the same name would change what old signatures say.
 */
#ifndef FLOW_CONTEXTS_H
#define FLOW_CONTEXTS_H

#include "jsonld.h"

struct flow_context {
    sg_str url;
    sg_bytes json;
};
struct flow_contexts {
    struct jsonld_contexts *set; /* built in and added */
    const struct flow_context *added;
    size_t n;
};

/*
 * `dir` without an index.json, or absent: the built-in ones alone. Texts live in the arena, the set on the heap (flow_contexts_done). SG_E_CONFIGURATION
 * (`why` says what, `ret_file` which file; "index.json" itself among them), SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result flow_contexts_read(struct sg_arena *arena, const char *dir, sg_str base,
    struct sg_why *why, sg_str *ret_file, struct flow_contexts *ret);
void flow_contexts_done(struct flow_contexts *contexts);

#endif

/*
 * JSON-LD contexts that configuration adds to those built into the program (req: FMT-3). DIR/contexts/index.json names each by its URL:
 *   {"https://issuer.example/contexts/badge/v1": {"file": "badge-v1.json", "sha256": "<64 hex digits>"}}
 * The digest pins the file's bytes: another context under the same name would change what old signatures say. Nothing is ever fetched. In a file
 * and in a URL, "${BASE}" stands for the public URL; the digest is of the file as it lies there.
 */
#ifndef FLOW_CONTEXTS_H
#define FLOW_CONTEXTS_H

#include "jsonld.h"

#define FLOW_CONTEXTS_MAX 64
#define FLOW_CONTEXT_FILE_MAX ((size_t)512 * 1024)

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

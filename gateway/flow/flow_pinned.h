/*
 * Documents of a folder, each pinned by the digest of its bytes (docs/contexts.md, docs/schema.md). DIR/index.json names each by its URL:
 *   {"https://issuer.example/contexts/badge/v1": {"file": "badge-v1.json", "sha256": "<64 hex digits>"}}
 * In a file and in a URL, "${BASE}" stands for the public URL; the digest is of the file as it lies there. Nothing is ever fetched.
 */
#ifndef FLOW_PINNED_H
#define FLOW_PINNED_H

#include "sg_arena.h"

#define FLOW_PINNED_MAX 64
#define FLOW_PINNED_FILE_MAX ((size_t)512 * 1024)

struct flow_pinned {
    sg_str url;
    sg_str file; /* its name in the folder */
    sg_str text;
};

/*
 * `dir` without an index.json, or absent: none. Texts live in the arena. SG_E_CONFIGURATION (`why` says what, `ret_file` which file; "index.json" itself
 * among them), SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result flow_pinned_read(struct sg_arena *arena, const char *dir, sg_str base,
    struct sg_why *why, sg_str *ret_file, const struct flow_pinned **ret, size_t *ret_n);

#endif

/*
 * JSON Schema 2020-12: compile once, check many (req: FMT-5). docs/schema.md lists the vocabulary and what is refused.
 * Nothing is ever fetched: documents that a schema refers to come from the caller. Work and depth are bounded on both sides; patterns run in
 * linear time (schema_regex.h) or are refused when the schema is compiled.
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "sjson.h"

#define SCHEMA_TEXT_MAX ((size_t)1024 * 1024) /* bytes of one schema document */
#define SCHEMA_NODES_MAX 20000 /* subschemas of a compiled schema with all its documents */
#define SCHEMA_MEMORY_MAX ((size_t)48 * 1024 * 1024)
#define SCHEMA_URI_MAX 1024
#define SCHEMA_DEPTH_MAX \
    256 /* subschemas inside one another while checking; also reference chains */
#define SCHEMA_WORK_MAX 4000000 /* steps of one check */
#define SCHEMA_POINTER_MAX 256
#define SCHEMA_DIALECT "https://json-schema.org/draft/2020-12/schema"

/* A compiled schema. Immutable: any number of threads may check with it at once. */
struct schema;

/* A document that a schema may refer to by this URI (without fragment) or by its own $id. Borrowed for the call. */
struct schema_document {
    sg_str uri;
    sg_str json;
};

struct schema_settings {
    sg_str uri; /* base URI of the schema itself; empty: it has only its own $id */
    const struct schema_document *documents;
    size_t n_documents;
    bool
        formats; /* `format` is an assertion, where the format is known (docs/schema.md); otherwise an annotation, as the draft has it */
};

/*
 * Compile. Only documents that are referred to are read. SG_E_VALUE (a keyword with a value that it cannot have, a pattern that is no regular
 * expression), SG_E_UNSUPPORTED (a dialect or required vocabulary that is not ours; a pattern outside of the linear subset), SG_E_NOT_FOUND (a
 * reference to nothing), SG_E_TOO_MANY, SG_E_TOO_LARGE, SG_E_DEPTH, SG_E_NO_MEMORY, and what sjson_parse refuses. why->what names the keyword.
 */
SG_CHECKED sg_result schema_compile(
    sg_str json, const struct schema_settings *settings, struct sg_why *why, struct schema **ret);
void schema_free(struct schema **schema); /* NULL accepted */

/* Where a value does not fit: for operators and for the author of the value. Names of members may stand in it, values never. */
struct schema_fault {
    char pointer
        [SCHEMA_POINTER_MAX]; /* JSON Pointer into the value, NUL-terminated; cut with "..." when too long */
    const char *keyword; /* static text: "required"; "" when the schema is `false` */
};

/*
 * Check a value. SG_E_SCHEMA: it does not fit, and `fault` (optional) says where first; SG_E_WORK: it would take too much, so that it
 * counts as not fitting; SG_E_NO_MEMORY. The arena is for scratch only: nothing of it is needed afterwards.
 */
SG_CHECKED sg_result schema_check(const struct schema *schema, struct sg_arena *arena,
    const struct sjson *value, struct schema_fault *fault);

#endif

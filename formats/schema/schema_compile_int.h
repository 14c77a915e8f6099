/* Compiling, in two files: resources and references, and keywords. */
#ifndef SCHEMA_COMPILE_INT_H
#define SCHEMA_COMPILE_INT_H

#include "schema_int.h"

struct compiler {
    struct sg_arena *arena;
    const struct schema_settings *settings;
    struct sg_why *why;
    struct schema_resource *resources;
    struct schema_node *first, **last;
    size_t n_nodes;
    struct schema_node **table; /* by address of the source */
    size_t table_size;          /* a power of two */
    size_t regex_max;
    unsigned depth;
};

/* The refusal `code`, with the keyword noted for operators (the innermost speaks). */
SG_CHECKED sg_result schema_bad(struct compiler *c, const char *keyword, enum sg_code code);
/* The node of a subschema, made when it is not there yet. */
SG_CHECKED sg_result schema_subschema(struct compiler *c, const struct sjson *source,
    struct schema_resource *resource, struct schema_node **ret);
/* Fill a node from its source, by the vocabularies of its resource. */
SG_CHECKED sg_result schema_read_keywords(struct compiler *c, struct schema_node *node);

#endif

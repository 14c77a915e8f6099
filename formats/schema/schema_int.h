/* A compiled schema: shared by compiler and checker. */
#ifndef SCHEMA_INT_H
#define SCHEMA_INT_H

#include "schema.h"
#include "schema_num.h"
#include "schema_regex.h"

struct schema_node;

struct schema_anchor {
    const struct schema_anchor *next;
    sg_str name;
    struct schema_node *node;
    bool dynamic;
};

/* A schema resource: a document, or a subschema with its own $id. */
struct schema_resource {
    struct schema_resource *next;
    sg_str uri;   /* canonical, without fragment */
    sg_str alias; /* by which the caller knows it; = uri for embedded ones */
    const struct sjson *root;
    const struct schema_anchor *anchors;
    unsigned vocabularies; /* enum schema_vocabulary */
};

enum schema_vocabulary {
    VOCAB_CORE = 1,
    VOCAB_APPLICATOR = 2,
    VOCAB_UNEVALUATED = 4,
    VOCAB_VALIDATION = 8,
    VOCAB_FORMAT = 16,        /* annotation */
    VOCAB_FORMAT_ASSERT = 32, /* assertion */
};

/* Bits of `types`. */
enum schema_type {
    TYPE_NULL = 1,
    TYPE_BOOLEAN = 2,
    TYPE_OBJECT = 4,
    TYPE_ARRAY = 8,
    TYPE_NUMBER = 16,
    TYPE_STRING = 32,
    TYPE_INTEGER = 64,
};

enum schema_format {
    FORMAT_NONE,
    FORMAT_DATE,
    FORMAT_TIME,
    FORMAT_DATE_TIME,
    FORMAT_DURATION,
    FORMAT_EMAIL,
    FORMAT_HOSTNAME,
    FORMAT_IPV4,
    FORMAT_IPV6,
    FORMAT_URI,
    FORMAT_URI_REFERENCE,
    FORMAT_UUID,
    FORMAT_JSON_POINTER,
    FORMAT_RELATIVE_JSON_POINTER,
    FORMAT_REGEX,
};
/* FORMAT_NONE for names that are annotations here. */
enum schema_format schema_format_find(sg_str name);
/* SG_E_SCHEMA when the text is not of this format; SG_E_NO_MEMORY. */
SG_CHECKED sg_result schema_format_check(
    struct sg_arena *arena, enum schema_format format, sg_str text);

/* Subschemas in an array. */
struct schema_list {
    struct schema_node **nodes;
    size_t n;
};
/* Subschemas by name, sorted as bytes. */
struct schema_property {
    sg_str name;
    struct schema_node *node;
};
struct schema_properties {
    struct schema_property *rows;
    size_t n;
};
struct schema_pattern {
    const struct regex *regex;
    struct schema_node *node;
};
struct schema_patterns {
    struct schema_pattern *rows;
    size_t n;
};

#define NO_LIMIT UINT64_MAX

struct schema_node {
    struct schema_node *next; /* in the order of compiling: for references */
    const struct sjson *source;
    struct schema_resource *resource;
    bool boolean; /* `true` or `false` */
    bool truth;

    /* validation */
    unsigned types;                    /* 0: any */
    const struct sjson *one_of_values; /* enum */
    const struct sjson *constant;
    const struct schema_num *multiple_of, *maximum, *exclusive_maximum, *minimum,
        *exclusive_minimum;
    uint64_t max_length, min_length, max_items, min_items, max_contains, min_contains;
    uint64_t max_properties, min_properties;
    const struct regex *pattern;
    bool unique_items;
    const struct sjson *required;           /* array of texts */
    const struct sjson *dependent_required; /* object of arrays of texts */
    enum schema_format format;              /* asserted */

    /* applicators */
    struct schema_list all_of, any_of, one_of, prefix_items;
    struct schema_node * not, *if_, *then, *else_, *items, *contains, *property_names,
        *additional_properties, *unevaluated_items, *unevaluated_properties;
    struct schema_properties properties, dependent_schemas;
    struct schema_patterns pattern_properties;

    /* references */
    sg_str ref_text, dynamic_ref_text;
    struct schema_node *ref;
    struct schema_node *dynamic_ref;
    sg_str dynamic_name; /* empty: an ordinary reference */
};

struct schema {
    struct sg_arena *arena;
    struct schema_node *root;
    size_t regex_max; /* instructions of the largest pattern */
};

/* The node of that name, or NULL. */
struct schema_node *schema_property_find(const struct schema_properties *properties, sg_str name);

#endif

/* What each keyword makes of its value (applicator 10; unevaluated 11; validation 6, 7). */
#include "schema_compile_int.h"

/* ---- values of keywords ------------------------------------------------------------------------------------ */

/* One keyword of a node. `field`: offset of what it fills. */
struct keyword;
typedef sg_result (*keyword_fn)(struct compiler *c, struct schema_node *node,
    const struct keyword *keyword, const struct sjson *value);
struct keyword {
    const char *name;
    enum schema_vocabulary vocabulary;
    keyword_fn read;
    size_t field;
};

static void *
field_of(struct schema_node *node, const struct keyword *keyword)
{
    return (char *)node + keyword->field;
}

static sg_result
read_node(struct compiler *c, struct schema_node *node, const struct keyword *keyword,
    const struct sjson *value)
{
    return schema_subschema(c, value, node->resource, field_of(node, keyword));
}

static sg_result
read_list(struct compiler *c, struct schema_node *node, const struct keyword *keyword,
    const struct sjson *value)
{
    struct schema_list *list = field_of(node, keyword);
    SG_REQUIRE(value->type == SJSON_ARRAY && value->n > 0, VALUE);
    list->nodes = SG_NEW_ARRAY(c->arena, value->n, struct schema_node *);
    SG_REQUIRE(list->nodes != NULL, NO_MEMORY);
    for (const struct sjson *v = value->first; v != NULL; v = v->next) {
        SG_TRY(schema_subschema(c, v, node->resource, &list->nodes[list->n]));
        list->n++;
    }
    return SG_DONE;
}

static int
compare_names(sg_str a, sg_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n == 0 ? 0 : memcmp(a.p, b.p, n);
    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

/* Heap sort: no memory, no bad case. */
static void
sift(struct schema_property *rows, size_t at, size_t n)
{
    for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && compare_names(rows[child].name, rows[child + 1].name) < 0) {
            child++;
        }
        if (compare_names(rows[at].name, rows[child].name) >= 0) {
            return;
        }
        struct schema_property row = rows[at];
        rows[at] = rows[child];
        rows[child] = row;
        at = child;
    }
}

static void
sort(struct schema_property *rows, size_t n)
{
    for (size_t i = n / 2; i > 0; i--) {
        sift(rows, i - 1, n);
    }
    for (size_t i = n; i > 1; i--) {
        struct schema_property row = rows[0];
        rows[0] = rows[i - 1];
        rows[i - 1] = row;
        sift(rows, 0, i - 1);
    }
}

struct schema_node *
schema_property_find(const struct schema_properties *properties, sg_str name)
{
    size_t low = 0;
    size_t high = properties->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = compare_names(properties->rows[middle].name, name);
        if (c == 0) {
            return properties->rows[middle].node;
        }
        if (c < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static sg_result
read_properties(struct compiler *c, struct schema_node *node, const struct keyword *keyword,
    const struct sjson *value)
{
    struct schema_properties *properties = field_of(node, keyword);
    SG_REQUIRE(value->type == SJSON_OBJECT, VALUE);
    properties->rows = SG_NEW_ARRAY(c->arena, value->n + 1, struct schema_property);
    SG_REQUIRE(properties->rows != NULL, NO_MEMORY);
    for (const struct sjson *v = value->first; v != NULL; v = v->next) {
        struct schema_property *row = &properties->rows[properties->n];
        row->name = v->name;
        SG_TRY(schema_subschema(c, v, node->resource, &row->node));
        properties->n++;
    }
    sort(properties->rows, properties->n);
    return SG_DONE;
}

/* $defs: nothing is checked by it, but its subschemas are places that references go to. */
static sg_result
read_definitions(struct compiler *c, struct schema_node *node, const struct keyword *keyword,
    const struct sjson *value)
{
    (void)keyword;
    SG_REQUIRE(value->type == SJSON_OBJECT, VALUE);
    for (const struct sjson *v = value->first; v != NULL; v = v->next) {
        struct schema_node *definition;
        SG_TRY(schema_subschema(c, v, node->resource, &definition));
    }
    return SG_DONE;
}

static sg_result
make_regex(struct compiler *c, sg_str pattern, const struct regex **ret)
{
    SG_TRY(regex_compile(c->arena, pattern, ret));
    size_t size = regex_size(*ret);
    c->regex_max = size > c->regex_max ? size : c->regex_max;
    return SG_DONE;
}

static sg_result
read_pattern_properties(struct compiler *c, struct schema_node *node, const struct keyword *keyword,
    const struct sjson *value)
{
    struct schema_patterns *patterns = field_of(node, keyword);
    SG_REQUIRE(value->type == SJSON_OBJECT, VALUE);
    patterns->rows = SG_NEW_ARRAY(c->arena, value->n + 1, struct schema_pattern);
    SG_REQUIRE(patterns->rows != NULL, NO_MEMORY);
    for (const struct sjson *v = value->first; v != NULL; v = v->next) {
        struct schema_pattern *row = &patterns->rows[patterns->n];
        SG_TRY(make_regex(c, v->name, &row->regex));
        SG_TRY(schema_subschema(c, v, node->resource, &row->node));
        patterns->n++;
    }
    return SG_DONE;
}

static sg_result
read_pattern(struct compiler *c, struct schema_node *node, const struct keyword *keyword,
    const struct sjson *value)
{
    SG_REQUIRE(value->type == SJSON_STRING, VALUE);
    return make_regex(c, value->text, field_of(node, keyword));
}

static unsigned
type_bit(sg_str name)
{
    static const struct {
        const char *name;
        enum schema_type bit;
    } types[] = { { "null", TYPE_NULL }, { "boolean", TYPE_BOOLEAN }, { "object", TYPE_OBJECT },
        { "array", TYPE_ARRAY }, { "number", TYPE_NUMBER }, { "string", TYPE_STRING },
        { "integer", TYPE_INTEGER } };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (sg_str_is(name, types[i].name)) {
            return types[i].bit;
        }
    }
    return 0;
}

static sg_result
read_type(struct compiler *c, struct schema_node *node, const struct keyword *keyword,
    const struct sjson *value)
{
    (void)c;
    (void)keyword;
    if (value->type == SJSON_STRING) {
        node->types = type_bit(value->text);
        SG_REQUIRE(node->types != 0, VALUE);
        return SG_DONE;
    }
    SG_REQUIRE(value->type == SJSON_ARRAY && value->n > 0, VALUE);
    for (const struct sjson *v = value->first; v != NULL; v = v->next) {
        unsigned bit = v->type == SJSON_STRING ? type_bit(v->text) : 0;
        SG_REQUIRE(bit != 0 && (node->types & bit) == 0, VALUE);
        node->types |= bit;
    }
    return SG_DONE;
}

static sg_result
read_any(struct compiler *c, struct schema_node *node, const struct keyword *keyword,
    const struct sjson *value)
{
    const struct sjson **field = field_of(node, keyword);
    (void)c;
    *field = value;
    return SG_DONE;
}

static sg_result
read_enum(struct compiler *c, struct schema_node *node, const struct keyword *keyword,
    const struct sjson *value)
{
    SG_REQUIRE(value->type == SJSON_ARRAY, VALUE);
    return read_any(c, node, keyword, value);
}

static sg_result
check_texts(const struct sjson *value)
{
    SG_REQUIRE(value->type == SJSON_ARRAY, VALUE);
    for (const struct sjson *v = value->first; v != NULL; v = v->next) {
        SG_REQUIRE(v->type == SJSON_STRING, VALUE);
    }
    return SG_DONE;
}

static sg_result
read_required(struct compiler *c, struct schema_node *node, const struct keyword *keyword,
    const struct sjson *value)
{
    SG_TRY(check_texts(value));
    return read_any(c, node, keyword, value);
}

static sg_result
read_dependent_required(struct compiler *c, struct schema_node *node, const struct keyword *keyword,
    const struct sjson *value)
{
    SG_REQUIRE(value->type == SJSON_OBJECT, VALUE);
    for (const struct sjson *v = value->first; v != NULL; v = v->next) {
        SG_TRY(check_texts(v));
    }
    return read_any(c, node, keyword, value);
}

static sg_result
read_number(struct compiler *c, struct schema_node *node, const struct keyword *keyword,
    const struct sjson *value)
{
    const struct schema_num **field = field_of(node, keyword);
    struct schema_num *num = SG_NEW(c->arena, struct schema_num);
    SG_REQUIRE(value->type == SJSON_NUMBER, VALUE);
    SG_REQUIRE(num != NULL, NO_MEMORY);
    SG_TRY(schema_num_of(c->arena, value, num));
    *field = num;
    return SG_DONE;
}

static sg_result
read_divisor(struct compiler *c, struct schema_node *node, const struct keyword *keyword,
    const struct sjson *value)
{
    SG_TRY(read_number(c, node, keyword, value));
    SG_REQUIRE(!node->multiple_of->negative && node->multiple_of->digits.n > 0, VALUE);
    return SG_DONE;
}

/* A count: 2, 2.0 and 2e0 are the same. More than anything that can be counted here is "no limit". */
static sg_result
read_count(struct compiler *c, struct schema_node *node, const struct keyword *keyword,
    const struct sjson *value)
{
    uint64_t *field = field_of(node, keyword);
    struct schema_num num;
    uint64_t n = 0;
    SG_REQUIRE(value->type == SJSON_NUMBER, VALUE);
    SG_TRY(schema_num_of(c->arena, value, &num));
    SG_REQUIRE(!num.negative && schema_num_is_integer(&num), VALUE);
    if (num.digits.n + (uint64_t)num.exponent > 18) {
        *field = NO_LIMIT - 1;
        return SG_DONE;
    }
    for (size_t i = 0; i < num.digits.n + (size_t)num.exponent; i++) {
        n = n * 10 + (i < num.digits.n ? (uint64_t)(num.digits.p[i] - '0') : 0);
    }
    *field = n;
    return SG_DONE;
}

static sg_result
read_bool(struct compiler *c, struct schema_node *node, const struct keyword *keyword,
    const struct sjson *value)
{
    bool *field = field_of(node, keyword);
    (void)c;
    SG_REQUIRE(value->type == SJSON_TRUE || value->type == SJSON_FALSE, VALUE);
    *field = value->type == SJSON_TRUE;
    return SG_DONE;
}

static sg_result
read_format(struct compiler *c, struct schema_node *node, const struct keyword *keyword,
    const struct sjson *value)
{
    (void)keyword;
    SG_REQUIRE(value->type == SJSON_STRING, VALUE);
    if (c->settings->formats || (node->resource->vocabularies & VOCAB_FORMAT_ASSERT) != 0) {
        node->format = schema_format_find(value->text);
    }
    return SG_DONE;
}

static sg_result
read_reference(struct compiler *c, struct schema_node *node, const struct keyword *keyword,
    const struct sjson *value)
{
    sg_str *field = field_of(node, keyword);
    (void)c;
    SG_REQUIRE(value->type == SJSON_STRING, VALUE);
    *field = value->text;
    return SG_DONE;
}

#define AT(member) offsetof(struct schema_node, member)

static const struct keyword keywords[] = {
    { "$ref", VOCAB_CORE, read_reference, AT(ref_text) },
    { "$dynamicRef", VOCAB_CORE, read_reference, AT(dynamic_ref_text) },
    { "$defs", VOCAB_CORE, read_definitions, 0 },
    { "definitions", VOCAB_CORE, read_definitions,
        0 }, /* its name before; the meta-schema still knows it */
    { "allOf", VOCAB_APPLICATOR, read_list, AT(all_of) },
    { "anyOf", VOCAB_APPLICATOR, read_list, AT(any_of) },
    { "oneOf", VOCAB_APPLICATOR, read_list, AT(one_of) },
    { "not", VOCAB_APPLICATOR, read_node, AT(not ) },
    { "if", VOCAB_APPLICATOR, read_node, AT(if_) },
    { "then", VOCAB_APPLICATOR, read_node, AT(then) },
    { "else", VOCAB_APPLICATOR, read_node, AT(else_) },
    { "dependentSchemas", VOCAB_APPLICATOR, read_properties, AT(dependent_schemas) },
    { "prefixItems", VOCAB_APPLICATOR, read_list, AT(prefix_items) },
    { "items", VOCAB_APPLICATOR, read_node, AT(items) },
    { "contains", VOCAB_APPLICATOR, read_node, AT(contains) },
    { "properties", VOCAB_APPLICATOR, read_properties, AT(properties) },
    { "patternProperties", VOCAB_APPLICATOR, read_pattern_properties, AT(pattern_properties) },
    { "additionalProperties", VOCAB_APPLICATOR, read_node, AT(additional_properties) },
    { "propertyNames", VOCAB_APPLICATOR, read_node, AT(property_names) },
    { "unevaluatedItems", VOCAB_UNEVALUATED, read_node, AT(unevaluated_items) },
    { "unevaluatedProperties", VOCAB_UNEVALUATED, read_node, AT(unevaluated_properties) },
    { "type", VOCAB_VALIDATION, read_type, 0 },
    { "enum", VOCAB_VALIDATION, read_enum, AT(one_of_values) },
    { "const", VOCAB_VALIDATION, read_any, AT(constant) },
    { "multipleOf", VOCAB_VALIDATION, read_divisor, AT(multiple_of) },
    { "maximum", VOCAB_VALIDATION, read_number, AT(maximum) },
    { "exclusiveMaximum", VOCAB_VALIDATION, read_number, AT(exclusive_maximum) },
    { "minimum", VOCAB_VALIDATION, read_number, AT(minimum) },
    { "exclusiveMinimum", VOCAB_VALIDATION, read_number, AT(exclusive_minimum) },
    { "maxLength", VOCAB_VALIDATION, read_count, AT(max_length) },
    { "minLength", VOCAB_VALIDATION, read_count, AT(min_length) },
    { "pattern", VOCAB_VALIDATION, read_pattern, AT(pattern) },
    { "maxItems", VOCAB_VALIDATION, read_count, AT(max_items) },
    { "minItems", VOCAB_VALIDATION, read_count, AT(min_items) },
    { "uniqueItems", VOCAB_VALIDATION, read_bool, AT(unique_items) },
    { "maxContains", VOCAB_VALIDATION, read_count, AT(max_contains) },
    { "minContains", VOCAB_VALIDATION, read_count, AT(min_contains) },
    { "maxProperties", VOCAB_VALIDATION, read_count, AT(max_properties) },
    { "minProperties", VOCAB_VALIDATION, read_count, AT(min_properties) },
    { "required", VOCAB_VALIDATION, read_required, AT(required) },
    { "dependentRequired", VOCAB_VALIDATION, read_dependent_required, AT(dependent_required) },
    { "format", VOCAB_FORMAT, read_format, 0 },
};

sg_result
schema_read_keywords(struct compiler *c, struct schema_node *node)
{
    unsigned vocabularies = node->resource->vocabularies;
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        const struct keyword *keyword = &keywords[i];
        const struct sjson *value = sjson_get(node->source, keyword->name);
        if (value == NULL || (vocabularies & keyword->vocabulary) == 0) {
            continue;
        }
        sg_result r = keyword->read(c, node, keyword, value);
        if (!sg_ok(r)) {
            return schema_bad(c, keyword->name, r.code);
        }
    }
    return SG_DONE;
}

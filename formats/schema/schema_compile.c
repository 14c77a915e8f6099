/* From JSON to nodes: resources, anchors, references (draft 2020-12, core 8, 9). Keywords are schema_keywords.c's. */
#include "schema_compile_int.h"
#include "schema_uri.h"

#define TABLE_MIN 1024

sg_result
schema_bad(struct compiler *c, const char *keyword, enum sg_code code)
{
    sg_why_note(c->why, keyword, 0, 0);
    return (sg_result){ code };
}

/* ---- nodes by source ------------------------------------------------------------------------------------ */

static size_t
slot_of(const struct compiler *c, const struct sjson *source)
{
    uint64_t h = (uint64_t)(uintptr_t)source * 0x9e3779b97f4a7c15U;
    size_t at = (size_t)(h >> 32) & (c->table_size - 1);
    while (c->table[at] != NULL && c->table[at]->source != source) {
        at = (at + 1) & (c->table_size - 1);
    }
    return at;
}

static struct schema_node *
node_find(const struct compiler *c, const struct sjson *source)
{
    return c->table[slot_of(c, source)];
}

static sg_result
table_grow(struct compiler *c)
{
    if (c->table != NULL && c->n_nodes * 2 < c->table_size) {
        return SG_DONE;
    }
    c->table_size = c->table == NULL ? TABLE_MIN : c->table_size * 2;
    c->table = SG_NEW_ARRAY(c->arena, c->table_size, struct schema_node *);
    SG_REQUIRE(c->table != NULL, NO_MEMORY);
    for (struct schema_node *node = c->first; node != NULL; node = node->next) {
        c->table[slot_of(c, node->source)] = node;
    }
    return SG_DONE;
}

static sg_result
node_new(struct compiler *c, const struct sjson *source, struct schema_resource *resource,
    struct schema_node **ret)
{
    SG_REQUIRE(c->n_nodes < SCHEMA_NODES_MAX, TOO_MANY);
    struct schema_node *node = SG_NEW(c->arena, struct schema_node);
    SG_REQUIRE(node != NULL, NO_MEMORY);
    node->source = source;
    node->resource = resource;
    node->max_length = node->max_items = node->max_contains = node->max_properties = NO_LIMIT;
    node->min_contains = 1;
    *c->last = node;
    c->last = &node->next;
    c->n_nodes++;
    SG_TRY(table_grow(c));
    c->table[slot_of(c, source)] = node;
    *ret = node;
    return SG_DONE;
}

/* ---- resources ------------------------------------------------------------------------------------------------ */

#define VOCAB_ALL \
    (VOCAB_CORE | VOCAB_APPLICATOR | VOCAB_UNEVALUATED | VOCAB_VALIDATION | VOCAB_FORMAT)
#define VOCAB_URI "https://json-schema.org/draft/2020-12/vocab/"

static const struct schema_document *
document_find(const struct compiler *c, sg_str uri)
{
    for (size_t i = 0; i < c->settings->n_documents; i++) {
        if (sg_str_equal(c->settings->documents[i].uri, uri)) {
            return &c->settings->documents[i];
        }
    }
    return NULL;
}

static sg_result
parse_document(struct compiler *c, sg_str json, const struct sjson **ret)
{
    sg_str copy;
    SG_REQUIRE(json.n <= SCHEMA_TEXT_MAX, TOO_LARGE);
    SG_TRY(sg_arena_str(c->arena, json, &copy));
    return sjson_parse(c->arena, copy, c->why, ret);
}

/* core 8.1.2: a vocabulary that is required and not known refuses the schema; one that is not listed is not used. */
static sg_result
read_vocabularies(const struct sjson *listed, unsigned *ret)
{
    static const struct {
        const char *uri;
        unsigned bits;
    } known[] = {
        { VOCAB_URI "core", VOCAB_CORE },
        { VOCAB_URI "applicator", VOCAB_APPLICATOR },
        { VOCAB_URI "unevaluated", VOCAB_UNEVALUATED },
        { VOCAB_URI "validation", VOCAB_VALIDATION },
        { VOCAB_URI "format-annotation", VOCAB_FORMAT },
        { VOCAB_URI "format-assertion", VOCAB_FORMAT | VOCAB_FORMAT_ASSERT },
        { VOCAB_URI "content", 0 },
        { VOCAB_URI "meta-data", 0 },
    };
    unsigned bits = VOCAB_CORE;
    SG_REQUIRE(listed->type == SJSON_OBJECT, VALUE);
    for (const struct sjson *v = listed->first; v != NULL; v = v->next) {
        size_t i = 0;
        while (i < sizeof(known) / sizeof(known[0]) && !sg_str_is(v->name, known[i].uri)) {
            i++;
        }
        if (i < sizeof(known) / sizeof(known[0])) {
            bits |= known[i].bits;
        } else {
            SG_REQUIRE(v->type == SJSON_FALSE, UNSUPPORTED);
        }
    }
    *ret = bits;
    return SG_DONE;
}

static sg_result
read_dialect(struct compiler *c, const struct sjson *root, unsigned *vocabularies)
{
    const struct sjson *dialect = sjson_get(root, "$schema");
    const struct sjson *meta = NULL;
    if (dialect == NULL) {
        return SG_DONE;
    }
    SG_REQUIRE(dialect->type == SJSON_STRING, VALUE);
    if (sg_str_is(dialect->text, SCHEMA_DIALECT)) {
        *vocabularies = VOCAB_ALL;
        return SG_DONE;
    }
    const struct schema_document *document = document_find(c, dialect->text);
    SG_REQUIRE(document != NULL, UNSUPPORTED);
    SG_TRY(parse_document(c, document->json, &meta));
    /* only a meta-schema that is itself of this draft: others give the same words another meaning */
    SG_REQUIRE(sjson_is_text(sjson_get(meta, "$schema"), SCHEMA_DIALECT), UNSUPPORTED);
    const struct sjson *listed = sjson_get(meta, "$vocabulary");
    *vocabularies = VOCAB_ALL;
    return listed == NULL ? SG_DONE : read_vocabularies(listed, vocabularies);
}

static struct schema_resource *
resource_find(const struct compiler *c, sg_str uri)
{
    struct schema_resource *r = c->resources;
    while (r != NULL && !sg_str_equal(r->uri, uri) && !sg_str_equal(r->alias, uri)) {
        r = r->next;
    }
    return r;
}

static sg_result
resource_new(struct compiler *c, const struct sjson *root, sg_str base, bool document,
    unsigned vocabularies, struct schema_resource **ret)
{
    struct schema_resource *resource = SG_NEW(c->arena, struct schema_resource);
    const struct sjson *id = sjson_get(root, "$id");
    sg_str fragment = SG_NO_STR;
    SG_REQUIRE(resource != NULL, NO_MEMORY);
    resource->uri = base;
    if (id != NULL) {
        SG_REQUIRE(id->type == SJSON_STRING, VALUE);
        SG_TRY(schema_uri_resolve(c->arena, base, id->text, &resource->uri, &fragment));
        SG_REQUIRE(fragment.n == 0, VALUE); /* core 8.2.1 */
    }
    resource->alias = document ? base : resource->uri;
    resource->root = root;
    resource->vocabularies = vocabularies;
    /* one name for two things: whoever refers to it cannot know which */
    SG_REQUIRE(resource_find(c, resource->uri) == NULL, DUPLICATE);
    resource->next = c->resources;
    c->resources = resource;
    sg_result r = read_dialect(c, root, &resource->vocabularies);
    *ret = resource;
    return sg_ok(r) ? r : schema_bad(c, "$schema", r.code);
}

static sg_result
read_anchor(struct compiler *c, struct schema_node *node, const char *name, bool dynamic)
{
    const struct sjson *v = sjson_get(node->source, name);
    if (v == NULL) {
        return SG_DONE;
    }
    struct schema_anchor *anchor = SG_NEW(c->arena, struct schema_anchor);
    SG_REQUIRE(anchor != NULL, NO_MEMORY);
    SG_REQUIRE(v->type == SJSON_STRING && v->text.n > 0, VALUE);
    char first = (char)(v->text.p[0] | 0x20);
    SG_REQUIRE((first >= 'a' && first <= 'z') || v->text.p[0] == '_', VALUE);
    for (const struct schema_anchor *a = node->resource->anchors; a != NULL; a = a->next) {
        SG_REQUIRE(!sg_str_equal(a->name, v->text) || a->node == node, DUPLICATE);
    }
    *anchor = (struct schema_anchor){ node->resource->anchors, v->text, node, dynamic };
    node->resource->anchors = anchor;
    return SG_DONE;
}

static sg_result
read_names(struct compiler *c, struct schema_node *node)
{
    sg_result r = read_anchor(c, node, "$anchor", false);
    if (!sg_ok(r)) {
        return schema_bad(c, "$anchor", r.code);
    }
    r = read_anchor(c, node, "$dynamicAnchor", true);
    return sg_ok(r) ? r : schema_bad(c, "$dynamicAnchor", r.code);
}

static sg_result
fill(struct compiler *c, struct schema_node *node)
{
    SG_REQUIRE(c->depth < SJSON_DEPTH_MAX + 8, DEPTH); /* the parser's depth bounds it already */
    c->depth++;
    sg_result r = read_names(c, node);
    r = sg_ok(r) ? schema_read_keywords(c, node) : r;
    c->depth--;
    return r;
}

sg_result
schema_subschema(struct compiler *c, const struct sjson *source, struct schema_resource *resource,
    struct schema_node **ret)
{
    struct schema_node *node = node_find(c, source);
    if (node != NULL) {
        *ret = node;
        return SG_DONE;
    }
    bool boolean = source->type == SJSON_TRUE || source->type == SJSON_FALSE;
    SG_REQUIRE(boolean || source->type == SJSON_OBJECT, VALUE);
    if (!boolean && sjson_get(source, "$id") != NULL && resource->root != source) {
        sg_result r =
            resource_new(c, source, resource->uri, false, resource->vocabularies, &resource);
        if (!sg_ok(r)) {
            return schema_bad(c, "$id", r.code);
        }
    }
    SG_TRY(node_new(c, source, resource, &node));
    *ret = node;
    node->boolean = boolean;
    node->truth = source->type == SJSON_TRUE;
    return boolean ? SG_DONE : fill(c, node);
}

static sg_result
document_load(struct compiler *c, sg_str json, sg_str uri, struct schema_node **ret)
{
    const struct sjson *root = NULL;
    struct schema_resource *resource = NULL;
    sg_str base = SG_NO_STR;
    SG_TRY(sg_arena_str(c->arena, uri, &base));
    SG_TRY(parse_document(c, json, &root));
    SG_TRY(resource_new(c, root, base, true, VOCAB_ALL, &resource));
    return schema_subschema(c, root, resource, ret);
}

/* ---- references -------------------------------------------------------------------------------------------------- */

static sg_result
pointer_token(struct compiler *c, sg_str token, sg_str *ret)
{
    char *out = sg_arena_alloc(c->arena, token.n + 1);
    size_t n = 0;
    SG_REQUIRE(out != NULL, NO_MEMORY);
    for (size_t i = 0; i < token.n; i++) {
        char ch = token.p[i];
        if (ch == '~') {
            i++;
            SG_REQUIRE(i < token.n && (token.p[i] == '0' || token.p[i] == '1'), VALUE);
            ch = token.p[i] == '0' ? '~' : '/';
        }
        out[n++] = ch;
    }
    *ret = sg_str_of(out, n);
    return SG_DONE;
}

static const struct sjson *
child(const struct sjson *v, sg_str token)
{
    size_t index = 0;
    if (v->type == SJSON_OBJECT) {
        return sjson_get_str(v, token);
    }
    if (v->type != SJSON_ARRAY || token.n == 0 || token.n > 6 ||
        (token.n > 1 && token.p[0] == '0')) {
        return NULL;
    }
    for (size_t i = 0; i < token.n; i++) {
        if (token.p[i] < '0' || token.p[i] > '9') {
            return NULL;
        }
        index = index * 10 + (size_t)(token.p[i] - '0');
    }
    return sjson_at(v, index);
}

/* A JSON Pointer from a resource's root. Inside an embedded resource its own base counts. */
static sg_result
follow_pointer(
    struct compiler *c, struct schema_resource *resource, sg_str pointer, struct schema_node **ret)
{
    const struct sjson *v = resource->root;
    for (size_t at = 0; at < pointer.n;) {
        size_t end = sg_str_index(pointer, '/', at + 1);
        sg_str token;
        SG_TRY(pointer_token(c, sg_str_slice(pointer, at + 1, end - at - 1), &token));
        v = child(v, token);
        SG_REQUIRE(v != NULL, NOT_FOUND);
        const struct schema_node *node = node_find(c, v);
        resource = node != NULL ? node->resource : resource;
        at = end;
    }
    return schema_subschema(c, v, resource, ret);
}

static sg_result
follow(struct compiler *c, const struct schema_node *from, sg_str text, struct schema_node **ret,
    sg_str *ret_dynamic)
{
    sg_str uri, fragment;
    *ret_dynamic = SG_NO_STR;
    SG_TRY(schema_uri_resolve(c->arena, from->resource->uri, text, &uri, &fragment));
    SG_TRY(schema_uri_unescape(c->arena, fragment, &fragment));
    struct schema_resource *resource = resource_find(c, uri);
    if (resource == NULL) {
        const struct schema_document *document = document_find(c, uri);
        struct schema_node *root;
        SG_REQUIRE(document != NULL, NOT_FOUND);
        SG_TRY(document_load(c, document->json, uri, &root));
        resource = root->resource;
    }
    if (fragment.n == 0 || fragment.p[0] == '/') {
        return follow_pointer(c, resource, fragment, ret);
    }
    for (const struct schema_anchor *a = resource->anchors; a != NULL; a = a->next) {
        if (sg_str_equal(a->name, fragment)) {
            *ret = a->node;
            /* a node may have the same name as both kinds */
            *ret_dynamic = a->dynamic ? a->name : *ret_dynamic;
            if (a->dynamic) {
                break;
            }
        }
    }
    SG_REQUIRE(*ret != NULL, NOT_FOUND);
    return SG_DONE;
}

/* New nodes that a reference leads to come behind, and are visited too. */
static sg_result
resolve_all(struct compiler *c)
{
    for (struct schema_node *node = c->first; node != NULL; node = node->next) {
        sg_str ignored;
        if (node->ref_text.p != NULL) {
            sg_result r = follow(c, node, node->ref_text, &node->ref, &ignored);
            if (!sg_ok(r)) {
                return schema_bad(c, "$ref", r.code);
            }
        }
        if (node->dynamic_ref_text.p != NULL) {
            sg_result r =
                follow(c, node, node->dynamic_ref_text, &node->dynamic_ref, &node->dynamic_name);
            if (!sg_ok(r)) {
                return schema_bad(c, "$dynamicRef", r.code);
            }
        }
    }
    return SG_DONE;
}

sg_result
schema_compile(
    sg_str json, const struct schema_settings *settings, struct sg_why *why, struct schema **ret)
{
    SG_CLEANUP(schema_free)
    struct schema *schema = NULL;
    struct sg_arena *arena = sg_arena_new(0, SCHEMA_MEMORY_MAX);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    schema = SG_NEW(arena, struct schema);
    if (schema == NULL) {
        sg_arena_free(&arena);
        SG_FAIL(NO_MEMORY);
    }
    schema->arena = arena;
    struct compiler c = { .arena = arena, .settings = settings, .why = why, .last = &c.first };
    SG_REQUIRE(settings->uri.n <= SCHEMA_URI_MAX, VALUE);
    SG_TRY(table_grow(&c));
    SG_TRY(document_load(&c, json, settings->uri, &schema->root));
    SG_TRY(resolve_all(&c));
    schema->regex_max = c.regex_max;
    *ret = schema;
    schema = NULL;
    return SG_DONE;
}

void
schema_free(struct schema **schema)
{
    if (*schema != NULL) {
        struct sg_arena *arena = (*schema)->arena; /* the schema itself lies in it */
        sg_arena_free(&arena);
        *schema = NULL;
    }
}

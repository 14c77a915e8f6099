/* Inside formats/jsonld: what the files of this folder share. */
#ifndef JSONLD_INT_H
#define JSONLD_INT_H

#include "jsonld.h"

/*
 * Bounds of one call, against documents made to be slow. A unit of work is a term created, a context visited, a value
 * expanded, or JSONLD_WORK_BYTES bytes of an IRI walked over: a short name may stand for a long IRI, a thousand times. A whole
 * credential costs a few hundred.
 */
#define JSONLD_WORK_BYTES ((size_t)256)
#define JSONLD_WORK_MAX ((size_t)400000)
#define JSONLD_FRAMES_MAX SJSON_DEPTH_MAX /* contexts and terms that wait for one another */
#define JSONLD_REMOTE_MAX 16              /* contexts that name contexts ("context overflow") */
#define JSONLD_LAYERS_MAX 6               /* of one active context, before they are merged */
#define JSONLD_TEXT_MAX ((size_t)32 << 20)

/* ---- words ------------------------------------------------------------------------------------------- */

enum jsonld_kw {
    JSONLD_KW_NONE, /* not a keyword */
    JSONLD_KW_BASE,
    JSONLD_KW_CONTAINER,
    JSONLD_KW_CONTEXT,
    JSONLD_KW_DIRECTION,
    JSONLD_KW_GRAPH,
    JSONLD_KW_ID,
    JSONLD_KW_IMPORT,
    JSONLD_KW_INCLUDED,
    JSONLD_KW_INDEX,
    JSONLD_KW_JSON,
    JSONLD_KW_LANGUAGE,
    JSONLD_KW_LIST,
    JSONLD_KW_NEST,
    JSONLD_KW_NULL, /* "@none" */
    JSONLD_KW_PREFIX,
    JSONLD_KW_PROPAGATE,
    JSONLD_KW_PROTECTED,
    JSONLD_KW_REVERSE,
    JSONLD_KW_SET,
    JSONLD_KW_TYPE,
    JSONLD_KW_VALUE,
    JSONLD_KW_VERSION,
    JSONLD_KW_VOCAB,
};
enum jsonld_kw jsonld_keyword(sg_str text);
bool jsonld_keyword_form(sg_str text);         /* "@" 1*ALPHA */
bool jsonld_is_blank(sg_str text);             /* begins with "_:" */
bool jsonld_iri_absolute(sg_str text);         /* scheme ":" and no white space */
bool jsonld_iri_well_formed(sg_str text);      /* absolute, and only what an IRI may hold */
bool jsonld_language_well_formed(sg_str text); /* the grammar's outline of BCP 47 2.2.9 */
/* RFC 3986 5.2.2; an empty base gives the reference itself. SG_E_NO_MEMORY. */
SG_CHECKED sg_result jsonld_iri_resolve(
    struct sg_arena *arena, sg_str base, sg_str reference, sg_str *ret);
SG_CHECKED sg_result jsonld_concat(struct sg_arena *arena, sg_str a, sg_str b, sg_str *ret);
SG_CHECKED sg_result jsonld_lower(struct sg_arena *arena, sg_str text, sg_str *ret);

/* ---- maps -------------------------------------------------------------------------------------------- */

struct jsonld_run;

struct jsonld_slot {
    sg_str key;
    uint64_t hash; /* 0: empty */
    union {
        const void *value;
        void *object; /* where the map's owner may change it */
    };
    unsigned state;
};
struct jsonld_map {
    struct jsonld_slot *slots;
    size_t cap; /* 0 or a power of two */
    size_t n;
};
uint64_t jsonld_hash(sg_str key); /* never 0 */
/* Long walks along equal hashes are charged to the run's work: names chosen to collide end in SG_E_WORK. */
struct jsonld_slot *jsonld_map_find(
    struct jsonld_run *run, const struct jsonld_map *map, sg_str key, uint64_t hash);
/* Find or add; a new slot's value is NULL. Slots move when the map grows. SG_E_NO_MEMORY. */
SG_CHECKED sg_result jsonld_map_slot(struct jsonld_run *run, struct jsonld_map *map, sg_str key,
    uint64_t hash, struct jsonld_slot **ret);
SG_CHECKED sg_result jsonld_map_reserve(struct jsonld_run *run, struct jsonld_map *map, size_t n);

/* ---- contexts ---------------------------------------------------------------------------------------- */

enum { /* containers, as bits */
    JSONLD_IN_GRAPH = 1,
    JSONLD_IN_ID = 2,
    JSONLD_IN_INDEX = 4,
    JSONLD_IN_LANGUAGE = 8,
    JSONLD_IN_LIST = 16,
    JSONLD_IN_SET = 32,
    JSONLD_IN_TYPE = 64
};

enum jsonld_dir { JSONLD_DIR_UNSET, JSONLD_DIR_NULL, JSONLD_DIR_LTR, JSONLD_DIR_RTL };

struct jsonld_term {
    sg_str iri;  /* keywords included */
    sg_str type; /* type mapping, an IRI when type_kw is NONE; empty when there is none */
    sg_str language;
    sg_str index; /* index mapping; empty when there is none */
    sg_str nest;
    const struct sjson *context; /* scoped context, or NULL */
    sg_str context_base;
    enum jsonld_kw kw;      /* of iri */
    enum jsonld_kw type_kw; /* of type */
    enum jsonld_dir direction;
    unsigned container;
    bool null; /* mapped to nothing */
    bool prefix;
    bool protected_;
    bool reverse;
    bool has_language; /* with an empty language: null */
};

enum jsonld_base { JSONLD_BASE_DOCUMENT, JSONLD_BASE_NULL, JSONLD_BASE_SET };

/* An active context: a layer of terms over its parent's. Never changes once it is made. */
struct jsonld_ctx {
    const struct jsonld_ctx *parent; /* terms not found here are looked for there */
    const struct jsonld_ctx *previous;
    struct jsonld_map terms; /* to struct jsonld_term; NULL: removed */
    size_t layers;
    enum jsonld_base base_kind;
    sg_str base;
    bool has_vocab;
    sg_str vocab;
    sg_str language; /* empty: none */
    enum jsonld_dir direction;
};

/* What a processed context came from: results are remembered by it. */
struct jsonld_memo_key {
    const struct jsonld_ctx *active;
    const void *local; /* a document or the scoped context of a term */
    unsigned how;
};
struct jsonld_memo_slot {
    struct jsonld_memo_key key;
    const struct jsonld_ctx *result;
};
struct jsonld_memo {
    struct jsonld_memo_slot *slots;
    size_t cap;
    size_t n;
};
const struct jsonld_ctx *jsonld_memo_find(
    const struct jsonld_memo *memo, const struct jsonld_memo_key *key);
SG_CHECKED sg_result jsonld_memo_put(struct sg_arena *arena, struct jsonld_memo *memo,
    const struct jsonld_memo_key *key, const struct jsonld_ctx *result);

struct jsonld_source { /* a document of the set */
    sg_str url;
    const struct sjson *context; /* its "@context"; NULL when it has none */
};
struct jsonld_contexts {
    struct sg_arena *arena;
    struct jsonld_map sources; /* by URL, to struct jsonld_source */
    const struct jsonld_ctx *initial;
    struct jsonld_memo memo;
    struct jsonld_map names;    /* by IRI: what it is called (jsonld_names.c) */
    struct jsonld_map meanings; /* by name: what it stands for */
    bool nested;                /* jsonld_contexts_nested */
};

/* Remote contexts on the way, innermost first. */
struct jsonld_remote {
    sg_str url;
    const struct jsonld_remote *up;
    size_t depth;
};

/* How a local context is to be processed (the algorithm's optional inputs). */
struct jsonld_how {
    sg_str base; /* of relative context URLs */
    const struct jsonld_remote *remote;
    bool override; /* override protected */
    bool propagate;
    bool validate; /* validate scoped context */
};

/* One call. */
struct jsonld_run {
    struct sg_arena *arena;
    struct sg_why *why;
    const struct jsonld_options *options;
    const struct jsonld_contexts *contexts;
    struct jsonld_memo memo;
    size_t work;
    size_t frames;
    bool used_base; /* a context looked at the document's base */
    bool preparing; /* processing the contexts of a set once for all requests */
};

SG_CHECKED sg_result jsonld_refuse(struct jsonld_run *run, const char *error); /* SG_E_JSONLD */
/* What would be dropped: SG_E_DATA_LOSS when safe, otherwise nothing. */
SG_CHECKED sg_result jsonld_loss(struct jsonld_run *run, const char *kind);
SG_CHECKED sg_result jsonld_spend(struct jsonld_run *run, size_t work);
SG_CHECKED sg_result jsonld_spend_bytes(struct jsonld_run *run, size_t n);

const struct jsonld_term *jsonld_ctx_find(
    struct jsonld_run *run, const struct jsonld_ctx *ctx, sg_str name);
SG_CHECKED sg_result jsonld_ctx_initial(struct jsonld_run *run, const struct jsonld_ctx **ret);
/* JSON-LD API 4.1, for an "@context" of the document or one of its kind. */
SG_CHECKED sg_result jsonld_ctx_process(struct jsonld_run *run, const struct jsonld_ctx *active,
    const struct sjson *local, const struct jsonld_how *how, const struct jsonld_ctx **ret);
/* The scoped context of a term upon `active`: property-scoped (override) or type-scoped (not propagated). */
enum jsonld_scope {
    JSONLD_SCOPE_PROPERTY,
    JSONLD_SCOPE_VALUE,
    JSONLD_SCOPE_TYPE,
    JSONLD_SCOPE_INDEX
};
SG_CHECKED sg_result jsonld_ctx_scoped(struct jsonld_run *run, const struct jsonld_ctx *active,
    const struct jsonld_term *term, enum jsonld_scope scope, const struct jsonld_ctx **ret);
/* A new layer over `ctx`, to be filled. */
SG_CHECKED sg_result jsonld_ctx_layer(
    struct jsonld_run *run, const struct jsonld_ctx *ctx, struct jsonld_ctx **ret);
SG_CHECKED sg_result jsonld_ctx_has_protected(
    struct jsonld_run *run, const struct jsonld_ctx *ctx, bool *ret);
/* The same terms in one layer. */
SG_CHECKED sg_result jsonld_ctx_flatten(
    struct jsonld_run *run, const struct jsonld_ctx *ctx, const struct jsonld_ctx **ret);
/* The base IRI of a context; empty when there is none. */
sg_str jsonld_ctx_base(struct jsonld_run *run, const struct jsonld_ctx *ctx);

/* A local context being processed: what its terms need to be created. JSON-LD API 4.2. */
enum jsonld_state { JSONLD_WAITING, JSONLD_CREATING, JSONLD_CREATED };
struct jsonld_local {
    struct jsonld_ctx *into;
    struct jsonld_map
        entries; /* its terms, to struct sjson, with a jsonld_state; complete before the first is created */
    const struct jsonld_how *how;
    bool protected_; /* "@protected" of the whole context */
    bool changed;    /* a term differs from what it was */
};
SG_CHECKED sg_result jsonld_term_create(
    struct jsonld_run *run, struct jsonld_local *local, sg_str name);
/* The same if the local context (NULL: none) has the name and it was not created yet. */
SG_CHECKED sg_result jsonld_term_depend(
    struct jsonld_run *run, struct jsonld_local *local, sg_str name);

struct jsonld_iri {
    sg_str s;
    enum jsonld_kw kw;
    bool null;
    const struct jsonld_term *term; /* when the value is a term, and was taken as one */
};
enum { JSONLD_DOCUMENT_RELATIVE = 1, JSONLD_VOCAB = 2 };
/* JSON-LD API 5.2. `local` is NULL but during context processing. */
SG_CHECKED sg_result jsonld_iri_expand(struct jsonld_run *run, const struct jsonld_ctx *ctx,
    sg_str value, unsigned flags, struct jsonld_local *local, struct jsonld_iri *ret);

/* ---- expanded documents ------------------------------------------------------------------------------ */

enum { /* entries a map has, as bits */
    JSONLD_HAS_ID = 1,
    JSONLD_HAS_TYPE = 2,
    JSONLD_HAS_VALUE = 4,
    JSONLD_HAS_LIST = 8,
    JSONLD_HAS_SET = 16,
    JSONLD_HAS_LANGUAGE = 32,
    JSONLD_HAS_DIRECTION = 64,
    JSONLD_HAS_INDEX = 128,
    JSONLD_HAS_GRAPH = 256,
    JSONLD_HAS_INCLUDED = 512,
    JSONLD_HAS_REVERSE = 1024,
    /* the keyword itself came by; terms that are reverse properties add to the same entry, in whatever order they stand */
    JSONLD_SAID_REVERSE = 2048
};

struct jsonld_item;
struct jsonld_items {
    struct jsonld_item *first;
    struct jsonld_item *last;
    size_t n;
};
struct jsonld_property {
    struct jsonld_property *next;
    sg_str iri;
    struct jsonld_items items;
};
struct jsonld_properties {
    struct jsonld_property *first;
    struct jsonld_property *last;
    size_t n;
    struct jsonld_map by_iri; /* once there are many */
};
struct jsonld_type {
    struct jsonld_type *next;
    sg_str iri;
};
/* A node object, value object, list object (or, on the way, a set object). An item is in one list only. */
struct jsonld_item {
    struct jsonld_item *next;
    unsigned has;
    unsigned said;
    bool id_null;
    bool type_array; /* "@type" came as an array */
    bool type_json;
    enum jsonld_dir direction;
    sg_str id;
    struct jsonld_type *types;
    struct jsonld_type *types_last;
    const struct sjson *value;  /* NULL: an @value of null */
    const struct sjson *source; /* the document's object that this node came from, or NULL */
    sg_str language;
    sg_str index;
    struct jsonld_items items; /* @list or @set */
    struct jsonld_items graph;
    struct jsonld_items included;
    struct jsonld_properties properties;
    struct jsonld_properties *reverse;
};
/* What expanding one value gives: nothing, one, or an array. */
struct jsonld_expanded {
    bool null;
    bool array;
    struct jsonld_items items;
};

/* What a value stands under. */
enum jsonld_under {
    JSONLD_UNDER_NOTHING,
    JSONLD_UNDER_GRAPH,
    JSONLD_UNDER_REVERSE,
    JSONLD_UNDER_TERM
};
struct jsonld_active {
    enum jsonld_under under;
    sg_str name;
    const struct jsonld_term *term; /* in the context that goes with it, or NULL */
    bool in_list;                   /* inside an explicit "@list" */
};

void jsonld_items_add(struct jsonld_items *items, struct jsonld_item *item);
void jsonld_items_join(struct jsonld_items *items, const struct jsonld_items *more);
SG_CHECKED sg_result jsonld_item_new(struct jsonld_run *run, struct jsonld_item **ret);
SG_CHECKED sg_result jsonld_property_get(struct jsonld_run *run,
    struct jsonld_properties *properties, sg_str iri, struct jsonld_property **ret);
SG_CHECKED sg_result jsonld_type_add(struct jsonld_run *run, struct jsonld_item *item, sg_str iri);

/* JSON-LD API 5.1.2, and the top level of expand(): an array of node objects. */
SG_CHECKED sg_result jsonld_expand_document(
    struct jsonld_run *run, const struct sjson *document, struct jsonld_items *ret);
SG_CHECKED sg_result jsonld_expand_element(struct jsonld_run *run, const struct jsonld_ctx *ctx,
    const struct jsonld_active *active, const struct sjson *element, bool from_map,
    struct jsonld_expanded *ret);
/* Steps 7 and 10 to 12 of 5.1.2: the type-scoped context of the parent left, those of the element's own types entered. */
SG_CHECKED sg_result jsonld_leave_type_scope(
    struct jsonld_run *run, const struct sjson *element, const struct jsonld_ctx **ctx);
SG_CHECKED sg_result jsonld_enter_type_scopes(struct jsonld_run *run, const struct sjson *element,
    const struct jsonld_ctx **ctx, bool *ret_json);
/* 5.3.2 */
SG_CHECKED sg_result jsonld_expand_value(struct jsonld_run *run, const struct jsonld_ctx *ctx,
    const struct jsonld_term *term, const struct sjson *value, struct jsonld_item **ret);
/* May this stand in a graph without being lost? (safe mode) */
SG_CHECKED sg_result jsonld_check_graph_item(
    struct jsonld_run *run, const struct jsonld_item *item);
/* A map under a term with a container of @language, or @index, @type, @id (13.7, 13.8). */
SG_CHECKED sg_result jsonld_expand_language_map(struct jsonld_run *run,
    const struct jsonld_ctx *ctx, const struct jsonld_term *term, const struct sjson *value,
    struct jsonld_expanded *ret);
SG_CHECKED sg_result jsonld_expand_index_map(struct jsonld_run *run, const struct jsonld_ctx *ctx,
    const struct jsonld_active *key, const struct sjson *value, struct jsonld_expanded *ret);

/* A set of contexts processed before it is used (jsonld_prepare.c): what documents usually need is remembered. */
SG_CHECKED sg_result jsonld_contexts_prepare(struct jsonld_contexts *contexts);

/* What IRIs are called in the contexts of the set (jsonld_names.c). SG_E_TOO_LARGE, SG_E_NO_MEMORY. */
SG_CHECKED sg_result jsonld_contexts_names(struct jsonld_contexts *contexts);
/* options.plain_names, for a name that stands for an IRI in `ctx`; for a member that is a keyword; for a map under a term. SG_E_CONTEXT. */
SG_CHECKED sg_result jsonld_check_name(struct jsonld_run *run, const struct jsonld_ctx *ctx,
    sg_str name, const struct jsonld_iri *iri);
SG_CHECKED sg_result jsonld_check_keyword(
    struct jsonld_run *run, enum jsonld_kw kw, const struct sjson *member, bool value_object);
SG_CHECKED sg_result jsonld_check_index(struct jsonld_run *run, const struct jsonld_term *term);

/* The context documents built into the program; the bytes are the build's (conf/contexts). */
struct jsonld_builtin {
    const char *url;
    const unsigned char *bytes;
    size_t n;
};
const struct jsonld_builtin *jsonld_builtins(size_t *ret_n);

#endif

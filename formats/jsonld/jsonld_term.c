/* Term definitions (JSON-LD API 4.2). */
#include "jsonld_int.h"

/* ---- the members of a term definition ---------------------------------------------------------------- */

/* One definition on the way. */
struct making {
    struct jsonld_run *run;
    struct jsonld_local *local;
    sg_str name;
    struct jsonld_slot *entry;
    const struct sjson *value; /* the map, or NULL for the simple forms */
    const struct sjson *id;    /* its "@id", or the simple form itself; or NULL */
    struct jsonld_term *term;
};

static sg_result
refuse(const struct making *m, const char *error)
{
    return jsonld_refuse(m->run, error);
}

static bool
mode_1_0(const struct making *m)
{
    return m->run->options->mode_1_0;
}

static sg_result
expand(const struct making *m, sg_str value, struct jsonld_iri *ret)
{
    return jsonld_iri_expand(m->run, m->local->into, value, JSONLD_VOCAB, m->local, ret);
}

static bool
is_iri(const struct jsonld_iri *iri)
{
    return !iri->null && iri->kw == JSONLD_KW_NONE && jsonld_iri_absolute(iri->s);
}

static sg_result
make_protected(const struct making *m)
{
    const struct sjson *v = sjson_get(m->value, "@protected");
    m->term->protected_ = m->local->protected_;
    if (v == NULL) {
        return SG_DONE;
    }
    if (mode_1_0(m)) {
        return refuse(m, "invalid term definition");
    }
    if (v->type != SJSON_TRUE && v->type != SJSON_FALSE) {
        return refuse(m, "invalid @protected value");
    }
    m->term->protected_ = v->type == SJSON_TRUE;
    return SG_DONE;
}

static sg_result
make_type(const struct making *m)
{
    const struct sjson *v = sjson_get(m->value, "@type");
    struct jsonld_iri iri;
    if (v == NULL) {
        return SG_DONE;
    }
    if (v->type != SJSON_STRING) {
        return refuse(m, "invalid type mapping");
    }
    SG_TRY(expand(m, v->text, &iri));
    bool newer = iri.kw == JSONLD_KW_JSON || iri.kw == JSONLD_KW_NULL;
    bool word = newer || iri.kw == JSONLD_KW_ID || iri.kw == JSONLD_KW_VOCAB;
    if ((newer && mode_1_0(m)) || (!word && !is_iri(&iri))) {
        return refuse(m, "invalid type mapping");
    }
    m->term->type = iri.s;
    m->term->type_kw = iri.kw;
    return SG_DONE;
}

/* The IRI mapping and what it is. */
static void
set_iri(const struct making *m, const struct jsonld_iri *iri)
{
    m->term->iri = iri->s;
    m->term->kw = iri->kw;
    m->term->null = iri->null;
}

static sg_result
make_reverse(const struct making *m, const struct sjson *v, bool *ret_ignored)
{
    struct jsonld_iri iri;
    const struct sjson *container = sjson_get(m->value, "@container");
    if (sjson_get(m->value, "@id") != NULL || sjson_get(m->value, "@nest") != NULL) {
        return refuse(m, "invalid reverse property");
    }
    if (v->type != SJSON_STRING) {
        return refuse(m, "invalid IRI mapping");
    }
    if (jsonld_keyword_form(v->text)) {
        *ret_ignored = true;
        return jsonld_loss(m->run, "reserved @reverse value");
    }
    SG_TRY(expand(m, v->text, &iri));
    if (!is_iri(&iri) && (iri.null || !jsonld_is_blank(iri.s))) {
        return refuse(m, "invalid IRI mapping");
    }
    set_iri(m, &iri);
    if (container != NULL) {
        bool set = sjson_is_text(container, "@set");
        if (!set && !sjson_is_text(container, "@index") && container->type != SJSON_NULL) {
            return refuse(m, "invalid reverse property");
        }
        if (container->type != SJSON_NULL) {
            m->term->container = set ? JSONLD_IN_SET : JSONLD_IN_INDEX;
        }
    }
    m->term->reverse = true;
    return SG_DONE;
}

static bool
ends_with_gen_delim(sg_str iri)
{
    return iri.n > 0 && memchr(":/?#[]@", iri.p[iri.n - 1], 7) != NULL;
}

/* Step 14.2: an "@id" that is a string and not the term itself. */
static sg_result
make_id(const struct making *m, bool *ret_ignored)
{
    struct jsonld_iri iri;
    const struct sjson *v = m->id;
    if (v->type != SJSON_STRING) {
        return refuse(m, "invalid IRI mapping");
    }
    if (jsonld_keyword(v->text) == JSONLD_KW_NONE && jsonld_keyword_form(v->text)) {
        *ret_ignored = true;
        return jsonld_loss(m->run, "reserved @id value");
    }
    SG_TRY(expand(m, v->text, &iri));
    if (iri.kw == JSONLD_KW_CONTEXT) {
        return refuse(m, "invalid keyword alias");
    }
    bool blank = !iri.null && jsonld_is_blank(iri.s);
    if (iri.kw == JSONLD_KW_NONE && !blank && !is_iri(&iri)) {
        return refuse(m, "invalid IRI mapping");
    }
    set_iri(m, &iri);
    size_t colon = sg_str_index(m->name, ':', 1);
    bool slash = sg_str_index(m->name, '/', 0) < m->name.n;
    if ((colon < m->name.n && colon + 1 < m->name.n) || slash) {
        struct jsonld_iri same;
        m->entry->state = JSONLD_CREATED; /* so that the term does not wait for itself */
        SG_TRY(expand(m, m->name, &same));
        if (same.null || !sg_str_equal(same.s, iri.s)) {
            return refuse(m, "invalid IRI mapping");
        }
    }
    bool colon_anywhere = sg_str_index(m->name, ':', 0) < m->name.n;
    m->term->prefix = !colon_anywhere && !slash && m->value == NULL && iri.kw == JSONLD_KW_NONE &&
                      (blank || ends_with_gen_delim(iri.s));
    return SG_DONE;
}

/* Steps 15 to 18: the mapping follows from the term's own name. */
static sg_result
make_id_from_name(const struct making *m)
{
    struct jsonld_iri iri = { .s = m->name };
    size_t colon = sg_str_index(m->name, ':', 1);
    if (colon < m->name.n) {
        sg_str prefix = sg_str_slice(m->name, 0, colon);
        SG_TRY(jsonld_term_depend(m->run, m->local, prefix));
        const struct jsonld_term *term = jsonld_ctx_find(m->run, m->local->into, prefix);
        if (term != NULL && !term->null) {
            sg_str suffix = sg_str_slice(m->name, colon + 1, m->name.n);
            SG_TRY(jsonld_concat(m->run->arena, term->iri, suffix, &iri.s));
        }
    } else if (sg_str_index(m->name, '/', 0) < m->name.n) {
        SG_TRY(jsonld_iri_expand(m->run, m->local->into, m->name, JSONLD_VOCAB, NULL, &iri));
        if (!is_iri(&iri)) {
            return refuse(m, "invalid IRI mapping");
        }
    } else if (sg_str_is(m->name, "@type")) {
        iri.kw = JSONLD_KW_TYPE;
    } else if (m->local->into->has_vocab) {
        SG_TRY(jsonld_concat(m->run->arena, m->local->into->vocab, m->name, &iri.s));
    } else {
        return refuse(m, "invalid IRI mapping");
    }
    set_iri(m, &iri);
    return SG_DONE;
}

static unsigned
container_bit(const struct sjson *v)
{
    static const struct {
        const char *word;
        unsigned bit;
    } bits[] = {
        { "@graph", JSONLD_IN_GRAPH },
        { "@id", JSONLD_IN_ID },
        { "@index", JSONLD_IN_INDEX },
        { "@language", JSONLD_IN_LANGUAGE },
        { "@list", JSONLD_IN_LIST },
        { "@set", JSONLD_IN_SET },
        { "@type", JSONLD_IN_TYPE },
    };
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        if (sjson_is_text(v, bits[i].word)) {
            return bits[i].bit;
        }
    }
    return 0;
}

/* 0 when the combination is not one the specification lists. */
static unsigned
container_bits(const struct sjson *v)
{
    unsigned all = 0;
    if (v->type != SJSON_ARRAY) {
        return container_bit(v);
    }
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        unsigned bit = container_bit(e);
        if (bit == 0 || (all & bit) != 0) {
            return 0;
        }
        all |= bit;
    }
    unsigned rest = all & ~(unsigned)JSONLD_IN_SET;
    if (v->n == 1 || (rest & (rest - 1)) == 0) {
        return (all & JSONLD_IN_LIST) != 0 && v->n > 1 ? 0 : all;
    }
    bool graph_by =
        rest == (JSONLD_IN_GRAPH | JSONLD_IN_ID) || rest == (JSONLD_IN_GRAPH | JSONLD_IN_INDEX);
    return graph_by ? all : 0;
}

static sg_result
make_container(const struct making *m)
{
    const struct sjson *v = sjson_get(m->value, "@container");
    if (v == NULL) {
        return SG_DONE;
    }
    unsigned bits = container_bits(v);
    unsigned newer = JSONLD_IN_GRAPH | JSONLD_IN_ID | JSONLD_IN_TYPE;
    if (bits == 0 || (mode_1_0(m) && (v->type != SJSON_STRING || (bits & newer) != 0))) {
        return refuse(m, "invalid container mapping");
    }
    m->term->container = bits;
    if ((bits & JSONLD_IN_TYPE) != 0) {
        if (m->term->type.n == 0) {
            m->term->type = SG_LIT("@id");
            m->term->type_kw = JSONLD_KW_ID;
        }
        if (m->term->type_kw != JSONLD_KW_ID && m->term->type_kw != JSONLD_KW_VOCAB) {
            return refuse(m, "invalid type mapping");
        }
    }
    return SG_DONE;
}

static sg_result
make_index(const struct making *m)
{
    const struct sjson *v = sjson_get(m->value, "@index");
    struct jsonld_iri iri;
    if (v == NULL) {
        return SG_DONE;
    }
    if (mode_1_0(m) || (m->term->container & JSONLD_IN_INDEX) == 0 || v->type != SJSON_STRING) {
        return refuse(m, "invalid term definition");
    }
    SG_TRY(expand(m, v->text, &iri));
    if (!is_iri(&iri)) {
        return refuse(m, "invalid term definition");
    }
    m->term->index = v->text;
    return SG_DONE;
}

/* Step 21: processed once here to find its errors; used when a value comes by. */
static sg_result
make_context(const struct making *m)
{
    const struct sjson *v = sjson_get(m->value, "@context");
    const struct jsonld_ctx *unused;
    if (v == NULL) {
        return SG_DONE;
    }
    if (mode_1_0(m)) {
        return refuse(m, "invalid term definition");
    }
    struct jsonld_how how = *m->local->how;
    how.override = true;
    how.propagate = true;
    how.validate = false;
    sg_result r = jsonld_ctx_process(m->run, m->local->into, v, &how, &unused);
    if (r.code == SG_E_JSONLD && m->run->why != NULL) {
        m->run->why->what = "invalid scoped context"; /* the specification's name wins */
    }
    SG_TRY(r);
    m->term->context = v;
    m->term->context_base = m->local->how->base;
    return SG_DONE;
}

static sg_result
make_language(const struct making *m)
{
    const struct sjson *v = sjson_get(m->value, "@language");
    if (v == NULL || sjson_get(m->value, "@type") != NULL) {
        return SG_DONE;
    }
    if (v->type != SJSON_NULL && v->type != SJSON_STRING) {
        return refuse(m, "invalid language mapping");
    }
    m->term->has_language = true;
    return jsonld_lower(m->run->arena, v->text, &m->term->language);
}

static sg_result
make_direction(const struct making *m)
{
    const struct sjson *v = sjson_get(m->value, "@direction");
    if (v == NULL || sjson_get(m->value, "@type") != NULL) {
        return SG_DONE;
    }
    if (v->type == SJSON_NULL) {
        m->term->direction = JSONLD_DIR_NULL;
    } else if (sjson_is_text(v, "ltr")) {
        m->term->direction = JSONLD_DIR_LTR;
    } else if (sjson_is_text(v, "rtl")) {
        m->term->direction = JSONLD_DIR_RTL;
    } else {
        return refuse(m, "invalid base direction");
    }
    return SG_DONE;
}

static sg_result
make_nest(const struct making *m)
{
    const struct sjson *v = sjson_get(m->value, "@nest");
    if (v == NULL) {
        return SG_DONE;
    }
    if (mode_1_0(m)) {
        return refuse(m, "invalid term definition");
    }
    bool keyword = v->type == SJSON_STRING && jsonld_keyword(v->text) != JSONLD_KW_NONE;
    if (v->type != SJSON_STRING || (keyword && !sg_str_is(v->text, "@nest"))) {
        return refuse(m, "invalid @nest value");
    }
    m->term->nest = v->text;
    return SG_DONE;
}

static sg_result
make_prefix(const struct making *m)
{
    const struct sjson *v = sjson_get(m->value, "@prefix");
    if (v == NULL) {
        return SG_DONE;
    }
    bool delimited =
        sg_str_index(m->name, ':', 0) < m->name.n || sg_str_index(m->name, '/', 0) < m->name.n;
    if (mode_1_0(m) || delimited) {
        return refuse(m, "invalid term definition");
    }
    if (v->type != SJSON_TRUE && v->type != SJSON_FALSE) {
        return refuse(m, "invalid @prefix value");
    }
    m->term->prefix = v->type == SJSON_TRUE;
    if (m->term->prefix && m->term->kw != JSONLD_KW_NONE) {
        return refuse(m, "invalid term definition");
    }
    return SG_DONE;
}

static sg_result
check_members(const struct making *m)
{
    for (const struct sjson *e = m->value == NULL ? NULL : m->value->first; e != NULL;
         e = e->next) {
        switch (jsonld_keyword(e->name)) {
        case JSONLD_KW_ID:
        case JSONLD_KW_REVERSE:
        case JSONLD_KW_CONTAINER:
        case JSONLD_KW_CONTEXT:
        case JSONLD_KW_DIRECTION:
        case JSONLD_KW_INDEX:
        case JSONLD_KW_LANGUAGE:
        case JSONLD_KW_NEST:
        case JSONLD_KW_PREFIX:
        case JSONLD_KW_PROTECTED:
        case JSONLD_KW_TYPE:
            break;
        case JSONLD_KW_NONE:
        case JSONLD_KW_BASE:
        case JSONLD_KW_GRAPH:
        case JSONLD_KW_IMPORT:
        case JSONLD_KW_INCLUDED:
        case JSONLD_KW_JSON:
        case JSONLD_KW_LIST:
        case JSONLD_KW_NULL:
        case JSONLD_KW_PROPAGATE:
        case JSONLD_KW_SET:
        case JSONLD_KW_VALUE:
        case JSONLD_KW_VERSION:
        case JSONLD_KW_VOCAB:
            return refuse(m, "invalid term definition");
        }
    }
    return SG_DONE;
}

/* ---- the definition ---------------------------------------------------------------------------------- */

/* Steps 11 to 26; *ret_ignored when the term is to be left out (the form of a keyword). */
static sg_result
make(const struct making *m, bool *ret_ignored)
{
    const struct sjson *reverse = sjson_get(m->value, "@reverse");
    SG_TRY(make_protected(m));
    SG_TRY(make_type(m));
    if (reverse != NULL) {
        return make_reverse(m, reverse, ret_ignored);
    }
    if (m->id == NULL || (m->id->type == SJSON_STRING && sg_str_equal(m->id->text, m->name))) {
        SG_TRY(make_id_from_name(m));
    } else if (m->id->type == SJSON_NULL) {
        m->term->null = true;
    } else {
        SG_TRY(make_id(m, ret_ignored));
    }
    if (*ret_ignored) {
        return SG_DONE;
    }
    SG_TRY(make_container(m));
    SG_TRY(make_index(m));
    SG_TRY(make_context(m));
    SG_TRY(make_language(m));
    SG_TRY(make_direction(m));
    SG_TRY(make_nest(m));
    SG_TRY(make_prefix(m));
    return check_members(m);
}

/* Equal but for the protected flag. */
static bool
same(const struct jsonld_term *a, const struct jsonld_term *b)
{
    return sg_str_equal(a->iri, b->iri) && a->null == b->null && sg_str_equal(a->type, b->type) &&
           a->container == b->container && a->direction == b->direction &&
           a->has_language == b->has_language && sg_str_equal(a->language, b->language) &&
           sg_str_equal(a->index, b->index) && sg_str_equal(a->nest, b->nest) &&
           a->prefix == b->prefix && a->reverse == b->reverse &&
           (a->context == b->context || sjson_equal(a->context, b->context));
}

/* Steps 4 and 5: only "@type" may be defined among the keywords, and little of it. */
static sg_result
check_name(struct jsonld_run *run, sg_str name, const struct sjson *value, bool *ret_ignored)
{
    enum jsonld_kw kw = jsonld_keyword(name);
    if (kw == JSONLD_KW_TYPE && !run->options->mode_1_0) {
        bool good = value->type == SJSON_OBJECT && value->n > 0;
        for (const struct sjson *e = value->first; good && e != NULL; e = e->next) {
            bool set = sg_str_is(e->name, "@container") &&
                       (sjson_is_text(e, "@set") || (e->n == 1 && sjson_is_text(e->first, "@set")));
            good = set || sg_str_is(e->name, "@protected");
        }
        return good ? SG_DONE : jsonld_refuse(run, "keyword redefinition");
    }
    if (kw != JSONLD_KW_NONE) {
        return jsonld_refuse(run, "keyword redefinition");
    }
    *ret_ignored = jsonld_keyword_form(name);
    return *ret_ignored ? jsonld_loss(run, "reserved term") : SG_DONE;
}

static sg_result
set_term(
    struct jsonld_run *run, struct jsonld_local *local, sg_str name, const struct jsonld_term *term)
{
    struct jsonld_slot *slot;
    SG_TRY(jsonld_map_slot(run, &local->into->terms, name, jsonld_hash(name), &slot));
    slot->value = term;
    return SG_DONE;
}

/* Steps 6 to 28 for a name that may be defined. */
static sg_result
create(struct jsonld_run *run, struct jsonld_local *local, struct jsonld_slot *entry)
{
    bool ignored = false;
    const struct sjson *value = entry->value;
    const struct jsonld_term *before = jsonld_ctx_find(run, local->into, entry->key);
    if (before != NULL) {
        SG_TRY(set_term(run, local, entry->key, NULL));
    }
    bool map = value->type == SJSON_OBJECT;
    if (value->type != SJSON_NULL && value->type != SJSON_STRING && !map) {
        return jsonld_refuse(run, "invalid term definition");
    }
    struct jsonld_term *term = SG_NEW(run->arena, struct jsonld_term);
    SG_REQUIRE(term != NULL, NO_MEMORY);
    struct making m = {
        .run = run, .local = local, .name = entry->key, .entry = entry, .term = term
    };
    m.value = map ? value : NULL;
    m.id = map ? sjson_get(value, "@id") : value;
    SG_TRY(make(&m, &ignored));
    if (ignored) {
        local->changed = local->changed || before != NULL;
        return SG_DONE;
    }
    bool equal = before != NULL && same(term, before);
    if (before != NULL && before->protected_ && !local->how->override) {
        if (!equal) {
            return jsonld_refuse(run, "protected term redefinition");
        }
        term->protected_ = true; /* what was protected stays so */
    }
    if (equal && term->protected_ == before->protected_) {
        return set_term(run, local, entry->key, before);
    }
    local->changed = true;
    return set_term(run, local, entry->key, term);
}

sg_result
jsonld_term_create(struct jsonld_run *run, struct jsonld_local *local, sg_str name)
{
    struct jsonld_slot *entry = jsonld_map_find(run, &local->entries, name, jsonld_hash(name));
    SG_REQUIRE(entry != NULL, INTERNAL);
    if (entry->state == JSONLD_CREATED) {
        return SG_DONE;
    }
    if (entry->state == JSONLD_CREATING) {
        return jsonld_refuse(run, "cyclic IRI mapping");
    }
    if (name.n == 0) {
        return jsonld_refuse(run, "invalid term definition");
    }
    SG_TRY(jsonld_spend(run, 1));
    SG_REQUIRE(run->frames < JSONLD_FRAMES_MAX, DEPTH);
    entry->state = JSONLD_CREATING;
    bool ignored = false;
    SG_TRY(check_name(run, name, entry->value, &ignored));
    if (!ignored) {
        run->frames++;
        SG_TRY(create(run, local, entry));
        run->frames--;
    }
    entry->state = JSONLD_CREATED;
    return SG_DONE;
}

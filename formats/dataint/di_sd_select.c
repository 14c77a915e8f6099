/* JSON Pointers (RFC 6901) and the selection they make of a compact document (DI-ECDSA 3.4.10 to 3.4.13). */
#include "di_sd.h"
#include "sg_text.h"

#define STEPS_MAX ((size_t)4000000) /* members passed while following all pointers: some 20 ms */

/* A value on the way to a selected one, or a selected one. */
struct chosen {
    const struct sjson *from;
    size_t index; /* among its siblings in the document */
    bool whole;
    struct chosen *first; /* ascending by index */
    struct chosen *next;
};

struct selecting {
    struct sg_arena *arena;
    struct di_sd_names *names;
    struct sg_why *why;
    size_t steps;
};

/* ---- following a pointer -------------------------------------------------------------------------------- */

/* One reference token, "~1" and "~0" undone. */
static sg_result
unescape(struct selecting *s, sg_str token, sg_str *ret)
{
    *ret = token;
    if (sg_str_index(token, '~', 0) == token.n) {
        return SG_DONE;
    }
    char *out = SG_NEW_ARRAY(s->arena, token.n, char);
    SG_REQUIRE(out != NULL, NO_MEMORY);
    size_t n = 0;
    for (size_t i = 0; i < token.n; i++) {
        char c = token.p[i];
        if (c == '~') {
            char which = i + 1 < token.n ? token.p[++i] : '\0';
            DI_NEED(which == '0' || which == '1', s->why, "JSON Pointer", VALUE);
            c = which == '0' ? '~' : '/';
        }
        out[n++] = c;
    }
    *ret = sg_str_of(out, n);
    return SG_DONE;
}

static bool
is_index(sg_str token, uint64_t *ret)
{
    uint64_t index = 0; /* sg_u64_parse refuses leading zeros, as RFC 6901 does */
    if (token.n > 9 || !sg_ok(sg_u64_parse(token, &index))) {
        return false;
    }
    *ret = index;
    return true;
}

/* The child a token names, and its place. NULL when there is none. */
static const struct sjson *
child_of(struct selecting *s, const struct sjson *v, sg_str token, size_t *ret_index)
{
    uint64_t wanted = 0;
    bool is_array = v->type == SJSON_ARRAY;
    if ((is_array && !is_index(token, &wanted)) || (!is_array && v->type != SJSON_OBJECT)) {
        return NULL;
    }
    size_t index = 0;
    for (const struct sjson *c = v->first; c != NULL && s->steps < STEPS_MAX; c = c->next) {
        s->steps++;
        if (is_array ? index == wanted : sg_str_equal(c->name, token)) {
            *ret_index = index;
            return c;
        }
        index++;
    }
    return NULL;
}

static sg_result
choose_child(struct selecting *s, struct chosen *parent, const struct sjson *from, size_t index,
    struct chosen **ret)
{
    struct chosen **at = &parent->first;
    while (*at != NULL && (*at)->index < index) {
        at = &(*at)->next;
        s->steps++;
    }
    if (*at == NULL || (*at)->index != index) {
        struct chosen *fresh = SG_NEW(s->arena, struct chosen);
        SG_REQUIRE(fresh != NULL, NO_MEMORY);
        *fresh = (struct chosen){ .from = from, .index = index, .next = *at };
        *at = fresh;
    }
    *ret = *at;
    return SG_DONE;
}

static sg_result
follow(struct selecting *s, struct chosen *root, sg_str pointer)
{
    struct chosen *here = root;
    DI_NEED(pointer.n <= DI_SD_POINTER_MAX, s->why, "JSON Pointer", VALUE);
    DI_NEED(pointer.n == 0 || pointer.p[0] == '/', s->why, "JSON Pointer", VALUE);
    for (size_t at = 1; at <= pointer.n;) {
        size_t end = sg_str_index(pointer, '/', at);
        sg_str token;
        size_t index = 0;
        SG_TRY(unescape(s, sg_str_slice(pointer, at, end - at), &token));
        const struct sjson *child = child_of(s, here->from, token, &index);
        SG_REQUIRE(s->steps < STEPS_MAX, WORK);
        DI_NEED(child != NULL, s->why, "JSON Pointer", VALUE);
        SG_TRY(choose_child(s, here, child, index, &here));
        at = end + 1;
    }
    here->whole = true;
    return SG_DONE;
}

/* ---- building the selection ------------------------------------------------------------------------------- */

/*
 * createInitialSelection (3.4.11): an object on the way keeps its identity. The text leaves blank node labels out, after it has
 * replaced all of them in the document it groups; here the label itself is what keeps references to the node together.
 */
static bool
always_kept(const struct sjson *member, bool is_root)
{
    if (is_root && sg_str_is(member->name, "@context")) {
        return true;
    }
    return (sg_str_is(member->name, "id") && member->type == SJSON_STRING) ||
           sg_str_is(member->name, "type");
}

static sg_result build(
    struct selecting *s, const struct chosen *chosen, bool is_root, struct sjson *out);

static sg_result
build_children(struct selecting *s, const struct chosen *chosen, bool is_root, struct sjson *out)
{
    const struct chosen *pick = chosen->first;
    struct sjson *last = NULL;
    size_t index = 0;
    for (const struct sjson *c = chosen->from->first; c != NULL; c = c->next, index++) {
        bool picked = pick != NULL && pick->index == index;
        if (!picked && !(out->type == SJSON_OBJECT && always_kept(c, is_root))) {
            continue;
        }
        struct sjson *copy = SG_NEW(s->arena, struct sjson);
        SG_REQUIRE(copy != NULL, NO_MEMORY);
        struct chosen kept = { .from = c, .whole = true };
        SG_TRY(build(s, picked ? pick : &kept, false, copy));
        if (last == NULL) {
            out->first = copy;
        } else {
            last->next = copy;
        }
        last = copy;
        out->n++;
        pick = picked ? pick->next : pick;
    }
    return SG_DONE;
}

static sg_result
build(struct selecting *s, const struct chosen *chosen, bool is_root, struct sjson *out)
{
    *out = *chosen->from;
    out->next = NULL;
    if (s->names != NULL && out->type == SJSON_OBJECT) {
        SG_REQUIRE(di_sd_names_alias(s->names, out, chosen->from), NO_MEMORY);
    }
    if (chosen->whole) {
        return SG_DONE;
    }
    out->source = SG_NO_STR; /* no longer the document's text: see di_sd_write */
    out->sorted = NULL;
    out->first = NULL;
    out->n = 0;
    return build_children(s, chosen, is_root, out);
}

sg_result
di_sd_select(struct sg_arena *arena, const struct sjson *document, const sg_str *pointers, size_t n,
    struct di_sd_names *names, struct sg_why *why, const struct sjson **ret)
{
    *ret = NULL;
    if (n == 0) {
        return SG_DONE;
    }
    struct selecting s = { arena, names, why, 0 };
    struct chosen root = { .from = document };
    DI_NEED(n <= DI_POINTERS_MAX * 2, why, "JSON Pointer", TOO_LARGE);
    for (size_t i = 0; i < n; i++) {
        SG_TRY(follow(&s, &root, pointers[i]));
    }
    struct sjson *out = SG_NEW(arena, struct sjson);
    SG_REQUIRE(out != NULL, NO_MEMORY);
    SG_TRY(build(&s, &root, true, out));
    *ret = out;
    return SG_DONE;
}

void
di_sd_write(struct sjson_wr *wr, const struct sjson *v)
{
    if (v->source.p != NULL) {
        sjson_wr_value(wr, v);
    } else if (v->type == SJSON_ARRAY) {
        sjson_wr_array(wr);
        for (const struct sjson *c = v->first; c != NULL; c = c->next) {
            di_sd_write(wr, c);
        }
        sjson_wr_array_end(wr);
    } else {
        sjson_wr_object(wr);
        for (const struct sjson *c = v->first; c != NULL; c = c->next) {
            sjson_wr_name(wr, c->name);
            di_sd_write(wr, c);
        }
        sjson_wr_object_end(wr);
    }
}

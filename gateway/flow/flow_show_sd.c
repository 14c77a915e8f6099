/*
 * SD-JWT, the holder's choice: which disclosures show the selected values and no others. The issuer's payload and the processed one are walked side by side,
 * so that a value is known by where it stands and never by its digest or its name alone (dcql.md 3; RFC 9901 7.2).
 */
#include <stdlib.h>

#include "flow_show_int.h"
#include "sg_text.h"

struct walk {
    const struct sdjwt *sd;
    const struct sdjwt_disclosure **by_digest;
    struct flow_nodes nodes;
    bool *marks;
    size_t way[SDJWT_DEPTH_MAX + 1]; /* disclosures around where the walk is */
    size_t n_way;
    struct flow_lines
        *lines; /* NULL: choosing; otherwise marks are made, and what they leave is listed */
};

static int
digest_order(const void *x, const void *y)
{
    const struct sdjwt_disclosure *a = *(const struct sdjwt_disclosure *const *)x;
    const struct sdjwt_disclosure *b = *(const struct sdjwt_disclosure *const *)y;
    return memcmp(a->digest, b->digest, SG_HASH_MAX);
}

static sg_result
walk_open(struct sg_arena *arena, const struct sdjwt *sd, const struct dcql_match *match,
    struct walk *ret)
{
    size_t n = sd->n_disclosures;
    *ret = (struct walk){ .sd = sd };
    ret->by_digest = SG_NEW_ARRAY(arena, n, const struct sdjwt_disclosure *);
    ret->marks = SG_NEW_ARRAY(arena, n, bool);
    SG_REQUIRE(ret->by_digest != NULL && ret->marks != NULL, NO_MEMORY);
    for (size_t i = 0; i < n; i++) {
        ret->by_digest[i] = &sd->disclosures[i];
    }
    if (n > 0) {
        qsort(ret->by_digest, n, sizeof(ret->by_digest[0]), digest_order);
    }
    return flow_nodes_of(arena, match, &ret->nodes);
}

static const struct sdjwt_disclosure *
find(const struct walk *w, const struct sjson *digest)
{
    struct sdjwt_disclosure key = { .name = SG_NO_STR };
    const struct sdjwt_disclosure *p = &key;
    if (digest->type != SJSON_STRING || w->sd->n_disclosures == 0 ||
        !sg_ok(sg_b64url_decode_to(digest->text, key.digest, sg_hash_len(w->sd->hash)))) {
        return NULL;
    }
    const struct sdjwt_disclosure **hit =
        bsearch(&p, w->by_digest, w->sd->n_disclosures, sizeof(w->by_digest[0]), digest_order);
    return hit == NULL ? NULL : *hit;
}

static sg_result visit(
    struct walk *w, const struct sjson *raw, const struct sjson *shown, bool asked);

/* A value behind a disclosure. */
static sg_result
visit_disclosed(
    struct walk *w, const struct sdjwt_disclosure *d, const struct sjson *shown, bool asked)
{
    size_t at = (size_t)(d - w->sd->disclosures);
    SG_REQUIRE(shown != NULL, DISCLOSURE);
    if (w->lines != NULL && !w->marks[at]) {
        return SG_DONE;
    }
    SG_REQUIRE(w->n_way < sizeof(w->way) / sizeof(w->way[0]), DEPTH);
    w->way[w->n_way++] = at;
    w->marks[at] = w->marks[at] || asked; /* beneath a selected value: shown with it (7.3) */
    SG_TRY(visit(w, d->value, shown, asked));
    w->n_way--;
    return SG_DONE;
}

static sg_result
visit_member(struct walk *w, sg_str name, const struct sdjwt_disclosure *d, const struct sjson *raw,
    const struct sjson *object, bool asked)
{
    const struct sjson *shown = sjson_get_str(object, name);
    SG_REQUIRE(shown != NULL, DISCLOSURE);
    if (w->lines != NULL) {
        SG_TRY(flow_lines_name(w->lines, name));
    }
    SG_TRY(d != NULL ? visit_disclosed(w, d, shown, asked) : visit(w, raw, shown, asked));
    if (w->lines != NULL) {
        flow_lines_up(w->lines);
    }
    return SG_DONE;
}

static sg_result
visit_object(struct walk *w, const struct sjson *raw, const struct sjson *shown, bool asked)
{
    for (const struct sjson *m = raw->first; m != NULL; m = m->next) {
        if (sg_str_is(m->name, "_sd")) {
            for (const struct sjson *e = m->first; e != NULL; e = e->next) {
                const struct sdjwt_disclosure *d = find(w, e);
                if (d != NULL) {
                    SG_TRY(visit_member(w, d->name, d, NULL, shown, asked));
                }
            }
        } else if (!sg_str_is(m->name, "_sd_alg")) {
            SG_TRY(visit_member(w, m->name, NULL, m, shown, asked));
        }
    }
    return SG_DONE;
}

static sg_result
visit_array(struct walk *w, const struct sjson *raw, const struct sjson *shown, bool asked)
{
    const struct sjson *next = shown->first;
    size_t index = 0;
    for (const struct sjson *e = raw->first; e != NULL; e = e->next) {
        const struct sjson *digest = sjson_get(e, "...");
        const struct sdjwt_disclosure *d = digest == NULL ? NULL : find(w, digest);
        if (digest != NULL && d == NULL) {
            continue; /* a decoy: no element (RFC 9901 7.1) */
        }
        SG_REQUIRE(next != NULL, DISCLOSURE);
        if (w->lines != NULL) {
            SG_TRY(flow_lines_index(w->lines, index));
        }
        SG_TRY(d != NULL ? visit_disclosed(w, d, next, asked) : visit(w, e, next, asked));
        if (w->lines != NULL) {
            flow_lines_up(w->lines);
        }
        next = next->next;
        index++;
    }
    return SG_DONE;
}

/* A value without parts; or one whose parts all stay hidden, of which a verifier sees that it is there. */
static sg_result
put_leaf(struct walk *w, const struct sjson *shown, bool asked)
{
    static const struct sjson object = { .type = SJSON_OBJECT, .source = { "{}", 2 } };
    static const struct sjson array = { .type = SJSON_ARRAY, .source = { "[]", 2 } };
    bool hidden = shown->n > 0;
    return flow_lines_put(w->lines,
        !hidden                       ? shown
        : shown->type == SJSON_OBJECT ? &object
                                      : &array,
        asked);
}

/* `raw` as it was signed, `shown` as it is with every disclosure in place. Bounded by sdjwt_process, which `shown` went through. */
static sg_result
visit(struct walk *w, const struct sjson *raw, const struct sjson *shown, bool asked)
{
    size_t before = w->lines == NULL ? 0 : w->lines->n;
    SG_REQUIRE(raw->type == shown->type, DISCLOSURE);
    if (flow_nodes_has(&w->nodes, shown)) {
        asked = true;
        for (size_t i = 0; i < w->n_way && w->lines == NULL; i++) {
            w->marks[w->way[i]] = true; /* whatever is around it */
        }
    }
    if (raw->type == SJSON_OBJECT) {
        SG_TRY(visit_object(w, raw, shown, asked));
    } else if (raw->type == SJSON_ARRAY) {
        SG_TRY(visit_array(w, raw, shown, asked));
    }
    return w->lines != NULL && w->lines->n == before ? put_leaf(w, shown, asked) : SG_DONE;
}

static sg_result
choose(struct sg_arena *arena, const struct sdjwt *sd, const struct sjson *processed,
    const struct dcql_match *match, struct walk *w)
{
    SG_TRY(walk_open(arena, sd, match, w));
    SG_TRY(visit(w, sd->payload, processed, false));
    return flow_nodes_met(&w->nodes);
}

sg_result
flow_sd_choose(struct sg_arena *arena, const struct sdjwt *sd, const struct sjson *processed,
    const struct dcql_match *match, bool **ret_marks)
{
    struct walk w;
    SG_TRY(choose(arena, sd, processed, match, &w));
    *ret_marks = w.marks;
    return SG_DONE;
}

sg_result
flow_sd_select(struct sg_arena *arena, const struct sdjwt *sd, const bool *marks, sg_str *ret)
{
    size_t *chosen = SG_NEW_ARRAY(arena, sd->n_disclosures, size_t);
    size_t n = 0;
    SG_REQUIRE(chosen != NULL, NO_MEMORY);
    for (size_t i = 0; i < sd->n_disclosures; i++) {
        if (marks[i]) {
            chosen[n++] = i;
        }
    }
    return sdjwt_select(arena, sd, chosen, n, ret);
}

sg_result
flow_sd_lines(const struct sdjwt *sd, const struct sjson *processed, const struct dcql_match *match,
    struct flow_lines *lines)
{
    struct walk w;
    SG_TRY(choose(lines->arena, sd, processed, match, &w));
    w.lines = lines;
    return visit(&w, sd->payload, processed, false);
}

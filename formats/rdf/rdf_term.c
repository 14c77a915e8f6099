#include "rdf_term.h"

/* SG_E_WORK beyond this many probes for each entry; a fair hash needs about two. */
#define PROBES_EACH ((size_t)32)
#define PROBES_LEAST ((size_t)4096)

bool
rdf_iri_char(uint8_t c)
{
    static const bool bad[256] = { ['<'] = true,
        ['>'] = true,
        ['"'] = true,
        ['{'] = true,
        ['}'] = true,
        ['|'] = true,
        ['^'] = true,
        ['`'] = true,
        ['\\'] = true };
    return c > ' ' && !bad[c];
}

static bool
alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
digit(char c)
{
    return c >= '0' && c <= '9';
}

bool
rdf_iri_valid(sg_str iri)
{
    size_t colon = sg_str_index(iri, ':', 0);
    if (colon == 0 || colon == iri.n || !alpha(iri.p[0])) {
        return false;
    }
    for (size_t i = 1; i < colon; i++) {
        char c = iri.p[i];
        if (!alpha(c) && !digit(c) && c != '+' && c != '-' && c != '.') {
            return false;
        }
    }
    for (size_t i = colon; i < iri.n; i++) {
        if (!rdf_iri_char((uint8_t)iri.p[i])) {
            return false;
        }
    }
    return true;
}

bool
rdf_language_valid(sg_str tag)
{
    size_t subtag = 0; /* characters of this subtag so far */
    bool first = true;
    for (size_t i = 0; i < tag.n; i++) {
        char c = tag.p[i];
        if (c == '-' && subtag > 0) {
            subtag = 0;
            first = false;
        } else if (alpha(c) || (digit(c) && !first)) {
            subtag++;
        } else {
            return false;
        }
    }
    return subtag > 0;
}

static bool
term_equal(const struct rdf_term *a, const struct rdf_term *b)
{
    if (a->kind != b->kind || !sg_str_equal(a->value, b->value)) {
        return false;
    }
    return a->kind != RDF_LITERAL ||
           (sg_str_equal(a->datatype, b->datatype) && sg_str_equal(a->language, b->language));
}

bool
rdf_quad_equal(const struct rdf_quad *a, const struct rdf_quad *b)
{
    return term_equal(&a->s, &b->s) && term_equal(&a->o, &b->o) && term_equal(&a->p, &b->p) &&
           term_equal(&a->g, &b->g);
}

static uint64_t
mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0x9e3779b97f4a7c15U;
    return h ^ (h >> 29);
}

static uint64_t
hash_str(uint64_t h, sg_str s)
{
    uint64_t word;
    h = mix(h, s.n);
    for (; s.n >= 8; s.p += 8, s.n -= 8) {
        memcpy(&word, s.p, 8);
        h = mix(h, word);
    }
    word = 0;
    if (s.n != 0) {
        memcpy(&word, s.p, s.n);
    }
    h = mix(h, word);
    return h ^ (h >> 32);
}

static uint64_t
hash_quad(const struct rdf_quad *q)
{
    uint64_t h = hash_str(q->g.kind, q->g.value);
    h = hash_str(h + q->s.kind, q->s.value);
    h = hash_str(h, q->p.value);
    h = hash_str(h + q->o.kind, q->o.value);
    if (q->o.kind == RDF_LITERAL) {
        h = hash_str(hash_str(h, q->o.datatype), q->o.language);
    }
    return h;
}

sg_result
rdf_table_new(struct sg_arena *arena, size_t n, struct rdf_table *ret)
{
    size_t size = 16;
    SG_REQUIRE(n <= 4 * RDF_QUADS_MAX, TOO_LARGE);
    while (size < 2 * n) {
        size *= 2;
    }
    uint64_t *slots = SG_NEW_ARRAY(arena, size, uint64_t);
    SG_REQUIRE(slots != NULL, NO_MEMORY);
    *ret = (struct rdf_table){ slots, size - 1, PROBES_LEAST + PROBES_EACH * n };
    return SG_DONE;
}

#define SLOT(hash, number) (((hash)&0xffffffff00000000U) | ((uint64_t)(number) + 1))
#define SLOT_NUMBER(slot) ((uint32_t)((slot)&0xffffffffU) - 1)

sg_result
rdf_quads_unique(struct sg_arena *arena, const struct rdf_quad *in, size_t n, struct rdf_quad *out,
    size_t *ret_n)
{
    struct rdf_table t;
    size_t kept = 0;
    SG_TRY(rdf_table_new(arena, n, &t));
    for (size_t i = 0; i < n; i++) {
        uint64_t h = hash_quad(&in[i]);
        size_t at = h & t.mask;
        while (t.slots[at] != 0) {
            SG_REQUIRE(t.budget > 0, WORK);
            t.budget--;
            if ((t.slots[at] ^ h) >> 32 == 0 &&
                rdf_quad_equal(&out[SLOT_NUMBER(t.slots[at])], &in[i])) {
                break;
            }
            at = (at + 1) & t.mask;
        }
        if (t.slots[at] == 0) {
            t.slots[at] = SLOT(h, kept);
            out[kept++] = in[i];
        }
    }
    *ret_n = kept;
    return SG_DONE;
}

sg_result
rdf_table_label(
    struct rdf_table *t, const sg_str *labels, sg_str label, uint32_t next, uint32_t *ret)
{
    uint64_t h = hash_str(0, label);
    size_t at = h & t->mask;
    while (t->slots[at] != 0) {
        SG_REQUIRE(t->budget > 0, WORK);
        t->budget--;
        uint32_t number = SLOT_NUMBER(t->slots[at]);
        if ((t->slots[at] ^ h) >> 32 == 0 && sg_str_equal(labels[number], label)) {
            *ret = number;
            return SG_DONE;
        }
        at = (at + 1) & t->mask;
    }
    t->slots[at] = SLOT(h, next);
    *ret = next;
    return SG_DONE;
}

#include "rdf_term.h"

/* SG_E_WORK beyond this many probes for each entry; a fair hash needs about two. */
#define PROBES_EACH ((size_t)32)
#define PROBES_LEAST ((size_t)4096)

/* Sixteen bytes at once; comparisons give FF or 00 in each. */
typedef uint8_t v16 __attribute__((vector_size(16)));

static inline v16
load16(const char *p)
{
    v16 v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static inline bool
any16(v16 hits)
{
    uint64_t half[2];
    memcpy(half, &hits, sizeof(half));
    return (half[0] | half[1]) != 0;
}

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

static inline bool
iri_bad16(const char *p)
{
    v16 v = load16(p);
    v16 pairs = v & 0xfd; /* < and > differ in this bit, so do \ and ^ */
    v16 bad = (v16)(v <= ' ') | (v16)(v == '"') | (v16)(pairs == '<') | (v16)(pairs == '\\');
    return any16(bad | (v16)(v == '`') | (v16)(v - '{' <= '}' - '{'));
}

size_t
rdf_iri_span(sg_str text)
{
    size_t i = 0;
    while (text.n - i >= 16 && !iri_bad16(text.p + i)) {
        i += 16;
    }
    while (i < text.n && rdf_iri_char((uint8_t)text.p[i])) {
        i++;
    }
    return i;
}

static bool
iri_chars(sg_str iri)
{
    if (iri.n < 16) {
        return rdf_iri_span(iri) == iri.n;
    }
    for (size_t i = 0; i + 16 < iri.n; i += 16) {
        if (iri_bad16(iri.p + i)) {
            return false;
        }
    }
    return !iri_bad16(iri.p + iri.n - 16); /* the rest, and some of it again */
}

static inline bool
special16(v16 v)
{
    v16 hit = (v16)(v < ' ') | (v16)(v == '"') | (v16)(v == '\\') | (v16)(v == 0x7f);
    return any16(hit | (v16)(v == 0xef));
}

size_t
rdf_literal_plain(sg_str text)
{
    size_t i = 0;
    for (; text.n - i >= 16; i += 16) {
        if (special16(load16(text.p + i))) {
            break;
        }
    }
    for (; i < text.n; i++) {
        uint8_t c = (uint8_t)text.p[i];
        if (c < ' ' || c == '"' || c == '\\' || c == 0x7f || c == 0xef) {
            break;
        }
    }
    return i;
}

bool
rdf_literal_is_plain(sg_str text)
{
    if (text.n < 8) {
        return rdf_literal_plain(text) == text.n;
    }
    for (size_t i = 0; i + 16 < text.n; i += 16) {
        if (special16(load16(text.p + i))) {
            return false;
        }
    }
    if (text.n >= 16) {
        return !special16(load16(text.p + text.n - 16)); /* the rest, and some of it again */
    }
    uint64_t both[2] = { rdf_load8(text.p), rdf_load8(text.p + text.n - 8) };
    v16 v;
    memcpy(&v, both, sizeof(v));
    return !special16(v);
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
    size_t i = 0;
    if (iri.n >= 8 && (memcmp(iri.p, "http://", 7) == 0 || memcmp(iri.p, "https://", 8) == 0)) {
        return iri_chars(iri);
    }
    while (i < iri.n && (alpha(iri.p[i]) || digit(iri.p[i]) || iri.p[i] == '+' || iri.p[i] == '-' ||
                            iri.p[i] == '.')) {
        i++;
    }
    return i > 0 && i < iri.n && iri.p[i] == ':' && alpha(iri.p[0]) && iri_chars(iri);
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
    if (a->kind != b->kind || !rdf_same(a->value, b->value)) {
        return false;
    }
    return a->kind != RDF_LITERAL ||
           (rdf_same(a->datatype, b->datatype) && rdf_same(a->language, b->language));
}

bool
rdf_quad_equal(const struct rdf_quad *a, const struct rdf_quad *b)
{
    return term_equal(&a->s, &b->s) && term_equal(&a->o, &b->o) && term_equal(&a->p, &b->p) &&
           term_equal(&a->g, &b->g);
}

static uint64_t
mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product =
        (unsigned __int128)(a ^ 0x9e3779b97f4a7c15U) * (b ^ 0xc2b2ae3d27d4eb4fU);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t
hash_str(uint64_t h, sg_str s)
{
    h += s.n * 0x165667b19e3779f9U;
    if (s.n < 8) {
        uint64_t word = 0;
        if (s.n >= 4) {
            word = (uint64_t)rdf_load4(s.p) << 32 | rdf_load4(s.p + s.n - 4);
        } else if (s.n > 0) {
            word = (uint64_t)(uint8_t)s.p[0] << 16 | (uint64_t)(uint8_t)s.p[s.n / 2] << 8 |
                   (uint8_t)s.p[s.n - 1];
        }
        return mix(h, word);
    }
    size_t i = 0;
    for (; s.n - i > 16; i += 16) {
        h = (h << 7 | h >> 57) ^ mix(rdf_load8(s.p + i) + i, rdf_load8(s.p + i + 8));
    }
    size_t last = s.n - 8;
    return mix(h ^ rdf_load8(s.p + (i < last ? i : last)), rdf_load8(s.p + last));
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
        if ((t->slots[at] ^ h) >> 32 == 0 && rdf_same(labels[number], label)) {
            *ret = number;
            return SG_DONE;
        }
        at = (at + 1) & t->mask;
    }
    t->slots[at] = SLOT(h, next);
    *ret = next;
    return SG_DONE;
}

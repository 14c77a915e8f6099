#include "sg_text.h"

#include "dcbor_head.h"

#define DEPTH_MAX 64
#define KEYS_MAX \
    64 /* keys of one map that are compared for equality; deterministic order needs none of this */

struct span {
    uint32_t at;
    uint32_t n;
};

/* A container that is open. Tags and chunked strings are containers here, so depth bounds them too. */
struct level {
    uint8_t major;
    bool indefinite;
    uint64_t left;   /* items to come; meaningless if indefinite */
    uint64_t n_read; /* items read: even means that a map's key comes next */
    uint32_t item_at;
    struct span keys[KEYS_MAX]; /* deterministic: keys[0] is the last key */
    size_t n_keys;
};

struct scan {
    sg_bytes in;
    size_t at;
    enum dcbor_rule rule;
    size_t max_depth;
    size_t items_left;
    size_t depth;
    /* Set level by level: clearing 64 of them for each small item would cost more than the scan. */
    struct level levels[DEPTH_MAX];
};

/*
 * Does a float with `man_bits` of mantissa fit the next smaller format without loss? By bits, so that NaN payloads and
 * signed zeros count as what they are.
 */
static bool
float_fits(uint64_t bits, unsigned exp_bits, unsigned man_bits, unsigned to_exp, unsigned to_man)
{
    uint64_t man = bits & ((UINT64_C(1) << man_bits) - 1);
    int exp = (int)(bits >> man_bits & ((UINT64_C(1) << exp_bits) - 1));
    int exp_max = (1 << exp_bits) - 1;
    int bias = exp_max >> 1;
    int to_bias = (1 << (to_exp - 1)) - 1;
    unsigned drop = man_bits - to_man;
    if (exp == exp_max) {
        return (man & ((UINT64_C(1) << drop) - 1)) == 0;
    }
    if (exp == 0) {
        return man == 0; /* the larger format's subnormals are below the smaller one's least */
    }
    int e = exp - bias;
    if (e > to_bias) {
        return false;
    }
    if (e < 1 - to_bias) { /* becomes a subnormal: more low bits are lost */
        drop += (unsigned)(1 - to_bias - e);
    }
    return drop <= man_bits && (man & ((UINT64_C(1) << drop) - 1)) == 0;
}

static bool
float_shortest(const struct dcbor_head *head)
{
    if (head->info == 26) {
        return !float_fits(head->value, 8, 23, 5, 10);
    }
    if (head->info == 27) {
        return !float_fits(head->value, 11, 52, 8, 23);
    }
    return true;
}

/* Equal as data: integers by value and strings by content, however long their heads are; the rest by bytes. */
static bool
key_equal(sg_bytes in, struct span a, struct span b)
{
    struct dcbor_head ha;
    struct dcbor_head hb;
    sg_bytes ka = sg_bytes_slice(in, a.at, a.n);
    sg_bytes kb = sg_bytes_slice(in, b.at, b.n);
    if (!dcbor_head_read(ka.p, ka.n, &ha) || !dcbor_head_read(kb.p, kb.n, &hb)) {
        return false;
    }
    if (ha.major == hb.major && ha.major <= DCBOR_TEXT && ha.info != DCBOR_INDEFINITE &&
        hb.info != DCBOR_INDEFINITE) {
        return ha.value == hb.value &&
               sg_bytes_equal(sg_bytes_slice(ka, ha.len, ka.n), sg_bytes_slice(kb, hb.len, kb.n));
    }
    return sg_bytes_equal(ka, kb);
}

/* spec: RFC 8949 4.2.1: keys in the bytewise lexicographic order of their encodings. */
static sg_result
key_ascends(sg_bytes in, struct span last, struct span key)
{
    size_t n = last.n < key.n ? last.n : key.n;
    int order = memcmp(in.p + last.at, in.p + key.at, n);
    if (order == 0 && last.n == key.n) {
        SG_FAIL(DUPLICATE);
    }
    SG_REQUIRE(order < 0 || (order == 0 && last.n < key.n), MALFORMED);
    return SG_DONE;
}

static sg_result
key_done(struct scan *s, struct level *level)
{
    struct span key = { level->item_at, (uint32_t)s->at - level->item_at };
    if (s->rule == DCBOR_DETERMINISTIC) {
        if (level->n_keys != 0) {
            SG_TRY(key_ascends(s->in, level->keys[0], key));
        }
        level->keys[0] = key;
        level->n_keys = 1;
        return SG_DONE;
    }
    if (level->n_keys == KEYS_MAX) {
        return SG_DONE;
    }
    for (size_t i = 0; i < level->n_keys; i++) {
        SG_REQUIRE(!key_equal(s->in, level->keys[i], key), DUPLICATE);
    }
    level->keys[level->n_keys++] = key;
    return SG_DONE;
}

/* One item ends here: count it in its container, and close every container that this completes. */
static sg_result
item_done(struct scan *s)
{
    while (s->depth != 0) {
        struct level *level = &s->levels[s->depth - 1];
        if (level->major == DCBOR_MAP && level->n_read % 2 == 0) {
            SG_TRY(key_done(s, level));
        }
        level->n_read++;
        if (level->indefinite || --level->left != 0) {
            return SG_DONE;
        }
        s->depth--;
    }
    return SG_DONE;
}

static sg_result
push(struct scan *s, uint8_t major, uint64_t items, bool indefinite)
{
    if (!indefinite && items == 0) {
        return item_done(s);
    }
    SG_REQUIRE(s->depth < s->max_depth, DEPTH);
    struct level *level = &s->levels[s->depth++];
    level->major = major;
    level->indefinite = indefinite;
    level->left = items;
    level->n_read = 0;
    level->n_keys = 0;
    return SG_DONE;
}

static sg_result
scan_break(struct scan *s)
{
    SG_REQUIRE(s->depth != 0, MALFORMED);
    const struct level *level = &s->levels[s->depth - 1];
    SG_REQUIRE(level->indefinite, MALFORMED);
    SG_REQUIRE(level->major != DCBOR_MAP || level->n_read % 2 == 0, MALFORMED);
    s->depth--;
    return item_done(s);
}

static sg_result
scan_string(struct scan *s, const struct dcbor_head *head)
{
    SG_REQUIRE(head->value <= s->in.n - s->at, MALFORMED);
    sg_bytes content = sg_bytes_slice(s->in, s->at, (size_t)head->value);
    SG_REQUIRE(head->major != DCBOR_TEXT || sg_utf8_valid(sg_bytes_str(content)), ENCODING);
    s->at += content.n;
    return item_done(s);
}

static sg_result
scan_container(struct scan *s, const struct dcbor_head *head)
{
    if (head->major == DCBOR_TAG) {
        return push(s, head->major, 1, false);
    }
    uint64_t per = head->major == DCBOR_MAP ? 2 : 1;
    /* Each item needs a byte: a false count stops here, before anybody trusts it. */
    SG_REQUIRE(head->value <= (s->in.n - s->at) / per, MALFORMED);
    return push(s, head->major, head->value * per, false);
}

static sg_result
scan_simple(struct scan *s, const struct dcbor_head *head)
{
    /* spec: RFC 8949 3.3: two-byte encodings of simple values below 32 are not well-formed */
    SG_REQUIRE(head->info != 24 || head->value >= 32, MALFORMED);
    SG_REQUIRE(s->rule != DCBOR_DETERMINISTIC || float_shortest(head), MALFORMED);
    return item_done(s);
}

static sg_result
scan_indefinite(struct scan *s, const struct dcbor_head *head)
{
    if (head->major == DCBOR_SIMPLE) {
        return scan_break(s);
    }
    SG_REQUIRE(s->rule != DCBOR_DETERMINISTIC, MALFORMED);
    SG_REQUIRE(head->major >= DCBOR_BYTES && head->major <= DCBOR_MAP, MALFORMED);
    return push(s, head->major, 0, true);
}

static sg_result
scan_item(struct scan *s)
{
    struct dcbor_head head;
    const struct level *outer = s->depth == 0 ? NULL : &s->levels[s->depth - 1];
    SG_REQUIRE(dcbor_head_read(s->in.p + s->at, s->in.n - s->at, &head), MALFORMED);
    bool ends = head.major == DCBOR_SIMPLE && head.info == DCBOR_INDEFINITE;
    if (outer != NULL && (outer->major == DCBOR_BYTES || outer->major == DCBOR_TEXT)) {
        /* spec: RFC 8949 3.2.3: chunks are definite strings of the same major type */
        SG_REQUIRE(
            ends || (head.major == outer->major && head.info != DCBOR_INDEFINITE), MALFORMED);
    }
    if (s->depth != 0 && !ends) {
        s->levels[s->depth - 1].item_at = (uint32_t)s->at;
    }
    SG_REQUIRE(s->items_left != 0, TOO_LARGE);
    s->items_left--;
    s->at += head.len;
    if (head.info == DCBOR_INDEFINITE) {
        return scan_indefinite(s, &head);
    }
    if (head.major == DCBOR_SIMPLE) {
        return scan_simple(s, &head);
    }
    SG_REQUIRE(s->rule != DCBOR_DETERMINISTIC || head.shortest, MALFORMED);
    if (head.major <= DCBOR_NINT) {
        return item_done(s);
    }
    return head.major <= DCBOR_TEXT ? scan_string(s, &head) : scan_container(s, &head);
}

sg_result
dcbor_scan(sg_bytes in, enum dcbor_rule rule, unsigned max_depth, size_t max_items, size_t *ret_len)
{
    struct scan s; /* levels are set as they open */
    SG_REQUIRE(in.n != 0, MALFORMED);
    SG_REQUIRE(in.n <= UINT32_MAX, TOO_LARGE);
    s.in = in;
    s.at = 0;
    s.rule = rule;
    s.max_depth = max_depth < DEPTH_MAX ? max_depth : DEPTH_MAX;
    s.items_left = max_items;
    s.depth = 0;
    do {
        SG_TRY(scan_item(&s));
    } while (s.depth != 0);
    *ret_len = s.at;
    return SG_DONE;
}

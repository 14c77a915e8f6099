#include "sg_text.h"

#include "dcbor_head.h"

/* What stands in the simple values false and true (RFC 8949 3.3). */
#define SIMPLE_FALSE 20
#define SIMPLE_TRUE 21

void
dcbor_rd_fail(struct dcbor_rd *rd, enum sg_code code)
{
    if (rd->failed == SG_OK) {
        rd->failed = code;
    }
}

/* The next head, which must have this major type, a definite argument and the shortest form. */
static uint64_t
take_head(struct dcbor_rd *rd, enum dcbor_major major)
{
    struct dcbor_head head;
    if (rd->failed != SG_OK) {
        return 0;
    }
    if (!dcbor_head_read(rd->p, rd->n, &head) || head.major != major ||
        head.info == DCBOR_INDEFINITE || !head.shortest) {
        rd->failed = SG_E_MALFORMED;
        return 0;
    }
    rd->p += head.len;
    rd->n -= head.len;
    return head.value;
}

/* Count one entry; false once failed or when none is left. */
static bool
take_entry(struct dcbor_rd *rd, bool is_map)
{
    if (rd->failed != SG_OK) {
        return false;
    }
    if (rd->is_map != is_map || rd->left == 0) {
        rd->failed = SG_E_MALFORMED;
        return false;
    }
    rd->left--;
    return true;
}

static bool
take_key(struct dcbor_rd *rd, uint64_t key)
{
    if (!take_entry(rd, true)) {
        return false;
    }
    uint64_t found = take_head(rd, DCBOR_UINT);
    if (rd->failed != SG_OK || found != key || (rd->any_key && found <= rd->last_key)) {
        dcbor_rd_fail(rd, SG_E_MALFORMED);
        return false;
    }
    rd->any_key = true;
    rd->last_key = found;
    return true;
}

static uint64_t
take_uint(struct dcbor_rd *rd, uint64_t max)
{
    uint64_t v = take_head(rd, DCBOR_UINT);
    if (v > max) {
        dcbor_rd_fail(rd, SG_E_MALFORMED);
        return 0;
    }
    return v;
}

static sg_bytes
take_string(struct dcbor_rd *rd, enum dcbor_major major, size_t min, size_t max)
{
    uint64_t n = take_head(rd, major);
    if (rd->failed != SG_OK) {
        return SG_NO_BYTES;
    }
    if (n < min || n > max || n > rd->n) {
        rd->failed = SG_E_MALFORMED;
        return SG_NO_BYTES;
    }
    sg_bytes out = { rd->p, (size_t)n };
    rd->p += n;
    rd->n -= (size_t)n;
    return out;
}

static sg_str
take_text(struct dcbor_rd *rd, size_t min, size_t max)
{
    sg_str out = sg_bytes_str(take_string(rd, DCBOR_TEXT, min, max));
    if (!sg_utf8_valid(out)) {
        rd->failed = SG_E_MALFORMED;
        return SG_NO_STR;
    }
    return out;
}

static struct dcbor_rd
open_container(struct dcbor_rd *rd, enum dcbor_major major, uint64_t max_entries)
{
    struct dcbor_rd in = { .parent = rd, .is_map = major == DCBOR_MAP };
    in.left = take_head(rd, major);
    if (in.left > max_entries) {
        dcbor_rd_fail(rd, SG_E_MALFORMED);
        in.left = 0;
    }
    in.failed = rd->failed;
    in.p = rd->p;
    in.n = rd->n;
    return in;
}

static struct dcbor_rd
open_top(sg_bytes in, enum dcbor_major major)
{
    struct dcbor_rd all = { .p = in.p, .n = in.n };
    struct dcbor_rd top = open_container(&all, major, UINT64_MAX);
    top.parent = NULL;
    return top;
}

struct dcbor_rd
dcbor_rd_map(sg_bytes in)
{
    return open_top(in, DCBOR_MAP);
}

struct dcbor_rd
dcbor_rd_array(sg_bytes in)
{
    return open_top(in, DCBOR_ARRAY);
}

uint64_t
dcbor_rd_left(const struct dcbor_rd *rd)
{
    return rd->failed == SG_OK ? rd->left : 0;
}

bool
dcbor_rd_has(const struct dcbor_rd *rd, uint64_t key)
{
    struct dcbor_head head;
    return rd->failed == SG_OK && rd->is_map && rd->left != 0 &&
           dcbor_head_read(rd->p, rd->n, &head) && head.major == DCBOR_UINT && head.value == key;
}

uint64_t
dcbor_rd_uint(struct dcbor_rd *rd, uint64_t key, uint64_t max)
{
    return take_key(rd, key) ? take_uint(rd, max) : 0;
}

bool
dcbor_rd_bool(struct dcbor_rd *rd, uint64_t key)
{
    if (!take_key(rd, key)) {
        return false;
    }
    uint64_t v = take_head(rd, DCBOR_SIMPLE);
    if (v != SIMPLE_FALSE && v != SIMPLE_TRUE) {
        dcbor_rd_fail(rd, SG_E_MALFORMED);
    }
    return rd->failed == SG_OK && v == SIMPLE_TRUE;
}

sg_bytes
dcbor_rd_bytes(struct dcbor_rd *rd, uint64_t key, size_t min, size_t max)
{
    return take_key(rd, key) ? take_string(rd, DCBOR_BYTES, min, max) : SG_NO_BYTES;
}

sg_str
dcbor_rd_text(struct dcbor_rd *rd, uint64_t key, size_t min, size_t max)
{
    return take_key(rd, key) ? take_text(rd, min, max) : SG_NO_STR;
}

/* Opening fails by itself when taking the key or entry failed: failure sticks. */
struct dcbor_rd
dcbor_rd_member_map(struct dcbor_rd *rd, uint64_t key, uint64_t max_entries)
{
    (void)take_key(rd, key);
    return open_container(rd, DCBOR_MAP, max_entries);
}

struct dcbor_rd
dcbor_rd_member_array(struct dcbor_rd *rd, uint64_t key, uint64_t max_entries)
{
    (void)take_key(rd, key);
    return open_container(rd, DCBOR_ARRAY, max_entries);
}

uint64_t
dcbor_rd_next_uint(struct dcbor_rd *rd, uint64_t max)
{
    return take_entry(rd, false) ? take_uint(rd, max) : 0;
}

sg_bytes
dcbor_rd_next_bytes(struct dcbor_rd *rd, size_t min, size_t max)
{
    return take_entry(rd, false) ? take_string(rd, DCBOR_BYTES, min, max) : SG_NO_BYTES;
}

sg_str
dcbor_rd_next_text(struct dcbor_rd *rd, size_t min, size_t max)
{
    return take_entry(rd, false) ? take_text(rd, min, max) : SG_NO_STR;
}

struct dcbor_rd
dcbor_rd_next_map(struct dcbor_rd *rd, uint64_t max_entries)
{
    (void)take_entry(rd, false);
    return open_container(rd, DCBOR_MAP, max_entries);
}

struct dcbor_rd
dcbor_rd_next_array(struct dcbor_rd *rd, uint64_t max_entries)
{
    (void)take_entry(rd, false);
    return open_container(rd, DCBOR_ARRAY, max_entries);
}

void
dcbor_rd_close(struct dcbor_rd *nested)
{
    struct dcbor_rd *parent = nested->parent;
    if (nested->left != 0) {
        dcbor_rd_fail(nested, SG_E_MALFORMED);
    }
    if (nested->failed != SG_OK) {
        dcbor_rd_fail(parent, nested->failed);
        return;
    }
    parent->p = nested->p;
    parent->n = nested->n;
}

sg_result
dcbor_rd_end(const struct dcbor_rd *rd)
{
    if (rd->failed != SG_OK) {
        return (sg_result){ rd->failed };
    }
    SG_REQUIRE(rd->left == 0 && rd->n == 0, MALFORMED);
    return SG_DONE;
}

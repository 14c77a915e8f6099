/*
 * CBOR (RFC 8949), two things and no tree:
 *  - a scanner that walks any well-formed item without allocating, with limits, so that nothing behind it
 *    meets an indefinite length, a false count or a duplicate key it did not ask for;
 *  - a cursor reader and writer for the deterministic subset that our processes and records speak
 *    (RFC 8949 4.2.1: shortest heads, definite lengths, map keys ascending): maps with small unsigned integer
 *    keys, no tags, no floats, no null. What this reader accepts has exactly one encoding, so bytes can be
 *    hashed and signed.
 */
#ifndef DCBOR_H
#define DCBOR_H

#include "sg_buf.h"

/* ---- scanning strangers' CBOR -------------------------------------------------------------------- */

enum dcbor_rule {
    DCBOR_WELL_FORMED, /* RFC 8949 well-formedness; indefinite lengths and any order allowed */
    DCBOR_DETERMINISTIC, /* 4.2.1: shortest heads, definite lengths, ascending unique keys, shortest floats */
};

/*
 * Check that `in` starts with one item obeying `rule`, at most `max_depth` deep (1..64 open arrays, maps, tags
 * and chunked strings) and with at most `max_items` items (keys, chunks and breaks count). Never reads past the end, never allocates, never recurses on the input's word.
 * `ret_len` gets the item's length; trailing bytes are the caller's affair.
 * Fails with SG_E_MALFORMED, SG_E_DEPTH, SG_E_TOO_LARGE, SG_E_DUPLICATE (deterministic: equal neighbouring
 * keys; well-formed: any equal keys among the first 64 of a map, integers compared by value and strings by
 * content), SG_E_ENCODING (text not UTF-8).
 */
SG_CHECKED sg_result dcbor_scan(
    sg_bytes in, enum dcbor_rule rule, unsigned max_depth, size_t max_items, size_t *ret_len);

/* ---- reading the deterministic subset ------------------------------------------------------------ */

/*
 * A cursor whose failure sticks. Members are read in ascending key order, each once, each a statement of its
 * own. After a failure every read gives 0 or empty; dcbor_rd_end tells. Views borrow from the input.
 */
struct dcbor_rd {
    const uint8_t *p;
    size_t n;          /* bytes left */
    uint64_t left;     /* entries left in this map or array */
    uint64_t last_key; /* keys must ascend */
    bool any_key;
    bool is_map;
    enum sg_code failed;     /* first failure, SG_OK so far */
    struct dcbor_rd *parent; /* for nested containers: failures and position flow back */
};

/* Open a map / array that is all of `in`. */
struct dcbor_rd dcbor_rd_map(sg_bytes in);
struct dcbor_rd dcbor_rd_array(sg_bytes in);

/* Number of entries not read yet. */
uint64_t dcbor_rd_left(const struct dcbor_rd *rd);

/* In a map: is the next key `key`? For optional members. False after a failure. */
bool dcbor_rd_has(const struct dcbor_rd *rd, uint64_t key);

/* Map members. min/max bound the length or value, inclusive. Text is checked for UTF-8. Any breach is MALFORMED. */
uint64_t dcbor_rd_uint(struct dcbor_rd *rd, uint64_t key, uint64_t max);
bool dcbor_rd_bool(struct dcbor_rd *rd, uint64_t key);
sg_bytes dcbor_rd_bytes(struct dcbor_rd *rd, uint64_t key, size_t min, size_t max);
sg_str dcbor_rd_text(struct dcbor_rd *rd, uint64_t key, size_t min, size_t max);
/* A nested container; read it to its end with dcbor_rd_close before going on with the parent. */
struct dcbor_rd dcbor_rd_member_map(struct dcbor_rd *rd, uint64_t key, uint64_t max_entries);
struct dcbor_rd dcbor_rd_member_array(struct dcbor_rd *rd, uint64_t key, uint64_t max_entries);

/* Array elements. */
uint64_t dcbor_rd_next_uint(struct dcbor_rd *rd, uint64_t max);
sg_bytes dcbor_rd_next_bytes(struct dcbor_rd *rd, size_t min, size_t max);
sg_str dcbor_rd_next_text(struct dcbor_rd *rd, size_t min, size_t max);
struct dcbor_rd dcbor_rd_next_map(struct dcbor_rd *rd, uint64_t max_entries);
struct dcbor_rd dcbor_rd_next_array(struct dcbor_rd *rd, uint64_t max_entries);

/* The nested container must be used up; hands position and failure back to its parent. */
void dcbor_rd_close(struct dcbor_rd *nested);

/* Mark as failed from outside (a value that breaks a rule of ours). First failure wins. */
void dcbor_rd_fail(struct dcbor_rd *rd, enum sg_code code);

/* All read, nothing left over, no failure. SG_E_MALFORMED or the first failure. */
SG_CHECKED sg_result dcbor_rd_end(const struct dcbor_rd *rd);

/* ---- writing it ---------------------------------------------------------------------------------- */

/* Heads in shortest form. The caller gives counts and ascending keys (asserted in debug builds by tests). */
void dcbor_wr_map(struct sg_buf *buf, uint64_t entries);
void dcbor_wr_array(struct sg_buf *buf, uint64_t entries);
void dcbor_wr_uint(struct sg_buf *buf, uint64_t value);
void dcbor_wr_nint(struct sg_buf *buf, uint64_t minus_one_minus_value); /* for COSE labels */
void dcbor_wr_bool(struct sg_buf *buf, bool value);
void dcbor_wr_bytes(struct sg_buf *buf, sg_bytes value);
void dcbor_wr_text(struct sg_buf *buf, sg_str value);
void dcbor_wr_tag(struct sg_buf *buf, uint64_t tag);
/* Key and value at once. */
void dcbor_wr_key_uint(struct sg_buf *buf, uint64_t key, uint64_t value);
void dcbor_wr_key_bool(struct sg_buf *buf, uint64_t key, bool value);
void dcbor_wr_key_bytes(struct sg_buf *buf, uint64_t key, sg_bytes value);
void dcbor_wr_key_text(struct sg_buf *buf, uint64_t key, sg_str value);

#endif

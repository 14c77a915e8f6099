/* Merkle tree of RFC 6962 / RFC 9162 section 2.1, SHA-256. Pure: hashes in, hashes and verdicts out. */
#ifndef TLOG_TREE_H
#define TLOG_TREE_H

#include "sg_hash.h"
#include "sg_result.h"

#define TLOG_HASH_LEN SG_SHA256_LEN
#define TLOG_PATH_MAX 64

struct tlog_hash {
    uint8_t b[TLOG_HASH_LEN];
};

struct tlog_hash tlog_leaf_hash(sg_bytes entry); /* SHA-256(00 || entry) */
struct tlog_hash tlog_node_hash(
    struct tlog_hash left, struct tlog_hash right); /* SHA-256(01 || l || r) */
struct tlog_hash tlog_empty_root(void);

/* Where a proof builder gets the hash of a complete subtree: level l, index i covers leaves [i*2^l, (i+1)*2^l). */
typedef sg_result (*tlog_node_fn)(
    void *context, unsigned level, uint64_t index, struct tlog_hash *ret);

/* Root of the first `size` leaves. A tree holds at most 2^63 leaves (SG_E_VALUE), so that every proof fits TLOG_PATH_MAX. */
SG_CHECKED sg_result tlog_root(
    uint64_t size, tlog_node_fn node, void *context, struct tlog_hash *ret);
/* PATH(index, D[size]), leaf's sibling first. SG_E_VALUE when index >= size. */
SG_CHECKED sg_result tlog_inclusion(uint64_t index, uint64_t size, tlog_node_fn node, void *context,
    struct tlog_hash ret[TLOG_PATH_MAX], size_t *ret_n);
SG_CHECKED sg_result tlog_consistency(uint64_t first, uint64_t second, tlog_node_fn node,
    void *context, struct tlog_hash ret[TLOG_PATH_MAX], size_t *ret_n);

/*
 * RFC 9162 2.1.3.2 and 2.1.4.2. SG_E_SIGNATURE when the proof does not hold. Consistency from size 0 to another size is refused: anything
 * extends the empty tree, so a proof of it would be taken for more than it says.
 */
SG_CHECKED sg_result tlog_inclusion_verify(uint64_t index, uint64_t size, struct tlog_hash leaf,
    const struct tlog_hash *path, size_t n, const struct tlog_hash *root);
SG_CHECKED sg_result tlog_consistency_verify(uint64_t first, uint64_t second,
    const struct tlog_hash *first_root, const struct tlog_hash *second_root,
    const struct tlog_hash *path, size_t n);

#endif

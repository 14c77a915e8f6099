/* Certificates from strangers: alone, as a chain to itself, as a document signer, and as PEM. */
#include <stdlib.h>

#include "x509_mdoc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)16 << 20);
    }
    sg_arena_reset(arena);
    struct x509_leaf leaf;
    struct x509_leaf verified;
    sg_bytes der = sg_bytes_of(data, size);
    sg_bytes blocks[4];
    size_t n;
    bool parsed = sg_ok(x509_leaf_parse(arena, der, &leaf));
    if (sg_ok(x509_chain_verify(arena, &der, 1, &der, 1, 1700000000, &verified)) &&
        (!parsed || memcmp(leaf.sha256, verified.sha256, sizeof(leaf.sha256)) != 0)) {
        abort();
    }
    struct x509_mdoc_ds ds;
    if (sg_ok(x509_mdoc_ds_parse(arena, der, NULL, &ds)) &&
        (!parsed || ds.country.n != 2 || ds.leaf.not_after - ds.leaf.not_before > 457 * 86400)) {
        abort();
    }
    SG_IGNORE(x509_mdoc_verify(arena, &der, 1, &der, 1, 1700000000, NULL, &ds));
    if (sg_ok(x509_from_pem(arena, sg_bytes_str(der), blocks, 4, &n))) {
        SG_IGNORE(x509_chain_verify(arena, blocks, n, blocks + n - 1, 1, 1700000000, &verified));
    }
    return 0;
}

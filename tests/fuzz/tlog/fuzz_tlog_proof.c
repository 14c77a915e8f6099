/* tlog-proof: what parses is written and parsed again to the same, and no proof makes the verifiers stumble. */
#include <stdlib.h>

#include "tlog_note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_arena *arena = sg_arena_new(0, 1024 * 1024);
    struct tlog_proof proof;
    struct tlog_proof again;
    sg_str text;
    if (sg_ok(tlog_proof_parse(arena, sg_str_of((const char *)data, size), &proof))) {
        if (!sg_ok(tlog_proof_write(arena, &proof, &text)) ||
            !sg_ok(tlog_proof_parse(arena, text, &again)) || again.index != proof.index ||
            again.n_path != proof.n_path) {
            abort();
        }
        struct tlog_hash root = tlog_empty_root();
        uint64_t tree = proof.checkpoint.n * 977 + 1;
        (void)tlog_inclusion_verify(proof.index, tree, root, proof.path, proof.n_path, &root).code;
        (void)tlog_consistency_verify(proof.index, tree, &root, &root, proof.path, proof.n_path)
            .code;
    }
    sg_arena_free(&arena);
    return 0;
}

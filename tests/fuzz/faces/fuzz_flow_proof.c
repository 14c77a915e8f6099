/* A holder's key proof and a DPoP-like JWT from a stranger: nothing unsigned passes, nothing reads beyond its bytes. */
#include <stdlib.h>

#include "flow_internal.h"

static sg_result
any_nonce(void *context, sg_str nonce, int64_t now)
{
    (void)context;
    (void)nonce;
    (void)now;
    return SG_DONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    static struct flow_config config = { .id = { "c", 1 }, .binding = FLOW_BIND_JWK };
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)16 << 20);
        struct flow_proof_type *type = &config.proofs[FLOW_PROOF_JWT];
        type->offered = true;
        type->algs[0] = jose_alg_by_name(SG_LIT("ES256"));
        type->algs[1] = jose_alg_by_name(SG_LIT("EdDSA"));
        type->n_algs = 2;
    }
    sg_arena_reset(arena);
    struct flow_proof_expect expect = { .config = &config,
        .aud = SG_LIT("http://localhost:8080"),
        .nonce_check = any_nonce,
        .now = 1800000000,
        .age_s = 300 };
    struct flow_holder holder;
    struct flow_attestations seen = { .n = 0 };
    sg_result r =
        flow_proof_verify(arena, sg_str_of((const char *)data, size), &expect, &seen, &holder);
    if (!sg_ok(r) && r.code != SG_E_PROOF && r.code != SG_E_NONCE && r.code != SG_E_NO_MEMORY) {
        abort(); /* a word that the wallet would misunderstand */
    }
    uint8_t hash[32];
    r = flow_lookup_hash(arena, sg_str_of((const char *)data, size), hash);
    if (!sg_ok(r) && r.code != SG_E_MALFORMED && r.code != SG_E_ENCODING &&
        r.code != SG_E_TOO_LARGE && r.code != SG_E_TOO_MANY && r.code != SG_E_NO_MEMORY) {
        abort();
    }
    return 0;
}

/* A presentation as a key proof, from a stranger: the words that a wallet understands, and a key only with the DID that names it. */
#include <stdlib.h>

#include "dataint.h"
#include "flow_internal.h"
#include "jsonld.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sg_result
any_nonce(void *context, sg_str nonce, int64_t now)
{
    (void)context;
    (void)now;
    return nonce.n < 100 ? SG_DONE : SG_ERROR(NONCE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    static struct jsonld_contexts *contexts;
    static struct flow_config config = { .binding = FLOW_BIND_DID_KEY | FLOW_BIND_DID_JWK };
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)64 << 20);
        struct flow_proof_type *type = &config.proofs[FLOW_PROOF_DI_VP];
        type->offered = true;
        type->suites[type->n_suites++] = di_suite_by_id(DI_ECDSA_JCS_2019);
        type->suites[type->n_suites++] = di_suite_by_id(DI_ECDSA_RDFC_2019);
        type->suites[type->n_suites++] = di_suite_by_id(DI_EDDSA_RDFC_2022);
        if (!sg_ok(jsonld_contexts_new(NULL, 0, NULL, &contexts))) {
            abort();
        }
    }
    sg_arena_reset(arena);
    const struct flow_proof_expect expect = { .config = &config,
        .aud = SG_LIT("http://localhost:8080"),
        .nonce_check = any_nonce,
        .now = 1800000000,
        .age_s = 300,
        .contexts = contexts };
    struct flow_holder holder;
    sg_result r =
        flow_proof_di_verify(arena, sg_str_of((const char *)data, size), &expect, &holder);
    if (!sg_ok(r) && r.code != SG_E_PROOF && r.code != SG_E_NONCE && r.code != SG_E_NO_MEMORY) {
        abort();
    }
    if (sg_ok(r) && (holder.did.n == 0 || jwk_default_alg(&holder.key) == NULL)) {
        abort();
    }
    return 0;
}

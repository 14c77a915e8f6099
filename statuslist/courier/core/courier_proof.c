#include "courier_proof.h"

#include "dataint.h"

sg_result
courier_proof_verify(struct sg_arena *arena, const struct sjson *credential, sg_str uri,
    const struct tsl_trust_rule *rules, size_t n_rules, int64_t now,
    const struct jsonld_contexts *contexts)
{
    const struct di_expect expect = {
        .purpose = SG_LIT("assertionMethod"),
        .now = now,
        .check_controller = true,
    };
    struct di_report report = { 0 };
    sg_result named = SG_ERROR(ISSUER);
    SG_TRY(di_verify(arena, credential, &expect, NULL, contexts, NULL, &report));
    for (size_t i = 0; i < report.n && !sg_ok(named); i++) {
        named = tsl_key_named(arena, &report.proofs[i].method.key, uri, rules, n_rules);
    }
    return named;
}

/* Whole proofs for tests: made with keys of di_keys.h. */
#ifndef DI_SECURE_H
#define DI_SECURE_H

#include "dataint.h"
#include "di_keys.h"

struct di_test_proof {
    enum di_suite_id suite;
    const struct di_test_key *key;
    const struct jsonld_contexts *contexts; /* NULL for jcs */
    struct di_proof_options options; /* empty method and purpose: the key's own, assertionMethod */
    const sg_str *mandatory;         /* ecdsa-sd-2023 */
    size_t n_mandatory;
};
/* di_prepare, a signature, di_attach. Refusals of the two are handed on. */
sg_result di_test_secure(struct sg_arena *arena, const struct sjson *document,
    const struct di_test_proof *proof, struct sg_why *why, sg_str *ret);
/* The same, which must work, parsed. */
const struct sjson *di_test_secured(
    struct sg_arena *arena, const char *document, const struct di_test_proof *proof);
const struct sjson *di_test_json(struct sg_arena *arena, sg_str text);

/* The statement signer of a proof: a key made from a word. `key` must outlive it. */
struct di_test_statements {
    struct sg_arena *arena;
    struct di_test_key key;
};
struct di_statement_signer di_test_statement_signer(struct di_test_statements *statements);

#endif

/* The proofs of one credential request (OpenID4VCI 1.0, 8.2 and Appendix F), of whatever type: which keys get a credential. */
#include "flow_attested.h"
#include "flow_internal.h"

struct collecting {
    struct sg_arena *arena;
    const struct flow_proof_expect *expect;
    struct flow_attestations attestations;
    struct flow_holder *holders; /* room for `max` */
    size_t n, max;
};

static bool
is_there(const struct collecting *in, const struct flow_holder *holder)
{
    for (size_t i = 0; i < in->n; i++) {
        if (memcmp(in->holders[i].thumbprint, holder->thumbprint, JWK_THUMBPRINT_LEN) == 0) {
            return true;
        }
    }
    return false;
}

/* One credential per key (14.6): a key that is proven twice is a mistake. */
static sg_result
collect_proofs(struct collecting *in, enum flow_proof_kind kind, const sg_str *proofs, size_t n)
{
    SG_REQUIRE(n <= in->max, VALUE);
    for (size_t i = 0; i < n; i++) {
        struct flow_holder holder;
        SG_TRY(
            kind == FLOW_PROOF_DI_VP
                ? flow_proof_di_verify(in->arena, proofs[i], in->expect, &holder)
                : flow_proof_verify(in->arena, proofs[i], in->expect, &in->attestations, &holder));
        SG_REQUIRE(!is_there(in, &holder), PROOF);
        in->holders[in->n++] = holder;
    }
    return SG_DONE;
}

/* F.3: exactly one, and no proof of possession. */
static sg_result
collect_attestation(struct collecting *in, const sg_str *proofs, size_t n)
{
    const struct flow_proof_expect *expect = in->expect;
    const struct flow_proof_type *type = &expect->config->proofs[FLOW_PROOF_ATTESTATION];
    struct flow_attested *one = SG_NEW(in->arena, struct flow_attested);
    SG_REQUIRE(one != NULL, NO_MEMORY);
    SG_REQUIRE(type->offered && n == 1, PROOF);
    const struct flow_attested_expect inner = { .attesters = expect->attesters,
        .type = type,
        .nonce_check = expect->nonce_check,
        .nonce_context = expect->nonce_context,
        .now = expect->now };
    SG_TRY(flow_attested_verify(in->arena, proofs[0], &inner, one));
    in->attestations.items[in->attestations.n++] = one;
    return SG_DONE;
}

/*
 * A credential for each attested key (Appendix F.1, F.3), as far as the batch goes: an issuer may give fewer (14.6), and which keys have one is told by the credentials. Bare
 * keys, so only where bare keys are bound.
 */
static void
add_attested(struct collecting *in)
{
    if ((in->expect->config->binding & (FLOW_BIND_JWK | FLOW_BIND_COSE_KEY)) == 0) {
        return;
    }
    for (size_t i = 0; i < in->attestations.n; i++) {
        const struct flow_attested *one = in->attestations.items[i];
        for (size_t k = 0; k < one->n_keys; k++) {
            if (in->n < in->max && !is_there(in, &one->keys[k])) {
                in->holders[in->n++] = one->keys[k];
            }
        }
    }
}

static void
add_status(const struct tsl_ref *status, struct flow_proven *ret)
{
    for (size_t i = 0; i < ret->n_refs; i++) {
        if (ret->refs[i].idx == status->idx && sg_str_equal(ret->refs[i].uri, status->uri)) {
            return;
        }
    }
    ret->refs[ret->n_refs++] = (struct wire_ref){
        .type = WIRE_REF_TOKEN_STATUS_LIST, .uri = status->uri, .idx = status->idx
    };
}

sg_result
flow_proven_verify(struct sg_arena *arena, enum flow_proof_kind kind, const sg_str *proofs,
    size_t n, size_t max, const struct flow_proof_expect *expect, struct flow_proven *ret)
{
    struct collecting *in = SG_NEW(arena, struct collecting);
    SG_REQUIRE(in != NULL, NO_MEMORY);
    *in = (struct collecting){ .arena = arena, .expect = expect, .max = max };
    in->holders = SG_NEW_ARRAY(arena, max, struct flow_holder);
    SG_REQUIRE(in->holders != NULL, NO_MEMORY);
    SG_REQUIRE(n >= 1 && expect->config->proofs[kind].offered, PROOF);
    SG_TRY(kind == FLOW_PROOF_ATTESTATION ? collect_attestation(in, proofs, n)
                                          : collect_proofs(in, kind, proofs, n));
    ret->least = in->n > 0 ? in->n : 1;
    add_attested(in);
    for (size_t i = 0; i < in->attestations.n; i++) { /* as many as places: one per proof at most */
        if (in->attestations.items[i]->has_status) {
            add_status(&in->attestations.items[i]->status, ret);
        }
    }
    ret->holders = in->holders;
    ret->n = in->n;
    return SG_DONE;
}

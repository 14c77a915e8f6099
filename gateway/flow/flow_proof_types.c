#include "flow_proof_types.h"

#include "dataint.h"
#include "flow_read.h"

static const char *const names[FLOW_PROOF_KINDS] = {
    [FLOW_PROOF_JWT] = "jwt",
    [FLOW_PROOF_ATTESTATION] = "attestation",
    [FLOW_PROOF_DI_VP] = "di_vp",
};

const char *
flow_proof_name(enum flow_proof_kind kind)
{
    return names[kind];
}

sg_result
flow_proof_kind_of(sg_str name, enum flow_proof_kind *ret)
{
    for (unsigned i = 0; i < FLOW_PROOF_KINDS; i++) {
        if (sg_str_is(name, names[i])) {
            *ret = (enum flow_proof_kind)i;
            return SG_DONE;
        }
    }
    SG_FAIL(PROOF);
}

/* Values that are accepted, one of which an attestation must say; absent: none is asked for. */
static sg_result
read_words(struct sg_arena *arena, const struct sjson *list, struct sg_why *why, const char *what,
    struct flow_words *ret)
{
    if (list == NULL) {
        return SG_DONE;
    }
    if (list->type != SJSON_ARRAY || list->n == 0 || list->n > FLOW_PROOF_WORDS_MAX) {
        return flow_bad(why, what);
    }
    sg_str *items = SG_NEW_ARRAY(arena, list->n, sg_str);
    SG_REQUIRE(items != NULL, NO_MEMORY);
    for (const struct sjson *e = list->first; e != NULL; e = e->next) {
        if (e->type != SJSON_STRING || e->text.n == 0) {
            return flow_bad(why, what);
        }
        items[ret->n++] = e->text;
    }
    ret->items = items;
    return SG_DONE;
}

static sg_result
read_required(struct sg_arena *arena, const struct sjson *required, struct sg_why *why,
    struct flow_proof_type *ret)
{
    if (required == NULL) {
        return SG_DONE;
    }
    if (required->type != SJSON_OBJECT) {
        return flow_bad(why, "key_attestations_required: an object");
    }
    for (const struct sjson *m = required->first; m != NULL; m = m->next) {
        if (!sg_str_is(m->name, "key_storage") && !sg_str_is(m->name, "user_authentication")) {
            return flow_bad(why, "key_attestations_required: key_storage, user_authentication");
        }
    }
    ret->attested = true;
    SG_TRY(read_words(arena, sjson_get(required, "key_storage"), why,
        "key_storage: an array of text", &ret->key_storage));
    return read_words(arena, sjson_get(required, "user_authentication"), why,
        "user_authentication: an array of text", &ret->user_authentication);
}

/* Cryptosuites whose proofs cover the whole presentation: a base proof of ecdsa-sd-2023 is for a holder, and there is nobody to derive for. */
static sg_result
read_suites(const struct sjson *list, struct sg_why *why, struct flow_proof_type *ret)
{
    static const char what[] = "di_vp: proof_signing_alg_values_supported are cryptosuites";
    if (list == NULL || list->type != SJSON_ARRAY || list->n == 0 ||
        list->n > FLOW_PROOF_SUITES_MAX) {
        return flow_bad(why, what);
    }
    for (const struct sjson *e = list->first; e != NULL; e = e->next) {
        const struct di_suite *suite = e->type == SJSON_STRING ? di_suite_by_name(e->text) : NULL;
        if (suite == NULL || !di_suite_makes(suite) || di_suite_id(suite) == DI_ECDSA_SD_2023) {
            return flow_bad(why, what);
        }
        ret->suites[ret->n_suites++] = suite;
    }
    return SG_DONE;
}

/* Keys are named by a DID there, and credentials are bound to that name; somebody else's word about keys has no place in it. */
static sg_result
read_di_vp(const struct sjson *json, struct sg_why *why, struct flow_config *config)
{
    if ((config->binding & (FLOW_BIND_DID_KEY | FLOW_BIND_DID_JWK)) == 0) {
        return flow_bad(why, "di_vp: goes with the binding methods did:key and did:jwk");
    }
    if (sjson_get(json, "key_attestations_required") != NULL) {
        return flow_bad(why, "key_attestations_required: goes with jwt and attestation");
    }
    return read_suites(sjson_get(json, "proof_signing_alg_values_supported"), why,
        &config->proofs[FLOW_PROOF_DI_VP]);
}

static sg_result
read_type(struct sg_arena *arena, const struct sjson *json, enum flow_proof_kind kind,
    struct sg_why *why, struct flow_config *config)
{
    struct flow_proof_type *type = &config->proofs[kind];
    const struct sjson *algs = sjson_get(json, "proof_signing_alg_values_supported");
    if (json->type != SJSON_OBJECT) {
        return flow_bad(why, "proof_types_supported: each an object");
    }
    type->offered = true;
    if (kind == FLOW_PROOF_DI_VP) {
        return read_di_vp(json, why, config);
    }
    SG_TRY(read_required(arena, sjson_get(json, "key_attestations_required"), why, type));
    if (kind == FLOW_PROOF_ATTESTATION &&
        (config->binding & (FLOW_BIND_JWK | FLOW_BIND_COSE_KEY)) == 0) {
        return flow_bad(why, "attestation: goes with the binding methods jwk and cose_key");
    }
    return flow_read_algs(
        algs, why, "proof_signing_alg_values_supported", type->algs, &type->n_algs);
}

sg_result
flow_proof_types_read(struct sg_arena *arena, const struct sjson *types, struct sg_why *why,
    struct flow_config *config)
{
    if (types->type != SJSON_OBJECT || types->n == 0) {
        return flow_bad(why, "proof_types_supported: an object of at least one");
    }
    for (const struct sjson *m = types->first; m != NULL; m = m->next) {
        enum flow_proof_kind kind;
        if (!sg_ok(flow_proof_kind_of(m->name, &kind))) {
            return flow_bad(why, "proof_types_supported: jwt, attestation, di_vp");
        }
        SG_TRY(read_type(arena, m, kind, why, config));
    }
    if (config->proofs[FLOW_PROOF_JWT].attested && config->proofs[FLOW_PROOF_DI_VP].offered) {
        /* the wallet chooses the type: nobody would have to bring an attestation */
        return flow_bad(why, "key_attestations_required: di_vp beside it would be a way around");
    }
    return SG_DONE;
}

bool
flow_needs_attester(const struct flow_config *config)
{
    return config->proofs[FLOW_PROOF_ATTESTATION].offered ||
           config->proofs[FLOW_PROOF_JWT].attested;
}

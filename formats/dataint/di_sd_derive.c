/* ecdsa-sd-2023, the holder: from a base proof to a disclosed document (DI-ECDSA 3.5.6, 3.6.6). req: FMT-3 */
#include "di_sd.h"

/* The document's one base proof of this suite. */
static sg_result
find_base(struct sg_arena *arena, const struct sjson *document, struct sg_why *why,
    struct di_claim *ret, struct di_sd_value *ret_value)
{
    const struct sjson **list = NULL;
    size_t n = 0;
    size_t found = 0;
    SG_TRY(di_list(arena, document, why, &list, &n));
    for (size_t i = 0; i < n; i++) {
        struct di_claim claim;
        sg_result r = di_claim_parse(arena, list[i], true, true, NULL, &claim);
        SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
        if (sg_ok(r) && claim.suite->id == DI_ECDSA_SD_2023) {
            *ret = claim;
            found++;
        }
    }
    DI_NEED(found == 1 && ret->n_previous == 0, why, "proof", PROOF_VALUE);
    SG_TRY(di_sd_decode(arena, ret->value, ret_value));
    DI_NEED(!ret_value->derived, why, "proofValue", PROOF_VALUE);
    return SG_DONE;
}

/* Signatures and indexes of what stays (3.5.6, steps 11 to 15). */
static sg_result
filter(struct sg_arena *arena, const struct di_sd_value *base, const bool *mandatory,
    const bool *disclosed, size_t n, struct sg_why *why, struct di_sd_value *derived)
{
    sg_bytes *signatures = SG_NEW_ARRAY(arena, base->n_signatures, sg_bytes);
    size_t *indexes = SG_NEW_ARRAY(arena, n, size_t);
    SG_REQUIRE(signatures != NULL && indexes != NULL, NO_MEMORY);
    size_t signed_at = 0;
    size_t place = 0;
    for (size_t i = 0; i < n; i++) {
        if (disclosed[i] && mandatory[i]) {
            indexes[derived->n_mandatory_indexes++] = place;
        }
        place += disclosed[i];
        if (mandatory[i]) {
            continue;
        }
        DI_NEED(signed_at < base->n_signatures, why, "proofValue", PROOF_VALUE);
        if (disclosed[i]) {
            signatures[derived->n_signatures++] = base->signatures[signed_at];
        }
        signed_at++;
    }
    DI_NEED(signed_at == base->n_signatures, why, "proofValue", PROOF_VALUE);
    derived->signatures = signatures;
    derived->mandatory_indexes = indexes;
    return SG_DONE;
}

static sg_result
combine(struct sg_arena *arena, const struct di_sd_value *base, const sg_str *pointers, size_t n,
    sg_str **ret)
{
    sg_str *all = SG_NEW_ARRAY(arena, base->n_pointers + n, sg_str);
    SG_REQUIRE(all != NULL, NO_MEMORY);
    for (size_t i = 0; i < base->n_pointers; i++) {
        all[i] = base->pointers[i];
    }
    for (size_t i = 0; i < n; i++) {
        all[base->n_pointers + i] = pointers[i];
    }
    *ret = all;
    return SG_DONE;
}

static sg_result
write_disclosed(struct sg_arena *arena, const struct sjson *selection, const struct sjson *proof,
    sg_str value, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 4096, DI_DOCUMENT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    for (const struct sjson *m = selection->first; m != NULL; m = m->next) {
        sjson_wr_name(&wr, m->name);
        di_sd_write(&wr, m);
    }
    sjson_wr_name(&wr, SG_LIT("proof"));
    sjson_wr_object(&wr);
    for (const struct sjson *m = proof->first; m != NULL; m = m->next) {
        if (!sg_str_is(m->name, "proofValue")) {
            sjson_wr_name(&wr, m->name);
            sjson_wr_value(&wr, m);
        }
    }
    sjson_wr_member_text(&wr, "proofValue", value);
    sjson_wr_object_end(&wr);
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

sg_result
di_derive(struct sg_arena *arena, const struct sjson *document, const sg_str *selective_pointers,
    size_t n_pointers, const struct jsonld_contexts *contexts, struct sg_why *why, sg_str *ret)
{
    struct di_claim claim = { 0 };
    struct di_sd_value value = { 0 };
    DI_NEED(document->type == SJSON_OBJECT, why, "document", TYPE);
    DI_NEED(n_pointers <= DI_POINTERS_MAX, why, "selectivePointers", TOO_LARGE);
    SG_TRY(find_base(arena, document, why, &claim, &value));
    const struct sjson *bare = di_object_without(arena, document, "proof", NULL);
    SG_REQUIRE(bare != NULL, NO_MEMORY);
    struct di_job job = { .arena = arena,
        .suite = claim.suite,
        .alg = jose_alg_by_id(JOSE_ES256),
        .document = bare,
        .contexts = contexts,
        .why = why };

    struct di_sd_base base;
    sg_str *pointers;
    bool *mandatory, *disclosed;
    const struct sjson *mandatory_selection, *selection;
    SG_TRY(di_sd_base_of(&job, value.hmac_key, &base));
    SG_TRY(di_sd_group(&base, value.pointers, value.n_pointers, &mandatory, &mandatory_selection));
    SG_TRY(combine(arena, &value, selective_pointers, n_pointers, &pointers));
    SG_TRY(di_sd_group(&base, pointers, value.n_pointers + n_pointers, &disclosed, &selection));
    DI_NEED(selection != NULL, why, "selectivePointers", VALUE);

    struct di_sd_value derived = {
        .derived = true, .base_signature = value.base_signature, .public_key = value.public_key
    };
    SG_TRY(filter(arena, &value, mandatory, disclosed, base.statements.n, why, &derived));
    SG_TRY(di_sd_verifier_labels(&base, selection, &derived.labels, &derived.n_labels));
    sg_str text;
    SG_TRY(di_sd_encode(arena, &derived, &text));
    return write_disclosed(arena, selection, claim.json, text, ret);
}

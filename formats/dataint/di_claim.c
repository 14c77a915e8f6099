/* The form of a proof (Data Integrity 2.1). req: FMT-3 */
#include "di_int.h"

/* An optional text; anything else there is a refusal. */
static sg_result
read_text(const struct sjson *proof, const char *name, struct sg_why *why, bool *has, sg_str *ret)
{
    const struct sjson *v = sjson_get(proof, name);
    *has = v != NULL;
    if (v == NULL) {
        return SG_DONE;
    }
    DI_NEED(v->type == SJSON_STRING && v->text.n > 0 && v->text.n <= DI_TEXT_MAX, why, name,
        PROOF_VALUE);
    *ret = v->text;
    return SG_DONE;
}

static sg_result
need_text(const struct sjson *proof, const char *name, struct sg_why *why, sg_str *ret)
{
    bool has = false;
    SG_TRY(read_text(proof, name, why, &has, ret));
    DI_NEED(has, why, name, PROOF_VALUE);
    return SG_DONE;
}

/* One text or a list of texts, without repetition. */
static sg_result
read_set(struct sg_arena *arena, const struct sjson *proof, const char *name, struct sg_why *why,
    sg_str **ret, size_t *ret_n)
{
    const struct sjson *v = sjson_get(proof, name);
    if (v == NULL) {
        return SG_DONE;
    }
    bool one = v->type == SJSON_STRING;
    DI_NEED(one || (v->type == SJSON_ARRAY && v->n >= 1 && v->n <= DI_DOMAINS_MAX), why, name,
        PROOF_VALUE);
    sg_str *list = SG_NEW_ARRAY(arena, one ? 1 : v->n, sg_str);
    SG_REQUIRE(list != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = one ? v : v->first; e != NULL; e = one ? NULL : e->next) {
        DI_NEED(di_is_text(e) && e->text.n > 0 && e->text.n <= DI_TEXT_MAX, why, name, PROOF_VALUE);
        for (size_t i = 0; i < n; i++) {
            DI_NEED(!sg_str_equal(list[i], e->text), why, name, PROOF_VALUE);
        }
        list[n++] = e->text;
    }
    *ret = list;
    *ret_n = n;
    return SG_DONE;
}

static sg_result
read_suite(const struct sjson *proof, struct sg_why *why, struct di_claim *claim)
{
    sg_str type, suite = SG_NO_STR;
    bool has_suite = false;
    SG_TRY(need_text(proof, "type", why, &type));
    SG_TRY(read_text(proof, "cryptosuite", why, &has_suite, &suite));
    if (sg_str_is(type, "DataIntegrityProof")) {
        DI_NEED(has_suite, why, "cryptosuite", PROOF_VALUE);
        claim->suite = di_suite_by_name(suite);
        DI_NEED(claim->suite != NULL, why, "cryptosuite", ALGORITHM);
        return SG_DONE;
    }
    for (size_t i = 0; i < di_suites() && !has_suite; i++) {
        const struct di_suite *row = di_suite_row(i);
        if (row->legacy && sg_str_is(type, row->name)) {
            claim->suite = row;
            return SG_DONE;
        }
    }
    DI_REFUSE(why, "type", ALGORITHM);
}

static sg_result
read_times(
    const struct sjson *proof, bool zone_optional, struct sg_why *why, struct di_claim *claim)
{
    bool has = false;
    int64_t at = 0;
    sg_str expires = SG_NO_STR;
    SG_TRY(read_text(proof, "created", why, &has, &claim->created));
    DI_NEED(!has || sg_ok(cid_time_parse(claim->created, zone_optional, &at)), why, "created",
        PROOF_VALUE);
    SG_TRY(read_text(proof, "expires", why, &claim->has_expires, &expires));
    DI_NEED(
        !claim->has_expires || sg_ok(cid_time_parse(expires, zone_optional, &claim->expires_at)),
        why, "expires", PROOF_VALUE);
    return SG_DONE;
}

static sg_result
read_value(const struct sjson *proof, bool need, struct sg_why *why, struct di_claim *claim)
{
    const struct sjson *v = sjson_get(proof, "proofValue");
    if (!need) {
        DI_NEED(v == NULL, why, "proofValue", PROOF_VALUE);
        return SG_DONE;
    }
    DI_NEED(di_is_text(v) && v->text.n > 1, why, "proofValue", PROOF_VALUE);
    claim->value = v->text;
    return SG_DONE;
}

sg_result
di_claim_parse(struct sg_arena *arena, const struct sjson *proof, bool need_value,
    bool zone_optional, struct sg_why *why, struct di_claim *ret)
{
    bool has = false;
    sg_str nonce;
    *ret = (struct di_claim){ .json = proof };
    DI_NEED(proof->type == SJSON_OBJECT, why, "proof", PROOF_VALUE);
    SG_TRY(read_text(proof, "id", why, &has, &ret->id));
    DI_NEED(!has || cid_is_url(ret->id), why, "id", PROOF_VALUE);
    SG_TRY(need_text(proof, "verificationMethod", why, &ret->verification_method));
    DI_NEED(cid_is_url(ret->verification_method), why, "verificationMethod", PROOF_VALUE);
    SG_TRY(need_text(proof, "proofPurpose", why, &ret->purpose));
    SG_TRY(read_text(proof, "challenge", why, &ret->has_challenge, &ret->challenge));
    SG_TRY(read_text(proof, "nonce", why, &has, &nonce));
    SG_TRY(read_times(proof, zone_optional, why, ret));
    SG_TRY(read_set(arena, proof, "domain", why, &ret->domains, &ret->n_domains));
    SG_TRY(read_set(arena, proof, "previousProof", why, &ret->previous, &ret->n_previous));
    SG_TRY(read_value(proof, need_value, why, ret));
    return read_suite(proof, why, ret);
}

/* Holder's key proofs as presentations (OpenID4VCI 1.0, Appendix F.2 and F.4). req: PRO-1, FMT-3 */
#include "dataint.h"
#include "did.h"
#include "flow_internal.h"
#include "vcdm.h"

/* A presentation of nothing is 700 bytes; a batch must fit into a request, and canonicalising costs. */
#define PRESENTATION_MAX ((size_t)16 * 1024)
#define FUTURE_S 60 /* as for JWTs */

/* Exactly one proof, of a suite that our metadata lists: two would leave open to whose key the credential is bound. */
static sg_result
find_proof(
    const struct sjson *document, const struct flow_proof_type *type, const struct sjson **ret)
{
    const struct sjson *proof = sjson_get(document, "proof");
    if (proof != NULL && proof->type == SJSON_ARRAY && proof->n == 1) {
        proof = proof->first;
    }
    SG_REQUIRE(proof != NULL && proof->type == SJSON_OBJECT, PROOF);
    sg_str cryptosuite;
    SG_TRY(sjson_member_text(proof, "cryptosuite", &cryptosuite));
    for (size_t i = 0; i < type->n_suites; i++) {
        if (sg_str_is(cryptosuite, di_suite_name(type->suites[i]))) {
            *ret = proof;
            return SG_DONE;
        }
    }
    SG_FAIL(PROOF);
}

/* The DID before the fragment, of a method that our metadata lists. */
static sg_result
find_did(const struct sjson *proof, const struct flow_config *config, sg_str *ret)
{
    sg_str method;
    SG_TRY(sjson_member_text(proof, "verificationMethod", &method));
    sg_str did = sg_str_slice(method, 0, sg_str_index(method, '#', 0));
    bool key = sg_str_starts(did, "did:key:") && (config->binding & FLOW_BIND_DID_KEY) != 0;
    bool jwk = sg_str_starts(did, "did:jwk:") && (config->binding & FLOW_BIND_DID_JWK) != 0;
    SG_REQUIRE(key || jwk, PROOF);
    *ret = did;
    return SG_DONE;
}

/* `expires` is di_verify's; `created` may be absent, and cannot lie ahead. The nonce carries our own time. */
static sg_result
check_created(const struct sjson *proof, int64_t now)
{
    const struct sjson *created = sjson_get(proof, "created");
    int64_t at;
    if (created == NULL) {
        return SG_DONE;
    }
    SG_REQUIRE(created->type == SJSON_STRING, PROOF);
    SG_TRY(cid_time_parse(created->text, true, &at));
    SG_REQUIRE(at <= now + FUTURE_S, PROOF);
    return SG_DONE;
}

/* Purpose, domain, challenge and signature; `holder`, where it stands, is whose method it is (F.2). */
static sg_result
verify_proof(struct sg_arena *arena, const struct sjson *document, sg_str nonce,
    const struct flow_proof_expect *expect, struct di_report *ret)
{
    const struct di_expect wanted = { .purpose = SG_LIT("authentication"),
        .challenge = nonce,
        .exact_challenge = true,
        .domains = &expect->aud,
        .n_domains = 1,
        .now = expect->now,
        .zone_optional = true,
        .check_controller = true,
        .any_context = true };
    SG_TRY(di_verify(arena, document, &wanted, NULL, expect->contexts, NULL, ret));
    SG_REQUIRE(ret->n == 1, PROOF);
    return SG_DONE;
}

static sg_result
verify(struct sg_arena *arena, sg_str presentation, const struct flow_proof_expect *expect,
    struct flow_holder *ret)
{
    static const struct vcdm_rules rules = { .accept_1_1 = true, .zone_optional = true };
    const struct flow_proof_type *type = &expect->config->proofs[FLOW_PROOF_DI_VP];
    const struct sjson *document, *proof;
    struct vcdm_presentation said;
    struct di_report report = { 0 };
    sg_str nonce;
    *ret = (struct flow_holder){ 0 };
    SG_REQUIRE(type->offered && presentation.n <= PRESENTATION_MAX, PROOF);
    SG_TRY(sjson_parse_object(arena, presentation, NULL, &document));
    SG_TRY(vcdm_check_presentation(arena, document, &rules, NULL, &said));
    SG_TRY(find_proof(document, type, &proof));
    SG_TRY(find_did(proof, expect->config, &ret->did));
    SG_REQUIRE(said.holder.n == 0 || sg_str_equal(said.holder, ret->did), PROOF);
    SG_TRY(sjson_member_text(proof, "challenge", &nonce));
    /* before the times, as with JWTs: only invalid_nonce makes a wallet try again (8.3.1) */
    SG_REQUIRE(sg_ok(expect->nonce_check(expect->nonce_context, nonce, expect->now)), NONCE);
    SG_TRY(check_created(proof, expect->now));
    SG_TRY(verify_proof(arena, document, nonce, expect, &report));
    SG_REQUIRE(sg_str_equal(report.proofs[0].method.controller, ret->did), PROOF);
    ret->key = report.proofs[0].method.key;
    SG_REQUIRE(jwk_default_alg(&ret->key) != NULL, PROOF);
    return jwk_thumbprint(arena, &ret->key, ret->thumbprint);
}

sg_result
flow_proof_di_verify(struct sg_arena *arena, sg_str presentation,
    const struct flow_proof_expect *expect, struct flow_holder *ret)
{
    sg_result r = verify(arena, presentation, expect, ret);
    bool own = sg_ok(r) || r.code == SG_E_NONCE || r.code == SG_E_NO_MEMORY;
    return own ? r : SG_ERROR(PROOF);
}

/* ecdsa-sd-2023: the published base and derived proof, made again with the published signatures, byte by byte. req: FMT-3 */
#include "di_contexts.h"
#include "vc_di.h"

#define FOLDER "ecdsa/ecdsa-sd-2023/employ"

/* Stands for the proof-scoped key: expects the published statements in order, gives the published signatures. */
struct playback {
    struct sg_arena *arena;
    const struct sjson *statement;
    const struct sjson *signature;
    size_t n;
};

static sg_result
play(void *context, sg_bytes message, uint8_t ret[64])
{
    struct playback *p = context;
    assert_non_null(p->statement);
    assert_true(sg_str_equal(sg_bytes_str(message), sjson_at(p->statement, 1)->text));
    sg_bytes signature = hex_of(p->arena, p->signature->text);
    assert_int_equal(signature.n, 64);
    memcpy(ret, signature.p, 64);
    p->statement = p->statement->next;
    p->signature = p->signature->next;
    p->n++;
    return SG_DONE;
}

static sg_str *
pointers_of(struct sg_arena *arena, const char *name, size_t *ret_n)
{
    const struct sjson *list = file_json(arena, "ecdsa", name);
    sg_str *out = SG_NEW_ARRAY(arena, list->n, sg_str);
    assert_non_null(out);
    *ret_n = 0;
    for (const struct sjson *e = list->first; e != NULL; e = e->next) {
        out[(*ret_n)++] = e->text;
    }
    return out;
}

static void
test_base_proof(void **state)
{
    struct jsonld_contexts *contexts = di_test_contexts(*state);
    const struct sjson *transform = file_json(*state, FOLDER, "addBaseTransform.json");
    const struct sjson *raw = file_json(*state, FOLDER, "addRawBaseSignatureInfo.json");
    const struct sjson *material = file_json(*state, "ecdsa/ecdsa-sd-2023", "SDKeyMaterial.json");
    const struct sjson *hashes = file_json(*state, FOLDER, "addHashData.json");
    struct playback playback = { *state,
        sjson_get(sjson_get(transform, "nonMandatory"), "value")->first,
        sjson_get(raw, "signatures")->first, 0 };
    struct di_selective selective = { .signer = { .sign = play, .context = &playback } };
    sg_bytes public_key;
    assert_ok(multibase_decode(*state, member(raw, "publicKey"), &public_key));
    memcpy(selective.signer.public_key, public_key.p + 2, 33);
    memcpy(selective.hmac_key, hex_of(*state, member(material, "hmacKeyString")).p, 32);
    selective.mandatory_pointers =
        pointers_of(*state, "employMandatory.json", &selective.n_mandatory_pointers);

    struct di_proof_options options =
        options_of(*state, file_json(*state, FOLDER, "addProofConfig.json"));
    struct jwk key = method_key(*state, options.verification_method);
    struct di_request request = { .document = file_json(*state, "ecdsa", "employmentAuth.json"),
        .suite = di_suite_by_id(DI_ECDSA_SD_2023),
        .key = &key,
        .options = &options,
        .selective = &selective,
        .contexts = contexts };
    struct di_pending pending;
    assert_ok(di_prepare(*state, &request, NULL, &pending));
    assert_null(playback.statement);
    assert_true(sg_bytes_equal(pending.proof_hash, hex_of(*state, member(hashes, "proofHash"))));
    assert_true(
        sg_bytes_equal(pending.document_hash, hex_of(*state, member(hashes, "mandatoryHash"))));
    assert_int_equal(pending.message.n, 99);

    sg_str secured;
    const struct sjson *got;
    assert_ok(di_attach(*state, &pending, hex_of(*state, member(raw, "baseSignature")), &secured));
    assert_ok(sjson_parse(*state, secured, NULL, &got));
    assert_true(sjson_equal(got, file_json(*state, FOLDER, "addSignedSDBase.json")));
    jsonld_contexts_free(&contexts);
}

static void
test_derived_proof(void **state)
{
    struct jsonld_contexts *contexts = di_test_contexts(*state);
    size_t n;
    sg_str *pointers = pointers_of(*state, "employSelective.json", &n);
    sg_str disclosed;
    const struct sjson *got;
    struct sg_why why = { 0 };
    assert_ok(di_derive(*state, file_json(*state, FOLDER, "addSignedSDBase.json"), pointers, n,
        contexts, &why, &disclosed));
    assert_ok(sjson_parse(*state, disclosed, NULL, &got));
    assert_true(sjson_equal(got, file_json(*state, FOLDER, "derivedRevealDocument.json")));
    jsonld_contexts_free(&contexts);
}

static void
test_verifying(void **state)
{
    struct jsonld_contexts *contexts = di_test_contexts(*state);
    const struct sjson *base = file_json(*state, FOLDER, "addSignedSDBase.json");
    const struct sjson *derived = file_json(*state, FOLDER, "derivedRevealDocument.json");
    struct di_expect expect = { .purpose = SG_LIT("assertionMethod"), .now = 1800000000 };
    struct di_report report;
    assert_ok(di_verify(*state, derived, &expect, NULL, contexts, NULL, &report));
    assert_int_equal(di_suite_id(report.proofs[0].suite), DI_ECDSA_SD_2023);
    assert_refused(di_verify(*state, base, &expect, NULL, contexts, NULL, NULL), PROOF_VALUE);
    expect.accept_base = true;
    assert_ok(di_verify(*state, base, &expect, NULL, contexts, NULL, NULL));
    jsonld_contexts_free(&contexts);
}

#define T(name) cmocka_unit_test_setup_teardown(name, support_arena_setup, support_arena_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_base_proof),
        T(test_derived_proof),
        T(test_verifying),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

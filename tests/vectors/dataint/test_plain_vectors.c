/*
 * The published cases of the suites that sign two joined hashes: every hash byte equal, the document we secure equal to the published one,
 * the published one verified. Signatures are not made here: ECDSA's are taken from the files. req: FMT-3
 */
#include "di_contexts.h"
#include "vc_di.h"

static sg_bytes
file_hex(struct sg_arena *arena, const char *folder, const char *prefix, const char *stem)
{
    sg_str name;
    assert_ok(sg_arena_printf(arena, &name, "%s%s.txt", prefix, stem));
    return hex_of(arena, file_text(arena, folder, name.p));
}

struct vector {
    const char *folder;
    const char *stem;
    const char *unsigned_folder;
    const char *unsigned_name;
};

static void
check_making(struct sg_arena *arena, const struct vector *v, const struct jsonld_contexts *contexts)
{
    sg_str name;
    assert_ok(sg_arena_printf(arena, &name, "proofConfig%s.json", v->stem));
    const struct sjson *config = file_json(arena, v->folder, name.p);
    struct di_proof_options options = options_of(arena, config);
    struct jwk key = method_key(arena, options.verification_method);
    struct di_request request = {
        .document = file_json(arena, v->unsigned_folder, v->unsigned_name),
        .suite = di_suite_by_name(member(config, "cryptosuite")),
        .key = &key,
        .options = &options,
        .contexts = contexts,
    };
    assert_non_null(request.suite);
    struct di_pending pending;
    struct sg_why why = { 0 };
    assert_ok(di_prepare(arena, &request, &why, &pending));
    assert_true(
        sg_bytes_equal(pending.proof_hash, file_hex(arena, v->folder, "proofHash", v->stem)));
    assert_true(
        sg_bytes_equal(pending.document_hash, file_hex(arena, v->folder, "docHash", v->stem)));
    assert_true(
        sg_bytes_equal(pending.message, file_hex(arena, v->folder, "combinedHash", v->stem)));

    sg_str secured;
    const struct sjson *got;
    assert_ok(di_attach(arena, &pending, file_hex(arena, v->folder, "sigHex", v->stem), &secured));
    assert_ok(sjson_parse(arena, secured, NULL, &got));
    assert_ok(sg_arena_printf(arena, &name, "signed%s.json", v->stem));
    assert_true(sjson_equal(got, file_json(arena, v->folder, name.p)));
}

static void
check_verifying(
    struct sg_arena *arena, const struct vector *v, const struct jsonld_contexts *contexts)
{
    sg_str name;
    struct di_expect expect = { .purpose = SG_LIT("assertionMethod"), .now = 1800000000 };
    struct di_report report;
    struct sg_why why = { 0 };
    assert_ok(sg_arena_printf(arena, &name, "signed%s.json", v->stem));
    const struct sjson *document = file_json(arena, v->folder, name.p);
    assert_ok(di_verify(arena, document, &expect, NULL, contexts, &why, &report));
    assert_int_equal(report.n, 1);
    assert_int_equal(report.proofs[0].code, SG_OK);
    assert_null(report.proofs[0].problem);
    expect.purpose = SG_LIT("authentication");
    assert_refused(di_verify(arena, document, &expect, NULL, contexts, NULL, &report), PURPOSE);
    assert_int_equal(report.proofs[0].code, SG_E_PURPOSE);
}

static const struct vector jcs[] = {
    { "eddsa/eddsa-jcs-2022", "JCS", "eddsa", "unsigned.json" },
    { "ecdsa/ecdsa-jcs-2019-p256", "JCSECDSAP256", "ecdsa", "unsigned.json" },
    { "ecdsa/ecdsa-jcs-2019-p384", "JCSECDSAP384", "ecdsa", "unsigned.json" },
};

static void
test_jcs_suites(void **state)
{
    for (size_t i = 0; i < sizeof(jcs) / sizeof(jcs[0]); i++) {
        check_making(*state, &jcs[i], NULL);
        check_verifying(*state, &jcs[i], NULL);
    }
}

static const struct vector rdfc[] = {
    { "eddsa/eddsa-rdfc-2022", "DataInt", "eddsa", "unsigned.json" },
    { "ecdsa/ecdsa-rdfc-2019-p256", "ECDSAP256", "ecdsa", "unsigned.json" },
    { "ecdsa/ecdsa-rdfc-2019-p256/employ", "ECDSAP256", "ecdsa", "employmentAuth.json" },
    { "ecdsa/ecdsa-rdfc-2019-p384", "ECDSAP384", "ecdsa", "unsigned.json" },
};

static void
test_rdfc_suites(void **state)
{
    struct jsonld_contexts *contexts = di_test_contexts(*state);
    for (size_t i = 0; i < sizeof(rdfc) / sizeof(rdfc[0]); i++) {
        check_making(*state, &rdfc[i], contexts);
        check_verifying(*state, &rdfc[i], contexts);
    }
    jsonld_contexts_free(&contexts);
}

/* Verified only. */
static void
test_legacy_suite(void **state)
{
    static const struct vector v = { "eddsa/Ed25519Signature2020", "EdSig", "eddsa",
        "unsigned.json" };
    struct jsonld_contexts *contexts = di_test_contexts(*state);
    check_verifying(*state, &v, contexts);
    jsonld_contexts_free(&contexts);
}

/* A second proof beside the first: made from the published first one, and every step verified. */
static void
test_proof_set(void **state)
{
    static const char folder[] = "eddsa/proof-set-chain";
    struct jsonld_contexts *contexts = di_test_contexts(*state);
    const struct sjson *document = file_json(*state, folder, "unsigned.json");
    for (unsigned step = 1; step <= 2; step++) {
        sg_str name, secured;
        assert_ok(sg_arena_printf(*state, &name, "proofSetConfigSigned%u.json", step));
        const struct sjson *proof = file_json(*state, folder, name.p);
        struct di_proof_options options = options_of(*state, proof);
        struct jwk key = method_key(*state, options.verification_method);
        struct di_request request = { .document = document,
            .suite = di_suite_by_name(member(proof, "cryptosuite")),
            .key = &key,
            .options = &options,
            .contexts = contexts };
        struct di_pending pending;
        struct di_report report;
        struct di_expect expect = { .purpose = SG_LIT("assertionMethod"), .now = 1800000000 };
        sg_bytes signature;
        assert_ok(di_prepare(*state, &request, NULL, &pending));
        assert_ok(multibase_decode(*state, member(proof, "proofValue"), &signature));
        assert_ok(di_attach(*state, &pending, signature, &secured));
        assert_ok(sjson_parse(*state, secured, NULL, &document));
        assert_ok(di_verify(*state, document, &expect, NULL, contexts, NULL, &report));
        assert_int_equal(report.n, step);
        assert_ok(sg_arena_printf(*state, &name, "signedProofSet%u.json", step));
        const struct sjson *published = file_json(*state, folder, name.p);
        assert_ok(di_verify(*state, published, &expect, NULL, contexts, NULL, &report));
    }
    assert_true(sjson_equal(document, file_json(*state, folder, "signedProofSet2.json")));
    jsonld_contexts_free(&contexts);
}

/*
 * bbs-2023 is not applicable: a W3C Candidate Recommendation over BLS12-381 pairings, not among the suites of FMT-3. Its proofs are refused as
 * an unknown cryptosuite.
 */
static void
test_bbs_is_refused(void **state)
{
    struct jsonld_contexts *contexts = di_test_contexts(*state);
    struct di_expect expect = { .purpose = SG_LIT("assertionMethod"), .now = 1800000000 };
    const struct sjson *document = file_json(*state, "bbs", "addSignedSDBase.json");
    assert_refused(di_verify(*state, document, &expect, NULL, contexts, NULL, NULL), ALGORITHM);
    jsonld_contexts_free(&contexts);
}

#define T(name) cmocka_unit_test_setup_teardown(name, support_arena_setup, support_arena_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_jcs_suites),
        T(test_rdfc_suites),
        T(test_legacy_suite),
        T(test_proof_set),
        T(test_bbs_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

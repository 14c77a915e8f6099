/* Verifying: each refusal beside a proof that passes. req: FMT-3 */
#include "di_secure.h"
#include "support.h"

#define NOW 1700000000 /* 2023-11-14 */

struct fixture {
    struct sg_arena *arena;
    struct di_test_key key;
    struct di_test_proof proof;
    struct di_expect expect;
};

static int
setup(void **state)
{
    void *arena = NULL;
    assert_int_equal(support_arena_setup(&arena), 0);
    struct fixture *f = SG_NEW((struct sg_arena *)arena, struct fixture);
    assert_non_null(f);
    f->arena = arena;
    f->key = di_test_key_of(f->arena, JOSE_ED25519, "issuer");
    f->proof = (struct di_test_proof){ .suite = DI_EDDSA_JCS_2022, .key = &f->key };
    f->expect = (struct di_expect){ .purpose = SG_LIT("assertionMethod"), .now = NOW };
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    void *arena = ((struct fixture *)*state)->arena;
    return support_arena_teardown(&arena);
}

/* ---- form ---------------------------------------------------------------------------------------------- */

#define PROOF(members) "{\"a\":1,\"proof\":{" members "}}"
#define TYPE "\"type\":\"DataIntegrityProof\""
#define SUITE ",\"cryptosuite\":\"eddsa-jcs-2022\""
#define DID_KEY "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
#define METHOD \
    ",\"verificationMethod\":\"" DID_KEY "#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2\""
#define PURPOSE ",\"proofPurpose\":\"assertionMethod\""
#define VALUE                                                                              \
    ",\"proofValue\":\"z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3" \
    "GAVFuUfjoJdcnTMuVor51aX\""
#define ALL TYPE SUITE METHOD PURPOSE VALUE

static const struct {
    const char *json;
    enum sg_code code;
    const char *what; /* NULL: the signature's refusal names nothing */
} forms[] = {
    { PROOF(ALL), SG_E_SIGNATURE,
        NULL }, /* well formed: only the signature is another document's */
    { "{\"a\":1}", SG_E_PROOF_VALUE, "proof" },
    { "{\"proof\":null}", SG_E_PROOF_VALUE, "proof" },
    { "{\"proof\":\"x\"}", SG_E_PROOF_VALUE, "proof" },
    { "{\"proof\":[]}", SG_E_PROOF_VALUE, "proof" },
    { "{\"proof\":[7]}", SG_E_PROOF_VALUE, "proof" },
    { "[]", SG_E_TYPE, "document" },
    { PROOF("\"x\":1" SUITE METHOD PURPOSE VALUE), SG_E_PROOF_VALUE, "type" },
    { PROOF("\"type\":null" SUITE METHOD PURPOSE VALUE), SG_E_PROOF_VALUE, "type" },
    { PROOF("\"type\":[\"DataIntegrityProof\"]" SUITE METHOD PURPOSE VALUE), SG_E_PROOF_VALUE,
        "type" },
    { PROOF("\"type\":\"UnknownProof\"" SUITE METHOD PURPOSE VALUE), SG_E_ALGORITHM, "type" },
    { PROOF("\"type\":\"Ed25519Signature2020\"" SUITE METHOD PURPOSE VALUE), SG_E_ALGORITHM,
        "type" },
    { PROOF(TYPE METHOD PURPOSE VALUE), SG_E_PROOF_VALUE, "cryptosuite" },
    { PROOF(TYPE ",\"cryptosuite\":7" METHOD PURPOSE VALUE), SG_E_PROOF_VALUE, "cryptosuite" },
    { PROOF(TYPE ",\"cryptosuite\":\"\"" METHOD PURPOSE VALUE), SG_E_PROOF_VALUE, "cryptosuite" },
    { PROOF(TYPE ",\"cryptosuite\":\"bbs-2023\"" METHOD PURPOSE VALUE), SG_E_ALGORITHM,
        "cryptosuite" },
    { PROOF(TYPE SUITE PURPOSE VALUE), SG_E_PROOF_VALUE, "verificationMethod" },
    { PROOF(TYPE SUITE ",\"verificationMethod\":{}" PURPOSE VALUE), SG_E_PROOF_VALUE,
        "verificationMethod" },
    { PROOF(TYPE SUITE ",\"verificationMethod\":\"#a\"" PURPOSE VALUE), SG_E_PROOF_VALUE,
        "verificationMethod" },
    { PROOF(TYPE SUITE ",\"verificationMethod\":\"" DID_KEY "\"" PURPOSE VALUE), SG_E_METHOD,
        CID_BAD_METHOD_URL },
    { PROOF(TYPE SUITE ",\"verificationMethod\":\"" DID_KEY "#other\"" PURPOSE VALUE), SG_E_METHOD,
        CID_BAD_METHOD },
    { PROOF(TYPE SUITE ",\"verificationMethod\":\"https://a.example/#1\"" PURPOSE VALUE),
        SG_E_NOT_FOUND, NULL },
    { PROOF(TYPE SUITE METHOD VALUE), SG_E_PROOF_VALUE, "proofPurpose" },
    { PROOF(TYPE SUITE METHOD ",\"proofPurpose\":[\"assertionMethod\"]" VALUE), SG_E_PROOF_VALUE,
        "proofPurpose" },
    { PROOF(TYPE SUITE METHOD ",\"proofPurpose\":\"authentication\"" VALUE), SG_E_PURPOSE,
        "proofPurpose" },
    { PROOF(TYPE SUITE METHOD PURPOSE), SG_E_PROOF_VALUE, "proofValue" },
    { PROOF(TYPE SUITE METHOD PURPOSE ",\"proofValue\":null"), SG_E_PROOF_VALUE, "proofValue" },
    { PROOF(TYPE SUITE METHOD PURPOSE ",\"proofValue\":\"z\""), SG_E_PROOF_VALUE, "proofValue" },
    { PROOF(TYPE SUITE METHOD PURPOSE ",\"proofValue\":\"zz\""), SG_E_PROOF_VALUE, "proofValue" },
    { PROOF(TYPE SUITE METHOD PURPOSE ",\"proofValue\":\"z0OIl\""), SG_E_PROOF_VALUE,
        "proofValue" },
    { PROOF(TYPE SUITE METHOD PURPOSE ",\"proofValue\":\"uAAAA\""), SG_E_PROOF_VALUE,
        "proofValue" },
    { PROOF(ALL ",\"created\":\"2023\""), SG_E_PROOF_VALUE, "created" },
    { PROOF(ALL ",\"created\":\"2023-01-01T00:00:00\""), SG_E_PROOF_VALUE, "created" },
    { PROOF(ALL ",\"created\":1"), SG_E_PROOF_VALUE, "created" },
    { PROOF(ALL ",\"expires\":\"never\""), SG_E_PROOF_VALUE, "expires" },
    { PROOF(ALL ",\"expires\":\"2023-11-14T22:13:20Z\""), SG_E_EXPIRED, "expires" }, /* now */
    { PROOF(ALL ",\"domain\":7"), SG_E_PROOF_VALUE, "domain" },
    { PROOF(ALL ",\"domain\":[]"), SG_E_PROOF_VALUE, "domain" },
    { PROOF(ALL ",\"domain\":[\"a\",\"a\"]"), SG_E_PROOF_VALUE, "domain" },
    { PROOF(ALL ",\"challenge\":7"), SG_E_PROOF_VALUE, "challenge" },
    { PROOF(ALL ",\"nonce\":{}"), SG_E_PROOF_VALUE, "nonce" },
    { PROOF(ALL ",\"id\":\"no url\""), SG_E_PROOF_VALUE, "id" },
    { PROOF(ALL ",\"previousProof\":7"), SG_E_PROOF_VALUE, "previousProof" },
    { PROOF(ALL ",\"previousProof\":\"urn:x:1\""), SG_E_NOT_FOUND, "previousProof" },
    { PROOF(ALL ",\"@context\":[\"https://a.example/\"]"), SG_E_CONTEXT, "@context" },
};

static void
test_each_form_is_refused(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct sg_why why = { 0 };
        const struct sjson *document = di_test_json(f->arena, sg_cstr(forms[i].json));
        sg_result r = di_verify(f->arena, document, &f->expect, NULL, NULL, &why, NULL);
        if (r.code != forms[i].code) {
            fail_msg("row %zu: %s, %s", i, sg_code_row(r.code)->name, why.what ? why.what : "");
        }
        if (forms[i].what != NULL) {
            assert_non_null(why.what);
            assert_string_equal(why.what, forms[i].what);
        }
    }
}

/* ---- expectations ---------------------------------------------------------------------------------------- */

static sg_result
verify(struct fixture *f, const struct sjson *document)
{
    return di_verify(f->arena, document, &f->expect, NULL, NULL, NULL, NULL);
}

static void
test_domain_is_a_set(void **state)
{
    struct fixture *f = *state;
    const sg_str ab[] = { SG_LIT("a.example"), SG_LIT("b.example") };
    const sg_str ba[] = { SG_LIT("b.example"), SG_LIT("a.example") };
    const sg_str abc[] = { SG_LIT("a.example"), SG_LIT("b.example"), SG_LIT("c.example") };
    f->proof.options.domains = ab;
    f->proof.options.n_domains = 2;
    const struct sjson *document = di_test_secured(f->arena, "{\"a\":1}", &f->proof);
    assert_ok(verify(f, document)); /* nothing expected */
    f->expect.domains = ba;
    f->expect.n_domains = 2;
    assert_ok(verify(f, document));
    f->expect.n_domains = 1;
    assert_refused(verify(f, document), DOMAIN);
    f->expect.domains = abc;
    f->expect.n_domains = 3;
    assert_refused(verify(f, document), DOMAIN);
    f->proof.options.n_domains = 0;
    assert_refused(verify(f, di_test_secured(f->arena, "{\"a\":1}", &f->proof)), DOMAIN);
}

static void
test_challenge_is_exact(void **state)
{
    struct fixture *f = *state;
    f->proof.options.challenge = SG_LIT("c-1");
    const struct sjson *with = di_test_secured(f->arena, "{\"a\":1}", &f->proof);
    f->proof.options.challenge = SG_NO_STR;
    const struct sjson *without = di_test_secured(f->arena, "{\"a\":1}", &f->proof);
    assert_ok(verify(f, with));
    f->expect.exact_challenge = true;
    assert_refused(verify(f, with), CHALLENGE);
    assert_ok(verify(f, without));
    f->expect.challenge = SG_LIT("c-1");
    assert_ok(verify(f, with));
    f->expect.exact_challenge = false;
    assert_ok(verify(f, with));
    assert_refused(verify(f, without), CHALLENGE);
    f->expect.challenge = SG_LIT("c-10");
    assert_refused(verify(f, with), CHALLENGE);
}

static void
test_purpose(void **state)
{
    struct fixture *f = *state;
    f->proof.options.purpose = SG_LIT("authentication");
    const struct sjson *document = di_test_secured(f->arena, "{\"a\":1}", &f->proof);
    assert_refused(verify(f, document), PURPOSE);
    f->expect.purpose = SG_LIT("authentication");
    assert_ok(verify(f, document));
    f->expect.purpose = SG_NO_STR;
    assert_ok(verify(f, document));
}

static void
test_expiry_and_zones(void **state)
{
    struct fixture *f = *state;
    f->proof.options.expires = SG_LIT("2023-11-14T22:13:21Z");
    const struct sjson *document = di_test_secured(f->arena, "{\"a\":1}", &f->proof);
    assert_ok(verify(f, document));
    f->expect.now = NOW + 1;
    assert_refused(verify(f, document), EXPIRED);
    f->expect.now = NOW;
    document = di_test_json(f->arena, SG_LIT(PROOF(ALL ",\"created\":\"2023-01-01T00:00:00\"")));
    f->expect.zone_optional = true;
    assert_refused(verify(f, document), SIGNATURE); /* read, and only the signature is wrong */
}

/* ---- who ------------------------------------------------------------------------------------------------- */

static const struct sjson *
by(struct fixture *f, const char *format)
{
    sg_str text;
    char *at = strstr(format, "DID");
    assert_ok(sg_arena_printf(f->arena, &text, "%.*s%.*s%s", at == NULL ? 0 : (int)(at - format),
        format, SG_PRINT(at == NULL ? SG_NO_STR : f->key.did), at == NULL ? format : at + 3));
    return di_test_secured(f->arena, text.p, &f->proof);
}

static void
test_controller_is_who_the_document_names(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *json;
        bool passes;
    } cases[] = {
        { "{\"issuer\":\"DID\"}", true },
        { "{\"issuer\":{\"id\":\"DID\",\"name\":\"x\"}}", true },
        { "{\"issuer\":\"did:key:zother\"}", false },
        { "{\"issuer\":{\"name\":\"DID\"}}", false },
        { "{\"issuer\":7}", false },
        { "{\"type\":[\"VerifiableCredential\"]}", false },
        { "{}", false },
        { "{\"type\":\"VerifiablePresentation\"}", true },
        { "{\"type\":[\"VerifiablePresentation\",\"VerifiableCredential\"]}", false },
        { "{\"type\":[\"VerifiablePresentation\"],\"holder\":\"DID\"}", true },
        { "{\"type\":[\"VerifiablePresentation\"],\"holder\":{\"id\":\"DID\"}}", true },
        { "{\"type\":[\"VerifiablePresentation\"],\"holder\":\"did:example:1\"}", false },
        { "{\"issuer\":\"DID\",\"holder\":\"did:example:1\"}", false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct sjson *document = by(f, cases[i].json);
        f->expect.check_controller = false;
        assert_ok(verify(f, document));
        f->expect.check_controller = true;
        sg_result r = verify(f, document);
        if (r.code != (cases[i].passes ? SG_OK : SG_E_ISSUER)) {
            fail_msg("row %zu: %s", i, sg_code_row(r.code)->name);
        }
    }
}

/* A document of a resolver, whose method has times and relationships. */
static void
test_method_of_a_document(void **state)
{
    struct fixture *f = *state;
    sg_str multikey, json;
    assert_ok(multikey_encode(f->arena, &f->key.jwk, &multikey));
    static const struct {
        const char *extra;
        enum sg_code code;
    } cases[] = {
        { "", SG_OK },
        { ",\"expires\":\"2023-11-14T22:13:20Z\"", SG_E_EXPIRED },
        { ",\"expires\":\"2023-11-14T22:13:21Z\"", SG_OK },
        { ",\"revoked\":\"2023-11-14T22:13:20Z\"", SG_E_METHOD },
        { ",\"revoked\":\"2023-11-14T22:13:21Z\"", SG_OK },
    };
    f->proof.options.verification_method = SG_LIT("did:web:i.example#k");
    const struct sjson *document = di_test_secured(f->arena, "{\"a\":1}", &f->proof);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_ok(sg_arena_printf(f->arena, &json,
            "{\"id\":\"did:web:i.example\",\"verificationMethod\":[{\"id\":\"did:web:i.example#k\","
            "\"type\":\"Multikey\",\"controller\":\"did:web:i.example\",\"publicKeyMultibase\":\"%."
            "*s\"%s}],"
            "\"assertionMethod\":[\"did:web:i.example#k\"]}",
            SG_PRINT(multikey), cases[i].extra));
        const struct cid_document documents[] = { { SG_LIT("did:web:i.example"), json } };
        const struct cid_table table = { documents, 1 };
        struct cid_resolver resolver = cid_resolver_of(&table);
        struct di_report report;
        sg_result r = di_verify(f->arena, document, &f->expect, &resolver, NULL, NULL, &report);
        assert_int_equal(r.code, cases[i].code);
        assert_true(sg_str_is(report.proofs[0].method.controller, "did:web:i.example"));
    }
}

static void
test_key_of_another_kind(void **state)
{
    struct fixture *f = *state;
    struct di_test_key p256 = di_test_key_of(f->arena, JOSE_P256, "p256");
    f->proof.options.verification_method = p256.method;
    assert_refused(verify(f, di_test_secured(f->arena, "{\"a\":1}", &f->proof)), ALGORITHM);
    f->proof.options.verification_method = di_test_key_of(f->arena, JOSE_ED25519, "other").method;
    assert_refused(verify(f, di_test_secured(f->arena, "{\"a\":1}", &f->proof)), SIGNATURE);
}

/* ---- contexts of the jcs suites ---------------------------------------------------------------------------- */

#define V2 "\"https://www.w3.org/ns/credentials/v2\""

static const struct sjson *
with_context(struct fixture *f, const struct sjson *secured, const char *context)
{
    struct sg_buf buf = sg_buf_new(f->arena, 0, 65536);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str text;
    sjson_wr_object(&wr);
    sjson_wr_member_raw(&wr, "@context", sg_cstr(context));
    for (const struct sjson *m = secured->first; m != NULL; m = m->next) {
        if (!sg_str_is(m->name, "@context")) {
            sjson_wr_name(&wr, m->name);
            sjson_wr_value(&wr, m);
        }
    }
    sjson_wr_object_end(&wr);
    assert_ok(sg_buf_end_str(&buf, &text));
    return di_test_json(f->arena, text);
}

static void
test_jcs_contexts_begin_with_the_signed_ones(void **state)
{
    struct fixture *f = *state;
    const struct sjson *secured =
        di_test_secured(f->arena, "{\"@context\":[" V2 "],\"a\":1}", &f->proof);
    static const struct {
        const char *context;
        enum sg_code code, exact;
    } cases[] = {
        { "[" V2 "]", SG_OK, SG_OK },
        { V2, SG_OK, SG_E_CONTEXT },
        { "[" V2 ",\"https://a.example/\"]", SG_OK, SG_E_CONTEXT },
        { "[\"https://a.example/\"," V2 "]", SG_E_CONTEXT, SG_E_CONTEXT },
        { "[]", SG_E_CONTEXT, SG_E_CONTEXT },
        { "[\"https://a.example/\"]", SG_E_CONTEXT, SG_E_CONTEXT },
        { "null", SG_E_CONTEXT, SG_E_CONTEXT },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct sjson *document = with_context(f, secured, cases[i].context);
        f->expect.exact_context = false;
        assert_int_equal(verify(f, document).code, cases[i].code);
        f->expect.exact_context = true;
        assert_int_equal(verify(f, document).code, cases[i].exact);
    }
}

static void
test_jcs_contexts_must_be_known(void **state)
{
    struct fixture *f = *state;
    struct jsonld_contexts *contexts = NULL;
    const struct jsonld_document known[] = { { SG_LIT("https://www.w3.org/ns/credentials/v2"),
        SG_LIT("{\"@context\":{}}") } };
    assert_ok(jsonld_contexts_bare(known, 1, NULL, &contexts));
    const struct sjson *fine =
        di_test_secured(f->arena, "{\"@context\":[" V2 ",{\"a\":\"urn:a\"}],\"a\":1}", &f->proof);
    const struct sjson *strange = di_test_secured(
        f->arena, "{\"@context\":[" V2 ",\"https://a.example/\"],\"a\":1}", &f->proof);
    assert_ok(di_verify(f->arena, fine, &f->expect, NULL, contexts, NULL, NULL));
    assert_refused(di_verify(f->arena, strange, &f->expect, NULL, contexts, NULL, NULL), CONTEXT);
    f->expect.any_context = true;
    assert_ok(di_verify(f->arena, strange, &f->expect, NULL, contexts, NULL, NULL));
    jsonld_contexts_free(&contexts);
}

/* ---- the report -------------------------------------------------------------------------------------------- */

static void
test_report_tells_each_proof(void **state)
{
    struct fixture *f = *state;
    struct di_report report;
    struct sg_why why = { 0 };
    f->proof.options.id = SG_LIT("urn:x:1");
    const struct sjson *one = di_test_secured(f->arena, "{\"a\":1}", &f->proof);
    f->proof.options.id = SG_LIT("urn:x:2");
    f->proof.options.purpose = SG_LIT("authentication");
    sg_str text;
    assert_ok(di_test_secure(f->arena, one, &f->proof, NULL, &text));
    const struct sjson *two = di_test_json(f->arena, text);
    assert_refused(di_verify(f->arena, two, &f->expect, NULL, NULL, &why, &report), PURPOSE);
    assert_int_equal(why.at, 1);
    assert_int_equal(report.n, 2);
    assert_int_equal(report.proofs[0].code, SG_OK);
    assert_null(report.proofs[0].problem);
    assert_str_is(report.proofs[0].id, "urn:x:1");
    assert_true(sg_str_equal(report.proofs[0].verification_method, f->key.method));
    assert_int_equal(di_suite_id(report.proofs[0].suite), DI_EDDSA_JCS_2022);
    assert_int_equal(report.proofs[1].code, SG_E_PURPOSE);
    assert_string_equal(
        report.proofs[1].problem, "https://w3id.org/security#PROOF_VERIFICATION_ERROR");
    f->expect.purpose = SG_NO_STR;
    assert_ok(di_verify(f->arena, two, &f->expect, NULL, NULL, NULL, &report));
}

static void
test_problem_types(void **state)
{
    struct fixture *f = *state;
    const sg_str domain[] = { SG_LIT("a.example") };
    struct di_report report;
    const struct sjson *document = di_test_secured(f->arena, "{\"a\":1}", &f->proof);
    f->expect.domains = domain;
    f->expect.n_domains = 1;
    assert_refused(di_verify(f->arena, document, &f->expect, NULL, NULL, NULL, &report), DOMAIN);
    assert_string_equal(report.proofs[0].problem, "https://w3id.org/security#INVALID_DOMAIN_ERROR");
    f->expect.n_domains = 0;
    f->expect.challenge = SG_LIT("c");
    assert_refused(di_verify(f->arena, document, &f->expect, NULL, NULL, NULL, &report), CHALLENGE);
    assert_string_equal(
        report.proofs[0].problem, "https://w3id.org/security#INVALID_CHALLENGE_ERROR");
    f->expect.challenge = SG_NO_STR;
    document = di_test_json(f->arena,
        SG_LIT(PROOF(TYPE SUITE ",\"verificationMethod\":\"" DID_KEY "#1\"" PURPOSE VALUE)));
    assert_refused(di_verify(f->arena, document, &f->expect, NULL, NULL, NULL, &report), METHOD);
    assert_string_equal(
        report.proofs[0].problem, "https://w3id.org/security#INVALID_VERIFICATION_METHOD");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_each_form_is_refused),
        T(test_domain_is_a_set),
        T(test_challenge_is_exact),
        T(test_purpose),
        T(test_expiry_and_zones),
        T(test_controller_is_who_the_document_names),
        T(test_method_of_a_document),
        T(test_key_of_another_kind),
        T(test_jcs_contexts_begin_with_the_signed_ones),
        T(test_jcs_contexts_must_be_known),
        T(test_report_tells_each_proof),
        T(test_problem_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

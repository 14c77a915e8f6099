/* Making proofs: what is refused, what the secured document looks like. req: FMT-3 */
#include "di_secure.h"
#include "support.h"

#define V2 "\"https://www.w3.org/ns/credentials/v2\""
#define V1 "\"https://www.w3.org/2018/credentials/v1\""
#define DI "\"https://w3id.org/security/data-integrity/v2\""

struct fixture {
    struct sg_arena *arena;
    struct di_test_key ed, p256, p384;
    struct di_test_proof proof;
};

static int
setup(void **state)
{
    void *arena = NULL;
    assert_int_equal(support_arena_setup(&arena), 0);
    struct fixture *f = SG_NEW((struct sg_arena *)arena, struct fixture);
    assert_non_null(f);
    f->arena = arena;
    f->ed = di_test_key_of(f->arena, JOSE_ED25519, "ed");
    f->p256 = di_test_key_of(f->arena, JOSE_P256, "p256");
    f->p384 = di_test_key_of(f->arena, JOSE_P384, "p384");
    f->proof = (struct di_test_proof){ .suite = DI_EDDSA_JCS_2022, .key = &f->ed };
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    void *arena = ((struct fixture *)*state)->arena;
    return support_arena_teardown(&arena);
}

static sg_result
secure(struct fixture *f, const char *document, struct sg_why *why, sg_str *ret)
{
    return di_test_secure(f->arena, di_test_json(f->arena, sg_cstr(document)), &f->proof, why, ret);
}

static void
refused(struct fixture *f, const char *document, enum sg_code code, const char *what)
{
    struct sg_why why = { 0 };
    sg_str out;
    sg_result r = secure(f, document, &why, &out);
    if (r.code != code) {
        fail_msg("%s instead of %s (%s)", sg_code_row(r.code)->name, sg_code_row(code)->name, what);
    }
    assert_non_null(why.what);
    assert_string_equal(why.what, what);
}

static void
test_the_table_of_suites(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool makes, jsonld, p256, p384, ed;
    } want[] = {
        { "eddsa-rdfc-2022", true, true, false, false, true },
        { "eddsa-jcs-2022", true, false, false, false, true },
        { "ecdsa-rdfc-2019", true, true, true, true, false },
        { "ecdsa-jcs-2019", true, false, true, true, false },
        { "ecdsa-sd-2023", true, true, true, false, false },
        { "Ed25519Signature2020", false, true, false, false, true },
    };
    assert_int_equal(di_suites(), sizeof(want) / sizeof(want[0]));
    for (size_t i = 0; i < di_suites(); i++) {
        const struct di_suite *s = di_suite_row(i);
        assert_string_equal(di_suite_name(s), want[i].name);
        assert_ptr_equal(di_suite_by_id(di_suite_id(s)), s);
        assert_int_equal(di_suite_makes(s), want[i].makes);
        assert_int_equal(di_suite_jsonld(s), want[i].jsonld);
        assert_int_equal(di_suite_alg(s, JOSE_P256) != NULL, want[i].p256);
        assert_int_equal(di_suite_alg(s, JOSE_P384) != NULL, want[i].p384);
        assert_int_equal(di_suite_alg(s, JOSE_ED25519) != NULL, want[i].ed);
        assert_null(di_suite_alg(s, JOSE_P521));
        assert_null(di_suite_alg(s, JOSE_CRV_NONE));
    }
    assert_null(di_suite_row(di_suites()));
    assert_null(di_suite_by_name(SG_LIT("bbs-2023")));
    assert_null(di_suite_by_name(SG_LIT("Ed25519Signature2020"))); /* a type, not a cryptosuite */
}

static void
test_options_are_checked(void **state)
{
    struct fixture *f = *state;
    const char *document = "{\"@context\":[" V2 "]}";
    static const char *const times[] = { "2023-02-24T23:36:38", "yesterday",
        "2023-02-30T00:00:00Z" };
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        f->proof.options = (struct di_proof_options){ .created = sg_cstr(times[i]) };
        refused(f, document, SG_E_VALUE, "created");
        f->proof.options = (struct di_proof_options){ .expires = sg_cstr(times[i]) };
        refused(f, document, SG_E_VALUE, "expires");
    }
    f->proof.options = (struct di_proof_options){ .purpose = SG_LIT("decoration") };
    refused(f, document, SG_E_VALUE, "proofPurpose");
    f->proof.options = (struct di_proof_options){ .verification_method = SG_LIT("key-1") };
    refused(f, document, SG_E_VALUE, "verificationMethod");
    f->proof.options = (struct di_proof_options){ .id = SG_LIT("proof 1") };
    refused(f, document, SG_E_VALUE, "id");
    const sg_str twice[] = { SG_LIT("a.example"), SG_LIT("a.example") };
    f->proof.options = (struct di_proof_options){ .domains = twice, .n_domains = 2 };
    refused(f, document, SG_E_VALUE, "domain");
    f->proof.options =
        (struct di_proof_options){ .domains = twice, .n_domains = DI_DOMAINS_MAX + 1 };
    refused(f, document, SG_E_TOO_LARGE, "domain");
    refused(f, "[]", SG_E_TYPE, "document");
}

static void
test_required_options(void **state)
{
    struct fixture *f = *state;
    struct di_proof_options options = { .purpose = SG_LIT("assertionMethod") };
    struct di_request request = { .document = di_test_json(f->arena, SG_LIT("{}")),
        .suite = di_suite_by_id(DI_EDDSA_JCS_2022),
        .key = &f->ed.jwk,
        .options = &options };
    struct di_pending pending;
    assert_refused(di_prepare(f->arena, &request, NULL, &pending), MISSING);
    options = (struct di_proof_options){ .verification_method = f->ed.method };
    assert_refused(di_prepare(f->arena, &request, NULL, &pending), MISSING);
    options.purpose = SG_LIT("assertionMethod");
    assert_ok(di_prepare(f->arena, &request, NULL, &pending));
    assert_int_equal(pending.message.n, 64);
    uint8_t signature[65] = { 0 };
    sg_str out;
    assert_refused(di_attach(f->arena, &pending, sg_bytes_of(signature, 63), &out), SIGNATURE);
    assert_refused(di_attach(f->arena, &pending, sg_bytes_of(signature, 65), &out), SIGNATURE);
}

static void
test_key_must_fit_the_suite(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum di_suite_id suite;
        int key;
    } bad[] = { { DI_EDDSA_JCS_2022, 1 }, { DI_EDDSA_RDFC_2022, 2 }, { DI_ECDSA_JCS_2019, 0 },
        { DI_ECDSA_RDFC_2019, 0 }, { DI_ECDSA_SD_2023, 2 }, { DI_ECDSA_SD_2023, 0 } };
    const struct di_test_key *keys[] = { &f->ed, &f->p256, &f->p384 };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        f->proof.suite = bad[i].suite;
        f->proof.key = keys[bad[i].key];
        refused(f, "{}", SG_E_ALGORITHM, "key");
    }
    f->proof.suite = DI_ED25519_SIGNATURE_2020;
    f->proof.key = &f->ed;
    refused(f, "{}", SG_E_UNSUPPORTED, "cryptosuite");
}

static void
test_p384_hashes_are_sha384(void **state)
{
    struct fixture *f = *state;
    struct di_proof_options options = { .verification_method = f->p384.method,
        .purpose = SG_LIT("assertionMethod") };
    struct di_request request = { .document = di_test_json(f->arena, SG_LIT("{}")),
        .suite = di_suite_by_id(DI_ECDSA_JCS_2019),
        .key = &f->p384.jwk,
        .options = &options };
    struct di_pending pending;
    uint8_t want[SG_SHA384_LEN];
    assert_ok(di_prepare(f->arena, &request, NULL, &pending));
    assert_int_equal(pending.message.n, 96);
    sg_hash(SG_SHA384, sg_str_bytes(SG_LIT("{}")), want);
    assert_memory_equal(pending.message.p + 48, want, 48); /* the document comes second */
    assert_int_equal(pending.alg->id, JOSE_ES384);
}

static const struct sjson *
secured(struct fixture *f, const char *document)
{
    sg_str text;
    assert_ok(secure(f, document, NULL, &text));
    return di_test_json(f->arena, text);
}

static void
assert_json(struct fixture *f, const struct sjson *v, const char *want)
{
    assert_non_null(v);
    assert_true(sjson_equal(v, di_test_json(f->arena, sg_cstr(want))));
}

/* Data Integrity 2.4.2 */
static void
test_context_injection(void **state)
{
    struct fixture *f = *state;
    static const char *const pairs[][2] = {
        { "[" V2 "]", "[" V2 "]" },
        { V2, V2 },
        { "[" V1 "]", "[" V1 "," DI "]" },
        { V1, "[" V1 "," DI "]" },
        { "[" V1 "," DI "]", "[" V1 "," DI "]" },
        { "{\"a\":\"https://a.example/\"}", "[{\"a\":\"https://a.example/\"}," DI "]" },
        { "[{\"x\":[" V2 "]}]", "[{\"x\":[" V2 "]}," DI "]" },
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        sg_str text;
        assert_ok(sg_arena_printf(f->arena, &text, "{\"@context\":%s,\"a\":1}", pairs[i][0]));
        const struct sjson *v = secured(f, text.p);
        assert_json(f, sjson_get(v, "@context"), pairs[i][1]);
        /* jcs: the proof keeps the same contexts */
        assert_json(f, sjson_get(sjson_get(v, "proof"), "@context"), pairs[i][1]);
        struct di_expect expect = { .any_context = true };
        assert_ok(di_verify(f->arena, v, &expect, NULL, NULL, NULL, NULL));
    }
    const struct sjson *plain = secured(f, "{\"a\":1}");
    assert_null(sjson_get(plain, "@context"));
    assert_null(sjson_get(sjson_get(plain, "proof"), "@context"));
}

static void
test_document_bytes_are_kept(void **state)
{
    struct fixture *f = *state;
    sg_str text;
    assert_ok(
        secure(f, "{ \"a\" : [1.50e1,  \"\\u00e9\"], \"proof\": {\"type\": \"x\" }, \"b\":{ } }",
            NULL, &text));
    static const char want[] =
        "{\"a\":[1.50e1,  \"\\u00e9\"],\"b\":{ },\"proof\":[{\"type\": \"x\" },{";
    assert_true(text.n > sizeof(want));
    assert_memory_equal(text.p, want, sizeof(want) - 1);
}

static void
test_members_of_a_proof(void **state)
{
    struct fixture *f = *state;
    const sg_str domains[] = { SG_LIT("a.example"), SG_LIT("b.example") };
    f->proof.options = (struct di_proof_options){ .id = SG_LIT("urn:x:1"),
        .created = SG_LIT("2024-01-01T00:00:00+09:00"),
        .expires = SG_LIT("2034-01-01T00:00:00.5Z"),
        .domains = domains,
        .n_domains = 2,
        .challenge = SG_LIT("a \"quoted\" one"),
        .nonce = SG_LIT("n") };
    const struct sjson *proof = sjson_get(secured(f, "{\"a\":1}"), "proof");
    assert_int_equal(proof->n, 11);
    assert_json(f, sjson_get(proof, "id"), "\"urn:x:1\"");
    assert_json(f, sjson_get(proof, "type"), "\"DataIntegrityProof\"");
    assert_json(f, sjson_get(proof, "cryptosuite"), "\"eddsa-jcs-2022\"");
    assert_json(f, sjson_get(proof, "created"), "\"2024-01-01T00:00:00+09:00\"");
    assert_json(f, sjson_get(proof, "domain"), "[\"a.example\",\"b.example\"]");
    assert_json(f, sjson_get(proof, "challenge"), "\"a \\\"quoted\\\" one\"");
    f->proof.options = (struct di_proof_options){ .domains = domains, .n_domains = 1 };
    proof = sjson_get(secured(f, "{\"a\":1}"), "proof");
    assert_json(f, sjson_get(proof, "domain"), "\"a.example\"");
}

static void
test_proofs_that_are_there(void **state)
{
    struct fixture *f = *state;
    const sg_str previous[] = { SG_LIT("urn:x:9") };
    refused(f, "{\"proof\":7}", SG_E_PROOF_VALUE, "proof");
    refused(f, "{\"proof\":[7]}", SG_E_PROOF_VALUE, "proof");
    f->proof.options = (struct di_proof_options){ .id = SG_LIT("urn:x:1") };
    refused(f, "{\"proof\":{\"id\":\"urn:x:1\"}}", SG_E_DUPLICATE, "id");
    f->proof.options = (struct di_proof_options){ .previous = previous, .n_previous = 1 };
    refused(f, "{\"proof\":{\"id\":\"urn:x:1\"}}", SG_E_NOT_FOUND, "previousProof");
    f->proof.options.id = previous[0]; /* itself */
    refused(f, "{}", SG_E_NOT_FOUND, "previousProof");
}

static void
test_too_many_proofs(void **state)
{
    struct fixture *f = *state;
    struct sg_buf buf = sg_buf_new(f->arena, 0, 4096);
    sg_buf_put_cstr(&buf, "{\"proof\":[{}");
    for (size_t i = 1; i < DI_PROOFS_MAX; i++) {
        sg_buf_put_cstr(&buf, ",{}");
    }
    sg_buf_put_cstr(&buf, "]}");
    sg_buf_put_byte(&buf, 0);
    sg_str text;
    assert_ok(sg_buf_end_str(&buf, &text));
    refused(f, text.p, SG_E_TOO_LARGE, "proof");
}

static void
test_rdfc_needs_contexts(void **state)
{
    struct fixture *f = *state;
    f->proof.suite = DI_EDDSA_RDFC_2022;
    refused(f, "{\"@context\":[" V2 "]}", SG_E_CONTEXT, "contexts");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_the_table_of_suites),
        T(test_options_are_checked),
        T(test_required_options),
        T(test_key_must_fit_the_suite),
        T(test_p384_hashes_are_sha384),
        T(test_context_injection),
        T(test_document_bytes_are_kept),
        T(test_members_of_a_proof),
        T(test_proofs_that_are_there),
        T(test_too_many_proofs),
        T(test_rdfc_needs_contexts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

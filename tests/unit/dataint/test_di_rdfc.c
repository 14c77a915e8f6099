/* The RDF suites: what JSON-LD and RDFC-1.0 refuse is refused here, made or verified. req: FMT-3 */
#include "di_secure.h"
#include "support.h"

#define V2 "\"https://www.w3.org/ns/credentials/v2\""

struct fixture {
    struct sg_arena *arena;
    struct jsonld_contexts *contexts;
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
    assert_ok(jsonld_contexts_new(NULL, 0, NULL, &f->contexts));
    f->key = di_test_key_of(f->arena, JOSE_P256, "issuer");
    f->proof = (struct di_test_proof){
        .suite = DI_ECDSA_RDFC_2019, .key = &f->key, .contexts = f->contexts
    };
    f->expect = (struct di_expect){ .purpose = SG_LIT("assertionMethod"), .now = 1700000000 };
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    void *arena = f->arena;
    jsonld_contexts_free(&f->contexts);
    return support_arena_teardown(&arena);
}

static sg_result
verify(struct fixture *f, const struct sjson *document, struct di_report *report)
{
    return di_verify(f->arena, document, &f->expect, NULL, f->contexts, NULL, report);
}

/* The text of `v` with the first `from` replaced. */
static const struct sjson *
edit(struct fixture *f, const struct sjson *v, const char *from, const char *to)
{
    const char *at = memmem(v->source.p, v->source.n, from, strlen(from));
    assert_non_null(at);
    size_t before = (size_t)(at - v->source.p);
    sg_str text;
    assert_ok(sg_arena_printf(f->arena, &text, "%.*s%s%.*s", (int)before, v->source.p, to,
        (int)(v->source.n - before - strlen(from)), at + strlen(from)));
    return di_test_json(f->arena, text);
}

#define CREDENTIAL(rest)                                                                       \
    "{\"@context\":[" V2 "],\"type\":[\"VerifiableCredential\"],\"issuer\":\"did:example:i\"," \
    "\"credentialSubject\":{\"id\":\"did:example:s\"}" rest "}"

static void
test_what_would_be_lost_is_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *json;
        enum sg_code code;
    } cases[] = {
        { CREDENTIAL(""), SG_OK },
        { CREDENTIAL(",\"unheard\":1"), SG_E_DATA_LOSS },
        { CREDENTIAL(",\"id\":\"relative\""), SG_E_DATA_LOSS },
        { "{\"@context\":[" V2 "],\"type\":[\"VerifiableCredential\",\"Unheard\"]}",
            SG_E_DATA_LOSS },
        { "{\"@context\":[" V2
          ",\"https://unknown.example/v1\"],\"type\":[\"VerifiableCredential\"]}",
            SG_E_CONTEXT },
        { "{\"@context\":[" V2
          ",{\"VerifiableCredential\":\"urn:other\"}],\"type\":[\"VerifiableCredential\"]}",
            SG_E_JSONLD },
        { "{\"@context\":7,\"type\":\"x\"}", SG_E_JSONLD },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sg_str text;
        sg_result r = di_test_secure(
            f->arena, di_test_json(f->arena, sg_cstr(cases[i].json)), &f->proof, NULL, &text);
        if (r.code != cases[i].code) {
            fail_msg("row %zu: %s", i, sg_code_row(r.code)->name);
        }
    }
}

static void
test_terms_added_afterwards(void **state)
{
    struct fixture *f = *state;
    struct di_report report;
    const struct sjson *v = di_test_secured(f->arena, CREDENTIAL(""), &f->proof);
    assert_ok(verify(f, v, &report));
    assert_refused(
        verify(f, edit(f, v, "\"issuer\"", "\"unheard\":1,\"issuer\""), &report), DATA_LOSS);
    assert_string_equal(
        report.proofs[0].problem, "https://w3id.org/security#DATA_LOSS_DETECTION_ERROR");
    assert_refused(
        verify(f, edit(f, v, "\"proofPurpose\"", "\"unheard\":1,\"proofPurpose\""), &report),
        DATA_LOSS);
    assert_refused(verify(f, edit(f, v, V2, V2 ",\"https://unknown.example/\""), &report), CONTEXT);
    assert_string_equal(
        report.proofs[0].problem, "https://w3id.org/security#PROOF_TRANSFORMATION_ERROR");
    /* a context that redefines a term of the data model is stopped by protection */
    assert_refused(
        verify(f, edit(f, v, V2, V2 ",{\"VerifiableCredential\":\"urn:x\"}"), &report), JSONLD);
    /* one that nothing uses changes nothing */
    assert_ok(verify(f, edit(f, v, V2, V2 ",{\"unused\":\"urn:x\"}"), &report));
    /* one that reaches identifiers of the proof, or of the document, does */
    assert_refused(verify(f, edit(f, v, V2, V2 ",{\"did\":\"urn:evil:\"}"), &report), SIGNATURE);
}

/* Data Integrity 4.6: a term of another name passes the signature, and only the reader knows which names to expect. */
static void
test_expected_context(void **state)
{
    struct fixture *f = *state;
    const struct sjson *v = di_test_secured(f->arena, CREDENTIAL(""), &f->proof);
    const struct sjson *more = edit(f, v, V2, V2 ",{\"alias\":\"urn:x\"}");
    assert_ok(verify(f, more, NULL));
    f->expect.context = di_test_json(f->arena, SG_LIT("[" V2 "]"));
    assert_ok(verify(f, v, NULL));
    assert_refused(verify(f, more, NULL), CONTEXT);
    f->expect.context = di_test_json(f->arena, SG_LIT(V2));
    assert_refused(verify(f, v, NULL), CONTEXT);
}

/* VCDM 2.0 11.1: names with language and direction. */
static void
test_direction_of_text(void **state)
{
    struct fixture *f = *state;
    static const sg_str mandatory[] = { { "/name", 5 } };
    static const enum di_suite_id suites[] = { DI_ECDSA_RDFC_2019, DI_ECDSA_SD_2023 };
    f->expect.accept_base = true;
    for (size_t i = 0; i < 2; i++) {
        f->proof.suite = suites[i];
        f->proof.mandatory = mandatory;
        f->proof.n_mandatory = 1;
        const struct sjson *v = di_test_secured(f->arena,
            CREDENTIAL(",\"name\":{\"@value\":\"x\",\"@language\":\"ar\",\"@direction\":\"rtl\"}"),
            &f->proof);
        assert_ok(verify(f, v, NULL));
        assert_refused(
            verify(f, edit(f, v, "\"@direction\":\"rtl\"", "\"@direction\":\"ltr\""), NULL),
            SIGNATURE);
        assert_refused(verify(f, edit(f, v, ",\"@direction\":\"rtl\"", ""), NULL), SIGNATURE);
    }
}

/* VCDM 1.1 documents get the context of the proof's terms. */
static void
test_vcdm_1_1(void **state)
{
    struct fixture *f = *state;
    const struct sjson *v = di_test_secured(f->arena,
        "{\"@context\":[\"https://www.w3.org/2018/credentials/"
        "v1\"],\"type\":[\"VerifiableCredential\"],"
        "\"issuer\":\"did:example:i\",\"issuanceDate\":\"2024-01-01T00:00:00Z\","
        "\"credentialSubject\":{\"id\":\"did:example:s\"}}",
        &f->proof);
    assert_true(sjson_is_text(
        sjson_at(sjson_get(v, "@context"), 1), "https://w3id.org/security/data-integrity/v2"));
    assert_ok(verify(f, v, NULL));
    assert_refused(verify(f, edit(f, v, "2024-01-01", "2024-01-02"), NULL), SIGNATURE);
}

/* Blank nodes that look all alike cost factorial time; the work is bounded. */
static void
test_poisoned_graph(void **state)
{
    struct fixture *f = *state;
    struct sg_buf buf = sg_buf_new(f->arena, 0, 1 << 20);
    sg_str text, out;
    sg_buf_put_cstr(&buf, "{\"@context\":{\"p\":\"urn:p\"},\"@graph\":[");
    for (unsigned i = 0; i < 12; i++) {
        sg_buf_put_cstr(&buf, i == 0 ? "" : ",");
        sg_str node;
        assert_ok(sg_arena_printf(f->arena, &node, "{\"@id\":\"_:n%u\",\"p\":[", i));
        sg_buf_put_str(&buf, node);
        bool first = true;
        for (unsigned k = 0; k < 12; k++) {
            if (k == i) {
                continue;
            }
            assert_ok(
                sg_arena_printf(f->arena, &node, "%s{\"@id\":\"_:n%u\"}", first ? "" : ",", k));
            sg_buf_put_str(&buf, node);
            first = false;
        }
        sg_buf_put_cstr(&buf, "]}");
    }
    sg_buf_put_cstr(&buf, "]}");
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_refused(
        di_test_secure(f->arena, di_test_json(f->arena, text), &f->proof, NULL, &out), WORK);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_what_would_be_lost_is_refused),
        T(test_terms_added_afterwards),
        T(test_expected_context),
        T(test_direction_of_text),
        T(test_vcdm_1_1),
        T(test_poisoned_graph),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Proof sets and chains (Data Integrity 4.3, 4.5). req: FMT-3 */
#include "di_secure.h"
#include "support.h"

struct fixture {
    struct sg_arena *arena;
    struct di_test_key key[3];
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
    f->key[0] = di_test_key_of(f->arena, JOSE_ED25519, "zero");
    f->key[1] = di_test_key_of(f->arena, JOSE_P256, "one");
    f->key[2] = di_test_key_of(f->arena, JOSE_P384, "two");
    f->expect = (struct di_expect){ .purpose = SG_LIT("assertionMethod"), .now = 1700000000 };
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    void *arena = ((struct fixture *)*state)->arena;
    return support_arena_teardown(&arena);
}

static const struct sjson *
add(struct fixture *f, const struct sjson *document, unsigned i, const char *id,
    const sg_str *previous, size_t n)
{
    sg_str text;
    struct di_test_proof proof = { .suite = i == 0 ? DI_EDDSA_JCS_2022 : DI_ECDSA_JCS_2019,
        .key = &f->key[i],
        .options = { .id = sg_cstr(id), .previous = previous, .n_previous = n } };
    assert_ok(di_test_secure(f->arena, document, &proof, NULL, &text));
    return di_test_json(f->arena, text);
}

/* urn:0; urn:1 after urn:0; urn:2 after both */
static const struct sjson *
chain(struct fixture *f)
{
    static const sg_str ids[] = { { "urn:p:0", 7 }, { "urn:p:1", 7 } };
    const struct sjson *v = di_test_json(f->arena, SG_LIT("{\"a\":1}"));
    v = add(f, v, 0, "urn:p:0", NULL, 0);
    v = add(f, v, 1, "urn:p:1", ids, 1);
    return add(f, v, 2, "urn:p:2", ids, 2);
}

static sg_result
verify(struct fixture *f, const struct sjson *v, struct di_report *report)
{
    return di_verify(f->arena, v, &f->expect, NULL, NULL, NULL, report);
}

/* The document with another list of proofs: order[i] is the place in the old one. */
static const struct sjson *
arrange(struct fixture *f, const struct sjson *v, const size_t *order, size_t n)
{
    struct sg_buf buf = sg_buf_new(f->arena, 0, 65536);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str text;
    sjson_wr_object(&wr);
    sjson_wr_member_value(&wr, "a", sjson_get(v, "a"));
    sjson_wr_name(&wr, SG_LIT("proof"));
    sjson_wr_array(&wr);
    for (size_t i = 0; i < n; i++) {
        sjson_wr_value(&wr, sjson_at(sjson_get(v, "proof"), order[i]));
    }
    sjson_wr_array_end(&wr);
    sjson_wr_object_end(&wr);
    assert_ok(sg_buf_end_str(&buf, &text));
    return di_test_json(f->arena, text);
}

static void
test_chain_verifies(void **state)
{
    struct fixture *f = *state;
    struct di_report report;
    const struct sjson *v = chain(f);
    assert_ok(verify(f, v, &report));
    assert_int_equal(report.n, 3);
    /* one reference is written as a string, two as a list */
    const struct sjson *proofs = sjson_get(v, "proof");
    assert_int_equal(sjson_get(sjson_at(proofs, 1), "previousProof")->type, SJSON_STRING);
    assert_int_equal(sjson_get(sjson_at(proofs, 2), "previousProof")->type, SJSON_ARRAY);
}

static void
test_members_of_a_set_are_independent(void **state)
{
    struct fixture *f = *state;
    const struct sjson *v = di_test_json(f->arena, SG_LIT("{\"a\":1}"));
    v = add(f, v, 0, "", NULL, 0);
    v = add(f, v, 1, "", NULL, 0);
    v = add(f, v, 2, "", NULL, 0);
    static const size_t orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 2, 0 } };
    for (size_t i = 0; i < 3; i++) {
        for (size_t n = 1; n <= 3; n++) {
            struct di_report report;
            assert_ok(verify(f, arrange(f, v, orders[i], n), &report));
            assert_int_equal(report.n, n);
        }
    }
}

static void
test_missing_link_refuses(void **state)
{
    struct fixture *f = *state;
    static const size_t without_first[] = { 1, 2 };
    struct di_report report;
    assert_refused(verify(f, arrange(f, chain(f), without_first, 2), &report), NOT_FOUND);
    assert_int_equal(report.proofs[0].code, SG_E_NOT_FOUND);
    assert_int_equal(report.proofs[1].code, SG_E_NOT_FOUND);
    static const size_t last_removed[] = { 0, 1 };
    assert_ok(verify(f, arrange(f, chain(f), last_removed, 2), &report));
}

static void
test_duplicate_ids_refuse(void **state)
{
    struct fixture *f = *state;
    static const size_t twice[] = { 0, 0, 1, 2 };
    struct di_report report;
    assert_refused(verify(f, arrange(f, chain(f), twice, 4), &report), DUPLICATE);
    assert_int_equal(report.proofs[1].code, SG_E_DUPLICATE);
}

/* Edit the JSON text of a secured document. */
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

static void
test_circles_refuse(void **state)
{
    struct fixture *f = *state;
    struct di_report report;
    const struct sjson *v = edit(
        f, chain(f), "\"id\":\"urn:p:0\",", "\"id\":\"urn:p:0\",\"previousProof\":\"urn:p:2\",");
    assert_refused(verify(f, v, &report), CONFLICT);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(report.proofs[i].code, SG_E_CONFLICT);
    }
    v = edit(f, chain(f), "\"id\":\"urn:p:0\",",
        "\"id\":\"urn:p:0\",\"previousProof\":\"urn:p:0\","); /* itself */
    assert_refused(verify(f, v, &report), CONFLICT);
}

/* What a later proof covers may not change, not even the earlier one's unsigned part: its value. */
static void
test_later_proof_covers_the_earlier(void **state)
{
    struct fixture *f = *state;
    struct di_report report;
    const struct sjson *v = chain(f);
    const struct sjson *other =
        add(f, di_test_json(f->arena, SG_LIT("{\"a\":2}")), 0, "urn:p:0", NULL, 0);
    sg_str old_value = sjson_get(sjson_at(sjson_get(v, "proof"), 0), "proofValue")->source;
    sg_str new_value = sjson_get(sjson_get(other, "proof"), "proofValue")->source;
    const char *from, *to;
    assert_ok(sg_arena_cstr(f->arena, old_value, &from));
    assert_ok(sg_arena_cstr(f->arena, new_value, &to));
    assert_refused(verify(f, edit(f, v, from, to), &report), SIGNATURE);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(report.proofs[i].code, SG_E_SIGNATURE);
    }
}

/* A refused proof takes those along that lean on it, in the report too. */
static void
test_refusal_spreads_along_the_chain(void **state)
{
    struct fixture *f = *state;
    struct di_report report;
    static const sg_str first[] = { { "urn:p:0", 7 } };
    static const sg_str second[] = { { "urn:p:1", 7 } };
    sg_str text;
    const struct sjson *v = di_test_json(f->arena, SG_LIT("{\"a\":1}"));
    struct di_test_proof proof = { .suite = DI_EDDSA_JCS_2022,
        .key = &f->key[0],
        .options = { .id = SG_LIT("urn:p:0"), .expires = SG_LIT("2023-01-01T00:00:00Z") } };
    assert_ok(di_test_secure(f->arena, v, &proof, NULL, &text));
    v = add(f, di_test_json(f->arena, text), 1, "urn:p:1", first, 1);
    v = add(f, v, 2, "urn:p:2", second, 1);
    v = add(f, v, 1, "", NULL, 0);
    assert_refused(verify(f, v, &report), EXPIRED);
    assert_int_equal(report.proofs[0].code, SG_E_EXPIRED);
    assert_int_equal(report.proofs[1].code, SG_E_EXPIRED);
    assert_string_equal(report.proofs[1].what, "previousProof");
    assert_int_equal(report.proofs[2].code, SG_E_EXPIRED);
    assert_int_equal(report.proofs[3].code, SG_OK); /* leans on nothing */
}

static void
test_stripping_a_reference_refuses(void **state)
{
    struct fixture *f = *state;
    struct di_report report;
    const struct sjson *v = edit(f, chain(f), ",\"previousProof\":\"urn:p:0\"", "");
    assert_refused(verify(f, v, &report), SIGNATURE);
    assert_int_equal(report.proofs[0].code, SG_OK);
    assert_int_equal(report.proofs[1].code, SG_E_SIGNATURE);
}

static void
test_too_many_proofs(void **state)
{
    struct fixture *f = *state;
    size_t order[DI_PROOFS_MAX + 1] = { 0 };
    const struct sjson *v = add(f, chain(f), 0, "", NULL, 0);
    for (size_t i = 0; i <= DI_PROOFS_MAX; i++) {
        order[i] = 3; /* without id */
    }
    assert_ok(verify(f, arrange(f, v, order, DI_PROOFS_MAX), NULL));
    assert_refused(verify(f, arrange(f, v, order, DI_PROOFS_MAX + 1), NULL), TOO_LARGE);
}

/* The RDF suites and a jcs proof in one chain, over a presentation that holds a credential with a proof of its own. */
static void
test_chain_over_a_presentation(void **state)
{
    struct fixture *f = *state;
    struct jsonld_contexts *contexts = NULL;
    static const sg_str ids[] = { { "urn:p:0", 7 }, { "urn:p:1", 7 } };
    static const enum di_suite_id suites[] = { DI_EDDSA_RDFC_2022, DI_ECDSA_RDFC_2019,
        DI_ECDSA_JCS_2019 };
    struct di_report report;
    sg_str text;
    assert_ok(jsonld_contexts_new(NULL, 0, NULL, &contexts));
    struct di_test_proof proof = {
        .suite = DI_EDDSA_RDFC_2022, .key = &f->key[0], .contexts = contexts
    };
    const struct sjson *credential = di_test_secured(f->arena,
        "{\"@context\":[\"https://www.w3.org/ns/credentials/"
        "v2\"],\"type\":[\"VerifiableCredential\"],"
        "\"issuer\":\"did:example:i\",\"credentialSubject\":{\"id\":\"did:example:s\"}}",
        &proof);
    assert_ok(sg_arena_printf(f->arena, &text,
        "{\"@context\":[\"https://www.w3.org/ns/credentials/"
        "v2\"],\"type\":[\"VerifiablePresentation\"],"
        "\"verifiableCredential\":[%.*s]}",
        SG_PRINT(credential->source)));
    const struct sjson *v = di_test_json(f->arena, text);
    proof.options.purpose = SG_LIT("authentication");
    for (size_t i = 0; i < 3; i++) {
        sg_str id;
        proof.suite = suites[i];
        proof.key = &f->key[i];
        assert_ok(sg_arena_printf(f->arena, &id, "urn:p:%zu", i));
        proof.options.id = id;
        proof.options.previous = ids;
        proof.options.n_previous = i;
        assert_ok(di_test_secure(f->arena, v, &proof, NULL, &text));
        v = di_test_json(f->arena, text);
    }
    f->expect.purpose = SG_LIT("authentication");
    assert_ok(di_verify(f->arena, v, &f->expect, NULL, contexts, NULL, &report));
    assert_int_equal(report.n, 3);
    const struct sjson *inner = sjson_get(v, "verifiableCredential")->first;
    f->expect.purpose = SG_LIT("assertionMethod");
    assert_ok(di_verify(f->arena, inner, &f->expect, NULL, contexts, NULL, &report));
    /* the credential's proof is part of what the holder signed */
    f->expect.purpose = SG_LIT("authentication");
    const struct sjson *stripped =
        edit(f, v, "\"proofPurpose\":\"assertionMethod\"", "\"proofPurpose\":\"authentication\"");
    assert_refused(
        di_verify(f->arena, stripped, &f->expect, NULL, contexts, NULL, &report), SIGNATURE);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(report.proofs[i].code, SG_E_SIGNATURE);
    }
    jsonld_contexts_free(&contexts);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_chain_verifies),
        T(test_members_of_a_set_are_independent),
        T(test_missing_link_refuses),
        T(test_duplicate_ids_refuse),
        T(test_circles_refuse),
        T(test_later_proof_covers_the_earlier),
        T(test_refusal_spreads_along_the_chain),
        T(test_stripping_a_reference_refuses),
        T(test_too_many_proofs),
        T(test_chain_over_a_presentation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

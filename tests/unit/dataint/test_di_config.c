/*
 * A proof's configuration is read with fewer contexts than the document has (di_config.c). Here both readings are compared: whatever
 * the document's contexts, the hash is that of the configuration under all of them, or both are refused. req: FMT-3
 */
#include "di_secure.h"
#include "rdf.h"
#include "support.h"

#define V2 "\"https://www.w3.org/ns/credentials/v2\""
#define V1 "\"https://www.w3.org/2018/credentials/v1\""
#define DI "\"https://w3id.org/security/data-integrity/v2\""

static const char *const contexts_of[] = {
    "[" V2 "]",
    "[" V2 ",{\"given\":\"urn:t:given\"}]",
    "[{\"given\":\"urn:t:given\"}," V2 "]",
    "[" V2 ",{\"given\":\"urn:t:given\"},{\"family\":{\"@id\":\"urn:t:f\",\"@type\":\"@id\"}}]",
    "[" V1 "," DI ",{\"given\":\"urn:t:given\"}]",
    "[" V1 ",{\"given\":\"urn:t:given\"}," DI "]",
    /* reach the proof */
    "[" V2 ",{\"did\":\"urn:evil:\"}]",
    "[" V2 ",{\"did\":{\"@id\":\"urn:evil:\",\"@prefix\":true}}]",
    "[" V2 ",{\"urn\":{\"@id\":\"https://evil.example/\",\"@prefix\":true}}]",
    "[" V2 ",{\"https\":{\"@id\":\"urn:evil:\",\"@prefix\":true}}]",
    "[" V2 ",{\"@language\":\"en\"}]",
    "[" V2 ",{\"@vocab\":\"urn:v:\"}]",
    "[" V2 ",{\"@base\":\"https://b.example/\"}]",
    "[" V2 ",{\"@direction\":\"rtl\"}]",
    "[" V2 ",{\"@propagate\":false,\"given\":\"urn:t:given\"}]",
    "[" V2 ",null," V2 "]",
    "[" V2 ",null]",
    /* protected terms: refused, or the same definition again */
    "[" V2 ",{\"created\":\"urn:t:created\"}]",
    "[" V2 ",{\"type\":\"urn:t:type\"}]",
    "[" V2 ",{\"DataIntegrityProof\":\"urn:t:dip\"}]",
    "[" V2 ",{\"assertionMethod\":\"urn:t:am\"}]",
    "[" V2 ",{\"authentication\":\"urn:t:am\"}]",
    "[" V2 ",{\"proof\":\"urn:t:proof\"}]",
    "[" V2 ",{\"cryptosuite\":null}]",
    "[" V2 ",{\"type\":\"@type\"}]",
    /* nested, strange */
    "[" V2 ",[{\"did\":{\"@id\":\"urn:evil:\",\"@prefix\":true}}]]",
    "[" V2 ",{\"given\":{\"@id\":\"urn:t:given\",\"@context\":{\"created\":\"urn:t:c\"}}}]",
    "[" V2 ",{\"x\":\"urn:x\",\"y\":\"x:y\"}]",
    "[\"https://w3id.org/security/v2\"," DI ",{\"dc\":\"urn:evil:\"}]",
    "[\"https://w3id.org/security/v2\",{\"dc\":\"urn:evil:\"}]",
    "[{\"https\":\"urn:evil:\"}," V2 "]",
    V2,
};

struct fixture {
    struct sg_arena *arena;
    struct jsonld_contexts *contexts;
    struct di_test_key key;
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
    f->key = di_test_key_of(f->arena, JOSE_ED25519, "issuer");
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

/* The configuration, read with every context of the document. */
static sg_result
full_reading(struct fixture *f, const char *context, const struct sjson *proof, uint8_t *out)
{
    struct sg_buf buf = sg_buf_new(f->arena, 0, 65536);
    struct sjson_wr wr = sjson_wr_new(&buf);
    struct jsonld_options options = {
        .contexts = f->contexts, .safe = true, .direction = JSONLD_I18N_DATATYPE
    };
    struct rdf_dataset dataset;
    struct rdf_canonical canonical;
    sg_str text;
    sjson_wr_object(&wr);
    sjson_wr_member_raw(&wr, "@context", sg_cstr(context));
    for (const struct sjson *m = proof->first; m != NULL; m = m->next) {
        if (!sg_str_is(m->name, "proofValue")) {
            sjson_wr_name(&wr, m->name);
            sjson_wr_value(&wr, m);
        }
    }
    sjson_wr_object_end(&wr);
    assert_ok(sg_buf_end_str(&buf, &text));
    SG_TRY(jsonld_to_rdf(f->arena, di_test_json(f->arena, text), &options, NULL, &dataset));
    SG_TRY(rdfc_canonicalize(f->arena, &dataset, SG_SHA256, NULL, &canonical));
    sg_sha256(sg_str_bytes(canonical.nquads), out);
    return SG_DONE;
}

static unsigned
compare(struct fixture *f, const char *context, const struct di_proof_options *options)
{
    sg_str document, secured;
    uint8_t want[SG_SHA256_LEN], signature[64] = { 0 };
    struct di_pending pending;
    assert_ok(sg_arena_printf(
        f->arena, &document, "{\"@context\":%s,\"@id\":\"tag:d\",\"@type\":\"tag:T\"}", context));
    struct di_request request = { .document = di_test_json(f->arena, document),
        .suite = di_suite_by_id(DI_EDDSA_RDFC_2022),
        .key = &f->key.jwk,
        .options = options,
        .contexts = f->contexts,
        .keep_context = true };
    sg_result r = di_prepare(f->arena, &request, NULL, &pending);
    /* the proof as it is made, from another suite, which does not read contexts */
    request.suite = di_suite_by_id(DI_EDDSA_JCS_2022);
    struct di_pending plain;
    assert_ok(di_prepare(f->arena, &request, NULL, &plain));
    assert_ok(di_attach(f->arena, &plain, SG_BYTES(signature), &secured));
    const char *at = memmem(secured.p, secured.n, "eddsa-jcs-2022", 14);
    assert_non_null(at);
    sg_str edited;
    assert_ok(sg_arena_printf(f->arena, &edited, "%.*seddsa-rdfc-2022%.*s", (int)(at - secured.p),
        secured.p, (int)(secured.n - (size_t)(at - secured.p) - 14), at + 14));
    const struct sjson *proof = sjson_get(di_test_json(f->arena, edited), "proof");
    struct sg_buf buf = sg_buf_new(f->arena, 0, 65536);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    for (const struct sjson *m = proof->first; m != NULL; m = m->next) {
        if (!sg_str_is(m->name, "@context")) {
            sjson_wr_name(&wr, m->name);
            sjson_wr_value(&wr, m);
        }
    }
    sjson_wr_object_end(&wr);
    sg_str bare;
    assert_ok(sg_buf_end_str(&buf, &bare));
    sg_result full = full_reading(f, context, di_test_json(f->arena, bare), want);
    if (sg_ok(r) != sg_ok(full)) {
        fail_msg("%s: %s, all contexts: %s", context, sg_code_row(r.code)->name,
            sg_code_row(full.code)->name);
    }
    if (sg_ok(r) && memcmp(pending.proof_hash.p, want, sizeof(want)) != 0) {
        fail_msg("%s: another hash", context);
    }
    return sg_ok(r);
}

static void
test_fewer_contexts_mean_the_same(void **state)
{
    struct fixture *f = *state;
    const sg_str domains[] = { SG_LIT("https://a.example"), SG_LIT("did:example:b") };
    const struct di_proof_options options[] = {
        { .verification_method = f->key.method, .purpose = SG_LIT("assertionMethod") },
        { .verification_method = SG_LIT("https://i.example/k#1"),
            .purpose = SG_LIT("authentication"),
            .id = SG_LIT("urn:p:1"),
            .created = SG_LIT("2024-01-01T00:00:00Z"),
            .expires = SG_LIT("2034-01-01T00:00:00+09:00"),
            .domains = domains,
            .n_domains = 2,
            .challenge = SG_LIT("did:it"),
            .nonce = SG_LIT("given \"n\"\n") },
    };
    unsigned made = 0;
    for (size_t i = 0; i < sizeof(contexts_of) / sizeof(contexts_of[0]); i++) {
        for (size_t k = 0; k < sizeof(options) / sizeof(options[0]); k++) {
            made += compare(f, contexts_of[i], &options[k]);
        }
    }
    assert_in_range(made, 20, 2 * sizeof(contexts_of) / sizeof(contexts_of[0]) - 8);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_fewer_contexts_mean_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

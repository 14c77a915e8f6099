/*
 * The canonical forms of the Data Integrity vectors (shared vectors, suite vc-di): from the JSON of documents and proof options,
 * in safe mode and without a base, to the published N-Quads. req: FMT-3
 */
#include "jsonld.h"
#include "support.h"

static struct sg_arena *lasting;
static struct jsonld_contexts *contexts;

/* Contexts that no npm package holds come from the shared folder, as configuration would add them. */
static int
setup(void **state)
{
    static const struct {
        sg_str url;
        const char *file;
    } more[] = {
        { SG_LIT("https://www.w3.org/ns/credentials/examples/v2"), "credentials-examples-v2" },
        { SG_LIT("https://w3id.org/vdl/v2"), "vdl-v2" },
    };
    enum { N = sizeof(more) / sizeof(more[0]) };
    struct jsonld_document documents[N];
    struct sg_why why = { 0 };
    if (support_arena_setup(state) != 0) {
        return -1;
    }
    lasting = sg_arena_new(0, (size_t)64 << 20);
    for (size_t i = 0; i < N; i++) {
        sg_str path;
        assert_ok(sg_arena_printf(lasting, &path, "../contexts/%s.jsonld", more[i].file));
        documents[i].url = more[i].url;
        documents[i].json =
            sg_bytes_str(support_file(lasting, support_vector_path(lasting, path.p)));
    }
    assert_ok(jsonld_contexts_new(documents, N, &why, &contexts));
    return 0;
}

static int
teardown(void **state)
{
    jsonld_contexts_free(&contexts);
    sg_arena_free(&lasting);
    return support_arena_teardown(state);
}

static const char *
vector(struct sg_arena *arena, const char *file)
{
    sg_str path;
    assert_ok(sg_arena_printf(arena, &path, "vc-di/%s", file));
    return support_vector_path(arena, path.p);
}

/* Proof options carry the document's @context in these files; documents are whole. */
static sg_str
canonical(struct sg_arena *arena, const char *file, enum sg_hash_alg hash)
{
    const struct sjson *document;
    struct rdf_dataset dataset;
    struct rdf_canonical out;
    struct sg_why why = { 0 };
    struct jsonld_options options = {
        .contexts = contexts, .safe = true, .direction = JSONLD_I18N_DATATYPE
    };
    assert_ok(sjson_parse(
        arena, sg_bytes_str(support_file(arena, vector(arena, file))), NULL, &document));
    sg_result r = jsonld_to_rdf(arena, document, &options, &why, &dataset);
    if (!sg_ok(r)) {
        print_error("%s: %s %s\n", file, sg_code_row(r.code)->name, why.what);
    }
    assert_ok(r);
    assert_ok(rdfc_canonicalize(arena, &dataset, hash, NULL, &out));
    return out.nquads;
}

static void
assert_same_text(const char *file, sg_str got, sg_str want)
{
    while (want.n > 0 && want.p[want.n - 1] == '\n') {
        want.n--;
    }
    while (got.n > 0 && got.p[got.n - 1] == '\n') {
        got.n--;
    }
    if (!sg_str_equal(got, want)) {
        print_error("%s\ngot\n%.*s\nwant\n%.*s\n", file, SG_PRINT(got), SG_PRINT(want));
    }
    assert_true(sg_str_equal(got, want));
}

static void
test_documents_and_proof_options_have_the_published_quads(void **state)
{
    static const struct {
        const char *in;
        const char *out;
        enum sg_hash_alg hash;
    } rows[] = {
        { "ecdsa/unsigned.json", "ecdsa/ecdsa-rdfc-2019-p256/canonDocECDSAP256.txt", SG_SHA256 },
        { "ecdsa/ecdsa-rdfc-2019-p256/proofConfigECDSAP256.json",
            "ecdsa/ecdsa-rdfc-2019-p256/proofCanonECDSAP256.txt", SG_SHA256 },
        { "ecdsa/employmentAuth.json", "ecdsa/ecdsa-rdfc-2019-p256/employ/canonDocECDSAP256.txt",
            SG_SHA256 },
        { "ecdsa/ecdsa-rdfc-2019-p256/employ/proofConfigECDSAP256.json",
            "ecdsa/ecdsa-rdfc-2019-p256/employ/proofCanonECDSAP256.txt", SG_SHA256 },
        { "ecdsa/unsigned.json", "ecdsa/ecdsa-rdfc-2019-p384/canonDocECDSAP384.txt", SG_SHA384 },
        { "ecdsa/ecdsa-rdfc-2019-p384/proofConfigECDSAP384.json",
            "ecdsa/ecdsa-rdfc-2019-p384/proofCanonECDSAP384.txt", SG_SHA384 },
        { "eddsa/unsigned.json", "eddsa/eddsa-rdfc-2022/canonDocDataInt.txt", SG_SHA256 },
        { "eddsa/eddsa-rdfc-2022/proofConfigDataInt.json",
            "eddsa/eddsa-rdfc-2022/proofCanonDataInt.txt", SG_SHA256 },
        { "eddsa/unsigned.json", "eddsa/Ed25519Signature2020/canonDocEdSig.txt", SG_SHA256 },
        { "eddsa/Ed25519Signature2020/proofConfigEdSig.json",
            "eddsa/Ed25519Signature2020/proofCanonEdSig.txt", SG_SHA256 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_str got = canonical(*state, rows[i].in, rows[i].hash);
        sg_bytes want = support_file(*state, vector(*state, rows[i].out));
        assert_same_text(rows[i].in, got, sg_bytes_str(want));
    }
}

/* Selective disclosure suites publish the canonical document as an array of lines. */
static void
test_selective_disclosure_documents_have_the_published_quads(void **state)
{
    static const struct {
        const char *in;
        const char *out;
    } rows[] = {
        { "ecdsa/employmentAuth.json", "ecdsa/ecdsa-sd-2023/employ/addBaseDocCanon.json" },
        { "bbs/windDoc.json", "bbs/addBaseDocCanon.json" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sjson *lines;
        sg_str got = canonical(*state, rows[i].in, SG_SHA256);
        assert_ok(sjson_parse(
            *state, sg_bytes_str(support_file(*state, vector(*state, rows[i].out))), NULL, &lines));
        struct sg_buf buf = sg_buf_new(*state, got.n, (size_t)1 << 20);
        sg_str want;
        for (const struct sjson *line = lines->first; line != NULL; line = line->next) {
            sg_buf_put_str(&buf, line->text);
        }
        assert_ok(sg_buf_end_str(&buf, &want));
        assert_same_text(rows[i].in, got, want);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents_and_proof_options_have_the_published_quads),
        cmocka_unit_test(test_selective_disclosure_documents_have_the_published_quads),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

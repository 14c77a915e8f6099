/*
 * The published cases of the suites that sign two joined hashes: every hash byte equal, the document we secure equal to the published one,
 * the published one verified. Signatures are not made here: ECDSA's are taken from the files. req: FMT-3
 */
#include "dataint.h"
#include "support.h"

static sg_str
file_text(struct sg_arena *arena, const char *folder, const char *name)
{
    sg_str path;
    assert_ok(sg_arena_printf(arena, &path, "vc-di/%s/%s", folder, name));
    sg_str text = sg_bytes_str(support_file(arena, support_vector_path(arena, path.p)));
    while (text.n > 0 && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == ' ')) {
        text.n--;
    }
    return text;
}

static const struct sjson *
file_json(struct sg_arena *arena, const char *folder, const char *name)
{
    const struct sjson *v;
    assert_ok(sjson_parse(arena, file_text(arena, folder, name), NULL, &v));
    return v;
}

static sg_bytes
file_hex(struct sg_arena *arena, const char *folder, const char *prefix, const char *stem)
{
    sg_str name;
    sg_bytes bytes;
    assert_ok(sg_arena_printf(arena, &name, "%s%s.txt", prefix, stem));
    assert_ok(sg_hex_decode(arena, file_text(arena, folder, name.p), &bytes));
    return bytes;
}

static sg_str
member(const struct sjson *v, const char *name)
{
    const struct sjson *m = sjson_get(v, name);
    return m == NULL ? SG_NO_STR : m->text;
}

struct vector {
    const char *folder;
    const char *stem;
    const char *unsigned_folder;
    const char *unsigned_name;
};

static struct jwk
method_key(struct sg_arena *arena, sg_str method)
{
    struct cid_method found;
    assert_ok(cid_resolve(arena, NULL, method, SG_LIT("assertionMethod"), NULL, &found));
    return found.key;
}

static void
check_making(struct sg_arena *arena, const struct vector *v, const struct jsonld_contexts *contexts)
{
    sg_str name;
    assert_ok(sg_arena_printf(arena, &name, "proofConfig%s.json", v->stem));
    const struct sjson *config = file_json(arena, v->folder, name.p);
    struct di_proof_options options = {
        .verification_method = member(config, "verificationMethod"),
        .purpose = member(config, "proofPurpose"),
        .created = member(config, "created"),
    };
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

#define T(name) cmocka_unit_test_setup_teardown(name, support_arena_setup, support_arena_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_jcs_suites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

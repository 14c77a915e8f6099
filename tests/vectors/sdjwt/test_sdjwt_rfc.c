/* Shared vectors sd-jwt/rfc9901 (RFC 9901 examples) and sd-jwt-vc/main-*: everything printed there is verified and rebuilt. */
#include "support.h"

#include "sdjwt_vc.h"

static const struct sjson *
load(void **state, const char *path)
{
    const struct sjson *json;
    sg_bytes text = support_file(*state, path);
    assert_ok(sjson_parse(*state, sg_bytes_str(text), NULL, &json));
    return json;
}

static sg_str
text_of(const struct sjson *v)
{
    assert_non_null(v);
    assert_int_equal(v->type, SJSON_STRING);
    return v->text;
}

static void
verify_issuer(void **state, const struct sjson *file, const struct sdjwt *sd)
{
    struct jwk jwk;
    struct jwk_key *key = NULL;
    assert_ok(jwk_parse(*state, sjson_get(file, "issuer_jwk"), &jwk));
    assert_ok(jwk_key_new(&jwk, &key));
    assert_ok(jws_verify(&sd->jwt, key));
    jwk_key_free(&key);
}

static void
verify_kb(void **state, const struct sjson *file, const struct sdjwt *sd)
{
    const struct sjson *want = sjson_get(file, "kb_jwt_payload");
    const struct sjson *claims;
    struct sdjwt_kb_expect expect = { .max_age_s = 60, .leeway_s = 0 };
    assert_true(sd->has_kb);
    if (want == NULL) {
        assert_ok(jws_claims(*state, &sd->kb, &claims));
        want = claims;
    }
    assert_ok(sjson_member_int(want, "iat", &expect.now));
    expect.aud = text_of(sjson_get(want, "aud"));
    expect.nonce = text_of(sjson_get(want, "nonce"));
    assert_ok(sdjwt_kb_verify(*state, sd, &expect));
    expect.nonce = SG_LIT("another");
    assert_refused(sdjwt_kb_verify(*state, sd, &expect), PROOF);
}

static void
check_presentation(void **state, const struct sjson *file, const char *member, bool kb)
{
    struct sdjwt sd;
    const struct sjson *processed;
    const struct sjson *want = sjson_get(file, "verified_payload");
    assert_ok(sdjwt_parse(*state, text_of(sjson_get(file, member)), &sd));
    verify_issuer(state, file, &sd);
    assert_ok(sdjwt_process(*state, &sd, &processed));
    assert_int_equal(sd.has_kb, kb);
    if (kb) {
        verify_kb(state, file, &sd);
    }
    if (want != NULL) {
        assert_true(sjson_equal(processed, want));
    }
}

/* Everything disclosed: the holder's copy holds what the issuer was asked to put in. */
static void
check_issued(void **state, const struct sjson *file)
{
    struct sdjwt sd;
    const struct sjson *processed;
    const struct sjson *payload = sjson_get(file, "sd_jwt_payload");
    assert_ok(sdjwt_parse(*state, text_of(sjson_get(file, "sd_jwt_issued")), &sd));
    verify_issuer(state, file, &sd);
    assert_false(sd.has_kb);
    assert_true(payload == NULL || sjson_equal(sd.payload, payload));
    assert_ok(sdjwt_process(*state, &sd, &processed));
    const struct sjson *claims = sjson_get(file, "user_claims");
    for (const struct sjson *m = claims == NULL ? NULL : claims->first; m != NULL; m = m->next) {
        assert_true(sjson_equal(sjson_get_str(processed, m->name), m));
    }
}

static void
check_disclosures(void **state, const struct sjson *file)
{
    const struct sjson *list = sjson_get(file, "disclosures");
    const struct sjson *payload = sjson_get(file, "sd_jwt_payload");
    if (list == NULL || list->n == 0 || payload == NULL) {
        return;
    }
    sg_str *encoded = SG_NEW_ARRAY(*state, list->n, sg_str);
    size_t n = 0;
    for (const struct sjson *d = list->first; d != NULL; d = d->next) {
        encoded[n++] = text_of(sjson_get(d, "disclosure"));
    }
    struct sdjwt_built built = {
        .payload = sg_str_bytes(payload->source), .disclosures = encoded, .n_disclosures = n
    };
    struct sdjwt sd;
    assert_ok(sdjwt_of_built(*state, &built, &sd));
    n = 0;
    for (const struct sjson *d = list->first; d != NULL; d = d->next, n++) {
        sg_str digest;
        assert_ok(sg_b64url_encode(*state, sg_bytes_of(sd.disclosures[n].digest, 32), &digest));
        assert_true(sg_str_equal(digest, text_of(sjson_get(d, "digest"))));
        assert_true(sjson_equal(sd.disclosures[n].array, sjson_get(d, "contents")));
    }
}

static void
check_file(void **state, const char *path)
{
    const struct sjson *file = load(state, path);
    check_disclosures(state, file);
    if (sjson_get(file, "sd_jwt_issued") != NULL) {
        check_issued(state, file);
    }
    if (sjson_get(file, "sd_jwt_presented") != NULL) {
        check_presentation(state, file, "sd_jwt_presented", false);
    }
    if (sjson_get(file, "sd_jwt_kb_presented") != NULL) {
        check_presentation(state, file, "sd_jwt_kb_presented", true);
    }
}

static void
run_folder(void **state, const char *folder, const char *suffix, size_t least)
{
    const char *path = support_vector_path(*state, folder);
    const char **names;
    size_t n = support_list(*state, path, suffix, &names);
    for (size_t i = 0; i < n; i++) {
        sg_str file;
        assert_ok(sg_arena_printf(*state, &file, "%s/%s", path, names[i]));
        check_file(state, file.p);
    }
    assert_true(n >= least);
    printf("%zu files of %s\n", n, folder);
}

static void
test_rfc9901_examples(void **state)
{
    /* disclosure-encoding and json-flattened have tests of their own and pass through here without effect */
    run_folder(state, "sd-jwt/rfc9901", ".json", 8);
}

static void
test_json_serialisation(void **state)
{
    const struct sjson *file =
        load(state, support_vector_path(*state, "sd-jwt/rfc9901/json-flattened-8.2.json"));
    static const char *const members[] = { "jws_json_issued", "jws_json_kb" };
    for (size_t i = 0; i < 2; i++) {
        const struct sjson *json = sjson_get(file, members[i]);
        const struct sjson *processed;
        struct sdjwt sd;
        if (json->type == SJSON_STRING) {
            assert_ok(sjson_parse(*state, json->text, NULL, &json));
        }
        assert_ok(sdjwt_parse_json(*state, json, &sd));
        verify_issuer(state, file, &sd);
        assert_ok(sdjwt_process(*state, &sd, &processed));
        assert_int_equal(sd.has_kb, i == 1);
        if (sd.has_kb) {
            verify_kb(state, file, &sd);
        }
    }
}

/* Three texts of one disclosure, three digests: what is hashed is the text. */
static void
test_disclosure_encoding(void **state)
{
    const struct sjson *list =
        load(state, support_vector_path(*state, "sd-jwt/rfc9901/disclosure-encoding-4.2.json"));
    for (const struct sjson *row = list->first; row != NULL; row = row->next) {
        const struct sjson *variants = sjson_get(row, "variants");
        for (const struct sjson *v = variants->first; v != NULL; v = v->next) {
            sg_str text = text_of(sjson_get(v, "disclosure"));
            struct sdjwt_built built = {
                .payload = sg_str_bytes(SG_LIT("{}")), .disclosures = &text, .n_disclosures = 1
            };
            struct sdjwt sd;
            sg_str digest;
            assert_ok(sdjwt_of_built(*state, &built, &sd));
            assert_ok(sg_b64url_encode(*state, sg_bytes_of(sd.disclosures[0].digest, 32), &digest));
            assert_true(sg_str_equal(digest, text_of(sjson_get(v, "digest"))));
            assert_true(sg_str_equal(sd.disclosures[0].salt, text_of(sjson_get(row, "salt"))));
        }
    }
}

static void
check_vc(void **state, const char *name)
{
    const struct sjson *file = load(state, support_vector_path(*state, name));
    check_file(state, support_vector_path(*state, name));
    static const char *const members[] = { "sd_jwt_issued", "sd_jwt_presented",
        "sd_jwt_kb_presented" };
    for (size_t i = 0; i < 3; i++) {
        const struct sjson *processed;
        struct sdjwt sd;
        struct sdjwt_vc vc;
        if (sjson_get(file, members[i]) == NULL) {
            continue;
        }
        assert_ok(sdjwt_parse(*state, text_of(sjson_get(file, members[i])), &sd));
        assert_ok(sdjwt_process(*state, &sd, &processed));
        assert_ok(sdjwt_vc_check(*state, &sd, processed, false, &vc));
        assert_str_is(vc.vct, "https://credentials.example.com/identity_credential");
        assert_str_is(vc.iss, "https://example.com/issuer");
        assert_true(vc.exp == 1883000000 && vc.iat == 1683000000);
    }
}

static void
test_sd_jwt_vc_examples(void **state)
{
    check_vc(state, "sd-jwt-vc/main-2.3.json");
    check_vc(state, "sd-jwt-vc/main-2.3.2-second.json");
}

static void
test_issuer_metadata(void **state)
{
    const struct sjson *list =
        load(state, support_vector_path(*state, "sd-jwt-vc/issuer-metadata.json"));
    struct sdjwt_vc_issuer issuer;
    sg_bytes first = sg_str_bytes(sjson_at(list, 0)->source);
    assert_ok(sdjwt_vc_issuer_parse(*state, SG_LIT("https://example.com"), first, &issuer));
    const struct sjson *keys = sjson_get(issuer.jwks, "keys");
    assert_int_equal(keys->n, 2);
    for (const struct sjson *k = keys->first; k != NULL; k = k->next) {
        struct jwk jwk;
        assert_ok(jwk_parse(*state, k, &jwk));
    }
    assert_refused(
        sdjwt_vc_issuer_parse(*state, SG_LIT("https://example.com/"), first, &issuer), ISSUER);
    assert_ok(sdjwt_vc_issuer_parse(
        *state, SG_LIT("https://example.com"), sg_str_bytes(sjson_at(list, 1)->source), &issuer));
    assert_str_is(issuer.jwks_uri, "https://jwt-vc-issuer.example.com/my_public_keys.jwks");
}

/* The documents of the draft: forms, and the extension example whose result is printed as the third one. */
static void
test_type_metadata(void **state)
{
    const struct sjson *list =
        load(state, support_vector_path(*state, "sd-jwt-vc/type-metadata.json"));
    struct sdjwt_vc_document docs[2];
    size_t n = 0;
    size_t forms = 0;
    for (const struct sjson *row = list->first; row != NULL; row = row->next) {
        const struct sjson *doc = sjson_get(row, "document");
        const struct sjson *vct = sjson_get(doc, "vct");
        bool is_type = sjson_get(doc, "name") == NULL || sjson_get(doc, "description") != NULL;
        if (vct != NULL && is_type) {
            assert_ok(sdjwt_vc_type_form(*state, vct->text, sg_str_bytes(doc->source)));
            forms++;
        }
        if (vct != NULL && sjson_is_text(sjson_get(row, "section"), "5.6.5.2")) {
            assert_true(n < 2);
            docs[n++] = (struct sdjwt_vc_document){ vct->text, sg_str_bytes(doc->source) };
        }
    }
    assert_int_equal(forms, 4);
    assert_int_equal(n, 2);
    struct sdjwt_built built = {
        .payload =
            sg_str_bytes(SG_LIT("{\"vct\":\"https://example.com/"
                                "custom-type-metadata\",\"name\":\"A\",\"nationalities\":[]}"))
    };
    struct sdjwt sd;
    const struct sjson *processed;
    assert_ok(sdjwt_of_built(*state, &built, &sd));
    assert_ok(sdjwt_process(*state, &sd, &processed));
    assert_ok(sdjwt_vc_type_check(*state, SG_LIT("https://example.com/custom-type-metadata"),
        SG_NO_STR, docs, 2, &sd, processed, true));
    assert_refused(sdjwt_vc_type_check(*state, SG_LIT("https://example.com/custom-type-metadata"),
                       SG_NO_STR, docs + 1, 1, &sd, processed, true),
        TYPE_METADATA);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc9901_examples),
        cmocka_unit_test(test_json_serialisation),
        cmocka_unit_test(test_disclosure_encoding),
        cmocka_unit_test(test_sd_jwt_vc_examples),
        cmocka_unit_test(test_issuer_metadata),
        cmocka_unit_test(test_type_metadata),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

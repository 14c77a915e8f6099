/*
 * Shared vectors, suite jose: thumbprints, RFC 7515 and 7518, DPoP, and the RFC 7520 cookbook's signatures.
 * Cookbook signatures under algorithms that we do not have (HS256, PS384, RS256 in a JWS, detached, JSON forms)
 * are recognised and refused. Not run: jwe, nesting (JWE is not built yet), cose_key thumbprint (formats/cose).
 */
#include "jws.h"
#include "public_part.h"

static void
test_thumbprints(void **state)
{
    const struct sjson *rows = sjson_get(vector_file(*state, "jose/thumbprints.json"), "jwk");
    assert_int_equal(rows->n, 3);
    for (const struct sjson *row = rows->first; row != NULL; row = row->next) {
        struct jwk jwk;
        uint8_t got[JWK_THUMBPRINT_LEN];
        uint8_t want[JWK_THUMBPRINT_LEN];
        assert_ok(sg_b64url_decode_to(text_of(row, "sha256"), want, sizeof(want)));
        assert_ok(jwk_parse(*state, public_part(*state, sjson_get(row, "jwk")), &jwk));
        assert_ok(jwk_thumbprint(*state, &jwk, got));
        assert_memory_equal(got, want, sizeof(got));
    }
}

static sg_result
verify(struct sg_arena *arena, const struct sjson *key_json, sg_str compact)
{
    struct jwk jwk;
    struct jws jws;
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    SG_TRY(jws_parse(arena, compact, &jws));
    SG_TRY(jwk_parse(arena, public_part(arena, key_json), &jwk));
    SG_TRY(jwk_key_new(&jwk, &key));
    return jws_verify(&jws, key);
}

static void
test_rfc7515_examples(void **state)
{
    const struct sjson *file = vector_file(*state, "jose/rfc7515-7518.json");
    size_t n = 0;
    for (const struct sjson *list = file->first; list != NULL; list = list->next) {
        if (list->type != SJSON_ARRAY) {
            continue;
        }
        for (const struct sjson *c = list->first; c != NULL; c = c->next) {
            if (sjson_get(c, "compact") == NULL) {
                continue; /* ECDH-ES: not built */
            }
            n++;
            sg_result r = verify(*state, sjson_get(c, "jwk"), text_of(c, "compact"));
            assert_int_equal(sg_ok(r), sjson_is_text(sjson_get(c, "expect"), "valid"));
        }
    }
    assert_int_equal(n, 3);
}

static void
test_dpop_proofs(void **state)
{
    const struct sjson *file = vector_file(*state, "jose/dpop-rfc9449.json");
    const struct sjson *list = file->type == SJSON_ARRAY ? file : file->first;
    while (list->type != SJSON_ARRAY) {
        list = list->next;
    }
    assert_int_equal(list->n, 3);
    for (const struct sjson *c = list->first; c != NULL; c = c->next) {
        struct jws jws;
        struct jwk jwk;
        uint8_t jkt[JWK_THUMBPRINT_LEN];
        const struct sjson *claims;
        sg_str text;
        assert_ok(jws_parse(*state, text_of(c, "proof"), &jws));
        assert_str_is(jws.typ, "dpop+jwt");
        assert_ok(jwk_parse(*state, sjson_get(jws.header, "jwk"), &jwk));
        assert_ok(verify(*state, sjson_get(jws.header, "jwk"), jws.compact));
        assert_ok(jwk_thumbprint(*state, &jwk, jkt));
        assert_ok(sg_b64url_encode(*state, SG_BYTES(jkt), &text));
        assert_true(sg_str_equal(text, text_of(c, "jkt")));
        assert_ok(jws_claims(*state, &jws, &claims));
        assert_true(sjson_equal(claims, sjson_get(c, "claims")));
        if (sjson_get(c, "access_token") != NULL) {
            uint8_t ath[SG_SHA256_LEN];
            sg_sha256(sg_str_bytes(text_of(c, "access_token")), ath);
            assert_ok(sg_b64url_encode(*state, SG_BYTES(ath), &text));
            assert_true(sg_str_equal(text, text_of(claims, "ath")));
        }
    }
}

/* file, and whether its output.compact verifies here */
static const struct {
    const char *file;
    enum sg_code code;
} cookbook[] = {
    { "jws/4_1.rsa_v15_signature.json", SG_E_ALGORITHM }, /* RS256: for certificates only */
    { "jws/4_2.rsa-pss_signature.json", SG_E_ALGORITHM }, /* PS384 */
    { "jws/4_3.ecdsa_signature.json", SG_OK },            /* ES512 */
    { "jws/4_4.hmac-sha2_integrity_protection.json", SG_E_ALGORITHM },
    { "curve25519/jws.json", SG_OK },
};

static void
test_cookbook_compact_signatures(void **state)
{
    for (size_t i = 0; i < sizeof(cookbook) / sizeof(cookbook[0]); i++) {
        sg_str path;
        assert_ok(sg_arena_printf(*state, &path, "jose/cookbook/%s", cookbook[i].file));
        const struct sjson *file = vector_file(*state, path.p);
        sg_str compact = text_of(sjson_get(file, "output"), "compact");
        sg_result r = verify(*state, sjson_get(sjson_get(file, "input"), "key"), compact);
        support_assert_code(r, cookbook[i].code, cookbook[i].file, __FILE__, __LINE__);
    }
}

static void
test_cookbook_rebuilds_the_signing_input(void **state)
{
    static const char *const files[] = { "jws/4_1.rsa_v15_signature.json",
        "jws/4_3.ecdsa_signature.json", "curve25519/jws.json" };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        sg_str path;
        sg_bytes header;
        sg_bytes signature;
        sg_str got;
        assert_ok(sg_arena_printf(*state, &path, "jose/cookbook/%s", files[i]));
        const struct sjson *file = vector_file(*state, path.p);
        const struct sjson *signing = sjson_get(file, "signing");
        assert_ok(sg_b64url_decode(*state, text_of(signing, "protected_b64u"), &header));
        sg_str payload = text_of(sjson_get(file, "input"), "payload");
        assert_ok(jws_signing_input(*state, sg_bytes_str(header), sg_str_bytes(payload), &got));
        assert_true(sg_str_equal(got, text_of(signing, "sig-input")));
        assert_ok(sg_b64url_decode(*state, text_of(signing, "sig"), &signature));
        assert_ok(jws_attach(*state, got, signature, &got));
        assert_true(sg_str_equal(got, text_of(sjson_get(file, "output"), "compact")));
    }
}

/* RS256 verifies when it is asked for by name: certificates and clients. */
static void
test_cookbook_rs256_by_name(void **state)
{
    const struct sjson *file = vector_file(*state, "jose/cookbook/jws/4_1.rsa_v15_signature.json");
    struct jwk jwk;
    struct jws jws;
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    assert_ok(jws_parse(*state, text_of(sjson_get(file, "output"), "compact"), &jws));
    assert_ok(
        jwk_parse(*state, public_part(*state, sjson_get(sjson_get(file, "input"), "key")), &jwk));
    assert_ok(jwk_key_new(&jwk, &key));
    assert_ok(jwk_verify(key, jws.alg, sg_str_bytes(jws.signing_input), jws.signature));
}

/* Detached content, unprotected headers, several signatures, b64=false: other forms than the compact one. */
static void
test_cookbook_other_forms_are_refused(void **state)
{
    static const char *const files[] = { "jws/4_5.signature_with_detached_content.json",
        "jws/4_6.protecting_specific_header_fields.json", "jws/4_7.protecting_content_only.json",
        "jws/4_8.multiple_signatures.json", "rfc7797/4.2.hmac-sha2_b64_false.json",
        "rfc7797/hmac-sha2_b64_false.json" };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        sg_str path;
        assert_ok(sg_arena_printf(*state, &path, "jose/cookbook/%s", files[i]));
        const struct sjson *output = sjson_get(vector_file(*state, path.p), "output");
        for (const struct sjson *form = output->first; form != NULL; form = form->next) {
            struct jws jws;
            sg_str text = form->type == SJSON_STRING ? form->text : form->source;
            assert_false(sg_ok(jws_parse(*state, text, &jws)));
        }
    }
}

static void
test_cookbook_keys(void **state)
{
    static const struct {
        const char *file;
        enum sg_code code;
    } rows[] = { { "3_1.ec_public_key.json", SG_OK },
        { "3_2.ec_private_key.json", SG_E_KEY_PRIVATE }, { "3_3.rsa_public_key.json", SG_OK },
        { "3_4.rsa_private_key.json", SG_E_KEY_PRIVATE },
        { "3_5.symmetric_key_mac_computation.json", SG_E_KEY_PRIVATE },
        { "3_6.symmetric_key_encryption.json", SG_E_KEY_PRIVATE } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_str path;
        struct jwk jwk;
        SG_CLEANUP(jwk_key_free)
        struct jwk_key *key = NULL;
        assert_ok(sg_arena_printf(*state, &path, "jose/cookbook/jwk/%s", rows[i].file));
        sg_result r = jwk_parse(*state, vector_file(*state, path.p), &jwk);
        support_assert_code(r, rows[i].code, rows[i].file, __FILE__, __LINE__);
        if (sg_ok(r)) {
            assert_ok(jwk_key_new(&jwk, &key));
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thumbprints),
        cmocka_unit_test(test_rfc7515_examples),
        cmocka_unit_test(test_dpop_proofs),
        cmocka_unit_test(test_cookbook_compact_signatures),
        cmocka_unit_test(test_cookbook_rebuilds_the_signing_input),
        cmocka_unit_test(test_cookbook_rs256_by_name),
        cmocka_unit_test(test_cookbook_other_forms_are_refused),
        cmocka_unit_test(test_cookbook_keys),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

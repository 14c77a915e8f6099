/*
 * gateway/flow/flow_prove.h: key proofs that an issuer takes (req: PRO-1). The issuer is our own verifier of proofs, which is tested against wallets of others;
 * tests/interop has issuers of others.
 */
#include "support.h"

#include "flow_internal.h"
#include "flow_prove.h"
#include "show_rig.h"

#define NOW WORLD_NOW
#define ISSUER "https://issuer.example/tenant"
#define C_NONCE "c-nonce-1"

static struct di_test_key key;

static int
setup(void **state)
{
    int bad = support_arena_setup(state);
    key = di_test_key_of(*state, JOSE_P256, "prover");
    return bad;
}

static struct flow_prove
good(void)
{
    return (struct flow_prove){ .key = &key.jwk,
        .alg = jwk_default_alg(&key.jwk),
        .audience = SG_LIT(ISSUER),
        .nonce = SG_LIT(C_NONCE),
        .client_id = SG_LIT("wallet"),
        .now = NOW };
}

static sg_str
proof_of(void **state, const struct flow_prove *prove, const struct di_test_key *signer)
{
    struct flow_proving proving;
    struct sg_why why = { 0 };
    sg_str proof;
    sg_result r = flow_prove_build(*state, prove, &why, &proving);
    if (!sg_ok(r)) {
        fail_msg("%s %s", sg_code_row(r.code)->name, why.what);
    }
    assert_ok(
        flow_prove_attach(*state, &proving, di_test_sign(*state, signer, proving.message), &proof));
    return proof;
}

static sg_result
nonce_is(void *context, sg_str nonce, int64_t now)
{
    (void)context;
    (void)now;
    return sg_str_is(nonce, C_NONCE) ? SG_DONE : SG_ERROR(NONCE);
}

static sg_result
taken(void **state, sg_str proof, unsigned binding, sg_str client, struct flow_holder *ret)
{
    const struct flow_config config = { .binding = binding,
        .proofs[FLOW_PROOF_JWT] = { .offered = true,
            .algs = { jose_alg_by_id(JOSE_ES256), jose_alg_by_id(JOSE_ES384),
                jose_alg_by_id(JOSE_EDDSA) },
            .n_algs = 3 } };
    struct flow_attestations seen = { .n = 0 };
    const struct flow_proof_expect expect = { .config = &config,
        .aud = SG_LIT(ISSUER),
        .client_id = client,
        .nonce_check = nonce_is,
        .now = NOW + 5,
        .age_s = 60 };
    return flow_proof_verify(*state, proof, &expect, &seen, ret);
}

static void
test_an_issuer_takes_it(void **state)
{
    static const enum jose_crv curves[] = { JOSE_P256, JOSE_P384, JOSE_ED25519 };
    static const struct {
        enum flow_prove_by by;
        unsigned binding;
    } ways[] = { { FLOW_PROVE_BY_JWK, FLOW_BIND_JWK }, { FLOW_PROVE_BY_DID_JWK, FLOW_BIND_DID_JWK },
        { FLOW_PROVE_BY_DID_KEY, FLOW_BIND_DID_KEY } };
    for (size_t i = 0; i < 9; i++) {
        struct di_test_key one = di_test_key_of(*state, curves[i / 3], "one");
        struct flow_prove prove = good();
        struct flow_holder holder;
        uint8_t thumbprint[JWK_THUMBPRINT_LEN];
        struct jwk named = one.jwk;
        named.kid = SG_LIT("kept to ourselves");
        prove.key = &named;
        prove.alg = jwk_default_alg(&one.jwk);
        prove.by = ways[i % 3].by;
        sg_str proof = proof_of(state, &prove, &one);
        assert_ok(taken(state, proof, ways[i % 3].binding, SG_LIT("wallet"), &holder));
        assert_ok(jwk_thumbprint(*state, &one.jwk, thumbprint));
        assert_memory_equal(holder.thumbprint, thumbprint, sizeof(thumbprint));
        assert_refused(
            taken(state, proof, ways[(i + 1) % 3].binding, SG_LIT("wallet"), &holder), PROOF);
        struct jws jws;
        assert_ok(jws_parse(*state, proof, &jws));
        assert_int_equal(jws.header->n, 3);
        assert_null(memmem(jws.compact.p, jws.compact.n, "a2VwdCB0by", 10)); /* "kept to" */
    }
}

static void
test_anonymous_and_without_nonce(void **state)
{
    struct flow_prove prove = good();
    struct flow_holder holder;
    const struct sjson *claims;
    struct jws jws;
    prove.client_id = SG_NO_STR;
    assert_ok(taken(state, proof_of(state, &prove, &key), FLOW_BIND_JWK, SG_NO_STR, &holder));
    prove.nonce = SG_NO_STR;
    assert_ok(jws_parse(*state, proof_of(state, &prove, &key), &jws));
    assert_ok(jws_claims(*state, &jws, &claims));
    assert_int_equal(claims->n, 2);
    assert_true(sjson_is_text(sjson_get(claims, "aud"), ISSUER));
    assert_non_null(sjson_get(claims, "iat"));
}

static sg_str
attestation_of(void **state, const struct di_test_key *of, const char *name)
{
    struct sg_buf buf = sg_buf_new(*state, 512, 4096);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str payload, input, text;
    sg_buf_put_cstr(&buf, "{\"");
    sg_buf_put_cstr(&buf, name);
    sg_buf_put_cstr(&buf, "\":[");
    jwk_write(&wr, &of->jwk);
    sg_buf_put_cstr(&buf, "]}");
    assert_ok(sg_buf_end_str(&buf, &payload));
    assert_ok(
        jws_signing_input(*state, SG_LIT("{\"alg\":\"ES256\",\"typ\":\"key-attestation+jwt\"}"),
            sg_str_bytes(payload), &input));
    assert_ok(jws_attach(*state, input, di_test_sign(*state, &key, sg_str_bytes(input)), &text));
    return text;
}

static void
test_a_key_attestation_goes_along_if_it_names_the_key(void **state)
{
    const struct di_test_key other = di_test_key_of(*state, JOSE_P256, "other");
    struct flow_prove prove = good();
    struct flow_proving proving;
    struct jws jws;
    sg_str text;
    prove.key_attestation = attestation_of(state, &key, "attested_keys");
    assert_ok(jws_parse(*state, proof_of(state, &prove, &key), &jws));
    assert_ok(sjson_member_text(jws.header, "key_attestation", &text));
    assert_true(sg_str_equal(text, prove.key_attestation));
    prove.key_attestation = attestation_of(state, &other, "attested_keys");
    assert_refused(flow_prove_build(*state, &prove, NULL, &proving), KEY_INVALID);
    prove.key_attestation = attestation_of(state, &key, "keys");
    assert_refused(flow_prove_build(*state, &prove, NULL, &proving), KEY_INVALID);
    prove.key_attestation = SG_LIT("a.b.c");
    assert_refused(flow_prove_build(*state, &prove, NULL, &proving), KEY_INVALID);
}

static void
test_what_is_not_proved(void **state)
{
    struct flow_proving proving;
    struct flow_prove prove = good();
    char *large = sg_arena_alloc(*state, 4096);
    memset(large, 'a', 4096);
    static const char *const audiences[] = { "", "issuer.example", "https://", "ftp://x",
        "https://a b" };
    for (size_t i = 0; i < 5; i++) {
        prove.audience = sg_cstr(audiences[i]);
        assert_refused(flow_prove_build(*state, &prove, NULL, &proving), VALUE);
    }
    prove = good();
    prove.nonce = sg_str_of(large, 4096);
    assert_refused(flow_prove_build(*state, &prove, NULL, &proving), VALUE);
    prove = good();
    prove.client_id = sg_str_of(large, 4096);
    assert_refused(flow_prove_build(*state, &prove, NULL, &proving), VALUE);
    prove = good();
    prove.now = 0;
    assert_refused(flow_prove_build(*state, &prove, NULL, &proving), VALUE);
    prove = good();
    prove.alg = jose_alg_by_id(JOSE_ES384);
    assert_refused(flow_prove_build(*state, &prove, NULL, &proving), ALGORITHM);
    prove.alg = NULL;
    assert_refused(flow_prove_build(*state, &prove, NULL, &proving), ALGORITHM);
    enum flow_prove_by by;
    assert_refused(flow_prove_by_name(SG_LIT("cose_key"), &by), UNSUPPORTED);
    assert_ok(flow_prove_by_name(SG_LIT("did:key"), &by));
    assert_int_equal(by, FLOW_PROVE_BY_DID_KEY);
}

static void
test_a_signature_of_another_key_does_not_leave(void **state)
{
    const struct di_test_key other = di_test_key_of(*state, JOSE_P256, "other");
    struct flow_prove prove = good();
    struct flow_proving proving;
    sg_str proof;
    assert_ok(flow_prove_build(*state, &prove, NULL, &proving));
    assert_refused(
        flow_prove_attach(*state, &proving, di_test_sign(*state, &other, proving.message), &proof),
        SIGNATURE);
    assert_refused(flow_prove_attach(*state, &proving, SG_NO_BYTES, &proof), SIGNATURE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, support_arena_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_issuer_takes_it),
        TEST(test_anonymous_and_without_nonce),
        TEST(test_a_key_attestation_goes_along_if_it_names_the_key),
        TEST(test_what_is_not_proved),
        TEST(test_a_signature_of_another_key_does_not_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

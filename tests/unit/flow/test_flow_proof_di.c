/* Key proofs as presentations with a Data Integrity proof (OpenID4VCI 1.0, Appendix F.2). req: PRO-1, FMT-3 */
#include "support.h"

#include "di_secure.h"
#include "flow_internal.h"
#include "flow_proof_types.h"

#define ISSUER "https://issuer.example/tenant"
#define C_NONCE "c-nonce-1"
#define NOW ((int64_t)1800000000) /* 2027-01-15T08:00:00Z */
#define V2 "\"@context\":[\"https://www.w3.org/ns/credentials/v2\"]"
#define VP "{" V2 ",\"type\":[\"VerifiablePresentation\"]"

static struct {
    struct sg_arena *arena;
    struct jsonld_contexts *contexts;
    struct di_test_key ed, p256, p384;
    struct flow_config config;
} bed;

static int
setup(void **state)
{
    bed.arena = sg_arena_new(0, (size_t)256 << 20);
    *state = bed.arena;
    bed.ed = di_test_key_of(bed.arena, JOSE_ED25519, "ed");
    bed.p256 = di_test_key_of(bed.arena, JOSE_P256, "p256");
    bed.p384 = di_test_key_of(bed.arena, JOSE_P384, "p384");
    static const enum di_suite_id suites[] = { DI_EDDSA_RDFC_2022, DI_EDDSA_JCS_2022,
        DI_ECDSA_RDFC_2019, DI_ECDSA_JCS_2019 };
    bed.config = (struct flow_config){ .binding = FLOW_BIND_DID_KEY | FLOW_BIND_DID_JWK };
    struct flow_proof_type *type = &bed.config.proofs[FLOW_PROOF_DI_VP];
    type->offered = true;
    for (size_t i = 0; i < 4; i++) {
        type->suites[type->n_suites++] = di_suite_by_id(suites[i]);
    }
    return sg_ok(jsonld_contexts_new(NULL, 0, NULL, &bed.contexts)) ? 0 : 1;
}

static int
teardown(void **state)
{
    (void)state;
    jsonld_contexts_free(&bed.contexts);
    sg_arena_free(&bed.arena);
    return 0;
}

static sg_result
nonce_is(void *context, sg_str nonce, int64_t now)
{
    (void)context;
    (void)now;
    return sg_str_is(nonce, C_NONCE) ? SG_DONE : SG_ERROR(NONCE);
}

static sg_result
taken(sg_str presentation, struct flow_holder *ret)
{
    const struct flow_proof_expect expect = { .config = &bed.config,
        .aud = SG_LIT(ISSUER),
        .nonce_check = nonce_is,
        .now = NOW,
        .age_s = 60,
        .contexts = bed.contexts };
    return flow_proof_di_verify(bed.arena, presentation, &expect, ret);
}

static const sg_str issuer = { ISSUER, sizeof(ISSUER) - 1 };

static struct di_test_proof
good(enum di_suite_id suite, const struct di_test_key *key)
{
    return (struct di_test_proof){ .suite = suite,
        .key = key,
        .contexts = bed.contexts,
        .options = { .purpose = SG_LIT("authentication"),
            .domains = &issuer,
            .n_domains = 1,
            .challenge = SG_LIT(C_NONCE) } };
}

static sg_str
made(const char *document, const struct di_test_proof *proof)
{
    sg_str out;
    struct sg_why why = { 0 };
    sg_result r =
        di_test_secure(bed.arena, di_test_json(bed.arena, sg_cstr(document)), proof, &why, &out);
    if (!sg_ok(r)) {
        fail_msg("%s %s", sg_code_row(r.code)->name, why.what);
    }
    return out;
}

static void
test_a_presentation_proves_a_key(void **state)
{
    (void)state;
    const struct {
        enum di_suite_id suite;
        const struct di_test_key *key;
    } rows[] = { { DI_EDDSA_RDFC_2022, &bed.ed }, { DI_EDDSA_JCS_2022, &bed.ed },
        { DI_ECDSA_RDFC_2019, &bed.p256 }, { DI_ECDSA_JCS_2019, &bed.p256 },
        { DI_ECDSA_RDFC_2019, &bed.p384 }, { DI_ECDSA_JCS_2019, &bed.p384 } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t thumbprint[JWK_THUMBPRINT_LEN];
        struct flow_holder holder;
        sg_str with_holder;
        struct di_test_proof proof = good(rows[i].suite, rows[i].key);
        assert_ok(taken(made(VP "}", &proof), &holder));
        assert_true(sg_str_equal(holder.did, rows[i].key->did));
        assert_ok(jwk_thumbprint(bed.arena, &rows[i].key->jwk, thumbprint));
        assert_memory_equal(holder.thumbprint, thumbprint, sizeof(thumbprint));
        assert_ok(sg_arena_printf(
            bed.arena, &with_holder, VP ",\"holder\":\"%.*s\"}", SG_PRINT(rows[i].key->did)));
        assert_ok(taken(made(with_holder.p, &proof), &holder));
    }
}

static void
test_a_did_jwk_and_the_older_data_model(void **state)
{
    (void)state;
    struct flow_holder holder;
    sg_str did;
    struct di_test_proof proof = good(DI_ECDSA_JCS_2019, &bed.p256);
    assert_ok(did_jwk_of(bed.arena, &bed.p256.jwk, &did));
    assert_ok(did_method_of(bed.arena, did, &proof.options.verification_method));
    sg_str vp = made(VP "}", &proof);
    assert_ok(taken(vp, &holder));
    assert_true(sg_str_equal(holder.did, did));
    bed.config.binding = FLOW_BIND_DID_KEY; /* not what the metadata offer */
    assert_refused(taken(vp, &holder), PROOF);
    bed.config.binding = FLOW_BIND_DID_KEY | FLOW_BIND_DID_JWK;
    proof = good(DI_EDDSA_RDFC_2022, &bed.ed);
    assert_ok(taken(made("{\"@context\":[\"https://www.w3.org/2018/credentials/v1\","
                         "\"https://w3id.org/security/data-integrity/v2\"],"
                         "\"type\":\"VerifiablePresentation\"}",
                        &proof),
        &holder));
}

/* Each differs from a good proof in one thing. */
static void
test_what_does_not_prove(void **state)
{
    (void)state;
    static const sg_str two[] = { { ISSUER, sizeof(ISSUER) - 1 }, { "https://b.example", 17 } };
    static const sg_str other[] = { { "https://issuer.example", 22 } };
    struct flow_holder holder;
    struct di_test_proof proof = good(DI_EDDSA_JCS_2022, &bed.ed);
    assert_ok(taken(made(VP "}", &proof), &holder));
    proof.options.purpose = SG_LIT("assertionMethod");
    assert_refused(taken(made(VP "}", &proof), &holder), PROOF);
    proof = good(DI_EDDSA_JCS_2022, &bed.ed);
    proof.options.domains = other; /* a prefix of ours is another issuer */
    assert_refused(taken(made(VP "}", &proof), &holder), PROOF);
    proof.options.domains = two; /* whoever is the second could show it to us */
    proof.options.n_domains = 2;
    assert_refused(taken(made(VP "}", &proof), &holder), PROOF);
    proof.options.n_domains = 0;
    assert_refused(taken(made(VP "}", &proof), &holder), PROOF);
    proof = good(DI_EDDSA_JCS_2022, &bed.ed);
    proof.options.challenge = SG_NO_STR;
    assert_refused(taken(made(VP "}", &proof), &holder), PROOF);
    proof.options.challenge = SG_LIT("c-nonce-2");
    assert_refused(taken(made(VP "}", &proof), &holder), NONCE);
    proof = good(DI_EDDSA_JCS_2022, &bed.ed);
    proof.options.created = SG_LIT("2027-01-15T08:00:59Z");
    assert_ok(taken(made(VP "}", &proof), &holder));
    proof.options.created = SG_LIT("2027-01-15T08:01:01Z");
    assert_refused(taken(made(VP "}", &proof), &holder), PROOF);
    proof = good(DI_EDDSA_JCS_2022, &bed.ed);
    proof.options.expires = SG_LIT("2027-01-15T07:59:59Z");
    assert_refused(taken(made(VP "}", &proof), &holder), PROOF);
    proof = good(DI_EDDSA_JCS_2022, &bed.ed);
    proof.options.verification_method = bed.p256.method; /* another key's name */
    assert_refused(taken(made(VP "}", &proof), &holder), PROOF);
    proof.options.verification_method = SG_LIT("did:web:wallet.example#key-1");
    assert_refused(taken(made(VP "}", &proof), &holder), PROOF);
    proof = good(DI_EDDSA_JCS_2022, &bed.ed);
    sg_str strangers;
    assert_ok(
        sg_arena_printf(bed.arena, &strangers, VP ",\"holder\":\"%.*s\"}", SG_PRINT(bed.p256.did)));
    assert_refused(taken(made(strangers.p, &proof), &holder), PROOF);
    assert_refused(
        taken(made("{" V2 ",\"type\":[\"VerifiableCredential\"],\"issuer\":\"https://a.example\","
                   "\"credentialSubject\":{\"id\":\"https://b.example\"}}",
                  &proof),
            &holder),
        PROOF);
}

static void
test_suites_that_are_not_offered(void **state)
{
    (void)state;
    struct flow_holder holder;
    struct di_test_proof proof = good(DI_ECDSA_JCS_2019, &bed.p256);
    sg_str vp = made(VP "}", &proof);
    assert_ok(taken(vp, &holder));
    bed.config.proofs[FLOW_PROOF_DI_VP].n_suites = 2; /* those of Ed25519 */
    assert_refused(taken(vp, &holder), PROOF);
    bed.config.proofs[FLOW_PROOF_DI_VP].offered = false;
    proof = good(DI_EDDSA_JCS_2022, &bed.ed);
    assert_refused(taken(made(VP "}", &proof), &holder), PROOF);
}

static void
test_form(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "[]", "{", "{}", VP "}", VP ",\"proof\":1}",
        VP ",\"proof\":[]}", VP ",\"proof\":{}}",
        VP ",\"proof\":{\"type\":\"DataIntegrityProof\",\"cryptosuite\":\"eddsa-2022\"}}" };
    struct flow_holder holder;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(taken(sg_cstr(bad[i]), &holder), PROOF);
    }
    struct di_test_proof proof = good(DI_EDDSA_JCS_2022, &bed.ed);
    sg_str one = made(VP "}", &proof);
    char *copy = sg_arena_alloc(bed.arena, one.n + 1);
    for (size_t i = 0; i < one.n; i += 7) { /* whatever is changed, no other key is proven */
        memcpy(copy, one.p, one.n);
        copy[i] ^= 1;
        sg_result r = taken(sg_str_of(copy, one.n), &holder);
        assert_true(r.code == SG_E_PROOF || r.code == SG_E_NONCE);
    }
    /* two proofs: to whose key would the credential be bound? */
    struct di_test_proof second = good(DI_ECDSA_JCS_2019, &bed.p256);
    assert_refused(taken(made(one.p, &second), &holder), PROOF);
    char *large = sg_arena_alloc(bed.arena, 17 * 1024 + 1);
    memset(large, ' ', 17 * 1024);
    memcpy(large, one.p, one.n);
    assert_refused(taken(sg_str_of(large, 17 * 1024), &holder), PROOF);
}

static void
test_a_batch(void **state)
{
    (void)state;
    const struct di_test_proof first = good(DI_EDDSA_JCS_2022, &bed.ed);
    const struct di_test_proof second = good(DI_ECDSA_RDFC_2019, &bed.p256);
    const sg_str proofs[] = { made(VP "}", &first), made(VP "}", &second),
        made(VP ",\"id\":\"urn:uuid:1b1e2f7e-0000-4000-8000-000000000000\"}", &first) };
    struct flow_proven *got = SG_NEW(bed.arena, struct flow_proven);
    const struct flow_proof_expect expect = { .config = &bed.config,
        .aud = SG_LIT(ISSUER),
        .nonce_check = nonce_is,
        .now = NOW,
        .contexts = bed.contexts };
    assert_ok(flow_proven_verify(bed.arena, FLOW_PROOF_DI_VP, proofs, 2, 20, &expect, got));
    assert_int_equal(got->n, 2);
    assert_int_equal(got->least, 2);
    assert_int_equal(got->n_refs, 0);
    assert_refused(
        flow_proven_verify(bed.arena, FLOW_PROOF_DI_VP, proofs, 3, 20, &expect, got), PROOF);
    assert_refused(
        flow_proven_verify(bed.arena, FLOW_PROOF_DI_VP, proofs, 2, 1, &expect, got), VALUE);
    assert_refused(
        flow_proven_verify(bed.arena, FLOW_PROOF_JWT, proofs, 2, 20, &expect, got), PROOF);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_presentation_proves_a_key),
        TEST(test_a_did_jwk_and_the_older_data_model),
        TEST(test_what_does_not_prove),
        TEST(test_suites_that_are_not_offered),
        TEST(test_form),
        TEST(test_a_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

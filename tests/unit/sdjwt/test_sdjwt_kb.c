/* formats/sdjwt: key binding. RFC 9901 sections 4.3 and 7.3, checklist section 2 and trap 9 (req: FMT-1). */
#include "sdjwt_make.h"

#include "es256.h"

#define NOW 1700000000
#define AUD "https://verifier.example"
#define NONCE "n-0S6_WzA2Mj"

struct keys {
    struct es256 *issuer;
    struct es256 *holder;
};

static struct keys keys;

static int
setup(void **state)
{
    keys = (struct keys){ es256_new(), es256_new() };
    return support_arena_setup(state);
}

static int
teardown(void **state)
{
    es256_free(&keys.issuer);
    es256_free(&keys.holder);
    return support_arena_teardown(state);
}

/* An SD-JWT of no disclosures whose cnf is the holder's key (or `cnf`), and a KB-JWT around this payload. */
static sg_str
presented(void **state, const char *cnf)
{
    sg_str jwk = es256_jwk(*state, keys.holder);
    sg_str payload = cnf != NULL ? format(state, "{\"a\":1%s}", cnf)
                                 : format(state, "{\"a\":1,\"cnf\":{\"jwk\":%.*s}}", SG_PRINT(jwk));
    sg_str jwt = es256_jws(*state, keys.issuer, "dc+sd-jwt", sg_str_bytes(payload));
    return format(state, "%.*s~", SG_PRINT(jwt));
}

static sg_result
verify(void **state, sg_str before, const struct es256 *key, const char *typ, sg_bytes payload)
{
    struct sdjwt_kb_expect expect = { SG_LIT(AUD), SG_LIT(NONCE), NOW, 60, 5 };
    struct sdjwt sd;
    sg_str kb = es256_jws(*state, key, typ, payload);
    assert_ok(sdjwt_parse(*state, format(state, "%.*s%.*s", SG_PRINT(before), SG_PRINT(kb)), &sd));
    return sdjwt_kb_verify(*state, &sd, &expect);
}

static sg_bytes
payload_at(void **state, sg_str before, int64_t iat)
{
    sg_bytes out;
    assert_ok(sdjwt_kb_payload(*state, before, SG_SHA256, SG_LIT(AUD), SG_LIT(NONCE), iat, &out));
    return out;
}

static void
test_good(void **state)
{
    sg_str before = presented(state, NULL);
    assert_ok(verify(state, before, keys.holder, "kb+jwt", payload_at(state, before, NOW)));
    assert_ok(verify(state, before, keys.holder, "kb+jwt", payload_at(state, before, NOW + 5)));
    assert_ok(verify(state, before, keys.holder, "kb+jwt", payload_at(state, before, NOW - 65)));
}

static void
test_iat_window(void **state)
{
    sg_str before = presented(state, NULL);
    assert_refused(
        verify(state, before, keys.holder, "kb+jwt", payload_at(state, before, NOW + 6)), PROOF);
    assert_refused(
        verify(state, before, keys.holder, "kb+jwt", payload_at(state, before, NOW - 66)), PROOF);
}

static void
test_typ_and_key(void **state)
{
    sg_str before = presented(state, NULL);
    sg_bytes payload = payload_at(state, before, NOW);
    assert_refused(verify(state, before, keys.holder, "JWT", payload), PROOF);
    assert_refused(verify(state, before, keys.issuer, "kb+jwt", payload), PROOF);
    static const char *const cnfs[] = { "", ",\"cnf\":{}", ",\"cnf\":{\"jwk\":{}}",
        ",\"cnf\":\"x\"", ",\"cnf\":{\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}" };
    for (size_t i = 0; i < sizeof(cnfs) / sizeof(cnfs[0]); i++) {
        before = presented(state, cnfs[i]);
        payload = payload_at(state, before, NOW);
        assert_refused(verify(state, before, keys.holder, "kb+jwt", payload), PROOF);
    }
}

/* aud is one text, nonce equal to the letter, sd_hash over what is presented, tilde included. */
static void
test_claims_are_compared_strictly(void **state)
{
    sg_str before = presented(state, NULL);
    uint8_t hash[32];
    sg_str good;
    sg_str without_tilde;
    sg_sha256(sg_str_bytes(before), hash);
    assert_ok(sg_b64url_encode(*state, SG_BYTES(hash), &good));
    sg_sha256(sg_bytes_of(before.p, before.n - 1), hash);
    assert_ok(sg_b64url_encode(*state, SG_BYTES(hash), &without_tilde));
    const char *iat = "\"iat\":1700000000,";
    const struct {
        const char *iat;
        const char *aud;
        const char *nonce;
        sg_str sd_hash;
        bool good;
    } rows[] = {
        { iat, "\"" AUD "\"", "\"" NONCE "\"", good, true },
        { iat, "[\"" AUD "\"]", "\"" NONCE "\"", good, false },
        { iat, "\"" AUD "/\"", "\"" NONCE "\"", good, false },
        { iat, "\"" AUD "\"", "\"" NONCE " \"", good, false },
        { iat, "\"" AUD "\"", "\"N-0S6_WzA2Mj\"", good, false },
        { iat, "\"" AUD "\"", "1", good, false },
        { iat, "\"" AUD "\"", "\"" NONCE "\"", without_tilde, false },
        { "", "\"" AUD "\"", "\"" NONCE "\"", good, false },
        { "\"iat\":\"1700000000\",", "\"" AUD "\"", "\"" NONCE "\"", good, false },
        { "\"iat\":1700000000,\"exp\":1600000000,", "\"" AUD "\"", "\"" NONCE "\"", good, false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_str payload = format(state, "{%s\"aud\":%s,\"nonce\":%s,\"sd_hash\":\"%.*s\"}",
            rows[i].iat, rows[i].aud, rows[i].nonce, SG_PRINT(rows[i].sd_hash));
        sg_result r = verify(state, before, keys.holder, "kb+jwt", sg_str_bytes(payload));
        assert_int_equal(r.code, rows[i].good ? SG_OK : SG_E_PROOF);
    }
}

static void
test_without_binding_there_is_no_proof(void **state)
{
    struct sdjwt_kb_expect expect = { SG_LIT(AUD), SG_LIT(NONCE), NOW, 60, 5 };
    struct sdjwt sd;
    sg_bytes payload;
    assert_ok(sdjwt_parse(*state, presented(state, NULL), &sd));
    assert_refused(sdjwt_kb_verify(*state, &sd, &expect), PROOF);
    assert_refused(sdjwt_kb_payload(*state, SG_LIT("h.p.s"), SG_SHA256, SG_LIT(AUD), SG_LIT(NONCE),
                       NOW, &payload),
        VALUE);
}

/* sd_hash follows _sd_alg. */
static void
test_hash_of_sd_alg_is_used(void **state)
{
    sg_str jwk = es256_jwk(*state, keys.holder);
    sg_str before = presented(
        state, format(state, ",\"_sd_alg\":\"sha-384\",\"cnf\":{\"jwk\":%.*s}", SG_PRINT(jwk)).p);
    sg_bytes payload;
    assert_refused(
        verify(state, before, keys.holder, "kb+jwt", payload_at(state, before, NOW)), PROOF);
    assert_ok(
        sdjwt_kb_payload(*state, before, SG_SHA384, SG_LIT(AUD), SG_LIT(NONCE), NOW, &payload));
    assert_ok(verify(state, before, keys.holder, "kb+jwt", payload));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_iat_window),
        cmocka_unit_test(test_typ_and_key),
        cmocka_unit_test(test_claims_are_compared_strictly),
        cmocka_unit_test(test_without_binding_there_is_no_proof),
        cmocka_unit_test(test_hash_of_sd_alg_is_used),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

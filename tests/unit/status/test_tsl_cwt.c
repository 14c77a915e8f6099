/* Status List Tokens as CWT: form, round trip, who may sign (req: STA-1, STA-3; spec: draft-ietf-oauth-status-list 5.2, 8.3). */
#include "dcbor_item.h"
#include "status_support.h"

#define URI "https://issuer.example/lists/1"
#define NOW ((int64_t)1700000000)

static struct sg_arena *arena;
static const uint8_t RAW[] = { 0xb9, 0xa3 };

static struct tsl_payload
payload(void)
{
    return (struct tsl_payload){
        .sub = SG_LIT(URI),
        .iat = NOW,
        .exp = NOW + 3600,
        .ttl = 60,
        .list = { 1, { RAW, sizeof(RAW) } },
    };
}

/* Any claims map behind a header with this typ; the signature is zeros. */
static sg_bytes
unsigned_cwt(const char *typ, sg_bytes claims, bool tagged)
{
    static const uint8_t zeros[64] = { 0 };
    struct cose_headers headers = { .alg = jose_alg_by_id(JOSE_ES256), .typ = sg_cstr(typ) };
    sg_bytes protected_bstr, cwt;
    assert_ok(cose_protected(arena, &headers, &protected_bstr));
    assert_ok(
        cose_sign1_encode(arena, &headers, protected_bstr, claims, SG_BYTES(zeros), tagged, &cwt));
    return cwt;
}

static void
test_token_is_read_as_it_is_built(void **state)
{
    (void)state;
    struct tsl_payload p = payload();
    struct tsl_token token;
    struct tsl_view view;
    uint8_t value = 0;
    sg_bytes claims;
    p.aggregation_uri = SG_LIT("https://issuer.example/lists");
    assert_ok(tsl_cwt_payload_build(arena, &p, &claims));
    size_t len = 0;
    assert_ok(dcbor_scan(claims, DCBOR_DETERMINISTIC, 8, 100, &len));
    assert_int_equal(len, claims.n);
    for (int tagged = 0; tagged < 2; tagged++) {
        sg_bytes cwt = unsigned_cwt(TSL_CWT_TYPE, claims, tagged != 0);
        assert_ok(tsl_any_parse(arena, cwt, &token));
        assert_int_equal(token.form, TSL_CWT);
        assert_str_is(token.sub, URI);
        assert_int_equal(token.iat, NOW);
        assert_int_equal(token.exp, NOW + 3600);
        assert_int_equal(token.ttl, 60);
        assert_int_equal(token.bits, 1);
        assert_str_is(token.aggregation_uri, "https://issuer.example/lists");
        assert_ok(tsl_token_list(arena, &token, 2, &view));
        assert_true(sg_bytes_equal(view.raw, SG_BYTES(RAW)));
        assert_ok(tsl_get(&view, 0, &value));
        assert_int_equal(value, 1);
        assert_refused(tsl_token_list(arena, &token, 1, &view), TOO_LARGE);
    }
}

static void
test_what_cannot_be_built(void **state)
{
    (void)state;
    sg_bytes claims;
    struct tsl_payload p = payload();
    p.sub = SG_NO_STR;
    assert_refused(tsl_cwt_payload_build(arena, &p, &claims), VALUE);
    p = payload();
    p.exp = p.iat;
    assert_refused(tsl_cwt_payload_build(arena, &p, &claims), VALUE);
    p = payload();
    p.iat = -1;
    assert_refused(tsl_cwt_payload_build(arena, &p, &claims), VALUE);
    p = payload();
    p.list.bits = 3;
    assert_refused(tsl_cwt_payload_build(arena, &p, &claims), VALUE);
}

/* Claims by hand, in hex: a3 02 61 75 = {2: "u", 06 01 = 6: 1, 19fffd = 65533: a2 64 "bits" 01 63 "lst" 4a ...} */
#define SUB "026175"
#define IAT "0601"
#define LIST "19fffda2646269747301636c73744a78dadbb918000217015d"

static void
test_claim_forms(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        enum sg_code code;
    } rows[] = {
        { "a3" SUB IAT LIST, SG_OK },
        { "a3" LIST IAT SUB, SG_OK },                 /* any order */
        { "a4" SUB IAT LIST "6378797a01", SG_OK },    /* a text key beside them */
        { "a4" SUB IAT LIST "19fffe01", SG_OK },      /* ttl */
        { "a4" SUB IAT LIST "19fffe00", SG_E_VALUE }, /* ttl 0 */
        { "a4" SUB IAT LIST "0401", SG_OK },          /* exp */
        { "a4" SUB IAT LIST "046131", SG_E_TYPE },    /* exp "1" */
        { "a4" SUB IAT LIST "0420", SG_E_TYPE },      /* exp -1 */
        { "a4" SUB IAT LIST "04f93c00", SG_E_TYPE },  /* exp 1.0 */
        { "a4" SUB IAT LIST "0601", SG_E_DUPLICATE },
        { "a2" IAT LIST, SG_E_MISSING },
        { "a2" SUB LIST, SG_E_MISSING },
        { "a2" SUB IAT, SG_E_MISSING },
        { "a3"
          "0207" IAT LIST,
            SG_E_TYPE },
        { "a3" SUB IAT "19fffda2646269747303636c73744100", SG_E_VALUE },
        { "a3" SUB IAT "19fffda164626974730163"
          "6c7374",
            SG_E_MALFORMED },
        { "a3" SUB IAT "19fffda1646269747301", SG_E_MISSING },
        { "a3" SUB IAT "19fffda1636c73744100", SG_E_MISSING },
        { "a3" SUB IAT "19fffda2646269747301636c73746100", SG_E_TYPE }, /* lst as text */
        { "a3" SUB IAT "19fffd80", SG_E_TYPE },
        { "80", SG_E_TYPE },
        { "d83da3" SUB IAT LIST, SG_E_TYPE }, /* tag 61 */
        { "a3" SUB IAT LIST "00", SG_E_MALFORMED },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tsl_token token;
        sg_bytes cwt = unsigned_cwt(TSL_CWT_TYPE, support_hex(arena, rows[i].hex), true);
        sg_result r = tsl_cwt_parse(arena, cwt, &token);
        if (r.code != rows[i].code) {
            fail_msg("%s: %s", rows[i].hex, sg_ok(r) ? "OK" : sg_code_row(r.code)->name);
        }
    }
}

static void
test_header_forms(void **state)
{
    (void)state;
    struct tsl_payload p = payload();
    struct tsl_token token;
    sg_bytes claims;
    assert_ok(tsl_cwt_payload_build(arena, &p, &claims));
    assert_refused(
        tsl_cwt_parse(arena, unsigned_cwt("application/cwt", claims, true), &token), TYPE);
    assert_refused(tsl_cwt_parse(arena, unsigned_cwt("", claims, true), &token), TYPE);
    assert_refused(
        tsl_cwt_parse(arena, unsigned_cwt("statuslist+cwt", claims, true), &token), TYPE);
    /* detached, and a MAC in place of the signature */
    sg_bytes cwt = unsigned_cwt(TSL_CWT_TYPE, SG_NO_BYTES, true);
    assert_refused(tsl_cwt_parse(arena, cwt, &token), MISSING);
    cwt = unsigned_cwt(TSL_CWT_TYPE, claims, true);
    uint8_t *mac = sg_arena_alloc(arena, cwt.n);
    assert_non_null(mac);
    memcpy(mac, cwt.p, cwt.n);
    assert_int_equal(mac[0], 0xd2);
    mac[0] = 0xd1;
    assert_refused(tsl_cwt_parse(arena, sg_bytes_of(mac, cwt.n), &token), MALFORMED);
    assert_refused(tsl_any_parse(arena, SG_NO_BYTES, &token), MALFORMED);
}

static sg_bytes
signed_cwt(const struct status_key *key, const sg_bytes *chain, size_t n_chain)
{
    struct tsl_payload p = payload();
    struct tsl_cwt cwt;
    sg_bytes claims, out;
    uint8_t signature[64];
    assert_ok(tsl_cwt_payload_build(arena, &p, &claims));
    assert_ok(tsl_cwt_prepare(
        arena, JOSE_ES256, SG_BYTES(key->thumbprint), chain, n_chain, claims, &cwt));
    status_sign(key, cwt.to_be_signed, signature);
    assert_ok(tsl_cwt_attach(arena, &cwt, SG_BYTES(signature), &out));
    return out;
}

static void
test_rules_decide_who_may_sign(void **state)
{
    (void)state;
    struct status_key key, ca, other;
    status_key_new(arena, &key);
    status_key_new(arena, &ca);
    status_key_new(arena, &other);
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *ready = NULL;
    assert_ok(jwk_key_new(&key.jwk, &ready));
    int64_t now = (int64_t)time(NULL); /* certificates are made for the real day */
    sg_bytes anchor =
        status_cert(arena, &ca, &ca, &(struct status_cert){ "ca", "ca", true, -60, 600 });
    sg_bytes leaf =
        status_cert(arena, &key, &ca, &(struct status_cert){ "list", "ca", false, -60, 600 });
    sg_str uri = SG_LIT(URI);
    struct tsl_token token;

    /* by value: the key comes from settings */
    assert_ok(tsl_cwt_parse(arena, signed_cwt(&key, NULL, 0), &token));
    struct tsl_trust_rule rule = { .prefix = SG_LIT("https://issuer.example/"), .key = ready };
    assert_ok(tsl_token_verify(arena, &token, uri, &rule, 1, now));
    assert_refused(
        tsl_token_verify(arena, &token, SG_LIT("https://b.example/"), &rule, 1, now), ISSUER);
    /* by thumbprint or anchor: the key must come along, and here it does not */
    struct tsl_trust_rule thumbprint = { .prefix = SG_LIT("https://issuer.example/"),
        .thumbprint = key.thumbprint };
    assert_refused(tsl_token_verify(arena, &token, uri, &thumbprint, 1, now), ISSUER);

    assert_ok(tsl_cwt_parse(arena, signed_cwt(&key, &leaf, 1), &token));
    assert_ok(tsl_token_verify(arena, &token, uri, &thumbprint, 1, now));
    assert_refused(tsl_token_verify(arena, &token, uri, &thumbprint, 1, now + 601), EXPIRED);
    struct tsl_trust_rule chain = { .anchors = &anchor, .n_anchors = 1 };
    assert_ok(tsl_token_verify(arena, &token, uri, &chain, 1, now));
    chain.anchors = &leaf; /* an anchor does not sign lists (HAIP) */
    assert_refused(tsl_token_verify(arena, &token, uri, &chain, 1, now), ISSUER);

    /* somebody else's signature behind the same certificate */
    assert_ok(tsl_cwt_parse(arena, signed_cwt(&other, &leaf, 1), &token));
    assert_refused(tsl_token_verify(arena, &token, uri, &thumbprint, 1, now), SIGNATURE);
    status_key_done(&key);
    status_key_done(&ca);
    status_key_done(&other);
}

static int
setup(void **state)
{
    (void)state;
    arena = sg_arena_new(0, (size_t)16 * 1024 * 1024);
    return arena == NULL;
}

static int
teardown(void **state)
{
    (void)state;
    sg_arena_free(&arena);
    return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_token_is_read_as_it_is_built),
        T(test_what_cannot_be_built),
        T(test_claim_forms),
        T(test_header_forms),
        T(test_rules_decide_who_may_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

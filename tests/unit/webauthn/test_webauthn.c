/* WebAuthn's byte formats, the refusals of each (webauthn-rp checklist, negative tests). req: AU-3, AU-4 */
#include "sg_hash.h"
#include "support.h"
#include "webauthn.h"

static const uint8_t challenge[32] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
#define CHALLENGE64 "AQIDBAUGBwgJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define ORIGIN "https://example.org"
#define GOOD                                                                            \
    "{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE64 "\",\"origin\":\"" ORIGIN \
    "\",\"crossOrigin\":false}"

static sg_result
client(const char *text)
{
    return webauthn_client_data_check(
        sg_str_bytes(sg_cstr(text)), WEBAUTHN_GET, SG_BYTES(challenge), SG_LIT(ORIGIN));
}

static void
test_client_data(void **state)
{
    (void)state;
    assert_ok(client(GOOD));
    assert_ok(client("{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE64
                     "\",\"origin\":\"" ORIGIN "\",\"crossOrigin\":false,\"new\":\"member\"}"));
    assert_refused(client("{\"type\":\"webauthn.create\",\"challenge\":\"" CHALLENGE64
                          "\",\"origin\":\"" ORIGIN "\",\"crossOrigin\":false}"),
        TYPE);
    assert_refused(client("{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE64
                          "=\",\"origin\":\"" ORIGIN "\",\"crossOrigin\":false}"),
        CHALLENGE);
    assert_refused(client("{\"type\":\"webauthn.get\",\"challenge\":"
                          "\"BQIDBAUGBwgJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"origin\":\"" ORIGIN
                          "\",\"crossOrigin\":false}"),
        CHALLENGE);
    assert_refused(client("{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE64
                          "\",\"origin\":\"" ORIGIN "/\",\"crossOrigin\":false}"),
        DOMAIN);
    assert_refused(client("{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE64
                          "\",\"extra\":1,\"origin\":\"" ORIGIN "\",\"crossOrigin\":false}"),
        DOMAIN);
    assert_refused(client("{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE64
                          "\",\"origin\":\"" ORIGIN "\",\"crossOrigin\":true}"),
        MALFORMED);
    assert_refused(client("{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE64
                          "\",\"origin\":\"" ORIGIN "\"}"),
        MALFORMED);
    assert_refused(client("{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE64
                          "\",\"origin\":\"" ORIGIN "\",\"crossOrigin\":false"),
        MALFORMED);
    assert_refused(client(GOOD "x"), MALFORMED);
    assert_refused(client("\xef\xbb\xbf" GOOD), MALFORMED);
    assert_refused(client(""), MALFORMED);
    /* escapes of the serialisation, and nothing else */
    sg_str odd = SG_LIT("a\"b\\c\x01");
    assert_ok(webauthn_client_data_check(
        sg_str_bytes(SG_LIT("{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE64
                            "\",\"origin\":\"a\\\"b\\\\c\\u0001\",\"crossOrigin\":false}")),
        WEBAUTHN_GET, SG_BYTES(challenge), odd));
    assert_refused(webauthn_client_data_check(sg_str_bytes(SG_LIT(GOOD)), WEBAUTHN_GET,
                       sg_bytes_of(challenge, 15), SG_LIT(ORIGIN)),
        VALUE);
}

/* Every length of challenge from 16 to 64 against sg_b64url_encode. */
static void
test_challenges_of_every_length(void **state)
{
    static uint8_t bytes[64];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 37 + 11);
    }
    for (size_t n = 16; n <= sizeof(bytes); n++) {
        sg_str b64, text;
        assert_ok(sg_b64url_encode(*state, sg_bytes_of(bytes, n), &b64));
        assert_ok(sg_arena_printf(*state, &text,
            "{\"type\":\"webauthn.get\",\"challenge\":\"%.*s\",\"origin\":\"" ORIGIN
            "\",\"crossOrigin\":false}",
            SG_PRINT(b64)));
        assert_ok(webauthn_client_data_check(
            sg_str_bytes(text), WEBAUTHN_GET, sg_bytes_of(bytes, n), SG_LIT(ORIGIN)));
        assert_refused(webauthn_client_data_check(sg_str_bytes(text), WEBAUTHN_GET,
                           sg_bytes_of(bytes, n - 1 < 16 ? n + 1 : n - 1), SG_LIT(ORIGIN)),
            CHALLENGE);
    }
}

#define X32 "afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61"
#define Y32 "930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220"
#define KEY "a5010203262001215820" X32 "225820" Y32
#define RP "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b5"

static void
test_keys(void **state)
{
    struct webauthn_key key;
    assert_ok(webauthn_key_parse(support_hex(*state, KEY), &key));
    assert_int_equal(key.alg, WEBAUTHN_ES256);
    assert_int_equal(key.point_n, 65);
    assert_int_equal(key.point[0], 4);
    assert_ok(webauthn_key_parse(
        support_hex(*state,
            "a401010327200621582044e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832"),
        &key));
    assert_int_equal(key.point_n, 32);
    /* compressed y, a member too many, wrong curve, another algorithm, doubled member, cut short, behind it */
    assert_refused(webauthn_key_parse(support_hex(*state, "a5010203262001215820" X32 "22f5"), &key),
        KEY_INVALID);
    assert_refused(webauthn_key_parse(
                       support_hex(*state, "a6010203262001215820" X32 "225820" Y32 "0401"), &key),
        KEY_INVALID);
    assert_refused(
        webauthn_key_parse(support_hex(*state, "a5010203262002215820" X32 "225820" Y32), &key),
        KEY_INVALID);
    assert_refused(
        webauthn_key_parse(support_hex(*state, "a501020338ff2001215820" X32 "225820" Y32), &key),
        ALGORITHM);
    assert_refused(webauthn_key_parse(support_hex(*state, "a50102032620012158"
                                                          "20" X32 "215820" Y32),
                       &key),
        DUPLICATE);
    assert_refused(
        webauthn_key_parse(support_hex(*state, "a5010203262001215820" X32), &key), MALFORMED);
    assert_refused(webauthn_key_parse(support_hex(*state, KEY "00"), &key), MALFORMED);
    assert_refused(webauthn_key_parse(support_hex(*state, "80"), &key), KEY_INVALID);
}

static sg_result
auth_data(void **state, bool attested, const char *hex)
{
    struct webauthn_auth_data data;
    return webauthn_auth_data_parse(support_hex(*state, hex), attested, &data);
}

static void
test_authenticator_data(void **state)
{
    struct webauthn_auth_data data;
    assert_ok(webauthn_auth_data_parse(support_hex(*state, RP "1d00000107"), false, &data));
    assert_int_equal(data.sign_count, 0x107);
    assert_int_equal(data.flags, WEBAUTHN_UP | WEBAUTHN_UV | WEBAUTHN_BE | WEBAUTHN_BS);
    assert_refused(auth_data(state, false, RP "1d000001"), MALFORMED); /* 36 bytes */
    assert_refused(auth_data(state, false, RP "1d0000010700"), MALFORMED);
    assert_refused(auth_data(state, false, RP "1500000107"), MALFORMED); /* BS without BE */
    assert_refused(auth_data(state, false, RP "0700000107"), MALFORMED); /* reserved */
    assert_refused(auth_data(state, false, RP "2500000107"), MALFORMED);
    assert_ok(auth_data(state, false, RP "8500000107a1646372656401")); /* extensions: one map */
    assert_refused(auth_data(state, false, RP "850000010700"), MALFORMED);
    assert_refused(auth_data(state, false, RP "8500000107a000"), MALFORMED);
    assert_refused(auth_data(state, false, RP "8500000107"), MALFORMED);
    static const char at[] = RP "4500000000"
                                "00000000000000000000000000000000"
                                "0002"
                                "abcd" KEY;
    assert_ok(webauthn_auth_data_parse(support_hex(*state, at), true, &data));
    assert_int_equal(data.credential_id.n, 2);
    assert_refused(auth_data(state, false, at), MALFORMED); /* AT in an assertion */
    assert_refused(auth_data(state, true, RP "0500000000"), MALFORMED);
    assert_refused(auth_data(state, true,
                       RP "4500000000"
                          "00000000000000000000000000000000"
                          "0000" KEY),
        MALFORMED);
    assert_refused(auth_data(state, true,
                       RP "4500000000"
                          "00000000000000000000000000000000"
                          "0400"
                          "abcd" KEY),
        MALFORMED);
    assert_refused(auth_data(state, true,
                       RP "4500000000"
                          "0000"),
        MALFORMED);
}

static sg_result
raw(void **state, const char *hex)
{
    uint8_t ret[WEBAUTHN_RAW_SIG_MAX];
    return webauthn_raw_signature(support_hex(*state, hex), 32, ret);
}

static void
test_der_signatures_are_strict(void **state)
{
    uint8_t ret[WEBAUTHN_RAW_SIG_MAX];
    assert_ok(webauthn_raw_signature(support_hex(*state, "300702010102020080"), 32, ret));
    assert_int_equal(ret[31], 1);
    assert_int_equal(ret[63], 0x80);
    assert_refused(raw(state, "3007020101020200"
                              "7f"),
        SIGNATURE);                                              /* padded */
    assert_refused(raw(state, "3006020101020180"), SIGNATURE);   /* negative */
    assert_refused(raw(state, "3006020100020101"), SIGNATURE);   /* r = 0 */
    assert_refused(raw(state, "3006020101020100"), SIGNATURE);   /* s = 0 */
    assert_refused(raw(state, "308106020101020101"), SIGNATURE); /* long form */
    assert_refused(raw(state, "300602010102010100"), SIGNATURE); /* behind it */
    assert_refused(raw(state, "3008020101020101"
                              "0500"),
        SIGNATURE); /* inside it */
    assert_refused(raw(state, "30260221"
                              "010000000000000000000000000000000000000000000000000000000000000001"
                              "020101"),
        SIGNATURE); /* 33 bytes */
    assert_refused(raw(state, "3080020101020101"
                              "0000"),
        SIGNATURE);
    assert_refused(raw(state, ""), SIGNATURE);
}

static void
test_counters(void **state)
{
    uint8_t rp[32];
    sg_str origin = SG_LIT(ORIGIN);
    memcpy(rp, support_hex(*state, RP).p, 32);
    static const struct {
        uint32_t stored;
        const char *now;
        bool back;
    } rows[] = { { 0, "00000000", false }, { 0, "00000001", false }, { 5, "00000006", false },
        { 5, "00000005", true }, { 5, "00000000", true }, { 0xffffffff, "00000001", true } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_str hex;
        struct webauthn_verdict verdict;
        assert_ok(sg_arena_printf(*state, &hex, RP "05%s", rows[i].now));
        const struct webauthn_assertion assertion = { support_hex(*state, hex.p),
            sg_str_bytes(SG_LIT(GOOD)), support_hex(*state, "300702010102020080") };
        const struct webauthn_expect expect = { .ceremony = WEBAUTHN_GET,
            .challenge = SG_BYTES(challenge),
            .rp_id_hash = SG_BYTES(rp),
            .origins = &origin,
            .n_origins = 1 };
        const struct webauthn_stored stored = { WEBAUTHN_ES256, false, rows[i].stored };
        assert_ok(webauthn_assertion_check(&assertion, &expect, &stored, NULL, &verdict));
        assert_int_equal(verdict.counter_went_back, rows[i].back);
        struct webauthn_assertion other = assertion;
        other.signature = sg_bytes_of(rp, 31);
        struct sg_why why = { 0 };
        assert_refused(
            webauthn_assertion_check(&other, &expect, &stored, &why, &verdict), ACTIVATION);
        assert_string_equal(why.what, "signature form");
    }
}

static void
test_attestation_objects(void **state)
{
    struct webauthn_attestation a;
#define AUTH                              \
    RP "4500000000"                       \
       "00000000000000000000000000000000" \
       "0002"                             \
       "abcd" KEY
    /* {fmt: none, attStmt: {}, authData: h'..'} : 37 + 16 + 2 + 2 + 77 = 134 bytes */
    assert_ok(webauthn_attestation_parse(
        support_hex(*state, "a363666d74646e6f6e656761747453746d74a068617574684461746158"
                            "86" AUTH),
        &a));
    assert_int_equal(a.format, WEBAUTHN_FMT_NONE);
    assert_refused(
        webauthn_attestation_parse(support_hex(*state, "a363666d74646e6f6e656761747453746d74a10000"
                                                       "68617574684461746158"
                                                       "86" AUTH),
            &a),
        MALFORMED);
    assert_refused(
        webauthn_attestation_parse(
            support_hex(*state, "a363666d74646e6f6e656761747453746d74a068617574684461746158"
                                "86" AUTH "00"),
            &a),
        MALFORMED);
    assert_ok(
        webauthn_attestation_parse(support_hex(*state, "a363666d7463"
                                                       "74706d"
                                                       "6761747453746d74a068617574684461746158"
                                                       "86" AUTH),
            &a));
    assert_int_equal(a.format, WEBAUTHN_FMT_OTHER);
    /* packed, self: the credential's own algorithm */
    assert_ok(webauthn_attestation_parse(
        support_hex(*state, "a363666d74667061636b65646761747453746d74a263616c672663736967"
                            "41aa"
                            "68617574684461746158"
                            "86" AUTH),
        &a));
    assert_int_equal(a.format, WEBAUTHN_FMT_PACKED);
    assert_refused(
        webauthn_attestation_parse(
            support_hex(*state, "a363666d74667061636b65646761747453746d74a263616c672763736967"
                                "41aa"
                                "68617574684461746158"
                                "86" AUTH),
            &a),
        ALGORITHM);
    assert_refused(
        webauthn_attestation_parse(
            support_hex(*state, "a363666d74667061636b65646761747453746d74a363616c672663736967"
                                "41aa"
                                "63783563"
                                "80"
                                "68617574684461746158"
                                "86" AUTH),
            &a),
        MALFORMED);
    assert_refused(webauthn_attestation_parse(support_hex(*state, "a0"), &a), MALFORMED);
    sg_bytes aaguid;
    assert_ok(webauthn_aaguid_extension(
        support_hex(*state, "041000112233445566778899aabbccddeeff"), &aaguid));
    assert_refused(webauthn_aaguid_extension(
                       support_hex(*state, "040f00112233445566778899aabbccddee"), &aaguid),
        MALFORMED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_data),
        cmocka_unit_test(test_challenges_of_every_length),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_authenticator_data),
        cmocka_unit_test(test_der_signatures_are_strict),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_attestation_objects),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

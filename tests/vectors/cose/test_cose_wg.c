/*
 * Shared vectors, suite cose-wg: every COSE_Sign1 and COSE_Mac0 behaves as flagged, and the other structures of RFC 9052 (COSE_Sign,
 * COSE_Mac, COSE_Encrypt, COSE_Encrypt0), which nothing here reads, are refused by both parsers. What cannot pass is listed below.
 */
#include "cose.h"
#include "support.h"

static const struct {
    const char *file;
    enum sg_code code;
} listed[] = {
    /* the algorithm stands in the unprotected header, where anybody may change it: refused here by rule */
    { "mac0-tests/mac-pass-01.json", SG_E_ALGORITHM },
    { "mac0-tests/mac-pass-03.json", SG_E_ALGORITHM },
    { "ecdsa-examples/ecdsa-sig-04.json",
        SG_E_ALGORITHM }, /* SHA-512 with a P-256 key: our rows bind hash and curve */
    { "eddsa-examples/eddsa-sig-02.json", SG_E_ALGORITHM }, /* Ed448 */
    { "hmac-examples/HMac-enc-02.json", SG_E_ALGORITHM }, /* HMAC 384/384: mdoc uses 256/256 only */
    { "hmac-examples/HMac-enc-03.json", SG_E_ALGORITHM }, /* HMAC 512/512 */
    { "hmac-examples/HMac-enc-05.json", SG_E_ALGORITHM }, /* HMAC 256/64 */
    { "CWT/A_4.json", SG_E_ALGORITHM },                   /* HMAC 256/64 */
    { "CWT/A_7.json", SG_E_ALGORITHM },                   /* HMAC 256/64 around another object */
};

static enum sg_code
listed_code(sg_str file)
{
    for (size_t i = 0; i < sizeof(listed) / sizeof(listed[0]); i++) {
        if (sg_str_is(file, listed[i].file)) {
            return listed[i].code;
        }
    }
    return SG_OK;
}

static sg_str
text_of(const struct sjson *v, const char *name)
{
    sg_str text = SG_NO_STR;
    assert_ok(sjson_member_text(v, name, &text));
    return text;
}

static sg_bytes
hex_of(struct sg_arena *arena, const struct sjson *v, const char *name)
{
    sg_bytes bytes = SG_NO_BYTES;
    if (sjson_get(v, name) != NULL) {
        assert_ok(sg_hex_decode(arena, text_of(v, name), &bytes));
    }
    return bytes;
}

static const struct sjson *
load(struct sg_arena *arena, const char *relative)
{
    const struct sjson *v;
    sg_bytes content = support_file(arena, support_vector_path(arena, relative));
    assert_ok(sjson_parse(arena, sg_bytes_str(content), NULL, &v));
    return v;
}

/* A byte member in base64url, or in hex under name_hex. */
static sg_bytes
key_bytes(struct sg_arena *arena, const struct sjson *key, const char *name)
{
    sg_str hex_name;
    sg_bytes bytes;
    assert_ok(sg_arena_printf(arena, &hex_name, "%s_hex", name));
    if (sjson_get(key, name) == NULL) {
        return hex_of(arena, key, hex_name.p);
    }
    assert_ok(sg_b64url_decode(arena, text_of(key, name), &bytes));
    return bytes;
}

/* As a COSE_Key, so that it is read by ours. */
static sg_result
key_new(struct sg_arena *arena, const struct sjson *json, struct jwk_key **ret)
{
    static const struct {
        const char *name;
        int64_t crv;
    } curves[] = { { "P-256", 1 }, { "P-384", 2 }, { "P-521", 3 }, { "Ed25519", 6 },
        { "Ed448", 7 } };
    sg_bytes y = key_bytes(arena, json, "y");
    struct sg_buf buf = sg_buf_new(arena, 0, 1024);
    struct jwk jwk;
    sg_bytes cose_key;
    dcbor_wr_map(&buf, y.n > 0 ? 4 : 3);
    dcbor_wr_key_uint(&buf, 1, y.n > 0 ? 2 : 1);
    dcbor_wr_int(&buf, -1);
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (sg_str_is(text_of(json, "crv"), curves[i].name)) {
            dcbor_wr_int(&buf, curves[i].crv);
        }
    }
    dcbor_wr_int(&buf, -2);
    dcbor_wr_bytes(&buf, key_bytes(arena, json, "x"));
    if (y.n > 0) {
        dcbor_wr_int(&buf, -3);
        dcbor_wr_bytes(&buf, y);
    }
    assert_ok(sg_buf_end(&buf, &cose_key));
    SG_TRY(cose_key_parse(cose_key, &jwk));
    return jwk_key_new(&jwk, ret);
}

static sg_result
verify_sign1(struct sg_arena *arena, const struct sjson *file, sg_bytes message)
{
    const struct sjson *sign0 = sjson_get(sjson_get(file, "input"), "sign0");
    struct cose_sign1 sign1;
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    SG_TRY(cose_sign1_parse(message, &sign1));
    SG_TRY(key_new(arena, sjson_get(sign0, "key"), &key));
    return cose_sign1_verify(arena, &sign1, key, hex_of(arena, sign0, "external"), SG_NO_BYTES);
}

static sg_result
verify_mac0(struct sg_arena *arena, const struct sjson *file, sg_bytes message)
{
    const struct sjson *mac0 = sjson_get(sjson_get(file, "input"), "mac0");
    const struct sjson *key = sjson_get(sjson_at(sjson_get(mac0, "recipients"), 0), "key");
    struct cose_sign1 parsed;
    SG_TRY(cose_mac0_parse(message, &parsed));
    return cose_mac0_verify(
        arena, &parsed, key_bytes(arena, key, "k"), hex_of(arena, mac0, "external"), SG_NO_BYTES);
}

/* The bytes that were signed, rebuilt from the message: unless the case is about them being different. */
static void
check_to_be_signed(struct sg_arena *arena, const struct sjson *file, sg_bytes message, bool mac)
{
    const struct sjson *input = sjson_get(sjson_get(file, "input"), mac ? "mac0" : "sign0");
    sg_bytes want =
        hex_of(arena, sjson_get(file, "intermediates"), mac ? "ToMac_hex" : "ToBeSign_hex");
    struct cose_sign1 parsed;
    sg_bytes got;
    assert_ok((mac ? cose_mac0_parse : cose_sign1_parse)(message, &parsed));
    assert_ok((mac ? cose_to_be_maced : cose_to_be_signed)(
        arena, parsed.protected_bstr, hex_of(arena, input, "external"), parsed.payload, &got));
    assert_int_equal(got.n, want.n);
    assert_memory_equal(got.p, want.p, want.n);
}

static void
test_sign1_and_mac0_cases(void **state)
{
    const struct sjson *cases = sjson_get(load(*state, "cose-wg/cases.json"), "cases");
    size_t n_verified = 0;
    size_t n_refused = 0;
    size_t n_listed = 0;
    size_t n_other = 0;
    for (const struct sjson *c = cases->first; c != NULL; c = c->next) {
        sg_str path;
        bool fail;
        sg_str name = text_of(c, "file");
        assert_ok(sg_arena_printf(*state, &path, "cose-wg/%.*s", SG_PRINT(name)));
        assert_ok(sjson_member_bool(c, "fail", false, &fail));
        const struct sjson *file = load(*state, path.p);
        sg_bytes message = hex_of(*state, sjson_get(file, "output"), "cbor");
        bool mac = sjson_get(sjson_get(file, "input"), "mac0") != NULL;
        if (!mac && sjson_get(sjson_get(file, "input"), "sign0") == NULL) {
            struct cose_sign1 parsed;
            assert_false(sg_ok(cose_sign1_parse(message, &parsed)));
            assert_false(sg_ok(cose_mac0_parse(message, &parsed)));
            n_other++;
            continue;
        }
        sg_result r = (mac ? verify_mac0 : verify_sign1)(*state, file, message);
        enum sg_code code = listed_code(name);
        if (code != SG_OK) {
            support_assert_code(r, code, path.p, __FILE__, __LINE__);
            n_listed++;
        } else if (fail) {
            if (sg_ok(r)) {
                fail_msg("%s verifies", path.p);
            }
            n_refused++;
        } else {
            support_assert_code(r, SG_OK, path.p, __FILE__, __LINE__);
            check_to_be_signed(*state, file, message, mac);
            n_verified++;
        }
    }
    assert_int_equal(n_listed, sizeof(listed) / sizeof(listed[0]));
    assert_int_equal(n_verified, 10);
    assert_int_equal(n_refused, 9);
    assert_int_equal(n_verified + n_refused + n_listed + n_other, cases->n);
    print_message("verified %zu, refused as flagged %zu, listed %zu, other structures %zu\n",
        n_verified, n_refused, n_listed, n_other);
}

/* RFC 9679 6: our encoding of a COSE_Key is the input of its thumbprint. */
static void
test_cose_key_thumbprint(void **state)
{
    const struct sjson *row =
        sjson_at(sjson_get(load(*state, "jose/thumbprints.json"), "cose_key"), 0);
    sg_bytes canonical = hex_of(*state, row, "canonical_cbor_hex");
    struct jwk jwk;
    sg_bytes got;
    uint8_t digest[SG_SHA256_LEN];
    struct sg_buf buf = sg_buf_new(*state, 0, 1024);
    assert_ok(cose_key_parse(canonical, &jwk));
    cose_key_put(&buf, &jwk);
    assert_ok(sg_buf_end(&buf, &got));
    assert_true(sg_bytes_equal(got, canonical));
    sg_sha256(got, digest);
    assert_true(sg_bytes_equal(SG_BYTES(digest), hex_of(*state, row, "sha256_hex")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_sign1_and_mac0_cases, support_arena_setup, support_arena_teardown),
        cmocka_unit_test_setup_teardown(
            test_cose_key_thumbprint, support_arena_setup, support_arena_teardown),
    };
    if (support_vectors() == NULL) {
        print_message("SKIPPED: no shared vectors\n");
        return SUPPORT_SKIP;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

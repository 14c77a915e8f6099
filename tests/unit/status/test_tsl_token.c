/* Status List Tokens and references: form, and who may sign (req: STA-3; spec: draft-ietf-oauth-status-list 5.1, 6.2, 8.3). */
#include "status_support.h"

#define URI "https://issuer.example/lists/1"
#define NOW ((int64_t)1700000000)

static struct sg_arena *arena;

static const struct sjson *
json(const char *text)
{
    const struct sjson *v = NULL;
    assert_ok(sjson_parse_object(arena, sg_cstr(text), NULL, &v));
    return v;
}

static void
test_reference_forms(void **state)
{
    (void)state;
    struct tsl_ref ref;
    assert_ok(tsl_ref_parse(
        json("{\"status\":{\"status_list\":{\"idx\":9007199254740991,\"uri\":\"" URI "\"}}}"),
        &ref));
    assert_int_equal(ref.idx, 9007199254740991);
    assert_str_is(ref.uri, URI);
    static const struct {
        const char *text;
        enum sg_code code;
    } rows[] = {
        { "{}", SG_E_MISSING },
        { "{\"status\":{}}", SG_E_MISSING },
        { "{\"status\":{\"status_list\":{\"uri\":\"" URI "\"}}}", SG_E_MISSING },
        { "{\"status\":{\"status_list\":{\"idx\":0}}}", SG_E_MISSING },
        { "{\"status\":[]}", SG_E_TYPE },
        { "{\"status\":{\"status_list\":1}}", SG_E_TYPE },
        { "{\"status\":{\"status_list\":{\"idx\":\"0\",\"uri\":\"" URI "\"}}}", SG_E_TYPE },
        { "{\"status\":{\"status_list\":{\"idx\":0,\"uri\":5}}}", SG_E_TYPE },
        { "{\"status\":{\"status_list\":{\"idx\":-1,\"uri\":\"" URI "\"}}}", SG_E_NUMBER },
        { "{\"status\":{\"status_list\":{\"idx\":0.5,\"uri\":\"" URI "\"}}}", SG_E_NUMBER },
        { "{\"status\":{\"status_list\":{\"idx\":1e300,\"uri\":\"" URI "\"}}}", SG_E_NUMBER },
        { "{\"status\":{\"status_list\":{\"idx\":0,\"uri\":\"\"}}}", SG_E_VALUE },
        { "{\"status\":{\"status_list\":{\"idx\":0,\"uri\":\"no uri\"}}}", SG_E_VALUE },
        { "{\"status\":{\"status_list\":{\"idx\":0,\"uri\":\"relative\"}}}", SG_E_VALUE },
        { "{\"status\":{\"status_list\":{\"idx\":0,\"uri\":\"https://a/\\u0000\"}}}", SG_E_VALUE },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_result r = tsl_ref_parse(json(rows[i].text), &ref);
        if (r.code != rows[i].code) {
            fail_msg("%s: %s", rows[i].text, sg_code_row(r.code)->name);
        }
    }
}

static void
test_reference_is_written_as_it_is_read(void **state)
{
    (void)state;
    struct sg_buf buf = sg_buf_new(arena, 64, 4096);
    struct sjson_wr wr = sjson_wr_new(&buf);
    struct tsl_ref ref = { SG_LIT(URI), 412 };
    sg_str text;
    sjson_wr_object(&wr);
    tsl_ref_write(&wr, &ref);
    sjson_wr_object_end(&wr);
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_str_is(text, "{\"status\":{\"status_list\":{\"idx\":412,\"uri\":\"" URI "\"}}}");
}

static sg_str
unsigned_token(const char *header, const char *claims)
{
    static const uint8_t signature[64] = { 1 };
    sg_str input;
    sg_str compact;
    assert_ok(jws_signing_input(arena, sg_cstr(header), sg_str_bytes(sg_cstr(claims)), &input));
    assert_ok(jws_attach(arena, input, SG_BYTES(signature), &compact));
    return compact;
}

#define HEADER "{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\"}"
#define LIST "\"status_list\":{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}"

static void
test_token_forms(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        const char *claims;
        enum sg_code code;
    } rows[] = {
        { HEADER, "{\"sub\":\"u\",\"iat\":1," LIST "}", SG_OK },
        { "{\"alg\":\"ES256\",\"typ\":\"application/statuslist+jwt\"}",
            "{\"sub\":\"u\",\"iat\":1," LIST "}", SG_OK },
        { "{\"alg\":\"ES256\"}", "{\"sub\":\"u\",\"iat\":1," LIST "}", SG_E_TYPE },
        { "{\"alg\":\"ES256\",\"typ\":\"jwt\"}", "{\"sub\":\"u\",\"iat\":1," LIST "}", SG_E_TYPE },
        { "{\"alg\":\"none\",\"typ\":\"statuslist+jwt\"}", "{\"sub\":\"u\",\"iat\":1," LIST "}",
            SG_E_ALGORITHM },
        { "{\"alg\":\"HS256\",\"typ\":\"statuslist+jwt\"}", "{\"sub\":\"u\",\"iat\":1," LIST "}",
            SG_E_ALGORITHM },
        { HEADER, "{\"iat\":1," LIST "}", SG_E_MISSING },
        { HEADER, "{\"sub\":\"u\"," LIST "}", SG_E_MISSING },
        { HEADER, "{\"sub\":\"u\",\"iat\":1}", SG_E_MISSING },
        { HEADER, "{\"sub\":7,\"iat\":1," LIST "}", SG_E_TYPE },
        { HEADER, "{\"sub\":\"u\",\"iat\":\"1\"," LIST "}", SG_E_TYPE },
        { HEADER, "{\"sub\":\"u\",\"iat\":1,\"exp\":\"2\"," LIST "}", SG_E_TYPE },
        { HEADER, "{\"sub\":\"u\",\"iat\":1,\"exp\":null," LIST "}", SG_E_TYPE },
        { HEADER, "{\"sub\":\"u\",\"iat\":1,\"ttl\":0," LIST "}", SG_E_VALUE },
        { HEADER, "{\"sub\":\"u\",\"iat\":1,\"ttl\":-1," LIST "}", SG_E_VALUE },
        { HEADER, "{\"sub\":\"u\",\"iat\":1,\"status_list\":{\"bits\":3,\"lst\":\"eN\"}}",
            SG_E_VALUE },
        { HEADER, "{\"sub\":\"u\",\"iat\":1,\"status_list\":{\"bits\":0,\"lst\":\"eN\"}}",
            SG_E_VALUE },
        { HEADER, "{\"sub\":\"u\",\"iat\":1,\"status_list\":{\"bits\":-8,\"lst\":\"eN\"}}",
            SG_E_VALUE },
        { HEADER, "{\"sub\":\"u\",\"iat\":1,\"status_list\":{\"bits\":\"1\",\"lst\":\"eN\"}}",
            SG_E_TYPE },
        { HEADER, "{\"sub\":\"u\",\"iat\":1,\"status_list\":{\"bits\":1}}", SG_E_MISSING },
        { HEADER, "{\"sub\":\"u\",\"sub\":\"v\",\"iat\":1," LIST "}", SG_E_DUPLICATE },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tsl_token token;
        sg_result r =
            tsl_token_parse(arena, unsigned_token(rows[i].header, rows[i].claims), &token);
        if (r.code != rows[i].code) {
            fail_msg("%s %s: %s", rows[i].header, rows[i].claims, sg_code_row(r.code)->name);
        }
    }
}

static void
test_list_that_is_not_packed_properly(void **state)
{
    (void)state;
    struct tsl_token token = { .bits = 1, .lst = SG_LIT("eNrbuRgAAhcBXQ==") };
    struct tsl_view view;
    assert_refused(tsl_token_list(arena, &token, 100, &view), ENCODING);
    token.lst = SG_LIT("AAAA");
    assert_refused(tsl_token_list(arena, &token, 100, &view), ENCODING);
    token.lst = SG_LIT("eNrbuRgAAhcBXQ");
    assert_refused(tsl_token_list(arena, &token, 1, &view), TOO_LARGE);
    assert_ok(tsl_token_list(arena, &token, 2, &view));
}

static void
test_building_refuses_nonsense(void **state)
{
    (void)state;
    static const uint8_t raw[] = { 0 };
    struct tsl_payload p = {
        .sub = SG_LIT(URI), .iat = 10, .exp = 20, .list = { 2, SG_BYTES(raw) }
    };
    sg_bytes out;
    assert_ok(tsl_payload_build(arena, &p, &out));
    p.exp = 10;
    assert_refused(tsl_payload_build(arena, &p, &out), VALUE);
    p.exp = 20;
    p.ttl = -1;
    assert_refused(tsl_payload_build(arena, &p, &out), VALUE);
    p.ttl = 0;
    p.sub = SG_NO_STR;
    assert_refused(tsl_payload_build(arena, &p, &out), VALUE);
    p.sub = SG_LIT(URI);
    p.list.bits = 5;
    assert_refused(tsl_payload_build(arena, &p, &out), VALUE);
    sg_str header;
    assert_refused(tsl_header_build(arena, JOSE_ALG_NONE, SG_NO_STR, NULL, 0, &header), VALUE);
}

static struct tsl_token
signed_token(const struct status_key *key)
{
    static const uint8_t raw[] = { 0xe4 };
    struct tsl_token token;
    sg_bytes claims = status_claims(arena, SG_LIT(URI), NOW, NOW + 600, 60, 2, SG_BYTES(raw));
    assert_ok(tsl_token_parse(
        arena, status_jws(arena, key, status_header_jwk(arena, key, TSL_TYP), claims), &token));
    return token;
}

static sg_result
verify(const struct tsl_token *token, const char *prefix, const uint8_t *thumbprint)
{
    struct tsl_trust_rule rule = { .prefix = sg_cstr(prefix), .thumbprint = thumbprint };
    return tsl_token_verify(arena, token, SG_LIT(URI), &rule, 1, NOW);
}

static void
test_rules_cover_by_prefix(void **state)
{
    (void)state;
    struct status_key key;
    status_key_new(arena, &key);
    struct tsl_token token = signed_token(&key);
    assert_ok(verify(&token, "https://issuer.example/", key.thumbprint));
    assert_ok(verify(&token, "https://issuer.example/lists/", key.thumbprint));
    assert_ok(verify(&token, URI, key.thumbprint));
    assert_refused(verify(&token, "https://issuer.example/other/", key.thumbprint), ISSUER);
    assert_refused(verify(&token, "https://issuer.example/lists", key.thumbprint), ISSUER);
    assert_refused(verify(&token, "https://issuer", key.thumbprint), ISSUER);
    assert_refused(verify(&token, URI "/", key.thumbprint), ISSUER);
    assert_refused(
        verify(&token, "", key.thumbprint), ISSUER); /* a key speaks for no unnamed URI */
    assert_refused(tsl_token_verify(arena, &token, SG_LIT(URI), NULL, 0, NOW), ISSUER);
    status_key_done(&key);
}

static void
test_key_by_value_and_a_second_rule(void **state)
{
    (void)state;
    struct status_key key;
    struct status_key other;
    status_key_new(arena, &key);
    status_key_new(arena, &other);
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *ready = NULL;
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *other_ready = NULL;
    assert_ok(jwk_key_new(&key.jwk, &ready));
    assert_ok(jwk_key_new(&other.jwk, &other_ready));
    struct tsl_token token = signed_token(&key);
    struct tsl_trust_rule rules[] = { { .prefix = SG_LIT(URI), .key = other_ready },
        { .prefix = SG_LIT("https://issuer.example/"), .key = ready } };
    assert_ok(tsl_token_verify(arena, &token, SG_LIT(URI), rules, 2, NOW));
    assert_refused(tsl_token_verify(arena, &token, SG_LIT(URI), rules, 1, NOW), SIGNATURE);
    status_key_done(&key);
    status_key_done(&other);
}

static int
group_setup(void **state)
{
    (void)state;
    arena = sg_arena_new(0, (size_t)16 * 1024 * 1024);
    return arena == NULL;
}

static int
group_teardown(void **state)
{
    (void)state;
    sg_arena_free(&arena);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_forms),
        cmocka_unit_test(test_reference_is_written_as_it_is_read),
        cmocka_unit_test(test_token_forms),
        cmocka_unit_test(test_list_that_is_not_packed_properly),
        cmocka_unit_test(test_building_refuses_nonsense),
        cmocka_unit_test(test_rules_cover_by_prefix),
        cmocka_unit_test(test_key_by_value_and_a_second_rule),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

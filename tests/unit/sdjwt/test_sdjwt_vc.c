/* formats/sdjwt: SD-JWT VC rules, integrity, issuer metadata. Draft section 2, 4, 6; checklist section 4 (req: FMT-1). */
#include "sdjwt_make.h"

#define SALT "\"abcdefghijklmnopqrstuv\""

static sg_result
checking(
    void **state, const char *payload, const sg_str *disclosures, size_t n, struct sdjwt_vc *ret)
{
    struct sdjwt sd = made(state, sg_cstr(payload), disclosures, n);
    const struct sjson *processed;
    assert_ok(sdjwt_process(*state, &sd, &processed));
    return sdjwt_vc_check(*state, &sd, processed, false, ret);
}

static void
test_everything_is_read(void **state)
{
    struct sdjwt_vc vc;
    sg_str iat = disclosure(state, "[" SALT ",\"iat\",10]");
    sg_str payload = format(state,
        "{\"vct\":\"urn:v\",\"vct#integrity\":\"sha256-x\",\"iss\":\"https://"
        "i\",\"nbf\":20,\"exp\":30.5,"
        "\"cnf\":{\"jwk\":{\"kty\":\"EC\"}},\"status\":{\"status_list\":{\"idx\":7,\"uri\":\"https:"
        "//s\"}},"
        "\"aka_vcts\":[\"urn:w\"],\"_sd\":[\"%s\"]}",
        digest(state, iat));
    assert_ok(checking(state, payload.p, &iat, 1, &vc));
    assert_str_is(vc.vct, "urn:v");
    assert_str_is(vc.vct_integrity, "sha256-x");
    assert_str_is(vc.iss, "https://i");
    assert_true(vc.iat == 10 && vc.nbf == 20 && vc.exp == 30);
    assert_non_null(vc.cnf_jwk);
    assert_true(vc.has_status && !vc.foreign_status);
    assert_str_is(vc.status_uri, "https://s");
    assert_int_equal(vc.status_idx, 7);
    /* trap 12: iss is optional */
    assert_ok(checking(state, "{\"vct\":\"urn:v\"}", NULL, 0, &vc));
    assert_int_equal(vc.iss.n, 0);
    assert_false(vc.has_status || vc.foreign_status || vc.cnf_jwk != NULL);
}

static void
test_typ(void **state)
{
    struct sdjwt sd = made(state, SG_LIT("{\"vct\":\"urn:v\"}"), NULL, 0);
    struct sdjwt_vc vc;
    static const char *const bad[] = { "", "JWT", "vc+sd-jwt", "dc+sd-jwt ", "DC+SD-JWT" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sd.jwt.typ = sg_cstr(bad[i]);
        assert_refused(sdjwt_vc_check(*state, &sd, sd.payload, false, &vc), TYPE);
    }
    sd.jwt.typ = SG_LIT("vc+sd-jwt");
    assert_ok(sdjwt_vc_check(*state, &sd, sd.payload, true, &vc));
    sd = made(state, SG_LIT("{\"a\":1}"), NULL, 0);
    sd.jwt.typ = SG_LIT("vc+sd-jwt"); /* a W3C credential */
    assert_refused(sdjwt_vc_check(*state, &sd, sd.payload, true, &vc), TYPE);
}

static void
test_shapes(void **state)
{
    static const struct {
        const char *payload;
        enum sg_code code;
    } rows[] = {
        { "{}", SG_E_MISSING },
        { "{\"vct\":1}", SG_E_TYPE },
        { "{\"vct\":\"\"}", SG_E_VALUE },
        { "{\"vct\":\"v\",\"iss\":1}", SG_E_TYPE },
        { "{\"vct\":\"v\",\"exp\":\"1\"}", SG_E_TYPE },
        { "{\"vct\":\"v\",\"exp\":1e300}", SG_E_NUMBER },
        { "{\"vct\":\"v\",\"cnf\":[]}", SG_E_TYPE },
        { "{\"vct\":\"v\",\"cnf\":{\"jwk\":1}}", SG_E_TYPE },
        { "{\"vct\":\"v\",\"status\":1}", SG_E_TYPE },
        { "{\"vct\":\"v\",\"status\":{\"status_list\":1}}", SG_E_TYPE },
        { "{\"vct\":\"v\",\"status\":{\"status_list\":{\"idx\":1}}}", SG_E_MISSING },
        { "{\"vct\":\"v\",\"status\":{\"status_list\":{\"idx\":-1,\"uri\":\"u\"}}}", SG_E_VALUE },
        { "{\"vct\":\"v\",\"status\":{\"status_list\":{\"idx\":1.5,\"uri\":\"u\"}}}", SG_E_NUMBER },
        { "{\"vct\":\"v\",\"aka_vcts\":[]}", SG_E_VALUE },
        { "{\"vct\":\"v\",\"aka_vcts\":[\"v\"]}", SG_E_VALUE },
        { "{\"vct\":\"v\",\"aka_vcts\":[1]}", SG_E_TYPE },
        { "{\"vct\":\"v\",\"vct#integrity\":1}", SG_E_TYPE },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sdjwt_vc vc;
        assert_int_equal(checking(state, rows[i].payload, NULL, 0, &vc).code, rows[i].code);
    }
}

static void
test_a_status_that_we_cannot_look_up_is_said(void **state)
{
    struct sdjwt_vc vc;
    assert_ok(checking(state, "{\"vct\":\"v\",\"status\":{\"other\":1}}", NULL, 0, &vc));
    assert_true(vc.foreign_status && !vc.has_status);
}

/* Rule 4: nor any sub-claim. */
static void
test_registered_claims_are_never_disclosable(void **state)
{
    static const char *const names[] = { "iss", "nbf", "exp", "cnf", "vct", "vct#integrity",
        "aka_vcts", "status" };
    struct sdjwt_vc vc;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        sg_str d = disclosure(state, format(state, "[" SALT ",\"%s\",1]", names[i]).p);
        sg_str payload = format(state, "{\"_sd\":[\"%s\"]}", digest(state, d));
        assert_refused(checking(state, payload.p, &d, 1, &vc), DISCLOSURE);
        payload = format(
            state, "{\"vct2\":1,\"%s\":{\"a\":[{\"_sd\":[\"%s\"]}]}}", names[i], digest(state, d));
        assert_refused(checking(state, payload.p, NULL, 0, &vc), DISCLOSURE);
        payload = format(state, "{\"%s\":[{\"...\":\"%s\"}]}", names[i], digest(state, d));
        assert_refused(checking(state, payload.p, NULL, 0, &vc), DISCLOSURE);
        struct sdjwt_step steps[] = { { .kind = SDJWT_STEP_NAME, .name = sg_cstr(names[i]) },
            { .kind = SDJWT_STEP_ALL } };
        struct sdjwt_path paths[] = { { steps, 1 }, { steps, 2 } };
        assert_refused(sdjwt_vc_paths_check(paths, 1), CLAIMS);
        assert_refused(sdjwt_vc_paths_check(paths + 1, 1), CLAIMS);
    }
    struct sdjwt_step sub = { .kind = SDJWT_STEP_NAME, .name = SG_LIT("sub") };
    struct sdjwt_path path = { &sub, 1 };
    assert_ok(sdjwt_vc_paths_check(&path, 1));
}

/* ---- integrity ----------------------------------------------------------------------------------- */

/* openssl dgst -sha256/-sha384/-sha512 -binary | base64, of "abc" */
#define S256 "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
#define S384 "sha384-ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn"
#define S512                                                               \
    "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/" \
    "uu9RU1EI2Q86A4qmslPpUyknw=="
#define W256 "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define W512  \
    "sha512-" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="

static void
test_integrity(void **state)
{
    static const struct {
        const char *integrity;
        enum sg_code code;
    } rows[] = {
        { S256, SG_OK },
        { S384, SG_OK },
        { S512, SG_OK },
        { S256 "?ct=application/json", SG_OK },
        { W256 " " S256, SG_OK }, /* any of the strongest */
        { S256 " " W256, SG_OK },
        { "md5-x " S256, SG_OK },
        { "  " S256 "\t\n", SG_OK },
        { W256 " " S512, SG_OK },              /* the weaker one is not looked at */
        { S256 " " W512, SG_E_TYPE_METADATA }, /* the stronger one counts, and fails */
        { W512 " " S256, SG_E_TYPE_METADATA },
        { W256, SG_E_TYPE_METADATA },
        { "", SG_E_ALGORITHM },
        { "md5-kAFQmDzST7DWlj99KOF/cg==", SG_E_ALGORITHM },
        { "SHA256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", SG_E_ALGORITHM },
        /* trap 3: base64url, and no padding */
        { "sha256-ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0=", SG_E_TYPE_METADATA },
        { "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0", SG_E_TYPE_METADATA },
        { "sha256-", SG_E_TYPE_METADATA },
    };
    sg_str made_;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_result r = sdjwt_vc_integrity_check(
            *state, sg_cstr(rows[i].integrity), sg_str_bytes(SG_LIT("abc")));
        assert_int_equal(r.code, rows[i].code);
    }
    assert_ok(sdjwt_vc_integrity_make(*state, sg_str_bytes(SG_LIT("abc")), &made_));
    assert_str_is(made_, S256);
}

/* ---- issuer metadata ----------------------------------------------------------------------------- */

static void
test_issuer_urls(void **state)
{
    static const char *const good[][2] = {
        { "https://example.com", "https://example.com/.well-known/jwt-vc-issuer" },
        { "https://example.com/", "https://example.com/.well-known/jwt-vc-issuer" },
        { "https://example.com/t/1", "https://example.com/.well-known/jwt-vc-issuer/t/1" },
        { "https://example.com:8443/t/", "https://example.com:8443/.well-known/jwt-vc-issuer/t" },
        { "http://localhost:8080", "http://localhost:8080/.well-known/jwt-vc-issuer" },
        { "http://localhost", "http://localhost/.well-known/jwt-vc-issuer" },
    };
    static const char *const bad[] = { "", "http://example.com", "https://", "https:///x",
        "https://e.com/?q", "https://e.com/#f", "https://u@e.com/", "did:web:e.com",
        "http://localhost.evil.com", "https://e.com/a b", "https://e.com/\xC3\xA4" };
    sg_str url;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_ok(sdjwt_vc_issuer_url(*state, sg_cstr(good[i][0]), &url));
        assert_str_is(url, good[i][1]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(sdjwt_vc_issuer_url(*state, sg_cstr(bad[i]), &url), VALUE);
    }
}

static void
test_issuer_documents(void **state)
{
    static const struct {
        const char *json;
        enum sg_code code;
    } rows[] = {
        { "{\"issuer\":\"https://i\",\"jwks\":{\"keys\":[]}}", SG_OK },
        { "{\"issuer\":\"https://i\",\"jwks_uri\":\"https://i/k\"}", SG_OK },
        { "{\"issuer\":\"https://i\"}", SG_E_MALFORMED },
        { "{\"issuer\":\"https://i\",\"jwks\":{\"keys\":[]},\"jwks_uri\":\"x\"}", SG_E_MALFORMED },
        { "{\"issuer\":\"https://i/\",\"jwks_uri\":\"x\"}", SG_E_ISSUER },
        { "{\"jwks_uri\":\"x\"}", SG_E_MISSING },
        { "{\"issuer\":\"https://i\",\"jwks\":[]}", SG_E_TYPE },
        { "{\"issuer\":\"https://i\",\"jwks\":{}}", SG_E_MISSING },
        { "{\"issuer\":\"https://i\",\"jwks_uri\":\"\"}", SG_E_VALUE },
        { "[]", SG_E_TYPE },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sdjwt_vc_issuer issuer;
        sg_result r = sdjwt_vc_issuer_parse(
            *state, SG_LIT("https://i"), sg_str_bytes(sg_cstr(rows[i].json)), &issuer);
        assert_int_equal(r.code, rows[i].code);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_is_read),
        cmocka_unit_test(test_typ),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_a_status_that_we_cannot_look_up_is_said),
        cmocka_unit_test(test_registered_claims_are_never_disclosable),
        cmocka_unit_test(test_integrity),
        cmocka_unit_test(test_issuer_urls),
        cmocka_unit_test(test_issuer_documents),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

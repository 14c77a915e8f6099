/* gateway/auth, outside providers: metadata, flows, token requests, ID tokens with each claim wrong alone. req: AU-5 */
#include "auth_openid.h"
#include "bench_key.h"
#include "sg_hash.h"
#include "store_holder.h"
#include "support.h"

#define NOW INT64_C(1800000000)
#define ISSUER "https://op.example"
#define CONFIG                                                                    \
    "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"" ISSUER "/a?x=1\"," \
    "\"token_endpoint\":\"" ISSUER "/t\",\"jwks_uri\":\"" ISSUER                  \
    "/k\",\"authorization_response_iss_parameter_supported\":true}"
/* RFC 7517, Appendix A.2: a private key that everybody has */
#define PRIVATE                                              \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"our-key\"," \
    "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\"," \
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"," \
    "\"d\":\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\"}"

struct bed {
    struct sg_arena *arena;
    const char *folder;
    struct store *store;
    struct auth *auth;
    struct auth_openid *openid;
    struct bench_key *key, *other;
    struct auth_openid_flow flow;
};

static struct auth_openid_settings
settings_of_test(void)
{
    static sg_str acr[2], amr[1];
    acr[0] = SG_LIT("urn:one");
    acr[1] = SG_LIT("urn:two");
    amr[0] = SG_LIT("mfa");
    return (struct auth_openid_settings){ .issuer = SG_LIT(ISSUER),
        .client_id = SG_LIT("client 1"),
        .redirect_uri = SG_LIT("https://us.example/cb"),
        .secret = sg_str_bytes(SG_LIT("se cret&")),
        .acr = acr,
        .n_acr = 2,
        .amr = amr,
        .n_amr = 1 };
}

static int
setup(void **state)
{
    static struct bed bed;
    char path[300];
    bed = (struct bed){ .arena = sg_arena_new(0, (size_t)16 * 1024 * 1024) };
    bed.folder = support_mkdir(bed.arena);
    snprintf(path, sizeof(path), "%s/store.db", bed.folder);
    assert_ok(store_open(path, "test", &bed.store, NULL));
    assert_ok(store_start(bed.store));
    struct auth_settings settings = auth_settings_default();
    settings.issuer = SG_LIT("https://us.example");
    settings.replay_max = 1024;
    assert_ok(auth_new(&settings, bed.store, &bed.auth));
    const struct auth_openid_settings openid = settings_of_test();
    assert_ok(auth_openid_new(&openid, &bed.openid));
    assert_ok(bench_key_new(&bed.key));
    assert_ok(bench_key_new(&bed.other));
    memset(bed.flow.nonce, 'n', sizeof(bed.flow.nonce));
    memset(bed.flow.state, 's', sizeof(bed.flow.state));
    memset(bed.flow.verifier, 'v', sizeof(bed.flow.verifier));
    *state = &bed;
    return 0;
}

static int
teardown(void **state)
{
    struct bed *bed = *state;
    auth_openid_free(&bed->openid);
    auth_free(&bed->auth);
    store_close(&bed->store);
    bench_key_free(&bed->key);
    bench_key_free(&bed->other);
    support_rmdir(bed->folder);
    sg_arena_free(&bed->arena);
    return 0;
}

static bool
has(sg_bytes text, const char *part)
{
    return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static void
test_settings_name_one_way_to_prove_ourselves(void **state)
{
    (void)state;
    struct auth_openid *openid = NULL;
    struct auth_openid_settings both = settings_of_test(), none = both, broken = both;
    both.key_jwk = SG_LIT(PRIVATE);
    none.secret = SG_NO_BYTES;
    broken.secret = SG_NO_BYTES;
    broken.key_jwk = SG_LIT("{\"kty\":\"EC\",\"crv\":\"P-256\"}");
    assert_refused(auth_openid_new(&both, &openid), VALUE);
    assert_refused(auth_openid_new(&none, &openid), VALUE);
    assert_refused(auth_openid_new(&broken, &openid), KEY_INVALID);
    assert_null(openid);
}

static void
test_metadata_is_the_configured_issuers(void **state)
{
    struct bed *bed = *state;
    struct auth_openid_config config;
    assert_ok(
        auth_openid_config_parse(bed->openid, bed->arena, sg_str_bytes(SG_LIT(CONFIG)), &config));
    assert_str_is(config.token_endpoint, ISSUER "/t");
    assert_true(config.iss_in_answer);
    static const struct {
        const char *json;
        enum sg_code code;
    } bad[] = {
        { "[]", SG_E_FETCH },
        { "{}", SG_E_ISSUER },
        { "{\"issuer\":\"" ISSUER "/\"}", SG_E_ISSUER },
        { "{\"issuer\":\"" ISSUER "\"}", SG_E_FETCH },
        { "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"http://op.example/a\","
          "\"token_endpoint\":\"" ISSUER "/t\",\"jwks_uri\":\"" ISSUER "/k\"}",
            SG_E_FETCH },
        { "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"" ISSUER "/a\\r\\nx\","
          "\"token_endpoint\":\"" ISSUER "/t\",\"jwks_uri\":\"" ISSUER "/k\"}",
            SG_E_FETCH },
        { "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"javascript:x\","
          "\"token_endpoint\":\"" ISSUER "/t\",\"jwks_uri\":\"" ISSUER "/k\"}",
            SG_E_FETCH },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sg_result r = auth_openid_config_parse(
            bed->openid, bed->arena, sg_str_bytes(sg_cstr(bad[i].json)), &config);
        assert_int_equal(r.code, bad[i].code);
    }
}

static void
test_a_flow_is_its_cookies_and_no_other(void **state)
{
    struct bed *bed = *state;
    char cookie[AUTH_OPENID_COOKIE_LEN], link[AUTH_OPENID_COOKIE_LEN];
    struct auth_openid_flow flow, again, linked;
    static const uint8_t session[32] = { 1 }, another[32] = { 2 };
    auth_openid_begin(AUTH_OPENID_LOGIN, NOW, cookie);
    sg_str text = SG_NO_STR;
    assert_ok(sg_arena_str(bed->arena, sg_str_of(cookie, sizeof(cookie)), &text));
    assert_ok(auth_openid_flow(bed->auth, text, NULL, NOW, &flow));
    assert_ok(auth_openid_flow(bed->auth, text, NULL, NOW + 600, &again));
    assert_memory_equal(flow.state, again.state, sizeof(flow.state));
    assert_memory_equal(flow.verifier, again.verifier, sizeof(flow.verifier));
    assert_memory_not_equal(flow.state, flow.nonce, sizeof(flow.state));
    assert_memory_not_equal(flow.nonce, flow.verifier, sizeof(flow.nonce));
    assert_refused(auth_openid_flow(bed->auth, text, NULL, NOW + 601, &again), ACTIVATION);
    assert_refused(auth_openid_flow(bed->auth, text, NULL, NOW - 60, &again), ACTIVATION);
    assert_refused(auth_openid_flow(bed->auth, text, session, NOW, &again), ACTIVATION);
    assert_refused(auth_openid_flow(bed->auth, SG_LIT("L"), NULL, NOW, &again), ACTIVATION);
    assert_refused(auth_openid_flow(bed->auth, SG_NO_STR, NULL, NOW, &again), ACTIVATION);

    auth_openid_begin(AUTH_OPENID_LINK, NOW, link);
    sg_str link_text = sg_str_of(link, sizeof(link));
    assert_refused(auth_openid_flow(bed->auth, link_text, NULL, NOW, &linked), ACTIVATION);
    assert_ok(auth_openid_flow(bed->auth, link_text, session, NOW, &linked));
    assert_ok(auth_openid_flow(bed->auth, link_text, another, NOW, &again));
    assert_memory_not_equal(linked.state, again.state, sizeof(linked.state)); /* another session */
    link[0] = 'L'; /* a link made into a login has another state */
    assert_ok(auth_openid_flow(bed->auth, link_text, NULL, NOW, &again));
    assert_memory_not_equal(linked.state, again.state, sizeof(linked.state));
    link[0] = 'X';
    assert_int_equal(auth_openid_use_of(link_text), 0);
}

static void
test_an_answer_brings_state_and_the_promised_issuer(void **state)
{
    struct bed *bed = *state;
    struct auth_openid_config config = { .iss_in_answer = true }, old = { .iss_in_answer = false };
    sg_str good = sg_str_of(bed->flow.state, 43), iss = SG_LIT(ISSUER);
    assert_ok(auth_openid_answer_check(bed->openid, &config, &bed->flow, good, true, iss));
    assert_refused(
        auth_openid_answer_check(bed->openid, &config, &bed->flow, good, false, SG_NO_STR),
        ACTIVATION);
    assert_refused(auth_openid_answer_check(
                       bed->openid, &config, &bed->flow, good, true, SG_LIT("https://x.example")),
        ACTIVATION);
    assert_ok(auth_openid_answer_check(bed->openid, &old, &bed->flow, good, false, SG_NO_STR));
    assert_refused(auth_openid_answer_check(
                       bed->openid, &old, &bed->flow, good, true, SG_LIT("https://x.example")),
        ACTIVATION);
    good.n--;
    assert_refused(
        auth_openid_answer_check(bed->openid, &config, &bed->flow, good, true, iss), ACTIVATION);
}

static void
test_requests_say_what_they_must(void **state)
{
    struct bed *bed = *state;
    struct auth_openid_config config;
    sg_str url;
    sg_bytes form;
    assert_ok(
        auth_openid_config_parse(bed->openid, bed->arena, sg_str_bytes(SG_LIT(CONFIG)), &config));
    assert_ok(auth_openid_request_url(bed->openid, bed->arena, &config, &bed->flow, &url));
    assert_true(sg_str_starts(url, ISSUER "/a?x=1&response_type=code&client_id=client%201&"));
    assert_true(has(sg_str_bytes(url), "&acr_values=urn%3Aone%20urn%3Atwo"));
    assert_true(has(sg_str_bytes(url), "&code_challenge_method=S256"));
    assert_false(has(sg_str_bytes(url), "vvvvvvvv")); /* the verifier stays here */
    assert_ok(auth_openid_token_form(
        bed->openid, bed->arena, &config, &bed->flow, SG_LIT("c&d"), NOW, &form));
    assert_true(has(form, "grant_type=authorization_code&code=c%26d&"));
    assert_true(has(form, "&client_secret=se%20cret%26"));

    struct auth_openid *by_key = NULL;
    struct auth_openid_settings settings = settings_of_test();
    settings.secret = SG_NO_BYTES;
    settings.key_jwk = SG_LIT(PRIVATE);
    assert_ok(auth_openid_new(&settings, &by_key));
    assert_ok(
        auth_openid_token_form(by_key, bed->arena, &config, &bed->flow, SG_LIT("c"), NOW, &form));
    assert_false(has(form, "client_secret"));
    static const char name[] = "&client_assertion=";
    const char *at = memmem(form.p, form.n, name, sizeof(name) - 1);
    assert_non_null(at);
    at += sizeof(name) - 1;
    sg_str assertion = sg_str_of(at, (size_t)((const char *)form.p + form.n - at));
    struct jws jws;
    struct jwk jwk;
    const struct sjson *json, *claims;
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    assert_ok(jws_parse(bed->arena, assertion, &jws));
    assert_str_is(jws.kid, "our-key");
    assert_ok(sjson_parse(bed->arena,
        SG_LIT("{\"kty\":\"EC\",\"crv\":\"P-256\","
               "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
               "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}"),
        NULL, &json));
    assert_ok(jwk_parse(bed->arena, json, &jwk));
    assert_ok(jwk_key_new(&jwk, &key));
    assert_ok(jws_verify(&jws, key));
    assert_ok(jws_claims(bed->arena, &jws, &claims));
    assert_true(sjson_is_text(sjson_get(claims, "aud"), ISSUER)); /* one string, the issuer */
    assert_true(sjson_is_text(sjson_get(claims, "sub"), "client 1"));
    auth_openid_free(&by_key);
}

/* ---- ID tokens --------------------------------------------------------------------------------------------- */

#define GOOD                                                                           \
    "'iss':'" ISSUER "','sub':'s','aud':'client 1','exp':1800000300,'iat':1800000000," \
    "'nonce':'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn','acr':'urn:two','amr':['pwd','mfa']"

static sg_str
quoted(struct bed *bed, const char *text)
{
    sg_str copy;
    assert_ok(sg_arena_str(bed->arena, sg_cstr(text), &copy));
    for (size_t i = 0; i < copy.n; i++) {
        if (copy.p[i] == '\'') {
            ((char *)(uintptr_t)copy.p)[i] = '"';
        }
    }
    return copy;
}

static sg_result
check_with(struct bed *bed, const struct bench_key *signer, const char *header, const char *claims,
    struct auth_openid_said *ret)
{
    sg_str token, jwks, body;
    struct sg_why why = { 0 };
    assert_ok(sg_arena_printf(bed->arena, &body, "{%s}", claims));
    assert_ok(bench_key_jws(bed->arena, signer, quoted(bed, header), quoted(bed, body.p), &token));
    assert_ok(
        sg_arena_printf(bed->arena, &jwks, "{\"keys\":[%.*s]}", SG_PRINT(bench_key_jwk(bed->key))));
    return auth_openid_id_token_check(
        bed->openid, bed->arena, token, sg_str_bytes(jwks), &bed->flow, NOW, &why, ret);
}

static void
test_a_good_id_token_is_believed(void **state)
{
    struct bed *bed = *state;
    struct auth_openid_said said;
    assert_ok(check_with(bed, bed->key, "{'alg':'ES256'}", GOOD, &said));
    assert_str_is(said.subject, "s");
    assert_refused(check_with(bed, bed->other, "{'alg':'ES256'}", GOOD, &said), ACTIVATION);
    assert_refused(check_with(bed, bed->key, "{'alg':'ES256','kid':'x'}", GOOD, &said), ACTIVATION);
    assert_refused(check_with(bed, bed->key, "{'alg':'ES384'}", GOOD, &said), ACTIVATION);
    assert_refused(check_with(bed, bed->key, "{'alg':'none'}", GOOD, &said), ACTIVATION);
    assert_refused(
        check_with(bed, bed->key, "{'alg':'ES256','crit':['x']}", GOOD, &said), ACTIVATION);
}

static void
test_each_claim_wrong_alone_is_not(void **state)
{
    struct bed *bed = *state;
    static const char *const changes[][2] = {
        { "'iss':'" ISSUER "'", "'iss':'" ISSUER "/'" },
        { "'iss':'" ISSUER "',", "" },
        { "'sub':'s',", "" },
        { "'sub':'s'", "'sub':''" },
        { "'aud':'client 1'", "'aud':'client'" },
        { "'aud':'client 1'", "'aud':['client']" },
        { "'aud':'client 1'", "'aud':['client 1','x']" },
        { "'aud':'client 1'", "'aud':'client 1','azp':'x'" },
        { "'exp':1800000300", "'exp':1799999990" },
        { "'exp':1800000300,", "" },
        { "'iat':1800000000", "'iat':1800000011" },
        { "'iat':1800000000", "'iat':1799999399" },
        { "'iat':1800000000,", "" },
        { "'iat':1800000000", "'iat':1800000000,'nbf':1800000100" },
        { "'nonce':'n", "'nonce':'m" },
        { "'acr':'urn:two'", "'acr':'urn:three'" },
        { "'acr':'urn:two',", "" },
        { "'amr':['pwd','mfa']", "'amr':['pwd']" },
        { "'amr':['pwd','mfa']", "'amr':'mfa'" },
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct auth_openid_said said;
        sg_str claims;
        static const char good[] = GOOD;
        const char *at = strstr(good, changes[i][0]);
        assert_non_null(at);
        assert_ok(sg_arena_printf(bed->arena, &claims, "%.*s%s%s", (int)(at - good), good,
            changes[i][1], at + strlen(changes[i][0])));
        sg_result r = check_with(bed, bed->key, "{'alg':'ES256'}", claims.p, &said);
        if (r.code != SG_E_ACTIVATION) {
            print_error("%s\n", changes[i][1]);
        }
        assert_refused(r, ACTIVATION);
    }
}

static void
test_what_is_no_token_answer_is_refused(void **state)
{
    struct bed *bed = *state;
    sg_str token;
    assert_ok(auth_openid_token_parse(
        bed->arena, 200, sg_str_bytes(SG_LIT("{\"id_token\":\"x\"}")), &token));
    assert_refused(auth_openid_token_parse(
                       bed->arena, 400, sg_str_bytes(SG_LIT("{\"id_token\":\"x\"}")), &token),
        ACTIVATION);
    assert_refused(
        auth_openid_token_parse(bed->arena, 200, sg_str_bytes(SG_LIT("{}")), &token), ACTIVATION);
    assert_refused(
        auth_openid_token_parse(bed->arena, 200, sg_str_bytes(SG_LIT("x")), &token), ACTIVATION);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_settings_name_one_way_to_prove_ourselves),
        TEST(test_metadata_is_the_configured_issuers),
        TEST(test_a_flow_is_its_cookies_and_no_other),
        TEST(test_an_answer_brings_state_and_the_promised_issuer),
        TEST(test_requests_say_what_they_must),
        TEST(test_a_good_id_token_is_believed),
        TEST(test_each_claim_wrong_alone_is_not),
        TEST(test_what_is_no_token_answer_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gateway/flow: the reader of credential configurations, and claims held against them (req: FMT-5). */
#include "flow_config.h"
#include "support.h"

#define BASE "http://localhost:8080"
#define DEMO "tests/unit/flow/employee_badge_sd_jwt.json"

static sg_str
demo(void **state)
{
    return sg_bytes_str(support_file(*state, DEMO));
}

static sg_result
parse(void **state, sg_str text, struct flow_config *ret)
{
    struct sg_why why = { 0 };
    struct flow_configs set;
    sg_result r = flow_config_parse(*state, SG_LIT("badge"), text, SG_LIT(BASE), &why, &set);
    if (sg_ok(r)) {
        assert_int_equal(set.n, 1);
        *ret = set.items[0];
    }
    return r;
}

/* The demo file with one text replaced; the text must be there. */
static sg_str
with(void **state, const char *from, const char *to)
{
    sg_str text = demo(state);
    const char *at = memmem(text.p, text.n, from, strlen(from));
    assert_non_null(at);
    struct sg_buf buf = sg_buf_new(*state, text.n + 256, (size_t)1 << 20);
    sg_str ret;
    size_t head = (size_t)(at - text.p);
    sg_buf_put_str(&buf, sg_str_slice(text, 0, head));
    sg_buf_put_cstr(&buf, to);
    sg_buf_put_str(&buf, sg_str_slice(text, head + strlen(from), text.n));
    assert_ok(sg_buf_end_str(&buf, &ret));
    return ret;
}

static void
test_the_demo_configuration_reads(void **state)
{
    struct flow_config config;
    assert_ok(parse(state, demo(state), &config));
    assert_str_is(config.type, BASE "/credentials/employee_badge");
    assert_str_is(config.type_path, "/credentials/employee_badge");
    assert_int_equal(config.binding, FLOW_BIND_JWK);
    assert_int_equal(config.proofs[FLOW_PROOF_JWT].n_algs, 3);
    assert_int_equal(config.seal_alg->id, JOSE_ES256);
    assert_int_equal(config.round_s, 86400);
    assert_true(sg_str_starts(config.type_integrity, "sha256-"));
}

static void
test_what_is_published_has_no_section_of_ours(void **state)
{
    struct flow_config config;
    const struct sjson *json;
    sg_str text;
    assert_ok(parse(state, demo(state), &config));
    struct sg_buf buf = sg_buf_new(*state, 4096, (size_t)1 << 20);
    struct sjson_wr wr = sjson_wr_new(&buf);
    flow_config_write(&wr, &config);
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_ok(sjson_parse_object(*state, text, NULL, &json));
    assert_null(sjson_get(json, "sealgate"));
    assert_non_null(sjson_get(json, "credential_metadata"));
    assert_true(sjson_is_text(sjson_get(json, "vct"), BASE "/credentials/employee_badge"));
}

static void
test_mistakes_are_refused(void **state)
{
    static const struct {
        const char *from, *to;
    } mistakes[] = {
        { "\"level\": 1", "\"levle\": 1" }, /* unknown member of ours */
        { "\"level\": 1", "\"level\": 4" }, /* out of bounds */
        { "\"seal_key\": \"seal-es256\"", "\"seal_key\": 7" },
        { "\"validity_s\": 31536000", "\"validity_s\": 5" },
        { "\"round_s\": 86400", "\"round_s\": 0" },
        { "\"hash\": \"sha-256\"", "\"hash\": \"md5\"" },
        { "\"decoys\": 2", "\"decoys\": 1000" },
        { "\"status_list\": \"employee\"", "\"status_list\": \"keys\"" }, /* the signer's own */
        { "\"status_list\": \"employee\"", "\"status_list\": \"../x\"" },
        { "[\"given_name\"], [\"family_name\"]", "[], [\"family_name\"]" },
        { "[\"given_name\"], [\"family_name\"]", "[null], [\"family_name\"]" },
        { "\"type\": \"date\"", "\"type\": \"dote\"" },
        { "\"type\": \"date\"", "\"type\": \"date\", \"maximum\": 3" },
        { "\"pattern\": \"email\"", "\"pattern\": \"e-mail\"" },
        { "[\"ES256\"]", "[\"none\"]" },
        { "[\"ES256\"]", "[\"ES256\", \"ES384\"]" }, /* one seal key has one algorithm */
        { "\"cryptographic_binding_methods_supported\": [\"jwk\"],", "" },
        { "[\"jwk\"]", "[\"did:key\"]" },
        { "\"credential_metadata\"",
            "\"credential_metdata\"" }, /* wallets tell 1.0 from drafts by it */
        { "      \"vct\": \"${BASE}/credentials/employee_badge\"", "      \"vct\": \"other\"" },
        { "\"format\": \"dc+sd-jwt\",", "" },
        { "\"scope\": \"employee_badge\"", "\"scope\": \"a\", \"scope\": \"b\"" },
    };
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct flow_config config;
        assert_refused(
            parse(state, with(state, mistakes[i].from, mistakes[i].to), &config), CONFIGURATION);
    }
}

static void
test_formats_without_a_builder_are_refused(void **state)
{
    struct flow_config config;
    assert_refused(
        parse(state, with(state, "\"dc+sd-jwt\"", "\"mso_mdoc\""), &config), UNSUPPORTED);
}

static void
test_unknown_metadata_is_kept(void **state)
{
    struct flow_config config;
    assert_ok(parse(state, with(state, "\"scope\"", "\"future\": {\"x\": 1}, \"scope\""), &config));
    assert_non_null(sjson_get(config.published, "future"));
}

static sg_result
claims_check(void **state, const struct flow_config *config, const char *text)
{
    const struct sjson *claims;
    assert_ok(sjson_parse(*state, sg_cstr(text), NULL, &claims));
    return flow_claims_check(*state, config, claims, NULL);
}

#define NAMES "\"given_name\":\"A\",\"family_name\":\"B\",\"employee_id\":\"1\""

static void
test_claims_that_fit(void **state)
{
    struct flow_config config;
    const struct sjson *claims;
    assert_ok(parse(state, demo(state), &config));
    assert_ok(sjson_parse(
        *state, sg_bytes_str(support_file(*state, "conf/demo/claims.json")), NULL, &claims));
    assert_ok(flow_claims_check(*state, &config, claims, NULL));
    assert_ok(claims_check(state, &config, "{" NAMES "}"));
    assert_ok(claims_check(state, &config, "{" NAMES ",\"hired_on\":\"2024-02-29\"}"));
    assert_ok(claims_check(state, &config, "{" NAMES ",\"address\":{\"country\":\"JP\"}}"));
    assert_ok(claims_check(state, &config, "{" NAMES ",\"nationalities\":[]}"));
}

static void
test_claims_that_do_not_fit(void **state)
{
    static const char *const wrong[] = { "[]", "{}", "{\"given_name\":\"A\",\"family_name\":\"B\"}",
        "{" NAMES ",\"email\":\"no address\"}", "{" NAMES ",\"email\":\"a@b@c.d\"}",
        "{" NAMES ",\"email\":\"a@b\"}", "{" NAMES ",\"hired_on\":\"2023-02-29\"}",
        "{" NAMES ",\"hired_on\":\"1900-02-29\"}", "{" NAMES ",\"hired_on\":\"2024-13-01\"}",
        "{" NAMES ",\"hired_on\":\"24-01-01\"}", "{" NAMES ",\"hired_on\":20240101}",
        "{" NAMES ",\"address\":{}}", "{" NAMES ",\"address\":[]}",
        "{" NAMES ",\"address\":{\"country\":\"JPN\"}}",
        "{" NAMES ",\"address\":{\"country\":\"JP\",\"planet\":\"x\"}}",
        "{" NAMES ",\"nationalities\":\"JP\"}", "{" NAMES ",\"nationalities\":[1]}",
        "{" NAMES ",\"nationalities\":[\"JPN\"]}", "{" NAMES ",\"_sd\":[]}",
        "{" NAMES ",\"vct\":\"x\"}", "{" NAMES ",\"given_name2\":\"x\"}" };
    struct flow_config config;
    assert_ok(parse(state, demo(state), &config));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_refused(claims_check(state, &config, wrong[i]), CLAIMS);
    }
}

static void
test_folder_of_configurations(void **state)
{
    struct flow_configs set;
    sg_str file;
    struct sg_why why = { 0 };
    const char *folder = support_mkdir(*state);
    char path[512];
    assert_refused(
        flow_configs_read(*state, "/nonexistent", SG_LIT(BASE), &why, &file, &set), NOT_FOUND);
    snprintf(path, sizeof(path), "%s/badge.json", folder);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    sg_str text = demo(state);
    assert_int_equal(fwrite(text.p, 1, text.n, out), text.n);
    fclose(out);
    assert_ok(flow_configs_read(*state, folder, SG_LIT(BASE), &why, &file, &set));
    assert_int_equal(set.n, 1);
    assert_non_null(flow_config_find(&set, SG_LIT("badge")));
    assert_null(flow_config_find(&set, SG_LIT("badge.json")));
    assert_non_null(flow_config_by_type_path(&set, SG_LIT("/credentials/employee_badge")));
    out = fopen(path, "w");
    assert_non_null(out);
    fputs("{", out);
    fclose(out);
    assert_refused(
        flow_configs_read(*state, folder, SG_LIT(BASE), &why, &file, &set), CONFIGURATION);
    assert_str_is(file, "badge.json"); /* says which */
    support_rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_demo_configuration_reads),
        cmocka_unit_test(test_what_is_published_has_no_section_of_ours),
        cmocka_unit_test(test_mistakes_are_refused),
        cmocka_unit_test(test_formats_without_a_builder_are_refused),
        cmocka_unit_test(test_unknown_metadata_is_kept),
        cmocka_unit_test(test_claims_that_fit),
        cmocka_unit_test(test_claims_that_do_not_fit),
        cmocka_unit_test(test_folder_of_configurations),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

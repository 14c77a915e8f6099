/* conf/settings: what is read, what is refused and on which line. req: NET-1, NET-2 */
#include "support.h"

#include "conf.h"

static const char *const good_gateway = "environment = test\npublic_url = http://localhost:8080\n";

static sg_result
gateway(void **state, const char *text, struct conf_gateway *ret, struct conf_fault *fault)
{
    return conf_parse(&conf_gateway_schema, sg_cstr(text), *state, ret, fault);
}

static void
test_defaults_fill_what_is_not_said(void **state)
{
    struct conf_gateway s;
    struct conf_fault fault;
    assert_ok(gateway(state, good_gateway, &s, &fault));
    assert_string_equal(s.environment, "test");
    assert_string_equal(s.public_url, "http://localhost:8080");
    assert_string_equal(s.status_key, "status-es256");
    assert_string_equal(s.tls_cert, "");
    assert_int_equal(s.connection_memory, 32768);
    assert_false(s.access_log);
}

static void
test_values_are_taken(void **state)
{
    struct conf_gateway s;
    struct conf_fault fault;
    assert_ok(gateway(state,
        "; a comment\n\nenvironment=test\npublic_url = http://127.0.0.1:1/x\nworkers = 3\n"
        "access_log = yes\n",
        &s, &fault));
    assert_int_equal(s.workers, 3);
    assert_true(s.access_log);
}

/* Each text with what must stop it: code, line and name. */
static const struct {
    const char *text;
    enum sg_code code;
    unsigned line;
    const char *name;
} refused[] = {
    { "environment = test\n", SG_E_MISSING, 0, "public_url" },
    { "environment = test\nworkerz = 3\n", SG_E_VALUE, 2, "workerz" },
    { "environment = test\nenvironment = test\n", SG_E_DUPLICATE, 2, "environment" },
    { "environment = stage\n", SG_E_VALUE, 1, "environment" },
    { "environment = test\n\nworkers = 65\n", SG_E_VALUE, 3, "workers" },
    { "workers = -1\n", SG_E_VALUE, 1, "workers" },
    { "workers = 01\n", SG_E_VALUE, 1, "workers" },
    { "workers = 3 threads\n", SG_E_VALUE, 1, "workers" },
    { "workers =\n", SG_E_VALUE, 1, "workers" },
    { "access_log = true\n", SG_E_VALUE, 1, "access_log" },
    { "[gateway]\nworkers = 1\n", SG_E_VALUE, 2, "gateway" },
    { "workers\n", SG_E_VALUE, 1, "" },
    { "environment = test\npublic_url = http://localhost:8080/\n", SG_E_VALUE, 2, "public_url" },
    { "environment = test\npublic_url = ftp://localhost\n", SG_E_VALUE, 2, "public_url" },
    { "environment = test\npublic_url = http://a@localhost\n", SG_E_VALUE, 2, "public_url" },
    { "environment = test\npublic_url = http://localhost/?q\n", SG_E_VALUE, 2, "public_url" },
    { "environment = test\npublic_url = http://example.org\n", SG_E_VALUE, 2, "public_url" },
    { "environment = test\npublic_url = http://127.example.org\n", SG_E_VALUE, 2, "public_url" },
    { "environment = production\npublic_url = http://localhost\n", SG_E_VALUE, 2, "public_url" },
    { "environment = test\npublic_url = https://example.org\n", SG_E_VALUE, 2, "public_url" },
    { "environment = test\npublic_url = https://example.org\ntls_cert = a\n", SG_E_VALUE, 0,
        "tls_key" },
    { "environment = test\npublic_url = http://localhost\ntls_cert = a\ntls_key = b\n", SG_E_VALUE,
        2, "public_url" },
    { "environment = test\npublic_url = https://x.example\ntls_cert = ../a\ntls_key = b\n",
        SG_E_VALUE, 3, "tls_cert" },
    { "brand = \xff\xfe\n", SG_E_VALUE, 1, "brand" },
    { "environment = test\npublic_url = http://localhost\nvcapi_profile = easy\n", SG_E_VALUE, 3,
        "vcapi_profile" },
    /* req: PRO-5: nobody may leave authentication out in production */
    { "environment = production\npublic_url = https://issuer.example\nbehind_proxy = yes\n"
      "vcapi_test_mode = yes\n",
        SG_E_VALUE, 4, "vcapi_test_mode" },
    /* nor take anybody's proof for the issuer's */
    { "environment = production\npublic_url = https://issuer.example\nbehind_proxy = yes\n"
      "vcapi_profile = w3c-suite\n",
        SG_E_VALUE, 4, "vcapi_profile" },
};

static void
test_wrong_settings_are_refused_with_their_line(void **state)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct conf_gateway s;
        struct conf_fault fault;
        sg_result r = gateway(state, refused[i].text, &s, &fault);
        if (r.code != refused[i].code || fault.line != refused[i].line ||
            strcmp(fault.name, refused[i].name) != 0) {
            print_error("%s -> %s line %u name %s: %s\n", refused[i].text,
                sg_code_row(r.code)->name, fault.line, fault.name, fault.what);
            fail();
        }
        assert_true(strlen(fault.what) > 0);
    }
}

static void
test_tls_needs_no_loopback(void **state)
{
    struct conf_gateway s;
    struct conf_fault fault;
    assert_ok(gateway(state,
        "environment = production\npublic_url = https://issuer.example\ntls_cert = conf/tls.pem\n"
        "tls_key = conf/tls.key\n",
        &s, &fault));
    assert_ok(gateway(state,
        "environment = production\npublic_url = https://issuer.example/t\nbehind_proxy = yes\n", &s,
        &fault));
}

static void
test_long_lines_are_refused_and_never_cut(void **state)
{
    char text[2000];
    int n = snprintf(text, sizeof(text), "brand = ");
    memset(text + n, 'a', 1500);
    snprintf(text + n + 1500, 100, "\n");
    struct conf_gateway s;
    struct conf_fault fault;
    assert_refused(gateway(state, text, &s, &fault), VALUE);
    assert_int_equal(fault.line, 1);
}

static void
test_lists_keep_every_value(void **state)
{
    struct conf_courier s;
    struct conf_fault fault;
    assert_ok(conf_parse(&conf_courier_schema,
        SG_LIT("environment = test\npublic_origin = http://localhost:8080\nanchors = a.pem\n"
               "anchors = b.pem\n"),
        *state, &s, &fault));
    assert_int_equal(s.anchors.n, 2);
    assert_string_equal(s.anchors.items[0], "a.pem");
    assert_string_equal(s.anchors.items[1], "b.pem");
    assert_int_equal(s.keys.n, 0);
    assert_refused(conf_parse(&conf_courier_schema,
                       SG_LIT("environment = test\npublic_origin = https://a.example/b\n"), *state,
                       &s, &fault),
        VALUE);
}

static void
test_production_signer_is_no_demo(void **state)
{
    struct conf_signer s;
    struct conf_fault fault;
    assert_refused(conf_parse(&conf_signer_schema,
                       SG_LIT("environment = production\norigin = example.org/log\n"
                              "module = /usr/lib/softhsm/libsofthsm2.so\ntoken_label = t\n"
                              "demo = yes\n"),
                       *state, &s, &fault),
        VALUE);
    assert_string_equal(fault.name, "demo");
    assert_int_equal(fault.line, 5);
}

static void
test_missing_file_is_said(void **state)
{
    struct conf_gateway s;
    struct conf_fault fault;
    assert_refused(
        conf_load(&conf_gateway_schema, "/nonexistent/gateway.ini", *state, &s, &fault), NOT_FOUND);
}

/* Every setting of every process: documented, default within its own bounds, name not twice. */
static void
test_every_row_is_whole(void **state)
{
    (void)state;
    const struct conf_schema *all[] = { &conf_gateway_schema, &conf_courier_schema,
        &conf_signer_schema };
    for (size_t p = 0; p < 3; p++) {
        char *page = NULL;
        size_t page_len = 0;
        FILE *out = open_memstream(&page, &page_len);
        conf_reference(out, all[p]);
        conf_sample(out, all[p]);
        fclose(out);
        for (size_t i = 0; i < all[p]->n_rows; i++) {
            const struct conf_row *row = &all[p]->rows[i];
            assert_true(strlen(row->doc) > 10);
            assert_non_null(strstr(page, row->doc));
            assert_non_null(strstr(page, row->name));
            for (size_t k = 0; k < i; k++) {
                assert_string_not_equal(row->name, all[p]->rows[k].name);
            }
        }
        free(page);
    }
}

static sg_result
persons(struct sg_arena *arena, const char *environment, const char *more)
{
    struct conf_signer conf;
    struct conf_fault fault = { 0 };
    sg_str text;
    assert_ok(sg_arena_printf(arena, &text,
        "environment = %s\norigin = a/b\nmodule = /m.so\ntoken_label = t\n%s", environment, more));
    return conf_parse(&conf_signer_schema, text, arena, &conf, &fault);
}

/* req: AU-3: what browsers compare is written as browsers write it. */
static void
test_origins_of_passkeys_are_under_their_rp_id(void **state)
{
    assert_ok(persons(*state, "test", ""));
    assert_ok(persons(*state, "test", "rp_id = localhost\norigins = http://localhost:8080\n"));
    assert_ok(persons(*state, "production",
        "rp_id = example.org\norigins = https://example.org\norigins = "
        "https://sign.example.org:8443\n"));
    static const char *const bad[] = {
        "rp_id = example.org\n",
        "origins = https://example.org\n",
        "rp_id = example.org\norigins = https://example.org/\n",
        "rp_id = example.org\norigins = https://EXAMPLE.org\n",
        "rp_id = example.org\norigins = https://badexample.org\n",
        "rp_id = sign.example.org\norigins = https://example.org\n",
        "rp_id = example.org\norigins = http://example.org\n",
        "rp_id = example.org:8080\norigins = https://example.org:8080\n",
        "rp_id = Example.org\norigins = https://example.org\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(persons(*state, "test", bad[i]), VALUE);
    }
    assert_refused(
        persons(*state, "production", "rp_id = localhost\norigins = http://localhost:8080\n"),
        VALUE);
    /* req: AU-7 */
    assert_ok(persons(*state, "test", "recovery_wait_s = 0\n"));
    assert_ok(persons(*state, "production", "recovery_wait_s = 3600\n"));
    assert_refused(persons(*state, "production", "recovery_wait_s = 3599\n"), VALUE);
}

/* req: AU-3, AU-5, AU-6 */
static void
test_settings_of_persons_fit_together(void **state)
{
    static const struct {
        const char *more;
        bool good;
    } cases[] = {
        { "rp_id = localhost\norigins = http://localhost:8080\n", true },
        { "rp_id = localhost\norigins = http://app.localhost:8080\n", false }, /* not loopback */
        { "rp_id = example.org\norigins = https://app.example.org\n", true },
        { "rp_id = example.org\norigins = https://example.org.evil.example\n", false },
        { "rp_id = example.org\norigins = https://badexample.org\n", false },
        { "origins = https://Example.org\n", false },
        { "origins = https://example.org/\n", false },
        { "session_idle_s = 600\nsession_lifetime_s = 300\n", false },
        { "wallets = w|https://w.example/cb|Wallet\nwallets = w|http://127.0.0.1/cb|Wallet\n",
            true },
        { "wallets = w|https://w.example/cb\n", false },
        { "wallets = |https://w.example/cb|x\n", false },
        { "wallets = w|https://w.example/cb#x|x\n", false },
        { "wallets = w|/cb|x\n", false },
        { "wallets = w|https://w.example/cb|x|y\n", false },
        { "openid_issuer = https://op.example\nopenid_client_id = c\nopenid_secret_file = s\n",
            true },
        { "openid_issuer = https://op.example\nopenid_client_id = c\n", false },
        { "openid_issuer = https://op.example\nopenid_secret_file = s\n", false },
        { "openid_issuer = https://op.example\nopenid_client_id = c\nopenid_secret_file = s\n"
          "openid_key_file = k\n",
            false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct conf_gateway s;
        struct conf_fault fault;
        sg_str text;
        assert_ok(sg_arena_printf(*state, &text, "%s%s", good_gateway, cases[i].more));
        sg_result r = conf_parse(&conf_gateway_schema, text, *state, &s, &fault);
        if (sg_ok(r) != cases[i].good) {
            print_error("%s", cases[i].more);
        }
        assert_true(sg_ok(r) == cases[i].good);
    }
}

/* req: NET-3: an address inside is opened by two lines of an operator's, and by nothing less */
static void
test_private_providers_are_named_twice(void **state)
{
    static const struct {
        const char *more;
        bool good;
    } cases[] = {
        { "", true },
        { "openid_origins = https://op.internal\nopenid_private = https://op.internal\n", true },
        { "openid_origins = https://op.internal\nopenid_private = https://op.internal\n"
          "openid_ca = trust/internal.pem\n",
            true },
        { "openid_private = https://op.internal\n", false },
        { "openid_origins = https://op.internal\nopenid_private = https://other.internal\n",
            false },
        { "openid_origins = https://op.internal\nopenid_private = https://op.internal:8443\n",
            false },
        { "openid_origins = https://op.internal\nopenid_ca = trust/internal.pem\n", false },
        { "allow_loopback = yes\nopenid_origins = http://localhost:1\n"
          "openid_private = http://localhost:1\n",
            false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct conf_courier s;
        struct conf_fault fault;
        sg_str text;
        assert_ok(sg_arena_printf(*state, &text,
            "environment = test\npublic_origin = http://localhost:8080\n%s", cases[i].more));
        sg_result r = conf_parse(&conf_courier_schema, text, *state, &s, &fault);
        if (sg_ok(r) != cases[i].good) {
            print_error("%s", cases[i].more);
        }
        assert_true(sg_ok(r) == cases[i].good);
    }
}

/* A change of a setting changes its page in the same commit. */
static void
test_the_reference_page_is_up_to_date(void **state)
{
    char *page = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&page, &n);
    conf_reference(out, &conf_gateway_schema);
    conf_reference(out, &conf_courier_schema);
    conf_reference(out, &conf_signer_schema);
    fclose(out);
    sg_bytes file = support_file(*state, "docs/settings.md");
    assert_true(file.n > n);
    assert_memory_equal(file.p + file.n - n, page, n);
    free(page);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_fill_what_is_not_said),
        cmocka_unit_test(test_values_are_taken),
        cmocka_unit_test(test_wrong_settings_are_refused_with_their_line),
        cmocka_unit_test(test_tls_needs_no_loopback),
        cmocka_unit_test(test_long_lines_are_refused_and_never_cut),
        cmocka_unit_test(test_lists_keep_every_value),
        cmocka_unit_test(test_production_signer_is_no_demo),
        cmocka_unit_test(test_origins_of_passkeys_are_under_their_rp_id),
        cmocka_unit_test(test_settings_of_persons_fit_together),
        cmocka_unit_test(test_missing_file_is_said),
        cmocka_unit_test(test_every_row_is_whole),
        cmocka_unit_test(test_private_providers_are_named_twice),
        cmocka_unit_test(test_the_reference_page_is_up_to_date),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

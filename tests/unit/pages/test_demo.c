/* The demonstration: what the door asks is a request that the holder's side takes, and an answer counts once (OPS-1, PRO-3). */
#include "support.h"

#include "demo_inner.h"
#include "oid4vp.h"

#define BASE SG_LIT("http://localhost:8080")
#define NOW 1795284000

static struct demo_visit
visit_for(const char *configuration)
{
    struct demo_visit visit;
    const struct demo_form *form = demo_form_find(sg_cstr(configuration));
    assert_non_null(form);
    demo_visit_make(form, NOW, &visit);
    return visit;
}

static void
test_every_request_is_one_that_wallets_take(void **state)
{
    for (size_t i = 0; i < n_demo_forms; i++) {
        struct demo_visit visit = visit_for(demo_forms[i].configuration);
        sg_str url, address, client;
        assert_ok(demo_request(*state, BASE, &visit, &url));
        assert_ok(demo_address(*state, BASE, &visit, &address));
        assert_ok(sg_arena_printf(*state, &client, "redirect_uri:%.*s", SG_PRINT(address)));
        struct oid4vp_failure failure = { 0 };
        struct oid4vp_carrier carrier;
        assert_ok(oid4vp_carrier_parse(*state, url, true, &failure, &carrier));
        assert_int_equal(carrier.kind, OID4VP_BY_VALUE);
        assert_true(sg_str_equal(carrier.client_id, client));
        assert_true(sg_str_is(sjson_get(carrier.parameters, "nonce")->text, visit.nonce));
        /* and its query is one: parsed by the rules of section 6 */
        struct dcql_query query;
        assert_ok(dcql_parse(*state, sjson_get(carrier.parameters, "dcql_query"), NULL, &query));
        assert_int_equal(query.n, 1);
        assert_str_is(query.credentials[0].format_name, demo_forms[i].format);
        assert_int_equal(query.credentials[0].n_claims, 3);
    }
}

static void
test_an_answer_counts_once_and_in_time(void **state)
{
    struct demo_visit visit = visit_for("employee_badge_sd_jwt");
    sg_str id = sg_cstr(visit.id), text;
    assert_ok(demo_visit_result(*state, id, NOW, &text));
    assert_int_equal(text.n, 0);
    assert_refused(demo_visit_answer(SG_LIT("unknown"), NOW, SG_LIT("{}")), NOT_FOUND);
    assert_refused(demo_visit_answer(id, NOW + DEMO_VISIT_LIFE_S + 1, SG_LIT("{}")), NOT_FOUND);
    assert_refused(demo_visit_answer(id, NOW, SG_NO_STR), TOO_LARGE);
    assert_ok(demo_visit_answer(id, NOW, SG_LIT("{\"verified\":true}")));
    assert_refused(demo_visit_answer(id, NOW, SG_LIT("{}")), REPLAY);
    assert_ok(demo_visit_result(*state, id, NOW, &text));
    assert_str_is(text, "{\"verified\":true}");
}

static void
test_the_oldest_visit_gives_way(void **state)
{
    (void)state;
    struct demo_visit first = visit_for("employee_badge_mdoc");
    struct demo_visit found;
    assert_ok(demo_visit_get(sg_cstr(first.id), NOW, &found));
    assert_string_equal(found.nonce, first.nonce);
    for (size_t i = 0; i < DEMO_VISITS_MAX; i++) {
        struct demo_visit other = visit_for("employee_badge_mdoc");
        assert_string_not_equal(other.id, first.id);
        assert_string_not_equal(other.nonce, first.nonce);
    }
    assert_refused(demo_visit_get(sg_cstr(first.id), NOW, &found), NOT_FOUND);
}

static sg_str
door(void **state, const char *json)
{
    struct sg_buf buf = sg_buf_new(*state, 1024, 65536);
    struct face_html html = { &buf, FACE_EN, SG_NO_STR };
    const struct sjson *result = NULL;
    if (json != NULL) {
        assert_ok(sjson_parse(*state, sg_cstr(json), NULL, &result));
    }
    demo_door_render(&html, result);
    sg_str text;
    assert_ok(sg_buf_end_str(&buf, &text));
    return text;
}

static void
assert_has(sg_str text, const char *part, bool has)
{
    const char *copy = NULL;
    struct sg_arena *arena = sg_arena_new(0, 1 << 20);
    assert_non_null(arena);
    assert_ok(sg_arena_cstr(arena, text, &copy));
    bool found = strstr(copy, part) != NULL;
    sg_arena_free(&arena);
    if (found != has) {
        fail_msg("%s is%s there", part, found ? "" : " not");
    }
}

static void
test_the_door_says_what_it_saw(void **state)
{
    assert_has(door(state, NULL), "data-verdict=\"waits\"", true);
    sg_str good = door(state, "{\"verified\":true,\"claims\":{\"given_name\":\"<i>H\"},"
                              "\"object\":\"a\\\"b~\",\"findings\":[{\"check\":\"signature\","
                              "\"severity\":\"held\"}]}");
    assert_has(good, "data-verdict=\"holds\"", true);
    assert_has(good, "&lt;i&gt;H", true);
    assert_has(good, "name=\"object\" value=\"a&quot;b~\"", true);
    sg_str bad = door(state, "{\"verified\":\"true\",\"findings\":[{\"check\":\"signature\","
                             "\"severity\":\"error\"}]}");
    assert_has(bad, "data-verdict=\"fails\"", true);
    assert_has(bad, "data-verdict=\"holds\"", false);
    assert_has(door(state, "{\"error\":\"access_denied\"}"), "access_denied", true);
    assert_has(door(state, "{}"), "data-verdict=\"fails\"", true);
}

int
main(void)
{
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, support_arena_setup, support_arena_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_every_request_is_one_that_wallets_take),
        CASE(test_an_answer_counts_once_and_in_time),
        CASE(test_the_oldest_visit_gives_way),
        CASE(test_the_door_says_what_it_saw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* DCQL: every static rule, path pointers, claim sets, sets of credentials. req: PRO-3 */
#include "dcql.h"
#include "support.h"

static const struct sjson *
json(void **state, const char *text)
{
    const struct sjson *v;
    char *copy = sg_arena_alloc(*state, strlen(text) + 1);
    assert_non_null(copy);
    for (size_t i = 0; i <= strlen(text); i++) {
        copy[i] = (char)(text[i] == '\'' ? '"' : text[i]); /* readable sources */
    }
    assert_ok(sjson_parse(*state, sg_str_of(copy, strlen(copy)), NULL, &v));
    return v;
}

static sg_result
parse(void **state, const char *text, struct dcql_query *ret)
{
    struct dcql_query unused;
    return dcql_parse(*state, json(state, text), NULL, ret == NULL ? &unused : ret);
}

#define SD(id, more) "{'id':'" id "','format':'dc+sd-jwt','meta':{'vct_values':['v']}" more "}"
#define ONE(more) "{'credentials':[" SD("a", more) "]}"

static void
test_the_verifiers_errors(void **state)
{
    static const struct {
        const char *text;
        enum sg_code code;
    } rows[] = {
        { "[]", SG_E_TYPE },
        { "{}", SG_E_MISSING },
        { "{'credentials':[]}", SG_E_VALUE },
        { "{'credentials':{}}", SG_E_TYPE },
        { "{'credentials':[1]}", SG_E_TYPE },
        { "{'credentials':[" SD("a", "") "," SD("a", "") "]}", SG_E_DUPLICATE },
        { "{'credentials':[" SD("a.b", "") "]}", SG_E_VALUE },
        { "{'credentials':[" SD("", "") "]}", SG_E_VALUE },
        { "{'credentials':[{'format':'dc+sd-jwt','meta':{'vct_values':['v']}}]}", SG_E_MISSING },
        { "{'credentials':[{'id':'a','meta':{'vct_values':['v']}}]}", SG_E_MISSING },
        { "{'credentials':[{'id':'a','format':'dc+sd-jwt'}]}", SG_E_MISSING },
        { "{'credentials':[{'id':'a','format':'dc+sd-jwt','meta':[]}]}", SG_E_TYPE },
        { "{'credentials':[{'id':'a','format':'dc+sd-jwt','meta':{}}]}", SG_E_MISSING },
        { "{'credentials':[{'id':'a','format':'dc+sd-jwt','meta':{'vct_values':[]}}]}",
            SG_E_VALUE },
        { "{'credentials':[{'id':'a','format':'dc+sd-jwt','meta':{'vct_values':[1]}}]}",
            SG_E_TYPE },
        { "{'credentials':[{'id':'a','format':'mso_mdoc','meta':{}}]}", SG_E_MISSING },
        { "{'credentials':[{'id':'a','format':'ldp_vc','meta':{'type_values':['x']}}]}",
            SG_E_TYPE },
        { "{'credentials':[{'id':'a','format':'ldp_vc','meta':{'type_values':[[]]}}]}",
            SG_E_VALUE },
        { ONE(",'claims':[]"), SG_E_VALUE },
        { ONE(",'claims':[{}]"), SG_E_MISSING },
        { ONE(",'claims':[{'path':[]}]"), SG_E_VALUE },
        { ONE(",'claims':[{'path':[-1]}]"), SG_E_VALUE },
        { ONE(",'claims':[{'path':[1.0]}]"), SG_E_VALUE },
        { ONE(",'claims':[{'path':[1e0]}]"), SG_E_VALUE },
        { ONE(",'claims':[{'path':[true]}]"), SG_E_TYPE },
        { ONE(",'claims':[{'path':[{}]}]"), SG_E_TYPE },
        { ONE(",'claims':[{'path':['x'],'values':[]}]"), SG_E_VALUE },
        { ONE(",'claims':[{'path':['x'],'values':[1.5]}]"), SG_E_VALUE },
        { ONE(",'claims':[{'path':['x'],'values':[null]}]"), SG_E_VALUE },
        { ONE(",'claims':[{'path':['x'],'values':'v'}]"), SG_E_TYPE },
        { ONE(",'claims':[{'id':'i','path':['x']},{'id':'i','path':['y']}]"), SG_E_DUPLICATE },
        { ONE(",'claim_sets':[['i']]"), SG_E_VALUE },
        { ONE(",'claims':[{'path':['x']}],'claim_sets':[['i']]"), SG_E_MISSING },
        { ONE(",'claims':[{'id':'i','path':['x']}],'claim_sets':[['j']]"), SG_E_VALUE },
        { ONE(",'claims':[{'id':'i','path':['x']}],'claim_sets':[[]]"), SG_E_VALUE },
        { ONE(",'multiple':'yes'"), SG_E_TYPE },
        { ONE(",'trusted_authorities':[]"), SG_E_VALUE },
        { ONE(",'trusted_authorities':[{'type':'aki'}]"), SG_E_MISSING },
        { "{'credentials':[{'id':'a','format':'mso_mdoc','meta':{'doctype_value':'d'},'claims':[{'"
          "path':['ns']}]}]}",
            SG_E_VALUE },
        { "{'credentials':[{'id':'a','format':'mso_mdoc','meta':{'doctype_value':'d'},'claims':[{'"
          "path':['ns','e','x']}]}]}",
            SG_E_VALUE },
        { "{'credentials':[{'id':'a','format':'mso_mdoc','meta':{'doctype_value':'d'},'claims':[{'"
          "path':['ns',null]}]}]}",
            SG_E_VALUE },
        { "{'credentials':[" SD("a", "") "],'credential_sets':[]}", SG_E_VALUE },
        { "{'credentials':[" SD("a", "") "],'credential_sets':[{'options':[]}]}", SG_E_VALUE },
        { "{'credentials':[" SD("a", "") "],'credential_sets':[{'options':[['b']]}]}", SG_E_VALUE },
        { "{'credentials':[" SD("a", "") "],'credential_sets':[{}]}", SG_E_MISSING },
        { "{'credentials':[" SD("a", "") "],'credential_sets':[{'options':[['a']],'required':1}]}",
            SG_E_TYPE },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_result r = parse(state, rows[i].text, NULL);
        if (r.code != rows[i].code) {
            print_message("%s\n", rows[i].text);
        }
        assert_int_equal(r.code, rows[i].code);
    }
}

static void
test_unknown_things_are_ignored_or_match_nothing(void **state)
{
    struct dcql_query q;
    assert_ok(parse(state,
        "{'new':1,'credentials':[{'id':'a','format':'x','meta':{},'new':{}},{'id':'b','format':'dc+"
        "sd-jwt','meta':{'vct_values':['v'],'new':1},'claims':[{'path':['x'],'new':[]}]}],'"
        "credential_sets':[{'options':[['b']],'purpose':'p'}]}",
        &q));
    assert_int_equal(q.credentials[0].format, DCQL_UNKNOWN);
    struct dcql_credential c = {
        .format = DCQL_UNKNOWN, .claims = json(state, "{}"), .bound = true, .usable = true
    };
    struct dcql_match m;
    assert_ok(dcql_match(*state, &q.credentials[0], &c, &m));
    assert_false(m.matches);
    assert_true(q.credentials[1].holder_binding);
    assert_false(q.credentials[1].multiple);
}

static void
test_path_pointers(void **state)
{
    const struct sjson *root =
        json(state, "{'a':{'b':'c'},'n':[{'x':1},{'y':2},{'x':3}],'mixed':[{'x':1},'s'],'empty':[],"
                    "'nested':[[1,2],[3]],'s':'t','null':null}");
    static const struct {
        const char *path;
        size_t n; /* 0: cannot be delivered */
    } rows[] = { { "['a']", 1 }, { "['a','b']", 1 }, { "['a','z']", 0 }, { "['a',0]", 0 },
        { "['a',null]", 0 }, { "['n']", 1 }, { "['n',null]", 3 }, { "['n',null,'x']", 2 },
        { "['n',null,'z']", 0 }, { "['n',2,'x']", 1 }, { "['n',3]", 0 },
        { "['mixed',null,'x']", 0 }, { "['mixed',0,'x']", 1 }, { "['empty',null]", 0 },
        { "['empty']", 1 }, { "['nested',null,null]", 3 }, { "['nested',null,1]", 1 },
        { "['s','t']", 0 }, { "['null']", 1 }, { "['null',null]", 0 }, { "[0]", 0 },
        { "[null]", 0 } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dcql_path path;
        const struct sjson *const *nodes;
        size_t n = 0;
        assert_ok(dcql_path_parse(*state, json(state, rows[i].path), &path));
        sg_result r = dcql_select(*state, root, &path, &nodes, &n);
        assert_int_equal(r.code, rows[i].n == 0 ? SG_E_NOT_FOUND : SG_OK);
        assert_int_equal(rows[i].n == 0 ? 0 : n, rows[i].n);
    }
}

static struct dcql_match
match(void **state, const char *query, const char *claims)
{
    struct dcql_query q;
    struct dcql_match m;
    assert_ok(parse(state, query, &q));
    struct dcql_credential c = { .format = DCQL_DC_SD_JWT,
        .claims = json(state, claims),
        .type = SG_LIT("v"),
        .bound = true,
        .usable = true };
    assert_ok(dcql_match(*state, &q.credentials[0], &c, &m));
    return m;
}

static void
test_claims_and_values(void **state)
{
    struct dcql_match m = match(state, ONE(""), "{'x':1}");
    assert_true(m.matches && m.everything);
    m = match(state, ONE(",'claims':[{'path':['x']},{'path':['y']}]"), "{'x':1}");
    assert_false(m.matches);
    m = match(state, ONE(",'claims':[{'path':['x']},{'path':['y',null]}]"), "{'x':1,'y':[1,2]}");
    assert_true(m.matches && !m.everything);
    assert_int_equal(m.n_nodes, 3);
    /* type and value */
    assert_false(
        match(state, ONE(",'claims':[{'path':['x'],'values':['90210']}]"), "{'x':90210}").matches);
    assert_true(
        match(state, ONE(",'claims':[{'path':['x'],'values':[90210]}]"), "{'x':90210}").matches);
    assert_false(
        match(state, ONE(",'claims':[{'path':['x'],'values':['true']}]"), "{'x':true}").matches);
    assert_false(
        match(state, ONE(",'claims':[{'path':['x'],'values':[1]}]"), "{'x':true}").matches);
    assert_true(
        match(state, ONE(",'claims':[{'path':['x'],'values':[false]}]"), "{'x':false}").matches);
    assert_false(
        match(state, ONE(",'claims':[{'path':['x'],'values':['a']}]"), "{'x':'A'}").matches);
    assert_true(
        match(state, ONE(",'claims':[{'path':['x',null],'values':['b']}]"), "{'x':['a','b']}")
            .matches);
    assert_false(
        match(state, ONE(",'claims':[{'path':['x'],'values':['b']}]"), "{'x':['a','b']}").matches);
}

/* Appendix D: sets a,c,d,e before a,b,e; without c the second is used, and d stays undisclosed although it is there. */
static void
test_claim_sets_are_tried_in_order(void **state)
{
    static const char q[] = ONE(
        ",'claims':[{'id':'a','path':['a']},{'id':'b','path':['b']},{'id':'c','path':['c']},{'id':'"
        "d','path':['d']},{'id':'e','path':['e']}],'claim_sets':[['a','c','d','e'],['a','b','e']]");
    struct dcql_match m = match(state, q, "{'a':1,'b':2,'c':3,'d':4,'e':5}");
    assert_int_equal(m.claim_set, 0);
    assert_int_equal(m.n_nodes, 4);
    m = match(state, q, "{'a':1,'b':2,'d':4,'e':5}");
    assert_int_equal(m.claim_set, 1);
    assert_int_equal(m.n_nodes, 3);
    assert_str_is(m.nodes[1]->name, "b");
    assert_false(match(state, q, "{'a':1,'d':4,'e':5}").matches);
}

static void
test_the_credential_itself(void **state)
{
    struct dcql_query q;
    struct dcql_match m;
    struct dcql_credential c = { .format = DCQL_DC_SD_JWT,
        .claims = json(state, "{}"),
        .type = SG_LIT("V"),
        .bound = true,
        .usable = true };
    assert_ok(parse(state,
        ONE(",'trusted_authorities':[{'type':'etsi_tl','values':['x']},{'type':'aki','values':['"
            "not base64!','AQID']}]"),
        &q));
    assert_ok(dcql_match(*state, &q.credentials[0], &c, &m));
    assert_string_equal(m.reason, "another type"); /* case counts */
    sg_str base = SG_LIT("v");
    c.extends = &base;
    c.n_extends = 1;
    assert_ok(dcql_match(*state, &q.credentials[0], &c, &m));
    assert_string_equal(m.reason, "no trusted authority");
    const sg_bytes keys[] = { support_hex(*state, "ff"), support_hex(*state, "010203") };
    c.authority_keys = keys;
    c.n_authority_keys = 2;
    assert_ok(dcql_match(*state, &q.credentials[0], &c, &m));
    assert_true(m.matches);
    c.usable = false;
    assert_ok(dcql_match(*state, &q.credentials[0], &c, &m));
    assert_false(m.matches);
    c.usable = true;
    c.bound = false;
    assert_ok(dcql_match(*state, &q.credentials[0], &c, &m));
    assert_false(m.matches);
    assert_ok(parse(state, ONE(",'require_cryptographic_holder_binding':false"), &q));
    assert_ok(dcql_match(*state, &q.credentials[0], &c, &m));
    assert_true(m.matches);
    /* W3C types: one inner array whole; more types and their order do not matter */
    const sg_str types[] = { SG_LIT("urn:c"), SG_LIT("urn:a"), SG_LIT("urn:b") };
    struct dcql_credential w = { .format = DCQL_LDP_VC,
        .claims = json(state, "{}"),
        .types = types,
        .n_types = 3,
        .bound = true,
        .usable = true };
    assert_ok(parse(state,
        "{'credentials':[{'id':'a','format':'ldp_vc','meta':{'type_values':[['urn:x'],['urn:b','"
        "urn:a']]}}]}",
        &q));
    assert_ok(dcql_match(*state, &q.credentials[0], &w, &m));
    assert_true(m.matches);
    w.n_types = 2;
    assert_ok(dcql_match(*state, &q.credentials[0], &w, &m));
    assert_false(m.matches);
    w.format = DCQL_JWT_VC_JSON;
    assert_ok(dcql_match(*state, &q.credentials[0], &w, &m));
    assert_string_equal(m.reason, "another format");
}

/* Private identifiers: W3C's `meta` makes them ours; with another one they are somebody else's, and no error. */
static void
test_media_types_of_vc_jose_cose_as_formats(void **state)
{
    static const char *const names[] = { "vc+jwt", "vc+sd-jwt", "vc+cose" };
    const sg_str types[] = { SG_LIT("urn:a") };
    for (int i = 0; i < 3; i++) {
        struct dcql_query q;
        struct dcql_match m;
        sg_str text;
        struct dcql_credential c = { .format = (enum dcql_format)(DCQL_VC_JWT + i),
            .claims = json(state, "{}"),
            .types = types,
            .n_types = 1,
            .bound = true,
            .usable = true };
        assert_ok(sg_arena_printf(*state, &text,
            "{'credentials':[{'id':'a','format':'%s','meta':{'type_values':[['urn:a']]}}]}",
            names[i]));
        assert_ok(parse(state, text.p, &q));
        assert_ok(dcql_match(*state, &q.credentials[0], &c, &m));
        assert_true(m.matches);
        assert_ok(sg_arena_printf(*state, &text,
            "{'credentials':[{'id':'a','format':'%s','meta':{'vct_values':['urn:a']}}]}",
            names[i]));
        assert_ok(parse(state, text.p, &q));
        assert_int_equal(q.credentials[0].format, DCQL_UNKNOWN);
        assert_ok(sg_arena_printf(*state, &text,
            "{'credentials':[{'id':'a','format':'%s','meta':{'type_values':[]}}]}", names[i]));
        assert_refused(parse(state, text.p, &q), VALUE);
    }
}

/* credentials_alternatives of Appendix D */
static void
test_sets_of_credentials(void **state)
{
    struct dcql_query q;
    struct dcql_plan plan;
    assert_ok(parse(state,
        "{'credentials':[" SD("pid", "") "," SD("other", "") "," SD("r1", "") "," SD(
            "r2", "") "," SD("nice", ",'multiple':true") "," SD("lonely",
            "") "],"
                "'credential_sets':[{'options':[['pid'],['other'],['r1','r2']]},{'required':false,'"
                "options':[['nice']]}]}",
        &q));
    const bool reduced[] = { false, false, true, true, false, true };
    assert_ok(dcql_plan_make(*state, &q, reduced, &plan));
    assert_true(plan.satisfiable);
    assert_false(plan.requested[5]); /* in no set: not asked for */
    assert_true(plan.requested[4]);
    assert_true(
        !plan.viable[0][0] && !plan.viable[0][1] && plan.viable[0][2] && !plan.viable[1][0]);
    const bool half[] = { false, false, true, false, true, true };
    assert_ok(dcql_plan_make(*state, &q, half, &plan));
    assert_false(plan.satisfiable);

    assert_ok(dcql_choice_check(*state, &q, (const size_t[]){ 0, 0, 1, 1, 0, 0 }));
    assert_ok(dcql_choice_check(*state, &q, (const size_t[]){ 1, 0, 0, 0, 3, 0 }));
    assert_refused(dcql_choice_check(*state, &q, (const size_t[]){ 0, 0, 1, 0, 0, 0 }),
        POLICY); /* half an option */
    assert_refused(dcql_choice_check(*state, &q, (const size_t[]){ 1, 0, 1, 0, 0, 0 }),
        POLICY); /* half an option beside a whole one */
    assert_refused(dcql_choice_check(*state, &q, (const size_t[]){ 1, 0, 0, 0, 0, 1 }),
        POLICY); /* not asked for */
    assert_refused(dcql_choice_check(*state, &q, (const size_t[]){ 2, 0, 0, 0, 0, 0 }),
        POLICY); /* not multiple */
    assert_refused(dcql_choice_check(*state, &q, (const size_t[]){ 0, 0, 0, 0, 1, 0 }),
        POLICY); /* the required set */
    assert_ok(parse(state, "{'credentials':[" SD("a", "") "," SD("b", "") "]}", &q));
    assert_ok(dcql_choice_check(*state, &q, (const size_t[]){ 1, 1 }));
    assert_refused(dcql_choice_check(*state, &q, (const size_t[]){ 1, 0 }),
        POLICY); /* without sets every query counts */
}

static void
test_bounds(void **state)
{
    struct sg_buf buf = sg_buf_new(*state, 65536, (size_t)4 * 1024 * 1024);
    sg_str text;
    sg_buf_put_cstr(&buf, "{'credentials':[");
    for (int i = 0; i <= DCQL_CREDENTIALS_MAX; i++) {
        char one[128];
        snprintf(one, sizeof(one),
            "%s{'id':'q%d','format':'dc+sd-jwt','meta':{'vct_values':['v']}}", i == 0 ? "" : ",",
            i);
        sg_buf_put_cstr(&buf, one);
    }
    sg_buf_put_cstr(&buf, "]}");
    sg_buf_put_byte(&buf, 0);
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_refused(parse(state, text.p, NULL), TOO_MANY);
    assert_refused(parse(state,
                       ONE(",'claims':[{'path':['1','2','3','4','5','6','7','8','9','10','11','12',"
                           "'13','14','15','16','17']}]"),
                       NULL),
        TOO_MANY);
    /* a path that fans out */
    struct sg_buf wide = sg_buf_new(*state, 65536, (size_t)4 * 1024 * 1024);
    sg_buf_put_cstr(&wide, "{'x':[0");
    for (int i = 0; i < DCQL_NODES_MAX; i++) {
        sg_buf_put_cstr(&wide, ",0");
    }
    sg_buf_put_cstr(&wide, "]}");
    sg_buf_put_byte(&wide, 0);
    assert_ok(sg_buf_end_str(&wide, &text));
    struct dcql_path path;
    const struct sjson *const *nodes;
    size_t n;
    assert_ok(dcql_path_parse(*state, json(state, "['x',null]"), &path));
    assert_refused(dcql_select(*state, json(state, text.p), &path, &nodes, &n), TOO_MANY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_verifiers_errors),
        cmocka_unit_test(test_unknown_things_are_ignored_or_match_nothing),
        cmocka_unit_test(test_path_pointers),
        cmocka_unit_test(test_claims_and_values),
        cmocka_unit_test(test_claim_sets_are_tried_in_order),
        cmocka_unit_test(test_the_credential_itself),
        cmocka_unit_test(test_media_types_of_vc_jose_cose_as_formats),
        cmocka_unit_test(test_sets_of_credentials),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

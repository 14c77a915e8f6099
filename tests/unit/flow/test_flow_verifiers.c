/* Files of operators about verifiers: what they may say, and every way to be wrong. req: PRO-3 */
#include "flow_verifiers.h"
#include "support.h"

#define JWKS                                                                                       \
    "'jwks':{'keys':[{'kty':'EC','crv':'P-256','x':'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU'," \
    "'y':'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0'}]}" /* RFC 7515, A.3 */

static sg_result
parse(void **state, const char *text, struct sg_why *why, struct verifiers *all)
{
    sg_str copy;
    assert_ok(sg_arena_str(*state, sg_cstr(text), &copy));
    for (size_t i = 0; i < copy.n; i++) {
        if (copy.p[i] == '\'') {
            ((char *)(uintptr_t)copy.p)[i] = '"';
        }
    }
    return verifier_parse(*state, copy, why, all);
}

static void
test_what_a_file_may_say(void **state)
{
    struct verifiers all;
    assert_ok(verifiers_new(*state, &all));
    assert_ok(parse(state,
        "{'client_id':'shop','name':{'en':'Shop','ja':'Mise'},'purposes':['Age'],'uris':['https://"
        "shop.example/r']," JWKS ",'signed_only':true}",
        NULL, &all));
    assert_ok(parse(
        state, "{'client_id':'x509_san_dns:b.example','name':'B','any_uri':true}", NULL, &all));
    assert_ok(parse(state, "{'attester':'https://a.example'," JWKS "}", NULL, &all));
    assert_ok(parse(state,
        "{'transaction_type':'pay','members':{'amount':{'kind':'text','required':true},'items':{"
        "'kind':'array'}}}",
        NULL, &all));
    assert_int_equal(all.n_clients, 1); /* a prefix says by itself who it is */
    assert_int_equal(all.clients[0].n_keys, 1);
    assert_true(all.clients[0].signed_only);
    assert_int_equal(all.n_words, 2);
    assert_int_equal(all.n_any_uri, 1);
    assert_int_equal(all.n_attesters, 1);
    assert_int_equal(all.n_types, 1);
    assert_int_equal(all.types[0].n_members, 2);
    assert_true(all.types[0].members[0].required);
    assert_int_equal(all.types[0].members[1].kind, OID4VP_ARRAY);
    const struct verifier_words *words = verifier_words_find(&all, SG_LIT("shop"));
    assert_non_null(words);
    assert_str_is(verifier_text_in(&words->name, CONSENT_JA), "Mise");
    assert_str_is(verifier_text_in(&words->purposes[0], CONSENT_JA), "Age");
    assert_null(verifier_words_find(&all, SG_LIT("b.example")));
}

/* Keys that need not be used would let anybody ask in the verifier's name. */
static void
test_who_has_keys_signs(void **state)
{
    struct verifiers all;
    assert_ok(verifiers_new(*state, &all));
    assert_ok(
        parse(state, "{'client_id':'a','uris':['https://a.example/r']," JWKS "}", NULL, &all));
    assert_ok(parse(state, "{'client_id':'b','uris':['https://b.example/r']}", NULL, &all));
    assert_ok(parse(state,
        "{'client_id':'c','uris':['https://c.example/r']," JWKS ",'signed_only':false}", NULL,
        &all));
    assert_true(all.clients[0].signed_only);
    assert_false(all.clients[1].signed_only);
    assert_false(all.clients[2].signed_only);
}

static void
test_what_it_may_not(void **state)
{
    static const char *const texts[] = {
        "[]",
        "{}",
        "{'name':'x'}",
        "{'client_id':'shop'}", /* without uris anybody could receive its answers */
        "{'client_id':'shop','uris':[]}",
        "{'client_id':'shop','uris':['no uri']}",
        "{'client_id':'shop','uris':['https://a'],'typo':1}",
        "{'client_id':'shop','uris':['https://a'],'name':1}",
        "{'client_id':'shop','uris':['https://a'],'name':{'en':'x'}}",
        "{'client_id':'shop','uris':['https://a'],'name':{'en':'x','ja':'y','fr':'z'}}",
        "{'client_id':'shop','uris':['https://a'],'purposes':['1','2','3','4','5']}",
        "{'client_id':'shop','uris':['https://a'],'signed_only':'yes'}",
        "{'client_id':'shop','uris':['https://a'],'metadata':[]}",
        "{'client_id':'shop','uris':['https://a'],'jwks':{'keys':[]}}",
        "{'client_id':'shop','uris':['https://a'],'jwks':{'keys':[{'kty':'EC','crv':'P-256','x':"
        "'AA','y':'AA'}]}}",
        "{'client_id':'x509_san_dns:a','uris':['https://a']}", /* its certificate says where */
        "{'client_id':'x509_san_dns:a'," JWKS "}",
        "{'attester':'https://a'}",
        "{'attester':'https://a'," JWKS ",'name':'x'}",
        "{'transaction_type':'pay'}",
        "{'transaction_type':'pay','members':[]}",
        "{'transaction_type':'pay','members':{'a':'text'}}",
        "{'transaction_type':'pay','members':{'a':{'kind':'money'}}}",
        "{'transaction_type':'pay','members':{'a':{'kind':'text','max':1}}}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct verifiers all;
        struct sg_why why = { 0 };
        assert_ok(verifiers_new(*state, &all));
        sg_result r = parse(state, texts[i], &why, &all);
        if (r.code != SG_E_CONFIGURATION) {
            fail_msg("%s", texts[i]);
        }
        assert_non_null(why.what); /* the operator learns which member */
        assert_int_equal(all.n_words + all.n_clients + all.n_attesters + all.n_types, 0);
    }
}

static void
test_twice_the_same(void **state)
{
    struct verifiers all;
    assert_ok(verifiers_new(*state, &all));
    assert_ok(parse(state, "{'client_id':'x509_san_dns:a','name':'A'}", NULL, &all));
    assert_refused(
        parse(state, "{'client_id':'x509_san_dns:a','name':'B'}", NULL, &all), CONFIGURATION);
}

static void
test_no_folder_is_no_verifier(void **state)
{
    struct verifiers all;
    sg_str file = SG_NO_STR;
    assert_ok(
        verifiers_read(*state, "/nonexistent/verifiers", SG_LIT("https://s"), NULL, &file, &all));
    assert_int_equal(all.n_words, 0);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, support_arena_setup, support_arena_teardown)
    const struct CMUnitTest tests[] = { T(test_what_a_file_may_say), T(test_who_has_keys_signs),
        T(test_what_it_may_not), T(test_twice_the_same), T(test_no_folder_is_no_verifier) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

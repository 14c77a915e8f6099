/* Bodies of /vp and what is answered: form alone, each way to be wrong. req: PRO-3, AU-4 */
#include "support.h"
#include "vp_inner.h"

/* Quotes of JSON are '. */
static sg_bytes
body(void **state, const char *text)
{
    sg_str copy;
    assert_ok(sg_arena_str(*state, sg_cstr(text), &copy));
    for (size_t i = 0; i < copy.n; i++) {
        if (copy.p[i] == '\'') {
            ((char *)(uintptr_t)copy.p)[i] = '"';
        }
    }
    return sg_str_bytes(copy);
}

struct row {
    const char *text;
    enum sg_code code;
};

static void
same_code(sg_result r, const struct row *row)
{
    if (r.code != row->code) {
        fail_msg("%s: %s", row->text, sg_ok(r) ? "OK" : sg_code_row(r.code)->name);
    }
}
#define N(rows) (sizeof(rows) / sizeof((rows)[0]))

static void
test_start(void **state)
{
    static const struct row rows[] = {
        { "{'request':'openid4vp://?x=y'}", SG_OK },
        { "{'request':{'client_id':'x'}}", SG_OK },
        { "{'request':'x','credentials':[],'delivery':'return','language':'ja'}", SG_OK },
        { "{'request':'x','credentials':[{'value':'a'},{'format':'ldp_vc','value':{}}]}", SG_OK },
        { "[]", SG_E_TYPE },
        { "{}", SG_E_MISSING },
        { "{'request':''}", SG_E_TYPE },
        { "{'request':1}", SG_E_TYPE },
        { "{'request':'x','request':'y'}", SG_E_DUPLICATE },
        { "{'request':'x','deliver':'post'}", SG_E_VALUE },
        { "{'request':'x','delivery':'fax'}", SG_E_VALUE },
        { "{'request':'x','delivery':true}", SG_E_VALUE },
        { "{'request':'x','language':'fr'}", SG_E_VALUE },
        { "{'request':'x','credentials':{}}", SG_E_TYPE },
        { "{'request':'x','credentials':['a']}", SG_E_TYPE },
        { "{'request':'x','credentials':[{}]}", SG_E_MISSING },
        { "{'request':'x','credentials':[{'value':'a','format':1}]}", SG_E_TYPE },
        { "{'request':'x','credentials':[{'value':'a','more':1}]}", SG_E_VALUE },
    };
    static struct vp_start_req req;
    for (size_t i = 0; i < N(rows); i++) {
        same_code(vp_start_parse(*state, body(state, rows[i].text), &req), &rows[i]);
    }
    assert_ok(vp_start_parse(*state, body(state, rows[0].text), &req));
    assert_true(req.deliver); /* unless the wallet says otherwise */
    assert_false(req.held_given);
    assert_ok(vp_start_parse(*state, body(state, rows[2].text), &req));
    assert_false(req.deliver);
    assert_true(req.held_given); /* none is another thing than not said */
    assert_int_equal(req.language, CONSENT_JA);
    assert_ok(vp_start_parse(*state, body(state, rows[1].text), &req));
    assert_str_is(req.request, "{\"client_id\":\"x\"}");
}

static void
test_too_many_credentials(void **state)
{
    static struct vp_start_req req;
    struct sg_buf buf = sg_buf_new(*state, 0, 65536);
    sg_bytes text;
    sg_buf_put_cstr(&buf, "{\"request\":\"x\",\"credentials\":[");
    for (size_t i = 0; i <= VP_HELD_MAX; i++) {
        sg_buf_put_cstr(&buf, i == 0 ? "{\"value\":\"a\"}" : ",{\"value\":\"a\"}");
    }
    sg_buf_put_cstr(&buf, "]}");
    assert_ok(sg_buf_end(&buf, &text));
    assert_refused(vp_start_parse(*state, text, &req), TOO_MANY);
}

static void
test_selection(void **state)
{
    static const struct row rows[] = {
        { "{'selection':{'a':['c1','c2'],'b':['c1']}}", SG_OK },
        { "{'language':'en'}", SG_OK },
        { "{}", SG_E_MISSING },
        { "{'selection':{}}", SG_E_VALUE },
        { "{'selection':[]}", SG_E_TYPE },
        { "{'selection':{'a':'c1'}}", SG_E_TYPE },
        { "{'selection':{'a':[]}}", SG_E_VALUE },
        { "{'selection':{'a':[1]}}", SG_E_TYPE },
        { "{'selection':{'a':['c1'],'a':['c2']}}", SG_E_DUPLICATE },
        { "{'selection':{'a':['c1']},'more':1}", SG_E_VALUE },
    };
    struct vp_selection selection;
    for (size_t i = 0; i < N(rows); i++) {
        same_code(vp_select_parse(*state, body(state, rows[i].text), &selection), &rows[i]);
    }
    assert_ok(vp_select_parse(*state, body(state, rows[0].text), &selection));
    assert_int_equal(selection.n, 2);
    assert_str_is(selection.choices[0].query, "a");
    assert_int_equal(selection.choices[0].n, 2);
    assert_str_is(selection.choices[0].credentials[1], "c2");
}

#define RESPONSE "'response':{'clientDataJSON':'e30','authenticatorData':'AAAA','signature':'AAAA'}"

static void
test_approval(void **state)
{
    static const struct row rows[] = {
        { "{'credential':{'id':'AAAA','rawId':'AAAA','type':'public-key'," RESPONSE "}}", SG_OK },
        { "{'credential':{'rawId':'AAAA','clientExtensionResults':{}," RESPONSE
          "},'selection':{'a':['c1']}}",
            SG_OK },
        { "{}", SG_E_MISSING },
        { "{'credential':'x'}", SG_E_TYPE },
        { "{'credential':{'rawId':'AAAA'}}", SG_E_MISSING },
        { "{'credential':{" RESPONSE "}}", SG_E_MISSING },
        { "{'credential':{'rawId':'A=='," RESPONSE "}}", SG_E_ENCODING },
        { "{'credential':{'rawId':''," RESPONSE "}}", SG_E_VALUE },
        { "{'credential':{'type':'password','rawId':'AAAA'," RESPONSE "}}", SG_E_VALUE },
        { "{'credential':{'rawId':'AAAA','response':{'clientDataJSON':'e30','signature':'AA'}}}",
            SG_E_MISSING },
        { "{'credential':{'rawId':'AAAA'," RESPONSE "},'more':1}", SG_E_VALUE },
    };
    struct vp_approve_req req;
    for (size_t i = 0; i < N(rows); i++) {
        same_code(vp_approve_parse(*state, body(state, rows[i].text), &req), &rows[i]);
    }
}

#define KEY "'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'"

static void
test_proofs(void **state)
{
    static const struct row rows[] = {
        { "{'issuer':'https://i','keys':[" KEY "]}", SG_OK },
        { "{'issuer':'https://i','keys':[" KEY "," KEY
          "],'nonce':'n','client_id':'w','binding_method':'did:key','key_attestation':true,"
          "'language':'ja'}",
            SG_OK },
        { "{'keys':[" KEY "]}", SG_E_MISSING },
        { "{'issuer':'https://i'}", SG_E_MISSING },
        { "{'issuer':'https://i','keys':[]}", SG_E_VALUE },
        { "{'issuer':'https://i','keys':['AAAA']}", SG_E_VALUE },
        { "{'issuer':'https://i','keys':[1]}", SG_E_TYPE },
        { "{'issuer':'https://i','keys':[" KEY "],'binding_method':'x509'}", SG_E_UNSUPPORTED },
        { "{'issuer':'https://i','keys':[" KEY "],'key_attestation':1}", SG_E_TYPE },
        { "{'issuer':'https://i','keys':[" KEY "],'more':1}", SG_E_VALUE },
    };
    static struct vp_proofs_req req;
    for (size_t i = 0; i < N(rows); i++) {
        same_code(vp_proofs_parse(*state, body(state, rows[i].text), &req), &rows[i]);
    }
    assert_ok(vp_proofs_parse(*state, body(state, rows[1].text), &req));
    assert_int_equal(req.n_keys, 2);
    assert_int_equal(req.by, FLOW_PROVE_BY_DID_KEY);
}

/* An open question: everything that a wallet needs to let its holder decide, and to write the text again by itself. */
static void
test_an_open_question(void **state)
{
    static const struct dcql_step name[] = { { .kind = DCQL_NAME, .name = SG_LIT("given_name") } };
    const struct sjson *value, *json;
    assert_ok(sjson_parse(*state, SG_LIT("\"Aiko\""), NULL, &value));
    struct flow_shown_claim claim = {
        .path = { name, 1 }, .label = SG_LIT("given name"), .value = value
    };
    struct flow_shown_credential credential = { .id = SG_LIT("c1"),
        .format = SG_LIT("dc+sd-jwt"),
        .usable = true,
        .selected = true,
        .claims = &claim,
        .n_claims = 1 };
    struct flow_shown_query query = {
        .id = SG_LIT("a"), .requested = true, .credentials = &credential, .n = 1
    };
    sg_bytes passkey = sg_str_bytes(SG_LIT("pk"));
    uint8_t bytes[32] = { 1 };
    struct flow_question q = { .id = SG_LIT("00112233445566778899aabbccddeeff"),
        .state = FLOW_QUESTION_OPEN,
        .template = CONSENT_PRESENT,
        .language = CONSENT_EN,
        .party = { .id = SG_LIT("x"), .proven = CONSENT_DID },
        .intent = SG_BYTES(bytes),
        .openings = SG_LIT("{\"template\":\"present/1\"}"),
        .text = SG_LIT("Show?\n"),
        .nonce = SG_BYTES(bytes),
        .challenge = SG_BYTES(bytes),
        .rp_id = SG_LIT("localhost"),
        .passkeys = &passkey,
        .n_passkeys = 1,
        .expires_at = 1000,
        .queries = &query,
        .n_queries = 1 };
    sg_str text;
    assert_ok(vp_render(*state, SG_LIT("https://s.example"), 900, &q, &text));
    assert_ok(sjson_parse_object(*state, text, NULL, &json));
    assert_true(sjson_is_text(sjson_get(json, "state"), "open"));
    assert_true(sjson_is_text(sjson_get(json, "consent_url"),
        "https://s.example/consent/00112233445566778899aabbccddeeff"));
    const struct sjson *options = sjson_get(json, "publicKey");
    assert_true(sjson_is_text(sjson_get(options, "userVerification"), "required"));
    assert_true(
        sjson_is_text(sjson_get(sjson_at(sjson_get(options, "allowCredentials"), 0), "id"), "cGs"));
    int64_t timeout;
    assert_ok(sjson_member_int(options, "timeout", &timeout));
    assert_int_equal(timeout, 100000);
    const struct sjson *shown =
        sjson_at(sjson_get(sjson_at(sjson_get(json, "candidates"), 0), "credentials"), 0);
    assert_true(sjson_is_text(sjson_get(sjson_at(sjson_get(shown, "claims"), 0), "value"), "Aiko"));
    assert_true(sjson_is_text(sjson_at(sjson_get(sjson_get(json, "selection"), "a"), 0), "c1"));
}

/* Afterwards the result and nothing that was shown (SIG-6). */
static void
test_an_ended_question(void **state)
{
    const struct sjson *json;
    sg_str evidence = SG_LIT("ab"), text;
    struct flow_question q = { .id = SG_LIT("00112233445566778899aabbccddeeff"),
        .state = FLOW_QUESTION_RETURNED,
        .template = CONSENT_PRESENT,
        .language = CONSENT_EN,
        .vp_token = SG_LIT("{\"a\":[\"x\"]}"),
        .state_parameter = SG_LIT("st"),
        .evidence = &evidence,
        .n_evidence = 1 };
    assert_ok(vp_render(*state, SG_LIT("https://s.example"), 900, &q, &text));
    assert_ok(sjson_parse_object(*state, text, NULL, &json));
    assert_true(sjson_is_text(sjson_get(json, "state"), "returned"));
    assert_true(sjson_is_text(sjson_get(json, "verifier_state"), "st"));
    assert_int_equal(sjson_get(json, "vp_token")->type, SJSON_OBJECT);
    assert_null(sjson_get(json, "text"));
    assert_null(sjson_get(json, "publicKey"));
    assert_null(sjson_get(json, "candidates"));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, support_arena_setup, support_arena_teardown)
    const struct CMUnitTest tests[] = { T(test_start), T(test_too_many_credentials),
        T(test_selection), T(test_approval), T(test_proofs), T(test_an_open_question),
        T(test_an_ended_question) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

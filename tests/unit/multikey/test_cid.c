/* Retrieve Verification Method (CID 3.3): each check has the document that fails it. DIDs beside it. req: FMT-3 */
#include "did.h"
#include "support.h"

#define KEY "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"
#define METHOD(id, extra) \
    "{\"id\":\"" id "\",\"type\":\"Multikey\",\"controller\":\"https://c.example/k\"" extra "}"
#define GOOD METHOD("https://c.example/k#1", ",\"publicKeyMultibase\":\"" KEY "\"")
#define DOCUMENT(methods, rest) \
    "{\"id\":\"https://c.example/k\",\"verificationMethod\":[" methods "]" rest "}"
#define ASSERTION ",\"assertionMethod\":[\"https://c.example/k#1\"]"

static sg_result
find(struct sg_arena *arena, const char *json, const char *url, const char *purpose,
    struct sg_why *why, struct cid_method *ret)
{
    const struct sjson *document;
    assert_ok(sjson_parse(arena, sg_cstr(json), NULL, &document));
    return cid_find(arena, document, sg_cstr(url), sg_cstr(purpose), why, ret);
}

static void
test_method_is_found(void **state)
{
    struct cid_method method;
    assert_ok(find(*state, DOCUMENT(GOOD, ASSERTION), "https://c.example/k#1", "assertionMethod",
        NULL, &method));
    assert_str_is(method.id, "https://c.example/k#1");
    assert_str_is(method.controller, "https://c.example/k");
    assert_int_equal(method.key.crv, JOSE_P256);
    assert_false(method.has_expires || method.has_revoked);
    /* embedded in the relationship */
    assert_ok(find(*state, DOCUMENT("", ",\"authentication\":[" GOOD "]"), "https://c.example/k#1",
        "authentication", NULL, &method));
}

static void
test_times_of_a_method(void **state)
{
    struct cid_method method;
    assert_ok(find(*state,
        DOCUMENT(METHOD("https://c.example/k#1",
                     ",\"publicKeyMultibase\":\"" KEY "\",\"expires\":\"1970-01-02T00:00:00Z\","
                     "\"revoked\":\"1970-01-01T01:00:00+01:00\""),
            ASSERTION),
        "https://c.example/k#1", "assertionMethod", NULL, &method));
    assert_true(method.has_expires && method.has_revoked);
    assert_int_equal(method.expires_at, 86400);
    assert_int_equal(method.revoked_at, 0);
}

#define JWK_P256                                                                               \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
#define TYPED(type, rest)                                \
    "{\"id\":\"https://c.example/k#1\",\"type\":\"" type \
    "\",\"controller\":\"https://c.example/k\"" rest "}"

static void
test_types_of_methods(void **state)
{
    struct cid_method method;
    assert_ok(find(*state, DOCUMENT(TYPED("JsonWebKey", ",\"publicKeyJwk\":" JWK_P256), ASSERTION),
        "https://c.example/k#1", "assertionMethod", NULL, &method));
    assert_str_is(method.type, "JsonWebKey");
    assert_ok(find(*state,
        DOCUMENT(
            TYPED("Ed25519VerificationKey2020",
                ",\"publicKeyMultibase\":\"z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2\""),
            ASSERTION),
        "https://c.example/k#1", "assertionMethod", NULL, &method));
    assert_int_equal(method.key.crv, JOSE_ED25519);
}

static const struct {
    const char *what;
    enum sg_code code;
    const char *json;
    const char *url;
    const char *purpose;
} refusals[] = {
    { CID_BAD_METHOD_URL, SG_E_METHOD, DOCUMENT(GOOD, ASSERTION), "https://c.example/k",
        "assertionMethod" },
    { CID_BAD_METHOD_URL, SG_E_METHOD, DOCUMENT(GOOD, ASSERTION), "https://c.example/k#",
        "assertionMethod" },
    { CID_BAD_METHOD_URL, SG_E_METHOD, DOCUMENT(GOOD, ASSERTION), "#1", "assertionMethod" },
    { CID_BAD_METHOD_URL, SG_E_METHOD, DOCUMENT(GOOD, ASSERTION), "https://c.example/k#1#2",
        "assertionMethod" },
    { CID_BAD_METHOD_URL, SG_E_METHOD, DOCUMENT(GOOD, ASSERTION), "https://c.example/ k#1",
        "assertionMethod" },
    { CID_BAD_DOCUMENT, SG_E_METHOD, "[]", "https://c.example/k#1", "assertionMethod" },
    { CID_BAD_DOCUMENT_ID, SG_E_METHOD, "{}", "https://c.example/k#1", "assertionMethod" },
    { CID_BAD_DOCUMENT_ID, SG_E_METHOD, DOCUMENT(GOOD, ASSERTION), "https://c.example/j#1",
        "assertionMethod" },
    { CID_BAD_METHOD, SG_E_METHOD, DOCUMENT(GOOD, ASSERTION), "https://c.example/k#2",
        "assertionMethod" },
    { CID_BAD_METHOD, SG_E_METHOD,
        DOCUMENT(METHOD("#1", ",\"publicKeyMultibase\":\"" KEY "\""), ASSERTION),
        "https://c.example/k#1", "assertionMethod" },
    { CID_BAD_METHOD, SG_E_METHOD, DOCUMENT(GOOD "," GOOD, ASSERTION), "https://c.example/k#1",
        "assertionMethod" },
    { CID_BAD_METHOD, SG_E_METHOD, DOCUMENT(METHOD("https://c.example/k#1", ""), ASSERTION),
        "https://c.example/k#1", "assertionMethod" },
    { CID_BAD_METHOD, SG_E_METHOD,
        DOCUMENT(
            METHOD("https://c.example/k#1", ",\"publicKeyMultibase\":\"u" KEY "\""), ASSERTION),
        "https://c.example/k#1", "assertionMethod" },
    { CID_BAD_METHOD, SG_E_METHOD,
        DOCUMENT(METHOD("https://c.example/k#1",
                     ",\"publicKeyMultibase\":\"" KEY "\",\"publicKeyJwk\":" JWK_P256),
            ASSERTION),
        "https://c.example/k#1", "assertionMethod" },
    { CID_BAD_METHOD, SG_E_METHOD,
        DOCUMENT(METHOD("https://c.example/k#1",
                     ",\"publicKeyMultibase\":\"" KEY "\",\"expires\":\"soon\""),
            ASSERTION),
        "https://c.example/k#1", "assertionMethod" },
    { CID_BAD_METHOD, SG_E_METHOD,
        DOCUMENT(
            METHOD("https://c.example/k#1", ",\"publicKeyMultibase\":\"" KEY "\",\"revoked\":1"),
            ASSERTION),
        "https://c.example/k#1", "assertionMethod" },
    { CID_BAD_METHOD, SG_E_METHOD,
        DOCUMENT(TYPED("Unheard", ",\"publicKeyMultibase\":\"" KEY "\""), ASSERTION),
        "https://c.example/k#1", "assertionMethod" },
    { CID_BAD_METHOD, SG_E_METHOD,
        DOCUMENT(
            TYPED("Ed25519VerificationKey2020", ",\"publicKeyMultibase\":\"" KEY "\""), ASSERTION),
        "https://c.example/k#1", "assertionMethod" },
    { CID_BAD_METHOD, SG_E_METHOD, /* controlled by somebody else */
        DOCUMENT("{\"id\":\"https://c.example/k#1\",\"type\":\"Multikey\",\"controller\":\"https://"
                 "d.example/k\","
                 "\"publicKeyMultibase\":\"" KEY "\"}",
            ASSERTION),
        "https://c.example/k#1", "assertionMethod" },
    { CID_BAD_DOCUMENT, SG_E_METHOD, DOCUMENT(GOOD ",7", ASSERTION), "https://c.example/k#1",
        "assertionMethod" },
    { CID_BAD_DOCUMENT, SG_E_METHOD, "{\"id\":\"https://c.example/k\",\"verificationMethod\":{}}",
        "https://c.example/k#1", "assertionMethod" },
    { CID_BAD_RELATIONSHIP, SG_E_METHOD, DOCUMENT(GOOD, ""), "https://c.example/k#1",
        "assertionMethod" },
    { CID_BAD_RELATIONSHIP, SG_E_METHOD, DOCUMENT(GOOD, ASSERTION), "https://c.example/k#1",
        "authentication" },
    { CID_BAD_RELATIONSHIP, SG_E_METHOD, DOCUMENT(GOOD, ASSERTION), "https://c.example/k#1",
        "verificationMethod" },
    { NULL, SG_E_KEY_PRIVATE,
        DOCUMENT(METHOD("https://c.example/k#1",
                     ",\"publicKeyMultibase\":\"" KEY "\",\"secretKeyMultibase\":\"z1\""),
            ASSERTION),
        "https://c.example/k#1", "assertionMethod" },
};

static void
test_each_check_refuses(void **state)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct sg_why why = { 0 };
        struct cid_method method;
        sg_result r =
            find(*state, refusals[i].json, refusals[i].url, refusals[i].purpose, &why, &method);
        if (r.code != refusals[i].code) {
            fail_msg("row %zu: %s", i, sg_code_row(r.code)->name);
        }
        if (refusals[i].what != NULL) {
            assert_non_null(why.what);
            assert_string_equal(why.what, refusals[i].what);
        }
    }
}

static void
test_too_many_methods(void **state)
{
    struct sg_buf buf = sg_buf_new(*state, 0, 1 << 20);
    sg_buf_put_cstr(&buf, "{\"id\":\"https://c.example/k\",\"verificationMethod\":[" GOOD);
    for (size_t i = 0; i < CID_METHODS_MAX; i++) {
        sg_buf_put_cstr(&buf, ",{\"id\":\"x\"}");
    }
    sg_buf_put_cstr(&buf, "]" ASSERTION "}");
    sg_buf_put_byte(&buf, 0);
    sg_str json;
    struct sg_why why = { 0 };
    struct cid_method method;
    assert_ok(sg_buf_end_str(&buf, &json));
    assert_refused(
        find(*state, json.p, "https://c.example/k#1", "assertionMethod", &why, &method), METHOD);
    assert_string_equal(why.what, CID_BAD_DOCUMENT);
}

/* ---- resolving ----------------------------------------------------------------------------------------- */

static void
test_did_key_resolves_to_itself(void **state)
{
    struct cid_method method;
    struct sg_why why = { 0 };
    assert_ok(cid_resolve(
        *state, NULL, SG_LIT("did:key:" KEY "#" KEY), SG_LIT("assertionMethod"), NULL, &method));
    assert_str_is(method.controller, "did:key:" KEY);
    assert_refused(cid_resolve(*state, NULL, SG_LIT("did:key:" KEY "#1"), SG_LIT("assertionMethod"),
                       &why, &method),
        METHOD);
    assert_string_equal(why.what, CID_BAD_METHOD);
    assert_refused(cid_resolve(*state, NULL, SG_LIT("did:key:" KEY "#" KEY), SG_LIT("keyAgreement"),
                       NULL, &method),
        METHOD);
    assert_refused(
        cid_resolve(*state, NULL, SG_LIT("did:key:" KEY), SG_LIT("assertionMethod"), NULL, &method),
        METHOD);
    assert_refused(cid_resolve(*state, NULL, SG_LIT("did:key:zzz#zzz"), SG_LIT("assertionMethod"),
                       NULL, &method),
        METHOD);
}

static void
test_did_jwk_resolves_to_itself(void **state)
{
    const struct sjson *json;
    struct jwk key;
    struct cid_method method;
    sg_str did, url, document;
    assert_ok(sjson_parse(*state, SG_LIT(JWK_P256), NULL, &json));
    assert_ok(jwk_parse(*state, json, &key));
    assert_ok(did_jwk_of(*state, &key, &did));
    assert_ok(did_method_of(*state, did, &url));
    assert_true(url.n == did.n + 2 && memcmp(url.p + did.n, "#0", 2) == 0);
    assert_ok(cid_resolve(*state, NULL, url, SG_LIT("authentication"), NULL, &method));
    assert_memory_equal(method.key.x, key.x, 32);
    assert_ok(did_document_of(*state, did, &document));
    struct cid_method listed;
    const struct sjson *parsed;
    assert_ok(sjson_parse(*state, document, NULL, &parsed));
    assert_ok(cid_find(*state, parsed, url, SG_LIT("authentication"), NULL, &listed));
    assert_memory_equal(listed.key.x, key.x, 32);
}

static void
test_table_resolver(void **state)
{
    const struct cid_document documents[] = {
        { SG_LIT("https://c.example/k"), SG_LIT(DOCUMENT(GOOD, ASSERTION)) },
        { SG_LIT("https://c.example/bad"), SG_LIT("{\"id\":") },
    };
    const struct cid_table table = { documents, 2 };
    struct cid_resolver resolver = cid_resolver_of(&table);
    struct cid_method method;
    assert_ok(cid_resolve(*state, &resolver, SG_LIT("https://c.example/k#1"),
        SG_LIT("assertionMethod"), NULL, &method));
    assert_refused(cid_resolve(*state, &resolver, SG_LIT("https://c.example/bad#1"),
                       SG_LIT("assertionMethod"), NULL, &method),
        METHOD);
    assert_refused(cid_resolve(*state, &resolver, SG_LIT("https://c.example/other#1"),
                       SG_LIT("assertionMethod"), NULL, &method),
        NOT_FOUND);
    assert_refused(cid_resolve(*state, NULL, SG_LIT("https://c.example/k#1"),
                       SG_LIT("assertionMethod"), NULL, &method),
        NOT_FOUND);
}

/* ---- did:web -------------------------------------------------------------------------------------------- */

/* did:web specification, 2.5.2 and its examples */
static void
test_did_web_urls(void **state)
{
    static const char *const pairs[][2] = {
        { "did:web:w3c-ccg.github.io", "https://w3c-ccg.github.io/.well-known/did.json" },
        { "did:web:w3c-ccg.github.io:user:alice", "https://w3c-ccg.github.io/user/alice/did.json" },
        { "did:web:example.com%3A3000", "https://example.com:3000/.well-known/did.json" },
        { "did:web:example.com%3A3000:user:alice", "https://example.com:3000/user/alice/did.json" },
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        sg_str url, did;
        assert_ok(did_web_url(*state, sg_cstr(pairs[i][0]), &url));
        assert_str_is(url, pairs[i][1]);
        size_t n = url.n - strlen("/did.json");
        sg_str base = sg_str_slice(url, 0, n);
        if (n > 12 && memcmp(base.p + n - 12, "/.well-known", 12) == 0) {
            base.n -= 12;
        }
        assert_ok(did_web_of(*state, base, &did));
        assert_str_is(did, pairs[i][0]);
    }
}

static void
test_did_web_refusals(void **state)
{
    static const char *const dids[] = { "did:web:", "did:web::a", "did:web:a..b", "did:web:-a",
        "did:web:a.example:", "did:web:a.example::b", "did:web:a.example:..", "did:web:a.example:.",
        "did:web:a.example%3A", "did:web:a.example%3A0", "did:web:a.example%3A65536",
        "did:web:a.example%3A080", "did:web:a.example%2Fb", "did:web:a.example:b%2Fc",
        "did:web:a.example/b", "did:web:a.example#1", "did:web:a.example?x", "did:web:[::1]",
        "did:web:user@a.example", "did:key:a.example" };
    sg_str out;
    for (size_t i = 0; i < sizeof(dids) / sizeof(dids[0]); i++) {
        assert_refused(did_web_url(*state, sg_cstr(dids[i]), &out), VALUE);
    }
    static const char *const bases[] = { "http://a.example", "https://", "https://a.example/b//c",
        "https://a.example/../b", "https://a.example?x", "https://a.example:0",
        "https://u@a.example", "a.example" };
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        assert_refused(did_web_of(*state, sg_cstr(bases[i]), &out), VALUE);
    }
    assert_ok(did_web_of_test(*state, SG_LIT("http://localhost:8080"), &out));
    assert_str_is(out, "did:web:localhost%3A8080");
    assert_refused(did_web_of_test(*state, SG_LIT("http://localhost.example"), &out), VALUE);
    assert_refused(did_web_of_test(*state, SG_LIT("http://a.example"), &out), VALUE);
}

/* ---- documents of ours ------------------------------------------------------------------------------------ */

static void
test_our_document_is_found_again(void **state)
{
    struct jwk key;
    sg_str json;
    assert_ok(multikey_decode(SG_LIT(KEY), &key));
    const struct did_entry entries[] = {
        { SG_LIT("seal-1"), &key, CID_ASSERTION_METHOD, false },
        { SG_LIT("seal-2"), &key, CID_ASSERTION_METHOD | CID_AUTHENTICATION, true },
    };
    assert_ok(did_document_build(
        *state, SG_LIT("did:web:i.example"), SG_LIT("https://i.example"), entries, 2, &json));
    const struct sjson *document;
    struct cid_method method;
    assert_ok(sjson_parse_object(*state, json, NULL, &document));
    assert_ok(cid_find(*state, document, SG_LIT("did:web:i.example#seal-1"),
        SG_LIT("assertionMethod"), NULL, &method));
    assert_str_is(method.type, "Multikey");
    assert_ok(cid_find(*state, document, SG_LIT("did:web:i.example#seal-2"),
        SG_LIT("authentication"), NULL, &method));
    assert_str_is(method.type, "JsonWebKey");
    assert_refused(cid_find(*state, document, SG_LIT("did:web:i.example#seal-1"),
                       SG_LIT("authentication"), NULL, &method),
        METHOD);
    assert_null(sjson_get(document, "keyAgreement"));
}

static void
test_our_document_refusals(void **state)
{
    struct jwk key;
    sg_str json;
    assert_ok(multikey_decode(SG_LIT(KEY), &key));
    const struct did_entry twice[] = { { SG_LIT("a"), &key, 1, false },
        { SG_LIT("a"), &key, 1, true } };
    const struct did_entry bad[] = { { SG_LIT("a#b"), &key, 1, false } };
    assert_refused(
        did_document_build(*state, SG_LIT("did:web:i.example"), SG_NO_STR, twice, 2, &json),
        DUPLICATE);
    assert_refused(
        did_document_build(*state, SG_LIT("did:web:i.example"), SG_NO_STR, bad, 1, &json), VALUE);
    assert_refused(
        did_document_build(*state, SG_LIT("i.example"), SG_NO_STR, twice, 1, &json), VALUE);
    assert_refused(
        did_document_build(*state, SG_LIT("did:web:i#x"), SG_NO_STR, twice, 1, &json), VALUE);
    assert_refused(did_document_build(*state, SG_LIT("did:web:i.example"), SG_NO_STR, twice,
                       DID_ENTRIES_MAX + 1, &json),
        TOO_LARGE);
}

/* ---- times ------------------------------------------------------------------------------------------------- */

static void
test_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t at;
    } good[] = { { "1970-01-01T00:00:00Z", 0 }, { "2023-02-24T23:36:38Z", 1677281798 },
        { "2000-02-29T12:00:00.123456Z", 951825600 }, { "1969-12-31T23:59:59Z", -1 },
        { "2023-02-25T01:36:38+02:00", 1677281798 }, { "2023-02-24T12:36:38-11:00", 1677281798 },
        { "0001-01-01T00:00:00Z", -62135596800 }, { "9999-12-31T23:59:59Z", 253402300799 } };
    int64_t at = 0;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_ok(cid_time_parse(sg_cstr(good[i].text), false, &at));
        assert_int_equal(at, good[i].at);
    }
    static const char *const bad[] = { "", "2023-02-24", "2023-02-24T23:36:38",
        "2023-02-30T00:00:00Z", "1900-02-29T00:00:00Z", "2023-13-01T00:00:00Z",
        "2023-00-01T00:00:00Z", "0000-01-01T00:00:00Z", "2023-01-01T24:00:00Z",
        "2023-01-01T00:60:00Z", "2023-01-01T00:00:60Z", "2023-01-01T00:00:00.Z",
        "2023-01-01T00:00:00z", "2023-01-01t00:00:00Z", "2023-01-01T00:00:00+14:01",
        "2023-01-01T00:00:00+1:00", "2023-01-01T00:00:00Z ", " 2023-01-01T00:00:00Z",
        "2023-01-01T00:00:00+0100", "+2023-01-01T00:00:00Z", "2023-1-1T00:00:00Z" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(cid_time_parse(sg_cstr(bad[i]), false, &at), VALUE);
    }
    assert_ok(cid_time_parse(SG_LIT("2023-02-24T23:36:38"), true, &at));
    assert_int_equal(at, 1677281798);
}

#define T(name) cmocka_unit_test_setup_teardown(name, support_arena_setup, support_arena_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_method_is_found),
        T(test_times_of_a_method),
        T(test_types_of_methods),
        T(test_each_check_refuses),
        T(test_too_many_methods),
        T(test_did_key_resolves_to_itself),
        T(test_did_jwk_resolves_to_itself),
        T(test_table_resolver),
        T(test_did_web_urls),
        T(test_did_web_refusals),
        T(test_our_document_is_found_again),
        T(test_our_document_refusals),
        T(test_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

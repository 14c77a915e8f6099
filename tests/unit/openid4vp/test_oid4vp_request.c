/* The rules on a request itself: each parameter, each way to be wrong, and who is told. req: PRO-3, NET-3 */
#include "vp_world.h"

static struct vp_world w;

static int
open_world(void **state)
{
    support_arena_setup(state);
    vp_world_open(*state, &w);
    return 0;
}

static int
close_world(void **state)
{
    vp_world_close(&w);
    return support_arena_teardown(state);
}

static const struct vp_change same[] = { { NULL, NULL } };
#define HASHED "x509_hash:$HASH"
#define SD(more) "{'id':'a','format':'dc+sd-jwt','meta':{'vct_values':['v']}" more "}"
#define FORMATS "'vp_formats_supported':{'dc+sd-jwt':{}}"

struct row {
    struct vp_change changes[5];
    enum sg_code code;
    enum oid4vp_error error;
};

/* Signed by the leaf; refusals of authenticated requests may be told. */
static void
walk(const struct row *rows, size_t n, bool reply)
{
    for (size_t i = 0; i < n; i++) {
        const struct vp_change *change = rows[i].changes;
        print_message("%s = %s\n", change->name, change->json == NULL ? "-" : change->json);
        sg_result r = vp_try_signed(&w, HASHED, NULL, change);
        support_assert_code(r, rows[i].code, change->name, __FILE__, __LINE__);
        if (!sg_ok(r)) {
            assert_int_equal(w.failure.error, rows[i].error);
            assert_true(w.failure.reply == reply);
            assert_non_null(w.failure.why.what);
        }
    }
}
#define WALK(rows, reply) walk((rows), sizeof(rows) / sizeof((rows)[0]), (reply))

static void
test_an_ordinary_request(void **state)
{
    (void)state;
    assert_ok(vp_try_signed(&w, HASHED, NULL, same));
    assert_int_equal(w.request.mode, OID4VP_DIRECT_POST);
    assert_str_is(w.request.uri, VP_URI);
    assert_str_is(w.request.nonce, VP_NONCE);
    assert_true(w.request.has_state);
    assert_str_is(w.request.state, "s1");
    assert_int_equal(w.request.dcql.n, 2);
    assert_null(w.request.encryption);
    assert_int_equal(w.request.n_transactions, 0);
    assert_true(w.failure.reply);
    assert_str_is(w.failure.uri, VP_URI);
    assert_str_is(w.failure.state, "s1");
    assert_true(sg_str_equal(w.request.object, w.carrier.object));
}

/* 5.10.1: the query's parameters do not count, but its client_id must be the same. */
static void
test_only_the_inside_counts(void **state)
{
    sg_str object = vp_object(&w, &w.leaf, NULL, vp_parameters(&w, HASHED, same));
    sg_str text;
    assert_ok(sg_arena_printf(*state, &text,
        "openid4vp://?client_id=x509_hash:%.*s&nonce=other&state=other&response_uri=https://evil&"
        "dcql_query={}&request=%.*s",
        SG_PRINT(w.hash), SG_PRINT(object)));
    assert_ok(vp_try_text(&w, text));
    assert_str_is(w.request.nonce, VP_NONCE);
    assert_str_is(w.request.uri, VP_URI);
    assert_ok(sg_arena_printf(*state, &text,
        "openid4vp://?client_id=x509_san_dns:" VP_HOST "&request=%.*s", SG_PRINT(object)));
    assert_refused(vp_try_text(&w, text), CLIENT);
    assert_false(w.failure.reply);
    assert_ok(sg_arena_printf(*state, &text, "openid4vp://?client_id=%.*s&request=%.*s",
        SG_PRINT(w.hash), SG_PRINT(object)));
    assert_refused(vp_try_text(&w, text), CLIENT); /* without the prefix it is another client */
}

/* Nobody is told: the object is not a request, or not from whom it says. */
static void
test_the_header(void **state)
{
    static const struct {
        const char *header;
        enum sg_code code;
    } rows[] = {
        { "{'alg':'ES256','x5c':$X5C}", SG_E_TYPE },
        { "{'alg':'ES256','typ':'JWT','x5c':$X5C}", SG_E_TYPE },
        { "{'alg':'ES256','typ':'application/oauth-authz-req+jwt','x5c':$X5C}", SG_E_TYPE },
        { "{'alg':'none','typ':'oauth-authz-req+jwt','x5c':$X5C}", SG_E_ALGORITHM },
        { "{'alg':'HS256','typ':'oauth-authz-req+jwt','x5c':$X5C}", SG_E_ALGORITHM },
        { "{'alg':'RS256','typ':'oauth-authz-req+jwt','x5c':$X5C}", SG_E_ALGORITHM },
        { "{'alg':'ES384','typ':'oauth-authz-req+jwt','x5c':$X5C}", SG_E_ALGORITHM },
        { "{'alg':'ES256','typ':'oauth-authz-req+jwt','x5c':$X5C,'crit':['x'],'x':1}",
            SG_E_UNSUPPORTED },
        { "{'alg':'ES256','typ':'oauth-authz-req+jwt','typ':'JWT','x5c':$X5C}", SG_E_DUPLICATE },
        { "{'alg':'ES256','typ':'oauth-authz-req+jwt','x5c':[]}", SG_E_MALFORMED },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_result r = vp_try_signed(&w, HASHED, rows[i].header, same);
        support_assert_code(r, rows[i].code, rows[i].header, __FILE__, __LINE__);
        assert_false(w.failure.reply);
    }
}

static void
test_for_us_and_now(void **state)
{
    static const struct row rows[] = {
        { { { "aud", NULL } }, SG_E_MISSING, OID4VP_INVALID_REQUEST },
        { { { "aud", "'https://other.example'" } }, SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { { { "aud", "''" } }, SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { { { "aud", "1" } }, SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { { { "aud", "[]" } }, SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { { { "aud", "['https://a','https://self-issued.me/v2']" } }, SG_OK, 0 },
        { { { "exp", "$NOW-31" } }, SG_E_EXPIRED, OID4VP_INVALID_REQUEST },
        { { { "exp", "$NOW-5" } }, SG_OK, 0 }, /* within the leeway */
        { { { "nbf", "$NOW+60" } }, SG_E_NOT_YET, OID4VP_INVALID_REQUEST },
        { { { "iat", "$NOW+60" } }, SG_E_NOT_YET, OID4VP_INVALID_REQUEST },
        { { { "iat", "$NOW-600" }, { "exp", "$NOW+600" }, { "iss", "'anybody'" } }, SG_OK, 0 },
        { { { "request_uri", "'https://v.example/r'" } }, SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { { { "request", "'a.b.c'" } }, SG_E_VALUE, OID4VP_INVALID_REQUEST },
    };
    static const struct vp_change ours[] = { { "aud", "'https://wallet.example'" },
        { NULL, NULL } };
    (void)state;
    WALK(rows, false);
    assert_refused(vp_try_signed(&w, HASHED, NULL, ours), VALUE);
    w.expect.issuer = SG_LIT("https://wallet.example");
    assert_ok(vp_try_signed(&w, HASHED, NULL, ours));
}

/* A request_uri that was fetched is as good an audience as the one that the text of 5.8 names. */
static void
test_fetched_requests(void **state)
{
    static const struct vp_change changes[] = { { "aud", "'https://verifier.example/req/1'" },
        { "wallet_nonce", "'w1'" }, { NULL, NULL } };
    static const struct vp_change other[] = { { "aud", "'https://verifier.example/req/2'" },
        { "wallet_nonce", "'w1'" }, { NULL, NULL } };
    static const struct vp_change changed[] = { { "wallet_nonce", "'w2'" }, { NULL, NULL } };
    static const struct {
        const struct vp_change *changes;
        const char *wallet_nonce;
        enum sg_code code;
    } rows[] = {
        { changes, "", SG_OK }, { changes, "w1", SG_OK }, { changes, "w2", SG_E_NONCE },
        { other, "w1", SG_E_VALUE }, { changed, "w1", SG_E_NONCE },
        { same, "w1", SG_E_NONCE }, /* left out */
    };
    sg_str url;
    assert_ok(sg_arena_printf(*state, &url,
        "openid4vp://?client_id=x509_hash:%.*s&request_uri=https://verifier.example/req/"
        "1&request_uri_method=post",
        SG_PRINT(w.hash)));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_str parameters = vp_parameters(&w, HASHED, rows[i].changes);
        sg_str object = vp_object(&w, &w.leaf, NULL, parameters);
        w.expect.wallet_nonce = sg_cstr(rows[i].wallet_nonce);
        assert_ok(oid4vp_carrier_parse(*state, url, false, &w.failure, &w.carrier));
        assert_refused(
            oid4vp_request_verify(*state, &w.carrier, &w.trust, &w.expect, &w.failure, &w.request),
            INTERNAL); /* not before it was fetched */
        assert_ok(oid4vp_carrier_fetched(&w.carrier, 200, SG_LIT("application/oauth-authz-req+jwt"),
            sg_str_bytes(object), &w.failure));
        sg_result r =
            oid4vp_request_verify(*state, &w.carrier, &w.trust, &w.expect, &w.failure, &w.request);
        support_assert_code(r, rows[i].code, rows[i].wallet_nonce, __FILE__, __LINE__);
        assert_true(w.failure.reply == sg_ok(r));
    }
    /* a wallet_nonce was sent: an unsigned request cannot be the answer to that */
    assert_refused(vp_try_value(&w, "plain", same), NONCE);
}

/* Where the answer goes is not known: nobody is told. */
static void
test_the_address(void **state)
{
    static const struct row rows[] = {
        { { { "response_mode", NULL } }, SG_E_MISSING, OID4VP_INVALID_REQUEST },
        { { { "response_mode", "'dc_api'" } }, SG_E_UNSUPPORTED, OID4VP_INVALID_REQUEST },
        { { { "response_mode", "'dc_api.jwt'" } }, SG_E_UNSUPPORTED, OID4VP_INVALID_REQUEST },
        { { { "response_mode", "'form_post'" } }, SG_E_UNSUPPORTED, OID4VP_INVALID_REQUEST },
        { { { "response_mode", "'Direct_post'" } }, SG_E_UNSUPPORTED, OID4VP_INVALID_REQUEST },
        { { { "response_mode", "['direct_post']" } }, SG_E_TYPE, OID4VP_INVALID_REQUEST },
        { { { "response_uri", NULL } }, SG_E_MISSING, OID4VP_INVALID_REQUEST },
        { { { "response_uri", NULL }, { "redirect_uri", "'" VP_URI "'" } }, SG_E_MISSING,
            OID4VP_INVALID_REQUEST },
        { { { "response_uri", "'http://verifier.example/r'" } }, SG_E_VALUE,
            OID4VP_INVALID_REQUEST },
        { { { "response_uri", "'http://localhost/r'" } }, SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { { { "response_uri", "'https//verifier.example'" } }, SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { { { "response_uri", "'https://verifier.example/r#f'" } }, SG_E_VALUE,
            OID4VP_INVALID_REQUEST },
        { { { "response_uri", "'https://verifier.example/r\\u0000'" } }, SG_E_VALUE,
            OID4VP_INVALID_REQUEST },
        { { { "response_mode", "'fragment'" }, { "response_uri", NULL },
              { "redirect_uri", "'javascript:alert(1)'" } },
            SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { { { "client_id", "'x'" } }, SG_E_DUPLICATE, OID4VP_INVALID_REQUEST },
    };
    (void)state;
    WALK(rows, false);
}

static void
test_the_parameters(void **state)
{
    static const struct row rows[] = {
        { { { "response_type", NULL } }, SG_E_MISSING, OID4VP_INVALID_REQUEST },
        { { { "response_type", "'code'" } }, SG_E_UNSUPPORTED, OID4VP_UNSUPPORTED_RESPONSE_TYPE },
        { { { "response_type", "'vp_token id_token'" } }, SG_E_UNSUPPORTED,
            OID4VP_UNSUPPORTED_RESPONSE_TYPE },
        { { { "redirect_uri", "'" VP_URI "'" } }, SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { { { "redirect_uri", "null" } }, SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { { { "response_mode", "'fragment'" }, { "redirect_uri", "'" VP_URI "'" } }, SG_E_VALUE,
            OID4VP_INVALID_REQUEST }, /* response_uri beside it */
        { { { "nonce", NULL } }, SG_E_MISSING, OID4VP_INVALID_REQUEST },
        { { { "nonce", "''" } }, SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { { { "nonce", "'a$b'" } }, SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { { { "nonce", "'a b'" } }, SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { { { "nonce", "7" } }, SG_E_TYPE, OID4VP_INVALID_REQUEST },
        { { { "state", "'a$b'" } }, SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { { { "state", "''" } }, SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { { { "state", "1" } }, SG_E_TYPE, OID4VP_INVALID_REQUEST },
        { { { "state", NULL } }, SG_OK, 0 },
        { { { "unknown", "{'a':[1]}" }, { "client_id_scheme", "'x'" } }, SG_OK, 0 },
        { { { "dcql_query", NULL } }, SG_E_MISSING, OID4VP_INVALID_REQUEST },
        { { { "dcql_query", NULL }, { "presentation_definition", "{}" } }, SG_E_MISSING,
            OID4VP_INVALID_REQUEST },
        { { { "scope", "'openid'" } }, SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { { { "dcql_query", NULL }, { "scope", "'pid'" } }, SG_E_UNSUPPORTED,
            OID4VP_INVALID_SCOPE },
        { { { "dcql_query", "'{}'" } }, SG_E_TYPE, OID4VP_INVALID_REQUEST },
        { { { "dcql_query", "{'credentials':[]}" } }, SG_E_VALUE, OID4VP_INVALID_REQUEST },
        { { { "state", NULL },
              { "dcql_query",
                  "{'credentials':[" SD(",'require_cryptographic_holder_binding':false") "]}" } },
            SG_E_MISSING, OID4VP_INVALID_REQUEST },
        { { { "dcql_query",
              "{'credentials':[" SD(",'require_cryptographic_holder_binding':false") "]}" } },
            SG_OK, 0 },
        { { { "dcql_query", "{'credentials':[{'id':'a','format':'vp+new','meta':{}}]}" } },
            SG_E_UNSUPPORTED, OID4VP_VP_FORMATS_NOT_SUPPORTED },
        { { { "client_metadata", "{'vp_formats_supported':{'ldp_vc':{}}}" } }, SG_E_UNSUPPORTED,
            OID4VP_VP_FORMATS_NOT_SUPPORTED },
    };
    (void)state;
    WALK(rows, true);
}

static void
test_nonces_of_partners(void **state)
{
    static const struct vp_change odd[] = { { "nonce", "'a$b'" }, { "state", "'x/y='" },
        { NULL, NULL } };
    static const struct vp_change blank[] = { { "nonce", "'a b'" }, { NULL, NULL } };
    (void)state;
    w.expect.any_nonce = true;
    assert_ok(vp_try_signed(&w, HASHED, NULL, odd));
    assert_refused(vp_try_signed(&w, HASHED, NULL, blank), VALUE);
}

/* A mebibyte of request object is refused before it is decoded. */
static void
test_a_huge_request_object(void **state)
{
    size_t n = (size_t)1024 * 1024;
    char *text = sg_arena_alloc(*state, n + 1);
    assert_non_null(text);
    memset(text, 'a', n);
    text[0] = text[n - 1] = '\'';
    struct vp_change changes[] = { { "unknown", text }, { NULL, NULL } };
    sg_str object = vp_object(&w, &w.leaf, NULL, vp_parameters(&w, HASHED, changes));
    assert_refused(vp_try_text(&w, object), TOO_LARGE);
    struct oid4vp_carrier by_reference = { .kind = OID4VP_BY_REFERENCE };
    assert_refused(oid4vp_carrier_fetched(&by_reference, 200,
                       SG_LIT("application/oauth-authz-req+jwt"), sg_str_bytes(object), &w.failure),
        TOO_LARGE);
    w.carrier = (struct oid4vp_carrier){ .kind = OID4VP_BY_OBJECT, .object = object };
    assert_refused(
        oid4vp_request_verify(*state, &w.carrier, &w.trust, &w.expect, &w.failure, &w.request),
        TOO_LARGE);
}

#define P256                                                                      \
    "'kty':'EC','crv':'P-256','x':'DxiH5Q4Yx3UrukE2lWCErq8N8bqC9CHLLrAwLz5BmE0'," \
    "'y':'XtLM4-3h5o3HUH0MHVJV0kyq0iBlrBwlh8qEDMZ4-Pc'"

/* HAIP 5: what the profile asks beyond the protocol. */
static void
test_haip(void **state)
{
    static const struct vp_change encrypted[] = { { "response_mode", "'direct_post.jwt'" },
        { "client_metadata", "{" FORMATS ",'jwks':{'keys':[{" P256 ",'alg':'ECDH-ES','kid':'1'}]},"
                             "'encrypted_response_enc_values_supported':['A128GCM','A256GCM']}" },
        { NULL, NULL } };
    sg_str object = vp_object(&w, &w.leaf, NULL, vp_parameters(&w, HASHED, encrypted));
    w.expect.haip = true;
    assert_refused(vp_try_text(&w, object), POLICY); /* not by reference */
    w.carrier = (struct oid4vp_carrier){ .kind = OID4VP_BY_OBJECT,
        .object = object,
        .request_uri = SG_LIT("https://verifier.example/req") };
    assert_ok(
        oid4vp_request_verify(*state, &w.carrier, &w.trust, &w.expect, &w.failure, &w.request));
    assert_int_equal(w.request.encryption->enc, OID4VP_A256GCM);
    w.carrier.object = vp_object(&w, &w.leaf, NULL, vp_parameters(&w, HASHED, same));
    assert_refused(
        oid4vp_request_verify(*state, &w.carrier, &w.trust, &w.expect, &w.failure, &w.request),
        POLICY); /* in clear */
    w.carrier.object =
        vp_object(&w, &w.leaf, NULL, vp_parameters(&w, "x509_san_dns:" VP_HOST, encrypted));
    assert_refused(
        oid4vp_request_verify(*state, &w.carrier, &w.trust, &w.expect, &w.failure, &w.request),
        POLICY);
    sg_bytes both[] = { w.leaf_der, w.ca_der };
    w.trust.anchors = both;
    w.trust.n_anchors = 2;
    w.carrier.object = object;
    assert_refused(
        oid4vp_request_verify(*state, &w.carrier, &w.trust, &w.expect, &w.failure, &w.request),
        POLICY); /* the leaf is an anchor */
}

static void
test_words(void **state)
{
    (void)state;
    for (int i = 0; i < OID4VP_ERRORS; i++) {
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(
                oid4vp_error_word((enum oid4vp_error)i), oid4vp_error_word((enum oid4vp_error)k));
        }
    }
    assert_string_equal(
        oid4vp_error_word(OID4VP_VP_FORMATS_NOT_SUPPORTED), "vp_formats_not_supported");
    for (int i = 0; i < OID4VP_PREFIXES; i++) {
        assert_true(strlen(oid4vp_prefix_name((enum oid4vp_prefix)i)) > 0);
    }
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)
int
main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(test_an_ordinary_request),
        ONE(test_only_the_inside_counts),
        ONE(test_the_header),
        ONE(test_for_us_and_now),
        ONE(test_fetched_requests),
        ONE(test_the_address),
        ONE(test_the_parameters),
        ONE(test_nonces_of_partners),
        ONE(test_a_huge_request_object),
        ONE(test_haip),
        ONE(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

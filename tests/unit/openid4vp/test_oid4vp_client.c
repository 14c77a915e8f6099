/* Client identifier prefixes: each one working, and each way to be refused. req: PRO-3 */
#include "did.h"
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

/* Refused with this code; nobody may be answered. */
static void
assert_silent(sg_result r, enum sg_code code, int line)
{
    support_assert_code(r, code, "the request", __FILE__, line);
    assert_false(w.failure.reply);
    assert_int_equal(w.failure.error, OID4VP_INVALID_REQUEST);
    assert_non_null(w.failure.why.what);
}
#define ASSERT_SILENT(call, code) assert_silent((call), SG_E_##code, __LINE__)

static void
test_prefixes(void **state)
{
    static const struct {
        const char *id;
        enum oid4vp_prefix prefix;
        const char *rest;
    } rows[] = {
        { "plain", OID4VP_PRE_REGISTERED, "plain" },
        { "redirect_uri:https://v.example:8443/r", OID4VP_REDIRECT_URI,
            "https://v.example:8443/r" },
        { "x509_san_dns:a:b", OID4VP_X509_SAN_DNS, "a:b" },
        { "x509_hash:", OID4VP_X509_HASH, "" },
        { "verifier_attestation:v", OID4VP_VERIFIER_ATTESTATION, "v" },
        { "decentralized_identifier:did:web:v.example", OID4VP_DECENTRALIZED_IDENTIFIER,
            "did:web:v.example" },
        { "openid_federation:https://v.example", OID4VP_OPENID_FEDERATION, "https://v.example" },
        { "origin:https://v.example", OID4VP_ORIGIN, "https://v.example" },
        { "did:web:v.example", OID4VP_UNKNOWN_PREFIX, "web:v.example" },
        { "https://v.example", OID4VP_UNKNOWN_PREFIX, "//v.example" },
        { "X509_hash:a", OID4VP_UNKNOWN_PREFIX, "a" },
        { ":a", OID4VP_UNKNOWN_PREFIX, "a" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_str rest;
        assert_int_equal(oid4vp_prefix_of(sg_cstr(rows[i].id), &rest), rows[i].prefix);
        assert_str_is(rest, rows[i].rest);
    }
}

static void
test_pre_registered(void **state)
{
    static const struct vp_change elsewhere[] = { { "response_uri", "'https://v.example/r'" },
        { NULL, NULL } };
    static const struct vp_change almost[] = { { "response_uri", "'" VP_URI "/'" },
        { NULL, NULL } };
    (void)state;
    assert_ok(vp_try_value(&w, "plain", same));
    assert_false(w.request.signed_);
    assert_str_is(w.request.uri, VP_URI);
    ASSERT_SILENT(vp_try_value(&w, "plain", elsewhere), CLIENT);
    ASSERT_SILENT(vp_try_value(&w, "plain", almost), CLIENT);
    ASSERT_SILENT(vp_try_value(&w, "stranger", same), ISSUER);
    ASSERT_SILENT(vp_try_value(&w, "registered", same), SIGNATURE);
    assert_ok(vp_try_signed(&w, "registered", "{'alg':'ES256','typ':'oauth-authz-req+jwt'}", same));
    assert_true(w.request.signed_);
    /* no key is registered for it: a signature proves nothing */
    ASSERT_SILENT(
        vp_try_signed(&w, "plain", "{'alg':'ES256','typ':'oauth-authz-req+jwt'}", same), SIGNATURE);
    w.clients[0].keys = &w.attester_jwk;
    ASSERT_SILENT(vp_try_signed(&w, "registered", NULL, same), SIGNATURE);
}

static void
test_redirect_uri(void **state)
{
    static const struct vp_change left_out[] = { { "response_uri", NULL }, { NULL, NULL } };
    static const struct vp_change fragment[] = { { "response_mode", "'fragment'" },
        { "redirect_uri", "'" VP_URI "'" }, { "response_uri", NULL }, { NULL, NULL } };
    (void)state;
    assert_ok(vp_try_value(&w, "redirect_uri:" VP_URI, same));
    assert_str_is(w.request.client_id, "redirect_uri:" VP_URI);
    assert_str_is(w.request.name, VP_URI);
    assert_ok(vp_try_value(&w, "redirect_uri:" VP_URI, left_out));
    assert_str_is(w.request.uri, VP_URI);
    assert_ok(vp_try_value(&w, "redirect_uri:" VP_URI, fragment));
    assert_int_equal(w.request.mode, OID4VP_FRAGMENT);
    ASSERT_SILENT(vp_try_value(&w, "redirect_uri:https://verifier.example/other", same), CLIENT);
    ASSERT_SILENT(vp_try_signed(&w, "redirect_uri:" VP_URI, NULL, same), CLIENT);
}

static void
test_x509_san_dns(void **state)
{
    static const struct vp_change elsewhere[] = { { "response_uri", "'https://v.example/r'" },
        { NULL, NULL } };
    static const struct vp_change capital[] = {
        { "response_uri", "'https://Verifier.Example:8443/r'" }, { NULL, NULL }
    };
    static const sg_str trusted[] = { { "x509_san_dns:" VP_HOST, 13 + sizeof(VP_HOST) - 1 } };
    (void)state;
    assert_ok(vp_try_signed(&w, "x509_san_dns:" VP_HOST, NULL, same));
    assert_int_equal(w.request.prefix, OID4VP_X509_SAN_DNS);
    assert_non_null(w.request.leaf);
    assert_str_is(w.request.leaf->subject_cn, "cn.example");
    assert_ok(vp_try_signed(&w, "x509_san_dns:" VP_HOST, NULL, capital));
    ASSERT_SILENT(vp_try_signed(&w, "x509_san_dns:" VP_HOST, NULL, elsewhere), CLIENT);
    w.trust.any_uri = trusted;
    w.trust.n_any_uri = 1;
    assert_ok(vp_try_signed(&w, "x509_san_dns:" VP_HOST, NULL, elsewhere));
    /* the common name never counts, nor does half a name */
    ASSERT_SILENT(vp_try_signed(&w, "x509_san_dns:cn.example", NULL, same), CLIENT);
    ASSERT_SILENT(vp_try_signed(&w, "x509_san_dns:example", NULL, same), CLIENT);
    ASSERT_SILENT(vp_try_signed(&w, "x509_san_dns:a:b", NULL, same), CLIENT);
    ASSERT_SILENT(vp_try_signed(&w, "x509_san_dns:", NULL, same), VALUE);
    ASSERT_SILENT(vp_try_value(&w, "x509_san_dns:" VP_HOST, same), SIGNATURE);
    ASSERT_SILENT(vp_try_signed(&w, "x509_san_dns:" VP_HOST,
                      "{'alg':'ES256','typ':'oauth-authz-req+jwt'}", same),
        MALFORMED);
}

/* A wildcard in the certificate names nobody, and one in the client identifier is no name. */
static void
test_san_wildcard(void **state)
{
    struct status_cert form = { "cn.example", "root", false, -600, 600 };
    sg_bytes der = status_cert_named(*state, &w.leaf, &w.ca, &form, "DNS:*.example");
    sg_str text;
    assert_ok(sg_b64_encode(*state, der, &text));
    assert_ok(sg_arena_printf(*state, &w.x5c, "[\"%.*s\"]", SG_PRINT(text)));
    ASSERT_SILENT(vp_try_signed(&w, "x509_san_dns:" VP_HOST, NULL, same), CLIENT);
    ASSERT_SILENT(vp_try_signed(&w, "x509_san_dns:*.example", NULL, same), CLIENT);
}

static void
test_x509_hash(void **state)
{
    static const struct vp_change elsewhere[] = { { "response_uri", "'https://v.example/r'" },
        { NULL, NULL } };
    sg_str pem = status_pem(*state, w.leaf_der);
    sg_str body = SG_NO_STR;
    uint8_t hash[SG_SHA256_LEN];
    assert_ok(vp_try_signed(&w, "x509_hash:$HASH", NULL, same));
    assert_ok(vp_try_signed(&w, "x509_hash:$HASH", NULL, elsewhere)); /* no rule on hosts */
    ASSERT_SILENT(vp_try_signed(&w, "x509_hash:$HASH=", NULL, same), ENCODING);
    ASSERT_SILENT(vp_try_signed(&w, "x509_hash:$HASH$HASH", NULL, same), ENCODING);
    /* over PEM, or over another certificate */
    sg_sha256(sg_str_bytes(pem), hash);
    assert_ok(sg_b64url_encode(*state, SG_BYTES(hash), &body));
    w.hash = body;
    ASSERT_SILENT(vp_try_signed(&w, "x509_hash:$HASH", NULL, same), CLIENT);
    ASSERT_SILENT(vp_try_value(&w, "x509_hash:$HASH", same), SIGNATURE);
}

static void
test_x509_chains(void **state)
{
    struct status_key stranger;
    struct status_cert form = { "root", "root", true, -3600, 3600 };
    status_key_new(*state, &stranger);
    sg_bytes unrelated = status_cert(*state, &stranger, &stranger, &form);
    w.trust.anchors = &unrelated;
    ASSERT_SILENT(vp_try_signed(&w, "x509_hash:$HASH", NULL, same), ISSUER);
    w.trust.n_anchors = 0;
    ASSERT_SILENT(vp_try_signed(&w, "x509_hash:$HASH", NULL, same), ISSUER);
    w.trust.anchors = &w.ca_der;
    w.trust.n_anchors = 1;
    w.expect.now += 3000; /* the leaf has ended, the root has not */
    ASSERT_SILENT(vp_try_signed(&w, "x509_hash:$HASH", NULL, same), EXPIRED);
    w.expect.now -= 3000;
    /* the certificate of somebody else's request */
    sg_str parameters = vp_parameters(&w, "x509_hash:$HASH", same);
    ASSERT_SILENT(vp_try_text(&w, vp_object(&w, &w.other, NULL, parameters)), SIGNATURE);
    assert_ok(vp_try_text(&w, vp_object(&w, &w.leaf, NULL, parameters)));
    status_key_done(&stranger);
}

/* ---- attestations ------------------------------------------------------------------------------------------- */

static sg_result
try_attested(const struct status_key *signer, const char *typ, const char *claims)
{
    sg_str header;
    sg_str text;
    sg_str fields = vp_fill(&w, claims);
    assert_ok(sg_arena_printf(w.arena, &header, "{\"alg\":\"ES256\",\"typ\":\"%s\"}", typ));
    sg_str attestation = status_jws(w.arena, signer, header, sg_str_bytes(fields));
    assert_ok(sg_arena_printf(w.arena, &text,
        "{\"alg\":\"ES256\",\"typ\":\"oauth-authz-req+jwt\",\"jwt\":\"%.*s\"}",
        SG_PRINT(attestation)));
    return vp_try_signed(&w, "verifier_attestation:shop", text.p, same);
}

#define TYP "verifier-attestation+jwt"
#define ISS "'iss':'https://attester.example'"

static void
test_verifier_attestation(void **state)
{
    static const struct {
        const char *typ;
        const char *claims;
        enum sg_code code;
    } rows[] = {
        { TYP, "{" ISS ",'sub':'shop','exp':$NOW+60,'cnf':{'jwk':$LEAF}}", SG_OK },
        { TYP,
            "{" ISS ",'sub':'shop','exp':$NOW+60,'nbf':$NOW-60,'iat':$NOW-60,'unknown':1,"
            "'redirect_uris':['https://v.example','" VP_URI "'],'cnf':{'jwk':$LEAF}}",
            SG_OK },
        { "JWT", "{" ISS ",'sub':'shop','exp':$NOW+60,'cnf':{'jwk':$LEAF}}", SG_E_TYPE },
        { TYP, "{'iss':'https://x','sub':'shop','exp':$NOW+60,'cnf':{'jwk':$LEAF}}", SG_E_ISSUER },
        { TYP, "{'sub':'shop','exp':$NOW+60,'cnf':{'jwk':$LEAF}}", SG_E_MISSING },
        { TYP, "{" ISS ",'sub':'other','exp':$NOW+60,'cnf':{'jwk':$LEAF}}", SG_E_CLIENT },
        { TYP, "{" ISS ",'exp':$NOW+60,'cnf':{'jwk':$LEAF}}", SG_E_MISSING },
        { TYP, "{" ISS ",'sub':'shop','cnf':{'jwk':$LEAF}}", SG_E_MISSING },
        { TYP, "{" ISS ",'sub':'shop','exp':$NOW-60,'cnf':{'jwk':$LEAF}}", SG_E_EXPIRED },
        { TYP, "{" ISS ",'sub':'shop','exp':$NOW+60,'nbf':$NOW+50,'cnf':{'jwk':$LEAF}}",
            SG_E_NOT_YET },
        { TYP, "{" ISS ",'sub':'shop','exp':$NOW+60}", SG_E_MISSING },
        { TYP, "{" ISS ",'sub':'shop','exp':$NOW+60,'cnf':{}}", SG_E_KEY_INVALID },
        { TYP,
            "{" ISS ",'sub':'shop','exp':$NOW+60,'redirect_uris':['" VP_URI "/'],"
            "'cnf':{'jwk':$LEAF}}",
            SG_E_CLIENT },
        { TYP, "{" ISS ",'sub':'shop','exp':$NOW+60,'redirect_uris':[],'cnf':{'jwk':$LEAF}}",
            SG_E_CLIENT },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_result r = try_attested(&w.attester, rows[i].typ, rows[i].claims);
        support_assert_code(r, rows[i].code, rows[i].claims, __FILE__, __LINE__);
        assert_true(w.failure.reply == sg_ok(r));
    }
    assert_ok(try_attested(&w.attester, TYP, rows[0].claims));
    assert_str_is(w.request.attester, "https://attester.example");
    assert_str_is(w.request.name, "shop");
    ASSERT_SILENT(try_attested(&w.leaf, TYP, rows[0].claims), SIGNATURE);
    /* attested for one key, signed by another */
    w.leaf.jwk_json = w.other.jwk_json;
    ASSERT_SILENT(try_attested(&w.attester, TYP, rows[0].claims), SIGNATURE);
    ASSERT_SILENT(vp_try_signed(&w, "verifier_attestation:shop", NULL, same), MISSING);
}

/* ---- DIDs ------------------------------------------------------------------------------------------------------- */

static sg_result
try_did(sg_str did, sg_str kid)
{
    sg_str client_id;
    sg_str header;
    assert_ok(sg_arena_printf(w.arena, &client_id, "decentralized_identifier:%.*s", SG_PRINT(did)));
    assert_ok(sg_arena_printf(w.arena, &header,
        "{\"alg\":\"ES256\",\"typ\":\"oauth-authz-req+jwt\",\"kid\":\"%.*s\"}", SG_PRINT(kid)));
    return vp_try_signed(&w, client_id.p, header.p, same);
}

static void
test_did_jwk_and_did_key(void **state)
{
    sg_str dids[2];
    sg_str foreign;
    assert_ok(did_jwk_of(*state, &w.leaf_jwk, &dids[0]));
    assert_ok(did_key_of(*state, &w.leaf_jwk, &dids[1]));
    assert_ok(did_key_of(*state, &w.attester_jwk, &foreign));
    for (size_t i = 0; i < 2; i++) {
        sg_str kid;
        assert_ok(did_method_of(*state, dids[i], &kid));
        assert_ok(try_did(dids[i], kid));
        assert_true(sg_str_equal(w.request.name, dids[i]));
        ASSERT_SILENT(try_did(dids[i], dids[i]), CLIENT); /* no fragment */
        ASSERT_SILENT(try_did(foreign, kid), CLIENT);     /* kid of another DID */
        ASSERT_SILENT(try_did(dids[i], SG_NO_STR), CLIENT);
    }
    sg_str kid;
    assert_ok(did_method_of(*state, foreign, &kid));
    ASSERT_SILENT(try_did(foreign, kid), SIGNATURE);
}

static void
test_did_web_is_asked_for(void **state)
{
    const sg_str did = SG_LIT("did:web:v.example:a");
    struct did_entry entries[] = { { SG_LIT("k1"), &w.leaf_jwk, CID_ASSERTION_METHOD, true },
        { SG_LIT("k2"), &w.leaf_jwk, CID_KEY_AGREEMENT, true },
        { SG_LIT("k3"), &w.attester_jwk, CID_AUTHENTICATION, false } };
    struct cid_document document = { .url = did };
    assert_ok(did_document_build(*state, did, SG_NO_STR, entries, 3, &document.json));
    ASSERT_SILENT(try_did(did, SG_LIT("did:web:v.example:a#k1")), PENDING);
    assert_str_is(w.failure.did, "did:web:v.example:a");
    assert_str_is(w.failure.document_url, "https://v.example/a/did.json");
    w.trust.documents = &document;
    w.trust.n_documents = 1;
    assert_ok(try_did(did, SG_LIT("did:web:v.example:a#k1")));
    ASSERT_SILENT(try_did(did, SG_LIT("did:web:v.example:a#k2")), METHOD); /* not for this */
    ASSERT_SILENT(try_did(did, SG_LIT("did:web:v.example:a#k3")), SIGNATURE);
    ASSERT_SILENT(try_did(did, SG_LIT("did:web:v.example:a#k4")), METHOD);
    document.json = SG_LIT("{\"id\":\"did:web:other.example\"}");
    ASSERT_SILENT(try_did(did, SG_LIT("did:web:v.example:a#k1")), METHOD);
    ASSERT_SILENT(try_did(SG_LIT("did:ion:abc"), SG_LIT("did:ion:abc#k")), VALUE);
    assert_int_equal(w.failure.document_url.n, 0);
}

/* ---- never ------------------------------------------------------------------------------------------------------- */

static void
test_prefixes_that_are_refused(void **state)
{
    (void)state;
    ASSERT_SILENT(vp_try_value(&w, "origin:https://verifier.example", same), CLIENT);
    ASSERT_SILENT(vp_try_signed(&w, "origin:https://verifier.example", NULL, same), CLIENT);
    ASSERT_SILENT(
        vp_try_signed(&w, "openid_federation:https://v.example", NULL, same), UNSUPPORTED);
    ASSERT_SILENT(vp_try_value(&w, "https://verifier.example", same), CLIENT);
    ASSERT_SILENT(vp_try_signed(&w, "did:web:verifier.example", NULL, same), CLIENT);
    ASSERT_SILENT(vp_try_signed(&w, "x509_san_uri:https://verifier.example", NULL, same), CLIENT);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)
int
main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(test_prefixes),
        ONE(test_pre_registered),
        ONE(test_redirect_uri),
        ONE(test_x509_san_dns),
        ONE(test_san_wildcard),
        ONE(test_x509_hash),
        ONE(test_x509_chains),
        ONE(test_verifier_attestation),
        ONE(test_did_jwk_and_did_key),
        ONE(test_did_web_is_asked_for),
        ONE(test_prefixes_that_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

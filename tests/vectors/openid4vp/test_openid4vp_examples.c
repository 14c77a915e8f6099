/*
 * Examples of OpenID4VP 1.0 and the handover vector of Annex B.2.6, each inside a whole request. Not run: digital_credentials_api/ is shortened by its authors and
 * no JSON; response/ and credentials/ are decoded parts without signatures; sd_jwt_vcld/ is one presentation of a format that has no identifier of its own.
 * req: PRO-3
 */
#include "mdoc.h"
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

#define HASHED "x509_hash:$HASH"

/* A NUL-terminated copy of an example. */
static const char *
example(struct sg_arena *arena, const char *relative)
{
    const char *text;
    sg_bytes content = support_file(arena, support_vector_path(arena, relative));
    assert_ok(sg_arena_cstr(arena, sg_bytes_str(content), &text));
    return text;
}

static void
test_client_metadata(void **state)
{
    static const struct {
        const char *file;
        enum dcql_format format;
    } rows[] = {
        { "openid4vp/examples/client_metadata/sd_jwt_vc_verifier_metadata.json", DCQL_DC_SD_JWT },
        { "openid4vp/examples/client_metadata/mso_mdoc_verifier_metadata.json", DCQL_MSO_MDOC },
        { "openid4vp/examples/client_metadata/w3c_jwt_verifier_metadata.json", DCQL_JWT_VC_JSON },
        { "openid4vp/examples/client_metadata/w3c_ldp_verifier_metadata.json", DCQL_LDP_VC },
    };
    static const char query[] =
        "{'credentials':[{'id':'a','format':'dc+sd-jwt','meta':{'vct_values':['v']}},"
        "{'id':'b','format':'mso_mdoc','meta':{'doctype_value':'d'}},"
        "{'id':'c','format':'jwt_vc_json','meta':{'type_values':[['T']]}},"
        "{'id':'d','format':'ldp_vc','meta':{'type_values':[['T']]}}]}";
    const struct jose_alg *es256 = jose_alg_by_id(JOSE_ES256);
    const struct jose_alg *eddsa = jose_alg_by_id(JOSE_EDDSA);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct vp_change changes[] = { { "client_metadata", example(*state, rows[i].file) },
            { "dcql_query", query }, { NULL, NULL } };
        sg_result result = vp_try_signed(&w, HASHED, NULL, changes);
        assert_int_equal(result.code, i == 2 ? SG_E_UNSUPPORTED : SG_OK); /* see below */
        const struct sjson *metadata;
        assert_ok(sjson_parse(*state, sg_cstr(changes[0].json), NULL, &metadata));
        const struct oid4vp_request asked = { .vp_formats =
                                                  sjson_get(metadata, "vp_formats_supported") };
        const struct oid4vp_request *r = &asked;
        for (int f = DCQL_DC_SD_JWT; f <= DCQL_LDP_VC; f++) {
            assert_int_equal(
                oid4vp_fits_format(r, (enum dcql_format)f), (enum dcql_format)f == rows[i].format);
        }
        /* what the four files list, and what they do not */
        assert_int_equal(oid4vp_fits_sd_jwt(r, es256, es256), i == 0);
        assert_false(oid4vp_fits_sd_jwt(r, eddsa, eddsa));
        assert_int_equal(oid4vp_fits_mdoc(r, -7, JOSE_P256, -7, JOSE_P256), i == 1); /* by -9 */
        assert_false(oid4vp_fits_mdoc(r, -35, JOSE_P384, -7, JOSE_P256)); /* -50 is not ESP384 */
        assert_int_equal(oid4vp_fits_jwt_vc(r, es256, es256), i == 2);
        assert_int_equal(
            oid4vp_fits_ldp_vc(r, SG_LIT("DataIntegrityProof"), SG_LIT("ecdsa-sd-2023")), i == 3);
        assert_false(
            oid4vp_fits_ldp_vc(r, SG_LIT("DataIntegrityProof"), SG_LIT("eddsa-rdfc-2022")));
    }
}

#define ALL_FORMATS \
    "{'vp_formats_supported':{'dc+sd-jwt':{},'mso_mdoc':{},'jwt_vc_json':{},'ldp_vc':{}}}"

/* Each query, as the dcql_query of a request by value and of a signed one. */
static void
test_queries(void **state)
{
    const char **names;
    const char *folder = support_vector_path(*state, "openid4vp/examples/query_lang");
    size_t n = support_list(*state, folder, ".json", &names);
    assert_true(n >= 5);
    for (size_t i = 0; i < n; i++) {
        sg_str relative;
        assert_ok(sg_arena_printf(*state, &relative, "openid4vp/examples/query_lang/%s", names[i]));
        const struct vp_change changes[] = { { "dcql_query", example(*state, relative.p) },
            { "client_metadata", ALL_FORMATS }, { NULL, NULL } };
        assert_ok(vp_try_value(&w, "redirect_uri:" VP_URI, changes));
        size_t by_value = w.request.dcql.n;
        assert_ok(vp_try_signed(&w, HASHED, NULL, changes));
        assert_int_equal(w.request.dcql.n, by_value);
        print_message("%s: %zu\n", relative.p, by_value);
    }
}

/* A query for nothing but jwt_vc_json: well formed, and no format of ours. */
static void
test_jwt_vc_json_alone(void **state)
{
    const struct vp_change changes[] = {
        { "dcql_query", example(*state, "openid4vp/examples/request/dcql_jwt_vc.json") },
        { "client_metadata", ALL_FORMATS }, { NULL, NULL }
    };
    assert_refused(vp_try_signed(&w, HASHED, NULL, changes), UNSUPPORTED);
    assert_int_equal(w.failure.error, OID4VP_VP_FORMATS_NOT_SUPPORTED);
    assert_true(w.failure.reply);
}

/* RS256 is no algorithm for a request object here, whoever signs. */
static void
test_request_header(void **state)
{
    const char *header =
        example(*state, "openid4vp/examples/request/request_header_client_id_did.json");
    assert_refused(
        vp_try_signed(&w, "decentralized_identifier:did:example:123", header, NULL), ALGORITHM);
    assert_false(w.failure.reply);
}

static sg_str
text_of(const struct sjson *object, const char *name)
{
    sg_str text;
    assert_ok(sjson_member_text(object, name, &text));
    return text;
}

static sg_bytes
hex_of(struct sg_arena *arena, const struct sjson *object, const char *name)
{
    sg_bytes bytes;
    assert_ok(sg_hex_decode(arena, text_of(object, name), &bytes));
    return bytes;
}

/* B.2.6.1: from the request's own client_id, nonce, key and address to the session transcript. */
static void
test_handover(void **state)
{
    const struct sjson *vector;
    const struct sjson *redirect;
    sg_str key;
    sg_bytes got;
    assert_ok(
        sjson_parse(*state, sg_cstr(example(*state, "openid4vp/handover.json")), NULL, &vector));
    assert_ok(sjson_member_object(vector, "redirect", &redirect));
    key = sjson_get(vector, "verifier_enc_jwk")->source;
    sg_str metadata;
    sg_str nonce;
    sg_str uri;
    assert_ok(sg_arena_printf(*state, &metadata,
        "{'vp_formats_supported':{'mso_mdoc':{},'dc+sd-jwt':{}},'jwks':{'keys':[%.*s]}}",
        SG_PRINT(key)));
    assert_ok(sg_arena_printf(*state, &nonce, "'%.*s'", SG_PRINT(text_of(redirect, "nonce"))));
    assert_ok(sg_arena_printf(*state, &uri, "'%.*s'", SG_PRINT(text_of(redirect, "response_uri"))));
    const struct vp_change changes[] = { { "client_metadata", metadata.p }, { "nonce", nonce.p },
        { "response_mode", "'direct_post.jwt'" }, { "response_uri", uri.p }, { NULL, NULL } };
    struct status_cert form = { "example", "root", false, -600, 600 };
    sg_str der;
    assert_ok(sg_b64_encode(
        *state, status_cert_named(*state, &w.leaf, &w.ca, &form, "DNS:example.com"), &der));
    assert_ok(sg_arena_printf(*state, &w.x5c, "[\"%.*s\"]", SG_PRINT(der)));
    assert_ok(vp_try_signed(&w, "x509_san_dns:example.com", NULL, changes));
    assert_true(sg_bytes_equal(SG_BYTES(w.request.encryption->thumbprint),
        hex_of(*state, vector, "jwk_thumbprint_sha256_hex")));
    assert_ok(mdoc_transcript_redirect(*state, w.request.client_id, w.request.nonce,
        SG_BYTES(w.request.encryption->thumbprint), w.request.uri, &got));
    assert_true(sg_bytes_equal(got, hex_of(*state, redirect, "session_transcript_hex")));
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)
int
main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(test_client_metadata),
        ONE(test_queries),
        ONE(test_jwt_vc_json_alone),
        ONE(test_request_header),
        ONE(test_handover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* client_metadata, transaction_data, verifier_info, and which algorithms fit. req: PRO-3 */
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
#define XY                                               \
    "'x':'DxiH5Q4Yx3UrukE2lWCErq8N8bqC9CHLLrAwLz5BmE0'," \
    "'y':'XtLM4-3h5o3HUH0MHVJV0kyq0iBlrBwlh8qEDMZ4-Pc'"
#define P256 "'kty':'EC','crv':'P-256'," XY
#define FORMATS "'vp_formats_supported':{'dc+sd-jwt':{},'mso_mdoc':{}}"
#define KEYS(keys) "{" FORMATS ",'jwks':{'keys':[" keys "]}}"
#define GOOD "{" P256 ",'alg':'ECDH-ES','kid':'1','use':'enc'}"

static sg_result
try_metadata(const char *mode, const char *metadata)
{
    const struct vp_change changes[] = { { "response_mode", mode }, { "client_metadata", metadata },
        { NULL, NULL } };
    return vp_try_signed(&w, HASHED, NULL, changes);
}

static void
test_the_key_of_the_handover_vector(void **state)
{
    sg_bytes want =
        support_hex(*state, "4283ec927ae0f208daaa2d026a814f2b22dca52cf85ffa8f3f8626c6bd669047");
    assert_ok(try_metadata("'direct_post.jwt'", KEYS(GOOD)));
    assert_int_equal(w.request.mode, OID4VP_DIRECT_POST_JWT);
    assert_non_null(w.request.encryption);
    assert_memory_equal(w.request.encryption->thumbprint, want.p, want.n);
    assert_str_is(w.request.encryption->kid, "1");
    assert_int_equal(w.request.encryption->enc, OID4VP_A128GCM);
    assert_string_equal(oid4vp_enc_name(OID4VP_A128GCM), "A128GCM");
    assert_string_equal(oid4vp_enc_name(OID4VP_A256GCM), "A256GCM");
    assert_ok(try_metadata("'direct_post'", KEYS(GOOD)));
    assert_null(w.request.encryption);
}

static void
test_keys(void **state)
{
    static const struct {
        const char *metadata;
        enum sg_code code;
    } rows[] = {
        { KEYS("{" P256 ",'alg':'ECDH-ES','kid':'1'}"), SG_OK },
        { KEYS("{" P256 ",'alg':'ECDH-ES','kid':'1','key_ops':['deriveBits']}"), SG_OK },
        { KEYS("{" P256 ",'alg':'ES256','kid':'s','use':'sig'}," GOOD), SG_OK },
        { KEYS("{'kty':'RSA','n':'AQAB','e':'AQAB','kid':'r','alg':'RSA-OAEP'}," GOOD), SG_OK },
        { KEYS("{'kty':'OKP','crv':'X25519','x':'AA','kid':'x','alg':'ECDH-ES'}," GOOD), SG_OK },
        { "{" FORMATS "}", SG_E_MISSING },
        { "{" FORMATS ",'jwks':[]}", SG_E_TYPE },
        { "{" FORMATS ",'jwks':{}}", SG_E_MISSING },
        { KEYS(""), SG_E_ALGORITHM },
        { KEYS("1"), SG_E_TYPE },
        { KEYS("{" P256 ",'kid':'1','use':'enc'}"), SG_E_ALGORITHM }, /* no alg */
        { KEYS("{" P256 ",'alg':'ECDH-ES+A128KW','kid':'1'}"), SG_E_ALGORITHM },
        { KEYS("{" P256 ",'alg':'ECDH-ES','kid':'1','use':'sig'}"), SG_E_ALGORITHM },
        { KEYS("{" P256 ",'alg':'ECDH-ES','kid':'1','key_ops':['verify']}"), SG_E_ALGORITHM },
        { KEYS("{" P256 ",'alg':'ECDH-ES'}"), SG_E_MISSING }, /* no kid */
        { KEYS("{" P256 ",'alg':'ECDH-ES','kid':''}"), SG_E_TYPE },
        { KEYS("{" P256 ",'alg':'ECDH-ES','kid':7}"), SG_E_TYPE },
        { KEYS(GOOD ",{'kty':'oct','kid':'1'}"), SG_E_DUPLICATE },
        { KEYS("{" P256 ",'alg':'ECDH-ES','kid':'1','d':'AA'}"), SG_E_KEY_PRIVATE },
        { KEYS("{'kty':'EC','crv':'P-256','x':'DxiH5Q4Yx3UrukE2lWCErq8N8bqC9CHLLrAwLz5BmE0',"
               "'y':'DxiH5Q4Yx3UrukE2lWCErq8N8bqC9CHLLrAwLz5BmE0','alg':'ECDH-ES','kid':'1'}"),
            SG_E_KEY_INVALID }, /* not on the curve */
        { KEYS("{'kty':'EC','crv':'secp256k1'," XY ",'alg':'ECDH-ES','kid':'1'}"), SG_E_ALGORITHM },
        { "{" FORMATS ",'jwks':{'keys':[" GOOD
          "]},'encrypted_response_enc_values_supported':['A128GCM']}",
            SG_OK },
        { "{" FORMATS ",'jwks':{'keys':[" GOOD
          "]},'encrypted_response_enc_values_supported':['A192GCM','A128CBC-HS256']}",
            SG_E_ALGORITHM },
        { "{" FORMATS ",'jwks':{'keys':[" GOOD "]},'encrypted_response_enc_values_supported':[]}",
            SG_E_TYPE },
        { "{" FORMATS ",'jwks':{'keys':[" GOOD
          "]},'encrypted_response_enc_values_supported':'A128GCM'}",
            SG_E_TYPE },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_result r = try_metadata("'direct_post.jwt'", rows[i].metadata);
        support_assert_code(r, rows[i].code, rows[i].metadata, __FILE__, __LINE__);
        if (!sg_ok(r)) {
            assert_int_equal(w.failure.error, OID4VP_INVALID_REQUEST);
            assert_true(w.failure.reply);
            assert_int_equal(w.failure.mode, OID4VP_DIRECT_POST_JWT);
        }
    }
}

static void
test_metadata(void **state)
{
    static const struct vp_change given[] = { { "client_metadata", "{" FORMATS "}" },
        { NULL, NULL } };
    static const struct vp_change left_out[] = { { "client_metadata", NULL }, { NULL, NULL } };
    const struct sjson *registered;
    (void)state;
    assert_refused(try_metadata("'direct_post'", NULL), MISSING);
    assert_refused(try_metadata("'direct_post'", "[]"), TYPE);
    assert_refused(try_metadata("'direct_post'", "{}"), MISSING);
    assert_refused(try_metadata("'direct_post'", "{'vp_formats_supported':[]}"), TYPE);
    assert_refused(
        try_metadata("'direct_post'", "{'vp_formats_supported':{'dc+sd-jwt':[]}}"), TYPE);
    assert_ok(try_metadata("'direct_post'", "{" FORMATS ",'client_name':7,'unknown':[]}"));
    /* what is registered counts, and nothing beside it */
    assert_ok(sjson_parse(w.arena, vp_fill(&w, "{" FORMATS "}"), NULL, &registered));
    w.clients[1].metadata = registered;
    assert_ok(vp_try_value(&w, "plain", left_out));
    assert_ptr_equal(w.request.vp_formats, sjson_get(registered, "vp_formats_supported"));
    assert_refused(vp_try_value(&w, "plain", given), CONFLICT);
    assert_int_equal(w.failure.error, OID4VP_INVALID_CLIENT);
    assert_true(w.failure.reply);
}

/* ---- transaction_data ------------------------------------------------------------------------------------------ */

static sg_str
encoded(const char *json)
{
    sg_str text = vp_fill(&w, json);
    sg_str out;
    assert_ok(sg_b64url_encode(w.arena, sg_str_bytes(text), &out));
    return out;
}

static sg_result
try_transactions(const char *query, const char *const *elements, size_t n)
{
    struct sg_buf buf = sg_buf_new(w.arena, 1024, (size_t)1024 * 1024);
    sg_str text;
    sg_buf_put_cstr(&buf, "[");
    for (size_t i = 0; i < n; i++) {
        sg_buf_put_cstr(&buf, i == 0 ? "\"" : ",\"");
        sg_buf_put_str(&buf, encoded(elements[i]));
        sg_buf_put_cstr(&buf, "\"");
    }
    sg_buf_put_cstr(&buf, "]");
    sg_buf_put_byte(&buf, 0);
    assert_ok(sg_buf_end_str(&buf, &text));
    const struct vp_change changes[] = { { "transaction_data", text.p }, { "dcql_query", query },
        { NULL, NULL } };
    return vp_try_signed(&w, HASHED, NULL, changes);
}

#define QUERY                                                                        \
    "{'credentials':[{'id':'pid','format':'dc+sd-jwt','meta':{'vct_values':['v']}}," \
    "{'id':'mdl','format':'mso_mdoc','meta':{'doctype_value':'d'}},"                 \
    "{'id':'bare','format':'dc+sd-jwt','meta':{'vct_values':['v']},"                 \
    "'require_cryptographic_holder_binding':false},"                                 \
    "{'id':'w3c','format':'ldp_vc','meta':{'type_values':[['T']]}}]}"
#define PAY(more) \
    "{'type':'payment','credential_ids':['pid','mdl'],'amount':'1','payee':'P'" more "}"

static void
test_transaction_data(void **state)
{
    const char *two[] = { PAY(""), PAY(",'once':true") };
    uint8_t hash[SG_HASH_MAX];
    uint8_t want[SG_SHA256_LEN];
    (void)state;
    assert_ok(try_transactions(QUERY, two, 2));
    assert_int_equal(w.request.n_transactions, 2);
    const struct oid4vp_transaction *t = &w.request.transactions[1];
    assert_str_is(t->type, "payment");
    assert_int_equal(t->n_queries, 2);
    assert_int_equal(t->queries[1], 1);
    assert_int_equal(sjson_get(t->object, "once")->type, SJSON_TRUE);
    assert_int_equal(w.request.transaction_hash, SG_SHA256);
    assert_false(w.request.transaction_hash_named);
    /* over the text that came, not over what it says */
    oid4vp_transaction_hash(&w.request, t, hash);
    sg_sha256(sg_str_bytes(encoded(two[1])), want);
    assert_memory_equal(hash, want, sizeof(want));
    sg_sha256(sg_str_bytes(vp_fill(&w, two[1])), want);
    assert_memory_not_equal(hash, want, sizeof(want));
}

static void
test_transaction_hashes(void **state)
{
    static const struct {
        const char *elements[2];
        enum sg_code code;
        enum sg_hash_alg alg;
    } rows[] = {
        { { PAY(",'transaction_data_hashes_alg':['sha-256','sha-384']"),
              PAY(",'transaction_data_hashes_alg':['sha-512','sha-384']") },
            SG_OK, SG_SHA384 },
        { { PAY(""), PAY(",'transaction_data_hashes_alg':['sha-512','sha-256']") }, SG_OK,
            SG_SHA256 },
        { { PAY(""), PAY(",'transaction_data_hashes_alg':['sha-512']") }, SG_E_ALGORITHM, 0 },
        { { PAY(""), PAY(",'transaction_data_hashes_alg':['md5']") }, SG_E_ALGORITHM, 0 },
        { { PAY(""), PAY(",'transaction_data_hashes_alg':[]") }, SG_E_TYPE, 0 },
        { { PAY(""), PAY(",'transaction_data_hashes_alg':'sha-256'") }, SG_E_TYPE, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_result r = try_transactions(QUERY, rows[i].elements, 2);
        support_assert_code(r, rows[i].code, rows[i].elements[1], __FILE__, __LINE__);
        if (sg_ok(r)) {
            assert_int_equal(w.request.transaction_hash, rows[i].alg);
            assert_true(w.request.transaction_hash_named);
        }
    }
    assert_string_equal(oid4vp_hash_name(SG_SHA256), "sha-256");
    assert_string_equal(oid4vp_hash_name(SG_SHA384), "sha-384");
    assert_string_equal(oid4vp_hash_name(SG_SHA512), "sha-512");
}

static void
test_transaction_refusals(void **state)
{
    static const struct {
        const char *element;
        enum sg_code code;
    } rows[] = {
        { "{'type':'sale','credential_ids':['pid']}", SG_E_UNSUPPORTED },
        { "{'credential_ids':['pid'],'amount':'1','payee':'P'}", SG_E_MISSING },
        { "{'type':'payment','amount':'1','payee':'P'}", SG_E_MISSING },
        { "{'type':'payment','credential_ids':[],'amount':'1','payee':'P'}", SG_E_VALUE },
        { "{'type':'payment','credential_ids':'pid','amount':'1','payee':'P'}", SG_E_TYPE },
        { "{'type':'payment','credential_ids':[1],'amount':'1','payee':'P'}", SG_E_TYPE },
        { "{'type':'payment','credential_ids':['no'],'amount':'1','payee':'P'}", SG_E_NOT_FOUND },
        { "{'type':'payment','credential_ids':['pid','bare'],'amount':'1','payee':'P'}",
            SG_E_VALUE },
        { "{'type':'payment','credential_ids':['w3c'],'amount':'1','payee':'P'}",
            SG_E_UNSUPPORTED },
        { "{'type':'payment','credential_ids':['pid'],'payee':'P'}", SG_E_MISSING },
        { "{'type':'payment','credential_ids':['pid'],'amount':1,'payee':'P'}", SG_E_TYPE },
        { "{'type':'payment','credential_ids':['pid'],'amount':'','payee':'P'}", SG_E_TYPE },
        { PAY(",'fee':'2'"), SG_E_VALUE },
        { PAY(",'once':'yes'"), SG_E_TYPE },
        { PAY(",'amount':'2'"), SG_E_DUPLICATE },
        { "[]", SG_E_TYPE },
        { "{", SG_E_MALFORMED },
    };
    static const struct {
        const char *json;
        enum sg_code code;
    } lists[] = { { "[]", SG_E_TYPE }, { "'x'", SG_E_TYPE }, { "[{}]", SG_E_TYPE },
        { "['a=']", SG_E_ENCODING },
        { "['a','a','a','a','a','a','a','a','a','a','a','a','a','a','a','a','a']",
            SG_E_TOO_MANY } };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *two[] = { PAY(""), rows[i].element }; /* one bad element among two */
        sg_result r = try_transactions(QUERY, two, 2);
        support_assert_code(r, rows[i].code, rows[i].element, __FILE__, __LINE__);
        assert_int_equal(w.failure.error, OID4VP_INVALID_TRANSACTION_DATA);
        assert_true(w.failure.reply);
    }
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const struct vp_change changes[] = { { "transaction_data", lists[i].json },
            { NULL, NULL } };
        sg_result r = vp_try_signed(&w, HASHED, NULL, changes);
        support_assert_code(r, lists[i].code, lists[i].json, __FILE__, __LINE__);
        assert_int_equal(w.failure.error, OID4VP_INVALID_TRANSACTION_DATA);
    }
    w.trust.n_transactions = 0; /* a wallet that knows no type refuses all of them */
    const char *one[] = { PAY("") };
    assert_refused(try_transactions(QUERY, one, 1), UNSUPPORTED);
}

static void
test_verifier_info(void **state)
{
    static const struct {
        const char *json;
        enum sg_code code;
    } rows[] = {
        { "[{'format':'jwt','data':'a.b.c','credential_ids':['mdl']},{'format':'x','data':{}}]",
            SG_OK },
        { "[]", SG_E_TYPE },
        { "{}", SG_E_TYPE },
        { "['a']", SG_E_TYPE },
        { "[{'data':'a'}]", SG_E_MISSING },
        { "[{'format':'jwt'}]", SG_E_MISSING },
        { "[{'format':'jwt','data':1}]", SG_E_TYPE },
        { "[{'format':'jwt','data':'a','credential_ids':['no']}]", SG_E_NOT_FOUND },
        { "[{'format':'jwt','data':'a','credential_ids':[]}]", SG_E_VALUE },
        { "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", SG_E_TOO_MANY },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct vp_change changes[] = { { "verifier_info", rows[i].json }, { NULL, NULL } };
        sg_result r = vp_try_signed(&w, HASHED, NULL, changes);
        support_assert_code(r, rows[i].code, rows[i].json, __FILE__, __LINE__);
        if (sg_ok(r)) {
            assert_int_equal(w.request.n_infos, 2);
            assert_int_equal(w.request.infos[0].queries[0], 1);
            assert_int_equal(w.request.infos[1].n_queries, 0);
        }
    }
}

/* ---- algorithms ----------------------------------------------------------------------------------------------------- */

static struct oid4vp_request
with_formats(const char *json)
{
    struct oid4vp_request request = { 0 };
    assert_ok(sjson_parse(w.arena, vp_fill(&w, json), NULL, &request.vp_formats));
    return request;
}

static void
test_sd_jwt_algorithms(void **state)
{
    const struct jose_alg *es256 = jose_alg_by_id(JOSE_ES256);
    const struct jose_alg *eddsa = jose_alg_by_id(JOSE_EDDSA);
    (void)state;
    struct oid4vp_request r = with_formats(
        "{'dc+sd-jwt':{'sd-jwt_alg_values':['ES256'],'kb-jwt_alg_values':['ES384','Ed25519']}}");
    assert_true(oid4vp_fits_format(&r, DCQL_DC_SD_JWT));
    assert_false(oid4vp_fits_format(&r, DCQL_MSO_MDOC));
    assert_false(oid4vp_fits_format(&r, DCQL_UNKNOWN));
    assert_true(oid4vp_fits_sd_jwt(&r, es256, NULL));
    assert_true(oid4vp_fits_sd_jwt(&r, es256, eddsa));
    assert_false(oid4vp_fits_sd_jwt(&r, es256, es256));
    assert_false(oid4vp_fits_sd_jwt(&r, eddsa, eddsa));
    assert_string_equal(oid4vp_kb_alg_name(&r, eddsa), "Ed25519");
    assert_string_equal(oid4vp_kb_alg_name(&r, es256), "ES256");
    r = with_formats("{'dc+sd-jwt':{'kb-jwt_alg_values':['Ed25519','EdDSA']}}");
    assert_string_equal(oid4vp_kb_alg_name(&r, eddsa), "EdDSA");
    r = with_formats("{'dc+sd-jwt':{}}");
    assert_true(oid4vp_fits_sd_jwt(&r, eddsa, es256));
    assert_string_equal(oid4vp_kb_alg_name(&r, eddsa), "EdDSA");
    r = with_formats("{'dc+sd-jwt':{'sd-jwt_alg_values':[]}}");
    assert_false(oid4vp_fits_sd_jwt(&r, es256, NULL));
    r = with_formats("{'dc+sd-jwt':{'sd-jwt_alg_values':'ES256'}}");
    assert_false(oid4vp_fits_sd_jwt(&r, es256, NULL));
    r = with_formats("{'mso_mdoc':{}}");
    assert_false(oid4vp_fits_sd_jwt(&r, es256, NULL));
}

/* B.2.2, RFC 9864: the number in the list, the one in the header, the curve. */
static void
test_mdoc_algorithms(void **state)
{
    static const struct {
        const char *listed;
        int64_t alg;
        enum jose_crv crv;
        bool fits;
    } rows[] = {
        { "-7", -7, JOSE_P256, true },
        { "-7", -7, JOSE_P384, true }, /* -7 says nothing about a curve */
        { "-9", -7, JOSE_P256, true },
        { "-9", -7, JOSE_P384, false },
        { "-9", -9, JOSE_P256, true },
        { "-7", -9, JOSE_P256, false },
        { "-51", -35, JOSE_P384, true },
        { "-51", -35, JOSE_P256, false },
        { "-50", -35, JOSE_P384, false }, /* the example's number is another algorithm's */
        { "-52", -36, JOSE_P521, true },
        { "-19", -8, JOSE_ED25519, true },
        { "-8", -8, JOSE_ED25519, true },
        { "-65537", -7, JOSE_P256, false }, /* a MAC: not ours */
        { "'-7'", -7, JOSE_P256, false },
        { "-7.5", -7, JOSE_P256, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_str text;
        assert_ok(sg_arena_printf(
            w.arena, &text, "{'mso_mdoc':{'issuerauth_alg_values':[-999,%s]}}", rows[i].listed));
        struct oid4vp_request r = with_formats(text.p);
        assert_int_equal(
            oid4vp_fits_mdoc(&r, rows[i].alg, rows[i].crv, -7, JOSE_P256), rows[i].fits);
        assert_ok(sg_arena_printf(
            w.arena, &text, "{'mso_mdoc':{'deviceauth_alg_values':[%s]}}", rows[i].listed));
        r = with_formats(text.p);
        assert_int_equal(
            oid4vp_fits_mdoc(&r, -35, JOSE_P384, rows[i].alg, rows[i].crv), rows[i].fits);
    }
}

static void
test_w3c_algorithms(void **state)
{
    const struct jose_alg *es256 = jose_alg_by_id(JOSE_ES256);
    const struct jose_alg *es384 = jose_alg_by_id(JOSE_ES384);
    (void)state;
    struct oid4vp_request r = with_formats("{'jwt_vc_json':{'alg_values':['ES256']},'ldp_vc':{"
                                           "'proof_type_values':['DataIntegrityProof','X'],"
                                           "'cryptosuite_values':['ecdsa-sd-2023']},"
                                           "'vc+jwt':{'alg_values':['ES384']},"
                                           "'vc+cose':{'alg_values':[-9]},'vc+sd-jwt':{}}");
    assert_true(oid4vp_fits_jwt_vc(&r, es256, es256));
    assert_true(oid4vp_fits_jwt_vc(&r, es256, NULL));
    assert_false(oid4vp_fits_jwt_vc(&r, es384, es256));
    assert_false(oid4vp_fits_jwt_vc(&r, es256, es384));
    assert_true(oid4vp_fits_ldp_vc(&r, SG_LIT("DataIntegrityProof"), SG_LIT("ecdsa-sd-2023")));
    assert_false(oid4vp_fits_ldp_vc(&r, SG_LIT("DataIntegrityProof"), SG_LIT("ecdsa-rdfc-2019")));
    assert_true(oid4vp_fits_ldp_vc(&r, SG_LIT("X"), SG_NO_STR));
    assert_false(oid4vp_fits_ldp_vc(&r, SG_LIT("Y"), SG_NO_STR));
    assert_true(oid4vp_fits_vc_jose(&r, DCQL_VC_JWT, es384, NULL));
    assert_false(oid4vp_fits_vc_jose(&r, DCQL_VC_JWT, es384, es256));
    assert_true(oid4vp_fits_vc_jose(&r, DCQL_VC_COSE, es256, es256));
    assert_false(oid4vp_fits_vc_jose(&r, DCQL_VC_COSE, es384, NULL));
    assert_true(oid4vp_fits_vc_jose(&r, DCQL_VC_SD_JWT, es384, es256));
    r = with_formats("{}");
    assert_false(oid4vp_fits_jwt_vc(&r, es256, NULL));
    assert_false(oid4vp_fits_ldp_vc(&r, SG_LIT("X"), SG_NO_STR));
    assert_false(oid4vp_fits_vc_jose(&r, DCQL_VC_JWT, es256, NULL));
    assert_false(oid4vp_fits_mdoc(&r, -7, JOSE_P256, -7, JOSE_P256));
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)
int
main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(test_the_key_of_the_handover_vector),
        ONE(test_keys),
        ONE(test_metadata),
        ONE(test_transaction_data),
        ONE(test_transaction_hashes),
        ONE(test_transaction_refusals),
        ONE(test_verifier_info),
        ONE(test_sd_jwt_algorithms),
        ONE(test_mdoc_algorithms),
        ONE(test_w3c_algorithms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

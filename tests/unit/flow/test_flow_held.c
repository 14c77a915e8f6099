/* gateway/flow/flow_show.h, flow_held_read: what a credential says of itself, and what is refused (req: PRO-3, FMT-1 to FMT-4). */
#include "support.h"

#include "did.h"
#include "sdjwt.h"
#include "show_rig.h"

#define NOW WORLD_NOW

static struct show_rig rig;

static int
setup(void **state)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)256 * 1024 * 1024);
    *state = arena;
    show_rig_init(arena, JOSE_P256, NOW, &rig);
    return arena == NULL;
}

static int
teardown(void **state)
{
    struct sg_arena *arena = *state;
    show_rig_done(&rig);
    sg_arena_free(&arena);
    return 0;
}

static struct flow_held
held_of(sg_str value)
{
    struct flow_held held;
    struct sg_why why = { 0 };
    sg_result r = flow_held_read(rig.arena, rig.contexts, SG_NO_STR, value, &why, &held);
    if (!sg_ok(r)) {
        fail_msg("read: %s %s", sg_code_row(r.code)->name, why.what);
    }
    return held;
}

static void
refused(sg_str value, enum sg_code code, const char *what)
{
    struct flow_held held = { .format = "untouched" };
    struct sg_why why = { 0 };
    sg_result r = flow_held_read(rig.arena, rig.contexts, SG_NO_STR, value, &why, &held);
    if (r.code != code || (what != NULL && strcmp(why.what, what) != 0)) {
        fail_msg("%.*s: %s %s, wanted %s %s", (int)(value.n < 80 ? value.n : 80), value.p,
            sg_code_row(r.code)->name, why.what, sg_code_row(code)->name, what);
    }
    assert_string_equal(held.format, "untouched");
    assert_non_null(why.what);
}

static bool
has_type(const struct flow_held *held, const char *type)
{
    for (size_t i = 0; i < held->view.n_types; i++) {
        if (sg_str_is(held->view.types[i], type)) {
            return true;
        }
    }
    return false;
}

static void
is_the_holders(const struct flow_held *held)
{
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    assert_ok(jwk_thumbprint(rig.arena, &rig.holder.jwk, thumbprint));
    assert_true(held->has_key);
    assert_memory_equal(held->thumbprint, thumbprint, sizeof(thumbprint));
    assert_int_equal(held->key.kid.n + held->key.use.n, 0);
    assert_null(held->key.alg);
}

/* ---- what is read ------------------------------------------------------------------------------------------ */

static void
test_sd_jwt_is_read(void **state)
{
    (void)state;
    struct flow_held held = held_of(show_sd_jwt(&rig,
        ",\"nbf\":1799999000.5,\"aka_vcts\":[\"urn:example:other\"],\"status\":{\"status_list\":{"
        "\"idx\":7,\"uri\":\"https://issuer.example/status/a\"}}"));
    assert_string_equal(held.format, "dc+sd-jwt");
    assert_int_equal(held.view.format, DCQL_DC_SD_JWT);
    assert_str_is(held.view.type, SHOW_VCT);
    assert_int_equal(held.view.n_extends, 1);
    assert_str_is(held.view.extends[0], "urn:example:other");
    assert_false(held.view.bound || held.view.usable); /* the caller's to say */
    is_the_holders(&held);
    assert_int_equal(held.n_refs, 1);
    assert_int_equal(held.refs[0].type, WIRE_REF_TOKEN_STATUS_LIST);
    assert_int_equal(held.refs[0].idx, 7);
    assert_str_is(held.refs[0].uri, "https://issuer.example/status/a");
    assert_null(held.status_problem);
    assert_int_equal(held.not_before, 1799999001); /* never before what it says */
    assert_int_equal(held.not_after, NOW + 86400 - 1);
    assert_str_is(held.issuer, "https://issuer.example");
    assert_int_equal(held.n_algs, 1);
    assert_int_equal(held.algs[0].alg->id, JOSE_ES256);
    /* every disclosure in its place */
    assert_non_null(sjson_get(sjson_get(held.view.claims, "address"), "street_address"));
}

static void
test_mdoc_is_read(void **state)
{
    (void)state;
    struct flow_held held = held_of(show_mdoc(&rig));
    sg_bytes id;
    assert_string_equal(held.format, "mso_mdoc");
    assert_str_is(held.type, SHOW_DOC_TYPE);
    is_the_holders(&held);
    assert_int_equal(held.refs[0].idx, 412);
    assert_int_equal(held.not_after, NOW / 3600 * 3600 + 90 * WORLD_DAY);
    assert_str_is(held.issuer, "test DS");
    assert_int_equal(held.view.n_authority_keys, 1);
    assert_ok(x509_authority_key_id(rig.arena, rig.world.ds, &id));
    assert_true(sg_bytes_equal(held.view.authority_keys[0], id));
    const struct sjson *space = sjson_get(held.view.claims, SHOW_NS);
    assert_int_equal(space->n, 7);
    assert_true(sjson_is_text(sjson_get(space, "birthdate"), "1981-07-07"));
    assert_true(sjson_is_text(sjson_get(space, "portrait"), "_9j_4AAQ"));
    assert_int_equal(sjson_get(space, "age_over_18")->type, SJSON_TRUE);
}

#define ENTRY(purpose, list, index)                                       \
    "{\"type\":\"BitstringStatusListEntry\",\"statusPurpose\":\"" purpose \
    "\",\"statusListIndex\":\"" index "\",\"statusListCredential\":\"https://" list "\"}"

static void
test_w3c_is_read(void **state)
{
    (void)state;
    static const char status[] = ",\"name\":\"Person card\",\"credentialStatus\":[" ENTRY(
        "revocation", "a.example/1", "5") "," ENTRY("suspension", "a.example/2",
        "6") "," ENTRY("refresh", "a.example/3", "7") "," ENTRY("message", "a.example/4", "8") "]";
    for (size_t i = 0; i < 4; i++) {
        static const char *const formats[] = { "ldp_vc", "vc+jwt", "vc+sd-jwt", "vc+cose" };
        struct flow_held held = held_of(
            i == 0 ? show_ldp(&rig, DI_ECDSA_JCS_2019, status) : show_vc(&rig, formats[i], status));
        assert_string_equal(held.format, formats[i]);
        is_the_holders(&held);
        assert_true(sg_str_equal(held.did, rig.holder.did));
        assert_true(has_type(&held, "https://issuer.example/vocab#Person"));
        assert_true(has_type(&held, "https://www.w3.org/2018/credentials#VerifiableCredential"));
        assert_int_equal(has_type(&held, "Person"), i != 0); /* B.1.1: expanded */
        assert_str_is(held.type, "Person");
        assert_str_is(held.name, "Person card");
        assert_str_is(held.issuer_name, "Example Issuer");
        assert_true(sg_str_equal(held.issuer, rig.issuer.did));
        assert_int_equal(held.n_refs, 4);
        for (size_t k = 0; k < 4; k++) {
            assert_int_equal(held.refs[k].type, WIRE_REF_BITSTRING_REVOCATION + k);
            assert_int_equal(held.refs[k].idx, 5 + k);
        }
        assert_null(held.status_problem);
        assert_int_equal(held.not_before, 1577836800); /* 2020-01-01 */
        assert_int_equal(held.not_after, 3786912000);  /* 2090-01-01 */
        assert_int_equal(held.n_algs, 1);
        assert_true(i == 0 ? sg_str_is(held.algs[0].suite, "ecdsa-jcs-2019")
                           : held.algs[0].alg->id == JOSE_ES256);
    }
}

static void
test_a_status_that_nobody_can_tell(void **state)
{
    (void)state;
    static const char *const rows[] = {
        ",\"credentialStatus\":{\"id\":\"https://a.example/1#2\",\"type\":\"StatusList2021Entry\"}",
        ",\"credentialStatus\":" ENTRY("holiday", "a.example/1", "5"),
        ",\"credentialStatus\":" ENTRY("revocation", "a.example/1", "x"),
        ",\"credentialStatus\":[" ENTRY("revocation", "a.example/1", "5") ",{\"type\":\"Else\"}]",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_non_null(held_of(show_vc(&rig, "vc+jwt", rows[i])).status_problem);
    }
    assert_non_null(held_of(show_sd_jwt(&rig, ",\"status\":{\"other\":{\"a\":1}}")).status_problem);
    rig.world.build.status = (struct mdoc_status){ .kind = MDOC_IDENTIFIER_LIST,
        .uri = SG_LIT("https://issuer.example/ids"),
        .id = SG_BYTES("1") };
    assert_non_null(held_of(show_mdoc(&rig)).status_problem);
    sg_str many = show_text(&rig, ",\"credentialStatus\":[%s", ENTRY("revocation", "a", "0"));
    for (int i = 0; i < FLOW_HELD_REFS_MAX; i++) {
        many = show_text(&rig, "%.*s,%s", SG_PRINT(many), ENTRY("revocation", "a", "1"));
    }
    many = show_text(&rig, "%.*s]", SG_PRINT(many));
    refused(show_vc(&rig, "vc+jwt", many.p), SG_E_TOO_MANY, "status references");
}

static void
test_not_bound(void **state)
{
    (void)state;
    rig.holder_did = SG_LIT("did:web:holder.example");
    struct flow_held held = held_of(show_ldp(&rig, DI_ECDSA_RDFC_2019, ""));
    assert_false(held.has_key);
    struct show_query query;
    struct flow_show show;
    show_ask(&rig, &held, ",'require_cryptographic_holder_binding':false", &query);
    show = show_made(&rig, &held, &query);
    assert_refused(flow_show_check(rig.arena, &show, NULL), KEY_INVALID);
    show.key = NULL;
    assert_ok(flow_show_check(rig.arena, &show, NULL));
    /* a did:jwk keeps its text, whatever members its key has */
    sg_str did;
    struct jwk named = rig.holder.jwk;
    named.kid = SG_LIT("mine");
    assert_ok(did_jwk_of(rig.arena, &named, &did));
    rig.holder_did = did;
    held = held_of(show_ldp(&rig, DI_ECDSA_RDFC_2019, ""));
    is_the_holders(&held);
    assert_true(sg_str_equal(held.did, did));
}

/* ---- what is refused ------------------------------------------------------------------------------------------- */

static void
test_bytes_that_are_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum sg_code code;
    } rows[] = {
        { "", SG_E_MALFORMED },
        { "x", SG_E_UNSUPPORTED },
        { "AAAA", SG_E_UNSUPPORTED },
        { "oA", SG_E_UNSUPPORTED },    /* an empty map, cut short */
        { "oAAA", SG_E_MALFORMED },    /* an empty map, and more */
        { "omFhAWFiAg", SG_E_MDOC },   /* {"a": 1, "b": 2} */
        { "hEOhASag9kA", SG_E_TYPE },  /* COSE_Sign1 without typ */
        { "0oRDoQEmoPZA", SG_E_TYPE }, /* with its tag */
        { "{", SG_E_MALFORMED },
        { "{}", SG_E_VCDM },
        { "{\"a\":1,\"a\":2}", SG_E_DUPLICATE },
        { "[]", SG_E_UNSUPPORTED },
        { "a.b.c", SG_E_UNSUPPORTED },
        { "a.b.c~", SG_E_UNSUPPORTED },
        { "~", SG_E_UNSUPPORTED },
        { " {}", SG_E_UNSUPPORTED },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        refused(sg_cstr(rows[i].value), rows[i].code, NULL);
    }
    struct flow_held held;
    char *large = sg_arena_alloc(rig.arena, FLOW_HELD_MAX + 1);
    memset(large, 'a', FLOW_HELD_MAX + 1);
    assert_refused(flow_held_read(rig.arena, rig.contexts, SG_NO_STR,
                       sg_str_of(large, FLOW_HELD_MAX + 1), NULL, &held),
        TOO_LARGE);
}

static void
test_the_format_that_was_said(void **state)
{
    (void)state;
    struct flow_held held;
    sg_str value = show_vc(&rig, "vc+sd-jwt", "");
    assert_ok(flow_held_read(rig.arena, rig.contexts, SG_LIT("vc+sd-jwt"), value, NULL, &held));
    assert_refused(
        flow_held_read(rig.arena, rig.contexts, SG_LIT("dc+sd-jwt"), value, NULL, &held), TYPE);
    assert_refused(
        flow_held_read(rig.arena, rig.contexts, SG_LIT("jwt_vc_json"), value, NULL, &held),
        UNSUPPORTED);
}

static void
test_sd_jwts_that_are_refused(void **state)
{
    (void)state;
    sg_str good = show_sd_jwt(&rig, "");
    static const char header[] = "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}";
    /* a disclosure that belongs to nothing, one that is missing its tilde, one twice */
    refused(
        show_text(&rig, "%.*sWyJhIiwiYiIsMV0~", SG_PRINT(good)), SG_E_DISCLOSURE, "disclosures");
    refused(sg_str_slice(good, 0, good.n - 1), SG_E_MALFORMED, NULL);
    size_t first = sg_str_index(good, '~', 0) + 1;
    sg_str one = sg_str_slice(good, first, sg_str_index(good, '~', first) + 1 - first);
    refused(show_text(&rig, "%.*s%.*s", SG_PRINT(good), SG_PRINT(one)), SG_E_DUPLICATE, NULL);
    /* a presentation */
    sg_str kb = show_jws(&rig, "{\"alg\":\"ES256\",\"typ\":\"kb+jwt\"}", SG_LIT("{}"));
    refused(show_text(&rig, "%.*s%.*s", SG_PRINT(good), SG_PRINT(kb)), SG_E_UNSUPPORTED,
        "a presentation, and no credential (RFC 9901 7.2)");
    /* no vct; a key that is none; exp that is no number */
    static const char *const payloads[] = { "{\"iss\":\"https://i\"}",
        "{\"vct\":\"a\",\"cnf\":{\"jwk\":{\"kty\":\"EC\"}}}",
        "{\"vct\":\"a\",\"cnf\":{\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}}}",
        "{\"vct\":\"a\",\"exp\":\"later\"}", "{\"vct\":\"a\",\"cnf\":1}" };
    static const enum sg_code codes[] = { SG_E_MISSING, SG_E_KEY_INVALID, SG_E_KEY_PRIVATE,
        SG_E_TYPE, SG_E_TYPE };
    for (size_t i = 0; i < 5; i++) {
        sg_str jwt = show_jws(&rig, header, sg_cstr(payloads[i]));
        refused(show_text(&rig, "%.*s~", SG_PRINT(jwt)), codes[i], NULL);
    }
    sg_str old =
        show_jws(&rig, "{\"alg\":\"ES256\",\"typ\":\"vc+sd-jwt\"}", SG_LIT("{\"vct\":\"a\"}"));
    refused(show_text(&rig, "%.*s~", SG_PRINT(old)), SG_E_TYPE, "an SD-JWT VC under an old name");
}

static void
test_mdocs_that_are_refused(void **state)
{
    (void)state;
    sg_str good = show_mdoc(&rig);
    sg_bytes cbor;
    assert_ok(sg_b64url_decode(rig.arena, good, &cbor));
    uint8_t *at = memmem((void *)(uintptr_t)cbor.p, cbor.n, "Given-7Q", 8);
    assert_non_null(at);
    *at = 'g';
    sg_str changed;
    assert_ok(sg_b64url_encode(rig.arena, cbor, &changed));
    refused(changed, SG_E_DISCLOSURE, "item: its digest is not the MSO's");
    assert_ok(sg_b64url_encode(rig.arena, sg_bytes_slice(cbor, 0, cbor.n - 1), &changed));
    refused(changed, SG_E_MALFORMED, NULL);
    refused(show_text(&rig, "%.*s=", SG_PRINT(good)), SG_E_ENCODING, "base64url");
    const struct di_test_key p521 = di_test_key_of(rig.arena, JOSE_P384, "k");
    struct jwk key = p521.jwk;
    key.y[0] ^= 1; /* not on its curve */
    rig.world.build.device_key = &key;
    refused(show_mdoc(&rig), SG_E_KEY_INVALID, NULL);
}

static void
test_w3c_that_is_refused(void **state)
{
    (void)state;
    /* two keys: the subject's and cnf's */
    const struct di_test_key other = di_test_key_of(rig.arena, JOSE_P256, "another");
    rig.holder_did = other.did;
    refused(show_vc(&rig, "vc+jwt", ""), SG_E_KEY_INVALID, "it is bound to two keys");
    rig.holder_did = rig.holder.did;
    /* a presentation; no proof; a proof of a suite that nobody knows */
    static const char head[] = "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\"],\"type\":"
                               "[\"VerifiableCredential\"],\"issuer\":\"did:example:i\","
                               "\"credentialSubject\":{\"id\":\"did:example:s\"}";
    refused(SG_LIT("{\"@context\":[\"https://www.w3.org/ns/credentials/v2\"],\"type\":["
                   "\"VerifiablePresentation\"]}"),
        SG_E_UNSUPPORTED, "a presentation or an envelope, and no credential");
    refused(show_text(&rig, "%s}", head), SG_E_PROOF_VALUE, "no proof");
    refused(show_text(&rig, "%s,\"proof\":[]}", head), SG_E_VCDM, NULL);
    refused(show_text(&rig,
                "%s,\"proof\":{\"type\":\"DataIntegrityProof\",\"cryptosuite\":\"bbs-2023\","
                "\"proofValue\":\"u2V0C\"}}",
                head),
        SG_E_ALGORITHM, "proof: its cryptosuite");
    refused(
        show_text(&rig,
            "%s,\"proof\":{\"type\":\"Else\",\"cryptosuite\":\"x\",\"proofValue\":\"z1\"}}", head),
        SG_E_ALGORITHM, "proof: its type");
    /* a context that is not pinned, and one of the document's own under a signature over RDF */
    sg_str text = show_ldp(&rig, DI_ECDSA_RDFC_2019, "");
    struct flow_held held;
    struct jsonld_contexts *bare = NULL;
    assert_ok(jsonld_contexts_new(NULL, 0, NULL, &bare));
    assert_refused(flow_held_read(rig.arena, bare, SG_NO_STR, text, NULL, &held), CONTEXT);
    assert_refused(flow_held_read(rig.arena, NULL, SG_NO_STR, text, NULL, &held), CONTEXT);
    /* in an envelope the names are what was signed: types as they are written */
    assert_ok(flow_held_read(rig.arena, bare, SG_NO_STR, show_vc(&rig, "vc+jwt", ""), NULL, &held));
    assert_true(has_type(&held, "Person"));
    assert_int_equal(held.view.n_types, 2);
    jsonld_contexts_free(&bare);
    static const char inline_context[] = "[\"https://www.w3.org/ns/credentials/v2\",{\"x\":"
                                         "\"https://issuer.example/x\"}]";
    sg_str own = show_text(&rig,
        "{\"@context\":%s,\"type\":[\"VerifiableCredential\"],\"issuer\":\"did:example:i\","
        "\"credentialSubject\":{\"id\":\"did:example:s\"},\"proof\":{\"type\":"
        "\"DataIntegrityProof\",\"cryptosuite\":\"ecdsa-rdfc-2019\",\"proofValue\":\"z1\"}}",
        inline_context);
    refused(own, SG_E_CONTEXT, "an inline context can rename members that were signed");
    /* VCDM 1.1 in a JWT */
    refused(show_jws(&rig, "{\"alg\":\"ES256\",\"typ\":\"vc+jwt\"}", SG_LIT("{\"vc\":{}}")),
        SG_E_CLAIMS, "a claim vc or vp: jwt_vc_json is not shown here");
    refused(show_jws(&rig, "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", SG_LIT("{\"vc\":{}}")),
        SG_E_UNSUPPORTED, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sd_jwt_is_read),
        TEST(test_mdoc_is_read),
        TEST(test_w3c_is_read),
        TEST(test_a_status_that_nobody_can_tell),
        TEST(test_not_bound),
        TEST(test_bytes_that_are_nothing),
        TEST(test_the_format_that_was_said),
        TEST(test_sd_jwts_that_are_refused),
        TEST(test_mdocs_that_are_refused),
        TEST(test_w3c_that_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * gateway/flow/flow_show*: what a holder shows is what was selected and nothing else, and a verifier takes it (req: PRO-3, FMT-1 to FMT-4). Each presentation is
 * judged by formats/verify; what must not be there is looked for in every layer of base64.
 */
#include "support.h"

#include "dcbor_item.h"
#include "sdjwt.h"
#include "show_rig.h"

#define NOW WORLD_NOW

static struct show_rig rig;

static int
setup_with(void **state, enum jose_crv holder)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)512 * 1024 * 1024);
    *state = arena;
    show_rig_init(arena, holder, NOW, &rig);
    return arena == NULL;
}

static int
setup(void **state)
{
    return setup_with(state, JOSE_P256);
}

static int
setup_p384(void **state)
{
    return setup_with(state, JOSE_P384);
}

static int
setup_ed25519(void **state)
{
    return setup_with(state, JOSE_ED25519);
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

/* Shown to a query, and verified. */
static struct flow_shown
shown_to(const struct flow_held *held, const char *claims)
{
    struct show_query query;
    show_ask(&rig, held, claims, &query);
    struct flow_show show = show_made(&rig, held, &query);
    struct flow_shown shown = show_signed(&rig, &show);
    assert_true(show_verified(&rig, shown.value).verified);
    return shown;
}

/* Everything that a credential of the rig says of its holder, but Member-7Q, which is always there. */
static const char *const secrets[] = { "Given-7Q", "Family-7Q", "1981-07-07", "Street-7Q",
    "Locality-7Q", "Country-7Q", "Nat-1-7Q", "Nat-2-7Q", "Deg-A-7Q", "Uni-A-7Q", "Deg-B-7Q",
    "Uni-B-7Q" };
enum { N_SECRETS = sizeof(secrets) / sizeof(secrets[0]) };

/* `wanted`: names of `secrets`, blanks between. */
static void
discloses_only(sg_str value, const char *wanted)
{
    for (size_t i = 0; i < N_SECRETS; i++) {
        bool want = strstr(wanted, secrets[i]) != NULL;
        if (show_discloses(&rig, value, secrets[i]) != want) {
            fail_msg("%s: %s", wanted, secrets[i]);
        }
    }
}

/* The lines tell the same as the bytes: every value that is there has one, and none that is not. */
static void
lines_tell(const struct flow_show *show, sg_str value, const char *asked)
{
    const struct flow_show_line *lines;
    size_t n;
    assert_ok(flow_show_lines(rig.arena, show, &lines, &n));
    for (size_t i = 0; i < N_SECRETS; i++) {
        bool listed = false, was_asked = false;
        for (size_t k = 0; k < n; k++) {
            bool this = lines[k].value != NULL && lines[k].value->type == SJSON_STRING &&
                        sg_str_is(lines[k].value->text, secrets[i]);
            listed = listed || this;
            was_asked = was_asked || (this && lines[k].asked);
            assert_true(!this || !lines[k].frame);
        }
        if (listed != show_discloses(&rig, value, secrets[i])) {
            fail_msg("line of %s", secrets[i]);
        }
        if (was_asked != (strstr(asked, secrets[i]) != NULL)) {
            fail_msg("asked: %s", secrets[i]);
        }
    }
}

/* `along`: what the issuer did not make disclosable inside of what is. */
static void
shows_with(const struct flow_held *held, const char *claims, const char *wanted, const char *along)
{
    struct show_query query;
    struct flow_shown shown = shown_to(held, claims);
    sg_str both = show_text(&rig, "%s %s", wanted, along);
    discloses_only(shown.value, both.p);
    show_ask(&rig, held, claims, &query);
    struct flow_show show = show_made(&rig, held, &query);
    lines_tell(&show, shown.value, wanted);
}

static void
shows(const struct flow_held *held, const char *claims, const char *wanted)
{
    shows_with(held, claims, wanted, "");
}

/* vp_formats_supported; quotes may be '. */
static const struct sjson *
formats_of(const char *text)
{
    char copy[1024];
    const struct sjson *json;
    sg_str kept;
    size_t n = strlen(text);
    assert_true(n < sizeof(copy));
    for (size_t i = 0; i < n; i++) {
        copy[i] = text[i] == '\'' ? '"' : text[i];
    }
    assert_ok(sg_arena_str(rig.arena, sg_str_of(copy, n), &kept));
    assert_ok(sjson_parse(rig.arena, kept, NULL, &json));
    return json;
}

/* ---- dc+sd-jwt ------------------------------------------------------------------------------------------------ */

static void
test_sd_jwt_discloses_what_was_asked(void **state)
{
    (void)state;
    struct flow_held held = held_of(show_sd_jwt(&rig, ""));
    shows(&held, "", "");
    shows(&held, ",'claims':[{'path':['member']}]", "");
    shows(&held, ",'claims':[{'path':['given_name']}]", "Given-7Q");
    /* an inner disclosure needs the outer one, and not its neighbours; what is plain inside comes along */
    shows_with(&held, ",'claims':[{'path':['address','locality']}]", "Locality-7Q", "Country-7Q");
    shows(&held, ",'claims':[{'path':['address','country']}]", "Country-7Q");
    /* a selected object comes whole (7.3) */
    shows(&held, ",'claims':[{'path':['address']}]", "Street-7Q Locality-7Q Country-7Q");
    shows(&held, ",'claims':[{'path':['nationalities',1]}]", "Nat-2-7Q");
    shows(&held, ",'claims':[{'path':['nationalities',null]}]", "Nat-1-7Q Nat-2-7Q");
    shows(&held, ",'claims':[{'path':['degrees',null,'degree']}]", "Deg-A-7Q Deg-B-7Q");
    shows_with(&held, ",'claims':[{'path':['degrees',0,'university']}]", "Uni-A-7Q", "Deg-A-7Q");
    shows(&held,
        ",'claims':[{'path':['given_name']},{'path':['birthdate'],'values':['1981-07-07']}]",
        "Given-7Q 1981-07-07");
    /* the second set: what the first one names is not shown, though it is there */
    shows(&held,
        ",'claims':[{'id':'a','path':['given_name']},{'id':'b','path':['none']},{'id':'c','path':['"
        "family_name']}],'claim_sets':[['a','b'],['c']]",
        "Family-7Q");
}

static const struct sjson *
kb_claims(sg_str value)
{
    struct sdjwt sd;
    const struct sjson *claims;
    assert_ok(sdjwt_parse(rig.arena, value, &sd));
    assert_true(sd.has_kb);
    assert_ok(jws_claims(rig.arena, &sd.kb, &claims));
    return claims;
}

static void
test_sd_jwt_is_bound_to_nonce_and_audience(void **state)
{
    (void)state;
    struct flow_held held = held_of(show_sd_jwt(&rig, ""));
    struct flow_shown shown = shown_to(&held, ",'claims':[{'path':['given_name']}]");
    const struct sjson *claims = kb_claims(shown.value);
    int64_t iat;
    assert_false(shown.object);
    assert_int_equal(claims->n, 4);
    assert_true(sjson_is_text(sjson_get(claims, "aud"), SHOW_CLIENT));
    assert_true(sjson_is_text(sjson_get(claims, "nonce"), SHOW_NONCE));
    assert_ok(sjson_member_int(claims, "iat", &iat));
    assert_int_equal(iat, NOW);
    rig.request.nonce = SG_LIT("another-nonce-0123456789");
    assert_false(show_verified(&rig, shown.value).verified);
    rig.request.nonce = SG_LIT(SHOW_NONCE);
    rig.request.client_id = SG_LIT("x509_san_dns:other.example");
    assert_false(show_verified(&rig, shown.value).verified);
}

/* kb-jwt_alg_values holds fully specified names (RFC 9864): the header must have one that the verifier listed. */
static void
test_sd_jwt_names_ed25519_as_the_verifier_does(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "{'dc+sd-jwt':{'kb-jwt_alg_values':['ES256','Ed25519']}}", "Ed25519" },
        { "{'dc+sd-jwt':{'kb-jwt_alg_values':['Ed25519','EdDSA']}}", "EdDSA" },
        { "{'dc+sd-jwt':{}}", "EdDSA" },
    };
    struct flow_held held = held_of(show_sd_jwt(&rig, ""));
    struct show_query query;
    show_ask(&rig, &held, "", &query);
    struct flow_show show = show_made(&rig, &held, &query);
    for (size_t i = 0; i < 3; i++) {
        struct sdjwt sd;
        rig.request.vp_formats = formats_of(rows[i][0]);
        struct flow_shown shown = show_signed(&rig, &show);
        assert_true(show_verified(&rig, shown.value).verified);
        assert_ok(sdjwt_parse(rig.arena, shown.value, &sd));
        assert_true(sjson_is_text(sjson_get(sd.kb.header, "alg"), rows[i][1]));
    }
    rig.request.vp_formats = formats_of("{'dc+sd-jwt':{'kb-jwt_alg_values':['ES256']}}");
    assert_refused(flow_show_check(rig.arena, &show, NULL), ALGORITHM);
}

/* B.3.3: hashes over the text as it came. The expected value: printf eyJ0eXBlIjoicGF5In0 | openssl dgst -sha256 -binary | basenc --base64url */
static void
test_sd_jwt_answers_transactions(void **state)
{
    (void)state;
    const struct oid4vp_transaction one = { .encoded = SG_LIT("eyJ0eXBlIjoicGF5In0"),
        .type = SG_LIT("pay") };
    const struct oid4vp_transaction *const all[] = { &one };
    struct flow_held held = held_of(show_sd_jwt(&rig, ""));
    struct show_query query;
    show_ask(&rig, &held, "", &query);
    struct flow_show show = show_made(&rig, &held, &query);
    show.transactions = all;
    show.n_transactions = 1;
    struct flow_shown shown = show_signed(&rig, &show);
    assert_true(show_verified(&rig, shown.value).verified);
    const struct sjson *claims = kb_claims(shown.value);
    assert_int_equal(claims->n, 5);
    const struct sjson *hashes = sjson_get(claims, "transaction_data_hashes");
    assert_int_equal(hashes->n, 1);
    assert_true(sjson_is_text(hashes->first, "_UHEzFXGz03Z4-mSpBk0QV3eNGH-UfKAeBsc1lhTn9c"));
    rig.request.transaction_hash_named = true;
    rig.request.transaction_hash = SG_SHA384;
    claims = kb_claims(show_signed(&rig, &show).value);
    assert_true(sjson_is_text(sjson_get(claims, "transaction_data_hashes_alg"), "sha-384"));
    assert_int_equal(sjson_get(claims, "transaction_data_hashes")->first->text.n, 64);
}

static void
test_sd_jwt_without_holder_binding(void **state)
{
    (void)state;
    static const char asked[] =
        ",'require_cryptographic_holder_binding':false,'claims':[{'path':['given_name']}]";
    struct flow_held held = held_of(show_sd_jwt(&rig, ""));
    struct show_query query;
    struct flow_showing showing;
    struct flow_shown shown;
    show_ask(&rig, &held, asked, &query);
    struct flow_show show = show_made(&rig, &held, &query);
    /* with a key it is bound all the same */
    assert_true(show_verified(&rig, show_signed(&rig, &show).value).verified);
    show.key = NULL;
    show.alg = NULL;
    assert_ok(flow_show_build(rig.arena, &show, NULL, &showing));
    assert_false(showing.to_sign);
    assert_refused(flow_show_attach(rig.arena, &showing, SG_BYTES("x"), &shown), SIGNATURE);
    assert_ok(flow_show_attach(rig.arena, &showing, SG_NO_BYTES, &shown));
    assert_int_equal(shown.value.p[shown.value.n - 1], '~');
    discloses_only(shown.value, "Given-7Q");
    show_ask(&rig, &held, "", &query);
    show.query = query.query;
    assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), MISSING);
}

/* ---- mso_mdoc --------------------------------------------------------------------------------------------------- */

static size_t
documents_of(sg_str value, struct mdoc_response *response)
{
    sg_bytes cbor;
    assert_ok(sg_b64url_decode(rig.arena, value, &cbor));
    assert_ok(mdoc_response_parse(cbor, NULL, response));
    return response->n_documents;
}

static void
test_mdoc_releases_what_was_asked(void **state)
{
    (void)state;
    struct flow_held held = held_of(show_mdoc(&rig));
    struct mdoc_response response;
    shows(&held, ",'claims':[{'path':['" SHOW_NS "','given_name']}]", "Given-7Q");
    shows(&held, ",'claims':[{'path':['" SHOW_NS "','address']}]", "Street-7Q Locality-7Q");
    shows(&held,
        ",'claims':[{'path':['" SHOW_NS "','nationalities']},{'path':['" SHOW_NS
        "','birthdate'],'values':['1981-07-07']}]",
        "Nat-1-7Q Nat-2-7Q 1981-07-07");
    /* no element: no nameSpaces, and the device still signs */
    struct flow_shown shown = shown_to(&held, "");
    discloses_only(shown.value, "");
    assert_int_equal(documents_of(shown.value, &response), 1);
    struct dcbor_item map, found;
    assert_ok(dcbor_item_open(response.documents[0].issuer_signed, 16, 1000, &map));
    assert_ok(dcbor_item_find_text(&map, "nameSpaces", &found));
    assert_int_equal(found.kind, DCBOR_KIND_NONE);
    assert_false(response.documents[0].mac);
    /* d8 18 41 a0 */
    assert_true(sg_bytes_equal(
        response.documents[0].device_name_spaces, support_hex(rig.arena, "d81841a0")));
}

static void
test_mdoc_signs_the_handover(void **state)
{
    (void)state;
    static const char asked[] = ",'claims':[{'path':['" SHOW_NS "','given_name']}]";
    struct oid4vp_encryption encryption = { .enc = OID4VP_A128GCM };
    struct flow_held held = held_of(show_mdoc(&rig));
    memset(encryption.thumbprint, 7, sizeof(encryption.thumbprint));
    struct flow_shown plain = shown_to(&held, asked);
    rig.request.encryption = &encryption;
    assert_false(show_verified(&rig, plain.value).verified); /* for a response in the clear */
    struct flow_shown encrypted = shown_to(&held, asked);
    rig.request.uri = SG_LIT(SHOW_URI "/"); /* the exact text of the request */
    assert_false(show_verified(&rig, encrypted.value).verified);
}

static void
test_mdoc_lines_say_what_is_kept_and_what_has_no_json(void **state)
{
    (void)state;
    struct flow_held held = held_of(show_mdoc(&rig));
    struct show_query query;
    const struct flow_show_line *lines;
    size_t n;
    show_ask(&rig, &held,
        ",'claims':[{'path':['" SHOW_NS
        "','given_name'],'intent_to_retain':true},{'path':['" SHOW_NS "','age_over_18']}]",
        &query);
    struct flow_show show = show_made(&rig, &held, &query);
    assert_ok(flow_show_lines(rig.arena, &show, &lines, &n));
    assert_true(n > 2);
    assert_int_equal(lines[0].path.n, 2);
    assert_str_is(lines[0].path.steps[0].name, SHOW_NS);
    assert_str_is(lines[0].path.steps[1].name, "given_name");
    assert_true(lines[0].retain && lines[0].asked && !lines[0].frame);
    assert_true(!lines[1].retain && lines[1].asked);
    assert_true(lines[2].frame && !lines[2].asked);
    assert_str_is(lines[2].path.steps[0].name, "docType");
}

static void
test_mdoc_answers_transactions_that_its_issuer_authorised(void **state)
{
    (void)state;
    const struct oid4vp_transaction pay = { .encoded = SG_LIT("eyJ0eXBlIjoicGF5In0"),
        .type = SG_LIT("pay") };
    const struct oid4vp_transaction login = { .encoded = SG_LIT("eyJ0eXBlIjoicGF5In0"),
        .type = SG_LIT("login") };
    const struct oid4vp_transaction *all[] = { &pay, &login };
    static const sg_str element = { "transaction_data_hash", 21 };
    const struct mdoc_authorization authorizations[] = { { .name_space = SG_LIT("pay") },
        { .name_space = SG_LIT("login"), .elements = &element, .n_elements = 1 } };
    struct show_query query;
    struct flow_showing showing;
    struct sg_why why = { 0 };
    struct mdoc_response response;
    struct flow_held held = held_of(show_mdoc(&rig));
    show_ask(&rig, &held, "", &query);
    struct flow_show show = show_made(&rig, &held, &query);
    show.transactions = all;
    show.n_transactions = 2;
    assert_refused(flow_show_build(rig.arena, &show, &why, &showing), POLICY);
    assert_string_equal(
        why.what, "transaction data: keyAuthorizations does not let the device key sign it");
    rig.world.build.authorizations = authorizations;
    rig.world.build.n_authorizations = 2;
    held = held_of(show_mdoc(&rig));
    show_ask(&rig, &held, "", &query);
    struct flow_shown shown = show_signed(&rig, &show);
    assert_true(show_verified(&rig, shown.value).verified);
    documents_of(shown.value, &response);
    /* SHA-256 of the text, by openssl */
    sg_bytes hash =
        support_hex(rig.arena, "fd41c4cc55c6cf4dd9e3e992a41934415dde3461fe51f280781b1cd658539fd7");
    const sg_bytes *spaces = &response.documents[0].device_name_spaces;
    assert_non_null(memmem(spaces->p, spaces->n, hash.p, hash.n));
    all[1] = &pay; /* one element cannot answer two */
    assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), UNSUPPORTED);
    show.n_transactions = 1;
    rig.request.transaction_hash = SG_SHA384;
    assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), UNSUPPORTED);
}

static void
test_mdoc_needs_its_key_always(void **state)
{
    (void)state;
    struct flow_held held = held_of(show_mdoc(&rig));
    struct show_query query;
    struct flow_showing showing;
    show_ask(&rig, &held, ",'require_cryptographic_holder_binding':false", &query);
    struct flow_show show = show_made(&rig, &held, &query);
    assert_true(show_verified(&rig, show_signed(&rig, &show).value).verified);
    show.key = NULL;
    assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), MISSING);
}

/* ---- ldp_vc ------------------------------------------------------------------------------------------------------- */

static const char everything[] = "Given-7Q Family-7Q 1981-07-07 Street-7Q Locality-7Q Country-7Q "
                                 "Nat-1-7Q Nat-2-7Q Deg-A-7Q Uni-A-7Q Deg-B-7Q Uni-B-7Q";

static sg_str
suite_of(sg_str presentation)
{
    const struct sjson *json;
    sg_str suite;
    assert_ok(sjson_parse_object(rig.arena, presentation, NULL, &json));
    assert_ok(sjson_member_text(sjson_get(json, "proof"), "cryptosuite", &suite));
    return suite;
}

static void
each_ldp_suite(const char *rdfc, const char *jcs)
{
    static const enum di_suite_id suites[] = { DI_ECDSA_RDFC_2019, DI_ECDSA_JCS_2019,
        DI_EDDSA_RDFC_2022, DI_EDDSA_JCS_2022 };
    for (size_t i = 0; i < 4; i++) {
        struct flow_held held = held_of(show_ldp(&rig, suites[i], ""));
        struct flow_shown shown = shown_to(&held, ",'claims':[{'path':['credentialSubject']}]");
        assert_true(shown.object);
        discloses_only(shown.value, everything);
        assert_str_is(suite_of(shown.value), i % 2 == 0 ? rdfc : jcs);
    }
}

static void
test_ldp_is_proved_as_the_credential_is(void **state)
{
    (void)state;
    each_ldp_suite("ecdsa-rdfc-2019", "ecdsa-jcs-2019");
}

static void
test_ldp_is_proved_by_ed25519(void **state)
{
    (void)state;
    each_ldp_suite("eddsa-rdfc-2022", "eddsa-jcs-2022");
}

static void
test_ldp_suites_are_the_verifiers(void **state)
{
    (void)state;
    struct flow_held held = held_of(show_ldp(&rig, DI_ECDSA_RDFC_2019, ""));
    struct show_query query;
    struct sg_why why = { 0 };
    show_ask(&rig, &held, "", &query);
    struct flow_show show = show_made(&rig, &held, &query);
    rig.request.vp_formats =
        formats_of("{'ldp_vc':{'cryptosuite_values':['ecdsa-jcs-2019','ecdsa-rdfc-2019']}}");
    assert_str_is(suite_of(show_signed(&rig, &show).value), "ecdsa-rdfc-2019");
    rig.request.vp_formats = formats_of("{'ldp_vc':{'cryptosuite_values':['ecdsa-jcs-2019']}}");
    assert_refused(flow_show_check(rig.arena, &show, &why), ALGORITHM);
    assert_string_equal(why.what, "vp_formats_supported: the cryptosuite of the credential");
    rig.request.vp_formats =
        formats_of("{'ldp_vc':{'proof_type_values':['Ed25519Signature2020']}}");
    assert_refused(flow_show_check(rig.arena, &show, NULL), ALGORITHM);
    rig.request.vp_formats = formats_of("{'dc+sd-jwt':{}}");
    assert_refused(flow_show_check(rig.arena, &show, NULL), ALGORITHM);
    /* a credential that a verifier of ecdsa-sd-2023 alone takes, and no presentation around it */
    held = held_of(show_ldp(&rig, DI_ECDSA_SD_2023, ""));
    rig.request.vp_formats = formats_of("{'ldp_vc':{'cryptosuite_values':['ecdsa-sd-2023']}}");
    why = (struct sg_why){ 0 };
    assert_refused(flow_show_check(rig.arena, &show, &why), ALGORITHM);
    assert_string_equal(why.what, "vp_formats_supported: no cryptosuite for the holder's key");
    rig.request.vp_formats =
        formats_of("{'ldp_vc':{'cryptosuite_values':['ecdsa-sd-2023','ecdsa-jcs-2019']}}");
    assert_str_is(suite_of(show_signed(&rig, &show).value), "ecdsa-jcs-2019");
}

static void
test_ldp_selective_disclosure_is_derived(void **state)
{
    (void)state;
    struct flow_held held = held_of(show_ldp(&rig, DI_ECDSA_SD_2023, ""));
    shows(&held, ",'claims':[{'path':['credentialSubject','given_name']}]", "Given-7Q");
    shows(&held, ",'claims':[{'path':['credentialSubject','address','locality']}]", "Locality-7Q");
    shows(&held, ",'claims':[{'path':['credentialSubject','address']}]",
        "Street-7Q Locality-7Q Country-7Q");
    shows(&held, ",'claims':[{'path':['credentialSubject','nationalities',1]}]", "Nat-2-7Q");
    shows(&held, ",'claims':[{'path':['credentialSubject','degrees',0,'university']}]", "Uni-A-7Q");
    shows(&held, "", ""); /* what its issuer made mandatory, alone */
    struct flow_shown shown = shown_to(&held, "");
    assert_true(show_discloses(&rig, shown.value, "Member-7Q"));
    assert_false(show_discloses(&rig, shown.value, "u2V0A")); /* the base proof stays here */
    assert_true(show_discloses(&rig, shown.value, "u2V0B"));
}

/* A credential of the data model before: its presentation is of that model, too. */
static void
test_ldp_of_the_older_data_model(void **state)
{
    (void)state;
    sg_str text = show_text(&rig,
        "{\"@context\":[\"https://www.w3.org/2018/credentials/v1\","
        "\"https://w3id.org/security/data-integrity/v2\",\"" SHOW_CONTEXT
        "\"],\"type\":[\"VerifiableCredential\",\"Person\"],\"issuer\":\"%.*s\","
        "\"issuanceDate\":\"2020-01-01T00:00:00Z\",\"credentialSubject\":{\"id\":\"%.*s\","
        "\"given_name\":\"Given-7Q\"}}",
        SG_PRINT(rig.issuer.did), SG_PRINT(rig.holder.did));
    const struct di_test_proof proof = {
        .suite = DI_ECDSA_RDFC_2019, .key = &rig.issuer, .contexts = rig.contexts
    };
    sg_str credential;
    assert_ok(di_test_secure(rig.arena, di_test_json(rig.arena, text), &proof, NULL, &credential));
    struct flow_held held = held_of(credential);
    assert_int_equal(held.not_before, 1577836800);
    struct flow_shown shown = shown_to(&held, "");
    assert_true(show_discloses(&rig, shown.value, "Given-7Q"));
    assert_false(show_discloses(&rig, shown.value, "www.w3.org/ns/credentials/v2"));
}

static void
test_ldp_lines_name_what_was_not_asked(void **state)
{
    (void)state;
    struct flow_held held = held_of(show_ldp(&rig, DI_ECDSA_RDFC_2019, ""));
    struct show_query query;
    show_ask(&rig, &held, ",'claims':[{'path':['credentialSubject','given_name']}]", &query);
    struct flow_show show = show_made(&rig, &held, &query);
    struct flow_shown shown = show_signed(&rig, &show);
    discloses_only(shown.value, everything); /* this format cannot hide anything */
    lines_tell(&show, shown.value, "Given-7Q");
}

static void
test_ldp_without_holder_binding_is_bare(void **state)
{
    (void)state;
    struct flow_held held = held_of(show_ldp(&rig, DI_ECDSA_SD_2023, ""));
    struct show_query query;
    struct flow_showing showing;
    struct flow_shown shown;
    show_ask(&rig, &held,
        ",'require_cryptographic_holder_binding':false,'claims':[{'path':['credentialSubject','"
        "given_"
        "name']}]",
        &query);
    struct flow_show show = show_made(&rig, &held, &query);
    assert_ok(flow_show_build(rig.arena, &show, NULL, &showing));
    assert_false(showing.to_sign);
    assert_ok(flow_show_attach(rig.arena, &showing, SG_NO_BYTES, &shown));
    discloses_only(shown.value, "Given-7Q");
    const struct verify_trust trust = { .contexts = rig.contexts };
    const struct verify_expect expect = { .now = NOW, .credential = true };
    struct verify_result result;
    assert_ok(verify_object(rig.arena, sg_str_bytes(shown.value), &trust, &expect, &result));
    assert_true(result.verified);
}

/* ---- vc+jwt, vc+sd-jwt, vc+cose ------------------------------------------------------------------------------------ */

static void
test_envelopes_are_presented(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        enum verify_format as;
    } rows[] = { { "vc+jwt", VERIFY_VP_JWT }, { "vc+sd-jwt", VERIFY_VP_SD_JWT },
        { "vc+cose", VERIFY_VP_COSE } };
    for (size_t i = 0; i < 3; i++) {
        struct flow_held held = held_of(show_vc(&rig, rows[i].format, ""));
        assert_string_equal(held.format, rows[i].format);
        struct flow_shown shown = shown_to(&held, "");
        assert_false(shown.object);
        struct verify_result result = show_verified(&rig, shown.value);
        assert_int_equal(result.format, rows[i].as);
        assert_true(sg_str_equal(result.issuer, rig.holder_did));
        discloses_only(shown.value, i == 1 ? "" : everything);
        rig.request.nonce = SG_LIT("another-nonce-0123456789");
        assert_false(show_verified(&rig, shown.value).verified);
        rig.request.nonce = SG_LIT(SHOW_NONCE);
    }
}

static void
test_vc_sd_jwt_discloses_what_was_asked(void **state)
{
    (void)state;
    struct flow_held held = held_of(show_vc(&rig, "vc+sd-jwt", ""));
    shows(&held, ",'claims':[{'path':['credentialSubject','given_name']}]", "Given-7Q");
    shows(&held, ",'claims':[{'path':['credentialSubject','degrees',1]}]", "Deg-B-7Q Uni-B-7Q");
    held = held_of(show_vc(&rig, "vc+cose", ""));
    struct show_query query;
    show_ask(&rig, &held, ",'claims':[{'path':['credentialSubject','given_name']}]", &query);
    struct flow_show show = show_made(&rig, &held, &query);
    lines_tell(&show, show_signed(&rig, &show).value, "Given-7Q");
}

/* Bound by cnf alone: the presentation's holder is the key itself. */
static void
test_envelope_bound_by_cnf(void **state)
{
    (void)state;
    rig.holder_did = SG_LIT("https://holder.example/me");
    struct flow_held held = held_of(show_vc(&rig, "vc+jwt", ""));
    assert_true(held.has_key);
    assert_int_equal(held.did.n, 0);
    struct flow_shown shown = shown_to(&held, "");
    assert_true(sg_str_starts(show_verified(&rig, shown.value).issuer, "did:jwk:"));
}

static void
test_a_long_nonce_has_no_place_in_cose(void **state)
{
    (void)state;
    struct flow_held held = held_of(show_vc(&rig, "vc+cose", ""));
    struct show_query query;
    struct flow_showing showing;
    show_ask(&rig, &held, "", &query);
    struct flow_show show = show_made(&rig, &held, &query);
    rig.request.nonce = SG_LIT("12345678901234567890123456789012345678901234567890123456789012345");
    assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), VALUE);
}

/* ---- all of them ------------------------------------------------------------------------------------------------------- */

enum { N_FORMATS = 6 };

static sg_str
any(size_t i)
{
    switch (i) {
    case 0:
        return show_sd_jwt(&rig, "");
    case 1:
        return show_mdoc(&rig);
    case 2:
        return show_ldp(&rig, DI_ECDSA_RDFC_2019, "");
    default:
        return show_vc(&rig, i == 3 ? "vc+jwt" : i == 4 ? "vc+sd-jwt" : "vc+cose", "");
    }
}

static void
test_every_kind_of_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_FORMATS; i++) {
        struct flow_held held = held_of(any(i));
        assert_true(show_verified(&rig, shown_to(&held, "").value).verified);
    }
}

static void
test_nothing_leaves_that_the_key_did_not_sign(void **state)
{
    (void)state;
    const struct di_test_key other = di_test_key_of(rig.arena, JOSE_P256, "another");
    for (size_t i = 0; i < N_FORMATS; i++) {
        struct flow_held held = held_of(any(i));
        struct show_query query;
        struct flow_showing showing;
        struct flow_shown shown;
        show_ask(&rig, &held, "", &query);
        struct flow_show show = show_made(&rig, &held, &query);
        assert_ok(flow_show_build(rig.arena, &show, NULL, &showing));
        assert_refused(flow_show_attach(rig.arena, &showing,
                           di_test_sign(rig.arena, &other, showing.message), &shown),
            SIGNATURE);
        assert_refused(flow_show_attach(rig.arena, &showing, SG_NO_BYTES, &shown), SIGNATURE);
        assert_refused(flow_show_attach(rig.arena, &showing,
                           di_test_sign(rig.arena, &rig.holder, SG_BYTES("else")), &shown),
            SIGNATURE);
    }
}

static void
test_another_key_cannot_show_it(void **state)
{
    (void)state;
    const struct di_test_key other = di_test_key_of(rig.arena, JOSE_P256, "another");
    for (size_t i = 0; i < N_FORMATS; i++) {
        struct flow_held held = held_of(any(i));
        struct show_query query;
        struct flow_showing showing;
        show_ask(&rig, &held, "", &query);
        struct flow_show show = show_made(&rig, &held, &query);
        show.key = &other.jwk;
        assert_refused(flow_show_check(rig.arena, &show, NULL), KEY_INVALID);
        assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), KEY_INVALID);
        show.key = &rig.holder.jwk;
        show.alg = jose_alg_by_id(JOSE_ES384);
        assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), ALGORITHM);
        show.alg = rig.alg;
        show.key = NULL;
        assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), MISSING);
    }
}

/* A selection made on one credential, applied to another. */
static void
test_a_selection_belongs_to_its_credential(void **state)
{
    (void)state;
    static const char *const asked[] = { ",'claims':[{'path':['given_name']}]",
        ",'claims':[{'path':['" SHOW_NS "','given_name']}]",
        ",'claims':[{'path':['credentialSubject','given_name']}]" };
    for (size_t i = 0; i < N_FORMATS; i++) {
        struct flow_held held = held_of(any(i)), twin = held_of(any(i));
        struct show_query query;
        struct flow_showing showing;
        const struct flow_show_line *lines;
        size_t n;
        show_ask(&rig, &held, asked[i < 2 ? i : 2], &query);
        struct flow_show show = show_made(&rig, &twin, &query);
        assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), NOT_FOUND);
        assert_refused(flow_show_lines(rig.arena, &show, &lines, &n), NOT_FOUND);
    }
}

static void
test_a_request_without_nonce_or_audience_is_not_answered(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_FORMATS; i++) {
        struct flow_held held = held_of(any(i));
        struct show_query query;
        struct flow_showing showing;
        show_ask(&rig, &held, "", &query);
        struct flow_show show = show_made(&rig, &held, &query);
        rig.request.nonce = SG_NO_STR;
        assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), VALUE);
        rig.request.nonce = SG_LIT(SHOW_NONCE);
        rig.request.client_id = SG_NO_STR;
        assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), VALUE);
        rig.request.client_id = SG_LIT(SHOW_CLIENT);
        show.now = 0;
        assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), VALUE);
    }
}

static void
test_formats_that_the_verifier_does_not_take(void **state)
{
    (void)state;
    static const char *const no[] = { "{'dc+sd-jwt':{'sd-jwt_alg_values':['ES384']}}",
        "{'mso_mdoc':{'deviceauth_alg_values':[-65537]}}", "{'ldp_vc':{'cryptosuite_values':[]}}",
        "{'vc+jwt':{'alg_values':['ES384']}}", "{'vc+sd-jwt':{'alg_values':['ES384']}}",
        "{'vc+cose':{'alg_values':[-35]}}" };
    static const char *const yes[] = {
        "{'dc+sd-jwt':{'sd-jwt_alg_values':['ES256'],'kb-jwt_alg_values':['ES256']}}",
        "{'mso_mdoc':{'issuerauth_alg_values':[-7],'deviceauth_alg_values':[-9]}}",
        "{'ldp_vc':{'proof_type_values':['DataIntegrityProof']}}",
        "{'vc+jwt':{'alg_values':['ES256']}}", "{'vc+sd-jwt':{}}", "{'vc+cose':{'alg_values':[-7]}}"
    };
    for (size_t i = 0; i < N_FORMATS; i++) {
        struct flow_held held = held_of(any(i));
        struct show_query query;
        show_ask(&rig, &held, "", &query);
        struct flow_show show = show_made(&rig, &held, &query);
        rig.request.vp_formats = formats_of(no[i]);
        assert_refused(flow_show_check(rig.arena, &show, NULL), ALGORITHM);
        rig.request.vp_formats = formats_of("{}");
        assert_refused(flow_show_check(rig.arena, &show, NULL), ALGORITHM);
        rig.request.vp_formats = formats_of(yes[i]);
        assert_ok(flow_show_check(rig.arena, &show, NULL));
    }
}

static void
test_transactions_have_no_place_in_w3c_formats(void **state)
{
    (void)state;
    const struct oid4vp_transaction pay = { .encoded = SG_LIT("eyJ0eXBlIjoicGF5In0"),
        .type = SG_LIT("pay") };
    const struct oid4vp_transaction *all[] = { &pay };
    for (size_t i = 0; i < N_FORMATS; i++) {
        struct flow_held held = held_of(any(i));
        struct show_query query;
        show_ask(&rig, &held, ",'require_cryptographic_holder_binding':false", &query);
        struct flow_show show = show_made(&rig, &held, &query);
        show.transactions = all;
        show.n_transactions = 1;
        assert_refused(flow_show_check(rig.arena, &show, NULL), UNSUPPORTED); /* openid4vp 8.4 */
        if (i > 1) {
            show_ask(&rig, &held, "", &query);
            show.query = query.query;
            assert_refused(flow_show_check(rig.arena, &show, NULL), UNSUPPORTED);
        }
    }
}

/* A credential with each value in its place, through an arena that ends: a refusal, never half a presentation. */
static void
test_small_arenas(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_FORMATS; i++) {
        struct flow_held held = held_of(any(i));
        struct show_query query;
        show_ask(&rig, &held, "", &query);
        struct flow_show show = show_made(&rig, &held, &query);
        for (size_t max = 0; max < 40000; max += 1777) {
            struct sg_arena *small = sg_arena_new(512, max + 512);
            struct flow_showing showing = { .to_sign = false };
            sg_result r =
                small == NULL ? SG_ERROR(NO_MEMORY) : flow_show_build(small, &show, NULL, &showing);
            assert_true(sg_ok(r) == (showing.shape != NULL));
            assert_true(sg_ok(r) || r.code == SG_E_NO_MEMORY);
            sg_arena_free(&small);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sd_jwt_discloses_what_was_asked),
        TEST(test_sd_jwt_is_bound_to_nonce_and_audience),
        cmocka_unit_test_setup_teardown(
            test_sd_jwt_names_ed25519_as_the_verifier_does, setup_ed25519, teardown),
        TEST(test_sd_jwt_answers_transactions),
        TEST(test_sd_jwt_without_holder_binding),
        TEST(test_mdoc_releases_what_was_asked),
        TEST(test_mdoc_signs_the_handover),
        TEST(test_mdoc_lines_say_what_is_kept_and_what_has_no_json),
        TEST(test_mdoc_answers_transactions_that_its_issuer_authorised),
        TEST(test_mdoc_needs_its_key_always),
        TEST(test_ldp_is_proved_as_the_credential_is),
        cmocka_unit_test_setup_teardown(test_ldp_is_proved_by_ed25519, setup_ed25519, teardown),
        TEST(test_ldp_suites_are_the_verifiers),
        TEST(test_ldp_selective_disclosure_is_derived),
        TEST(test_ldp_of_the_older_data_model),
        TEST(test_ldp_lines_name_what_was_not_asked),
        TEST(test_ldp_without_holder_binding_is_bare),
        TEST(test_envelopes_are_presented),
        TEST(test_vc_sd_jwt_discloses_what_was_asked),
        TEST(test_envelope_bound_by_cnf),
        TEST(test_a_long_nonce_has_no_place_in_cose),
        TEST(test_every_kind_of_key),
        cmocka_unit_test_setup_teardown(test_every_kind_of_key, setup_p384, teardown),
        cmocka_unit_test_setup_teardown(test_every_kind_of_key, setup_ed25519, teardown),
        TEST(test_nothing_leaves_that_the_key_did_not_sign),
        TEST(test_another_key_cannot_show_it),
        TEST(test_a_selection_belongs_to_its_credential),
        TEST(test_a_request_without_nonce_or_audience_is_not_answered),
        TEST(test_formats_that_the_verifier_does_not_take),
        TEST(test_transactions_have_no_place_in_w3c_formats),
        TEST(test_small_arenas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

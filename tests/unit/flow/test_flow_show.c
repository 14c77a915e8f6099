/*
 * gateway/flow/flow_show*: what a holder shows is what was selected and nothing else, and a verifier takes it (req: PRO-3, FMT-1, FMT-2): SD-JWT VC and mdoc. Each
 * presentation is judged by formats/verify; what must not be there is looked for in every layer of base64.
 */
#include "show_bed.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

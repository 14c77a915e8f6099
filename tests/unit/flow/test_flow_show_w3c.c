/* The same for credentials of the W3C data model: ldp_vc, vc+jwt, vc+sd-jwt, vc+cose (req: PRO-3, FMT-3, FMT-4). */
#include "show_bed.h"

/* ---- ldp_vc ------------------------------------------------------------------------------------------------------- */

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

/* Beside the subject, always visible, and about the person all the same: it is named. */
static void
test_evidence_has_a_line(void **state)
{
    (void)state;
    struct flow_held held = held_of(show_vc(
        &rig, "vc+sd-jwt", ",\"evidence\":[{\"type\":\"Passport\",\"number\":\"Doc-7Q\"}]"));
    struct show_query query;
    const struct flow_show_line *lines;
    size_t n, told = 0;
    show_ask(&rig, &held, ",'claims':[{'path':['credentialSubject','given_name']}]", &query);
    struct flow_show show = show_made(&rig, &held, &query);
    struct flow_shown shown = show_signed(&rig, &show);
    assert_true(show_discloses(&rig, shown.value, "Doc-7Q"));
    assert_ok(flow_show_lines(rig.arena, &show, &lines, &n));
    for (size_t i = 0; i < n; i++) {
        bool this = lines[i].value != NULL && lines[i].value->type == SJSON_STRING &&
                    sg_str_is(lines[i].value->text, "Doc-7Q");
        told += this && !lines[i].frame ? 1 : 0;
    }
    assert_int_equal(told, 1);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ldp_is_proved_as_the_credential_is),
        cmocka_unit_test_setup_teardown(test_ldp_is_proved_by_ed25519, setup_ed25519, teardown),
        TEST(test_ldp_suites_are_the_verifiers),
        TEST(test_ldp_selective_disclosure_is_derived),
        TEST(test_ldp_of_the_older_data_model),
        TEST(test_ldp_lines_name_what_was_not_asked),
        TEST(test_evidence_has_a_line),
        TEST(test_ldp_without_holder_binding_is_bare),
        TEST(test_envelopes_are_presented),
        TEST(test_vc_sd_jwt_discloses_what_was_asked),
        TEST(test_envelope_bound_by_cnf),
        TEST(test_a_long_nonce_has_no_place_in_cose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* formats/verify: VCDM documents as vc+jwt and vp+jwt, enveloped objects (req: FMT-4). Keys are made here. */
#include "support.h"

#include "cose.h"
#include "did.h"
#include "es256.h"
#include "jsonld.h"
#include "verify.h"

#define NOW 1700000000
#define CONTEXT "\"@context\":[\"https://www.w3.org/ns/credentials/v2\"]"

static struct es256 *issuer;
static struct es256 *holder;
static struct jsonld_contexts *contexts;

static int
setup(void **state)
{
    issuer = es256_new();
    holder = es256_new();
    if (!sg_ok(jsonld_contexts_new(NULL, 0, NULL, &contexts))) {
        return -1;
    }
    return support_arena_setup(state);
}

static int
teardown(void **state)
{
    es256_free(&issuer);
    es256_free(&holder);
    jsonld_contexts_free(&contexts);
    return support_arena_teardown(state);
}

static sg_str
did_of(void **state, const struct es256 *key)
{
    const struct sjson *json;
    struct jwk jwk;
    sg_str did;
    assert_ok(sjson_parse(*state, es256_jwk(*state, key), NULL, &json));
    assert_ok(jwk_parse(*state, json, &jwk));
    assert_ok(did_key_of(*state, &jwk, &did));
    return did;
}

static sg_str __attribute__((format(printf, 2, 3))) text_of(void **state, const char *format, ...)
{
    char text[16384];
    sg_str out;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert_true(n > 0 && (size_t)n < sizeof(text));
    assert_ok(sg_arena_str(*state, sg_str_of(text, (size_t)n), &out));
    return out;
}

static sg_str
credential_by(void **state, const struct es256 *signer, sg_str did, const char *more)
{
    sg_str document = text_of(state,
        "{" CONTEXT ",\"type\":[\"VerifiableCredential\"],\"issuer\":\"%.*s\","
        "\"credentialSubject\":{\"id\":\"urn:a\"}%s}",
        SG_PRINT(did), more);
    return es256_jws(*state, signer, "vc+jwt", sg_str_bytes(document));
}

static sg_str
credential(void **state, const char *more)
{
    return credential_by(state, issuer, did_of(state, issuer), more);
}

static sg_str
presentation(void **state, const char *entry, const char *claims)
{
    sg_str document = text_of(state,
        "{" CONTEXT ",\"type\":[\"VerifiablePresentation\"],\"holder\":\"%.*s\","
        "\"verifiableCredential\":[%s]%s}",
        SG_PRINT(did_of(state, holder)), entry, claims);
    return es256_jws(*state, holder, "vp+jwt", sg_str_bytes(document));
}

static struct verify_result
verify(void **state, sg_str object, struct verify_expect expect)
{
    struct verify_trust trust = { .contexts = contexts };
    struct verify_result result;
    expect.now = expect.now == 0 ? NOW : expect.now;
    assert_ok(verify_object(*state, sg_str_bytes(object), &trust, &expect, &result));
    return result;
}

static struct verify_result
plain(void **state, sg_str object)
{
    return verify(state, object, (struct verify_expect){ 0 });
}

static const struct verify_finding *
finding(const struct verify_result *result, const char *check, const char *subject,
    enum verify_severity severity)
{
    for (size_t i = 0; i < result->n; i++) {
        const struct verify_finding *f = &result->findings[i];
        if (f->severity == severity && strcmp(f->check, check) == 0 &&
            sg_str_is(f->subject, subject)) {
            return f;
        }
    }
    for (size_t i = 0; i < result->n; i++) {
        print_error("%s %.*s %d %s\n", result->findings[i].check,
            SG_PRINT(result->findings[i].subject), result->findings[i].severity,
            sg_code_row(result->findings[i].code)->name);
    }
    fail_msg("no finding %s at \"%s\"", check, subject);
    return NULL;
}

static void
test_a_vc_jwt_of_a_did_key_holds(void **state)
{
    struct verify_result result = plain(state, credential(state, ""));
    finding(&result, "signature", "", VERIFY_HELD);
    assert_true(result.verified);
    assert_int_equal(result.format, VERIFY_VC_JWT);
    assert_true(sg_str_equal(result.issuer, did_of(state, issuer)));
}

/* Anybody has a did:key: the signature must be the issuer's own. */
static void
test_another_key_does_not_speak_for_the_issuer(void **state)
{
    sg_str forged = credential_by(state, holder, did_of(state, issuer), "");
    struct verify_result result = plain(state, forged);
    assert_false(result.verified);
    assert_int_equal(finding(&result, "signature", "", VERIFY_ERROR)->code, SG_E_SIGNATURE);
}

static void
test_an_issuer_that_nobody_knows_is_refused(void **state)
{
    sg_str text = credential_by(state, issuer, SG_LIT("https://issuer.example"), "");
    struct verify_result result = plain(state, text);
    assert_false(result.verified);
}

static void
test_periods_are_told_apart(void **state)
{
    struct verify_result late =
        plain(state, credential(state, ",\"validFrom\":\"2020-01-01T00:00:00Z\",\"validUntil\":"
                                       "\"2021-01-01T00:00:00Z\""));
    assert_false(late.verified);
    finding(&late, "validFrom", "", VERIFY_HELD);
    const struct verify_finding *f = finding(&late, "validUntil", "", VERIFY_ERROR);
    assert_int_equal(f->code, SG_E_EXPIRED);
    assert_true(sjson_is_text(f->input, "2021-01-01T00:00:00Z"));
    struct verify_result early =
        plain(state, credential(state, ",\"validFrom\":\"2099-01-01T00:00:00Z\""));
    assert_int_equal(finding(&early, "validFrom", "", VERIFY_ERROR)->code, SG_E_NOT_YET);
}

static void
test_every_status_entry_is_handed_back(void **state)
{
    struct verify_result result = plain(state,
        credential(state,
            ",\"credentialStatus\":[{\"type\":\"BitstringStatusListEntry\",\"statusPurpose\":"
            "\"revocation\",\"statusListIndex\":\"12\",\"statusListCredential\":\"https://a/1\"},"
            "{\"type\":\"BitstringStatusListEntry\",\"statusPurpose\":\"message\",\"statusSize\":2,"
            "\"statusListIndex\":\"13\",\"statusListCredential\":\"https://a/2\"}]"));
    assert_true(result.verified);
    assert_int_equal(result.n_refs, 2);
    assert_int_equal(result.refs[0].kind, VERIFY_BITSTRING);
    assert_int_equal(result.refs[0].idx, 12);
    assert_str_is(result.refs[0].purpose, "revocation");
    assert_int_equal(result.refs[1].size, 2);
    assert_str_is(result.refs[1].uri, "https://a/2");
}

static void
test_a_malformed_status_entry_is_refused(void **state)
{
    struct verify_result result = plain(state,
        credential(state,
            ",\"credentialStatus\":{\"type\":\"BitstringStatusListEntry\",\"statusPurpose\":"
            "\"revocation\",\"statusListIndex\":12,\"statusListCredential\":\"https://a/1\"}"));
    assert_false(result.verified);
    assert_int_equal(finding(&result, "status", "", VERIFY_ERROR)->code, SG_E_STATUS_UNKNOWN);
}

static void
test_rules_of_the_data_model_count(void **state)
{
    struct verify_result result =
        plain(state, credential(state, ",\"termsOfUse\":{\"id\":\"urn:x\"}"));
    assert_false(result.verified);
}

static void
test_undefined_terms_are_told(void **state)
{
    struct verify_result result = plain(state, credential(state, ",\"undefinedTerm\":1"));
    assert_int_equal(finding(&result, "terms", "", VERIFY_WARNING)->code, SG_E_DATA_LOSS);
    assert_true(result.verified); /* JOSE signs it all the same */
}

static sg_str
enveloped(void **state, sg_str jwt)
{
    return text_of(state,
        "{" CONTEXT ",\"id\":\"data:application/vc+jwt,%.*s\",\"type\":"
        "\"EnvelopedVerifiableCredential\"}",
        SG_PRINT(jwt));
}

static void
test_an_enveloped_credential_holds(void **state)
{
    struct verify_result result = plain(state, enveloped(state, credential(state, "")));
    assert_true(result.verified);
    assert_int_equal(result.format, VERIFY_VC_JWT);
}

static void
test_a_presentation_and_what_it_holds(void **state)
{
    static const sg_str aud = { "https://v.example", 17 };
    sg_str inner = enveloped(state, credential(state, ""));
    const char *entry;
    assert_ok(sg_arena_cstr(*state, inner, &entry));
    sg_str vp = presentation(state, entry, ",\"aud\":\"https://v.example\",\"nonce\":\"n1\"");
    struct verify_expect expect = { .audiences = &aud, .n_audiences = 1, .nonce = SG_LIT("n1") };
    struct verify_result result = verify(state, vp, expect);
    finding(&result, "signature", "verifiableCredential[0]", VERIFY_HELD);
    assert_true(result.verified);
    assert_true(result.presentation);
    expect.nonce = SG_LIT("n2");
    result = verify(state, vp, expect);
    assert_int_equal(finding(&result, "signature", "", VERIFY_ERROR)->code, SG_E_CHALLENGE);
    expect.nonce = SG_LIT("n1");
    static const sg_str other = { "https://w.example", 17 };
    expect.audiences = &other;
    result = verify(state, vp, expect);
    assert_int_equal(finding(&result, "signature", "", VERIFY_ERROR)->code, SG_E_DOMAIN);
}

static void
test_a_bad_credential_makes_the_presentation_bad(void **state)
{
    sg_str forged = enveloped(state, credential_by(state, holder, did_of(state, issuer), ""));
    const char *entry;
    assert_ok(sg_arena_cstr(*state, forged, &entry));
    struct verify_result result = plain(state, presentation(state, entry, ""));
    assert_false(result.verified);
    finding(&result, "signature", "", VERIFY_HELD);
    finding(&result, "signature", "verifiableCredential[0]", VERIFY_ERROR);
}

/* A document with no proof at all is anybody's. */
static void
test_a_bare_document_is_refused(void **state)
{
    sg_str text = text_of(state,
        "{" CONTEXT ",\"type\":[\"VerifiableCredential\"],\"issuer\":\"%.*s\","
        "\"credentialSubject\":{\"id\":\"urn:a\"}}",
        SG_PRINT(did_of(state, issuer)));
    struct verify_result result = plain(state, text);
    assert_false(result.verified);
    assert_int_equal(result.format, VERIFY_VC_DI);
    finding(&result, "data model", "", VERIFY_HELD);
    finding(&result, "proof", "", VERIFY_ERROR);
}

static void
test_an_unsigned_presentation_answers_no_challenge(void **state)
{
    static const sg_str domain = { "v.example", 9 };
    sg_str text = text_of(state, "{" CONTEXT ",\"type\":[\"VerifiablePresentation\"]}");
    struct verify_expect expect = { .audiences = &domain, .n_audiences = 1, .nonce = SG_LIT("c") };
    struct verify_result result = verify(state, text, expect);
    assert_int_equal(finding(&result, "proof", "", VERIFY_ERROR)->code, SG_E_CHALLENGE);
    expect.unsigned_presentation = true;
    result = verify(state, text, expect);
    assert_true(result.verified);
    finding(&result, "proof", "", VERIFY_WARNING);
}

/* Whether it is revoked, nobody here can tell: no reason to rely on it. */
static void
test_a_status_of_another_kind_is_refused(void **state)
{
    sg_str text = credential(
        state, ",\"credentialStatus\":{\"id\":\"urn:s:1\",\"type\":\"StatusList2021Entry\"}");
    struct verify_expect expect = { .unknown_status = true };
    struct verify_result result = verify(state, text, expect);
    assert_int_equal(finding(&result, "status", "", VERIFY_WARNING)->code, SG_E_STATUS_UNKNOWN);
    result = plain(state, text);
    assert_int_equal(finding(&result, "status", "", VERIFY_ERROR)->code, SG_E_STATUS_UNKNOWN);
    assert_false(result.verified);
}

/* `aud` is held against one audience: with several asked for, none would be looked at. */
static void
test_an_envelope_is_not_held_against_several_audiences(void **state)
{
    static const sg_str asked[] = { { "https://v.example", 17 }, { "https://w.example", 17 } };
    sg_str vp = presentation(state, "", ",\"aud\":\"https://x.example\",\"nonce\":\"n1\"");
    struct verify_expect expect = { .audiences = asked, .n_audiences = 2, .nonce = SG_LIT("n1") };
    struct verify_result result = verify(state, vp, expect);
    assert_int_equal(finding(&result, "audience", "", VERIFY_ERROR)->code, SG_E_DOMAIN);
    assert_false(result.verified);
}

static void
test_an_unsigned_presentation_is_for_no_domain(void **state)
{
    static const sg_str domain = { "v.example", 9 };
    sg_str text = text_of(state, "{" CONTEXT ",\"type\":[\"VerifiablePresentation\"]}");
    struct verify_expect expect = { .audiences = &domain, .n_audiences = 1 };
    struct verify_result result = verify(state, text, expect);
    assert_int_equal(finding(&result, "proof", "", VERIFY_ERROR)->code, SG_E_DOMAIN);
    assert_false(result.verified);
}

/* An envelope in an envelope in an envelope: the work has an end. */
static void
test_depth_has_an_end(void **state)
{
    sg_str text = text_of(state, "{" CONTEXT ",\"type\":[\"VerifiablePresentation\"]}");
    for (int i = 0; i < 6; i++) {
        const char *inner;
        assert_ok(sg_arena_cstr(*state, text, &inner));
        text = text_of(state,
            "{" CONTEXT ",\"type\":[\"VerifiablePresentation\"],\"verifiableCredential\":[%s]}",
            inner);
    }
    struct verify_result result = plain(state, text);
    assert_false(result.verified);
}

/* A vc+cose whose signature ends in this byte: signatures of ES256 differ each time. */
static sg_bytes
cose_credential_ending_in(void **state, uint8_t last)
{
    sg_str did = did_of(state, issuer);
    sg_str kid = text_of(state, "%.*s#%.*s", SG_PRINT(did), (int)did.n - 8, did.p + 8);
    sg_str document = text_of(state,
        "{" CONTEXT ",\"type\":[\"VerifiableCredential\"],\"issuer\":\"%.*s\","
        "\"credentialSubject\":{\"id\":\"urn:a\"}}",
        SG_PRINT(did));
    const struct cose_headers headers = { .alg = jose_alg_by_id(JOSE_ES256),
        .typ = SG_LIT("application/vc+cose"),
        .kid = sg_str_bytes(kid) };
    sg_bytes header, message, out;
    uint8_t signature[64] = { 0 };
    assert_ok(cose_protected(*state, &headers, &header));
    assert_ok(cose_to_be_signed(*state, header, SG_NO_BYTES, sg_str_bytes(document), &message));
    for (int i = 0; i < 20000 && (i == 0 || signature[63] != last); i++) {
        es256_sign(issuer, message, signature);
    }
    assert_int_equal(signature[63], last);
    assert_ok(cose_sign1_encode(
        *state, &headers, header, sg_str_bytes(document), SG_BYTES(signature), true, &out));
    return out;
}

/* What ends like a line of text is still a signature's last byte, and what follows a signature does not belong to the object. */
static void
test_bytes_are_taken_as_they_are(void **state)
{
    static const uint8_t ends[] = { ' ', '\t', '\r', '\n', 'x' };
    for (size_t i = 0; i < sizeof(ends); i++) {
        sg_bytes object = cose_credential_ending_in(state, ends[i]);
        struct verify_result result = plain(state, sg_bytes_str(object));
        assert_true(result.verified);
        assert_int_equal(result.format, VERIFY_VC_COSE);
        uint8_t *copy = sg_arena_alloc(*state, object.n + 1);
        assert_non_null(copy);
        memcpy(copy, object.p, object.n);
        copy[object.n] = '\n';
        assert_false(plain(state, sg_str_of((const char *)copy, object.n + 1)).verified);
    }
}

static void
test_each_changed_character_is_noticed(void **state)
{
    sg_str text = credential(state, "");
    for (size_t i = 0; i < text.n; i += 5) {
        char *copy = sg_arena_alloc(*state, text.n);
        assert_non_null(copy);
        memcpy(copy, text.p, text.n);
        copy[i] = copy[i] == 'A' ? 'B' : 'A';
        assert_false(plain(state, sg_str_of(copy, text.n)).verified);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_vc_jwt_of_a_did_key_holds),
        cmocka_unit_test(test_another_key_does_not_speak_for_the_issuer),
        cmocka_unit_test(test_an_issuer_that_nobody_knows_is_refused),
        cmocka_unit_test(test_periods_are_told_apart),
        cmocka_unit_test(test_every_status_entry_is_handed_back),
        cmocka_unit_test(test_a_malformed_status_entry_is_refused),
        cmocka_unit_test(test_rules_of_the_data_model_count),
        cmocka_unit_test(test_undefined_terms_are_told),
        cmocka_unit_test(test_an_enveloped_credential_holds),
        cmocka_unit_test(test_a_presentation_and_what_it_holds),
        cmocka_unit_test(test_a_bad_credential_makes_the_presentation_bad),
        cmocka_unit_test(test_a_bare_document_is_refused),
        cmocka_unit_test(test_an_unsigned_presentation_answers_no_challenge),
        cmocka_unit_test(test_an_envelope_is_not_held_against_several_audiences),
        cmocka_unit_test(test_an_unsigned_presentation_is_for_no_domain),
        cmocka_unit_test(test_a_status_of_another_kind_is_refused),
        cmocka_unit_test(test_depth_has_an_end),
        cmocka_unit_test(test_bytes_are_taken_as_they_are),
        cmocka_unit_test(test_each_changed_character_is_noticed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

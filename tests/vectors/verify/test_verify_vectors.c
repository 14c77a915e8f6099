/*
 * formats/verify on published objects: each is recognised and holds, and does not after a change (req: FMT-2, FMT-3, FMT-4). The rooms below have
 * all cases of their vectors; here it is the way to them.
 */
#include "di_contexts.h"
#include "support.h"
#include "verify.h"

#define IN_2020 1606000000 /* Annex D is valid from 2020-10-01 for a year */

static struct jsonld_contexts *contexts;

static int
setup(void **state)
{
    int bad = support_arena_setup(state);
    contexts = bad == 0 ? di_test_contexts(*state) : NULL;
    return bad;
}

static int
teardown(void **state)
{
    jsonld_contexts_free(&contexts);
    return support_arena_teardown(state);
}

static sg_bytes
file(void **state, const char *name)
{
    return support_file(*state, support_vector_path(*state, name));
}

static struct verify_result
verify(void **state, sg_bytes object, const struct verify_trust *trust, struct verify_expect expect)
{
    struct verify_result result;
    assert_ok(verify_object(*state, object, trust, &expect, &result));
    return result;
}

static size_t
count(const struct verify_result *result, const char *check, enum verify_severity severity)
{
    size_t n = 0;
    for (size_t i = 0; i < result->n; i++) {
        const struct verify_finding *f = &result->findings[i];
        n += strcmp(f->check, check) == 0 && f->severity == severity ? 1 : 0;
    }
    return n;
}

/* The issuers of W3C's vectors are URLs, their keys did:keys: whose key it is, is not asked here. */
static const struct {
    const char *path;
    size_t proofs;
} documents[] = {
    { "vc-di/ecdsa/ecdsa-rdfc-2019-p256/signedECDSAP256.json", 1 },
    { "vc-di/ecdsa/ecdsa-rdfc-2019-p384/signedECDSAP384.json", 1 },
    { "vc-di/ecdsa/ecdsa-jcs-2019-p256/signedJCSECDSAP256.json", 1 },
    { "vc-di/ecdsa/ecdsa-jcs-2019-p384/signedJCSECDSAP384.json", 1 },
    { "vc-di/eddsa/eddsa-rdfc-2022/signedDataInt.json", 1 },
    { "vc-di/eddsa/Ed25519Signature2020/signedEdSig.json", 1 },
    { "vc-di/eddsa/eddsa-jcs-2022/signedJCS.json", 1 },
    { "vc-di/eddsa/proof-set-chain/signedProofSet2.json", 2 },
};

static void
test_documents_of_w3c_hold(void **state)
{
    struct verify_trust trust = { .contexts = contexts };
    struct verify_expect expect = { .now = 1700000000, .any_controller = true };
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        struct verify_result result = verify(state, file(state, documents[i].path), &trust, expect);
        if (count(&result, "proof", VERIFY_HELD) != documents[i].proofs ||
            count(&result, "proof", VERIFY_ERROR) != 0) {
            fail_msg(
                "%s: %zu proofs hold", documents[i].path, count(&result, "proof", VERIFY_HELD));
        }
        assert_int_equal(result.format, VERIFY_VC_DI);
        assert_int_equal(count(&result, "terms", VERIFY_HELD), 1);
        /* and to somebody who asks whose key it is, they do not */
        struct verify_expect strict = { .now = 1700000000 };
        result = verify(state, file(state, documents[i].path), &trust, strict);
        assert_false(result.verified);
    }
}

/* A letter of the subject's in another case: the same document to a careless reader, another one to every proof. */
static void
test_a_changed_document_does_not_hold(void **state)
{
    struct verify_trust trust = { .contexts = contexts };
    struct verify_expect expect = { .now = 1700000000, .any_controller = true };
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        sg_bytes bytes = file(state, documents[i].path);
        uint8_t *copy = sg_arena_alloc(*state, bytes.n);
        assert_non_null(copy);
        memcpy(copy, bytes.p, bytes.n);
        uint8_t *at = memmem(copy, bytes.n, "School", 6);
        assert_non_null(at);
        at[0] = 's';
        struct verify_result result = verify(state, sg_bytes_of(copy, bytes.n), &trust, expect);
        assert_false(result.verified);
        assert_int_equal(count(&result, "proof", VERIFY_HELD), 0);
    }
}

static void
test_a_base_proof_is_not_for_verifiers(void **state)
{
    struct verify_trust trust = { .contexts = contexts };
    struct verify_expect expect = { .now = 1700000000, .any_controller = true };
    struct verify_result result = verify(state,
        file(state, "vc-di/ecdsa/ecdsa-sd-2023/employ/addSignedSDBase.json"), &trust, expect);
    assert_false(result.verified);
    assert_int_equal(count(&result, "proof", VERIFY_ERROR), 1);
    result = verify(state,
        file(state, "vc-di/ecdsa/ecdsa-sd-2023/employ/derivedRevealDocument.json"), &trust, expect);
    assert_int_equal(count(&result, "proof", VERIFY_HELD), 1); /* what its holder derived is */
}

/* ---- mdoc: ISO/IEC 18013-5 Annex D ------------------------------------------------------------------------- */

static sg_bytes
annex_d(void **state, const char *name)
{
    const struct sjson *json;
    sg_str hex;
    sg_bytes bytes;
    sg_str text = sg_bytes_str(file(state, "iso18013-5/annex-d.json"));
    assert_ok(sjson_parse_object(*state, text, NULL, &json));
    assert_ok(sjson_member_text(sjson_get(json, "hex"), name, &hex));
    assert_ok(sg_hex_decode(*state, hex, &bytes));
    return bytes;
}

static void
test_a_device_response_is_recognised_in_each_writing(void **state)
{
    sg_bytes response = annex_d(state, "device_response");
    sg_bytes ds = annex_d(state, "ds_cert");
    struct verify_trust trust = { .anchors = &ds, .n_anchors = 1 };
    struct verify_expect expect = { .now = IN_2020 };
    sg_str hex, b64url, b64;
    assert_ok(sg_hex_encode(*state, response, &hex));
    assert_ok(sg_b64url_encode(*state, response, &b64url));
    assert_ok(sg_b64_encode(*state, response, &b64));
    sg_bytes forms[] = { response, sg_str_bytes(hex), sg_str_bytes(b64url), sg_str_bytes(b64) };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct verify_result result = verify(state, forms[i], &trust, expect);
        assert_int_equal(result.format, VERIFY_DEVICE_RESPONSE);
        assert_true(result.presentation);
        assert_int_equal(count(&result, "issuer signature and digests", VERIFY_HELD), 1);
        /* nobody can say that the device answered us: we have not said what it was asked */
        assert_int_equal(count(&result, "device authentication", VERIFY_ERROR), 1);
        assert_false(result.verified);
    }
}

/* Annex D's answer has a deviceMac: whoever asked has the transcript and the ephemeral key, and nobody else can check it (9.1.3.5). */
static void
test_a_device_mac_holds_for_who_asked(void **state)
{
    sg_bytes response = annex_d(state, "device_response");
    sg_bytes ds = annex_d(state, "ds_cert");
    sg_bytes transcript = annex_d(state, "session_transcript_bytes"); /* in tag 24 */
    struct verify_trust trust = { .anchors = &ds, .n_anchors = 1 };
    struct verify_expect expect = { .now = IN_2020,
        .session_transcript = transcript,
        .reader_key = annex_d(state, "ephemeral_reader_key_d").p };
    struct verify_result result = verify(state, response, &trust, expect);
    assert_true(result.verified);
    assert_int_equal(count(&result, "device authentication", VERIFY_HELD), 1);
    expect.session_transcript = sg_bytes_of(transcript.p + 5, transcript.n - 5); /* the array */
    assert_int_equal(expect.session_transcript.p[0], 0x83);
    assert_true(verify(state, response, &trust, expect).verified);
    /* another key, another session, no key, another answer */
    uint8_t other[32] = { [31] = 7 };
    expect.reader_key = other;
    assert_false(verify(state, response, &trust, expect).verified);
    expect.reader_key = NULL;
    result = verify(state, response, &trust, expect);
    assert_false(result.verified);
    assert_int_equal(result.findings[1].code, SG_E_UNSUPPORTED);
    expect.reader_key = annex_d(state, "ephemeral_reader_key_d").p;
    uint8_t *changed = sg_arena_alloc(*state, transcript.n);
    memcpy(changed, transcript.p, transcript.n);
    changed[transcript.n - 1] ^= 1;
    expect.session_transcript = sg_bytes_of(changed, transcript.n);
    assert_false(verify(state, response, &trust, expect).verified);
    expect.session_transcript = transcript;
    static const uint8_t label[] = "deviceMac";
    uint8_t *copy = sg_arena_alloc(*state, response.n);
    memcpy(copy, response.p, response.n);
    uint8_t *at = memmem(copy, response.n, label, sizeof(label) - 1);
    assert_non_null(at);
    at[sizeof(label) + 12] ^= 1; /* inside of the tag */
    assert_false(verify(state, sg_bytes_of(copy, response.n), &trust, expect).verified);
}

static void
test_another_root_does_not_vouch_for_an_mdoc(void **state)
{
    struct verify_trust trust = { 0 };
    struct verify_expect expect = { .now = IN_2020 };
    struct verify_result result = verify(state, annex_d(state, "device_response"), &trust, expect);
    assert_int_equal(count(&result, "issuer signature and digests", VERIFY_ERROR), 1);
    assert_false(result.verified);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents_of_w3c_hold),
        cmocka_unit_test(test_a_changed_document_does_not_hold),
        cmocka_unit_test(test_a_base_proof_is_not_for_verifiers),
        cmocka_unit_test(test_a_device_response_is_recognised_in_each_writing),
        cmocka_unit_test(test_a_device_mac_holds_for_who_asked),
        cmocka_unit_test(test_another_root_does_not_vouch_for_an_mdoc),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

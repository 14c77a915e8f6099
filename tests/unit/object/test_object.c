/* formats/object: what evidence takes from each kind of object, and what is none (req: EV-2). */
#include "object.h"
#include "sg_text.h"
#include "support.h"

/* 64 bytes 01 */
#define SIG "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ"
#define HEADER "eyJhbGciOiJFUzI1NiJ9" /* {"alg":"ES256"} */
#define PAYLOAD                                                                                    \
    "eyJzdGF0dXMiOnsic3RhdHVzX2xpc3QiOnsiaWR4Ijo3LCJ1cmkiOiJodHRwczovL2kuZXhhbXBsZS9zdGF0dXMvYSJ9" \
    "fX0"
/* {"status":{"status_list":{"idx":7,"uri":"https://i.example/status/a"}}} */

static sg_result
take(void **state, const char *text, struct object *ret)
{
    return object_take(*state, sg_str_bytes(sg_cstr(text)), ret);
}

static void
is_seven(const struct object *object)
{
    assert_int_equal(object->n_refs, 1);
    assert_str_is(object->refs[0].uri, "https://i.example/status/a");
    assert_int_equal(object->refs[0].idx, 7);
}

static void
test_compact(void **state)
{
    struct object object;
    assert_ok(take(state, HEADER "." PAYLOAD "." SIG, &object));
    assert_int_equal(object.kind, OBJECT_JWS);
    assert_int_equal(object.alg->id, JOSE_ES256);
    assert_str_is(sg_bytes_str(object.message), HEADER "." PAYLOAD);
    assert_int_equal(object.signature.n, 64);
    assert_int_equal(object.signature.p[63], 1);
    is_seven(&object);
    assert_ok(take(state, HEADER "." PAYLOAD "." SIG "~WyJhIiwiYiJd~", &object));
    assert_int_equal(object.kind, OBJECT_SD_JWT);
    assert_str_is(sg_bytes_str(object.message), HEADER "." PAYLOAD);
    is_seven(&object);
    /* a KB-JWT behind it is the holder's, not the issuer's */
    assert_ok(take(state, HEADER "." PAYLOAD "." SIG "~" HEADER ".e30." SIG "\n", &object));
    assert_str_is(sg_bytes_str(object.message), HEADER "." PAYLOAD);
}

static void
test_serialised(void **state)
{
    struct object object;
    assert_ok(take(state,
        "{\"payload\":\"" PAYLOAD "\",\"protected\":\"" HEADER "\",\"signature\":\"" SIG "\"}",
        &object));
    assert_int_equal(object.kind, OBJECT_SD_JWT);
    assert_str_is(sg_bytes_str(object.message), HEADER "." PAYLOAD);
    is_seven(&object);
    assert_ok(take(state,
        "{\"payload\":\"" PAYLOAD "\",\"signatures\":[{\"protected\":\"" HEADER
        "\",\"signature\":\"" SIG "\"}]}",
        &object));
    is_seven(&object);
}

static void
test_enveloped(void **state)
{
    struct object object;
    assert_ok(take(
        state, "{\"id\":\"data:application/vc+jwt," HEADER "." PAYLOAD "." SIG "\"}", &object));
    assert_int_equal(object.kind, OBJECT_JWS);
    is_seven(&object);
}

#define ENTRY(purpose, index)                                             \
    "{\"type\":\"BitstringStatusListEntry\",\"statusPurpose\":\"" purpose \
    "\",\"statusListIndex\":\"" index                                     \
    "\",\"statusListCredential\":\"https://i.example/status/a/" purpose "\"}"

/* Two purposes of one entry are one entry; another index is another. The proof value: d95d00, then [64 bytes 01, 2, 3] in CBOR. */
static void
test_data_integrity(void **state)
{
    struct object object;
    assert_ok(take(state,
        "{\"credentialStatus\":[" ENTRY("revocation", "7") "," ENTRY(
            "suspension", "7") "],\"proof\":{\"proofValue\":"
                               "\"u2V0Ag1hAAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
                               "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQID\"}}",
        &object));
    assert_int_equal(object.kind, OBJECT_DATA_INTEGRITY);
    assert_int_equal(object.signature.n, 64);
    assert_int_equal(object.message.n, 0);
    is_seven(&object);
    assert_ok(take(state,
        "{\"credentialStatus\":[" ENTRY("revocation", "7") "," ENTRY(
            "suspension", "8") "],\"proof\":[{\"proofValue\":"
                               "\"u2V0Ag1hAAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
                               "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQID\"}]}",
        &object));
    assert_int_equal(object.n_refs, 2);
}

static void
test_what_is_none(void **state)
{
    static const char *const none[] = { "", " ", "{", "{}", "[]", "x", "a.b", "a.b.c", ".", "..",
        "...", HEADER "." PAYLOAD, HEADER "." PAYLOAD ".", HEADER "." PAYLOAD "." SIG "." SIG,
        HEADER "." PAYLOAD ".AQE", "{\"proof\":{}}", "{\"proof\":[]}", "{\"proof\":7}",
        "{\"proof\":{\"proofValue\":\"z\"}}", "{\"proof\":{\"proofValue\":\"u2V0A\"}}",
        "{\"proof\":{\"proofValue\":\"u2V0AgA\"}}", "{\"payload\":7}",
        "{\"payload\":\"\",\"signatures\":[]}", "{\"id\":\"data:\"}", "{\"id\":\"data:x,y\"}",
        "{\"id\":\"https://i.example\"}", "80", "a0", "d284", "f6", "oA", "0oQ", "\xa0", "\xd2\x84",
        "\xa1\x6aissuerAuth\xf6" };
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        struct object object;
        sg_result r = take(state, none[i], &object);
        if (r.code != SG_E_MALFORMED && r.code != SG_E_ENCODING) {
            print_error("%s\n", none[i]);
            fail();
        }
    }
}

static void
test_too_large(void **state)
{
    struct object object;
    uint8_t *bytes = sg_arena_alloc(*state, OBJECT_MAX + 1);
    assert_non_null(bytes);
    memset(bytes, 'a', OBJECT_MAX + 1);
    assert_refused(object_take(*state, sg_bytes_of(bytes, OBJECT_MAX + 1), &object), TOO_LARGE);
}

/* ---- presentations ----------------------------------------------------------------------------------- */

#define SIG2 \
    "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg" /* 64 bytes 02 */
#define PROOF64 \
    "z6pc4LiB8KHAPvbUbkozrTcPL5zXspYBdATv5raNDyVbhiKjrKokLb9o111kxTD5KkPVd7UBSCcFcnWFkrJ82Hu6"

static sg_str
encoded(void **state, const char *json)
{
    sg_str text;
    assert_ok(sg_b64url_encode(*state, sg_str_bytes(sg_cstr(json)), &text));
    return text;
}

static size_t
take_all(void **state, sg_str text, struct object_signed ret[OBJECT_SIGNATURES_MAX])
{
    size_t n = 0;
    assert_ok(object_take_all(*state, sg_str_bytes(text), ret, &n));
    return n;
}

static void
is_holder(const struct object_signed *s, uint8_t byte)
{
    assert_int_equal(s->role, OBJECT_OF_HOLDER);
    assert_int_equal(s->object.signature.p[0], byte);
    assert_str_is(s->audience, "x509_san_dns:v.test");
    assert_str_is(s->nonce, "n-0S6");
    is_seven(&s->object);
}

static void
is_issuer(const struct object_signed *s)
{
    assert_int_equal(s->role, OBJECT_OF_ISSUER);
    assert_int_equal(s->object.signature.p[0], 1);
    assert_int_equal(s->audience.n, 0);
    is_seven(&s->object);
}

#define AUD "\"aud\":\"x509_san_dns:v.test\",\"nonce\":\"n-0S6\""

static void
test_key_binding_before_its_credential(void **state)
{
    struct object_signed s[OBJECT_SIGNATURES_MAX];
    sg_str text;
    sg_str kb = encoded(state, "{" AUD "}");
    assert_ok(sg_arena_printf(*state, &text,
        HEADER "." PAYLOAD "." SIG "~WyJhIiwiYiJd~" HEADER ".%.*s." SIG2, SG_PRINT(kb)));
    assert_int_equal(take_all(state, text, s), 2);
    is_holder(&s[0], 2);
    is_issuer(&s[1]);
    assert_int_equal(take_all(state, SG_LIT(HEADER "." PAYLOAD "." SIG "~WyJhIiwiYiJd~"), s), 1);
    is_issuer(&s[0]);
    assert_int_equal(take_all(state, SG_LIT(HEADER "." PAYLOAD "." SIG), s), 1);
    is_issuer(&s[0]);
}

#define VP "\"type\":[\"VerifiablePresentation\"]"
#define ENVELOPED                                                                          \
    "{\"type\":\"EnvelopedVerifiableCredential\",\"id\":\"data:application/vc+jwt," HEADER \
    "." PAYLOAD "." SIG "\"}"

static void
test_presentations_as_jwt(void **state)
{
    struct object_signed s[OBJECT_SIGNATURES_MAX];
    static const char *const payloads[] = {
        "{" AUD "," VP ",\"verifiableCredential\":[" ENVELOPED "]}",
        "{" AUD "," VP ",\"verifiableCredential\":" ENVELOPED "}",
        "{" AUD ",\"vp\":{" VP ",\"verifiableCredential\":[\"" HEADER "." PAYLOAD "." SIG "\"]}}",
    };
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        sg_str payload = encoded(state, payloads[i]);
        sg_str text;
        assert_ok(sg_arena_printf(*state, &text, HEADER ".%.*s." SIG2, SG_PRINT(payload)));
        assert_int_equal(take_all(state, text, s), 2);
        is_holder(&s[0], 2);
        is_issuer(&s[1]);
        /* enveloped itself */
        sg_str outer;
        assert_ok(sg_arena_printf(*state, &outer,
            "{\"type\":\"EnvelopedVerifiablePresentation\",\"id\":\"data:application/"
            "vp+jwt,%.*s\"}",
            SG_PRINT(text)));
        assert_int_equal(take_all(state, outer, s), 2);
        is_holder(&s[0], 2);
    }
}

static void
test_presentations_with_proofs(void **state)
{
    struct object_signed s[OBJECT_SIGNATURES_MAX];
    static const char *const domains[] = { "\"x509_san_dns:v.test\"", "[\"x509_san_dns:v.test\"]" };
    sg_str text;
    for (size_t i = 0; i < 2; i++) {
        assert_ok(sg_arena_printf(*state, &text,
            "{" VP ",\"verifiableCredential\":[" ENVELOPED "],\"proof\":{\"domain\":%s,"
            "\"challenge\":\"n-0S6\",\"proofValue\":\"" PROOF64 "\"}}",
            domains[i]));
        assert_int_equal(take_all(state, text, s), 2);
        is_holder(&s[0], s[0].object.signature.p[0]);
        assert_int_equal(s[0].object.kind, OBJECT_DATA_INTEGRITY);
        assert_non_null(s[0].object.document);
        is_issuer(&s[1]);
    }
    /* nobody signed it: what it holds is all there is */
    assert_int_equal(
        take_all(state, SG_LIT("{" VP ",\"verifiableCredential\":[" ENVELOPED "]}"), s), 1);
    is_issuer(&s[0]);
}

#define C64(b) b b b b b b b b b b b b b b b b
#define BYTES64(b) "5840" C64(b b b b)
#define ISSUER_AUTH "6a697373756572417574688443a10126a043010203" BYTES64("01")
#define DEVICE_AUTH                                                                             \
    "6c6465766963655369676e6564a26a6e616d65537061636573d81841a06a64657669636541757468a16f64657" \
    "66963655369676e61747572658443a10126a0f6" BYTES64("02")

/* {"documents": [{"docType": "d", "issuerSigned": {"issuerAuth": ...}, "deviceSigned": {...}}, the same without deviceSigned]} */
static void
test_device_responses(void **state)
{
    struct object_signed s[OBJECT_SIGNATURES_MAX];
    size_t n = take_all(state,
        SG_LIT(
            "a169646f63756d656e747382a367646f635479706561646c6973737565725369676e6564a1" ISSUER_AUTH
                DEVICE_AUTH "a267646f635479706561646c6973737565725369676e6564a1" ISSUER_AUTH),
        s);
    assert_int_equal(n, 3);
    assert_int_equal(s[0].role, OBJECT_OF_HOLDER);
    assert_int_equal(s[0].object.signature.p[0], 2);
    assert_int_equal(s[0].object.message.n, 0);
    assert_str_is(s[0].doc_type, "d");
    assert_int_equal(s[0].device_name_spaces.n, 4);
    assert_int_equal(s[0].protected_bstr.n, 3);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(s[i].role, OBJECT_OF_ISSUER);
        assert_int_equal(s[i].object.kind, OBJECT_ISSUER_SIGNED);
    }
}

static void
test_depth_and_number_are_bounded(void **state)
{
    struct object_signed s[OBJECT_SIGNATURES_MAX];
    struct sg_buf buf = sg_buf_new(*state, 4096, OBJECT_MAX);
    sg_str text;
    size_t n = 0;
    sg_buf_put_cstr(&buf, "{" VP ",\"verifiableCredential\":[");
    for (size_t i = 0; i <= OBJECT_SIGNATURES_MAX; i++) {
        sg_buf_put_cstr(&buf, i == 0 ? ENVELOPED : "," ENVELOPED);
    }
    sg_buf_put_cstr(&buf, "]}");
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_refused(object_take_all(*state, sg_str_bytes(text), s, &n), TOO_MANY);
    text = SG_LIT(ENVELOPED);
    for (size_t i = 0; i < 5; i++) {
        assert_ok(sg_arena_printf(
            *state, &text, "{" VP ",\"verifiableCredential\":[%.*s]}", SG_PRINT(text)));
    }
    assert_refused(object_take_all(*state, sg_str_bytes(text), s, &n), DEPTH);
    static const char *const none[] = { "", " ", "{}", "{" VP "}", "a.b.c", "a0",
        "\xa1\x69"
        "documents\x80",
        "{" VP ",\"verifiableCredential\":[7]}", "{" VP ",\"verifiableCredential\":\"x\"}",
        "{" VP ",\"proof\":7}", HEADER "." PAYLOAD "." SIG "~x" };
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        sg_result r = object_take_all(*state, sg_str_bytes(sg_cstr(none[i])), s, &n);
        if (r.code != SG_E_MALFORMED && r.code != SG_E_ENCODING) {
            fail_msg("%s: %s", none[i], sg_code_row(r.code)->name);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compact),
        cmocka_unit_test(test_serialised),
        cmocka_unit_test(test_enveloped),
        cmocka_unit_test(test_data_integrity),
        cmocka_unit_test(test_what_is_none),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_key_binding_before_its_credential),
        cmocka_unit_test(test_presentations_as_jwt),
        cmocka_unit_test(test_presentations_with_proofs),
        cmocka_unit_test(test_device_responses),
        cmocka_unit_test(test_depth_and_number_are_bounded),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

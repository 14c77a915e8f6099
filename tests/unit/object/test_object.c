/* formats/object: what evidence takes from each kind of object, and what is none (req: EV-2). */
#include "object.h"
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
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

/* formats/cose: building and reading back, and each way to be refused. Bytes by hand from RFC 9052. req: FMT-4 */
#include "cose.h"
#include "es256.h"
#include "support.h"

/* [h'a10126', {}, h'01', h'02'] and its variations */
#define PROTECTED "43a10126"
#define REST \
    "a04101" \
    "4102"

static void
refused_as(void **state, const char *hex, enum sg_code code)
{
    struct cose_sign1 sign1;
    support_assert_code(
        cose_sign1_parse(support_hex(*state, hex), &sign1), code, hex, __FILE__, __LINE__);
}

static struct jwk_key *
public_key(struct sg_arena *arena, const struct es256 *key)
{
    const struct sjson *json;
    struct jwk jwk;
    struct jwk_key *ret = NULL;
    assert_ok(sjson_parse(arena, es256_jwk(arena, key), NULL, &json));
    assert_ok(jwk_parse(arena, json, &jwk));
    assert_ok(jwk_key_new(&jwk, &ret));
    return ret;
}

/* Two objects, attached and detached, with every header that we write. */
static void
round_trip(void **state, bool detached, bool x5chain_protected)
{
    static const sg_bytes chain[] = { { (const uint8_t *)"leaf", 4 },
        { (const uint8_t *)"ca", 2 } };
    struct cose_headers headers = { .alg = jose_alg_by_id(JOSE_ES256),
        .content_type = SG_LIT("application/vc"),
        .typ = SG_LIT("application/vc+cose"),
        .kid = sg_str_bytes(SG_LIT("key-1")),
        .cwt_claims = support_hex(*state, "a10163697373"),
        .x5chain = chain,
        .n_x5chain = 2,
        .x5chain_protected = x5chain_protected };
    sg_bytes payload = sg_str_bytes(SG_LIT("payload"));
    sg_bytes aad = sg_str_bytes(SG_LIT("aad"));
    sg_bytes protected_bstr;
    sg_bytes message;
    sg_bytes object;
    uint8_t signature[64];
    struct cose_sign1 sign1;
    struct es256 *key = es256_new();
    struct jwk_key *verifier = public_key(*state, key);
    assert_ok(cose_protected(*state, &headers, &protected_bstr));
    assert_ok(cose_to_be_signed(*state, protected_bstr, aad, payload, &message));
    es256_sign(key, message, signature);
    assert_ok(cose_sign1_encode(*state, &headers, protected_bstr, detached ? SG_NO_BYTES : payload,
        SG_BYTES(signature), detached, &object));
    assert_ok(cose_sign1_parse(object, &sign1));
    assert_true(sign1.detached == detached && sign1.tagged == detached);
    assert_int_equal(sign1.alg_id, -7);
    assert_str_is(sign1.content_type, "application/vc");
    assert_str_is(sign1.typ, "application/vc+cose");
    assert_str_is(sg_bytes_str(sign1.kid), "key-1");
    assert_int_equal(sign1.n_x5chain, 2);
    assert_str_is(sg_bytes_str(sign1.x5chain[0]), "leaf");
    assert_true(sg_bytes_equal(sign1.cwt_claims, headers.cwt_claims));
    sg_bytes given = detached ? payload : SG_NO_BYTES;
    assert_ok(cose_sign1_verify(*state, &sign1, verifier, aad, given));
    assert_refused(cose_sign1_verify(*state, &sign1, verifier, SG_NO_BYTES, given), SIGNATURE);
    if (detached) {
        assert_refused(cose_sign1_verify(*state, &sign1, verifier, aad, SG_NO_BYTES), MISSING);
        assert_refused(cose_sign1_verify(*state, &sign1, verifier, aad, aad), SIGNATURE);
    } else {
        assert_refused(cose_sign1_verify(*state, &sign1, verifier, aad, payload), VALUE);
    }
    jwk_key_free(&verifier);
    es256_free(&key);
}

static void
test_what_is_built_verifies(void **state)
{
    round_trip(state, false, false);
    round_trip(state, false, true);
    round_trip(state, true, false);
}

/* What stands beside the signature may be anybody's: a type or content type there is none, whatever it is. RFC 9596 2 */
static void
test_types_beside_the_signature_do_not_count(void **state)
{
    static const char *const objects[] = {
        "8443a10126a1106f6170706c69636174696f6e2f786379" /* {16: "application/xcy"} */
        "4101"
        "4102",
        "8443a10126a103626161" /* {3: "aa"} */
        "4101"
        "4102",
        "8443a10126a1101864" /* {16: 100} */
        "4101"
        "4102",
    };
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        struct cose_sign1 sign1;
        assert_ok(cose_sign1_parse(support_hex(*state, objects[i]), &sign1));
        assert_int_equal(sign1.typ.n, 0);
        assert_int_equal(sign1.content_type.n, 0);
    }
}

static void
test_a_key_of_another_algorithm_is_refused(void **state)
{
    struct cose_sign1 sign1;
    struct es256 *key = es256_new();
    struct jwk_key *verifier = public_key(*state, key);
    assert_ok(cose_sign1_parse(support_hex(*state, "8443a10127" REST), &sign1)); /* EdDSA */
    assert_refused(
        cose_sign1_verify(*state, &sign1, verifier, SG_NO_BYTES, SG_NO_BYTES), ALGORITHM);
    assert_ok(cose_sign1_parse(support_hex(*state, "8444a1013863" REST), &sign1)); /* -100 */
    assert_int_equal(sign1.alg_id, -100);
    assert_refused(
        cose_sign1_verify(*state, &sign1, verifier, SG_NO_BYTES, SG_NO_BYTES), ALGORITHM);
    assert_ok(cose_sign1_parse(support_hex(*state, "8445a101390100" REST), &sign1)); /* RS256 */
    assert_null(sign1.alg);
    jwk_key_free(&verifier);
    es256_free(&key);
}

/* RFC 9864 */
static void
test_fully_specified_numbers_name_our_rows(void **state)
{
    struct cose_sign1 sign1;
    assert_ok(cose_sign1_parse(support_hex(*state, "8443a10128" REST), &sign1)); /* -9 */
    assert_int_equal(sign1.alg->id, JOSE_ES256);
    assert_ok(cose_sign1_parse(support_hex(*state, "8443a10132" REST), &sign1)); /* -19 */
    assert_int_equal(sign1.alg->id, JOSE_EDDSA);
    assert_ok(cose_sign1_parse(support_hex(*state, "8444a1013832" REST), &sign1)); /* -51 */
    assert_int_equal(sign1.alg->id, JOSE_ES384);
    assert_ptr_equal(cose_alg(-52), jose_alg_by_id(JOSE_ES512));
    assert_null(cose_alg(-257));   /* RS256 */
    assert_null(cose_alg(-65537)); /* a number of deviceMac, OpenID4VP B.2.2 */
    assert_null(cose_alg(0));
}

static void
test_structure(void **state)
{
    refused_as(state, "84" PROTECTED REST, SG_OK);
    refused_as(state, "d284" PROTECTED REST, SG_OK);
    refused_as(state, "d184" PROTECTED REST, SG_E_MALFORMED);    /* a COSE_Mac0's tag */
    refused_as(state, "d2d284" PROTECTED REST, SG_E_MALFORMED);  /* twice */
    refused_as(state, "84" PROTECTED REST "00", SG_E_MALFORMED); /* trailing */
    refused_as(state, "83" PROTECTED "a04101", SG_E_MALFORMED);  /* three */
    refused_as(state, "85" PROTECTED REST "00", SG_E_MALFORMED); /* five */
    refused_as(state, "9f" PROTECTED REST "ff", SG_E_MALFORMED); /* indefinite */
    refused_as(state, "84a10126" REST, SG_E_TYPE);               /* protected not wrapped */
    refused_as(state,
        "84" PROTECTED "804101"
        "4102",
        SG_E_TYPE); /* unprotected no map */
    refused_as(state,
        "84" PROTECTED "a06161"
        "4102",
        SG_E_TYPE); /* payload a text */
    refused_as(state,
        "84" PROTECTED "a0f6"
        "4102",
        SG_OK); /* nil: detached */
    refused_as(state,
        "84" PROTECTED "a0f7"
        "4102",
        SG_E_TYPE); /* undefined */
    refused_as(state,
        "84" PROTECTED "a04101"
        "f6",
        SG_E_TYPE);                                         /* no signature */
    refused_as(state, "8444a1012600" REST, SG_E_MALFORMED); /* bytes behind the protected map */
    refused_as(state, "844101" REST, SG_E_TYPE);            /* protected no map */
}

static void
test_headers(void **state)
{
    refused_as(state,
        "84" PROTECTED "a104f7"
        "4101"
        "4102",
        SG_OK); /* kid: undefined */
    refused_as(state,
        "84" PROTECTED "a104f6"
        "4101"
        "4102",
        SG_E_TYPE);
    refused_as(state, "8440" REST, SG_E_ALGORITHM);   /* no alg at all */
    refused_as(state, "8441a0" REST, SG_E_ALGORITHM); /* an empty map */
    refused_as(state,
        "8440a10126"
        "4101"
        "4102",
        SG_E_ALGORITHM); /* alg unprotected only */
    refused_as(state,
        "84" PROTECTED "a10126"
        "4101"
        "4102",
        SG_E_DUPLICATE);                                        /* in both */
    refused_as(state, "8445a201260126" REST, SG_E_DUPLICATE);   /* twice in one */
    refused_as(state, "8446a20126180126" REST, SG_E_DUPLICATE); /* the same label, longer head */
    refused_as(state,
        "84" PROTECTED "a104"
        "6161"
        "4101"
        "4102",
        SG_E_TYPE); /* kid a text */
    refused_as(state,
        "84" PROTECTED "a1f4"
        "00"
        "4101"
        "4102",
        SG_E_TYPE); /* a label false */
    refused_as(state, "8445a20126f400" REST, SG_E_MALFORMED);
    refused_as(state, "8445a201260340" REST, SG_E_TYPE);   /* content type bytes */
    refused_as(state, "8446a201260f4100" REST, SG_E_TYPE); /* claims no map */
    refused_as(state, "8445a201260fa0" REST, SG_OK);
    refused_as(state,
        "84" PROTECTED "a10fa0"
        "4101"
        "4102",
        SG_E_UNSUPPORTED); /* claims that nobody signed: an audience of anybody's choice */
    refused_as(state,
        "84" PROTECTED "a1617800"
        "4101"
        "4102",
        SG_OK); /* an unknown text label */
}

static void
test_crit(void **state)
{
    refused_as(state, "8446a20126028101" REST, SG_OK);              /* crit: [alg] */
    refused_as(state, "8445a201260280" REST, SG_E_MALFORMED);       /* crit: [] */
    refused_as(state, "8447a2012602811863" REST, SG_E_UNSUPPORTED); /* crit: [99] */
    refused_as(state, "8447a2012602816178" REST, SG_E_UNSUPPORTED); /* crit: ["x"] */
    refused_as(state, "8446a20126028103" REST, SG_E_MALFORMED);     /* crit: [3], and no 3 */
    refused_as(state,
        "84" PROTECTED "a1028101"
        "4101"
        "4102",
        SG_E_MALFORMED); /* unprotected */
}

/* RFC 9360 2: one certificate is a byte string, more are an array. */
static void
test_x5chain(void **state)
{
    struct cose_sign1 sign1;
    assert_ok(cose_sign1_parse(support_hex(*state, "84" PROTECTED "a11821"
                                                   "41aa"
                                                   "4101"
                                                   "4102"),
        &sign1));
    assert_int_equal(sign1.n_x5chain, 1);
    assert_int_equal(sign1.x5chain[0].p[0], 0xaa);
    assert_ok(cose_sign1_parse(support_hex(*state, "844aa20126"
                                                   "1821"
                                                   "8241aa41bb" REST),
        &sign1));
    assert_int_equal(sign1.n_x5chain, 2);
    refused_as(state,
        "84" PROTECTED "a11821"
        "8141aa"
        "4101"
        "4102",
        SG_E_MALFORMED);
    refused_as(state,
        "84" PROTECTED "a11821"
        "80"
        "4101"
        "4102",
        SG_E_MALFORMED);
    refused_as(state,
        "84" PROTECTED "a11821"
        "8241aa00"
        "4101"
        "4102",
        SG_E_TYPE);
    refused_as(state,
        "84" PROTECTED "a11821"
        "6161"
        "4101"
        "4102",
        SG_E_TYPE);
    refused_as(state,
        "84" PROTECTED "a11821"
        "8940404040404040404040"
        "4101"
        "4102",
        SG_E_MALFORMED);
    refused_as(state,
        "84" PROTECTED "a11821"
        "89404040404040404040"
        "4101"
        "4102",
        SG_E_TOO_LARGE);
    /* in both headers */
    refused_as(state,
        "8447a20126182141aa"
        "a1182141aa"
        "4101"
        "4102",
        SG_E_DUPLICATE);
}

static void
test_mac0(void **state)
{
    /* cose-wg HMac-enc-01 */
    sg_bytes message =
        support_hex(*state, "d18443a10105a054546869732069732074686520636f6e74656e742e"
                            "5820a1a848d3471f9d61ee49018d244c824772f223ad4f935293f1789f"
                            "c3a08d8c58");
    sg_bytes key =
        support_hex(*state, "849b57219dae48de646d07dbb533566e976686457c1491be3a76dcea6c427188");
    struct cose_sign1 mac0;
    assert_ok(cose_mac0_parse(message, &mac0));
    assert_null(mac0.alg);
    assert_ok(cose_mac0_verify(*state, &mac0, key, SG_NO_BYTES, SG_NO_BYTES));
    assert_refused(cose_mac0_verify(*state, &mac0, key, key, SG_NO_BYTES), SIGNATURE);
    assert_refused(
        cose_mac0_verify(*state, &mac0, sg_bytes_slice(key, 0, 31), SG_NO_BYTES, SG_NO_BYTES),
        KEY_INVALID);
    assert_refused(cose_sign1_parse(message, &mac0), MALFORMED);
    assert_ok(cose_mac0_parse(message, &mac0));
    mac0.signature.n = 16; /* a truncated tag is another algorithm */
    assert_refused(cose_mac0_verify(*state, &mac0, key, SG_NO_BYTES, SG_NO_BYTES), SIGNATURE);
    mac0.alg_id = 4;
    assert_refused(cose_mac0_verify(*state, &mac0, key, SG_NO_BYTES, SG_NO_BYTES), ALGORITHM);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_built_verifies),
        cmocka_unit_test(test_types_beside_the_signature_do_not_count),
        cmocka_unit_test(test_a_key_of_another_algorithm_is_refused),
        cmocka_unit_test(test_fully_specified_numbers_name_our_rows),
        cmocka_unit_test(test_structure),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_crit),
        cmocka_unit_test(test_x5chain),
        cmocka_unit_test(test_mac0),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

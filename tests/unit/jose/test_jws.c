/* formats/jose: compact JWS and JWT times. */
#include "jws.h"
#include "support.h"

static sg_str
compact(void **state, const char *header, const char *payload)
{
    sg_str input;
    sg_str text;
    assert_ok(jws_signing_input(*state, sg_cstr(header), sg_str_bytes(sg_cstr(payload)), &input));
    assert_ok(jws_attach(*state, input, sg_bytes_of("sig", 3), &text));
    return text;
}

static void
test_parts_of_a_jws(void **state)
{
    struct jws jws;
    const struct sjson *claims;
    sg_str text =
        compact(state, "{\"alg\":\"ES256\",\"typ\":\"a+jwt\",\"kid\":\"k1\"}", "{\"a\":1}");
    assert_ok(jws_parse(*state, text, &jws));
    assert_int_equal(jws.alg->id, JOSE_ES256);
    struct jws named;
    assert_ok(jws_parse(*state, compact(state, "{\"alg\":\"Ed25519\"}", "{}"), &named));
    assert_int_equal(named.alg->id, JOSE_EDDSA); /* RFC 9864 */
    assert_str_is(jws.typ, "a+jwt");
    assert_str_is(jws.kid, "k1");
    assert_str_is(sg_bytes_str(jws.signature), "sig");
    assert_int_equal(jws.signing_input.n, text.n - 5);
    assert_ok(jws_claims(*state, &jws, &claims));
    assert_str_is(sjson_get(claims, "a")->text, "1");
}

static void
test_each_refused_header(void **state)
{
    static const struct {
        const char *header;
        enum sg_code code;
    } rows[] = {
        { "{}", SG_E_MISSING },
        { "[]", SG_E_TYPE },
        { "{\"alg\":7}", SG_E_TYPE },
        { "{\"alg\":\"none\"}", SG_E_ALGORITHM },
        { "{\"alg\":\"HS256\"}", SG_E_ALGORITHM },
        { "{\"alg\":\"ES256\",\"alg\":\"ES384\"}", SG_E_DUPLICATE },
        { "{\"alg\":\"ES256\",\"crit\":[\"exp\"]}", SG_E_UNSUPPORTED },
        { "{\"alg\":\"ES256\",\"crit\":[]}", SG_E_UNSUPPORTED },
        { "{\"alg\":\"ES256\",\"b64\":false}", SG_E_UNSUPPORTED },
        { "{\"alg\":\"ES256\",\"b64\":0}", SG_E_TYPE },
        { "{\"alg\":\"ES256\",\"typ\":1}", SG_E_TYPE },
        { "{\"alg\":\"ES256\",\"kid\":[]}", SG_E_TYPE },
        { "{\"alg\":\"ES256\"", SG_E_MALFORMED },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jws jws;
        sg_result r = jws_parse(*state, compact(state, rows[i].header, "{}"), &jws);
        support_assert_code(r, rows[i].code, rows[i].header, __FILE__, __LINE__);
    }
}

static void
test_form_has_three_strict_parts(void **state)
{
    struct jws jws;
    assert_refused(jws_parse(*state, SG_LIT(""), &jws), MALFORMED);
    assert_refused(jws_parse(*state, SG_LIT("e30.e30"), &jws), MALFORMED);
    assert_refused(jws_parse(*state, SG_LIT("e30.e30.e30.e30"), &jws), MALFORMED);
    assert_refused(jws_parse(*state, SG_LIT("..."), &jws), MALFORMED);
    assert_refused(jws_parse(*state, SG_LIT("{}.e30.e30"), &jws), ENCODING);
    assert_refused(jws_parse(*state, SG_LIT("eyJhbGciOiJFUzI1NiJ9.e30=.AA"), &jws), ENCODING);
    assert_refused(jws_parse(*state, SG_LIT("eyJhbGciOiJFUzI1NiJ9.e30.AB"), &jws), ENCODING);
    char *huge = sg_arena_alloc(*state, JWS_MAX + 1);
    assert_non_null(huge);
    assert_refused(jws_parse(*state, sg_str_of(huge, JWS_MAX + 1), &jws), TOO_LARGE);
}

static void
test_times(void **state)
{
    static const struct {
        const char *claims;
        enum sg_code code;
    } rows[] = {
        /* now 1000, leeway 10 */
        { "{}", SG_OK },
        { "{\"exp\":991}", SG_OK },
        { "{\"exp\":990}", SG_E_EXPIRED },
        { "{\"exp\":990.5}", SG_OK },
        { "{\"exp\":-1}", SG_E_EXPIRED },
        { "{\"nbf\":1010}", SG_OK },
        { "{\"nbf\":1011}", SG_E_NOT_YET },
        { "{\"iat\":1011}", SG_E_NOT_YET },
        { "{\"iat\":1}", SG_OK },
        { "{\"exp\":\"2000\"}", SG_E_TYPE },
        { "{\"iat\":null}", SG_E_TYPE },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sjson *claims;
        assert_ok(sjson_parse(*state, sg_cstr(rows[i].claims), NULL, &claims));
        sg_result r = jwt_check_times(claims, 1000, 10);
        support_assert_code(r, rows[i].code, rows[i].claims, __FILE__, __LINE__);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_of_a_jws),
        cmocka_unit_test(test_each_refused_header),
        cmocka_unit_test(test_form_has_three_strict_parts),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

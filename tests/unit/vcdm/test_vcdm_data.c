/* formats/vcdm: media types and data: URLs of secured objects (vc-jose-cose 3; RFC 2397). req: FMT-4 */
#include "vcdm_make.h"

#include "vcdm_data.h"

static void
test_media_types(void **state)
{
    size_t n;
    const struct vcdm_media *all = vcdm_media_all(&n);
    (void)state;
    assert_int_equal(n, 6);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(vcdm_media(all[i].envelope), &all[i]);
        assert_ptr_equal(vcdm_media_by_type(sg_cstr(all[i].type)), &all[i]);
    }
    assert_int_equal(vcdm_media_by_type(SG_LIT("Application/VC+JWT"))->envelope, VCDM_VC_JWT);
    assert_null(vcdm_media_by_type(SG_LIT("application/vc-ld+jwt")));
    assert_null(vcdm_media_by_type(SG_LIT("application/vc+jwt;a=b")));
    assert_null(vcdm_media_by_type(SG_LIT("vc+jwt")));
    assert_null(vcdm_media((enum vcdm_envelope)7));
}

static void
test_good_urls(void **state)
{
    static const struct {
        const char *url;
        const char *content;
    } rows[] = {
        { "data:application/vc+jwt,a.b-_.c", "a.b-_.c" },
        { "data:application/vp+sd-jwt,a.b.c~d~e~", "a.b.c~d~e~" },
        { "data:application/vc+cose;base64,AAEC/w==", "\x00\x01\x02\xff" },
    };
    for (size_t i = 0; i < 3; i++) {
        struct vcdm_data data;
        sg_bytes content;
        sg_str again;
        assert_ok(vcdm_data_parse(sg_cstr(rows[i].url), &data));
        assert_non_null(data.media);
        assert_ok(vcdm_data_content(*state, &data, &content));
        assert_int_equal(content.n, i == 2 ? 4 : strlen(rows[i].content));
        assert_memory_equal(content.p, rows[i].content, content.n);
        assert_ok(vcdm_data_make(*state, data.media->envelope, content, &again));
        assert_str_is(again, rows[i].url);
    }
}

static void
test_bad_urls(void **state)
{
    static const char *const bad[] = { "", "data", "data:", "data:application/vc+jwt",
        "data:application/vc+jwt,", "data:application/vc+jwt,a b", "data:application/vc+jwt,a~b",
        "data:application/vc+jwt;base64,YS5i", "data:application/vc+jwt;base64url,a.b.c",
        "data:application/vc+jwt;charset=utf-8,a.b.c", "data:application/vc+jwt,a%2Eb",
        "data:application/vc+jwt,a,b", "data:application/vc+jwt,a=b",
        "data:application/vc+sd-jwt;base64,YS5i", "data:application/vc+cose,AAEC",
        "data:application/vc+cose;base64,", "data:application/vc+cose;base64,AA-_",
        "data:application/vc+cose;base64,A=A=", "data:application/vc+cose;base64,AA===",
        "data:application/vc+cose;x=1;base64,AAEC", "data:application/vc+cose;BASE64,AAEC",
        "DATA:application/vc+jwt,a.b.c", "data:text/plain,a#b", "data:text,a", "data:text/,a",
        "data:text/pl ain,a", "data: application/vc+jwt,a.b.c", "bad-credential" };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct vcdm_data data;
        if (sg_ok(vcdm_data_parse(sg_cstr(bad[i]), &data))) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
}

static void
test_foreign_types_are_form_only(void **state)
{
    struct vcdm_data data;
    sg_bytes content;
    assert_ok(vcdm_data_parse(SG_LIT("data:application/vc-ld+jwt;base64url,a.b.c"), &data));
    assert_null(data.media);
    assert_str_is(data.media_type, "application/vc-ld+jwt");
    assert_false(data.base64);
    assert_refused(vcdm_data_content(*state, &data, &content), UNSUPPORTED);
    assert_ok(vcdm_data_parse(SG_LIT("data:,x"), &data));
    assert_ok(vcdm_data_parse(SG_LIT("data:text/plain;charset=x;base64,eA=="), &data));
    assert_true(data.base64);
}

static void
test_content_of_cose_is_strict_base64(void **state)
{
    struct vcdm_data data;
    sg_bytes content;
    assert_ok(vcdm_data_parse(SG_LIT("data:application/vc+cose;base64,AAECA"), &data));
    assert_refused(vcdm_data_content(*state, &data, &content), ENCODING);
    assert_ok(vcdm_data_parse(SG_LIT("data:application/vc+cose;base64,AAF="), &data));
    assert_refused(vcdm_data_content(*state, &data, &content), ENCODING); /* loose bits */
}

static void
test_making(void **state)
{
    sg_str out;
    assert_ok(vcdm_data_object(*state, VCDM_VP_COSE, SG_BYTES("\x01"), &out));
    const struct sjson *json = json_of(state, out);
    sg_str url;
    assert_ok(vcdm_check_enveloped(json, true, NULL, &url));
    assert_str_is(url, "data:application/vp+cose;base64,AQA=");
    assert_ok(vcdm_data_object(*state, VCDM_VC_JWT, sg_bytes_of("a.b.c", 5), &out));
    assert_ok(vcdm_check_enveloped(json_of(state, out), false, NULL, &url));
    assert_str_is(url, "data:application/vc+jwt,a.b.c");
    assert_refused(vcdm_data_make(*state, VCDM_VC_JWT, sg_bytes_of("a.b~c", 5), &out), VALUE);
    assert_refused(vcdm_data_make(*state, VCDM_VC_JWT, SG_NO_BYTES, &out), VALUE);
    assert_refused(vcdm_data_make(*state, VCDM_VC_COSE, SG_NO_BYTES, &out), VALUE);
    assert_refused(vcdm_data_make(*state, (enum vcdm_envelope)9, SG_BYTES("x"), &out), VALUE);
    assert_refused(vcdm_data_object(*state, (enum vcdm_envelope)9, SG_BYTES("x"), &out), VALUE);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, support_arena_setup, support_arena_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_media_types),
        TEST(test_good_urls),
        TEST(test_bad_urls),
        TEST(test_foreign_types_are_form_only),
        TEST(test_content_of_cose_is_strict_base64),
        TEST(test_making),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* formats/vcdm: presentations, what is enveloped in them, and who they are meant for (vc-jose-cose 3.1.2, 5). req: FMT-4 */
#include "envelope_make.h"

/* Where no holder is named, iss is who speaks, and the key must be theirs. */
static void
test_presentation_without_holder(void **state)
{
    struct di_test_key other = di_test_key_of(*state, JOSE_P256, "other");
    sg_str header = header_with(state, ",\"typ\":\"vp+jwt\"", "", issuer.method);
    struct vcdm_verify policy = policy_now();
    struct vcdm_verified v;
    sg_str own = changed(
        state, BASE_PRESENTATION, text_of(state, "{\"iss\":\"%.*s\"}", SG_PRINT(issuer.did)).p);
    sg_str foreign = changed(
        state, BASE_PRESENTATION, text_of(state, "{\"iss\":\"%.*s\"}", SG_PRINT(other.did)).p);
    assert_ok(
        vcdm_verify(*state, VCDM_VP_JWT, jws_by_hand(state, header.p, own), &policy, NULL, &v));
    assert_int_equal(v.presentation.holder.n, 0);
    assert_named(
        vcdm_verify(*state, VCDM_VP_JWT, jws_by_hand(state, header.p, foreign), &policy, &why, &v),
        ISSUER, "controller");
    sg_bytes nobody = jws_by_hand(state, header.p, SG_LIT(BASE_PRESENTATION));
    assert_ok(vcdm_verify(*state, VCDM_VP_JWT, nobody, &policy, NULL, &v));
    assert_true(sg_str_equal(v.kid, issuer.method)); /* all that is known of who presents */
}

/* ---- presentations ----------------------------------------------------------------------------------- */

static sg_str
object_of(void **state, enum vcdm_envelope envelope, sg_bytes content)
{
    sg_str out;
    assert_ok(vcdm_data_object(*state, envelope, content, &out));
    return out;
}

static sg_str
credential_object(void **state, enum vcdm_envelope envelope)
{
    return object_of(state, envelope,
        sealed(state, seal_of(envelope, &issuer, credential_of(state, &issuer)), &issuer));
}

static void
test_nested_credentials_are_verified(void **state)
{
    sg_str jwt = credential_object(state, VCDM_VC_JWT);
    sg_str sd = credential_object(state, VCDM_VC_SD_JWT);
    sg_str cose = credential_object(state, VCDM_VC_COSE);
    static const enum vcdm_envelope outer[] = { VCDM_VP_JWT, VCDM_VP_SD_JWT, VCDM_VP_COSE };
    struct vcdm_verify policy = policy_now();
    for (size_t i = 0; i < 3; i++) {
        sg_str document = presentation_of(state, &holder,
            text_of(state, "%.*s,%.*s,%.*s", SG_PRINT(jwt), SG_PRINT(sd), SG_PRINT(cose)));
        sg_bytes text = sealed(state, seal_of(outer[i], &holder, document), &holder);
        struct vcdm_verified v;
        assert_ok(vcdm_verify(*state, outer[i], text, &policy, NULL, &v));
        assert_int_equal(v.presentation.n_entries, 3);
        for (size_t k = 0; k < 3; k++) {
            assert_true(sg_str_equal(v.nested[k].credential.issuer, issuer.did));
        }
        /* and as an object of its own */
        const struct sjson *object = json_of(state, object_of(state, outer[i], text));
        assert_ok(vcdm_verify_enveloped(*state, object, &policy, NULL, &v));
        assert_int_equal(v.presentation.n_entries, 3);
    }
    struct vcdm_verified v;
    assert_ok(vcdm_verify_enveloped(*state, json_of(state, jwt), &policy, NULL, &v));
    assert_str_is(v.credential.id, "urn:uuid:1");
}

static sg_result
presenting(void **state, sg_str entries, const struct vcdm_verify *policy, struct sg_why *why)
{
    struct vcdm_verified v;
    sg_str document = presentation_of(state, &holder, entries);
    sg_bytes text = sealed(state, seal_of(VCDM_VP_JWT, &holder, document), &holder);
    return vcdm_verify(*state, VCDM_VP_JWT, text, policy, why, &v);
}

#define ENVELOPED(type, id)                                                                       \
    "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\"],\"type\":\"" type "\",\"id\":\"" id \
    "\"}"

static void
test_bad_nested_credentials(void **state)
{
    struct vcdm_verify policy = policy_now();
    struct vcdm_verify form = policy_now();
    static const struct vcdm_rules unread = { .enveloped_unread = true };
    struct vcdm_verify blind = policy_now();
    form.nested_form_only = true;
    blind.rules = &unread;
    sg_str garbage =
        SG_LIT(ENVELOPED("EnvelopedVerifiableCredential", "data:application/vc+jwt,a.b.c...."));
    assert_refused(presenting(state, garbage, &policy, NULL), MALFORMED);
    assert_ok(presenting(state, garbage, &form, NULL));
    assert_ok(presenting(state, garbage, &blind, NULL)); /* the suite's test 31 */
    static const struct {
        const char *entry;
        enum sg_code code;
    } rows[] = {
        { ENVELOPED("EnvelopedVerifiableCredential", "data:application/vc+jwt;base64,YQ=="),
            SG_E_MALFORMED },
        { ENVELOPED("EnvelopedVerifiableCredential", "data:application/vp+jwt,a.b.c"), SG_E_TYPE },
        { ENVELOPED("EnvelopedVerifiablePresentation", "data:application/vc+jwt,a.b.c"),
            SG_E_TYPE },
        { ENVELOPED("EnvelopedVerifiableCredential", "data:text/plain,a.b.c"), SG_E_UNSUPPORTED },
        { BASE_CREDENTIAL, SG_E_VCDM }, /* MUST be secured (3.1.2) */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sg_why why = { 0 };
        assert_int_equal(
            presenting(state, sg_cstr(rows[i].entry), &policy, &why).code, rows[i].code);
        assert_non_null(why.what);
        assert_int_equal(presenting(state, sg_cstr(rows[i].entry), &form, NULL).code, rows[i].code);
    }
    assert_refused(presenting(state, SG_LIT(BASE_CREDENTIAL), &blind, NULL), VCDM);
    /* a credential whose signature does not hold */
    sg_bytes bad =
        sealed(state, seal_of(VCDM_VC_JWT, &issuer, credential_of(state, &issuer)), &holder);
    struct sg_why why = { 0 };
    assert_refused(presenting(state, object_of(state, VCDM_VC_JWT, bad), &policy, &why), SIGNATURE);
    assert_string_equal(why.what, "signature");
    /* one with an embedded proof is the caller's to verify; the holder's own word needs to be asked for */
    sg_str proven =
        changed(state, BASE_CREDENTIAL, "{\"proof\":{\"type\":\"DataIntegrityProof\"}}");
    assert_ok(presenting(state, proven, &policy, NULL));
    static const struct vcdm_rules self = { .self_asserted = true };
    policy.rules = &self;
    sg_str own = changed(state, credential_of(state, &holder).p, "{}");
    assert_ok(presenting(state, own, &policy, NULL));
    assert_refused(presenting(state, sg_cstr(BASE_CREDENTIAL), &policy, NULL), VCDM);
}

/* Presentations in presentations, as deep as is allowed and one deeper. */
static void
test_nesting_is_bounded(void **state)
{
    struct vcdm_verify policy = policy_now();
    sg_str inside = SG_NO_STR;
    for (unsigned depth = 1; depth <= VCDM_NESTED_MAX + 1; depth++) {
        sg_str document = presentation_of(state, &holder, inside);
        sg_bytes text = sealed(state, seal_of(VCDM_VP_JWT, &holder, document), &holder);
        struct sg_why why = { 0 };
        struct vcdm_verified v;
        sg_result r = vcdm_verify(*state, VCDM_VP_JWT, text, &policy, &why, &v);
        assert_int_equal(r.code, depth <= VCDM_NESTED_MAX ? SG_OK : SG_E_DEPTH);
        inside = object_of(state, VCDM_VP_JWT, text);
    }
}

/* Nine presentations of eight credentials: each list is short, together they are too many. */
static void
test_total_number_is_bounded(void **state)
{
    struct vcdm_verify policy = policy_now();
    sg_str vc = credential_object(state, VCDM_VC_JWT);
    sg_str eight = vc;
    for (size_t i = 1; i < 8; i++) {
        eight = text_of(state, "%.*s,%.*s", SG_PRINT(eight), SG_PRINT(vc));
    }
    assert_ok(presenting(state, eight, &policy, NULL));
    sg_bytes text = sealed(
        state, seal_of(VCDM_VP_JWT, &holder, presentation_of(state, &holder, eight)), &holder);
    sg_str vp = object_of(state, VCDM_VP_JWT, text);
    sg_str many = vp;
    for (size_t i = 1; i < 7; i++) {
        many = text_of(state, "%.*s,%.*s", SG_PRINT(many), SG_PRINT(vp));
    }
    assert_ok(presenting(state, many, &policy, NULL)); /* 7 * 9 = 63 */
    many = text_of(state, "%.*s,%.*s", SG_PRINT(many), SG_PRINT(vp));
    struct sg_why why = { 0 };
    assert_refused(presenting(state, many, &policy, &why), TOO_LARGE);
    assert_string_equal(why.what, "verifiableCredential");
}

static void
test_audience_and_nonce(void **state)
{
    struct vcdm_seal seal =
        seal_of(VCDM_VP_JWT, &holder, presentation_of(state, &holder, SG_NO_STR));
    struct vcdm_verify policy = policy_now();
    struct vcdm_verified v;
    sg_bytes without = sealed(state, seal, &holder);
    seal.aud = SG_LIT("x509_san_dns:v.example");
    seal.nonce = SG_LIT("n-1");
    sg_bytes with = sealed(state, seal, &holder);
    assert_ok(vcdm_verify(*state, VCDM_VP_JWT, with, &policy, NULL, &v));
    policy.aud = seal.aud;
    policy.nonce = seal.nonce;
    assert_ok(vcdm_verify(*state, VCDM_VP_JWT, with, &policy, NULL, &v));
    assert_named(vcdm_verify(*state, VCDM_VP_JWT, without, &policy, &why, &v), DOMAIN, "aud");
    policy.nonce = SG_LIT("n-2");
    assert_named(vcdm_verify(*state, VCDM_VP_JWT, with, &policy, &why, &v), CHALLENGE, "nonce");
    policy.nonce = seal.nonce;
    policy.aud = SG_LIT("other");
    assert_named(vcdm_verify(*state, VCDM_VP_JWT, with, &policy, &why, &v), DOMAIN, "aud");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, support_arena_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_presentation_without_holder),
        TEST(test_nested_credentials_are_verified),
        TEST(test_bad_nested_credentials),
        TEST(test_nesting_is_bounded),
        TEST(test_total_number_is_bounded),
        TEST(test_audience_and_nonce),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

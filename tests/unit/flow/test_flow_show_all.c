/* What holds for every format alike: whose key, whose selection, for which verifier (req: PRO-3). */
#include "show_bed.h"

/* ---- all of them ------------------------------------------------------------------------------------------------------- */

enum { N_FORMATS = 6 };

static sg_str
any(size_t i)
{
    switch (i) {
    case 0:
        return show_sd_jwt(&rig, "");
    case 1:
        return show_mdoc(&rig);
    case 2:
        return show_ldp(&rig, DI_ECDSA_RDFC_2019, "");
    default:
        return show_vc(&rig, i == 3 ? "vc+jwt" : i == 4 ? "vc+sd-jwt" : "vc+cose", "");
    }
}

static void
test_every_kind_of_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_FORMATS; i++) {
        struct flow_held held = held_of(any(i));
        assert_true(show_verified(&rig, shown_to(&held, "").value).verified);
    }
}

static void
test_nothing_leaves_that_the_key_did_not_sign(void **state)
{
    (void)state;
    const struct di_test_key other = di_test_key_of(rig.arena, JOSE_P256, "another");
    for (size_t i = 0; i < N_FORMATS; i++) {
        struct flow_held held = held_of(any(i));
        struct show_query query;
        struct flow_showing showing;
        struct flow_shown shown;
        show_ask(&rig, &held, "", &query);
        struct flow_show show = show_made(&rig, &held, &query);
        assert_ok(flow_show_build(rig.arena, &show, NULL, &showing));
        assert_refused(flow_show_attach(rig.arena, &showing,
                           di_test_sign(rig.arena, &other, showing.message), &shown),
            SIGNATURE);
        assert_refused(flow_show_attach(rig.arena, &showing, SG_NO_BYTES, &shown), SIGNATURE);
        assert_refused(flow_show_attach(rig.arena, &showing,
                           di_test_sign(rig.arena, &rig.holder, SG_BYTES("else")), &shown),
            SIGNATURE);
    }
}

static void
test_another_key_cannot_show_it(void **state)
{
    (void)state;
    const struct di_test_key other = di_test_key_of(rig.arena, JOSE_P256, "another");
    for (size_t i = 0; i < N_FORMATS; i++) {
        struct flow_held held = held_of(any(i));
        struct show_query query;
        struct flow_showing showing;
        show_ask(&rig, &held, "", &query);
        struct flow_show show = show_made(&rig, &held, &query);
        show.key = &other.jwk;
        assert_refused(flow_show_check(rig.arena, &show, NULL), KEY_INVALID);
        assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), KEY_INVALID);
        show.key = &rig.holder.jwk;
        show.alg = jose_alg_by_id(JOSE_ES384);
        assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), ALGORITHM);
        show.alg = rig.alg;
        show.key = NULL;
        assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), MISSING);
    }
}

/* A selection made on one credential, applied to another. */
static void
test_a_selection_belongs_to_its_credential(void **state)
{
    (void)state;
    static const char *const asked[] = { ",'claims':[{'path':['given_name']}]",
        ",'claims':[{'path':['" SHOW_NS "','given_name']}]",
        ",'claims':[{'path':['credentialSubject','given_name']}]" };
    for (size_t i = 0; i < N_FORMATS; i++) {
        struct flow_held held = held_of(any(i)), twin = held_of(any(i));
        struct show_query query;
        struct flow_showing showing;
        const struct flow_show_line *lines;
        size_t n;
        show_ask(&rig, &held, asked[i < 2 ? i : 2], &query);
        struct flow_show show = show_made(&rig, &twin, &query);
        assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), NOT_FOUND);
        assert_refused(flow_show_lines(rig.arena, &show, &lines, &n), NOT_FOUND);
    }
}

static void
test_a_request_without_nonce_or_audience_is_not_answered(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_FORMATS; i++) {
        struct flow_held held = held_of(any(i));
        struct show_query query;
        struct flow_showing showing;
        show_ask(&rig, &held, "", &query);
        struct flow_show show = show_made(&rig, &held, &query);
        rig.request.nonce = SG_NO_STR;
        assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), VALUE);
        rig.request.nonce = SG_LIT(SHOW_NONCE);
        rig.request.client_id = SG_NO_STR;
        assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), VALUE);
        rig.request.client_id = SG_LIT(SHOW_CLIENT);
        show.now = 0;
        assert_refused(flow_show_build(rig.arena, &show, NULL, &showing), VALUE);
    }
}

static void
test_formats_that_the_verifier_does_not_take(void **state)
{
    (void)state;
    static const char *const no[] = { "{'dc+sd-jwt':{'sd-jwt_alg_values':['ES384']}}",
        "{'mso_mdoc':{'deviceauth_alg_values':[-65537]}}", "{'ldp_vc':{'cryptosuite_values':[]}}",
        "{'vc+jwt':{'alg_values':['ES384']}}", "{'vc+sd-jwt':{'alg_values':['ES384']}}",
        "{'vc+cose':{'alg_values':[-35]}}" };
    static const char *const yes[] = {
        "{'dc+sd-jwt':{'sd-jwt_alg_values':['ES256'],'kb-jwt_alg_values':['ES256']}}",
        "{'mso_mdoc':{'issuerauth_alg_values':[-7],'deviceauth_alg_values':[-9]}}",
        "{'ldp_vc':{'proof_type_values':['DataIntegrityProof']}}",
        "{'vc+jwt':{'alg_values':['ES256']}}", "{'vc+sd-jwt':{}}", "{'vc+cose':{'alg_values':[-7]}}"
    };
    for (size_t i = 0; i < N_FORMATS; i++) {
        struct flow_held held = held_of(any(i));
        struct show_query query;
        show_ask(&rig, &held, "", &query);
        struct flow_show show = show_made(&rig, &held, &query);
        rig.request.vp_formats = formats_of(no[i]);
        assert_refused(flow_show_check(rig.arena, &show, NULL), ALGORITHM);
        rig.request.vp_formats = formats_of("{}");
        assert_refused(flow_show_check(rig.arena, &show, NULL), ALGORITHM);
        rig.request.vp_formats = formats_of(yes[i]);
        assert_ok(flow_show_check(rig.arena, &show, NULL));
    }
}

static void
test_transactions_have_no_place_in_w3c_formats(void **state)
{
    (void)state;
    const struct oid4vp_transaction pay = { .encoded = SG_LIT("eyJ0eXBlIjoicGF5In0"),
        .type = SG_LIT("pay") };
    const struct oid4vp_transaction *all[] = { &pay };
    for (size_t i = 0; i < N_FORMATS; i++) {
        struct flow_held held = held_of(any(i));
        struct show_query query;
        show_ask(&rig, &held, ",'require_cryptographic_holder_binding':false", &query);
        struct flow_show show = show_made(&rig, &held, &query);
        show.transactions = all;
        show.n_transactions = 1;
        assert_refused(flow_show_check(rig.arena, &show, NULL), UNSUPPORTED); /* openid4vp 8.4 */
        if (i > 1) {
            show_ask(&rig, &held, "", &query);
            show.query = query.query;
            assert_refused(flow_show_check(rig.arena, &show, NULL), UNSUPPORTED);
        }
    }
}

/* A credential with each value in its place, through an arena that ends: a refusal, never half a presentation. */
static void
test_small_arenas(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_FORMATS; i++) {
        struct flow_held held = held_of(any(i));
        struct show_query query;
        show_ask(&rig, &held, "", &query);
        struct flow_show show = show_made(&rig, &held, &query);
        for (size_t max = 0; max < 40000; max += 1777) {
            struct sg_arena *small = sg_arena_new(512, max + 512);
            struct flow_showing showing = { .to_sign = false };
            sg_result r =
                small == NULL ? SG_ERROR(NO_MEMORY) : flow_show_build(small, &show, NULL, &showing);
            assert_true(sg_ok(r) == (showing.shape != NULL));
            assert_true(sg_ok(r) || r.code == SG_E_NO_MEMORY);
            sg_arena_free(&small);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_kind_of_key),
        cmocka_unit_test_setup_teardown(test_every_kind_of_key, setup_p384, teardown),
        cmocka_unit_test_setup_teardown(test_every_kind_of_key, setup_ed25519, teardown),
        TEST(test_nothing_leaves_that_the_key_did_not_sign),
        TEST(test_another_key_cannot_show_it),
        TEST(test_a_selection_belongs_to_its_credential),
        TEST(test_a_request_without_nonce_or_audience_is_not_answered),
        TEST(test_formats_that_the_verifier_does_not_take),
        TEST(test_transactions_have_no_place_in_w3c_formats),
        TEST(test_small_arenas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* formats/mdoc: presenting, and each way in which a DeviceResponse does not hold. req: FMT-2 */
#include "mdoc_world.h"
#include "support.h"

static struct mdoc_world world;
static sg_bytes issued;

static const struct mdoc_authorization authorizations[] = {
    { .name_space = { "whole", 5 } },
    { .name_space = { "single", 6 }, .elements = &(const sg_str){ "a", 1 }, .n_elements = 1 },
};

static int
setup(void **state)
{
    if (support_arena_setup(state) != 0) {
        return -1;
    }
    mdoc_world_init(*state, JOSE_ES256, JOSE_ES256, &world);
    world.build.authorizations = authorizations;
    world.build.n_authorizations = 2;
    assert_ok(mdoc_world_issue(*state, &world, NULL, &issued));
    return 0;
}

static int
teardown(void **state)
{
    mdoc_world_done(&world);
    return support_arena_teardown(state);
}

#define CHOICE(ns, id)         \
    {                          \
        SG_LIT(ns), SG_LIT(id) \
    }
static const struct mdoc_choice choices[] = { CHOICE(WORLD_NS, "age_over_18"),
    CHOICE(WORLD_NS, "family_name"), CHOICE(WORLD_NS_OTHER, "balance") };

static struct mdoc_present
presentation(struct sg_arena *arena)
{
    return (struct mdoc_present){ .issuer_signed = issued,
        .choices = choices,
        .n_choices = 3,
        .transcript = mdoc_world_transcript(arena) };
}

static sg_result
verify(struct sg_arena *arena, sg_bytes response, struct sg_why *why, struct mdoc_verified *ret)
{
    struct mdoc_response parsed;
    struct mdoc_device_check device = { .transcript = mdoc_world_transcript(arena) };
    SG_TRY(mdoc_response_parse(response, why, &parsed));
    SG_REQUIRE(parsed.n_documents >= 1, MISSING);
    return mdoc_document_verify(arena, &parsed.documents[0], &world.trust, &device, why, ret);
}

static sg_bytes
present_ok(struct sg_arena *arena, const struct mdoc_present *present)
{
    sg_bytes response = SG_NO_BYTES;
    struct sg_why why = { 0 };
    sg_result r = mdoc_world_present(arena, &world, present, &why, &response);
    if (!sg_ok(r)) {
        fail_msg("%s: %s", sg_code_row(r.code)->name, why.what);
    }
    return response;
}

static void
test_only_the_chosen_elements_are_shown(void **state)
{
    struct mdoc_present present = presentation(*state);
    struct mdoc_verified v;
    assert_ok(verify(*state, present_ok(*state, &present), NULL, &v));
    assert_int_equal(v.n_elements, 3);
    /* the issuer's order, not ours */
    assert_str_is(v.elements[0].identifier, "family_name");
    assert_str_is(v.elements[1].identifier, "age_over_18");
    assert_str_is(v.elements[2].identifier, "balance");
    assert_str_is(v.elements[2].name_space, WORLD_NS_OTHER);
    assert_int_equal(v.n_device_signed, 0);
}

/* No element released: nameSpaces is left out, not empty. */
static void
test_nothing_chosen(void **state)
{
    struct mdoc_present present = presentation(*state);
    struct mdoc_verified v;
    struct mdoc_response parsed;
    struct dcbor_item item;
    struct dcbor_item member;
    present.n_choices = 0;
    sg_bytes response = present_ok(*state, &present);
    assert_ok(verify(*state, response, NULL, &v));
    assert_int_equal(v.n_elements, 0);
    assert_ok(mdoc_response_parse(response, NULL, &parsed));
    assert_ok(dcbor_item_open(parsed.documents[0].issuer_signed, 16, 1000, &item));
    assert_ok(dcbor_item_find_text(&item, "nameSpaces", &member));
    assert_int_equal(member.kind, DCBOR_KIND_NONE);
    assert_memory_equal(parsed.documents[0].device_name_spaces.p, "\xd8\x18\x41\xa0", 4);
}

static void
test_choices_that_cannot_be_shown(void **state)
{
    static const struct mdoc_choice absent[] = { CHOICE(WORLD_NS, "weight") };
    static const struct mdoc_choice elsewhere[] = { CHOICE(WORLD_NS, "balance") };
    static const struct mdoc_choice twice[] = { CHOICE(WORLD_NS, "height"),
        CHOICE(WORLD_NS, "height") };
    struct mdoc_present present = presentation(*state);
    struct mdoc_present_pending pending;
    present.choices = absent;
    present.n_choices = 1;
    assert_refused(mdoc_present(*state, &present, NULL, &pending), NOT_FOUND);
    present.choices = elsewhere;
    assert_refused(mdoc_present(*state, &present, NULL, &pending), NOT_FOUND);
    present.choices = twice;
    present.n_choices = 2;
    assert_refused(mdoc_present(*state, &present, NULL, &pending), DUPLICATE);
}

static void
test_device_signed_elements_need_authorization(void **state)
{
    struct mdoc_present present = presentation(*state);
    struct mdoc_verified v;
    sg_bytes response;
    /* {"whole": {"x": 1}, "single": {"a": "b"}} */
    present.device_name_spaces =
        support_hex(*state, "a26577686f6c65a16178016673696e676c65a161616162");
    assert_ok(verify(*state, present_ok(*state, &present), NULL, &v));
    assert_int_equal(v.n_device_signed, 2);
    assert_str_is(v.device_signed[0].name_space, "whole");
    assert_str_is(v.device_signed[1].json, "\"b\"");
    /* {"single": {"z": 1}} */
    present.device_name_spaces = support_hex(*state, "a16673696e676c65a1617a01");
    assert_refused(mdoc_world_present(*state, &world, &present, NULL, &response), POLICY);
    /* {"other": {"a": 1}} */
    present.device_name_spaces = support_hex(*state, "a1656f74686572a1616101");
    assert_refused(mdoc_world_present(*state, &world, &present, NULL, &response), POLICY);
}

/* The verifier does not take the holder's word for it. */
static void
test_unauthorised_element_is_refused_by_the_verifier(void **state)
{
    struct mdoc_present present = presentation(*state);
    struct mdoc_present_pending pending;
    struct mdoc_verified v;
    struct sg_why why = { 0 };
    sg_bytes payload;
    sg_bytes document;
    sg_bytes response;
    assert_ok(mdoc_present(*state, &present, NULL, &pending));
    pending.device_name_spaces = support_hex(*state, "d8184ba1656f74686572a1616101");
    assert_ok(mdoc_device_authentication(
        *state, present.transcript, pending.doc_type, pending.device_name_spaces, &payload));
    assert_ok(cose_to_be_signed(
        *state, pending.protected_bstr, SG_NO_BYTES, payload, &pending.to_be_signed));
    assert_ok(mdoc_present_attach(*state, &pending,
        mdoc_world_sign(*state, world.device, world.device_alg, pending.to_be_signed), NULL,
        &document));
    assert_ok(mdoc_response_encode(*state, &document, 1, 0, &response));
    assert_refused(verify(*state, response, &why, &v), POLICY);
    assert_string_equal(why.what, "deviceSigned: the key may not sign this element");
}

static void
test_another_session_is_refused(void **state)
{
    struct mdoc_present present = presentation(*state);
    struct mdoc_verified v;
    struct sg_why why = { 0 };
    assert_ok(mdoc_transcript_redirect(*state, SG_LIT("x509_san_dns:verifier.example"),
        SG_LIT("another-nonce-01"), SG_NO_BYTES, SG_LIT("https://verifier.example/response"),
        &present.transcript));
    assert_refused(verify(*state, present_ok(*state, &present), &why, &v), PROOF);
    assert_string_equal(why.what, "deviceSignature: does not verify");
}

static void
test_another_device_is_refused(void **state)
{
    struct mdoc_present present = presentation(*state);
    struct mdoc_world thief = world;
    struct mdoc_verified v;
    sg_bytes response;
    thief.device = world.issuer; /* any other key */
    assert_ok(mdoc_world_present(*state, &thief, &present, NULL, &response));
    assert_refused(verify(*state, response, NULL, &v), PROOF);
}

static void
test_document_of_another_type_is_refused(void **state)
{
    struct mdoc_present present = presentation(*state);
    struct mdoc_present_pending pending;
    struct mdoc_verified v;
    struct sg_why why = { 0 };
    sg_bytes document;
    sg_bytes response;
    sg_bytes payload;
    assert_ok(mdoc_present(*state, &present, NULL, &pending));
    pending.doc_type = SG_LIT("org.iso.23220.photoid.1");
    assert_ok(mdoc_device_authentication(
        *state, present.transcript, pending.doc_type, pending.device_name_spaces, &payload));
    assert_ok(cose_to_be_signed(
        *state, pending.protected_bstr, SG_NO_BYTES, payload, &pending.to_be_signed));
    assert_ok(mdoc_present_attach(*state, &pending,
        mdoc_world_sign(*state, world.device, world.device_alg, pending.to_be_signed), NULL,
        &document));
    assert_ok(mdoc_response_encode(*state, &document, 1, 0, &response));
    assert_refused(verify(*state, response, &why, &v), VALUE);
    assert_string_equal(why.what, "Document: docType is not the MSO's");
}

static void
test_every_device_key_type(void **state)
{
    static const enum jose_alg_id algs[] = { JOSE_ES256, JOSE_ES384, JOSE_EDDSA };
    for (size_t i = 0; i < 3; i++) {
        struct mdoc_world w;
        struct mdoc_response parsed;
        struct mdoc_verified v;
        sg_bytes response;
        struct mdoc_present present = presentation(*state);
        struct mdoc_device_check device = { .transcript = present.transcript };
        mdoc_world_init(*state, JOSE_ES256, algs[i], &w);
        assert_ok(mdoc_world_issue(*state, &w, NULL, &present.issuer_signed));
        assert_ok(mdoc_world_present(*state, &w, &present, NULL, &response));
        assert_ok(mdoc_response_parse(response, NULL, &parsed));
        assert_ok(mdoc_document_verify(*state, &parsed.documents[0], &w.trust, &device, NULL, &v));
        mdoc_world_done(&w);
    }
}

static void
test_no_document_and_several(void **state)
{
    struct mdoc_present present = presentation(*state);
    struct mdoc_present_pending pending;
    struct mdoc_response parsed;
    struct mdoc_device_check device = { .transcript = present.transcript };
    struct mdoc_verified v;
    sg_bytes documents[3];
    sg_bytes response;
    for (size_t i = 0; i < 3; i++) {
        present.n_choices = i;
        assert_ok(mdoc_present(*state, &present, NULL, &pending));
        assert_ok(mdoc_present_attach(*state, &pending,
            mdoc_world_sign(*state, world.device, world.device_alg, pending.to_be_signed), NULL,
            &documents[i]));
    }
    assert_ok(mdoc_response_encode(*state, documents, 3, 0, &response));
    assert_ok(mdoc_response_parse(response, NULL, &parsed));
    assert_int_equal(parsed.n_documents, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_ok(
            mdoc_document_verify(*state, &parsed.documents[i], &world.trust, &device, NULL, &v));
        assert_int_equal(v.n_elements, i);
    }
    assert_ok(mdoc_response_encode(*state, NULL, 0, 10, &response));
    assert_ok(mdoc_response_parse(response, NULL, &parsed));
    assert_int_equal(parsed.n_documents, 0);
    assert_int_equal(parsed.status, 10);
    assert_refused(mdoc_response_encode(*state, documents, 17, 0, &response), TOO_LARGE);
}

/* An arena that is too small, at every place where it can be: refused, never a crash, never half a result. */
static void
test_every_arena_limit(void **state)
{
    struct mdoc_present present = presentation(*state);
    struct mdoc_device_check device = { .transcript = present.transcript };
    size_t refused = 0;
    for (size_t max = 512;; max += 512) {
        struct sg_arena *arena = sg_arena_new(512, max);
        struct mdoc_response parsed;
        struct mdoc_verified v;
        struct mdoc_pending pending;
        struct mdoc_present_pending waiting;
        struct mdoc_random random = mdoc_world_random(*state, 4096);
        sg_bytes response = present_ok(*state, &present);
        assert_ok(mdoc_response_parse(response, NULL, &parsed));
        if (arena == NULL) {
            continue;
        }
        sg_result made = mdoc_prepare(arena, &world.build, &world.signer, &random, NULL, &pending);
        sg_result shown = mdoc_present(arena, &present, NULL, &waiting);
        sg_result seen =
            mdoc_document_verify(arena, &parsed.documents[0], &world.trust, &device, NULL, &v);
        sg_arena_free(&arena);
        if (sg_ok(made) && sg_ok(shown) && sg_ok(seen)) {
            break;
        }
        refused++;
        assert_true(sg_ok(made) || made.code == SG_E_NO_MEMORY);
        assert_true(sg_ok(shown) || shown.code == SG_E_NO_MEMORY);
        assert_true(sg_ok(seen) || seen.code == SG_E_NO_MEMORY);
        assert_true(max < 1 << 20);
    }
    assert_true(refused > 10);
}

/* {"version": "1.0", "status": 0} and its variations */
static void
test_response_form(void **state)
{
    static const struct {
        const char *hex;
        enum sg_code code;
    } forms[] = {
        { "a26776657273696f6e63312e306673746174757300", SG_OK },
        { "a26776657273696f6e63312e316673746174757300", SG_OK },
        { "a26776657273696f6e63322e306673746174757300", SG_E_MDOC },
        { "a26776657273696f6e63312e106673746174757300", SG_E_MDOC },   /* "1.\x10" */
        { "a26776657273696f6e64312e30306673746174757300", SG_E_MDOC }, /* "1.00" */
        { "a16673746174757300", SG_E_MDOC },
        { "a16776657273696f6e63312e30", SG_E_MDOC },
        { "a26776657273696f6e63312e306673746174757320", SG_E_MDOC },
        { "a36776657273696f6e63312e30667374617475730069646f63756d656e747380", SG_E_MDOC },
        { "a36776657273696f6e63312e30667374617475730069646f63756d656e747381a0", SG_E_MDOC },
        { "a36776657273696f6e63312e3066737461747573006673746174757301", SG_E_DUPLICATE },
        { "a26776657273696f6e63312e30667374617475730000", SG_E_MALFORMED },
        { "80", SG_E_MDOC },
        { "", SG_E_MALFORMED },
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct mdoc_response parsed;
        struct sg_why why = { 0 };
        sg_result r = mdoc_response_parse(support_hex(*state, forms[i].hex), &why, &parsed);
        support_assert_code(r, forms[i].code, forms[i].hex, __FILE__, __LINE__);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_the_chosen_elements_are_shown),
        cmocka_unit_test(test_nothing_chosen),
        cmocka_unit_test(test_choices_that_cannot_be_shown),
        cmocka_unit_test(test_device_signed_elements_need_authorization),
        cmocka_unit_test(test_unauthorised_element_is_refused_by_the_verifier),
        cmocka_unit_test(test_another_session_is_refused),
        cmocka_unit_test(test_another_device_is_refused),
        cmocka_unit_test(test_document_of_another_type_is_refused),
        cmocka_unit_test(test_every_device_key_type),
        cmocka_unit_test(test_no_document_and_several),
        cmocka_unit_test(test_every_arena_limit),
        cmocka_unit_test(test_response_form),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

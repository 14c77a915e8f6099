/* formats/mdoc: what is issued verifies and says what was asked for; each refusal of the builder. req: FMT-2 */
#include "mdoc_world.h"
#include "support.h"

static struct mdoc_world world;

static int
setup(void **state)
{
    if (support_arena_setup(state) != 0) {
        return -1;
    }
    mdoc_world_init(*state, JOSE_ES256, JOSE_ES256, &world);
    return 0;
}

static int
teardown(void **state)
{
    mdoc_world_done(&world);
    return support_arena_teardown(state);
}

static struct mdoc_verified
issue_and_verify(struct sg_arena *arena, const struct mdoc_world *w)
{
    sg_bytes cbor;
    struct sg_why why = { 0 };
    struct mdoc_verified v = { 0 };
    sg_result r = mdoc_world_issue(arena, w, &why, &cbor);
    if (sg_ok(r)) {
        r = mdoc_issuer_signed_verify(arena, cbor, &w->trust, &why, &v);
    }
    if (!sg_ok(r)) {
        fail_msg("%s: %s", sg_code_row(r.code)->name, why.what);
    }
    return v;
}

static void
refused_as(void **state, const struct mdoc_world *w, enum sg_code code, const char *what)
{
    sg_bytes cbor;
    struct sg_why why = { 0 };
    sg_result r = mdoc_world_issue(*state, w, &why, &cbor);
    support_assert_code(r, code, what, __FILE__, __LINE__);
    assert_non_null(why.what);
    assert_string_equal(why.what, what);
}

static void
test_what_is_issued_says_what_was_asked_for(void **state)
{
    struct mdoc_verified v = issue_and_verify(*state, &world);
    static const char privileges[] =
        "[{\"vehicle_category_code\":\"A\",\"issue_date\":\"2018-08-09\",\"codes\":[{\"code\":"
        "\"B96\"}]},{\"vehicle_category_code\":\"B\",\"expiry_date\":\"2028-09-01\"}]";
    static const char *const json[] = { "\"Yamada\"", "\"花子\"", "\"1990-02-28\"",
        "\"2027-01-15T08:00:00Z\"", "\"UT\"", "\"_9j_4AAQ\"", "168", "true", privileges, "-5",
        "1.1" };
    assert_int_equal(v.n_elements, 11);
    for (size_t i = 0; i < 11; i++) {
        assert_str_is(v.elements[i].json, json[i]);
        assert_str_is(v.elements[i].name_space, i < 9 ? WORLD_NS : WORLD_NS_OTHER);
    }
    assert_str_is(v.elements[2].identifier, "birth_date");
    assert_int_equal(v.elements[2].value.p[0], 0xd9); /* tag 1004 */
    assert_str_is(v.mso.version, "1.0");
    assert_str_is(v.mso.doc_type, WORLD_DOC_TYPE);
    assert_memory_equal(v.mso.device_key.x, world.device_jwk.x, 32);
    assert_int_equal(v.mso.status.kind, MDOC_STATUS_LIST);
    assert_int_equal(v.mso.status.idx, 412);
    assert_str_is(v.mso.status.uri, "https://issuer.example/status/1");
    assert_int_equal(v.n_x5chain, 1);
    assert_true(sg_bytes_equal(v.x5chain[0], world.ds));
    assert_str_is(v.ds.country, "UT");
}

static void
test_decoys_stand_among_the_digests(void **state)
{
    struct mdoc_verified v = issue_and_verify(*state, &world);
    struct dcbor_item map;
    assert_ok(dcbor_item_find_text(&v.mso.value_digests, WORLD_NS, &map));
    assert_int_equal(map.value, 9 + 3);
    assert_ok(dcbor_item_find_text(&v.mso.value_digests, WORLD_NS_OTHER, &map));
    assert_int_equal(map.value, 2);
}

static uint64_t
digest_id(const struct mdoc_found *found)
{
    struct dcbor_item item;
    struct dcbor_item bytes;
    uint64_t id = UINT64_MAX;
    assert_ok(dcbor_item_open(found->item, 16, 1000, &item));
    assert_ok(dcbor_item_tagged(&item, 24, &bytes));
    assert_ok(dcbor_item_open(bytes.content, 16, 1000, &item));
    assert_ok(dcbor_item_find_text(&item, "digestID", &bytes));
    assert_ok(dcbor_item_uint(&bytes, 100, &id));
    return id;
}

/* Ids must not follow the elements' order (trap 6), and every id is below the number of digests. */
static void
test_digest_ids_are_shuffled(void **state)
{
    struct mdoc_verified v = issue_and_verify(*state, &world);
    size_t in_place = 0;
    unsigned seen = 0;
    for (size_t i = 0; i < 9; i++) {
        uint64_t id = digest_id(&v.elements[i]);
        assert_true(id < 12 && (seen & 1U << id) == 0);
        seen |= 1U << id;
        in_place += id == i;
    }
    assert_true(in_place < 5);
}

static void
test_times_are_cut_to_the_unit(void **state)
{
    struct mdoc_world w = world;
    w.build.signed_at = WORLD_NOW + 1234;
    w.build.valid_from = WORLD_NOW + 1300;
    w.build.valid_until = WORLD_NOW + 10 * WORLD_DAY + 77;
    w.build.expected_update = WORLD_NOW + 5 * WORLD_DAY + 9;
    w.trust.at = WORLD_NOW + 1300;
    struct mdoc_verified v = issue_and_verify(*state, &w);
    assert_int_equal(v.mso.signed_at, WORLD_NOW);
    assert_int_equal(v.mso.valid_from, WORLD_NOW);
    assert_int_equal(v.mso.valid_until, WORLD_NOW + 10 * WORLD_DAY);
    assert_int_equal(v.mso.expected_update, WORLD_NOW + 5 * WORLD_DAY);
    /* a cut that falls before the certificate's beginning is lifted to it */
    w.build.unit_s = 30 * WORLD_DAY;
    w.build.expected_update = 0;
    w.build.valid_until = WORLD_NOW + 100 * WORLD_DAY;
    v = issue_and_verify(*state, &w);
    assert_int_equal(v.mso.signed_at, WORLD_NOW - WORLD_DAY - 3600);
    assert_int_equal(v.mso.valid_from, WORLD_NOW - WORLD_DAY - 3600);
}

static void
test_every_digest_algorithm(void **state)
{
    struct mdoc_world w = world;
    static const enum sg_hash_alg algs[] = { SG_SHA256, SG_SHA384, SG_SHA512 };
    for (size_t i = 0; i < 3; i++) {
        w.build.digest = algs[i];
        struct mdoc_verified v = issue_and_verify(*state, &w);
        assert_int_equal(v.mso.digest, algs[i]);
    }
}

static void
test_every_key_type(void **state)
{
    static const enum jose_alg_id algs[] = { JOSE_ES256, JOSE_ES384, JOSE_EDDSA };
    for (size_t i = 0; i < 3; i++) {
        struct mdoc_world w;
        mdoc_world_init(*state, algs[i], algs[2 - i], &w);
        struct mdoc_verified v = issue_and_verify(*state, &w);
        assert_int_equal(v.mso.device_key.crv, w.device_jwk.crv);
        mdoc_world_done(&w);
    }
}

static void
test_status_of_both_kinds(void **state)
{
    struct mdoc_world w = world;
    w.build.status = (struct mdoc_status){ .kind = MDOC_IDENTIFIER_LIST,
        .uri = SG_LIT("https://issuer.example/ids"),
        .id = sg_str_bytes(SG_LIT("id-1")),
        .certificate = sg_str_bytes(SG_LIT("der")) };
    struct mdoc_verified v = issue_and_verify(*state, &w);
    assert_int_equal(v.mso.status.kind, MDOC_IDENTIFIER_LIST);
    assert_str_is(sg_bytes_str(v.mso.status.id), "id-1");
    assert_str_is(sg_bytes_str(v.mso.status.certificate), "der");
    w.build.status = (struct mdoc_status){ .kind = MDOC_STATUS_NONE };
    v = issue_and_verify(*state, &w);
    assert_int_equal(v.mso.status.kind, MDOC_STATUS_NONE);
    w.build.status = (struct mdoc_status){ .kind = MDOC_STATUS_LIST };
    refused_as(state, &w, SG_E_VALUE, "build: status");
}

/* ETSI TS 119 472-1: x5chain protected. */
static void
test_x5chain_may_be_protected(void **state)
{
    struct mdoc_world w = world;
    sg_bytes cbor;
    struct mdoc_pending pending;
    struct mdoc_verified v;
    size_t need;
    w.signer.x5chain_protected = true;
    assert_ok(mdoc_random_need(&w.build, &need));
    struct mdoc_random random = mdoc_world_random(*state, need);
    assert_ok(mdoc_prepare(*state, &w.build, &w.signer, &random, NULL, &pending));
    assert_true(pending.protected_bstr.n > world.ds.n);
    assert_ok(mdoc_attach(*state, &pending,
        mdoc_world_sign(*state, w.issuer, w.issuer_alg, pending.to_be_signed), NULL, &cbor));
    assert_ok(mdoc_issuer_signed_verify(*state, cbor, &w.trust, NULL, &v));
}

static void
test_key_authorizations(void **state)
{
    static const sg_str names[] = { { "a", 1 }, { "b", 1 } };
    static const struct mdoc_authorization list[] = {
        { .name_space = { "whole", 5 } },
        { .name_space = { "single", 6 }, .elements = names, .n_elements = 2 },
    };
    static const struct mdoc_authorization twice[] = {
        { .name_space = { "whole", 5 } },
        { .name_space = { "whole", 5 }, .elements = names, .n_elements = 2 },
    };
    struct mdoc_world w = world;
    struct dcbor_item item;
    w.build.authorizations = list;
    w.build.n_authorizations = 2;
    struct mdoc_verified v = issue_and_verify(*state, &w);
    assert_int_equal(v.mso.key_authorizations.value, 2);
    assert_ok(dcbor_item_find_text(&v.mso.key_authorizations, "dataElements", &item));
    assert_int_equal(item.value, 1);
    w.build.authorizations = twice;
    refused_as(state, &w, SG_E_VALUE, "build: a namespace is authorised twice");
}

static void
test_times_that_do_not_hold_are_refused(void **state)
{
    struct mdoc_world w = world;
    w.build.valid_from = w.build.signed_at - 1;
    refused_as(state, &w, SG_E_VALUE, "build: signed, validFrom and validUntil are out of order");
    w = world;
    w.build.valid_until = w.build.valid_from;
    refused_as(state, &w, SG_E_VALUE, "build: signed, validFrom and validUntil are out of order");
    w = world;
    w.build.signed_at = w.build.valid_from = WORLD_NOW - 2 * WORLD_DAY;
    refused_as(
        state, &w, SG_E_NOT_YET, "build: the document signer's certificate is not valid yet");
    w = world;
    w.build.signed_at = w.build.valid_from = WORLD_NOW + 460 * (int64_t)WORLD_DAY;
    w.build.valid_until = w.build.valid_from + 1;
    refused_as(state, &w, SG_E_EXPIRED, "build: the document signer's certificate has expired");
    w = world;
    w.build.valid_until = WORLD_NOW + 500 * (int64_t)WORLD_DAY;
    refused_as(state, &w, SG_E_VALUE,
        "build: validUntil is after the end of the document signer's certificate");
    w.build.outlive_signer = true;
    issue_and_verify(*state, &w);
    w = world;
    w.build.unit_s = WORLD_DAY * 1000;
    refused_as(state, &w, SG_E_VALUE, "build: nothing of the validity is left after cutting");
    w = world;
    w.build.unit_s = 0;
    refused_as(state, &w, SG_E_VALUE, "build: times");
}

static void
test_country_of_another_signer_is_refused(void **state)
{
    struct mdoc_world w = world;
    struct mdoc_element elements[2] = { w.name_spaces[0].elements[4],
        w.name_spaces[0].elements[0] };
    assert_str_is(elements[0].identifier, "issuing_country");
    elements[0].value = elements[1].value; /* "Yamada" */
    w.name_spaces[0].elements = elements;
    w.name_spaces[0].n_elements = 2;
    w.build.name_spaces = w.name_spaces;
    refused_as(state, &w, SG_E_CLAIMS, "build: issuing_country is not the certificate's C");
}

static void
test_names_that_do_not_hold_are_refused(void **state)
{
    struct mdoc_world w = world;
    struct mdoc_element elements[2] = { w.name_spaces[0].elements[0],
        w.name_spaces[0].elements[0] };
    w.build.name_spaces = w.name_spaces;
    w.name_spaces[0].elements = elements;
    w.name_spaces[0].n_elements = 2;
    refused_as(state, &w, SG_E_CLAIMS, "build: an element stands there twice");
    w.name_spaces[0].n_elements = 0;
    refused_as(state, &w, SG_E_CLAIMS, "build: a namespace without elements");
    w.name_spaces[0].n_elements = 1;
    w.name_spaces[1].name = w.name_spaces[0].name;
    refused_as(state, &w, SG_E_VALUE, "build: a namespace stands there twice");
    w.name_spaces[1].name = SG_NO_STR;
    refused_as(state, &w, SG_E_VALUE, "build: name of a namespace");
    w = world;
    w.build.doc_type = SG_NO_STR;
    refused_as(state, &w, SG_E_VALUE, "build: docType");
    w = world;
    w.build.n_name_spaces = 0;
    refused_as(state, &w, SG_E_CLAIMS, "build: no namespace");
    w = world;
    w.build.device_key = NULL;
    refused_as(state, &w, SG_E_KEY_INVALID, "build: no device key");
}

static void
test_random_bytes_never_run_twice(void **state)
{
    struct mdoc_pending pending;
    size_t need;
    assert_ok(mdoc_random_need(&world.build, &need));
    struct mdoc_random random = mdoc_world_random(*state, need - 1);
    assert_refused(
        mdoc_prepare(*state, &world.build, &world.signer, &random, NULL, &pending), INTERNAL);
    random = (struct mdoc_random){ 0 };
    assert_refused(
        mdoc_prepare(*state, &world.build, &world.signer, &random, NULL, &pending), INTERNAL);
}

static void
test_a_wrong_signature_is_not_attached(void **state)
{
    struct mdoc_pending pending;
    size_t need;
    sg_bytes cbor;
    uint8_t wrong[64] = { 1 };
    assert_ok(mdoc_random_need(&world.build, &need));
    struct mdoc_random random = mdoc_world_random(*state, need);
    assert_ok(mdoc_prepare(*state, &world.build, &world.signer, &random, NULL, &pending));
    assert_refused(
        mdoc_attach(*state, &pending, SG_BYTES(wrong), world.issuer_key, &cbor), SIGNATURE);
    assert_refused(mdoc_attach(*state, &pending, sg_bytes_of(wrong, 63), NULL, &cbor), SIGNATURE);
}

static void
test_signer_must_fit_the_profile(void **state)
{
    struct mdoc_signer signer;
    struct sg_why why = { 0 };
    const struct jose_alg *es256 = jose_alg_by_id(JOSE_ES256);
    assert_refused(
        mdoc_signer_open(*state, jose_alg_by_id(JOSE_ES384), &world.ds, 1, &why, &signer),
        ALGORITHM);
    assert_refused(mdoc_signer_open(*state, es256, &world.root, 1, NULL, &signer), ISSUER);
    sg_bytes chain[] = { world.ds, world.root };
    why = (struct sg_why){ 0 };
    assert_refused(mdoc_signer_open(*state, es256, chain, 2, &why, &signer), ISSUER);
    assert_string_equal(why.what, "x5chain: holds a self-signed certificate");
    assert_refused(mdoc_signer_open(*state, es256, chain, 0, NULL, &signer), MALFORMED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_issued_says_what_was_asked_for),
        cmocka_unit_test(test_decoys_stand_among_the_digests),
        cmocka_unit_test(test_digest_ids_are_shuffled),
        cmocka_unit_test(test_times_are_cut_to_the_unit),
        cmocka_unit_test(test_every_digest_algorithm),
        cmocka_unit_test(test_every_key_type),
        cmocka_unit_test(test_status_of_both_kinds),
        cmocka_unit_test(test_x5chain_may_be_protected),
        cmocka_unit_test(test_key_authorizations),
        cmocka_unit_test(test_times_that_do_not_hold_are_refused),
        cmocka_unit_test(test_country_of_another_signer_is_refused),
        cmocka_unit_test(test_names_that_do_not_hold_are_refused),
        cmocka_unit_test(test_random_bytes_never_run_twice),
        cmocka_unit_test(test_a_wrong_signature_is_not_attached),
        cmocka_unit_test(test_signer_must_fit_the_profile),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

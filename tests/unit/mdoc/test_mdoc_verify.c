/*
 * formats/mdoc: an issuer that signs nonsense. Each case edits the MSO or an item of a good mdoc and signs it again, so that exactly one
 * rule is broken. req: FMT-2
 */
#include "mdoc_world.h"
#include "support.h"

static struct mdoc_world world;
static sg_bytes good_name_spaces;
static sg_bytes good_mso; /* without tag 24 */

static int
setup(void **state)
{
    sg_bytes cbor;
    struct dcbor_item item;
    struct dcbor_item member;
    struct cose_sign1 auth;
    if (support_arena_setup(state) != 0) {
        return -1;
    }
    mdoc_world_init(*state, JOSE_ES256, JOSE_ES256, &world);
    assert_ok(mdoc_world_issue(*state, &world, NULL, &cbor));
    assert_ok(dcbor_item_open(cbor, 16, 10000, &item));
    assert_ok(dcbor_item_find_text(&item, "nameSpaces", &member));
    good_name_spaces = member.raw;
    assert_ok(dcbor_item_find_text(&item, "issuerAuth", &member));
    assert_ok(cose_sign1_parse(member.raw, &auth));
    assert_ok(dcbor_item_open(auth.payload, 16, 10000, &item));
    assert_ok(dcbor_item_tagged(&item, 24, &member));
    good_mso = member.content;
    return 0;
}

static int
teardown(void **state)
{
    mdoc_world_done(&world);
    return support_arena_teardown(state);
}

/* The first `from` (hex) replaced by `to` (hex). */
static sg_bytes
edited(struct sg_arena *arena, sg_bytes in, const char *from_hex, const char *to_hex)
{
    sg_bytes from = support_hex(arena, from_hex);
    sg_bytes to = support_hex(arena, to_hex);
    const uint8_t *at = memmem(in.p, in.n, from.p, from.n);
    sg_bytes out;
    if (at == NULL) {
        fail_msg("nothing to edit: %s", from_hex);
    }
    size_t before = (size_t)(at - in.p);
    struct sg_buf buf = sg_buf_new(arena, in.n + to.n, MDOC_MAX);
    sg_buf_put(&buf, sg_bytes_slice(in, 0, before));
    sg_buf_put(&buf, to);
    sg_buf_put(&buf, sg_bytes_slice(in, before + from.n, in.n));
    assert_ok(sg_buf_end(&buf, &out));
    return out;
}

static void
refused_as(void **state, sg_bytes name_spaces, sg_bytes mso, enum sg_code code, const char *what)
{
    struct sg_why why = { 0 };
    struct mdoc_verified v;
    sg_bytes cbor = mdoc_world_issue_raw(*state, &world, name_spaces, mso);
    sg_result r = mdoc_issuer_signed_verify(*state, cbor, &world.trust, &why, &v);
    support_assert_code(r, code, what == NULL ? "good" : what, __FILE__, __LINE__);
    if (what != NULL) {
        assert_string_equal(why.what, what);
    }
}

#define T_VERSION "6776657273696f6e63312e30"              /* "version": "1.0" */
#define T_DIGEST_ALG "6f646967657374416c676f726974686d67" /* "digestAlgorithm": text of 7 */
#define T_DEVICE_KEY "696465766963654b6579"               /* "deviceKey" */
#define T_SIGNED "667369676e6564c074"                     /* "signed": 0("... */
#define T_DOC_TYPE "67646f6354797065"                     /* "docType" */
#define T_VALUE_DIGESTS "6c76616c756544696765737473"      /* "valueDigests" */
#define T_STATUS_LIST "6b7374617475735f6c697374"          /* "status_list" */
#define T_IDX "63696478"                                  /* "idx" */
#define T_URI "63757269"                                  /* "uri" */

/* edit of the MSO, code, words */
static const struct {
    const char *from;
    const char *to;
    enum sg_code code;
    const char *what;
} mso_edits[] = {
    { T_VERSION, T_VERSION, SG_OK, NULL },
    { T_VERSION, "6776657273696f6e63312e39", SG_OK, NULL },
    { T_VERSION, "6776657273696f6e63322e30", SG_E_MDOC, "MSO: version is not 1.x" },
    { T_VERSION, "6776657273696f6e02", SG_E_MDOC, "MSO: version is not 1.x" },
    { T_VERSION, "6776657273696f4e63312e30", SG_E_MDOC, "MSO: version is not 1.x" },
    { T_DIGEST_ALG "5348412d323536", T_DIGEST_ALG "5348412d323235", SG_E_ALGORITHM,
        "MSO: digestAlgorithm is not known" },
    { T_DIGEST_ALG "5348412d323536", T_DIGEST_ALG "5348412d333834", SG_E_MDOC,
        "MSO: a digest is not of the algorithm's length" },
    { T_DIGEST_ALG, "6f646967657374416c676f726974686e67", SG_E_MDOC, "MSO: no digestAlgorithm" },
    { T_DOC_TYPE, "67646f635479706f", SG_E_MDOC, "MSO: docType" },
    { T_DEVICE_KEY "a401", T_DEVICE_KEY "a404", SG_E_KEY_INVALID, "MSO: deviceKey" },
    { T_DEVICE_KEY, "696465766963656b6579", SG_E_MDOC, "MSO: no deviceKey" },
    { T_SIGNED, "667369676e6564c174", SG_E_MDOC,
        "MSO: a time of validityInfo is not a tdate in UTC" },
    { T_SIGNED, "667369676e6563c074", SG_E_MDOC, "MSO: a time of validityInfo is missing" },
    { T_SIGNED "32303237", T_SIGNED "32303238", SG_E_MDOC, "MSO: validFrom before signed" },
    { T_SIGNED "32303237", T_SIGNED "32303236", SG_E_ISSUER,
        "MSO: signed outside the validity of the document signer's certificate" },
    { T_VALUE_DIGESTS, "6c76616c756544696765737474", SG_E_MDOC, "MSO: valueDigests" },
    { T_STATUS_LIST "a2", "6b7374617475735f6c697375a2", SG_E_MDOC,
        "MSO: status is not one of status_list and identifier_list" },
    { T_IDX, "63696479", SG_E_MDOC, "MSO: status without idx" },
    { T_URI, "63757268", SG_E_MDOC, "MSO: status without uri" },
};

static void
test_one_broken_rule_of_the_mso(void **state)
{
    for (size_t i = 0; i < sizeof(mso_edits) / sizeof(mso_edits[0]); i++) {
        refused_as(state, good_name_spaces,
            edited(*state, good_mso, mso_edits[i].from, mso_edits[i].to), mso_edits[i].code,
            mso_edits[i].what);
    }
    refused_as(state, good_name_spaces, support_hex(*state, "80"), SG_E_MDOC, "MSO: not a map");
    refused_as(state, good_name_spaces, support_hex(*state, "a0ff"), SG_E_MALFORMED,
        "MSO: not tag 24 around an encoded item");
}

#define T_DIGEST_ID "686469676573744944" /* "digestID" */

/* A change of an item's bytes without a change of the digest. */
static void
test_one_broken_rule_of_an_item(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        enum sg_code code;
        const char *what;
    } edits[] = {
        { "6659616d616461", "6659616d616462", SG_E_DISCLOSURE,
            "item: its digest is not the MSO's" }, /* "Yamada" */
        { T_DIGEST_ID, "686469676573746944", SG_E_MDOC, "item: digestID" },
        { "6672616e646f6d5820", "6672616e646f6e5820", SG_E_MDOC,
            "item: random is no byte string of 16 bytes or more" },
        { "71656c656d656e744964656e746966696572", "71656c656d656e744964656e746966696573", SG_E_MDOC,
            "item: elementIdentifier" },
        { "6c656c656d656e7456616c7565", "6c656c656d656e7456616c7566", SG_E_MDOC,
            "item: no elementValue" },
        { "3189d818", "3189d819", SG_E_MDOC, "item: not tag 24 around an encoded item" },
        { "a4686469676573744944", "a3686469676573744944", SG_E_MALFORMED,
            "item: not tag 24 around an encoded item" },
        /* the namespace under another name */
        { "716f72672e69736f2e31383031332e352e3189", "716f72672e69736f2e31383031332e352e3289",
            SG_E_DISCLOSURE, "item: the MSO has no such namespace" },
    };
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        refused_as(state, edited(*state, good_name_spaces, edits[i].from, edits[i].to), good_mso,
            edits[i].code, edits[i].what);
    }
}

/* {ns: [item]} with the MSO that fits it. */
static void
one_item(struct sg_arena *arena, const char *const *items_hex, size_t n, const char *doubled_id,
    sg_bytes *ret_name_spaces, sg_bytes *ret_mso)
{
    struct sg_buf ns = sg_buf_new(arena, 256, 4096);
    struct sg_buf digests = sg_buf_new(arena, 256, 4096);
    uint8_t digest[32];
    dcbor_wr_map(&ns, 1);
    dcbor_wr_text(&ns, SG_LIT("n"));
    dcbor_wr_array(&ns, n);
    /* "valueDigests": {"n": {0: .., 1: ..}} */
    dcbor_wr_map(&digests, 1);
    dcbor_wr_text(&digests, SG_LIT("n"));
    dcbor_wr_map(&digests, n);
    for (size_t i = 0; i < n; i++) {
        size_t from = ns.n;
        dcbor_wr_tag(&ns, 24);
        dcbor_wr_bytes(&ns, support_hex(arena, items_hex[i]));
        sg_sha256(sg_bytes_of(ns.p + from, ns.n - from), digest);
        sg_buf_put(&digests, doubled_id != NULL && i > 0
                                 ? support_hex(arena, doubled_id)
                                 : sg_bytes_of((uint8_t[]){ (uint8_t)i }, 1));
        dcbor_wr_bytes(&digests, SG_BYTES(digest));
    }
    struct dcbor_item mso;
    struct dcbor_item key;
    struct dcbor_item value;
    sg_bytes part;
    struct sg_buf out = sg_buf_new(arena, 1024, 8192);
    assert_ok(dcbor_item_open(good_mso, 16, 10000, &mso));
    dcbor_wr_map(&out, mso.value);
    struct dcbor_walk walk = dcbor_item_walk(&mso);
    while (dcbor_item_pair(&walk, &key, &value)) {
        assert_ok(sg_buf_end(&digests, &part));
        sg_buf_put(&out, key.raw);
        sg_buf_put(&out, dcbor_item_is_text(&key, "valueDigests") ? part : value.raw);
    }
    assert_ok(sg_buf_end(&ns, ret_name_spaces));
    assert_ok(sg_buf_end(&out, ret_mso));
}

/* {"digestID": id, "random": 16 bytes, "elementIdentifier": "e", "elementValue": v} */
#define ITEM(id, e, v)                                                           \
    "a4686469676573744944" id "6672616e646f6d50000102030405060708090a0b0c0d0e0f" \
    "71656c656d656e744964656e746966696572" e "6c656c656d656e7456616c7565" v

static void
test_items_of_our_own_making(void **state)
{
    static const char *const good[] = { ITEM("00", "6165", "01"), ITEM("01", "6166", "02") };
    static const char *const same_element[] = { ITEM("00", "6165", "01"),
        ITEM("01", "6165", "02") };
    static const char *const same_id[] = { ITEM("00", "6165", "01"), ITEM("00", "6166", "02") };
    static const char *const unknown_id[] = { ITEM("07", "6165", "01") };
    static const char *const large_id[] = { ITEM("1b0000000100000000", "6165", "01") };
    static const char *const short_random[] = {
        "a46864696765737449440066"
        "72616e646f6d4f000102030405060708090a0b0c0d0e"
        "71656c656d656e744964656e74696669657261656c656c656d656e7456616c756501"
    };
    static const char *const extra[] = {
        "a5617800"
        "686469676573744944006672616e646f6d50000102030405060708090a0b0c0d0e0f"
        "71656c656d656e744964656e7469666965726165"
        "6c656c656d656e7456616c756501"
    };
    sg_bytes ns;
    sg_bytes mso;
    one_item(*state, good, 2, NULL, &ns, &mso);
    refused_as(state, ns, mso, SG_OK, NULL);
    one_item(*state, same_element, 2, NULL, &ns, &mso);
    refused_as(state, ns, mso, SG_E_DUPLICATE, "item: an element stands there twice");
    one_item(*state, same_id, 2, NULL, &ns, &mso);
    refused_as(state, ns, mso, SG_E_DUPLICATE, "item: a digest id is used twice");
    one_item(*state, unknown_id, 1, NULL, &ns, &mso);
    refused_as(state, ns, mso, SG_E_DISCLOSURE, "item: the MSO has no digest with its id");
    one_item(*state, large_id, 1, NULL, &ns, &mso);
    refused_as(state, ns, mso, SG_E_MDOC, "item: digestID");
    one_item(*state, short_random, 1, NULL, &ns, &mso);
    refused_as(state, ns, mso, SG_E_MDOC, "item: random is no byte string of 16 bytes or more");
    one_item(*state, extra, 1, NULL, &ns, &mso);
    refused_as(state, ns, mso, SG_E_MDOC, "item: not a map of four");
    /* the same id with a longer head is the same id */
    one_item(*state, good, 2, "1800", &ns, &mso);
    refused_as(state, ns, mso, SG_E_DUPLICATE, "MSO: not tag 24 around an encoded item");
    refused_as(state, support_hex(*state, "a0"), mso, SG_E_MDOC,
        "IssuerSigned: nameSpaces is no map, or empty");
    refused_as(state, support_hex(*state, "a1616e80"), mso, SG_E_MDOC,
        "IssuerSigned: a namespace without items");
}

/* A map larger than the scanner compares: ours finds the doubled id. */
static void
test_doubled_id_among_many_is_refused(void **state)
{
    enum { N = 80 };
    const char *items[N];
    sg_bytes ns;
    sg_bytes mso;
    for (size_t i = 0; i < N; i++) {
        sg_str text;
        /* ids below 24 stay in the head; 80 items share one element value, so names differ */
        assert_ok(sg_arena_printf(*state, &text, ITEM("%s%02zx", "6461%02zx6263", "01"),
            i < 24 ? "" : "18", i, i % 96 + 0x20));
        items[i] = text.p;
    }
    one_item(*state, items, 24, NULL, &ns, &mso);
    refused_as(state, ns, mso, SG_OK, NULL);
    /* 81 digests, the last under id 0 again */
    struct dcbor_item map;
    struct dcbor_item key;
    struct dcbor_item value;
    struct sg_buf out = sg_buf_new(*state, 1024, 16384);
    struct sg_buf digests = sg_buf_new(*state, 1024, 16384);
    uint8_t zero[32] = { 0 };
    sg_bytes part;
    dcbor_wr_map(&digests, 1);
    dcbor_wr_text(&digests, SG_LIT("n"));
    dcbor_wr_map(&digests, 81);
    for (uint64_t i = 0; i < 81; i++) {
        dcbor_wr_key_bytes(&digests, i == 80 ? 0 : i, SG_BYTES(zero));
    }
    assert_ok(sg_buf_end(&digests, &part));
    assert_ok(dcbor_item_open(mso, 16, 10000, &map));
    dcbor_wr_map(&out, map.value);
    struct dcbor_walk walk = dcbor_item_walk(&map);
    while (dcbor_item_pair(&walk, &key, &value)) {
        sg_buf_put(&out, key.raw);
        sg_buf_put(&out, dcbor_item_is_text(&key, "valueDigests") ? part : value.raw);
    }
    assert_ok(sg_buf_end(&out, &mso));
    refused_as(state, ns, mso, SG_E_DUPLICATE, "MSO: a digest id stands there twice");
}

static void
test_trust(void **state)
{
    struct mdoc_world stranger;
    struct mdoc_trust trust = world.trust;
    struct mdoc_verified v;
    struct sg_why why = { 0 };
    sg_bytes cbor = mdoc_world_issue_raw(*state, &world, good_name_spaces, good_mso);
    mdoc_world_init(*state, JOSE_ES256, JOSE_ES256, &stranger);
    trust.anchors = &stranger.root;
    assert_refused(mdoc_issuer_signed_verify(*state, cbor, &trust, &why, &v), ISSUER);
    assert_string_equal(why.what, "x5chain: no valid path to a trusted certificate");
    mdoc_world_done(&stranger);
    trust = world.trust;
    trust.anchors = &world.ds; /* pinned */
    assert_ok(mdoc_issuer_signed_verify(*state, cbor, &trust, NULL, &v));
    trust.at = WORLD_NOW + 91 * (int64_t)WORLD_DAY;
    why = (struct sg_why){ 0 };
    assert_refused(mdoc_issuer_signed_verify(*state, cbor, &trust, &why, &v), EXPIRED);
    assert_string_equal(why.what, "MSO: no longer valid");
    trust.leeway_s = 2 * (int64_t)WORLD_DAY;
    assert_ok(mdoc_issuer_signed_verify(*state, cbor, &trust, NULL, &v));
    trust.leeway_s = 0;
    trust.at = WORLD_NOW - 1;
    assert_refused(mdoc_issuer_signed_verify(*state, cbor, &trust, NULL, &v), NOT_YET);
    trust.at = WORLD_NOW;
    trust.doc_type = SG_LIT("other");
    assert_refused(mdoc_issuer_signed_verify(*state, cbor, &trust, NULL, &v), VALUE);
}

/* issuing_country in the items says JP, the certificate UT: 9.3.1. */
static void
test_country_of_another_signer(void **state)
{
    struct mdoc_world w = world;
    sg_bytes cbor;
    struct sg_why why = { 0 };
    struct mdoc_verified v;
    w.signer.ds.country = SG_LIT("JP");
    struct mdoc_element *elements = SG_NEW_ARRAY(*state, 1, struct mdoc_element);
    const struct sjson *jp;
    assert_ok(sjson_parse(*state, SG_LIT("\"JP\""), NULL, &jp));
    elements[0] = w.name_spaces[0].elements[4];
    elements[0].value = jp;
    struct mdoc_name_space ns = { .name = SG_LIT(WORLD_NS), .elements = elements, .n_elements = 1 };
    w.build.name_spaces = &ns;
    w.build.n_name_spaces = 1;
    assert_ok(mdoc_world_issue(*state, &w, NULL, &cbor));
    assert_refused(mdoc_issuer_signed_verify(*state, cbor, &world.trust, &why, &v), ISSUER);
    assert_string_equal(why.what, "item: issuing_country is not the certificate's C");
}

/* A holder needs no anchors, and sees the same elements. */
static void
test_a_holder_reads_what_it_was_given(void **state)
{
    struct sg_why why = { 0 };
    struct mdoc_verified v, verified;
    sg_bytes cbor = mdoc_world_issue_raw(*state, &world, good_name_spaces, good_mso);
    assert_ok(mdoc_issuer_signed_verify(*state, cbor, &world.trust, NULL, &verified));
    assert_ok(mdoc_issuer_signed_read(*state, cbor, NULL, &v));
    assert_int_equal(v.n_elements, verified.n_elements);
    assert_true(v.n_elements > 0);
    assert_ptr_equal(v.alg, world.issuer_alg);
    assert_int_equal(v.alg_id, -7);
    assert_int_equal(v.n_x5chain, verified.n_x5chain);
    assert_str_is(v.mso.doc_type, WORLD_DOC_TYPE);
    sg_bytes other = edited(*state, good_name_spaces, "6b66616d696c795f6e616d65",
        "6b66616d696c795f6e616d66"); /* family_name, one letter changed */
    assert_refused(mdoc_issuer_signed_read(
                       *state, mdoc_world_issue_raw(*state, &world, other, good_mso), &why, &v),
        DISCLOSURE);
    assert_string_equal(why.what, "item: its digest is not the MSO's");
    assert_refused(mdoc_issuer_signed_read(*state, SG_NO_BYTES, NULL, &v), MALFORMED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_broken_rule_of_the_mso),
        cmocka_unit_test(test_one_broken_rule_of_an_item),
        cmocka_unit_test(test_items_of_our_own_making),
        cmocka_unit_test(test_doubled_id_among_many_is_refused),
        cmocka_unit_test(test_trust),
        cmocka_unit_test(test_a_holder_reads_what_it_was_given),
        cmocka_unit_test(test_country_of_another_signer),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

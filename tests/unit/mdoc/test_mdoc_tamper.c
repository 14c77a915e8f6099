/*
 * formats/mdoc: nothing whose meaning changed verifies. Each byte of an IssuerSigned and of a DeviceResponse gets two other values, each map
 * entry and each array element is dropped, doubled or made null, and the end is cut off at each byte. What still verifies (only what no
 * signature covers can) says nothing that the original does not say: items may be withheld, that is what an mdoc is for. req: FMT-2
 */
#include "mdoc_world.h"
#include "support.h"

static struct mdoc_world world;
static sg_bytes issued;
static sg_bytes response;
static sg_bytes transcript;
static struct sg_arena *scratch;

static int
setup(void **state)
{
    static const struct mdoc_choice choices[] = { { { WORLD_NS, 17 }, { "family_name", 11 } },
        { { WORLD_NS, 17 }, { "birth_date", 10 } } };
    if (support_arena_setup(state) != 0) {
        return -1;
    }
    scratch = sg_arena_new(0, 64 << 20);
    mdoc_world_init(*state, JOSE_ES256, JOSE_ES256, &world);
    assert_ok(mdoc_world_issue(*state, &world, NULL, &issued));
    transcript = mdoc_world_transcript(*state);
    struct mdoc_present present = {
        .issuer_signed = issued, .choices = choices, .n_choices = 2, .transcript = transcript
    };
    assert_ok(mdoc_world_present(*state, &world, &present, NULL, &response));
    return 0;
}

static int
teardown(void **state)
{
    mdoc_world_done(&world);
    sg_arena_free(&scratch);
    return support_arena_teardown(state);
}

static sg_result
verify_issued(struct sg_arena *arena, sg_bytes in, struct sg_why *why, struct mdoc_verified *ret)
{
    return mdoc_issuer_signed_verify(arena, in, &world.trust, why, ret);
}

/* Every document must hold, there must be one, and its status must be OK. */
static sg_result
verify_response(struct sg_arena *arena, sg_bytes in, struct sg_why *why, struct mdoc_verified *ret)
{
    struct mdoc_response parsed;
    struct mdoc_device_check device = { .transcript = transcript };
    SG_TRY(mdoc_response_parse(in, why, &parsed));
    if (parsed.n_documents != 1 || parsed.status != 0) {
        sg_why_note(why, "the response is not of one document", 0, 0);
        SG_FAIL(MISSING);
    }
    return mdoc_document_verify(arena, &parsed.documents[0], &world.trust, &device, why, ret);
}

typedef sg_result (*verify_fn)(
    struct sg_arena *arena, sg_bytes in, struct sg_why *why, struct mdoc_verified *ret);

static bool
says_nothing_else(const struct mdoc_verified *a, const struct mdoc_verified *b)
{
    if (a->n_elements > b->n_elements || a->n_device_signed != b->n_device_signed ||
        !sg_str_equal(a->mso.doc_type, b->mso.doc_type) || a->mso.valid_from != b->mso.valid_from ||
        a->mso.valid_until != b->mso.valid_until || a->mso.signed_at != b->mso.signed_at ||
        a->mso.status.idx != b->mso.status.idx ||
        !sg_str_equal(a->mso.status.uri, b->mso.status.uri) ||
        memcmp(a->mso.device_key.x, b->mso.device_key.x, 32) != 0) {
        return false;
    }
    for (size_t i = 0; i < a->n_elements; i++) {
        size_t k = 0;
        while (k < b->n_elements && !sg_bytes_equal(a->elements[i].item, b->elements[k].item)) {
            k++;
        }
        if (k == b->n_elements ||
            !sg_str_equal(a->elements[i].name_space, b->elements[k].name_space)) {
            return false;
        }
    }
    return true;
}

struct tally {
    size_t tried;
    size_t refused;
    size_t same;     /* verified, and said the same */
    size_t withheld; /* verified, and said less */
};

static void
try_one(verify_fn verify, const struct mdoc_verified *original, sg_bytes changed, const char *what,
    size_t at, struct tally *tally)
{
    struct mdoc_verified v;
    struct sg_why why = { 0 };
    tally->tried++;
    sg_result r = verify(scratch, changed, &why, &v);
    if (!sg_ok(r)) {
        if (why.what == NULL && r.code != SG_E_DUPLICATE) {
            fail_msg("%s at %zu: %s without a word", what, at, sg_code_row(r.code)->name);
        }
        tally->refused++;
    } else if (says_nothing_else(&v, original)) {
        tally->same += v.n_elements == original->n_elements;
        tally->withheld += v.n_elements < original->n_elements;
    } else {
        fail_msg("%s at %zu verifies and says something else", what, at);
    }
}

static void
change_bytes(struct sg_arena *arena, verify_fn verify, sg_bytes in, struct tally *tally)
{
    static const uint8_t masks[] = { 0x01, 0xff };
    struct mdoc_verified original;
    uint8_t *copy = sg_arena_alloc(arena, in.n);
    assert_non_null(copy);
    assert_ok(verify(arena, in, NULL, &original));
    for (size_t i = 0; i < in.n; i++) {
        for (size_t m = 0; m < sizeof(masks); m++) {
            sg_arena_reset(scratch);
            memcpy(copy, in.p, in.n);
            copy[i] ^= masks[m];
            try_one(verify, &original, sg_bytes_of(copy, in.n), "byte", i, tally);
        }
    }
    for (size_t i = 0; i < in.n; i++) {
        sg_arena_reset(scratch);
        size_t refused = tally->refused;
        try_one(verify, &original, sg_bytes_slice(in, 0, i), "cut", i, tally);
        assert_int_equal(tally->refused, refused + 1);
    }
}

enum edit { EDIT_DROP, EDIT_NULL, EDIT_TWICE };

/*
 * Write `item` again with the `at`-th child (counted through all maps and arrays, and into byte strings in tag 24) edited. False when there is no such
 * child. Heads are written anew, so that only the edit is a breach.
 */
static void rewrite(struct sg_buf *out, const struct dcbor_item *item, enum edit edit, size_t *at);

static void
rewrite_container(struct sg_buf *out, const struct dcbor_item *item, enum edit edit, size_t *at)
{
    struct sg_buf inner = sg_buf_new(scratch, item->raw.n + 16, MDOC_MAX);
    bool map = item->kind == DCBOR_KIND_MAP;
    uint64_t n = 0;
    struct dcbor_item key;
    struct dcbor_item value;
    sg_bytes bytes;
    struct dcbor_walk walk = dcbor_item_walk(item);
    while (map ? dcbor_item_pair(&walk, &key, &value) : dcbor_item_next(&walk, &value)) {
        bool here = (*at)-- == 0;
        unsigned times = !here ? 1 : edit == EDIT_DROP ? 0 : edit == EDIT_NULL ? 1 : 2;
        for (unsigned i = 0; i < times; i++) {
            if (map) {
                sg_buf_put(&inner, key.raw);
            }
            if (here && edit == EDIT_NULL) {
                dcbor_wr_null(&inner);
            } else {
                rewrite(&inner, &value, edit, at);
            }
            n++;
        }
    }
    assert_ok(sg_buf_end(&inner, &bytes));
    if (map) {
        dcbor_wr_map(out, n);
    } else {
        dcbor_wr_array(out, n);
    }
    sg_buf_put(out, bytes);
}

static void
rewrite(struct sg_buf *out, const struct dcbor_item *item, enum edit edit, size_t *at)
{
    struct dcbor_item bytes;
    struct dcbor_item inside;
    sg_bytes encoded;
    if (item->kind == DCBOR_KIND_MAP || item->kind == DCBOR_KIND_ARRAY) {
        rewrite_container(out, item, edit, at);
    } else if (item->kind == DCBOR_KIND_TAG && item->value == 24 &&
               sg_ok(dcbor_item_tagged(item, 24, &bytes)) && bytes.kind == DCBOR_KIND_BYTES &&
               sg_ok(dcbor_item_open(bytes.content, 16, 10000, &inside))) {
        struct sg_buf inner = sg_buf_new(scratch, item->raw.n, MDOC_MAX);
        rewrite(&inner, &inside, edit, at);
        assert_ok(sg_buf_end(&inner, &encoded));
        dcbor_wr_tag(out, 24);
        dcbor_wr_bytes(out, encoded);
    } else {
        sg_buf_put(out, item->raw);
    }
}

static void
change_structure(
    struct sg_arena *arena, verify_fn verify, sg_bytes in, enum edit edit, struct tally *tally)
{
    struct mdoc_verified original;
    assert_ok(verify(arena, in, NULL, &original));
    for (size_t i = 0;; i++) {
        struct dcbor_item item;
        sg_bytes changed;
        size_t at = i;
        sg_arena_reset(scratch);
        struct sg_buf buf = sg_buf_new(scratch, in.n + 64, MDOC_MAX);
        assert_ok(dcbor_item_open(in, 16, 10000, &item));
        rewrite(&buf, &item, edit, &at);
        assert_ok(sg_buf_end(&buf, &changed));
        if (sg_bytes_equal(changed, in)) {
            return; /* past the last one: nothing was edited */
        }
        try_one(verify, &original, changed,
            edit == EDIT_DROP   ? "dropped"
            : edit == EDIT_NULL ? "null"
                                : "twice",
            i, tally);
    }
}

static void
test_issuer_signed(void **state)
{
    struct tally bytes = { 0 };
    struct tally structure = { 0 };
    change_bytes(*state, verify_issued, issued, &bytes);
    change_structure(*state, verify_issued, issued, EDIT_DROP, &structure);
    change_structure(*state, verify_issued, issued, EDIT_NULL, &structure);
    change_structure(*state, verify_issued, issued, EDIT_TWICE, &structure);
    print_message(
        "IssuerSigned of %zu bytes: %zu byte edits, %zu refused; %zu others, %zu refused\n",
        issued.n, bytes.tried, bytes.refused, structure.tried, structure.refused);
    assert_int_equal(bytes.refused, bytes.tried);
    /* eleven items, two namespaces, nameSpaces itself */
    assert_int_equal(structure.withheld, 11 + 2 + 1);
    assert_int_equal(structure.refused, structure.tried - 14);
    assert_true(structure.tried > 200);
}

static void
test_device_response(void **state)
{
    struct tally bytes = { 0 };
    struct tally structure = { 0 };
    change_bytes(*state, verify_response, response, &bytes);
    change_structure(*state, verify_response, response, EDIT_DROP, &structure);
    change_structure(*state, verify_response, response, EDIT_NULL, &structure);
    change_structure(*state, verify_response, response, EDIT_TWICE, &structure);
    print_message(
        "DeviceResponse of %zu bytes: %zu byte edits, %zu refused; %zu others, %zu refused\n",
        response.n, bytes.tried, bytes.refused, structure.tried, structure.refused);
    /* the minor version is the only byte that may change: no signature covers it */
    assert_int_equal(bytes.same, 1);
    assert_int_equal(bytes.refused, bytes.tried - 1);
    /* two items, and nameSpaces of issuerSigned (one of its two items gone leaves it; both gone is an empty array, refused) */
    assert_int_equal(structure.withheld, 2 + 1);
    assert_int_equal(structure.refused, structure.tried - 3);
    assert_true(structure.tried > 80);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_issuer_signed),
        cmocka_unit_test(test_device_response),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/*
 * Shared vectors cbor/: RFC 8949 appendix A values, appendix F malformed items, and items that a strict decoder
 * must flag. jansson reads the files because appendix A holds integers beyond 64 bits.
 */
#include "support.h"

#include <jansson.h>

#include "dcbor_head.h"

static json_t *
load(void **state, const char *name)
{
    sg_bytes text = support_file(*state, support_vector_path(*state, name));
    json_error_t error;
    json_t *root =
        json_loadb((const char *)text.p, text.n, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &error);
    assert_non_null(root);
    return root;
}

/* An exact heap copy, so that the address sanitizer sees one byte read too far. */
static sg_result
scan_exact(sg_bytes in, enum dcbor_rule rule, size_t *ret_len)
{
    uint8_t *copy = malloc(in.n == 0 ? 1 : in.n);
    assert_non_null(copy);
    memcpy(copy, in.p, in.n);
    sg_result r = dcbor_scan(sg_bytes_of(copy, in.n), rule, 64, 1000, ret_len);
    free(copy);
    return r;
}

static sg_bytes
member_hex(void **state, const json_t *row, const char *name)
{
    const char *hex = json_string_value(json_object_get(row, name));
    assert_non_null(hex);
    return support_hex(*state, hex);
}

/* Items follow one another in the encoding, so a copy needs no tree: read a head, write it again. */
static sg_bytes
copy_through_the_writer(void **state, sg_bytes in)
{
    struct sg_buf buf = sg_buf_new(*state, 0, 1000);
    size_t at = 0;
    while (at < in.n) {
        struct dcbor_head head = { 0 };
        assert_true(dcbor_head_read(in.p + at, in.n - at, &head));
        switch ((enum dcbor_major)head.major) {
        case DCBOR_UINT:
            dcbor_wr_uint(&buf, head.value);
            break;
        case DCBOR_NINT:
            dcbor_wr_nint(&buf, head.value);
            break;
        case DCBOR_BYTES:
            dcbor_wr_bytes(&buf, sg_bytes_slice(in, at + head.len, (size_t)head.value));
            at += (size_t)head.value;
            break;
        case DCBOR_TEXT:
            dcbor_wr_text(
                &buf, sg_bytes_str(sg_bytes_slice(in, at + head.len, (size_t)head.value)));
            at += (size_t)head.value;
            break;
        case DCBOR_ARRAY:
            dcbor_wr_array(&buf, head.value);
            break;
        case DCBOR_MAP:
            dcbor_wr_map(&buf, head.value);
            break;
        case DCBOR_TAG:
            dcbor_wr_tag(&buf, head.value);
            break;
        case DCBOR_SIMPLE: /* the writer knows true and false alone */
            if (head.info == 20 || head.info == 21) {
                dcbor_wr_bool(&buf, head.info == 21);
            } else {
                sg_buf_put(&buf, sg_bytes_slice(in, at, head.len));
            }
            break;
        }
        at += head.len;
    }
    sg_bytes out;
    assert_ok(sg_buf_end(&buf, &out));
    return out;
}

/* Small integers, booleans and texts say what "decoded" says. */
static void
check_scalar(sg_bytes in, const json_t *decoded)
{
    struct dcbor_head head = { 0 };
    assert_true(dcbor_head_read(in.p, in.n, &head));
    if (head.major == DCBOR_UINT && head.value < (UINT64_C(1) << 53)) {
        assert_true(json_real_value(decoded) == (double)head.value);
    } else if (head.major == DCBOR_NINT && head.value < (UINT64_C(1) << 53)) {
        assert_true(json_real_value(decoded) == -1.0 - (double)head.value);
    } else if (head.major == DCBOR_TEXT && head.info != DCBOR_INDEFINITE) {
        assert_int_equal(json_string_length(decoded), head.value);
        assert_memory_equal(json_string_value(decoded), in.p + head.len, (size_t)head.value);
    } else if (head.major == DCBOR_SIMPLE && head.info == 21) {
        assert_true(json_is_true(decoded));
    }
}

static void
test_appendix_a(void **state)
{
    json_t *root = load(state, "cbor/appendix_a.json");
    size_t i;
    json_t *row;
    size_t n_roundtrip = 0;
    json_array_foreach(root, i, row)
    {
        sg_bytes in = member_hex(state, row, "hex");
        size_t len;
        assert_ok(scan_exact(in, DCBOR_WELL_FORMED, &len));
        assert_int_equal(len, in.n);
        if (json_object_get(row, "decoded") != NULL) {
            check_scalar(in, json_object_get(row, "decoded"));
        }
        for (size_t cut = 0; cut < in.n; cut++) { /* no prefix of an item is an item */
            assert_false(sg_ok(scan_exact(sg_bytes_slice(in, 0, cut), DCBOR_WELL_FORMED, &len)));
        }
        if (json_is_true(json_object_get(row, "roundtrip"))) {
            assert_true(sg_bytes_equal(copy_through_the_writer(state, in), in));
            assert_ok(scan_exact(in, DCBOR_DETERMINISTIC, &len));
            n_roundtrip++;
        }
    }
    assert_true(i > 50 && n_roundtrip > 30);
    printf("%zu values, %zu round trips\n", i, n_roundtrip);
    json_decref(root);
}

static void
test_not_well_formed(void **state)
{
    json_t *root = load(state, "cbor/not_well_formed.json");
    size_t i;
    json_t *row;
    json_array_foreach(root, i, row)
    {
        sg_bytes in = member_hex(state, row, "hex");
        size_t len;
        /* one item that ends early with bytes behind it is as bad as one that does not end */
        bool whole = sg_ok(scan_exact(in, DCBOR_WELL_FORMED, &len)) && len == in.n;
        assert_false(whole);
        whole = sg_ok(scan_exact(in, DCBOR_DETERMINISTIC, &len)) && len == in.n;
        assert_false(whole);
    }
    assert_true(i > 20);
    printf("%zu malformed items\n", i);
    json_decref(root);
}

static void
test_deterministic(void **state)
{
    json_t *root = load(state, "cbor/deterministic.json");
    size_t i;
    size_t j;
    json_t *row;
    size_t len;
    json_array_foreach(json_object_get(root, "not_deterministic"), i, row)
    {
        sg_bytes in = member_hex(state, row, "hex");
        assert_ok(scan_exact(in, DCBOR_WELL_FORMED, &len));
        assert_refused(scan_exact(in, DCBOR_DETERMINISTIC, &len), MALFORMED);
        assert_ok(scan_exact(member_hex(state, row, "shortest"), DCBOR_DETERMINISTIC, &len));
    }
    json_array_foreach(json_object_get(root, "duplicate_keys"), j, row)
    {
        sg_bytes in = member_hex(state, row, "hex");
        assert_refused(scan_exact(in, DCBOR_WELL_FORMED, &len), DUPLICATE);
        assert_refused(scan_exact(in, DCBOR_DETERMINISTIC, &len), DUPLICATE);
    }
    assert_true(i >= 6 && j >= 2);
    json_decref(root);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appendix_a),
        cmocka_unit_test(test_not_well_formed),
        cmocka_unit_test(test_deterministic),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

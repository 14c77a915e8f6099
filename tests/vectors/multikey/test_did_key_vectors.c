/* Every pair of did:key and JWK of the shared vectors, both ways. req: FMT-3 */
#include "did.h"
#include "support.h"

static const struct sjson *
vector_file(struct sg_arena *arena, const char *relative)
{
    const struct sjson *v;
    sg_bytes content = support_file(arena, support_vector_path(arena, relative));
    assert_ok(sjson_parse(arena, sg_bytes_str(content), NULL, &v));
    return v;
}

static sg_str
text_of(const struct sjson *v, const char *name)
{
    sg_str text = SG_NO_STR;
    assert_ok(sjson_member_text(v, name, &text));
    return text;
}

static void
check_pair(struct sg_arena *arena, const struct sjson *row)
{
    struct jwk from_did, from_jwk;
    struct jwk_key *key = NULL;
    sg_str did, multikey;
    assert_ok(did_key_parse(text_of(row, "did"), &from_did));
    assert_ok(jwk_parse(arena, sjson_get(row, "jwk"), &from_jwk));
    assert_int_equal(from_did.crv, from_jwk.crv);
    assert_int_equal(from_did.coord_len, from_jwk.coord_len);
    assert_memory_equal(from_did.x, from_jwk.x, from_jwk.coord_len);
    if (from_jwk.kty == JOSE_KTY_EC) {
        assert_memory_equal(from_did.y, from_jwk.y, from_jwk.coord_len);
    }
    assert_ok(jwk_key_new(&from_did, &key)); /* on the curve */
    jwk_key_free(&key);
    assert_ok(did_key_of(arena, &from_jwk, &did));
    assert_true(sg_str_equal(did, text_of(row, "did")));
    assert_ok(multikey_encode(arena, &from_jwk, &multikey));
    assert_true(sg_str_equal(multikey, text_of(row, "multikey")));
}

static void
check_prefix(struct sg_arena *arena, const struct sjson *row)
{
    sg_bytes bytes, prefix;
    assert_ok(multibase_decode(arena, text_of(row, "multikey"), &bytes));
    assert_ok(sg_hex_decode(arena, text_of(row, "multicodec_hex"), &prefix));
    assert_true(sg_bytes_equal(sg_bytes_slice(bytes, 0, 2), prefix));
}

static void
test_every_pair_is_equal_both_ways(void **state)
{
    const struct sjson *cases = sjson_get(vector_file(*state, "did-key/cases.json"), "cases");
    assert_non_null(cases);
    size_t n = 0;
    for (const struct sjson *row = cases->first; row != NULL; row = row->next) {
        check_pair(*state, row);
        check_prefix(*state, row);
        n++;
    }
    assert_true(n >= 6);
}

/* X25519 keys agree on secrets and do not sign. */
static void
test_x25519_is_not_a_signing_key(void **state)
{
    const struct sjson *cases = sjson_get(vector_file(*state, "did-key/cases.json"), "cases");
    size_t n = 0;
    for (const struct sjson *row = cases->first; row != NULL; row = row->next) {
        struct jwk key;
        if (sjson_get(row, "derived_x25519_multikey") != NULL) {
            assert_refused(
                multikey_decode(text_of(row, "derived_x25519_multikey"), &key), ALGORITHM);
            n++;
        }
    }
    assert_true(n >= 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_every_pair_is_equal_both_ways, support_arena_setup, support_arena_teardown),
        cmocka_unit_test_setup_teardown(
            test_x25519_is_not_a_signing_key, support_arena_setup, support_arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

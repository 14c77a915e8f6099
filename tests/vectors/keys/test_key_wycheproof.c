/* Wycheproof over the signer's own verification, with and without the key's table (shared vectors, suite wycheproof). */
#include "key_public.h"
#include "sjson.h"
#include "support.h"

/* Verify one test under `key`; the vectors' word decides. */
static void
one(struct sg_arena *arena, const struct key_public *key, const struct sjson *test)
{
    sg_str msg;
    sg_str sig;
    sg_str result;
    sg_bytes message;
    sg_bytes signature;
    int64_t id = 0;
    assert_ok(sjson_member_int(test, "tcId", &id));
    assert_ok(sjson_member_text(test, "msg", &msg));
    assert_ok(sjson_member_text(test, "sig", &sig));
    assert_ok(sjson_member_text(test, "result", &result));
    assert_ok(sg_hex_decode(arena, msg, &message));
    assert_ok(sg_hex_decode(arena, sig, &signature));
    sg_result r = key_public_verify_message(key, message, signature);
    if (sg_ok(r) != sg_str_is(result, "valid") || (!sg_ok(r) && r.code != SG_E_SIGNATURE)) {
        print_error("tcId %lld says %.*s\n", (long long)id, SG_PRINT(result));
        fail();
    }
}

static void
file(struct sg_arena *arena, const char *name, int64_t expected)
{
    const struct sjson *root;
    const struct sjson *groups;
    int64_t tests = 0;
    int64_t seen = 0;
    sg_bytes bytes = support_file(arena, support_vector_path(arena, name));
    assert_ok(sjson_parse_object(arena, sg_bytes_str(bytes), NULL, &root));
    assert_ok(sjson_member_int(root, "numberOfTests", &tests));
    assert_int_equal(tests, expected);
    assert_ok(sjson_member_array(root, "testGroups", &groups));
    for (const struct sjson *g = groups->first; g != NULL; g = g->next) {
        sg_str der;
        sg_bytes spki;
        const struct sjson *list;
        struct key_public *key = NULL;
        struct key_public *warm = NULL;
        assert_ok(sjson_member_text(g, "publicKeyDer", &der));
        assert_ok(sg_hex_decode(arena, der, &spki));
        assert_ok(key_public_new(spki, &key));
        assert_ok(key_public_new(spki, &warm));
        assert_true(sg_bytes_equal(key_public_spki(key), spki));
        if (key_public_alg(key)->alg == KEY_ES256) {
            assert_ok(key_public_warm(warm));
        }
        assert_ok(sjson_member_array(g, "tests", &list));
        for (const struct sjson *t = list->first; t != NULL; t = t->next) {
            one(arena, key, t);
            one(arena, warm, t);
            seen++;
        }
        key_public_free(&key);
        key_public_free(&warm);
    }
    assert_int_equal(seen, expected);
}

static void
test_ecdsa_p256(void **state)
{
    file(*state, "wycheproof/ecdsa_secp256r1_sha256_p1363_test.json", 188);
}

static void
test_ecdsa_p384(void **state)
{
    file(*state, "wycheproof/ecdsa_secp384r1_sha384_p1363_test.json", 191);
}

static void
test_ed25519(void **state)
{
    file(*state, "wycheproof/ed25519_test.json", 110);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ecdsa_p256),
        cmocka_unit_test(test_ecdsa_p384),
        cmocka_unit_test(test_ed25519),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

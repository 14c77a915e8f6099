/* hsm/p11 on a throw-away SoftHSM token: what keys are made of, that they sign, and what is refused. */
#include "dcbor.h"
#include "token.h"

static const uint8_t digest[64] = { 1, 2, 3, 4, 5 };

static void
sign_and_verify(struct token *t, enum key_alg alg, bool resident)
{
    struct key_public *public = NULL;
    struct p11_key_made made = token_key(t, alg, resident, &public);
    struct p11_key_ref ref = { public, made.wrapped };
    const struct key_alg_row *row = key_public_alg(public);
    sg_bytes data = sg_bytes_of(digest, row->prehash ? sg_hash_len(row->hash) : 21);
    uint8_t sig[KEY_SIG_MAX];
    size_t len = 0;
    assert_int_equal(made.wrapped.n == 0, resident);
    assert_memory_equal(made.thumbprint, key_public_thumbprint(public), KEY_THUMBPRINT_LEN);
    assert_ok(p11_key_sign(t->session, &ref, data, sig, &len));
    assert_int_equal(len, row->sig_len);
    assert_ok(key_public_verify(public, data, sg_bytes_of(sig, len)));
    assert_ok(p11_key_prove(t->session, &ref));
    key_public_free(&public);
}

static void
test_resident_keys_sign(void **state)
{
    sign_and_verify(*state, KEY_ES256, true);
    sign_and_verify(*state, KEY_ES384, true);
    sign_and_verify(*state, KEY_EDDSA, true);
}

static void
test_wrapped_keys_sign(void **state)
{
    sign_and_verify(*state, KEY_ES256, false);
    sign_and_verify(*state, KEY_ES384, false);
}

/* req: KEY-2. SoftHSM 2.6.1 cannot wrap Ed25519: said, and nothing is left behind. */
static void
test_wrapped_ed25519_is_refused_by_softhsm(void **state)
{
    struct token *t = *state;
    struct p11_key_made made;
    struct p11_key_params params = { KEY_EDDSA, false, SG_NO_STR };
    assert_refused(p11_key_generate(t->session, t->arena, &params, &made), UNSUPPORTED);
    assert_int_equal(token_state(t), P11_READY);
}

/* req: KEY-2. The evidence says: in the token, sensitive always, never extractable, made there. */
static void
test_resident_evidence_shows_never_extractable(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    struct p11_key_made made = token_key(t, KEY_ES256, true, &public);
    struct p11_key_ref ref = { public, SG_NO_BYTES };
    sg_bytes again;
    assert_ok(p11_key_attributes(t->session, t->arena, &ref, &again));
    assert_true(sg_bytes_equal(again, made.attributes));

    struct dcbor_rd list = dcbor_rd_array(made.attributes);
    assert_int_equal(dcbor_rd_left(&list), 1);
    struct dcbor_rd map = dcbor_rd_next_map(&list, 32);
    assert_int_equal(dcbor_rd_uint(&map, 1, 9), 0);    /* resident */
    assert_int_equal(dcbor_rd_uint(&map, 2, 0x40), 3); /* CKK_EC */
    assert_int_equal(dcbor_rd_bytes(&map, 3, 1, 64).n, 16);
    assert_true(dcbor_rd_bool(&map, 4));   /* TOKEN */
    assert_true(dcbor_rd_bool(&map, 5));   /* PRIVATE */
    assert_true(dcbor_rd_bool(&map, 6));   /* SENSITIVE */
    assert_true(dcbor_rd_bool(&map, 7));   /* ALWAYS_SENSITIVE */
    assert_false(dcbor_rd_bool(&map, 8));  /* EXTRACTABLE */
    assert_true(dcbor_rd_bool(&map, 9));   /* NEVER_EXTRACTABLE */
    assert_true(dcbor_rd_bool(&map, 10));  /* LOCAL */
    assert_true(dcbor_rd_bool(&map, 11));  /* SIGN */
    assert_false(dcbor_rd_bool(&map, 12)); /* DECRYPT */
    assert_false(dcbor_rd_bool(&map, 13)); /* UNWRAP */
    key_public_free(&public);
}

static void
test_wrapped_evidence_has_both_sides(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    struct p11_key_made made = token_key(t, KEY_ES256, false, &public);
    struct dcbor_rd list = dcbor_rd_array(made.attributes);
    assert_int_equal(dcbor_rd_left(&list), 2);
    key_public_free(&public);
}

/* req: SIG-1. SoftHSM would sign 31 bytes. */
static void
test_digest_of_another_length_is_refused(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    token_key(t, KEY_ES256, true, &public);
    struct p11_key_ref ref = { public, SG_NO_BYTES };
    uint8_t sig[KEY_SIG_MAX];
    size_t len;
    static const size_t bad[] = { 0, 31, 33, 48, 64 };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(
            p11_key_sign(t->session, &ref, sg_bytes_of(digest, bad[i]), sig, &len), DIGEST);
    }
    key_public_free(&public);
}

static sg_result
sign32(struct token *t, const struct key_public *public, sg_bytes wrapped)
{
    struct p11_key_ref ref = { public, wrapped };
    uint8_t sig[KEY_SIG_MAX];
    size_t len;
    return p11_key_sign(t->session, &ref, sg_bytes_of(digest, 32), sig, &len);
}

/* req: KEY-3. Each bit of the wrapped form, each shortening, and another key's form: refused before the token sees it. */
static void
test_wrapped_form_is_authenticated(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    struct key_public *other = NULL;
    struct p11_key_made made = token_key(t, KEY_ES256, false, &public);
    struct p11_key_made made2 = token_key(t, KEY_ES256, false, &other);
    uint8_t copy[P11_WRAPPED_MAX];
    for (size_t i = 0; i < made.wrapped.n; i++) {
        memcpy(copy, made.wrapped.p, made.wrapped.n);
        copy[i] ^= (uint8_t)(1 << i % 8);
        assert_refused(sign32(t, public, sg_bytes_of(copy, made.wrapped.n)), KEY_INVALID);
        if (i > 0) {
            assert_refused(sign32(t, public, sg_bytes_of(made.wrapped.p, i)), KEY_INVALID);
        }
    }
    assert_refused(sign32(t, public, made2.wrapped), KEY_INVALID);
    struct key_public *p384 = NULL;
    struct p11_key_ref crossed = { NULL,
        made.wrapped }; /* the form of a P-256 key, asked for as a P-384 key */
    token_key(t, KEY_ES384, false, &p384);
    crossed.public = p384;
    assert_refused(p11_key_prove(t->session, &crossed), KEY_INVALID);
    key_public_free(&p384);
    assert_ok(sign32(t, public, made.wrapped));
    assert_int_equal(token_state(t), P11_READY);
    key_public_free(&public);
    key_public_free(&other);
}

static void
test_form_of_another_tokens_kek_is_refused(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    struct p11_key_made made = token_key(t, KEY_ES256, false, &public);
    sg_bytes form = made.wrapped;
    token_close(t);
    struct token *t2 = token_new(NULL);
    assert_refused(sign32(t2, public, form), KEY_INVALID);
    void *state2 = t2;
    token_teardown(&state2);
    key_public_free(&public);
}

static void
test_key_that_is_not_there_is_not_found_and_token_stays_ready(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    token_key(t, KEY_ES256, true, &public);
    struct p11_key_ref ref = { public, SG_NO_BYTES };
    assert_ok(sign32(t, public, SG_NO_BYTES));
    assert_ok(p11_key_destroy(t->session, &ref));
    assert_refused(sign32(t, public, SG_NO_BYTES), NOT_FOUND);
    assert_refused(p11_key_destroy(t->session, &ref), NOT_FOUND);
    assert_int_equal(token_state(t), P11_READY);
    key_public_free(&public);
}

/* A second session that has the handle cached does not sign with a destroyed key. req: KEY-6 */
static void
test_destroyed_key_is_dead_in_every_session(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    struct p11_session *second = NULL;
    token_key(t, KEY_ES256, true, &public);
    struct p11_key_ref ref = { public, SG_NO_BYTES };
    uint8_t sig[KEY_SIG_MAX];
    size_t len;
    assert_ok(p11_session_open(t->p11, 1, &second));
    assert_ok(p11_key_sign(second, &ref, sg_bytes_of(digest, 32), sig, &len));
    assert_ok(p11_key_destroy(t->session, &ref));
    assert_refused(p11_key_sign(second, &ref, sg_bytes_of(digest, 32), sig, &len), NOT_FOUND);
    p11_session_close(&second);
    key_public_free(&public);
}

static void
test_unwrapped_keys_are_bounded_and_forgotten(void **state)
{
    struct token *t = *state;
    struct key_public *public[12] = { NULL };
    struct p11_key_made made[12];
    for (size_t i = 0; i < 12; i++) {
        made[i] = token_key(t, KEY_ES256, false, &public[i]);
    }
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 12; i++) {
            assert_ok(sign32(t, public[i], made[i].wrapped));
            assert_in_range(p11_session_unwrapped(t->session), 1, 8);
        }
    }
    assert_int_equal(p11_session_unwrapped(t->session), 8);
    p11_forget_unwrapped(t->p11);
    p11_session_tidy(t->session);
    assert_int_equal(p11_session_unwrapped(t->session), 0);
    struct p11_key_ref ref = { public[0], made[0].wrapped };
    assert_ok(sign32(t, public[0], made[0].wrapped));
    assert_ok(p11_key_destroy(t->session, &ref));
    assert_int_equal(p11_session_unwrapped(t->session), 0);
    for (size_t i = 0; i < 12; i++) {
        key_public_free(&public[i]);
    }
}

static void
test_list_names_resident_keys_and_not_the_self_test(void **state)
{
    struct token *t = *state;
    struct key_public *a = NULL;
    struct key_public *b = NULL;
    const uint8_t(*list)[KEY_THUMBPRINT_LEN];
    size_t n = 99;
    assert_ok(p11_key_list(t->session, t->arena, &list, &n));
    assert_int_equal(n, 0);
    token_key(t, KEY_ES256, true, &a);
    token_key(t, KEY_ES256, false, &b);
    assert_ok(p11_key_list(t->session, t->arena, &list, &n));
    assert_int_equal(n, 1);
    assert_memory_equal(list[0], key_public_thumbprint(a), KEY_THUMBPRINT_LEN);
    key_public_free(&a);
    key_public_free(&b);
}

static void
test_objects_keep_the_latest_value(void **state)
{
    struct token *t = *state;
    uint8_t out[P11_OBJECT_MAX];
    size_t len;
    assert_refused(
        p11_object_read(t->session, SG_LIT("anchor"), out, sizeof(out), &len), NOT_FOUND);
    for (uint8_t i = 0; i < 20; i++) {
        uint8_t value[40] = { i };
        assert_ok(p11_object_write(t->session, SG_LIT("anchor"), SG_BYTES(value)));
        assert_ok(p11_object_read(t->session, SG_LIT("anchor"), out, sizeof(out), &len));
        assert_int_equal(len, 40);
        assert_int_equal(out[0], i);
    }
    assert_refused(p11_object_read(t->session, SG_LIT("anchor"), out, 39, &len), TOO_LARGE);
    token_close(t);
    token_open(t);
    assert_ok(p11_object_read(t->session, SG_LIT("anchor"), out, sizeof(out), &len));
    assert_int_equal(out[0], 19);
}

static void
test_labels_of_ours_are_refused(void **state)
{
    struct token *t = *state;
    struct p11_key_made made;
    struct p11_key_params params = { KEY_ES256, true, SG_LIT("sealgate-self-test") };
    assert_refused(p11_key_generate(t->session, t->arena, &params, &made), VALUE);
    params.alg = (enum key_alg)4;
    assert_refused(p11_key_generate(t->session, t->arena, &params, &made), ALGORITHM);
}

static void
test_keys_outlive_the_process(void **state)
{
    struct token *t = *state;
    struct key_public *a = NULL;
    struct key_public *b = NULL;
    struct p11_key_made resident = token_key(t, KEY_EDDSA, true, &a);
    struct p11_key_made wrapped = token_key(t, KEY_ES384, false, &b);
    (void)resident;
    token_close(t);
    token_open(t);
    struct p11_key_ref ref = { b, wrapped.wrapped };
    assert_ok(p11_key_prove(t->session, &ref));
    ref = (struct p11_key_ref){ a, SG_NO_BYTES };
    assert_ok(p11_key_prove(t->session, &ref));
    key_public_free(&a);
    key_public_free(&b);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, token_setup, token_teardown)
    const struct CMUnitTest tests[] = {
        T(test_resident_keys_sign),
        T(test_wrapped_keys_sign),
        T(test_wrapped_ed25519_is_refused_by_softhsm),
        T(test_resident_evidence_shows_never_extractable),
        T(test_wrapped_evidence_has_both_sides),
        T(test_digest_of_another_length_is_refused),
        T(test_wrapped_form_is_authenticated),
        T(test_form_of_another_tokens_kek_is_refused),
        T(test_key_that_is_not_there_is_not_found_and_token_stays_ready),
        T(test_destroyed_key_is_dead_in_every_session),
        T(test_unwrapped_keys_are_bounded_and_forgotten),
        T(test_list_names_resident_keys_and_not_the_self_test),
        T(test_objects_keep_the_latest_value),
        T(test_labels_of_ours_are_refused),
        T(test_keys_outlive_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gateway/auth: codes, transaction codes, client assertions, nonces (req: AU-7, AU-8; OpenID4VCI 1.0 section 6). */
#include "auth.h"
#include "bench_key.h"
#include "store.h"
#include "support.h"

#define NOW INT64_C(1800000000)
#define BASE "http://localhost:8080"

struct bed {
    struct sg_arena *arena;
    const char *folder;
    struct store *store;
    struct auth *auth;
    struct bench_key *key;
    unsigned n;
};
static const sg_bytes peer = { (const uint8_t *)"127.0.0.1", 9 };
static const uint8_t jkt[32] = { 1, 2, 3 };

static int
setup(void **state)
{
    static struct bed bed;
    char path[256];
    bed = (struct bed){ .arena = sg_arena_new(0, (size_t)16 * 1024 * 1024) };
    bed.folder = support_mkdir(bed.arena);
    snprintf(path, sizeof(path), "%s/store.db", bed.folder);
    assert_ok(store_open(path, "test", &bed.store, NULL));
    assert_ok(store_start(bed.store));
    assert_ok(bench_key_new(&bed.key));
    struct auth_settings settings = auth_settings_default();
    settings.issuer = SG_LIT(BASE);
    settings.guess_per_minute = 20;
    assert_ok(auth_new(&settings, bed.store, &bed.auth));
    *state = &bed;
    return 0;
}

static int
teardown(void **state)
{
    struct bed *bed = *state;
    auth_free(&bed->auth);
    store_close(&bed->store);
    bench_key_free(&bed->key);
    support_rmdir(bed->folder);
    sg_arena_free(&bed->arena);
    return 0;
}

/* An open offer; its code is "code<n>". */
static sg_str
offer(struct bed *bed, const char *tx_code)
{
    sg_str code, id;
    uint8_t tx[32];
    assert_ok(sg_arena_printf(bed->arena, &code, "code%u", ++bed->n));
    assert_ok(sg_arena_printf(bed->arena, &id, "offer%u", bed->n));
    struct store_offer row = { .offer_id = id,
        .tries_left = 3,
        .client = SG_LIT("c1"),
        .created_at = NOW,
        .expires_at = NOW + 600,
        .body = sg_str_bytes(SG_LIT("{}")) };
    auth_code_hash(code, row.code_hash);
    if (tx_code != NULL) {
        auth_tx_hash(code, sg_cstr(tx_code), tx);
        row.tx_hash = SG_BYTES(tx);
    }
    assert_ok(store_offer_put(bed->store, &row));
    return code;
}

static sg_result
redeem_at(struct bed *bed, sg_str code, const char *tx_code, int64_t now)
{
    struct auth_code found;
    struct auth_issued issued;
    SG_TRY(auth_code_find(bed->auth, bed->arena, code, peer, now, &found));
    return auth_code_redeem(bed->auth, bed->arena, &found, tx_code != NULL, sg_cstr(tx_code),
        SG_NO_STR, SG_NO_STR, jkt, now, &issued);
}

static sg_result
redeem(struct bed *bed, sg_str code, const char *tx_code)
{
    return redeem_at(bed, code, tx_code, NOW);
}

static void
test_a_code_is_good_once(void **state)
{
    struct bed *bed = *state;
    sg_str code = offer(bed, NULL);
    assert_ok(redeem(bed, code, NULL));
    assert_refused(redeem(bed, code, NULL), GRANT);
}

static void
test_wrong_used_and_expired_codes_look_alike(void **state)
{
    struct bed *bed = *state;
    assert_refused(redeem(bed, SG_LIT("nonsense"), NULL), GRANT);
    assert_refused(redeem_at(bed, offer(bed, NULL), NULL, NOW + 600), GRANT);
}

static void
test_tx_code_missing_unexpected_and_wrong(void **state)
{
    struct bed *bed = *state;
    sg_str code = offer(bed, "123456");
    assert_refused(redeem(bed, code, NULL), MISSING);
    assert_refused(redeem(bed, code, "654321"), GRANT);
    assert_ok(redeem(bed, code, "123456"));
    assert_refused(redeem(bed, offer(bed, NULL), "123456"), VALUE);
}

static void
test_after_too_many_tx_codes_the_right_one_is_refused_alike(void **state)
{
    struct bed *bed = *state;
    sg_str code = offer(bed, "123456");
    for (unsigned i = 0; i < 3; i++) {
        assert_refused(redeem(bed, code, "000000"), GRANT);
    }
    assert_refused(redeem(bed, code, "123456"), GRANT);
}

static void
test_a_tx_code_of_another_offer_does_not_open_this_one(void **state)
{
    struct bed *bed = *state;
    (void)offer(bed, "111111");
    assert_refused(redeem(bed, offer(bed, "222222"), "111111"), GRANT);
}

static void
test_without_dpop_no_token(void **state)
{
    struct bed *bed = *state;
    struct auth_code found;
    struct auth_issued issued;
    assert_ok(auth_code_find(bed->auth, bed->arena, offer(bed, NULL), peer, NOW, &found));
    assert_refused(auth_code_redeem(bed->auth, bed->arena, &found, false, SG_NO_STR, SG_NO_STR,
                       SG_NO_STR, NULL, NOW, &issued),
        DPOP);
}

static void
test_long_bearer_tokens_cannot_be_configured(void **state)
{
    struct bed *bed = *state;
    struct auth_settings settings = auth_settings_default();
    struct auth *auth = NULL;
    settings.issuer = SG_LIT(BASE);
    settings.bearer_life_s = AUTH_BEARER_MAX_S + 1; /* OpenID4VCI 1.0, 13.10 */
    assert_refused(auth_new(&settings, bed->store, &auth), VALUE);
}

static void
test_guessing_is_slowed(void **state)
{
    struct bed *bed = *state;
    sg_bytes guesser = sg_str_bytes(SG_LIT("10.0.0.9"));
    struct auth_code found;
    sg_result last = SG_DONE;
    for (unsigned i = 0; i < 25; i++) {
        last = auth_code_find(bed->auth, bed->arena, SG_LIT("guess"), guesser, NOW, &found);
    }
    assert_int_equal(last.code, SG_E_TOO_MANY);
    /* a right code from the same address still works, and others are not concerned */
    assert_ok(auth_code_find(bed->auth, bed->arena, offer(bed, NULL), guesser, NOW, &found));
    assert_refused(auth_code_find(bed->auth, bed->arena, SG_LIT("guess"),
                       sg_str_bytes(SG_LIT("10.0.0.8")), NOW, &found),
        GRANT);
    /* the next minute begins anew */
    assert_refused(
        auth_code_find(bed->auth, bed->arena, SG_LIT("guess"), guesser, NOW + 60, &found), GRANT);
}

/* ---- nonces ---------------------------------------------------------------------------------------- */

static void
test_nonces_end_and_are_not_made_by_others(void **state)
{
    struct bed *bed = *state;
    char nonce[AUTH_NONCE_LEN];
    auth_nonce_make(bed->auth, AUTH_C_NONCE, NOW, nonce);
    sg_str text = sg_str_of(nonce, sizeof(nonce));
    assert_ok(auth_nonce_check(bed->auth, AUTH_C_NONCE, text, NOW));
    assert_ok(auth_nonce_check(bed->auth, AUTH_C_NONCE, text, NOW + 300));
    assert_refused(auth_nonce_check(bed->auth, AUTH_C_NONCE, text, NOW + 301), NONCE);
    assert_refused(auth_nonce_check(bed->auth, AUTH_DPOP_NONCE, text, NOW), NONCE);
    assert_refused(auth_nonce_check(bed->auth, AUTH_C_NONCE, SG_LIT("x"), NOW), NONCE);
    for (size_t i = 0; i < sizeof(nonce); i += 5) {
        char changed[AUTH_NONCE_LEN];
        memcpy(changed, nonce, sizeof(changed));
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_refused(
            auth_nonce_check(bed->auth, AUTH_C_NONCE, sg_str_of(changed, sizeof(changed)), NOW),
            NONCE);
    }
}

/* ---- client assertions ----------------------------------------------------------------------------- */

static struct auth_client_key
client_key(struct bed *bed)
{
    const struct sjson *json;
    struct jwk jwk;
    struct auth_client_key key = { .client = SG_LIT("c1"), .alg = JOSE_ES256, .active = true };
    assert_ok(sjson_parse(bed->arena, bench_key_jwk(bed->key), NULL, &json));
    assert_ok(jwk_parse(bed->arena, json, &jwk));
    assert_ok(jwk_spki(bed->arena, &jwk, &key.spki));
    return key;
}

/* ' stands for ". Each call comes from an address of its own: the limit has a test of its own. */
static sg_result
assertion_check(struct bed *bed, const char *claims, const struct auth_client_key *key)
{
    static unsigned n;
    sg_str jws, from;
    char text[1024];
    snprintf(text, sizeof(text), "%s", claims);
    for (char *p = text; *p != '\0'; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    assert_ok(sg_arena_printf(bed->arena, &from, "10.1.0.%u", n++));
    assert_ok(
        bench_key_jws(bed->arena, bed->key, SG_LIT("{\"alg\":\"ES256\"}"), sg_cstr(text), &jws));
    return auth_assertion_check(bed->auth, bed->arena, jws, key, sg_str_bytes(from), NOW);
}

#define CLAIMS(jti) \
    "{'iss':'c1','sub':'c1','aud':'" BASE "','iat':1800000000,'exp':1800000060,'jti':'" jti "'}"

static void
test_a_client_assertion_is_good_once(void **state)
{
    struct bed *bed = *state;
    struct auth_client_key key = client_key(bed);
    assert_ok(assertion_check(bed, CLAIMS("1"), &key));
    assert_refused(assertion_check(bed, CLAIMS("1"), &key), CLIENT);
}

static void
test_each_wrong_assertion_is_refused(void **state)
{
    struct bed *bed = *state;
    struct auth_client_key key = client_key(bed);
    static const char *const wrong[] = {
        "{'iss':'c2','sub':'c1','aud':'" BASE "','exp':1800000060,'jti':'2'}",
        "{'iss':'c2','sub':'c2','aud':'" BASE "','exp':1800000060,'jti':'3'}",
        "{'iss':'c1','sub':'c1','aud':['" BASE "'],'exp':1800000060,'jti':'4'}",
        "{'iss':'c1','sub':'c1','aud':'" BASE "/','exp':1800000060,'jti':'5'}",
        "{'iss':'c1','sub':'c1','aud':'" BASE "/oid4vci/token','exp':1800000060,'jti':'6'}",
        "{'iss':'c1','sub':'c1','aud':'" BASE "','exp':1800000000,'jti':'7'}",
        "{'iss':'c1','sub':'c1','aud':'" BASE "','exp':1800086400,'jti':'8'}",
        "{'iss':'c1','sub':'c1','aud':'" BASE "','jti':'9'}",
        "{'iss':'c1','sub':'c1','aud':'" BASE "','exp':1800000060}",
        "{'iss':'c1','sub':'c1','aud':'" BASE "','iat':1800000061,'exp':1800000090,'jti':'a'}",
        "{'iss':'c1','sub':'c1','aud':'" BASE "','nbf':1800000061,'exp':1800000090,'jti':'b'}",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_refused(assertion_check(bed, wrong[i], &key), CLIENT);
    }
}

static void
test_unknown_inactive_or_foreign_clients_are_refused(void **state)
{
    struct bed *bed = *state;
    struct auth_client_key key = client_key(bed);
    key.active = false;
    assert_refused(assertion_check(bed, CLAIMS("20"), &key), CLIENT);
    key = client_key(bed);
    key.alg = JOSE_ES384; /* registered with another algorithm */
    assert_refused(assertion_check(bed, CLAIMS("21"), &key), CLIENT);
    key = client_key(bed);
    struct bench_key *own = bed->key;
    bed->key = NULL;
    assert_ok(bench_key_new(&bed->key)); /* signed by somebody else */
    assert_refused(assertion_check(bed, CLAIMS("22"), &key), CLIENT);
    bench_key_free(&bed->key);
    bed->key = own;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_code_is_good_once),
        cmocka_unit_test(test_wrong_used_and_expired_codes_look_alike),
        cmocka_unit_test(test_tx_code_missing_unexpected_and_wrong),
        cmocka_unit_test(test_after_too_many_tx_codes_the_right_one_is_refused_alike),
        cmocka_unit_test(test_a_tx_code_of_another_offer_does_not_open_this_one),
        cmocka_unit_test(test_without_dpop_no_token),
        cmocka_unit_test(test_long_bearer_tokens_cannot_be_configured),
        cmocka_unit_test(test_guessing_is_slowed),
        cmocka_unit_test(test_nonces_end_and_are_not_made_by_others),
        cmocka_unit_test(test_a_client_assertion_is_good_once),
        cmocka_unit_test(test_each_wrong_assertion_is_refused),
        cmocka_unit_test(test_unknown_inactive_or_foreign_clients_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

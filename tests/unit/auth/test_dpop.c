/* gateway/auth: DPoP proofs, each check of RFC 9449 4.3 failing alone; tokens at the resource (RFC 9449 7, RFC 6750). req: AU-6 */
#include "auth.h"
#include "bench_key.h"
#include "sg_hash.h"
#include "store.h"
#include "support.h"

#define NOW INT64_C(1800000000)
#define BASE "http://localhost:8080"
#define URL BASE "/oid4vci/credential"
#define TOKEN "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define BEARER "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define UNKNOWN "CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

struct bed {
    struct sg_arena *arena;
    const char *folder;
    struct store *store;
    struct auth *auth;
    struct bench_key *key, *other;
    uint8_t jkt[32];
};

/* `format` with ' for " and @ for `value`. */
static sg_str
text(struct bed *bed, const char *format, sg_str value)
{
    struct sg_buf buf = sg_buf_new(bed->arena, 512, 8192);
    sg_str ret;
    for (const char *p = format; *p != '\0'; p++) {
        if (*p == '@') {
            sg_buf_put_str(&buf, value);
        } else {
            sg_buf_put_byte(&buf, *p == '\'' ? '"' : (uint8_t)*p);
        }
    }
    assert_ok(sg_buf_end_str(&buf, &ret));
    return ret;
}

static void
put_token(struct bed *bed, const char *token, const uint8_t *jkt)
{
    struct store_token row = { .kind = STORE_TOKEN_WALLET,
        .offer_id = SG_LIT("offer"),
        .jkt = jkt == NULL ? SG_NO_BYTES : sg_bytes_of(jkt, 32),
        .expires_at = NOW + 600 };
    sg_sha256(sg_str_bytes(sg_cstr(token)), row.token_hash);
    assert_ok(store_token_put(bed->store, &row));
}

static void
thumbprint(struct bed *bed, const struct bench_key *key, uint8_t ret[32])
{
    const struct sjson *json;
    struct jwk jwk;
    assert_ok(sjson_parse(bed->arena, bench_key_jwk(key), NULL, &json));
    assert_ok(jwk_parse(bed->arena, json, &jwk));
    assert_ok(jwk_thumbprint(bed->arena, &jwk, ret));
}

static void
make_auth(struct bed *bed, bool nonce)
{
    struct auth_settings settings = auth_settings_default();
    settings.issuer = SG_LIT(BASE);
    settings.dpop_nonce = nonce;
    settings.replay_max = 1024;
    auth_free(&bed->auth);
    assert_ok(auth_new(&settings, bed->store, &bed->auth));
}

static int
setup(void **state)
{
    static struct bed bed;
    char path[256];
    bed = (struct bed){ .arena = sg_arena_new(0, (size_t)64 * 1024 * 1024) };
    bed.folder = support_mkdir(bed.arena);
    snprintf(path, sizeof(path), "%s/store.db", bed.folder);
    assert_ok(store_open(path, "test", &bed.store, NULL));
    assert_ok(store_start(bed.store));
    assert_ok(bench_key_new(&bed.key));
    assert_ok(bench_key_new(&bed.other));
    thumbprint(&bed, bed.key, bed.jkt);
    put_token(&bed, TOKEN, bed.jkt);
    put_token(&bed, BEARER, NULL);
    make_auth(&bed, false);
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
    bench_key_free(&bed->other);
    support_rmdir(bed->folder);
    sg_arena_free(&bed->arena);
    return 0;
}

#define HEADER "{'alg':'ES256','typ':'dpop+jwt','jwk':@}"
#define PAYLOAD(jti) "{'jti':'" jti "','htm':'POST','htu':'" URL "','iat':1800000000,'ath':'@'}"

static sg_str
payload(struct bed *bed, const char *format)
{
    uint8_t hash[32];
    sg_str ath;
    sg_sha256(sg_str_bytes(SG_LIT(TOKEN)), hash);
    assert_ok(sg_b64url_encode(bed->arena, SG_BYTES(hash), &ath));
    return text(bed, format, ath);
}

static sg_str
proof(struct bed *bed, const struct bench_key *key, const char *header, const char *claims)
{
    sg_str ret;
    assert_ok(bench_key_jws(
        bed->arena, key, text(bed, header, bench_key_jwk(key)), payload(bed, claims), &ret));
    return ret;
}

static struct auth_request
request(const char *authorization, sg_str dpop)
{
    return (struct auth_request){ .method = SG_LIT("POST"),
        .url = SG_LIT(URL),
        .authorization = sg_cstr(authorization),
        .n_authorization = authorization == NULL ? 0 : 1,
        .dpop = dpop,
        .n_dpop = dpop.n > 0 ? 1 : 0,
        .peer = sg_str_bytes(SG_LIT("127.0.0.1")),
        .now = NOW };
}

static sg_result
check(struct bed *bed, const struct auth_request *req)
{
    struct auth_session *session = NULL;
    sg_result r = auth_token_check(bed->auth, bed->arena, req, &session);
    auth_session_release(bed->auth, &session);
    return r;
}

static sg_result
check_proof(struct bed *bed, sg_str dpop)
{
    struct auth_request req = request("DPoP " TOKEN, dpop);
    return check(bed, &req);
}

static void
test_good_proof_passes_and_the_cached_header_too(void **state)
{
    struct bed *bed = *state;
    assert_ok(check_proof(bed, proof(bed, bed->key, HEADER, PAYLOAD("a1"))));
    assert_ok(check_proof(bed, proof(bed, bed->key, HEADER, PAYLOAD("a2"))));
    /* another way to write the same header: parsed again, same key */
    assert_ok(check_proof(
        bed, proof(bed, bed->key, "{'typ':'dpop+jwt','alg':'ES256','jwk':@}", PAYLOAD("a3"))));
}

static void
test_the_cached_key_does_not_vouch_for_another_payload(void **state)
{
    struct bed *bed = *state;
    sg_str good = proof(bed, bed->key, HEADER, PAYLOAD("b1"));
    assert_ok(check_proof(bed, good));
    sg_str next = proof(bed, bed->key, HEADER, PAYLOAD("b2"));
    char *forged = sg_arena_alloc(bed->arena, next.n);
    assert_non_null(forged);
    memcpy(forged, next.p, next.n);
    size_t signature = 86;
    memcpy(forged + next.n - signature, good.p + good.n - signature, signature);
    assert_refused(check_proof(bed, sg_str_of(forged, next.n)), DPOP);
}

static void
test_replay_is_refused(void **state)
{
    struct bed *bed = *state;
    sg_str once = proof(bed, bed->key, HEADER, PAYLOAD("c1"));
    assert_ok(check_proof(bed, once));
    assert_refused(check_proof(bed, once), DPOP);
}

static void
test_each_wrong_part_is_refused(void **state)
{
    struct bed *bed = *state;
    static const struct {
        const char *header, *claims;
    } wrongs[] = {
        { "{'alg':'ES256','typ':'jwt','jwk':@}", PAYLOAD("d01") },
        { "{'alg':'ES256','jwk':@}", PAYLOAD("d02") },
        { "{'alg':'none','typ':'dpop+jwt','jwk':@}", PAYLOAD("d03") },
        { "{'alg':'HS256','typ':'dpop+jwt','jwk':@}", PAYLOAD("d04") },
        { "{'alg':'ES384','typ':'dpop+jwt','jwk':@}", PAYLOAD("d05") },
        { "{'alg':'ES256','typ':'dpop+jwt'}", PAYLOAD("d06") },
        { "{'alg':'ES256','typ':'dpop+jwt','crit':['x'],'x':1,'jwk':@}", PAYLOAD("d07") },
        { HEADER, "{'htm':'POST','htu':'" URL "','iat':1800000000,'ath':'@'}" },
        { HEADER, "{'jti':'','htm':'POST','htu':'" URL "','iat':1800000000,'ath':'@'}" },
        { HEADER, "{'jti':'d1','htm':'GET','htu':'" URL "','iat':1800000000,'ath':'@'}" },
        { HEADER, "{'jti':'d2','htm':'post','htu':'" URL "','iat':1800000000,'ath':'@'}" },
        { HEADER, "{'jti':'d3','htm':'POST','htu':'" BASE "/oid4vci/token','iat':1800000000,"
                  "'ath':'@'}" },
        { HEADER, "{'jti':'d4','htm':'POST','htu':'http://localhost:8081/oid4vci/credential',"
                  "'iat':1800000000,'ath':'@'}" },
        { HEADER, "{'jti':'d5','htm':'POST','htu':'" URL "','iat':1799999900,'ath':'@'}" },
        { HEADER, "{'jti':'d6','htm':'POST','htu':'" URL "','iat':1800000030,'ath':'@'}" },
        { HEADER, "{'jti':'d7','htm':'POST','htu':'" URL "','iat':'1800000000','ath':'@'}" },
        { HEADER, "{'jti':'d8','htm':'POST','htu':'" URL "','ath':'@'}" },
        { HEADER, "{'jti':'d9','htm':'POST','htu':'" URL "','iat':1800000000}" },
        { HEADER, "{'jti':'da','htm':'POST','htu':'" URL "','iat':1800000000,'ath':'x@'}" },
        { HEADER,
            "{'jti':'db','jti':'dc','htm':'POST','htu':'" URL "','iat':1800000000,'ath':'@'}" },
    };
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        assert_refused(
            check_proof(bed, proof(bed, bed->key, wrongs[i].header, wrongs[i].claims)), DPOP);
    }
}

static void
test_a_private_key_in_the_header_is_refused(void **state)
{
    struct bed *bed = *state;
    sg_str jwk = bench_key_jwk(bed->key);
    sg_str header = text(bed, "{'alg':'ES256','typ':'dpop+jwt','jwk':@,'d':'AAAA'}}",
        sg_str_slice(jwk, 0, jwk.n - 1));
    sg_str dpop;
    assert_ok(bench_key_jws(bed->arena, bed->key, header, payload(bed, PAYLOAD("e1")), &dpop));
    assert_refused(check_proof(bed, dpop), DPOP);
}

static void
test_another_key_than_the_tokens_is_refused(void **state)
{
    struct bed *bed = *state;
    assert_refused(check_proof(bed, proof(bed, bed->other, HEADER, PAYLOAD("f1"))), DPOP);
}

static void
test_htu_is_compared_after_normalisation(void **state)
{
    struct bed *bed = *state;
    static const char *const same[] = { "HTTP://LOCALHOST:8080/oid4vci/credential", URL "?x=1",
        URL "#f", "http://localhost:8080/oid4vci/%63redential",
        "http://localhost:8080/a/../oid4vci/./credential" };
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        char format[256];
        snprintf(format, sizeof(format),
            "{'jti':'g%zu','htm':'POST','htu':'%s','iat':1800000000,'ath':'@'}", i, same[i]);
        assert_ok(check_proof(bed, proof(bed, bed->key, HEADER, format)));
    }
}

static void
test_schemes_and_headers(void **state)
{
    struct bed *bed = *state;
    sg_str dpop = proof(bed, bed->key, HEADER, PAYLOAD("h1"));
    struct auth_request req = request(NULL, dpop);
    assert_refused(check(bed, &req), UNAUTHENTICATED);
    req = request("Basic AAAA", dpop);
    assert_refused(check(bed, &req), UNAUTHENTICATED);
    /* a bound token as Bearer: no downgrade (RFC 9449 7.2) */
    req = request("Bearer " TOKEN, dpop);
    assert_refused(check(bed, &req), TOKEN);
    req = request("DPoP " TOKEN, SG_NO_STR);
    assert_refused(check(bed, &req), DPOP);
    req = request("DPoP " UNKNOWN, dpop);
    assert_refused(check(bed, &req), TOKEN);
    req = request("dpop " TOKEN, dpop);
    req.n_dpop = 2; /* RFC 9449 4.3 item 1, 7.1: 401 invalid_dpop_proof */
    assert_refused(check(bed, &req), DPOP);
    req.n_dpop = 1;
    assert_ok(check(bed, &req)); /* the scheme's case does not matter */
    req = request("Bearer " BEARER, SG_NO_STR);
    assert_ok(check(bed, &req));
    req.now = NOW + 600;
    assert_refused(check(bed, &req), TOKEN); /* expired, cached or not */
}

static void
test_nonce_is_demanded_and_checked_when_configured(void **state)
{
    struct bed *bed = *state;
    make_auth(bed, true);
    assert_refused(check_proof(bed, proof(bed, bed->key, HEADER, PAYLOAD("i1"))), DPOP_NONCE);
    char nonce[AUTH_NONCE_LEN + 1] = { 0 };
    auth_nonce_make(bed->auth, AUTH_DPOP_NONCE, NOW, nonce);
    char format[512];
    snprintf(format, sizeof(format),
        "{'jti':'i2','nonce':'%s','htm':'POST','htu':'" URL "','iat':1800000000,'ath':'@'}", nonce);
    assert_ok(check_proof(bed, proof(bed, bed->key, HEADER, format)));
    auth_nonce_make(bed->auth, AUTH_C_NONCE, NOW, nonce); /* of another use */
    snprintf(format, sizeof(format),
        "{'jti':'i3','nonce':'%s','htm':'POST','htu':'" URL "','iat':1800000000,'ath':'@'}", nonce);
    assert_refused(check_proof(bed, proof(bed, bed->key, HEADER, format)), DPOP_NONCE);
    make_auth(bed, false);
}

static void
test_replay_memory_full_refuses_instead_of_forgetting(void **state)
{
    struct bed *bed = *state;
    make_auth(bed, false); /* 1024 entries in 16 shards */
    char format[256];
    bool full = false;
    for (unsigned i = 0; i < 3000 && !full; i++) {
        snprintf(format, sizeof(format),
            "{'jti':'j%u','htm':'POST','htu':'" URL "','iat':1800000000,'ath':'@'}", i);
        sg_result r = check_proof(bed, proof(bed, bed->key, HEADER, format));
        full = r.code == SG_E_FULL;
        assert_true(full || sg_ok(r));
    }
    assert_true(full);
    make_auth(bed, false);
}

/* At the token endpoint a proof is remembered once the code or assertion beside it was good: strangers cannot fill the memory (AU-7). */
static void
test_proofs_of_strangers_are_not_remembered(void **state)
{
    struct bed *bed = *state;
    make_auth(bed, false);
    char format[256];
    struct auth_dpop last = { .present = false };
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(format, sizeof(format),
            "{'jti':'s%u','htm':'POST','htu':'" URL "','iat':1800000000}", i);
        struct auth_request req = request(NULL, proof(bed, bed->other, HEADER, format));
        assert_ok(auth_dpop_check(bed->auth, bed->arena, &req, &last));
        assert_true(last.present);
    }
    assert_ok(auth_dpop_spend(bed->auth, &last, NOW));
    assert_refused(auth_dpop_spend(bed->auth, &last, NOW), DPOP); /* once */
    assert_ok(check_proof(bed, proof(bed, bed->key, HEADER, PAYLOAD("room"))));
    const struct auth_dpop none = { .present = false };
    assert_ok(auth_dpop_spend(bed->auth, &none, NOW));
    assert_ok(auth_dpop_spend(bed->auth, &none, NOW));
}

static void
forget_nothing(void *object)
{
    (void)object;
}

static sg_result
hold_bearer(struct bed *bed, sg_str token, struct auth_session **ret)
{
    sg_str text_;
    assert_ok(sg_arena_printf(bed->arena, &text_, "Bearer %.*s", SG_PRINT(token)));
    struct auth_request req = request("", SG_NO_STR);
    req.authorization = text_;
    return auth_token_check(bed->auth, bed->arena, &req, ret);
}

/*
 * What hangs on a held token counts the credentials under signature. Were it forgotten for want of room, a second copy would begin to count
 * at what the store has, and the offer's count could be exceeded.
 */
static void
test_a_held_token_is_not_forgotten_when_the_cache_is_full(void **state)
{
    struct bed *bed = *state;
    static int mark;
    struct auth_settings settings = auth_settings_default();
    settings.issuer = SG_LIT(BASE);
    settings.tokens_max = 0; /* one place per shard */
    auth_free(&bed->auth);
    assert_ok(auth_new(&settings, bed->store, &bed->auth));
    struct auth_session *held, *again;
    assert_ok(hold_bearer(bed, SG_LIT(BEARER), &held));
    assert_ptr_equal(auth_session_attach(held, &mark, forget_nothing), &mark);
    for (unsigned i = 0; i < 256; i++) { /* sixteen for each shard */
        char token[AUTH_TOKEN_LEN + 1];
        struct auth_session *other;
        snprintf(token, sizeof(token), "%043u", i);
        put_token(bed, token, NULL);
        assert_ok(hold_bearer(bed, sg_cstr(token), &other));
        auth_session_release(bed->auth, &other);
    }
    assert_ok(hold_bearer(bed, SG_LIT(BEARER), &again));
    assert_ptr_equal(auth_session_attachment(again), &mark);
    auth_session_release(bed->auth, &again);
    auth_session_release(bed->auth, &held);
}

static void
test_a_token_of_an_offer_taken_back_is_refused_although_cached(void **state)
{
    struct bed *bed = *state;
    struct auth_session *session;
    make_auth(bed, false);
    assert_ok(hold_bearer(bed, SG_LIT(BEARER), &session));
    auth_session_release(bed->auth, &session);
    assert_ok(store_token_revoke_offer(bed->store, SG_LIT("offer")));
    auth_offer_forget(bed->auth, SG_LIT("offer"));
    assert_refused(hold_bearer(bed, SG_LIT(BEARER), &session), TOKEN);
}

/* RFC 7519 2: NumericDate may have a fraction. */
static void
test_iat_may_have_a_fraction(void **state)
{
    struct bed *bed = *state;
    make_auth(bed, false);
    assert_ok(check_proof(
        bed, proof(bed, bed->key, HEADER,
                 "{'jti':'fraction','htm':'POST','htu':'" URL "','iat':1800000000.25,'ath':'@'}")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_proof_passes_and_the_cached_header_too),
        cmocka_unit_test(test_the_cached_key_does_not_vouch_for_another_payload),
        cmocka_unit_test(test_replay_is_refused),
        cmocka_unit_test(test_each_wrong_part_is_refused),
        cmocka_unit_test(test_a_private_key_in_the_header_is_refused),
        cmocka_unit_test(test_another_key_than_the_tokens_is_refused),
        cmocka_unit_test(test_htu_is_compared_after_normalisation),
        cmocka_unit_test(test_schemes_and_headers),
        cmocka_unit_test(test_nonce_is_demanded_and_checked_when_configured),
        cmocka_unit_test(test_replay_memory_full_refuses_instead_of_forgetting),
        cmocka_unit_test(test_proofs_of_strangers_are_not_remembered),
        cmocka_unit_test(test_iat_may_have_a_fraction),
        cmocka_unit_test(test_a_held_token_is_not_forgotten_when_the_cache_is_full),
        cmocka_unit_test(test_a_token_of_an_offer_taken_back_is_refused_although_cached),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* gateway/auth, persons: what a wallet gets to act for one, codes and tokens. req: AU-3, AU-6 */
#include "person_bed.h"

#define CALLBACK "https://wallet.example/cb"
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
/* RFC 7636, Appendix B: verifier and challenge */
#define PKCE_B "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static sg_str
code_of(struct bed *bed, const char *jkt)
{
    struct auth_code_in in = { .client = SG_LIT("wallet"),
        .redirect_uri = SG_LIT(CALLBACK),
        .challenge = SG_LIT(PKCE_B),
        .jkt = sg_cstr(jkt),
        .now = NOW };
    memcpy(in.person, aiko, sizeof(in.person));
    char *code = sg_arena_alloc(bed->arena, AUTH_CODE_LEN);
    assert_ok(auth_holder_code(bed->auth, &in, code));
    return sg_str_of(code, AUTH_CODE_LEN);
}

/* A checked proof of the wallet's key, each its own. */
static const struct auth_dpop *
proof_of(struct bed *bed)
{
    static unsigned n;
    static struct auth_dpop proof;
    proof = (struct auth_dpop){ .present = true };
    memcpy(proof.jkt, bed->jkt, sizeof(proof.jkt));
    assert_ok(sg_arena_printf(bed->arena, &proof.jti, "jti-%u", ++n));
    return &proof;
}

static sg_result
token_of(struct bed *bed, sg_str code, int64_t now, struct auth_issued *ret)
{
    return auth_holder_token(bed->auth, bed->arena, code, SG_LIT("wallet"), SG_LIT(CALLBACK),
        SG_LIT(VERIFIER), proof_of(bed), peer, now, ret);
}

static sg_result
use_token(struct bed *bed, const struct auth_issued *issued, struct auth_session *ret)
{
    const sg_str url = SG_LIT(BASE "/vp/presentations");
    sg_str token = sg_str_of(issued->token, AUTH_TOKEN_LEN), proof, header;
    assert_ok(bench_key_dpop(bed->arena, bed->wallet, "POST", url, token, NOW, &proof));
    assert_ok(sg_arena_printf(bed->arena, &header, "DPoP %.*s", SG_PRINT(token)));
    struct auth_request req = { .method = SG_LIT("POST"),
        .url = url,
        .authorization = header,
        .n_authorization = 1,
        .dpop = proof,
        .n_dpop = 1,
        .peer = peer,
        .now = NOW };
    struct auth_session *session;
    SG_TRY(auth_token_check(bed->auth, bed->arena, &req, &session));
    *ret = *session;
    auth_session_release(bed->auth, &session);
    return SG_DONE;
}

static void
setup_account(struct bed *bed)
{
    assert_ok(store_account_make(bed->store, aiko, NOW));
}

static void
test_a_wallet_acts_for_its_holder(void **state)
{
    struct bed *bed = *state;
    struct auth_issued issued;
    struct auth_session session;
    setup_account(bed);
    assert_ok(token_of(bed, code_of(bed, ""), NOW + 59, &issued));
    assert_true(issued.bound);
    assert_int_equal(issued.expires_in, 600);
    assert_ok(use_token(bed, &issued, &session));
    assert_int_equal(session.kind, AUTH_HOLDER);
    assert_memory_equal(session.person, aiko, sizeof(aiko));
    assert_int_equal(session.scopes, 0);               /* nothing that was not granted */
    assert_ok(auth_person_end(bed->auth, aiko, NULL)); /* req: AU-6: survive no logout */
    assert_refused(use_token(bed, &issued, &session), TOKEN);
}

/* What the person granted goes from the code to the token, and is read again from the store. */
static void
test_a_scope_is_the_codes(void **state)
{
    struct bed *bed = *state;
    struct auth_issued issued;
    struct auth_session session;
    struct auth_code_in in = { .client = SG_LIT("wallet"),
        .redirect_uri = SG_LIT(CALLBACK),
        .challenge = SG_LIT(PKCE_B),
        .scopes = AUTH_SCOPE_ACTIVITY,
        .now = NOW };
    memcpy(in.person, aiko, sizeof(in.person));
    setup_account(bed);
    char code[AUTH_CODE_LEN];
    assert_ok(auth_holder_code(bed->auth, &in, code));
    assert_ok(token_of(bed, sg_str_of(code, sizeof(code)), NOW, &issued));
    assert_int_equal(issued.scopes, AUTH_SCOPE_ACTIVITY);
    struct auth_settings settings = settings_of_test();
    make_auth(bed, &settings); /* nothing is cached any more */
    assert_ok(use_token(bed, &issued, &session));
    assert_int_equal(session.scopes, AUTH_SCOPE_ACTIVITY);
}

/* RFC 9700 2.1.1, RFC 7636 4.6, RFC 9449 10: each part alone; and the code is used up. */
static void
test_a_code_needs_everything_it_was_made_for(void **state)
{
    struct bed *bed = *state;
    static const struct {
        const char *client, *redirect, *verifier, *jkt;
    } cases[] = {
        { "other", CALLBACK, VERIFIER, "" },
        { "wallet", CALLBACK "/", VERIFIER, "" },
        { "wallet", "", VERIFIER, "" },
        { "wallet", CALLBACK, "eBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "" },
        { "wallet", CALLBACK, "", "" },
        { "wallet", CALLBACK, PKCE_B, "" }, /* the challenge instead of the verifier */
        { "wallet", CALLBACK, VERIFIER, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
    };
    setup_account(bed);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct auth_issued issued;
        sg_str code = code_of(bed, cases[i].jkt);
        assert_refused(auth_holder_token(bed->auth, bed->arena, code, sg_cstr(cases[i].client),
                           sg_cstr(cases[i].redirect), sg_cstr(cases[i].verifier), proof_of(bed),
                           peer, NOW, &issued),
            GRANT);
        assert_refused(token_of(bed, code, NOW, &issued), GRANT);
    }
    struct auth_issued issued;
    const struct auth_dpop none = { .present = false };
    sg_str code = code_of(bed, "");
    assert_refused(auth_holder_token(bed->auth, bed->arena, code, SG_LIT("wallet"),
                       SG_LIT(CALLBACK), SG_LIT(VERIFIER), &none, peer, NOW, &issued),
        DPOP);
    assert_ok(token_of(bed, code, NOW, &issued)); /* it was not used up for that */
    const struct auth_dpop once = *proof_of(bed);
    assert_ok(auth_holder_token(bed->auth, bed->arena, code_of(bed, ""), SG_LIT("wallet"),
        SG_LIT(CALLBACK), SG_LIT(VERIFIER), &once, peer, NOW, &issued));
    assert_refused(auth_holder_token(bed->auth, bed->arena, code_of(bed, ""), SG_LIT("wallet"),
                       SG_LIT(CALLBACK), SG_LIT(VERIFIER), &once, peer, NOW, &issued),
        DPOP);
    assert_refused(token_of(bed, code_of(bed, ""), NOW + 60, &issued), GRANT); /* late */
    assert_refused(token_of(bed, SG_LIT("x"), NOW, &issued), GRANT);
}

static void
test_a_code_used_twice_ends_its_token(void **state)
{
    struct bed *bed = *state;
    struct auth_issued issued, again;
    struct auth_session session;
    setup_account(bed);
    sg_str code = code_of(bed, "");
    assert_ok(token_of(bed, code, NOW, &issued));
    assert_ok(use_token(bed, &issued, &session));
    assert_refused(token_of(bed, code, NOW, &again), GRANT);
    assert_refused(use_token(bed, &issued, &session), TOKEN);
}

static void
test_codes_are_made_for_good_requests_alone(void **state)
{
    struct bed *bed = *state;
    struct auth_code_in in = { .client = SG_LIT("wallet"),
        .redirect_uri = SG_LIT(CALLBACK),
        .challenge = SG_LIT(PKCE_B),
        .now = NOW };
    char code[AUTH_CODE_LEN];
    memcpy(in.person, aiko, sizeof(in.person));
    assert_refused(auth_holder_code(bed->auth, &in, code), NOT_FOUND); /* no account */
    setup_account(bed);
    assert_ok(auth_holder_code(bed->auth, &in, code));
    in.challenge = SG_LIT("short");
    assert_refused(auth_holder_code(bed->auth, &in, code), VALUE);
    in.challenge = SG_LIT(PKCE_B);
    in.jkt = SG_LIT("short");
    assert_refused(auth_holder_code(bed->auth, &in, code), VALUE);
    in.jkt = SG_NO_STR;
    in.client = SG_NO_STR;
    assert_refused(auth_holder_code(bed->auth, &in, code), VALUE);
}

/* RFC 8252 7.3, RFC 9700 4.1.3 */
static void
test_redirect_addresses_are_compared_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *registered, *sent;
        bool fits;
    } cases[] = {
        { "https://w.example/cb", "https://w.example/cb", true },
        { "https://w.example/cb", "https://w.example/cb/", false },
        { "https://w.example/cb", "https://w.example/cb?x=1", false },
        { "https://w.example/cb", "https://w.example:443/cb", false },
        { "https://w.example/cb", "https://W.example/cb", false },
        { "https://w.example/cb", "https://w.example.evil.example/cb", false },
        { "https://w.example/cb", "http://w.example/cb", false },
        { "wallet.example:/cb", "wallet.example:/cb", true },
        { "http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", true },
        { "http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb", true },
        { "http://[::1]/cb", "http://[::1]:8000/cb", true },
        { "http://127.0.0.1/cb", "http://[::1]:8000/cb", false },
        { "http://127.0.0.1/cb", "http://127.0.0.1:x/cb", false },
        { "http://127.0.0.1/cb", "http://127.0.0.1:/cb", false },
        { "http://127.0.0.1/cb", "http://127.0.0.1:80@evil.example/cb", false },
        { "http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb", false },
        { "http://127.0.0.1/cb", "http://127.0.0.1:80/other", false },
        { "http://127.0.0.1/cb", "https://127.0.0.1:80/cb", false },
        { "http://localhost/cb", "http://localhost:80/cb", false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool fits = auth_redirect_fits(sg_cstr(cases[i].registered), sg_cstr(cases[i].sent));
        if (fits != cases[i].fits) {
            print_error("%s %s\n", cases[i].registered, cases[i].sent);
        }
        assert_true(fits == cases[i].fits);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_wallet_acts_for_its_holder),
        TEST(test_a_scope_is_the_codes),
        TEST(test_a_code_needs_everything_it_was_made_for),
        TEST(test_a_code_used_twice_ends_its_token),
        TEST(test_codes_are_made_for_good_requests_alone),
        TEST(test_redirect_addresses_are_compared_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

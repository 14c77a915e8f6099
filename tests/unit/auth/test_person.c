/* gateway/auth, persons: login by passkey with each thing wrong alone, sessions, holder tokens. req: AU-3, AU-5, AU-6, AU-7 */
#include "auth_person.h"
#include "authenticator.h"
#include "bench_key.h"
#include "jose_alg.h"
#include "sg_hash.h"
#include "store_holder.h"
#include "support.h"

#define NOW INT64_C(1800000000)
#define BASE "http://localhost:8080"
#define PRE "ppppppppppppppppppppppppppppppppppppppppppp"
#define AGENT "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
#define CALLBACK "https://wallet.example/cb"
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
/* RFC 7636, Appendix B: verifier and challenge */
#define PKCE_B "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static const uint8_t aiko[AUTH_PERSON_LEN] = { 0xa1, 2, 3 };
static const uint8_t ben[AUTH_PERSON_LEN] = { 0xb2, 2, 3 };
static const sg_bytes peer = { (const uint8_t *)"192.0.2.1", 9 };

/* docs/wire, ENROL_OPEN reply; 1 is login */
static void
handle_of(const uint8_t person[AUTH_PERSON_LEN], uint8_t purpose, uint8_t ret[32])
{
    const sg_bytes parts[] = { sg_bytes_of(person, AUTH_PERSON_LEN), sg_bytes_of(&purpose, 1) };
    sg_tagged_hash("sealgate/user-handle/v1", parts, 2, ret);
}

struct bed {
    uint8_t handles[3][32]; /* aiko's for login and for signing, ben's for login */
    struct sg_arena *arena;
    const char *folder;
    struct store *store;
    struct auth *auth;
    struct authenticator_passkey device;
    struct bench_key *wallet;
    uint8_t jkt[32];
};

static void
make_auth(struct bed *bed, const struct auth_settings *settings)
{
    auth_free(&bed->auth);
    assert_ok(auth_new(settings, bed->store, &bed->auth));
}

static struct auth_settings
settings_of_test(void)
{
    static sg_str origins[2];
    origins[0] = SG_LIT("https://other.localhost");
    origins[1] = SG_LIT(BASE);
    struct auth_settings settings = auth_settings_default();
    settings.issuer = SG_LIT(BASE);
    settings.replay_max = 1024;
    settings.guess_per_minute = 1000;
    settings.person.rp_id = SG_LIT("localhost");
    settings.person.origins = origins;
    settings.person.n_origins = 2;
    settings.person.tries = 3;
    settings.person.lock_s = 600;
    return settings;
}

static int
setup(void **state)
{
    static struct bed bed;
    char path[300];
    bed = (struct bed){ .arena = sg_arena_new(0, (size_t)64 * 1024 * 1024) };
    bed.folder = support_mkdir(bed.arena);
    snprintf(path, sizeof(path), "%s/store.db", bed.folder);
    assert_ok(store_open(path, "test", &bed.store, NULL));
    snprintf(path, sizeof(path), "%s/holder.key", bed.folder);
    assert_ok(store_vault_open(bed.store, path, NULL));
    assert_ok(store_start(bed.store));
    struct auth_settings settings = settings_of_test();
    make_auth(&bed, &settings);
    handle_of(aiko, 1, bed.handles[0]);
    handle_of(aiko, 2, bed.handles[1]);
    handle_of(ben, 1, bed.handles[2]);
    authenticator_make(&bed.device, AUTHENTICATOR_ES256);
    bed.device.sign_count = 1;
    assert_ok(bench_key_new(&bed.wallet));
    const struct sjson *json;
    struct jwk jwk;
    assert_ok(sjson_parse(bed.arena, bench_key_jwk(bed.wallet), NULL, &json));
    assert_ok(jwk_parse(bed.arena, json, &jwk));
    assert_ok(jwk_thumbprint(bed.arena, &jwk, bed.jkt));
    *state = &bed;
    return 0;
}

static int
teardown(void **state)
{
    struct bed *bed = *state;
    auth_free(&bed->auth);
    store_close(&bed->store);
    authenticator_forget(&bed->device);
    bench_key_free(&bed->wallet);
    support_rmdir(bed->folder);
    sg_arena_free(&bed->arena);
    return 0;
}

/* One login; what a test wants wrong is changed before login_try. */
struct attempt {
    sg_str pre, old, agent;
    const uint8_t *person;        /* asked for */
    const uint8_t *finish_person; /* said at the end */
    struct authenticator_ask ask;
    struct auth_passkey known;
    bool unknown; /* the signer does not know it */
    sg_bytes handle;
    int64_t made_at, now;
    uint8_t challenge[AUTH_LOGIN_CHALLENGE_LEN];
    struct auth_assertion assertion; /* filled by login_make */
    struct auth_new_login login;
};

static struct attempt
an_attempt(struct bed *bed)
{
    struct attempt a = { .pre = SG_LIT(PRE),
        .agent = SG_LIT(AGENT),
        .handle = SG_BYTES(bed->handles[0]),
        .made_at = NOW,
        .now = NOW };
    a.ask.rp_id = "localhost";
    a.ask.origin = BASE;
    a.known = (struct auth_passkey){ .alg = JOSE_ES256,
        .spki = sg_bytes_of(bed->device.spki, bed->device.spki_len),
        .login = true,
        .active = true };
    memcpy(a.known.person, aiko, sizeof(a.known.person));
    return a;
}

static void
login_make(struct bed *bed, struct attempt *a)
{
    assert_ok(
        auth_login_challenge(bed->auth, SG_LIT(PRE), a->person, peer, a->made_at, a->challenge));
    if (a->ask.challenge.n == 0) {
        a->ask.challenge = SG_BYTES(a->challenge);
    }
    struct authenticator_assertion given = authenticator_get(bed->arena, &bed->device, &a->ask);
    a->assertion = (struct auth_assertion){ SG_BYTES(bed->device.id), given.client_data,
        given.authenticator_data, given.signature, a->handle };
    a->finish_person = a->finish_person == NULL ? a->person : a->finish_person;
}

static sg_result
login_finish(struct bed *bed, struct attempt *a)
{
    struct sg_why why = { 0 };
    SG_TRY(auth_login_expected(bed->auth, a->pre, a->finish_person, &a->assertion, peer, a->now));
    return auth_login_finish(bed->auth, bed->arena, &a->assertion, a->unknown ? NULL : &a->known,
        a->finish_person, a->pre, a->old, a->agent, peer, a->now, &why, &a->login);
}

static sg_result
login_try(struct bed *bed, struct attempt *a)
{
    login_make(bed, a);
    return login_finish(bed, a);
}

static sg_str
cookie_of(const struct attempt *a)
{
    return sg_str_of(a->login.cookie, AUTH_COOKIE_LEN);
}

static void
test_a_login_gives_a_session(void **state)
{
    struct bed *bed = *state;
    struct attempt a = an_attempt(bed);
    struct auth_login login;
    assert_ok(login_try(bed, &a));
    assert_int_equal(a.login.lives_s, 7200);
    assert_ok(auth_login_check(bed->auth, cookie_of(&a), SG_LIT(AGENT), NOW + 1, &login));
    assert_memory_equal(login.person, aiko, sizeof(aiko));
    assert_int_equal(login.method, AUTH_BY_PASSKEY);
    assert_int_equal(login.since, NOW);
    assert_int_equal(login.expires_at, NOW + 7200);
    assert_memory_equal(login.csrf, a.login.csrf, AUTH_CSRF_LEN);
    assert_ok(auth_login_csrf(&login, sg_str_of(a.login.csrf, AUTH_CSRF_LEN)));
    assert_memory_not_equal(a.login.csrf, a.login.cookie, AUTH_CSRF_LEN);
}

static void
test_a_login_with_ed25519_and_a_named_person(void **state)
{
    struct bed *bed = *state;
    authenticator_forget(&bed->device);
    authenticator_make(&bed->device, AUTHENTICATOR_EDDSA);
    struct attempt a = an_attempt(bed);
    a.known.alg = JOSE_EDDSA;
    a.person = aiko;
    a.handle = SG_NO_BYTES; /* not needed: the person was named */
    assert_ok(login_try(bed, &a));
}

/* Each of these alone: one word, whatever it was. req: AU-3 */
static void
test_each_wrong_thing_alone_is_no_login(void **state)
{
    struct bed *bed = *state;
    struct authenticator_passkey other;
    authenticator_make(&other, AUTHENTICATOR_ES256);
    uint8_t foreign[AUTH_LOGIN_CHALLENGE_LEN] = { 0 };
    enum {
        ORIGIN,
        SLASH,
        TYPE,
        CROSS,
        RP,
        NO_UV,
        NO_UP,
        SIGNER,
        UNKNOWN,
        SIGNING,
        INACTIVE,
        BACKUP,
        NO_HANDLE,
        LONG_HANDLE,
        SIGNING_HANDLE,
        BENS_HANDLE,
        OTHER_PERSON,
        PRE_COOKIE,
        NO_PRE,
        CHALLENGE,
        LATE,
        EARLY,
        ALG,
        ATTESTED,
        N
    };
    for (int i = 0; i < N; i++) {
        struct attempt a = an_attempt(bed);
        static const uint8_t long_handle[65] = { 1 };
        switch (i) {
        case ORIGIN:
            a.ask.origin = "http://localhost:8081";
            break;
        case SLASH:
            a.ask.origin = BASE "/";
            break;
        case TYPE:
            a.ask.type = "webauthn.create";
            break;
        case CROSS:
            a.ask.cross_origin = true;
            break;
        case RP:
            a.ask.rp_id = "other.localhost";
            break;
        case NO_UV:
            a.ask.flags_off = AUTHENTICATOR_UV;
            break;
        case NO_UP:
            a.ask.flags_off = AUTHENTICATOR_UP;
            break;
        case SIGNER:
            a.ask.signer = other.key;
            break;
        case UNKNOWN:
            a.unknown = true;
            break;
        case SIGNING:
            a.known.login = false;
            break;
        case INACTIVE:
            a.known.active = false;
            break;
        case BACKUP:
            a.ask.flags_on = AUTHENTICATOR_BE | AUTHENTICATOR_BS;
            break;
        case NO_HANDLE:
            a.handle = SG_NO_BYTES;
            break;
        case LONG_HANDLE:
            a.handle = SG_BYTES(long_handle);
            break;
        case SIGNING_HANDLE:
            a.handle = SG_BYTES(bed->handles[1]);
            break;
        case BENS_HANDLE:
            a.handle = SG_BYTES(bed->handles[2]);
            break;
        case OTHER_PERSON:
            a.person = ben;
            break;
        case PRE_COOKIE:
            a.pre = SG_LIT("qpppppppppppppppppppppppppppppppppppppppppp");
            break;
        case NO_PRE:
            a.pre = SG_NO_STR;
            break;
        case CHALLENGE:
            a.ask.challenge = SG_BYTES(foreign);
            break;
        case LATE:
            a.now = NOW + 301;
            break;
        case EARLY:
            a.made_at = NOW + 20;
            break;
        case ALG:
            a.known.alg = JOSE_ES384;
            break;
        case ATTESTED:
            a.ask.flags_on = AUTHENTICATOR_AT;
            break;
        default:
            fail();
        }
        struct auth_settings settings = settings_of_test();
        settings.person.tries = 1000; /* the lock has its own test */
        make_auth(bed, &settings);
        login_make(bed, &a);
        sg_result r = login_finish(bed, &a);
        if (r.code != SG_E_ACTIVATION) {
            print_error("case %d: %s\n", i, sg_code_row(r.code)->name);
        }
        assert_refused(r, ACTIVATION);
    }
    authenticator_forget(&other);
    struct attempt good = an_attempt(bed);
    assert_ok(login_try(bed, &good)); /* nothing of this stayed */
}

/* A challenge made for one person is not another's, and not everybody's. */
static void
test_a_challenge_is_for_whom_it_was_made(void **state)
{
    struct bed *bed = *state;
    struct attempt a = an_attempt(bed);
    a.person = aiko;
    login_make(bed, &a);
    a.finish_person = ben;
    assert_refused(login_finish(bed, &a), ACTIVATION);
    a.finish_person = NULL;
    assert_refused(login_finish(bed, &a), ACTIVATION);
    a.finish_person = aiko;
    assert_ok(login_finish(bed, &a));
}

/* req: AU-3: replay */
static void
test_an_assertion_is_taken_once(void **state)
{
    struct bed *bed = *state;
    bed->device.sign_count = 0; /* no counter that would find it out as well */
    struct attempt a = an_attempt(bed);
    assert_ok(login_try(bed, &a));
    assert_refused(login_finish(bed, &a), ACTIVATION);
    struct auth_settings settings = settings_of_test();
    make_auth(bed, &settings); /* nor after a restart */
    assert_refused(login_finish(bed, &a), ACTIVATION);
}

static void
test_a_counter_that_went_back_is_no_login(void **state)
{
    struct bed *bed = *state;
    struct attempt a = an_attempt(bed), b = an_attempt(bed);
    assert_ok(login_try(bed, &a));
    b.ask.counter_set = true;
    b.ask.counter = 1;
    assert_refused(login_try(bed, &b), ACTIVATION);
}

/* req: AU-6: rotation, fixation */
static void
test_a_login_ends_the_session_before(void **state)
{
    struct bed *bed = *state;
    struct attempt a = an_attempt(bed), b = an_attempt(bed);
    struct auth_login login;
    assert_ok(login_try(bed, &a));
    b.old = cookie_of(&a);
    assert_ok(login_try(bed, &b));
    assert_refused(
        auth_login_check(bed->auth, cookie_of(&a), SG_LIT(AGENT), NOW, &login), UNAUTHENTICATED);
    assert_ok(auth_login_check(bed->auth, cookie_of(&b), SG_LIT(AGENT), NOW, &login));
    /* a cookie that somebody planted is not taken over */
    struct attempt c = an_attempt(bed);
    c.old = SG_LIT("fffffffffffffffffffffffffffffffffffffffffff");
    assert_ok(login_try(bed, &c));
    assert_memory_not_equal(c.login.cookie, c.old.p, AUTH_COOKIE_LEN);
    assert_refused(auth_login_check(bed->auth, c.old, SG_LIT(AGENT), NOW, &login), UNAUTHENTICATED);
}

static void
test_sessions_run_out(void **state)
{
    struct bed *bed = *state;
    struct attempt a = an_attempt(bed), b = an_attempt(bed);
    struct auth_login login;
    assert_ok(login_try(bed, &a));
    assert_ok(login_try(bed, &b));
    assert_ok(auth_login_check(bed->auth, cookie_of(&a), SG_LIT(AGENT), NOW + 899, &login));
    assert_refused(auth_login_check(bed->auth, cookie_of(&b), SG_LIT(AGENT), NOW + 900, &login),
        UNAUTHENTICATED); /* idle */
    assert_refused(auth_login_check(bed->auth, cookie_of(&b), SG_LIT(AGENT), NOW + 1, &login),
        UNAUTHENTICATED); /* and over for good */
    for (int64_t at = NOW + 1700; at < NOW + 7200; at += 800) {
        assert_ok(auth_login_check(bed->auth, cookie_of(&a), SG_LIT(AGENT), at, &login));
    }
    assert_refused(auth_login_check(bed->auth, cookie_of(&a), SG_LIT(AGENT), NOW + 7200, &login),
        UNAUTHENTICATED); /* absolute */
}

static void
test_sessions_are_of_one_browser(void **state)
{
    struct bed *bed = *state;
    struct attempt a = an_attempt(bed);
    struct auth_login login;
    assert_ok(login_try(bed, &a));
    assert_refused(
        auth_login_check(bed->auth, cookie_of(&a), SG_LIT("curl/8"), NOW, &login), UNAUTHENTICATED);
    assert_refused(
        auth_login_check(bed->auth, cookie_of(&a), SG_NO_STR, NOW, &login), UNAUTHENTICATED);
    assert_ok(auth_login_check(bed->auth, cookie_of(&a),
        SG_LIT("Mozilla/5.0 (X11; Linux x86_64) Firefox/141.0"), NOW, &login)); /* updated */
    assert_refused(auth_login_csrf(&login, SG_NO_STR), POLICY);
    assert_refused(auth_login_csrf(&login, cookie_of(&a)), POLICY);
    assert_refused(
        auth_login_check(bed->auth, SG_LIT("short"), SG_LIT(AGENT), NOW, &login), UNAUTHENTICATED);
}

static void
test_logout_and_logout_everywhere(void **state)
{
    struct bed *bed = *state;
    struct attempt a[3];
    struct auth_login login;
    for (int i = 0; i < 3; i++) {
        a[i] = an_attempt(bed);
        assert_ok(login_try(bed, &a[i]));
    }
    assert_ok(auth_login_check(bed->auth, cookie_of(&a[0]), SG_LIT(AGENT), NOW, &login));
    assert_ok(auth_login_end(bed->auth, &login));
    assert_refused(
        auth_login_check(bed->auth, cookie_of(&a[0]), SG_LIT(AGENT), NOW, &login), UNAUTHENTICATED);
    assert_ok(auth_login_check(bed->auth, cookie_of(&a[1]), SG_LIT(AGENT), NOW, &login));
    assert_ok(auth_person_end(bed->auth, aiko, login.session));
    assert_ok(auth_login_check(bed->auth, cookie_of(&a[1]), SG_LIT(AGENT), NOW, &login));
    assert_refused(
        auth_login_check(bed->auth, cookie_of(&a[2]), SG_LIT(AGENT), NOW, &login), UNAUTHENTICATED);
    assert_ok(auth_person_end(bed->auth, aiko, NULL));
    assert_refused(
        auth_login_check(bed->auth, cookie_of(&a[1]), SG_LIT(AGENT), NOW, &login), UNAUTHENTICATED);
}

/* req: AU-7 */
static void
test_wrong_logins_lock_the_account_and_only_that(void **state)
{
    struct bed *bed = *state;
    struct attempt good = an_attempt(bed);
    assert_ok(login_try(bed, &good)); /* the account is there */
    for (int i = 0; i < 3; i++) {
        struct attempt bad = an_attempt(bed);
        bad.ask.flags_off = AUTHENTICATOR_UV;
        assert_refused(login_try(bed, &bad), ACTIVATION);
    }
    struct attempt locked = an_attempt(bed);
    assert_refused(login_try(bed, &locked), ACTIVATION);
    struct auth_login login;
    assert_ok(auth_login_check(bed->auth, cookie_of(&good), SG_LIT(AGENT), NOW, &login));
    struct attempt bens = an_attempt(bed);
    memcpy(bens.known.person, ben, sizeof(ben));
    bens.handle = SG_BYTES(bed->handles[2]);
    authenticator_forget(&bed->device);
    authenticator_make(&bed->device, AUTHENTICATOR_ES256);
    bens.known.spki = sg_bytes_of(bed->device.spki, bed->device.spki_len);
    assert_ok(login_try(bed, &bens));
}

static void
test_the_lock_ends(void **state)
{
    struct bed *bed = *state;
    struct attempt good = an_attempt(bed), later = an_attempt(bed);
    assert_ok(login_try(bed, &good));
    for (int i = 0; i < 3; i++) {
        struct attempt bad = an_attempt(bed);
        bad.ask.origin = "https://evil.example";
        assert_refused(login_try(bed, &bad), ACTIVATION);
    }
    later.made_at = later.now = NOW + 600;
    assert_ok(login_try(bed, &later));
}

static void
test_floods_are_turned_away(void **state)
{
    struct bed *bed = *state;
    struct auth_settings settings = settings_of_test();
    settings.person.logins_per_minute = 5;
    make_auth(bed, &settings);
    uint8_t challenge[AUTH_LOGIN_CHALLENGE_LEN];
    for (int i = 0; i < 5; i++) {
        assert_ok(auth_login_challenge(bed->auth, SG_LIT(PRE), NULL, peer, NOW, challenge));
    }
    assert_refused(
        auth_login_challenge(bed->auth, SG_LIT(PRE), NULL, peer, NOW, challenge), TOO_MANY);
    assert_ok(auth_login_challenge(
        bed->auth, SG_LIT(PRE), NULL, sg_str_bytes(SG_LIT("192.0.2.2")), NOW, challenge));
    assert_ok(auth_login_challenge(bed->auth, SG_LIT(PRE), NULL, peer, NOW + 60, challenge));
    assert_refused(
        auth_login_challenge(bed->auth, SG_NO_STR, NULL, peer, NOW + 60, challenge), VALUE);

    settings = settings_of_test();
    settings.guess_per_minute = 4;
    make_auth(bed, &settings);
    for (int i = 0; i < 5; i++) {
        struct attempt bad = an_attempt(bed);
        bad.unknown = true;
        login_make(bed, &bad);
        sg_result r = login_finish(bed, &bad);
        assert_int_equal(r.code, i < 3 ? SG_E_ACTIVATION : SG_E_TOO_MANY);
    }
    settings = settings_of_test();
    settings.person.failures_per_minute = 3; /* of everybody together */
    make_auth(bed, &settings);
    for (int i = 0; i < 4; i++) {
        struct attempt bad = an_attempt(bed);
        bad.unknown = true;
        sg_result r = login_try(bed, &bad);
        assert_int_equal(r.code, i < 2 ? SG_E_ACTIVATION : SG_E_TOO_MANY);
    }
}

/* One address may not stop the others from enrolling, nor may many of them guess codes of one link. */
static void
test_wrong_enrolment_codes_count_for_their_link_and_address(void **state)
{
    struct bed *bed = *state;
    struct auth_settings settings = settings_of_test();
    settings.guess_per_minute = 4;
    settings.person.failures_per_minute = 3; /* of logins: enrolments have their own ceiling */
    settings.person.enrol_failures_per_minute = 12;
    make_auth(bed, &settings);
    sg_bytes own = sg_str_bytes(SG_LIT("192.0.2.7"));
    sg_bytes link = sg_str_bytes(SG_LIT("a link of thirty-two bytes......"));
    sg_bytes other = sg_str_bytes(SG_LIT("another one of thirty-two bytes."));
    for (int i = 0; i < 4; i++) { /* without a link: what was sent is none */
        assert_ok(auth_enrol_allowed(bed->auth, peer, NOW));
        sg_result r = auth_enrol_failed(bed->auth, peer, SG_NO_BYTES, NOW);
        assert_int_equal(r.code, i < 3 ? SG_E_ACTIVATION : SG_E_TOO_MANY);
    }
    assert_refused(auth_enrol_allowed(bed->auth, peer, NOW), TOO_MANY);
    assert_ok(auth_enrol_allowed(bed->auth, own, NOW)); /* somebody else */
    char address[32];
    for (int i = 0; i < AUTH_ENROL_LINK_TRIES; i++) {
        assert_ok(auth_enrol_link_allowed(bed->auth, link, NOW));
        snprintf(address, sizeof(address), "198.51.100.%d", i);
        assert_refused(
            auth_enrol_failed(bed->auth, sg_str_bytes(sg_cstr(address)), link, NOW), ACTIVATION);
    }
    assert_refused(auth_enrol_link_allowed(bed->auth, link, NOW), TOO_MANY);
    assert_ok(auth_enrol_link_allowed(bed->auth, other, NOW));
    assert_ok(auth_enrol_allowed(bed->auth, own, NOW)); /* nine in all: below the ceiling */
    for (int i = 0; i < 3; i++) {
        snprintf(address, sizeof(address), "203.0.113.%d", i);
        assert_refused(
            auth_enrol_failed(bed->auth, sg_str_bytes(sg_cstr(address)), SG_NO_BYTES, NOW),
            ACTIVATION);
    }
    assert_refused(auth_enrol_allowed(bed->auth, own, NOW), TOO_MANY);
    assert_ok(auth_enrol_allowed(bed->auth, own, NOW + 60));
    assert_ok(auth_enrol_link_allowed(bed->auth, link, NOW + 60));
}

static void
test_questions_begun_for_a_person_are_counted(void **state)
{
    struct bed *bed = *state;
    for (int i = 0; i < AUTH_ASKS_PER_MINUTE; i++) {
        assert_ok(auth_ask_allowed(bed->auth, aiko, NOW));
    }
    assert_refused(auth_ask_allowed(bed->auth, aiko, NOW), TOO_MANY);
    assert_ok(auth_ask_allowed(bed->auth, ben, NOW));
    assert_ok(auth_ask_allowed(bed->auth, aiko, NOW + 60));
}

static void
test_a_network_of_addresses_is_one_asker(void **state)
{
    (void)state;
    static const char *const same[][2] = { { "192.0.2.1", "192.0.2.1" },
        { "2001:db8:1:2::1", "2001:db8:1:2:ffff::9" }, { "::ffff:192.0.2.1", "192.0.2.1" },
        { "2001:0db8:1:2:0:0:0:1", "2001:db8:1:2::" } };
    static const char *const others[][2] = { { "192.0.2.1", "192.0.2.2" },
        { "2001:db8:1:2::1", "2001:db8:1:3::1" }, { "::ffff:192.0.2.1", "::ffff:192.0.2.2" },
        { "", "unix" } };
    uint8_t a[AUTH_ASKER_MAX], b[AUTH_ASKER_MAX];
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_true(
            sg_bytes_equal(auth_asker(sg_cstr(same[i][0]), a), auth_asker(sg_cstr(same[i][1]), b)));
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(sg_bytes_equal(
            auth_asker(sg_cstr(others[i][0]), a), auth_asker(sg_cstr(others[i][1]), b)));
    }
}

static void
test_without_an_rp_id_nobody_logs_in(void **state)
{
    struct bed *bed = *state;
    struct auth_settings settings = auth_settings_default();
    settings.issuer = SG_LIT(BASE);
    make_auth(bed, &settings);
    uint8_t challenge[AUTH_LOGIN_CHALLENGE_LEN];
    assert_refused(
        auth_login_challenge(bed->auth, SG_LIT(PRE), NULL, peer, NOW, challenge), UNSUPPORTED);
}

static void
test_an_erased_person_does_not_come_back(void **state)
{
    struct bed *bed = *state;
    struct attempt a = an_attempt(bed), b = an_attempt(bed);
    struct auth_login login;
    struct auth_new_login begun;
    assert_ok(login_try(bed, &a));
    assert_ok(store_account_erase(bed->store, aiko, NOW));
    assert_refused(
        auth_login_check(bed->auth, cookie_of(&a), SG_LIT(AGENT), NOW, &login), UNAUTHENTICATED);
    assert_refused(login_try(bed, &b), ACTIVATION);
    assert_refused(
        auth_login_begin(bed->auth, aiko, AUTH_BY_PROVIDER, SG_NO_STR, SG_LIT(AGENT), NOW, &begun),
        ACTIVATION);
    assert_ok(
        auth_login_begin(bed->auth, ben, AUTH_BY_ENROLMENT, SG_NO_STR, SG_LIT(AGENT), NOW, &begun));
    assert_ok(auth_login_check(
        bed->auth, sg_str_of(begun.cookie, AUTH_COOKIE_LEN), SG_LIT(AGENT), NOW, &login));
    assert_int_equal(login.method, AUTH_BY_ENROLMENT);
}

/* ---- holder tokens ------------------------------------------------------------------------------------ */

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_login_gives_a_session),
        TEST(test_a_login_with_ed25519_and_a_named_person),
        TEST(test_each_wrong_thing_alone_is_no_login),
        TEST(test_a_challenge_is_for_whom_it_was_made),
        TEST(test_an_assertion_is_taken_once),
        TEST(test_a_counter_that_went_back_is_no_login),
        TEST(test_a_login_ends_the_session_before),
        TEST(test_sessions_run_out),
        TEST(test_sessions_are_of_one_browser),
        TEST(test_logout_and_logout_everywhere),
        TEST(test_wrong_logins_lock_the_account_and_only_that),
        TEST(test_the_lock_ends),
        TEST(test_floods_are_turned_away),
        TEST(test_wrong_enrolment_codes_count_for_their_link_and_address),
        TEST(test_a_network_of_addresses_is_one_asker),
        TEST(test_questions_begun_for_a_person_are_counted),
        TEST(test_without_an_rp_id_nobody_logs_in),
        TEST(test_an_erased_person_does_not_come_back),
        TEST(test_a_wallet_acts_for_its_holder),
        TEST(test_a_scope_is_the_codes),
        TEST(test_a_code_needs_everything_it_was_made_for),
        TEST(test_a_code_used_twice_ends_its_token),
        TEST(test_codes_are_made_for_good_requests_alone),
        TEST(test_redirect_addresses_are_compared_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

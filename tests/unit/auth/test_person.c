/* gateway/auth, persons: login by passkey with each thing wrong alone, sessions, erasure. req: AU-3, AU-5, AU-6, AU-7 */
#include "person_bed.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* hsm/p11: starting, the PIN, tokens that go away and come back, threads, forks. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "token.h"

static const uint8_t digest[32] = { 7 };

static sg_result
sign(struct p11_session *session, const struct key_public *public)
{
    struct p11_key_ref ref = { public, SG_NO_BYTES };
    uint8_t sig[KEY_SIG_MAX];
    size_t len;
    return p11_key_sign(session, &ref, SG_BYTES(digest), sig, &len);
}

static void
test_wrong_label_is_down_not_dead(void **state)
{
    struct token *t = *state;
    token_close(t);
    sg_str right = t->settings.label;
    t->settings.label = SG_LIT("another token");
    token_open(t);
    assert_int_equal(token_state(t), P11_DOWN);
    assert_refused(token_probe(t), TOKEN_DOWN);
    token_close(t);
    t->settings.label = right;
    t->settings.serial = SG_LIT("0000000000000000");
    token_open(t);
    assert_int_equal(token_state(t), P11_DOWN);
    token_close(t);
    t->settings.serial = SG_NO_STR;
    token_open(t);
    assert_int_equal(token_state(t), P11_READY);
}

/* Tried once, told, never again by itself: not by probes, not by a new start; a person's word is needed. */
static void
test_wrong_pin_is_tried_once(void **state)
{
    struct token *t = *state;
    struct p11_health health;
    token_close(t);
    sg_bytes right = t->settings.pin;
    t->settings.pin = sg_str_bytes(SG_LIT("999999"));
    token_open(t);
    p11_health(t->p11, &health);
    assert_int_equal(health.state, P11_PIN_LATCHED);
    assert_string_equal(health.why_call, "C_Login");
    assert_int_equal(health.why_rv, 0xA0); /* CKR_PIN_INCORRECT */
    for (int i = 0; i < 5; i++) {
        assert_refused(token_probe(t), TOKEN_DOWN);
    }
    assert_refused(p11_ready(t->p11), TOKEN_DOWN);
    token_close(t);

    t->settings.pin = right; /* a supervisor's restart: the token remembers, so nothing is sent */
    token_open(t);
    p11_health(t->p11, &health);
    assert_int_equal(health.state, P11_PIN_LATCHED);
    assert_string_not_equal(health.why_call, "C_Login");
    assert_refused(p11_pin_set(t->p11, SG_NO_BYTES), VALUE);
    assert_ok(
        p11_pin_set(t->p11, sg_str_bytes(SG_LIT("888888")))); /* a person errs too: again once */
    assert_refused(token_probe(t), TOKEN_DOWN);
    assert_int_equal(token_state(t), P11_PIN_LATCHED);
    assert_ok(p11_pin_set(t->p11, right));
    assert_ok(token_probe(t));
    token_close(t);
    token_open(t);
    assert_int_equal(token_state(t), P11_READY);
}

static void
test_confirmed_pin_is_tried_after_a_refusal(void **state)
{
    struct token *t = *state;
    token_close(t);
    sg_bytes right = t->settings.pin;
    t->settings.pin = sg_str_bytes(SG_LIT("999999"));
    token_open(t);
    token_close(t);
    t->settings.pin = right;
    t->settings.pin_confirmed = true;
    token_open(t);
    assert_int_equal(token_state(t), P11_READY);
}

static void
test_second_token_of_a_label_is_refused(void **state)
{
    struct token *t = *state;
    char serial[P11_SERIAL_MAX + 1];
    token_close(t);
    assert_refused(
        p11_token_create(&t->settings, sg_str_bytes(SG_LIT("so-135791")), NULL, serial), CONFLICT);
    assert_ok(p11_token_furnish(&t->settings, NULL)); /* nothing missing: nothing made */
    token_open(t);
    assert_int_equal(token_state(t), P11_READY);
}

static void
test_settings_that_cannot_be_are_refused(void **state)
{
    struct token *t = *state;
    struct p11 *p11 = NULL;
    struct p11_settings bad = t->settings;
    bad.module = "/nowhere/module.so";
    assert_refused(p11_open(&bad, NULL, &p11), VALUE);
    bad = t->settings;
    bad.label = SG_LIT("a label of more than thirty-two bytes");
    assert_refused(p11_open(&bad, NULL, &p11), VALUE);
    bad = t->settings;
    bad.pin = SG_NO_BYTES;
    assert_refused(p11_open(&bad, NULL, &p11), VALUE);
    assert_null(p11);
}

/* Moved away under a running process: refused, not ready; moved back: well again without a restart. */
static void
away_and_back(struct token *t, int probes_while_away)
{
    struct key_public *public = NULL;
    char aside[256];
    snprintf(aside, sizeof(aside), "%s/aside", t->folder);
    token_key(t, KEY_ES256, true, &public);
    assert_ok(sign(t->session, public));
    assert_int_equal(rename(t->objects, aside), 0);
    assert_refused(sign(t->session, public), TOKEN_DOWN);
    assert_int_equal(token_state(t), P11_DOWN);
    for (int i = 0; i < probes_while_away; i++) {
        assert_refused(token_probe(t), TOKEN_DOWN);
        assert_refused(sign(t->session, public), TOKEN_DOWN);
    }
    assert_int_equal(rename(aside, t->objects), 0);
    sg_result r = token_probe(t);
    for (int i = 0; i < 3 && !sg_ok(r); i++) {
        r = token_probe(t);
    }
    assert_ok(r);
    assert_ok(sign(t->session, public));
    key_public_free(&public);
}

static void
test_token_away_for_a_moment(void **state)
{
    away_and_back(*state, 0);
}

static void
test_token_away_for_long(void **state)
{
    struct token *t = *state;
    struct p11_health health;
    away_and_back(t, 6);
    p11_health(t->p11, &health);
    assert_true(health.reinits > 0);
    assert_int_equal(health.downs, 1);
}

static void
test_token_that_comes_after_the_start(void **state)
{
    struct token *t = *state;
    char aside[256];
    snprintf(aside, sizeof(aside), "%s/aside", t->folder);
    token_close(t);
    assert_int_equal(rename(t->objects, aside), 0);
    assert_int_equal(mkdir(t->objects, 0700), 0);
    token_open(t);
    assert_int_equal(token_state(t), P11_DOWN);
    assert_int_equal(rmdir(t->objects), 0);
    assert_int_equal(rename(aside, t->objects), 0);
    sg_result r = token_probe(t);
    r = sg_ok(r) ? r : token_probe(t);
    assert_ok(r);
}

static void
test_back_off_grows_and_ends(void **state)
{
    struct token *t = *state;
    struct p11_health health;
    token_close(t);
    t->settings.label = SG_LIT("another token");
    token_open(t);
    int64_t now = 1000;
    int64_t last = 0;
    for (int i = 0; i < 10; i++) {
        assert_refused(p11_probe(t->p11, now), TOKEN_DOWN);
        p11_health(t->p11, &health);
        int64_t wait = health.probe_at_ms - now;
        assert_true(wait >= last && wait <= 5000);
        uint64_t inits = health.reinits;
        assert_refused(p11_probe(t->p11, now + wait - 1), TOKEN_DOWN);
        p11_health(t->p11, &health);
        assert_int_equal(health.reinits, inits); /* too early: nothing was touched */
        last = wait;
        now += wait;
    }
    assert_int_equal(last, 5000);
}

/* A session belongs to its thread. */
struct other {
    struct p11_session *session;
    const struct key_public *public;
    sg_result r;
};

static void *
use_it(void *arg)
{
    struct other *other = arg;
    other->r = sign(other->session, other->public);
    return NULL;
}

static void
test_session_of_another_thread_is_refused(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    pthread_t thread;
    token_key(t, KEY_ES256, true, &public);
    struct other other = { t->session, public, SG_DONE };
    assert_int_equal(pthread_create(&thread, NULL, use_it, &other), 0);
    pthread_join(thread, NULL);
    assert_refused(other.r, INTERNAL);
    assert_ok(sign(t->session, public));
    key_public_free(&public);
}

static void
test_child_after_fork_is_refused(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    token_key(t, KEY_ES256, true, &public);
    pid_t child = fork();
    if (child == 0) {
        _exit(sign(t->session, public).code == SG_E_INTERNAL ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_ok(sign(t->session, public));
    key_public_free(&public);
}

/* Workers sign while the token goes away and comes back, and is finalised and initialised under them. */
#define WORKERS 3
struct work {
    struct p11 *p11;
    const struct key_public *public;
    struct p11_key_ref wrapped;
    atomic_bool *stop;
    unsigned good, refused, wrong;
};

static void *
worker(void *arg)
{
    struct work *work = arg;
    struct p11_session *session = NULL;
    if (!sg_ok(p11_session_open(work->p11, 2, &session))) {
        work->wrong++;
        return NULL;
    }
    while (!atomic_load(work->stop)) {
        uint8_t sig[KEY_SIG_MAX];
        size_t len;
        sg_result r = sign(session, work->public);
        if (sg_ok(r)) {
            r = p11_key_sign(session, &work->wrapped, SG_BYTES(digest), sig, &len);
        }
        work->good += sg_ok(r) ? 1 : 0;
        work->refused += r.code == SG_E_TOKEN_DOWN ? 1 : 0;
        work->wrong += sg_ok(r) || r.code == SG_E_TOKEN_DOWN ? 0 : 1;
        if (!sg_ok(r)) {
            usleep(500);
        }
    }
    p11_session_close(&session);
    return NULL;
}

static void
test_token_deleted_and_restored_under_load(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    struct key_public *half = NULL;
    char aside[256];
    atomic_bool stop = false;
    pthread_t threads[WORKERS];
    struct work work[WORKERS];
    snprintf(aside, sizeof(aside), "%s/aside", t->folder);
    token_key(t, KEY_ES256, true, &public);
    struct p11_key_made made = token_key(t, KEY_ES256, false, &half);
    for (int i = 0; i < WORKERS; i++) {
        work[i] = (struct work){ t->p11, public, { half, made.wrapped }, &stop, 0, 0, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, worker, &work[i]), 0);
    }
    for (int round = 0; round < 3; round++) {
        struct p11_health health;
        usleep(30000);
        assert_int_equal(rename(t->objects, aside), 0);
        for (int i = 0; i < 1000 && token_state(t) == P11_READY; i++) {
            usleep(1000);
        }
        assert_int_equal(token_state(t), P11_DOWN);
        SG_IGNORE(token_probe(t));
        SG_IGNORE(token_probe(t)); /* C_Finalize under load */
        assert_int_equal(rename(aside, t->objects), 0);
        for (int i = 0; i < 20 && !sg_ok(token_probe(t)); i++) {
        }
        p11_health(t->p11, &health);
        assert_int_equal(health.state, P11_READY);
        assert_int_equal(health.bugs, 0);
    }
    usleep(50000);
    atomic_store(&stop, true);
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(work[i].wrong, 0);
        assert_true(work[i].good > 0 && work[i].refused > 0);
    }
    assert_ok(sign(t->session, public));
    key_public_free(&public);
    key_public_free(&half);
}

/*
 * One thread renews an object in the token (the ledger's anchor), another signs, while keys are made and destroyed: token objects come and
 * go alone in the module, or SoftHSM shows one thread the half-written object of the other (KEY_USE, TOKEN_DOWN for a good request).
 */
static void *
renew(void *arg)
{
    struct work *work = arg;
    struct p11_session *session = NULL;
    if (!sg_ok(p11_session_open(work->p11, 1, &session))) {
        work->wrong++;
        return NULL;
    }
    while (!atomic_load(work->stop)) {
        uint8_t read[32];
        size_t len;
        sg_result r = p11_object_write(session, SG_LIT("renewed"), SG_BYTES(digest));
        if (sg_ok(r)) {
            r = p11_object_read(session, SG_LIT("renewed"), read, sizeof(read), &len);
        }
        work->good += sg_ok(r) ? 1 : 0;
        work->wrong += sg_ok(r) ? 0 : 1;
    }
    p11_session_close(&session);
    return NULL;
}

static void
test_objects_come_and_go_under_load(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    struct key_public *half = NULL;
    atomic_bool stop = false;
    pthread_t threads[3];
    struct work work[3];
    struct p11_health health;
    token_key(t, KEY_ES256, true, &public);
    struct p11_key_made made = token_key(t, KEY_ES256, false, &half);
    for (int i = 0; i < 3; i++) {
        work[i] = (struct work){ t->p11, public, { half, made.wrapped }, &stop, 0, 0, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, i == 0 ? worker : renew, &work[i]), 0);
    }
    for (int i = 0; i < 60; i++) {
        struct key_public *fresh = NULL;
        token_key(t, KEY_ES256, true, &fresh);
        struct p11_key_ref ref = { fresh, SG_NO_BYTES };
        if (i % 2 == 0) {
            assert_ok(p11_key_destroy(t->session, &ref));
        }
        key_public_free(&fresh);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(work[i].wrong, 0);
        assert_int_equal(work[i].refused, 0);
        assert_true(work[i].good > 0);
    }
    p11_health(t->p11, &health);
    assert_int_equal(health.downs, 0);
    key_public_free(&public);
    key_public_free(&half);
}

/* 10,000 unwrappings leave neither handles nor sessions; sanitizer builds do fewer. */
static void
test_many_unwrappings_leave_nothing(void **state)
{
    struct token *t = *state;
#ifdef SEALGATE_SANITIZED
    const int rounds = 200;
#else
    const int rounds = 10000;
#endif
    struct key_public *public[2] = { NULL };
    struct p11_key_made made[2];
    uint8_t sig[KEY_SIG_MAX];
    size_t len;
    p11_session_close(&t->session);
    assert_ok(p11_session_open(t->p11, 1, &t->session)); /* one at a time: each signature unwraps */
    made[0] = token_key(t, KEY_ES256, false, &public[0]);
    made[1] = token_key(t, KEY_ES256, false, &public[1]);
    for (int i = 0; i < rounds; i++) {
        struct p11_key_ref ref = { public[i % 2], made[i % 2].wrapped };
        assert_ok(p11_key_sign(t->session, &ref, SG_BYTES(digest), sig, &len));
        assert_int_equal(p11_session_unwrapped(t->session), 1);
    }
    key_public_free(&public[0]);
    key_public_free(&public[1]);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, token_setup, token_teardown)
    const struct CMUnitTest tests[] = {
        T(test_wrong_label_is_down_not_dead),
        T(test_wrong_pin_is_tried_once),
        T(test_confirmed_pin_is_tried_after_a_refusal),
        T(test_second_token_of_a_label_is_refused),
        T(test_settings_that_cannot_be_are_refused),
        T(test_token_away_for_a_moment),
        T(test_token_away_for_long),
        T(test_token_that_comes_after_the_start),
        T(test_back_off_grows_and_ends),
        T(test_session_of_another_thread_is_refused),
        T(test_child_after_fork_is_refused),
        T(test_token_deleted_and_restored_under_load),
        T(test_objects_come_and_go_under_load),
        T(test_many_unwrappings_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

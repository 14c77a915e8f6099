/*
 * Each return value at each call of the module, while a signature is made, a key generated, an object written. Whatever comes: what the
 * table says is done, no second signature without its leave, no session kept, and the next probe mends. req: KEY-1, SIG-5
 */
#include <dlfcn.h>

#include "p11_rv.h"
#include "p11fault.h"
#include "token.h"

static struct p11fault *control;

static int
walk_setup(void **state)
{
    struct token *t = token_new(P11FAULT_PATH);
    void *library = dlopen(P11FAULT_PATH, RTLD_NOW);
    assert_non_null(library);
    control = *(struct p11fault **)dlsym(library, "p11fault_control");
    memset(control->watch, 0x5a, sizeof(control->watch));
    *state = t;
    return 0;
}

static int
walk_teardown(void **state)
{
    memset(control->call, 0, sizeof(control->call));
    control->corrupt = 0;
    return token_teardown(state);
}

static void
inject(const char *call, CK_RV rv, uint32_t skip, uint32_t times, uint32_t after)
{
    snprintf(control->call, sizeof(control->call), "%s", call);
    control->rv = rv;
    control->skip = skip;
    control->times = times;
    control->after = after;
    control->hits = 0;
    control->signs = 0;
}

static sg_result
sign(struct token *t, const struct p11_key_ref *ref)
{
    uint8_t sig[KEY_SIG_MAX];
    size_t len;
    return p11_key_sign(t->session, ref, SG_BYTES(control->watch), sig, &len);
}

static void
fresh_session(struct token *t)
{
    p11_session_close(&t->session);
    assert_ok(p11_session_open(t->p11, 1, &t->session));
}

/* Whatever happened, it ends well, and without trying a PIN that was refused. */
static void
mend(struct token *t, const struct p11_key_ref *ref)
{
    inject("", 0, 0, 0, 0);
    if (token_state(t) == P11_PIN_LATCHED) {
        uint32_t logins = control->logins;
        assert_refused(token_probe(t), TOKEN_DOWN);
        assert_refused(sign(t, ref), TOKEN_DOWN);
        assert_int_equal(control->logins, logins);
        assert_ok(p11_pin_set(t->p11, t->settings.pin));
    }
    assert_ok(token_probe(t));
    assert_ok(sign(t, ref));
}

static bool
state_fits(enum p11_do what, enum p11_state state)
{
    switch (what) {
    case P11_DO_DOWN:
    case P11_DO_GONE:
        return state == P11_DOWN;
    case P11_DO_LATCH:
        return state == P11_PIN_LATCHED;
    case P11_DO_RETRY: /* READY after a second try; DOWN where none is allowed */
        return state == P11_READY || state == P11_DOWN;
    case P11_DO_REFUSE:
    case P11_DO_CLOSE:
    case P11_DO_BUG:
        break;
    }
    return state == P11_READY;
}

/* Calls whose failure of its own kind means something else than the table says; tested by the mending alone. */
static bool
is_special(const char *call, CK_RV rv)
{
    return strcmp(call, "C_CloseSession") == 0 || strcmp(call, "C_DestroyObject") == 0 ||
           (strcmp(call, "C_GetAttributeValue") == 0 &&
               (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_BUFFER_TOO_SMALL));
}

static void
one_fault(struct token *t, const struct p11_key_ref *ref, const char *call,
    const struct p11_rv_row *row, uint32_t skip, uint32_t after)
{
    fresh_session(t);
    inject(call, row->rv, skip, 1, after);
    sg_result r = sign(t, ref);
    if (control->hits == 0) {
        return; /* this path does not make that call */
    }
    uint32_t allowed = row->what == P11_DO_RETRY && after ? 2 : 1;
    bool fits = is_special(call, row->rv) ||
                (state_fits(row->what, token_state(t)) &&
                    (sg_ok(r) ? row->what == P11_DO_RETRY : r.code == row->code));
    if (!fits || control->signs > allowed) {
        print_error("%s %s skip %u after %u: code %d state %d signs %u\n", call, row->name, skip,
            after, r.code, token_state(t), control->signs);
        fail();
    }
    mend(t, ref);
}

static const char *const calls[] = { "C_OpenSession", "C_GetSessionInfo", "C_FindObjectsInit",
    "C_FindObjects", "C_FindObjectsFinal", "C_GetAttributeValue", "C_UnwrapKey", "C_SignInit",
    "C_Sign", "C_DestroyObject", "C_CloseSession" };
#define N_CALLS (sizeof(calls) / sizeof(calls[0]))

/* The first row of each kind of handling: for walks too slow for the whole table. */
static bool
speaks_for_its_kind(const struct p11_rv_row *rows, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (rows[j].what == rows[i].what) {
            return false;
        }
    }
    return true;
}

/* Sanitizers with whole stacks are twenty times slower: there, the variants only for one row of each kind. */
#ifdef SEALGATE_SANITIZED
#define ALL_VARIANTS false
#else
#define ALL_VARIANTS true
#endif

static void
walk(struct token *t, const struct p11_key_ref *ref)
{
    size_t n;
    const struct p11_rv_row *rows = p11_rv_rows(&n);
    for (size_t c = 0; c < N_CALLS; c++) {
        for (size_t i = 0; i < n; i++) {
            one_fault(t, ref, calls[c], &rows[i], 0, 0);
            if (ALL_VARIANTS || speaks_for_its_kind(rows, i)) {
                one_fault(t, ref, calls[c], &rows[i], 1, 0);
                one_fault(t, ref, calls[c], &rows[i], 0, 1);
            }
        }
    }
    struct p11_health health;
    p11_health(t->p11, &health);
    assert_true(health.retries > 0 && health.bugs > 0 && health.downs > 0);
    p11_session_close(&t->session);
    assert_int_equal(control->finalized_inside, 0);
}

/* Sessions: only the module's own is left when the threads' are closed. Faults of C_CloseSession itself leave theirs. */
static void
test_walk_resident_signature(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    token_key(t, KEY_ES256, true, &public);
    struct p11_key_ref ref = { public, SG_NO_BYTES };
    walk(t, &ref);
    key_public_free(&public);
}

static void
test_walk_wrapped_signature(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    struct p11_key_made made = token_key(t, KEY_ES256, false, &public);
    struct p11_key_ref ref = { public, made.wrapped };
    walk(t, &ref);
    key_public_free(&public);
}

/* Each hiccup is tried a second time and not a third. */
static void
test_hiccup_twice_is_refused_and_goes_down(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    token_key(t, KEY_ES256, true, &public);
    struct p11_key_ref ref = { public, SG_NO_BYTES };
    inject("C_Sign", CKR_DEVICE_ERROR, 0, 1, 0);
    assert_ok(sign(t, &ref));
    assert_int_equal(control->signs, 1);
    inject("C_Sign", CKR_DEVICE_ERROR, 0, 100, 1);
    assert_refused(sign(t, &ref), TOKEN_DOWN);
    assert_int_equal(control->hits, 2);
    assert_int_equal(token_state(t), P11_DOWN);
    mend(t, &ref);
    key_public_free(&public);
}

static void
test_no_session_is_left_behind(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    size_t n;
    const struct p11_rv_row *rows = p11_rv_rows(&n);
    token_key(t, KEY_ES256, true, &public);
    struct p11_key_ref ref = { public, SG_NO_BYTES };
    for (size_t i = 0; i < n; i++) {
        if (rows[i].what ==
            P11_DO_GONE) { /* the handle is dead: this harness keeps it alive on purpose */
            continue;
        }
        one_fault(t, &ref, "C_SignInit", &rows[i], 0, 0);
        one_fault(t, &ref, "C_Sign", &rows[i], 0, 1);
    }
    p11_session_close(&t->session);
    assert_int_equal(control->sessions, 1);
    key_public_free(&public);
}

/* A faulty signature may tell the key: it never leaves, and nothing is signed until the self-test holds. */
static void
test_wrong_signature_never_leaves(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    token_key(t, KEY_ES256, true, &public);
    struct p11_key_ref ref = { public, SG_NO_BYTES };
    uint8_t sig[KEY_SIG_MAX] = { 0 };
    static const uint8_t untouched[KEY_SIG_MAX];
    size_t len = 0;
    control->corrupt = 1;
    control->signs = 0;
    assert_refused(p11_key_sign(t->session, &ref, SG_BYTES(control->watch), sig, &len), SELF_TEST);
    assert_memory_equal(sig, untouched, sizeof(sig));
    assert_int_equal(control->signs, 1);
    assert_int_equal(token_state(t), P11_DOWN);
    control->corrupt = 0;
    mend(t, &ref);
    key_public_free(&public);
}

/* The hot path: after the first signature no search, no session call, one real signature each. */
static void
test_second_signature_searches_nothing(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    token_key(t, KEY_ES256, true, &public);
    struct p11_key_ref ref = { public, SG_NO_BYTES };
    inject("", 0, 0, 0, 0);
    assert_ok(sign(t, &ref));
    uint32_t finds = control->finds;
    for (int i = 0; i < 100; i++) {
        assert_ok(sign(t, &ref));
    }
    assert_int_equal(control->finds, finds);
    assert_int_equal(control->signs, 101);
    key_public_free(&public);
}

static void
test_logout_under_us_logs_in_again_and_signs(void **state)
{
    struct token *t = *state;
    struct key_public *public[2] = { NULL };
    token_key(t, KEY_ES256, true, &public[0]);
    struct p11_key_made made = token_key(t, KEY_ES256, false, &public[1]);
    struct p11_key_ref refs[2] = { { public[0], SG_NO_BYTES }, { public[1], made.wrapped } };
    for (int i = 0; i < 20; i++) {
        uint32_t logins = control->logins;
        assert_ok(sign(t, &refs[i % 2]));
        control->logout = 1;
        assert_ok(sign(t, &refs[i % 2]));
        assert_int_equal(control->logins, logins + 1);
    }
    assert_int_equal(token_state(t), P11_READY);
    key_public_free(&public[0]);
    key_public_free(&public[1]);
}

/* Logged out under us, and the login fails: what the table says, and a PIN that was refused is not sent again. */
static void
test_walk_login_after_logout(void **state)
{
    struct token *t = *state;
    struct key_public *public = NULL;
    size_t n;
    const struct p11_rv_row *rows = p11_rv_rows(&n);
    token_key(t, KEY_ES256, true, &public);
    struct p11_key_ref ref = { public, SG_NO_BYTES };
    for (size_t i = 0; i < n; i++) {
        inject("", 0, 0, 0, 0);
        assert_ok(sign(t, &ref));
        control->logout = 1;
        inject("C_Login", rows[i].rv, 0, 1, 0);
        sg_result r = sign(t, &ref);
        assert_int_equal(control->hits, 1);
        assert_int_equal(control->signs, 0);
        assert_int_equal(r.code, rows[i].code);
        assert_true(state_fits(rows[i].what, token_state(t)));
        mend(t, &ref);
    }
    key_public_free(&public);
}

/* Making a key is never tried twice, and what is half made is taken away. */
static void
test_walk_generation(void **state)
{
    static const char *const making[] = { "C_GenerateKeyPair", "C_GetAttributeValue", "C_SignInit",
        "C_Sign", "C_WrapKey", "C_UnwrapKey", "C_FindObjectsInit" };
    struct token *t = *state;
    struct key_public *public = NULL;
    size_t n;
    const struct p11_rv_row *rows = p11_rv_rows(&n);
    token_key(t, KEY_ES256, true, &public);
    struct p11_key_ref ref = { public, SG_NO_BYTES };
    size_t kept = 1;
    size_t strays = 0;
    for (size_t c = 0; c < sizeof(making) / sizeof(making[0]); c++) {
        for (size_t i = 0; i < 2 * n; i++) {
            if (!speaks_for_its_kind(rows, i / 2)) {
                continue;
            }
            struct p11_key_made made;
            struct p11_key_params params = { KEY_ES256, i % 2 == 0, SG_LIT("walk") };
            fresh_session(t);
            inject(making[c], rows[i / 2].rv, 0, 1, 0);
            struct sg_arena *arena = sg_arena_new(0, 65536);
            sg_result r = p11_key_generate(t->session, arena, &params, &made);
            sg_arena_free(&arena);
            kept += sg_ok(r) && params.resident ? 1 : 0;
            if (control->hits == 0) {
                assert_ok(r);
                continue;
            }
            if (!sg_ok(r) && token_state(t) == P11_READY) {
                const uint8_t(*list)[KEY_THUMBPRINT_LEN];
                size_t n_list = 0;
                arena = sg_arena_new(0, 1 << 20);
                assert_ok(p11_key_list(t->session, arena, &list, &n_list));
                sg_arena_free(&arena);
                strays += n_list - kept;
                kept = n_list;
            }
            if (sg_ok(r)) { /* an attribute that the token may lack */
                assert_true(is_special(making[c], rows[i / 2].rv));
            }
            mend(t, &ref);
        }
        /* Only when its public half could not be read is a pair left for reconciliation to find. */
        assert_true(strays == 0 || strcmp(making[c], "C_GetAttributeValue") == 0);
        strays = 0;
    }
    key_public_free(&public);
}

/* At start: whatever the token answers, the process serves "not ready" or says what is wrong; the PIN goes out once. */
static void
test_walk_start(void **state)
{
    static const char *const starting[] = { "C_Initialize", "C_GetSlotList", "C_GetTokenInfo",
        "C_OpenSession", "C_GetSessionInfo", "C_Login", "C_FindObjectsInit", "C_SignInit",
        "C_Sign" };
    struct token *t = *state;
    size_t n;
    const struct p11_rv_row *rows = p11_rv_rows(&n);
    token_close(t);
    for (size_t c = 0; c < sizeof(starting) / sizeof(starting[0]); c++) {
        for (size_t i = 0; i < n; i++) {
            if (!ALL_VARIANTS && !speaks_for_its_kind(rows, i)) {
                continue;
            }
            inject(starting[c], rows[i].rv, 0, 1, 0);
            sg_result r = p11_open(&t->settings, NULL, &t->p11);
            assert_int_equal(control->hits, 1);
            inject("", 0, 0, 0, 0);
            if (sg_ok(r)) {
                if (token_state(t) == P11_PIN_LATCHED) {
                    uint32_t logins = control->logins;
                    assert_refused(token_probe(t), TOKEN_DOWN);
                    assert_int_equal(control->logins, logins);
                    assert_ok(p11_pin_set(t->p11, t->settings.pin));
                }
                assert_ok(token_probe(t));
                p11_close(&t->p11);
            } else { /* only what a restart cannot mend ends the start */
                assert_int_equal(r.code, SG_E_ALGORITHM);
                assert_null(t->p11);
            }
        }
    }
    token_open(t);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, walk_setup, walk_teardown)
    const struct CMUnitTest tests[] = {
        T(test_walk_resident_signature),
        T(test_walk_wrapped_signature),
        T(test_hiccup_twice_is_refused_and_goes_down),
        T(test_no_session_is_left_behind),
        T(test_wrong_signature_never_leaves),
        T(test_second_signature_searches_nothing),
        T(test_logout_under_us_logs_in_again_and_signs),
        T(test_walk_login_after_logout),
        T(test_walk_generation),
        T(test_walk_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Being well, falling, and getting up again. */
#include <sodium.h>
#include <time.h>

#include "p11_priv.h"

#define BACKOFF_FIRST_MS 100 /* a token that only hiccuped is back at the next probe */
#define BACKOFF_MAX_MS 5000  /* nobody waits much longer than the repair took */

void
p11_fall(struct p11 *p11, enum p11_state to, const char *call, CK_RV rv)
{
    pthread_mutex_lock(&p11->lock);
    int state = atomic_load(&p11->state);
    if (state == P11_READY) {
        atomic_fetch_add(&p11->downs, 1);
        atomic_fetch_add(&p11->generation, 1);
        atomic_store(&p11->probe_at_ms, 0);
    }
    if (state != P11_PIN_LATCHED) { /* the latch is not opened by a lesser fault */
        atomic_store(&p11->state, to);
        p11->why_call = call;
        p11->why_rv = rv;
    }
    pthread_mutex_unlock(&p11->lock);
}

void
p11_latch(struct p11 *p11, enum p11_latch latch, const char *call, CK_RV rv)
{
    pthread_mutex_lock(&p11->lock);
    if (atomic_load(&p11->state) != P11_PIN_LATCHED) {
        p11->latch = latch;
    }
    pthread_mutex_unlock(&p11->lock);
    p11_fall(p11, P11_PIN_LATCHED, call, rv);
}

/* What the token's answer to C_Login says about the PIN. */
static enum p11_latch
latch_of(CK_RV rv)
{
    return rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE
               ? P11_LATCH_WRONG
               : P11_LATCH_OTHER;
}

sg_result
p11_fault(struct p11_session *session, const char *call, CK_RV rv, bool *ret_retry)
{
    const struct p11_rv_row *row = p11_rv_row(rv);
    struct p11 *p11 = session->p11;
    switch (row->what) {
    case P11_DO_RETRY:
        p11_session_drop(session, false);
        if (ret_retry != NULL && !*ret_retry) {
            *ret_retry = true;
            atomic_fetch_add(&p11->retries, 1);
        } else { /* again, or nothing that may be done twice: let the self-test say how the token is */
            p11_fall(p11, P11_DOWN, call, rv);
        }
        return (sg_result){ row->code };
    case P11_DO_DOWN:
    case P11_DO_GONE:
        p11_session_drop(session, row->what == P11_DO_GONE);
        p11_fall(p11, P11_DOWN, call, rv);
        break;
    case P11_DO_LATCH:
        p11_latch(p11, latch_of(rv), call, rv);
        break;
    case P11_DO_BUG:
        atomic_fetch_add(&p11->bugs, 1);
        p11_session_drop(session, false);
        break;
    case P11_DO_REFUSE: /* the operation should be over; a session that disagrees must not spoil the next request */
    case P11_DO_CLOSE:
        p11_session_drop(session, false);
        break;
    }
    return (sg_result){ row->code };
}

static bool
logged_in(struct p11_session *session, CK_RV *ret_rv)
{
    CK_SESSION_INFO info;
    *ret_rv = session->p11->f->C_GetSessionInfo(session->handle, &info);
    return *ret_rv == CKR_OK &&
           (info.state == CKS_RW_USER_FUNCTIONS || info.state == CKS_RO_USER_FUNCTIONS);
}

/* Holding `lock`. */
static CK_RV
call_login(struct p11_session *session)
{
    struct p11 *p11 = session->p11;
    if (p11->protected_path) {
        return p11->f->C_Login(session->handle, CKU_USER, NULL, 0);
    }
    sodium_mprotect_readonly(p11->pin);
    CK_RV rv = p11->f->C_Login(session->handle, CKU_USER, p11->pin, p11->pin_len);
    sodium_mprotect_noaccess(p11->pin);
    p11->pin_confirmed = false; /* a person's word is good for one try */
    return rv;
}

sg_result
p11_login(struct p11_session *session)
{
    struct p11 *p11 = session->p11;
    CK_RV rv;
    pthread_mutex_lock(&p11->lock);
    bool in = logged_in(session, &rv);
    const char *call = "C_GetSessionInfo";
    if (!in && rv == CKR_OK && atomic_load(&p11->state) == P11_PIN_LATCHED) {
        rv =
            CKR_PIN_INCORRECT; /* latched by another thread meanwhile: this would be the second try */
    } else if (!in && rv == CKR_OK) {
        call = "C_Login";
        rv = call_login(session);
        if (rv == CKR_OK) {
            in = true;
            atomic_fetch_add(&p11->generation, 1); /* handles of an earlier login are dead */
            session->generation = atomic_load(&p11->generation);
        } else if (rv == CKR_USER_ALREADY_LOGGED_IN) { /* only if it is true */
            CK_RV unused;
            in = logged_in(session, &unused);
        }
    }
    pthread_mutex_unlock(&p11->lock);
    if (in) {
        return SG_DONE;
    }
    return p11_fault(session, call, rv, NULL);
}

sg_result
p11_ready(const struct p11 *p11)
{
    SG_REQUIRE(atomic_load_explicit(&p11->state, memory_order_acquire) == P11_READY, TOKEN_DOWN);
    return SG_DONE;
}

void
p11_health(struct p11 *p11, struct p11_health *ret)
{
    pthread_mutex_lock(&p11->lock);
    *ret = (struct p11_health){
        .state = (enum p11_state)atomic_load(&p11->state),
        .latch = p11->latch,
        .why_call = p11->why_call,
        .why_rv = p11->why_rv,
        .downs = atomic_load(&p11->downs),
        .retries = atomic_load(&p11->retries),
        .bugs = atomic_load(&p11->bugs),
        .reopened = atomic_load(&p11->reopened),
        .reinits = atomic_load(&p11->reinits),
        .signs = atomic_load(&p11->signs),
        .probe_at_ms = atomic_load(&p11->probe_at_ms),
    };
    pthread_mutex_unlock(&p11->lock);
}

/* Behind the door: find the token, log in, see that it signs. */
static sg_result
start(struct p11 *p11)
{
    SG_TRY(p11_locate(p11));
    p11->own->owner = pthread_self();
    p11_session_drop(p11->own, p11->own->life != atomic_load(&p11->life));
    SG_TRY(p11_session_ready(p11->own));
    SG_TRY(p11_self_test(p11->own));
    pthread_mutex_lock(&p11->lock);
    if (atomic_load(&p11->state) == P11_DOWN) {
        p11->latch = P11_LATCH_NONE;
        p11->why_call = NULL;
        p11->why_rv = CKR_OK;
        atomic_fetch_add(&p11->generation, 1);
        p11->own->generation = atomic_load(&p11->generation);
        atomic_store(&p11->state, P11_READY);
    }
    pthread_mutex_unlock(&p11->lock);
    return p11_ready(p11);
}

sg_result
p11_lock_out(struct p11 *p11)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until); /* what pthread_rwlock_timedwrlock goes by */
    until.tv_sec += p11->finalize_wait_ms / 1000;
    until.tv_nsec += p11->finalize_wait_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    if (pthread_rwlock_timedwrlock(&p11->door, &until) != 0) {
        p11_fall(p11, P11_DOWN, "a call hangs in the module", 0);
        SG_FAIL(TOKEN_DOWN);
    }
    return SG_DONE;
}

/* C_Finalize and C_Initialize with nobody inside; gives up when a call hangs in the module for too long. */
static sg_result
begin_again(struct p11 *p11)
{
    SG_TRY(p11_lock_out(p11));
    if (p11->initialized) {
        p11->f->C_Finalize(NULL);
        p11->initialized = false;
        atomic_fetch_add(&p11->reinits, 1);
    }
    sg_result r = p11_initialize(p11);
    pthread_rwlock_unlock(&p11->door);
    return r;
}

static sg_result
try_start(struct p11 *p11)
{
    pthread_rwlock_rdlock(&p11->door);
    sg_result r = start(p11);
    pthread_rwlock_unlock(&p11->door);
    return r;
}

static sg_result
probe(struct p11 *p11, int64_t now_ms)
{
    if (now_ms < atomic_load(&p11->probe_at_ms)) {
        SG_FAIL(TOKEN_DOWN);
    }
    if (atomic_load(&p11->probe_at_ms) == 0) { /* the first since the fall */
        p11->tries = 0;
        p11->backoff_ms = BACKOFF_FIRST_MS;
    }
    p11->tries++;
    sg_result r = SG_DONE;
    if (!p11->initialized || p11->tries % 2 == 0) {
        r = begin_again(p11);
    }
    if (sg_ok(r)) {
        r = try_start(p11);
    }
    if (!sg_ok(r)) {
        atomic_store(&p11->probe_at_ms, now_ms + p11->backoff_ms);
        p11->backoff_ms =
            p11->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : p11->backoff_ms * 2;
    }
    return r;
}

sg_result
p11_probe(struct p11 *p11, int64_t now_ms)
{
    int state = atomic_load(&p11->state);
    if (state == P11_READY) {
        return SG_DONE;
    }
    SG_REQUIRE(!p11_is_child(), INTERNAL);
    if (state == P11_PIN_LATCHED || pthread_mutex_trylock(&p11->probing) != 0) {
        SG_FAIL(TOKEN_DOWN);
    }
    sg_result r = probe(p11, now_ms);
    pthread_mutex_unlock(&p11->probing);
    if (sg_ok(r)) {
        return r;
    }
    SG_FAIL(TOKEN_DOWN);
}

/* What a restart cannot mend is told at once; a token that is away or a PIN refused is served as "not ready". */
static bool
is_fatal(sg_result r)
{
    switch ((int)r.code) {
    case SG_E_ALGORITHM:
    case SG_E_MISSING:
    case SG_E_SELF_TEST:
    case SG_E_NO_MEMORY:
    case SG_E_CONFLICT:
        return true;
    default:
        return false;
    }
}

sg_result
p11_open(const struct p11_settings *settings, struct sg_why *why, struct p11 **ret)
{
    SG_TRY(p11_known_answers());
    SG_CLEANUP(p11_close)
    struct p11 *p11 = p11_alloc();
    SG_REQUIRE(p11 != NULL, NO_MEMORY);
    SG_TRY(p11_configure(p11, settings, why));
    SG_TRY(p11_load(p11, settings->module, why));
    sg_result r = p11_initialize(p11);
    if (sg_ok(r)) {
        r = try_start(p11);
    }
    if (!sg_ok(r)) {
        sg_why_note(why, p11->why_call, 0, p11->why_rv);
        if (is_fatal(r)) {
            return r;
        }
    }
    *ret = p11;
    p11 = NULL;
    return SG_DONE;
}

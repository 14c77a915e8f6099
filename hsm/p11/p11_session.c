/* Sessions: one thread each, opened when first needed, opened anew when the token was away. */
#include <stdlib.h>

#include "p11_priv.h"

#define UNWRAPPED_MAX 4096

void
p11_session_drop(struct p11_session *session, bool handle_is_dead)
{
    if (session->open && !handle_is_dead) {
        /* Takes the session's objects, unwrapped keys above all, with it. */
        session->p11->f->C_CloseSession(session->handle);
    }
    session->open = false;
    session->kek = CK_INVALID_HANDLE;
    session->mac = CK_INVALID_HANDLE;
    p11_cache_clear(&session->resident);
    p11_cache_clear(&session->unwrapped);
}

static sg_result
open_session(struct p11_session *session)
{
    struct p11 *p11 = session->p11;
    session->life = atomic_load(&p11->life);
    session->generation = atomic_load(&p11->generation);
    session->forget = atomic_load(&p11->forget);
    CK_RV rv = p11->f->C_OpenSession(
        atomic_load(&p11->slot), CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session->handle);
    if (rv != CKR_OK) {
        return p11_fault(session, "C_OpenSession", rv, NULL);
    }
    session->open = true;
    atomic_fetch_add(&p11->reopened, 1);
    return SG_DONE;
}

static void
destroy_unwrapped(struct p11_session *session)
{
    CK_OBJECT_HANDLE handle;
    while ((handle = p11_cache_pop(&session->unwrapped)) != CK_INVALID_HANDLE) {
        p11_destroy_object(session, handle);
        if (!session->open) {
            return; /* a fault took the session, and with it all objects */
        }
    }
}

sg_result
p11_session_ready(struct p11_session *session)
{
    struct p11 *p11 = session->p11;
    if (session->open && session->generation != atomic_load(&p11->generation)) {
        p11_session_drop(session, session->life != atomic_load(&p11->life));
    }
    if (session->open) {
        unsigned forget = atomic_load(&p11->forget);
        if (session->forget != forget) {
            session->forget = forget;
            destroy_unwrapped(session);
        }
        if (session->open) {
            return SG_DONE;
        }
    }
    SG_TRY(open_session(session));
    return p11_login(session);
}

static sg_result
enter(struct p11_session *session, bool alone)
{
    struct p11 *p11 = session->p11;
    SG_REQUIRE(pthread_equal(session->owner, pthread_self()) && !p11_is_child(), INTERNAL);
    SG_TRY(p11_ready(p11));
    pthread_mutex_lock(&p11->turn);
    sg_result r = SG_DONE;
    if (alone) {
        r = p11_lock_out(p11);
    } else {
        pthread_rwlock_rdlock(&p11->door);
    }
    pthread_mutex_unlock(&p11->turn);
    SG_TRY(r);
    r = p11_ready(p11);
    if (sg_ok(r)) {
        r = p11_session_ready(session);
    }
    if (!sg_ok(r)) {
        pthread_rwlock_unlock(&p11->door);
    }
    return r;
}

sg_result
p11_enter(struct p11_session *session)
{
    return enter(session, false);
}

sg_result
p11_enter_alone(struct p11_session *session)
{
    return enter(session, true);
}

void
p11_leave(struct p11_session *session)
{
    pthread_rwlock_unlock(&session->p11->door);
}

sg_result
p11_session_new(struct p11 *p11, size_t unwrapped_max, struct p11_session **ret)
{
    SG_REQUIRE(unwrapped_max >= 1 && unwrapped_max <= UNWRAPPED_MAX, VALUE);
    SG_CLEANUP(p11_session_close)
    struct p11_session *session = calloc(1, sizeof(*session));
    SG_REQUIRE(session != NULL, NO_MEMORY);
    session->p11 = p11;
    session->owner = pthread_self();
    SG_TRY(p11_cache_init(&session->resident, P11_RESIDENT_MAX));
    SG_TRY(p11_cache_init(&session->unwrapped, unwrapped_max));
    *ret = session;
    session = NULL;
    return SG_DONE;
}

sg_result
p11_session_open(struct p11 *p11, size_t unwrapped_max, struct p11_session **ret)
{
    SG_REQUIRE(!p11_is_child(), INTERNAL);
    return p11_session_new(p11, unwrapped_max, ret);
}

void
p11_session_close(struct p11_session **session)
{
    struct p11_session *gone = *session;
    if (gone == NULL) {
        return;
    }
    if (gone->open && !p11_is_child()) {
        pthread_rwlock_rdlock(&gone->p11->door);
        p11_session_drop(gone, gone->life != atomic_load(&gone->p11->life));
        pthread_rwlock_unlock(&gone->p11->door);
    }
    p11_cache_done(&gone->resident);
    p11_cache_done(&gone->unwrapped);
    free(gone);
    *session = NULL;
}

void
p11_forget_unwrapped(struct p11 *p11)
{
    atomic_fetch_add(&p11->forget, 1);
}

void
p11_session_tidy(struct p11_session *session)
{
    if (session->open && session->forget != atomic_load(&session->p11->forget) &&
        sg_ok(p11_enter(session))) {
        p11_leave(session);
    }
}

size_t
p11_session_unwrapped(const struct p11_session *session)
{
    return session->unwrapped.n;
}

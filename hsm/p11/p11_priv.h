/*
 * Inside of hsm/p11.
 *
 * Locks. `door` is held for reading by every thread while it is inside the module, and for writing around C_Finalize and
 * C_Initialize, so that finalising with a thread inside (undefined in the standard) cannot happen. Only C_Sign and its like are slow
 * under it, and readers do not exclude one another. Who is refused at the state check never reaches the door, so a writer is not starved.
 * It is held for writing too while token objects come or go (p11_enter_alone): SoftHSM 2.6 lists its folder anew for one thread while
 * another has written half an object there, and then one of the two sees attributes that are not there or a handle that is no more.
 * `turn` is passed by whoever goes to the door while the token is READY: a writer keeps it while it waits, so that readers who come one
 * after the other cannot keep it out. Nobody goes through the door twice.
 * `lock` guards logging in (once for all sessions) and the fields marked with it; order: turn, door, lock.
 */
#ifndef P11_PRIV_H
#define P11_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "key_public.h"
#include "p11.h"
#include "p11_cache.h"
#include "p11_cryptoki.h"
#include "p11_key.h"
#include "p11_rv.h"

#define P11_LABEL_LEN 32 /* CK_TOKEN_INFO.label */
#define P11_ID_LEN 16    /* our CKA_ID: random, joins private and public object */
#define P11_ID_MAX 64    /* that we read */
#define P11_RESIDENT_MAX \
    256                 /* handles of resident keys kept per session: some hundred bytes each */
#define P11_OUT_MAX 512 /* every output buffer of ours: never a size query */

#define P11_LABEL_KEK "sealgate-kek-1"
#define P11_LABEL_MAC "sealgate-mac-1"
#define P11_LABEL_SELF_TEST "sealgate-self-test"

struct p11 {
    void *library;
    CK_FUNCTION_LIST_PTR f;
    /* settings, constant after p11_open */
    uint8_t label[P11_LABEL_LEN]; /* blank-padded, as tokens show it */
    uint8_t serial[P11_SERIAL_MAX];
    bool any_serial;
    bool protected_path;
    bool wrapping;
    enum key_alg algs[3];
    size_t n_algs;
    int64_t finalize_wait_ms;

    pthread_mutex_t turn;
    pthread_rwlock_t door;
    pthread_mutex_t lock;

    atomic_int state;            /* enum p11_state */
    atomic_ulong slot;           /* of the token, while READY */
    atomic_uint life;            /* C_Initialize calls: handles of an earlier life are dead */
    atomic_uint generation;      /* sessions of an earlier one are closed before use */
    atomic_uint forget;          /* p11_forget_unwrapped calls */
    atomic_ulong wrap_mechanism; /* chosen at start; 0: none */
    atomic_ullong downs, retries, bugs, reopened, reinits, signs;

    uint8_t *pin; /* lock: sodium_malloc, not readable but while logging in */
    size_t pin_len;
    bool pin_confirmed;   /* lock */
    bool pin_refused;     /* lock */
    enum p11_latch latch; /* lock */
    const char *why_call; /* lock */
    CK_RV why_rv;         /* lock */

    /* the prober's, one thread at a time */
    pthread_mutex_t probing;
    struct p11_session *own; /* its token session keeps the login alive */
    bool initialized;
    unsigned tries;
    int64_t backoff_ms;
    _Atomic int64_t probe_at_ms;
};

struct p11_session {
    struct p11 *p11;
    pthread_t owner;
    bool open;
    CK_SESSION_HANDLE handle;
    unsigned life;
    unsigned generation;
    unsigned forget;
    struct p11_cache resident;  /* thumbprint -> private key; these are only forgotten */
    struct p11_cache unwrapped; /* thumbprint -> session object; these are destroyed */
    CK_OBJECT_HANDLE kek;       /* found once per generation */
    CK_OBJECT_HANDLE mac;
};

/* p11_health.c: fall to PIN_LATCHED. */
void p11_latch(struct p11 *p11, enum p11_latch latch, const char *call, CK_RV rv);

/* p11_module.c */
/* C_Initialize, counted as a new life. SG_E_TOKEN_DOWN. */
SG_CHECKED sg_result p11_initialize(struct p11 *p11);
/* Load the module by path. SG_E_VALUE. */
SG_CHECKED sg_result p11_load(struct p11 *p11, const char *path, struct sg_why *why);
/* Copy and check settings. SG_E_VALUE. */
SG_CHECKED sg_result p11_configure(
    struct p11 *p11, const struct p11_settings *settings, struct sg_why *why);
/* A zeroed p11 with its locks, and an own session. NULL: out of memory. */
struct p11 *p11_alloc(void);
/* Find slot, check flags and mechanisms. TOKEN_DOWN, ALGORITHM; latches on flags that say that the PIN was refused before. */
SG_CHECKED sg_result p11_locate(struct p11 *p11);
/* Were we forked? Then nothing may be done any more. */
bool p11_is_child(void);

/* p11_health.c */
/* The door for writing, or DOWN when a call hangs inside. */
SG_CHECKED sg_result p11_lock_out(struct p11 *p11);
/* Note the cause and go DOWN (or LATCHED); sessions will be opened anew. */
void p11_fall(struct p11 *p11, enum p11_state to, const char *call, CK_RV rv);
/*
 * Do what the table says about `rv`, and give the code to refuse with. `ret_retry` (may be NULL) tells that one more try with this session
 * is allowed.
 */
sg_result p11_fault(struct p11_session *session, const char *call, CK_RV rv, bool *ret_retry);
/* Log in, unless the session is already. One thread at a time; a PIN that was refused latches. */
SG_CHECKED sg_result p11_login(struct p11_session *session);

/* p11_session.c */
SG_CHECKED sg_result p11_session_new(
    struct p11 *p11, size_t unwrapped_max, struct p11_session **ret);
/* Through the door: right thread, READY, session open and of this generation. Undo with p11_leave. */
SG_CHECKED sg_result p11_enter(struct p11_session *session);
/*
 * The same, with nobody else inside: for whatever makes or destroys token objects. Waits for calls inside the module as long as recovery
 * would (finalize_wait_ms); when one hangs for longer, the token is DOWN and SG_E_TOKEN_DOWN returned. Undo with p11_leave.
 */
SG_CHECKED sg_result p11_enter_alone(struct p11_session *session);
void p11_leave(struct p11_session *session);
/* Open and logged in; cheap when it is. Behind the door. */
SG_CHECKED sg_result p11_session_ready(struct p11_session *session);
/* Close (or only forget, when its handle may be another's by now) and drop everything that it kept. */
void p11_session_drop(struct p11_session *session, bool handle_is_dead);

/* p11_find.c: behind the door; failures went through p11_fault. */
/* All objects that match, at most `max`. SG_E_FULL beyond. */
SG_CHECKED sg_result p11_find(struct p11_session *session, CK_ATTRIBUTE *match, size_t n_match,
    CK_OBJECT_HANDLE *ret, size_t max, size_t *ret_n, bool *ret_retry);
/* Exactly one. SG_E_NOT_FOUND, SG_E_CONFLICT. */
SG_CHECKED sg_result p11_find_one(struct p11_session *session, CK_ATTRIBUTE *match, size_t n_match,
    CK_OBJECT_HANDLE *ret, bool *ret_retry);
/* One attribute into a buffer. SG_E_NOT_FOUND when the object has none or the token does not know it. */
SG_CHECKED sg_result p11_attribute(struct p11_session *session, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, void *out, size_t cap, size_t *ret_len, bool *ret_retry);
/* The objects of a resident key pair. SG_E_NOT_FOUND, SG_E_CONFLICT. */
SG_CHECKED sg_result p11_find_pair(struct p11_session *session, const struct key_public *public,
    CK_OBJECT_HANDLE *ret_private, CK_OBJECT_HANDLE *ret_public, bool *ret_retry);
/* Public half of a public key object. SG_E_ALGORITHM, SG_E_KEY_INVALID. */
SG_CHECKED sg_result p11_read_public(
    struct p11_session *session, CK_OBJECT_HANDLE object, struct key_public **ret, bool *ret_retry);

/* p11_mech.c */
struct p11_mech {
    enum key_alg alg;
    CK_MECHANISM_TYPE generate;
    CK_MECHANISM_TYPE sign;
    CK_KEY_TYPE key_type;
    CK_ULONG bits;        /* that the token must offer */
    sg_bytes params;      /* CKA_EC_PARAMS that we write */
    sg_bytes params_also; /* that we read too; empty if none */
};
const struct p11_mech *p11_mech(enum key_alg alg);

/* p11_attributes.c */
enum p11_kind { P11_KIND_RESIDENT, P11_KIND_TO_WRAP, P11_KIND_UNWRAPPED };
/* Read back, compare with what this kind must show, encode. SG_E_SELF_TEST when one differs. */
SG_CHECKED sg_result p11_attributes_check(struct p11_session *session, struct sg_arena *arena,
    CK_OBJECT_HANDLE key, enum p11_kind kind, const struct p11_mech *mech, sg_bytes *ret);

/* p11_wrap.c */
/* Wrap a session key under the KEK and authenticate it together with its public half. */
SG_CHECKED sg_result p11_wrap(struct p11_session *session, CK_OBJECT_HANDLE key,
    const struct key_public *public, struct sg_arena *arena, sg_bytes *ret);
/* Check the MAC, unwrap into this session. */
SG_CHECKED sg_result p11_unwrap(struct p11_session *session, const struct p11_key_ref *ref,
    CK_OBJECT_HANDLE *ret, bool *ret_retry);
/* Make KEK and MAC key if they are not there. */
SG_CHECKED sg_result p11_furnish_wrapping(struct p11_session *session);
/* Both are there, once each. SG_E_NOT_FOUND, SG_E_CONFLICT. */
SG_CHECKED sg_result p11_check_wrapping(struct p11_session *session);

/* p11_key.c */
/* Destroy an object; failures other than faults of the token are not told. */
void p11_destroy_object(struct p11_session *session, CK_OBJECT_HANDLE object);
/* A resident pair with this label. The half-made pair is destroyed on failure. */
SG_CHECKED sg_result p11_generate_pair(struct p11_session *session, const struct p11_mech *mech,
    enum p11_kind kind, sg_str label, CK_OBJECT_HANDLE *ret_private, CK_OBJECT_HANDLE *ret_public);

/* p11_sign.c */
/* One C_SignInit and one C_Sign, JWS-form length checked. */
SG_CHECKED sg_result p11_sign_once(struct p11_session *session, CK_OBJECT_HANDLE key,
    CK_MECHANISM_TYPE mechanism, sg_bytes data, uint8_t *ret, size_t want_len, bool *ret_retry);
/* Sign random bytes with this object, verify with `public`. */
SG_CHECKED sg_result p11_prove(
    struct p11_session *session, CK_OBJECT_HANDLE key, const struct key_public *public);

/* p11_self_test.c */
/* Verification against published values; no token. SG_E_SELF_TEST. */
SG_CHECKED sg_result p11_known_answers(void);
/* The token's self-test key signs, we verify; wrapping keys are there. SG_E_MISSING, SG_E_SELF_TEST, SG_E_TOKEN_DOWN. */
SG_CHECKED sg_result p11_self_test(struct p11_session *session);
SG_CHECKED sg_result p11_furnish_self_test(struct p11_session *session);

#endif

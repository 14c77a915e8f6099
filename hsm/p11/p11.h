/*
 * A PKCS#11 module, its one token, and the sessions of the threads that use it. req: KEY-1
 *
 * struct p11 is shared by all threads; struct p11_session belongs to the thread that opened it. No CK_ type leaves this folder.
 * Nobody may fork after p11_open: the child is refused everything (SG_E_INTERNAL).
 */
#ifndef P11_H
#define P11_H

#include "key_alg.h"
#include "sg_arena.h"
#include "sg_result.h"

struct p11;
struct p11_session;

#define P11_PIN_MAX 255
#define P11_SERIAL_MAX 16

struct p11_settings {
    const char *
        module; /* path of the shared object; its own settings (SOFTHSM2_CONF) are the caller's to export */
    sg_str label;        /* token label, at most 32 bytes */
    sg_str serial;       /* token serial; empty: the label must name exactly one token */
    sg_bytes pin;        /* copied to locked memory; wipe yours. Empty only with `protected_path` */
    bool protected_path; /* the PIN is typed at the device (CKF_PROTECTED_AUTHENTICATION_PATH) */
    /*
     * A token that remembers a wrong PIN (CKF_USER_PIN_COUNT_LOW) latches at start without trying, so that a supervisor that
     * restarts us does not use up the tries. True: a person has said that this PIN is to be tried (once).
     */
    bool pin_confirmed;
    bool pin_refused; /* this very PIN was refused in an earlier life: latch without trying it */
    const enum key_alg *algs; /* that the token must be able to generate and sign */
    size_t n_algs;
    bool wrapping;            /* the token must be able to wrap keys (KEY-2) */
    int64_t finalize_wait_ms; /* how long recovery waits for calls inside the module; 0: 2000 */
};

enum p11_state {
    P11_READY = 1,
    P11_DOWN = 2,        /* signing refused with SG_E_TOKEN_DOWN; p11_probe mends it */
    P11_PIN_LATCHED = 3, /* the PIN was refused once: only p11_pin_set or a new process goes on */
};

/* Why the PIN is latched. */
enum p11_latch {
    P11_LATCH_NONE,
    P11_LATCH_WRONG,  /* the token refused this PIN */
    P11_LATCH_KNOWN,  /* `pin_refused`: not tried */
    P11_LATCH_BEFORE, /* the token remembers that some PIN was refused: not tried */
    P11_LATCH_OTHER,  /* locked, expired or not set in the token: no word about this PIN */
};

struct p11_health {
    enum p11_state state;
    enum p11_latch latch;
    const char *why_call; /* the call that brought it down: "C_Sign" */
    uint64_t why_rv;      /* its CKR_ value */
    uint64_t downs;       /* times it went down */
    uint64_t retries;     /* calls tried a second time */
    uint64_t bugs;        /* CKR_OPERATION_ACTIVE and the like: mistakes of ours */
    uint64_t reopened;    /* sessions opened anew */
    uint64_t reinits;     /* C_Finalize + C_Initialize */
    uint64_t signs;       /* C_Sign calls that gave a signature */
    int64_t probe_at_ms;  /* when p11_probe will try next; 0 when ready */
};

/*
 * Load, initialise, find the token, log in (once), check mechanisms, find wrapping, MAC and self-test keys, and run the known-answer
 * self-test. A token that is not there, or refuses the PIN, gives an open module in state DOWN or PIN_LATCHED, so that the
 * process serves "not ready" instead of being restarted into another try.
 * Fails with SG_E_VALUE (settings, the module cannot be loaded), SG_E_ALGORITHM (a needed mechanism is missing), SG_E_SELF_TEST,
 * SG_E_MISSING (token not furnished: p11_token_create, p11_token_furnish), SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result p11_open(
    const struct p11_settings *settings, struct sg_why *why, struct p11 **ret);

/* Close; all sessions must have been closed by their threads. NULL accepted; leaves NULL. */
void p11_close(struct p11 **p11);

/* Cheap: one atomic read. SG_DONE, or SG_E_TOKEN_DOWN. */
SG_CHECKED sg_result p11_ready(const struct p11 *p11);
void p11_health(struct p11 *p11, struct p11_health *ret);

/*
 * Mend, when DOWN and when the back-off is over (100 ms doubling to 5 s): log in, find the keys again, self-test; every second try
 * C_Finalize and C_Initialize first, which waits until no thread is inside the module (the calls of this folder take part by
 * themselves: they are refused at the door while DOWN). `now_ms` is any monotonic clock, always the same one.
 * SG_DONE when READY. Call it from one thread, say once per 100 ms; it costs nothing while READY.
 */
SG_CHECKED sg_result p11_probe(struct p11 *p11, int64_t now_ms);

/* A PIN from a person: leaves PIN_LATCHED for DOWN, so that the next p11_probe tries it, once. SG_E_VALUE, SG_E_NO_MEMORY. */
SG_CHECKED sg_result p11_pin_set(struct p11 *p11, sg_bytes pin);
/* The same for the PIN that was given at the start: a person stands by it, and it was never refused. */
void p11_pin_confirm(struct p11 *p11);

/* Unwrapped keys of every session are destroyed before its next use (halt, destruction of a key). */
void p11_forget_unwrapped(struct p11 *p11);

/*
 * A session for the calling thread, which alone may use and close it (others get SG_E_INTERNAL). Works while DOWN: the token session
 * is opened at first use. `unwrapped_max` (1..4096) bounds the wrapped keys it keeps unwrapped; the least used makes room.
 */
SG_CHECKED sg_result p11_session_open(
    struct p11 *p11, size_t unwrapped_max, struct p11_session **ret);
/* Destroys unwrapped keys. NULL accepted; leaves NULL. */
void p11_session_close(struct p11_session **session);
/* For a worker that wakes up without a signature to make: obey p11_forget_unwrapped now. */
void p11_session_tidy(struct p11_session *session);
/* Number of keys unwrapped in this session, for tests and metrics. */
size_t p11_session_unwrapped(const struct p11_session *session);

/*
 * A new token, for `init` with a module that has a free slot (SoftHSM): C_InitToken, C_InitPIN, then p11_token_furnish. Loads and
 * finalises the module by itself: call it before p11_open. `ret_serial` gets the serial as a C string.
 * SG_E_CONFLICT if a token of this label is there, SG_E_FULL without a free slot, SG_E_VALUE, SG_E_TOKEN_DOWN.
 */
SG_CHECKED sg_result p11_token_create(const struct p11_settings *settings, sg_bytes so_pin,
    struct sg_why *why, char ret_serial[P11_SERIAL_MAX + 1]);

/* Make what is missing of: key-wrapping key, MAC key, self-test key, in a token that exists and has its PIN. */
SG_CHECKED sg_result p11_token_furnish(const struct p11_settings *settings, struct sg_why *why);

/*
 * Small private data objects (the ledger's anchor). Written as a new object before the old one goes, with a counter inside, so that a
 * crash leaves the old or the new value, never none. `name` at most 64 bytes, data at most P11_OBJECT_MAX.
 */
#define P11_OBJECT_MAX 1024
SG_CHECKED sg_result p11_object_write(struct p11_session *session, sg_str name, sg_bytes data);
/* SG_E_NOT_FOUND, SG_E_TOO_LARGE (more than `cap`), SG_E_TOKEN_DOWN. */
SG_CHECKED sg_result p11_object_read(
    struct p11_session *session, sg_str name, uint8_t *out, size_t cap, size_t *ret_len);

#endif

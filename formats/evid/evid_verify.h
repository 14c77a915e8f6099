/*
 * Offline check of a bundle: each arrow from the signed object to the log's checkpoint is one function and one line of the report.
 */
#ifndef EVID_VERIFY_H
#define EVID_VERIFY_H

#include "evid_bundle.h"

enum evid_held {
    EVID_HELD = 1,
    EVID_NOT_HELD = 2,
    EVID_NOT_SHOWN = 3 /* the bundle or the caller does not open this: no failure */
};

#define EVID_STEPS_MAX 48
struct evid_step {
    const char *name; /* static: "record-hash", "in-tree", ... (docs/evidence.md) */
    enum evid_held held;
    sg_str detail; /* for people; may be empty */
};
struct evid_report {
    struct evid_step steps[EVID_STEPS_MAX];
    size_t n_steps;
    bool held; /* no step is NOT_HELD, and those without which nothing is shown are HELD */
    int64_t consent_at_ms;
    int64_t outcome_at_ms;
};

/* What the caller took from the signed object itself. */
struct evid_object {
    sg_bytes signing_input; /* empty: not shown; with a signature that is a refusal */
    sg_bytes signature;     /* JWS form; empty: not shown */
    const struct jose_alg *alg;
    /* The object holds the signature and not what it is over (DeviceAuth: the session's transcript): without it the bytes are not shown, which is no failure. */
    bool message_elsewhere;
    sg_str audience; /* of a presentation, as it says or the verifier knows; empty: not known */
    sg_str nonce;
    bool refs_shown; /* the object's own status references are known */
    struct wire_ref refs[WIRE_REFS_MAX];
    size_t n_refs;
    const sg_bytes *anchors; /* DER roots for the certificate chain; none: not shown */
    size_t n_anchors;
};

/*
 * Run every step. `log_key` is the verifier's own copy (trust/log.vkey). object: NULL when only the bundle is there. SG_OK says that the
 * steps ran: the verdict is in the report. SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result evid_verify(struct sg_arena *arena, const struct evid_bundle *bundle,
    const struct evid_object *object, const struct tlog_vkey *log_key, struct evid_report *ret);

#endif

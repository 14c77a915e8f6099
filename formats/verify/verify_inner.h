/* What the files of formats/verify share. */
#ifndef VERIFY_INNER_H
#define VERIFY_INNER_H

#include "verify.h"

struct run {
    struct sg_arena *arena;
    const struct verify_trust *trust;
    const struct verify_expect *expect;
    struct verify_result result;
    struct verify_finding findings[VERIFY_FINDINGS_MAX];
    struct verify_ref refs[VERIFY_REFS_MAX];
    unsigned depth;
    bool no_memory;
};

/* Where in the object a check is, and what it plays there. */
struct place {
    sg_str subject;
    bool inner; /* inside a presentation: no audience and nonce of its own */
};

/* Add a finding; too many of them become one error. `detail` may be empty. */
void run_note(struct run *run, const struct place *at, const char *check,
    enum verify_severity severity, enum sg_code code, sg_str detail);
/* HELD for SG_OK, ERROR otherwise. True when it held. */
bool run_step(struct run *run, const struct place *at, const char *check, sg_result r);
/* The same with words of its own: static text, NULL for none. */
bool run_step_why(
    struct run *run, const struct place *at, const char *check, sg_result r, const char *what);
void run_ref(struct run *run, const struct verify_ref *ref);

/* A certificate chain in `x5c`: verified against the anchors, its leaf's key. `ret` is the caller's to free. */
SG_CHECKED sg_result run_x5c(struct run *run, const struct sjson *header, struct jwk_key **ret_key,
    sg_str iss, bool *ret_named, sg_str *ret_cn);

/* One format each. `text` and `bytes` live as long as the arena. */
void verify_any(struct run *run, const struct place *at, sg_bytes object);
void verify_sdjwt(struct run *run, const struct place *at, sg_str text, const struct sjson *json);

#endif

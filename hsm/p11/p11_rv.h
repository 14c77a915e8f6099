/* What to do about each return value. specs: PKCS#11 checklist section 7. Private to hsm/p11. */
#ifndef P11_RV_H
#define P11_RV_H

#include "p11_cryptoki.h"
#include "sg_result.h"

enum p11_do {
    P11_DO_REFUSE, /* this request only */
    P11_DO_RETRY, /* session anew, log in if need be, find the key again; once. A second time: DOWN */
    P11_DO_DOWN,  /* not ready; p11_probe mends */
    P11_DO_GONE,  /* as DOWN, and the session handle is dead: closing it might close another's */
    P11_DO_LATCH, /* the PIN: never again by ourselves */
    P11_DO_CLOSE, /* session closed, no second try */
    P11_DO_BUG,   /* as CLOSE, and counted: ours */
};

struct p11_rv_row {
    CK_RV rv;
    const char *name;
    enum p11_do what;
    enum sg_code code;
};

/* The row of a value; values without one get the last row (CLOSE, TOKEN_DOWN). */
const struct p11_rv_row *p11_rv_row(CK_RV rv);
/* All rows, the last for unknown values, for tests that walk them. */
const struct p11_rv_row *p11_rv_rows(size_t *ret_n);

#endif

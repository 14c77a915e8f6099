/* The life of a key: every pair of state and event, refusals included. req: KEY-6 */
#ifndef REG_STATE_H
#define REG_STATE_H

#include "wire_record.h"

enum reg_event {
    REG_ACTIVATE = 1, /* from CREATED, or resumed from SUSPENDED */
    REG_SUSPEND,
    REG_REVOKE,
    REG_EXPIRE,
    REG_DESTROY,
    REG_CERTIFY,    /* a certificate chain is installed */
    REG_SET_STATUS, /* its status reference is set */
    REG_EVENTS
};

/* What follows; a refusal says why: SG_E_CONFLICT (is so already), SG_E_KEY_STATE (not from here), SG_E_DESTROYED. */
SG_CHECKED sg_result reg_state_next(
    enum wire_key_state from, enum reg_event event, enum wire_key_state *ret);

#endif

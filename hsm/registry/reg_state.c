#include "reg_state.h"

struct step {
    enum wire_key_state to; /* 0: refused with `code` */
    enum sg_code code;
};

#define TO(state)               \
    {                           \
        WIRE_KEY_##state, SG_OK \
    }
#define NO(code)       \
    {                  \
        0, SG_E_##code \
    }

/* An active key is not destroyed: first it is suspended, revoked or expired, so that nothing is in flight. */
static const struct step steps[WIRE_KEY_DESTROYED + 1][REG_EVENTS] = {
    [WIRE_KEY_CREATED] = { [REG_ACTIVATE] = TO(ACTIVE),
        [REG_SUSPEND] = NO(KEY_STATE),
        [REG_REVOKE] = TO(REVOKED),
        [REG_EXPIRE] = TO(EXPIRED),
        [REG_DESTROY] = TO(DESTROYED),
        [REG_CERTIFY] = TO(CREATED),
        [REG_SET_STATUS] = TO(CREATED) },
    [WIRE_KEY_ACTIVE] = { [REG_ACTIVATE] = NO(CONFLICT),
        [REG_SUSPEND] = TO(SUSPENDED),
        [REG_REVOKE] = TO(REVOKED),
        [REG_EXPIRE] = TO(EXPIRED),
        [REG_DESTROY] = NO(KEY_STATE),
        [REG_CERTIFY] = TO(ACTIVE),
        [REG_SET_STATUS] = TO(ACTIVE) },
    [WIRE_KEY_SUSPENDED] = { [REG_ACTIVATE] = TO(ACTIVE),
        [REG_SUSPEND] = NO(CONFLICT),
        [REG_REVOKE] = TO(REVOKED),
        [REG_EXPIRE] = TO(EXPIRED),
        [REG_DESTROY] = TO(DESTROYED),
        [REG_CERTIFY] = TO(SUSPENDED),
        [REG_SET_STATUS] = TO(SUSPENDED) },
    [WIRE_KEY_REVOKED] = { [REG_ACTIVATE] = NO(KEY_STATE),
        [REG_SUSPEND] = NO(KEY_STATE),
        [REG_REVOKE] = NO(CONFLICT),
        [REG_EXPIRE] = NO(KEY_STATE),
        [REG_DESTROY] = TO(DESTROYED),
        [REG_CERTIFY] = NO(KEY_STATE),
        [REG_SET_STATUS] = NO(KEY_STATE) },
    [WIRE_KEY_EXPIRED] = { [REG_ACTIVATE] = NO(KEY_STATE),
        [REG_SUSPEND] = NO(KEY_STATE),
        [REG_REVOKE] = TO(REVOKED),
        [REG_EXPIRE] = NO(CONFLICT),
        [REG_DESTROY] = TO(DESTROYED),
        [REG_CERTIFY] = NO(KEY_STATE),
        [REG_SET_STATUS] = NO(KEY_STATE) },
    [WIRE_KEY_DESTROYED] = { [REG_ACTIVATE] = NO(DESTROYED),
        [REG_SUSPEND] = NO(DESTROYED),
        [REG_REVOKE] = NO(DESTROYED),
        [REG_EXPIRE] = NO(DESTROYED),
        [REG_DESTROY] = NO(DESTROYED),
        [REG_CERTIFY] = NO(DESTROYED),
        [REG_SET_STATUS] = NO(DESTROYED) },
};

sg_result
reg_state_next(enum wire_key_state from, enum reg_event event, enum wire_key_state *ret)
{
    SG_REQUIRE(from >= WIRE_KEY_CREATED && from <= WIRE_KEY_DESTROYED, INTERNAL);
    SG_REQUIRE(event >= REG_ACTIVATE && event < REG_EVENTS, INTERNAL);
    const struct step *step = &steps[from][event];
    if (step->code != SG_OK) {
        return (sg_result){ step->code };
    }
    *ret = step->to;
    return SG_DONE;
}

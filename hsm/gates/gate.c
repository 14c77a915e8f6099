#include "gate.h"

#include <stdlib.h>

/* The order is the rule: nothing is asked outside before the request is allowed, nothing is signed before consent is durable. */
static const struct gate all[] = {
    { "shape", GATE_EARLY, gate_shape },
    { "key", GATE_EARLY, gate_key },
    { "activation", GATE_EARLY, gate_activation },
    { "status", GATE_EARLY, gate_status },
    { "consent", GATE_LATE, gate_consent },
    { "sign", GATE_WORK, gate_sign },
    { "outcome", GATE_RELEASE, gate_outcome },
};

const struct gate *
gates(size_t *ret_n)
{
    *ret_n = sizeof(all) / sizeof(all[0]);
    return all;
}

sg_result
gate_run(
    struct gate_env *env, struct gate_case *c, enum gate_stage stage, struct p11_session *session)
{
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i].stage == stage) {
            c->gate = all[i].name;
            SG_TRY(all[i].pass(env, c, session));
        }
    }
    return SG_DONE;
}

struct gate_live *
gate_live_of(struct reg_key *key)
{
    if (key->live == NULL) {
        key->live = calloc(1, sizeof(struct gate_live));
    }
    return key->live;
}

void
gate_live_free(struct reg_key *key)
{
    free(key->live);
    key->live = NULL;
}

/* activation: a mandate with count left; from level 2 up also an instruction that the client signed; for persons a gesture. req: SIG-4, SIG-8, AU-8 */
#include "gate.h"

sg_result
gate_activation(struct gate_env *env, struct gate_case *c, struct p11_session *session)
{
    (void)session;
    if (c->gesture != NULL) {
        return gate_gesture_activation(env, c);
    }
    int64_t now = env->now.utc_ms / 1000;
    SG_REQUIRE(c->key->level <= 2, ACTIVATION); /* level 3: seals by quorum, not here yet */
    c->mandate = registry_mandate(env->registry, c->seal.mandate);
    SG_TRY(act_mandate(env->registry, c->mandate, &c->intent, now, &c->client));
    c->client_seq = c->client->seq;
    c->instruction.id = SG_NO_BYTES;
    if (c->seal.instruction.n > 0) { /* at level 1 too: what is shown must hold */
        SG_TRY(act_instruction(c->arena, c->client, &c->intent, c->seal.instruction,
            c->seal.instruction_signature, now, &c->instruction));
    } else {
        SG_REQUIRE(c->key->level < 2, INSTRUCTION);
    }
    c->activated = true;
    return SG_DONE;
}

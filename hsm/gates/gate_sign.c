/* sign: C_Sign for each DTBS/R, and each result verifies under the public key (p11_key_sign does that always). On a session's own thread. req: SIG-1 */
#include "gate.h"

sg_result
gate_sign(struct gate_env *env, struct gate_case *c, struct p11_session *session)
{
    (void)env;
    size_t message = 0;
    for (size_t i = 0; i < c->intent.n_dtbs; i++) {
        sg_bytes dtbs = c->intent.dtbs[i].kind == WIRE_MESSAGE_KIND ? c->seal.messages[message++]
                                                                    : c->intent.dtbs[i].digest;
        SG_TRY(p11_key_sign(session, &c->key_ref, dtbs, c->signatures[i], &c->signature_len));
    }
    return SG_DONE;
}

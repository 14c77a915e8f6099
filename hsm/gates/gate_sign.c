/* sign: C_Sign for each DTBS/R, and each result verifies under the public key (p11_key_sign does that always). On a session's own thread. req: SIG-1 */
#include "gate.h"
#include "point.h"

/* A person's intent may have several keys; a seal's has one. */
static const struct p11_key_ref *
ref_of(const struct gate_case *c, size_t at)
{
    if (c->gesture == NULL) {
        return &c->key_ref;
    }
    return &c->gesture->refs[c->intent.key_of.n == 0 ? 0 : c->intent.key_of.p[at]];
}

sg_result
gate_sign(struct gate_env *env, struct gate_case *c, struct p11_session *session)
{
    (void)env;
    size_t message = 0;
    for (size_t i = 0; i < c->n_sign; i++) {
        size_t at = c->gesture == NULL ? i : c->gesture->index[i];
        sg_bytes dtbs = c->intent.dtbs[at].kind == WIRE_MESSAGE_KIND ? c->seal.messages[message++]
                                                                     : c->intent.dtbs[at].digest;
        size_t len = 0;
        SG_TRY(p11_key_sign(session, ref_of(c, at), dtbs, c->signatures[i], &len));
        c->signature_lens[i] = (uint8_t)len;
        if (i + 1 < c->n_sign) {
            point("signed-part");
        }
    }
    return SG_DONE;
}

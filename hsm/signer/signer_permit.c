/* Which messages a peer may send. What is not here ends the connection. STYLE "Keep permissions in one closed table". */
#include "signer.h"

static const struct {
    enum signer_role role;
    enum wire_type type;
    signer_handler handler;
} permits[] = {
    { SIGNER_GATEWAY, WIRE_SEAL, signer_on_seal },
    { SIGNER_GATEWAY, WIRE_HELLO, signer_on_hello },
    { SIGNER_GATEWAY, WIRE_KEY_INFO, signer_on_key_info },
    { SIGNER_GATEWAY, WIRE_CLIENT_INFO, signer_on_client_info },
    { SIGNER_GATEWAY, WIRE_RECORD_READ, signer_on_record_read },
    { SIGNER_GATEWAY, WIRE_EVENT_NOTE, signer_on_event_note },
    { SIGNER_GATEWAY, WIRE_STATUS_ORDER, signer_on_status_order },
    /* relayed: the signature counts, not the socket */
    { SIGNER_GATEWAY, WIRE_PROPOSE, signer_on_propose },
    { SIGNER_GATEWAY, WIRE_APPROVE, signer_on_approve },
    /* persons: nothing of theirs is signed without a gesture that the signer verified */
    { SIGNER_GATEWAY, WIRE_INTENT_OPEN, signer_on_intent_open },
    { SIGNER_GATEWAY, WIRE_SIGN, signer_on_sign },
    { SIGNER_GATEWAY, WIRE_INTENT_CANCEL, signer_on_intent_cancel },
    { SIGNER_GATEWAY, WIRE_ENROL_OPEN, signer_on_enrol_open },
    { SIGNER_GATEWAY, WIRE_ENROL_FINISH, signer_on_enrol_finish },
    { SIGNER_GATEWAY, WIRE_KEY_MAKE, signer_on_key_make },
    { SIGNER_GATEWAY, WIRE_PERSON_INFO, signer_on_person_info },
    { SIGNER_GATEWAY, WIRE_USES_READ, signer_on_uses_read },
    { SIGNER_OPS, WIRE_HELLO, signer_on_hello },
    { SIGNER_OPS, WIRE_PROPOSE, signer_on_propose },
    { SIGNER_OPS, WIRE_APPROVE, signer_on_approve },
    { SIGNER_OPS, WIRE_HALT, signer_on_halt },
    { SIGNER_OPS, WIRE_AUDIT_READ, signer_on_audit_read },
    { SIGNER_OPS, WIRE_KEY_INFO, signer_on_key_info },
    { SIGNER_OPS, WIRE_CLIENT_INFO, signer_on_client_info },
    { SIGNER_OPS, WIRE_RECORD_READ, signer_on_record_read },
    { SIGNER_OPS, WIRE_PERSON_INFO, signer_on_person_info },
};

signer_handler
signer_permit(enum signer_role role, uint8_t type)
{
    for (size_t i = 0; i < sizeof(permits) / sizeof(permits[0]); i++) {
        if (permits[i].role == role && permits[i].type == type) {
            return permits[i].handler;
        }
    }
    return NULL;
}

void
signer_refuse(struct signer *s, struct signer_peer *peer, uint64_t request_id, sg_result why)
{
    struct wire_refused msg = { (uint64_t)why.code };
    struct sg_buf buf = sg_buf_new(s->scratch, 32, WIRE_FRAME_MAX);
    wire_refused_encode(&buf, request_id, &msg);
    signer_peer_put(peer, &buf);
}

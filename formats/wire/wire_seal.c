#include "wire_shape.h"

/* The hot pair: one of each per signature. */

static const struct wire_field seal_rows[] = {
    BYTES(wire_seal, 1, intent, 1, WIRE_INTENT_MAX),
    BYTES(wire_seal, 2, mandate, WIRE_ID_LEN, WIRE_ID_LEN),
    BYTES_LIST(wire_seal, 3, messages, 0, WIRE_MESSAGE_MAX, 0, WIRE_DTBS_MAX),
    OPT_BYTES(wire_seal, 4, instruction, 1, WIRE_INSTRUCTION_MAX),
    OPT_BYTES(wire_seal, 5, instruction_signature, 1, WIRE_SIG_MAX),
};
static const struct wire_shape wire_shape_seal = WIRE_SHAPE_OF("SEAL", wire_seal, seal_rows);

void
wire_seal_encode(struct sg_buf *buf, uint64_t request_id, const struct wire_seal *msg)
{
    if ((msg->instruction.n == 0) != (msg->instruction_signature.n == 0)) {
        sg_buf_fail(buf, SG_E_VALUE);
    }
    wire_put(buf, WIRE_SEAL, request_id, &wire_shape_seal, msg);
}

sg_result
wire_seal_parse(sg_bytes body, struct wire_seal *ret)
{
    SG_TRY(wire_get(&wire_shape_seal, body, ret));
    SG_REQUIRE((ret->instruction.n == 0) == (ret->instruction_signature.n == 0), MALFORMED);
    return SG_DONE;
}

static const struct wire_field seal_reply_rows[] = {
    BYTES_LIST(wire_seal_reply, 1, signatures, 1, WIRE_SIG_MAX, 1, WIRE_DTBS_MAX),
    UINT(wire_seal_reply, 2, consent_seq, 0, WIRE_SEQ_MAX),
    UINT(wire_seal_reply, 3, outcome_seq, 0, WIRE_SEQ_MAX),
    TIME(wire_seal_reply, 4, signed_at),
};
static const struct wire_shape wire_shape_seal_reply =
    WIRE_SHAPE_OF("SEAL reply", wire_seal_reply, seal_reply_rows);
WIRE_MESSAGE(seal_reply, WIRE_SEAL + WIRE_REPLY)

const struct wire_shape *const *
wire_shapes_seal(size_t *ret_n)
{
    static const struct wire_shape *const all[] = { &wire_shape_seal, &wire_shape_seal_reply };
    *ret_n = sizeof(all) / sizeof(all[0]);
    return all;
}

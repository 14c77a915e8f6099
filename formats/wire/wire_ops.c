#include "wire_shape.h"

static const struct wire_field operation_rows[] = {
    UINT(wire_operation_msg, 1, kind, WIRE_OPN_KEY_GENERATE, WIRE_OPN_PASSKEY_STATE),
    BYTES(wire_operation_msg, 2, unique, WIRE_ID_LEN, WIRE_ID_LEN),
    TIME(wire_operation_msg, 3, proposed_at),
    TIME(wire_operation_msg, 4, expires_at),
    OPT_TEXT(wire_operation_msg, 5, reason, 1, WIRE_REASON_MAX),
    OPT_TEXT(wire_operation_msg, 6, name, 1, WIRE_NAME_MAX),
    OPT_BYTES(wire_operation_msg, 7, key, WIRE_THUMBPRINT_LEN, WIRE_THUMBPRINT_LEN),
    OPT_UINT(wire_operation_msg, 8, alg, 1, WIRE_ALG_MAX),
    OPT_UINT(wire_operation_msg, 9, purpose, WIRE_PURPOSE_SEAL, WIRE_PURPOSE_METADATA),
    OPT_UINT(wire_operation_msg, 10, level, 1, WIRE_LEVEL_MAX),
    OPT_BOOL(wire_operation_msg, 11, wrapped),
    OPT_UINT(wire_operation_msg, 12, count, 1, WIRE_KEYS_AT_ONCE_MAX),
    OPT_UINT(wire_operation_msg, 13, state, WIRE_KEY_CREATED, WIRE_KEY_DESTROYED),
    BYTES_LIST(wire_operation_msg, 14, chain, 1, WIRE_CERT_MAX, 0, WIRE_CERTS_MAX),
    SHAPE(wire_operation_msg, 15, ref, wire_ref, wire_shape_ref, true),
    OPT_BYTES(wire_operation_msg, 16, spki, 1, WIRE_SPKI_MAX),
    OPT_BOOL(wire_operation_msg, 17, active),
    SHAPE(wire_operation_msg, 18, mandate, wire_mandate, wire_shape_mandate, true),
    OPT_UINT(wire_operation_msg, 19, roles, 1, WIRE_ROLES_ALL),
    OPT_TEXT(wire_operation_msg, 20, person, 1, WIRE_NAME_MAX),
    OPT_BYTES(wire_operation_msg, 21, subject, WIRE_ID_LEN, WIRE_ID_LEN),
    OPT_UINT(wire_operation_msg, 22, valid_s, 1, WIRE_ENROL_VALID_MAX_S),
};
static const struct wire_shape wire_shape_operation =
    WIRE_SHAPE_OF("operation", wire_operation_msg, operation_rows);
WIRE_ALONE(operation, wire_operation_msg, 512, WIRE_OPERATION_MAX)

void
wire_operation_id(sg_bytes operation, uint8_t ret[SG_SHA256_LEN])
{
    sg_tagged_hash("sealgate/operation-id/v1", &operation, 1, ret);
}

/* req: KEY-8: two operators, each with a signature of their own */
static const struct wire_field propose_rows[] = {
    BYTES(wire_propose, 1, operation, 1, WIRE_OPERATION_MAX),
    TEXT(wire_propose, 2, operator_, 1, WIRE_NAME_MAX),
    BYTES(wire_propose, 3, signature, 1, WIRE_SIG_MAX),
};
static const struct wire_shape wire_shape_propose =
    WIRE_SHAPE_OF("PROPOSE", wire_propose, propose_rows);
WIRE_MESSAGE(propose, WIRE_PROPOSE)

static const struct wire_field approve_rows[] = {
    BYTES(wire_approve, 1, operation_id, SG_SHA256_LEN, SG_SHA256_LEN),
    TEXT(wire_approve, 2, operator_, 1, WIRE_NAME_MAX),
    BYTES(wire_approve, 3, signature, 1, WIRE_SIG_MAX),
};
static const struct wire_shape wire_shape_approve =
    WIRE_SHAPE_OF("APPROVE", wire_approve, approve_rows);
WIRE_MESSAGE(approve, WIRE_APPROVE)

static const struct wire_field operation_reply_rows[] = {
    BYTES(wire_operation_reply, 1, operation_id, SG_SHA256_LEN, SG_SHA256_LEN),
    BOOL(wire_operation_reply, 2, applied),
    UINT(wire_operation_reply, 3, seq, 0, WIRE_SEQ_MAX),
    BYTES_LIST(
        wire_operation_reply, 4, keys, WIRE_THUMBPRINT_LEN, WIRE_THUMBPRINT_LEN, 0, WIRE_DTBS_MAX),
    OPT_BYTES(wire_operation_reply, 5, link, WIRE_SECRET_LEN, WIRE_SECRET_LEN),
    OPT_TEXT(wire_operation_reply, 6, code, 1, WIRE_ENROL_CODE_MAX),
};
static const struct wire_shape wire_shape_operation_reply =
    WIRE_SHAPE_OF("PROPOSE, APPROVE and HALT reply", wire_operation_reply, operation_reply_rows);

void
wire_operation_reply_encode(struct sg_buf *buf, uint8_t request_type, uint64_t request_id,
    const struct wire_operation_reply *msg)
{
    wire_put(
        buf, (uint8_t)(request_type + WIRE_REPLY), request_id, &wire_shape_operation_reply, msg);
}

sg_result
wire_operation_reply_parse(sg_bytes body, struct wire_operation_reply *ret)
{
    return wire_get(&wire_shape_operation_reply, body, ret);
}

static const struct wire_field halt_rows[] = {
    OPT_BYTES(wire_halt, 1, key, WIRE_THUMBPRINT_LEN, WIRE_THUMBPRINT_LEN),
    TEXT(wire_halt, 2, operator_, 1, WIRE_NAME_MAX),
    TIME(wire_halt, 3, at),
    BYTES(wire_halt, 4, signature, 1, WIRE_SIG_MAX),
};
static const struct wire_shape wire_shape_halt = WIRE_SHAPE_OF("HALT", wire_halt, halt_rows);
WIRE_MESSAGE(halt, WIRE_HALT)

/* An operation starts with the head of a map (a0 and above), so no "halt" can be shown as one. */
sg_result
wire_halt_signed_bytes(struct sg_arena *arena, const struct wire_halt *msg, sg_bytes *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 128, 256);
    sg_buf_put(&buf, sg_bytes_of(WIRE_TAG_OPERATION, sizeof(WIRE_TAG_OPERATION)));
    sg_buf_put_cstr(&buf, "halt");
    sg_buf_put(&buf, msg->key);
    for (unsigned shift = 64; shift > 0; shift -= 8) {
        sg_buf_put_byte(&buf, (uint8_t)((uint64_t)msg->at >> (shift - 8)));
    }
    return sg_buf_end(&buf, ret);
}

static const struct wire_field audit_read_rows[] = {
    UINT(wire_audit_read, 1, from, 0, WIRE_SEQ_MAX),
    UINT(wire_audit_read, 2, n, 1, WIRE_AUDIT_MAX),
};
static const struct wire_shape wire_shape_audit_read =
    WIRE_SHAPE_OF("AUDIT_READ", wire_audit_read, audit_read_rows);
WIRE_MESSAGE(audit_read, WIRE_AUDIT_READ)

static const struct wire_field audit_reply_rows[] = {
    UINT(wire_audit_reply, 1, size, 0, WIRE_SEQ_MAX),
    SHAPE_LIST(wire_audit_reply, 2, records, wire_record_read_reply, wire_shape_record_read_reply,
        0, WIRE_AUDIT_MAX),
};
static const struct wire_shape wire_shape_audit_reply =
    WIRE_SHAPE_OF("AUDIT_READ reply", wire_audit_reply, audit_reply_rows);
WIRE_MESSAGE(audit_reply, WIRE_AUDIT_READ + WIRE_REPLY)

const struct wire_shape *const *
wire_shapes_ops(size_t *ret_n)
{
    static const struct wire_shape *const all[] = { &wire_shape_operation, &wire_shape_propose,
        &wire_shape_approve, &wire_shape_operation_reply, &wire_shape_halt, &wire_shape_audit_read,
        &wire_shape_audit_reply };
    *ret_n = sizeof(all) / sizeof(all[0]);
    return all;
}

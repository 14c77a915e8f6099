#include "wire_shape.h"

static const struct wire_field key_info_rows[] = {
    OPT_BYTES(wire_key_info, 1, key, WIRE_THUMBPRINT_LEN, WIRE_THUMBPRINT_LEN),
    OPT_BYTES(wire_key_info, 2, after, WIRE_THUMBPRINT_LEN, WIRE_THUMBPRINT_LEN),
};
static const struct wire_shape wire_shape_key_info =
    WIRE_SHAPE_OF("KEY_INFO", wire_key_info, key_info_rows);
WIRE_MESSAGE(key_info, WIRE_KEY_INFO)

static const struct wire_field key_info_reply_rows[] = {
    BYTES(wire_key_info_reply, 1, key, WIRE_THUMBPRINT_LEN, WIRE_THUMBPRINT_LEN),
    UINT(wire_key_info_reply, 2, alg, 1, WIRE_ALG_MAX),
    BYTES(wire_key_info_reply, 3, spki, 1, WIRE_SPKI_MAX),
    UINT(wire_key_info_reply, 4, state, WIRE_KEY_CREATED, WIRE_KEY_DESTROYED),
    UINT(wire_key_info_reply, 5, purpose, WIRE_PURPOSE_SEAL, WIRE_PURPOSE_METADATA),
    UINT(wire_key_info_reply, 6, level, 1, WIRE_LEVEL_MAX),
    BOOL(wire_key_info_reply, 7, resident),
    TEXT(wire_key_info_reply, 8, label, 1, WIRE_NAME_MAX),
    BYTES_LIST(wire_key_info_reply, 9, chain, 1, WIRE_CERT_MAX, 0, WIRE_CERTS_MAX),
    SHAPE(wire_key_info_reply, 10, status, wire_ref, wire_shape_ref, true),
    TIME(wire_key_info_reply, 11, created_at),
    OPT_BYTES(wire_key_info_reply, 12, person, WIRE_ID_LEN, WIRE_ID_LEN),
};
static const struct wire_shape wire_shape_key_info_reply =
    WIRE_SHAPE_OF("KEY_INFO reply", wire_key_info_reply, key_info_reply_rows);
WIRE_MESSAGE(key_info_reply, WIRE_KEY_INFO + WIRE_REPLY)

static const struct wire_field record_read_rows[] = {
    UINT(wire_record_read, 1, seq, 0, WIRE_SEQ_MAX),
    OPT_BYTES(wire_record_read, 2, signature_hash, SG_SHA256_LEN, SG_SHA256_LEN),
    OPT_BYTES(wire_record_read, 3, person, WIRE_ID_LEN, WIRE_ID_LEN),
};
static const struct wire_shape wire_shape_record_read =
    WIRE_SHAPE_OF("RECORD_READ", wire_record_read, record_read_rows);

void
wire_record_read_encode(struct sg_buf *buf, uint64_t request_id, const struct wire_record_read *msg)
{
    if (msg->signature_hash.n != 0 && msg->seq != 0) {
        sg_buf_fail(buf, SG_E_VALUE);
    }
    wire_put(buf, WIRE_RECORD_READ, request_id, &wire_shape_record_read, msg);
}

sg_result
wire_record_read_parse(sg_bytes body, struct wire_record_read *ret)
{
    SG_TRY(wire_get(&wire_shape_record_read, body, ret));
    SG_REQUIRE(ret->signature_hash.n == 0 || ret->seq == 0, MALFORMED);
    return SG_DONE;
}

static const struct wire_field record_read_reply_rows[] = {
    UINT(wire_record_read_reply, 1, seq, 0, WIRE_SEQ_MAX),
    BYTES(wire_record_read_reply, 2, entry, 1, WIRE_ENTRY_MAX),
    OPT_BYTES(wire_record_read_reply, 3, blind, WIRE_BLIND_LEN, WIRE_BLIND_LEN),
    OPT_BYTES(wire_record_read_reply, 4, body, 1, WIRE_BODY_MAX),
    UINT(wire_record_read_reply, 5, outcome_seq, 0, WIRE_SEQ_MAX),
    OPT_BYTES(wire_record_read_reply, 6, salt, WIRE_BLIND_LEN, WIRE_BLIND_LEN),
    OPT_BYTES(wire_record_read_reply, 7, closed, 1, WIRE_CLOSED_MAX),
};
const struct wire_shape wire_shape_record_read_reply =
    WIRE_SHAPE_OF("RECORD_READ reply", wire_record_read_reply, record_read_reply_rows);
WIRE_MESSAGE(record_read_reply, WIRE_RECORD_READ + WIRE_REPLY)

static const struct wire_field event_note_rows[] = {
    TEXT(wire_event_note, 1, kind, 1, WIRE_EVENT_MAX),
    BYTES(wire_event_note, 2, body, 0, WIRE_NOTE_MAX),
};
static const struct wire_shape wire_shape_event_note =
    WIRE_SHAPE_OF("EVENT_NOTE", wire_event_note, event_note_rows);
WIRE_MESSAGE(event_note, WIRE_EVENT_NOTE)

static const struct wire_field status_order_note_rows[] = {
    BYTES(wire_status_order_note, 1, order, 1, WIRE_STATUS_ORDER_MAX),
    BYTES(wire_status_order_note, 2, signature, 1, WIRE_SIG_MAX),
};
static const struct wire_shape wire_shape_status_order_note =
    WIRE_SHAPE_OF("STATUS_ORDER", wire_status_order_note, status_order_note_rows);
WIRE_MESSAGE(status_order_note, WIRE_STATUS_ORDER)

static const struct wire_field noted_rows[] = {
    UINT(wire_noted, 1, seq, 0, WIRE_SEQ_MAX),
};
static const struct wire_shape wire_shape_noted =
    WIRE_SHAPE_OF("EVENT_NOTE and STATUS_ORDER reply", wire_noted, noted_rows);

void
wire_noted_encode(
    struct sg_buf *buf, uint8_t request_type, uint64_t request_id, const struct wire_noted *msg)
{
    wire_put(buf, (uint8_t)(request_type + WIRE_REPLY), request_id, &wire_shape_noted, msg);
}

sg_result
wire_noted_parse(sg_bytes body, struct wire_noted *ret)
{
    return wire_get(&wire_shape_noted, body, ret);
}

static const struct wire_field client_info_rows[] = {
    OPT_TEXT(wire_client_info, 1, client, 1, WIRE_NAME_MAX),
    OPT_TEXT(wire_client_info, 2, after, 1, WIRE_NAME_MAX),
};
static const struct wire_shape wire_shape_client_info =
    WIRE_SHAPE_OF("CLIENT_INFO", wire_client_info, client_info_rows);
WIRE_MESSAGE(client_info, WIRE_CLIENT_INFO)

/* req: AU-8 */
static const struct wire_field mandate_rows[] = {
    BYTES(wire_mandate, 1, id, WIRE_ID_LEN, WIRE_ID_LEN),
    TEXT(wire_mandate, 2, client, 1, WIRE_NAME_MAX),
    BYTES(wire_mandate, 3, key, WIRE_THUMBPRINT_LEN, WIRE_THUMBPRINT_LEN),
    UINT(wire_mandate, 4, operation, WIRE_OP_SEAL_CREDENTIAL, WIRE_OP_METADATA),
    TEXT_LIST(wire_mandate, 5, configurations, 0, WIRE_NAME_MAX, 0, WIRE_CONFIGURATIONS_MAX),
    UINT(wire_mandate, 6, count, 0, WIRE_SEQ_MAX),
    UINT(wire_mandate, 7, window_s, 0, WIRE_WINDOW_MAX_S),
    TIME(wire_mandate, 8, not_before),
    TIME(wire_mandate, 9, not_after),
};
const struct wire_shape wire_shape_mandate = WIRE_SHAPE_OF("mandate", wire_mandate, mandate_rows);

void
wire_mandate_put(struct sg_buf *buf, const struct wire_mandate *mandate)
{
    wire_write(buf, &wire_shape_mandate, mandate);
}

#define WOBBLE_S 10

uint64_t
wire_mandate_window(const struct wire_mandate *mandate, uint64_t last, int64_t at)
{
    uint64_t t = at < 0 ? 0 : (uint64_t)at;
    uint64_t width = mandate->window_s == 0 ? 1 : mandate->window_s;
    uint64_t window = t / width;
    return window < last && last <= (t + WOBBLE_S) / width ? last : window;
}

void
wire_mandate_read(struct dcbor_rd *map, struct wire_mandate *ret)
{
    wire_read(map, &wire_shape_mandate, ret);
}

static const struct wire_field client_info_reply_rows[] = {
    TEXT(wire_client_info_reply, 1, client, 1, WIRE_NAME_MAX),
    UINT(wire_client_info_reply, 2, alg, 0, WIRE_ALG_MAX),
    BYTES(wire_client_info_reply, 3, spki, 0, WIRE_SPKI_MAX),
    BOOL(wire_client_info_reply, 4, active),
    SHAPE_LIST(wire_client_info_reply, 5, mandates, wire_mandate, wire_shape_mandate, 0,
        WIRE_MANDATES_MAX),
};
static const struct wire_shape wire_shape_client_info_reply =
    WIRE_SHAPE_OF("CLIENT_INFO reply", wire_client_info_reply, client_info_reply_rows);
WIRE_MESSAGE(client_info_reply, WIRE_CLIENT_INFO + WIRE_REPLY)

const struct wire_shape *const *
wire_shapes_sign(size_t *ret_n)
{
    static const struct wire_shape *const all[] = { &wire_shape_key_info,
        &wire_shape_key_info_reply, &wire_shape_record_read, &wire_shape_record_read_reply,
        &wire_shape_event_note, &wire_shape_status_order_note, &wire_shape_noted,
        &wire_shape_client_info, &wire_shape_mandate, &wire_shape_client_info_reply };
    *ret_n = sizeof(all) / sizeof(all[0]);
    return all;
}

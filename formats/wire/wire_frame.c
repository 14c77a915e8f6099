#include "wire_shape.h"

/* Every number that may stand in byte 1. Replies are derived; nothing else is known. */
static const struct {
    uint8_t type;
    const char *name;
} types[] = {
    { WIRE_HELLO, "HELLO" },
    { WIRE_KEY_INFO, "KEY_INFO" },
    { WIRE_SEAL, "SEAL" },
    { WIRE_INTENT_OPEN, "INTENT_OPEN" },
    { WIRE_SIGN, "SIGN" },
    { WIRE_INTENT_CANCEL, "INTENT_CANCEL" },
    { WIRE_ENROL_OPEN, "ENROL_OPEN" },
    { WIRE_ENROL_FINISH, "ENROL_FINISH" },
    { WIRE_KEY_MAKE, "KEY_MAKE" },
    { WIRE_RECORD_READ, "RECORD_READ" },
    { WIRE_EVENT_NOTE, "EVENT_NOTE" },
    { WIRE_STATUS_ORDER, "STATUS_ORDER" },
    { WIRE_CLIENT_INFO, "CLIENT_INFO" },
    { WIRE_PERSON_INFO, "PERSON_INFO" },
    { WIRE_USES_READ, "USES_READ" },
    { WIRE_STATUS_ASK, "STATUS_ASK" },
    { WIRE_FETCH, "FETCH" },
    { WIRE_DELIVER, "DELIVER" },
    { WIRE_STAMP, "STAMP" },
    { WIRE_PROPOSE, "PROPOSE" },
    { WIRE_APPROVE, "APPROVE" },
    { WIRE_HALT, "HALT" },
    { WIRE_AUDIT_READ, "AUDIT_READ" },
};

static const char *
request_name(uint8_t type)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].type == type) {
            return types[i].name;
        }
    }
    return NULL;
}

const char *
wire_type_name(uint8_t type)
{
    if (type == WIRE_REFUSED) {
        return "REFUSED";
    }
    return request_name(type >= WIRE_REPLY ? (uint8_t)(type - WIRE_REPLY) : type);
}

sg_result
wire_frame_parse(sg_bytes packet, struct wire_frame *ret)
{
    SG_REQUIRE(packet.n >= WIRE_HEADER_LEN && packet.n <= WIRE_FRAME_MAX, MALFORMED);
    SG_REQUIRE(packet.p[0] == WIRE_VERSION, MALFORMED);
    SG_REQUIRE(wire_type_name(packet.p[1]) != NULL, MALFORMED);
    uint64_t id = 0;
    for (size_t i = 2; i < WIRE_HEADER_LEN; i++) {
        id = id << 8 | packet.p[i];
    }
    ret->type = packet.p[1];
    ret->request_id = id;
    ret->body = sg_bytes_slice(packet, WIRE_HEADER_LEN, packet.n);
    return SG_DONE;
}

void
wire_frame_begin(struct sg_buf *buf, uint8_t type, uint64_t request_id)
{
    uint8_t *p = sg_buf_room(buf, WIRE_HEADER_LEN);
    if (p == NULL) {
        return;
    }
    p[0] = WIRE_VERSION;
    p[1] = type;
    for (size_t i = WIRE_HEADER_LEN - 1; i >= 2; i--) {
        p[i] = (uint8_t)request_id;
        request_id >>= 8;
    }
}

static const struct wire_field refused_rows[] = {
    UINT(wire_refused, 1, code, 1, WIRE_CODE_MAX),
};
static const struct wire_shape wire_shape_refused =
    WIRE_SHAPE_OF("REFUSED", wire_refused, refused_rows);
WIRE_MESSAGE(refused, WIRE_REFUSED)

/* req: NET-2: `environment` is compared by whoever receives it */
static const struct wire_field hello_rows[] = {
    TEXT(wire_hello, 1, role, 1, WIRE_WORD_MAX),
    TEXT(wire_hello, 2, environment, 1, WIRE_WORD_MAX),
    TEXT(wire_hello, 3, software, 0, WIRE_SOFTWARE_MAX),
};
static const struct wire_shape wire_shape_hello = WIRE_SHAPE_OF("HELLO", wire_hello, hello_rows);
WIRE_MESSAGE(hello, WIRE_HELLO)

static const struct wire_field hello_reply_rows[] = {
    TEXT(wire_hello_reply, 1, environment, 1, WIRE_WORD_MAX),
    TEXT(wire_hello_reply, 2, software, 0, WIRE_SOFTWARE_MAX),
    BOOL(wire_hello_reply, 3, ready),
    UINT(wire_hello_reply, 4, code, 0, WIRE_CODE_MAX),
    OPT_TEXT(wire_hello_reply, 5, origin, 1, WIRE_ORIGIN_MAX),
};
static const struct wire_shape wire_shape_hello_reply =
    WIRE_SHAPE_OF("HELLO reply", wire_hello_reply, hello_reply_rows);
WIRE_MESSAGE(hello_reply, WIRE_HELLO + WIRE_REPLY)

const struct wire_shape *const *
wire_shapes_frame(size_t *ret_n)
{
    static const struct wire_shape *const all[] = { &wire_shape_refused, &wire_shape_hello,
        &wire_shape_hello_reply };
    *ret_n = sizeof(all) / sizeof(all[0]);
    return all;
}

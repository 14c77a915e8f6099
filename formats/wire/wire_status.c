#include "wire_shape.h"

static const struct wire_field ask_rows[] = {
    SHAPE_LIST(wire_status_ask, 1, refs, wire_ref, wire_shape_ref, 1, WIRE_REFS_MAX),
    TIME(wire_status_ask, 2, not_before),
    OPT_UINT(wire_status_ask, 3, plus_ms, 1, 999),
};
static const struct wire_shape wire_shape_status_ask =
    WIRE_SHAPE_OF("STATUS_ASK", wire_status_ask, ask_rows);
WIRE_MESSAGE(status_ask, WIRE_STATUS_ASK)

static const struct wire_field verdict_rows[] = {
    UINT(wire_status_verdict, 1, verdict, WIRE_GOOD, WIRE_UNKNOWN),
    UINT(wire_status_verdict, 2, value, 0, 255),
    OPT_BYTES(wire_status_verdict, 3, evidence, SG_SHA256_LEN, SG_SHA256_LEN),
    TIME(wire_status_verdict, 4, fetched_at_ms),
    TIME(wire_status_verdict, 5, good_until_ms),
    UINT(wire_status_verdict, 6, code, 0, WIRE_CODE_MAX),
};
const struct wire_shape wire_shape_status_verdict =
    WIRE_SHAPE_OF("verdict", wire_status_verdict, verdict_rows);

static const struct wire_field reply_rows[] = {
    SHAPE_LIST(wire_status_ask_reply, 1, verdicts, wire_status_verdict, wire_shape_status_verdict,
        1, WIRE_REFS_MAX),
};
static const struct wire_shape wire_shape_status_ask_reply =
    WIRE_SHAPE_OF("STATUS_ASK reply", wire_status_ask_reply, reply_rows);
WIRE_MESSAGE(status_ask_reply, WIRE_STATUS_ASK + WIRE_REPLY)

const struct wire_shape *const *
wire_shapes_status(size_t *ret_n)
{
    static const struct wire_shape *const all[] = { &wire_shape_status_ask,
        &wire_shape_status_verdict, &wire_shape_status_ask_reply };
    *ret_n = sizeof(all) / sizeof(all[0]);
    return all;
}

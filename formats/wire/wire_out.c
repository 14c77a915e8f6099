#include "wire_out.h"

#include "wire_shape.h"

static const struct wire_field fetch_rows[] = {
    UINT(wire_fetch, 1, kind, WIRE_FETCH_REQUEST_OBJECT, WIRE_FETCH_OPENID_TOKEN),
    TEXT(wire_fetch, 2, url, 1, WIRE_URL_MAX),
    TEXT(wire_fetch, 3, accept, 1, WIRE_MEDIA_MAX),
    OPT_BYTES(wire_fetch, 4, form, 1, WIRE_POST_MAX),
    OPT_BOOL(wire_fetch, 5, post),
};
static const struct wire_shape wire_shape_fetch = WIRE_SHAPE_OF("FETCH", wire_fetch, fetch_rows);
WIRE_MESSAGE(fetch, WIRE_FETCH)

static const struct wire_field fetch_reply_rows[] = {
    UINT(wire_fetch_reply, 1, status, 100, 599),
    TEXT(wire_fetch_reply, 2, content_type, 0, WIRE_MEDIA_MAX),
    BYTES(wire_fetch_reply, 3, body, 0, WIRE_FETCH_MAX),
};
static const struct wire_shape wire_shape_fetch_reply =
    WIRE_SHAPE_OF("FETCH reply", wire_fetch_reply, fetch_reply_rows);
WIRE_MESSAGE(fetch_reply, WIRE_FETCH + WIRE_REPLY)

static const struct wire_field deliver_rows[] = {
    TEXT(wire_deliver, 1, url, 1, WIRE_URL_MAX),
    BYTES(wire_deliver, 2, form, 1, WIRE_POST_MAX),
};
static const struct wire_shape wire_shape_deliver =
    WIRE_SHAPE_OF("DELIVER", wire_deliver, deliver_rows);
WIRE_MESSAGE(deliver, WIRE_DELIVER)

static const struct wire_field deliver_reply_rows[] = {
    UINT(wire_deliver_reply, 1, status, 100, 599),
    TEXT(wire_deliver_reply, 2, content_type, 0, WIRE_MEDIA_MAX),
    BYTES(wire_deliver_reply, 3, body, 0, WIRE_ANSWER_MAX),
};
static const struct wire_shape wire_shape_deliver_reply =
    WIRE_SHAPE_OF("DELIVER reply", wire_deliver_reply, deliver_reply_rows);
WIRE_MESSAGE(deliver_reply, WIRE_DELIVER + WIRE_REPLY)

const struct wire_shape *const *
wire_shapes_out(size_t *ret_n)
{
    static const struct wire_shape *const all[] = { &wire_shape_fetch, &wire_shape_fetch_reply,
        &wire_shape_deliver, &wire_shape_deliver_reply };
    *ret_n = sizeof(all) / sizeof(all[0]);
    return all;
}

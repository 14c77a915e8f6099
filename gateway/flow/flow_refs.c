/* Statuses that others publish, asked of the courier on behalf of a request (req: NET-3). */
#include "flow_internal.h"
#include "wire_status.h"

struct asking {
    struct flow_task task; /* first: the flow's thread hands it back */
    size_t n;
    sg_result result;
    flow_checked_fn done;
    void *context;
};

static void
tell(struct flow_task *task)
{
    struct asking *asking = (struct asking *)(void *)task;
    asking->done(asking->context, asking->result);
}

static void
told(struct asking *asking, sg_result r)
{
    asking->result = r;
    flow_later(asking->task.flow, &asking->task);
}

/* Doubt is no: anything but as many verdicts as were asked for, all of them GOOD. */
static sg_result
judge(const struct asking *asking, const struct wire_status_ask_reply *reply)
{
    sg_result r = SG_DONE;
    SG_REQUIRE(reply->n_verdicts == asking->n, STATUS_UNKNOWN);
    for (size_t i = 0; i < asking->n; i++) {
        SG_REQUIRE(
            reply->verdicts[i].verdict != WIRE_BAD, ATTESTATION); /* it will not get better */
        if (reply->verdicts[i].verdict != WIRE_GOOD) {
            r = SG_ERROR(STATUS_UNKNOWN);
        }
    }
    return r;
}

/* In the courier's reader thread, which must not wait. */
static void
verdicts(void *context, sg_result r, const struct wire_frame *frame)
{
    struct asking *asking = context;
    struct wire_status_ask_reply reply;
    if (sg_ok(r)) {
        r = wire_status_ask_reply_parse(frame->body, &reply);
    }
    told(asking, sg_ok(r) ? judge(asking, &reply) : SG_ERROR(STATUS_UNKNOWN));
}

static sg_result
ask(struct flow *flow, struct sg_arena *arena, const struct wire_ref *refs, struct asking *asking)
{
    struct wire_status_ask *msg = SG_NEW(arena, struct wire_status_ask);
    SG_REQUIRE(msg != NULL, NO_MEMORY);
    SG_REQUIRE(flow->settings.courier != NULL && asking->n <= WIRE_REFS_MAX, STATUS_UNKNOWN);
    memcpy(msg->refs, refs, asking->n * sizeof(refs[0]));
    msg->n_refs = asking->n;
    struct peer *courier = flow->settings.courier;
    uint64_t id = peer_next_id(courier);
    struct sg_buf buf = sg_buf_new(arena, 1024, WIRE_FRAME_MAX);
    sg_bytes frame;
    wire_status_ask_encode(&buf, id, msg);
    /* what cannot even be asked, such as an index beyond any list, nobody knows */
    SG_REQUIRE(sg_ok(sg_buf_end(&buf, &frame)), STATUS_UNKNOWN);
    peer_ask(courier, id, frame, FLOW_COURIER_TIMEOUT_MS, verdicts, asking);
    return SG_DONE;
}

void
flow_refs_check(struct flow *flow, struct sg_arena *arena, const struct wire_ref *refs, size_t n,
    flow_checked_fn done, void *context)
{
    struct asking *asking = SG_NEW(arena, struct asking);
    if (asking == NULL) {
        done(context, SG_ERROR(NO_MEMORY));
        return;
    }
    *asking = (struct asking){
        .task = { .run = tell, .flow = flow }, .n = n, .done = done, .context = context
    };
    sg_result r = ask(flow, arena, refs, asking);
    if (!sg_ok(r)) {
        done(context, r);
    }
}

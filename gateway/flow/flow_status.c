/*
 * Changing a published status (req: STA-2): signed order -> kept -> the signer verifies and records it -> list -> published. What is kept is
 * sent again until it is decided, so the ledger is never ahead of the list for longer than a restart takes.
 */
#include "flow_internal.h"

#include <stdlib.h>

#define ORDER_MAX ((size_t)4096)
/* How far an order's own time may be from ours. */
#define ORDER_AGE_S 300
#define AGAIN_MS 1000
#define AGAIN_ARENA_MAX ((size_t)32 * 1024)
#define WAITING_ARENA_MAX ((size_t)32 * 1024 * 1024)

/* One order on its way, from a request or, `again`, from the store. Its id is nobody else's while it is listed in flow->changes. */
struct flow_change {
    struct flow_task task;
    struct flow_list *list;
    struct wire_status_order order;
    sg_bytes bytes, signature;
    int64_t now;
    uint64_t seq;
    sg_bytes frame;
    sg_result result;
    flow_status_fn done; /* NULL: again */
    void *context;
    struct sg_arena *arena; /* again: owned */
    struct flow_change *next;
};

/* ---- which orders are on their way ------------------------------------------------------------------ */

static bool
under_way(struct flow *flow, sg_bytes id)
{
    pthread_mutex_lock(&flow->changes_lock);
    struct flow_change *change = flow->changes;
    while (change != NULL && !sg_bytes_equal(change->order.id, id)) {
        change = change->next;
    }
    pthread_mutex_unlock(&flow->changes_lock);
    return change != NULL;
}

static void
enlist(struct flow_change *change)
{
    struct flow *flow = change->task.flow;
    pthread_mutex_lock(&flow->changes_lock);
    change->next = flow->changes;
    flow->changes = change;
    pthread_mutex_unlock(&flow->changes_lock);
}

static void
delist(struct flow_change *change)
{
    struct flow *flow = change->task.flow;
    pthread_mutex_lock(&flow->changes_lock);
    struct flow_change **at = &flow->changes;
    while (*at != change) {
        at = &(*at)->next;
    }
    *at = change->next;
    pthread_mutex_unlock(&flow->changes_lock);
}

bool
flow_orders_busy(struct flow *flow)
{
    pthread_mutex_lock(&flow->changes_lock);
    bool busy = flow->changes != NULL;
    pthread_mutex_unlock(&flow->changes_lock);
    return busy;
}

static void
answer(struct flow_change *change, sg_result r)
{
    struct flow_status_changed changed = {
        .list = change->order.list,
        .idx = change->order.idx,
        .value = change->order.value,
        .seq = change->seq,
    };
    change->done(change->context, r, sg_ok(r) ? &changed : NULL);
}

static void
finish(struct flow_change *change, sg_result r)
{
    struct flow *flow = change->task.flow;
    delist(change);
    if (change->done != NULL) {
        answer(change, r);
        return;
    }
    if (flow->settings.order_told != NULL) {
        flow->settings.order_told(change->order.list, change->order.idx, r);
    }
    struct sg_arena *arena = change->arena;
    sg_arena_free(&arena);
}

/* ---- decided by the signer ------------------------------------------------------------------------------ */

/* Durable first, then what is served. */
static sg_result
apply(struct flow_change *change)
{
    uint64_t version;
    SG_TRY(store_order_apply(change->task.flow->store, change->order.id, change->now, &version));
    return tsl_board_load(change->list->board, change->order.idx, (uint8_t)change->order.value);
}

/* Nobody knows whether it is on record: neither applied nor dropped, but asked about again. */
static bool
is_open(sg_result r)
{
    enum sg_class class_ = sg_code_row(r.code)->class_;
    return class_ == SG_CLASS_UPSTREAM || class_ == SG_CLASS_INTERNAL || class_ == SG_CLASS_LIMIT;
}

static void
ask_again(struct flow *flow)
{
    atomic_store(&flow->orders_due, true);
}

/* Background thread: orders are applied one after the other. */
static void
decided_run(struct flow_task *task)
{
    struct flow_change *change = (struct flow_change *)(void *)task;
    sg_result r = change->result;
    /* asked again, the signer says so of what it recorded the first time */
    if (sg_ok(r) || (r.code == SG_E_REPLAY && change->done == NULL)) {
        r = apply(change);
        if (!sg_ok(r)) {
            ask_again(task->flow);
        }
    } else if (is_open(r) || !sg_ok(store_order_drop(task->flow->store, change->order.id))) {
        ask_again(task->flow);
    }
    finish(change, r);
}

static void
recorded(void *context, sg_result r, const struct wire_frame *frame)
{
    struct flow_change *change = context;
    struct wire_noted noted = { 0 };
    if (sg_ok(r)) {
        r = wire_noted_parse(frame->body, &noted);
    }
    change->seq = noted.seq;
    change->result = r;
    flow_later(change->task.flow, &change->task);
}

/* ---- asking ------------------------------------------------------------------------------------------------ */

static sg_result
frame_make(struct flow_change *change, struct sg_arena *arena, uint64_t id)
{
    struct sg_buf buf = sg_buf_new(arena, change->bytes.n + 256, WIRE_FRAME_MAX);
    struct wire_status_order_note note = {
        .order = change->bytes,
        .signature = change->signature,
    };
    wire_status_order_note_encode(&buf, id, &note);
    return sg_buf_end(&buf, &change->frame);
}

static void
ask(struct flow_change *change, uint64_t id)
{
    struct flow *flow = change->task.flow;
    peer_ask(flow->signer, id, change->frame, flow->settings.signer_timeout_ms, recorded, change);
}

static sg_result
check_change(const struct flow_change *change, uint8_t present)
{
    return tsl_change_check(
        tsl_board_bits(change->list->board), present, (uint8_t)change->order.value);
}

static sg_result
check(struct flow *flow, struct flow_change *change, sg_str client)
{
    uint8_t present;
    SG_REQUIRE(change->bytes.n <= ORDER_MAX, TOO_LARGE);
    SG_TRY(wire_status_order_parse(change->bytes, &change->order));
    SG_REQUIRE(
        sg_str_equal(change->order.orderer, client), POLICY); /* nobody orders in another's name */
    SG_REQUIRE(change->order.ordered_at <= change->now + ORDER_AGE_S &&
                   change->order.ordered_at >= change->now - ORDER_AGE_S,
        EXPIRED);
    change->list = flow_list_by_uri(flow, change->order.list);
    SG_REQUIRE(change->list != NULL, NOT_FOUND);
    SG_REQUIRE(change->order.value <= TSL_SUSPENDED, VALUE);
    SG_TRY(tsl_board_get(change->list->board, change->order.idx, &present));
    return check_change(change, present);
}

/*
 * From here on a crash leaves the order in the store. It looks again at the entry as the store has it: as long as this order waits no other can
 * change it.
 */
static sg_result
keep(struct flow *flow, struct flow_change *change)
{
    struct store_order row = {
        .id = change->order.id,
        .list = sg_cstr(change->list->name),
        .idx = change->order.idx,
        .value = change->order.value,
        .order = change->bytes,
        .signature = change->signature,
        .at = change->now,
    };
    uint64_t present;
    SG_TRY(store_order_wait(flow->store, &row, &present));
    sg_result r = check_change(change, (uint8_t)present);
    if (!sg_ok(r) && !sg_ok(store_order_drop(flow->store, change->order.id))) {
        ask_again(flow);
    }
    return r;
}

void
flow_status_order(struct flow *flow, struct sg_arena *arena, sg_str client, sg_bytes order,
    sg_bytes signature, int64_t now, flow_status_fn done, void *context)
{
    struct flow_change *change = SG_NEW(arena, struct flow_change);
    if (change == NULL) {
        done(context, SG_ERROR(NO_MEMORY), NULL);
        return;
    }
    change->task.run = decided_run;
    change->task.flow = flow;
    change->bytes = order;
    change->signature = signature;
    change->now = now;
    change->done = done;
    change->context = context;
    sg_result r = check(flow, change, client);
    uint64_t id = peer_next_id(flow->signer);
    if (sg_ok(r)) {
        r = frame_make(change, arena, id);
    }
    if (!sg_ok(r)) {
        answer(change, r);
        return;
    }
    enlist(change); /* before it is in the store, where flow_orders_round would find it */
    r = keep(flow, change);
    if (!sg_ok(r)) {
        finish(change, r);
        return;
    }
    ask(change, id);
}

/* ---- again -------------------------------------------------------------------------------------------------- */

static sg_result
take_up(struct flow *flow, const struct store_order *row, struct sg_arena *arena, int64_t now,
    struct flow_change **ret)
{
    struct flow_change *change = SG_NEW(arena, struct flow_change);
    SG_REQUIRE(change != NULL, NO_MEMORY);
    change->task.run = decided_run;
    change->task.flow = flow;
    change->arena = arena;
    change->now = now;
    SG_TRY(sg_arena_bytes(arena, row->order, &change->bytes));
    SG_TRY(sg_arena_bytes(arena, row->signature, &change->signature));
    SG_TRY(wire_status_order_parse(change->bytes, &change->order));
    change->list = flow_list_by_name(flow, row->list);
    SG_REQUIRE(change->list != NULL, NOT_FOUND);
    *ret = change;
    return SG_DONE;
}

static sg_result
send_again(struct flow *flow, const struct store_order *row, int64_t now)
{
    struct sg_arena *arena = sg_arena_new(2048, AGAIN_ARENA_MAX);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    struct flow_change *change = NULL;
    sg_result r = take_up(flow, row, arena, now, &change);
    uint64_t id = peer_next_id(flow->signer);
    uint8_t present = 0;
    if (sg_ok(r)) {
        r = frame_make(change, arena, id);
    }
    if (sg_ok(r)) {
        r = tsl_board_get(change->list->board, change->order.idx, &present);
    }
    if (!sg_ok(r)) {
        sg_arena_free(&arena);
        return r;
    }
    enlist(change);
    r = check_change(change, present);
    if (sg_ok(r)) {
        ask(change, id);
    } else { /* was found out before it was sent, then the process ended */
        change->result = r;
        decided_run(&change->task);
    }
    return SG_DONE;
}

static sg_result
send_all(struct flow *flow, struct sg_arena *arena, int64_t now)
{
    const struct store_order *rows;
    size_t n;
    SG_TRY(store_orders_waiting(flow->store, arena, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        if (!under_way(flow, rows[i].id)) {
            SG_TRY(send_again(flow, &rows[i], now));
        }
    }
    return n < STORE_ORDERS_MAX ? SG_DONE : SG_ERROR(TOO_MANY);
}

void
flow_orders_round(struct flow *flow, int64_t now, int64_t now_ms)
{
    if (now_ms < flow->orders_retry_ms || !atomic_exchange(&flow->orders_due, false)) {
        return;
    }
    flow->orders_retry_ms = now_ms + AGAIN_MS;
    struct sg_arena *arena = sg_arena_new(0, WAITING_ARENA_MAX);
    sg_result r = arena == NULL ? SG_ERROR(NO_MEMORY) : send_all(flow, arena, now);
    sg_arena_free(&arena);
    if (!sg_ok(r)) {
        ask_again(flow);
    }
}

sg_result
flow_status_value(struct flow *flow, sg_str list_uri, uint64_t idx, uint8_t *ret)
{
    struct flow_list *list = flow_list_by_uri(flow, list_uri);
    SG_REQUIRE(list != NULL, NOT_FOUND);
    return tsl_board_get(list->board, idx, ret);
}

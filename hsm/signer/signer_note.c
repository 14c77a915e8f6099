/* EVENT_NOTE and STATUS_ORDER. Budgets: excess is one counted record, and a full budget never stops signing. req: EV-5, STA-2 */
#include <stdlib.h>

#include "signer.h"

#define ORDER_AGE_S 300 /* an order is sent when it is made */

static const char *const kinds[SIGNER_NOTE_KINDS] = { "login", "settings", "client-auth", "start",
    "stop" };

bool
signer_budget_take(struct signer_budget *budget, int64_t boot_ms)
{
    if (boot_ms - budget->since_ms >= budget->window_ms && budget->excess == 0) {
        budget->since_ms = boot_ms;
        budget->used = 0;
    }
    if (budget->used < budget->per_window) {
        budget->used++;
        return true;
    }
    budget->excess++;
    return false;
}

uint64_t
signer_budget_excess(struct signer_budget *budget, int64_t boot_ms)
{
    if (budget->excess == 0 || boot_ms - budget->since_ms < budget->window_ms) {
        return 0;
    }
    uint64_t excess = budget->excess;
    budget->excess = 0;
    budget->since_ms = boot_ms;
    budget->used = 0;
    return excess;
}

struct signer_note *
signer_note_new(enum wire_record_type type, sg_bytes body)
{
    struct signer_note *note = calloc(1, sizeof(*note));
    uint8_t *copy = malloc(body.n == 0 ? 1 : body.n);
    if (note == NULL || copy == NULL) {
        free(note);
        free(copy);
        return NULL;
    }
    if (body.n > 0) {
        memcpy(copy, body.p, body.n);
    }
    note->type = type;
    note->body = sg_bytes_of(copy, body.n);
    return note;
}

sg_result
signer_note_close(struct signer_note *note, sg_bytes closed)
{
    uint8_t *copy = malloc(closed.n == 0 ? 1 : closed.n);
    SG_REQUIRE(copy != NULL, NO_MEMORY);
    if (closed.n > 0) {
        memcpy(copy, closed.p, closed.n);
    }
    note->closed.bytes = sg_bytes_of(copy, closed.n);
    return SG_DONE;
}

static sg_result
noted(struct signer *s, enum wire_record_type type, sg_str kind, sg_bytes body, sg_bytes signature,
    uint64_t count, struct signer_note **ret)
{
    struct wire_noted_event rec = { .kind = kind,
        .body = body,
        .signature = signature,
        .at_ms = s->env.now.utc_ms,
        .count = count };
    sg_bytes encoded;
    SG_TRY(wire_noted_event_encode(s->scratch, &rec, &encoded));
    *ret = signer_note_new(type, encoded);
    SG_REQUIRE(*ret != NULL, NO_MEMORY);
    return SG_DONE;
}

static size_t
kind_of(sg_str kind)
{
    size_t i = 0;
    while (i < SIGNER_NOTE_KINDS && !sg_str_is(kind, kinds[i])) {
        i++;
    }
    return i;
}

void
signer_note_answer_to(
    struct signer_note *note, struct signer_peer *peer, const struct wire_frame *frame)
{
    note->peer = peer;
    note->request_id = frame->request_id;
    note->request_type = frame->type;
}

static sg_result
event_note(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    struct wire_event_note msg;
    struct signer_note *note = NULL;
    SG_TRY(wire_event_note_parse(frame->body, &msg));
    size_t kind = kind_of(msg.kind);
    SG_REQUIRE(kind < SIGNER_NOTE_KINDS, VALUE);
    SG_REQUIRE(s->phase == SIGNER_SERVES, NOT_READY);
    if (!signer_budget_take(&s->note_budgets[kind], s->env.now.boot_ms)) {
        struct wire_noted counted = { 0 };
        struct sg_buf buf = sg_buf_new(s->scratch, 32, WIRE_FRAME_MAX);
        wire_noted_encode(&buf, frame->type, frame->request_id, &counted);
        signer_peer_put(peer, &buf);
        return SG_DONE;
    }
    SG_TRY(noted(s, WIRE_REC_NOTED_EVENT, msg.kind, msg.body, SG_NO_BYTES, 1, &note));
    signer_note_answer_to(note, peer, frame);
    signer_note_put(s, note);
    return SG_DONE;
}

void
signer_on_event_note(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    sg_result r = event_note(s, peer, frame);
    if (!sg_ok(r)) {
        signer_refuse(s, peer, frame->request_id, r);
    }
}

static sg_result
order_name(sg_bytes encoded, uint8_t ret_name[SG_SHA256_LEN], uint8_t ret_hash[SG_SHA256_LEN])
{
    struct wire_status_order order;
    SG_TRY(wire_status_order_parse(encoded, &order));
    sg_bytes parts[] = { order.id, sg_str_bytes(order.orderer) };
    sg_tagged_hash("sealgate/status-order-id/v1", parts, 2, ret_name);
    sg_sha256(encoded, ret_hash);
    return SG_DONE;
}

static sg_result
status_order(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    struct wire_status_order_note msg;
    struct wire_status_order order;
    struct signer_note *note = NULL;
    int64_t now = s->env.now.utc_ms / 1000;
    uint8_t name[SG_SHA256_LEN], hash[SG_SHA256_LEN];
    SG_TRY(wire_status_order_note_parse(frame->body, &msg));
    SG_REQUIRE(s->phase == SIGNER_SERVES, NOT_READY);
    SG_TRY(order_name(msg.order, name, hash));
    /* First: a gateway that lost our answer asks again, however late and whatever became of the client since. */
    sg_result known = ledger_order_known(s->ledger, name, hash);
    if (known.code != SG_E_NOT_FOUND) {
        return known;
    }
    SG_TRY(act_status_order(s->registry, s->scratch, msg.order, msg.signature, &order));
    SG_REQUIRE(order.ordered_at > now - ORDER_AGE_S, EXPIRED);
    SG_REQUIRE(order.ordered_at <= now + REG_AHEAD_S, NOT_YET);
    SG_TRY(noted(
        s, WIRE_REC_STATUS_ORDER, SG_LIT("status-order"), msg.order, msg.signature, 1, &note));
    signer_note_answer_to(note, peer, frame);
    note->once = true;
    memcpy(note->name, name, sizeof(name));
    memcpy(note->hash, hash, sizeof(hash));
    signer_note_put(s, note);
    return SG_DONE;
}

void
signer_on_status_order(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    sg_result r = status_order(s, peer, frame);
    if (!sg_ok(r)) {
        signer_log(SIGNER_WARN, "refused", "id=%016llx code=%s gate=status-order",
            (unsigned long long)frame->request_id, sg_code_row(r.code)->name);
        signer_refuse(s, peer, frame->request_id, r);
    }
}

static void
put_excess(struct signer *s, struct signer_budget *budget, sg_str kind)
{
    struct signer_note *note = NULL;
    uint64_t excess = signer_budget_excess(budget, s->env.now.boot_ms);
    if (excess > 0 &&
        sg_ok(noted(s, WIRE_REC_NOTED_EVENT, kind, SG_NO_BYTES, SG_NO_BYTES, excess, &note))) {
        signer_note_put(s, note);
    }
}

void
signer_notes_tick(struct signer *s)
{
    if (s->phase != SIGNER_SERVES) {
        return;
    }
    for (size_t i = 0; i < SIGNER_NOTE_KINDS; i++) {
        put_excess(s, &s->note_budgets[i], sg_cstr(kinds[i]));
    }
    put_excess(s, &s->person_budget, SG_LIT("person-events"));
    put_excess(s, &s->refusal_budget, SG_LIT("refusals"));
}

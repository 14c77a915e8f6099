/* Order, hashes and tree of a ledger; what the bodies mean is in evid_policy.c and evid_consent.c. */
#include "evid_ledger.h"

#include <stdlib.h>

#include "evid_replay.h"
#include "wire_closed.h"

#define SCRATCH_MAX ((size_t)4 * 1024 * 1024)

void
evid_found(struct evid_ledger *l, const char *rule, const char *detail)
{
    struct evid_ledger_result *r = &l->result;
    r->n_findings_all++;
    if (r->n_findings < EVID_FINDINGS_MAX) {
        r->findings[r->n_findings++] =
            (struct evid_finding){ .seq = l->next, .rule = rule, .detail = sg_cstr(detail) };
    }
}

sg_result
evid_list_add(struct evid_ledger *l, struct evid_list *list, void *item)
{
    SG_REQUIRE(item != NULL, NO_MEMORY);
    if (list->n == list->cap) {
        size_t cap = list->cap == 0 ? 16 : list->cap * 2;
        void **items = SG_NEW_ARRAY(l->arena, cap, void *);
        SG_REQUIRE(items != NULL, NO_MEMORY);
        if (list->n > 0) {
            memcpy(items, list->items, list->n * sizeof(*items));
        }
        list->items = items;
        list->cap = cap;
    }
    list->items[list->n++] = item;
    return SG_DONE;
}

sg_result
evid_ledger_new(struct sg_arena *arena, struct evid_ledger **ret)
{
    struct evid_ledger *l = SG_NEW(arena, struct evid_ledger);
    SG_REQUIRE(l != NULL, NO_MEMORY);
    l->arena = arena;
    l->intents.arena = arena;
    l->operations.arena = arena;
    l->instructions.arena = arena;
    l->references.arena = arena;
    l->key_places.arena = arena;
    l->holder_places.arena = arena;
    l->passkey_places.arena = arena;
    l->decision_places.arena = arena;
    l->spent.arena = arena;
    l->scratch = sg_arena_new((size_t)256 * 1024, SCRATCH_MAX);
    SG_REQUIRE(l->scratch != NULL, NO_MEMORY);
    *ret = l;
    return SG_DONE;
}

void
evid_ledger_done(struct evid_ledger *l)
{
    for (size_t i = 0; i < l->persons.n; i++) {
        jwk_key_free(&((struct evid_person *)l->persons.items[i])->key);
    }
    for (size_t i = 0; i < l->clients.n; i++) {
        jwk_key_free(&((struct evid_client *)l->clients.items[i])->key);
    }
    sg_arena_free(&l->scratch);
}

sg_result
evid_ledger_expect(struct evid_ledger *l, sg_str checkpoint, const struct tlog_vkey *log_key)
{
    SG_REQUIRE(l->next == 0, CONFLICT);
    SG_TRY(tlog_checkpoint_open(l->arena, checkpoint, log_key, &l->expected));
    l->expects = true;
    return SG_DONE;
}

/* ---- the tree ------------------------------------------------------------------------------------ */

static struct tlog_hash
root_now(const struct evid_ledger *l)
{
    if (l->n_row == 0) {
        return tlog_empty_root();
    }
    size_t n = l->n_row;
    struct tlog_hash h = l->row[--n];
    while (n > 0) {
        h = tlog_node_hash(l->row[--n], h);
    }
    return h;
}

static void
extend(struct evid_ledger *l, sg_bytes entry)
{
    struct tlog_hash h = tlog_leaf_hash(entry);
    for (uint64_t size = l->next; (size & 1) != 0; size >>= 1) {
        h = tlog_node_hash(l->row[--l->n_row], h);
    }
    l->row[l->n_row++] = h;
}

static void
pass_checkpoint(struct evid_ledger *l)
{
    if (l->expects && l->next == l->expected.size) {
        l->root_there = root_now(l);
        l->passed = true;
    }
}

/* ---- a record ------------------------------------------------------------------------------------ */

static sg_result
grow_waiting(struct evid_ledger *l)
{
    if (l->next < l->n_waiting) {
        return SG_DONE;
    }
    size_t cap = l->n_waiting == 0 ? 4096 : l->n_waiting * 2;
    uint8_t *waiting = sg_arena_alloc(l->arena, cap);
    SG_REQUIRE(waiting != NULL, NO_MEMORY);
    if (l->n_waiting > 0) {
        memcpy(waiting, l->waiting, l->n_waiting);
    }
    l->waiting = waiting;
    l->n_waiting = cap;
    return SG_DONE;
}

static sg_result
closed_refusal(struct evid_ledger *l, const struct wire_refusal *refusal)
{
    struct wire_intent *in = SG_NEW(l->scratch, struct wire_intent);
    SG_REQUIRE(in != NULL, NO_MEMORY);
    if (evid_expect(l, sg_ok(wire_intent_parse(refusal->intent, in)), "body-form", "intent")) {
        evid_note_closed(l, in->key);
    }
    return SG_DONE;
}

static sg_result
replay_refusal(struct evid_ledger *l, const struct evid_record *record)
{
    struct wire_refusal *refusal = SG_NEW(l->scratch, struct wire_refusal);
    SG_REQUIRE(refusal != NULL, NO_MEMORY);
    if (!evid_expect(l, sg_ok(wire_refusal_parse(record->body, refusal)), "body-form", "REFUSAL")) {
        return SG_DONE;
    }
    if (record->closed.n == 0) {
        return refusal->closed.n == 0 ? SG_DONE : closed_refusal(l, refusal);
    }
    sg_result r = wire_refusal_open(l->scratch, record->salt, record->closed, refusal);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    evid_expect(l, sg_ok(r), "opening", "the closed part is not the one committed to");
    return SG_DONE;
}

static sg_result
replay_body(struct evid_ledger *l, const struct wire_entry *entry, const struct evid_record *record)
{
    sg_bytes body = record->body;
    switch ((enum wire_record_type)entry->type) {
    case WIRE_REC_GENESIS:
        return evid_replay_genesis(l, body);
    case WIRE_REC_CONSENT:
        return evid_replay_consent(l, record, entry->at_ms);
    case WIRE_REC_OUTCOME:
        return evid_replay_outcome(l, body);
    case WIRE_REC_KEY_EVENT:
    case WIRE_REC_POLICY_EVENT:
        return evid_replay_policy(l, entry->type, body);
    case WIRE_REC_STATUS_ORDER:
        return evid_replay_order(l, body);
    case WIRE_REC_REFUSAL:
        return replay_refusal(l, record);
    case WIRE_REC_PERSON_EVENT:
        return evid_replay_person(l, body);
    case WIRE_REC_NOTED_EVENT: {
        struct wire_noted_event noted;
        evid_expect(l, sg_ok(wire_noted_event_parse(body, &noted)), "body-form", "NOTED_EVENT");
        return SG_DONE;
    }
    }
    evid_found(l, "entry-form", "unknown type");
    return SG_DONE;
}

static sg_result
replay(struct evid_ledger *l, const struct evid_record *record)
{
    struct wire_entry entry;
    if (!evid_expect(l, sg_ok(wire_entry_parse(record->entry, &entry)), "entry-form",
            "the entry is not well formed")) {
        return SG_DONE;
    }
    evid_expect(l, entry.at_ms >= l->last_at_ms, "time-order", "earlier than the record before");
    l->last_at_ms = entry.at_ms > l->last_at_ms ? entry.at_ms : l->last_at_ms;
    evid_expect(l, (entry.type == WIRE_REC_GENESIS) == (l->next == 0), "genesis",
        "GENESIS is record 0 and no other");
    l->result.n_by_type[entry.type & 15]++;
    if (record->body.n == 0) {
        l->result.n_erased++;
        return SG_DONE;
    }
    if (!evid_expect(l, evid_body_fits(&entry, record), "body-hash",
            "body and blind do not have the entry's hash")) {
        return SG_DONE;
    }
    return replay_body(l, &entry, record);
}

sg_result
evid_ledger_feed(struct evid_ledger *l, const struct evid_record *record)
{
    SG_REQUIRE(record->seq == l->next, CONFLICT);
    SG_TRY(grow_waiting(l));
    sg_arena_reset(l->scratch);
    pass_checkpoint(l);
    SG_TRY(replay(l, record));
    extend(l, record->entry);
    l->next++;
    return SG_DONE;
}

/* ---- the end ------------------------------------------------------------------------------------- */

sg_result
evid_ledger_end(struct evid_ledger *l, struct evid_ledger_result *ret)
{
    pass_checkpoint(l);
    evid_expect(l, l->next > 0, "genesis", "the ledger is empty");
    if (l->expects) {
        evid_expect(l, l->passed, "checkpoint-size", "the checkpoint has more records");
        evid_expect(l,
            !l->passed || memcmp(l->root_there.b, l->expected.root.b, TLOG_HASH_LEN) == 0,
            "checkpoint-root", "the tree differs from the checkpoint");
        evid_expect(l,
            l->result.origin.n == 0 || sg_str_equal(l->result.origin, l->expected.origin), "origin",
            "the checkpoint is of another log");
    }
    evid_end_persons(l);
    for (uint64_t i = 0; i < l->next; i++) {
        l->result.n_consents_open += l->waiting[i] != 0;
    }
    l->result.n_records = l->next;
    l->result.root = root_now(l);
    *ret = l->result;
    evid_ledger_done(l);
    return SG_DONE;
}

static int
by_place(const void *a, const void *b)
{
    const struct evid_status *x = *(const struct evid_status *const *)a;
    const struct evid_status *y = *(const struct evid_status *const *)b;
    size_t n = x->uri.n < y->uri.n ? x->uri.n : y->uri.n;
    int c = memcmp(x->uri.p, y->uri.p, n);
    if (c == 0) {
        c = (x->uri.n > y->uri.n) - (x->uri.n < y->uri.n);
    }
    return c != 0 ? c : (x->idx > y->idx) - (x->idx < y->idx);
}

sg_result
evid_ledger_lists(struct evid_ledger *l, evid_list_fn each, void *context)
{
    if (l->statuses.n > 0) {
        qsort(l->statuses.items, l->statuses.n, sizeof(void *), by_place);
    }
    for (size_t i = 0; i < l->statuses.n; i++) {
        const struct evid_status *s = l->statuses.items[i];
        SG_TRY(each(context, s->uri, s->idx, s->value));
    }
    return SG_DONE;
}

/* Operators, clients, mandates, keys: replayed from GENESIS, each operation with the signatures it needs (KEY-8, AU-1, AU-8). docs/evidence.md. */
#include "evid_replay.h"

/* What an operation needs, and the word of its record. The signer's own table says the same; this one is for those who do not trust it. */
struct rule {
    uint64_t kind;
    uint64_t state; /* KEY_STATE: the state asked for; 0 any */
    uint64_t roles; /* one of these */
    bool dual;
    const char *event;
};
#define CUSTODIAN WIRE_ROLE_KEY_CUSTODIAN
#define REGISTRATION WIRE_ROLE_REGISTRATION
#define ADMINISTRATOR WIRE_ROLE_ADMINISTRATOR
#define HALT_ROLES (CUSTODIAN | REGISTRATION | ADMINISTRATOR)
static const struct rule rules[] = {
    { WIRE_OPN_KEY_GENERATE, 0, CUSTODIAN, true, "key-created" },
    { WIRE_OPN_KEY_STATE, WIRE_KEY_ACTIVE, CUSTODIAN, true, "key-activated" },
    { WIRE_OPN_KEY_STATE, WIRE_KEY_SUSPENDED, CUSTODIAN | ADMINISTRATOR, false, "key-suspended" },
    { WIRE_OPN_KEY_STATE, WIRE_KEY_REVOKED, CUSTODIAN, true, "key-revoked" },
    { WIRE_OPN_KEY_STATE, WIRE_KEY_DESTROYED, CUSTODIAN, true, "key-destroyed" },
    { WIRE_OPN_KEY_CERTIFY, 0, CUSTODIAN, true, "key-certified" },
    { WIRE_OPN_KEY_STATUS, 0, CUSTODIAN, true, "key-status-set" },
    { WIRE_OPN_CLIENT_SET, 0, REGISTRATION | ADMINISTRATOR, true, "client-set" },
    { WIRE_OPN_MANDATE_SET, 0, REGISTRATION | ADMINISTRATOR, true, "mandate-set" },
    { WIRE_OPN_OPERATOR_SET, 0, ADMINISTRATOR, true, "operator-set" },
    { WIRE_OPN_RESUME, 0, ADMINISTRATOR, true, "resumed" },
    { WIRE_OPN_LEDGER_ACCEPT, 0, ADMINISTRATOR, true, "ledger-accepted" },
    { WIRE_OPN_PERSON_ENROL, 0, REGISTRATION | ADMINISTRATOR, true, "enrolment-approved" },
    { WIRE_OPN_PERSON_STATE, WIRE_KEY_ACTIVE, REGISTRATION | ADMINISTRATOR, true,
        "person-unlocked" },
    { WIRE_OPN_PERSON_STATE, WIRE_KEY_SUSPENDED, REGISTRATION | ADMINISTRATOR, false,
        "person-locked" },
    { WIRE_OPN_PERSON_STATE, WIRE_KEY_DESTROYED, REGISTRATION | ADMINISTRATOR, true,
        "person-left" },
    { WIRE_OPN_PASSKEY_STATE, WIRE_KEY_ACTIVE, REGISTRATION | ADMINISTRATOR, true,
        "passkey-confirmed" },
    { WIRE_OPN_PASSKEY_STATE, WIRE_KEY_DESTROYED, REGISTRATION | ADMINISTRATOR, true,
        "passkey-removed" },
};

static const struct rule *
rule_of(const struct wire_operation_msg *op)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].kind == op->kind && (rules[i].state == 0 || rules[i].state == op->state)) {
            return &rules[i];
        }
    }
    return NULL;
}

/* ---- finding ------------------------------------------------------------------------------------- */

static struct evid_person *
find_person(struct evid_ledger *l, sg_str name)
{
    for (size_t i = 0; i < l->persons.n; i++) {
        struct evid_person *p = l->persons.items[i];
        if (sg_str_equal(p->name, name)) {
            return p;
        }
    }
    return NULL;
}

struct evid_client *
evid_find_client(struct evid_ledger *l, sg_str id)
{
    for (size_t i = 0; i < l->clients.n; i++) {
        struct evid_client *c = l->clients.items[i];
        if (sg_str_equal(c->id, id)) {
            return c;
        }
    }
    return NULL;
}

struct evid_mandate *
evid_find_mandate(struct evid_ledger *l, sg_bytes id)
{
    for (size_t i = 0; i < l->mandates.n; i++) {
        struct evid_mandate *m = l->mandates.items[i];
        if (sg_bytes_equal(m->mandate.id, id)) {
            return m;
        }
    }
    return NULL;
}

/* Persons have keys by the million: by hash, not one after the other. */
struct evid_key *
evid_find_key(struct evid_ledger *l, sg_bytes thumbprint)
{
    if (thumbprint.n != WIRE_THUMBPRINT_LEN) {
        return NULL;
    }
    const uint64_t *at = evid_map_find(&l->key_places, thumbprint.p);
    return at == NULL ? NULL : l->keys.items[*at - 1];
}

sg_result
evid_add_key(struct evid_ledger *l, sg_bytes thumbprint, struct evid_key **ret)
{
    struct evid_key *k = SG_NEW(l->arena, struct evid_key);
    SG_TRY(evid_list_add(l, &l->keys, k));
    memcpy(k->thumbprint, thumbprint.p, WIRE_THUMBPRINT_LEN);
    SG_TRY(evid_map_put(&l->key_places, k->thumbprint, l->keys.n));
    *ret = k;
    return SG_DONE;
}

/* ---- applying ------------------------------------------------------------------------------------ */

static sg_result
set_person(struct evid_ledger *l, const struct wire_operation_msg *op)
{
    struct evid_person *p = find_person(l, op->name);
    if (p == NULL) {
        p = SG_NEW(l->arena, struct evid_person);
        SG_TRY(evid_list_add(l, &l->persons, p));
        SG_TRY(sg_arena_str(l->arena, op->name, &p->name));
    }
    SG_TRY(sg_arena_str(l->arena, op->person, &p->person));
    p->roles = op->roles;
    p->active = op->active;
    jwk_key_free(&p->key);
    evid_expect(l, sg_ok(evid_key_of(l->scratch, op->spki, &p->key, &p->alg)), "operator",
        "the public key is not valid");
    return SG_DONE;
}

static sg_result
set_client(struct evid_ledger *l, const struct wire_operation_msg *op)
{
    struct evid_client *c = evid_find_client(l, op->name);
    if (c == NULL) {
        c = SG_NEW(l->arena, struct evid_client);
        SG_TRY(evid_list_add(l, &l->clients, c));
        SG_TRY(sg_arena_str(l->arena, op->name, &c->id));
    }
    c->active = op->active;
    jwk_key_free(&c->key);
    if (op->spki.n > 0) {
        evid_expect(l, sg_ok(evid_key_of(l->scratch, op->spki, &c->key, &c->alg)), "client",
            "the public key is not valid");
    }
    return SG_DONE;
}

static sg_result
keep_mandate(struct sg_arena *arena, const struct wire_mandate *from, struct wire_mandate *ret)
{
    *ret = *from;
    SG_TRY(sg_arena_bytes(arena, from->id, &ret->id));
    SG_TRY(sg_arena_str(arena, from->client, &ret->client));
    SG_TRY(sg_arena_bytes(arena, from->key, &ret->key));
    for (size_t i = 0; i < from->n_configurations; i++) {
        SG_TRY(sg_arena_str(arena, from->configurations[i], &ret->configurations[i]));
    }
    return SG_DONE;
}

/* A mandate that is set again with the same window goes on counting where it was. */
static sg_result
set_mandate(struct evid_ledger *l, const struct wire_operation_msg *op)
{
    struct evid_mandate *m = evid_find_mandate(l, op->mandate.id);
    if (m == NULL) {
        m = SG_NEW(l->arena, struct evid_mandate);
        SG_TRY(evid_list_add(l, &l->mandates, m));
    } else if (m->mandate.window_s != op->mandate.window_s) {
        m->used = 0;
        m->window = 0;
    }
    m->seq = l->next;
    return keep_mandate(l->arena, &op->mandate, &m->mandate);
}

static sg_result
set_key(struct evid_ledger *l, sg_bytes thumbprint, uint64_t state)
{
    struct evid_key *k = evid_find_key(l, thumbprint);
    if (!evid_expect(l, thumbprint.n == WIRE_THUMBPRINT_LEN, "operation", "no key is named")) {
        return SG_DONE;
    }
    if (k == NULL) {
        if (!evid_expect(l, state == WIRE_KEY_CREATED, "key-state", "no event made this key")) {
            return SG_DONE;
        }
        SG_TRY(evid_add_key(l, thumbprint, &k));
    } else {
        evid_expect(l, k->state != WIRE_KEY_DESTROYED && state != WIRE_KEY_CREATED, "key-state",
            "made twice, or changed after its destruction");
        evid_expect(l, k->state != WIRE_KEY_REVOKED || state == WIRE_KEY_DESTROYED, "key-state",
            "changed after its revocation");
    }
    k->state = state;
    k->state_seq = l->next;
    return SG_DONE;
}

static void
resume(struct evid_ledger *l, sg_bytes key)
{
    if (key.n == 0) {
        l->halted = false;
    }
    for (size_t i = 0; i < l->keys.n; i++) {
        struct evid_key *k = l->keys.items[i];
        if (key.n == 0 || sg_bytes_equal(key, SG_BYTES(k->thumbprint))) {
            k->halted = false;
        }
    }
}

static sg_result
apply(struct evid_ledger *l, const struct wire_operation_msg *op, const struct wire_policy_event *e)
{
    switch ((enum wire_op_kind)op->kind) {
    case WIRE_OPN_KEY_GENERATE:
        return set_key(l, e->key, WIRE_KEY_CREATED);
    case WIRE_OPN_KEY_STATE:
        return set_key(l, op->key, op->state);
    case WIRE_OPN_CLIENT_SET:
        return set_client(l, op);
    case WIRE_OPN_MANDATE_SET:
        return set_mandate(l, op);
    case WIRE_OPN_OPERATOR_SET:
        return set_person(l, op);
    case WIRE_OPN_RESUME:
        resume(l, op->key);
        return SG_DONE;
    case WIRE_OPN_KEY_STATUS:
        return evid_note_lists(l, &op->ref, 1);
    case WIRE_OPN_KEY_CERTIFY:
    case WIRE_OPN_LEDGER_ACCEPT:
    case WIRE_OPN_PERSON_ENROL: /* persons are followed by their own events */
    case WIRE_OPN_PERSON_STATE:
    case WIRE_OPN_PASSKEY_STATE:
        return SG_DONE;
    }
    return SG_DONE;
}

/* ---- signatures ---------------------------------------------------------------------------------- */

static const struct evid_person *
signer_of(struct evid_ledger *l, sg_str name, uint64_t roles, const char *tag, sg_bytes bytes,
    sg_bytes signature)
{
    const struct evid_person *p = find_person(l, name);
    if (!evid_expect(l, p != NULL && p->active, "operator", "not registered or not active")) {
        return NULL;
    }
    evid_expect(l, (p->roles & roles) != 0, "operator-role", "the role does not cover this");
    evid_expect(l,
        p->key != NULL && sg_ok(evid_signed_by(l->scratch, p->key, p->alg, tag, bytes, signature)),
        "operator-signature", "the signature does not verify");
    return p;
}

/* An operation counts once; KEY_GENERATE leaves one event per key. */
static sg_result
count_operation(struct evid_ledger *l, const struct wire_operation_msg *op, const uint8_t id[32])
{
    uint64_t allowed = op->kind == WIRE_OPN_KEY_GENERATE ? op->count : 1;
    uint64_t *times = evid_map_find(&l->operations, id);
    if (times == NULL) {
        return evid_map_put(&l->operations, id, 1);
    }
    (*times)++;
    evid_expect(l, *times <= allowed, "operation-once", "applied before");
    return SG_DONE;
}

/* "proposed" tells that an operation waits: its proposer's signature holds, and nothing changes yet. */
static sg_result
replay_operation(struct evid_ledger *l, const struct wire_policy_event *e)
{
    struct wire_operation_msg *op = SG_NEW(l->scratch, struct wire_operation_msg);
    uint8_t id[SG_SHA256_LEN];
    SG_REQUIRE(op != NULL, NO_MEMORY);
    const struct rule *rule = NULL;
    if (!evid_expect(l, sg_ok(wire_operation_parse(e->operation, op)), "body-form", "operation") ||
        !evid_expect(l, (rule = rule_of(op)) != NULL, "operation", "of no known kind")) {
        return SG_DONE;
    }
    wire_operation_id(e->operation, id);
    evid_expect(l, op->expires_at >= e->at_ms / 1000, "operation", "after it expired");
    const struct evid_person *proposer = signer_of(
        l, e->proposer, rule->roles, WIRE_TAG_OPERATION, e->operation, e->proposer_signature);
    if (sg_str_is(e->event, "proposed")) {
        return SG_DONE;
    }
    evid_expect(
        l, sg_str_is(e->event, rule->event), "operation", "the word is another operation's");
    SG_TRY(count_operation(l, op, id));
    if (rule->dual) {
        const struct evid_person *approver = signer_of(
            l, e->approver, rule->roles, WIRE_TAG_APPROVAL, SG_BYTES(id), e->approver_signature);
        evid_expect(l,
            proposer == NULL || approver == NULL ||
                !sg_str_equal(proposer->person, approver->person),
            "dual-control", "both signatures are of one person");
    }
    SG_TRY(evid_person_decided(l, op, id));
    return apply(l, op, e);
}

/* tag 00 "halt" key at: one operator, by whose signature the record stands (wire_ops.h, HALT). */
static void
replay_halt(struct evid_ledger *l, const struct wire_policy_event *e)
{
    static const char head[] = WIRE_TAG_OPERATION "\0halt";
    size_t n = sizeof(head) - 1;
    bool form = e->operation.n == n + e->key.n + 8 && memcmp(e->operation.p, head, n) == 0 &&
                sg_bytes_equal(sg_bytes_slice(e->operation, n, e->key.n), e->key);
    evid_expect(l, form, "operation", "the halt that was signed is another one");
    (void)signer_of(l, e->proposer, HALT_ROLES, NULL, e->operation, e->proposer_signature);
    struct evid_key *k = e->key.n == 0 ? NULL : evid_find_key(l, e->key);
    if (k != NULL) {
        k->halted = true;
    } else if (e->key.n == 0) {
        l->halted = true;
    }
}

/* Events of the signer's own: they can allow nothing that needs an operation. */
static sg_result
replay_own(struct evid_ledger *l, const struct wire_policy_event *e)
{
    if (sg_str_is(e->event, "key-expired")) {
        return set_key(l, e->key, WIRE_KEY_EXPIRED);
    }
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        evid_expect(l, !sg_str_is(e->event, rules[i].event), "dual-control",
            "an event that needs an operation has none");
    }
    return SG_DONE;
}

sg_result
evid_replay_policy(struct evid_ledger *l, uint64_t type, sg_bytes body)
{
    struct wire_policy_event *e = SG_NEW(l->scratch, struct wire_policy_event);
    SG_REQUIRE(e != NULL, NO_MEMORY);
    if (!evid_expect(l, sg_ok(wire_policy_event_parse(body, e)), "body-form",
            type == WIRE_REC_KEY_EVENT ? "KEY_EVENT" : "POLICY_EVENT")) {
        return SG_DONE;
    }
    if (sg_str_is(e->event, "halted")) {
        replay_halt(l, e);
        return SG_DONE;
    }
    return e->operation.n == 0 ? replay_own(l, e) : replay_operation(l, e);
}

/* ---- GENESIS and orders -------------------------------------------------------------------------- */

static sg_result
first_operators(struct evid_ledger *l, sg_bytes encoded)
{
    struct wire_operation_msg *op = SG_NEW(l->scratch, struct wire_operation_msg);
    SG_REQUIRE(op != NULL, NO_MEMORY);
    struct dcbor_rd rd = dcbor_rd_array(encoded);
    while (dcbor_rd_left(&rd) > 0) {
        sg_bytes one = dcbor_rd_next_bytes(&rd, 1, WIRE_BODY_MAX);
        if (!evid_expect(l,
                one.n > 0 && sg_ok(wire_operation_parse(one, op)) &&
                    op->kind == WIRE_OPN_OPERATOR_SET,
                "genesis", "an operator is not well formed")) {
            return SG_DONE;
        }
        SG_TRY(set_person(l, op));
    }
    evid_expect(l, sg_ok(dcbor_rd_end(&rd)), "genesis", "the operators are not well formed");
    return SG_DONE;
}

sg_result
evid_replay_genesis(struct evid_ledger *l, sg_bytes body)
{
    struct wire_genesis g;
    if (!evid_expect(l, sg_ok(wire_genesis_parse(body, &g)), "body-form", "GENESIS")) {
        return SG_DONE;
    }
    SG_TRY(sg_arena_str(l->arena, g.origin, &l->result.origin));
    memcpy(l->result.log_key, g.log_key.p, TLOG_ED25519_LEN);
    return first_operators(l, g.operators);
}

/* The entry of this place; a new one says 0, as every index does that no order named. */
static sg_result
status_at(struct evid_ledger *l, sg_str list, uint64_t idx, struct evid_status **ret)
{
    uint8_t name[SG_SHA256_LEN];
    const sg_bytes parts[] = { sg_bytes_of(&idx, sizeof(idx)), sg_str_bytes(list) };
    sg_sha256_parts(parts, 2, name);
    const uint64_t *at = evid_map_find(&l->references, name);
    if (at != NULL) {
        *ret = l->statuses.items[*at - 1];
        return SG_DONE;
    }
    struct evid_status *s = SG_NEW(l->arena, struct evid_status);
    SG_TRY(evid_list_add(l, &l->statuses, s));
    SG_TRY(sg_arena_str(l->arena, list, &s->uri));
    s->idx = idx;
    s->value = 0;
    *ret = s;
    return evid_map_put(&l->references, name, l->statuses.n);
}

/* A list without any order is compared as well: somebody may have changed it without one. Its index 0 stands for it. */
sg_result
evid_note_lists(struct evid_ledger *l, const struct wire_ref *refs, size_t n_refs)
{
    struct evid_status *s;
    for (size_t i = 0; i < n_refs; i++) {
        if (refs[i].type == WIRE_REF_TOKEN_STATUS_LIST) {
            SG_TRY(status_at(l, refs[i].uri, 0, &s));
        }
    }
    return SG_DONE;
}

static sg_result
keep_status(struct evid_ledger *l, const struct wire_status_order *order)
{
    struct evid_status *s;
    SG_TRY(status_at(l, order->list, order->idx, &s));
    s->value = order->value;
    return SG_DONE;
}

sg_result
evid_replay_order(struct evid_ledger *l, sg_bytes body)
{
    struct wire_noted_event noted;
    struct wire_status_order order;
    if (!evid_expect(l,
            sg_ok(wire_noted_event_parse(body, &noted)) &&
                sg_ok(wire_status_order_parse(noted.body, &order)),
            "body-form", "STATUS_ORDER")) {
        return SG_DONE;
    }
    const struct evid_client *c = evid_find_client(l, order.orderer);
    bool held = c != NULL && c->active && c->key != NULL &&
                sg_ok(evid_signed_by(l->scratch, c->key, c->alg, WIRE_TAG_STATUS_ORDER, noted.body,
                    noted.signature));
    if (!evid_expect(l, held, "order-signature", "not signed by a registered, active client")) {
        return SG_DONE; /* such an order changes no list */
    }
    return keep_status(l, &order);
}

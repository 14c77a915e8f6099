/* CONSENT and OUTCOME: each signature under an active key, a mandate with room, an instruction with uses left, good status (SIG-5, SIG-8, AU-8). */
#include "evid_replay.h"

static void
check_key(struct evid_ledger *l, const struct wire_consent *c, const struct wire_intent *in)
{
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    evid_expect(l,
        sg_ok(evid_spki_thumbprint(l->scratch, c->spki, thumbprint)) &&
            sg_bytes_equal(in->key, SG_BYTES(thumbprint)),
        "consent-key", "the public key is not the intent's");
    const struct evid_key *key = evid_find_key(l, in->key);
    if (!evid_expect(l, key != NULL, "key-state", "no event made this key")) {
        return;
    }
    evid_expect(l, key->state == WIRE_KEY_ACTIVE, "key-state", "the key was not active");
    evid_expect(l, key->state_seq == c->key_seq, "key-state", "the consent cites another event");
    evid_expect(l, !l->halted && !key->halted, "halt", "signing was halted");
    evid_expect(l, key->holder == NULL, "activation", "a person's key, and no gesture");
}

static bool
covers(const struct wire_mandate *m, const struct wire_intent *in)
{
    bool configured = in->configuration.n == 0 && m->n_configurations == 0;
    for (size_t i = 0; i < m->n_configurations; i++) {
        configured = configured || sg_str_equal(m->configurations[i], in->configuration);
    }
    return configured && sg_str_equal(m->client, in->requester) &&
           sg_bytes_equal(m->key, in->key) && m->operation == in->operation;
}

/* A mandate that is set again goes on counting. */
static void
check_mandate(struct evid_ledger *l, const struct wire_consent *c, const struct wire_intent *in)
{
    struct evid_mandate *m = evid_find_mandate(l, c->mandate_id);
    int64_t at = c->at_ms / 1000;
    if (!evid_expect(l, m != NULL, "mandate", "no event set this mandate")) {
        return;
    }
    evid_expect(l, m->seq == c->mandate_seq, "mandate", "the consent cites another event");
    evid_expect(l, covers(&m->mandate, in), "mandate", "it does not cover this intent");
    evid_expect(
        l, at >= m->mandate.not_before && at < m->mandate.not_after, "mandate", "outside its time");
    uint64_t window = wire_mandate_window(&m->mandate, m->window, at);
    if (window != m->window) {
        m->window = window;
        m->used = 0;
    }
    m->used += in->n_dtbs;
    evid_expect(l, m->used <= m->mandate.count, "mandate-count", "used more often than allowed");
    evid_expect(l, m->used == c->mandate_used, "mandate-count", "the consent counts otherwise");
    const struct evid_client *client = evid_find_client(l, m->mandate.client);
    evid_expect(l, client != NULL && client->active, "client", "the client was not active");
}

static sg_result
count_instruction(struct evid_ledger *l, const struct wire_instruction *ins, uint64_t n)
{
    uint8_t name[SG_SHA256_LEN];
    const sg_bytes parts[] = { ins->id, sg_str_bytes(ins->client) };
    sg_sha256_parts(parts, 2, name);
    uint64_t *uses = evid_map_find(&l->instructions, name);
    uint64_t total = (uses == NULL ? 0 : *uses) + n;
    evid_expect(l, total <= ins->count, "instruction-count", "used more often than allowed");
    if (uses != NULL) {
        *uses = total;
        return SG_DONE;
    }
    return evid_map_put(&l->instructions, name, total);
}

static sg_result
check_instruction(struct evid_ledger *l, const struct wire_consent *c, const struct wire_intent *in)
{
    struct wire_instruction ins;
    if (c->activation != WIRE_ACT_INSTRUCTION) {
        evid_expect(l, c->activation == WIRE_ACT_MANDATE, "activation", "of a kind not known here");
        evid_expect(l, c->level < 2 || in->operation != WIRE_OP_SEAL_CREDENTIAL, "activation",
            "level 2 asks for an instruction");
        return SG_DONE;
    }
    if (!evid_expect(l, sg_ok(wire_instruction_parse(c->instruction, &ins)), "instruction",
            "not well formed")) {
        return SG_DONE;
    }
    const struct evid_client *client = evid_find_client(l, ins.client);
    evid_expect(l,
        client != NULL && client->key != NULL &&
            sg_ok(evid_signed_by(l->scratch, client->key, client->alg, WIRE_TAG_INSTRUCTION,
                c->instruction, c->instruction_signature)),
        "instruction", "not signed by the client");
    evid_expect(l,
        sg_str_equal(ins.client, in->requester) && sg_bytes_equal(ins.key, in->key) &&
            sg_str_equal(ins.configuration, in->configuration) && ins.expires_at > c->at_ms / 1000,
        "instruction", "for another client, key, configuration or time");
    return count_instruction(l, &ins, in->n_dtbs);
}

static void
check_status(struct evid_ledger *l, const struct wire_consent *c, const struct wire_intent *in)
{
    evid_expect(l, c->n_seen > 0 || in->operation != WIRE_OP_SEAL_CREDENTIAL, "status",
        "a seal without status evidence");
    for (size_t i = 0; i < c->n_seen; i++) {
        evid_expect(
            l, evid_seen_good(&c->seen[i], c->at_ms), "status", "not GOOD, or not good until then");
    }
}

/* Opened if it can be. */
static sg_result
open_consent(struct evid_ledger *l, const struct evid_record *record, struct wire_consent *c)
{
    enum evid_held held;
    SG_TRY(evid_consent_open(l->scratch, record, c, &held));
    evid_expect(l, held != EVID_NOT_HELD, "opening", "the closed part is not the one committed to");
    return SG_DONE;
}

sg_result
evid_replay_consent(struct evid_ledger *l, const struct evid_record *record, int64_t entry_at_ms)
{
    struct wire_consent *c = SG_NEW(l->scratch, struct wire_consent);
    struct wire_intent *in = SG_NEW(l->scratch, struct wire_intent);
    uint8_t id[WIRE_INTENT_ID_LEN];
    SG_REQUIRE(c != NULL && in != NULL, NO_MEMORY);
    if (!evid_expect(l, sg_ok(wire_consent_parse(record->body, c)), "body-form", "CONSENT")) {
        return SG_DONE;
    }
    SG_TRY(open_consent(l, record, c));
    if (!evid_expect(l, sg_ok(wire_intent_parse(c->intent, in)), "body-form", "intent")) {
        return SG_DONE;
    }
    evid_expect(l, c->at_ms <= entry_at_ms, "time-order", "the consent is later than its entry");
    evid_expect(l, c->at_ms / 1000 < in->expires_at, "intent-time", "the intent had expired");
    if (evid_is_closed(c)) {
        return evid_replay_closed(l, c, in);
    }
    wire_intent_id(c->intent, id);
    if (c->activation == WIRE_ACT_PASSKEY) {
        return evid_replay_gesture(l, c, in, id);
    }
    l->waiting[l->next] = (uint8_t)in->n_dtbs; /* 1..64 */
    if (evid_expect(l, evid_map_find(&l->intents, id) == NULL, "intent-once", "seen before")) {
        SG_TRY(evid_map_put(&l->intents, id, l->next));
    }
    evid_expect(l, !evid_persons_operation(in->operation), "activation",
        "what persons do asks for a gesture");
    check_key(l, c, in);
    check_mandate(l, c, in);
    check_status(l, c, in);
    SG_TRY(evid_note_lists(l, in->assigned, in->n_assigned));
    return check_instruction(l, c, in);
}

sg_result
evid_replay_outcome(struct evid_ledger *l, sg_bytes body)
{
    struct wire_outcome *out = SG_NEW(l->scratch, struct wire_outcome);
    SG_REQUIRE(out != NULL, NO_MEMORY);
    if (!evid_expect(l, sg_ok(wire_outcome_parse(body, out)), "body-form", "OUTCOME")) {
        return SG_DONE;
    }
    l->result.n_outcomes[out->kind & 7]++;
    /* a consent whose body was erased waits for nothing that can be checked; its number stays 0 */
    bool waits = out->consent_seq < l->next && l->waiting[out->consent_seq] != 0;
    if (!evid_expect(l, waits || l->result.n_erased > 0, "outcome-once",
            "there is no consent that waits for it") ||
        !waits) {
        return SG_DONE;
    }
    size_t n = out->kind == WIRE_OUT_SIGNED ? l->waiting[out->consent_seq] : 0;
    n = n == EVID_WAITS_ALONE ? 0 : n;
    evid_expect(l, out->kind != WIRE_OUT_SIGNED || out->n_signature_hashes == n,
        "outcome-signatures", "not one signature per DTBS/R");
    l->waiting[out->consent_seq] = 0;
    return SG_DONE;
}

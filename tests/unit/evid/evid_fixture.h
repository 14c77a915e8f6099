/*
 * A small lawful ledger in memory, made with Ed25519 keys of libsodium: two operators, one client, one key, one mandate, one seal under an instruction,
 * one status order. Tests change one thing and see which rule notices.
 */
#ifndef EVID_FIXTURE_H
#define EVID_FIXTURE_H

#include "support.h"

#include <sodium.h>

#include "evid_ledger.h"
#include "evid_verify.h"

#define T0 INT64_C(1800000000)
#define ORIGIN "sealgate.test/ledger"
#define URI "https://issuer.test/status/1"
#define N_MAX 64

struct pair {
    uint8_t public[32];
    uint8_t secret[64];
    uint8_t thumbprint[32];
    sg_bytes spki;
};

/* What a test may change before the ledger is made. Zero: lawful. */
struct wrong {
    bool same_person, proposer_forged, approver_missing, not_activated, suspended, halted, twice;
    bool mandate_full, mandate_miscounted, status_bad, status_old, instruction_forged,
        other_configuration;
    bool no_outcome, two_outcomes, order_forged, intent_expired, wrong_spki, key_seq, time_back,
        replayed_operation;
};

struct made {
    struct sg_arena *arena;
    struct pair log, ops[2], client, seal;
    struct evid_record records[N_MAX];
    size_t n;
    struct tlog_vkey vkey;
    sg_bytes signing_input;
    sg_bytes signature;
    uint64_t consent_seq, outcome_seq;
    uint8_t claims_salt[32];
    sg_str claims;
};

static inline struct pair
make_pair(struct sg_arena *arena, uint8_t seed_byte)
{
    static const uint8_t head[12] = { 0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03,
        0x21, 0x00 };
    struct pair p;
    struct jwk jwk;
    uint8_t seed[32];
    memset(seed, seed_byte, sizeof(seed));
    crypto_sign_seed_keypair(p.public, p.secret, seed);
    uint8_t *spki = sg_arena_alloc(arena, 44);
    memcpy(spki, head, 12);
    memcpy(spki + 12, p.public, 32);
    p.spki = sg_bytes_of(spki, 44);
    assert_ok(jwk_from_spki(arena, p.spki, &jwk));
    assert_ok(jwk_thumbprint(arena, &jwk, p.thumbprint));
    return p;
}

static inline sg_bytes
sign_tagged(struct sg_arena *arena, const struct pair *p, const char *tag, sg_bytes bytes)
{
    sg_bytes message = bytes;
    uint8_t *sig = sg_arena_alloc(arena, 64);
    if (tag != NULL) {
        assert_ok(wire_signed_bytes(arena, tag, bytes, &message));
    }
    crypto_sign_detached(sig, NULL, message.p, message.n, p->secret);
    return sg_bytes_of(sig, 64);
}

static inline uint64_t
append(struct made *m, uint64_t type, int64_t at_ms, sg_bytes body)
{
    struct evid_record *r = &m->records[m->n];
    uint8_t hash[32];
    uint8_t *blind = sg_arena_alloc(m->arena, 32);
    assert_true(m->n < N_MAX);
    memset(blind, (int)m->n + 1, 32);
    r->seq = m->n;
    r->blind = sg_bytes_of(blind, 32);
    r->body = body;
    wire_body_hash(r->blind, body, hash);
    struct wire_entry entry = { .type = type, .at_ms = at_ms, .body_hash = SG_BYTES(hash) };
    assert_ok(wire_entry_encode(m->arena, &entry, &r->entry));
    return m->n++;
}

static inline void
operation(struct made *m, const struct wrong *w, uint64_t type, struct wire_operation_msg *op,
    const char *word, sg_bytes key)
{
    static uint8_t counter;
    uint8_t *unique = sg_arena_alloc(m->arena, 16);
    uint8_t id[32];
    sg_bytes encoded;
    sg_bytes body;
    memset(unique, ++counter, 16);
    op->unique = sg_bytes_of(unique, 16);
    op->proposed_at = T0;
    op->expires_at = T0 + 3600;
    assert_ok(wire_operation_encode(m->arena, op, &encoded));
    wire_operation_id(encoded, id);
    struct wire_policy_event e = { .operation = encoded,
        .proposer = SG_LIT("ada"),
        .proposer_signature =
            sign_tagged(m->arena, &m->ops[w->proposer_forged ? 1 : 0], WIRE_TAG_OPERATION, encoded),
        .event = sg_cstr(word),
        .key = key,
        .at_ms = T0 * 1000 };
    if (!w->approver_missing && op->state != WIRE_KEY_SUSPENDED) {
        e.approver = SG_LIT("ben");
        e.approver_signature = sign_tagged(m->arena, &m->ops[1], WIRE_TAG_APPROVAL, SG_BYTES(id));
    }
    assert_ok(wire_policy_event_encode(m->arena, &e, &body));
    append(m, type, T0 * 1000, body);
    if (w->replayed_operation) {
        append(m, type, T0 * 1000, body);
    }
}

static inline void
genesis(struct made *m, const struct wrong *w)
{
    struct sg_buf buf = sg_buf_new(m->arena, 512, 8192);
    sg_bytes encoded;
    sg_bytes body;
    const uint8_t unique[16] = { 1 };
    dcbor_wr_array(&buf, 2);
    for (size_t i = 0; i < 2; i++) {
        struct wire_operation_msg op = { .kind = WIRE_OPN_OPERATOR_SET,
            .unique = SG_BYTES(unique),
            .proposed_at = T0,
            .expires_at = T0 + 1,
            .name = i == 0 ? SG_LIT("ada") : SG_LIT("ben"),
            .alg = JOSE_EDDSA,
            .spki = m->ops[i].spki,
            .active = true,
            .roles = WIRE_ROLE_KEY_CUSTODIAN | WIRE_ROLE_REGISTRATION | WIRE_ROLE_ADMINISTRATOR,
            .person = i == 0 || w->same_person ? SG_LIT("p1") : SG_LIT("p2") };
        assert_ok(wire_operation_encode(m->arena, &op, &encoded));
        dcbor_wr_bytes(&buf, encoded);
    }
    struct wire_genesis g = { .origin = SG_LIT(ORIGIN),
        .log_key = SG_BYTES(m->log.public),
        .environment = SG_LIT("test"),
        .at_ms = T0 * 1000 };
    assert_ok(sg_buf_end(&buf, &g.operators));
    assert_ok(wire_genesis_encode(m->arena, &g, &body));
    append(m, WIRE_REC_GENESIS, T0 * 1000, body);
}

static const uint8_t mandate_id[16] = { 9 };

static inline void
registry(struct made *m, const struct wrong *w)
{
    sg_bytes key = SG_BYTES(m->seal.thumbprint);
    const struct wrong none = { .same_person = false };
    struct wire_operation_msg client = { .kind = WIRE_OPN_CLIENT_SET,
        .name = SG_LIT("demo-client"),
        .alg = JOSE_EDDSA,
        .spki = m->client.spki,
        .active = true };
    struct wire_operation_msg make = { .kind = WIRE_OPN_KEY_GENERATE,
        .name = SG_LIT("seal"),
        .alg = JOSE_EDDSA,
        .purpose = WIRE_PURPOSE_SEAL,
        .level = 2,
        .count = 1 };
    struct wire_operation_msg active = {
        .kind = WIRE_OPN_KEY_STATE, .key = key, .state = WIRE_KEY_ACTIVE
    };
    struct wire_operation_msg mandate = { .kind = WIRE_OPN_MANDATE_SET };
    mandate.mandate = (struct wire_mandate){ .id = SG_BYTES(mandate_id),
        .client = SG_LIT("demo-client"),
        .key = key,
        .operation = WIRE_OP_SEAL_CREDENTIAL,
        .configurations = { SG_LIT("badge") },
        .n_configurations = 1,
        .count = w->mandate_full ? 0 : 1,
        .window_s = 86400,
        .not_before = T0 - 10,
        .not_after = T0 + 100000 };
    operation(m, w, WIRE_REC_POLICY_EVENT, &client, "client-set", SG_NO_BYTES);
    operation(m, &none, WIRE_REC_KEY_EVENT, &make, "key-created", key);
    if (!w->not_activated) {
        operation(m, &none, WIRE_REC_KEY_EVENT, &active, "key-activated", key);
    }
    operation(m, &none, WIRE_REC_POLICY_EVENT, &mandate, "mandate-set", SG_NO_BYTES);
    if (w->suspended) {
        active.state = WIRE_KEY_SUSPENDED;
        operation(m, &none, WIRE_REC_KEY_EVENT, &active, "key-suspended", key);
    }
    if (w->halted) {
        struct wire_halt halt = { .operator_ = SG_LIT("ada"), .at = T0 };
        sg_bytes bytes;
        sg_bytes body;
        assert_ok(wire_halt_signed_bytes(m->arena, &halt, &bytes));
        struct wire_policy_event e = { .operation = bytes,
            .proposer = SG_LIT("ada"),
            .proposer_signature = sign_tagged(m->arena, &m->ops[0], NULL, bytes),
            .event = SG_LIT("halted"),
            .at_ms = T0 * 1000 };
        assert_ok(wire_policy_event_encode(m->arena, &e, &body));
        append(m, WIRE_REC_POLICY_EVENT, T0 * 1000, body);
    }
}

static inline sg_bytes
instruction(struct made *m, const struct wrong *w, sg_bytes *ret_signature)
{
    uint8_t hash[32];
    const uint8_t id[16] = { 3 };
    sg_bytes encoded;
    const sg_bytes parts[] = { SG_BYTES(m->claims_salt), sg_str_bytes(m->claims) };
    sg_sha256_parts(parts, 2, hash);
    struct wire_instruction in = { .id = SG_BYTES(id),
        .client = SG_LIT("demo-client"),
        .key = SG_BYTES(m->seal.thumbprint),
        .configuration = w->other_configuration ? SG_LIT("other") : SG_LIT("badge"),
        .claims_hash = SG_BYTES(hash),
        .count = 1,
        .expires_at = T0 + 1000 };
    assert_ok(wire_instruction_encode(m->arena, &in, &encoded));
    *ret_signature = sign_tagged(
        m->arena, w->instruction_forged ? &m->ops[0] : &m->client, WIRE_TAG_INSTRUCTION, encoded);
    return encoded;
}

static inline void
seal(struct made *m, const struct wrong *w, bool again)
{
    struct wire_intent *in = SG_NEW(m->arena, struct wire_intent);
    struct wire_consent *c = SG_NEW(m->arena, struct wire_consent);
    struct wire_outcome *out = SG_NEW(m->arena, struct wire_outcome);
    static const uint8_t unique[16] = { 5 };
    uint8_t digest[64];
    uint8_t commitment[32];
    uint8_t hash[32];
    const uint8_t evidence[32] = { 4 };
    sg_bytes body;
    m->signing_input = sg_str_bytes(SG_LIT("eyJhbGciOiJFZERTQSJ9.e30"));
    m->signature = sign_tagged(m->arena, &m->seal, NULL, m->signing_input);
    sg_hash(SG_SHA512, m->signing_input, digest);
    wire_commitment("subject", m->claims_salt, sg_str_bytes(SG_LIT("holder")), commitment);
    *in = (struct wire_intent){ .operation = WIRE_OP_SEAL_CREDENTIAL,
        .key = SG_BYTES(m->seal.thumbprint),
        .alg = JOSE_EDDSA,
        .dtbs = { { WIRE_MESSAGE_KIND, SG_BYTES(digest) } },
        .n_dtbs = 1,
        .subject = SG_BYTES(commitment),
        .assigned = { { WIRE_REF_TOKEN_STATUS_LIST, SG_LIT(URI), 7 } },
        .n_assigned = 1,
        .requester = SG_LIT("demo-client"),
        .configuration = SG_LIT("badge"),
        .format = SG_LIT("dc+sd-jwt"),
        .type = SG_LIT("https://issuer.test/badge"),
        .created_at = T0,
        .expires_at = w->intent_expired ? T0 : T0 + 60,
        .unique = SG_BYTES(unique) };
    assert_ok(wire_intent_encode(m->arena, in, &c->intent));
    c->activation = WIRE_ACT_INSTRUCTION;
    c->mandate_id = SG_BYTES(mandate_id);
    c->mandate_seq = w->not_activated ? 3 : 4;
    c->mandate_used = (w->mandate_miscounted ? 2u : 1u) + (again ? 1u : 0u);
    c->instruction = instruction(m, w, &c->instruction_signature);
    c->client_key = SG_BYTES(m->client.thumbprint);
    c->seen[0] = (struct wire_seen){ .ref = { WIRE_REF_TOKEN_STATUS_LIST,
                                         SG_LIT("https://issuer.test/status/keys"), 1 },
        .verdict = { .verdict = w->status_bad ? WIRE_BAD : WIRE_GOOD,
            .value = w->status_bad ? 1 : 0,
            .evidence = SG_BYTES(evidence),
            .fetched_at_ms = T0 * 1000 - 500,
            .good_until_ms = T0 * 1000 + (w->status_old ? -1 : 1000) } };
    c->n_seen = 1;
    c->level = 2;
    c->at_ms = T0 * 1000;
    c->key_seq = w->key_seq || w->not_activated ? 2 : 3;
    c->software = SG_LIT("sealgate 0.1.0");
    c->spki = w->wrong_spki ? m->client.spki : m->seal.spki;
    assert_ok(wire_consent_encode(m->arena, c, &body));
    m->consent_seq = append(m, WIRE_REC_CONSENT, T0 * 1000, body);
    wire_signature_hash(m->signature, hash);
    *out = (struct wire_outcome){ .consent_seq = m->consent_seq,
        .kind = WIRE_OUT_SIGNED,
        .signature_hashes = { SG_BYTES(hash) },
        .n_signature_hashes = 1,
        .at_ms = T0 * 1000 };
    assert_ok(wire_outcome_encode(m->arena, out, &body));
    for (int i = 0; i < (w->no_outcome ? 0 : w->two_outcomes ? 2 : 1); i++) {
        m->outcome_seq = append(m, WIRE_REC_OUTCOME, (T0 + (w->time_back ? -1 : 0)) * 1000, body);
    }
}

static inline void
order(struct made *m, const struct wrong *w, uint64_t idx, uint64_t value, uint8_t number)
{
    uint8_t id[16] = { number };
    sg_bytes encoded;
    sg_bytes body;
    struct wire_status_order o = { .id = SG_BYTES(id),
        .list = SG_LIT(URI),
        .idx = idx,
        .value = value,
        .orderer = SG_LIT("demo-client"),
        .ordered_at = T0 };
    assert_ok(wire_status_order_encode(m->arena, &o, &encoded));
    struct wire_noted_event e = { .kind = SG_LIT("status-order"),
        .body = encoded,
        .signature = sign_tagged(
            m->arena, w->order_forged ? &m->seal : &m->client, WIRE_TAG_STATUS_ORDER, encoded),
        .at_ms = T0 * 1000,
        .count = 1 };
    assert_ok(wire_noted_event_encode(m->arena, &e, &body));
    append(m, WIRE_REC_STATUS_ORDER, T0 * 1000, body);
}

static inline struct made *
make_ledger(struct sg_arena *arena, const struct wrong *w)
{
    struct made *m = SG_NEW(arena, struct made);
    sg_str vkey;
    m->arena = arena;
    m->log = make_pair(arena, 1);
    m->ops[0] = make_pair(arena, 2);
    m->ops[1] = make_pair(arena, 3);
    m->client = make_pair(arena, 4);
    m->seal = make_pair(arena, 5);
    memset(m->claims_salt, 8, 32);
    m->claims = SG_LIT("{\"given_name\":\"Erika\"}");
    assert_ok(tlog_vkey_format(arena, SG_LIT(ORIGIN), m->log.public, &vkey));
    assert_ok(tlog_vkey_parse(arena, vkey, &m->vkey));
    genesis(m, w);
    registry(m, w);
    seal(m, w, false);
    if (w->twice) {
        seal(m, w, true);
    }
    order(m, w, 7, 1, 1);
    order(m, w, 3, 2, 2);
    order(m, w, 7, 0, 3);
    return m;
}

static inline sg_result
made_node(void *context, unsigned level, uint64_t index, struct tlog_hash *ret)
{
    const struct made *m = context;
    if (level == 0) {
        *ret = tlog_leaf_hash(m->records[index].entry);
        return SG_DONE;
    }
    struct tlog_hash l;
    struct tlog_hash r;
    SG_TRY(made_node(context, level - 1, 2 * index, &l));
    SG_TRY(made_node(context, level - 1, 2 * index + 1, &r));
    *ret = tlog_node_hash(l, r);
    return SG_DONE;
}

static inline sg_str
made_checkpoint(struct made *m, uint64_t size)
{
    struct tlog_checkpoint cp = { .origin = SG_LIT(ORIGIN), .size = size };
    sg_str text;
    sg_str note;
    assert_ok(tlog_root(size, made_node, m, &cp.root));
    assert_ok(tlog_checkpoint_text(m->arena, &cp, &text));
    sg_bytes sig = sign_tagged(m->arena, &m->log, NULL, sg_str_bytes(text));
    assert_ok(tlog_note_attach(m->arena, text, &m->vkey, sig.p, &note));
    return note;
}

static inline sg_str
made_proof(struct made *m, uint64_t seq)
{
    struct tlog_proof *proof = SG_NEW(m->arena, struct tlog_proof);
    sg_str text;
    proof->index = seq;
    proof->checkpoint = made_checkpoint(m, m->n);
    assert_ok(tlog_inclusion(seq, m->n, made_node, m, proof->path, &proof->n_path));
    assert_ok(tlog_proof_write(m->arena, proof, &text));
    return text;
}

static inline struct evid_bundle
made_bundle(struct made *m)
{
    struct evid_bundle b = { .origin = SG_LIT(ORIGIN),
        .consent = m->records[m->consent_seq],
        .outcome = m->records[m->outcome_seq],
        .client_spki = m->client.spki };
    assert_ok(tlog_vkey_format(m->arena, SG_LIT(ORIGIN), m->log.public, &b.log_vkey));
    b.consent_proof = made_proof(m, m->consent_seq);
    b.outcome_proof = made_proof(m, m->outcome_seq);
    b.openings[0] = (struct evid_opening){ SG_LIT("subject"), SG_BYTES(m->claims_salt),
        sg_str_bytes(SG_LIT("holder")) };
    b.openings[1] = (struct evid_opening){ SG_LIT("claims"), SG_BYTES(m->claims_salt),
        sg_str_bytes(m->claims) };
    b.n_openings = 2;
    return b;
}

#endif

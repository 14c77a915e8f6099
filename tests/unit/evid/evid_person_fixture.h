/*
 * A small lawful ledger of one person: enrolled by two operators, a passkey of each purpose, two keys, one presentation of two credentials with one gesture, the
 * second of them signed later. Tests change one thing and see who notices.
 */
#ifndef EVID_PERSON_FIXTURE_H
#define EVID_PERSON_FIXTURE_H

#include "authenticator.h"
#include "evid_fixture.h"
#include "wire_closed.h"

#define SHOWN_TEXT "Show your badge to v.test?"
#define RP_ID "localhost"
#define PAGE "http://localhost:8080"
#define CREDENTIAL_LIST "https://issuer.test/status/9"

/* Version of the consents: 2 with a closed part, or 1 as older ledgers have them. */
static bool fixture_closed;

enum amiss {
    LAWFUL,
    /* the gesture, or what is said of it */
    OTHER_NONCE,
    OTHER_PASSKEY_KEY,
    OTHER_PASSKEY_HASH,
    OTHER_PASSKEY_SEQ,
    OTHER_CLIENT_DATA,
    OTHER_AUTHENTICATOR_DATA,
    OTHER_ASSERTION,
    OTHER_ORIGIN,
    OTHER_RP_ID,
    COUNTER_FLAGGED,
    COUNTER_WENT_BACK,
    /* what the authenticator answered */
    NOT_VERIFIED,
    NOT_PRESENT,
    CROSS_ORIGIN,
    ANOTHER_INTENT,
    ANOTHER_PAGE,
    ANOTHER_RP,
    A_REGISTRATION,
    STRANGERS_KEY,
    /* around it */
    LOGIN_PASSKEY,
    NOT_REGISTERED,
    REMOVED,
    LOCKED,
    ANOTHERS_KEY,
    KEY_NOT_MADE,
    TOO_MANY_KEYS,
    SPENT_TWICE,
    NOTHING_SHOWN,
    NOT_ASKED,
    STATUS_REVOKED,
    WITHOUT_GESTURE,
    BY_MANDATE,
    WRONG_LEVEL,
    LATER_OF_ANOTHER,
    NO_DECISION,
    REGISTERED_TWICE,
    OTHER_STATEMENT,
};

struct lived {
    struct made *m;
    struct authenticator_passkey sign, login, stranger;
    struct pair keys[2];
    uint8_t person[16];
    uint8_t other_person[16];
    uint64_t sign_seq, login_seq, key_seq[2];
    sg_bytes inputs[2];
    sg_bytes signatures[2];
    uint64_t consents[2], outcomes[2];
    uint8_t salt[32];
};

static inline uint64_t
person_event(struct lived *p, const char *word, struct wire_person_event e)
{
    sg_bytes body;
    e.event = sg_cstr(word);
    e.at_ms = T0 * 1000;
    if (e.person.n == 0) {
        e.person = SG_BYTES(p->person);
    }
    assert_ok(wire_person_event_encode(p->m->arena, &e, &body));
    return append(p->m, WIRE_REC_PERSON_EVENT, T0 * 1000, body);
}

/* Applies an operation and tells its id. */
static inline sg_bytes
decide(struct lived *p, struct wire_operation_msg *op, const char *word)
{
    const struct wrong none = { .twice = false };
    uint8_t *id = sg_arena_alloc(p->m->arena, 32);
    struct wire_policy_event e;
    operation(p->m, &none, WIRE_REC_POLICY_EVENT, op, word, SG_NO_BYTES);
    assert_ok(wire_policy_event_parse(p->m->records[p->m->n - 1].body, &e));
    wire_operation_id(e.operation, id);
    return sg_bytes_of(id, 32);
}

static inline sg_bytes
enrol(struct lived *p, const uint8_t person[16], uint64_t keys)
{
    struct wire_operation_msg op = { .kind = WIRE_OPN_PERSON_ENROL,
        .subject = sg_bytes_of(person, 16),
        .level = 2,
        .count = keys,
        .valid_s = 3600 };
    sg_bytes id = decide(p, &op, "enrolment-approved");
    (void)person_event(p, "enrolment-approved",
        (struct wire_person_event){
            .person = sg_bytes_of(person, 16), .operation_id = id, .level = 2 });
    return id;
}

static inline uint64_t
register_passkey(struct lived *p, struct authenticator_passkey *passkey, uint64_t purpose,
    sg_bytes operation_id, enum amiss amiss)
{
    static const uint8_t challenge[32] = { 7 };
    struct authenticator_create create = {
        .ask = { .rp_id = RP_ID, .origin = PAGE, .challenge = SG_BYTES(challenge) }
    };
    struct authenticator_registration r = authenticator_register(p->m->arena, passkey, &create);
    struct wire_person_event e = { .operation_id = operation_id,
        .passkey = SG_BYTES(passkey->id),
        .spki = amiss == OTHER_STATEMENT ? sg_bytes_of(p->stranger.spki, p->stranger.spki_len)
                                         : sg_bytes_of(passkey->spki, passkey->spki_len),
        .client_data = r.client_data,
        .attestation = r.attestation,
        .purpose = purpose,
        .level = 2 };
    return person_event(p, "passkey-registered", e);
}

static inline uint64_t
make_key(struct lived *p, const struct pair *key, const uint8_t person[16])
{
    return person_event(p, "key-made",
        (struct wire_person_event){ .person = sg_bytes_of(person, 16),
            .spki = key->spki,
            .key = SG_BYTES(key->thumbprint),
            .level = 2 });
}

static inline struct wire_intent
presentation(struct lived *p, enum amiss amiss)
{
    static const uint8_t unique[16] = { 11 };
    static uint8_t text[32];
    static const uint8_t which[2] = { 0, 1 };
    static uint8_t digests[2][64];
    static uint8_t audience[32];
    static uint8_t nonce[32];
    for (size_t i = 0; i < 2; i++) {
        p->inputs[i] = sg_str_bytes(
            i == 0 ? SG_LIT("eyJ0eXAiOiJrYitqd3QifQ.e30") : SG_LIT("eyJ0eXAiOiJrYitqd3QifQ.W10"));
        p->signatures[i] = sign_tagged(p->m->arena, &p->keys[i], NULL, p->inputs[i]);
        sg_hash(SG_SHA512, p->inputs[i], digests[i]);
    }
    memset(p->salt, 13, sizeof(p->salt));
    sg_sha256(sg_str_bytes(SG_LIT(SHOWN_TEXT)), text);
    wire_commitment("audience", p->salt, sg_str_bytes(SG_LIT("x509_san_dns:v.test")), audience);
    wire_commitment("nonce", p->salt, sg_str_bytes(SG_LIT("n-0S6")), nonce);
    struct wire_intent in = { .operation = WIRE_OP_PRESENT,
        .key = SG_BYTES(p->keys[0].thumbprint),
        .alg = JOSE_EDDSA,
        .dtbs = { { WIRE_MESSAGE_KIND, SG_BYTES(digests[0]) },
            { WIRE_MESSAGE_KIND, SG_BYTES(digests[1]) } },
        .n_dtbs = 2,
        .text_hash = amiss == NOTHING_SHOWN ? SG_NO_BYTES : SG_BYTES(text),
        .audience = SG_BYTES(audience),
        .nonce = SG_BYTES(nonce),
        .refs = { { WIRE_REF_TOKEN_STATUS_LIST, SG_LIT(CREDENTIAL_LIST), 5 } },
        .n_refs = 1,
        .requester = SG_LIT("gateway"),
        .format = SG_LIT("vp_token"),
        .created_at = T0 - 5,
        .expires_at = T0 + 60,
        .unique = SG_BYTES(unique),
        .more_keys = { { SG_BYTES(p->keys[1].thumbprint), JOSE_EDDSA } },
        .n_more_keys = 1,
        .key_of = SG_BYTES(which) };
    return in;
}

static inline void
gesture(struct lived *p, enum amiss amiss, sg_bytes intent, struct wire_gesture *ret)
{
    static uint8_t nonce[32];
    static uint8_t hash[32];
    static uint8_t altered[4096];
    uint8_t id[32];
    uint8_t challenge[32];
    memset(nonce, 14, sizeof(nonce));
    wire_intent_id(intent, id);
    if (amiss == ANOTHER_INTENT) {
        id[0] ^= 1;
    }
    wire_challenge(id, nonce, challenge);
    struct authenticator_passkey *passkey = amiss == LOGIN_PASSKEY ? &p->login : &p->sign;
    struct authenticator_ask ask = { .rp_id = amiss == ANOTHER_RP ? "evil.test" : RP_ID,
        .origin = amiss == ANOTHER_PAGE ? "http://localhost:9999" : PAGE,
        .challenge = SG_BYTES(challenge),
        .type = amiss == A_REGISTRATION ? "webauthn.create" : NULL,
        .cross_origin = amiss == CROSS_ORIGIN,
        .flags_off = amiss == NOT_VERIFIED  ? AUTHENTICATOR_UV
                     : amiss == NOT_PRESENT ? AUTHENTICATOR_UP
                                            : 0u,
        .signer = amiss == STRANGERS_KEY ? p->stranger.key : NULL };
    struct authenticator_assertion a = authenticator_get(p->m->arena, passkey, &ask);
    sg_sha256(SG_BYTES(passkey->id), hash);
    *ret = (struct wire_gesture){ .nonce = SG_BYTES(nonce),
        .spki = sg_bytes_of(passkey->spki, passkey->spki_len),
        .passkey_hash = SG_BYTES(hash),
        .passkey_seq = amiss == LOGIN_PASSKEY ? p->login_seq : p->sign_seq,
        .client_data = a.client_data,
        .authenticator_data = a.authenticator_data,
        .assertion = a.signature,
        .origin = SG_LIT(PAGE),
        .rp_id = SG_LIT(RP_ID) };
    struct {
        enum amiss amiss;
        sg_bytes *member;
    } rows[] = { { OTHER_NONCE, &ret->nonce }, { OTHER_PASSKEY_HASH, &ret->passkey_hash },
        { OTHER_CLIENT_DATA, &ret->client_data },
        { OTHER_AUTHENTICATOR_DATA, &ret->authenticator_data },
        { OTHER_ASSERTION, &ret->assertion } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (amiss == rows[i].amiss) { /* one bit of its last byte */
            memcpy(altered, rows[i].member->p, rows[i].member->n);
            altered[rows[i].member->n - 1] ^= 1;
            rows[i].member->p = altered;
        }
    }
    if (amiss == OTHER_PASSKEY_KEY) {
        ret->spki = sg_bytes_of(p->stranger.spki, p->stranger.spki_len);
    }
    ret->passkey_seq += amiss == OTHER_PASSKEY_SEQ ? 1 : 0;
    ret->origin = amiss == OTHER_ORIGIN ? SG_LIT("http://localhost:8081") : ret->origin;
    ret->rp_id = amiss == OTHER_RP_ID ? SG_LIT("localhos") : ret->rp_id;
    ret->counter_fault = amiss == COUNTER_FLAGGED;
}

static inline void
outcome_of(struct lived *p, size_t i)
{
    uint8_t hash[32];
    sg_bytes body;
    wire_signature_hash(p->signatures[i], hash);
    struct wire_outcome out = { .consent_seq = p->consents[i],
        .kind = WIRE_OUT_SIGNED,
        .signature_hashes = { SG_BYTES(hash) },
        .n_signature_hashes = 1,
        .at_ms = T0 * 1000 };
    assert_ok(wire_outcome_encode(p->m->arena, &out, &body));
    p->outcomes[i] = append(p->m, WIRE_REC_OUTCOME, T0 * 1000, body);
}

/* In the version that is asked for; a mandate's consent has no closed part. */
static inline uint64_t
append_consent(struct lived *p, const struct wire_consent *c)
{
    struct made *m = p->m;
    uint8_t *salt = sg_arena_alloc(m->arena, 32);
    sg_bytes body;
    sg_bytes closed;
    if (!fixture_closed || c->activation != WIRE_ACT_PASSKEY) {
        assert_ok(wire_consent_encode(m->arena, c, &body));
        return append(m, WIRE_REC_CONSENT, T0 * 1000, body);
    }
    memset(salt, 0x40 + (int)m->n, 32);
    assert_ok(wire_consent_close(m->arena, c, salt, &body, &closed));
    uint64_t seq = append(m, WIRE_REC_CONSENT, T0 * 1000, body);
    m->records[seq].salt = sg_bytes_of(salt, 32);
    m->records[seq].closed = closed;
    return seq;
}

static inline void
present(struct lived *p, enum amiss amiss)
{
    static const uint8_t evidence[32] = { 4 };
    struct wire_consent *c = SG_NEW(p->m->arena, struct wire_consent);
    struct wire_intent in = presentation(p, amiss);
    assert_ok(wire_intent_encode(p->m->arena, &in, &c->intent));
    c->activation = amiss == BY_MANDATE ? WIRE_ACT_MANDATE : WIRE_ACT_PASSKEY;
    if (amiss == BY_MANDATE) {
        c->mandate_id = SG_BYTES(mandate_id);
        c->mandate_used = 1;
    }
    c->seen[0] = (struct wire_seen){ .ref = in.refs[0],
        .verdict = { .verdict = amiss == STATUS_REVOKED ? WIRE_BAD : WIRE_GOOD,
            .evidence = SG_BYTES(evidence),
            .fetched_at_ms = T0 * 1000 - 500,
            .good_until_ms = T0 * 1000 + 1000 } };
    c->seen[0].ref.idx += amiss == NOT_ASKED ? 1 : 0;
    c->n_seen = 1;
    c->level = amiss == WRONG_LEVEL ? 3 : 2;
    c->at_ms = T0 * 1000;
    c->key_seq = p->key_seq[0];
    c->software = SG_LIT("sealgate 0.1.0");
    c->spki = p->keys[0].spki;
    c->more_spki[0] = p->keys[1].spki;
    c->n_more_spki = 1;
    c->which = 1;
    if (amiss != WITHOUT_GESTURE) {
        gesture(p, amiss, c->intent, &c->gesture);
    }
    p->consents[0] = append_consent(p, c);
    outcome_of(p, 0);
    /* the second credential, later, on the same gesture */
    c->gesture = (struct wire_gesture){ .nonce = SG_NO_BYTES };
    c->first_seq = p->consents[0] + (amiss == LATER_OF_ANOTHER ? 1 : 0);
    c->which = amiss == SPENT_TWICE ? 1 : 2;
    p->consents[1] = append_consent(p, c);
    outcome_of(p, 1);
}

static inline void
live(struct lived *p, enum amiss amiss)
{
    sg_bytes id = enrol(p, p->person, amiss == TOO_MANY_KEYS ? 1 : 2);
    sg_bytes other = enrol(p, p->other_person, 2);
    sg_bytes none = SG_NO_BYTES;
    if (amiss != NOT_REGISTERED) {
        p->sign_seq = register_passkey(
            p, &p->sign, WIRE_PASSKEY_SIGN, amiss == NO_DECISION ? none : id, amiss);
    }
    if (amiss == REGISTERED_TWICE) {
        (void)register_passkey(p, &p->stranger, WIRE_PASSKEY_SIGN, id, LAWFUL);
    }
    p->login_seq = register_passkey(p, &p->login, WIRE_PASSKEY_LOGIN, id, LAWFUL);
    for (size_t i = 0; i < 2; i++) {
        bool anothers = amiss == ANOTHERS_KEY && i == 1;
        if (amiss != KEY_NOT_MADE || i == 0) {
            p->key_seq[i] = make_key(p, &p->keys[i], anothers ? p->other_person : p->person);
        }
    }
    if (amiss == REMOVED) {
        uint8_t thumbprint[32];
        struct jwk jwk;
        sg_bytes spki = sg_bytes_of(p->sign.spki, p->sign.spki_len);
        assert_ok(jwk_from_spki(p->m->arena, spki, &jwk));
        assert_ok(jwk_thumbprint(p->m->arena, &jwk, thumbprint));
        struct wire_operation_msg op = { .kind = WIRE_OPN_PASSKEY_STATE,
            .subject = SG_BYTES(p->person),
            .key = SG_BYTES(thumbprint),
            .state = WIRE_KEY_DESTROYED };
        sg_bytes by = decide(p, &op, "passkey-removed");
        (void)person_event(p, "passkey-removed",
            (struct wire_person_event){ .operation_id = by,
                .passkey = SG_BYTES(p->sign.id),
                .spki = spki,
                .purpose = WIRE_PASSKEY_SIGN });
    }
    if (amiss == LOCKED) {
        struct wire_operation_msg op = { .kind = WIRE_OPN_PERSON_STATE,
            .subject = SG_BYTES(p->person),
            .state = WIRE_KEY_SUSPENDED };
        sg_bytes by = decide(p, &op, "person-locked");
        (void)person_event(p, "person-locked", (struct wire_person_event){ .operation_id = by });
    }
    (void)other;
}

/* Two operators let the person go: keys first. */
static inline void
leave(struct lived *p)
{
    struct wire_operation_msg op = {
        .kind = WIRE_OPN_PERSON_STATE, .subject = SG_BYTES(p->person), .state = WIRE_KEY_DESTROYED
    };
    sg_bytes by = decide(p, &op, "person-left");
    for (size_t i = 0; i < 2; i++) {
        (void)person_event(p, "key-destroyed",
            (struct wire_person_event){
                .operation_id = by, .key = SG_BYTES(p->keys[i].thumbprint) });
    }
    (void)person_event(p, "person-left", (struct wire_person_event){ .operation_id = by });
}

static inline struct lived *
make_life(struct sg_arena *arena, enum amiss amiss)
{
    struct lived *p = SG_NEW(arena, struct lived);
    struct made *m = SG_NEW(arena, struct made);
    const struct wrong none = { .twice = false };
    sg_str vkey;
    p->m = m;
    m->arena = arena;
    m->log = make_pair(arena, 1);
    m->ops[0] = make_pair(arena, 2);
    m->ops[1] = make_pair(arena, 3);
    m->client = make_pair(arena, 4);
    p->keys[0] = make_pair(arena, 5);
    p->keys[1] = make_pair(arena, 6);
    memset(p->person, 21, sizeof(p->person));
    memset(p->other_person, 22, sizeof(p->other_person));
    authenticator_make(&p->sign, AUTHENTICATOR_ES256);
    authenticator_make(&p->login, AUTHENTICATOR_ES256);
    authenticator_make(&p->stranger, AUTHENTICATOR_EDDSA);
    p->sign.sign_count = amiss == COUNTER_WENT_BACK ? 40 : 7;
    assert_ok(tlog_vkey_format(arena, SG_LIT(ORIGIN), m->log.public, &vkey));
    assert_ok(tlog_vkey_parse(arena, vkey, &m->vkey));
    genesis(m, &none);
    live(p, amiss);
    p->sign.sign_count = 7;
    present(p, amiss);
    return p;
}

static inline void
end_life(struct lived *p)
{
    authenticator_forget(&p->sign);
    authenticator_forget(&p->login);
    authenticator_forget(&p->stranger);
}

/* Evidence of presentation `i`. */
static inline struct evid_bundle
life_bundle(struct lived *p, size_t i)
{
    struct made *m = p->m;
    struct evid_bundle b = { .origin = SG_LIT(ORIGIN),
        .consent = m->records[p->consents[i]],
        .outcome = m->records[p->outcomes[i]] };
    assert_ok(tlog_vkey_format(m->arena, SG_LIT(ORIGIN), m->log.public, &b.log_vkey));
    b.consent_proof = made_proof(m, p->consents[i]);
    b.outcome_proof = made_proof(m, p->outcomes[i]);
    if (i > 0) {
        b.first = m->records[p->consents[0]];
        b.first_proof = made_proof(m, p->consents[0]);
    }
    b.openings[0] = (struct evid_opening){ SG_LIT("audience"), SG_BYTES(p->salt),
        sg_str_bytes(SG_LIT("x509_san_dns:v.test")) };
    b.openings[1] =
        (struct evid_opening){ SG_LIT("nonce"), SG_BYTES(p->salt), sg_str_bytes(SG_LIT("n-0S6")) };
    b.n_openings = 2;
    return b;
}

static inline struct evid_object
life_object(const struct lived *p, size_t i)
{
    return (struct evid_object){ .signing_input = p->inputs[i],
        .signature = p->signatures[i],
        .alg = jose_alg_by_id(JOSE_EDDSA),
        .audience = SG_LIT("x509_san_dns:v.test"),
        .nonce = SG_LIT("n-0S6"),
        .refs_shown = true,
        .refs = { { WIRE_REF_TOKEN_STATUS_LIST, SG_LIT(CREDENTIAL_LIST), 5 } },
        .n_refs = 1 };
}

#endif

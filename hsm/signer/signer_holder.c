/*
 * Holder keys: making, destroying, and what may be read about a person. req: KEY-2, KEY-6, SIG-8
 *
 * A wrapped key's private half is an object of the session while it is made; a crash takes it along. So nothing can be left half-made: the key is there when its
 * row and event are durable, in one transaction, and was never there otherwise.
 */
#include "p11_key.h"
#include "point.h"
#include "signer_people.h"
#include "wire_closed.h"

/* ---- KEY_MAKE ----------------------------------------------------------------------------------------------------- */

struct making {
    const struct wire_key_make *msg;
    struct p11_key_made made;
    uint64_t seq;
};

static sg_result
write_key(struct signer *s, void *context)
{
    struct making *m = context;
    sg_bytes thumbprint = SG_BYTES(m->made.thumbprint);
    struct wire_person_event event = { .event = SG_LIT("key-made"),
        .person = m->msg->person,
        .spki = m->made.spki,
        .level = m->msg->level,
        .key = thumbprint,
        .attributes = m->made.attributes };
    SG_TRY(signer_person_event(s, &event, &m->seq));
    struct reg_new_holder row = { .thumbprint = thumbprint,
        .person = m->msg->person,
        .unique = m->msg->unique,
        .level = m->msg->level,
        .spki = m->made.spki,
        .wrapped = m->made.wrapped,
        .state = WIRE_KEY_ACTIVE,
        .created_at = s->env.now.utc_ms / 1000 };
    SG_TRY(reg_holder_insert(s->registry, &row, m->seq));
    point("holder-open");
    return SG_DONE;
}

/* Asked again: the same key, if it is the same question. */
static sg_result
made_before(struct signer *s, const struct wire_key_make *msg, struct wire_key_make_reply *ret)
{
    uint8_t thumbprint[REG_THUMBPRINT_LEN];
    sg_result why;
    SG_TRY(reg_holder_of_unique(s->registry, msg->person, msg->unique, thumbprint));
    struct reg_key *key = reg_holder_hold(s->registry, SG_BYTES(thumbprint), &why);
    SG_TRY(why);
    SG_REQUIRE(key != NULL, INTERNAL);
    *ret = (struct wire_key_make_reply){ .alg = (uint64_t)key_public_alg(key->public)->alg,
        .level = key->level,
        .seq = key->state_seq };
    enum wire_key_state state = key->state;
    sg_result r = sg_arena_bytes(s->scratch, SG_BYTES(thumbprint), &ret->key);
    if (sg_ok(r)) {
        r = sg_arena_bytes(s->scratch, key_public_spki(key->public), &ret->spki);
    }
    reg_holder_release(s->registry, &key);
    SG_TRY(r);
    SG_REQUIRE(state != WIRE_KEY_DESTROYED, DESTROYED);
    SG_REQUIRE(ret->alg == msg->alg && ret->level == msg->level, CONFLICT);
    return SG_DONE;
}

static sg_result
may_make(struct signer *s, const struct wire_key_make *msg)
{
    struct reg_person person;
    SG_TRY(signer_ready(s));
    SG_REQUIRE(!registry_halted(s->registry, NULL), HALTED);
    SG_TRY(reg_person_get(s->registry, msg->person, &person));
    SG_REQUIRE(person.state == WIRE_PERSON_ACTIVE, POLICY);
    SG_REQUIRE(msg->level >= 2 && msg->level <= person.level, POLICY);
    SG_REQUIRE(key_alg_row(msg->alg) != NULL, ALGORITHM);
    /* SoftHSM wraps no Ed25519 key, and a holder key is never resident: better no than another kind of key */
    SG_REQUIRE(msg->alg != KEY_EDDSA, UNSUPPORTED);
    SG_REQUIRE(person.keys < person.keys_max, FULL);
    return SG_DONE;
}

static sg_result
key_make(struct signer *s, const struct wire_frame *frame, struct sg_buf *buf)
{
    struct wire_key_make msg;
    struct wire_key_make_reply reply;
    struct making m = { .msg = &msg };
    SG_TRY(wire_key_make_parse(frame->body, &msg));
    SG_REQUIRE(s->phase == SIGNER_SERVES, NOT_READY);
    sg_result before = made_before(s, &msg, &reply);
    if (before.code == SG_E_NOT_FOUND) {
        SG_TRY(may_make(s, &msg));
        struct p11_key_params params = { (enum key_alg)msg.alg, false, SG_NO_STR };
        SG_TRY(p11_key_generate(s->session, s->scratch, &params, &m.made));
        point("holder-made");
        SG_TRY(signer_transaction(s, write_key, &m));
        point("holder-durable");
        reply = (struct wire_key_make_reply){ .key = SG_BYTES(m.made.thumbprint),
            .alg = msg.alg,
            .spki = m.made.spki,
            .level = msg.level,
            .seq = m.seq };
    } else {
        SG_TRY(before);
    }
    wire_key_make_reply_encode(buf, frame->request_id, &reply);
    return SG_DONE;
}

/* ---- destroying one ------------------------------------------------------------------------------------------------ */

struct destroying {
    const struct signer_event *event;
    uint64_t seq;
};

static sg_result
write_destroyed(struct signer *s, void *context)
{
    struct destroying *d = context;
    sg_bytes key = d->event->op->key;
    sg_result why;
    uint8_t person[REG_PERSON_LEN];
    uint64_t seq;
    struct reg_key *row = reg_holder_hold(s->registry, key, &why);
    SG_TRY(why);
    SG_REQUIRE(row != NULL, NOT_FOUND);
    memcpy(person, row->person, sizeof(person));
    reg_holder_release(s->registry, &row);
    SG_TRY(signer_event_take(s, d->event, key, &d->seq));
    struct wire_person_event event = { .event = SG_LIT("key-destroyed"),
        .person = SG_BYTES(person),
        .operation_id = sg_bytes_of(d->event->operation_id, SG_SHA256_LEN),
        .key = key };
    SG_TRY(signer_person_event(s, &event, &seq));
    return reg_holder_set(s->registry, key, WIRE_KEY_DESTROYED, d->seq);
}

sg_result
signer_holder_destroy(
    struct signer *s, const struct signer_event *event, struct wire_operation_reply *ret)
{
    struct destroying d = { .event = event };
    SG_TRY(signer_transaction(s, write_destroyed, &d));
    p11_forget_unwrapped(s->p11);
    sg_result r = registry_refresh_key(s->registry, event->op->key);
    if (!sg_ok(r)) {
        signer_fatal("the registry cannot be read again", r);
    }
    ret->seq = d.seq;
    return SG_DONE;
}

/* ---- PERSON_INFO --------------------------------------------------------------------------------------------------- */

static sg_result
whose_key(struct signer *s, sg_bytes thumbprint, struct reg_person *ret)
{
    sg_result why;
    uint8_t person[REG_PERSON_LEN];
    struct reg_key *key = reg_holder_hold(s->registry, thumbprint, &why);
    SG_TRY(why);
    SG_REQUIRE(key != NULL, NOT_FOUND);
    memcpy(person, key->person, sizeof(person));
    reg_holder_release(s->registry, &key);
    return reg_person_get(s->registry, SG_BYTES(person), ret);
}

static sg_result
find_person(
    struct signer *s, const struct wire_person_info *msg, bool operator_, struct reg_person *ret)
{
    if (msg->person.n > 0) {
        return reg_person_get(s->registry, msg->person, ret);
    }
    if (msg->key.n > 0) {
        return whose_key(s, msg->key, ret);
    }
    if (msg->next.n > 0) {
        SG_REQUIRE(operator_, POLICY); /* the gateway has its own list, of those it knows */
        return reg_person_after(s->registry, msg->next, ret);
    }
    struct reg_passkey passkey;
    SG_TRY(reg_passkey_get(s->registry, s->scratch, msg->passkey, &passkey));
    return reg_person_get(s->registry, SG_BYTES(passkey.person), ret);
}

static sg_result
list_passkeys(struct signer *s, struct wire_person_info_reply *reply)
{
    struct reg_passkey *rows = SG_NEW_ARRAY(s->scratch, WIRE_PASSKEYS_MAX, struct reg_passkey);
    SG_REQUIRE(rows != NULL, NO_MEMORY);
    SG_TRY(reg_passkeys_of(s->registry, s->scratch, reply->person, 0, rows, &reply->n_passkeys));
    for (size_t i = 0; i < reply->n_passkeys; i++) {
        reply->passkeys[i] = (struct wire_passkey){ .id = rows[i].id,
            .thumbprint = SG_BYTES(rows[i].thumbprint),
            .purpose = (uint64_t)rows[i].purpose,
            .state = (uint64_t)rows[i].state,
            .alg = (uint64_t)rows[i].alg,
            .spki = rows[i].spki,
            .backup_eligible = rows[i].backup_eligible,
            .attested = rows[i].attested,
            .aaguid = SG_BYTES(rows[i].aaguid),
            .sign_count = rows[i].sign_count,
            .label = rows[i].label,
            .created_at = rows[i].created_at };
    }
    return SG_DONE;
}

/* One more than is told says whether there are further ones. */
static sg_result
list_keys(struct signer *s, sg_bytes after, struct wire_person_info_reply *reply)
{
    struct wire_holder_key *rows =
        SG_NEW_ARRAY(s->scratch, WIRE_PERSON_KEYS_MAX + 1, struct wire_holder_key);
    size_t n = 0;
    SG_REQUIRE(rows != NULL, NO_MEMORY);
    SG_TRY(reg_holders_of(
        s->registry, s->scratch, reply->person, after, rows, WIRE_PERSON_KEYS_MAX + 1, &n));
    reply->more = n > WIRE_PERSON_KEYS_MAX;
    reply->n_keys = reply->more ? WIRE_PERSON_KEYS_MAX : n;
    memcpy(reply->keys, rows, reply->n_keys * sizeof(rows[0]));
    return SG_DONE;
}

static sg_result
person_info(struct signer *s, const struct signer_peer *peer, const struct wire_frame *frame,
    struct sg_buf *buf)
{
    struct wire_person_info msg;
    struct reg_person person;
    struct wire_person_info_reply *reply = SG_NEW(s->scratch, struct wire_person_info_reply);
    SG_REQUIRE(reply != NULL, NO_MEMORY);
    SG_TRY(wire_person_info_parse(frame->body, &msg));
    SG_TRY(find_person(s, &msg, peer->role == SIGNER_OPS, &person));
    reply->person = SG_BYTES(person.id);
    reply->state = (uint64_t)person.state;
    reply->level = person.level;
    reply->keys_max = person.keys_max;
    SG_TRY(list_passkeys(s, reply));
    SG_TRY(list_keys(s, msg.after, reply));
    wire_person_info_reply_encode(buf, frame->request_id, reply);
    return SG_DONE;
}

/* ---- USES_READ ----------------------------------------------------------------------------------------------------- */

/* Room for one record, used again for each. */
struct parsed {
    struct wire_consent consent;
    struct wire_intent intent;
    struct wire_outcome outcome;
};

static sg_result
outcome_of(struct signer *s, uint64_t seq, struct wire_outcome *outcome, uint64_t *ret)
{
    struct ledger_record record;
    *ret = 0;
    if (seq == 0) {
        return SG_DONE;
    }
    SG_TRY(ledger_read(s->reader, s->scratch, seq, &record));
    if (record.body.n > 0) {
        SG_TRY(wire_outcome_parse(record.body, outcome));
        *ret = outcome->kind;
    }
    return SG_DONE;
}

static uint64_t
count_bits(uint64_t bits)
{
    uint64_t n = 0;
    for (; bits != 0; bits &= bits - 1) {
        n++;
    }
    return n;
}

/* From the consent's own record; one that was erased by policy says nothing any more, and is left out (EV-4). */
static sg_result
use_of(
    struct signer *s, const struct reg_use *from, struct parsed *p, struct wire_uses_reply *reply)
{
    struct ledger_record record;
    struct wire_consent *consent = &p->consent;
    struct wire_intent *intent = &p->intent;
    uint8_t *id = sg_arena_alloc(s->scratch, WIRE_INTENT_ID_LEN);
    SG_REQUIRE(id != NULL, NO_MEMORY);
    SG_TRY(ledger_read(s->reader, s->scratch, from->seq, &record));
    if (record.body.n == 0) {
        return SG_DONE;
    }
    SG_TRY(wire_consent_parse(record.body, consent));
    if (consent->closed.n > 0) {
        if (record.closed.n == 0) {
            return SG_DONE;
        }
        SG_TRY(wire_consent_open(s->scratch, record.salt, record.closed, consent));
    }
    SG_TRY(wire_intent_parse(consent->intent, intent));
    wire_intent_id(consent->intent, id);
    struct wire_use *use = &reply->uses[reply->n_uses++];
    *use = (struct wire_use){ .seq = from->seq,
        .at_ms = consent->at_ms,
        .operation = intent->operation,
        .key = intent->key,
        .passkey = SG_BYTES(from->passkey),
        .intent_id = sg_bytes_of(id, WIRE_INTENT_ID_LEN),
        .format = intent->format,
        .type = intent->type,
        .n = count_bits(consent->which) };
    return outcome_of(s, record.outcome_seq, &p->outcome, &use->outcome);
}

static sg_result
uses_read(struct signer *s, const struct signer_peer *peer, const struct wire_frame *frame,
    struct sg_buf *buf)
{
    (void)peer;
    struct wire_uses_read msg;
    struct reg_use *uses = SG_NEW_ARRAY(s->scratch, WIRE_USES_MAX, struct reg_use);
    struct wire_uses_reply *reply = SG_NEW(s->scratch, struct wire_uses_reply);
    struct parsed *parsed = SG_NEW(s->scratch, struct parsed);
    size_t n = 0;
    SG_REQUIRE(uses != NULL && reply != NULL && parsed != NULL, NO_MEMORY);
    SG_TRY(wire_uses_read_parse(frame->body, &msg));
    SG_TRY(reg_uses_of(s->registry, msg.person, msg.before, (size_t)msg.n, uses, &n));
    for (size_t i = 0; i < n; i++) {
        SG_TRY(use_of(s, &uses[i], parsed, reply));
    }
    wire_uses_reply_encode(buf, frame->request_id, reply);
    return SG_DONE;
}

/* ---- answers --------------------------------------------------------------------------------------------------------- */

typedef sg_result (*reading)(struct signer *s, const struct signer_peer *peer,
    const struct wire_frame *frame, struct sg_buf *buf);

static void
answer(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame, reading read)
{
    struct sg_buf buf = sg_buf_new(s->scratch, 1024, WIRE_FRAME_MAX);
    sg_result r = read(s, peer, frame, &buf);
    if (sg_ok(r)) {
        signer_peer_put(peer, &buf);
    } else {
        signer_refuse(s, peer, frame->request_id, r);
    }
}

static sg_result
make_for(struct signer *s, const struct signer_peer *peer, const struct wire_frame *frame,
    struct sg_buf *buf)
{
    (void)peer;
    return key_make(s, frame, buf);
}

void
signer_on_key_make(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    answer(s, peer, frame, make_for);
}
void
signer_on_person_info(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    answer(s, peer, frame, person_info);
}
void
signer_on_uses_read(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    answer(s, peer, frame, uses_read);
}

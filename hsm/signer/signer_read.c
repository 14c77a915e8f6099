/* HELLO, KEY_INFO, CLIENT_INFO, RECORD_READ, AUDIT_READ: what may be read. */
#include "reg_person.h"
#include "signer.h"

sg_result
signer_ready(const struct signer *s)
{
    SG_REQUIRE(s->phase != SIGNER_HELD, CONFLICT);
    SG_REQUIRE(s->phase != SIGNER_WAITS_FOR_TOKEN, TOKEN_DOWN);
    SG_REQUIRE(s->phase != SIGNER_DRAINS, NOT_READY);
    SG_REQUIRE(!s->env.clock_bad, CLOCK);
    return p11_ready(s->p11);
}

static const char *
role_word(enum signer_role role)
{
    return role == SIGNER_GATEWAY ? "gateway" : "operator";
}

void
signer_on_hello(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    struct wire_hello msg;
    sg_result r = wire_hello_parse(frame->body, &msg);
    if (sg_ok(r) && !sg_str_is(msg.role, role_word(peer->role))) {
        r = SG_ERROR(POLICY);
    }
    if (sg_ok(r) && !sg_str_is(msg.environment, s->conf->environment)) {
        r = SG_ERROR(ENVIRONMENT); /* req: NET-2 */
    }
    if (!sg_ok(r)) {
        signer_refuse(s, peer, frame->request_id, r);
        return;
    }
    peer->greeted = true;
    sg_result ready = signer_ready(s);
    struct wire_hello_reply reply = { .environment = sg_cstr(s->conf->environment),
        .software = s->env.software,
        .ready = sg_ok(ready),
        .code = (uint64_t)ready.code,
        .origin = sg_cstr(s->conf->origin) };
    struct sg_buf buf = sg_buf_new(s->scratch, 128, WIRE_FRAME_MAX);
    wire_hello_reply_encode(&buf, frame->request_id, &reply);
    signer_peer_put(peer, &buf);
}

static sg_result
put_key_info(
    struct signer *s, const struct reg_key *key, const struct wire_frame *frame, struct sg_buf *buf)
{
    struct wire_key_info_reply *reply = SG_NEW(s->scratch, struct wire_key_info_reply);
    SG_REQUIRE(reply != NULL, NO_MEMORY);
    reply->key = SG_BYTES(key->thumbprint);
    reply->alg = (uint64_t)key_public_alg(key->public)->alg;
    reply->spki = key_public_spki(key->public);
    reply->state = (uint64_t)key->state;
    reply->purpose = (uint64_t)key->purpose;
    reply->level = key->level;
    reply->resident = key->resident;
    reply->label = key->label;
    memcpy(reply->chain, key->chain, sizeof(reply->chain));
    reply->n_chain = key->n_chain;
    reply->status = key->status;
    reply->created_at = key->created_at;
    wire_key_info_reply_encode(buf, frame->request_id, reply);
    return SG_DONE;
}

/* A person's key: asked for by name, never listed (PERSON_INFO lists a person's own). */
static sg_result
holder_info(
    struct signer *s, sg_bytes thumbprint, const struct wire_frame *frame, struct sg_buf *buf)
{
    sg_result why;
    struct reg_key *key = reg_holder_hold(s->registry, thumbprint, &why);
    SG_TRY(why);
    SG_REQUIRE(key != NULL, NOT_FOUND);
    sg_result r = put_key_info(s, key, frame, buf);
    reg_holder_release(s->registry, &key);
    return r;
}

static sg_result
key_info(struct signer *s, const struct signer_peer *peer, const struct wire_frame *frame,
    struct sg_buf *buf)
{
    (void)peer;
    struct wire_key_info msg;
    SG_TRY(wire_key_info_parse(frame->body, &msg));
    static const uint8_t zeros[WIRE_THUMBPRINT_LEN];
    struct reg_key *key = NULL;
    if (msg.key.n > 0) {
        key = registry_key(s->registry, msg.key);
        if (key == NULL) {
            return holder_info(s, msg.key, frame, buf);
        }
    } else {
        bool first = msg.after.n == 0 || sg_bytes_equal(msg.after, SG_BYTES(zeros));
        key = registry_key_after(s->registry, first ? SG_NO_BYTES : msg.after);
    }
    SG_REQUIRE(key != NULL, NOT_FOUND);
    return put_key_info(s, key, frame, buf);
}

static sg_result
client_info(struct signer *s, const struct signer_peer *peer, const struct wire_frame *frame,
    struct sg_buf *buf)
{
    (void)peer;
    struct wire_client_info msg;
    SG_TRY(wire_client_info_parse(frame->body, &msg));
    const struct reg_client *client = msg.client.n > 0
                                          ? registry_client(s->registry, msg.client)
                                          : registry_client_after(s->registry, msg.after);
    SG_REQUIRE(client != NULL, NOT_FOUND);
    struct wire_client_info_reply *reply = SG_NEW(s->scratch, struct wire_client_info_reply);
    SG_REQUIRE(reply != NULL, NO_MEMORY);
    reply->client = client->id;
    reply->spki = sg_bytes_of("", 0);
    if (client->public != NULL) {
        reply->alg = (uint64_t)key_public_alg(client->public)->alg;
        reply->spki = key_public_spki(client->public);
    }
    reply->active = client->active;
    struct reg_mandate *const *mandates;
    size_t n = registry_mandates(s->registry, &mandates);
    for (size_t i = 0; i < n && reply->n_mandates < WIRE_MANDATES_MAX; i++) {
        if (sg_str_equal(mandates[i]->mandate.client, client->id) &&
            mandates[i]->mandate.count > 0) {
            reply->mandates[reply->n_mandates++] = mandates[i]->mandate;
        }
    }
    wire_client_info_reply_encode(buf, frame->request_id, reply);
    return SG_DONE;
}

/* `open`: the asker may see what is closed. */
static void
record_of(const struct ledger_record *from, bool open, struct wire_record_read_reply *ret)
{
    ret->seq = from->seq;
    ret->entry = from->entry;
    ret->blind = from->blind;
    ret->body = from->body;
    ret->outcome_seq = from->outcome_seq;
    ret->salt = open ? from->salt : SG_NO_BYTES;
    ret->closed = open ? from->closed : SG_NO_BYTES;
}

/*
 * What is closed: on ops.sock for the auditor, whom the kernel let in; on sign.sock for who can say whose record it is, which the gateway knows of persons who have
 * an account and were not erased. req: EV-4
 */
static sg_result
record_read(struct signer *s, const struct signer_peer *peer, const struct wire_frame *frame,
    struct sg_buf *buf)
{
    struct wire_record_read msg;
    struct ledger_record record;
    struct wire_record_read_reply reply = { 0 };
    SG_TRY(wire_record_read_parse(frame->body, &msg));
    uint64_t seq = msg.seq;
    uint64_t outcome = 0;
    if (msg.signature_hash.n > 0) {
        SG_TRY(ledger_find_signature(s->reader, msg.signature_hash.p, &seq, &outcome));
    }
    SG_TRY(ledger_read(s->reader, s->scratch, seq, &record));
    bool open =
        peer->role == SIGNER_OPS || (msg.person.n > 0 && sg_bytes_equal(msg.person, record.person));
    record_of(&record, open, &reply);
    wire_record_read_reply_encode(buf, frame->request_id, &reply);
    return SG_DONE;
}

/* Room for the frame's head and each record's keys and lengths. */
#define AUDIT_BYTES (WIRE_FRAME_MAX - (size_t)24 * 1024)

static sg_result
audit_read(struct signer *s, const struct signer_peer *peer, const struct wire_frame *frame,
    struct sg_buf *buf)
{
    (void)peer;
    struct wire_audit_read msg;
    struct wire_audit_reply *reply = SG_NEW(s->scratch, struct wire_audit_reply);
    struct ledger_record *records = SG_NEW_ARRAY(s->scratch, WIRE_AUDIT_MAX, struct ledger_record);
    SG_REQUIRE(reply != NULL && records != NULL, NO_MEMORY);
    SG_TRY(wire_audit_read_parse(frame->body, &msg));
    SG_TRY(ledger_head(s->reader, &reply->size));
    size_t n = 0;
    if (msg.from < reply->size && msg.n > 0) {
        SG_TRY(ledger_read_range(
            s->reader, s->scratch, msg.from, (size_t)msg.n, AUDIT_BYTES, records, &n));
    }
    for (size_t i = 0; i < n; i++) {
        record_of(&records[i], true, &reply->records[i]);
    }
    reply->n_records = n;
    wire_audit_reply_encode(buf, frame->request_id, reply);
    return SG_DONE;
}

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

void
signer_on_key_info(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    answer(s, peer, frame, key_info);
}
void
signer_on_client_info(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    answer(s, peer, frame, client_info);
}
void
signer_on_record_read(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    answer(s, peer, frame, record_read);
}
void
signer_on_audit_read(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    answer(s, peer, frame, audit_read);
}

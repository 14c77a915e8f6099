/*
 * Registration of passkeys: sessions in memory (single use, boot time), then one transaction. A further passkey waits in memory for the gesture of an
 * existing one. spec: WebAuthn Level 3, 7.1. req: AU-2, AU-3, AU-7
 *
 *   ENROL_OPEN -> [open] -> ENROL_FINISH -> durable          (link and code of two operators' approval)
 *                        -> ENROL_FINISH -> [pending] -> gesture over an intent REGISTER (signer_open.c) -> durable
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "point.h"
#include "reg_attest.h"
#include "sg_secret.h"
#include "signer_people.h"

#define SESSIONS_MAX 256 /* a pending one holds up to 24 KiB */
#define SESSIONS_EACH 4  /* of one person */
#define SESSION_MS 300000
#define PENDING_MS 600000

enum session_state { SESSION_FREE = 0, SESSION_OPEN, SESSION_PENDING };

struct session {
    enum session_state state;
    int64_t until_ms; /* boot time */
    uint8_t id[WIRE_ID_LEN];
    uint8_t person[REG_PERSON_LEN];
    uint8_t challenge[32];
    enum wire_passkey_purpose purpose;
    bool enrolment; /* by link and code */
    uint8_t link_hash[SG_SHA256_LEN];
    /* pending */
    uint8_t digest[SG_SHA256_LEN];
    struct sg_arena *arena; /* what `row` and the evidence look at */
    struct reg_passkey row;
    sg_bytes client_data;
    sg_bytes attestation;
};

struct signer_enrolling {
    struct session sessions[SESSIONS_MAX];
};

static void
session_end(struct session *session)
{
    sg_arena_free(&session->arena);
    sg_wipe(session, sizeof(*session));
}

void
signer_enrol_free(struct signer *s)
{
    for (size_t i = 0; s->enrolling != NULL && i < SESSIONS_MAX; i++) {
        session_end(&s->enrolling->sessions[i]);
    }
    free(s->enrolling);
    s->enrolling = NULL;
    reg_roots_free(&s->roots);
}

static bool
is_of(const struct session *session, sg_bytes person)
{
    return session->state != SESSION_FREE && sg_bytes_equal(SG_BYTES(session->person), person);
}

void
signer_enrol_forget(struct signer *s, sg_bytes person)
{
    for (size_t i = 0; s->enrolling != NULL && i < SESSIONS_MAX; i++) {
        if (is_of(&s->enrolling->sessions[i], person)) {
            session_end(&s->enrolling->sessions[i]);
        }
    }
}

/* A free place; a person's fifth takes that of the oldest of the four. */
static sg_result
session_new(struct signer *s, sg_bytes person, struct session **ret)
{
    if (s->enrolling == NULL) {
        s->enrolling = calloc(1, sizeof(*s->enrolling));
        SG_REQUIRE(s->enrolling != NULL, NO_MEMORY);
    }
    struct session *free_ = NULL;
    struct session *oldest = NULL;
    size_t own = 0;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &s->enrolling->sessions[i];
        if (session->state != SESSION_FREE && session->until_ms <= s->env.now.boot_ms) {
            session_end(session);
        }
        if (session->state == SESSION_FREE) {
            free_ = free_ == NULL ? session : free_;
        } else if (is_of(session, person)) {
            own++;
            oldest = oldest == NULL || session->until_ms < oldest->until_ms ? session : oldest;
        }
    }
    if (own >= SESSIONS_EACH) {
        session_end(oldest);
        free_ = oldest;
    }
    SG_REQUIRE(free_ != NULL, TOO_MANY);
    *ret = free_;
    return SG_DONE;
}

static struct session *
session_find(struct signer *s, sg_bytes id)
{
    for (size_t i = 0; s->enrolling != NULL && i < SESSIONS_MAX; i++) {
        struct session *session = &s->enrolling->sessions[i];
        if (session->state == SESSION_OPEN && session->until_ms > s->env.now.boot_ms &&
            sg_secret_equal(SG_BYTES(session->id), id)) {
            return session;
        }
    }
    return NULL;
}

/* ---- ENROL_OPEN ----------------------------------------------------------------------------------------------------- */

static sg_result
write_try(struct signer *s, void *context)
{
    const struct reg_enrolment *e = context;
    uint64_t seq;
    SG_TRY(reg_enrolment_tried(s->registry, SG_BYTES(e->person)));
    if (e->tries + 1 < REG_ENROL_TRIES) {
        return SG_DONE;
    }
    struct wire_person_event event = { .event = SG_LIT("enrolment-locked"),
        .person = SG_BYTES(e->person),
        .operation_id = SG_BYTES(e->operation_id) };
    return signer_person_event(s, &event, &seq);
}

/*
 * The enrolment that link and code open. Unknown link, wrong code, void, over: one answer; a wrong code is counted durably before it is
 * answered. Too early is told, to who has both.
 */
static sg_result
find_enrolment(struct signer *s, const struct wire_enrol_open *msg, struct reg_enrolment *ret)
{
    uint8_t name[SG_SHA256_LEN];
    uint8_t code[SG_SHA256_LEN];
    struct reg_enrolment e = { 0 };
    int64_t now = s->env.now.utc_ms / 1000;
    signer_link_hash(msg->link, name);
    sg_result r = reg_enrolment_by_link(s->registry, name, &e);
    bool known = sg_ok(r);
    SG_REQUIRE(known || r.code == SG_E_NOT_FOUND, STORE_DOWN);
    signer_code_hash(e.salt, msg->link, msg->code, code);
    bool right = sg_secret_equal(SG_BYTES(code), SG_BYTES(e.code_hash));
    SG_REQUIRE(known && e.tries < REG_ENROL_TRIES && now < e.expires_at, ACTIVATION);
    if (!right) {
        SG_TRY(signer_transaction(s, write_try, &e));
        SG_FAIL(ACTIVATION);
    }
    SG_REQUIRE(now >= e.not_before, NOT_YET);
    SG_REQUIRE((e.missing & msg->purpose) != 0, CONFLICT); /* there is one already */
    *ret = e;
    return SG_DONE;
}

static sg_result
may_register(struct signer *s, sg_bytes person, bool enrolment, struct reg_person *ret)
{
    SG_TRY(reg_person_get(s->registry, person, ret));
    bool active = ret->state == WIRE_PERSON_ACTIVE;
    /* an approved enrolment: also while there is no passkey yet, or under a lock (they stay locked) */
    SG_REQUIRE(active || (enrolment && ret->state != WIRE_PERSON_LEFT), POLICY);
    return SG_DONE;
}

/* One authenticator can hold both passkeys, since their user handles differ. */
static void
user_handle(const uint8_t person[REG_PERSON_LEN], uint64_t purpose, uint8_t ret[SG_SHA256_LEN])
{
    uint8_t which = (uint8_t)purpose;
    const sg_bytes parts[] = { sg_bytes_of(person, REG_PERSON_LEN), sg_bytes_of(&which, 1) };
    sg_tagged_hash("sealgate/user-handle/v1", parts, 2, ret);
}

static sg_result
exclude(struct signer *s, const struct session *session, struct wire_enrol_open_reply *reply)
{
    struct reg_passkey *rows = SG_NEW_ARRAY(s->scratch, WIRE_PASSKEYS_MAX, struct reg_passkey);
    SG_REQUIRE(rows != NULL, NO_MEMORY);
    SG_TRY(reg_passkeys_of(s->registry, s->scratch, SG_BYTES(session->person),
        (uint64_t)session->purpose, rows, &reply->n_passkeys));
    for (size_t i = 0; i < reply->n_passkeys; i++) {
        reply->passkeys[i] = rows[i].id;
    }
    return SG_DONE;
}

static sg_result
enrol_open(struct signer *s, const struct wire_frame *frame, struct sg_buf *buf)
{
    struct wire_enrol_open msg;
    struct reg_enrolment e = { 0 };
    struct reg_person person;
    struct session *session = NULL;
    struct wire_enrol_open_reply *reply = SG_NEW(s->scratch, struct wire_enrol_open_reply);
    uint8_t *handle = sg_arena_alloc(s->scratch, SG_SHA256_LEN);
    SG_REQUIRE(reply != NULL && handle != NULL, NO_MEMORY);
    SG_TRY(wire_enrol_open_parse(frame->body, &msg));
    SG_TRY(signer_ready(s));
    SG_REQUIRE(s->env.rp.n_origins > 0, UNSUPPORTED);
    bool enrolment = msg.link.n > 0;
    if (enrolment) {
        SG_TRY(find_enrolment(s, &msg, &e));
    }
    sg_bytes whose = enrolment ? SG_BYTES(e.person) : msg.person;
    SG_TRY(may_register(s, whose, enrolment, &person));
    SG_TRY(session_new(s, whose, &session));
    *session = (struct session){ .state = SESSION_OPEN,
        .until_ms = s->env.now.boot_ms + SESSION_MS,
        .purpose = (enum wire_passkey_purpose)msg.purpose,
        .enrolment = enrolment };
    memcpy(session->person, whose.p, sizeof(session->person));
    memcpy(session->link_hash, e.link_hash, sizeof(session->link_hash));
    randombytes_buf(session->id, sizeof(session->id));
    randombytes_buf(session->challenge, sizeof(session->challenge));
    user_handle(session->person, msg.purpose, handle);
    reply->session = SG_BYTES(session->id);
    reply->person = SG_BYTES(session->person);
    reply->challenge = SG_BYTES(session->challenge);
    reply->user_handle = sg_bytes_of(handle, SG_SHA256_LEN);
    reply->level = enrolment ? e.level : person.level;
    reply->expires_at = (s->env.now.utc_ms + SESSION_MS) / 1000;
    reply->missing = e.missing;
    SG_TRY(exclude(s, session, reply));
    wire_enrol_open_reply_encode(buf, frame->request_id, reply);
    return SG_DONE;
}

/* ---- ENROL_FINISH --------------------------------------------------------------------------------------------------- */

/* A registration that holds, on its way into the registry. */
struct registered {
    const struct session *session;
    struct reg_enrolment enrolment;
    struct reg_passkey row;
    sg_bytes client_data;
    sg_bytes attestation;
    uint64_t level;
    uint64_t seq;
};

/* What the authenticator says of itself, and whether its maker says so too. */
static sg_result
check_statement(struct signer *s, const struct webauthn_attestation *statement,
    sg_bytes client_data, bool *ret_attested)
{
    *ret_attested = false;
    if (statement->format != WEBAUTHN_FMT_PACKED) {
        return SG_DONE; /* none, or a form that is not looked at */
    }
    struct sg_buf buf = sg_buf_new(s->scratch, 1024, WIRE_FRAME_MAX);
    uint8_t hash[SG_SHA256_LEN];
    sg_bytes message;
    sg_sha256(client_data, hash);
    sg_buf_put(&buf, statement->auth_data_bytes);
    sg_buf_put(&buf, SG_BYTES(hash));
    SG_TRY(sg_buf_end(&buf, &message));
    return reg_attest_packed(s->roots, statement, message, s->env.now.utc_ms / 1000, ret_attested);
}

static sg_result
fill_row(struct signer *s, const struct webauthn_attestation *statement, struct registered *r)
{
    const struct webauthn_auth_data *data = &statement->auth_data;
    struct key_public *public = NULL;
    uint64_t alg = reg_attest_alg(data->key.alg);
    SG_REQUIRE(alg != KEY_ALG_NONE, ALGORITHM);
    SG_TRY(key_public_of_point(
        (enum key_alg)alg, sg_bytes_of(data->key.point, data->key.point_n), &public));
    r->row.alg = (enum key_alg)alg;
    memcpy(r->row.thumbprint, key_public_thumbprint(public), REG_THUMBPRINT_LEN);
    sg_result copied = sg_arena_bytes(s->scratch, key_public_spki(public), &r->row.spki);
    key_public_free(&public);
    SG_TRY(copied);
    r->row.id = data->credential_id;
    r->row.purpose = r->session->purpose;
    r->row.backup_eligible = (data->flags & WEBAUTHN_BE) != 0;
    r->row.sign_count = data->sign_count;
    r->row.created_at = s->env.now.utc_ms / 1000;
    memcpy(r->row.person, r->session->person, REG_PERSON_LEN);
    memcpy(r->row.aaguid, data->aaguid.p, sizeof(r->row.aaguid));
    return SG_DONE;
}

/* Everything that the browser's answer must hold. One code for all of it; the log says which. */
static sg_result
check_answer(struct signer *s, const struct wire_enrol_finish *msg, struct registered *r)
{
    struct webauthn_attestation statement;
    struct sg_why why = { 0 };
    const struct webauthn_expect expect = { .ceremony = WEBAUTHN_CREATE,
        .challenge = SG_BYTES(r->session->challenge),
        .rp_id_hash = SG_BYTES(s->env.rp.id_hash),
        .origins = s->env.rp.origins,
        .n_origins = s->env.rp.n_origins };
    sg_result done =
        webauthn_registration_check(msg->client_data, msg->attestation, &expect, &why, &statement);
    if (sg_ok(done)) {
        done = check_statement(s, &statement, msg->client_data, &r->row.attested);
        sg_why_note(&why, "the attestation statement", 0, (uint64_t)done.code);
    }
    if (sg_ok(done)) {
        done = fill_row(s, &statement, r);
        sg_why_note(&why, "the public key", 0, (uint64_t)done.code);
    }
    if (!sg_ok(done)) {
        signer_log(SIGNER_WARN, "registration", "code=%s what=\"%s\"", sg_code_row(done.code)->name,
            why.what == NULL ? "" : why.what);
        enum sg_class class_ = sg_code_row(done.code)->class_;
        return class_ == SG_CLASS_INTERNAL || class_ == SG_CLASS_UPSTREAM ? done
                                                                          : SG_ERROR(ACTIVATION);
    }
    return SG_DONE;
}

/* Level 3: the key that signs cannot leave a device whose maker is known, and an officer has compared its fingerprint with the person. req: SIG-8 */
static sg_result
check_level(struct registered *r)
{
    bool high = r->level >= 3 && r->row.purpose == WIRE_PASSKEY_SIGN;
    SG_REQUIRE(!high || (r->row.attested && !r->row.backup_eligible), POLICY);
    r->row.state = high ? WIRE_PASSKEY_WAITS : WIRE_PASSKEY_ACTIVE;
    return SG_DONE;
}

static sg_result
check_room(struct signer *s, const struct reg_passkey *row)
{
    struct reg_passkey *rows = SG_NEW_ARRAY(s->scratch, WIRE_PASSKEYS_MAX, struct reg_passkey);
    bool known = false;
    size_t n = 0;
    SG_REQUIRE(rows != NULL, NO_MEMORY);
    SG_TRY(reg_passkey_known(s->registry, row->id, SG_BYTES(row->thumbprint), &known));
    SG_REQUIRE(!known, CONFLICT);
    SG_TRY(reg_passkeys_of(s->registry, s->scratch, SG_BYTES(row->person), 0, rows, &n));
    SG_REQUIRE(n < WIRE_PASSKEYS_MAX, TOO_MANY);
    return SG_DONE;
}

/* The event, then the row that names it. Inside a transaction. */
static sg_result
write_row(struct signer *s, struct registered *r, sg_bytes operation_id, sg_bytes intent_id,
    uint64_t consent_seq)
{
    struct wire_person_event event = { .event = SG_LIT("passkey-registered"),
        .person = SG_BYTES(r->row.person),
        .operation_id = operation_id,
        .consent_seq = consent_seq,
        .passkey = r->row.id,
        .spki = r->row.spki,
        .client_data = r->client_data,
        .attestation = r->attestation,
        .purpose = (uint64_t)r->row.purpose,
        .level = r->level,
        .attested = r->row.attested,
        .intent_id = intent_id };
    SG_TRY(signer_person_event(s, &event, &r->seq));
    r->row.seq = r->seq;
    return reg_passkey_insert(s->registry, &r->row);
}

/* A recovery is complete: what was there before the approval goes, each with its event. */
static sg_result
remove_earlier(struct signer *s, const struct reg_enrolment *e)
{
    struct reg_passkey *rows = SG_NEW_ARRAY(s->scratch, WIRE_PASSKEYS_MAX, struct reg_passkey);
    size_t n = 0;
    SG_REQUIRE(rows != NULL, NO_MEMORY);
    SG_TRY(reg_passkeys_of(s->registry, s->scratch, SG_BYTES(e->person), 0, rows, &n));
    for (size_t i = 0; i < n; i++) {
        uint64_t seq;
        if (rows[i].seq > e->seq) {
            continue;
        }
        struct wire_person_event event = { .event = SG_LIT("passkey-removed"),
            .person = SG_BYTES(e->person),
            .operation_id = SG_BYTES(e->operation_id),
            .passkey = rows[i].id,
            .spki = rows[i].spki,
            .purpose = (uint64_t)rows[i].purpose };
        SG_TRY(signer_person_event(s, &event, &seq));
        SG_TRY(reg_passkey_set(s->registry, rows[i].id, WIRE_PASSKEY_REMOVED, seq));
    }
    struct reg_person person = {
        .state = WIRE_PERSON_ENROLLING, .level = e->level, .keys_max = e->keys_max, .seq = e->seq
    };
    memcpy(person.id, e->person, sizeof(person.id));
    return reg_person_put(s->registry, &person);
}

static sg_result
write_enrolled(struct signer *s, void *context)
{
    struct registered *r = context;
    const struct reg_enrolment *e = &r->enrolment;
    uint64_t missing = e->missing & ~(uint64_t)r->row.purpose;
    SG_TRY(write_row(s, r, SG_BYTES(e->operation_id), SG_NO_BYTES, 0));
    if (missing != 0) {
        SG_TRY(reg_enrolment_missing(s->registry, SG_BYTES(e->person), missing));
    } else {
        if (e->recovery) {
            SG_TRY(remove_earlier(s, e));
        }
        SG_TRY(reg_enrolment_drop(s->registry, SG_BYTES(e->person)));
    }
    point("passkey-open");
    return signer_person_settle(s, SG_BYTES(e->person), r->seq);
}

/* The approval is read again: it may have been replaced, used or run out since the session began. */
static sg_result
finish_enrolment(struct signer *s, struct registered *r)
{
    const struct session *session = r->session;
    sg_result found = reg_enrolment_by_link(s->registry, session->link_hash, &r->enrolment);
    SG_REQUIRE(found.code != SG_E_NOT_FOUND, ACTIVATION);
    SG_TRY(found);
    const struct reg_enrolment *e = &r->enrolment;
    SG_REQUIRE(e->tries < REG_ENROL_TRIES && s->env.now.utc_ms / 1000 < e->expires_at &&
                   (e->missing & session->purpose) != 0 &&
                   sg_bytes_equal(SG_BYTES(e->person), SG_BYTES(session->person)),
        ACTIVATION);
    r->level = e->level;
    SG_TRY(check_level(r));
    SG_TRY(check_room(s, &r->row));
    SG_TRY(signer_transaction(s, write_enrolled, r));
    point("passkey-durable");
    return SG_DONE;
}

#define PENDING_ROOM ((size_t)64 * 1024)

/* Verified, and kept until an existing signing passkey agrees. */
static sg_result
keep_pending(struct signer *s, struct registered *r, const struct wire_enrol_finish *msg)
{
    struct session *session = NULL;
    struct reg_person person;
    SG_TRY(may_register(s, SG_BYTES(r->session->person), false, &person));
    r->level = person.level;
    SG_TRY(check_level(r));
    SG_TRY(check_room(s, &r->row));
    SG_TRY(session_new(s, SG_BYTES(r->row.person), &session));
    session->arena = sg_arena_new(0, PENDING_ROOM);
    SG_REQUIRE(session->arena != NULL, NO_MEMORY);
    session->row = r->row;
    sg_result done = sg_arena_bytes(session->arena, r->row.id, &session->row.id);
    done = sg_ok(done) ? sg_arena_bytes(session->arena, r->row.spki, &session->row.spki) : done;
    done = sg_ok(done) ? sg_arena_str(session->arena, r->row.label, &session->row.label) : done;
    done = sg_ok(done) ? sg_arena_bytes(session->arena, msg->client_data, &session->client_data)
                       : done;
    done = sg_ok(done) ? sg_arena_bytes(session->arena, msg->attestation, &session->attestation)
                       : done;
    if (!sg_ok(done)) {
        session_end(session);
        return done;
    }
    memcpy(session->person, r->row.person, sizeof(session->person));
    wire_register_digest(msg->client_data, msg->attestation, session->digest);
    session->until_ms = s->env.now.boot_ms + PENDING_MS;
    session->purpose = r->row.purpose;
    session->state = SESSION_PENDING;
    r->row.state = WIRE_PASSKEY_WAITS; /* for the gesture */
    return SG_DONE;
}

static sg_result
enrol_finish(struct signer *s, const struct wire_frame *frame, struct sg_buf *buf)
{
    struct wire_enrol_finish msg;
    uint8_t digest[SG_SHA256_LEN];
    SG_TRY(wire_enrol_finish_parse(frame->body, &msg));
    SG_TRY(signer_ready(s));
    struct session *found = session_find(s, msg.session);
    SG_REQUIRE(found != NULL, ACTIVATION);
    /* whatever becomes of this answer, the challenge is spent: the copy is all that is left of the session */
    struct session session = *found;
    session_end(found);
    struct registered r = {
        .session = &session, .client_data = msg.client_data, .attestation = msg.attestation
    };
    r.row.label = msg.label;
    SG_TRY(check_answer(s, &msg, &r));
    SG_TRY(session.enrolment ? finish_enrolment(s, &r) : keep_pending(s, &r, &msg));
    struct wire_enrol_finish_reply reply = { .person = SG_BYTES(session.person),
        .passkey = r.row.id,
        .thumbprint = SG_BYTES(r.row.thumbprint),
        .alg = (uint64_t)r.row.alg,
        .state = (uint64_t)r.row.state,
        .attested = r.row.attested,
        .seq = r.seq };
    if (!session.enrolment) {
        wire_register_digest(msg.client_data, msg.attestation, digest);
        reply.digest = SG_BYTES(digest);
    }
    wire_enrol_finish_reply_encode(buf, frame->request_id, &reply);
    return SG_DONE;
}

/* ---- what waits for a gesture (signer_person.h) --------------------------------------------------------------------- */

static struct session *
pending_find(struct signer *s, sg_bytes thumbprint, sg_bytes digest)
{
    for (size_t i = 0; s->enrolling != NULL && i < SESSIONS_MAX; i++) {
        struct session *session = &s->enrolling->sessions[i];
        if (session->state == SESSION_PENDING && session->until_ms > s->env.now.boot_ms &&
            sg_bytes_equal(SG_BYTES(session->row.thumbprint), thumbprint) &&
            sg_bytes_equal(SG_BYTES(session->digest), digest)) {
            return session;
        }
    }
    return NULL;
}

/* What held when it was kept must still hold. */
static sg_result
may_apply(struct signer *s, const struct session *session)
{
    struct reg_person person;
    struct registered r = { .row = session->row };
    SG_TRY(may_register(s, SG_BYTES(session->person), false, &person));
    r.level = person.level;
    SG_TRY(check_level(&r));
    return check_room(s, &session->row);
}

sg_result
signer_enrol_pending(struct signer *s, struct sg_arena *arena, sg_bytes person, sg_bytes thumbprint,
    sg_bytes digest, struct signer_pending *ret)
{
    struct session *session = pending_find(s, thumbprint, digest);
    SG_REQUIRE(session != NULL && is_of(session, person), NOT_FOUND);
    sg_result r = may_apply(s, session);
    SG_REQUIRE(
        r.code != SG_E_CONFLICT && r.code != SG_E_TOO_MANY && r.code != SG_E_POLICY, NOT_FOUND);
    SG_TRY(r);
    struct signer_pending pending = { .alg = session->row.alg, .purpose = session->row.purpose };
    SG_TRY(sg_arena_bytes(arena, session->row.id, &pending.id));
    SG_TRY(sg_arena_bytes(arena, session->row.spki, &pending.spki));
    *ret = pending;
    return SG_DONE;
}

sg_result
signer_enrol_apply(struct signer *s, struct sg_arena *arena, sg_bytes person, sg_bytes thumbprint,
    sg_bytes digest, const uint8_t intent_id[WIRE_INTENT_ID_LEN], uint64_t consent_seq)
{
    (void)arena;
    struct reg_person now;
    struct session *session = pending_find(s, thumbprint, digest);
    SG_REQUIRE(session != NULL && is_of(session, person), NOT_FOUND);
    SG_TRY(reg_person_get(s->registry, person, &now));
    struct registered r = { .session = session,
        .row = session->row,
        .client_data = session->client_data,
        .attestation = session->attestation,
        .level = now.level };
    r.row.created_at = s->env.now.utc_ms / 1000;
    SG_TRY(check_level(&r));
    SG_TRY(write_row(s, &r, SG_NO_BYTES, sg_bytes_of(intent_id, WIRE_INTENT_ID_LEN), consent_seq));
    return signer_person_settle(s, person, r.seq);
}

void
signer_enrol_applied(struct signer *s, sg_bytes thumbprint, sg_bytes digest)
{
    struct session *session = pending_find(s, thumbprint, digest);
    if (session != NULL) {
        session_end(session);
    }
}

/* ---- makers' roots ---------------------------------------------------------------------------------------------------- */

#define ROOT_FILE_MAX ((size_t)256 * 1024)

static sg_result
read_root(struct signer *s, const char *path)
{
    uint8_t *bytes = malloc(ROOT_FILE_MAX);
    FILE *file = fopen(path, "rbe");
    sg_result r = SG_ERROR(NOT_FOUND);
    if (bytes != NULL && file != NULL) {
        size_t n = fread(bytes, 1, ROOT_FILE_MAX, file);
        r = n < ROOT_FILE_MAX ? reg_roots_add(s->roots, sg_bytes_of(bytes, n))
                              : SG_ERROR(TOO_LARGE);
    }
    if (file != NULL) {
        fclose(file);
    }
    free(bytes);
    return r;
}

static bool
is_certificate(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && name[0] != '.' &&
           (strcmp(name + n - 4, ".pem") == 0 || strcmp(name + n - 4, ".der") == 0 ||
               strcmp(name + n - 4, ".crt") == 0);
}

sg_result
signer_enrol_roots(struct signer *s, struct sg_why *why)
{
    const char *folder = s->conf->attestation_roots;
    s->roots = reg_roots_new();
    SG_REQUIRE(s->roots != NULL, NO_MEMORY);
    if (folder[0] == '\0') {
        return SG_DONE;
    }
    sg_result r = SG_DONE;
    DIR *dir = opendir(folder);
    sg_why_note(why, "attestation_roots", 0, dir == NULL ? (uint64_t)errno : 0);
    SG_REQUIRE(dir != NULL, VALUE);
    for (const struct dirent *entry; sg_ok(r) && (entry = readdir(dir)) != NULL;) {
        char path[PATH_MAX];
        int n = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (is_certificate(entry->d_name)) {
            r = n > 0 && (size_t)n < sizeof(path) ? read_root(s, path) : SG_ERROR(VALUE);
        }
    }
    closedir(dir);
    signer_log(SIGNER_INFO, "attestation-roots", "n=%zu", reg_roots_n(s->roots));
    return r;
}

/* ---- answers ---------------------------------------------------------------------------------------------------------- */

typedef sg_result (*answering)(
    struct signer *s, const struct wire_frame *frame, struct sg_buf *buf);

static void
answer(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame, answering give)
{
    struct sg_buf buf = sg_buf_new(s->scratch, 1024, WIRE_FRAME_MAX);
    sg_result r = give(s, frame, &buf);
    if (sg_ok(r)) {
        signer_peer_put(peer, &buf);
    } else {
        signer_refuse(s, peer, frame->request_id, r);
    }
}

void
signer_on_enrol_open(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    answer(s, peer, frame, enrol_open);
}
void
signer_on_enrol_finish(struct signer *s, struct signer_peer *peer, const struct wire_frame *frame)
{
    answer(s, peer, frame, enrol_finish);
}

/* Questions to the signer about persons. Replies are copied before they are read: what callers get lives in their arena. */
#include "flow_persons_int.h"

#include <sodium.h>
#include <stdlib.h>

#define NOTE_EVERY_S 60
#define NOTE_TIMEOUT_MS 5000

sg_result
flow_persons_new(const struct flow_persons_settings *settings, struct store *store,
    struct peer *signer, struct flow_persons **ret)
{
    struct flow_persons *persons = calloc(1, sizeof(*persons));
    char *base = strndup(settings->base.p, settings->base.n);
    if (persons == NULL || base == NULL) {
        free(persons);
        free(base);
        SG_FAIL(NO_MEMORY);
    }
    persons->base = sg_cstr(base);
    persons->timeout_ms = settings->signer_timeout_ms;
    persons->store = store;
    persons->signer = signer;
    pthread_mutex_init(&persons->lock, NULL);
    *ret = persons;
    return SG_DONE;
}

void
flow_persons_free(struct flow_persons **slot)
{
    if (slot == NULL || *slot == NULL) {
        return;
    }
    flow_confirms_clear(*slot);
    pthread_mutex_destroy(&(*slot)->lock);
    free((void *)(uintptr_t)(*slot)->base.p);
    free(*slot);
    *slot = NULL;
}

/* ---- asking ------------------------------------------------------------------------------------------------- */

struct flow_ask *
flow_ask_new(struct flow_persons *persons, struct sg_arena *arena,
    void (*parse)(struct flow_ask *, sg_result, sg_bytes), void (*done)(void), void *context)
{
    struct flow_ask *ask = SG_NEW(arena, struct flow_ask);
    if (ask != NULL) {
        *ask = (struct flow_ask){ persons, arena, parse, done, context, NULL };
    }
    return ask;
}

static void
answered(void *context, sg_result result, const struct wire_frame *reply)
{
    struct flow_ask *ask = context;
    sg_bytes body = SG_NO_BYTES;
    if (sg_ok(result)) {
        result = sg_arena_bytes(ask->arena, reply->body, &body);
    }
    ask->parse(ask, result, body);
}

void
flow_ask_send(struct flow_ask *ask, uint64_t id, const struct sg_buf *buf)
{
    sg_bytes frame;
    sg_result r = sg_buf_end(buf, &frame);
    if (!sg_ok(r)) {
        ask->parse(ask, r, SG_NO_BYTES);
        return;
    }
    peer_ask(ask->persons->signer, id, frame, ask->persons->timeout_ms, answered, ask);
}

/*
 * A question with one reply and nothing in between: its reader and its asker. Function pointers travel as void (*)(void) and are called by their own type again.
 */
#define QUESTION(name, msg_type, reply_type, fn_type, encode, parse_reply)            \
    static void name##_read(struct flow_ask *ask, sg_result result, sg_bytes body)    \
    {                                                                                 \
        fn_type done = (fn_type)ask->done;                                            \
        struct reply_type *reply = NULL;                                              \
        if (sg_ok(result)) {                                                          \
            reply = SG_NEW(ask->arena, struct reply_type);                            \
            result = reply == NULL ? SG_ERROR(NO_MEMORY) : parse_reply(body, reply);  \
        }                                                                             \
        done(ask->context, result, sg_ok(result) ? reply : NULL);                     \
    }                                                                                 \
    static void name##_ask(struct flow_persons *persons, struct sg_arena *arena,      \
        const struct msg_type *msg, fn_type done, void *context)                      \
    {                                                                                 \
        struct flow_ask *ask =                                                        \
            flow_ask_new(persons, arena, name##_read, (void (*)(void))done, context); \
        if (ask == NULL) {                                                            \
            done(context, SG_ERROR(NO_MEMORY), NULL);                                 \
            return;                                                                   \
        }                                                                             \
        uint64_t id = peer_next_id(persons->signer);                                  \
        struct sg_buf buf = sg_buf_new(arena, 1024, WIRE_FRAME_MAX);                  \
        encode(&buf, id, msg);                                                        \
        flow_ask_send(ask, id, &buf);                                                 \
    }

QUESTION(info, wire_person_info, wire_person_info_reply, flow_info_fn, wire_person_info_encode,
    wire_person_info_reply_parse)
QUESTION(make, wire_key_make, wire_key_make_reply, flow_key_fn, wire_key_make_encode,
    wire_key_make_reply_parse)
QUESTION(uses, wire_uses_read, wire_uses_reply, flow_uses_fn, wire_uses_read_encode,
    wire_uses_reply_parse)

void
flow_person_info(struct flow_persons *persons, struct sg_arena *arena,
    const struct wire_person_info *by, flow_info_fn done, void *context)
{
    info_ask(persons, arena, by, done, context);
}

void
flow_key_make(struct flow_persons *persons, struct sg_arena *arena, const struct wire_key_make *in,
    flow_key_fn done, void *context)
{
    struct wire_key_make msg = *in;
    uint8_t unique[WIRE_ID_LEN];
    if (msg.unique.n == 0) {
        randombytes_buf(unique, sizeof(unique));
        msg.unique = SG_BYTES(unique);
    }
    make_ask(persons, arena, &msg, done, context);
}

void
flow_uses(struct flow_persons *persons, struct sg_arena *arena,
    const uint8_t person[FLOW_PERSON_LEN], uint64_t before, uint64_t n, flow_uses_fn done,
    void *context)
{
    const struct wire_uses_read msg = {
        .person = sg_bytes_of(person, FLOW_PERSON_LEN), .before = before, .n = n
    };
    uses_ask(persons, arena, &msg, done, context);
}

/* ---- begun registrations --------------------------------------------------------------------------------------- */

static void
session_note(struct flow_persons *persons, sg_bytes session, uint64_t purpose)
{
    pthread_mutex_lock(&persons->lock);
    struct flow_session_row *row = &persons->sessions[persons->next_session];
    persons->next_session = (persons->next_session + 1) % FLOW_SESSIONS_MAX;
    memcpy(row->session, session.p, sizeof(row->session));
    row->purpose = purpose;
    pthread_mutex_unlock(&persons->lock);
}

/* 0: not begun here. */
static uint64_t
session_purpose(struct flow_persons *persons, sg_bytes session)
{
    uint64_t purpose = 0;
    pthread_mutex_lock(&persons->lock);
    for (size_t i = 0; i < FLOW_SESSIONS_MAX && purpose == 0; i++) {
        const struct flow_session_row *row = &persons->sessions[i];
        if (sg_bytes_equal(SG_BYTES(row->session), session)) {
            purpose = row->purpose;
        }
    }
    pthread_mutex_unlock(&persons->lock);
    return purpose;
}

static void
enrol_read(struct flow_ask *ask, sg_result result, sg_bytes body)
{
    flow_enrol_open_fn done = (flow_enrol_open_fn)ask->done;
    const uint64_t *purpose = ask->more;
    struct wire_enrol_open_reply *reply = NULL;
    if (sg_ok(result)) {
        reply = SG_NEW(ask->arena, struct wire_enrol_open_reply);
        result = reply == NULL ? SG_ERROR(NO_MEMORY) : wire_enrol_open_reply_parse(body, reply);
    }
    if (sg_ok(result)) {
        session_note(ask->persons, reply->session, *purpose);
    }
    done(ask->context, result, sg_ok(result) ? reply : NULL);
}

void
flow_enrol_open(struct flow_persons *persons, struct sg_arena *arena,
    const struct wire_enrol_open *in, flow_enrol_open_fn done, void *context)
{
    struct flow_ask *ask = flow_ask_new(persons, arena, enrol_read, (void (*)(void))done, context);
    uint64_t *purpose = SG_NEW(arena, uint64_t);
    if (ask == NULL || purpose == NULL) {
        done(context, SG_ERROR(NO_MEMORY), NULL);
        return;
    }
    *purpose = in->purpose;
    ask->more = purpose;
    uint64_t id = peer_next_id(persons->signer);
    struct sg_buf buf = sg_buf_new(arena, 256, WIRE_FRAME_MAX);
    wire_enrol_open_encode(&buf, id, in);
    flow_ask_send(ask, id, &buf);
}

/* ---- registrations -------------------------------------------------------------------------------------------- */

struct finishing {
    struct flow_confirm_in confirm;
    struct flow_enrolled enrolled;
    flow_enrolled_fn done;
    void *context;
};

static void
finish_opened(void *context, sg_result result, const struct flow_confirm *confirm)
{
    struct finishing *f = context;
    f->enrolled.confirm = confirm;
    f->done(f->context, result, sg_ok(result) ? &f->enrolled : NULL);
}

static void
finish_read(struct flow_ask *ask, sg_result result, sg_bytes body)
{
    struct finishing *f = ask->more;
    struct wire_enrol_finish_reply *made = &f->enrolled.made;
    if (sg_ok(result)) {
        result = wire_enrol_finish_reply_parse(body, made);
    }
    if (!sg_ok(result) || made->digest.n == 0) { /* refused, or it counts already */
        f->done(f->context, result, sg_ok(result) ? &f->enrolled : NULL);
        return;
    }
    memcpy(f->confirm.person, made->person.p, sizeof(f->confirm.person));
    f->confirm.passkey = made->passkey;
    f->confirm.thumbprint = made->thumbprint;
    f->confirm.alg = made->alg;
    f->confirm.digest = made->digest;
    flow_confirm_open(ask->persons, ask->arena, &f->confirm, finish_opened, f);
}

void
flow_enrol_finish(struct flow_persons *persons, struct sg_arena *arena,
    const struct wire_enrol_finish *in, enum consent_language language, int64_t now,
    flow_enrolled_fn done, void *context)
{
    struct flow_ask *ask = flow_ask_new(persons, arena, finish_read, (void (*)(void))done, context);
    struct finishing *f = SG_NEW(arena, struct finishing);
    uint64_t purpose = session_purpose(persons, in->session);
    if (ask == NULL || f == NULL || purpose == 0) {
        done(context, purpose == 0 ? SG_ERROR(ACTIVATION) : SG_ERROR(NO_MEMORY), NULL);
        return;
    }
    f->confirm = (struct flow_confirm_in){ .template = CONSENT_REGISTER,
        .language = language,
        .label = in->label,
        .for_login = purpose == WIRE_PASSKEY_LOGIN,
        .now = now };
    f->done = done;
    f->context = context;
    ask->more = f;
    uint64_t id = peer_next_id(persons->signer);
    struct sg_buf buf = sg_buf_new(arena, 4096, WIRE_FRAME_MAX);
    wire_enrol_finish_encode(&buf, id, in);
    flow_ask_send(ask, id, &buf);
}

/* ---- notes for the ledger -------------------------------------------------------------------------------------- */

struct note {
    struct sg_arena *arena;
};

static void
noted(void *context, sg_result result, const struct wire_frame *reply)
{
    struct note *note = context;
    (void)result; /* a full budget or a busy signer does not stop a login */
    (void)reply;
    struct sg_arena *arena = note->arena; /* holds the note itself */
    sg_arena_free(&arena);
}

/* `body`: already CBOR in `arena`, which goes with the note. */
static void
note_send(struct flow_persons *persons, struct sg_arena *arena, const struct sg_buf *body)
{
    struct wire_event_note msg = { .kind = SG_LIT("login") };
    struct note *note = SG_NEW(arena, struct note);
    uint64_t id = peer_next_id(persons->signer);
    struct sg_buf buf = sg_buf_new(arena, 512, 4096);
    sg_bytes frame;
    sg_result r = note == NULL ? SG_ERROR(NO_MEMORY) : sg_buf_end(body, &msg.body);
    if (sg_ok(r)) {
        note->arena = arena;
        wire_event_note_encode(&buf, id, &msg);
        r = sg_buf_end(&buf, &frame);
    }
    if (!sg_ok(r)) {
        sg_arena_free(&arena);
        return;
    }
    peer_ask(persons->signer, id, frame, NOTE_TIMEOUT_MS, noted, note);
}

/* How many failures are to be told now; 0: none, or not yet. */
static uint64_t
failures_take(struct flow_persons *persons, int64_t now, int64_t *ret_since)
{
    uint64_t n = 0;
    pthread_mutex_lock(&persons->lock);
    if (persons->failures > 0 && now - persons->failures_told >= NOTE_EVERY_S) {
        n = persons->failures;
        *ret_since = persons->failures_since;
        persons->failures = 0;
        persons->failures_told = now;
    }
    pthread_mutex_unlock(&persons->lock);
    return n;
}

static void
failures_tell(struct flow_persons *persons, int64_t now)
{
    int64_t since = 0;
    uint64_t n = failures_take(persons, now, &since);
    struct sg_arena *arena = n == 0 ? NULL : sg_arena_new(2048, 16384);
    if (arena == NULL) {
        return;
    }
    struct sg_buf body = sg_buf_new(arena, 64, 256);
    dcbor_wr_map(&body, 2);
    dcbor_wr_key_uint(&body, 4, n);
    dcbor_wr_key_uint(&body, 5, (uint64_t)since);
    note_send(persons, arena, &body);
}

void
flow_login_note(struct flow_persons *persons, const uint8_t person[FLOW_PERSON_LEN],
    uint64_t method, sg_bytes evidence, int64_t now)
{
    failures_tell(persons, now);
    struct sg_arena *arena = sg_arena_new(2048, 16384);
    if (arena == NULL) {
        return;
    }
    struct sg_buf body = sg_buf_new(arena, 128, 512);
    dcbor_wr_map(&body, evidence.n > 0 ? 3 : 2);
    dcbor_wr_key_bytes(&body, 1, sg_bytes_of(person, FLOW_PERSON_LEN));
    dcbor_wr_key_uint(&body, 2, method);
    if (evidence.n > 0) {
        dcbor_wr_key_bytes(&body, 3, evidence);
    }
    note_send(persons, arena, &body);
}

void
flow_login_failed(struct flow_persons *persons, int64_t now)
{
    pthread_mutex_lock(&persons->lock);
    if (persons->failures++ == 0) {
        persons->failures_since = now;
    }
    pthread_mutex_unlock(&persons->lock);
    failures_tell(persons, now);
}

/* A change to somebody's passkeys: one intent, one text, one gesture of a signing passkey. req: AU-2, AU-4 */
#include <sodium.h>
#include <stdlib.h>

#include "flow_persons_int.h"
#include "sg_hash.h"
#include "sg_secret.h"
#include "sg_text.h"

#define LIFE_S 300 /* the signer's own limit for a gesture may be shorter */

/* ---- what waits for its gesture -------------------------------------------------------------------------------- */

static void
row_clear(struct flow_confirm_row *row)
{
    if (row->text != NULL) {
        sg_wipe(row->text, row->text_n + row->openings_n);
        free(row->text);
    }
    *row = (struct flow_confirm_row){ .used = false };
}

void
flow_confirms_clear(struct flow_persons *persons)
{
    for (size_t i = 0; i < FLOW_CONFIRMS_MAX; i++) {
        row_clear(&persons->confirms[i]);
    }
}

/* Lock held. */
static bool
is_about(const struct flow_confirm_row *row, const uint8_t *person,
    const uint8_t passkey[SG_SHA256_LEN], enum consent_template template)
{
    return row->used && row->template == template &&
           memcmp(row->person, person, FLOW_PERSON_LEN) == 0 &&
           memcmp(row->passkey, passkey, SG_SHA256_LEN) == 0;
}

/* By its intent; NULL if it is not there. Lock held. */
static struct flow_confirm_row *
row_find(struct flow_persons *persons, const uint8_t *person,
    const uint8_t intent_id[WIRE_INTENT_ID_LEN])
{
    for (size_t i = 0; i < FLOW_CONFIRMS_MAX; i++) {
        struct flow_confirm_row *row = &persons->confirms[i];
        if (row->used && memcmp(row->person, person, FLOW_PERSON_LEN) == 0 &&
            memcmp(row->intent_id, intent_id, WIRE_INTENT_ID_LEN) == 0) {
            return row;
        }
    }
    return NULL;
}

/* A free place; what is over is cleared. A person's fifth takes that of the oldest. Lock held. */
static struct flow_confirm_row *
row_place(struct flow_persons *persons, const uint8_t *person, int64_t now)
{
    struct flow_confirm_row *free_ = NULL, *oldest = NULL;
    size_t own = 0;
    for (size_t i = 0; i < FLOW_CONFIRMS_MAX; i++) {
        struct flow_confirm_row *row = &persons->confirms[i];
        if (row->used && row->expires_at + LIFE_S <= now) {
            row_clear(row);
        }
        if (!row->used) {
            free_ = free_ == NULL ? row : free_;
        } else if (memcmp(row->person, person, FLOW_PERSON_LEN) == 0) {
            own++;
            oldest = oldest == NULL || row->expires_at < oldest->expires_at ? row : oldest;
        }
    }
    if (own >= FLOW_CONFIRMS_EACH) {
        row_clear(oldest);
        free_ = oldest;
    }
    return free_;
}

static sg_result
row_keep(struct flow_persons *persons, const struct flow_confirm_in *in, const uint8_t *intent_id,
    const struct flow_confirm *confirm)
{
    struct flow_confirm_row row = { .used = true,
        .template = in->template,
        .language = in->language,
        .expires_at = confirm->expires_at,
        .text_n = confirm->text.n,
        .openings_n = confirm->openings.n };
    memcpy(row.person, in->person, sizeof(row.person));
    memcpy(row.intent_id, intent_id, sizeof(row.intent_id));
    memcpy(row.challenge, confirm->challenge.p, sizeof(row.challenge));
    sg_sha256(in->passkey, row.passkey);
    row.text = malloc(row.text_n + row.openings_n + 1);
    SG_REQUIRE(row.text != NULL, NO_MEMORY);
    memcpy(row.text, confirm->text.p, row.text_n);
    memcpy(row.text + row.text_n, confirm->openings.p, row.openings_n);
    pthread_mutex_lock(&persons->lock);
    /* asked for anew, it is another intent: the page that shows the earlier one may still be answered */
    struct flow_confirm_row *place = row_place(persons, in->person, in->now);
    if (place != NULL) {
        *place = row;
    }
    pthread_mutex_unlock(&persons->lock);
    if (place == NULL) {
        row_clear(&row);
        SG_FAIL(FULL);
    }
    return SG_DONE;
}

/* ---- opening ------------------------------------------------------------------------------------------------------ */

struct opening {
    struct flow_confirm_in in;
    struct flow_confirm confirm;
    struct wire_intent_open_reply reply;
    flow_confirm_fn done;
    void *context;
};

static sg_result
opened(struct flow_persons *persons, struct sg_arena *arena, struct opening *o, sg_bytes body)
{
    uint8_t intent_id[WIRE_INTENT_ID_LEN];
    SG_TRY(wire_intent_open_reply_parse(body, &o->reply));
    wire_intent_id(o->confirm.intent, intent_id);
    SG_REQUIRE(sg_bytes_equal(o->reply.intent_id, SG_BYTES(intent_id)), INTERNAL);
    uint8_t *challenge = sg_arena_alloc(arena, SG_SHA256_LEN);
    SG_REQUIRE(challenge != NULL, NO_MEMORY);
    wire_challenge(intent_id, o->reply.nonce.p, challenge);
    o->confirm.challenge = sg_bytes_of(challenge, SG_SHA256_LEN);
    o->confirm.nonce = o->reply.nonce;
    o->confirm.expires_at = o->reply.expires_at;
    o->confirm.passkeys = o->reply.passkeys;
    o->confirm.n_passkeys = o->reply.n_passkeys;
    return row_keep(persons, &o->in, intent_id, &o->confirm);
}

static void
opening_read(struct flow_ask *ask, sg_result result, sg_bytes body)
{
    struct opening *o = ask->more;
    if (sg_ok(result)) {
        result = opened(ask->persons, ask->arena, o, body);
    }
    o->done(o->context, result, sg_ok(result) ? &o->confirm : NULL);
}

static sg_result
build(struct flow_persons *persons, struct sg_arena *arena, struct opening *o)
{
    const struct flow_confirm_in *in = &o->in;
    struct consent_openings openings = { .template = in->template,
        .language = in->language,
        .service = persons->base,
        .expires_at = in->now + LIFE_S,
        .passkey_label = in->label,
        .passkey = in->thumbprint,
        .passkey_for_login = in->for_login };
    struct wire_intent intent = {
        .operation = in->template == CONSENT_REGISTER ? WIRE_OP_REGISTER : WIRE_OP_REMOVE,
        .key = in->thumbprint,
        .alg = in->alg,
        .n_dtbs = 1,
        .requester = SG_LIT("gateway"),
        .format = SG_LIT("passkey"),
        .created_at = in->now,
        .expires_at = in->now + LIFE_S,
    };
    uint8_t *made = sg_arena_alloc(arena, SG_SHA256_LEN + WIRE_ID_LEN + 32);
    SG_REQUIRE(made != NULL, NO_MEMORY);
    randombytes_buf(made + SG_SHA256_LEN, WIRE_ID_LEN);
    /* whose it is, as a commitment: the ledger names nobody */
    openings.subject.present = true;
    openings.subject.value = sg_bytes_of(in->person, FLOW_PERSON_LEN);
    randombytes_buf(openings.subject.salt, sizeof(openings.subject.salt));
    uint8_t subject[SG_SHA256_LEN];
    wire_commitment("subject", openings.subject.salt, openings.subject.value, subject);
    SG_TRY(consent_text(arena, &openings, &o->confirm.text));
    SG_TRY(consent_openings_encode(arena, &openings, CONSENT_FOR_PERSON, &o->confirm.openings));
    consent_text_hash(o->confirm.text, made);
    intent.text_hash = sg_bytes_of(made, SG_SHA256_LEN);
    intent.unique = sg_bytes_of(made + SG_SHA256_LEN, WIRE_ID_LEN);
    intent.subject = SG_BYTES(subject);
    intent.dtbs[0] = (struct wire_dtbs){ WIRE_PREHASH, in->digest };
    o->confirm.template = in->template;
    o->confirm.language = in->language;
    return wire_intent_encode(arena, &intent, &o->confirm.intent);
}

void
flow_confirm_open(struct flow_persons *persons, struct sg_arena *arena,
    const struct flow_confirm_in *in, flow_confirm_fn done, void *context)
{
    struct flow_ask *ask =
        flow_ask_new(persons, arena, opening_read, (void (*)(void))done, context);
    struct opening *o = SG_NEW(arena, struct opening);
    if (ask == NULL || o == NULL) {
        done(context, SG_ERROR(NO_MEMORY), NULL);
        return;
    }
    o->in = *in;
    o->done = done;
    o->context = context;
    ask->more = o;
    sg_result r = build(persons, arena, o);
    if (!sg_ok(r)) {
        done(context, r, NULL);
        return;
    }
    const struct wire_intent_open msg = { o->confirm.intent, SG_BYTES(o->in.person) };
    uint64_t id = peer_next_id(persons->signer);
    struct sg_buf buf = sg_buf_new(arena, 4096, WIRE_FRAME_MAX);
    wire_intent_open_encode(&buf, id, &msg);
    flow_ask_send(ask, id, &buf);
}

/* ---- removal -------------------------------------------------------------------------------------------------------- */

struct removing {
    struct flow_persons *persons;
    struct sg_arena *arena;
    struct flow_confirm_in in;
    flow_confirm_fn done;
    void *context;
};

static const struct wire_passkey *
passkey_of(const struct wire_person_info_reply *info, sg_bytes id)
{
    for (size_t i = 0; i < info->n_passkeys; i++) {
        if (sg_bytes_equal(info->passkeys[i].id, id)) {
            return &info->passkeys[i];
        }
    }
    return NULL;
}

/* Without a signing passkey nothing could be changed any more: then only operators help, after a waiting time. */
static bool
last_signing(const struct wire_person_info_reply *info, const struct wire_passkey *which)
{
    size_t others = 0;
    for (size_t i = 0; i < info->n_passkeys; i++) {
        const struct wire_passkey *p = &info->passkeys[i];
        others += p != which && p->purpose == WIRE_PASSKEY_SIGN && p->state == WIRE_PASSKEY_ACTIVE;
    }
    return which->purpose == WIRE_PASSKEY_SIGN && which->state == WIRE_PASSKEY_ACTIVE &&
           others == 0;
}

static sg_result
removal_of(struct removing *r, const struct wire_person_info_reply *info)
{
    const struct wire_passkey *passkey = passkey_of(info, r->in.passkey);
    SG_REQUIRE(passkey != NULL, NOT_FOUND);
    SG_REQUIRE(!last_signing(info, passkey), POLICY);
    uint8_t *digest = sg_arena_alloc(r->arena, SG_SHA256_LEN);
    SG_REQUIRE(digest != NULL, NO_MEMORY);
    wire_remove_digest(passkey->id, digest);
    r->in.digest = sg_bytes_of(digest, SG_SHA256_LEN);
    r->in.thumbprint = passkey->thumbprint;
    r->in.alg = passkey->alg;
    r->in.label = passkey->label;
    r->in.for_login = passkey->purpose == WIRE_PASSKEY_LOGIN;
    return SG_DONE;
}

static void
removal_known(void *context, sg_result result, const struct wire_person_info_reply *info)
{
    struct removing *r = context;
    if (sg_ok(result)) {
        result = removal_of(r, info);
    }
    if (!sg_ok(result)) {
        r->done(r->context, result, NULL);
        return;
    }
    flow_confirm_open(r->persons, r->arena, &r->in, r->done, r->context);
}

void
flow_remove_open(struct flow_persons *persons, struct sg_arena *arena,
    const uint8_t person[FLOW_PERSON_LEN], sg_bytes passkey, enum consent_language language,
    int64_t now, flow_confirm_fn done, void *context)
{
    struct removing *r = SG_NEW(arena, struct removing);
    if (r == NULL) {
        done(context, SG_ERROR(NO_MEMORY), NULL);
        return;
    }
    *r = (struct removing){ .persons = persons,
        .arena = arena,
        .in = { .template = CONSENT_REMOVE, .language = language, .passkey = passkey, .now = now },
        .done = done,
        .context = context };
    memcpy(r->in.person, person, sizeof(r->in.person));
    const struct wire_person_info by = { .person = SG_BYTES(r->in.person) };
    flow_person_info(persons, arena, &by, removal_known, r);
}

/* ---- the gesture ------------------------------------------------------------------------------------------------------ */

static void
confirm_read(struct flow_ask *ask, sg_result result, sg_bytes body)
{
    flow_confirmed_fn done = (flow_confirmed_fn)ask->done;
    struct flow_confirmed *confirmed = ask->more;
    struct wire_sign_reply *reply = NULL;
    if (sg_ok(result)) {
        reply = SG_NEW(ask->arena, struct wire_sign_reply);
        result = reply == NULL ? SG_ERROR(NO_MEMORY) : wire_sign_reply_parse(body, reply);
    }
    if (sg_ok(result)) {
        confirmed->consent_seq = reply->consent_seq;
    }
    done(ask->context, result, sg_ok(result) ? confirmed : NULL);
}

/* WebAuthn Level 3, 5.8.1.1: type and challenge come first, in this form. Whether it is right is the signer's to say. */
#define CLIENT_DATA_HEAD "{\"type\":\"webauthn.get\",\"challenge\":\""
#define CHALLENGE_TEXT_LEN 43

static bool
answers(const struct flow_confirm_row *row, sg_bytes client_data)
{
    size_t head = sizeof(CLIENT_DATA_HEAD) - 1;
    char text[CHALLENGE_TEXT_LEN + 1];
    (void)sg_b64url_to(SG_BYTES(row->challenge), text);
    return client_data.n > head + CHALLENGE_TEXT_LEN &&
           memcmp(client_data.p, CLIENT_DATA_HEAD, head) == 0 &&
           memcmp(client_data.p + head, text, CHALLENGE_TEXT_LEN) == 0;
}

static sg_result
intent_of(struct flow_persons *persons, const uint8_t *person, sg_bytes passkey,
    enum consent_template template, sg_bytes client_data, int64_t now,
    uint8_t ret[WIRE_INTENT_ID_LEN])
{
    uint8_t hash[SG_SHA256_LEN];
    bool open = false, found = false;
    sg_sha256(passkey, hash);
    pthread_mutex_lock(&persons->lock);
    for (size_t i = 0; i < FLOW_CONFIRMS_MAX && !found; i++) {
        const struct flow_confirm_row *row = &persons->confirms[i];
        if (is_about(row, person, hash, template) && row->expires_at > now) {
            open = true;
            found = answers(row, client_data);
            memcpy(ret, row->intent_id, WIRE_INTENT_ID_LEN);
        }
    }
    pthread_mutex_unlock(&persons->lock);
    SG_REQUIRE(open, NOT_FOUND);
    SG_REQUIRE(found, ACTIVATION);
    return SG_DONE;
}

void
flow_confirm(struct flow_persons *persons, struct sg_arena *arena,
    const uint8_t person[FLOW_PERSON_LEN], sg_bytes passkey, enum consent_template template,
    const struct flow_gesture *gesture, int64_t now, flow_confirmed_fn done, void *context)
{
    struct flow_ask *ask =
        flow_ask_new(persons, arena, confirm_read, (void (*)(void))done, context);
    struct wire_sign *msg = SG_NEW(arena, struct wire_sign);
    struct flow_confirmed *confirmed = SG_NEW(arena, struct flow_confirmed);
    sg_result r = ask == NULL || msg == NULL || confirmed == NULL
                      ? SG_ERROR(NO_MEMORY)
                      : intent_of(persons, person, passkey, template, gesture->client_data, now,
                            confirmed->intent_id);
    if (!sg_ok(r)) {
        done(context, r, NULL);
        return;
    }
    ask->more = confirmed;
    *msg = (struct wire_sign){ .intent_id = SG_BYTES(confirmed->intent_id),
        .which = 1,
        .passkey = gesture->passkey,
        .client_data = gesture->client_data,
        .authenticator_data = gesture->authenticator_data,
        .assertion = gesture->signature };
    uint64_t id = peer_next_id(persons->signer);
    struct sg_buf buf = sg_buf_new(arena, 4096, WIRE_FRAME_MAX);
    wire_sign_encode(&buf, id, msg);
    flow_ask_send(ask, id, &buf);
}

void
flow_confirm_keep(struct flow_persons *persons, const uint8_t person[FLOW_PERSON_LEN],
    const struct flow_confirmed *confirmed)
{
    struct flow_confirm_row row = { .used = false };
    pthread_mutex_lock(&persons->lock);
    struct flow_confirm_row *found = row_find(persons, person, confirmed->intent_id);
    if (found != NULL) {
        row = *found;
        *found = (struct flow_confirm_row){ .used = false };
    }
    pthread_mutex_unlock(&persons->lock);
    if (row.used) {
        const struct store_consent consent = {
            .template_ = sg_cstr(consent_template_name(row.template)),
            .language = sg_cstr(consent_language_name(row.language)),
            .text = sg_str_of(row.text, row.text_n),
            .openings = sg_str_of(row.text + row.text_n, row.openings_n),
        };
        SG_IGNORE(store_consent_note(persons->store, person, confirmed->consent_seq, &consent));
    }
    row_clear(&row);
}

/*
 * From built parts to an open intent: every DTBS/R of the answer, the text's hash, the commitments and the status references in one intent, for which the signer makes
 * its challenge (req: AU-4, SIG-1, SIG-2, SIG-4). Another selection is another intent; the earlier one is given up when the new one stands.
 */
#include "flow_question_int.h"

#include <sodium.h>

#define UNIQUE_LEN 16

/* ---- the intent ------------------------------------------------------------------------------------------------ */

static bool
same_ref(const struct wire_ref *a, const struct wire_ref *b)
{
    return a->type == b->type && a->idx == b->idx && sg_str_equal(a->uri, b->uri);
}

static sg_result
add_refs(struct wire_intent *intent, const struct flow_held *held)
{
    for (size_t i = 0; i < held->n_refs; i++) {
        size_t k = 0;
        while (k < intent->n_refs && !same_ref(&intent->refs[k], &held->refs[i])) {
            k++;
        }
        if (k == intent->n_refs) {
            SG_REQUIRE(intent->n_refs < WIRE_REFS_MAX, TOO_MANY);
            intent->refs[intent->n_refs++] = held->refs[i];
        }
    }
    return SG_DONE;
}

/* 0: the first key, n: the nth further one. */
static size_t
key_index(struct wire_intent *intent, const struct question_key *key)
{
    sg_bytes thumbprint = SG_BYTES(key->thumbprint);
    if (intent->n_dtbs == 0) {
        intent->key = thumbprint;
        intent->alg = (uint64_t)key->alg->id;
    }
    if (sg_bytes_equal(intent->key, thumbprint)) {
        return 0;
    }
    size_t i = 0;
    while (i < intent->n_more_keys && !sg_bytes_equal(intent->more_keys[i].key, thumbprint)) {
        i++;
    }
    if (i == intent->n_more_keys) { /* at most one per DTBS/R: there is room */
        intent->more_keys[intent->n_more_keys++] =
            (struct wire_more_key){ thumbprint, (uint64_t)key->alg->id };
    }
    return i + 1;
}

static sg_result
add_dtbs(struct round *round, struct wire_intent *intent, const struct part *part, uint8_t *key_of)
{
    SG_REQUIRE(part->key != NULL && part->alg == part->key->alg, INTERNAL);
    enum sg_hash_alg hash = part->alg->prehash ? part->alg->hash : SG_SHA512;
    uint8_t *digest = sg_arena_alloc(round->arena, SG_HASH_MAX);
    SG_REQUIRE(digest != NULL, NO_MEMORY);
    sg_hash(hash, part->message, digest);
    key_of[intent->n_dtbs] = (uint8_t)key_index(intent, part->key);
    intent->dtbs[intent->n_dtbs++] = (struct wire_dtbs){
        .kind = part->alg->prehash ? WIRE_PREHASH : WIRE_MESSAGE_KIND,
        .digest = sg_bytes_of(digest, sg_hash_len(hash)),
    };
    return SG_DONE;
}

static sg_result
fill_parts(struct question *q, struct wire_intent *intent)
{
    struct round *round = q->drafted;
    uint8_t *key_of = sg_arena_alloc(round->arena, WIRE_DTBS_MAX);
    SG_REQUIRE(key_of != NULL, NO_MEMORY);
    for (size_t i = 0; i < round->n; i++) {
        const struct part *part = &round->parts[i];
        if (part->candidate != NULL) { /* also of what is shown without a signature */
            SG_TRY(add_refs(intent, &part->candidate->holding->held));
        }
        if (part->to_sign) {
            SG_TRY(add_dtbs(round, intent, part, key_of));
        }
    }
    round->n_sign = intent->n_dtbs;
    if (intent->n_dtbs == 0) {
        sg_why_note(&q->why, "nothing in this answer would be signed", 0, 0);
        SG_FAIL(
            UNSUPPORTED); /* no signature, no gesture: nobody could show that it was agreed to */
    }
    if (intent->n_more_keys > 0) {
        intent->key_of = sg_bytes_of(key_of, intent->n_dtbs);
    }
    return SG_DONE;
}

struct secrets {
    uint8_t audience[32], nonce[32], subject[32], unique[UNIQUE_LEN];
};

static sg_result
commit(struct round *round, const char *field, const uint8_t salt[32],
    struct consent_opening *opening, sg_bytes *ret)
{
    if (opening->value.n == 0) {
        return SG_DONE;
    }
    uint8_t *commitment = sg_arena_alloc(round->arena, SG_SHA256_LEN);
    SG_REQUIRE(commitment != NULL, NO_MEMORY);
    opening->present = true;
    memcpy(opening->salt, salt, sizeof(opening->salt));
    wire_commitment(field, salt, opening->value, commitment);
    *ret = sg_bytes_of(commitment, SG_SHA256_LEN);
    return SG_DONE;
}

static sg_result
fill_words(struct question *q, struct wire_intent *intent, const struct secrets *secrets)
{
    struct round *round = q->drafted;
    struct consent_openings *o = &round->openings;
    uint8_t *hash = sg_arena_alloc(round->arena, SG_SHA256_LEN);
    SG_REQUIRE(hash != NULL, NO_MEMORY);
    o->template = q->template;
    o->language = q->language;
    o->service = q->all->settings.base;
    o->expires_at = round->expires_at;
    o->subject.value = SG_BYTES(q->person);
    SG_TRY(commit(round, "audience", secrets->audience, &o->audience, &intent->audience));
    SG_TRY(commit(round, "nonce", secrets->nonce, &o->nonce, &intent->nonce));
    SG_TRY(commit(round, "subject", secrets->subject, &o->subject, &intent->subject));
    SG_TRY(consent_text(round->arena, o, &round->text));
    SG_TRY(consent_openings_encode(round->arena, o, CONSENT_FOR_PERSON, &round->openings_json));
    consent_text_hash(round->text, hash);
    intent->text_hash = sg_bytes_of(hash, SG_SHA256_LEN);
    return SG_DONE;
}

static sg_result
make_intent(struct question *q)
{
    struct round *round = q->drafted;
    struct secrets secrets;
    struct wire_intent *intent = SG_NEW(round->arena, struct wire_intent);
    SG_REQUIRE(intent != NULL, NO_MEMORY);
    randombytes_buf(&secrets, sizeof(secrets));
    bool present = q->template == CONSENT_PRESENT;
    round->expires_at = q->now + q->all->settings.life_s;
    intent->operation = present ? WIRE_OP_PRESENT : WIRE_OP_KEY_PROOF;
    intent->requester = q->requester;
    intent->format = present ? SG_LIT("vp_token") : SG_LIT("openid4vci-proof+jwt");
    intent->created_at = q->now;
    intent->expires_at = round->expires_at;
    intent->unique = SG_BYTES(secrets.unique);
    SG_TRY(fill_parts(q, intent));
    SG_TRY(fill_words(q, intent, &secrets));
    SG_TRY(wire_intent_encode(round->arena, intent, &round->intent));
    wire_intent_id(round->intent, round->intent_id);
    return SG_DONE;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static sg_result
take_reply(struct question *q)
{
    struct round *round = q->drafted;
    struct wire_intent_open_reply reply;
    SG_TRY(q->answer);
    SG_TRY(wire_intent_open_reply_parse(q->body, &reply));
    /* a signer that speaks of another intent is no signer */
    SG_REQUIRE(sg_bytes_equal(reply.intent_id, SG_BYTES(round->intent_id)), INTERNAL);
    round->opened = true;
    memcpy(round->nonce, reply.nonce.p, sizeof(round->nonce));
    wire_challenge(round->intent_id, round->nonce, round->challenge);
    round->expires_at = reply.expires_at < round->expires_at ? reply.expires_at : round->expires_at;
    round->passkeys = SG_NEW_ARRAY(round->arena, reply.n_passkeys, sg_bytes);
    SG_REQUIRE(round->passkeys != NULL, NO_MEMORY);
    for (size_t i = 0; i < reply.n_passkeys; i++) {
        SG_TRY(sg_arena_bytes(round->arena, reply.passkeys[i], &round->passkeys[i]));
    }
    round->n_passkeys = reply.n_passkeys;
    return SG_DONE;
}

/* The question was there before, with another selection, and stays as it was. */
static void
keep_earlier(struct question *q, sg_result r)
{
    if (q->drafted != NULL && q->drafted->opened) {
        question_drop_intent(q->all, q->drafted->intent_id);
    }
    round_free(&q->drafted);
    q->language = q->round->openings.language;
    if (q->template == CONSENT_PRESENT) {
        present_know_party(q);
        present_names(q);
        present_reselect(q);
    }
    question_answer(q, r);
}

static void
not_opened(struct question *q, sg_result r)
{
    if (q->round != NULL) {
        keep_earlier(q, r);
        return;
    }
    if (q->drafted->opened) {
        question_drop_intent(q->all, q->drafted->intent_id);
    }
    question_fail(q, r);
}

static void
opened(struct question *q)
{
    sg_result r = take_reply(q);
    if (!sg_ok(r)) {
        not_opened(q, r);
        return;
    }
    if (q->round != NULL) {
        question_drop_intent(q->all, q->round->intent_id);
    }
    round_free(&q->round);
    q->round = q->drafted;
    q->drafted = NULL;
    q->expires_at = q->round->expires_at;
    q->state = FLOW_QUESTION_OPEN;
    question_answer(q, SG_DONE);
}

void
question_open(struct question *q)
{
    sg_result r = make_intent(q);
    if (!sg_ok(r)) {
        not_opened(q, r);
        return;
    }
    uint64_t id = peer_next_id(q->all->signer);
    struct sg_buf buf = sg_buf_new(q->drafted->arena, 2048, WIRE_FRAME_MAX);
    struct wire_intent_open open = { .intent = q->drafted->intent, .person = SG_BYTES(q->person) };
    wire_intent_open_encode(&buf, id, &open);
    question_ask(q, q->all->signer, id, &buf, q->all->settings.signer_timeout_ms, opened);
}

/* ---- another selection ------------------------------------------------------------------------------------------------ */

static void
select_again(struct question *q)
{
    present_know_party(q);
    present_names(q);
    sg_result r = present_build(q);
    if (!sg_ok(r)) {
        keep_earlier(q, r);
        return;
    }
    question_open(q);
}

void
flow_present_select(struct flow_questions *questions, const uint8_t person[16], sg_str id,
    const struct flow_choice *choices, size_t n, enum consent_language language, int64_t now,
    flow_question_fn done, void *context)
{
    struct question *q;
    sg_result r = question_take(questions, person, id, now, done, context, &q);
    if (!sg_ok(r)) {
        done(context, r, NULL);
        return;
    }
    if (q->state != FLOW_QUESTION_OPEN || q->template != CONSENT_PRESENT) {
        question_answer(q, SG_ERROR(CONFLICT));
        return;
    }
    r = n == 0 ? SG_DONE : present_choose(q, choices, n);
    if (!sg_ok(r)) {
        question_answer(q, r);
        return;
    }
    q->language = language == 0 ? q->language : language;
    question_run(q, select_again);
}

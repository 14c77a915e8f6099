/* The keys of a person, from the signer's registry: asked anew for each question, so that a key that was suspended a moment ago is not offered. */
#include "flow_question_int.h"

static void ask_page(struct question *q);

static sg_result
add_key(struct question *q, const struct wire_holder_key *from)
{
    struct question_key *key = SG_NEW(q->arena, struct question_key);
    const struct jose_alg *alg = jose_alg_by_id((enum jose_alg_id)from->alg);
    SG_REQUIRE(key != NULL, NO_MEMORY);
    SG_REQUIRE(from->key.n == WIRE_THUMBPRINT_LEN, INTERNAL);
    memcpy(q->after_key, from->key.p, WIRE_THUMBPRINT_LEN);
    if (alg == NULL) {
        return SG_DONE; /* of a later version: not ours to use */
    }
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    SG_TRY(jwk_from_spki(q->arena, from->spki, &key->key));
    SG_TRY(jwk_thumbprint(q->arena, &key->key, thumbprint));
    SG_REQUIRE(memcmp(thumbprint, from->key.p, sizeof(thumbprint)) == 0, KEY_INVALID);
    memcpy(key->thumbprint, thumbprint, sizeof(thumbprint));
    key->alg = alg;
    key->active = from->state == WIRE_KEY_ACTIVE;
    q->keys[q->n_keys++] = key;
    return SG_DONE;
}

static sg_result
add_page(struct question *q, bool *ret_more)
{
    struct wire_person_info_reply *reply = SG_NEW(q->arena, struct wire_person_info_reply);
    SG_REQUIRE(reply != NULL, NO_MEMORY);
    SG_TRY(wire_person_info_reply_parse(q->body, reply));
    SG_REQUIRE(sg_bytes_equal(reply->person, SG_BYTES(q->person)), INTERNAL);
    q->person_active = reply->state == WIRE_PERSON_ACTIVE;
    for (size_t i = 0; i < reply->n_keys; i++) {
        SG_REQUIRE(q->n_keys < QUESTION_KEYS_MAX, TOO_MANY);
        SG_TRY(add_key(q, &reply->keys[i]));
    }
    *ret_more = reply->more && reply->n_keys > 0;
    return SG_DONE;
}

static void
page_there(struct question *q)
{
    bool more = false;
    sg_result r = q->answer;
    if (sg_ok(r)) {
        r = add_page(q, &more);
    }
    if (sg_ok(r) && more) {
        ask_page(q);
        return;
    }
    q->answer = r;
    if (sg_ok(r) && !q->person_active) {
        q->answer = SG_ERROR(KEY_STATE); /* locked, or has left */
    }
    q->keys_read(q);
}

static void
ask_page(struct question *q)
{
    uint64_t id = peer_next_id(q->all->signer);
    struct sg_buf buf = sg_buf_new(q->arena, 256, WIRE_FRAME_MAX);
    struct wire_person_info ask = { .person = SG_BYTES(q->person) };
    if (q->pages++ > 0) {
        ask.after = SG_BYTES(q->after_key);
    }
    wire_person_info_encode(&buf, id, &ask);
    question_ask(q, q->all->signer, id, &buf, q->all->settings.signer_timeout_ms, page_there);
}

void
question_keys_read(struct question *q, question_step step)
{
    q->keys_read = step;
    q->keys = SG_NEW_ARRAY(q->arena, QUESTION_KEYS_MAX, const struct question_key *);
    if (q->keys == NULL) {
        q->answer = SG_ERROR(NO_MEMORY);
        step(q);
        return;
    }
    ask_page(q);
}

const struct question_key *
question_key_find(const struct question *q, const uint8_t thumbprint[WIRE_THUMBPRINT_LEN])
{
    for (size_t i = 0; i < q->n_keys; i++) {
        if (memcmp(q->keys[i]->thumbprint, thumbprint, WIRE_THUMBPRINT_LEN) == 0) {
            return q->keys[i];
        }
    }
    return NULL;
}

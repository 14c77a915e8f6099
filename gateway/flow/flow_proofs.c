/* Key proofs: the person's keys, perhaps an attestation that they live here, one intent for all of them. spec: OpenID4VCI 1.0, Appendix D and F. */
#include "flow_question_int.h"

/* ---- after the gesture ------------------------------------------------------------------------------------------ */

sg_result
proofs_attach(struct question *q, const struct wire_sign_reply *reply)
{
    q->proofs = SG_NEW_ARRAY(q->arena, q->round->n, sg_str);
    SG_REQUIRE(q->proofs != NULL, NO_MEMORY);
    for (size_t i = 0; i < q->round->n; i++) {
        sg_str jwt;
        SG_TRY(
            flow_prove_attach(q->arena, &q->round->parts[i].proving, reply->signatures[i], &jwt));
        SG_TRY(sg_arena_str(q->arena, jwt, &q->proofs[i]));
    }
    return SG_DONE;
}

/* ---- before it ---------------------------------------------------------------------------------------------------- */

static sg_result
find_keys(struct question *q)
{
    SG_TRY(q->answer);
    for (size_t i = 0; i < q->prove.n_keys; i++) {
        SG_REQUIRE(q->prove.keys[i].n == WIRE_THUMBPRINT_LEN, VALUE);
        const struct question_key *key = question_key_find(q, q->prove.keys[i].p);
        SG_REQUIRE(key != NULL, NOT_FOUND);
        SG_REQUIRE(key->active, KEY_STATE);
        for (size_t k = 0; k < i; k++) { /* one credential per key (14.6) */
            SG_REQUIRE(!sg_bytes_equal(q->prove.keys[i], q->prove.keys[k]), DUPLICATE);
        }
    }
    return SG_DONE;
}

static sg_result
build_proofs(struct question *q)
{
    SG_TRY(round_new(&q->drafted));
    struct round *round = q->drafted;
    round->parts = SG_NEW_ARRAY(round->arena, q->prove.n_keys, struct part);
    SG_REQUIRE(round->parts != NULL, NO_MEMORY);
    for (size_t i = 0; i < q->prove.n_keys; i++) {
        struct part *part = &round->parts[i];
        part->key = question_key_find(q, q->prove.keys[i].p);
        struct flow_prove prove = {
            .key = &part->key->key,
            .alg = part->key->alg,
            .by = q->prove.by,
            .audience = q->prove.aud,
            .nonce = q->prove.nonce,
            .client_id = q->prove.iss,
            .key_attestation = q->attestation,
            .now = q->now,
        };
        SG_TRY(flow_prove_build(round->arena, &prove, &q->why, &part->proving));
        part->to_sign = true;
        part->alg = part->proving.alg;
        part->message = part->proving.message;
        round->n++;
    }
    struct consent_openings *o = &round->openings;
    o->party = q->party;
    o->n_proofs = round->n;
    o->attestation = q->attestation.n > 0;
    o->audience.value = sg_str_bytes(q->prove.aud);
    o->nonce.value = sg_str_bytes(q->prove.nonce);
    return SG_DONE;
}

static void
build(struct question *q)
{
    sg_result r = q->answer;
    if (sg_ok(r)) {
        r = build_proofs(q);
    }
    if (!sg_ok(r)) {
        question_fail(q, r);
        return;
    }
    question_open(q);
}

static void
attested(void *context, sg_result r, sg_str attestation)
{
    struct question *q = context;
    q->answer = r;
    q->attestation = sg_ok(r) ? attestation : SG_NO_STR;
    question_run(q, build);
}

/* The attestation is signed before the person is asked: it says where keys live, which is so whether or not they are used. */
static void
attest(struct question *q)
{
    struct flow_attest_in *in = SG_NEW(q->arena, struct flow_attest_in);
    struct jwk *keys = SG_NEW_ARRAY(q->arena, q->prove.n_keys, struct jwk);
    if (in == NULL || keys == NULL) {
        question_fail(q, SG_ERROR(NO_MEMORY));
        return;
    }
    for (size_t i = 0; i < q->prove.n_keys; i++) {
        keys[i] = question_key_find(q, q->prove.keys[i].p)->key;
    }
    *in = (struct flow_attest_in){
        .keys = keys, .n = q->prove.n_keys, .nonce = q->prove.nonce, .now = q->now
    };
    flow_attest(q->all->flow, q->arena, in, &q->why, attested, q);
}

static void
keys_there(struct question *q)
{
    sg_result r = find_keys(q);
    if (!sg_ok(r)) {
        question_fail(q, r);
        return;
    }
    if (q->prove.attestation) {
        attest(q);
        return;
    }
    build(q);
}

static void
begin(struct question *q)
{
    question_keys_read(q, keys_there);
}

static sg_result
copy_in(struct question *q, const struct flow_prove_in *in)
{
    sg_str requester = in->requester.n == 0 ? SG_LIT(FLOW_GATEWAY_CLIENT) : in->requester;
    SG_REQUIRE(in->n_keys >= 1 && in->n_keys <= FLOW_PROVE_MAX, VALUE);
    SG_REQUIRE(requester.n <= WIRE_NAME_MAX, TOO_LARGE);
    SG_REQUIRE(in->aud.n > 0 && in->aud.n <= CONSENT_NAME_MAX, VALUE);
    SG_REQUIRE(in->nonce.n <= CONSENT_NAME_MAX && in->iss.n <= CONSENT_NAME_MAX, TOO_LARGE);
    q->template = CONSENT_PROOF;
    q->language = in->language;
    q->prove = *in;
    sg_bytes *keys = SG_NEW_ARRAY(q->arena, in->n_keys, sg_bytes);
    SG_REQUIRE(keys != NULL, NO_MEMORY);
    for (size_t i = 0; i < in->n_keys; i++) {
        SG_TRY(sg_arena_bytes(q->arena, in->keys[i], &keys[i]));
    }
    q->prove.keys = keys;
    SG_TRY(sg_arena_str(q->arena, requester, &q->requester));
    SG_TRY(sg_arena_str(q->arena, in->aud, &q->prove.aud));
    SG_TRY(sg_arena_str(q->arena, in->nonce, &q->prove.nonce));
    SG_TRY(sg_arena_str(q->arena, in->iss, &q->prove.iss));
    q->party = (struct consent_party){ .id = q->prove.aud, .proven = CONSENT_UNPROVEN };
    return SG_DONE;
}

void
flow_proofs_start(struct flow_questions *questions, struct sg_arena *arena,
    const struct flow_prove_in *in, struct sg_why *why, flow_question_fn done, void *context)
{
    struct question *q = NULL;
    (void)arena; /* the question has its own: it outlives the call */
    sg_result r = question_new(questions, in->person, in->now, done, context, &q);
    if (!sg_ok(r)) {
        done(context, r, NULL);
        return;
    }
    q->why_out = why;
    r = copy_in(q, in);
    if (!sg_ok(r)) {
        question_fail(q, r);
        return;
    }
    question_run(q, begin);
}

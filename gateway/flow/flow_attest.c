/*
 * Key attestations: the service says of holders' keys that they live in its token. Signed by a METADATA key through SEAL under a mandate of the gateway
 * itself, so that the signer counts them and the ledger names each. spec: OpenID4VCI 1.0 App. D.1. req: PRO-1, KEY-2
 */
#include "flow_internal.h"

#include <sodium.h>

#include "flow_jose.h"
#include "flow_prove.h"
#include "sg_text.h"

#define ATTESTATION_TYP "key-attestation+jwt"
#define NONCE_MAX ((size_t)1024)
#define PAYLOAD_MAX ((size_t)64 * 1024)

struct attest {
    struct flow *flow;
    struct sg_arena *arena;
    const struct peer_key *key;
    const struct jose_alg *alg;
    sg_str signing_input;
    struct wire_seal seal;
    flow_attested_fn done;
    void *context;
};

/* ---- what is said ------------------------------------------------------------------------------------------------------------------------- */

static sg_result
check(struct sg_arena *arena, const struct flow_attest_in *in, struct sg_why *why)
{
    uint8_t(*seen)[JWK_THUMBPRINT_LEN] =
        sg_arena_array(arena, FLOW_PROVE_MAX, sizeof(uint8_t[JWK_THUMBPRINT_LEN]));
    SG_REQUIRE(seen != NULL, NO_MEMORY);
    if (in->n == 0 || in->n > FLOW_PROVE_MAX || in->nonce.n > NONCE_MAX || in->now <= 0) {
        sg_why_note(why, "keys, or nonce", 0, 0);
        SG_FAIL(VALUE);
    }
    for (size_t i = 0; i < in->n; i++) {
        SG_TRY(jwk_thumbprint(arena, &in->keys[i], seen[i]));
        for (size_t k = 0; k < i; k++) {
            if (memcmp(seen[i], seen[k], JWK_THUMBPRINT_LEN) == 0) {
                sg_why_note(why, "keys: one stands there twice", i, 0);
                SG_FAIL(DUPLICATE);
            }
        }
    }
    return SG_DONE;
}

/* Words with blanks between, as an array; nothing is written when there are none: an attestation claims no more than somebody has evaluated. */
static void
write_words(struct sjson_wr *wr, const char *name, sg_str words)
{
    bool open = false;
    for (size_t at = 0; at < words.n;) {
        size_t end = sg_str_index(words, ' ', at);
        if (end > at) {
            if (!open) {
                sjson_wr_name(wr, sg_cstr(name));
                sjson_wr_array(wr);
                open = true;
            }
            sjson_wr_text(wr, sg_str_slice(words, at, end - at));
        }
        at = end + 1;
    }
    if (open) {
        sjson_wr_array_end(wr);
    }
}

static sg_result
payload_of(struct sg_arena *arena, const struct flow_settings *settings,
    const struct flow_attest_in *in, sg_bytes *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 256 * (in->n + 1), PAYLOAD_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "iss", settings->base);
    sjson_wr_member_int(&wr, "iat", in->now);
    sjson_wr_member_int(&wr, "exp", in->now + FLOW_ATTEST_LIFE_S);
    sjson_wr_name(&wr, SG_LIT("attested_keys"));
    sjson_wr_array(&wr);
    for (size_t i = 0; i < in->n; i++) {
        struct jwk key = in->keys[i];
        key.kid = SG_NO_STR;
        key.use = SG_NO_STR;
        key.alg = NULL;
        jwk_write(&wr, &key);
    }
    sjson_wr_array_end(&wr);
    write_words(&wr, "key_storage", settings->attestation_storage);
    write_words(&wr, "user_authentication", settings->attestation_authentication);
    if (in->nonce.n > 0) {
        sjson_wr_member_text(&wr, "nonce", in->nonce);
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end(&buf, ret);
}

static sg_result
signing_input_of(struct attest *job, const struct flow_attest_in *in)
{
    sg_str header, payload;
    sg_bytes json;
    SG_TRY(flow_jose_header(
        job->arena, job->key, job->alg, ATTESTATION_TYP, SG_NO_STR, SG_NO_STR, &header));
    SG_TRY(payload_of(job->arena, &job->flow->settings, in, &json));
    SG_TRY(sg_b64url_encode(job->arena, json, &payload));
    return sg_arena_printf(
        job->arena, &job->signing_input, "%.*s.%.*s", SG_PRINT(header), SG_PRINT(payload));
}

/* ---- asking for the signature --------------------------------------------------------------------------------------------------------------- */

static sg_result
seal_of(struct attest *job, int64_t now)
{
    struct wire_intent *intent = SG_NEW(job->arena, struct wire_intent);
    uint8_t *room = sg_arena_alloc(job->arena, 16 + SG_HASH_MAX);
    sg_bytes message = sg_str_bytes(job->signing_input);
    enum sg_hash_alg hash = job->alg->prehash ? job->alg->hash : SG_SHA512;
    SG_REQUIRE(intent != NULL && room != NULL, NO_MEMORY);
    randombytes_buf(room, 16);
    sg_hash(hash, message, room + 16);
    *intent = (struct wire_intent){
        .operation = WIRE_OP_METADATA,
        .key = SG_BYTES(job->key->thumbprint),
        .alg = job->key->alg,
        .dtbs = { { job->alg->prehash ? WIRE_PREHASH : WIRE_MESSAGE_KIND,
            sg_bytes_of(room + 16, sg_hash_len(hash)) } },
        .n_dtbs = 1,
        .requester = SG_LIT(FLOW_GATEWAY_CLIENT),
        .format = SG_LIT(ATTESTATION_TYP),
        .created_at = now,
        .expires_at = now + FLOW_INTENT_LIFE_S,
        .unique = sg_bytes_of(room, 16),
    };
    if (!job->alg->prehash) {
        job->seal.messages[job->seal.n_messages++] = message;
    }
    return wire_intent_encode(job->arena, intent, &job->seal.intent);
}

static sg_result
prepare(struct attest *job, const struct flow_attest_in *in, struct sg_why *why)
{
    struct flow *flow = job->flow;
    const struct peer_client *self;
    const struct wire_mandate *mandate;
    SG_REQUIRE(flow->settings.attestation_key.n > 0, UNSUPPORTED);
    SG_TRY(check(job->arena, in, why));
    SG_TRY(peer_key_find(flow->registry, flow->settings.attestation_key, &job->key));
    job->alg = jose_alg_by_id((enum jose_alg_id)job->key->alg);
    SG_REQUIRE(job->alg != NULL && job->key->purpose == WIRE_PURPOSE_METADATA, KEY_USE);
    SG_REQUIRE(job->key->state == WIRE_KEY_ACTIVE, KEY_STATE);
    SG_TRY(peer_client_get(flow->registry, SG_LIT(FLOW_GATEWAY_CLIENT), &self));
    SG_TRY(peer_mandate_find(
        self, SG_BYTES(job->key->thumbprint), WIRE_OP_METADATA, SG_NO_STR, in->now, &mandate));
    job->seal.mandate = mandate->id;
    SG_TRY(signing_input_of(job, in));
    return seal_of(job, in->now);
}

/* ---- the signature ---------------------------------------------------------------------------------------------------------------------------- */

/* A relying issuer would refuse a signature that does not hold, and blame the wallet. */
static sg_result
attach(struct attest *job, sg_bytes body, sg_str *ret)
{
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    struct jwk jwk;
    struct wire_seal_reply *reply = SG_NEW(job->arena, struct wire_seal_reply);
    SG_REQUIRE(reply != NULL, NO_MEMORY);
    SG_TRY(wire_seal_reply_parse(body, reply));
    SG_REQUIRE(reply->n_signatures == 1, INTERNAL);
    SG_TRY(jwk_from_spki(job->arena, job->key->spki, &jwk));
    SG_TRY(jwk_key_new(&jwk, &key));
    SG_TRY(jwk_verify(key, job->alg, sg_str_bytes(job->signing_input), reply->signatures[0]));
    return jws_attach(job->arena, job->signing_input, reply->signatures[0], ret);
}

/* In the peer's reader thread. */
static void
sealed(void *context, sg_result r, const struct wire_frame *frame)
{
    struct attest *job = context;
    sg_str jwt = SG_NO_STR;
    if (sg_ok(r)) {
        r = attach(job, frame->body, &jwt);
    }
    job->done(job->context, r, sg_ok(r) ? jwt : SG_NO_STR);
}

void
flow_attest(struct flow *flow, struct sg_arena *arena, const struct flow_attest_in *in,
    struct sg_why *why, flow_attested_fn done, void *context)
{
    struct attest *job = SG_NEW(arena, struct attest);
    if (job == NULL) {
        done(context, SG_ERROR(NO_MEMORY), SG_NO_STR);
        return;
    }
    *job = (struct attest){ .flow = flow, .arena = arena, .done = done, .context = context };
    sg_result r = prepare(job, in, why);
    if (!sg_ok(r)) {
        done(context, r, SG_NO_STR);
        return;
    }
    peer_seal(flow->signer, arena, &job->seal, flow->settings.signer_timeout_ms, sealed, job);
}

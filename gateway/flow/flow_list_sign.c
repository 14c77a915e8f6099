/*
 * Signing our own status lists (req: STA-1, STA-2). One version of a list has several forms: Status List Token as JWT and as CWT, and a
 * Bitstring Status List credential for each purpose. They are made from one copy of the bits, signed in one intent with a DTBS/R for each, and
 * replaced together: no two forms ever tell different things. The background thread alone signs; requests read signed bytes.
 */
#include "flow_internal.h"

#include <sodium.h>
#include <stdlib.h>

#include "dataint.h"
#include "did.h"
#include "flow_vcdm.h"
#include "sg_text.h"

/* 2^24 entries of two bits: the copy, three Bitstring lists, each packed and as text, with a JWT and a proof. */
#define LIST_ARENA_MAX ((size_t)160 * 1024 * 1024)
#define RETRY_MIN_MS 250
#define RETRY_MAX_MS 5000

/* One form on its way to the signer. */
struct draft_form {
    bool there;       /* false: this list is too large for the form, or its key for one packet */
    sg_bytes message; /* exactly what the key signs */
    sg_str signing_input; /* JOSE */
    struct tsl_cwt cwt;
    struct di_pending proof; /* Data Integrity */
    uint8_t signature[WIRE_SIG_MAX];
    size_t signature_n;
    sg_bytes body; /* signed */
};

/* A version of a list on its way; lives in list->arena. */
struct flow_list_draft {
    struct draft_form forms[FLOW_LIST_FORMS];
    struct tsl_payload snapshot;
    struct tsl_kept kept[BSL_MESSAGE + 1]; /* by purpose: vc+jwt and JSON carry the same bits */
    const struct peer_key *key;
    const struct jose_alg *alg;
    sg_str kid;
    sg_str issuer;
};

/* Signed bytes, counted: a list may be replaced while an answer still reads the old one. */
struct flow_token {
    struct flow_list_token view; /* first: handed out */
    atomic_uint refs;
};

void
flow_token_drop(struct flow_token *token)
{
    if (token != NULL && atomic_fetch_sub(&token->refs, 1) == 1) {
        for (size_t i = 0; i < FLOW_LIST_FORMS; i++) {
            free((void *)(uintptr_t)token->view.forms[i].body.p);
            free((void *)(uintptr_t)token->view.forms[i].gzip.p);
        }
        free(token);
    }
}

const struct flow_list_token *
flow_token_hold(struct flow_token *token)
{
    if (token == NULL) {
        return NULL;
    }
    atomic_fetch_add(&token->refs, 1);
    return &token->view;
}

/* ---- the forms ------------------------------------------------------------------------------------------------ */

static sg_result
jose_message(struct sg_arena *arena, struct draft_form *form, sg_str header, sg_bytes payload)
{
    SG_TRY(jws_signing_input(arena, header, payload, &form->signing_input));
    form->message = sg_str_bytes(form->signing_input);
    return SG_DONE;
}

static sg_result
jose_attach(struct sg_arena *arena, struct draft_form *form)
{
    sg_str compact;
    SG_TRY(jws_attach(
        arena, form->signing_input, sg_bytes_of(form->signature, form->signature_n), &compact));
    form->body = sg_str_bytes(compact);
    return SG_DONE;
}

static sg_result
prepare_jwt(struct sg_arena *arena, struct flow_list_draft *d, enum bsl_purpose purpose,
    struct draft_form *form)
{
    sg_bytes payload;
    sg_str header;
    (void)purpose;
    SG_TRY(tsl_payload_build(arena, &d->snapshot, &payload));
    SG_TRY(tsl_header_build(arena, d->alg->id, d->kid, d->key->chain, d->key->n_chain, &header));
    return jose_message(arena, form, header, payload);
}

static sg_result
prepare_cwt(struct sg_arena *arena, struct flow_list_draft *d, enum bsl_purpose purpose,
    struct draft_form *form)
{
    sg_bytes payload;
    (void)purpose;
    SG_TRY(tsl_cwt_payload_build(arena, &d->snapshot, &payload));
    SG_TRY(tsl_cwt_prepare(arena, d->alg->id, SG_BYTES(d->key->thumbprint), d->key->chain,
        d->key->n_chain, payload, &form->cwt));
    form->message = form->cwt.to_be_signed;
    return SG_DONE;
}

static sg_result
attach_cwt(struct sg_arena *arena, struct draft_form *form)
{
    return tsl_cwt_attach(
        arena, &form->cwt, sg_bytes_of(form->signature, form->signature_n), &form->body);
}

static sg_result
prepare_bitstring(struct sg_arena *arena, struct flow_list_draft *d, enum bsl_purpose purpose,
    struct draft_form *form)
{
    sg_bytes payload;
    sg_str header;
    SG_TRY(
        tsl_board_credential(arena, &d->snapshot, purpose, d->issuer, &d->kept[purpose], &payload));
    SG_TRY(bsl_header_build(arena, d->alg->id, d->kid, d->key->chain, d->key->n_chain, &header));
    return jose_message(arena, form, header, payload);
}

/*
 * The same credential as JSON with a proof, for readers that know no JOSE. Its issuer is the did:key of the key that signs: an identity that speaks
 * for lists alone, whose method every reader can resolve; the key is not in our DID document, where it could speak for credentials.
 */
static sg_result
prepare_json(struct sg_arena *arena, struct flow_list_draft *d, enum bsl_purpose purpose,
    struct draft_form *form)
{
    char created[FLOW_TIME_LEN + 1];
    struct di_proof_options *options = SG_NEW(arena, struct di_proof_options);
    struct jwk *key = SG_NEW(arena, struct jwk);
    const struct sjson *document;
    sg_bytes payload;
    sg_str did;
    SG_REQUIRE(options != NULL && key != NULL, NO_MEMORY);
    SG_TRY(jwk_from_spki(arena, d->key->spki, key));
    SG_TRY(did_key_of(arena, key, &did));
    SG_TRY(did_method_of(arena, did, &options->verification_method));
    SG_TRY(tsl_board_credential(arena, &d->snapshot, purpose, did, &d->kept[purpose], &payload));
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(payload), NULL, &document));
    SG_TRY(flow_time_text(d->snapshot.iat, created));
    SG_TRY(sg_arena_str(arena, sg_cstr(created), &options->created));
    options->purpose = SG_LIT("assertionMethod");
    const struct di_request request = {
        .document = document,
        .suite =
            di_suite_by_id(d->alg->kty == JOSE_KTY_OKP ? DI_EDDSA_JCS_2022 : DI_ECDSA_JCS_2019),
        .key = key,
        .options = options,
        .keep_context = true, /* credentials/v2 maps the terms of proofs */
    };
    SG_TRY(di_prepare(arena, &request, NULL, &form->proof));
    form->message = form->proof.message;
    return SG_DONE;
}

static sg_result
attach_json(struct sg_arena *arena, struct draft_form *form)
{
    sg_str text;
    SG_TRY(di_attach(arena, &form->proof, sg_bytes_of(form->signature, form->signature_n), &text));
    form->body = sg_str_bytes(text);
    return SG_DONE;
}

struct form_row {
    enum bsl_purpose purpose;
    sg_result (*prepare)(struct sg_arena *arena, struct flow_list_draft *d,
        enum bsl_purpose purpose, struct draft_form *form);
    sg_result (*attach)(struct sg_arena *arena, struct draft_form *form);
    bool text; /* worth a gzip coding */
};
static const struct form_row rows[FLOW_LIST_FORMS] = {
    [FLOW_LIST_JWT] = { BSL_OWN, prepare_jwt, jose_attach, true },
    [FLOW_LIST_CWT] = { BSL_OWN, prepare_cwt, attach_cwt, false },
    [FLOW_LIST_REVOCATION] = { BSL_REVOCATION, prepare_bitstring, jose_attach, true },
    [FLOW_LIST_SUSPENSION] = { BSL_SUSPENSION, prepare_bitstring, jose_attach, true },
    [FLOW_LIST_MESSAGE] = { BSL_MESSAGE, prepare_bitstring, jose_attach, true },
    [FLOW_LIST_REVOCATION_JSON] = { BSL_REVOCATION, prepare_json, attach_json, true },
    [FLOW_LIST_SUSPENSION_JSON] = { BSL_SUSPENSION, prepare_json, attach_json, true },
    [FLOW_LIST_MESSAGE_JSON] = { BSL_MESSAGE, prepare_json, attach_json, true },
};

/*
 * Can this list not be had in this form: too large for it, no identifier or suite for the key? Then the others go on without it: a revocation is
 * published in every form that holds it, and first of all as JWT.
 */
static bool
left_out(size_t i, sg_result r)
{
    return i != FLOW_LIST_JWT && r.code != SG_E_NO_MEMORY;
}

/* EdDSA signs messages, and one packet carries so many bytes of them: what comes last is left out first. */
static void
fit_packet(struct flow_list_draft *d)
{
    size_t total = 0;
    for (size_t i = 0; !d->alg->prehash && i < FLOW_LIST_FORMS; i++) {
        struct draft_form *form = &d->forms[i];
        total += form->there ? form->message.n : 0;
        if (i != FLOW_LIST_JWT && total > WIRE_MESSAGE_MAX) {
            total -= form->there ? form->message.n : 0;
            form->there = false;
        }
    }
}

static sg_result
prepare_all(struct sg_arena *arena, struct flow_list_draft *d)
{
    for (size_t i = 0; i < FLOW_LIST_FORMS; i++) {
        struct draft_form *form = &d->forms[i];
        sg_result r = rows[i].prepare(arena, d, rows[i].purpose, form);
        form->there = sg_ok(r);
        if (!sg_ok(r) && !left_out(i, r)) {
            return r;
        }
    }
    fit_packet(d);
    return SG_DONE;
}

/* ---- publishing ------------------------------------------------------------------------------------------------ */

static sg_result
heap_copy(sg_bytes from, sg_bytes *ret)
{
    uint8_t *copy = malloc(from.n);
    SG_REQUIRE(copy != NULL, NO_MEMORY);
    memcpy(copy, from.p, from.n);
    *ret = sg_bytes_of(copy, from.n);
    return SG_DONE;
}

static void
etag_of(sg_bytes body, char ret[FLOW_ETAG_LEN])
{
    uint8_t hash[SG_SHA256_LEN];
    sg_sha256(body, hash);
    memcpy(ret, "W/\"", 3);
    sg_hex_to(sg_bytes_of(hash, 16), ret + 3);
    ret[35] = '"';
}

static sg_result
serve_form(struct sg_arena *arena, const struct form_row *row, struct draft_form *form,
    struct flow_list_body *body)
{
    sg_bytes packed = SG_NO_BYTES;
    SG_TRY(row->attach(arena, form));
    SG_TRY(heap_copy(form->body, &body->body));
    if (row->text) {
        SG_TRY(tsl_gzip(arena, form->body, &packed));
        SG_TRY(heap_copy(packed, &body->gzip));
    }
    etag_of(form->body, body->etag);
    return SG_DONE;
}

static sg_result
serve_all(struct flow_list *list, struct flow_token *token)
{
    for (size_t i = 0; i < FLOW_LIST_FORMS; i++) {
        struct draft_form *form = &list->draft->forms[i];
        if (form->there) {
            SG_TRY(serve_form(list->arena, &rows[i], form, &token->view.forms[i]));
        }
    }
    return SG_DONE;
}

/* All forms at once take the place of the version before. */
static sg_result
publish(struct flow *flow, struct flow_list *list)
{
    SG_TRY(list->result);
    struct flow_token *token = calloc(1, sizeof(*token));
    SG_REQUIRE(token != NULL, NO_MEMORY);
    atomic_init(&token->refs, 1);
    token->view.iat = list->iat;
    token->view.exp = list->iat + flow->settings.list_life_s;
    token->view.ttl_s = flow->settings.list_ttl_s;
    sg_result r = serve_all(list, token);
    if (!sg_ok(r)) {
        flow_token_drop(token);
        return r;
    }
    pthread_mutex_lock(&list->lock);
    struct flow_token *old = list->token;
    list->token = token;
    pthread_mutex_unlock(&list->lock);
    flow_token_drop(old);
    tsl_board_signed(list->board, list->version, list->iat);
    return SG_DONE;
}

static int64_t
monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
attempt_over(struct flow_list *list, sg_result r)
{
    list->signing = false;
    list->draft = NULL;
    sg_arena_free(&list->arena);
    if (sg_ok(r)) {
        list->failures = 0;
        list->retry_ms = 0;
        return;
    }
    int64_t wait = (int64_t)RETRY_MIN_MS << (list->failures < 5 ? list->failures : 5);
    list->failures++;
    list->retry_ms = monotonic_ms() + (wait < RETRY_MAX_MS ? wait : RETRY_MAX_MS);
}

void
flow_list_signed_run(struct flow_task *task)
{
    struct flow_list *list =
        (struct flow_list *)(void *)((char *)task - offsetof(struct flow_list, signed_task));
    attempt_over(list, publish(task->flow, list));
}

/* ---- signing ---------------------------------------------------------------------------------------------------- */

/* One signature for each form that was sent, in the forms' order. */
static sg_result
keep_signatures(struct flow_list_draft *draft, const struct wire_seal_reply *reply)
{
    size_t n = 0;
    for (size_t i = 0; i < FLOW_LIST_FORMS; i++) {
        struct draft_form *form = &draft->forms[i];
        if (!form->there) {
            continue;
        }
        SG_REQUIRE(n < reply->n_signatures, INTERNAL);
        sg_bytes signature = reply->signatures[n++];
        SG_REQUIRE(signature.n <= sizeof(form->signature), INTERNAL);
        memcpy(form->signature, signature.p, signature.n);
        form->signature_n = signature.n;
    }
    SG_REQUIRE(n == reply->n_signatures, INTERNAL);
    return SG_DONE;
}

/* In the peer's reader thread: only keep the signatures. */
static void
list_sealed(void *context, sg_result r, const struct wire_frame *frame)
{
    struct flow_list *list = context;
    if (sg_ok(r)) {
        struct wire_seal_reply *reply = calloc(1, sizeof(*reply));
        r = reply == NULL ? SG_ERROR(NO_MEMORY) : wire_seal_reply_parse(frame->body, reply);
        if (sg_ok(r)) {
            r = keep_signatures(list->draft, reply);
        }
        free(reply);
    }
    list->result = r;
    flow_later(list->flow, &list->signed_task);
}

static sg_result
add_dtbs(struct sg_arena *arena, const struct flow_list_draft *d, const struct draft_form *form,
    struct wire_intent *intent, struct wire_seal *seal)
{
    enum sg_hash_alg hash = d->alg->prehash ? d->alg->hash : SG_SHA512;
    uint8_t *digest = sg_arena_alloc(arena, SG_HASH_MAX);
    SG_REQUIRE(digest != NULL, NO_MEMORY);
    sg_hash(hash, form->message, digest);
    struct wire_dtbs *dtbs = &intent->dtbs[intent->n_dtbs++];
    dtbs->kind = d->alg->prehash ? WIRE_PREHASH : WIRE_MESSAGE_KIND;
    dtbs->digest = sg_bytes_of(digest, sg_hash_len(hash));
    if (!d->alg->prehash) {
        seal->messages[seal->n_messages++] = form->message;
    }
    return SG_DONE;
}

/* The intent names the list by its token's form and URI; the other forms' digests stand beside the token's. */
static sg_result
list_intent(struct flow_list *list, int64_t now, struct wire_seal *seal)
{
    struct sg_arena *arena = list->arena;
    const struct flow_list_draft *d = list->draft;
    uint8_t *unique = sg_arena_alloc(arena, 16);
    struct wire_intent *intent = SG_NEW(arena, struct wire_intent);
    SG_REQUIRE(unique != NULL && intent != NULL, NO_MEMORY);
    randombytes_buf(unique, 16);
    intent->operation = WIRE_OP_STATUS_LIST;
    intent->key = SG_BYTES(d->key->thumbprint);
    intent->alg = d->key->alg;
    for (size_t i = 0; i < FLOW_LIST_FORMS; i++) {
        if (d->forms[i].there) {
            SG_TRY(add_dtbs(arena, d, &d->forms[i], intent, seal));
        }
    }
    intent->requester = SG_LIT(FLOW_GATEWAY_CLIENT);
    intent->format = SG_LIT(TSL_TYP);
    intent->type = tsl_board_uri(list->board);
    intent->created_at = now;
    intent->expires_at = now + FLOW_INTENT_LIFE_S;
    intent->unique = sg_bytes_of(unique, 16);
    return wire_intent_encode(arena, intent, &seal->intent);
}

static sg_result
sign_begin(struct flow *flow, struct flow_list *list, int64_t now)
{
    const struct peer_key *key;
    const struct peer_client *self;
    const struct wire_mandate *mandate;
    SG_TRY(peer_key_find(flow->registry, flow->settings.status_key, &key));
    const struct jose_alg *alg = jose_alg_by_id((enum jose_alg_id)key->alg);
    SG_REQUIRE(alg != NULL && key->purpose == WIRE_PURPOSE_STATUS_LIST, KEY_USE);
    SG_TRY(peer_client_get(flow->registry, SG_LIT(FLOW_GATEWAY_CLIENT), &self));
    SG_TRY(peer_mandate_find(
        self, SG_BYTES(key->thumbprint), WIRE_OP_STATUS_LIST, SG_NO_STR, now, &mandate));

    list->arena = sg_arena_new(0, LIST_ARENA_MAX);
    SG_REQUIRE(list->arena != NULL, NO_MEMORY);
    struct flow_list_draft *draft = SG_NEW(list->arena, struct flow_list_draft);
    struct wire_seal *seal = SG_NEW(list->arena, struct wire_seal);
    SG_REQUIRE(draft != NULL && seal != NULL, NO_MEMORY);
    list->draft = draft;
    draft->key = key;
    draft->alg = alg;
    draft->issuer = flow->settings.base;
    SG_TRY(sg_b64url_encode(list->arena, SG_BYTES(key->thumbprint), &draft->kid));
    SG_TRY(tsl_board_snapshot(list->board, list->arena, now, &draft->snapshot, &list->version));
    SG_TRY(prepare_all(list->arena, draft));
    SG_TRY(list_intent(list, now, seal));
    seal->mandate = mandate->id;
    list->iat = now;
    peer_seal(flow->signer, list->arena, seal, flow->settings.signer_timeout_ms, list_sealed, list);
    return SG_DONE;
}

bool
flow_lists_busy(struct flow *flow)
{
    size_t n = atomic_load(&flow->n_lists);
    for (size_t i = 0; i < n; i++) {
        if (flow->lists[i]->signing) {
            return true;
        }
    }
    return false;
}

void
flow_lists_round(struct flow *flow, int64_t now, int64_t now_ms)
{
    size_t n = atomic_load(&flow->n_lists);
    for (size_t i = 0; i < n; i++) {
        struct flow_list *list = flow->lists[i];
        if (list->signing || now_ms < list->retry_ms || !tsl_board_due(list->board, now)) {
            continue;
        }
        /* changes that follow one another share a signature, within half of the time that is promised */
        if (list->iat > 0 && list->failures == 0 && now >= list->iat &&
            now < list->iat + flow->settings.publish_s / 2) {
            continue;
        }
        list->signing = true;
        sg_result r = sign_begin(flow, list, now);
        if (!sg_ok(r)) {
            attempt_over(list, r);
        }
    }
}

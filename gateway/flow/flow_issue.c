/*
 * Issuing: proofs -> credentials of any format, built -> one SEAL for all of them -> signatures attached -> rows durable -> answer (req: SIG-1, SIG-5).
 *
 * A credential leaves only after its row is durable. What was signed and not kept (a crash in between) was never answered: nobody holds
 * it, its index stays unused, and the ledger has the consent and outcome. So a retry finds nothing to take back.
 */
#include "flow_internal.h"

#include <sodium.h>
#include <stdlib.h>

#include "flow_document.h"
#include "sg_secret.h"
#include "sg_text.h"

#define UNIQUE_LEN 16
#define OFFER_ID_MAX 32

struct job {
    struct flow *flow;
    struct sg_arena *arena;
    const struct flow_subject *subject;
    const struct flow_instruction *instruction;
    const struct flow_document *document; /* NULL: claims */
    const struct flow_head *head;
    struct flow_entry *entry; /* NULL: direct */
    struct flow_grant *grant; /* NULL: direct */
    sg_str client;
    size_t n;
    struct flow_proven *proven;        /* NULL: direct */
    const struct flow_holder *holders; /* NULL: unbound */
    struct wire_ref *refs;             /* NULL: no status */
    const struct flow_list **lists; /* of refs: a batch may begin in one list and end in the next */
    struct flow_pending *pending;
    uint8_t (*digests)[SG_HASH_MAX];
    uint8_t salt[FLOW_SALT_LEN]; /* of the subject's commitment */
    uint8_t subject_value[32];
    uint8_t subject_commitment[32];
    struct flow_issued issued;
    int64_t now;
    flow_issued_fn done;
    void *context;
};

static void
finish(struct job *job, sg_result r)
{
    if (!sg_ok(r) && job->entry != NULL) {
        atomic_fetch_sub(
            &job->entry->used, job->n); /* nothing left the house: the count is given back */
    }
    job->done(job->context, r, sg_ok(r) ? &job->issued : NULL);
}

/* ---- after the signature --------------------------------------------------------------------------------- */

struct forget {
    struct flow_task task;
    char offer_id[OFFER_ID_MAX + 1];
};

static void
forget_run(struct flow_task *task)
{
    struct forget *forget = (struct forget *)(void *)task;
    /* If it fails, the sweep drops the claims when the offer expires. */
    SG_IGNORE(store_offer_forget(task->flow->store, sg_cstr(forget->offer_id)));
    free(forget);
}

static bool
all_issued(const struct flow_grant *grant)
{
    for (size_t i = 0; i < grant->n; i++) {
        if (atomic_load(&grant->entries[i].used) < grant->entries[i].count) {
            return false;
        }
    }
    return true;
}

/* Nothing left to issue: the stored claims go (req: SIG-6). The task has its own copy of the id: the grant may be gone by then. */
static void
settle(struct job *job)
{
    struct flow_grant *grant = job->grant;
    if (grant == NULL || job->flow->settings.claims_keep || !all_issued(grant) ||
        grant->offer_id.n > OFFER_ID_MAX || atomic_exchange(&grant->forgotten, true)) {
        return;
    }
    struct forget *forget = calloc(1, sizeof(*forget));
    if (forget == NULL) {
        return; /* the sweep drops them when the offer expires */
    }
    memcpy(forget->offer_id, grant->offer_id.p, grant->offer_id.n);
    forget->task.run = forget_run;
    forget->task.flow = job->flow;
    flow_later(job->flow, &forget->task);
}

static void
kept(void *context, sg_result r)
{
    struct job *job = context;
    if (sg_ok(r)) {
        settle(job);
    }
    finish(job, r);
}

static sg_result
attach(struct job *job, const struct wire_seal_reply *reply)
{
    const struct flow_form *form = job->subject->config->form;
    SG_REQUIRE(reply->n_signatures == job->n, INTERNAL);
    sg_str *texts = SG_NEW_ARRAY(job->arena, job->n, sg_str);
    uint8_t(*hashes)[32] = sg_arena_alloc(job->arena, job->n * 32);
    SG_REQUIRE(texts != NULL && hashes != NULL, NO_MEMORY);
    for (size_t i = 0; i < job->n; i++) {
        SG_TRY(form->attach(job->arena, &job->pending[i], reply->signatures[i], &texts[i]));
        wire_signature_hash(reply->signatures[i], hashes[i]);
    }
    job->issued = (struct flow_issued){
        .format = sg_cstr(form->format),
        .object = form->object,
        .credentials = texts,
        .n = job->n,
        .signature_hashes = (const uint8_t(*)[32])hashes,
        .refs = job->refs,
        .consent_seq = reply->consent_seq,
        .outcome_seq = reply->outcome_seq,
    };
    return SG_DONE;
}

/* Openings, to be given later to whoever holds the credential: field, salt, value (flow_lookup.c reads them). */
static sg_result
openings(struct job *job, sg_bytes *ret)
{
    struct sg_buf buf = sg_buf_new(job->arena, 128, STORE_OPENINGS_MAX);
    if (job->holders != NULL) {
        sg_buf_put_byte(&buf, FLOW_OPENING_SUBJECT);
        sg_buf_put(&buf, SG_BYTES(job->salt));
        sg_buf_put(&buf, SG_BYTES(job->subject_value));
    }
    if (job->instruction->salt.n == FLOW_SALT_LEN) {
        sg_buf_put_byte(&buf, FLOW_OPENING_CLAIMS);
        sg_buf_put(&buf, job->instruction->salt);
    }
    return sg_buf_end(&buf, ret);
}

static sg_result
rows(struct job *job, int64_t signed_at, struct store_issuance **ret)
{
    const struct flow_config *config = job->subject->config;
    sg_bytes opening;
    SG_TRY(openings(job, &opening));
    struct store_issuance *made = SG_NEW_ARRAY(job->arena, job->n, struct store_issuance);
    SG_REQUIRE(made != NULL, NO_MEMORY);
    for (size_t i = 0; i < job->n; i++) {
        struct store_issuance *row = &made[i];
        row->idx = -1;
        row->state = STORE_ISSUED;
        row->configuration = config->id;
        row->client = job->client;
        row->consent_seq = job->issued.consent_seq;
        row->outcome_seq = job->issued.outcome_seq;
        row->signed_at = signed_at;
        row->expires_at = job->now - job->now % config->round_s + config->validity_s;
        row->openings = opening;
        memcpy(row->signature_hash, job->issued.signature_hashes[i], 32);
        if (job->refs != NULL) {
            row->list = sg_cstr(job->lists[i]->name);
            row->idx = (int64_t)job->refs[i].idx;
        }
        if (job->holders != NULL) {
            memcpy(row->holder, job->holders[i].thumbprint, 32);
        }
        if (job->grant != NULL) {
            row->offer_id = job->grant->offer_id;
            row->identifier = job->entry->identifier;
            memcpy(row->token_hash, job->grant->token_hash, 32);
        }
    }
    *ret = made;
    return SG_DONE;
}

static sg_result
sealed_try(struct job *job, const struct wire_frame *frame)
{
    struct wire_seal_reply *reply = SG_NEW(job->arena, struct wire_seal_reply);
    SG_REQUIRE(reply != NULL, NO_MEMORY);
    SG_TRY(wire_seal_reply_parse(frame->body, reply));
    SG_TRY(attach(job, reply));
    struct store_issuance *made;
    SG_TRY(rows(job, reply->signed_at, &made));
    store_issuance_commit(job->flow->store, made, job->n, kept, job);
    return SG_DONE;
}

static void
sealed(void *context, sg_result result, const struct wire_frame *frame)
{
    struct job *job = context;
    sg_result r = sg_ok(result) ? sealed_try(job, frame) : result;
    if (!sg_ok(r)) {
        finish(job, r);
    }
}

/* ---- before the signature ---------------------------------------------------------------------------------- */

/* Subject of the intent: the holder's key, or all keys of a batch under one hash, salted. */
static void
commit_subject(struct job *job)
{
    sg_bytes thumbprints[FLOW_BATCH_MAX];
    for (size_t i = 0; i < job->n; i++) {
        thumbprints[i] = SG_BYTES(job->holders[i].thumbprint);
    }
    if (job->n == 1) {
        memcpy(job->subject_value, job->holders[0].thumbprint, 32);
    } else {
        sg_sha256_parts(thumbprints, job->n, job->subject_value);
    }
    wire_commitment("subject", job->salt, SG_BYTES(job->subject_value), job->subject_commitment);
}

static sg_result
take_indexes(struct job *job)
{
    for (size_t i = 0; job->refs != NULL && i < job->n; i++) {
        SG_TRY(flow_list_take(
            job->flow, job->subject->config->status_list, &job->lists[i], &job->refs[i].idx));
        job->refs[i].type = WIRE_REF_TOKEN_STATUS_LIST;
        job->refs[i].uri = tsl_board_uri(job->lists[i]->board);
    }
    return SG_DONE;
}

/* `random`: `each` bytes for every credential. The DTBS/R is the message's hash by the key's algorithm; EdDSA's names the message by SHA-512. */
static sg_result
build_all(struct job *job, const uint8_t *random, size_t each)
{
    const struct jose_alg *alg = job->head->alg;
    for (size_t i = 0; i < job->n; i++) {
        struct flow_make make = {
            .base = job->flow->settings.base,
            .contexts = job->flow->contexts.set,
            .subject = job->subject,
            .head = job->head,
            .holder = job->holders == NULL ? NULL : &job->holders[i],
            .ref = job->refs == NULL ? NULL : &job->refs[i],
            .now = job->now,
            .document = job->document,
            .random = sg_bytes_of(random + i * each, each),
        };
        SG_TRY(job->subject->config->form->build(job->arena, &make, &job->pending[i]));
        sg_hash(alg->prehash ? alg->hash : SG_SHA512, job->pending[i].message, job->digests[i]);
    }
    return SG_DONE;
}

static sg_result
make_intent(struct job *job, const uint8_t unique[UNIQUE_LEN], sg_bytes *ret)
{
    const struct flow_config *config = job->subject->config;
    const struct jose_alg *alg = job->head->alg;
    struct wire_intent *intent = SG_NEW(job->arena, struct wire_intent);
    SG_REQUIRE(intent != NULL, NO_MEMORY);
    intent->operation = WIRE_OP_SEAL_CREDENTIAL;
    intent->key = SG_BYTES(job->head->key->thumbprint);
    intent->alg = (uint64_t)alg->id;
    intent->n_dtbs = job->n;
    size_t len = sg_hash_len(alg->prehash ? alg->hash : SG_SHA512);
    for (size_t i = 0; i < job->n; i++) {
        intent->dtbs[i].kind = alg->prehash ? WIRE_PREHASH : WIRE_MESSAGE_KIND;
        intent->dtbs[i].digest = sg_bytes_of(job->digests[i], len);
        if (job->refs != NULL) {
            intent->assigned[i] = job->refs[i];
        }
    }
    intent->n_assigned = job->refs == NULL ? 0 : job->n;
    if (job->holders != NULL) {
        commit_subject(job);
        intent->subject = SG_BYTES(job->subject_commitment);
    }
    intent->requester = job->client;
    intent->configuration = config->id;
    intent->format = sg_cstr(config->form->format);
    intent->type = job->document == NULL ? config->type : flow_document_type(job->document, config);
    intent->created_at = job->now;
    intent->expires_at = job->now + FLOW_INTENT_LIFE_S;
    intent->unique = sg_bytes_of(unique, UNIQUE_LEN);
    return wire_intent_encode(job->arena, intent, ret);
}

static sg_result
make_seal(struct job *job, sg_bytes intent, struct wire_seal **ret)
{
    const struct peer_client *client;
    const struct wire_mandate *mandate;
    SG_TRY(peer_client_get(job->flow->registry, job->client, &client));
    SG_REQUIRE(client->active, MANDATE);
    SG_TRY(peer_mandate_find(client, SG_BYTES(job->head->key->thumbprint), WIRE_OP_SEAL_CREDENTIAL,
        job->subject->config->id, job->now, &mandate));
    struct wire_seal *seal = SG_NEW(job->arena, struct wire_seal);
    SG_REQUIRE(seal != NULL, NO_MEMORY);
    seal->intent = intent;
    SG_TRY(sg_arena_bytes(job->arena, mandate->id, &seal->mandate));
    seal->instruction = job->instruction->instruction;
    seal->instruction_signature = job->instruction->signature;
    if (!job->head->alg->prehash) {
        seal->n_messages = job->n;
        for (size_t i = 0; i < job->n; i++) {
            seal->messages[i] = job->pending[i].message;
        }
    }
    *ret = seal;
    return SG_DONE;
}

static sg_result
prepare(struct job *job, struct wire_seal **ret)
{
    const struct flow_config *config = job->subject->config;
    SG_TRY(flow_head_get(job->flow, config, &job->head));
    job->pending = SG_NEW_ARRAY(job->arena, job->n, struct flow_pending);
    job->digests = sg_arena_alloc(job->arena, job->n * SG_HASH_MAX);
    SG_REQUIRE(job->pending != NULL && job->digests != NULL, NO_MEMORY);
    if (config->status_list.n > 0) {
        job->refs = SG_NEW_ARRAY(job->arena, job->n, struct wire_ref);
        job->lists = SG_NEW_ARRAY(job->arena, job->n, const struct flow_list *);
        SG_REQUIRE(job->refs != NULL && job->lists != NULL, NO_MEMORY);
    }
    size_t each, all;
    SG_TRY(config->form->need(job->arena, job->subject, &each));
    SG_REQUIRE(sg_size_mul(each, job->n, &all), TOO_LARGE);
    uint8_t *bytes = sg_arena_alloc(job->arena, all + FLOW_SALT_LEN + UNIQUE_LEN);
    SG_REQUIRE(bytes != NULL, NO_MEMORY);
    randombytes_buf(bytes, all + FLOW_SALT_LEN + UNIQUE_LEN); /* one system call for everything */
    memcpy(job->salt, bytes + all, FLOW_SALT_LEN);
    SG_TRY(take_indexes(job));
    SG_TRY(build_all(job, bytes, each));
    sg_bytes intent;
    SG_TRY(make_intent(job, bytes + all + FLOW_SALT_LEN, &intent));
    return make_seal(job, intent, ret);
}

static void
run(struct job *job)
{
    struct wire_seal *seal;
    sg_result r = prepare(job, &seal);
    if (!sg_ok(r)) {
        finish(job, r);
        return;
    }
    peer_seal(
        job->flow->signer, job->arena, seal, job->flow->settings.signer_timeout_ms, sealed, job);
}

/* ---- OpenID4VCI ---------------------------------------------------------------------------------------------- */

static sg_result
find_entry(const struct flow_issue_in *in, struct flow_entry **ret)
{
    struct flow_grant *grant = in->grant;
    for (size_t i = 0; i < grant->n; i++) {
        struct flow_entry *entry = &grant->entries[i];
        sg_str name = in->by_identifier ? entry->identifier : entry->subject.config->id;
        if (sg_str_equal(name, in->name)) {
            SG_REQUIRE(entry->selected, SCOPE);
            *ret = entry;
            return SG_DONE;
        }
    }
    SG_REQUIRE(!in->by_identifier, NOT_FOUND);
    SG_REQUIRE(flow_config_find(&grant->flow->configs, in->name) != NULL, CONFIGURATION);
    SG_FAIL(SCOPE); /* it exists, and this token is not for it */
}

static sg_result
verify_proofs(struct job *job, const struct flow_issue_in *in)
{
    const struct flow_config *config = job->subject->config;
    const struct flow *flow = job->flow;
    job->proven = SG_NEW(job->arena, struct flow_proven);
    SG_REQUIRE(job->proven != NULL, NO_MEMORY);
    if (config->binding == 0) {
        SG_REQUIRE(in->n_proofs == 0, VALUE);
        job->proven->n = 1;
        job->proven->least = 1;
        return SG_DONE;
    }
    size_t max = flow->settings.batch_max < FLOW_BATCH_MAX ? (size_t)flow->settings.batch_max
                                                           : (size_t)FLOW_BATCH_MAX;
    const struct flow_proof_expect expect = {
        .config = config,
        .aud = flow->settings.base,
        .client_id = in->client_id,
        .nonce_check = in->nonce_check,
        .nonce_context = in->nonce_context,
        .now = in->now,
        .age_s = flow->settings.proof_age_s,
        .attesters = &flow->attesters,
        .contexts = flow->contexts.set,
    };
    SG_TRY(flow_proven_verify(
        job->arena, in->proof_kind, in->proofs, in->n_proofs, max, &expect, job->proven));
    job->holders = job->proven->holders;
    return SG_DONE;
}

/* Between `least` and `most` uses of what is left: what is taken. */
static sg_result
count_use(struct flow_entry *entry, size_t least, size_t most, size_t *ret)
{
    uint64_t used = atomic_load(&entry->used);
    uint64_t take;
    do {
        uint64_t left = entry->count >= used ? entry->count - used : 0;
        take = left < most ? left : most;
        SG_REQUIRE(take >= least, POLICY);
    } while (!atomic_compare_exchange_weak(&entry->used, &used, used + take));
    *ret = (size_t)take;
    return SG_DONE;
}

static sg_result
issue_try(struct job *job, const struct flow_issue_in *in)
{
    struct flow_entry *entry;
    SG_TRY(find_entry(in, &entry));
    job->grant = in->grant;
    job->client = in->grant->client;
    job->subject = &entry->subject;
    job->instruction = &entry->instruction;
    SG_TRY(verify_proofs(job, in));
    SG_TRY(count_use(entry, job->proven->least, job->proven->n, &job->n));
    job->entry = entry; /* from here on a failure gives the count back */
    return SG_DONE;
}

/* On the flow's own thread. */
static void
attestations_checked(void *context, sg_result r)
{
    struct job *job = context;
    if (!sg_ok(r)) {
        finish(job, r);
        return;
    }
    run(job);
}

void
flow_issue(struct flow *flow, struct sg_arena *arena, const struct flow_issue_in *in,
    struct sg_why *why, flow_issued_fn done, void *context)
{
    (void)why;
    struct job *job = SG_NEW(arena, struct job);
    if (job == NULL) {
        done(context, SG_ERROR(NO_MEMORY), NULL);
        return;
    }
    job->flow = flow;
    job->arena = arena;
    job->now = in->now;
    job->done = done;
    job->context = context;
    sg_result r = issue_try(job, in);
    if (!sg_ok(r)) {
        finish(job, r);
        return;
    }
    if (job->proven->n_refs > 0) {
        flow_refs_check(
            flow, arena, job->proven->refs, job->proven->n_refs, attestations_checked, job);
        return;
    }
    run(job);
}

/* ---- direct ---------------------------------------------------------------------------------------------------- */

static sg_result
seal_try(struct job *job, const struct flow_seal_in *in, struct sg_why *why)
{
    const struct flow_config *config = flow_config_find(&job->flow->configs, in->configuration);
    SG_REQUIRE(config != NULL, CONFIGURATION);
    struct flow_subject *subject = SG_NEW(job->arena, struct flow_subject);
    struct flow_instruction *instruction = SG_NEW(job->arena, struct flow_instruction);
    SG_REQUIRE(subject != NULL && instruction != NULL, NO_MEMORY);
    SG_TRY(flow_subject_make(job->arena, config, in->claims, why, subject));
    SG_TRY(flow_subject_try(job->flow, job->arena, subject, in->now, why));
    SG_TRY(flow_instruction_check(
        job->flow, job->arena, config, in->client, in->claims, &in->instruction, in->now));
    *instruction = in->instruction;
    job->subject = subject;
    job->instruction = instruction;
    job->client = in->client;
    job->n = 1;
    SG_REQUIRE((in->holder_jwk != NULL) == (config->binding != 0), KEY_INVALID);
    if (in->holder_jwk != NULL) {
        struct flow_holder *holder = SG_NEW(job->arena, struct flow_holder);
        SG_REQUIRE(holder != NULL, NO_MEMORY);
        SG_TRY(jwk_parse(job->arena, in->holder_jwk, &holder->key));
        struct jwk_key *decoded SG_CLEANUP(jwk_key_free)
        = NULL;
        SG_TRY(jwk_key_new(&holder->key, &decoded)); /* on the curve */
        SG_TRY(jwk_thumbprint(job->arena, &holder->key, holder->thumbprint));
        job->holders = holder;
    }
    return SG_DONE;
}

void
flow_seal(struct flow *flow, struct sg_arena *arena, const struct flow_seal_in *in,
    struct sg_why *why, flow_issued_fn done, void *context)
{
    struct job *job = SG_NEW(arena, struct job);
    if (job == NULL) {
        done(context, SG_ERROR(NO_MEMORY), NULL);
        return;
    }
    job->flow = flow;
    job->arena = arena;
    job->now = in->now;
    job->done = done;
    job->context = context;
    sg_result r = seal_try(job, in, why);
    if (!sg_ok(r)) {
        finish(job, r);
        return;
    }
    run(job);
}

/* ---- documents (flow_document.c has checked them) ------------------------------------------------------------------ */

void
flow_seal_start(struct flow *flow, struct sg_arena *arena, const struct flow_sealing *sealing,
    flow_issued_fn done, void *context)
{
    struct job *job = SG_NEW(arena, struct job);
    if (job == NULL) {
        done(context, SG_ERROR(NO_MEMORY), NULL);
        return;
    }
    job->flow = flow;
    job->arena = arena;
    job->subject = sealing->subject;
    job->instruction = sealing->instruction;
    job->document = sealing->document;
    job->client = sealing->client;
    job->n = 1;
    job->now = sealing->now;
    job->done = done;
    job->context = context;
    run(job);
}

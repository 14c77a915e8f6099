/* One function per arrow, in the order of the report. A step says what it found and never stops the next one. */
#include "evid_verify_int.h"

enum { CONSENT, OUTCOME };

void
evid_step(struct verify *v, const char *name, enum evid_held held, const char *detail)
{
    if (v->report->n_steps < EVID_STEPS_MAX) {
        v->report->steps[v->report->n_steps++] =
            (struct evid_step){ .name = name, .held = held, .detail = sg_cstr(detail) };
    }
}

void
evid_verdict(struct verify *v, const char *name, bool held, const char *yes, const char *no)
{
    evid_step(v, name, held ? EVID_HELD : EVID_NOT_HELD, held ? yes : no);
}

/* ---- records and tree ---------------------------------------------------------------------------- */

static void
record_hash(struct verify *v, unsigned which, const char *name, uint64_t type)
{
    const struct evid_record *record = which == CONSENT ? &v->bundle->consent : &v->bundle->outcome;
    struct wire_entry *entry = &v->entries[which];
    v->entry_parsed[which] = sg_ok(wire_entry_parse(record->entry, entry)) && entry->type == type;
    if (!v->entry_parsed[which]) {
        evid_step(v, name, EVID_NOT_HELD, "the entry is not of this type");
    } else if (record->body.n == 0) {
        evid_step(v, name, EVID_NOT_SHOWN, "the body was erased or is not shown");
    } else {
        evid_verdict(v, name, evid_body_fits(entry, record), "body and blind have the entry's hash",
            "body and blind do not have the entry's hash");
    }
}

/*
 * The closed part of a consent by gesture. One that opens something else leaves the consent closed: what stands in it is nobody's word. A commitment that is not
 * opened is no failure (consent-record checklist 5).
 */
static sg_result
opening_of_consent(struct verify *v, struct wire_consent *consent, struct wire_intent *intent)
{
    enum evid_held held;
    if (consent->closed.n == 0 && v->bundle->consent.closed.n == 0) {
        return SG_DONE;
    }
    SG_TRY(evid_consent_open(v->arena, &v->bundle->consent, consent, &held));
    if (held == EVID_HELD && !sg_ok(wire_intent_parse(consent->intent, intent))) {
        held = EVID_NOT_HELD; /* of no intent that could have been signed over */
    }
    evid_step(v, "opening", held,
        held == EVID_HELD ? "salt and closed part have the hash that the consent commits to"
        : held == EVID_NOT_SHOWN
            ? "passkey, assertion and who asked are closed: committed to, and not for who asks"
            : "the consent commits to another closed part");
    return SG_DONE;
}

static sg_result
parse_bodies(struct verify *v)
{
    struct wire_consent *consent = SG_NEW(v->arena, struct wire_consent);
    struct wire_outcome *outcome = SG_NEW(v->arena, struct wire_outcome);
    struct wire_intent *intent = SG_NEW(v->arena, struct wire_intent);
    SG_REQUIRE(consent != NULL && outcome != NULL && intent != NULL, NO_MEMORY);
    if (v->bundle->consent.body.n > 0) {
        bool parsed = sg_ok(wire_consent_parse(v->bundle->consent.body, consent)) &&
                      sg_ok(wire_intent_parse(consent->intent, intent));
        evid_verdict(v, "consent-form", parsed, "consent and intent are well formed",
            "consent or intent is not well formed");
        v->consent = parsed ? consent : NULL;
        v->intent = parsed ? intent : NULL;
        if (parsed) {
            SG_TRY(opening_of_consent(v, consent, intent));
        }
    }
    if (v->bundle->outcome.body.n > 0) {
        bool parsed = sg_ok(wire_outcome_parse(v->bundle->outcome.body, outcome));
        evid_verdict(v, "outcome-form", parsed, "the outcome is well formed",
            "the outcome is not well formed");
        v->outcome = parsed ? outcome : NULL;
    }
    return SG_DONE;
}

static void
checkpoint_signature(struct verify *v)
{
    struct tlog_proof *proofs = SG_NEW_ARRAY(v->arena, 2, struct tlog_proof);
    if (proofs == NULL ||
        !sg_ok(tlog_proof_parse(v->arena, v->bundle->consent_proof, &proofs[0])) ||
        !sg_ok(tlog_proof_parse(v->arena, v->bundle->outcome_proof, &proofs[1]))) {
        evid_step(v, "checkpoint-signature", EVID_NOT_HELD, "a proof is not well formed");
        return;
    }
    if (!sg_str_equal(proofs[0].checkpoint, proofs[1].checkpoint)) {
        evid_step(
            v, "checkpoint-signature", EVID_NOT_HELD, "the proofs name different checkpoints");
        return;
    }
    v->checkpoint_held =
        sg_ok(tlog_checkpoint_open(v->arena, proofs[0].checkpoint, v->log_key, &v->checkpoint));
    evid_verdict(v, "checkpoint-signature", v->checkpoint_held, "signed by the log's key",
        "not signed by the log's key");
}

static void
in_tree(struct verify *v, unsigned which, const char *name)
{
    const struct evid_record *record = which == CONSENT ? &v->bundle->consent : &v->bundle->outcome;
    struct tlog_proof *proof = SG_NEW(v->arena, struct tlog_proof);
    sg_str text = which == CONSENT ? v->bundle->consent_proof : v->bundle->outcome_proof;
    if (proof == NULL || !v->checkpoint_held || !sg_ok(tlog_proof_parse(v->arena, text, proof))) {
        evid_step(v, name, EVID_NOT_HELD, "there is no proof up to a signed checkpoint");
        return;
    }
    if (proof->index != record->seq) {
        evid_step(v, name, EVID_NOT_HELD, "the proof is for another place");
        return;
    }
    sg_result held = tlog_inclusion_verify(proof->index, v->checkpoint.size,
        tlog_leaf_hash(record->entry), proof->path, proof->n_path, &v->checkpoint.root);
    evid_verdict(v, name, sg_ok(held), "the entry is in the tree of the checkpoint",
        "the entry is not in the tree of the checkpoint");
}

static void
order_of_records(struct verify *v)
{
    bool both = v->entry_parsed[CONSENT] && v->entry_parsed[OUTCOME];
    evid_verdict(v, "consent-before-outcome",
        both && v->bundle->consent.seq < v->bundle->outcome.seq &&
            v->entries[CONSENT].at_ms <= v->entries[OUTCOME].at_ms,
        "the consent was recorded first", "the consent was not recorded before the outcome");
    if (both) {
        v->report->consent_at_ms = v->entries[CONSENT].at_ms;
        v->report->outcome_at_ms = v->entries[OUTCOME].at_ms;
    }
    if (v->outcome == NULL) {
        evid_step(v, "outcome-of-consent", EVID_NOT_SHOWN, "the outcome's body is not shown");
    } else {
        evid_verdict(v, "outcome-of-consent",
            v->outcome->consent_seq == v->bundle->consent.seq &&
                v->outcome->kind == WIRE_OUT_SIGNED,
            "the outcome says that this consent was signed",
            "the outcome is another consent's, or says that nothing was signed");
    }
}

/* ---- the signed object --------------------------------------------------------------------------- */

/* The digest of the object's signing input, as an intent holds it. */
static sg_bytes
object_digest(struct verify *v, uint8_t hash[SG_HASH_MAX], uint64_t *ret_kind)
{
    const struct jose_alg *alg = v->object->alg;
    enum sg_hash_alg which = alg->prehash ? alg->hash : SG_SHA512;
    *ret_kind = alg->prehash ? WIRE_PREHASH : WIRE_MESSAGE_KIND;
    sg_hash(which, v->object->signing_input, hash);
    return sg_bytes_of(hash, sg_hash_len(which));
}

/*
 * An object is shown, and what its signature is over cannot be told: an algorithm that is unknown, a document that cannot be canonicalised. Whoever changed
 * it may have brought that about, so it is no object without bytes: it does not hold.
 */
static bool
unreadable(const struct evid_object *object)
{
    return object->signature.n > 0 && !object->message_elsewhere &&
           (object->signing_input.n == 0 || object->alg == NULL);
}

static void
dtbs_of_object(struct verify *v)
{
    if (v->intent != NULL && unreadable(v->object)) {
        evid_step(v, "dtbs", EVID_NOT_HELD, "what the object's signature is over cannot be told");
        return;
    }
    if (v->intent == NULL || v->object->signing_input.n == 0 || v->object->alg == NULL) {
        evid_step(v, "dtbs", EVID_NOT_SHOWN, "the object or the intent is not shown");
        return;
    }
    uint8_t hash[SG_HASH_MAX];
    uint8_t want[SG_SHA256_LEN];
    uint8_t got[SG_SHA256_LEN];
    uint64_t kind;
    sg_bytes digest = object_digest(v, hash, &kind);
    wire_dtbs_id(kind, (uint64_t)v->object->alg->id, digest, want);
    for (size_t i = 0; i < v->intent->n_dtbs && !v->dtbs_found; i++) {
        const struct wire_dtbs *d = &v->intent->dtbs[i];
        wire_dtbs_id(d->kind, wire_intent_key_of(v->intent, i).alg, d->digest, got);
        v->dtbs_found = memcmp(got, want, sizeof(got)) == 0;
        v->dtbs = i;
    }
    evid_verdict(v, "dtbs", v->dtbs_found, "the intent names exactly these bytes",
        "the intent does not name these bytes");
}

/* The DTBS/R whose signature stands at this place of the outcome. */
static size_t
dtbs_at(const struct verify *v, size_t place)
{
    uint64_t which = v->consent == NULL ? 0 : v->consent->which;
    for (size_t i = 0; which != 0 && i < v->intent->n_dtbs; i++) {
        if ((which >> i & 1) != 0 && evid_place_of(which, i) == place) {
            return i;
        }
    }
    return place;
}

static void
signature_in_outcome(struct verify *v)
{
    if (v->outcome == NULL || v->object->signature.n == 0) {
        evid_step(v, "signature-hash", EVID_NOT_SHOWN, "the signature or the outcome is not shown");
        return;
    }
    uint8_t hash[SG_SHA256_LEN];
    bool found = false;
    uint64_t which = v->consent == NULL ? 0 : v->consent->which;
    wire_signature_hash(v->object->signature, hash);
    for (size_t i = 0; i < v->outcome->n_signature_hashes && !found; i++) {
        /* the place counts too: signature i answers the i-th DTBS/R that the consent is for */
        found = memcmp(v->outcome->signature_hashes[i].p, hash, sizeof(hash)) == 0 &&
                (!v->dtbs_found || i == evid_place_of(which, v->dtbs));
        if (found && v->intent != NULL && !v->dtbs_found) {
            v->dtbs = dtbs_at(v, i);
        }
    }
    v->place_found = v->intent != NULL && (found || v->dtbs_found) && v->dtbs < v->intent->n_dtbs;
    evid_verdict(v, "signature-hash", found, "the outcome names this signature",
        "the outcome does not name this signature");
}

/* The key of the object's DTBS/R; of an object that is not shown the intent's first. */
static bool
take_key(struct verify *v)
{
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    size_t i = v->place_found || v->dtbs_found ? v->dtbs : 0;
    struct wire_more_key want = wire_intent_key_of(v->intent, i);
    sg_bytes spki = evid_spki_of(v->consent, v->intent, i);
    return spki.n > 0 && sg_ok(evid_key_of(v->arena, spki, &v->key, &v->key_alg)) &&
           sg_ok(evid_spki_thumbprint(v->arena, spki, thumbprint)) &&
           sg_bytes_equal(want.key, SG_BYTES(thumbprint)) && want.alg == (uint64_t)v->key_alg->id;
}

static void
seal_signature(struct verify *v)
{
    if (v->consent == NULL) {
        evid_step(v, "key", EVID_NOT_SHOWN, "the consent is not shown");
        evid_step(v, "seal-signature", EVID_NOT_SHOWN, "the consent is not shown");
        return;
    }
    bool key = take_key(v);
    evid_verdict(v, "key", key, "the consent's key is the intent's",
        "the consent's key is not the intent's");
    if (unreadable(v->object)) {
        evid_step(v, "seal-signature", EVID_NOT_HELD,
            "what the object's signature is over cannot be told");
        return;
    }
    if (v->object->signature.n == 0 || v->object->signing_input.n == 0 || v->object->alg == NULL) {
        evid_step(v, "seal-signature", EVID_NOT_SHOWN,
            v->object->signature.n == 0
                ? "the object is not shown"
                : "what the signature is over is not in the object: give audience, nonce and "
                  "response address");
        return;
    }
    evid_verdict(v, "seal-signature",
        key && sg_ok(jwk_verify(
                   v->key, v->object->alg, v->object->signing_input, v->object->signature)),
        "the signature verifies under the consent's key",
        "the signature does not verify under the consent's key");
}

/* ---- certificate, status, approval --------------------------------------------------------------- */

static void
certificate(struct verify *v)
{
    struct x509_leaf *leaf = SG_NEW(v->arena, struct x509_leaf);
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    if (v->consent == NULL || v->consent->certificate.n == 0 || v->bundle->n_chain == 0) {
        evid_step(v, "certificate", EVID_NOT_SHOWN, "no certificate is shown or recorded");
        evid_step(v, "certificate-path", EVID_NOT_SHOWN, "no certificate is shown or recorded");
        return;
    }
    bool same = leaf != NULL && sg_ok(x509_leaf_parse(v->arena, v->bundle->chain[0], leaf)) &&
                sg_bytes_equal(v->consent->certificate, SG_BYTES(leaf->sha256)) &&
                sg_ok(jwk_thumbprint(v->arena, &leaf->key, thumbprint)) &&
                sg_bytes_equal(v->intent->key, SG_BYTES(thumbprint));
    evid_verdict(v, "certificate", same, "the recorded certificate is for the consent's key",
        "the certificate is not the recorded one or not for the consent's key");
    if (v->object->n_anchors == 0) {
        evid_step(v, "certificate-path", EVID_NOT_SHOWN, "no trust anchor was given");
        return;
    }
    evid_verdict(v, "certificate-path",
        leaf != NULL &&
            sg_ok(x509_chain_verify(v->arena, v->bundle->chain, v->bundle->n_chain,
                v->object->anchors, v->object->n_anchors, v->consent->at_ms / 1000, leaf)),
        "the chain leads to a trust anchor at the time of the consent",
        "the chain does not lead to a trust anchor at the time of the consent");
}

static void
status_evidence(struct verify *v)
{
    if (v->consent == NULL) {
        evid_step(v, "status", EVID_NOT_SHOWN, "the consent is not shown");
        return;
    }
    if (v->consent->n_seen == 0 && v->consent->activation == WIRE_ACT_PASSKEY &&
        v->intent->n_refs == 0) {
        evid_step(v, "status", EVID_HELD,
            "nothing that was shown names a status; a person's key is under the registry's state");
        return;
    }
    if (v->consent->n_seen == 0) {
        bool list =
            v->intent->operation == WIRE_OP_STATUS_LIST || v->intent->operation == WIRE_OP_METADATA;
        evid_step(v, "status", list ? EVID_HELD : EVID_NOT_HELD,
            list ? "such a key is under the registry's state alone"
                 : "no status evidence was recorded");
        return;
    }
    bool good = true;
    for (size_t i = 0; i < v->consent->n_seen; i++) {
        good = good && evid_seen_good(&v->consent->seen[i], v->consent->at_ms);
    }
    for (size_t i = 0; i < v->intent->n_refs; i++) { /* each reference of the intent was asked */
        bool asked = false;
        for (size_t j = 0; j < v->consent->n_seen; j++) {
            asked = asked || evid_ref_equal(&v->intent->refs[i], &v->consent->seen[j].ref);
        }
        good = good && asked;
    }
    evid_verdict(v, "status", good, "every status was GOOD and covered the time",
        "a status was not GOOD, did not cover the time, or was not asked");
}

static bool
instruction_signed(struct verify *v, const struct wire_instruction *in)
{
    struct jwk_key *key SG_CLEANUP(jwk_key_free)
    = NULL;
    const struct jose_alg *alg;
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    return sg_ok(evid_key_of(v->arena, v->bundle->client_spki, &key, &alg)) &&
           sg_ok(evid_spki_thumbprint(v->arena, v->bundle->client_spki, thumbprint)) &&
           sg_bytes_equal(v->consent->client_key, SG_BYTES(thumbprint)) &&
           sg_ok(evid_signed_by(v->arena, key, alg, WIRE_TAG_INSTRUCTION, v->consent->instruction,
               v->consent->instruction_signature)) &&
           sg_bytes_equal(in->key, v->intent->key) &&
           sg_str_equal(in->client, v->intent->requester) &&
           sg_str_equal(in->configuration, v->intent->configuration) &&
           in->expires_at > v->consent->at_ms / 1000;
}

static const struct evid_opening *
opening(const struct verify *v, const char *field)
{
    for (size_t i = 0; i < v->bundle->n_openings; i++) {
        if (sg_str_is(v->bundle->openings[i].field, field)) {
            return &v->bundle->openings[i];
        }
    }
    return NULL;
}

static void
claims(struct verify *v, const struct wire_instruction *in)
{
    const struct evid_opening *open = opening(v, "claims");
    if (open == NULL || open->value.n == 0) {
        evid_step(v, "claims", EVID_NOT_SHOWN, "the claims are not opened");
        return;
    }
    const sg_bytes parts[] = { open->salt, open->value };
    uint8_t hash[SG_SHA256_LEN];
    sg_sha256_parts(parts, 2, hash);
    evid_verdict(v, "claims", sg_bytes_equal(in->claims_hash, SG_BYTES(hash)),
        "the instruction names these claims", "the instruction does not name these claims");
}

static void
by_mandate(struct verify *v)
{
    struct wire_instruction in;
    bool mandate = v->consent->mandate_id.n == WIRE_ID_LEN && v->consent->mandate_used > 0;
    evid_verdict(v, "approval",
        mandate && !evid_persons_operation(v->intent->operation) &&
            (v->consent->activation == WIRE_ACT_MANDATE ||
                v->consent->activation == WIRE_ACT_INSTRUCTION) &&
            (v->consent->level < 2 || v->intent->operation != WIRE_OP_SEAL_CREDENTIAL ||
                v->consent->activation != WIRE_ACT_MANDATE),
        "under a standing mandate, of the kind the key's level asks for",
        "there is no approval of the kind the key's level asks for");
    if (v->consent->activation != WIRE_ACT_INSTRUCTION) {
        return;
    }
    if (!sg_ok(wire_instruction_parse(v->consent->instruction, &in))) {
        evid_step(v, "instruction", EVID_NOT_HELD, "the instruction is not well formed");
        return;
    }
    if (v->bundle->client_spki.n == 0) {
        evid_step(v, "instruction", EVID_NOT_SHOWN, "the client's key is not shown");
    } else {
        evid_verdict(v, "instruction", instruction_signed(v, &in),
            "signed by the client for this key and configuration",
            "not signed by the client for this key and configuration");
    }
    claims(v, &in);
}

/* ---- approval ------------------------------------------------------------------------------------ */

static sg_result
approval(struct verify *v)
{
    if (v->consent == NULL) {
        evid_step(v, "approval", EVID_NOT_SHOWN, "the consent is not shown");
        return SG_DONE;
    }
    if (v->consent->activation == WIRE_ACT_PASSKEY) {
        return evid_by_gesture(v);
    }
    by_mandate(v);
    return SG_DONE;
}

/* ---- what the object refers to --------------------------------------------------------------------- */

/* A Bitstring list is known to the object by the list it belongs to; the intent has the whole address. */
static bool
same_entry(const struct wire_ref *objects, const struct wire_ref *intents)
{
    static const char *const endings[] = { "", "/revocation", "/suspension", "/message" };
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t n = strlen(endings[i]);
        if (objects->idx == intents->idx && intents->uri.n == objects->uri.n + n &&
            memcmp(intents->uri.p, objects->uri.p, objects->uri.n) == 0 &&
            memcmp(intents->uri.p + objects->uri.n, endings[i], n) == 0) {
            return true;
        }
    }
    return false;
}

/* Each status that the presented credentials name was to be GOOD before the key was used. */
static void
presented_refs(struct verify *v)
{
    bool all = true;
    for (size_t i = 0; i < v->object->n_refs; i++) {
        bool found = false;
        for (size_t j = 0; j < v->intent->n_refs && !found; j++) {
            found = same_entry(&v->object->refs[i], &v->intent->refs[j]);
        }
        all = all && found;
    }
    evid_verdict(v, "presented-status", all,
        "each status that the credentials name was asked for before signing",
        "a status that the credentials name was not asked for");
}

static void
assigned_refs(struct verify *v)
{
    if (v->intent == NULL || !v->object->refs_shown) {
        evid_step(
            v, "assigned-status", EVID_NOT_SHOWN, "the object's status references are not shown");
        return;
    }
    if (v->consent->activation == WIRE_ACT_PASSKEY) {
        presented_refs(v);
        return;
    }
    /* in a batch the intent holds the references of all its objects: each of ours must be among them */
    bool all = v->intent->n_dtbs > 1 || v->object->n_refs == v->intent->n_assigned;
    for (size_t i = 0; i < v->object->n_refs; i++) {
        bool found = false;
        for (size_t j = 0; j < v->intent->n_assigned; j++) {
            found = found || evid_ref_equal(&v->object->refs[i], &v->intent->assigned[j]);
        }
        all = all && found;
    }
    evid_verdict(v, "assigned-status", all, "the recorded references are the object's",
        "the recorded references are not the object's");
}

/* Audience, nonce and subject, each where it was committed to. */
static void
commitments(struct verify *v)
{
    if (v->intent == NULL) {
        return;
    }
    const struct {
        const char *name;
        const char *field;
        sg_bytes commitment;
        sg_bytes shown; /* what the object says */
    } rows[] = {
        { "audience", "audience", v->intent->audience, sg_str_bytes(v->object->audience) },
        { "nonce", "nonce", v->intent->nonce, sg_str_bytes(v->object->nonce) },
        { "subject", "subject", v->intent->subject, SG_NO_BYTES },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].commitment.n == 0) {
            continue;
        }
        const struct evid_opening *open = opening(v, rows[i].field);
        uint8_t hash[SG_SHA256_LEN];
        if (open == NULL) {
            evid_step(v, rows[i].name, EVID_NOT_SHOWN, "the commitment is not opened");
            continue;
        }
        wire_commitment(rows[i].field, open->salt.p, open->value, hash);
        bool fits = sg_bytes_equal(rows[i].commitment, SG_BYTES(hash));
        bool same = rows[i].shown.n == 0 || sg_bytes_equal(rows[i].shown, open->value);
        evid_verdict(v, rows[i].name, fits && same, "the opening fits the commitment",
            fits ? "the opening is not what the object says"
                 : "the opening does not fit the commitment");
    }
}

/* What the person read, for who has it: the gesture is over an intent with this hash. */
static void
text(struct verify *v)
{
    if (v->consent == NULL || v->consent->activation != WIRE_ACT_PASSKEY) {
        return;
    }
    const struct evid_opening *open = opening(v, "text");
    if (open == NULL || evid_is_closed(v->consent)) {
        evid_step(v, "text", EVID_NOT_SHOWN, "what the person read is not shown");
        return;
    }
    uint8_t hash[SG_SHA256_LEN];
    sg_sha256(open->value, hash);
    evid_verdict(v, "text", sg_bytes_equal(v->intent->text_hash, SG_BYTES(hash)),
        "the intent names this text", "the intent names another text");
}

/* ---- all of it ----------------------------------------------------------------------------------- */

static void
intent_times(struct verify *v)
{
    if (v->intent == NULL) {
        evid_step(v, "intent", EVID_NOT_SHOWN, "the consent is not shown");
        return;
    }
    uint8_t id[WIRE_INTENT_ID_LEN];
    char hex[2 * WIRE_INTENT_ID_LEN];
    sg_str detail = SG_NO_STR;
    wire_intent_id(v->consent->intent, id);
    sg_hex_to(SG_BYTES(id), hex);
    SG_IGNORE(
        sg_arena_printf(v->arena, &detail, "intent %.*s", (int)sizeof(hex), hex)); /* detail */
    if (evid_is_closed(v->consent)) {
        detail =
            SG_LIT("what was agreed to is shown; its id, which the gesture is over, is closed");
    }
    int64_t at = v->consent->at_ms / 1000;
    bool held = at < v->intent->expires_at && v->consent->at_ms <= v->entries[CONSENT].at_ms;
    evid_step(v, "intent", held ? EVID_HELD : EVID_NOT_HELD,
        held ? "" : "the consent is not within the intent's time");
    if (held) {
        v->report->steps[v->report->n_steps - 1].detail = detail;
    }
}

static bool
conclude(const struct evid_report *report)
{
    static const char *const needed[] = { "checkpoint-signature", "consent-in-tree",
        "outcome-in-tree", "consent-before-outcome" };
    size_t found = 0;
    for (size_t i = 0; i < report->n_steps; i++) {
        const struct evid_step *s = &report->steps[i];
        if (s->held == EVID_NOT_HELD) {
            return false;
        }
        for (size_t j = 0; j < sizeof(needed) / sizeof(needed[0]); j++) {
            found += s->held == EVID_HELD && strcmp(s->name, needed[j]) == 0;
        }
    }
    return found == sizeof(needed) / sizeof(needed[0]);
}

sg_result
evid_verify(struct sg_arena *arena, const struct evid_bundle *bundle,
    const struct evid_object *object, const struct tlog_vkey *log_key, struct evid_report *ret)
{
    static const struct evid_object none = { .alg = NULL };
    struct verify *v = SG_NEW(arena, struct verify);
    SG_REQUIRE(v != NULL, NO_MEMORY);
    *ret = (struct evid_report){ .n_steps = 0 };
    v->arena = arena;
    v->bundle = bundle;
    v->object = object == NULL ? &none : object;
    v->log_key = log_key;
    v->report = ret;

    record_hash(v, CONSENT, "consent-hash", WIRE_REC_CONSENT);
    record_hash(v, OUTCOME, "outcome-hash", WIRE_REC_OUTCOME);
    SG_TRY(parse_bodies(v));
    checkpoint_signature(v);
    in_tree(v, CONSENT, "consent-in-tree");
    in_tree(v, OUTCOME, "outcome-in-tree");
    order_of_records(v);
    intent_times(v);
    dtbs_of_object(v);
    signature_in_outcome(v);
    seal_signature(v);
    certificate(v);
    status_evidence(v);
    sg_result approved = approval(v);
    assigned_refs(v);
    commitments(v);
    text(v);
    jwk_key_free(&v->key);
    SG_TRY(approved);
    ret->held = conclude(ret);
    return SG_DONE;
}

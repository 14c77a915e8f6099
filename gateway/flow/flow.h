/*
 * Use cases, without protocol: what a face calls after it has parsed a request and knows who asks. Codes only; no HTTP.
 * One struct flow per gateway, shared by all workers. A call that needs the signer or a durable row takes `done` and returns at once;
 * `done` runs exactly once, on any thread, perhaps before the call returns. What it is given lives in the arena of the call.
 * Time is an argument: UTC seconds.
 */
#ifndef FLOW_H
#define FLOW_H

#include "flow_config.h"
#include "wire_sign.h"

struct flow;

struct store;
struct peer;
struct peer_registry;
struct flow_contexts;
struct flow_schemas;

/* Everything is borrowed for the flow's life; texts are copied. */
struct flow_settings {
    sg_str base;                /* public URL, no trailing slash */
    const char *configurations; /* folder: "configurations" */
    const char *contexts;       /* folder: "contexts" (flow_contexts.h); may be absent */
    const char *schemas;        /* folder: "schemas" (flow_schemas.h); may be absent */
    const char *attesters;      /* folder: "attesters" (flow_attesters.h); may be absent */
    struct peer *
        courier; /* asked for the status of key attestations; NULL: those that name one are refused */
    const char *crl;        /* file: "trust/iaca.crl"; may be absent */
    const char *log;        /* folder of checkpoint and tiles: "log" */
    const char *log_vkey;   /* file: "trust/log.vkey" */
    sg_str status_key;      /* label: "status-es256" */
    sg_str attestation_key; /* label of a METADATA key; empty: no key attestations (flow_prove.h) */
    sg_str
        attestation_storage; /* what they say of key_storage, and of user_authentication: blanks between; empty: nothing */
    sg_str attestation_authentication;
    uint64_t list_size; /* entries of a new list */
    int64_t list_ttl_s;
    int64_t list_life_s; /* exp - iat of a list token */
    int64_t publish_s;   /* a changed status is published within this */
    uint64_t batch_max;  /* proofs of one request */
    unsigned tx_tries;
    unsigned signer_timeout_ms;
    int64_t proof_age_s; /* oldest iat of a key proof */
    bool
        claims_keep; /* keep claims until the offer expires, even when everything was issued (SIG-6 says: no) */
    bool gestures_shown; /* of a presentation's evidence: also to relying parties (docs/evidence) */
    /* For the log: what became of an order that a crash or a lost answer had left open. Any thread; may be NULL. */
    void (*order_told)(sg_str list, uint64_t idx, sg_result result);
};
#define FLOW_FILE_MAX 128
/*
 * Reads the configurations and the lists, makes lists that are missing ("keys" is always there). SG_E_CONFIGURATION with `why`, SG_E_STORE_DOWN.
 * Needs a started store; the registry may still be empty. `ret_file`: name of the file that was being read, "" when it was none; NUL-terminated.
 */
SG_CHECKED sg_result flow_open(const struct flow_settings *settings, struct store *store,
    struct peer *signer, struct peer_registry *registry, struct sg_why *why,
    char ret_file[FLOW_FILE_MAX], struct flow **ret);
/* Starts the list publisher's thread (after the sandbox). */
SG_CHECKED sg_result flow_start(struct flow *flow);
/* Stops the thread; no call may be in flight. NULL accepted. */
void flow_close(struct flow **flow);

const struct flow_configs *flow_configurations(const struct flow *flow);
/* The revocation list of mdoc document signers, DER. SG_E_NOT_FOUND, SG_E_STORE_DOWN. Reads a small file. */
SG_CHECKED sg_result flow_crl_read(struct flow *flow, struct sg_arena *arena, sg_bytes *ret);
/* Contexts that configuration added, for serving those under our own URL. */
const struct flow_contexts *flow_contexts(const struct flow *flow);
const struct flow_schemas *flow_schemas(const struct flow *flow);

#define FLOW_BATCH_MAX 32    /* proofs of one request; DTBS/R of an intent go to 64 */
#define FLOW_COUNT_MAX 10000 /* credentials one offer may yield (= uses of one instruction) */
#define FLOW_OFFER_CREDENTIALS_MAX 8
#define FLOW_LIST_NAME_MAX 64

/* ---- offers --------------------------------------------------------------------------------------- */

/* A level 2 activation that came with the request; empty members when there is none. */
struct flow_instruction {
    sg_bytes instruction;
    sg_bytes signature;
    sg_bytes salt; /* 32: opening of claims_hash */
};
struct flow_offer_credential {
    sg_str configuration;
    const struct sjson *claims;
    uint64_t count;
    struct flow_instruction instruction;
};
struct flow_offer_in {
    sg_str client;
    const struct flow_offer_credential *credentials;
    size_t n_credentials;
    unsigned tx_code_len; /* 0: none */
    bool tx_code_text;    /* letters and digits instead of digits */
    sg_str tx_description;
    int64_t expires_in;
    /* How codes rest in the store is gateway/auth's: auth_code_hash, auth_tx_hash. */
    void (*code_hash)(sg_str code, uint8_t ret[32]);
    void (*tx_hash)(sg_str code, sg_str tx_code, uint8_t ret[32]);
    int64_t now;
};
struct flow_offer {
    sg_str id; /* public: for DELETE */
    sg_str
        reference; /* secret: the last part of credential_offer_uri; neither it nor the code is stored */
    sg_str object;  /* the Credential Offer object as JSON */
    sg_str tx_code; /* empty if none */
    int64_t expires_at;
};
/* SG_E_CONFIGURATION, SG_E_CLAIMS, SG_E_INSTRUCTION (level 2 without one), SG_E_VALUE. Blocks on the store. */
SG_CHECKED sg_result flow_offer_make(struct flow *flow, struct sg_arena *arena,
    const struct flow_offer_in *in, struct sg_why *why, struct flow_offer *ret);
/* The object again, for credential_offer_uri. SG_E_NOT_FOUND once redeemed, dropped or expired. */
SG_CHECKED sg_result flow_offer_object(
    struct flow *flow, struct sg_arena *arena, sg_str reference, int64_t now, sg_str *ret);
/* DELETE: only the client that made it. SG_E_NOT_FOUND otherwise. */
SG_CHECKED sg_result flow_offer_drop(
    struct flow *flow, struct sg_arena *arena, sg_str client, sg_str id);

/* ---- what an access token authorises ----------------------------------------------------------------- */

struct flow_grant;
/* Parse an offer's body as the token endpoint needs it: ids and identifiers. */
struct flow_grant_item {
    const struct flow_config *config;
    sg_str identifier;
};
SG_CHECKED sg_result flow_offer_items(struct flow *flow, struct sg_arena *arena, sg_bytes body,
    struct flow_grant_item ret[FLOW_OFFER_CREDENTIALS_MAX], size_t *ret_n);
/* Load for issuing: claims parsed once, counts from the store. Heap; blocks on the store. SG_E_TOKEN when the offer is gone. */
SG_CHECKED sg_result flow_grant_open(struct flow *flow, sg_str offer_id, sg_str selection,
    const uint8_t token_hash[32], struct flow_grant **ret);
void flow_grant_free(void *grant);

/* ---- issuing ---------------------------------------------------------------------------------------- */

struct flow_issued {
    sg_str format;
    bool
        object; /* the credentials are JSON objects and stand in answers as such; otherwise they are strings */
    const sg_str *credentials;
    size_t n;
    const uint8_t (*signature_hashes)[32];
    const struct wire_ref *refs; /* n, or NULL without status */
    uint64_t consent_seq;
    uint64_t outcome_seq;
};
typedef void (*flow_issued_fn)(void *context, sg_result result, const struct flow_issued *issued);
/* Is this c_nonce ours and fresh? The face owns nonces (gateway/auth). SG_E_NONCE. */
typedef sg_result (*flow_nonce_fn)(void *context, sg_str nonce, int64_t now);

struct flow_issue_in {
    struct flow_grant *grant;
    bool
        by_identifier; /* name is a credential_identifier; otherwise a credential_configuration_id */
    sg_str name;
    enum flow_proof_kind proof_kind;
    const sg_str *proofs; /* JWTs, or the JSON of presentations */
    size_t n_proofs;
    sg_str client_id; /* of the token; empty when anonymous */
    flow_nonce_fn nonce_check;
    void *nonce_context;
    int64_t now;
};
/*
 * OpenID4VCI credential request. Before the signer is asked: SG_E_CONFIGURATION, SG_E_NOT_FOUND (identifier), SG_E_SCOPE (count used up), SG_E_PROOF,
 * SG_E_NONCE, SG_E_ATTESTATION, SG_E_STATUS_UNKNOWN (of an attestation), SG_E_KEY_*; later: what the signer refused, SG_E_PEER_DOWN, SG_E_STORE_DOWN ... All through `done`.
 */
void flow_issue(struct flow *flow, struct sg_arena *arena, const struct flow_issue_in *in,
    struct sg_why *why, flow_issued_fn done, void *context);

/* Direct issue by a system client. holder NULL only where the configuration binds no key. */
struct flow_seal_in {
    sg_str client;
    sg_str configuration;
    const struct sjson *claims;
    const struct sjson *holder_jwk;
    struct flow_instruction instruction;
    int64_t now;
};
void flow_seal(struct flow *flow, struct sg_arena *arena, const struct flow_seal_in *in,
    struct sg_why *why, flow_issued_fn done, void *context);

/*
 * A whole credential or presentation of a system client, secured as it stands (VC-API, req: PRO-5). The configuration says what it takes and which key
 * signs (flow_document.h). SG_E_UNSUPPORTED: it takes no such document. Otherwise as flow_seal, and what flow_document_check refuses.
 */
struct flow_document;
struct flow_document_in {
    sg_str client;
    sg_str configuration;
    const struct flow_document *document;
    int64_t now;
};
void flow_seal_document(struct flow *flow, struct sg_arena *arena,
    const struct flow_document_in *in, struct sg_why *why, flow_issued_fn done, void *context);

/* ---- status ------------------------------------------------------------------------------------------ */

struct flow_status_changed {
    sg_str list;
    uint64_t idx;
    uint64_t value;
    uint64_t seq; /* of the ledger record */
};
typedef void (*flow_status_fn)(
    void *context, sg_result result, const struct flow_status_changed *changed);
/*
 * A signed order (STA-2): kept in the store, verified and recorded by the signer, then the list changes and is published within the
 * configured delay. SG_E_PENDING: it is not decided yet. SG_E_TOO_MANY: another for this entry is not. Of SG_CLASS_UPSTREAM, _INTERNAL and _LIMIT
 * refusals the order may still take effect: it is asked about again. Blocks on the store.
 */
void flow_status_order(struct flow *flow, struct sg_arena *arena, sg_str client, sg_bytes order,
    sg_bytes signature, int64_t now, flow_status_fn done, void *context);
SG_CHECKED sg_result flow_status_value(
    struct flow *flow, sg_str list_uri, uint64_t idx, uint8_t *ret);

/* The forms of a list (req: STA-1): the token as JWT and as CWT, and Bitstring Status List credentials over the same
 * indexes, as vc+jwt and as JSON with a Data Integrity proof. */
enum flow_list_form {
    FLOW_LIST_JWT,
    FLOW_LIST_CWT,
    FLOW_LIST_REVOCATION, /* bit: the value is INVALID */
    FLOW_LIST_SUSPENSION, /* bit: the value is SUSPENDED */
    FLOW_LIST_MESSAGE,    /* statusSize bits: the value itself */
    FLOW_LIST_REVOCATION_JSON,
    FLOW_LIST_SUSPENSION_JSON,
    FLOW_LIST_MESSAGE_JSON,
    FLOW_LIST_FORMS
};
#define FLOW_ETAG_LEN 40
struct flow_list_body {
    sg_bytes body;            /* empty: this version has no such form (too large for it) */
    sg_bytes gzip;            /* empty: not worth it */
    char etag[FLOW_ETAG_LEN]; /* weak (one for all content codings), NUL-terminated */
};
/* The bytes of a published list in all forms of one version; hold until released. SG_E_NOT_FOUND no such list, SG_E_NOT_READY not signed yet. */
struct flow_list_token {
    struct flow_list_body forms[FLOW_LIST_FORMS];
    int64_t exp;
    int64_t ttl_s;
    int64_t iat;
};
SG_CHECKED sg_result flow_list_hold(
    struct flow *flow, sg_str name, const struct flow_list_token **ret);
void flow_list_release(const struct flow_list_token **token);

/* ---- evidence ---------------------------------------------------------------------------------------- */
/* A file of the public log ("checkpoint", a tile's canonical path that the caller has checked). SG_E_NOT_FOUND, SG_E_STORE_DOWN. Reads a small file. */
SG_CHECKED sg_result flow_log_read(
    struct flow *flow, struct sg_arena *arena, sg_str name, size_t max, sg_bytes *ret);
/* The hash under which an object's evidence is found: of its first signature, which is the holder's of a presentation. SG_E_MALFORMED and object_take_all's. */
SG_CHECKED sg_result flow_lookup_hash(struct sg_arena *arena, sg_str object, uint8_t ret[32]);
typedef void (*flow_lookup_fn)(void *context, sg_result result, sg_bytes bundle);
/*
 * What the asker has: the object (all its signatures are looked up; the first with evidence is the bundle, the others' stand in its `further`), or a signature's hash
 * alone. Lives until the call-back.
 */
struct flow_lookup_in {
    sg_str object;                 /* empty: */
    const uint8_t *signature_hash; /* 32 */
    sg_str
        audience; /* of a presentation that does not say it (mdoc): what the verifier knows; may be empty */
    sg_str nonce;
    /* Instead of both: a person asks for the evidence of what they agreed to. */
    const uint8_t *person; /* 16; NULL: somebody asks who is not known */
    uint64_t consent_seq;
};
/*
 * Of a person's own, all that opens: what is closed in the record, audience, nonce, the text as it was read; of another's SG_E_NOT_FOUND. What is closed goes to nobody
 * else, unless the settings say that relying parties get it with the presentation.
 *
 * SG_E_NOT_FOUND; SG_E_PENDING: recorded, not in a checkpoint yet; with an object SG_E_MALFORMED and object_take_all's. Openings go to whoever holds the object: the salt over a credential's
 * claims if it shows them all (a verifier who was shown some could try the others with it), a presentation's audience and nonce if the asker knows them. By hash
 * alone there are no openings, and of a person's consent no bodies: existence, state and proofs.
 */
void flow_lookup(struct flow *flow, struct sg_arena *arena, const struct flow_lookup_in *in,
    flow_lookup_fn done, void *context);

#endif

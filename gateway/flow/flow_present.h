/*
 * Questions to a person: presentations for a verifier (OpenID4VP 1.0, req: PRO-3) and key proofs for an issuer (OpenID4VCI 1.0, Appendix F). Each is one
 * intent: what will be signed is built before the person is asked, and exactly that is signed after the gesture (req: AU-4, SIG-1 to SIG-4, SIG-6).
 *
 *   start -> OPEN -> (select -> OPEN)* -> approve -> DELIVERED | RETURNED | FAILED
 *                                      -> refuse  -> REFUSED          nobody answers -> EXPIRED
 *   start -> NOTHING -> refuse -> REFUSED         nothing that the person has answers the verifier
 *
 * Open questions are kept by id in memory, bounded per person and in all, and wiped when they end; a restart forgets them, and the signer too.
 * Every call returns at once; `done` runs exactly once, on a thread of this object or of a peer, perhaps before the call returns. What it is given
 * lives until it returns. One call at a time per question: SG_E_PENDING for a second one.
 */
#ifndef FLOW_PRESENT_H
#define FLOW_PRESENT_H

#include "consent.h"
#include "flow.h"
#include "flow_prove.h"

struct flow_questions;
struct flow_dids;

struct flow_questions_settings {
    sg_str base;             /* public URL */
    sg_str rp_id;            /* WebAuthn RP ID of signing passkeys */
    const sg_bytes *anchors; /* DER: who may certify verifiers (x509_*); borrowed */
    size_t n_anchors;
    const char *
        verifiers; /* folder: registered verifiers and attestation issuers (docs/presentations.md); may be absent */
    struct flow_dids *dids; /* did:web documents of verifiers; borrowed */
    int64_t life_s;         /* of a question; the signer may end it earlier */
    size_t max;             /* open at a time */
    size_t max_person;
    unsigned signer_timeout_ms;
    unsigned courier_timeout_ms;
};
struct flow_questions_settings flow_questions_settings_default(void);
/* Everything is borrowed for its life but texts, which are copied. SG_E_CONFIGURATION with `why` and file name (a verifier's file), SG_E_NO_MEMORY. */
SG_CHECKED sg_result flow_questions_open(const struct flow_questions_settings *settings,
    struct flow *flow, struct store *store, struct peer *signer, struct peer *courier,
    struct sg_why *why, char ret_file[FLOW_FILE_MAX], struct flow_questions **ret);
/* Starts its threads (after the sandbox). */
SG_CHECKED sg_result flow_questions_start(struct flow_questions *questions);
/* New calls are refused; waits for those under way, which their peers' time-outs bound. NULL accepted. */
void flow_questions_close(struct flow_questions **questions);

#define FLOW_QUESTION_ID_LEN 32 /* hex of 16 random bytes */

enum flow_question_state {
    FLOW_QUESTION_OPEN = 1,
    FLOW_QUESTION_NOTHING = 2, /* nothing to agree to; `queries` say why */
    FLOW_QUESTION_DELIVERED = 3,
    FLOW_QUESTION_RETURNED = 4,
    FLOW_QUESTION_REFUSED = 5,
    FLOW_QUESTION_FAILED = 6, /* signed, and the verifier did not take it: the evidence stays */
};
/* "open", "nothing", "delivered" ... */
const char *flow_question_state_name(enum flow_question_state state);

/* One claim that would be disclosed. Values are for the person's eyes: never logged, never kept. */
struct flow_shown_claim {
    struct dcql_path path;
    sg_str label;              /* consent_claim_label, in the question's language */
    const struct sjson *value; /* NULL: has no JSON form */
    bool always;               /* not asked, and inseparable from this credential */
};
/* A credential that was looked at for a query. */
struct flow_shown_credential {
    sg_str id;     /* names it in a selection: within this question only */
    sg_str format; /* "dc+sd-jwt" */
    sg_str issuer;
    sg_str type;
    sg_str name; /* display name; may be empty */
    bool
        usable; /* false: as if absent; `reason` says why, to the person and never to the verifier */
    const char *
        reason; /* "revoked", "suspended", "status_unknown", "expired", "not_yet_valid", "key_not_active", "key_not_yours", "not_asked_for" */
    bool selected;
    const struct flow_shown_claim *claims;
    size_t n_claims;
};
struct flow_shown_query {
    sg_str id;
    bool requested; /* false: only if the person likes (another option, or an optional set) */
    bool multiple;
    const struct flow_shown_credential *credentials;
    size_t n;
};

/* A question as wallet or page needs it. */
struct flow_question {
    sg_str id;
    enum flow_question_state state;
    enum consent_template template;
    enum consent_language language;
    struct consent_party party; /* as in the text, unshortened: show through consent_safe */
    /* OPEN */
    sg_bytes intent;    /* CBOR */
    sg_str openings;    /* canonical JSON, all of them (CONSENT_FOR_PERSON) */
    sg_str text;        /* consent_text of the openings; its hash is in the intent */
    sg_bytes nonce;     /* the signer's 32 bytes */
    sg_bytes challenge; /* wire_challenge(intent_id, nonce): what the passkey signs */
    sg_str rp_id;
    const sg_bytes *passkeys; /* credential ids that may answer */
    size_t n_passkeys;
    int64_t expires_at;                     /* UTC seconds */
    const struct flow_shown_query *queries; /* PRESENT; NOTHING too */
    size_t n_queries;
    /* after approval */
    sg_str
        vp_token; /* RETURNED: JSON object, or, when the verifier wants it encrypted, empty: see `response` */
    sg_str response;        /* RETURNED and encrypted: the JWE */
    sg_str state_parameter; /* the verifier's `state`; may be empty */
    sg_str
        redirect_uri; /* DELIVERED: where the verifier wants the person's browser next; may be empty */
    const sg_str *proofs; /* KEY_PROOF: JWTs */
    size_t n_proofs;
    sg_str key_attestation; /* KEY_PROOF, if asked for; may be empty */
    const sg_str *evidence; /* hex of the signatures' hashes: look-up keys at /evidence (EV-2) */
    size_t n_evidence;
    uint64_t consent_seq;
};
typedef void (*flow_question_fn)(
    void *context, sg_result result, const struct flow_question *question);

/* A credential that came with the wallet's call instead of the holder's store. */
struct flow_held_in {
    sg_str format;     /* "dc+sd-jwt", "mso_mdoc", "vc+jwt" ...; empty: told from the text */
    sg_str credential; /* its text; mdoc: base64url of IssuerSigned; ldp_vc: JSON */
};
struct flow_present_in {
    const uint8_t *person; /* 16 */
    sg_str requester;      /* wallet's client id; empty: a page of ours */
    sg_str
        request; /* "openid4vp://?..." or any URL with the parameters in its query, or a request object (JWT) */
    const struct flow_held_in *held;
    size_t n_held;
    bool held_given; /* use `held` and nothing from the store */
    bool deliver;    /* POST to response_uri; otherwise return the response */
    enum consent_language language;
    int64_t now;
};
/*
 * The request is fetched if need be and verified, candidates and their status looked up, the answer built, the intent opened. Refusals:
 *  SG_E_MALFORMED, _MISSING, _VALUE, _TYPE ...: the request breaks a rule (`invalid_request`; told to the verifier when its address was verified)
 *  SG_E_CLIENT, SG_E_ISSUER, SG_E_SIGNATURE: who asks cannot be established;  SG_E_UNSUPPORTED: response type, mode, transaction data
 *  SG_E_REPLAY: this nonce of this verifier was answered or asked before;  SG_E_FETCH: request_uri did not answer properly
 *  SG_E_TOO_MANY, SG_E_FULL: open questions;  SG_E_KEY_STATE, SG_E_PEER_DOWN, SG_E_STORE_DOWN, what the signer refuses
 */
void flow_present_start(struct flow_questions *questions, struct sg_arena *arena,
    const struct flow_present_in *in, struct sg_why *why, flow_question_fn done, void *context);

/* Which credentials answer which query. */
struct flow_choice {
    sg_str query;
    const sg_str *credentials; /* ids of flow_shown_credential */
    size_t n;
};
/*
 * Another selection, or the same (n 0) in another language (0: the same one), is another intent and another challenge under the same id: the old one is cancelled when
 * the new one stands. SG_E_NOT_FOUND, SG_E_DUPLICATE, SG_E_POLICY (no lawful answer), SG_E_CONFLICT (not open), SG_E_TOO_MANY, as start. After a refusal the old one stands.
 */
void flow_present_select(struct flow_questions *questions, const uint8_t person[16], sg_str id,
    const struct flow_choice *choices, size_t n, enum consent_language language, int64_t now,
    flow_question_fn done, void *context);

/* ---- key proofs ------------------------------------------------------------------------------------ */

struct flow_prove_in {
    const uint8_t *person;
    sg_str requester;
    sg_str aud;   /* credential issuer identifier */
    sg_str nonce; /* c_nonce; may be empty */
    sg_str iss;   /* client id; empty: anonymous */
    enum flow_prove_by by;
    const sg_bytes *keys; /* thumbprints, 1..FLOW_PROVE_MAX */
    size_t n_keys;
    bool attestation;
    enum consent_language language;
    int64_t now;
};
/* SG_E_KEY_STATE, SG_E_NOT_FOUND (not the person's key), SG_E_VALUE ... */
void flow_proofs_start(struct flow_questions *questions, struct sg_arena *arena,
    const struct flow_prove_in *in, struct sg_why *why, flow_question_fn done, void *context);

/* ---- both ------------------------------------------------------------------------------------------ */

/* As it stands. SG_E_NOT_FOUND: not there, not this person's; SG_E_EXPIRED. */
void flow_question_get(struct flow_questions *questions, const uint8_t person[16], sg_str id,
    int64_t now, flow_question_fn done, void *context);

/* The person is out (locked, left): its open questions are over, but for one that is being answered, which the signer refuses. */
void flow_questions_end(struct flow_questions *questions, const uint8_t person[16], int64_t now);

/* navigator.credentials.get()'s result, decoded. */
struct flow_assertion {
    sg_bytes passkey;            /* rawId */
    sg_bytes client_data;        /* clientDataJSON */
    sg_bytes authenticator_data; /* authenticatorData */
    sg_bytes signature;
};
/*
 * SIGN, attach, deliver or give back. The signer decides; a status that went BAD since is refused there. `choices`: what the wallet believes was
 * opened; SG_E_CONFLICT when it was something else (n 0: not said). After a refusal by the signer for the gesture's sake (ACTIVATION class) the question
 * stays open until it expires; after any other it is over. State FAILED comes with SG_E_FETCH and the question: it is signed and was not taken.
 */
void flow_question_approve(struct flow_questions *questions, const uint8_t person[16], sg_str id,
    const struct flow_assertion *assertion, const struct flow_choice *choices, size_t n,
    int64_t now, flow_question_fn done, void *context);
/* The person says no: the intent is cancelled, the verifier gets access_denied (no more than that, whatever the reason). */
void flow_question_refuse(struct flow_questions *questions, const uint8_t person[16], sg_str id,
    int64_t now, flow_question_fn done, void *context);

#endif

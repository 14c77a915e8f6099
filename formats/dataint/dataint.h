/*
 * W3C Data Integrity 1.0 with the cryptosuites eddsa-rdfc-2022, eddsa-jcs-2022, ecdsa-rdfc-2019, ecdsa-jcs-2019 and
 * ecdsa-sd-2023, proof sets and chains; Ed25519Signature2020 is verified only. Pure: keys that sign, clock, randomness and documents from
 * outside are the caller's. req: FMT-3
 *
 * Making a proof:  di_prepare -> di_message -> (signer: sign) -> di_attach.
 * What a proof does not say: whether its signer may issue this. See di_expect.check_controller, and formats/vcdm.
 */
#ifndef DATAINT_H
#define DATAINT_H

#include "cid.h"
#include "jsonld.h"

#define DI_PROOFS_MAX 16 /* proofs of one document; each costs a canonicalisation and a signature */
#define DI_DOMAINS_MAX 16      /* also previousProof entries */
#define DI_POINTERS_MAX 1000   /* JSON Pointers of one selection */
#define DI_SIGNATURES_MAX 2000 /* statements of a selective disclosure proof: each is a signature */
#define DI_DOCUMENT_MAX ((size_t)8 << 20)

/* Problem types: https://w3id.org/security# and these, as static text. */
#define DI_PROBLEM(name) "https://w3id.org/security#" name

/* ---- suites ------------------------------------------------------------------------------------------ */

enum di_suite_id {
    DI_EDDSA_RDFC_2022 = 1,
    DI_EDDSA_JCS_2022,
    DI_ECDSA_RDFC_2019,
    DI_ECDSA_JCS_2019,
    DI_ECDSA_SD_2023,
    DI_ED25519_SIGNATURE_2020,
};
struct di_suite; /* a row of the table; static storage */
const struct di_suite *di_suite_by_name(
    sg_str cryptosuite); /* NULL when unknown; not the legacy types */
const struct di_suite *di_suite_by_id(enum di_suite_id id);
size_t di_suites(void); /* rows are 0 .. n - 1 */
const struct di_suite *di_suite_row(size_t index);
enum di_suite_id di_suite_id(const struct di_suite *suite);
const char *di_suite_name(
    const struct di_suite *suite); /* value of "cryptosuite", or the legacy "type" */
bool di_suite_makes(const struct di_suite *suite);  /* false: verified only */
bool di_suite_jsonld(const struct di_suite *suite); /* needs contexts */
/* The signature algorithm for a key, NULL when the suite has none for it. */
const struct jose_alg *di_suite_alg(const struct di_suite *suite, enum jose_crv crv);

/* ---- making a proof ---------------------------------------------------------------------------------- */

/* Members of the proof; empty views and NULL are left out. Texts are checked as the verifier would. */
struct di_proof_options {
    sg_str id;                  /* URL; needed when another proof shall refer to this one */
    sg_str verification_method; /* required: absolute URL */
    sg_str purpose;             /* required: "assertionMethod", "authentication" ... */
    sg_str created;             /* xsd:dateTimeStamp, kept as written */
    sg_str expires;
    const sg_str *domains; /* one: a string; more: an array */
    size_t n_domains;
    sg_str challenge;
    sg_str nonce;
    const sg_str *previous; /* ids of proofs that the document has already */
    size_t n_previous;
};

/*
 * ecdsa-sd-2023 needs a key pair made for this one proof and a random HMAC key. The signer of the statements is not the issuer's
 * key: gateway/flow makes it, hands it in, and forgets it when di_prepare is back.
 */
struct di_statement_signer {
    uint8_t public_key[33]; /* P-256, compressed */
    /* ES256 over `message` (hashed by the callee) as r || s. */
    sg_result (*sign)(void *context, sg_bytes message, uint8_t ret[64]);
    void *context;
};
struct di_selective {
    uint8_t hmac_key[32]; /* from the caller's random source */
    struct di_statement_signer signer;
    const sg_str *
        mandatory_pointers; /* JSON Pointers (RFC 6901) that every derived proof discloses; may be none */
    size_t n_mandatory_pointers;
};

struct di_request {
    const struct sjson *document; /* an object, with or without "proof" */
    const struct di_suite *suite;
    const struct jwk
        *key; /* public key that will sign: chooses P-256 or P-384, is not in the proof */
    const struct di_proof_options *options;
    const struct di_selective *selective;   /* ecdsa-sd-2023 only */
    const struct jsonld_contexts *contexts; /* NULL is allowed for the jcs suites */
    bool
        keep_context; /* do not append data-integrity/v2 when the document's contexts do not map "proof" (DI 2.4.2) */
};

/*
 * What is to be signed. `message` is hashData (64 or 96 bytes), or toSign (99 bytes) of ecdsa-sd-2023: a signer that wants a digest hashes
 * it with alg->hash; Ed25519 signs it as it is. The other members are for the record of consent.
 */
struct di_pending {
    const struct jose_alg *alg;
    sg_bytes message;
    sg_bytes proof_hash;    /* parts of the message */
    sg_bytes document_hash; /* ecdsa-sd-2023: mandatoryHash */
    struct di_parts *parts; /* what di_attach needs */
};

/*
 * Everything up to the signature. SG_E_VALUE / SG_E_MISSING (an option is not acceptable: why->what names it), SG_E_ALGORITHM (the key
 * does not fit the suite), SG_E_NOT_FOUND (an unknown previousProof), SG_E_DUPLICATE (proof id), SG_E_UNSUPPORTED (a suite that is only
 * verified), SG_E_DATA_LOSS, SG_E_JSONLD, SG_E_CONTEXT, SG_E_WORK, SG_E_TOO_LARGE, SG_E_NO_MEMORY. Borrows from document and options until
 * di_attach is done; all in the arena.
 */
SG_CHECKED sg_result di_prepare(struct sg_arena *arena, const struct di_request *request,
    struct sg_why *why, struct di_pending *ret);
/*
 * The secured document as JSON text: the document's members verbatim, "proof" last: alone, or appended to the proofs that were
 * there. `signature` is r || s or the 64 bytes of Ed25519, exactly alg->sig_len (SG_E_SIGNATURE); it is not verified here.
 */
SG_CHECKED sg_result di_attach(
    struct sg_arena *arena, const struct di_pending *pending, sg_bytes signature, sg_str *ret);

/* ---- verifying --------------------------------------------------------------------------------------- */

struct di_expect {
    sg_str purpose;   /* "" takes any purpose that the method's document allows */
    sg_str challenge; /* empty: a proof with a challenge passes unless `exact_challenge` */
    bool exact_challenge;
    const sg_str *domains; /* set equality with the proof's; n_domains 0: not compared */
    size_t n_domains;
    int64_t now; /* UTC seconds: proof and method may not be expired; "created" is not compared */
    /* "created" and "expires" without zone are read as UTC (DI 2.1) instead of refused */
    bool zone_optional;
    /* the method's controller must be the document's "issuer" and "holder", where it names them */
    bool check_controller;
    /* jcs suites: contexts that are not in the set do not matter; also when there is no set */
    bool any_context;
    /* jcs suites: refuse contexts appended behind the signed ones, which the suites permit */
    bool exact_context;
    /*
     * DI 4.6: the document's "@context" must be this value; NULL: any whose contexts are known. What a member is called is the contexts' affair, and
     * a stranger's inline context may give it another name without touching the signature: who reads documents by fixed names sets this.
     */
    const struct sjson *context;
    /* ecdsa-sd-2023 base proofs verify: for holder and issuer, never for verifiers */
    bool accept_base;
};

struct di_proof_result {
    enum sg_code code;            /* SG_OK: this proof verifies */
    const char *what;             /* why->what of the refusal, NULL otherwise */
    const char *problem;          /* problem type URL, NULL when verified */
    const struct di_suite *suite; /* NULL when not known */
    sg_str id;                    /* views of the proof; empty when absent */
    sg_str verification_method;
    sg_str purpose, created, challenge;
    const sg_str *domains;
    size_t n_domains;
    struct cid_method method; /* filled once resolved: key, controller */
    /* What the signature is over, as in di_pending: joins evidence. Empty when the method was not resolved or the document not canonicalised; the
     * issuer's of ecdsa-sd-2023. It is there for a signature that does not hold, too. */
    sg_bytes message;
    const struct jose_alg *alg;
};
struct di_report {
    size_t n;
    struct di_proof_result *proofs; /* in document order */
};

/*
 * Every proof of the document must verify; one that does not makes the whole refused. `report` (optional) tells about each, also
 * after a refusal. The code is the first refused proof's: SG_E_PROOF_VALUE (a malformed proof, also none at all), SG_E_ALGORITHM (unknown
 * suite or key that does not fit), SG_E_PURPOSE, SG_E_DOMAIN, SG_E_CHALLENGE, SG_E_EXPIRED, SG_E_METHOD and what the resolver says,
 * SG_E_ISSUER (check_controller), SG_E_SIGNATURE, SG_E_NOT_FOUND (previousProof), SG_E_CONFLICT (cycle), SG_E_DUPLICATE, SG_E_DATA_LOSS,
 * SG_E_JSONLD, SG_E_CONTEXT, SG_E_WORK, SG_E_TOO_LARGE, SG_E_NO_MEMORY.
 * Credentials inside a presentation are part of what is signed; their own proofs are verified by calling this for each of them.
 */
SG_CHECKED sg_result di_verify(struct sg_arena *arena, const struct sjson *document,
    const struct di_expect *expect, const struct cid_resolver *resolver,
    const struct jsonld_contexts *contexts, struct sg_why *why, struct di_report *report);

/* ---- selective disclosure ---------------------------------------------------------------------------- */

/*
 * ecdsa-sd-2023, the holder: a document with one base proof becomes one that discloses the mandatory and the selected parts, with a
 * derived proof. Needs no key. SG_E_PROOF_VALUE, SG_E_VALUE (pointers; nothing selected), and refusals of canonicalisation.
 * The base signature is not verified here: di_verify with accept_base does that. Other proofs of the document cannot cover a part of it and
 * are left out; a base proof with previousProof is refused.
 */
SG_CHECKED sg_result di_derive(struct sg_arena *arena, const struct sjson *document,
    const sg_str *selective_pointers, size_t n_pointers, const struct jsonld_contexts *contexts,
    struct sg_why *why, sg_str *ret);

#endif

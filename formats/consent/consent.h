/*
 * What a person is asked to agree to, in words. Pure: openings in, text out; the same openings give the same bytes for ever, so that wallet, page,
 * verifier and test can each write the text again and compare its SHA-256 with the intent's text_hash (req: AU-4, SIG-4; specs "explicit act").
 *
 * The text has the names of what is disclosed, never its values: it belongs to the evidence, and a hash over "Given name: Aiko" could be tried out by
 * whoever knows the other lines. A page shows exactly this text and puts values beside it.
 *
 * What strangers say of themselves stands in quotation marks and cannot leave them: control characters, direction marks, invisible characters and
 * quotation marks are replaced, long texts are cut, and the text says so.
 */
#ifndef CONSENT_H
#define CONSENT_H

#include "dcql.h"
#include "sg_hash.h"

/* A change of wording is a new number: an old record must still give its old text. */
enum consent_template {
    CONSENT_PRESENT = 1,  /* "present/1": credentials shown to a verifier */
    CONSENT_PROOF = 2,    /* "proof/1": key proofs, to fetch credentials from an issuer */
    CONSENT_REGISTER = 3, /* "register/1": a further passkey */
    CONSENT_REMOVE = 4,   /* "remove/1": a passkey taken out of use */
};
enum consent_language { CONSENT_EN = 1, CONSENT_JA = 2 };

/* Why the other side's identifier is believed. The name is the other side's own claim unless `name_proven`. */
enum consent_proven {
    CONSENT_UNPROVEN = 0,    /* redirect_uri: nobody vouches; it is just an address */
    CONSENT_REGISTERED = 1,  /* an operator entered it here */
    CONSENT_CERTIFICATE = 2, /* x509_san_dns, x509_hash: by a certificate that is trusted here */
    CONSENT_ATTESTATION = 3, /* verifier_attestation, by `vouched_by` */
    CONSENT_DID = 4,         /* whoever controls that DID */
};

/* Bounds of openings; above: SG_E_TOO_LARGE, SG_E_TOO_MANY. Texts are shown shorter still. */
#define CONSENT_OPENINGS_MAX ((size_t)128 * 1024)
#define CONSENT_TEXT_MAX ((size_t)256 * 1024)
#define CONSENT_NAME_MAX 2048 /* identifiers, names, types */
#define CONSENT_PURPOSE_MAX 8192
#define CONSENT_CREDENTIALS_MAX 64
#define CONSENT_CLAIMS_MAX 256
#define CONSENT_TRANSACTIONS_MAX 16

/* The other side: verifier of a presentation, issuer of key proofs. */
struct consent_party {
    sg_str id;   /* client_id with its prefix; issuer identifier */
    sg_str name; /* may be empty */
    bool
        name_proven; /* the name stands in the registration, certificate or attestation; otherwise it is its own claim */
    enum consent_proven proven;
    sg_str
        vouched_by; /* the subject of the certificate's issuer, or the attestation's issuer; may be empty */
    sg_str
        address; /* where the answer goes: scheme and host of response_uri; empty: back to the wallet */
};

struct consent_claim {
    struct dcql_path path;
    bool retain; /* the verifier says that it keeps this (mdoc intent_to_retain) */
    bool always; /* not asked: this credential cannot be shown without it */
};
struct consent_credential {
    sg_str query;  /* id of the credential query it answers */
    sg_str format; /* "dc+sd-jwt" ... */
    sg_str
        issuer;  /* as it stands in the credential; mdoc: the subject of the signer's certificate */
    sg_str type; /* vct, doctype, the most specific VC type */
    sg_str
        name; /* display name of that type, from our configuration or cached type metadata; may be empty */
    const struct consent_claim *claims;
    size_t n_claims;
    bool whole;   /* the format cannot leave anything out: `claims` names all that is in it */
    bool unbound; /* shown without a signature of the person's key */
};
/* transaction_data, one element */
struct consent_transaction {
    sg_str type;
    sg_str json; /* the decoded object, in canonical form */
};

/* Commitments of the intent, opened: wire_commitment(field, salt, value). */
struct consent_opening {
    bool present;
    uint8_t salt[32];
    sg_bytes value;
};

/* Members that a template does not use are empty. */
struct consent_openings {
    enum consent_template template;
    enum consent_language language;
    struct consent_party party;
    sg_str service;     /* public URL of this service, which keeps the key */
    int64_t expires_at; /* UTC seconds: the question's end (the intent's) */
    /* PRESENT */
    const sg_str *purposes; /* as the verifier states them */
    size_t n_purposes;
    const struct consent_transaction *transactions;
    size_t n_transactions;
    const struct consent_credential *credentials;
    size_t n_credentials;
    /* PROOF */
    uint64_t n_proofs; /* one per key */
    bool attestation;  /* a key attestation by this service goes with them */
    /* REGISTER, REMOVE */
    sg_str passkey_label;   /* may be empty */
    sg_bytes passkey;       /* REGISTER: thumbprint of its public key, 32 */
    bool passkey_for_login; /* otherwise for signing */
    /* of the intent's commitments */
    struct consent_opening audience; /* value: party.id */
    struct consent_opening nonce;    /* value: the request's nonce */
    struct consent_opening subject;  /* value: the person's 16 bytes; never for the relying party */
};

/* "present/1" ...; "en", "ja". */
const char *consent_template_name(enum consent_template template);
const char *consent_language_name(enum consent_language language);
/* BCP 47 or an Accept-Language list: Japanese if that comes first with the greatest weight, otherwise English. */
enum consent_language consent_language_of(sg_str accept);

/*
 * The text for a person: UTF-8, lines ended by LF, no other control character (but U+2068 and U+2069 around letters that run leftward). A line that begins with "- " or "  - " is an item of a list.
 * SG_E_VALUE (a template without what it needs), SG_E_TOO_LARGE, SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result consent_text(
    struct sg_arena *arena, const struct consent_openings *openings, sg_str *ret);
/* SHA-256 of the text: `text_hash` of the intent. */
void consent_text_hash(sg_str text, uint8_t ret[SG_SHA256_LEN]);

/* Who gets the openings: the person (wallet, page) all of them, a relying party all but the person's own. */
enum consent_reader { CONSENT_FOR_PERSON = 1, CONSENT_FOR_PARTY = 2 };
/* As canonical JSON (RFC 8785). SG_E_TOO_LARGE, SG_E_TOO_MANY, SG_E_VALUE, SG_E_ENCODING (not UTF-8), SG_E_NO_MEMORY. */
SG_CHECKED sg_result consent_openings_encode(struct sg_arena *arena,
    const struct consent_openings *openings, enum consent_reader reader, sg_str *ret);
/*
 * Back again, strictly: unknown members, other templates and languages are refused, since nobody could write their text. sjson's errors, SG_E_MISSING,
 * SG_E_TYPE, SG_E_VALUE, SG_E_TOO_LARGE, SG_E_TOO_MANY. Borrows from `json` and the arena. Fuzzed.
 */
SG_CHECKED sg_result consent_openings_parse(
    struct sg_arena *arena, sg_str json, struct sg_why *why, struct consent_openings *ret);

/*
 * A stranger's text made harmless for one line of ours: at most `max` code points, then an ellipsis; ret_changed: something was replaced or cut.
 * Exported for pages that show names elsewhere.
 */
SG_CHECKED sg_result consent_safe(
    struct sg_arena *arena, sg_str text, size_t max, sg_str *ret, bool *ret_changed);

/*
 * A stranger's text to be looked at beside ours, letter by letter: quotation marks and blanks stay, what is invisible, reorders its neighbours or is no UTF-8 stands
 * as U+FFFD, line breaks as blanks; at most `max` code points, then an ellipsis. SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result consent_visible(struct sg_arena *arena, sg_str text, size_t max, sg_str *ret);

/* What a claim is called: "given name", "address, locality"; a name that has no word here stands as it is, in quotation marks. */
SG_CHECKED sg_result consent_claim_label(struct sg_arena *arena, const struct dcql_path *path,
    enum consent_language language, sg_str *ret);
/* Has its last name a word of ours, so that people know what is beneath it? */
bool consent_claim_has_word(const struct dcql_path *path);

#endif

/*
 * ISO/IEC 18013-5 mdoc, any docType: IssuerSigned with its mobile security object (MSO), DeviceResponse with DeviceAuth, and
 * the session transcripts of OpenID4VP 1.0. Building stops at the bytes to be signed. Pure: random bytes, times and trust are arguments;
 * memory is the caller's arena; views borrow from the input or the arena. req: FMT-2
 *
 *   issuer:    mdoc_prepare -> (signer) -> mdoc_attach -> IssuerSigned
 *   holder:    mdoc_present -> (signer) -> mdoc_present_attach -> Document;  mdoc_response_encode -> DeviceResponse
 *   verifier:  mdoc_issuer_signed_verify;  mdoc_response_parse, mdoc_document_verify
 */
#ifndef MDOC_H
#define MDOC_H

#include "cose.h"
#include "x509_mdoc.h"

#define MDOC_MAX ((size_t)1024 * 1024)
#define MDOC_DEPTH_MAX 16
#define MDOC_ITEMS_MAX 20000 /* CBOR items of one object; what tag 24 wraps counts separately */
#define MDOC_NAME_SPACES_MAX 16
#define MDOC_ELEMENTS_MAX 512 /* of one document */
#define MDOC_DIGESTS_MAX 4096 /* of one name space of a foreign MSO */
#define MDOC_DECOYS_MAX 64    /* of one name space */
#define MDOC_DOCUMENTS_MAX 16
#define MDOC_NAME_MAX 255 /* bytes of a docType, name space or element identifier */
#define MDOC_RANDOM_LEN \
    32 /* bytes of `random` in the items that we make; 16 is the least allowed */
#define MDOC_TRANSCRIPT_MAX (64 * 1024)

/* ---- element values: JSON to CBOR by a declared type, never by a guess ------------------------------------------------------------ */

enum mdoc_kind {
    MDOC_TSTR,
    MDOC_UINT, /* JSON integer within 0..2^53 */
    MDOC_INT,  /* JSON integer within +-2^53 */
    MDOC_BOOL,
    MDOC_BSTR,      /* JSON string, base64url without padding, or standard base64 with it */
    MDOC_FULL_DATE, /* "2024-02-29" -> tag 1004 */
    MDOC_TDATE,     /* "2024-02-29T12:00:00Z" -> tag 0; UTC, no fractions */
    MDOC_FLOAT,     /* any JSON number, shortest float */
    MDOC_ARRAY,
    MDOC_MAP,
};
struct mdoc_member;
struct mdoc_type {
    enum mdoc_kind kind;
    const struct mdoc_type *of;        /* ARRAY: of every element */
    const struct mdoc_member *members; /* MAP */
    size_t n_members;
};
struct mdoc_member {
    sg_str name;
    struct mdoc_type type;
    bool optional;
};
/*
 * A type from a template's JSON: "tstr", "uint", "int", "bool", "bstr", "full-date", "tdate", "float";
 * {"array": TYPE}; {"map": {"name": TYPE, ...}} where a name that ends in "?" is optional (the mark is not part of it).
 * SG_E_VALUE for anything else, SG_E_DEPTH beyond MDOC_DEPTH_MAX / 2.
 */
SG_CHECKED sg_result mdoc_type_parse(
    struct sg_arena *arena, const struct sjson *json, struct sg_why *why, struct mdoc_type *ret);
/*
 * Append the CBOR of `value`. SG_E_CLAIMS when it does not have the type: another JSON type, a number out of range, a date that does not
 * exist, a member that the type does not know or that is missing. `why` names the kind.
 */
SG_CHECKED sg_result mdoc_value_put(struct sg_buf *buf, struct sg_arena *arena,
    const struct mdoc_type *type, const struct sjson *value, struct sg_why *why);
/*
 * The JSON rendering of a CBOR value: byte strings base64url, tags 0 and 1004 their text, tag 24 base64url of the bytes it wraps, other tags
 * the value inside, integer keys in decimal. SG_E_UNSUPPORTED for what JSON cannot say (NaN, undefined, integers beyond 2^53, other keys).
 */
SG_CHECKED sg_result mdoc_value_json(struct sg_arena *arena, sg_bytes cbor, sg_str *ret);

/* ---- building IssuerSigned -------------------------------------------------------------------------------------------------------- */

struct mdoc_element {
    sg_str identifier;
    struct mdoc_type type;
    const struct sjson *value;
};
struct mdoc_name_space {
    sg_str name;
    const struct mdoc_element *elements;
    size_t n_elements;
    size_t n_decoys; /* random digests among the real ones */
};
/* Which elements the device may sign itself. */
struct mdoc_authorization {
    sg_str name_space;
    const sg_str *elements; /* n_elements = 0: the whole name space */
    size_t n_elements;
};
/* Exactly one of status_list and identifier_list (second edition 12.3.6). */
enum mdoc_status_kind { MDOC_STATUS_NONE, MDOC_STATUS_LIST, MDOC_IDENTIFIER_LIST };
struct mdoc_status {
    enum mdoc_status_kind kind;
    sg_str uri;
    uint64_t idx;         /* STATUS_LIST */
    sg_bytes id;          /* IDENTIFIER_LIST */
    sg_bytes certificate; /* trust point of the list, DER; empty if absent */
};
/* The document signer: made once for a key, checked against the profile, used for every credential. */
struct mdoc_signer {
    const struct jose_alg *alg;
    const sg_bytes *x5chain; /* leaf first, no root */
    size_t n_x5chain;
    bool x5chain_protected; /* ETSI TS 119 472-1; ISO 18013-5 has it unprotected */
    struct x509_mdoc_ds ds;
};
/*
 * `chain` must outlive the result. The leaf must be a document signer certificate of the profile (x509_mdoc_ds_parse) whose key fits `alg`; a
 * self-signed certificate in the chain is refused (the IACA root is not sent). SG_E_ALGORITHM, SG_E_ISSUER, SG_E_MALFORMED.
 */
SG_CHECKED sg_result mdoc_signer_open(struct sg_arena *arena, const struct jose_alg *alg,
    const sg_bytes *chain, size_t n, struct sg_why *why, struct mdoc_signer *ret);

struct mdoc_build {
    sg_str doc_type;
    const struct mdoc_name_space *name_spaces;
    size_t n_name_spaces;
    enum sg_hash_alg digest;
    const struct jwk *device_key; /* EC or Ed25519; kid, alg, use stay out */
    const struct mdoc_authorization *authorizations;
    size_t n_authorizations;
    struct mdoc_status status;
    /* UTC seconds; signed <= valid_from < valid_until. All are cut to a multiple of unit_s (1: not cut) against linking, then `signed` and
     * `valid_from` lifted to the certificate's notBefore if they fell before it. */
    int64_t signed_at;
    int64_t valid_from;
    int64_t valid_until;
    int64_t expected_update; /* 0: absent */
    int64_t unit_s;
    bool outlive_signer; /* valid_until may lie beyond the certificate's notAfter */
};
/* Random bytes used up in order; too few fail with SG_E_INTERNAL, no byte is used twice. */
struct mdoc_random {
    sg_bytes bytes;
    size_t used;
};
/* Exactly how many random bytes mdoc_prepare takes. SG_E_TOO_LARGE. */
SG_CHECKED sg_result mdoc_random_need(const struct mdoc_build *build, size_t *ret);

/* What waits for its signature. Lives in the arena of mdoc_prepare. */
struct mdoc_pending {
    const struct jose_alg *alg;
    sg_bytes
        to_be_signed;     /* Sig_structure. ECDSA signs its digest (alg->hash), Ed25519 the bytes */
    sg_bytes mso;         /* payload: the tagged MSO, as it is signed */
    sg_bytes name_spaces; /* the encoded map of items */
    sg_bytes protected_bstr;
    struct cose_headers headers;
};
/*
 * Items once, digests over their tagged bytes, digest ids shuffled, the MSO. SG_E_CLAIMS (a value, a repeated identifier, the issuing_country or
 * issuing_jurisdiction not those of the certificate), SG_E_VALUE (times, names, a namespace authorised both ways, status), SG_E_KEY_INVALID,
 * SG_E_EXPIRED / SG_E_NOT_YET (signed_at outside the certificate), SG_E_TOO_LARGE, SG_E_INTERNAL (random bytes).
 */
SG_CHECKED sg_result mdoc_prepare(struct sg_arena *arena, const struct mdoc_build *build,
    const struct mdoc_signer *signer, struct mdoc_random *random, struct sg_why *why,
    struct mdoc_pending *ret);
/* IssuerSigned in CBOR; OpenID4VCI sends it in base64url without padding. `verifier` (or NULL): refuse a signature that does not hold. SG_E_SIGNATURE. */
SG_CHECKED sg_result mdoc_attach(struct sg_arena *arena, const struct mdoc_pending *pending,
    sg_bytes signature, const struct jwk_key *verifier, sg_bytes *ret);

/* ---- verifying ---------------------------------------------------------------------------------------------------------------------- */

struct mdoc_found {
    sg_str name_space;
    sg_str identifier;
    sg_bytes value; /* CBOR as it came */
    sg_str json;    /* its rendering; empty when JSON cannot say it */
    sg_bytes item;  /* IssuerSignedItemBytes; empty for a device-signed element */
};
/* The mobile security object, taken apart. */
struct mdoc_mso {
    sg_str version;
    sg_str doc_type;
    enum sg_hash_alg digest;
    int64_t signed_at;
    int64_t valid_from;
    int64_t valid_until;
    int64_t expected_update; /* 0: absent */
    struct jwk device_key;
    struct mdoc_status status;
    struct dcbor_item value_digests;      /* map by name space */
    struct dcbor_item key_authorizations; /* map; kind NONE if absent */
};
struct mdoc_verified {
    struct mdoc_mso mso;
    const struct mdoc_found *elements; /* issuer-signed, in the order they came */
    size_t n_elements;
    const struct mdoc_found *device_signed; /* after mdoc_document_verify only */
    size_t n_device_signed;
    struct x509_mdoc_ds ds;
    sg_bytes x5chain[COSE_X5CHAIN_MAX]; /* as it came */
    size_t n_x5chain;
    const struct jose_alg *alg; /* of issuerAuth; NULL: one that is not known here */
    int64_t alg_id;             /* as it stands in the header */
};
/* What the verifier trusts and expects. Status and CRL are the caller's next steps: mso.status, ds.crl_uri. */
struct mdoc_trust {
    const sg_bytes *anchors; /* DER: IACA roots, or pinned document signers */
    size_t n_anchors;
    int64_t at;
    int64_t leeway_s; /* for validFrom and validUntil */
    sg_str doc_type;  /* expected; empty: any */
};
/*
 * All of ISO 18013-5 9.1.2.5 and 9.3.1 but status: chain and document signer profile, signature, MSO form and version 1.x, validity now, `signed` inside
 * the certificate, each item's digest, digest ids unique, issuing_country. `in` is exactly IssuerSigned in CBOR. `why` says what did not hold.
 * SG_E_MDOC and the CBOR codes (form), SG_E_ISSUER (chain, profile, country), SG_E_SIGNATURE, SG_E_ALGORITHM, SG_E_DISCLOSURE (digest),
 * SG_E_EXPIRED, SG_E_NOT_YET, SG_E_VALUE (docType is not the expected one), SG_E_KEY_INVALID (device key).
 */
SG_CHECKED sg_result mdoc_issuer_signed_verify(struct sg_arena *arena, sg_bytes in,
    const struct mdoc_trust *trust, struct sg_why *why, struct mdoc_verified *ret);

/*
 * The holder's look at what an issuer gave: everything of the above but who signed it and when. Form, each item's digest, a device key. `ds` stays empty.
 * SG_E_MDOC, SG_E_DISCLOSURE, SG_E_KEY_INVALID and the CBOR codes.
 */
SG_CHECKED sg_result mdoc_issuer_signed_read(
    struct sg_arena *arena, sg_bytes in, struct sg_why *why, struct mdoc_verified *ret);
/* Do keyAuthorizations let the device key sign this element? SG_E_DUPLICATE when the MSO says it twice. */
SG_CHECKED sg_result mdoc_authorized(
    const struct mdoc_mso *mso, sg_str name_space, sg_str element, bool *ret);

struct mdoc_document {
    sg_str doc_type;
    sg_bytes issuer_signed;
    sg_bytes device_name_spaces; /* DeviceNameSpacesBytes, tag included */
    bool mac;                    /* deviceMac, not deviceSignature */
    sg_bytes device_auth;        /* the COSE object */
    sg_bytes errors;             /* the map; empty if absent */
};
struct mdoc_response {
    sg_str version;
    uint64_t status; /* 0 OK, 10 general error, 11 CBOR decoding, 12 CBOR validation */
    struct mdoc_document documents[MDOC_DOCUMENTS_MAX];
    size_t n_documents;       /* may be 0 */
    sg_bytes document_errors; /* array of {docType => int}; empty if absent */
};
/* Form only. SG_E_MDOC, SG_E_TOO_LARGE and the CBOR codes. */
SG_CHECKED sg_result mdoc_response_parse(
    sg_bytes in, struct sg_why *why, struct mdoc_response *ret);

struct mdoc_device_check {
    sg_bytes transcript; /* SessionTranscript, untagged, made by the verifier itself */
    const uint8_t *
        reader_key; /* 32 bytes: the verifier's ephemeral P-256 private key; NULL: a deviceMac is SG_E_UNSUPPORTED */
};
/*
 * One document: its IssuerSigned as above, docType = the MSO's, DeviceAuth under the MSO's device key, device-signed elements authorised.
 * SG_E_PROOF when DeviceAuth does not hold, SG_E_POLICY for an element that the key may not sign.
 */
SG_CHECKED sg_result mdoc_document_verify(struct sg_arena *arena,
    const struct mdoc_document *document, const struct mdoc_trust *trust,
    const struct mdoc_device_check *device, struct sg_why *why, struct mdoc_verified *ret);

/* ---- session transcripts and keys ----------------------------------------------------------------------------------------------- */

/*
 * OpenID4VP 1.0 B.2.6.1 (redirects) and B.2.6.2 (DC API). Texts exactly as in the request; `thumbprint` is the 32 bytes of RFC 7638 for the verifier's
 * encryption key, or empty when the response is not encrypted. SG_E_VALUE (an empty text, a thumbprint of another length).
 */
SG_CHECKED sg_result mdoc_transcript_redirect(struct sg_arena *arena, sg_str client_id,
    sg_str nonce, sg_bytes thumbprint, sg_str response_uri, sg_bytes *ret);
SG_CHECKED sg_result mdoc_transcript_dc_api(
    struct sg_arena *arena, sg_str origin, sg_str nonce, sg_bytes thumbprint, sg_bytes *ret);
/* DeviceAuthenticationBytes (9.1.3.4), tag included: the detached payload of DeviceAuth. SG_E_TOO_LARGE. */
SG_CHECKED sg_result mdoc_device_authentication(struct sg_arena *arena, sg_bytes transcript,
    sg_str doc_type, sg_bytes device_name_spaces, sg_bytes *ret);
/* ECDH on P-256: the shared secret's x. `d` is the verifier's ephemeral private key: 32 bytes, wiped by its owner. SG_E_KEY_INVALID. */
SG_CHECKED sg_result mdoc_ecdh(const uint8_t d[32], const struct jwk *peer, uint8_t ret[32]);
/* EMacKey (9.1.3.5): HKDF-SHA-256 over the shared secret, salted with SHA-256 of the tagged transcript. SG_E_TOO_LARGE, SG_E_NO_MEMORY. */
SG_CHECKED sg_result mdoc_mac_key(
    struct sg_arena *arena, sg_bytes shared_secret, sg_bytes transcript, uint8_t ret[32]);

/* ---- building DeviceResponse -------------------------------------------------------------------------------------------------------- */

struct mdoc_choice {
    sg_str name_space;
    sg_str identifier;
};
struct mdoc_present {
    sg_bytes issuer_signed;            /* as the issuer gave it; trusted to be the holder's own */
    const struct mdoc_choice *choices; /* each must be there; none: no element is released */
    size_t n_choices;
    sg_bytes
        device_name_spaces; /* DeviceNameSpaces as CBOR map, without tag; empty: no device-signed element */
    sg_bytes transcript;
};
struct mdoc_present_pending {
    const struct jose_alg *alg; /* of the device key */
    struct jwk device_key;
    sg_str doc_type;
    sg_bytes to_be_signed;
    sg_bytes issuer_signed; /* reduced to the choices; issuerAuth and items byte for byte */
    sg_bytes device_name_spaces;
    sg_bytes protected_bstr;
};
/*
 * Items in the issuer's order. SG_E_NOT_FOUND for a choice that is not there, SG_E_POLICY for a device-signed element that keyAuthorizations does not
 * name, SG_E_ALGORITHM for a device key that cannot sign here, SG_E_MDOC.
 */
SG_CHECKED sg_result mdoc_present(struct sg_arena *arena, const struct mdoc_present *present,
    struct sg_why *why, struct mdoc_present_pending *ret);
/* Document. `verifier` as in mdoc_attach. */
SG_CHECKED sg_result mdoc_present_attach(struct sg_arena *arena,
    const struct mdoc_present_pending *pending, sg_bytes signature, const struct jwk_key *verifier,
    sg_bytes *ret);
/* DeviceResponse version 1.0 of Documents as made above (none: the member is left out). */
SG_CHECKED sg_result mdoc_response_encode(
    struct sg_arena *arena, const sg_bytes *documents, size_t n, uint64_t status, sg_bytes *ret);

#endif

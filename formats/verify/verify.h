/*
 * Verifying any signed object: what it is, is found from its bytes; what holds and what does not, comes as a list of findings.
 * Pure: keys, anchors, documents, contexts and the time are arguments, and so the status of a credential stays open: its references
 * are handed back for the caller to ask (a gateway asks its courier, `sealgate verify --status` the network). req: FMT-3, FMT-4, SIG-7
 */
#ifndef VERIFY_H
#define VERIFY_H

#include "jwk.h"
#include "sg_buf.h"
#include "sjson.h"

#define VERIFY_OBJECT_MAX ((size_t)1024 * 1024)
#define VERIFY_FINDINGS_MAX 256
#define VERIFY_REFS_MAX 64
#define VERIFY_NESTED_MAX 16  /* credentials of one presentation */
#define VERIFY_SCHEMAS_MAX 32 /* entries of credentialSchema, in all that an object holds */
#define VERIFY_DEPTH_MAX 4    /* a presentation in a presentation, enveloped, and what is in it */

enum verify_format {
    VERIFY_UNKNOWN,
    VERIFY_SD_JWT_VC, /* dc+sd-jwt, with or without KB-JWT */
    VERIFY_VC_JWT,    /* vc+jwt */
    VERIFY_VP_JWT,    /* vp+jwt */
    VERIFY_VC_SD_JWT, /* vc+sd-jwt */
    VERIFY_VP_SD_JWT, /* vp+sd-jwt */
    VERIFY_VC_COSE,   /* application/vc+cose */
    VERIFY_VP_COSE,   /* application/vp+cose */
    VERIFY_VC_DI,     /* a credential with Data Integrity proofs */
    VERIFY_VP_DI, /* a presentation with Data Integrity proofs, or one that holds secured credentials and nothing else */
    VERIFY_MDOC,  /* IssuerSigned */
    VERIFY_DEVICE_RESPONSE, /* ISO 18013-5 DeviceResponse */
};
/* "dc+sd-jwt", "ldp_vc", "mso_mdoc" ...; never NULL. */
const char *verify_format_name(enum verify_format format);

/* A key somebody vouches for, by the name it goes by: a verification method's URL, or a `kid`. */
struct verify_key {
    sg_str id;     /* empty: any object without a name for its key */
    sg_str issuer; /* who it speaks for; empty: anyone */
    struct jwk key;
};
/* A document at hand for `credentialSchema`, as it is served at its URL: a JSON Schema, or a JsonSchemaCredential however it is secured. */
struct verify_schema {
    sg_str url;
    sg_bytes bytes;
};
struct jsonld_contexts;
struct cid_resolver;
/* Whom the caller believes. Everything is borrowed. */
struct verify_trust {
    const sg_bytes *anchors; /* DER certificates */
    size_t n_anchors;
    const struct verify_key *keys;
    size_t n_keys;
    const struct cid_resolver
        *resolver; /* documents about keys (DID documents); NULL: did:key and did:jwk alone */
    const struct jsonld_contexts *contexts; /* NULL: JSON-LD objects are refused */
    const struct verify_schema *schemas;
    size_t n_schemas;
};
/* What the object is held against. Empty texts: nothing was asked for. */
struct verify_expect {
    int64_t now; /* UTC seconds */
    int64_t leeway_s;
    bool credential;   /* a presentation is refused */
    bool presentation; /* a credential is refused */
    /* A proof by a key that is not its issuer\'s is a warning: vectors of the W3C suites have such. Never where somebody relies on the issuer. */
    bool any_controller;
    /*
     * What strangers may do to contexts passes with a warning. Otherwise it is refused where RDF was signed, and the names are not: whoever holds a credential
     * could give `credentialStatus`, `validUntil` or a claim another name, by a context of his own or by another one of those that are known here,
     * without touching the signature (Data Integrity 4.6). And contexts behind those that a JCS suite signed.
     */
    bool lax_contexts;
    /* A credentialStatus of a type that is not known here is a warning and not an error: the W3C suites have such. Nobody can tell whether it is revoked. */
    bool unknown_status;
    bool
        unsigned_presentation; /* one without proof passes although a challenge was given: the W3C suites */
    /* A credentialSchema that is not at hand, or that nobody here can read, is an error and not a warning. One that does not hold is an error always. */
    bool schema_required;
    const sg_str *audiences; /* of a presentation: `aud` (one), or the set `domain` */
    size_t n_audiences;
    sg_str nonce; /* of a presentation: nonce, or challenge */
    /*
     * `@context` of each credential with proofs: these URLs in this order and nothing else. None: any that are known here, as long as all contexts that
     * are known here have one name for each term that the credential uses.
     */
    const sg_str *contexts;
    size_t n_contexts;
    sg_str purpose; /* proofPurpose; empty: the one that fits (assertionMethod, authentication) */
    int64_t proof_age_s; /* oldest iat of a KB-JWT; 0: 300 */
    /* Of a DeviceResponse: CBOR, the array or its bytes in tag 24; empty: device authentication cannot be checked. */
    sg_bytes session_transcript;
    /* 32 bytes, big-endian: the P-256 scalar of the reader's ephemeral key, for a deviceMac (ISO 18013-5 9.1.3.5). NULL: a deviceMac is an error. Read, never kept. */
    const uint8_t *reader_key;
};

enum verify_severity { VERIFY_HELD, VERIFY_NOTE, VERIFY_WARNING, VERIFY_ERROR };
/* One thing looked at. All texts are static or live in the arena. */
struct verify_finding {
    const char
        *check; /* "signature", "validity period", ...: words for people, stable for machines */
    sg_str
        subject; /* where: empty for the object itself, "verifiableCredential[0]" for what it holds */
    enum verify_severity
        severity;        /* NOTE: nothing to hold against (no status named, self-certified key) */
    enum sg_code code;   /* OK when held */
    const char *problem; /* the type of a problem (RFC 9457): a URL; NULL when held */
    sg_str detail;       /* may be empty; never a claim's value */
    const struct sjson *input; /* the member looked at; NULL: the whole */
};

enum verify_ref_kind { VERIFY_TOKEN_LIST, VERIFY_BITSTRING };
/* A status to be asked: without the answer nothing is known of it. */
struct verify_ref {
    enum verify_ref_kind kind;
    sg_str subject; /* as in findings */
    sg_str uri;
    uint64_t idx;
    sg_str purpose;            /* BITSTRING: "revocation", "suspension", "message", "refresh" */
    uint64_t size;             /* BITSTRING: bits of an entry */
    const struct sjson *entry; /* BITSTRING: the credentialStatus entry */
};

struct verify_result {
    enum verify_format format;
    bool presentation;
    bool verified; /* no finding is an ERROR; the status is not part of it */
    const struct verify_finding *findings;
    size_t n;
    const struct verify_ref *refs;
    size_t n_refs;
    /* Of the credential, or holder of the presentation, by whose key it was signed; empty if it names none or nobody's signature holds. */
    sg_str issuer;
    const struct sjson *
        claims; /* what the object says after processing; NULL if it could not be read. mdoc: NULL */
};

/*
 * Recognise and verify. `object` is what came: compact serialisations, JSON, CBOR, or the base64url or hex text of CBOR; white space
 * around text is cut off. A result always comes, also for bytes that are nothing: finding "form". SG_E_NO_MEMORY alone fails.
 */
SG_CHECKED sg_result verify_object(struct sg_arena *arena, sg_bytes object,
    const struct verify_trust *trust, const struct verify_expect *expect,
    struct verify_result *ret);

/* The type of a problem for a code, as VCDM 2.0 (7.2), Data Integrity (4.7) and RFC 9457 name it; never NULL. */
const char *verify_problem_of(enum sg_code code);

#endif

/*
 * What evidence wants of a signed object, whatever its format (req: EV-2): the signature its issuer made, the bytes it is over, and the statuses the
 * object refers to. Form only; nothing is verified here (formats/verify does that).
 *
 * Recognised: compact JWS and SD-JWT with or without KB-JWT; their JSON serialisation; JSON with a Data Integrity proof; an
 * Enveloped...Credential; COSE_Sign1, IssuerSigned and DeviceResponse as CBOR, base64url or hex text. Of a DeviceResponse the
 * first document counts.
 */
#ifndef OBJECT_H
#define OBJECT_H

#include "jwk.h"
#include "sjson.h"

#define OBJECT_MAX ((size_t)1024 * 1024)
#define OBJECT_REFS_MAX 32

enum object_kind {
    OBJECT_JWS = 1,
    OBJECT_SD_JWT,
    OBJECT_DATA_INTEGRITY,
    OBJECT_COSE,
    OBJECT_ISSUER_SIGNED,
};

/* A list and an entry. A Bitstring's URL stands for the Token Status List whose other publication it is (BASE/status/<list>/<purpose>). */
struct object_ref {
    sg_str uri;
    uint64_t idx;
};

/* Views of the input, or in the arena. */
struct object {
    enum object_kind kind;
    sg_bytes signature; /* JWS form: r || s, Ed25519 */
    /* What it is over. Empty: Data Integrity, whose hash needs contexts (formats/dataint), and which is `document`. */
    sg_bytes message;
    const struct jose_alg *alg; /* NULL: Data Integrity, or unknown */
    const struct sjson *
        document; /* payload of a JWS or COSE, document of Data Integrity; NULL where it is no JSON */
    struct object_ref refs[OBJECT_REFS_MAX];
    size_t n_refs;
};

/* SG_E_MALFORMED for what is none of these, SG_E_ENCODING, SG_E_TOO_LARGE, SG_E_TOO_MANY (references), SG_E_NO_MEMORY. */
SG_CHECKED sg_result object_take(struct sg_arena *arena, sg_bytes in, struct object *ret);

/* ---- presentations: every signature in an object ---------------------------------------------------- */

enum object_role { OBJECT_OF_HOLDER = 1, OBJECT_OF_ISSUER = 2 };
#define OBJECT_SIGNATURES_MAX 32
struct object_signed {
    enum object_role role;
    struct object object; /* a holder's: refs are those of the credentials presented */
    sg_str audience;      /* a holder's: aud, domain; empty: the object does not say */
    sg_str nonce;         /* nonce, challenge */
    /* DeviceAuth: what it is over needs the session; object.message is empty. Otherwise empty. */
    sg_str doc_type;
    sg_bytes device_name_spaces; /* DeviceNameSpacesBytes, tag included */
    sg_bytes protected_bstr;
};
/*
 * Holders' signatures before the issuers' of what they present: a KB-JWT, a presentation as JWT, SD-JWT, COSE or with Data Integrity proof, enveloped or not, with the
 * credentials in it, and each document's DeviceAuth (a deviceMac is no signature). A bare credential has its issuer's alone. Codes as object_take;
 * SG_E_TOO_MANY above OBJECT_SIGNATURES_MAX, SG_E_DEPTH for presentations in presentations.
 */
SG_CHECKED sg_result object_take_all(struct sg_arena *arena, sg_bytes in,
    struct object_signed ret[OBJECT_SIGNATURES_MAX], size_t *ret_n);

#endif

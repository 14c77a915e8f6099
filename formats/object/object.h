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

#endif

/* The one table of signature algorithms, for JOSE and COSE (KEY-9: adding one touches this table). */
#ifndef JOSE_ALG_H
#define JOSE_ALG_H

#include "sg_hash.h"
#include "sg_result.h"

/* Numbers stand in intents, records and on the wire: never reused. */
enum jose_alg_id {
    JOSE_ALG_NONE = 0,
    JOSE_ES256 = 1,
    JOSE_ES384 = 2,
    JOSE_EDDSA = 3, /* Ed25519 */
    JOSE_ES512 = 4, /* verification only */
    JOSE_PS256 = 5, /* verification of certificates and clients only */
    JOSE_RS256 = 6, /* certificates only: never accepted in a JWS of ours unless asked for */
};

enum jose_kty { JOSE_KTY_EC = 1, JOSE_KTY_OKP = 2, JOSE_KTY_RSA = 3 };
enum jose_crv { JOSE_CRV_NONE = 0, JOSE_P256 = 1, JOSE_P384 = 2, JOSE_ED25519 = 3, JOSE_P521 = 4 };

struct jose_alg {
    enum jose_alg_id id;
    const char *name; /* JOSE "alg" */
    int32_t cose;     /* COSE algorithm identifier */
    enum jose_kty kty;
    enum jose_crv crv;
    enum sg_hash_alg hash; /* of the signing input; EdDSA hashes inside */
    bool prehash;          /* DTBS/R is PREHASH (true) or MESSAGE (false) */
    size_t sig_len;        /* bytes of a JWS signature; 0 when it depends on the key */
    bool sign;             /* our signer may produce it */
};

/* NULL when unknown. "none" and MAC algorithms are unknown here, always. */
const struct jose_alg *jose_alg_by_name(sg_str name);
const struct jose_alg *jose_alg_by_id(enum jose_alg_id id);
const struct jose_alg *jose_alg_by_cose(int64_t cose);
const struct jose_alg *jose_algs(size_t *ret_n);

#endif

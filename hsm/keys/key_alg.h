/*
 * The signer's table of key algorithms. Numbers are those of the wire and of formats/jose (jose_alg.h), which the
 * signer does not link: it has no JSON. req: KEY-9 (adding an algorithm is adding a row here and in p11_mech.c).
 */
#ifndef KEY_ALG_H
#define KEY_ALG_H

#include "sg_hash.h"

enum key_alg {
    KEY_ALG_NONE = 0,
    KEY_ES256 = 1,
    KEY_ES384 = 2,
    KEY_EDDSA = 3, /* Ed25519 */
};

#define KEY_POINT_MAX 97 /* 04 || x || y of P-384 */
#define KEY_SPKI_MAX 120 /* P-384: 23 + 97 */
#define KEY_SIG_MAX 96   /* r || s of P-384 */

struct key_alg_row {
    enum key_alg alg;
    const char *name; /* JOSE "alg" */
    const char *kty;  /* JOSE "kty" and "crv", for thumbprints */
    const char *crv;
    enum sg_hash_alg hash; /* of the signing input, when prehash */
    bool prehash;          /* DTBS/R is a digest (true) or the message (false) */
    size_t coord_len;      /* bytes of x (and y) */
    size_t point_len;      /* 04||x||y, or the 32 bytes of Ed25519 */
    size_t sig_len;        /* JWS form: r||s, or R||S */
    sg_bytes spki_prefix;  /* DER before the point: one possible encoding per algorithm */
};

/* NULL when unknown. Takes a number from the wire. */
const struct key_alg_row *key_alg_row(uint64_t alg);

#endif

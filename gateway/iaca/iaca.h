/*
 * A demo IACA for mdocs (ISO/IEC 18013-5 Annex B): one self-signed root, document signer certificates for keys in the token, as isomdl and multipaz want
 * them. Of no value outside a demo: its key is a file. Time and serial numbers are arguments.
 *
 * For `sealgate init --demo`: iaca_new with cli_now() and 16 bytes of cli_random(), iaca_save beside demo-ca, then for each mdoc key iaca_issue
 * with its SubjectPublicKeyInfo. x5chain of such a key is the one certificate that comes back, without the root; the root's PEM is what
 * verifiers trust. The elements issuing_country (and issuing_jurisdiction) must say what `country` (and `state`) say here: mdoc_prepare checks.
 */
#ifndef IACA_H
#define IACA_H

#include "sg_arena.h"

#define IACA_SERIAL_LEN \
    16 /* random bytes; the two top bits are set to 01, so that it is positive and of full length */
#define IACA_ROOT_DAYS 3650  /* Annex B.1.2: at most 20 years */
#define IACA_SIGNER_DAYS 456 /* Annex B.1.4: at most 457 */

/* All texts are NUL-terminated. */
struct iaca_names {
    const char *country;      /* C: two capital letters */
    const char *state;        /* ST, or NULL */
    const char *organization; /* O, or NULL */
    const char *common_name;  /* CN of the root */
    const char
        *uri; /* issuerAltName of the root and of its signers: where to reach the authority */
    const char *crl_uri; /* distribution point in both */
};
struct iaca;

/* A fresh root on P-256, valid from an hour before `now`. SG_E_VALUE (country, an empty text), SG_E_INTERNAL. */
SG_CHECKED sg_result iaca_new(const struct iaca_names *names, int64_t now,
    const uint8_t serial[IACA_SERIAL_LEN], struct iaca **ret);
void iaca_free(struct iaca **iaca); /* NULL accepted */

/* Key in PEM (0600), certificate in PEM (0644). SG_E_STORE_DOWN. */
SG_CHECKED sg_result iaca_save(
    const struct iaca *iaca, const char *key_path, const char *cert_path);
/* The one that is there. SG_E_NOT_FOUND, SG_E_KEY_INVALID. */
SG_CHECKED sg_result iaca_open(const char *key_path, const char *cert_path, struct iaca **ret);
/* Its certificate in DER. */
SG_CHECKED sg_result iaca_certificate(
    struct sg_arena *arena, const struct iaca *iaca, sg_bytes *ret);

/*
 * A document signer for this SubjectPublicKeyInfo (DER): C, ST, O, issuerAltName and distribution point from the root, critical digitalSignature,
 * critical extended key usage 1.0.18013.5.1.2. `days` at most IACA_SIGNER_DAYS and never beyond the root's end. DER in the arena.
 * SG_E_KEY_INVALID, SG_E_VALUE, SG_E_INTERNAL.
 */
SG_CHECKED sg_result iaca_issue(struct sg_arena *arena, const struct iaca *iaca, sg_bytes spki,
    const char *common_name, int64_t now, int days, const uint8_t serial[IACA_SERIAL_LEN],
    sg_bytes *ret);

#define IACA_CRL_DAYS 365
/*
 * A revocation list of this root without entries, valid from an hour before `now` for IACA_CRL_DAYS, number 1: what its certificates' distribution
 * point must serve (Annex B.1.10). The status of a document signer of the demo is its key's. DER in the arena. SG_E_INTERNAL.
 */
SG_CHECKED sg_result iaca_crl(
    struct sg_arena *arena, const struct iaca *iaca, int64_t now, sg_bytes *ret);

#endif

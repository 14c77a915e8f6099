/*
 * Packed attestation with certificates (WebAuthn Level 3, 8.2, 8.2.1): who made the authenticator. A strict walk over DER like reg_cert.h; no X.509 library.
 * Roots are the operator's own files. req: AU-3, SIG-8
 */
#ifndef REG_ATTEST_H
#define REG_ATTEST_H

#include "sg_arena.h"
#include "webauthn.h"

struct reg_roots;

/* None yet. NULL: out of memory. */
struct reg_roots *reg_roots_new(void);
void reg_roots_free(struct reg_roots **roots); /* NULL accepted */
/*
 * A certificate in DER, or one or several in PEM: P-256, P-384, Ed25519 or RSA of 2048 bits and more, each a CA whose key usage, if it has one, lets it sign
 * certificates. SG_E_MALFORMED, SG_E_KEY_INVALID, SG_E_UNSUPPORTED (a critical extension that we do not know), SG_E_FULL.
 */
SG_CHECKED sg_result reg_roots_add(struct reg_roots *roots, sg_bytes file);
size_t reg_roots_n(const struct reg_roots *roots);

/*
 * The statement of a packed attestation, over `message` (authenticator data || SHA-256(client data)). Self attestation: signed by the credential's own key,
 * never attested. With certificates: signed by the leaf, which keeps 8.2.1; `*ret_attested`: and it is certified, directly or over the other certificates given, by
 * a root, all of them valid at `now` (UTC seconds), each authority's basicConstraints, pathLenConstraint and keyCertSign kept (RFC 5280 6.1.4), roots' too. A leaf with a key that we do not know is not looked at: not attested. SG_E_SIGNATURE, SG_E_MALFORMED (the leaf),
 * SG_E_KEY_INVALID.
 */
SG_CHECKED sg_result reg_attest_packed(const struct reg_roots *roots,
    const struct webauthn_attestation *statement, sg_bytes message, int64_t now,
    bool *ret_attested);

/* Their numbers in our table: KEY_ALG_NONE for others. */
uint64_t reg_attest_alg(int64_t cose_alg);

#endif

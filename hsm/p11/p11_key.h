/*
 * Keys in the token: resident, or held outside wrapped under a key that never leaves it. req: KEY-2
 */
#ifndef P11_KEY_H
#define P11_KEY_H

#include "key_public.h"
#include "p11.h"

#define P11_WRAPPED_MAX 512
#define P11_KEY_LABEL_MAX 64

/*
 * A key as the signer names it. `public` is needed to find it and to verify what it signs; `wrapped` is empty for resident keys.
 * Borrowed for the call.
 */
struct p11_key_ref {
    const struct key_public *public;
    sg_bytes wrapped;
};

struct p11_key_params {
    enum key_alg alg;
    bool
        resident; /* false: wrapped; ES256 and ES384 only with SoftHSM, which cannot wrap Ed25519 */
    sg_str
        label; /* for people at the token; resident keys only; at most P11_KEY_LABEL_MAX; not one of ours (README.md) */
};

struct p11_key_made {
    sg_bytes spki; /* DER, in the arena */
    uint8_t thumbprint[KEY_THUMBPRINT_LEN];
    sg_bytes wrapped; /* opaque {version, MAC, blob}, in the arena; empty for resident keys */
    sg_bytes
        attributes; /* deterministic CBOR of what was read back (p11_attributes.c): evidence for KEY-2 */
};

/*
 * Generate a key pair. Attributes are read back and must hold (SG_E_SELF_TEST, and the key is destroyed); a random digest is signed and
 * verified with the public key that is returned (KEY-4). Wrapped keys are unwrapped once again for this proof. Never tried twice
 * by itself. A resident key is durable in the token on return: register it, or destroy it (p11_key_list finds strays).
 * SG_E_ALGORITHM, SG_E_UNSUPPORTED (this token cannot wrap such keys), SG_E_TOKEN_DOWN, SG_E_VALUE.
 */
SG_CHECKED sg_result p11_key_generate(struct p11_session *session, struct sg_arena *arena,
    const struct p11_key_params *params, struct p11_key_made *ret);

/*
 * For filling a test database with very many: a wrapped key made in the token and wrapped as ever, but neither are its attributes read back nor is it
 * proved, and `attributes` comes out empty. Its first signature is verified like every other. Errors as above.
 */
SG_CHECKED sg_result p11_key_generate_bare(struct p11_session *session, struct sg_arena *arena,
    enum key_alg alg, struct p11_key_made *ret);

/*
 * Sign DTBS/R: the digest (exactly of the algorithm's hash length) for ECDSA, the message for EdDSA; the result is in JWS form and has been
 * verified with ref->public. One C_SignInit and one C_Sign when all is well; a second try only where p11_rv.c says so, and then
 * the first result never left. `ret` has room for KEY_SIG_MAX.
 * SG_E_DIGEST (length), SG_E_TOKEN_DOWN, SG_E_NOT_FOUND (token well, key not in it), SG_E_KEY_INVALID (the wrapped form is not ours or
 * not this key's), SG_E_KEY_USE (the token forbids this use), SG_E_SELF_TEST (the signature did not verify: state DOWN).
 */
SG_CHECKED sg_result p11_key_sign(struct p11_session *session, const struct p11_key_ref *ref,
    sg_bytes dtbsr, uint8_t *ret, size_t *ret_len);

/*
 * Proof of correspondence (KEY-4): sign 32/48 random bytes, verify. For start-up and certificate installation. As p11_key_sign.
 */
SG_CHECKED sg_result p11_key_prove(struct p11_session *session, const struct p11_key_ref *ref);

/*
 * Destroy. Resident: private and public object; gone already is SG_E_NOT_FOUND. Wrapped: every session forgets its unwrapped
 * copy; erasing the wrapped bytes is the registry's part. Destroying an object is no proof of erasure in backups (KEY-6).
 */
SG_CHECKED sg_result p11_key_destroy(struct p11_session *session, const struct p11_key_ref *ref);

/* Read the attributes of a resident key again, as CBOR in the arena; refuses like p11_key_generate if they do not hold. */
SG_CHECKED sg_result p11_key_attributes(struct p11_session *session, struct sg_arena *arena,
    const struct p11_key_ref *ref, sg_bytes *ret);

/* Thumbprints of all resident key pairs of ours, for reconciliation with the registry; 32 bytes each, in the arena. */
SG_CHECKED sg_result p11_key_list(struct p11_session *session, struct sg_arena *arena,
    const uint8_t (**ret)[KEY_THUMBPRINT_LEN], size_t *ret_n);

#endif

/*
 * Encrypting a response for direct_post.jwt (OpenID4VP 1.0, 8.3; RFC 7516, 7518 4.6): compact JWE, ECDH-ES direct agreement on P-256 or P-384 with A128GCM or
 * A256GCM. By latchset jose. req: PRO-3, NET-3
 *
 * What is secret here, and for how long: the ephemeral private key and the content key are made by the library, live as base64url text in JSON values of
 * the heap, and are used for one message. Every block that the JSON library gives back is wiped first (jwe_start); copies of the library on its own stack are wiped
 * where it does so itself. They are not in locked memory. The plaintext is the caller's.
 */
#ifndef JWE_H
#define JWE_H

#include "oid4vp.h"

#define JWE_PLAINTEXT_MAX ((size_t)256 * 1024) /* a delivery takes less; 64 KiB cost 2 ms */

/*
 * Once, before threads and before the system calls are filtered: memory of the JSON library is wiped when given back, its hash seed is drawn, and one message is
 * encrypted and decrypted. Calling it again does nothing more than the test. Without it the first jwe_encrypt does all but the test. SG_E_SELF_TEST.
 */
SG_CHECKED sg_result jwe_start(void);

/*
 * Encrypt to the key that was chosen with the request; `kid` and `enc` go into the protected header, `apu` and `apv` stay out. Any thread. The result lives in the arena.
 * SG_E_TOO_LARGE, SG_E_KEY_INVALID (another curve, no point of it), SG_E_NO_MEMORY, SG_E_INTERNAL.
 */
SG_CHECKED sg_result jwe_encrypt(
    struct sg_arena *arena, const struct oid4vp_encryption *to, sg_bytes plaintext, sg_str *ret);

#endif

/*
 * Who may sign which list: rules from settings, applied to a signature of any form we read (JWS, COSE). The same rules serve Token Status
 * Lists and Bitstring Status Lists.
 */
#ifndef TSL_TRUST_H
#define TSL_TRUST_H

#include "cose.h"
#include "jws.h"
#include "x509_chain.h"

/*
 * One rule from settings: lists whose URI starts with `prefix` may be signed by this key (by value or by RFC 7638 thumbprint), or by a
 * key whose certificate (`x5c`) leads to one of these anchors. A key named for a URI excludes the anchors for it. Prefixes end with
 * "/" or are whole URIs, so that "https://a" does not speak for "https://a.evil"; the empty prefix is for anchors alone and
 * means every URI. Everything is borrowed.
 */
struct tsl_trust_rule {
    sg_str prefix;
    const struct jwk_key *key; /* or NULL */
    const struct jwk *jwk; /* the same, not prepared: what a did:key in settings carries; or NULL */
    const uint8_t *
        thumbprint; /* JWK_THUMBPRINT_LEN bytes, or NULL; the key comes with the token, in x5c or jwk */
    const sg_bytes *anchors; /* DER */
    size_t n_anchors;
};

/* A signed list, whatever its form: exactly one of the two is there. */
struct tsl_signed {
    const struct jws *jws;
    const struct cose_sign1 *cose;
};

/*
 * Does a rule for this URI accept the signature? Rules are tried in order; the first that verifies wins. The question, and the
 * list itself, have no say in which rules apply. A chain whose first certificate is itself an anchor is refused (HAIP).
 * SG_E_ISSUER: no rule for this URI, or none could be tried. SG_E_SIGNATURE, SG_E_EXPIRED ...: what the last rule tried said.
 */
SG_CHECKED sg_result tsl_signed_verify(struct sg_arena *arena, const struct tsl_signed *list,
    sg_str uri, const struct tsl_trust_rule *rules, size_t n_rules, int64_t now);

/*
 * For signatures that are verified elsewhere (Data Integrity proofs): does a rule that names a key cover this URI and name this one, by
 * thumbprint or did:key? Anchors have no say: such a proof brings no certificate. SG_E_ISSUER.
 */
SG_CHECKED sg_result tsl_key_named(struct sg_arena *arena, const struct jwk *key, sg_str uri,
    const struct tsl_trust_rule *rules, size_t n_rules);

#endif

/*
 * Status List Tokens as JWT (spec: draft-ietf-oauth-status-list 5.1) and the reference in a credential (6.2): taken apart, put
 * together, and verified against rules about who may sign which list.
 * Lists as CWT are not read or written yet.
 */
#ifndef TSL_TOKEN_H
#define TSL_TOKEN_H

#include "jws.h"
#include "tsl_bits.h"
#include "x509_chain.h"

#define TSL_TYP "statuslist+jwt"
#define TSL_MEDIA_TYPE "application/statuslist+jwt"
#define TSL_TOKEN_MAX ((size_t)1024 * 1024) /* = JWS_MAX */
#define TSL_URI_MAX 1024

/* ---- the reference in a credential -------------------------------------------------------------- */

/* Member status.status_list of a JWT claims set (JWT, SD-JWT payload). `uri` borrows from the claims. */
struct tsl_ref {
    sg_str uri;
    uint64_t idx;
};
/*
 * SG_E_MISSING: no `status`, or it has no `status_list` (other mechanisms may stand there). SG_E_TYPE, SG_E_NUMBER (idx negative,
 * fractional, a string), SG_E_VALUE (uri empty, longer than TSL_URI_MAX, or with characters no URI has).
 */
SG_CHECKED sg_result tsl_ref_parse(const struct sjson *claims, struct tsl_ref *ret);
/* Write `"status":{"status_list":{"idx":..,"uri":..}}` as a member of the object being written. */
void tsl_ref_write(struct sjson_wr *wr, const struct tsl_ref *ref);

/* ---- reading ------------------------------------------------------------------------------------- */

/* A Status List Token taken apart; nothing is verified or compared yet. Views as in struct jws. */
struct tsl_token {
    struct jws jws;
    sg_str sub;
    sg_str iss; /* may be empty: not in the specification, but in its example */
    int64_t iat;
    int64_t exp; /* TSL_NO_EXP when absent */
    int64_t ttl; /* seconds, positive; 0 when absent */
    unsigned bits;
    sg_str lst;             /* base64url of the ZLIB bytes, not looked into yet */
    sg_str aggregation_uri; /* may be empty */
};
#define TSL_NO_EXP INT64_MAX

/*
 * SG_E_TYPE when `typ` is not statuslist+jwt (also accepted: with the prefix "application/", RFC 7515 4.1.9) or a member has a
 * wrong type, SG_E_MISSING, SG_E_NUMBER, SG_E_VALUE (bits, ttl <= 0), and what jws_parse and jws_claims refuse.
 */
SG_CHECKED sg_result tsl_token_parse(struct sg_arena *arena, sg_str compact, struct tsl_token *ret);

/* Decode and inflate `lst`. SG_E_ENCODING, SG_E_TOO_LARGE, SG_E_NO_MEMORY. */
SG_CHECKED sg_result tsl_token_list(
    struct sg_arena *arena, const struct tsl_token *token, size_t max, struct tsl_view *ret);

/* ---- who may sign ---------------------------------------------------------------------------------- */

/*
 * One rule from settings: lists whose URI starts with `prefix` may be signed by this key (by value or by RFC 7638 thumbprint), or by a
 * key whose certificate (`x5c`) leads to one of these anchors. A key named for a URI excludes the anchors for it. Prefixes end with
 * "/" or are whole URIs, so that "https://a" does not speak for "https://a.evil"; the empty prefix is for anchors alone and
 * means every URI. Everything is borrowed.
 */
struct tsl_trust_rule {
    sg_str prefix;
    const struct jwk_key *key; /* or NULL */
    const uint8_t *
        thumbprint; /* JWK_THUMBPRINT_LEN bytes, or NULL; the key comes with the token, in x5c or jwk */
    const sg_bytes *anchors; /* DER */
    size_t n_anchors;
};

/*
 * Does a rule for this URI accept the token's signature? Rules are tried in order; the first that verifies wins. The question, and the
 * token itself, have no say in which rules apply. An x5c whose first certificate is itself an anchor is refused (HAIP).
 * SG_E_ISSUER: no rule for this URI, or none could be tried. SG_E_SIGNATURE, SG_E_EXPIRED ...: what the last rule tried said.
 */
SG_CHECKED sg_result tsl_token_verify(struct sg_arena *arena, const struct tsl_token *token,
    sg_str uri, const struct tsl_trust_rule *rules, size_t n_rules, int64_t now);

/* ---- building -------------------------------------------------------------------------------------- */

struct tsl_payload {
    sg_str sub; /* the list's own URI, byte for byte as in the credentials */
    int64_t iat;
    int64_t exp;
    int64_t ttl; /* seconds; 0 leaves it out */
    struct tsl_view list;
    sg_str aggregation_uri; /* empty leaves it out */
};
/* The claims set as compact JSON. SG_E_VALUE (empty sub, bits, exp <= iat, ttl < 0), SG_E_TOO_LARGE, SG_E_NO_MEMORY. */
SG_CHECKED sg_result tsl_payload_build(
    struct sg_arena *arena, const struct tsl_payload *payload, sg_bytes *ret);

/*
 * The header: alg, typ, kid (empty leaves it out) and x5c (chain leaf first; the anchor is not put in, HAIP; 0 leaves it out).
 * Feed both to jws_signing_input. SG_E_VALUE when the algorithm is unknown.
 */
SG_CHECKED sg_result tsl_header_build(struct sg_arena *arena, enum jose_alg_id alg, sg_str kid,
    const sg_bytes *x5c, size_t n_x5c, sg_str *ret);

#endif

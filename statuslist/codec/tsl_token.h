/*
 * Status List Tokens as JWT and as CWT (spec: draft-ietf-oauth-status-list 5.1, 5.2) and the reference in a credential (6.2, 6.3):
 * taken apart, put together, and verified against rules about who may sign which list (req: STA-1, STA-3).
 */
#ifndef TSL_TOKEN_H
#define TSL_TOKEN_H

#include "tsl_bits.h"
#include "tsl_trust.h"

#define TSL_TYP "statuslist+jwt"
#define TSL_MEDIA_TYPE "application/statuslist+jwt"
#define TSL_CWT_TYPE "application/statuslist+cwt" /* media type, and label 16 of the header */
#define TSL_TOKEN_MAX ((size_t)1024 * 1024)       /* = JWS_MAX */
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

enum tsl_form { TSL_JWT, TSL_CWT };

/* A Status List Token taken apart; nothing is verified or compared yet. Views as in struct jws and struct cose_sign1. */
struct tsl_token {
    enum tsl_form form;
    struct jws jws;         /* TSL_JWT */
    struct cose_sign1 cose; /* TSL_CWT */
    sg_str sub;
    sg_str iss; /* may be empty: not in the specification, but in its example */
    int64_t iat;
    int64_t exp; /* TSL_NO_EXP when absent */
    int64_t ttl; /* seconds, positive; 0 when absent */
    unsigned bits;
    sg_str lst;             /* TSL_JWT: base64url of the ZLIB bytes, not looked into yet */
    sg_bytes packed;        /* TSL_CWT: the ZLIB bytes */
    sg_str aggregation_uri; /* may be empty */
};
#define TSL_NO_EXP INT64_MAX

/*
 * SG_E_TYPE when `typ` is not statuslist+jwt (also accepted: with the prefix "application/", RFC 7515 4.1.9) or a member has a
 * wrong type, SG_E_MISSING, SG_E_NUMBER, SG_E_VALUE (bits, ttl <= 0), and what jws_parse and jws_claims refuse.
 */
SG_CHECKED sg_result tsl_token_parse(struct sg_arena *arena, sg_str compact, struct tsl_token *ret);

/*
 * The same as CWT: one COSE_Sign1, tag 18 or none (examples up to -14 had none), tag 61 refused; label 16 is application/statuslist+cwt.
 * Claims 2 sub, 6 iat, 4 exp, 65534 ttl, 65533 status_list with text keys; definite lengths. SG_E_TYPE, SG_E_MISSING, SG_E_NUMBER, SG_E_VALUE as
 * above, SG_E_MALFORMED, SG_E_DUPLICATE, and what cose_sign1_parse refuses. COSE_Mac0 is refused: nobody shares a secret with us.
 */
SG_CHECKED sg_result tsl_cwt_parse(struct sg_arena *arena, sg_bytes cwt, struct tsl_token *ret);

/* Either, told apart by the first byte: no JWT begins like a CBOR array or tag. */
SG_CHECKED sg_result tsl_any_parse(struct sg_arena *arena, sg_bytes in, struct tsl_token *ret);

/* Decode and inflate `lst`. SG_E_ENCODING, SG_E_TOO_LARGE, SG_E_NO_MEMORY. */
SG_CHECKED sg_result tsl_token_list(
    struct sg_arena *arena, const struct tsl_token *token, size_t max, struct tsl_view *ret);

/* ---- who may sign ---------------------------------------------------------------------------------- */

/* tsl_signed_verify (tsl_trust.h) of the token's own signature. */
SG_CHECKED sg_result tsl_token_verify(struct sg_arena *arena, const struct tsl_token *token,
    sg_str uri, const struct tsl_trust_rule *rules, size_t n_rules, int64_t now);

/* ---- building -------------------------------------------------------------------------------------- */

struct tsl_payload {
    sg_str sub; /* the list's own URI, byte for byte as in the credentials */
    int64_t iat;
    int64_t exp;
    int64_t ttl; /* seconds; 0 leaves it out */
    struct tsl_view list;
    sg_bytes packed; /* the list as tsl_deflate gives it, when that was done already; else empty */
    sg_str aggregation_uri; /* empty leaves it out */
};
/* The claims set as compact JSON. SG_E_VALUE (empty sub, bits, exp <= iat, ttl < 0), SG_E_TOO_LARGE, SG_E_NO_MEMORY. */
SG_CHECKED sg_result tsl_payload_build(
    struct sg_arena *arena, const struct tsl_payload *payload, sg_bytes *ret);
/* The claims map as deterministic CBOR: the payload of the COSE_Sign1. The same refusals. */
SG_CHECKED sg_result tsl_cwt_payload_build(
    struct sg_arena *arena, const struct tsl_payload *payload, sg_bytes *ret);

/*
 * The header: alg, typ, kid (empty leaves it out) and x5c (chain leaf first; the anchor is not put in, HAIP; 0 leaves it out).
 * Feed both to jws_signing_input. SG_E_VALUE when the algorithm is unknown.
 */
SG_CHECKED sg_result tsl_header_build(struct sg_arena *arena, enum jose_alg_id alg, sg_str kid,
    const sg_bytes *x5c, size_t n_x5c, sg_str *ret);

/*
 * A token as CWT on its way to the signer, in two steps: prepare gives Sig_structure, the bytes to be signed; attach gives the tagged
 * COSE_Sign1. kid (may be empty) and typ are protected, x5chain (leaf first, without the anchor) is not.
 * SG_E_VALUE (algorithm), SG_E_TOO_LARGE, SG_E_NO_MEMORY.
 */
struct tsl_cwt {
    struct cose_headers headers;
    sg_bytes protected_bstr;
    sg_bytes payload;
    sg_bytes to_be_signed;
};
/* Everything borrowed must live until tsl_cwt_attach. */
SG_CHECKED sg_result tsl_cwt_prepare(struct sg_arena *arena, enum jose_alg_id alg, sg_bytes kid,
    const sg_bytes *x5chain, size_t n_x5chain, sg_bytes payload, struct tsl_cwt *ret);
SG_CHECKED sg_result tsl_cwt_attach(
    struct sg_arena *arena, const struct tsl_cwt *cwt, sg_bytes signature, sg_bytes *ret);

#endif

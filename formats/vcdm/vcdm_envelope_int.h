/* Shared by the envelope files of this folder, for nobody else. */
#ifndef VCDM_ENVELOPE_INT_H
#define VCDM_ENVELOPE_INT_H

#include "vcdm_envelope.h"

/* spec: RFC 8392 4 */
enum {
    CWT_ISS = 1,
    CWT_SUB = 2,
    CWT_AUD = 3,
    CWT_EXP = 4,
    CWT_NBF = 5,
    CWT_IAT = 6,
    CWT_CTI = 7,
    CWT_NONCE = 10, /* RFC 9711 4.1: a byte string of 8 to 64 bytes */
};
#define CWT_NONCE_MIN 8
#define CWT_NONCE_MAX 64

#define VCDM_AUDIENCES_MAX 16

/* What an envelope claims beside the document, of either kind. Texts are empty and times 0 when absent. */
struct vcdm_claims {
    sg_str iss;
    sg_str sub;
    sg_str jti; /* JWT only: a cti is bytes and names no URL */
    sg_str nonce;
    sg_str aud[VCDM_AUDIENCES_MAX];
    size_t n_aud;
    bool has_exp, has_nbf, has_iat;
    double exp, nbf, iat;
};

/* Read them; times that the policy ignores are not looked at. SG_E_CLAIMS, SG_E_TOO_LARGE; for CBOR also what its parser refuses. */
SG_CHECKED sg_result vcdm_claims_of_json(const struct sjson *payload,
    const struct vcdm_verify *policy, struct sg_why *why, struct vcdm_claims *ret);
SG_CHECKED sg_result vcdm_claims_of_cwt(
    sg_bytes map, const struct vcdm_verify *policy, struct sg_why *why, struct vcdm_claims *ret);

/* exp, nbf, iat against the policy's now. SG_E_EXPIRED, SG_E_NOT_YET. */
SG_CHECKED sg_result vcdm_claims_check_times(
    const struct vcdm_claims *claims, const struct vcdm_verify *policy, struct sg_why *why);
/*
 * aud and nonce against what the policy expects of presentations. SG_E_DOMAIN, SG_E_CHALLENGE.
 */
SG_CHECKED sg_result vcdm_claims_check_audience(
    const struct vcdm_claims *claims, const struct vcdm_verify *policy, struct sg_why *why);

/* spec: 3.1.3, 4.1.2: claims `vc` and `vp` MUST NOT be there. SG_E_CLAIMS. */
SG_CHECKED sg_result vcdm_no_old_claims(const struct sjson *document, struct sg_why *why);
/* iss is the issuer or holder, jti the id, sub a subject's id. `credential` or `presentation` is NULL. SG_E_CLAIMS. */
SG_CHECKED sg_result vcdm_claims_agree(const struct vcdm_claims *claims,
    const struct vcdm_credential *credential, const struct vcdm_presentation *presentation,
    struct sg_why *why);

/*
 * spec: 4.1.1, 4.1.2: kid is an absolute URL when the controller is a DID, and when there is a controller and no iss. SG_E_METHOD.
 */
SG_CHECKED sg_result vcdm_check_kid(sg_str kid, sg_str controller, sg_str iss, struct sg_why *why);

/* A refusal with a name for operators. */
#define VCDM_REFUSE(why, what, name)      \
    do {                                  \
        sg_why_note((why), (what), 0, 0); \
        SG_FAIL(name);                    \
    } while (0)
#define VCDM_HOLD(condition, why, what, name) \
    do {                                      \
        if (!(condition)) {                   \
            VCDM_REFUSE((why), (what), name); \
        }                                     \
    } while (0)

#endif

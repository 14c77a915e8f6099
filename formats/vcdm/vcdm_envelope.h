/*
 * Securing VCs using JOSE and COSE (REC 15 May 2025): vc+jwt, vp+jwt, vc+sd-jwt, vp+sd-jwt, vc+cose, vp+cose. Building stops at the bytes to be
 * signed: prepare -> the signer signs -> attach. Verifying finds keys through the caller. req: FMT-4
 */
#ifndef VCDM_ENVELOPE_H
#define VCDM_ENVELOPE_H

#include "cid.h"
#include "cose.h"
#include "sdjwt.h"
#include "vcdm.h"
#include "vcdm_data.h"

#define VCDM_NESTED_MAX 4 /* enveloped objects in enveloped objects */

/* ---- building ------------------------------------------------------------------------------------------ */

/* Empty and zero members are left out. Claims stand before the document's own members (JOSE) or in CWT claims (COSE header 15). */
struct vcdm_seal {
    enum vcdm_envelope envelope;
    /* JSON text; its members are kept byte by byte, and without claims the whole text is the payload */
    sg_str document;
    const struct vcdm_rules *rules; /* never NULL: nothing is prepared that breaks them */
    const struct jose_alg *alg;
    sg_str kid; /* a DID URL or an absolute URL of a verification method; text, also in COSE */
    const sg_bytes *x5chain;
    size_t n_x5chain;
    sg_str iss; /* must be the issuer or holder (3.1.3, 4.1.2) */
    sg_str aud;
    sg_str
        nonce; /* OpenID4VP. COSE: the CWT claim 10 of RFC 9711, its characters as 8 to 64 bytes */
    int64_t iat;
    int64_t exp;
    sg_str cnf; /* JSON object, for the key of the holder (4.1.3); not in COSE */
    /* SD-JWT only */
    const struct sdjwt_path *sd;
    size_t n_sd;
    size_t decoys_per_object;
    size_t decoys_per_array;
    enum sg_hash_alg hash; /* 0: SHA-256 */
    struct sdjwt_random *random;
};

struct vcdm_pending {
    const struct vcdm_media *media;
    const struct jose_alg *alg;
    sg_bytes to_be_signed; /* JWS signing input, or Sig_structure */
    sg_bytes payload;      /* what the recipient gets: JSON */
    sg_str signing_input;  /* JOSE */
    const sg_str *disclosures;
    size_t n_disclosures;
    struct cose_headers headers; /* COSE */
    sg_bytes protected_bstr;
};

/* How many random bytes an SD-JWT needs at most. */
SG_CHECKED sg_result vcdm_random_need(
    struct sg_arena *arena, const struct vcdm_seal *seal, size_t *ret);
/*
 * Check the document by the rules, and put together what is to be signed. The caller's text must outlive the arena's use. What the JSON parser and
 * vcdm_check_* refuse, and SG_E_CLAIMS (claims `vc` or `vp`, a claim that stands in the document already, iss that is not the issuer, a path that
 * must not be hidden or does not exist), SG_E_METHOD (kid missing or no URL where the key is a DID URL or iss is absent), SG_E_UNSUPPORTED.
 */
SG_CHECKED sg_result vcdm_prepare(struct sg_arena *arena, const struct vcdm_seal *seal,
    struct sg_why *why, struct vcdm_pending *ret);
/* The secured object: compact text for JOSE, tagged CBOR for COSE. SG_E_SIGNATURE when the signature has another length than its algorithm's. */
SG_CHECKED sg_result vcdm_attach(
    struct sg_arena *arena, const struct vcdm_pending *pending, sg_bytes signature, sg_bytes *ret);

/* ---- verifying ----------------------------------------------------------------------------------------- */

/* What is known when a key is looked for; all of it is the sender's word. */
struct vcdm_key_query {
    /* presentation: relationship authentication, else assertionMethod */
    const struct vcdm_media *media;
    const struct jose_alg *alg;
    sg_str kid; /* empty if absent */
    /* `issuer` or `holder` of the document, which iss equals if it is there; empty: a presentation without holder */
    /* `issuer` or `holder` of the document, which iss equals if it is there; iss when the document names nobody; empty when neither does */
    sg_str controller;
    sg_str iss;                 /* empty if absent */
    const struct sjson *header; /* JOSE header, for x5c and the like; NULL in COSE */
    const struct cose_sign1 *cose;
    bool url_kid;       /* kid is an absolute URL: the method's id */
    struct sg_why *why; /* where the callback may say what did not hold; may be NULL */
};
/*
 * Find the key, and answer for it: that the verification method is the controller's own and listed for the purpose. Borrowed members of `ret` must
 * outlive the call. SG_E_METHOD, SG_E_ISSUER, SG_E_KEY_INVALID ...
 */
typedef sg_result (*vcdm_key_fn)(
    void *arg, struct sg_arena *arena, const struct vcdm_key_query *query, struct jwk *ret);

/*
 * A vcdm_key_fn over controlled identifier documents (formats/multikey): `arg` is a struct vcdm_cid. The kid must be the method's absolute URL; its
 * controller must be query->controller; relationship by the kind of object. SG_E_METHOD, SG_E_ISSUER, SG_E_KEY_STATE (expired or revoked), and what
 * cid_resolve refuses.
 */
struct vcdm_cid {
    const struct cid_resolver *resolver; /* NULL: did:key and did:jwk only */
    int64_t now;
    /* 4.1.1: the method's type MUST be JsonWebKey; false takes the key of a did:key (Multikey) too */
    bool json_web_key_only;
};
SG_CHECKED sg_result vcdm_key_by_cid(
    void *arg, struct sg_arena *arena, const struct vcdm_key_query *query, struct jwk *ret);

/* Zeroes are the strict choice. */
struct vcdm_verify {
    const struct vcdm_rules *rules;
    vcdm_key_fn key;
    void *key_arg;
    int64_t now;
    int64_t leeway_s;
    bool ignore_exp; /* the suite's fixtures are old */
    bool ignore_nbf;
    /* the suite's fixtures have a text there; claims that are ignored are not looked at */
    bool ignore_iat;
    bool ignore_period;  /* validFrom and validUntil are reported, not compared with now */
    bool accept_any_kid; /* a kid that is no URL although the key is a DID's or iss is absent */
    bool accept_no_typ;  /* an absent typ (a SHOULD); a wrong one is refused always */
    sg_str aud;          /* presentations: must be in `aud`; empty: not compared */
    sg_str nonce;        /* presentations: must equal `nonce`; empty: not compared */
    /* SD-JWT: key binding is demanded; NULL: a KB-JWT that came is refused as nobody can say what it answers */
    const struct sdjwt_kb_expect *kb;
    /* enveloped objects in a presentation: their data: URLs are parsed, nothing more; the caller verifies each (rules->enveloped_unread: not even parsed) */
    bool nested_form_only;
};

/* Views of the input, or in the arena. */
struct vcdm_verified {
    const struct vcdm_media *media;
    const struct sjson *document; /* processed payload, claims included */
    const struct jose_alg *alg;
    sg_str kid;
    sg_bytes signed_bytes; /* what the signature is over: joins evidence */
    sg_bytes signature;
    struct jwk key;
    struct vcdm_credential credential;     /* media->presentation false */
    struct vcdm_presentation presentation; /* media->presentation true */
    /* one for each entry of the presentation; media NULL for those that are not enveloped or not verified */
    const struct vcdm_verified *nested;
};

/*
 * Verify a secured object: text of JOSE, CBOR of COSE. Credentials with embedded proofs inside a presentation are left to the caller (their entries say so);
 * enveloped ones are verified as the outer object is, but not with rules->enveloped_unread.
 * `why->what` names what did not hold. SG_E_TYPE (typ, cty), SG_E_CLAIMS (vc, vp, iss, jti, sub), SG_E_SIGNATURE, SG_E_ALGORITHM, SG_E_EXPIRED,
 * SG_E_NOT_YET, SG_E_METHOD, SG_E_DOMAIN (aud), SG_E_CHALLENGE (nonce), SG_E_PROOF (key binding), SG_E_DEPTH, SG_E_TOO_LARGE, and what parsers, rules and
 * the callback refuse.
 */
SG_CHECKED sg_result vcdm_verify(struct sg_arena *arena, enum vcdm_envelope envelope,
    sg_bytes secured, const struct vcdm_verify *policy, struct sg_why *why,
    struct vcdm_verified *ret);
/* The same for an EnvelopedVerifiableCredential or EnvelopedVerifiablePresentation object. SG_E_UNSUPPORTED: a media type that is not ours. */
SG_CHECKED sg_result vcdm_verify_enveloped(struct sg_arena *arena, const struct sjson *object,
    const struct vcdm_verify *policy, struct sg_why *why, struct vcdm_verified *ret);
/* Which envelope a text is, by its header's typ: for callers that were given a bare token. SG_E_TYPE, and what parsers refuse. */
SG_CHECKED sg_result vcdm_envelope_of(
    struct sg_arena *arena, sg_bytes secured, enum vcdm_envelope *ret);

#endif

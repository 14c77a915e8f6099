/* SD-JWT VC (draft-ietf-oauth-sd-jwt-vc, issued as dc+sd-jwt) and its type metadata. */
#ifndef SDJWT_VC_H
#define SDJWT_VC_H

#include "sdjwt.h"

#define SDJWT_VC_TYP "dc+sd-jwt"

/* What identifies the credential and how long it holds; read from a processed payload. Views. */
struct sdjwt_vc {
    sg_str iss; /* empty if absent */
    sg_str vct;
    sg_str vct_integrity;        /* empty if absent */
    int64_t iat, nbf, exp;       /* 0 if absent */
    const struct sjson *cnf_jwk; /* NULL if absent */
    bool has_status;             /* status.status_list; its list must be a JWT */
    bool
        foreign_status; /* `status` is there and says nothing that we can look up: a verifier must not take it for good */
    sg_str status_uri;
    uint64_t status_idx;
};
/*
 * Rules of the draft on an SD-JWT and its processed payload: typ, vct, no selectively disclosable registered claims (section 4 rule 4 of the
 * checklist), shapes of cnf and status. `accept_legacy_typ` admits vc+sd-jwt if vct is there. SG_E_TYPE, SG_E_MISSING, SG_E_DISCLOSURE.
 */
SG_CHECKED sg_result sdjwt_vc_check(struct sg_arena *arena, const struct sdjwt *sd,
    const struct sjson *processed, bool accept_legacy_typ, struct sdjwt_vc *ret);

/*
 * The same rule for issuers: may these paths be disclosable? iss, nbf, exp, cnf, vct, vct#integrity, aka_vcts, status and what is in them may
 * not. SG_E_CLAIMS.
 */
SG_CHECKED sg_result sdjwt_vc_paths_check(const struct sdjwt_path *sd, size_t n_sd);

/* SRI: does `served` match the integrity string? Strongest supported hash counts. SG_E_TYPE_METADATA, SG_E_ALGORITHM. */
SG_CHECKED sg_result sdjwt_vc_integrity_check(
    struct sg_arena *arena, sg_str integrity, sg_bytes served);
SG_CHECKED sg_result sdjwt_vc_integrity_make(
    struct sg_arena *arena, sg_bytes served, sg_str *ret); /* sha256-... */

#define SDJWT_VC_CHAIN_MAX 16    /* documents that extend one another */
#define SDJWT_VC_CLAIMS_MAX 1000 /* claim rules of a whole chain */

/* Type metadata. Documents of the whole `extends` chain are handed in as (vct, bytes); nothing is fetched here. */
struct sdjwt_vc_document {
    sg_str vct;
    sg_bytes served;
};
/*
 * Resolve the chain from `vct`, check integrity strings, circles, sd and mandatory rules, merge claims (child wins), and check `processed` and which claims
 * were disclosable (`sd`) against it. `issuing`: mandatory claims must be present (before signing); otherwise an undisclosed claim is not a
 * missing one: it is missing only if nothing undisclosed is left where it would stand. `sd` and `processed` belong together
 * (sdjwt_process). A child that does not mention `sd` or `mandatory` keeps what its parent demands. SG_E_TYPE_METADATA, SG_E_ALGORITHM.
 */
SG_CHECKED sg_result sdjwt_vc_type_check(struct sg_arena *arena, sg_str vct, sg_str vct_integrity,
    const struct sdjwt_vc_document *documents, size_t n, const struct sdjwt *sd,
    const struct sjson *processed, bool issuing);

/* One document alone: form of all that the draft defines; unknown members are ignored. For issuers. SG_E_TYPE_METADATA. */
SG_CHECKED sg_result sdjwt_vc_type_form(struct sg_arena *arena, sg_str vct, sg_bytes served);

/* JWT VC Issuer Metadata. */
struct sdjwt_vc_issuer {
    const struct sjson *jwks; /* the JWK Set, or NULL */
    sg_str jwks_uri;          /* empty if jwks is there */
};
/* `issuer` identical to `iss`, exactly one of jwks and jwks_uri. SG_E_ISSUER, SG_E_MALFORMED, SG_E_TYPE ... */
SG_CHECKED sg_result sdjwt_vc_issuer_parse(
    struct sg_arena *arena, sg_str iss, sg_bytes served, struct sdjwt_vc_issuer *ret);
/* https://host/.well-known/jwt-vc-issuer/path of an https `iss` (http for localhost). SG_E_VALUE. */
SG_CHECKED sg_result sdjwt_vc_issuer_url(struct sg_arena *arena, sg_str iss, sg_str *ret);

#endif

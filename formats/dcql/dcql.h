/*
 * Digital Credentials Query Language (OpenID4VP 1.0, sections 6 and 7, Appendix B): which credentials and claims answer a query. Pure: the query
 * and views of the holder's credentials come in, a plan comes out; nothing is fetched, nobody is asked (req: PRO-3).
 * Everything lives in the caller's arena and borrows from the parsed query and the credentials.
 */
#ifndef DCQL_H
#define DCQL_H

#include "sjson.h"

/* Bounds of ours; above: SG_E_TOO_MANY. */
#define DCQL_CREDENTIALS_MAX 32
#define DCQL_SETS_MAX 16
#define DCQL_OPTIONS_MAX 32
#define DCQL_CLAIMS_MAX 128
#define DCQL_CLAIM_SETS_MAX 64
#define DCQL_PATH_MAX 16
#define DCQL_VALUES_MAX 64
#define DCQL_TEXT_MAX 4096
#define DCQL_NODES_MAX 4096 /* values one path may select */

enum dcql_format {
    DCQL_UNKNOWN, /* matches nothing: vp_formats_not_supported if no query can match */
    DCQL_DC_SD_JWT,
    DCQL_MSO_MDOC,
    DCQL_JWT_VC_JSON,
    DCQL_LDP_VC,
    /* No identifier of OpenID4VP 1.0: media types of VC-JOSE-COSE as private identifiers, with the `meta` of W3C formats. Without it they are unknown, as
     * `vc+sd-jwt` with the `vct_values` of drafts is. */
    DCQL_VC_JWT,
    DCQL_VC_SD_JWT,
    DCQL_VC_COSE,
};

struct dcql_step {
    enum { DCQL_NAME, DCQL_ALL, DCQL_INDEX } kind;
    sg_str name;
    size_t index;
};
/* A claims path pointer (7). */
struct dcql_path {
    const struct dcql_step *steps;
    size_t n;
};

struct dcql_claim {
    sg_str id; /* empty: none */
    struct dcql_path path;
    const struct sjson *values; /* array, or NULL */
    bool intent_to_retain;      /* mdoc: shown to the person, kept in the intent */
};
struct dcql_claim_set {
    const size_t *claims; /* indexes into the claims */
    size_t n;
};
struct dcql_authority {
    sg_str type;
    const struct sjson *values;
};
struct dcql_credential_query {
    sg_str id;
    enum dcql_format format;
    sg_str format_name;
    const struct sjson *meta; /* object */
    bool multiple;
    bool holder_binding; /* require_cryptographic_holder_binding */
    const struct dcql_authority *authorities;
    size_t n_authorities;
    const struct dcql_claim *claims;
    size_t n_claims;
    bool has_claims;
    const struct dcql_claim_set *claim_sets;
    size_t n_claim_sets;
};
struct dcql_option {
    const size_t *queries; /* indexes into the credential queries */
    size_t n;
};
struct dcql_set {
    const struct dcql_option *options;
    size_t n;
    bool required;
};
struct dcql_query {
    const struct dcql_credential_query *credentials;
    size_t n;
    const struct dcql_set *sets;
    size_t n_sets;
};

/*
 * Parse with every static rule of section 6. Unknown members are ignored, unknown formats and authority types match nothing. Each breach is the verifier's
 * error (`invalid_request`): SG_E_MISSING, SG_E_TYPE, SG_E_VALUE, SG_E_DUPLICATE, SG_E_TOO_MANY, SG_E_TOO_LARGE; `why` names the member.
 */
SG_CHECKED sg_result dcql_parse(
    struct sg_arena *arena, const struct sjson *json, struct sg_why *why, struct dcql_query *ret);

/* A claims path pointer from its JSON array. SG_E_TYPE, SG_E_VALUE, SG_E_TOO_MANY. */
SG_CHECKED sg_result dcql_path_parse(
    struct sg_arena *arena, const struct sjson *json, struct dcql_path *ret);
/*
 * 7.1.1: all values the path selects, in document order. SG_E_NOT_FOUND when processing ends in an error (a component that does not fit, nothing selected):
 * the claim cannot be delivered. SG_E_TOO_MANY beyond DCQL_NODES_MAX.
 */
SG_CHECKED sg_result dcql_select(struct sg_arena *arena, const struct sjson *root,
    const struct dcql_path *path, const struct sjson *const **ret, size_t *ret_n);

/* What the evaluator needs to know of one credential in the holder's hands. */
struct dcql_credential {
    enum dcql_format format;
    /*
     * SD-JWT VC: the fully disclosed payload. W3C: the credential object (never the presentation). mdoc: {namespace: {element: value}} as JSON, where what has no
     * clear JSON form is left out of `values` comparisons by being null.
     */
    const struct sjson *claims;
    sg_str type;           /* vct, or docType */
    const sg_str *extends; /* vct values that this one extends, from cached type metadata */
    size_t n_extends;
    const sg_str *types; /* W3C: expanded types; a term that no context defines as it stands */
    size_t n_types;
    const sg_bytes *authority_keys; /* keyIdentifier of every certificate of the chain it carries */
    size_t n_authority_keys;
    bool bound; /* to a key that we hold */
    bool
        usable; /* key active, status good, not expired, policy permits, algorithms fit the verifier */
};

struct dcql_match {
    bool matches;
    const char *reason; /* for operators, never for the verifier; NULL when it matches */
    int claim_set;      /* index of the set that is used, -1: none */
    bool
        everything; /* no claims asked: for formats without selective disclosure the whole credential, else nothing optional */
    const size_t *claims; /* claims of the query that are delivered */
    size_t n_claims;
    const struct sjson *const
        *nodes; /* every value selected by them: each is disclosed with all beneath it */
    size_t n_nodes;
};
/* Sections 2 and 3 of the rules: one credential against one query. SG_E_NO_MEMORY, SG_E_TOO_MANY; not matching is no error. */
SG_CHECKED sg_result dcql_match(struct sg_arena *arena, const struct dcql_credential_query *query,
    const struct dcql_credential *credential, struct dcql_match *ret);

/* 6.4.2: can the query be answered, given which credential queries have at least one match? */
struct dcql_plan {
    bool satisfiable;
    const bool *requested;     /* per credential query: named in a set, or there are no sets */
    const bool *const *viable; /* per set, per option */
};
SG_CHECKED sg_result dcql_plan_make(struct sg_arena *arena, const struct dcql_query *query,
    const bool *answered, struct dcql_plan *ret);

/*
 * Is this choice a lawful answer? `chosen[i]`: number of credentials the person gave for query i. Every required set satisfied by one whole option, nothing
 * given that was not requested, one credential unless `multiple`, and only queries that belong to some fully given option. SG_E_POLICY otherwise.
 */
SG_CHECKED sg_result dcql_choice_check(
    struct sg_arena *arena, const struct dcql_query *query, const size_t *chosen);

#endif

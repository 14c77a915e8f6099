/*
 * OpenID for Verifiable Presentations 1.0, the wallet's side: reading and verifying a verifier's request, and writing the answer. Pure: what has to be
 * fetched (request_uri, a DID document) is named and handed in by the caller; time, trust and what was sent before are arguments. Everything lives in the
 * caller's arena and borrows from its inputs. req: PRO-3, NET-3
 *
 *   oid4vp_carrier_parse -> (fetch request_uri, oid4vp_carrier_fetched) -> oid4vp_request_verify -> presentations -> oid4vp_vp_token -> oid4vp_response_*
 *
 * Drafts before 1.0 (client_id_scheme, presentation_definition, prefixes "did", "x509_san_uri", "https", vp_token as a string) are not accepted.
 */
#ifndef OID4VP_H
#define OID4VP_H

#include "cid.h"
#include "dcql.h"
#include "jws.h"
#include "x509_chain.h"

/* Bounds of ours. Above: SG_E_TOO_LARGE, SG_E_TOO_MANY. */
#define OID4VP_REQUEST_MAX ((size_t)256 * 1024) /* a carrier, or a request object */
#define OID4VP_DEPTH_MAX 24                     /* levels of JSON in a request */
#define OID4VP_TEXT_MAX ((size_t)4096)          /* client_id, URIs, state, nonce */
#define OID4VP_PARAMETERS_MAX 64
#define OID4VP_KEYS_MAX 32 /* of client_metadata.jwks */
#define OID4VP_TRANSACTIONS_MAX 16
#define OID4VP_TRANSACTION_MAX ((size_t)64 * 1024) /* characters of one encoded element */
#define OID4VP_INFO_MAX 16                         /* elements of verifier_info */

/* ---- errors ---------------------------------------------------------------------------------------------------------------------- */

/* The words of OpenID4VP 8.5, RFC 6749 4.1.2.1. */
enum oid4vp_error {
    OID4VP_INVALID_REQUEST,
    OID4VP_INVALID_SCOPE,
    OID4VP_INVALID_CLIENT,
    OID4VP_UNSUPPORTED_RESPONSE_TYPE,
    OID4VP_ACCESS_DENIED, /* no match, no consent, not authenticated: one word for all three */
    OID4VP_VP_FORMATS_NOT_SUPPORTED,
    OID4VP_INVALID_REQUEST_URI_METHOD,
    OID4VP_INVALID_TRANSACTION_DATA,
    OID4VP_WALLET_UNAVAILABLE,
    OID4VP_SERVER_ERROR,
};
#define OID4VP_ERRORS 10
/* "invalid_request" ...; never NULL. */
const char *oid4vp_error_word(enum oid4vp_error error);

enum oid4vp_mode {
    OID4VP_FRAGMENT, /* the caller redirects */
    OID4VP_DIRECT_POST,
    OID4VP_DIRECT_POST_JWT,
};

/*
 * What came of a refusal. `reply` is true once the address of the answer was established (request authenticated by the rules of its client identifier prefix):
 * only then may an error go to it, or a request with somebody else's response_uri would make the gateway post where an attacker likes.
 */
struct oid4vp_failure {
    enum oid4vp_error error;
    struct sg_why why; /* static words for operators; good as error_description too */
    bool reply;
    enum oid4vp_mode mode; /* the three below: when reply */
    sg_str uri;            /* response_uri, or redirect_uri for fragment */
    sg_str state;
    bool has_state;
    sg_str
        did; /* with SG_E_PENDING: the DID whose document is needed, e.g. "did:web:example.org" */
    sg_str document_url; /* with SG_E_PENDING: its https URL */
};

/* ---- carrier --------------------------------------------------------------------------------------------------------------------- */

enum oid4vp_carried {
    OID4VP_BY_VALUE,     /* unsigned parameters */
    OID4VP_BY_OBJECT,    /* a signed request object */
    OID4VP_BY_REFERENCE, /* request_uri, to be fetched: then it becomes BY_OBJECT */
};
struct oid4vp_carrier {
    enum oid4vp_carried kind;
    sg_str client_id;               /* the outer one; empty: a bare request object */
    const struct sjson *parameters; /* BY_VALUE: object; object parameters already parsed */
    sg_str object;                  /* BY_OBJECT: compact JWS */
    sg_str request_uri;             /* BY_REFERENCE, and kept after fetching */
    bool post;                      /* request_uri_method=post */
};
/*
 * Read what the person brought: a URL with query (openid4vp:, haip-vp:, https:, eudi-openid4vp: or another scheme: only the query counts), a request object by itself, or a JSON
 * object of the parameters. Query parameters are form-encoded; a name twice, bad percent signs, invalid UTF-8 are refused. request_uri is https, or http to this machine
 * when `loopback`. `request` and `request_uri` together are refused. Refusals carry failure->error; nobody can be answered yet (reply false).
 * SG_E_MALFORMED, SG_E_DUPLICATE, SG_E_ENCODING, SG_E_VALUE, SG_E_MISSING, SG_E_TOO_LARGE, SG_E_TOO_MANY, SG_E_UNSUPPORTED.
 */
SG_CHECKED sg_result oid4vp_carrier_parse(struct sg_arena *arena, sg_str text, bool loopback,
    struct oid4vp_failure *failure, struct oid4vp_carrier *ret);

/* Body of the POST to request_uri (5.10): form of wallet_metadata (JSON text) and wallet_nonce; either may be empty. */
SG_CHECKED sg_result oid4vp_request_uri_body(
    struct sg_arena *arena, sg_str wallet_metadata, sg_str wallet_nonce, sg_str *ret);
/* wallet_metadata for that: formats, prefixes, signing algorithms; `issuer` may be empty. Nothing is said of jwt_vc_json: it is not shown. */
SG_CHECKED sg_result oid4vp_wallet_metadata(struct sg_arena *arena, sg_str issuer, sg_str *ret);

/*
 * The answer of request_uri: exactly 200, application/oauth-authz-req+jwt, within bounds. A redirect is an error (14.8). The carrier becomes BY_OBJECT.
 * SG_E_FETCH, SG_E_TYPE, SG_E_TOO_LARGE.
 */
SG_CHECKED sg_result oid4vp_carrier_fetched(struct oid4vp_carrier *carrier, uint64_t http_status,
    sg_str content_type, sg_bytes body, struct oid4vp_failure *failure);

/* ---- whom we believe --------------------------------------------------------------------------------------------------------------- */

enum oid4vp_prefix {
    OID4VP_PRE_REGISTERED, /* no colon */
    OID4VP_REDIRECT_URI,
    OID4VP_X509_SAN_DNS,
    OID4VP_X509_HASH,
    OID4VP_VERIFIER_ATTESTATION,
    OID4VP_DECENTRALIZED_IDENTIFIER,
    OID4VP_OPENID_FEDERATION, /* refused: SG_E_UNSUPPORTED */
    OID4VP_ORIGIN,            /* refused: never in a request */
    OID4VP_UNKNOWN_PREFIX,    /* refused */
};
#define OID4VP_PREFIXES 9
/* Text before the first colon; `ret_rest` what follows (the whole when pre-registered). */
enum oid4vp_prefix oid4vp_prefix_of(sg_str client_id, sg_str *ret_rest);
/* "x509_san_dns" ..., "pre-registered"; never NULL. */
const char *oid4vp_prefix_name(enum oid4vp_prefix prefix);

/* A verifier known beforehand. */
struct oid4vp_client {
    sg_str client_id;
    const struct jwk *keys; /* of its request objects; none: its requests are unsigned */
    size_t n_keys;
    const sg_str *uris; /* redirect and response URIs, compared as strings */
    size_t n_uris;
    const struct sjson *metadata; /* registered client metadata (object), or NULL */
    bool signed_only;             /* refuse its unsigned requests although it has keys */
};
/* An issuer of verifier attestations (12). */
struct oid4vp_attester {
    sg_str issuer; /* `iss` */
    const struct jwk *keys;
    size_t n_keys;
};

enum oid4vp_member_kind { OID4VP_TEXT, OID4VP_NUMBER, OID4VP_BOOL, OID4VP_OBJECT, OID4VP_ARRAY };
struct oid4vp_transaction_member {
    const char *name;
    enum oid4vp_member_kind kind;
    bool required;
};
/* A type of transaction data that we can show and sign: its members beside type, credential_ids and transaction_data_hashes_alg. */
struct oid4vp_transaction_type {
    const char *type;
    const struct oid4vp_transaction_member *members;
    size_t n_members;
};

struct oid4vp_trust {
    const sg_bytes *anchors; /* DER, for x509_san_dns and x509_hash */
    size_t n_anchors;
    const struct oid4vp_client *clients;
    size_t n_clients;
    const struct oid4vp_attester *attesters;
    size_t n_attesters;
    const sg_str *any_uri; /* client ids (with prefix) whose response URI may be on another host */
    size_t n_any_uri;
    const struct cid_document *documents; /* DID documents at hand: url is the DID */
    size_t n_documents;
    const struct oid4vp_transaction_type *transactions;
    size_t n_transactions;
};
struct oid4vp_expect {
    int64_t now;         /* UTC seconds */
    int64_t leeway_s;    /* for exp, nbf, iat */
    sg_str issuer;       /* ours, as `aud` of dynamic discovery; empty: the static one alone */
    sg_str wallet_nonce; /* what was sent to request_uri; empty: nothing */
    bool loopback;       /* http://localhost, 127.0.0.1 and [::1] are as good as https */
    bool any_nonce;      /* nonce and state of any visible ASCII, for partners that need it */
    bool
        haip; /* HAIP 1.0: signed x509_hash requests by reference, direct_post.jwt, no anchor in x5c */
};

/* ---- the request ------------------------------------------------------------------------------------------------------------------- */

enum oid4vp_enc { OID4VP_A128GCM = 1, OID4VP_A256GCM = 2 };
/* "A128GCM", "A256GCM". */
const char *oid4vp_enc_name(enum oid4vp_enc enc);
/* The key that the response is encrypted to (8.3): chosen before anything is built, since the mdoc handover names it. */
struct oid4vp_encryption {
    struct jwk key; /* P-256 or P-384, on its curve; alg and use are not set */
    sg_str kid;     /* copied into the JWE header; never empty */
    enum oid4vp_enc enc;
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
};

struct oid4vp_transaction {
    sg_str encoded; /* as received: what is hashed */
    sg_str type;
    const struct sjson *object; /* decoded: what the person is shown */
    const size_t *queries;      /* indexes into dcql.credentials; exactly one of them is used */
    size_t n_queries;
};
struct oid4vp_info {
    sg_str format;
    const struct sjson *
        data; /* string or object; unverified: not shown before its signature and binding were checked */
    const size_t *queries; /* empty: the whole request */
    size_t n_queries;
};

struct oid4vp_request {
    enum oid4vp_prefix prefix;
    bool signed_;     /* authenticated by a signature */
    sg_str client_id; /* whole, with prefix: audience and identity everywhere */
    sg_str name;      /* without prefix: host name, hash, URI, DID, attested name */
    enum oid4vp_mode mode;
    sg_str
        uri; /* response_uri (direct_post*) or redirect_uri (fragment), the exact string of the request */
    sg_str nonce;
    sg_str state;
    bool has_state;
    const struct sjson *dcql_json;
    struct dcql_query dcql;
    const struct sjson *vp_formats;             /* vp_formats_supported, an object */
    const struct oid4vp_encryption *encryption; /* direct_post.jwt; otherwise NULL */
    const struct oid4vp_transaction *transactions;
    size_t n_transactions;
    enum sg_hash_alg
        transaction_hash;        /* of transaction_data_hashes: one that all elements permit */
    bool transaction_hash_named; /* transaction_data_hashes_alg belongs in the KB-JWT */
    const struct oid4vp_info *infos;
    size_t n_infos;
    const struct x509_leaf *leaf;   /* x509_*: the verified leaf; otherwise NULL */
    sg_str attester;                /* verifier_attestation: its `iss` */
    const struct sjson *parameters; /* all, as used */
    sg_str object;                  /* compact JWS; empty when unsigned */
};

/*
 * Everything of sections 5, 8.2, 8.4 and 11 that can be said of a request before credentials are looked at. `carrier` is BY_VALUE or BY_OBJECT. On refusal `failure` is filled
 * (its `error` is what the verifier may be told, if `reply`). SG_E_PENDING: fetch failure->document_url, add {failure->did, body} to trust->documents, call again.
 * Otherwise SG_E_ISSUER (client not known, chain, attester), SG_E_SIGNATURE, SG_E_CLIENT (identifier does not fit), SG_E_EXPIRED, SG_E_NOT_YET, SG_E_NONCE (wallet_nonce), SG_E_UNSUPPORTED,
 * SG_E_POLICY (profile) and the codes of form.
 */
SG_CHECKED sg_result oid4vp_request_verify(struct sg_arena *arena,
    const struct oid4vp_carrier *carrier, const struct oid4vp_trust *trust,
    const struct oid4vp_expect *expect, struct oid4vp_failure *failure, struct oid4vp_request *ret);

/* transaction_data_hashes: hash of the received text of one element (B.3.3.1), sg_hash_len(request->transaction_hash) bytes. */
void oid4vp_transaction_hash(const struct oid4vp_request *request,
    const struct oid4vp_transaction *transaction, uint8_t ret[SG_HASH_MAX]);
/* "sha-256", "sha-384", "sha-512". */
const char *oid4vp_hash_name(enum sg_hash_alg alg);

/* ---- does a credential fit vp_formats_supported? ------------------------------------------------------------------------------------- */

/* Is the format named at all? A query for a format that is not named cannot be answered. */
bool oid4vp_fits_format(const struct oid4vp_request *request, enum dcql_format format);
/*
 * Is this algorithm acceptable? Lists that are that are absent permit everything; entries that we do not know match nothing.
 * dc+sd-jwt: of the issuer's signature and of the KB-JWT (NULL: none). "EdDSA" and "Ed25519" name the same thing, but a JWS header must use a name from the list:
 * see oid4vp_kb_alg_name.
 */
bool oid4vp_fits_sd_jwt(const struct oid4vp_request *request, const struct jose_alg *issuer,
    const struct jose_alg *key_binding);
/* The header `alg` for a KB-JWT: "EdDSA", or "Ed25519" when only that is listed; otherwise alg->name. */
const char *oid4vp_kb_alg_name(const struct oid4vp_request *request, const struct jose_alg *alg);
/*
 * mso_mdoc (B.2.2): COSE `alg` in the header with the curve of the key, for IssuerAuth and for DeviceAuth. -7 in a list matches header -7; -9 matches header -9, and
 * -7 with a P-256 key; likewise -51, -52, -19.
 */
bool oid4vp_fits_mdoc(const struct oid4vp_request *request, int64_t issuer_alg,
    enum jose_crv issuer_crv, int64_t device_alg, enum jose_crv device_crv);
/* jwt_vc_json: the credential's algorithm, and the presentation's (NULL: the bare credential). */
bool oid4vp_fits_jwt_vc(const struct oid4vp_request *request, const struct jose_alg *credential,
    const struct jose_alg *presentation);
/* vc+jwt, vc+sd-jwt, vc+cose (private identifiers, see dcql.h): `alg_values`, JOSE names or COSE numbers. NULL: nothing is signed there. */
bool oid4vp_fits_vc_jose(const struct oid4vp_request *request, enum dcql_format format,
    const struct jose_alg *credential, const struct jose_alg *presentation);
/* ldp_vc: proof `type` and `cryptosuite` (empty: the type has none). */
bool oid4vp_fits_ldp_vc(
    const struct oid4vp_request *request, sg_str proof_type, sg_str cryptosuite);

/* ---- the response ------------------------------------------------------------------------------------------------------------------ */

/* Presentations for one credential query. */
struct oid4vp_presentations {
    size_t query;         /* index into dcql.credentials */
    const sg_str *values; /* the text (SD-JWT, base64url of an mdoc, JWT), or JSON for ldp_vc */
    size_t n;
};
/*
 * vp_token (8.1): an object of arrays by query id. Refuses an empty array, a query twice, several presentations without `multiple` (SG_E_POLICY), for ldp_vc what is no
 * JSON object (SG_E_TYPE).
 */
SG_CHECKED sg_result oid4vp_vp_token(struct sg_arena *arena, const struct oid4vp_request *request,
    const struct oid4vp_presentations *presentations, size_t n, sg_str *ret);
/* The response parameters as a JSON object (8.3): plaintext of the JWE for direct_post.jwt, and what is returned to a wallet. */
SG_CHECKED sg_result oid4vp_response_json(
    struct sg_arena *arena, const struct oid4vp_request *request, sg_str vp_token, sg_str *ret);
/* Body for direct_post, and the fragment's content for `fragment`: vp_token=...&state=... */
SG_CHECKED sg_result oid4vp_response_form(
    struct sg_arena *arena, const struct oid4vp_request *request, sg_str vp_token, sg_str *ret);
/* Body for direct_post.jwt: response=JWE and nothing else (state is inside). */
SG_CHECKED sg_result oid4vp_response_jwe_form(struct sg_arena *arena, sg_str jwe, sg_str *ret);
/* Form of an error (8.5); `description` may be empty. Goes to the same address, in clear also for direct_post.jwt. */
SG_CHECKED sg_result oid4vp_error_form(struct sg_arena *arena, enum oid4vp_error error,
    const char *description, bool has_state, sg_str state, sg_str *ret);
/* redirect_uri with `form` as its fragment. */
SG_CHECKED sg_result oid4vp_fragment_uri(
    struct sg_arena *arena, sg_str redirect_uri, sg_str form, sg_str *ret);

/*
 * The verifier's answer to the delivery (8.2): 200 and application/json with an object; `ret_redirect_uri` is empty when there is none. A 3xx is a failed delivery.
 * SG_E_FETCH (status), SG_E_TYPE, SG_E_VALUE (redirect_uri is no absolute URI), and JSON's codes.
 */
SG_CHECKED sg_result oid4vp_answer_parse(struct sg_arena *arena, uint64_t http_status,
    sg_str content_type, sg_bytes body, sg_str *ret_redirect_uri);

#endif

/*
 * The holder's side of every credential format (req: PRO-3, FMT-1..FMT-4): reading a credential that somebody holds, and building the presentation
 * that shows of it what was agreed to and nothing else. The counterpart of flow_form.h.
 *
 *   flow_held_read -> (DCQL on `view`) -> flow_show_check -> flow_show_build -> (signer) -> flow_show_attach
 *
 * Pure: time and the pinned contexts are arguments, nothing is fetched. Everything lives in the caller's arena and borrows from what it was given; a
 * held credential stays readable for as long as its arena and its bytes.
 * No issuer's signature is verified here: a holder's own credential is trusted to be the holder's; the verifier judges it.
 */
#ifndef FLOW_SHOW_H
#define FLOW_SHOW_H

#include "oid4vp.h"
#include "wire_intent.h"

struct jsonld_contexts;

#define FLOW_HELD_MAX ((size_t)512 * 1024) /* bytes of one credential as it came */
#define FLOW_HELD_REFS_MAX 16              /* status references of one credential */
#define FLOW_HELD_ALGS_MAX 16              /* signatures (proofs) of one credential */
#define FLOW_SHOW_LINES_MAX 1024           /* values that one presentation may disclose */
#define FLOW_SHOW_NO_END INT64_MAX

/* ---- a credential in a holder's hands -------------------------------------------------------------------------------------------------- */

struct flow_shape; /* a row of the table of formats (flow_show_int.h) */

/* Who made the credential and how: for the verifier's vp_formats_supported. Of a Data Integrity proof set one entry per proof. */
struct flow_held_alg {
    const struct jose_alg *alg; /* NULL: a proof whose key is not in it */
    sg_str suite;               /* ldp_vc: "ecdsa-rdfc-2019" ...; otherwise empty */
};

struct flow_held {
    const struct flow_shape *shape;
    const char *format; /* "dc+sd-jwt", "mso_mdoc", "ldp_vc", "vc+jwt", "vc+sd-jwt", "vc+cose" */
    sg_str value;       /* as it came */
    /*
     * As DCQL sees it: everything but `bound` and `usable`, which are the caller's to set (do we hold the key, is it active, is the status good, is now within
     * the validity, does flow_show_check pass). `view.claims` is the tree that nodes of a dcql_match point into.
     */
    struct dcql_credential view;

    /* The key it is bound to: cnf, deviceKey, or the did:key or did:jwk that is its only subject. */
    bool has_key;
    struct jwk key; /* bare: no kid, use, alg */
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    sg_str did; /* by which the subject is named; empty: the key stands there bare */

    struct wire_ref refs[FLOW_HELD_REFS_MAX]; /* ask each at the moment of signing */
    size_t n_refs;
    /* NULL, or why nobody here can tell its status: then it is not shown. */
    const char *status_problem;

    int64_t not_before; /* UTC seconds; 0: none stated */
    int64_t not_after;  /* the last second at which it holds; FLOW_SHOW_NO_END: none stated */

    sg_str type; /* for people and records: vct, docType, the last W3C type */
    sg_str name; /* what it calls itself (`name` of a W3C credential); empty: nothing */
    /* iss, issuer.id, or the common name of the certificate that signed; and issuer.name, or that common name: a stranger's word. Either may be empty. */
    sg_str issuer;
    sg_str issuer_name;

    struct flow_held_alg algs[FLOW_HELD_ALGS_MAX];
    size_t n_algs;
    const void *part; /* the shape's own */
};

/*
 * Read a credential. `format`: a format identifier, which the value then must be of; empty: found out. `value`: the compact text, the JSON text of an object, or
 * base64url of CBOR (mso_mdoc, vc+cose), as issuers' answers hold it.
 * Strict: all that a verifier will refuse by form alone is refused here, `why->what` saying what. SG_E_UNSUPPORTED: a format that is not shown here
 * (jwt_vc_json, a presentation instead of a credential ...). SG_E_TOO_LARGE, SG_E_MALFORMED, SG_E_DISCLOSURE, SG_E_MDOC, SG_E_VCDM, SG_E_KEY_INVALID
 * (the key it is bound to, or two keys that differ), SG_E_CONTEXT (ldp_vc with contexts that are not pinned) and what the parsers refuse.
 * `contexts` may be NULL: then ldp_vc is SG_E_CONTEXT, and types of the others stay as they stand.
 */
SG_CHECKED sg_result flow_held_read(struct sg_arena *arena, const struct jsonld_contexts *contexts,
    sg_str format, sg_str value, struct sg_why *why, struct flow_held *ret);

/* ---- what a presentation says ------------------------------------------------------------------------------------------------------------ */

/* One value that the verifier will see: a leaf, or an empty object or array. For the page on which the person decides. */
struct flow_show_line {
    struct dcql_path path;     /* in what the verifier gets; of an mdoc from the name space on */
    const struct sjson *value; /* NULL: an element that has no JSON form */
    bool asked;  /* a claim of the query selected it; false: the format shows it always */
    bool frame;  /* about the credential: issuer, type, validity, status, key ... May be folded */
    bool retain; /* the verifier says that it intends to keep it (intent_to_retain) */
};

/*
 * Who asks, and for what. The same struct serves flow_show_lines, flow_show_check and flow_show_build, so that what was shown is what is built.
 */
struct flow_show {
    const struct flow_held *held;
    /* Verified: audience, nonce, uri, encryption key, vp_formats; what is NULL or empty there was not said. */
    const struct oid4vp_request *request;
    const struct dcql_credential_query *query; /* the answered one: binding, intent_to_retain */
    const struct dcql_match *match;            /* nodes of held->view.claims, or everything */
    /* The key that will sign: the one that the credential is bound to. NULL: nothing is signed, which only a query without holder binding may have. */
    const struct jwk *key;
    const struct jose_alg *alg;
    const struct oid4vp_transaction *const *transactions; /* those that this presentation answers */
    size_t n_transactions;
    const struct jsonld_contexts *contexts; /* ldp_vc: pinned */
    int64_t now;                            /* UTC seconds: iat, created */
};

/*
 * Everything that building this would disclose, in the order of the credential. SG_E_TOO_MANY beyond FLOW_SHOW_LINES_MAX, SG_E_NO_MEMORY, and what
 * flow_show_build refuses of the selection.
 */
SG_CHECKED sg_result flow_show_lines(struct sg_arena *arena, const struct flow_show *show,
    const struct flow_show_line **ret, size_t *ret_n);

/*
 * Can it be shown to this verifier at all, before anything is selected? `match` is not looked at. SG_E_ALGORITHM: vp_formats_supported does not permit the
 * credential's signatures, or what `alg` can make; SG_E_KEY_INVALID: bound to another key or to none; SG_E_MISSING: no key, and the query or the format demands
 * holder binding; SG_E_UNSUPPORTED: transaction data, and a format that has no place for it; SG_E_POLICY: the issuer of an mdoc did not authorise the device key
 * for it. `why->what` says which.
 */
SG_CHECKED sg_result flow_show_check(
    struct sg_arena *arena, const struct flow_show *show, struct sg_why *why);

/* ---- building ---------------------------------------------------------------------------------------------------------------------------- */

/* Built and not signed yet. */
struct flow_showing {
    const struct flow_shape *shape;
    bool to_sign; /* false: nothing is signed (no holder binding); attach an empty signature */
    const struct jose_alg *alg;
    struct jwk key; /* that must have signed */
    sg_bytes
        message; /* exactly what the key signs; the DTBS/R is its hash by alg->hash, or itself */
    const void *part; /* the shape's own */
};
/*
 * What is to be signed so that `show` is presented. With a query that demands no holder binding: an SD-JWT has its KB-JWT when a key is given, a W3C credential stays bare
 * (OpenID4VP B.1.3), an mdoc is signed by its device key always. As flow_show_check, and SG_E_NOT_FOUND (a node that is not of this credential), SG_E_VALUE (no
 * audience, nonce or response URI; a time out of range), SG_E_TOO_LARGE, and what canonicalisation refuses.
 *
 * dc+sd-jwt: KB-JWT, with transaction_data_hashes (B.3.3). mso_mdoc: DeviceResponse over the handover of redirects; each transaction is a device-signed element
 * transaction_data_hash (its SHA-256, bytes) in the name space that its type names (B.2.1). ldp_vc: a presentation with a proof of one of the verifier's cryptosuites, the
 * credential derived if it is of ecdsa-sd-2023. vc+jwt, vc+sd-jwt, vc+cose: an enveloped credential in vp+jwt, vp+sd-jwt, vp+cose.
 */
SG_CHECKED sg_result flow_show_build(struct sg_arena *arena, const struct flow_show *show,
    struct sg_why *why, struct flow_showing *ret);

/* A presentation as vp_token holds it. */
struct flow_shown {
    sg_str value; /* the text of a JSON string, unquoted; or the JSON of an object */
    bool object;
};
/*
 * `signature`: JWS form (r || s, or 64 bytes). It is verified under the key before anything leaves: SG_E_SIGNATURE.
 */
SG_CHECKED sg_result flow_show_attach(struct sg_arena *arena, const struct flow_showing *showing,
    sg_bytes signature, struct flow_shown *ret);
/* As an element of vp_token's arrays: quoted text or object. */
void flow_shown_write(struct sjson_wr *wr, const struct flow_shown *shown);

#endif

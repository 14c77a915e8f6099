/*
 * Credential configurations: DIR/configurations/<name>.json. What a credential looks like is data; nothing below knows an employee badge.
 *
 * A template (req: FMT-5) names claims, display, validity and status once and yields one credential configuration per entry of `formats`.
 * Every "${BASE}" in it stands for the public URL. Unknown members are errors.
 *   scope                    text   OAuth scope of every entry that has none of its own; optional
 *   credential_metadata      object display and claims (paths as in the claims themselves: each format's own paths are derived)
 *   proof_types_supported    object as in OpenID4VCI (flow_proof_types.h); absent: the credential binds no key
 *   sealgate                 object as below, without what a format says itself
 *   formats                  array of objects:
 *     id                     text   the credential_configuration_id
 *     format                 text   "dc+sd-jwt", ... (flow_form.c)
 *     seal_key, scope, level, status_list   as below, for this entry alone
 *     documents, existing_proofs   whole documents of clients (flow_document.h)
 *     proof_types_supported  object instead of the template's
 *     binding                array  of cryptographic_binding_methods_supported; default: what is usual for the format
 *     metadata               object further members, published as they stand
 *     ...                    what the format needs (flow_form_*.c; docs/operations.md)
 *
 * A single-format file (name without .json = credential_configuration_id) is dc+sd-jwt in the words of OpenID4VCI 1.0 metadata (12.2.4):
 *   format, vct, scope, credential_metadata, display ...   metadata, published as it stands; unknown members are kept (OpenID4VCI: ignored)
 *   credential_signing_alg_values_supported, cryptographic_binding_methods_supported, proof_types_supported   as in OpenID4VCI
 *   sealgate                              not published; unknown members are errors:
 *     seal_key                text   label of the seal key ("seal-es256")
 *     level                   1 | 2  least level of activation: 1 mandate, 2 mandate and instruction. Default 1
 *     validity_s              int    exp - iat, 60 .. 10 years
 *     round_s                 int    iat and exp are rounded down to this (linkability); 1 .. 86400, default 3600
 *     status_list             text   name of the list (BASE/status/<name>); absent: no status
 *     claims                  object claim name -> rule; claims without a rule are refused:
 *                                    {"type": "string|integer|number|boolean|date|object|array", "required": bool, "max": int,
 *                                     "members": {name: rule} (object), "items": rule (array), "pattern": "email" (string only; optional)}
 *     schema                  object JSON Schema 2020-12 of the claims (docs/schema.md), checked as well; optional
 *     and dc+sd-jwt's own: iss, decoys, hash, selectively_disclosable, type_metadata (flow_form_sdjwt.c)
 *   Examples: conf/demo/employee_badge.json (template), tests/unit/flow/employee_badge_sd_jwt.json (single format)
 */
#ifndef FLOW_CONFIG_H
#define FLOW_CONFIG_H

#include "schema.h"
#include "sdjwt_vc.h"

#define FLOW_CONFIGS_MAX 64
#define FLOW_CONFIG_FILE_MAX ((size_t)256 * 1024)
#define FLOW_ID_MAX 128 /* = WIRE_NAME_MAX: configuration ids go into intents */
#define FLOW_PATHS_MAX 64
#define FLOW_CLAIM_DEPTH 6
#define FLOW_CLAIMS_MAX \
    ((size_t)48 * 1024) /* bytes of one claims object: a credential stays far below JWS_MAX */
#define FLOW_VALIDITY_MAX ((int64_t)10 * 366 * 86400)

enum flow_claim_type {
    FLOW_CLAIM_STRING,
    FLOW_CLAIM_INTEGER,
    FLOW_CLAIM_NUMBER,
    FLOW_CLAIM_BOOLEAN,
    FLOW_CLAIM_DATE, /* RFC 3339 full-date */
    FLOW_CLAIM_OBJECT,
    FLOW_CLAIM_ARRAY
};
struct flow_claim_rule {
    sg_str name;
    enum flow_claim_type type;
    bool required;
    bool email;
    uint64_t max; /* bytes of a string, elements of an array; 0: FLOW_CLAIMS_MAX alone */
    const struct flow_claim_rule *inner; /* OBJECT: members; ARRAY: one rule for all elements */
    size_t n_inner;
};

struct flow_form;

/* Ways to name the holder's key: cryptographic_binding_methods_supported. */
enum flow_binding {
    FLOW_BIND_JWK = 1,
    FLOW_BIND_COSE_KEY = 2,
    FLOW_BIND_DID_KEY = 4,
    FLOW_BIND_DID_JWK = 8,
};

/* Whole documents of clients (flow_document.h). */
enum flow_documents {
    FLOW_DOCUMENTS_NONE,
    FLOW_DOCUMENTS_CLAIMS,
    FLOW_DOCUMENTS_ANY,
    FLOW_DOCUMENTS_PRESENTATIONS,
};
/* Proofs that a document has already. */
enum flow_proofs { FLOW_PROOFS_REFUSE, FLOW_PROOFS_ADD, FLOW_PROOFS_CHAIN };

/* Proof types of OpenID4VCI 1.0, Appendix F (flow_proof_types.h). */
enum flow_proof_kind { FLOW_PROOF_JWT, FLOW_PROOF_ATTESTATION, FLOW_PROOF_DI_VP, FLOW_PROOF_KINDS };
#define FLOW_PROOF_SUITES_MAX 8
struct di_suite;
#define FLOW_PROOF_WORDS_MAX 16
struct flow_words {
    const sg_str *items;
    size_t n;
};
struct flow_proof_type {
    bool offered;
    const struct jose_alg *algs[8]; /* of the proof, and of a key attestation in it */
    size_t n_algs;
    const struct di_suite *suites[FLOW_PROOF_SUITES_MAX]; /* of a di_vp */
    size_t n_suites;
    bool attested; /* key_attestations_required */
    /* of which an attestation must say one; none: nothing is asked for */
    struct flow_words key_storage, user_authentication;
};

/* One configuration. Read-only after reading; lives as long as its set. */
struct flow_config {
    sg_str id;
    const struct flow_form *form;
    const void *part; /* what the form read of the configuration */
    sg_str scope;     /* may be empty */
    sg_str type;      /* vct, doctype, most specific type; goes into intents */
    unsigned binding; /* enum flow_binding, or'ed; 0: no key proof is asked for */
    struct flow_proof_type proofs[FLOW_PROOF_KINDS]; /* offered, where binding is not 0 */
    const struct jose_alg *seal_alg;
    sg_str seal_key; /* label */
    unsigned level;
    int64_t validity_s;
    int64_t round_s;
    sg_str status_list; /* may be empty */
    enum flow_documents documents;
    enum flow_proofs existing;
    const struct flow_claim_rule *claims;
    size_t n_claims;
    const struct schema *schema; /* of the claims, beside the rules; NULL: none. The set's */
    sg_bytes type_metadata;      /* a document about the type that we serve; empty if none */
    sg_str type_path;            /* "/credentials/employee_badge"; empty if none */
    sg_str type_integrity;       /* sha256-... of the bytes served; empty if none */
    const struct sjson *
        published; /* the entry in credential_configurations_supported; `sealgate` is left out when it is written */
};

struct flow_configs {
    const struct flow_config *items;
    size_t n;
    struct schema *schemas[FLOW_CONFIGS_MAX]; /* compiled, on the heap */
    size_t n_schemas;
};
/* Frees what lies on the heap. What a failed reading left is freed by it. */
void flow_configs_done(struct flow_configs *set);

/*
 * One file's text, template or single-format. `name`: the file's, without .json. `base` is the public URL without a trailing slash. Everything
 * lives in the arena, but for schemas (flow_configs_done). SG_E_CONFIGURATION, SG_E_UNSUPPORTED (a format we do not issue); `why` says which member.
 */
SG_CHECKED sg_result flow_config_parse(struct sg_arena *arena, sg_str name, sg_str text,
    sg_str base, struct sg_why *why, struct flow_configs *ret);
/* Every *.json of `dir` in name order; an id that two files give is an error. SG_E_CONFIGURATION, SG_E_NOT_FOUND (no folder). `ret_file` (optional) names the file at fault. */
SG_CHECKED sg_result flow_configs_read(struct sg_arena *arena, const char *dir, sg_str base,
    struct sg_why *why, sg_str *ret_file, struct flow_configs *ret);

const struct flow_config *flow_config_find(const struct flow_configs *set, sg_str id);
const struct flow_config *flow_config_by_type_path(const struct flow_configs *set, sg_str path);

/* One entry of credential_configurations_supported. */
void flow_config_write(struct sjson_wr *wr, const struct flow_config *config);

/*
 * Do the claims fit (FMT-5)? Every required one there, types right, nothing unknown: SG_E_CLAIMS; and the schema, if there is one: SG_E_SCHEMA.
 * `why->what` names the rule broken, or keyword and place in the schema (in the arena); values never stand in it.
 */
SG_CHECKED sg_result flow_claims_check(struct sg_arena *arena, const struct flow_config *config,
    const struct sjson *claims, struct sg_why *why);

#endif

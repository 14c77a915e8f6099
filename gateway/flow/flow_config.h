/*
 * Credential configurations: DIR/configurations/<id>.json, in the words of OpenID4VCI 1.0 metadata (12.2.4) plus one member `sealgate` of
 * ours. What a credential looks like is data; nothing below knows an employee badge.
 *
 * The file (name without .json = credential_configuration_id; every "${BASE}" in it stands for the public URL):
 *   format                                "dc+sd-jwt" (others: refused with SG_E_UNSUPPORTED until their builders exist)
 *   vct, scope, credential_metadata, display ...   metadata, published as it stands; unknown members are kept (OpenID4VCI: ignored)
 *   credential_signing_alg_values_supported, cryptographic_binding_methods_supported, proof_types_supported   as in OpenID4VCI
 *   sealgate                              not published; unknown members are errors:
 *     seal_key                text   label of the seal key ("seal-es256")
 *     level                   1 | 2  least level of activation: 1 mandate, 2 mandate and instruction. Default 1
 *     validity_s              int    exp - iat, 60 .. 10 years
 *     round_s                 int    iat and exp are rounded down to this (linkability); 1 .. 86400, default 3600
 *     iss                     bool   put `iss` = BASE into the payload (default true; the key is found by x5c as well)
 *     decoys                  int    decoy digests per object that has _sd; 0..20, default 0
 *     hash                    text   "sha-256" (default), "sha-384", "sha-512"
 *     status_list             text   name of the list (BASE/status/<name>); absent: no status
 *     selectively_disclosable array of claims path pointers: [["given_name"], ["address"], ["address","locality"], ["nationalities",null]].
 *                                    A path whose claim is optional and absent is left out for that credential
 *     claims                  object claim name -> rule; claims without a rule are refused:
 *                                    {"type": "string|integer|number|boolean|date|object|array", "required": bool, "max": int,
 *                                     "members": {name: rule} (object), "items": rule (array), "pattern": "email" (string only; optional)}
 *     type_metadata           object SD-JWT VC type metadata (draft section 5), served at /credentials/<last part of vct>; its `vct` must equal vct
 *   Example: conf/demo/employee_badge_sd_jwt.json
 */
#ifndef FLOW_CONFIG_H
#define FLOW_CONFIG_H

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

enum flow_format { FLOW_DC_SD_JWT = 1 };

/* One configuration. Read-only after reading; lives as long as its set. */
struct flow_config {
    sg_str id;
    enum flow_format format;
    sg_str format_name;
    sg_str scope; /* may be empty */
    sg_str type;  /* vct */
    bool binding; /* a key proof is required (proof_types_supported is there) */
    const struct jose_alg *proof_algs[8];
    size_t n_proof_algs;
    const struct jose_alg *seal_alg;
    sg_str seal_key; /* label */
    unsigned level;
    int64_t validity_s;
    int64_t round_s;
    bool iss;
    size_t decoys;
    enum sg_hash_alg hash;
    sg_str status_list; /* may be empty */
    const struct sdjwt_path *sd;
    size_t n_sd;
    const struct flow_claim_rule *claims;
    size_t n_claims;
    sg_bytes type_metadata; /* the bytes served; empty if none */
    sg_str type_path;       /* "/credentials/employee_badge"; empty if none */
    sg_str vct_integrity;   /* sha256-... of the bytes served; empty if none */
    const struct sjson
        *published; /* the file's object; `sealgate` is left out when it is written */
};

struct flow_configs {
    const struct flow_config *items;
    size_t n;
};

/* One file's text. `base` is the public URL without a trailing slash. Everything lives in the arena. SG_E_CONFIGURATION; `why` says which member. */
SG_CHECKED sg_result flow_config_parse(struct sg_arena *arena, sg_str id, sg_str text, sg_str base,
    struct sg_why *why, struct flow_config *ret);
/* Every *.json of `dir` in name order. SG_E_CONFIGURATION, SG_E_NOT_FOUND (no folder). `ret_file` (optional) names the file at fault. */
SG_CHECKED sg_result flow_configs_read(struct sg_arena *arena, const char *dir, sg_str base,
    struct sg_why *why, sg_str *ret_file, struct flow_configs *ret);

const struct flow_config *flow_config_find(const struct flow_configs *set, sg_str id);
const struct flow_config *flow_config_by_type_path(const struct flow_configs *set, sg_str path);

/* One entry of credential_configurations_supported. */
void flow_config_write(struct sjson_wr *wr, const struct flow_config *config);

/* Do the claims fit (FMT-5)? Every required one there, types right, nothing unknown. SG_E_CLAIMS; `why->what` names the rule broken. */
SG_CHECKED sg_result flow_claims_check(
    const struct flow_config *config, const struct sjson *claims, struct sg_why *why);

#endif

/*
 * Whom the operator believes when they attest where wallets keep their keys (OpenID4VCI 1.0, Appendix D): DIR/attesters/<name>.json, docs/key-attestations.md. Each file is
 * one object; unknown members are errors. Every "${BASE}" stands for the public URL.
 *   attester     text               `iss` of its attestations: one that names another issuer is not taken for this one's
 *   jwks         {"keys": [...]}    its keys, pinned
 *   roots        array of text      certificates (DER in base64, as in x5c) under which its attestations carry a chain in `x5c`
 *   names        array of text      with roots: the leaf has one of these as subjectAltName (DNS name or URI); absent: any leaf under the roots
 * At least one of jwks and roots.
 */
#ifndef FLOW_ATTESTERS_H
#define FLOW_ATTESTERS_H

#include "flow_config.h"
#include "x509_chain.h"

#define FLOW_ATTESTERS_MAX 32 /* an attestation without `iss` is tried against the roots of each */
#define FLOW_ATTESTER_KEYS_MAX 16
#define FLOW_ATTESTER_NAMES_MAX 8
#define FLOW_ATTESTER_TEXT_MAX 512

struct flow_attester_key {
    struct jwk jwk;
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
};
struct flow_attester {
    sg_str name;
    const struct flow_attester_key *keys;
    size_t n_keys;
    const sg_bytes *roots; /* DER */
    size_t n_roots;
    sg_str names[FLOW_ATTESTER_NAMES_MAX];
    size_t n_names;
};
struct flow_attesters {
    struct flow_attester items[FLOW_ATTESTERS_MAX];
    size_t n;
};

/* One file's text added to `to`. Everything lives in the arena. SG_E_CONFIGURATION with `why`, SG_E_NO_MEMORY. */
SG_CHECKED sg_result flow_attester_parse(
    struct sg_arena *arena, sg_str text, struct sg_why *why, struct flow_attesters *to);
/* Every *.json of `dir` in name order; no folder: none. `ret_file` names the one at fault. */
SG_CHECKED sg_result flow_attesters_read(struct sg_arena *arena, const char *dir, sg_str base,
    struct sg_why *why, sg_str *ret_file, struct flow_attesters *ret);

#endif

/*
 * Verifiers that an operator knows: DIR/verifiers/<name>.json (docs/presentations.md). Each file is one object of one of these kinds; unknown members are errors. Every
 * "${BASE}" stands for the public URL.
 *   client_id          text    a verifier known beforehand (no colon), or anybody whose name is to be shown as registered
 *     name             text, or {"en": text, "ja": text}   shown as "known to this service as"
 *     purposes         array of the same   shown as its own words
 *     jwks             {"keys": [...]}   of its signed requests; absent: they are unsigned
 *     uris             array of text   its response and redirect URIs, compared as strings; required with a client id without a prefix
 *     signed_only      bool    its unsigned requests are refused; absent: they are if it has keys
 *     any_uri          bool    its response URI may be on another host than its certificate names
 *     metadata         object  registered client metadata
 *   attester           text    `iss` of verifier attestations that are believed
 *     jwks             {"keys": [...]}
 *   transaction_type   text    a type of transaction data that may be agreed to
 *     members          object  name -> {"kind": "text"|"number"|"boolean"|"object"|"array", "required": bool}
 */
#ifndef FLOW_VERIFIERS_H
#define FLOW_VERIFIERS_H

#include "cid.h"
#include "consent.h"
#include "flow_config.h"
#include "oid4vp.h"

#define VERIFIERS_MAX 256
#define VERIFIER_KEYS_MAX 8
#define VERIFIER_URIS_MAX 16
#define VERIFIER_PURPOSES_MAX 4
#define VERIFIER_MEMBERS_MAX 64

struct verifier_text {
    sg_str en, ja; /* both set */
};
struct verifier_words {
    sg_str client_id;
    struct verifier_text name; /* empty: none */
    struct verifier_text purposes[VERIFIER_PURPOSES_MAX];
    size_t n_purposes;
};
struct verifiers {
    struct oid4vp_client *clients; /* those with uris: known beforehand */
    size_t n_clients;
    struct oid4vp_attester *attesters;
    size_t n_attesters;
    struct oid4vp_transaction_type *types;
    size_t n_types;
    sg_str *any_uri;
    size_t n_any_uri;
    struct verifier_words *words;
    size_t n_words;
};

/*
 * One file's text added to `to` (which verifiers_new made). Everything lives in the arena. SG_E_CONFIGURATION with `why`.
 */
SG_CHECKED sg_result verifiers_new(struct sg_arena *arena, struct verifiers *ret);
SG_CHECKED sg_result verifier_parse(
    struct sg_arena *arena, sg_str text, struct sg_why *why, struct verifiers *to);
/* Every *.json of `dir` in name order; no folder: none. `ret_file` names the one at fault. */
SG_CHECKED sg_result verifiers_read(struct sg_arena *arena, const char *dir, sg_str base,
    struct sg_why *why, sg_str *ret_file, struct verifiers *ret);
const struct verifier_words *verifier_words_find(const struct verifiers *all, sg_str client_id);
sg_str verifier_text_in(const struct verifier_text *text, enum consent_language language);

#endif

/*
 * A person's own things here: profile, credentials in our care, outside identities, and their end (req: PRO-3, EV-4, SIG-6). Every call blocks on the
 * store. Unknown and erased accounts: SG_E_NOT_FOUND.
 */
#ifndef FLOW_ACCOUNT_H
#define FLOW_ACCOUNT_H

#include "flow_enrol.h"
#include "sjson.h"

struct jsonld_contexts;

struct flow_profile {
    sg_str display_name; /* all may be empty */
    sg_str email;
    int64_t created_at;
};
#define FLOW_PROFILE_TEXT_MAX 320
SG_CHECKED sg_result flow_profile_get(struct flow_persons *persons, struct sg_arena *arena,
    const uint8_t person[FLOW_PERSON_LEN], struct flow_profile *ret);
/* SG_E_TOO_LARGE, SG_E_ENCODING (not UTF-8, or a control character). */
SG_CHECKED sg_result flow_profile_set(struct flow_persons *persons,
    const uint8_t person[FLOW_PERSON_LEN], const struct flow_profile *profile);

/* A credential in our care, for lists: what it says of itself, without its claims. */
struct flow_kept {
    char id[32]; /* hex of 16 bytes */
    sg_str format;
    sg_str configuration;
    sg_str type, name, issuer; /* empty when it can no longer be read */
    uint8_t key[32];           /* thumbprint of the holder key */
    int64_t added_at;
    sg_str credential; /* as it came */
};
/*
 * Keep it: it must be readable in a format that we can show, and bound to `keys` (thumbprints of the person's active keys). SG_E_KEY_USE: bound to another key, or to
 * none; SG_E_CONFLICT, SG_E_FULL, SG_E_TOO_LARGE, what flow_held_read refuses. `why` may be NULL.
 */
SG_CHECKED sg_result flow_kept_add(struct flow_persons *persons, struct sg_arena *arena,
    const struct jsonld_contexts *contexts, const uint8_t person[FLOW_PERSON_LEN],
    const sg_bytes *keys, size_t n_keys, sg_str format, sg_str configuration, sg_str credential,
    int64_t now, struct sg_why *why, struct flow_kept *ret);
SG_CHECKED sg_result flow_kept_list(struct flow_persons *persons, struct sg_arena *arena,
    const struct jsonld_contexts *contexts, const uint8_t person[FLOW_PERSON_LEN],
    const struct flow_kept **ret, size_t *ret_n);
/* `id` in hex. SG_E_NOT_FOUND. */
SG_CHECKED sg_result flow_kept_get(struct flow_persons *persons, struct sg_arena *arena,
    const struct jsonld_contexts *contexts, const uint8_t person[FLOW_PERSON_LEN], sg_str id,
    struct flow_kept *ret);
SG_CHECKED sg_result flow_kept_remove(
    struct flow_persons *persons, const uint8_t person[FLOW_PERSON_LEN], sg_str id);

/* The openings of one consent, if it is this person's. SG_E_NOT_FOUND. */
struct flow_agreed {
    sg_str template, language, text;
    sg_str client; /* whose wallet asked for it; empty: a page of ours */
    const struct sjson *openings;
};
SG_CHECKED sg_result flow_agreed_get(struct flow_persons *persons, struct sg_arena *arena,
    const uint8_t person[FLOW_PERSON_LEN], uint64_t consent_seq, struct flow_agreed *ret);

/* Outside identities (AU-5). */
struct flow_identity {
    sg_str issuer, subject;
    int64_t linked_at;
};
#define FLOW_IDENTITIES_MAX 8
SG_CHECKED sg_result flow_identity_link(struct flow_persons *persons,
    const uint8_t person[FLOW_PERSON_LEN], sg_str issuer, sg_str subject, int64_t now);
SG_CHECKED sg_result flow_identity_find(struct flow_persons *persons, sg_str issuer, sg_str subject,
    uint8_t ret_person[FLOW_PERSON_LEN]);
SG_CHECKED sg_result flow_identity_list(struct flow_persons *persons, struct sg_arena *arena,
    const uint8_t person[FLOW_PERSON_LEN], struct flow_identity ret[FLOW_IDENTITIES_MAX],
    size_t *ret_n);
SG_CHECKED sg_result flow_identity_unlink(struct flow_persons *persons,
    const uint8_t person[FLOW_PERSON_LEN], sg_str issuer, sg_str subject);

/* Everything personal goes, for good. Sessions and tokens too, but for those in the caches of gateway/auth (auth_person_end). */
SG_CHECKED sg_result flow_account_erase(
    struct flow_persons *persons, const uint8_t person[FLOW_PERSON_LEN], int64_t now);

#endif

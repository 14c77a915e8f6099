/*
 * Natural persons in the registry: accounts, enrolments, passkeys, and keys kept for them by the million (AU-2, AU-3, KEY-2, SIG-8). Rows stay in the
 * database and are read when asked for; what is read often is kept in a bounded cache. Same thread and transaction rules as registry.h:
 * one thread; whatever changes rows runs inside the transaction that appended the event.
 */
#ifndef REG_PERSON_H
#define REG_PERSON_H

#include "registry.h"
#include "wire_person.h"

#define REG_PERSON_LEN WIRE_ID_LEN
#define REG_ENROL_TRIES 5         /* wrong codes, then the enrolment is void (AU-7) */
#define REG_HOLDER_CACHE_MAX 4096 /* holder keys kept decoded unless told otherwise */

struct reg_person {
    uint8_t id[REG_PERSON_LEN];
    enum wire_person_state state;
    uint64_t level;    /* highest of its keys */
    uint64_t keys_max; /* that two operators approved */
    uint64_t keys;     /* made and not destroyed */
    uint64_t seq;      /* of the event that made the present state */
};
/* SG_E_NOT_FOUND. */
SG_CHECKED sg_result reg_person_get(
    struct registry *registry, sg_bytes person, struct reg_person *ret);
/* The next one in the order of ids; `after` empty: the first. SG_E_NOT_FOUND at the end. */
SG_CHECKED sg_result reg_person_after(
    struct registry *registry, sg_bytes after, struct reg_person *ret);
/* Inside a transaction: a new person, or one whose level and number of keys change; `state` counts for a new one. */
SG_CHECKED sg_result reg_person_put(struct registry *registry, const struct reg_person *person);
SG_CHECKED sg_result reg_person_set(
    struct registry *registry, sg_bytes person, enum wire_person_state state, uint64_t seq);

struct reg_passkey {
    sg_bytes id; /* credential id */
    uint8_t person[REG_PERSON_LEN];
    uint8_t thumbprint[REG_THUMBPRINT_LEN];
    enum wire_passkey_purpose purpose;
    enum wire_passkey_state state;
    enum key_alg alg;
    sg_bytes spki;
    bool backup_eligible;
    bool attested; /* by a root of the settings */
    uint8_t aaguid[16];
    uint32_t sign_count;
    uint64_t seq; /* of the event that registered it */
    sg_str label;
    int64_t created_at;
};
/* Views live in the arena. SG_E_NOT_FOUND; removed ones are not found. */
SG_CHECKED sg_result reg_passkey_get(struct registry *registry, struct sg_arena *arena,
    sg_bytes credential_id, struct reg_passkey *ret);
SG_CHECKED sg_result reg_passkey_by_thumbprint(struct registry *registry, struct sg_arena *arena,
    sg_bytes thumbprint, struct reg_passkey *ret);
/* The state of this person's passkey. SG_E_NOT_FOUND: none, another's, or removed. */
SG_CHECKED sg_result reg_passkey_state(
    struct registry *registry, sg_bytes person, sg_bytes thumbprint, enum wire_passkey_state *ret);
/* How many active passkeys of this purpose this person has. */
SG_CHECKED sg_result reg_passkeys_active(
    struct registry *registry, sg_bytes person, enum wire_passkey_purpose purpose, uint64_t *ret);
/* Has this person ever had a passkey? Removed ones count. */
SG_CHECKED sg_result reg_passkeys_ever(struct registry *registry, sg_bytes person, bool *ret);
/* All that are not removed, in the order they were registered; `purpose` 0: any. */
SG_CHECKED sg_result reg_passkeys_of(struct registry *registry, struct sg_arena *arena,
    sg_bytes person, uint64_t purpose, struct reg_passkey ret[WIRE_PASSKEYS_MAX], size_t *ret_n);
/* Inside a transaction: the authenticator's counter moved on. */
SG_CHECKED sg_result reg_passkey_counted(
    struct registry *registry, sg_bytes credential_id, uint32_t sign_count);
/* Has anybody ever had this credential id, or this public key? Removed ones count. */
SG_CHECKED sg_result reg_passkey_known(
    struct registry *registry, sg_bytes credential_id, sg_bytes thumbprint, bool *ret);
/* Inside a transaction. SG_E_CONFLICT: this credential id or public key is known, to whomever. */
SG_CHECKED sg_result reg_passkey_insert(
    struct registry *registry, const struct reg_passkey *passkey);
/* `seq` is kept for a removal; otherwise the registration's stays. */
SG_CHECKED sg_result reg_passkey_set(
    struct registry *registry, sg_bytes credential_id, enum wire_passkey_state state, uint64_t seq);
/* Inside a transaction: all that this person has. `seq`: of the event. */
SG_CHECKED sg_result reg_passkeys_remove(struct registry *registry, sg_bytes person, uint64_t seq);

/* An enrolment that two operators approved; of one person at most one at a time. Link and code are kept as hashes only. req: AU-2, AU-7 */
#define REG_ENROL_SALT_LEN 16
struct reg_enrolment {
    uint8_t person[REG_PERSON_LEN];
    uint8_t link_hash[SG_SHA256_LEN];
    uint8_t salt[REG_ENROL_SALT_LEN];
    uint8_t code_hash[SG_SHA256_LEN];
    uint64_t tries; /* wrong codes so far */
    uint64_t level;
    uint64_t keys_max;
    int64_t not_before; /* recovery: the end of the waiting time (UTC seconds) */
    int64_t expires_at;
    uint64_t missing; /* sum of the purposes that have no passkey yet */
    bool recovery;    /* earlier passkeys go when it is complete */
    uint64_t
        seq; /* of the event that approved it: passkeys registered before are the earlier ones */
    uint8_t operation_id[SG_SHA256_LEN];
};
/* Inside a transaction; takes the place of an earlier one of this person. */
SG_CHECKED sg_result reg_enrolment_put(
    struct registry *registry, const struct reg_enrolment *enrolment);
/* SG_E_NOT_FOUND. */
SG_CHECKED sg_result reg_enrolment_by_link(
    struct registry *registry, const uint8_t link_hash[SG_SHA256_LEN], struct reg_enrolment *ret);
SG_CHECKED sg_result reg_enrolment_of(
    struct registry *registry, sg_bytes person, struct reg_enrolment *ret);
/* Inside a transaction: a wrong code; what is missing now; over. */
SG_CHECKED sg_result reg_enrolment_tried(struct registry *registry, sg_bytes person);
SG_CHECKED sg_result reg_enrolment_missing(
    struct registry *registry, sg_bytes person, uint64_t missing);
SG_CHECKED sg_result reg_enrolment_drop(struct registry *registry, sg_bytes person);

/*
 * A holder key for use: like registry_key, but read from the database when it is not in the cache, and pinned there until it is given back. Its row
 * has purpose HOLDER, `person` set, and is never resident. NULL: no such key, or the database does not answer (then *ret_why is not SG_OK).
 */
struct reg_key *reg_holder_hold(struct registry *registry, sg_bytes thumbprint, sg_result *ret_why);
void reg_holder_release(struct registry *registry, struct reg_key **key); /* NULL accepted */
/* Keep at most so many decoded (1 or more), those in use not counted; least used out first. */
void reg_holders_keep(struct registry *registry, size_t max);

/* After the commit that destroyed all keys of this person: kept ones follow. */
SG_CHECKED sg_result registry_forget_holders(struct registry *registry, sg_bytes person);

/* Is there such a holder key, in whatever state? */
SG_CHECKED sg_result reg_holder_known(struct registry *registry, sg_bytes thumbprint, bool *ret);

struct reg_new_holder {
    sg_bytes thumbprint;
    sg_bytes person;
    sg_bytes unique; /* 16: KEY_MAKE's */
    uint64_t level;
    sg_bytes spki;
    sg_bytes wrapped;
    enum wire_key_state state;
    int64_t created_at;
};
/* Inside a transaction; counts as one of the person's. SG_E_CONFLICT: thumbprint or `unique` is there. */
SG_CHECKED sg_result reg_holder_insert(
    struct registry *registry, const struct reg_new_holder *key, uint64_t seq);
/* The key that this person's `unique` made. SG_E_NOT_FOUND. */
SG_CHECKED sg_result reg_holder_of_unique(
    struct registry *registry, sg_bytes person, sg_bytes unique, uint8_t ret[REG_THUMBPRINT_LEN]);
/* This person's keys in thumbprint order, not destroyed ones, after `after` (empty: from the first), at most `max`. In the arena. */
SG_CHECKED sg_result reg_holders_of(struct registry *registry, struct sg_arena *arena,
    sg_bytes person, sg_bytes after, struct wire_holder_key *ret, size_t max, size_t *ret_n);
/* Inside a transaction. Destroyed: the wrapped bytes are erased. Then, after the commit, registry_refresh_key. SG_E_NOT_FOUND. */
SG_CHECKED sg_result reg_holder_set(
    struct registry *registry, sg_bytes thumbprint, enum wire_key_state state, uint64_t seq);

/* Inside a transaction: consent `seq` used this person's key; for USES_READ. */
SG_CHECKED sg_result reg_use_note(
    struct registry *registry, sg_bytes person, uint64_t seq, sg_bytes passkey_thumbprint);
struct reg_use {
    uint64_t seq;
    uint8_t passkey[REG_THUMBPRINT_LEN];
};
/* Newest first, before sequence `before` (0: from the newest). */
SG_CHECKED sg_result reg_uses_of(struct registry *registry, sg_bytes person, uint64_t before,
    size_t max, struct reg_use *ret, size_t *ret_n);

#endif

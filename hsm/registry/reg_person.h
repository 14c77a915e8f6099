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
#define REG_HOLDER_CACHE_MAX 4096 /* holder keys kept decoded, those in use not counted */

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
/* All that are not removed, in the order they were registered; `purpose` 0: any. */
SG_CHECKED sg_result reg_passkeys_of(struct registry *registry, struct sg_arena *arena,
    sg_bytes person, uint64_t purpose, struct reg_passkey ret[WIRE_PASSKEYS_MAX], size_t *ret_n);
/* Inside a transaction: the authenticator's counter moved on. */
SG_CHECKED sg_result reg_passkey_counted(
    struct registry *registry, sg_bytes credential_id, uint32_t sign_count);
/* Inside a transaction. SG_E_CONFLICT: this credential id is known, to whomever. */
SG_CHECKED sg_result reg_passkey_insert(
    struct registry *registry, const struct reg_passkey *passkey);
SG_CHECKED sg_result reg_passkey_set(
    struct registry *registry, sg_bytes credential_id, enum wire_passkey_state state, uint64_t seq);

/*
 * A holder key for use: like registry_key, but read from the database when it is not in the cache, and pinned there until it is given back. Its row
 * has purpose HOLDER, `person` set, and is never resident. NULL: no such key, or the database does not answer (then *ret_why is not SG_OK).
 */
struct reg_key *reg_holder_hold(struct registry *registry, sg_bytes thumbprint, sg_result *ret_why);
void reg_holder_release(struct registry *registry, struct reg_key **key); /* NULL accepted */

/* Inside a transaction: consent `seq` used this person's key; for USES_READ. */
SG_CHECKED sg_result reg_use_note(
    struct registry *registry, sg_bytes person, uint64_t seq, sg_bytes passkey_thumbprint);

#endif

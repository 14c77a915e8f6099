/* State of a replay. Internal to formats/evid. */
#ifndef EVID_REPLAY_H
#define EVID_REPLAY_H

#include "evid_gesture.h"
#include "evid_ledger.h"
#include "evid_map.h"

struct evid_person {
    sg_str name;
    sg_str person;
    uint64_t roles;
    bool active;
    struct jwk_key *key;
    const struct jose_alg *alg;
};
struct evid_client {
    sg_str id;
    bool active;
    struct jwk_key *key; /* NULL: signs nothing itself */
    const struct jose_alg *alg;
};
struct evid_mandate {
    struct wire_mandate mandate; /* bytes and text in the arena */
    uint64_t seq;
    uint64_t window;
    uint64_t used;
};
struct evid_holder;
struct evid_key {
    uint8_t thumbprint[32];
    uint64_t state; /* enum wire_key_state */
    uint64_t state_seq;
    bool halted;
    struct evid_holder *holder; /* whose it is; NULL: a key of the service */
    uint64_t level;             /* of a person's key */
};

/* ---- persons (evid_person.c) ----------------------------------------------------------------------- */

struct evid_holder {
    uint8_t person[WIRE_ID_LEN];
    uint64_t level;
    uint64_t keys_max;
    uint64_t n_keys;     /* made, not destroyed */
    uint64_t n_passkeys; /* not removed */
    uint64_t n_closed;   /* records with their keys whose closed part was erased */
    bool locked;
    bool left;
};
struct evid_passkey {
    const struct evid_holder *holder;
    uint8_t id_hash[32];
    uint8_t spki_hash[32];
    uint64_t seq;
    uint64_t purpose;
    uint32_t sign_count;
    bool device_bound; /* attested by a known root, does not sync */
    bool waits;        /* for an officer (level 3) */
    bool removed;
};
/* An operation about persons, applied: what an event may refer to. */
struct evid_decision {
    uint64_t kind;
    uint64_t state;
    uint8_t subject[WIRE_ID_LEN];
    uint8_t key[32];
    uint64_t level;
    uint64_t count;
    uint64_t registered; /* ENROL: purposes that have got their passkey */
};
/* The last consent to a REGISTER or REMOVE: the event it brings about follows it. */
struct evid_effect {
    uint64_t seq; /* 0: none, or done */
    uint64_t operation;
    const struct evid_holder *holder;
    bool anyones; /* the consent's closed part was erased: whose it was is not known */
    uint8_t key[32];
    uint8_t digest[SG_SHA256_LEN];
};

struct evid_status {
    sg_str uri;
    uint64_t idx;
    uint64_t value;
};

/* An array that grows in the arena. */
struct evid_list {
    void **items;
    size_t n;
    size_t cap;
};

#define EVID_WAITS_ALONE 0xff /* of an outcome without signatures: REGISTER, REMOVE */

struct evid_ledger {
    struct sg_arena *arena;
    struct sg_arena *scratch; /* one record */
    uint64_t next;
    int64_t last_at_ms;
    struct evid_ledger_result result;
    struct tlog_hash row[64]; /* complete subtrees, large ones first */
    size_t n_row;
    struct tlog_checkpoint expected;
    bool expects;
    struct tlog_hash root_there; /* at expected.size */
    bool passed;

    struct evid_list persons;
    struct evid_list clients;
    struct evid_list mandates;
    struct evid_list keys;
    struct evid_list statuses;
    struct evid_map intents;      /* intent id -> consent */
    struct evid_map operations;   /* operation id -> times applied */
    struct evid_map instructions; /* hash of client and id -> uses */
    struct evid_map references;   /* hash of uri and idx -> index in statuses + 1 */
    struct evid_list holders;
    struct evid_list passkeys;
    struct evid_list decisions;
    struct evid_map key_places;      /* thumbprint -> index in keys + 1 */
    struct evid_map holder_places;   /* hash of the person -> index in holders + 1 */
    struct evid_map passkey_places;  /* SHA-256 of the credential id -> index in passkeys + 1 */
    struct evid_map decision_places; /* operation id -> index in decisions + 1 */
    struct evid_map spent;           /* intent id -> bits of its DTBS/R that have a consent */
    struct evid_effect effect;
    uint8_t *
        waiting; /* per record: number of signatures a consent waits for, 0 otherwise; EVID_WAITS_ALONE */
    size_t n_waiting;
    bool halted;
};

/* A rule that does not hold. `detail` is static. */
void evid_found(struct evid_ledger *l, const char *rule, const char *detail);
/* Note the finding unless the condition holds; returns the condition. */
static inline bool
evid_expect(struct evid_ledger *l, bool holds, const char *rule, const char *detail)
{
    if (!holds) {
        evid_found(l, rule, detail);
    }
    return holds;
}
SG_CHECKED sg_result evid_list_add(struct evid_ledger *l, struct evid_list *list, void *item);
/* The Token Status Lists among `refs` are lists of this ledger, whether or not an order ever changed them. */
SG_CHECKED sg_result evid_note_lists(
    struct evid_ledger *l, const struct wire_ref *refs, size_t n_refs);

struct evid_key *evid_find_key(struct evid_ledger *l, sg_bytes thumbprint);
struct evid_mandate *evid_find_mandate(struct evid_ledger *l, sg_bytes id);
struct evid_client *evid_find_client(struct evid_ledger *l, sg_str id);

/* Bodies, by type (evid_policy.c, evid_consent.c). */
SG_CHECKED sg_result evid_replay_genesis(struct evid_ledger *l, sg_bytes body);
SG_CHECKED sg_result evid_replay_policy(struct evid_ledger *l, uint64_t type, sg_bytes body);
SG_CHECKED sg_result evid_replay_order(struct evid_ledger *l, sg_bytes body);
SG_CHECKED sg_result evid_replay_consent(
    struct evid_ledger *l, const struct evid_record *record, int64_t entry_at_ms);
SG_CHECKED sg_result evid_replay_outcome(struct evid_ledger *l, sg_bytes body);
/* A consent by gesture: all but what every consent has (evid_person.c). */
SG_CHECKED sg_result evid_replay_gesture(struct evid_ledger *l, const struct wire_consent *c,
    const struct wire_intent *in, const uint8_t intent_id[WIRE_INTENT_ID_LEN]);
/* Likewise, where what is closed was erased (EV-4): what still stands in the record must follow from what went before. */
SG_CHECKED sg_result evid_replay_closed(
    struct evid_ledger *l, const struct wire_consent *c, const struct wire_intent *in);
/* A record with this key has no closed part any more: its owner must have left when all is told. */
void evid_note_closed(struct evid_ledger *l, sg_bytes key);
void evid_end_persons(struct evid_ledger *l);
SG_CHECKED sg_result evid_replay_person(struct evid_ledger *l, sg_bytes body);
/* An operation about a person was applied. */
SG_CHECKED sg_result evid_person_decided(
    struct evid_ledger *l, const struct wire_operation_msg *op, const uint8_t id[SG_SHA256_LEN]);
/* A key of the service or of a person: for evid_find_key. */
SG_CHECKED sg_result evid_add_key(
    struct evid_ledger *l, sg_bytes thumbprint, struct evid_key **ret);

#endif

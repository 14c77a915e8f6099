/* State of a replay. Internal to formats/evid. */
#ifndef EVID_REPLAY_H
#define EVID_REPLAY_H

#include "evid_check.h"
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
struct evid_key {
    uint8_t thumbprint[32];
    uint64_t state; /* enum wire_key_state */
    uint64_t state_seq;
    bool halted;
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
    uint8_t *waiting; /* per record: number of DTBS/R of a consent that waits, 0 otherwise */
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

struct evid_key *evid_find_key(struct evid_ledger *l, sg_bytes thumbprint);
struct evid_mandate *evid_find_mandate(struct evid_ledger *l, sg_bytes id);
struct evid_client *evid_find_client(struct evid_ledger *l, sg_str id);

/* Bodies, by type (evid_policy.c, evid_consent.c). */
SG_CHECKED sg_result evid_replay_genesis(struct evid_ledger *l, sg_bytes body);
SG_CHECKED sg_result evid_replay_policy(struct evid_ledger *l, uint64_t type, sg_bytes body);
SG_CHECKED sg_result evid_replay_order(struct evid_ledger *l, sg_bytes body);
SG_CHECKED sg_result evid_replay_consent(struct evid_ledger *l, sg_bytes body, int64_t entry_at_ms);
SG_CHECKED sg_result evid_replay_outcome(struct evid_ledger *l, sg_bytes body);

#endif

/*
 * Replay of a whole ledger, record by record (EV-1, EV-3, SIG-5, SIG-8, AU-8): what it says must follow from what it holds. Fed from AUDIT_READ.
 * Every record is checked once, in order; what later records need is kept in the arena.
 */
#ifndef EVID_LEDGER_H
#define EVID_LEDGER_H

#include "evid_bundle.h"

#define EVID_FINDINGS_MAX 100

struct evid_ledger;

/* A rule that does not hold at a record. */
struct evid_finding {
    uint64_t seq;
    const char *rule; /* static, docs/evidence.md "Rules of a ledger" */
    sg_str detail;
};

struct evid_ledger_result {
    uint64_t n_records;
    uint64_t n_by_type[16];
    uint64_t n_outcomes[8]; /* by enum wire_outcome_kind */
    uint64_t n_erased;      /* records whose body was erased: their rules cannot be replayed */
    uint64_t n_closed; /* records whose closed part was erased: their gestures cannot be replayed */
    uint64_t n_consents_open; /* without outcome at the end: lawful only while the signer runs */
    struct tlog_hash root;    /* of all records fed */
    struct evid_finding findings[EVID_FINDINGS_MAX];
    size_t n_findings; /* listed */
    uint64_t n_findings_all;
    sg_str origin; /* from GENESIS */
    uint8_t log_key[TLOG_ED25519_LEN];
};

/*
 * State lives in the arena (give it room: about 200 bytes per consent), apart from prepared keys and scratch memory, which evid_ledger_end gives
 * back; who stops before the end calls evid_ledger_done instead.
 */
SG_CHECKED sg_result evid_ledger_new(struct sg_arena *arena, struct evid_ledger **ret);
/* The next record. A broken rule is a finding, not a refusal. SG_E_NO_MEMORY, or SG_E_CONFLICT when `seq` is not the next. */
SG_CHECKED sg_result evid_ledger_feed(struct evid_ledger *ledger, const struct evid_record *record);
/*
 * Compare a signed checkpoint (any size up to what was fed; its root is kept when announced here first): call before feeding. At the end a
 * size that was not reached, or another root, is a finding. SG_E_MALFORMED, SG_E_SIGNATURE.
 */
SG_CHECKED sg_result evid_ledger_expect(
    struct evid_ledger *ledger, sg_str checkpoint, const struct tlog_vkey *log_key);
void evid_ledger_done(struct evid_ledger *ledger);
SG_CHECKED sg_result evid_ledger_end(struct evid_ledger *ledger, struct evid_ledger_result *ret);

/*
 * `--lists`: what each list must say by the STATUS_ORDER records whose signatures held: the last value per (uri, idx), in order of uri and
 * idx. Indices without an order are 0; a list that credentials or keys of this ledger name is there with index 0 at least, so that none goes
 * uncompared. After evid_ledger_end.
 */
typedef sg_result (*evid_list_fn)(void *context, sg_str uri, uint64_t idx, uint64_t value);
SG_CHECKED sg_result evid_ledger_lists(
    struct evid_ledger *ledger, evid_list_fn each, void *context);

#endif

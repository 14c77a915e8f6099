/*
 * The publisher: extends the tree with what is durable, writes hash tiles and a signed checkpoint to DIR/log/ (C2SP tlog-tiles, signed note).
 * Entries are not published: they come through RECORD_READ. It has a thread, a read connection and the tree's right edge for itself.
 *
 * Order of writes: tiles, then the signed checkpoint in the signer's own folder, then the published copy; each one synced before the next. So no
 * checkpoint is published that a restart would not know, and none whose tiles are not there.
 */
#ifndef LEDGER_PUBLISH_H
#define LEDGER_PUBLISH_H

#include "ledger.h"

#define LEDGER_PUBLISH_INTERVAL_MS \
    400 /* default: "within a second of commits" with room for the writes */
#define LEDGER_ANCHOR_INTERVAL_MS 60000

struct ledger_publish_calls {
    void *context;
    /* Ed25519 by the log key over the checkpoint's text, on the publisher's thread. */
    sg_result (*sign)(void *context, sg_bytes text, uint8_t ret[TLOG_SIG_LEN]);
    /* Keep {size, root} in the token; at most once a minute, and once more at the end. */
    sg_result (*anchor)(void *context, const struct ledger_anchor *anchor);
    /* Optional: a publication failed (it is tried again) or worked again (SG_OK). */
    void (*report)(void *context, sg_result result);
    unsigned
        interval_ms; /* new records are published after this time; 0: LEDGER_PUBLISH_INTERVAL_MS */
};

struct ledger_publisher;

/*
 * A publisher that goes on from what `ledger` found at ledger_reconcile; the ledger is only read here. `log_key` gives origin and key.
 * SG_E_NOT_READY before reconciliation, SG_E_STORE_DOWN.
 */
SG_CHECKED sg_result ledger_publisher_new(const struct ledger *ledger,
    const struct tlog_vkey *log_key, const struct ledger_publish_calls *calls,
    struct ledger_publisher **ret);
/* Publish what is durable now, in this thread; nothing to do: SG_OK. Not while the thread runs. `now_ms`: any steady clock. */
SG_CHECKED sg_result ledger_publish_once(struct ledger_publisher *publisher, int64_t now_ms);
/* Start the thread (before the system call filter) and stop it: it publishes once more, renews the anchor, and is joined. */
SG_CHECKED sg_result ledger_publisher_start(struct ledger_publisher *publisher);
void ledger_publisher_free(struct ledger_publisher **publisher);

/* Size of the last published checkpoint. Any thread. */
uint64_t ledger_published_size(const struct ledger_publisher *publisher);

#endif

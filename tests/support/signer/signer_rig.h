/* A real sealgate-signer in a throw-away folder; the test plays gateway, courier and operators. */
#ifndef SIGNER_RIG_H
#define SIGNER_RIG_H

#include <openssl/evp.h>
#include <pthread.h>
#include <sys/types.h>

#include "support.h"
#include "wire_closed.h"

/* What the scripted courier answers. */
enum rig_courier {
    RIG_GOOD,
    RIG_BAD,
    RIG_UNKNOWN,
    RIG_STALE,    /* GOOD, but looked at long ago */
    RIG_FUTURE,   /* GOOD, looked at tomorrow */
    RIG_NO_HASH,  /* GOOD without evidence */
    RIG_TOO_MANY, /* two verdicts for one reference */
    RIG_GARBAGE,  /* a body that does not parse */
    RIG_REFUSED,  /* REFUSED */
    RIG_SILENT,
    RIG_HOLD, /* keeps questions until told otherwise, then answers them */
};

struct rig_pen { /* somebody's key */
    EVP_PKEY *key;
    uint8_t spki[128];
    size_t spki_len;
};
void rig_pen_make(struct rig_pen *pen);
sg_bytes rig_pen_sign(struct rig_pen *pen, struct sg_arena *arena, sg_bytes message);

struct rig {
    struct sg_arena *arena;
    const char *dir;
    pid_t pid;
    int gateway;
    int courier;
    int ops;
    uint64_t next_id;
    struct rig_pen alice, bob, alice2, client;
    uint8_t seal_key[32];
    uint8_t status_key[32];
    uint8_t level2_key[32];
    uint8_t mandate[16];
    uint8_t mandate2[16]; /* level 2 */
    uint8_t list_mandate[16];
    struct key_public *seal_public;
    pthread_t courier_thread;
    pthread_mutex_t lock;
    enum rig_courier mode; /* lock */
    unsigned asked;        /* lock */
    unsigned held;         /* lock */
};

/* Settings in excess of the defaults, one per line; may be "". Skips the program without SoftHSM. */
void rig_create(struct rig *rig, const char *settings);
/* `crash`: SEALGATE_CRASH_AT, or NULL. */
void rig_start(struct rig *rig, const char *crash);
/* Keys, clients and mandates through ops.sock. `count` per window for both mandates. */
void rig_furnish(struct rig *rig, uint64_t count);
void rig_mode(struct rig *rig, enum rig_courier mode);
unsigned rig_asked(struct rig *rig);
void rig_wait_held(struct rig *rig, unsigned n);
/* SIGTERM and wait; the exit status. */
int rig_stop(struct rig *rig);
/* Wait for the process's own end: its wait status. */
int rig_wait(struct rig *rig);
void rig_free(struct rig *rig);

/* One request on a socket, its answer's frame. type 0: the peer has closed. */
struct wire_frame rig_ask(struct rig *rig, int fd, const struct sg_buf *frame, uint64_t id);
struct wire_frame rig_receive(struct rig *rig, int fd);
sg_result rig_refusal(const struct wire_frame *frame);

struct wire_operation_msg rig_op(struct rig *rig, enum wire_op_kind kind);
sg_result rig_propose(struct rig *rig, const struct wire_operation_msg *op, const char *who,
    struct rig_pen *pen, struct wire_operation_reply *ret);
sg_result rig_approve(struct rig *rig, sg_bytes id, const char *who, struct rig_pen *pen,
    struct wire_operation_reply *ret);
/* Proposed by alice, approved by bob. */
sg_result rig_decide(
    struct rig *rig, const struct wire_operation_msg *op, struct wire_operation_reply *ret);

/* An intent that would be signed, to be spoilt by the test. */
struct wire_intent rig_intent(struct rig *rig, const uint8_t key[32], uint64_t operation);
struct wire_seal rig_seal_of(
    struct rig *rig, const struct wire_intent *intent, const uint8_t mandate[16]);
void rig_seal_send(struct rig *rig, const struct wire_seal *seal, uint64_t id);
sg_result rig_seal_receive(struct rig *rig, uint64_t *ret_id, struct wire_seal_reply *ret);
sg_result rig_seal(struct rig *rig, const struct wire_seal *seal, struct wire_seal_reply *ret);
/* The usual one. */
sg_result rig_seal_usual(struct rig *rig, struct wire_seal_reply *ret);

sg_result rig_halt(struct rig *rig, sg_bytes key, const char *who, struct rig_pen *pen);
void rig_halt_send(
    struct rig *rig, sg_bytes key, const char *who, struct rig_pen *pen, uint64_t id);

struct rig_counts {
    uint64_t size;
    uint64_t by_type[16];
    uint64_t outcomes[8]; /* by kind */
    uint64_t last_refusal;
    uint64_t waiting; /* consents without outcome */
    uint64_t
        closed; /* records by gesture whose closed part is there, and opens (or the test fails) */
    uint64_t erased; /* and those without */
};
/* The whole ledger, read through AUDIT_READ. */
struct rig_counts rig_counts(struct rig *rig);

#endif

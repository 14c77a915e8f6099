/* Inside gateway/peers: questions on their way. */
#ifndef PEER_INNER_H
#define PEER_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "peer.h"

#define PEER_BUCKETS 1024 /* ids ascend, so neighbours spread evenly */
#define PEER_RECEIVE 16   /* packets taken at once */
#define PEER_SEND 32      /* packets handed over at once */
#define PEER_TICK_MS 100  /* time-outs are noticed this late */
#define PEER_HELLO_US 1000000
#define PEER_HELLO_TIMEOUT_MS 2000
#define PEER_ALIVE_US 5000000

enum question_state { QUESTION_WAITS, QUESTION_BEING_SENT, QUESTION_SENT };

struct question {
    uint64_t id;
    sg_bytes frame; /* the asker's */
    uint8_t type;
    enum question_state state;
    int64_t deadline_us;
    peer_done done;
    void *context;
    struct question *next;      /* bucket, or free list */
    struct question *next_send; /* send list */
};

struct peer {
    struct peer_settings settings;
    int fd;
    pthread_t reader;
    bool started;
    _Atomic bool closing;
    _Atomic uint64_t next_id;

    pthread_mutex_t lock; /* guards all below; never held during a call-back or a system call */
    struct question *buckets[PEER_BUCKETS];
    struct question *free_list;
    struct question *first_send, *last_send;
    pthread_cond_t sent; /* a parcel has been handed over, and the reader waits for it */
    bool awaited;
    bool sending; /* somebody is in peer_flush */
    bool blocked; /* the socket took no more; the reader tries again */
    bool dead;
    uint64_t outstanding;
    struct peer_state state;

    struct sg_arena *hello_arena; /* of the HELLO that is on its way */
    bool hello_pending;
    int64_t hello_next_us;
};

int64_t peer_now_us(void);

/* peer.c: find and take out of the table; NULL if unknown. Lock held. */
struct question *peer_find(struct peer *peer, uint64_t id);
struct question *peer_remove(struct peer *peer, uint64_t id);
void peer_recycle(struct peer *peer, struct question *question);

/* Is this a thread that calls back? It must not wait for answers: it is the one who would bring them. */
bool peer_is_reader(void);

/* peer_send.c: hand over what waits; called without the lock. */
void peer_flush(struct peer *peer);

/* peer_read.c */
void *peer_reader(void *peer);
/* peer_hello.c: keeps the state fresh; in the reader thread. */
void peer_hello_tick(struct peer *peer, int64_t now_us);
sg_result peer_hello_first(struct peer *peer, unsigned timeout_ms) SG_CHECKED;

#endif

#include "auth_replay.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#define SHARDS 16u
#define CONTEXT_MAX 64
#define ID_MAX 512

/*
 * A keyed hash of 64 bits: nobody outside can aim at a collision, and among half a million marks a stranger's meets one by chance in one of 10^13 (it would be
 * refused as a replay). Zero means free; a hash of zero is moved to 1.
 */
typedef uint64_t mark;

struct generation {
    mark *marks; /* capacity of the shard; a power of two */
    size_t n;
};

struct shard {
    pthread_mutex_t lock; /* guards all below; nothing slow happens under it */
    struct generation now, before;
    int64_t began_at;
};

struct auth_replay {
    uint8_t key[crypto_shorthash_siphash24_KEYBYTES];
    size_t cap;   /* per shard and generation */
    size_t limit; /* entries of a shard before it counts as full */
    int64_t span_s;
    struct shard shards[SHARDS];
};

sg_result
auth_replay_new(size_t max, int64_t span_s, struct auth_replay **ret)
{
    struct auth_replay *replay = calloc(1, sizeof(*replay));
    SG_REQUIRE(replay != NULL, NO_MEMORY);
    randombytes_buf(replay->key, sizeof(replay->key));
    replay->span_s = span_s;
    replay->limit = max / SHARDS + 1;
    replay->cap = 64;
    while (replay->cap < replay->limit + replay->limit / 2) {
        replay->cap *= 2;
    }
    bool ok = true;
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &replay->shards[i];
        pthread_mutex_init(&shard->lock, NULL);
        shard->now.marks = calloc(replay->cap, sizeof(mark)); /* untouched pages cost nothing */
        shard->before.marks = calloc(replay->cap, sizeof(mark));
        ok = ok && shard->now.marks != NULL && shard->before.marks != NULL;
    }
    if (!ok) {
        auth_replay_free(&replay);
        SG_FAIL(NO_MEMORY);
    }
    *ret = replay;
    return SG_DONE;
}

void
auth_replay_free(struct auth_replay **replay)
{
    if (replay == NULL || *replay == NULL) {
        return;
    }
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_destroy(&(*replay)->shards[i].lock);
        free((*replay)->shards[i].now.marks);
        free((*replay)->shards[i].before.marks);
    }
    free(*replay);
    *replay = NULL;
}

static mark
mark_of(const struct auth_replay *replay, sg_bytes context, sg_bytes id)
{
    uint8_t in[1 + CONTEXT_MAX + ID_MAX];
    in[0] = (uint8_t)context.n; /* so that (ab, c) is not (a, bc) */
    memcpy(in + 1, context.p, context.n);
    memcpy(in + 1 + context.n, id.p, id.n);
    mark m;
    crypto_shorthash_siphash24((uint8_t *)&m, in, 1 + context.n + id.n, replay->key);
    return m == 0 ? 1 : m;
}

/* The place of `m`, or the free place where it belongs. There is always a free place: limit < cap. */
static mark *
place(mark *marks, size_t cap, mark m)
{
    for (size_t i = (size_t)(m >> 4) & (cap - 1);; i = (i + 1) & (cap - 1)) {
        if (marks[i] == m || marks[i] == 0) {
            return &marks[i];
        }
    }
}

static void
turn(const struct auth_replay *replay, struct shard *shard, int64_t now)
{
    if (now - shard->began_at < replay->span_s && now >= shard->began_at) {
        return;
    }
    /* A clock that went back keeps everything: it only begins the count again. */
    bool all_old = now - shard->began_at >= 2 * replay->span_s;
    struct generation old = shard->before;
    if (old.n > 0) {
        memset(old.marks, 0, replay->cap * sizeof(mark));
        old.n = 0;
    }
    shard->before = shard->now;
    shard->now = old;
    if (all_old && shard->before.n > 0) {
        memset(shard->before.marks, 0, replay->cap * sizeof(mark));
        shard->before.n = 0;
    }
    shard->began_at = now;
}

static sg_result
once_locked(struct auth_replay *replay, struct shard *shard, mark m, int64_t now)
{
    if (now < shard->began_at) {
        shard->began_at = now;
    }
    turn(replay, shard, now);
    SG_REQUIRE(*place(shard->before.marks, replay->cap, m) == 0, REPLAY);
    mark *at = place(shard->now.marks, replay->cap, m);
    SG_REQUIRE(*at == 0, REPLAY);
    SG_REQUIRE(shard->now.n < replay->limit, FULL);
    *at = m;
    shard->now.n++;
    return SG_DONE;
}

sg_result
auth_replay_once(struct auth_replay *replay, sg_bytes context, sg_bytes id, int64_t now)
{
    SG_REQUIRE(context.n <= CONTEXT_MAX && id.n <= ID_MAX, TOO_LARGE);
    mark m = mark_of(replay, context, id);
    struct shard *shard = &replay->shards[m % SHARDS];
    pthread_mutex_lock(&shard->lock);
    sg_result r = once_locked(replay, shard, m, now);
    pthread_mutex_unlock(&shard->lock);
    return r;
}

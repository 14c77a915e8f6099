#include "auth_replay.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#define SHARDS 16u
#define CONTEXT_MAX 64
#define ID_MAX 512
#define MAX_MAX ((size_t)1 << 22) /* so that 16 bits name a line of a shard */

/*
 * A mark is a keyed hash of 56 bits above the eight-bit number of the unit of time in which it was made: nobody outside can aim at a
 * collision, and a stranger's mark is met by chance (and refused as a replay) once in 10^15, because a look-up compares 32 marks only.
 * Zero means free; a hash of zero is moved to 1.
 */
typedef uint64_t mark;
#define UNIT_BITS 8u
#define UNIT_MASK ((mark)0xff)

/*
 * Eight marks, a cache line. A mark lies in one of four lines that its hash names, the emptiest when it came: full up to LOAD in the mean, there is
 * practically always a place. No place is refused like no room.
 */
#define LINE 8u
#define CHOICES 4u
#define LOAD_PERCENT 85u

/*
 * So many units late a request may come, after others that began later (it waited for a lock, or the clock was set right): it counts as one of theirs. Were the
 * marks of the shard given its time instead, they would be forgotten before their span is over.
 */
#define LATE 10

struct line {
    mark marks[LINE];
};

struct shard {
    pthread_mutex_t
        lock; /* guards all below; nothing slow happens under it: a sweep takes some 20 us */
    struct line *lines;
    size_t n; /* marks that are there */
    int64_t
        unit; /* of the last sweep: no mark is older than `keep` units before it, none is younger */
};

struct auth_replay {
    uint8_t key[crypto_shorthash_siphashx24_KEYBYTES];
    size_t n_lines; /* per shard */
    size_t limit;   /* marks of a shard before it counts as full */
    int64_t unit_s;
    int64_t
        keep; /* units after which a mark is forgotten: the unit it came in may have just begun or ended */
    void *memory; /* of all lines, which begin at its first cache line */
    struct shard shards[SHARDS];
};

sg_result
auth_replay_new(size_t max, int64_t span_s, struct auth_replay **ret)
{
    SG_REQUIRE(max <= MAX_MAX && span_s > 0 && span_s <= INT32_MAX, VALUE);
    SG_CLEANUP(auth_replay_free)
    struct auth_replay *replay = calloc(1, sizeof(*replay));
    SG_REQUIRE(replay != NULL, NO_MEMORY);
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_init(&replay->shards[i].lock, NULL);
    }
    randombytes_buf(replay->key, sizeof(replay->key));
    replay->limit = max / SHARDS + 1;
    replay->n_lines = replay->limit * 100 / LOAD_PERCENT / LINE + CHOICES;
    /* numbers of living units must stay apart in eight bits */
    replay->unit_s = span_s / 200 + 1;
    replay->keep = (span_s + replay->unit_s - 1) / replay->unit_s + 1;
    /* untouched pages cost nothing */
    replay->memory = calloc(SHARDS * replay->n_lines + 1, sizeof(struct line));
    SG_REQUIRE(replay->memory != NULL, NO_MEMORY);
    uint8_t *begin = replay->memory;
    begin += (sizeof(struct line) - (uintptr_t)begin % sizeof(struct line)) % sizeof(struct line);
    for (size_t i = 0; i < SHARDS; i++) {
        replay->shards[i].lines = (struct line *)(void *)begin + i * replay->n_lines;
    }
    *ret = replay;
    replay = NULL;
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
    }
    free((*replay)->memory);
    free(*replay);
    *replay = NULL;
}

/* Where a mark may lie, and what it is but for its unit. */
struct spot {
    size_t shard;
    size_t lines[CHOICES];
    mark hash;
};

static struct spot
spot_of(const struct auth_replay *replay, sg_bytes context, sg_bytes id)
{
    uint8_t in[1 + CONTEXT_MAX + ID_MAX];
    in[0] = (uint8_t)context.n; /* so that (ab, c) is not (a, bc) */
    if (context.n > 0) {
        memcpy(in + 1, context.p, context.n);
    }
    if (id.n > 0) {
        memcpy(in + 1 + context.n, id.p, id.n);
    }
    uint64_t h[2];
    _Static_assert(sizeof(h) == crypto_shorthash_siphashx24_BYTES, "two words");
    crypto_shorthash_siphashx24((uint8_t *)h, in, 1 + context.n + id.n, replay->key);
    struct spot spot = { .shard = h[0] % SHARDS, .hash = h[0] & ~UNIT_MASK };
    if (spot.hash == 0) {
        spot.hash = UNIT_MASK + 1;
    }
    for (size_t i = 0; i < CHOICES; i++) {
        spot.lines[i] = (size_t)((h[1] >> (16 * i) & 0xffff) * replay->n_lines >> 16);
    }
    return spot;
}

static mark
tagged(mark hash, int64_t unit)
{
    return (hash & ~UNIT_MASK) | ((mark)unit & UNIT_MASK);
}

/*
 * Forget marks that are `keep` units old or older. Without a branch per mark: which are there and how old they are is as good as random, and a
 * processor that guesses takes ten times as long.
 */
static void
sweep(const struct auth_replay *replay, struct shard *shard, int64_t unit)
{
    /* none is younger than the last sweep: the age against it is exact, and what passed since comes on top */
    int64_t passed = unit - shard->unit;
    mark limit = replay->keep > passed ? (mark)(replay->keep - passed) : 0;
    size_t gone = 0;
    for (size_t i = 0; i < replay->n_lines && shard->n > 0; i++) {
        mark *marks = shard->lines[i].marks;
        mark old[LINE]; /* what is to go; zero where nothing is */
        mark any = 0;
        for (size_t j = 0; j < LINE; j++) {
            mark age = ((mark)shard->unit - marks[j]) & UNIT_MASK;
            old[j] = marks[j] & ((mark)0 - (mark)(age >= limit));
            gone += old[j] != 0;
            any |= old[j];
        }
        /* a page that was never written to stays one that costs nothing */
        for (size_t j = 0; any != 0 && j < LINE; j++) {
            marks[j] ^= old[j];
        }
    }
    shard->n -= gone;
}

/* A clock that went back keeps everything: each mark begins its time again. */
static void
begin_again(const struct auth_replay *replay, struct shard *shard, int64_t unit)
{
    for (size_t i = 0; i < replay->n_lines; i++) {
        mark *marks = shard->lines[i].marks;
        for (size_t j = 0; j < LINE; j++) {
            marks[j] = marks[j] == 0 ? 0 : tagged(marks[j], unit);
        }
    }
}

static void
turn(const struct auth_replay *replay, struct shard *shard, int64_t unit)
{
    if (unit > shard->unit) {
        sweep(replay, shard, unit);
        shard->unit = unit;
    } else if (unit < shard->unit - LATE) {
        begin_again(replay, shard, unit);
        shard->unit = unit;
    }
}

/* The emptiest line of those that may hold the mark. SG_E_REPLAY: it is there. SG_E_FULL: there is no place. */
static sg_result
place(struct shard *shard, const struct spot *spot, mark **ret)
{
    size_t most = 0;
    for (size_t i = 0; i < CHOICES; i++) {
        mark *marks = shard->lines[spot->lines[i]].marks;
        mark *hole = NULL;
        size_t holes = 0;
        for (size_t j = 0; j < LINE; j++) {
            SG_REQUIRE((marks[j] & ~UNIT_MASK) != spot->hash, REPLAY);
            hole = marks[j] == 0 ? &marks[j] : hole;
            holes += marks[j] == 0;
        }
        if (holes > most) {
            most = holes;
            *ret = hole;
        }
    }
    return most > 0 ? SG_DONE : SG_ERROR(FULL);
}

static sg_result
once_locked(
    const struct auth_replay *replay, struct shard *shard, const struct spot *spot, int64_t now)
{
    mark *at = NULL;
    turn(replay, shard, now / replay->unit_s);
    SG_TRY(place(shard, spot, &at));
    SG_REQUIRE(shard->n < replay->limit, FULL);
    *at = tagged(spot->hash, shard->unit);
    shard->n++;
    return SG_DONE;
}

sg_result
auth_replay_once(struct auth_replay *replay, sg_bytes context, sg_bytes id, int64_t now)
{
    SG_REQUIRE(context.n <= CONTEXT_MAX && id.n <= ID_MAX, TOO_LARGE);
    struct spot spot = spot_of(replay, context, id);
    struct shard *shard = &replay->shards[spot.shard];
    pthread_mutex_lock(&shard->lock);
    sg_result r = once_locked(replay, shard, &spot, now);
    pthread_mutex_unlock(&shard->lock);
    return r;
}

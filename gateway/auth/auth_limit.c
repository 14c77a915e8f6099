#include "auth_limit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth.h"

#define ROWS 1024u
#define WAYS 4u
#define MINUTE 60

struct counter {
    uint64_t who; /* 0: free */
    int64_t minute;
    uint32_t n;
};

struct auth_limit {
    pthread_mutex_t lock; /* guards rows; failures are rare, so one lock is enough */
    uint8_t key[crypto_shorthash_KEYBYTES];
    struct counter rows[ROWS][WAYS];
};

sg_result
auth_limit_new(struct auth_limit **ret)
{
    struct auth_limit *limit = calloc(1, sizeof(*limit));
    SG_REQUIRE(limit != NULL, NO_MEMORY);
    pthread_mutex_init(&limit->lock, NULL);
    randombytes_buf(limit->key, sizeof(limit->key));
    *ret = limit;
    return SG_DONE;
}

void
auth_limit_free(struct auth_limit **limit)
{
    if (limit == NULL || *limit == NULL) {
        return;
    }
    pthread_mutex_destroy(&(*limit)->lock);
    free(*limit);
    *limit = NULL;
}

static uint64_t
who_is(const struct auth_limit *limit, enum auth_guess kind, sg_bytes asker)
{
    uint8_t in[65] = { (uint8_t)kind };
    size_t n = asker.n < 64 ? asker.n : 64;
    if (n > 0) {
        memcpy(in + 1, asker.p, n);
    }
    uint64_t who;
    uint8_t out[crypto_shorthash_BYTES];
    crypto_shorthash(out, in, 1 + n, limit->key);
    memcpy(&who, out, sizeof(who));
    return who == 0 ? 1 : who;
}

static struct counter *
find(struct auth_limit *limit, uint64_t who, int64_t minute)
{
    struct counter *row = limit->rows[who % ROWS];
    for (size_t i = 0; i < WAYS; i++) {
        if (row[i].who == who && row[i].minute == minute) {
            return &row[i];
        }
    }
    return NULL;
}

static struct counter *
weakest(struct auth_limit *limit, uint64_t who, int64_t minute)
{
    struct counter *row = limit->rows[who % ROWS];
    struct counter *least = &row[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (row[i].who == 0 || row[i].minute != minute) {
            return &row[i];
        }
        if (row[i].n < least->n) {
            least = &row[i];
        }
    }
    return least;
}

sg_result
auth_limit_check(
    struct auth_limit *limit, enum auth_guess kind, sg_bytes asker, uint32_t max, int64_t now)
{
    uint64_t who = who_is(limit, kind, asker);
    pthread_mutex_lock(&limit->lock);
    const struct counter *c = find(limit, who, now / MINUTE);
    bool over = c != NULL && c->n >= max;
    pthread_mutex_unlock(&limit->lock);
    SG_REQUIRE(!over, TOO_MANY);
    return SG_DONE;
}

void
auth_limit_count(struct auth_limit *limit, enum auth_guess kind, sg_bytes asker, int64_t now)
{
    uint64_t who = who_is(limit, kind, asker);
    pthread_mutex_lock(&limit->lock);
    struct counter *c = find(limit, who, now / MINUTE);
    if (c == NULL) {
        c = weakest(limit, who, now / MINUTE);
        *c = (struct counter){ .who = who, .minute = now / MINUTE };
    }
    if (c->n < UINT32_MAX) {
        c->n++;
    }
    pthread_mutex_unlock(&limit->lock);
}

sg_bytes
auth_asker(sg_str address, uint8_t room[AUTH_ASKER_MAX])
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    struct in6_addr in6;
    size_t n = address.n < AUTH_ASKER_MAX - 1 ? address.n : AUTH_ASKER_MAX - 1;
    char text[AUTH_ASKER_MAX];
    if (n > 0) {
        memcpy(text, address.p, n);
        memcpy(room, address.p, n);
    }
    text[n] = '\0';
    if (inet_pton(AF_INET6, text, &in6) != 1) {
        return sg_bytes_of(room, n);
    }
    if (memcmp(in6.s6_addr, mapped, sizeof(mapped)) == 0) {
        const uint8_t *v4 = in6.s6_addr + sizeof(mapped);
        (void)snprintf((char *)room, AUTH_ASKER_MAX, "%u.%u.%u.%u", v4[0], v4[1], v4[2], v4[3]);
        return sg_bytes_of(room, strlen((const char *)room));
    }
    memcpy(room, in6.s6_addr, 8);
    return sg_bytes_of(room, 8);
}

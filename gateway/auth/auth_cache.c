/* Live tokens in memory: sharded chains, each with its lock; the store has them all, so any of them may be forgotten. */
#include "auth_internal.h"

#include <stdlib.h>

#include "sg_secret.h"

static struct auth_shard *
shard_of(struct auth *auth, const uint8_t hash[32])
{
    return &auth->shards[hash[0] % AUTH_SHARDS];
}

static struct auth_node **
bucket_of(struct auth_shard *shard, const uint8_t hash[32])
{
    uint64_t v;
    memcpy(&v, hash + 8, sizeof(v)); /* a SHA-256: uniform */
    return &shard->buckets[v % shard->n_buckets];
}

sg_result
auth_cache_init(struct auth *auth)
{
    auth->shard_max = auth->settings.tokens_max / AUTH_SHARDS + 1;
    bool ok = true;
    for (size_t i = 0; i < AUTH_SHARDS; i++) {
        struct auth_shard *shard = &auth->shards[i];
        pthread_mutex_init(&shard->lock, NULL);
        shard->n_buckets = auth->shard_max;
        shard->buckets = calloc(shard->n_buckets, sizeof(struct auth_node *));
        ok = ok && shard->buckets != NULL;
    }
    SG_REQUIRE(ok, NO_MEMORY);
    return SG_DONE;
}

static void
node_free(struct auth_node *node)
{
    void *attached = atomic_load(&node->attached);
    if (attached != NULL && node->attached_free != NULL) {
        node->attached_free(attached);
    }
    auth_dpop_seen_free(atomic_load(&node->dpop));
    sg_wipe(&node->session, sizeof(node->session));
    free(node);
}

void
auth_cache_done(struct auth *auth)
{
    for (size_t i = 0; i < AUTH_SHARDS; i++) {
        struct auth_shard *shard = &auth->shards[i];
        for (size_t b = 0; shard->buckets != NULL && b < shard->n_buckets; b++) {
            struct auth_node *node = shard->buckets[b];
            while (node != NULL) {
                struct auth_node *next = node->next;
                node_free(node);
                node = next;
            }
        }
        free(shard->buckets);
        pthread_mutex_destroy(&shard->lock);
    }
}

struct auth_node *
auth_node_new(const struct auth_session *from)
{
    size_t text = from->client.n + from->offer_id.n + from->selection.n;
    struct auth_node *node = calloc(1, sizeof(*node) + text);
    if (node == NULL) {
        return NULL;
    }
    node->refs = 1;
    node->session = *from;
    char *p = node->text;
    sg_str *views[] = { &node->session.client, &node->session.offer_id, &node->session.selection };
    for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
        if (views[i]->n > 0) {
            memcpy(p, views[i]->p, views[i]->n);
        }
        views[i]->p = p;
        p += views[i]->n;
    }
    return node;
}

/* Unlink *at; gives the node back if nobody else holds it. */
static struct auth_node *
unlink_at(struct auth_shard *shard, struct auth_node **at)
{
    struct auth_node *node = *at;
    *at = node->next;
    node->linked = false;
    shard->n--;
    return --node->refs == 0 ? node : NULL;
}

/*
 * Some room: expired nodes of two buckets; when the shard is full, one live node goes as well. One that somebody holds stays: what hangs on
 * it counts the credentials that are being signed, and a second copy read from the store would not know of them. So the shard may exceed
 * its size by the requests in flight.
 */
static struct auth_node *
make_room(struct auth *auth, struct auth_shard *shard, int64_t now)
{
    struct auth_node *dead = NULL;
    bool full = shard->n >= auth->shard_max;
    for (size_t step = 0; step < (full ? shard->n_buckets : 2); step++) {
        struct auth_node **at = &shard->buckets[shard->sweep];
        shard->sweep = (shard->sweep + 1) % shard->n_buckets;
        while (*at != NULL) {
            bool live = (*at)->session.expires_at > now;
            if (live && (!full || (*at)->refs > 1)) {
                at = &(*at)->next;
                continue;
            }
            struct auth_node *node = unlink_at(shard, at);
            if (node != NULL) {
                node->next = dead;
                dead = node;
            }
            full = false;
        }
        if (step >= 1 && shard->n < auth->shard_max) {
            break;
        }
    }
    return dead;
}

static void
free_all(struct auth_node *dead)
{
    while (dead != NULL) {
        struct auth_node *next = dead->next;
        node_free(dead);
        dead = next;
    }
}

static struct auth_node **
find(struct auth_shard *shard, const uint8_t hash[32])
{
    struct auth_node **at = bucket_of(shard, hash);
    while (*at != NULL && memcmp((*at)->session.token_hash, hash, 32) != 0) {
        at = &(*at)->next;
    }
    return at;
}

struct auth_node *
auth_cache_put(struct auth *auth, struct auth_node *node, int64_t now)
{
    struct auth_shard *shard = shard_of(auth, node->session.token_hash);
    pthread_mutex_lock(&shard->lock);
    struct auth_node **at = find(shard, node->session.token_hash);
    struct auth_node *dead = NULL;
    struct auth_node *held = *at;
    if (held == NULL) {
        dead = make_room(auth, shard, now);
        struct auth_node **bucket = bucket_of(shard, node->session.token_hash);
        node->next = *bucket;
        *bucket = node;
        node->linked = true;
        shard->n++;
        held = node;
    } else {
        node->next = NULL;
        dead = node;
    }
    held->refs++; /* on top of the chain's one */
    pthread_mutex_unlock(&shard->lock);
    free_all(dead);
    return held;
}

struct auth_node *
auth_cache_get(struct auth *auth, const uint8_t token_hash[32], int64_t now)
{
    struct auth_shard *shard = shard_of(auth, token_hash);
    pthread_mutex_lock(&shard->lock);
    struct auth_node *node = *find(shard, token_hash);
    if (node != NULL && node->session.expires_at <= now) {
        node = NULL;
    }
    if (node != NULL) {
        node->refs++;
    }
    pthread_mutex_unlock(&shard->lock);
    return node;
}

void
auth_cache_drop(struct auth *auth, const uint8_t token_hash[32])
{
    struct auth_shard *shard = shard_of(auth, token_hash);
    pthread_mutex_lock(&shard->lock);
    struct auth_node **at = find(shard, token_hash);
    struct auth_node *dead = *at == NULL ? NULL : unlink_at(shard, at);
    pthread_mutex_unlock(&shard->lock);
    if (dead != NULL) {
        node_free(dead);
    }
}

void
auth_cache_forget(struct auth *auth,
    bool (*gone)(const struct auth_session *session, const void *context), const void *context)
{
    struct auth_node *dead = NULL;
    for (size_t i = 0; i < AUTH_SHARDS; i++) {
        struct auth_shard *shard = &auth->shards[i];
        pthread_mutex_lock(&shard->lock);
        for (size_t b = 0; b < shard->n_buckets; b++) {
            struct auth_node **at = &shard->buckets[b];
            while (*at != NULL) {
                if (!gone(&(*at)->session, context)) {
                    at = &(*at)->next;
                    continue;
                }
                struct auth_node *node = unlink_at(shard, at);
                if (node != NULL) {
                    node->next = dead;
                    dead = node;
                }
            }
        }
        pthread_mutex_unlock(&shard->lock);
    }
    free_all(dead);
}

static bool
of_offer(const struct auth_session *session, const void *offer_id)
{
    return sg_str_equal(session->offer_id, *(const sg_str *)offer_id);
}

void
auth_offer_forget(struct auth *auth, sg_str offer_id)
{
    if (offer_id.n > 0) {
        auth_cache_forget(auth, of_offer, &offer_id);
    }
}

static struct auth_node *
node_of(struct auth_session *session)
{
    return (struct auth_node *)(void *)((char *)session - offsetof(struct auth_node, session));
}

void
auth_session_release(struct auth *auth, struct auth_session **session)
{
    if (session == NULL || *session == NULL) {
        return;
    }
    struct auth_node *node = node_of(*session);
    *session = NULL;
    struct auth_shard *shard = shard_of(auth, node->session.token_hash);
    pthread_mutex_lock(&shard->lock);
    bool last = --node->refs == 0;
    pthread_mutex_unlock(&shard->lock);
    if (last) {
        node_free(node);
    }
}

void *
auth_session_attachment(struct auth_session *session)
{
    return atomic_load(&node_of(session)->attached);
}

void *
auth_session_attach(struct auth_session *session, void *object, void (*free_fn)(void *object))
{
    struct auth_node *node = node_of(session);
    void *none = NULL;
    node->attached_free = free_fn; /* always the same function for one kind of session */
    if (!atomic_compare_exchange_strong(&node->attached, &none, object)) {
        free_fn(object);
        return none;
    }
    return object;
}

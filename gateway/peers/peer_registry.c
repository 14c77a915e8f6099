/*
 * Keys: one walk over the signer's registry at a time, each answer asking for the next key; the list is exchanged at the end. Clients:
 * one entry each. An object is kept as the bytes of its reply, views into them beside; equal bytes, same object.
 */
#include <stdlib.h>

#include "peer_registry.h"

#include "peer_inner.h"

#define KEYS_MAX 256
#define CLIENT_BUCKETS 512
#define STRANGERS_MAX 2048
#define ASK_MS 2000

struct key_entry {
    struct peer_key pub; /* first member */
    int64_t created_at;
    struct key_entry *next; /* all that ever were */
    size_t n;
    uint8_t bytes[];
};

struct client_entry {
    struct peer_client pub; /* first member */
    struct wire_mandate mandates[WIRE_MANDATES_MAX];
    struct client_entry *next; /* all that ever were */
    size_t n;
    uint8_t bytes[];
};

struct client_slot {
    struct client_slot *next;
    struct peer_registry *registry;
    const struct client_entry *entry; /* NULL: the signer does not know it */
    int64_t asked_us;
    bool unknown; /* the signer itself said that there is no such client */
    bool asking;
    unsigned waiting;       /* threads that look at this slot: it stays */
    struct sg_arena *arena; /* of the question on its way */
    size_t n_id;
    char id[];
};

struct peer_registry {
    struct peer *signer;
    pthread_mutex_t lock; /* guards all below; never held while asking */
    pthread_cond_t walked;

    struct key_entry *all_keys;
    const struct key_entry *keys[KEYS_MAX];
    size_t n_keys;
    int64_t keys_asked_us;
    bool walking;
    sg_result walk_result;
    uint64_t walks;
    const struct key_entry
        *found[KEYS_MAX]; /* of the walk that is under way: its call-back alone */
    size_t n_found;
    struct sg_arena *walk_arena;

    struct client_entry *all_clients;
    struct client_slot *slots[CLIENT_BUCKETS];
    size_t n_clients, n_strangers;
};

sg_result
peer_registry_new(struct peer *signer, struct peer_registry **ret)
{
    struct peer_registry *registry = calloc(1, sizeof(*registry));
    SG_REQUIRE(registry != NULL, NO_MEMORY);
    registry->signer = signer;
    registry->walk_arena = sg_arena_new(2048, 8192);
    pthread_mutex_init(&registry->lock, NULL);
    pthread_cond_init(&registry->walked, NULL);
    if (registry->walk_arena == NULL) {
        free(registry);
        SG_FAIL(NO_MEMORY);
    }
    *ret = registry;
    return SG_DONE;
}

void
peer_registry_free(struct peer_registry **slot)
{
    struct peer_registry *registry = *slot;
    if (registry == NULL) {
        return;
    }
    *slot = NULL;
    for (struct key_entry *e = registry->all_keys, *next; e != NULL; e = next) {
        next = e->next;
        free(e);
    }
    for (struct client_entry *e = registry->all_clients, *next; e != NULL; e = next) {
        next = e->next;
        free(e);
    }
    for (size_t i = 0; i < CLIENT_BUCKETS; i++) {
        for (struct client_slot *s = registry->slots[i], *next; s != NULL; s = next) {
            next = s->next;
            sg_arena_free(&s->arena);
            free(s);
        }
    }
    sg_arena_free(&registry->walk_arena);
    free(registry);
}

/* ---- keys ---------------------------------------------------------------------------------------- */

static void walk_step(struct peer_registry *registry, const uint8_t after[WIRE_THUMBPRINT_LEN]);

/* The entry for these reply bytes: one we have, or a new one. */
static sg_result
key_entry_of(struct peer_registry *registry, sg_bytes body, const struct key_entry **ret)
{
    for (const struct key_entry *e = registry->all_keys; e != NULL; e = e->next) {
        if (sg_bytes_equal(sg_bytes_of(e->bytes, e->n), body)) {
            *ret = e;
            return SG_DONE;
        }
    }
    struct key_entry *entry = malloc(sizeof(*entry) + body.n);
    SG_REQUIRE(entry != NULL, NO_MEMORY);
    *entry = (struct key_entry){ .n = body.n };
    memcpy(entry->bytes, body.p, body.n);
    struct wire_key_info_reply info;
    sg_result parsed = wire_key_info_reply_parse(sg_bytes_of(entry->bytes, body.n), &info);
    if (!sg_ok(parsed) || info.key.n != WIRE_THUMBPRINT_LEN) {
        free(entry);
        SG_FAIL(PEER_DOWN);
    }
    entry->created_at = info.created_at;
    struct peer_key *key = &entry->pub;
    key->label = info.label;
    memcpy(key->thumbprint, info.key.p, WIRE_THUMBPRINT_LEN);
    key->alg = info.alg;
    key->spki = info.spki;
    key->state = info.state;
    key->purpose = info.purpose;
    key->level = info.level;
    memcpy(key->chain, info.chain, sizeof(key->chain));
    key->n_chain = info.n_chain;
    key->status = info.status;
    pthread_mutex_lock(&registry->lock);
    entry->next = registry->all_keys;
    registry->all_keys = entry;
    pthread_mutex_unlock(&registry->lock);
    *ret = entry;
    return SG_DONE;
}

static void
walk_end(struct peer_registry *registry, sg_result result)
{
    pthread_mutex_lock(&registry->lock);
    if (sg_ok(result)) {
        memcpy(registry->keys, registry->found, sizeof(registry->keys));
        registry->n_keys = registry->n_found;
    }
    registry->keys_asked_us = peer_now_us(); /* also after a failure: not at every look-up */
    registry->walk_result = result;
    registry->walking = false;
    registry->walks++;
    pthread_cond_broadcast(&registry->walked);
    pthread_mutex_unlock(&registry->lock);
}

static void
walk_answer(void *context, sg_result result, const struct wire_frame *reply)
{
    struct peer_registry *registry = context;
    if (result.code == SG_E_NOT_FOUND) {
        walk_end(registry, SG_DONE);
        return;
    }
    const struct key_entry *entry = NULL;
    if (sg_ok(result)) {
        result = key_entry_of(registry, reply->body, &entry);
    }
    if (sg_ok(result) && registry->n_found == KEYS_MAX) {
        result = SG_ERROR(FULL);
    }
    if (!sg_ok(result)) {
        walk_end(registry, result);
        return;
    }
    registry->found[registry->n_found++] = entry;
    walk_step(registry, entry->pub.thumbprint);
}

static void
walk_step(struct peer_registry *registry, const uint8_t after[WIRE_THUMBPRINT_LEN])
{
    uint8_t from[WIRE_THUMBPRINT_LEN];
    memcpy(from, after, sizeof(from));
    sg_arena_reset(registry->walk_arena);
    struct wire_key_info ask = { .after = SG_BYTES(from) };
    uint64_t id = peer_next_id(registry->signer);
    struct sg_buf buf = sg_buf_new(registry->walk_arena, 128, 1024);
    wire_key_info_encode(&buf, id, &ask);
    sg_bytes frame = SG_NO_BYTES;
    SG_IGNORE(
        sg_buf_end(&buf, &frame)); /* an empty frame is refused by peer_ask, and so ends the walk */
    peer_ask(registry->signer, id, frame, ASK_MS, walk_answer, registry);
}

/* True: the caller walks now. Lock held. */
static bool
walk_wanted(struct peer_registry *registry, bool force)
{
    bool old = peer_now_us() - registry->keys_asked_us > PEER_KEY_TTL_MS * 1000;
    if (registry->walking || (!old && !force)) {
        return false;
    }
    registry->walking = true;
    registry->n_found = 0;
    return true;
}

static const uint8_t from_start[WIRE_THUMBPRINT_LEN];

sg_result
peer_registry_load(struct peer_registry *registry)
{
    pthread_mutex_lock(&registry->lock);
    uint64_t walks = registry->walks;
    bool walk = walk_wanted(registry, true);
    pthread_mutex_unlock(&registry->lock);
    if (walk) {
        walk_step(registry, from_start);
    }
    pthread_mutex_lock(&registry->lock);
    while (registry->walks == walks) {
        pthread_cond_wait(&registry->walked, &registry->lock);
    }
    sg_result result = registry->walk_result;
    pthread_mutex_unlock(&registry->lock);
    return result;
}

/* Is `a` the better answer for a label: active before others, then younger. */
static bool
better(const struct key_entry *a, const struct key_entry *b)
{
    bool a_active = a->pub.state == WIRE_KEY_ACTIVE;
    bool b_active = b->pub.state == WIRE_KEY_ACTIVE;
    return a_active != b_active ? a_active : a->created_at > b->created_at;
}

sg_result
peer_key_find(struct peer_registry *registry, sg_str label, const struct peer_key **ret)
{
    const struct key_entry *best = NULL;
    pthread_mutex_lock(&registry->lock);
    for (size_t i = 0; i < registry->n_keys; i++) {
        const struct key_entry *entry = registry->keys[i];
        if (entry->pub.state != WIRE_KEY_DESTROYED && sg_str_equal(entry->pub.label, label) &&
            (best == NULL || better(entry, best))) {
            best = entry;
        }
    }
    bool walk = walk_wanted(registry, false);
    pthread_mutex_unlock(&registry->lock);
    if (walk) {
        walk_step(registry, from_start);
    }
    SG_REQUIRE(best != NULL, NOT_FOUND);
    *ret = &best->pub;
    return SG_DONE;
}

sg_result
peer_key_by_thumbprint(struct peer_registry *registry,
    const uint8_t thumbprint[WIRE_THUMBPRINT_LEN], const struct peer_key **ret)
{
    const struct key_entry *hit = NULL;
    pthread_mutex_lock(&registry->lock);
    for (size_t i = 0; i < registry->n_keys && hit == NULL; i++) {
        const struct key_entry *entry = registry->keys[i];
        bool same = memcmp(entry->pub.thumbprint, thumbprint, WIRE_THUMBPRINT_LEN) == 0;
        hit = same ? entry : NULL;
    }
    bool walk = walk_wanted(registry, false);
    pthread_mutex_unlock(&registry->lock);
    if (walk) {
        walk_step(registry, from_start);
    }
    SG_REQUIRE(hit != NULL, NOT_FOUND);
    *ret = &hit->pub;
    return SG_DONE;
}

size_t
peer_keys(struct peer_registry *registry, const struct peer_key **ret, size_t max)
{
    pthread_mutex_lock(&registry->lock);
    size_t n = registry->n_keys;
    for (size_t i = 0; i < n && i < max; i++) {
        ret[i] = &registry->keys[i]->pub;
    }
    bool walk = walk_wanted(registry, false);
    pthread_mutex_unlock(&registry->lock);
    if (walk) {
        walk_step(registry, from_start);
    }
    return n;
}

/* ---- clients -------------------------------------------------------------------------------------- */

static struct client_slot **
bucket_of(struct peer_registry *registry, sg_str id)
{
    uint64_t h =
        UINT64_C(14695981039346656037); /* FNV-1a; ids are short and their number is bounded */
    for (size_t i = 0; i < id.n; i++) {
        h = (h ^ (uint8_t)id.p[i]) * UINT64_C(1099511628211);
    }
    return &registry->slots[h % CLIENT_BUCKETS];
}

static struct client_slot *
slot_find(struct peer_registry *registry, sg_str id)
{
    struct client_slot *slot = *bucket_of(registry, id);
    while (slot != NULL && !sg_str_equal(sg_str_of(slot->id, slot->n_id), id)) {
        slot = slot->next;
    }
    return slot;
}

static sg_result
client_entry_of(const struct client_entry *have, sg_bytes body, struct client_entry **ret_new)
{
    *ret_new = NULL;
    if (have != NULL && sg_bytes_equal(sg_bytes_of(have->bytes, have->n), body)) {
        return SG_DONE;
    }
    struct client_entry *entry = malloc(sizeof(*entry) + body.n);
    SG_REQUIRE(entry != NULL, NO_MEMORY);
    *entry = (struct client_entry){ .n = body.n };
    memcpy(entry->bytes, body.p, body.n);
    struct wire_client_info_reply info;
    if (!sg_ok(wire_client_info_reply_parse(sg_bytes_of(entry->bytes, body.n), &info))) {
        free(entry);
        SG_FAIL(PEER_DOWN);
    }
    memcpy(entry->mandates, info.mandates, sizeof(entry->mandates));
    entry->pub = (struct peer_client){ .client = info.client,
        .alg = info.alg,
        .spki = info.spki,
        .active = info.active,
        .mandates = entry->mandates,
        .n_mandates = info.n_mandates };
    *ret_new = entry;
    return SG_DONE;
}

/* What the signer said about this client, kept in its slot. NOT_FOUND is an answer too. */
static sg_result
slot_take(struct client_slot *slot, sg_result result, const struct wire_frame *reply)
{
    struct peer_registry *registry = slot->registry;
    struct client_entry *entry = NULL;
    if (sg_ok(result)) {
        result = client_entry_of(slot->entry, reply->body, &entry);
    }
    pthread_mutex_lock(&registry->lock);
    if (entry != NULL) {
        entry->next = registry->all_clients;
        registry->all_clients = entry;
        slot->entry = entry;
    } else if (result.code == SG_E_NOT_FOUND) {
        slot->entry = NULL;
    }
    slot->unknown = result.code == SG_E_NOT_FOUND; /* a signer that is gone says nothing */
    slot->asked_us = peer_now_us();
    slot->asking = false;
    pthread_cond_broadcast(&registry->walked);
    pthread_mutex_unlock(&registry->lock);
    return result;
}

static void
slot_answer(void *context, sg_result result, const struct wire_frame *reply)
{
    SG_IGNORE(slot_take(context, result, reply)); /* whoever waits looks into the slot */
}

/* One question per client at a time; slot->asking is ours. */
static void
slot_ask(struct client_slot *slot)
{
    sg_arena_reset(slot->arena);
    struct wire_client_info ask = { .client = sg_str_of(slot->id, slot->n_id) };
    uint64_t id = peer_next_id(slot->registry->signer);
    struct sg_buf buf = sg_buf_new(slot->arena, 256, 1024);
    wire_client_info_encode(&buf, id, &ask);
    sg_bytes frame = SG_NO_BYTES;
    SG_IGNORE(sg_buf_end(&buf, &frame)); /* an empty frame is refused by peer_ask */
    peer_ask(slot->registry->signer, id, frame, ASK_MS, slot_answer, slot);
}

/* A slot for a client not asked for before. Lock held. */
static sg_result
slot_new(struct peer_registry *registry, sg_str id, struct client_slot **ret)
{
    SG_REQUIRE(registry->n_clients < PEER_CLIENTS_MAX, FULL);
    struct client_slot *slot = malloc(sizeof(*slot) + id.n);
    struct sg_arena *arena = sg_arena_new(512, 4096);
    if (slot == NULL || arena == NULL) {
        sg_arena_free(&arena);
        free(slot);
        SG_FAIL(NO_MEMORY);
    }
    *slot = (struct client_slot){ .registry = registry, .arena = arena, .n_id = id.n };
    memcpy(slot->id, id.p, id.n);
    struct client_slot **bucket = bucket_of(registry, id);
    slot->next = *bucket;
    *bucket = slot;
    registry->n_clients++;
    *ret = slot;
    return SG_DONE;
}

/* Names that nobody has, guessed by strangers, give their room back. Lock held. */
static void
forget_strangers(struct peer_registry *registry)
{
    for (size_t i = 0; i < CLIENT_BUCKETS; i++) {
        struct client_slot **at = &registry->slots[i];
        while (*at != NULL) {
            struct client_slot *slot = *at;
            if (slot->entry != NULL || slot->asking || slot->waiting > 0) {
                at = &slot->next;
                continue;
            }
            *at = slot->next;
            registry->n_clients--;
            sg_arena_free(&slot->arena);
            free(slot);
        }
    }
}

/* The answer in the slot. Lock held. */
static sg_result
slot_result(const struct client_slot *slot, const struct peer_client **ret)
{
    SG_REQUIRE(slot->asked_us != 0, PEER_DOWN);
    SG_REQUIRE(slot->entry != NULL || slot->unknown, PEER_DOWN);
    SG_REQUIRE(slot->entry != NULL, NOT_FOUND);
    *ret = &slot->entry->pub;
    return SG_DONE;
}

sg_result
peer_client_get(struct peer_registry *registry, sg_str client, const struct peer_client **ret)
{
    SG_REQUIRE(client.n > 0 && client.n <= WIRE_NAME_MAX, NOT_FOUND);
    pthread_mutex_lock(&registry->lock);
    struct client_slot *slot = slot_find(registry, client);
    if (slot == NULL) {
        if (registry->n_clients >= STRANGERS_MAX) {
            forget_strangers(registry);
        }
        sg_result made = slot_new(registry, client, &slot);
        if (!sg_ok(made)) {
            pthread_mutex_unlock(&registry->lock);
            return made;
        }
    }
    bool old = peer_now_us() - slot->asked_us > PEER_CLIENT_TTL_MS * 1000;
    bool ask = old && !slot->asking;
    if (ask) {
        slot->asking = true;
    }
    /* an answer that says "unknown", or none, is not good enough to go on with; an old client is */
    bool wait = slot->asking && slot->entry == NULL && !peer_is_reader();
    slot->waiting++;
    pthread_mutex_unlock(&registry->lock);
    if (ask) {
        slot_ask(slot);
    }
    pthread_mutex_lock(&registry->lock);
    while (wait && slot->asking) {
        pthread_cond_wait(&registry->walked, &registry->lock);
    }
    slot->waiting--;
    sg_result result = slot_result(slot, ret);
    pthread_mutex_unlock(&registry->lock);
    return result;
}

sg_result
peer_mandate_find(const struct peer_client *client, sg_bytes key, uint64_t operation,
    sg_str configuration, int64_t now, const struct wire_mandate **ret)
{
    for (size_t i = 0; i < client->n_mandates; i++) {
        const struct wire_mandate *mandate = &client->mandates[i];
        if (mandate->operation != operation || !sg_bytes_equal(mandate->key, key) ||
            mandate->count == 0 || now < mandate->not_before || now >= mandate->not_after) {
            continue;
        }
        bool covered = configuration.n == 0 && mandate->n_configurations == 0;
        for (size_t k = 0; k < mandate->n_configurations && !covered; k++) {
            covered = sg_str_equal(mandate->configurations[k], configuration);
        }
        if (covered) {
            *ret = mandate;
            return SG_DONE;
        }
    }
    SG_FAIL(MANDATE);
}

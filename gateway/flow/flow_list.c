/*
 * Our own status lists (req: STA-1, STA-2): indexes for new credentials, publication. The background thread alone signs; requests only
 * take indexes and read signed bytes.
 */
#include "flow_internal.h"

#include <sodium.h>
#include <stdlib.h>
#include <zlib.h>

#include "sg_secret.h"
#include "sg_text.h"

#define BLOCK \
    4096 /* indexes reserved at once: one sync per so many credentials; lost at most per restart */
#define LIST_ARENA_MAX ((size_t)12 * 1024 * 1024)
#define RETRY_MIN_MS 250
#define RETRY_MAX_MS 5000

/* Signed bytes, counted: a list may be replaced while an answer still reads the old one. */
struct flow_token {
    struct flow_list_token view; /* first: handed out */
    atomic_uint refs;
};

static void
token_drop(struct flow_token *token)
{
    if (token != NULL && atomic_fetch_sub(&token->refs, 1) == 1) {
        free((void *)(uintptr_t)token->view.jwt.p);
        free((void *)(uintptr_t)token->view.gzip.p);
        free(token);
    }
}

void
flow_list_release(const struct flow_list_token **token)
{
    if (token != NULL && *token != NULL) {
        token_drop((struct flow_token *)(uintptr_t)*token);
        *token = NULL;
    }
}

/* ---- finding ------------------------------------------------------------------------------------------------ */

struct flow_list *
flow_list_by_name(struct flow *flow, sg_str name)
{
    size_t n = atomic_load(&flow->n_lists);
    for (size_t i = 0; i < n; i++) {
        if (sg_str_is(name, flow->lists[i]->name)) {
            return flow->lists[i];
        }
    }
    return NULL;
}

struct flow_list *
flow_list_by_uri(struct flow *flow, sg_str uri)
{
    sg_str base = flow->settings.base;
    if (uri.n <= base.n || memcmp(uri.p, base.p, base.n) != 0) {
        return NULL;
    }
    sg_str rest = sg_str_slice(uri, base.n, uri.n);
    return sg_str_starts(rest, "/status/") ? flow_list_by_name(flow, sg_str_slice(rest, 8, rest.n))
                                           : NULL;
}

/* The newest list of a group: later ones are made when the one before is full. */
static struct flow_list *
newest(struct flow *flow, sg_str group)
{
    for (size_t i = atomic_load(&flow->n_lists); i > 0; i--) {
        if (sg_str_is(group, flow->lists[i - 1]->group)) {
            return flow->lists[i - 1];
        }
    }
    return NULL;
}

sg_result
flow_list_hold(struct flow *flow, sg_str name, const struct flow_list_token **ret)
{
    struct flow_list *list = flow_list_by_name(flow, name);
    SG_REQUIRE(list != NULL, NOT_FOUND);
    pthread_mutex_lock(&list->lock);
    struct flow_token *token = list->token;
    if (token != NULL) {
        atomic_fetch_add(&token->refs, 1);
    }
    pthread_mutex_unlock(&list->lock);
    SG_REQUIRE(token != NULL, NOT_READY);
    *ret = &token->view;
    return SG_DONE;
}

/* ---- indexes -------------------------------------------------------------------------------------------------- */

static sg_result
reserve(struct flow *flow, struct flow_list *list)
{
    uint64_t first, end;
    SG_TRY(store_list_reserve(flow->store, sg_cstr(list->name), BLOCK, &first, &end));
    tsl_alloc_grant(list->alloc, end);
    return SG_DONE;
}

static void
refill_run(struct flow_task *task)
{
    struct flow_list *list =
        (struct flow_list *)(void *)((char *)task - offsetof(struct flow_list, refill));
    /* When it fails, the next taker tries in its own thread and says so. */
    SG_IGNORE(reserve(task->flow, list));
    atomic_store(&list->refilling, false);
}

static sg_result list_make(struct flow *flow, sg_str group, sg_str name);

/* Under lists_lock: somebody else may have helped meanwhile. */
static sg_result
more(struct flow *flow, sg_str group, struct flow_list *seen)
{
    struct flow_list *list = newest(flow, group);
    SG_REQUIRE(list != NULL, NOT_FOUND);
    if (list != seen || tsl_alloc_ready(list->alloc) > 0) {
        return SG_DONE;
    }
    sg_result r = reserve(flow, list);
    if (r.code != SG_E_FULL) {
        return r;
    }
    unsigned number = 2;
    sg_str dot = sg_cstr(strchr(list->name, '.'));
    if (dot.n > 1) {
        number = (unsigned)atoi(dot.p + 1) + 1;
    }
    char name[FLOW_LIST_NAME_MAX + 1];
    int n = snprintf(name, sizeof(name), "%.*s.%u", SG_PRINT(group), number);
    SG_REQUIRE(n > 0 && (size_t)n < sizeof(name), TOO_LARGE);
    SG_TRY(list_make(flow, group, sg_cstr(name)));
    return reserve(flow, newest(flow, group));
}

sg_result
flow_list_take(struct flow *flow, sg_str group, const struct flow_list **ret, uint64_t *ret_idx)
{
    for (unsigned tries = 0; tries < 4; tries++) {
        struct flow_list *list = newest(flow, group);
        SG_REQUIRE(list != NULL, NOT_FOUND);
        sg_result r = tsl_alloc_take(list->alloc, ret_idx);
        if (sg_ok(r)) {
            *ret = list;
            if (tsl_alloc_ready(list->alloc) < BLOCK / 2 &&
                !atomic_exchange(&list->refilling, true)) {
                flow_later(flow, &list->refill);
            }
            return SG_DONE;
        }
        SG_REQUIRE(r.code == SG_E_PENDING || r.code == SG_E_FULL, INTERNAL);
        pthread_mutex_lock(&flow->lists_lock);
        r = more(flow, group, list);
        pthread_mutex_unlock(&flow->lists_lock);
        SG_TRY(r);
    }
    SG_FAIL(TOO_MANY);
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

static sg_result
load_values(struct flow_list *list, sg_bytes body)
{
    unsigned per_byte = 8 / tsl_board_bits(list->board);
    struct tsl_view view = { tsl_board_bits(list->board), body };
    for (size_t i = 0; i < body.n; i++) {
        if (body.p[i] == 0) {
            continue;
        }
        for (uint64_t idx = i * per_byte; idx < (i + 1) * per_byte; idx++) {
            uint8_t value;
            SG_TRY(tsl_get(&view, idx, &value));
            if (value != TSL_VALID) {
                SG_TRY(tsl_board_load(list->board, idx, value));
            }
        }
    }
    return SG_DONE;
}

static void signed_run(struct flow_task *task);

static sg_result
list_add(struct flow *flow, const struct store_list *row)
{
    size_t n = atomic_load(&flow->n_lists);
    SG_REQUIRE(n < FLOW_LISTS_MAX && row->name.n <= FLOW_LIST_NAME_MAX, FULL);
    SG_REQUIRE(row->key.n == TSL_PERM_KEY_LEN, VALUE);
    struct flow_list *list = calloc(1, sizeof(*list));
    SG_REQUIRE(list != NULL, NO_MEMORY);
    pthread_mutex_init(&list->lock, NULL);
    flow->lists[n] = list; /* flow_lists_close frees it from here on, visible to others or not */
    list->flow = flow;
    memcpy(list->name, row->name.p, row->name.n);
    memcpy(list->group, row->name.p, sg_str_index(row->name, '.', 0));
    list->refill.run = refill_run;
    list->refill.flow = flow;
    list->signed_task.run = signed_run;
    list->signed_task.flow = flow;
    struct tsl_board_settings settings = {
        .uri = row->uri,
        .bits = (unsigned)row->bits,
        .entries = row->size,
        .ttl_s = flow->settings.list_ttl_s,
        .life_s = flow->settings.list_life_s,
    };
    SG_TRY(tsl_board_new(&settings, &list->board));
    SG_TRY(tsl_alloc_new(row->key.p, row->size, row->reserved, &list->alloc));
    SG_TRY(load_values(list, row->body));
    atomic_store(&flow->n_lists, n + 1);
    return SG_DONE;
}

static sg_result
list_load(struct flow *flow, sg_str name)
{
    struct sg_arena *arena = sg_arena_new(0, 8 * 1024 * 1024);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    struct store_list row;
    sg_result r = store_list_get(flow->store, name, arena, &row);
    if (sg_ok(r)) {
        r = list_add(flow, &row);
    }
    sg_arena_free(&arena);
    return r;
}

static sg_result
list_make(struct flow *flow, sg_str group, sg_str name)
{
    (void)group;
    uint8_t key[TSL_PERM_KEY_LEN];
    char uri[1200];
    int n = snprintf(
        uri, sizeof(uri), "%.*s/status/%.*s", SG_PRINT(flow->settings.base), SG_PRINT(name));
    SG_REQUIRE(n > 0 && (size_t)n < sizeof(uri), TOO_LARGE);
    size_t len;
    SG_TRY(tsl_raw_len(TSL_BOARD_BITS, flow->settings.list_size, &len));
    uint8_t *zeros = calloc(1, len);
    SG_REQUIRE(zeros != NULL, NO_MEMORY);
    randombytes_buf(key, sizeof(key));
    struct store_list row = {
        .name = name,
        .uri = sg_cstr(uri),
        .bits = TSL_BOARD_BITS,
        .size = flow->settings.list_size,
        .key = SG_BYTES(key),
        .body = sg_bytes_of(zeros, len),
    };
    sg_result r = store_list_put(flow->store, &row);
    free(zeros);
    sg_wipe(key, sizeof(key));
    SG_TRY(r);
    return list_load(flow, name);
}

sg_result
flow_lists_open(struct flow *flow)
{
    sg_str *names;
    size_t n;
    struct sg_arena *arena = sg_arena_new(0, 1024 * 1024);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    sg_result r = store_list_names(flow->store, arena, &names, &n);
    for (size_t i = 0; sg_ok(r) && i < n; i++) {
        r = list_load(flow, names[i]);
    }
    sg_arena_free(&arena);
    SG_TRY(r);
    if (newest(flow, SG_LIT(FLOW_KEYS_LIST)) == NULL) {
        SG_TRY(list_make(flow, SG_LIT(FLOW_KEYS_LIST), SG_LIT(FLOW_KEYS_LIST)));
    }
    for (size_t i = 0; i < flow->configs.n; i++) {
        sg_str group = flow->configs.items[i].status_list;
        if (group.n > 0 && newest(flow, group) == NULL) {
            SG_TRY(list_make(flow, group, group));
        }
    }
    return SG_DONE;
}

void
flow_lists_close(struct flow *flow)
{
    for (size_t i = 0; i < FLOW_LISTS_MAX && flow->lists[i] != NULL; i++) {
        struct flow_list *list = flow->lists[i];
        token_drop(list->token);
        sg_arena_free(&list->arena);
        tsl_board_free(&list->board);
        tsl_alloc_free(&list->alloc);
        pthread_mutex_destroy(&list->lock);
        free(list);
    }
}

/* ---- signing ---------------------------------------------------------------------------------------------------- */

static sg_result
gzip(sg_bytes in, sg_bytes *ret)
{
    z_stream z = { 0 };
    SG_REQUIRE(in.n <= JWS_MAX, TOO_LARGE);
    SG_REQUIRE(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, NO_MEMORY);
    uLong max = deflateBound(&z, (uLong)in.n);
    uint8_t *out = malloc(max);
    z.next_in = (Bytef *)(uintptr_t)in.p;
    z.avail_in = (uInt)in.n;
    z.next_out = out;
    z.avail_out = (uInt)max;
    int end = out == NULL ? Z_MEM_ERROR : deflate(&z, Z_FINISH);
    size_t n = z.total_out;
    deflateEnd(&z);
    if (end != Z_STREAM_END) {
        free(out);
        SG_FAIL(NO_MEMORY);
    }
    *ret = sg_bytes_of(out, n);
    return SG_DONE;
}

static sg_result
publish(struct flow *flow, struct flow_list *list)
{
    sg_str jwt;
    SG_TRY(list->result);
    SG_TRY(jws_attach(
        list->arena, list->signing_input, sg_bytes_of(list->signature, list->signature_n), &jwt));
    struct flow_token *token = calloc(1, sizeof(*token));
    char *copy = malloc(jwt.n);
    sg_bytes packed = SG_NO_BYTES;
    sg_result r =
        token == NULL || copy == NULL ? SG_ERROR(NO_MEMORY) : gzip(sg_str_bytes(jwt), &packed);
    if (!sg_ok(r)) {
        free(token);
        free(copy);
        return r;
    }
    memcpy(copy, jwt.p, jwt.n);
    token->view = (struct flow_list_token){
        .jwt = sg_bytes_of(copy, jwt.n),
        .gzip = packed,
        .iat = list->iat,
        .exp = list->iat + flow->settings.list_life_s,
        .ttl_s = flow->settings.list_ttl_s,
    };
    uint8_t hash[SG_SHA256_LEN];
    sg_sha256(sg_str_bytes(jwt), hash);
    memcpy(token->view.etag, "W/\"", 3);
    sg_hex_to(sg_bytes_of(hash, 16), token->view.etag + 3);
    token->view.etag[35] = '"';
    atomic_init(&token->refs, 1);
    pthread_mutex_lock(&list->lock);
    struct flow_token *old = list->token;
    list->token = token;
    pthread_mutex_unlock(&list->lock);
    token_drop(old);
    tsl_board_signed(list->board, list->version, list->iat);
    return SG_DONE;
}

static int64_t
monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
attempt_over(struct flow_list *list, sg_result r)
{
    list->signing = false;
    sg_arena_free(&list->arena);
    if (sg_ok(r)) {
        list->failures = 0;
        list->retry_ms = 0;
        return;
    }
    int64_t wait = (int64_t)RETRY_MIN_MS << (list->failures < 5 ? list->failures : 5);
    list->failures++;
    list->retry_ms = monotonic_ms() + (wait < RETRY_MAX_MS ? wait : RETRY_MAX_MS);
}

static void
signed_run(struct flow_task *task)
{
    struct flow_list *list =
        (struct flow_list *)(void *)((char *)task - offsetof(struct flow_list, signed_task));
    attempt_over(list, publish(task->flow, list));
}

/* In the peer's reader thread: only keep the signature. */
static void
list_sealed(void *context, sg_result r, const struct wire_frame *frame)
{
    struct flow_list *list = context;
    list->signature_n = 0;
    if (sg_ok(r)) {
        struct wire_seal_reply *reply = calloc(1, sizeof(*reply));
        r = reply == NULL ? SG_ERROR(NO_MEMORY) : wire_seal_reply_parse(frame->body, reply);
        if (sg_ok(r) &&
            (reply->n_signatures != 1 || reply->signatures[0].n > sizeof(list->signature))) {
            r = SG_ERROR(INTERNAL);
        }
        if (sg_ok(r)) {
            list->signature_n = reply->signatures[0].n;
            memcpy(list->signature, reply->signatures[0].p, list->signature_n);
        }
        free(reply);
    }
    list->result = r;
    flow_later(list->flow, &list->signed_task);
}

static sg_result
list_intent(struct flow_list *list, const struct peer_key *key, const struct jose_alg *alg,
    int64_t now, sg_bytes *ret)
{
    uint8_t *digest = sg_arena_alloc(list->arena, SG_HASH_MAX);
    uint8_t *unique = sg_arena_alloc(list->arena, 16);
    struct wire_intent *intent = SG_NEW(list->arena, struct wire_intent);
    SG_REQUIRE(digest != NULL && unique != NULL && intent != NULL, NO_MEMORY);
    enum sg_hash_alg hash = alg->prehash ? alg->hash : SG_SHA512;
    sg_hash(hash, sg_str_bytes(list->signing_input), digest);
    randombytes_buf(unique, 16);
    intent->operation = WIRE_OP_STATUS_LIST;
    intent->key = SG_BYTES(key->thumbprint);
    intent->alg = key->alg;
    intent->n_dtbs = 1;
    intent->dtbs[0].kind = alg->prehash ? WIRE_PREHASH : WIRE_MESSAGE_KIND;
    intent->dtbs[0].digest = sg_bytes_of(digest, sg_hash_len(hash));
    intent->requester = SG_LIT(FLOW_GATEWAY_CLIENT);
    intent->format = SG_LIT(TSL_TYP);
    intent->type = tsl_board_uri(list->board);
    intent->created_at = now;
    intent->expires_at = now + FLOW_INTENT_LIFE_S;
    intent->unique = sg_bytes_of(unique, 16);
    return wire_intent_encode(list->arena, intent, ret);
}

static sg_result
sign_begin(struct flow *flow, struct flow_list *list, int64_t now)
{
    const struct peer_key *key;
    const struct peer_client *self;
    const struct wire_mandate *mandate;
    SG_TRY(peer_key_find(flow->registry, flow->settings.status_key, &key));
    const struct jose_alg *alg = jose_alg_by_id((enum jose_alg_id)key->alg);
    SG_REQUIRE(alg != NULL && key->purpose == WIRE_PURPOSE_STATUS_LIST, KEY_USE);
    SG_TRY(peer_client_get(flow->registry, SG_LIT(FLOW_GATEWAY_CLIENT), &self));
    SG_TRY(peer_mandate_find(
        self, SG_BYTES(key->thumbprint), WIRE_OP_STATUS_LIST, SG_NO_STR, now, &mandate));

    list->arena = sg_arena_new(0, LIST_ARENA_MAX);
    SG_REQUIRE(list->arena != NULL, NO_MEMORY);
    sg_bytes payload, intent;
    sg_str header, kid;
    SG_TRY(tsl_board_payload(list->board, list->arena, now, &payload, &list->version));
    SG_TRY(sg_b64url_encode(list->arena, SG_BYTES(key->thumbprint), &kid));
    SG_TRY(tsl_header_build(list->arena, alg->id, kid, key->chain, key->n_chain, &header));
    SG_TRY(jws_signing_input(list->arena, header, payload, &list->signing_input));
    SG_TRY(list_intent(list, key, alg, now, &intent));
    struct wire_seal *seal = SG_NEW(list->arena, struct wire_seal);
    SG_REQUIRE(seal != NULL, NO_MEMORY);
    seal->intent = intent;
    seal->mandate = mandate->id;
    if (!alg->prehash) {
        seal->messages[0] = sg_str_bytes(list->signing_input);
        seal->n_messages = 1;
    }
    list->iat = now;
    peer_seal(flow->signer, list->arena, seal, flow->settings.signer_timeout_ms, list_sealed, list);
    return SG_DONE;
}

bool
flow_lists_busy(struct flow *flow)
{
    size_t n = atomic_load(&flow->n_lists);
    for (size_t i = 0; i < n; i++) {
        if (flow->lists[i]->signing) {
            return true;
        }
    }
    return false;
}

void
flow_lists_round(struct flow *flow, int64_t now, int64_t now_ms)
{
    size_t n = atomic_load(&flow->n_lists);
    for (size_t i = 0; i < n; i++) {
        struct flow_list *list = flow->lists[i];
        if (list->signing || now_ms < list->retry_ms || !tsl_board_due(list->board, now)) {
            continue;
        }
        /* changes that follow one another share a signature, within half of the time that is promised */
        if (list->iat > 0 && list->failures == 0 && now >= list->iat &&
            now < list->iat + flow->settings.publish_s / 2) {
            continue;
        }
        list->signing = true;
        sg_result r = sign_begin(flow, list, now);
        if (!sg_ok(r)) {
            attempt_over(list, r);
        }
    }
}

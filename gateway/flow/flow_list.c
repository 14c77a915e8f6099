/*
 * Our own status lists (req: STA-1, STA-2): opening them, indexes for new credentials, holding what is served. Signing is flow_list_sign.c's.
 */
#include "flow_internal.h"

#include <sodium.h>
#include <stdlib.h>

#include "sg_secret.h"
#include "sg_text.h"

#define BLOCK \
    4096 /* indexes reserved at once: one sync per so many credentials; lost at most per restart */

void
flow_list_release(const struct flow_list_token **token)
{
    if (token != NULL && *token != NULL) {
        flow_token_drop((struct flow_token *)(uintptr_t)*token);
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
    const struct flow_list_token *view = flow_token_hold(list->token);
    pthread_mutex_unlock(&list->lock);
    SG_REQUIRE(view != NULL, NOT_READY);
    *ret = view;
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
    list->signed_task.run = flow_list_signed_run;
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
        flow_token_drop(list->token);
        sg_arena_free(&list->arena);
        tsl_board_free(&list->board);
        tsl_alloc_free(&list->alloc);
        pthread_mutex_destroy(&list->lock);
        free(list);
    }
}

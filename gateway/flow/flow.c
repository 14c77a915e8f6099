/* The flow as a whole: opening, closing, and its background thread. */
#include "flow_internal.h"
#include "flow_proof_types.h"

#include <stdlib.h>
#include <time.h>

#define ARENA_MAX ((size_t)64 * 1024 * 1024)
#define TICK_MS 200
#define STOP_TICK_MS 20
#define SWEEP_EVERY_MS 60000

static sg_result
copy_settings(struct flow *flow, const struct flow_settings *from)
{
    const char *text;
    flow->settings = *from;
    SG_TRY(sg_arena_str(flow->arena, from->base, &flow->settings.base));
    SG_TRY(sg_arena_str(flow->arena, from->status_key, &flow->settings.status_key));
    SG_TRY(sg_arena_str(flow->arena, from->attestation_key, &flow->settings.attestation_key));
    SG_TRY(
        sg_arena_str(flow->arena, from->attestation_storage, &flow->settings.attestation_storage));
    SG_TRY(sg_arena_str(
        flow->arena, from->attestation_authentication, &flow->settings.attestation_authentication));
    SG_TRY(sg_arena_cstr(flow->arena, sg_cstr(from->configurations), &text));
    flow->settings.configurations = text;
    SG_TRY(sg_arena_cstr(flow->arena, sg_cstr(from->log), &text));
    flow->settings.log = text;
    SG_TRY(sg_arena_cstr(flow->arena, sg_cstr(from->contexts), &text));
    flow->settings.contexts = text;
    SG_TRY(
        sg_arena_cstr(flow->arena, sg_cstr(from->attesters == NULL ? "" : from->attesters), &text));
    flow->settings.attesters = text;
    SG_TRY(sg_arena_cstr(flow->arena, sg_cstr(from->schemas == NULL ? "" : from->schemas), &text));
    flow->settings.schemas = text;
    SG_TRY(sg_arena_cstr(flow->arena, sg_cstr(from->crl), &text));
    flow->settings.crl = text;
    SG_TRY(sg_arena_cstr(flow->arena, sg_cstr(from->log_vkey), &text));
    flow->settings.log_vkey = text;
    return SG_DONE;
}

/* A configuration that wants attestations and nobody to believe would refuse every wallet: said at the start, not then. */
static sg_result
check_attesters(const struct flow *flow, struct sg_why *why)
{
    for (size_t i = 0; i < flow->configs.n && flow->attesters.n == 0; i++) {
        if (flow_needs_attester(&flow->configs.items[i])) {
            sg_why_note(
                why, "proof_types_supported: key attestations, and attesters/ is empty", i, 0);
            SG_FAIL(CONFIGURATION);
        }
    }
    return SG_DONE;
}

/* Contexts, schemas, configurations and attesters; the file at fault is copied out: the arena goes with the flow. */
static sg_result
read_files(struct flow *flow, struct sg_why *why, char ret_file[FLOW_FILE_MAX])
{
    sg_str file = SG_NO_STR;
    sg_result r = flow_contexts_read(
        flow->arena, flow->settings.contexts, flow->settings.base, why, &file, &flow->contexts);
    if (sg_ok(r) && flow->settings.schemas[0] != '\0') {
        r = flow_schemas_read(
            flow->arena, flow->settings.schemas, flow->settings.base, why, &file, &flow->schemas);
    }
    if (sg_ok(r)) {
        file = SG_NO_STR;
        r = flow_configs_read(flow->arena, flow->settings.configurations, flow->settings.base, why,
            &file, &flow->configs);
    }
    if (sg_ok(r) && flow->settings.attesters[0] != '\0') {
        file = SG_NO_STR;
        r = flow_attesters_read(flow->arena, flow->settings.attesters, flow->settings.base, why,
            &file, &flow->attesters);
    }
    if (sg_ok(r)) {
        file = SG_NO_STR;
        r = check_attesters(flow, why);
    }
    if (!sg_ok(r) && file.n > 0 && file.n < FLOW_FILE_MAX) {
        memcpy(ret_file, file.p, file.n);
        ret_file[file.n] = '\0';
    }
    return r;
}

static sg_result
open_parts(struct flow *flow, const struct flow_settings *settings, struct sg_why *why,
    char ret_file[FLOW_FILE_MAX])
{
    SG_REQUIRE(settings->batch_max >= 1 && settings->batch_max <= FLOW_BATCH_MAX, VALUE);
    SG_REQUIRE(settings->list_life_s > 0 && settings->list_ttl_s >= 0, VALUE);
    flow->arena = sg_arena_new(0, ARENA_MAX);
    SG_REQUIRE(flow->arena != NULL, NO_MEMORY);
    SG_TRY(copy_settings(flow, settings));
    SG_TRY(read_files(flow, why, ret_file));
    return flow_lists_open(flow);
}

sg_result
flow_open(const struct flow_settings *settings, struct store *store, struct peer *signer,
    struct peer_registry *registry, struct sg_why *why, char ret_file[FLOW_FILE_MAX],
    struct flow **ret)
{
    ret_file[0] = '\0';
    struct flow *flow = calloc(1, sizeof(*flow));
    SG_REQUIRE(flow != NULL, NO_MEMORY);
    flow->store = store;
    flow->signer = signer;
    flow->registry = registry;
    flow->last = &flow->first;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&flow->wake, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&flow->lock, NULL);
    pthread_mutex_init(&flow->lists_lock, NULL);
    pthread_mutex_init(&flow->changes_lock, NULL);
    atomic_init(&flow->orders_due, true); /* what the last run left */
    sg_result r = open_parts(flow, settings, why, ret_file);
    if (!sg_ok(r)) {
        flow_close(&flow);
        return r;
    }
    *ret = flow;
    return SG_DONE;
}

const struct flow_configs *
flow_configurations(const struct flow *flow)
{
    return &flow->configs;
}

const struct flow_schemas *
flow_schemas(const struct flow *flow)
{
    return &flow->schemas;
}

const struct flow_contexts *
flow_contexts(const struct flow *flow)
{
    return &flow->contexts;
}

void
flow_later(struct flow *flow, struct flow_task *task)
{
    task->next = NULL;
    pthread_mutex_lock(&flow->lock);
    *flow->last = task;
    flow->last = &task->next;
    pthread_cond_signal(&flow->wake);
    pthread_mutex_unlock(&flow->lock);
}

static int64_t
clock_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits for tasks or the next tick; the tasks taken, or NULL. */
static struct flow_task *
wait_tasks(struct flow *flow, int64_t until_ms, bool *ret_stop)
{
    struct timespec until = { until_ms / 1000, (until_ms % 1000) * 1000000 };
    pthread_mutex_lock(&flow->lock);
    while (
        flow->first == NULL && (!flow->stop || *ret_stop) && clock_ms(CLOCK_MONOTONIC) < until_ms) {
        pthread_cond_timedwait(&flow->wake, &flow->lock, &until);
    }
    struct flow_task *taken = flow->first;
    flow->first = NULL;
    flow->last = &flow->first;
    *ret_stop = flow->stop;
    pthread_mutex_unlock(&flow->lock);
    return taken;
}

static void
run_all(struct flow_task *task)
{
    while (task != NULL) {
        struct flow_task *next = task->next;
        task->run(task);
        task = next;
    }
}

static void *
background(void *context)
{
    struct flow *flow = context;
    int64_t tick = clock_ms(CLOCK_MONOTONIC);
    int64_t sweep = tick + SWEEP_EVERY_MS;
    /* Stops when no signature of ours is under way: its answer would find nobody. The signer's time-out bounds that. */
    for (bool stop = false; !stop || flow_lists_busy(flow) || flow_orders_busy(flow);) {
        run_all(wait_tasks(flow, tick, &stop));
        int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
        if (stop) {
            tick = now_ms + STOP_TICK_MS;
            continue;
        }
        if (now_ms < tick) {
            continue;
        }
        int64_t now = clock_ms(CLOCK_REALTIME) / 1000;
        flow_orders_round(flow, now, now_ms);
        flow_lists_round(flow, now, now_ms);
        tick = now_ms + TICK_MS;
        if (now_ms >= sweep) {
            uint64_t rows;
            SG_IGNORE(store_sweep(flow->store, now, &rows)); /* again in a minute */
            sweep = now_ms + SWEEP_EVERY_MS;
        }
    }
    return NULL;
}

sg_result
flow_start(struct flow *flow)
{
    SG_REQUIRE(pthread_create(&flow->thread, NULL, background, flow) == 0, NO_MEMORY);
    flow->started = true;
    return SG_DONE;
}

void
flow_close(struct flow **flow_at)
{
    if (flow_at == NULL || *flow_at == NULL) {
        return;
    }
    struct flow *flow = *flow_at;
    if (flow->started) {
        pthread_mutex_lock(&flow->lock);
        flow->stop = true;
        pthread_cond_signal(&flow->wake);
        pthread_mutex_unlock(&flow->lock);
        pthread_join(flow->thread, NULL);
    }
    run_all(flow->first);
    flow_lists_close(flow);
    for (size_t i = 0; i < FLOW_CONFIGS_MAX; i++) {
        struct flow_head *head = atomic_load(&flow->heads[i]);
        flow_head_free(&head);
    }
    for (struct flow_head *head = atomic_load(&flow->retired); head != NULL;) {
        struct flow_head *next = head->retired;
        flow_head_free(&head);
        head = next;
    }
    flow_configs_done(&flow->configs);
    flow_contexts_done(&flow->contexts);
    sg_arena_free(&flow->arena);
    pthread_cond_destroy(&flow->wake);
    pthread_mutex_destroy(&flow->lock);
    pthread_mutex_destroy(&flow->lists_lock);
    pthread_mutex_destroy(&flow->changes_lock);
    free(flow);
    *flow_at = NULL;
}

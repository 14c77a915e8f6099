#include <stdlib.h>

#include "sg_secret.h"
#include "store_inner.h"

static void
close_all(struct store *store)
{
    for (size_t i = 0; i < STORE_READERS; i++) {
        store_db_close(&store->readers[i]);
    }
    store_db_close(&store->mover.db);
    store_db_close(&store->writer);
    sg_wipe(store->vault_key, sizeof(store->vault_key));
    free(store);
}

static sg_result
open_all(struct store *store, const char *path, const char *environment, struct sg_why *why)
{
    SG_TRY(store_db_open(path, true, &store->writer, why));
    SG_TRY(store_schema_check(&store->writer, environment, why));
    SG_TRY(store_index_resume(store));
    SG_TRY(store_db_open(path, false, &store->mover.db, why));
    for (size_t i = 0; i < STORE_READERS; i++) {
        SG_TRY(store_db_open(path, false, &store->readers[i], why));
        store->free_readers[store->n_free++] = &store->readers[i];
    }
    return SG_DONE;
}

sg_result
store_open(const char *path, const char *environment, struct store **ret, struct sg_why *why)
{
    struct store *store = calloc(1, sizeof(*store));
    SG_REQUIRE(store != NULL, NO_MEMORY);
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->more, NULL);
    pthread_mutex_init(&store->readers_lock, NULL);
    pthread_cond_init(&store->reader_free, NULL);
    store_mover_init(&store->mover);
    atomic_store(&store->healthy, true);
    sg_result result = open_all(store, path, environment, why);
    if (!sg_ok(result)) {
        close_all(store);
        return result;
    }
    *ret = store;
    return SG_DONE;
}

sg_result
store_start(struct store *store)
{
    SG_TRY(store_mover_start(&store->mover));
    return store_writer_start(store);
}

void
store_close(struct store **slot)
{
    if (*slot == NULL) {
        return;
    }
    store_writer_stop(*slot);
    store_mover_stop(&(*slot)->mover);
    close_all(*slot);
    *slot = NULL;
}

void
store_figures_get(struct store *store, struct store_figures *ret)
{
    *ret = (struct store_figures){
        .commits = atomic_load(&store->commits),
        .changes = atomic_load(&store->changes),
        .failures = atomic_load(&store->failures),
        .commit_us_sum = atomic_load(&store->commit_us_sum),
        .commit_us_max = atomic_load(&store->commit_us_max),
        .moves = atomic_load(&store->mover.moves),
        .move_failures = atomic_load(&store->mover.failures),
        .healthy = atomic_load(&store->healthy),
    };
}

struct store_reader
store_reader_take(struct store *store)
{
    pthread_mutex_lock(&store->readers_lock);
    while (store->n_free == 0) {
        pthread_cond_wait(&store->reader_free, &store->readers_lock);
    }
    struct store_reader reader = { store, store->free_readers[--store->n_free] };
    pthread_mutex_unlock(&store->readers_lock);
    return reader;
}

void
store_reader_give(struct store_reader *reader)
{
    struct store *store = reader->store;
    pthread_mutex_lock(&store->readers_lock);
    store->free_readers[store->n_free++] = reader->db;
    pthread_cond_signal(&store->reader_free);
    pthread_mutex_unlock(&store->readers_lock);
}

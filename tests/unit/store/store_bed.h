/* Bed of the tests of gateway/store: a store in a folder of its own, rows, and somebody who waits for answers. */
#ifndef STORE_BED_H
#define STORE_BED_H

#include <pthread.h>

#include "store.h"
#include "support.h"

#pragma GCC diagnostic ignored "-Wunused-function" /* each test uses a part of it */

#define NOW INT64_C(1800000000)
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

struct bed {
    struct sg_arena *arena;
    const char *folder;
    char path[256];
    struct store *store;
};

static int
setup(void **state)
{
    static struct bed bed;
    bed = (struct bed){ .arena = sg_arena_new(0, (size_t)64 * 1024 * 1024) };
    bed.folder = support_mkdir(bed.arena);
    snprintf(bed.path, sizeof(bed.path), "%s/store.db", bed.folder);
    assert_ok(store_open(bed.path, "test", &bed.store, NULL));
    assert_ok(store_start(bed.store));
    *state = &bed;
    return 0;
}

static int
teardown(void **state)
{
    struct bed *bed = *state;
    store_close(&bed->store);
    support_rmdir(bed->folder);
    sg_arena_free(&bed->arena);
    return 0;
}

static void
reopen(struct bed *bed)
{
    store_close(&bed->store);
    assert_ok(store_open(bed->path, "test", &bed->store, NULL));
    assert_ok(store_start(bed->store));
}

static struct store_offer
an_offer(const char *id, uint8_t code)
{
    struct store_offer offer = { .offer_id = sg_cstr(id), .tries_left = 3, .client = SG_LIT("c1") };
    memset(offer.code_hash, code, sizeof(offer.code_hash));
    offer.created_at = NOW;
    offer.expires_at = NOW + 600;
    offer.body = sg_str_bytes(SG_LIT("{\"claims\":1}"));
    return offer;
}

static struct store_issuance
an_issuance(uint8_t signature, uint8_t holder)
{
    struct store_issuance row = { .offer_id = SG_LIT("o1"), .identifier = SG_LIT("i1") };
    memset(row.signature_hash, signature, sizeof(row.signature_hash));
    memset(row.holder, holder, sizeof(row.holder));
    row.list = SG_LIT("l1");
    row.idx = signature;
    row.state = STORE_ISSUED;
    row.openings = sg_str_bytes(SG_LIT("salts"));
    row.consent_seq = 7;
    row.outcome_seq = 8;
    row.configuration = SG_LIT("badge");
    row.client = SG_LIT("c1");
    row.signed_at = NOW;
    row.expires_at = NOW + 1000;
    return row;
}

struct answer {
    pthread_mutex_t lock;
    pthread_cond_t there;
    int n;
    sg_result last;
};

static void
answered(void *context, sg_result result)
{
    struct answer *answer = context;
    pthread_mutex_lock(&answer->lock);
    answer->n++;
    answer->last = result;
    pthread_cond_signal(&answer->there);
    pthread_mutex_unlock(&answer->lock);
}

static void
await(struct answer *answer, int n)
{
    pthread_mutex_lock(&answer->lock);
    while (answer->n < n) {
        pthread_cond_wait(&answer->there, &answer->lock);
    }
    pthread_mutex_unlock(&answer->lock);
}

#define ANSWER                                                  \
    {                                                           \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, \
        {                                                       \
            SG_OK                                               \
        }                                                       \
    }

#endif

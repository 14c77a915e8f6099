/* Visits, in one table: a demonstration has a handful. */
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "demo_inner.h"
#include "sg_secret.h"
#include "sg_text.h"

struct place {
    struct demo_visit visit;
    bool used;
    char *result; /* heap; NULL: none */
    size_t result_n;
};

static struct {
    pthread_mutex_t lock; /* guards all below; nothing slow happens while it is held */
    struct place places[DEMO_VISITS_MAX];
    size_t next;
} desk = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
random_text(char ret[DEMO_ID_LEN + 1])
{
    uint8_t bytes[16];
    randombytes_buf(bytes, sizeof(bytes));
    ret[sg_b64url_to(SG_BYTES(bytes), ret)] = '\0';
}

static void
forget(struct place *place)
{
    if (place->result != NULL) {
        sg_wipe(place->result, place->result_n);
        free(place->result);
    }
    *place = (struct place){ 0 };
}

void
demo_visit_make(const struct demo_form *form, int64_t now, struct demo_visit *ret)
{
    struct demo_visit visit = { .form = form, .made_at = now };
    random_text(visit.id);
    random_text(visit.state);
    random_text(visit.nonce);
    pthread_mutex_lock(&desk.lock);
    struct place *place = &desk.places[desk.next];
    desk.next = (desk.next + 1) % DEMO_VISITS_MAX;
    forget(place);
    place->visit = visit;
    place->used = true;
    pthread_mutex_unlock(&desk.lock);
    *ret = visit;
}

/* Under the lock. */
static struct place *
find(sg_str id, int64_t now)
{
    for (size_t i = 0; i < DEMO_VISITS_MAX; i++) {
        struct place *place = &desk.places[i];
        if (place->used && sg_str_is(id, place->visit.id)) {
            return now - place->visit.made_at <= DEMO_VISIT_LIFE_S ? place : NULL;
        }
    }
    return NULL;
}

sg_result
demo_visit_get(sg_str id, int64_t now, struct demo_visit *ret)
{
    pthread_mutex_lock(&desk.lock);
    const struct place *place = find(id, now);
    if (place != NULL) {
        *ret = place->visit;
    }
    pthread_mutex_unlock(&desk.lock);
    SG_REQUIRE(place != NULL, NOT_FOUND);
    return SG_DONE;
}

sg_result
demo_visit_answer(sg_str id, int64_t now, sg_str result)
{
    SG_REQUIRE(result.n > 0 && result.n <= DEMO_RESULT_MAX, TOO_LARGE);
    char *copy = malloc(result.n);
    SG_REQUIRE(copy != NULL, NO_MEMORY);
    memcpy(copy, result.p, result.n);
    pthread_mutex_lock(&desk.lock);
    struct place *place = find(id, now);
    enum sg_code code = place == NULL           ? SG_E_NOT_FOUND
                        : place->visit.answered ? SG_E_REPLAY
                                                : SG_OK;
    if (place != NULL && code == SG_OK) {
        place->visit.answered = true;
        place->result = copy;
        place->result_n = result.n;
        copy = NULL;
    }
    pthread_mutex_unlock(&desk.lock);
    free(copy);
    SG_REQUIRE(code != SG_E_NOT_FOUND, NOT_FOUND);
    SG_REQUIRE(code == SG_OK, REPLAY);
    return SG_DONE;
}

sg_result
demo_visit_result(struct sg_arena *arena, sg_str id, int64_t now, sg_str *ret)
{
    sg_str text = SG_NO_STR;
    sg_result r = SG_DONE;
    pthread_mutex_lock(&desk.lock);
    const struct place *place = find(id, now);
    if (place == NULL) {
        r = SG_ERROR(NOT_FOUND);
    } else if (place->result != NULL) {
        r = sg_arena_str(arena, sg_str_of(place->result, place->result_n), &text);
    }
    pthread_mutex_unlock(&desk.lock);
    SG_TRY(r);
    *ret = text;
    return SG_DONE;
}

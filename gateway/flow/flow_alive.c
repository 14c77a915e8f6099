/* Is a person still one whom the signer knows and nobody locked? Asked for each request of a person, and remembered for a second. req: AU-6, AU-7 */
#include <time.h>

#include "flow_persons_int.h"

#define KNOWN_MS 1000
#define ALIVE_TIMEOUT_MS 3000 /* a thread of the server waits */

static int64_t
now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A person's id is random: its first bytes are as good as a hash. Lock held. */
static struct flow_alive_row *
row_of(struct flow_persons *persons, const uint8_t person[FLOW_PERSON_LEN])
{
    return &persons->alive[(person[0] << 8 | person[1]) % FLOW_ALIVE_MAX];
}

sg_result
flow_person_alive(
    struct flow_persons *persons, struct sg_arena *arena, const uint8_t person[FLOW_PERSON_LEN])
{
    struct flow_alive_row known = { .until_ms = 0 };
    int64_t now = now_ms(); /* before asking: what is kept is never newer than it is */
    pthread_mutex_lock(&persons->lock);
    const struct flow_alive_row *row = row_of(persons, person);
    if (row->until_ms > now && memcmp(row->person, person, FLOW_PERSON_LEN) == 0) {
        known = *row;
    }
    pthread_mutex_unlock(&persons->lock);
    if (known.until_ms == 0) {
        SG_TRY(flow_state_ask(persons->signer, arena, ALIVE_TIMEOUT_MS, person, &known.state));
        known.until_ms = now + KNOWN_MS;
        memcpy(known.person, person, FLOW_PERSON_LEN);
        pthread_mutex_lock(&persons->lock);
        *row_of(persons, person) = known;
        pthread_mutex_unlock(&persons->lock);
    }
    SG_REQUIRE(known.state != WIRE_PERSON_LOCKED && known.state != WIRE_PERSON_LEFT, KEY_STATE);
    return SG_DONE;
}

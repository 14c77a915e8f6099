/* Time that can be trusted: wall clock against CLOCK_BOOTTIME. Pure, so that a test can show it any clock. */
#include "gate.h"

#define BACK_MS 2000
#define AHEAD_MS ((int64_t)5 * 60 * 1000)

enum gate_clock
gate_clock_look(struct gate_now now, int64_t offset_ms)
{
    int64_t drift = now.utc_ms - now.boot_ms - offset_ms;
    if (drift < -BACK_MS) {
        return GATE_CLOCK_BACK;
    }
    return drift > AHEAD_MS ? GATE_CLOCK_AHEAD : GATE_CLOCK_GOOD;
}

enum gate_clock
gate_clock_step(struct gate_now now, int64_t offset_ms, int64_t *high_ms)
{
    if (now.utc_ms < *high_ms - BACK_MS) {
        return GATE_CLOCK_BACK;
    }
    *high_ms = now.utc_ms > *high_ms ? now.utc_ms : *high_ms;
    return gate_clock_look(now, offset_ms);
}

bool
gate_clock_before(struct gate_now now, int64_t last_record_ms)
{
    return now.utc_ms < last_record_ms - BACK_MS;
}

/*
 * Time that can be trusted: more than 2 s back, or 5 min ahead of what CLOCK_BOOTTIME says, means not ready until two operators accept it. The
 * latch is durable, so that a restart does not forget it.
 */
#include <time.h>

#include "signer.h"

#define LATCH "clock-bad"

static int64_t
read_ms(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct gate_now
signer_now(void)
{
    return (struct gate_now){ read_ms(CLOCK_REALTIME), read_ms(CLOCK_BOOTTIME) };
}

static sg_result
latch(struct signer *s, int64_t value)
{
    SG_TRY(ledger_begin(s->ledger));
    sg_result r = registry_value_set(s->registry, LATCH, value);
    if (!sg_ok(r)) {
        ledger_rollback(s->ledger);
        return r;
    }
    return ledger_commit(s->ledger);
}

static void
distrust(struct signer *s, const char *why, int64_t by_ms)
{
    signer_log(SIGNER_ERROR, "clock", "what=\"%s\" by_ms=%lld", why, (long long)by_ms);
    s->env.clock_bad = true;
    sg_result r = latch(s, 1);
    if (!sg_ok(r)) {
        signer_log(SIGNER_ERROR, "clock-latch", "code=%s", sg_code_row(r.code)->name);
    }
}

/* Against the ledger: the last record must not be from the future. */
void
signer_clock_start(struct signer *s)
{
    s->env.now = signer_now();
    s->clock_offset_ms = s->env.now.utc_ms - s->env.now.boot_ms;
    s->clock_high_ms = s->env.now.utc_ms;
    int64_t latched = 0;
    if (!sg_ok(registry_value_get(s->registry, LATCH, &latched)) || latched != 0) {
        s->env.clock_bad = true;
        return;
    }
    int64_t last = ledger_last_at_ms(s->ledger);
    if (gate_clock_before(s->env.now, last)) {
        distrust(s, "before the last record", last - s->env.now.utc_ms);
    }
}

void
signer_clock_look(struct signer *s)
{
    s->env.now = signer_now();
    if (s->env.clock_bad || s->phase != SIGNER_SERVES) {
        return;
    }
    enum gate_clock clock = gate_clock_step(s->env.now, s->clock_offset_ms, &s->clock_high_ms);
    if (clock != GATE_CLOCK_GOOD) {
        distrust(s, clock == GATE_CLOCK_BACK ? "went back" : "jumped ahead",
            s->env.now.utc_ms - s->env.now.boot_ms - s->clock_offset_ms);
    }
}

void
signer_clock_accept(struct signer *s)
{
    if (!s->env.clock_bad) {
        return;
    }
    sg_result r = latch(s, 0);
    if (!sg_ok(r)) {
        signer_log(SIGNER_ERROR, "clock-latch", "code=%s", sg_code_row(r.code)->name);
        return;
    }
    s->env.now = signer_now();
    s->clock_offset_ms = s->env.now.utc_ms - s->env.now.boot_ms;
    s->clock_high_ms = s->env.now.utc_ms;
    s->env.clock_bad = false;
    signer_log(SIGNER_INFO, "clock-accepted", "by=operators");
}

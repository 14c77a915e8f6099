/*
 * status: the courier says GOOD, recently enough, for the key's own reference in the registry and for those in the intent. UNKNOWN refuses, and so
 * does a seal key without a reference. A status list key is judged by registry state alone, never by a list that it signs itself. req: SIG-2
 */
#include "gate.h"

#define FUTURE_MS 2000 /* a verdict "from the future" beyond this is not believed */

static bool
needs_own_reference(const struct reg_key *key)
{
    return key != NULL && key->purpose == WIRE_PURPOSE_SEAL;
}

bool
gate_verdict_sane(const struct gate_env *env, const struct wire_status_verdict *v)
{
    if (v->verdict == WIRE_UNKNOWN) {
        return true;
    }
    return (v->verdict == WIRE_GOOD || v->verdict == WIRE_BAD) && v->evidence.n == SG_SHA256_LEN &&
           v->fetched_at_ms <= env->now.utc_ms + FUTURE_MS;
}

bool
gate_verdict_fresh(const struct gate_env *env, const struct wire_status_verdict *v)
{
    return env->now.utc_ms - v->fetched_at_ms <= env->limits.status_max_age_ms &&
           env->now.utc_ms < v->good_until_ms;
}

void
gate_live_keep(struct gate_live *live, const struct wire_status_verdict *verdict)
{
    live->verdict = *verdict;
    live->verdict.evidence = SG_NO_BYTES;
    if (verdict->evidence.n == SG_SHA256_LEN) {
        memcpy(live->evidence, verdict->evidence.p, SG_SHA256_LEN);
        live->verdict.evidence = SG_BYTES(live->evidence);
    }
    live->have = true;
}

struct gate_asks
gate_status_asks(struct gate_env *env, struct gate_case *c)
{
    struct gate_asks asks = { false, c->intent.n_refs > 0 && !c->refs_answered };
    if (needs_own_reference(c->key) && c->key->status.uri.n > 0) {
        const struct gate_live *live = c->key->live;
        asks.key = live == NULL || !live->have || !gate_verdict_fresh(env, &live->verdict);
    }
    return asks;
}

static sg_result
judge(struct gate_case *c, const struct wire_ref *ref, const struct wire_status_verdict *v)
{
    c->seen[c->n_seen].ref = *ref;
    c->seen[c->n_seen].verdict = *v;
    c->n_seen++;
    SG_REQUIRE(v->verdict != WIRE_BAD, STATUS_BAD);
    SG_REQUIRE(v->verdict == WIRE_GOOD, STATUS_UNKNOWN);
    return SG_DONE;
}

/* The kept verdict is shared and will be replaced: the case gets its own copy of the hash. */
static sg_result
judge_key(struct gate_case *c)
{
    const struct gate_live *live = c->key->live;
    struct wire_status_verdict v = live->verdict;
    SG_TRY(sg_arena_bytes(c->arena, live->verdict.evidence, &v.evidence));
    return judge(c, &c->key->status, &v);
}

static sg_result
begin_seen(struct gate_case *c)
{
    c->n_seen = 0;
    size_t own = needs_own_reference(c->key) ? 1 : 0;
    SG_REQUIRE(c->intent.n_refs + own <= WIRE_REFS_MAX, TOO_MANY);
    c->seen = SG_NEW_ARRAY(c->arena, c->intent.n_refs + 1, struct wire_seen);
    SG_REQUIRE(c->seen != NULL, NO_MEMORY);
    return SG_DONE;
}

sg_result
gate_status_judge(struct gate_case *c)
{
    SG_TRY(begin_seen(c));
    return judge_key(c);
}

sg_result
gate_status_still(const struct gate_case *c)
{
    if (!needs_own_reference(c->key)) {
        return SG_DONE;
    }
    const struct gate_live *live = c->key->live;
    SG_REQUIRE(live == NULL || !live->have || live->verdict.verdict != WIRE_BAD, STATUS_BAD);
    SG_REQUIRE(c->n_seen > 0 && c->seen[0].ref.idx == c->key->status.idx &&
                   sg_str_equal(c->seen[0].ref.uri, c->key->status.uri),
        STATUS_UNKNOWN);
    return SG_DONE;
}

/*
 * References of a presentation lie on many servers, and the slowest answers last: what counts is that each was looked at after this SIGN asked, not that all
 * were within one second. An approval is older than the question, so a credential revoked between screen and gesture is seen (SIG-2).
 */
static bool
fresh_enough(
    const struct gate_env *env, const struct gate_case *c, const struct wire_status_verdict *v)
{
    if (gate_verdict_fresh(env, v)) {
        return true;
    }
    const struct gate_gesture *g = c->gesture;
    return g != NULL && g->refs_since_ms > 0 && v->fetched_at_ms >= g->refs_since_ms &&
           env->now.utc_ms < v->good_until_ms;
}

sg_result
gate_status(struct gate_env *env, struct gate_case *c, struct p11_session *session)
{
    (void)session;
    bool own = needs_own_reference(c->key);
    SG_REQUIRE(!own || c->key->status.uri.n > 0, STATUS_UNKNOWN);
    struct gate_asks asks = gate_status_asks(env, c);
    SG_REQUIRE(!asks.key && !asks.refs, PENDING);
    SG_TRY(begin_seen(c));
    if (own) {
        SG_TRY(judge_key(c));
    }
    for (size_t i = 0; i < c->intent.n_refs; i++) {
        SG_REQUIRE(gate_verdict_sane(env, &c->refs[i]), STATUS_UNKNOWN);
        SG_REQUIRE(
            c->refs[i].verdict != WIRE_GOOD || fresh_enough(env, c, &c->refs[i]), STATUS_UNKNOWN);
        SG_TRY(judge(c, &c->intent.refs[i], &c->refs[i]));
    }
    return SG_DONE;
}

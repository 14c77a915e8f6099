/* key: ACTIVE, certificate not over, policy admits operation and algorithm, no halt, rate not exceeded. */
#include "gate.h"

sg_result
gate_key_usable(struct gate_env *env, const struct reg_key *key, uint64_t operation)
{
    SG_REQUIRE(reg_purpose_fits(key->purpose, operation), KEY_USE);
    SG_REQUIRE(!registry_halted(env->registry, key), HALTED);
    SG_REQUIRE(key->state != WIRE_KEY_DESTROYED && !key->destroying, DESTROYED);
    SG_REQUIRE(key->state == WIRE_KEY_ACTIVE, KEY_STATE);
    SG_REQUIRE(key->not_after == 0 || env->now.utc_ms / 1000 < key->not_after, KEY_STATE);
    return SG_DONE;
}

/* Whole seconds of CLOCK_BOOTTIME: a clock that is set does not give anybody more. */
static sg_result
count_rate(struct gate_env *env, struct reg_key *key, uint64_t n)
{
    if (env->limits.seal_rate == 0) {
        return SG_DONE;
    }
    struct gate_live *live = gate_live_of(key);
    SG_REQUIRE(live != NULL, NO_MEMORY);
    int64_t second = env->now.boot_ms / 1000;
    if (live->rate_second != second) {
        live->rate_second = second;
        live->rate_used = 0;
    }
    SG_REQUIRE(live->rate_used + n <= env->limits.seal_rate, TOO_MANY);
    live->rate_used += n;
    return SG_DONE;
}

sg_result
gate_key(struct gate_env *env, struct gate_case *c, struct p11_session *session)
{
    (void)session;
    if (c->gesture != NULL) {
        return gate_gesture_keys(env, c);
    }
    c->key = registry_key(env->registry, c->intent.key);
    SG_REQUIRE(c->key != NULL, NOT_FOUND);
    SG_REQUIRE(
        c->key->purpose != WIRE_PURPOSE_HOLDER, KEY_USE); /* never without a gesture (SIG-8) */
    SG_REQUIRE((uint64_t)key_public_alg(c->key->public)->alg == c->intent.alg, KEY_USE);
    SG_TRY(gate_key_usable(env, c->key, c->intent.operation));
    return count_rate(env, c->key, c->intent.n_dtbs);
}

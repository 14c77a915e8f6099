/* shape, key and activation for a person's SIGN. req: SIG-1, SIG-8, AU-4 */
#include <string.h>

#include "gate.h"

#define AHEAD_S 5 /* the gateway runs on the same clock */

bool
gate_gesture_signs(uint64_t operation)
{
    return operation == WIRE_OP_PRESENT || operation == WIRE_OP_KEY_PROOF;
}

/* ---- shape ---------------------------------------------------------------------------------------------------- */

/* The digest has the length its key's algorithm signs; of EdDSA it is that of the message (SIG-1). */
static sg_result
check_digest(const struct wire_intent *intent, size_t i)
{
    const struct key_alg_row *alg = key_alg_row(wire_intent_key_of(intent, i).alg);
    SG_REQUIRE(alg != NULL, ALGORITHM);
    SG_REQUIRE(intent->dtbs[i].kind == (alg->prehash ? WIRE_PREHASH : WIRE_MESSAGE_KIND), DIGEST);
    size_t want = alg->prehash ? sg_hash_len(alg->hash) : SG_SHA512_LEN;
    SG_REQUIRE(intent->dtbs[i].digest.n == want, DIGEST);
    return SG_DONE;
}

static sg_result
check_dtbs(const struct wire_intent *intent)
{
    if (!gate_gesture_signs(intent->operation)) { /* `key` and `alg` are a passkey's */
        SG_REQUIRE(
            intent->operation == WIRE_OP_REGISTER || intent->operation == WIRE_OP_REMOVE, KEY_USE);
        SG_REQUIRE(intent->n_dtbs == 1 && intent->n_more_keys == 0, INTENT);
        SG_REQUIRE(intent->dtbs[0].kind == WIRE_PREHASH, DIGEST);
        SG_REQUIRE(intent->dtbs[0].digest.n == SG_SHA256_LEN, DIGEST);
        return SG_DONE;
    }
    for (size_t i = 0; i < intent->n_dtbs; i++) {
        SG_TRY(check_digest(intent, i));
    }
    return SG_DONE;
}

static sg_result
check_intent(const struct gate_env *env, const struct wire_intent *intent)
{
    int64_t now = env->now.utc_ms / 1000;
    SG_TRY(check_dtbs(intent));
    SG_REQUIRE(intent->text_hash.n == SG_SHA256_LEN, INTENT); /* somebody is to read it */
    SG_REQUIRE(intent->expires_at > now, INTENT_EXPIRED);
    SG_REQUIRE(intent->created_at <= now + AHEAD_S, INTENT);
    SG_REQUIRE(intent->expires_at > intent->created_at &&
                   intent->expires_at - intent->created_at <= env->limits.person_intent_s,
        INTENT);
    return SG_DONE;
}

/* Both clocks; at the second of expiry it is over. */
static sg_result
check_time(const struct gate_env *env, const struct gate_gesture *g)
{
    const struct gate_opened *o = g->opened;
    int64_t until = g->first ? o->gesture_until : o->intent_until;
    int64_t boot = g->first ? o->gesture_boot_ms : o->intent_boot_ms;
    SG_REQUIRE(!o->dropped, INTENT);
    SG_REQUIRE(env->now.utc_ms / 1000 < until && env->now.boot_ms < boot, INTENT_EXPIRED);
    return SG_DONE;
}

/* The bits of `which`, each one of the intent's and nobody's yet. */
static sg_result
take_index(struct gate_case *c)
{
    struct gate_gesture *g = c->gesture;
    uint64_t which = g->msg.which;
    SG_REQUIRE(c->intent.n_dtbs == WIRE_DTBS_MAX || which >> c->intent.n_dtbs == 0, DIGEST);
    SG_REQUIRE((which & (g->opened->spent | g->opened->busy)) == 0, INTENT_SPENT);
    for (size_t i = 0; i < c->intent.n_dtbs; i++) {
        if ((which >> i & 1) != 0) {
            g->index[g->n_index++] = (uint8_t)i;
        }
    }
    return SG_DONE;
}

/* The bytes beside the intent are those whose hash it holds: the signer hashes them itself. */
static sg_result
check_messages(const struct gate_case *c)
{
    const struct gate_gesture *g = c->gesture;
    uint8_t digest[SG_SHA512_LEN];
    size_t message = 0;
    for (size_t i = 0; i < g->n_index; i++) {
        const struct wire_dtbs *dtbs = &c->intent.dtbs[g->index[i]];
        if (dtbs->kind != WIRE_MESSAGE_KIND) {
            continue;
        }
        SG_REQUIRE(message < g->msg.n_messages, DIGEST);
        sg_hash(SG_SHA512, g->msg.messages[message++], digest);
        SG_REQUIRE(sg_bytes_equal(dtbs->digest, SG_BYTES(digest)), DIGEST);
    }
    SG_REQUIRE(message == g->msg.n_messages, DIGEST); /* no bytes that nobody asked to sign */
    return SG_DONE;
}

sg_result
gate_gesture_shape(struct gate_env *env, struct gate_case *c)
{
    struct gate_gesture *g = c->gesture;
    struct gate_opened *o = g->opened;
    SG_TRY(check_time(env, g));
    SG_TRY(wire_intent_parse(c->seal.intent, &c->intent));
    /* an approval that was used is over: who has it again is not the person (AU-4) */
    SG_REQUIRE(!g->first || o->first_seq == 0, INTENT_SPENT);
    SG_REQUIRE(g->first || o->first_seq != 0, ACTIVATION);
    SG_TRY(take_index(c));
    SG_TRY(check_messages(c));
    memcpy(c->intent_id, o->intent_id, sizeof(c->intent_id));
    o->busy |= g->msg.which;
    g->reserved = true;
    c->n_sign = gate_gesture_signs(c->intent.operation) ? g->n_index : 0;
    return SG_DONE;
}

/* ---- key ------------------------------------------------------------------------------------------------------ */

static sg_result
hold(struct gate_env *env, struct gate_case *c, struct wire_more_key want)
{
    struct gate_gesture *g = c->gesture;
    sg_result why = SG_DONE;
    struct reg_key *key = reg_holder_hold(env->registry, want.key, &why);
    SG_TRY(
        why); /* a database that does not answer is no missing key: that would end the question */
    SG_REQUIRE(key != NULL, NOT_FOUND);
    g->keys[g->n_keys++] = key;
    SG_REQUIRE(key->purpose == WIRE_PURPOSE_HOLDER &&
                   sg_bytes_equal(SG_BYTES(key->person), SG_BYTES(g->person)),
        NOT_FOUND);
    SG_REQUIRE((uint64_t)key_public_alg(key->public)->alg == want.alg, KEY_USE);
    g->level = key->level > g->level ? key->level : g->level;
    return gate_key_usable(env, key, c->intent.operation);
}

static sg_result
hold_all(struct gate_env *env, struct gate_case *c)
{
    const struct wire_more_key first = { c->intent.key, c->intent.alg };
    SG_TRY(hold(env, c, first));
    for (size_t i = 0; i < c->intent.n_more_keys; i++) {
        SG_TRY(hold(env, c, c->intent.more_keys[i]));
    }
    c->key = c->gesture->keys[0];
    return SG_DONE;
}

static sg_result
person_active(struct gate_env *env, const struct gate_gesture *g, uint64_t *ret_level)
{
    struct reg_person person;
    SG_TRY(reg_person_get(env->registry, SG_BYTES(g->person), &person));
    SG_REQUIRE(person.state == WIRE_PERSON_ACTIVE, POLICY);
    *ret_level = person.level;
    return SG_DONE;
}

sg_result
gate_gesture_keys(struct gate_env *env, struct gate_case *c)
{
    uint64_t level = 0;
    SG_TRY(person_active(env, c->gesture, &level));
    if (gate_gesture_signs(c->intent.operation)) {
        return hold_all(env, c);
    }
    SG_REQUIRE(!registry_halted(env->registry, NULL), HALTED);
    c->gesture->level = level;
    return env->effect.check(env->effect.context, c);
}

sg_result
gate_gesture_usable(struct gate_env *env, const struct gate_case *c)
{
    uint64_t level = 0;
    SG_REQUIRE(!registry_halted(env->registry, NULL), HALTED);
    SG_TRY(person_active(env, c->gesture, &level));
    for (size_t i = 0; i < c->gesture->n_keys; i++) {
        SG_TRY(gate_key_usable(env, c->gesture->keys[i], c->intent.operation));
    }
    return SG_DONE;
}

void
gate_gesture_release(struct registry *registry, struct gate_case *c)
{
    struct gate_gesture *g = c->gesture;
    if (g == NULL) {
        return;
    }
    for (size_t i = 0; i < g->n_keys; i++) {
        reg_holder_release(registry, &g->keys[i]);
    }
    g->n_keys = 0;
    if (g->reserved) {
        g->opened->busy &= ~g->msg.which;
        g->reserved = false;
    }
    c->key = NULL;
}

sg_result
gate_gesture_open(struct gate_env *env, struct gate_case *c)
{
    SG_TRY(check_intent(env, &c->intent));
    return gate_gesture_keys(env, c);
}

/* ---- activation ----------------------------------------------------------------------------------------------- */

static sg_result
by_gesture(struct gate_env *env, struct gate_case *c)
{
    struct gate_gesture *g = c->gesture;
    struct sg_why why = { 0 };
    uint8_t challenge[SG_SHA256_LEN];
    wire_challenge(g->opened->intent_id, g->opened->nonce, challenge);
    const struct act_passkey_in in = { .person = SG_BYTES(g->person),
        .challenge = SG_BYTES(challenge),
        .level = g->level,
        .credential_id = g->msg.passkey,
        .client_data = g->msg.client_data,
        .authenticator_data = g->msg.authenticator_data,
        .assertion = g->msg.assertion };
    sg_result r = act_passkey(env->registry, c->arena, &env->rp, &in, &why, &g->act);
    c->why = why;
    SG_TRY(r);
    memcpy(g->passkey, g->act.passkey.thumbprint, sizeof(g->passkey));
    sg_sha256(g->act.passkey.id, g->passkey_hash);
    return SG_DONE;
}

sg_result
gate_gesture_activation(struct gate_env *env, struct gate_case *c)
{
    struct gate_gesture *g = c->gesture;
    if (g->first) {
        SG_TRY(by_gesture(env, c));
    } else {
        memcpy(g->passkey, g->opened->passkey, sizeof(g->passkey));
        memcpy(g->passkey_hash, g->opened->passkey_hash, sizeof(g->passkey_hash));
        SG_TRY(
            act_passkey_in_use(env->registry, c->arena, SG_BYTES(g->person), SG_BYTES(g->passkey)));
    }
    c->activated = true;
    return SG_DONE;
}

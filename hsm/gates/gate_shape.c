/* shape: the intent parses, is within limits, is for now, and every DTBS/R is what the key's algorithm signs. req: SIG-1 */
#include "gate.h"

#define AHEAD_S 5 /* the gateway runs on the same clock */

/* EdDSA signs the message, so the intent holds its SHA-512 and the bytes travel beside; the signer hashes them itself. */
static sg_result
check_message(const struct gate_case *c, size_t i, size_t *message)
{
    uint8_t digest[SG_SHA512_LEN];
    SG_REQUIRE(c->intent.dtbs[i].kind == WIRE_MESSAGE_KIND, DIGEST);
    SG_REQUIRE(*message < c->seal.n_messages, DIGEST);
    sg_hash(SG_SHA512, c->seal.messages[*message], digest);
    SG_REQUIRE(sg_bytes_equal(c->intent.dtbs[i].digest, SG_BYTES(digest)), DIGEST);
    (*message)++;
    return SG_DONE;
}

static sg_result
check_dtbs(const struct gate_case *c, const struct key_alg_row *alg)
{
    size_t messages = 0;
    for (size_t i = 0; i < c->intent.n_dtbs; i++) {
        if (alg->prehash) {
            SG_REQUIRE(c->intent.dtbs[i].kind == WIRE_PREHASH, DIGEST);
            SG_REQUIRE(c->intent.dtbs[i].digest.n == sg_hash_len(alg->hash), DIGEST);
        } else {
            SG_TRY(check_message(c, i, &messages));
        }
    }
    SG_REQUIRE(messages == c->seal.n_messages, DIGEST); /* no bytes that nobody asked to sign */
    return SG_DONE;
}

sg_result
gate_shape(struct gate_env *env, struct gate_case *c, struct p11_session *session)
{
    (void)session;
    if (c->gesture != NULL) {
        return gate_gesture_shape(env, c);
    }
    int64_t now = env->now.utc_ms / 1000;
    SG_TRY(wire_intent_parse(c->seal.intent, &c->intent));
    const struct wire_intent *intent = &c->intent;
    const struct key_alg_row *alg = key_alg_row(intent->alg);
    SG_REQUIRE(alg != NULL, ALGORITHM);
    SG_REQUIRE(intent->n_dtbs >= 1, INTENT);
    SG_REQUIRE(intent->n_more_keys == 0, INTENT); /* several keys: persons' intents alone */
    SG_REQUIRE(intent->expires_at > now, INTENT_EXPIRED);
    SG_REQUIRE(intent->created_at <= now + AHEAD_S, INTENT);
    SG_REQUIRE(intent->expires_at > intent->created_at &&
                   intent->expires_at - intent->created_at <= env->limits.intent_lifetime_s,
        INTENT);
    SG_TRY(check_dtbs(c, alg));
    wire_intent_id(c->seal.intent, c->intent_id);
    c->n_sign = intent->n_dtbs;
    return SG_DONE;
}

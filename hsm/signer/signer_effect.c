/*
 * What intents bring about that sign nothing: a further passkey (REGISTER), a passkey less (REMOVE). Adding one is as hard as signing, or sole control would
 * be gone (sole-control checklist, trap 5). req: AU-2, AU-3
 */
#include "signer.h"
#include "signer_person.h"

static sg_result
check_register(struct signer *s, struct gate_case *c)
{
    struct signer_pending pending;
    struct gate_gesture *g = c->gesture;
    SG_TRY(signer_enrol_pending(
        s, c->arena, SG_BYTES(g->person), c->intent.key, c->intent.dtbs[0].digest, &pending));
    SG_REQUIRE((uint64_t)pending.alg == c->intent.alg, NOT_FOUND);
    g->subject = (struct reg_passkey){
        .id = pending.id, .alg = pending.alg, .spki = pending.spki, .purpose = pending.purpose
    };
    return SG_DONE;
}

/* Replacement before removal: of each purpose one stays that can be used. */
static sg_result
another_stays(struct signer *s, struct gate_case *c)
{
    const struct gate_gesture *g = c->gesture;
    struct reg_passkey *all = SG_NEW_ARRAY(c->arena, WIRE_PASSKEYS_MAX, struct reg_passkey);
    size_t n = 0;
    SG_REQUIRE(all != NULL, NO_MEMORY);
    SG_TRY(reg_passkeys_of(
        s->registry, c->arena, SG_BYTES(g->person), (uint64_t)g->subject.purpose, all, &n));
    for (size_t i = 0; i < n; i++) {
        if (all[i].state == WIRE_PASSKEY_ACTIVE &&
            memcmp(all[i].thumbprint, g->subject.thumbprint, REG_THUMBPRINT_LEN) != 0) {
            return SG_DONE;
        }
    }
    SG_FAIL(CONFLICT);
}

static sg_result
check_remove(struct signer *s, struct gate_case *c)
{
    struct gate_gesture *g = c->gesture;
    uint8_t digest[SG_SHA256_LEN];
    SG_TRY(reg_passkey_by_thumbprint(s->registry, c->arena, c->intent.key, &g->subject));
    SG_REQUIRE(sg_bytes_equal(SG_BYTES(g->subject.person), SG_BYTES(g->person)), NOT_FOUND);
    SG_REQUIRE((uint64_t)g->subject.alg == c->intent.alg, NOT_FOUND);
    wire_remove_digest(g->subject.id, digest);
    SG_REQUIRE(sg_bytes_equal(c->intent.dtbs[0].digest, SG_BYTES(digest)), DIGEST);
    return g->subject.state == WIRE_PASSKEY_ACTIVE ? another_stays(s, c) : SG_DONE;
}

static sg_result
check(void *context, struct gate_case *c)
{
    return c->intent.operation == WIRE_OP_REGISTER ? check_register(context, c)
                                                   : check_remove(context, c);
}

static sg_result
apply_remove(struct signer *s, struct gate_case *c)
{
    const struct gate_gesture *g = c->gesture;
    const struct wire_person_event event = { .event = SG_LIT("passkey-removed"),
        .person = SG_BYTES(g->person),
        .consent_seq = c->consent_seq,
        .passkey = g->subject.id,
        .spki = g->subject.spki,
        .purpose = (uint64_t)g->subject.purpose,
        .intent_id = SG_BYTES(c->intent_id),
        .at_ms = s->env.now.utc_ms };
    sg_bytes body;
    uint64_t seq = 0;
    SG_TRY(wire_person_event_encode(c->arena, &event, &body));
    SG_TRY(ledger_append(s->ledger, WIRE_REC_PERSON_EVENT, s->env.now.utc_ms, body, &seq));
    return reg_passkey_set(s->registry, g->subject.id, WIRE_PASSKEY_REMOVED, seq);
}

static sg_result
apply(void *context, struct gate_case *c)
{
    struct signer *s = context;
    if (c->intent.operation == WIRE_OP_REGISTER) {
        return signer_enrol_apply(s, c->arena, SG_BYTES(c->gesture->person), c->intent.key,
            c->intent.dtbs[0].digest, c->intent_id, c->consent_seq);
    }
    return apply_remove(s, c);
}

struct gate_effect
signer_effect(struct signer *s)
{
    return (struct gate_effect){ s, check, apply };
}

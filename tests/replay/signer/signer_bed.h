/* What the two programs over a real signer share: the rig, attempts of an attacking gateway, and what each left in the ledger. */
#ifndef SIGNER_BED_H
#define SIGNER_BED_H

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "key_public.h"
#include "signer_rig.h"

#pragma GCC diagnostic ignored "-Wunused-function" /* each program uses a part of it */

static struct rig rig;

static struct wire_seal
usual(struct wire_intent *intent)
{
    *intent = rig_intent(&rig, rig.seal_key, WIRE_OP_SEAL_CREDENTIAL);
    return rig_seal_of(&rig, intent, rig.mandate);
}

/* What a request left behind in the ledger: consents, signed outcomes, refusals. */
struct left {
    uint64_t consents, signed_, refusals;
};
static struct left
left_by(sg_result (*attempt)(void), enum sg_code want)
{
    struct rig_counts before = rig_counts(&rig);
    support_assert_code(attempt(), want, "attempt", __FILE__, __LINE__);
    struct rig_counts after = rig_counts(&rig);
    if (want != SG_OK && after.by_type[WIRE_REC_REFUSAL] > before.by_type[WIRE_REC_REFUSAL]) {
        assert_int_equal(after.last_refusal, want);
    }
    return (struct left){ after.by_type[WIRE_REC_CONSENT] - before.by_type[WIRE_REC_CONSENT],
        after.outcomes[WIRE_OUT_SIGNED] - before.outcomes[WIRE_OUT_SIGNED],
        after.by_type[WIRE_REC_REFUSAL] - before.by_type[WIRE_REC_REFUSAL] };
}
#define assert_left(attempt, code, c, s, r)             \
    do {                                                \
        struct left left_ = left_by((attempt), (code)); \
        assert_int_equal(left_.consents, (c));          \
        assert_int_equal(left_.signed_, (s));           \
        assert_int_equal(left_.refusals, (r));          \
    } while (0)

/* ---- attempts ----------------------------------------------------------------------------------------------- */

static sg_result
good(void)
{
    struct wire_seal_reply reply;
    return rig_seal_usual(&rig, &reply);
}
static sg_result
list(void)
{
    struct wire_seal_reply reply;
    struct wire_intent intent = rig_intent(&rig, rig.status_key, WIRE_OP_STATUS_LIST);
    struct wire_seal seal = rig_seal_of(&rig, &intent, rig.list_mandate);
    return rig_seal(&rig, &seal, &reply);
}
static sg_result
no_approval(void)
{
    struct wire_intent intent;
    struct wire_seal_reply reply;
    struct wire_seal seal = usual(&intent);
    static const uint8_t unknown[16] = { 9 };
    seal.mandate = SG_BYTES(unknown);
    return rig_seal(&rig, &seal, &reply);
}
static sg_result
spoilt(void (*spoil)(struct wire_intent *intent))
{
    struct wire_intent intent = rig_intent(&rig, rig.seal_key, WIRE_OP_SEAL_CREDENTIAL);
    struct wire_seal_reply reply;
    spoil(&intent);
    struct wire_seal seal = rig_seal_of(&rig, &intent, rig.mandate);
    return rig_seal(&rig, &seal, &reply);
}
static void
spoil_client(struct wire_intent *i)
{
    i->requester = SG_LIT("gateway");
}
static void
spoil_configuration(struct wire_intent *i)
{
    i->configuration = SG_LIT("passport");
}
static void
spoil_expired(struct wire_intent *i)
{
    i->created_at -= 120;
    i->expires_at -= 120;
}
static void
spoil_lifetime(struct wire_intent *i)
{
    i->expires_at += 100000;
}
static void
spoil_digest_length(struct wire_intent *i)
{
    static const uint8_t sha384[48] = { 1 }; /* a digest, but not of ES256's hash */
    i->dtbs[0].digest = SG_BYTES(sha384);
}
static void
spoil_kind(struct wire_intent *i)
{
    static const uint8_t sha512[64] = { 1 };
    i->dtbs[0] = (struct wire_dtbs){ WIRE_MESSAGE_KIND, SG_BYTES(sha512) };
}
static void
spoil_key(struct wire_intent *i)
{
    i->key = SG_BYTES(rig.status_key);
}
static void
spoil_operation(struct wire_intent *i)
{
    i->operation = WIRE_OP_STATUS_LIST;
}
static sg_result
wrong_client(void)
{
    return spoilt(spoil_client);
}
static sg_result
wrong_configuration(void)
{
    return spoilt(spoil_configuration);
}
static sg_result
expired(void)
{
    return spoilt(spoil_expired);
}
static sg_result
too_long_lived(void)
{
    return spoilt(spoil_lifetime);
}
static sg_result
short_digest(void)
{
    return spoilt(spoil_digest_length);
}
static sg_result
message_without_bytes(void)
{
    return spoilt(spoil_kind);
}
static sg_result
list_key_for_credential(void)
{
    return spoilt(spoil_key);
}
static sg_result
seal_key_for_list(void)
{
    return spoilt(spoil_operation);
}

static uint8_t kept_intent[4096];
static size_t kept_len;
static sg_result
spent(void)
{
    struct wire_seal_reply reply;
    struct wire_seal seal = { .intent = sg_bytes_of(kept_intent, kept_len),
        .mandate = SG_BYTES(rig.mandate) };
    return rig_seal(&rig, &seal, &reply);
}

static int
setup(void **state)
{
    (void)state;
    rig_create(&rig, "sessions = 2\nstatus_max_age_ms = 300\nstatus_timeout_ms = 400\n");
    rig_start(&rig, NULL);
    rig_furnish(&rig, 2000);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    int status = rig_stop(&rig);
    rig_free(&rig);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

#endif

/* What the programs about gestures share: the rig, its persons, one opened intent, and what a request left in the ledger. */
#ifndef GESTURE_BED_H
#define GESTURE_BED_H

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "key_public.h"
#include "rig_person.h"

#pragma GCC diagnostic ignored "-Wunused-function" /* each program uses a part of it */

static struct rig rig;
/* two keys and EdDSA, level 2; another person; level 3 with an attested passkey and a counter; level 3 with a passkey that syncs; locked; like Anna, level 3 */
enum { ANNA, BERT, CARL, DORA, EMIL, LENA, PERSONS };
static struct rig_person p[PERSONS];
static struct rig_person *anna; /* Anna or Lena: tests that hold for both levels run twice */

/* What a request left behind in the ledger. */
struct left {
    uint64_t consents, signed_, refusals, events;
};
static struct left
since(const struct rig_counts *before)
{
    struct rig_counts after = rig_counts(&rig);
    return (struct left){ after.by_type[WIRE_REC_CONSENT] - before->by_type[WIRE_REC_CONSENT],
        after.outcomes[WIRE_OUT_SIGNED] - before->outcomes[WIRE_OUT_SIGNED],
        after.by_type[WIRE_REC_REFUSAL] - before->by_type[WIRE_REC_REFUSAL],
        after.by_type[WIRE_REC_PERSON_EVENT] - before->by_type[WIRE_REC_PERSON_EVENT] };
}
#define assert_left(before, c, s, r, e)        \
    do {                                       \
        struct left left_ = since(&(before));  \
        assert_int_equal(left_.consents, (c)); \
        assert_int_equal(left_.signed_, (s));  \
        assert_int_equal(left_.refusals, (r)); \
        assert_int_equal(left_.events, (e));   \
    } while (0)

static struct wire_consent *
consent_of(uint64_t seq)
{
    return rig_consent(&rig, seq);
}

static struct wire_ref
a_ref(uint64_t idx)
{
    return (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, SG_LIT("https://issuer.example/1"), idx };
}

/* One opened intent and a gesture for it, to be spoilt. */
struct attempt {
    struct wire_intent intent;
    struct wire_intent_open_reply opened;
    struct authenticator_ask ask;
};
static struct attempt
attempt_of(const struct rig_person *person)
{
    struct attempt a;
    a.intent = rig_present(&rig, person, 1);
    assert_ok(rig_open(&rig, person, &a.intent, &a.opened));
    a.ask = rig_ask_of(&rig, &a.opened);
    return a;
}

static struct attempt
attempt_with_refs(const struct rig_person *person, size_t n)
{
    struct attempt a;
    a.intent = rig_present(&rig, person, 1);
    for (size_t i = 0; i < n; i++) {
        a.intent.refs[a.intent.n_refs++] = a_ref(i);
    }
    assert_ok(rig_open(&rig, person, &a.intent, &a.opened));
    a.ask = rig_ask_of(&rig, &a.opened);
    return a;
}

static sg_result
try_with(struct attempt *a, struct authenticator_passkey *passkey)
{
    struct wire_sign_reply reply;
    struct wire_sign sign = rig_sign_of(&rig, passkey, &a->opened, &a->ask, 1);
    return rig_sign(&rig, &sign, &reply);
}

static int
setup(void **state)
{
    (void)state;
    rig_create(&rig, RIG_PERSON_SETTINGS "sessions = 2\nstatus_timeout_ms = 400\n");
    rig_start(&rig, NULL);
    rig_furnish(&rig, 2000);
    p[ANNA].n_keys = p[LENA].n_keys = 3;
    p[CARL].n_keys = 2;
    p[ANNA].keys[2].alg = p[LENA].keys[2].alg = KEY_EDDSA;
    p[BERT].n_keys = p[DORA].n_keys = p[EMIL].n_keys = 1;
    p[BERT].stored_count = 10;
    p[CARL].level = p[DORA].level = p[LENA].level = 3;
    p[CARL].attested = p[LENA].attested = true;
    p[CARL].stored_count = 4;
    authenticator_make(&p[DORA].sign, AUTHENTICATOR_EDDSA);
    p[DORA].sign.backup_eligible = true;
    p[EMIL].state = WIRE_PERSON_LOCKED;
    rig_persons_put(&rig, p, PERSONS);
    p[LENA].sign.sign_count = 1; /* it counts from now on */
    p[BERT].sign.sign_count = p[BERT].stored_count;
    return 0;
}

static int
level_2(void **state)
{
    (void)state;
    anna = &p[ANNA];
    return 0;
}

static int
level_3(void **state)
{
    (void)state;
    anna = &p[LENA];
    return 0;
}
#define AT_BOTH(test)                                   \
    { "level 2: " #test, (test), level_2, NULL, NULL }, \
    {                                                   \
        "level 3: " #test, (test), level_3, NULL, NULL  \
    }

static int
teardown(void **state)
{
    (void)state;
    int status = rig_stop(&rig);
    rig_free(&rig);
    for (size_t i = 0; i < PERSONS; i++) {
        rig_person_forget(&p[i]);
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

#endif

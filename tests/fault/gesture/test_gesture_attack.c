/*
 * The gateway's socket to the signer in an attacker's hands (issue 4; req: AU-2, AU-4, SIG-1, SIG-3, SIG-8). Persons enrolled the whole way; he sends what he
 * likes, keeps what passes by, and can have a person make gestures for what she sees. First each attack by itself, against a person with keys of level 2 and one
 * with keys of level 3 (attested passkey, confirmed by two officers), then thousands of messages at random against a model of what was agreed to; at the end an
 * auditor's replay of the ledger finds nothing.
 */
#include <openssl/rand.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "evid_ledger.h"
#include "key_public.h"
#include "rig_person.h"

enum { PERSONS = 4, LEVEL_3 = 2 }; /* two of level 2, then two of level 3 */
static struct rig rig;
static struct authenticator_root maker;
static struct rig_person p[PERSONS];
static struct rig_person *anna, *bert; /* whom this attack is about: both of one level */

static int
setup(void **state)
{
    (void)state;
    rig_create(
        &rig, RIG_PERSON_SETTINGS RIG_MAKER_SETTINGS "sessions = 2\nstatus_timeout_ms = 400\n");
    rig_maker(&rig, &maker);
    rig_start(&rig, NULL);
    rig_furnish(&rig, 2000);
    for (size_t i = 0; i < PERSONS; i++) {
        p[i].n_keys = 2;
        p[i].level = i < LEVEL_3 ? 2 : 3;
        p[i].maker = &maker;
        rig_person_enrol(&rig, &p[i]);
    }
    return 0;
}

static int
level_2(void **state)
{
    (void)state;
    anna = &p[0];
    bert = &p[1];
    return 0;
}

static int
level_3(void **state)
{
    (void)state;
    anna = &p[LEVEL_3];
    bert = &p[LEVEL_3 + 1];
    return 0;
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
    authenticator_root_forget(&maker);
    return status == 0 ? 0 : -1;
}

/* Signatures by gesture on record so far. */
static uint64_t
signed_so_far(void)
{
    return rig_counts(&rig).outcomes[WIRE_OUT_SIGNED];
}

/* ---- one by one ------------------------------------------------------------------------------------------------- */

/* What Anna agreed to, and what the attacker puts in its place. */
struct swap {
    struct wire_intent agreed;
    struct wire_intent other;
    struct wire_intent_open_reply opened, other_opened;
    struct wire_sign sign;
};

static struct swap
agree(unsigned keys)
{
    struct swap s;
    s.agreed = rig_present(&rig, anna, keys);
    assert_ok(rig_open(&rig, anna, &s.agreed, &s.opened));
    struct authenticator_ask ask = rig_ask_of(&rig, &s.opened);
    s.sign = rig_sign_of(&rig, &anna->sign, &s.opened, &ask, 1);
    s.other = s.agreed;
    return s;
}

/* The gesture for what was agreed, offered for the other. */
static void
refused_for_other(struct swap *s, const struct rig_person *person)
{
    struct wire_sign_reply reply;
    uint64_t before = signed_so_far();
    assert_ok(rig_open(&rig, person, &s->other, &s->other_opened));
    struct wire_sign sign = s->sign;
    sign.intent_id = s->other_opened.intent_id;
    assert_refused(rig_sign(&rig, &sign, &reply), ACTIVATION);
    assert_int_equal(signed_so_far(), before);
    uint64_t seq;
    assert_ok(rig_cancel(&rig, s->opened.intent_id, WIRE_CANCEL_DROPPED, &seq));
    assert_ok(rig_cancel(&rig, s->other_opened.intent_id, WIRE_CANCEL_DROPPED, &seq));
}

static sg_bytes
random_bytes(size_t n)
{
    uint8_t *bytes = sg_arena_alloc(rig.arena, n);
    assert_int_equal(RAND_bytes(bytes, (int)n), 1);
    return sg_bytes_of(bytes, n);
}

static void
test_what_is_agreed_cannot_be_exchanged(void **state)
{
    (void)state;
    struct swap s = agree(1); /* another digest */
    s.other.dtbs[0].digest = random_bytes(32);
    refused_for_other(&s, anna);
    s = agree(1); /* another verifier */
    s.other.audience = random_bytes(32);
    refused_for_other(&s, anna);
    s = agree(1); /* another nonce of the verifier */
    s.other.nonce = random_bytes(32);
    refused_for_other(&s, anna);
    s = agree(1); /* another text */
    s.other.text_hash = random_bytes(32);
    refused_for_other(&s, anna);
    s = agree(1); /* the same again */
    s.other.unique = random_bytes(16);
    refused_for_other(&s, anna);
    s = agree(1); /* a later end */
    s.other.expires_at += 60;
    refused_for_other(&s, anna);
    s = agree(1); /* a key proof instead of a presentation */
    s.other.operation = WIRE_OP_KEY_PROOF;
    refused_for_other(&s, anna);
    s = agree(1); /* an added digest */
    s.other.dtbs[1] = (struct wire_dtbs){ WIRE_PREHASH, random_bytes(32) };
    s.other.n_dtbs = 2;
    refused_for_other(&s, anna);
    s = agree(1); /* another key of hers */
    s.other.key = SG_BYTES(anna->keys[1].key);
    refused_for_other(&s, anna);
    s = agree(1); /* a status that must not be asked left out */
    s.agreed.refs[0] =
        (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, SG_LIT("https://issuer.example/1"), 3 };
    s.agreed.n_refs = 1;
    s.agreed.unique = random_bytes(16);
    assert_ok(rig_open(&rig, anna, &s.agreed, &s.opened));
    struct authenticator_ask ask = rig_ask_of(&rig, &s.opened);
    s.sign = rig_sign_of(&rig, &anna->sign, &s.opened, &ask, 1);
    s.other = s.agreed;
    s.other.n_refs = 0;
    refused_for_other(&s, anna);
    s = agree(1); /* Bert's key, opened as Bert's, with Anna's gesture */
    s.other = rig_present(&rig, bert, 1);
    refused_for_other(&s, bert);
}

/* More than was agreed to: bits that the intent has not, a part twice, somebody else's part. */
static void
test_nothing_beyond_the_intent_is_signed(void **state)
{
    (void)state;
    struct swap s = agree(3);
    struct wire_sign_reply reply;
    struct wire_sign sign = s.sign;
    uint64_t before = signed_so_far();
    sign.which = 4;
    assert_true(!sg_ok(rig_sign(&rig, &sign, &reply)));
    sign.which = 7;
    assert_true(!sg_ok(rig_sign(&rig, &sign, &reply)));
    sign = s.sign;
    sign.messages[0] = sg_str_bytes(SG_LIT("and this as well"));
    sign.n_messages = 1;
    assert_refused(rig_sign(&rig, &sign, &reply), DIGEST);
    struct wire_sign bare = { .intent_id = s.opened.intent_id, .which = 1 };
    assert_refused(
        rig_sign(&rig, &bare, &reply), ACTIVATION); /* a later SIGN, and there was no first */
    assert_int_equal(signed_so_far(), before);
    assert_ok(rig_sign(&rig, &s.sign, &reply));
    assert_refused(rig_sign(&rig, &s.sign, &reply), INTENT_SPENT);
    bare.which = 1;
    assert_refused(rig_sign(&rig, &bare, &reply), INTENT_SPENT);
    bare.which = 2;
    assert_ok(rig_sign(&rig, &bare, &reply)); /* that was agreed to */
    assert_refused(rig_sign(&rig, &bare, &reply), INTENT_SPENT);
    assert_int_equal(signed_so_far(), before + 2);
}

/* A person's key is not for mandates, and a mandate's key not for gestures. */
static void
test_no_other_way_to_a_persons_key(void **state)
{
    (void)state;
    struct wire_seal_reply sealed;
    struct wire_intent_open_reply opened;
    uint64_t before = signed_so_far();
    struct wire_intent intent = rig_intent(&rig, anna->keys[0].key, WIRE_OP_SEAL_CREDENTIAL);
    struct wire_seal seal = rig_seal_of(&rig, &intent, rig.mandate);
    assert_true(!sg_ok(rig_seal(&rig, &seal, &sealed)));
    intent = rig_intent(&rig, anna->keys[0].key, WIRE_OP_PRESENT);
    seal = rig_seal_of(&rig, &intent, rig.mandate);
    assert_true(!sg_ok(rig_seal(&rig, &seal, &sealed)));
    intent = rig_present(&rig, anna, 1);
    intent.key = SG_BYTES(rig.level2_key);
    assert_refused(rig_open(&rig, anna, &intent, &opened), NOT_FOUND);
    intent = rig_present(&rig, anna, 1);
    intent.operation = WIRE_OP_SEAL_CREDENTIAL;
    assert_true(!sg_ok(rig_open(&rig, anna, &intent, &opened)));
    assert_int_equal(signed_so_far(), before);
}

/* A gesture for this very intent, with one thing wrong; then the good one, which none of them has used up. */
static void
test_a_gesture_with_anything_wrong_signs_nothing(void **state)
{
    (void)state;
    enum { CASES = 12 };
    struct swap s = agree(1);
    struct wire_sign_reply reply;
    struct authenticator_passkey stranger;
    authenticator_make(&stranger, AUTHENTICATOR_ES256);
    uint64_t before = signed_so_far();
    struct authenticator_ask bad[CASES];
    for (size_t i = 0; i < CASES; i++) {
        bad[i] = rig_ask_of(&rig, &s.opened);
    }
    bad[0].flags_off = AUTHENTICATOR_UV; /* user not verified */
    bad[1].flags_off = AUTHENTICATOR_UP;
    bad[2].origin = "http://localhost:8081"; /* wrong origin */
    bad[3].origin = "https://localhost:8080";
    bad[4].rp_id = "example.org"; /* wrong RP ID */
    bad[5].type = "webauthn.create";
    bad[6].cross_origin = true;
    bad[7].flags_on = AUTHENTICATOR_BE | AUTHENTICATOR_BS; /* it syncs, all at once */
    bad[8].challenge = s.opened.intent_id;                 /* without the signer's nonce */
    bad[9].challenge = s.opened.nonce;                     /* without the intent */
    bad[10].signer = stranger.key;                         /* another key's signature */
    bad[11].behind = SG_BYTES("and more");
    for (size_t i = 0; i < CASES; i++) {
        struct wire_sign sign = rig_sign_of(&rig, &anna->sign, &s.opened, &bad[i], 1);
        assert_refused(rig_sign(&rig, &sign, &reply), ACTIVATION);
    }
    struct authenticator_passkey *const others[] = { &stranger, &anna->login, &bert->sign };
    struct authenticator_ask ask = rig_ask_of(&rig, &s.opened);
    for (size_t i = 0; i < 3; i++) {
        struct wire_sign sign = rig_sign_of(&rig, others[i], &s.opened, &ask, 1);
        assert_refused(rig_sign(&rig, &sign, &reply), ACTIVATION);
    }
    authenticator_forget(&stranger);
    assert_int_equal(signed_so_far(), before);
    assert_ok(rig_sign(&rig, &s.sign, &reply));
    assert_int_equal(signed_so_far(), before + 1);
}

/* A copy of the authenticator: its counter stands behind the one that signed last. Each try stands in the person's account. req: AU-3 */
static void
test_a_counter_that_goes_back_signs_nothing(void **state)
{
    (void)state;
    struct wire_sign_reply reply;
    anna->sign.sign_count = 1000;
    struct swap s = agree(1); /* 1001 */
    assert_ok(rig_sign(&rig, &s.sign, &reply));
    static const uint32_t counts[] = { 1001, 1000, 1, 0 };
    struct rig_counts before = rig_counts(&rig);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        s = agree(1);
        struct authenticator_ask ask = rig_ask_of(&rig, &s.opened);
        ask.counter_set = true;
        ask.counter = counts[i];
        struct wire_sign sign = rig_sign_of(&rig, &anna->sign, &s.opened, &ask, 1);
        assert_refused(rig_sign(&rig, &sign, &reply), ACTIVATION);
    }
    struct rig_counts after = rig_counts(&rig);
    assert_int_equal(after.outcomes[WIRE_OUT_SIGNED], before.outcomes[WIRE_OUT_SIGNED]);
    assert_int_equal(
        after.by_type[WIRE_REC_PERSON_EVENT], before.by_type[WIRE_REC_PERSON_EVENT] + 4);
    assert_ok(rig_sign(&rig, &s.sign, &reply)); /* her own, which has moved on */
}

static void
test_a_gesture_that_comes_late_signs_nothing(void **state)
{
    (void)state;
    struct wire_intent intent = rig_present(&rig, anna, 1);
    struct wire_intent_open_reply opened;
    struct wire_sign_reply reply;
    uint64_t before = signed_so_far();
    intent.expires_at = intent.created_at + 2;
    assert_ok(rig_open(&rig, anna, &intent, &opened));
    struct authenticator_ask ask = rig_ask_of(&rig, &opened);
    struct wire_sign sign = rig_sign_of(&rig, &anna->sign, &opened, &ask, 1);
    while (time(NULL) < opened.expires_at) { /* time itself is what is tested */
        usleep(20000);
    }
    sg_result r = rig_sign(&rig, &sign, &reply);
    assert_true(r.code == SG_E_INTENT_EXPIRED || r.code == SG_E_INTENT); /* or swept already */
    assert_int_equal(signed_so_far(), before);
}

/* ---- enrolment and keys ------------------------------------------------------------------------------------------- */

static sg_result
make_key(const struct rig_person *person, uint64_t level, sg_bytes unique)
{
    const struct wire_key_make msg = {
        .person = SG_BYTES(person->id), .alg = KEY_ES256, .level = level, .unique = unique
    };
    struct sg_buf buf = sg_buf_new(rig.arena, 256, WIRE_FRAME_MAX);
    uint64_t id = rig.next_id++;
    wire_key_make_encode(&buf, id, &msg);
    struct wire_frame frame = rig_ask(&rig, rig.gateway, &buf, id);
    return rig_refusal(&frame);
}

static void
test_keys_only_as_many_and_as_high_as_were_approved(void **state)
{
    (void)state;
    struct rig_person nobody = { .n_keys = 0 };
    assert_refused(make_key(&nobody, 2, random_bytes(16)), NOT_FOUND);
    assert_refused(make_key(anna, 1, random_bytes(16)), POLICY);
    if (anna->level < 3) {
        assert_refused(make_key(anna, 3, random_bytes(16)), POLICY);
    }
    for (size_t i = anna->n_keys; i < RIG_KEYS_MAX; i++) {
        sg_bytes unique = random_bytes(16);
        assert_ok(make_key(anna, anna->level, unique));
        /* asked again: the same one, which does not count */
        assert_ok(make_key(anna, anna->level, unique));
    }
    assert_refused(make_key(anna, anna->level, random_bytes(16)), FULL);
}

static sg_result
open_enrolment(sg_bytes link, sg_str code, struct wire_enrol_open_reply *ret)
{
    const struct wire_enrol_open msg = { .link = link, .code = code, .purpose = WIRE_PASSKEY_SIGN };
    struct sg_buf buf = sg_buf_new(rig.arena, 256, WIRE_FRAME_MAX);
    uint64_t id = rig.next_id++;
    wire_enrol_open_encode(&buf, id, &msg);
    struct wire_frame frame = rig_ask(&rig, rig.gateway, &buf, id);
    SG_TRY(rig_refusal(&frame));
    assert_ok(wire_enrol_open_reply_parse(frame.body, ret));
    return SG_DONE;
}

/* Five guesses, then the right code opens nothing either; an unknown link looks the same. */
static void
test_enrolment_codes_cannot_be_guessed(void **state)
{
    (void)state;
    struct wire_operation_reply approved;
    struct wire_enrol_open_reply opened;
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_PERSON_ENROL);
    op.subject = random_bytes(16);
    op.level = anna->level;
    op.count = 1;
    op.valid_s = 3600;
    assert_ok(rig_decide(&rig, &op, &approved));
    sg_bytes link;
    sg_str code;
    assert_ok(sg_arena_bytes(rig.arena, approved.link, &link));
    assert_ok(sg_arena_str(rig.arena, approved.code, &code));
    assert_refused(open_enrolment(random_bytes(32), code, &opened), ACTIVATION);
    static const char *const guesses[] = { "22222-22222", "23456-789AB", "ZYXWV-TSRQP",
        "AAAAA-AAAAA", "22222-22223" };
    for (size_t i = 0; i < sizeof(guesses) / sizeof(guesses[0]); i++) {
        assert_refused(open_enrolment(link, sg_cstr(guesses[i]), &opened), ACTIVATION);
    }
    assert_refused(open_enrolment(link, code, &opened), ACTIVATION);
}

/* A passkey of the attacker's own: registered for Anna, it approves nothing until she agrees to exactly it. */
static void
test_a_passkey_of_the_attackers_own_waits_for_ever(void **state)
{
    (void)state;
    struct authenticator_passkey own, second;
    struct wire_enrol_finish_reply waits, other;
    struct wire_sign_reply reply;
    struct wire_intent_open_reply opened;
    uint64_t before = signed_so_far();
    authenticator_make(&own, AUTHENTICATOR_ES256);
    authenticator_make(&second, AUTHENTICATOR_ES256);
    assert_ok(rig_enrol_further(&rig, anna, &own, WIRE_PASSKEY_SIGN, &waits));
    assert_int_equal(waits.state, WIRE_PASSKEY_WAITS);
    struct wire_intent intent = rig_present(&rig, anna, 1);
    assert_ok(rig_open(&rig, anna, &intent, &opened));
    struct authenticator_ask ask = rig_ask_of(&rig, &opened);
    struct wire_sign sign = rig_sign_of(&rig, &own, &opened, &ask, 1);
    assert_refused(rig_sign(&rig, &sign, &reply), ACTIVATION);
    /* it cannot agree to itself, */
    intent = rig_register(&rig, anna, &waits);
    assert_ok(rig_open(&rig, anna, &intent, &opened));
    ask = rig_ask_of(&rig, &opened);
    sign = rig_sign_of(&rig, &own, &opened, &ask, 1);
    assert_refused(rig_sign(&rig, &sign, &reply), ACTIVATION);
    /* nor does Anna's word for another passkey count for it: its digest with the other's key is no registration that waits */
    assert_ok(rig_enrol_further(&rig, anna, &second, WIRE_PASSKEY_SIGN, &other));
    intent = rig_register(&rig, anna, &other);
    intent.dtbs[0].digest = waits.digest;
    assert_true(!sg_ok(rig_open(&rig, anna, &intent, &opened)));
    /* nor Bert's */
    intent = rig_register(&rig, bert, &waits);
    assert_true(!sg_ok(rig_open(&rig, bert, &intent, &opened)));
    assert_int_equal(signed_so_far(), before);
    authenticator_forget(&own);
    authenticator_forget(&second);
}

/* Level 3: no passkey comes in that is not attested by a maker we know, or that syncs. req: SIG-8 */
static void
test_no_lesser_passkey_comes_in_at_level_3(void **state)
{
    (void)state;
    struct authenticator_root stranger;
    struct authenticator_passkey own;
    struct wire_enrol_finish_reply waits;
    struct rig_person careless =
        *anna; /* who the registration is for, and by whom it is attested */
    authenticator_root_make(&stranger);
    authenticator_make(&own, AUTHENTICATOR_ES256);
    careless.maker = NULL;
    assert_refused(rig_enrol_further(&rig, &careless, &own, WIRE_PASSKEY_SIGN, &waits), POLICY);
    careless.maker = &stranger;
    assert_refused(rig_enrol_further(&rig, &careless, &own, WIRE_PASSKEY_SIGN, &waits), POLICY);
    careless.maker = &maker;
    own.backup_eligible = true;
    assert_refused(rig_enrol_further(&rig, &careless, &own, WIRE_PASSKEY_SIGN, &waits), POLICY);
    authenticator_forget(&own);
    authenticator_root_forget(&stranger);
}

/* ---- at random ------------------------------------------------------------------------------------------------------ */

#define OPEN_MAX 24
#define STEPS 3000

/* What the model knows of an intent: whose, and what its owner agreed to. */
struct known {
    bool used;
    size_t person;
    struct wire_intent intent;
    struct wire_intent_open_reply opened;
    uint64_t agreed; /* bits that a gesture of the owner is good for: all, or none */
    uint64_t spent;
    bool first_done;
    struct wire_sign gesture; /* made by the owner, or empty */
};
static struct known known[OPEN_MAX];
static uint32_t
    last_count[PERSONS]; /* of each one's authenticator, as it was when it signed last */

static uint32_t
dice(uint32_t sides)
{
    static uint64_t seed = 0x9e3779b97f4a7c15u; /* the same game each time */
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % sides;
}

static void
forget(struct known *k)
{
    uint64_t seq;
    if (k->used) {
        SG_IGNORE(
            rig_cancel(&rig, k->opened.intent_id, WIRE_CANCEL_DROPPED, &seq)); /* may be over */
    }
    *k = (struct known){ .used = false };
}

static void
open_one(struct known *k)
{
    struct rig_person *owner = &p[dice(PERSONS)];
    forget(k);
    k->person = (size_t)(owner - p);
    k->intent = rig_present(&rig, owner, 1 + dice(3));
    if (dice(4) == 0) { /* somebody else's key among the owner's */
        k->intent.key = SG_BYTES(p[PERSONS - 1 - k->person].keys[dice(2)].key);
    }
    k->used = sg_ok(rig_open(&rig, owner, &k->intent, &k->opened));
    if (k->used) {
        sg_bytes copy;
        assert_ok(sg_arena_bytes(rig.arena, k->opened.intent_id, &copy));
        k->opened.intent_id = copy;
        assert_ok(sg_arena_bytes(rig.arena, k->opened.nonce, &copy));
        k->opened.nonce = copy;
        for (size_t i = 0; i < k->intent.n_dtbs;
             i++) { /* a key of another's would have been refused */
            struct wire_more_key key = wire_intent_key_of(&k->intent, i);
            bool own = false;
            for (size_t j = 0; j < p[k->person].n_keys; j++) {
                own = own || sg_bytes_equal(key.key, SG_BYTES(p[k->person].keys[j].key));
            }
            assert_true(own);
        }
    }
}

/* The person looks at the page and agrees; the attacker has a copy. */
static void
gesture_one(struct known *k)
{
    if (!k->used || k->gesture.client_data.n > 0) {
        return;
    }
    struct authenticator_ask ask = rig_ask_of(&rig, &k->opened);
    k->gesture = rig_sign_of(&rig, &p[k->person].sign, &k->opened, &ask, 1);
    k->agreed = (UINT64_C(1) << k->intent.n_dtbs) - 1;
}

/* Any gesture that there is, or an empty one. */
static const struct wire_sign *
some_gesture(void)
{
    static const struct wire_sign empty;
    const struct known *k = &known[dice(OPEN_MAX)];
    return k->used ? &k->gesture : &empty;
}

static sg_bytes
spoilt(sg_bytes in)
{
    sg_bytes copy;
    assert_ok(sg_arena_bytes(rig.arena, in, &copy));
    if (copy.n > 0) {
        ((uint8_t *)(uintptr_t)copy.p)[dice((uint32_t)copy.n)] ^= (uint8_t)(1 + dice(255));
    }
    return copy;
}

static bool
same_gesture(const struct wire_sign *a, const struct wire_sign *b)
{
    return sg_bytes_equal(a->passkey, b->passkey) &&
           sg_bytes_equal(a->client_data, b->client_data) &&
           sg_bytes_equal(a->authenticator_data, b->authenticator_data) &&
           sg_bytes_equal(a->assertion, b->assertion);
}

/* The counter lies behind RP ID hash and flags (WebAuthn 6.1). */
static uint32_t
count_in(sg_bytes data)
{
    assert_true(data.n >= 37);
    return (uint32_t)data.p[33] << 24 | (uint32_t)data.p[34] << 16 | (uint32_t)data.p[35] << 8 |
           data.p[36];
}

/* One SIGN of his making. What comes back must be what the model says was agreed to. */
static void
sign_one(struct known *k, uint64_t ret_signed[2])
{
    struct wire_sign_reply reply;
    struct wire_sign sign = *some_gesture();
    if (dice(3) == 0) {
        sign = k->gesture; /* the right one */
    } else if (dice(3) == 0) {
        sign = (struct wire_sign){ .which = 1 }; /* a later one */
    }
    if (dice(6) == 0) {
        sign.client_data = some_gesture()->client_data;
    }
    if (dice(6) == 0) {
        sign.authenticator_data = spoilt(sign.authenticator_data);
    }
    if (dice(6) == 0) {
        sign.assertion = dice(2) == 0 ? spoilt(sign.assertion) : some_gesture()->assertion;
    }
    if (dice(8) == 0) {
        sign.passkey = SG_BYTES(p[dice(PERSONS)].login.id);
    }
    sign.intent_id = k->used ? k->opened.intent_id : random_bytes(32);
    sign.which = 1 + dice(4);
    /* the message has all four or none */
    bool all = sign.passkey.n > 0 && sign.client_data.n > 0 && sign.authenticator_data.n > 0 &&
               sign.assertion.n > 0;
    if (!all) {
        sign = (struct wire_sign){ .intent_id = sign.intent_id, .which = sign.which };
    }
    if (!sg_ok(rig_sign(&rig, &sign, &reply))) {
        return;
    }
    assert_true(k->used);
    assert_true((sign.which & ~k->agreed) == 0); /* the owner made a gesture for this very intent */
    assert_true((sign.which & k->spent) == 0);
    assert_true(all ? !k->first_done && same_gesture(&sign, &k->gesture) : k->first_done);
    if (all) {
        uint32_t count = count_in(sign.authenticator_data);
        assert_true(count > last_count[k->person]);
        last_count[k->person] = count;
    }
    rig_verify_signatures(&p[k->person], &k->intent, sign.which, &reply);
    k->spent |= sign.which;
    k->first_done = true;
    ret_signed[p[k->person].level == 3] += 1;
}

static void
test_thousands_of_messages_sign_nothing_that_was_not_agreed_to(void **state)
{
    (void)state;
    uint64_t before = signed_so_far();
    uint64_t n[2] = { 0, 0 }; /* level 2, level 3 */
    unsigned tried = 0;
    for (size_t i = 0; i < PERSONS; i++) { /* all have counters by now */
        p[i].sign.sign_count = 5000;
    }
    for (unsigned i = 0; i < STEPS; i++) {
        struct known *k = &known[dice(OPEN_MAX)];
        switch (dice(8)) {
        case 0:
            open_one(k);
            break;
        case 1:
            gesture_one(k);
            break;
        default:
            sign_one(k, n);
            tried++;
            break;
        }
    }
    print_message(
        "%u messages SIGN, %llu of level 2 and %llu of level 3 what somebody had agreed to\n",
        tried, (unsigned long long)n[0], (unsigned long long)n[1]);
    assert_true(n[0] > 10 && n[1] > 10); /* good ones are let through: the game is not empty */
    assert_int_equal(signed_so_far(), before + n[0] + n[1]);
}

/* ---- what an auditor sees ------------------------------------------------------------------------------------------- */

static void
test_an_auditors_replay_finds_nothing(void **state)
{
    (void)state;
    struct sg_arena *arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    struct wire_audit_reply *reply = SG_NEW(arena, struct wire_audit_reply);
    struct evid_ledger *ledger = NULL;
    struct evid_ledger_result *result = SG_NEW(arena, struct evid_ledger_result);
    assert_ok(evid_ledger_new(arena, &ledger));
    for (uint64_t from = 0, size = 1; from < size; size = reply->size) {
        const struct wire_audit_read msg = { from, WIRE_AUDIT_MAX };
        struct sg_buf buf = sg_buf_new(rig.arena, 64, WIRE_FRAME_MAX);
        uint64_t id = rig.next_id++;
        wire_audit_read_encode(&buf, id, &msg);
        struct wire_frame frame = rig_ask(&rig, rig.ops, &buf, id);
        assert_int_equal(frame.type, WIRE_AUDIT_READ + WIRE_REPLY);
        assert_ok(wire_audit_reply_parse(frame.body, reply));
        for (size_t i = 0; i < reply->n_records; i++) {
            const struct wire_record_read_reply *r = &reply->records[i];
            const struct evid_record record = { r->seq, r->entry, r->blind, r->body, r->salt,
                r->closed };
            assert_ok(evid_ledger_feed(ledger, &record));
        }
        from += reply->n_records;
    }
    assert_ok(evid_ledger_end(ledger, result));
    for (size_t i = 0; i < result->n_findings; i++) {
        print_error("%llu %s: %.*s\n", (unsigned long long)result->findings[i].seq,
            result->findings[i].rule, SG_PRINT(result->findings[i].detail));
    }
    assert_int_equal(result->n_findings_all, 0);
    assert_true(result->n_by_type[WIRE_REC_CONSENT] > 20);
    sg_arena_free(&arena);
}

int
main(void)
{
#define AT_BOTH(test)                                   \
    { "level 2: " #test, (test), level_2, NULL, NULL }, \
    {                                                   \
        "level 3: " #test, (test), level_3, NULL, NULL  \
    }
    const struct CMUnitTest tests[] = {
        AT_BOTH(test_what_is_agreed_cannot_be_exchanged),
        AT_BOTH(test_nothing_beyond_the_intent_is_signed),
        AT_BOTH(test_a_gesture_with_anything_wrong_signs_nothing),
        AT_BOTH(test_a_counter_that_goes_back_signs_nothing),
        AT_BOTH(test_a_gesture_that_comes_late_signs_nothing),
        AT_BOTH(test_no_other_way_to_a_persons_key),
        AT_BOTH(test_keys_only_as_many_and_as_high_as_were_approved),
        AT_BOTH(test_enrolment_codes_cannot_be_guessed),
        AT_BOTH(test_a_passkey_of_the_attackers_own_waits_for_ever),
        cmocka_unit_test_setup(test_no_lesser_passkey_comes_in_at_level_3, level_3),
        cmocka_unit_test(test_thousands_of_messages_sign_nothing_that_was_not_agreed_to),
        cmocka_unit_test(test_an_auditors_replay_finds_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

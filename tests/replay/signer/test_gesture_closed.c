/*
 * What records of one person have in common for those who see only what is shown of them: nothing that tells that they are one person's. Who may see the rest, and that it
 * goes with the person. Through a real signer. req: EV-2 EV-4; consent-record checklist 9: "two records of one subject share no byte string"
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "evid_ledger.h"
#include "gesture_bed.h"

/* ---- what two records have in common --------------------------------------------------------------------------------- */

#define STRING_MIN 8 /* shorter ones come by chance */
#define STRINGS_MAX 4096

struct strings {
    sg_bytes at[STRINGS_MAX];
    size_t n;
};

/* Every byte string and text of a CBOR item; a byte string that is CBOR itself is looked into. Returns its length, 0 when it is none. */
static size_t
collect(sg_bytes in, unsigned depth, struct strings *ret)
{
    if (in.n == 0 || depth > 16) {
        return 0;
    }
    unsigned major = in.p[0] >> 5;
    unsigned info = in.p[0] & 31;
    size_t head = info < 24 ? 1 : info < 28 ? (size_t)1 + ((size_t)1 << (info - 24)) : 0;
    uint64_t value = info;
    if (head == 0 || head > in.n) {
        return 0;
    }
    for (size_t i = 1; i < head; i++) {
        value = (i == 1 ? 0 : value << 8) | in.p[i];
    }
    if (major == 2 || major == 3) {
        if (value > in.n - head) {
            return 0;
        }
        sg_bytes s = sg_bytes_slice(in, head, (size_t)value);
        struct strings inner = { .n = 0 };
        assert_true(ret->n < STRINGS_MAX);
        ret->at[ret->n++] = s;
        if (major == 2 && s.n > 0 && s.p[0] >> 5 == 5 && collect(s, depth + 1, &inner) == s.n) {
            assert_true(ret->n + inner.n <= STRINGS_MAX);
            memcpy(&ret->at[ret->n], inner.at, inner.n * sizeof(inner.at[0]));
            ret->n += inner.n;
        }
        return head + (size_t)value;
    }
    if (major != 4 && major != 5) {
        return head;
    }
    size_t at = head;
    for (uint64_t i = 0; i < (major == 5 ? 2 * value : value); i++) {
        size_t n = collect(sg_bytes_slice(in, at, in.n - at), depth + 1, ret);
        if (n == 0) {
            return 0;
        }
        at += n;
    }
    return at;
}

/* What every record of the service has, whoever it is about. */
static bool
is_everybodys(sg_bytes s)
{
    static const uint8_t zeros[16];
    static const uint8_t evidence[32] = { 7 };       /* what the rig's courier says of every list */
    static const char *const texts[] = { "vp_token", /* the format of every presentation */
        "sealgate-signer/" SEALGATE_VERSION };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (sg_bytes_equal(s, sg_str_bytes(sg_cstr(texts[i])))) {
            return true;
        }
    }
    return sg_bytes_equal(s, SG_BYTES(evidence)) ||
           sg_bytes_equal(s, SG_BYTES(zeros)); /* where `unique` would be */
}

static bool
contains(sg_bytes where, sg_bytes what)
{
    return memmem(where.p, where.n, what.p, what.n) != NULL;
}

/* Strings of `a` that occur anywhere in `b`, and the first of them. */
static size_t
common(sg_bytes a, sg_bytes b, sg_bytes *ret_first)
{
    static struct strings strings;
    size_t n = 0;
    strings.n = 0;
    assert_int_equal(collect(a, 0, &strings), a.n);
    for (size_t i = 0; i < strings.n; i++) {
        sg_bytes s = strings.at[i];
        if (s.n >= STRING_MIN && !is_everybodys(s) && contains(b, s)) {
            *ret_first = n == 0 ? s : *ret_first;
            n++;
        }
    }
    return n;
}

static void
expect_nothing_common(sg_bytes a, sg_bytes b)
{
    sg_bytes first;
    if (common(a, b, &first) != 0) {
        sg_str hex;
        assert_ok(sg_hex_encode(rig.arena, first, &hex));
        fail_msg("both have %.*s", SG_PRINT(hex));
    }
}

/* One person, one passkey, another key and another list for each verifier. */
static uint64_t
show_with(size_t key, const char *list)
{
    struct wire_sign_reply reply;
    struct wire_intent intent = rig_present(&rig, &p[ANNA], 1u << key);
    intent.refs[intent.n_refs++] =
        (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, sg_cstr(list), key };
    assert_ok(rig_approve_all(&rig, &p[ANNA], &intent, &reply));
    return reply.consent_seq;
}

static void
test_two_records_of_one_person_share_no_byte_string(void **state)
{
    (void)state;
    const uint64_t seqs[] = { show_with(0, "https://issuer.example/1"),
        show_with(1, "https://other.example/9") };
    struct wire_record_read_reply a = rig_record_for(&rig, seqs[0], NULL);
    struct wire_record_read_reply b = rig_record_for(&rig, seqs[1], NULL);
    assert_int_equal(a.closed.n + a.salt.n + b.closed.n + b.salt.n, 0);
    expect_nothing_common(a.body, b.body);
    expect_nothing_common(b.body, a.body);
    /* and nothing of the closed part occurs in the open one: neither its own, nor the other's */
    struct wire_record_read_reply open = rig_record(&rig, seqs[0]);
    assert_true(open.closed.n > 0);
    expect_nothing_common(open.closed, a.body);
    expect_nothing_common(open.closed, b.body);
    /* the comparer sees what was in the open before there was a closed part */
    struct wire_record_read_reply other = rig_record(&rig, seqs[1]);
    sg_bytes first;
    assert_true(common(open.closed, other.closed, &first) >= 3);
}

/* Two parts of one answer, signed one after the other with one gesture, are one person's for whoever has both: they are of one intent. Their salts are not one. */
static void
test_each_record_has_its_own_salt(void **state)
{
    (void)state;
    struct wire_record_read_reply a = rig_record(&rig, show_with(0, "https://issuer.example/1"));
    struct wire_record_read_reply b = rig_record(&rig, show_with(0, "https://issuer.example/1"));
    assert_false(sg_bytes_equal(a.salt, b.salt));
    assert_false(sg_bytes_equal(consent_of(a.seq)->closed, consent_of(b.seq)->closed));
}

/* ---- who sees it ------------------------------------------------------------------------------------------------------ */

static void
test_the_closed_part_is_for_the_auditor_and_whose_it_is(void **state)
{
    (void)state;
    uint64_t seq = show_with(0, "https://issuer.example/1");
    assert_int_equal(rig_record_for(&rig, seq, NULL).closed.n, 0);
    assert_int_equal(rig_record_for(&rig, seq, &p[BERT]).closed.n, 0);
    assert_int_equal(rig_record_for(&rig, seq, &p[BERT]).salt.n, 0);
    struct wire_record_read_reply own = rig_record_for(&rig, seq, &p[ANNA]);
    struct wire_record_read_reply audit = rig_record(&rig, seq);
    assert_true(own.closed.n > 0 && sg_bytes_equal(own.closed, audit.closed));
    /* a record that is nobody's has none, whoever is named */
    assert_int_equal(rig_record_for(&rig, 0, &p[ANNA]).closed.n, 0);
}

static void
test_a_refusal_names_no_passkey_in_the_open(void **state)
{
    (void)state;
    struct wire_refusal *refusal = SG_NEW(rig.arena, struct wire_refusal);
    uint8_t hash[32];
    struct rig_counts before = rig_counts(&rig);
    rig_mode(&rig, RIG_BAD);
    struct attempt a = attempt_with_refs(&p[ANNA], 1);
    assert_refused(try_with(&a, &p[ANNA].sign), STATUS_BAD);
    rig_mode(&rig, RIG_GOOD);
    assert_left(before, 0, 0, 1, 0);
    struct wire_record_read_reply r = rig_record(&rig, rig_counts(&rig).size - 1);
    sg_sha256(SG_BYTES(p[ANNA].sign.id), hash);
    assert_false(contains(r.body, SG_BYTES(hash)));
    assert_false(contains(r.body, sg_str_bytes(a.intent.requester)));
    assert_ok(wire_refusal_parse(r.body, refusal));
    assert_ok(wire_refusal_open(rig.arena, r.salt, r.closed, refusal));
    assert_true(sg_bytes_equal(refusal->passkey_hash, SG_BYTES(hash)));
}

/* ---- erasing ----------------------------------------------------------------------------------------------------------- */

/* Do the signer's files hold these bytes? */
static bool
on_disk(sg_bytes what)
{
    static const char *const names[] = { "ledger.db", "ledger.db-wal" };
    bool found = false;
    for (size_t i = 0; i < 2; i++) {
        sg_str path;
        assert_ok(sg_arena_printf(rig.arena, &path, "%s/signer/%s", rig.dir, names[i]));
        FILE *f = fopen(path.p, "rb");
        if (f == NULL) {
            assert_int_equal(i, 1); /* gone with a clean end */
            continue;
        }
        uint8_t *all = malloc((size_t)64 << 20);
        size_t n = fread(all, 1, (size_t)64 << 20, f);
        fclose(f);
        assert_true(i == 1 || n > 0);
        found = found || contains(sg_bytes_of(all, n), what);
        free(all);
    }
    return found;
}

static void
feed_all(struct evid_ledger *ledger)
{
    uint64_t size = rig_counts(&rig).size;
    for (uint64_t seq = 0; seq < size; seq++) {
        struct wire_record_read_reply r = rig_record(&rig, seq);
        const struct evid_record record = { r.seq, r.entry, r.blind, r.body, r.salt, r.closed };
        assert_ok(evid_ledger_feed(ledger, &record));
    }
}

static void
expect_ledger_holds(uint64_t n_closed)
{
    struct evid_ledger *ledger = NULL;
    struct evid_ledger_result *result = SG_NEW(rig.arena, struct evid_ledger_result);
    assert_ok(evid_ledger_new(rig.arena, &ledger));
    feed_all(ledger);
    assert_ok(evid_ledger_end(ledger, result));
    for (size_t i = 0; i < result->n_findings; i++) {
        print_error("%llu %s: %.*s\n", (unsigned long long)result->findings[i].seq,
            result->findings[i].rule, SG_PRINT(result->findings[i].detail));
    }
    assert_int_equal(result->n_findings_all, 0);
    assert_int_equal(result->n_closed, n_closed);
}

static void
leave(const struct rig_person *person)
{
    struct wire_operation_reply reply;
    struct wire_operation_msg op = rig_op(&rig, WIRE_OPN_PERSON_STATE);
    op.subject = SG_BYTES(person->id);
    op.state = WIRE_KEY_DESTROYED;
    assert_ok(rig_decide(&rig, &op, &reply));
}

/* A person who came the whole way, and whose ledger therefore replays without a finding. */
static struct rig own;

static void
test_it_goes_with_the_person_and_the_ledger_still_holds(void **state)
{
    (void)state;
    struct rig_person eva = { .n_keys = 2 };
    struct rig_person ida = { .n_keys = 1 };
    struct wire_sign_reply reply;
    rig_person_enrol(&rig, &eva);
    rig_person_enrol(&rig, &ida);
    struct wire_intent intent = rig_present(&rig, &eva, 3);
    assert_ok(rig_approve_all(&rig, &eva, &intent, &reply));
    uint64_t first = reply.consent_seq;
    struct wire_consent *open = rig_consent(&rig, first);
    uint8_t assertion[512];
    size_t n = open->gesture.assertion.n;
    assert_true(n > 0 && n <= sizeof(assertion));
    memcpy(assertion, open->gesture.assertion.p, n);
    intent = rig_present(&rig, &ida, 1);
    assert_ok(rig_approve_all(&rig, &ida, &intent, &reply));
    uint64_t others = reply.consent_seq;
    expect_ledger_holds(0);
    sg_bytes body = rig_record(&rig, first).body;
    leave(&eva);
    struct wire_record_read_reply r = rig_record(&rig, first);
    assert_true(r.body.n > 0 && sg_bytes_equal(r.body, body));
    assert_int_equal(r.closed.n + r.salt.n, 0);
    assert_int_equal(rig_record_for(&rig, first, &eva).closed.n, 0);
    assert_true(rig_record(&rig, others).closed.n > 0); /* nobody else's went */
    expect_ledger_holds(1);
    /* from the running signer's files too: the write-ahead log is cut as soon as no reader is in the way */
    for (int i = 0; i < 500 && on_disk(sg_bytes_of(assertion, n)); i++) {
        usleep(10000);
    }
    assert_false(on_disk(sg_bytes_of(assertion, n)));
    rig_stop(&rig);
    assert_false(on_disk(sg_bytes_of(assertion, n)));
    rig_start(&rig, NULL);
    expect_ledger_holds(1);
    rig_person_forget(&eva);
    rig_person_forget(&ida);
}

/* A signature that waits for a status while its person leaves is refused later: the record of that has no closed part any more. */
static void
test_what_is_refused_after_the_person_left_keeps_nothing_of_them(void **state)
{
    (void)state;
    struct rig_person uwe = { .n_keys = 1 };
    struct wire_intent_open_reply opened;
    struct wire_sign_reply reply;
    uint64_t id = 0;
    rig_person_enrol(&rig, &uwe);
    struct wire_intent intent = rig_present(&rig, &uwe, 1);
    intent.refs[intent.n_refs++] = a_ref(1);
    assert_ok(rig_open(&rig, &uwe, &intent, &opened));
    struct authenticator_ask ask = rig_ask_of(&rig, &opened);
    struct wire_sign sign = rig_sign_of(&rig, &uwe.sign, &opened, &ask, 1);
    rig_mode(&rig, RIG_HOLD);
    rig_sign_send(&rig, &sign, rig.next_id++);
    rig_wait_held(&rig, 1);
    struct rig_counts before = rig_counts(&rig);
    leave(&uwe);
    rig_mode(&rig, RIG_BAD);
    assert_false(sg_ok(rig_sign_receive(&rig, &id, &reply)));
    rig_mode(&rig, RIG_GOOD);
    struct rig_counts after = rig_counts(&rig);
    assert_int_equal(after.by_type[WIRE_REC_REFUSAL], before.by_type[WIRE_REC_REFUSAL] + 1);
    for (uint64_t seq = before.size; seq < after.size; seq++) {
        assert_int_equal(rig_record(&rig, seq).closed.n, 0);
    }
    expect_ledger_holds(2);
    rig_person_forget(&uwe);
}

/* Those of the bed were put into the registry without events: a replay would find that. So here nobody else has lived. */
static int
setup_own(void **state)
{
    (void)state;
    own = rig;
    memset(&rig, 0, sizeof(rig));
    rig_create(&rig, RIG_PERSON_SETTINGS);
    rig_start(&rig, NULL);
    return 0;
}

static int
teardown_own(void **state)
{
    (void)state;
    rig_stop(&rig);
    rig_free(&rig);
    rig = own;
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_records_of_one_person_share_no_byte_string),
        cmocka_unit_test(test_each_record_has_its_own_salt),
        cmocka_unit_test(test_the_closed_part_is_for_the_auditor_and_whose_it_is),
        cmocka_unit_test(test_a_refusal_names_no_passkey_in_the_open),
    };
    const struct CMUnitTest alone[] = {
        cmocka_unit_test(test_it_goes_with_the_person_and_the_ledger_still_holds),
        cmocka_unit_test(test_what_is_refused_after_the_person_left_keeps_nothing_of_them),
    };
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    return failed + cmocka_run_group_tests(alone, setup_own, teardown_own);
}

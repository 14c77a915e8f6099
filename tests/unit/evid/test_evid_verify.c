/* formats/evid: the bundle of one signature, checked offline step by step (req: EV-2, consent-record checklist 5). */
#include "evid_fixture.h"

static const struct evid_step *
step_of(const struct evid_report *r, const char *name)
{
    for (size_t i = 0; i < r->n_steps; i++) {
        if (strcmp(r->steps[i].name, name) == 0) {
            return &r->steps[i];
        }
    }
    return NULL;
}

static void
expect_step(const struct evid_report *r, const char *name, enum evid_held held)
{
    const struct evid_step *s = step_of(r, name);
    if (s == NULL || s->held != held) {
        print_error("step %s: %d, want %d\n", name, s == NULL ? 0 : (int)s->held, (int)held);
        fail();
    }
}

static struct evid_object
object_of(struct made *m)
{
    struct evid_object o = { .signing_input = m->signing_input,
        .signature = m->signature,
        .alg = jose_alg_by_id(JOSE_EDDSA),
        .refs_shown = true,
        .refs = { { WIRE_REF_TOKEN_STATUS_LIST, SG_LIT(URI), 7 } },
        .n_refs = 1 };
    return o;
}

static struct evid_report
verify(struct made *m, struct evid_bundle b, const struct evid_object *o)
{
    struct evid_bundle parsed;
    struct evid_report r;
    sg_str text;
    assert_ok(evid_bundle_write(m->arena, &b, &text));
    assert_ok(evid_bundle_parse(m->arena, text, NULL, &parsed));
    assert_ok(evid_verify(m->arena, &parsed, o, &m->vkey, &r));
    return r;
}

static const struct wrong none;

static void
test_whole_bundle_with_its_object_holds(void **state)
{
    struct made *m = make_ledger(*state, &none);
    struct evid_object o = object_of(m);
    struct evid_report r = verify(m, made_bundle(m), &o);
    static const char *const held[] = { "consent-hash", "outcome-hash", "consent-form",
        "outcome-form", "checkpoint-signature", "consent-in-tree", "outcome-in-tree",
        "consent-before-outcome", "outcome-of-consent", "intent", "dtbs", "signature-hash", "key",
        "seal-signature", "status", "approval", "instruction", "claims", "assigned-status",
        "subject" };
    for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++) {
        expect_step(&r, held[i], EVID_HELD);
    }
    expect_step(&r, "certificate", EVID_NOT_SHOWN);
    assert_true(r.held);
    assert_true(r.consent_at_ms == T0 * 1000);
}

static void
test_what_is_missing_is_not_shown_and_no_failure(void **state)
{
    struct made *m = make_ledger(*state, &none);
    struct evid_bundle b = made_bundle(m);
    b.n_openings = 0;
    b.client_spki = SG_NO_BYTES;
    struct evid_report r = verify(m, b, NULL);
    static const char *const hidden[] = { "dtbs", "signature-hash", "seal-signature", "instruction",
        "claims", "assigned-status", "subject" };
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        expect_step(&r, hidden[i], EVID_NOT_SHOWN);
    }
    assert_true(r.held);
    b.consent.body = SG_NO_BYTES; /* erased by policy (req: EV-4) */
    b.consent.blind = SG_NO_BYTES;
    r = verify(m, b, NULL);
    expect_step(&r, "consent-hash", EVID_NOT_SHOWN);
    expect_step(&r, "consent-in-tree", EVID_HELD);
    assert_true(r.held);
}

static void
test_another_object_does_not_fit(void **state)
{
    struct made *m = make_ledger(*state, &none);
    struct evid_object o = object_of(m);
    o.signing_input = sg_str_bytes(SG_LIT("eyJhbGciOiJFZERTQSJ9.e31"));
    o.signature = sign_tagged(*state, &m->seal, NULL, o.signing_input);
    struct evid_report r = verify(m, made_bundle(m), &o);
    expect_step(&r, "dtbs", EVID_NOT_HELD);
    expect_step(&r, "signature-hash", EVID_NOT_HELD);
    expect_step(
        &r, "seal-signature", EVID_HELD); /* a true signature, of something nobody agreed to */
    assert_false(r.held);

    o = object_of(m);
    o.signature = sign_tagged(*state, &m->client, NULL, o.signing_input);
    r = verify(m, made_bundle(m), &o);
    expect_step(&r, "seal-signature", EVID_NOT_HELD);
    expect_step(&r, "signature-hash", EVID_NOT_HELD);
    expect_step(&r, "dtbs", EVID_HELD);
    assert_false(r.held);

    o = object_of(m);
    o.refs[0].idx = 8;
    r = verify(m, made_bundle(m), &o);
    expect_step(&r, "assigned-status", EVID_NOT_HELD);
    assert_false(r.held);
}

/*
 * The signature of a true object under other content, and an algorithm that nobody knows or a document that cannot be canonicalised, so that nothing could be
 * compared: that is not the same as no object.
 */
static void
test_an_object_whose_bytes_cannot_be_told_does_not_hold(void **state)
{
    struct made *m = make_ledger(*state, &none);
    for (int i = 0; i < 2; i++) {
        struct evid_object o = object_of(m);
        if (i == 0) {
            o.alg = NULL;
        } else {
            o.signing_input = SG_NO_BYTES;
        }
        struct evid_report r = verify(m, made_bundle(m), &o);
        expect_step(&r, "signature-hash", EVID_HELD);
        expect_step(&r, "dtbs", EVID_NOT_HELD);
        expect_step(&r, "seal-signature", EVID_NOT_HELD);
        assert_false(r.held);
    }
}

static void
test_each_altered_part_of_the_bundle_is_noticed(void **state)
{
    struct made *m = make_ledger(*state, &none);
    struct evid_object o = object_of(m);
    struct evid_bundle b = made_bundle(m);
    struct evid_report r;
    sg_bytes body;

    assert_ok(sg_arena_bytes(*state, b.consent.body, &body));
    ((uint8_t *)(uintptr_t)body.p)[body.n - 1] ^= 1;
    b.consent.body = body;
    r = verify(m, b, &o);
    expect_step(&r, "consent-hash", EVID_NOT_HELD);
    assert_false(r.held);

    b = made_bundle(m);
    b.consent.seq++;
    r = verify(m, b, &o);
    expect_step(&r, "consent-in-tree", EVID_NOT_HELD);

    b = made_bundle(m);
    b.outcome.entry = b.consent.entry;
    r = verify(m, b, &o);
    expect_step(&r, "outcome-hash", EVID_NOT_HELD);
    expect_step(&r, "outcome-in-tree", EVID_NOT_HELD);

    b = made_bundle(m);
    struct evid_record swap = b.consent;
    b.consent = b.outcome;
    b.outcome = swap;
    r = verify(m, b, &o);
    expect_step(&r, "consent-hash", EVID_NOT_HELD);
    expect_step(&r, "consent-before-outcome", EVID_NOT_HELD);

    b = made_bundle(m);
    b.client_spki = m->ops[0].spki;
    r = verify(m, b, &o);
    expect_step(&r, "instruction", EVID_NOT_HELD);

    b = made_bundle(m);
    b.openings[0].value = sg_str_bytes(SG_LIT("somebody else"));
    b.openings[1].value = sg_str_bytes(SG_LIT("{}"));
    r = verify(m, b, &o);
    expect_step(&r, "subject", EVID_NOT_HELD);
    expect_step(&r, "claims", EVID_NOT_HELD);

    b = made_bundle(m);
    struct tlog_vkey good = m->vkey;
    m->vkey.key[3] ^= 1;
    r = verify(m, b, &o);
    m->vkey = good;
    expect_step(&r, "checkpoint-signature", EVID_NOT_HELD);
    expect_step(&r, "consent-in-tree", EVID_NOT_HELD);
    assert_false(r.held);
}

static void
test_unlawful_records_do_not_hold(void **state)
{
    static const struct {
        struct wrong wrong;
        const char *step;
    } rows[] = { { { .status_bad = true }, "status" }, { { .status_old = true }, "status" },
        { { .wrong_spki = true }, "key" }, { { .instruction_forged = true }, "instruction" },
        { { .other_configuration = true }, "instruction" },
        { { .intent_expired = true }, "intent" } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct made *m = make_ledger(*state, &rows[i].wrong);
        struct evid_object o = object_of(m);
        struct evid_report r = verify(m, made_bundle(m), &o);
        expect_step(&r, rows[i].step, EVID_NOT_HELD);
        assert_false(r.held);
    }
}

static void
test_bundle_refusals(void **state)
{
    static const struct {
        const char *text;
        enum sg_code code;
    } rows[] = {
        { "", SG_E_MALFORMED },
        { "[]", SG_E_TYPE },
        { "{}", SG_E_MISSING },
        { "{\"format\":\"sealgate/evidence/v2\"}", SG_E_UNSUPPORTED },
        { "{\"format\":\"sealgate/evidence/v1\"}", SG_E_MISSING },
        { "{\"format\":\"sealgate/evidence/v1\",\"origin\":1}", SG_E_TYPE },
        { "{\"format\":\"sealgate/evidence/"
          "v1\",\"origin\":\"a\",\"log_vkey\":\"b\",\"consent\":{\"seq\":-1}}",
            SG_E_NUMBER },
        { "{\"format\":\"sealgate/evidence/"
          "v1\",\"origin\":\"a\",\"log_vkey\":\"b\",\"consent\":{\"seq\":1,"
          "\"entry\":\"AA==\"}}",
            SG_E_ENCODING },
        { "{\"format\":\"sealgate/evidence/"
          "v1\",\"origin\":\"a\",\"log_vkey\":\"b\",\"consent\":{\"seq\":1,"
          "\"entry\":\"AA\",\"body\":\"AA\"}}",
            SG_E_MISSING },
        { "{\"format\":\"sealgate/evidence/"
          "v1\",\"origin\":\"a\",\"log_vkey\":\"b\",\"consent\":{\"seq\":1,"
          "\"entry\":\"AA\",\"blind\":\"AA\",\"body\":\"AA\"}}",
            SG_E_VALUE },
        { "{\"format\":\"sealgate/evidence/v1\",\"format\":\"sealgate/evidence/v1\"}",
            SG_E_DUPLICATE },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct evid_bundle b;
        support_assert_code(evid_bundle_parse(*state, sg_cstr(rows[i].text), NULL, &b),
            rows[i].code, rows[i].text, __FILE__, __LINE__);
    }
}

int
main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--write-corpus") == 0) { /* seed of the fuzz target */
        struct sg_arena *arena = sg_arena_new(0, (size_t)1024 * 1024);
        struct made *m = make_ledger(arena, &none);
        struct evid_bundle b = made_bundle(m);
        sg_str text;
        FILE *f = fopen(argv[2], "wb");
        if (f == NULL || !sg_ok(evid_bundle_write(arena, &b, &text))) {
            return 1;
        }
        fwrite(text.p, 1, text.n, f);
        fclose(f);
        sg_arena_free(&arena);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_bundle_with_its_object_holds),
        cmocka_unit_test(test_what_is_missing_is_not_shown_and_no_failure),
        cmocka_unit_test(test_another_object_does_not_fit),
        cmocka_unit_test(test_an_object_whose_bytes_cannot_be_told_does_not_hold),
        cmocka_unit_test(test_each_altered_part_of_the_bundle_is_noticed),
        cmocka_unit_test(test_unlawful_records_do_not_hold),
        cmocka_unit_test(test_bundle_refusals),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

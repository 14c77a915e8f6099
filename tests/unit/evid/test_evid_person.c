/* formats/evid: a person's gesture, from the bundle alone and in the replay of a ledger (req: AU-4, EV-1, EV-2, SIG-3, SIG-8). */
#include "evid_person_fixture.h"

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
        fail_msg("step %s: %d (%.*s), want %d", name, s == NULL ? 0 : (int)s->held,
            s == NULL ? 0 : (int)s->detail.n, s == NULL ? "" : s->detail.p, (int)held);
    }
}

static struct evid_report
verify(struct lived *p, struct evid_bundle b, const struct evid_object *o)
{
    struct evid_bundle parsed;
    struct evid_report r;
    sg_str text;
    assert_ok(evid_bundle_write(p->m->arena, &b, &text));
    assert_ok(evid_bundle_parse(p->m->arena, text, NULL, &parsed));
    assert_ok(evid_verify(p->m->arena, &parsed, o, &p->m->vkey, &r));
    return r;
}

static void
test_a_presentation_holds_from_the_bundle_alone(void **state)
{
    struct lived *p = make_life(*state, LAWFUL);
    static const char *const held[] = { "consent-in-tree", "outcome-of-consent", "intent", "dtbs",
        "signature-hash", "key", "seal-signature", "status", "approval", "gesture-challenge",
        "gesture-authenticator", "gesture-signature", "gesture-counter", "gesture-covers",
        "assigned-status", "audience", "nonce" };
    for (size_t i = 0; i < 2; i++) { /* the second leans on the first one's gesture */
        struct evid_object o = life_object(p, i);
        struct evid_report r = verify(p, life_bundle(p, i), &o);
        for (size_t j = 0; j < sizeof(held) / sizeof(held[0]); j++) {
            const char *name =
                strcmp(held[j], "assigned-status") == 0 ? "presented-status" : held[j];
            expect_step(&r, name, EVID_HELD);
        }
        if (i == 1) {
            expect_step(&r, "first-consent", EVID_HELD);
        }
        assert_true(r.held);
    }
    end_life(p);
}

/* DeviceAuth is over a session that the response does not tell: found by its signature, its bytes not shown. */
static void
test_a_signature_over_a_session_is_found_by_itself(void **state)
{
    struct lived *p = make_life(*state, LAWFUL);
    for (size_t i = 0; i < 2; i++) {
        struct evid_object o = life_object(p, i);
        o.signing_input = SG_NO_BYTES;
        o.message_elsewhere = true;
        struct evid_report r = verify(p, life_bundle(p, i), &o);
        expect_step(&r, "dtbs", EVID_NOT_SHOWN);
        expect_step(&r, "seal-signature", EVID_NOT_SHOWN);
        expect_step(&r, "signature-hash", EVID_HELD);
        expect_step(&r, "key", EVID_HELD);
        expect_step(&r, "gesture-covers", EVID_HELD);
        assert_true(r.held);
    }
    end_life(p);
}

static void
test_another_object_does_not_fit(void **state)
{
    struct lived *p = make_life(*state, LAWFUL);
    /* the other credential's presentation, with this one's consent: of the intent, and not what this consent is for */
    struct evid_object o = life_object(p, 1);
    struct evid_report r = verify(p, life_bundle(p, 0), &o);
    expect_step(&r, "gesture-covers", EVID_NOT_HELD);
    expect_step(&r, "signature-hash", EVID_NOT_HELD);
    assert_false(r.held);
    o = life_object(p, 0);
    o.nonce = SG_LIT("another");
    r = verify(p, life_bundle(p, 0), &o);
    expect_step(&r, "nonce", EVID_NOT_HELD);
    o = life_object(p, 0);
    o.audience = SG_LIT("x509_san_dns:w.test");
    r = verify(p, life_bundle(p, 0), &o);
    expect_step(&r, "audience", EVID_NOT_HELD);
    o = life_object(p, 0);
    o.refs[0].idx = 6;
    r = verify(p, life_bundle(p, 0), &o);
    expect_step(&r, "presented-status", EVID_NOT_HELD);
    o = life_object(p, 0);
    o.signing_input = sg_str_bytes(SG_LIT("eyJ0eXAiOiJrYitqd3QifQ.e31"));
    r = verify(p, life_bundle(p, 0), &o);
    expect_step(&r, "dtbs", EVID_NOT_HELD);
    assert_false(r.held);
    end_life(p);
}

/* Each member of the gesture changed, lawfully hashed and in the tree, as a signer in enemy hands could write it. */
static void
test_each_part_of_a_gesture_counts(void **state)
{
    static const struct {
        enum amiss amiss;
        const char *step;
    } rows[] = {
        { OTHER_NONCE, "gesture-challenge" },
        { OTHER_PASSKEY_KEY, "gesture-signature" },
        { OTHER_CLIENT_DATA, "gesture-signature" },
        { OTHER_AUTHENTICATOR_DATA, "gesture-signature" },
        { OTHER_ASSERTION, "gesture-signature" },
        { OTHER_ORIGIN, "gesture-challenge" },
        { OTHER_RP_ID, "gesture-authenticator" },
        { NOT_VERIFIED, "gesture-authenticator" },
        { NOT_PRESENT, "gesture-authenticator" },
        { CROSS_ORIGIN, "gesture-challenge" },
        { ANOTHER_INTENT, "gesture-challenge" },
        { ANOTHER_PAGE, "gesture-challenge" },
        { ANOTHER_RP, "gesture-authenticator" },
        { A_REGISTRATION, "gesture-challenge" },
        { STRANGERS_KEY, "gesture-signature" },
        { WITHOUT_GESTURE, "approval" },
        { BY_MANDATE, "approval" },
        { NOT_ASKED, "status" },
        { STATUS_REVOKED, "status" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lived *p = make_life(*state, rows[i].amiss);
        struct evid_object o = life_object(p, 0);
        struct evid_report r = verify(p, life_bundle(p, 0), &o);
        expect_step(&r, rows[i].step, EVID_NOT_HELD);
        if (r.held) {
            fail_msg("%d holds", (int)rows[i].amiss);
        }
        end_life(p);
    }
}

/* Without changing the entry: the hash in the tree notices. */
static void
test_each_byte_of_the_consent_is_under_the_tree(void **state)
{
    struct lived *p = make_life(*state, LAWFUL);
    struct evid_bundle b = life_bundle(p, 0);
    uint8_t *body = sg_arena_alloc(p->m->arena, b.consent.body.n);
    struct evid_object o = life_object(p, 0);
    for (size_t i = 0; i < b.consent.body.n; i += 7) {
        memcpy(body, p->m->records[p->consents[0]].body.p, b.consent.body.n);
        body[i] ^= 1;
        b.consent.body.p = body;
        struct evid_report r = verify(p, b, &o);
        expect_step(&r, "consent-hash", EVID_NOT_HELD);
        assert_false(r.held);
    }
    end_life(p);
}

static void
test_a_later_consent_needs_the_first(void **state)
{
    struct lived *p = make_life(*state, LAWFUL);
    struct evid_object o = life_object(p, 1);
    struct evid_bundle b = life_bundle(p, 1);
    b.first = (struct evid_record){ .seq = 0 };
    struct evid_report r = verify(p, b, &o);
    expect_step(&r, "first-consent", EVID_NOT_HELD);
    assert_false(r.held);
    b = life_bundle(p, 1);
    b.first = p->m->records[p->consents[1]];
    r = verify(p, b, &o);
    expect_step(&r, "first-consent", EVID_NOT_HELD);
    b = life_bundle(p, 1);
    b.first_proof = b.consent_proof;
    r = verify(p, b, &o);
    expect_step(&r, "first-consent", EVID_NOT_HELD);
    end_life(p);
    p = make_life(*state, LATER_OF_ANOTHER);
    o = life_object(p, 1);
    r = verify(p, life_bundle(p, 1), &o);
    expect_step(&r, "first-consent", EVID_NOT_HELD);
    end_life(p);
}

static void
test_a_flagged_counter_passes_at_level_2(void **state)
{
    struct lived *p = make_life(*state, COUNTER_FLAGGED);
    struct evid_object o = life_object(p, 0);
    struct evid_report r = verify(p, life_bundle(p, 0), &o);
    expect_step(&r, "gesture-counter", EVID_HELD);
    assert_true(r.held);
    end_life(p);
}

/* ---- what is closed ---------------------------------------------------------------------------------- */

static struct evid_bundle
closed_bundle(struct lived *p, size_t i)
{
    struct evid_bundle b = life_bundle(p, i);
    b.consent.salt = b.consent.closed = b.first.salt = b.first.closed = SG_NO_BYTES;
    return b;
}

static const char *const about_the_gesture[] = { "gesture-challenge", "gesture-authenticator",
    "gesture-signature", "gesture-counter", "text" };

/* A relying party's: everything about what was signed holds, nothing about whose passkey it was is told, and none of that is called good. req: EV-2 EV-4 */
static void
test_a_closed_gesture_is_not_shown_and_nothing_fails(void **state)
{
    static const char *const held[] = { "consent-hash", "consent-in-tree", "outcome-of-consent",
        "intent", "dtbs", "signature-hash", "key", "seal-signature", "status", "approval",
        "gesture-covers", "presented-status", "audience", "nonce" };
    struct lived *p = make_life(*state, LAWFUL);
    for (size_t i = 0; i < 2; i++) {
        struct evid_object o = life_object(p, i);
        struct evid_report r = verify(p, closed_bundle(p, i), &o);
        for (size_t j = 0; j < sizeof(held) / sizeof(held[0]); j++) {
            expect_step(&r, held[j], EVID_HELD);
        }
        expect_step(&r, "opening", EVID_NOT_SHOWN);
        for (size_t j = 0; j < sizeof(about_the_gesture) / sizeof(about_the_gesture[0]); j++) {
            expect_step(&r, about_the_gesture[j], EVID_NOT_SHOWN);
        }
        if (i == 1) {
            expect_step(&r, "first-consent", EVID_HELD);
        }
        assert_true(r.held);
    }
    end_life(p);
}

/* One of two consents opened: each tells what it has. */
static void
test_first_and_later_consent_are_opened_each_for_itself(void **state)
{
    struct lived *p = make_life(*state, LAWFUL);
    struct evid_object o = life_object(p, 1);
    struct evid_bundle b = life_bundle(p, 1);
    b.first.salt = b.first.closed = SG_NO_BYTES;
    struct evid_report r = verify(p, b, &o);
    expect_step(&r, "opening", EVID_HELD);
    expect_step(&r, "first-consent", EVID_HELD);
    expect_step(&r, "gesture-signature", EVID_NOT_SHOWN);
    assert_true(r.held);
    b = life_bundle(p, 1);
    b.consent.salt = b.consent.closed = SG_NO_BYTES;
    r = verify(p, b, &o);
    expect_step(&r, "opening", EVID_NOT_SHOWN);
    expect_step(&r, "gesture-signature", EVID_HELD);
    assert_true(r.held);
    end_life(p);
}

static void
test_another_opening_does_not_hold(void **state)
{
    struct lived *p = make_life(*state, LAWFUL);
    struct evid_object o = life_object(p, 0);
    const struct evid_bundle good = life_bundle(p, 0);
    uint8_t *copy = sg_arena_alloc(p->m->arena, good.consent.closed.n);
    uint8_t salt[32];
    for (size_t i = 0; i < good.consent.closed.n; i += 11) {
        struct evid_bundle b = good;
        memcpy(copy, good.consent.closed.p, good.consent.closed.n);
        copy[i] ^= 1;
        b.consent.closed.p = copy;
        struct evid_report r = verify(p, b, &o);
        expect_step(&r, "opening", EVID_NOT_HELD);
        expect_step(&r, "gesture-signature", EVID_NOT_SHOWN); /* nobody's word */
        assert_false(r.held);
    }
    struct evid_bundle b = good;
    memcpy(salt, good.consent.salt.p, 32);
    salt[0] ^= 1;
    b.consent.salt = SG_BYTES(salt);
    struct evid_report r = verify(p, b, &o);
    expect_step(&r, "opening", EVID_NOT_HELD);
    assert_false(r.held);
    /* the other record's, of the same intent */
    b = good;
    b.consent.salt = p->m->records[p->consents[1]].salt;
    b.consent.closed = p->m->records[p->consents[1]].closed;
    r = verify(p, b, &o);
    expect_step(&r, "opening", EVID_NOT_HELD);
    /* of the consent that the gesture came with */
    o = life_object(p, 1);
    b = life_bundle(p, 1);
    b.first.salt = good.outcome.blind;
    r = verify(p, b, &o);
    expect_step(&r, "first-consent", EVID_NOT_HELD);
    assert_false(r.held);
    /* a commitment of one's own: the tree notices */
    b = good;
    struct wire_consent *c = SG_NEW(p->m->arena, struct wire_consent);
    assert_ok(wire_consent_parse(b.consent.body, c));
    c->closed = b.consent.salt;
    assert_ok(wire_consent_encode(p->m->arena, c, &b.consent.body));
    o = life_object(p, 0);
    r = verify(p, b, &o);
    expect_step(&r, "consent-hash", EVID_NOT_HELD);
    expect_step(&r, "opening", EVID_NOT_HELD);
    end_life(p);
}

/* From the text that was read to the passkey, for who has it all. */
static void
test_the_text_is_the_intents(void **state)
{
    static const uint8_t zeros[32];
    struct lived *p = make_life(*state, LAWFUL);
    struct evid_object o = life_object(p, 0);
    struct evid_bundle b = life_bundle(p, 0);
    b.openings[b.n_openings++] =
        (struct evid_opening){ SG_LIT("text"), SG_BYTES(zeros), sg_str_bytes(SG_LIT(SHOWN_TEXT)) };
    struct evid_report r = verify(p, b, &o);
    expect_step(&r, "text", EVID_HELD);
    assert_true(r.held);
    b.openings[b.n_openings - 1].value = sg_str_bytes(SG_LIT("another text"));
    r = verify(p, b, &o);
    expect_step(&r, "text", EVID_NOT_HELD);
    assert_false(r.held);
    end_life(p);
}

/* An opening for a consent that commits to nothing is somebody's addition. */
static void
test_an_opening_of_nothing_does_not_hold(void **state)
{
    fixture_closed = true;
    struct lived *later = make_life(*state, LAWFUL);
    fixture_closed = false;
    struct lived *p = make_life(*state, LAWFUL);
    struct evid_object o = life_object(p, 0);
    struct evid_bundle b = life_bundle(p, 0);
    b.consent.salt = later->m->records[later->consents[0]].salt;
    b.consent.closed = later->m->records[later->consents[0]].closed;
    struct evid_report r = verify(p, b, &o);
    expect_step(&r, "opening", EVID_NOT_HELD);
    assert_false(r.held);
    end_life(later);
    end_life(p);
}

/* ---- the replay ------------------------------------------------------------------------------------ */

/* `closed_too`: every closed part was erased. */
static struct evid_ledger_result
replay_without(struct lived *p, size_t erased, bool closed_too)
{
    struct evid_ledger *l;
    struct evid_ledger_result result;
    assert_ok(evid_ledger_new(p->m->arena, &l));
    for (size_t i = 0; i < p->m->n; i++) {
        struct evid_record record = p->m->records[i];
        if (i == erased) {
            record.blind = SG_NO_BYTES;
            record.body = SG_NO_BYTES;
        }
        if (i == erased || closed_too) {
            record.salt = SG_NO_BYTES;
            record.closed = SG_NO_BYTES;
        }
        assert_ok(evid_ledger_feed(l, &record));
    }
    assert_ok(evid_ledger_end(l, &result));
    return result;
}

static struct evid_ledger_result
replay(struct lived *p, size_t erased)
{
    return replay_without(p, erased, false);
}

static void
test_a_lawful_life_has_no_finding(void **state)
{
    struct lived *p = make_life(*state, LAWFUL);
    struct evid_ledger_result r = replay(p, SIZE_MAX);
    for (size_t i = 0; i < r.n_findings; i++) {
        print_error("%s: %.*s\n", r.findings[i].rule, SG_PRINT(r.findings[i].detail));
    }
    assert_int_equal(r.n_findings_all, 0);
    assert_int_equal(r.n_consents_open, 0);
    /* a body erased by policy leaves nothing broken (req: EV-4) */
    for (size_t i = 1; i < p->m->n; i++) {
        r = replay(p, i);
        for (size_t j = 0; j < r.n_findings; j++) {
            print_error(
                "without %zu: %s: %.*s\n", i, r.findings[j].rule, SG_PRINT(r.findings[j].detail));
        }
        assert_int_equal(r.n_findings_all, 0);
    }
    end_life(p);
}

static void
test_each_wrong_thing_is_noticed_by_its_rule(void **state)
{
    static const struct {
        enum amiss amiss;
        const char *rule;
    } rows[] = {
        { OTHER_NONCE, "gesture" },
        { OTHER_PASSKEY_KEY, "passkey" },
        { OTHER_PASSKEY_HASH, "passkey" },
        { OTHER_PASSKEY_SEQ, "passkey" },
        { OTHER_CLIENT_DATA, "gesture" },
        { OTHER_AUTHENTICATOR_DATA, "gesture" },
        { OTHER_ASSERTION, "gesture" },
        { OTHER_ORIGIN, "gesture" },
        { OTHER_RP_ID, "gesture" },
        { COUNTER_FLAGGED, "gesture-counter" },
        { COUNTER_WENT_BACK, "gesture-counter" },
        { NOT_VERIFIED, "gesture" },
        { NOT_PRESENT, "gesture" },
        { CROSS_ORIGIN, "gesture" },
        { ANOTHER_INTENT, "gesture" },
        { ANOTHER_PAGE, "gesture" },
        { ANOTHER_RP, "gesture" },
        { A_REGISTRATION, "gesture" },
        { STRANGERS_KEY, "gesture" },
        { LOGIN_PASSKEY, "passkey" },
        { NOT_REGISTERED, "passkey" },
        { REMOVED, "passkey" },
        { LOCKED, "person-state" },
        { ANOTHERS_KEY, "key-holder" },
        { KEY_NOT_MADE, "key-state" },
        { TOO_MANY_KEYS, "key-made" },
        { SPENT_TWICE, "intent-once" },
        { NOTHING_SHOWN, "gesture" },
        { NOT_ASKED, "status" },
        { STATUS_REVOKED, "status" },
        { WITHOUT_GESTURE, "gesture" },
        { BY_MANDATE, "activation" },
        { WRONG_LEVEL, "key-level" },
        { LATER_OF_ANOTHER, "first-consent" },
        { NO_DECISION, "passkey-registered" },
        { REGISTERED_TWICE, "passkey-registered" },
        { OTHER_STATEMENT, "passkey-registered" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lived *p = make_life(*state, rows[i].amiss);
        struct evid_ledger_result r = replay(p, SIZE_MAX);
        bool found = false;
        for (size_t j = 0; j < r.n_findings; j++) {
            found = found || strcmp(r.findings[j].rule, rows[i].rule) == 0;
        }
        if (!found) {
            fail_msg("%d: rule %s did not notice", (int)rows[i].amiss, rows[i].rule);
        }
        end_life(p);
    }
}

static bool
found(const struct evid_ledger_result *r, const char *rule)
{
    for (size_t j = 0; j < r->n_findings; j++) {
        if (strcmp(r->findings[j].rule, rule) == 0) {
            return true;
        }
    }
    return false;
}

/* Erased with the person: the ledger is as true as before, and says how much it cannot check any more. Erased before: that is noticed. req: EV-4 */
static void
test_gestures_go_with_the_person_and_not_before(void **state)
{
    struct lived *p = make_life(*state, LAWFUL);
    struct evid_ledger_result r = replay_without(p, SIZE_MAX, true);
    assert_true(found(&r, "opening"));
    leave(p);
    r = replay_without(p, SIZE_MAX, true);
    for (size_t i = 0; i < r.n_findings; i++) {
        print_error("%s: %.*s\n", r.findings[i].rule, SG_PRINT(r.findings[i].detail));
    }
    assert_int_equal(r.n_findings_all, 0);
    assert_int_equal(r.n_closed, 2);
    assert_int_equal(r.n_consents_open, 0);
    r = replay(p, SIZE_MAX); /* kept after all */
    assert_int_equal(r.n_findings_all, 0);
    assert_int_equal(r.n_closed, 0);
    end_life(p);
}

/* What the open half says is held to the same rules. */
static void
test_without_the_closed_part_the_rest_is_still_checked(void **state)
{
    static const struct {
        enum amiss amiss;
        const char *rule;
    } rows[] = { { NOT_ASKED, "status" }, { STATUS_REVOKED, "status" },
        { ANOTHERS_KEY, "key-holder" }, { KEY_NOT_MADE, "key-state" },
        { WRONG_LEVEL, "key-level" } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lived *p = make_life(*state, rows[i].amiss);
        struct evid_ledger_result r = replay_without(p, SIZE_MAX, true);
        if (!found(&r, rows[i].rule)) {
            fail_msg("%d: rule %s did not notice", (int)rows[i].amiss, rows[i].rule);
        }
        end_life(p);
    }
}

/* A person's parts are erased all at once: a later consent that is still open, whose first is not, was never in the ledger like this. req: EV-4 */
static void
test_a_later_consent_leans_on_none_that_is_closed(void **state)
{
    struct lived *p = make_life(*state, LAWFUL);
    leave(p);
    p->m->records[p->consents[0]].salt = p->m->records[p->consents[0]].closed = SG_NO_BYTES;
    struct evid_ledger_result r = replay(p, SIZE_MAX);
    assert_true(found(&r, "first-consent"));
    end_life(p);
}

/* A further passkey of the person, by a consent whose closed part nobody has: nothing shows that there was a gesture. */
static void
register_without_gesture(struct lived *p)
{
    static const uint8_t challenge[32] = { 7 };
    static const uint8_t unique[16] = { 12 };
    static const uint8_t other[32] = { 13 };
    struct authenticator_create create = {
        .ask = { .rp_id = RP_ID, .origin = PAGE, .challenge = SG_BYTES(challenge) }
    };
    struct authenticator_registration made =
        authenticator_register(p->m->arena, &p->stranger, &create);
    sg_bytes spki = sg_bytes_of(p->stranger.spki, p->stranger.spki_len);
    struct wire_consent *c = SG_NEW(p->m->arena, struct wire_consent);
    uint8_t thumbprint[32];
    uint8_t digest[32];
    struct jwk jwk;
    assert_ok(jwk_from_spki(p->m->arena, spki, &jwk));
    assert_ok(jwk_thumbprint(p->m->arena, &jwk, thumbprint));
    wire_register_digest(made.client_data, made.attestation, digest);
    struct wire_intent in = { .operation = WIRE_OP_REGISTER,
        .key = SG_BYTES(thumbprint),
        .alg = JOSE_ES256,
        .dtbs = { { WIRE_PREHASH, SG_BYTES(digest) } },
        .n_dtbs = 1,
        .text_hash = SG_BYTES(other),
        .requester = SG_LIT("gateway"),
        .format = SG_LIT("passkey"),
        .created_at = T0 - 5,
        .expires_at = T0 + 60,
        .unique = SG_BYTES(unique) };
    assert_ok(wire_intent_encode(p->m->arena, &in, &c->intent));
    c->activation = WIRE_ACT_PASSKEY;
    c->level = 2;
    c->at_ms = T0 * 1000;
    c->spki = spki;
    c->which = 1;
    uint64_t seq = append_consent(p, c);
    p->m->records[seq].salt = p->m->records[seq].closed = SG_NO_BYTES;
    (void)person_event(p, "passkey-registered",
        (struct wire_person_event){ .consent_seq = seq,
            .passkey = SG_BYTES(p->stranger.id),
            .spki = spki,
            .client_data = made.client_data,
            .attestation = made.attestation,
            .purpose = WIRE_PASSKEY_SIGN,
            .level = 2 });
}

/* Nobody lets a passkey in by a gesture that was never there: only of who has left may it be erased. req: EV-4 */
static void
test_a_registration_without_its_gesture_is_of_who_has_left(void **state)
{
    struct lived *p = make_life(*state, LAWFUL);
    register_without_gesture(p);
    struct evid_ledger_result r = replay(p, SIZE_MAX);
    assert_false(found(&r, "passkey-registered"));
    assert_true(found(&r, "opening"));
    leave(p);
    r = replay(p, SIZE_MAX);
    assert_false(found(&r, "opening"));
    end_life(p);
}

static void
test_a_replay_notices_another_closed_part(void **state)
{
    struct lived *p = make_life(*state, LAWFUL);
    struct evid_record *record = &p->m->records[p->consents[0]];
    record->salt = p->m->records[p->consents[1]].salt;
    struct evid_ledger_result r = replay(p, SIZE_MAX);
    assert_true(found(&r, "opening"));
    end_life(p);
}

static int
setup(void **state)
{
    fixture_closed = true;
    *state = sg_arena_new(0, (size_t)256 * 1024 * 1024);
    return *state == NULL;
}

/* As ledgers have it that were written before there was a closed part. */
static int
setup_version_1(void **state)
{
    int bad = setup(state);
    fixture_closed = false;
    return bad;
}

static int
teardown(void **state)
{
    sg_arena_free((struct sg_arena **)state);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define BOTH(f) TEST(f), cmocka_unit_test_setup_teardown(f, setup_version_1, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_a_presentation_holds_from_the_bundle_alone),
        BOTH(test_a_signature_over_a_session_is_found_by_itself),
        BOTH(test_another_object_does_not_fit),
        BOTH(test_each_part_of_a_gesture_counts),
        BOTH(test_each_byte_of_the_consent_is_under_the_tree),
        BOTH(test_a_later_consent_needs_the_first),
        BOTH(test_a_flagged_counter_passes_at_level_2),
        BOTH(test_a_lawful_life_has_no_finding),
        BOTH(test_each_wrong_thing_is_noticed_by_its_rule),
        TEST(test_a_closed_gesture_is_not_shown_and_nothing_fails),
        TEST(test_first_and_later_consent_are_opened_each_for_itself),
        TEST(test_another_opening_does_not_hold),
        BOTH(test_the_text_is_the_intents),
        TEST(test_an_opening_of_nothing_does_not_hold),
        TEST(test_gestures_go_with_the_person_and_not_before),
        TEST(test_without_the_closed_part_the_rest_is_still_checked),
        TEST(test_a_later_consent_leans_on_none_that_is_closed),
        TEST(test_a_registration_without_its_gesture_is_of_who_has_left),
        TEST(test_a_replay_notices_another_closed_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

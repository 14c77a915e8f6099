/*
 * Questions to a person: what is opened, what is signed, what leaves, and what does not (req: PRO-3, AU-4, SIG-1, SIG-2, SIG-4, SIG-6). Signer and courier are the test's;
 * the same over the real processes: tests/replay/persons.
 */
#include "questions_rig.h"

#include "support.h"

#define GIVEN "Given-7Q"

/* The signer may be asked at any time: the round of flow_watch.c. */
static void
set_state(uint64_t *which, uint64_t state)
{
    pthread_mutex_lock(&rig.lock);
    *which = state;
    pthread_mutex_unlock(&rig.lock);
}

static void
hold_one(void)
{
    rig_hold(SG_LIT("dc+sd-jwt"), show_sd_jwt(&rig.show, ""));
}

/* A credential with a place in a status list. */
static sg_str
with_status(unsigned idx)
{
    sg_str more;
    assert_ok(sg_arena_printf(rig.arena, &more,
        ",\"status\":{\"status_list\":{\"idx\":%u,\"uri\":\"https://issuer.example/status/1\"}}",
        idx));
    return show_sd_jwt(&rig.show, more.p);
}

static bool
has(sg_str text, const char *part)
{
    return text.n > 0 && memmem(text.p, text.n, part, strlen(part)) != NULL;
}

/* The intent that was opened commits to everything that the person was shown. */
static void
check_intent(void)
{
    static struct wire_intent intent;
    struct consent_openings o;
    uint8_t hash[32], id[32], challenge[32], commitment[32];
    sg_str text;
    assert_true(sg_bytes_equal(rig.question_intent, rig.intent));
    assert_ok(wire_intent_parse(rig.intent, &intent));
    assert_int_equal(intent.operation, WIRE_OP_PRESENT);
    assert_true(sg_str_is(intent.requester, "gateway"));
    assert_ok(consent_openings_parse(rig.arena, rig.openings, NULL, &o));
    assert_ok(consent_text(rig.arena, &o, &text));
    assert_true(sg_str_equal(text, rig.text));
    consent_text_hash(text, hash);
    assert_true(sg_bytes_equal(intent.text_hash, SG_BYTES(hash)));
    wire_commitment("audience", o.audience.salt, sg_str_bytes(o.party.id), commitment);
    assert_true(sg_bytes_equal(intent.audience, SG_BYTES(commitment)));
    wire_commitment("nonce", o.nonce.salt, o.nonce.value, commitment);
    assert_true(sg_bytes_equal(intent.nonce, SG_BYTES(commitment)));
    wire_commitment("subject", o.subject.salt, SG_BYTES(rig.person), commitment);
    assert_true(sg_bytes_equal(intent.subject, SG_BYTES(commitment)));
    wire_intent_id(rig.intent, id);
    wire_challenge(id, rig.nonce.p, challenge);
    assert_true(sg_bytes_equal(rig.challenge, SG_BYTES(challenge)));
}

static void
test_a_presentation_is_delivered(void **state)
{
    (void)state;
    hold_one();
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
    assert_int_equal(rig.state, FLOW_QUESTION_OPEN);
    assert_int_equal(rig.n_passkeys, 1);
    check_intent();
    assert_true(has(rig.text, "Example Shop"));
    assert_true(has(rig.text, "Nobody has checked this name."));
    assert_true(has(rig.text, "- given name\n"));
    assert_false(has(rig.text, "family name"));
    assert_false(has(rig.text, GIVEN)); /* names, no values */
    assert_int_equal(rig.n_sign, 0);    /* nothing is signed before the gesture */
    assert_int_equal(rig.n_deliver, 0);

    assert_ok(rig_approve());
    assert_int_equal(rig.state, FLOW_QUESTION_DELIVERED);
    assert_true(sg_str_is(rig.redirect_uri, "https://verifier.example/thanks#1"));
    assert_true(sg_str_is(rig.url, RIG_VERIFIER));
    assert_true(has(rig.form, "vp_token="));
    assert_true(has(rig.form, "state=st-1"));
    assert_int_equal(rig.vp_token.n, 0);
    assert_int_equal(rig.n_evidence, 1);

    /* told again to a page that is loaded once more, without anything that says what was shown */
    sg_str redirect = rig.redirect_uri;
    assert_ok(rig_get());
    assert_int_equal(rig.state, FLOW_QUESTION_DELIVERED);
    assert_true(sg_str_equal(redirect, rig.redirect_uri));
    assert_int_equal(rig.text.n, 0);
    assert_int_equal(rig.n_queries, 0);
    assert_refused(rig_approve(), CONFLICT);
    assert_int_equal(rig.n_sign, 1);
}

static void
test_a_presentation_is_returned_and_verifies(void **state)
{
    (void)state;
    hold_one();
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), false));
    assert_true(has(rig.text, "goes back to the wallet"));
    assert_ok(rig_approve());
    assert_int_equal(rig.state, FLOW_QUESTION_RETURNED);
    assert_int_equal(rig.n_deliver, 0);
    const struct sjson *token;
    assert_ok(sjson_parse_object(rig.arena, rig.vp_token, NULL, &token));
    const struct sjson *list = sjson_get(token, "a");
    assert_non_null(list);
    assert_int_equal(list->n, 1);
    assert_true(show_discloses(&rig.show, list->first->text, GIVEN));
    assert_false(show_discloses(&rig.show, list->first->text, "Family-7Q"));
}

/* A verifier that asks for all of the subject at once is answered, and the text says what that is. */
static void
test_a_claim_with_others_in_it_is_told_whole(void **state)
{
    (void)state;
    static const char *const said[] = { "- given name\n", "- family name\n", "- date of birth\n",
        "- nationalities\n", "- address\n" };
    rig_hold(SG_LIT("ldp_vc"), show_ldp(&rig.show, DI_ECDSA_SD_2023, ""));
    assert_ok(rig_start(
        rig_request(
            "{'credentials':[{'id':'a','format':'ldp_vc','meta':{'type_values':"
            "[['https://www.w3.org/2018/"
            "credentials#VerifiableCredential']]},'claims':[{'path':['credentialSubject']}]}]}",
            ""),
        false));
    assert_int_equal(rig.state, FLOW_QUESTION_OPEN);
    check_intent();
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        if (!has(rig.text, said[i])) {
            fail_msg("%s: %.*s", said[i], SG_PRINT(rig.text));
        }
    }
    /* names of the issuer's own inside of a claim: each, once for all entries */
    rig_hold(SG_LIT("dc+sd-jwt"), show_sd_jwt(&rig.show, ""));
    assert_ok(rig_start(
        rig_request(
            "{'credentials':[{'id':'a','format':'dc+sd-jwt','meta':{'vct_values':['" SHOW_VCT
            "']},'claims':[{'path':['degrees']},{'path':['address']}]}]}",
            ""),
        false));
    static const char *const named[] = { "- “degrees”\n- address\n",
        "- “degrees”, all entries, degree\n", "- “degrees”, all entries, “university”\n" };
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        if (!has(rig.text, named[i])) {
            fail_msg("%s: %.*s", named[i], SG_PRINT(rig.text));
        }
    }
    assert_false(has(rig.text, "- “degrees”, entry")); /* once for all entries */
    assert_false(has(rig.text, "- address, "));        /* a word of ours says what is beneath it */
}

/* What cannot be left out is named as well, and not its container alone. */
static void
test_what_comes_along_is_named(void **state)
{
    (void)state;
    rig_hold(SG_LIT("dc+sd-jwt"),
        show_sd_jwt(&rig.show, ",\"record\":{\"files\":[{\"number\":\"A-1\",\"tags\":[1,2]},{"
                               "\"number\":{\"secret\":1}}]},"
                               "\"colours\":[\"red\"],\"phone_number\":{\"work\":\"1\"}"));
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), false));
    check_intent();
    static const char *const said[] = { "- “record”, “files”, all entries, “number” (always",
        "- “record”, “files”, all entries, “tags” (always",
        "- “record”, “files”, all entries, “number”, “secret” (always", "- “colours” (always",
        "- telephone number (always" };
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        if (!has(rig.text, said[i])) {
            fail_msg("%s: %.*s", said[i], SG_PRINT(rig.text));
        }
    }
}

static void
test_a_credential_too_large_to_be_told_hides_no_other(void **state)
{
    (void)state;
    struct sg_buf buf = sg_buf_new(rig.arena, 32768, 65536);
    sg_str more;
    for (unsigned i = 0; i < FLOW_SHOW_LINES_MAX; i++) {
        sg_str member;
        assert_ok(sg_arena_printf(rig.arena, &member, ",\"m%u\":%u", i, i));
        sg_buf_put_str(&buf, member);
    }
    sg_buf_put_byte(&buf, 0);
    assert_ok(sg_buf_end_str(&buf, &more));
    hold_one();
    rig_hold(SG_LIT("dc+sd-jwt"), show_sd_jwt(&rig.show, more.p));
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), false));
    assert_int_equal(rig.state, FLOW_QUESTION_OPEN);
    assert_ok(rig_approve());
    assert_int_equal(rig.state, FLOW_QUESTION_RETURNED);
}

/* req: EV-2, SIG-6: what opens the record stays, under the person's key; the presentation does not */
static void
test_what_is_kept(void **state)
{
    (void)state;
    struct store_signed where;
    struct store_consent consent;
    uint8_t hash[32], person[16];
    hold_one();
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), false));
    sg_str text = rig.text, openings = rig.openings;
    assert_ok(rig_approve());
    assert_ok(sg_hex_decode_to(sg_str_of(rig.evidence, 64), hash, 32));
    assert_ok(store_signed_get(rig.store, hash, &where));
    assert_int_equal(where.consent_seq, rig.consent_seq);
    assert_ok(store_consent_get(rig.store, rig.consent_seq, rig.arena, person, &consent));
    assert_memory_equal(person, rig.person, 16);
    assert_true(sg_str_equal(consent.text, text));
    assert_true(sg_str_equal(consent.openings, openings));
    assert_true(sg_str_is(consent.template_, "present/1"));
}

static void
test_one_nonce_yields_one_presentation(void **state)
{
    (void)state;
    hold_one();
    sg_str request = rig_request(RIG_QUERY, "");
    char first[FLOW_QUESTION_ID_LEN + 1];
    assert_ok(rig_start(request, false));
    memcpy(first, rig.id, sizeof(first));
    assert_ok(rig_start(request, false)); /* opened again: the first page was lost */
    assert_ok(rig_approve());
    memcpy(rig.id, first, sizeof(first));
    assert_refused(rig_approve(), REPLAY);
    assert_refused(rig_start(request, false), REPLAY);
    flow_questions_close(&rig.questions); /* a restart does not make it new */
    rig_open(NULL);
    assert_refused(rig_start(request, false), REPLAY);
    assert_int_equal(rig.n_sign, 1);
}

/* A gesture that was refused used nothing up. */
static void
test_a_refused_gesture_leaves_the_nonce(void **state)
{
    (void)state;
    hold_one();
    sg_str request = rig_request(RIG_QUERY, "");
    assert_ok(rig_start(request, false));
    rig.sign_code = SG_E_ACTIVATION;
    assert_refused(rig_approve(), ACTIVATION);
    rig.sign_code = SG_OK;
    assert_ok(rig_start(request, false));
    assert_ok(rig_approve());
}

static void
test_a_refusal_is_told_in_one_word(void **state)
{
    (void)state;
    hold_one();
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
    assert_ok(rig_refuse());
    assert_int_equal(rig.state, FLOW_QUESTION_REFUSED);
    assert_true(has(rig.form, "error=access_denied"));
    assert_true(has(rig.form, "state=st-1"));
    assert_false(has(rig.form, "vp_token"));
    assert_int_equal(rig.n_refused_cancel, 1);
    assert_refused(rig_approve(), CONFLICT);
    assert_int_equal(rig.n_sign, 0);
}

/* The verifier learns nothing before the person has acted, and then the same as from a no (15.4.1). */
static void
test_nothing_to_show_looks_like_a_refusal(void **state)
{
    (void)state;
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
    assert_int_equal(rig.state, FLOW_QUESTION_NOTHING);
    assert_int_equal(rig.n_deliver, 0);
    assert_int_equal(rig.n_open, 0);
    assert_refused(rig_approve(), CONFLICT);
    assert_ok(rig_refuse());
    assert_true(has(rig.form, "error=access_denied"));
}

static void
test_a_status_that_is_not_good_counts_as_absent(void **state)
{
    (void)state;
    static const struct {
        uint64_t verdict, value;
        const char *reason;
    } rows[] = {
        { WIRE_BAD, 1, "revoked" },
        { WIRE_BAD, 2, "suspended" },
        { WIRE_UNKNOWN, 0, "status_unknown" },
    };
    rig_hold(SG_LIT("dc+sd-jwt"), with_status(3));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rig.verdict = rows[i].verdict;
        rig.status_value = rows[i].value;
        assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
        assert_int_equal(rig.state, FLOW_QUESTION_NOTHING);
        assert_non_null(rig.reason);
        assert_string_equal(rig.reason, rows[i].reason);
    }
    assert_int_equal(rig.n_deliver, 0);
    rig.verdict = WIRE_GOOD;
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
    assert_int_equal(rig.state, FLOW_QUESTION_OPEN);
    static struct wire_intent
        intent; /* req: SIG-2: asked again by the signer at the moment of signing */
    assert_ok(wire_intent_parse(rig.intent, &intent));
    assert_int_equal(intent.n_refs, 1);
    assert_int_equal(intent.refs[0].idx, 3);
}

static void
test_a_status_that_turned_bad_ends_the_question(void **state)
{
    (void)state;
    rig_hold(SG_LIT("dc+sd-jwt"), with_status(3));
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
    rig.sign_code = SG_E_STATUS_BAD;
    assert_refused(rig_approve(), STATUS_BAD);
    assert_int_equal(rig.n_deliver, 0);
    rig.sign_code = SG_OK;
    assert_refused(rig_approve(), CONFLICT);
}

/* A moment without status, or a wrong gesture, does not burn the question; too many wrong ones do. */
static void
test_what_may_be_tried_again(void **state)
{
    (void)state;
    hold_one();
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
    rig.sign_code = SG_E_STATUS_UNKNOWN;
    assert_refused(rig_approve(), STATUS_UNKNOWN);
    rig.sign_code = SG_E_ACTIVATION;
    assert_refused(rig_approve(), ACTIVATION);
    rig.sign_code = SG_OK;
    assert_ok(rig_approve());
    assert_int_equal(rig.state, FLOW_QUESTION_DELIVERED);

    assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
    rig.sign_code = SG_E_ACTIVATION;
    for (int i = 0; i < 8; i++) {
        assert_refused(rig_approve(), ACTIVATION);
    }
    rig.sign_code = SG_OK;
    assert_refused(rig_approve(), CONFLICT);
    assert_int_equal(rig.n_sign, 1);
}

static void
test_a_delivery_that_fails_is_told_with_the_evidence(void **state)
{
    (void)state;
    static const struct {
        uint64_t status;
        const char *body;
    } rows[] = { { 500, "{}" }, { 302, "{}" }, { 200, "no JSON" },
        { 200, "{\"redirect_uri\":\"not a uri\"}" } };
    hold_one();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rig.deliver_status = rows[i].status;
        rig.deliver_body = rows[i].body;
        assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
        assert_refused(rig_approve(), FETCH);
        assert_int_equal(rig.state, FLOW_QUESTION_FAILED);
        assert_int_equal(rig.n_evidence, 1);
        assert_int_equal(rig.vp_token.n, 0);
        assert_int_equal(rig.n_deliver, i + 1); /* once, and never again by itself */
    }
}

static void
test_a_broken_request_is_told_where_it_may_be(void **state)
{
    (void)state;
    hold_one();
    assert_refused(rig_start(SG_LIT("openid4vp://?client_id=x"), true), MISSING);
    assert_int_equal(rig.n_deliver, 0); /* nobody whom it could be told */
    /* a query that breaks the grammar, from somebody whose address is established */
    sg_result r = rig_start(rig_request("{'credentials':[]}", ""), true);
    assert_int_equal(sg_code_row(r.code)->class_, SG_CLASS_INPUT);
    assert_int_equal(rig.n_deliver, 1);
    assert_true(has(rig.form, "error=invalid_request"));
    /* transaction data of a type that nobody configured */
    r = rig_start(rig_request(RIG_QUERY,
                      ",'transaction_data':['eyJ0eXBlIjoieCIsImNyZWRlbnRpYWxfaWRzIjpbImEiXX0']"),
        true);
    assert_false(sg_ok(r));
    assert_true(has(rig.form, "error=invalid_transaction_data"));
    assert_int_equal(rig.n_open, 0);
}

static void
test_another_selection_is_another_intent(void **state)
{
    (void)state;
    hold_one();
    rig_hold(SG_LIT("dc+sd-jwt"), show_sd_jwt(&rig.show, ",\"jti\":\"second\""));
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), false));
    assert_int_equal(rig.n_candidates, 2);
    sg_bytes intent = rig.question_intent, challenge = rig.challenge;
    sg_str ids[] = { SG_LIT("c1"), SG_LIT("c2") };
    struct flow_choice one = { SG_LIT("a"), ids, 1 };
    assert_ok(rig_select(&one, 1, 0));
    assert_false(sg_bytes_equal(intent, rig.question_intent));
    assert_false(sg_bytes_equal(challenge, rig.challenge));
    check_intent();
    rig_wait(&rig.n_cancel, 1); /* the earlier one is given up */

    struct flow_choice two = { SG_LIT("a"), ids, 2 }; /* without `multiple` */
    struct flow_choice unknown = { SG_LIT("b"), ids, 1 };
    sg_str nobody = SG_LIT("c9");
    struct flow_choice wrong = { SG_LIT("a"), &nobody, 1 };
    intent = rig.question_intent;
    assert_refused(rig_select(&two, 1, 0), POLICY);
    assert_refused(rig_select(&unknown, 1, 0), NOT_FOUND);
    assert_refused(rig_select(&wrong, 1, 0), NOT_FOUND);
    assert_ok(rig_get());
    assert_true(sg_bytes_equal(intent, rig.question_intent)); /* stands as it was */

    assert_ok(rig_select(NULL, 0, CONSENT_JA));
    assert_true(has(rig.text, "証明書を提示しますか"));
    check_intent();
    assert_ok(rig_approve());
    assert_int_equal(rig.state, FLOW_QUESTION_RETURNED);
}

/* What the wallet believes was opened must be what was opened (409). */
static void
test_approval_of_another_selection(void **state)
{
    (void)state;
    hold_one();
    rig_hold(SG_LIT("dc+sd-jwt"), show_sd_jwt(&rig.show, ",\"jti\":\"second\""));
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), false));
    struct flow_assertion assertion = { .passkey = sg_str_bytes(SG_LIT("passkey-1")),
        .client_data = sg_str_bytes(SG_LIT("{}")),
        .authenticator_data = sg_str_bytes(SG_LIT("0123456789012345678901234567890123456")),
        .signature = sg_str_bytes(SG_LIT("signature")) };
    sg_str first = SG_LIT("c1"), second = SG_LIT("c2"); /* the newest is chosen: c2 */
    struct flow_choice choice = { SG_LIT("a"), &first, 1 };
    flow_question_approve(rig.questions, rig.person, sg_cstr(rig.id), &assertion, &choice, 1,
        rig.now, rig_done, NULL);
    assert_refused(rig_wait_answer(), CONFLICT);
    assert_int_equal(rig.n_sign, 0);
    choice.credentials = &second;
    flow_question_approve(rig.questions, rig.person, sg_cstr(rig.id), &assertion, &choice, 1,
        rig.now, rig_done, NULL);
    assert_ok(rig_wait_answer());
}

static void
test_several_credentials_in_one_gesture(void **state)
{
    (void)state;
    static struct wire_intent intent;
    hold_one();
    rig_hold(SG_LIT("mso_mdoc"), show_mdoc(&rig.show));
    rig_hold(SG_LIT("ldp_vc"), show_ldp(&rig.show, DI_EDDSA_RDFC_2022, ""));
    assert_ok(rig_start(
        rig_request(
            "{'credentials':[{'id':'a','format':'dc+sd-jwt','meta':{'vct_values':['" SHOW_VCT
            "']},'claims':[{'path':['given_name']}]},"
            "{'id':'m','format':'mso_mdoc','meta':{'doctype_value':'" SHOW_DOC_TYPE
            "'},'claims':[{'path':['" SHOW_NS "','family_name'],'intent_to_retain':true}]}]}",
            ""),
        false));
    assert_int_equal(rig.state, FLOW_QUESTION_OPEN);
    assert_ok(wire_intent_parse(rig.intent, &intent));
    assert_int_equal(intent.n_dtbs, 2);
    assert_int_equal(intent.n_more_keys, 0); /* one key for both */
    assert_true(has(rig.text, "1 of 2"));
    assert_true(has(rig.text, "- family name (the asker says that it will keep this)"));
    assert_ok(rig_approve());
    assert_int_equal(rig.n_sign, 1);
    assert_int_equal(rig.n_evidence, 2);
    const struct sjson *token;
    assert_ok(sjson_parse_object(rig.arena, rig.vp_token, NULL, &token));
    assert_int_equal(token->n, 2);
}

static void
test_a_person_or_key_that_may_not_sign(void **state)
{
    (void)state;
    hold_one();
    set_state(&rig.key_state, WIRE_KEY_SUSPENDED);
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
    assert_int_equal(rig.state, FLOW_QUESTION_NOTHING);
    assert_string_equal(rig.reason, "key_not_active");
    set_state(&rig.key_state, WIRE_KEY_ACTIVE);
    set_state(&rig.person_state, WIRE_PERSON_LOCKED);
    assert_refused(rig_start(rig_request(RIG_QUERY, ""), true), KEY_STATE);
    set_state(&rig.person_state, WIRE_PERSON_ACTIVE);
    rig.open_code = SG_E_HALTED;
    assert_refused(rig_start(rig_request(RIG_QUERY, ""), true), HALTED);
    assert_int_equal(rig.n_deliver, 0);
}

static void
test_questions_of_others_are_not_there(void **state)
{
    (void)state;
    uint8_t other[16] = { 9 };
    hold_one();
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
    flow_question_get(rig.questions, other, sg_cstr(rig.id), rig.now, rig_done, NULL);
    assert_refused(rig_wait_answer(), NOT_FOUND);
    flow_question_refuse(rig.questions, other, sg_cstr(rig.id), rig.now, rig_done, NULL);
    assert_refused(rig_wait_answer(), NOT_FOUND);
    rig.id[0] = rig.id[0] == 'f' ? '0' : 'f';
    assert_refused(rig_get(), NOT_FOUND);
}

static void
test_a_question_expires(void **state)
{
    (void)state;
    hold_one();
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
    rig.now += 299;
    assert_ok(rig_get());
    rig.now += 1;
    assert_refused(rig_get(), EXPIRED);
    assert_refused(rig_approve(), EXPIRED);
    assert_int_equal(rig.n_sign, 0);
}

/* The sweep gives the intent up and wipes what was shown; the verifier is told nothing. */
static void
test_the_sweep(void **state)
{
    (void)state;
    struct flow_questions_settings settings = flow_questions_settings_default();
    flow_questions_close(&rig.questions);
    settings.life_s = 1;
    rig_open(&settings);
    hold_one();
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
    rig_wait(&rig.n_cancel, 1);
    assert_refused(rig_get(), EXPIRED);
    assert_int_equal(rig.n_deliver, 0);
    assert_int_equal(rig.n_refused_cancel, 0);
}

static void
put_session(uint8_t first, const uint8_t person[16])
{
    struct store_session session = { .hash = { first },
        .method = 1,
        .created_at = rig.now,
        .seen_at = rig.now,
        .expires_at = rig.now + 3600 };
    memcpy(session.person, person, sizeof(session.person));
    assert_ok(store_session_put(rig.store, &session, NULL));
}

/* The session ends without being used: a thief's would otherwise outlive lock and unlocking. */
static void
wait_session_over(uint8_t first)
{
    const uint8_t hash[32] = { first };
    struct store_session got;
    sg_result r = SG_DONE;
    for (int i = 0; i < 500 && r.code != SG_E_NOT_FOUND; i++) {
        struct timespec t = { 0, 20000000 };
        nanosleep(&t, NULL);
        r = store_session_get(rig.store, hash, &got);
    }
    assert_refused(r, NOT_FOUND);
}

/* req: AU-6, AU-7: nobody has asked for anything meanwhile */
static void
test_who_is_locked_loses_questions_and_sessions(void **state)
{
    (void)state;
    hold_one();
    put_session(1, rig.person);
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
    set_state(&rig.person_state, WIRE_PERSON_LOCKED);
    rig_wait(&rig.n_cancel, 1);
    assert_refused(rig_get(), EXPIRED);
    wait_session_over(1);
    assert_int_equal(rig.n_sign, 0);
    assert_int_equal(rig.n_deliver, 0);
}

static void
test_who_has_left_or_is_unknown_is_out(void **state)
{
    (void)state;
    uint8_t persons[4][STORE_PERSON_LEN];
    size_t n = 0;
    set_state(&rig.person_state, WIRE_PERSON_LEFT);
    put_session(2, rig.person);
    wait_session_over(2);
    static const uint8_t zeros[STORE_PERSON_LEN];
    assert_ok(store_persons_after(rig.store, zeros, persons, 4, &n));
    assert_int_equal(n, 0);
}

/* req: KEY-6 */
static void
test_a_stopped_key_ends_its_question(void **state)
{
    (void)state;
    struct store_session got;
    const uint8_t hash[32] = { 3 };
    hold_one();
    put_session(3, rig.person);
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
    set_state(&rig.key_state, WIRE_KEY_SUSPENDED);
    rig_wait(&rig.n_cancel, 1);
    assert_refused(rig_get(), EXPIRED);
    assert_ok(store_session_get(rig.store, hash, &got)); /* the person stays */
}

static void
test_bounds_per_person_and_in_all(void **state)
{
    (void)state;
    struct flow_questions_settings settings = flow_questions_settings_default();
    flow_questions_close(&rig.questions);
    settings.max_person = 2;
    settings.max = 3;
    rig_open(&settings);
    hold_one();
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
    assert_refused(rig_start(rig_request(RIG_QUERY, ""), true), TOO_MANY);
    assert_ok(rig_refuse()); /* an answered one counts no more */
    assert_ok(rig_start(rig_request(RIG_QUERY, ""), true));
}

/* ---- key proofs ------------------------------------------------------------------------------------------- */

static void
test_key_proofs(void **state)
{
    (void)state;
    uint8_t thumbprint[32], unknown[32] = { 1 };
    static struct wire_intent intent;
    assert_ok(jwk_thumbprint(rig.arena, &rig.show.holder.jwk, thumbprint));
    sg_bytes keys[] = { SG_BYTES(thumbprint), SG_BYTES(thumbprint) };
    struct flow_prove_in in = { .person = rig.person,
        .aud = SG_LIT("https://issuer.example"),
        .nonce = SG_LIT("c-nonce"),
        .by = FLOW_PROVE_BY_JWK,
        .keys = keys,
        .n_keys = 1,
        .language = CONSENT_EN,
        .now = rig.now };
    assert_ok(rig_prove(&in));
    assert_int_equal(rig.state, FLOW_QUESTION_OPEN);
    assert_ok(wire_intent_parse(rig.intent, &intent));
    assert_int_equal(intent.operation, WIRE_OP_KEY_PROOF);
    assert_true(has(rig.text, "The issuer is https://issuer.example."));
    assert_refused(rig_select(NULL, 0, CONSENT_JA), CONFLICT);
    assert_ok(rig_approve());
    assert_int_equal(rig.state, FLOW_QUESTION_RETURNED);
    assert_int_equal(rig.n_proofs, 1);
    assert_true(sg_str_starts(rig.proof, "eyJ"));
    assert_int_equal(rig.n_evidence, 1);

    in.n_keys = 2;
    assert_refused(rig_prove(&in), DUPLICATE);
    keys[1] = SG_BYTES(unknown);
    assert_refused(rig_prove(&in), NOT_FOUND);
    in.n_keys = 1;
    set_state(&rig.key_state, WIRE_KEY_REVOKED);
    assert_refused(rig_prove(&in), KEY_STATE);
    in.n_keys = 0;
    assert_refused(rig_prove(&in), VALUE);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = { T(test_a_presentation_is_delivered),
        T(test_a_presentation_is_returned_and_verifies),
        T(test_a_claim_with_others_in_it_is_told_whole), T(test_what_comes_along_is_named),
        T(test_a_credential_too_large_to_be_told_hides_no_other), T(test_what_is_kept),
        T(test_one_nonce_yields_one_presentation), T(test_a_refused_gesture_leaves_the_nonce),
        T(test_a_refusal_is_told_in_one_word), T(test_nothing_to_show_looks_like_a_refusal),
        T(test_a_status_that_is_not_good_counts_as_absent),
        T(test_a_status_that_turned_bad_ends_the_question), T(test_what_may_be_tried_again),
        T(test_a_delivery_that_fails_is_told_with_the_evidence),
        T(test_a_broken_request_is_told_where_it_may_be),
        T(test_another_selection_is_another_intent), T(test_approval_of_another_selection),
        T(test_several_credentials_in_one_gesture), T(test_a_person_or_key_that_may_not_sign),
        T(test_questions_of_others_are_not_there), T(test_a_question_expires), T(test_the_sweep),
        T(test_who_is_locked_loses_questions_and_sessions),
        T(test_who_has_left_or_is_unknown_is_out), T(test_a_stopped_key_ends_its_question),
        T(test_bounds_per_person_and_in_all), T(test_key_proofs) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

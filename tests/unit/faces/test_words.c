/* Every code of errors.def through every face: a status that fits, and a word of the protocol (ARCHITECTURE, Results and errors). */
#include "face.h"
#include "support.h"
#include "vci_words.h"
#include "vp_inner.h"

/* OpenID4VCI 1.0 8.3.1.2, RFC 6750 3.1; server_error and temporarily_unavailable go with 5xx and 429. */
static const char *const credential_words[] = { "invalid_credential_request",
    "unknown_credential_configuration", "unknown_credential_identifier", "invalid_proof",
    "invalid_nonce", "invalid_encryption_parameters", "credential_request_denied", "invalid_token",
    "insufficient_scope", "temporarily_unavailable", "server_error" };
/* RFC 6749 5.2, OpenID4VCI 1.0 6.3, RFC 9449 5, RFC 9396 5. */
static const char *const token_words[] = { "invalid_request", "invalid_client", "invalid_grant",
    "unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_dpop_proof",
    "use_dpop_nonce", "invalid_authorization_details", "temporarily_unavailable", "server_error" };

static void
walk(const struct face_words *words, const char *const *allowed, size_t n_allowed)
{
    size_t n;
    const struct sg_code_row *rows = sg_code_rows(&n);
    for (size_t i = 0; i < n; i++) {
        struct face_word word = face_word_of(words, rows[i].code);
        assert_non_null(word.word);
        bool found = false;
        for (size_t j = 0; j < n_allowed; j++) {
            found = found || strcmp(word.word, allowed[j]) == 0;
        }
        if (!found) {
            fail_msg("%s: word %s", rows[i].name, word.word);
        }
        assert_in_range(word.status, 400, 503);
        bool ours = strcmp(word.word, "server_error") == 0;
        bool later = strcmp(word.word, "temporarily_unavailable") == 0;
        assert_int_equal(ours, word.status == 500);
        assert_int_equal(later, word.status == 503 || word.status == 429);
    }
}

static void
test_every_code_has_a_word_at_the_credential_endpoint(void **state)
{
    (void)state;
    walk(&vci_credential_words, credential_words,
        sizeof(credential_words) / sizeof(credential_words[0]));
}

static void
test_every_code_has_a_word_at_the_token_endpoint(void **state)
{
    (void)state;
    walk(&vci_token_words, token_words, sizeof(token_words) / sizeof(token_words[0]));
}

/* OpenID4VP 1.0 8.5, RFC 6749 4.1.2.1, RFC 6750 3.1. */
static const char *const vp_allowed[] = { "invalid_request", "invalid_client", "access_denied",
    "invalid_token", "temporarily_unavailable", "server_error" };

static void
test_every_code_has_a_word_for_presentations(void **state)
{
    (void)state;
    size_t n;
    const struct sg_code_row *rows = sg_code_rows(&n);
    for (size_t i = 0; i < n; i++) {
        struct face_word word = face_word_of(&vp_words, rows[i].code);
        bool found = false;
        for (size_t j = 0; j < sizeof(vp_allowed) / sizeof(vp_allowed[0]); j++) {
            found = found || strcmp(word.word, vp_allowed[j]) == 0;
        }
        if (!found) {
            fail_msg("%s: word %s", rows[i].name, word.word);
        }
        assert_in_range(word.status, 400, 503);
        bool later = strcmp(word.word, "temporarily_unavailable") == 0;
        assert_int_equal(later, word.status == 503 || word.status == 429);
        bool server = strcmp(word.word, "server_error") == 0;
        assert_int_equal(server, word.status == 500 || word.status == 502);
    }
    /* whatever is wrong with a gesture, one answer */
    for (size_t i = 0; i < n; i++) {
        if (rows[i].class_ == SG_CLASS_ACTIVATION) {
            assert_int_equal(face_word_of(&vp_words, rows[i].code).status, 403);
        }
    }
    assert_int_equal(face_word_of(&vp_words, SG_E_FETCH).status, 502);
    assert_int_equal(face_word_of(&vp_words, SG_E_STATUS_BAD).status, 409);
    assert_int_equal(face_word_of(&vp_words, SG_E_STATUS_UNKNOWN).status, 503);
    assert_int_equal(face_word_of(&vp_words, SG_E_EXPIRED).status, 410);
}

static void
test_wallets_can_tell_nonce_from_proof(void **state)
{
    (void)state;
    assert_string_equal(face_word_of(&vci_credential_words, SG_E_NONCE).word, "invalid_nonce");
    assert_string_equal(face_word_of(&vci_credential_words, SG_E_PROOF).word, "invalid_proof");
}

static void
test_activation_codes_look_alike_outside(void **state)
{
    (void)state;
    static const enum sg_code codes[] = { SG_E_ACTIVATION, SG_E_MANDATE, SG_E_INSTRUCTION,
        SG_E_INTENT, SG_E_INTENT_SPENT, SG_E_INTENT_EXPIRED, SG_E_DIGEST };
    for (size_t i = 1; i < sizeof(codes) / sizeof(codes[0]); i++) {
        struct face_word a = face_word_of(&vci_credential_words, codes[0]);
        struct face_word b = face_word_of(&vci_credential_words, codes[i]);
        assert_string_equal(a.word, b.word);
        assert_int_equal(a.status, b.status);
        assert_string_equal(face_name_of(codes[0]), face_name_of(codes[i]));
        assert_string_equal(sg_code_row(codes[0])->sentence, sg_code_row(codes[i])->sentence);
    }
}

/* Problem details (management API, evidence): HTTP status by the architecture's table. */
static void
test_every_code_has_a_status(void **state)
{
    (void)state;
    size_t n;
    const struct sg_code_row *rows = sg_code_rows(&n);
    for (size_t i = 0; i < n; i++) {
        unsigned status = face_status_of(rows[i].code);
        bool pending = rows[i].code == SG_E_PENDING;
        assert_true(pending ? status == 202 : status >= 400 && status <= 503);
    }
    assert_int_equal(face_status_of(SG_E_STATUS_UNKNOWN), 503);
    assert_int_equal(face_status_of(SG_E_STATUS_BAD), 409);
    assert_int_equal(face_status_of(SG_E_TOKEN_DOWN), 503);
    assert_int_equal(face_status_of(SG_E_NOT_FOUND), 404);
    assert_int_equal(face_status_of(SG_E_TOO_MANY), 429);
    assert_int_equal(face_status_of(SG_E_INTERNAL), 500);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_has_a_word_at_the_credential_endpoint),
        cmocka_unit_test(test_every_code_has_a_word_at_the_token_endpoint),
        cmocka_unit_test(test_every_code_has_a_word_for_presentations),
        cmocka_unit_test(test_wallets_can_tell_nonce_from_proof),
        cmocka_unit_test(test_activation_codes_look_alike_outside),
        cmocka_unit_test(test_every_code_has_a_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The test vectors of WebAuthn Level 3, section 16, as far as the shared folder has them: registration, then an assertion with the key it gave, both
 * accepted where our policy allows them and refused for every other challenge, relying party and origin. req: AU-3
 * Not ours to accept, with the reason in `others`: keys of algorithms that the signer does not verify; topOrigin (we are never framed).
 */
#include "key_public.h"
#include "sg_hash.h"
#include "sjson.h"
#include "support.h"
#include "webauthn.h"

struct other {
    const char *id;
    enum sg_code code; /* of the registration's own parser */
};
static const struct other others[] = {
    { "packed-es512", SG_E_ALGORITHM },
    { "packed-rs256", SG_E_ALGORITHM },
    { "packed-ed448", SG_E_ALGORITHM },
};

struct one {
    struct sg_arena *arena;
    const struct sjson *json;
    sg_str id;
    uint8_t rp_id_hash[32];
    sg_str origin;
};

static sg_bytes
hex(const struct one *c, const char *part, const char *name)
{
    sg_str text;
    sg_bytes ret;
    assert_ok(sjson_member_text(sjson_get(c->json, part), name, &text));
    assert_ok(sg_hex_decode(c->arena, text, &ret));
    return ret;
}

static struct webauthn_expect
expect_of(const struct one *c, enum webauthn_ceremony ceremony)
{
    return (struct webauthn_expect){
        .ceremony = ceremony,
        .challenge =
            hex(c, ceremony == WEBAUTHN_CREATE ? "registration" : "authentication", "challenge"),
        .rp_id_hash = SG_BYTES(c->rp_id_hash),
        .origins = &c->origin,
        .n_origins = 1,
        .uv_optional = true, /* several vectors leave it clear: tried apart */
    };
}

static enum key_alg
alg_of(const struct webauthn_key *key)
{
    return key->alg == WEBAUTHN_ES256   ? KEY_ES256
           : key->alg == WEBAUTHN_ES384 ? KEY_ES384
                                        : KEY_EDDSA;
}

static sg_bytes
joined(struct sg_arena *arena, sg_bytes auth_data, sg_bytes tail)
{
    struct sg_buf buf = sg_buf_new(arena, auth_data.n + tail.n, 65536);
    sg_bytes ret;
    sg_buf_put(&buf, auth_data);
    sg_buf_put(&buf, tail);
    assert_ok(sg_buf_end(&buf, &ret));
    return ret;
}

/* What must not be accepted, each time one thing is different. */
static void
check_refusals(const struct one *c, const struct webauthn_assertion *assertion,
    const struct webauthn_stored *stored)
{
    struct webauthn_verdict verdict;
    struct webauthn_expect expect = expect_of(c, WEBAUTHN_GET);
    expect.challenge = hex(c, "registration", "challenge");
    assert_refused(
        webauthn_assertion_check(assertion, &expect, stored, NULL, &verdict), ACTIVATION);
    static const char *const origins[] = { "https://example.org/", "https://EXAMPLE.org",
        "https://example.org:443", "http://example.org", "https://example.org.evil.example",
        "https://example.or" };
    for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
        sg_str origin = sg_cstr(origins[i]);
        expect = expect_of(c, WEBAUTHN_GET);
        expect.origins = &origin;
        assert_refused(
            webauthn_assertion_check(assertion, &expect, stored, NULL, &verdict), ACTIVATION);
    }
    uint8_t other_rp[32];
    sg_sha256(sg_str_bytes(SG_LIT("https://example.org")),
        other_rp); /* the origin's hash is not the RP ID's */
    expect = expect_of(c, WEBAUTHN_GET);
    expect.rp_id_hash = SG_BYTES(other_rp);
    assert_refused(
        webauthn_assertion_check(assertion, &expect, stored, NULL, &verdict), ACTIVATION);
    struct webauthn_stored changed = *stored;
    changed.backup_eligible = !stored->backup_eligible;
    expect = expect_of(c, WEBAUTHN_GET);
    assert_refused(
        webauthn_assertion_check(assertion, &expect, &changed, NULL, &verdict), ACTIVATION);
    bool verified = (assertion->authenticator_data.p[32] & WEBAUTHN_UV) != 0;
    expect.uv_optional = false;
    sg_result strict = webauthn_assertion_check(assertion, &expect, stored, NULL, &verdict);
    assert_int_equal(strict.code, verified ? SG_OK : SG_E_ACTIVATION);
}

/* 1: accepted; 0: refused for the reason that stands in the file. */
static int
run_case(const struct one *c)
{
    struct webauthn_attestation registration;
    struct webauthn_expect expect = expect_of(c, WEBAUTHN_CREATE);
    sg_bytes object = hex(c, "registration", "attestationObject");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (sg_str_is(c->id, others[i].id)) {
            assert_int_equal(
                webauthn_attestation_parse(object, &registration).code, others[i].code);
            return 0;
        }
    }
    sg_bytes client = hex(c, "registration", "clientDataJSON");
    if (sg_str_is(c->id, "none-es256-topOrigin")) { /* made inside another site's frame */
        assert_refused(
            webauthn_registration_check(client, object, &expect, NULL, &registration), ACTIVATION);
        return 0;
    }
    assert_ok(webauthn_registration_check(client, object, &expect, NULL, &registration));
    assert_true(sg_bytes_equal(
        registration.auth_data.credential_id, hex(c, "registration", "credential_id")));
    assert_true(sg_bytes_equal(registration.auth_data.aaguid, hex(c, "registration", "aaguid")));
    assert_true(
        sg_bytes_equal(registration.auth_data.cose_key, hex(c, "derived", "cose_public_key_hex")));

    struct key_public *key = NULL;
    assert_ok(key_public_of_point(alg_of(&registration.auth_data.key),
        sg_bytes_of(registration.auth_data.key.point, registration.auth_data.key.point_n), &key));
    if (registration.format == WEBAUTHN_FMT_PACKED &&
        registration.n_x5c == 0) { /* self attestation */
        uint8_t hash[32];
        uint8_t raw[WEBAUTHN_RAW_SIG_MAX];
        sg_sha256(client, hash);
        assert_ok(webauthn_raw_signature(registration.signature, 32, raw));
        assert_ok(key_public_verify_message(key,
            joined(c->arena, registration.auth_data_bytes, SG_BYTES(hash)), sg_bytes_of(raw, 64)));
    }
    const struct webauthn_assertion assertion = { hex(c, "authentication", "authenticatorData"),
        hex(c, "authentication", "clientDataJSON"), hex(c, "authentication", "signature") };
    const struct webauthn_stored stored = { registration.auth_data.key.alg,
        (registration.auth_data.flags & WEBAUTHN_BE) != 0, registration.auth_data.sign_count };
    struct webauthn_verdict verdict;
    expect = expect_of(c, WEBAUTHN_GET);
    assert_ok(webauthn_assertion_check(&assertion, &expect, &stored, NULL, &verdict));
    assert_false(verdict.counter_went_back); /* both zero: an authenticator without a counter */
    sg_bytes message =
        joined(c->arena, assertion.authenticator_data, SG_BYTES(verdict.message_tail));
    assert_ok(key_public_verify_message(key, message, sg_bytes_of(verdict.raw, verdict.raw_n)));
    verdict.raw[10] ^= 1;
    assert_refused(key_public_verify_message(key, message, sg_bytes_of(verdict.raw, verdict.raw_n)),
        SIGNATURE);
    key_public_free(&key);
    check_refusals(c, &assertion, &stored);
    return 1;
}

static void
test_every_vector_is_accepted_or_refused_for_its_reason(void **state)
{
    const struct sjson *file;
    sg_bytes content = support_file(*state, support_vector_path(*state, "webauthn/cases.json"));
    assert_ok(sjson_parse(*state, sg_bytes_str(content), NULL, &file));
    int accepted = 0;
    int all = 0;
    for (const struct sjson *row = sjson_get(file, "cases")->first; row != NULL; row = row->next) {
        struct one c = { .arena = *state, .json = row };
        sg_str rp_id;
        assert_ok(sjson_member_text(row, "id", &c.id));
        assert_ok(sjson_member_text(row, "rp_id", &rp_id));
        assert_ok(sjson_member_text(row, "origin", &c.origin));
        sg_sha256(sg_str_bytes(rp_id), c.rp_id_hash);
        int good = run_case(&c);
        print_message("%.*s: %s\n", SG_PRINT(c.id), good ? "accepted" : "refused, as it must be");
        accepted += good;
        all++;
    }
    assert_int_equal(all, 12);
    assert_int_equal(accepted, 8);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_vector_is_accepted_or_refused_for_its_reason,
            support_arena_setup, support_arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Secured objects for tests: keys named by did:key, sealed by software. */
#ifndef ENVELOPE_MAKE_H
#define ENVELOPE_MAKE_H

#include "vcdm_make.h"

#include "di_keys.h"
#include "vcdm_envelope.h"

#define NOW 1700000000

static const struct vcdm_rules no_more_rules;

/* All random bytes that tests need: a counter, so that no salt comes twice. */
static inline struct sdjwt_random
counted_random(void **state, size_t n)
{
    uint8_t *p = sg_arena_alloc(*state, n);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++) {
        p[i] = (uint8_t)(i * 7 + i / 251);
    }
    return (struct sdjwt_random){ .bytes = { p, n } };
}

static inline sg_str __attribute__((format(printf, 2, 3)))
text_of(void **state, const char *format, ...)
{
    char *text = NULL;
    sg_str out;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    assert_true(n >= 0);
    assert_ok(sg_arena_str(*state, sg_str_of(text, (size_t)n), &out));
    free(text);
    return out;
}

/* A credential of this issuer, or a presentation of this holder with `entries` (JSON, without brackets). */
static inline sg_str
credential_of(void **state, const struct di_test_key *key)
{
    return text_of(state,
        "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\"],\"id\":\"urn:uuid:1\","
        "\"type\":[\"VerifiableCredential\"],\"issuer\":{\"id\":\"%.*s\"},"
        "\"validFrom\":\"2020-01-01T00:00:00Z\",\"validUntil\":\"2030-01-01T00:00:00Z\","
        "\"credentialSubject\":{\"id\":\"did:example:sub\",\"name\":\"Alice\",\"n\":[1,true]}}",
        SG_PRINT(key->did));
}

static inline sg_str
presentation_of(void **state, const struct di_test_key *key, sg_str entries)
{
    return text_of(state,
        "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\"],\"id\":\"urn:uuid:2\","
        "\"type\":[\"VerifiablePresentation\"],\"holder\":\"%.*s\",\"verifiableCredential\":[%.*s]"
        "}",
        SG_PRINT(key->did), (int)entries.n, entries.n == 0 ? "" : entries.p);
}

static inline struct vcdm_seal
seal_of(enum vcdm_envelope envelope, const struct di_test_key *key, sg_str document)
{
    return (struct vcdm_seal){ .envelope = envelope,
        .document = document,
        .rules = &no_more_rules,
        .alg = jwk_default_alg(&key->jwk),
        .kid = key->method };
}

static inline sg_bytes
sealed(void **state, struct vcdm_seal seal, const struct di_test_key *key)
{
    struct vcdm_pending pending;
    struct sg_why why = { 0 };
    sg_bytes out;
    size_t need = 0;
    if (vcdm_media(seal.envelope)->family == VCDM_SD_JWT) {
        assert_ok(vcdm_random_need(*state, &seal, &need));
    }
    struct sdjwt_random random = counted_random(state, need);
    seal.random = &random;
    sg_result r = vcdm_prepare(*state, &seal, &why, &pending);
    if (!sg_ok(r)) {
        fail_msg("prepare: %d %s", (int)r.code, why.what);
    }
    assert_ok(vcdm_attach(*state, &pending, di_test_sign(*state, key, pending.to_be_signed), &out));
    return out;
}

static struct vcdm_cid did_keys_only = { .now = NOW };

static inline struct vcdm_verify
policy_now(void)
{
    return (struct vcdm_verify){
        .rules = &no_more_rules, .key = vcdm_key_by_cid, .key_arg = &did_keys_only, .now = NOW
    };
}

/* Made by setup. */
static struct di_test_key issuer;
static struct di_test_key holder;

static inline int
setup(void **state)
{
    if (support_arena_setup(state) != 0) {
        return 1;
    }
    issuer = di_test_key_of(*state, JOSE_P256, "issuer");
    holder = di_test_key_of(*state, JOSE_ED25519, "holder");
    return 0;
}

/* A refusal, and its name. */
#define assert_named(call, name, said)                                                  \
    do {                                                                                \
        struct sg_why why = { 0 };                                                      \
        assert_refused(call, name);                                                     \
        if (why.what == NULL || strcmp(why.what, said) != 0) {                          \
            fail_msg("line %d: %s", __LINE__, why.what == NULL ? "nothing" : why.what); \
        }                                                                               \
    } while (0)

/* A JWS over any header and payload, by the issuer's key. */
static inline sg_bytes
jws_by_hand(void **state, const char *header, sg_str payload)
{
    sg_str input;
    sg_str text;
    assert_ok(jws_signing_input(*state, sg_cstr(header), sg_str_bytes(payload), &input));
    assert_ok(jws_attach(*state, input, di_test_sign(*state, &issuer, sg_str_bytes(input)), &text));
    return sg_str_bytes(text);
}

static inline sg_str
header_with(void **state, const char *typ, const char *cty, sg_str kid)
{
    return text_of(state, "{\"alg\":\"ES256\"%s%s,\"kid\":\"%.*s\"}", typ, cty, SG_PRINT(kid));
}

#endif

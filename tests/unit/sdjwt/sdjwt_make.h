/* SD-JWTs written by hand: disclosures from JSON text, their digests, payloads that name them. */
#ifndef SDJWT_MAKE_H
#define SDJWT_MAKE_H

#include "support.h"

#include "sdjwt_vc.h"
#include "sg_hash.h"

static inline sg_str
disclosure(void **state, const char *json)
{
    sg_str out;
    assert_ok(sg_b64url_encode(*state, sg_str_bytes(sg_cstr(json)), &out));
    return out;
}

/* The digest of a disclosure, NUL-terminated. */
static inline const char *
digest(void **state, sg_str encoded)
{
    uint8_t hash[32];
    const char *text;
    sg_str out;
    sg_sha256(sg_str_bytes(encoded), hash);
    assert_ok(sg_b64url_encode(*state, SG_BYTES(hash), &out));
    assert_ok(sg_arena_cstr(*state, out, &text));
    return text;
}

static inline sg_str __attribute__((format(printf, 2, 3)))
format(void **state, const char *fmt, ...)
{
    char text[4096];
    sg_str out;
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < sizeof(text));
    assert_ok(sg_arena_str(*state, sg_str_of(text, (size_t)n), &out));
    return out;
}

/* As an issuer would have built it, unsigned. */
static inline struct sdjwt
made(void **state, sg_str payload, const sg_str *disclosures, size_t n)
{
    struct sdjwt_built built = { sg_str_bytes(payload), disclosures, n };
    struct sdjwt sd;
    assert_ok(sdjwt_of_built(*state, &built, &sd));
    sd.jwt.typ = SG_LIT("dc+sd-jwt");
    return sd;
}

static inline const struct sjson *
json_of(void **state, const char *text)
{
    const struct sjson *json;
    assert_ok(sjson_parse(*state, sg_cstr(text), NULL, &json));
    return json;
}

/* What processing gives, or its refusal. */
static inline sg_result
processing(void **state, sg_str payload, const sg_str *disclosures, size_t n)
{
    struct sdjwt sd = made(state, payload, disclosures, n);
    const struct sjson *processed;
    return sdjwt_process(*state, &sd, &processed);
}

#endif

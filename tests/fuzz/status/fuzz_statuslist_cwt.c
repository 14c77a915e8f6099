/* A stranger's status list token as CWT: parse, look for its signer, inflate, ask every end of it. */
#include <stdlib.h>

#include "verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_list(struct sg_arena *arena, const struct tsl_token *token)
{
    struct verdict_policy policy = verdict_policy_default();
    struct tsl_view view;
    if (!sg_ok(tsl_token_list(arena, token, (size_t)256 * 1024, &view))) {
        return;
    }
    uint64_t n = tsl_entries(&view);
    const uint64_t ends[] = { 0, n / 2, n - 1, n, UINT64_MAX };
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct verdict v = verdict_decide(
            &policy, token, &view, token->sub, ends[i], 1700000000000, 1700000000000);
        if (v.word != VERDICT_UNKNOWN && ends[i] >= n) {
            abort();
        }
    }
}

/* What was read, written again, is read the same. */
static void
write_again(struct sg_arena *arena, const struct tsl_token *token)
{
    struct tsl_token again = { 0 };
    struct tsl_payload payload = {
        .sub = token->sub,
        .iat = token->iat,
        .exp = token->exp == TSL_NO_EXP ? token->iat + 1 : token->exp,
        .ttl = token->ttl,
        .list = { token->bits, token->packed },
        .packed = token->packed,
    };
    struct tsl_cwt cwt;
    sg_bytes claims, out;
    static const uint8_t zeros[64] = { 0 };
    if (!sg_ok(tsl_cwt_payload_build(arena, &payload, &claims)) ||
        !sg_ok(tsl_cwt_prepare(arena, JOSE_ES256, SG_NO_BYTES, NULL, 0, claims, &cwt)) ||
        !sg_ok(tsl_cwt_attach(arena, &cwt, SG_BYTES(zeros), &out))) {
        return;
    }
    if (!sg_ok(tsl_cwt_parse(arena, out, &again)) || again.iat != token->iat ||
        again.bits != token->bits || !sg_bytes_equal(again.packed, token->packed) ||
        !sg_str_equal(again.sub, token->sub)) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t thumbprint[JWK_THUMBPRINT_LEN] = { 0 };
    const struct tsl_trust_rule rules[] = {
        { .prefix = SG_LIT("https://a.example/"), .thumbprint = thumbprint },
        { .prefix = SG_LIT("") },
    };
    struct tsl_token token;
    struct sg_arena *arena = sg_arena_new(0, (size_t)16 * 1024 * 1024);
    if (arena == NULL) {
        return 0;
    }
    if (sg_ok(tsl_cwt_parse(arena, sg_bytes_of(data, size), &token))) {
        /* nobody is trusted here */
        if (sg_ok(tsl_token_verify(arena, &token, token.sub, rules, 2, 1700000000))) {
            abort();
        }
        read_list(arena, &token);
        write_again(arena, &token);
    }
    sg_arena_free(&arena);
    return 0;
}

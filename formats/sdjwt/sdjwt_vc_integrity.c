#include "sg_text.h"

#include "sdjwt_vc.h"

/* spec: W3C Subresource Integrity 3.5; stronger is later. Base64 is the standard one, with padding. */
static const struct {
    const char *prefix;
    enum sg_hash_alg alg;
} algs[] = {
    { "sha256-", SG_SHA256 },
    { "sha384-", SG_SHA384 },
    { "sha512-", SG_SHA512 },
};
#define N_ALGS (sizeof(algs) / sizeof(algs[0]))

/* The row of one expression, or N_ALGS; `ret_digest` gets the text after the prefix, without options. */
static size_t
alg_of(sg_str expression, sg_str *ret_digest)
{
    for (size_t i = 0; i < N_ALGS; i++) {
        size_t n = strlen(algs[i].prefix);
        if (sg_str_starts(expression, algs[i].prefix)) {
            *ret_digest = sg_str_slice(expression, n, sg_str_index(expression, '?', n) - n);
            return i;
        }
    }
    return N_ALGS;
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* The next expression of the list, empty at its end. */
static sg_str
next_expression(sg_str list, size_t *at)
{
    while (*at < list.n && is_space(list.p[*at])) {
        (*at)++;
    }
    size_t from = *at;
    while (*at < list.n && !is_space(list.p[*at])) {
        (*at)++;
    }
    return sg_str_slice(list, from, *at - from);
}

sg_result
sdjwt_vc_integrity_check(struct sg_arena *arena, sg_str integrity, sg_bytes served)
{
    size_t strongest = N_ALGS;
    size_t at = 0;
    bool matches = false;
    for (sg_str e = next_expression(integrity, &at); e.n != 0;
         e = next_expression(integrity, &at)) {
        sg_str text;
        sg_bytes want;
        uint8_t digest[SG_HASH_MAX];
        size_t alg = alg_of(e, &text);
        if (alg == N_ALGS || (strongest != N_ALGS && alg < strongest)) {
            continue; /* unknown, or weaker than another: it decides nothing */
        }
        if (strongest == N_ALGS || alg > strongest) {
            matches = false;
        }
        strongest = alg;
        SG_REQUIRE(sg_ok(sg_b64_decode(arena, text, &want)), TYPE_METADATA);
        sg_hash(algs[alg].alg, served, digest);
        matches = matches || sg_bytes_equal(want, sg_bytes_of(digest, sg_hash_len(algs[alg].alg)));
    }
    SG_REQUIRE(strongest != N_ALGS, ALGORITHM);
    SG_REQUIRE(matches, TYPE_METADATA);
    return SG_DONE;
}

sg_result
sdjwt_vc_integrity_make(struct sg_arena *arena, sg_bytes served, sg_str *ret)
{
    uint8_t digest[SG_SHA256_LEN];
    struct sg_buf buf = sg_buf_new(arena, 64, 64);
    sg_sha256(served, digest);
    sg_buf_put_cstr(&buf, "sha256-");
    sg_b64_put(&buf, SG_BYTES(digest));
    return sg_buf_end_str(&buf, ret);
}

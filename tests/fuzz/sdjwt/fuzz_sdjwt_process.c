/*
 * Line 0 is a payload, the others are disclosures as JSON. "@a" anywhere stands for the digest of line 1, "@b" of
 * line 2 and so on, as far as that line stands before the place, so that nested disclosures come out of small changes.
 */
#include "sdjwt_lines.h"

struct state {
    struct sg_arena *arena;
    char digests[LINES_MAX][43];
    size_t n;
};

static sg_str
replace(struct state *s, sg_str line)
{
    struct sg_buf buf = sg_buf_new(s->arena, line.n, SDJWT_MAX);
    sg_str out = SG_NO_STR;
    for (size_t i = 0; i < line.n; i++) {
        size_t k = i + 1 < line.n ? (size_t)(line.p[i + 1] - 'a') : SIZE_MAX;
        if (line.p[i] == '@' && k < s->n) {
            sg_buf_put(&buf, sg_bytes_of(s->digests[k], 43));
            i++;
        } else {
            sg_buf_put_byte(&buf, (uint8_t)line.p[i]);
        }
    }
    MUST(sg_ok(sg_buf_end_str(&buf, &out)));
    return out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct state s = { .arena = sg_arena_new(0, FUZZ_ARENA_MAX) };
    sg_str lines[LINES_MAX];
    sg_str encoded[LINES_MAX];
    struct sdjwt sd;
    const struct sjson *processed;
    struct sdjwt_vc vc;
    size_t n = size > 65536 ? 1 : split_lines(data, size, lines);
    for (size_t i = 1; i < n; i++) {
        uint8_t hash[32];
        MUST(sg_ok(sg_b64url_encode(s.arena, sg_str_bytes(replace(&s, lines[i])), &encoded[s.n])));
        sg_sha256(sg_str_bytes(encoded[s.n]), hash);
        (void)sg_b64url_to(SG_BYTES(hash), s.digests[s.n]);
        s.n++;
    }
    struct sdjwt_built built = {
        .payload = sg_str_bytes(replace(&s, lines[0])), .disclosures = encoded, .n_disclosures = s.n
    };
    if (size <= 65536 && sg_ok(sdjwt_of_built(s.arena, &built, &sd)) &&
        sg_ok(sdjwt_process(s.arena, &sd, &processed))) {
        MUST(sjson_get(processed, "_sd") == NULL && sjson_get(processed, "_sd_alg") == NULL);
        sd.jwt.typ = SG_LIT("dc+sd-jwt");
        if (sg_ok(sdjwt_vc_check(s.arena, &sd, processed, false, &vc))) {
            MUST(vc.vct.n != 0);
        }
    }
    sg_arena_free(&s.arena);
    return 0;
}

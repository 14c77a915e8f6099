/*
 * Line 0 is claims, the others are paths. Whatever is built and disclosed whole must come out as it went in, with exactly the
 * random bytes that were asked for.
 */
#include "sdjwt_lines.h"

#define NOISE ((size_t)1 << 16)

static bool
take_path(struct sg_arena *arena, sg_str line, struct sdjwt_path *ret)
{
    const struct sjson *json;
    if (!sg_ok(sjson_parse(arena, line, NULL, &json)) || json->type != SJSON_ARRAY) {
        return false;
    }
    struct sdjwt_step *steps = SG_NEW_ARRAY(arena, json->n, struct sdjwt_step);
    MUST(steps != NULL);
    ret->steps = steps;
    ret->n = json->n;
    for (const struct sjson *s = json->first; s != NULL; s = s->next, steps++) {
        int64_t index = 0;
        steps->kind = s->type == SJSON_STRING   ? SDJWT_STEP_NAME
                      : s->type == SJSON_NUMBER ? SDJWT_STEP_INDEX
                                                : SDJWT_STEP_ALL;
        steps->name = s->text;
        if (s->type == SJSON_NUMBER && (!sg_ok(sjson_int(s, &index)) || index < 0)) {
            return false;
        }
        steps->index = (size_t)index;
    }
    return true;
}

static void
build(struct sg_arena *arena, struct sdjwt_build *in)
{
    static uint8_t salts[NOISE];
    struct sdjwt_random random = { .bytes = SG_BYTES(salts) };
    struct sdjwt_built built;
    struct sdjwt sd;
    const struct sjson *processed;
    size_t need;
    /* No two salts alike, wherever they start: like elements with like salts would have like digests, which are refused. */
    for (size_t i = 0; i < sizeof(salts); i += SG_SHA256_LEN) {
        sg_sha256(sg_bytes_of(&i, sizeof(i)), salts + i);
    }
    if (!sg_ok(sdjwt_random_need(in, &need)) || need > sizeof(salts)) {
        return;
    }
    random.bytes.n = need;
    sg_result r = sdjwt_build(arena, in, &random, &built);
    MUST(r.code != SG_E_INTERNAL);
    if (!sg_ok(r)) {
        return;
    }
    MUST(random.used == need);
    MUST(sg_ok(sdjwt_of_built(arena, &built, &sd)));
    r = sdjwt_process(arena, &sd, &processed);
    if (r.code ==
        SG_E_DEPTH) { /* 32 deep going in may be deeper than 32 with nothing left to build */
        return;
    }
    MUST(sg_ok(r));
    MUST(sjson_equal(processed, in->claims));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_arena *arena = sg_arena_new(0, FUZZ_ARENA_MAX);
    sg_str lines[LINES_MAX];
    struct sdjwt_path paths[LINES_MAX];
    struct sdjwt_build in = { .sd = paths, .hash = SG_SHA256, .skip_absent = true };
    if (size > 4 && size < 65536) {
        in.decoys_per_object = data[0] % 4;
        in.decoys_per_array = data[0] / 4 % 4;
        size_t n = split_lines(data + 1, size - 1, lines);
        for (size_t i = 1; i < n; i++) {
            in.n_sd += take_path(arena, lines[i], &paths[in.n_sd]) && paths[in.n_sd].n != 0;
        }
        if (sg_ok(sjson_parse(arena, lines[0], NULL, &in.claims))) {
            build(arena, &in);
        }
    }
    sg_arena_free(&arena);
    return 0;
}

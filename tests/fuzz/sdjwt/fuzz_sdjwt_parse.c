/* Strangers' text, compact or (starting with a brace) JSON: taken apart, processed, bound, checked, chosen from. */
#include "sdjwt_lines.h"

static void
use(struct sg_arena *arena, const struct sdjwt *sd)
{
    const struct sjson *processed;
    struct sdjwt_vc vc;
    struct sdjwt_kb_expect expect = { SG_LIT("a"), SG_LIT("n"), 1700000000, 60, 5 };
    SG_IGNORE(sdjwt_kb_verify(arena, sd, &expect)); /* only that it ends */
    if (!sg_ok(sdjwt_process(arena, sd, &processed))) {
        return;
    }
    MUST(sjson_get(processed, "_sd") == NULL && sjson_get(processed, "_sd_alg") == NULL);
    SG_IGNORE(sdjwt_vc_check(arena, sd, processed, true, &vc)); /* likewise */
    size_t *all = SG_NEW_ARRAY(arena, sd->n_disclosures, size_t);
    sg_str again;
    MUST(all != NULL);
    for (size_t i = 0; i < sd->n_disclosures; i++) {
        all[i] = i;
    }
    MUST(sg_ok(sdjwt_select(arena, sd, all, sd->n_disclosures, &again)));
    MUST(sg_str_equal(again, sd->presented));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_arena *arena = sg_arena_new(0, FUZZ_ARENA_MAX);
    sg_str text = { (const char *)data, size };
    struct sdjwt sd;
    const struct sjson *json;
    if (size != 0 && data[0] == '{') {
        if (sg_ok(sjson_parse(arena, text, NULL, &json)) &&
            sg_ok(sdjwt_parse_json(arena, json, &sd))) {
            use(arena, &sd);
        }
    } else if (sg_ok(sdjwt_parse(arena, text, &sd))) {
        use(arena, &sd);
    }
    sg_arena_free(&arena);
    return 0;
}

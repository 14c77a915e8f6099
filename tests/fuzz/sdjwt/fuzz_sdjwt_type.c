/* Line 0 is a payload, the others are type metadata documents, reached by whatever vct they state. */
#include "sdjwt_lines.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_arena *arena = sg_arena_new(0, FUZZ_ARENA_MAX);
    sg_str lines[LINES_MAX];
    struct sdjwt_vc_document documents[LINES_MAX];
    struct sdjwt sd;
    const struct sjson *processed;
    sg_str vct;
    size_t n = size > 65536 ? 0 : split_lines(data, size, lines);
    size_t n_documents = 0;
    for (size_t i = 1; i < n; i++) {
        const struct sjson *json;
        sg_str own = SG_LIT("urn:t");
        if (sg_ok(sjson_parse_object(arena, lines[i], NULL, &json))) {
            SG_IGNORE(
                sjson_member_text(json, "vct", &own)); /* then it is found by the usual name */
        }
        documents[n_documents++] = (struct sdjwt_vc_document){ own, sg_str_bytes(lines[i]) };
        SG_IGNORE(sdjwt_vc_type_form(arena, own, sg_str_bytes(lines[i]))); /* only that it ends */
    }
    struct sdjwt_built built = { .payload = n == 0 ? SG_NO_BYTES : sg_str_bytes(lines[0]) };
    if (n != 0 && sg_ok(sdjwt_of_built(arena, &built, &sd)) &&
        sg_ok(sdjwt_process(arena, &sd, &processed)) &&
        sg_ok(sjson_member_text(processed, "vct", &vct))) {
        sg_str integrity = SG_NO_STR;
        SG_IGNORE(sjson_member_text(processed, "vct#integrity", &integrity)); /* may be absent */
        sg_result issuing = sdjwt_vc_type_check(
            arena, vct, integrity, documents, n_documents, &sd, processed, true);
        sg_result verifying = sdjwt_vc_type_check(
            arena, vct, integrity, documents, n_documents, &sd, processed, false);
        MUST(!sg_ok(issuing) || sg_ok(verifying)); /* what may be issued is accepted */
    }
    sg_arena_free(&arena);
    return 0;
}

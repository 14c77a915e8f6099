/* Each line one element of transaction_data, before it is encoded; the whole as verifier_info if it is JSON. */
#include "fuzz_try.h"

#include "sg_text.h"

#define ELEMENTS_MAX 20

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
read_elements(struct sg_arena *arena, sg_str in, struct sjson *elements)
{
    size_t n = 0;
    for (size_t at = 0; at < in.n && n < ELEMENTS_MAX; n++) {
        size_t end = sg_str_index(in, '\n', at);
        elements[n] = (struct sjson){ .type = SJSON_STRING };
        must(sg_ok(sg_b64url_encode(
            arena, sg_str_bytes(sg_str_slice(in, at, end - at)), &elements[n].text)));
        if (n > 0) {
            elements[n - 1].next = &elements[n];
        }
        at = end + 1;
    }
    return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char rest[] =
        "{\"client_id\":\"plain\",\"response_mode\":\"direct_post\",\"response_uri\":\"https://"
        "v.example/r\","
        "\"response_type\":\"vp_token\",\"nonce\":\"n\",\"client_metadata\":{\"vp_formats_"
        "supported\":"
        "{\"dc+sd-jwt\":{}}},\"dcql_query\":{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-"
        "jwt\","
        "\"meta\":{\"vct_values\":[\"v\"]}},{\"id\":\"m\",\"format\":\"mso_mdoc\",\"meta\":"
        "{\"doctype_value\":\"d\"}}]}}";
    struct sg_arena *arena = sg_arena_new(0, (size_t)8 * 1024 * 1024);
    struct sjson elements[ELEMENTS_MAX];
    const struct sjson *object;
    const struct sjson *info;
    must(sg_ok(sjson_parse(arena, SG_LIT(rest), NULL, &object)));
    sg_str in = sg_str_of((const char *)data, size);
    size_t n = read_elements(arena, in, elements);
    struct sjson extra[2] = { { .type = SJSON_ARRAY,
        .name = SG_LIT("transaction_data"),
        .n = n,
        .first = n > 0 ? elements : NULL,
        .next = object->first } };
    struct sjson all = { .type = SJSON_OBJECT, .n = object->n + 1, .first = &extra[0] };
    const struct oid4vp_carrier carrier = { .kind = OID4VP_BY_VALUE, .parameters = &all };
    fuzz_verify(arena, &carrier);
    if (sg_ok(sjson_parse(arena, in, NULL, &info))) {
        extra[1] = *info;
        extra[1].name = SG_LIT("verifier_info");
        extra[1].next = object->first;
        all.first = &extra[1];
        fuzz_verify(arena, &carrier);
    }
    sg_arena_free(&arena);
    return 0;
}

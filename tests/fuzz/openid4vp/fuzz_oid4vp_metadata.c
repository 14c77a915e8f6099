/* client_metadata of an otherwise good request for an encrypted response; then every question about algorithms. */
#include "fuzz_try.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ask(const struct oid4vp_request *request)
{
    size_t n;
    const struct jose_alg *algs = jose_algs(&n);
    for (size_t i = 0; i < n; i++) {
        bool sd = oid4vp_fits_sd_jwt(request, &algs[i], &algs[i]);
        must(!sd || oid4vp_fits_format(request, DCQL_DC_SD_JWT));
        must(oid4vp_kb_alg_name(request, &algs[i]) != NULL);
        bool mdoc = oid4vp_fits_mdoc(request, algs[i].cose, algs[i].crv, -7, JOSE_P256);
        must(!mdoc || oid4vp_fits_format(request, DCQL_MSO_MDOC));
        (void)oid4vp_fits_jwt_vc(request, &algs[i], NULL);
        (void)oid4vp_fits_vc_jose(request, DCQL_VC_COSE, &algs[i], &algs[i]);
    }
    (void)oid4vp_fits_ldp_vc(request, SG_LIT("DataIntegrityProof"), SG_LIT("ecdsa-sd-2023"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char query[] = "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":"
                                "{\"vct_values\":[\"v\"]}}]}";
    struct sg_arena *arena = sg_arena_new(0, (size_t)8 * 1024 * 1024);
    const struct sjson *metadata;
    const struct sjson *dcql;
    if (sg_ok(sjson_parse(arena, sg_str_of((const char *)data, size), NULL, &metadata)) &&
        sg_ok(sjson_parse(arena, SG_LIT(query), NULL, &dcql))) {
        struct sjson m[7];
        m[6] = *metadata;
        m[6].name = SG_LIT("client_metadata");
        m[6].next = NULL;
        m[5] = *dcql;
        m[5].name = SG_LIT("dcql_query");
        m[5].next = &m[6];
        fuzz_text(&m[4], "nonce", "n", &m[5]);
        fuzz_text(&m[3], "response_type", "vp_token", &m[4]);
        fuzz_text(&m[2], "response_uri", "https://v.example/r", &m[3]);
        fuzz_text(&m[1], "response_mode", "direct_post.jwt", &m[2]);
        fuzz_text(&m[0], "client_id", "plain", &m[1]);
        const struct sjson object = { .type = SJSON_OBJECT, .n = 7, .first = &m[0] };
        const struct oid4vp_carrier carrier = { .kind = OID4VP_BY_VALUE, .parameters = &object };
        fuzz_verify(arena, &carrier);
        const struct oid4vp_request request = { .vp_formats =
                                                    sjson_get(metadata, "vp_formats_supported") };
        ask(&request);
    }
    sg_arena_free(&arena);
    return 0;
}

#include "sg_text.h"
#include "tsl_token.h"

sg_result
tsl_payload_build(struct sg_arena *arena, const struct tsl_payload *payload, sg_bytes *ret)
{
    sg_bytes packed = payload->packed;
    SG_REQUIRE(payload->sub.n > 0 && payload->ttl >= 0 && payload->exp > payload->iat, VALUE);
    SG_REQUIRE(tsl_bits_ok(payload->list.bits) && payload->list.raw.n > 0, VALUE);
    if (packed.n == 0) {
        SG_TRY(tsl_deflate(arena, payload->list.raw, &packed));
    }

    struct sg_buf buf = sg_buf_new(arena, sg_b64url_len(packed.n) + 512, TSL_TOKEN_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "sub", payload->sub);
    sjson_wr_member_int(&wr, "iat", payload->iat);
    sjson_wr_member_int(&wr, "exp", payload->exp);
    if (payload->ttl > 0) {
        sjson_wr_member_int(&wr, "ttl", payload->ttl);
    }
    sjson_wr_name(&wr, SG_LIT("status_list"));
    sjson_wr_object(&wr);
    sjson_wr_member_int(&wr, "bits", (int64_t)payload->list.bits);
    sjson_wr_member_b64url(&wr, "lst", packed);
    if (payload->aggregation_uri.n > 0) {
        sjson_wr_member_text(&wr, "aggregation_uri", payload->aggregation_uri);
    }
    sjson_wr_object_end(&wr);
    sjson_wr_object_end(&wr);
    return sg_buf_end(&buf, ret);
}

sg_result
tsl_header_build(struct sg_arena *arena, enum jose_alg_id alg, sg_str kid, const sg_bytes *x5c,
    size_t n_x5c, sg_str *ret)
{
    const struct jose_alg *row = jose_alg_by_id(alg);
    SG_REQUIRE(row != NULL, VALUE);
    struct sg_buf buf = sg_buf_new(arena, 256, TSL_TOKEN_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "alg", row->name);
    sjson_wr_member_cstr(&wr, "typ", TSL_TYP);
    if (kid.n > 0) {
        sjson_wr_member_text(&wr, "kid", kid);
    }
    if (n_x5c > 0) {
        sjson_wr_name(&wr, SG_LIT("x5c"));
        sjson_wr_array(&wr);
        for (size_t i = 0; i < n_x5c; i++) {
            sg_str text = SG_NO_STR;
            SG_TRY(sg_b64_encode(arena, x5c[i], &text));
            sjson_wr_text(&wr, text);
        }
        sjson_wr_array_end(&wr);
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

#include "flow_jose.h"

#include "sg_text.h"

#define HEADER_MAX ((size_t)64 * 1024)

static sg_result
write_chain(struct sg_arena *arena, struct sjson_wr *wr, const struct peer_key *key)
{
    sjson_wr_name(wr, SG_LIT("x5c"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < key->n_chain; i++) {
        sg_str text;
        SG_TRY(sg_b64_encode(arena, key->chain[i], &text));
        sjson_wr_text(wr, text);
    }
    sjson_wr_array_end(wr);
    return SG_DONE;
}

sg_result
flow_jose_header(struct sg_arena *arena, const struct peer_key *key, const struct jose_alg *alg,
    const char *typ, sg_str cty, sg_str kid, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 4096, HEADER_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str json;
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "alg", alg->name);
    sjson_wr_member_cstr(&wr, "typ", typ);
    if (cty.n > 0) {
        sjson_wr_member_text(&wr, "cty", cty);
    }
    if (kid.n > 0) {
        sjson_wr_member_text(&wr, "kid", kid);
    } else {
        sjson_wr_member_b64url(&wr, "kid", SG_BYTES(key->thumbprint));
    }
    if (key->n_chain > 0) {
        SG_TRY(write_chain(arena, &wr, key));
    }
    sjson_wr_object_end(&wr);
    SG_TRY(sg_buf_end_str(&buf, &json));
    return sg_b64url_encode(arena, sg_str_bytes(json), ret);
}

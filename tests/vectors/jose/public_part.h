/* Published keys often come with their private half; ours refuse that, so tests take the public members first. */
#ifndef PUBLIC_PART_H
#define PUBLIC_PART_H

#include "jwk.h"
#include "support.h"

static inline const struct sjson *
public_part(struct sg_arena *arena, const struct sjson *jwk)
{
    static const char *const members[] = { "kty", "crv", "x", "y", "n", "e", "kid", "use", "alg",
        "key_ops" };
    struct sg_buf buf = sg_buf_new(arena, 0, 8192);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const struct sjson *m = sjson_get(jwk, members[i]);
        if (m != NULL) {
            sjson_wr_member_value(&wr, members[i], m);
        }
    }
    sjson_wr_object_end(&wr);
    sg_str text;
    const struct sjson *v;
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_ok(sjson_parse(arena, text, NULL, &v));
    return v;
}

static inline const struct sjson *
vector_file(struct sg_arena *arena, const char *relative)
{
    const struct sjson *v;
    sg_bytes content = support_file(arena, support_vector_path(arena, relative));
    assert_ok(sjson_parse(arena, sg_bytes_str(content), NULL, &v));
    return v;
}

static inline sg_str
text_of(const struct sjson *v, const char *name)
{
    sg_str text = SG_NO_STR;
    assert_ok(sjson_member_text(v, name, &text));
    return text;
}

#endif

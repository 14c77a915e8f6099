/* The W3C suite's inputs as an issuing endpoint would fill them in: an issuer where there is none, and the dates of the suite's runner. */
#ifndef VCDM2_FILL_H
#define VCDM2_FILL_H

#include "support.h"

#include "sjson.h"

#define ISSUER "did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj"

static inline const struct sjson *
parse(struct sg_arena *arena, sg_str text)
{
    const struct sjson *json;
    assert_ok(sjson_parse(arena, text, NULL, &json));
    return json;
}

/* {"id": ISSUER, ...} */
static inline void
write_issuer(struct sjson_wr *wr, const struct sjson *issuer)
{
    sjson_wr_object(wr);
    sjson_wr_member_cstr(wr, "id", ISSUER);
    for (const struct sjson *m = issuer->first; m != NULL; m = m->next) {
        sjson_wr_name(wr, m->name);
        sjson_wr_value(wr, m);
    }
    sjson_wr_object_end(wr);
}

/* "FUTURE DATE" and "PAST DATE" are the runner's to fill in. */
static inline void
write_member(struct sjson_wr *wr, const struct sjson *m)
{
    sjson_wr_name(wr, m->name);
    if (sjson_is_text(m, "FUTURE DATE")) {
        sjson_wr_text(wr, SG_LIT("2050-01-01T00:00:00Z"));
    } else if (sjson_is_text(m, "PAST DATE")) {
        sjson_wr_text(wr, SG_LIT("2020-01-01T00:00:00Z"));
    } else if (sg_str_is(m->name, "issuer") && m->type == SJSON_OBJECT &&
               sjson_get(m, "id") == NULL) {
        write_issuer(wr, m);
    } else {
        sjson_wr_value(wr, m);
    }
}

static inline const struct sjson *
filled_in(struct sg_arena *arena, const struct sjson *document, bool credential)
{
    struct sg_buf buf = sg_buf_new(arena, 0, 1 << 20);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str out;
    sjson_wr_object(&wr);
    for (const struct sjson *m = document->first; m != NULL; m = m->next) {
        write_member(&wr, m);
    }
    if (credential && sjson_get(document, "issuer") == NULL) {
        sjson_wr_member_cstr(&wr, "issuer", ISSUER);
    }
    sjson_wr_object_end(&wr);
    assert_ok(sg_buf_end_str(&buf, &out));
    return parse(arena, out);
}

/* The list in vcdm2/cases.json. */
static inline const struct sjson *
vcdm2_cases(struct sg_arena *arena)
{
    sg_bytes text = support_file(arena, support_vector_path(arena, "vcdm2/cases.json"));
    return sjson_get(parse(arena, sg_bytes_str(text)), "cases");
}

/* The document of one case, filled in. */
static inline const struct sjson *
vcdm2_document(struct sg_arena *arena, const struct sjson *c)
{
    const struct sjson *file = sjson_get(c, "file");
    bool credential = sjson_is_text(sjson_get(c, "kind"), "credential");
    const char *relative;
    sg_str path;
    assert_ok(sg_arena_printf(arena, &path, "vcdm2/%.*s", SG_PRINT(file->text)));
    assert_ok(sg_arena_cstr(arena, path, &relative));
    sg_bytes text = support_file(arena, support_vector_path(arena, relative));
    return filled_in(arena, parse(arena, sg_bytes_str(text)), credential);
}

#endif

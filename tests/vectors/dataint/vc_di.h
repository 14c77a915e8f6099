/* Files of vectors/vc-di. */
#ifndef VC_DI_H
#define VC_DI_H

#include "dataint.h"
#include "support.h"

/* Without blanks at the end: some files have a last newline, some do not. */
static inline sg_str
file_text(struct sg_arena *arena, const char *folder, const char *name)
{
    sg_str path;
    assert_ok(sg_arena_printf(arena, &path, "vc-di/%s/%s", folder, name));
    sg_str text = sg_bytes_str(support_file(arena, support_vector_path(arena, path.p)));
    while (text.n > 0 && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == ' ')) {
        text.n--;
    }
    return text;
}

static inline const struct sjson *
file_json(struct sg_arena *arena, const char *folder, const char *name)
{
    const struct sjson *v;
    assert_ok(sjson_parse(arena, file_text(arena, folder, name), NULL, &v));
    return v;
}

static inline sg_str
member(const struct sjson *v, const char *name)
{
    const struct sjson *m = sjson_get(v, name);
    return m == NULL ? SG_NO_STR : m->text;
}

static inline sg_bytes
hex_of(struct sg_arena *arena, sg_str hex)
{
    sg_bytes bytes;
    assert_ok(sg_hex_decode(arena, hex, &bytes));
    return bytes;
}

/* The options that a published proof or its configuration has. */
static inline struct di_proof_options
options_of(struct sg_arena *arena, const struct sjson *config)
{
    struct di_proof_options options = {
        .id = member(config, "id"),
        .verification_method = member(config, "verificationMethod"),
        .purpose = member(config, "proofPurpose"),
        .created = member(config, "created"),
    };
    const struct sjson *previous = sjson_get(config, "previousProof");
    if (previous != NULL) {
        bool list = previous->type == SJSON_ARRAY;
        sg_str *ids = SG_NEW_ARRAY(arena, list ? previous->n : 1, sg_str);
        assert_non_null(ids);
        for (const struct sjson *e = list ? previous->first : previous; e != NULL;
             e = list ? e->next : NULL) {
            ids[options.n_previous++] = e->text;
        }
        options.previous = ids;
    }
    return options;
}

static inline struct jwk
method_key(struct sg_arena *arena, sg_str method)
{
    struct cid_method found;
    assert_ok(cid_resolve(arena, NULL, method, SG_LIT("assertionMethod"), NULL, &found));
    return found.key;
}

#endif

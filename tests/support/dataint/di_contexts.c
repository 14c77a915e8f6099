#include "di_contexts.h"

#include "support.h"

struct jsonld_contexts *
di_test_contexts(struct sg_arena *arena)
{
    const struct sjson *index;
    struct jsonld_contexts *set = NULL;
    struct sg_why why = { 0 };
    sg_bytes file = support_file(arena, support_vector_path(arena, "../contexts/index.json"));
    assert_ok(sjson_parse(arena, sg_bytes_str(file), NULL, &index));
    const struct sjson *list = sjson_get(index, "contexts");
    struct jsonld_document *documents = SG_NEW_ARRAY(arena, list->n, struct jsonld_document);
    assert_non_null(documents);
    size_t n = 0;
    for (const struct sjson *row = list->first; row != NULL; row = row->next) {
        sg_str path;
        assert_ok(sg_arena_printf(
            arena, &path, "../contexts/%.*s", SG_PRINT(sjson_get(row, "file")->text)));
        documents[n].url = row->name;
        documents[n++].json = sg_bytes_str(support_file(arena, support_vector_path(arena, path.p)));
    }
    assert_ok(jsonld_contexts_bare(documents, n, &why, &set));
    return set;
}

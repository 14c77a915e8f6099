/* A schema and a value, separated by a NUL: compile, check twice with formats and without; the answer is one of three, and always the same. */
#include <stdlib.h>

#include "schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct schema *schema, struct sg_arena *arena, const struct sjson *value)
{
    struct schema_fault fault, again;
    sg_result first = schema_check(schema, arena, value, &fault);
    sg_result second = schema_check(schema, arena, value, &again);
    if (first.code == SG_E_NO_MEMORY || second.code == SG_E_NO_MEMORY) {
        return; /* the scratch is shared by both and bounded */
    }
    if (first.code != second.code || strcmp(fault.pointer, again.pointer) != 0 ||
        strlen(fault.pointer) >= sizeof(fault.pointer)) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct schema_document documents[] = {
        { SG_LIT("https://a.example/d"),
            SG_LIT("{\"$dynamicAnchor\":\"x\",\"items\":{\"$dynamicRef\":\"#x\"}}") },
    };
    sg_str whole = sg_str_of((const char *)data, size);
    size_t cut = sg_str_index(whole, '\0', 0);
    struct sg_arena *arena = sg_arena_new(0, (size_t)32 * 1024 * 1024);
    const struct sjson *value = NULL;
    if (arena == NULL) {
        return 0;
    }
    if (sg_ok(sjson_parse(arena, sg_str_slice(whole, cut + 1, size), NULL, &value))) {
        for (int formats = 0; formats < 2; formats++) {
            struct schema_settings settings = { .uri = SG_LIT("https://a.example/s"),
                .documents = documents,
                .n_documents = 1,
                .formats = formats != 0 };
            struct schema *schema SG_CLEANUP(schema_free)
            = NULL;
            if (sg_ok(schema_compile(sg_str_slice(whole, 0, cut), &settings, NULL, &schema))) {
                check(schema, arena, value);
            }
        }
    }
    sg_arena_free(&arena);
    return 0;
}

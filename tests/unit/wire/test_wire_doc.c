/*
 * docs/wire/README.md says what the code does: the table under each heading is the layout's, character by character.
 * SEALGATE_DOC=1 prints the tables.
 */
#include "wire_fill.h"

static void
put_range(struct sg_buf *buf, uint64_t min, uint64_t max)
{
    sg_buf_put_cstr(buf, " ");
    sg_buf_put_u64(buf, min);
    if (max != min) {
        sg_buf_put_cstr(buf, "..");
        sg_buf_put_u64(buf, max);
    }
}

static void
put_value(struct sg_buf *buf, const struct wire_field *f)
{
    static const char *const kinds[] = { [WIRE_F_UINT] = "uint",
        [WIRE_F_TIME] = "time",
        [WIRE_F_BOOL] = "bool",
        [WIRE_F_BYTES] = "bytes",
        [WIRE_F_TEXT] = "text",
        [WIRE_F_VERSION] = "uint" };
    if (f->n_max != 0) {
        sg_buf_put_cstr(buf, "array");
        put_range(buf, f->optional ? 1 : f->n_min, f->n_max);
        sg_buf_put_cstr(buf, " of ");
    }
    if (f->kind == WIRE_F_SHAPE) {
        sg_buf_put_cstr(buf, f->sub->name);
        return;
    }
    sg_buf_put_cstr(buf, kinds[f->kind]);
    if (f->kind == WIRE_F_VERSION) {
        put_range(buf, f->max, f->max);
    } else if (f->kind == WIRE_F_BOOL) {
        sg_buf_put_cstr(buf, f->optional ? " true" : "");
    } else if (f->kind != WIRE_F_TIME) {
        put_range(buf, f->min, f->max);
    }
}

static sg_str
table(struct sg_arena *arena, const struct wire_shape *shape)
{
    struct sg_buf buf = sg_buf_new(arena, 0, 65536);
    sg_buf_put_cstr(&buf, "\n### ");
    sg_buf_put_cstr(&buf, shape->name);
    sg_buf_put_cstr(&buf, shape->as_array ? "\n\n| place | member | value |\n|---|---|---|\n"
                                          : "\n\n| key | member | value |\n|---|---|---|\n");
    for (size_t i = 0; i < shape->n; i++) {
        const struct wire_field *f = &shape->fields[i];
        sg_buf_put_cstr(&buf, "| ");
        sg_buf_put_u64(&buf, f->key);
        sg_buf_put_cstr(&buf, " | `");
        sg_buf_put_cstr(&buf, f->name);
        sg_buf_put_cstr(&buf, "` | ");
        put_value(&buf, f);
        sg_buf_put_cstr(&buf, f->optional ? ", optional |\n" : " |\n");
    }
    sg_str out;
    assert_ok(sg_buf_end_str(&buf, &out));
    return out;
}

static void
test_the_document_has_every_layout(void **state)
{
    sg_bytes doc = support_file(*state, "docs/wire/README.md");
    for (size_t i = 0; i < sizeof(fill_families) / sizeof(fill_families[0]); i++) {
        size_t n;
        const struct wire_shape *const *shapes = fill_families[i].shapes(&n);
        for (size_t j = 0; j < n; j++) {
            sg_str want = table(*state, shapes[j]);
            if (getenv("SEALGATE_DOC") != NULL) {
                printf("%.*s", SG_PRINT(want));
            } else if (memmem(doc.p, doc.n, want.p, want.n) == NULL) {
                print_error("docs/wire/README.md lacks:%.*s", SG_PRINT(want));
                fail();
            }
        }
    }
}

static void
test_the_document_names_every_type(void **state)
{
    sg_bytes doc = support_file(*state, "docs/wire/README.md");
    for (unsigned type = 0; type < WIRE_REPLY; type++) {
        const char *name = wire_type_name((uint8_t)type);
        if (name == NULL) {
            continue;
        }
        sg_str row;
        assert_ok(sg_arena_printf(*state, &row, "| %u | `%s` |", type, name));
        if (memmem(doc.p, doc.n, row.p, row.n) == NULL) {
            fail_msg("docs/wire/README.md lacks: %s", row.p);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_document_has_every_layout),
        cmocka_unit_test(test_the_document_names_every_type),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

/*
 * The strict parser against jansson: what we accept, jansson (rejecting duplicates) accepts with the same values, unless one
 * of the two known differences applies: integers beyond 64 bits, and depth (2048 there). What we print from the
 * tree parses to an equal tree.
 */
#include <jansson.h>
#include <stdlib.h>

#include "sjson.h"

#define CHECK(condition)    \
    do {                    \
        if (!(condition)) { \
            abort();        \
        }                   \
    } while (0)

static void
compare(const struct sjson *ours, const json_t *theirs)
{
    switch (ours->type) {
    case SJSON_OBJECT:
        CHECK(json_is_object(theirs) && json_object_size(theirs) == ours->n);
        for (const struct sjson *m = ours->first; m != NULL; m = m->next) {
            json_t *twin = json_object_getn(theirs, m->name.p, m->name.n);
            CHECK(twin != NULL && sjson_get_str(ours, m->name) == m);
            compare(m, twin);
        }
        break;
    case SJSON_ARRAY: {
        size_t i = 0;
        CHECK(json_is_array(theirs) && json_array_size(theirs) == ours->n);
        for (const struct sjson *e = ours->first; e != NULL; e = e->next) {
            compare(e, json_array_get(theirs, i++));
        }
        break;
    }
    case SJSON_STRING:
        CHECK(json_is_string(theirs) &&
              sg_str_equal(
                  ours->text, sg_str_of(json_string_value(theirs), json_string_length(theirs))));
        break;
    case SJSON_NUMBER: {
        double d = 0;
        CHECK(sg_ok(sjson_double(ours, &d)) && json_is_number(theirs));
        CHECK(d == json_number_value(theirs));
        break;
    }
    case SJSON_TRUE:
        CHECK(json_is_true(theirs));
        break;
    case SJSON_FALSE:
        CHECK(json_is_false(theirs));
        break;
    case SJSON_NULL:
        CHECK(json_is_null(theirs));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)64 << 20);
    }
    sg_arena_reset(arena);
    const struct sjson *v;
    struct sg_why why = { 0 };
    sg_str in = sg_str_of((const char *)data, size);
    if (!sg_ok(sjson_parse(arena, in, &why, &v))) {
        CHECK(why.at <= size);
        return 0;
    }
    CHECK(v->source.n <= size);
    json_error_t error;
    json_t *twin = json_loadb((const char *)data, size,
        JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (twin == NULL) {
        /* jansson has no integers beyond 64 bits and no names with NUL; those we know by their messages */
        CHECK(json_error_code(&error) == json_error_numeric_overflow ||
              json_error_code(&error) == json_error_null_byte_in_key);
        return 0;
    }
    compare(v, twin);
    json_decref(twin);

    struct sg_buf buf = sg_buf_new(arena, 0, (size_t)32 << 20);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str text;
    const struct sjson *again;
    sjson_wr_value(&wr, v);
    CHECK(sg_ok(sg_buf_end_str(&buf, &text)));
    CHECK(sg_ok(sjson_parse(arena, text, NULL, &again)) && sjson_equal(v, again));
    return 0;
}

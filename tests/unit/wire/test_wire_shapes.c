/*
 * formats/wire: what holds for every message, tried on every message by its layout: round trip, and a refusal for
 * each member missing, repeated, reordered, too long, too short, unknown or followed by anything (req: SIG-5, NET-2).
 */
#include "wire_fill.h"

#define BODY_MAX ((size_t)64 * 1024 * 1024) /* every member of the longest reply at its limit */

static sg_bytes
encode(struct sg_arena *arena, const struct wire_shape *shape, const void *msg)
{
    sg_bytes out;
    assert_ok(wire_alone(arena, shape, msg, 0, BODY_MAX, &out));
    return out;
}

/* Layouts of arrays ([type, uri, idx]) are read inside a map of one. */
static sg_result
parse(const struct wire_shape *shape, sg_bytes in, void *ret)
{
    struct dcbor_rd rd = shape->as_array ? dcbor_rd_array(in) : dcbor_rd_map(in);
    wire_read(&rd, shape, ret);
    return dcbor_rd_end(&rd);
}

typedef void (*each)(struct sg_arena *arena, const struct wire_shape *shape, uint64_t *seed);

static void
for_every_shape(void **state, each fn)
{
    uint64_t seed = 1;
    for (size_t i = 0; i < sizeof(fill_families) / sizeof(fill_families[0]); i++) {
        size_t n;
        const struct wire_shape *const *shapes = fill_families[i].shapes(&n);
        for (size_t j = 0; j < n; j++) {
            fn(*state, shapes[j], &seed);
            sg_arena_reset(*state);
        }
    }
}

static void
round_trip(struct sg_arena *arena, const struct wire_shape *shape, uint64_t *seed)
{
    void *msg = malloc(shape->size);
    void *back = malloc(shape->size);
    assert_non_null(msg);
    assert_non_null(back);
    for (int round = 0; round < 20; round++) {
        enum fill how = round == 0 ? FILL_LEAST : round == 1 ? FILL_MOST : FILL_SOME;
        fill_shape(arena, shape, how, seed, msg);
        sg_bytes bytes = encode(arena, shape, msg);
        size_t len;
        assert_ok(dcbor_scan(bytes, DCBOR_DETERMINISTIC, 8, 100000, &len));
        assert_int_equal(len, bytes.n);
        memset(back, 0xA5, shape->size); /* nothing may be left as it was found */
        assert_ok(parse(shape, bytes, back));
        assert_true(sg_bytes_equal(encode(arena, shape, back), bytes));
        assert_false(sg_ok(parse(shape, sg_bytes_slice(bytes, 0, bytes.n - 1), back)));
        uint8_t *longer = sg_arena_alloc(arena, bytes.n + 1);
        memcpy(longer, bytes.p, bytes.n);
        assert_refused(parse(shape, sg_bytes_of(longer, bytes.n + 1), back), MALFORMED);
    }
    free(msg);
    free(back);
}

static void
test_every_message_makes_the_round_trip(void **state)
{
    for_every_shape(state, round_trip);
}

/* The members of a map, as bytes, from the outside: no reader of ours is asked. */
struct entry {
    sg_bytes bytes;
};

static size_t
split(sg_bytes map, struct entry *entries, size_t max)
{
    assert_true(map.p[0] >= 0xa0 && map.p[0] < 0xb8); /* maps of at most 23 */
    size_t n = map.p[0] & 0x1f;
    size_t at = 1;
    assert_true(n <= max);
    for (size_t i = 0; i < n; i++) {
        size_t key;
        size_t value;
        assert_ok(dcbor_scan(sg_bytes_slice(map, at, map.n), DCBOR_DETERMINISTIC, 8, 100000, &key));
        assert_ok(dcbor_scan(
            sg_bytes_slice(map, at + key, map.n), DCBOR_DETERMINISTIC, 8, 100000, &value));
        entries[i].bytes = sg_bytes_slice(map, at, key + value);
        at += key + value;
    }
    assert_int_equal(at, map.n);
    return n;
}

static sg_bytes
join(struct sg_arena *arena, const struct entry *entries, size_t n)
{
    struct sg_buf buf = sg_buf_new(arena, 0, BODY_MAX);
    sg_bytes out;
    dcbor_wr_map(&buf, n);
    for (size_t i = 0; i < n; i++) {
        sg_buf_put(&buf, entries[i].bytes);
    }
    assert_ok(sg_buf_end(&buf, &out));
    return out;
}

static void
refuse_broken_maps(struct sg_arena *arena, const struct wire_shape *shape, uint64_t *seed)
{
    if (shape->as_array) {
        return;
    }
    void *msg = malloc(shape->size);
    assert_non_null(msg);
    fill_shape(arena, shape, FILL_LEAST, seed, msg);
    struct entry good[24];
    size_t n = split(encode(arena, shape, msg), good, 23);
    for (size_t i = 0; i < n; i++) { /* each member left out, and each given twice */
        struct entry bad[24];
        memcpy(bad, good, i * sizeof(bad[0]));
        memcpy(bad + i, good + i + 1, (n - i - 1) * sizeof(bad[0]));
        assert_refused(parse(shape, join(arena, bad, n - 1), msg), MALFORMED);
        memcpy(bad, good, (i + 1) * sizeof(bad[0]));
        memcpy(bad + i + 1, good + i, (n - i) * sizeof(bad[0]));
        assert_refused(parse(shape, join(arena, bad, n + 1), msg), MALFORMED);
        if (i + 1 < n) { /* neighbours exchanged */
            memcpy(bad, good, n * sizeof(bad[0]));
            bad[i] = good[i + 1];
            bad[i + 1] = good[i];
            assert_refused(parse(shape, join(arena, bad, n), msg), MALFORMED);
        }
    }
    static const uint8_t stranger[] = { 0x18, 0x63, 0x00 }; /* 99: 0 */
    good[n].bytes = SG_BYTES(stranger);
    assert_refused(parse(shape, join(arena, good, n + 1), msg), MALFORMED);
    free(msg);
}

static void
test_missing_repeated_reordered_and_unknown_members_are_refused(void **state)
{
    for_every_shape(state, refuse_broken_maps);
}

/* One step beyond each limit: the encoder refuses, and so does the parser when somebody else encodes it. */
static void
refuse_beyond_limits(struct sg_arena *arena, const struct wire_shape *shape, uint64_t *seed)
{
    uint8_t *msg = malloc(shape->size);
    uint8_t *back = malloc(shape->size);
    assert_non_null(msg);
    assert_non_null(back);
    for (size_t i = 0; i < shape->n; i++) {
        const struct wire_field *f = &shape->fields[i];
        if (f->n_max != 0 || f->kind == WIRE_F_SHAPE || f->kind == WIRE_F_BOOL ||
            f->kind == WIRE_F_VERSION || f->max == UINT64_MAX) {
            continue;
        }
        for (int above = 0; above < 2; above++) {
            if (!above && f->min <= (f->optional ? 1U : 0U)) {
                continue; /* nothing is below, or it is the absent value */
            }
            struct wire_field *wider = malloc(shape->n * sizeof(*wider));
            struct wire_shape loose = *shape;
            uint64_t v = above ? f->max + 1 : f->min - 1;
            sg_bytes out;
            memcpy(wider, shape->fields, shape->n * sizeof(*wider));
            wider[i].min = wider[i].max = v;
            loose.fields = wider;
            fill_shape(arena, &loose, FILL_LEAST, seed, msg);
            fill_one(arena, &wider[i], FILL_LEAST, seed, msg + f->offset);
            sg_result r = wire_alone(arena, shape, msg, 0, BODY_MAX, &out);
            assert_int_equal(r.code, above ? SG_E_TOO_LARGE : SG_E_VALUE);
            out = encode(arena, &loose, msg);
            assert_refused(parse(shape, out, back), MALFORMED);
            free(wider);
        }
    }
    free(msg);
    free(back);
}

static void
test_each_limit_holds_in_both_directions(void **state)
{
    for_every_shape(state, refuse_beyond_limits);
}

/* An optional member that is there but empty would be a second encoding of the same value. */
static void
refuse_empty_optionals(struct sg_arena *arena, const struct wire_shape *shape, uint64_t *seed)
{
    if (shape->as_array) {
        return;
    }
    void *msg = malloc(shape->size);
    assert_non_null(msg);
    fill_shape(arena, shape, FILL_LEAST, seed, msg);
    struct entry good[24];
    size_t n = split(encode(arena, shape, msg), good, 23);
    for (size_t i = 0; i < shape->n; i++) {
        const struct wire_field *f = &shape->fields[i];
        if (!f->optional || f->kind == WIRE_F_SHAPE) {
            continue;
        }
        static const uint8_t heads[] = { [WIRE_F_UINT] = 0x00,
            [WIRE_F_TIME] = 0x00,
            [WIRE_F_BOOL] = 0xf4,
            [WIRE_F_BYTES] = 0x40,
            [WIRE_F_TEXT] = 0x60 };
        uint8_t empty[2] = { f->key, f->n_max != 0 ? 0x80 : heads[f->kind] };
        struct entry bad[24];
        size_t before = 0;
        while (before < n && good[before].bytes.p[0] < f->key) {
            before++;
        }
        assert_true(f->key < 24);
        memcpy(bad, good, before * sizeof(bad[0]));
        bad[before].bytes = SG_BYTES(empty);
        memcpy(bad + before + 1, good + before, (n - before) * sizeof(bad[0]));
        assert_refused(parse(shape, join(arena, bad, n + 1), msg), MALFORMED);
    }
    free(msg);
}

static void
test_empty_optional_members_are_refused(void **state)
{
    for_every_shape(state, refuse_empty_optionals);
}

static void
count_keys(struct sg_arena *arena, const struct wire_shape *shape, uint64_t *seed)
{
    (void)arena;
    (void)seed;
    for (size_t i = 0; i < shape->n; i++) {
        assert_true(i == 0 || shape->fields[i].key > shape->fields[i - 1].key);
        assert_true(shape->fields[i].kind != WIRE_F_SHAPE || shape->fields[i].sub != NULL);
        assert_true(shape->fields[i].kind == WIRE_F_SHAPE || shape->fields[i].max != 0);
    }
}

static void
test_keys_ascend_in_every_layout(void **state)
{
    for_every_shape(state, count_keys);
}

/* SEALGATE_CORPUS=folder writes seeds for tests/fuzz/wire: the layout's number in its family, then a body. */
static void
write_corpus(struct sg_arena *arena, const char *folder)
{
    uint64_t seed = 7;
    for (size_t i = 0; i < sizeof(fill_families) / sizeof(fill_families[0]); i++) {
        size_t n;
        const struct wire_shape *const *shapes = fill_families[i].shapes(&n);
        for (size_t j = 0; j < n; j++) {
            for (int how = FILL_LEAST; how <= FILL_SOME; how += FILL_SOME) {
                void *msg = malloc(shapes[j]->size);
                fill_shape(arena, shapes[j], (enum fill)how, &seed, msg);
                sg_bytes body = encode(arena, shapes[j], msg);
                sg_str path;
                assert_ok(sg_arena_printf(arena, &path, "%s/wire_%s/%02zu-%s", folder,
                    fill_families[i].name, j, how == FILL_LEAST ? "least" : "some"));
                FILE *f = fopen(path.p, "wb");
                assert_non_null(f);
                fputc((int)j, f);
                fwrite(body.p, 1, body.n, f);
                fclose(f);
                free(msg);
            }
        }
    }
}

int
main(void)
{
    const char *corpus = getenv("SEALGATE_CORPUS");
    if (corpus != NULL) {
        struct sg_arena *arena = sg_arena_new(0, BODY_MAX);
        write_corpus(arena, corpus);
        sg_arena_free(&arena);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_ascend_in_every_layout),
        cmocka_unit_test(test_every_message_makes_the_round_trip),
        cmocka_unit_test(test_missing_repeated_reordered_and_unknown_members_are_refused),
        cmocka_unit_test(test_each_limit_holds_in_both_directions),
        cmocka_unit_test(test_empty_optional_members_are_refused),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}

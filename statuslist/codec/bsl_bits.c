#include "bsl.h"

#include "sg_text.h"

uint64_t
bsl_entries(const struct bsl_view *view)
{
    return (uint64_t)view->raw.n * 8 / view->size;
}

/* Bits of an entry may lie across two bytes (sizes 3, 5, 6, 7): one bit at a time, left to right. */
sg_result
bsl_get(const struct bsl_view *view, uint64_t index, uint8_t *ret)
{
    SG_REQUIRE(view->size >= 1 && view->size <= BSL_SIZE_MAX, UNSUPPORTED);
    SG_REQUIRE(index < bsl_entries(view), NOT_FOUND);
    unsigned value = 0;
    uint64_t from = index * view->size;
    for (uint64_t bit = from; bit < from + view->size; bit++) {
        value = value << 1 | (((unsigned)view->raw.p[bit / 8] >> (7 - bit % 8)) & 1U);
    }
    *ret = (uint8_t)value;
    return SG_DONE;
}

sg_result
bsl_put(uint8_t *raw, size_t raw_len, unsigned size, uint64_t index, uint8_t value)
{
    struct bsl_view view = { size, sg_bytes_of(raw, raw_len) };
    SG_REQUIRE(size >= 1 && size <= BSL_SIZE_MAX, UNSUPPORTED);
    SG_REQUIRE(value >> size == 0, VALUE);
    SG_REQUIRE(index < bsl_entries(&view), NOT_FOUND);
    uint64_t from = index * size;
    for (unsigned i = 0; i < size; i++) {
        uint64_t bit = from + i;
        unsigned mask = 0x80U >> (bit % 8);
        bool one = ((unsigned)value >> (size - 1 - i) & 1U) != 0;
        raw[bit / 8] = (uint8_t)(one ? raw[bit / 8] | mask : raw[bit / 8] & ~mask);
    }
    return SG_DONE;
}

sg_result
bsl_encode(struct sg_arena *arena, sg_bytes raw, sg_str *ret)
{
    sg_bytes packed = SG_NO_BYTES;
    SG_TRY(tsl_gzip(arena, raw, &packed));
    struct sg_buf buf = sg_buf_new(arena, sg_b64url_len(packed.n) + 1, BSL_LIST_MAX);
    sg_buf_put_byte(&buf, 'u');
    sg_b64url_put(&buf, packed);
    return sg_buf_end_str(&buf, ret);
}

sg_result
bsl_decode(struct sg_arena *arena, sg_str encoded, size_t max, sg_bytes *ret)
{
    sg_bytes packed = SG_NO_BYTES;
    SG_REQUIRE(encoded.n <= BSL_LIST_MAX, TOO_LARGE);
    SG_REQUIRE(sg_str_starts(encoded, "u"), ENCODING);
    SG_TRY(sg_b64url_decode(arena, sg_str_slice(encoded, 1, encoded.n), &packed));
    return tsl_gunzip(arena, packed, max, ret);
}

/* What the entry of the new list says, for a value of the old one. */
static uint8_t
mapped(enum bsl_purpose purpose, uint8_t value)
{
    if (purpose == BSL_REVOCATION) {
        return value == TSL_INVALID;
    }
    return purpose == BSL_SUSPENSION ? value == TSL_SUSPENDED : value;
}

sg_result
bsl_from_tsl(struct sg_arena *arena, const struct tsl_view *from, enum bsl_purpose purpose,
    struct bsl_view *ret)
{
    bool whole = purpose == BSL_MESSAGE;
    SG_REQUIRE(whole || purpose == BSL_REVOCATION || purpose == BSL_SUSPENSION, UNSUPPORTED);
    struct bsl_view view = { .size = whole ? from->bits : 1 };
    uint64_t entries = tsl_entries(from);
    uint64_t room = entries < BSL_ENTRIES_MIN ? BSL_ENTRIES_MIN : entries;
    SG_REQUIRE(room <= (uint64_t)TSL_RAW_MAX * 8 / view.size, TOO_LARGE);
    size_t len = (size_t)((room * view.size + 7) / 8);
    uint8_t *raw = sg_arena_alloc(arena, len);
    SG_REQUIRE(raw != NULL, NO_MEMORY);
    unsigned per_byte = 8 / from->bits;
    for (size_t i = 0; i < from->raw.n; i++) {
        if (from->raw.p[i] == 0) {
            continue; /* most entries are VALID, which is zero in every list */
        }
        for (uint64_t idx = (uint64_t)i * per_byte; idx < ((uint64_t)i + 1) * per_byte; idx++) {
            uint8_t value = 0;
            SG_TRY(tsl_get(from, idx, &value));
            value = mapped(purpose, value);
            if (value != 0) {
                SG_TRY(bsl_put(raw, len, view.size, idx, value));
            }
        }
    }
    view.raw = sg_bytes_of(raw, len);
    *ret = view;
    return SG_DONE;
}

#include "tsl_bits.h"

bool
tsl_bits_ok(uint64_t bits)
{
    return bits == 1 || bits == 2 || bits == 4 || bits == 8;
}

sg_result
tsl_raw_len(unsigned bits, uint64_t entries, size_t *ret)
{
    SG_REQUIRE(tsl_bits_ok(bits) && entries > 0, VALUE);
    SG_REQUIRE(entries <= (uint64_t)TSL_RAW_MAX * 8 / bits, TOO_LARGE);
    *ret = (size_t)((entries * bits + 7) / 8);
    return SG_DONE;
}

uint64_t
tsl_entries(const struct tsl_view *view)
{
    return (uint64_t)view->raw.n * (8 / view->bits);
}

/* Byte and shift of an entry: least significant bits first (section 4.1). */
static size_t
byte_of(unsigned bits, uint64_t idx)
{
    return (size_t)(idx / (8 / bits));
}

static unsigned
shift_of(unsigned bits, uint64_t idx)
{
    return (unsigned)(idx % (8 / bits)) * bits;
}

sg_result
tsl_get(const struct tsl_view *view, uint64_t idx, uint8_t *ret)
{
    SG_REQUIRE(idx < tsl_entries(view), NOT_FOUND);
    unsigned byte = view->raw.p[byte_of(view->bits, idx)];
    *ret = (uint8_t)((byte >> shift_of(view->bits, idx)) & ((1U << view->bits) - 1));
    return SG_DONE;
}

sg_result
tsl_put(uint8_t *raw, size_t raw_len, unsigned bits, uint64_t idx, uint8_t value)
{
    unsigned mask = (1U << bits) - 1;
    SG_REQUIRE(value <= mask, VALUE);
    SG_REQUIRE(idx < (uint64_t)raw_len * (8 / bits), NOT_FOUND);
    unsigned shift = shift_of(bits, idx);
    uint8_t *byte = &raw[byte_of(bits, idx)];
    *byte = (uint8_t)((*byte & ~(mask << shift)) | ((unsigned)value << shift));
    return SG_DONE;
}

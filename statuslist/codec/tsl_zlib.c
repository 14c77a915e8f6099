#include <zlib.h>

#include "tsl_bits.h"

#define WINDOW_LEN ((size_t)16 * 1024)
/* windowBits as zlib wants them: which wrapping is written and read */
#define AS_ZLIB 15
#define AS_GZIP (15 + 16)
/*
 * Of a list with one bit in fifty set, level 9 takes some twenty times as long as this, for an eighth fewer bytes (one in a thousand: a fifth
 * fewer). For ZLIB the draft recommends level 9 (4.1).
 */
#define GZIP_LEVEL 6

/* zlib's state comes from the arena too: nothing to give back on the ways out. */
static voidpf
arena_zalloc(voidpf opaque, uInt items, uInt size)
{
    struct sg_arena *arena = opaque;
    return sg_arena_array(arena, items, size);
}

static void
arena_zfree(voidpf opaque, voidpf address)
{
    (void)opaque;
    (void)address;
}

static z_stream
stream_in(struct sg_arena *arena, sg_bytes in)
{
    z_stream zs = { 0 };
    zs.zalloc = arena_zalloc;
    zs.zfree = arena_zfree;
    zs.opaque = arena;
    zs.next_in = (z_const Bytef *)(uintptr_t)in.p; /* zlib does not write there */
    zs.avail_in = (uInt)in.n;
    return zs;
}

static sg_result
pack(struct sg_arena *arena, sg_bytes raw, int level, int wrapping, sg_bytes *ret)
{
    SG_REQUIRE(raw.n <= TSL_RAW_MAX, TOO_LARGE);
    z_stream zs = stream_in(arena, raw);
    SG_REQUIRE(
        deflateInit2(&zs, level, Z_DEFLATED, wrapping, 8, Z_DEFAULT_STRATEGY) == Z_OK, NO_MEMORY);
    size_t room = deflateBound(&zs, (uLong)raw.n);
    uint8_t *out = sg_arena_alloc(arena, room);
    SG_REQUIRE(out != NULL, NO_MEMORY);
    zs.next_out = out;
    zs.avail_out = (uInt)room;
    int rc = deflate(&zs, Z_FINISH);
    size_t n = zs.total_out;
    (void)deflateEnd(&zs);
    SG_REQUIRE(rc == Z_STREAM_END, INTERNAL);
    *ret = sg_bytes_of(out, n);
    return SG_DONE;
}

static sg_result
of_zlib(int rc)
{
    return rc == Z_MEM_ERROR ? SG_ERROR(NO_MEMORY) : SG_ERROR(ENCODING);
}

/* How long is it? Every output goes to one small window; more than `max` stops at once. */
static sg_result
inflated_len(z_stream *zs, size_t max, size_t *ret)
{
    uint8_t window[WINDOW_LEN];
    size_t total = 0;
    for (;;) {
        zs->next_out = window;
        zs->avail_out = sizeof(window);
        int rc = inflate(zs, Z_NO_FLUSH);
        total += sizeof(window) - zs->avail_out;
        SG_REQUIRE(total <= max, TOO_LARGE);
        if (rc == Z_STREAM_END) {
            break;
        }
        /* no progress although there was room: the input is cut short */
        if (rc != Z_OK || (zs->avail_in == 0 && zs->avail_out != 0)) {
            return of_zlib(rc);
        }
    }
    SG_REQUIRE(zs->avail_in == 0, ENCODING); /* something stands behind the end */
    *ret = total;
    return SG_DONE;
}

static sg_result
unpack(struct sg_arena *arena, sg_bytes in, int wrapping, size_t max, sg_bytes *ret)
{
    SG_REQUIRE(in.n > 0, ENCODING);
    SG_REQUIRE(
        in.n <= TSL_RAW_MAX + 4096, TOO_LARGE); /* stored blocks are a little longer than raw */
    z_stream zs = stream_in(arena, in);
    int rc = inflateInit2(&zs, wrapping);
    if (rc != Z_OK) {
        return of_zlib(rc);
    }
    size_t n = 0;
    SG_TRY(inflated_len(&zs, max, &n)); /* the state is the arena's: nothing to end */

    rc = inflateReset(&zs);
    uint8_t *out = sg_arena_alloc(arena, n + 1); /* one more, so that zlib never sees room 0 */
    SG_REQUIRE(rc == Z_OK && out != NULL, NO_MEMORY);
    zs.next_in = (z_const Bytef *)(uintptr_t)in.p;
    zs.avail_in = (uInt)in.n;
    zs.next_out = out;
    zs.avail_out = (uInt)(n + 1);
    rc = inflate(&zs, Z_FINISH);
    SG_REQUIRE(rc == Z_STREAM_END && zs.total_out == n, ENCODING);
    *ret = sg_bytes_of(out, n);
    return SG_DONE;
}

sg_result
tsl_deflate(struct sg_arena *arena, sg_bytes raw, sg_bytes *ret)
{
    return pack(arena, raw, Z_BEST_COMPRESSION, AS_ZLIB, ret);
}

sg_result
tsl_inflate(struct sg_arena *arena, sg_bytes in, size_t max, sg_bytes *ret)
{
    return unpack(arena, in, AS_ZLIB, max, ret);
}

sg_result
tsl_gzip(struct sg_arena *arena, sg_bytes raw, sg_bytes *ret)
{
    return pack(arena, raw, GZIP_LEVEL, AS_GZIP, ret);
}

sg_result
tsl_gunzip(struct sg_arena *arena, sg_bytes in, size_t max, sg_bytes *ret)
{
    return unpack(arena, in, AS_GZIP, max, ret);
}

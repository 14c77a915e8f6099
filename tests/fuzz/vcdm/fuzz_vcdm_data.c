/* Any text as a data: URL; what is ours is made again from its content, and is the same but for the letters' case. */
#include "vcdm_must.h"

#include "vcdm.h"
#include "vcdm_data.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_arena *arena = sg_arena_new(0, FUZZ_ARENA_MAX);
    sg_str url = { (const char *)data, size };
    struct vcdm_data d;
    sg_bytes content;
    sg_str again;
    if (sg_ok(vcdm_data_parse(url, &d)) && d.media != NULL &&
        sg_ok(vcdm_data_content(arena, &d, &content))) {
        MUST(sg_ok(vcdm_data_make(arena, d.media->envelope, content, &again)));
        size_t tail = strlen(d.media->type) + 5;
        MUST(again.n == url.n && memcmp(again.p + tail, url.p + tail, url.n - tail) == 0);
        MUST(vcdm_is_url(url));
    }
    sg_arena_free(&arena);
    return 0;
}

/* Multibase, Multikey, DIDs and times from strangers: what is read is written back as the same text. */
#include <stdlib.h>

#include "did.h"

#define CHECK(condition)    \
    do {                    \
        if (!(condition)) { \
            abort();        \
        }                   \
    } while (0)

static void
multibase(struct sg_arena *arena, sg_str in)
{
    sg_bytes bytes;
    sg_str again;
    if (sg_ok(multibase_decode(arena, in, &bytes)) && bytes.n <= MULTIBASE_BASE58_BYTES_MAX) {
        CHECK(sg_ok(multibase_encode(arena, (enum multibase)in.p[0], bytes, &again)));
        CHECK(sg_str_equal(in, again));
    }
}

static void
key(struct sg_arena *arena, sg_str in)
{
    struct jwk read;
    sg_str again;
    if (sg_ok(multikey_decode(in, &read))) {
        CHECK(sg_ok(multikey_encode(arena, &read, &again)) && sg_str_equal(in, again));
        if (read.kty == JOSE_KTY_EC) { /* decompressed: on its curve */
            SG_CLEANUP(jwk_key_free)
            struct jwk_key *prepared = NULL;
            CHECK(sg_ok(jwk_key_new(&read, &prepared)));
        }
    }
}

static void
did(struct sg_arena *arena, sg_str in)
{
    sg_str url, again, document;
    if (sg_ok(did_web_url(arena, in, &url))) {
        sg_str base = sg_str_slice(url, 0, url.n - strlen("/did.json"));
        size_t tail = strlen("/.well-known");
        if (base.n > tail && memcmp(base.p + base.n - tail, "/.well-known", tail) == 0 &&
            sg_str_index(sg_str_slice(in, 8, in.n), ':', 0) == in.n - 8) {
            base.n -= tail;
        }
        CHECK(sg_ok(did_web_of(arena, base, &again)));
        CHECK(again.n == in.n); /* "%3a" comes back as "%3A" */
    }
    if (sg_ok(did_document_of(arena, in, &document))) {
        const struct sjson *json;
        struct cid_method listed, resolved;
        CHECK(sg_ok(did_method_of(arena, in, &url)));
        CHECK(sg_ok(sjson_parse_object(arena, document, NULL, &json)));
        CHECK(sg_ok(cid_find(arena, json, url, SG_LIT("assertionMethod"), NULL, &listed)));
        CHECK(sg_ok(cid_resolve(arena, NULL, url, SG_LIT("assertionMethod"), NULL, &resolved)));
        CHECK(memcmp(listed.key.x, resolved.key.x, sizeof(listed.key.x)) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    int64_t at;
    sg_str in = sg_str_of((const char *)data, size);
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)16 << 20);
    }
    sg_arena_reset(arena);
    multibase(arena, in);
    key(arena, in);
    did(arena, in);
    if (sg_ok(cid_time_parse(in, true, &at))) {
        CHECK(at >= -62135647200 && at <= 253402351199); /* years 1 to 9999, 14 hours either way */
    }
    CHECK(!cid_is_url(in) || size >= 3);
    return 0;
}

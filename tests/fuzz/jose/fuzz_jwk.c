/* A key from strangers, as JSON or as SubjectPublicKeyInfo: what is taken can be written and reads back as the same key. */
#include <stdlib.h>

#include "jwk.h"

#define CHECK(condition)    \
    do {                    \
        if (!(condition)) { \
            abort();        \
        }                   \
    } while (0)

static void
round_trips(struct sg_arena *arena, const struct jwk *jwk)
{
    uint8_t first[JWK_THUMBPRINT_LEN];
    uint8_t second[JWK_THUMBPRINT_LEN];
    const struct sjson *json;
    struct jwk again;
    sg_str text;
    sg_bytes der;
    struct sg_buf buf = sg_buf_new(arena, 0, (size_t)1 << 20);
    struct sjson_wr wr = sjson_wr_new(&buf);
    jwk_write(&wr, jwk);
    CHECK(sg_ok(sg_buf_end_str(&buf, &text)) && sg_ok(sjson_parse(arena, text, NULL, &json)));
    CHECK(sg_ok(jwk_parse(arena, json, &again)));
    CHECK(sg_ok(jwk_thumbprint(arena, jwk, first)) && sg_ok(jwk_thumbprint(arena, &again, second)));
    CHECK(memcmp(first, second, sizeof(first)) == 0);

    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    if (sg_ok(jwk_key_new(jwk, &key))) {
        CHECK(sg_ok(jwk_spki(arena, jwk, &der)) && sg_ok(jwk_from_spki(arena, der, &again)));
        CHECK(sg_ok(jwk_thumbprint(arena, &again, second)));
        CHECK(memcmp(first, second, sizeof(first)) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)16 << 20);
    }
    sg_arena_reset(arena);
    const struct sjson *json;
    struct jwk jwk;
    if (sg_ok(sjson_parse(arena, sg_str_of((const char *)data, size), NULL, &json)) &&
        sg_ok(jwk_parse(arena, json, &jwk))) {
        round_trips(arena, &jwk);
    }
    if (sg_ok(jwk_from_spki(arena, sg_bytes_of(data, size), &jwk))) {
        round_trips(arena, &jwk);
    }
    return 0;
}

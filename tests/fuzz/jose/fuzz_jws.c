/* A compact JWS from strangers; what parses is put together again from its parts, byte for byte. */
#include <stdlib.h>

#include "jws.h"
#include "sg_text.h"

#define CHECK(condition)    \
    do {                    \
        if (!(condition)) { \
            abort();        \
        }                   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)64 << 20);
    }
    sg_arena_reset(arena);
    struct jws jws;
    const struct sjson *claims;
    struct jwk jwk;
    sg_str again;
    if (!sg_ok(jws_parse(arena, sg_str_of((const char *)data, size), &jws))) {
        return 0;
    }
    CHECK(jws.alg != NULL && jws.signing_input.n < size);
    CHECK(sg_ok(jws_signing_input(arena, jws.header->source, jws.payload, &again)));
    CHECK(again.n <= jws.signing_input.n); /* blanks around the header may go */
    CHECK(sg_ok(jws_attach(arena, jws.signing_input, jws.signature, &again)));
    CHECK(sg_str_equal(again, jws.compact));
    if (sg_ok(jws_claims(arena, &jws, &claims))) {
        SG_IGNORE(jwt_check_times(claims, 1700000000, 60)); /* any answer will do, no crash */
    }
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    const struct sjson *json = sjson_get(jws.header, "jwk");
    if (json != NULL && sg_ok(jwk_parse(arena, json, &jwk)) && sg_ok(jwk_key_new(&jwk, &key))) {
        SG_IGNORE(jws_verify(&jws, key));
    }
    return 0;
}

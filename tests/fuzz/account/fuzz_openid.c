/* An OpenID provider's answers: nothing that is not signed by a key of its own is believed, and no address that is not one goes on. */
#include <stdlib.h>

#include "auth_openid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char jwks[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\","
                           "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
                           "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}]}";

static struct auth_openid *
provider(void)
{
    static struct auth_openid *openid;
    const struct auth_openid_settings settings = { .issuer = SG_LIT("https://op.example"),
        .client_id = SG_LIT("c"),
        .redirect_uri = SG_LIT("https://us.example/cb"),
        .secret = { (const uint8_t *)"secret", 6 } };
    if (openid == NULL && !sg_ok(auth_openid_new(&settings, &openid))) {
        abort();
    }
    return openid;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)16 << 20);
    }
    sg_arena_reset(arena);
    sg_bytes in = sg_bytes_of(data, size);
    struct auth_openid_config config;
    struct auth_openid_flow flow = { .use = AUTH_OPENID_LOGIN };
    struct auth_openid_said said;
    struct sg_why why = { 0 };
    sg_str id_token;
    if (sg_ok(auth_openid_config_parse(provider(), arena, in, &config)) &&
        (!sg_str_starts(config.token_endpoint, "https://") ||
            !sg_str_starts(config.jwks_uri, "https://") ||
            !sg_str_starts(config.authorization_endpoint, "https://"))) {
        abort();
    }
    if (sg_ok(auth_openid_token_parse(arena, 200, in, &id_token)) && id_token.p == NULL) {
        abort();
    }
    memset(flow.nonce, 'n', sizeof(flow.nonce));
    const sg_bytes keys = { (const uint8_t *)jwks, sizeof(jwks) - 1 };
    if (sg_ok(auth_openid_id_token_check(
            provider(), arena, sg_bytes_str(in), keys, &flow, 1800000000, &why, &said))) {
        abort(); /* nobody here has that private key */
    }
    /* a stranger's key set */
    if (sg_ok(auth_openid_id_token_check(provider(), arena, SG_LIT("eyJhbGciOiJFUzI1NiJ9.e30.AAAA"),
            in, &flow, 1800000000, &why, &said))) {
        abort();
    }
    return 0;
}

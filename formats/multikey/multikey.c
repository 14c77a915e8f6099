/* Multibase, multihash and Multikey (CID 2.2.2, 2.4, 2.5). req: FMT-3 */
#include "multikey.h"
#include "sg_text.h"

/* ---- multibase --------------------------------------------------------------------------------------- */

sg_result
multibase_decode(struct sg_arena *arena, sg_str in, sg_bytes *ret)
{
    SG_REQUIRE(in.n >= 1, ENCODING);
    sg_str text = sg_str_slice(in, 1, in.n);
    if (in.p[0] == MULTIBASE_BASE64URL) {
        return sg_b64url_decode(arena, text, ret);
    }
    SG_REQUIRE(in.p[0] == MULTIBASE_BASE58BTC, ENCODING);
    /* A text of ones alone decodes to as many bytes as it has characters. */
    uint8_t *out = sg_arena_alloc(arena, MULTIBASE_BASE58_MAX);
    SG_REQUIRE(out != NULL, NO_MEMORY);
    size_t n = 0;
    SG_TRY(base58_decode_to(text, out, MULTIBASE_BASE58_MAX, &n));
    *ret = sg_bytes_of(out, n);
    return SG_DONE;
}

static sg_result
with_letter(struct sg_arena *arena, enum multibase base, sg_str text, sg_str *ret)
{
    char *out = SG_NEW_ARRAY(arena, text.n + 1, char);
    SG_REQUIRE(out != NULL, NO_MEMORY);
    out[0] = (char)base;
    if (text.n != 0) {
        memcpy(out + 1, text.p, text.n);
    }
    *ret = sg_str_of(out, text.n + 1);
    return SG_DONE;
}

sg_result
multibase_encode(struct sg_arena *arena, enum multibase base, sg_bytes in, sg_str *ret)
{
    sg_str text;
    if (base == MULTIBASE_BASE64URL) {
        SG_TRY(sg_b64url_encode(arena, in, &text));
    } else {
        SG_TRY(base58_encode(arena, in, &text));
    }
    return with_letter(arena, base, text, ret);
}

/* ---- multihash --------------------------------------------------------------------------------------- */

static const struct {
    uint8_t code;
    enum sg_hash_alg alg;
} multihashes[] = { { 0x12, SG_SHA256 }, { 0x20, SG_SHA384 } };

sg_result
multihash_parse(sg_bytes in, enum sg_hash_alg *ret_alg, sg_bytes *ret_digest)
{
    SG_REQUIRE(in.n >= 2, ENCODING);
    for (size_t i = 0; i < sizeof(multihashes) / sizeof(multihashes[0]); i++) {
        if (in.p[0] != multihashes[i].code) {
            continue;
        }
        size_t n = sg_hash_len(multihashes[i].alg);
        SG_REQUIRE(in.p[1] == n && in.n == n + 2, ENCODING);
        *ret_alg = multihashes[i].alg;
        *ret_digest = sg_bytes_slice(in, 2, n);
        return SG_DONE;
    }
    SG_FAIL(ALGORITHM);
}

size_t
multihash_of(enum sg_hash_alg alg, sg_bytes in, uint8_t out[MULTIHASH_MAX])
{
    size_t row = alg == SG_SHA384 ? 1 : 0;
    size_t n = sg_hash_len(multihashes[row].alg);
    out[0] = multihashes[row].code;
    out[1] = (uint8_t)n;
    sg_hash(multihashes[row].alg, in, out + 2);
    return n + 2;
}

/* ---- Multikey ---------------------------------------------------------------------------------------- */

struct kind {
    uint8_t prefix[2]; /* multicodec, as unsigned varint */
    size_t len;        /* with the prefix */
    enum jose_kty kty;
    enum jose_crv crv;
    size_t coord_len;
};
static const struct kind kinds[] = {
    { { 0xed, 0x01 }, MULTIKEY_ED25519_LEN, JOSE_KTY_OKP, JOSE_ED25519, 32 },
    { { 0x80, 0x24 }, MULTIKEY_P256_LEN, JOSE_KTY_EC, JOSE_P256, 32 },
    { { 0x81, 0x24 }, MULTIKEY_P384_LEN, JOSE_KTY_EC, JOSE_P384, 48 },
    { { 0x82, 0x24 }, MULTIKEY_P521_LEN, JOSE_KTY_EC, JOSE_P521, 66 },
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Ed25519, P-256, P-384, P-521, X25519, secp256k1 secrets. */
static const uint8_t secret_prefixes[][2] = { { 0x80, 0x26 }, { 0x86, 0x26 }, { 0x87, 0x26 },
    { 0x88, 0x26 }, { 0x82, 0x26 }, { 0x81, 0x26 } };

static const struct kind *
kind_by_prefix(sg_bytes in)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        if (memcmp(in.p, kinds[i].prefix, 2) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

static bool
is_secret(sg_bytes in)
{
    for (size_t i = 0; i < sizeof(secret_prefixes) / sizeof(secret_prefixes[0]); i++) {
        if (memcmp(in.p, secret_prefixes[i], 2) == 0) {
            return true;
        }
    }
    return false;
}

sg_result
multikey_parse(sg_bytes in, struct jwk *ret)
{
    SG_REQUIRE(in.n >= 2, KEY_INVALID);
    SG_REQUIRE(!is_secret(in), KEY_PRIVATE);
    const struct kind *kind = kind_by_prefix(in);
    SG_REQUIRE(kind != NULL, ALGORITHM);
    SG_REQUIRE(in.n == kind->len, KEY_INVALID);
    sg_bytes raw = sg_bytes_slice(in, 2, in.n);
    if (kind->kty == JOSE_KTY_EC) {
        return jwk_from_compressed(kind->crv, raw, ret);
    }
    struct jwk key = { .kty = kind->kty, .crv = kind->crv, .coord_len = kind->coord_len };
    memcpy(key.x, raw.p, raw.n);
    *ret = key;
    return SG_DONE;
}

sg_result
multikey_decode(sg_str text, struct jwk *ret)
{
    SG_REQUIRE(text.n >= 1 && text.p[0] == MULTIBASE_BASE58BTC, ENCODING);
    uint8_t bytes[MULTIKEY_MAX];
    size_t n = 0;
    SG_TRY(base58_decode_to(sg_str_slice(text, 1, text.n), bytes, sizeof(bytes), &n));
    return multikey_parse(sg_bytes_of(bytes, n), ret);
}

sg_result
multikey_write(const struct jwk *key, uint8_t out[MULTIKEY_MAX], size_t *ret_n)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        const struct kind *kind = &kinds[i];
        if (kind->kty != key->kty || kind->crv != key->crv) {
            continue;
        }
        SG_REQUIRE(key->coord_len == kind->coord_len, KEY_INVALID);
        size_t n = 2;
        memcpy(out, kind->prefix, 2);
        if (kind->kty == JOSE_KTY_EC) {
            out[n++] = (uint8_t)(2 + (key->y[key->coord_len - 1] & 1));
        }
        memcpy(out + n, key->x, key->coord_len);
        *ret_n = n + key->coord_len;
        return SG_DONE;
    }
    SG_FAIL(ALGORITHM);
}

sg_result
multikey_encode(struct sg_arena *arena, const struct jwk *key, sg_str *ret)
{
    uint8_t bytes[MULTIKEY_MAX];
    size_t n = 0;
    SG_TRY(multikey_write(key, bytes, &n));
    return multibase_encode(arena, MULTIBASE_BASE58BTC, sg_bytes_of(bytes, n), ret);
}

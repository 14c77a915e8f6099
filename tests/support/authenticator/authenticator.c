#include "authenticator.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include "dcbor.h"
#include "sg_hash.h"
#include "support.h"

#define ANSWER_MAX ((size_t)64 * 1024)

void
authenticator_make(struct authenticator_passkey *passkey, enum authenticator_alg alg)
{
    uint8_t *p = passkey->spki;
    *passkey = (struct authenticator_passkey){ .alg = alg };
    passkey->key =
        alg == AUTHENTICATOR_EDDSA ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : EVP_EC_gen("P-256");
    assert_non_null(passkey->key);
    int n = i2d_PUBKEY(passkey->key, &p);
    assert_true(n > 0 && (size_t)n <= sizeof(passkey->spki));
    passkey->spki_len = (size_t)n;
    memset(passkey->aaguid, 0xa5, sizeof(passkey->aaguid));
    assert_int_equal(RAND_bytes(passkey->id, sizeof(passkey->id)), 1);
}

void
authenticator_forget(struct authenticator_passkey *passkey)
{
    EVP_PKEY_free(passkey->key);
    passkey->key = NULL;
}

sg_bytes
authenticator_sign(struct sg_arena *arena, EVP_PKEY *key, sg_bytes message)
{
    size_t n = 256;
    uint8_t *out = sg_arena_alloc(arena, n);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const EVP_MD *hash = EVP_PKEY_is_a(key, "ED25519") == 1 ? NULL : EVP_sha256();
    assert_non_null(out);
    assert_non_null(ctx);
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, hash, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, out, &n, message.p, message.n), 1);
    EVP_MD_CTX_free(ctx);
    return sg_bytes_of(out, n);
}

/* The browser's part: fixed serialisation (5.8.1.1). Origins of tests have nothing to escape. */
static sg_bytes
client_data(struct sg_arena *arena, const struct authenticator_ask *ask, const char *type)
{
    sg_str challenge, text;
    assert_ok(sg_b64url_encode(arena, ask->challenge, &challenge));
    assert_ok(sg_arena_printf(arena, &text,
        "{\"type\":\"%s\",\"challenge\":\"%.*s\",\"origin\":\"%s\",\"crossOrigin\":%s%s}",
        ask->type == NULL ? type : ask->type, SG_PRINT(challenge), ask->origin,
        ask->cross_origin ? "true" : "false", ask->members == NULL ? "" : ask->members));
    return sg_str_bytes(text);
}

static void
put_be(struct sg_buf *buf, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0) {
        sg_buf_put_byte(buf, (uint8_t)(value >> (8 * bytes)));
    }
}

/* A COSE_Key in CTAP2's canonical order (6.5.1.1). */
static void
put_key(struct sg_buf *buf, const struct authenticator_passkey *passkey)
{
    uint8_t point[65];
    size_t n = 0;
    if (passkey->alg == AUTHENTICATOR_EDDSA) {
        n = 32;
        assert_int_equal(EVP_PKEY_get_raw_public_key(passkey->key, point, &n), 1);
        dcbor_wr_map(buf, 4);
        dcbor_wr_key_uint(buf, 1, 1);
        dcbor_wr_uint(buf, 3);
        dcbor_wr_nint(buf, 7);
        dcbor_wr_nint(buf, 0);
        dcbor_wr_uint(buf, 6);
        dcbor_wr_nint(buf, 1);
        dcbor_wr_bytes(buf, sg_bytes_of(point, 32));
        return;
    }
    assert_int_equal(EVP_PKEY_get_octet_string_param(passkey->key,
                         OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point, sizeof(point), &n),
        1);
    assert_int_equal(n, 65);
    dcbor_wr_map(buf, 5);
    dcbor_wr_key_uint(buf, 1, 2);
    dcbor_wr_uint(buf, 3);
    dcbor_wr_nint(buf, 6);
    dcbor_wr_nint(buf, 0);
    dcbor_wr_uint(buf, 1);
    dcbor_wr_nint(buf, 1);
    dcbor_wr_bytes(buf, sg_bytes_of(point + 1, 32));
    dcbor_wr_nint(buf, 2);
    dcbor_wr_bytes(buf, sg_bytes_of(point + 33, 32));
}

static uint32_t
next_count(struct authenticator_passkey *passkey, const struct authenticator_ask *ask, bool moves)
{
    if (ask->counter_set) {
        return ask->counter;
    }
    if (moves && passkey->sign_count > 0) {
        passkey->sign_count++;
    }
    return passkey->sign_count;
}

/* Authenticator data (6.1); `id` of a registration, without pointer: an assertion. */
static sg_bytes
auth_data(struct sg_arena *arena, struct authenticator_passkey *passkey,
    const struct authenticator_ask *ask, sg_bytes id)
{
    uint8_t rp[SG_SHA256_LEN];
    struct sg_buf buf = sg_buf_new(arena, 256, ANSWER_MAX);
    sg_bytes out;
    bool creates = id.p != NULL;
    unsigned flags = AUTHENTICATOR_UP | AUTHENTICATOR_UV;
    flags |= passkey->backup_eligible ? AUTHENTICATOR_BE | AUTHENTICATOR_BS : 0;
    flags |= creates ? AUTHENTICATOR_AT : 0;
    flags = (flags & ~ask->flags_off) | ask->flags_on;
    sg_sha256(sg_str_bytes(sg_cstr(ask->rp_id)), rp);
    sg_buf_put(&buf, SG_BYTES(rp));
    sg_buf_put_byte(&buf, (uint8_t)flags);
    put_be(&buf, next_count(passkey, ask, !creates), 4);
    if (creates) {
        sg_buf_put(&buf, SG_BYTES(passkey->aaguid));
        put_be(&buf, id.n, 2);
        sg_buf_put(&buf, id);
        put_key(&buf, passkey);
    }
    sg_buf_put(&buf, ask->behind);
    assert_ok(sg_buf_end(&buf, &out));
    return out;
}

static sg_bytes
sign_both(struct sg_arena *arena, EVP_PKEY *key, sg_bytes data, sg_bytes client)
{
    uint8_t hash[SG_SHA256_LEN];
    struct sg_buf buf = sg_buf_new(arena, data.n + sizeof(hash), ANSWER_MAX);
    sg_bytes message;
    sg_sha256(client, hash);
    sg_buf_put(&buf, data);
    sg_buf_put(&buf, SG_BYTES(hash));
    assert_ok(sg_buf_end(&buf, &message));
    return authenticator_sign(arena, key, message);
}

struct authenticator_assertion
authenticator_get(struct sg_arena *arena, struct authenticator_passkey *passkey,
    const struct authenticator_ask *ask)
{
    struct authenticator_assertion out;
    out.client_data = client_data(arena, ask, "webauthn.get");
    out.authenticator_data = auth_data(arena, passkey, ask, SG_NO_BYTES);
    out.signature = sign_both(arena, ask->signer == NULL ? passkey->key : ask->signer,
        out.authenticator_data, out.client_data);
    return out;
}

/* attStmt in canonical order: alg, sig, x5c. */
static void
put_statement(struct sg_arena *arena, struct sg_buf *buf,
    const struct authenticator_passkey *passkey, const struct authenticator_create *create,
    sg_bytes data, sg_bytes client)
{
    if (create->statement == AUTHENTICATOR_NONE) {
        dcbor_wr_map(buf, 0);
        return;
    }
    bool certified = create->statement == AUTHENTICATOR_CERTIFIED;
    EVP_PKEY *maker = certified ? EVP_EC_gen("P-256") : NULL;
    EVP_PKEY *key = certified ? maker : passkey->key;
    if (create->ask.signer != NULL) {
        key = create->ask.signer;
    }
    int64_t alg = certified ? AUTHENTICATOR_ES256 : passkey->alg;
    dcbor_wr_map(buf, certified ? 3 : 2);
    dcbor_wr_text(buf, SG_LIT("alg"));
    dcbor_wr_nint(buf, (uint64_t)(-1 - alg));
    dcbor_wr_text(buf, SG_LIT("sig"));
    dcbor_wr_bytes(buf, sign_both(arena, key, data, client));
    if (certified) {
        dcbor_wr_text(buf, SG_LIT("x5c"));
        dcbor_wr_array(buf, 1);
        dcbor_wr_bytes(buf,
            authenticator_leaf_make(arena, create->root, maker, passkey->aaguid, create->leaf));
    }
    EVP_PKEY_free(maker);
}

struct authenticator_registration
authenticator_register(struct sg_arena *arena, struct authenticator_passkey *passkey,
    const struct authenticator_create *create)
{
    struct authenticator_registration out;
    struct sg_buf buf = sg_buf_new(arena, 512, ANSWER_MAX);
    sg_bytes id = create->id.p != NULL ? create->id : SG_BYTES(passkey->id);
    out.client_data = client_data(arena, &create->ask, "webauthn.create");
    sg_bytes data = auth_data(arena, passkey, &create->ask, id);
    dcbor_wr_map(&buf, 3);
    dcbor_wr_text(&buf, SG_LIT("fmt"));
    dcbor_wr_text(
        &buf, create->statement == AUTHENTICATOR_NONE ? SG_LIT("none") : SG_LIT("packed"));
    dcbor_wr_text(&buf, SG_LIT("attStmt"));
    put_statement(arena, &buf, passkey, create, data, out.client_data);
    dcbor_wr_text(&buf, SG_LIT("authData"));
    dcbor_wr_bytes(&buf, data);
    assert_ok(sg_buf_end(&buf, &out.attestation));
    return out;
}

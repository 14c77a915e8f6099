#include "jwe.h"

#include <jose/jose.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>

#include "sg_secret.h"

#define COMPACT_MAX (2 * JWE_PLAINTEXT_MAX)

static void
json_free(json_t **json)
{
    json_decref(*json);
}
#define JSON_AUTO         \
    SG_CLEANUP(json_free) \
    json_t

static void
cfg_free(jose_cfg_t **cfg)
{
    if (*cfg != NULL) {
        jose_cfg_decref(*cfg);
    }
}

/* ---- the library, made quiet and clean ----------------------------------------------------------------------- */

/* Keys are texts in JSON values: nothing goes back to the heap as it was. */
static void
wipe_and_free(void *p)
{
    if (p != NULL) {
        sg_wipe(p, malloc_usable_size(p));
        free(p);
    }
}

static void
prepare(void)
{
    json_set_alloc_funcs(malloc, wipe_and_free);
    json_object_seed(0);
}
static pthread_once_t prepared = PTHREAD_ONCE_INIT;

/* Without this, errors are printed to standard error. */
static void
ignore(void *misc, const char *file, int line, uint64_t err, const char *format, va_list ap)
{
    (void)misc;
    (void)file;
    (void)line;
    (void)err;
    (void)format;
    (void)ap;
}

static jose_cfg_t *
quiet(void)
{
    jose_cfg_t *cfg = jose_cfg();
    if (cfg != NULL) {
        jose_cfg_set_err_func(cfg, ignore, NULL);
    }
    return cfg;
}

/* ---- encrypting ------------------------------------------------------------------------------------------------ */

/* The recipient's key as the library wants it. */
static sg_result
recipient(struct sg_arena *arena, const struct jwk *key, json_t **ret)
{
    struct jwk plain = *key;
    struct sg_buf buf = sg_buf_new(arena, 256, 1024);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str text;
    SG_REQUIRE(key->crv == JOSE_P256 || key->crv == JOSE_P384, KEY_INVALID);
    plain.alg = NULL;
    plain.kid = plain.use = SG_NO_STR;
    jwk_write(&wr, &plain);
    SG_TRY(sg_buf_end_str(&buf, &text));
    *ret = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
    SG_REQUIRE(*ret != NULL, NO_MEMORY);
    return SG_DONE;
}

static sg_result
new_message(const struct oid4vp_encryption *to, json_t **ret)
{
    /* %s%: with a length; members are checked for UTF-8 */
    *ret = json_pack("{s:{s:s,s:s,s:s%}}", "protected", "alg", "ECDH-ES", "enc",
        oid4vp_enc_name(to->enc), "kid", to->kid.p, to->kid.n);
    SG_REQUIRE(*ret != NULL, NO_MEMORY);
    return SG_DONE;
}

/*
 * Agree on the content key, then move `epk` where a compact serialisation has it: the library puts it into the recipient's own header, which only the JSON
 * serialisation can carry, and the protected header is encoded with the content.
 */
static sg_result
agree(jose_cfg_t *cfg, json_t *message, const json_t *key, json_t *cek)
{
    JSON_AUTO *own = json_object();
    SG_REQUIRE(own != NULL, NO_MEMORY);
    SG_REQUIRE(jose_jwe_enc_jwk(cfg, message, own, key, cek), KEY_INVALID);
    json_t *epk = json_object_get(json_object_get(own, "header"), "epk");
    SG_REQUIRE(json_is_object(epk) && json_object_get(epk, "d") == NULL, INTERNAL);
    SG_REQUIRE(json_object_set(json_object_get(message, "protected"), "epk", epk) == 0, NO_MEMORY);
    SG_REQUIRE(json_object_del(message, "header") == 0, INTERNAL);
    SG_REQUIRE(json_object_get(message, "encrypted_key") == NULL, INTERNAL); /* direct agreement */
    return SG_DONE;
}

static void
put_part(struct sg_buf *buf, const json_t *message, const char *name)
{
    const json_t *part = json_object_get(message, name);
    if (!json_is_string(part) || json_string_length(part) == 0) {
        sg_buf_fail(buf, SG_E_INTERNAL);
        return;
    }
    sg_buf_put_str(buf, sg_str_of(json_string_value(part), json_string_length(part)));
}

/* protected . (no key) . iv . ciphertext . tag */
static sg_result
serialise(struct sg_arena *arena, const json_t *message, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 4096, COMPACT_MAX);
    put_part(&buf, message, "protected");
    sg_buf_put_cstr(&buf, "..");
    put_part(&buf, message, "iv");
    sg_buf_put_cstr(&buf, ".");
    put_part(&buf, message, "ciphertext");
    sg_buf_put_cstr(&buf, ".");
    put_part(&buf, message, "tag");
    return sg_buf_end_str(&buf, ret);
}

sg_result
jwe_encrypt(
    struct sg_arena *arena, const struct oid4vp_encryption *to, sg_bytes plaintext, sg_str *ret)
{
    SG_REQUIRE(plaintext.n > 0 && plaintext.n <= JWE_PLAINTEXT_MAX, TOO_LARGE);
    SG_REQUIRE(pthread_once(&prepared, prepare) == 0, INTERNAL);
    SG_CLEANUP(cfg_free)
    jose_cfg_t *cfg = quiet();
    JSON_AUTO *key = NULL;
    JSON_AUTO *message = NULL;
    JSON_AUTO *cek = json_object();
    SG_REQUIRE(cfg != NULL && cek != NULL, NO_MEMORY);
    SG_TRY(recipient(arena, &to->key, &key));
    SG_TRY(new_message(to, &message));
    SG_TRY(agree(cfg, message, key, cek));
    SG_REQUIRE(jose_jwe_enc_cek(cfg, message, cek, plaintext.p, plaintext.n), INTERNAL);
    return serialise(arena, message, ret);
}

/* ---- self-test --------------------------------------------------------------------------------------------------- */

#define TEST_TEXT "sealgate"

/* What was encrypted for a key of ours must come back; the key goes the library's own way. */
static sg_result
test_with(struct sg_arena *arena, jose_cfg_t *cfg, json_t *key)
{
    struct oid4vp_encryption to = { .kid = SG_LIT("test"), .enc = OID4VP_A256GCM };
    const struct sjson *json;
    JSON_AUTO *public = json_deep_copy(key);
    SG_REQUIRE(public != NULL && jose_jwk_pub(cfg, public), SELF_TEST);
    json_object_del(public, "key_ops");
    char *text = json_dumps(public, JSON_COMPACT);
    SG_REQUIRE(text != NULL, SELF_TEST);
    sg_result r = sjson_parse(arena, sg_cstr(text), NULL, &json);
    r = sg_ok(r) ? jwk_parse(arena, json, &to.key) : r;
    sg_str compact = SG_NO_STR;
    r = sg_ok(r) ? jwe_encrypt(arena, &to, sg_str_bytes(SG_LIT(TEST_TEXT)), &compact) : r;
    wipe_and_free(text);
    SG_REQUIRE(sg_ok(r), SELF_TEST);
    size_t at[4];
    for (size_t i = 0; i < 4; i++) {
        at[i] = sg_str_index(compact, '.', i == 0 ? 0 : at[i - 1] + 1);
    }
    JSON_AUTO *message = json_pack("{s:s%,s:s%,s:s%,s:s%}", "protected", compact.p, at[0], "iv",
        compact.p + at[1] + 1, at[2] - at[1] - 1, "ciphertext", compact.p + at[2] + 1,
        at[3] - at[2] - 1, "tag", compact.p + at[3] + 1, compact.n - at[3] - 1);
    size_t n = 0;
    void *plain = jose_jwe_dec(cfg, message, NULL, key, &n);
    bool same = plain != NULL && n == sizeof(TEST_TEXT) - 1 && memcmp(plain, TEST_TEXT, n) == 0;
    free(plain);
    SG_REQUIRE(same, SELF_TEST);
    return SG_DONE;
}

sg_result
jwe_start(void)
{
    SG_REQUIRE(pthread_once(&prepared, prepare) == 0, SELF_TEST);
    struct sg_arena *arena = sg_arena_new(0, (size_t)256 * 1024);
    SG_CLEANUP(cfg_free)
    jose_cfg_t *cfg = quiet();
    JSON_AUTO *key = json_pack("{s:s,s:s}", "kty", "EC", "crv", "P-256");
    sg_result r = SG_ERROR(SELF_TEST);
    if (arena != NULL && cfg != NULL && key != NULL && jose_jwk_gen(cfg, key)) {
        r = test_with(arena, cfg, key);
    }
    sg_arena_free(&arena);
    return r;
}

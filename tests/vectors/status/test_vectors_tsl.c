/*
 * draft-ietf-oauth-status-list: lists, the Status List Token as JWT and as CWT, referenced tokens (req: STA-1, STA-3). Of the CBOR form of
 * a list alone (`cbor_hex`) the list's bytes are compared.
 */
#include "sg_hash.h"
#include "support.h"
#include "tsl_token.h"

#define FOLDER "token-status-list"

static const struct sjson *
load(struct sg_arena *arena, const char *name)
{
    sg_str path;
    const char *z = NULL;
    const struct sjson *v = NULL;
    assert_ok(sg_arena_printf(arena, &path, FOLDER "/%s", name));
    assert_ok(sg_arena_cstr(arena, path, &z));
    sg_bytes file = support_file(arena, support_vector_path(arena, z));
    assert_ok(sjson_parse_object(arena, sg_bytes_str(file), NULL, &v));
    return v;
}

static sg_str
member(const struct sjson *v, const char *name)
{
    sg_str text;
    assert_ok(sjson_member_text(v, name, &text));
    return text;
}

static int64_t
number(const struct sjson *v, const char *name)
{
    int64_t n = 0;
    assert_ok(sjson_member_int(v, name, &n));
    return n;
}

/* What each entry should be, by the vector's `statuses`; everything else is 0. */
static uint8_t *
wanted(struct sg_arena *arena, const struct sjson *v, size_t entries)
{
    uint8_t *want = sg_arena_alloc(arena, entries);
    const struct sjson *statuses = NULL;
    assert_non_null(want);
    assert_ok(sjson_member_array(v, "statuses", &statuses));
    assert_true(statuses->n > 0);
    for (const struct sjson *s = statuses->first; s != NULL; s = s->next) {
        int64_t idx = 0;
        int64_t value = 0;
        assert_ok(sjson_int(sjson_at(s, 0), &idx));
        assert_ok(sjson_int(sjson_at(s, 1), &value));
        want[idx] = (uint8_t)value;
    }
    return want;
}

/* Unpack: every index reads as listed. Pack: the same statuses give the same bytes. */
static void
check_list(struct sg_arena *arena, const struct sjson *v, unsigned bits, sg_bytes packed)
{
    size_t entries = (size_t)number(v, "entries");
    uint8_t *want = wanted(arena, v, entries);
    struct tsl_view view = { .bits = bits };
    uint8_t sha256[SG_SHA256_LEN];
    size_t raw_len = 0;
    assert_ok(tsl_inflate(arena, packed, TSL_RAW_MAX, &view.raw));
    assert_int_equal(view.raw.n, number(v, "uncompressed_len"));
    sg_sha256(view.raw, sha256);
    uint8_t want_sha256[SG_SHA256_LEN];
    assert_ok(sg_hex_decode_to(member(v, "uncompressed_sha256"), want_sha256, SG_SHA256_LEN));
    assert_memory_equal(sha256, want_sha256, SG_SHA256_LEN);

    assert_ok(tsl_raw_len(bits, entries, &raw_len));
    uint8_t *built = sg_arena_alloc(arena, raw_len);
    assert_non_null(built);
    for (size_t i = 0; i < entries; i++) {
        uint8_t value = 0;
        assert_ok(tsl_get(&view, i, &value));
        assert_int_equal(value, want[i]);
        assert_ok(tsl_put(built, raw_len, bits, i, want[i]));
    }
    assert_true(sg_bytes_equal(sg_bytes_of(built, raw_len), view.raw));

    /* not asked for by the draft, but the stock zlib at level 9 gives its very bytes */
    sg_bytes repacked;
    assert_ok(tsl_deflate(arena, view.raw, &repacked));
    assert_true(sg_bytes_equal(repacked, packed));
}

/* a2 64 "bits" 0N 63 "lst" <bytes>: the header of the byte string is as long as the bytes are not; compare the end. */
static void
check_cbor(struct sg_arena *arena, const struct sjson *v, unsigned bits, sg_bytes packed)
{
    sg_bytes cbor;
    assert_ok(sg_hex_decode(arena, member(v, "cbor_hex"), &cbor));
    static const uint8_t head[] = { 0xa2, 0x64, 'b', 'i', 't', 's' };
    assert_true(cbor.n > packed.n + 11);
    assert_memory_equal(cbor.p, head, sizeof(head));
    assert_int_equal(cbor.p[6], bits);
    assert_true(sg_bytes_equal(sg_bytes_slice(cbor, cbor.n - packed.n, packed.n), packed));
}

static void
run_list(const char *name)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    const struct sjson *v = load(arena, name);
    const struct sjson *json = NULL;
    sg_bytes packed;
    assert_ok(sjson_member_object(v, "json", &json));
    unsigned bits = (unsigned)number(json, "bits");
    assert_ok(sg_b64url_decode(arena, member(json, "lst"), &packed));
    check_list(arena, v, bits, packed);
    check_cbor(arena, v, bits, packed);
    sg_arena_free(&arena);
}

static void
test_lists(void **state)
{
    (void)state;
    run_list("4-1bit-16.json");
    run_list("4-2bit-12.json");
    run_list("C1-1bit-long.json");
    run_list("C2-2bit-long.json");
    run_list("C4-8bit-long.json");
}

/* The published key has its private half, which jwk_parse refuses: the public members only. */
static struct jwk_key *
key_of(struct sg_arena *arena, const struct sjson *v)
{
    const struct sjson *json = NULL;
    sg_str public_jwk;
    struct jwk jwk;
    struct jwk_key *key = NULL;
    assert_ok(sjson_member_object(v, "jwk", &json));
    sg_str x = member(json, "x");
    sg_str y = member(json, "y");
    assert_ok(sg_arena_printf(arena, &public_jwk,
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%.*s\",\"y\":\"%.*s\"}", SG_PRINT(x),
        SG_PRINT(y)));
    assert_ok(sjson_parse_object(arena, public_jwk, NULL, &json));
    assert_ok(jwk_parse(arena, json, &jwk));
    assert_ok(jwk_key_new(&jwk, &key));
    return key;
}

/* Both examples say the same (5.1, 5.2). */
static void
check_example(struct sg_arena *arena, const struct tsl_token *token, const struct jwk_key *key)
{
    struct tsl_view view;
    uint8_t value = 0;
    sg_str uri = SG_LIT("https://example.com/statuslists/1");
    assert_true(sg_str_equal(token->sub, uri));
    assert_int_equal(token->iat, 1686920170);
    assert_int_equal(token->exp, 2291720170);
    assert_int_equal(token->ttl, 43200);
    assert_int_equal(token->bits, 1);
    struct tsl_trust_rule rule = { .prefix = SG_LIT("https://example.com/"), .key = key };
    assert_ok(tsl_token_verify(arena, token, uri, &rule, 1, 1700000000));
    assert_ok(tsl_token_list(arena, token, 1000, &view));
    assert_int_equal(tsl_entries(&view), 16);
    assert_ok(tsl_get(&view, 0, &value));
    assert_int_equal(value, TSL_INVALID);
    assert_ok(tsl_get(&view, 1, &value));
    assert_int_equal(value, TSL_VALID);
}

static void
test_token_jwt(void **state)
{
    struct sg_arena *arena = *state;
    const struct sjson *v = load(arena, "5.1-status-list-token-jwt.json");
    struct jwk_key *key SG_CLEANUP(jwk_key_free)
    = key_of(arena, v);
    struct tsl_token token;
    assert_ok(tsl_token_parse(arena, member(v, "token"), &token));
    check_example(arena, &token, key);
}

static void
test_token_cwt(void **state)
{
    struct sg_arena *arena = *state;
    const struct sjson *v = load(arena, "5.2-status-list-token-cwt.json");
    struct jwk_key *key SG_CLEANUP(jwk_key_free)
    = key_of(arena, v);
    struct tsl_token token;
    sg_bytes cwt;
    assert_ok(sg_hex_decode(arena, member(v, "token_hex"), &cwt));
    assert_ok(tsl_cwt_parse(arena, cwt, &token));
    assert_true(token.cose.tagged);
    assert_true(sg_bytes_equal(token.cose.kid, sg_str_bytes(SG_LIT("12"))));
    check_example(arena, &token, key);

    /* one byte of the signature wrong: refused */
    struct tsl_view view;
    struct tsl_trust_rule rule = { .prefix = SG_LIT("https://example.com/"), .key = key };
    uint8_t *wrong = sg_arena_alloc(arena, cwt.n);
    assert_non_null(wrong);
    memcpy(wrong, cwt.p, cwt.n);
    wrong[cwt.n - 1] ^= 1;
    assert_ok(tsl_cwt_parse(arena, sg_bytes_of(wrong, cwt.n), &token));
    assert_refused(tsl_token_verify(arena, &token, token.sub, &rule, 1, 1700000000), SIGNATURE);
    assert_ok(tsl_token_list(arena, &token, 1000, &view));
    assert_int_equal(view.raw.n, 2);
}

static void
test_referenced_tokens(void **state)
{
    struct sg_arena *arena = *state;
    static const char *const names[][2] = { { "6.2-referenced-token-jwt-claims.json", "claims" },
        { "6.2-referenced-token-sd-jwt.json", "payload" } };
    for (size_t i = 0; i < 2; i++) {
        const struct sjson *v = load(arena, names[i][0]);
        const struct sjson *claims = NULL;
        struct tsl_ref ref;
        assert_ok(sjson_member_object(v, names[i][1], &claims));
        assert_ok(tsl_ref_parse(claims, &ref));
        assert_int_equal(ref.idx, 0);
        assert_str_is(ref.uri, "https://example.com/statuslists/1");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test_setup_teardown(
            test_token_jwt, support_arena_setup, support_arena_teardown),
        cmocka_unit_test_setup_teardown(
            test_token_cwt, support_arena_setup, support_arena_teardown),
        cmocka_unit_test_setup_teardown(
            test_referenced_tokens, support_arena_setup, support_arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Session transcripts, DeviceAuthentication and the key of deviceMac. spec: ISO/IEC 18013-5 9.1.3; OpenID4VP 1.0 B.2.6. req: FMT-2 */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "mdoc_int.h"
#include "sg_secret.h"

enum { P256_LEN = 32, TEXT_MAX = 8192 };

/* ---- OpenID4VP ------------------------------------------------------------------------------------------------ */

/* The texts and the thumbprint are what both sides know; the array itself is hashed, without tag or byte string around it. */
static sg_result
transcript(struct sg_arena *arena, const char *handover, sg_bytes info, sg_bytes *ret)
{
    uint8_t digest[SG_SHA256_LEN];
    struct sg_buf buf = sg_buf_new(arena, 128, MDOC_TRANSCRIPT_MAX);
    sg_sha256(info, digest);
    dcbor_wr_array(&buf, 3);
    dcbor_wr_null(&buf); /* DeviceEngagementBytes */
    dcbor_wr_null(&buf); /* EReaderKeyBytes */
    dcbor_wr_array(&buf, 2);
    dcbor_wr_text(&buf, sg_cstr(handover));
    dcbor_wr_bytes(&buf, SG_BYTES(digest));
    return sg_buf_end(&buf, ret);
}

static bool
is_usable(sg_str text)
{
    return text.n >= 1 && text.n <= TEXT_MAX;
}

static void
put_thumbprint(struct sg_buf *buf, sg_bytes thumbprint)
{
    if (thumbprint.n == 0) {
        dcbor_wr_null(buf);
    } else {
        dcbor_wr_bytes(buf, thumbprint);
    }
}

sg_result
mdoc_transcript_redirect(struct sg_arena *arena, sg_str client_id, sg_str nonce,
    sg_bytes thumbprint, sg_str response_uri, sg_bytes *ret)
{
    sg_bytes info;
    SG_REQUIRE(is_usable(client_id) && is_usable(nonce) && is_usable(response_uri), VALUE);
    SG_REQUIRE(thumbprint.n == 0 || thumbprint.n == JWK_THUMBPRINT_LEN, VALUE);
    struct sg_buf buf = sg_buf_new(arena, 512, MDOC_TRANSCRIPT_MAX);
    dcbor_wr_array(&buf, 4);
    dcbor_wr_text(&buf, client_id);
    dcbor_wr_text(&buf, nonce);
    put_thumbprint(&buf, thumbprint);
    dcbor_wr_text(&buf, response_uri);
    SG_TRY(sg_buf_end(&buf, &info));
    return transcript(arena, "OpenID4VPHandover", info, ret);
}

sg_result
mdoc_transcript_dc_api(
    struct sg_arena *arena, sg_str origin, sg_str nonce, sg_bytes thumbprint, sg_bytes *ret)
{
    sg_bytes info;
    SG_REQUIRE(is_usable(origin) && is_usable(nonce), VALUE);
    SG_REQUIRE(!sg_str_starts(origin, "origin:"), VALUE); /* B.2.6.2: without the prefix */
    SG_REQUIRE(thumbprint.n == 0 || thumbprint.n == JWK_THUMBPRINT_LEN, VALUE);
    struct sg_buf buf = sg_buf_new(arena, 512, MDOC_TRANSCRIPT_MAX);
    dcbor_wr_array(&buf, 3);
    dcbor_wr_text(&buf, origin);
    dcbor_wr_text(&buf, nonce);
    put_thumbprint(&buf, thumbprint);
    SG_TRY(sg_buf_end(&buf, &info));
    return transcript(arena, "OpenID4VPDCAPIHandover", info, ret);
}

/* ---- DeviceAuthentication -------------------------------------------------------------------------------------- */

static sg_result
tagged(struct sg_arena *arena, sg_bytes encoded, sg_bytes *ret)
{
    struct sg_buf buf = sg_buf_new(arena, encoded.n + 16, MDOC_MAX);
    dcbor_wr_tag(&buf, MDOC_TAG_ENCODED);
    dcbor_wr_bytes(&buf, encoded);
    return sg_buf_end(&buf, ret);
}

sg_result
mdoc_device_authentication(struct sg_arena *arena, sg_bytes transcript_bytes, sg_str doc_type,
    sg_bytes device_name_spaces, sg_bytes *ret)
{
    sg_bytes inner;
    SG_REQUIRE(transcript_bytes.n <= MDOC_TRANSCRIPT_MAX, TOO_LARGE);
    struct sg_buf buf = sg_buf_new(arena, transcript_bytes.n + device_name_spaces.n + 64, MDOC_MAX);
    dcbor_wr_array(&buf, 4);
    dcbor_wr_text(&buf, SG_LIT("DeviceAuthentication"));
    sg_buf_put(&buf, transcript_bytes); /* the array itself */
    dcbor_wr_text(&buf, doc_type);
    sg_buf_put(&buf, device_name_spaces);
    SG_TRY(sg_buf_end(&buf, &inner));
    return tagged(arena, inner, ret);
}

/* ---- deviceMac ---------------------------------------------------------------------------------------------------- */

struct ecdh {
    EC_GROUP *group;
    EC_POINT *point;
    BIGNUM *scalar;
    BIGNUM *x;
    BN_CTX *ctx;
};

static void
ecdh_done(struct ecdh *e)
{
    EC_POINT_clear_free(e->point);
    EC_GROUP_free(e->group);
    BN_clear_free(e->scalar);
    BN_clear_free(e->x);
    BN_CTX_free(e->ctx);
    ERR_clear_error();
}

static bool
multiply(struct ecdh *e, const uint8_t d[32], const struct jwk *peer, uint8_t ret[32])
{
    uint8_t octets[1 + 2 * P256_LEN] = { POINT_CONVERSION_UNCOMPRESSED };
    memcpy(octets + 1, peer->x, P256_LEN);
    memcpy(octets + 1 + P256_LEN, peer->y, P256_LEN);
    e->ctx = BN_CTX_secure_new();
    e->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    e->point = e->group == NULL ? NULL : EC_POINT_new(e->group);
    e->scalar = BN_secure_new(); /* in the secure heap where the program has one */
    e->x = BN_secure_new();
    if (e->ctx == NULL || e->point == NULL || e->scalar == NULL || e->x == NULL ||
        BN_bin2bn(d, P256_LEN, e->scalar) == NULL) {
        return false;
    }
    BN_set_flags(e->scalar, BN_FLG_CONSTTIME);
    /* oct2point refuses what is not on the curve; cofactor 1 */
    return !BN_is_zero(e->scalar) && BN_cmp(e->scalar, EC_GROUP_get0_order(e->group)) < 0 &&
           EC_POINT_oct2point(e->group, e->point, octets, sizeof(octets), e->ctx) == 1 &&
           EC_POINT_mul(e->group, e->point, NULL, e->point, e->scalar, e->ctx) == 1 &&
           EC_POINT_is_at_infinity(e->group, e->point) == 0 &&
           EC_POINT_get_affine_coordinates(e->group, e->point, e->x, NULL, e->ctx) == 1 &&
           BN_bn2binpad(e->x, ret, P256_LEN) == P256_LEN;
}

sg_result
mdoc_ecdh(const uint8_t d[32], const struct jwk *peer, uint8_t ret[32])
{
    SG_REQUIRE(peer->kty == JOSE_KTY_EC && peer->crv == JOSE_P256, KEY_INVALID);
    SG_CLEANUP(ecdh_done)
    struct ecdh e = { 0 };
    SG_REQUIRE(multiply(&e, d, peer, ret), KEY_INVALID);
    return SG_DONE;
}

/* HKDF (RFC 5869) for one block: extract, then T(1) = HMAC(PRK, info | 01). */
sg_result
mdoc_mac_key(
    struct sg_arena *arena, sg_bytes shared_secret, sg_bytes transcript_bytes, uint8_t ret[32])
{
    static const uint8_t info[] = { 'E', 'M', 'a', 'c', 'K', 'e', 'y', 1 };
    uint8_t salt[SG_SHA256_LEN];
    uint8_t prk[SG_SHA256_LEN];
    sg_bytes transcript_tagged;
    SG_REQUIRE(transcript_bytes.n <= MDOC_TRANSCRIPT_MAX, TOO_LARGE);
    SG_TRY(tagged(arena, transcript_bytes, &transcript_tagged));
    sg_sha256(transcript_tagged, salt);
    sg_hmac_sha256(SG_BYTES(salt), shared_secret, prk);
    sg_hmac_sha256(SG_BYTES(prk), SG_BYTES(info), ret);
    sg_wipe(prk, sizeof(prk));
    return SG_DONE;
}

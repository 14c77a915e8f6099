/* What is signed, whether it was, and the object that carries it. spec: RFC 9052 4.4, 6.3. req: FMT-4 */
#include "cose.h"
#include "sg_secret.h"

static sg_result
structure(struct sg_arena *arena, const char *context, sg_bytes protected_bstr,
    sg_bytes external_aad, sg_bytes payload, sg_bytes *ret)
{
    static const uint8_t empty_map = 0xa0;
    size_t n;
    SG_REQUIRE(sg_size_add(protected_bstr.n, external_aad.n, &n), TOO_LARGE);
    SG_REQUIRE(sg_size_add(n, payload.n, &n) && n <= COSE_MAX, TOO_LARGE);
    if (sg_bytes_equal(protected_bstr, sg_bytes_of(&empty_map, 1))) {
        protected_bstr =
            SG_NO_BYTES; /* RFC 9052 4.4: "the empty map is encoded as a zero-length byte string" */
    }
    struct sg_buf buf = sg_buf_new(arena, n + 48, COSE_MAX + 48);
    dcbor_wr_array(&buf, 4);
    dcbor_wr_text(&buf, sg_cstr(context));
    dcbor_wr_bytes(&buf, protected_bstr);
    dcbor_wr_bytes(&buf, external_aad);
    dcbor_wr_bytes(&buf, payload);
    return sg_buf_end(&buf, ret);
}

sg_result
cose_to_be_signed(struct sg_arena *arena, sg_bytes protected_bstr, sg_bytes external_aad,
    sg_bytes payload, sg_bytes *ret)
{
    return structure(arena, "Signature1", protected_bstr, external_aad, payload, ret);
}

sg_result
cose_to_be_maced(struct sg_arena *arena, sg_bytes protected_bstr, sg_bytes external_aad,
    sg_bytes payload, sg_bytes *ret)
{
    return structure(arena, "MAC0", protected_bstr, external_aad, payload, ret);
}

/* One payload, from one place. */
static sg_result
payload_of(const struct cose_sign1 *sign1, sg_bytes detached_payload, sg_bytes *ret)
{
    SG_REQUIRE(!sign1->detached || detached_payload.p != NULL, MISSING);
    SG_REQUIRE(sign1->detached || detached_payload.p == NULL, VALUE);
    *ret = sign1->detached ? detached_payload : sign1->payload;
    return SG_DONE;
}

sg_result
cose_sign1_verify(struct sg_arena *arena, const struct cose_sign1 *sign1, const struct jwk_key *key,
    sg_bytes external_aad, sg_bytes detached_payload)
{
    sg_bytes payload;
    sg_bytes signed_bytes;
    SG_REQUIRE(sign1->alg != NULL, ALGORITHM);
    SG_TRY(payload_of(sign1, detached_payload, &payload));
    SG_TRY(cose_to_be_signed(arena, sign1->protected_bstr, external_aad, payload, &signed_bytes));
    return jwk_verify(key, sign1->alg, signed_bytes, sign1->signature);
}

sg_result
cose_mac0_verify(struct sg_arena *arena, const struct cose_sign1 *mac0, sg_bytes key,
    sg_bytes external_aad, sg_bytes detached_payload)
{
    sg_bytes payload;
    sg_bytes maced;
    uint8_t tag[SG_SHA256_LEN];
    SG_REQUIRE(mac0->alg_id == COSE_ALG_HMAC256, ALGORITHM);
    SG_REQUIRE(key.n >= SG_SHA256_LEN, KEY_INVALID);
    SG_TRY(payload_of(mac0, detached_payload, &payload));
    SG_TRY(cose_to_be_maced(arena, mac0->protected_bstr, external_aad, payload, &maced));
    sg_hmac_sha256(key, maced, tag);
    bool same = sg_secret_equal(SG_BYTES(tag), mac0->signature);
    sg_wipe(tag, sizeof(tag));
    SG_REQUIRE(same, SIGNATURE);
    return SG_DONE;
}

/* ---- building ---------------------------------------------------------------------------------------- */

static void
put_x5chain(struct sg_buf *buf, const struct cose_headers *headers)
{
    dcbor_wr_uint(buf, COSE_X5CHAIN);
    if (headers->n_x5chain > 1) {
        dcbor_wr_array(buf, headers->n_x5chain);
    }
    for (size_t i = 0; i < headers->n_x5chain; i++) {
        dcbor_wr_bytes(buf, headers->x5chain[i]);
    }
}

sg_result
cose_protected(struct sg_arena *arena, const struct cose_headers *headers, sg_bytes *ret)
{
    SG_REQUIRE(headers->alg != NULL, ALGORITHM);
    SG_REQUIRE(headers->n_x5chain <= COSE_X5CHAIN_MAX, TOO_LARGE);
    bool x5chain = headers->x5chain_protected && headers->n_x5chain > 0;
    struct sg_buf buf = sg_buf_new(arena, 64, COSE_MAX);
    dcbor_wr_map(&buf, (uint64_t)1 + (headers->content_type.n > 0) + (headers->kid.n > 0) +
                           (headers->cwt_claims.n > 0) + (headers->typ.n > 0) + x5chain);
    dcbor_wr_uint(&buf, COSE_ALG);
    dcbor_wr_int(&buf, headers->alg->cose);
    if (headers->content_type.n > 0) {
        dcbor_wr_key_text(&buf, COSE_CONTENT_TYPE, headers->content_type);
    }
    if (headers->kid.n > 0) {
        dcbor_wr_key_bytes(&buf, COSE_KID, headers->kid);
    }
    if (headers->cwt_claims.n > 0) {
        dcbor_wr_uint(&buf, COSE_CWT_CLAIMS);
        sg_buf_put(&buf, headers->cwt_claims);
    }
    if (headers->typ.n > 0) {
        dcbor_wr_key_text(&buf, COSE_TYP, headers->typ);
    }
    if (x5chain) {
        put_x5chain(&buf, headers);
    }
    return sg_buf_end(&buf, ret);
}

sg_result
cose_sign1_encode(struct sg_arena *arena, const struct cose_headers *headers,
    sg_bytes protected_bstr, sg_bytes payload, sg_bytes signature, bool tagged, sg_bytes *ret)
{
    SG_REQUIRE(headers->n_x5chain <= COSE_X5CHAIN_MAX, TOO_LARGE);
    bool x5chain = !headers->x5chain_protected && headers->n_x5chain > 0;
    struct sg_buf buf = sg_buf_new(arena, payload.n + signature.n + 1024, COSE_MAX);
    if (tagged) {
        dcbor_wr_tag(&buf, COSE_TAG_SIGN1);
    }
    dcbor_wr_array(&buf, 4);
    dcbor_wr_bytes(&buf, protected_bstr);
    dcbor_wr_map(&buf, x5chain ? 1 : 0);
    if (x5chain) {
        put_x5chain(&buf, headers);
    }
    if (payload.p == NULL) {
        dcbor_wr_null(&buf);
    } else {
        dcbor_wr_bytes(&buf, payload);
    }
    dcbor_wr_bytes(&buf, signature);
    return sg_buf_end(&buf, ret);
}

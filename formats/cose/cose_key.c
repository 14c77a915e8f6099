/* COSE_Key. spec: RFC 9052 7, RFC 9053 7.1 (EC2), 7.2 (OKP). req: FMT-2, FMT-4 */
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "cose.h"
#include "sg_text.h"

enum { KEY_DEPTH = 4, KEY_ITEMS = 64, KEY_BYTES = 4096 };
enum { KTY = 1, KID = 2, ALG = 3, KEY_OPS = 4, CRV = -1, X = -2, Y = -3, D = -4 };
enum { KTY_OKP = 1, KTY_EC2 = 2, KTY_SYMMETRIC = 4, OP_VERIFY = 2 };

static const struct curve {
    int64_t crv; /* COSE Elliptic Curves registry */
    int64_t kty;
    enum jose_crv jose;
    enum jose_kty jose_kty;
    size_t coord_len;
    int nid;
} curves[] = {
    { 1, KTY_EC2, JOSE_P256, JOSE_KTY_EC, 32, NID_X9_62_prime256v1 },
    { 2, KTY_EC2, JOSE_P384, JOSE_KTY_EC, 48, NID_secp384r1 },
    { 3, KTY_EC2, JOSE_P521, JOSE_KTY_EC, 66, NID_secp521r1 },
    { 6, KTY_OKP, JOSE_ED25519, JOSE_KTY_OKP, 32, NID_undef },
};
enum { N_CURVES = sizeof(curves) / sizeof(curves[0]) };

static const struct curve *
curve_of(const struct jwk *key)
{
    for (size_t i = 0; i < N_CURVES; i++) {
        if (curves[i].jose == key->crv && curves[i].jose_kty == key->kty) {
            return &curves[i];
        }
    }
    return NULL;
}

static sg_result
member_int(const struct dcbor_item *map, int64_t label, int64_t *ret)
{
    struct dcbor_item item;
    SG_TRY(dcbor_item_find(map, label, &item));
    SG_REQUIRE(sg_ok(dcbor_item_int(&item, ret)), KEY_INVALID);
    return SG_DONE;
}

static sg_result
find_curve(const struct dcbor_item *map, const struct curve **ret)
{
    int64_t kty;
    int64_t crv;
    SG_TRY(member_int(map, KTY, &kty));
    SG_REQUIRE(kty != KTY_SYMMETRIC, KEY_PRIVATE);
    SG_REQUIRE(kty == KTY_OKP || kty == KTY_EC2, ALGORITHM);
    SG_TRY(member_int(map, CRV, &crv));
    for (size_t i = 0; i < N_CURVES; i++) {
        if (curves[i].crv == crv && curves[i].kty == kty) {
            *ret = &curves[i];
            return SG_DONE;
        }
    }
    SG_FAIL(ALGORITHM);
}

/* RFC 9053 7.1.1: coordinates keep their leading zeros. */
static sg_result
coordinate(const struct dcbor_item *item, const struct curve *curve, uint8_t *ret)
{
    SG_REQUIRE(item->kind == DCBOR_KIND_BYTES && item->content.n == curve->coord_len, KEY_INVALID);
    memcpy(ret, item->content.p, curve->coord_len);
    return SG_DONE;
}

/* y from x and its sign bit, by libcrypto: x may lie on no point. */
static sg_result
decompress(const struct curve *curve, bool odd, struct jwk *key)
{
    uint8_t in[1 + JWK_COORD_MAX] = { (uint8_t)(odd ? 3 : 2) };
    uint8_t out[1 + 2 * JWK_COORD_MAX];
    size_t n = curve->coord_len;
    memcpy(in + 1, key->x, n);
    EC_GROUP *group = EC_GROUP_new_by_curve_name(curve->nid);
    EC_POINT *point = group == NULL ? NULL : EC_POINT_new(group);
    bool good = point != NULL && EC_POINT_oct2point(group, point, in, 1 + n, NULL) == 1 &&
                EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out, sizeof(out),
                    NULL) == 1 + 2 * n;
    EC_POINT_free(point);
    EC_GROUP_free(group);
    ERR_clear_error();
    SG_REQUIRE(good, KEY_INVALID);
    memcpy(key->y, out + 1 + n, n);
    return SG_DONE;
}

static sg_result
read_point(const struct dcbor_item *map, const struct curve *curve, struct jwk *key)
{
    struct dcbor_item item;
    bool odd;
    SG_TRY(dcbor_item_find(map, X, &item));
    SG_TRY(coordinate(&item, curve, key->x));
    SG_TRY(dcbor_item_find(map, Y, &item));
    if (curve->kty == KTY_OKP) {
        SG_REQUIRE(item.kind == DCBOR_KIND_NONE, KEY_INVALID);
        return SG_DONE;
    }
    if (sg_ok(dcbor_item_bool(&item, &odd))) {
        return decompress(curve, odd, key);
    }
    return coordinate(&item, curve, key->y);
}

static sg_result
check_ops(const struct dcbor_item *map)
{
    struct dcbor_item ops;
    struct dcbor_item op;
    bool verifies = false;
    SG_TRY(dcbor_item_find(map, KEY_OPS, &ops));
    if (ops.kind == DCBOR_KIND_NONE) {
        return SG_DONE;
    }
    SG_REQUIRE(ops.kind == DCBOR_KIND_ARRAY, KEY_INVALID);
    struct dcbor_walk walk = dcbor_item_walk(&ops);
    while (dcbor_item_next(&walk, &op)) {
        verifies = verifies || (op.kind == DCBOR_KIND_UINT && op.value == OP_VERIFY);
    }
    SG_REQUIRE(verifies, KEY_INVALID);
    return SG_DONE;
}

static sg_result
read_alg_and_kid(const struct dcbor_item *map, struct jwk *key)
{
    struct dcbor_item item;
    int64_t number;
    SG_TRY(dcbor_item_find(map, ALG, &item));
    if (item.kind != DCBOR_KIND_NONE) {
        SG_REQUIRE(sg_ok(dcbor_item_int(&item, &number)), ALGORITHM);
        key->alg = jose_alg_by_cose(number);
        SG_REQUIRE(key->alg != NULL, ALGORITHM);
        SG_REQUIRE(key->alg->kty == key->kty && key->alg->crv == key->crv, KEY_INVALID);
    }
    SG_TRY(dcbor_item_find(map, KID, &item));
    if (item.kind == DCBOR_KIND_NONE) {
        return SG_DONE;
    }
    SG_REQUIRE(item.kind == DCBOR_KIND_BYTES, KEY_INVALID);
    /* bytes by definition; a JWK's kid is text */
    if (sg_utf8_valid(sg_bytes_str(item.content))) {
        key->kid = sg_bytes_str(item.content);
    }
    return SG_DONE;
}

sg_result
cose_key_parse(sg_bytes in, struct jwk *ret)
{
    struct dcbor_item map;
    struct dcbor_item secret;
    const struct curve *curve;
    SG_REQUIRE(in.n <= KEY_BYTES, TOO_LARGE);
    SG_TRY(dcbor_item_open(in, KEY_DEPTH, KEY_ITEMS, &map));
    SG_REQUIRE(map.kind == DCBOR_KIND_MAP, MALFORMED);
    SG_TRY(find_curve(&map, &curve));
    SG_TRY(dcbor_item_find(&map, D, &secret));
    SG_REQUIRE(secret.kind == DCBOR_KIND_NONE, KEY_PRIVATE);
    struct jwk key = { .kty = curve->jose_kty, .crv = curve->jose, .coord_len = curve->coord_len };
    SG_TRY(read_point(&map, curve, &key));
    SG_TRY(check_ops(&map));
    SG_TRY(read_alg_and_kid(&map, &key));
    *ret = key;
    return SG_DONE;
}

void
cose_key_put(struct sg_buf *buf, const struct jwk *key)
{
    const struct curve *curve = curve_of(key);
    if (curve == NULL) {
        sg_buf_fail(buf, SG_E_ALGORITHM);
        return;
    }
    bool ec = curve->kty == KTY_EC2;
    dcbor_wr_map(buf, ec ? 4 : 3);
    dcbor_wr_key_uint(buf, KTY, (uint64_t)curve->kty);
    dcbor_wr_int(buf, CRV);
    dcbor_wr_int(buf, curve->crv);
    dcbor_wr_int(buf, X);
    dcbor_wr_bytes(buf, sg_bytes_of(key->x, curve->coord_len));
    if (ec) {
        dcbor_wr_int(buf, Y);
        dcbor_wr_bytes(buf, sg_bytes_of(key->y, curve->coord_len));
    }
}

/* Authenticator data and credential keys (WebAuthn 6.1, 6.5.1; CTAP2 canonical CBOR). */
#include <string.h>

#include "webauthn.h"

enum { RP_HASH = 32, HEAD = 37, AAGUID = 16, ATTESTED_HEAD = AAGUID + 2 };
enum { RESERVED = 0x02 | 0x20 };
#define KEY_DEPTH 2
#define KEY_ITEMS 16
#define EXTENSION_DEPTH 4
#define EXTENSION_ITEMS 64

/* One row per key type: its members in canonical order, and nothing else. */
struct key_row {
    enum webauthn_alg alg;
    int64_t kty, crv;
    size_t coordinate;
    bool y;
};
static const struct key_row key_rows[] = {
    { WEBAUTHN_ES256, 2, 1, 32, true },
    { WEBAUTHN_ES384, 2, 2, 48, true },
    { WEBAUTHN_EDDSA, 1, 6, 32, false },
};

static const struct key_row *
row_of(int64_t alg)
{
    for (size_t i = 0; i < sizeof(key_rows) / sizeof(key_rows[0]); i++) {
        if ((int64_t)key_rows[i].alg == alg) {
            return &key_rows[i];
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
coordinate(const struct dcbor_item *map, int64_t label, size_t n, uint8_t *ret)
{
    struct dcbor_item item;
    sg_bytes bytes;
    SG_TRY(dcbor_item_find(map, label, &item));
    /* y as a sign bit is a compressed point: WebAuthn forbids it */
    SG_REQUIRE(sg_ok(dcbor_item_bytes(&item, &bytes)) && bytes.n == n, KEY_INVALID);
    memcpy(ret, bytes.p, n);
    return SG_DONE;
}

static sg_result
key_of(const struct dcbor_item *map, struct webauthn_key *ret)
{
    int64_t alg, kty, crv;
    SG_REQUIRE(map->kind == DCBOR_KIND_MAP, KEY_INVALID);
    SG_TRY(member_int(map, 3, &alg));
    const struct key_row *row = row_of(alg);
    SG_REQUIRE(row != NULL, ALGORITHM);
    SG_REQUIRE(map->value == (row->y ? 5u : 4u), KEY_INVALID);
    SG_TRY(member_int(map, 1, &kty));
    SG_TRY(member_int(map, -1, &crv));
    SG_REQUIRE(kty == row->kty && crv == row->crv, KEY_INVALID);
    ret->alg = row->alg;
    size_t at = row->y ? 1 : 0;
    ret->point[0] = 0x04; /* overwritten where there is no y */
    SG_TRY(coordinate(map, -2, row->coordinate, ret->point + at));
    if (row->y) {
        SG_TRY(coordinate(map, -3, row->coordinate, ret->point + at + row->coordinate));
    }
    ret->point_n = at + row->coordinate * (row->y ? 2 : 1);
    return SG_DONE;
}

sg_result
webauthn_key_parse(sg_bytes in, struct webauthn_key *ret)
{
    size_t n;
    struct dcbor_item map;
    SG_TRY(dcbor_scan(in, DCBOR_WELL_FORMED, KEY_DEPTH, KEY_ITEMS, &n));
    SG_REQUIRE(n == in.n, MALFORMED);
    SG_TRY(dcbor_item_open(in, KEY_DEPTH, KEY_ITEMS, &map));
    return key_of(&map, ret);
}

/* One CBOR item at the front; what follows it stays in *rest. */
static sg_result
take_item(sg_bytes *rest, unsigned depth, size_t items, sg_bytes *ret)
{
    size_t n;
    SG_TRY(dcbor_scan(*rest, DCBOR_WELL_FORMED, depth, items, &n));
    *ret = sg_bytes_of(rest->p, n);
    *rest = sg_bytes_of(rest->p + n, rest->n - n);
    return SG_DONE;
}

static sg_result
attested_data(sg_bytes *rest, struct webauthn_auth_data *ret)
{
    SG_REQUIRE(rest->n >= ATTESTED_HEAD, MALFORMED);
    size_t id = (size_t)rest->p[AAGUID] << 8 | rest->p[AAGUID + 1];
    SG_REQUIRE(id >= 1 && id <= WEBAUTHN_CREDENTIAL_ID_MAX, MALFORMED);
    SG_REQUIRE(rest->n - ATTESTED_HEAD >= id, MALFORMED);
    ret->aaguid = sg_bytes_of(rest->p, AAGUID);
    ret->credential_id = sg_bytes_of(rest->p + ATTESTED_HEAD, id);
    *rest = sg_bytes_of(rest->p + ATTESTED_HEAD + id, rest->n - ATTESTED_HEAD - id);
    SG_TRY(take_item(rest, KEY_DEPTH, KEY_ITEMS, &ret->cose_key));
    return webauthn_key_parse(ret->cose_key, &ret->key);
}

sg_result
webauthn_auth_data_parse(sg_bytes in, bool attested, struct webauthn_auth_data *ret)
{
    *ret = (struct webauthn_auth_data){ .flags = 0 };
    SG_REQUIRE(in.n >= HEAD && in.n <= WEBAUTHN_AUTH_DATA_MAX, MALFORMED);
    ret->rp_id_hash = sg_bytes_of(in.p, RP_HASH);
    ret->flags = in.p[RP_HASH];
    ret->sign_count =
        (uint32_t)in.p[33] << 24 | (uint32_t)in.p[34] << 16 | (uint32_t)in.p[35] << 8 | in.p[36];
    SG_REQUIRE((ret->flags & RESERVED) == 0, MALFORMED);
    SG_REQUIRE((ret->flags & WEBAUTHN_BS) == 0 || (ret->flags & WEBAUTHN_BE) != 0, MALFORMED);
    SG_REQUIRE(((ret->flags & WEBAUTHN_AT) != 0) == attested, MALFORMED);
    sg_bytes rest = sg_bytes_of(in.p + HEAD, in.n - HEAD);
    if (attested) {
        SG_TRY(attested_data(&rest, ret));
    }
    if ((ret->flags & WEBAUTHN_ED) != 0) {
        SG_TRY(take_item(&rest, EXTENSION_DEPTH, EXTENSION_ITEMS, &ret->extensions));
        SG_REQUIRE(ret->extensions.p[0] >> 5 == 5, MALFORMED); /* a map */
    }
    SG_REQUIRE(rest.n == 0, MALFORMED);
    return SG_DONE;
}

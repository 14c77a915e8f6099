/* Attestation objects (WebAuthn 6.5.4) and the statements `none` (8.7) and `packed` (8.2). */
#include "webauthn.h"

#define OBJECT_MAX ((size_t)65536)
#define OBJECT_DEPTH 6
#define OBJECT_ITEMS 512

static sg_result
read_x5c(const struct dcbor_item *x5c, struct webauthn_attestation *ret)
{
    struct dcbor_item item;
    SG_TRY(dcbor_item_want(x5c, DCBOR_KIND_ARRAY));
    SG_REQUIRE(x5c->value >= 1, MALFORMED);
    SG_REQUIRE(x5c->value <= WEBAUTHN_X5C_MAX, TOO_MANY);
    for (struct dcbor_walk walk = dcbor_item_walk(x5c); dcbor_item_next(&walk, &item);) {
        sg_bytes certificate;
        SG_TRY(dcbor_item_bytes(&item, &certificate));
        SG_REQUIRE(certificate.n > 0, MALFORMED);
        ret->x5c[ret->n_x5c++] = certificate;
    }
    return SG_DONE;
}

static sg_result
read_packed(const struct dcbor_item *statement, struct webauthn_attestation *ret)
{
    struct dcbor_item alg, sig, x5c;
    SG_TRY(dcbor_item_find_text(statement, "alg", &alg));
    SG_TRY(dcbor_item_find_text(statement, "sig", &sig));
    SG_TRY(dcbor_item_find_text(statement, "x5c", &x5c));
    SG_TRY(dcbor_item_int(&alg, &ret->alg));
    SG_TRY(dcbor_item_bytes(&sig, &ret->signature));
    bool certified = x5c.kind != DCBOR_KIND_NONE;
    SG_REQUIRE(statement->value == (certified ? 3u : 2u), MALFORMED);
    SG_REQUIRE(ret->signature.n > 0, MALFORMED);
    if (certified) {
        return read_x5c(&x5c, ret);
    }
    SG_REQUIRE(ret->alg == (int64_t)ret->auth_data.key.alg, ALGORITHM);
    return SG_DONE;
}

sg_result
webauthn_attestation_parse(sg_bytes in, struct webauthn_attestation *ret)
{
    struct dcbor_item object, format, statement, data;
    *ret = (struct webauthn_attestation){ .format = WEBAUTHN_FMT_OTHER };
    SG_REQUIRE(in.n <= OBJECT_MAX, TOO_LARGE);
    SG_TRY(dcbor_item_open(in, OBJECT_DEPTH, OBJECT_ITEMS, &object));
    SG_TRY(dcbor_item_want(&object, DCBOR_KIND_MAP));
    SG_REQUIRE(object.value == 3, MALFORMED);
    SG_TRY(dcbor_item_find_text(&object, "fmt", &format));
    SG_TRY(dcbor_item_find_text(&object, "attStmt", &statement));
    SG_TRY(dcbor_item_find_text(&object, "authData", &data));
    SG_TRY(dcbor_item_text(&format, &ret->format_name));
    SG_TRY(dcbor_item_want(&statement, DCBOR_KIND_MAP));
    SG_TRY(dcbor_item_bytes(&data, &ret->auth_data_bytes));
    SG_TRY(webauthn_auth_data_parse(ret->auth_data_bytes, true, &ret->auth_data));
    if (sg_str_is(ret->format_name, "none")) {
        SG_REQUIRE(statement.value == 0, MALFORMED);
        ret->format = WEBAUTHN_FMT_NONE;
        return SG_DONE;
    }
    if (sg_str_is(ret->format_name, "packed")) {
        ret->format = WEBAUTHN_FMT_PACKED;
        return read_packed(&statement, ret);
    }
    return SG_DONE;
}

sg_result
webauthn_aaguid_extension(sg_bytes der, sg_bytes *ret)
{
    SG_REQUIRE(der.n == 18 && der.p[0] == 0x04 && der.p[1] == 16, MALFORMED);
    *ret = sg_bytes_of(der.p + 2, 16);
    return SG_DONE;
}

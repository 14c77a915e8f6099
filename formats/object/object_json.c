/* JWS, SD-JWT, Data Integrity. */
#include "object_int.h"

#include "dcbor_item.h"
#include "multikey.h"
#include "sg_text.h"

#define SD_BASE 0x00
#define SD_DERIVED 0x01
#define SIG_LEN_MIN 64
#define SIG_LEN_MAX 512

/* header.payload and signature; `disclosed` says that tildes followed. The header's algorithm is read if it can be. */
static sg_result
take_parts(struct sg_arena *arena, sg_str header, sg_str input, sg_str payload, sg_str signature,
    struct object *ret)
{
    sg_bytes bytes;
    const struct sjson *json;
    ret->message = sg_str_bytes(input);
    SG_TRY(sg_b64url_decode(arena, signature, &ret->signature));
    SG_REQUIRE(ret->signature.n >= SIG_LEN_MIN && ret->signature.n <= SIG_LEN_MAX, MALFORMED);
    SG_TRY(sg_b64url_decode(arena, header, &bytes));
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(bytes), NULL, &json));
    const struct sjson *alg = sjson_get(json, "alg");
    ret->alg = alg == NULL ? NULL : jose_alg_by_name(alg->text);
    SG_TRY(sg_b64url_decode(arena, payload, &bytes));
    if (sg_ok(sjson_parse_object(arena, sg_bytes_str(bytes), NULL, &json))) {
        ret->document = json;
        return object_refs_json(ret, json);
    }
    return SG_DONE;
}

sg_result
object_take_compact(struct sg_arena *arena, sg_str text, struct object *ret)
{
    /* The issuer's JWT stands before the first tilde (SD-JWT) or is the whole text. */
    sg_str jwt = sg_str_slice(text, 0, sg_str_index(text, '~', 0));
    size_t a = sg_str_index(jwt, '.', 0);
    size_t b = sg_str_index(jwt, '.', a + 1);
    SG_REQUIRE(b < jwt.n && sg_str_index(jwt, '.', b + 1) == jwt.n, MALFORMED);
    ret->kind = jwt.n < text.n ? OBJECT_SD_JWT : OBJECT_JWS;
    return take_parts(arena, sg_str_slice(jwt, 0, a), sg_str_slice(jwt, 0, b),
        sg_str_slice(jwt, a + 1, b - a - 1), sg_str_slice(jwt, b + 1, jwt.n), ret);
}

/* RFC 9901 8: flattened, or general with the issuer's signature first. */
static sg_result
take_serialised(struct sg_arena *arena, const struct sjson *json, struct object *ret)
{
    sg_str payload, header, signature, input;
    const struct sjson *from = sjson_get(json, "signatures");
    from = from == NULL ? json : sjson_at(from, 0);
    SG_TRY(sjson_member_text(json, "payload", &payload));
    SG_TRY(sjson_member_text(from, "protected", &header));
    SG_TRY(sjson_member_text(from, "signature", &signature));
    SG_TRY(sg_arena_printf(arena, &input, "%.*s.%.*s", SG_PRINT(header), SG_PRINT(payload)));
    ret->kind = OBJECT_SD_JWT;
    return take_parts(arena, header, input, payload, signature, ret);
}

/* The issuer's signature in a proof value of ecdsa-sd-2023: first of the array, in base and derived proofs alike. */
static sg_result
take_selective(sg_bytes value, struct object *ret)
{
    struct dcbor_item array, first;
    SG_REQUIRE(value.n > 3 && value.p[0] == 0xd9 && value.p[1] == 0x5d &&
                   (value.p[2] == SD_BASE || value.p[2] == SD_DERIVED),
        MALFORMED);
    SG_TRY(dcbor_item_open(sg_bytes_slice(value, 3, value.n), 4, 40000, &array));
    SG_TRY(dcbor_item_want(&array, DCBOR_KIND_ARRAY));
    struct dcbor_walk walk = dcbor_item_walk(&array);
    SG_REQUIRE(dcbor_item_next(&walk, &first), MALFORMED);
    return dcbor_item_bytes(&first, &ret->signature);
}

static sg_result
take_proof(struct sg_arena *arena, const struct sjson *json, struct object *ret)
{
    const struct sjson *proof = sjson_get(json, "proof");
    proof = proof != NULL && proof->type == SJSON_ARRAY ? sjson_at(proof, 0) : proof;
    sg_str text;
    sg_bytes value;
    SG_TRY(sjson_member_text(proof, "proofValue", &text));
    SG_TRY(multibase_decode(arena, text, &value));
    if (text.p[0] == MULTIBASE_BASE64URL) {
        SG_TRY(take_selective(value, ret));
    } else {
        ret->signature = value;
    }
    SG_REQUIRE(ret->signature.n >= SIG_LEN_MIN && ret->signature.n <= SIG_LEN_MAX, MALFORMED);
    ret->kind = OBJECT_DATA_INTEGRITY;
    ret->document = json;
    return object_refs_json(ret, json);
}

/* data:application/vc+jwt,... or data:application/vc+cose;base64,... */
sg_result
object_data(struct sg_arena *arena, sg_str url, sg_str *ret_text, sg_bytes *ret_cbor)
{
    size_t comma = sg_str_index(url, ',', 0);
    sg_str head = sg_str_slice(url, 0, comma);
    SG_REQUIRE(comma < url.n, MALFORMED);
    *ret_text = sg_str_slice(url, comma + 1, url.n);
    *ret_cbor = SG_NO_BYTES;
    if (head.n > 7 && memcmp(head.p + head.n - 7, ";base64", 7) == 0) {
        return sg_b64_decode(arena, *ret_text, ret_cbor);
    }
    return SG_DONE;
}

static sg_result
take_enveloped(struct sg_arena *arena, sg_str url, struct object *ret)
{
    sg_str text;
    sg_bytes cbor;
    SG_TRY(object_data(arena, url, &text, &cbor));
    return cbor.n > 0 ? object_take_cbor(arena, cbor, ret) : object_take_compact(arena, text, ret);
}

sg_result
object_take_json(struct sg_arena *arena, const struct sjson *json, struct object *ret)
{
    sg_str id;
    if (sjson_get(json, "payload") != NULL) {
        return take_serialised(arena, json, ret);
    }
    if (sjson_get(json, "proof") == NULL && sg_ok(sjson_member_text(json, "id", &id)) &&
        sg_str_starts(id, OBJECT_DATA_URL)) {
        return take_enveloped(arena, id, ret);
    }
    return take_proof(arena, json, ret);
}

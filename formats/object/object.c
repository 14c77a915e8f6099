#include "object.h"

#include "object_int.h"
#include "sg_text.h"

sg_result
object_ref_add(struct object *object, sg_str uri, uint64_t idx)
{
    static const char *const endings[] = { "/revocation", "/suspension", "/message" };
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t n = strlen(endings[i]);
        if (uri.n > n && memcmp(uri.p + uri.n - n, endings[i], n) == 0) {
            uri.n -= n;
            break;
        }
    }
    for (size_t i = 0; i < object->n_refs; i++) {
        if (object->refs[i].idx == idx && sg_str_equal(object->refs[i].uri, uri)) {
            return SG_DONE;
        }
    }
    SG_REQUIRE(object->n_refs < OBJECT_REFS_MAX, TOO_MANY);
    object->refs[object->n_refs++] = (struct object_ref){ uri, idx };
    return SG_DONE;
}

static sg_result
bitstring(struct object *object, const struct sjson *entry)
{
    sg_str list, index;
    uint64_t idx;
    if (!sjson_is_text(sjson_get(entry, "type"), "BitstringStatusListEntry") ||
        !sg_ok(sjson_member_text(entry, "statusListCredential", &list)) ||
        !sg_ok(sjson_member_text(entry, "statusListIndex", &index)) ||
        !sg_ok(sg_u64_parse(index, &idx))) {
        return SG_DONE;
    }
    return object_ref_add(object, list, idx);
}

sg_result
object_refs_json(struct object *object, const struct sjson *document)
{
    const struct sjson *token = sjson_get(sjson_get(document, "status"), "status_list");
    const struct sjson *entries = sjson_get(document, "credentialStatus");
    sg_str uri;
    int64_t idx;
    if (sg_ok(sjson_member_text(token, "uri", &uri)) &&
        sg_ok(sjson_member_int(token, "idx", &idx)) && idx >= 0) {
        SG_TRY(object_ref_add(object, uri, (uint64_t)idx));
    }
    if (entries != NULL && entries->type == SJSON_ARRAY) {
        for (const struct sjson *e = entries->first; e != NULL; e = e->next) {
            SG_TRY(bitstring(object, e));
        }
        return SG_DONE;
    }
    return bitstring(object, entries);
}

sg_bytes
object_trim(sg_bytes in)
{
    while (in.n > 0 && (in.p[in.n - 1] == '\n' || in.p[in.n - 1] == '\r' || in.p[in.n - 1] == ' ' ||
                           in.p[in.n - 1] == '\t')) {
        in.n--;
    }
    size_t i = 0;
    while (i < in.n && (in.p[i] == '\n' || in.p[i] == '\r' || in.p[i] == ' ' || in.p[i] == '\t')) {
        i++;
    }
    return sg_bytes_slice(in, i, in.n);
}

/* CBOR begins with a map, an array or a tag: none of these bytes begins a text. */
bool
object_is_cbor(sg_bytes in)
{
    return in.n > 0 && in.p[0] >= 0x80;
}

sg_result
object_cbor_text(struct sg_arena *arena, sg_str text, sg_bytes *ret)
{
    if (!sg_ok(sg_hex_decode(arena, text, ret)) || !object_is_cbor(*ret)) {
        SG_TRY(sg_b64url_decode(arena, text, ret));
    }
    SG_REQUIRE(object_is_cbor(*ret), MALFORMED);
    return SG_DONE;
}

static sg_result
take_text(struct sg_arena *arena, sg_str text, struct object *ret)
{
    const struct sjson *json;
    sg_bytes cbor;
    if (text.p[0] == '{') {
        SG_TRY(sjson_parse_object(arena, text, NULL, &json));
        return object_take_json(arena, json, ret);
    }
    if (sg_str_index(text, '.', 0) < text.n) {
        return object_take_compact(arena, text, ret);
    }
    SG_TRY(object_cbor_text(arena, text, &cbor));
    return object_take_cbor(arena, cbor, ret);
}

sg_result
object_take(struct sg_arena *arena, sg_bytes in, struct object *ret)
{
    struct object object = { 0 };
    SG_REQUIRE(in.n <= OBJECT_MAX, TOO_LARGE);
    if (object_is_cbor(in)) { /* bytes, not text: nothing is trimmed */
        SG_TRY(object_take_cbor(arena, in, &object));
    } else {
        in = object_trim(in);
        SG_REQUIRE(in.n > 0, MALFORMED);
        sg_result r = take_text(arena, sg_bytes_str(in), &object);
        bool own = sg_ok(r) || r.code == SG_E_NO_MEMORY || r.code == SG_E_ENCODING ||
                   r.code == SG_E_TOO_LARGE || r.code == SG_E_TOO_MANY;
        SG_TRY(own ? r : SG_ERROR(MALFORMED));
    }
    *ret = object;
    return SG_DONE;
}

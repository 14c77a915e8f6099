/* One claim's JSON as CBOR of its declared type. req: FMT-2, FMT-5 */
#include "mdoc_int.h"
#include "sg_text.h"

#define VALUE_DEPTH_MAX (MDOC_DEPTH_MAX / 2)

static sg_result put(struct sg_buf *buf, struct sg_arena *arena, const struct mdoc_type *type,
    const struct sjson *value, unsigned depth, struct sg_why *why);

static sg_result
put_integer(struct sg_buf *buf, const struct sjson *value, bool is_signed, struct sg_why *why)
{
    int64_t v;
    MDOC_RULE(sg_ok(sjson_int(value, &v)), CLAIMS, "value: not an integer");
    MDOC_RULE(is_signed || v >= 0, CLAIMS, "value: a uint is negative");
    dcbor_wr_int(buf, v);
    return SG_DONE;
}

static sg_result
put_float(struct sg_buf *buf, const struct sjson *value, struct sg_why *why)
{
    double v;
    MDOC_RULE(sg_ok(sjson_double(value, &v)), CLAIMS, "value: not a number");
    dcbor_wr_double(buf, v);
    return SG_DONE;
}

static sg_result
put_bool(struct sg_buf *buf, const struct sjson *value, struct sg_why *why)
{
    MDOC_RULE(value->type == SJSON_TRUE || value->type == SJSON_FALSE, CLAIMS, "value: not a bool");
    dcbor_wr_bool(buf, value->type == SJSON_TRUE);
    return SG_DONE;
}

/* Where the alphabets agree both readings give the same bytes, so the order of trying does not matter. */
static sg_result
put_bytes(struct sg_buf *buf, struct sg_arena *arena, const struct sjson *value, struct sg_why *why)
{
    sg_bytes bytes;
    MDOC_RULE(value->type == SJSON_STRING, CLAIMS, "value: a bstr is not a string");
    MDOC_RULE(sg_ok(sg_b64url_decode(arena, value->text, &bytes)) ||
                  sg_ok(sg_b64_decode(arena, value->text, &bytes)),
        CLAIMS, "value: a bstr is neither base64url nor base64");
    dcbor_wr_bytes(buf, bytes);
    return SG_DONE;
}

static sg_result
put_text(struct sg_buf *buf, enum mdoc_kind kind, const struct sjson *value, struct sg_why *why)
{
    int64_t at;
    MDOC_RULE(value->type == SJSON_STRING, CLAIMS, "value: not a string");
    if (kind == MDOC_FULL_DATE) {
        MDOC_RULE(mdoc_date_valid(value->text), CLAIMS, "value: not a full-date");
        dcbor_wr_tag(buf, MDOC_TAG_FULL_DATE);
    } else if (kind == MDOC_TDATE) {
        MDOC_RULE(mdoc_time_parse(value->text, &at), CLAIMS, "value: not a tdate in UTC");
        dcbor_wr_tag(buf, MDOC_TAG_TDATE);
    }
    dcbor_wr_text(buf, value->text);
    return SG_DONE;
}

static sg_result
put_array(struct sg_buf *buf, struct sg_arena *arena, const struct mdoc_type *type,
    const struct sjson *value, unsigned depth, struct sg_why *why)
{
    MDOC_RULE(value->type == SJSON_ARRAY, CLAIMS, "value: not an array");
    dcbor_wr_array(buf, value->n);
    for (const struct sjson *e = value->first; e != NULL; e = e->next) {
        SG_TRY(put(buf, arena, type->of, e, depth + 1, why));
    }
    return SG_DONE;
}

/* Members in the type's order. As many found as the value has means: none that the type does not know. */
static sg_result
put_map(struct sg_buf *buf, struct sg_arena *arena, const struct mdoc_type *type,
    const struct sjson *value, unsigned depth, struct sg_why *why)
{
    size_t found = 0;
    MDOC_RULE(value->type == SJSON_OBJECT, CLAIMS, "value: not an object");
    dcbor_wr_map(buf, value->n);
    for (size_t i = 0; i < type->n_members; i++) {
        const struct mdoc_member *member = &type->members[i];
        const struct sjson *v = sjson_get_str(value, member->name);
        MDOC_RULE(v != NULL || member->optional, CLAIMS, "value: a member of a map is missing");
        if (v != NULL) {
            dcbor_wr_text(buf, member->name);
            SG_TRY(put(buf, arena, &member->type, v, depth + 1, why));
            found++;
        }
    }
    MDOC_RULE(found == value->n, CLAIMS, "value: a member that the type does not know");
    return SG_DONE;
}

static sg_result
put(struct sg_buf *buf, struct sg_arena *arena, const struct mdoc_type *type,
    const struct sjson *value, unsigned depth, struct sg_why *why)
{
    MDOC_RULE(depth <= VALUE_DEPTH_MAX, DEPTH, "value: nested too deeply");
    switch (type->kind) {
    case MDOC_TSTR:
    case MDOC_FULL_DATE:
    case MDOC_TDATE:
        return put_text(buf, type->kind, value, why);
    case MDOC_UINT:
    case MDOC_INT:
        return put_integer(buf, value, type->kind == MDOC_INT, why);
    case MDOC_BOOL:
        return put_bool(buf, value, why);
    case MDOC_BSTR:
        return put_bytes(buf, arena, value, why);
    case MDOC_FLOAT:
        return put_float(buf, value, why);
    case MDOC_ARRAY:
        return put_array(buf, arena, type, value, depth, why);
    case MDOC_MAP:
        return put_map(buf, arena, type, value, depth, why);
    }
    SG_FAIL(INTERNAL);
}

sg_result
mdoc_value_put(struct sg_buf *buf, struct sg_arena *arena, const struct mdoc_type *type,
    const struct sjson *value, struct sg_why *why)
{
    SG_REQUIRE(value != NULL, CLAIMS);
    return put(buf, arena, type, value, 1, why);
}

#include "sg_text.h"

#include "sjson.h"
#include "vcdm.h"
#include "vcdm_data.h"

/* spec: vc-jose-cose 3.1.1, 3.1.2, 3.2.1, 3.2.2, 3.3.1, 3.3.2 */
static const struct vcdm_media table[] = {
    { VCDM_VC_JWT, VCDM_JWT, false, "application/vc+jwt", "vc+jwt", "vc" },
    { VCDM_VP_JWT, VCDM_JWT, true, "application/vp+jwt", "vp+jwt", "vp" },
    { VCDM_VC_SD_JWT, VCDM_SD_JWT, false, "application/vc+sd-jwt", "vc+sd-jwt", "vc" },
    { VCDM_VP_SD_JWT, VCDM_SD_JWT, true, "application/vp+sd-jwt", "vp+sd-jwt", "vp" },
    { VCDM_VC_COSE, VCDM_COSE, false, "application/vc+cose", "application/vc+cose",
        "application/vc" },
    { VCDM_VP_COSE, VCDM_COSE, true, "application/vp+cose", "application/vp+cose",
        "application/vp" },
};
enum { N_TABLE = sizeof(table) / sizeof(table[0]) };

const struct vcdm_media *
vcdm_media(enum vcdm_envelope envelope)
{
    for (size_t i = 0; i < N_TABLE; i++) {
        if (table[i].envelope == envelope) {
            return &table[i];
        }
    }
    return NULL;
}

static bool
same_ignoring_case(sg_str a, const char *b)
{
    size_t n = strlen(b);
    if (a.n != n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        char c = a.p[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c) != b[i]) {
            return false;
        }
    }
    return true;
}

const struct vcdm_media *
vcdm_media_by_type(sg_str media_type)
{
    for (size_t i = 0; i < N_TABLE; i++) {
        if (same_ignoring_case(media_type, table[i].type)) {
            return &table[i];
        }
    }
    return NULL;
}

const struct vcdm_media *
vcdm_media_all(size_t *ret_n)
{
    *ret_n = N_TABLE;
    return table;
}

/* ---- data: URLs -------------------------------------------------------------------------------------- */

static bool
is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* base64url segments; JWT: dots between them, SD-JWT: tildes too. Their counts are the parsers' affair. */
static bool
is_token_text(enum vcdm_family family, sg_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool tilde = c == '~' && family == VCDM_SD_JWT;
        if (!is_word(c) && c != '-' && c != '_' && c != '.' && !tilde) {
            return false;
        }
    }
    return text.n != 0;
}

static bool
is_base64_text(sg_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool padding = c == '=' && i + 2 >= text.n;
        if (!is_word(c) && c != '+' && c != '/' && !padding) {
            return false;
        }
    }
    return text.n != 0;
}

/* Visible ASCII, the characters of URLs (RFC 2397 3 refers to RFC 2396). */
static bool
is_url_text(sg_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}#", c) != NULL) {
            return false;
        }
    }
    return true;
}

static sg_result
check_ours(const struct vcdm_data *data, sg_str parameters)
{
    if (data->media->family == VCDM_COSE) {
        SG_REQUIRE(sg_str_is(parameters, ";base64") && is_base64_text(data->data), MALFORMED);
        return SG_DONE;
    }
    SG_REQUIRE(parameters.n == 0, MALFORMED);
    SG_REQUIRE(is_token_text(data->media->family, data->data), MALFORMED);
    return SG_DONE;
}

sg_result
vcdm_data_parse(sg_str url, struct vcdm_data *ret)
{
    struct vcdm_data data = { .base64 = false };
    SG_REQUIRE(url.n <= VCDM_DATA_MAX, TOO_LARGE);
    SG_REQUIRE(sg_str_starts(url, "data:"), MALFORMED);
    size_t comma = sg_str_index(url, ',', 0);
    SG_REQUIRE(comma < url.n, MALFORMED);
    sg_str head = sg_str_slice(url, 5, comma - 5);
    size_t end = sg_str_index(head, ';', 0);
    sg_str parameters = sg_str_slice(head, end, head.n);
    data.media_type = sg_str_slice(head, 0, end);
    data.data = sg_str_slice(url, comma + 1, url.n);
    data.base64 =
        parameters.n >= 7 && sg_str_is(sg_str_slice(parameters, parameters.n - 7, 7), ";base64");
    data.media = vcdm_media_by_type(data.media_type);
    SG_REQUIRE(is_url_text(head) && is_url_text(data.data), MALFORMED);
    bool typed = sg_str_index(data.media_type, '/', 0) + 1 < data.media_type.n;
    SG_REQUIRE(typed || data.media_type.n == 0, MALFORMED);
    if (data.media != NULL) {
        SG_TRY(check_ours(&data, parameters));
    }
    *ret = data;
    return SG_DONE;
}

sg_result
vcdm_data_content(struct sg_arena *arena, const struct vcdm_data *data, sg_bytes *ret)
{
    SG_REQUIRE(data->media != NULL, UNSUPPORTED);
    if (data->media->family == VCDM_COSE) {
        return sg_b64_decode(arena, data->data, ret);
    }
    *ret = sg_str_bytes(data->data);
    return SG_DONE;
}

/* ---- making them ------------------------------------------------------------------------------------- */

static sg_result
put_data(struct sg_buf *buf, enum vcdm_envelope envelope, sg_bytes content)
{
    const struct vcdm_media *media = vcdm_media(envelope);
    SG_REQUIRE(media != NULL, VALUE);
    sg_buf_put_cstr(buf, "data:");
    sg_buf_put_cstr(buf, media->type);
    if (media->family == VCDM_COSE) {
        SG_REQUIRE(content.n != 0, VALUE);
        sg_buf_put_cstr(buf, ";base64,");
        sg_b64_put(buf, content);
        return SG_DONE;
    }
    SG_REQUIRE(is_token_text(media->family, sg_bytes_str(content)), VALUE);
    sg_buf_put_byte(buf, ',');
    sg_buf_put(buf, content);
    return SG_DONE;
}

sg_result
vcdm_data_make(struct sg_arena *arena, enum vcdm_envelope envelope, sg_bytes content, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 0, VCDM_DATA_MAX);
    SG_TRY(put_data(&buf, envelope, content));
    return sg_buf_end_str(&buf, ret);
}

sg_result
vcdm_data_object(struct sg_arena *arena, enum vcdm_envelope envelope, sg_bytes content, sg_str *ret)
{
    sg_str url;
    struct sg_buf buf = sg_buf_new(arena, 0, VCDM_DATA_MAX + 256);
    struct sjson_wr wr = sjson_wr_new(&buf);
    const struct vcdm_media *media = vcdm_media(envelope);
    SG_REQUIRE(media != NULL, VALUE);
    SG_TRY(vcdm_data_make(arena, envelope, content, &url));
    sjson_wr_object(&wr);
    sjson_wr_name(&wr, SG_LIT("@context"));
    sjson_wr_array(&wr);
    sjson_wr_text(&wr, SG_LIT(VCDM_CONTEXT_V2));
    sjson_wr_array_end(&wr);
    sjson_wr_member_text(&wr, "id", url);
    sjson_wr_member_cstr(
        &wr, "type", media->presentation ? VCDM_ENVELOPED_PRESENTATION : VCDM_ENVELOPED_CREDENTIAL);
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

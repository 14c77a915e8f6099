#include "sdjwt_vc.h"

#define WELL_KNOWN "/.well-known/jwt-vc-issuer"

/* Where the path of an allowed `iss` begins (its length if it has none), or 0. Plain http is for tests on this machine. */
static size_t
path_of(sg_str iss)
{
    static const char *const schemes[] = { "https://", "http://localhost", "http://127.0.0.1" };
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (!sg_str_starts(iss, schemes[i])) {
            continue;
        }
        size_t host = i == 0 ? strlen(schemes[0]) : strlen("http://");
        size_t end = sg_str_index(iss, '/', host);
        size_t after = strlen(schemes[i]);
        bool whole = i == 0 || after == end || (after < iss.n && iss.p[after] == ':');
        return whole && end > host ? end : 0;
    }
    return 0;
}

sg_result
sdjwt_vc_issuer_url(struct sg_arena *arena, sg_str iss, sg_str *ret)
{
    size_t path = path_of(iss);
    SG_REQUIRE(path != 0, VALUE);
    for (size_t i = 0; i < iss.n; i++) { /* no query, fragment, user name, blanks or controls */
        SG_REQUIRE(
            iss.p[i] > ' ' && iss.p[i] < 0x7f && strchr("?#@\\\"<>", iss.p[i]) == NULL, VALUE);
    }
    size_t end = iss.n;
    if (end > path && iss.p[end - 1] == '/') { /* "without a terminating /" */
        end--;
    }
    struct sg_buf buf = sg_buf_new(arena, iss.n + sizeof(WELL_KNOWN), iss.n + sizeof(WELL_KNOWN));
    sg_buf_put_str(&buf, sg_str_slice(iss, 0, path));
    sg_buf_put_cstr(&buf, WELL_KNOWN);
    sg_buf_put_str(&buf, sg_str_slice(iss, path, end - path));
    return sg_buf_end_str(&buf, ret);
}

sg_result
sdjwt_vc_issuer_parse(
    struct sg_arena *arena, sg_str iss, sg_bytes served, struct sdjwt_vc_issuer *ret)
{
    struct sdjwt_vc_issuer found = { .jwks = NULL, .jwks_uri = SG_NO_STR };
    const struct sjson *json;
    const struct sjson *keys;
    sg_str issuer;
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(served), NULL, &json));
    SG_TRY(sjson_member_text(json, "issuer", &issuer));
    SG_REQUIRE(sg_str_equal(issuer, iss), ISSUER);
    bool by_value = sjson_get(json, "jwks") != NULL;
    SG_REQUIRE(by_value != (sjson_get(json, "jwks_uri") != NULL), MALFORMED);
    if (by_value) {
        SG_TRY(sjson_member_object(json, "jwks", &found.jwks));
        SG_TRY(sjson_member_array(found.jwks, "keys", &keys));
    } else {
        SG_TRY(sjson_member_text(json, "jwks_uri", &found.jwks_uri));
        SG_REQUIRE(found.jwks_uri.n != 0, VALUE);
    }
    *ret = found;
    return SG_DONE;
}

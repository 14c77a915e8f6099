#include "tsl_token.h"

/* RFC 3986 characters and a scheme; whether it may be contacted is the courier's question. */
static bool
uri_form(sg_str uri)
{
    static const char bad[] = "\"<>\\^`{|}";
    if (uri.n == 0 || uri.n > TSL_URI_MAX || sg_str_index(uri, ':', 1) == uri.n) {
        return false;
    }
    for (size_t i = 0; i < uri.n; i++) {
        unsigned char c = (unsigned char)uri.p[i];
        if (c <= ' ' || c >= 0x7f || memchr(bad, c, sizeof(bad) - 1) != NULL) {
            return false;
        }
    }
    return true;
}

sg_result
tsl_ref_parse(const struct sjson *claims, struct tsl_ref *ret)
{
    const struct sjson *status = NULL;
    const struct sjson *list = NULL;
    struct tsl_ref ref = { 0 };
    int64_t idx = 0;
    SG_TRY(sjson_member_object(claims, "status", &status));
    SG_TRY(sjson_member_object(status, "status_list", &list));
    SG_TRY(sjson_member_int(list, "idx", &idx));
    SG_REQUIRE(idx >= 0, NUMBER);
    SG_TRY(sjson_member_text(list, "uri", &ref.uri));
    SG_REQUIRE(uri_form(ref.uri), VALUE);
    ref.idx = (uint64_t)idx;
    *ret = ref;
    return SG_DONE;
}

void
tsl_ref_write(struct sjson_wr *wr, const struct tsl_ref *ref)
{
    sjson_wr_name(wr, SG_LIT("status"));
    sjson_wr_object(wr);
    sjson_wr_name(wr, SG_LIT("status_list"));
    sjson_wr_object(wr);
    sjson_wr_member_int(wr, "idx", (int64_t)ref->idx);
    sjson_wr_member_text(wr, "uri", ref->uri);
    sjson_wr_object_end(wr);
    sjson_wr_object_end(wr);
}

/* What the door asks: an OpenID4VP 1.0 request by value, client identifier prefix redirect_uri, response mode direct_post (5.9.3, 8.2). */
#include "demo_inner.h"

const struct demo_form demo_forms[] = {
    { "dc+sd-jwt", "employee_badge_sd_jwt", "SD-JWT VC" },
    { "mso_mdoc", "employee_badge_mdoc", "ISO mdoc" },
    { "ldp_vc", "employee_badge_ldp_ecdsa_sd", "Data Integrity, ecdsa-sd-2023" },
    { "ldp_vc", "employee_badge_ldp_eddsa_rdfc", "Data Integrity, eddsa-rdfc-2022" },
};
const size_t n_demo_forms = sizeof(demo_forms) / sizeof(demo_forms[0]);

const struct demo_form *
demo_form_find(sg_str configuration)
{
    for (size_t i = 0; i < n_demo_forms; i++) {
        if (sg_str_is(configuration, demo_forms[i].configuration)) {
            return &demo_forms[i];
        }
    }
    return NULL;
}

sg_result
demo_address(struct sg_arena *arena, sg_str base, const struct demo_visit *visit, sg_str *ret)
{
    return sg_arena_printf(arena, ret, "%.*s/demo/verifier/%s", SG_PRINT(base), visit->id);
}

static void
put_claims(struct sjson_wr *wr, const char *before)
{
    static const char *const claims[] = { "given_name", "family_name", "employee_id" };
    sjson_wr_name(wr, SG_LIT("claims"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        sjson_wr_object(wr);
        sjson_wr_name(wr, SG_LIT("path"));
        sjson_wr_array(wr);
        if (before != NULL) {
            sjson_wr_text(wr, sg_cstr(before));
        }
        sjson_wr_text(wr, sg_cstr(claims[i]));
        sjson_wr_array_end(wr);
        sjson_wr_object_end(wr);
    }
    sjson_wr_array_end(wr);
}

static sg_result
put_meta(struct sjson_wr *wr, struct sg_arena *arena, sg_str base, const char *format)
{
    sg_str text;
    sjson_wr_name(wr, SG_LIT("meta"));
    sjson_wr_object(wr);
    if (strcmp(format, "mso_mdoc") == 0) {
        sjson_wr_member_cstr(wr, "doctype_value", "org.example.employee_badge.1");
    } else {
        bool sd_jwt = strcmp(format, "dc+sd-jwt") == 0;
        /* B.1.1: types of W3C credentials fully expanded */
        SG_TRY(sg_arena_printf(arena, &text,
            sd_jwt ? "[\"%.*s/credentials/employee_badge\"]"
                   : "[[\"%.*s/contexts/employee-badge-v1#EmployeeBadgeCredential\"]]",
            SG_PRINT(base)));
        sjson_wr_member_raw(wr, sd_jwt ? "vct_values" : "type_values", text);
    }
    sjson_wr_object_end(wr);
    return SG_DONE;
}

static sg_result
query_text(struct sg_arena *arena, sg_str base, const struct demo_form *form, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 1024, 8192);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_name(&wr, SG_LIT("credentials"));
    sjson_wr_array(&wr);
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "id", "badge");
    sjson_wr_member_cstr(&wr, "format", form->format);
    SG_TRY(put_meta(&wr, arena, base, form->format));
    put_claims(&wr, strcmp(form->format, "mso_mdoc") == 0    ? "org.example.employee_badge.1"
                    : strcmp(form->format, "dc+sd-jwt") == 0 ? NULL
                                                             : "credentialSubject");
    sjson_wr_object_end(&wr);
    sjson_wr_array_end(&wr);
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

static const char metadata[] =
    "{\"client_name\":\"Demo building\",\"vp_formats_supported\":{"
    "\"dc+sd-jwt\":{\"sd-jwt_alg_values\":[\"ES256\",\"ES384\",\"EdDSA\"],"
    "\"kb-jwt_alg_values\":[\"ES256\",\"EdDSA\"]},"
    "\"mso_mdoc\":{\"issuerauth_alg_values\":[-7,-9],\"deviceauth_alg_values\":[-7,-9]},"
    "\"ldp_vc\":{\"proof_type_values\":[\"DataIntegrityProof\"],\"cryptosuite_values\":["
    "\"ecdsa-rdfc-2019\",\"eddsa-rdfc-2022\",\"ecdsa-jcs-2019\",\"eddsa-jcs-2022\","
    "\"ecdsa-sd-2023\"]}}}";

/* RFC 3986 2.3: everything but unreserved characters. */
static void
put_encoded(struct sg_buf *buf, sg_str text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = (uint8_t)text.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            sg_buf_put_byte(buf, c);
            continue;
        }
        sg_buf_put_byte(buf, '%');
        sg_buf_put_byte(buf, (uint8_t)hex[c >> 4]);
        sg_buf_put_byte(buf, (uint8_t)hex[c & 15]);
    }
}

sg_result
demo_request(struct sg_arena *arena, sg_str base, const struct demo_visit *visit, sg_str *ret)
{
    sg_str address, client, query;
    SG_TRY(demo_address(arena, base, visit, &address));
    SG_TRY(sg_arena_printf(arena, &client, "redirect_uri:%.*s", SG_PRINT(address)));
    SG_TRY(query_text(arena, base, visit->form, &query));
    const struct {
        const char *name;
        sg_str value;
    } rows[] = { { "client_id", client }, { "response_type", SG_LIT("vp_token") },
        { "response_mode", SG_LIT("direct_post") }, { "response_uri", address },
        { "nonce", sg_cstr(visit->nonce) }, { "state", sg_cstr(visit->state) },
        { "dcql_query", query }, { "client_metadata", sg_cstr(metadata) } };
    struct sg_buf buf = sg_buf_new(arena, 2048, 16384);
    sg_buf_put_cstr(&buf, "openid4vp://");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_buf_put_cstr(&buf, i == 0 ? "?" : "&");
        sg_buf_put_cstr(&buf, rows[i].name);
        sg_buf_put_byte(&buf, '=');
        put_encoded(&buf, rows[i].value);
    }
    return sg_buf_end_str(&buf, ret);
}

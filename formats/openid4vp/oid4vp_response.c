/* What goes back to the verifier, and what it answers. spec: OpenID4VP 1.0, 8.1, 8.2, 8.5, 10. req: PRO-3 */
#include "oid4vp_int.h"

#define RESPONSE_MAX ((size_t)4 * 1024 * 1024)
#define ANSWER_MAX ((size_t)16 * 1024)

/* ---- vp_token ------------------------------------------------------------------------------------------------------ */

static sg_result
check_presentations(
    const struct oid4vp_request *request, const struct oid4vp_presentations *all, size_t n)
{
    SG_REQUIRE(n > 0 && n <= request->dcql.n, POLICY);
    for (size_t i = 0; i < n; i++) {
        SG_REQUIRE(all[i].query < request->dcql.n, POLICY);
        bool several = request->dcql.credentials[all[i].query].multiple;
        SG_REQUIRE(all[i].n == 1 || (several && all[i].n > 1), POLICY);
        for (size_t k = 0; k < i; k++) {
            SG_REQUIRE(all[k].query != all[i].query, POLICY);
        }
    }
    return SG_DONE;
}

/* ldp_vc is JSON in JSON, everything else a string. */
static sg_result
put_value(struct sg_arena *arena, struct sjson_wr *wr, enum dcql_format format, sg_str value)
{
    const struct sjson *object;
    if (format != DCQL_LDP_VC) {
        sjson_wr_text(wr, value);
        return SG_DONE;
    }
    SG_TRY(sjson_parse_object(arena, value, NULL, &object));
    sjson_wr_value(wr, object);
    return SG_DONE;
}

sg_result
oid4vp_vp_token(struct sg_arena *arena, const struct oid4vp_request *request,
    const struct oid4vp_presentations *presentations, size_t n, sg_str *ret)
{
    SG_TRY(check_presentations(request, presentations, n));
    struct sg_buf buf = sg_buf_new(arena, 4096, RESPONSE_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    for (size_t i = 0; i < n; i++) {
        const struct dcql_credential_query *query =
            &request->dcql.credentials[presentations[i].query];
        sjson_wr_name(&wr, query->id);
        sjson_wr_array(&wr);
        for (size_t k = 0; k < presentations[i].n; k++) {
            SG_TRY(put_value(arena, &wr, query->format, presentations[i].values[k]));
        }
        sjson_wr_array_end(&wr);
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

/* ---- the response ---------------------------------------------------------------------------------------------------- */

sg_result
oid4vp_response_json(
    struct sg_arena *arena, const struct oid4vp_request *request, sg_str vp_token, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, vp_token.n + 256, RESPONSE_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_raw(&wr, "vp_token", vp_token);
    if (request->has_state) {
        sjson_wr_member_text(&wr, "state", request->state);
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

sg_result
oid4vp_response_form(
    struct sg_arena *arena, const struct oid4vp_request *request, sg_str vp_token, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, vp_token.n + 256, RESPONSE_MAX);
    vp_form_put(&buf, "vp_token", vp_token);
    if (request->has_state) {
        vp_form_put(&buf, "state", request->state);
    }
    return sg_buf_end_str(&buf, ret);
}

sg_result
oid4vp_response_jwe_form(struct sg_arena *arena, sg_str jwe, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, jwe.n + 16, RESPONSE_MAX);
    vp_form_put(&buf, "response", jwe);
    return sg_buf_end_str(&buf, ret);
}

sg_result
oid4vp_error_form(struct sg_arena *arena, enum oid4vp_error error, const char *description,
    bool has_state, sg_str state, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 256, RESPONSE_MAX);
    vp_form_put(&buf, "error", sg_cstr(oid4vp_error_word(error)));
    if (description != NULL && description[0] != '\0') {
        vp_form_put(&buf, "error_description", sg_cstr(description));
    }
    if (has_state) {
        vp_form_put(&buf, "state", state);
    }
    return sg_buf_end_str(&buf, ret);
}

sg_result
oid4vp_fragment_uri(struct sg_arena *arena, sg_str redirect_uri, sg_str form, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, redirect_uri.n + form.n + 1, RESPONSE_MAX);
    sg_buf_put_str(&buf, redirect_uri);
    sg_buf_put_byte(&buf, '#');
    sg_buf_put_str(&buf, form);
    return sg_buf_end_str(&buf, ret);
}

/* ---- the verifier's answer --------------------------------------------------------------------------------------------- */

sg_result
oid4vp_answer_parse(struct sg_arena *arena, uint64_t http_status, sg_str content_type,
    sg_bytes body, sg_str *ret_redirect_uri)
{
    const struct sjson *answer;
    sg_str host;
    sg_str uri;
    SG_REQUIRE(http_status == 200, FETCH);
    SG_REQUIRE(body.n <= ANSWER_MAX, TOO_LARGE);
    SG_REQUIRE(vp_media_is(content_type, "application/json"), TYPE);
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(body), NULL, &answer));
    SG_TRY(vp_text(answer, "redirect_uri", NULL, &uri));
    if (uri.n > 0) {
        /* the person's browser goes there: no javascript:, no other scheme; a fragment may carry the verifier's secret */
        sg_str before = sg_str_slice(uri, 0, sg_str_index(uri, '#', 0));
        SG_TRY(vp_uri_check(before, true, &host));
    }
    *ret_redirect_uri = uri;
    return SG_DONE;
}

/* ---- our metadata ---------------------------------------------------------------------------------------------------------- */

static void
put_list(struct sjson_wr *wr, const char *name, const char *const *values, size_t n)
{
    sjson_wr_name(wr, sg_cstr(name));
    sjson_wr_array(wr);
    for (size_t i = 0; i < n; i++) {
        sjson_wr_text(wr, sg_cstr(values[i]));
    }
    sjson_wr_array_end(wr);
}
#define PUT_LIST(wr, name, values) \
    put_list((wr), (name), (values), sizeof(values) / sizeof((values)[0]))

static void
put_cose(struct sjson_wr *wr, const char *name)
{
    static const int numbers[] = { -7, -9, -35, -51, -8, -19 };
    sjson_wr_name(wr, sg_cstr(name));
    sjson_wr_array(wr);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        sjson_wr_int(wr, numbers[i]);
    }
    sjson_wr_array_end(wr);
}

static void
put_formats(struct sjson_wr *wr)
{
    static const char *const algs[] = { "ES256", "ES384", "EdDSA" };
    static const char *const proofs[] = { "DataIntegrityProof" };
    static const char *const suites[] = { "eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019",
        "ecdsa-jcs-2019", "ecdsa-sd-2023" };
    static const char *const enveloped[] = { "vc+jwt", "vc+sd-jwt", "vc+cose" };
    sjson_wr_name(wr, SG_LIT("vp_formats_supported"));
    sjson_wr_object(wr);
    sjson_wr_name(wr, SG_LIT("dc+sd-jwt"));
    sjson_wr_object(wr);
    PUT_LIST(wr, "sd-jwt_alg_values", algs);
    PUT_LIST(wr, "kb-jwt_alg_values", algs);
    sjson_wr_object_end(wr);
    sjson_wr_name(wr, SG_LIT("mso_mdoc"));
    sjson_wr_object(wr);
    put_cose(wr, "issuerauth_alg_values");
    put_cose(wr, "deviceauth_alg_values");
    sjson_wr_object_end(wr);
    /* private identifiers (dcql.h): no specification names these */
    for (size_t k = 0; k < 3; k++) {
        sjson_wr_name(wr, sg_cstr(enveloped[k]));
        sjson_wr_object(wr);
        k == 2 ? put_cose(wr, "alg_values") : PUT_LIST(wr, "alg_values", algs);
        sjson_wr_object_end(wr);
    }
    sjson_wr_name(wr, SG_LIT("ldp_vc"));
    sjson_wr_object(wr);
    PUT_LIST(wr, "proof_type_values", proofs);
    PUT_LIST(wr, "cryptosuite_values", suites);
    sjson_wr_object_end(wr);
    sjson_wr_object_end(wr);
}

/* 10.1. The prefix redirect_uri never comes with request_uri, so the list of algorithms may always stand here (5.10). */
sg_result
oid4vp_wallet_metadata(struct sg_arena *arena, sg_str issuer, sg_str *ret)
{
    static const char *const prefixes[] = { "pre-registered", "redirect_uri", "x509_san_dns",
        "x509_hash", "verifier_attestation", "decentralized_identifier" };
    static const char *const algs[] = { "ES256", "ES384", "ES512", "EdDSA", "PS256" };
    static const char *const types[] = { "vp_token" };
    static const char *const response_modes[] = { "fragment", "direct_post", "direct_post.jwt" };
    struct sg_buf buf = sg_buf_new(arena, 2048, OID4VP_REQUEST_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    if (issuer.n > 0) {
        sjson_wr_member_text(&wr, "issuer", issuer);
    }
    PUT_LIST(&wr, "response_types_supported", types);
    PUT_LIST(&wr, "response_modes_supported", response_modes);
    PUT_LIST(&wr, "client_id_prefixes_supported", prefixes);
    PUT_LIST(&wr, "request_object_signing_alg_values_supported", algs);
    put_formats(&wr);
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

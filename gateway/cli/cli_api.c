#include "cli_api.h"

#include <stdio.h>

#include "cli_conf.h"
#include "jws.h"
#include "sg_text.h"

#define TRIES 2 /* the second with the nonce that the server wants */
#define FORM "Content-Type: application/x-www-form-urlencoded"

void
cli_api_close(struct cli_api *api)
{
    cli_http_close(&api->http);
    cli_key_free(&api->client);
    cli_key_free(&api->dpop);
}

int
cli_api_open(const struct cli *cli, struct cli_api *api)
{
    *api = (struct cli_api){ .cli = cli };
    int bad = cli_base_url(cli, &api->base);
    if (bad != CLI_DONE) {
        return bad;
    }
    const char *path = cli_value(cli, "--client");
    path = path != NULL ? path : cli_path(cli, "clients/demo-client.json");
    sg_result r = cli_key_read(cli->arena, path, &api->client);
    if (!sg_ok(r)) {
        return cli_unreadable(cli, path, r);
    }
    if (cli_value(cli, "--client-id") != NULL) {
        cli_key_rename(api->client, sg_cstr(cli_value(cli, "--client-id")));
    }
    r = cli_key_new(cli->arena, SG_LIT("dpop"), &api->dpop);
    if (sg_ok(r)) {
        r = cli_http_open(cli, &api->http);
    }
    return sg_ok(r) ? CLI_DONE : cli_refused(cli, "cannot start", r);
}

/* ---- JWTs ----------------------------------------------------------------------------------------------- */

static void
put_jti(struct sjson_wr *wr)
{
    uint8_t jti[16];
    cli_random(jti, sizeof(jti));
    sjson_wr_member_b64url(wr, "jti", SG_BYTES(jti));
}

/* RFC 9449 4.2. */
static sg_result
dpop_proof(struct cli_api *api, const char *method, const char *url, sg_str *ret)
{
    struct sg_arena *arena = api->cli->arena;
    struct sg_buf head = sg_buf_new(arena, 512, 4096);
    struct sg_buf body = sg_buf_new(arena, 512, 8192);
    struct sjson_wr wr = sjson_wr_new(&head);
    sg_str header;
    sg_str payload;
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "typ", "dpop+jwt");
    sjson_wr_member_cstr(&wr, "alg", "ES256");
    sjson_wr_name(&wr, SG_LIT("jwk"));
    jwk_write(&wr, cli_key_public(api->dpop));
    sjson_wr_object_end(&wr);
    wr = sjson_wr_new(&body);
    sjson_wr_object(&wr);
    put_jti(&wr);
    sjson_wr_member_cstr(&wr, "htm", method);
    sjson_wr_member_text(&wr, "htu", sg_str_slice(sg_cstr(url), 0, strcspn(url, "?#")));
    sjson_wr_member_int(&wr, "iat", cli_now());
    if (api->token.n != 0) {
        uint8_t ath[SG_SHA256_LEN];
        sg_sha256(sg_str_bytes(api->token), ath);
        sjson_wr_member_b64url(&wr, "ath", SG_BYTES(ath));
    }
    if (api->nonce.n != 0) {
        sjson_wr_member_text(&wr, "nonce", api->nonce);
    }
    sjson_wr_object_end(&wr);
    SG_TRY(sg_buf_end_str(&head, &header));
    SG_TRY(sg_buf_end_str(&body, &payload));
    return cli_key_jws(arena, api->dpop, header, payload, ret);
}

/* RFC 7523 3. */
static sg_result
assertion(struct cli_api *api, sg_str *ret)
{
    struct sg_arena *arena = api->cli->arena;
    sg_str name = cli_key_name(api->client);
    struct sg_buf body = sg_buf_new(arena, 512, 4096);
    struct sjson_wr wr = sjson_wr_new(&body);
    sg_str payload;
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "iss", name);
    sjson_wr_member_text(&wr, "sub", name);
    sjson_wr_member_cstr(&wr, "aud", api->base);
    sjson_wr_member_int(&wr, "iat", cli_now());
    sjson_wr_member_int(&wr, "exp", cli_now() + 60);
    put_jti(&wr);
    sjson_wr_object_end(&wr);
    SG_TRY(sg_buf_end_str(&body, &payload));
    return cli_key_jws(
        arena, api->client, SG_LIT("{\"alg\":\"ES256\",\"typ\":\"JWT\"}"), payload, ret);
}

/* ---- requests ------------------------------------------------------------------------------------------- */

static sg_result
send(struct cli_api *api, const char *method, const char *url, const char *content_type,
    sg_str body, struct cli_http_answer *ret)
{
    struct sg_arena *arena = api->cli->arena;
    struct cli_http_request request = { .method = method, .url = url, .body = body };
    size_t n = 0;
    sg_str proof;
    sg_str line;
    SG_TRY(dpop_proof(api, method, url, &proof));
    SG_TRY(sg_arena_printf(arena, &line, "DPoP: %.*s", SG_PRINT(proof)));
    request.headers[n++] = line.p;
    request.headers[n++] = "Accept: application/json";
    if (api->token.n != 0) {
        SG_TRY(sg_arena_printf(arena, &line, "Authorization: DPoP %.*s", SG_PRINT(api->token)));
        request.headers[n++] = line.p;
    }
    if (content_type != NULL) {
        request.headers[n++] = content_type;
    }
    SG_TRY(cli_http_send(api->http, arena, &request, ret));
    if (ret->dpop_nonce.n != 0) {
        api->nonce = ret->dpop_nonce;
    }
    return SG_DONE;
}

/* What the server says of its refusal, in one line: problem details, OAuth, or the bare status. */
static int
print_refusal(const struct cli_api *api, const char *what, const struct cli_http_answer *answer)
{
    const struct sjson *json;
    sg_str detail = SG_NO_STR;
    sg_str code = SG_NO_STR;
    if (sg_ok(sjson_parse_object(api->cli->arena, answer->body, NULL, &json))) {
        static const char *const details[] = { "detail", "error_description", "title" };
        static const char *const codes[] = { "code", "error" };
        for (size_t i = 0; i < 3 && detail.n == 0; i++) {
            SG_IGNORE(sjson_member_text(json, details[i], &detail)); /* absent: the next one */
        }
        for (size_t i = 0; i < 2 && code.n == 0; i++) {
            SG_IGNORE(sjson_member_text(json, codes[i], &code));
        }
    }
    return cli_fail(api->cli, "%s: %.*s%s%.*s%s (HTTP %u)", what, SG_PRINT(detail),
        code.n != 0 ? " [" : "", SG_PRINT(code), code.n != 0 ? "]" : "", answer->status);
}

static bool
wants_nonce(const struct cli_http_answer *answer)
{
    return (answer->status == 400 || answer->status == 401) && answer->dpop_nonce.n != 0 &&
           memmem(answer->body.p, answer->body.n, "use_dpop_nonce", 14) != NULL;
}

static int
sign_in(struct cli_api *api)
{
    sg_str url;
    sg_str jwt;
    sg_str form;
    struct cli_http_answer answer = { 0 };
    const struct sjson *json;
    sg_result r = sg_arena_printf(api->cli->arena, &url, "%s/oid4vci/token", api->base);
    for (int i = 0; i < 2 && sg_ok(r); i++) {
        r = assertion(api, &jwt);
        if (sg_ok(r)) {
            r = sg_arena_printf(api->cli->arena, &form,
                "grant_type=client_credentials&client_assertion_type=urn%%3Aietf%%3Aparams%%"
                "3Aoauth%%3Aclient-"
                "assertion-type%%3Ajwt-bearer&client_assertion=%.*s",
                SG_PRINT(jwt));
        }
        if (sg_ok(r)) {
            r = send(api, "POST", url.p, FORM, form, &answer);
        }
        if (sg_ok(r) && !wants_nonce(&answer)) {
            break;
        }
    }
    if (r.code == SG_E_PEER_DOWN) {
        return cli_fail(api->cli, "%s does not answer: %s", api->base, cli_http_why(api->http));
    }
    if (!sg_ok(r)) {
        return cli_refused(api->cli, "signing in", r);
    }
    if (answer.status != 200) {
        return print_refusal(api, "signing in", &answer);
    }
    if (!sg_ok(sjson_parse_object(api->cli->arena, answer.body, NULL, &json)) ||
        !sg_ok(sjson_member_text(json, "access_token", &api->token))) {
        return cli_fail(api->cli, "signing in: the answer holds no token");
    }
    return CLI_DONE;
}

static int
parse_answer(
    const struct cli_api *api, const struct cli_http_answer *answer, const struct sjson **ret)
{
    *ret = NULL;
    if (answer->body.n == 0) {
        return CLI_DONE;
    }
    sg_result r = sjson_parse(api->cli->arena, answer->body, NULL, ret);
    return sg_ok(r) ? CLI_DONE : cli_refused(api->cli, "the answer is not JSON", r);
}

int
cli_api_call(struct cli_api *api, const char *method, const char *path, sg_str body,
    const struct sjson **ret)
{
    sg_str url;
    struct cli_http_answer answer = { 0 };
    sg_result r = sg_arena_printf(api->cli->arena, &url, "%s%s", api->base, path);
    if (!sg_ok(r)) {
        return cli_refused(api->cli, path, r);
    }
    const char *type = body.p != NULL ? "Content-Type: application/json" : NULL;
    for (int i = 0; i < TRIES; i++) {
        if (api->token.n == 0) {
            int bad = sign_in(api);
            if (bad != CLI_DONE) {
                return bad;
            }
        }
        r = send(api, method, url.p, type, body, &answer);
        if (!sg_ok(r)) {
            return cli_fail(api->cli, "%s: %s", url.p, cli_http_why(api->http));
        }
        if (!wants_nonce(&answer)) {
            break;
        }
    }
    if (answer.status < 200 || answer.status > 299) {
        return print_refusal(api, path, &answer);
    }
    return parse_answer(api, &answer, ret);
}

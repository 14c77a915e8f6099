#include "bench_vci.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "sg_text.h"

#define BODY_MAX ((size_t)64 * 1024)
#define MAKERS 2
#define SETUP_ARENA ((size_t)16 * 1024 * 1024)

struct wallet {
    struct bench_key *dpop;
    sg_str token;
};

struct bench_vci {
    struct bench_vci_options options;
    struct sg_arena *arena;        /* setup */
    struct sg_arena *made[MAKERS]; /* requests */
    struct wallet *wallets;
    struct bench_request *requests;
    sg_str c_nonce;
    sg_str why;
    sg_str credential_url;
    sg_str host_header;
};

static sg_str
path_of(sg_str url)
{
    size_t at = sg_str_starts(url, "https://") ? 8 : 7;
    at = sg_str_index(url, '/', at);
    return sg_str_slice(url, at, url.n - at);
}

/* POST and parse the JSON answer; any status but 2xx is a refusal whose text is kept. */
static sg_result
post(struct bench_vci *v, sg_str path, const char *content_type, sg_str headers, sg_str body,
    const struct sjson **ret)
{
    sg_str request;
    unsigned status = 0;
    size_t n = 0;
    char *answer = sg_arena_alloc(v->arena, BODY_MAX);
    SG_REQUIRE(answer != NULL, NO_MEMORY);
    SG_TRY(sg_arena_printf(v->arena, &request,
        "POST %.*s HTTP/1.1\r\nHost: %.*s\r\nContent-Type: %s\r\nContent-Length: "
        "%zu\r\nConnection: close\r\n%.*s\r\n%.*s",
        SG_PRINT(path), SG_PRINT(v->host_header), content_type, body.n, SG_PRINT(headers),
        SG_PRINT(body)));
    SG_TRY(bench_http_once(
        v->options.host, v->options.port, sg_str_bytes(request), &status, answer, BODY_MAX, &n));
    if (status < 200 || status > 299) {
        SG_TRY(sg_arena_printf(
            v->arena, &v->why, "POST %.*s: %u %.300s", SG_PRINT(path), status, answer));
        SG_FAIL(PEER_DOWN);
    }
    return sjson_parse_object(v->arena, sg_str_of(answer, n), NULL, ret);
}

static sg_result
endpoint(struct bench_vci *v, const char *path, sg_str *ret)
{
    return sg_arena_printf(v->arena, ret, "%.*s%s", SG_PRINT(v->options.base), path);
}

static sg_result
dpop_header(struct bench_vci *v, const struct bench_key *key, sg_str url, sg_str token, sg_str *ret)
{
    sg_str proof;
    SG_TRY(bench_key_dpop(v->arena, key, "POST", url, token, time(NULL), &proof));
    if (token.n == 0) {
        return sg_arena_printf(v->arena, ret, "DPoP: %.*s\r\n", SG_PRINT(proof));
    }
    return sg_arena_printf(v->arena, ret, "Authorization: DPoP %.*s\r\nDPoP: %.*s\r\n",
        SG_PRINT(token), SG_PRINT(proof));
}

/* client_credentials with private_key_jwt, bound to the client's own key (AU-8). */
static sg_result
sign_in(struct bench_vci *v, const struct bench_key *client, sg_str *ret_token)
{
    sg_str url;
    sg_str assertion;
    sg_str headers;
    sg_str body;
    const struct sjson *answer;
    SG_TRY(endpoint(v, "/oid4vci/token", &url));
    SG_TRY(bench_key_assertion(
        v->arena, client, v->options.client, v->options.base, time(NULL), &assertion));
    SG_TRY(dpop_header(v, client, url, SG_NO_STR, &headers));
    SG_TRY(sg_arena_printf(v->arena, &body,
        "grant_type=client_credentials&client_id=%.*s&client_assertion_type=urn%%3Aietf%%3Aparams%%"
        "3Aoauth%%3Aclient-assertion-type%%3Ajwt-bearer"
        "&client_assertion=%.*s",
        SG_PRINT(v->options.client), SG_PRINT(assertion)));
    SG_TRY(post(v, path_of(url), "application/x-www-form-urlencoded", headers, body, &answer));
    return sjson_member_text(answer, "access_token", ret_token);
}

static sg_result
make_offer(struct bench_vci *v, const struct bench_key *client, sg_str token, sg_str *ret_code)
{
    sg_str url;
    sg_str headers;
    sg_str body;
    const struct sjson *answer;
    SG_TRY(endpoint(v, "/v1/offers", &url));
    SG_TRY(dpop_header(v, client, url, token, &headers));
    SG_TRY(sg_arena_printf(v->arena, &body,
        "{\"configuration\":\"%.*s\",\"claims\":%.*s,\"count\":%zu}",
        SG_PRINT(v->options.configuration), SG_PRINT(v->options.claims),
        v->options.requests_per_client));
    SG_TRY(post(v, path_of(url), "application/json", headers, body, &answer));
    const struct sjson *offer;
    const struct sjson *grants;
    const struct sjson *grant;
    SG_TRY(sjson_member_object(answer, "credential_offer", &offer));
    SG_TRY(sjson_member_object(offer, "grants", &grants));
    SG_TRY(sjson_member_object(
        grants, "urn:ietf:params:oauth:grant-type:pre-authorized_code", &grant));
    return sjson_member_text(grant, "pre-authorized_code", ret_code);
}

static sg_result
fetch_token(struct bench_vci *v, sg_str code, struct wallet *w)
{
    sg_str url;
    sg_str headers;
    sg_str body;
    const struct sjson *answer;
    SG_TRY(endpoint(v, "/oid4vci/token", &url));
    SG_TRY(dpop_header(v, w->dpop, url, SG_NO_STR, &headers));
    SG_TRY(sg_arena_printf(v->arena, &body,
        "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Apre-authorized_code&pre-"
        "authorized_code=%.*s",
        SG_PRINT(code)));
    SG_TRY(post(v, path_of(url), "application/x-www-form-urlencoded", headers, body, &answer));
    return sjson_member_text(answer, "access_token", &w->token);
}

static sg_result
open_wallets(struct bench_vci *v)
{
    struct bench_key *client = NULL;
    sg_str token;
    SG_TRY(bench_key_read(v->arena, v->options.client_jwk, &client));
    sg_result r = sign_in(v, client, &token);
    for (unsigned i = 0; sg_ok(r) && i < v->options.clients; i++) {
        sg_str code;
        r = bench_key_new(&v->wallets[i].dpop);
        r = sg_ok(r) ? make_offer(v, client, token, &code) : r;
        r = sg_ok(r) ? fetch_token(v, code, &v->wallets[i]) : r;
    }
    bench_key_free(&client);
    return r;
}

static sg_result
prepare(struct bench_vci *v)
{
    sg_str base = v->options.base;
    size_t at = sg_str_starts(base, "https://") ? 8 : 7;
    v->host_header = sg_str_slice(base, at, sg_str_index(base, '/', at) - at);
    SG_TRY(endpoint(v, "/oid4vci/credential", &v->credential_url));
    v->wallets = SG_NEW_ARRAY(v->arena, v->options.clients, struct wallet);
    SG_REQUIRE(v->wallets != NULL, NO_MEMORY);
    return open_wallets(v);
}

sg_result
bench_vci_open(const struct bench_vci_options *options, struct bench_vci **ret, sg_str *ret_why)
{
    struct bench_vci *v = calloc(1, sizeof(*v));
    SG_REQUIRE(v != NULL, NO_MEMORY);
    v->options = *options;
    v->arena = sg_arena_new(0, SETUP_ARENA + options->clients * 3 * BODY_MAX);
    sg_result r = v->arena == NULL ? SG_ERROR(NO_MEMORY) : prepare(v);
    *ret_why = v->why;
    *ret = v; /* kept on refusal too: the text lives in its arena until the close */
    return r;
}

static void
drop_requests(struct bench_vci *v)
{
    free(v->requests);
    v->requests = NULL;
    for (size_t i = 0; i < MAKERS; i++) {
        sg_arena_free(&v->made[i]);
    }
}

void
bench_vci_close(struct bench_vci **vci)
{
    if (vci == NULL || *vci == NULL) {
        return;
    }
    struct bench_vci *v = *vci;
    drop_requests(v);
    for (unsigned i = 0; v->wallets != NULL && i < v->options.clients; i++) {
        bench_key_free(&v->wallets[i].dpop);
    }
    sg_arena_free(&v->arena);
    free(v);
    *vci = NULL;
}

static sg_result
make_request(struct bench_vci *v, struct sg_arena *scratch, struct sg_arena *keep,
    const struct wallet *w, struct bench_request *ret)
{
    struct bench_key *holder = NULL;
    sg_str proof;
    sg_str dpop;
    sg_str request;
    int64_t now = time(NULL);
    SG_TRY(bench_key_new(&holder));
    sg_result r = bench_key_proof(scratch, holder, v->options.base, v->c_nonce, now, &proof);
    bench_key_free(&holder);
    SG_TRY(r);
    SG_TRY(bench_key_dpop(scratch, w->dpop, "POST", v->credential_url, w->token, now, &dpop));
    sg_str body;
    SG_TRY(sg_arena_printf(scratch, &body,
        "{\"credential_configuration_id\":\"%.*s\",\"proofs\":{\"jwt\":[\"%.*s\"]}}",
        SG_PRINT(v->options.configuration), SG_PRINT(proof)));
    sg_str path = path_of(v->credential_url);
    SG_TRY(sg_arena_printf(keep, &request,
        "POST %.*s HTTP/1.1\r\nHost: %.*s\r\nContent-Type: application/json\r\nAuthorization: DPoP "
        "%.*s\r\nDPoP: %.*s\r\n"
        "Content-Length: %zu\r\n\r\n%.*s",
        SG_PRINT(path), SG_PRINT(v->host_header), SG_PRINT(w->token), SG_PRINT(dpop), body.n,
        SG_PRINT(body)));
    *ret = (struct bench_request){ (const uint8_t *)request.p, request.n };
    return SG_DONE;
}

struct maker {
    struct bench_vci *vci;
    struct sg_arena *keep;
    size_t from;
    size_t to;
    sg_result result;
};

static void *
maker_main(void *argument)
{
    struct maker *m = argument;
    struct sg_arena *scratch = sg_arena_new(0, (size_t)1024 * 1024);
    m->result = scratch == NULL ? SG_ERROR(NO_MEMORY) : SG_DONE;
    for (size_t i = m->from; sg_ok(m->result) && i < m->to; i++) {
        const struct wallet *w = &m->vci->wallets[i % m->vci->options.clients];
        m->result = make_request(m->vci, scratch, m->keep, w, &m->vci->requests[i]);
        sg_arena_reset(scratch);
    }
    sg_arena_free(&scratch);
    return NULL;
}

static sg_result
fetch_nonce(struct bench_vci *v)
{
    const struct sjson *answer;
    SG_TRY(post(v, SG_LIT("/oid4vci/nonce"), "application/json", SG_NO_STR, SG_NO_STR, &answer));
    return sjson_member_text(answer, "c_nonce", &v->c_nonce);
}

sg_result
bench_vci_requests(struct bench_vci *v, size_t n, const struct bench_request **ret)
{
    drop_requests(v);
    SG_TRY(fetch_nonce(v));
    v->requests = calloc(n, sizeof(struct bench_request));
    SG_REQUIRE(v->requests != NULL, NO_MEMORY);
    struct maker makers[MAKERS];
    pthread_t threads[MAKERS];
    size_t started = 0;
    sg_result r = SG_DONE;
    for (size_t i = 0; i < MAKERS; i++) {
        v->made[i] = sg_arena_new((size_t)1024 * 1024, n * 8192 + (size_t)4 * 1024 * 1024);
        makers[i] = (struct maker){ v, v->made[i], n * i / MAKERS, n * (i + 1) / MAKERS, SG_DONE };
        if (v->made[i] == NULL || pthread_create(&threads[i], NULL, maker_main, &makers[i]) != 0) {
            r = SG_ERROR(NO_MEMORY);
            break;
        }
        started++;
    }
    for (size_t i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
        r = sg_ok(r) ? makers[i].result : r;
    }
    SG_TRY(r);
    *ret = v->requests;
    return SG_DONE;
}

/* Metadata of issuer and authorisation server (OpenID4VCI 1.0, 12.2 and 12.3; RFC 8414). */
#include "flow_contexts.h"
#include "vci_inner.h"

#define METADATA_MAX ((size_t)1024 * 1024)
#define LANGUAGES_MAX 8

/* ---- Accept-Language -------------------------------------------------------------------------------------------------- */

/* Does a locale ("ja-JP") lie within a wanted language ("ja")? RFC 4647 3.3.1, basic filtering, without case. */
static bool
within(sg_str locale, sg_str wanted)
{
    if (wanted.n == 0 || locale.n < wanted.n ||
        (locale.n > wanted.n && locale.p[wanted.n] != '-')) {
        return false;
    }
    for (size_t i = 0; i < wanted.n; i++) {
        if ((locale.p[i] | 0x20) != (wanted.p[i] | 0x20)) {
            return false;
        }
    }
    return true;
}

static bool
has_locale(const struct sjson *v, sg_str wanted)
{
    const struct sjson *locale = sjson_get(v, "locale");
    if (locale != NULL && locale->type == SJSON_STRING && within(locale->text, wanted)) {
        return true;
    }
    for (const struct sjson *c = v->first; c != NULL; c = c->next) {
        if (has_locale(c, wanted)) {
            return true;
        }
    }
    return false;
}

/* Weight of "tag;q=0.5" in thousandths; 1000 without. */
static unsigned
weight(sg_str params)
{
    size_t q = sg_str_index(params, '=', 0);
    if (q >= params.n) {
        return 1000;
    }
    unsigned v = 0, scale = 1000;
    for (size_t i = q + 1; i < params.n && scale > 0; i++) {
        char c = params.p[i];
        if (c >= '0' && c <= '9') {
            v += (unsigned)(c - '0') * scale;
            scale /= 10;
        }
    }
    return v;
}

static sg_str
trim(sg_str s)
{
    while (s.n > 0 && (*s.p == ' ' || *s.p == '\t')) {
        s = sg_str_slice(s, 1, s.n);
    }
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) {
        s.n--;
    }
    return s;
}

/* The best language that some display object has; empty: all are sent. */
static sg_str
language_of(const struct http_request *req, const struct flow_configs *configs)
{
    sg_str header, best = SG_NO_STR;
    unsigned best_weight = 0;
    if (!http_header_find(req, "Accept-Language", &header)) {
        return best;
    }
    size_t from = 0;
    for (unsigned n = 0; from < header.n && n < LANGUAGES_MAX; n++) {
        size_t end = sg_str_index(header, ',', from);
        sg_str one = sg_str_slice(header, from, end - from);
        size_t semicolon = sg_str_index(one, ';', 0);
        sg_str tag = trim(sg_str_slice(one, 0, semicolon));
        unsigned w = weight(sg_str_slice(one, semicolon, one.n));
        from = end + 1;
        bool there = false;
        for (size_t i = 0; i < configs->n && !there; i++) {
            there = has_locale(configs->items[i].published, tag);
        }
        if (there && w > best_weight) {
            best = tag;
            best_weight = w;
        }
    }
    return best;
}

static void write_in(struct sjson_wr *wr, const struct sjson *v, sg_str language);

/* A display array keeps the objects of the language; all of them when none has it. */
static void
write_display(struct sjson_wr *wr, const struct sjson *v, sg_str language)
{
    bool any = false;
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        const struct sjson *locale = sjson_get(e, "locale");
        any = any || (locale != NULL && within(locale->text, language));
    }
    sjson_wr_array(wr);
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        const struct sjson *locale = sjson_get(e, "locale");
        if (!any || (locale != NULL && within(locale->text, language))) {
            sjson_wr_value(wr, e);
        }
    }
    sjson_wr_array_end(wr);
}

static void
write_in(struct sjson_wr *wr, const struct sjson *v, sg_str language)
{
    if (v->type == SJSON_OBJECT) {
        sjson_wr_object(wr);
        for (const struct sjson *m = v->first; m != NULL; m = m->next) {
            sjson_wr_name(wr, m->name);
            if (sg_str_is(m->name, "display") && m->type == SJSON_ARRAY) {
                write_display(wr, m, language);
            } else {
                write_in(wr, m, language);
            }
        }
        sjson_wr_object_end(wr);
    } else if (v->type == SJSON_ARRAY) {
        sjson_wr_array(wr);
        for (const struct sjson *e = v->first; e != NULL; e = e->next) {
            write_in(wr, e, language);
        }
        sjson_wr_array_end(wr);
    } else {
        sjson_wr_value(wr, v);
    }
}

static void
write_config(struct sjson_wr *wr, const struct flow_config *config, sg_str language)
{
    if (language.n == 0) {
        flow_config_write(wr, config);
        return;
    }
    sjson_wr_object(wr);
    for (const struct sjson *m = config->published->first; m != NULL; m = m->next) {
        if (!sg_str_is(m->name, "sealgate")) {
            sjson_wr_name(wr, m->name);
            write_in(wr, m, language);
        }
    }
    sjson_wr_object_end(wr);
}

/* ---- documents ------------------------------------------------------------------------------------------------------------ */

static void
member_url(struct http_request *req, struct sjson_wr *wr, const char *name, const char *path)
{
    sg_str url;
    if (sg_ok(sg_arena_printf(req->arena, &url, "%.*s%s", SG_PRINT(face_app(req)->base), path))) {
        sjson_wr_member_text(wr, name, url);
    } else {
        sg_buf_fail(wr->buf, SG_E_NO_MEMORY);
    }
}

static void
member_texts(struct sjson_wr *wr, const char *name, const char *const *texts, size_t n)
{
    sjson_wr_name(wr, sg_cstr(name));
    sjson_wr_array(wr);
    for (size_t i = 0; i < n; i++) {
        sjson_wr_text(wr, sg_cstr(texts[i]));
    }
    sjson_wr_array_end(wr);
}

static void
answer(struct http_request *req, struct sg_buf *buf, sg_str language)
{
    struct http_reply reply = { .status = 200, .content_type = "application/json" };
    sg_result r = sg_buf_end(buf, &reply.body);
    if (!sg_ok(r)) {
        face_oauth_error(req, &vci_credential_words, r);
        return;
    }
    http_reply_header(&reply, "Cache-Control", SG_LIT("max-age=300"));
    if (language.n > 0) {
        http_reply_header(&reply, "Content-Language", language);
    }
    http_reply_header(&reply, "Vary", SG_LIT("Accept-Language"));
    http_answer(req, &reply);
}

void
vci_issuer_metadata(struct http_request *req)
{
    struct face_app *app = face_app(req);
    const struct flow_configs *configs = flow_configurations(app->flow);
    sg_str language = language_of(req, configs);
    struct sg_buf buf = sg_buf_new(req->arena, 8192, METADATA_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "credential_issuer", app->base);
    member_url(req, &wr, "credential_endpoint", "/oid4vci/credential");
    member_url(req, &wr, "nonce_endpoint", "/oid4vci/nonce");
    if (app->batch_max >= 2) {
        sjson_wr_name(&wr, SG_LIT("batch_credential_issuance"));
        sjson_wr_object(&wr);
        sjson_wr_member_int(&wr, "batch_size", (int64_t)app->batch_max);
        sjson_wr_object_end(&wr);
    }
    if (app->brand.n > 0) {
        sjson_wr_name(&wr, SG_LIT("display"));
        sjson_wr_array(&wr);
        sjson_wr_object(&wr);
        sjson_wr_member_text(&wr, "name", app->brand);
        sjson_wr_object_end(&wr);
        sjson_wr_array_end(&wr);
    }
    sjson_wr_name(&wr, SG_LIT("credential_configurations_supported"));
    sjson_wr_object(&wr);
    for (size_t i = 0; i < configs->n; i++) {
        if (configs->items[i].documents == FLOW_DOCUMENTS_PRESENTATIONS) {
            continue; /* for system clients: no wallet can ask for it */
        }
        sjson_wr_name(&wr, configs->items[i].id);
        write_config(&wr, &configs->items[i], language);
    }
    sjson_wr_object_end(&wr);
    sjson_wr_object_end(&wr);
    answer(req, &buf, language);
}

void
vci_server_metadata(struct http_request *req)
{
    /* The code grant is for wallets that act for their holder (scope `holder`); it is there when an operator registered one. */
    static const char *const grants[] = { VCI_PRE_AUTHORIZED, "client_credentials",
        "authorization_code" };
    static const char *const code[] = { "code" };
    static const char *const modes[] = { "query" };
    static const char *const challenges[] = { "S256" };
    static const char *const scopes[] = { "holder", "activity" };
    bool wallets = face_app(req)->n_wallets > 0;
    static const char *const methods[] = { "none", "private_key_jwt" };
    static const char *const algs[] = { "ES256", "ES384", "EdDSA" };
    static const char *const types[] = { "openid_credential" };
    struct sg_buf buf = sg_buf_new(req->arena, 2048, METADATA_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "issuer", face_app(req)->base);
    member_url(req, &wr, "token_endpoint", "/oid4vci/token");
    member_url(req, &wr, "jwks_uri", "/.well-known/jwks.json");
    /* no authorisation endpoint: none (RFC 8414 2) */
    member_texts(&wr, "response_types_supported", code, wallets ? 1 : 0);
    if (wallets) {
        member_url(req, &wr, "authorization_endpoint", "/oid4vci/authorize");
        member_texts(&wr, "response_modes_supported", modes, 1);
        member_texts(&wr, "code_challenge_methods_supported", challenges, 1);
        member_texts(&wr, "scopes_supported", scopes, 2);
        sjson_wr_member_bool(&wr, "authorization_response_iss_parameter_supported", true);
    }
    member_texts(&wr, "grant_types_supported", grants, wallets ? 3 : 2);
    member_texts(&wr, "token_endpoint_auth_methods_supported", methods, 2);
    member_texts(&wr, "token_endpoint_auth_signing_alg_values_supported", algs, 3);
    member_texts(&wr, "dpop_signing_alg_values_supported", algs, 3);
    member_texts(&wr, "authorization_details_types_supported", types, 1);
    sjson_wr_member_bool(&wr, "pre-authorized_grant_anonymous_access_supported", true);
    sjson_wr_object_end(&wr);
    answer(req, &buf, SG_NO_STR);
}

void
vci_type_metadata(struct http_request *req)
{
    const struct flow_config *config =
        flow_config_by_type_path(flow_configurations(face_app(req)->flow), req->path);
    if (config == NULL) {
        face_problem(req, SG_ERROR(NOT_FOUND), NULL);
        return;
    }
    struct http_reply reply = {
        .status = 200, .content_type = "application/json", .body = config->type_metadata
    };
    http_reply_header(&reply, "Cache-Control", SG_LIT("max-age=300"));
    http_answer(req, &reply);
}

/* A context that configuration added under our own URL; whoever verifies may fetch it, we never do. */
void
vci_context(struct http_request *req)
{
    const struct flow_contexts *contexts = flow_contexts(face_app(req)->flow);
    sg_str base = face_app(req)->base;
    for (size_t i = 0; i < contexts->n; i++) {
        sg_str url = contexts->added[i].url;
        if (sg_str_starts(url, base.p) &&
            sg_str_equal(sg_str_slice(url, base.n, url.n), req->path)) {
            struct http_reply reply = { .status = 200,
                .content_type = "application/ld+json",
                .body = contexts->added[i].json };
            http_reply_header(&reply, "Cache-Control", SG_LIT("max-age=3600"));
            http_answer(req, &reply);
            return;
        }
    }
    face_problem(req, SG_ERROR(NOT_FOUND), NULL);
}

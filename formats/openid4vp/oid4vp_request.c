/*
 * A request, step by step. The order matters: nothing is answered to an address before the verifier stands behind it, and everything that can be wrong with
 * the request itself is told after that. spec: OpenID4VP 1.0, 5, 8.2; RFC 9101. req: PRO-3, NET-3
 */
#include "oid4vp_int.h"

#define STATIC_AUDIENCE "https://self-issued.me/v2"
#define DCQL_JSON_MAX ((size_t)64 * 1024)

static sg_result
fail_as(struct vp_run *run, enum oid4vp_error error, const char *what, sg_result r)
{
    run->failure->error = error;
    return vp_refuse(run->failure, what, r);
}

/* ---- the object ---------------------------------------------------------------------------------------------- */

/* RFC 9101 4, 5.10: typ is what keeps other JWTs of the verifier from being taken for a request. */
static sg_result
read_object(struct vp_run *run)
{
    if (run->carrier->kind == OID4VP_BY_VALUE) {
        run->parameters = run->carrier->parameters;
        return SG_DONE;
    }
    VP_WANT(run, run->carrier->kind == OID4VP_BY_OBJECT, "the request was not fetched", INTERNAL);
    VP_WANT(run, run->carrier->object.n <= OID4VP_REQUEST_MAX, "request object", TOO_LARGE);
    VP_TRY(run, "request object", jws_parse(run->arena, run->carrier->object, &run->jws));
    VP_WANT(run, sg_str_is(run->jws.typ, "oauth-authz-req+jwt"), "typ of the request object", TYPE);
    /* what oid4vp_wallet_metadata lists; the parser knows one more, which is for certificates */
    VP_WANT(run, run->jws.alg->id != JOSE_RS256, "alg of the request object", ALGORITHM);
    VP_TRY(
        run, "claims of the request object", jws_claims(run->arena, &run->jws, &run->parameters));
    VP_TRY(run, "request object", vp_depth_check(run->parameters));
    VP_WANT(run, run->parameters->n <= OID4VP_PARAMETERS_MAX, "request object", TOO_MANY);
    VP_WANT(run,
        sjson_get(run->parameters, "request") == NULL &&
            sjson_get(run->parameters, "request_uri") == NULL,
        "a request inside the request object", VALUE);
    run->request.signed_ = true;
    run->request.object = run->carrier->object;
    return SG_DONE;
}

/* 5.10.1: outside and inside are the same string; printable ASCII, since it is shown and hashed. */
static sg_result
read_client_id(struct vp_run *run)
{
    sg_str id;
    VP_TRY(run, "client_id", vp_text(run->parameters, "client_id", NULL, &id));
    VP_WANT(run, id.n > 0, "client_id", MISSING);
    for (size_t i = 0; i < id.n; i++) {
        VP_WANT(run, id.p[i] > ' ' && id.p[i] < 0x7f, "client_id", VALUE);
    }
    VP_WANT(run, run->carrier->client_id.n == 0 || sg_str_equal(id, run->carrier->client_id),
        "client_id outside and inside the request object differ", CLIENT);
    run->request.client_id = id;
    run->request.prefix = oid4vp_prefix_of(id, &run->request.name);
    return SG_DONE;
}

/* ---- where the answer goes ------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum oid4vp_mode mode;
    const char *uri;   /* the parameter with the address */
    const char *other; /* the one that may not be there (8.2) */
} modes[] = {
    { "fragment", OID4VP_FRAGMENT, "redirect_uri", "response_uri" },
    { "direct_post", OID4VP_DIRECT_POST, "response_uri", "redirect_uri" },
    { "direct_post.jwt", OID4VP_DIRECT_POST_JWT, "response_uri", "redirect_uri" },
};
#define N_MODES (sizeof(modes) / sizeof(modes[0]))

static sg_result
read_mode(struct vp_run *run)
{
    sg_str name;
    sg_str host;
    VP_TRY(run, "response_mode", vp_text(run->parameters, "response_mode", NULL, &name));
    VP_WANT(run, name.n > 0, "response_mode", MISSING);
    for (size_t i = 0; i < N_MODES; i++) {
        if (!sg_str_is(name, modes[i].name)) {
            continue;
        }
        run->request.mode = modes[i].mode;
        VP_TRY(run, modes[i].uri, vp_text(run->parameters, modes[i].uri, NULL, &run->request.uri));
        /* 5.9.3: with the prefix redirect_uri the parameter may be left out */
        if (run->request.uri.n == 0 && run->request.prefix == OID4VP_REDIRECT_URI) {
            run->request.uri = run->request.name;
        }
        VP_WANT(run, run->request.uri.n > 0, modes[i].uri, MISSING);
        VP_TRY(run, modes[i].uri, vp_uri_check(run->request.uri, run->expect->loopback, &host));
        return SG_DONE;
    }
    return vp_refuse(run->failure, "response_mode", SG_ERROR(UNSUPPORTED));
}

static bool
is_token(sg_str text, bool any)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '.' || c == '_' || c == '~';
        if (!good && !(any && c > ' ' && c < 0x7f)) {
            return false;
        }
    }
    return text.n > 0;
}

/* From here on errors have an address. A state that is no state is not echoed. */
static sg_result
open_reply(struct vp_run *run)
{
    bool has;
    sg_str state;
    struct oid4vp_failure *failure = run->failure;
    sg_result r = vp_text(run->parameters, "state", &has, &state);
    bool good = sg_ok(r) && has && is_token(state, run->expect->any_nonce);
    failure->reply = true;
    failure->mode = run->request.mode;
    failure->uri = run->request.uri;
    failure->has_state = good;
    failure->state = good ? state : SG_NO_STR;
    VP_TRY(run, "state", r);
    VP_WANT(run, !has || good, "state", VALUE);
    run->request.has_state = has;
    run->request.state = state;
    return SG_DONE;
}

/* ---- for us, now ------------------------------------------------------------------------------------------------- */

static bool
is_our_audience(const struct vp_run *run, const struct sjson *aud)
{
    sg_str text = aud->text;
    if (aud->type != SJSON_STRING || text.n == 0) {
        return false;
    }
    /* the last: verifiers in the field name the place where the object was fetched; it was fetched there by us, so nothing is lost */
    return sg_str_is(text, STATIC_AUDIENCE) || sg_str_equal(text, run->expect->issuer) ||
           sg_str_equal(text, run->carrier->request_uri);
}

/* 5.8 */
static sg_result
check_audience(struct vp_run *run)
{
    const struct sjson *aud = sjson_get(run->parameters, "aud");
    VP_WANT(run, aud != NULL, "aud", MISSING);
    if (aud->type == SJSON_ARRAY) {
        for (const struct sjson *e = aud->first; e != NULL; e = e->next) {
            if (is_our_audience(run, e)) {
                return SG_DONE;
            }
        }
    } else if (is_our_audience(run, aud)) {
        return SG_DONE;
    }
    return vp_refuse(run->failure, "the request is for another wallet", SG_ERROR(VALUE));
}

static sg_result
check_object(struct vp_run *run)
{
    if (!run->request.signed_) {
        VP_WANT(run, run->expect->wallet_nonce.n == 0, "wallet_nonce", NONCE);
        return SG_DONE;
    }
    SG_TRY(check_audience(run));
    VP_TRY(run, "times of the request object",
        jwt_check_times(run->parameters, run->expect->now, run->expect->leeway_s));
    if (run->expect->wallet_nonce.n > 0) {
        sg_str nonce;
        VP_TRY(run, "wallet_nonce", vp_text(run->parameters, "wallet_nonce", NULL, &nonce));
        VP_WANT(run, sg_str_equal(nonce, run->expect->wallet_nonce), "wallet_nonce", NONCE);
    }
    return SG_DONE;
}

/* ---- parameters ---------------------------------------------------------------------------------------------------- */

static sg_result
read_response_type(struct vp_run *run)
{
    sg_str type;
    VP_TRY(run, "response_type", vp_text(run->parameters, "response_type", NULL, &type));
    VP_WANT(run, type.n > 0, "response_type", MISSING);
    if (!sg_str_is(type, "vp_token")) {
        return fail_as(
            run, OID4VP_UNSUPPORTED_RESPONSE_TYPE, "response_type", SG_ERROR(UNSUPPORTED));
    }
    return SG_DONE;
}

/* 8.2: one address, never two. */
static sg_result
check_one_address(struct vp_run *run)
{
    for (size_t i = 0; i < N_MODES; i++) {
        VP_WANT(run,
            modes[i].mode != run->request.mode ||
                sjson_get(run->parameters, modes[i].other) == NULL,
            "redirect_uri and response_uri are not for the same response_mode", VALUE);
    }
    return SG_DONE;
}

static sg_result
read_nonce(struct vp_run *run)
{
    bool has;
    VP_TRY(run, "nonce", vp_text(run->parameters, "nonce", &has, &run->request.nonce));
    VP_WANT(run, has, "nonce", MISSING);
    VP_WANT(run, is_token(run->request.nonce, run->expect->any_nonce), "nonce", VALUE);
    return SG_DONE;
}

static sg_result
read_query(struct vp_run *run)
{
    const struct sjson *json = sjson_get(run->parameters, "dcql_query");
    bool scope = sjson_get(run->parameters, "scope") != NULL;
    VP_WANT(run, json == NULL || !scope, "dcql_query and scope together", VALUE);
    if (scope) {
        return fail_as(
            run, OID4VP_INVALID_SCOPE, "no scope stands for a query here", SG_ERROR(UNSUPPORTED));
    }
    VP_WANT(run, json != NULL, "dcql_query", MISSING);
    VP_WANT(run, json->type == SJSON_OBJECT, "dcql_query", TYPE);
    VP_WANT(run, json->source.n <= DCQL_JSON_MAX, "dcql_query", TOO_LARGE);
    run->request.dcql_json = json;
    VP_TRY(run, "dcql_query", dcql_parse(run->arena, json, &run->failure->why, &run->request.dcql));
    return SG_DONE;
}

/* 5.3: an answer without a bound credential is tied to the session by state alone. */
static sg_result
check_state(struct vp_run *run)
{
    for (size_t i = 0; i < run->request.dcql.n; i++) {
        VP_WANT(run, run->request.dcql.credentials[i].holder_binding || run->request.has_state,
            "state is required without holder binding", MISSING);
    }
    return SG_DONE;
}

/* Presentations are made of these; jwt_vc_json (VCDM 1.1) is matched and never shown. */
static bool
is_shown(enum dcql_format format)
{
    return format != DCQL_UNKNOWN && format != DCQL_JWT_VC_JSON;
}

/* One query at least must be of a format that both sides know. */
static sg_result
check_formats(struct vp_run *run)
{
    for (size_t i = 0; i < run->request.dcql.n; i++) {
        enum dcql_format format = run->request.dcql.credentials[i].format;
        if (is_shown(format) && oid4vp_fits_format(&run->request, format)) {
            return SG_DONE;
        }
    }
    return fail_as(
        run, OID4VP_VP_FORMATS_NOT_SUPPORTED, "no format is ours", SG_ERROR(UNSUPPORTED));
}

/* HAIP 1.0, 5 and 5.1 */
static sg_result
check_profile(struct vp_run *run)
{
    if (!run->expect->haip) {
        return SG_DONE;
    }
    VP_WANT(run, run->request.signed_ && run->carrier->request_uri.n > 0,
        "HAIP: signed requests by request_uri", POLICY);
    VP_WANT(run, run->request.prefix == OID4VP_X509_HASH, "HAIP: x509_hash", POLICY);
    VP_WANT(run, run->request.mode == OID4VP_DIRECT_POST_JWT, "HAIP: direct_post.jwt", POLICY);
    return SG_DONE;
}

/* ---- the steps -------------------------------------------------------------------------------------------------------- */

static sg_result (*const steps[])(struct vp_run *run) = { read_object, read_client_id, read_mode,
    vp_client_authenticate, check_object, open_reply, /* above: nobody is answered */
    check_profile, read_response_type, check_one_address, read_nonce, read_query, check_state,
    vp_metadata_read, check_formats, vp_encryption_read, vp_transactions_read, vp_infos_read };

sg_result
oid4vp_request_verify(struct sg_arena *arena, const struct oid4vp_carrier *carrier,
    const struct oid4vp_trust *trust, const struct oid4vp_expect *expect,
    struct oid4vp_failure *failure, struct oid4vp_request *ret)
{
    struct vp_run run = {
        .arena = arena, .carrier = carrier, .trust = trust, .expect = expect, .failure = failure
    };
    *failure = (struct oid4vp_failure){ .error = OID4VP_INVALID_REQUEST };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        SG_TRY(steps[i](&run));
    }
    run.request.parameters = run.parameters;
    *ret = run.request;
    return SG_DONE;
}

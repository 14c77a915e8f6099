/* What the person brought: a URL, a request object, a JSON object of parameters. spec: OpenID4VP 1.0, 5.1, 5.10; RFC 9101 5 */
#include "oid4vp_int.h"

#define FAIL_AS(failure, word, what, code)                   \
    do {                                                     \
        (failure)->error = (word);                           \
        return vp_refuse((failure), (what), SG_ERROR(code)); \
    } while (0)

/* Parameters that are JSON text in a form (5.1). */
static const char *const json_parameters[] = { "dcql_query", "client_metadata", "transaction_data",
    "verifier_info" };

static bool
is_json_parameter(sg_str name)
{
    for (size_t i = 0; i < sizeof(json_parameters) / sizeof(json_parameters[0]); i++) {
        if (sg_str_is(name, json_parameters[i])) {
            return true;
        }
    }
    return false;
}

/* ---- to an object of parameters --------------------------------------------------------------------------- */

/* Text of a parameter to its value: JSON where it is JSON text, else a string. */
static sg_result
value_of(struct sg_arena *arena, sg_str name, sg_str text, struct sg_why *why, struct sjson *ret)
{
    *ret = (struct sjson){ .type = SJSON_STRING, .text = text };
    if (is_json_parameter(name)) {
        const struct sjson *json;
        SG_TRY(sjson_parse(arena, text, why, &json));
        *ret = *json;
    }
    ret->name = name;
    ret->next = NULL;
    return SG_DONE;
}

/* A member appended to an object under construction. */
static sg_result
append(struct sjson *object, struct sjson *last, struct sjson *member)
{
    SG_REQUIRE(sjson_get_str(object, member->name) == NULL, DUPLICATE);
    SG_REQUIRE(object->n < OID4VP_PARAMETERS_MAX, TOO_MANY);
    if (last == NULL) {
        object->first = member;
    } else {
        last->next = member;
    }
    object->n++;
    return SG_DONE;
}

static sg_result
add_pair(struct sg_arena *arena, sg_str pair, struct sg_why *why, struct sjson *object,
    struct sjson **last)
{
    size_t equals = sg_str_index(pair, '=', 0);
    sg_str name;
    sg_str text;
    SG_TRY(vp_form_decode(arena, sg_str_slice(pair, 0, equals), &name));
    SG_TRY(vp_form_decode(arena, sg_str_slice(pair, equals + 1, pair.n), &text));
    if (text.n == 0) {
        return SG_DONE; /* RFC 6749 3.1: without a value as if it were not there */
    }
    struct sjson *member = SG_NEW(arena, struct sjson);
    SG_REQUIRE(member != NULL, NO_MEMORY);
    SG_TRY(value_of(arena, name, text, why, member));
    SG_TRY(append(object, *last, member));
    *last = member;
    return SG_DONE;
}

static sg_result
parameters_of_query(
    struct sg_arena *arena, sg_str query, struct sg_why *why, const struct sjson **ret)
{
    struct sjson *object = SG_NEW(arena, struct sjson);
    SG_REQUIRE(object != NULL, NO_MEMORY);
    object->type = SJSON_OBJECT;
    struct sjson *last = NULL;
    for (size_t at = 0; at < query.n;) {
        size_t end = sg_str_index(query, '&', at);
        SG_TRY(add_pair(arena, sg_str_slice(query, at, end - at), why, object, &last));
        at = end + 1;
    }
    *ret = object;
    return SG_DONE;
}

/* A JSON object: parameters as values, or their JSON text. */
static sg_result
parameters_of_json(
    struct sg_arena *arena, sg_str text, struct sg_why *why, const struct sjson **ret)
{
    const struct sjson *parsed;
    SG_TRY(sjson_parse_object(arena, text, why, &parsed));
    struct sjson *object = SG_NEW(arena, struct sjson);
    SG_REQUIRE(object != NULL, NO_MEMORY);
    object->type = SJSON_OBJECT;
    struct sjson *last = NULL;
    for (const struct sjson *m = parsed->first; m != NULL; m = m->next) {
        struct sjson *member = SG_NEW(arena, struct sjson);
        SG_REQUIRE(member != NULL, NO_MEMORY);
        *member = *m;
        member->next = NULL;
        if (m->type == SJSON_STRING) {
            SG_TRY(value_of(arena, m->name, m->text, why, member));
        }
        SG_TRY(append(object, last, member));
        last = member;
    }
    *ret = object;
    return SG_DONE;
}

/* ---- which kind ------------------------------------------------------------------------------------------- */

/* Dots of a compact serialisation; 0 when it is none. */
static size_t
compact_dots(sg_str text)
{
    size_t dots = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && c != '-' && c != '_' && c != '.') {
            return 0;
        }
        dots += c == '.';
    }
    return dots;
}

static sg_result
take_object(struct oid4vp_failure *failure, sg_str object, struct oid4vp_carrier *ret)
{
    size_t dots = compact_dots(object);
    if (dots == 4) {
        FAIL_AS(failure, OID4VP_INVALID_REQUEST, "encrypted request objects are not taken",
            UNSUPPORTED);
    }
    if (dots != 2) {
        FAIL_AS(failure, OID4VP_INVALID_REQUEST, "the request object is no JWS", MALFORMED);
    }
    ret->kind = OID4VP_BY_OBJECT;
    ret->object = object;
    return SG_DONE;
}

/* 5.10: case-sensitive, beside request_uri only. */
static sg_result
read_method(const struct sjson *parameters, bool reference, struct oid4vp_failure *failure,
    struct oid4vp_carrier *ret)
{
    const struct sjson *method = sjson_get(parameters, "request_uri_method");
    if (method == NULL) {
        return SG_DONE;
    }
    if (!reference) {
        FAIL_AS(failure, OID4VP_INVALID_REQUEST, "request_uri_method without request_uri", VALUE);
    }
    if (!sjson_is_text(method, "get") && !sjson_is_text(method, "post")) {
        FAIL_AS(failure, OID4VP_INVALID_REQUEST_URI_METHOD, "request_uri_method", VALUE);
    }
    ret->post = sjson_is_text(method, "post");
    return SG_DONE;
}

/*
 * Prefixes that no signed request can have are refused before anything is fetched: what the gateway fetches for a stranger should have a chance to be of use.
 */
static sg_result
check_prefix(sg_str client_id, struct oid4vp_failure *failure)
{
    sg_str rest;
    switch (oid4vp_prefix_of(client_id, &rest)) {
    case OID4VP_REDIRECT_URI:
        FAIL_AS(failure, OID4VP_INVALID_REQUEST, "redirect_uri clients cannot sign", CLIENT);
    case OID4VP_OPENID_FEDERATION:
        FAIL_AS(failure, OID4VP_INVALID_REQUEST, "openid_federation is not supported", UNSUPPORTED);
    case OID4VP_ORIGIN:
        FAIL_AS(failure, OID4VP_INVALID_REQUEST, "origin is no client identifier prefix", CLIENT);
    case OID4VP_UNKNOWN_PREFIX:
        FAIL_AS(failure, OID4VP_INVALID_REQUEST, "unknown client identifier prefix", CLIENT);
    case OID4VP_PRE_REGISTERED:
    case OID4VP_X509_SAN_DNS:
    case OID4VP_X509_HASH:
    case OID4VP_VERIFIER_ATTESTATION:
    case OID4VP_DECENTRALIZED_IDENTIFIER:
        break;
    }
    return SG_DONE;
}

static sg_result
take_parameters(const struct sjson *parameters, bool loopback, struct oid4vp_failure *failure,
    struct oid4vp_carrier *ret)
{
    bool by_object;
    bool by_reference;
    sg_str host;
    const struct sjson *request = sjson_get(parameters, "request");
    by_object = request != NULL;
    SG_TRY(vp_text(parameters, "request_uri", &by_reference, &ret->request_uri));
    SG_TRY(vp_text(parameters, "client_id", NULL, &ret->client_id));
    SG_TRY(read_method(parameters, by_reference, failure, ret));
    if (ret->client_id.n == 0) {
        FAIL_AS(failure, OID4VP_INVALID_REQUEST, "client_id", MISSING);
    }
    if (!by_object && !by_reference) {
        ret->kind = OID4VP_BY_VALUE;
        ret->parameters = parameters;
        return SG_DONE;
    }
    if (by_object && by_reference) {
        FAIL_AS(failure, OID4VP_INVALID_REQUEST, "request and request_uri together", VALUE);
    }
    SG_TRY(check_prefix(ret->client_id, failure));
    if (by_object) {
        SG_REQUIRE(request->type == SJSON_STRING, TYPE);
        return take_object(failure, request->text, ret);
    }
    if (!sg_ok(vp_uri_check(ret->request_uri, loopback, &host))) {
        FAIL_AS(failure, OID4VP_INVALID_REQUEST, "request_uri is no https URL", VALUE);
    }
    ret->kind = OID4VP_BY_REFERENCE;
    return SG_DONE;
}

static sg_str
trimmed(sg_str s)
{
    while (s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]) != NULL) {
        s.n--;
    }
    while (s.n > 0 && strchr(" \t\r\n", s.p[0]) != NULL) {
        s = sg_str_slice(s, 1, s.n);
    }
    return s;
}

/* The query of an absolute URL; the rest of it does not matter. */
static sg_result
query_of(sg_str url, sg_str *ret)
{
    size_t colon = sg_str_index(url, ':', 0);
    size_t question = sg_str_index(url, '?', 0);
    SG_REQUIRE(colon > 0 && colon < question && question < url.n, MALFORMED);
    size_t end = sg_str_index(url, '#', question);
    *ret = sg_str_slice(url, question + 1, end - question - 1);
    return SG_DONE;
}

sg_result
oid4vp_carrier_parse(struct sg_arena *arena, sg_str text, bool loopback,
    struct oid4vp_failure *failure, struct oid4vp_carrier *ret)
{
    struct oid4vp_carrier carrier = { 0 };
    const struct sjson *parameters;
    sg_str query;
    *failure = (struct oid4vp_failure){ .error = OID4VP_INVALID_REQUEST };
    SG_REQUIRE(text.n <= OID4VP_REQUEST_MAX, TOO_LARGE);
    text = trimmed(text);
    SG_REQUIRE(text.n > 0, MISSING);
    if (compact_dots(text) > 0) {
        SG_TRY(take_object(failure, text, &carrier));
        *ret = carrier;
        return SG_DONE;
    }
    if (text.p[0] == '{') {
        SG_TRY(parameters_of_json(arena, text, &failure->why, &parameters));
    } else {
        SG_TRY(query_of(text, &query));
        SG_TRY(parameters_of_query(arena, query, &failure->why, &parameters));
    }
    SG_TRY(vp_depth_check(parameters));
    SG_TRY(take_parameters(parameters, loopback, failure, &carrier));
    *ret = carrier;
    return SG_DONE;
}

/* ---- request_uri ------------------------------------------------------------------------------------------ */

sg_result
oid4vp_request_uri_body(
    struct sg_arena *arena, sg_str wallet_metadata, sg_str wallet_nonce, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 256, OID4VP_REQUEST_MAX);
    if (wallet_metadata.n > 0) {
        vp_form_put(&buf, "wallet_metadata", wallet_metadata);
    }
    if (wallet_nonce.n > 0) {
        vp_form_put(&buf, "wallet_nonce", wallet_nonce);
    }
    return sg_buf_end_str(&buf, ret);
}

sg_result
oid4vp_carrier_fetched(struct oid4vp_carrier *carrier, uint64_t http_status, sg_str content_type,
    sg_bytes body, struct oid4vp_failure *failure)
{
    *failure = (struct oid4vp_failure){ .error = OID4VP_INVALID_REQUEST };
    SG_REQUIRE(carrier->kind == OID4VP_BY_REFERENCE, INTERNAL);
    if (http_status != 200) {
        FAIL_AS(failure, OID4VP_INVALID_REQUEST, "request_uri did not answer with 200", FETCH);
    }
    if (!vp_media_is(content_type, "application/oauth-authz-req+jwt")) {
        FAIL_AS(failure, OID4VP_INVALID_REQUEST, "media type of the request object", TYPE);
    }
    SG_REQUIRE(body.n <= OID4VP_REQUEST_MAX, TOO_LARGE);
    return take_object(failure, trimmed(sg_bytes_str(body)), carrier);
}

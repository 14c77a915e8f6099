/*
 * Evidence for relying parties (req: EV-2). Holding the object is the right to ask for its openings; by hash alone existence, state and
 * proof are told, at a limited rate.
 */
#include "evid_face.h"
#include "evid_page.h"
#include "sg_text.h"
#include "tlog_tile.h"

#define HASH_ONLY_PER_MINUTE 120
#define IDS_MAX 1
#define CHECKPOINT_MAX 8192

struct ask {
    struct http_request *req;
    uint8_t hash[32];
    struct flow_lookup_in in; /* with an object: openings may be in the answer */
    bool page;
};

static void
page(struct ask *ask, sg_result r, sg_bytes bundle)
{
    struct http_request *req = ask->req;
    struct face_page face = face_page_of(req);
    bool with_object = ask->in.object.n > 0;
    struct evid_page view = { .r = r, .bundle = sg_bytes_str(bundle), .with_object = with_object };
    SG_IGNORE(sg_hex_encode(req->arena, SG_BYTES(ask->hash), &view.hash)); /* shown only */
    face.title = face_text(face.lang, T_EVIDENCE_TITLE);
    struct sg_buf buf = face_page_open(req->arena, &face);
    struct face_html html = face_page_html(&face, &buf);
    evid_page_render(&html, &view);
    face_page_answer(req, &face, &buf, sg_ok(r) ? 200 : face_status_of(r.code), with_object, NULL);
}

static void
found(void *context, sg_result r, sg_bytes bundle)
{
    struct ask *ask = context;
    if (ask->page && (sg_ok(r) || r.code == SG_E_PENDING || r.code == SG_E_NOT_FOUND)) {
        page(ask, r, bundle);
        return;
    }
    if (!sg_ok(r)) {
        face_problem(ask->req, r, NULL); /* PENDING: 202 with Retry-After */
        return;
    }
    face_json(ask->req, 200, sg_bytes_str(bundle), true);
}

static void
look_up(struct ask *ask)
{
    ask->in.signature_hash = ask->hash;
    flow_lookup(face_app(ask->req)->flow, ask->req->arena, &ask->in, found, ask);
}

static struct ask *
ask_new(struct http_request *req)
{
    struct ask *ask = SG_NEW(req->arena, struct ask);
    if (ask == NULL) {
        face_problem(req, SG_ERROR(NO_MEMORY), NULL);
        return NULL;
    }
    ask->req = req;
    return ask;
}

static sg_result
limited(struct http_request *req)
{
    return auth_use_limited(
        face_app(req)->auth, face_auth_request(req).peer, HASH_ONLY_PER_MINUTE, face_now());
}

static sg_result
optional_text(const struct sjson *json, const char *name, sg_str *ret)
{
    return sjson_get(json, name) == NULL ? SG_DONE : sjson_member_text(json, name, ret);
}

/* {"object": text, "audience"?, "nonce"?} or {"signature_hash": hex}, or {"ids": [hex]} as issuance answers name it. */
static sg_result
parse(struct ask *ask)
{
    struct http_request *req = ask->req;
    const struct sjson *json;
    SG_TRY(sjson_parse_object(req->arena, sg_bytes_str(req->body), NULL, &json));
    const struct sjson *object = sjson_get(json, "object");
    const struct sjson *hash = sjson_get(json, "signature_hash");
    const struct sjson *ids = sjson_get(json, "ids");
    SG_REQUIRE((object != NULL) + (hash != NULL) + (ids != NULL) == 1, VALUE);
    if (object != NULL) {
        SG_REQUIRE(object->type == SJSON_STRING && object->text.n > 0, TYPE);
        ask->in.object = object->text;
        SG_TRY(optional_text(json, "audience", &ask->in.audience));
        SG_TRY(optional_text(json, "nonce", &ask->in.nonce));
        return flow_lookup_hash(req->arena, object->text, ask->hash);
    }
    if (ids != NULL) {
        SG_REQUIRE(ids->type == SJSON_ARRAY && ids->n == IDS_MAX, VALUE);
        hash = ids->first;
    }
    SG_REQUIRE(hash->type == SJSON_STRING && hash->text.n == 64, VALUE);
    SG_TRY(sg_hex_decode_to(hash->text, ask->hash, 32));
    return limited(req);
}

static void
lookup(struct http_request *req)
{
    struct ask *ask = ask_new(req);
    if (ask == NULL) {
        return;
    }
    sg_result r = parse(ask);
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    look_up(ask);
}

static void
get(struct http_request *req)
{
    struct ask *ask = ask_new(req);
    if (ask == NULL) {
        return;
    }
    sg_str id = req->params[0];
    sg_result r = id.n == 64 ? sg_hex_decode_to(id, ask->hash, 32) : SG_ERROR(NOT_FOUND);
    r = sg_ok(r) ? limited(req) : SG_ERROR(NOT_FOUND);
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    sg_str accept;
    ask->page = http_header_find(req, "Accept", &accept) &&
                !http_accepts(req, "application/json", "text/html") &&
                !(http_query_find(req, "format", &accept) && sg_str_is(accept, "json"));
    look_up(ask);
}

/* A page to ask on, and its form: the object in the body, never in an address. */
static void
ask_page(struct http_request *req)
{
    struct face_page face = face_page_of(req);
    const struct evid_page view = { .r = SG_ERROR(NOT_FOUND) };
    face.title = face_text(face.lang, T_EVIDENCE_TITLE);
    struct sg_buf buf = face_page_open(req->arena, &face);
    struct face_html html = face_page_html(&face, &buf);
    evid_page_render(&html, &view);
    face_page_answer(req, &face, &buf, 200, false, NULL);
}

static sg_result
optional_form(struct http_request *req, const char *name, sg_str *ret)
{
    sg_result r = http_form_get(req, name, ret);
    return r.code == SG_E_NOT_FOUND ? SG_DONE : r;
}

static sg_result
parse_form(struct ask *ask)
{
    struct http_request *req = ask->req;
    SG_TRY(http_form_get(req, "object", &ask->in.object));
    SG_TRY(optional_form(req, "audience", &ask->in.audience));
    SG_TRY(optional_form(req, "nonce", &ask->in.nonce));
    return flow_lookup_hash(req->arena, ask->in.object, ask->hash);
}

static void
ask_form(struct http_request *req)
{
    struct ask *ask = ask_new(req);
    if (ask == NULL) {
        return;
    }
    ask->page = true;
    sg_result r = parse_form(ask);
    if (!sg_ok(r)) {
        face_page_error(req, r);
        return;
    }
    look_up(ask);
}

/* ---- the public log (C2SP tlog-tiles) -------------------------------------------------------------------------------------- */

static void
answer_file(struct http_request *req, sg_str name, size_t max, const char *type, const char *cache)
{
    struct http_reply reply = { .status = 200, .content_type = type };
    sg_result r = flow_log_read(face_app(req)->flow, req->arena, name, max, &reply.body);
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    http_reply_header(&reply, "Cache-Control", sg_cstr(cache));
    http_answer(req, &reply);
}

static void
checkpoint(struct http_request *req)
{
    answer_file(req, SG_LIT("checkpoint"), CHECKPOINT_MAX, "text/plain; charset=utf-8", "no-cache");
}

static void
tile(struct http_request *req)
{
    int level;
    uint64_t n;
    unsigned width;
    sg_str path;
    char name[TLOG_TILE_PATH_MAX];
    sg_result r = sg_arena_printf(req->arena, &path, "tile/%.*s", SG_PRINT(req->params[0]));
    if (sg_ok(r)) {
        r = tlog_tile_parse(
            path, &level, &n, &width); /* canonical or nothing: no path of a stranger is opened */
    }
    if (sg_ok(r) && level < 0) {
        r = SG_ERROR(POLICY); /* entries are closed to strangers by default */
    }
    if (sg_ok(r)) {
        r = tlog_tile_path((unsigned)level, n, width, name);
    }
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    answer_file(req, sg_cstr(name), TLOG_TILE_WIDTH * TLOG_HASH_LEN, "application/octet-stream",
        "max-age=31536000, immutable");
}

const struct http_route evid_routes[] = {
    { HTTP_POST, "/evidence/lookup", lookup, 1024 * 1024, "application/json", HTTP_CORS,
        "evid_lookup", "Evidence of a credential, by the object or its signature hash",
        "evidence" },
    { HTTP_GET, "/evidence", ask_page, 0, "", 0, "evid_ask", "Page: ask for evidence", "evidence" },
    { HTTP_POST, "/evidence", ask_form, 1024 * 1024, "application/x-www-form-urlencoded", 0,
        "evid_ask_form", "Page: evidence of the object in the form", "evidence" },
    { HTTP_GET, "/evidence/{id}", get, 0, "", HTTP_CORS, "evid_get",
        "Evidence by signature hash (hex); a page for browsers", "evidence" },
    { HTTP_GET, "/log/checkpoint", checkpoint, 0, "", HTTP_CORS, "log_checkpoint",
        "Signed head of the log (C2SP tlog-checkpoint)", "evidence" },
    { HTTP_GET, "/log/tile/{path...}", tile, 0, "", HTTP_CORS, "log_tile",
        "Hash tile of the log (C2SP tlog-tiles)", "evidence" },
};
const size_t n_evid_routes = sizeof(evid_routes) / sizeof(evid_routes[0]);

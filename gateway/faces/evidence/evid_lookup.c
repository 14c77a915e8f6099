/*
 * Evidence for relying parties (req: EV-2). Holding the object is the right to ask for its openings; by hash alone existence, state and
 * proof are told, at a limited rate.
 */
#include "evid_bundle.h"
#include "evid_face.h"
#include "face_page.h"
#include "sg_text.h"
#include "tlog_tile.h"

#define HASH_ONLY_PER_MINUTE 120
#define IDS_MAX 1
#define CHECKPOINT_MAX 8192

struct ask {
    struct http_request *req;
    uint8_t hash[32];
    bool page;
};

static void
put_row(struct sg_buf *buf, const char *name, sg_str value)
{
    sg_buf_put_cstr(buf, "<tr><th>");
    sg_buf_put_cstr(buf, name);
    sg_buf_put_cstr(buf, "</th><td>");
    face_page_text(buf, value);
    sg_buf_put_cstr(buf, "</td></tr>");
}

static sg_str
text_of(sg_str hex, uint64_t v, struct sg_arena *arena)
{
    sg_str text;
    return sg_ok(sg_arena_printf(arena, &text, "%llu", (unsigned long long)v)) ? text : hex;
}

struct page_words {
    const char *title, *lead, *found, *pending, *missing, *hash, *log, *consent, *outcome, *bundle;
};
static const struct page_words page_words[2] = {
    { "Evidence of a signature",
        "What the signing service recorded before and after it used the key. Do not trust this "
        "page: take the bundle "
        "and verify it with your own copy of the log's key.",
        "Recorded and in the signed log.",
        "Recorded; not in a signed checkpoint yet. Try again in a moment.",
        "No record of this signature.", "Signature hash", "Log", "Approval record no.",
        "Result record no.", "Bundle (save it, then: sealgate evidence verify)" },
    { "署名の証跡",
        "鍵を使う前後に署名サービスが記録した内容です。この画面を信用せず、下のデータを保存して、手"
        "元にあるログの公開鍵で"
        "検証してください。",
        "記録され、署名付きログに含まれています。",
        "記録済みですが、署名付きチェックポイントにはまだ含まれていません。少し待って再度お試しくだ"
        "さい。",
        "この署名の記録はありません。", "署名のハッシュ", "ログ", "承認記録の番号",
        "結果記録の番号", "証跡データ(保存して sealgate evidence verify で検証)" },
};

static void
page(struct ask *ask, sg_result r, sg_bytes bundle)
{
    struct http_request *req = ask->req;
    bool ja = face_page_japanese(req);
    const struct page_words *w = &page_words[ja ? 1 : 0];
    sg_str hex = SG_NO_STR;
    SG_IGNORE(sg_hex_encode(req->arena, SG_BYTES(ask->hash), &hex)); /* shown only */
    struct sg_buf buf = face_page_begin(req, ja ? "ja" : "en", w->title);
    sg_buf_put_cstr(&buf, "<h1>");
    sg_buf_put_cstr(&buf, w->title);
    sg_buf_put_cstr(&buf, "</h1><p class=\"lead\">");
    sg_buf_put_cstr(&buf, sg_ok(r) ? w->found : r.code == SG_E_PENDING ? w->pending : w->missing);
    sg_buf_put_cstr(&buf, "</p><p>");
    sg_buf_put_cstr(&buf, w->lead);
    sg_buf_put_cstr(&buf, "</p><table>");
    put_row(&buf, w->hash, hex);
    struct evid_bundle *parsed = SG_NEW(req->arena, struct evid_bundle);
    if (sg_ok(r) && parsed != NULL &&
        sg_ok(evid_bundle_parse(req->arena, sg_bytes_str(bundle), NULL, parsed))) {
        put_row(&buf, w->log, parsed->origin);
        put_row(&buf, w->consent, text_of(hex, parsed->consent.seq, req->arena));
        put_row(&buf, w->outcome, text_of(hex, parsed->outcome.seq, req->arena));
    }
    sg_buf_put_cstr(&buf, "</table>");
    if (sg_ok(r)) {
        sg_buf_put_cstr(&buf, "<h2>");
        sg_buf_put_cstr(&buf, w->bundle);
        sg_buf_put_cstr(&buf, "</h2><pre>");
        face_page_text(&buf, sg_bytes_str(bundle));
        sg_buf_put_cstr(&buf, "</pre>");
    }
    face_page_end(req, &buf, sg_ok(r) ? 200 : face_status_of(r.code));
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
look_up(struct http_request *req, const uint8_t hash[32], sg_str object, bool as_page)
{
    struct ask *ask = SG_NEW(req->arena, struct ask);
    if (ask == NULL) {
        face_problem(req, SG_ERROR(NO_MEMORY), NULL);
        return;
    }
    ask->req = req;
    ask->page = as_page;
    memcpy(ask->hash, hash, 32);
    flow_lookup(face_app(req)->flow, req->arena, ask->hash, object, found, ask);
}

static sg_result
limited(struct http_request *req)
{
    return auth_use_limited(
        face_app(req)->auth, sg_str_bytes(req->peer), HASH_ONLY_PER_MINUTE, face_now());
}

/* {"object": text} or {"signature_hash": hex}, or {"ids": [hex]} as issuance answers name it. */
static sg_result
parse(struct http_request *req, uint8_t ret_hash[32], sg_str *ret_object)
{
    const struct sjson *json;
    SG_TRY(sjson_parse_object(req->arena, sg_bytes_str(req->body), NULL, &json));
    const struct sjson *object = sjson_get(json, "object");
    const struct sjson *hash = sjson_get(json, "signature_hash");
    const struct sjson *ids = sjson_get(json, "ids");
    SG_REQUIRE((object != NULL) + (hash != NULL) + (ids != NULL) == 1, VALUE);
    *ret_object = SG_NO_STR;
    if (object != NULL) {
        SG_REQUIRE(object->type == SJSON_STRING, TYPE);
        *ret_object = object->text;
        return flow_lookup_hash(req->arena, object->text, ret_hash);
    }
    if (ids != NULL) {
        SG_REQUIRE(ids->type == SJSON_ARRAY && ids->n == IDS_MAX, VALUE);
        hash = ids->first;
    }
    SG_REQUIRE(hash->type == SJSON_STRING && hash->text.n == 64, VALUE);
    SG_TRY(sg_hex_decode_to(hash->text, ret_hash, 32));
    return limited(req);
}

static void
lookup(struct http_request *req)
{
    uint8_t hash[32];
    sg_str object;
    sg_result r = parse(req, hash, &object);
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    look_up(req, hash, object, false);
}

static void
get(struct http_request *req)
{
    uint8_t hash[32];
    sg_str id = req->params[0];
    sg_result r = id.n == 64 ? sg_hex_decode_to(id, hash, 32) : SG_ERROR(NOT_FOUND);
    if (sg_ok(r)) {
        r = limited(req);
    } else {
        r = SG_ERROR(NOT_FOUND);
    }
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    sg_str accept;
    bool as_page = http_header_find(req, "Accept", &accept) &&
                   !http_accepts(req, "application/json", "text/html");
    look_up(req, hash, SG_NO_STR, as_page);
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
    { HTTP_GET, "/evidence/{id}", get, 0, "", HTTP_CORS, "evid_get",
        "Evidence by signature hash (hex); a page for browsers", "evidence" },
    { HTTP_GET, "/log/checkpoint", checkpoint, 0, "", HTTP_CORS, "log_checkpoint",
        "Signed head of the log (C2SP tlog-checkpoint)", "evidence" },
    { HTTP_GET, "/log/tile/{path...}", tile, 0, "", HTTP_CORS, "log_tile",
        "Hash tile of the log (C2SP tlog-tiles)", "evidence" },
};
const size_t n_evid_routes = sizeof(evid_routes) / sizeof(evid_routes[0]);

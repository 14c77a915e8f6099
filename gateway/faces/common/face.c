#include "face.h"

#include <time.h>

int64_t
face_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec;
}

sg_str
face_base_path(sg_str base)
{
    size_t host = sg_str_index(base, ':', 0) + 3; /* "https://" */
    size_t path = host < base.n ? sg_str_index(base, '/', host) : base.n;
    return sg_str_slice(base, path, base.n);
}

/* ---- errors -------------------------------------------------------------------------------------------------- */

unsigned
face_status_of(enum sg_code code)
{
    /* Codes that differ from their class (ARCHITECTURE, Results and errors). */
    static const struct {
        enum sg_code code;
        unsigned status;
    } own[] = {
        { SG_E_STATUS_UNKNOWN, 503 },
        { SG_E_NOT_FOUND, 404 },
        { SG_E_EXPIRED, 410 },
        { SG_E_GRANT, 410 },
        { SG_E_PENDING, 202 },
        { SG_E_TOO_LARGE, 413 },
        { SG_E_FULL, 503 },
    };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (own[i].code == code) {
            return own[i].status;
        }
    }
    static const unsigned by_class[] = {
        [SG_CLASS_NONE] = 200,
        [SG_CLASS_INPUT] = 400,
        [SG_CLASS_AUTHN] = 401,
        [SG_CLASS_ACTIVATION] = 403,
        [SG_CLASS_POLICY] = 403,
        [SG_CLASS_STATUS] = 409,
        [SG_CLASS_STATE] = 409,
        [SG_CLASS_LIMIT] = 429,
        [SG_CLASS_UPSTREAM] = 503,
        [SG_CLASS_INTERNAL] = 500,
    };
    return by_class[sg_code_row(code)->class_];
}

struct face_word
face_word_of(const struct face_words *words, enum sg_code code)
{
    for (size_t i = 0; i < words->n; i++) {
        if (words->rows[i].code == code) {
            return words->rows[i];
        }
    }
    enum sg_class class_ = sg_code_row(code)->class_;
    unsigned status =
        words->status_by_class == NULL ? face_status_of(code) : words->status_by_class[class_];
    return (struct face_word){ code, status, words->by_class[class_] };
}

const char *
face_name_of(enum sg_code code)
{
    /* Refusals of consent look alike from outside: which part was wrong helps only who tries. */
    const struct sg_code_row *row = sg_code_row(code);
    return row->class_ == SG_CLASS_ACTIVATION ? sg_code_row(SG_E_ACTIVATION)->name : row->name;
}

static void
retry_after(struct http_reply *reply)
{
    if (reply->status == 503) {
        http_reply_header(reply, "Retry-After", SG_LIT("1"));
    } else if (reply->status == 429) {
        http_reply_header(reply, "Retry-After", SG_LIT("60"));
    } else if (reply->status == 202) {
        http_reply_header(reply, "Retry-After", SG_LIT("2"));
    }
}

void
face_oauth_error(struct http_request *req, const struct face_words *words, sg_result r)
{
    struct face_word word = face_word_of(words, r.code);
    struct http_reply reply = {
        .status = word.status, .content_type = "application/json", .code = r.code
    };
    struct sg_buf buf = sg_buf_new(req->arena, 256, 4096);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "error", word.word);
    sjson_wr_member_cstr(&wr, "error_description", sg_code_row(r.code)->sentence);
    sjson_wr_object_end(&wr);
    if (!sg_ok(sg_buf_end(&buf, &reply.body))) {
        reply.body = sg_str_bytes(SG_LIT("{\"error\":\"server_error\"}"));
    }
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-store"));
    if (r.code == SG_E_DPOP_NONCE) {
        face_dpop_nonce(req, &reply);
    }
    retry_after(&reply);
    http_answer(req, &reply);
}

void
face_problem(struct http_request *req, sg_result r, const char *detail)
{
    const struct sg_code_row *row = sg_code_row(r.code);
    struct http_reply reply = {
        .status = face_status_of(r.code), .content_type = "application/problem+json", .code = r.code
    };
    struct sg_buf buf = sg_buf_new(req->arena, 256, 4096);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "type", "about:blank");
    sjson_wr_member_cstr(&wr, "title", row->sentence);
    sjson_wr_member_int(&wr, "status", reply.status);
    if (detail != NULL) {
        sjson_wr_member_cstr(&wr, "detail", detail);
    }
    sjson_wr_member_cstr(&wr, "code", face_name_of(r.code));
    sjson_wr_object_end(&wr);
    if (!sg_ok(sg_buf_end(&buf, &reply.body))) {
        reply.body = sg_str_bytes(SG_LIT("{\"status\":500}"));
    }
    http_reply_header(&reply, "Cache-Control", SG_LIT("no-store"));
    retry_after(&reply);
    http_answer(req, &reply);
}

void
face_json(struct http_request *req, unsigned status, sg_str json, bool no_store)
{
    struct http_reply reply = {
        .status = status, .content_type = "application/json", .body = sg_str_bytes(json)
    };
    if (no_store) {
        http_reply_header(&reply, "Cache-Control", SG_LIT("no-store"));
    }
    http_answer(req, &reply);
}

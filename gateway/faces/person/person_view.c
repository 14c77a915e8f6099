/* The frame of a person's page: who reads, what is asked, what is answered. */
#include "person_inner.h"

struct person_view *
person_view_new(
    struct http_request *req, const char *script, enum face_text title, person_render render)
{
    struct person_view *view = SG_NEW(req->arena, struct person_view);
    if (view == NULL) {
        face_problem(req, SG_ERROR(NO_MEMORY), NULL);
        return NULL;
    }
    view->req = req;
    view->page = face_page_of(req);
    view->page.script = script;
    view->page.title = face_text(view->page.lang, title);
    view->render = render;
    view->route = req->route;
    view->signed_in =
        sg_ok(face_person_find(req, &view->person)) && view->person.kind == FACE_PERSON_COOKIE;
    if (view->signed_in) {
        view->page.csrf = sg_str_of(view->person.session.csrf, AUTH_CSRF_LEN);
    }
    return view;
}

bool
person_must_be_known(struct person_view *view)
{
    sg_str path;
    if (view->signed_in) {
        return true;
    }
    sg_result r = sg_arena_printf(view->req->arena, &path, "/login?next=%.*s",
        SG_PRINT(person_path_ok(view->req->path) ? view->req->path : SG_LIT("/account")));
    if (sg_ok(r)) {
        face_page_redirect(view->req, path);
    } else {
        face_problem(view->req, r, NULL);
    }
    return false;
}

/* ---- asking --------------------------------------------------------------------------------------- */

static void next(struct http_request *req);

static void
keep_answer(void *context, struct http_request *req, struct http_reply *reply)
{
    struct person_view *view = context;
    struct person_ask *ask = &view->asks[view->at++];
    ask->status = reply->status;
    if (!sg_ok(sjson_parse(req->arena, sg_bytes_str(reply->body), NULL, &ask->json))) {
        ask->json = NULL;
    }
    for (size_t i = 0; i < reply->n_headers; i++) {
        if (sg_str_is(reply->headers[i].name, "Set-Cookie") &&
            view->cookies.n_headers < HTTP_REPLY_HEADERS_MAX / 2) {
            view->cookies.headers[view->cookies.n_headers++] = reply->headers[i];
        }
    }
    req->state = view;
    http_continue(req, next);
}

static void
next(struct http_request *req)
{
    struct person_view *view = req->state;
    const struct face_app *app = face_app(req);
    while (view->at < view->n_asks) {
        const struct http_route *row = http_route_find(
            app->tables, app->table_rows, app->n_tables, HTTP_GET, view->asks[view->at].path);
        if (row != NULL) {
            req->route = row;
            req->state = NULL;
            http_answer_to(req, keep_answer, view);
            row->handler(req);
            return;
        }
        view->asks[view->at++].status = 404;
    }
    req->route = view->route;
    view->render(view);
}

void
person_ask(struct person_view *view, const char *const *paths, size_t n)
{
    for (size_t i = 0; i < n && i < PERSON_ASKS_MAX; i++) {
        view->asks[view->n_asks++] = (struct person_ask){ .path = paths[i] };
    }
    view->req->state = view;
    next(view->req);
}

/* ---- answering ------------------------------------------------------------------------------------- */

struct sg_buf
person_open(struct person_view *view)
{
    return face_page_open(view->req->arena, &view->page);
}

void
person_close(struct person_view *view, struct sg_buf *buf, unsigned status)
{
    face_page_answer(view->req, &view->page, buf, status, true, &view->cookies);
}

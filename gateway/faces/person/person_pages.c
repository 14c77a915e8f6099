/* Handlers: who reads, what is asked, which page is written. The pages themselves are functions of the answers, in their own files. */
#include "demo_face.h"
#include "person_inner.h"

#define LINK_MAX 128

static void
enrol_page(struct person_view *view)
{
    struct sg_buf buf = person_open(view);
    struct face_html html = face_page_html(&view->page, &buf);
    person_enrol_render(&html, view->req->params[0], view->page.demo);
    person_close(view, &buf, 200);
}

void
person_enrol(struct http_request *req)
{
    if (req->params[0].n > LINK_MAX) {
        face_page_error(req, SG_ERROR(NOT_FOUND));
        return;
    }
    /* whether the link is good is told with its code alone: a link by itself says nothing (req: AU-7) */
    struct person_view *view = person_view_new(req, "enrol", T_ENROL_TITLE, enrol_page);
    if (view != NULL) {
        enrol_page(view);
    }
}

static void
login_page(struct person_view *view)
{
    sg_str next = SG_NO_STR;
    bool given = http_query_find(view->req, "next", &next) && person_path_ok(next);
    struct sg_buf buf = person_open(view);
    struct face_html html = face_page_html(&view->page, &buf);
    person_login_render(&html, given ? next : SG_LIT("/account"),
        face_app(view->req)->openid == NULL ? SG_NO_STR : SG_LIT("/account/login/external"));
    person_close(view, &buf, 200);
}

void
person_login(struct http_request *req)
{
    struct person_view *view = person_view_new(req, "login", T_LOGIN_TITLE, login_page);
    if (view == NULL) {
        return;
    }
    sg_str next;
    if (http_query_find(req, "next", &next) && person_path_ok(next) &&
        !sg_ok(sg_arena_printf(req->arena, &view->page.query, "next=%.*s", SG_PRINT(next)))) {
        view->page.query = SG_NO_STR;
    }
    login_page(view);
}

/* ---- account --- */

static const struct sjson *
good(const struct person_ask *ask)
{
    return ask->status == 200 ? ask->json : NULL;
}

static void
account_page(struct person_view *view)
{
    const struct person_account account = { .passkeys = good(&view->asks[0]),
        .keys = good(&view->asks[1]),
        .credentials = good(&view->asks[2]),
        .activity = good(&view->asks[3]),
        .configs = flow_configurations(face_app(view->req)->flow) };
    struct sg_buf buf = person_open(view);
    struct face_html html = face_page_html(&view->page, &buf);
    person_account_render(&html, &account);
    person_close(view, &buf, 200);
}

void
person_account(struct http_request *req)
{
    static const char *const paths[] = { "/account/passkeys", "/account/keys",
        "/account/credentials", "/account/activity" };
    struct person_view *view = person_view_new(req, "account", T_ACCOUNT_TITLE, account_page);
    if (view != NULL && person_must_be_known(view)) {
        person_ask(view, paths, sizeof(paths) / sizeof(paths[0]));
    }
}

/* ---- the page ----------------------------------------------------------------------------------------------- */

/* The same codes for pages: what an endpoint refused, the page refuses. */
static sg_result
refusal_of(unsigned status)
{
    return status == 404   ? SG_ERROR(NOT_FOUND)
           : status == 410 ? SG_ERROR(EXPIRED)
           : status == 401 ? SG_ERROR(UNAUTHENTICATED)
           : status == 403 ? SG_ERROR(POLICY)
                           : SG_ERROR(NOT_READY);
}

static void
agreed_page(struct person_view *view)
{
    const struct sjson *agreed = good(&view->asks[0]);
    struct sg_buf buf = person_open(view);
    struct face_html html = face_page_html(&view->page, &buf);
    if (!person_agreed_render(&html, agreed)) {
        face_page_error(view->req, refusal_of(agreed != NULL ? 404 : view->asks[0].status));
        return;
    }
    person_close(view, &buf, 200);
}

void
person_agreed(struct http_request *req)
{
    static const char *const paths[] = { "/account/activity/{seq}" };
    struct person_view *view = person_view_new(req, NULL, T_AGREED_TITLE, agreed_page);
    if (view != NULL && person_must_be_known(view)) {
        person_ask(view, paths, 1);
    }
}

static void
consent_page(struct person_view *view)
{
    /* the same id may name a presentation or key proofs */
    static const char *const paths[] = { "/vp/presentations/", "/vp/proofs/" };
    size_t i = view->asks[0].status == 404 ? 1 : 0;
    const struct person_ask *ask = &view->asks[i];
    sg_str path;
    if (ask->status != 200 || ask->json == NULL ||
        !sg_ok(sg_arena_printf(
            view->req->arena, &path, "%s%.*s", paths[i], SG_PRINT(view->req->params[0])))) {
        face_page_error(view->req, refusal_of(ask->status));
        return;
    }
    struct sg_buf buf = person_open(view);
    struct face_html html = face_page_html(&view->page, &buf);
    if (!person_consent_render(&html, ask->json, path, face_now())) {
        face_page_error(view->req, SG_ERROR(NOT_FOUND));
        return;
    }
    person_close(view, &buf, 200);
}

void
person_consent(struct http_request *req)
{
    static const char *const paths[] = { "/vp/presentations/{id}", "/vp/proofs/{id}" };
    struct person_view *view = person_view_new(req, "consent", T_CONSENT_TITLE, consent_page);
    if (view != NULL && person_must_be_known(view)) {
        person_ask(view, paths, sizeof(paths) / sizeof(paths[0]));
    }
}

/* ---- the demonstration's story --------------------------------------------------------------------------- */

static void
story_page(struct person_view *view)
{
    const struct sjson *credentials =
        view->n_asks > 0 ? sjson_get(good(&view->asks[0]), "credentials") : NULL;
    struct sg_buf buf = person_open(view);
    struct face_html html = face_page_html(&view->page, &buf);
    demo_story_render(&html, view->signed_in, credentials == NULL ? 0 : credentials->n);
    person_close(view, &buf, 200);
}

void
person_story(struct http_request *req)
{
    static const char *const paths[] = { "/account/credentials" };
    if (!face_app(req)->demo) {
        face_page_error(req, SG_ERROR(NOT_FOUND));
        return;
    }
    struct person_view *view = person_view_new(req, "demo", T_DEMO_TITLE, story_page);
    if (view != NULL) {
        person_ask(view, paths, view->signed_in ? 1 : 0);
    }
}

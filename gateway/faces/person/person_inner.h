/*
 * Inside the pages for people. A page asks the endpoints that programs ask (the handler is called on the same request, its answer kept instead of sent)
 * and renders what they said: so who may see what is decided in one place, and a page cannot show more than its reader may have as JSON.
 */
#ifndef PERSON_INNER_H
#define PERSON_INNER_H

#include "face_page.h"
#include "face_person.h"
#include "sjson.h"

#define PERSON_ASKS_MAX 6

/* One question: the row's path, the status of its answer, its JSON (NULL when it was none). */
struct person_ask {
    const char *path;
    unsigned status;
    const struct sjson *json;
};

struct person_view;
typedef void (*person_render)(struct person_view *view);

struct person_view {
    struct http_request *req;
    struct face_page page;
    struct face_person person; /* known when `signed_in` */
    bool signed_in;
    struct person_ask asks[PERSON_ASKS_MAX];
    size_t n_asks;
    size_t at;
    person_render render;
    const struct http_route *route; /* the page's own, for the log */
    struct http_reply cookies;      /* Set-Cookie headers of the answers */
};

/* For a page named `script` with this title; NULL after an error was answered. */
struct person_view *person_view_new(
    struct http_request *req, const char *script, enum face_text title, person_render render);
/* Signed in? Otherwise the reader is sent to the login page, and comes back afterwards: false. */
bool person_must_be_known(struct person_view *view);
/* Ask the endpoints in order (rows of GET), then render. The request belongs to the view from here on. */
void person_ask(struct person_view *view, const char *const *paths, size_t n);

/* The view's page begun, with its CSRF token; and closed and answered. */
struct sg_buf person_open(struct person_view *view);
void person_close(struct person_view *view, struct sg_buf *buf, unsigned status);

/* Pages as functions of the answers: pure, for tests. `json` may be NULL (could not be had). */
/* `address`: the last part of the enrolment page's URL. */
void person_enrol_render(struct face_html *html, sg_str address, bool demo);
void person_login_render(struct face_html *html, sg_str next, sg_str provider);
struct person_account {
    const struct sjson *passkeys, *keys, *credentials, *activity;
    const struct flow_configs *configs; /* for the names of our own credentials; may be NULL */
};
void person_account_render(struct face_html *html, const struct person_account *account);
/* What was read and agreed to, word for word; false: the answer has no text. */
bool person_agreed_render(struct face_html *html, const struct sjson *agreed);
/* What is to be approved, or what became of it. `path`: of its endpoints ("/vp/presentations/{id}"). False: the answer lacks what a page needs. */
bool person_consent_render(
    struct face_html *html, const struct sjson *consent, sg_str path, int64_t now);
struct person_field {
    const char *name;
    sg_str value;
};
struct person_wallet {
    sg_str name, client, returns;
    bool activity;                     /* it wants to read all activity too */
    const struct person_field *fields; /* the request, to be sent again as it came */
    size_t n_fields;
};
void person_wallet_render(struct face_html *html, const struct person_wallet *wallet);
/* The places where the script says what goes on. */
void person_says(struct face_html *html);

/* Members of an answer; empty, 0 or false when they are missing or of another type. */
sg_str person_text(const struct sjson *json, const char *name);
int64_t person_int(const struct sjson *json, const char *name);
bool person_true(const struct sjson *json, const char *name);
/* "2026-11-21 17:45" */
#define PERSON_TIME_LEN 24
void person_time(int64_t at, char ret[PERSON_TIME_LEN]);
/* A path of ours to go on to after login: "/…", nothing that a browser would take for another place. */
bool person_path_ok(sg_str path);

/* Handlers. */
void person_enrol(struct http_request *req);
void person_login(struct http_request *req);
void person_account(struct http_request *req);
void person_consent(struct http_request *req);
void person_agreed(struct http_request *req);
void person_story(struct http_request *req);

#endif

/* Inside the demonstration: visits to the door, kept in memory and forgotten when others come. */
#ifndef DEMO_INNER_H
#define DEMO_INNER_H

#include "demo_face.h"
#include "face_person.h"
#include "sjson.h"

#define DEMO_CLIENT "demo-client" /* `sealgate init --demo` makes it, with its mandates */
#define DEMO_ID_LEN 22            /* base64url of 16 random bytes */
#define DEMO_VISITS_MAX 64
#define DEMO_VISIT_LIFE_S 900
#define DEMO_RESULT_MAX ((size_t)64 * 1024)

/* What a badge is to the verifier: the formats it can ask for. */
struct demo_form {
    const char *format;        /* OpenID4VP's identifier */
    const char *configuration; /* that issues one; also the value on the page */
    const char *name;          /* for people */
};
extern const struct demo_form demo_forms[];
extern const size_t n_demo_forms;
const struct demo_form *demo_form_find(sg_str configuration);

/* One visit: who asks is this service itself, on its own response_uri; the id is in the address, state and nonce are for the answer alone. */
struct demo_visit {
    char id[DEMO_ID_LEN + 1];
    char state[DEMO_ID_LEN + 1];
    char nonce[DEMO_ID_LEN + 1];
    const struct demo_form *form;
    int64_t made_at;
    bool answered;
};
/* A new visit, in the place of the oldest. Never fails. Any thread. */
void demo_visit_make(const struct demo_form *form, int64_t now, struct demo_visit *ret);
/* SG_E_NOT_FOUND: unknown or too old. */
SG_CHECKED sg_result demo_visit_get(sg_str id, int64_t now, struct demo_visit *ret);
/* The answer came, once: SG_E_REPLAY the second time. `result`: JSON of ours, copied. SG_E_TOO_LARGE. */
SG_CHECKED sg_result demo_visit_answer(sg_str id, int64_t now, sg_str result);
/* What came of it, copied into the arena; empty: nothing yet. */
SG_CHECKED sg_result demo_visit_result(struct sg_arena *arena, sg_str id, int64_t now, sg_str *ret);

/* BASE/demo/verifier/{id}: response_uri, and client_id behind "redirect_uri:". */
SG_CHECKED sg_result demo_address(
    struct sg_arena *arena, sg_str base, const struct demo_visit *visit, sg_str *ret);
/* The Authorization Request as a URL. */
SG_CHECKED sg_result demo_request(
    struct sg_arena *arena, sg_str base, const struct demo_visit *visit, sg_str *ret);

/* Verify what was posted and write the result for the page. Never says that something holds which was not checked. */
SG_CHECKED sg_result demo_check(struct http_request *req, const struct demo_visit *visit,
    sg_str vp_token, int64_t now, sg_str *ret);

/* A page as a function. */
void demo_door_render(struct face_html *html, const struct sjson *result);

/* Handlers. */
void demo_badge(struct http_request *req);
void demo_door_open(struct http_request *req);
void demo_door_post(struct http_request *req);
void demo_door_page(struct http_request *req);
/* False, and 404 is answered: this is no demonstration. */
bool demo_here(struct http_request *req);

#endif

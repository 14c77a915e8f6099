/*
 * What the faces share: the application behind req->app, errors as words of a protocol, JSON answers, authentication of a request.
 *
 * For serve: http_settings.app points to a struct face_app, or to a struct whose first member is one; the route tables to concatenate
 * are vci_routes, evid_routes, admin_routes (vci_face.h, evid_face.h, admin_face.h).
 */
#ifndef FACE_H
#define FACE_H

#include "auth.h"
#include "flow.h"
#include "http.h"

struct peer;
struct flow_questions;

/* Settings of the VC-API face (req: PRO-5). */
struct face_vcapi {
    bool test_mode; /* requests without credentials are the test client's; never in production */
    sg_str test_client; /* a registered client: its mandates and no others */
    bool
        w3c_suite; /* what the W3C test suites need: refused verification is 400, options of theirs */
    bool schema_required;
    sg_str configuration; /* the instance behind paths that name none; may be empty */
};

/* A wallet that may ask persons for access, as an operator registered it: one row for each of its redirect URIs. */
struct face_wallet {
    sg_str client;
    sg_str redirect_uri;
    sg_str name;
};

struct face_app {
    sg_str base;             /* public URL, no trailing slash */
    const char *environment; /* "test" or "production" */
    sg_str brand;            /* issuer's display name */
    uint64_t batch_max;
    int64_t offer_life_s; /* of an offer whose maker names no time */
    bool demo;            /* said on every page (environment test with demo keys) */
    struct auth *auth;
    struct flow *flow;
    struct flow_persons *persons;     /* flow_enrol.h, flow_account.h */
    struct flow_questions *questions; /* NULL: no keys of persons here */
    struct peer_registry *registry;
    struct peer *courier;
    struct flow_dids *dids; /* did:web documents of others */
    /* Certificates whose issuers are believed when an object is verified. */
    const sg_bytes *anchors;
    size_t n_anchors;
    struct face_vcapi vcapi;
    struct auth_openid *openid; /* outside provider for logins; NULL: none */
    sg_str openid_name;         /* what the login page calls it */
    const struct face_wallet *wallets;
    size_t n_wallets;
    /* All routes of the gateway, for OpenAPI. */
    const struct http_route *const *tables;
    const size_t *table_rows;
    size_t n_tables;
};

static inline struct face_app *
face_app(const struct http_request *req)
{
    return (struct face_app *)req->app;
}

/* "/t" of https://host/t, empty of https://host: what links on pages begin with. */
sg_str face_base_path(sg_str base);

/* UTC seconds now. The one place of the faces that reads the clock. */
int64_t face_now(void);

/* How a face says a code: HTTP status and protocol word. Rows for codes; what is not listed goes by class. */
struct face_word {
    enum sg_code code;
    unsigned status;
    const char *word;
};
struct face_words {
    const struct face_word *rows;
    size_t n;
    const char *by_class[10];        /* word per enum sg_class */
    const unsigned *status_by_class; /* NULL: the architecture's (class_status) */
};
/* Always finds something: the row, or the class. */
struct face_word face_word_of(const struct face_words *words, enum sg_code code);
/* 400, 401, 403 ... by class and code (ARCHITECTURE, Results and errors). */
unsigned face_status_of(enum sg_code code);

/* The name of a code as strangers see it: one for all refusals of consent. */
const char *face_name_of(enum sg_code code);

/* An answer with a JSON body. `no_store` adds Cache-Control: no-store. */
void face_json(struct http_request *req, unsigned status, sg_str json, bool no_store);
/* OAuth / OpenID4VCI error object {"error","error_description"}; UPSTREAM gets Retry-After. */
void face_oauth_error(struct http_request *req, const struct face_words *words, sg_result r);
/* RFC 9457 application/problem+json with "code". */
void face_problem(struct http_request *req, sg_result r, const char *detail);

/* The request as gateway/auth looks at it; `path` is the public path (BASE + path = htu). */
struct auth_request face_auth_request(struct http_request *req);
/*
 * Resource side: check token and proof. On refusal the answer (401, 403, 429, WWW-Authenticate, DPoP-Nonce) is sent and NULL comes back.
 * `problem` chooses the body: problem details for /v1, none for OpenID4VCI (RFC 6750: no body needed).
 */
struct auth_session *face_authenticate(struct http_request *req, enum auth_kind kind, bool problem);

/* The answer for a request that may not: 400, 401, 403 with WWW-Authenticate (RFC 6750 3, RFC 9449 7.1). */
void face_auth_refuse(struct http_request *req, sg_result r, bool problem);

/* A DPoP-Nonce header with a fresh nonce. */
void face_dpop_nonce(struct http_request *req, struct http_reply *reply);

#endif

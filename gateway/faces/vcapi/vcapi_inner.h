/* What the files of gateway/faces/vcapi share. */
#ifndef VCAPI_INNER_H
#define VCAPI_INNER_H

#include "face.h"
#include "vcapi_face.h"
#include "verify.h"

#define VCAPI_OBJECT_MAX ((size_t)1024 * 1024)
#define VCAPI_UNKNOWN_OPTION "https://www.w3.org/TR/vcalm#UNKNOWN_OPTION_PROVIDED"
#define VCAPI_OPTIONS_MAX 8
#define VCAPI_DOMAINS_MAX 16

/* What a request of one endpoint may say. Lists end with NULL. */
struct vcapi_form {
    const char *const *members; /* of the body; the first that is there is the object in question */
    size_t
        n_objects; /* how many of `members` name that object ("verifiablePresentation", "presentation") */
    const char *const *options; /* of "options" */
    const char *const *suite;   /* further options of the profile w3c-suite; NULL: none */
};

/* One request on its way. Lives in the request's arena. */
struct vcapi_call {
    struct http_request *req;
    struct auth_session *session; /* NULL in the test mode */
    sg_str client;
    const struct sjson *body;
    const struct sjson *object;  /* the credential or presentation */
    const struct sjson *options; /* NULL without */
    struct sg_why why;
};

/*
 * Who asks, and does the body have the form's shape? NULL: the answer has been sent. In the test mode a request without credentials
 * is the test client's.
 */
struct vcapi_call *vcapi_begin(struct http_request *req, const struct vcapi_form *form);
/* Who asks alone, for endpoints without a body. */
struct vcapi_call *vcapi_begin_empty(struct http_request *req);

/* Ends the call: a JSON answer, or problem details (RFC 9457). `detail` may be NULL. */
void vcapi_answer(struct vcapi_call *call, unsigned status, sg_str json);
void vcapi_refuse(struct vcapi_call *call, sg_result r);
void vcapi_problem(struct vcapi_call *call, sg_result r, const char *type, const char *detail);
/* The HTTP status of a refusal here: what is wrong with the object is 400, whatever its class elsewhere. */
unsigned vcapi_status_of(enum sg_code code);

/* Options by type; absent ones give the default. SG_E_TYPE. */
SG_CHECKED sg_result vcapi_option_bool(
    const struct vcapi_call *call, const char *name, bool absent, bool *ret);
SG_CHECKED sg_result vcapi_option_text(
    const struct vcapi_call *call, const char *name, sg_str *ret);

/* The instance that the path names, or the default one. SG_E_CONFIGURATION. */
SG_CHECKED sg_result vcapi_instance(struct vcapi_call *call, const struct flow_config **ret);

/* Handlers. */
void vcapi_credentials_issue(struct http_request *req);
void vcapi_credentials_verify(struct http_request *req);
void vcapi_credentials_derive(struct http_request *req);
void vcapi_credentials_status(struct http_request *req);
void vcapi_presentations(struct http_request *req);
void vcapi_presentations_verify(struct http_request *req);
void vcapi_challenges(struct http_request *req);

/* ---- verifying: what the endpoints say of a result ------------------------------------------------------ */

/* The status of one reference, asked for. */
struct vcapi_status {
    bool known;
    uint64_t value; /* 0: valid */
    enum sg_code code;
};
/* What a verification answers, as JSON. `input` is the object as it came. */
SG_CHECKED sg_result vcapi_render(struct sg_arena *arena, const struct verify_result *result,
    const struct vcapi_status *statuses, const struct vcapi_call *call, bool presentation,
    sg_str *ret, bool *ret_verified);

#endif

/* Handlers of this face, one file each. */
#ifndef VP_INNER_H
#define VP_INNER_H

#include "face_person.h"
#include "flow_present.h"
#include "oid4vp.h"
#include "vp_face.h"

#define VP_HELD_MAX 64    /* credentials in one call */
#define VP_CHOICES_MAX 64 /* credential ids of a selection */
#define VP_QUERIES_MAX 32 /* = DCQL_CREDENTIALS_MAX */
#define VP_VALUE_MAX \
    16384 /* JSON of one claim's value on its way to a page; a photograph is not repeated there */

/* The same shape for every refusal: problem details, with the protocol's word beside our code. */
extern const struct face_words vp_words;
void vp_problem(struct http_request *req, sg_result r, const char *detail);

void vp_start(struct http_request *req);
void vp_get(struct http_request *req);
void vp_select(struct http_request *req);
void vp_approve(struct http_request *req);
void vp_refusal(struct http_request *req);
void vp_proofs(struct http_request *req);
void vp_metadata(struct http_request *req);

/* A call under way: its request, and how its answer looks. */
struct vp_call {
    struct http_request *req;
    struct flow_questions *questions;
    struct face_person person;
    struct sg_why why;
    unsigned status; /* of a good answer */
    bool proofs;     /* of /vp/proofs */
};
/* Who asks; NULL after the refusal was sent. */
struct vp_call *vp_call_new(struct http_request *req, unsigned status);
/* A flow's call-back: context is the struct vp_call. */
void vp_answer(void *context, sg_result r, const struct flow_question *question);

/* ---- bodies (fuzzed) -------------------------------------------------------------------------------- */

struct vp_start_req {
    sg_str request;
    struct flow_held_in held[VP_HELD_MAX];
    size_t n_held;
    bool held_given;
    bool deliver;
    enum consent_language language; /* 0: not said */
};
/* SG_E_MISSING, SG_E_TYPE, SG_E_VALUE, SG_E_TOO_MANY, sjson's. Unknown members are refused: a slip would change what is shown. */
SG_CHECKED sg_result vp_start_parse(
    struct sg_arena *arena, sg_bytes body, struct vp_start_req *ret);

struct vp_selection {
    struct flow_choice choices[VP_QUERIES_MAX];
    size_t n;
    enum consent_language language;
};
/* {"selection": {query: [ids]}, "language"} ; either may be absent, not both. */
SG_CHECKED sg_result vp_select_parse(
    struct sg_arena *arena, sg_bytes body, struct vp_selection *ret);

struct vp_approve_req {
    struct flow_assertion assertion;
    struct vp_selection selection;
};
/* {"credential": PublicKeyCredential.toJSON(), "selection"?}. */
SG_CHECKED sg_result vp_approve_parse(
    struct sg_arena *arena, sg_bytes body, struct vp_approve_req *ret);

struct vp_proofs_req {
    sg_str issuer;
    sg_str nonce;
    sg_str client_id;
    enum flow_prove_by by;
    sg_bytes keys[FLOW_PROVE_MAX];
    size_t n_keys;
    bool attestation;
    enum consent_language language;
};
/* {"issuer", "nonce"?, "client_id"?, "keys": [thumbprint], "binding_method"?, "key_attestation"?, "language"?} */
SG_CHECKED sg_result vp_proofs_parse(
    struct sg_arena *arena, sg_bytes body, struct vp_proofs_req *ret);

/* ---- answers ------------------------------------------------------------------------------------------ */
SG_CHECKED sg_result vp_render(struct sg_arena *arena, sg_str base, int64_t now,
    const struct flow_question *question, sg_str *ret);

#endif

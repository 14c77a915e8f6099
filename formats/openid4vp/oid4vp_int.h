/* What the files of formats/openid4vp share. */
#ifndef OID4VP_INT_H
#define OID4VP_INT_H

#include "oid4vp.h"

/* One request under verification. */
struct vp_run {
    struct sg_arena *arena;
    const struct oid4vp_carrier *carrier;
    const struct oid4vp_trust *trust;
    const struct oid4vp_expect *expect;
    struct oid4vp_failure *failure;
    struct jws jws; /* BY_OBJECT */
    const struct sjson *parameters;
    const struct oid4vp_client *client; /* pre-registered */
    struct oid4vp_request request;      /* grows step by step */
};

/* Note why and give the refusal back. */
sg_result vp_refuse(struct oid4vp_failure *failure, const char *what, sg_result r);
#define VP_WANT(run, cond, what, code)                                \
    do {                                                              \
        if (!(cond)) {                                                \
            return vp_refuse((run)->failure, (what), SG_ERROR(code)); \
        }                                                             \
    } while (0)
#define VP_TRY(run, what, call)                                \
    do {                                                       \
        sg_result vp_try_ = (call);                            \
        if (!sg_ok(vp_try_)) {                                 \
            return vp_refuse((run)->failure, (what), vp_try_); \
        }                                                      \
    } while (0)

/* A text parameter: absent leaves the empty text and false. SG_E_TYPE, SG_E_TOO_LARGE. */
SG_CHECKED sg_result vp_text(
    const struct sjson *object, const char *name, bool *ret_has, sg_str *ret);
/* Levels of nesting within OID4VP_DEPTH_MAX. SG_E_DEPTH. */
SG_CHECKED sg_result vp_depth_check(const struct sjson *v);

/* An absolute https URL without fragment, user and odd characters; http to this machine when `loopback`. `ret_host` without port. SG_E_VALUE. */
SG_CHECKED sg_result vp_uri_check(sg_str uri, bool loopback, sg_str *ret_host);
/* Host names, letters without case. */
bool vp_host_equal(sg_str a, sg_str b);
bool vp_is_dns_name(sg_str name);
/* "application/json; charset=utf-8" is "application/json". */
bool vp_media_is(sg_str content_type, const char *type);

/* Form encoding (URL Standard, application/x-www-form-urlencoded) in UTF-8. */
void vp_form_put(struct sg_buf *buf, const char *name, sg_str value);
/* One value decoded. SG_E_ENCODING. */
SG_CHECKED sg_result vp_form_decode(struct sg_arena *arena, sg_str in, sg_str *ret);

/* Signature and address by the rules of the prefix; see oid4vp_client.c. */
SG_CHECKED sg_result vp_client_authenticate(struct vp_run *run);
/* With these keys, the one named by kid if a key has it. SG_E_SIGNATURE, SG_E_ALGORITHM, SG_E_KEY_INVALID. */
SG_CHECKED sg_result vp_verify_with(const struct jws *jws, const struct jwk *keys, size_t n);

SG_CHECKED sg_result vp_metadata_read(struct vp_run *run);   /* vp_formats, with invalid_client */
SG_CHECKED sg_result vp_encryption_read(struct vp_run *run); /* direct_post.jwt: key and enc */
SG_CHECKED sg_result vp_transactions_read(struct vp_run *run);
SG_CHECKED sg_result vp_infos_read(struct vp_run *run);
/* credential_ids of an element, to indexes; SG_E_NOT_FOUND for an id that the query does not have. */
SG_CHECKED sg_result vp_queries_of(
    struct vp_run *run, const struct sjson *ids, const size_t **ret, size_t *ret_n);

/* Metadata that counts: client_metadata, or what is registered; NULL when there is none. */
const struct sjson *vp_metadata_of(const struct vp_run *run);

#endif

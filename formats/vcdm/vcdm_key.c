#include "vcdm_envelope_int.h"

/* spec: vc-jose-cose 4.1, 4.2: a verification method of the controller, listed for what the object is. */
sg_result
vcdm_key_by_cid(
    void *arg, struct sg_arena *arena, const struct vcdm_key_query *query, struct jwk *ret)
{
    const struct vcdm_cid *cid = arg;
    const char *purpose = query->media->presentation ? "authentication" : "assertionMethod";
    struct cid_method method;
    VCDM_HOLD(query->url_kid, query->why, "kid", METHOD);
    SG_TRY(cid_resolve(arena, cid->resolver, query->kid, sg_cstr(purpose), query->why, &method));
    bool type = !cid->json_web_key_only || sg_str_is(method.type, "JsonWebKey");
    VCDM_HOLD(type, query->why, "verification method type", METHOD);
    bool own = query->controller.n == 0 || sg_str_equal(method.controller, query->controller);
    bool iss = query->iss.n == 0 || sg_str_equal(method.controller, query->iss);
    VCDM_HOLD(own && iss, query->why, "controller", ISSUER);
    bool expired = method.has_expires && method.expires_at <= cid->now;
    bool revoked = method.has_revoked && method.revoked_at <= cid->now;
    VCDM_HOLD(!expired && !revoked, query->why, expired ? "expires" : "revoked", KEY_STATE);
    *ret = method.key;
    return SG_DONE;
}

/* Who issues, as Verifiable Credentials name it: an identifier, and the verification method under it for a seal key (req: KEY-5). */
#ifndef FLOW_ISSUER_H
#define FLOW_ISSUER_H

#include "jwk.h"

enum flow_issuer_form {
    FLOW_ISSUER_DID_WEB, /* did:web of the public URL; its document is /.well-known/did.json */
    FLOW_ISSUER_DID_KEY, /* did:key of the seal key itself */
    FLOW_ISSUER_URL,     /* BASE/issuer, where a controlled identifier document is served */
};
#define FLOW_ISSUER_PATH "/issuer"

/* "did:web", "did:key", "url"; false when it is none of them. */
bool flow_issuer_form_of(sg_str word, enum flow_issuer_form *ret);

struct flow_issuer {
    sg_str id;
    sg_str json_web_key; /* absolute URL of the method as JsonWebKey, for JOSE and COSE */
    sg_str multikey;     /* the same key as Multikey, for Data Integrity */
};
/* `base`: public URL. Both methods of a did:key are the one it has. SG_E_VALUE, SG_E_ALGORITHM, SG_E_NO_MEMORY. */
SG_CHECKED sg_result flow_issuer_make(struct sg_arena *arena, sg_str base,
    enum flow_issuer_form form, const struct jwk *key, struct flow_issuer *ret);

#endif

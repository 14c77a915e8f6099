/*
 * One row per credential format (req: FMT-1..FMT-5): everything that the flow knows about a format stands behind these functions, so that
 * issuing, offering, metadata and look-up are the same for all. Adding a format is adding a row in flow_form.c.
 *
 * A row's life: `read` once per configuration; `head` once per configuration and seal key (what can be made before any credential is
 * asked for); `need` and `build` per credential, up to the bytes that are signed; `attach` when the signature is there. Rows hold no state; nothing
 * here does input or output, and time and randomness are arguments.
 */
#ifndef FLOW_FORM_H
#define FLOW_FORM_H

#include "flow_config.h"
#include "wire_intent.h"

struct peer_key;

/* Where a configuration's members stand: in a single-format file beside `sealgate`, in a template in the entry of `formats`. */
struct flow_source {
    const struct sjson *entry; /* members that say what the credential is: vct ... */
    const struct sjson *ours;  /* members that say how it is made */
    sg_str base;               /* public URL, no trailing slash */
    struct sg_why *why;
};

/* What is derived from a seal key once, for one configuration. Immutable; lives until the flow closes. */
struct flow_head {
    const struct peer_key *key;
    const struct jose_alg *alg;
    const void *part; /* the form's own; in `arena` */
    struct sg_arena *arena;
    struct flow_head *retired;
};

/* The key a credential is bound to, as its proof showed it. */
struct flow_holder {
    struct jwk key;
    sg_str did; /* did:key or did:jwk by which the wallet named it; empty: by the bare key */
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
};

/* Claims of one credential, checked. */
struct flow_subject {
    const struct flow_config *config;
    const struct sjson *claims;
};

struct jsonld_contexts;
struct flow_document;

struct flow_make {
    sg_str base;
    const struct jsonld_contexts *contexts; /* pinned: built in, and those of the folder */
    const struct flow_subject *subject;
    const struct flow_head *head;
    const struct flow_holder *holder; /* NULL: bound to no key */
    const struct wire_ref *ref;       /* NULL: without status */
    int64_t now;                      /* UTC seconds */
    /* a client's whole document instead of claims (flow_document.h); NULL: claims */
    const struct flow_document *document;
    sg_bytes random;    /* as many as `need` said, for this credential alone */
    struct sg_why *why; /* for the operator; may be NULL */
};

/* Built and not signed yet. */
struct flow_pending {
    sg_bytes
        message; /* exactly what the key signs; its hash by the key's algorithm is the DTBS/R */
    const void *part; /* the form's own */
};

struct flow_form {
    const char *format; /* as in OpenID4VCI metadata */
    bool object;        /* the credential stands in answers as a JSON object, not as a string */
    const char *const
        *members; /* of `ours`, that the form understands beside the common ones; ends with NULL */
    const char *
        binding; /* cryptographic_binding_methods_supported unless a template says otherwise; blanks between */

    /* Its part of a configuration: config->type, config->part. SG_E_CONFIGURATION with source->why. */
    sg_result (*read)(
        struct sg_arena *arena, const struct flow_source *source, struct flow_config *config);
    /* Members of a template's entry in credential_configurations_supported: the algorithm, and what the format profile asks for. */
    void (*describe)(struct sjson_wr *wr, const struct flow_config *config);
    /* Has the format the claim at this claims path (OpenID4VCI App. B.2, C), and where? NULL: all of them, as they stand. */
    bool (*has_path)(const struct flow_config *config, const struct sjson *path);
    void (*write_path)(
        struct sjson_wr *wr, const struct flow_config *config, const struct sjson *path);

    sg_result (*head)(struct sg_arena *arena, sg_str base, const struct flow_config *config,
        const struct peer_key *key, const struct jose_alg *alg, const void **ret);
    /* Random bytes for one credential, at most. */
    sg_result (*need)(struct sg_arena *arena, const struct flow_subject *subject, size_t *ret);
    /* SG_E_CLAIMS when the claims cannot stand in this format, SG_E_TOO_LARGE. */
    sg_result (*build)(
        struct sg_arena *arena, const struct flow_make *make, struct flow_pending *ret);
    /* May make->document be secured here? Before anything is taken for it. NULL: the format secures no documents of clients. flow_document.h */
    sg_result (*document)(struct sg_arena *arena, const struct flow_make *make, struct sg_why *why);
    /* `signature`: JWS form. The text that leaves: a string's content, or a JSON object. */
    sg_result (*attach)(struct sg_arena *arena, const struct flow_pending *pending,
        sg_bytes signature, sg_str *ret);
    /* A credential with a signature of nothing, taken apart again as a verifier would. NULL: building is check enough. */
    sg_result (*check)(struct sg_arena *arena, const struct flow_config *config, sg_str credential);
    /* The claims that went into a credential, canonical (RFC 8785), for its instruction's hash. NULL: they cannot be had back. */
    sg_result (*claims)(
        struct sg_arena *arena, const struct flow_config *config, sg_str credential, sg_str *ret);
};

extern const struct flow_form flow_form_sdjwt;     /* dc+sd-jwt */
extern const struct flow_form flow_form_mdoc;      /* mso_mdoc */
extern const struct flow_form flow_form_ldp;       /* ldp_vc */
extern const struct flow_form flow_form_vc_jwt;    /* vc+jwt */
extern const struct flow_form flow_form_vc_sd_jwt; /* vc+sd-jwt */
extern const struct flow_form flow_form_vc_cose;   /* vc+cose */

const struct flow_form *flow_form_find(sg_str format); /* NULL when there is none */
const struct flow_form *const *flow_forms(size_t *ret_n);

#endif

/* What the files of formats/verify share. */
#ifndef VERIFY_INNER_H
#define VERIFY_INNER_H

#include "vcdm_terms.h"
#include "verify.h"

struct run {
    struct sg_arena *arena;
    const struct verify_trust *trust;
    const struct verify_expect *expect;
    struct verify_result result;
    struct verify_finding findings[VERIFY_FINDINGS_MAX];
    struct verify_ref refs[VERIFY_REFS_MAX];
    struct vcdm_published published; /* room for the digests of one context at a time */
    const struct sjson *document;    /* the credential that was verified last */
    unsigned depth;
    size_t n_schemas; /* entries of credentialSchema so far */
    bool no_memory;
};

/* Where in the object a check is, and what it plays there. */
struct place {
    sg_str subject;
    bool inner; /* inside a presentation: no audience and nonce of its own */
};

/* Add a finding; too many of them become one error. `detail` may be empty. */
void run_note(struct run *run, const struct place *at, const char *check,
    enum verify_severity severity, enum sg_code code, sg_str detail);
/* HELD for SG_OK, ERROR otherwise. True when it held. */
bool run_step(struct run *run, const struct place *at, const char *check, sg_result r);
/* The same with words of its own: static text, NULL for none. */
bool run_step_why(
    struct run *run, const struct place *at, const char *check, sg_result r, const char *what);
/* The last finding is about this member; its problem has this type. */
void run_input(struct run *run, const struct sjson *input);
void run_problem(struct run *run, const char *problem);
void run_ref(struct run *run, const struct verify_ref *ref);

/* A certificate chain in `x5c`: verified against the anchors, its leaf's key. `ret` is the caller's to free. */
SG_CHECKED sg_result run_x5c(struct run *run, const struct sjson *header, struct jwk_key **ret_key,
    sg_str iss, bool *ret_named, sg_str *ret_cn);

/* Does a certificate's name fit an issuer: its URL, or the host of one? */
struct x509_leaf;
bool run_names(const struct x509_leaf *leaf, sg_str issuer);

/* One format each; everything given lives as long as the arena. */
void verify_any(struct run *run, const struct place *at, sg_bytes object);
void verify_sdjwt(struct run *run, const struct place *at, sg_str text, const struct sjson *json);
/* A bare secured object of VC-JOSE-COSE. */
void verify_envelope(struct run *run, const struct place *at, unsigned envelope, sg_bytes secured);
/* A VCDM document in JSON: with proofs, or an Enveloped... object. */
void verify_document(struct run *run, const struct place *at, const struct sjson *document);
void verify_mdoc(struct run *run, const struct place *at, sg_bytes cbor);

/* Shared by the two ways of securing a VCDM document. */
void verify_period(struct run *run, const struct place *at, const struct sjson *document,
    const struct vcdm_credential *credential);
void verify_status_of(struct run *run, const struct place *at, const struct sjson *status);
/*
 * A document whose statements were signed, and not its names: it says nothing of what is read by name under another. `presentation`: but for what is in
 * `verifiableCredential`, which is looked at by itself.
 */
void verify_names(
    struct run *run, const struct place *at, const struct sjson *document, bool presentation);
/* The document's own members, without `proof` and, in a presentation, what it holds. NULL without memory. */
const struct sjson *verify_own_part(
    struct run *run, const struct sjson *document, bool presentation);
/* credentialSchema: object, array or NULL; of a credential that keeps the rules of the data model. Sets run->document to nothing in particular. */
void verify_schemas(struct run *run, const struct place *at, const struct sjson *document,
    const struct sjson *schemas);
/* A vcdm_resource_fn over a struct run: pinned schemas and contexts. */
SG_CHECKED sg_result verify_resource(void *arg, sg_str url, struct vcdm_resource *ret);
/* Rules on documents as a verifier applies them; digests of pinned documents. */
struct vcdm_rules verify_rules(struct run *run);
/* "verifiableCredential[2]", below what holds it. */
struct place place_of(struct run *run, const struct place *at, size_t index);

#endif

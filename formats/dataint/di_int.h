/* Inside formats/dataint: the row of a suite, a parsed proof, one hashing. Not for other folders. */
#ifndef DI_INT_H
#define DI_INT_H

#include "dataint.h"

#define DI_TEXT_MAX ((size_t)8192) /* one text of a proof other than proofValue */
#define DI_CREDENTIALS_V2 "https://www.w3.org/ns/credentials/v2"
#define DI_CONTEXT_V2 "https://w3id.org/security/data-integrity/v2"

/* ---- a parsed proof ---------------------------------------------------------------------------------- */

struct di_claim {
    const struct sjson *json;
    const struct di_suite *suite;
    sg_str id, verification_method, purpose, created, challenge;
    bool has_challenge, has_expires;
    int64_t expires_at;
    sg_str *domains, *previous;
    size_t n_domains, n_previous;
    sg_str value; /* proofValue; empty while a proof is being made */
};
/*
 * Form of one proof (DI 2.1). `need_value` is false for a proof in the making. SG_E_PROOF_VALUE, SG_E_ALGORITHM (suite); what was
 * read before a refusal stays in `ret` for the report.
 */
SG_CHECKED sg_result di_claim_parse(struct sg_arena *arena, const struct sjson *proof,
    bool need_value, bool zone_optional, struct sg_why *why, struct di_claim *ret);

/* ---- one hashing ------------------------------------------------------------------------------------- */

struct di_job {
    struct sg_arena *arena;
    const struct di_suite *suite;
    const struct jose_alg *alg;
    const struct sjson *document; /* without proof, or with the proofs that are referred to */
    const struct sjson *config;   /* the proof without proofValue, in the form that is hashed */
    const struct jsonld_contexts *contexts;
    struct sg_why *why;
    sg_bytes *ret_message; /* verifying: what the signature is over, once it is known; or NULL */
};
/*
 * No base, no loss (DI 2.4.3). Direction of text becomes a datatype, as the programs do that most signers use; the suites do not say,
 * and without it every text with a direction would be refused.
 */
static inline struct jsonld_options
di_jsonld_options(const struct di_job *job)
{
    return (struct jsonld_options){
        .contexts = job->contexts, .safe = true, .direction = JSONLD_I18N_DATATYPE
    };
}

struct di_hashes {
    sg_bytes proof, document, message;
};

/* What di_attach needs. */
struct di_parts {
    const struct sjson *root;    /* the caller's document */
    const struct sjson *context; /* replaces its "@context", or NULL */
    sg_str proof;                /* JSON object without proofValue */
    const struct di_suite *suite;
    const void *extra; /* of the suite */
};

struct di_suite {
    enum di_suite_id id;
    const char *name;
    bool legacy; /* the name is the proof's "type" and there is no "cryptosuite" */
    bool makes;
    bool jsonld; /* RDF canonicalisation, else JCS */
    enum jose_alg_id algs[2];
    /* H(canonical form of `value`); `job` says with which contexts and hash. */
    sg_result (*hash)(const struct di_job *job, const struct sjson *value, uint8_t *out);
    sg_result (*prepare)(const struct di_job *job, const struct di_selective *selective,
        struct di_hashes *ret, const void **ret_extra);
    sg_result (*encode)(struct sg_arena *arena, const struct di_parts *parts, sg_bytes signature,
        sg_str *ret_value);
    sg_result (*verify)(const struct di_job *job, const struct di_expect *expect,
        const struct jwk_key *key, sg_str value);
};

/* SHA-256, and SHA-384 for P-384. Also the hash inside RDFC-1.0. */
enum sg_hash_alg di_hash_of(const struct jose_alg *alg);

/*
 * The job for a proof: cuts proof and proofValue off, puts the proofs referred to in, gives the config its "@context" as the suite
 * wants it. `all` are the parsed proofs of the document. SG_E_NOT_FOUND, SG_E_CONTEXT (jcs: contexts that were not signed), SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result di_job_fill(struct di_job *job, const struct sjson *root,
    const struct di_claim *claim, const struct di_claim *all, size_t n_all);
/* `context`, or as much of it as can matter to the proof `config`. */
const struct sjson *di_config_context(
    struct sg_arena *arena, const struct sjson *context, const struct sjson *config);
/* The proofs of a document: none, one object, or an array of objects. SG_E_PROOF_VALUE, SG_E_TOO_LARGE. */
SG_CHECKED sg_result di_list(struct sg_arena *arena, const struct sjson *root, struct sg_why *why,
    const struct sjson ***ret, size_t *ret_n);
/* Is `to` one of the previousProofs of `claim`? */
bool di_refers(const struct di_claim *claim, const struct di_claim *to);
/* Proof ids are unique, references lead somewhere and not in a circle: the code for each proof goes to `codes`. */
void di_chain_check(const struct di_claim *claims, size_t n, enum sg_code *codes);

/* ---- the plain suites -------------------------------------------------------------------------------- */

SG_CHECKED sg_result di_plain_prepare(const struct di_job *job,
    const struct di_selective *selective, struct di_hashes *ret, const void **ret_extra);
SG_CHECKED sg_result di_plain_encode(
    struct sg_arena *arena, const struct di_parts *parts, sg_bytes signature, sg_str *ret_value);
SG_CHECKED sg_result di_plain_verify(const struct di_job *job, const struct di_expect *expect,
    const struct jwk_key *key, sg_str value);
SG_CHECKED sg_result di_jcs_hash(const struct di_job *job, const struct sjson *value, uint8_t *out);
SG_CHECKED sg_result di_rdfc_hash(
    const struct di_job *job, const struct sjson *value, uint8_t *out);

/* ---- editing trees ----------------------------------------------------------------------------------- */

/* A copy of an object's outer layer without the two names (NULL: none). NULL when out of memory. */
struct sjson *di_object_without(
    struct sg_arena *arena, const struct sjson *object, const char *name, const char *other);
/* A copy of `value` as the last member `name`. false when out of memory. */
bool di_object_add(
    struct sg_arena *arena, struct sjson *object, sg_str name, const struct sjson *value);
/* An array of copies. NULL when out of memory. */
struct sjson *di_array_of(struct sg_arena *arena, const struct sjson *const *values, size_t n);

static inline bool
di_is_text(const struct sjson *v)
{
    return v != NULL && v->type == SJSON_STRING;
}

/* Refuse with a word for operators. */
#define DI_REFUSE(why, what, name)        \
    do {                                  \
        sg_why_note((why), (what), 0, 0); \
        SG_FAIL(name);                    \
    } while (0)
#define DI_NEED(condition, why, what, name) \
    do {                                    \
        if (!(condition)) {                 \
            DI_REFUSE(why, what, name);     \
        }                                   \
    } while (0)

#endif

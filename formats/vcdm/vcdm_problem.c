#include "vcdm_int.h"

#define PROBLEM_BASE "https://www.w3.org/TR/vc-data-model#"

static const char *const urls[] = {
    [VCDM_PROBLEM_NONE] = NULL,
    [VCDM_PARSING_ERROR] = PROBLEM_BASE "PARSING_ERROR",
    [VCDM_CRYPTOGRAPHIC_SECURITY_ERROR] = PROBLEM_BASE "CRYPTOGRAPHIC_SECURITY_ERROR",
    [VCDM_MALFORMED_VALUE_ERROR] = PROBLEM_BASE "MALFORMED_VALUE_ERROR",
    [VCDM_RANGE_ERROR] = PROBLEM_BASE "RANGE_ERROR",
};
enum { N_URLS = sizeof(urls) / sizeof(urls[0]) };

/* What is in no row is not the document's fault. NOT_FOUND: a method or a related resource that nobody could get. */
static const struct {
    enum sg_code code;
    enum vcdm_problem problem;
} rows[] = {
    { SG_E_MALFORMED, VCDM_PARSING_ERROR },
    { SG_E_DEPTH, VCDM_PARSING_ERROR },
    { SG_E_DUPLICATE, VCDM_PARSING_ERROR },
    { SG_E_ENCODING, VCDM_PARSING_ERROR },
    { SG_E_DISCLOSURE, VCDM_PARSING_ERROR },
    { SG_E_JSONLD, VCDM_PARSING_ERROR },
    { SG_E_CONTEXT, VCDM_PARSING_ERROR },
    { SG_E_WORK, VCDM_PARSING_ERROR },
    { SG_E_TYPE, VCDM_MALFORMED_VALUE_ERROR },
    { SG_E_MISSING, VCDM_MALFORMED_VALUE_ERROR },
    { SG_E_VALUE, VCDM_MALFORMED_VALUE_ERROR },
    { SG_E_CLAIMS, VCDM_MALFORMED_VALUE_ERROR },
    { SG_E_UNSUPPORTED, VCDM_MALFORMED_VALUE_ERROR },
    { SG_E_DATA_LOSS, VCDM_MALFORMED_VALUE_ERROR },
    { SG_E_SCHEMA, VCDM_MALFORMED_VALUE_ERROR },
    { SG_E_VCDM, VCDM_MALFORMED_VALUE_ERROR },
    { SG_E_NUMBER, VCDM_RANGE_ERROR },
    { SG_E_TOO_LARGE, VCDM_RANGE_ERROR },
    { SG_E_EXPIRED, VCDM_RANGE_ERROR },
    { SG_E_NOT_YET, VCDM_RANGE_ERROR },
    { SG_E_SIGNATURE, VCDM_CRYPTOGRAPHIC_SECURITY_ERROR },
    { SG_E_PROOF, VCDM_CRYPTOGRAPHIC_SECURITY_ERROR },
    { SG_E_PROOF_VALUE, VCDM_CRYPTOGRAPHIC_SECURITY_ERROR },
    { SG_E_PURPOSE, VCDM_CRYPTOGRAPHIC_SECURITY_ERROR },
    { SG_E_DOMAIN, VCDM_CRYPTOGRAPHIC_SECURITY_ERROR },
    { SG_E_CHALLENGE, VCDM_CRYPTOGRAPHIC_SECURITY_ERROR },
    { SG_E_METHOD, VCDM_CRYPTOGRAPHIC_SECURITY_ERROR },
    { SG_E_ISSUER, VCDM_CRYPTOGRAPHIC_SECURITY_ERROR },
    { SG_E_ALGORITHM, VCDM_CRYPTOGRAPHIC_SECURITY_ERROR },
    { SG_E_KEY_INVALID, VCDM_CRYPTOGRAPHIC_SECURITY_ERROR },
    { SG_E_KEY_PRIVATE, VCDM_CRYPTOGRAPHIC_SECURITY_ERROR },
    { SG_E_KEY_STATE, VCDM_CRYPTOGRAPHIC_SECURITY_ERROR },
    { SG_E_DIGEST, VCDM_CRYPTOGRAPHIC_SECURITY_ERROR },
    { SG_E_NOT_FOUND, VCDM_CRYPTOGRAPHIC_SECURITY_ERROR },
};
enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

const char *
vcdm_problem_url(enum vcdm_problem problem)
{
    return (size_t)problem < N_URLS ? urls[problem] : NULL;
}

enum vcdm_problem
vcdm_problem_of(enum sg_code code, const struct sg_why *why)
{
    if (code == SG_E_VCDM && why != NULL && why->detail > VCDM_PROBLEM_NONE &&
        why->detail < N_URLS) {
        return (enum vcdm_problem)why->detail;
    }
    for (size_t i = 0; i < N_ROWS; i++) {
        if (rows[i].code == code) {
            return rows[i].problem;
        }
    }
    return VCDM_PROBLEM_NONE;
}

sg_result
vcdm_refuse(const struct vcdm_check *c, const char *what, uint64_t at, enum vcdm_problem problem)
{
    sg_why_note(c->why, what, at, problem);
    SG_FAIL(VCDM);
}

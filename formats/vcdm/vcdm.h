/*
 * W3C Verifiable Credentials Data Model 2.0 (REC 15 May 2025): rules on credentials and presentations, before signing and when verifying.
 * Version 1.1 is taken where the caller says so. Pure: digests of related resources come from the caller. req: FMT-3
 */
#ifndef VCDM_H
#define VCDM_H

#include "sjson.h"

#define VCDM_CONTEXT_V2 "https://www.w3.org/ns/credentials/v2"
#define VCDM_CONTEXT_V1 "https://www.w3.org/2018/credentials/v1"
#define VCDM_CREDENTIAL "VerifiableCredential"
#define VCDM_PRESENTATION "VerifiablePresentation"
#define VCDM_ENVELOPED_CREDENTIAL "EnvelopedVerifiableCredential"
#define VCDM_ENVELOPED_PRESENTATION "EnvelopedVerifiablePresentation"

#define VCDM_CREDENTIALS_MAX 64 /* in one presentation, those of nested presentations included */
#define VCDM_RESOURCES_MAX \
    64 /* relatedResource of one credential: uniqueness is checked pairwise */

/* ---- problem types (VCDM 2.0, "Problem Details") ------------------------------------------------------- */

enum vcdm_problem {
    VCDM_PROBLEM_NONE, /* not the document's fault: limits, our own errors */
    VCDM_PARSING_ERROR,
    VCDM_CRYPTOGRAPHIC_SECURITY_ERROR,
    VCDM_MALFORMED_VALUE_ERROR,
    VCDM_RANGE_ERROR,
};
/* "https://www.w3.org/TR/vc-data-model#PARSING_ERROR" ... ; NULL for VCDM_PROBLEM_NONE. */
const char *vcdm_problem_url(enum vcdm_problem problem);
/*
 * The problem type of a refusal by this folder (or by the parsers, jose, cose, sdjwt and jsonld under it). `why` may be NULL; with it
 * SG_E_VCDM is told apart: `why->detail` of that code is an enum vcdm_problem.
 */
enum vcdm_problem vcdm_problem_of(enum sg_code code, const struct sg_why *why);

/* ---- values -------------------------------------------------------------------------------------------- */

/* An absolute URL of any scheme, not relative (4.4): scheme, ":", something, no blanks, whole %-escapes, one "#" at most; http(s) with a host. */
bool vcdm_is_url(sg_str text);
/* The same, and a DID or a DID URL (did:method:id...). */
bool vcdm_is_did(sg_str text);

/* A point in time with its fraction, so that comparing loses nothing down to the nanosecond. */
struct vcdm_time {
    bool present;
    int64_t s; /* UTC seconds since 1970 */
    uint32_t ns;
};
/*
 * xsd:dateTimeStamp (4.9; XSD 1.1 part 2, 3.4.28): years 0001 to 999999, 24:00:00 is the next midnight, no leap seconds, a zone.
 * `zone_optional`: without one it is UTC (xsd:dateTime, as a verifier may read it). SG_E_VALUE.
 */
SG_CHECKED sg_result vcdm_time_parse(sg_str text, bool zone_optional, struct vcdm_time *ret);
/* -1, 0, 1 */
int vcdm_time_order(const struct vcdm_time *a, const struct vcdm_time *b);

/* ---- rules --------------------------------------------------------------------------------------------- */

enum vcdm_version { VCDM_1_1 = 1, VCDM_2_0 = 2 };

/* What the caller knows about a related resource: its bytes, or digests of it; empty members are not known. */
struct vcdm_resource {
    bool known;
    sg_bytes bytes;
    sg_bytes sha256;
    sg_bytes sha384;
    sg_bytes sha512;
    sg_str media_type; /* empty: not compared */
};
/* Never fetches: what is not at hand is `known` = false. A refusal ends the check with its code. */
typedef sg_result (*vcdm_resource_fn)(void *arg, sg_str url, struct vcdm_resource *ret);

/* Zeroes are the strict choice for 2.0. */
struct vcdm_rules {
    bool accept_1_1; /* documents whose first context is the 1.1 one, by the rules of 1.1 */
    /* validFrom and validUntil without a zone are read as UTC: what a verifier MUST do ("Representing Time"), and no issuer writes */
    bool zone_optional;
    /* a credential in a presentation that has neither proof nor envelope: the holder must be there and be its issuer */
    bool self_asserted;
    /* the id of an enveloped object starts with "data:", and nothing else is asked of it: fixtures of the W3C vc-jose-cose suite end in a line feed
     * or hold no token at all */
    bool enveloped_unread;
    vcdm_resource_fn resource; /* NULL: digests of relatedResource are checked in form only */
    void *resource_arg;
    /* digestMultibase may be a bare digest without its multihash head, as drafts before the Recommendation had it: for the W3C suite's fixtures alone */
    bool draft_digests;
    bool resource_required; /* a related resource that is not known is refused */
};

/* What a credential says about itself; views of the document. */
struct vcdm_credential {
    enum vcdm_version version;
    sg_str id;                    /* empty if absent */
    sg_str issuer;                /* the URL, also when `issuer` is an object */
    const struct sjson *subjects; /* object or array */
    sg_str subject_id; /* of the only subject; empty if there are several or it has none */
    struct vcdm_time valid_from;  /* 1.1: issuanceDate */
    struct vcdm_time valid_until; /* 1.1: expirationDate */
    const struct sjson *status;   /* object, array or NULL */
    const struct sjson *schema;   /* object, array or NULL */
    const struct sjson *proof;    /* object, array or NULL */
};

/* A member of `verifiableCredential`: exactly one of the two forms. */
struct vcdm_entry {
    const struct sjson *object;
    bool enveloped;    /* `data_url` holds it; otherwise `credential` is read */
    bool presentation; /* an EnvelopedVerifiablePresentation (vc-jose-cose 3.1.2) */
    sg_str data_url;
    struct vcdm_credential credential;
};
struct vcdm_presentation {
    enum vcdm_version version;
    sg_str id;     /* empty if absent */
    sg_str holder; /* the URL; empty if absent */
    const struct vcdm_entry *entries;
    size_t n_entries;
    const struct sjson *proof; /* object, array or NULL */
};

/*
 * Check a credential / a presentation and all credentials in it. Members that the data model does not know are not looked at (their terms:
 * vcdm_terms.h). `why->what` names the member ("credentialStatus.type"), `why->at` its position in an array.
 * SG_E_VCDM, SG_E_DIGEST for a related resource that is another one, SG_E_TOO_LARGE, SG_E_NO_MEMORY, and what `resource` refuses.
 * SG_E_NOT_FOUND: resource_required and the resource is not known.
 */
SG_CHECKED sg_result vcdm_check_credential(struct sg_arena *arena, const struct sjson *document,
    const struct vcdm_rules *rules, struct sg_why *why, struct vcdm_credential *ret);
SG_CHECKED sg_result vcdm_check_presentation(struct sg_arena *arena, const struct sjson *document,
    const struct vcdm_rules *rules, struct sg_why *why, struct vcdm_presentation *ret);

/*
 * {"@context", "id": "data:...", "type": "EnvelopedVerifiableCredential"} (4.13.1) or, with `presentation`, the form of 4.13.2, which vc-jose-cose 3.1.2 also puts
 * inside verifiableCredential. The media type and its data are the business of vcdm_data.h. SG_E_VCDM.
 */
SG_CHECKED sg_result vcdm_check_enveloped(
    const struct sjson *object, bool presentation, struct sg_why *why, sg_str *ret_data_url);

/*
 * digestSRI and digestMultibase of an object that names a resource (5.3), against what is known of it; an object with neither holds. SG_E_DIGEST, SG_E_VCDM for
 * a malformed one.
 */
SG_CHECKED sg_result vcdm_check_digests(struct sg_arena *arena, const struct sjson *object,
    const struct vcdm_resource *resource, struct sg_why *why);

/* Does `type` (text or array) of the object contain this value? */
bool vcdm_has_type(const struct sjson *object, const char *type);

/* validFrom and validUntil against now with a tolerance in seconds. SG_E_NOT_YET, SG_E_EXPIRED. */
SG_CHECKED sg_result vcdm_check_period(
    const struct vcdm_credential *credential, int64_t now, int64_t leeway_s);

#endif

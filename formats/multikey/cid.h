/*
 * Controlled identifier documents (W3C CID v1.0), which DID documents are: finding the verification method that a proof names, with
 * every check of "Retrieve Verification Method" (3.3). Nothing is fetched: other documents come from the caller. req: FMT-3
 */
#ifndef CID_H
#define CID_H

#include "multikey.h"

/* Names of the error types of CID 3.3; they stand in why->what of every refusal with SG_E_METHOD. */
#define CID_BAD_METHOD_URL "INVALID_VERIFICATION_METHOD_URL"
#define CID_BAD_DOCUMENT "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT"
#define CID_BAD_DOCUMENT_ID "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID"
#define CID_BAD_METHOD "INVALID_VERIFICATION_METHOD"
#define CID_BAD_RELATIONSHIP "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"

#define CID_METHODS_MAX 200 /* methods of one document, embedded ones included */

enum cid_relationship {
    CID_NO_RELATIONSHIP = 0,
    CID_ASSERTION_METHOD = 1,
    CID_AUTHENTICATION = 2,
    CID_CAPABILITY_INVOCATION = 4,
    CID_CAPABILITY_DELEGATION = 8,
    CID_KEY_AGREEMENT = 16,
};
/* "assertionMethod" ...; CID_NO_RELATIONSHIP when unknown. */
enum cid_relationship cid_relationship_of(sg_str name);
/* The name of one relationship; NULL for a number that is none. */
const char *cid_relationship_name(unsigned relationship);
#define CID_RELATIONSHIPS 5 /* 1 << 0 .. 1 << 4 */

/*
 * xsd:dateTimeStamp, or xsd:dateTime without zone read as UTC when `zone_optional`. Years 0001 to 9999, real days, seconds 00 to 59,
 * a fraction is dropped, "24:00:00" and offsets beyond 14:00 are refused. UTC seconds. SG_E_VALUE.
 */
SG_CHECKED sg_result cid_time_parse(sg_str text, bool zone_optional, int64_t *ret);

/* Characters and shape of an absolute URL (RFC 3986): a scheme, ":", something; no blanks, no bad percent signs. */
bool cid_is_url(sg_str text);

struct cid_method {
    sg_str id;         /* absolute, with fragment */
    sg_str controller; /* the document's URL */
    sg_str type;       /* "Multikey", "JsonWebKey", "Ed25519VerificationKey2020" */
    struct jwk key;
    bool has_expires, has_revoked;
    int64_t expires_at, revoked_at; /* the verifier compares; UTC seconds */
};

/*
 * The method `url` in `document`, which was retrieved for `url` without its fragment, allowed for `purpose` (a relationship's name).
 * Types: Multikey, JsonWebKey, and the legacy Ed25519VerificationKey2020 (publicKeyMultibase). Views borrow from document and url.
 * SG_E_METHOD with the CID error name in why->what; SG_E_KEY_PRIVATE when the document shows a secret; SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result cid_find(struct sg_arena *arena, const struct sjson *document, sg_str url,
    sg_str purpose, struct sg_why *why, struct cid_method *ret);

/*
 * Where documents come from when the identifier does not carry its key itself. `find` gets the URL without fragment ("did:web:example.org",
 * "https://example.org/issuer") and gives JSON text that lives as long as the arena; SG_E_NOT_FOUND and other refusals are handed on
 * as they are. It may be called several times for one document.
 */
struct cid_resolver {
    sg_result (*find)(void *context, struct sg_arena *arena, sg_str url, sg_str *ret_json);
    void *context;
};
/* A resolver over a fixed table. */
struct cid_document {
    sg_str url;
    sg_str json;
};
struct cid_table {
    const struct cid_document *documents;
    size_t n;
};
/* `table` must outlive the resolver. */
struct cid_resolver cid_resolver_of(const struct cid_table *table);

/*
 * did:key and did:jwk are answered from the identifier; everything else through `resolver` (NULL: SG_E_NOT_FOUND). Refusals as cid_find's
 * and the resolver's.
 */
SG_CHECKED sg_result cid_resolve(struct sg_arena *arena, const struct cid_resolver *resolver,
    sg_str url, sg_str purpose, struct sg_why *why, struct cid_method *ret);

#endif

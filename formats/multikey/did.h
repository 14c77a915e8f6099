/*
 * The three DID methods sealgate speaks: did:key and did:jwk carry their key, did:web names a document. Making and reading
 * identifiers, and making DID documents for keys of our own. req: FMT-3
 */
#ifndef DID_H
#define DID_H

#include "cid.h"

#define DID_MAX ((size_t)8192) /* a did:jwk with an RSA 4096 key is 1 KiB */

/* did:key of a public key. SG_E_ALGORITHM, SG_E_NO_MEMORY. */
SG_CHECKED sg_result did_key_of(struct sg_arena *arena, const struct jwk *key, sg_str *ret);
/* The DID's only verification method: the DID, "#", its multibase value. For a did:jwk: "#0". SG_E_VALUE for other methods. */
SG_CHECKED sg_result did_method_of(struct sg_arena *arena, sg_str did, sg_str *ret);
/* The key in a did:key (without fragment). As multikey_decode; SG_E_VALUE when it is no did:key. */
SG_CHECKED sg_result did_key_parse(sg_str did, struct jwk *ret);

SG_CHECKED sg_result did_jwk_of(struct sg_arena *arena, const struct jwk *key, sg_str *ret);
/* As jwk_parse, and SG_E_VALUE, SG_E_ENCODING; the key's views live in the arena. */
SG_CHECKED sg_result did_jwk_parse(struct sg_arena *arena, sg_str did, struct jwk *ret);

/*
 * did:web and the https URL of its document, both ways: ":" stands for "/", "%3A" for the port's colon; without path
 * /.well-known/did.json, with path /path/did.json. SG_E_VALUE: empty or dotted segments, characters outside host names, a bad port,
 * an IP address of version 6, http.
 */
SG_CHECKED sg_result did_web_url(struct sg_arena *arena, sg_str did, sg_str *ret);
/* `base` is "https://host[:port][/path]" without query; a final "/" is ignored. */
SG_CHECKED sg_result did_web_of(struct sg_arena *arena, sg_str base, sg_str *ret);
/* The same with a base that may be http://localhost[:port], for test environments. */
SG_CHECKED sg_result did_web_of_test(struct sg_arena *arena, sg_str base, sg_str *ret);

/* One key of a document to be made. */
struct did_entry {
    sg_str fragment; /* without "#"; unique; URL-safe characters only */
    const struct jwk *key;
    unsigned relationships; /* CID_ASSERTION_METHOD | ... */
    bool as_jwk;            /* JsonWebKey instead of Multikey */
};
#define DID_ENTRIES_MAX 64
/*
 * A DID document as JSON text: contexts, id, verificationMethod, one array for each relationship in use. `also_known_as` may be empty.
 * SG_E_VALUE for bad fragments or a DID that is none, SG_E_DUPLICATE, SG_E_ALGORITHM (no Multikey for this key), SG_E_TOO_LARGE.
 */
SG_CHECKED sg_result did_document_build(struct sg_arena *arena, sg_str did, sg_str also_known_as,
    const struct did_entry *entries, size_t n_entries, sg_str *ret);
/* The whole document of a did:key or did:jwk, as a resolver would show it. */
SG_CHECKED sg_result did_document_of(struct sg_arena *arena, sg_str did, sg_str *ret);

#endif

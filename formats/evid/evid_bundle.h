/*
 * The evidence that a relying party gets for one signature and checks offline (EV-2). A JSON document; docs/evidence.md, "Bundle".
 */
#ifndef EVID_BUNDLE_H
#define EVID_BUNDLE_H

#include "tlog_note.h"
#include "wire_record.h"
#include "x509_chain.h"

#define EVID_BUNDLE_MAX ((size_t)1024 * 1024)
#define EVID_OPENINGS_MAX 16
#define EVID_FURTHER_MAX 16 /* bundles inside a bundle: of the credentials in a presentation */
#define EVID_FORMAT "sealgate/evidence/v1"

/* A record as the ledger keeps it. blind and body are empty when they were erased. */
struct evid_record {
    uint64_t seq;
    sg_bytes entry;
    sg_bytes blind;
    sg_bytes body;
    sg_bytes
        salt; /* opens the body's commitment (wire_closed.h); both empty when erased, or not shown to who asked */
    sg_bytes closed;
};

/*
 * What opens a salted commitment: "audience", "nonce", "subject" (wire_commitment), or "claims" (the instruction's SHA-256(salt || JCS claims)). "text": what the
 * person read, whose SHA-256 is in the closed part; its salt says nothing (zeros).
 */
struct evid_opening {
    sg_str field;
    sg_bytes salt; /* 32 */
    sg_bytes value;
};

struct evid_bundle {
    sg_str origin;
    sg_str log_vkey; /* as the log names itself; the verifier uses its own copy */
    struct evid_record consent;
    struct evid_record outcome;
    sg_str consent_proof; /* c2sp.org/tlog-proof@v1, the same checkpoint in both */
    sg_str outcome_proof;
    sg_bytes chain[X509_CHAIN_MAX]; /* of the signing key, leaf first, DER; may be empty */
    size_t n_chain;
    sg_bytes client_spki; /* optional: public key of the client that authorised */
    struct evid_opening openings[EVID_OPENINGS_MAX];
    size_t n_openings;
    struct evid_record
        first; /* optional (entry empty): the consent with the gesture, when `consent` is a later one of its intent */
    sg_str first_proof;
    sg_str state; /* optional: "signed" ...: what became of it, for who gets no bodies */
    sg_str further
        [EVID_FURTHER_MAX]; /* JSON of bundles: of the other signatures in the object that was asked about */
    size_t n_further;
};

/* SG_E_TOO_LARGE, SG_E_NO_MEMORY. */
SG_CHECKED sg_result evid_bundle_write(
    struct sg_arena *arena, const struct evid_bundle *bundle, sg_str *ret);
/* Form only. Unknown members are ignored (a later version may add some); another `format` is SG_E_UNSUPPORTED. SG_E_MALFORMED and sjson's. */
SG_CHECKED sg_result evid_bundle_parse(
    struct sg_arena *arena, sg_str text, struct sg_why *why, struct evid_bundle *ret);

#endif

/* A holder with one key, and issuers who gave it a credential in every format: for tests that present. Nothing here is of any value. */
#ifndef SHOW_RIG_H
#define SHOW_RIG_H

#include "di_secure.h"
#include "flow_show.h"
#include "mdoc_world.h"
#include "verify.h"

#define SHOW_CONTEXT "https://issuer.example/contexts/person/v1"
#define SHOW_CLIENT "x509_san_dns:verifier.example"
#define SHOW_NONCE "n-0S6_WzA2Mj0123456789"
#define SHOW_URI "https://verifier.example/response"

struct show_rig {
    struct sg_arena *arena;
    int64_t now;
    struct jsonld_contexts *contexts; /* built in, and SHOW_CONTEXT */
    struct di_test_key issuer;        /* P-256 */
    struct di_test_key holder;
    const struct jose_alg *alg; /* the holder's */
    sg_str holder_did;          /* did:key, unless changed */
    struct mdoc_world world;
    struct oid4vp_request request; /* of SHOW_CLIENT; change it before building */
};
/* The test fails when something cannot be made. */
void show_rig_init(struct sg_arena *arena, enum jose_crv holder, int64_t now, struct show_rig *ret);
void show_rig_done(struct show_rig *rig);

/*
 * A credential: given_name Given-7Q, family_name Family-7Q, birthdate 1981-07-07, address {street_address Street-7Q, locality Locality-7Q, country Country-7Q},
 * nationalities [Nat-1-7Q, Nat-2-7Q], degrees [{type Deg-A-7Q, university Uni-A-7Q}, {type Deg-B-7Q, university Uni-B-7Q}], member Member-7Q, which is always shown. `more`:
 * JSON members of the payload or document, each with a comma in front. W3C formats have them in credentialSubject; an mdoc in the name space SHOW_NS, flat.
 */
#define SHOW_NS "example.person.1"
#define SHOW_DOC_TYPE "example.person.1.doc"
#define SHOW_VCT "urn:example:person"
sg_str show_sd_jwt(struct show_rig *rig, const char *more); /* dc+sd-jwt */
sg_str show_mdoc(struct show_rig *rig);                     /* mso_mdoc: rig->world.build */
sg_str show_ldp(struct show_rig *rig, enum di_suite_id suite, const char *more); /* ldp_vc */
sg_str show_vc(struct show_rig *rig, const char *format, const char *more);      /* vc+... */
/* Headers and payload by hand, signed by the issuer. */
sg_str show_jws(struct show_rig *rig, const char *header, sg_str payload);
sg_str show_text(struct show_rig *rig, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
sg_str show_jwk(struct show_rig *rig); /* the holder's, as JSON */
sg_str show_context(void);             /* the document at SHOW_CONTEXT */

/* A query of one credential: `claims` is the JSON of its members behind `meta`, with a comma in front; quotes may be '. */
struct show_query {
    struct dcql_query dcql;
    const struct dcql_credential_query *query;
    struct dcql_match match;
};
void show_ask(
    struct show_rig *rig, const struct flow_held *held, const char *more, struct show_query *ret);
/* Read, asked, ready to be built. */
struct flow_show show_made(
    struct show_rig *rig, const struct flow_held *held, const struct show_query *query);
/* Built, signed, attached. */
struct flow_shown show_signed(struct show_rig *rig, const struct flow_show *show);
/* The findings of formats/verify: `verified` or not. */
struct verify_result show_verified(struct show_rig *rig, sg_str value);

/* Does `needle` stand anywhere in what was sent: as it is, or in whatever base64 there is, at any depth? */
bool show_discloses(struct show_rig *rig, sg_str value, const char *needle);

#endif

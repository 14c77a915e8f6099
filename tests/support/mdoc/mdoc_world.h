/* An issuer with a document signer certificate under a demo IACA, and a device with a key. Everything lives in the arena but the keys. */
#ifndef MDOC_WORLD_H
#define MDOC_WORLD_H

#include <openssl/evp.h>

#include "mdoc.h"

#define WORLD_NOW 1800000000 /* 2027-01-15T08:00:00Z */
#define WORLD_DAY 86400
#define WORLD_DOC_TYPE "org.iso.18013.5.1.mDL"
#define WORLD_NS "org.iso.18013.5.1"
#define WORLD_NS_OTHER "org.iso.18013.5.1.aamva"

struct mdoc_world {
    EVP_PKEY *issuer;
    EVP_PKEY *device;
    const struct jose_alg *issuer_alg;
    const struct jose_alg *device_alg;
    sg_bytes root;
    sg_bytes ds;
    struct jwk_key *issuer_key;
    struct jwk device_jwk;
    struct mdoc_signer signer;
    struct mdoc_trust trust;
    struct mdoc_name_space name_spaces[2];
    struct mdoc_build build; /* an mDL with every kind of value; change it before issuing */
};

/* Algorithms: JOSE_ES256, JOSE_ES384, JOSE_EDDSA. The program ends when something cannot be made. */
void mdoc_world_init(struct sg_arena *arena, enum jose_alg_id issuer, enum jose_alg_id device,
    struct mdoc_world *ret);
/* The same at another time than WORLD_NOW: programs of others look at the clock. */
void mdoc_world_init_at(struct sg_arena *arena, enum jose_alg_id issuer, enum jose_alg_id device,
    int64_t now, struct mdoc_world *ret);
void mdoc_world_done(struct mdoc_world *world);

/* Bytes that are different everywhere and the same in every run. */
struct mdoc_random mdoc_world_random(struct sg_arena *arena, size_t n);
/* A signature in COSE form over the message. */
sg_bytes mdoc_world_sign(
    struct sg_arena *arena, EVP_PKEY *key, const struct jose_alg *alg, sg_bytes message);
/* world->build, issued. */
sg_result mdoc_world_issue(
    struct sg_arena *arena, const struct mdoc_world *world, struct sg_why *why, sg_bytes *ret);
/* IssuerSigned of these parts (encoded map of namespaces, MSO without tag), signed as they are. */
sg_bytes mdoc_world_issue_raw(
    struct sg_arena *arena, const struct mdoc_world *world, sg_bytes name_spaces, sg_bytes mso);
/* A DeviceResponse of one document, signed by the device. */
sg_result mdoc_world_present(struct sg_arena *arena, const struct mdoc_world *world,
    const struct mdoc_present *present, struct sg_why *why, sg_bytes *ret);
sg_bytes mdoc_world_transcript(struct sg_arena *arena);

#endif

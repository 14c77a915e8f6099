/* Small cryptographic checks that the bundle and the replay share. Internal to formats/evid. */
#ifndef EVID_CHECK_H
#define EVID_CHECK_H

#include "evid_bundle.h"
#include "evid_verify.h"

/* The record's body under its blind has the entry's hash; its type and time are the entry's. False otherwise. */
bool evid_body_fits(const struct wire_entry *entry, const struct evid_record *record);
/* RFC 7638 thumbprint of a SubjectPublicKeyInfo. */
SG_CHECKED sg_result evid_spki_thumbprint(
    struct sg_arena *arena, sg_bytes spki, uint8_t ret[JWK_THUMBPRINT_LEN]);
/* JWS-form signature by the key's own algorithm over tag || 00 || bytes (tag NULL: over the bytes). SG_E_SIGNATURE and jwk's. */
SG_CHECKED sg_result evid_signed_by(struct sg_arena *arena, const struct jwk_key *key,
    const struct jose_alg *alg, const char *tag, sg_bytes bytes, sg_bytes signature);
/* A key ready to verify from its SPKI, and its algorithm. Free with jwk_key_free. */
SG_CHECKED sg_result evid_key_of(
    struct sg_arena *arena, sg_bytes spki, struct jwk_key **ret, const struct jose_alg **ret_alg);
/* Does the status evidence say GOOD and cover the time? */
bool evid_seen_good(const struct wire_seen *seen, int64_t at_ms);
bool evid_ref_equal(const struct wire_ref *a, const struct wire_ref *b);

/*
 * A CONSENT's body, opened with the record's closed part if that is here. EVID_NOT_SHOWN: there is one and it is not here, the consent stays closed; EVID_HELD: it
 * opens, or there is none; EVID_NOT_HELD: it opens something else, or nothing. SG_E_NO_MEMORY alone fails.
 */
SG_CHECKED sg_result evid_consent_open(struct sg_arena *arena, const struct evid_record *record,
    struct wire_consent *consent, enum evid_held *ret);

#endif

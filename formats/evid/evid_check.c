#include "evid_check.h"

#include "wire_closed.h"

bool
evid_body_fits(const struct wire_entry *entry, const struct evid_record *record)
{
    uint8_t hash[SG_SHA256_LEN];
    if (record->blind.n != WIRE_BLIND_LEN) {
        return false;
    }
    wire_body_hash(record->blind, record->body, hash);
    return memcmp(hash, entry->body_hash.p, sizeof(hash)) == 0;
}

sg_result
evid_spki_thumbprint(struct sg_arena *arena, sg_bytes spki, uint8_t ret[JWK_THUMBPRINT_LEN])
{
    struct jwk jwk;
    SG_TRY(jwk_from_spki(arena, spki, &jwk));
    return jwk_thumbprint(arena, &jwk, ret);
}

sg_result
evid_key_of(
    struct sg_arena *arena, sg_bytes spki, struct jwk_key **ret, const struct jose_alg **ret_alg)
{
    struct jwk jwk;
    SG_TRY(jwk_from_spki(arena, spki, &jwk));
    *ret_alg = jwk_default_alg(&jwk);
    SG_REQUIRE(*ret_alg != NULL, ALGORITHM);
    return jwk_key_new(&jwk, ret);
}

sg_result
evid_signed_by(struct sg_arena *arena, const struct jwk_key *key, const struct jose_alg *alg,
    const char *tag, sg_bytes bytes, sg_bytes signature)
{
    sg_bytes message = bytes;
    if (tag != NULL) {
        SG_TRY(wire_signed_bytes(arena, tag, bytes, &message));
    }
    return jwk_verify(key, alg, message, signature);
}

/* The evidence was looked at before the consent and was still good then. */
bool
evid_seen_good(const struct wire_seen *seen, int64_t at_ms)
{
    const struct wire_status_verdict *v = &seen->verdict;
    return v->verdict == WIRE_GOOD && v->value == 0 && v->evidence.n == SG_SHA256_LEN &&
           v->good_until_ms >= at_ms;
}

bool
evid_ref_equal(const struct wire_ref *a, const struct wire_ref *b)
{
    return a->type == b->type && a->idx == b->idx && sg_str_equal(a->uri, b->uri);
}

sg_result
evid_consent_open(struct sg_arena *arena, const struct evid_record *record,
    struct wire_consent *consent, enum evid_held *ret)
{
    if (record->closed.n == 0) {
        *ret = consent->closed.n > 0 ? EVID_NOT_SHOWN : EVID_HELD;
        return SG_DONE;
    }
    sg_result r = wire_consent_open(arena, record->salt, record->closed, consent);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    *ret = sg_ok(r) ? EVID_HELD : EVID_NOT_HELD;
    return SG_DONE;
}

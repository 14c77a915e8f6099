/*
 * What a record about a person's gesture says to those alone who may see it (EV-2, EV-4): passkey, assertion, who asked, hash of the text. The record holds a
 * commitment to it, SHA-256("sealgate/commit/record/v1" 00 salt32 closed); salt and bytes lie beside the record and are erased without it. docs/evidence,
 * "What is closed".
 *
 * Of two records of one person the open halves have no byte string in common that others do not have too: a salt is for one record, and what would be the same each
 * time is here. The intent's `unique` is here as well, or its id could be tried out with the few clients there are.
 */
#ifndef WIRE_CLOSED_H
#define WIRE_CLOSED_H

#include "wire_record.h"

#define WIRE_CLOSED_FIELD "record" /* of wire_commitment */
/* In the place of the requester, in a shown intent. The other members that are closed are empty there, `unique` is zeros. */
#define WIRE_CLOSED_REQUESTER "closed"

struct wire_closed {
    sg_str requester;     /* 2: of the intent, as are 3 to 5 */
    sg_str configuration; /* 3 */
    sg_bytes text_hash;   /* 4: optional */
    sg_bytes unique;      /* 5 */
    uint64_t
        key_seq; /* 6: CONSENT: ledger sequence of the event that made the key's present state; keys stopped together share it */
    struct wire_gesture gesture; /* 7: optional: CONSENT that the gesture came with */
    sg_bytes passkey_hash;       /* 8: optional: REFUSAL */
};
/* SG_E_MALFORMED; SG_E_TOO_LARGE beyond WIRE_CLOSED_MAX. */
SG_CHECKED sg_result wire_closed_encode(
    struct sg_arena *arena, const struct wire_closed *in, sg_bytes *ret);
SG_CHECKED sg_result wire_closed_parse(sg_bytes in, struct wire_closed *ret);

/*
 * Body and closed part of a consent by gesture; `rec` has everything (its `closed` is not looked at). `salt`: fresh for this record. SG_E_TOO_LARGE,
 * SG_E_MALFORMED (the intent), SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result wire_consent_close(struct sg_arena *arena, const struct wire_consent *rec,
    const uint8_t salt[32], sg_bytes *ret_body, sg_bytes *ret_closed);
/*
 * Open a parsed consent in place: intent, key_seq and gesture are then what they were. SG_E_DIGEST: the commitment is to something else, or `rec` has none;
 * SG_E_MALFORMED: it is to nothing that the signer writes. Nothing is changed then.
 */
SG_CHECKED sg_result wire_consent_open(
    struct sg_arena *arena, sg_bytes salt, sg_bytes closed, struct wire_consent *rec);

/* Likewise of a refusal after a gesture: intent and passkey_hash. */
SG_CHECKED sg_result wire_refusal_close(struct sg_arena *arena, const struct wire_refusal *rec,
    const uint8_t salt[32], sg_bytes *ret_body, sg_bytes *ret_closed);
SG_CHECKED sg_result wire_refusal_open(
    struct sg_arena *arena, sg_bytes salt, sg_bytes closed, struct wire_refusal *rec);

#endif

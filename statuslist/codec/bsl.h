/*
 * Bitstring Status List v1.0 (W3C Recommendation, 15 May 2025): the entries of a credential (`credentialStatus`), the list credential, and the
 * list itself. What differs from a Token Status List: entry 0 is the LEFT-most bit, GZIP instead of ZLIB, multibase `u` in front, the index is
 * a decimal string, `ttl` is in milliseconds, and at least 131072 entries (req: STA-1, STA-3).
 * For statusSize above 1 an entry is read most significant bit first, as its bits stand from left to right.
 * Times are UTC seconds. Nothing here verifies a proof: a list as vc+jwt goes through tsl_signed_verify, one with Data Integrity through di_.
 */
#ifndef BSL_H
#define BSL_H

#include "tsl_bits.h"
#include "tsl_trust.h"

#define BSL_ENTRIES_MIN ((uint64_t)131072) /* 3.2 step "minimum": herd privacy */
#define BSL_SIZE_MAX 8                     /* bits of an entry; larger ones are SG_E_UNSUPPORTED */
#define BSL_ENTRIES_MAX 16                 /* credentialStatus entries of one credential */
#define BSL_MESSAGES_MAX 256               /* = 2^BSL_SIZE_MAX */
#define BSL_URI_MAX 1024                   /* = TSL_URI_MAX */
#define BSL_LIST_MAX ((size_t)1024 * 1024) /* bytes of a list credential */
#define BSL_TYP "vc+jwt"
#define BSL_JWT_TYPE "application/vc+jwt"
#define BSL_JSON_TYPE "application/vc"
#define BSL_CONTEXT "https://www.w3.org/ns/credentials/v2"

/* BSL_OWN: a purpose of somebody's own making. */
enum bsl_purpose { BSL_OWN, BSL_REVOCATION, BSL_SUSPENSION, BSL_REFRESH, BSL_MESSAGE };
enum bsl_purpose bsl_purpose_of(sg_str text);
/* The word; empty for BSL_OWN. */
sg_str bsl_purpose_text(enum bsl_purpose purpose);

/* ---- the list ------------------------------------------------------------------------------------ */

/* A list, borrowed. size is 1..BSL_SIZE_MAX. */
struct bsl_view {
    unsigned size;
    sg_bytes raw;
};
/* Whole entries that the bytes hold. */
uint64_t bsl_entries(const struct bsl_view *view);
/* Entry `index`. SG_E_NOT_FOUND when out of range (RANGE_ERROR). */
SG_CHECKED sg_result bsl_get(const struct bsl_view *view, uint64_t index, uint8_t *ret);
/* Change an entry. SG_E_NOT_FOUND, SG_E_VALUE when `value` needs more bits than an entry has. */
SG_CHECKED sg_result bsl_put(
    uint8_t *raw, size_t raw_len, unsigned size, uint64_t index, uint8_t value);

/* `u` base64url(GZIP(raw)), and back: SG_E_ENCODING (prefix, alphabet, GZIP), SG_E_TOO_LARGE (more than `max` bytes), SG_E_NO_MEMORY. */
SG_CHECKED sg_result bsl_encode(struct sg_arena *arena, sg_bytes raw, sg_str *ret);
SG_CHECKED sg_result bsl_decode(struct sg_arena *arena, sg_str encoded, size_t max, sg_bytes *ret);

/*
 * A Token Status List's entries as a Bitstring list of the same indexes. revocation: 1 where the value is INVALID; suspension: 1 where
 * it is SUSPENDED; message: the value itself, size = bits. Shorter lists are filled with zeros to BSL_ENTRIES_MIN.
 * SG_E_UNSUPPORTED for another purpose, SG_E_TOO_LARGE, SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result bsl_from_tsl(struct sg_arena *arena, const struct tsl_view *from,
    enum bsl_purpose purpose, struct bsl_view *ret);

/* ---- the entries of a credential ------------------------------------------------------------------ */

/* One BitstringStatusListEntry. Views borrow from the credential. */
struct bsl_entry {
    enum bsl_purpose purpose;
    sg_str purpose_text;
    sg_str list; /* statusListCredential */
    uint64_t index;
    unsigned size;                  /* statusSize, 1 when absent */
    const struct sjson *messages;   /* statusMessage: array of {status, message}; NULL if absent */
    const struct sjson *references; /* statusReference: text or array of texts; NULL if absent */
    sg_str id;                      /* may be empty */
};
/*
 * All of `credentialStatus` (one object or an array). ret_n 0: the credential has none. Every entry counts, so one that we do not know
 * (another type) makes the whole answer SG_E_UNSUPPORTED: who skips it would miss a revocation. SG_E_TYPE, SG_E_MISSING, SG_E_NUMBER (index: not a decimal
 * string), SG_E_VALUE (URLs, statusSize, messages, id equal to the list), SG_E_TOO_MANY.
 */
SG_CHECKED sg_result bsl_entries_parse(
    const struct sjson *credential, struct bsl_entry ret[BSL_ENTRIES_MAX], size_t *ret_n);
/* One entry object. */
SG_CHECKED sg_result bsl_entry_parse(const struct sjson *json, struct bsl_entry *ret);

struct bsl_message {
    uint8_t status;
    sg_str message;
};
/* Write one entry as an object: id (may be empty), purpose, index, list, and for size > 1 statusSize with the messages. */
void bsl_entry_write(struct sjson_wr *wr, const struct bsl_entry *entry,
    const struct bsl_message *messages, size_t n_messages);
/* The member `statusMessage` of the object being written. */
void bsl_messages_write(struct sjson_wr *wr, const struct bsl_message *messages, size_t n);
/* The text of a value in a statusMessage array; empty when it has none. */
sg_str bsl_message_find(const struct sjson *messages, uint8_t value);

/* ---- the list credential --------------------------------------------------------------------------- */

#define BSL_NO_END INT64_MAX

/* A BitstringStatusListCredential taken apart; nothing is verified or unpacked. */
struct bsl_list {
    sg_str id; /* empty if absent */
    sg_str issuer;
    int64_t valid_from;           /* INT64_MIN when absent */
    int64_t valid_until;          /* BSL_NO_END when absent */
    int64_t ttl_ms;               /* 0 when absent */
    const struct sjson *purposes; /* text or array of texts */
    unsigned size;                /* statusSize of the list; 0 when absent */
    const struct sjson *messages; /* statusMessage(s); NULL if absent */
    sg_str encoded;               /* encodedList */
};
/*
 * SG_E_TYPE, SG_E_MISSING, SG_E_VALUE (dates, ttl, no BitstringStatusListCredential, no BitstringStatusList, more than one subject), SG_E_NUMBER.
 */
SG_CHECKED sg_result bsl_list_parse(const struct sjson *credential, struct bsl_list *ret);
bool bsl_list_has_purpose(const struct bsl_list *list, sg_str purpose);
/*
 * Unpack for entries of `size` bits. SG_E_VALUE: the list says another size; SG_E_UNSUPPORTED: size above BSL_SIZE_MAX; SG_E_MALFORMED: fewer than
 * BSL_ENTRIES_MIN entries (STATUS_LIST_LENGTH_ERROR); what bsl_decode refuses.
 */
SG_CHECKED sg_result bsl_list_bits(struct sg_arena *arena, const struct bsl_list *list,
    unsigned size, size_t max, struct bsl_view *ret);

/* A list credential secured as a JWT (VC-JOSE-COSE: the payload is the credential). `exp` and `nbf`, if there, narrow the validity. */
struct bsl_jwt {
    struct jws jws;
    struct bsl_list list;
};
/* SG_E_TYPE when typ is not vc+jwt (or application/vc+jwt); what jws_parse and bsl_list_parse refuse. */
SG_CHECKED sg_result bsl_jwt_parse(struct sg_arena *arena, sg_str compact, struct bsl_jwt *ret);

/* ---- building ---------------------------------------------------------------------------------------- */

struct bsl_payload {
    sg_str id;     /* the list's own URL, as in statusListCredential */
    sg_str issuer; /* a URL */
    enum bsl_purpose purpose;
    struct bsl_view list;
    sg_str encoded; /* the list as bsl_encode gives it, when that was done already; else empty */
    int64_t valid_from;
    int64_t valid_until;
    int64_t ttl_ms;                     /* 0 leaves it out */
    const struct bsl_message *messages; /* size > 1: 2^size of them */
    size_t n_messages;
};
/*
 * The credential as compact JSON, without proof: what a JWS signs as its payload, and what a Data Integrity proof is added to.
 * SG_E_VALUE (empty id or issuer, times, BSL_OWN, fewer entries than BSL_ENTRIES_MIN, messages that do not fit), SG_E_TOO_LARGE, SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result bsl_credential_build(
    struct sg_arena *arena, const struct bsl_payload *payload, sg_bytes *ret);
/* JOSE header for it: alg, typ vc+jwt, cty vc, kid (may be empty), x5c. SG_E_VALUE when the algorithm is unknown. */
SG_CHECKED sg_result bsl_header_build(struct sg_arena *arena, enum jose_alg_id alg, sg_str kid,
    const sg_bytes *x5c, size_t n_x5c, sg_str *ret);

/* ---- dates --------------------------------------------------------------------------------------------- */

/* XMLSchema dateTimeStamp (time zone required; fractions are cut off; leap second 60 is refused) to UTC seconds. SG_E_VALUE. */
SG_CHECKED sg_result bsl_date_parse(sg_str text, int64_t *ret);
#define BSL_DATE_LEN 20
/* "2026-05-01T12:00:00Z", no NUL. Years 0..9999; false outside. */
bool bsl_date_to(int64_t at, char ret[BSL_DATE_LEN]);

#endif

/*
 * One published list in memory: its bits, what may change to what, and when it must be signed again. The store keeps changes; the
 * signer signs; this knows neither.
 */
#ifndef TSL_BOARD_H
#define TSL_BOARD_H

#include "bsl.h"
#include "tsl_token.h"

#define TSL_BOARD_BITS 2                         /* SUSPENDED needs two (section 7.1) */
#define TSL_BOARD_ENTRIES ((uint64_t)1 << 20)    /* 256 KiB raw; empty, about 300 bytes signed */
#define TSL_BOARD_TTL_S 60                       /* a checker may use a copy this long */
#define TSL_BOARD_LIFE_S ((int64_t)24 * 60 * 60) /* exp - iat: old copies live at most this long */

struct tsl_board_settings {
    sg_str uri;       /* sub; copied */
    unsigned bits;    /* 0: TSL_BOARD_BITS */
    uint64_t entries; /* 0: TSL_BOARD_ENTRIES */
    int64_t ttl_s;    /* 0: TSL_BOARD_TTL_S */
    int64_t life_s;   /* 0: TSL_BOARD_LIFE_S; signed again when half of it is over */
};

/* Any thread may call any function below: one lock guards the bits and is never held across compression. */
struct tsl_board;

/* All entries VALID, so that unused ones look like used ones (section 13.3). SG_E_VALUE, SG_E_TOO_LARGE, SG_E_NO_MEMORY. */
SG_CHECKED sg_result tsl_board_new(
    const struct tsl_board_settings *settings, struct tsl_board **ret);
void tsl_board_free(struct tsl_board **board); /* NULL accepted */

sg_str tsl_board_uri(const struct tsl_board *board);
uint64_t tsl_board_entries(const struct tsl_board *board);
unsigned tsl_board_bits(const struct tsl_board *board);

/*
 * May an entry change so? INVALID is final (to take back, suspend instead); the same value again is allowed and changes nothing.
 * SG_E_VALUE: not one of the three values. SG_E_UNSUPPORTED: SUSPENDED in a list of one bit. SG_E_CONFLICT: from INVALID to another.
 */
SG_CHECKED sg_result tsl_change_check(unsigned bits, uint8_t from, uint8_t to);

/* Change an entry by the rule above. SG_E_NOT_FOUND out of bounds. Make it durable in the store first, or replay it at start. */
SG_CHECKED sg_result tsl_board_set(struct tsl_board *board, uint64_t idx, uint8_t value);
/* At start: what the store says, without the rule. SG_E_NOT_FOUND, SG_E_VALUE. */
SG_CHECKED sg_result tsl_board_load(struct tsl_board *board, uint64_t idx, uint8_t value);
SG_CHECKED sg_result tsl_board_get(struct tsl_board *board, uint64_t idx, uint8_t *ret);

/* Is a new token due: never signed, bits changed since the last tsl_board_signed, or half of the life of the last token is over? */
bool tsl_board_due(struct tsl_board *board, int64_t now);
/* When the last token's first half ends (UTC s), for timers; 0 if due now. */
int64_t tsl_board_due_at(struct tsl_board *board);

/*
 * The board as it is now, for all forms of one version: `ret->list` is a copy in the arena, packed once. ret_version goes to tsl_board_signed
 * once every form of it can be served.
 */
SG_CHECKED sg_result tsl_board_snapshot(struct tsl_board *board, struct sg_arena *arena,
    int64_t now, struct tsl_payload *ret, uint64_t *ret_version);
/* The packed bits of a snapshot for one purpose, kept between calls: packing is what a version costs. Begin with an empty one. */
struct tsl_kept {
    struct bsl_view list;
    sg_str encoded;
};
/*
 * The Bitstring Status List of a purpose (BSL_REVOCATION, BSL_SUSPENSION, BSL_MESSAGE) over the same indexes, as a credential without proof. Its URL
 * is the board's with "/" and the purpose behind it; ttl and end are the board's. Messages: what the values of a Token Status List mean.
 * `kept` (may be NULL) belongs to this snapshot and purpose alone.
 */
SG_CHECKED sg_result tsl_board_credential(struct sg_arena *arena,
    const struct tsl_payload *snapshot, enum bsl_purpose purpose, sg_str issuer,
    struct tsl_kept *kept, sg_bytes *ret);
SG_CHECKED sg_result tsl_board_credential_uri(
    struct sg_arena *arena, sg_str uri, enum bsl_purpose purpose, sg_str *ret);
/*
 * What a W3C credential carries for the entry (uri, idx): the member `credentialStatus`, an array of a revocation and a suspension entry, into
 * the object being written. Both have the same index: it is one entry in one store (docs/status-lists.md says what that shows).
 */
void tsl_board_entries_write(struct sjson_wr *wr, sg_str uri, uint64_t idx);
/* The 2^bits messages, in order; static storage. None (0) for 8 bits, which have no message list. */
const struct bsl_message *tsl_board_messages(unsigned bits, size_t *ret_n);

/* Claims set of a new token (JWT alone). `ret_version` goes to tsl_board_signed once the token can be served. Needs about 3 MiB of arena. */
SG_CHECKED sg_result tsl_board_payload(struct tsl_board *board, struct sg_arena *arena, int64_t now,
    sg_bytes *ret, uint64_t *ret_version);
/* A token of that version, with this iat, is being served. Changes made meanwhile keep the board due. */
void tsl_board_signed(struct tsl_board *board, uint64_t version, int64_t iat);

#endif

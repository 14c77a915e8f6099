/*
 * What a status list says about one index, now: GOOD, BAD or UNKNOWN, and until when that may be repeated without asking again.
 * Pure: the token's signature and signer were verified before (tsl_token_verify); times are arguments.
 * spec: draft-ietf-oauth-status-list 8.3; anything that does not hold is UNKNOWN, and UNKNOWN never signs (req: STA-3).
 */
#ifndef VERDICT_H
#define VERDICT_H

#include "bsl.h"
#include "tsl_token.h"

/* Numbers as on the wire (enum wire_verdict). */
enum verdict_word { VERDICT_GOOD = 1, VERDICT_BAD = 2, VERDICT_UNKNOWN = 3 };

/* Bounds of ours: exp and ttl are the issuer's word, and both are clamped (all in seconds). */
struct verdict_policy {
    int64_t ttl_default_s; /* a list without ttl */
    int64_t
        ttl_min_s; /* a ttl shorter than this is taken as this, so that nobody makes us fetch all the time */
    int64_t ttl_max_s;        /* however long its ttl, a copy is used no longer than this */
    int64_t age_max_s;        /* a token whose iat is older than this says nothing; 0: no limit */
    int64_t no_exp_age_max_s; /* the same for a token without exp */
    int64_t skew_s;           /* iat may be this far in the future */
};
/* ttl 300 / 1 / 3600 s, age no limit, without exp one day, skew 60 s. */
struct verdict_policy verdict_policy_default(void);

struct verdict {
    enum verdict_word word;
    uint8_t
        value; /* as read; meaningless for UNKNOWN; the greatest of several when verdicts are joined */
    int64_t good_until_ms; /* UTC milliseconds, usable before it; 0 for UNKNOWN */
    enum sg_code code;     /* SG_OK; UNKNOWN: why */
};

/*
 * Does this list speak for `uri` at this moment? sub equals uri byte for byte, iat not in the future, exp not past, age and ttl within
 * policy. ret: a copy fetched (or revalidated) at fetched_at_ms may be used while the time is before this (UTC ms).
 * SG_E_VALUE (sub), SG_E_NOT_YET (iat), SG_E_EXPIRED (exp, age; ttl: the copy must be fetched again),
 * SG_E_CLOCK (fetched in the future: the clock went back).
 */
SG_CHECKED sg_result verdict_check_list(const struct verdict_policy *policy,
    const struct tsl_token *token, sg_str uri, int64_t fetched_at_ms, int64_t now_ms,
    int64_t *ret_good_until_ms);

/* The entry alone: VALID is GOOD, every other value is BAD, an index that the list does not have is UNKNOWN with SG_E_NOT_FOUND. */
struct verdict verdict_of_entry(const struct tsl_view *list, uint64_t idx, int64_t good_until_ms);

/* UNKNOWN for this reason. */
struct verdict verdict_unknown(enum sg_code code);

/* Both in one: list checks, then the entry. Never GOOD when now_ms is past the good-until time. */
struct verdict verdict_decide(const struct verdict_policy *policy, const struct tsl_token *token,
    const struct tsl_view *list, sg_str uri, uint64_t idx, int64_t fetched_at_ms, int64_t now_ms);

/* ---- Bitstring Status List (W3C v1.0, 3.2) ------------------------------------------------------------ */

/*
 * The same question for a list credential: `id` equals uri byte for byte (the Recommendation lets a list go without; here it is needed, because
 * nothing else under the signature says which list it is), validFrom not in the future, validUntil not past, ttl (milliseconds) within policy.
 * Its age counts from validFrom. SG_E_VALUE (id), SG_E_NOT_YET, SG_E_EXPIRED, SG_E_CLOCK.
 */
SG_CHECKED sg_result verdict_check_bsl(const struct verdict_policy *policy,
    const struct bsl_list *list, sg_str uri, int64_t fetched_at_ms, int64_t now_ms,
    int64_t *ret_good_until_ms);

/*
 * The entry alone. 0 is GOOD. Anything else is BAD, also for `message` and for purposes of somebody's own making (3.2: a status that is not
 * zero is not valid; what a message means only people can read), except `refresh`, which by its definition does not invalidate.
 * An index that the list does not have is UNKNOWN with SG_E_NOT_FOUND.
 */
struct verdict verdict_of_bsl_entry(
    const struct bsl_view *list, enum bsl_purpose purpose, uint64_t index, int64_t good_until_ms);

/*
 * Several verdicts about one credential: every one counts. BAD if one is, else UNKNOWN if one is, else GOOD until the first of them ends. None at all:
 * GOOD without end (INT64_MAX), because a credential without status has none to ask.
 */
struct verdict verdict_join(const struct verdict *verdicts, size_t n);

#endif

/*
 * Guessing limits (req: AU-7): failures per asker and kind in a minute. A fixed table; when two askers meet in a full row the
 * one with the fewest failures gives way, so a flood of addresses cannot wash out a stubborn one.
 */
#ifndef AUTH_LIMIT_H
#define AUTH_LIMIT_H

#include "sg_bytes.h"
#include "sg_result.h"

enum auth_guess {
    AUTH_GUESS_CODE = 1,
    AUTH_GUESS_CLIENT = 2,
    AUTH_GUESS_TOKEN = 3,
    AUTH_GUESS_LOOKUP = 4,
    AUTH_GUESS_LOGIN = 5,
    AUTH_GUESS_LOGIN_ALL = 6, /* of everybody together */
    AUTH_GUESS_ENROL = 7,
    AUTH_GUESS_ENROL_ALL = 8,
    AUTH_GUESS_CHALLENGE = 9,
    AUTH_GUESS_ENROL_LINK = 10, /* the asker is the link */
    AUTH_GUESS_ASK = 11,        /* a use: questions begun for a person */
};

struct auth_limit;
SG_CHECKED sg_result auth_limit_new(struct auth_limit **ret);
void auth_limit_free(struct auth_limit **limit);

/* SG_E_TOO_MANY when this asker failed `max` times or more in the running minute. Any thread. */
SG_CHECKED sg_result auth_limit_check(
    struct auth_limit *limit, enum auth_guess kind, sg_bytes asker, uint32_t max, int64_t now);
/* Count one failure (or one use, for look-ups). */
void auth_limit_count(struct auth_limit *limit, enum auth_guess kind, sg_bytes asker, int64_t now);

#endif

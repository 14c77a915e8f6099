/* Inside gateway/auth: how a session is made. */
#ifndef AUTH_SESSIONS_H
#define AUTH_SESSIONS_H

#include "auth_person.h"
#include "store_holder.h"

/* A fresh cookie and the row that stands for it; not stored yet. */
void auth_session_make(struct auth *auth, const uint8_t person[AUTH_PERSON_LEN],
    enum auth_method method, sg_str agent, int64_t now, struct store_session *ret,
    struct auth_new_login *ret_login);
/* The name of the session that a new one takes the place of: `hash`, or NULL when the cookie is none. */
const uint8_t *auth_session_old(sg_str cookie, uint8_t hash[32]);

#endif

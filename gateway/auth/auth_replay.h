/*
 * Memory of what was used once: jti of DPoP proofs and client assertions. One fixed table, some 9.5 bytes an entry, no allocation while
 * running; an entry is remembered for at least `span_s` and not much longer. Full of live entries means refusal: forgetting one would let it
 * be replayed (RFC 9449 11.1).
 */
#ifndef AUTH_REPLAY_H
#define AUTH_REPLAY_H

#include "sg_bytes.h"
#include "sg_result.h"

struct auth_replay;

/* `max` entries at a time, at most 2^22. SG_E_NO_MEMORY, SG_E_VALUE. */
SG_CHECKED sg_result auth_replay_new(size_t max, int64_t span_s, struct auth_replay **ret);
void auth_replay_free(struct auth_replay **replay);

/* Remember (context, id), joined under a random key. SG_E_REPLAY: seen before. SG_E_FULL. Any thread. */
SG_CHECKED sg_result auth_replay_once(
    struct auth_replay *replay, sg_bytes context, sg_bytes id, int64_t now);

#endif

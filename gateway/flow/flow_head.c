/* What is derived from a seal key: made when the key is first used or has changed, then only read. */
#include "flow_internal.h"

#include <stdlib.h>

#define HEAD_MAX ((size_t)512 * 1024)

void
flow_head_free(struct flow_head **head)
{
    if (*head != NULL) {
        sg_arena_free(&(*head)->arena);
        free(*head);
        *head = NULL;
    }
}

static sg_result
head_new(struct flow *flow, const struct flow_config *config, const struct peer_key *key,
    const struct jose_alg *alg, struct flow_head **ret)
{
    struct flow_head *head SG_CLEANUP(flow_head_free)
    = calloc(1, sizeof(*head));
    SG_REQUIRE(head != NULL, NO_MEMORY);
    head->arena = sg_arena_new(4096, HEAD_MAX);
    SG_REQUIRE(head->arena != NULL, NO_MEMORY);
    head->key = key;
    head->alg = alg;
    SG_TRY(config->form->head(head->arena, flow->settings.base, config, key, alg, &head->part));
    *ret = head;
    head = NULL; /* taken */
    return SG_DONE;
}

static void
retire(struct flow *flow, struct flow_head *head)
{
    if (head !=
        NULL) { /* requests may still read it: freed when the flow closes; keys change seldom */
        head->retired = atomic_load(&flow->retired);
        while (!atomic_compare_exchange_weak(&flow->retired, &head->retired, head)) {
        }
    }
}

sg_result
flow_head_get(struct flow *flow, const struct flow_config *config, const struct flow_head **ret)
{
    _Atomic(struct flow_head *) *slot = &flow->heads[config - flow->configs.items];
    const struct peer_key *key;
    SG_TRY(peer_key_find(flow->registry, config->seal_key, &key));
    struct flow_head *head = atomic_load(slot);
    if (head != NULL && head->key == key) {
        *ret = head;
        return SG_DONE;
    }
    SG_REQUIRE(key->purpose == WIRE_PURPOSE_SEAL, KEY_USE);
    const struct jose_alg *alg = jose_alg_by_id((enum jose_alg_id)key->alg);
    SG_REQUIRE(alg != NULL && alg == config->seal_alg, KEY_USE);
    struct flow_head *fresh;
    SG_TRY(head_new(flow, config, key, alg, &fresh));
    if (atomic_compare_exchange_strong(slot, &head, fresh)) {
        retire(flow, head);
    } else {
        retire(flow, fresh); /* another thread was first; this one serves this call */
    }
    *ret = fresh;
    return SG_DONE;
}

/* The JWS header of a seal key: made when the key is first used or has changed, then only read. */
#include "flow_internal.h"

#include <stdlib.h>

#include "sg_text.h"

#define HEADER_MAX ((size_t)64 * 1024)

static sg_result
header_json(
    struct sg_arena *arena, const struct peer_key *key, const struct jose_alg *alg, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 4096, HEADER_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "alg", alg->name);
    sjson_wr_member_cstr(&wr, "typ", SDJWT_VC_TYP);
    sjson_wr_member_b64url(&wr, "kid", SG_BYTES(key->thumbprint));
    if (key->n_chain > 0) {
        sjson_wr_name(&wr, SG_LIT("x5c"));
        sjson_wr_array(&wr);
        for (size_t i = 0; i < key->n_chain; i++) {
            sg_str text;
            SG_TRY(sg_b64_encode(arena, key->chain[i], &text));
            sjson_wr_text(&wr, text);
        }
        sjson_wr_array_end(&wr);
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

static void
free_arena(struct sg_arena **arena)
{
    sg_arena_free(arena);
}

static sg_result
head_new(const struct peer_key *key, const struct jose_alg *alg, struct flow_head **ret)
{
    struct sg_arena *arena SG_CLEANUP(free_arena)
    = sg_arena_new(0, 512 * 1024);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    sg_str json, text;
    SG_TRY(header_json(arena, key, alg, &json));
    SG_TRY(sg_b64url_encode(arena, sg_str_bytes(json), &text));
    struct flow_head *head = calloc(1, sizeof(*head) + text.n);
    SG_REQUIRE(head != NULL, NO_MEMORY);
    memcpy(head->text, text.p, text.n);
    head->header = sg_str_of(head->text, text.n);
    head->key = key;
    head->alg = alg;
    *ret = head;
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
    SG_TRY(head_new(key, alg, &fresh));
    if (atomic_compare_exchange_strong(slot, &head, fresh)) {
        retire(flow, head);
    } else {
        retire(flow, fresh); /* another thread was first; this one serves this call */
    }
    *ret = fresh;
    return SG_DONE;
}

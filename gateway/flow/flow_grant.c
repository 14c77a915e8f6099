/* What a token authorises, parsed once and kept with the cached token. */
#include "flow_internal.h"

#include <stdlib.h>

#define GRANT_ARENA_FIRST \
    ((size_t)4096) /* an offer of a dozen claims; chunks that double from less took 7 kB */
#define GRANT_ARENA_MAX ((size_t)1024 * 1024)

void
flow_grant_free(void *object)
{
    struct flow_grant *grant = object;
    if (grant != NULL) {
        sg_arena_free(&grant->arena); /* wipes the claims */
        free(grant);
    }
}

static bool
is_selected(sg_str selection, sg_str identifier)
{
    if (selection.n == 0) {
        return true;
    }
    for (size_t from = 0; from < selection.n;) {
        size_t end = sg_str_index(selection, ',', from);
        if (sg_str_equal(sg_str_slice(selection, from, end - from), identifier)) {
            return true;
        }
        from = end + 1;
    }
    return false;
}

static sg_result
load(struct flow_grant *grant, sg_str selection)
{
    struct store_offer row;
    sg_result r = store_offer_get(grant->flow->store, grant->offer_id, grant->arena, &row);
    SG_REQUIRE(r.code != SG_E_NOT_FOUND, TOKEN);
    SG_TRY(r);
    /* Without a body everything was issued (SIG-6) or the offer was taken back. */
    SG_REQUIRE(row.state == STORE_OFFER_REDEEMED, TOKEN);
    SG_REQUIRE(row.body.n > 0, POLICY);
    grant->client = row.client;
    /* what parsing and checking need is not kept: a grant stays as long as its token, and there are hundreds */
    SG_CLEANUP(sg_arena_free)
    struct sg_arena *scratch = sg_arena_new((size_t)16 * 1024, GRANT_ARENA_MAX);
    SG_REQUIRE(scratch != NULL, NO_MEMORY);
    struct flow_body *body = SG_NEW(scratch, struct flow_body);
    SG_REQUIRE(body != NULL, NO_MEMORY);
    SG_TRY(flow_body_parse(grant->arena, row.body, body));
    for (size_t i = 0; i < body->n; i++) {
        struct flow_entry *entry = &grant->entries[i];
        const struct flow_config *config =
            flow_config_find(&grant->flow->configs, body->credentials[i].configuration);
        SG_REQUIRE(config != NULL, CONFIGURATION);
        /* Again against the rules: the configuration may have changed since the offer. */
        SG_TRY(
            flow_subject_make(scratch, config, body->credentials[i].claims, NULL, &entry->subject));
        entry->identifier = body->identifiers[i];
        entry->selected = is_selected(selection, entry->identifier);
        entry->count = body->credentials[i].count;
        entry->instruction = body->credentials[i].instruction;
        uint64_t used;
        SG_TRY(store_issuance_count(grant->flow->store, grant->offer_id, entry->identifier, &used));
        atomic_store(&entry->used, used);
        grant->n = i + 1;
    }
    return SG_DONE;
}

sg_result
flow_grant_open(struct flow *flow, sg_str offer_id, sg_str selection, const uint8_t token_hash[32],
    struct flow_grant **ret)
{
    struct flow_grant *grant = calloc(1, sizeof(*grant));
    SG_REQUIRE(grant != NULL, NO_MEMORY);
    grant->flow = flow;
    memcpy(grant->token_hash, token_hash, 32);
    grant->arena = sg_arena_new(GRANT_ARENA_FIRST, GRANT_ARENA_MAX);
    sg_result r = grant->arena == NULL ? SG_ERROR(NO_MEMORY)
                                       : sg_arena_str(grant->arena, offer_id, &grant->offer_id);
    if (sg_ok(r)) {
        r = load(grant, selection);
    }
    if (!sg_ok(r)) {
        flow_grant_free(grant);
        return r;
    }
    *ret = grant;
    return SG_DONE;
}

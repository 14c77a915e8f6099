/* First line a query, the rest a credential's claims, tried as every format: what matches delivers what was asked, and a plan never grants what was not answered. */
#include <stdlib.h>

#include "dcql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool good)
{
    if (!good) {
        abort();
    }
}

static void
try_credential(struct sg_arena *arena, const struct dcql_query *query,
    const struct dcql_credential *c, bool *answered)
{
    for (size_t i = 0; i < query->n; i++) {
        struct dcql_match match;
        if (!sg_ok(dcql_match(arena, &query->credentials[i], c, &match))) {
            continue;
        }
        must(match.matches == (match.reason == NULL));
        must(!match.matches || match.everything || match.n_nodes >= match.n_claims);
        must(match.claim_set < (int)query->credentials[i].n_claim_sets);
        answered[i] = answered[i] || match.matches;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)8 * 1024 * 1024);
    sg_str in = sg_str_of((const char *)data, size);
    size_t line = sg_str_index(in, '\n', 0);
    const struct sjson *json;
    const struct sjson *claims = NULL;
    struct dcql_query query;
    if (sg_ok(sjson_parse(arena, sg_str_slice(in, 0, line), NULL, &json)) &&
        sg_ok(dcql_parse(arena, json, NULL, &query)) && line < size &&
        sg_ok(sjson_parse(arena, sg_str_slice(in, line + 1, size), NULL, &claims))) {
        bool answered[DCQL_CREDENTIALS_MAX] = { false };
        sg_str types[] = { SG_LIT("a"), SG_LIT("b") };
        for (int f = DCQL_DC_SD_JWT; f <= DCQL_VC_COSE; f++) {
            struct dcql_credential c = { .format = (enum dcql_format)f,
                .claims = claims,
                .type = SG_LIT("a"),
                .types = types,
                .n_types = 2,
                .bound = true,
                .usable = true };
            try_credential(arena, &query, &c, answered);
        }
        struct dcql_plan plan;
        size_t chosen[DCQL_CREDENTIALS_MAX] = { 0 };
        if (sg_ok(dcql_plan_make(arena, &query, answered, &plan))) {
            bool all = true;
            for (size_t i = 0; i < query.n; i++) {
                chosen[i] = answered[i] && plan.requested[i] ? 1 : 0;
                all = all && answered[i];
            }
            must(!all || plan.satisfiable);
            must(sg_ok(dcql_choice_check(arena, &query, chosen)) <= plan.satisfiable);
        }
    }
    sg_arena_free(&arena);
    return 0;
}

/* A credential configuration as an operator may mistype it: refused with a reason, or whole. */
#include <stdlib.h>

#include "flow_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)32 << 20);
    }
    sg_arena_reset(arena);
    struct flow_configs set;
    struct sg_why why = { 0 };
    sg_str text = sg_str_of((const char *)data, size);
    sg_result r =
        flow_config_parse(arena, SG_LIT("c"), text, SG_LIT("http://localhost"), &why, &set);
    if (sg_ok(r)) {
        const struct sjson *claims = NULL;
        SG_IGNORE(sjson_parse(arena, text, NULL, &claims));
        for (size_t i = 0; i < set.n; i++) {
            const struct flow_config *config = &set.items[i];
            if (config->seal_alg == NULL || config->seal_key.n == 0 || config->n_claims == 0 ||
                config->validity_s < 60 || config->round_s < 1 || config->form == NULL ||
                config->published == NULL) {
                abort();
            }
            if (claims != NULL) {
                SG_IGNORE(
                    flow_claims_check(arena, config, claims, &why)); /* any answer, no fault */
            }
        }
        flow_configs_done(&set);
    } else if (r.code != SG_E_NO_MEMORY && why.what == NULL) {
        abort(); /* an operator must be told */
    }
    return 0;
}

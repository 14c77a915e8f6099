/* authorization_details of a token request (RFC 9396): what is taken names offered credentials, at least one. */
#include <stdlib.h>

#include "vci_inner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)16 << 20);
    }
    sg_arena_reset(arena);
    static const struct flow_config badge = { .id = { "employee_badge_sd_jwt", 21 } };
    const struct flow_grant_item items[] = { { &badge, SG_LIT("employee_badge_sd_jwt.0") } };
    bool wanted[1] = { false };
    sg_str text = sg_str_of((const char *)data, size);
    if (sg_ok(vci_details_parse(arena, text, SG_LIT("http://localhost"), items, 1, wanted)) &&
        !wanted[0]) {
        abort();
    }
    return 0;
}

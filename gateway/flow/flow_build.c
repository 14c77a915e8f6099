/* Claims on their way to a credential, whatever its format (req: FMT-5). */
#include "flow_internal.h"

#include <sodium.h>

sg_result
flow_subject_make(const struct flow_config *config, const struct sjson *claims, struct sg_why *why,
    struct flow_subject *ret)
{
    SG_TRY(flow_claims_check(config, claims, why));
    *ret = (struct flow_subject){ config, claims };
    return SG_DONE;
}

sg_result
flow_subject_try(
    struct flow *flow, struct sg_arena *arena, const struct flow_subject *subject, int64_t now)
{
    static const uint8_t zeros[WIRE_SIG_MAX];
    const struct flow_form *form = subject->config->form;
    struct flow_make make = { .base = flow->settings.base, .subject = subject, .now = now };
    struct flow_pending pending;
    size_t n;
    sg_str credential;
    SG_TRY(flow_head_get(flow, subject->config, &make.head));
    SG_TRY(form->need(subject, &n));
    uint8_t *bytes = sg_arena_alloc(arena, n);
    SG_REQUIRE(bytes != NULL, NO_MEMORY);
    randombytes_buf(bytes, n);
    make.random = sg_bytes_of(bytes, n);
    SG_TRY(form->build(arena, &make, &pending));
    sg_bytes signature = sg_bytes_of(zeros, make.head->alg->sig_len);
    SG_TRY(form->attach(arena, &pending, signature, &credential));
    return form->check == NULL ? SG_DONE : form->check(arena, subject->config, credential);
}

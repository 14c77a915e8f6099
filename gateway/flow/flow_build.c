/* Claims on their way to a credential, whatever its format (req: FMT-5). */
#include "flow_internal.h"

#include <sodium.h>

sg_result
flow_subject_make(struct sg_arena *arena, const struct flow_config *config,
    const struct sjson *claims, struct sg_why *why, struct flow_subject *ret)
{
    SG_TRY(flow_claims_check(arena, config, claims, why));
    *ret = (struct flow_subject){ config, claims };
    return SG_DONE;
}

/* P-256's own base point (SEC 2, 2.4.2): a key on its curve that is nobody's, for trial credentials. */
static const struct flow_holder nobody = {
    .key = { .kty = JOSE_KTY_EC,
        .crv = JOSE_P256,
        .coord_len = 32,
        .x = { 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4,
            0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45,
            0xd8, 0x98, 0xc2, 0x96 },
        .y = { 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f,
            0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68,
            0x37, 0xbf, 0x51, 0xf5 } },
};

sg_result
flow_subject_try(struct flow *flow, struct sg_arena *arena, const struct flow_subject *subject,
    int64_t now, struct sg_why *why)
{
    static const uint8_t zeros[WIRE_SIG_MAX];
    const struct flow_form *form = subject->config->form;
    struct flow_make make = { .base = flow->settings.base,
        .contexts = flow->contexts.set,
        .subject = subject,
        .now = now,
        .why = why };
    struct flow_pending pending;
    size_t n;
    sg_str credential;
    struct wire_ref ref = { .type = WIRE_REF_TOKEN_STATUS_LIST };
    if (subject->config->status_list.n >
        0) { /* as it will stand there, so that paths into it are tried too */
        SG_TRY(sg_arena_printf(arena, &ref.uri, "%.*s/status/%.*s", SG_PRINT(make.base),
            SG_PRINT(subject->config->status_list)));
        make.ref = &ref;
    }
    make.holder = subject->config->binding != 0 ? &nobody : NULL;
    SG_TRY(flow_head_get(flow, subject->config, &make.head));
    SG_TRY(form->need(arena, subject, &n));
    uint8_t *bytes = sg_arena_alloc(arena, n);
    SG_REQUIRE(bytes != NULL, NO_MEMORY);
    randombytes_buf(bytes, n);
    make.random = sg_bytes_of(bytes, n);
    SG_TRY(form->build(arena, &make, &pending));
    sg_bytes signature = sg_bytes_of(zeros, make.head->alg->sig_len);
    SG_TRY(form->attach(arena, &pending, signature, &credential));
    return form->check == NULL ? SG_DONE : form->check(arena, subject->config, credential);
}

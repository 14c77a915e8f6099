/* The formats this gateway issues. */
#include "flow_form.h"

static const struct flow_form *const rows[] = {
    &flow_form_sdjwt,
    &flow_form_mdoc,
    &flow_form_ldp,
    &flow_form_vc_jwt,
    &flow_form_vc_sd_jwt,
    &flow_form_vc_cose,
};

const struct flow_form *const *
flow_forms(size_t *ret_n)
{
    *ret_n = sizeof(rows) / sizeof(rows[0]);
    return rows;
}

const struct flow_form *
flow_form_find(sg_str format)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (sg_str_is(format, rows[i]->format)) {
            return rows[i];
        }
    }
    return NULL;
}

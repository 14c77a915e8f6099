/* Documents for tests: a base document with some members put in place of its own. */
#ifndef VCDM_MAKE_H
#define VCDM_MAKE_H

#include "support.h"

#include "vcdm.h"

#define BASE_CREDENTIAL                                                   \
    "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\"],"           \
    "\"type\":[\"VerifiableCredential\"],\"issuer\":\"did:example:iss\"," \
    "\"credentialSubject\":{\"id\":\"did:example:sub\"}}"
#define BASE_CREDENTIAL_1_1                                               \
    "{\"@context\":[\"https://www.w3.org/2018/credentials/v1\"],"         \
    "\"type\":[\"VerifiableCredential\"],\"issuer\":\"did:example:iss\"," \
    "\"issuanceDate\":\"2020-01-01T00:00:00Z\","                          \
    "\"credentialSubject\":{\"id\":\"did:example:sub\"}}"
#define BASE_PRESENTATION                                       \
    "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\"]," \
    "\"type\":[\"VerifiablePresentation\"]}"

static inline const struct sjson *
json_of(void **state, sg_str text)
{
    const struct sjson *json;
    assert_ok(sjson_parse(*state, text, NULL, &json));
    return json;
}

/* The members of `base`, without those that `change` names, and those of `change` that are not null. */
static inline sg_str
changed(void **state, const char *base, const char *change)
{
    struct sg_buf buf = sg_buf_new(*state, 0, 1 << 20);
    struct sjson_wr wr = sjson_wr_new(&buf);
    const struct sjson *old = json_of(state, sg_cstr(base));
    const struct sjson *new = json_of(state, sg_cstr(change));
    sg_str out;
    sjson_wr_object(&wr);
    for (const struct sjson *m = old->first; m != NULL; m = m->next) {
        if (sjson_get_str(new, m->name) == NULL) {
            sjson_wr_name(&wr, m->name);
            sjson_wr_value(&wr, m);
        }
    }
    for (const struct sjson *m = new->first; m != NULL; m = m->next) {
        if (m->type != SJSON_NULL) {
            sjson_wr_name(&wr, m->name);
            sjson_wr_value(&wr, m);
        }
    }
    sjson_wr_object_end(&wr);
    assert_ok(sg_buf_end_str(&buf, &out));
    return out;
}

#endif

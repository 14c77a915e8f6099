#include "flow_issuer.h"

#include "did.h"
#include "sg_text.h"

static const struct {
    const char *word;
    enum flow_issuer_form form;
} words[] = {
    { "did:web", FLOW_ISSUER_DID_WEB },
    { "did:key", FLOW_ISSUER_DID_KEY },
    { "url", FLOW_ISSUER_URL },
};

bool
flow_issuer_form_of(sg_str word, enum flow_issuer_form *ret)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (sg_str_is(word, words[i].word)) {
            *ret = words[i].form;
            return true;
        }
    }
    return false;
}

/* The fragments are those of the document that faces/vci serves: thumbprint and multibase value. */
static sg_result
with_fragments(struct sg_arena *arena, const struct jwk *key, struct flow_issuer *ret)
{
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    sg_str kid, multibase;
    SG_TRY(jwk_thumbprint(arena, key, thumbprint));
    SG_TRY(sg_b64url_encode(arena, SG_BYTES(thumbprint), &kid));
    SG_TRY(multikey_encode(arena, key, &multibase));
    SG_TRY(
        sg_arena_printf(arena, &ret->json_web_key, "%.*s#%.*s", SG_PRINT(ret->id), SG_PRINT(kid)));
    return sg_arena_printf(
        arena, &ret->multikey, "%.*s#%.*s", SG_PRINT(ret->id), SG_PRINT(multibase));
}

sg_result
flow_issuer_make(struct sg_arena *arena, sg_str base, enum flow_issuer_form form,
    const struct jwk *key, struct flow_issuer *ret)
{
    switch (form) {
    case FLOW_ISSUER_DID_KEY:
        SG_TRY(did_key_of(arena, key, &ret->id));
        SG_TRY(did_method_of(arena, ret->id, &ret->multikey));
        ret->json_web_key = ret->multikey;
        return SG_DONE;
    case FLOW_ISSUER_DID_WEB:
        SG_TRY(did_web_of_test(arena, base, &ret->id));
        break;
    case FLOW_ISSUER_URL:
        SG_TRY(sg_arena_printf(arena, &ret->id, "%.*s" FLOW_ISSUER_PATH, SG_PRINT(base)));
        break;
    }
    return with_fragments(arena, key, ret);
}

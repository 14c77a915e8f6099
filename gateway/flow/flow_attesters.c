/* Attesters of holders' keys, as an operator names them. Every refusal names the member at fault: people write these files by hand. */
#include "flow_attesters.h"

#include "flow_folder.h"
#include "flow_read.h"

static sg_result
check_members(const struct sjson *json, struct sg_why *why)
{
    static const char *const known[] = { "attester", "jwks", "roots", "names" };
    for (const struct sjson *m = json->first; m != NULL; m = m->next) {
        bool found = false;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            found = found || sg_str_is(m->name, known[i]);
        }
        if (!found) {
            return flow_bad(why, "a member that is not known");
        }
    }
    return SG_DONE;
}

static sg_result
read_key(struct sg_arena *arena, const struct sjson *json, struct flow_attester_key *ret)
{
    struct jwk_key *decoded SG_CLEANUP(jwk_key_free)
    = NULL;
    SG_TRY(jwk_parse(arena, json, &ret->jwk));
    SG_TRY(jwk_key_new(&ret->jwk, &decoded));
    return jwk_thumbprint(arena, &ret->jwk, ret->thumbprint);
}

static sg_result
read_keys(
    struct sg_arena *arena, const struct sjson *jwks, struct sg_why *why, struct flow_attester *ret)
{
    const struct sjson *list = sjson_get(jwks, "keys");
    if (list == NULL || list->type != SJSON_ARRAY || list->n == 0 ||
        list->n > FLOW_ATTESTER_KEYS_MAX) {
        return flow_bad(why, "jwks");
    }
    struct flow_attester_key *keys = SG_NEW_ARRAY(arena, list->n, struct flow_attester_key);
    SG_REQUIRE(keys != NULL, NO_MEMORY);
    for (const struct sjson *e = list->first; e != NULL; e = e->next) {
        sg_result r =
            e->type == SJSON_OBJECT ? read_key(arena, e, &keys[ret->n_keys++]) : SG_ERROR(TYPE);
        SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
        if (!sg_ok(r)) {
            return flow_bad(why, "jwks: a key");
        }
    }
    ret->keys = keys;
    return SG_DONE;
}

static sg_result
read_roots(struct sg_arena *arena, const struct sjson *roots, struct sg_why *why,
    struct flow_attester *ret)
{
    sg_bytes *der = SG_NEW_ARRAY(arena, X509_CHAIN_MAX, sg_bytes);
    SG_REQUIRE(der != NULL, NO_MEMORY);
    sg_result r = x509_from_x5c(arena, roots, der, &ret->n_roots);
    for (size_t i = 0; i < ret->n_roots && sg_ok(r); i++) {
        sg_bytes unused; /* whatever its key is: it is a certificate */
        r = x509_authority_key_id(arena, der[i], &unused);
    }
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    if (!sg_ok(r)) {
        return flow_bad(why, "roots: certificates, DER in base64");
    }
    ret->roots = der;
    return SG_DONE;
}

static sg_result
read_names(const struct sjson *names, struct sg_why *why, struct flow_attester *ret)
{
    bool list = names->type == SJSON_ARRAY && names->n > 0 && names->n <= FLOW_ATTESTER_NAMES_MAX;
    if (!list || ret->n_roots == 0) {
        return flow_bad(why, "names: an array of text, with roots");
    }
    for (const struct sjson *e = names->first; e != NULL; e = e->next) {
        if (e->type != SJSON_STRING || e->text.n == 0 || e->text.n > FLOW_ATTESTER_TEXT_MAX) {
            return flow_bad(why, "names: an array of text, with roots");
        }
        ret->names[ret->n_names++] = e->text;
    }
    return SG_DONE;
}

sg_result
flow_attester_parse(
    struct sg_arena *arena, sg_str text, struct sg_why *why, struct flow_attesters *to)
{
    struct flow_attester one = { 0 };
    const struct sjson *json;
    sg_result r = sjson_parse_object(arena, text, why, &json);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    if (!sg_ok(r)) {
        return flow_bad(why, "is no JSON object");
    }
    if (to->n == FLOW_ATTESTERS_MAX) {
        return flow_bad(why, "too many attesters");
    }
    SG_TRY(check_members(json, why));
    SG_TRY(flow_read_text(json, why, "attester", FLOW_ATTESTER_TEXT_MAX, &one.name));
    for (size_t i = 0; i < to->n; i++) {
        if (sg_str_equal(to->items[i].name, one.name)) {
            return flow_bad(why, "attester: another file has it");
        }
    }
    const struct sjson *jwks = sjson_get(json, "jwks");
    const struct sjson *roots = sjson_get(json, "roots");
    const struct sjson *names = sjson_get(json, "names");
    if (jwks == NULL && roots == NULL) {
        return flow_bad(why, "jwks or roots: one is needed");
    }
    SG_TRY(jwks == NULL ? SG_DONE : read_keys(arena, jwks, why, &one));
    SG_TRY(roots == NULL ? SG_DONE : read_roots(arena, roots, why, &one));
    SG_TRY(names == NULL ? SG_DONE : read_names(names, why, &one));
    to->items[to->n++] = one;
    return SG_DONE;
}

struct reading {
    struct sg_arena *arena;
    struct flow_attesters *to;
};

static sg_result
one_file(void *context, sg_str text, struct sg_why *why)
{
    struct reading *reading = context;
    return flow_attester_parse(reading->arena, text, why, reading->to);
}

sg_result
flow_attesters_read(struct sg_arena *arena, const char *dir, sg_str base, struct sg_why *why,
    sg_str *ret_file, struct flow_attesters *ret)
{
    struct reading reading = { arena, ret };
    ret->n = 0;
    return flow_folder_read(arena, dir, base, why, ret_file, one_file, &reading);
}

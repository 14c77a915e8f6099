#include "flow_verifiers.h"

#include "flow_folder.h"
#include "flow_read.h"

#define TEXT_MAX 512

sg_result
verifiers_new(struct sg_arena *arena, struct verifiers *ret)
{
    *ret = (struct verifiers){
        .clients = SG_NEW_ARRAY(arena, VERIFIERS_MAX, struct oid4vp_client),
        .attesters = SG_NEW_ARRAY(arena, VERIFIERS_MAX, struct oid4vp_attester),
        .types = SG_NEW_ARRAY(arena, VERIFIERS_MAX, struct oid4vp_transaction_type),
        .any_uri = SG_NEW_ARRAY(arena, VERIFIERS_MAX, sg_str),
        .words = SG_NEW_ARRAY(arena, VERIFIERS_MAX, struct verifier_words),
    };
    bool good = ret->clients != NULL && ret->attesters != NULL && ret->types != NULL &&
                ret->any_uri != NULL && ret->words != NULL;
    SG_REQUIRE(good, NO_MEMORY);
    return SG_DONE;
}

/* Every member is one of `known` (separated by blanks). */
static sg_result
check_members(const struct sjson *json, const char *known, struct sg_why *why)
{
    for (const struct sjson *m = json->first; m != NULL; m = m->next) {
        bool found = false;
        for (const char *at = known; !found && *at != '\0';) {
            size_t n = strcspn(at, " ");
            found = sg_str_equal(m->name, sg_str_of(at, n));
            at += n + (at[n] == ' ');
        }
        if (!found) {
            return flow_bad(why, "a member that is not known");
        }
    }
    return SG_DONE;
}

static sg_result
read_keys(struct sg_arena *arena, const struct sjson *json, struct sg_why *why,
    const struct jwk **ret, size_t *ret_n)
{
    const struct sjson *jwks = sjson_get(json, "jwks");
    *ret_n = 0;
    if (jwks == NULL) {
        return SG_DONE;
    }
    const struct sjson *list = sjson_get(jwks, "keys");
    if (list == NULL || list->type != SJSON_ARRAY || list->n == 0 || list->n > VERIFIER_KEYS_MAX) {
        return flow_bad(why, "jwks");
    }
    struct jwk *keys = SG_NEW_ARRAY(arena, list->n, struct jwk);
    SG_REQUIRE(keys != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = list->first; e != NULL; e = e->next, n++) {
        struct jwk_key *decoded SG_CLEANUP(jwk_key_free)
        = NULL;
        if (!sg_ok(jwk_parse(arena, e, &keys[n])) || !sg_ok(jwk_key_new(&keys[n], &decoded))) {
            return flow_bad(why, "jwks: a key");
        }
    }
    *ret = keys;
    *ret_n = n;
    return SG_DONE;
}

/* A text for all languages, or one for each. */
static sg_result
read_text(const struct sjson *json, struct sg_why *why, const char *what, struct verifier_text *ret)
{
    if (json->type == SJSON_STRING && json->text.n > 0 && json->text.n <= TEXT_MAX) {
        *ret = (struct verifier_text){ json->text, json->text };
        return SG_DONE;
    }
    if (json->type != SJSON_OBJECT) {
        return flow_bad(why, what);
    }
    SG_TRY(check_members(json, "en ja", why));
    SG_TRY(flow_read_text(json, why, "en", TEXT_MAX, &ret->en));
    return flow_read_text(json, why, "ja", TEXT_MAX, &ret->ja);
}

static sg_result
read_words(const struct sjson *json, struct sg_why *why, struct verifier_words *ret)
{
    const struct sjson *name = sjson_get(json, "name");
    const struct sjson *purposes = sjson_get(json, "purposes");
    if (name != NULL) {
        SG_TRY(read_text(name, why, "name", &ret->name));
    }
    if (purposes == NULL) {
        return SG_DONE;
    }
    if (purposes->type != SJSON_ARRAY || purposes->n > VERIFIER_PURPOSES_MAX) {
        return flow_bad(why, "purposes");
    }
    for (const struct sjson *e = purposes->first; e != NULL; e = e->next) {
        SG_TRY(read_text(e, why, "purposes", &ret->purposes[ret->n_purposes++]));
    }
    return SG_DONE;
}

static sg_result
read_uris(
    struct sg_arena *arena, const struct sjson *json, struct sg_why *why, struct oid4vp_client *ret)
{
    const struct sjson *list = sjson_get(json, "uris");
    if (list == NULL) {
        return SG_DONE;
    }
    if (list->type != SJSON_ARRAY || list->n == 0 || list->n > VERIFIER_URIS_MAX) {
        return flow_bad(why, "uris");
    }
    sg_str *uris = SG_NEW_ARRAY(arena, list->n, sg_str);
    SG_REQUIRE(uris != NULL, NO_MEMORY);
    for (const struct sjson *e = list->first; e != NULL; e = e->next) {
        if (e->type != SJSON_STRING || !cid_is_url(e->text)) {
            return flow_bad(why, "uris: each is an absolute URI");
        }
        uris[ret->n_uris++] = e->text;
    }
    ret->uris = uris;
    return SG_DONE;
}

static sg_result
read_flag(const struct sjson *json, struct sg_why *why, const char *name, bool *ret)
{
    return sg_ok(sjson_member_bool(json, name, false, ret)) ? SG_DONE : flow_bad(why, name);
}

static sg_result
read_client(
    struct sg_arena *arena, const struct sjson *json, struct sg_why *why, struct verifiers *to)
{
    struct oid4vp_client client = { 0 };
    struct verifier_words words = { 0 };
    bool any_uri;
    SG_TRY(
        check_members(json, "client_id name purposes jwks uris signed_only any_uri metadata", why));
    SG_TRY(flow_read_text(json, why, "client_id", CONSENT_NAME_MAX, &client.client_id));
    SG_TRY(read_keys(arena, json, why, &client.keys, &client.n_keys));
    SG_TRY(read_uris(arena, json, why, &client));
    SG_TRY(read_flag(json, why, "signed_only", &client.signed_only));
    if (sjson_get(json, "signed_only") ==
        NULL) { /* whoever has keys signs: unsigned, anybody could ask in its name */
        client.signed_only = client.n_keys > 0;
    }
    SG_TRY(read_flag(json, why, "any_uri", &any_uri));
    client.metadata = sjson_get(json, "metadata");
    if (client.metadata != NULL && client.metadata->type != SJSON_OBJECT) {
        return flow_bad(why, "metadata");
    }
    words.client_id = client.client_id;
    SG_TRY(read_words(json, why, &words));
    if (verifier_words_find(to, client.client_id) != NULL) {
        return flow_bad(why, "client_id: another file has it");
    }
    sg_str rest;
    bool known_before = oid4vp_prefix_of(client.client_id, &rest) == OID4VP_PRE_REGISTERED;
    if (known_before && client.n_uris == 0) {
        return flow_bad(why, "uris: a client without a prefix needs them");
    }
    if (known_before) {
        to->clients[to->n_clients++] = client;
    } else if (client.n_uris > 0 || client.n_keys > 0) {
        return flow_bad(why, "jwks and uris: the prefix says where they come from");
    }
    if (any_uri) {
        to->any_uri[to->n_any_uri++] = client.client_id;
    }
    to->words[to->n_words++] = words;
    return SG_DONE;
}

static sg_result
read_attester(
    struct sg_arena *arena, const struct sjson *json, struct sg_why *why, struct verifiers *to)
{
    struct oid4vp_attester attester = { 0 };
    SG_TRY(check_members(json, "attester jwks", why));
    SG_TRY(flow_read_text(json, why, "attester", CONSENT_NAME_MAX, &attester.issuer));
    SG_TRY(read_keys(arena, json, why, &attester.keys, &attester.n_keys));
    if (attester.n_keys == 0) {
        return flow_bad(why, "jwks: an attester has keys");
    }
    to->attesters[to->n_attesters++] = attester;
    return SG_DONE;
}

static sg_result
read_member(struct sg_arena *arena, const struct sjson *json, struct sg_why *why,
    struct oid4vp_transaction_member *ret)
{
    static const char *const kinds[] = { "text", "number", "boolean", "object", "array" };
    sg_str kind;
    if (json->type != SJSON_OBJECT) {
        return flow_bad(why, "members");
    }
    SG_TRY(check_members(json, "kind required", why));
    SG_TRY(flow_read_text(json, why, "kind", TEXT_MAX, &kind));
    SG_TRY(read_flag(json, why, "required", &ret->required));
    SG_TRY(sg_arena_cstr(arena, json->name, &ret->name));
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (sg_str_is(kind, kinds[i])) {
            ret->kind = (enum oid4vp_member_kind)i;
            return SG_DONE;
        }
    }
    return flow_bad(why, "kind");
}

static sg_result
read_type(
    struct sg_arena *arena, const struct sjson *json, struct sg_why *why, struct verifiers *to)
{
    struct oid4vp_transaction_type type = { 0 };
    sg_str name;
    SG_TRY(check_members(json, "transaction_type members", why));
    SG_TRY(flow_read_text(json, why, "transaction_type", CONSENT_NAME_MAX, &name));
    SG_TRY(sg_arena_cstr(arena, name, &type.type));
    const struct sjson *members = sjson_get(json, "members");
    if (members == NULL || members->type != SJSON_OBJECT || members->n > VERIFIER_MEMBERS_MAX) {
        return flow_bad(why, "members");
    }
    struct oid4vp_transaction_member *made =
        SG_NEW_ARRAY(arena, members->n, struct oid4vp_transaction_member);
    SG_REQUIRE(made != NULL, NO_MEMORY);
    for (const struct sjson *m = members->first; m != NULL; m = m->next) {
        SG_TRY(read_member(arena, m, why, &made[type.n_members++]));
    }
    type.members = made;
    to->types[to->n_types++] = type;
    return SG_DONE;
}

sg_result
verifier_parse(struct sg_arena *arena, sg_str text, struct sg_why *why, struct verifiers *to)
{
    const struct sjson *json;
    if (!sg_ok(sjson_parse_object(arena, text, why, &json))) {
        return flow_bad(why, "is no JSON object");
    }
    bool full = to->n_words == VERIFIERS_MAX || to->n_attesters == VERIFIERS_MAX ||
                to->n_types == VERIFIERS_MAX;
    if (full) {
        return flow_bad(why, "too many verifiers");
    }
    if (sjson_get(json, "client_id") != NULL) {
        return read_client(arena, json, why, to);
    }
    if (sjson_get(json, "attester") != NULL) {
        return read_attester(arena, json, why, to);
    }
    if (sjson_get(json, "transaction_type") != NULL) {
        return read_type(arena, json, why, to);
    }
    return flow_bad(why, "client_id, attester or transaction_type: one is needed");
}

/* ---- the folder ----------------------------------------------------------------------------------------- */

struct reading {
    struct sg_arena *arena;
    struct verifiers *to;
};

static sg_result
one_file(void *context, sg_str text, struct sg_why *why)
{
    struct reading *reading = context;
    return verifier_parse(reading->arena, text, why, reading->to);
}

sg_result
verifiers_read(struct sg_arena *arena, const char *path, sg_str base, struct sg_why *why,
    sg_str *ret_file, struct verifiers *ret)
{
    SG_TRY(verifiers_new(arena, ret));
    struct reading reading = { arena, ret };
    return flow_folder_read(arena, path, base, why, ret_file, one_file, &reading);
}

const struct verifier_words *
verifier_words_find(const struct verifiers *all, sg_str client_id)
{
    for (size_t i = 0; i < all->n_words; i++) {
        if (sg_str_equal(all->words[i].client_id, client_id)) {
            return &all->words[i];
        }
    }
    return NULL;
}

sg_str
verifier_text_in(const struct verifier_text *text, enum consent_language language)
{
    return language == CONSENT_JA ? text->ja : text->en;
}

/* Retrieve Verification Method (CID 3.3), check by check. req: FMT-3 */
#include "cid.h"

#include "did.h"

static const struct {
    const char *name;
    enum cid_relationship relationship;
} relationships[] = {
    { "assertionMethod", CID_ASSERTION_METHOD },
    { "authentication", CID_AUTHENTICATION },
    { "capabilityInvocation", CID_CAPABILITY_INVOCATION },
    { "capabilityDelegation", CID_CAPABILITY_DELEGATION },
    { "keyAgreement", CID_KEY_AGREEMENT },
};
#define N_RELATIONSHIPS (sizeof(relationships) / sizeof(relationships[0]))

enum cid_relationship
cid_relationship_of(sg_str name)
{
    for (size_t i = 0; i < N_RELATIONSHIPS; i++) {
        if (sg_str_is(name, relationships[i].name)) {
            return relationships[i].relationship;
        }
    }
    return CID_NO_RELATIONSHIP;
}

const char *
cid_relationship_name(unsigned relationship)
{
    for (size_t i = 0; i < N_RELATIONSHIPS; i++) {
        if ((unsigned)relationships[i].relationship == relationship) {
            return relationships[i].name;
        }
    }
    return NULL;
}

static sg_result
refuse(struct sg_why *why, const char *what)
{
    sg_why_note(why, what, 0, 0);
    SG_FAIL(METHOD);
}

/* The document's URL: what stands before "#". */
static sg_result
split(sg_str url, struct sg_why *why, sg_str *ret_document)
{
    size_t hash = sg_str_index(url, '#', 0);
    if (url.n > DID_MAX || hash + 1 >= url.n || !cid_is_url(url)) {
        return refuse(why, CID_BAD_METHOD_URL);
    }
    *ret_document = sg_str_slice(url, 0, hash);
    return SG_DONE;
}

/* ---- the method in the document ------------------------------------------------------------------------ */

struct search {
    sg_str url;
    const struct sjson *found;
    size_t seen;    /* methods looked at */
    bool twice;     /* two methods of one name: nobody knows which */
    bool malformed; /* something that is neither a method nor a reference */
};

static void
look_at(struct search *search, const struct sjson *entry, bool reference_allowed)
{
    if (entry->type == SJSON_STRING && reference_allowed) {
        return;
    }
    search->seen++;
    if (entry->type != SJSON_OBJECT) {
        search->malformed = true;
        return;
    }
    const struct sjson *id = sjson_get(entry, "id");
    if (id == NULL || id->type != SJSON_STRING) {
        search->malformed = true;
        return;
    }
    if (sg_str_equal(id->text, search->url)) {
        search->twice |= search->found != NULL;
        search->found = entry;
    }
}

static void
look_in(struct search *search, const struct sjson *list, bool reference_allowed)
{
    if (list == NULL) {
        return;
    }
    if (list->type != SJSON_ARRAY) {
        search->malformed = true;
        return;
    }
    for (const struct sjson *e = list->first; e != NULL && search->seen <= CID_METHODS_MAX;
         e = e->next) {
        look_at(search, e, reference_allowed);
    }
}

/* In verificationMethod, or embedded in one of the relationships. */
static sg_result
find_entry(const struct sjson *document, sg_str url, struct sg_why *why, const struct sjson **ret)
{
    struct search search = { .url = url };
    look_in(&search, sjson_get(document, "verificationMethod"), false);
    for (size_t i = 0; i < N_RELATIONSHIPS; i++) {
        look_in(&search, sjson_get(document, relationships[i].name), true);
    }
    if (search.malformed || search.seen > CID_METHODS_MAX) {
        return refuse(why, CID_BAD_DOCUMENT);
    }
    if (search.found == NULL || search.twice) {
        return refuse(why, CID_BAD_METHOD);
    }
    *ret = search.found;
    return SG_DONE;
}

static sg_result
check_relationship(const struct sjson *document, sg_str url, sg_str purpose, struct sg_why *why)
{
    const struct sjson *list = cid_relationship_of(purpose) == CID_NO_RELATIONSHIP
                                   ? NULL
                                   : sjson_get_str(document, purpose);
    if (list != NULL && list->type == SJSON_ARRAY) {
        for (const struct sjson *e = list->first; e != NULL; e = e->next) {
            const struct sjson *id = e->type == SJSON_OBJECT ? sjson_get(e, "id") : e;
            if (id != NULL && id->type == SJSON_STRING && sg_str_equal(id->text, url)) {
                return SG_DONE;
            }
        }
    }
    return refuse(why, CID_BAD_RELATIONSHIP);
}

/* ---- the key ------------------------------------------------------------------------------------------- */

/* A refusal of the key becomes one of the method; secrets and memory keep their own codes. */
static sg_result
as_method(sg_result r, struct sg_why *why)
{
    if (sg_ok(r) || r.code == SG_E_KEY_PRIVATE || r.code == SG_E_NO_MEMORY) {
        return r;
    }
    return refuse(why, CID_BAD_METHOD);
}

static sg_result
key_multibase(struct sg_arena *arena, const struct sjson *entry, struct jwk *ret)
{
    (void)arena;
    const struct sjson *value = sjson_get(entry, "publicKeyMultibase");
    SG_REQUIRE(value != NULL && value->type == SJSON_STRING, MISSING);
    SG_REQUIRE(sjson_get(entry, "publicKeyJwk") == NULL, VALUE);
    return multikey_decode(value->text, ret);
}

static sg_result
key_ed25519(struct sg_arena *arena, const struct sjson *entry, struct jwk *ret)
{
    SG_TRY(key_multibase(arena, entry, ret));
    SG_REQUIRE(ret->crv == JOSE_ED25519, ALGORITHM);
    return SG_DONE;
}

static sg_result
key_jwk(struct sg_arena *arena, const struct sjson *entry, struct jwk *ret)
{
    const struct sjson *value = sjson_get(entry, "publicKeyJwk");
    SG_REQUIRE(value != NULL && value->type == SJSON_OBJECT, MISSING);
    SG_REQUIRE(sjson_get(entry, "publicKeyMultibase") == NULL, VALUE);
    return jwk_parse(arena, value, ret);
}

static const struct {
    const char *type;
    sg_result (*key)(struct sg_arena *arena, const struct sjson *entry, struct jwk *ret);
} method_types[] = {
    { "Multikey", key_multibase },
    { "JsonWebKey", key_jwk },
    { "JsonWebKey2020", key_jwk },
    { "Ed25519VerificationKey2020", key_ed25519 },
};

static sg_result
read_key(struct sg_arena *arena, const struct sjson *entry, struct cid_method *method)
{
    const struct sjson *type = sjson_get(entry, "type");
    SG_REQUIRE(type != NULL && type->type == SJSON_STRING, MISSING);
    static const char *const secrets[] = { "secretKeyMultibase", "privateKeyMultibase",
        "secretKeyJwk", "privateKeyJwk" };
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        SG_REQUIRE(sjson_get(entry, secrets[i]) == NULL, KEY_PRIVATE);
    }
    for (size_t i = 0; i < sizeof(method_types) / sizeof(method_types[0]); i++) {
        if (sg_str_is(type->text, method_types[i].type)) {
            method->type = type->text;
            return method_types[i].key(arena, entry, &method->key);
        }
    }
    SG_FAIL(ALGORITHM);
}

static sg_result
read_time(const struct sjson *entry, const char *name, bool *has, int64_t *at)
{
    const struct sjson *value = sjson_get(entry, name);
    if (value == NULL) {
        return SG_DONE;
    }
    SG_REQUIRE(value->type == SJSON_STRING, TYPE);
    *has = true;
    return cid_time_parse(value->text, false, at);
}

static sg_result
read_method(struct sg_arena *arena, const struct sjson *entry, struct cid_method *method)
{
    SG_TRY(read_key(arena, entry, method));
    SG_TRY(read_time(entry, "expires", &method->has_expires, &method->expires_at));
    return read_time(entry, "revoked", &method->has_revoked, &method->revoked_at);
}

sg_result
cid_find(struct sg_arena *arena, const struct sjson *document, sg_str url, sg_str purpose,
    struct sg_why *why, struct cid_method *ret)
{
    struct cid_method method = { .id = url };
    SG_TRY(split(url, why, &method.controller));
    if (document->type != SJSON_OBJECT) {
        return refuse(why, CID_BAD_DOCUMENT);
    }
    const struct sjson *id = sjson_get(document, "id");
    if (id == NULL || id->type != SJSON_STRING || !sg_str_equal(id->text, method.controller)) {
        return refuse(why, CID_BAD_DOCUMENT_ID);
    }
    const struct sjson *entry;
    SG_TRY(find_entry(document, url, why, &entry));
    const struct sjson *controller = sjson_get(entry, "controller");
    if (controller == NULL || controller->type != SJSON_STRING ||
        !sg_str_equal(controller->text, method.controller)) {
        return refuse(why, CID_BAD_METHOD);
    }
    SG_TRY(as_method(read_method(arena, entry, &method), why));
    SG_TRY(check_relationship(document, url, purpose, why));
    *ret = method;
    return SG_DONE;
}

/* ---- resolving ----------------------------------------------------------------------------------------- */

static sg_result
table_find(void *context, struct sg_arena *arena, sg_str url, sg_str *ret_json)
{
    (void)arena;
    const struct cid_table *table = context;
    for (size_t i = 0; i < table->n; i++) {
        if (sg_str_equal(table->documents[i].url, url)) {
            *ret_json = table->documents[i].json;
            return SG_DONE;
        }
    }
    SG_FAIL(NOT_FOUND);
}

struct cid_resolver
cid_resolver_of(const struct cid_table *table)
{
    /* table_find only reads; the pointer loses its const for the callback's general shape. */
    return (struct cid_resolver){ table_find, (void *)(uintptr_t)table };
}

/* did:key and did:jwk: the document that the method's specification generates, without writing it out. */
static sg_result
resolve_did(struct sg_arena *arena, sg_str url, sg_str did, sg_str purpose, struct sg_why *why,
    struct cid_method *ret)
{
    struct cid_method method = { .id = url, .controller = did };
    bool is_key = sg_str_starts(did, "did:key:");
    sg_result r = is_key ? did_key_parse(did, &method.key) : did_jwk_parse(arena, did, &method.key);
    SG_TRY(as_method(r, why));
    sg_str id;
    SG_TRY(did_method_of(arena, did, &id));
    if (!sg_str_equal(id, url)) {
        return refuse(why, CID_BAD_METHOD);
    }
    enum cid_relationship relationship = cid_relationship_of(purpose);
    if (relationship == CID_NO_RELATIONSHIP || relationship == CID_KEY_AGREEMENT) {
        return refuse(why, CID_BAD_RELATIONSHIP);
    }
    method.type = is_key ? SG_LIT("Multikey") : SG_LIT("JsonWebKey");
    *ret = method;
    return SG_DONE;
}

sg_result
cid_resolve(struct sg_arena *arena, const struct cid_resolver *resolver, sg_str url, sg_str purpose,
    struct sg_why *why, struct cid_method *ret)
{
    sg_str document_url;
    SG_TRY(split(url, why, &document_url));
    if (sg_str_starts(document_url, "did:key:") || sg_str_starts(document_url, "did:jwk:")) {
        return resolve_did(arena, url, document_url, purpose, why, ret);
    }
    SG_REQUIRE(resolver != NULL && resolver->find != NULL, NOT_FOUND);
    sg_str json;
    SG_TRY(resolver->find(resolver->context, arena, document_url, &json));
    const struct sjson *document;
    sg_result r = sjson_parse_object(arena, json, NULL, &document);
    if (!sg_ok(r)) {
        return r.code == SG_E_NO_MEMORY ? r : refuse(why, CID_BAD_DOCUMENT);
    }
    return cid_find(arena, document, url, purpose, why, ret);
}

/*
 * ISO/IEC 18013-5 mdoc, mso_mdoc, any docType (req: FMT-2). Members of a template's entry:
 *   doctype       text   the docType
 *   namespaces    object name space -> {element identifier -> {"claim": claims path, "type": CBOR type} or {"value": JSON, "type": CBOR type}}.
 *                        Types as in mdoc.h: "tstr", "uint", "full-date", {"array": TYPE}, {"map": {"name?": TYPE}} ...
 *                        An element whose claim is absent is left out
 *   decoys        int    random digests per name space; 0..64, default 0
 *   hash          text   "sha-256" (default), "sha-384", "sha-512"
 *   device_signed array  name spaces whose elements the device may sign itself (keyAuthorizations); default none
 * The seal key needs a document signer certificate. Answers hold IssuerSigned as base64url without padding.
 */
#include "dcbor_item.h"
#include "flow_form.h"
#include "flow_read.h"
#include "jcs.h"
#include "mdoc.h"
#include "peer_registry.h"
#include "sg_text.h"

struct element {
    sg_str identifier;
    struct mdoc_type type;
    struct sdjwt_path claim;   /* n 0: the value stands in the configuration */
    const struct sjson *path;  /* the claims path as it was written; NULL likewise */
    const struct sjson *value; /* NULL: the claim's */
};
struct space {
    sg_str name;
    struct element *elements;
    size_t n;
};
struct part {
    struct space spaces[MDOC_NAME_SPACES_MAX];
    size_t n;
    size_t decoys;
    enum sg_hash_alg hash;
    struct mdoc_authorization authorizations[MDOC_NAME_SPACES_MAX];
    size_t n_authorizations;
};

struct head {
    struct mdoc_signer signer;
};

static const char *const members[] = { "doctype", "namespaces", "decoys", "hash", "device_signed",
    NULL };

/* ---- configuration ------------------------------------------------------------------------------------- */

static sg_result
read_element(struct sg_arena *arena, const struct flow_config *config, const struct sjson *json,
    struct sg_why *why, struct element *ret)
{
    const struct sjson *type = sjson_get(json, "type");
    const struct sjson *claim = sjson_get(json, "claim");
    ret->identifier = json->name;
    ret->value = sjson_get(json, "value");
    if (json->type != SJSON_OBJECT || json->n != 2 || type == NULL ||
        (claim != NULL) == (ret->value != NULL)) {
        return flow_bad(why, "namespaces: an element is {claim or value, type}");
    }
    if (json->name.n == 0 || json->name.n > MDOC_NAME_MAX) {
        return flow_bad(why, "namespaces: an element identifier");
    }
    sg_result r = mdoc_type_parse(arena, type, NULL, &ret->type);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    if (!sg_ok(r)) {
        return flow_bad(why, "namespaces: the type of an element");
    }
    ret->path = claim;
    if (claim != NULL && claim->type == SJSON_ARRAY && !flow_has_rule(config, claim)) {
        return flow_bad(why, "namespaces: a claim that has no rule");
    }
    return claim == NULL ? SG_DONE
                         : flow_read_path(arena, claim, why, "namespaces: the claim of an element",
                               &ret->claim);
}

static sg_result
read_space(struct sg_arena *arena, const struct flow_config *config, const struct sjson *json,
    struct sg_why *why, struct space *ret)
{
    if (json->type != SJSON_OBJECT || json->n == 0 || json->n > MDOC_ELEMENTS_MAX ||
        json->name.n == 0 || json->name.n > MDOC_NAME_MAX) {
        return flow_bad(why, "namespaces: a name space is an object of elements");
    }
    ret->name = json->name;
    ret->elements = SG_NEW_ARRAY(arena, json->n, struct element);
    SG_REQUIRE(ret->elements != NULL, NO_MEMORY);
    for (const struct sjson *e = json->first; e != NULL; e = e->next) {
        SG_TRY(read_element(arena, config, e, why, &ret->elements[ret->n++]));
    }
    return SG_DONE;
}

static sg_result
read_device_signed(const struct sjson *v, struct sg_why *why, struct part *part)
{
    if (v == NULL) {
        return SG_DONE;
    }
    if (v->type != SJSON_ARRAY || v->n > MDOC_NAME_SPACES_MAX) {
        return flow_bad(why, "device_signed: an array of name spaces");
    }
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        if (e->type != SJSON_STRING || e->text.n == 0 || e->text.n > MDOC_NAME_MAX) {
            return flow_bad(why, "device_signed: an array of name spaces");
        }
        part->authorizations[part->n_authorizations++].name_space = e->text;
    }
    return SG_DONE;
}

static sg_result
read(struct sg_arena *arena, const struct flow_source *source, struct flow_config *config)
{
    struct sg_why *why = source->why;
    const struct sjson *spaces = sjson_get(source->ours, "namespaces");
    struct part *part = SG_NEW(arena, struct part);
    int64_t decoys;
    SG_REQUIRE(part != NULL, NO_MEMORY);
    SG_TRY(flow_read_text(source->entry, why, "doctype", MDOC_NAME_MAX, &config->type));
    if (spaces == NULL || spaces->type != SJSON_OBJECT || spaces->n == 0 ||
        spaces->n > MDOC_NAME_SPACES_MAX) {
        return flow_bad(why, "namespaces");
    }
    for (const struct sjson *s = spaces->first; s != NULL; s = s->next) {
        SG_TRY(read_space(arena, config, s, why, &part->spaces[part->n++]));
    }
    SG_TRY(flow_read_int(source->ours, why, "decoys", 0, MDOC_DECOYS_MAX, 0, &decoys));
    part->decoys = (size_t)decoys;
    SG_TRY(flow_read_hash(sjson_get(source->ours, "hash"), why, &part->hash));
    config->part = part;
    if (config->binding == 0) { /* the MSO has a device key, always */
        return flow_bad(why, "proof_types_supported: an mdoc is bound to a device key");
    }
    return read_device_signed(sjson_get(source->ours, "device_signed"), why, part);
}

static void
describe(struct sjson_wr *wr, const struct flow_config *config)
{
    sjson_wr_member_text(wr, "doctype", config->type);
    sjson_wr_name(wr, SG_LIT("credential_signing_alg_values_supported"));
    sjson_wr_array(wr);
    sjson_wr_int(wr, config->seal_alg->cose); /* COSE identifiers: OpenID4VCI App. A.2.2 */
    sjson_wr_array_end(wr);
}

static const struct element *
find_path(const struct part *part, const struct sjson *path, const struct space **ret_space)
{
    for (size_t i = 0; i < part->n; i++) {
        for (size_t j = 0; j < part->spaces[i].n; j++) {
            const struct element *e = &part->spaces[i].elements[j];
            if (e->path != NULL && sjson_equal(e->path, path)) {
                *ret_space = &part->spaces[i];
                return e;
            }
        }
    }
    return NULL;
}

static bool
has_path(const struct flow_config *config, const struct sjson *path)
{
    const struct space *space;
    return find_path(config->part, path, &space) != NULL;
}

static void
write_path(struct sjson_wr *wr, const struct flow_config *config, const struct sjson *path)
{
    const struct space *space = NULL;
    const struct element *e = find_path(config->part, path, &space);
    sjson_wr_array(wr);
    sjson_wr_text(wr, space->name);
    sjson_wr_text(wr, e->identifier);
    sjson_wr_array_end(wr);
}

/* ---- the key's part -------------------------------------------------------------------------------------- */

static sg_result
head(struct sg_arena *arena, sg_str base, const struct flow_config *config,
    const struct peer_key *key, const struct jose_alg *alg, const void **ret)
{
    struct head *made = SG_NEW(arena, struct head);
    (void)base;
    (void)config;
    SG_REQUIRE(made != NULL, NO_MEMORY);
    SG_TRY(mdoc_signer_open(arena, alg, key->chain, key->n_chain, NULL, &made->signer));
    *ret = made;
    return SG_DONE;
}

/* ---- building ----------------------------------------------------------------------------------------------- */

static sg_result
fill_space(struct sg_arena *arena, const struct space *space, const struct sjson *claims,
    struct mdoc_name_space *ret)
{
    struct mdoc_element *elements = SG_NEW_ARRAY(arena, space->n, struct mdoc_element);
    SG_REQUIRE(elements != NULL, NO_MEMORY);
    ret->name = space->name;
    ret->elements = elements;
    for (size_t i = 0; i < space->n; i++) {
        const struct element *e = &space->elements[i];
        const struct sjson *value = e->value != NULL ? e->value : flow_claim_at(claims, &e->claim);
        if (value != NULL) {
            elements[ret->n_elements++] = (struct mdoc_element){ e->identifier, e->type, value };
        }
    }
    return SG_DONE;
}

/* What depends on the claims alone. A name space without any element is left out. */
static sg_result
fill(struct sg_arena *arena, const struct flow_subject *subject, struct mdoc_build *ret)
{
    const struct part *part = subject->config->part;
    struct mdoc_name_space *spaces = SG_NEW_ARRAY(arena, part->n, struct mdoc_name_space);
    size_t n = 0;
    SG_REQUIRE(spaces != NULL, NO_MEMORY);
    for (size_t i = 0; i < part->n; i++) {
        SG_TRY(fill_space(arena, &part->spaces[i], subject->claims, &spaces[n]));
        spaces[n].n_decoys = part->decoys;
        n += spaces[n].n_elements > 0;
    }
    SG_REQUIRE(n > 0, CLAIMS);
    *ret = (struct mdoc_build){
        .doc_type = subject->config->type,
        .name_spaces = spaces,
        .n_name_spaces = n,
        .digest = part->hash,
        .authorizations = part->authorizations,
        .n_authorizations = part->n_authorizations,
    };
    return SG_DONE;
}

static sg_result
need(struct sg_arena *arena, const struct flow_subject *subject, size_t *ret)
{
    struct mdoc_build build;
    SG_TRY(fill(arena, subject, &build));
    return mdoc_random_need(&build, ret);
}

static sg_result
build(struct sg_arena *arena, const struct flow_make *make, struct flow_pending *ret)
{
    const struct flow_config *config = make->subject->config;
    const struct head *own = make->head->part;
    struct mdoc_random random = { .bytes = make->random };
    struct mdoc_pending *pending = SG_NEW(arena, struct mdoc_pending);
    struct mdoc_build in;
    SG_REQUIRE(pending != NULL, NO_MEMORY);
    SG_REQUIRE(make->holder != NULL, KEY_INVALID);
    SG_TRY(fill(arena, make->subject, &in));
    in.device_key = &make->holder->key;
    in.signed_at = make->now;
    in.valid_from = make->now;
    in.valid_until = make->now + config->validity_s;
    in.unit_s = config->round_s;
    if (make->ref != NULL) {
        in.status = (struct mdoc_status){
            .kind = MDOC_STATUS_LIST, .uri = make->ref->uri, .idx = make->ref->idx
        };
    }
    SG_TRY(mdoc_prepare(arena, &in, &own->signer, &random, make->why, pending));
    *ret = (struct flow_pending){ pending->to_be_signed, pending };
    return SG_DONE;
}

static sg_result
attach(struct sg_arena *arena, const struct flow_pending *pending, sg_bytes signature, sg_str *ret)
{
    sg_bytes issuer_signed;
    SG_TRY(mdoc_attach(arena, pending->part, signature, NULL, &issuer_signed));
    return sg_b64url_encode(arena, issuer_signed, ret);
}

/* ---- back to the claims ------------------------------------------------------------------------------------- */

struct values {
    struct sg_arena *arena;
    const struct part *part;
    struct dcbor_item name_spaces;
};

static bool
is_path(const struct element *e, const sg_str *path, size_t n)
{
    bool same = e->claim.n == n;
    for (size_t i = 0; same && i < n; i++) {
        same = e->claim.steps[i].kind == SDJWT_STEP_NAME &&
               sg_str_equal(e->claim.steps[i].name, path[i]);
    }
    return same;
}

/* One IssuerSignedItemBytes: the value when it is this element's. */
static bool
item_value(const struct dcbor_item *tagged, sg_str identifier, struct dcbor_item *ret)
{
    struct dcbor_item bytes, item, name;
    sg_bytes inner;
    sg_str text;
    return sg_ok(dcbor_item_tagged(tagged, 24, &bytes)) &&
           sg_ok(dcbor_item_bytes(&bytes, &inner)) &&
           sg_ok(dcbor_item_open(inner, MDOC_DEPTH_MAX, MDOC_ITEMS_MAX, &item)) &&
           sg_ok(dcbor_item_find_text(&item, "elementIdentifier", &name)) &&
           sg_ok(dcbor_item_text(&name, &text)) && sg_str_equal(text, identifier) &&
           sg_ok(dcbor_item_find_text(&item, "elementValue", ret));
}

static const struct sjson *
element_value(const struct values *values, sg_str space, sg_str identifier)
{
    struct dcbor_item items, one, value;
    if (!sg_ok(dcbor_item_find_str(&values->name_spaces, space, &items))) {
        return NULL;
    }
    struct dcbor_walk walk = dcbor_item_walk(&items);
    while (dcbor_item_next(&walk, &one)) {
        const struct sjson *json;
        sg_str text;
        if (item_value(&one, identifier, &value)) {
            return sg_ok(mdoc_value_json(values->arena, value.raw, &text)) &&
                           sg_ok(sjson_parse(values->arena, text, NULL, &json))
                       ? json
                       : NULL;
        }
    }
    return NULL;
}

static const struct sjson *
value_of(void *context, const sg_str *path, size_t n)
{
    const struct values *values = context;
    for (size_t i = 0; i < values->part->n; i++) {
        const struct space *space = &values->part->spaces[i];
        for (size_t j = 0; j < space->n; j++) {
            if (is_path(&space->elements[j], path, n)) {
                return element_value(values, space->name, space->elements[j].identifier);
            }
        }
    }
    return NULL;
}

/* Of IssuerSigned with every element; claims that no element carries are not there, and then the instruction's hash does not fit. */
static sg_result
claims(struct sg_arena *arena, const struct flow_config *config, sg_str credential, sg_str *ret)
{
    struct values values = { .arena = arena, .part = config->part };
    struct dcbor_item root;
    sg_bytes cbor;
    SG_TRY(sg_b64url_decode(arena, credential, &cbor));
    SG_TRY(dcbor_item_open(cbor, MDOC_DEPTH_MAX, MDOC_ITEMS_MAX, &root));
    SG_TRY(dcbor_item_find_text(&root, "nameSpaces", &values.name_spaces));
    return flow_claims_back(arena, config, value_of, &values, ret);
}

const struct flow_form flow_form_mdoc = {
    .format = "mso_mdoc",
    .members = members,
    .binding = "cose_key",
    .read = read,
    .describe = describe,
    .has_path = has_path,
    .write_path = write_path,
    .head = head,
    .need = need,
    .build = build,
    .attach = attach,
    .claims = claims,
};

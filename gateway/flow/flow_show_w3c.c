/*
 * Credentials of the W3C data model as a holder has them, whatever secures them: type, holder, status, validity; and the presentation around one.
 * spec: VCDM 2.0 4; Bitstring Status List 1.0 2.1; OpenID4VP 1.0 B.1. req: FMT-3, FMT-4
 */
#include "did.h"
#include "flow_show_int.h"
#include "sg_text.h"
#include "vcdm_terms.h"

/* Of these the text says "kind, issuer, validity and key"; evidence, terms of use and `sub` say more, of the person too, and are named. */
const char *const flow_w3c_frame[] = { "@context", "id", "type", "issuer", "validFrom",
    "validUntil", "issuanceDate", "expirationDate", "credentialStatus", "credentialSchema",
    "refreshService", "relatedResource", "proof", "name", "description", "iss", "iat", "nbf", "exp",
    "jti", "aud", "cnf", "status", "holder", NULL };

/* ---- types ------------------------------------------------------------------------------------------------------------------------------------ */

/* The credential without everything but its name for itself: types depend on the contexts alone (JSON-LD 1.1 API 5.1.2). */
static sg_result
expand_types(
    const struct flow_reading *reading, const struct sjson *document, const struct sjson **ret)
{
    struct sg_arena *arena = reading->arena;
    const struct jsonld_options options = { .contexts = reading->contexts };
    struct sg_buf buf = sg_buf_new(arena, 512, FLOW_HELD_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    const struct sjson *bare;
    sg_str text;
    SG_REQUIRE(reading->contexts != NULL, CONTEXT);
    sjson_wr_object(&wr);
    sjson_wr_member_value(&wr, "@context", sjson_get(document, "@context"));
    sjson_wr_member_value(&wr, "type", sjson_get(document, "type"));
    sjson_wr_object_end(&wr);
    SG_TRY(sg_buf_end_str(&buf, &text));
    SG_TRY(sjson_parse_object(arena, text, NULL, &bare));
    SG_TRY(jsonld_expand(arena, bare, &options, reading->why, &text));
    SG_TRY(sjson_parse(arena, text, NULL, &bare));
    *ret = sjson_get(sjson_at(bare, 0), "@type");
    return SG_DONE;
}

static void
add_types(struct flow_held *held, sg_str *types, const struct sjson *list)
{
    bool one = list != NULL && list->type == SJSON_STRING;
    for (const struct sjson *e = one            ? list
                                 : list == NULL ? NULL
                                                : list->first;
         e != NULL; e = one ? NULL : e->next) {
        if (e->type == SJSON_STRING) {
            types[held->view.n_types++] = e->text;
        }
    }
}

/* How many `add_types` may add. */
static size_t
count(const struct sjson *list)
{
    return list == NULL ? 0 : list->type == SJSON_STRING ? 1 : list->n;
}

/*
 * Expanded types, as a query names them (B.1.1). In an envelope nobody need process JSON-LD, so there the types as they are written count as well, and alone
 * when a context is not known here.
 */
static sg_result
read_types(const struct flow_reading *reading, const struct sjson *document, bool jose,
    struct flow_held *held)
{
    const struct sjson *written = sjson_get(document, "type");
    const struct sjson *expanded = NULL;
    sg_result r = expand_types(reading, document, &expanded);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    if (!sg_ok(r) && !jose) {
        sg_why_note(reading->why, "its contexts", 0, 0);
        return r;
    }
    size_t n = count(written) + (sg_ok(r) ? count(expanded) : 0);
    sg_str *types = SG_NEW_ARRAY(reading->arena, n, sg_str);
    SG_REQUIRE(types != NULL, NO_MEMORY);
    held->view.types = types;
    add_types(held, types, sg_ok(r) ? expanded : NULL);
    add_types(held, types, jose ? written : NULL);
    for (const struct sjson *e = written->type == SJSON_ARRAY ? written->first : NULL; e != NULL;
         e = e->next) {
        held->type = e->next == NULL ? e->text : held->type;
    }
    held->type = written->type == SJSON_STRING ? written->text : held->type;
    held->view.type = held->type;
    return SG_DONE;
}

/* ---- status ----------------------------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *purpose;
    uint64_t type;
} purposes[] = {
    { "revocation", WIRE_REF_BITSTRING_REVOCATION },
    { "suspension", WIRE_REF_BITSTRING_SUSPENSION },
    { "refresh", WIRE_REF_BITSTRING_REFRESH },
    { "message", WIRE_REF_BITSTRING_MESSAGE },
};

/* The type as it is written: an IRI that means the same is nothing that anybody checks (formats/verify). */
static sg_result
read_entry(const struct sjson *entry, uint64_t *ret_type, sg_str *ret_uri, uint64_t *ret_idx)
{
    sg_str purpose, index;
    SG_REQUIRE(vcdm_has_type(entry, "BitstringStatusListEntry"), UNSUPPORTED);
    SG_TRY(sjson_member_text(entry, "statusListCredential", ret_uri));
    SG_TRY(sjson_member_text(entry, "statusPurpose", &purpose));
    SG_TRY(sjson_member_text(entry, "statusListIndex", &index));
    SG_TRY(sg_u64_parse(index, ret_idx));
    for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++) {
        if (sg_str_is(purpose, purposes[i].purpose)) {
            *ret_type = purposes[i].type;
            return SG_DONE;
        }
    }
    SG_FAIL(UNSUPPORTED);
}

static sg_result
read_status(const struct sjson *status, struct flow_held *held, struct sg_why *why)
{
    bool many = status != NULL && status->type == SJSON_ARRAY;
    for (const struct sjson *e = many ? status->first : status; e != NULL;
         e = many ? e->next : NULL) {
        uint64_t type, idx;
        sg_str uri;
        if (!sg_ok(read_entry(e, &type, &uri, &idx))) {
            held->status_problem = "a credentialStatus that is not known here";
            continue;
        }
        SG_TRY(flow_held_refer(held, type, uri, idx, why));
    }
    return SG_DONE;
}

/* ---- validity, names --------------------------------------------------------------------------------------------------------------------------- */

static void
read_validity(const struct vcdm_credential *credential, struct flow_held *held)
{
    const struct vcdm_time *from = &credential->valid_from;
    const struct vcdm_time *until = &credential->valid_until;
    held->not_before = from->present ? from->s + (from->ns > 0) : 0;
    held->not_after = until->present ? until->s : FLOW_SHOW_NO_END;
}

/* A text, or the first of language values. */
static sg_str
name_of(const struct sjson *v)
{
    v = v != NULL && v->type == SJSON_ARRAY ? v->first : v;
    v = v != NULL && v->type == SJSON_OBJECT ? sjson_get(v, "@value") : v;
    return v != NULL && v->type == SJSON_STRING ? v->text : SG_NO_STR;
}

/* ---- the holder --------------------------------------------------------------------------------------------------------------------------------- */

/* A subject that carries its key in its name. Other DIDs and kinds of keys bind to nothing that is held here. */
static sg_result
read_subject(const struct flow_reading *reading, sg_str subject, struct flow_held *held)
{
    struct jwk key;
    sg_result r = did_key_parse(subject, &key);
    if (!sg_ok(r)) {
        r = did_jwk_parse(reading->arena, subject, &key);
    }
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    if (!sg_ok(r)) {
        return SG_DONE;
    }
    held->did = subject;
    return flow_held_bind(reading->arena, held, &key, reading->why);
}

static sg_result
read_holder(const struct flow_reading *reading, const struct sjson *document, bool jose,
    struct flow_held *held, struct flow_w3c *w3c)
{
    SG_TRY(read_subject(reading, w3c->credential.subject_id, held));
    if (jose) { /* beside the document, and signed with it (VC-JOSE-COSE 4.1.3) */
        SG_TRY(flow_held_confirm(reading->arena, held, sjson_get(document, "cnf"), reading->why));
    }
    if (!held->has_key) {
        return SG_DONE;
    }
    w3c->holder = held->did;
    if (w3c->holder.n == 0) {
        SG_TRY(did_jwk_of(reading->arena, &held->key, &w3c->holder));
    }
    return did_method_of(reading->arena, w3c->holder, &w3c->method);
}

/* ---- the whole ----------------------------------------------------------------------------------------------------------------------------------- */

sg_result
flow_w3c_read(const struct flow_reading *reading, const struct sjson *document, bool jose,
    struct flow_held *held, struct flow_w3c *ret)
{
    const struct vcdm_rules rules = { .accept_1_1 = !jose, .zone_optional = true };
    struct sg_why *why = reading->why;
    ret->document = document;
    SHOW_RULE(!vcdm_has_type(document, VCDM_PRESENTATION) &&
                  !vcdm_has_type(document, VCDM_ENVELOPED_CREDENTIAL) &&
                  !vcdm_has_type(document, VCDM_ENVELOPED_PRESENTATION),
        UNSUPPORTED, "a presentation or an envelope, and no credential");
    SG_TRY(vcdm_check_credential(reading->arena, document, &rules, why, &ret->credential));
    SG_TRY(read_types(reading, document, jose, held));
    SG_TRY(read_holder(reading, document, jose, held, ret));
    SG_TRY(read_status(ret->credential.status, held, why));
    read_validity(&ret->credential, held);
    if (jose) {
        SG_TRY(flow_held_dates(held, document, why));
        SG_TRY(flow_held_status(held, sjson_get(document, "status"), why));
    }
    held->issuer = ret->credential.issuer;
    sg_str name = name_of(sjson_get(sjson_get(document, "issuer"), "name"));
    held->issuer_name = name.n > 0 ? name : held->issuer_name;
    held->name = name_of(sjson_get(document, "name"));
    held->view.claims = document;
    return SG_DONE;
}

sg_result
flow_w3c_present(struct sg_arena *arena, const struct flow_w3c *w3c, sg_str entry, sg_str *ret)
{
    bool old = w3c->credential.version == VCDM_1_1;
    struct sg_buf buf = sg_buf_new(arena, entry.n + 512, 2 * FLOW_HELD_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_name(&wr, SG_LIT("@context"));
    sjson_wr_array(&wr);
    sjson_wr_text(&wr, old ? SG_LIT(VCDM_CONTEXT_V1) : SG_LIT(VCDM_CONTEXT_V2));
    sjson_wr_array_end(&wr);
    sjson_wr_name(&wr, SG_LIT("type"));
    sjson_wr_array(&wr);
    sjson_wr_text(&wr, SG_LIT(VCDM_PRESENTATION));
    sjson_wr_array_end(&wr);
    sjson_wr_member_text(&wr, "holder", w3c->holder);
    sjson_wr_name(&wr, SG_LIT("verifiableCredential"));
    sjson_wr_array(&wr);
    sjson_wr_raw(&wr, entry);
    sjson_wr_array_end(&wr);
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

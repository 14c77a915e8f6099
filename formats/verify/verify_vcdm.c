/* Credentials and presentations secured with JOSE or COSE. spec: VC-JOSE-COSE 5; and what both ways of securing have in common. */
#include "verify_inner.h"

#include "did.h"
#include "sg_text.h"
#include "vcdm_envelope.h"
#include "vcdm_terms.h"
#include "x509_chain.h"

/* ---- common: rules, periods, statuses -------------------------------------------------------------------- */

struct vcdm_rules
verify_rules(struct run *run)
{
    return (struct vcdm_rules){
        .accept_1_1 = true,
        .zone_optional = true, /* VCDM 2.0 4.9: a verifier may read a missing zone as UTC */
        .resource = verify_resource,
        .resource_arg = run,
    };
}

struct place
place_of(struct run *run, const struct place *at, size_t index)
{
    struct place place = { .inner = true };
    sg_result r = sg_arena_printf(run->arena, &place.subject, "%.*s%sverifiableCredential[%zu]",
        SG_PRINT(at->subject), at->subject.n > 0 ? "." : "", index);
    if (!sg_ok(r)) {
        run->no_memory = true;
    }
    return place;
}

static void
bound(struct run *run, const struct place *at, const struct sjson *document, const char *check,
    const char *name, const char *old, sg_result r)
{
    const struct sjson *input = sjson_get(document, name);
    input = input != NULL ? input : sjson_get(document, old);
    if (input != NULL) {
        run_step(run, at, check, r);
        run_input(run, input);
    }
}

void
verify_period(struct run *run, const struct place *at, const struct sjson *document,
    const struct vcdm_credential *credential)
{
    struct vcdm_credential from = *credential, until = *credential;
    from.valid_until.present = false;
    until.valid_from.present = false;
    bound(run, at, document, "validFrom", "validFrom", "issuanceDate",
        vcdm_check_period(&from, run->expect->now, run->expect->leeway_s));
    bound(run, at, document, "validUntil", "validUntil", "expirationDate",
        vcdm_check_period(&until, run->expect->now, run->expect->leeway_s));
}

/* spec: Bitstring Status List 1.0, 2.1. An entry that cannot be read is a status that nobody can tell. */
static sg_result
read_entry(const struct sjson *entry, struct verify_ref *ret)
{
    sg_str index;
    ret->kind = VERIFY_BITSTRING;
    ret->entry = entry;
    ret->size = 1;
    SG_TRY(sjson_member_text(entry, "statusListCredential", &ret->uri));
    SG_TRY(sjson_member_text(entry, "statusPurpose", &ret->purpose));
    SG_TRY(sjson_member_text(entry, "statusListIndex", &index));
    SG_TRY(sg_u64_parse(index, &ret->idx));
    if (sjson_get(entry, "statusSize") != NULL) {
        int64_t size;
        SG_TRY(sjson_member_int(entry, "statusSize", &size));
        SG_REQUIRE(size >= 1 && size <= 8, UNSUPPORTED);
        ret->size = (uint64_t)size;
    }
    return SG_DONE;
}

/* A type written as IRI: to RDF it may be the one that we know, and who shows the document may write it so. */
static bool
has_iri_type(const struct sjson *entry)
{
    const struct sjson *type = sjson_get(entry, "type");
    bool array = type != NULL && type->type == SJSON_ARRAY;
    for (const struct sjson *t = array ? type->first : type; t != NULL;
         t = array ? t->next : NULL) {
        if (t->type == SJSON_STRING && sg_str_index(t->text, ':', 0) < t->text.n) {
            return true;
        }
    }
    return false;
}

static void
status_entry(struct run *run, const struct place *at, const struct sjson *entry)
{
    struct verify_ref ref = { .subject = at->subject };
    if (has_iri_type(entry) || !vcdm_has_type(entry, "BitstringStatusListEntry")) {
        run_note(run, at, "status", run->expect->unknown_status ? VERIFY_WARNING : VERIFY_ERROR,
            SG_E_STATUS_UNKNOWN, SG_LIT("a credentialStatus of a type that is not known here"));
        run_input(run, entry);
    } else if (!sg_ok(read_entry(entry, &ref))) {
        run_step_why(
            run, at, "status", SG_ERROR(STATUS_UNKNOWN), "a BitstringStatusListEntry is malformed");
        run_input(run, entry);
    } else {
        run_ref(run, &ref);
    }
}

void
verify_status_of(struct run *run, const struct place *at, const struct sjson *status)
{
    if (status == NULL) {
        run_note(run, at, "status", VERIFY_NOTE, SG_OK, SG_LIT("names no status list"));
        return;
    }
    if (status->type == SJSON_OBJECT) {
        status_entry(run, at, status);
        return;
    }
    for (const struct sjson *e = status->first; e != NULL; e = e->next) {
        status_entry(run, at, e);
    }
}

/* ---- keys ------------------------------------------------------------------------------------------------- */

static sg_result
key_of_chain(struct run *run, const struct vcdm_key_query *query, struct jwk *ret)
{
    sg_bytes from_jose[X509_CHAIN_MAX];
    const sg_bytes *chain = from_jose;
    size_t n = 0;
    if (query->cose != NULL) {
        chain = query->cose->x5chain;
        n = query->cose->n_x5chain;
    } else {
        SG_TRY(x509_from_x5c(run->arena, sjson_get(query->header, "x5c"), from_jose, &n));
    }
    struct x509_leaf leaf;
    SG_TRY(x509_chain_verify(
        run->arena, chain, n, run->trust->anchors, run->trust->n_anchors, run->expect->now, &leaf));
    SG_REQUIRE(query->controller.n == 0 || run_names(&leaf, query->controller), ISSUER);
    *ret = leaf.key;
    return SG_DONE;
}

/* A key that the caller vouches for. */
static bool
key_of_caller(struct run *run, const struct vcdm_key_query *query, struct jwk *ret)
{
    for (size_t i = 0; i < run->trust->n_keys; i++) {
        const struct verify_key *known = &run->trust->keys[i];
        if ((known->id.n == 0 || sg_str_equal(known->id, query->kid)) &&
            (known->issuer.n == 0 || sg_str_equal(known->issuer, query->controller))) {
            *ret = known->key;
            return true;
        }
    }
    return false;
}

/* The method that the object names must be its issuer's own: otherwise anybody's did:key would speak for everybody. */
static sg_result
key_of_method(struct run *run, const struct vcdm_key_query *query, struct jwk *ret)
{
    struct cid_method method;
    sg_str url = query->kid;
    if (!query->url_kid) { /* a did:key or did:jwk has one method only */
        SG_TRY(did_method_of(run->arena, query->controller, &url));
    }
    SG_TRY(cid_resolve(run->arena, run->trust->resolver, url,
        query->media->presentation ? SG_LIT("authentication") : SG_LIT("assertionMethod"), NULL,
        &method));
    SG_REQUIRE(
        query->controller.n == 0 || sg_str_equal(method.controller, query->controller), ISSUER);
    SG_REQUIRE(!method.has_revoked || run->expect->now < method.revoked_at, METHOD);
    SG_REQUIRE(!method.has_expires || run->expect->now < method.expires_at, METHOD);
    *ret = method.key;
    return SG_DONE;
}

static sg_result
find_key(void *arg, struct sg_arena *arena, const struct vcdm_key_query *query, struct jwk *ret)
{
    struct run *run = arg;
    (void)arena;
    if (key_of_caller(run, query, ret)) {
        return SG_DONE;
    }
    sg_result r = SG_ERROR(ISSUER);
    if (query->url_kid || sg_str_starts(query->controller, "did:")) {
        r = key_of_method(run, query, ret);
    }
    bool chain =
        query->cose != NULL ? query->cose->n_x5chain > 0 : sjson_get(query->header, "x5c") != NULL;
    if (!sg_ok(r) && chain) {
        sg_result by_chain = key_of_chain(run, query, ret);
        r = sg_ok(by_chain) || r.code == SG_E_ISSUER ? by_chain : r;
    }
    return r;
}

/* ---- enveloped objects -------------------------------------------------------------------------------------- */

static const enum verify_format formats[] = {
    [VCDM_VC_JWT] = VERIFY_VC_JWT,
    [VCDM_VP_JWT] = VERIFY_VP_JWT,
    [VCDM_VC_SD_JWT] = VERIFY_VC_SD_JWT,
    [VCDM_VP_SD_JWT] = VERIFY_VP_SD_JWT,
    [VCDM_VC_COSE] = VERIFY_VC_COSE,
    [VCDM_VP_COSE] = VERIFY_VP_COSE,
};

/* JOSE and COSE sign the document's bytes, so a term without a definition is no loss here, but a fault of the document all the same. */
static void
check_terms(struct run *run, const struct place *at, const struct sjson *document)
{
    struct sg_why why = { 0 };
    if (run->trust->contexts == NULL) {
        return;
    }
    sg_result r = vcdm_check_terms(
        run->arena, document, run->trust->contexts, VCDM_TERMS_DEFINED, true, &why);
    run->no_memory = run->no_memory || r.code == SG_E_NO_MEMORY;
    run_note(run, at, "terms", sg_ok(r) ? VERIFY_HELD : VERIFY_WARNING, r.code, sg_cstr(why.what));
}

static void
credential_secured(struct run *run, const struct place *at, const struct vcdm_verified *verified)
{
    check_terms(run, at, verified->document);
    verify_schemas(run, at, verified->document, verified->credential.schema);
    verify_period(run, at, verified->document, &verified->credential);
    verify_status_of(run, at, verified->credential.status);
    run->document = verified->document;
}

static void
presentation_secured(
    struct run *run, const struct place *at, const struct vcdm_verified *verified, bool nonce)
{
    const struct vcdm_presentation *vp = &verified->presentation;
    if (!nonce) {
        run_note(run, at, "challenge", VERIFY_NOTE, SG_OK, SG_LIT("none was asked for"));
    }
    for (size_t i = 0; i < vp->n_entries; i++) {
        struct place inner = place_of(run, at, i);
        verify_document(run, &inner, vp->entries[i].object);
    }
}

static const struct sdjwt_kb_expect *
key_binding(const struct run *run, const struct place *at, struct sdjwt_kb_expect *room)
{
    const struct verify_expect *expect = run->expect;
    if (at->inner || expect->nonce.n == 0 || expect->n_audiences != 1) {
        return NULL;
    }
    *room = (struct sdjwt_kb_expect){ expect->audiences[0], expect->nonce, expect->now,
        expect->proof_age_s > 0 ? expect->proof_age_s : 300, expect->leeway_s };
    return room;
}

void
verify_envelope(struct run *run, const struct place *at, unsigned envelope, sg_bytes secured)
{
    const struct verify_expect *expect = run->expect;
    const struct vcdm_media *media = vcdm_media((enum vcdm_envelope)envelope);
    struct vcdm_verified *verified = SG_NEW(run->arena, struct vcdm_verified);
    struct sdjwt_kb_expect kb;
    struct sg_why why = { 0 };
    if (verified == NULL || media == NULL) {
        run->no_memory = true;
        return;
    }
    bool outer = !at->inner;
    if (outer && media->presentation && expect->n_audiences > 1) {
        /* a set of domains is Data Integrity's; `aud` is held against one, and none would be a presentation for somebody else taken */
        run_step_why(run, at, "audience", SG_ERROR(DOMAIN), "one audience is needed");
    }
    struct vcdm_rules rules = verify_rules(run);
    struct vcdm_verify policy = {
        .rules = &rules,
        .key = find_key,
        .key_arg = run,
        .now = expect->now,
        .leeway_s = expect->leeway_s,
        .ignore_period = true, /* told apart below */
        .accept_any_kid = true,
        .nested_form_only = true, /* each is verified in its own right */
    };
    if (outer && media->presentation) {
        policy.aud = expect->n_audiences == 1 ? expect->audiences[0] : SG_NO_STR;
        policy.nonce = expect->nonce;
    }
    /* A presentation is its holder's own signature, over aud and nonce: there is nobody else to bind it to. */
    if (media->family == VCDM_SD_JWT && !media->presentation) {
        policy.kb = key_binding(run, at, &kb);
    }
    if (outer) {
        run->result.format = formats[envelope];
        run->result.presentation = media->presentation;
    }
    sg_result r =
        vcdm_verify(run->arena, (enum vcdm_envelope)envelope, secured, &policy, &why, verified);
    if (!run_step_why(run, at, "signature", r, why.what)) {
        return;
    }
    if (outer) {
        run->result.claims = verified->document;
        run->result.issuer =
            media->presentation ? verified->presentation.holder : verified->credential.issuer;
    }
    if (media->presentation) {
        presentation_secured(run, at, verified, expect->nonce.n > 0);
    } else {
        credential_secured(run, at, verified);
    }
}

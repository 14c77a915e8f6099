/* Documents that clients give: rules before the signature, and the text that is signed. req: PRO-5, FMT-3, FMT-5 */
#include "flow_document.h"

#include "flow_internal.h"
#include "flow_read.h"
#include "sg_text.h"
#include "tsl_board.h"
#include "vcdm_terms.h"

#define DAY_S 86400

/* ---- policy "claims": nothing but what the configuration would have built ----------------------------------- */

static sg_result
unfit(struct sg_why *why, const char *what)
{
    sg_why_note(why, what, 0, 0);
    SG_FAIL(CLAIMS);
}

/* The claims that the document's subject stands for must be acceptable, and lead to this very subject again. */
static sg_result
subject_fits(struct sg_arena *arena, const struct flow_make *make, const struct flow_vcdm *vcdm,
    const struct flow_issuer *issuer, struct sg_why *why)
{
    const struct flow_config *config = make->subject->config;
    const struct sjson *given = sjson_get(make->document->json, "credentialSubject");
    const struct sjson *claims, *built;
    sg_str text;
    if (given == NULL || given->type != SJSON_OBJECT) {
        return unfit(why, "credentialSubject: one object");
    }
    SG_TRY(flow_vcdm_claims(arena, config, vcdm, make->document->json, &text));
    SG_TRY(sjson_parse_object(arena, text, why, &claims));
    SG_TRY(flow_claims_check(arena, config, claims, why));
    struct flow_subject subject = { config, claims };
    struct flow_make plain = *make;
    plain.document = NULL;
    plain.ref = NULL;
    plain.subject = &subject;
    SG_TRY(flow_vcdm_build(arena, &plain, vcdm, issuer, &text));
    SG_TRY(sjson_parse_object(arena, text, why, &built));
    const struct sjson *made = sjson_get(built, "credentialSubject");
    bool id = sjson_get(given, "id") != NULL && sjson_get(made, "id") == NULL;
    size_t n = given->n - (id ? 1 : 0);
    for (const struct sjson *m = given->first; m != NULL; m = m->next) {
        if (id && sg_str_is(m->name, "id")) {
            continue; /* who the subject is, is the client's to say */
        }
        const struct sjson *same = sjson_get_str(made, m->name);
        if (same == NULL || !sjson_equal(m, same)) {
            return unfit(why, "credentialSubject: a member that the configuration does not have");
        }
    }
    return n == made->n ? SG_DONE : unfit(why, "credentialSubject: a member is missing");
}

static sg_result
members_fit(const struct sjson *document, const struct flow_vcdm *vcdm, struct sg_why *why)
{
    static const char *const known[] = { "@context", "id", "type", "issuer", "validFrom",
        "validUntil", "credentialSubject" };
    for (const struct sjson *m = document->first; m != NULL; m = m->next) {
        bool found = sjson_equal(m, sjson_get_str(vcdm->more, m->name));
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            found = found || sg_str_is(m->name, known[i]);
        }
        if (!found) {
            return unfit(why, "a member that the configuration does not have");
        }
    }
    for (const struct sjson *m = vcdm->more == NULL ? NULL : vcdm->more->first; m != NULL;
         m = m->next) {
        if (!sg_str_is(m->name, "id") && sjson_get_str(document, m->name) == NULL) {
            return unfit(
                why, "a member of the configuration is missing"); /* terms of use, a schema ... */
        }
    }
    if (sjson_get(document, "issuer")->type != SJSON_STRING) {
        return unfit(why,
            "issuer: its identifier alone"); /* an object would say more of it than the configuration does */
    }
    if (!sjson_equal(sjson_get(document, "@context"), vcdm->context) ||
        !sjson_equal(sjson_get(document, "type"), vcdm->type)) {
        return unfit(why, "@context and type: those of the configuration");
    }
    return SG_DONE;
}

/* The name itself, or one that goes on where a path, query, fragment or further part of a DID begins. */
static bool
is_under(sg_str id, sg_str name)
{
    return id.n >= name.n && name.n > 0 && memcmp(id.p, name.p, name.n) == 0 &&
           (id.n == name.n || memchr("/?#:", id.p[name.n], 4) != NULL);
}

/*
 * The credential's own identifier is the client's to choose, but for the names of what is ours: a list, a type, the issuer itself. Statements of a credential
 * that is called like one of them would be statements about it.
 */
static sg_result
id_fits(
    const struct flow_make *make, const struct flow_issuer *issuer, sg_str id, struct sg_why *why)
{
    return is_under(id, make->base) || is_under(id, issuer->id)
               ? unfit(why, "id: a name of this issuer's own")
               : SG_DONE;
}

/* As the configuration would have set it: from now, give or take a day, and no longer than validity_s. */
static sg_result
period_fits(const struct flow_config *config, const struct vcdm_credential *credential, int64_t now,
    struct sg_why *why)
{
    const struct vcdm_time *from = &credential->valid_from;
    const struct vcdm_time *until = &credential->valid_until;
    int64_t day = config->round_s > DAY_S ? config->round_s : DAY_S;
    if (from->present && (from->s < now - day || from->s > now + day)) {
        return unfit(why, "validFrom: within a day of now");
    }
    if (!until->present || until->s > now + config->validity_s) {
        return unfit(why, "validUntil: within the configuration's validity_s");
    }
    return SG_DONE;
}

/* ---- rules for all ------------------------------------------------------------------------------------------- */

/* VCDM's own codes are of the object; SG_E_DIGEST would read as a refusal of consent. */
static sg_result
as_object(sg_result r)
{
    return r.code == SG_E_DIGEST ? SG_ERROR(VCDM) : r;
}

static struct vcdm_rules
rules_of(struct vcdm_published *room)
{
    return (struct vcdm_rules){
        .accept_1_1 = true,
        .resource = vcdm_published_contexts,
        .resource_arg = room,
    };
}

/* What stood at the URL of the context of VCDM 2.0 while it was a Candidate Recommendation: the W3C suite's fixtures have its digests. */
static sg_result
draft_contexts(void *arg, sg_str url, struct vcdm_resource *ret)
{
    static const char sha256[] = "24a18c90e9856d526111f29376e302d970b2bd10182e33959995b0207d7043b9";
    static const char sha384[] = "35239c36999d2155312091af194a1edb61634d6ad789a5e5b19f2aebdd762dd9"
                                 "d1dcaada40eda7ef921c6b8c0ae107a0";
    struct sg_arena *arena = arg;
    *ret = (struct vcdm_resource){ .known = sg_str_is(url, VCDM_CONTEXT_V2) };
    if (ret->known) {
        SG_TRY(sg_hex_decode(arena, sg_cstr(sha256), &ret->sha256));
        SG_TRY(sg_hex_decode(arena, sg_cstr(sha384), &ret->sha384));
    }
    return SG_DONE;
}

static sg_result
check_credential(struct sg_arena *arena, const struct flow_document *document, struct sg_why *why,
    struct vcdm_credential *ret)
{
    struct vcdm_published room;
    struct vcdm_rules rules = rules_of(&room);
    sg_result r =
        vcdm_check_credential(arena, document->json, &rules, document->suite ? NULL : why, ret);
    if (!sg_ok(r) && document->suite) {
        rules.resource = draft_contexts;
        rules.resource_arg = arena;
        rules.draft_digests = true;
        r = vcdm_check_credential(arena, document->json, &rules, why, ret);
    }
    return as_object(r);
}

static sg_result
credential_fits(struct sg_arena *arena, const struct flow_make *make, const struct flow_vcdm *vcdm,
    const struct flow_issuer *issuer, struct sg_why *why)
{
    const struct flow_config *config = make->subject->config;
    const struct sjson *document = make->document->json;
    struct vcdm_credential credential;
    SG_TRY(check_credential(arena, make->document, why, &credential));
    if (!sg_str_equal(credential.issuer, issuer->id)) {
        sg_why_note(why, "issuer: another one than this instance's", 0, 0);
        SG_FAIL(ISSUER);
    }
    if (config->documents == FLOW_DOCUMENTS_ANY) {
        return SG_DONE;
    }
    SG_TRY(members_fit(document, vcdm, why));
    SG_TRY(id_fits(make, issuer, credential.id, why));
    SG_TRY(period_fits(config, &credential, make->now, why));
    return subject_fits(arena, make, vcdm, issuer, why);
}

/*
 * A credential without proof in a presentation that its issuer signs is that issuer's own word (VCDM 2.0, 4.13): whoever may have presentations signed
 * would issue whatever he likes in this instance's name.
 */
static sg_result
holds_no_claims(const struct vcdm_presentation *presentation, struct sg_why *why)
{
    for (size_t i = 0; i < presentation->n_entries; i++) {
        const struct vcdm_entry *entry = &presentation->entries[i];
        if (!entry->enveloped && entry->credential.proof == NULL) {
            sg_why_note(why, "verifiableCredential: a credential without proof", i, 0);
            SG_FAIL(CLAIMS);
        }
    }
    return SG_DONE;
}

static sg_result
presentation_fits(struct sg_arena *arena, const struct flow_make *make,
    const struct flow_issuer *issuer, struct sg_why *why)
{
    struct vcdm_published room;
    struct vcdm_rules rules = rules_of(&room);
    struct vcdm_presentation presentation;
    rules.self_asserted = true;
    SG_TRY(as_object(
        vcdm_check_presentation(arena, make->document->json, &rules, why, &presentation)));
    if (presentation.holder.n > 0 && !sg_str_equal(presentation.holder, issuer->id)) {
        sg_why_note(why, "holder: another one than this instance's", 0, 0);
        SG_FAIL(ISSUER);
    }
    return make->document->suite ? SG_DONE : holds_no_claims(&presentation, why);
}

/* ---- status lists ---------------------------------------------------------------------------------------------- */

/* Bitstring Status List 1.0 2.2, and its forerunners. */
static const char *const list_words[] = { "BitstringStatusListCredential", "BitstringStatusList",
    "StatusList2021Credential", "StatusList2021", "RevocationList2020Credential",
    "RevocationList2020", "encodedList" };
#define N_LIST_WORDS (sizeof(list_words) / sizeof(list_words[0]))

/* The word itself, or an IRI, also a compact one, that ends in it. */
static bool
is_list_word(sg_str text)
{
    for (size_t i = 0; i < N_LIST_WORDS; i++) {
        size_t n = strlen(list_words[i]);
        if (text.n >= n && memcmp(text.p + text.n - n, list_words[i], n) == 0 &&
            (text.n == n || memchr("#/:", text.p[text.n - n - 1], 3) != NULL)) {
            return true;
        }
    }
    return false;
}

/* Is anything in there a list of statuses, by its type or by what it has? As deep as the parser allows. */
static bool
holds_list(const struct sjson *v, bool type, bool presentation)
{
    if (type && v->type == SJSON_STRING && is_list_word(v->text)) {
        return true;
    }
    for (const struct sjson *m = v->first; m != NULL; m = m->next) {
        bool member = v->type == SJSON_OBJECT;
        if (presentation && member &&
            (sg_str_is(m->name, "verifiableCredential") ||
                sg_str_is(m->name, "https://www.w3.org/2018/credentials#verifiableCredential"))) {
            continue; /* each has a proof of its own: holds_no_claims */
        }
        bool types = member ? sg_str_is(m->name, "type") || sg_str_is(m->name, "@type") : type;
        if ((member && is_list_word(m->name)) || holds_list(m, types, false)) {
            return true;
        }
    }
    return false;
}

/*
 * A status list of this issuer says what is revoked of all that it issued: none is signed because a client asks for it, whatever else the configuration lets
 * him say; but for a configuration that is of such lists. Looked for in the names and, since contexts may call it anything, in what they expand to.
 */
static sg_result
no_list(struct sg_arena *arena, const struct flow_make *make, const struct flow_vcdm *vcdm,
    struct sg_why *why)
{
    const struct sjson *document = make->document->json;
    const struct jsonld_options options = { .contexts = make->contexts };
    bool presentation = make->document->presentation;
    const struct sjson *expanded;
    sg_str text;
    if (holds_list(vcdm->type, true, false)) {
        return SG_DONE;
    }
    bool found = holds_list(document, false, presentation);
    SG_TRY(jsonld_expand(arena, document, &options, why, &text));
    SG_TRY(sjson_parse(arena, text, why, &expanded));
    for (const struct sjson *node = expanded->first; node != NULL; node = node->next) {
        found = found || holds_list(node, false, presentation);
    }
    if (found) {
        sg_why_note(why, "type: a status list, which is no client's to write", 0, 0);
        SG_FAIL(CLAIMS);
    }
    return SG_DONE;
}

static sg_result
kind_fits(const struct flow_make *make, struct sg_why *why)
{
    const struct flow_config *config = make->subject->config;
    bool presentations = config->documents == FLOW_DOCUMENTS_PRESENTATIONS;
    if (config->documents == FLOW_DOCUMENTS_NONE) {
        sg_why_note(why, "this configuration secures no documents of clients", 0, 0);
        SG_FAIL(UNSUPPORTED);
    }
    if (presentations != make->document->presentation) {
        sg_why_note(why,
            presentations ? "this configuration secures presentations alone"
                          : "this configuration has no key for presentations",
            0, 0);
        SG_FAIL(UNSUPPORTED);
    }
    if (sjson_get(make->document->json, "proof") != NULL &&
        config->existing == FLOW_PROOFS_REFUSE) {
        sg_why_note(why, "proof: this configuration takes documents without proofs", 0, 0);
        SG_FAIL(VALUE);
    }
    return SG_DONE;
}

sg_result
flow_document_check(struct sg_arena *arena, const struct flow_make *make,
    const struct flow_vcdm *vcdm, const struct flow_issuer *issuer, struct sg_why *why)
{
    SG_TRY(kind_fits(make, why));
    if (make->document->presentation) {
        SG_TRY(presentation_fits(arena, make, issuer, why));
    } else {
        SG_TRY(credential_fits(arena, make, vcdm, issuer, why));
    }
    /* Data Integrity 2.4.3, VCDM 2.0 5.2: nothing that a reader would drop is signed, whatever the suite */
    SG_TRY(vcdm_check_terms(
        arena, make->document->json, make->contexts, VCDM_TERMS_DEFINED, false, why));
    return no_list(arena, make, vcdm, why);
}

/* ---- the text ------------------------------------------------------------------------------------------------- */

/* tsl_board_entries_write gives the member as a whole; what the client said comes first in one array with it. */
static sg_result
write_statuses(struct sg_arena *arena, struct sjson_wr *wr, const struct sjson *given,
    const struct wire_ref *ref)
{
    if (given == NULL) {
        tsl_board_entries_write(wr, ref->uri, ref->idx);
        return SG_DONE;
    }
    struct sg_buf buf = sg_buf_new(arena, 512, FLOW_DOCUMENT_MAX);
    struct sjson_wr own = sjson_wr_new(&buf);
    const struct sjson *json;
    sg_str text;
    sjson_wr_object(&own);
    tsl_board_entries_write(&own, ref->uri, ref->idx);
    sjson_wr_object_end(&own);
    SG_TRY(sg_buf_end_str(&buf, &text));
    SG_TRY(sjson_parse_object(arena, text, NULL, &json));
    sjson_wr_name(wr, SG_LIT("credentialStatus"));
    sjson_wr_array(wr);
    bool array = given->type == SJSON_ARRAY;
    for (const struct sjson *e = array ? given->first : given; e != NULL;
         e = array ? e->next : NULL) {
        sjson_wr_value(wr, e);
    }
    for (const struct sjson *e = json->first->first; e != NULL; e = e->next) {
        sjson_wr_value(wr, e);
    }
    sjson_wr_array_end(wr);
    return SG_DONE;
}

sg_result
flow_document_text(struct sg_arena *arena, const struct flow_make *make, sg_str *ret)
{
    const struct sjson *document = make->document->json;
    if (make->ref == NULL) {
        *ret = document->source;
        return SG_DONE;
    }
    struct sg_buf buf = sg_buf_new(arena, document->source.n + 512, FLOW_DOCUMENT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    for (const struct sjson *m = document->first; m != NULL; m = m->next) {
        if (!sg_str_is(m->name, "credentialStatus")) {
            sjson_wr_name(&wr, m->name);
            sjson_wr_value(&wr, m);
        }
    }
    SG_TRY(write_statuses(arena, &wr, sjson_get(document, "credentialStatus"), make->ref));
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

sg_str
flow_document_type(const struct flow_document *document, const struct flow_config *config)
{
    const struct sjson *type = sjson_get(document->json, "type");
    sg_str last = type != NULL && type->type == SJSON_STRING ? type->text : SG_NO_STR;
    for (const struct sjson *e = type != NULL && type->type == SJSON_ARRAY ? type->first : NULL;
         e != NULL; e = e->next) {
        last = e->text;
    }
    return last.n > 0 && last.n <= WIRE_URI_MAX ? last : config->type;
}

sg_result
flow_document_previous(
    struct sg_arena *arena, const struct sjson *document, const sg_str **ret, size_t *ret_n)
{
    const struct sjson *proof = sjson_get(document, "proof");
    bool array = proof != NULL && proof->type == SJSON_ARRAY;
    size_t n = 0;
    sg_str *ids = SG_NEW_ARRAY(arena, array ? proof->n + 1 : 1, sg_str);
    SG_REQUIRE(ids != NULL, NO_MEMORY);
    for (const struct sjson *p = array ? proof->first : proof; p != NULL;
         p = array ? p->next : NULL) {
        SG_TRY(sjson_member_text(p, "id", &ids[n]));
        n++;
    }
    *ret = ids;
    *ret_n = n;
    return SG_DONE;
}

/* ---- the use case ------------------------------------------------------------------------------------------------ */

static sg_result
ready(struct flow *flow, struct sg_arena *arena, const struct flow_document_in *in,
    struct sg_why *why, struct flow_sealing *ret)
{
    const struct flow_config *config = flow_config_find(&flow->configs, in->configuration);
    SG_REQUIRE(config != NULL, CONFIGURATION);
    struct flow_subject *subject = SG_NEW(arena, struct flow_subject);
    struct flow_instruction *instruction = SG_NEW(arena, struct flow_instruction);
    SG_REQUIRE(subject != NULL && instruction != NULL, NO_MEMORY);
    if (config->form->document == NULL || in->document->json->type != SJSON_OBJECT) {
        sg_why_note(why, "this configuration's format secures no documents of clients", 0, 0);
        SG_FAIL(UNSUPPORTED);
    }
    *subject = (struct flow_subject){ config, in->document->json };
    *ret = (struct flow_sealing){
        .subject = subject,
        .instruction = instruction,
        .document = in->document,
        .client = in->client,
        .now = in->now,
    };
    /* level 2 wants an instruction over claims; a document has none, so such configurations refuse it (req: SIG-8) */
    SG_TRY(flow_instruction_check(
        flow, arena, config, in->client, in->document->json, instruction, in->now));
    const struct flow_head *head;
    SG_TRY(flow_head_get(flow, config, &head));
    struct flow_make make = {
        .base = flow->settings.base,
        .contexts = flow->contexts.set,
        .subject = subject,
        .head = head,
        .now = in->now,
        .document = in->document,
    };
    return config->form->document(arena, &make, why);
}

void
flow_seal_document(struct flow *flow, struct sg_arena *arena, const struct flow_document_in *in,
    struct sg_why *why, flow_issued_fn done, void *context)
{
    struct flow_sealing sealing = { 0 };
    sg_result r = ready(flow, arena, in, why, &sealing);
    if (!sg_ok(r)) {
        done(context, r, NULL);
        return;
    }
    flow_seal_start(flow, arena, &sealing, done, context);
}

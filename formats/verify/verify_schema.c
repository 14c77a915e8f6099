/*
 * credentialSchema: what a credential must look like by its own word. Schemas are at hand, pinned by the caller, or they are not checked, which the findings say:
 * fetching one would tell its host who verifies what, and let it change the answer.
 * spec: VCDM 2.0 4.11, 5.3; VC JSON Schema 1.0 (JsonSchema, JsonSchemaCredential). req: FMT-3, FMT-5
 */
#include "verify_inner.h"

#include "schema.h"
#include "sg_text.h"

#define CHECK "credentialSchema"

static void
free_schema(struct schema **schema)
{
    schema_free(schema);
}

/* ---- what is at hand ------------------------------------------------------------------------------------------ */

static const struct verify_schema *
find(const struct run *run, sg_str url)
{
    for (size_t i = 0; i < run->trust->n_schemas; i++) {
        if (sg_str_equal(run->trust->schemas[i].url, url)) {
            return &run->trust->schemas[i];
        }
    }
    return NULL;
}

sg_result
verify_resource(void *arg, sg_str url, struct vcdm_resource *ret)
{
    struct run *run = arg;
    const struct verify_schema *pinned = find(run, url);
    if (pinned != NULL) {
        *ret = (struct vcdm_resource){ .known = true, .bytes = pinned->bytes };
        return SG_DONE;
    }
    return vcdm_published_contexts(&run->published, url, ret);
}

/* ---- findings --------------------------------------------------------------------------------------------------- */

/* "<url>: <words>". */
static void
tell(struct run *run, const struct place *at, enum verify_severity severity, enum sg_code code,
    sg_str url, const char *words)
{
    sg_str detail = SG_NO_STR;
    if (!sg_ok(sg_arena_printf(run->arena, &detail, "%.*s: %s", SG_PRINT(url), words))) {
        run->no_memory = true;
    }
    run_note(run, at, CHECK, severity, code, detail);
}

static void
tell_fault(struct run *run, const struct place *at, sg_str url, const struct schema_fault *fault)
{
    sg_str detail = SG_NO_STR;
    if (!sg_ok(sg_arena_printf(run->arena, &detail, "%.*s: does not hold at \"%s\" (%s)",
            SG_PRINT(url), fault->pointer, fault->keyword[0] != '\0' ? fault->keyword : "false"))) {
        run->no_memory = true;
    }
    run_note(run, at, CHECK, VERIFY_ERROR, SG_E_SCHEMA, detail);
}

/* Nobody held the credential against it: never silently good, and a failure where the caller wants every schema checked. */
static void
not_checked(struct run *run, const struct place *at, enum sg_code code, sg_str url, const char *why)
{
    sg_str words = SG_NO_STR;
    if (!sg_ok(sg_arena_printf(run->arena, &words, "not checked: %s", why))) {
        run->no_memory = true;
        return;
    }
    tell(run, at, run->expect->schema_required ? VERIFY_ERROR : VERIFY_WARNING, code, url, words.p);
    run_problem(run, "about:blank"); /* RFC 9457 4.2.1: no vocabulary has a type for it */
}

/* ---- checking ----------------------------------------------------------------------------------------------------- */

static sg_result
compile(struct run *run, sg_str url, sg_str json, struct sg_why *why, struct schema **ret)
{
    size_t n = run->trust->n_schemas;
    struct schema_document *documents = SG_NEW_ARRAY(run->arena, n, struct schema_document);
    SG_REQUIRE(documents != NULL || n == 0, NO_MEMORY);
    size_t others = 0;
    for (size_t i = 0; i < n; i++) {
        const struct verify_schema *pinned = &run->trust->schemas[i];
        if (!sg_str_equal(pinned->url, url)) {
            documents[others++] =
                (struct schema_document){ pinned->url, sg_bytes_str(pinned->bytes) };
        }
    }
    const struct schema_settings settings = {
        .uri = url, .documents = documents, .n_documents = others
    };
    return schema_compile(json, &settings, why, ret);
}

static void
hold(struct run *run, const struct place *at, const struct sjson *document, sg_str url, sg_str json)
{
    SG_CLEANUP(free_schema)
    struct schema *schema = NULL;
    struct schema_fault fault = { 0 };
    struct sg_why why = { 0 };
    const struct sjson *own = verify_own_part(run, document, false);
    sg_result r = compile(run, url, json, &why, &schema);
    if (own == NULL || r.code == SG_E_NO_MEMORY) {
        run->no_memory = true;
        return;
    }
    if (!sg_ok(r)) {
        not_checked(
            run, at, r.code, url, why.what != NULL ? why.what : sg_code_row(r.code)->sentence);
        return;
    }
    r = schema_check(schema, run->arena, own, &fault);
    run->no_memory = run->no_memory || r.code == SG_E_NO_MEMORY;
    if (r.code == SG_E_SCHEMA) {
        tell_fault(run, at, url, &fault);
    } else {
        tell(run, at, sg_ok(r) ? VERIFY_HELD : VERIFY_ERROR, r.code, url,
            sg_ok(r) ? "holds" : sg_code_row(r.code)->sentence);
    }
}

/* ---- JsonSchemaCredential -------------------------------------------------------------------------------------------- */

/* The schema in a credential: its subject's `jsonSchema`. */
static const struct sjson *
schema_in(const struct sjson *credential)
{
    const struct sjson *subject = sjson_get(credential, "credentialSubject");
    bool fits = vcdm_has_type(credential, "JsonSchemaCredential") && subject != NULL &&
                subject->type == SJSON_OBJECT && vcdm_has_type(subject, "JsonSchema");
    const struct sjson *schema = fits ? sjson_get(subject, "jsonSchema") : NULL;
    return schema != NULL && schema->type == SJSON_OBJECT ? schema : NULL;
}

/* The credential that holds the schema is verified like any other, in its own right: `subject` of its findings names it. */
static const struct sjson *
opened(struct run *run, const struct place *at, size_t index, sg_bytes bytes)
{
    struct place inner = { .inner = true };
    size_t from = run->result.n;
    if (!sg_ok(sg_arena_printf(run->arena, &inner.subject, "%.*s%s" CHECK "[%zu]",
            SG_PRINT(at->subject), at->subject.n > 0 ? "." : "", index))) {
        run->no_memory = true;
        return NULL;
    }
    if (run->depth >= VERIFY_DEPTH_MAX) { /* its schema is a credential, whose schema is one ... */
        run_step(run, &inner, "form", SG_ERROR(DEPTH));
        return NULL;
    }
    run->document = NULL;
    run->depth++;
    verify_any(run, &inner, bytes);
    run->depth--;
    const struct sjson *document = run->document;
    run->document = NULL;
    for (size_t i = from; i < run->result.n; i++) {
        if (run->findings[i].severity == VERIFY_ERROR) {
            return NULL;
        }
    }
    return document;
}

static void
hold_credential(struct run *run, const struct place *at, const struct sjson *document, size_t index,
    const struct verify_schema *pinned)
{
    const struct sjson *credential = opened(run, at, index, pinned->bytes);
    const struct sjson *schema = credential == NULL ? NULL : schema_in(credential);
    if (credential == NULL) {
        tell(run, at, VERIFY_ERROR, SG_E_PROOF, pinned->url,
            "the credential that holds the schema does not verify");
    } else if (schema == NULL) {
        not_checked(run, at, SG_E_TYPE, pinned->url, "no JsonSchemaCredential with a jsonSchema");
    } else {
        hold(run, at, document, pinned->url, schema->source);
    }
}

/* ---- entries ------------------------------------------------------------------------------------------------------------ */

static void
entry(struct run *run, const struct place *at, const struct sjson *document, size_t index,
    const struct sjson *e)
{
    sg_str url = SG_NO_STR;
    struct sg_why why = { 0 };
    sg_result r = sjson_member_text(e, "id", &url); /* the data model was checked */
    bool plain = vcdm_has_type(e, "JsonSchema");
    bool credential = vcdm_has_type(e, "JsonSchemaCredential");
    const struct verify_schema *pinned = sg_ok(r) ? find(run, url) : NULL;
    if (plain == credential) {
        not_checked(run, at, SG_E_UNSUPPORTED, url, "a type of schema that is not known here");
        return;
    }
    if (pinned == NULL) {
        not_checked(run, at, SG_E_NOT_FOUND, url, "the schema is not at hand, and never fetched");
        return;
    }
    const struct vcdm_resource resource = { .known = true, .bytes = pinned->bytes };
    r = vcdm_check_digests(run->arena, e, &resource, &why);
    if (!sg_ok(r)) {
        run->no_memory = run->no_memory || r.code == SG_E_NO_MEMORY;
        tell(run, at, VERIFY_ERROR, r.code, url,
            r.code == SG_E_DIGEST ? "the schema at hand is not the one whose digest is named"
                                  : "a digest that cannot be read");
    } else if (plain) {
        hold(run, at, document, url, sg_bytes_str(pinned->bytes));
    } else {
        hold_credential(run, at, document, index, pinned);
    }
}

void
verify_schemas(struct run *run, const struct place *at, const struct sjson *document,
    const struct sjson *schemas)
{
    bool array = schemas != NULL && schemas->type == SJSON_ARRAY;
    size_t index = 0;
    for (const struct sjson *e = array ? schemas->first : schemas; e != NULL;
         e = array ? e->next : NULL, index++) {
        if (run->n_schemas++ >= VERIFY_SCHEMAS_MAX) {
            run_step(run, at, CHECK, SG_ERROR(TOO_MANY));
            return;
        }
        entry(run, at, document, index, e);
        run_input(run, e); /* what was found of the credential in it stands before */
    }
}

/*
 * Members that are read by name, and the statements that were signed. An RDF suite signs statements: `validUntil` may as well be written as its IRI, or in
 * another place at a node of the same name, and the signature holds. What a verifier reads by name must be all that was said.
 * spec: Data Integrity 1.0 4.6; JSON-LD 1.1 API 5.1 (expansion). req: FMT-3, SIG-7
 */
#include "verify_inner.h"

#include "jsonld.h"

#define CREDENTIALS "https://www.w3.org/2018/credentials#"

/* What the gateway reads of a credential. */
static const char *const read_by_name[] = { "issuer", "validFrom", "validUntil", "issuanceDate",
    "expirationDate", "credentialStatus", "credentialSubject", "credentialSchema" };
#define N_READ (sizeof(read_by_name) / sizeof(read_by_name[0]))

/* ---- could it be? ------------------------------------------------------------------------------------------------- */

/* Documents with an absolute or compact IRI, a keyword, or the credential's identifier further down are rare; only they are expanded. */
static bool
suspicious(const struct sjson *v, sg_str id, bool root)
{
    const struct sjson *own = v->type == SJSON_OBJECT && !root ? sjson_get(v, "id") : NULL;
    if (id.n > 0 && own != NULL && own->type == SJSON_STRING && sg_str_equal(own->text, id)) {
        return true;
    }
    for (const struct sjson *m = v->first; m != NULL; m = m->next) {
        bool named = v->type == SJSON_OBJECT;
        if (root && (sg_str_is(m->name, "proof") || sg_str_is(m->name, "@context"))) {
            continue;
        }
        if (named &&
            ((m->name.n > 0 && m->name.p[0] == '@') || sg_str_index(m->name, ':', 0) < m->name.n)) {
            return true;
        }
        if (suspicious(m, id, false)) { /* as deep as the parser allows */
            return true;
        }
    }
    return false;
}

/* ---- is it? --------------------------------------------------------------------------------------------------------- */

static bool
is_property(sg_str name, const char *word)
{
    return sg_str_starts(name, CREDENTIALS) &&
           sg_str_is(sg_str_slice(name, sizeof(CREDENTIALS) - 1, name.n), word);
}

static const struct sjson *
property(const struct sjson *node, const char *word)
{
    for (const struct sjson *m = node->first; m != NULL; m = m->next) {
        if (is_property(m->name, word)) {
            return m;
        }
    }
    return NULL;
}

static size_t
count(const struct sjson *v)
{
    return v == NULL ? 0 : v->type == SJSON_ARRAY ? v->n : 1;
}

/* Properties of the credential itself that stand elsewhere: at a second node of its name, or turned round. */
static bool
elsewhere(const struct sjson *v, sg_str id, bool root, bool reverse)
{
    const struct sjson *own = v->type == SJSON_OBJECT && !root ? sjson_get(v, "@id") : NULL;
    bool same = id.n > 0 && own != NULL && own->type == SJSON_STRING && sg_str_equal(own->text, id);
    for (const struct sjson *m = v->first; m != NULL; m = m->next) {
        bool named = v->type == SJSON_OBJECT;
        for (size_t i = 0; named && (same || reverse) && i < N_READ; i++) {
            if (is_property(m->name, read_by_name[i])) {
                return true;
            }
        }
        if (elsewhere(m, id, false, named && sg_str_is(m->name, "@reverse"))) {
            return true;
        }
    }
    return false;
}

static sg_result
compare(struct run *run, const struct sjson *document)
{
    struct jsonld_options options = { .contexts = run->trust->contexts, .safe = true };
    struct sg_why why = { 0 };
    const struct sjson *expanded;
    sg_str text, id = SG_NO_STR;
    SG_TRY(jsonld_expand(run->arena, document, &options, &why, &text));
    SG_TRY(sjson_parse(run->arena, text, NULL, &expanded));
    SG_REQUIRE(expanded->type == SJSON_ARRAY && expanded->n == 1, CONTEXT);
    const struct sjson *root = expanded->first;
    for (size_t i = 0; i < N_READ; i++) {
        SG_REQUIRE(
            count(property(root, read_by_name[i])) == count(sjson_get(document, read_by_name[i])),
            CONTEXT);
    }
    if (sjson_get(root, "@id") != NULL) {
        SG_TRY(sjson_member_text(root, "@id", &id));
    }
    SG_REQUIRE(!elsewhere(root, id, true, false), CONTEXT);
    return SG_DONE;
}

/* ---- one name for one thing ------------------------------------------------------------------------------------------ */

/* The document's own members: proofs are of another kind, and credentials of a presentation are looked at one by one. */
const struct sjson *
verify_own_part(struct run *run, const struct sjson *document, bool presentation)
{
    struct sjson *copy = SG_NEW(run->arena, struct sjson);
    struct sjson *members = SG_NEW_ARRAY(run->arena, document->n + 1, struct sjson);
    if (copy == NULL || members == NULL) {
        run->no_memory = true;
        return NULL;
    }
    size_t n = 0;
    for (const struct sjson *m = document->first; m != NULL; m = m->next) {
        if (!sg_str_is(m->name, "proof") &&
            !(presentation && sg_str_is(m->name, "verifiableCredential"))) {
            members[n] = *m;
            members[n].next = NULL;
            if (n > 0) {
                members[n - 1].next = &members[n];
            }
            n++;
        }
    }
    *copy = *document;
    copy->sorted = NULL;
    copy->n = n;
    copy->first = n > 0 ? members : NULL;
    return copy;
}

/*
 * Contexts that are known here, and that somebody put in the place of the signer's, may call a thing differently than his did: as long as all of them together
 * have one name for each thing that the document says, it does not matter which of them stand there.
 */
static void
check_plain(
    struct run *run, const struct place *at, const struct sjson *document, bool presentation)
{
    const struct jsonld_options options = {
        .contexts = run->trust->contexts,
        .safe = true,
        .plain_names = true,
        .known_contexts = !presentation && run->expect->n_contexts > 0,
    };
    struct sg_why why = { 0 };
    sg_str text;
    const struct sjson *own = verify_own_part(run, document, presentation);
    if (own == NULL) {
        return;
    }
    sg_result r = jsonld_expand(run->arena, own, &options, &why, &text);
    run->no_memory = run->no_memory || r.code == SG_E_NO_MEMORY;
    run_note(run, at, "names",
        sg_ok(r)                    ? VERIFY_HELD
        : run->expect->lax_contexts ? VERIFY_WARNING
                                    : VERIFY_ERROR,
        r.code, sg_ok(r) ? SG_NO_STR : sg_cstr(why.what));
}

void
verify_names(
    struct run *run, const struct place *at, const struct sjson *document, bool presentation)
{
    const struct sjson *id = sjson_get(document, "id");
    sg_str name = id != NULL && id->type == SJSON_STRING ? id->text : SG_NO_STR;
    check_plain(run, at, document, presentation);
    if (!presentation && suspicious(document, name, true)) {
        sg_result r = compare(run, document);
        run_step_why(run, at, "names", r, "members are not called what they are read by");
    }
}

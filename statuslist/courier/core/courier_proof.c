#include "courier_proof.h"

#include "dataint.h"

/*
 * An RDF suite signs statements and not names (Data Integrity 4.6): who serves a list could write `validUntil` as its IRI, under a context of his own or at a
 * second node of the list's name, and an old list without end would stand for the new one. Lists need none of that.
 */
static bool
plain_names(const struct sjson *v, sg_str id, bool root)
{
    const struct sjson *own = v->type == SJSON_OBJECT && !root ? sjson_get(v, "id") : NULL;
    if (own != NULL && own->type == SJSON_STRING && sg_str_equal(own->text, id)) {
        return false;
    }
    for (const struct sjson *m = v->first; m != NULL; m = m->next) {
        bool named = v->type == SJSON_OBJECT;
        bool context = root && sg_str_is(m->name, "@context");
        for (const struct sjson *e = context ? m->first : NULL; e != NULL; e = e->next) {
            if (e->type != SJSON_STRING) {
                return false;
            }
        }
        if (named && !context &&
            ((m->name.n > 0 && m->name.p[0] == '@') || sg_str_index(m->name, ':', 0) < m->name.n)) {
            return false;
        }
        if (!context && !plain_names(m, id, false)) { /* as deep as the parser allows */
            return false;
        }
    }
    return true;
}

/* The names of a JCS suite are signed. */
static bool
signs_statements(const struct di_report *report)
{
    bool statements = false;
    for (size_t i = 0; i < report->n; i++) {
        statements = statements || di_suite_jsonld(report->proofs[i].suite);
    }
    return statements;
}

sg_result
courier_proof_verify(struct sg_arena *arena, const struct sjson *credential, sg_str uri,
    const struct tsl_trust_rule *rules, size_t n_rules, int64_t now,
    const struct jsonld_contexts *contexts)
{
    const struct di_expect expect = {
        .purpose = SG_LIT("assertionMethod"),
        .now = now,
        .check_controller = true,
    };
    struct di_report report = { 0 };
    sg_result named = SG_ERROR(ISSUER);
    SG_TRY(di_verify(arena, credential, &expect, NULL, contexts, NULL, &report));
    SG_REQUIRE(!signs_statements(&report) || plain_names(credential, uri, true), CONTEXT);
    for (size_t i = 0; i < report.n && !sg_ok(named); i++) {
        named = tsl_key_named(arena, &report.proofs[i].method.key, uri, rules, n_rules);
    }
    return named;
}

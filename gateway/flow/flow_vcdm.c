#include "flow_vcdm.h"

#include <stdio.h>
#include <time.h>

#include "did.h"
#include "flow_document.h"
#include "flow_read.h"
#include "jcs.h"
#include "tsl_board.h"

#define TYPE_MAX 1024

/* ---- configuration ------------------------------------------------------------------------------------- */

static sg_result
read_texts(const struct sjson *array, const char *first, size_t least, struct sg_why *why,
    const char *what)
{
    if (array == NULL || array->type != SJSON_ARRAY || array->n < least || array->n > 16 ||
        !sjson_is_text(array->first, first)) {
        return flow_bad(why, what);
    }
    return SG_DONE;
}

static sg_result
read_type(const struct flow_source *source, struct flow_config *config, struct flow_vcdm *ret)
{
    static const char what[] = "type: [\"VerifiableCredential\", another]";
    ret->type = sjson_get(source->entry, "type");
    SG_TRY(read_texts(ret->type, VCDM_CREDENTIAL, 2, source->why, what));
    for (const struct sjson *e = ret->type->first; e != NULL; e = e->next) {
        if (e->type != SJSON_STRING || e->text.n == 0 || e->text.n > TYPE_MAX) {
            return flow_bad(source->why, what);
        }
        config->type = e->text;
    }
    return SG_DONE;
}

static sg_result
read_issuer(const struct flow_source *source, struct flow_vcdm *ret)
{
    const struct sjson *v = sjson_get(source->ours, "issuer");
    ret->issuer = FLOW_ISSUER_DID_WEB;
    if (v != NULL && (v->type != SJSON_STRING || !flow_issuer_form_of(v->text, &ret->issuer))) {
        return flow_bad(source->why, "issuer: did:web, did:key or url");
    }
    return SG_DONE;
}

static sg_result
read_holder(const struct flow_source *source, struct flow_vcdm *ret)
{
    const struct sjson *v = sjson_get(source->ours, "holder");
    ret->holder = FLOW_HOLDER_DID_KEY;
    if (v == NULL || sjson_is_text(v, "did:key")) {
        return SG_DONE;
    }
    ret->holder = sjson_is_text(v, "did:jwk") ? FLOW_HOLDER_DID_JWK : FLOW_HOLDER_NONE;
    return ret->holder == FLOW_HOLDER_DID_JWK || sjson_is_text(v, "none")
               ? SG_DONE
               : flow_bad(source->why, "holder: did:key, did:jwk or none");
}

static sg_result
check_mapping(const struct flow_config *config, const struct sjson *mapping, unsigned depth,
    struct sg_why *why)
{
    if (mapping->type != SJSON_OBJECT || mapping->n == 0 || depth > FLOW_CLAIM_DEPTH) {
        return flow_bad(why, "subject: an object of claims paths and objects");
    }
    for (const struct sjson *m = mapping->first; m != NULL; m = m->next) {
        if (m->type == SJSON_ARRAY && !flow_has_rule(config, m)) {
            return flow_bad(why, "subject: a path that no claim has");
        }
        if (m->type == SJSON_OBJECT) {
            SG_TRY(check_mapping(config, m, depth + 1, why));
        }
    }
    return SG_DONE;
}

static sg_result
check_more(const struct sjson *more, struct sg_why *why)
{
    static const char *const made[] = { "@context", "type", "issuer", "validFrom", "validUntil",
        "credentialSubject", "credentialStatus", "proof", "cnf", "vc", "vp" };
    if (more->type != SJSON_OBJECT) {
        return flow_bad(why, "document");
    }
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        if (sjson_get(more, made[i]) != NULL) {
            return flow_bad(why, "document: a member that is made here");
        }
    }
    return SG_DONE;
}

sg_result
flow_vcdm_read(const struct flow_source *source, struct flow_config *config, struct flow_vcdm *ret)
{
    ret->context = sjson_get(source->entry, "@context");
    SG_TRY(read_texts(ret->context, VCDM_CONTEXT_V2, 1, source->why,
        "@context: an array that begins with " VCDM_CONTEXT_V2));
    SG_TRY(read_type(source, config, ret));
    SG_TRY(read_issuer(source, ret));
    SG_TRY(read_holder(source, ret));
    ret->subject = sjson_get(source->ours, "subject");
    if (ret->subject != NULL) {
        SG_TRY(check_mapping(config, ret->subject, 0, source->why));
        if (config->binding != 0 && ret->holder != FLOW_HOLDER_NONE &&
            sjson_get(ret->subject, "id") != NULL) {
            return flow_bad(source->why, "subject: its id is the holder's (holder: none)");
        }
    }
    ret->more = sjson_get(source->ours, "document");
    return ret->more == NULL ? SG_DONE : check_more(ret->more, source->why);
}

void
flow_vcdm_describe(struct sjson_wr *wr, const struct flow_vcdm *vcdm)
{
    sjson_wr_name(wr, SG_LIT("credential_definition"));
    sjson_wr_object(wr);
    sjson_wr_member_value(wr, "@context", vcdm->context);
    sjson_wr_member_value(wr, "type", vcdm->type);
    sjson_wr_object_end(wr);
}

/* ---- where claims stand --------------------------------------------------------------------------------- */

/* Writes the names that lead to the mapped path, the last first in `names`; their number, 0 when it is not mapped. */
static size_t
find_mapped(const struct sjson *mapping, const struct sjson *path,
    const struct sjson *names[FLOW_CLAIM_DEPTH + 2])
{
    for (const struct sjson *m = mapping->first; m != NULL; m = m->next) {
        if (m->type == SJSON_ARRAY && sjson_equal(m, path)) {
            names[0] = m;
            return 1;
        }
        size_t n = m->type == SJSON_OBJECT ? find_mapped(m, path, names) : 0;
        if (n > 0) {
            names[n] = m;
            return n + 1;
        }
    }
    return 0;
}

bool
flow_vcdm_has_path(const struct flow_vcdm *vcdm, const struct sjson *path)
{
    const struct sjson *names[FLOW_CLAIM_DEPTH + 2];
    return vcdm->subject == NULL || find_mapped(vcdm->subject, path, names) > 0;
}

void
flow_vcdm_write_path(struct sjson_wr *wr, const struct flow_vcdm *vcdm, const struct sjson *path)
{
    const struct sjson *names[FLOW_CLAIM_DEPTH + 2];
    sjson_wr_array(wr);
    sjson_wr_text(wr, SG_LIT("credentialSubject"));
    if (vcdm->subject == NULL) {
        for (const struct sjson *e = path->first; e != NULL; e = e->next) {
            sjson_wr_value(wr, e);
        }
    } else {
        for (size_t n = find_mapped(vcdm->subject, path, names); n > 0; n--) {
            sjson_wr_text(wr, names[n - 1]->name);
        }
    }
    sjson_wr_array_end(wr);
}

/* ---- building --------------------------------------------------------------------------------------------- */

sg_result
flow_time_text(int64_t at, char ret[FLOW_TIME_LEN + 1])
{
    struct tm tm;
    time_t t = (time_t)at;
    SG_REQUIRE(at >= 0 && gmtime_r(&t, &tm) != NULL && tm.tm_year + 1900 <= 9999, VALUE);
    SG_REQUIRE(strftime(ret, FLOW_TIME_LEN + 1, "%Y-%m-%dT%H:%M:%SZ", &tm) == FLOW_TIME_LEN, VALUE);
    return SG_DONE;
}

static const struct sjson *
claim_at(const struct sjson *claims, const struct sjson *path)
{
    for (const struct sjson *step = path->first; step != NULL && claims != NULL;
         step = step->next) {
        claims = sjson_get_str(claims, step->text);
    }
    return claims;
}

/* Is there a claim for anything below? */
static bool
says_something(const struct sjson *mapping, const struct sjson *claims)
{
    for (const struct sjson *m = mapping->first; m != NULL; m = m->next) {
        if ((m->type == SJSON_ARRAY && claim_at(claims, m) != NULL) ||
            (m->type == SJSON_OBJECT && says_something(m, claims))) {
            return true;
        }
    }
    return false;
}

static void
write_mapped(struct sjson_wr *wr, const struct sjson *mapping, const struct sjson *claims)
{
    for (const struct sjson *m = mapping->first; m != NULL; m = m->next) {
        const struct sjson *v = m->type == SJSON_ARRAY ? claim_at(claims, m) : m;
        if (v == NULL || (m->type == SJSON_OBJECT && !says_something(m, claims))) {
            continue;
        }
        sjson_wr_name(wr, m->name);
        if (m->type == SJSON_OBJECT) {
            sjson_wr_object(wr);
            write_mapped(wr, m, claims);
            sjson_wr_object_end(wr);
        } else {
            sjson_wr_value(wr, v);
        }
    }
}

static sg_result
holder_id(struct sg_arena *arena, const struct flow_vcdm *vcdm, const struct flow_holder *holder,
    sg_str *ret)
{
    *ret = SG_NO_STR;
    if (holder == NULL || vcdm->holder == FLOW_HOLDER_NONE) {
        return SG_DONE;
    }
    if (holder->did.n > 0) {
        *ret = holder->did;
        return SG_DONE;
    }
    struct jwk bare = holder->key; /* kid, alg and use would only link credentials */
    bare.kid = SG_NO_STR;
    bare.use = SG_NO_STR;
    bare.alg = NULL;
    return vcdm->holder == FLOW_HOLDER_DID_JWK ? did_jwk_of(arena, &bare, ret)
                                               : did_key_of(arena, &bare, ret);
}

static sg_result
write_subject(struct sg_arena *arena, struct sjson_wr *wr, const struct flow_make *make,
    const struct flow_vcdm *vcdm)
{
    const struct sjson *claims = make->subject->claims;
    sg_str id;
    SG_TRY(holder_id(arena, vcdm, make->holder, &id));
    SG_REQUIRE(id.n > 0 || claims->n > 0, CLAIMS); /* 4.8: a subject says something */
    sjson_wr_name(wr, SG_LIT("credentialSubject"));
    sjson_wr_object(wr);
    if (id.n > 0) {
        sjson_wr_member_text(wr, "id", id);
    }
    if (vcdm->subject != NULL) {
        write_mapped(wr, vcdm->subject, claims);
    }
    for (const struct sjson *m = vcdm->subject != NULL ? NULL : claims->first; m != NULL;
         m = m->next) {
        SG_REQUIRE(id.n == 0 || !sg_str_is(m->name, "id"), CLAIMS);
        sjson_wr_name(wr, m->name);
        sjson_wr_value(wr, m);
    }
    sjson_wr_object_end(wr);
    return SG_DONE;
}

static sg_result
write_times(struct sjson_wr *wr, const struct flow_config *config, int64_t now)
{
    char from[FLOW_TIME_LEN + 1], until[FLOW_TIME_LEN + 1];
    int64_t start = now - now % config->round_s; /* rounded down: linkability */
    SG_TRY(flow_time_text(start, from));
    SG_TRY(flow_time_text(start + config->validity_s, until));
    sjson_wr_member_cstr(wr, "validFrom", from);
    sjson_wr_member_cstr(wr, "validUntil", until);
    return SG_DONE;
}

sg_result
flow_vcdm_build(struct sg_arena *arena, const struct flow_make *make, const struct flow_vcdm *vcdm,
    const struct flow_issuer *issuer, sg_str *ret)
{
    if (make->document != NULL) { /* a client's own: checked before */
        return flow_document_text(arena, make, ret);
    }
    struct sg_buf buf = sg_buf_new(arena, 2048, FLOW_DOCUMENT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_value(&wr, "@context", vcdm->context);
    sjson_wr_member_value(&wr, "type", vcdm->type);
    sjson_wr_member_text(&wr, "issuer", issuer->id);
    SG_TRY(write_times(&wr, make->subject->config, make->now));
    SG_TRY(write_subject(arena, &wr, make, vcdm));
    if (make->ref != NULL) { /* the Token Status List's other publications (req: STA-1) */
        tsl_board_entries_write(&wr, make->ref->uri, make->ref->idx);
    }
    for (const struct sjson *m = vcdm->more == NULL ? NULL : vcdm->more->first; m != NULL;
         m = m->next) {
        sjson_wr_name(&wr, m->name);
        sjson_wr_value(&wr, m);
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

/* ---- back to the claims ------------------------------------------------------------------------------------- */

/* The value that stands for the claim `path` in the subject; NULL when the mapping has it not, or it is absent. */
static const struct sjson *
mapped_value(const struct sjson *mapping, const struct sjson *subject, const sg_str *path, size_t n)
{
    for (const struct sjson *m = mapping->first; m != NULL && subject != NULL; m = m->next) {
        const struct sjson *v = sjson_get_str(subject, m->name);
        if (m->type == SJSON_OBJECT && v != NULL) {
            const struct sjson *inner = mapped_value(m, v, path, n);
            if (inner != NULL) {
                return inner;
            }
        }
        if (m->type != SJSON_ARRAY || m->n != n) {
            continue;
        }
        size_t i = 0;
        while (i < n && sg_str_equal(sjson_at(m, i)->text, path[i])) {
            i++;
        }
        if (i == n) {
            return v;
        }
    }
    return NULL;
}

static const struct sjson *
subject_value(void *context, const sg_str *path, size_t n)
{
    const struct sjson *const *pair = context; /* mapping, subject */
    return mapped_value(pair[0], pair[1], path, n);
}

sg_result
flow_vcdm_claims(struct sg_arena *arena, const struct flow_config *config,
    const struct flow_vcdm *vcdm, const struct sjson *document, sg_str *ret)
{
    const struct sjson *subject = sjson_get(document, "credentialSubject");
    const struct sjson *claims;
    sg_str text;
    SG_REQUIRE(subject != NULL && subject->type == SJSON_OBJECT, CLAIMS);
    if (vcdm->subject != NULL) {
        const struct sjson *pair[] = { vcdm->subject, subject };
        return flow_claims_back(arena, config, subject_value, pair, ret);
    }
    struct sg_buf buf = sg_buf_new(arena, 1024, FLOW_DOCUMENT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    for (const struct sjson *m = subject->first; m != NULL; m = m->next) {
        if (!sg_str_is(m->name, "id") || vcdm->holder == FLOW_HOLDER_NONE) {
            sjson_wr_name(&wr, m->name);
            sjson_wr_value(&wr, m);
        }
    }
    sjson_wr_object_end(&wr);
    SG_TRY(sg_buf_end_str(&buf, &text));
    SG_TRY(sjson_parse_object(arena, text, NULL, &claims));
    return jcs_encode(arena, claims, ret);
}

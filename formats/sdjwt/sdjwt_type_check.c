#include "sdjwt_type_int.h"

/*
 * A credential held against the rules of its type. Paths are followed through the issuer's payload and the
 * disclosures, not through the processed payload, because only there it can be seen whether a claim came by a
 * disclosure of its own.
 */

struct follow {
    const struct sdjwt_index *index;
    const struct type_claim *claim;
    bool found;
    bool hidden; /* somewhere on the way something undisclosed may be what is looked for */
};

static sg_result follow(
    struct follow *f, const struct sjson *v, bool disclosed, const struct sjson *step);

/* A claim has been reached; `disclosed`: by a disclosure of its own. */
static sg_result
reached(struct follow *f, bool disclosed)
{
    f->found = true;
    SG_REQUIRE(f->claim->sd != TYPE_SD_ALWAYS || disclosed, TYPE_METADATA);
    SG_REQUIRE(f->claim->sd != TYPE_SD_NEVER || !disclosed, TYPE_METADATA);
    return SG_DONE;
}

static sg_result
follow_member(struct follow *f, const struct sjson *v, const struct sjson *step)
{
    const struct sjson *sd = sjson_get(v, "_sd");
    const struct sjson *plain = sdjwt_reserved(step->text) ? NULL : sjson_get_str(v, step->text);
    if (v->type != SJSON_OBJECT) {
        return SG_DONE;
    }
    if (plain != NULL) {
        return follow(f, plain, false, step->next);
    }
    for (const struct sjson *e = sd == NULL ? NULL : sd->first; e != NULL; e = e->next) {
        const struct sdjwt_disclosure *d = sdjwt_index_find(f->index, e->text);
        if (d == NULL) {
            /* what may never be disclosable cannot be behind a digest; what is around it can */
            f->hidden = f->hidden || step->next != NULL || f->claim->sd != TYPE_SD_NEVER;
        } else if (!d->is_element && sg_str_equal(d->name, step->text)) {
            return follow(f, d->value, true, step->next);
        }
    }
    return SG_DONE;
}

/* All elements, or the one at `index` as the issuer counted, undisclosed ones included. */
static sg_result
follow_elements(struct follow *f, const struct sjson *v, const struct sjson *step)
{
    int64_t index = -1;
    int64_t at = 0;
    if (v->type != SJSON_ARRAY) {
        return SG_DONE;
    }
    if (step->type == SJSON_NUMBER) {
        SG_TRY(sjson_int(step, &index));
    }
    for (const struct sjson *e = v->first; e != NULL; e = e->next, at++) {
        const struct sjson *digest = sdjwt_placeholder(e);
        if (index >= 0 && index != at) {
            continue;
        }
        if (digest == NULL) {
            SG_TRY(follow(f, e, false, step->next));
            continue;
        }
        const struct sdjwt_disclosure *d = sdjwt_index_find(f->index, digest->text);
        if (d == NULL) {
            f->hidden = true;
        } else {
            SG_TRY(follow(f, d->value, true, step->next));
        }
    }
    return SG_DONE;
}

/* No deeper than the path, which the JSON parser bounded. */
static sg_result
follow(struct follow *f, const struct sjson *v, bool disclosed, const struct sjson *step)
{
    if (step == NULL) {
        return reached(f, disclosed);
    }
    return step->type == SJSON_STRING ? follow_member(f, v, step) : follow_elements(f, v, step);
}

/*
 * spec: 5.6.4.2 and 5.7: missing for an issuer is whatever is not there; for a verifier only what cannot be hidden:
 * a claim that is never disclosable, or one where nothing undisclosed is left on its way.
 */
static sg_result
check_claim(const struct sdjwt_index *index, const struct type_claim *claim, bool issuing)
{
    struct follow f = { .index = index, .claim = claim };
    SG_TRY(follow(&f, index->sd->payload, false, claim->path->first));
    if (f.found || !claim->mandatory) {
        return SG_DONE;
    }
    SG_REQUIRE(!issuing && f.hidden, TYPE_METADATA);
    return SG_DONE;
}

/* One of the further types that the credential claims to have (2.2.2.2). */
static bool
is_aka(const struct sjson *processed, sg_str vct)
{
    const struct sjson *list = sjson_get(processed, "aka_vcts");
    for (const struct sjson *e = list == NULL ? NULL : list->first; e != NULL; e = e->next) {
        if (e->type == SJSON_STRING && sg_str_equal(e->text, vct)) {
            return true;
        }
    }
    return false;
}

sg_result
sdjwt_vc_type_check(struct sg_arena *arena, sg_str vct, sg_str vct_integrity,
    const struct sdjwt_vc_document *documents, size_t n, const struct sdjwt *sd,
    const struct sjson *processed, bool issuing)
{
    struct type_rules rules;
    struct sdjwt_index index;
    const struct sjson *own = sjson_get(processed, "vct");
    SG_REQUIRE(own != NULL && own->type == SJSON_STRING, TYPE_METADATA);
    SG_REQUIRE(
        vct.n != 0 && (sg_str_equal(own->text, vct) || is_aka(processed, vct)), TYPE_METADATA);
    SG_TRY(type_resolve(arena, vct, vct_integrity, documents, n, &rules));
    SG_TRY(sdjwt_index_make(arena, sd, &index));
    for (size_t i = 0; i < rules.n; i++) {
        SG_TRY(check_claim(&index, &rules.claims[i], issuing));
    }
    return SG_DONE;
}

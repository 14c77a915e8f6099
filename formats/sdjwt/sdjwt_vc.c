#include <math.h>

#include "sdjwt_vc.h"

#include "sdjwt_int.h"

#define LEGACY_TYP "vc+sd-jwt" /* the draft's own until November 2024 */
#define DATE_MAX 9007199254740991.0

/* draft-ietf-oauth-sd-jwt-vc 2.2.2.3: never selectively disclosable, nor anything in them. */
static const char *const never_sd[] = { "iss", "nbf", "exp", "cnf", "vct", "vct#integrity",
    "aka_vcts", "status" };
#define N_NEVER_SD (sizeof(never_sd) / sizeof(never_sd[0]))

sg_result
sdjwt_vc_paths_check(const struct sdjwt_path *sd, size_t n_sd)
{
    for (size_t i = 0; i < n_sd; i++) {
        SG_REQUIRE(sd[i].n != 0 && sd[i].steps[0].kind == SDJWT_STEP_NAME, CLAIMS);
        for (size_t k = 0; k < N_NEVER_SD; k++) {
            SG_REQUIRE(!sg_str_is(sd[i].steps[0].name, never_sd[k]), CLAIMS);
        }
    }
    return SG_DONE;
}

/* Are there digests anywhere in `v`? The parser bounded its depth. */
static bool
has_digests(const struct sjson *v)
{
    if (v->type != SJSON_OBJECT && v->type != SJSON_ARRAY) {
        return false;
    }
    for (const struct sjson *m = v->first; m != NULL; m = m->next) {
        if ((v->type == SJSON_OBJECT && sdjwt_reserved(m->name)) || has_digests(m)) {
            return true;
        }
    }
    return false;
}

static sg_result
check_plain(const struct sdjwt *sd, const struct sjson *processed)
{
    for (size_t i = 0; i < N_NEVER_SD; i++) {
        const struct sjson *plain = sjson_get(sd->payload, never_sd[i]);
        SG_REQUIRE(plain != NULL || sjson_get(processed, never_sd[i]) == NULL, DISCLOSURE);
        SG_REQUIRE(plain == NULL || !has_digests(plain), DISCLOSURE);
    }
    return SG_DONE;
}

static sg_result
optional_text(const struct sjson *v, const char *name, sg_str *ret)
{
    *ret = SG_NO_STR;
    return sjson_get(v, name) == NULL ? SG_DONE : sjson_member_text(v, name, ret);
}

/* NumericDate, which may have a fraction; `up` for those that open a period, so that rounding never widens it. */
static sg_result
optional_date(const struct sjson *v, const char *name, bool up, int64_t *ret)
{
    const struct sjson *m = sjson_get(v, name);
    double d = 0;
    if (m != NULL) {
        SG_REQUIRE(m->type == SJSON_NUMBER, TYPE);
        SG_TRY(sjson_double(m, &d));
        SG_REQUIRE(d >= -DATE_MAX && d <= DATE_MAX, NUMBER);
    }
    *ret = (int64_t)(up ? ceil(d) : floor(d));
    return SG_DONE;
}

static sg_result
check_typ(const struct sdjwt *sd, bool accept_legacy_typ)
{
    bool legacy = accept_legacy_typ && sg_str_is(sd->jwt.typ, LEGACY_TYP) &&
                  sjson_get(sd->payload, "vct") != NULL;
    SG_REQUIRE(legacy || sg_str_is(sd->jwt.typ, SDJWT_VC_TYP), TYPE);
    return SG_DONE;
}

/* Non-empty, texts, and not the vct itself (2.2.2.2). */
static sg_result
check_aka(const struct sjson *payload, sg_str vct)
{
    const struct sjson *list = sjson_get(payload, "aka_vcts");
    if (list == NULL) {
        return SG_DONE;
    }
    SG_REQUIRE(list->type == SJSON_ARRAY, TYPE);
    SG_REQUIRE(list->n != 0, VALUE);
    for (const struct sjson *e = list->first; e != NULL; e = e->next) {
        SG_REQUIRE(e->type == SJSON_STRING, TYPE);
        SG_REQUIRE(e->text.n != 0 && !sg_str_equal(e->text, vct), VALUE);
    }
    return SG_DONE;
}

static sg_result
read_cnf(const struct sjson *payload, struct sdjwt_vc *vc)
{
    const struct sjson *cnf = sjson_get(payload, "cnf");
    vc->cnf_jwk = sjson_get(cnf, "jwk");
    SG_REQUIRE(cnf == NULL || cnf->type == SJSON_OBJECT, TYPE);
    SG_REQUIRE(vc->cnf_jwk == NULL || vc->cnf_jwk->type == SJSON_OBJECT, TYPE);
    return SG_DONE;
}

static sg_result
read_status(const struct sjson *payload, struct sdjwt_vc *vc)
{
    const struct sjson *status = sjson_get(payload, "status");
    const struct sjson *list = sjson_get(status, "status_list");
    int64_t idx;
    if (status == NULL) {
        return SG_DONE;
    }
    SG_REQUIRE(status->type == SJSON_OBJECT, TYPE);
    if (list == NULL) {
        vc->foreign_status = true;
        return SG_DONE;
    }
    SG_REQUIRE(list->type == SJSON_OBJECT, TYPE);
    SG_TRY(sjson_member_text(list, "uri", &vc->status_uri));
    SG_TRY(sjson_member_int(list, "idx", &idx));
    SG_REQUIRE(vc->status_uri.n != 0 && idx >= 0, VALUE);
    vc->status_idx = (uint64_t)idx;
    vc->has_status = true;
    return SG_DONE;
}

sg_result
sdjwt_vc_check(struct sg_arena *arena, const struct sdjwt *sd, const struct sjson *processed,
    bool accept_legacy_typ, struct sdjwt_vc *ret)
{
    struct sdjwt_vc vc = { .iss = SG_NO_STR };
    (void)arena; /* nothing is copied: views of `processed` and of `sd` */
    SG_TRY(check_typ(sd, accept_legacy_typ));
    SG_TRY(check_plain(sd, processed));
    SG_TRY(sjson_member_text(sd->payload, "vct", &vc.vct));
    SG_REQUIRE(vc.vct.n != 0, VALUE);
    SG_TRY(optional_text(sd->payload, "vct#integrity", &vc.vct_integrity));
    SG_TRY(optional_text(sd->payload, "iss", &vc.iss));
    SG_TRY(check_aka(sd->payload, vc.vct));
    SG_TRY(optional_date(processed, "iat", true, &vc.iat));
    SG_TRY(optional_date(processed, "nbf", true, &vc.nbf));
    SG_TRY(optional_date(processed, "exp", false, &vc.exp));
    SG_TRY(read_cnf(sd->payload, &vc));
    SG_TRY(read_status(sd->payload, &vc));
    *ret = vc;
    return SG_DONE;
}

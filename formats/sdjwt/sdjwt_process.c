#include <stdlib.h>

#include "sg_text.h"

#include "sdjwt_int.h"

/* ---- disclosures by digest ----------------------------------------------------------------------- */

static int
digest_order(const void *x, const void *y)
{
    const struct sdjwt_disclosure *a = *(const struct sdjwt_disclosure *const *)x;
    const struct sdjwt_disclosure *b = *(const struct sdjwt_disclosure *const *)y;
    return memcmp(a->digest, b->digest, SG_HASH_MAX); /* what the hash leaves is zero */
}

sg_result
sdjwt_index_make(struct sg_arena *arena, const struct sdjwt *sd, struct sdjwt_index *ret)
{
    size_t n = sd->n_disclosures;
    ret->sd = sd;
    ret->by_digest = SG_NEW_ARRAY(arena, n, const struct sdjwt_disclosure *);
    ret->used = SG_NEW_ARRAY(arena, n, bool);
    SG_REQUIRE(ret->by_digest != NULL && ret->used != NULL, NO_MEMORY);
    for (size_t i = 0; i < n; i++) {
        ret->by_digest[i] = &sd->disclosures[i];
    }
    qsort(ret->by_digest, n, sizeof(ret->by_digest[0]), digest_order);
    for (size_t i = 1; i < n; i++) {
        SG_REQUIRE(digest_order(&ret->by_digest[i - 1], &ret->by_digest[i]) != 0, DUPLICATE);
    }
    return SG_DONE;
}

const struct sdjwt_disclosure *
sdjwt_index_find(const struct sdjwt_index *index, sg_str digest)
{
    struct sdjwt_disclosure key = { .name = SG_NO_STR };
    const struct sdjwt_disclosure *p = &key;
    /* another length or encoding is a digest that nothing matches: RFC 9901 7.1 step 3 c i */
    if (!sg_ok(sg_b64url_decode_to(digest, key.digest, sg_hash_len(index->sd->hash)))) {
        return NULL;
    }
    const struct sdjwt_disclosure **hit = bsearch(
        &p, index->by_digest, index->sd->n_disclosures, sizeof(index->by_digest[0]), digest_order);
    return hit == NULL ? NULL : *hit;
}

const struct sjson *
sdjwt_placeholder(const struct sjson *v)
{
    return sjson_get(v, "...");
}

/* ---- putting disclosures in place ---------------------------------------------------------------- */

struct process {
    struct sdjwt_index index;
    struct sg_buf seen; /* sg_str of every digest met, in the payload and in disclosures */
    struct sjson_wr wr;
};

/* Every digest is noted; NULL when it has no disclosure. A second use is found again at the end, among the digests. */
static sg_result
look_up(struct process *p, const struct sjson *digest, const struct sdjwt_disclosure **ret)
{
    SG_REQUIRE(digest->type == SJSON_STRING, DISCLOSURE);
    sg_buf_put(&p->seen, sg_bytes_of(&digest->text, sizeof(digest->text)));
    const struct sdjwt_disclosure *d = sdjwt_index_find(&p->index, digest->text);
    if (d != NULL) {
        bool *used = &p->index.used[d - p->index.sd->disclosures];
        SG_REQUIRE(!*used, DUPLICATE);
        *used = true;
    }
    *ret = d;
    return SG_DONE;
}

static sg_result process_value(struct process *p, const struct sjson *v, size_t depth);

/* What the _sd array brings into `object`: no name twice, none that stands there already (RFC 9901 7.1 step 3 c ii 3). */
static sg_result
process_sd(struct process *p, const struct sjson *object, const struct sjson *sd, size_t depth)
{
    SG_REQUIRE(sd->type == SJSON_ARRAY, DISCLOSURE);
    for (const struct sjson *e = sd->first; e != NULL; e = e->next) {
        const struct sdjwt_disclosure *d;
        SG_TRY(look_up(p, e, &d));
        if (d == NULL) {
            continue;
        }
        SG_REQUIRE(!d->is_element && sjson_get_str(object, d->name) == NULL, DISCLOSURE);
        sjson_wr_name(&p->wr, d->name);
        SG_TRY(process_value(p, d->value, depth));
    }
    return SG_DONE;
}

/* Two disclosures of one name in one object come out as a duplicate member, which the parser at the end refuses. */
static sg_result
process_object(struct process *p, const struct sjson *v, size_t depth)
{
    sjson_wr_object(&p->wr);
    for (const struct sjson *m = v->first; m != NULL; m = m->next) {
        if (sg_str_is(m->name, "_sd")) {
            SG_TRY(process_sd(p, v, m, depth));
            continue;
        }
        if (depth == 1 && sg_str_is(m->name, "_sd_alg")) {
            continue;
        }
        SG_REQUIRE(!sdjwt_reserved(m->name), DISCLOSURE);
        sjson_wr_name(&p->wr, m->name);
        SG_TRY(process_value(p, m, depth));
    }
    sjson_wr_object_end(&p->wr);
    return SG_DONE;
}

static sg_result
process_array(struct process *p, const struct sjson *v, size_t depth)
{
    sjson_wr_array(&p->wr);
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        const struct sjson *digest = sdjwt_placeholder(e);
        if (digest == NULL) {
            SG_TRY(process_value(p, e, depth));
            continue;
        }
        const struct sdjwt_disclosure *d;
        SG_REQUIRE(e->n == 1, DISCLOSURE);
        SG_TRY(look_up(p, digest, &d));
        if (d != NULL) {
            SG_REQUIRE(d->is_element, DISCLOSURE);
            SG_TRY(process_value(p, d->value, depth));
        }
    }
    sjson_wr_array_end(&p->wr);
    return SG_DONE;
}

/* `depth` counts the containers around `v`, those that came out of disclosures included. */
static sg_result
process_value(struct process *p, const struct sjson *v, size_t depth)
{
    if (v->type != SJSON_OBJECT && v->type != SJSON_ARRAY) {
        sjson_wr_value(&p->wr, v);
        return SG_DONE;
    }
    SG_REQUIRE(depth < SDJWT_DEPTH_MAX, DEPTH);
    return v->type == SJSON_OBJECT ? process_object(p, v, depth + 1)
                                   : process_array(p, v, depth + 1);
}

static int
text_order(const void *x, const void *y)
{
    const sg_str *a = x;
    const sg_str *b = y;
    if (a->n != b->n) {
        return a->n < b->n ? -1 : 1;
    }
    return a->n == 0 ? 0 : memcmp(a->p, b->p, a->n);
}

/* RFC 9901 7.1 step 4: no digest twice, also among those without a disclosure. */
static sg_result
digests_differ(struct process *p)
{
    sg_bytes all;
    SG_TRY(sg_buf_end(&p->seen, &all));
    size_t n = all.n / sizeof(sg_str);
    const sg_str *seen = (const void *)p->seen.p;
    if (n != 0) {
        qsort(p->seen.p, n, sizeof(sg_str), text_order);
    }
    for (size_t i = 1; i < n; i++) {
        SG_REQUIRE(text_order(&seen[i - 1], &seen[i]) != 0, DUPLICATE);
    }
    return SG_DONE;
}

sg_result
sdjwt_process(struct sg_arena *arena, const struct sdjwt *sd, const struct sjson **ret)
{
    struct process p;
    sg_str text;
    SG_TRY(sdjwt_index_make(arena, sd, &p.index));
    p.seen = sg_buf_new(arena, 0, SJSON_VALUES_MAX * (SDJWT_DISCLOSURES_MAX + 1) * sizeof(sg_str));
    struct sg_buf buf = sg_buf_new(arena, sd->payload->source.n, SDJWT_MAX);
    p.wr = sjson_wr_new(&buf);
    SG_TRY(process_value(&p, sd->payload, 0));
    SG_TRY(digests_differ(&p));
    for (size_t i = 0; i < sd->n_disclosures; i++) {
        SG_REQUIRE(p.index.used[i], DISCLOSURE);
    }
    SG_TRY(sg_buf_end_str(&buf, &text));
    return sjson_parse_object(arena, text, NULL, ret);
}

/* ---- the holder's choice ------------------------------------------------------------------------- */

/* Processing what is chosen alone refuses whatever is not reachable, chosen twice or not the issuer's. */
sg_result
sdjwt_select(
    struct sg_arena *arena, const struct sdjwt *sd, const size_t *chosen, size_t n, sg_str *ret)
{
    struct sdjwt some = *sd;
    const struct sjson *processed;
    SG_REQUIRE(n <= sd->n_disclosures, DISCLOSURE);
    sg_str *encoded = SG_NEW_ARRAY(arena, n, sg_str);
    some.disclosures = SG_NEW_ARRAY(arena, n, struct sdjwt_disclosure);
    some.n_disclosures = n;
    SG_REQUIRE(encoded != NULL && some.disclosures != NULL, NO_MEMORY);
    for (size_t i = 0; i < n; i++) {
        SG_REQUIRE(chosen[i] < sd->n_disclosures, DISCLOSURE);
        some.disclosures[i] = sd->disclosures[chosen[i]];
        encoded[i] = some.disclosures[i].encoded;
    }
    sg_result r = sdjwt_process(arena, &some, &processed);
    SG_REQUIRE(r.code != SG_E_DUPLICATE, DISCLOSURE);
    SG_TRY(r);
    return sdjwt_join(arena, sd->jwt.compact, encoded, n, ret);
}

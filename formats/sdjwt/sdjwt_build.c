#include <stdlib.h>

#include "sg_text.h"

#include "sdjwt_int.h"

#define SALT_TEXT_LEN 22
#define DECOY_LEN 32
#define PLACE_LEN 4
#define DIGEST_JSON_MAX (SDJWT_DIGEST_TEXT_MAX + 3) /* two quotes and a comma */
/*
 * A place in the claims may be reached by several paths at once, because "all elements" and a position can both match.
 * Each level of arrays may double them; more than this is a configuration that nobody wrote on purpose.
 */
#define ACTIVE_MAX 16

/* Sorted paths that share their first steps; those that end here stand first. */
struct range {
    size_t lo;
    size_t hi;
};
struct active {
    struct range r[ACTIVE_MAX];
    size_t n;
};

/* req: FMT-1: nested, recursive and array disclosures, decoys */
struct build {
    struct sg_arena *arena;
    const struct sdjwt_build *in;
    struct sdjwt_random *random;
    const struct sdjwt_path **paths; /* sorted */
    bool *hit;                       /* by position in paths */
    const struct sjson *plain;       /* plain_members, parsed */
    sg_str *disclosures;
    size_t n;
    size_t cap;
    bool any_digest;
};

/* ---- paths --------------------------------------------------------------------------------------- */

static int
step_order(const struct sdjwt_step *a, const struct sdjwt_step *b)
{
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    if (a->kind == SDJWT_STEP_INDEX) {
        return a->index < b->index ? -1 : a->index > b->index;
    }
    if (a->kind == SDJWT_STEP_ALL) {
        return 0;
    }
    if (a->name.n != b->name.n) {
        return a->name.n < b->name.n ? -1 : 1;
    }
    return a->name.n == 0 ? 0 : memcmp(a->name.p, b->name.p, a->name.n);
}

static int
path_order(const void *x, const void *y)
{
    const struct sdjwt_path *a = *(const struct sdjwt_path *const *)x;
    const struct sdjwt_path *b = *(const struct sdjwt_path *const *)y;
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        int order = step_order(&a->steps[i], &b->steps[i]);
        if (order != 0) {
            return order;
        }
    }
    return a->n < b->n ? -1 : a->n > b->n;
}

static sg_result
sort_paths(struct build *b)
{
    size_t n = b->in->n_sd;
    for (size_t i = 0; i < n; i++) {
        SG_REQUIRE(b->in->sd[i].n != 0, CLAIMS);
        b->paths[i] = &b->in->sd[i];
    }
    qsort(b->paths, n, sizeof(b->paths[0]), path_order);
    return SG_DONE;
}

/* First path of the range whose step at `depth` is not below (or, with `after`, is above) `step`. */
static size_t
bound(
    const struct build *b, struct range r, size_t depth, const struct sdjwt_step *step, bool after)
{
    while (r.lo < r.hi) {
        size_t mid = r.lo + (r.hi - r.lo) / 2;
        const struct sdjwt_path *path = b->paths[mid];
        int order = path->n <= depth ? -1 : step_order(&path->steps[depth], step);
        if (order < 0 || (after && order == 0)) {
            r.lo = mid + 1;
        } else {
            r.hi = mid;
        }
    }
    return r.lo;
}

static sg_result
follow(const struct build *b, const struct active *from, size_t depth,
    const struct sdjwt_step *step, struct active *to)
{
    for (size_t i = 0; i < from->n; i++) {
        struct range sub;
        sub.lo = bound(b, from->r[i], depth, step, false);
        sub.hi = bound(b, (struct range){ sub.lo, from->r[i].hi }, depth, step, true);
        if (sub.lo < sub.hi) {
            SG_REQUIRE(to->n < ACTIVE_MAX, TOO_LARGE);
            to->r[to->n++] = sub;
        }
    }
    return SG_DONE;
}

static sg_result
follow_name(
    const struct build *b, const struct active *from, size_t depth, sg_str name, struct active *to)
{
    struct sdjwt_step step = { .kind = SDJWT_STEP_NAME, .name = name };
    to->n = 0;
    return follow(b, from, depth, &step, to);
}

static sg_result
follow_element(
    const struct build *b, const struct active *from, size_t depth, size_t index, struct active *to)
{
    struct sdjwt_step step = { .kind = SDJWT_STEP_INDEX, .index = index };
    to->n = 0;
    SG_TRY(follow(b, from, depth, &step, to));
    step.kind = SDJWT_STEP_ALL;
    return follow(b, from, depth, &step, to);
}

/* Do paths end at this place? Then it is disclosable, and they have been found. */
static bool
ends_here(struct build *b, const struct active *active, size_t depth)
{
    bool ends = false;
    for (size_t i = 0; i < active->n; i++) {
        for (size_t k = active->r[i].lo; k < active->r[i].hi && b->paths[k]->n == depth; k++) {
            b->hit[k] = true;
            ends = true;
        }
    }
    return ends;
}

/* "All elements" of an empty array is there, and is nothing. */
static void
hit_all_of_none(struct build *b, const struct active *active, size_t depth)
{
    for (size_t i = 0; i < active->n; i++) {
        for (size_t k = active->r[i].lo; k < active->r[i].hi; k++) {
            if (b->paths[k]->n > depth && b->paths[k]->steps[depth].kind == SDJWT_STEP_ALL) {
                b->hit[k] = true;
            }
        }
    }
}

static bool
goes_deeper(const struct build *b, const struct active *active, size_t depth)
{
    for (size_t i = 0; i < active->n; i++) {
        if (b->paths[active->r[i].hi - 1]->n > depth) {
            return true;
        }
    }
    return false;
}

/* ---- random, disclosures, decoys ----------------------------------------------------------------- */

static sg_result
take(struct build *b, size_t n, sg_bytes *ret)
{
    SG_REQUIRE(n <= b->random->bytes.n - b->random->used, INTERNAL);
    *ret = (sg_bytes){ b->random->bytes.p + b->random->used, n };
    b->random->used += n;
    return SG_DONE;
}

/* Append the text of a digest to `out`, which has room for it. */
static size_t
digest_to(const struct build *b, sg_bytes in, char *out)
{
    uint8_t digest[SG_HASH_MAX];
    sg_hash(b->in->hash, in, digest);
    return sg_b64url_to(sg_bytes_of(digest, sg_hash_len(b->in->hash)), out);
}

static void
put_digest(struct build *b, struct sg_buf *digests, sg_bytes in)
{
    uint8_t *room = sg_buf_room(digests, sg_b64url_len(sg_hash_len(b->in->hash)));
    if (room != NULL) {
        (void)digest_to(b, in, (char *)room);
        b->any_digest = true;
    }
}

static sg_result
keep_disclosure(struct build *b, sg_str encoded)
{
    SG_REQUIRE(b->n < SDJWT_DISCLOSURES_MAX, TOO_LARGE);
    if (b->n == b->cap) {
        size_t cap = b->cap == 0 ? 16 : 2 * b->cap;
        sg_str *wider = SG_NEW_ARRAY(b->arena, cap, sg_str);
        SG_REQUIRE(wider != NULL, NO_MEMORY);
        if (b->n != 0) {
            memcpy(wider, b->disclosures, b->n * sizeof(*wider));
        }
        b->disclosures = wider;
        b->cap = cap;
    }
    b->disclosures[b->n++] = encoded;
    return SG_DONE;
}

static sg_result write_value(struct build *b, struct sg_buf *buf, const struct sjson *v,
    const struct active *active, size_t depth);

static void
put_name(struct sg_buf *buf, sg_str name)
{
    struct sjson_wr wr = sjson_wr_new(buf);
    sjson_wr_text(&wr, name);
}

/* [salt, name, value], or [salt, value] for an element; its digest is appended to `digests`. */
static sg_result
disclose(struct build *b, const struct sjson *v, bool member, const struct active *active,
    size_t depth, struct sg_buf *digests)
{
    sg_bytes salt;
    char salt_text[SALT_TEXT_LEN];
    sg_bytes json;
    sg_str encoded;
    SG_TRY(take(b, SDJWT_SALT_LEN, &salt));
    (void)sg_b64url_to(salt, salt_text);
    struct sg_buf buf =
        sg_buf_new(b->arena, SALT_TEXT_LEN + v->name.n + v->source.n + 8, SDJWT_MAX);
    sg_buf_put(&buf, sg_bytes_of("[\"", 2));
    sg_buf_put(&buf, SG_BYTES(salt_text));
    sg_buf_put(&buf, sg_bytes_of("\",", 2));
    if (member) {
        put_name(&buf, v->name);
        sg_buf_put_byte(&buf, ',');
    }
    SG_TRY(write_value(b, &buf, v, active, depth));
    sg_buf_put_byte(&buf, ']');
    SG_TRY(sg_buf_end(&buf, &json));
    SG_TRY(sg_b64url_encode(b->arena, json, &encoded));
    put_digest(b, digests, sg_str_bytes(encoded));
    return keep_disclosure(b, encoded);
}

/* spec: RFC 9901 4.2.5: a decoy is the digest of random bytes and looks like any other. */
static sg_result
put_decoys(struct build *b, struct sg_buf *digests, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sg_bytes some;
        SG_TRY(take(b, DECOY_LEN, &some));
        put_digest(b, digests, some);
    }
    return SG_DONE;
}

/* ---- values -------------------------------------------------------------------------------------- */

/* Nothing below is disclosable: only its names are looked at, and its text stays. */
static sg_result
check_names(const struct sjson *v, size_t depth)
{
    if (v->type != SJSON_OBJECT && v->type != SJSON_ARRAY) {
        return SG_DONE;
    }
    SG_REQUIRE(depth < SDJWT_DEPTH_MAX, DEPTH);
    for (const struct sjson *m = v->first; m != NULL; m = m->next) {
        SG_REQUIRE(v->type == SJSON_ARRAY || !sdjwt_reserved(m->name), CLAIMS);
        SG_TRY(check_names(m, depth + 1));
    }
    return SG_DONE;
}

/* Texts of one length, without separators: the digests of one hash. */
static void
sort_digests(uint8_t *p, size_t n, size_t len)
{
    uint8_t one[SDJWT_DIGEST_TEXT_MAX];
    for (size_t i = 1; i < n;
         i++) { /* by binary insertion: few comparisons, and memmove is quick */
        size_t lo = 0;
        size_t hi = i;
        while (lo < hi) {
            size_t mid = lo + (hi - lo) / 2;
            if (memcmp(p + mid * len, p + i * len, len) <= 0) {
                lo = mid + 1;
            } else {
                hi = mid;
            }
        }
        if (lo != i) {
            memcpy(one, p + i * len, len);
            memmove(p + (lo + 1) * len, p + lo * len, (i - lo) * len);
            memcpy(p + lo * len, one, len);
        }
    }
}

static sg_result
put_sd_array(struct build *b, struct sg_buf *buf, struct sg_buf *digests, bool comma)
{
    sg_bytes all;
    size_t len = sg_b64url_len(sg_hash_len(b->in->hash));
    SG_TRY(sg_buf_end(digests, &all));
    size_t n = all.n / len;
    sort_digests(digests->p, n, len);
    sg_buf_put_cstr(buf, comma ? ",\"_sd\":[" : "\"_sd\":[");
    for (size_t i = 0; i < n; i++) {
        char item[DIGEST_JSON_MAX];
        size_t at = 0;
        if (i != 0) {
            item[at++] = ',';
        }
        item[at++] = '"';
        memcpy(item + at, all.p + i * len, len);
        at += len;
        item[at++] = '"';
        sg_buf_put(buf, sg_bytes_of(item, at));
    }
    sg_buf_put_byte(buf, ']');
    return SG_DONE;
}

/* The members of an object without its braces; `comma`: something stands before them. */
static sg_result
write_members(struct build *b, struct sg_buf *buf, const struct sjson *v,
    const struct active *active, size_t depth, bool comma)
{
    bool top = depth == 0;
    size_t len = sg_b64url_len(sg_hash_len(b->in->hash));
    struct sg_buf digests = sg_buf_new(b->arena, 0, SDJWT_MAX);
    for (const struct sjson *m = v->first; m != NULL; m = m->next) {
        struct active below;
        SG_REQUIRE(!sdjwt_reserved(m->name), CLAIMS);
        SG_REQUIRE(!top || sjson_get_str(b->plain, m->name) == NULL, CLAIMS);
        SG_TRY(follow_name(b, active, depth, m->name, &below));
        if (ends_here(b, &below, depth + 1)) {
            if (digests.p == NULL) {
                digests = sg_buf_new(b->arena, (v->n + b->in->decoys_per_object) * len, SDJWT_MAX);
            }
            SG_TRY(disclose(b, m, true, &below, depth + 1, &digests));
            continue;
        }
        if (comma) {
            sg_buf_put_byte(buf, ',');
        }
        comma = true;
        put_name(buf, m->name);
        sg_buf_put_byte(buf, ':');
        SG_TRY(write_value(b, buf, m, &below, depth + 1));
    }
    if (digests.n == 0) {
        return SG_DONE;
    }
    SG_TRY(put_decoys(b, &digests, b->in->decoys_per_object));
    return put_sd_array(b, buf, &digests, comma);
}

/* Where each decoy of an array goes: before element places[i], ascending. */
static sg_result
draw_places(struct build *b, size_t n_elements, size_t n, uint32_t places[SDJWT_DECOYS_MAX])
{
    for (size_t i = 0; i < n; i++) {
        sg_bytes some;
        uint32_t v;
        SG_TRY(take(b, PLACE_LEN, &some));
        memcpy(&v, some.p, sizeof(v));
        uint32_t place = v % ((uint32_t)n_elements + 1);
        size_t at = i;
        while (at > 0 && places[at - 1] > place) {
            places[at] = places[at - 1];
            at--;
        }
        places[at] = place;
    }
    return SG_DONE;
}

static sg_result
put_placeholder(struct sg_buf *buf, const struct sg_buf *digest, bool *comma)
{
    sg_bytes text;
    SG_TRY(sg_buf_end(digest, &text));
    sg_buf_put_cstr(buf, *comma ? ",{\"...\":\"" : "{\"...\":\"");
    sg_buf_put(buf, text);
    sg_buf_put_cstr(buf, "\"}");
    *comma = true;
    return SG_DONE;
}

static sg_result
put_array_decoy(struct build *b, struct sg_buf *buf, bool *comma)
{
    struct sg_buf digest = sg_buf_new(b->arena, SDJWT_DIGEST_TEXT_MAX, SDJWT_DIGEST_TEXT_MAX);
    SG_TRY(put_decoys(b, &digest, 1));
    return put_placeholder(buf, &digest, comma);
}

static sg_result
write_element(struct build *b, struct sg_buf *buf, const struct sjson *e,
    const struct active *below, size_t depth, bool *comma)
{
    if (ends_here(b, below, depth)) {
        struct sg_buf digest = sg_buf_new(b->arena, SDJWT_DIGEST_TEXT_MAX, SDJWT_DIGEST_TEXT_MAX);
        SG_TRY(disclose(b, e, false, below, depth, &digest));
        return put_placeholder(buf, &digest, comma);
    }
    if (*comma) {
        sg_buf_put_byte(buf, ',');
    }
    *comma = true;
    return write_value(b, buf, e, below, depth);
}

/* Will any element of this array be disclosable? Known before the first is written, because decoys may come first. */
static bool
has_element_paths(const struct build *b, const struct active *active, size_t depth, size_t n)
{
    for (size_t i = 0; i < active->n; i++) {
        for (size_t k = active->r[i].lo; k < active->r[i].hi; k++) {
            const struct sdjwt_path *path = b->paths[k];
            if (path->n == depth + 1 && ((path->steps[depth].kind == SDJWT_STEP_ALL && n != 0) ||
                                            (path->steps[depth].kind == SDJWT_STEP_INDEX &&
                                                path->steps[depth].index < n))) {
                return true;
            }
        }
    }
    return false;
}

static sg_result
write_array(struct build *b, struct sg_buf *buf, const struct sjson *v, const struct active *active,
    size_t depth)
{
    uint32_t places[SDJWT_DECOYS_MAX];
    size_t n_decoys = b->in->decoys_per_array;
    size_t next = 0;
    bool comma = false;
    if (n_decoys != 0 && !has_element_paths(b, active, depth, v->n)) {
        n_decoys = 0;
    }
    if (v->n == 0) {
        hit_all_of_none(b, active, depth);
    }
    SG_TRY(draw_places(b, v->n, n_decoys, places));
    sg_buf_put_byte(buf, '[');
    size_t i = 0;
    for (const struct sjson *e = v->first; e != NULL; e = e->next, i++) {
        struct active below;
        for (; next < n_decoys && places[next] == i; next++) {
            SG_TRY(put_array_decoy(b, buf, &comma));
        }
        SG_TRY(follow_element(b, active, depth, i, &below));
        SG_TRY(write_element(b, buf, e, &below, depth + 1, &comma));
    }
    for (; next < n_decoys; next++) {
        SG_TRY(put_array_decoy(b, buf, &comma));
    }
    sg_buf_put_byte(buf, ']');
    return SG_DONE;
}

static sg_result
write_value(struct build *b, struct sg_buf *buf, const struct sjson *v, const struct active *active,
    size_t depth)
{
    bool container = v->type == SJSON_OBJECT || v->type == SJSON_ARRAY;
    if (!container || !goes_deeper(b, active, depth)) {
        SG_TRY(check_names(v, depth));
        sg_buf_put_str(buf, v->source);
        return SG_DONE;
    }
    SG_REQUIRE(depth < SDJWT_DEPTH_MAX, DEPTH);
    if (v->type == SJSON_ARRAY) {
        return write_array(b, buf, v, active, depth);
    }
    sg_buf_put_byte(buf, '{');
    SG_TRY(write_members(b, buf, v, active, depth, false));
    sg_buf_put_byte(buf, '}');
    return SG_DONE;
}

/* ---- the whole ----------------------------------------------------------------------------------- */

/*
 * The plain members are our own, but claims come from clients: one that repeats "iss" or "cnf" must not get into the
 * payload. So they are parsed where they were just written, with a brace that is then taken back.
 */
static sg_result
put_plain(struct build *b, struct sg_buf *buf)
{
    sg_bytes text;
    sg_buf_put_byte(buf, '{');
    sg_buf_put_str(buf, b->in->plain_members);
    sg_buf_put_byte(buf, '}');
    SG_TRY(sg_buf_end(buf, &text));
    SG_TRY(sjson_parse_object(b->arena, sg_bytes_str(text), NULL, &b->plain));
    SG_TRY(check_names(b->plain, 0));
    buf->n--;
    return SG_DONE;
}

static sg_result
all_found(const struct build *b)
{
    for (size_t i = 0; i < b->in->n_sd && !b->in->skip_absent; i++) {
        SG_REQUIRE(b->hit[i], CLAIMS);
    }
    return SG_DONE;
}

/* Room for the most paths there may be; on the stack, so that counting needs no arena. */
struct room {
    const struct sdjwt_path *paths[SDJWT_DISCLOSURES_MAX];
    bool hit[SDJWT_DISCLOSURES_MAX];
};

static sg_result
start(const struct sdjwt_build *in, struct room *room, struct build *ret, struct active *root)
{
    SG_REQUIRE(in->claims->type == SJSON_OBJECT, CLAIMS);
    SG_REQUIRE(in->decoys_per_object <= SDJWT_DECOYS_MAX, TOO_LARGE);
    SG_REQUIRE(in->decoys_per_array <= SDJWT_DECOYS_MAX, TOO_LARGE);
    SG_REQUIRE(in->n_sd <= SDJWT_DISCLOSURES_MAX, TOO_LARGE);
    *ret = (struct build){ .in = in, .paths = room->paths, .hit = room->hit };
    memset(room->hit, 0, in->n_sd);
    root->n = in->n_sd != 0 ? 1 : 0;
    root->r[0] = (struct range){ 0, in->n_sd };
    return sort_paths(ret);
}

sg_result
sdjwt_build(struct sg_arena *arena, const struct sdjwt_build *in, struct sdjwt_random *random,
    struct sdjwt_built *ret)
{
    struct room room;
    struct build b;
    struct active root;
    SG_TRY(start(in, &room, &b, &root));
    b.arena = arena;
    b.random = random;
    size_t hint = in->plain_members.n + in->claims->source.n + 64 +
                  (in->n_sd + in->decoys_per_object) * DIGEST_JSON_MAX;
    struct sg_buf buf = sg_buf_new(arena, hint, SDJWT_MAX);
    SG_TRY(put_plain(&b, &buf));
    SG_TRY(write_members(&b, &buf, in->claims, &root, 0, b.plain->n != 0));
    if (b.any_digest) {
        sg_buf_put_cstr(&buf, ",\"_sd_alg\":\"");
        sg_buf_put_cstr(&buf, sdjwt_hash_name(in->hash));
        sg_buf_put_byte(&buf, '"');
    }
    sg_buf_put_byte(&buf, '}');
    SG_TRY(all_found(&b));
    SG_TRY(sg_buf_end(&buf, &ret->payload));
    ret->disclosures = b.disclosures;
    ret->n_disclosures = b.n;
    return SG_DONE;
}

/* Random bytes for the places below `v`; counted as sdjwt_build walks. */
static sg_result
need_below(
    struct build *b, const struct sjson *v, const struct active *active, size_t depth, size_t *need)
{
    bool any = false;
    size_t i = 0;
    if ((v->type != SJSON_OBJECT && v->type != SJSON_ARRAY) || !goes_deeper(b, active, depth)) {
        return SG_DONE;
    }
    SG_REQUIRE(depth < SDJWT_DEPTH_MAX, DEPTH);
    for (const struct sjson *m = v->first; m != NULL; m = m->next, i++) {
        struct active below;
        if (v->type == SJSON_OBJECT) {
            SG_TRY(follow_name(b, active, depth, m->name, &below));
        } else {
            SG_TRY(follow_element(b, active, depth, i, &below));
        }
        if (ends_here(b, &below, depth + 1)) {
            any = true;
            *need += SDJWT_SALT_LEN;
        }
        SG_TRY(need_below(b, m, &below, depth + 1, need));
    }
    if (any && v->type == SJSON_OBJECT) {
        *need += b->in->decoys_per_object * DECOY_LEN;
    } else if (any) {
        *need += b->in->decoys_per_array * (DECOY_LEN + PLACE_LEN);
    }
    return SG_DONE;
}

sg_result
sdjwt_random_need(const struct sdjwt_build *in, size_t *ret)
{
    struct room room;
    struct build b;
    struct active root;
    size_t need = 0;
    SG_TRY(start(in, &room, &b, &root));
    SG_TRY(need_below(&b, in->claims, &root, 0, &need));
    *ret = need;
    return SG_DONE;
}

sg_result
sdjwt_join(struct sg_arena *arena, sg_str jwt, const sg_str *disclosures, size_t n, sg_str *ret)
{
    size_t len = jwt.n + 1;
    for (size_t i = 0; i < n; i++) {
        len += disclosures[i].n + 1;
    }
    struct sg_buf buf = sg_buf_new(arena, len, SDJWT_MAX);
    sg_buf_put_str(&buf, jwt);
    sg_buf_put_byte(&buf, '~'); /* stays, also without disclosures: RFC 9901 4 */
    for (size_t i = 0; i < n; i++) {
        sg_buf_put_str(&buf, disclosures[i]);
        sg_buf_put_byte(&buf, '~');
    }
    return sg_buf_end_str(&buf, ret);
}

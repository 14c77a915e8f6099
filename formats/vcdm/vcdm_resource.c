#include "sg_text.h"

#include "multikey.h"

#include "vcdm_int.h"

#define SRI_TEXT_MAX ((size_t)1024) /* three digests of SHA-512 and more */

/* spec: W3C Subresource Integrity 3.5, hash-algo; digests in standard base64 with padding. */
static const struct {
    const char *prefix;
    enum sg_hash_alg alg;
} sri[] = {
    { "sha256-", SG_SHA256 },
    { "sha384-", SG_SHA384 },
    { "sha512-", SG_SHA512 },
};
enum { N_SRI = sizeof(sri) / sizeof(sri[0]) };

/* The digest that the caller knows, or makes from its bytes; empty when neither is at hand. */
static sg_bytes
known_digest(const struct vcdm_resource *resource, enum sg_hash_alg alg, uint8_t room[SG_HASH_MAX])
{
    if (resource->bytes.p != NULL) {
        sg_hash(alg, resource->bytes, room);
        return sg_bytes_of(room, sg_hash_len(alg));
    }
    return alg == SG_SHA256   ? resource->sha256
           : alg == SG_SHA384 ? resource->sha384
                              : resource->sha512;
}

/* Form was checked; a resource that nobody knows is the caller's choice. */
static sg_result
compare(const struct vcdm_check *c, const struct vcdm_resource *resource, enum sg_hash_alg alg,
    sg_bytes claimed, const char *what, uint64_t at)
{
    uint8_t room[SG_HASH_MAX];
    sg_bytes known =
        resource->known ? known_digest(resource, alg, room) : (sg_bytes){ .p = NULL, .n = 0 };
    if (known.n == 0) {
        if (c->rules->resource_required) {
            sg_why_note(c->why, "relatedResource.id", at, 0);
            SG_FAIL(NOT_FOUND);
        }
        return SG_DONE;
    }
    if (!sg_bytes_equal(known, claimed)) {
        sg_why_note(c->why, what, at, 0);
        SG_FAIL(DIGEST);
    }
    return SG_DONE;
}

/* One hash-expression. Options ("?...") are reserved by that specification and refused. */
static sg_result
check_expression(
    const struct vcdm_check *c, const struct vcdm_resource *resource, sg_str text, uint64_t at)
{
    static const char what[] = "relatedResource.digestSRI";
    for (size_t i = 0; i < N_SRI; i++) {
        size_t n = strlen(sri[i].prefix);
        sg_bytes claimed;
        if (sg_str_starts(text, sri[i].prefix)) {
            sg_result r = sg_b64_decode(c->arena, sg_str_slice(text, n, text.n), &claimed);
            VCDM_REQUIRE(sg_ok(r) && claimed.n == sg_hash_len(sri[i].alg), c, what, at);
            return compare(c, resource, sri[i].alg, claimed, what, at);
        }
    }
    return vcdm_refuse(c, what, at, VCDM_MALFORMED_VALUE_ERROR);
}

/*
 * Digests of one resource, parted by spaces. Of several, a browser may take whichever fits; here each is a statement about the same
 * bytes, so each must hold.
 */
static sg_result
check_sri(const struct vcdm_check *c, const struct vcdm_resource *resource,
    const struct sjson *value, uint64_t at)
{
    static const char what[] = "relatedResource.digestSRI";
    VCDM_REQUIRE(value->type == SJSON_STRING && value->text.n <= SRI_TEXT_MAX, c, what, at);
    sg_str text = value->text;
    size_t from = 0;
    while (from <= text.n) {
        size_t to = sg_str_index(text, ' ', from);
        SG_TRY(check_expression(c, resource, sg_str_slice(text, from, to - from), at));
        from = to + 1;
    }
    return SG_DONE;
}

static sg_result
check_multibase(const struct vcdm_check *c, const struct vcdm_resource *resource,
    const struct sjson *value, uint64_t at)
{
    static const char what[] = "relatedResource.digestMultibase";
    enum sg_hash_alg alg;
    sg_bytes raw;
    sg_bytes claimed;
    VCDM_REQUIRE(value->type == SJSON_STRING, c, what, at);
    VCDM_REQUIRE(sg_ok(multibase_decode(c->arena, value->text, &raw)), c, what, at);
    if (c->rules->draft_digests && (raw.n == SG_SHA256_LEN || raw.n == SG_SHA384_LEN)) {
        alg = raw.n == SG_SHA256_LEN ? SG_SHA256 : SG_SHA384;
        return compare(c, resource, alg, raw, what, at);
    }
    VCDM_REQUIRE(sg_ok(multihash_parse(raw, &alg, &claimed)), c, what, at);
    return compare(c, resource, alg, claimed, what, at);
}

/* type "/" subtype of RFC 6838 4.2 characters. */
static bool
is_media_type(sg_str text)
{
    size_t slash = sg_str_index(text, '/', 0);
    size_t end = sg_str_index(text, ';', 0);
    for (size_t i = 0; i < end; i++) {
        char ch = text.p[i];
        bool word =
            (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
        if (!word && i != slash && (ch == 0 || strchr("!#$&-^_.+", ch) == NULL)) {
            return false;
        }
    }
    return slash != 0 && slash + 1 < end;
}

static sg_result
check_media_type(const struct vcdm_check *c, const struct vcdm_resource *resource,
    const struct sjson *value, uint64_t at)
{
    static const char what[] = "relatedResource.mediaType";
    if (value == NULL) {
        return SG_DONE;
    }
    VCDM_REQUIRE(value->type == SJSON_STRING && is_media_type(value->text), c, what, at);
    bool compared = resource->known && resource->media_type.n != 0;
    VCDM_REQUIRE(!compared || sg_str_equal(value->text, resource->media_type), c, what, at);
    return SG_DONE;
}

static sg_result
ask(const struct vcdm_check *c, sg_str url, uint64_t at, struct vcdm_resource *ret)
{
    *ret = (struct vcdm_resource){ .known = false };
    if (c->rules->resource == NULL) {
        return SG_DONE;
    }
    sg_result r = c->rules->resource(c->rules->resource_arg, url, ret);
    if (!sg_ok(r)) {
        sg_why_note(c->why, "relatedResource.id", at, 0);
    }
    return r;
}

static sg_result
check_resource(const struct vcdm_check *c, const struct sjson *v, sg_str url, uint64_t at)
{
    struct vcdm_resource resource;
    const struct sjson *by_sri = sjson_get(v, "digestSRI");
    const struct sjson *by_multibase = sjson_get(v, "digestMultibase");
    VCDM_REQUIRE(by_sri != NULL || by_multibase != NULL, c, "relatedResource.digestSRI", at);
    SG_TRY(ask(c, url, at, &resource));
    SG_TRY(check_media_type(c, &resource, sjson_get(v, "mediaType"), at));
    if (by_sri != NULL) {
        SG_TRY(check_sri(c, &resource, by_sri, at));
    }
    return by_multibase == NULL ? SG_DONE : check_multibase(c, &resource, by_multibase, at);
}

sg_result
vcdm_check_resources(const struct vcdm_check *c, const struct sjson *resources)
{
    sg_str urls[VCDM_RESOURCES_MAX];
    struct vcdm_set set = vcdm_set_of(resources);
    size_t n = 0;
    if (resources == NULL || c->version == VCDM_1_1) {
        return SG_DONE; /* 1.1 has no such member */
    }
    VCDM_REQUIRE(set.n != 0, c, "relatedResource", 0);
    SG_REQUIRE(set.n <= VCDM_RESOURCES_MAX, TOO_LARGE);
    for (const struct sjson *v = vcdm_set_next(&set); v != NULL; v = vcdm_set_next(&set), n++) {
        VCDM_REQUIRE(v->type == SJSON_OBJECT, c, "relatedResource", n);
        SG_TRY(vcdm_no_keywords(c, v, "relatedResource", n));
        SG_TRY(vcdm_read_id(c, v, "relatedResource.id", n, true, &urls[n]));
        for (size_t i = 0; i < n; i++) {
            VCDM_REQUIRE(!sg_str_equal(urls[i], urls[n]), c, "relatedResource.id", n);
        }
        SG_TRY(check_resource(c, v, urls[n], n));
    }
    return SG_DONE;
}

sg_result
vcdm_check_digests(struct sg_arena *arena, const struct sjson *object,
    const struct vcdm_resource *resource, struct sg_why *why)
{
    const struct vcdm_rules rules = { 0 };
    const struct vcdm_check c = { arena, &rules, why, VCDM_2_0 };
    const struct sjson *by_sri = sjson_get(object, "digestSRI");
    const struct sjson *by_multibase = sjson_get(object, "digestMultibase");
    if (by_sri != NULL) {
        SG_TRY(check_sri(&c, resource, by_sri, 0));
    }
    return by_multibase == NULL ? SG_DONE : check_multibase(&c, resource, by_multibase, 0);
}

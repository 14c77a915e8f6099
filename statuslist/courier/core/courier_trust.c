#include "courier_trust.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "did.h"
#include "sg_text.h"

#define PEM_MAX ((size_t)256 * 1024)

static void
close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
}

static sg_result
read_file(struct sg_arena *arena, const char *path, sg_str *ret)
{
    SG_CLEANUP(close_fd)
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    SG_REQUIRE(fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode), NOT_FOUND);
    SG_REQUIRE(st.st_size > 0 && (size_t)st.st_size <= PEM_MAX, VALUE);
    size_t n = (size_t)st.st_size;
    char *p = sg_arena_alloc(arena, n);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    SG_REQUIRE(read(fd, p, n) == (ssize_t)n, NOT_FOUND);
    *ret = sg_str_of(p, n);
    return SG_DONE;
}

static sg_result
load_anchors(struct sg_arena *arena, const struct conf_list *files, struct tsl_trust_rule *rule)
{
    sg_bytes *anchors = SG_NEW_ARRAY(arena, COURIER_ANCHORS_MAX, sg_bytes);
    size_t n = 0;
    SG_REQUIRE(anchors != NULL, NO_MEMORY);
    for (size_t i = 0; i < files->n; i++) {
        sg_str pem = SG_NO_STR;
        size_t more = 0;
        SG_TRY(read_file(arena, files->items[i], &pem));
        SG_TRY(x509_from_pem(arena, pem, anchors + n, COURIER_ANCHORS_MAX - n, &more));
        SG_REQUIRE(more > 0, VALUE);
        n += more;
    }
    rule->anchors = anchors;
    rule->n_anchors = n;
    return SG_DONE;
}

/* A did:key carries its key, so the list need not bring it. */
static sg_result
load_did(struct sg_arena *arena, sg_str did, struct tsl_trust_rule *rule)
{
    struct jwk *jwk = SG_NEW(arena, struct jwk);
    SG_REQUIRE(jwk != NULL, NO_MEMORY);
    SG_TRY(did_key_parse(did, jwk));
    rule->jwk = jwk;
    return SG_DONE;
}

static sg_result
load_key(struct sg_arena *arena, sg_str row, struct tsl_trust_rule *rule)
{
    size_t bar = sg_str_index(row, '|', 0);
    SG_REQUIRE(bar > 0 && bar < row.n, VALUE);
    sg_str key = sg_str_slice(row, bar + 1, row.n);
    rule->prefix = sg_str_slice(row, 0, bar);
    if (sg_str_starts(key, "did:key:")) {
        return load_did(arena, key, rule);
    }
    uint8_t *thumbprint = sg_arena_alloc(arena, JWK_THUMBPRINT_LEN);
    SG_REQUIRE(thumbprint != NULL, NO_MEMORY);
    SG_TRY(sg_b64url_decode_to(key, thumbprint, JWK_THUMBPRINT_LEN));
    rule->thumbprint = thumbprint;
    return SG_DONE;
}

sg_result
courier_trust_load(struct sg_arena *arena, const struct conf_courier *conf, struct sg_why *why,
    const struct tsl_trust_rule **ret, size_t *ret_n)
{
    struct tsl_trust_rule *rules = SG_NEW_ARRAY(arena, conf->keys.n + 1, struct tsl_trust_rule);
    size_t n = 0;
    SG_REQUIRE(rules != NULL, NO_MEMORY);
    for (; n < conf->keys.n; n++) {
        sg_result r = load_key(arena, sg_cstr(conf->keys.items[n]), &rules[n]);
        if (!sg_ok(r)) {
            sg_why_note(why, "setting keys", n, 0);
            return r;
        }
    }
    if (conf->anchors.n > 0) {
        sg_result r = load_anchors(arena, &conf->anchors, &rules[n]);
        if (!sg_ok(r)) {
            sg_why_note(why, "setting anchors", 0, 0);
            return r;
        }
        n++;
    }
    *ret = rules;
    *ret_n = n;
    return SG_DONE;
}

static sg_result
roots_load(
    struct sg_arena *arena, const char *path, const char *setting, struct sg_why *why, sg_str *ret)
{
    *ret = SG_NO_STR;
    if (path[0] == '\0') {
        return SG_DONE;
    }
    sg_bytes certificates[COURIER_ANCHORS_MAX];
    size_t n = 0;
    sg_result r = read_file(arena, path, ret);
    r = sg_ok(r) ? x509_from_pem(arena, *ret, certificates, COURIER_ANCHORS_MAX, &n) : r;
    if (!sg_ok(r) || n == 0) {
        sg_why_note(why, setting, 0, 0);
        return sg_ok(r) ? SG_ERROR(VALUE) : r;
    }
    return SG_DONE;
}

sg_result
courier_own_ca_load(
    struct sg_arena *arena, const struct conf_courier *conf, struct sg_why *why, sg_str *ret)
{
    return roots_load(arena, conf->own_ca, "setting own_ca", why, ret);
}

sg_result
courier_openid_ca_load(
    struct sg_arena *arena, const struct conf_courier *conf, struct sg_why *why, sg_str *ret)
{
    return roots_load(arena, conf->openid_ca, "setting openid_ca", why, ret);
}

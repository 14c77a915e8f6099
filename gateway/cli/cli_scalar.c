#include "cli_scalar.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sg_secret.h"
#include "sg_text.h"
#include "sjson.h"

#define PAGE ((size_t)4096)

struct cli_scalar {
    uint8_t d[CLI_SCALAR_LEN];
    size_t n;
    char text[PAGE - CLI_SCALAR_LEN - sizeof(size_t)];
};
_Static_assert(sizeof(struct cli_scalar) == PAGE, "one page");

static struct cli_scalar *
locked_page(void)
{
    void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return NULL;
    }
    if (mlock(page, PAGE) != 0 || madvise(page, PAGE, MADV_DONTDUMP) != 0) {
        munmap(page, PAGE);
        return NULL;
    }
    return page;
}

void
cli_scalar_free(struct cli_scalar **scalar)
{
    if (*scalar != NULL) {
        sg_wipe(*scalar, PAGE);
        munlock(*scalar, PAGE);
        munmap(*scalar, PAGE);
        *scalar = NULL;
    }
}

const uint8_t *
cli_scalar_bytes(const struct cli_scalar *scalar)
{
    return scalar->d;
}

static void
close_fd(const int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

/* Straight into the page: no buffer of stdio's or of the arena's sees it. */
static sg_result
fill(const char *path, struct cli_scalar *s)
{
    SG_CLEANUP(close_fd)
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? SG_ERROR(NOT_FOUND) : SG_ERROR(POLICY);
    }
    for (;;) {
        SG_REQUIRE(s->n < sizeof(s->text), TOO_LARGE);
        ssize_t got = read(fd, s->text + s->n, sizeof(s->text) - s->n);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        SG_REQUIRE(got >= 0, POLICY);
        if (got == 0) {
            return SG_DONE;
        }
        s->n += (size_t)got;
    }
}

/* The parser's values are views of the text unless it has escapes, which would be undone elsewhere: a JWK needs none. */
static sg_result
parse(struct sg_arena *arena, struct cli_scalar *s)
{
    static const uint8_t zero[CLI_SCALAR_LEN];
    const struct sjson *jwk;
    sg_str d;
    SG_REQUIRE(memchr(s->text, '\\', s->n) == NULL, KEY_INVALID);
    SG_TRY(sjson_parse_object(arena, sg_str_of(s->text, s->n), NULL, &jwk));
    SG_REQUIRE(
        sjson_is_text(sjson_get(jwk, "kty"), "EC") && sjson_is_text(sjson_get(jwk, "crv"), "P-256"),
        KEY_INVALID);
    SG_REQUIRE(sg_ok(sjson_member_text(jwk, "d", &d)), KEY_INVALID);
    SG_REQUIRE(d.p >= s->text && d.p + d.n <= s->text + s->n, INTERNAL);
    SG_REQUIRE(sg_ok(sg_b64url_decode_to(d, s->d, CLI_SCALAR_LEN)), KEY_INVALID);
    SG_REQUIRE(!sg_secret_equal(sg_bytes_of(s->d, sizeof(s->d)), sg_bytes_of(zero, sizeof(zero))),
        KEY_INVALID);
    sg_wipe(s->text, sizeof(s->text));
    return SG_DONE;
}

sg_result
cli_scalar_read(struct sg_arena *arena, const char *path, struct cli_scalar **ret)
{
    SG_CLEANUP(cli_scalar_free)
    struct cli_scalar *s = locked_page();
    SG_REQUIRE(s != NULL, POLICY);
    SG_TRY(fill(path, s));
    SG_TRY(parse(arena, s));
    *ret = s;
    s = NULL;
    return SG_DONE;
}

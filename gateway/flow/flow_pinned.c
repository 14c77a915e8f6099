#include "flow_pinned.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow_read.h"
#include "sg_text.h"
#include "sjson.h"

#define INDEX "index.json"

/* A name in the folder itself, so that an index cannot reach elsewhere. */
static bool
plain_file(sg_str name)
{
    return name.n > 0 && name.n <= 128 && name.p[0] != '.' && sg_str_index(name, '/', 0) == name.n;
}

static sg_result
read_file(struct sg_arena *arena, const char *dir, sg_str name, bool *ret_there, sg_str *ret)
{
    sg_str path;
    struct stat st;
    SG_TRY(sg_arena_printf(arena, &path, "%s/%.*s", dir, SG_PRINT(name)));
    int fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    *ret_there = fd >= 0 || errno != ENOENT; /* there and not readable is a mistake, not nothing */
    SG_REQUIRE(fd >= 0, NOT_FOUND);
    bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 0 &&
                (uint64_t)st.st_size <= FLOW_PINNED_FILE_MAX;
    size_t size = good ? (size_t)st.st_size : 0;
    char *text = sg_arena_alloc(arena, size + 1);
    ssize_t got = text == NULL ? -1 : pread(fd, text, size, 0);
    close(fd);
    SG_REQUIRE(text != NULL, NO_MEMORY);
    SG_REQUIRE(good && got == (ssize_t)size, CONFIGURATION);
    *ret = sg_str_of(text, size);
    return SG_DONE;
}

static sg_result
check_digest(sg_str text, sg_str hex, struct sg_why *why)
{
    uint8_t wanted[SG_SHA256_LEN], got[SG_SHA256_LEN];
    if (hex.n != 2 * sizeof(wanted) || !sg_ok(sg_hex_decode_to(hex, wanted, sizeof(wanted)))) {
        return flow_bad(why, "sha256: 64 hex digits");
    }
    sg_sha256(sg_str_bytes(text), got);
    return memcmp(wanted, got, sizeof(got)) == 0 ? SG_DONE
                                                 : flow_bad(why, "sha256: the file has another");
}

static sg_result
read_one(struct sg_arena *arena, const char *dir, sg_str base, const struct sjson *entry,
    struct sg_why *why, sg_str *ret_file, struct flow_pinned *ret)
{
    sg_str hex, text;
    bool there;
    if (entry->type != SJSON_OBJECT || entry->n != 2 ||
        !sg_ok(sjson_member_text(entry, "file", &ret->file)) || !plain_file(ret->file) ||
        !sg_ok(sjson_member_text(entry, "sha256", &hex))) {
        return flow_bad(why, "an entry is {\"file\": name, \"sha256\": hex}");
    }
    if (ret_file != NULL) {
        *ret_file = ret->file;
    }
    sg_result r = read_file(arena, dir, ret->file, &there, &text);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    if (!sg_ok(r)) {
        return flow_bad(why, "cannot be read");
    }
    SG_TRY(check_digest(text, hex, why));
    SG_TRY(flow_base_expand(arena, text, base, &ret->text));
    return flow_base_expand(arena, entry->name, base, &ret->url);
}

static sg_result
read_index(struct sg_arena *arena, const char *dir, const struct sjson **ret, bool *ret_there,
    struct sg_why *why)
{
    sg_str text;
    sg_result r = read_file(arena, dir, SG_LIT(INDEX), ret_there, &text);
    if (!*ret_there) {
        return SG_DONE;
    }
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    if (!sg_ok(r) || !sg_ok(sjson_parse_object(arena, text, NULL, ret)) ||
        (*ret)->n > FLOW_PINNED_MAX) {
        return flow_bad(why, "not a JSON object of files");
    }
    return SG_DONE;
}

sg_result
flow_pinned_read(struct sg_arena *arena, const char *dir, sg_str base, struct sg_why *why,
    sg_str *ret_file, const struct flow_pinned **ret, size_t *ret_n)
{
    const struct sjson *index = NULL;
    bool there;
    if (ret_file != NULL) {
        *ret_file = SG_LIT(INDEX);
    }
    SG_TRY(read_index(arena, dir, &index, &there, why));
    size_t n = there ? index->n : 0;
    struct flow_pinned *pinned = SG_NEW_ARRAY(arena, n, struct flow_pinned);
    SG_REQUIRE(pinned != NULL, NO_MEMORY);
    size_t i = 0;
    for (const struct sjson *e = there ? index->first : NULL; e != NULL; e = e->next, i++) {
        SG_TRY(read_one(arena, dir, base, e, why, ret_file, &pinned[i]));
    }
    *ret = pinned;
    *ret_n = n;
    return SG_DONE;
}

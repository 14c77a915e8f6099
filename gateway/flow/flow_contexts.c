#include "flow_contexts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow_read.h"
#include "sg_text.h"

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
                (uint64_t)st.st_size <= FLOW_CONTEXT_FILE_MAX;
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
    struct sg_why *why, sg_str *ret_file, struct flow_context *ret)
{
    sg_str name, hex, text;
    bool there;
    if (entry->type != SJSON_OBJECT || entry->n != 2 ||
        !sg_ok(sjson_member_text(entry, "file", &name)) || !plain_file(name) ||
        !sg_ok(sjson_member_text(entry, "sha256", &hex))) {
        return flow_bad(why, "an entry is {\"file\": name, \"sha256\": hex}");
    }
    if (ret_file != NULL) {
        *ret_file = name;
    }
    sg_result r = read_file(arena, dir, name, &there, &text);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    if (!sg_ok(r)) {
        return flow_bad(why, "cannot be read");
    }
    SG_TRY(check_digest(text, hex, why));
    SG_TRY(flow_base_expand(arena, text, base, &text));
    SG_TRY(flow_base_expand(arena, entry->name, base, &ret->url));
    ret->json = sg_str_bytes(text);
    const struct sjson *json, *context;
    bool read = sg_ok(sjson_parse_object(arena, text, NULL, &json));
    context = read ? sjson_get(json, "@context") : NULL;
    return context != NULL && (context->type == SJSON_OBJECT || context->type == SJSON_ARRAY)
               ? SG_DONE
               : flow_bad(why, "a JSON object with a member @context");
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
        (*ret)->n > FLOW_CONTEXTS_MAX) {
        return flow_bad(why, "not a JSON object of contexts");
    }
    return SG_DONE;
}

sg_result
flow_contexts_read(struct sg_arena *arena, const char *dir, sg_str base, struct sg_why *why,
    sg_str *ret_file, struct flow_contexts *ret)
{
    const struct sjson *index = NULL;
    bool there;
    if (ret_file != NULL) {
        *ret_file = SG_LIT(INDEX);
    }
    SG_TRY(read_index(arena, dir, &index, &there, why));
    size_t n = there ? index->n : 0;
    struct flow_context *added = SG_NEW_ARRAY(arena, n, struct flow_context);
    struct jsonld_document *documents = SG_NEW_ARRAY(arena, n, struct jsonld_document);
    SG_REQUIRE(added != NULL && documents != NULL, NO_MEMORY);
    size_t i = 0;
    for (const struct sjson *e = there ? index->first : NULL; e != NULL; e = e->next, i++) {
        SG_TRY(read_one(arena, dir, base, e, why, ret_file, &added[i]));
        documents[i] = (struct jsonld_document){ added[i].url, sg_bytes_str(added[i].json) };
    }
    struct jsonld_contexts *set;
    sg_result r = jsonld_contexts_new(documents, n, why, &set);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    if (!sg_ok(r)) {
        return flow_bad(why, "a context that JSON-LD refuses, or a URL that is built in");
    }
    *ret = (struct flow_contexts){ set, added, n };
    return SG_DONE;
}

void
flow_contexts_done(struct flow_contexts *contexts)
{
    jsonld_contexts_free(&contexts->set);
}

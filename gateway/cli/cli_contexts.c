#include "cli_contexts.h"

#include <unistd.h>

#include "cli_conf.h"
#include "cli_file.h"
#include "sg_hash.h"
#include "sg_text.h"

#define BASE_WORD "${BASE}"
#define CONTEXT_MAX ((size_t)512 * 1024)

static sg_result
expand(struct sg_arena *arena, sg_str text, const char *base, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, text.n + 1024, 2 * CONTEXT_MAX);
    size_t n = sizeof(BASE_WORD) - 1;
    for (size_t i = 0; i < text.n;) {
        if (i + n <= text.n && memcmp(text.p + i, BASE_WORD, n) == 0) {
            sg_buf_put_cstr(&buf, base);
            i += n;
        } else {
            sg_buf_put_byte(&buf, (uint8_t)text.p[i++]);
        }
    }
    return sg_buf_end_str(&buf, ret);
}

static sg_result
read_one(const struct cli *cli, const char *folder, const struct sjson *entry, const char *base,
    struct jsonld_document *ret)
{
    sg_str name, hex, path;
    sg_bytes bytes;
    uint8_t wanted[SG_SHA256_LEN], got[SG_SHA256_LEN];
    SG_TRY(sjson_member_text(entry, "file", &name));
    SG_TRY(sjson_member_text(entry, "sha256", &hex));
    SG_REQUIRE(sg_str_index(name, '/', 0) == name.n && hex.n == 2 * sizeof(wanted), VALUE);
    SG_TRY(sg_hex_decode_to(hex, wanted, sizeof(wanted)));
    SG_TRY(sg_arena_printf(cli->arena, &path, "%s/%.*s", cli_path(cli, folder), SG_PRINT(name)));
    SG_TRY(cli_read(cli->arena, path.p, &bytes));
    sg_sha256(bytes, got);
    SG_REQUIRE(bytes.n <= CONTEXT_MAX && memcmp(got, wanted, sizeof(got)) == 0, DIGEST);
    SG_TRY(expand(cli->arena, entry->name, base, &ret->url));
    return expand(cli->arena, sg_bytes_str(bytes), base, &ret->json);
}

int
cli_pinned_read(const struct cli *cli, const char *folder, struct jsonld_document *ret, size_t max,
    size_t *ret_n)
{
    const struct sjson *index;
    const char *base;
    sg_str name;
    *ret_n = 0;
    if (!sg_ok(sg_arena_printf(cli->arena, &name, "%s/index.json", folder))) {
        return cli_fail(cli, "out of memory");
    }
    const char *path = cli_path(cli, name.p);
    if (path == NULL || access(path, F_OK) != 0) {
        return CLI_DONE;
    }
    int bad = cli_base_url(cli, &base);
    if (bad != CLI_DONE) {
        return bad;
    }
    sg_result r = cli_read_json(cli->arena, path, &index);
    for (const struct sjson *e = sg_ok(r) ? index->first : NULL; e != NULL && sg_ok(r);
         e = e->next) {
        r = *ret_n < max ? read_one(cli, folder, e, base, &ret[*ret_n]) : SG_ERROR(TOO_MANY);
        *ret_n += sg_ok(r);
    }
    return sg_ok(r) ? CLI_DONE : cli_unreadable(cli, path, r);
}

int
cli_contexts_read(const struct cli *cli, struct jsonld_document *ret, size_t max, size_t *ret_n)
{
    return cli_pinned_read(cli, "contexts", ret, max, ret_n);
}

bool
cli_own_document(const struct cli *cli, struct cid_document *ret)
{
    const struct sjson *json;
    const char *path = cli_path(cli, "trust/did.json");
    if (path == NULL || !sg_ok(cli_read_json(cli->arena, path, &json)) ||
        !sg_ok(sjson_member_text(json, "id", &ret->url))) {
        return false;
    }
    ret->json = json->source;
    return true;
}

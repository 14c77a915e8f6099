#include "cli_object.h"

#include <stdlib.h>
#include <time.h>

#include "sg_text.h"

int
cli_anchors(const struct cli *cli, sg_bytes ret[CLI_ANCHORS_MAX], size_t *ret_n)
{
    const char *path = cli_value(cli, "--trust");
    size_t n = 0;
    for (size_t i = 0; path != NULL || i == 0; path = cli_value_nth(cli, "--trust", ++i)) {
        sg_bytes pem;
        size_t more = 0;
        path = path != NULL ? path : cli_path(cli, "trust/root.pem");
        sg_result r = cli_read(cli->arena, path, &pem);
        if (sg_ok(r)) {
            r = x509_from_pem(cli->arena, sg_bytes_str(pem), ret + n, CLI_ANCHORS_MAX - n, &more);
        }
        if (!sg_ok(r)) {
            return cli_unreadable(cli, path, r);
        }
        n += more;
    }
    *ret_n = n;
    return CLI_DONE;
}

int
cli_at(const struct cli *cli, int64_t *ret)
{
    const char *text = cli_value(cli, "--at");
    uint64_t seconds;
    if (text == NULL) {
        *ret = cli_now();
        return CLI_DONE;
    }
    if (sg_ok(sg_u64_parse(sg_cstr(text), &seconds)) && seconds < (uint64_t)1 << 40) {
        *ret = (int64_t)seconds;
        return CLI_DONE;
    }
    struct tm tm = { 0 };
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (end == NULL || *end != '\0') {
        return cli_usage(
            cli, "--at: %s is neither UTC seconds nor like 2026-11-20T23:00:00Z", text);
    }
    *ret = (int64_t)timegm(&tm);
    return CLI_DONE;
}

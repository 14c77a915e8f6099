#include "cli_init_files.h"

#include <errno.h>
#include <unistd.h>

#include "cli_proc.h"
#include "demo_files.h"
#include "sg_text.h"

static const struct {
    const char *path;
    mode_t mode;
} folders[] = {
    { "conf", 0755 },
    { "configurations", 0755 },
    { "contexts", 0755 },
    { "schemas", 0755 },
    { "trust", 0755 },
    { "run", 0755 },
    { "operators", 0700 },
    { "clients", 0700 },
    { "demo-ca", 0700 },
    { "gateway", 0700 },
    { "courier", 0700 },
    { "courier/cache", 0700 },
};

/* Folders of one process, handed to it when root makes the directory. */
static const struct {
    const char *path;
    enum cli_role role;
} owned[] = {
    { "gateway", CLI_GATEWAY },
    { "courier", CLI_COURIER },
    { "courier/cache", CLI_COURIER },
};

int
cli_init_folders(const struct cli *cli)
{
    if (!sg_ok(cli_mkdirs(cli->dir, 0755))) {
        return cli_fail(cli, "%s: %s", cli->dir, strerror(errno));
    }
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        const char *path = cli_path(cli, folders[i].path);
        if (path == NULL || !sg_ok(cli_mkdirs(path, folders[i].mode))) {
            return cli_fail(cli, "%s: %s", path, strerror(errno));
        }
    }
    for (size_t i = 0; geteuid() == 0 && i < sizeof(owned) / sizeof(owned[0]); i++) {
        uid_t id = cli_roles[owned[i].role].uid;
        const char *path = cli_path(cli, owned[i].path);
        if (path == NULL || chown(path, id, id) != 0) {
            return cli_fail(cli, "%s: %s", path, strerror(errno));
        }
    }
    return CLI_DONE;
}

static int
put_file(const struct cli *cli, const char *relative, sg_bytes content, mode_t mode)
{
    const char *path = cli_path(cli, relative);
    if (path == NULL || !sg_ok(cli_write(path, content, mode))) {
        return cli_fail(cli, "%s: %s", path, strerror(errno));
    }
    return CLI_DONE;
}

static int
put_text(const struct cli *cli, const char *relative, sg_result r, sg_str text)
{
    if (!sg_ok(r)) {
        return cli_refused(cli, relative, r);
    }
    return put_file(cli, relative, sg_str_bytes(text), 0644);
}

static const char *
heading(const struct cli_plan *plan)
{
    return plan->demo
               ? "# DEMO settings, made by `sealgate init --demo`: for trying out, not for trust.\n"
               : "# Made by `sealgate init`.\n";
}

static int
put_courier(const struct cli *cli, const struct cli_plan *plan, sg_str more)
{
    const char *end = strchr(strstr(plan->base, "://") + 3, '/');
    int origin = end == NULL ? (int)strlen(plan->base) : (int)(end - plan->base);
    sg_str text = SG_NO_STR;
    sg_result r = sg_arena_printf(cli->arena, &text,
        "%senvironment = %s\npublic_origin = %.*s\nanchors = trust/root.pem\n%s%.*s", heading(plan),
        plan->environment, origin, plan->base,
        plan->demo ? "# the demo's verifier is on this machine\nallow_loopback = yes\n" : "",
        SG_PRINT(more));
    return put_text(cli, "conf/courier.ini", r, text);
}

/*
 * The relying party of persons' passkeys, for ever: the public host. Nothing where browsers would offer none: plain http elsewhere than on this machine, a
 * numeric IPv6 host. req: AU-3
 */
static sg_result
person_rows(const struct cli *cli, const struct cli_plan *plan, sg_str *ret)
{
    const char *host = strstr(plan->base, "://") + 3;
    const char *end = strchr(host, '/');
    size_t n = strcspn(host, ":/");
    char origin[256];
    size_t origin_n = end == NULL ? strlen(plan->base) : (size_t)(end - plan->base);
    *ret = SG_NO_STR;
    if (host[0] == '[' || origin_n >= sizeof(origin) ||
        (strncmp(plan->base, "https://", 8) != 0 && !conf_loopback_url(plan->base))) {
        return SG_DONE;
    }
    for (size_t i = 0; i < origin_n; i++) { /* as browsers write it */
        char c = plan->base[i];
        origin[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    return sg_arena_printf(cli->arena, ret,
        "# passkeys answer to this name alone: with another one all persons enrol again\n"
        "rp_id = %.*s\norigins = %.*s\n",
        (int)n, origin + (host - plan->base), (int)origin_n, origin);
}

int
cli_init_pin_lists(const struct cli *cli, const struct cli_plan *plan, sg_bytes status_thumbprint)
{
    sg_str thumbprint = SG_NO_STR;
    sg_str row = SG_NO_STR;
    sg_result r = sg_b64url_encode(cli->arena, status_thumbprint, &thumbprint);
    if (sg_ok(r)) {
        r = sg_arena_printf(
            cli->arena, &row, "keys = %s/status/|%.*s\n", plan->base, SG_PRINT(thumbprint));
    }
    return sg_ok(r) ? put_courier(cli, plan, row) : cli_refused(cli, "conf/courier.ini", r);
}

int
cli_init_settings(const struct cli *cli, const struct cli_plan *plan)
{
    struct sg_arena *a = cli->arena;
    const char *head = heading(plan);
    bool softhsm = strstr(plan->module, "softhsm") != NULL;
    sg_str persons = SG_NO_STR;
    sg_result r = person_rows(cli, plan, &persons);
    if (!sg_ok(r)) {
        return cli_refused(cli, "conf/gateway.ini", r);
    }
    sg_str text = SG_NO_STR;
    r = sg_arena_printf(a, &text,
        "%senvironment = %s\npublic_url = %s\nbrand = %s\nstatus_key = %s\n%s%.*s", head,
        plan->environment, plan->base, plan->demo ? "sealgate DEMO issuer" : "sealgate",
        CLI_STATUS_LABEL,
        plan->demo ? "attestation_key = " CLI_ATTESTATION_LABEL "\n"
                     "verify_trust = trust/root.pem\n"
                     "vcapi_configuration = employee_badge_ldp_ecdsa_rdfc\n"
                   : "",
        SG_PRINT(persons));
    int bad = put_text(cli, "conf/gateway.ini", r, text);
    if (bad == CLI_DONE) {
        bad = put_courier(cli, plan, SG_NO_STR);
    }
    if (bad == CLI_DONE) {
        r = sg_arena_printf(a, &text,
            "%senvironment = %s\norigin = %s\nmodule = %s\ntoken_label = %s\nmodule_certification "
            "= %s\n%s%s%.*s%s",
            head, plan->environment, plan->origin, plan->module, plan->token_label,
            plan->certification, softhsm ? "softhsm_conf = signer/softhsm2.conf\n" : "",
            plan->demo ? "demo = yes\n" : "", SG_PRINT(persons),
            plan->demo && persons.n > 0 ? "recovery_wait_s = 60\n" : "");
        bad = put_text(cli, "conf/signer.ini", r, text);
    }
    return bad;
}

int
cli_init_configurations(const struct cli *cli)
{
    size_t n;
    const struct demo_file *files = demo_files(&n);
    for (size_t i = 0; i < n; i++) {
        sg_str path;
        if (strcmp(files[i].name, "claims.json") == 0) {
            continue; /* an example of claims, for bench */
        }
        const char *folder = strchr(files[i].name, '/') == NULL ? "configurations/" : "";
        if (!sg_ok(sg_arena_printf(cli->arena, &path, "%s%s", folder, files[i].name))) {
            return cli_fail(cli, "out of memory");
        }
        int bad = put_file(cli, path.p, files[i].content, 0644);
        if (bad != CLI_DONE) {
            return bad;
        }
    }
    return CLI_DONE;
}

int
cli_init_done(const struct cli *cli, const struct cli_plan *plan)
{
    sg_str text = SG_NO_STR;
    sg_result r = sg_arena_printf(cli->arena, &text, "%slisten = %s\n%s", heading(plan),
        plan->listen, plan->demo ? "demo = yes\n" : "");
    return put_text(cli, "conf/run.ini", r, text);
}

const char *
cli_find_softhsm(void)
{
    static const char *const places[] = { "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so",
        "/usr/local/lib/softhsm/libsofthsm2.so" };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (access(places[i], R_OK) == 0) {
            return places[i];
        }
    }
    return NULL;
}

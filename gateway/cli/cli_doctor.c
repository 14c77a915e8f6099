/* `sealgate doctor`: looks at what an operator can mend, and says how. */
#include <errno.h>
#include <stdio.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli_commands.h"
#include "cli_http.h"
#include "cli_object.h"
#include "cli_proc.h"
#include "cli_report.h"
#include "sandbox.h"

enum { EXPIRY_WARNING_S = 30 * 86400, DISK_MIN_MB = 200, YEAR_2026 = 1767225600 };

struct doctor {
    struct cli *cli;
    struct cli_report report;
    struct cli_run_conf run;
    struct conf_gateway gateway;
    struct conf_signer signer;
    struct conf_courier courier;
};

static int
read_settings(struct doctor *d)
{
    int bad = cli_conf_run(d->cli, &d->run);
    bad = bad == CLI_DONE ? cli_conf_gateway(d->cli, &d->gateway) : bad;
    bad = bad == CLI_DONE ? cli_conf_courier(d->cli, &d->courier) : bad;
    return bad == CLI_DONE ? cli_conf_signer(d->cli, &d->signer) : bad;
}

/* req: NET-2 */
static void
check_settings(struct doctor *d)
{
    bool same = strcmp(d->gateway.environment, d->signer.environment) == 0 &&
                strcmp(d->gateway.environment, d->courier.environment) == 0;
    if (same) {
        cli_step(&d->report, "settings", CLI_HELD, "environment %s%s", d->gateway.environment,
            d->run.demo ? ", DEMO" : "");
    } else {
        cli_step(&d->report, "settings", CLI_NOT_HELD,
            "gateway.ini, courier.ini and signer.ini name different environments");
    }
    if (strncmp(d->gateway.public_url, d->courier.public_origin,
            strlen(d->courier.public_origin)) == 0) {
        cli_step(&d->report, "public URL", CLI_HELD, "%s", d->gateway.public_url);
    } else {
        cli_step(&d->report, "public URL", CLI_NOT_HELD,
            "%s does not begin with courier.ini's public_origin", d->gateway.public_url);
    }
}

/*
 * A question that lives longer than the signer keeps an intent could be read and never be approved: INTENT_OPEN refuses it, and the person is told nothing better
 * than that it did not work. req: AU-4
 */
static void
check_consent(struct doctor *d)
{
    uint64_t question = d->gateway.consent_lifetime_s, intent = d->signer.person_intent_s;
    if (question <= intent) {
        cli_step(&d->report, "consent", CLI_HELD, "a person has %llu s to answer",
            (unsigned long long)question);
        return;
    }
    cli_step(&d->report, "consent", CLI_NOT_HELD,
        "gateway.ini's consent_lifetime_s (%llu) is longer than signer.ini's person_intent_s "
        "(%llu): every question would be refused; lower the one or raise the other",
        (unsigned long long)question, (unsigned long long)intent);
}

/* The RP ID cannot change without every passkey becoming useless: it is shown, and held against the public URL. req: AU-3 */
static void
check_persons(struct doctor *d)
{
    const struct conf_signer *s = &d->signer;
    if (s->rp_id[0] == '\0') {
        cli_step(&d->report, "RP ID", CLI_NOT_SHOWN,
            "signer.ini names no rp_id and no origins: no persons can enrol");
        return;
    }
    size_t i = 0;
    while (i < s->origins.n && strcasecmp(s->origins.items[i], d->courier.public_origin) != 0) {
        i++;
    }
    cli_step(&d->report, "RP ID", i < s->origins.n ? CLI_HELD : CLI_NOT_HELD, "%s%s", s->rp_id,
        i < s->origins.n ? "" : ": courier.ini's public_origin is not among signer.ini's origins");
}

static void
check_programs(struct doctor *d)
{
    for (size_t i = 0; i < CLI_ROLES; i++) {
        const char *path = cli_proc_program(d->cli, cli_roles[i].program);
        bool there = access(path, X_OK) == 0;
        cli_step(&d->report, cli_roles[i].program, there ? CLI_HELD : CLI_NOT_HELD, "%s%s", path,
            there ? "" : " is not there: the four programs belong into one folder");
    }
}

static void
check_token(struct doctor *d)
{
    bool module = access(d->signer.module, R_OK) == 0;
    cli_step(&d->report, "PKCS#11 module", module ? CLI_HELD : CLI_NOT_HELD, "%s%s",
        d->signer.module, module ? "" : " cannot be read: install it, or mend conf/signer.ini");
    cli_step(&d->report, "certification", CLI_HELD, "%s",
        d->signer.module_certification[0] != '\0' ? d->signer.module_certification
                                                  : "nothing stated");
}

/* What only one process may see, and what only the owner of the directory may. */
static void
check_folders(struct doctor *d)
{
    static const char *const closed[] = { "signer", "gateway", "courier", "operators", "clients",
        "demo-ca" };
    for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
        struct stat st;
        const char *path = cli_path(d->cli, closed[i]);
        if (path == NULL || stat(path, &st) != 0) {
            if (i < CLI_ROLES) { /* the others are the demo's */
                cli_step(&d->report, closed[i], CLI_NOT_HELD, "%s: %s", path, strerror(errno));
            }
            continue;
        }
        bool good = (st.st_mode & 077) == 0;
        cli_step(&d->report, closed[i], good ? CLI_HELD : CLI_NOT_HELD, "user %u, mode %03o%s",
            (unsigned)st.st_uid, (unsigned)st.st_mode & 0777,
            good ? "" : ": others may look; chmod 700");
    }
}

static void
check_roots(struct doctor *d)
{
    sg_bytes anchors[CLI_ANCHORS_MAX];
    size_t n = 0;
    if (cli_anchors(d->cli, anchors, &n) != CLI_DONE) {
        cli_step(&d->report, "trust/root.pem", CLI_NOT_HELD, "is missing or broken");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        struct x509_leaf root;
        if (!sg_ok(x509_leaf_parse(d->cli->arena, anchors[i], &root))) {
            cli_step(&d->report, "trust/root.pem", CLI_NOT_HELD, "certificate %zu cannot be read",
                i + 1);
            continue;
        }
        int64_t left = root.not_after - cli_now();
        cli_step(&d->report, "root certificate", left > EXPIRY_WARNING_S ? CLI_HELD : CLI_NOT_HELD,
            "%.*s: %lld days left", SG_PRINT(root.subject_cn), (long long)(left / 86400));
    }
}

static void
check_machine(struct doctor *d)
{
    struct statvfs fs;
    struct rlimit memory;
    int abi = sandbox_landlock_abi();
    if (abi > 0) {
        cli_step(&d->report, "Landlock", CLI_HELD, "ABI %d", abi);
    } else {
        cli_step(&d->report, "Landlock", d->run.demo ? CLI_NOT_SHOWN : CLI_NOT_HELD,
            "this kernel has none; only a demo runs without it");
    }
    cli_step(&d->report, "clock", cli_now() > YEAR_2026 ? CLI_HELD : CLI_NOT_HELD,
        "%lld UTC seconds", (long long)cli_now());
    if (statvfs(d->cli->dir, &fs) == 0) {
        unsigned long long mb = (unsigned long long)fs.f_bavail * fs.f_frsize / 1048576;
        cli_step(
            &d->report, "disk", mb >= DISK_MIN_MB ? CLI_HELD : CLI_NOT_HELD, "%llu MB free", mb);
    }
    if (getrlimit(RLIMIT_MEMLOCK, &memory) == 0) {
        bool all = memory.rlim_cur == RLIM_INFINITY || geteuid() == 0;
        cli_step(&d->report, "memory locking", all ? CLI_HELD : CLI_NOT_SHOWN, "%s",
            all ? "the signer's whole memory"
                : "the limit allows secrets only: raise RLIMIT_MEMLOCK for the rest");
    }
}

static void
check_service(struct doctor *d)
{
    SG_CLEANUP(cli_close)
    int lock = -1;
    SG_CLEANUP(cli_http_close)
    struct cli_http *http = NULL;
    struct cli_http_answer answer;
    sg_str url;
    if (sg_ok(cli_lock(d->cli->dir, &lock))) {
        cli_step(&d->report, "service", CLI_NOT_SHOWN, "does not run (`sealgate run`)");
        return;
    }
    if (!sg_ok(sg_arena_printf(d->cli->arena, &url, "%s/readyz", d->gateway.public_url)) ||
        !sg_ok(cli_http_open(d->cli, &http))) {
        cli_step(&d->report, "service", CLI_NOT_HELD, "out of memory");
        return;
    }
    const struct cli_http_request request = { .method = "GET", .url = url.p };
    if (!sg_ok(cli_http_send(http, d->cli->arena, &request, &answer))) {
        cli_step(&d->report, "service", CLI_NOT_HELD, "%s: %s", url.p, cli_http_why(http));
        return;
    }
    cli_step(&d->report, "service", answer.status == 200 ? CLI_HELD : CLI_NOT_HELD,
        "%s answers %u: %.*s", url.p, answer.status,
        (int)(answer.body.n < 300 ? answer.body.n : 300), answer.body.p);
}

int
cmd_doctor(struct cli *cli)
{
    struct doctor d = { .cli = cli, .report = cli_report_new(cli) };
    int bad = read_settings(&d);
    if (bad != CLI_DONE) {
        return bad;
    }
    check_settings(&d);
    check_consent(&d);
    check_persons(&d);
    check_programs(&d);
    check_token(&d);
    check_folders(&d);
    check_roots(&d);
    check_machine(&d);
    check_service(&d);
    return cli_report_end(&d.report, "nothing to mend", "something is to mend", NULL);
}

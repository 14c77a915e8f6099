/* `sealgate stop` and `sealgate status`. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli_commands.h"
#include "cli_http.h"
#include "cli_proc.h"

enum { STOP_S = 40 };

static pid_t
pid_of(const struct cli *cli, const char *name)
{
    sg_str path;
    sg_str text;
    if (!sg_ok(sg_arena_printf(cli->arena, &path, "%s/run/%s.pid", cli->dir, name)) ||
        !sg_ok(cli_read_text(cli->arena, path.p, &text)) || text.n > 10) {
        return 0;
    }
    return (pid_t)strtol(text.p, NULL, 10);
}

/* The lock tells, not the pid file: numbers are used again. */
static int
is_running(const struct cli *cli, bool *ret)
{
    SG_CLEANUP(cli_close)
    int lock = -1;
    sg_result r = cli_lock(cli->dir, &lock);
    if (!sg_ok(r) && r.code != SG_E_CONFLICT) {
        return cli_fail(cli, "%s is no state directory of yours: %s", cli->dir, strerror(errno));
    }
    *ret = !sg_ok(r);
    return CLI_DONE;
}

int
cmd_stop(struct cli *cli)
{
    bool running;
    int bad = is_running(cli, &running);
    if (bad != CLI_DONE) {
        return bad;
    }
    if (!running) {
        puts(cli->json ? "{\"running\":false}" : "nothing runs");
        return CLI_DONE;
    }
    pid_t pid = pid_of(cli, "sealgate");
    if (pid <= 1 || kill(pid, SIGTERM) != 0) {
        return cli_fail(cli, "cannot reach the running service: %s",
            pid <= 1 ? "it is still starting" : strerror(errno));
    }
    const struct timespec step = { .tv_nsec = 20000000 };
    for (int i = 0; i < STOP_S * 50; i++) {
        bad = is_running(cli, &running);
        if (bad != CLI_DONE || !running) {
            break;
        }
        nanosleep(&step, NULL);
    }
    if (bad == CLI_DONE && running) {
        return cli_fail(cli, "%d still runs after %d s", (int)pid, STOP_S);
    }
    if (bad == CLI_DONE) {
        puts(cli->json ? "{\"running\":false}" : "stopped");
    }
    return bad;
}

/* 200: a signature would be made now. */
static bool
asks_ready(const struct cli *cli, const char *base, unsigned *ret_status)
{
    SG_CLEANUP(cli_http_close)
    struct cli_http *http = NULL;
    struct cli_http_answer answer = { 0 };
    sg_str url;
    bool answered = sg_ok(sg_arena_printf(cli->arena, &url, "%s/readyz", base)) &&
                    sg_ok(cli_http_open(cli, &http)) &&
                    sg_ok(cli_http_send(http, cli->arena,
                        &(struct cli_http_request){ .method = "GET", .url = url.p }, &answer));
    *ret_status = answer.status;
    return answered && answer.status == 200;
}

int
cmd_status(struct cli *cli)
{
    bool running;
    const char *base;
    unsigned http = 0;
    struct cli_run_conf conf;
    int bad = cli_conf_run(cli, &conf);
    bad = bad == CLI_DONE ? cli_base_url(cli, &base) : bad;
    bad = bad == CLI_DONE ? is_running(cli, &running) : bad;
    if (bad != CLI_DONE) {
        return bad;
    }
    bool ready = running && asks_ready(cli, base, &http);
    if (!cli->json) {
        printf("%s%s\n", running ? "runs" : "does not run", conf.demo ? " (DEMO)" : "");
        for (size_t i = 0; running && i < CLI_ROLES; i++) {
            printf("  %-17s pid %d\n", cli_roles[i].program, (int)pid_of(cli, cli_roles[i].name));
        }
        printf("  %s: %s\n", base,
            ready       ? "ready"
            : http == 0 ? "does not answer"
                        : "answers, but is not ready to sign");
        return running ? CLI_DONE : CLI_FAILED;
    }
    struct sg_buf buf = sg_buf_new(cli->arena, 512, 4096);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_bool(&wr, "running", running);
    sjson_wr_member_bool(&wr, "ready", ready);
    sjson_wr_member_bool(&wr, "demo", conf.demo);
    sjson_wr_member_cstr(&wr, "base", base);
    for (size_t i = 0; running && i < CLI_ROLES; i++) {
        sjson_wr_member_int(&wr, cli_roles[i].name, pid_of(cli, cli_roles[i].name));
    }
    sjson_wr_object_end(&wr);
    bad = cli_print_json(cli, &buf);
    return bad != CLI_DONE || running ? bad : CLI_FAILED;
}

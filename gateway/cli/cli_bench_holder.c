/*
 * `sealgate bench --holder-keys N`: what a signature with one of very many holder keys costs the signer. The signer's own program makes the keys and
 * measures; nothing else runs meanwhile. req: KEY-2
 */
#include "cli_bench_holder.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli_proc.h"
#include "sg_text.h"

enum { SIZES_MAX = 4, FIGURES = 15, KEYS_MAX = 10000000 };

/* What the program prints, "name value" per line, in this order of columns. */
static const char *const names[FIGURES] = { "holder_keys", "signatures", "cold_p50_us",
    "cold_p99_us", "cold_cpu_p50_us", "cold_cpu_p99_us", "hot_p50_us", "hot_p99_us",
    "hot_cpu_p50_us", "hot_cpu_p99_us", "rss_start_mb", "rss_keys_held_mb", "rss_cold_mb",
    "rss_hot_mb", "per_second" };

struct holder_row {
    double value[FIGURES];
    bool have[FIGURES];
};

static void
read_lines(int fd, struct holder_row *row)
{
    FILE *f = fdopen(fd, "r");
    char line[256];
    if (f == NULL) {
        close(fd);
        return;
    }
    while (fgets(line, sizeof(line), f) != NULL) {
        char name[32];
        double value;
        if (sscanf(line, "%31s %lf", name, &value) != 2) {
            continue;
        }
        for (size_t i = 0; i < FIGURES; i++) {
            if (strcmp(names[i], name) == 0) {
                row->value[i] = value;
                row->have[i] = true;
            }
        }
    }
    fclose(f);
}

/* The signer's own program, as its own user: it alone may open token and database. */
static int
run_signer(struct cli *cli, const char *option, const char *number, const char *flag,
    struct holder_row *row)
{
    const char *user = NULL;
    int code = cli_proc_user(cli, CLI_SIGNER, &user);
    const char *program = cli_proc_program(cli, "sealgate-signer");
    if (code != CLI_DONE || program == NULL) {
        return code != CLI_DONE ? code : cli_fail(cli, "out of memory");
    }
    const char *words[10] = { program, "--dir", cli->dir, option, number };
    size_t n = 5;
    if (flag != NULL) {
        words[n++] = flag;
    }
    if (user != NULL) {
        words[n++] = "--user";
        words[n++] = user;
    }
    char *argv[10];
    memcpy(argv, words, sizeof(argv)); /* posix_spawn does not write to them */
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = -1;
    int fds[2] = { -1, -1 };
    if (pipe2(fds, O_CLOEXEC) != 0 || posix_spawn_file_actions_init(&actions) != 0) {
        return cli_fail(cli, "cannot start %s", program);
    }
    posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
    int failed = posix_spawn(&pid, program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(fds[1]);
    read_lines(fds[0], row);
    if (failed != 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        return cli_fail(cli, "%s %s %s did not end well", program, option, number);
    }
    return CLI_DONE;
}

static int
measure_size(struct cli *cli, const char *size, const char *signatures, struct holder_row *row)
{
    int code = run_signer(cli, "--make-holder-keys", size, "--bare", row);
    code = code == CLI_DONE ? run_signer(cli, "--measure-holder", signatures, NULL, row) : code;
    for (size_t i = 0; code == CLI_DONE && i + 1 < FIGURES; i++) {
        if (!row->have[i]) {
            return cli_fail(cli, "the signer's program did not say %s", names[i]);
        }
    }
    return code;
}

static void
put_row(struct sjson_wr *wr, const struct holder_row *row)
{
    sjson_wr_object(wr);
    for (size_t i = 0; i < FIGURES; i++) {
        if (row->have[i]) {
            char text[32];
            int n = snprintf(text, sizeof(text), "%.*f", i < 2 ? 0 : 1, row->value[i]);
            sjson_wr_member_raw(wr, names[i], sg_str_of(text, (size_t)n));
        }
    }
    sjson_wr_object_end(wr);
}

static void
print_row(const struct holder_row *row)
{
    const double *v = row->value;
    printf(
        "%.0f keys: cold p50 %.0f us, p99 %.0f us (CPU %.0f, %.0f); hot p50 %.0f us, p99 %.0f us "
        "(CPU %.0f, %.0f)\n",
        v[0], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9]);
    printf("    memory: %.1f MB at start, %.1f with %.0f random keys found and decoded, %.1f after "
           "%.0f cold signatures (the module's part: %.1f), %.1f after as many hot ones\n",
        v[10], v[11], v[1], v[12], 3 * v[1], v[12] - v[11], v[13]);
}

static void
print_ratios(const struct holder_row *first, const struct holder_row *last)
{
    printf(
        "the last against the first: cold p50 %.2f, p99 %.2f; hot p50 %.2f, p99 %.2f; CPU alone: "
        "cold p50 %.2f, p99 %.2f; hot p50 %.2f, p99 %.2f\n",
        last->value[2] / first->value[2], last->value[3] / first->value[3],
        last->value[6] / first->value[6], last->value[7] / first->value[7],
        last->value[4] / first->value[4], last->value[5] / first->value[5],
        last->value[8] / first->value[8], last->value[9] / first->value[9]);
}

int
cli_bench_holder(struct cli *cli)
{
    SG_CLEANUP(cli_close)
    int lock = -1;
    struct holder_row rows[SIZES_MAX] = { 0 };
    struct sg_buf buf = sg_buf_new(cli->arena, 1024, 65536);
    struct sjson_wr wr = sjson_wr_new(&buf);
    const char *signatures =
        cli_value(cli, "--signatures") != NULL ? cli_value(cli, "--signatures") : "10000";
    size_t n = 0;
    int64_t checked;
    int code = cli_number(cli, "--signatures", 10000, 100, 1000000, &checked);
    if (code == CLI_DONE && !sg_ok(cli_lock(cli->dir, &lock))) {
        code = cli_fail(cli, "the service runs; stop it first: only one process may use the token");
    }
    cli_close(&lock); /* the program itself refuses to work beside a signer that serves */
    lock = -1;
    sjson_wr_object(&wr);
    sjson_wr_name(&wr, SG_LIT("rows"));
    sjson_wr_array(&wr);
    for (const char *size; code == CLI_DONE && n < SIZES_MAX &&
                           (size = cli_value_nth(cli, "--holder-keys", n)) != NULL;
         n++) {
        uint64_t keys;
        if (!sg_ok(sg_u64_parse(sg_cstr(size), &keys)) || keys == 0 || keys > KEYS_MAX) {
            return cli_usage(cli, "--holder-keys: %s is not a number up to %d", size, KEYS_MAX);
        }
        code = measure_size(cli, size, signatures, &rows[n]);
        if (code == CLI_DONE && cli->json) {
            put_row(&wr, &rows[n]);
        } else if (code == CLI_DONE) {
            print_row(&rows[n]);
        }
    }
    sjson_wr_array_end(&wr);
    sjson_wr_object_end(&wr);
    if (code != CLI_DONE || cli->json) {
        return code == CLI_DONE ? cli_print_json(cli, &buf) : code;
    }
    if (n > 1) {
        print_ratios(&rows[0], &rows[n - 1]);
    }
    return CLI_DONE;
}

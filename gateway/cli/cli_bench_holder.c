/*
 * `sealgate bench --holder-keys N`: what a signature with one of very many holder keys costs the signer. The signer's own program makes the keys and
 * measures; nothing else runs meanwhile. req: KEY-2
 */
#include "cli_bench_holder.h"

#include <stdio.h>

#include "cli_bench_tool.h"
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
read_line(void *context, const char *line)
{
    struct holder_row *row = context;
    char name[32];
    double value;
    if (sscanf(line, "%31s %lf", name, &value) != 2) {
        return;
    }
    for (size_t i = 0; i < FIGURES; i++) {
        if (strcmp(names[i], name) == 0) {
            row->value[i] = value;
            row->have[i] = true;
        }
    }
}

static int
measure_size(struct cli *cli, const char *size, const char *signatures, struct holder_row *row)
{
    const char *const fill[] = { "--make-holder-keys", size, "--bare", NULL };
    const char *const press[] = { "--measure-holder", signatures, NULL };
    int code = cli_bench_tool(cli, fill, -1, read_line, row);
    code = code == CLI_DONE ? cli_bench_tool(cli, press, -1, read_line, row) : code;
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

#include "cli_report.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const words[] = { "ok", "FAILED", "not checked" };
static const char *const json_words[] = { "held", "not-held", "not-shown" };

struct cli_report
cli_report_new(const struct cli *cli)
{
    return (struct cli_report){ .cli = cli };
}

void
cli_step(struct cli_report *report, const char *name, enum cli_held held, const char *format, ...)
{
    char text[768];
    sg_str detail = SG_NO_STR;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    report->failed = report->failed || held == CLI_NOT_HELD;
    if (report->n == CLI_STEPS_MAX || n < 0) {
        return;
    }
    size_t len = (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
    for (size_t i = 0; i < len; i++) { /* details quote strangers: nothing may move the cursor */
        text[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
    }
    if (!sg_ok(sg_arena_str(report->cli->arena, sg_str_of(text, len), &detail))) {
        report->failed = true;
        return;
    }
    report->steps[report->n++] = (struct cli_step){ name, held, detail };
}

bool
cli_step_result(struct cli_report *report, const char *name, sg_result r)
{
    if (sg_ok(r)) {
        cli_step(report, name, CLI_HELD, "%s", "");
    } else {
        const struct sg_code_row *row = sg_code_row(r.code);
        cli_step(report, name, CLI_NOT_HELD, "%s (%s)", row->sentence, row->name);
    }
    return sg_ok(r);
}

static int
print_json(const struct cli_report *report, const struct sjson *more)
{
    struct sg_buf buf = sg_buf_new(report->cli->arena, 4096, (size_t)4 << 20);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_bool(&wr, "verified", !report->failed);
    sjson_wr_name(&wr, SG_LIT("steps"));
    sjson_wr_array(&wr);
    for (size_t i = 0; i < report->n; i++) {
        sjson_wr_object(&wr);
        sjson_wr_member_cstr(&wr, "name", report->steps[i].name);
        sjson_wr_member_cstr(&wr, "result", json_words[report->steps[i].held]);
        if (report->steps[i].detail.n != 0) {
            sjson_wr_member_text(&wr, "detail", report->steps[i].detail);
        }
        sjson_wr_object_end(&wr);
    }
    sjson_wr_array_end(&wr);
    for (const struct sjson *m = more == NULL ? NULL : more->first; m != NULL; m = m->next) {
        sjson_wr_name(&wr, m->name);
        sjson_wr_value(&wr, m);
    }
    sjson_wr_object_end(&wr);
    return cli_print_json(report->cli, &buf);
}

int
cli_report_end(
    struct cli_report *report, const char *good, const char *bad, const struct sjson *more)
{
    if (report->cli->json) {
        int code = print_json(report, more);
        return code != CLI_DONE || !report->failed ? code : cli_fail(report->cli, "%s", bad);
    }
    for (size_t i = 0; i < report->n; i++) {
        const struct cli_step *s = &report->steps[i];
        printf("  %-12s %s%s%.*s\n", words[s->held], s->name, s->detail.n != 0 ? ": " : "",
            SG_PRINT(s->detail));
    }
    if (report->failed) {
        fflush(stdout);
        return cli_fail(report->cli, "%s", bad);
    }
    printf("%s\n", good);
    return CLI_DONE;
}

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "sg_text.h"

/* ---- what is wrong ------------------------------------------------------------------------------------- */

static void __attribute__((format(printf, 2, 0)))
complain(const struct cli *cli, const char *format, va_list args)
{
    char line[1024];
    vsnprintf(line, sizeof(line), format, args);
    for (char *p = line; *p != '\0'; p++) { /* one line, whatever a server sent */
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            *p = ' ';
        }
    }
    fprintf(stderr, "sealgate %s: %s\n", cli->command != NULL ? cli->command->name : "", line);
}

int
cli_fail(const struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain(cli, format, args);
    va_end(args);
    return CLI_FAILED;
}

int
cli_usage(const struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain(cli, format, args);
    va_end(args);
    return CLI_USAGE;
}

int
cli_refused(const struct cli *cli, const char *what, sg_result r)
{
    const struct sg_code_row *row = sg_code_row(r.code);
    return cli_fail(cli, "%s: %s (%s)", what, row->sentence, row->name);
}

int
cli_print_json(const struct cli *cli, const struct sg_buf *buf)
{
    sg_str text;
    sg_result r = sg_buf_end_str(buf, &text);
    if (!sg_ok(r)) {
        return cli_refused(cli, "cannot write the answer", r);
    }
    fwrite(text.p, 1, text.n, stdout);
    putchar('\n');
    return fflush(stdout) == 0 ? CLI_DONE : cli_fail(cli, "cannot write to stdout");
}

/* ---- help ---------------------------------------------------------------------------------------------- */

static const struct cli_option common[] = {
    { "--dir", "DIR", false, "state directory (default: $SEALGATE_DIR, else var/demo)" },
    { "--url", "BASE", false, "public URL of the gateway (default: what DIR's settings say)" },
    { "--client", "FILE", false,
        "key file of a registered client (default: DIR/clients/demo-client.json)" },
    { "--client-id", "ID", false, "its client id (default: the kid in the key file)" },
    { "--json", NULL, false, "for machines: one JSON document on stdout" },
    { "--help", NULL, false, "this text" },
    { NULL, NULL, false, NULL },
};

static void
help_option(const struct cli_option *o)
{
    char left[64];
    snprintf(left, sizeof(left), "%s%s%s", o->name, o->value != NULL ? " " : "",
        o->value != NULL ? o->value : "");
    printf("  %-26s %s%s\n", left, o->help, o->required ? " (required)" : "");
}

void
cli_help(const struct cli_command *c)
{
    printf("sealgate %s%s%s [options]\n\n%s.\n\n%s\n\nOptions:\n", c->name,
        c->positional != NULL ? " " : "", c->positional != NULL ? c->positional : "", c->summary,
        c->text);
    for (const struct cli_option *o = c->options; o->name != NULL; o++) {
        help_option(o);
    }
    for (const struct cli_option *o = common; o->name != NULL; o++) {
        help_option(o);
    }
}

/* ---- parsing ------------------------------------------------------------------------------------------- */

static const struct cli_option *
find_in(const struct cli_option *rows, const char *word, size_t n)
{
    for (const struct cli_option *o = rows; o->name != NULL; o++) {
        if (strlen(o->name) == n && strncmp(o->name, word, n) == 0) {
            return o;
        }
    }
    return NULL;
}

static int
take(struct cli *cli, const char *name, const char *value)
{
    if (cli->n_given == CLI_GIVEN_MAX) {
        return cli_usage(cli, "too many options");
    }
    cli->given[cli->n_given++] = (struct cli_given){ name, value };
    return CLI_DONE;
}

static int
take_option(struct cli *cli, int argc, char **argv, int *i)
{
    const char *word = argv[*i];
    const char *equals = strchr(word, '=');
    size_t n = equals == NULL ? strlen(word) : (size_t)(equals - word);
    const struct cli_option *o = find_in(cli->command->options, word, n);
    if (o == NULL) {
        o = find_in(common, word, n);
    }
    if (o == NULL) {
        return cli_usage(cli, "there is no option %s (see --help)", word);
    }
    if (o->value == NULL) {
        return equals == NULL ? take(cli, o->name, "")
                              : cli_usage(cli, "%s takes no value", o->name);
    }
    if (equals != NULL) {
        return take(cli, o->name, equals + 1);
    }
    if (*i + 1 >= argc) {
        return cli_usage(cli, "%s wants %s", o->name, o->value);
    }
    return take(cli, o->name, argv[++*i]);
}

static int
check_whole(const struct cli *cli)
{
    for (const struct cli_option *o = cli->command->options; o->name != NULL; o++) {
        if (o->required && cli_value(cli, o->name) == NULL) {
            return cli_usage(cli, "%s %s is missing (see --help)", o->name, o->value);
        }
    }
    if (cli->command->positional != NULL && cli_argument(cli) == NULL) {
        return cli_usage(cli, "%s is missing (see --help)", cli->command->positional);
    }
    return CLI_DONE;
}

int
cli_parse(struct cli *cli, int argc, char **argv)
{
    bool options_over = false;
    for (int i = 0; i < argc; i++) {
        int bad;
        if (!options_over && strcmp(argv[i], "--") == 0) {
            options_over = true;
            continue;
        }
        if (!options_over && strcmp(argv[i], "-h") == 0) {
            bad = take(cli, "--help", "");
        } else if (!options_over && strncmp(argv[i], "--", 2) == 0) {
            bad = take_option(cli, argc, argv, &i);
        } else if (cli->command->positional == NULL || cli_argument(cli) != NULL) {
            bad = cli_usage(cli, "one word too many: %s (see --help)", argv[i]);
        } else {
            bad = take(cli, NULL, argv[i]);
        }
        if (bad != CLI_DONE) {
            return bad;
        }
    }
    const char *env = getenv("SEALGATE_DIR");
    const char *dir = cli_value(cli, "--dir");
    cli->dir = dir != NULL ? dir : env != NULL && env[0] != '\0' ? env : "var/demo";
    cli->json = cli_flag(cli, "--json");
    return cli_flag(cli, "--help") ? CLI_DONE : check_whole(cli);
}

/* ---- access -------------------------------------------------------------------------------------------- */

const char *
cli_value_nth(const struct cli *cli, const char *name, size_t nth)
{
    for (size_t i = 0; i < cli->n_given; i++) {
        if (cli->given[i].name != NULL && strcmp(cli->given[i].name, name) == 0 && nth-- == 0) {
            return cli->given[i].value;
        }
    }
    return NULL;
}

const char *
cli_value(const struct cli *cli, const char *name)
{
    return cli_value_nth(cli, name, 0);
}

bool
cli_flag(const struct cli *cli, const char *name)
{
    return cli_value(cli, name) != NULL;
}

const char *
cli_argument(const struct cli *cli)
{
    for (size_t i = 0; i < cli->n_given; i++) {
        if (cli->given[i].name == NULL) {
            return cli->given[i].value;
        }
    }
    return NULL;
}

int
cli_number(
    const struct cli *cli, const char *name, int64_t absent, int64_t min, int64_t max, int64_t *ret)
{
    const char *text = cli_value(cli, name);
    uint64_t v;
    if (text == NULL) {
        *ret = absent;
        return CLI_DONE;
    }
    if (!sg_ok(sg_u64_parse(sg_cstr(text), &v)) || v > (uint64_t)max || (int64_t)v < min) {
        return cli_usage(cli, "%s: %s is not a number between %lld and %lld", name, text,
            (long long)min, (long long)max);
    }
    *ret = (int64_t)v;
    return CLI_DONE;
}

/*
 * The `sealgate` command: a table of commands, each with a table of options. INTERFACES "Command line" fixes names and meanings.
 * Exit 0 done, 1 refused or failed, 2 wrong usage; an error is one line on stderr.
 */
#ifndef CLI_H
#define CLI_H

#include "sg_buf.h"
#include "sjson.h"

#define CLI_DONE 0
#define CLI_FAILED 1
#define CLI_USAGE 2

#define CLI_GIVEN_MAX 64 /* options and arguments of one call */
#define CLI_FILE_MAX ((size_t)16 * 1024 * 1024)

struct cli_option {
    const char *name;  /* "--claims" */
    const char *value; /* what stands behind it in the help ("FILE"); NULL for a flag */
    bool required;
    const char *help;
};

struct cli;

struct cli_command {
    const char *name;       /* "status set"; the longest name that fits is taken */
    const char *positional; /* "FILE"; NULL: none. One argument, always required */
    const char *summary;    /* one line */
    const char *text;       /* teaches: what happens, an example, what comes next */
    const struct cli_option
        *options; /* ends with a NULL name; --dir, --url, --json, --help are everywhere */
    int (*run)(struct cli *cli);
};

struct cli_given {
    const char *name; /* NULL: the positional argument */
    const char *value;
};

struct cli {
    struct sg_arena *arena;
    const struct cli_command *command;
    struct cli_given given[CLI_GIVEN_MAX];
    size_t n_given;
    const char *dir;
    bool json;
};

/* The table (cli_main.c). */
const struct cli_command *cli_commands(size_t *ret_n);

/* Fill `cli` from the words behind the command's name. Prints what is wrong; CLI_DONE or CLI_USAGE. */
int cli_parse(struct cli *cli, int argc, char **argv);
void cli_help(const struct cli_command *command);

/* The value of an option, or NULL. The second and further times of a repeated option: `nth` 1, 2 ... */
const char *cli_value(const struct cli *cli, const char *name);
const char *cli_value_nth(const struct cli *cli, const char *name, size_t nth);
bool cli_flag(const struct cli *cli, const char *name);
const char *cli_argument(const struct cli *cli);
/* A decimal option within bounds; absent gives the default. Prints and returns CLI_USAGE when it is no such number. */
int cli_number(const struct cli *cli, const char *name, int64_t absent, int64_t min, int64_t max,
    int64_t *ret);

/* "sealgate COMMAND: ..." as one line on stderr. Returns CLI_FAILED / CLI_USAGE for `return cli_fail(...)`. */
int cli_fail(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
int cli_usage(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same with a code's sentence and name behind `what`. */
int cli_refused(const struct cli *cli, const char *what, sg_result r);

/* One JSON document on stdout, with a newline. Returns CLI_DONE, or CLI_FAILED when it could not be written. */
int cli_print_json(const struct cli *cli, const struct sg_buf *buf);

#endif

/* INI text -> checked struct, by the rows of a schema. */
#include "conf.h"

#include <errno.h>
#include <ini.h>

#include "sg_text.h"

#define CONF_ROWS_MAX 128

/* State of one reading. libinih hands out lines in order, so the reader's count is the line of what the handler sees. */
struct conf_reading {
    const struct conf_schema *schema;
    struct sg_arena *arena;
    uint8_t *out;
    struct conf_fault *fault;
    sg_str text;
    size_t at;
    unsigned line;
    unsigned seen_at[CONF_ROWS_MAX]; /* line, 0: not yet */
    const char **lists[CONF_ROWS_MAX];
    enum sg_code failed;
};

static const char *const type_words[] = {
    [CONF_TEXT] = "text",
    [CONF_UINT] = "number",
    [CONF_BOOL] = "yes or no",
    [CONF_LIST] = "text, may be repeated",
};

static sg_result
refuse(struct conf_reading *r, unsigned line, const char *name, enum sg_code code, const char *what)
{
    if (r->failed == SG_OK) {
        r->failed = code;
        r->fault->line = line;
        snprintf(r->fault->name, sizeof(r->fault->name), "%s", name);
        r->fault->what = what;
    }
    return (sg_result){ r->failed };
}

static sg_result
check_text(struct conf_reading *r, unsigned line, const struct conf_row *row, const char *value)
{
    size_t n = strlen(value);
    if (n < row->min || n > row->max) {
        return refuse(
            r, line, row->name, SG_E_VALUE, n < row->min ? "is too short" : "is too long");
    }
    if (!sg_utf8_valid(sg_cstr(value))) {
        return refuse(r, line, row->name, SG_E_VALUE, "is not UTF-8");
    }
    for (const char *p = value; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            return refuse(r, line, row->name, SG_E_VALUE, "has a control character");
        }
    }
    const char *wrong = row->check == NULL || n == 0 ? NULL : row->check(value);
    return wrong == NULL ? SG_DONE : refuse(r, line, row->name, SG_E_VALUE, wrong);
}

static sg_result
set_text(struct conf_reading *r, unsigned line, const struct conf_row *row, const char *value)
{
    SG_TRY(check_text(r, line, row, value));
    const char *copy;
    SG_TRY(sg_arena_cstr(r->arena, sg_cstr(value), &copy));
    memcpy(r->out + row->offset, &copy, sizeof(copy));
    return SG_DONE;
}

static sg_result
set_uint(struct conf_reading *r, unsigned line, const struct conf_row *row, const char *value)
{
    uint64_t number = 0;
    if (!sg_ok(sg_u64_parse(sg_cstr(value), &number)) || number < row->min || number > row->max) {
        return refuse(r, line, row->name, SG_E_VALUE, "is not a number within the bounds");
    }
    memcpy(r->out + row->offset, &number, sizeof(number));
    return SG_DONE;
}

static sg_result
set_bool(struct conf_reading *r, unsigned line, const struct conf_row *row, const char *value)
{
    bool yes = strcmp(value, "yes") == 0;
    if (!yes && strcmp(value, "no") != 0) {
        return refuse(r, line, row->name, SG_E_VALUE, "is neither yes nor no");
    }
    memcpy(r->out + row->offset, &yes, sizeof(yes));
    return SG_DONE;
}

static sg_result
add_to_list(struct conf_reading *r, unsigned line, const struct conf_row *row, const char *value)
{
    SG_TRY(check_text(r, line, row, value));
    size_t i = (size_t)(row - r->schema->rows);
    if (r->lists[i] == NULL) {
        r->lists[i] = SG_NEW_ARRAY(r->arena, CONF_LIST_MAX, const char *);
        SG_REQUIRE(r->lists[i] != NULL, NO_MEMORY);
    }
    struct conf_list list;
    memcpy(&list, r->out + row->offset, sizeof(list));
    if (list.n == CONF_LIST_MAX) {
        return refuse(r, line, row->name, SG_E_VALUE, "is given too many times");
    }
    SG_TRY(sg_arena_cstr(r->arena, sg_cstr(value), &r->lists[i][list.n]));
    list.items = r->lists[i];
    list.n++;
    memcpy(r->out + row->offset, &list, sizeof(list));
    return SG_DONE;
}

typedef sg_result (*conf_set)(
    struct conf_reading *r, unsigned line, const struct conf_row *row, const char *value);
static const conf_set setters[] = {
    [CONF_TEXT] = set_text,
    [CONF_UINT] = set_uint,
    [CONF_BOOL] = set_bool,
    [CONF_LIST] = add_to_list,
};

static const struct conf_row *
row_named(const struct conf_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->n_rows; i++) {
        if (strcmp(schema->rows[i].name, name) == 0) {
            return &schema->rows[i];
        }
    }
    return NULL;
}

static sg_result
take_line(struct conf_reading *r, const char *section, const char *name, const char *value)
{
    if (section[0] != '\0') {
        return refuse(r, r->line, section, SG_E_VALUE, "sections are not used here");
    }
    const struct conf_row *row = row_named(r->schema, name);
    if (row == NULL) {
        return refuse(r, r->line, name, SG_E_VALUE, "there is no such setting");
    }
    size_t i = (size_t)(row - r->schema->rows);
    if (row->type != CONF_LIST && r->seen_at[i] != 0) {
        return refuse(r, r->line, name, SG_E_DUPLICATE, "is given twice");
    }
    r->seen_at[i] = r->line;
    return setters[row->type](r, r->line, row, value);
}

static int
ini_line(void *user, const char *section, const char *name, const char *value)
{
    struct conf_reading *r = user;
    if (r->failed != SG_OK) {
        return 0;
    }
    sg_result result = take_line(r, section, name, value == NULL ? "" : value);
    if (!sg_ok(result)) {
        SG_IGNORE(refuse(r, r->line, name, result.code, "cannot be kept")); /* first one wins */
    }
    return sg_ok(result) ? 1 : 0;
}

/* fgets over our text. libinih cuts longer lines in two silently, which would change what they say: refused here. */
static char *
ini_read(char *line, int room, void *user)
{
    struct conf_reading *r = user;
    if (r->failed != SG_OK || r->at >= r->text.n || room < 2) {
        return NULL;
    }
    size_t end = sg_str_index(r->text, '\n', r->at);
    size_t n = end - r->at;
    r->line++;
    if (n >= (size_t)room - 1) {
        SG_IGNORE(refuse(r, r->line, "", SG_E_VALUE, "the line is too long"));
        return NULL;
    }
    if (memchr(r->text.p + r->at, '\0', n) != NULL) {
        SG_IGNORE(refuse(r, r->line, "", SG_E_VALUE, "the line has a NUL byte"));
        return NULL;
    }
    memcpy(line, r->text.p + r->at, n);
    line[n] = '\0';
    r->at = end + 1;
    return line;
}

static sg_result
set_defaults(struct conf_reading *r)
{
    for (size_t i = 0; i < r->schema->n_rows; i++) {
        const struct conf_row *row = &r->schema->rows[i];
        if (r->seen_at[i] != 0 || row->type == CONF_LIST) {
            continue;
        }
        if (row->value == NULL) {
            return refuse(r, 0, row->name, SG_E_MISSING, "must be given");
        }
        /* an empty default stands for "not set", whatever the bounds of a given value */
        if (row->type == CONF_TEXT && row->value[0] == '\0') {
            const char *none = "";
            memcpy(r->out + row->offset, &none, sizeof(none));
            continue;
        }
        SG_TRY(setters[row->type](r, 0, row, row->value));
    }
    return SG_DONE;
}

sg_result
conf_parse(const struct conf_schema *schema, sg_str text, struct sg_arena *arena, void *ret,
    struct conf_fault *fault)
{
    *fault = (struct conf_fault){ 0, "", "" };
    SG_REQUIRE(schema->n_rows <= CONF_ROWS_MAX, INTERNAL);
    struct conf_reading r = { .schema = schema, .arena = arena, .fault = fault, .text = text };
    r.out = sg_arena_alloc(arena, schema->size);
    SG_REQUIRE(r.out != NULL, NO_MEMORY);

    int bad_line = ini_parse_stream(ini_read, &r, ini_line, &r);
    if (bad_line != 0 && r.failed == SG_OK) {
        return refuse(&r, bad_line > 0 ? (unsigned)bad_line : 0, "", SG_E_VALUE,
            "the line is not name = value");
    }
    if (r.failed != SG_OK) {
        return (sg_result){ r.failed };
    }
    SG_TRY(set_defaults(&r));
    const char *name = "";
    const char *wrong = schema->whole == NULL ? NULL : schema->whole(r.out, &name);
    if (wrong != NULL) {
        const struct conf_row *row = row_named(schema, name);
        return refuse(&r, row == NULL ? 0 : r.seen_at[row - schema->rows], name, SG_E_VALUE, wrong);
    }
    memcpy(ret, r.out, schema->size);
    return SG_DONE;
}

static void
close_file(FILE **file)
{
    if (*file != NULL) {
        fclose(*file);
    }
}

sg_result
conf_load(const struct conf_schema *schema, const char *path, struct sg_arena *arena, void *ret,
    struct conf_fault *fault)
{
    *fault = (struct conf_fault){ 0, "", "" };
    SG_CLEANUP(close_file)
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        fault->what = errno == ENOENT ? "there is no such file" : "the file cannot be read";
        SG_FAIL(NOT_FOUND);
    }
    char *text = sg_arena_alloc(arena, CONF_FILE_MAX);
    SG_REQUIRE(text != NULL, NO_MEMORY);
    size_t n = fread(text, 1, CONF_FILE_MAX, file);
    if (ferror(file) != 0) {
        fault->what = "the file cannot be read";
        SG_FAIL(NOT_FOUND);
    }
    if (n == CONF_FILE_MAX) {
        fault->what = "the file is too large";
        SG_FAIL(TOO_LARGE);
    }
    return conf_parse(schema, sg_str_of(text, n), arena, ret, fault);
}

void
conf_fault_print(FILE *out, const char *path, const struct conf_fault *fault)
{
    fprintf(out, "%s", path);
    if (fault->line != 0) {
        fprintf(out, ":%u", fault->line);
    }
    fprintf(out, ": %s%s%s\n", fault->name, fault->name[0] == '\0' ? "" : " ", fault->what);
}

static void
print_bounds(FILE *out, const struct conf_row *row)
{
    if (row->type == CONF_UINT) {
        fprintf(out, ", %llu to %llu", (unsigned long long)row->min, (unsigned long long)row->max);
    } else if (row->type != CONF_BOOL) {
        fprintf(out, ", at most %llu bytes", (unsigned long long)row->max);
    }
}

void
conf_reference(FILE *out, const struct conf_schema *schema)
{
    fprintf(out, "## %s.ini\n\n| setting | is | default | meaning |\n|---|---|---|---|\n",
        schema->process);
    for (size_t i = 0; i < schema->n_rows; i++) {
        const struct conf_row *row = &schema->rows[i];
        fprintf(out, "| `%s` | %s", row->name, type_words[row->type]);
        print_bounds(out, row);
        if (row->value == NULL) {
            fprintf(out, " | must be given | %s |\n", row->doc);
        } else if (row->value[0] == '\0') {
            fprintf(out, " | none | %s |\n", row->doc);
        } else {
            fprintf(out, " | `%s` | %s |\n", row->value, row->doc);
        }
    }
}

void
conf_sample(FILE *out, const struct conf_schema *schema)
{
    fprintf(out, "; %s.ini: every setting with its default. Unknown names are errors.\n",
        schema->process);
    for (size_t i = 0; i < schema->n_rows; i++) {
        const struct conf_row *row = &schema->rows[i];
        fprintf(out, "\n; %s\n;%s = %s\n", row->doc, row->name,
            row->value == NULL ? "(must be given)" : row->value);
    }
}

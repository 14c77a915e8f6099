#include "reg_rows.h"

#include <stdlib.h>

static int
compare(sg_bytes a, sg_bytes b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n == 0 ? 0 : memcmp(a.p, b.p, n);
    if (c != 0) {
        return c;
    }
    return a.n < b.n ? -1 : (a.n > b.n ? 1 : 0);
}

/* Index of the first row whose name is not less than `name`. */
static size_t
place_of(const struct reg_rows *rows, sg_bytes name)
{
    size_t low = 0;
    size_t high = rows->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(rows->name(rows->rows[middle]), name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void *
reg_rows_find(const struct reg_rows *rows, sg_bytes name)
{
    size_t at = place_of(rows, name);
    if (at == rows->n || compare(rows->name(rows->rows[at]), name) != 0) {
        return NULL;
    }
    return rows->rows[at];
}

void *
reg_rows_after(const struct reg_rows *rows, sg_bytes after)
{
    size_t at = after.n == 0 ? 0 : place_of(rows, after);
    if (at < rows->n && after.n > 0 && compare(rows->name(rows->rows[at]), after) == 0) {
        at++;
    }
    return at < rows->n ? rows->rows[at] : NULL;
}

sg_result
reg_rows_add(struct reg_rows *rows, void *row)
{
    if (rows->n == rows->cap) {
        size_t cap = rows->cap == 0 ? 16 : rows->cap * 2;
        void **grown = realloc(rows->rows, cap * sizeof(rows->rows[0]));
        SG_REQUIRE(grown != NULL, NO_MEMORY);
        rows->rows = grown;
        rows->cap = cap;
    }
    size_t at = place_of(rows, rows->name(row));
    memmove(rows->rows + at + 1, rows->rows + at, (rows->n - at) * sizeof(rows->rows[0]));
    rows->rows[at] = row;
    rows->n++;
    return SG_DONE;
}

void
reg_rows_done(struct reg_rows *rows)
{
    free(rows->rows);
    rows->rows = NULL;
    rows->n = rows->cap = 0;
}

/* Inside hsm/registry: rows by pointer, sorted by name (length-independent byte order), found by halving. */
#ifndef REG_ROWS_H
#define REG_ROWS_H

#include "sg_bytes.h"
#include "sg_result.h"

struct reg_rows {
    sg_bytes (*name)(const void *row);
    void **rows;
    size_t n;
    size_t cap;
};

void *reg_rows_find(const struct reg_rows *rows, sg_bytes name);
/* The first row whose name is greater; `after` empty: the first row. NULL at the end. */
void *reg_rows_after(const struct reg_rows *rows, sg_bytes after);
/* The row's name must be set and must not be there. SG_E_NO_MEMORY. */
SG_CHECKED sg_result reg_rows_add(struct reg_rows *rows, void *row);
void reg_rows_done(struct reg_rows *rows);

#endif

/* Ranges of Unicode general categories for \p{...}. */
#ifndef SCHEMA_UNICODE_H
#define SCHEMA_UNICODE_H

#include "schema_regex_int.h"

struct schema_category {
    const char *name; /* as ECMA-262 spells the value of General_Category; NULL ends the table */
    const struct regex_range *rows;
    size_t n;
};
extern const struct schema_category schema_categories[];

#endif

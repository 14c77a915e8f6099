/* The program of a regular expression: shared by its compiler and its runner. */
#ifndef SCHEMA_REGEX_INT_H
#define SCHEMA_REGEX_INT_H

#include "schema_regex.h"

enum regex_kind {
    REGEX_CHAR,
    REGEX_SET,
    REGEX_SPLIT, /* go on at both +a and +b */
    REGEX_JUMP,  /* go on at +a */
    REGEX_BEGIN,
    REGEX_END,
    REGEX_WORD_EDGE,
    REGEX_NO_WORD_EDGE,
    REGEX_MATCH,
};
struct regex_range {
    uint32_t from, to; /* inclusive */
};
struct regex_op {
    enum regex_kind kind;
    int32_t a, b; /* relative, so that parts of a program can be moved and copied */
    uint32_t c;
    size_t n;
    const struct regex_range *ranges; /* ascending, apart */
};
struct regex {
    const struct regex_op *ops;
    size_t n;
};

/* The code point at *at, which moves behind it. */
uint32_t regex_code_point(sg_str text, size_t *at);

#endif

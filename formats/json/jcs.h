/* JSON Canonicalization Scheme (RFC 8785). */
#ifndef JCS_H
#define JCS_H

#include "sjson.h"

/*
 * The canonical bytes of a parsed value: names sorted by UTF-16 code units, ES6 number texts, minimal escapes.
 * SG_E_NUMBER for what no double holds, SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result jcs_encode(struct sg_arena *arena, const struct sjson *value, sg_str *ret);

/* The ES6 text of a finite double (RFC 8785 3.2.2.3), at most 25 characters, no NUL; -0 gives 0. Returns its length. */
#define JCS_NUMBER_MAX 25
SG_CHECKED sg_result jcs_number(double value, char out[JCS_NUMBER_MAX], size_t *ret_n);

#endif

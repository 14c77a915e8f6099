/*
 * Inside formats/json: walking over the plain part of a string, for the parser and the writer alike.
 */
#ifndef SJSON_SCAN_H
#define SJSON_SCAN_H

#include "sg_bytes.h"

/*
 * Bytes at the start of p[0..n) that need no attention in a JSON string: valid UTF-8 without quote, backslash
 * or control character. Stops at the first other byte (p[result] says which), or at n.
 */
size_t sjson_plain_run(const uint8_t *p, size_t n);

#endif

/* URI references (RFC 3986): resolving, and the fragment. Nothing is fetched. */
#ifndef SCHEMA_URI_H
#define SCHEMA_URI_H

#include "sg_arena.h"

/*
 * `reference` against `base` (5.2.2, dot segments removed), in the arena; `base` may be empty. The fragment of the reference is kept apart:
 * ret without it, *ret_fragment as it stands, percent-encoded (empty if none). SG_E_VALUE: too long, or characters that no URI has.
 */
SG_CHECKED sg_result schema_uri_resolve(
    struct sg_arena *arena, sg_str base, sg_str reference, sg_str *ret, sg_str *ret_fragment);
/* %41 to A; SG_E_VALUE for a broken escape. */
SG_CHECKED sg_result schema_uri_unescape(struct sg_arena *arena, sg_str text, sg_str *ret);

#endif

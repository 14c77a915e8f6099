/*
 * Regular expressions of ECMA-262 (with the "u" flag: code points), in the part that runs in linear time: a Thompson automaton, simulated, so no
 * pattern and no text makes it slow. Refused, because they need backtracking: back references, look-ahead, look-behind. docs/schema.md.
 */
#ifndef SCHEMA_REGEX_H
#define SCHEMA_REGEX_H

#include "sg_arena.h"

#define REGEX_PATTERN_MAX 4096 /* bytes */
#define REGEX_PROGRAM_MAX 4096 /* instructions, counted repetitions written out */
#define REGEX_DEPTH_MAX 64     /* groups inside one another */

struct regex;

/*
 * Compile into the arena. SG_E_VALUE: no regular expression; SG_E_UNSUPPORTED: one, but not of the linear subset, or with a property that is not
 * known here; SG_E_TOO_LARGE, SG_E_DEPTH, SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result regex_compile(
    struct sg_arena *arena, sg_str pattern, const struct regex **ret);

/* Instructions: at most so many steps are taken for each code point of a text. */
size_t regex_size(const struct regex *regex);

/*
 * Does it match anywhere in the text? `text` is valid UTF-8. `room`: REGEX_ROOM(size) words of scratch, whatever stands in them. `work` is lowered
 * by the steps taken: SG_E_WORK when it is used up; nothing else can go wrong.
 */
#define REGEX_ROOM(size) (4 * (size))
SG_CHECKED sg_result regex_search(
    const struct regex *regex, sg_str text, uint32_t *room, uint64_t *work, bool *ret);

#endif

/*
 * What tests share: cmocka with its includes, an arena per test, files, the shared vectors, throw-away folders.
 */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sg_arena.h"
#include "sg_text.h"

#define SUPPORT_SKIP 77 /* ctest's SKIP_RETURN_CODE */

/* Assert success, or exactly this refusal; prints the code's name when it differs. */
#define assert_ok(call) support_assert_code((call), SG_OK, #call, __FILE__, __LINE__)
#define assert_refused(call, name) \
    support_assert_code((call), SG_E_##name, #call, __FILE__, __LINE__)
void support_assert_code(
    sg_result r, enum sg_code want, const char *call, const char *file, int line);

#define assert_str_is(str, literal)                                   \
    do {                                                              \
        sg_str assert_str_ = (str);                                   \
        assert_int_equal(assert_str_.n, strlen(literal));             \
        assert_memory_equal(assert_str_.p, (literal), assert_str_.n); \
    } while (0)

/* cmocka setup and teardown: *state is a struct sg_arena. */
int support_arena_setup(void **state);
int support_arena_teardown(void **state);

/* A whole file into the arena; the test fails if it cannot be read. */
sg_bytes support_file(struct sg_arena *arena, const char *path);

/*
 * Folder of the shared vectors: $SEALGATE_VECTORS, or ../shared/vectors beside the checkout. NULL when there is none: say so with
 * support_no_vectors, which ends the program with SUPPORT_SKIP.
 */
const char *support_vectors(void);
const char *support_vector_path(
    struct sg_arena *arena, const char *relative); /* skips the program when there are none */

/* Names of the regular files of a folder that end with `suffix`, sorted, in the arena. Returns their number. */
size_t support_list(
    struct sg_arena *arena, const char *folder, const char *suffix, const char ***ret);

/* A new empty folder under build (0700), removed by support_rmdir. */
const char *support_mkdir(struct sg_arena *arena);
void support_rmdir(const char *path);

/* bytes of a hex literal */
sg_bytes support_hex(struct sg_arena *arena, const char *hex);

#endif

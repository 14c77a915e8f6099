/* Evidence by hash: whole or not at all, removed by age alone (req: EV-4, STA-3). */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "courier_keep.h"
#include "support.h"

#define DAY ((int64_t)24 * 60 * 60)
#define NOW ((int64_t)1700000000)

static struct sg_arena *arena;
static const char *dir_path;
static int dir;

static int
setup(void **state)
{
    (void)state;
    arena = sg_arena_new(0, (size_t)1024 * 1024);
    dir_path = support_mkdir(arena);
    sg_str path;
    const char *z = NULL;
    assert_ok(sg_arena_printf(arena, &path, "%s/cache", dir_path));
    assert_ok(sg_arena_cstr(arena, path, &z));
    dir = courier_keep_open(z);
    return dir < 0;
}

static int
teardown(void **state)
{
    (void)state;
    (void)close(dir);
    support_rmdir(dir_path);
    sg_arena_free(&arena);
    return 0;
}

static const char *
name_of(sg_bytes token, uint8_t sha256[SG_SHA256_LEN])
{
    static char name[2 * SG_SHA256_LEN + 1];
    sg_sha256(token, sha256);
    sg_hex_to(sg_bytes_of(sha256, SG_SHA256_LEN), name);
    return name;
}

static bool
is_there(const char *name)
{
    struct stat st;
    return fstatat(dir, name, &st, 0) == 0;
}

static void
touch(const char *name)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
}

static void
test_kept_whole_and_private(void **state)
{
    (void)state;
    sg_bytes token = SG_BYTES("a.b.c");
    uint8_t sha256[SG_SHA256_LEN];
    struct stat st;
    const char *name = name_of(token, sha256);
    assert_ok(courier_keep_put(dir, sha256, token, NOW));
    assert_int_equal(fstatat(dir, name, &st, 0), 0);
    assert_int_equal(st.st_size, token.n);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void
test_used_again_is_young_again(void **state)
{
    (void)state;
    sg_bytes token = SG_BYTES("a.b.c");
    uint8_t sha256[SG_SHA256_LEN];
    const char *name = name_of(token, sha256);
    assert_ok(courier_keep_put(dir, sha256, token, NOW));
    assert_ok(courier_keep_put(dir, sha256, token, NOW)); /* sets its age to NOW */
    assert_int_equal(courier_keep_prune(dir, 10, NOW + 10 * DAY), 0);
    assert_ok(courier_keep_put(dir, sha256, token, NOW + 10 * DAY));
    assert_int_equal(courier_keep_prune(dir, 10, NOW + 20 * DAY), 0);
    assert_true(is_there(name));
    assert_int_equal(courier_keep_prune(dir, 0, NOW + 9999 * DAY), 0); /* for ever */
    assert_int_equal(courier_keep_prune(dir, 10, NOW + 20 * DAY + 1), 1);
    assert_false(is_there(name));
}

static void
test_half_written_is_swept_and_strangers_stay(void **state)
{
    (void)state;
    touch("new.0000");
    touch("README");
    assert_int_equal(courier_keep_prune(dir, 1, NOW + 100000 * DAY), 1);
    assert_false(is_there("new.0000"));
    assert_true(is_there("README"));
}

/* A crash left a shorter file under the name (which rename should make impossible): it is replaced, not believed. */
static void
test_wrong_length_is_written_anew(void **state)
{
    (void)state;
    sg_bytes token = SG_BYTES("a.b.c");
    uint8_t sha256[SG_SHA256_LEN];
    struct stat st;
    const char *name = name_of(token, sha256);
    touch(name);
    assert_ok(courier_keep_put(dir, sha256, token, NOW));
    assert_int_equal(fstatat(dir, name, &st, 0), 0);
    assert_int_equal(st.st_size, token.n);
}

static void
test_no_folder_no_evidence(void **state)
{
    (void)state;
    sg_bytes token = SG_BYTES("a.b.c");
    uint8_t sha256[SG_SHA256_LEN];
    sg_sha256(token, sha256);
    assert_refused(courier_keep_put(-1, sha256, token, NOW), STORE_DOWN);
    assert_int_equal(courier_keep_prune(-1, 1, NOW), 0);
    assert_int_equal(courier_keep_open("/nonexistent/cache"), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_kept_whole_and_private),
        TEST(test_used_again_is_young_again),
        TEST(test_half_written_is_swept_and_strangers_stay),
        TEST(test_wrong_length_is_written_anew),
        TEST(test_no_folder_no_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The disk beneath the log is full or broken, or there is no memory: what was committed stays, what was not is refused. req: SIG-5 */
#include "vfs_bed.h"

/* Commits until one is refused; returns how many were not. */
static int64_t
until_full(sqlite3 *db)
{
    for (int64_t n = 0; n < 2000; n++) {
        int rc = try_row(db, 100);
        if (rc != SQLITE_OK) {
            assert_int_equal(rc & 0xFF, SQLITE_FULL);
            return n;
        }
    }
    fail();
    return 0;
}

static void
test_a_disk_without_room_ahead(void **state)
{
    struct bed *bed = *state;
    eyes.room = 100000;
    add_rows(bed->db,
        17); /* past the first step: there was no room for the second, and what it had taken was given back */
    assert_int_equal(eyes.zeros, 2);
    assert_true(size_of("t.db-wal") > VFS_GROW_FIRST && size_of("t.db-wal") < 80000);
    int64_t rows = 17 + until_full(bed->db);
    assert_true(rows >= 20);         /* all that fit: 24 frames */
    assert_int_equal(eyes.zeros, 2); /* one block was had, one was not: asked for once */
    assert_rows(bed->db, rows);
    assert_left_behind("t.db", rows);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(try_row(bed->db, 100), SQLITE_FULL);
    }
    assert_int_equal(eyes.zeros, 2);
    assert_int_equal(size_of("t.db-wal"), 100000);
    eyes.room = 0;
    add_rows(bed->db, 300);
    assert_left_behind("t.db", rows + 300);
    /* a log that begins anew asks again */
    run(bed->db, "PRAGMA wal_checkpoint(TRUNCATE)");
    add_rows(bed->db, 1);
    assert_int_equal(size_of("t.db-wal"), VFS_GROW_FIRST);
    assert_left_behind("t.db", rows + 301);
}

static void
test_room_ahead_of_which_a_part_was_there(void **state)
{
    struct bed *bed = *state;
    add_rows(bed->db, 200);
    eyes.room = VFS_GROW + 400000; /* some blocks of zeros more, and a bit */
    int64_t rows = 200 + until_full(bed->db);
    assert_true(rows > 300);
    assert_left_behind("t.db", rows);
    assert_rows(bed->db, rows);
}

static void
test_a_frame_half_written(void **state)
{
    struct bed *bed = *state;
    int64_t rows = 5;
    add_rows(bed->db, 5);
    for (unsigned at = 1; at <= 4; at++) {
        eyes.fail_frame = at;
        int rc = try_row(bed->db, 16000); /* five pages and more */
        assert_int_equal(rc & 0xFF, SQLITE_IOERR);
        assert_left_behind("t.db", rows);
        assert_rows(bed->db, rows);
        add_rows(bed->db, 3);
        rows += 3;
        unsigned headers = eyes.headers;
        add_rows(bed->db, 30);
        rows += 30;
        assert_true(
            eyes.headers - headers <= 8); /* frames go out whole again, once past the lost ones */
        assert_left_behind("t.db", rows);
    }
}

static void
test_a_sync_that_fails(void **state)
{
    struct bed *bed = *state;
    add_rows(bed->db, 5);
    eyes.fail_sync = true;
    assert_int_equal(try_row(bed->db, 100) & 0xFF, SQLITE_IOERR);
    assert_rows(bed->db, 5);
    eyes.fail_sync = false;
    add_rows(bed->db, 20);
    assert_rows(bed->db, 25);
    assert_left_behind("t.db", 25);
}

/* ---- the handle alone ------------------------------------------------------------------------------- */

enum call { READ, SYNC, TRUNCATE, SIZE, CONTROL, CLOSE, ELSEWHERE, CALLS };

struct raw {
    sqlite3_file *file;
    uint8_t bytes[4096];
};

static void
raw_open(struct raw *raw, const char *name)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(VFS_NAME);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL;
    raw->file = calloc(1, (size_t)vfs->szOsFile);
    memset(raw->bytes, 0x5A, sizeof(raw->bytes));
    assert_int_equal(vfs->xOpen(vfs, name, raw->file, flags, &flags), SQLITE_OK);
}

static int
raw_write(struct raw *raw, int n, sqlite3_int64 at)
{
    return raw->file->pMethods->xWrite(raw->file, raw->bytes, n, at);
}

static int
raw_call(struct raw *raw, enum call call)
{
    const sqlite3_io_methods *m = raw->file->pMethods;
    sqlite3_int64 size;
    int version = 0;
    int rc;
    switch (call) {
    case READ:
        return m->xRead(raw->file, raw->bytes, 32, 0);
    case SYNC:
        return m->xSync(raw->file, SQLITE_SYNC_NORMAL);
    case TRUNCATE:
        return m->xTruncate(raw->file, 2000);
    case SIZE:
        return m->xFileSize(raw->file, &size);
    case CONTROL:
        rc = m->xFileControl(raw->file, SQLITE_FCNTL_LOCKSTATE, &version);
        return rc;
    case CLOSE:
        return m->xClose(raw->file);
    case ELSEWHERE:
        return raw_write(raw, 512, 1000);
    case CALLS:
    default:
        return SQLITE_MISUSE;
    }
}

static void
test_every_call_writes_a_kept_header_first(void **state)
{
    struct bed *bed = *state;
    for (enum call call = READ; call < CALLS; call++) {
        char name[20];
        struct raw raw;
        (void)snprintf(name, sizeof(name), "t.db-%d", (int)call);
        raw_open(&raw, name);
        assert_int_equal(raw_write(&raw, 32, 0), SQLITE_OK);
        eyes.headers = 0;
        assert_int_equal(raw_write(&raw, FRAME, 32), SQLITE_OK);
        assert_int_equal(eyes.headers, 0);
        assert_int_equal(raw_call(&raw, call), SQLITE_OK);
        assert_int_equal(eyes.headers, 1);
        sg_bytes file = support_file(bed->arena, name);
        assert_true(file.n >= 32 + FRAME);
        assert_memory_equal(file.p + 32, raw.bytes, FRAME);
        if (call != CLOSE) {
            assert_int_equal(raw.file->pMethods->xClose(raw.file), SQLITE_OK);
        }
        assert_int_equal(eyes.headers, 1);
        free(raw.file);
    }
}

static void
test_every_call_tells_when_a_kept_header_is_lost(void **state)
{
    (void)state;
    for (enum call call = READ; call < CALLS; call++) {
        char name[20];
        struct raw raw;
        (void)snprintf(name, sizeof(name), "t.db-%d", (int)call);
        raw_open(&raw, name);
        assert_int_equal(raw_write(&raw, 32, 0), SQLITE_OK);
        assert_int_equal(raw_write(&raw, FRAME, 32), SQLITE_OK);
        eyes.room = 32;
        assert_int_equal(raw_call(&raw, call), SQLITE_FULL);
        eyes.room = 0;
        if (call != CLOSE) { /* told once */
            assert_int_equal(raw_call(&raw, call), SQLITE_OK);
            assert_int_equal(raw.file->pMethods->xClose(raw.file), SQLITE_OK);
        }
        free(raw.file);
    }
}

static void
test_what_is_no_frame_at_the_tail_goes_out_at_once(void **state)
{
    (void)state;
    struct raw raw;
    raw_open(&raw, "t.db-x");
    assert_int_equal(raw_write(&raw, 32, 0), SQLITE_OK);
    assert_int_equal(raw_write(&raw, FRAME, 32), SQLITE_OK);
    assert_int_equal(raw_write(&raw, 512, 56), SQLITE_OK);
    assert_int_equal(raw_write(&raw, FRAME, 568), SQLITE_OK);
    assert_int_equal(raw_write(&raw, 512, 592), SQLITE_OK);
    assert_int_equal(eyes.frames, 2);
    eyes = (struct eyes){ 0 };
    assert_int_equal(raw_write(&raw, FRAME, 32), SQLITE_OK); /* below */
    assert_int_equal(eyes.headers, 1);
    assert_int_equal(raw_write(&raw, 512, 56), SQLITE_OK);
    assert_int_equal(raw_write(&raw, FRAME, 568), SQLITE_OK); /* behind a page, and yet below */
    assert_int_equal(eyes.headers, 2);
    assert_int_equal(raw_write(&raw, FRAME, 1200), SQLITE_OK); /* beyond */
    assert_int_equal(eyes.headers, 3);
    assert_int_equal(raw_write(&raw, FRAME, 1104), SQLITE_OK); /* kept ... */
    assert_int_equal(raw_write(&raw, FRAME, 1128), SQLITE_OK); /* ... and what follows is no page */
    assert_int_equal(eyes.headers, 5);
    assert_int_equal(raw_write(&raw, 488, 1152), SQLITE_OK);   /* the first part of a page ... */
    assert_int_equal(raw_write(&raw, FRAME, 1640), SQLITE_OK); /* ... and the last */
    assert_int_equal(eyes.headers, 6);
    assert_int_equal(raw.file->pMethods->xClose(raw.file), SQLITE_OK);
    assert_int_equal(eyes.headers, 6);
    free(raw.file);
}

/* ---- no memory -------------------------------------------------------------------------------------- */

static sqlite3_mem_methods memory;
static bool no_memory;

static void *
some_memory(int n)
{
    return no_memory ? NULL : memory.xMalloc(n);
}

static void
test_without_memory_for_a_frame_header_and_page_go_alone(void **state)
{
    struct bed *bed = *state;
    struct raw raw;
    raw_open(&raw, "t.db-x");
    assert_int_equal(raw_write(&raw, 32, 0), SQLITE_OK);
    no_memory = true;
    eyes = (struct eyes){ 0 };
    assert_int_equal(raw_write(&raw, FRAME, 32), SQLITE_OK);
    assert_int_equal(raw_write(&raw, 4096, 56), SQLITE_OK);
    no_memory = false;
    assert_int_equal(eyes.writes, 2);
    assert_int_equal(raw_write(&raw, FRAME, 4152), SQLITE_OK);
    assert_int_equal(raw_write(&raw, 4096, 4176), SQLITE_OK);
    assert_int_equal(eyes.writes, 3);
    sg_bytes file = support_file(bed->arena, "t.db-x");
    assert_memory_equal(file.p + 56, raw.bytes, 4096);
    assert_memory_equal(file.p + 4176, raw.bytes, 4096);
    assert_int_equal(raw.file->pMethods->xClose(raw.file), SQLITE_OK);
    free(raw.file);
}

static int
fault_group(void **state)
{
    sqlite3_mem_methods own;
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory) != SQLITE_OK) {
        return -1;
    }
    own = memory;
    own.xMalloc = some_memory;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &own) == SQLITE_OK ? bed_group(state) : -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_disk_without_room_ahead),
        TEST(test_room_ahead_of_which_a_part_was_there),
        TEST(test_a_frame_half_written),
        TEST(test_a_sync_that_fails),
        TEST(test_every_call_writes_a_kept_header_first),
        TEST(test_every_call_tells_when_a_kept_header_is_lost),
        TEST(test_what_is_no_frame_at_the_tail_goes_out_at_once),
        TEST(test_without_memory_for_a_frame_header_and_page_go_alone),
    };
    return cmocka_run_group_tests(tests, fault_group, NULL);
}

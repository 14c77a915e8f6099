/* The log of conf/vfs as others see it: SQLite's own VFS reads it, beside the writer and after a stop. req: SIG-5 */
#include <pthread.h>

#include "vfs_bed.h"

static void
test_names_stay_as_they_are(void **state)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(VFS_NAME);
    char out[16];
    (void)state;
    assert_int_equal(vfs->xFullPathname(vfs, "a/./b", sizeof(out), out), SQLITE_OK);
    assert_string_equal(out, "a/./b");
    assert_int_equal(vfs->xFullPathname(vfs, "fifteen letters", sizeof(out), out), SQLITE_OK);
    assert_int_equal(
        vfs->xFullPathname(vfs, "sixteen letters.", sizeof(out), out), SQLITE_CANTOPEN);
    assert_int_equal(vfs->xFullPathname(vfs, "", 0, out), SQLITE_CANTOPEN);
}

static void
test_the_database_keeps_its_own_methods(void **state)
{
    struct bed *bed = *state;
    sqlite3_file *ours;
    sqlite3_file *unix_file;
    sqlite3 *db = open_by("unix", "t.db");
    assert_int_equal(
        sqlite3_file_control(bed->db, "main", SQLITE_FCNTL_FILE_POINTER, &ours), SQLITE_OK);
    assert_int_equal(
        sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &unix_file), SQLITE_OK);
    assert_ptr_equal(ours->pMethods, unix_file->pMethods);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
test_the_log_has_room_from_the_first_commit(void **state)
{
    struct bed *bed = *state;
    add_rows(bed->db, 1);
    assert_int_equal(size_of("t.db-wal"), VFS_GROW_FIRST);
    sqlite3 *other = open_by("unix", "t.db");
    assert_rows(other, 1);
    unsigned syncs = eyes.syncs;
    add_rows(bed->db, 150);
    assert_int_equal(eyes.syncs - syncs, 150);
    assert_int_equal(size_of("t.db-wal"), VFS_GROW);
    assert_rows(other, 151);
    add_rows(bed->db, 150);
    assert_int_equal(size_of("t.db-wal"), 2 * VFS_GROW);
    assert_rows(other, 301);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

static void
test_one_write_for_each_frame(void **state)
{
    struct bed *bed = *state;
    add_rows(bed->db, 1);
    assert_int_equal(eyes.headers, 0); /* the first one stands behind the log's header */
    eyes = (struct eyes){ 0 };
    add_rows(bed->db, 100);
    assert_true(eyes.frames >= 100);
    assert_int_equal(eyes.writes, eyes.frames + eyes.zeros);
    assert_int_equal(eyes.syncs, 100);

    /* another handle does not know where the tail is before it wrote there */
    sqlite3 *second = open_by(VFS_NAME, "t.db");
    eyes = (struct eyes){ 0 };
    add_rows(second, 50);
    assert_int_equal(eyes.headers, 1);
    assert_int_equal(eyes.writes, eyes.frames + eyes.zeros + 2);
    assert_int_equal(sqlite3_close(second), SQLITE_OK);
    assert_rows(bed->db, 151);
}

static void
test_zeros_behind_the_last_commit_are_the_end(void **state)
{
    struct bed *bed = *state;
    for (int64_t rows = 1; rows <= 300; rows += 23) {
        add_rows(bed->db, 23);
        assert_left_behind("t.db", rows + 22);
    }
}

/* ---- a stop while a header is kept ------------------------------------------------------------------ */

struct stop {
    int64_t rows;
    unsigned n;
};

static void
stop_here(void *context)
{
    struct stop *stop = context;
    void (*again)(void *) = eyes.at_frame;
    eyes.at_frame = NULL;
    assert_left_behind("t.db", stop->rows);
    eyes.at_frame = again;
    stop->n++;
}

static void
test_a_stop_before_each_frame_loses_nothing_committed(void **state)
{
    struct bed *bed = *state;
    struct stop stop = { .rows = 20 };
    add_rows(bed->db, 20);
    eyes.at_frame = stop_here;
    eyes.context = &stop;
    for (; stop.rows < 30; stop.rows++) {
        assert_int_equal(try_row(bed->db, 9000), SQLITE_OK); /* some pages */
    }
    assert_true(stop.n >= 30);
    assert_rows(bed->db, 30);
}

/* ---- others cut and move the log -------------------------------------------------------------------- */

static void
test_cut_by_another_connection(void **state)
{
    struct bed *bed = *state;
    sqlite3 *other = open_by("unix", "t.db");
    int64_t rows = 0;
    for (int round = 0; round < 4; round++) {
        add_rows(bed->db, 300);
        rows += 300;
        assert_true(size_of("t.db-wal") >= VFS_GROW);
        assert_rows(other, rows);
        run(other, "PRAGMA wal_checkpoint(TRUNCATE)");
        assert_int_equal(size_of("t.db-wal"), 0);
        add_rows(bed->db, 1);
        rows++;
        assert_int_equal(
            size_of("t.db-wal"), VFS_GROW_FIRST); /* ahead again, from the first frame on */
        assert_left_behind("t.db", rows);
    }
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

static void
test_cut_by_itself_and_used_again(void **state)
{
    struct bed *bed = *state;
    add_rows(bed->db, 300);
    run(bed->db, "PRAGMA wal_checkpoint(TRUNCATE)");
    add_rows(bed->db, 2);
    assert_int_equal(size_of("t.db-wal"), VFS_GROW_FIRST);
    run(bed->db, "PRAGMA wal_checkpoint(RESTART)"); /* begins anew over old frames */
    eyes = (struct eyes){ 0 };
    add_rows(bed->db, 5);
    assert_int_equal(eyes.zeros, 0);
    assert_int_equal(eyes.headers, 0);
    assert_left_behind("t.db", 307);
}

struct mover {
    bool stop;
    unsigned moves;
};

static void *
move_all_the_time(void *context)
{
    struct mover *mover = context;
    sqlite3 *db = open_by(VFS_NAME, "t.db");
    (void)sqlite3_busy_timeout(db, 20);
    while (!__atomic_load_n(&mover->stop, __ATOMIC_ACQUIRE)) {
        int how = mover->moves++ % 4 == 3 ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
        (void)sqlite3_wal_checkpoint_v2(db, NULL, how, NULL, NULL);
        (void)usleep(500);
    }
    (void)sqlite3_close(db);
    return NULL;
}

static void
test_moved_by_another_thread_meanwhile(void **state)
{
    struct bed *bed = *state;
    struct mover mover = { .stop = false };
    pthread_t thread;
    (void)sqlite3_busy_timeout(bed->db, 5000);
    assert_int_equal(pthread_create(&thread, NULL, move_all_the_time, &mover), 0);
    add_rows(bed->db, 1500);
    __atomic_store_n(&mover.stop, true, __ATOMIC_RELEASE);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(mover.moves > 0);
    assert_rows(bed->db, 1500);
    add_rows(bed->db, 1); /* that there is a log */
    assert_left_behind("t.db", 1501);
}

/* ---- pages and transactions ------------------------------------------------------------------------- */

static void
test_pages_of_other_sizes(void **state)
{
    (void)state;
    static const int sizes[] = { 512, 1024, 32768, 65536 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char name[20];
        (void)snprintf(name, sizeof(name), "p%d.db", sizes[i]);
        sqlite3 *db = make_db(name, sizes[i]);
        eyes = (struct eyes){ 0 };
        add_rows(db, 60);
        assert_int_equal(try_row(db, 300000), SQLITE_OK);
        assert_int_equal(eyes.headers, 0);
        assert_true(eyes.frames > 60);
        assert_int_equal(number(db, "PRAGMA page_size"), sizes[i]);
        assert_left_behind(name, 61);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
    }
}

/* Pages that leave a small cache are written before the commit, again where they change again, and then all frames behind are summed anew. */
static void
test_a_transaction_larger_than_the_cache(void **state)
{
    struct bed *bed = *state;
    sqlite3 *other = open_by("unix", "t.db");
    run(bed->db, "PRAGMA cache_size=10; PRAGMA cache_spill=10");
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(try_row(bed->db, 3000), SQLITE_OK);
    }
    eyes = (struct eyes){ 0 };
    run(bed->db, "BEGIN; UPDATE t SET v = zeroblob(3000); SAVEPOINT one");
    run(bed->db, "UPDATE t SET v = zeroblob(3500); DELETE FROM t WHERE id > 100; ROLLBACK TO one");
    assert_int_equal(number(other, "SELECT count(*) FROM t WHERE length(v) = 3000"), 200);
    run(bed->db, "UPDATE t SET v = zeroblob(2000) WHERE id % 3 = 0");
    run(bed->db, "UPDATE t SET v = zeroblob(2500) WHERE id % 3 = 0; COMMIT");
    assert_true(eyes.headers > 100); /* or the sums were not made anew */
    for (int look = 0; look < 2; look++) {
        sqlite3 *db = look == 0 ? other : bed->db;
        assert_int_equal(number(db, "SELECT count(*) FROM t WHERE length(v) = 2500"), 66);
        assert_int_equal(number(db, "SELECT count(*) FROM t WHERE length(v) = 3000"), 134);
        assert_int_equal(number(db, "SELECT count(*) FROM t WHERE v <> zeroblob(length(v))"), 0);
    }
    assert_left_behind("t.db", 200);
    run(bed->db, "BEGIN; UPDATE t SET v = zeroblob(100); ROLLBACK");
    add_rows(bed->db, 10);
    assert_left_behind("t.db", 210);
    assert_rows(other, 210);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

/* With synchronous=OFF nothing is asked of the handle after the last write of a transaction, summed anew or not. */
static void
test_nothing_stays_behind_without_a_sync(void **state)
{
    struct bed *bed = *state;
    run(bed->db, "PRAGMA synchronous=OFF; PRAGMA cache_size=10; PRAGMA cache_spill=10");
    for (int64_t rows = 100; rows <= 1000; rows += 100) {
        run(bed->db, "BEGIN");
        for (unsigned i = 0; i < 100; i++) {
            assert_int_equal(try_row(bed->db, 1500), SQLITE_OK);
        }
        run(bed->db, "UPDATE t SET v = randomblob(1400) WHERE id % 7 = 0; COMMIT");
        assert_left_behind("t.db", rows);
        assert_int_equal(try_row(bed->db, 10), SQLITE_OK);
        assert_left_behind("t.db", rows + 1);
        run(bed->db, "DELETE FROM t WHERE length(v) = 10");
    }
}

/*
 * Without "powersafe overwrite" SQLite fills the sector with frames and cuts a write in two at its end; each 512th frame of this log would be cut 24
 * bytes before the end of its page, which is what a header is as well.
 */
static void
test_frames_cut_in_two_at_a_sector(void **state)
{
    (void)state;
    sqlite3 *db = make_db("s.db", 512);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    eyes.sector = 4096;
    assert_int_equal(
        sqlite3_open_v2("file:s.db?psow=0", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, VFS_NAME),
        SQLITE_OK);
    run(db, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0");
    sqlite3 *other = open_by("unix", "s.db");
    for (int64_t rows = 1; rows <= 600; rows++) {
        run(db, "INSERT INTO t(v) VALUES(printf('%.100c', 'z'))");
        assert_int_equal(
            number(other, "SELECT count(*) FROM t WHERE v = printf('%.100c', 'z')"), rows);
    }
    assert_left_behind("s.db", 600);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_names_stay_as_they_are),
        TEST(test_the_database_keeps_its_own_methods),
        TEST(test_the_log_has_room_from_the_first_commit),
        TEST(test_one_write_for_each_frame),
        TEST(test_zeros_behind_the_last_commit_are_the_end),
        TEST(test_a_stop_before_each_frame_loses_nothing_committed),
        TEST(test_cut_by_another_connection),
        TEST(test_cut_by_itself_and_used_again),
        TEST(test_moved_by_another_thread_meanwhile),
        TEST(test_pages_of_other_sizes),
        TEST(test_a_transaction_larger_than_the_cache),
        TEST(test_nothing_stays_behind_without_a_sync),
        TEST(test_frames_cut_in_two_at_a_sector),
    };
    return cmocka_run_group_tests(tests, bed_group, NULL);
}

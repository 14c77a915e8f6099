/* The VFS: what a connection reads is a view in memory; the real file has what was synced. Locks and shared memory are the real file's. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cut.h"

/* Guards everything below. Taken again by the cut itself, and never given back: after the cut nobody writes. */
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static uint64_t state;
static uint64_t left;
static bool begun;
int cut_sync_lies = 0;

void
cut_begin(uint64_t seed, uint64_t after)
{
    state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    left = after;
    begun = true;
}

uint64_t
cut_random(void)
{
    state ^= state << 13; /* xorshift64 */
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

void
cut_now(void)
{
    pthread_mutex_lock(&lock);
    cut_vfs_lose();
    cut_files_lose();
    _exit(0);
}

void
cut_tick(void)
{
    pthread_mutex_lock(&lock);
    if (left-- == 0) {
        cut_now();
    }
    pthread_mutex_unlock(&lock);
}

/* ---- a file -------------------------------------------------------------------------------------- */

struct change {
    sqlite3_int64 at;
    int n; /* -1: truncated to `at` */
    uint8_t *bytes;
};

/* One per name: all connections share it. */
struct node {
    char name[256];
    uint8_t *view;
    size_t size;
    size_t cap;
    struct change *changes;
    size_t n_changes;
    size_t cap_changes;
    sqlite3_file *real;
};

struct cut_file {
    sqlite3_file base;
    struct node *node;
    sqlite3_file *real; /* this connection's own, for locks and shared memory */
};

static struct node nodes[8];
static size_t n_nodes;
static sqlite3_vfs *unix_vfs;
static sqlite3_vfs own;

static struct cut_file *
file_of(sqlite3_file *file)
{
    return (struct cut_file *)(void *)file;
}

static void *
bigger(void *p, size_t n)
{
    p = realloc(p, n);
    if (p == NULL) {
        abort();
    }
    return p;
}

static void
view_resize(struct node *node, size_t size)
{
    if (size > node->cap) {
        node->cap = size * 2;
        node->view = bigger(node->view, node->cap);
    }
    if (size > node->size) {
        memset(node->view + node->size, 0, size - node->size);
    }
    node->size = size;
}

static void
remember(struct node *node, sqlite3_int64 at, int n, const void *bytes)
{
    if (node->n_changes == node->cap_changes) {
        node->cap_changes = node->cap_changes * 2 + 64;
        node->changes = bigger(node->changes, node->cap_changes * sizeof(*node->changes));
    }
    struct change *c = &node->changes[node->n_changes++];
    *c = (struct change){ .at = at, .n = n };
    if (n > 0) {
        c->bytes = bigger(NULL, (size_t)n);
        memcpy(c->bytes, bytes, (size_t)n);
    }
}

static void
forget(struct node *node)
{
    for (size_t i = 0; i < node->n_changes; i++) {
        free(node->changes[i].bytes);
    }
    node->n_changes = 0;
}

static void
apply(struct node *node, const struct change *c, int from, int n)
{
    int rc = c->n < 0 ? node->real->pMethods->xTruncate(node->real, c->at)
                      : node->real->pMethods->xWrite(node->real, c->bytes + from, n, c->at + from);
    if (rc != SQLITE_OK) {
        abort();
    }
}

static int
cut_close(sqlite3_file *file)
{
    (void)file; /* the process ends soon, and locks with it */
    return SQLITE_OK;
}

static int
cut_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
    const struct node *node = file_of(file)->node;
    pthread_mutex_lock(&lock);
    size_t there = (size_t)at >= node->size ? 0 : node->size - (size_t)at;
    size_t take = there < (size_t)n ? there : (size_t)n;
    if (take > 0) {
        memcpy(out, node->view + at, take);
    }
    pthread_mutex_unlock(&lock);
    memset((uint8_t *)out + take, 0, (size_t)n - take);
    return take == (size_t)n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int
cut_write(sqlite3_file *file, const void *in, int n, sqlite3_int64 at)
{
    struct node *node = file_of(file)->node;
    size_t end = (size_t)at + (size_t)n;
    pthread_mutex_lock(&lock);
    if (end > node->size) {
        view_resize(node, end);
    }
    memcpy(node->view + at, in, (size_t)n);
    remember(node, at, n, in);
    cut_tick();
    pthread_mutex_unlock(&lock);
    return SQLITE_OK;
}

static int
cut_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct node *node = file_of(file)->node;
    pthread_mutex_lock(&lock);
    view_resize(node, (size_t)size);
    remember(node, size, -1, NULL);
    cut_tick();
    pthread_mutex_unlock(&lock);
    return SQLITE_OK;
}

static int
cut_sync(sqlite3_file *file, int flags)
{
    struct node *node = file_of(file)->node;
    (void)flags;
    pthread_mutex_lock(&lock);
    cut_tick(); /* the cut may come before the sync is done */
    if (!cut_sync_lies) {
        for (size_t i = 0; i < node->n_changes; i++) {
            apply(node, &node->changes[i], 0, node->changes[i].n);
        }
        forget(node);
    }
    cut_tick();
    pthread_mutex_unlock(&lock);
    return SQLITE_OK;
}

static int
cut_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    pthread_mutex_lock(&lock);
    *ret = (sqlite3_int64)file_of(file)->node->size;
    pthread_mutex_unlock(&lock);
    return SQLITE_OK;
}

#define REAL(file) file_of(file)->real->pMethods

static int
cut_lock(sqlite3_file *file, int level)
{
    return REAL(file)->xLock(file_of(file)->real, level);
}

static int
cut_unlock(sqlite3_file *file, int level)
{
    return REAL(file)->xUnlock(file_of(file)->real, level);
}

static int
cut_reserved(sqlite3_file *file, int *ret)
{
    return REAL(file)->xCheckReservedLock(file_of(file)->real, ret);
}

static int
cut_control(sqlite3_file *file, int op, void *arg)
{
    (void)file;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int
cut_sector(sqlite3_file *file)
{
    return REAL(file)->xSectorSize(file_of(file)->real);
}

static int
cut_device(sqlite3_file *file)
{
    return REAL(file)->xDeviceCharacteristics(file_of(file)->real);
}

static int
cut_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret)
{
    return REAL(file)->xShmMap(file_of(file)->real, page, size, extend, ret);
}

static int
cut_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return REAL(file)->xShmLock(file_of(file)->real, offset, n, flags);
}

static void
cut_shm_barrier(sqlite3_file *file)
{
    REAL(file)->xShmBarrier(file_of(file)->real);
}

static int
cut_shm_unmap(sqlite3_file *file, int delete)
{
    return REAL(file)->xShmUnmap(file_of(file)->real, delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = cut_close,
    .xRead = cut_read,
    .xWrite = cut_write,
    .xTruncate = cut_truncate,
    .xSync = cut_sync,
    .xFileSize = cut_size,
    .xLock = cut_lock,
    .xUnlock = cut_unlock,
    .xCheckReservedLock = cut_reserved,
    .xFileControl = cut_control,
    .xSectorSize = cut_sector,
    .xDeviceCharacteristics = cut_device,
    .xShmMap = cut_shm_map,
    .xShmLock = cut_shm_lock,
    .xShmBarrier = cut_shm_barrier,
    .xShmUnmap = cut_shm_unmap,
};

/* ---- the VFS ------------------------------------------------------------------------------------- */

static struct node *
node_of(const char *name, sqlite3_file *real)
{
    for (size_t i = 0; i < n_nodes; i++) {
        if (strcmp(nodes[i].name, name) == 0) {
            return &nodes[i];
        }
    }
    if (n_nodes == sizeof(nodes) / sizeof(nodes[0])) {
        abort();
    }
    struct node *node = &nodes[n_nodes++];
    sqlite3_int64 size = 0;
    memcpy(node->name, name, strnlen(name, sizeof(node->name) - 1));
    node->real = real;
    real->pMethods->xFileSize(real, &size);
    view_resize(node, (size_t)size);
    if (size > 0) {
        real->pMethods->xRead(real, node->view, (int)size, 0);
    }
    return node;
}

static int
cut_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
    (void)vfs;
    if (!begun) {
        return unix_vfs->xOpen(unix_vfs, name, file, flags, ret_flags);
    }
    struct cut_file *f = file_of(file);
    f->base.pMethods = NULL;
    f->real = calloc(1, (size_t)unix_vfs->szOsFile);
    if (f->real == NULL) {
        return SQLITE_NOMEM;
    }
    int rc = unix_vfs->xOpen(unix_vfs, name, f->real, flags, ret_flags);
    if (rc != SQLITE_OK) {
        free(f->real);
        return rc;
    }
    pthread_mutex_lock(&lock);
    f->node = node_of(name, f->real);
    pthread_mutex_unlock(&lock);
    f->base.pMethods = &methods;
    return SQLITE_OK;
}

static int
cut_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    (void)vfs;
    return unix_vfs->xDelete(unix_vfs, name, sync_folder);
}

static int
cut_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
    (void)vfs;
    return unix_vfs->xAccess(unix_vfs, name, flags, ret);
}

static int
cut_full_name(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    size_t len = strlen(name);
    if (n <= 0 || len >= (size_t)n) {
        return SQLITE_CANTOPEN;
    }
    memcpy(out, name, len + 1);
    return SQLITE_OK;
}

void
cut_vfs_register(void)
{
    unix_vfs = sqlite3_vfs_find(NULL);
    own = *unix_vfs;
    own.pNext = NULL;
    own.zName = CUT_VFS;
    int needed = (int)sizeof(struct cut_file);
    own.szOsFile = unix_vfs->szOsFile > needed ? unix_vfs->szOsFile : needed;
    own.xOpen = cut_open;
    own.xDelete = cut_delete;
    own.xAccess = cut_access;
    own.xFullPathname = cut_full_name;
    sqlite3_vfs_register(&own, 1);
}

/* A part of a change that fits one sector of the disk. */
struct piece {
    const struct change *change;
    int from;
    int n;
    size_t age;     /* how many were truncated before it; itself too, if it is one */
    uint64_t place; /* where the shuffle puts its sector */
};

static size_t
pieces_of(const struct node *node, struct piece **ret)
{
    size_t n = 0;
    size_t cap = 0;
    size_t age = 0;
    struct piece *pieces = NULL;
    for (size_t i = 0; i < node->n_changes; i++) {
        const struct change *c = &node->changes[i];
        int from = 0;
        age += c->n < 0 ? 1 : 0;
        do {
            int to_border = (int)(CUT_SECTOR - (c->at + from) % CUT_SECTOR);
            int rest = c->n < 0 ? 0 : c->n - from;
            int len = rest < to_border ? rest : to_border;
            if (n == cap) {
                cap = cap * 2 + 64;
                pieces = bigger(pieces, cap * sizeof(*pieces));
            }
            pieces[n++] = (struct piece){ .change = c, .from = from, .n = len, .age = age };
            from += len;
        } while (from < c->n);
    }
    *ret = pieces;
    return n;
}

static sqlite3_int64
sector_of(const struct piece *piece)
{
    return (piece->change->at + piece->from) / CUT_SECTOR;
}

static int
by_place(const void *a, const void *b)
{
    const struct piece *x = a;
    const struct piece *y = b;
    if (x->age != y->age) {
        return x->age < y->age ? -1 : 1;
    }
    if ((x->change->n < 0) != (y->change->n < 0)) {
        return x->change->n < 0 ? -1 : 1;
    }
    if (x->place != y->place) {
        return x->place < y->place ? -1 : 1;
    }
    if (x->change != y->change) { /* one array, in the order of writing */
        return x->change < y->change ? -1 : 1;
    }
    return x->from < y->from ? -1 : 1;
}

/*
 * Sectors in any order, the pieces of one sector in theirs: a page cache has one copy of each, so zeros never arrive after what was later
 * written over them; nor does what was cut off come back.
 */
static void
shuffle(struct piece *pieces, size_t n)
{
    uint64_t seed = cut_random();
    for (size_t i = 0; i < n; i++) {
        uint64_t x = (seed ^ (uint64_t)sector_of(&pieces[i])) * UINT64_C(0xFF51AFD7ED558CCD);
        x = (x ^ x >> 33) * UINT64_C(0xC4CEB9FE1A85EC53);
        pieces[i].place = x ^ x >> 33;
    }
    qsort(pieces, n, sizeof(*pieces), by_place);
}

/* Nothing, everything, or about half of what was not synced reaches the disk, in order or shuffled. */
static void
lose(struct node *node)
{
    struct piece *pieces;
    size_t n = pieces_of(node, &pieces);
    uint64_t keep = cut_random() % 4; /* 0 none, 1 all, 2 and 3 half */
    if (n > 0 && cut_random() % 2 == 0) {
        shuffle(pieces, n);
    }
    for (size_t i = 0; i < n; i++) {
        if (keep == 1 || (keep > 1 && cut_random() % 2 == 0)) {
            apply(node, pieces[i].change, pieces[i].from, pieces[i].n);
        }
    }
    free(pieces);
}

void
cut_vfs_lose(void)
{
    for (size_t i = 0; i < n_nodes; i++) {
        lose(&nodes[i]);
    }
}

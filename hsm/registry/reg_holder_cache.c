/*
 * Holder keys that were used lately, decoded: least used out first; those in use stay, and are not counted. What a worker was given
 * (public key, wrapped bytes) does not move or change while the row is held, whatever becomes of the key.
 */
#include <stdlib.h>

#include "reg_people.h"
#include "sg_secret.h"

#define BUCKETS 8192 /* a power of two */

struct reg_holder_row {
    struct reg_key key; /* first: callers hold this */
    struct reg_holder_row *next;
    struct reg_holder_row *newer; /* among those that nobody holds */
    struct reg_holder_row *older;
    unsigned held;
    size_t wrapped_len;
    uint8_t wrapped[]; /* outlives key.wrapped, which is empty once the key is destroyed */
};

/* Thumbprints are hashes already. */
static struct reg_holder_row **
bucket_of(struct reg_people *people, const uint8_t *thumbprint)
{
    uint32_t h;
    memcpy(&h, thumbprint, sizeof(h));
    return &people->buckets[h & (BUCKETS - 1)];
}

static struct reg_holder_row *
find(struct reg_people *people, sg_bytes thumbprint)
{
    if (thumbprint.n != REG_THUMBPRINT_LEN) {
        return NULL;
    }
    struct reg_holder_row *row = *bucket_of(people, thumbprint.p);
    while (row != NULL && memcmp(row->key.thumbprint, thumbprint.p, thumbprint.n) != 0) {
        row = row->next;
    }
    return row;
}

static void
unlink_idle(struct reg_people *people, struct reg_holder_row *row)
{
    *(row->newer == NULL ? &people->newest : &row->newer->older) = row->older;
    *(row->older == NULL ? &people->oldest : &row->older->newer) = row->newer;
    row->newer = row->older = NULL;
    people->n_idle--;
}

static void
link_idle(struct reg_people *people, struct reg_holder_row *row)
{
    row->newer = NULL;
    row->older = people->newest;
    *(people->newest == NULL ? &people->oldest : &people->newest->newer) = row;
    people->newest = row;
    people->n_idle++;
}

static void
row_free(struct reg_holder_row *row)
{
    key_public_free(&row->key.public);
    /* the gates' own, one block: such a key has no reference of its own, so no question about it is under way */
    free(row->key.live);
    sg_wipe(row->wrapped, row->wrapped_len);
    free(row);
}

/* Nobody holds it. */
static void
drop(struct reg_people *people, struct reg_holder_row *row)
{
    struct reg_holder_row **link = bucket_of(people, row->key.thumbprint);
    while (*link != row) {
        link = &(*link)->next;
    }
    *link = row->next;
    unlink_idle(people, row);
    row_free(row);
}

static sg_result
halted(struct reg_people *people, sg_bytes thumbprint, bool *ret)
{
    REG_STMT(people, REG_SQL_HALTED);
    ledger_bind_bytes(stmt, 1, thumbprint);
    return ledger_step(stmt, ret);
}

static void
row_cleanup(struct reg_holder_row **row)
{
    if (*row != NULL) {
        row_free(*row);
    }
}

static sg_result
read_row(sqlite3_stmt *stmt, struct reg_holder_row **ret)
{
    sg_bytes thumbprint = ledger_column_bytes(stmt, 0);
    sg_bytes person = ledger_column_bytes(stmt, 1);
    sg_bytes wrapped = ledger_column_bytes(stmt, 4);
    SG_REQUIRE(
        thumbprint.n == REG_THUMBPRINT_LEN && person.n == REG_PERSON_LEN && wrapped.n <= 64 * 1024,
        INTERNAL);
    struct reg_holder_row *row SG_CLEANUP(row_cleanup)
    = calloc(1, sizeof(*row) + wrapped.n);
    SG_REQUIRE(row != NULL, NO_MEMORY);
    row->wrapped_len = wrapped.n;
    if (wrapped.n > 0) {
        memcpy(row->wrapped, wrapped.p, wrapped.n);
    }
    struct reg_key *key = &row->key;
    key->purpose = WIRE_PURPOSE_HOLDER;
    key->label = SG_LIT("holder"); /* nobody gives it a name of its own here */
    key->wrapped = sg_bytes_of(row->wrapped, row->wrapped_len);
    memcpy(key->thumbprint, thumbprint.p, thumbprint.n);
    memcpy(key->person, person.p, person.n);
    key->level = ledger_column_uint(stmt, 2);
    key->state = (enum wire_key_state)ledger_column_uint(stmt, 5);
    key->state_seq = ledger_column_uint(stmt, 6);
    key->created_at = ledger_column_int(stmt, 7);
    SG_TRY(key_public_new(ledger_column_bytes(stmt, 3), &key->public));
    /* a row somebody altered must not sign under another key's name. req: KEY-4 */
    SG_REQUIRE(memcmp(key_public_thumbprint(key->public), key->thumbprint, REG_THUMBPRINT_LEN) == 0,
        KEY_INVALID);
    *ret = row;
    row = NULL;
    return SG_DONE;
}

static sg_result
load(struct reg_people *people, sg_bytes thumbprint, struct reg_holder_row **ret)
{
    bool is_halted = false;
    bool there = false;
    SG_TRY(halted(people, thumbprint, &is_halted));
    REG_STMT(people, REG_SQL_HOLDER_GET);
    ledger_bind_bytes(stmt, 1, thumbprint);
    SG_TRY(ledger_step(stmt, &there));
    SG_REQUIRE(there, NOT_FOUND);
    struct reg_holder_row *row = NULL;
    SG_TRY(read_row(stmt, &row));
    row->key.halted = is_halted;
    struct reg_holder_row **bucket = bucket_of(people, row->key.thumbprint);
    row->next = *bucket;
    *bucket = row;
    link_idle(people, row);
    *ret = row;
    return SG_DONE;
}

struct reg_key *
reg_holder_hold(struct registry *registry, sg_bytes thumbprint, sg_result *ret_why)
{
    struct reg_people *people = registry_people(registry);
    struct reg_holder_row *row = find(people, thumbprint);
    *ret_why = SG_DONE;
    if (row == NULL) {
        sg_result r = load(people, thumbprint, &row);
        if (!sg_ok(r)) {
            *ret_why = r.code == SG_E_NOT_FOUND ? SG_DONE : r;
            return NULL;
        }
    }
    if (row->held == 0) {
        unlink_idle(people, row);
    }
    row->held++;
    return &row->key;
}

static void
trim(struct reg_people *people)
{
    while (people->n_idle > people->idle_max) {
        drop(people, people->oldest);
    }
}

void
reg_holder_release(struct registry *registry, struct reg_key **key)
{
    struct reg_people *people = registry_people(registry);
    struct reg_holder_row *row = (struct reg_holder_row *)*key;
    if (row == NULL) {
        return;
    }
    *key = NULL;
    if (--row->held > 0) {
        return;
    }
    link_idle(people, row);
    if (row->key.state == WIRE_KEY_DESTROYED) {
        drop(people, row);
    }
    trim(people);
}

void
reg_holders_keep(struct registry *registry, size_t max)
{
    struct reg_people *people = registry_people(registry);
    people->idle_max = max;
    trim(people);
}

sg_result
reg_holder_refresh(struct reg_people *people, sg_bytes thumbprint)
{
    bool there = false;
    struct reg_holder_row *row = find(people, thumbprint);
    if (row == NULL) {
        return SG_DONE;
    }
    if (row->held == 0) {
        drop(people, row); /* who asks next reads it again */
        return SG_DONE;
    }
    REG_STMT(people, REG_SQL_HOLDER_GET);
    ledger_bind_bytes(stmt, 1, thumbprint);
    SG_TRY(ledger_step(stmt, &there));
    SG_REQUIRE(there, INTERNAL); /* rows never go */
    row->key.state = (enum wire_key_state)ledger_column_uint(stmt, 5);
    row->key.state_seq = ledger_column_uint(stmt, 6);
    if (row->key.state == WIRE_KEY_DESTROYED) {
        row->key.wrapped = SG_NO_BYTES; /* whoever signs with it now has its own view */
    }
    return SG_DONE;
}

static sg_result
refresh_bucket(struct reg_people *people, size_t i, sg_bytes person)
{
    struct reg_holder_row *row = people->buckets[i];
    while (row != NULL) {
        struct reg_holder_row *next = row->next;
        if (memcmp(row->key.person, person.p, REG_PERSON_LEN) == 0) {
            SG_TRY(reg_holder_refresh(people, SG_BYTES(row->key.thumbprint)));
        }
        row = next; /* a row goes alone */
    }
    return SG_DONE;
}

sg_result
registry_forget_holders(struct registry *registry, sg_bytes person)
{
    struct reg_people *people = registry_people(registry);
    SG_REQUIRE(person.n == REG_PERSON_LEN, VALUE);
    for (size_t i = 0; i < BUCKETS; i++) {
        SG_TRY(refresh_bucket(people, i, person));
    }
    return SG_DONE;
}

void
reg_people_halts_clear(struct reg_people *people)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct reg_holder_row *row = people->buckets[i]; row != NULL; row = row->next) {
            row->key.halted = false;
        }
    }
}

void
reg_people_halt(struct reg_people *people, sg_bytes thumbprint)
{
    struct reg_holder_row *row = find(people, thumbprint);
    if (row != NULL) {
        row->key.halted = true;
    }
}

sg_result
reg_holders_init(struct reg_people *people)
{
    people->buckets = calloc(BUCKETS, sizeof(people->buckets[0]));
    SG_REQUIRE(people->buckets != NULL, NO_MEMORY);
    return SG_DONE;
}

/* The process ends: whoever held one has given it back, or will not look at it again. */
void
reg_holders_done(struct reg_people *people)
{
    for (size_t i = 0; people->buckets != NULL && i < BUCKETS; i++) {
        while (people->buckets[i] != NULL) {
            struct reg_holder_row *row = people->buckets[i];
            people->buckets[i] = row->next;
            row_free(row);
        }
    }
    free(people->buckets);
    people->buckets = NULL;
}

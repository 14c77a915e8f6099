/* Accounts: a person's key, and its end. req: EV-4, AU-7 */
#include "store_inner.h"

struct account_work {
    struct store_unit unit; /* first */
    const uint8_t *person;
    sg_bytes value; /* wrapped key, or sealed profile */
    int64_t now;
    uint64_t tries;
    int64_t lock_s;
    int64_t locked_until;
};

static struct account_work *
work_of(struct store_unit *unit)
{
    return (struct account_work *)unit;
}

static sg_bytes
id_of(const struct account_work *work)
{
    return sg_bytes_of(work->person, STORE_PERSON_LEN);
}

static struct store_place
profile_place(const uint8_t *person)
{
    return (struct store_place){ .table = "profile", .person = person };
}

static sg_result
make(struct store_db *db, struct store_unit *unit)
{
    struct account_work *work = work_of(unit);
    STORE_QUERY(query, db, SQL_ACCOUNT_PUT);
    store_bind_bytes(&query, id_of(work));
    store_bind_int(&query, work->now);
    store_bind_bytes(&query, work->value);
    return store_run(&query, NULL);
}

sg_result
store_account_make(struct store *store, const uint8_t person[STORE_PERSON_LEN], int64_t now)
{
    SG_CLEANUP(sg_arena_free)
    struct sg_arena *arena = sg_arena_new(1024, 16384);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    struct store_account account;
    sg_result r = store_account_get(store, person, arena, &account);
    if (r.code == SG_E_NOT_FOUND) {
        struct account_work work = { .unit.run = make, .person = person, .now = now };
        SG_TRY(store_person_key_make(store, person, arena, &work.value));
        SG_TRY(store_wait(store, &work.unit));
        r = store_account_get(store, person, arena, &account); /* another may have been first */
    }
    SG_TRY(r);
    SG_REQUIRE(account.state == STORE_ACCOUNT_OPEN, GRANT);
    return SG_DONE;
}

sg_result
store_account_get(struct store *store, const uint8_t person[STORE_PERSON_LEN],
    struct sg_arena *arena, struct store_account *ret)
{
    struct store_account account = { 0 };
    sg_bytes wrapped, sealed;
    {
        STORE_READER(reader, store);
        STORE_QUERY(query, reader.db, SQL_ACCOUNT_GET);
        store_bind_bytes(&query, sg_bytes_of(person, STORE_PERSON_LEN));
        SG_TRY(store_step(&query));
        memcpy(account.person, person, STORE_PERSON_LEN);
        account.state = (uint64_t)store_column_int(&query, 0);
        account.created_at = store_column_int(&query, 1);
        account.failures = (uint64_t)store_column_int(&query, 2);
        account.locked_until = store_column_int(&query, 3);
        SG_TRY(store_column_bytes(&query, 4, arena, &wrapped));
        SG_TRY(store_column_bytes(&query, 5, arena, &sealed));
    }
    if (account.state == STORE_ACCOUNT_OPEN && sealed.n > 0) {
        STORE_PERSON_KEY(key);
        struct store_place place = profile_place(person);
        SG_TRY(store_person_key_open(store, person, wrapped, &key));
        SG_TRY(store_unseal(arena, &key, &place, sealed, &account.profile));
    }
    *ret = account;
    return SG_DONE;
}

static sg_result
set_profile(struct store_db *db, struct store_unit *unit)
{
    struct account_work *work = work_of(unit);
    STORE_QUERY(query, db, SQL_ACCOUNT_PROFILE);
    store_bind_bytes(&query, id_of(work));
    store_bind_bytes(&query, work->value);
    uint64_t changes = 0;
    SG_TRY(store_run(&query, &changes));
    SG_REQUIRE(changes == 1, NOT_FOUND);
    db->dropped = true; /* the old one */
    return SG_DONE;
}

sg_result
store_account_profile(struct store *store, const uint8_t person[STORE_PERSON_LEN], sg_bytes profile)
{
    SG_REQUIRE(profile.n <= STORE_PROFILE_MAX, TOO_LARGE);
    SG_CLEANUP(sg_arena_free)
    struct sg_arena *arena = sg_arena_new(0, 2 * STORE_PROFILE_MAX + 32768);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    STORE_PERSON_KEY(key);
    struct store_place place = profile_place(person);
    struct account_work work = { .unit.run = set_profile, .person = person };
    SG_TRY(store_person_key_get(store, person, &key));
    SG_TRY(store_seal(arena, &key, &place, profile, &work.value));
    return store_wait(store, &work.unit);
}

static sg_result
failed(struct store_db *db, struct store_unit *unit)
{
    struct account_work *work = work_of(unit);
    STORE_QUERY(query, db, SQL_ACCOUNT_FAILED);
    store_bind_bytes(&query, id_of(work));
    store_bind_int(&query, work->now);
    store_bind_int(&query, (int64_t)work->tries);
    store_bind_int(&query, work->lock_s);
    SG_TRY(store_step(&query));
    work->locked_until = store_column_int(&query, 0);
    return store_run(&query, NULL); /* RETURNING: to the end, so that the change stands */
}

sg_result
store_account_failed(struct store *store, const uint8_t person[STORE_PERSON_LEN], int64_t now,
    uint64_t tries, int64_t lock_s, int64_t *ret_locked_until)
{
    struct account_work work = {
        .unit.run = failed, .person = person, .now = now, .tries = tries, .lock_s = lock_s
    };
    SG_TRY(store_wait(store, &work.unit));
    *ret_locked_until = work.locked_until > now ? work.locked_until : 0;
    return SG_DONE;
}

static sg_result
erase(struct store_db *db, struct store_unit *unit)
{
    struct account_work *work = work_of(unit);
    {
        STORE_QUERY(query, db, SQL_ACCOUNT_ERASE);
        store_bind_bytes(&query, id_of(work));
        uint64_t changes = 0;
        SG_TRY(store_run(&query, &changes));
        SG_REQUIRE(changes == 1, NOT_FOUND);
    }
    static const enum store_sql steps[] = { SQL_HELD_ERASE, SQL_CONSENT_ERASE, SQL_LINK_ERASE,
        SQL_LOGIN_ERASE };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        STORE_QUERY(query, db, steps[i]);
        store_bind_bytes(&query, id_of(work));
        SG_TRY(store_run(&query, NULL));
    }
    SG_TRY(store_access_end(db, work->person, NULL));
    db->dropped = true; /* the write-ahead log is cut soon: it may hold the key */
    return SG_DONE;
}

sg_result
store_account_erase(struct store *store, const uint8_t person[STORE_PERSON_LEN], int64_t now)
{
    struct account_work work = {
        .unit.run = erase, .unit.several = true, .person = person, .now = now
    };
    return store_wait(store, &work.unit);
}

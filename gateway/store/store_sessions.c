/* Sessions of browsers, and the counters of the passkeys that begin them. req: AU-3, AU-6 */
#include "store_inner.h"

#define SESSIONS_MAX 32 /* of one person: the oldest give way */

struct session_work {
    struct store_unit unit; /* first */
    const struct store_login *login;
    const struct store_session *session;
    const uint8_t *ended;
    const uint8_t *hash;
    const uint8_t *person;
    int64_t now;
};

static struct session_work *
work_of(struct store_unit *unit)
{
    return (struct session_work *)unit;
}

static sg_result
run_with(struct store_db *db, enum store_sql sql, const uint8_t *key, size_t n)
{
    STORE_QUERY(query, db, sql);
    store_bind_bytes(&query, sg_bytes_of(key, n));
    return store_run(&query, NULL);
}

/* May this person come in now? */
static sg_result
account_open(struct store_db *db, const struct store_session *session)
{
    STORE_QUERY(query, db, SQL_ACCOUNT_GET);
    store_bind_bytes(&query, SG_BYTES(session->person));
    SG_TRY(store_step(&query));
    SG_REQUIRE(store_column_int(&query, 0) == STORE_ACCOUNT_OPEN, GRANT);
    SG_REQUIRE(store_column_int(&query, 3) <= session->created_at, TOO_MANY);
    return SG_DONE;
}

static sg_result
put_session(struct store_db *db, const struct session_work *work)
{
    const struct store_session *session = work->session;
    if (work->ended != NULL) {
        SG_TRY(run_with(db, SQL_SESSION_END, work->ended, STORE_HASH_LEN));
    }
    {
        STORE_QUERY(query, db, SQL_SESSION_TRIM);
        store_bind_bytes(&query, SG_BYTES(session->person));
        store_bind_int(&query, SESSIONS_MAX - 1);
        SG_TRY(store_run(&query, NULL));
    }
    STORE_QUERY(query, db, SQL_SESSION_PUT);
    store_bind_bytes(&query, SG_BYTES(session->hash));
    store_bind_bytes(&query, SG_BYTES(session->person));
    store_bind_int(&query, (int64_t)session->method);
    store_bind_bytes(&query, SG_BYTES(session->agent));
    store_bind_int(&query, session->created_at);
    store_bind_int(&query, session->seen_at);
    store_bind_int(&query, session->expires_at);
    return store_run(&query, NULL);
}

static sg_result
put(struct store_db *db, struct store_unit *unit)
{
    struct session_work *work = work_of(unit);
    SG_TRY(account_open(db, work->session));
    return put_session(db, work);
}

/* WebAuthn 7.2, steps 6 and 22. The writer does one after the other, so two assertions of one passkey cannot pass each other. */
static sg_result
login_known(struct store_query *query, const struct session_work *work)
{
    const struct store_login *login = work->login;
    uint8_t person[STORE_PERSON_LEN];
    SG_TRY(store_column_exact(query, 0, person, sizeof(person)));
    SG_REQUIRE(memcmp(person, work->session->person, sizeof(person)) == 0, ACTIVATION);
    uint8_t handle[64];
    size_t n = (size_t)sqlite3_column_bytes(query->statement, 1);
    if (n > 0 && login->user_handle.n > 0) {
        SG_REQUIRE(n == login->user_handle.n && n <= sizeof(handle), ACTIVATION);
        SG_TRY(store_column_exact(query, 1, handle, n));
        SG_REQUIRE(memcmp(handle, login->user_handle.p, n) == 0, ACTIVATION);
    }
    uint64_t count = (uint64_t)store_column_int(query, 2);
    SG_REQUIRE(login->sign_count > count || (login->sign_count == 0 && count == 0), ACTIVATION);
    return SG_DONE;
}

static sg_result
login_put(struct store_db *db, const struct session_work *work)
{
    STORE_QUERY(query, db, SQL_LOGIN_PUT);
    store_bind_bytes(&query, SG_BYTES(work->login->passkey));
    store_bind_bytes(&query, SG_BYTES(work->session->person));
    store_bind_bytes(&query, work->login->user_handle);
    store_bind_int(&query, (int64_t)work->login->sign_count);
    return store_run(&query, NULL);
}

static sg_result
login_count(struct store_db *db, const struct session_work *work)
{
    bool known;
    {
        STORE_QUERY(query, db, SQL_LOGIN_GET);
        store_bind_bytes(&query, SG_BYTES(work->login->passkey));
        sg_result r = store_step(&query);
        known = sg_ok(r);
        SG_REQUIRE(known || r.code == SG_E_NOT_FOUND, STORE_DOWN);
        if (known) {
            SG_TRY(login_known(&query, work));
        }
    }
    if (!known) {
        return login_put(db, work);
    }
    STORE_QUERY(query, db, SQL_LOGIN_SEEN);
    store_bind_bytes(&query, SG_BYTES(work->login->passkey));
    store_bind_int(&query, (int64_t)work->login->sign_count);
    store_bind_bytes(&query, work->login->user_handle);
    return store_run(&query, NULL);
}

static sg_result
login(struct store_db *db, struct store_unit *unit)
{
    struct session_work *work = work_of(unit);
    SG_TRY(account_open(db, work->session));
    SG_TRY(login_count(db, work));
    SG_TRY(run_with(db, SQL_ACCOUNT_GOOD, work->session->person, STORE_PERSON_LEN));
    return put_session(db, work);
}

sg_result
store_session_login(struct store *store, const struct store_login *asserted,
    const struct store_session *session, const uint8_t *ended)
{
    SG_REQUIRE(asserted->user_handle.n <= 64 && asserted->sign_count <= UINT32_MAX, VALUE);
    struct session_work work = { .unit.run = login,
        .unit.several = true,
        .login = asserted,
        .session = session,
        .ended = ended };
    return store_wait(store, &work.unit);
}

sg_result
store_session_put(struct store *store, const struct store_session *session, const uint8_t *ended)
{
    struct session_work work = {
        .unit.run = put, .unit.several = true, .session = session, .ended = ended
    };
    return store_wait(store, &work.unit);
}

sg_result
store_session_get(
    struct store *store, const uint8_t hash[STORE_HASH_LEN], struct store_session *ret)
{
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_SESSION_GET);
    store_bind_bytes(&query, sg_bytes_of(hash, STORE_HASH_LEN));
    SG_TRY(store_step(&query));
    struct store_session session = { 0 };
    memcpy(session.hash, hash, STORE_HASH_LEN);
    SG_TRY(store_column_exact(&query, 0, session.person, sizeof(session.person)));
    session.method = (uint64_t)store_column_int(&query, 1);
    SG_TRY(store_column_hash(&query, 2, session.agent));
    session.created_at = store_column_int(&query, 3);
    session.seen_at = store_column_int(&query, 4);
    session.expires_at = store_column_int(&query, 5);
    *ret = session;
    return SG_DONE;
}

static sg_result
seen(struct store_db *db, struct store_unit *unit)
{
    struct session_work *work = work_of(unit);
    STORE_QUERY(query, db, SQL_SESSION_SEEN);
    store_bind_bytes(&query, sg_bytes_of(work->hash, STORE_HASH_LEN));
    store_bind_int(&query, work->now);
    uint64_t changes = 0;
    SG_TRY(store_run(&query, &changes));
    SG_REQUIRE(changes == 1, NOT_FOUND);
    return SG_DONE;
}

sg_result
store_session_seen(struct store *store, const uint8_t hash[STORE_HASH_LEN], int64_t now)
{
    struct session_work work = { .unit.run = seen, .hash = hash, .now = now };
    return store_wait(store, &work.unit);
}

static sg_result
end(struct store_db *db, struct store_unit *unit)
{
    return run_with(db, SQL_SESSION_END, work_of(unit)->hash, STORE_HASH_LEN);
}

sg_result
store_session_end(struct store *store, const uint8_t hash[STORE_HASH_LEN])
{
    struct session_work work = { .unit.run = end, .hash = hash };
    return store_wait(store, &work.unit);
}

sg_result
store_access_end(struct store_db *db, const uint8_t *person, const uint8_t *but)
{
    {
        STORE_QUERY(query, db, SQL_SESSION_END_ALL);
        store_bind_bytes(&query, sg_bytes_of(person, STORE_PERSON_LEN));
        store_bind_bytes(&query, sg_bytes_of(but, STORE_HASH_LEN)); /* NULL: no hash is NULL */
        SG_TRY(store_run(&query, NULL));
    }
    SG_TRY(run_with(db, SQL_CODE_END_ALL, person, STORE_PERSON_LEN));
    return run_with(db, SQL_TOKEN_END_ALL, person, STORE_PERSON_LEN);
}

static sg_result
end_all(struct store_db *db, struct store_unit *unit)
{
    return store_access_end(db, work_of(unit)->person, work_of(unit)->ended);
}

sg_result
store_session_end_all(
    struct store *store, const uint8_t person[STORE_PERSON_LEN], const uint8_t *but)
{
    struct session_work work = {
        .unit.run = end_all, .unit.several = true, .person = person, .ended = but
    };
    return store_wait(store, &work.unit);
}

sg_result
store_session_count(
    struct store *store, const uint8_t person[STORE_PERSON_LEN], int64_t now, uint64_t *ret)
{
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_SESSION_COUNT);
    store_bind_bytes(&query, sg_bytes_of(person, STORE_PERSON_LEN));
    store_bind_int(&query, now);
    SG_TRY(store_step(&query));
    *ret = (uint64_t)store_column_int(&query, 0);
    return SG_DONE;
}

sg_result
store_persons_after(struct store *store, const uint8_t after[STORE_PERSON_LEN],
    uint8_t (*ret)[STORE_PERSON_LEN], size_t max, size_t *ret_n)
{
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_PERSONS_AFTER);
    store_bind_bytes(&query, sg_bytes_of(after, STORE_PERSON_LEN));
    store_bind_int(&query, (int64_t)max);
    size_t n = 0;
    sg_result r = store_step(&query);
    for (; sg_ok(r) && n < max; n++) {
        SG_TRY(store_column_exact(&query, 0, ret[n], STORE_PERSON_LEN));
        r = store_step(&query);
    }
    SG_REQUIRE(sg_ok(r) || r.code == SG_E_NOT_FOUND, STORE_DOWN);
    *ret_n = n;
    return SG_DONE;
}

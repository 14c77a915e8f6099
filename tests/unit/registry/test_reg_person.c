/* Persons, passkeys, enrolments and holder keys in the registry. req: AU-2 AU-3 AU-7 KEY-2 KEY-4 KEY-6 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <unistd.h>

#include "reg_apply.h"
#include "reg_people.h"
#include "support.h"

#define NOW 1700000000

static struct sg_arena *arena;
static const char *dir;
static char before[4096];
static sqlite3 *db;
static struct registry *reg;
static const uint8_t alice[REG_PERSON_LEN] = { 1 };
static const uint8_t bob[REG_PERSON_LEN] = { 2 };

struct made {
    sg_bytes spki;
    uint8_t thumbprint[REG_THUMBPRINT_LEN];
};

static struct made
make_key(void)
{
    struct made made;
    uint8_t der[128];
    uint8_t *p = der;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    int n = i2d_PUBKEY(key, &p);
    EVP_PKEY_free(key);
    assert_int_equal(n, 91);
    assert_ok(sg_arena_bytes(arena, sg_bytes_of(der, (size_t)n), &made.spki));
    struct key_public *public = NULL;
    assert_ok(key_public_new(made.spki, &public));
    memcpy(made.thumbprint, key_public_thumbprint(public), sizeof(made.thumbprint));
    key_public_free(&public);
    return made;
}

static void
put_person(const uint8_t id[REG_PERSON_LEN])
{
    struct reg_person person = {
        .state = WIRE_PERSON_ENROLLING, .level = 2, .keys_max = 5, .seq = 3
    };
    memcpy(person.id, id, sizeof(person.id));
    assert_ok(reg_person_put(reg, &person));
}

static struct reg_passkey
passkey_of(const uint8_t *person, const char *id, enum wire_passkey_purpose purpose)
{
    struct made made = make_key();
    struct reg_passkey row = { .id = sg_str_bytes(sg_cstr(id)),
        .purpose = purpose,
        .state = WIRE_PASSKEY_ACTIVE,
        .alg = KEY_ES256,
        .spki = made.spki,
        .backup_eligible = true,
        .aaguid = { 9 },
        .sign_count = 7,
        .seq = 11,
        .label = SG_LIT("my phone"),
        .created_at = NOW };
    memcpy(row.person, person, sizeof(row.person));
    memcpy(row.thumbprint, made.thumbprint, sizeof(row.thumbprint));
    return row;
}

/* ---- persons and passkeys ------------------------------------------------------------------------------------------ */

static void
test_a_person_is_found_by_id_and_in_order(void **state)
{
    (void)state;
    struct reg_person person;
    assert_refused(reg_person_get(reg, SG_BYTES(alice), &person), NOT_FOUND);
    assert_refused(reg_person_after(reg, SG_NO_BYTES, &person), NOT_FOUND);
    put_person(bob);
    put_person(alice);
    assert_ok(reg_person_get(reg, SG_BYTES(alice), &person));
    assert_int_equal(person.state, WIRE_PERSON_ENROLLING);
    assert_int_equal(person.level, 2);
    assert_int_equal(person.keys_max, 5);
    assert_int_equal(person.keys, 0);
    assert_ok(reg_person_after(reg, SG_NO_BYTES, &person));
    assert_memory_equal(person.id, alice, sizeof(alice));
    assert_ok(reg_person_after(reg, SG_BYTES(alice), &person));
    assert_memory_equal(person.id, bob, sizeof(bob));
    assert_refused(reg_person_after(reg, SG_BYTES(bob), &person), NOT_FOUND);
    assert_ok(reg_person_set(reg, SG_BYTES(alice), WIRE_PERSON_LOCKED, 8));
    put_person(alice); /* approved anew: what is allowed changes, not what the person is */
    assert_ok(reg_person_get(reg, SG_BYTES(alice), &person));
    assert_int_equal(person.state, WIRE_PERSON_LOCKED);
}

static void
test_a_passkey_is_kept_whole(void **state)
{
    (void)state;
    struct reg_passkey got;
    struct reg_passkey row = passkey_of(alice, "credential", WIRE_PASSKEY_SIGN);
    assert_refused(reg_passkey_get(reg, arena, row.id, &got), NOT_FOUND);
    assert_ok(reg_passkey_insert(reg, &row));
    assert_ok(reg_passkey_get(reg, arena, row.id, &got));
    assert_true(sg_bytes_equal(got.id, row.id) && sg_bytes_equal(got.spki, row.spki));
    assert_memory_equal(got.person, alice, sizeof(alice));
    assert_memory_equal(got.thumbprint, row.thumbprint, sizeof(row.thumbprint));
    assert_int_equal(got.purpose, WIRE_PASSKEY_SIGN);
    assert_int_equal(got.alg, KEY_ES256);
    assert_true(got.backup_eligible);
    assert_false(got.attested);
    assert_int_equal(got.aaguid[0], 9);
    assert_int_equal(got.sign_count, 7);
    assert_int_equal(got.seq, 11);
    assert_true(sg_str_is(got.label, "my phone"));
    assert_ok(reg_passkey_counted(reg, row.id, 4000000000U));
    assert_ok(reg_passkey_by_thumbprint(reg, arena, SG_BYTES(row.thumbprint), &got));
    assert_int_equal(got.sign_count, 4000000000U);
}

static void
test_a_credential_id_or_key_that_anybody_had_is_refused(void **state)
{
    (void)state;
    bool known = true;
    struct reg_passkey row = passkey_of(alice, "credential", WIRE_PASSKEY_LOGIN);
    assert_ok(reg_passkey_known(reg, row.id, SG_BYTES(row.thumbprint), &known));
    assert_false(known);
    assert_ok(reg_passkey_insert(reg, &row));
    struct reg_passkey other = passkey_of(bob, "credential", WIRE_PASSKEY_SIGN);
    assert_refused(reg_passkey_insert(reg, &other), CONFLICT); /* the id */
    other.id = sg_str_bytes(SG_LIT("another"));
    memcpy(other.thumbprint, row.thumbprint, sizeof(other.thumbprint));
    assert_refused(reg_passkey_insert(reg, &other), CONFLICT); /* the key */
    assert_ok(reg_passkey_set(reg, row.id, WIRE_PASSKEY_REMOVED, 20));
    struct reg_passkey got;
    assert_refused(reg_passkey_get(reg, arena, row.id, &got), NOT_FOUND);
    assert_ok(reg_passkey_known(reg, row.id, SG_NO_BYTES, &known));
    assert_true(known);
    assert_refused(reg_passkey_insert(reg, &row), CONFLICT);
}

static void
test_passkeys_of_a_person_by_purpose_and_in_order(void **state)
{
    (void)state;
    struct reg_passkey list[WIRE_PASSKEYS_MAX];
    size_t n = 99;
    struct reg_passkey rows[] = { passkey_of(alice, "zz", WIRE_PASSKEY_LOGIN),
        passkey_of(bob, "bob", WIRE_PASSKEY_SIGN), passkey_of(alice, "mm", WIRE_PASSKEY_SIGN),
        passkey_of(alice, "aa", WIRE_PASSKEY_SIGN) };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_ok(reg_passkey_insert(reg, &rows[i]));
    }
    assert_ok(reg_passkeys_of(reg, arena, SG_BYTES(alice), 0, list, &n));
    assert_int_equal(n, 3);
    assert_memory_equal(list[0].id.p, "zz", 2);
    assert_memory_equal(list[2].id.p, "aa", 2);
    assert_ok(reg_passkeys_of(reg, arena, SG_BYTES(alice), WIRE_PASSKEY_SIGN, list, &n));
    assert_int_equal(n, 2);
    assert_ok(reg_passkeys_remove(reg, SG_BYTES(alice), 30));
    assert_ok(reg_passkeys_of(reg, arena, SG_BYTES(alice), 0, list, &n));
    assert_int_equal(n, 0);
    assert_ok(reg_passkeys_of(reg, arena, SG_BYTES(bob), 0, list, &n));
    assert_int_equal(n, 1);
}

static void
test_a_passkey_row_whose_key_was_exchanged_is_refused(void **state)
{
    (void)state;
    struct reg_passkey got;
    struct reg_passkey row = passkey_of(alice, "credential", WIRE_PASSKEY_SIGN);
    assert_ok(reg_passkey_insert(reg, &row));
    sqlite3_stmt *stmt = NULL;
    assert_ok(ledger_db_prepare(db, "UPDATE reg_passkeys SET spki=?1", &stmt));
    struct made other = make_key();
    ledger_bind_bytes(stmt, 1, other.spki);
    assert_ok(ledger_run(stmt));
    ledger_stmt_free(&stmt);
    assert_refused(reg_passkey_get(reg, arena, row.id, &got), KEY_INVALID);
}

/* ---- enrolments -------------------------------------------------------------------------------------------------------- */

static void
test_one_enrolment_of_a_person_takes_the_place_of_the_last(void **state)
{
    (void)state;
    struct reg_enrolment got;
    struct reg_enrolment first = { .link_hash = { 1 },
        .salt = { 2 },
        .code_hash = { 3 },
        .level = 2,
        .keys_max = 4,
        .not_before = NOW,
        .expires_at = NOW + 100,
        .missing = 3,
        .recovery = true,
        .operation_id = { 5 } };
    memcpy(first.person, alice, sizeof(alice));
    assert_ok(reg_enrolment_put(reg, &first));
    assert_ok(reg_enrolment_tried(reg, SG_BYTES(alice)));
    assert_ok(reg_enrolment_missing(reg, SG_BYTES(alice), 2));
    assert_ok(reg_enrolment_by_link(reg, first.link_hash, &got));
    assert_int_equal(got.tries, 1);
    assert_int_equal(got.missing, 2);
    assert_true(got.recovery);
    assert_int_equal(got.expires_at, NOW + 100);
    assert_memory_equal(got.salt, first.salt, sizeof(got.salt));
    struct reg_enrolment second = first;
    second.link_hash[0] = 9;
    assert_ok(reg_enrolment_put(reg, &second));
    assert_refused(reg_enrolment_by_link(reg, first.link_hash, &got), NOT_FOUND);
    assert_ok(reg_enrolment_of(reg, SG_BYTES(alice), &got));
    assert_int_equal(got.tries, 0);
    assert_ok(reg_enrolment_drop(reg, SG_BYTES(alice)));
    assert_refused(reg_enrolment_of(reg, SG_BYTES(alice), &got), NOT_FOUND);
}

/* ---- holder keys -------------------------------------------------------------------------------------------------------- */

static struct made
put_holder(const uint8_t *person, uint8_t unique)
{
    struct made made = make_key();
    uint8_t name[16] = { unique };
    uint8_t wrapped[64];
    memset(wrapped, unique, sizeof(wrapped));
    struct reg_new_holder row = { .thumbprint = SG_BYTES(made.thumbprint),
        .person = sg_bytes_of(person, REG_PERSON_LEN),
        .unique = SG_BYTES(name),
        .level = 2,
        .spki = made.spki,
        .wrapped = SG_BYTES(wrapped),
        .state = WIRE_KEY_ACTIVE,
        .created_at = NOW };
    assert_ok(reg_holder_insert(reg, &row, 40));
    return made;
}

static void
test_a_holder_key_is_read_on_demand_and_counted(void **state)
{
    (void)state;
    sg_result why;
    struct reg_person person;
    uint8_t found[REG_THUMBPRINT_LEN];
    uint8_t unique[16] = { 1 };
    put_person(alice);
    struct made made = put_holder(alice, 1);
    struct reg_key *key = reg_holder_hold(reg, SG_BYTES(made.thumbprint), &why);
    assert_non_null(key);
    assert_int_equal(key->purpose, WIRE_PURPOSE_HOLDER);
    assert_false(key->resident);
    assert_int_equal(key->level, 2);
    assert_int_equal(key->wrapped.n, 64);
    assert_memory_equal(key->person, alice, sizeof(alice));
    assert_int_equal(key_public_alg(key->public)->alg, KEY_ES256);
    struct reg_key *again = reg_holder_hold(reg, SG_BYTES(made.thumbprint), &why);
    assert_ptr_equal(again, key);
    reg_holder_release(reg, &again);
    assert_null(again);
    reg_holder_release(reg, &key);
    reg_holder_release(reg, &key); /* NULL by now */
    assert_ok(reg_person_get(reg, SG_BYTES(alice), &person));
    assert_int_equal(person.keys, 1);
    assert_ok(reg_holder_of_unique(reg, SG_BYTES(alice), SG_BYTES(unique), found));
    assert_memory_equal(found, made.thumbprint, sizeof(found));
    assert_refused(reg_holder_of_unique(reg, SG_BYTES(bob), SG_BYTES(unique), found), NOT_FOUND);
}

static void
test_a_key_that_is_not_there_is_not_an_error_of_the_database(void **state)
{
    (void)state;
    static const uint8_t nobody[REG_THUMBPRINT_LEN] = { 77 };
    bool known = true;
    sg_result why = SG_ERROR(INTERNAL);
    assert_null(reg_holder_hold(reg, SG_BYTES(nobody), &why));
    assert_ok(why);
    assert_null(reg_holder_hold(reg, sg_bytes_of(nobody, 3), &why));
    assert_ok(why);
    assert_ok(reg_holder_known(reg, SG_BYTES(nobody), &known));
    assert_false(known);
    assert_refused(reg_holder_set(reg, SG_BYTES(nobody), WIRE_KEY_SUSPENDED, 1), NOT_FOUND);
    assert_refused(reg_holder_set(reg, SG_BYTES(nobody), WIRE_KEY_DESTROYED, 1), NOT_FOUND);
    assert_ok(ledger_db_exec(db, "DROP TABLE reg_holder_keys"));
    assert_null(reg_holder_hold(reg, SG_BYTES(nobody), &why));
    assert_refused(why, STORE_DOWN);
}

static void
test_one_unique_makes_one_key(void **state)
{
    (void)state;
    put_person(alice);
    (void)put_holder(alice, 1);
    struct made made = make_key();
    uint8_t unique[16] = { 1 };
    struct reg_new_holder row = { .thumbprint = SG_BYTES(made.thumbprint),
        .person = SG_BYTES(alice),
        .unique = SG_BYTES(unique),
        .level = 2,
        .spki = made.spki,
        .wrapped = SG_BYTES(unique),
        .state = WIRE_KEY_ACTIVE,
        .created_at = NOW };
    assert_refused(reg_holder_insert(reg, &row, 41), CONFLICT);
}

static void
test_a_destroyed_key_loses_its_wrapped_form_but_not_under_a_worker(void **state)
{
    (void)state;
    sg_result why;
    struct reg_person person;
    put_person(alice);
    struct made made = put_holder(alice, 5);
    sg_bytes name = SG_BYTES(made.thumbprint);
    struct reg_key *key = reg_holder_hold(reg, name, &why);
    assert_non_null(key);
    sg_bytes view = key->wrapped; /* a worker's */
    assert_ok(reg_holder_set(reg, name, WIRE_KEY_DESTROYED, 50));
    assert_ok(registry_refresh_key(reg, name));
    assert_int_equal(key->state, WIRE_KEY_DESTROYED);
    assert_int_equal(key->state_seq, 50);
    assert_int_equal(key->wrapped.n, 0);
    assert_int_equal(view.p[63], 5);
    reg_holder_release(reg, &key);
    assert_int_equal(registry_people(reg)->n_idle, 0);
    key = reg_holder_hold(reg, name, &why);
    assert_non_null(key);
    assert_int_equal(key->state, WIRE_KEY_DESTROYED);
    assert_int_equal(key->wrapped.n, 0);
    reg_holder_release(reg, &key);
    assert_refused(reg_holder_set(reg, name, WIRE_KEY_DESTROYED, 51), NOT_FOUND);
    assert_ok(reg_person_get(reg, SG_BYTES(alice), &person));
    assert_int_equal(person.keys, 0);
}

/* What was erased is not in the file any more; the WAL, which has it until it is written over, is emptied here. */
static void
test_the_wrapped_form_of_a_destroyed_key_is_not_left_in_the_file(void **state)
{
    (void)state;
    static const char path[] = "t.db";
    uint8_t wrapped[64];
    memset(wrapped, 0xd7, sizeof(wrapped));
    put_person(alice);
    struct made made = put_holder(alice, 0xd7);
    for (int gone = 0; gone < 2; gone++) {
        bool found = false;
        if (gone) {
            assert_ok(reg_holder_set(reg, SG_BYTES(made.thumbprint), WIRE_KEY_DESTROYED, 50));
        }
        assert_ok(ledger_db_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)"));
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        size_t n = 1 << 20;
        uint8_t *bytes = sg_arena_alloc(arena, n);
        assert_non_null(bytes);
        n = fread(bytes, 1, n, f);
        fclose(f);
        for (size_t i = 0; i + sizeof(wrapped) <= n && !found; i++) {
            found = memcmp(bytes + i, wrapped, sizeof(wrapped)) == 0;
        }
        assert_int_equal(found, !gone);
    }
}

static void
test_a_change_of_state_reaches_a_kept_key(void **state)
{
    (void)state;
    sg_result why;
    put_person(alice);
    struct made made = put_holder(alice, 5);
    sg_bytes name = SG_BYTES(made.thumbprint);
    struct reg_key *key = reg_holder_hold(reg, name, &why);
    reg_holder_release(reg, &key); /* kept, not held */
    assert_ok(reg_holder_set(reg, name, WIRE_KEY_SUSPENDED, 60));
    assert_ok(registry_refresh_key(reg, name));
    key = reg_holder_hold(reg, name, &why);
    assert_int_equal(key->state, WIRE_KEY_SUSPENDED);
    reg_holder_release(reg, &key);
}

static void
test_halts_of_a_holder_key_reach_it_kept_or_not(void **state)
{
    (void)state;
    sg_result why;
    put_person(alice);
    struct made made = put_holder(alice, 5);
    sg_bytes name = SG_BYTES(made.thumbprint);
    struct reg_key *key = reg_holder_hold(reg, name, &why);
    assert_ok(reg_halt_put(reg, name, 1, 1));
    assert_ok(registry_refresh_halts(reg));
    assert_true(registry_halted(reg, key));
    reg_holder_release(reg, &key);
    assert_ok(registry_refresh_key(reg, name)); /* forgotten, read anew */
    key = reg_holder_hold(reg, name, &why);
    assert_true(registry_halted(reg, key));
    assert_ok(reg_halt_drop(reg, name));
    assert_ok(registry_refresh_halts(reg));
    assert_false(registry_halted(reg, key));
    reg_holder_release(reg, &key);
}

static void
test_the_cache_is_bounded_and_the_least_used_goes_first(void **state)
{
    (void)state;
    enum { MANY = 6 };
    sg_result why;
    struct made made[MANY];
    struct reg_people *people = registry_people(reg);
    people->idle_max = 3;
    put_person(alice);
    for (uint8_t i = 0; i < MANY; i++) {
        made[i] = put_holder(alice, i);
    }
    struct reg_key *held = reg_holder_hold(reg, SG_BYTES(made[0].thumbprint), &why);
    assert_non_null(held);
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 1; i < MANY; i++) {
            struct reg_key *key = reg_holder_hold(reg, SG_BYTES(made[i].thumbprint), &why);
            assert_non_null(key);
            assert_memory_equal(key->thumbprint, made[i].thumbprint, REG_THUMBPRINT_LEN);
            reg_holder_release(reg, &key);
            assert_true(people->n_idle <= 3);
        }
    }
    assert_int_equal(people->n_idle, 3);
    assert_memory_equal(held->thumbprint, made[0].thumbprint, REG_THUMBPRINT_LEN); /* stayed */
    reg_holder_release(reg, &held);
    assert_int_equal(people->n_idle, 3);
}

static void
test_keys_of_a_person_come_in_pages_without_destroyed_ones(void **state)
{
    (void)state;
    struct wire_holder_key page[8];
    size_t n = 0;
    put_person(alice);
    put_person(bob);
    for (uint8_t i = 0; i < 5; i++) {
        (void)put_holder(alice, i);
    }
    (void)put_holder(bob, 1);
    assert_ok(reg_holders_of(reg, arena, SG_BYTES(alice), SG_NO_BYTES, page, 3, &n));
    assert_int_equal(n, 3);
    assert_true(memcmp(page[0].key.p, page[1].key.p, 32) < 0);
    assert_true(memcmp(page[1].key.p, page[2].key.p, 32) < 0);
    assert_int_equal(page[0].alg, KEY_ES256);
    assert_int_equal(page[0].state, WIRE_KEY_ACTIVE);
    assert_ok(reg_holders_of(reg, arena, SG_BYTES(alice), page[2].key, page, 3, &n));
    assert_int_equal(n, 2);
    assert_ok(reg_holder_set(reg, page[0].key, WIRE_KEY_DESTROYED, 9));
    assert_ok(reg_holders_of(reg, arena, SG_BYTES(alice), SG_NO_BYTES, page, 8, &n));
    assert_int_equal(n, 4);
}

static void
test_a_holder_row_whose_key_was_exchanged_is_refused(void **state)
{
    (void)state;
    sg_result why;
    put_person(alice);
    struct made made = put_holder(alice, 1);
    struct made other = make_key();
    sqlite3_stmt *stmt = NULL;
    assert_ok(ledger_db_prepare(db, "UPDATE reg_holder_keys SET spki=?1", &stmt));
    ledger_bind_bytes(stmt, 1, other.spki);
    assert_ok(ledger_run(stmt));
    ledger_stmt_free(&stmt);
    assert_null(reg_holder_hold(reg, SG_BYTES(made.thumbprint), &why));
    assert_refused(why, KEY_INVALID);
}

static void
test_uses_come_newest_first(void **state)
{
    (void)state;
    static const uint8_t passkey[REG_THUMBPRINT_LEN] = { 3 };
    struct reg_use uses[4];
    size_t n = 0;
    for (uint64_t seq = 10; seq < 16; seq++) {
        assert_ok(reg_use_note(reg, SG_BYTES(alice), seq, SG_BYTES(passkey)));
    }
    assert_ok(reg_use_note(reg, SG_BYTES(bob), 100, SG_BYTES(passkey)));
    assert_ok(reg_uses_of(reg, SG_BYTES(alice), 0, 4, uses, &n));
    assert_int_equal(n, 4);
    assert_int_equal(uses[0].seq, 15);
    assert_memory_equal(uses[0].passkey, passkey, sizeof(passkey));
    assert_ok(reg_uses_of(reg, SG_BYTES(alice), uses[3].seq, 4, uses, &n));
    assert_int_equal(n, 2);
    assert_int_equal(uses[1].seq, 10);
}

static void
test_a_database_from_before_there_were_persons_gets_the_tables(void **state)
{
    (void)state;
    struct reg_person person;
    registry_free(&reg);
    assert_ok(ledger_db_exec(db,
        "DROP TABLE reg_persons; DROP TABLE reg_passkeys; DROP TABLE reg_enrolments;"
        "DROP TABLE reg_holder_keys; DROP TABLE reg_uses"));
    assert_ok(registry_load(db, &reg));
    put_person(alice);
    assert_ok(reg_person_get(reg, SG_BYTES(alice), &person));
}

/* Databases are opened by relative names. */
static int
setup(void **state)
{
    (void)state;
    arena = sg_arena_new(0, 1 << 24);
    dir = support_mkdir(arena);
    if (getcwd(before, sizeof(before)) == NULL || chdir(dir) != 0) {
        return -1;
    }
    bool good = sg_ok(ledger_db_open("t.db", LEDGER_DB_CREATE, NULL, &db)) &&
                sg_ok(registry_create(db)) && sg_ok(registry_load(db, &reg));
    return good ? 0 : -1;
}

static int
teardown(void **state)
{
    (void)state;
    registry_free(&reg);
    ledger_db_close(&db);
    if (chdir(before) != 0) {
        return -1;
    }
    support_rmdir(dir);
    sg_arena_free(&arena);
    return 0;
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_a_person_is_found_by_id_and_in_order),
        T(test_a_passkey_is_kept_whole),
        T(test_a_credential_id_or_key_that_anybody_had_is_refused),
        T(test_passkeys_of_a_person_by_purpose_and_in_order),
        T(test_a_passkey_row_whose_key_was_exchanged_is_refused),
        T(test_one_enrolment_of_a_person_takes_the_place_of_the_last),
        T(test_a_holder_key_is_read_on_demand_and_counted),
        T(test_a_key_that_is_not_there_is_not_an_error_of_the_database),
        T(test_one_unique_makes_one_key),
        T(test_a_destroyed_key_loses_its_wrapped_form_but_not_under_a_worker),
        T(test_the_wrapped_form_of_a_destroyed_key_is_not_left_in_the_file),
        T(test_a_change_of_state_reaches_a_kept_key),
        T(test_halts_of_a_holder_key_reach_it_kept_or_not),
        T(test_the_cache_is_bounded_and_the_least_used_goes_first),
        T(test_keys_of_a_person_come_in_pages_without_destroyed_ones),
        T(test_a_holder_row_whose_key_was_exchanged_is_refused),
        T(test_uses_come_newest_first),
        T(test_a_database_from_before_there_were_persons_gets_the_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

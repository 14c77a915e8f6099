/* The life of a key, who may do what, counters that survive, and what the signer reads of a certificate. req: KEY-4 KEY-6 KEY-8 AU-1 AU-8 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "reg_apply.h"
#include "reg_cert.h"
#include "support.h"

#define NOW 1700000000

static struct sg_arena *arena;
static const char *dir;
static char before[4096];
static sqlite3 *db;
static struct registry *reg;

/* ---- the state table --------------------------------------------------------------------------------------- */

static void
test_every_pair_of_state_and_event_has_an_answer(void **state)
{
    (void)state;
    size_t allowed = 0;
    for (unsigned s = WIRE_KEY_CREATED; s <= WIRE_KEY_DESTROYED; s++) {
        for (unsigned e = REG_ACTIVATE; e < REG_EVENTS; e++) {
            enum wire_key_state next = 0;
            sg_result r = reg_state_next((enum wire_key_state)s, (enum reg_event)e, &next);
            if (sg_ok(r)) {
                assert_in_range(next, WIRE_KEY_CREATED, WIRE_KEY_DESTROYED);
                allowed++;
            } else {
                assert_true(r.code == SG_E_CONFLICT || r.code == SG_E_KEY_STATE ||
                            r.code == SG_E_DESTROYED);
            }
        }
    }
    /* counted by hand: CREATED 6, ACTIVE 5, SUSPENDED 6, REVOKED 1, EXPIRED 2, DESTROYED 0 */
    assert_int_equal(allowed, 20);
}

static void
test_nothing_brings_a_revoked_or_destroyed_key_back(void **state)
{
    (void)state;
    enum wire_key_state next;
    assert_refused(reg_state_next(WIRE_KEY_REVOKED, REG_ACTIVATE, &next), KEY_STATE);
    assert_refused(reg_state_next(WIRE_KEY_EXPIRED, REG_ACTIVATE, &next), KEY_STATE);
    assert_refused(reg_state_next(WIRE_KEY_DESTROYED, REG_ACTIVATE, &next), DESTROYED);
    assert_refused(reg_state_next(WIRE_KEY_ACTIVE, REG_DESTROY, &next), KEY_STATE);
}

/* ---- rules --------------------------------------------------------------------------------------------------- */

static void
test_only_stopping_takes_one_person(void **state)
{
    (void)state;
    size_t n;
    const struct reg_rule *rules = reg_rules(&n);
    assert_int_equal(n, 18);
    for (size_t i = 0; i < n; i++) {
        bool stopping = rules[i].state == WIRE_KEY_SUSPENDED;
        assert_int_equal(rules[i].dual, !stopping);
        assert_true(rules[i].roles != 0 && (rules[i].roles & WIRE_ROLE_AUDITOR) == 0);
    }
    for (uint64_t kind = WIRE_OPN_KEY_GENERATE; kind <= WIRE_OPN_PASSKEY_STATE; kind++) {
        struct wire_operation_msg op = { .kind = kind, .state = WIRE_KEY_ACTIVE };
        assert_non_null(reg_rule_of(&op));
    }
    struct wire_operation_msg to_created = { .kind = WIRE_OPN_KEY_STATE,
        .state = WIRE_KEY_CREATED };
    assert_null(reg_rule_of(&to_created));
}

/* ---- keys and certificates ------------------------------------------------------------------------------------- */

struct pair {
    EVP_PKEY *key;
    uint8_t spki[128];
    size_t spki_len;
};

static void
make_pair(struct pair *pair)
{
    pair->key = EVP_EC_gen("P-256");
    uint8_t *p = pair->spki;
    pair->spki_len = (size_t)i2d_PUBKEY(pair->key, &p);
}

static sg_bytes
certificate(struct pair *pair)
{
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 77);
    ASN1_TIME_set(X509_getm_notBefore(x), NOW - 10);
    ASN1_TIME_set(X509_getm_notAfter(x), NOW + 1000);
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"seal", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_set_pubkey(x, pair->key);
    assert_true(X509_sign(x, pair->key, EVP_sha256()) > 0);
    uint8_t *der = sg_arena_alloc(arena, 2048);
    uint8_t *p = der;
    int n = i2d_X509(x, &p);
    assert_in_range(n, 100, 2048);
    X509_free(x);
    return sg_bytes_of(der, (size_t)n);
}

static void
test_a_certificate_gives_key_and_times_and_nothing_cut_short_does(void **state)
{
    (void)state;
    struct pair pair;
    struct reg_cert cert;
    make_pair(&pair);
    sg_bytes der = certificate(&pair);
    assert_ok(reg_cert_parse(der, &cert));
    assert_true(sg_bytes_equal(cert.spki, sg_bytes_of(pair.spki, pair.spki_len)));
    assert_int_equal(cert.not_before, NOW - 10);
    assert_int_equal(cert.not_after, NOW + 1000);
    for (size_t n = 0; n < der.n; n++) {
        assert_refused(reg_cert_parse(sg_bytes_of(der.p, n), &cert), MALFORMED);
    }
    EVP_PKEY_free(pair.key);
}

static void
insert_key(const struct pair *pair, const char *label, uint8_t ret[32])
{
    struct key_public *public = NULL;
    assert_ok(key_public_new(sg_bytes_of(pair->spki, pair->spki_len), &public));
    memcpy(ret, key_public_thumbprint(public), 32);
    key_public_free(&public);
    struct reg_new_key row = { .thumbprint = sg_bytes_of(ret, 32),
        .alg = KEY_ES256,
        .purpose = WIRE_PURPOSE_SEAL,
        .level = 1,
        .resident = true,
        .label = sg_cstr(label),
        .spki = sg_bytes_of(pair->spki, pair->spki_len),
        .state = WIRE_KEY_CREATED,
        .created_at = NOW };
    assert_ok(reg_key_insert(reg, &row, 5));
    assert_ok(registry_refresh_key(reg, row.thumbprint));
}

static struct wire_operation_msg
op_of(enum wire_op_kind kind)
{
    return (struct wire_operation_msg){ .kind = kind, .proposed_at = NOW, .expires_at = NOW + 100 };
}

#define WEEK ((int64_t)7 * 86400)

static void
test_a_certificate_of_another_key_is_not_installed(void **state)
{
    (void)state;
    struct pair pair;
    struct pair other;
    uint8_t thumbprint[32];
    make_pair(&pair);
    make_pair(&other);
    insert_key(&pair, "seal", thumbprint);
    struct wire_operation_msg op = op_of(WIRE_OPN_KEY_CERTIFY);
    op.key = SG_BYTES(thumbprint);
    op.chain[0] = certificate(&other);
    op.n_chain = 1;
    assert_refused(reg_op_check(reg, &op, NOW, WEEK), KEY_INVALID);
    op.chain[0] = certificate(&pair);
    assert_ok(reg_op_check(reg, &op, NOW, WEEK));
    assert_ok(reg_apply(reg, arena, &op, 6, NOW));
    assert_ok(reg_refresh(reg, &op));
    const struct reg_key *key = registry_key(reg, op.key);
    assert_int_equal(key->n_chain, 1);
    assert_int_equal(key->not_after, NOW + 1000);
    EVP_PKEY_free(pair.key);
    EVP_PKEY_free(other.key);
}

static void
test_operations_have_a_time(void **state)
{
    (void)state;
    struct wire_operation_msg op = op_of(WIRE_OPN_RESUME);
    assert_ok(reg_op_check(reg, &op, NOW, WEEK));
    assert_refused(reg_op_check(reg, &op, NOW + 100, WEEK), EXPIRED);
    op.proposed_at = NOW + REG_AHEAD_S + 1;
    assert_refused(reg_op_check(reg, &op, NOW, WEEK), NOT_YET);
    op = op_of(WIRE_OPN_RESUME);
    op.expires_at = NOW + WEEK + 1;
    assert_refused(reg_op_check(reg, &op, NOW, WEEK), VALUE);
}

static void
test_an_auditor_is_nothing_else_and_two_administrators_remain(void **state)
{
    (void)state;
    struct pair pair;
    make_pair(&pair);
    struct wire_operation_msg op = op_of(WIRE_OPN_OPERATOR_SET);
    op.name = SG_LIT("carol");
    op.person = SG_LIT("p3");
    op.alg = KEY_ES256;
    op.spki = sg_bytes_of(pair.spki, pair.spki_len);
    op.active = true;
    op.roles = WIRE_ROLE_AUDITOR | WIRE_ROLE_ADMINISTRATOR;
    assert_refused(reg_op_check(reg, &op, NOW, WEEK), POLICY);
    op.roles = WIRE_ROLE_AUDITOR;
    assert_refused(
        reg_op_check(reg, &op, NOW, WEEK), POLICY); /* there are no two administrators here */
    op.roles = WIRE_ROLE_ADMINISTRATOR;
    assert_ok(reg_operator_insert(reg, &op));
    assert_ok(registry_refresh_operator(reg, op.name));
    struct wire_operation_msg dave = op;
    dave.name = SG_LIT("dave");
    assert_refused(reg_op_check(reg, &dave, NOW, WEEK), POLICY); /* the same person twice */
    dave.person = SG_LIT("p4");
    assert_ok(reg_op_check(reg, &dave, NOW, WEEK));
    assert_ok(reg_operator_insert(reg, &dave));
    assert_ok(registry_refresh_operator(reg, dave.name));
    dave.active = false;
    assert_refused(reg_op_check(reg, &dave, NOW, WEEK), POLICY);
    EVP_PKEY_free(pair.key);
}

/* ---- mandates -------------------------------------------------------------------------------------------------- */

static struct reg_mandate *
a_mandate(uint64_t count)
{
    static const uint8_t id[16] = { 42 };
    struct pair pair;
    uint8_t thumbprint[32];
    make_pair(&pair);
    insert_key(&pair, "m", thumbprint);
    EVP_PKEY_free(pair.key);
    struct wire_operation_msg op = op_of(WIRE_OPN_CLIENT_SET);
    op.name = SG_LIT("client");
    op.active = true;
    assert_ok(reg_op_check(reg, &op, NOW, WEEK));
    assert_ok(reg_apply(reg, arena, &op, 7, NOW));
    assert_ok(reg_refresh(reg, &op));
    op = op_of(WIRE_OPN_MANDATE_SET);
    op.mandate = (struct wire_mandate){ .id = SG_BYTES(id),
        .client = SG_LIT("client"),
        .key = SG_BYTES(thumbprint),
        .operation = WIRE_OP_SEAL_CREDENTIAL,
        .configurations = { SG_LIT("badge") },
        .n_configurations = 1,
        .count = count,
        .window_s = 3600,
        .not_before = NOW,
        .not_after = NOW + 100000 };
    assert_ok(reg_op_check(reg, &op, NOW, WEEK));
    assert_ok(reg_apply(reg, arena, &op, 8, NOW));
    assert_ok(reg_refresh(reg, &op));
    op.mandate.operation = WIRE_OP_STATUS_LIST; /* a seal key signs no lists */
    assert_refused(reg_op_check(reg, &op, NOW, WEEK), KEY_USE);
    struct reg_mandate *mandate = registry_mandate(reg, SG_BYTES(id));
    assert_non_null(mandate);
    return mandate;
}

static void
test_a_mandate_counts_per_window_durably_and_rolls_back(void **state)
{
    (void)state;
    uint64_t used = 0;
    struct reg_mandate *m = a_mandate(3);
    assert_ok(registry_mandate_use(reg, m, 2, NOW, &used));
    assert_int_equal(used, 2);
    assert_refused(registry_mandate_use(reg, m, 2, NOW, &used), MANDATE);
    registry_counters_rolled_back(reg);
    assert_int_equal(registry_mandate_left(m, NOW), 3);
    assert_ok(registry_mandate_use(reg, m, 3, NOW, &used));
    assert_ok(registry_counters_write(reg));
    registry_counters_committed(reg);
    assert_int_equal(registry_mandate_left(m, NOW), 0);
    registry_free(&reg); /* a restart */
    assert_ok(registry_load(db, &reg));
    static const uint8_t id[16] = { 42 };
    m = registry_mandate(reg, SG_BYTES(id));
    assert_int_equal(registry_mandate_left(m, NOW), 0);
    assert_int_equal(registry_mandate_left(m, NOW + 3600), 3); /* the next window */
}

static void
test_a_step_back_over_the_edge_does_not_open_a_window_again(void **state)
{
    (void)state;
    uint64_t used = 0;
    struct reg_mandate *m = a_mandate(3);
    int64_t edge = (NOW / 3600 + 1) * (int64_t)3600;
    assert_ok(registry_mandate_use(reg, m, 3, edge - 1, &used));
    assert_ok(registry_mandate_use(reg, m, 3, edge, &used));
    assert_int_equal(registry_mandate_left(m, edge - 2), 0);
    assert_refused(registry_mandate_use(reg, m, 1, edge - 2, &used), MANDATE);
    assert_int_equal(registry_mandate_left(m, edge + 1), 0);
    /* far back: two operators accepted another time */
    assert_int_equal(registry_mandate_left(m, edge - 7200), 3);
}

static void
test_one_operators_proposals_leave_room_for_the_others(void **state)
{
    (void)state;
    static const uint8_t bytes[4] = { 1 };
    struct reg_proposal p = { .operation = SG_BYTES(bytes),
        .proposer = SG_LIT("mallory"),
        .signature = SG_BYTES(bytes),
        .expires_at = NOW + 100 };
    for (unsigned i = 0; i < REG_PROPOSALS_EACH; i++) {
        p.id[0] = (uint8_t)i;
        assert_ok(reg_proposal_put(reg, &p, NOW));
    }
    p.id[0] = 200;
    assert_refused(reg_proposal_put(reg, &p, NOW), TOO_MANY);
    p.proposer = SG_LIT("alice");
    assert_ok(reg_proposal_put(reg, &p, NOW));
    p.id[0] = 201;
    p.proposer = SG_LIT("mallory");
    assert_ok(reg_proposal_put(reg, &p, NOW + 100)); /* the others are over */
}

static void
test_an_instruction_is_used_as_often_as_it_says(void **state)
{
    (void)state;
    static const uint8_t id[16] = { 1 };
    assert_ok(registry_instruction_use(reg, SG_BYTES(id), SG_LIT("a"), 3, 2, NOW + 10));
    assert_refused(
        registry_instruction_use(reg, SG_BYTES(id), SG_LIT("a"), 3, 2, NOW + 10), INSTRUCTION);
    assert_ok(registry_instruction_use(reg, SG_BYTES(id), SG_LIT("a"), 3, 1, NOW + 10));
    /* another client's instruction of the same id is another one */
    assert_ok(registry_instruction_use(reg, SG_BYTES(id), SG_LIT("b"), 3, 3, NOW + 10));
    assert_refused(
        registry_instruction_use(reg, SG_BYTES(id), SG_LIT("c"), 3, 4, NOW + 10), INSTRUCTION);
}

/* ---- halts, altered rows ------------------------------------------------------------------------------------------ */

static void
test_halts_are_kept_and_end(void **state)
{
    (void)state;
    struct pair pair;
    uint8_t thumbprint[32];
    make_pair(&pair);
    insert_key(&pair, "h", thumbprint);
    EVP_PKEY_free(pair.key);
    uint64_t epoch = registry_halt_epoch(reg);
    assert_ok(reg_halt_put(reg, SG_BYTES(thumbprint), 1, 1));
    assert_ok(registry_refresh_halts(reg));
    struct reg_key *key = registry_key(reg, SG_BYTES(thumbprint));
    assert_true(registry_halted(reg, key));
    assert_false(registry_halted(reg, NULL));
    assert_true(registry_halt_epoch(reg) > epoch);
    assert_ok(reg_halt_put(reg, SG_NO_BYTES, 1, 1));
    assert_ok(registry_refresh_halts(reg));
    assert_true(registry_halted(reg, NULL));
    assert_ok(reg_halt_drop(reg, SG_NO_BYTES));
    assert_ok(registry_refresh_halts(reg));
    assert_false(registry_halted(reg, key));
}

static void
test_a_row_whose_key_was_exchanged_is_refused(void **state)
{
    (void)state;
    struct pair pair;
    struct pair other;
    uint8_t thumbprint[32];
    make_pair(&pair);
    make_pair(&other);
    insert_key(&pair, "x", thumbprint);
    sqlite3_stmt *stmt = NULL;
    assert_ok(ledger_db_prepare(db, "UPDATE reg_keys SET spki=?1", &stmt));
    ledger_bind_bytes(stmt, 1, sg_bytes_of(other.spki, other.spki_len));
    assert_ok(ledger_run(stmt));
    ledger_stmt_free(&stmt);
    registry_free(&reg);
    assert_refused(registry_load(db, &reg), KEY_INVALID);
    EVP_PKEY_free(pair.key);
    EVP_PKEY_free(other.key);
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

#define WITH_DB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pair_of_state_and_event_has_an_answer),
        cmocka_unit_test(test_nothing_brings_a_revoked_or_destroyed_key_back),
        cmocka_unit_test(test_only_stopping_takes_one_person),
        WITH_DB(test_a_certificate_gives_key_and_times_and_nothing_cut_short_does),
        WITH_DB(test_a_certificate_of_another_key_is_not_installed),
        WITH_DB(test_operations_have_a_time),
        WITH_DB(test_an_auditor_is_nothing_else_and_two_administrators_remain),
        WITH_DB(test_a_mandate_counts_per_window_durably_and_rolls_back),
        WITH_DB(test_a_step_back_over_the_edge_does_not_open_a_window_again),
        WITH_DB(test_one_operators_proposals_leave_room_for_the_others),
        WITH_DB(test_an_instruction_is_used_as_often_as_it_says),
        WITH_DB(test_halts_are_kept_and_end),
        WITH_DB(test_a_row_whose_key_was_exchanged_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

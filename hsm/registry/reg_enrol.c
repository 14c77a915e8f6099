/* Enrolments that wait for a person. req: AU-2, AU-7 */
#include "reg_people.h"

static sg_result
read_enrolment(sqlite3_stmt *stmt, struct reg_enrolment *ret)
{
    bool row = false;
    SG_TRY(ledger_step(stmt, &row));
    SG_REQUIRE(row, NOT_FOUND);
    struct reg_enrolment e = { .tries = ledger_column_uint(stmt, 4),
        .level = ledger_column_uint(stmt, 5),
        .keys_max = ledger_column_uint(stmt, 6),
        .not_before = ledger_column_int(stmt, 7),
        .expires_at = ledger_column_int(stmt, 8),
        .missing = ledger_column_uint(stmt, 9),
        .recovery = ledger_column_int(stmt, 10) != 0,
        .seq = ledger_column_uint(stmt, 12) };
    const struct {
        int column;
        uint8_t *to;
        size_t n;
    } fixed[] = {
        { 0, e.person, sizeof(e.person) },
        { 1, e.link_hash, sizeof(e.link_hash) },
        { 2, e.salt, sizeof(e.salt) },
        { 3, e.code_hash, sizeof(e.code_hash) },
        { 11, e.operation_id, sizeof(e.operation_id) },
    };
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        sg_bytes value = ledger_column_bytes(stmt, fixed[i].column);
        SG_REQUIRE(value.n == fixed[i].n, INTERNAL);
        memcpy(fixed[i].to, value.p, value.n);
    }
    *ret = e;
    return SG_DONE;
}

sg_result
reg_enrolment_put(struct registry *registry, const struct reg_enrolment *enrolment)
{
    REG_STMT(registry_people(registry), REG_SQL_ENROLMENT_PUT);
    ledger_bind_bytes(stmt, 1, SG_BYTES(enrolment->person));
    ledger_bind_bytes(stmt, 2, SG_BYTES(enrolment->link_hash));
    ledger_bind_bytes(stmt, 3, SG_BYTES(enrolment->salt));
    ledger_bind_bytes(stmt, 4, SG_BYTES(enrolment->code_hash));
    ledger_bind_uint(stmt, 5, enrolment->level);
    ledger_bind_uint(stmt, 6, enrolment->keys_max);
    ledger_bind_int(stmt, 7, enrolment->not_before);
    ledger_bind_int(stmt, 8, enrolment->expires_at);
    ledger_bind_uint(stmt, 9, enrolment->missing);
    ledger_bind_int(stmt, 10, enrolment->recovery);
    ledger_bind_bytes(stmt, 11, SG_BYTES(enrolment->operation_id));
    ledger_bind_uint(stmt, 12, enrolment->seq);
    return ledger_run(stmt);
}

sg_result
reg_enrolment_by_link(
    struct registry *registry, const uint8_t link_hash[SG_SHA256_LEN], struct reg_enrolment *ret)
{
    REG_STMT(registry_people(registry), REG_SQL_ENROLMENT_BY_LINK);
    ledger_bind_bytes(stmt, 1, sg_bytes_of(link_hash, SG_SHA256_LEN));
    return read_enrolment(stmt, ret);
}

sg_result
reg_enrolment_of(struct registry *registry, sg_bytes person, struct reg_enrolment *ret)
{
    REG_STMT(registry_people(registry), REG_SQL_ENROLMENT_OF);
    ledger_bind_bytes(stmt, 1, person);
    return read_enrolment(stmt, ret);
}

static sg_result
of_person(struct registry *registry, enum reg_sql which, sg_bytes person)
{
    REG_STMT(registry_people(registry), which);
    ledger_bind_bytes(stmt, 1, person);
    return ledger_run(stmt);
}

sg_result
reg_enrolment_tried(struct registry *registry, sg_bytes person)
{
    return of_person(registry, REG_SQL_ENROLMENT_TRIED, person);
}

sg_result
reg_enrolment_missing(struct registry *registry, sg_bytes person, uint64_t missing)
{
    REG_STMT(registry_people(registry), REG_SQL_ENROLMENT_MISSING);
    ledger_bind_bytes(stmt, 1, person);
    ledger_bind_uint(stmt, 2, missing);
    return ledger_run(stmt);
}

sg_result
reg_enrolment_drop(struct registry *registry, sg_bytes person)
{
    return of_person(registry, REG_SQL_ENROLMENT_DROP, person);
}

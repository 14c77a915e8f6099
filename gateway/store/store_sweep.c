/* What has run out goes: claims first (SIG-6), rows later. */
#include "store_inner.h"

struct sweep {
    struct store_unit unit; /* first */
    int64_t now;
    uint64_t rows;
};

static sg_result
sweep(struct store_db *db, struct store_unit *unit)
{
    struct sweep *work = (struct sweep *)unit;
    static const enum store_sql steps[] = { SQL_SWEEP_TOKENS, SQL_SWEEP_BODIES, SQL_SWEEP_OFFERS,
        SQL_SWEEP_SESSIONS, SQL_SWEEP_CODES, SQL_SWEEP_ONCE };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        STORE_QUERY(query, db, steps[i]);
        store_bind_int(&query, work->now);
        uint64_t changes = 0;
        SG_TRY(store_run(&query, &changes));
        work->rows += changes;
        bool personal = steps[i] == SQL_SWEEP_BODIES || steps[i] == SQL_SWEEP_OFFERS;
        db->dropped = db->dropped || (changes > 0 && personal);
    }
    return SG_DONE;
}

sg_result
store_sweep(struct store *store, int64_t now, uint64_t *ret_rows)
{
    struct sweep work = { .unit.run = sweep, .unit.several = true, .now = now };
    SG_TRY(store_wait(store, &work.unit));
    *ret_rows = work.rows;
    return SG_DONE;
}

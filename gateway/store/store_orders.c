/* Status orders: kept before the signer is asked, applied in one transaction with the list, dropped when refused. req: STA-2, OPS-2 */
#include "store_inner.h"

struct order_work {
    struct store_unit unit; /* first */
    const struct store_order *order;
    sg_bytes id;
    int64_t at;
    uint64_t result; /* present value, or the list's version */
};

static struct order_work *
work_of(struct store_unit *unit)
{
    return (struct order_work *)unit;
}

static sg_result
not_known(struct store_db *db, sg_bytes id)
{
    STORE_QUERY(query, db, SQL_ORDER_KNOWN);
    store_bind_bytes(&query, id);
    sg_result r = store_step(&query);
    SG_REQUIRE(!sg_ok(r), REPLAY);
    return r.code == SG_E_NOT_FOUND ? SG_DONE : r;
}

static sg_result
who_waits(struct store_db *db, sg_bytes id)
{
    STORE_QUERY(query, db, SQL_WAITING_GET);
    store_bind_bytes(&query, id);
    sg_result r = store_step(&query);
    SG_REQUIRE(!sg_ok(r), PENDING);
    return r.code == SG_E_NOT_FOUND ? SG_ERROR(TOO_MANY) : r;
}

static sg_result
wait_for(struct store_db *db, struct store_unit *unit)
{
    const struct store_order *order = work_of(unit)->order;
    struct store_list_head head;
    uint64_t unused;
    SG_TRY(store_list_head_get(db, order->list, &unused, &head));
    SG_REQUIRE(order->idx < head.size, NOT_FOUND);
    SG_REQUIRE(order->value < (UINT64_C(1) << head.bits), VALUE);
    SG_TRY(not_known(db, order->id));
    SG_TRY(store_list_entry(db, &head, order->idx, NULL, &work_of(unit)->result));
    STORE_QUERY(query, db, SQL_WAITING_PUT);
    store_bind_bytes(&query, order->id);
    store_bind_str(&query, order->list);
    store_bind_int(&query, (int64_t)order->idx);
    store_bind_int(&query, (int64_t)order->value);
    store_bind_int(&query, order->at);
    store_bind_bytes(&query, order->order);
    store_bind_bytes(&query, order->signature);
    sg_result r = store_run(&query, NULL);
    return r.code == SG_E_CONFLICT ? who_waits(db, order->id) : r;
}

sg_result
store_order_wait(struct store *store, const struct store_order *order, uint64_t *ret_present)
{
    SG_REQUIRE(order->id.n == 16 && order->idx <= INT32_MAX && order->order.p != NULL &&
                   order->order.n <= STORE_BODY_MAX && order->signature.p != NULL &&
                   order->signature.n <= STORE_BODY_MAX,
        VALUE);
    struct order_work work = { .unit.run = wait_for, .order = order };
    SG_TRY(store_wait(store, &work.unit));
    *ret_present = work.result;
    return SG_DONE;
}

static sg_result
forget(struct store_db *db, sg_bytes id)
{
    STORE_QUERY(query, db, SQL_WAITING_DROP);
    store_bind_bytes(&query, id);
    uint64_t n = 0;
    SG_TRY(store_run(&query, &n));
    SG_REQUIRE(n == 1, NOT_FOUND);
    return SG_DONE;
}

/* Into the orders that were applied; the waiting row's columns are borrowed until its query ends. */
static sg_result
keep(struct store_db *db, sg_bytes id, sg_str list, const struct store_order *order, int64_t at)
{
    STORE_QUERY(query, db, SQL_ORDER_PUT);
    store_bind_bytes(&query, id);
    store_bind_str(&query, list);
    store_bind_int(&query, (int64_t)order->idx);
    store_bind_int(&query, (int64_t)order->value);
    store_bind_int(&query, at);
    store_bind_bytes(&query, order->order);
    sg_result r = store_run(&query, NULL);
    return r.code == SG_E_CONFLICT ? SG_ERROR(REPLAY) : r;
}

static sg_result
change(struct store_db *db, sg_str list, const struct store_order *order, uint64_t *ret_version)
{
    struct store_list_head head;
    uint64_t unused;
    SG_TRY(store_list_head_get(db, list, &unused, &head));
    SG_REQUIRE(order->idx < head.size, NOT_FOUND);
    SG_TRY(store_list_entry(db, &head, order->idx, &order->value, &unused));
    STORE_QUERY(query, db, SQL_LIST_CHANGED);
    store_bind_int(&query, head.id);
    SG_TRY(store_step(&query));
    *ret_version = (uint64_t)store_column_int(&query, 0);
    return store_run(&query, NULL);
}

static sg_result
apply(struct store_db *db, struct store_unit *unit)
{
    struct order_work *work = work_of(unit);
    SG_CLEANUP(sg_arena_free)
    struct sg_arena *arena = sg_arena_new(0, 2 * STORE_BODY_MAX);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    struct store_order order = { 0 };
    {
        STORE_QUERY(query, db, SQL_WAITING_GET);
        store_bind_bytes(&query, work->id);
        SG_TRY(store_step(&query));
        SG_TRY(store_column_str(&query, 0, arena, &order.list));
        order.idx = (uint64_t)store_column_int(&query, 1);
        order.value = (uint64_t)store_column_int(&query, 2);
        SG_TRY(store_column_bytes(&query, 3, arena, &order.order));
    }
    SG_TRY(keep(db, work->id, order.list, &order, work->at));
    SG_TRY(change(db, order.list, &order, &work->result));
    return forget(db, work->id);
}

sg_result
store_order_apply(struct store *store, sg_bytes id, int64_t at, uint64_t *ret_version)
{
    struct order_work work = { .unit.run = apply, .unit.several = true, .id = id, .at = at };
    SG_TRY(store_wait(store, &work.unit));
    *ret_version = work.result;
    return SG_DONE;
}

static sg_result
drop(struct store_db *db, struct store_unit *unit)
{
    return forget(db, work_of(unit)->id);
}

sg_result
store_order_drop(struct store *store, sg_bytes id)
{
    struct order_work work = { .unit.run = drop, .id = id };
    return store_wait(store, &work.unit);
}

static sg_result
waiting_row(struct store_query *query, struct sg_arena *arena, struct store_order *ret)
{
    struct store_order order = { 0 };
    SG_TRY(store_column_bytes(query, 0, arena, &order.id));
    SG_TRY(store_column_str(query, 1, arena, &order.list));
    order.idx = (uint64_t)store_column_int(query, 2);
    order.value = (uint64_t)store_column_int(query, 3);
    order.at = store_column_int(query, 4);
    SG_TRY(store_column_bytes(query, 5, arena, &order.order));
    SG_TRY(store_column_bytes(query, 6, arena, &order.signature));
    *ret = order;
    return SG_DONE;
}

sg_result
store_orders_waiting(
    struct store *store, struct sg_arena *arena, const struct store_order **ret, size_t *ret_n)
{
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_WAITING_ALL);
    store_bind_int(&query, STORE_ORDERS_MAX);
    struct store_order *rows = SG_NEW_ARRAY(arena, STORE_ORDERS_MAX, struct store_order);
    SG_REQUIRE(rows != NULL, NO_MEMORY);
    size_t n = 0;
    sg_result r = store_step(&query);
    for (; sg_ok(r) && n < STORE_ORDERS_MAX; r = store_step(&query)) {
        SG_TRY(waiting_row(&query, arena, &rows[n++]));
    }
    SG_REQUIRE(sg_ok(r) || r.code == SG_E_NOT_FOUND, STORE_DOWN);
    *ret = rows;
    *ret_n = n;
    return SG_DONE;
}

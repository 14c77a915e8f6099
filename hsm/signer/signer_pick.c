/*
 * --pick-holder-keys N: different keys at random, of persons who have a signing passkey, for `sealgate bench --gestures`. It names keys, persons and public
 * keys; nothing is signed, unwrapped or changed. In a process of its own, so that the signer that is measured has none of their rows in its cache. req: KEY-2
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "signer_people.h"

struct pick {
    struct signer *s;
    uint64_t keys; /* rows have the numbers 1 to `keys` */
    uint8_t *seen; /* a bit for each */
    sqlite3_stmt *row;
};

static sg_result
count_rows(struct pick *p)
{
    sqlite3_stmt *stmt SG_CLEANUP(ledger_stmt_free)
    = NULL;
    bool row = false;
    sqlite3 *db = ledger_sql(p->s->ledger);
    SG_TRY(ledger_db_prepare(db, "SELECT max(n) FROM reg_holder_keys", &stmt));
    SG_TRY(ledger_step(stmt, &row));
    p->keys = row ? ledger_column_uint(stmt, 0) : 0;
    return ledger_db_prepare(db,
        "SELECT thumbprint,person,spki FROM reg_holder_keys h WHERE n=?1 AND state=2 AND EXISTS"
        " (SELECT 1 FROM reg_passkeys p WHERE p.person=h.person AND p.purpose=2 AND p.state=1)",
        &p->row);
}
_Static_assert(
    WIRE_KEY_ACTIVE == 2 && WIRE_PASSKEY_SIGN == 2 && WIRE_PASSKEY_ACTIVE == 1, "as the SQL says");

static void
print_hex(sg_bytes bytes)
{
    putchar(' ');
    for (size_t i = 0; i < bytes.n; i++) {
        printf("%02x", bytes.p[i]);
    }
}

static sg_result
print_row(struct pick *p, uint64_t n, bool *ret_good)
{
    sqlite3_stmt *stmt SG_CLEANUP(ledger_stmt_reset)
    = p->row;
    ledger_bind_uint(stmt, 1, n);
    SG_TRY(ledger_step(stmt, ret_good));
    if (*ret_good) {
        fputs("key", stdout);
        for (int i = 0; i < 3; i++) {
            print_hex(ledger_column_bytes(stmt, i));
        }
        putchar('\n');
    }
    return SG_DONE;
}

/* A number that was not drawn before; there is one. */
static uint64_t
draw(struct pick *p)
{
    for (;;) {
        uint64_t random;
        randombytes_buf(&random, sizeof(random));
        random %= p->keys;
        uint8_t bit = (uint8_t)(1u << (random & 7));
        if ((p->seen[random >> 3] & bit) == 0) {
            p->seen[random >> 3] |= bit;
            return random + 1;
        }
    }
}

static sg_result
run(struct pick *p, uint64_t want)
{
    SG_TRY(count_rows(p));
    p->seen = calloc(1, p->keys / 8 + 1);
    SG_REQUIRE(p->seen != NULL, NO_MEMORY);
    printf("keys %llu\n", (unsigned long long)p->keys);
    for (uint64_t drawn = 0, found = 0; found < want && drawn < p->keys; drawn++) {
        bool good = false;
        SG_TRY(print_row(p, draw(p), &good));
        found += good ? 1 : 0;
    }
    return SG_DONE;
}

int
signer_pick(const struct signer_args *args)
{
    static struct signer s;
    struct pick p = { .s = &s };
    struct sg_why why = { 0 };
    sg_result r = signer_tool_open(&s, args, &why);
    if (sg_ok(r)) {
        r = run(&p, args->pick);
    }
    if (!sg_ok(r)) {
        fprintf(stderr, "sealgate-signer: cannot pick keys: %s (%s)\n",
            why.what == NULL ? "-" : why.what, sg_code_row(r.code)->name);
    }
    ledger_stmt_free(&p.row);
    free(p.seen);
    signer_tool_close(&s);
    return sg_ok(r) && fflush(stdout) == 0 ? 0 : 1;
}

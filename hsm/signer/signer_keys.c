/*
 * Keys between registry and token: "half-made" is durable before the token is asked, "made" after; the same for destroying. What a crash left in
 * between is found at start. req: KEY-2, KEY-4, KEY-6
 */
#include <stdio.h>

#include "point.h"
#include "signer.h"

sg_result
signer_transaction(
    struct signer *s, sg_result (*write)(struct signer *s, void *context), void *context)
{
    SG_TRY(ledger_begin(s->ledger));
    sg_result r = write(s, context);
    if (!sg_ok(r)) {
        ledger_rollback(s->ledger);
        return r;
    }
    return ledger_commit(s->ledger);
}

struct making {
    const struct signer_event *event;
    struct p11_key_made *made;
    sg_str *labels;
    size_t n;
    uint64_t seq;
};

static sg_result
write_begin(struct signer *s, void *context)
{
    const struct making *m = context;
    sg_bytes id = sg_bytes_of(m->event->operation_id, SG_SHA256_LEN);
    SG_TRY(reg_proposal_drop(s->registry, id));
    return reg_making_begin(s->registry, id, s->env.now.utc_ms);
}

static sg_result
write_made(struct signer *s, void *context)
{
    struct making *m = context;
    const struct wire_operation_msg *op = m->event->op;
    for (size_t i = 0; i < m->n; i++) {
        sg_bytes thumbprint = SG_BYTES(m->made[i].thumbprint);
        SG_TRY(signer_event_append(
            s, m->event, m->event->rule->event, thumbprint, m->made[i].attributes, &m->seq));
        struct reg_new_key row = { .thumbprint = thumbprint,
            .alg = op->alg,
            .purpose = op->purpose,
            .level = op->level,
            .resident = !op->wrapped,
            .label = m->labels[i],
            .spki = m->made[i].spki,
            .wrapped = m->made[i].wrapped,
            .state = WIRE_KEY_CREATED,
            .created_at = s->env.now.utc_ms / 1000 };
        SG_TRY(reg_key_insert(s->registry, &row, m->seq));
    }
    return reg_making_end(s->registry, sg_bytes_of(m->event->operation_id, SG_SHA256_LEN));
}

static sg_result
write_abandoned(struct signer *s, void *context)
{
    const struct making *m = context;
    return reg_making_end(s->registry, sg_bytes_of(m->event->operation_id, SG_SHA256_LEN));
}

/* What was made of an operation that failed half-way goes again; nobody knows these keys yet. */
static void
undo(struct signer *s, struct making *m)
{
    for (size_t i = 0; i < m->n; i++) {
        struct key_public *public = NULL;
        if (!sg_ok(key_public_new(m->made[i].spki, &public))) {
            continue;
        }
        struct p11_key_ref ref = { public, m->made[i].wrapped };
        sg_result r = p11_key_destroy(s->session, &ref);
        if (!sg_ok(r)) {
            signer_log(SIGNER_ERROR, "key-left-over", "code=%s", sg_code_row(r.code)->name);
        }
        key_public_free(&public);
    }
    sg_result r = signer_transaction(s, write_abandoned, m);
    if (!sg_ok(r)) {
        signer_log(SIGNER_ERROR, "key-left-over", "code=%s", sg_code_row(r.code)->name);
    }
}

static sg_result
make_all(struct signer *s, struct sg_arena *arena, struct making *m)
{
    const struct wire_operation_msg *op = m->event->op;
    for (uint64_t i = 0; i < op->count; i++) {
        sg_str label = op->name;
        if (op->count > 1) {
            SG_TRY(sg_arena_printf(
                arena, &label, "%.*s-%llu", SG_PRINT(op->name), (unsigned long long)i + 1));
            SG_REQUIRE(registry_key_labelled(s->registry, label) == NULL, CONFLICT);
        }
        struct p11_key_params params = { (enum key_alg)op->alg, !op->wrapped, label };
        SG_TRY(p11_key_generate(s->session, arena, &params, &m->made[m->n]));
        m->labels[m->n++] = label;
    }
    return SG_DONE;
}

static sg_result
generate(struct signer *s, struct sg_arena *arena, struct making *m)
{
    size_t count = (size_t)m->event->op->count;
    m->made = SG_NEW_ARRAY(arena, count, struct p11_key_made);
    m->labels = SG_NEW_ARRAY(arena, count, sg_str);
    SG_REQUIRE(m->made != NULL && m->labels != NULL, NO_MEMORY);
    SG_TRY(p11_ready(s->p11));
    SG_TRY(signer_transaction(s, write_begin, m));
    sg_result r = make_all(s, arena, m);
    point("key-made");
    if (sg_ok(r)) {
        r = signer_transaction(s, write_made, m);
    }
    if (!sg_ok(r)) {
        undo(s, m);
        return r;
    }
    point("key-recorded");
    return SG_DONE;
}

static void
free_arena(struct sg_arena **arena)
{
    sg_arena_free(arena);
}

sg_result
signer_keys_generate(
    struct signer *s, const struct signer_event *event, struct wire_operation_reply *ret)
{
    struct sg_arena *arena SG_CLEANUP(free_arena)
    = sg_arena_new(0, (size_t)16 * 1024 * 1024);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    struct making m = { .event = event };
    SG_TRY(generate(s, arena, &m));
    for (size_t i = 0; i < m.n; i++) {
        sg_bytes thumbprint = SG_BYTES(m.made[i].thumbprint);
        sg_result r = registry_refresh_key(s->registry, thumbprint);
        if (!sg_ok(r)) {
            signer_fatal("the registry cannot be read again", r);
        }
        if (ret->n_keys < WIRE_DTBS_MAX) {
            SG_TRY(sg_arena_bytes(s->scratch, thumbprint, &ret->keys[ret->n_keys++]));
        }
    }
    ret->seq = m.seq;
    return SG_DONE;
}

/* ---- destroying ---------------------------------------------------------------------------------------------- */

static sg_result
write_destroying(struct signer *s, void *context)
{
    const struct signer_event *event = context;
    return reg_destroying(s->registry, event->op->key);
}

struct destroyed {
    const struct signer_event *event;
    sg_bytes key;
    uint64_t seq;
};

static sg_result
write_destroyed(struct signer *s, void *context)
{
    struct destroyed *d = context;
    if (d->event->operation_id != NULL) {
        SG_TRY(reg_proposal_drop(s->registry, sg_bytes_of(d->event->operation_id, SG_SHA256_LEN)));
    }
    SG_TRY(signer_event_append(s, d->event, "key-destroyed", d->key, SG_NO_BYTES, &d->seq));
    return reg_destroyed(s->registry, d->key, d->seq);
}

/* Gone already is as good as destroyed. */
static sg_result
destroy_in_token(struct signer *s, const struct reg_key *key)
{
    struct p11_key_ref ref = { key->public, key->wrapped };
    sg_result r = p11_key_destroy(s->session, &ref);
    return r.code == SG_E_NOT_FOUND ? SG_DONE : r;
}

static sg_result
finish_destroying(
    struct signer *s, const struct signer_event *event, struct reg_key *key, uint64_t *ret_seq)
{
    struct destroyed d = { .event = event, .key = SG_BYTES(key->thumbprint) };
    SG_TRY(destroy_in_token(s, key));
    SG_TRY(signer_transaction(s, write_destroyed, &d));
    sg_result r = registry_refresh_key(s->registry, d.key);
    if (!sg_ok(r)) {
        signer_fatal("the registry cannot be read again", r);
    }
    *ret_seq = d.seq;
    return SG_DONE;
}

sg_result
signer_keys_destroy(
    struct signer *s, const struct signer_event *event, struct wire_operation_reply *ret)
{
    struct reg_key *key = registry_key(s->registry, event->op->key);
    struct signer_event copy = *event;
    if (key == NULL) {
        return signer_holder_destroy(s, event, ret);
    }
    SG_TRY(p11_ready(s->p11));
    SG_TRY(signer_transaction(s, write_destroying, &copy));
    key->destroying = true;
    return finish_destroying(s, event, key, &ret->seq);
}

/* ---- at start ------------------------------------------------------------------------------------------------ */

static const struct reg_rule own_event = { .record = WIRE_REC_KEY_EVENT };

static bool
in_token(const uint8_t (*list)[KEY_THUMBPRINT_LEN], size_t n, const uint8_t *thumbprint)
{
    for (size_t i = 0; i < n; i++) {
        if (memcmp(list[i], thumbprint, KEY_THUMBPRINT_LEN) == 0) {
            return true;
        }
    }
    return false;
}

/* Every key that may sign is proved to be the one whose public half we publish. req: KEY-4 */
static sg_result
check_key(
    struct signer *s, struct reg_key *key, const uint8_t (*list)[KEY_THUMBPRINT_LEN], size_t n)
{
    const struct signer_event event = { .rule = &own_event };
    uint64_t seq;
    if (key->destroying) {
        return finish_destroying(s, &event, key, &seq);
    }
    if (key->state == WIRE_KEY_DESTROYED) {
        return SG_DONE;
    }
    struct p11_key_ref ref = { key->public, key->wrapped };
    sg_result r = key->resident && !in_token(list, n, key->thumbprint)
                      ? SG_ERROR(NOT_FOUND)
                      : p11_key_prove(s->session, &ref);
    if (!sg_ok(r)) {
        if (r.code == SG_E_TOKEN_DOWN) {
            return r;
        }
        key->destroying = true; /* in memory only: it is not used, and the next start looks again */
        signer_log(SIGNER_ERROR, "key-unusable", "label=%.*s code=%s", SG_PRINT(key->label),
            sg_code_row(r.code)->name);
    }
    return SG_DONE;
}

struct stray {
    sg_bytes thumbprint;
};

static sg_result
write_stray(struct signer *s, void *context)
{
    const struct stray *stray = context;
    const struct signer_event event = { .rule = &own_event };
    uint64_t seq;
    return signer_event_append(s, &event, "key-stray", stray->thumbprint, SG_NO_BYTES, &seq);
}

/* Keys of an operation that a crash cut short: nobody may use them, since no row names them. It is written down once. */
static sg_result
note_strays(struct signer *s, const uint8_t (*list)[KEY_THUMBPRINT_LEN], size_t n)
{
    bool half_made = false;
    SG_TRY(reg_making_any(s->registry, &half_made));
    if (!half_made) {
        return SG_DONE;
    }
    for (size_t i = 0; i < n; i++) {
        struct stray stray = { sg_bytes_of(list[i], KEY_THUMBPRINT_LEN) };
        if (registry_key(s->registry, stray.thumbprint) == NULL) {
            signer_log(SIGNER_WARN, "key-stray", "what=\"made, never registered\"");
            SG_TRY(signer_transaction(s, write_stray, &stray));
        }
    }
    return reg_making_clear(s->registry);
}

sg_result
signer_keys_reconcile(struct signer *s)
{
    struct sg_arena *arena SG_CLEANUP(free_arena)
    = sg_arena_new(0, (size_t)16 * 1024 * 1024);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    const uint8_t(*list)[KEY_THUMBPRINT_LEN] = NULL;
    size_t n = 0;
    SG_TRY(p11_key_list(s->session, arena, &list, &n));
    SG_TRY(note_strays(s, list, n));
    for (struct reg_key *key = registry_key_after(s->registry, SG_NO_BYTES); key != NULL;
         key = registry_key_after(s->registry, SG_BYTES(key->thumbprint))) {
        SG_TRY(check_key(s, key, list, n));
    }
    return SG_DONE;
}

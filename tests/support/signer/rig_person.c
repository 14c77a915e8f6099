#include "rig_person.h"

#include <openssl/rand.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <time.h>

#include "key_public.h"
#include "reg_person.h"

static int64_t
now_s(void)
{
    return (int64_t)time(NULL);
}

static sg_bytes
random_bytes(struct rig *rig, size_t n)
{
    uint8_t *p = sg_arena_alloc(rig->arena, n);
    assert_non_null(p);
    assert_int_equal(RAND_bytes(p, (int)n), 1);
    return sg_bytes_of(p, n);
}

/* ---- rows ------------------------------------------------------------------------------------------------------ */

static sqlite3 *
open_database(struct rig *rig)
{
    sg_str path;
    sqlite3 *db = NULL;
    assert_ok(sg_arena_printf(rig->arena, &path, "%s/signer/ledger.db", rig->dir));
    assert_int_equal(sqlite3_open(path.p, &db), SQLITE_OK);
    return db;
}

/* A key of the token under another purpose, to be moved: wrapped for ECDSA; SoftHSM cannot wrap Ed25519, so that one stays in the token. */
static void
make_key(struct rig *rig, struct rig_key *key)
{
    struct wire_operation_reply reply;
    struct wire_operation_msg op = rig_op(rig, WIRE_OPN_KEY_GENERATE);
    sg_str hex;
    assert_ok(sg_hex_encode(rig->arena, op.unique, &hex));
    op.name = hex;
    op.alg = key->alg;
    op.purpose = WIRE_PURPOSE_STATUS_LIST;
    op.level = 1;
    op.count = 1;
    op.wrapped = key->alg != KEY_EDDSA;
    assert_ok(rig_decide(rig, &op, &reply));
    memcpy(key->key, reply.keys[0].p, 32);
}

static void
step(sqlite3_stmt *stmt)
{
    assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
    sqlite3_finalize(stmt);
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    return stmt;
}

/* The row becomes a holder key's; its public part and wrapped bytes stay as the token made them. */
static void
move_key(struct rig *rig, sqlite3 *db, struct registry *reg, const struct rig_person *person,
    struct rig_key *key)
{
    sqlite3_stmt *stmt = prepare(db, "SELECT spki,wrapped FROM reg_keys WHERE thumbprint=?");
    sqlite3_bind_blob(stmt, 1, key->key, 32, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    sg_bytes spki, wrapped;
    assert_ok(sg_arena_bytes(rig->arena,
        sg_bytes_of(sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0)), &spki));
    assert_ok(sg_arena_bytes(rig->arena,
        sg_bytes_of(sqlite3_column_blob(stmt, 1), (size_t)sqlite3_column_bytes(stmt, 1)),
        &wrapped));
    sqlite3_finalize(stmt);
    const struct reg_new_holder row = { .thumbprint = SG_BYTES(key->key),
        .person = SG_BYTES(person->id),
        .unique = random_bytes(rig, 16),
        .level = person->level,
        .spki = spki,
        .wrapped = wrapped,
        .state = WIRE_KEY_ACTIVE,
        .created_at = now_s() };
    assert_ok(reg_holder_insert(reg, &row, 1));
    assert_ok(key_public_new(spki, &key->public));
    stmt = prepare(db, "DELETE FROM reg_keys WHERE thumbprint=?");
    sqlite3_bind_blob(stmt, 1, key->key, 32, SQLITE_STATIC);
    step(stmt);
}

static void
put_passkey(struct registry *reg, const struct rig_person *person,
    struct authenticator_passkey *passkey, enum wire_passkey_purpose purpose)
{
    struct key_public *public = NULL;
    if (passkey->key == NULL) {
        authenticator_make(passkey, AUTHENTICATOR_ES256);
    }
    assert_ok(key_public_new(sg_bytes_of(passkey->spki, passkey->spki_len), &public));
    struct reg_passkey row = { .id = SG_BYTES(passkey->id),
        .purpose = purpose,
        .state = WIRE_PASSKEY_ACTIVE,
        .alg = key_public_alg(public)->alg,
        .spki = key_public_spki(public),
        .backup_eligible = passkey->backup_eligible,
        .attested = purpose == WIRE_PASSKEY_SIGN && person->attested,
        .sign_count = passkey == &person->sign ? person->stored_count : 0,
        .seq = 1,
        .created_at = now_s() };
    memcpy(row.person, person->id, sizeof(row.person));
    memcpy(row.aaguid, passkey->aaguid, sizeof(row.aaguid));
    memcpy(row.thumbprint, key_public_thumbprint(public), sizeof(row.thumbprint));
    assert_ok(reg_passkey_insert(reg, &row));
    key_public_free(&public);
}

static void
put_person(struct rig *rig, sqlite3 *db, struct registry *reg, struct rig_person *person)
{
    struct reg_person row = { .state = person->state == 0 ? WIRE_PERSON_ACTIVE
                                                          : (enum wire_person_state)person->state,
        .level = person->level,
        .keys_max = RIG_KEYS_MAX,
        .seq = 1 };
    memcpy(row.id, person->id, sizeof(row.id));
    assert_ok(reg_person_put(reg, &row));
    put_passkey(reg, person, &person->sign, WIRE_PASSKEY_SIGN);
    put_passkey(reg, person, &person->second, WIRE_PASSKEY_SIGN);
    put_passkey(reg, person, &person->login, WIRE_PASSKEY_LOGIN);
    for (size_t i = 0; i < person->n_keys; i++) {
        move_key(rig, db, reg, person, &person->keys[i]);
    }
}

void
rig_persons_put(struct rig *rig, struct rig_person *persons, size_t n)
{
    struct registry *reg = NULL;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(RAND_bytes(persons[i].id, sizeof(persons[i].id)), 1);
        persons[i].level = persons[i].level == 0 ? 2 : persons[i].level;
        for (size_t k = 0; k < persons[i].n_keys; k++) {
            struct rig_key *key = &persons[i].keys[k];
            key->alg = key->alg == 0 ? KEY_ES256 : key->alg;
            make_key(rig, key);
        }
    }
    rig_stop(rig);
    sqlite3 *db = open_database(rig);
    assert_ok(registry_load(db, &reg));
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < n; i++) {
        put_person(rig, db, reg, &persons[i]);
    }
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    registry_free(&reg);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    rig_start(rig, NULL);
}

void
rig_person_forget(struct rig_person *person)
{
    authenticator_forget(&person->sign);
    authenticator_forget(&person->second);
    authenticator_forget(&person->login);
    for (size_t i = 0; i < person->n_keys; i++) {
        key_public_free(&person->keys[i].public);
    }
}

/* ---- asking ---------------------------------------------------------------------------------------------------- */

static struct wire_dtbs
dtbs_for(struct rig *rig, uint64_t alg)
{
    if (alg == KEY_EDDSA) {
        return (struct wire_dtbs){ WIRE_MESSAGE_KIND, random_bytes(rig, 64) };
    }
    return (struct wire_dtbs){ WIRE_PREHASH, random_bytes(rig, alg == KEY_ES384 ? 48 : 32) };
}

struct wire_intent
rig_present(struct rig *rig, const struct rig_person *person, unsigned keys)
{
    struct wire_intent intent = { .operation = WIRE_OP_PRESENT,
        .text_hash = random_bytes(rig, 32),
        .audience = random_bytes(rig, 32),
        .nonce = random_bytes(rig, 32),
        .requester = SG_LIT("gateway"),
        .format = SG_LIT("vp_token"),
        .created_at = now_s(),
        .expires_at = now_s() + 120,
        .unique = random_bytes(rig, 16) };
    uint8_t *key_of = sg_arena_alloc(rig->arena, WIRE_DTBS_MAX);
    for (size_t i = 0; i < person->n_keys; i++) {
        if ((keys >> i & 1) == 0) {
            continue;
        }
        const struct rig_key *key = &person->keys[i];
        if (intent.n_dtbs == 0) {
            intent.key = SG_BYTES(key->key);
            intent.alg = key->alg;
        } else {
            intent.more_keys[intent.n_more_keys++] =
                (struct wire_more_key){ SG_BYTES(key->key), key->alg };
        }
        key_of[intent.n_dtbs] = (uint8_t)intent.n_more_keys;
        intent.dtbs[intent.n_dtbs++] = dtbs_for(rig, key->alg);
    }
    if (intent.n_more_keys > 0) {
        intent.key_of = sg_bytes_of(key_of, intent.n_dtbs);
    }
    return intent;
}

struct wire_intent
rig_remove(
    struct rig *rig, const struct rig_person *person, const struct authenticator_passkey *passkey)
{
    struct wire_intent intent = rig_present(rig, person, 1);
    struct key_public *public = NULL;
    uint8_t digest[32];
    sg_bytes key, copy;
    assert_ok(key_public_new(sg_bytes_of(passkey->spki, passkey->spki_len), &public));
    wire_remove_digest(SG_BYTES(passkey->id), digest);
    assert_ok(sg_arena_bytes(rig->arena, sg_bytes_of(key_public_thumbprint(public), 32), &key));
    assert_ok(sg_arena_bytes(rig->arena, SG_BYTES(digest), &copy));
    intent.operation = WIRE_OP_REMOVE;
    intent.n_dtbs = 1;
    intent.key = key;
    intent.alg = key_public_alg(public)->alg;
    intent.dtbs[0] = (struct wire_dtbs){ WIRE_PREHASH, copy };
    key_public_free(&public);
    return intent;
}

struct wire_intent
rig_register(
    struct rig *rig, const struct rig_person *person, const struct wire_enrol_finish_reply *waits)
{
    struct wire_intent intent = rig_present(rig, person, 1);
    intent.operation = WIRE_OP_REGISTER;
    intent.n_dtbs = 1;
    intent.key = waits->thumbprint;
    intent.alg = waits->alg;
    intent.dtbs[0] = (struct wire_dtbs){ WIRE_PREHASH, waits->digest };
    return intent;
}

sg_result
rig_open_bytes(
    struct rig *rig, sg_bytes person, sg_bytes intent, struct wire_intent_open_reply *ret)
{
    const struct wire_intent_open msg = { intent, person };
    struct sg_buf buf = sg_buf_new(rig->arena, 1024, WIRE_FRAME_MAX);
    uint64_t id = rig->next_id++;
    wire_intent_open_encode(&buf, id, &msg);
    struct wire_frame frame = rig_ask(rig, rig->gateway, &buf, id);
    SG_TRY(rig_refusal(&frame));
    assert_ok(wire_intent_open_reply_parse(frame.body, ret));
    return SG_DONE;
}

sg_result
rig_open(struct rig *rig, const struct rig_person *person, const struct wire_intent *intent,
    struct wire_intent_open_reply *ret)
{
    sg_bytes encoded;
    assert_ok(wire_intent_encode(rig->arena, intent, &encoded));
    return rig_open_bytes(rig, SG_BYTES(person->id), encoded, ret);
}

struct authenticator_ask
rig_ask_of(struct rig *rig, const struct wire_intent_open_reply *opened)
{
    uint8_t *challenge = sg_arena_alloc(rig->arena, 32);
    wire_challenge(opened->intent_id.p, opened->nonce.p, challenge);
    return (struct authenticator_ask){
        .rp_id = RIG_RP, .origin = RIG_ORIGIN, .challenge = sg_bytes_of(challenge, 32)
    };
}

struct wire_sign
rig_sign_of(struct rig *rig, struct authenticator_passkey *passkey,
    const struct wire_intent_open_reply *opened, const struct authenticator_ask *ask,
    uint64_t which)
{
    struct authenticator_assertion got = authenticator_get(rig->arena, passkey, ask);
    return (struct wire_sign){ .intent_id = opened->intent_id,
        .which = which,
        .passkey = SG_BYTES(passkey->id),
        .client_data = got.client_data,
        .authenticator_data = got.authenticator_data,
        .assertion = got.signature };
}

void
rig_sign_send(struct rig *rig, const struct wire_sign *sign, uint64_t id)
{
    struct sg_buf buf = sg_buf_new(rig->arena, 2048, WIRE_FRAME_MAX);
    sg_bytes out;
    wire_sign_encode(&buf, id, sign);
    assert_ok(sg_buf_end(&buf, &out));
    (void)!send(rig->gateway, out.p, out.n, MSG_NOSIGNAL);
}

sg_result
rig_sign_receive(struct rig *rig, uint64_t *ret_id, struct wire_sign_reply *ret)
{
    struct wire_frame frame = rig_receive(rig, rig->gateway);
    *ret_id = frame.request_id;
    SG_TRY(rig_refusal(&frame));
    assert_int_equal(frame.type, WIRE_SIGN + WIRE_REPLY);
    assert_ok(wire_sign_reply_parse(frame.body, ret));
    return SG_DONE;
}

sg_result
rig_sign(struct rig *rig, const struct wire_sign *sign, struct wire_sign_reply *ret)
{
    uint64_t id = rig->next_id++;
    uint64_t got;
    rig_sign_send(rig, sign, id);
    sg_result r = rig_sign_receive(rig, &got, ret);
    assert_true(r.code == SG_E_PEER_DOWN || got == id);
    return r;
}

sg_result
rig_cancel(struct rig *rig, sg_bytes intent_id, uint64_t reason, uint64_t *ret_seq)
{
    const struct wire_intent_cancel msg = { intent_id, reason };
    struct wire_noted noted;
    struct sg_buf buf = sg_buf_new(rig->arena, 128, WIRE_FRAME_MAX);
    uint64_t id = rig->next_id++;
    wire_intent_cancel_encode(&buf, id, &msg);
    struct wire_frame frame = rig_ask(rig, rig->gateway, &buf, id);
    SG_TRY(rig_refusal(&frame));
    assert_ok(wire_noted_parse(frame.body, &noted));
    *ret_seq = noted.seq;
    return SG_DONE;
}

static const struct rig_key *
key_named(const struct rig_person *person, sg_bytes thumbprint)
{
    for (size_t i = 0; i < person->n_keys; i++) {
        if (sg_bytes_equal(SG_BYTES(person->keys[i].key), thumbprint)) {
            return &person->keys[i];
        }
    }
    fail_msg("not a key of this person");
    abort();
}

void
rig_verify_signatures(const struct rig_person *person, const struct wire_intent *intent,
    uint64_t which, const struct wire_sign_reply *reply)
{
    size_t n = 0;
    for (size_t i = 0; i < intent->n_dtbs; i++) {
        if ((which >> i & 1) == 0 || intent->dtbs[i].kind != WIRE_PREHASH) {
            n += which >> i & 1;
            continue;
        }
        assert_true(n < reply->n_signatures);
        const struct rig_key *key = key_named(person, wire_intent_key_of(intent, i).key);
        assert_ok(key_public_verify(key->public, intent->dtbs[i].digest, reply->signatures[n++]));
    }
    assert_int_equal(n, reply->n_signatures);
}

sg_result
rig_approve_all(struct rig *rig, struct rig_person *person, struct wire_intent *intent,
    struct wire_sign_reply *ret)
{
    struct wire_intent_open_reply opened;
    uint64_t all = UINT64_MAX >> (64 - intent->n_dtbs);
    SG_TRY(rig_open(rig, person, intent, &opened));
    struct authenticator_ask ask = rig_ask_of(rig, &opened);
    struct wire_sign sign = rig_sign_of(rig, &person->sign, &opened, &ask, all);
    SG_TRY(rig_sign(rig, &sign, ret));
    rig_verify_signatures(person, intent, all, ret);
    return SG_DONE;
}

const struct wire_uses_reply *
rig_uses(struct rig *rig, const struct rig_person *person, uint64_t before, uint64_t n)
{
    const struct wire_uses_read msg = { .person = SG_BYTES(person->id), .before = before, .n = n };
    struct wire_uses_reply *reply = SG_NEW(rig->arena, struct wire_uses_reply);
    struct sg_buf buf = sg_buf_new(rig->arena, 128, WIRE_FRAME_MAX);
    uint64_t id = rig->next_id++;
    wire_uses_read_encode(&buf, id, &msg);
    struct wire_frame frame = rig_ask(rig, rig->gateway, &buf, id);
    assert_ok(rig_refusal(&frame));
    assert_ok(wire_uses_reply_parse(frame.body, reply));
    return reply;
}

static struct wire_record_read_reply
record_of(struct rig *rig, int fd, const struct wire_record_read *msg)
{
    struct wire_record_read_reply reply;
    struct sg_buf buf = sg_buf_new(rig->arena, 128, WIRE_FRAME_MAX);
    uint64_t id = rig->next_id++;
    wire_record_read_encode(&buf, id, msg);
    struct wire_frame frame = rig_ask(rig, fd, &buf, id);
    assert_ok(rig_refusal(&frame));
    assert_ok(wire_record_read_reply_parse(frame.body, &reply));
    return reply;
}

struct wire_record_read_reply
rig_record(struct rig *rig, uint64_t seq)
{
    return record_of(rig, rig->ops, &(struct wire_record_read){ .seq = seq });
}

struct wire_record_read_reply
rig_record_for(struct rig *rig, uint64_t seq, const struct rig_person *person)
{
    struct wire_record_read msg = { .seq = seq };
    if (person != NULL) {
        msg.person = SG_BYTES(person->id);
    }
    return record_of(rig, rig->gateway, &msg);
}

struct wire_consent *
rig_consent(struct rig *rig, uint64_t seq)
{
    struct wire_consent *out = SG_NEW(rig->arena, struct wire_consent);
    struct wire_record_read_reply record = rig_record(rig, seq);
    assert_ok(wire_consent_parse(record.body, out));
    assert_ok(wire_consent_open(rig->arena, record.salt, record.closed, out));
    return out;
}

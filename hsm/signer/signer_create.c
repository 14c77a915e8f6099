/* --create: token, keys that nobody asks for by name, ledger with GENESIS, anchor. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sg_secret.h"
#include "signer.h"

#define SO_PIN_HEX 32

/* One line, from whoever knows most: the first to speak. */
static sg_result
complain(const char *what, sg_result why)
{
    static bool said;
    if (said) {
        return why;
    }
    said = true;
    fprintf(stderr, "sealgate-signer: %s: %s (%s)\n", what, sg_code_row(why.code)->sentence,
        sg_code_row(why.code)->name);
    return why;
}

/* ---- operators ----------------------------------------------------------------------------------------------- */

static bool
plain_name(sg_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                c == '-')) {
            return false;
        }
    }
    return name.n >= 1 && name.n <= 64;
}

static sg_str
next_part(sg_str *text)
{
    size_t comma = sg_str_index(*text, ',', 0);
    sg_str part = sg_str_slice(*text, 0, comma);
    *text = sg_str_slice(*text, comma + 1, text->n);
    return part;
}

static sg_result
alg_of(sg_str name, uint64_t *ret)
{
    for (uint64_t alg = 1; key_alg_row(alg) != NULL; alg++) {
        if (sg_str_is(name, key_alg_row(alg)->name)) {
            *ret = alg;
            return SG_DONE;
        }
    }
    SG_FAIL(ALGORITHM);
}

/* NAME,PERSON,ROLES,ALG,HEXSPKI as the OPERATOR_SET that it stands for. */
static sg_result
operator_of(struct sg_arena *arena, const char *text, int64_t now, struct wire_operation_msg *ret)
{
    sg_str rest = sg_cstr(text);
    uint8_t *unique = sg_arena_alloc(arena, WIRE_ID_LEN);
    SG_REQUIRE(unique != NULL, NO_MEMORY);
    randombytes_buf(unique, WIRE_ID_LEN);
    *ret = (struct wire_operation_msg){ .kind = WIRE_OPN_OPERATOR_SET,
        .unique = sg_bytes_of(unique, WIRE_ID_LEN),
        .proposed_at = now,
        .expires_at = now + 1,
        .reason = SG_LIT("creation"),
        .active = true };
    ret->name = next_part(&rest);
    ret->person = next_part(&rest);
    SG_REQUIRE(plain_name(ret->name) && plain_name(ret->person), VALUE);
    SG_TRY(sg_u64_parse(next_part(&rest), &ret->roles));
    SG_TRY(alg_of(next_part(&rest), &ret->alg));
    SG_TRY(sg_hex_decode(arena, rest, &ret->spki));
    struct key_public *public = NULL;
    SG_TRY(key_public_new(ret->spki, &public));
    bool same = key_public_alg(public)->alg == (enum key_alg)ret->alg;
    key_public_free(&public);
    SG_REQUIRE(same, ALGORITHM);
    SG_REQUIRE(ret->roles != 0 && ret->roles < 16, VALUE);
    SG_REQUIRE((ret->roles & WIRE_ROLE_AUDITOR) == 0 || ret->roles == WIRE_ROLE_AUDITOR, POLICY);
    return SG_DONE;
}

/* Two persons at least who can be each other's second as administrators: otherwise nothing could ever be approved. */
static sg_result
check_operators(const struct wire_operation_msg *ops, size_t n)
{
    const struct wire_operation_msg *first = NULL;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            SG_REQUIRE(!sg_str_equal(ops[i].name, ops[j].name), DUPLICATE);
        }
        if ((ops[i].roles & WIRE_ROLE_ADMINISTRATOR) == 0) {
            continue;
        }
        if (first == NULL) {
            first = &ops[i];
        } else if (!sg_str_equal(first->person, ops[i].person)) {
            return SG_DONE;
        }
    }
    SG_FAIL(DUAL_CONTROL);
}

/* ---- folders, PIN, token ------------------------------------------------------------------------------------- */

static sg_result
make_folder(const struct signer_args *args, const char *path, mode_t mode)
{
    SG_REQUIRE(mkdir(path, mode) == 0 || errno == EEXIST, STORE_DOWN);
    SG_REQUIRE(!args->drop || chown(path, args->uid, args->gid) == 0, STORE_DOWN);
    SG_REQUIRE(chmod(path, mode) == 0, STORE_DOWN);
    return SG_DONE;
}

static sg_result
put_file(const struct signer_args *args, const char *path, sg_bytes content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    SG_REQUIRE(fd >= 0, STORE_DOWN);
    bool good = write(fd, content.p, content.n) == (ssize_t)content.n && fsync(fd) == 0 &&
                (!args->drop || fchown(fd, args->uid, args->gid) == 0);
    close(fd);
    SG_REQUIRE(good, STORE_DOWN);
    return SG_DONE;
}

static sg_result
read_all(int fd, uint8_t *to, size_t cap, size_t *ret)
{
    size_t n = 0;
    while (n < cap) {
        ssize_t got = read(fd, to + n, cap - n);
        SG_REQUIRE(got >= 0, VALUE);
        if (got == 0) {
            break;
        }
        n += (size_t)got;
    }
    while (n > 0 && (to[n - 1] == '\n' || to[n - 1] == '\r')) {
        n--;
    }
    SG_REQUIRE(n >= 4 && n <= P11_PIN_MAX, VALUE);
    *ret = n;
    return SG_DONE;
}

sg_result
signer_pin_read(const char *path, uint8_t *to, size_t *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    SG_REQUIRE(fd >= 0, NOT_FOUND);
    sg_result r = read_all(fd, to, P11_PIN_MAX + 1, ret);
    close(fd);
    return r;
}

static void
random_hex(uint8_t *to, size_t n)
{
    uint8_t raw[64];
    randombytes_buf(raw, n / 2);
    sg_hex_to(sg_bytes_of(raw, n / 2), (char *)to);
    sg_wipe(raw, sizeof(raw));
}

/* From the descriptor; or from the file if there is one; or made, and kept in the file. */
static sg_result
pin_of(const struct signer_args *args, const struct conf_signer *conf, uint8_t *to, size_t *ret)
{
    if (args->pin_fd >= 0) {
        return read_all(args->pin_fd, to, P11_PIN_MAX + 1, ret);
    }
    if (access(conf->pin_file, F_OK) == 0) {
        return signer_pin_read(conf->pin_file, to, ret);
    }
    SG_REQUIRE(strcmp(conf->environment, CONF_TEST) == 0, POLICY);
    random_hex(to, 32);
    *ret = 32;
    return put_file(args, conf->pin_file, sg_bytes_of(to, *ret));
}

#define SOFTHSM_TEXT                        \
    "directories.tokendir = signer/token\n" \
    "objectstore.backend = file\n"          \
    "log.level = ERROR\n"                   \
    "slots.removable = false\n"

static sg_result
prepare(const struct signer_args *args, const struct conf_signer *conf)
{
    SG_REQUIRE(access("signer/ledger.db", F_OK) != 0, CONFLICT);
    SG_TRY(make_folder(args, "signer", 0700));
    SG_TRY(make_folder(args, "log", 0755)); /* the gateway, another user, reads it */
    if (conf->softhsm_conf[0] != '\0') {
        SG_TRY(make_folder(args, "signer/token", 0700));
        if (access(conf->softhsm_conf, F_OK) != 0) {
            SG_TRY(put_file(
                args, conf->softhsm_conf, sg_bytes_of(SOFTHSM_TEXT, sizeof(SOFTHSM_TEXT) - 1)));
        }
    }
    return SG_DONE;
}

static sg_result
make_token(const struct signer_args *args, const struct conf_signer *conf,
    const struct p11_settings *token)
{
    struct sg_why why = { 0 };
    if (conf->softhsm_conf[0] == '\0') {
        return p11_token_furnish(token, &why); /* the ceremony made the token itself */
    }
    uint8_t so_pin[SO_PIN_HEX];
    char serial[P11_SERIAL_MAX + 1];
    random_hex(so_pin, sizeof(so_pin));
    sg_result r = p11_token_create(token, SG_BYTES(so_pin), &why, serial);
    if (sg_ok(r)) {
        r = put_file(args, "signer/so-pin", SG_BYTES(so_pin));
    }
    sg_wipe(so_pin, sizeof(so_pin));
    return r;
}

/* ---- ledger -------------------------------------------------------------------------------------------------- */

static sg_result
genesis_of(struct sg_arena *arena, const struct conf_signer *conf, sg_bytes log_key,
    const struct wire_operation_msg *ops, size_t n, int64_t at_ms, sg_bytes *ret)
{
    struct wire_genesis genesis = { .origin = sg_cstr(conf->origin),
        .log_key = log_key,
        .environment = sg_cstr(conf->environment),
        .at_ms = at_ms };
    struct sg_buf buf = sg_buf_new(arena, 512, 32 * 1024);
    dcbor_wr_array(&buf, n);
    for (size_t i = 0; i < n; i++) {
        sg_bytes encoded;
        SG_TRY(wire_operation_encode(arena, &ops[i], &encoded));
        dcbor_wr_bytes(&buf, encoded);
    }
    SG_TRY(sg_buf_end(&buf, &genesis.operators));
    return wire_genesis_encode(arena, &genesis, ret);
}

static sg_result
first_rows(struct signer *s, const struct p11_key_made *log_key,
    const struct wire_operation_msg *ops, size_t n)
{
    sqlite3 *db = ledger_sql(s->ledger);
    SG_TRY(ledger_db_exec(db, "BEGIN IMMEDIATE"));
    SG_TRY(registry_create(db));
    SG_TRY(registry_load(db, &s->registry));
    for (size_t i = 0; i < n; i++) {
        SG_TRY(reg_operator_insert(s->registry, &ops[i]));
    }
    struct reg_new_key row = { .thumbprint = SG_BYTES(log_key->thumbprint),
        .alg = KEY_EDDSA,
        .purpose = WIRE_PURPOSE_LOG,
        .level = 1,
        .resident = true,
        .label = SG_LIT("log"),
        .spki = log_key->spki,
        .state = WIRE_KEY_ACTIVE,
        .created_at = s->env.now.utc_ms / 1000 };
    SG_TRY(reg_key_insert(s->registry, &row, 0));
    SG_TRY(ledger_db_exec(db, "COMMIT"));
    return registry_refresh_key(s->registry, row.thumbprint);
}

static sg_result
make_ledger(struct signer *s, const struct wire_operation_msg *ops, size_t n)
{
    struct p11_key_params params = { KEY_EDDSA, true, SG_LIT("log") };
    struct p11_key_made log_key;
    struct key_public *public = NULL;
    struct ledger_report report;
    sg_bytes genesis;
    SG_TRY(p11_session_open(s->p11, 1, &s->session));
    SG_TRY(p11_key_generate(s->session, s->arena, &params, &log_key));
    SG_TRY(key_public_new(log_key.spki, &public));
    sg_result r = genesis_of(
        s->arena, s->conf, key_public_point(public), ops, n, s->env.now.utc_ms, &genesis);
    key_public_free(&public);
    SG_TRY(r);
    SG_TRY(ledger_create(&s->place, s->env.now.utc_ms, genesis));
    SG_TRY(ledger_open(&s->place, &s->ledger));
    SG_TRY(first_rows(s, &log_key, ops, n));
    SG_TRY(signer_log_key_find(s));
    SG_TRY(ledger_reconcile(s->ledger, &s->log_key, NULL, s->env.now.utc_ms, false, &report));
    return signer_publish_here(s); /* first checkpoint and anchor */
}

static sg_result
create(const struct signer_args *args, struct signer *s)
{
    struct conf_signer *conf = NULL;
    struct wire_operation_msg *ops =
        SG_NEW_ARRAY(s->arena, args->n_operators, struct wire_operation_msg);
    struct p11_settings token;
    struct sg_why why = { 0 };
    uint8_t pin[P11_PIN_MAX + 1];
    size_t pin_len = 0;
    SG_REQUIRE(ops != NULL, NO_MEMORY);
    s->env.now = signer_now();
    SG_TRY(signer_settings(args, s->arena, &conf));
    s->conf = conf;
    if (strcmp(conf->origin, args->origin) != 0 ||
        strcmp(conf->environment, args->environment) != 0) {
        return complain("origin or environment differ from conf/signer.ini", SG_ERROR(ENVIRONMENT));
    }
    for (size_t i = 0; i < args->n_operators; i++) {
        sg_result r = operator_of(s->arena, args->operators[i], s->env.now.utc_ms / 1000, &ops[i]);
        if (!sg_ok(r)) {
            return complain(args->operators[i], r);
        }
    }
    SG_TRY(check_operators(ops, args->n_operators));
    SG_TRY(prepare(args, conf));
    SG_TRY(pin_of(args, conf, pin, &pin_len));
    SG_TRY(signer_become_user(args));
    SG_TRY(signer_token_settings(conf, sg_bytes_of(pin, pin_len), &token));
    sg_result r = make_token(args, conf, &token);
    if (sg_ok(r)) {
        r = p11_open(&token, &why, &s->p11);
    }
    sg_wipe(pin, sizeof(pin));
    if (!sg_ok(r)) {
        return complain(why.what == NULL ? "token" : why.what, r);
    }
    SG_TRY(p11_ready(s->p11));
    signer_place(&s->place);
    return make_ledger(s, ops, args->n_operators);
}

int
signer_create(const struct signer_args *args)
{
    struct signer s = { .arena = sg_arena_new(0, (size_t)64 * 1024 * 1024) };
    if (s.arena == NULL) {
        return 1;
    }
    umask(0022); /* the log is for others to read; signer/ itself is closed (0700) */
    sg_result r = create(args, &s);
    sg_str vkey = SG_NO_STR;
    if (sg_ok(r)) {
        r = tlog_vkey_format(s.arena, s.log_key.name, s.log_key.key, &vkey);
    }
    if (sg_ok(r)) {
        printf("%.*s\n", SG_PRINT(vkey));
    } else {
        if (s.conf != NULL) { /* otherwise the settings have had their line */
            (void)complain("creating", r);
        }
    }
    p11_session_close(&s.session);
    registry_free(&s.registry);
    ledger_close(&s.ledger);
    p11_close(&s.p11);
    sg_arena_free(&s.arena);
    return sg_ok(r) && fflush(stdout) == 0 ? 0 : 1;
}

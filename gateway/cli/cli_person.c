/* `sealgate person ...`: enrolment, locking, leaving, and an officer's word on a passkey, through the signer's ops.sock under dual control. req: AU-2, AU-7, KEY-8 */
#include <stdio.h>
#include <stdlib.h>

#include "cli_commands.h"
#include "cli_decide.h"
#include "cli_person.h"
#include "jose_alg.h"
#include "sg_text.h"
#include "wire_person.h"

enum { PERSONS_OUT_MAX = 64 * 1024 * 1024, FINGERPRINT_LEN = 8 };

static const char *const person_words[] = { [WIRE_PERSON_ENROLLING] = "enrolling",
    [WIRE_PERSON_ACTIVE] = "active",
    [WIRE_PERSON_LOCKED] = "locked",
    [WIRE_PERSON_LEFT] = "left" };
static const char *const passkey_words[] = { [WIRE_PASSKEY_ACTIVE] = "active",
    [WIRE_PASSKEY_WAITS] = "waits",
    [WIRE_PASSKEY_REMOVED] = "removed" };

static const char *
word_of(const char *const *words, size_t n, uint64_t value)
{
    return value >= 1 && value < n ? words[value] : "unknown";
}
#define WORD(words, value) word_of((words), sizeof(words) / sizeof((words)[0]), (value))

/* ---- what is asked of the signer -------------------------------------------------------------------------------- */

static sg_result
ask(struct cli_ops *ops, struct sg_arena *arena, const struct wire_person_info *msg,
    struct wire_person_info_reply *ret)
{
    struct sg_buf frame = sg_buf_new(arena, 128, WIRE_FRAME_MAX);
    uint64_t id = cli_ops_next_id(ops);
    sg_bytes body;
    sg_bytes kept;
    wire_person_info_encode(&frame, id, msg);
    SG_TRY(cli_ops_ask(ops, WIRE_PERSON_INFO, id, &frame, &body));
    SG_TRY(sg_arena_bytes(arena, body, &kept));
    return wire_person_info_reply_parse(kept, ret);
}

static int
subject_of(struct cli *cli, const char *text, uint8_t ret[WIRE_ID_LEN])
{
    if (text == NULL || !sg_ok(sg_hex_decode_to(sg_cstr(text), ret, WIRE_ID_LEN))) {
        return cli_usage(cli, "%s is no person: 32 hex digits, as `person enrol` printed them",
            text == NULL ? "" : text);
    }
    return CLI_DONE;
}

static int
open_for(struct cli *cli, bool signs, struct cli_desk *desk, uint8_t subject[WIRE_ID_LEN])
{
    int bad = subject_of(cli, cli_argument(cli), subject);
    return bad == CLI_DONE ? cli_desk_open(cli, signs, desk) : bad;
}

/* ---- enrol -------------------------------------------------------------------------------------------------------- */

/* "7d", "12h", "30m", "90s" or seconds. */
static int
read_span(struct cli *cli, const char *text, uint64_t *ret)
{
    char *end = NULL;
    long long n = strtoll(text, &end, 10);
    long long unit = strcmp(end, "d") == 0                     ? 86400
                     : strcmp(end, "h") == 0                   ? 3600
                     : strcmp(end, "m") == 0                   ? 60
                     : end[0] == '\0' || strcmp(end, "s") == 0 ? 1
                                                               : 0;
    if (end == text || unit == 0 || n <= 0 || n > WIRE_ENROL_VALID_MAX_S / unit) {
        return cli_usage(
            cli, "--valid: %s is not a span of at most 30 days, such as 7d or 12h", text);
    }
    *ret = (uint64_t)(n * unit);
    return CLI_DONE;
}

static void
put_hex(struct sjson_wr *wr, struct cli *cli, const char *name, sg_bytes value)
{
    sg_str text = SG_NO_STR;
    SG_IGNORE(sg_hex_encode(cli->arena, value, &text)); /* empty when out of memory */
    sjson_wr_member_text(wr, name, text);
}

sg_result
cli_enrol_link(struct cli *cli, sg_bytes secret, sg_str *ret)
{
    const char *base = NULL;
    sg_str hex;
    SG_REQUIRE(cli_base_url(cli, &base) == CLI_DONE, CONFIGURATION);
    SG_TRY(sg_hex_encode(cli->arena, secret, &hex));
    return sg_arena_printf(cli->arena, ret, "%s/enrol/%.*s", base, SG_PRINT(hex));
}

/* Link and code go two ways: so they leave by two ways here. */
int
cli_print_enrolment(struct cli *cli, const struct wire_operation_reply *reply)
{
    sg_str link;
    sg_result r = cli_enrol_link(cli, reply->link, &link);
    if (!sg_ok(r)) {
        return cli_refused(cli, "the enrolment link", r);
    }
    printf("%.*s\n", SG_PRINT(link));
    fflush(stdout);
    fprintf(
        stderr, "code, to be delivered another way than the link: %.*s\n", SG_PRINT(reply->code));
    return CLI_DONE;
}

static int
print_proposed(struct cli *cli, sg_bytes subject, const struct wire_operation_reply *reply)
{
    sg_str id, person, link;
    sg_result r = sg_hex_encode(cli->arena, reply->operation_id, &id);
    r = sg_ok(r) ? sg_hex_encode(cli->arena, subject, &person) : r;
    r = sg_ok(r) && reply->applied ? cli_enrol_link(cli, reply->link, &link) : r;
    if (!sg_ok(r)) {
        return cli_refused(cli, "enrolment", r);
    }
    if (cli->json) {
        struct sg_buf buf = sg_buf_new(cli->arena, 512, 65536);
        struct sjson_wr wr = sjson_wr_new(&buf);
        sjson_wr_object(&wr);
        sjson_wr_member_text(&wr, "person", person);
        sjson_wr_member_text(&wr, "operation", id);
        sjson_wr_member_bool(&wr, "applied", reply->applied);
        sjson_wr_member_int(&wr, "seq", (int64_t)reply->seq);
        if (reply->applied) {
            sjson_wr_member_text(&wr, "link", link);
            sjson_wr_member_text(&wr, "code", reply->code);
        }
        sjson_wr_object_end(&wr);
        return cli_print_json(cli, &buf);
    }
    if (reply->applied) {
        fprintf(stderr, "person %.*s\n", SG_PRINT(person));
        return cli_print_enrolment(cli, reply);
    }
    printf("person %.*s\nproposed; another operator approves it, and is told link and code, with\n"
           "  sealgate approve %.*s --operator FILE --dir %s\n",
        SG_PRINT(person), SG_PRINT(id), cli->dir);
    return CLI_DONE;
}

int
cmd_person_enrol(struct cli *cli)
{
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk = { 0 };
    uint8_t subject[WIRE_ID_LEN];
    struct wire_operation_reply reply;
    struct wire_operation_msg op = { .kind = WIRE_OPN_PERSON_ENROL, .subject = SG_BYTES(subject) };
    const char *valid = cli_value(cli, "--valid") != NULL ? cli_value(cli, "--valid") : "7d";
    const char *reason = cli_value(cli, "--reason");
    int64_t level = 2;
    int64_t keys = 5;
    int bad = cli_number(cli, "--level", 2, 2, 3, &level);
    bad = bad == CLI_DONE ? cli_number(cli, "--keys", 5, 1, WIRE_KEYS_AT_ONCE_MAX, &keys) : bad;
    bad = bad == CLI_DONE ? read_span(cli, valid, &op.valid_s) : bad;
    cli_random(subject, sizeof(subject));
    if (bad == CLI_DONE && cli_value(cli, "--person") != NULL) {
        bad = subject_of(cli, cli_value(cli, "--person"), subject);
    }
    bad = bad == CLI_DONE ? cli_desk_open(cli, true, &desk) : bad;
    if (bad != CLI_DONE) {
        return bad;
    }
    op.level = (uint64_t)level;
    op.count = (uint64_t)keys;
    op.reason = reason != NULL ? sg_cstr(reason) : SG_NO_STR;
    sg_result r = cli_ops_propose(desk.ops, &op, desk.operators[0], &reply);
    if (sg_ok(r) && desk.operators[1] != NULL) {
        r = cli_ops_approve(desk.ops, reply.operation_id, desk.operators[1], &reply);
    }
    return sg_ok(r) ? print_proposed(cli, op.subject, &reply) : cli_refused(cli, "enrolment", r);
}

/* ---- list, show ---------------------------------------------------------------------------------------------------- */

static sg_str
fingerprint(struct cli *cli, sg_bytes thumbprint)
{
    sg_str text = SG_NO_STR;
    const uint8_t *p = thumbprint.p;
    SG_IGNORE(sg_arena_printf(cli->arena, &text, "%02x%02x %02x%02x %02x%02x %02x%02x", p[0], p[1],
        p[2], p[3], p[4], p[5], p[6], p[7])); /* empty when out of memory */
    return text;
}

static const char *
alg_word(uint64_t alg)
{
    const struct jose_alg *row = jose_alg_by_id((enum jose_alg_id)alg);
    return row == NULL ? "unknown" : row->name;
}

static void
put_passkey(struct cli *cli, struct sjson_wr *wr, const struct wire_passkey *p)
{
    sjson_wr_object(wr);
    sjson_wr_member_b64url(wr, "id", p->id);
    sjson_wr_member_b64url(wr, "thumbprint", p->thumbprint);
    sjson_wr_member_text(wr, "fingerprint", fingerprint(cli, p->thumbprint));
    sjson_wr_member_cstr(wr, "purpose", p->purpose == WIRE_PASSKEY_SIGN ? "sign" : "login");
    sjson_wr_member_cstr(wr, "state", WORD(passkey_words, p->state));
    sjson_wr_member_cstr(wr, "alg", alg_word(p->alg));
    sjson_wr_member_bool(wr, "syncs", p->backup_eligible);
    sjson_wr_member_bool(wr, "attested", p->attested);
    sjson_wr_member_text(wr, "label", p->label);
    sjson_wr_member_int(wr, "created_at", p->created_at);
    sjson_wr_object_end(wr);
}

static void
put_holder_key(struct sjson_wr *wr, const struct wire_holder_key *k)
{
    sjson_wr_object(wr);
    sjson_wr_member_b64url(wr, "thumbprint", k->key);
    sjson_wr_member_cstr(wr, "alg", alg_word(k->alg));
    sjson_wr_member_cstr(wr, "state", cli_key_state_word(k->state));
    sjson_wr_member_int(wr, "level", (int64_t)k->level);
    sjson_wr_member_int(wr, "created_at", k->created_at);
    sjson_wr_object_end(wr);
}

static void
put_head(struct cli *cli, struct sjson_wr *wr, const struct wire_person_info_reply *p)
{
    put_hex(wr, cli, "person", p->person);
    sjson_wr_member_cstr(wr, "state", WORD(person_words, p->state));
    sjson_wr_member_int(wr, "level", (int64_t)p->level);
    sjson_wr_member_int(wr, "keys_max", (int64_t)p->keys_max);
}

static void
print_head(struct cli *cli, const struct wire_person_info_reply *p)
{
    sg_str id = SG_NO_STR;
    SG_IGNORE(sg_hex_encode(cli->arena, p->person, &id)); /* prints nothing when out of memory */
    printf("%.*s  %-9s level %llu, passkeys %zu, keys %s%zu of %llu\n", SG_PRINT(id),
        WORD(person_words, p->state), (unsigned long long)p->level, p->n_passkeys,
        p->more ? "more than " : "", p->n_keys, (unsigned long long)p->keys_max);
}

int
cmd_person_list(struct cli *cli)
{
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk;
    struct wire_person_info_reply *p = SG_NEW(cli->arena, struct wire_person_info_reply);
    struct sg_buf buf = sg_buf_new(cli->arena, 4096, PERSONS_OUT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    uint8_t last[WIRE_ID_LEN] = { 0 };
    struct wire_person_info msg = { .next = SG_BYTES(last) };
    int bad = cli_desk_open(cli, false, &desk);
    struct sg_arena *page = sg_arena_new(0, (size_t)1024 * 1024); /* a list may be long */
    sg_result r = p == NULL || page == NULL ? SG_ERROR(NO_MEMORY) : SG_DONE;
    sjson_wr_object(&wr);
    sjson_wr_name(&wr, SG_LIT("persons"));
    sjson_wr_array(&wr);
    while (bad == CLI_DONE && sg_ok(r)) {
        sg_arena_reset(page);
        r = ask(desk.ops, page, &msg, p);
        if (!sg_ok(r)) {
            break;
        }
        memcpy(last, p->person.p, sizeof(last));
        if (cli->json) {
            sjson_wr_object(&wr);
            put_head(cli, &wr, p);
            sjson_wr_object_end(&wr);
        } else {
            print_head(cli, p);
        }
    }
    sg_arena_free(&page);
    sjson_wr_array_end(&wr);
    sjson_wr_object_end(&wr);
    if (bad != CLI_DONE) {
        return bad;
    }
    if (r.code != SG_E_NOT_FOUND) { /* that is the end of the list */
        return cli_refused(cli, "persons", r);
    }
    return cli->json ? cli_print_json(cli, &buf) : CLI_DONE;
}

static int
show_json(struct cli *cli, const struct wire_person_info_reply *p)
{
    struct sg_buf buf = sg_buf_new(cli->arena, 4096, PERSONS_OUT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    put_head(cli, &wr, p);
    sjson_wr_name(&wr, SG_LIT("passkeys"));
    sjson_wr_array(&wr);
    for (size_t i = 0; i < p->n_passkeys; i++) {
        put_passkey(cli, &wr, &p->passkeys[i]);
    }
    sjson_wr_array_end(&wr);
    sjson_wr_name(&wr, SG_LIT("keys"));
    sjson_wr_array(&wr);
    for (size_t i = 0; i < p->n_keys; i++) {
        put_holder_key(&wr, &p->keys[i]);
    }
    sjson_wr_array_end(&wr);
    sjson_wr_member_bool(&wr, "more_keys", p->more);
    sjson_wr_object_end(&wr);
    return cli_print_json(cli, &buf);
}

static void
show_lines(struct cli *cli, const struct wire_person_info_reply *p)
{
    print_head(cli, p);
    for (size_t i = 0; i < p->n_passkeys; i++) {
        const struct wire_passkey *k = &p->passkeys[i];
        sg_str thumbprint = SG_NO_STR;
        sg_str print = fingerprint(cli, k->thumbprint);
        SG_IGNORE(sg_b64url_encode(cli->arena, k->thumbprint, &thumbprint));
        printf("passkey %.*s  %-5s %-7s fingerprint %.*s%s%s\n", SG_PRINT(thumbprint),
            k->purpose == WIRE_PASSKEY_SIGN ? "sign" : "login", WORD(passkey_words, k->state),
            SG_PRINT(print), k->attested ? ", attested" : "", k->backup_eligible ? ", syncs" : "");
    }
    for (size_t i = 0; i < p->n_keys; i++) {
        const struct wire_holder_key *k = &p->keys[i];
        sg_str thumbprint = SG_NO_STR;
        SG_IGNORE(sg_b64url_encode(cli->arena, k->key, &thumbprint));
        printf("key     %.*s  %-5s %s, level %llu\n", SG_PRINT(thumbprint), alg_word(k->alg),
            cli_key_state_word(k->state), (unsigned long long)k->level);
    }
    if (p->more) {
        puts("and further keys");
    }
}

int
cmd_person_show(struct cli *cli)
{
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk = { 0 };
    uint8_t subject[WIRE_ID_LEN];
    struct wire_person_info msg = { .person = SG_BYTES(subject) };
    struct wire_person_info_reply *p = SG_NEW(cli->arena, struct wire_person_info_reply);
    int bad = p == NULL ? cli_fail(cli, "out of memory") : open_for(cli, false, &desk, subject);
    if (bad != CLI_DONE) {
        return bad;
    }
    sg_result r = ask(desk.ops, cli->arena, &msg, p);
    if (!sg_ok(r)) {
        return cli_refused(cli, "person", r);
    }
    if (cli->json) {
        return show_json(cli, p);
    }
    show_lines(cli, p);
    return CLI_DONE;
}

/* ---- lock, unlock, leave, confirm ----------------------------------------------------------------------------------- */

/* The command's last word is the state wanted. */
int
cmd_person_state(struct cli *cli)
{
    static const struct {
        const char *command;
        uint64_t state;
        const char *done;
    } rows[] = {
        { "person lock", WIRE_KEY_SUSPENDED, "locked: nothing of this person signs or logs in" },
        { "person unlock", WIRE_KEY_ACTIVE, "unlocked" },
        { "person leave", WIRE_KEY_DESTROYED, "left: keys destroyed, passkeys removed" },
    };
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk = { 0 };
    uint8_t subject[WIRE_ID_LEN];
    size_t i = 0;
    while (strcmp(rows[i].command, cli->command->name) != 0) {
        i++; /* the table in cli_main.c has no other rows for this function */
    }
    int bad = open_for(cli, true, &desk, subject);
    if (bad != CLI_DONE) {
        return bad;
    }
    struct wire_operation_msg op = {
        .kind = WIRE_OPN_PERSON_STATE, .subject = SG_BYTES(subject), .state = rows[i].state
    };
    return cli_decide(&desk, &op, rows[i].done);
}

int
cmd_person_passkey(struct cli *cli)
{
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk = { 0 };
    uint8_t subject[WIRE_ID_LEN];
    uint8_t thumbprint[WIRE_THUMBPRINT_LEN];
    const char *name = cli_value(cli, "--passkey");
    bool confirm = strcmp(cli->command->name, "person confirm") == 0;
    if (!sg_ok(sg_b64url_decode_to(sg_cstr(name), thumbprint, sizeof(thumbprint)))) {
        return cli_usage(cli, "--passkey: %s is no thumbprint, as `person show` prints it", name);
    }
    int bad = open_for(cli, true, &desk, subject);
    if (bad != CLI_DONE) {
        return bad;
    }
    struct wire_operation_msg op = { .kind = WIRE_OPN_PASSKEY_STATE,
        .subject = SG_BYTES(subject),
        .key = SG_BYTES(thumbprint),
        .state = confirm ? WIRE_KEY_ACTIVE : WIRE_KEY_DESTROYED };
    return cli_decide(&desk, &op, confirm ? "confirmed: it signs now" : "removed");
}

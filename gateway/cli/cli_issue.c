/* What a system client asks of the gateway: `issue`, `offer`, `status set`. */
#include <errno.h>
#include <qrencode.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli_api.h"
#include "cli_commands.h"
#include "jcs.h"
#include "object.h"
#include "sg_text.h"
#include "tsl_token.h"

#include "wire_intent.h"

enum { INSTRUCTION_LIFE_S = 86400, BODY_MAX = 256 * 1024 };

/* ---- the configuration, and an instruction if it wants one ---------------------------------------------- */

static int
find_configuration(struct cli_api *api, const char *id, const struct sjson **ret)
{
    const struct sjson *json;
    const struct sjson *list;
    int bad = cli_api_call(api, "GET", "/v1/configurations", SG_NO_STR, &json);
    if (bad != CLI_DONE) {
        return bad;
    }
    if (!sg_ok(sjson_member_array(json, "configurations", &list))) {
        return cli_fail(api->cli, "the gateway does not list its configurations");
    }
    for (const struct sjson *c = list->first; c != NULL; c = c->next) {
        if (sjson_is_text(sjson_get(c, "id"), id)) {
            *ret = c;
            return CLI_DONE;
        }
    }
    return cli_fail(api->cli, "there is no credential configuration %s", id);
}

/* Level 2 (req: SIG-8): the client's own signature over key, configuration and the hash of these very claims. */
static sg_result
put_instruction(struct cli_api *api, struct sjson_wr *wr, const struct sjson *configuration,
    const struct sjson *claims, uint64_t count)
{
    struct sg_arena *a = api->cli->arena;
    uint8_t id[WIRE_ID_LEN];
    uint8_t salt[32];
    uint8_t hash[SG_SHA256_LEN];
    uint8_t key[WIRE_THUMBPRINT_LEN];
    uint8_t signature[CLI_SIG_LEN];
    sg_str text;
    sg_bytes bytes;
    sg_bytes tagged;
    struct wire_instruction in = { .client = cli_key_name(api->client), .count = count };
    SG_TRY(sjson_member_text(configuration, "key", &text));
    SG_TRY(sg_b64url_decode_to(text, key, sizeof(key)));
    SG_TRY(sjson_member_text(configuration, "id", &in.configuration));
    SG_TRY(jcs_encode(a, claims, &text));
    cli_random(id, sizeof(id));
    cli_random(salt, sizeof(salt));
    const sg_bytes parts[] = { SG_BYTES(salt), sg_str_bytes(text) };
    sg_sha256_parts(parts, 2, hash);
    in.id = SG_BYTES(id);
    in.key = SG_BYTES(key);
    in.claims_hash = SG_BYTES(hash);
    in.expires_at = cli_now() + INSTRUCTION_LIFE_S;
    SG_TRY(wire_instruction_encode(a, &in, &bytes));
    SG_TRY(wire_signed_bytes(a, WIRE_TAG_INSTRUCTION, bytes, &tagged));
    SG_TRY(cli_key_sign(api->client, tagged, signature));
    sjson_wr_member_b64url(wr, "instruction", bytes);
    sjson_wr_member_b64url(wr, "instruction_signature", SG_BYTES(signature));
    sjson_wr_member_b64url(wr, "claims_salt", SG_BYTES(salt));
    return SG_DONE;
}

/* Members that `issue` and `offer` share: configuration, claims, and the instruction from level 2 up. */
static int
begin_body(struct cli_api *api, struct sjson_wr *wr, uint64_t count)
{
    const struct cli *cli = api->cli;
    const struct sjson *claims;
    const struct sjson *configuration = NULL;
    const char *id = cli_value(cli, "--configuration");
    const char *path = cli_value(cli, "--claims");
    const char *format = cli_value(cli, "--format");
    int64_t level = 1;
    sg_result r = cli_read_json(cli->arena, path, &claims);
    if (!sg_ok(r)) {
        return cli_unreadable(cli, path, r);
    }
    int bad = find_configuration(api, id, &configuration);
    if (bad != CLI_DONE) {
        return bad;
    }
    if (format != NULL && !sjson_is_text(sjson_get(configuration, "format"), format)) {
        return cli_fail(cli, "%s does not issue %s", id, format);
    }
    sjson_wr_object(wr);
    sjson_wr_member_cstr(wr, "configuration", id);
    sjson_wr_member_value(wr, "claims", claims);
    SG_IGNORE(sjson_member_int(configuration, "level", &level)); /* absent: level 1 */
    r = level >= 2 ? put_instruction(api, wr, configuration, claims, count) : SG_DONE;
    return sg_ok(r) ? CLI_DONE : cli_refused(cli, "instruction", r);
}

static int
end_body(const struct cli *cli, struct sjson_wr *wr, sg_str *ret)
{
    sjson_wr_object_end(wr);
    sg_result r = sg_buf_end_str(wr->buf, ret);
    return sg_ok(r) ? CLI_DONE : cli_refused(cli, "request", r);
}

/* ---- issue ----------------------------------------------------------------------------------------------- */

/* --holder-jwk, or the demo's holder when there is one. */
static int
put_holder(const struct cli *cli, struct sjson_wr *wr)
{
    struct jwk jwk;
    const char *path = cli_value(cli, "--holder-jwk");
    const char *demo = cli_path(cli, "clients/demo-holder.json");
    if (path == NULL && demo != NULL && access(demo, R_OK) == 0) {
        path = demo;
    }
    if (path == NULL) {
        return CLI_DONE;
    }
    sg_result r = cli_public_read(cli->arena, path, &jwk);
    if (!sg_ok(r)) {
        return cli_refused(cli, path, r);
    }
    sjson_wr_name(wr, SG_LIT("holder_jwk"));
    jwk.kid = SG_NO_STR; /* the key alone is what the credential is bound to */
    jwk_write(wr, &jwk);
    return CLI_DONE;
}

static int
print_answer(const struct cli *cli, const struct sjson *json, sg_str text)
{
    const char *out = cli_value(cli, "--out");
    if (out != NULL) {
        sg_str line;
        if (!sg_ok(sg_arena_printf(cli->arena, &line, "%.*s\n", SG_PRINT(text))) ||
            !sg_ok(cli_write(out, sg_str_bytes(line), 0600))) {
            return cli_fail(cli, "%s: %s", out, strerror(errno));
        }
        if (!cli->json) {
            return CLI_DONE;
        }
    }
    if (cli->json) {
        printf("%.*s\n", SG_PRINT(json->source));
    } else {
        printf("%.*s\n", SG_PRINT(text));
    }
    return CLI_DONE;
}

int
cmd_issue(struct cli *cli)
{
    SG_CLEANUP(cli_api_close)
    struct cli_api api;
    struct sg_buf buf = sg_buf_new(cli->arena, 4096, BODY_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    const struct sjson *json;
    sg_str body = SG_NO_STR;
    sg_str credential;
    int bad = cli_api_open(cli, &api);
    bad = bad == CLI_DONE ? begin_body(&api, &wr, 1) : bad;
    bad = bad == CLI_DONE ? put_holder(cli, &wr) : bad;
    bad = bad == CLI_DONE ? end_body(cli, &wr, &body) : bad;
    bad = bad == CLI_DONE ? cli_api_call(&api, "POST", "/v1/credentials", body, &json) : bad;
    if (bad != CLI_DONE) {
        return bad;
    }
    const struct sjson *made = sjson_get(json, "credential");
    if (made == NULL || (made->type != SJSON_STRING && made->type != SJSON_OBJECT)) {
        return cli_fail(cli, "the answer holds no credential");
    }
    credential = made->type == SJSON_STRING ? made->text : made->source; /* ldp_vc: an object */
    return print_answer(cli, json, credential);
}

/* ---- offer ----------------------------------------------------------------------------------------------- */

/* Two rows of modules in one line of text: upper and lower half blocks. On stderr, since stdout holds the URI alone. */
static int
print_qr(const struct cli *cli, const char *text)
{
    static const char *const blocks[] = { "\xE2\x96\x88", "\xE2\x96\x80", "\xE2\x96\x84", " " };
    enum { QUIET = 2 };
    QRcode *qr = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
    if (qr == NULL) {
        return cli_fail(cli, "too long for a QR code: use --by-reference");
    }
    for (int y = -QUIET; y < qr->width + QUIET; y += 2) {
        for (int x = -QUIET; x < qr->width + QUIET; x++) {
            unsigned dark = 0;
            for (int half = 0; half < 2; half++) {
                int row = y + half;
                bool inside = x >= 0 && x < qr->width && row >= 0 && row < qr->width;
                if (inside && (qr->data[row * qr->width + x] & 1) != 0) {
                    dark |= half == 0 ? 2U : 1U;
                }
            }
            fputs(blocks[dark], stderr);
        }
        fputc('\n', stderr);
    }
    QRcode_free(qr);
    return CLI_DONE;
}

static int
print_offer(const struct cli *cli, const struct sjson *json)
{
    sg_str uri;
    sg_str code;
    const char *text;
    const char *member = cli_flag(cli, "--by-reference") ? "uri_by_reference" : "uri";
    if (!sg_ok(sjson_member_text(json, member, &uri)) ||
        !sg_ok(sg_arena_cstr(cli->arena, uri, &text))) {
        return cli_fail(cli, "the answer holds no offer");
    }
    if (cli->json) {
        printf("%.*s\n", SG_PRINT(json->source));
    } else {
        printf("%s\n", text);
        fflush(stdout);
        if (sg_ok(sjson_member_text(json, "tx_code", &code))) {
            fprintf(stderr, "transaction code: %.*s\n", SG_PRINT(code));
        }
    }
    return cli_flag(cli, "--qr") ? print_qr(cli, text) : CLI_DONE;
}

int
cmd_offer(struct cli *cli)
{
    SG_CLEANUP(cli_api_close)
    struct cli_api api = { 0 };
    struct sg_buf buf = sg_buf_new(cli->arena, 4096, BODY_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    const struct sjson *json;
    sg_str body = SG_NO_STR;
    int64_t count = 0;
    int64_t life = 0;
    if (cli_flag(cli, "--authorization-code")) {
        return cli_refused(cli, "--authorization-code", SG_ERROR(UNSUPPORTED));
    }
    int bad = cli_number(cli, "--count", 20, 1, 10000, &count);
    bad = bad == CLI_DONE ? cli_number(cli, "--expires-in", 600, 30, 86400, &life) : bad;
    bad = bad == CLI_DONE ? cli_api_open(cli, &api) : bad;
    bad = bad == CLI_DONE ? begin_body(&api, &wr, (uint64_t)count) : bad;
    if (bad != CLI_DONE) {
        return bad;
    }
    sjson_wr_member_int(&wr, "count", count);
    sjson_wr_member_int(&wr, "expires_in", life);
    if (cli_flag(cli, "--tx-code")) {
        sjson_wr_member_bool(&wr, "tx_code", true);
    }
    bad = end_body(cli, &wr, &body);
    bad = bad == CLI_DONE ? cli_api_call(&api, "POST", "/v1/offers", body, &json) : bad;
    return bad == CLI_DONE ? print_offer(cli, json) : bad;
}

/* ---- status set ------------------------------------------------------------------------------------------ */

static const struct {
    const char *word;
    uint64_t value;
} status_words[] = { { "valid", TSL_VALID }, { "invalid", TSL_INVALID },
    { "suspended", TSL_SUSPENDED } };

static int
wanted_value(const struct cli *cli, uint64_t *ret)
{
    const char *to = cli_value(cli, "--to");
    for (size_t i = 0; i < sizeof(status_words) / sizeof(status_words[0]); i++) {
        if (strcmp(status_words[i].word, to) == 0) {
            *ret = status_words[i].value;
            return CLI_DONE;
        }
    }
    return cli_usage(cli, "--to: %s is not valid, invalid or suspended", to);
}

/* The reference that stands in the credential itself, whatever its format. */
static int
reference_of(const struct cli *cli, const char *path, struct tsl_ref *ret)
{
    sg_bytes bytes;
    struct object *object = SG_NEW(cli->arena, struct object);
    sg_result r = object == NULL ? SG_ERROR(NO_MEMORY) : cli_read(cli->arena, path, &bytes);
    r = sg_ok(r) ? object_take(cli->arena, bytes, object) : r;
    if (!sg_ok(r)) {
        return cli_unreadable(cli, path, r);
    }
    if (object->n_refs != 1) {
        return cli_fail(cli, "%s names %zu status lists; say which with --list and --index", path,
            object->n_refs);
    }
    *ret = (struct tsl_ref){ object->refs[0].uri, object->refs[0].idx };
    return CLI_DONE;
}

static int
wanted_entry(const struct cli *cli, struct tsl_ref *ret)
{
    const char *path = cli_value(cli, "--credential");
    const char *list = cli_value(cli, "--list");
    int64_t idx = 0;
    if ((path != NULL) == (list != NULL) || (list != NULL) != cli_flag(cli, "--index")) {
        return cli_usage(cli, "either --credential FILE, or --list URL and --index N");
    }
    if (path != NULL) {
        return reference_of(cli, path, ret);
    }
    int bad = cli_number(cli, "--index", 0, 0, UINT32_MAX, &idx);
    *ret = (struct tsl_ref){ sg_cstr(list), (uint64_t)idx };
    return bad;
}

static sg_result
order_body(struct cli_api *api, const struct tsl_ref *ref, uint64_t value, sg_str *ret)
{
    struct sg_arena *a = api->cli->arena;
    uint8_t id[WIRE_ID_LEN];
    uint8_t signature[CLI_SIG_LEN];
    sg_bytes order;
    sg_bytes tagged;
    struct sg_buf buf = sg_buf_new(a, 1024, 16384);
    struct sjson_wr wr = sjson_wr_new(&buf);
    cli_random(id, sizeof(id));
    const struct wire_status_order msg = { .id = SG_BYTES(id),
        .list = ref->uri,
        .idx = ref->idx,
        .value = value,
        .orderer = cli_key_name(api->client),
        .ordered_at = cli_now() };
    SG_TRY(wire_status_order_encode(a, &msg, &order));
    SG_TRY(wire_signed_bytes(a, WIRE_TAG_STATUS_ORDER, order, &tagged));
    SG_TRY(cli_key_sign(api->client, tagged, signature));
    sjson_wr_object(&wr);
    sjson_wr_member_b64url(&wr, "order", order);
    sjson_wr_member_b64url(&wr, "signature", SG_BYTES(signature));
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

/* What the published list says of the entry now; unverified, since this only asks whether the change has arrived. */
static bool
is_published(const struct cli *cli, const struct tsl_ref *ref, uint64_t value)
{
    const char *url;
    sg_str compact;
    struct tsl_token token;
    struct tsl_view list;
    uint8_t now;
    return sg_ok(sg_arena_cstr(cli->arena, ref->uri, &url)) &&
           cli_http_get(cli, url, TSL_MEDIA_TYPE, &compact) == CLI_DONE &&
           sg_ok(tsl_token_parse(cli->arena, compact, &token)) &&
           sg_ok(tsl_token_list(cli->arena, &token, TSL_RAW_MAX, &list)) &&
           sg_ok(tsl_get(&list, ref->idx, &now)) && now == value;
}

/* Whoever asks next should see the change: wait for it, within reason (STA-2). False: it is recorded and follows. */
static bool
wait_published(const struct cli *cli, const struct tsl_ref *ref, uint64_t value)
{
    enum { TRIES = 40 };
    for (int i = 0; i < TRIES; i++) {
        if (is_published(cli, ref, value)) {
            return true;
        }
        nanosleep(&(struct timespec){ 0, 150000000 }, NULL);
    }
    return false;
}

int
cmd_status_set(struct cli *cli)
{
    SG_CLEANUP(cli_api_close)
    struct cli_api api = { 0 };
    struct tsl_ref ref = { 0 };
    uint64_t value = 0;
    const struct sjson *json;
    sg_str body = SG_NO_STR;
    int bad = wanted_value(cli, &value);
    bad = bad == CLI_DONE ? wanted_entry(cli, &ref) : bad;
    bad = bad == CLI_DONE ? cli_api_open(cli, &api) : bad;
    if (bad != CLI_DONE) {
        return bad;
    }
    sg_result r = order_body(&api, &ref, value, &body);
    if (!sg_ok(r)) {
        return cli_refused(cli, "order", r);
    }
    bad = cli_api_call(&api, "POST", "/v1/status", body, &json);
    bool published = bad == CLI_DONE && wait_published(cli, &ref, value);
    if (bad == CLI_DONE && cli->json) {
        printf("%.*s\n", SG_PRINT(json->source));
    } else if (bad == CLI_DONE) {
        printf("%.*s index %llu is %s%s\n", SG_PRINT(ref.uri), (unsigned long long)ref.idx,
            cli_value(cli, "--to"), published ? "" : " (recorded; the published list follows)");
    }
    return bad;
}

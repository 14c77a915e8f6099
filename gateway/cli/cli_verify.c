/* `sealgate verify`: what a relying party checks of a signed object in any format, offline unless --status. req: SIG-7, FMT-4 */
#include <openssl/crypto.h>
#include <stdio.h>

#include "bsl.h"
#include "cid.h"
#include "cli_commands.h"
#include "cli_contexts.h"
#include "cli_http.h"
#include "cli_object.h"
#include "cli_report.h"
#include "cli_scalar.h"
#include "jsonld.h"
#include "tsl_token.h"
#include "verify.h"

enum { LEEWAY_S = 60, DOCUMENTS_MAX = 16, KEYS_MAX = 16, SCHEMAS_MAX = 64 };
enum { SECURE_HEAP = 65536, SECURE_LEAST = 32 };

struct check {
    struct cli *cli;
    struct cli_report report;
    sg_bytes anchors[CLI_ANCHORS_MAX];
    size_t n_anchors;
    struct verify_key keys[KEYS_MAX];
    size_t n_keys;
    struct cid_document documents[DOCUMENTS_MAX];
    struct cid_table table;
    struct cid_resolver resolver;
    struct jsonld_contexts *contexts;
    struct verify_schema schemas[SCHEMAS_MAX];
    size_t n_schemas;
    struct cli_scalar *reader_key;
    sg_str audience;
    sg_str expected_contexts[DOCUMENTS_MAX];
    struct verify_expect expect;
    struct verify_result result;
};

/* ---- whom to believe ------------------------------------------------------------------------------------- */

/* --document: DID documents and other documents about keys, each under its own `id`. */
static int
read_documents(struct check *c)
{
    const char *path;
    for (size_t i = 0; (path = cli_value_nth(c->cli, "--document", i)) != NULL; i++) {
        const struct sjson *json;
        struct cid_document *document = &c->documents[i];
        sg_result r =
            i < DOCUMENTS_MAX ? cli_read_json(c->cli->arena, path, &json) : SG_ERROR(TOO_MANY);
        r = sg_ok(r) ? sjson_member_text(json, "id", &document->url) : r;
        if (!sg_ok(r)) {
            return cli_unreadable(c->cli, path, r);
        }
        document->json = json->source;
        c->table.n = i + 1;
    }
    if (c->table.n == 0 && cli_own_document(c->cli, &c->documents[0])) {
        c->table.n = 1; /* without --document */
    }
    c->table.documents = c->documents;
    c->resolver = cid_resolver_of(&c->table);
    return CLI_DONE;
}

/* --key: a public JWK that is taken for the issuer's. */
static int
read_keys(struct check *c)
{
    const char *path;
    for (size_t i = 0; (path = cli_value_nth(c->cli, "--key", i)) != NULL; i++) {
        const struct sjson *json;
        sg_result r = i < KEYS_MAX ? cli_read_json(c->cli->arena, path, &json) : SG_ERROR(TOO_MANY);
        r = sg_ok(r) ? jwk_parse(c->cli->arena, json, &c->keys[i].key) : r;
        if (!sg_ok(r)) {
            return cli_unreadable(c->cli, path, r);
        }
        c->n_keys = i + 1;
    }
    return CLI_DONE;
}

/* An option URL=FILE, as often as it stands there. */
static int
read_named(
    struct check *c, const char *option, struct jsonld_document *ret, size_t max, size_t *ret_n)
{
    const char *given;
    size_t n = 0;
    for (; (given = cli_value_nth(c->cli, option, n)) != NULL; n++) {
        const char *equals = strrchr(given, '=');
        sg_bytes bytes;
        if (equals == NULL || n == max) {
            return cli_usage(c->cli, "%s: %s is not URL=FILE", option, given);
        }
        sg_result r = cli_read(c->cli->arena, equals + 1, &bytes);
        if (!sg_ok(r)) {
            return cli_unreadable(c->cli, equals + 1, r);
        }
        ret[n] = (struct jsonld_document){ sg_str_of(given, (size_t)(equals - given)),
            sg_bytes_str(bytes) };
    }
    *ret_n = n;
    return CLI_DONE;
}

/* --context URL=FILE: a JSON-LD context beside those built in. */
static int
read_contexts(struct check *c)
{
    struct jsonld_document extra[DOCUMENTS_MAX];
    struct sg_why why = { 0 };
    size_t n = 0;
    int bad = read_named(c, "--context", extra, DOCUMENTS_MAX, &n);
    if (bad == CLI_DONE && n == 0) {
        bad = cli_contexts_read(c->cli, extra, DOCUMENTS_MAX, &n);
    }
    if (bad != CLI_DONE) {
        return bad;
    }
    sg_result r = jsonld_contexts_new(extra, n, &why, &c->contexts);
    return sg_ok(r) ? CLI_DONE : cli_refused(c->cli, why.what == NULL ? "contexts" : why.what, r);
}

/* --schema URL=FILE: what a credentialSchema of that id is held against. */
static int
read_schemas(struct check *c)
{
    struct jsonld_document files[SCHEMAS_MAX];
    size_t n = 0;
    int bad = read_named(c, "--schema", files, SCHEMAS_MAX, &n);
    if (bad == CLI_DONE && n == 0) {
        bad = cli_pinned_read(c->cli, "schemas", files, SCHEMAS_MAX, &n);
    }
    for (size_t i = 0; bad == CLI_DONE && i < n; i++) {
        c->schemas[i] = (struct verify_schema){ files[i].url, sg_str_bytes(files[i].json) };
    }
    c->n_schemas = bad == CLI_DONE ? n : 0;
    c->expect.schema_required = cli_flag(c->cli, "--require-schema");
    return bad;
}

/* --expect-context URL: what a credential's @context must be, in this order. */
static int
read_expected_contexts(struct check *c)
{
    const char *url;
    size_t n = 0;
    for (; (url = cli_value_nth(c->cli, "--expect-context", n)) != NULL; n++) {
        if (n == DOCUMENTS_MAX) {
            return cli_usage(c->cli, "--expect-context: at most %d", DOCUMENTS_MAX);
        }
        c->expected_contexts[n] = sg_cstr(url);
    }
    c->expect.contexts = c->expected_contexts;
    c->expect.n_contexts = n;
    return CLI_DONE;
}

/* --reader-key FILE: the reader's ephemeral private key, for a deviceMac. What libcrypto makes of it is in locked memory as well. */
static int
read_reader_key(struct check *c)
{
    const char *path = cli_value(c->cli, "--reader-key");
    if (path == NULL) {
        return CLI_DONE;
    }
    if (c->expect.session_transcript.n == 0) {
        return cli_usage(c->cli, "--reader-key needs --session-transcript");
    }
    if (CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_LEAST) == 0) {
        return cli_fail(c->cli, "no memory that stays out of swap (see ulimit -l)");
    }
    sg_result r = cli_scalar_read(c->cli->arena, path, &c->reader_key);
    if (!sg_ok(r)) {
        return cli_unreadable(c->cli, path, r);
    }
    c->expect.reader_key = cli_scalar_bytes(c->reader_key);
    return CLI_DONE;
}

static int
read_expectations(struct check *c)
{
    bool nonce = cli_flag(c->cli, "--nonce");
    if (nonce != cli_flag(c->cli, "--audience")) {
        return cli_usage(c->cli, "--nonce and --audience belong together");
    }
    c->expect.leeway_s = LEEWAY_S;
    if (nonce) {
        c->audience = sg_cstr(cli_value(c->cli, "--audience"));
        c->expect.audiences = &c->audience;
        c->expect.n_audiences = 1;
        c->expect.nonce = sg_cstr(cli_value(c->cli, "--nonce"));
    }
    const char *path = cli_value(c->cli, "--session-transcript");
    if (path != NULL) {
        sg_result r = cli_read(c->cli->arena, path, &c->expect.session_transcript);
        if (!sg_ok(r)) {
            return cli_unreadable(c->cli, path, r);
        }
    }
    return cli_at(c->cli, &c->expect.now);
}

/* ---- what was found --------------------------------------------------------------------------------------- */

static void
tell(struct check *c)
{
    for (size_t i = 0; i < c->result.n; i++) {
        const struct verify_finding *f = &c->result.findings[i];
        const struct sg_code_row *row = sg_code_row(f->code);
        sg_str name = sg_cstr(f->check);
        if (f->subject.n > 0 && !sg_ok(sg_arena_printf(c->cli->arena, &name, "%.*s: %s",
                                    SG_PRINT(f->subject), f->check))) {
            name = sg_cstr(f->check);
        }
        if (f->severity == VERIFY_ERROR) {
            cli_step(&c->report, name.p, CLI_NOT_HELD, "%s (%s)%s%.*s", row->sentence, row->name,
                f->detail.n > 0 ? ": " : "", SG_PRINT(f->detail));
        } else {
            bool held = f->severity == VERIFY_HELD;
            cli_step(
                &c->report, name.p, held ? CLI_HELD : CLI_NOT_SHOWN, "%.*s", SG_PRINT(f->detail));
        }
    }
}

/* ---- status ------------------------------------------------------------------------------------------------ */

static const char *const words[] = { "valid", "invalid", "suspended" };

static sg_result
token_value(struct check *c, const struct verify_ref *ref, sg_str compact, uint8_t *ret)
{
    struct sg_arena *a = c->cli->arena;
    struct tsl_token token;
    struct tsl_view list;
    const struct tsl_trust_rule rule = {
        .prefix = ref->uri, .anchors = c->anchors, .n_anchors = c->n_anchors
    };
    SG_TRY(tsl_token_parse(a, compact, &token));
    SG_TRY(tsl_token_verify(a, &token, ref->uri, &rule, 1, c->expect.now));
    SG_REQUIRE(sg_str_equal(token.sub, ref->uri), ISSUER);
    SG_REQUIRE(token.iat <= c->expect.now + LEEWAY_S, NOT_YET);
    SG_REQUIRE(token.exp == TSL_NO_EXP || c->expect.now < token.exp, EXPIRED);
    SG_TRY(tsl_token_list(a, &token, TSL_RAW_MAX, &list));
    return tsl_get(&list, ref->idx, ret);
}

static sg_result
bitstring_value(struct check *c, const struct verify_ref *ref, sg_str compact, uint8_t *ret)
{
    struct sg_arena *a = c->cli->arena;
    struct bsl_jwt token;
    struct bsl_view list;
    const struct tsl_trust_rule rule = {
        .prefix = ref->uri, .anchors = c->anchors, .n_anchors = c->n_anchors
    };
    SG_TRY(bsl_jwt_parse(a, compact, &token));
    const struct tsl_signed signed_list = { .jws = &token.jws };
    SG_TRY(tsl_signed_verify(a, &signed_list, ref->uri, &rule, 1, c->expect.now));
    SG_REQUIRE(sg_str_equal(token.list.id, ref->uri), ISSUER);
    SG_REQUIRE(token.list.valid_from <= c->expect.now + LEEWAY_S, NOT_YET);
    SG_REQUIRE(c->expect.now < token.list.valid_until, EXPIRED);
    SG_REQUIRE(bsl_list_has_purpose(&token.list, ref->purpose), VALUE);
    SG_TRY(bsl_list_bits(a, &token.list, (unsigned)ref->size, TSL_RAW_MAX, &list));
    return bsl_get(&list, ref->idx, ret);
}

static void
ask_status(struct check *c, const struct verify_ref *ref)
{
    bool bitstring = ref->kind == VERIFY_BITSTRING;
    sg_str token;
    const char *url;
    uint8_t value = 0;
    if (!cli_flag(c->cli, "--status")) {
        cli_step(&c->report, "status", CLI_NOT_SHOWN, "not asked for (--status): %.*s index %llu",
            SG_PRINT(ref->uri), (unsigned long long)ref->idx);
        return;
    }
    if (!sg_ok(sg_arena_cstr(c->cli->arena, ref->uri, &url)) ||
        cli_http_get(c->cli, url, bitstring ? BSL_JWT_TYPE : TSL_MEDIA_TYPE, &token) != CLI_DONE) {
        cli_step_result(&c->report, "status", SG_ERROR(STATUS_UNKNOWN));
        return;
    }
    sg_result r =
        bitstring ? bitstring_value(c, ref, token, &value) : token_value(c, ref, token, &value);
    if (!sg_ok(r)) {
        cli_step_result(&c->report, "status", r);
    } else if (bitstring) {
        cli_step(&c->report, "status", value == 0 ? CLI_HELD : CLI_NOT_HELD, "%.*s: %s",
            SG_PRINT(ref->purpose), value == 0 ? "not set" : "set");
    } else {
        cli_step(&c->report, "status", value == TSL_VALID ? CLI_HELD : CLI_NOT_HELD, "%s",
            value < 3 ? words[value] : "a value of the issuer's own");
    }
}

/* ---- the command ----------------------------------------------------------------------------------------- */

static const struct sjson *
claims_member(struct check *c)
{
    struct sg_buf buf = sg_buf_new(c->cli->arena, 1024, VERIFY_OBJECT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    const struct sjson *json;
    sg_str text;
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "format", verify_format_name(c->result.format));
    if (c->result.claims != NULL) {
        sjson_wr_member_value(&wr, "claims", c->result.claims);
    }
    sjson_wr_object_end(&wr);
    return sg_ok(sg_buf_end_str(&buf, &text)) &&
                   sg_ok(sjson_parse(c->cli->arena, text, NULL, &json))
               ? json
               : NULL;
}

static int
run(struct check *c)
{
    sg_bytes object;
    const struct verify_trust trust = {
        .anchors = c->anchors,
        .n_anchors = c->n_anchors,
        .keys = c->keys,
        .n_keys = c->n_keys,
        .resolver = &c->resolver,
        .contexts = c->contexts,
        .schemas = c->schemas,
        .n_schemas = c->n_schemas,
    };
    sg_result r = cli_read(c->cli->arena, cli_argument(c->cli), &object);
    if (!sg_ok(r)) {
        return cli_unreadable(c->cli, cli_argument(c->cli), r);
    }
    r = verify_object(c->cli->arena, object, &trust, &c->expect, &c->result);
    if (!sg_ok(r)) {
        return cli_refused(c->cli, cli_argument(c->cli), r);
    }
    if (c->result.presentation && c->expect.nonce.n == 0 && c->expect.session_transcript.n == 0) {
        return cli_usage(c->cli,
            "a presentation: say --nonce and --audience (an mdoc: --session-transcript), as they "
            "were asked for");
    }
    tell(c);
    for (size_t i = 0; i < c->result.n_refs; i++) {
        ask_status(c, &c->result.refs[i]);
    }
    return cli_report_end(&c->report, "verified", "does not verify", claims_member(c));
}

int
cmd_verify(struct cli *cli)
{
    struct check *c = SG_NEW(cli->arena, struct check);
    if (c == NULL) {
        return cli_fail(cli, "out of memory");
    }
    c->cli = cli;
    c->report = cli_report_new(cli);
    int bad = read_expectations(c);
    bad = bad == CLI_DONE ? read_expected_contexts(c) : bad;
    bad = bad == CLI_DONE ? read_reader_key(c) : bad;
    bad = bad == CLI_DONE ? cli_anchors(cli, c->anchors, &c->n_anchors) : bad;
    bad = bad == CLI_DONE ? read_documents(c) : bad;
    bad = bad == CLI_DONE ? read_keys(c) : bad;
    bad = bad == CLI_DONE ? read_contexts(c) : bad;
    bad = bad == CLI_DONE ? read_schemas(c) : bad;
    bad = bad == CLI_DONE ? run(c) : bad;
    jsonld_contexts_free(&c->contexts);
    cli_scalar_free(&c->reader_key);
    return bad;
}

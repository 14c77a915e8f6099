/* `sealgate evidence get` and `sealgate evidence verify`. req: EV-2 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "cli_commands.h"
#include "cli_conf.h"
#include "cli_contexts.h"
#include "cli_evidence.h"
#include "cli_http.h"
#include "cli_object.h"
#include "cli_report.h"
#include "cose.h"
#include "dataint.h"
#include "evid_verify.h"
#include "mdoc.h"
#include "object.h"
#include "sg_text.h"

enum { WAIT_TRIES = 20, BODY_MAX = 4 * 1024 * 1024, CONTEXTS_MAX = 16 };

/* ---- get -------------------------------------------------------------------------------------------------- */

/* Text as it is, CBOR in base64url: none of the bytes that CBOR objects begin with begins a text. */
static sg_result
object_text(const struct cli *cli, const char *path, sg_str *ret)
{
    sg_bytes bytes;
    SG_TRY(cli_read(cli->arena, path, &bytes));
    if (bytes.n > 0 && bytes.p[0] >= 0x80) {
        return sg_b64url_encode(cli->arena, bytes, ret);
    }
    return cli_read_text(cli->arena, path, ret);
}

static sg_result
lookup_body(const struct cli *cli, const char *path, sg_str *ret)
{
    sg_str text;
    struct sg_buf buf = sg_buf_new(cli->arena, 4096, BODY_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    SG_TRY(object_text(cli, path, &text));
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "object", text);
    for (size_t i = 0; i < 2; i++) {
        static const char *const names[] = { "audience", "nonce" };
        static const char *const options[] = { "--audience", "--nonce" };
        if (cli_value(cli, options[i]) != NULL) {
            sjson_wr_member_cstr(&wr, names[i], cli_value(cli, options[i]));
        }
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

/* 202: the record is durable and not in a checkpoint yet; the publisher needs a moment. */
static int
lookup(const struct cli *cli, const char *base, sg_str body, sg_str *ret)
{
    SG_CLEANUP(cli_http_close)
    struct cli_http *http = NULL;
    struct cli_http_answer answer = { 0 };
    sg_str url;
    sg_result r = sg_arena_printf(cli->arena, &url, "%s/evidence/lookup", base);
    r = sg_ok(r) ? cli_http_open(cli, &http) : r;
    if (!sg_ok(r)) {
        return cli_refused(cli, "look-up", r);
    }
    for (int i = 0; i < WAIT_TRIES; i++) {
        const struct cli_http_request request = { "POST", url.p,
            { "Content-Type: application/json", "Accept: application/json" }, body };
        if (!sg_ok(cli_http_send(http, cli->arena, &request, &answer))) {
            return cli_fail(cli, "%s: %s", url.p, cli_http_why(http));
        }
        if (answer.status != 202) {
            break;
        }
        const struct timespec pause = {
            .tv_sec = answer.retry_after > 0 && answer.retry_after < 5 ? 1 : 0,
            .tv_nsec = answer.retry_after > 0 ? 0 : 200000000
        };
        nanosleep(&pause, NULL);
    }
    *ret = answer.body;
    switch (answer.status) {
    case 200:
        return CLI_DONE;
    case 202:
        return cli_fail(cli, "the record is in no checkpoint yet; try again");
    case 400:
        return cli_fail(
            cli, "%s is no credential or presentation that can be read", cli_argument(cli));
    case 404:
        return cli_fail(cli, "the ledger at %s knows no signature of this object", base);
    default:
        return cli_fail(cli, "%s answered %u", url.p, answer.status);
    }
}

int
cmd_evidence_get(struct cli *cli)
{
    const char *base;
    const char *out = cli_value(cli, "--out");
    sg_str body;
    sg_str bundle = SG_NO_STR;
    int bad = cli_base_url(cli, &base);
    if (bad != CLI_DONE) {
        return bad;
    }
    sg_result r = lookup_body(cli, cli_argument(cli), &body);
    if (!sg_ok(r)) {
        return cli_unreadable(cli, cli_argument(cli), r);
    }
    bad = lookup(cli, base, body, &bundle);
    if (bad == CLI_DONE && cli_flag(cli, "--gesture")) {
        bad = cli_evidence_open(cli, &bundle);
    }
    if (bad != CLI_DONE) {
        return bad;
    }
    if (out == NULL) {
        printf("%.*s\n", SG_PRINT(bundle));
    } else if (!sg_ok(cli_write(out, sg_str_bytes(bundle), 0644))) {
        return cli_fail(cli, "%s: %s", out, strerror(errno));
    }
    return CLI_DONE;
}

/* ---- verify ----------------------------------------------------------------------------------------------- */

static void
free_contexts(struct jsonld_contexts **contexts)
{
    jsonld_contexts_free(contexts);
}

/*
 * What a Data Integrity proof is over takes canonicalising: contexts, and the key's curve. Where the directory does not know them the evidence does not hold
 * for the object (who changed it may have brought that about); whether the proof holds is what evid_verify says, with the key of the record.
 */
static sg_result
take_message(const struct cli *cli, const struct object *object, struct evid_object *ret)
{
    struct jsonld_document extra[CONTEXTS_MAX];
    struct cid_document document;
    size_t n = 0;
    struct jsonld_contexts *contexts SG_CLEANUP(free_contexts)
    = NULL;
    SG_REQUIRE(cli_contexts_read(cli, extra, CONTEXTS_MAX, &n) == CLI_DONE, CONTEXT);
    SG_TRY(jsonld_contexts_new(extra, n, NULL, &contexts));
    const struct cid_table table = { &document, cli_own_document(cli, &document) ? 1 : 0 };
    const struct cid_resolver resolver = cid_resolver_of(&table);
    const struct di_expect expect = { .any_context = true, .accept_base = true };
    struct di_report report = { 0 };
    /* the verdict is evid_verify's */
    SG_IGNORE(di_verify(cli->arena, object->document, &expect, &resolver, contexts, NULL, &report));
    if (report.n > 0 && report.proofs[0].message.n > 0) {
        ret->signing_input = report.proofs[0].message;
        ret->alg = report.proofs[0].alg;
    }
    return SG_DONE;
}

/* The session of an OpenID4VP answer: the verifier's own file, or made from what it asked. SG_E_MISSING: not told. */
static sg_result
take_transcript(const struct cli *cli, sg_bytes *ret)
{
    const char *path = cli_value(cli, "--session-transcript");
    const char *audience = cli_value(cli, "--audience");
    const char *nonce = cli_value(cli, "--nonce");
    const char *uri = cli_value(cli, "--response-uri");
    const char *thumbprint = cli_value(cli, "--jwk-thumbprint");
    sg_bytes print = SG_NO_BYTES;
    if (path != NULL) {
        return cli_read(cli->arena, path, ret);
    }
    SG_REQUIRE(audience != NULL && nonce != NULL && uri != NULL, MISSING);
    if (thumbprint != NULL) {
        SG_TRY(sg_b64url_decode(cli->arena, sg_cstr(thumbprint), &print));
    }
    return mdoc_transcript_redirect(
        cli->arena, sg_cstr(audience), sg_cstr(nonce), print, sg_cstr(uri), ret);
}

/* What DeviceAuth is over. Without the session it is not shown, which is no failure. */
static sg_result
take_device(const struct cli *cli, const struct object_signed *s, struct evid_object *ret)
{
    sg_bytes transcript;
    sg_bytes payload;
    sg_result r = take_transcript(cli, &transcript);
    ret->message_elsewhere = r.code == SG_E_MISSING;
    if (ret->message_elsewhere) {
        return SG_DONE;
    }
    SG_TRY(r);
    SG_TRY(mdoc_device_authentication(
        cli->arena, transcript, s->doc_type, s->device_name_spaces, &payload));
    return cose_to_be_signed(
        cli->arena, s->protected_bstr, SG_NO_BYTES, payload, &ret->signing_input);
}

static sg_str
said_or_told(const struct cli *cli, sg_str said, const char *option)
{
    const char *told = cli_value(cli, option);
    return said.n > 0 || told == NULL ? said : sg_cstr(told);
}

/* What the object itself says: the bytes signed, the signature, the references it carries, for whom and in answer to what. */
static sg_result
take_signed(const struct cli *cli, const struct object_signed *s, struct evid_object *ret)
{
    const struct object *object = &s->object;
    ret->signing_input = object->message;
    ret->signature = object->signature;
    ret->alg = object->alg;
    if (s->role == OBJECT_OF_HOLDER) {
        ret->audience = said_or_told(cli, s->audience, "--audience");
        ret->nonce = said_or_told(cli, s->nonce, "--nonce");
    }
    if (s->doc_type.n > 0) {
        SG_TRY(take_device(cli, s, ret));
    } else if (object->kind == OBJECT_DATA_INTEGRITY) {
        SG_TRY(take_message(cli, object, ret));
    }
    ret->refs_shown = true;
    for (size_t i = 0; i < object->n_refs; i++) {
        ret->refs[i] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, object->refs[i].uri,
            object->refs[i].idx };
    }
    ret->n_refs = object->n_refs;
    return SG_DONE;
}

static int
read_log_key(const struct cli *cli, struct tlog_vkey *ret)
{
    sg_str text;
    const char *path = cli_value(cli, "--log-key");
    path = path != NULL ? path : cli_path(cli, "trust/log.vkey");
    sg_result r = cli_read_text(cli->arena, path, &text);
    if (sg_ok(r)) {
        r = tlog_vkey_parse(cli->arena, text, ret);
    }
    return sg_ok(r) ? CLI_DONE : cli_unreadable(cli, path, r);
}

static int
read_bundle(const struct cli *cli, struct evid_bundle *ret)
{
    sg_bytes text;
    struct sg_why why = { 0 };
    const char *path = cli_argument(cli);
    sg_result r = cli_read(cli->arena, path, &text);
    if (sg_ok(r)) {
        r = evid_bundle_parse(cli->arena, sg_bytes_str(text), &why, ret);
    }
    if (!sg_ok(r) && why.what != NULL) {
        return cli_fail(cli, "%s: %s: %s", path, why.what, sg_code_row(r.code)->sentence);
    }
    return sg_ok(r) ? CLI_DONE : cli_unreadable(cli, path, r);
}

/* One look at evidence: the object's signatures, whom the person trusts, and the report that grows. */
struct looking {
    const struct cli *cli;
    struct tlog_vkey key;
    sg_bytes *anchors;
    size_t n_anchors;
    struct object_signed *all; /* n 0: no object was given */
    size_t n;
    struct cli_report report;
};

/* The signature of the object that this bundle is about; its first when none is (which then does not hold). */
static const struct object_signed *
signature_of(const struct looking *look, const struct evid_bundle *bundle)
{
    struct wire_outcome *outcome = SG_NEW(look->cli->arena, struct wire_outcome);
    uint8_t hash[SG_SHA256_LEN];
    if (outcome == NULL || bundle->outcome.body.n == 0 ||
        !sg_ok(wire_outcome_parse(bundle->outcome.body, outcome))) {
        return &look->all[0];
    }
    for (size_t i = 0; i < look->n; i++) {
        wire_signature_hash(look->all[i].object.signature, hash);
        for (size_t j = 0; j < outcome->n_signature_hashes; j++) {
            if (sg_bytes_equal(outcome->signature_hashes[j], SG_BYTES(hash))) {
                return &look->all[i];
            }
        }
    }
    return &look->all[0];
}

/* `prefix` is put before each line: "" for the bundle itself. */
static sg_result
look_at(struct looking *look, const struct evid_bundle *bundle, const char *prefix,
    struct evid_report *ret)
{
    static const enum cli_held held[] = {
        [EVID_HELD] = CLI_HELD, [EVID_NOT_HELD] = CLI_NOT_HELD, [EVID_NOT_SHOWN] = CLI_NOT_SHOWN
    };
    struct evid_object *object = SG_NEW(look->cli->arena, struct evid_object);
    SG_REQUIRE(object != NULL, NO_MEMORY);
    object->anchors = look->anchors;
    object->n_anchors = look->n_anchors;
    if (look->n > 0) {
        SG_TRY(take_signed(look->cli, signature_of(look, bundle), object));
    }
    SG_TRY(evid_verify(look->cli->arena, bundle, object, &look->key, ret));
    for (size_t i = 0; i < ret->n_steps; i++) {
        sg_str name;
        SG_TRY(sg_arena_printf(look->cli->arena, &name, "%s%s", prefix, ret->steps[i].name));
        cli_step(&look->report, name.p, held[ret->steps[i].held], "%.*s",
            SG_PRINT(ret->steps[i].detail));
    }
    if (bundle->state.n > 0) {
        cli_step(&look->report, "state", CLI_NOT_SHOWN,
            "the service says: %.*s (the record itself goes to who holds the presentation)",
            SG_PRINT(bundle->state));
    }
    look->report.failed = look->report.failed || !ret->held;
    return SG_DONE;
}

/* Records of the credentials in a presentation, as far as this ledger has them. */
static sg_result
look_further(struct looking *look, const struct evid_bundle *bundle)
{
    struct evid_bundle *inner = SG_NEW(look->cli->arena, struct evid_bundle);
    struct evid_report *report = SG_NEW(look->cli->arena, struct evid_report);
    SG_REQUIRE(inner != NULL && report != NULL, NO_MEMORY);
    for (size_t i = 0; i < bundle->n_further; i++) {
        sg_str prefix;
        SG_TRY(evid_bundle_parse(look->cli->arena, bundle->further[i], NULL, inner));
        SG_TRY(sg_arena_printf(look->cli->arena, &prefix, "credential %zu: ", i + 1));
        SG_TRY(look_at(look, inner, prefix.p, report));
    }
    return SG_DONE;
}

static int
read_object(struct looking *look)
{
    const char *path = cli_value(look->cli, "--object");
    sg_bytes bytes;
    look->all = SG_NEW_ARRAY(look->cli->arena, OBJECT_SIGNATURES_MAX, struct object_signed);
    sg_result r =
        look->all == NULL ? SG_ERROR(NO_MEMORY) : cli_read(look->cli->arena, path, &bytes);
    r = sg_ok(r) ? object_take_all(look->cli->arena, bytes, look->all, &look->n) : r;
    return sg_ok(r) ? CLI_DONE : cli_unreadable(look->cli, path, r);
}

static const struct sjson *
times_member(const struct cli *cli, const struct evid_report *e)
{
    sg_str text;
    const struct sjson *json;
    if (!sg_ok(sg_arena_printf(cli->arena, &text, "{\"consent_at_ms\":%lld,\"outcome_at_ms\":%lld}",
            (long long)e->consent_at_ms, (long long)e->outcome_at_ms)) ||
        !sg_ok(sjson_parse(cli->arena, text, NULL, &json))) {
        return NULL;
    }
    return json;
}

int
cmd_evidence_verify(struct cli *cli)
{
    struct evid_bundle *bundle = SG_NEW(cli->arena, struct evid_bundle);
    struct evid_report *e = SG_NEW(cli->arena, struct evid_report);
    struct looking *look = SG_NEW(cli->arena, struct looking);
    sg_bytes *anchors = SG_NEW_ARRAY(cli->arena, CLI_ANCHORS_MAX, sg_bytes);
    if (bundle == NULL || e == NULL || look == NULL || anchors == NULL) {
        return cli_fail(cli, "out of memory");
    }
    look->cli = cli;
    look->anchors = anchors;
    look->report = cli_report_new(cli);
    int bad = read_bundle(cli, bundle);
    bad = bad == CLI_DONE ? read_log_key(cli, &look->key) : bad;
    bad = bad == CLI_DONE ? cli_anchors(cli, anchors, &look->n_anchors) : bad;
    if (bad == CLI_DONE && cli_flag(cli, "--object")) {
        bad = read_object(look);
    }
    if (bad != CLI_DONE) {
        return bad;
    }
    sg_result r = look_at(look, bundle, "", e);
    r = sg_ok(r) ? look_further(look, bundle) : r;
    if (!sg_ok(r)) {
        return cli_refused(cli, "check", r);
    }
    return cli_report_end(
        &look->report, "the evidence holds", "the evidence does not hold", times_member(cli, e));
}

/* `sealgate ledger verify`: replays every record, and compares the tree with the checkpoint and the lists with what is published. req: EV-1, EV-5 */
#include <stdio.h>

#include "cli_commands.h"
#include "cli_conf.h"
#include "cli_decide.h"
#include "cli_http.h"
#include "cli_object.h"
#include "cli_proc.h"
#include "cli_report.h"
#include "evid_ledger.h"
#include "tsl_token.h"

enum { CHUNK = WIRE_AUDIT_MAX, LISTS_MAX = 1024, LIST_ENTRIES_MAX = 1 << 22 };

struct audit {
    struct cli *cli;
    struct cli_desk desk;
    struct cli_alone alone;
    bool is_alone;
    struct evid_ledger *ledger;
    struct tlog_vkey key;
    uint64_t size;
};

static void
audit_done(struct audit *a)
{
    cli_desk_close(&a->desk);
    if (a->is_alone) {
        cli_alone_stop(&a->alone);
    }
}

/* A running signer answers; with none running, one is started for the time of the check. */
static int
open_signer(struct audit *a)
{
    SG_CLEANUP(cli_close)
    int lock = -1;
    bool free_to_start = sg_ok(cli_lock(a->cli->dir, &lock));
    cli_close(&lock);
    if (free_to_start) {
        int bad = cli_alone_start(a->cli, &a->alone);
        if (bad != CLI_DONE) {
            return bad;
        }
        a->is_alone = true;
    }
    return cli_desk_open(a->cli, false, &a->desk);
}

/* ---- replay ------------------------------------------------------------------------------------------------ */

static sg_result
read_chunk(struct audit *a, struct sg_arena *chunk, uint64_t from, uint64_t n,
    struct wire_audit_reply *ret)
{
    const struct wire_audit_read msg = { from, n };
    struct sg_buf frame = sg_buf_new(chunk, 256, WIRE_FRAME_MAX);
    uint64_t id = cli_ops_next_id(a->desk.ops);
    sg_bytes body;
    wire_audit_read_encode(&frame, id, &msg);
    SG_TRY(cli_ops_ask(a->desk.ops, WIRE_AUDIT_READ, id, &frame, &body));
    return wire_audit_reply_parse(body, ret);
}

static sg_result
feed_all(struct audit *a, struct wire_audit_reply *reply, struct sg_arena *chunk)
{
    uint64_t next = 0;
    do {
        sg_arena_reset(chunk);
        SG_TRY(read_chunk(a, chunk, next, CHUNK, reply));
        if (next == 0) {
            a->size = reply->size; /* what is appended meanwhile is for the next check */
        }
        SG_REQUIRE(reply->n_records > 0 || next >= a->size, CONFLICT);
        for (size_t i = 0; i < reply->n_records && next < a->size; i++, next++) {
            const struct wire_record_read_reply *r = &reply->records[i];
            const struct evid_record record = { r->seq, r->entry, r->blind, r->body, r->salt,
                r->closed };
            SG_TRY(evid_ledger_feed(a->ledger, &record));
        }
    } while (next < a->size);
    return SG_DONE;
}

static sg_result
replay(struct audit *a)
{
    struct sg_arena *chunk = sg_arena_new(0, (size_t)4 << 20);
    struct wire_audit_reply *reply = SG_NEW(a->cli->arena, struct wire_audit_reply);
    sg_result r = chunk == NULL || reply == NULL ? SG_ERROR(NO_MEMORY) : feed_all(a, reply, chunk);
    sg_arena_free(&chunk);
    return r;
}

/* The checkpoint is announced first: its root is kept when the replay passes its size. */
static int
expect_checkpoint(struct audit *a)
{
    sg_str text;
    sg_bytes note;
    const char *path = cli_path(a->cli, "trust/log.vkey");
    sg_result r = cli_read_text(a->cli->arena, path, &text);
    r = sg_ok(r) ? tlog_vkey_parse(a->cli->arena, text, &a->key) : r;
    if (!sg_ok(r)) {
        return cli_unreadable(a->cli, path, r);
    }
    path = cli_path(a->cli, "log/checkpoint");
    r = cli_read(a->cli->arena, path, &note);
    r = sg_ok(r) ? evid_ledger_expect(a->ledger, sg_bytes_str(note), &a->key) : r;
    return sg_ok(r) ? CLI_DONE : cli_unreadable(a->cli, path, r);
}

/* ---- lists ------------------------------------------------------------------------------------------------- */

struct lists {
    struct audit *audit;
    struct cli_report *report;
    const sg_bytes *anchors;
    size_t n_anchors;
    sg_str own; /* BASE/status/: where our lists are */
    sg_str uri; /* the list at hand; entries come in order of uri and idx */
    struct tsl_view view;
    bool readable;
    uint64_t next; /* first index not compared yet */
    uint64_t compared;
    uint64_t wrong;
};

static sg_result
fetch_list(struct lists *l, sg_str uri)
{
    struct cli *cli = l->audit->cli;
    const char *url;
    sg_str compact;
    struct tsl_token token;
    int64_t now = cli_now();
    const struct tsl_trust_rule rule = {
        .prefix = uri, .anchors = l->anchors, .n_anchors = l->n_anchors
    };
    SG_TRY(sg_arena_cstr(cli->arena, uri, &url));
    SG_REQUIRE(cli_http_get(cli, url, TSL_MEDIA_TYPE, &compact) == CLI_DONE, FETCH);
    SG_TRY(tsl_token_parse(cli->arena, compact, &token));
    SG_TRY(tsl_token_verify(cli->arena, &token, uri, &rule, 1, now));
    SG_REQUIRE(sg_str_equal(token.sub, uri), ISSUER);
    SG_REQUIRE(token.exp == TSL_NO_EXP || now < token.exp, EXPIRED);
    return tsl_token_list(cli->arena, &token, TSL_RAW_MAX, &l->view);
}

/* Entries [next, end) have no order in the ledger: they must be 0. */
static void
compare_untouched(struct lists *l, uint64_t end)
{
    for (; l->next < end; l->next++) {
        uint8_t value = 0;
        if (sg_ok(tsl_get(&l->view, l->next, &value)) && value != 0) {
            l->wrong++;
        }
        l->compared++;
    }
}

static void
close_list(struct lists *l)
{
    if (l->uri.n == 0) {
        return;
    }
    if (l->readable) {
        compare_untouched(l, tsl_entries(&l->view));
        cli_step(l->report, "list", l->wrong == 0 ? CLI_HELD : CLI_NOT_HELD,
            "%.*s: %llu entries compared, %llu differ", SG_PRINT(l->uri),
            (unsigned long long)l->compared, (unsigned long long)l->wrong);
    }
    l->uri = SG_NO_STR;
}

static void
open_list(struct lists *l, sg_str uri)
{
    l->uri = uri;
    l->next = 0;
    l->compared = 0;
    l->wrong = 0;
    l->readable = false;
    if (!sg_str_starts(uri, l->own.p)) {
        cli_step(l->report, "list", CLI_NOT_SHOWN, "%.*s: others publish it", SG_PRINT(uri));
        return;
    }
    sg_result r = fetch_list(l, uri);
    l->readable = sg_ok(r);
    if (!l->readable) {
        cli_step(l->report, "list", CLI_NOT_HELD, "%.*s: %s", SG_PRINT(uri),
            sg_code_row(r.code)->sentence);
    }
}

static sg_result
each_entry(void *context, sg_str uri, uint64_t idx, uint64_t value)
{
    struct lists *l = context;
    uint8_t published = 0;
    if (!sg_str_equal(uri, l->uri)) {
        close_list(l);
        open_list(l, uri);
    }
    if (!l->readable) {
        return SG_DONE;
    }
    compare_untouched(l, idx);
    if (!sg_ok(tsl_get(&l->view, idx, &published)) || published != value) {
        l->wrong++;
    }
    l->compared++;
    l->next = idx + 1;
    return SG_DONE;
}

static int
check_lists(struct audit *a, struct cli_report *report)
{
    sg_bytes *anchors = SG_NEW_ARRAY(a->cli->arena, CLI_ANCHORS_MAX, sg_bytes);
    struct lists l = { .audit = a, .report = report, .anchors = anchors };
    const char *base;
    if (anchors == NULL) {
        return cli_fail(a->cli, "out of memory");
    }
    int bad = cli_base_url(a->cli, &base);
    bad = bad == CLI_DONE ? cli_anchors(a->cli, anchors, &l.n_anchors) : bad;
    if (bad != CLI_DONE) {
        return bad;
    }
    sg_result r = sg_arena_printf(a->cli->arena, &l.own, "%s/status/", base);
    r = sg_ok(r) ? evid_ledger_lists(a->ledger, each_entry, &l) : r;
    close_list(&l);
    return sg_ok(r) ? CLI_DONE : cli_refused(a->cli, "lists", r);
}

/* ---- the command ------------------------------------------------------------------------------------------- */

static void
report_findings(struct cli_report *report, const struct evid_ledger_result *result, uint64_t from)
{
    uint64_t shown = 0;
    for (size_t i = 0; i < result->n_findings; i++) {
        const struct evid_finding *f = &result->findings[i];
        if (f->seq < from) {
            continue;
        }
        if (shown++ < 40) {
            cli_step(report, "record", CLI_NOT_HELD, "%llu: %s %.*s", (unsigned long long)f->seq,
                f->rule, SG_PRINT(f->detail));
        }
    }
    if (result->n_findings_all > shown && from == 0) {
        cli_step(report, "records", CLI_NOT_HELD, "%llu findings in all",
            (unsigned long long)result->n_findings_all);
    }
}

static void
report_counts(struct cli_report *report, const struct evid_ledger_result *r, bool alone)
{
    cli_step(report, "replay", CLI_HELD,
        "%llu records, %llu consents, %llu signatures, %llu refusals",
        (unsigned long long)r->n_records, (unsigned long long)r->n_by_type[WIRE_REC_CONSENT],
        (unsigned long long)r->n_outcomes[WIRE_OUT_SIGNED],
        (unsigned long long)r->n_by_type[WIRE_REC_REFUSAL]);
    cli_step(report, "events", CLI_HELD,
        "%llu of operators, %llu of keys, %llu of persons, %llu status orders, %llu notes (logins "
        "and others)",
        (unsigned long long)r->n_by_type[WIRE_REC_POLICY_EVENT],
        (unsigned long long)r->n_by_type[WIRE_REC_KEY_EVENT],
        (unsigned long long)r->n_by_type[WIRE_REC_PERSON_EVENT],
        (unsigned long long)r->n_by_type[WIRE_REC_STATUS_ORDER],
        (unsigned long long)r->n_by_type[WIRE_REC_NOTED_EVENT]);
    if (r->n_consents_open != 0) {
        cli_step(report, "outcomes", alone ? CLI_NOT_HELD : CLI_HELD,
            "%llu consents without outcome%s", (unsigned long long)r->n_consents_open,
            alone ? "" : " at this moment: the signer is at work");
    }
    if (r->n_erased != 0) {
        cli_step(report, "erased", CLI_NOT_SHOWN,
            "%llu bodies were erased by policy; the tree still holds",
            (unsigned long long)r->n_erased);
    }
    if (r->n_closed != 0) {
        cli_step(report, "closed", CLI_NOT_SHOWN,
            "%llu gestures were erased with the persons who made them; the tree still holds",
            (unsigned long long)r->n_closed);
    }
}

int
cmd_ledger_verify(struct cli *cli)
{
    SG_CLEANUP(audit_done)
    struct audit a = { .cli = cli };
    struct evid_ledger_result *result = SG_NEW(cli->arena, struct evid_ledger_result);
    struct cli_report report = cli_report_new(cli);
    int64_t from = 0;
    int bad = cli_number(cli, "--from", 0, 0, INT64_MAX - 1, &from);
    bad = bad == CLI_DONE ? open_signer(&a) : bad;
    if (bad != CLI_DONE) {
        return bad;
    }
    sg_result r = result == NULL ? SG_ERROR(NO_MEMORY) : evid_ledger_new(cli->arena, &a.ledger);
    if (!sg_ok(r)) {
        return cli_refused(cli, "replay", r);
    }
    bad = expect_checkpoint(&a);
    if (bad != CLI_DONE) {
        return bad;
    }
    r = replay(&a);
    r = sg_ok(r) ? evid_ledger_end(a.ledger, result) : r;
    if (!sg_ok(r)) {
        return cli_refused(cli, "replay", r);
    }
    report_counts(&report, result, a.is_alone);
    report_findings(&report, result, (uint64_t)from);
    if (cli_flag(cli, "--lists")) {
        bad = check_lists(&a, &report);
    }
    return bad == CLI_DONE
               ? cli_report_end(&report, "the ledger holds", "the ledger does not hold", NULL)
               : bad;
}

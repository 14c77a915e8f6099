/* `sealgate verify`: what a relying party checks of an SD-JWT VC, offline unless --status. req: SIG-7 */
#include <stdio.h>

#include "cli_commands.h"
#include "cli_http.h"
#include "cli_object.h"
#include "cli_report.h"
#include "tsl_token.h"

enum { LEEWAY_S = 60, KB_AGE_S = 300 };

struct check {
    struct cli *cli;
    struct cli_report report;
    struct sdjwt sd;
    const struct sjson *processed;
    struct sdjwt_vc vc;
    sg_bytes anchors[CLI_ANCHORS_MAX];
    size_t n_anchors;
    int64_t at;
};

static sg_result
issuer_key(struct check *c, struct jwk_key **ret, struct x509_leaf *ret_leaf)
{
    sg_bytes chain[X509_CHAIN_MAX];
    size_t n;
    struct sg_arena *a = c->cli->arena;
    const struct sjson *x5c = sjson_get(c->sd.jwt.header, "x5c");
    SG_REQUIRE(x5c != NULL, ISSUER);
    SG_TRY(x509_from_x5c(a, x5c, chain, &n));
    SG_TRY(x509_chain_verify(a, chain, n, c->anchors, c->n_anchors, c->at, ret_leaf));
    return jwk_key_new(&ret_leaf->key, ret);
}

/* `iss`, where it stands, is a name of the certificate: its URL, or the host of one (SD-JWT VC, x5c key resolution). */
static bool
names_issuer(const struct x509_leaf *leaf, sg_str iss)
{
    for (size_t i = 0; i < leaf->n_san_uris; i++) {
        if (sg_str_equal(leaf->san_uris[i], iss)) {
            return true;
        }
    }
    if (!sg_str_starts(iss, "https://")) {
        return false;
    }
    sg_str host = sg_str_slice(iss, 8, iss.n);
    size_t end = sg_str_index(host, '/', 0);
    size_t port = sg_str_index(host, ':', 0);
    host = sg_str_slice(host, 0, end < port ? end : port);
    for (size_t i = 0; i < leaf->n_san_dns; i++) {
        if (sg_str_equal(leaf->san_dns[i], host)) {
            return true;
        }
    }
    return false;
}

static void
check_issuer(struct check *c)
{
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    struct x509_leaf leaf;
    if (!cli_step_result(&c->report, "issuer certificate", issuer_key(c, &key, &leaf))) {
        return;
    }
    cli_step_result(&c->report, "issuer signature", jws_verify(&c->sd.jwt, key));
    sg_str iss = SG_NO_STR;
    if (sjson_get(c->sd.payload, "iss") == NULL) {
        cli_step(&c->report, "issuer name", CLI_HELD, "by certificate alone: %.*s",
            SG_PRINT(leaf.subject_cn));
    } else if (!sg_ok(sjson_member_text(c->sd.payload, "iss", &iss)) || !names_issuer(&leaf, iss)) {
        cli_step(&c->report, "issuer name", CLI_NOT_HELD, "%.*s is no name of the certificate",
            SG_PRINT(iss));
    } else {
        cli_step(&c->report, "issuer name", CLI_HELD, "%.*s", SG_PRINT(iss));
    }
}

static void
check_content(struct check *c)
{
    struct sg_arena *a = c->cli->arena;
    if (!cli_step_result(&c->report, "disclosures", sdjwt_process(a, &c->sd, &c->processed))) {
        return;
    }
    sg_result r = sdjwt_vc_check(a, &c->sd, c->processed, true, &c->vc);
    if (sg_ok(r)) {
        cli_step(&c->report, "credential type", CLI_HELD, "%.*s", SG_PRINT(c->vc.vct));
    } else {
        cli_step_result(&c->report, "credential type", r);
    }
    cli_step_result(&c->report, "validity", jwt_check_times(c->processed, c->at, LEEWAY_S));
}

static void
check_binding(struct check *c)
{
    const char *nonce = cli_value(c->cli, "--nonce");
    const char *audience = cli_value(c->cli, "--audience");
    if (nonce == NULL) {
        cli_step(&c->report, "key binding", CLI_NOT_SHOWN, "no presentation was asked for");
        return;
    }
    if (!c->sd.has_kb) {
        cli_step(
            &c->report, "key binding", CLI_NOT_HELD, "the presentation has no key binding JWT");
        return;
    }
    const struct sdjwt_kb_expect expect = { sg_cstr(audience), sg_cstr(nonce), c->at, KB_AGE_S,
        LEEWAY_S };
    cli_step_result(&c->report, "key binding", sdjwt_kb_verify(c->cli->arena, &c->sd, &expect));
}

/* ---- status ---------------------------------------------------------------------------------------------- */

static sg_result
status_value(struct check *c, const struct tsl_ref *ref, sg_str compact, uint8_t *ret)
{
    struct sg_arena *a = c->cli->arena;
    struct tsl_token token;
    struct tsl_view list;
    const struct tsl_trust_rule rule = {
        .prefix = ref->uri, .anchors = c->anchors, .n_anchors = c->n_anchors
    };
    SG_TRY(tsl_token_parse(a, compact, &token));
    SG_TRY(tsl_token_verify(a, &token, ref->uri, &rule, 1, c->at));
    SG_REQUIRE(sg_str_equal(token.sub, ref->uri), ISSUER);
    SG_REQUIRE(token.iat <= c->at + LEEWAY_S, NOT_YET);
    SG_REQUIRE(token.exp == TSL_NO_EXP || c->at < token.exp, EXPIRED);
    SG_TRY(tsl_token_list(a, &token, TSL_RAW_MAX, &list));
    return tsl_get(&list, ref->idx, ret);
}

static void
check_status(struct check *c)
{
    struct tsl_ref ref;
    sg_str token;
    const char *url;
    uint8_t value;
    if (c->processed == NULL || sjson_get(c->processed, "status") == NULL) {
        cli_step(&c->report, "status", CLI_NOT_SHOWN, "the credential names no status list");
        return;
    }
    sg_result r = tsl_ref_parse(c->processed, &ref);
    if (!sg_ok(r)) {
        cli_step_result(&c->report, "status", r);
        return;
    }
    if (!cli_flag(c->cli, "--status")) {
        cli_step(&c->report, "status", CLI_NOT_SHOWN, "not asked for (--status): %.*s index %llu",
            SG_PRINT(ref.uri), (unsigned long long)ref.idx);
        return;
    }
    if (!sg_ok(sg_arena_cstr(c->cli->arena, ref.uri, &url)) ||
        cli_http_get(c->cli, url, TSL_MEDIA_TYPE, &token) != CLI_DONE) {
        cli_step_result(&c->report, "status", SG_ERROR(STATUS_UNKNOWN));
        return;
    }
    r = status_value(c, &ref, token, &value);
    if (!sg_ok(r)) {
        cli_step_result(&c->report, "status", r);
        return;
    }
    static const char *const words[] = { "valid", "invalid", "suspended" };
    cli_step(&c->report, "status", value == TSL_VALID ? CLI_HELD : CLI_NOT_HELD, "%s",
        value < 3 ? words[value] : "a value of the issuer's own");
}

/* ---- the command ----------------------------------------------------------------------------------------- */

static const struct sjson *
claims_member(struct check *c)
{
    sg_str text;
    const struct sjson *json;
    if (c->processed == NULL ||
        !sg_ok(sg_arena_printf(c->cli->arena, &text, "{\"format\":\"dc+sd-jwt\",\"claims\":%.*s}",
            SG_PRINT(c->processed->source))) ||
        !sg_ok(sjson_parse(c->cli->arena, text, NULL, &json))) {
        return NULL;
    }
    return json;
}

int
cmd_verify(struct cli *cli)
{
    struct check *c = SG_NEW(cli->arena, struct check);
    bool nonce = cli_flag(cli, "--nonce");
    if (c == NULL) {
        return cli_fail(cli, "out of memory");
    }
    c->cli = cli;
    c->report = cli_report_new(cli);
    if (nonce != cli_flag(cli, "--audience")) {
        return cli_usage(cli, "--nonce and --audience belong together");
    }
    int bad = cli_at(cli, &c->at);
    bad = bad == CLI_DONE ? cli_anchors(cli, c->anchors, &c->n_anchors) : bad;
    bad = bad == CLI_DONE ? cli_object_read(cli, cli_argument(cli), &c->sd) : bad;
    if (bad != CLI_DONE) {
        return bad;
    }
    if (c->sd.has_kb && !nonce) {
        return cli_usage(cli,
            "a presentation with key binding: say --nonce and --audience, as they were asked for");
    }
    check_issuer(c);
    check_content(c);
    check_binding(c);
    check_status(c);
    return cli_report_end(&c->report, "verified", "does not verify", claims_member(c));
}

#include "cli_bench_rows.h"

#include <stdio.h>

#include "cli_http.h"
#include "dcbor_item.h"
#include "jws.h"
#include "sg_text.h"

#define P384_MULTIKEY "#z82L"

static const char *
text_of(const struct cli *cli, sg_str s)
{
    sg_str copy = SG_NO_STR; /* arena texts end with a NUL */
    return sg_ok(sg_arena_str(cli->arena, s, &copy)) ? copy.p : "";
}

static int
fetch_metadata(const struct cli *cli, const char *base, const struct sjson **ret)
{
    sg_str url;
    sg_str text;
    const struct sjson *json;
    if (!sg_ok(
            sg_arena_printf(cli->arena, &url, "%s/.well-known/openid-credential-issuer", base))) {
        return cli_fail(cli, "out of memory");
    }
    int code = cli_http_get(cli, url.p, "application/json", &text);
    if (code != CLI_DONE) {
        return code;
    }
    if (!sg_ok(sjson_parse_object(cli->arena, text, NULL, &json)) ||
        !sg_ok(sjson_member_object(json, "credential_configurations_supported", ret))) {
        return cli_fail(cli, "%s is no issuer metadata", url.p);
    }
    return CLI_DONE;
}

static void
read_row(const struct cli *cli, const struct sjson *entry, struct cli_bench_row *ret)
{
    const struct sjson *format = sjson_get(entry, "format");
    const struct sjson *algs = sjson_get(entry, "credential_signing_alg_values_supported");
    ret->configuration = text_of(cli, entry->name);
    ret->format = format == NULL ? "" : text_of(cli, format->text);
    ret->suite = ret->format;
    if (strcmp(ret->format, "ldp_vc") == 0 && algs != NULL && algs->first != NULL &&
        algs->first->type == SJSON_STRING) {
        ret->suite = text_of(cli, algs->first->text);
    }
}

int
cli_bench_rows(const struct cli *cli, const char *base, const char *configuration,
    const char *format, const char *fallback, struct cli_bench_row ret[CLI_BENCH_ROWS_MAX],
    size_t *ret_n)
{
    const struct sjson *all;
    const char *only = configuration != NULL ? configuration : format == NULL ? fallback : NULL;
    size_t n = 0;
    int code = fetch_metadata(cli, base, &all);
    if (code != CLI_DONE) {
        return code;
    }
    for (const struct sjson *e = all->first; e != NULL && n < CLI_BENCH_ROWS_MAX; e = e->next) {
        struct cli_bench_row row;
        read_row(cli, e, &row);
        bool wanted = only != NULL ? strcmp(row.configuration, only) == 0
                                   : strcmp(format, "all") == 0 || strcmp(row.format, format) == 0;
        if (wanted) {
            ret[n++] = row;
        }
    }
    *ret_n = n;
    if (n == 0) {
        return cli_fail(cli,
            "the gateway offers no %s %s (see %s/.well-known/openid-credential-issuer)",
            only != NULL ? "configuration" : "credentials in format", only != NULL ? only : format,
            base);
    }
    return CLI_DONE;
}

/* ---- the cost of one ------------------------------------------------------------------------------------- */

static bool
contains(sg_str haystack, const char *needle)
{
    return memmem(haystack.p, haystack.n, needle, strlen(needle)) != NULL;
}

/* d9 5d 00, then an array whose fourth member is the signatures (DI-ECDSA 3.5.2). */
static size_t
count_local(struct sg_arena *arena, sg_str proof_value)
{
    sg_bytes bytes;
    struct dcbor_item list;
    struct dcbor_item item;
    if (proof_value.n < 2 ||
        !sg_ok(sg_b64url_decode(arena, sg_str_slice(proof_value, 1, proof_value.n), &bytes)) ||
        bytes.n < 4 ||
        !sg_ok(dcbor_item_open(sg_bytes_of(bytes.p + 3, bytes.n - 3), 4, 10000, &list)) ||
        list.kind != DCBOR_KIND_ARRAY) {
        return 0;
    }
    struct dcbor_walk walk = dcbor_item_walk(&list);
    for (int i = 0; dcbor_item_next(&walk, &item); i++) {
        if (i == 3 && item.kind == DCBOR_KIND_ARRAY) {
            return (size_t)item.value;
        }
    }
    return 0;
}

static sg_result
data_integrity(struct sg_arena *arena, const struct cli_bench_row *row,
    const struct sjson *credential, struct cli_bench_cost *ret)
{
    const struct sjson *proof = sjson_get(credential, "proof");
    sg_str method;
    sg_str value;
    if (proof != NULL && proof->type == SJSON_ARRAY) {
        proof = proof->first;
    }
    SG_TRY(sjson_member_text(proof, "verificationMethod", &method));
    SG_TRY(sjson_member_text(proof, "proofValue", &value));
    bool eddsa = strncmp(row->suite, "eddsa", 5) == 0;
    ret->alg = jose_alg_by_id(eddsa                             ? JOSE_EDDSA
                              : contains(method, P384_MULTIKEY) ? JOSE_ES384
                                                                : JOSE_ES256);
    ret->bytes = credential->source.n;
    if (strcmp(row->suite, "ecdsa-sd-2023") == 0) {
        ret->local_signatures = count_local(arena, value);
    }
    return SG_DONE;
}

/* The first part of a compact JWS, which SD-JWTs begin with as well. */
static sg_result
compact(struct sg_arena *arena, sg_str text, struct cli_bench_cost *ret)
{
    struct jws jws;
    SG_TRY(jws_parse(arena, sg_str_slice(text, 0, sg_str_index(text, '~', 0)), &jws));
    ret->alg = jws.alg;
    ret->bytes = text.n; /* signing input and disclosures */
    return SG_DONE;
}

sg_result
cli_bench_cost_of(struct sg_arena *arena, const struct cli_bench_row *row,
    const struct sjson *credential, struct cli_bench_cost *ret)
{
    *ret = (struct cli_bench_cost){ .alg = NULL };
    if (credential->type == SJSON_OBJECT) {
        return data_integrity(arena, row, credential, ret);
    }
    SG_REQUIRE(credential->type == SJSON_STRING, TYPE);
    if (sg_str_index(credential->text, '.', 0) < credential->text.n) {
        return compact(arena, credential->text, ret);
    }
    /* CBOR in base64url: the demo's mdocs and COSE envelopes are sealed with ES256 */
    ret->alg = jose_alg_by_id(JOSE_ES256);
    ret->bytes = credential->text.n / 4 * 3;
    return SG_DONE;
}

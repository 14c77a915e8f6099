/*
 * formats/openid4vp and gateway/jwe at the command line, for openid4vp.test.mjs: a wallet without credentials. One question as JSON on standard input, one answer as JSON on
 * standard output; exit 2 when the question itself is no good.
 *   {text, loopback, now, issuer?, wallet_nonce?, haip?, anchors: [base64 DER], clients: [{client_id, keys, uris, signed_only}], attesters: [{issuer, keys}],
 *    documents: [{url, json}], fetched?: {status, content_type, body}, vp_token?: {id: [presentation]}}
 *   -> {reference: {uri, post}}  when request_uri has to be fetched first
 *   -> {pending: {did, url}}  |  {refused, error, why, reply, uri?, state?}
 *   -> {request: {...}, transcript_uri, thumbprint?, form?}  `form` is the body for the response_uri, with the vp_token
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "jwe.h"
#include "oid4vp.h"
#include "sg_text.h"

#define INPUT_MAX ((size_t)4 * 1024 * 1024)
#define LIST_MAX 8

static struct sg_arena *arena;

static void
must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "interop_openid4vp: %s\n", what);
        exit(2);
    }
}

static sg_str
text_of(const struct sjson *object, const char *name)
{
    const struct sjson *v = sjson_get(object, name);
    must(v == NULL || v->type == SJSON_STRING, name);
    return v == NULL ? SG_NO_STR : v->text;
}

static bool
is_true(const struct sjson *object, const char *name)
{
    const struct sjson *v = sjson_get(object, name);
    return v != NULL && v->type == SJSON_TRUE;
}

/* ---- whom the question believes ------------------------------------------------------------------------------ */

static struct {
    sg_bytes anchors[LIST_MAX];
    struct oid4vp_client clients[LIST_MAX];
    struct oid4vp_attester attesters[LIST_MAX];
    struct cid_document documents[LIST_MAX];
    struct oid4vp_trust trust;
} world;

static const struct jwk *
read_keys(const struct sjson *list, size_t *ret_n)
{
    static struct jwk keys[4 * LIST_MAX];
    static size_t used;
    size_t first = used;
    for (const struct sjson *e = list == NULL ? NULL : list->first; e != NULL; e = e->next) {
        must(used < 4 * LIST_MAX && sg_ok(jwk_parse(arena, e, &keys[used])), "a key");
        used++;
    }
    *ret_n = used - first;
    return &keys[first];
}

static const sg_str *
read_texts(const struct sjson *list, size_t *ret_n)
{
    sg_str *texts = SG_NEW_ARRAY(arena, LIST_MAX, sg_str);
    size_t n = 0;
    for (const struct sjson *e = list == NULL ? NULL : list->first; e != NULL; e = e->next) {
        must(texts != NULL && n < LIST_MAX && e->type == SJSON_STRING, "a text");
        texts[n++] = e->text;
    }
    *ret_n = n;
    return texts;
}

static void
read_clients(const struct sjson *list)
{
    size_t n = 0;
    for (const struct sjson *e = list == NULL ? NULL : list->first; e != NULL; e = e->next, n++) {
        must(n < LIST_MAX, "clients");
        struct oid4vp_client *c = &world.clients[n];
        c->client_id = text_of(e, "client_id");
        c->keys = read_keys(sjson_get(e, "keys"), &c->n_keys);
        c->uris = read_texts(sjson_get(e, "uris"), &c->n_uris);
        c->metadata = sjson_get(e, "metadata");
        c->signed_only = is_true(e, "signed_only");
    }
    world.trust.clients = world.clients;
    world.trust.n_clients = n;
}

static void
read_attesters(const struct sjson *list)
{
    size_t n = 0;
    for (const struct sjson *e = list == NULL ? NULL : list->first; e != NULL; e = e->next, n++) {
        must(n < LIST_MAX, "attesters");
        world.attesters[n].issuer = text_of(e, "issuer");
        world.attesters[n].keys = read_keys(sjson_get(e, "keys"), &world.attesters[n].n_keys);
    }
    world.trust.attesters = world.attesters;
    world.trust.n_attesters = n;
}

static void
read_world(const struct sjson *question)
{
    static const struct oid4vp_transaction_member members[] = { { "amount", OID4VP_TEXT, true } };
    static const struct oid4vp_transaction_type types[] = { { "payment", members, 1 } };
    size_t n;
    const sg_str *anchors = read_texts(sjson_get(question, "anchors"), &n);
    for (size_t i = 0; i < n; i++) {
        must(sg_ok(sg_b64_decode(arena, anchors[i], &world.anchors[i])), "anchors");
    }
    world.trust.anchors = world.anchors;
    world.trust.n_anchors = n;
    read_clients(sjson_get(question, "clients"));
    read_attesters(sjson_get(question, "attesters"));
    const struct sjson *documents = sjson_get(question, "documents");
    n = 0;
    for (const struct sjson *e = documents == NULL ? NULL : documents->first; e != NULL;
         e = e->next, n++) {
        must(n < LIST_MAX, "documents");
        world.documents[n] = (struct cid_document){ text_of(e, "url"), text_of(e, "json") };
    }
    world.trust.documents = world.documents;
    world.trust.n_documents = n;
    world.trust.transactions = types;
    world.trust.n_transactions = 1;
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static void
print_refusal(struct sjson_wr *wr, const char *code, const struct oid4vp_failure *failure)
{
    sjson_wr_member_cstr(wr, "refused", code);
    sjson_wr_member_cstr(wr, "error", oid4vp_error_word(failure->error));
    sjson_wr_member_cstr(wr, "why", failure->why.what == NULL ? "" : failure->why.what);
    sjson_wr_member_bool(wr, "reply", failure->reply);
    if (failure->reply) {
        sjson_wr_member_text(wr, "uri", failure->uri);
        sjson_wr_member_text(wr, "state", failure->state);
    }
}

static void
print_pending(struct sjson_wr *wr, const struct oid4vp_failure *failure)
{
    sjson_wr_name(wr, SG_LIT("pending"));
    sjson_wr_object(wr);
    sjson_wr_member_text(wr, "did", failure->did);
    sjson_wr_member_text(wr, "url", failure->document_url);
    sjson_wr_object_end(wr);
}

static void
print_request(struct sjson_wr *wr, const struct oid4vp_request *request)
{
    static const char *const modes[] = { "fragment", "direct_post", "direct_post.jwt" };
    sjson_wr_name(wr, SG_LIT("request"));
    sjson_wr_object(wr);
    sjson_wr_member_cstr(wr, "prefix", oid4vp_prefix_name(request->prefix));
    sjson_wr_member_bool(wr, "signed", request->signed_);
    sjson_wr_member_text(wr, "client_id", request->client_id);
    sjson_wr_member_text(wr, "name", request->name);
    sjson_wr_member_cstr(wr, "mode", modes[request->mode]);
    sjson_wr_member_text(wr, "uri", request->uri);
    sjson_wr_member_text(wr, "nonce", request->nonce);
    sjson_wr_member_text(wr, "state", request->state);
    sjson_wr_member_value(wr, "dcql_query", request->dcql_json);
    sjson_wr_member_int(wr, "transactions", (int64_t)request->n_transactions);
    if (request->encryption != NULL) {
        sjson_wr_member_text(wr, "kid", request->encryption->kid);
        sjson_wr_member_cstr(wr, "enc", oid4vp_enc_name(request->encryption->enc));
        sjson_wr_member_b64url(wr, "thumbprint", SG_BYTES(request->encryption->thumbprint));
    }
    sjson_wr_name(wr, SG_LIT("transaction_data_hashes"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < request->n_transactions; i++) {
        uint8_t hash[SG_HASH_MAX];
        oid4vp_transaction_hash(request, &request->transactions[i], hash);
        sjson_wr_b64url(wr, sg_bytes_of(hash, sg_hash_len(request->transaction_hash)));
    }
    sjson_wr_array_end(wr);
    sjson_wr_object_end(wr);
}

/* The presentations of the question in the form that the response mode wants. */
static sg_result
answer(const struct oid4vp_request *request, const struct sjson *vp_token, sg_str *ret)
{
    struct oid4vp_presentations all[DCQL_CREDENTIALS_MAX];
    size_t n = 0;
    sg_str token;
    sg_str json;
    sg_str jwe;
    for (size_t q = 0; q < request->dcql.n; q++) {
        const struct sjson *list = sjson_get_str(vp_token, request->dcql.credentials[q].id);
        if (list == NULL) {
            continue;
        }
        sg_str *values = SG_NEW_ARRAY(arena, list->n, sg_str);
        SG_REQUIRE(values != NULL, NO_MEMORY);
        size_t k = 0;
        for (const struct sjson *e = list->first; e != NULL; e = e->next) {
            values[k++] = e->type == SJSON_STRING ? e->text : e->source;
        }
        all[n++] = (struct oid4vp_presentations){ q, values, k };
    }
    SG_TRY(oid4vp_vp_token(arena, request, all, n, &token));
    if (request->encryption == NULL) {
        return oid4vp_response_form(arena, request, token, ret);
    }
    SG_TRY(oid4vp_response_json(arena, request, token, &json));
    SG_TRY(jwe_encrypt(arena, request->encryption, sg_str_bytes(json), &jwe));
    return oid4vp_response_jwe_form(arena, jwe, ret);
}

static void
reply(struct sjson_wr *wr, const struct sjson *question)
{
    const struct sjson *fetched = sjson_get(question, "fetched");
    const struct sjson *vp_token = sjson_get(question, "vp_token");
    struct oid4vp_failure failure;
    struct oid4vp_carrier carrier;
    struct oid4vp_request request;
    sg_str form;
    struct oid4vp_expect expect = { .now = (int64_t)time(NULL),
        .leeway_s = 60,
        .issuer = text_of(question, "issuer"),
        .wallet_nonce = text_of(question, "wallet_nonce"),
        .loopback = is_true(question, "loopback"),
        .haip = is_true(question, "haip") };
    sg_result r =
        oid4vp_carrier_parse(arena, text_of(question, "text"), expect.loopback, &failure, &carrier);
    if (sg_ok(r) && carrier.kind == OID4VP_BY_REFERENCE && fetched == NULL) {
        sjson_wr_name(wr, SG_LIT("reference"));
        sjson_wr_object(wr);
        sjson_wr_member_text(wr, "uri", carrier.request_uri);
        sjson_wr_member_bool(wr, "post", carrier.post);
        sjson_wr_object_end(wr);
        return;
    }
    if (sg_ok(r) && carrier.kind == OID4VP_BY_REFERENCE) {
        int64_t status;
        must(sg_ok(sjson_member_int(fetched, "status", &status)), "status");
        r = oid4vp_carrier_fetched(&carrier, (uint64_t)status, text_of(fetched, "content_type"),
            sg_str_bytes(text_of(fetched, "body")), &failure);
    }
    if (sg_ok(r)) {
        r = oid4vp_request_verify(arena, &carrier, &world.trust, &expect, &failure, &request);
    }
    if (sg_ok(r) && vp_token != NULL) {
        r = answer(&request, vp_token, &form);
    }
    if (!sg_ok(r)) {
        r.code == SG_E_PENDING ? print_pending(wr, &failure)
                               : print_refusal(wr, sg_code_row(r.code)->name, &failure);
        return;
    }
    print_request(wr, &request);
    if (vp_token != NULL) {
        sjson_wr_member_text(wr, "form", form);
    }
}

int
main(void)
{
    arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    char *input = sg_arena_alloc(arena, INPUT_MAX);
    must(input != NULL, "memory");
    size_t n = fread(input, 1, INPUT_MAX, stdin);
    const struct sjson *question;
    must(sg_ok(sjson_parse_object(arena, sg_str_of(input, n), NULL, &question)), "the question");
    must(sg_ok(jwe_start()), "jwe_start");
    read_world(question);
    struct sg_buf buf = sg_buf_new(arena, 4096, INPUT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str out;
    sjson_wr_object(&wr);
    reply(&wr, question);
    sjson_wr_object_end(&wr);
    must(sg_ok(sg_buf_end_str(&buf, &out)), "the answer");
    fwrite(out.p, 1, out.n, stdout);
    sg_arena_free(&arena);
    return 0;
}

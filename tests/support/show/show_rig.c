#include "show_rig.h"

#include "support.h"

#include "vcdm_envelope.h"

#define RANDOM_LEN 4096

static const char context[] =
    "{\"@context\":{\"@protected\":true,\"Person\":\"https://issuer.example/vocab#Person\","
    "\"given_name\":\"https://issuer.example/vocab#given_name\","
    "\"family_name\":\"https://issuer.example/vocab#family_name\","
    "\"birthdate\":\"https://issuer.example/vocab#birthdate\","
    "\"street_address\":\"https://issuer.example/vocab#street_address\","
    "\"locality\":\"https://issuer.example/vocab#locality\","
    "\"country\":\"https://issuer.example/vocab#country\","
    "\"address\":\"https://issuer.example/vocab#address\","
    "\"nationalities\":\"https://issuer.example/vocab#nationalities\","
    "\"degree\":\"https://issuer.example/vocab#degree\","
    "\"university\":\"https://issuer.example/vocab#university\","
    "\"degrees\":\"https://issuer.example/vocab#degrees\","
    "\"member\":\"https://issuer.example/vocab#member\"}}";

/* Members of the payload, or of credentialSubject behind its id. */
#define CLAIMS                                                                                \
    "\"given_name\":\"Given-7Q\",\"family_name\":\"Family-7Q\",\"birthdate\":\"1981-07-07\"," \
    "\"address\":{\"street_address\":\"Street-7Q\",\"locality\":\"Locality-7Q\",\"country\":" \
    "\"Country-7Q\"},\"nationalities\":[\"Nat-1-7Q\",\"Nat-2-7Q\"],\"degrees\":[{\"degree\":" \
    "\"Deg-A-7Q\",\"university\":\"Uni-A-7Q\"},{\"degree\":\"Deg-B-7Q\",\"university\":"      \
    "\"Uni-B-7Q\"}],\"member\":\"Member-7Q\""

/* What the issuer made disclosable: parts of what is disclosable, too. */
static const char *const sd_paths[] = { "[\"given_name\"]", "[\"family_name\"]", "[\"birthdate\"]",
    "[\"address\"]", "[\"address\",\"street_address\"]", "[\"address\",\"locality\"]",
    "[\"nationalities\",null]", "[\"degrees\",null]", "[\"degrees\",null,\"university\"]" };
enum { N_SD = sizeof(sd_paths) / sizeof(sd_paths[0]) };

sg_str
show_context(void)
{
    return SG_LIT(context);
}

/* ---- texts --------------------------------------------------------------------------------------------- */

sg_str
show_text(struct show_rig *rig, const char *format, ...)
{
    char *text = NULL;
    sg_str out;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    assert_true(n >= 0);
    assert_ok(sg_arena_str(rig->arena, sg_str_of(text, (size_t)n), &out));
    free(text);
    return out;
}

static const struct sjson *
json_of(struct show_rig *rig, sg_str text)
{
    const struct sjson *json;
    struct sg_why why = { 0 };
    sg_result r = sjson_parse(rig->arena, text, &why, &json);
    if (!sg_ok(r)) {
        fail_msg("%.*s: %s at %llu", SG_PRINT(text), sg_code_row(r.code)->name,
            (unsigned long long)why.at);
    }
    return json;
}

static const struct sjson *
quoted(struct show_rig *rig, sg_str text)
{
    char *copy = sg_arena_alloc(rig->arena, text.n + 1);
    assert_non_null(copy);
    for (size_t i = 0; i < text.n; i++) {
        copy[i] = text.p[i] == '\'' ? '"' : text.p[i];
    }
    return json_of(rig, sg_str_of(copy, text.n));
}

sg_str
show_jwk(struct show_rig *rig)
{
    struct sg_buf buf = sg_buf_new(rig->arena, 256, 4096);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str out;
    jwk_write(&wr, &rig->holder.jwk);
    assert_ok(sg_buf_end_str(&buf, &out));
    return out;
}

sg_str
show_jws(struct show_rig *rig, const char *header, sg_str payload)
{
    sg_str input, text;
    assert_ok(jws_signing_input(rig->arena, sg_cstr(header), sg_str_bytes(payload), &input));
    assert_ok(jws_attach(
        rig->arena, input, di_test_sign(rig->arena, &rig->issuer, sg_str_bytes(input)), &text));
    return text;
}

/* ---- the rig ------------------------------------------------------------------------------------------- */

static struct mdoc_element
element(struct show_rig *rig, const char *identifier, const char *type, const char *value)
{
    struct mdoc_element e = { .identifier = sg_cstr(identifier),
        .value = json_of(rig, sg_cstr(value)) };
    assert_ok(mdoc_type_parse(rig->arena, json_of(rig, sg_cstr(type)), NULL, &e.type));
    return e;
}

static void
fill_mdoc(struct show_rig *rig)
{
    struct mdoc_element *e = SG_NEW_ARRAY(rig->arena, 7, struct mdoc_element);
    struct mdoc_name_space *space = SG_NEW(rig->arena, struct mdoc_name_space);
    assert_true(e != NULL && space != NULL);
    e[0] = element(rig, "given_name", "\"tstr\"", "\"Given-7Q\"");
    e[1] = element(rig, "family_name", "\"tstr\"", "\"Family-7Q\"");
    e[2] = element(rig, "birthdate", "\"full-date\"", "\"1981-07-07\"");
    e[3] = element(rig, "address", "{\"map\":{\"street_address\":\"tstr\",\"locality\":\"tstr\"}}",
        "{\"street_address\":\"Street-7Q\",\"locality\":\"Locality-7Q\"}");
    e[4] = element(rig, "nationalities", "{\"array\":\"tstr\"}", "[\"Nat-1-7Q\",\"Nat-2-7Q\"]");
    e[5] = element(rig, "age_over_18", "\"bool\"", "true");
    e[6] = element(rig, "portrait", "\"bstr\"", "\"_9j_4AAQ\"");
    *space = (struct mdoc_name_space){
        .name = SG_LIT(SHOW_NS), .elements = e, .n_elements = 7, .n_decoys = 2
    };
    rig->world.build.doc_type = SG_LIT(SHOW_DOC_TYPE);
    rig->world.build.name_spaces = space;
    rig->world.build.n_name_spaces = 1;
    rig->world.build.device_key = &rig->holder.jwk;
}

void
show_rig_init(struct sg_arena *arena, enum jose_crv holder, int64_t now, struct show_rig *ret)
{
    const struct jsonld_document extra = { SG_LIT(SHOW_CONTEXT), SG_LIT(context) };
    *ret = (struct show_rig){ .arena = arena,
        .now = now,
        .issuer = di_test_key_of(arena, JOSE_P256, "show issuer"),
        .holder = di_test_key_of(arena, holder, "show holder") };
    ret->alg = jwk_default_alg(&ret->holder.jwk);
    ret->holder_did = ret->holder.did;
    assert_ok(jsonld_contexts_new(&extra, 1, NULL, &ret->contexts));
    mdoc_world_init_at(arena, JOSE_ES256, JOSE_ES256, now, &ret->world);
    fill_mdoc(ret);
    ret->request = (struct oid4vp_request){ .client_id = SG_LIT(SHOW_CLIENT),
        .nonce = SG_LIT(SHOW_NONCE),
        .uri = SG_LIT(SHOW_URI),
        .mode = OID4VP_DIRECT_POST,
        .transaction_hash = SG_SHA256 };
}

void
show_rig_done(struct show_rig *rig)
{
    jsonld_contexts_free(&rig->contexts);
    mdoc_world_done(&rig->world);
}

/* ---- credentials --------------------------------------------------------------------------------------- */

/* `below`: the claims stand in credentialSubject. */
static const struct sdjwt_path *
paths(struct show_rig *rig, bool below)
{
    struct sdjwt_path *out = SG_NEW_ARRAY(rig->arena, N_SD, struct sdjwt_path);
    for (size_t i = 0; i < N_SD; i++) {
        const struct sjson *path = json_of(rig, sg_cstr(sd_paths[i]));
        struct sdjwt_step *steps = SG_NEW_ARRAY(rig->arena, path->n + 1, struct sdjwt_step);
        assert_true(out != NULL && steps != NULL);
        if (below) {
            steps[out[i].n++] =
                (struct sdjwt_step){ .kind = SDJWT_STEP_NAME, .name = SG_LIT("credentialSubject") };
        }
        for (const struct sjson *e = path->first; e != NULL; e = e->next) {
            steps[out[i].n++] =
                e->type == SJSON_NULL
                    ? (struct sdjwt_step){ .kind = SDJWT_STEP_ALL }
                    : (struct sdjwt_step){ .kind = SDJWT_STEP_NAME, .name = e->text };
        }
        out[i].steps = steps;
    }
    return out;
}

sg_str
show_sd_jwt(struct show_rig *rig, const char *more)
{
    struct sdjwt_random random = { .bytes = mdoc_world_random(rig->arena, RANDOM_LEN).bytes };
    struct sdjwt_built built;
    sg_str plain = show_text(rig,
        "\"iss\":\"https://issuer.example\",\"vct\":\"" SHOW_VCT
        "\",\"iat\":%lld,\"exp\":%lld,\"cnf\":{\"jwk\":%.*s}%s",
        (long long)rig->now - 60, (long long)rig->now + 86400, SG_PRINT(show_jwk(rig)), more);
    const struct sdjwt_build build = { .claims = json_of(rig, SG_LIT("{" CLAIMS "}")),
        .plain_members = plain,
        .sd = paths(rig, false),
        .n_sd = N_SD,
        .decoys_per_object = 1,
        .decoys_per_array = 1,
        .hash = SG_SHA256 };
    sg_str out;
    assert_ok(sdjwt_build(rig->arena, &build, &random, &built));
    sg_str jwt =
        show_jws(rig, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}", sg_bytes_str(built.payload));
    assert_ok(sdjwt_join(rig->arena, jwt, built.disclosures, built.n_disclosures, &out));
    return out;
}

sg_str
show_mdoc(struct show_rig *rig)
{
    sg_bytes cbor;
    sg_str out;
    struct sg_why why = { 0 };
    sg_result r = mdoc_world_issue(rig->arena, &rig->world, &why, &cbor);
    if (!sg_ok(r)) {
        fail_msg("mdoc: %s", why.what);
    }
    assert_ok(sg_b64url_encode(rig->arena, cbor, &out));
    return out;
}

static sg_str
document(struct show_rig *rig, const char *more)
{
    return show_text(rig,
        "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\",\"" SHOW_CONTEXT
        "\"],\"id\":\"urn:uuid:0a\",\"type\":[\"VerifiableCredential\",\"Person\"],\"issuer\":"
        "{\"id\":\"%.*s\",\"name\":\"Example Issuer\"},\"validFrom\":\"2020-01-01T00:00:00Z\","
        "\"validUntil\":\"2090-01-01T00:00:00Z\"%s,\"credentialSubject\":{\"id\":\"%.*s\"," CLAIMS
        "}}",
        SG_PRINT(rig->issuer.did), more, SG_PRINT(rig->holder_did));
}

sg_str
show_ldp(struct show_rig *rig, enum di_suite_id suite, const char *more)
{
    static const sg_str mandatory[] = { { "/issuer", 7 }, { "/validUntil", 11 },
        { "/credentialSubject/member", 25 } };
    const struct di_test_key ed25519 = di_test_key_of(rig->arena, JOSE_ED25519, "show issuer");
    bool eddsa = suite == DI_EDDSA_RDFC_2022 || suite == DI_EDDSA_JCS_2022;
    const struct di_test_proof proof = { .suite = suite,
        .key = eddsa ? &ed25519 : &rig->issuer,
        .contexts = rig->contexts,
        .mandatory = mandatory,
        .n_mandatory = 3 };
    struct show_rig by = *rig; /* the issuer is who signs */
    by.issuer = *proof.key;
    struct sg_why why = { 0 };
    sg_str out;
    sg_result r = di_test_secure(rig->arena, json_of(rig, document(&by, more)), &proof, &why, &out);
    if (!sg_ok(r)) {
        fail_msg("ldp_vc: %s", why.what);
    }
    return out;
}

sg_str
show_vc(struct show_rig *rig, const char *format, const char *more)
{
    static const struct vcdm_rules rules;
    struct sdjwt_random random = { .bytes = mdoc_world_random(rig->arena, RANDOM_LEN).bytes };
    struct vcdm_seal seal = { .rules = &rules,
        .document = document(rig, more),
        .alg = jose_alg_by_id(JOSE_ES256),
        .kid = rig->issuer.method,
        .random = &random };
    struct vcdm_pending pending;
    sg_bytes out;
    sg_str text;
    seal.envelope = strcmp(format, "vc+jwt") == 0      ? VCDM_VC_JWT
                    : strcmp(format, "vc+sd-jwt") == 0 ? VCDM_VC_SD_JWT
                                                       : VCDM_VC_COSE;
    if (seal.envelope != VCDM_VC_COSE) {
        seal.cnf = show_text(rig, "{\"jwk\":%.*s}", SG_PRINT(show_jwk(rig)));
    }
    if (seal.envelope == VCDM_VC_SD_JWT) {
        seal.sd = paths(rig, true);
        seal.n_sd = N_SD;
    }
    assert_ok(vcdm_prepare(rig->arena, &seal, NULL, &pending));
    assert_ok(vcdm_attach(
        rig->arena, &pending, di_test_sign(rig->arena, &rig->issuer, pending.to_be_signed), &out));
    if (seal.envelope != VCDM_VC_COSE) {
        return sg_bytes_str(out);
    }
    assert_ok(sg_b64url_encode(rig->arena, out, &text));
    return text;
}

/* ---- asking and showing -------------------------------------------------------------------------------- */

static const char *
meta_of(const struct flow_held *held)
{
    return held->view.format == DCQL_DC_SD_JWT  ? "{'vct_values':['" SHOW_VCT "']}"
           : held->view.format == DCQL_MSO_MDOC ? "{'doctype_value':'" SHOW_DOC_TYPE "'}"
                                                : "{'type_values':[['https://issuer.example/"
                                                  "vocab#Person']]}";
}

void
show_ask(
    struct show_rig *rig, const struct flow_held *held, const char *more, struct show_query *ret)
{
    struct dcql_credential view = held->view;
    struct sg_why why = { 0 };
    view.bound = held->has_key;
    view.usable = true;
    sg_result r = dcql_parse(rig->arena,
        quoted(rig, show_text(rig, "{'credentials':[{'id':'a','format':'%s','meta':%s%s}]}",
                        held->format, meta_of(held), more)),
        &why, &ret->dcql);
    if (!sg_ok(r)) {
        fail_msg("%s: %s", more, why.what);
    }
    ret->query = &ret->dcql.credentials[0];
    assert_ok(dcql_match(rig->arena, ret->query, &view, &ret->match));
    if (!ret->match.matches) {
        fail_msg("%s: %s", more, ret->match.reason);
    }
}

struct flow_show
show_made(struct show_rig *rig, const struct flow_held *held, const struct show_query *query)
{
    return (struct flow_show){ .held = held,
        .request = &rig->request,
        .query = query->query,
        .match = &query->match,
        .key = &rig->holder.jwk,
        .alg = rig->alg,
        .contexts = rig->contexts,
        .now = rig->now };
}

struct flow_shown
show_signed(struct show_rig *rig, const struct flow_show *show)
{
    struct flow_showing showing;
    struct flow_shown shown;
    struct sg_why why = { 0 };
    sg_result r = flow_show_build(rig->arena, show, &why, &showing);
    if (!sg_ok(r)) {
        fail_msg("build: %s %s", sg_code_row(r.code)->name, why.what);
    }
    sg_bytes signature = SG_NO_BYTES;
    if (showing.to_sign) {
        signature = di_test_sign(rig->arena, &rig->holder, showing.message);
    }
    assert_ok(flow_show_attach(rig->arena, &showing, signature, &shown));
    return shown;
}

static sg_bytes
transcript(struct show_rig *rig)
{
    const struct oid4vp_request *r = &rig->request;
    sg_bytes thumbprint = SG_NO_BYTES, out;
    if (r->encryption != NULL) {
        thumbprint = SG_BYTES(r->encryption->thumbprint);
    }
    assert_ok(
        mdoc_transcript_redirect(rig->arena, r->client_id, r->nonce, thumbprint, r->uri, &out));
    return out;
}

struct verify_result
show_verified(struct show_rig *rig, sg_str value)
{
    const struct verify_key key = { .issuer = SG_LIT("https://issuer.example"),
        .key = rig->issuer.jwk };
    const struct verify_trust trust = { .anchors = &rig->world.root,
        .n_anchors = 1,
        .keys = &key,
        .n_keys = 1,
        .contexts = rig->contexts };
    const struct verify_expect expect = { .now = rig->now,
        .presentation = true,
        .audiences = &rig->request.client_id,
        .n_audiences = 1,
        .nonce = rig->request.nonce,
        .session_transcript = transcript(rig) };
    struct verify_result result;
    assert_ok(verify_object(rig->arena, sg_str_bytes(value), &trust, &expect, &result));
    for (size_t i = 0; i < result.n && !result.verified; i++) {
        const struct verify_finding *f = &result.findings[i];
        if (f->severity == VERIFY_ERROR) {
            print_message("%s %.*s: %s %.*s\n", f->check, SG_PRINT(f->subject),
                sg_code_row(f->code)->name, SG_PRINT(f->detail));
        }
    }
    return result;
}

/* ---- looking for what should not be there -------------------------------------------------------------- */

static bool
in_base64(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '+' || c == '/';
}

static bool
stands_in(struct show_rig *rig, sg_bytes bytes, sg_str needle, int depth)
{
    const char *p = (const char *)bytes.p;
    if (memmem(bytes.p, bytes.n, needle.p, needle.n) != NULL) {
        return true;
    }
    for (size_t i = 0, n; i < bytes.n && depth < 6; i += n) {
        for (n = 0; i + n < bytes.n && in_base64(p[i + n]); n++) {
        }
        /* where a stretch begins is not known to be where base64 begins: a letter of what stands before may be in it */
        for (size_t from = 0; n >= 12 && from < 4; from++) {
            size_t len = (n - from) / 4 * 4;
            char *text = sg_arena_alloc(rig->arena, len);
            sg_bytes decoded;
            assert_non_null(text);
            for (size_t k = 0; k < len; k++) {
                char c = p[i + from + k];
                text[k] = (char)(c == '-' ? '+' : c == '_' ? '/' : c);
            }
            if (sg_ok(sg_b64_decode(rig->arena, sg_str_of(text, len), &decoded)) &&
                stands_in(rig, decoded, needle, depth + 1)) {
                return true;
            }
            size_t tail =
                n - from - len; /* two or three letters more, which hold one or two bytes */
            if (tail > 1 && from == 0) {
                sg_str whole = sg_str_of(p + i, n);
                if (sg_ok(sg_b64url_decode(rig->arena, whole, &decoded)) &&
                    stands_in(rig, decoded, needle, depth + 1)) {
                    return true;
                }
            }
        }
        n += n == 0;
    }
    return false;
}

bool
show_discloses(struct show_rig *rig, sg_str value, const char *needle)
{
    return stands_in(rig, sg_str_bytes(value), sg_cstr(needle), 0);
}

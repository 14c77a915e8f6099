/* Publication of the issuer's keys (req: KEY-5): JWKS, JWT VC issuer metadata, did:web. */
#include "flow_issuer.h"
#include "multikey.h"
#include "peer_registry.h"
#include "sg_text.h"
#include "vci_inner.h"

#define KEYS_MAX 256
#define DOCUMENT_MAX ((size_t)1024 * 1024)

/*
 * Keys under which something of ours may still verify: destroyed ones are not listed by the registry, made ones have signed nothing. Keys of key attestations
 * (`attesting`) are in the JWKS alone: as keys of an issuer of credentials they would speak for credentials.
 */
static bool
published(const struct peer_key *key, bool attesting)
{
    bool purpose = key->purpose == WIRE_PURPOSE_SEAL || key->purpose == WIRE_PURPOSE_STATUS_LIST ||
                   (attesting && key->purpose == WIRE_PURPOSE_METADATA);
    return purpose && key->state != WIRE_KEY_CREATED && key->state != WIRE_KEY_DESTROYED;
}

static sg_result
key_write(struct sg_arena *arena, struct sjson_wr *wr, const struct peer_key *key)
{
    struct jwk jwk;
    sg_str text;
    SG_TRY(jwk_from_spki(arena, key->spki, &jwk));
    SG_TRY(sg_b64url_encode(arena, SG_BYTES(key->thumbprint), &jwk.kid));
    jwk.alg = jose_alg_by_id((enum jose_alg_id)key->alg);
    jwk.use = SG_LIT("sig");
    if (key->n_chain == 0) {
        jwk_write(wr, &jwk);
        return SG_DONE;
    }
    /* jwk_write writes a whole object; the certificates go in before its last brace. */
    struct sg_buf one = sg_buf_new(arena, 512, 8192);
    struct sjson_wr inner = sjson_wr_new(&one);
    jwk_write(&inner, &jwk);
    SG_TRY(sg_buf_end_str(&one, &text));
    struct sg_buf whole = sg_buf_new(arena, 4096, 64 * 1024);
    sg_buf_put_str(&whole, sg_str_slice(text, 0, text.n - 1));
    sg_buf_put_cstr(&whole, ",\"x5c\":[");
    for (size_t i = 0; i < key->n_chain; i++) {
        sg_buf_put_cstr(&whole, i == 0 ? "\"" : ",\"");
        sg_b64_put(&whole, key->chain[i]);
        sg_buf_put_cstr(&whole, "\"");
    }
    sg_buf_put_cstr(&whole, "]}");
    SG_TRY(sg_buf_end_str(&whole, &text));
    sjson_wr_raw(wr, text);
    return SG_DONE;
}

static sg_result
keys_write(struct http_request *req, struct sjson_wr *wr, bool attesting)
{
    const struct peer_key *keys[KEYS_MAX];
    size_t n = peer_keys(face_app(req)->registry, keys, KEYS_MAX);
    sjson_wr_object(wr);
    sjson_wr_name(wr, SG_LIT("keys"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < n && i < KEYS_MAX; i++) {
        if (published(keys[i], attesting)) {
            SG_TRY(key_write(req->arena, wr, keys[i]));
        }
    }
    sjson_wr_array_end(wr);
    sjson_wr_object_end(wr);
    return SG_DONE;
}

static void
answer(struct http_request *req, sg_result r, struct sg_buf *buf, const char *type)
{
    struct http_reply reply = { .status = 200, .content_type = type };
    if (sg_ok(r)) {
        r = sg_buf_end(buf, &reply.body);
    }
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    http_reply_header(&reply, "Cache-Control", SG_LIT("max-age=60"));
    http_answer(req, &reply);
}

void
vci_jwks(struct http_request *req)
{
    struct sg_buf buf = sg_buf_new(req->arena, 4096, DOCUMENT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    answer(req, keys_write(req, &wr, true), &buf, "application/json");
}

void
vci_jwt_vc_issuer(struct http_request *req)
{
    struct sg_buf buf = sg_buf_new(req->arena, 4096, DOCUMENT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "issuer", face_app(req)->base);
    sjson_wr_name(&wr, SG_LIT("jwks"));
    sg_result r = keys_write(req, &wr, false);
    sjson_wr_object_end(&wr);
    answer(req, r, &buf, "application/json");
}

/* did:web: host, a port's colon percent-encoded, path segments by colons (did:web method, 2.5.2). */
static sg_result
did_of(struct http_request *req, sg_str *ret)
{
    sg_str base = face_app(req)->base;
    size_t start = sg_str_index(base, ':', 0) + 3;
    struct sg_buf buf = sg_buf_new(req->arena, base.n + 32, 2048);
    sg_buf_put_cstr(&buf, "did:web:");
    bool path = false;
    for (size_t i = start; i < base.n; i++) {
        path = path || base.p[i] == '/';
        if (base.p[i] == ':' && !path) {
            sg_buf_put_cstr(&buf, "%3A");
        } else {
            sg_buf_put_byte(&buf, base.p[i] == '/' ? ':' : (uint8_t)base.p[i]);
        }
    }
    return sg_buf_end_str(&buf, ret);
}

/* ---- controlled identifier documents ---------------------------------------------------------------------------- */

/* Both forms of a key: JsonWebKey for JOSE and COSE (fragment: thumbprint), Multikey for Data Integrity (fragment: its value). */
static sg_result
methods_write(struct http_request *req, struct sjson_wr *wr, sg_str id, const struct peer_key *key,
    sg_str ret_ids[2])
{
    struct jwk jwk;
    sg_str kid, multibase;
    SG_TRY(jwk_from_spki(req->arena, key->spki, &jwk));
    SG_TRY(sg_b64url_encode(req->arena, SG_BYTES(key->thumbprint), &kid));
    SG_TRY(multikey_encode(req->arena, &jwk, &multibase));
    SG_TRY(sg_arena_printf(req->arena, &ret_ids[0], "%.*s#%.*s", SG_PRINT(id), SG_PRINT(kid)));
    SG_TRY(
        sg_arena_printf(req->arena, &ret_ids[1], "%.*s#%.*s", SG_PRINT(id), SG_PRINT(multibase)));
    sjson_wr_object(wr);
    sjson_wr_member_text(wr, "id", ret_ids[0]);
    sjson_wr_member_cstr(wr, "type", "JsonWebKey");
    sjson_wr_member_text(wr, "controller", id);
    sjson_wr_name(wr, SG_LIT("publicKeyJwk"));
    SG_TRY(key_write(req->arena, wr, key));
    sjson_wr_object_end(wr);
    sjson_wr_object(wr);
    sjson_wr_member_text(wr, "id", ret_ids[1]);
    sjson_wr_member_cstr(wr, "type", "Multikey");
    sjson_wr_member_text(wr, "controller", id);
    sjson_wr_member_text(wr, "publicKeyMultibase", multibase);
    sjson_wr_object_end(wr);
    return SG_DONE;
}

/* A seal key speaks for its issuer in presentations only where a configuration secures presentations with it (flow_document.h). */
static bool
presents(struct http_request *req, const struct peer_key *key)
{
    const struct flow_configs *set = flow_configurations(face_app(req)->flow);
    for (size_t i = 0; i < set->n; i++) {
        if (set->items[i].documents == FLOW_DOCUMENTS_PRESENTATIONS &&
            sg_str_equal(set->items[i].seal_key, key->label)) {
            return true;
        }
    }
    return false;
}

static void
relationship_write(struct sjson_wr *wr, const char *name, const sg_str *ids, size_t n)
{
    sjson_wr_name(wr, sg_cstr(name));
    sjson_wr_array(wr);
    for (size_t i = 0; i < n; i++) {
        sjson_wr_text(wr, ids[i]);
    }
    sjson_wr_array_end(wr);
}

/* `contexts`: ends with NULL. */
static sg_result
document_write(
    struct http_request *req, struct sjson_wr *wr, sg_str id, const char *const *contexts)
{
    const struct peer_key *keys[KEYS_MAX];
    sg_str *ids = SG_NEW_ARRAY(req->arena, 2 * KEYS_MAX, sg_str);
    sg_str *presenting = SG_NEW_ARRAY(req->arena, 2 * KEYS_MAX, sg_str);
    size_t n_ids = 0, n_presenting = 0;
    SG_REQUIRE(ids != NULL && presenting != NULL, NO_MEMORY);
    size_t n = peer_keys(face_app(req)->registry, keys, KEYS_MAX);
    sjson_wr_object(wr);
    sjson_wr_name(wr, SG_LIT("@context"));
    sjson_wr_array(wr);
    for (; *contexts != NULL; contexts++) {
        sjson_wr_text(wr, sg_cstr(*contexts));
    }
    sjson_wr_array_end(wr);
    sjson_wr_member_text(wr, "id", id);
    sjson_wr_name(wr, SG_LIT("verificationMethod"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < n && i < KEYS_MAX; i++) {
        if (keys[i]->purpose == WIRE_PURPOSE_SEAL && published(keys[i], false)) {
            SG_TRY(methods_write(req, wr, id, keys[i], &ids[n_ids]));
            for (size_t m = 0; m < 2 && presents(req, keys[i]); m++) {
                presenting[n_presenting++] = ids[n_ids + m];
            }
            n_ids += 2;
        }
    }
    sjson_wr_array_end(wr);
    relationship_write(wr, "assertionMethod", ids, n_ids);
    if (n_presenting > 0) {
        relationship_write(wr, "authentication", presenting, n_presenting);
    }
    sjson_wr_object_end(wr);
    return SG_DONE;
}

static const char *const did_contexts[] = { "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/jwk/v1", "https://w3id.org/security/multikey/v1", NULL };
static const char *const cid_contexts[] = { "https://www.w3.org/ns/cid/v1", NULL };

static sg_result
issuer_of(struct http_request *req, sg_str *ret)
{
    return sg_arena_printf(req->arena, ret, "%.*s" FLOW_ISSUER_PATH, SG_PRINT(face_app(req)->base));
}

void
vci_did(struct http_request *req)
{
    struct sg_buf buf = sg_buf_new(req->arena, 4096, DOCUMENT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str did;
    sg_result r = did_of(req, &did);
    r = sg_ok(r) ? document_write(req, &wr, did, did_contexts) : r;
    answer(req, r, &buf, "application/did+json");
}

/* The same for credentials whose issuer is a URL (CID 1.0; flow_issuer.h). */
void
vci_issuer(struct http_request *req)
{
    struct sg_buf buf = sg_buf_new(req->arena, 4096, DOCUMENT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str id;
    sg_result r = issuer_of(req, &id);
    r = sg_ok(r) ? document_write(req, &wr, id, cid_contexts) : r;
    answer(req, r, &buf, "application/cid");
}

sg_result
vci_own_document(struct http_request *req, sg_str url, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(req->arena, 4096, DOCUMENT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str did, id;
    SG_TRY(did_of(req, &did));
    SG_TRY(issuer_of(req, &id));
    bool as_did = sg_str_equal(url, did);
    SG_REQUIRE(as_did || sg_str_equal(url, id), NOT_FOUND);
    SG_TRY(document_write(req, &wr, url, as_did ? did_contexts : cid_contexts));
    return sg_buf_end_str(&buf, ret);
}

/* Where mdoc document signers' certificates point (ISO/IEC 18013-5 Annex B). */
void
vci_crl(struct http_request *req)
{
    struct http_reply reply = { .status = 200, .content_type = "application/pkix-crl" };
    sg_result r = flow_crl_read(face_app(req)->flow, req->arena, &reply.body);
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    http_reply_header(&reply, "Cache-Control", SG_LIT("max-age=3600"));
    http_answer(req, &reply);
}

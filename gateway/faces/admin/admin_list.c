/* What there is: keys, configurations, the calling client. */
#include "admin_inner.h"
#include "flow_form.h"
#include "jwk.h"
#include "peer_registry.h"
#include "sg_text.h"

#define KEYS_MAX 1024
#define ANSWER_MAX ((size_t)2 * 1024 * 1024)

typedef sg_result (*write_fn)(
    struct http_request *req, const struct auth_session *session, struct sjson_wr *wr);

static void
answer(struct http_request *req, write_fn write)
{
    struct auth_session *session = face_authenticate(req, AUTH_CLIENT, true);
    if (session == NULL) {
        return;
    }
    struct sg_buf buf = sg_buf_new(req->arena, 8192, ANSWER_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str json;
    sg_result r = write(req, session, &wr);
    auth_session_release(face_app(req)->auth, &session);
    if (sg_ok(r)) {
        r = sg_buf_end_str(&buf, &json);
    }
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    face_json(req, 200, json, true);
}

static const char *
word_of(uint64_t v, const char *const *words, size_t n)
{
    return v < n && words[v] != NULL ? words[v] : "unknown";
}

static sg_result
write_jwk(struct sg_arena *arena, struct sjson_wr *wr, sg_bytes spki, uint64_t alg)
{
    struct jwk jwk;
    if (spki.n == 0) {
        sjson_wr_null(wr); /* a client that signs nothing */
        return SG_DONE;
    }
    SG_TRY(jwk_from_spki(arena, spki, &jwk));
    jwk.alg = jose_alg_by_id((enum jose_alg_id)alg);
    jwk_write(wr, &jwk);
    return SG_DONE;
}

static void
member_alg(struct sjson_wr *wr, uint64_t id)
{
    const struct jose_alg *alg = jose_alg_by_id((enum jose_alg_id)id);
    sjson_wr_member_cstr(wr, "alg", alg == NULL ? "" : alg->name);
}

static sg_result
write_key(struct sg_arena *arena, struct sjson_wr *wr, const struct peer_key *key)
{
    static const char *const states[] = { NULL, "created", "active", "suspended", "revoked",
        "expired", "destroyed" };
    static const char *const purposes[] = { NULL, "seal", "status-list", "holder", "log",
        "metadata" };
    sjson_wr_object(wr);
    sjson_wr_member_b64url(wr, "thumbprint", SG_BYTES(key->thumbprint));
    sjson_wr_member_text(wr, "label", key->label);
    member_alg(wr, key->alg);
    sjson_wr_member_cstr(
        wr, "state", word_of(key->state, states, sizeof(states) / sizeof(states[0])));
    sjson_wr_member_cstr(
        wr, "purpose", word_of(key->purpose, purposes, sizeof(purposes) / sizeof(purposes[0])));
    sjson_wr_member_int(wr, "level", (int64_t)key->level);
    sjson_wr_name(wr, SG_LIT("jwk"));
    SG_TRY(write_jwk(arena, wr, key->spki, key->alg));
    sjson_wr_name(wr, SG_LIT("x5c"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < key->n_chain; i++) {
        sg_str text;
        SG_TRY(sg_b64_encode(arena, key->chain[i], &text));
        sjson_wr_text(wr, text);
    }
    sjson_wr_array_end(wr);
    if (key->status.uri.n > 0) {
        sjson_wr_name(wr, SG_LIT("status"));
        sjson_wr_object(wr);
        sjson_wr_member_text(wr, "uri", key->status.uri);
        sjson_wr_member_int(wr, "idx", (int64_t)key->status.idx);
        sjson_wr_object_end(wr);
    }
    sjson_wr_object_end(wr);
    return SG_DONE;
}

static sg_result
write_keys(struct http_request *req, const struct auth_session *session, struct sjson_wr *wr)
{
    (void)session;
    const struct peer_key **keys = SG_NEW_ARRAY(req->arena, KEYS_MAX, const struct peer_key *);
    SG_REQUIRE(keys != NULL, NO_MEMORY);
    size_t n = peer_keys(face_app(req)->registry, keys, KEYS_MAX);
    sjson_wr_object(wr);
    sjson_wr_name(wr, SG_LIT("keys"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < n && i < KEYS_MAX; i++) {
        SG_TRY(write_key(req->arena, wr, keys[i]));
    }
    sjson_wr_array_end(wr);
    sjson_wr_object_end(wr);
    return SG_DONE;
}

static sg_result
write_configurations(
    struct http_request *req, const struct auth_session *session, struct sjson_wr *wr)
{
    (void)session;
    const struct flow_configs *configs = flow_configurations(face_app(req)->flow);
    sjson_wr_object(wr);
    sjson_wr_name(wr, SG_LIT("configurations"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < configs->n; i++) {
        const struct flow_config *config = &configs->items[i];
        const struct peer_key *key;
        sjson_wr_object(wr);
        sjson_wr_member_text(wr, "id", config->id);
        sjson_wr_member_text(wr, "format", sg_cstr(config->form->format));
        sjson_wr_member_text(wr, "type", config->type);
        sjson_wr_member_text(wr, "seal_key", config->seal_key);
        if (sg_ok(peer_key_find(face_app(req)->registry, config->seal_key, &key))) {
            sjson_wr_member_b64url(wr, "key", SG_BYTES(key->thumbprint));
        }
        sjson_wr_member_int(wr, "level", config->level);
        if (config->status_list.n > 0) {
            sjson_wr_member_text(wr, "status_list", config->status_list);
        }
        sjson_wr_object_end(wr);
    }
    sjson_wr_array_end(wr);
    sjson_wr_object_end(wr);
    return SG_DONE;
}

static void
write_mandate(struct sjson_wr *wr, const struct wire_mandate *mandate)
{
    sjson_wr_object(wr);
    sjson_wr_member_b64url(wr, "id", mandate->id);
    sjson_wr_member_b64url(wr, "key", mandate->key);
    sjson_wr_member_int(wr, "operation", (int64_t)mandate->operation);
    sjson_wr_name(wr, SG_LIT("configurations"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < mandate->n_configurations; i++) {
        sjson_wr_text(wr, mandate->configurations[i]);
    }
    sjson_wr_array_end(wr);
    sjson_wr_member_int(wr, "not_after", mandate->not_after);
    sjson_wr_object_end(wr);
}

static sg_result
write_client(struct http_request *req, const struct auth_session *session, struct sjson_wr *wr)
{
    const struct peer_client *client;
    SG_TRY(peer_client_get(face_app(req)->registry, session->client, &client));
    sjson_wr_object(wr);
    sjson_wr_member_text(wr, "client", client->client);
    member_alg(wr, client->alg);
    sjson_wr_name(wr, SG_LIT("jwk"));
    SG_TRY(write_jwk(req->arena, wr, client->spki, client->alg));
    sjson_wr_name(wr, SG_LIT("mandates"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < client->n_mandates; i++) {
        write_mandate(wr, &client->mandates[i]);
    }
    sjson_wr_array_end(wr);
    sjson_wr_object_end(wr);
    return SG_DONE;
}

void
admin_keys(struct http_request *req)
{
    answer(req, write_keys);
}

void
admin_configurations(struct http_request *req)
{
    answer(req, write_configurations);
}

void
admin_client(struct http_request *req)
{
    answer(req, write_client);
}

#include "vp_world.h"

#include <time.h>

#include "did.h"

static const struct oid4vp_transaction_member payment_members[] = {
    { "amount", OID4VP_TEXT, true },
    { "payee", OID4VP_TEXT, true },
    { "once", OID4VP_BOOL, false },
};
static const struct oid4vp_transaction_type transaction_types[] = {
    { "payment", payment_members, 3 },
};

static struct jwk
parse_jwk(struct sg_arena *arena, sg_str json)
{
    struct jwk jwk;
    const struct sjson *v;
    assert_ok(sjson_parse(arena, json, NULL, &v));
    assert_ok(jwk_parse(arena, v, &jwk));
    return jwk;
}

static void
make_certificates(struct vp_world *world)
{
    struct sg_arena *arena = world->arena;
    struct status_cert root = { "root", "root", true, -3600, 3600 };
    struct status_cert leaf = { "cn.example", "root", false, -600, 600 };
    sg_str text;
    uint8_t hash[SG_SHA256_LEN];
    world->ca_der = status_cert(arena, &world->ca, &world->ca, &root);
    world->leaf_der =
        status_cert_named(arena, &world->leaf, &world->ca, &leaf, "DNS:other.example,DNS:" VP_HOST);
    assert_ok(sg_b64_encode(arena, world->leaf_der, &text));
    assert_ok(sg_arena_printf(arena, &world->x5c, "[\"%.*s\"]", SG_PRINT(text)));
    sg_sha256(world->leaf_der, hash);
    assert_ok(sg_b64url_encode(arena, SG_BYTES(hash), &world->hash));
}

void
vp_world_open(struct sg_arena *arena, struct vp_world *world)
{
    *world = (struct vp_world){ .arena = arena };
    status_key_new(arena, &world->ca);
    status_key_new(arena, &world->leaf);
    status_key_new(arena, &world->attester);
    status_key_new(arena, &world->other);
    make_certificates(world);
    world->leaf_jwk = parse_jwk(arena, world->leaf.jwk_json);
    world->attester_jwk = parse_jwk(arena, world->attester.jwk_json);
    world->uris[0] = SG_LIT("https://elsewhere.example/r");
    world->uris[1] = SG_LIT(VP_URI);
    world->clients[0] = (struct oid4vp_client){ .client_id = SG_LIT("registered"),
        .keys = &world->leaf_jwk,
        .n_keys = 1,
        .uris = world->uris,
        .n_uris = 2,
        .signed_only = true };
    world->clients[1] =
        (struct oid4vp_client){ .client_id = SG_LIT("plain"), .uris = world->uris, .n_uris = 2 };
    world->attesters[0] =
        (struct oid4vp_attester){ SG_LIT("https://attester.example"), &world->attester_jwk, 1 };
    world->trust = (struct oid4vp_trust){ .anchors = &world->ca_der,
        .n_anchors = 1,
        .clients = world->clients,
        .n_clients = 2,
        .attesters = world->attesters,
        .n_attesters = 1,
        .transactions = transaction_types,
        .n_transactions = 1 };
    world->expect = (struct oid4vp_expect){ .now = time(NULL), .leeway_s = 30 };
}

void
vp_world_close(struct vp_world *world)
{
    status_key_done(&world->ca);
    status_key_done(&world->leaf);
    status_key_done(&world->attester);
    status_key_done(&world->other);
}

/* ---- texts ------------------------------------------------------------------------------------------------ */

/* "$NOW+5" at `p`: the number, and how many characters it took. */
static int64_t
now_of(const struct vp_world *world, const char *p, size_t *used)
{
    char *end;
    long off = strtol(p + 4, &end, 10);
    *used = (size_t)(end - p);
    return world->expect.now + off;
}

sg_str
vp_fill(struct vp_world *world, const char *text)
{
    struct sg_buf buf = sg_buf_new(world->arena, 1024, (size_t)4 * 1024 * 1024);
    sg_str out;
    const struct {
        const char *mark;
        sg_str value;
    } marks[] = {
        { "$X5C", world->x5c },
        { "$LEAF", world->leaf.jwk_json },
        { "$HASH", world->hash },
    };
    for (const char *p = text; *p != '\0';) {
        size_t used = 1;
        sg_str value = *p == '\'' ? SG_LIT("\"") : sg_str_of(p, 1);
        for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
            if (strncmp(p, marks[i].mark, strlen(marks[i].mark)) == 0) {
                used = strlen(marks[i].mark);
                value = marks[i].value;
            }
        }
        if (strncmp(p, "$NOW", 4) == 0) {
            assert_ok(
                sg_arena_printf(world->arena, &value, "%lld", (long long)now_of(world, p, &used)));
        }
        sg_buf_put_str(&buf, value);
        p += used;
    }
    assert_ok(sg_buf_end_str(&buf, &out));
    return out;
}

#define SD_FORMATS \
    "{'vp_formats_supported':{'dc+sd-jwt':{'sd-jwt_alg_values':['ES256']},'mso_mdoc':{}}}"
#define SD_QUERY                                                                             \
    "{'credentials':[{'id':'pid','format':'dc+sd-jwt','meta':{'vct_values':['https://v']}}," \
    "{'id':'mdl','format':'mso_mdoc','meta':{'doctype_value':'org.iso.18013.5.1.mDL'}}]}"

static const struct vp_change ordinary[] = {
    { "aud", "'https://self-issued.me/v2'" },
    { "response_type", "'vp_token'" },
    { "response_mode", "'direct_post'" },
    { "response_uri", "'" VP_URI "'" },
    { "nonce", "'" VP_NONCE "'" },
    { "state", "'s1'" },
    { "client_metadata", SD_FORMATS },
    { "dcql_query", SD_QUERY },
};

static const struct vp_change *
change_of(const struct vp_change *changes, const char *name)
{
    for (; changes != NULL && changes->name != NULL; changes++) {
        if (strcmp(changes->name, name) == 0) {
            return changes;
        }
    }
    return NULL;
}

static void
put_member(struct vp_world *world, struct sg_buf *buf, const char *name, const char *json)
{
    if (json != NULL) {
        sg_buf_put_cstr(buf, ",\"");
        sg_buf_put_cstr(buf, name);
        sg_buf_put_cstr(buf, "\":");
        sg_buf_put_str(buf, vp_fill(world, json));
    }
}

sg_str
vp_parameters(struct vp_world *world, const char *client_id, const struct vp_change *changes)
{
    struct sg_buf buf = sg_buf_new(world->arena, 4096, (size_t)4 * 1024 * 1024);
    sg_str out;
    sg_buf_put_cstr(&buf, "{\"client_id\":\"");
    sg_buf_put_str(&buf, vp_fill(world, client_id));
    sg_buf_put_cstr(&buf, "\"");
    for (size_t i = 0; i < sizeof(ordinary) / sizeof(ordinary[0]); i++) {
        const struct vp_change *change = change_of(changes, ordinary[i].name);
        put_member(world, &buf, ordinary[i].name, change == NULL ? ordinary[i].json : change->json);
    }
    for (; changes != NULL && changes->name != NULL; changes++) {
        bool known = false;
        for (size_t i = 0; i < sizeof(ordinary) / sizeof(ordinary[0]); i++) {
            known = known || strcmp(ordinary[i].name, changes->name) == 0;
        }
        if (!known) {
            put_member(world, &buf, changes->name, changes->json);
        }
    }
    sg_buf_put_cstr(&buf, "}");
    assert_ok(sg_buf_end_str(&buf, &out));
    return out;
}

sg_str
vp_object(
    struct vp_world *world, const struct status_key *key, const char *header, sg_str parameters)
{
    if (header == NULL) {
        header = "{'alg':'ES256','typ':'oauth-authz-req+jwt','x5c':$X5C}";
    }
    return status_jws(world->arena, key, vp_fill(world, header), sg_str_bytes(parameters));
}

/* ---- tries -------------------------------------------------------------------------------------------------- */

sg_result
vp_try_text(struct vp_world *world, sg_str text)
{
    SG_TRY(oid4vp_carrier_parse(
        world->arena, text, world->expect.loopback, &world->failure, &world->carrier));
    return oid4vp_request_verify(world->arena, &world->carrier, &world->trust, &world->expect,
        &world->failure, &world->request);
}

sg_result
vp_try_value(struct vp_world *world, const char *client_id, const struct vp_change *changes)
{
    return vp_try_text(world, vp_parameters(world, client_id, changes));
}

sg_result
vp_try_signed(struct vp_world *world, const char *client_id, const char *header,
    const struct vp_change *changes)
{
    sg_str parameters = vp_parameters(world, client_id, changes);
    return vp_try_text(world, vp_object(world, &world->leaf, header, parameters));
}

/* Credential offers (OpenID4VCI 1.0, 4.1): made by system clients, kept until they are used. */
#include "flow_internal.h"

#include <sodium.h>

#include "jcs.h"
#include "sg_secret.h"
#include "sg_text.h"

#define SECRET_LEN 24 /* 192 bits */
#define ID_LEN 22
#define OBJECT_MAX ((size_t)16 * 1024)
#define GRANT "urn:ietf:params:oauth:grant-type:pre-authorized_code"

/* Everything of an offer follows from its secret, one way: the store keeps what follows, never the secret. */
static sg_result
derive(struct sg_arena *arena, const char *tag, sg_str secret, size_t n, sg_str *ret)
{
    uint8_t hash[32];
    sg_bytes part = sg_str_bytes(secret);
    sg_tagged_hash(tag, &part, 1, hash);
    sg_str text;
    SG_TRY(sg_b64url_encode(arena, SG_BYTES(hash), &text));
    *ret = sg_str_slice(text, 0, n);
    return SG_DONE;
}

static sg_result
offer_id(struct sg_arena *arena, sg_str secret, sg_str *ret)
{
    return derive(arena, "sealgate/offer-id/v1", secret, ID_LEN, ret);
}

static sg_result
offer_code(struct sg_arena *arena, sg_str secret, sg_str *ret)
{
    return derive(arena, "sealgate/offer-code/v1", secret, 43, ret);
}

sg_result
flow_instruction_check(struct flow *flow, struct sg_arena *arena, const struct flow_config *config,
    sg_str client, const struct sjson *claims, const struct flow_instruction *given, int64_t now)
{
    const struct peer_key *key;
    SG_TRY(peer_key_find(flow->registry, config->seal_key, &key));
    if (given->instruction.n == 0) {
        SG_REQUIRE(config->level < 2 && key->level < 2, INSTRUCTION);
        return SG_DONE;
    }
    struct wire_instruction in;
    SG_TRY(wire_instruction_parse(given->instruction, &in));
    SG_REQUIRE(sg_str_equal(in.client, client), INSTRUCTION);
    SG_REQUIRE(sg_str_equal(in.configuration, config->id), INSTRUCTION);
    SG_REQUIRE(sg_bytes_equal(in.key, SG_BYTES(key->thumbprint)), INSTRUCTION);
    SG_REQUIRE(in.expires_at > now && given->salt.n == FLOW_SALT_LEN, INSTRUCTION);
    sg_str canonical;
    SG_TRY(jcs_encode(arena, claims, &canonical));
    sg_bytes parts[] = { given->salt, sg_str_bytes(canonical) };
    uint8_t hash[32];
    sg_sha256_parts(parts, 2, hash);
    SG_REQUIRE(sg_bytes_equal(in.claims_hash, SG_BYTES(hash)), INSTRUCTION);
    return SG_DONE; /* the signature is the signer's to verify */
}

static sg_result
check_credential(struct flow *flow, struct sg_arena *arena, const struct flow_offer_in *in,
    size_t i, struct sg_why *why, struct flow_body *body)
{
    const struct flow_offer_credential *c = &in->credentials[i];
    const struct flow_config *config = flow_config_find(&flow->configs, c->configuration);
    SG_REQUIRE(config != NULL, CONFIGURATION);
    SG_REQUIRE(c->count >= 1 && c->count <= FLOW_COUNT_MAX, VALUE);
    for (size_t j = 0; j < i; j++) { /* credential_configuration_ids are unique (4.1.1) */
        SG_REQUIRE(!sg_str_equal(in->credentials[j].configuration, c->configuration), DUPLICATE);
    }
    struct flow_subject subject;
    SG_TRY(flow_subject_make(arena, config, c->claims, why, &subject));
    SG_TRY(flow_subject_try(flow, arena, &subject, in->now, why));
    SG_TRY(flow_instruction_check(
        flow, arena, config, in->client, c->claims, &c->instruction, in->now));
    body->credentials[i] = *c;
    SG_TRY(sg_arena_printf(arena, &body->identifiers[i], "%.*s.%zu", SG_PRINT(config->id), i));
    body->n = i + 1;
    return SG_DONE;
}

static sg_result
object_write(struct flow *flow, struct sg_arena *arena, const struct flow_body *body, sg_str code,
    sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 512, OBJECT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "credential_issuer", flow->settings.base);
    sjson_wr_name(&wr, SG_LIT("credential_configuration_ids"));
    sjson_wr_array(&wr);
    for (size_t i = 0; i < body->n; i++) {
        sjson_wr_text(&wr, body->credentials[i].configuration);
    }
    sjson_wr_array_end(&wr);
    sjson_wr_name(&wr, SG_LIT("grants"));
    sjson_wr_object(&wr);
    sjson_wr_name(&wr, SG_LIT(GRANT));
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "pre-authorized_code", code);
    if (body->tx_code_len > 0) {
        sjson_wr_name(&wr, SG_LIT("tx_code"));
        sjson_wr_object(&wr);
        sjson_wr_member_cstr(&wr, "input_mode", body->tx_code_text ? "text" : "numeric");
        sjson_wr_member_int(&wr, "length", body->tx_code_len);
        if (body->tx_description.n > 0) {
            sjson_wr_member_text(&wr, "description", body->tx_description);
        }
        sjson_wr_object_end(&wr);
    }
    sjson_wr_object_end(&wr);
    sjson_wr_object_end(&wr);
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

static sg_result
tx_code_make(struct sg_arena *arena, unsigned n, bool text, sg_str *ret)
{
    /* Without 0 O 1 I L: people read it out and type it. */
    static const char letters[] = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
    char *code = sg_arena_alloc(arena, n + 1);
    SG_REQUIRE(code != NULL, NO_MEMORY);
    for (unsigned i = 0; i < n; i++) {
        code[i] = text ? letters[randombytes_uniform(sizeof(letters) - 1)]
                       : (char)('0' + randombytes_uniform(10));
    }
    *ret = sg_str_of(code, n);
    return SG_DONE;
}

static sg_result
offer_put(struct flow *flow, struct sg_arena *arena, const struct flow_offer_in *in,
    const struct flow_body *body, sg_str code, const struct flow_offer *offer)
{
    struct store_offer row = {
        .offer_id = offer->id,
        .tries_left = flow->settings.tx_tries,
        .client = in->client,
        .created_at = in->now,
        .expires_at = offer->expires_at,
        .state = STORE_OFFER_OPEN,
    };
    uint8_t tx[32];
    in->code_hash(code, row.code_hash);
    if (offer->tx_code.n > 0) {
        in->tx_hash(code, offer->tx_code, tx);
        row.tx_hash = SG_BYTES(tx);
    }
    SG_TRY(flow_body_write(arena, body, &row.body));
    return store_offer_put(flow->store, &row);
}

sg_result
flow_offer_make(struct flow *flow, struct sg_arena *arena, const struct flow_offer_in *in,
    struct sg_why *why, struct flow_offer *ret)
{
    SG_REQUIRE(in->n_credentials >= 1 && in->n_credentials <= FLOW_OFFER_CREDENTIALS_MAX, VALUE);
    SG_REQUIRE(in->tx_code_len == 0 || (in->tx_code_len >= 4 && in->tx_code_len <= 32), VALUE);
    SG_REQUIRE(in->tx_description.n <= 300 && in->expires_in > 0, VALUE);
    struct flow_body *body = SG_NEW(arena, struct flow_body);
    SG_REQUIRE(body != NULL, NO_MEMORY);
    for (size_t i = 0; i < in->n_credentials; i++) {
        SG_TRY(check_credential(flow, arena, in, i, why, body));
    }
    body->tx_code_len = in->tx_code_len;
    body->tx_code_text = in->tx_code_text;
    body->tx_description = in->tx_description;

    struct flow_offer offer = { .expires_at = in->now + in->expires_in };
    uint8_t secret[SECRET_LEN];
    sg_str code;
    randombytes_buf(secret, sizeof(secret));
    SG_TRY(sg_b64url_encode(arena, SG_BYTES(secret), &offer.reference));
    SG_TRY(offer_id(arena, offer.reference, &offer.id));
    SG_TRY(offer_code(arena, offer.reference, &code));
    SG_TRY(object_write(flow, arena, body, code, &offer.object));
    if (in->tx_code_len > 0) {
        SG_TRY(tx_code_make(arena, in->tx_code_len, in->tx_code_text, &offer.tx_code));
    }
    SG_TRY(offer_put(flow, arena, in, body, code, &offer));
    *ret = offer;
    return SG_DONE;
}

sg_result
flow_offer_object(
    struct flow *flow, struct sg_arena *arena, sg_str reference, int64_t now, sg_str *ret)
{
    SG_REQUIRE(reference.n == sg_b64url_len(SECRET_LEN), NOT_FOUND);
    sg_str id, code;
    struct store_offer row;
    SG_TRY(offer_id(arena, reference, &id));
    SG_TRY(store_offer_get(flow->store, id, arena, &row));
    SG_REQUIRE(row.state == STORE_OFFER_OPEN && row.expires_at > now && row.body.n > 0, NOT_FOUND);
    struct flow_body *body = SG_NEW(arena, struct flow_body);
    SG_REQUIRE(body != NULL, NO_MEMORY);
    SG_TRY(flow_body_parse(arena, row.body, body));
    SG_TRY(offer_code(arena, reference, &code));
    return object_write(flow, arena, body, code, ret);
}

sg_result
flow_offer_drop(struct flow *flow, struct sg_arena *arena, sg_str client, sg_str id)
{
    struct store_offer row;
    SG_REQUIRE(id.n == ID_LEN, NOT_FOUND);
    SG_TRY(store_offer_get(flow->store, id, arena, &row));
    SG_REQUIRE(sg_str_equal(row.client, client) && row.state != STORE_OFFER_DEAD, NOT_FOUND);
    return store_offer_drop(flow->store, id);
}

sg_result
flow_offer_items(struct flow *flow, struct sg_arena *arena, sg_bytes in,
    struct flow_grant_item ret[FLOW_OFFER_CREDENTIALS_MAX], size_t *ret_n)
{
    struct flow_body *body = SG_NEW(arena, struct flow_body);
    SG_REQUIRE(body != NULL, NO_MEMORY);
    SG_TRY(flow_body_parse(arena, in, body));
    for (size_t i = 0; i < body->n; i++) {
        ret[i].config = flow_config_find(&flow->configs, body->credentials[i].configuration);
        ret[i].identifier = body->identifiers[i];
        SG_REQUIRE(ret[i].config != NULL, CONFIGURATION); /* taken out of service meanwhile */
    }
    *ret_n = body->n;
    return SG_DONE;
}

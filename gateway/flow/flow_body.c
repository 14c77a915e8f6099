/* The body of an offer as the store keeps it: JSON of ours, gone when everything is issued or expired (req: SIG-6). */
#include "flow_internal.h"

#include "sg_text.h"

sg_result
flow_body_write(struct sg_arena *arena, const struct flow_body *body, sg_bytes *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 4096, STORE_BODY_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_int(&wr, "v", 1);
    if (body->tx_code_len > 0) {
        sjson_wr_member_int(&wr, "tx_len", body->tx_code_len);
        sjson_wr_member_bool(&wr, "tx_text", body->tx_code_text);
        sjson_wr_member_text(&wr, "tx_description", body->tx_description);
    }
    sjson_wr_name(&wr, SG_LIT("credentials"));
    sjson_wr_array(&wr);
    for (size_t i = 0; i < body->n; i++) {
        const struct flow_offer_credential *c = &body->credentials[i];
        sjson_wr_object(&wr);
        sjson_wr_member_text(&wr, "configuration", c->configuration);
        sjson_wr_member_text(&wr, "identifier", body->identifiers[i]);
        sjson_wr_member_int(&wr, "count", (int64_t)c->count);
        sjson_wr_member_value(&wr, "claims", c->claims);
        if (c->instruction.instruction.n > 0) {
            sjson_wr_member_b64url(&wr, "instruction", c->instruction.instruction);
            sjson_wr_member_b64url(&wr, "signature", c->instruction.signature);
            sjson_wr_member_b64url(&wr, "salt", c->instruction.salt);
        }
        sjson_wr_object_end(&wr);
    }
    sjson_wr_array_end(&wr);
    sjson_wr_object_end(&wr);
    return sg_buf_end(&buf, ret);
}

static sg_result
read_instruction(struct sg_arena *arena, const struct sjson *json, struct flow_instruction *ret)
{
    sg_str text;
    if (sjson_get(json, "instruction") == NULL) {
        return SG_DONE;
    }
    SG_TRY(sjson_member_text(json, "instruction", &text));
    SG_TRY(sg_b64url_decode(arena, text, &ret->instruction));
    SG_TRY(sjson_member_text(json, "signature", &text));
    SG_TRY(sg_b64url_decode(arena, text, &ret->signature));
    SG_TRY(sjson_member_text(json, "salt", &text));
    return sg_b64url_decode(arena, text, &ret->salt);
}

static sg_result
read_credential(struct sg_arena *arena, const struct sjson *json, struct flow_body *body)
{
    struct flow_offer_credential *c = &body->credentials[body->n];
    int64_t count;
    SG_TRY(sjson_member_text(json, "configuration", &c->configuration));
    SG_TRY(sjson_member_text(json, "identifier", &body->identifiers[body->n]));
    SG_TRY(sjson_member_int(json, "count", &count));
    SG_REQUIRE(count >= 1 && count <= FLOW_COUNT_MAX, VALUE);
    c->count = (uint64_t)count;
    SG_TRY(sjson_member_object(json, "claims", &c->claims));
    SG_TRY(read_instruction(arena, json, &c->instruction));
    body->n++;
    return SG_DONE;
}

sg_result
flow_body_parse(struct sg_arena *arena, sg_bytes in, struct flow_body *ret)
{
    const struct sjson *json;
    const struct sjson *credentials;
    int64_t tx = 0;
    *ret = (struct flow_body){ 0 };
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(in), NULL, &json));
    if (sjson_get(json, "tx_len") != NULL) {
        SG_TRY(sjson_member_int(json, "tx_len", &tx));
        SG_REQUIRE(tx > 0 && tx <= 32, VALUE);
        ret->tx_code_len = (unsigned)tx;
        SG_TRY(sjson_member_bool(json, "tx_text", false, &ret->tx_code_text));
        SG_TRY(sjson_member_text(json, "tx_description", &ret->tx_description));
    }
    SG_TRY(sjson_member_array(json, "credentials", &credentials));
    for (const struct sjson *e = credentials->first; e != NULL; e = e->next) {
        SG_REQUIRE(ret->n < FLOW_OFFER_CREDENTIALS_MAX, TOO_MANY);
        SG_TRY(read_credential(arena, e, ret));
    }
    return SG_DONE;
}

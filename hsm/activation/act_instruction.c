#include "act.h"

sg_result
act_instruction(struct sg_arena *arena, const struct reg_client *client,
    const struct wire_intent *intent, sg_bytes encoded, sg_bytes signature, int64_t now,
    struct wire_instruction *ret)
{
    struct wire_instruction in;
    sg_bytes signed_;
    SG_REQUIRE(client->public != NULL, INSTRUCTION);
    SG_REQUIRE(sg_ok(wire_instruction_parse(encoded, &in)), INSTRUCTION);
    SG_REQUIRE(sg_str_equal(in.client, client->id), INSTRUCTION);
    SG_REQUIRE(sg_bytes_equal(in.key, intent->key), INSTRUCTION);
    SG_REQUIRE(sg_str_equal(in.configuration, intent->configuration), INSTRUCTION);
    SG_REQUIRE(in.expires_at > now && in.count >= intent->n_dtbs, INSTRUCTION);
    SG_TRY(wire_signed_bytes(arena, WIRE_TAG_INSTRUCTION, encoded, &signed_));
    SG_REQUIRE(sg_ok(key_public_verify_message(client->public, signed_, signature)), INSTRUCTION);
    *ret = in;
    return SG_DONE;
}

#include "act.h"

sg_result
act_status_order(struct registry *registry, struct sg_arena *arena, sg_bytes encoded,
    sg_bytes signature, struct wire_status_order *ret)
{
    struct wire_status_order order;
    sg_bytes signed_;
    SG_TRY(wire_status_order_parse(encoded, &order));
    const struct reg_client *client = registry_client(registry, order.orderer);
    SG_REQUIRE(client != NULL && client->active && client->public != NULL, CLIENT);
    SG_TRY(wire_signed_bytes(arena, WIRE_TAG_STATUS_ORDER, encoded, &signed_));
    SG_TRY(key_public_verify_message(client->public, signed_, signature));
    *ret = order;
    return SG_DONE;
}

#include "act.h"

static bool
names_configuration(const struct wire_mandate *mandate, sg_str configuration)
{
    if (configuration.n == 0) {
        return mandate->n_configurations == 0; /* lists have none */
    }
    for (size_t i = 0; i < mandate->n_configurations; i++) {
        if (sg_str_equal(mandate->configurations[i], configuration)) {
            return true;
        }
    }
    return false;
}

sg_result
act_mandate(struct registry *registry, const struct reg_mandate *mandate,
    const struct wire_intent *intent, int64_t now, const struct reg_client **ret_client)
{
    SG_REQUIRE(mandate != NULL, MANDATE);
    const struct wire_mandate *m = &mandate->mandate;
    SG_REQUIRE(sg_str_equal(m->client, intent->requester), MANDATE);
    SG_REQUIRE(sg_bytes_equal(m->key, intent->key), MANDATE);
    SG_REQUIRE(m->operation == intent->operation, MANDATE);
    SG_REQUIRE(names_configuration(m, intent->configuration), MANDATE);
    SG_REQUIRE(now >= m->not_before && now < m->not_after, MANDATE);
    SG_REQUIRE(registry_mandate_left(mandate, now) >= intent->n_dtbs, MANDATE);
    const struct reg_client *client = registry_client(registry, m->client);
    SG_REQUIRE(client != NULL && client->active, MANDATE);
    *ret_client = client;
    return SG_DONE;
}

#include "sdjwt_type_int.h"

static struct type_claim *
claim_with_path(const struct type_rules *rules, const struct sjson *path)
{
    for (size_t i = 0; i < rules->n; i++) {
        if (sjson_equal(rules->claims[i].path, path)) {
            return &rules->claims[i];
        }
    }
    return NULL;
}

/*
 * req: FMT-1: type metadata with integrity. The child's entry replaces the parent's, but what the parent fixed stays fixed: always and never may not change,
 * mandatory may only become true. What the child leaves unsaid is not a change.
 */
static sg_result
inherit(struct type_claim *child, const struct type_claim *parent)
{
    if (parent->sd != TYPE_SD_ALLOWED) {
        SG_REQUIRE(!child->has_sd || child->sd == parent->sd, TYPE_METADATA);
        child->sd = parent->sd;
        child->has_sd = true;
    }
    if (parent->mandatory) {
        SG_REQUIRE(!child->has_mandatory || child->mandatory, TYPE_METADATA);
        child->mandatory = true;
        child->has_mandatory = true;
    }
    return SG_DONE;
}

static sg_result
merge(struct sg_arena *arena, struct type_rules *into, const struct type_rules *parent)
{
    size_t n_child = into->n;
    SG_REQUIRE(into->n + parent->n <= SDJWT_VC_CLAIMS_MAX, TYPE_METADATA);
    struct type_claim *all = SG_NEW_ARRAY(arena, into->n + parent->n, struct type_claim);
    SG_REQUIRE(all != NULL, NO_MEMORY);
    if (n_child != 0) {
        memcpy(all, into->claims, n_child * sizeof(*all));
    }
    into->claims = all;
    for (size_t i = 0; i < parent->n; i++) {
        struct type_rules children = { all, n_child };
        struct type_claim *child = claim_with_path(&children, parent->claims[i].path);
        if (child != NULL) {
            SG_TRY(inherit(child, &parent->claims[i]));
        } else {
            all[into->n++] = parent->claims[i];
        }
    }
    return SG_DONE;
}

static const struct sdjwt_vc_document *
find_document(const struct sdjwt_vc_document *documents, size_t n, sg_str vct)
{
    for (size_t i = 0; i < n; i++) {
        if (sg_str_equal(documents[i].vct, vct)) {
            return &documents[i];
        }
    }
    return NULL;
}

sg_result
type_resolve(struct sg_arena *arena, sg_str vct, sg_str integrity,
    const struct sdjwt_vc_document *documents, size_t n, struct type_rules *ret)
{
    const struct sdjwt_vc_document *chain[SDJWT_VC_CHAIN_MAX];
    *ret = (struct type_rules){ 0 };
    for (size_t depth = 0; vct.n != 0; depth++) {
        struct type_rules rules;
        sg_str wanted = integrity;
        SG_REQUIRE(depth < SDJWT_VC_CHAIN_MAX, TYPE_METADATA);
        chain[depth] = find_document(documents, n, vct);
        SG_REQUIRE(chain[depth] != NULL, TYPE_METADATA);
        for (size_t i = 0; i < depth; i++) {
            SG_REQUIRE(chain[i] != chain[depth], TYPE_METADATA); /* a circle */
        }
        if (wanted.n != 0) {
            SG_TRY(sdjwt_vc_integrity_check(arena, wanted, chain[depth]->served));
        }
        SG_TRY(type_document_parse(arena, vct, chain[depth]->served, &rules, &vct, &integrity));
        SG_TRY(merge(arena, ret, &rules));
    }
    return SG_DONE;
}

/* Type metadata, resolved: shared by the two files that read it and hold a credential against it. */
#ifndef SDJWT_TYPE_INT_H
#define SDJWT_TYPE_INT_H

#include "sdjwt_vc.h"

#include "sdjwt_int.h"

enum type_sd { TYPE_SD_ALLOWED, TYPE_SD_ALWAYS, TYPE_SD_NEVER };

/* One entry of "claims"; `child` members say what a document states, after merging what holds. */
struct type_claim {
    const struct sjson *path;
    enum type_sd sd;
    bool has_sd;
    bool mandatory;
    bool has_mandatory;
};
struct type_rules {
    struct type_claim *claims;
    size_t n;
};
/* One document. SG_E_TYPE_METADATA. `ret_extends` is empty at the end of the chain. */
SG_CHECKED sg_result type_document_parse(struct sg_arena *arena, sg_str vct, sg_bytes served,
    struct type_rules *ret, sg_str *ret_extends, sg_str *ret_integrity);
/* The chain from `vct`, merged. */
SG_CHECKED sg_result type_resolve(struct sg_arena *arena, sg_str vct, sg_str integrity,
    const struct sdjwt_vc_document *documents, size_t n, struct type_rules *ret);

#endif

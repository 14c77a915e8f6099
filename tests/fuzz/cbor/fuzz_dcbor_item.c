/* The item cursor: the children of every container are exactly its content, and what is found stands inside the input. */
#include <stdlib.h>

#include "dcbor_item.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
descend(const struct dcbor_item *item, const uint8_t *from, const uint8_t *to, unsigned depth)
{
    struct dcbor_item child;
    size_t sum = 0;
    if (item->raw.p < from || item->raw.p + item->raw.n > to || depth > 16) {
        abort();
    }
    struct dcbor_walk walk = dcbor_item_walk(item);
    size_t want = walk.rest.n;
    while (dcbor_item_next(&walk, &child)) {
        descend(&child, from, to, depth + 1);
        sum += child.raw.n;
    }
    if (sum != want) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dcbor_item item;
    struct dcbor_item found;
    int64_t number;
    double value;
    if (!sg_ok(dcbor_item_open((sg_bytes){ data, size }, 16, 10000, &item))) {
        return 0;
    }
    descend(&item, data, data + size, 0);
    SG_IGNORE(dcbor_item_find(&item, -1, &found)); /* only the search itself */
    SG_IGNORE(dcbor_item_find_text(&item, "a", &found));
    SG_IGNORE(dcbor_item_int(&item, &number));
    SG_IGNORE(dcbor_item_double(&item, &value));
    return 0;
}

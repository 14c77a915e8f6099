/* Inside formats/json: ordering the members of an object without memory of its own and without a bad case. */
#ifndef SJSON_SORT_H
#define SJSON_SORT_H

#include "sjson.h"

typedef int (*sjson_order)(sg_str a, sg_str b);

/* Heap sort by name: n log n whatever a stranger sends, in place. Equal names end up side by side. */
void sjson_sort(const struct sjson **members, size_t n, sjson_order order);

/* By length, then bytes: the order of `sorted`. */
int sjson_name_order(sg_str a, sg_str b);

#endif

/* JSON numbers as exact decimals: a schema may ask about more digits than a double has. */
#ifndef SCHEMA_NUM_H
#define SCHEMA_NUM_H

#include "sjson.h"

/* sign * digits * 10^exponent; digits without zeros at either end; n_digits 0 is zero. */
struct schema_num {
    bool negative;
    sg_str digits; /* in the arena, or a view of the number's text */
    int64_t exponent;
};

/* `v` is a NUMBER. SG_E_NO_MEMORY. */
SG_CHECKED sg_result schema_num_of(
    struct sg_arena *arena, const struct sjson *v, struct schema_num *ret);
bool schema_num_is_integer(
    const struct schema_num *num); /* 1.0 and 1e3 are integers (draft, 4.2.3) */
int schema_num_compare(const struct schema_num *a, const struct schema_num *b); /* -1, 0, 1 */
/* Is a / b an integer? b is not zero. `work` is lowered; SG_E_WORK when used up. SG_E_NO_MEMORY. */
SG_CHECKED sg_result schema_num_multiple(struct sg_arena *arena, const struct schema_num *a,
    const struct schema_num *b, uint64_t *work, bool *ret);

#endif

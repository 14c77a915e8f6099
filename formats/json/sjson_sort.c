#include "sjson_sort.h"

int
sjson_name_order(sg_str a, sg_str b)
{
    if (a.n != b.n) {
        return a.n < b.n ? -1 : 1;
    }
    return a.n == 0 ? 0 : memcmp(a.p, b.p, a.n);
}

static void
sift(const struct sjson **m, size_t root, size_t n, sjson_order order)
{
    const struct sjson *moving = m[root];
    for (;;) {
        size_t child = 2 * root + 1;
        if (child >= n) {
            break;
        }
        if (child + 1 < n && order(m[child]->name, m[child + 1]->name) < 0) {
            child++;
        }
        if (order(moving->name, m[child]->name) >= 0) {
            break;
        }
        m[root] = m[child];
        root = child;
    }
    m[root] = moving;
}

void
sjson_sort(const struct sjson **m, size_t n, sjson_order order)
{
    for (size_t i = n / 2; i > 0; i--) {
        sift(m, i - 1, n, order);
    }
    for (size_t end = n; end > 1; end--) {
        const struct sjson *largest = m[0];
        m[0] = m[end - 1];
        m[end - 1] = largest;
        sift(m, 0, end - 1, order);
    }
}

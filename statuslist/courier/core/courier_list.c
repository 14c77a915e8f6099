#include "courier_list.h"

#include <stdlib.h>

struct courier_lists *
courier_lists_new(size_t bytes_max)
{
    struct courier_lists *lists = calloc(1, sizeof(*lists));
    if (lists != NULL) {
        lists->bytes_max = bytes_max;
    }
    return lists;
}

static void
forget(struct courier_lists *lists, struct courier_list *list)
{
    lists->bytes -= list->raw_len;
    free(list->raw);
    *list = (struct courier_list){ 0 };
}

void
courier_lists_free(struct courier_lists **lists)
{
    if (*lists != NULL) {
        for (size_t i = 0; i < COURIER_LISTS_MAX; i++) {
            free((*lists)->entries[i].raw);
        }
        free(*lists);
        *lists = NULL;
    }
}

/* FNV-1a; only a shortcut: equal hashes are compared byte for byte, and the table is small, so collisions cost nothing. */
static uint64_t
hash_of(sg_str uri)
{
    uint64_t h = 0xcbf29ce484222325U;
    for (size_t i = 0; i < uri.n; i++) {
        h = (h ^ (uint8_t)uri.p[i]) * 0x100000001b3U;
    }
    return h == 0 ? 1 : h;
}

struct courier_list *
courier_lists_find(struct courier_lists *lists, sg_str uri)
{
    uint64_t hash = hash_of(uri);
    for (size_t i = 0; i < COURIER_LISTS_MAX; i++) {
        struct courier_list *list = &lists->entries[i];
        if (list->hash == hash && sg_str_equal(sg_str_of(list->uri, list->uri_len), uri)) {
            list->used = ++lists->turn;
            return list;
        }
    }
    return NULL;
}

static bool
idle(const struct courier_list *list)
{
    return list->waiting == 0 && !list->under_way;
}

/* The idle entry used longest ago; with_bytes: among those that hold a list. NULL: none. */
static struct courier_list *
oldest(struct courier_lists *lists, const struct courier_list *but, bool with_bytes)
{
    struct courier_list *old = NULL;
    for (size_t i = 0; i < COURIER_LISTS_MAX; i++) {
        struct courier_list *list = &lists->entries[i];
        if (list != but && idle(list) && (!with_bytes || list->raw != NULL) &&
            (old == NULL || list->used < old->used)) {
            old = list;
        }
    }
    return old;
}

struct courier_list *
courier_lists_add(struct courier_lists *lists, sg_str uri)
{
    struct courier_list *list = uri.n <= TSL_URI_MAX ? oldest(lists, NULL, false) : NULL;
    if (list == NULL) {
        return NULL;
    }
    forget(lists, list);
    memcpy(list->uri, uri.p, uri.n);
    list->uri_len = uri.n;
    list->hash = hash_of(uri);
    list->used = ++lists->turn;
    return list;
}

sg_result
courier_list_fill(struct courier_lists *lists, struct courier_list *list, sg_bytes raw)
{
    SG_REQUIRE(raw.n <= lists->bytes_max, FULL);
    while (lists->bytes - list->raw_len > lists->bytes_max - raw.n) {
        struct courier_list *old = oldest(lists, list, true);
        SG_REQUIRE(old != NULL, FULL);
        forget(lists, old);
    }
    uint8_t *copy = malloc(raw.n == 0 ? 1 : raw.n);
    SG_REQUIRE(copy != NULL, NO_MEMORY);
    if (raw.n > 0) {
        memcpy(copy, raw.p, raw.n);
    }
    lists->bytes = lists->bytes - list->raw_len + raw.n;
    free(list->raw);
    list->raw = copy;
    list->raw_len = raw.n;
    return SG_DONE;
}

struct tsl_view
courier_list_view(const struct courier_list *list)
{
    return (struct tsl_view){ list->facts.bits, sg_bytes_of(list->raw, list->raw_len) };
}

struct bsl_view
courier_list_bits(const struct courier_list *list)
{
    return (struct bsl_view){ list->bitstring, sg_bytes_of(list->raw, list->raw_len) };
}

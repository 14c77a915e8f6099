/*
 * The cache: one entry per list URI, with the list unpacked, so that an answer is a look-up and a few comparisons. Bounded in entries
 * and bytes; what was used longest ago goes first, and never what somebody waits for.
 */
#ifndef COURIER_LIST_H
#define COURIER_LIST_H

#include "bsl.h"
#include "courier_fetch.h"
#include "tsl_token.h"

#define COURIER_LISTS_MAX 256

struct courier_list {
    char uri[TSL_URI_MAX];
    size_t uri_len;
    uint64_t hash;    /* of uri; 0: the place is empty */
    uint64_t used;    /* turn of the last use */
    unsigned waiting; /* questions that wait for it */
    bool under_way;   /* a fetch is running, */
    int64_t fetch_started_ms;

    uint8_t *raw; /* NULL: nothing fetched yet */
    size_t raw_len;
    struct tsl_token
        facts; /* numbers only; its views are empty but sub, which is `uri`. Of a Bitstring list: its dates as iat and exp */
    unsigned bitstring; /* bits of an entry of a Bitstring list; 0: a Token Status List */
    unsigned purposes;  /* of a Bitstring list: 1 << enum bsl_purpose for each that it names */
    uint8_t sha256[SG_SHA256_LEN];
    int64_t fetched_at_ms; /* when the last good fetch or revalidation began */
    int64_t full_at_ms;    /* when the token itself was last fetched and verified */
    int64_t good_until_ms;
    char etag[COURIER_ETAG_MAX];
    size_t etag_len;

    int64_t failed_at_ms; /* 0: the last fetch was good */
    enum sg_code failure;
};

struct courier_lists {
    struct courier_list entries[COURIER_LISTS_MAX];
    size_t bytes;
    size_t bytes_max;
    uint64_t turn;
};

/* Heap. NULL when out of memory. */
struct courier_lists *courier_lists_new(size_t bytes_max);
void courier_lists_free(struct courier_lists **lists);

/* The entry of a URI, or NULL. */
struct courier_list *courier_lists_find(struct courier_lists *lists, sg_str uri);
/* A new, empty entry, if need be in the place of the one used longest ago; NULL when all are waited for. */
struct courier_list *courier_lists_add(struct courier_lists *lists, sg_str uri);
/* Copy a fetched list into the entry. SG_E_FULL (more than bytes_max, or all else is waited for), SG_E_NO_MEMORY. */
SG_CHECKED sg_result courier_list_fill(
    struct courier_lists *lists, struct courier_list *list, sg_bytes raw);

/* The unpacked list, by its kind. */
struct tsl_view courier_list_view(const struct courier_list *list);
struct bsl_view courier_list_bits(const struct courier_list *list);

#endif

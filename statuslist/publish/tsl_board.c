#include "tsl_board.h"

#include <pthread.h>
#include <stdlib.h>

/* `lock` guards raw and everything below it; the members above it never change after making. */
struct tsl_board {
    char *uri;
    size_t uri_len;
    unsigned bits;
    uint64_t entries;
    int64_t ttl_s;
    int64_t life_s;
    size_t raw_len;
    pthread_mutex_t lock;
    uint8_t *raw;
    uint64_t version;        /* grows with every change; starts at 1 */
    uint64_t signed_version; /* 0: never signed */
    int64_t signed_iat;
};

static sg_result
board_fill(struct tsl_board *board, const struct tsl_board_settings *s)
{
    board->bits = s->bits == 0 ? TSL_BOARD_BITS : s->bits;
    board->entries = s->entries == 0 ? TSL_BOARD_ENTRIES : s->entries;
    board->ttl_s = s->ttl_s == 0 ? TSL_BOARD_TTL_S : s->ttl_s;
    board->life_s = s->life_s == 0 ? TSL_BOARD_LIFE_S : s->life_s;
    board->version = 1;
    SG_REQUIRE(s->uri.n > 0 && s->uri.n <= TSL_URI_MAX, VALUE);
    SG_REQUIRE(board->ttl_s > 0 && board->life_s >= 2, VALUE);
    SG_TRY(tsl_raw_len(board->bits, board->entries, &board->raw_len));
    board->uri = malloc(s->uri.n);
    board->raw = calloc(1, board->raw_len);
    SG_REQUIRE(board->uri != NULL && board->raw != NULL, NO_MEMORY);
    memcpy(board->uri, s->uri.p, s->uri.n);
    board->uri_len = s->uri.n;
    return SG_DONE;
}

sg_result
tsl_board_new(const struct tsl_board_settings *settings, struct tsl_board **ret)
{
    SG_CLEANUP(tsl_board_free)
    struct tsl_board *board = calloc(1, sizeof(*board));
    SG_REQUIRE(board != NULL, NO_MEMORY);
    (void)pthread_mutex_init(&board->lock, NULL); /* with default attributes it cannot fail */
    SG_TRY(board_fill(board, settings));
    *ret = board;
    board = NULL;
    return SG_DONE;
}

void
tsl_board_free(struct tsl_board **board)
{
    if (*board != NULL) {
        (void)pthread_mutex_destroy(&(*board)->lock);
        free((*board)->uri);
        free((*board)->raw);
        free(*board);
        *board = NULL;
    }
}

sg_str
tsl_board_uri(const struct tsl_board *board)
{
    return sg_str_of(board->uri, board->uri_len);
}

uint64_t
tsl_board_entries(const struct tsl_board *board)
{
    return board->entries;
}

unsigned
tsl_board_bits(const struct tsl_board *board)
{
    return board->bits;
}

sg_result
tsl_change_check(unsigned bits, uint8_t from, uint8_t to)
{
    SG_REQUIRE(to == TSL_VALID || to == TSL_INVALID || to == TSL_SUSPENDED, VALUE);
    SG_REQUIRE(to != TSL_SUSPENDED || bits >= 2, UNSUPPORTED);
    SG_REQUIRE(from != TSL_INVALID || to == TSL_INVALID, CONFLICT);
    return SG_DONE;
}

/* With the lock held. Padding entries behind `entries` are not ours to use. */
static sg_result
board_change(struct tsl_board *board, uint64_t idx, uint8_t value, bool by_rule)
{
    struct tsl_view view = { board->bits, sg_bytes_of(board->raw, board->raw_len) };
    uint8_t from = 0;
    SG_REQUIRE(idx < board->entries, NOT_FOUND);
    SG_TRY(tsl_get(&view, idx, &from));
    if (by_rule) {
        SG_TRY(tsl_change_check(board->bits, from, value));
    }
    if (from != value) {
        SG_TRY(tsl_put(board->raw, board->raw_len, board->bits, idx, value));
        board->version++;
    }
    return SG_DONE;
}

sg_result
tsl_board_set(struct tsl_board *board, uint64_t idx, uint8_t value)
{
    (void)pthread_mutex_lock(&board->lock);
    sg_result r = board_change(board, idx, value, true);
    (void)pthread_mutex_unlock(&board->lock);
    return r;
}

sg_result
tsl_board_load(struct tsl_board *board, uint64_t idx, uint8_t value)
{
    (void)pthread_mutex_lock(&board->lock);
    sg_result r = board_change(board, idx, value, false);
    (void)pthread_mutex_unlock(&board->lock);
    return r;
}

sg_result
tsl_board_get(struct tsl_board *board, uint64_t idx, uint8_t *ret)
{
    SG_REQUIRE(idx < board->entries, NOT_FOUND);
    (void)pthread_mutex_lock(&board->lock);
    struct tsl_view view = { board->bits, sg_bytes_of(board->raw, board->raw_len) };
    sg_result r = tsl_get(&view, idx, ret);
    (void)pthread_mutex_unlock(&board->lock);
    return r;
}

/* Half of the life: so that one failed signature is not the end of the list. */
static int64_t
due_at_locked(const struct tsl_board *board)
{
    if (board->signed_version != board->version) {
        return 0;
    }
    return board->signed_iat + board->life_s / 2;
}

int64_t
tsl_board_due_at(struct tsl_board *board)
{
    (void)pthread_mutex_lock(&board->lock);
    int64_t at = due_at_locked(board);
    (void)pthread_mutex_unlock(&board->lock);
    return at;
}

bool
tsl_board_due(struct tsl_board *board, int64_t now)
{
    return now >= tsl_board_due_at(board);
}

sg_result
tsl_board_snapshot(struct tsl_board *board, struct sg_arena *arena, int64_t now,
    struct tsl_payload *ret, uint64_t *ret_version)
{
    uint8_t *copy = sg_arena_alloc(arena, board->raw_len);
    SG_REQUIRE(copy != NULL, NO_MEMORY);
    (void)pthread_mutex_lock(&board->lock);
    memcpy(copy, board->raw, board->raw_len);
    uint64_t version = board->version;
    (void)pthread_mutex_unlock(&board->lock);

    struct tsl_payload payload = {
        .sub = tsl_board_uri(board),
        .iat = now,
        .exp = now + board->life_s,
        .ttl = board->ttl_s,
        .list = { board->bits, sg_bytes_of(copy, board->raw_len) },
    };
    SG_TRY(tsl_deflate(arena, payload.list.raw, &payload.packed));
    *ret = payload;
    *ret_version = version;
    return SG_DONE;
}

sg_result
tsl_board_payload(struct tsl_board *board, struct sg_arena *arena, int64_t now, sg_bytes *ret,
    uint64_t *ret_version)
{
    struct tsl_payload payload;
    uint64_t version = 0;
    SG_TRY(tsl_board_snapshot(board, arena, now, &payload, &version));
    SG_TRY(tsl_payload_build(arena, &payload, ret));
    *ret_version = version;
    return SG_DONE;
}

void
tsl_board_signed(struct tsl_board *board, uint64_t version, int64_t iat)
{
    (void)pthread_mutex_lock(&board->lock);
    if (version >= board->signed_version) {
        board->signed_version = version;
        board->signed_iat = iat;
    }
    (void)pthread_mutex_unlock(&board->lock);
}

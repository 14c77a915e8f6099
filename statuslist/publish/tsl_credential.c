/* One store of statuses, also as Bitstring Status Lists (req: STA-1). */
#include "tsl_board.h"

#define APPLICATION "application specific"
#define RESERVED "reserved"

/* Token Status List 7.1. The first four are all that two bits can say; larger lists go on with reserved and application specific values. */
static const struct bsl_message named[] = {
    { TSL_VALID, SG_LIT("valid") },
    { TSL_INVALID, SG_LIT("invalid") },
    { TSL_SUSPENDED, SG_LIT("suspended") },
    { 3, SG_LIT(APPLICATION) },
    { 4, SG_LIT(RESERVED) },
    { 5, SG_LIT(RESERVED) },
    { 6, SG_LIT(RESERVED) },
    { 7, SG_LIT(RESERVED) },
    { 8, SG_LIT(RESERVED) },
    { 9, SG_LIT(RESERVED) },
    { 10, SG_LIT(RESERVED) },
    { 11, SG_LIT(RESERVED) },
    { 12, SG_LIT(APPLICATION) },
    { 13, SG_LIT(APPLICATION) },
    { 14, SG_LIT(APPLICATION) },
    { 15, SG_LIT(APPLICATION) },
};

const struct bsl_message *
tsl_board_messages(unsigned bits, size_t *ret_n)
{
    size_t n = (size_t)1 << bits;
    *ret_n = n <= sizeof(named) / sizeof(named[0]) ? n : 0;
    return named;
}

sg_result
tsl_board_credential_uri(struct sg_arena *arena, sg_str uri, enum bsl_purpose purpose, sg_str *ret)
{
    return sg_arena_printf(
        arena, ret, "%.*s/%.*s", SG_PRINT(uri), SG_PRINT(bsl_purpose_text(purpose)));
}

void
tsl_board_entries_write(struct sjson_wr *wr, sg_str uri, uint64_t idx)
{
    static const enum bsl_purpose purposes[] = { BSL_REVOCATION, BSL_SUSPENSION };
    sjson_wr_name(wr, SG_LIT("credentialStatus"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++) {
        struct bsl_entry entry = { .purpose = purposes[i], .index = idx, .size = 1 };
        sg_result r = tsl_board_credential_uri(wr->buf->arena, uri, entry.purpose, &entry.list);
        if (sg_ok(r)) {
            r = sg_arena_printf(wr->buf->arena, &entry.id, "%.*s#%llu", SG_PRINT(entry.list),
                (unsigned long long)idx);
        }
        if (!sg_ok(r)) {
            sg_buf_fail(wr->buf, r.code);
        }
        bsl_entry_write(wr, &entry, NULL, 0);
    }
    sjson_wr_array_end(wr);
}

sg_result
tsl_board_credential(struct sg_arena *arena, const struct tsl_payload *snapshot,
    enum bsl_purpose purpose, sg_str issuer, struct tsl_kept *kept, sg_bytes *ret)
{
    int64_t ttl_ms = 0;
    struct tsl_kept own = { 0 };
    struct bsl_payload payload = {
        .issuer = issuer,
        .purpose = purpose,
        .valid_from = snapshot->iat,
        .valid_until = snapshot->exp,
    };
    SG_REQUIRE(!__builtin_mul_overflow(snapshot->ttl, (int64_t)1000, &ttl_ms), VALUE);
    payload.ttl_ms = ttl_ms; /* there milliseconds, here seconds */
    SG_TRY(tsl_board_credential_uri(arena, snapshot->sub, purpose, &payload.id));
    kept = kept == NULL ? &own : kept;
    if (kept->encoded.n == 0) {
        SG_TRY(bsl_from_tsl(arena, &snapshot->list, purpose, &kept->list));
        SG_TRY(bsl_encode(arena, kept->list.raw, &kept->encoded));
    }
    payload.list = kept->list;
    payload.encoded = kept->encoded;
    if (purpose == BSL_MESSAGE) {
        payload.messages = tsl_board_messages(payload.list.size, &payload.n_messages);
        SG_REQUIRE(
            payload.n_messages > 0, UNSUPPORTED); /* 256 messages that say "reserved" help nobody */
    }
    return bsl_credential_build(arena, &payload, ret);
}

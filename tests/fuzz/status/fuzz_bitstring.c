/* A stranger's Bitstring list credential, bare or as JWT, and a credential's entries: parse, unpack, ask every end, write and read again. */
#include <stdlib.h>

#include "bsl.h"
#include "verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_list(struct sg_arena *arena, const struct bsl_list *list)
{
    struct verdict_policy policy = verdict_policy_default();
    struct bsl_view view;
    int64_t until = 0;
    unsigned bits = list->size == 0 ? 1 : list->size;
    if (sg_ok(verdict_check_bsl(&policy, list, list->id, 1700000000000, 1700000000000, &until)) &&
        until <= 1700000000000) {
        abort();
    }
    if (!sg_ok(bsl_list_bits(arena, list, bits, (size_t)512 * 1024, &view))) {
        return;
    }
    uint64_t n = bsl_entries(&view);
    const uint64_t ends[] = { 0, n / 2, n - 1, n, UINT64_MAX };
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct verdict v = verdict_of_bsl_entry(&view, BSL_REVOCATION, ends[i], until);
        if ((v.word == VERDICT_UNKNOWN) != (ends[i] >= n) || n < BSL_ENTRIES_MIN) {
            abort();
        }
    }
}

static void
read_entries(struct sg_arena *arena, const struct sjson *v)
{
    struct bsl_entry entries[BSL_ENTRIES_MAX], again;
    size_t n = 0;
    if (!sg_ok(bsl_entries_parse(v, entries, &n))) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        struct sg_buf buf = sg_buf_new(arena, 512, (size_t)64 * 1024);
        struct sjson_wr wr = sjson_wr_new(&buf);
        const struct bsl_message message = { 0, SG_LIT("m") };
        const struct sjson *json;
        sg_str text;
        bsl_entry_write(&wr, &entries[i], &message, 1);
        if (sg_ok(sg_buf_end_str(&buf, &text)) &&
            (!sg_ok(sjson_parse_object(arena, text, NULL, &json)) ||
                !sg_ok(bsl_entry_parse(json, &again)) || again.index != entries[i].index ||
                again.size != entries[i].size || again.purpose != entries[i].purpose)) {
            abort();
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t thumbprint[JWK_THUMBPRINT_LEN] = { 0 };
    const struct tsl_trust_rule rules[] = {
        { .prefix = SG_LIT("https://a.example/"), .thumbprint = thumbprint },
        { .prefix = SG_LIT("") },
    };
    struct bsl_jwt jwt;
    struct bsl_list list;
    const struct sjson *v = NULL;
    sg_str text = sg_str_of((const char *)data, size);
    struct sg_arena *arena = sg_arena_new(0, (size_t)16 * 1024 * 1024);
    if (arena == NULL) {
        return 0;
    }
    if (sg_ok(bsl_jwt_parse(arena, text, &jwt))) {
        struct tsl_signed is = { .jws = &jwt.jws };
        if (sg_ok(tsl_signed_verify(arena, &is, jwt.list.id, rules, 2, 1700000000))) {
            abort(); /* nobody is trusted here */
        }
        read_list(arena, &jwt.list);
    }
    if (sg_ok(sjson_parse(arena, text, NULL, &v))) {
        read_entries(arena, v);
        if (sg_ok(bsl_list_parse(v, &list))) {
            read_list(arena, &list);
        }
    }
    sg_arena_free(&arena);
    return 0;
}

/* W3C Bitstring Status List: bits, entries, the list credential, dates, verdicts (req: STA-1, STA-3). */
#include "bsl.h"
#include "status_support.h"
#include "verdict.h"

#define URI "https://issuer.example/status/1/revocation"
#define NOW ((int64_t)1700000000)
#define NOW_MS (NOW * 1000)

static struct sg_arena *arena;

static const struct sjson *
json(const char *text)
{
    const struct sjson *v = NULL;
    assert_ok(sjson_parse_object(arena, sg_cstr(text), NULL, &v));
    return v;
}

/* ---- bits ---------------------------------------------------------------------------------------- */

static void
test_index_0_is_the_left_most_bit(void **state)
{
    (void)state;
    uint8_t raw[2] = { 0 };
    struct bsl_view view = { 1, SG_BYTES(raw) };
    uint8_t value = 9;
    assert_ok(bsl_put(raw, sizeof(raw), 1, 0, 1));
    assert_int_equal(raw[0], 0x80);
    assert_ok(bsl_put(raw, sizeof(raw), 1, 15, 1));
    assert_int_equal(raw[1], 0x01);
    assert_ok(bsl_get(&view, 0, &value));
    assert_int_equal(value, 1);
    assert_ok(bsl_get(&view, 7, &value));
    assert_int_equal(value, 0);
    assert_refused(bsl_get(&view, 16, &value), NOT_FOUND);
    assert_refused(bsl_put(raw, sizeof(raw), 1, 16, 1), NOT_FOUND);
    assert_refused(bsl_put(raw, sizeof(raw), 1, 0, 2), VALUE);
}

static void
test_entries_of_three_bits_cross_bytes(void **state)
{
    (void)state;
    /* 101 011 11|1 000 110 0 : entries 5 3 7 0 6, by hand */
    uint8_t raw[2] = { 0 };
    static const uint8_t want[] = { 5, 3, 7, 0, 6 };
    for (size_t i = 0; i < sizeof(want); i++) {
        assert_ok(bsl_put(raw, sizeof(raw), 3, i, want[i]));
    }
    assert_int_equal(raw[0], 0xaf);
    assert_int_equal(raw[1], 0x8c);
    struct bsl_view view = { 3, SG_BYTES(raw) };
    assert_int_equal(bsl_entries(&view), 5);
    for (size_t i = 0; i < sizeof(want); i++) {
        uint8_t value = 0;
        assert_ok(bsl_get(&view, i, &value));
        assert_int_equal(value, want[i]);
    }
    assert_ok(bsl_put(raw, sizeof(raw), 3, 2, 0));
    assert_int_equal(raw[0], 0xac);
    assert_int_equal(raw[1], 0x0c);
}

static void
test_encoded_list_comes_back(void **state)
{
    (void)state;
    uint8_t raw[16384] = { 0 };
    raw[11820] = 1;
    sg_str encoded;
    sg_bytes back;
    assert_ok(bsl_encode(arena, SG_BYTES(raw), &encoded));
    assert_true(sg_str_starts(encoded, "uH4sI")); /* multibase u, GZIP magic 1f 8b 08 */
    assert_ok(bsl_decode(arena, encoded, sizeof(raw), &back));
    assert_true(sg_bytes_equal(back, SG_BYTES(raw)));
    assert_refused(bsl_decode(arena, encoded, sizeof(raw) - 1, &back), TOO_LARGE);
    assert_refused(
        bsl_decode(arena, sg_str_slice(encoded, 1, encoded.n), 1 << 20, &back), ENCODING);
    assert_refused(
        bsl_decode(arena, sg_str_slice(encoded, 0, encoded.n - 4), 1 << 20, &back), ENCODING);
    /* a Token Status List's ZLIB behind the letter */
    sg_bytes zlib;
    sg_str text, wrong;
    assert_ok(tsl_deflate(arena, SG_BYTES(raw), &zlib));
    assert_ok(sg_b64url_encode(arena, zlib, &text));
    assert_ok(sg_arena_printf(arena, &wrong, "u%.*s", SG_PRINT(text)));
    assert_refused(bsl_decode(arena, wrong, 1 << 20, &back), ENCODING);
}

static void
test_bomb_stops_at_the_limit(void **state)
{
    (void)state;
    uint8_t *zeros = calloc(1, TSL_RAW_MAX);
    sg_bytes packed, out;
    assert_non_null(zeros);
    assert_ok(tsl_gzip(arena, sg_bytes_of(zeros, TSL_RAW_MAX), &packed));
    assert_true(packed.n < 8192); /* 1000-fold */
    assert_refused(tsl_gunzip(arena, packed, TSL_RAW_MAX - 1, &out), TOO_LARGE);
    free(zeros);
}

/* ---- from the token list --------------------------------------------------------------------------- */

static void
test_token_list_becomes_one_list_per_purpose(void **state)
{
    (void)state;
    static const uint8_t raw[] = { 0xe4 }; /* two bits each: 0, 1, 2, 3 */
    struct tsl_view from = { 2, { raw, sizeof(raw) } };
    struct bsl_view revocation, suspension, message, refused;
    assert_ok(bsl_from_tsl(arena, &from, BSL_REVOCATION, &revocation));
    assert_ok(bsl_from_tsl(arena, &from, BSL_SUSPENSION, &suspension));
    assert_ok(bsl_from_tsl(arena, &from, BSL_MESSAGE, &message));
    assert_refused(bsl_from_tsl(arena, &from, BSL_REFRESH, &refused), UNSUPPORTED);
    assert_int_equal(bsl_entries(&revocation), BSL_ENTRIES_MIN);
    assert_int_equal(bsl_entries(&message), BSL_ENTRIES_MIN);
    assert_int_equal(revocation.size, 1);
    assert_int_equal(message.size, 2);
    assert_int_equal(revocation.raw.p[0], 0x40); /* index 1 is INVALID */
    assert_int_equal(suspension.raw.p[0], 0x20); /* index 2 is SUSPENDED */
    assert_int_equal(message.raw.p[0], 0x1b);    /* 00 01 10 11, left to right */
    for (size_t i = 1; i < revocation.raw.n; i++) {
        assert_int_equal(revocation.raw.p[i] | suspension.raw.p[i], 0);
    }
}

/* ---- entries ----------------------------------------------------------------------------------------- */

#define ENTRY(more)                                                            \
    "{\"type\":\"BitstringStatusListEntry\",\"statusPurpose\":\"revocation\"," \
    "\"statusListIndex\":\"94567\",\"statusListCredential\":\"" URI "\"" more "}"

static void
test_entry_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum sg_code code;
    } rows[] = {
        { ENTRY(""), SG_OK },
        { ENTRY(",\"id\":\"" URI "#94567\""), SG_OK },
        { ENTRY(",\"id\":\"" URI "\""), SG_E_VALUE },
        { ENTRY(",\"statusSize\":1"), SG_OK },
        { ENTRY(",\"statusSize\":0"), SG_E_VALUE },
        { ENTRY(",\"statusSize\":2"), SG_E_MISSING },
        { ENTRY(",\"statusSize\":9"), SG_E_UNSUPPORTED },
        { ENTRY(",\"statusSize\":\"1\""), SG_E_TYPE },
        { ENTRY(",\"statusSize\":2,\"statusMessage\":[{\"status\":\"0x3\",\"message\":\"m\"}]"),
            SG_OK },
        { ENTRY(",\"statusSize\":2,\"statusMessage\":[{\"status\":\"0x4\",\"message\":\"m\"}]"),
            SG_E_VALUE },
        { ENTRY(",\"statusSize\":2,\"statusMessage\":[{\"status\":\"3\",\"message\":\"m\"}]"),
            SG_E_VALUE },
        { ENTRY(",\"statusSize\":2,\"statusMessage\":[{\"status\":3,\"message\":\"m\"}]"),
            SG_E_TYPE },
        { ENTRY(",\"statusSize\":2,\"statusMessage\":[]"), SG_E_VALUE },
        { ENTRY(",\"statusReference\":\"https://a.example/x\""), SG_OK },
        { ENTRY(",\"statusReference\":[\"https://a.example/x\"]"), SG_OK },
        { ENTRY(",\"statusReference\":[]"), SG_E_VALUE },
        { ENTRY(",\"statusReference\":7"), SG_E_TYPE },
        { ENTRY(",\"statusReference\":\"no url\""), SG_E_VALUE },
        { "{\"type\":\"Other\"}", SG_E_UNSUPPORTED },
        { "{}", SG_E_MISSING },
        { "{\"type\":\"BitstringStatusListEntry\",\"statusPurpose\":\"revocation\","
          "\"statusListIndex\":5,\"statusListCredential\":\"" URI "\"}",
            SG_E_TYPE },
        { "{\"type\":\"BitstringStatusListEntry\",\"statusPurpose\":\"revocation\","
          "\"statusListIndex\":\"-5\",\"statusListCredential\":\"" URI "\"}",
            SG_E_NUMBER },
        { "{\"type\":\"BitstringStatusListEntry\",\"statusPurpose\":\"revocation\","
          "\"statusListIndex\":\"05\",\"statusListCredential\":\"" URI "\"}",
            SG_E_NUMBER },
        { "{\"type\":\"BitstringStatusListEntry\",\"statusPurpose\":\"\","
          "\"statusListIndex\":\"5\",\"statusListCredential\":\"" URI "\"}",
            SG_E_VALUE },
        { "{\"type\":\"BitstringStatusListEntry\",\"statusPurpose\":\"revocation\","
          "\"statusListIndex\":\"5\"}",
            SG_E_MISSING },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bsl_entry entry;
        sg_result r = bsl_entry_parse(json(rows[i].text), &entry);
        if (r.code != rows[i].code) {
            fail_msg("%s: %s", rows[i].text, sg_ok(r) ? "OK" : sg_code_row(r.code)->name);
        }
    }
}

static void
test_every_entry_of_a_credential_counts(void **state)
{
    (void)state;
    struct bsl_entry entries[BSL_ENTRIES_MAX];
    size_t n = 9;
    assert_ok(bsl_entries_parse(json("{}"), entries, &n));
    assert_int_equal(n, 0);
    assert_ok(bsl_entries_parse(json("{\"credentialStatus\":" ENTRY("") "}"), entries, &n));
    assert_int_equal(n, 1);
    assert_int_equal(entries[0].index, 94567);
    assert_int_equal(entries[0].purpose, BSL_REVOCATION);
    assert_str_is(entries[0].list, URI);
    assert_ok(bsl_entries_parse(
        json("{\"credentialStatus\":[" ENTRY("") "," ENTRY("") "]}"), entries, &n));
    assert_int_equal(n, 2);
    /* one that we do not know hides nothing behind the one that we know */
    assert_refused(
        bsl_entries_parse(
            json("{\"credentialStatus\":[" ENTRY("") ",{\"type\":\"X\"}]}"), entries, &n),
        UNSUPPORTED);
    struct sg_buf buf = sg_buf_new(arena, 4096, 65536);
    sg_buf_put_cstr(&buf, "{\"credentialStatus\":[");
    for (size_t i = 0; i <= BSL_ENTRIES_MAX; i++) {
        sg_buf_put_cstr(&buf, i == 0 ? ENTRY("") : "," ENTRY(""));
    }
    sg_buf_put_cstr(&buf, "]}");
    sg_str many;
    const struct sjson *v;
    assert_ok(sg_buf_end_str(&buf, &many));
    assert_ok(sjson_parse_object(arena, many, NULL, &v));
    assert_refused(bsl_entries_parse(v, entries, &n), TOO_MANY);
}

static const struct bsl_message four[] = {
    { 0, SG_LIT("valid") },
    { 1, SG_LIT("invalid") },
    { 2, SG_LIT("suspended") },
    { 3, SG_LIT("other") },
};

static void
test_entry_is_written_as_it_is_read(void **state)
{
    (void)state;
    struct bsl_entry entry = {
        .purpose = BSL_MESSAGE, .list = SG_LIT(URI), .index = 12, .size = 2
    };
    struct sg_buf buf = sg_buf_new(arena, 256, 4096);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str text;
    const struct sjson *v;
    struct bsl_entry back;
    bsl_entry_write(&wr, &entry, four, 4);
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_ok(sjson_parse_object(arena, text, NULL, &v));
    assert_ok(bsl_entry_parse(v, &back));
    assert_int_equal(back.purpose, BSL_MESSAGE);
    assert_int_equal(back.index, 12);
    assert_int_equal(back.size, 2);
    assert_str_is(bsl_message_find(back.messages, 2), "suspended");
    assert_int_equal(bsl_message_find(back.messages, 4).n, 0);
}

/* ---- the credential ------------------------------------------------------------------------------------ */

static struct bsl_payload
payload(void)
{
    uint8_t *raw = sg_arena_alloc(arena, 16384);
    assert_non_null(raw);
    raw[0] = 0x40;
    return (struct bsl_payload){
        .id = SG_LIT(URI),
        .issuer = SG_LIT("https://issuer.example"),
        .purpose = BSL_REVOCATION,
        .list = { 1, sg_bytes_of(raw, 16384) },
        .valid_from = NOW,
        .valid_until = NOW + 3600,
        .ttl_ms = 60000,
    };
}

static void
test_credential_is_read_as_it_is_built(void **state)
{
    (void)state;
    struct bsl_payload p = payload();
    struct bsl_list list;
    struct bsl_view view;
    sg_bytes text;
    const struct sjson *v;
    uint8_t value = 0;
    assert_ok(bsl_credential_build(arena, &p, &text));
    assert_ok(sjson_parse_object(arena, sg_bytes_str(text), NULL, &v));
    assert_ok(bsl_list_parse(v, &list));
    assert_str_is(list.id, URI);
    assert_str_is(list.issuer, "https://issuer.example");
    assert_int_equal(list.valid_from, NOW);
    assert_int_equal(list.valid_until, NOW + 3600);
    assert_int_equal(list.ttl_ms, 60000);
    assert_true(bsl_list_has_purpose(&list, SG_LIT("revocation")));
    assert_false(bsl_list_has_purpose(&list, SG_LIT("suspension")));
    assert_ok(bsl_list_bits(arena, &list, 1, TSL_RAW_MAX, &view));
    assert_ok(bsl_get(&view, 1, &value));
    assert_int_equal(value, 1);
    /* half as many entries of two bits: too few */
    assert_refused(bsl_list_bits(arena, &list, 2, TSL_RAW_MAX, &view), MALFORMED);
    assert_refused(bsl_list_bits(arena, &list, 1, 16383, &view), TOO_LARGE);
}

static void
test_message_list_names_its_size_and_messages(void **state)
{
    (void)state;
    static const uint8_t raw[] = { 0xe4 };
    struct tsl_view from = { 2, { raw, sizeof(raw) } };
    struct bsl_payload p = payload();
    struct bsl_list list;
    struct bsl_view view;
    sg_bytes text;
    const struct sjson *v;
    p.purpose = BSL_MESSAGE;
    assert_ok(bsl_from_tsl(arena, &from, BSL_MESSAGE, &p.list));
    assert_refused(bsl_credential_build(arena, &p, &text), VALUE); /* without messages */
    p.messages = four;
    p.n_messages = 4;
    assert_ok(bsl_credential_build(arena, &p, &text));
    assert_ok(sjson_parse_object(arena, sg_bytes_str(text), NULL, &v));
    assert_ok(bsl_list_parse(v, &list));
    assert_int_equal(list.size, 2);
    assert_str_is(bsl_message_find(list.messages, 3), "other");
    assert_refused(bsl_list_bits(arena, &list, 1, TSL_RAW_MAX, &view), VALUE);
    assert_ok(bsl_list_bits(arena, &list, 2, TSL_RAW_MAX, &view));
}

static void
test_what_cannot_be_built(void **state)
{
    (void)state;
    sg_bytes text;
    struct bsl_payload p = payload();
    p.id = SG_NO_STR;
    assert_refused(bsl_credential_build(arena, &p, &text), VALUE);
    p = payload();
    p.valid_until = p.valid_from;
    assert_refused(bsl_credential_build(arena, &p, &text), VALUE);
    p = payload();
    p.purpose = BSL_OWN;
    assert_refused(bsl_credential_build(arena, &p, &text), VALUE);
    p = payload();
    p.list.raw.n--;
    assert_refused(bsl_credential_build(arena, &p, &text), VALUE);
    p = payload();
    p.valid_until = INT64_MAX;
    assert_refused(bsl_credential_build(arena, &p, &text), VALUE);
}

#define SUBJECT                                                                                 \
    "\"credentialSubject\":{\"type\":\"BitstringStatusList\",\"statusPurpose\":\"revocation\"," \
    "\"encodedList\":\"uH4s\"}"
#define TYPES "\"type\":[\"VerifiableCredential\",\"BitstringStatusListCredential\"]"

static void
test_list_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum sg_code code;
    } rows[] = {
        { "{" TYPES ",\"issuer\":\"u:i\"," SUBJECT "}", SG_OK },
        { "{" TYPES ",\"issuer\":{\"id\":\"u:i\"}," SUBJECT "}", SG_OK },
        { "{\"type\":\"VerifiableCredential\",\"issuer\":\"u:i\"," SUBJECT "}", SG_E_VALUE },
        { "{\"issuer\":\"u:i\"," SUBJECT "}", SG_E_VALUE },
        { "{" TYPES "," SUBJECT "}", SG_E_MISSING },
        { "{" TYPES ",\"issuer\":7," SUBJECT "}", SG_E_TYPE },
        { "{" TYPES ",\"issuer\":\"u:i\"}", SG_E_MISSING },
        { "{" TYPES ",\"issuer\":\"u:i\",\"credentialSubject\":[]}", SG_E_VALUE },
        { "{" TYPES ",\"issuer\":\"u:i\",\"credentialSubject\":{\"type\":\"X\"}}", SG_E_VALUE },
        { "{" TYPES ",\"issuer\":\"u:i\",\"validUntil\":\"2026-01-01\"," SUBJECT "}", SG_E_VALUE },
        { "{" TYPES ",\"issuer\":\"u:i\",\"validFrom\":5," SUBJECT "}", SG_E_TYPE },
        { "{" TYPES ",\"issuer\":\"u:i\",\"credentialSubject\":{\"type\":\"BitstringStatusList\","
          "\"encodedList\":\"uH4s\"}}",
            SG_E_MISSING },
        { "{" TYPES ",\"issuer\":\"u:i\",\"credentialSubject\":{\"type\":\"BitstringStatusList\","
          "\"statusPurpose\":[],\"encodedList\":\"uH4s\"}}",
            SG_E_VALUE },
        { "{" TYPES ",\"issuer\":\"u:i\",\"credentialSubject\":{\"type\":\"BitstringStatusList\","
          "\"statusPurpose\":\"revocation\",\"ttl\":-1,\"encodedList\":\"uH4s\"}}",
            SG_E_VALUE },
        { "{" TYPES ",\"issuer\":\"u:i\",\"credentialSubject\":{\"type\":\"BitstringStatusList\","
          "\"statusPurpose\":\"revocation\"}}",
            SG_E_MISSING },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bsl_list list;
        sg_result r = bsl_list_parse(json(rows[i].text), &list);
        if (r.code != rows[i].code) {
            fail_msg("%s: %s", rows[i].text, sg_ok(r) ? "OK" : sg_code_row(r.code)->name);
        }
    }
}

static void
test_jwt_list_verifies_by_rule(void **state)
{
    (void)state;
    struct status_key key, other;
    struct bsl_payload p = payload();
    struct bsl_jwt jwt;
    sg_bytes text;
    status_key_new(arena, &key);
    status_key_new(arena, &other);
    assert_ok(bsl_credential_build(arena, &p, &text));
    sg_str compact = status_jws(arena, &key, status_header_jwk(arena, &key, "vc+jwt"), text);
    assert_ok(bsl_jwt_parse(arena, compact, &jwt));
    struct tsl_signed list = { .jws = &jwt.jws };
    struct tsl_trust_rule rule = { .prefix = SG_LIT("https://issuer.example/"),
        .thumbprint = key.thumbprint };
    assert_ok(tsl_signed_verify(arena, &list, SG_LIT(URI), &rule, 1, NOW));
    rule.thumbprint = other.thumbprint;
    assert_refused(tsl_signed_verify(arena, &list, SG_LIT(URI), &rule, 1, NOW), ISSUER);
    compact = status_jws(arena, &key, status_header_jwk(arena, &key, "statuslist+jwt"), text);
    assert_refused(bsl_jwt_parse(arena, compact, &jwt), TYPE);
    status_key_done(&key);
    status_key_done(&other);
}

/* ---- dates ------------------------------------------------------------------------------------------------ */

static void
test_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t at; /* by `date -u -d` */
    } rows[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "2023-11-14T22:13:20Z", 1700000000 },
        { "2023-11-14T23:13:20+01:00", 1700000000 },
        { "2023-11-14T22:13:20.999Z", 1700000000 },
        { "2024-02-29T00:00:00Z", 1709164800 },
        { "2000-03-01T00:00:00-05:30", 951888600 },
        { "1969-12-31T23:59:59Z", -1 },
        { "0001-01-01T00:00:00Z", -62135596800 },
        { "0000-01-01T00:00:00Z", -62167219200 },
        { "9999-12-31T23:59:59Z", 253402300799 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t at = 1;
        char text[BSL_DATE_LEN];
        assert_ok(bsl_date_parse(sg_cstr(rows[i].text), &at));
        assert_int_equal(at, rows[i].at);
        assert_true(bsl_date_to(at, text));
        assert_ok(bsl_date_parse(sg_str_of(text, sizeof(text)), &at));
        assert_int_equal(at, rows[i].at);
    }
    static const char *const bad[] = { "", "2023-11-14", "2023-11-14T22:13:20",
        "2023-11-14 22:13:20Z", "2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z",
        "2023-00-01T00:00:00Z", "2023-01-32T00:00:00Z", "2023-01-01T24:00:00Z",
        "2023-01-01T00:60:00Z", "2023-01-01T00:00:60Z", "2023-01-01T00:00:00.Z",
        "2023-01-01T00:00:00+15:00", "2023-01-01T00:00:00Zx", "2023-01-01T00:00:00+0100",
        "12023-01-01T00:00:00Z" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t at;
        assert_refused(bsl_date_parse(sg_cstr(bad[i]), &at), VALUE);
    }
    char text[BSL_DATE_LEN];
    assert_false(bsl_date_to(253402300800, text));
    assert_false(bsl_date_to(-62167219201, text));
}

/* ---- verdicts ---------------------------------------------------------------------------------------------- */

static struct bsl_list
good_list(void)
{
    return (struct bsl_list){ .id = SG_LIT(URI),
        .issuer = SG_LIT("u:i"),
        .valid_from = NOW - 10,
        .valid_until = NOW + 1000,
        .ttl_ms = 60000 };
}

static void
test_list_rules(void **state)
{
    (void)state;
    struct verdict_policy policy = verdict_policy_default();
    int64_t until = 0;
    struct bsl_list list = good_list();
    assert_ok(verdict_check_bsl(&policy, &list, SG_LIT(URI), NOW_MS, NOW_MS, &until));
    assert_int_equal(until, NOW_MS + 60000); /* milliseconds, not seconds */
    list.ttl_ms = 1500;
    assert_ok(verdict_check_bsl(&policy, &list, SG_LIT(URI), NOW_MS, NOW_MS, &until));
    assert_int_equal(until, NOW_MS + 2000);
    assert_refused(
        verdict_check_bsl(&policy, &list, SG_LIT(URI "/"), NOW_MS, NOW_MS, &until), VALUE);
    list = good_list();
    list.id = SG_NO_STR;
    assert_refused(verdict_check_bsl(&policy, &list, SG_LIT(URI), NOW_MS, NOW_MS, &until), VALUE);
    list = good_list();
    list.valid_until = NOW;
    assert_refused(verdict_check_bsl(&policy, &list, SG_LIT(URI), NOW_MS, NOW_MS, &until), EXPIRED);
    list = good_list();
    list.valid_from = NOW + 61;
    assert_refused(verdict_check_bsl(&policy, &list, SG_LIT(URI), NOW_MS, NOW_MS, &until), NOT_YET);
    list = good_list();
    assert_refused(
        verdict_check_bsl(&policy, &list, SG_LIT(URI), NOW_MS + 61000, NOW_MS, &until), CLOCK);
    list.valid_until = BSL_NO_END; /* then a day from validFrom */
    list.valid_from = NOW - 86400;
    assert_refused(verdict_check_bsl(&policy, &list, SG_LIT(URI), NOW_MS, NOW_MS, &until), EXPIRED);
    list.valid_from = INT64_MIN; /* no date at all: no idea how old it is */
    assert_refused(verdict_check_bsl(&policy, &list, SG_LIT(URI), NOW_MS, NOW_MS, &until), EXPIRED);
}

static void
test_only_refresh_may_be_set(void **state)
{
    (void)state;
    static const uint8_t raw[] = { 0x40 };
    struct bsl_view list = { 1, { raw, 1 } };
    assert_int_equal(verdict_of_bsl_entry(&list, BSL_REVOCATION, 0, 5).word, VERDICT_GOOD);
    assert_int_equal(verdict_of_bsl_entry(&list, BSL_REVOCATION, 0, 5).good_until_ms, 5);
    assert_int_equal(verdict_of_bsl_entry(&list, BSL_REVOCATION, 1, 5).word, VERDICT_BAD);
    assert_int_equal(verdict_of_bsl_entry(&list, BSL_SUSPENSION, 1, 5).word, VERDICT_BAD);
    assert_int_equal(verdict_of_bsl_entry(&list, BSL_MESSAGE, 1, 5).word, VERDICT_BAD);
    assert_int_equal(verdict_of_bsl_entry(&list, BSL_OWN, 1, 5).word, VERDICT_BAD);
    struct verdict refresh = verdict_of_bsl_entry(&list, BSL_REFRESH, 1, 5);
    assert_int_equal(refresh.word, VERDICT_GOOD);
    assert_int_equal(refresh.value, 1);
    struct verdict outside = verdict_of_bsl_entry(&list, BSL_REVOCATION, 8, 5);
    assert_int_equal(outside.word, VERDICT_UNKNOWN);
    assert_int_equal(outside.code, SG_E_NOT_FOUND);
}

static void
test_joined_verdicts(void **state)
{
    (void)state;
    struct verdict good = { .word = VERDICT_GOOD, .good_until_ms = 9 };
    struct verdict sooner = { .word = VERDICT_GOOD, .good_until_ms = 4 };
    struct verdict bad = { .word = VERDICT_BAD, .value = 2, .good_until_ms = 7 };
    struct verdict unknown = verdict_unknown(SG_E_FETCH);
    struct verdict all = verdict_join((struct verdict[]){ good, sooner }, 2);
    assert_int_equal(all.word, VERDICT_GOOD);
    assert_int_equal(all.good_until_ms, 4);
    all = verdict_join((struct verdict[]){ good, unknown, sooner }, 3);
    assert_int_equal(all.word, VERDICT_UNKNOWN);
    assert_int_equal(all.code, SG_E_FETCH);
    assert_int_equal(all.good_until_ms, 0);
    all = verdict_join((struct verdict[]){ unknown, good, bad }, 3);
    assert_int_equal(all.word, VERDICT_BAD);
    assert_int_equal(all.value, 2);
    all = verdict_join(NULL, 0);
    assert_int_equal(all.word, VERDICT_GOOD);
    all = verdict_join((struct verdict[]){ { 0 } }, 1); /* nothing was filled in */
    assert_int_equal(all.word, VERDICT_UNKNOWN);
}

static int
setup(void **state)
{
    (void)state;
    arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    return arena == NULL;
}

static int
teardown(void **state)
{
    (void)state;
    sg_arena_free(&arena);
    return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_index_0_is_the_left_most_bit),
        T(test_entries_of_three_bits_cross_bytes),
        T(test_encoded_list_comes_back),
        T(test_bomb_stops_at_the_limit),
        T(test_token_list_becomes_one_list_per_purpose),
        T(test_entry_forms),
        T(test_every_entry_of_a_credential_counts),
        T(test_entry_is_written_as_it_is_read),
        T(test_credential_is_read_as_it_is_built),
        T(test_message_list_names_its_size_and_messages),
        T(test_what_cannot_be_built),
        T(test_list_forms),
        T(test_jwt_list_verifies_by_rule),
        T(test_dates),
        T(test_list_rules),
        T(test_only_refresh_may_be_set),
        T(test_joined_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "bsl.h"

#include "sg_text.h"

static const char *const purposes[] = {
    [BSL_REVOCATION] = "revocation",
    [BSL_SUSPENSION] = "suspension",
    [BSL_REFRESH] = "refresh",
    [BSL_MESSAGE] = "message",
};
#define N_PURPOSES (sizeof(purposes) / sizeof(purposes[0]))

enum bsl_purpose
bsl_purpose_of(sg_str text)
{
    for (size_t i = BSL_REVOCATION; i < N_PURPOSES; i++) {
        if (sg_str_is(text, purposes[i])) {
            return (enum bsl_purpose)i;
        }
    }
    return BSL_OWN;
}

sg_str
bsl_purpose_text(enum bsl_purpose purpose)
{
    return (size_t)purpose < N_PURPOSES ? sg_cstr(purposes[purpose]) : SG_NO_STR;
}

/* A URL by its characters: a scheme, nothing outside of RFC 3986. Whether it may be contacted is the courier's question. */
static bool
url_form(sg_str url)
{
    static const char bad[] = "\"<>\\^`{|}";
    if (url.n == 0 || url.n > BSL_URI_MAX || sg_str_index(url, ':', 1) == url.n) {
        return false;
    }
    for (size_t i = 0; i < url.n; i++) {
        unsigned char c = (unsigned char)url.p[i];
        if (c <= ' ' || c >= 0x7f || memchr(bad, c, sizeof(bad) - 1) != NULL) {
            return false;
        }
    }
    return true;
}

/* "0x0" .. "0xff" */
static bool
hex_status(sg_str text, uint8_t *ret)
{
    unsigned value = 0;
    if (!sg_str_starts(text, "0x") || text.n < 3 || text.n > 4) {
        return false;
    }
    for (size_t i = 2; i < text.n; i++) {
        char c = text.p[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;
        if (digit == 16) {
            return false;
        }
        value = value * 16 + digit;
    }
    *ret = (uint8_t)value;
    return true;
}

static sg_result
check_messages(const struct sjson *messages, unsigned size)
{
    SG_REQUIRE(messages->type == SJSON_ARRAY, TYPE);
    SG_REQUIRE(messages->n > 0 && messages->n <= (size_t)1 << size, VALUE);
    for (const struct sjson *m = messages->first; m != NULL; m = m->next) {
        sg_str status, text;
        uint8_t value = 0;
        SG_TRY(sjson_member_text(m, "status", &status));
        SG_TRY(sjson_member_text(m, "message", &text));
        SG_REQUIRE(hex_status(status, &value) && value >> size == 0, VALUE);
    }
    return SG_DONE;
}

static sg_result
check_references(const struct sjson *references)
{
    SG_REQUIRE(references->type == SJSON_STRING || references->type == SJSON_ARRAY, TYPE);
    if (references->type == SJSON_STRING) {
        SG_REQUIRE(url_form(references->text), VALUE);
        return SG_DONE;
    }
    SG_REQUIRE(references->n > 0, VALUE);
    for (const struct sjson *r = references->first; r != NULL; r = r->next) {
        SG_REQUIRE(r->type == SJSON_STRING, TYPE);
        SG_REQUIRE(url_form(r->text), VALUE);
    }
    return SG_DONE;
}

static bool
has_text(const struct sjson *v, const char *text)
{
    if (v == NULL || v->type != SJSON_ARRAY) {
        return sjson_is_text(v, text);
    }
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        if (sjson_is_text(e, text)) {
            return true;
        }
    }
    return false;
}

static sg_result
read_size(const struct sjson *json, struct bsl_entry *entry)
{
    const struct sjson *size = sjson_get(json, "statusSize");
    int64_t n = 1;
    if (size != NULL) {
        SG_TRY(sjson_int(size, &n));
        SG_REQUIRE(n > 0, VALUE);
        SG_REQUIRE(n <= BSL_SIZE_MAX, UNSUPPORTED);
    }
    entry->size = (unsigned)n;
    entry->messages = sjson_get(json, "statusMessage");
    /* 2.1: more than one bit needs its messages */
    SG_REQUIRE(entry->messages != NULL || entry->size == 1, MISSING);
    return entry->messages == NULL ? SG_DONE : check_messages(entry->messages, entry->size);
}

sg_result
bsl_entry_parse(const struct sjson *json, struct bsl_entry *ret)
{
    struct bsl_entry entry = { 0 };
    sg_str index;
    SG_REQUIRE(json != NULL && json->type == SJSON_OBJECT, TYPE);
    SG_REQUIRE(sjson_get(json, "type") != NULL, MISSING);
    SG_REQUIRE(has_text(sjson_get(json, "type"), "BitstringStatusListEntry"), UNSUPPORTED);
    SG_TRY(sjson_member_text(json, "statusPurpose", &entry.purpose_text));
    SG_REQUIRE(entry.purpose_text.n > 0, VALUE);
    entry.purpose = bsl_purpose_of(entry.purpose_text);
    SG_TRY(sjson_member_text(json, "statusListIndex", &index));
    SG_TRY(sg_u64_parse(index, &entry.index));
    SG_TRY(sjson_member_text(json, "statusListCredential", &entry.list));
    SG_REQUIRE(url_form(entry.list), VALUE);
    if (sjson_get(json, "id") != NULL) {
        SG_TRY(sjson_member_text(json, "id", &entry.id));
        SG_REQUIRE(
            !sg_str_equal(entry.id, entry.list), VALUE); /* 2.1: MUST NOT be the list's URL */
    }
    SG_TRY(read_size(json, &entry));
    entry.references = sjson_get(json, "statusReference");
    if (entry.references != NULL) {
        SG_TRY(check_references(entry.references));
    }
    *ret = entry;
    return SG_DONE;
}

sg_result
bsl_entries_parse(
    const struct sjson *credential, struct bsl_entry ret[BSL_ENTRIES_MAX], size_t *ret_n)
{
    const struct sjson *status = sjson_get(credential, "credentialStatus");
    size_t n = 0;
    if (status != NULL && status->type == SJSON_ARRAY) {
        SG_REQUIRE(status->n <= BSL_ENTRIES_MAX, TOO_MANY);
        for (const struct sjson *e = status->first; e != NULL; e = e->next) {
            SG_TRY(bsl_entry_parse(e, &ret[n]));
            n++;
        }
    } else if (status != NULL) {
        SG_TRY(bsl_entry_parse(status, &ret[0]));
        n = 1;
    }
    *ret_n = n;
    return SG_DONE;
}

sg_str
bsl_message_find(const struct sjson *messages, uint8_t value)
{
    if (messages == NULL || messages->type != SJSON_ARRAY) {
        return SG_NO_STR;
    }
    for (const struct sjson *m = messages->first; m != NULL; m = m->next) {
        sg_str status, text;
        uint8_t found = 0;
        if (sg_ok(sjson_member_text(m, "status", &status)) && hex_status(status, &found) &&
            found == value && sg_ok(sjson_member_text(m, "message", &text))) {
            return text;
        }
    }
    return SG_NO_STR;
}

void
bsl_messages_write(struct sjson_wr *wr, const struct bsl_message *messages, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    sjson_wr_name(wr, SG_LIT("statusMessage"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < n; i++) {
        unsigned value = messages[i].status;
        char status[4] = { '0', 'x', hex[value >> 4], hex[value & 15] };
        sg_str text = { status, 4 };
        if (value < 16) { /* "0x2", as in the Recommendation's examples */
            status[2] = status[3];
            text.n = 3;
        }
        sjson_wr_object(wr);
        sjson_wr_member_text(wr, "status", text);
        sjson_wr_member_text(wr, "message", messages[i].message);
        sjson_wr_object_end(wr);
    }
    sjson_wr_array_end(wr);
}

void
bsl_entry_write(struct sjson_wr *wr, const struct bsl_entry *entry,
    const struct bsl_message *messages, size_t n_messages)
{
    sg_str word = bsl_purpose_text(entry->purpose);
    struct sg_buf *buf = wr->buf;
    sjson_wr_object(wr);
    if (entry->id.n > 0) {
        sjson_wr_member_text(wr, "id", entry->id);
    }
    sjson_wr_member_cstr(wr, "type", "BitstringStatusListEntry");
    sjson_wr_member_text(wr, "statusPurpose", word.n > 0 ? word : entry->purpose_text);
    sg_str index = SG_NO_STR;
    sg_result r = sg_arena_printf(buf->arena, &index, "%llu", (unsigned long long)entry->index);
    if (!sg_ok(r)) {
        sg_buf_fail(buf, r.code);
    }
    sjson_wr_member_text(wr, "statusListIndex", index);
    sjson_wr_member_text(wr, "statusListCredential", entry->list);
    if (entry->size > 1) {
        sjson_wr_member_int(wr, "statusSize", (int64_t)entry->size);
        bsl_messages_write(wr, messages, n_messages);
    }
    sjson_wr_object_end(wr);
}

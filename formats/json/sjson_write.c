/* The streaming writer. */

#include "sg_text.h"
#include "sjson.h"
#include "sjson_scan.h"

struct sjson_wr
sjson_wr_new(struct sg_buf *buf)
{
    return (struct sjson_wr){ .buf = buf, .comma = false };
}

/* Before a value or a name. */
static void
separate(struct sjson_wr *wr)
{
    if (wr->comma) {
        sg_buf_put_byte(wr->buf, ',');
    }
    wr->comma = true;
}

static void
open_container(struct sjson_wr *wr, uint8_t bracket)
{
    separate(wr);
    sg_buf_put_byte(wr->buf, bracket);
    wr->comma = false;
}

static void
close_container(struct sjson_wr *wr, uint8_t bracket)
{
    sg_buf_put_byte(wr->buf, bracket);
    wr->comma = true;
}

void
sjson_wr_object(struct sjson_wr *wr)
{
    open_container(wr, '{');
}

void
sjson_wr_object_end(struct sjson_wr *wr)
{
    close_container(wr, '}');
}

void
sjson_wr_array(struct sjson_wr *wr)
{
    open_container(wr, '[');
}

void
sjson_wr_array_end(struct sjson_wr *wr)
{
    close_container(wr, ']');
}

/* RFC 8259 7, in the short forms that RFC 8785 3.2.2.2 prescribes, so that JCS uses the same writer. */
static void
put_escape(struct sg_buf *buf, uint8_t c)
{
    static const char letters[] = "btnvfr"; /* from 08; "v" has no short form */
    if (c == '"' || c == '\\') {
        sg_buf_put_byte(buf, '\\');
        sg_buf_put_byte(buf, c);
    } else if (c >= 0x08 && c <= 0x0D && c != 0x0B) {
        sg_buf_put_byte(buf, '\\');
        sg_buf_put_byte(buf, (uint8_t)letters[c - 0x08]);
    } else if (c < 0x20) {
        static const char hex[] = "0123456789abcdef";
        const char text[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
        sg_buf_put(buf, SG_BYTES(text));
    } else {
        sg_buf_fail(buf, SG_E_ENCODING); /* not UTF-8: never written */
    }
}

static void
put_string(struct sg_buf *buf, sg_str text)
{
    const uint8_t *p = (const uint8_t *)text.p;
    sg_buf_put_byte(buf, '"');
    for (size_t i = 0; i < text.n && buf->failed == SG_OK;) {
        size_t run = sjson_plain_run(p + i, text.n - i);
        sg_buf_put(buf, sg_bytes_of(p + i, run));
        i += run;
        if (i < text.n) {
            put_escape(buf, p[i++]);
        }
    }
    sg_buf_put_byte(buf, '"');
}

void
sjson_wr_name(struct sjson_wr *wr, sg_str name)
{
    separate(wr);
    put_string(wr->buf, name);
    sg_buf_put_byte(wr->buf, ':');
    wr->comma = false;
}

void
sjson_wr_text(struct sjson_wr *wr, sg_str value)
{
    separate(wr);
    put_string(wr->buf, value);
}

void
sjson_wr_int(struct sjson_wr *wr, int64_t value)
{
    separate(wr);
    uint64_t magnitude = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
    if (value < 0) {
        sg_buf_put_byte(wr->buf, '-');
    }
    sg_buf_put_u64(wr->buf, magnitude);
}

void
sjson_wr_raw(struct sjson_wr *wr, sg_str json)
{
    separate(wr);
    sg_buf_put_str(wr->buf, json);
}

void
sjson_wr_bool(struct sjson_wr *wr, bool value)
{
    sjson_wr_raw(wr, value ? SG_LIT("true") : SG_LIT("false"));
}

void
sjson_wr_null(struct sjson_wr *wr)
{
    sjson_wr_raw(wr, SG_LIT("null"));
}

void
sjson_wr_value(struct sjson_wr *wr, const struct sjson *v)
{
    sjson_wr_raw(wr, v->source);
}

void
sjson_wr_b64url(struct sjson_wr *wr, sg_bytes value)
{
    separate(wr);
    sg_buf_put_byte(wr->buf, '"');
    sg_b64url_put(wr->buf, value);
    sg_buf_put_byte(wr->buf, '"');
}

void
sjson_wr_member_text(struct sjson_wr *wr, const char *name, sg_str value)
{
    sjson_wr_name(wr, sg_cstr(name));
    sjson_wr_text(wr, value);
}

void
sjson_wr_member_cstr(struct sjson_wr *wr, const char *name, const char *value)
{
    sjson_wr_member_text(wr, name, sg_cstr(value));
}

void
sjson_wr_member_int(struct sjson_wr *wr, const char *name, int64_t value)
{
    sjson_wr_name(wr, sg_cstr(name));
    sjson_wr_int(wr, value);
}

void
sjson_wr_member_bool(struct sjson_wr *wr, const char *name, bool value)
{
    sjson_wr_name(wr, sg_cstr(name));
    sjson_wr_bool(wr, value);
}

void
sjson_wr_member_b64url(struct sjson_wr *wr, const char *name, sg_bytes value)
{
    sjson_wr_name(wr, sg_cstr(name));
    sjson_wr_b64url(wr, value);
}

void
sjson_wr_member_raw(struct sjson_wr *wr, const char *name, sg_str json)
{
    sjson_wr_name(wr, sg_cstr(name));
    sjson_wr_raw(wr, json);
}

void
sjson_wr_member_value(struct sjson_wr *wr, const char *name, const struct sjson *v)
{
    sjson_wr_name(wr, sg_cstr(name));
    sjson_wr_value(wr, v);
}

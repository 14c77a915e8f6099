#include "reg_der.h"

sg_result
reg_der_take(struct reg_der *in, uint8_t tag, struct reg_der *ret_content, sg_bytes *ret_whole)
{
    SG_REQUIRE(in->n >= 2 && in->p[0] == tag, MALFORMED);
    size_t head = 2;
    size_t n = in->p[1];
    if (n == 0x81) {
        SG_REQUIRE(in->n >= 3 && in->p[2] >= 0x80, MALFORMED);
        n = in->p[2];
        head = 3;
    } else if (n == 0x82) {
        SG_REQUIRE(in->n >= 4 && in->p[2] != 0, MALFORMED);
        n = (size_t)in->p[2] << 8 | in->p[3];
        head = 4;
    } else {
        SG_REQUIRE(n < 0x80, MALFORMED);
    }
    SG_REQUIRE(in->n - head >= n, MALFORMED);
    *ret_content = (struct reg_der){ in->p + head, n };
    *ret_whole = sg_bytes_of(in->p, head + n);
    in->p += head + n;
    in->n -= head + n;
    return SG_DONE;
}

sg_result
reg_der_skip(struct reg_der *in, uint8_t tag)
{
    struct reg_der content;
    sg_bytes whole;
    return reg_der_take(in, tag, &content, &whole);
}

/* Inside hsm/registry: DER by elements, for certificates. Strict: shortest lengths, at most two bytes of them (certificates end at 8 KiB). */
#ifndef REG_DER_H
#define REG_DER_H

#include "sg_bytes.h"
#include "sg_result.h"

enum {
    REG_DER_BOOLEAN = 0x01,
    REG_DER_INTEGER = 0x02,
    REG_DER_BITS = 0x03,
    REG_DER_OCTETS = 0x04,
    REG_DER_OID = 0x06,
    REG_DER_UTF8 = 0x0C,
    REG_DER_PRINTABLE = 0x13,
    REG_DER_UTC = 0x17,
    REG_DER_TIME = 0x18,
    REG_DER_SEQUENCE = 0x30,
    REG_DER_SET = 0x31,
    REG_DER_VERSION = 0xA0,
    REG_DER_EXTENSIONS = 0xA3,
};

/* What is left of an element's content. */
struct reg_der {
    const uint8_t *p;
    size_t n;
};

/* One element off the front: its content, and the whole. SG_E_MALFORMED: another tag, a length that is not in its shortest form, too short. */
SG_CHECKED sg_result reg_der_take(
    struct reg_der *in, uint8_t tag, struct reg_der *ret_content, sg_bytes *ret_whole);
SG_CHECKED sg_result reg_der_skip(struct reg_der *in, uint8_t tag);
/* UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 has them. */
SG_CHECKED sg_result reg_der_time(struct reg_der *in, int64_t *ret);

#endif

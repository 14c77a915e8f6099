/* Log lines: logfmt on stderr, never claims, digests or secrets. At most SIGNER_LOG_PER_S a second; what is left out is counted. */
#ifndef SIGNER_LOG_H
#define SIGNER_LOG_H

#include "sg_result.h"

#define SIGNER_LOG_PER_S 200

enum signer_level { SIGNER_ERROR, SIGNER_WARN, SIGNER_INFO };

/* event: one word; the rest "name=value ..." in printf form. Any thread. */
void signer_log(enum signer_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif

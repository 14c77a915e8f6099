/* OpenID4VCI's and OAuth's words for our codes, per endpoint. */
#ifndef VCI_WORDS_H
#define VCI_WORDS_H

#include "face.h"

extern const struct face_words vci_credential_words; /* OpenID4VCI 1.0, 8.3.1 */
extern const struct face_words
    vci_token_words; /* RFC 6749 5.2, OpenID4VCI 6.3, RFC 9449 5, RFC 9396 5 */

#endif

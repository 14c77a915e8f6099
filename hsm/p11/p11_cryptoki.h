/*
 * The one place where PKCS#11 types and numbers come in. The header is p11-kit's (2.40 with some of 3.0); what it lacks stands here with
 * the values of the 3.x headers, so that two headers are never mixed. Private to hsm/p11 and its tests.
 */
#ifndef P11_CRYPTOKI_H
#define P11_CRYPTOKI_H

#include <p11-kit/pkcs11.h>

#ifndef CKM_AES_KEY_WRAP_KWP
#define CKM_AES_KEY_WRAP_KWP 0x210BUL
#endif
#ifndef CKR_PENDING
#define CKR_OPERATION_CANCEL_FAILED 0x202UL
#define CKR_KEY_EXHAUSTED 0x203UL
#define CKR_PENDING 0x204UL
#endif
#ifndef CKR_TOKEN_RESOURCE_EXCEEDED
#define CKR_TOKEN_RESOURCE_EXCEEDED 0x201UL
#endif

#endif

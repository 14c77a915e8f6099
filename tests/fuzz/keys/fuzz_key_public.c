/* A public key from strangers' bytes: refused, or exactly these bytes again; and any signature under it is refused without harm. */
#include <stdlib.h>

#include "key_public.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sg_bytes in = { data, size };
    for (size_t n = 0; n <= size && n <= KEY_SPKI_MAX; n += n == 44 ? 47 : n == 91 ? 29 : 44) {
        struct key_public *key = NULL;
        sg_bytes spki = sg_bytes_slice(in, 0, n);
        if (!sg_ok(key_public_new(spki, &key))) {
            if (key != NULL) {
                abort();
            }
            continue;
        }
        sg_bytes signature =
            sg_bytes_slice(in, n, key_public_alg(key)->sig_len); /* what follows, if long enough */
        if (!sg_bytes_equal(key_public_spki(key), spki) ||
            (sg_ok(key_public_verify_message(key, sg_str_bytes(SG_LIT("fuzz")), signature)) &&
                signature.n != key_public_alg(key)->sig_len)) {
            abort();
        }
        key_public_free(&key);
    }
    return 0;
}

/* The demo's certification authority: one root, leaves for keys in the token. Its key lies in DIR/demo-ca and is worth nothing. */
#ifndef CLI_CA_H
#define CLI_CA_H

#include "cli_file.h"

struct cli_ca;

/* A fresh root; its certificate goes to `cert_path` (PEM, readable), its key to `key_path` (PEM, 0600). */
SG_CHECKED sg_result cli_ca_new(const char *key_path, const char *cert_path, struct cli_ca **ret);
/* The one that is there. SG_E_NOT_FOUND, SG_E_KEY_INVALID. */
SG_CHECKED sg_result cli_ca_open(const char *key_path, const char *cert_path, struct cli_ca **ret);
void cli_ca_free(struct cli_ca **ca);

/* A leaf for this SubjectPublicKeyInfo: digitalSignature, two years, issuer's URL and host as alternative names. DER in the arena. */
SG_CHECKED sg_result cli_ca_issue(struct sg_arena *arena, struct cli_ca *ca, sg_bytes spki,
    const char *common_name, const char *url, sg_bytes *ret);

#endif

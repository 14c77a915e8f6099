/*
 * Key files of clients and operators: a private P-256 JWK whose `kid` is the client's or operator's name. ES256 is the one
 * algorithm of these files.
 */
#ifndef CLI_KEY_H
#define CLI_KEY_H

#include "cli_file.h"
#include "jwk.h"

#define CLI_SIG_LEN 64

struct cli_key;

SG_CHECKED sg_result cli_key_new(struct sg_arena *arena, sg_str name, struct cli_key **ret);
/* SG_E_NOT_FOUND, SG_E_POLICY, SG_E_KEY_INVALID. */
SG_CHECKED sg_result cli_key_read(struct sg_arena *arena, const char *path, struct cli_key **ret);
/* Private JWK, mode 0600; `note` stands in it for whoever opens the file. */
SG_CHECKED sg_result cli_key_write(
    struct sg_arena *arena, const struct cli_key *key, const char *path, const char *note);
void cli_key_free(struct cli_key **key);

sg_str cli_key_name(const struct cli_key *key);
/* `name` is borrowed. */
void cli_key_rename(struct cli_key *key, sg_str name);
const struct jwk *cli_key_public(const struct cli_key *key);
SG_CHECKED sg_result cli_key_sign(
    const struct cli_key *key, sg_bytes message, uint8_t ret[CLI_SIG_LEN]);
/* A compact JWS. */
SG_CHECKED sg_result cli_key_jws(
    struct sg_arena *arena, const struct cli_key *key, sg_str header, sg_str payload, sg_str *ret);

/* A client's or operator's public key in a file: a JWK, public or private. */
SG_CHECKED sg_result cli_public_read(struct sg_arena *arena, const char *path, struct jwk *ret);

#endif

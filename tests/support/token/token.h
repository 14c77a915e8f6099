/* A throw-away SoftHSM token per test: its folder, its settings, its module opened. */
#ifndef TOKEN_H
#define TOKEN_H

#include "p11_key.h"
#include "support.h"

#define TOKEN_PIN "246813"
#define TOKEN_LABEL "sealgate test"

struct token {
    struct sg_arena *arena;
    const char *folder;  /* removed at the end */
    const char *objects; /* folder/t: SoftHSM's token directory */
    struct p11_settings settings;
    struct p11 *p11;
    struct p11_session *session;
    int64_t now_ms; /* the clock of token_probe */
};

/* Path of SoftHSM's module; skips the program where there is none. */
const char *token_module(void);

/* cmocka setup: a furnished token, opened, with a session of 8 unwrapped keys. `module` NULL: SoftHSM itself. */
struct token *token_new(const char *module);
int token_setup(void **state);
int token_teardown(void **state);

/* Only the folder, SOFTHSM2_CONF and settings: no token yet. */
struct token *token_blank(const char *module);
/* Open what was closed, with token->settings. */
void token_open(struct token *token);
void token_close(struct token *token);

/* p11_probe one hour later than the last one: no back-off stands in the way. */
sg_result token_probe(struct token *token);

/* A key and its prepared public half (free it). */
struct p11_key_made token_key(
    struct token *token, enum key_alg alg, bool resident, struct key_public **ret);

enum p11_state token_state(struct token *token);

#endif

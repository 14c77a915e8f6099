#include "token.h"

#include <sys/stat.h>
#include <unistd.h>

/*
 * SoftHSM 2.6.1 leaks some 37 bytes in C_SignInit with keys that it unwrapped (an ASN.1 string of libcrypto's, seen with whole stacks).
 * Its leaks are named apart from ours; libcrypto keeps no frame pointers, so the slow unwinder must find the module's frame.
 */
const char *__lsan_default_suppressions(void);
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void)
{
    return "leak:libsofthsm2.so\n";
}
__attribute__((visibility("default"))) const char *
__asan_default_options(void)
{
    return "fast_unwind_on_malloc=0";
}

static const enum key_alg algs[] = { KEY_ES256, KEY_ES384, KEY_EDDSA };

const char *
token_module(void)
{
    static const char *const places[] = { "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/local/lib/softhsm/libsofthsm2.so" };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (access(places[i], R_OK) == 0) {
            return places[i];
        }
    }
    printf("SKIPPED: SoftHSM is not installed\n");
    exit(SUPPORT_SKIP);
}

struct token *
token_blank(const char *module)
{
    struct token *token = calloc(1, sizeof(*token));
    sg_str path;
    assert_non_null(token);
    token->arena = sg_arena_new(0, (size_t)1 << 20);
    token->folder = support_mkdir(token->arena);
    assert_ok(sg_arena_printf(token->arena, &path, "%s/t", token->folder));
    token->objects = path.p;
    assert_int_equal(mkdir(token->objects, 0700), 0);
    assert_ok(sg_arena_printf(token->arena, &path, "%s/c", token->folder));
    FILE *f = fopen(path.p, "w");
    assert_non_null(f);
    fprintf(f, "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n",
        token->objects);
    fclose(f);
    setenv("SOFTHSM2_CONF", path.p, 1);
    token->settings = (struct p11_settings){
        .module = module == NULL ? token_module() : module,
        .label = SG_LIT(TOKEN_LABEL),
        .pin = { (const uint8_t *)TOKEN_PIN, strlen(TOKEN_PIN) },
        .algs = algs,
        .n_algs = 3,
        .wrapping = true,
    };
    return token;
}

void
token_open(struct token *token)
{
    struct sg_why why = { 0 };
    sg_result r = p11_open(&token->settings, &why, &token->p11);
    if (!sg_ok(r)) {
        print_error("%s 0x%llx\n", why.what, (unsigned long long)why.detail);
    }
    assert_ok(r);
    assert_ok(p11_session_open(token->p11, 8, &token->session));
}

void
token_close(struct token *token)
{
    p11_session_close(&token->session);
    p11_close(&token->p11);
}

struct token *
token_new(const char *module)
{
    struct token *token = token_blank(module);
    char serial[P11_SERIAL_MAX + 1];
    struct sg_why why = { 0 };
    sg_result r =
        p11_token_create(&token->settings, sg_str_bytes(SG_LIT("so-135791")), &why, serial);
    if (!sg_ok(r)) {
        print_error("%s 0x%llx\n", why.what, (unsigned long long)why.detail);
    }
    assert_ok(r);
    token_open(token);
    return token;
}

int
token_setup(void **state)
{
    *state = token_new(NULL);
    return 0;
}

int
token_teardown(void **state)
{
    struct token *token = *state;
    token_close(token);
    support_rmdir(token->folder);
    sg_arena_free(&token->arena);
    free(token);
    return 0;
}

sg_result
token_probe(struct token *token)
{
    token->now_ms += 3600 * 1000;
    return p11_probe(token->p11, token->now_ms);
}

struct p11_key_made
token_key(struct token *token, enum key_alg alg, bool resident, struct key_public **ret)
{
    struct p11_key_made made;
    struct p11_key_params params = { alg, resident, SG_LIT("a key") };
    assert_ok(p11_key_generate(token->session, token->arena, &params, &made));
    assert_ok(key_public_new(made.spki, ret));
    return made;
}

enum p11_state
token_state(struct token *token)
{
    struct p11_health health;
    p11_health(token->p11, &health);
    return health.state;
}

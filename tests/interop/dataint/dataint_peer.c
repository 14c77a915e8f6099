/*
 * Data Integrity on a command line, for other people's libraries to talk to. Documents come on stdin and leave on stdout. req: FMT-3
 *
 *   dataint_peer secure SUITE P-256|P-384|Ed25519 PURPOSE CHALLENGE DOMAIN [id=URL] [previous=URL] [POINTER...]
 *                       pointers: mandatory ones of ecdsa-sd-2023; "" for what shall not be there
 *   dataint_peer verify PURPOSE CHALLENGE DOMAIN          prints OK or the name of the refusal
 *   dataint_peer derive [POINTER...]
 *   dataint_peer method P-256|P-384|Ed25519               prints the verification method of the key that secures
 * Keys are made from a fixed word: tests only. Exit 1 for a refusal when securing or deriving.
 */
#include "di_secure.h"
#include "support.h"

#define INPUT_MAX ((size_t)4 << 20)
#define POINTERS_MAX 64
#define NOW 1800000000

static sg_str
read_all(struct sg_arena *arena)
{
    char *p = sg_arena_alloc(arena, INPUT_MAX);
    size_t n = p == NULL ? 0 : fread(p, 1, INPUT_MAX, stdin);
    return sg_str_of(p, n);
}

static int
finish(sg_result r, const struct sg_why *why, sg_str out)
{
    if (!sg_ok(r)) {
        fprintf(stderr, "%s %s\n", sg_code_row(r.code)->name, why->what == NULL ? "" : why->what);
        return 1;
    }
    return fwrite(out.p, 1, out.n, stdout) == out.n ? 0 : 1;
}

static struct di_test_key
key_of(struct sg_arena *arena, const char *curve)
{
    enum jose_crv crv = strcmp(curve, "P-384") == 0   ? JOSE_P384
                        : strcmp(curve, "P-256") == 0 ? JOSE_P256
                                                      : JOSE_ED25519;
    return di_test_key_of(arena, crv, "interop");
}

static size_t
texts(char **argv, int n, sg_str *out)
{
    size_t count = 0;
    for (int i = 0; i < n && count < POINTERS_MAX; i++) {
        out[count++] = sg_cstr(argv[i]);
    }
    return count;
}

/* The next argument if it begins with `name`, which it is then taken without. */
static sg_str
value_of(int argc, char **argv, int *at, const char *name)
{
    if (*at < argc && strncmp(argv[*at], name, strlen(name)) == 0) {
        return sg_cstr(argv[(*at)++] + strlen(name));
    }
    return SG_NO_STR;
}

static int
secure(struct sg_arena *arena, const struct jsonld_contexts *contexts, int argc, char **argv)
{
    sg_str pointers[POINTERS_MAX], domain, out = SG_NO_STR;
    struct sg_why why = { 0 };
    const struct di_suite *suite = di_suite_by_name(sg_cstr(argv[2]));
    struct di_test_key key = key_of(arena, argv[3]);
    if (suite == NULL) {
        return 2;
    }
    domain = sg_cstr(argv[6]);
    int first = 7;
    sg_str id = value_of(argc, argv, &first, "id=");
    sg_str previous = value_of(argc, argv, &first, "previous=");
    struct di_test_proof proof = { .suite = di_suite_id(suite),
        .key = &key,
        .contexts = contexts,
        .options = { .id = id,
            .previous = &previous,
            .n_previous = previous.n > 0,
            .purpose = sg_cstr(argv[4]),
            .created = SG_LIT("2024-01-01T00:00:00Z"),
            .challenge = sg_cstr(argv[5]),
            .domains = &domain,
            .n_domains = domain.n > 0 },
        .mandatory = pointers,
        .n_mandatory = texts(argv + first, argc - first, pointers) };
    const struct sjson *document = di_test_json(arena, read_all(arena));
    sg_result r = di_test_secure(arena, document, &proof, &why, &out);
    return finish(r, &why, out);
}

static int
verify(struct sg_arena *arena, const struct jsonld_contexts *contexts, char **argv)
{
    struct sg_why why = { 0 };
    sg_str domain = sg_cstr(argv[4]);
    struct di_expect expect = { .purpose = sg_cstr(argv[2]),
        .challenge = sg_cstr(argv[3]),
        .domains = &domain,
        .n_domains = domain.n > 0,
        .now = NOW };
    const struct sjson *document = di_test_json(arena, read_all(arena));
    sg_result r = di_verify(arena, document, &expect, NULL, contexts, &why, NULL);
    printf("%s\n", sg_ok(r) ? "OK" : sg_code_row(r.code)->name);
    return 0;
}

static int
derive(struct sg_arena *arena, const struct jsonld_contexts *contexts, int argc, char **argv)
{
    sg_str pointers[POINTERS_MAX], out = SG_NO_STR;
    struct sg_why why = { 0 };
    size_t n = texts(argv + 2, argc - 2, pointers);
    const struct sjson *document = di_test_json(arena, read_all(arena));
    sg_result r = di_derive(arena, document, pointers, n, contexts, &why, &out);
    return finish(r, &why, out);
}

int
main(int argc, char **argv)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)256 << 20);
    struct jsonld_contexts *contexts = NULL;
    int status = 2;
    if (arena == NULL || !sg_ok(jsonld_contexts_new(NULL, 0, NULL, &contexts))) {
        return 2;
    }
    if (argc >= 7 && strcmp(argv[1], "secure") == 0) {
        status = secure(arena, contexts, argc, argv);
    } else if (argc == 5 && strcmp(argv[1], "verify") == 0) {
        status = verify(arena, contexts, argv);
    } else if (argc >= 2 && strcmp(argv[1], "derive") == 0) {
        status = derive(arena, contexts, argc, argv);
    } else if (argc == 3 && strcmp(argv[1], "method") == 0) {
        status = finish(SG_DONE, NULL, key_of(arena, argv[2]).method);
    }
    jsonld_contexts_free(&contexts);
    sg_arena_free(&arena);
    return status;
}

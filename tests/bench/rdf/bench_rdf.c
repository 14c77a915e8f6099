/*
 * RDFC-1.0 with SHA-256 over generated datasets of 10 to 10,000 quads, best of several rounds: reading N-Quads and canonicalising
 * apart. "plain": all blank nodes differ by their first-degree hash. "alike": every second blank node has a twin and
 * needs the search. req: FMT-3
 * build/dev/bench/bench_rdf [FOLDER]    with a folder: also writes the datasets there, and the figures to c.json (compare.sh)
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "rdf.h"

#define ROUNDS_S 0.5               /* for each dataset and step */
#define ROUND_QUADS ((size_t)2000) /* small datasets are done many times in one round */
#define ARENA_MAX ((size_t)512 << 20)

static const size_t sizes[] = { 10, 100, 1000, 10000 };
#define N_SIZES (sizeof(sizes) / sizeof(sizes[0]))
static const char *const shapes[] = { "plain", "alike" };

static void
must(sg_result r)
{
    if (!sg_ok(r)) {
        fprintf(stderr, "%s\n", sg_code_row(r.code)->name);
        exit(1);
    }
}

/* Five quads for each person, two of them about an address; in "alike" the same address as the neighbour's. */
static sg_str
generate(struct sg_arena *arena, bool alike, size_t n)
{
    static const char *const parts[][3] = {
        { "_:b", " <http://schema.org/name> \"Person ", "\" .\n" },
        { "_:b", " <http://schema.org/identifier> <urn:example:person:", "> .\n" },
        { "_:b", " <http://schema.org/address> _:a", " .\n" },
        { "_:a", " <http://schema.org/streetAddress> \"Main Street ", "\"@en .\n" },
        { "_:a", " <http://schema.org/postalCode> \"",
            "\"^^<http://www.w3.org/2001/XMLSchema#integer> .\n" },
    };
    struct sg_buf buf = sg_buf_new(arena, n * 100, ARENA_MAX);
    sg_str text;
    for (size_t i = 0; i < n; i++) {
        const char *const *part = parts[i % 5];
        size_t person = i / 5;
        sg_buf_put_cstr(&buf, part[0]);
        sg_buf_put_u64(&buf, person);
        sg_buf_put_cstr(&buf, part[1]);
        sg_buf_put_u64(&buf, i % 5 >= 3 && alike ? person / 2 : person);
        sg_buf_put_cstr(&buf, part[2]);
    }
    must(sg_buf_end_str(&buf, &text));
    return text;
}

static double
now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
step(struct sg_arena *arena, sg_str text, const struct rdf_dataset *d)
{
    struct rdf_dataset parsed;
    struct rdf_canonical c;
    if (d == NULL) {
        must(rdf_nquads_parse(arena, text, NULL, &parsed));
    } else {
        must(rdfc_canonicalize(arena, d, SG_SHA256, NULL, &c));
    }
    sg_arena_reset(arena);
}

/* Microseconds of one step in the best of the rounds; emptying and wiping the arena is part of it. */
static double
best(sg_str text, const struct rdf_dataset *d, size_t n)
{
    struct sg_arena *arena = sg_arena_new((size_t)1 << 20, ARENA_MAX);
    size_t each = n < ROUND_QUADS ? ROUND_QUADS / n : 1;
    double least = 1e12;
    double start = now_us();
    do {
        double from = now_us();
        for (size_t i = 0; i < each; i++) {
            step(arena, text, d);
        }
        double took = (now_us() - from) / (double)each;
        least = took < least ? took : least;
    } while (now_us() - start < ROUNDS_S * 1e6);
    sg_arena_free(&arena);
    return least;
}

static void
write_file(const char *folder, const char *name, sg_str text)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (f == NULL || fwrite(text.p, 1, text.n, f) != text.n || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

int
main(int argc, char **argv)
{
    struct sg_arena *arena = sg_arena_new(0, ARENA_MAX);
    struct sg_buf json = sg_buf_new(arena, 0, 1 << 20);
    printf("%-6s %7s %12s %16s %14s\n", "shape", "quads", "parse us", "canonicalize us",
        "ns per quad");
    for (size_t s = 0; s < 2; s++) {
        for (size_t i = 0; i < N_SIZES; i++) {
            struct rdf_dataset d;
            sg_str text = generate(arena, s == 1, sizes[i]);
            must(rdf_nquads_parse(arena, text, NULL, &d));
            double parse = best(text, NULL, sizes[i]);
            double canonicalize = best(text, &d, sizes[i]);
            printf("%-6s %7zu %12.1f %16.1f %14.0f\n", shapes[s], d.n, parse, canonicalize,
                canonicalize * 1e3 / (double)d.n);
            char line[200];
            char name[40];
            snprintf(name, sizeof(name), "%s-%zu.nq", shapes[s], sizes[i]);
            snprintf(line, sizeof(line), "%s{\"file\":\"%s\",\"parse\":%.3f,\"canonicalize\":%.3f}",
                json.n == 0 ? "[" : ",", name, parse, canonicalize);
            sg_buf_put_cstr(&json, line);
            if (argc > 1) {
                write_file(argv[1], name, text);
            }
        }
    }
    sg_buf_put_cstr(&json, "]");
    if (argc > 1) {
        write_file(argv[1], "c.json", sg_bytes_str(sg_bytes_of(json.p, json.n)));
    }
    sg_arena_free(&arena);
    return 0;
}

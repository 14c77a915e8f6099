/*
 * RDFC-1.0 with SHA-256 over generated datasets of 10 to 10,000 quads, best of several rounds: reading N-Quads and canonicalising
 * apart. "plain": all blank nodes differ by their first-degree hash. "alike": every second blank node has a twin and
 * needs the search. Growth beside n log n: what a quad and a level of the logarithm cost, beside the same for 10 quads;
 * not above 1 means that time grows no faster than n log n. req: FMT-3
 * build/dev/bench/bench_rdf                    prints the table
 * build/dev/bench/bench_rdf FOLDER             writes each dataset there (.nq) and its canonical form (.c14n), for compare.sh
 * build/dev/bench/bench_rdf FOLDER DATASET     measures one and prints it as JSON
 */
#include <math.h>
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

struct dataset {
    char name[24];
    size_t n;
    sg_str text;
    struct rdf_dataset parsed;
};

static struct dataset
dataset(struct sg_arena *arena, size_t shape, size_t size)
{
    struct dataset d = { .n = sizes[size] };
    snprintf(d.name, sizeof(d.name), "%s-%zu", shapes[shape], d.n);
    d.text = generate(arena, shape == 1, d.n);
    must(rdf_nquads_parse(arena, d.text, NULL, &d.parsed));
    return d;
}

static void
write_both(struct sg_arena *arena, const char *folder, const struct dataset *d)
{
    struct rdf_canonical c;
    char name[40];
    must(rdfc_canonicalize(arena, &d->parsed, SG_SHA256, NULL, &c));
    snprintf(name, sizeof(name), "%s.nq", d->name);
    write_file(folder, name, d->text);
    snprintf(name, sizeof(name), "%s.c14n", d->name);
    write_file(folder, name, c.nquads);
}

static void
print_json(const struct dataset *d)
{
    printf("{\"parse\":%.3f,\"canonicalize\":%.3f}\n", best(d->text, NULL, d->n),
        best(d->text, &d->parsed, d->n));
}

static void
print_row(const struct dataset *d, double *first)
{
    double n = (double)d->n;
    double parse = best(d->text, NULL, d->n);
    double canonicalize = best(d->text, &d->parsed, d->n);
    double each = canonicalize / (n * log2(n));
    *first = d->n == sizes[0] ? each : *first;
    printf("%-12s %12.1f %16.1f %14.0f %18.2f\n", d->name, parse, canonicalize,
        canonicalize * 1e3 / n, each / *first);
}

int
main(int argc, char **argv)
{
    struct sg_arena *arena = sg_arena_new(0, ARENA_MAX);
    double first = 0;
    if (argc == 1) {
        printf("%-12s %12s %16s %14s %18s\n", "dataset", "parse us", "canonicalize us",
            "ns per quad", "beside n log n");
    }
    for (size_t i = 0; i < 2 * N_SIZES; i++) {
        struct dataset d = dataset(arena, i / N_SIZES, i % N_SIZES);
        if (argc == 1) {
            print_row(&d, &first);
        } else if (argc == 2) {
            write_both(arena, argv[1], &d);
        } else if (strcmp(argv[2], d.name) == 0) {
            print_json(&d);
        }
    }
    sg_arena_free(&arena);
    return 0;
}

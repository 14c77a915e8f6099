/*
 * What a document costs from bytes to quads: parsing, expansion and RDF apart; and what making the set of contexts costs.
 * build/release/bench/bench_jsonld FILE.json [rounds]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "jsonld_int.h"

static void
must(sg_result r, const struct sg_why *why)
{
    if (!sg_ok(r)) {
        fprintf(stderr, "%s %s\n", sg_code_row(r.code)->name, why->what == NULL ? "" : why->what);
        exit(1);
    }
}

static double
now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static char text[1 << 20];

int
main(int argc, char **argv)
{
    FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;
    size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 20000;
    struct sg_why why = { 0 };
    struct jsonld_contexts *contexts;
    if (f == NULL || rounds == 0) {
        fprintf(stderr, "usage: bench_jsonld FILE.json [rounds]\n");
        return 2;
    }
    sg_str in = sg_str_of(text, fread(text, 1, sizeof(text), f));
    fclose(f);
    double start = now_us();
    must(jsonld_contexts_new(NULL, 0, &why, &contexts), &why);
    printf("contexts made in %.0f us: %zu bytes, %zu processed\n", now_us() - start,
        sg_arena_used(contexts->arena), contexts->memo.n);
    struct sg_arena *arena = sg_arena_new((size_t)1 << 20, (size_t)64 << 20);
    struct jsonld_options options = {
        .contexts = contexts, .safe = true, .direction = JSONLD_I18N_DATATYPE
    };
    double parse = 0;
    double expand = 0;
    double rdf = 0;
    size_t n_quads = 0;
    size_t used = 0;
    for (size_t i = 0; i < rounds; i++) {
        const struct sjson *document;
        struct rdf_dataset dataset;
        sg_str out;
        sg_arena_reset(arena);
        double a = now_us();
        must(sjson_parse(arena, in, &why, &document), &why);
        double b = now_us();
        must(jsonld_expand(arena, document, &options, &why, &out), &why);
        double c = now_us();
        size_t before = sg_arena_used(arena);
        must(jsonld_to_rdf(arena, document, &options, &why, &dataset), &why);
        used = sg_arena_used(arena) - before;
        double d = now_us();
        parse += b - a;
        expand += c - b;
        rdf += d - c;
        n_quads = dataset.n;
    }
    double n = (double)rounds;
    printf("%zu bytes, %zu quads: parse %.2f us; expand to text %.2f us; expand to RDF %.2f us, "
           "%zu bytes of arena\n",
        in.n, n_quads, parse / n, expand / n, rdf / n, used);
    sg_arena_free(&arena);
    jsonld_contexts_free(&contexts);
    return 0;
}

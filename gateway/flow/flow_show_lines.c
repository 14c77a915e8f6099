/* What a verifier will see, as a list. */
#include <stdlib.h>

#include "flow_show_int.h"

/* ---- selected values ---------------------------------------------------------------------------------------------------------------------- */

static int
address_order(const void *x, const void *y)
{
    uintptr_t a = (uintptr_t) * (const struct sjson *const *)x;
    uintptr_t b = (uintptr_t) * (const struct sjson *const *)y;
    return (a > b) - (a < b);
}

sg_result
flow_nodes_of(struct sg_arena *arena, const struct dcql_match *match, struct flow_nodes *ret)
{
    size_t n = match->everything ? 0 : match->n_nodes;
    struct flow_nodes out = { SG_NEW_ARRAY(arena, n, const struct sjson *),
        SG_NEW_ARRAY(arena, n, bool), 0 };
    SG_REQUIRE(out.sorted != NULL && out.seen != NULL, NO_MEMORY);
    for (size_t i = 0; i < n; i++) {
        out.sorted[i] = match->nodes[i];
    }
    if (n > 0) {
        qsort(out.sorted, n, sizeof(out.sorted[0]), address_order);
    }
    for (size_t i = 0; i < n; i++) { /* two claims may select one value */
        if (i == 0 || out.sorted[i] != out.sorted[i - 1]) {
            out.sorted[out.n++] = out.sorted[i];
        }
    }
    *ret = out;
    return SG_DONE;
}

bool
flow_nodes_has(const struct flow_nodes *nodes, const struct sjson *node)
{
    if (nodes == NULL || nodes->n == 0) {
        return false;
    }
    const struct sjson **hit =
        bsearch(&node, nodes->sorted, nodes->n, sizeof(nodes->sorted[0]), address_order);
    if (hit != NULL) {
        nodes->seen[hit - nodes->sorted] = true;
    }
    return hit != NULL;
}

sg_result
flow_nodes_met(const struct flow_nodes *nodes)
{
    for (size_t i = 0; i < nodes->n; i++) {
        SG_REQUIRE(nodes->seen[i], NOT_FOUND);
    }
    return SG_DONE;
}

/* ---- the list -------------------------------------------------------------------------------------------------------------------------------- */

sg_result
flow_lines_open(struct sg_arena *arena, const char *const *frame, struct flow_lines *ret)
{
    *ret = (struct flow_lines){ .arena = arena, .frame = frame };
    ret->lines = SG_NEW_ARRAY(arena, FLOW_SHOW_LINES_MAX, struct flow_show_line);
    SG_REQUIRE(ret->lines != NULL, NO_MEMORY);
    return SG_DONE;
}

static sg_result
down(struct flow_lines *lines, struct dcql_step step)
{
    SG_REQUIRE(lines->depth < sizeof(lines->steps) / sizeof(lines->steps[0]), DEPTH);
    lines->steps[lines->depth++] = step;
    return SG_DONE;
}

sg_result
flow_lines_name(struct flow_lines *lines, sg_str name)
{
    return down(lines, (struct dcql_step){ .kind = DCQL_NAME, .name = name });
}

sg_result
flow_lines_index(struct flow_lines *lines, size_t index)
{
    return down(lines, (struct dcql_step){ .kind = DCQL_INDEX, .index = index });
}

void
flow_lines_up(struct flow_lines *lines)
{
    lines->depth--;
}

static bool
is_frame(const struct flow_lines *lines)
{
    for (size_t i = 0; lines->depth > 0 && lines->frame[i] != NULL; i++) {
        if (lines->steps[0].kind == DCQL_NAME && sg_str_is(lines->steps[0].name, lines->frame[i])) {
            return true;
        }
    }
    return false;
}

/* The same names; positions are not compared. */
static bool
on_way(const struct flow_lines *lines, const struct dcql_path *way)
{
    bool same = way->n <= lines->depth;
    for (size_t i = 0; same && i < way->n; i++) {
        const struct dcql_step *a = &way->steps[i];
        const struct dcql_step *b = &lines->steps[i];
        same = a->kind == b->kind && (a->kind != DCQL_NAME || sg_str_equal(a->name, b->name));
    }
    return same;
}

sg_result
flow_lines_put(struct flow_lines *lines, const struct sjson *value, bool asked)
{
    struct dcql_step *steps = SG_NEW_ARRAY(lines->arena, lines->depth, struct dcql_step);
    SG_REQUIRE(steps != NULL, NO_MEMORY);
    SG_REQUIRE(lines->n < FLOW_SHOW_LINES_MAX, TOO_MANY);
    for (size_t i = 0; i < lines->depth; i++) {
        steps[i] = lines->steps[i];
    }
    for (size_t i = 0; i < lines->n_ways && !asked; i++) {
        asked = on_way(lines, &lines->ways[i]);
    }
    lines->lines[lines->n++] = (struct flow_show_line){ .path = { steps, lines->depth },
        .value = value,
        .asked = asked,
        .frame = is_frame(lines) && !asked,
        .retain = lines->retain };
    return SG_DONE;
}

sg_result
flow_lines_tree(struct flow_lines *lines, const struct sjson *value, bool asked)
{
    size_t index = 0;
    asked = asked || flow_nodes_has(lines->nodes, value);
    if ((value->type != SJSON_OBJECT && value->type != SJSON_ARRAY) || value->n == 0) {
        return flow_lines_put(lines, value, asked);
    }
    for (const struct sjson *m = value->first; m != NULL; m = m->next, index++) {
        SG_TRY(value->type == SJSON_OBJECT ? flow_lines_name(lines, m->name)
                                           : flow_lines_index(lines, index));
        SG_TRY(flow_lines_tree(lines, m, asked)); /* as deep as the parser allows */
        flow_lines_up(lines);
    }
    return SG_DONE;
}

sg_result
flow_lines_text(struct flow_lines *lines, const char *name, sg_str text)
{
    struct sjson *value = SG_NEW(lines->arena, struct sjson);
    SG_REQUIRE(value != NULL, NO_MEMORY);
    value->type = SJSON_STRING;
    value->text = text;
    SG_TRY(flow_lines_name(lines, sg_cstr(name)));
    SG_TRY(flow_lines_put(lines, value, false));
    lines->lines[lines->n - 1].frame = true;
    flow_lines_up(lines);
    return SG_DONE;
}

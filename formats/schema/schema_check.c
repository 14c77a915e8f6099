/* Checking a value against nodes. One function for each group of keywords; every step is counted. */
#include "schema_int.h"

/* The way to the value that is looked at. */
struct place {
    const struct place *parent;
    sg_str name; /* member */
    size_t index;
    bool is_index;
};

/* Resources entered, innermost first: the dynamic scope (core 7.1). */
struct scope {
    const struct schema_resource *resource;
    const struct scope *outer;
};

/* Which children were evaluated: a bit for each. */
struct marks {
    uint64_t *bits;
    size_t words;
};

struct check {
    const struct schema *schema;
    struct sg_arena *arena;
    struct schema_fault *fault;
    uint32_t *room; /* for patterns */
    uint64_t work;
    unsigned depth;
    unsigned quiet;    /* inside branches that may fail */
    bool told;         /* the fault is filled */
    enum sg_code code; /* SG_OK, or why the whole check ends */
};

static bool eval(struct check *c, const struct schema_node *node, const struct sjson *value,
    const struct place *place, const struct scope *scope, struct marks *marks);

/* ---- work, faults ----------------------------------------------------------------------------------------- */

static bool
give_up(struct check *c, enum sg_code code)
{
    c->code = c->code == SG_OK ? code : c->code;
    return false;
}

static bool
spend(struct check *c, uint64_t steps)
{
    if (c->code != SG_OK) {
        return false;
    }
    if (steps > c->work) {
        return give_up(c, SG_E_WORK);
    }
    c->work -= steps;
    return true;
}

static void
put_text(struct schema_fault *fault, size_t *n, sg_str text)
{
    static const char cut[] = "...";
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        sg_str one = c == '~' ? SG_LIT("~0") : c == '/' ? SG_LIT("~1") : sg_str_of(&c, 1);
        if (*n + one.n + sizeof(cut) > SCHEMA_POINTER_MAX) {
            memcpy(fault->pointer + *n, cut, sizeof(cut));
            *n = SCHEMA_POINTER_MAX; /* nothing more fits */
            return;
        }
        memcpy(fault->pointer + *n, one.p, one.n);
        *n += one.n;
    }
}

static void
put_slash(struct schema_fault *fault, size_t *n)
{
    if (*n + 5 < SCHEMA_POINTER_MAX) {
        fault->pointer[(*n)++] = '/';
    }
}

static void
put_index(struct schema_fault *fault, size_t *n, size_t index)
{
    char digits[24];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + index % 10);
        index /= 10;
    } while (index > 0);
    put_text(fault, n, sg_str_of(digits + at, sizeof(digits) - at));
}

/* From the root down: places know only their parents, and the depth of a value is bounded. */
static void
put_place(struct schema_fault *fault, size_t *n, const struct place *place)
{
    const struct place *way[SJSON_DEPTH_MAX + 1];
    size_t depth = 0;
    for (; place != NULL && depth <= SJSON_DEPTH_MAX; place = place->parent) {
        way[depth++] = place;
    }
    while (depth > 0 && *n < SCHEMA_POINTER_MAX) {
        const struct place *p = way[--depth];
        put_slash(fault, n);
        if (p->is_index) {
            put_index(fault, n, p->index);
        } else {
            put_text(fault, n, p->name);
        }
    }
}

/* The first refusal that nothing can turn is the one that is told. */
static bool
refuse(struct check *c, const struct place *place, const char *keyword)
{
    if (c->quiet > 0 || c->told || c->code != SG_OK || c->fault == NULL) {
        return false;
    }
    size_t n = 0;
    c->told = true;
    c->fault->keyword = keyword;
    put_place(c->fault, &n, place);
    if (n < SCHEMA_POINTER_MAX) {
        c->fault->pointer[n] = '\0';
    }
    return false;
}

/* ---- marks ---------------------------------------------------------------------------------------------------- */

static bool
marks_new(struct check *c, const struct sjson *value, struct marks *ret)
{
    ret->words = value->n / 64 + 1;
    ret->bits = SG_NEW_ARRAY(c->arena, ret->words, uint64_t);
    if (ret->bits == NULL) {
        return give_up(c, SG_E_NO_MEMORY);
    }
    return spend(c, ret->words);
}

static void
mark(struct marks *marks, size_t index)
{
    if (marks != NULL) {
        marks->bits[index / 64] |= (uint64_t)1 << (index % 64);
    }
}

static bool
marked(const struct marks *marks, size_t index)
{
    return (marks->bits[index / 64] >> (index % 64) & 1) != 0;
}

static void
marks_join(struct marks *to, const struct marks *from)
{
    for (size_t i = 0; to != NULL && i < to->words; i++) {
        to->bits[i] |= from->bits[i];
    }
}

/* A branch that may fail: what it evaluated counts only when it holds. */
static bool
eval_branch(struct check *c, const struct schema_node *node, const struct sjson *value,
    const struct place *place, const struct scope *scope, struct marks *marks)
{
    struct marks own = { 0 };
    if (marks != NULL && !marks_new(c, value, &own)) {
        return false;
    }
    c->quiet++;
    bool ok = eval(c, node, value, place, scope, marks == NULL ? NULL : &own);
    c->quiet--;
    if (ok) {
        marks_join(marks, &own);
    }
    return ok;
}

/* ---- any value -------------------------------------------------------------------------------------------------- */

static bool
check_type(struct check *c, const struct schema_node *node, const struct sjson *value)
{
    static const unsigned bits[] = {
        [SJSON_NULL] = TYPE_NULL,
        [SJSON_FALSE] = TYPE_BOOLEAN,
        [SJSON_TRUE] = TYPE_BOOLEAN,
        [SJSON_NUMBER] = TYPE_NUMBER,
        [SJSON_STRING] = TYPE_STRING,
        [SJSON_ARRAY] = TYPE_ARRAY,
        [SJSON_OBJECT] = TYPE_OBJECT,
    };
    struct schema_num num;
    if ((node->types & bits[value->type]) != 0) {
        return true;
    }
    if (value->type != SJSON_NUMBER || (node->types & TYPE_INTEGER) == 0) {
        return false;
    }
    sg_result r = schema_num_of(c->arena, value, &num);
    return sg_ok(r) ? schema_num_is_integer(&num) : give_up(c, r.code);
}

/* How much comparing costs, at most. */
static uint64_t
size_of(const struct sjson *value)
{
    return 1 + value->source.n / 16 + value->text.n / 16 + value->n;
}

static bool
same(struct check *c, const struct sjson *a, const struct sjson *b)
{
    return a->type == b->type && spend(c, size_of(a)) && sjson_equal(a, b);
}

static bool
in_enum(struct check *c, const struct schema_node *node, const struct sjson *value)
{
    for (const struct sjson *v = node->one_of_values->first; v != NULL; v = v->next) {
        if (!spend(c, 1)) {
            return false;
        }
        if (same(c, v, value)) {
            return true;
        }
    }
    return false;
}

static bool
check_any(struct check *c, const struct schema_node *node, const struct sjson *value,
    const struct place *place)
{
    if (node->types != 0 && !check_type(c, node, value)) {
        return refuse(c, place, "type");
    }
    if (node->constant != NULL && !same(c, node->constant, value)) {
        return refuse(c, place, "const");
    }
    if (node->one_of_values != NULL && !in_enum(c, node, value)) {
        return refuse(c, place, "enum");
    }
    return true;
}

/* ---- numbers ------------------------------------------------------------------------------------------------------ */

static bool
check_number(struct check *c, const struct schema_node *node, const struct sjson *value,
    const struct place *place)
{
    struct schema_num num;
    bool multiple = true;
    if (node->maximum == NULL && node->exclusive_maximum == NULL && node->minimum == NULL &&
        node->exclusive_minimum == NULL && node->multiple_of == NULL) {
        return true;
    }
    sg_result r = schema_num_of(c->arena, value, &num);
    if (sg_ok(r) && node->multiple_of != NULL) {
        r = schema_num_multiple(c->arena, &num, node->multiple_of, &c->work, &multiple);
    }
    if (!sg_ok(r)) {
        return give_up(c, r.code);
    }
    if (!multiple) {
        return refuse(c, place, "multipleOf");
    }
    if (node->maximum != NULL && schema_num_compare(&num, node->maximum) > 0) {
        return refuse(c, place, "maximum");
    }
    if (node->exclusive_maximum != NULL && schema_num_compare(&num, node->exclusive_maximum) >= 0) {
        return refuse(c, place, "exclusiveMaximum");
    }
    if (node->minimum != NULL && schema_num_compare(&num, node->minimum) < 0) {
        return refuse(c, place, "minimum");
    }
    if (node->exclusive_minimum != NULL && schema_num_compare(&num, node->exclusive_minimum) <= 0) {
        return refuse(c, place, "exclusiveMinimum");
    }
    return true;
}

/* ---- strings ------------------------------------------------------------------------------------------------------- */

static uint64_t
code_points(sg_str text)
{
    uint64_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    }
    return n;
}

static bool
matches(struct check *c, const struct regex *regex, sg_str text)
{
    bool is = false;
    sg_result r = regex_search(regex, text, c->room, &c->work, &is);
    return sg_ok(r) ? is : give_up(c, r.code);
}

static bool
check_format(struct check *c, const struct schema_node *node, const struct sjson *value)
{
    if (!spend(c, 1 + value->text.n)) {
        return false;
    }
    sg_result r = schema_format_check(c->arena, node->format, value->text);
    return sg_ok(r) || (r.code != SG_E_SCHEMA && give_up(c, r.code));
}

static bool
check_string(struct check *c, const struct schema_node *node, const struct sjson *value,
    const struct place *place)
{
    if (node->min_length > 0 || node->max_length != NO_LIMIT) {
        uint64_t n = spend(c, value->text.n / 64) ? code_points(value->text) : 0;
        if (n > node->max_length) {
            return refuse(c, place, "maxLength");
        }
        if (n < node->min_length) {
            return refuse(c, place, "minLength");
        }
    }
    if (node->pattern != NULL && !matches(c, node->pattern, value->text)) {
        return refuse(c, place, "pattern");
    }
    if (node->format != FORMAT_NONE && !check_format(c, node, value)) {
        return refuse(c, place, "format");
    }
    return true;
}

/* ---- arrays ---------------------------------------------------------------------------------------------------------- */

static bool
all_different(struct check *c, const struct sjson *array)
{
    for (const struct sjson *a = array->first; a != NULL; a = a->next) {
        for (const struct sjson *b = a->next; b != NULL; b = b->next) {
            if (!spend(c, 1) || same(c, a, b)) {
                return false;
            }
        }
    }
    return true;
}

static bool
check_contains(struct check *c, const struct schema_node *node, const struct sjson *array,
    const struct place *place, const struct scope *scope, struct marks *marks)
{
    uint64_t n = 0;
    size_t index = 0;
    for (const struct sjson *v = array->first; v != NULL; v = v->next, index++) {
        struct place here = { .parent = place, .index = index, .is_index = true };
        if (eval_branch(c, node->contains, v, &here, scope, NULL)) {
            n++;
            mark(marks, index);
        }
    }
    if (n < node->min_contains) {
        return refuse(c, place, node->min_contains == 1 ? "contains" : "minContains");
    }
    return n <= node->max_contains || refuse(c, place, "maxContains");
}

static bool
check_items(struct check *c, const struct schema_node *node, const struct sjson *array,
    const struct place *place, const struct scope *scope, struct marks *marks)
{
    size_t index = 0;
    for (const struct sjson *v = array->first; v != NULL; v = v->next, index++) {
        struct place here = { .parent = place, .index = index, .is_index = true };
        const struct schema_node *item =
            index < node->prefix_items.n ? node->prefix_items.nodes[index] : node->items;
        if (item == NULL) {
            break;
        }
        if (!eval(c, item, v, &here, scope, NULL)) {
            return false;
        }
        mark(marks, index);
    }
    return true;
}

static bool
check_array(struct check *c, const struct schema_node *node, const struct sjson *array,
    const struct place *place, const struct scope *scope, struct marks *marks)
{
    if (array->n > node->max_items) {
        return refuse(c, place, "maxItems");
    }
    if (array->n < node->min_items) {
        return refuse(c, place, "minItems");
    }
    if (node->unique_items && !all_different(c, array)) {
        return refuse(c, place, "uniqueItems");
    }
    if ((node->items != NULL || node->prefix_items.n > 0) &&
        !check_items(c, node, array, place, scope, marks)) {
        return false;
    }
    return node->contains == NULL || check_contains(c, node, array, place, scope, marks);
}

/* ---- objects ---------------------------------------------------------------------------------------------------------- */

static bool
has_all(struct check *c, const struct sjson *object, const struct sjson *names)
{
    for (const struct sjson *v = names->first; v != NULL; v = v->next) {
        if (!spend(c, 1 + (object->sorted == NULL ? object->n : 8)) ||
            sjson_get_str(object, v->text) == NULL) {
            return false;
        }
    }
    return true;
}

static bool
check_required(struct check *c, const struct schema_node *node, const struct sjson *object,
    const struct place *place)
{
    if (node->required != NULL && !has_all(c, object, node->required)) {
        return refuse(c, place, "required");
    }
    if (node->dependent_required == NULL) {
        return true;
    }
    for (const struct sjson *v = node->dependent_required->first; v != NULL; v = v->next) {
        if (spend(c, 1) && sjson_get_str(object, v->name) != NULL && !has_all(c, object, v)) {
            return refuse(c, place, "dependentRequired");
        }
    }
    return c->code == SG_OK;
}

static bool
check_name(struct check *c, const struct schema_node *node, const struct sjson *member,
    const struct place *here, const struct scope *scope)
{
    struct sjson name = { .type = SJSON_STRING, .text = member->name };
    c->quiet++; /* what is told is that the name is wrong, at its member */
    bool ok = eval(c, node->property_names, &name, here, scope, NULL);
    c->quiet--;
    return ok || refuse(c, here, "propertyNames");
}

static bool
check_member(struct check *c, const struct schema_node *node, const struct sjson *member,
    const struct place *here, const struct scope *scope, bool *ret_evaluated)
{
    const struct schema_node *property = schema_property_find(&node->properties, member->name);
    *ret_evaluated = property != NULL;
    if (property != NULL && !eval(c, property, member, here, scope, NULL)) {
        return false;
    }
    for (size_t i = 0; i < node->pattern_properties.n; i++) {
        const struct schema_pattern *row = &node->pattern_properties.rows[i];
        if (!matches(c, row->regex, member->name)) {
            continue;
        }
        *ret_evaluated = true;
        if (!eval(c, row->node, member, here, scope, NULL)) {
            return false;
        }
    }
    if (*ret_evaluated || node->additional_properties == NULL) {
        return c->code == SG_OK;
    }
    *ret_evaluated = true;
    const struct schema_node *additional = node->additional_properties;
    if (additional->boolean && !additional->truth) {
        return refuse(c, here, "additionalProperties");
    }
    return eval(c, additional, member, here, scope, NULL);
}

static bool
check_members(struct check *c, const struct schema_node *node, const struct sjson *object,
    const struct place *place, const struct scope *scope, struct marks *marks)
{
    size_t index = 0;
    for (const struct sjson *v = object->first; v != NULL; v = v->next, index++) {
        struct place here = { .parent = place, .name = v->name };
        bool evaluated = false;
        if (!spend(c, 1) || !check_member(c, node, v, &here, scope, &evaluated)) {
            return false;
        }
        if (evaluated) {
            mark(marks, index);
        }
        if (node->property_names != NULL && !check_name(c, node, v, &here, scope)) {
            return false;
        }
    }
    return true;
}

static bool
check_object(struct check *c, const struct schema_node *node, const struct sjson *object,
    const struct place *place, const struct scope *scope, struct marks *marks)
{
    if (object->n > node->max_properties) {
        return refuse(c, place, "maxProperties");
    }
    if (object->n < node->min_properties) {
        return refuse(c, place, "minProperties");
    }
    if (!check_required(c, node, object, place)) {
        return false;
    }
    bool members = node->properties.n > 0 || node->pattern_properties.n > 0 ||
                   node->additional_properties != NULL || node->property_names != NULL;
    if (members && !check_members(c, node, object, place, scope, marks)) {
        return false;
    }
    for (size_t i = 0; i < node->dependent_schemas.n; i++) {
        const struct schema_property *row = &node->dependent_schemas.rows[i];
        if (!spend(c, 1)) {
            return false;
        }
        if (sjson_get_str(object, row->name) != NULL &&
            !eval(c, row->node, object, place, scope, marks)) {
            return refuse(c, place, "dependentSchemas");
        }
    }
    return true;
}

/* ---- in place ------------------------------------------------------------------------------------------------------------ */

static bool
check_one_of(struct check *c, const struct schema_node *node, const struct sjson *value,
    const struct place *place, const struct scope *scope, struct marks *marks)
{
    size_t holds = 0;
    for (size_t i = 0; i < node->one_of.n && holds < 2; i++) {
        holds += eval_branch(c, node->one_of.nodes[i], value, place, scope, marks) ? 1 : 0;
    }
    return holds == 1 || refuse(c, place, "oneOf");
}

/* Every branch is tried, also when one holds already: each may evaluate other children. */
static bool
check_any_of(struct check *c, const struct schema_node *node, const struct sjson *value,
    const struct place *place, const struct scope *scope, struct marks *marks)
{
    bool holds = false;
    for (size_t i = 0; i < node->any_of.n && (!holds || marks != NULL); i++) {
        holds |= eval_branch(c, node->any_of.nodes[i], value, place, scope, marks);
    }
    return holds || refuse(c, place, "anyOf");
}

static bool
check_if(struct check *c, const struct schema_node *node, const struct sjson *value,
    const struct place *place, const struct scope *scope, struct marks *marks)
{
    const struct schema_node *next =
        eval_branch(c, node->if_, value, place, scope, marks) ? node->then : node->else_;
    return c->code == SG_OK && (next == NULL || eval(c, next, value, place, scope, marks));
}

/* core 8.2.3.2: the outermost resource of the dynamic scope that has a dynamic anchor of that name. */
static const struct schema_node *
dynamic_target(struct check *c, const struct schema_node *node, const struct scope *scope)
{
    const struct schema_node *target = node->dynamic_ref;
    if (node->dynamic_name.n == 0) {
        return target;
    }
    for (const struct scope *s = scope; s != NULL && spend(c, 1); s = s->outer) {
        for (const struct schema_anchor *a = s->resource->anchors; a != NULL; a = a->next) {
            if (a->dynamic && sg_str_equal(a->name, node->dynamic_name)) {
                target = a->node;
            }
        }
    }
    return target;
}

static bool
check_in_place(struct check *c, const struct schema_node *node, const struct sjson *value,
    const struct place *place, const struct scope *scope, struct marks *marks)
{
    if (node->ref != NULL && !eval(c, node->ref, value, place, scope, marks)) {
        return false;
    }
    if (node->dynamic_ref != NULL &&
        !eval(c, dynamic_target(c, node, scope), value, place, scope, marks)) {
        return false;
    }
    for (size_t i = 0; i < node->all_of.n; i++) {
        if (!eval(c, node->all_of.nodes[i], value, place, scope, marks)) {
            return false;
        }
    }
    if (node->any_of.n > 0 && !check_any_of(c, node, value, place, scope, marks)) {
        return false;
    }
    if (node->one_of.n > 0 && !check_one_of(c, node, value, place, scope, marks)) {
        return false;
    }
    if (node->not != NULL && eval_branch(c, node->not, value, place, scope, NULL)) {
        return refuse(c, place, "not");
    }
    return node->if_ == NULL || check_if(c, node, value, place, scope, marks);
}

/* ---- what nothing else has evaluated ------------------------------------------------------------------------------------- */

static bool
check_unevaluated(struct check *c, const struct schema_node *rest, const struct sjson *value,
    const struct place *place, const struct scope *scope, struct marks *marks, const char *keyword)
{
    size_t index = 0;
    for (const struct sjson *v = value->first; v != NULL; v = v->next, index++) {
        struct place here = {
            .parent = place, .name = v->name, .index = index, .is_index = value->type == SJSON_ARRAY
        };
        if (!spend(c, 1)) {
            return false;
        }
        if (marked(marks, index)) {
            continue;
        }
        if (rest->boolean && !rest->truth) {
            return refuse(c, &here, keyword);
        }
        if (!eval(c, rest, v, &here, scope, NULL)) {
            return false;
        }
        mark(marks, index);
    }
    return true;
}

static bool
eval_marked(struct check *c, const struct schema_node *node, const struct sjson *value,
    const struct place *place, const struct scope *scope, struct marks *marks)
{
    if (!check_any(c, node, value, place)) {
        return false;
    }
    if (value->type == SJSON_NUMBER && !check_number(c, node, value, place)) {
        return false;
    }
    if (value->type == SJSON_STRING && !check_string(c, node, value, place)) {
        return false;
    }
    if (value->type == SJSON_ARRAY && !check_array(c, node, value, place, scope, marks)) {
        return false;
    }
    if (value->type == SJSON_OBJECT && !check_object(c, node, value, place, scope, marks)) {
        return false;
    }
    return check_in_place(c, node, value, place, scope, marks);
}

/* A node with unevaluated*: sees what its own keywords evaluated, not what stands beside it further out. */
static bool
eval_rest(struct check *c, const struct schema_node *node, const struct sjson *value,
    const struct place *place, const struct scope *scope, struct marks *marks)
{
    bool object = value->type == SJSON_OBJECT;
    const struct schema_node *rest = object                       ? node->unevaluated_properties
                                     : value->type == SJSON_ARRAY ? node->unevaluated_items
                                                                  : NULL;
    struct marks own = { 0 };
    if (rest == NULL) {
        return eval_marked(c, node, value, place, scope, marks);
    }
    if (!marks_new(c, value, &own) || !eval_marked(c, node, value, place, scope, &own) ||
        !check_unevaluated(c, rest, value, place, scope, &own,
            object ? "unevaluatedProperties" : "unevaluatedItems")) {
        return false;
    }
    marks_join(marks, &own);
    return true;
}

static bool
eval(struct check *c, const struct schema_node *node, const struct sjson *value,
    const struct place *place, const struct scope *scope, struct marks *marks)
{
    if (!spend(c, 1)) {
        return false;
    }
    if (node->boolean) {
        return node->truth || refuse(c, place, "");
    }
    if (c->depth == SCHEMA_DEPTH_MAX) {
        return give_up(c, SG_E_WORK); /* also references that go round without getting anywhere */
    }
    struct scope entered = { node->resource, scope };
    bool same_resource = scope != NULL && scope->resource == node->resource;
    c->depth++;
    bool ok = eval_rest(c, node, value, place, same_resource ? scope : &entered, marks);
    c->depth--;
    return ok && c->code == SG_OK;
}

sg_result
schema_check(const struct schema *schema, struct sg_arena *arena, const struct sjson *value,
    struct schema_fault *fault)
{
    struct check c = {
        .schema = schema, .arena = arena, .fault = fault, .work = SCHEMA_WORK_MAX, .code = SG_OK
    };
    if (fault != NULL) {
        *fault = (struct schema_fault){ .keyword = "" };
    }
    c.room = SG_NEW_ARRAY(arena, REGEX_ROOM(schema->regex_max) + 1, uint32_t);
    SG_REQUIRE(c.room != NULL, NO_MEMORY);
    bool ok = eval(&c, schema->root, value, NULL, NULL, NULL);
    if (c.code != SG_OK) {
        return (sg_result){ c.code };
    }
    SG_REQUIRE(ok, SCHEMA);
    return SG_DONE;
}

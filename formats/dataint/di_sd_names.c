/* One name for a JSON object and for its copies in selections. */
#include "di_sd.h"

struct slot {
    const struct sjson *key; /* NULL: empty */
    const struct sjson *original;
    size_t number;
    bool numbered;
};
struct di_sd_names {
    struct sg_arena *arena;
    struct slot *slots;
    size_t cap; /* a power of two */
    size_t n;
    size_t next_number;
    enum sg_code failed;
};

static struct slot *
slot_of(struct slot *slots, size_t cap, const struct sjson *key)
{
    size_t at = ((uintptr_t)key >> 4) * (size_t)0x9e3779b97f4a7c15 >> 20;
    for (;; at++) {
        struct slot *slot = &slots[at & (cap - 1)];
        if (slot->key == key || slot->key == NULL) {
            return slot;
        }
    }
}

static bool
grow(struct di_sd_names *names)
{
    size_t cap = names->cap == 0 ? 64 : names->cap * 2;
    struct slot *slots = SG_NEW_ARRAY(names->arena, cap, struct slot);
    if (slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < names->cap; i++) {
        if (names->slots[i].key != NULL) {
            *slot_of(slots, cap, names->slots[i].key) = names->slots[i];
        }
    }
    names->slots = slots;
    names->cap = cap;
    return true;
}

/* Find or add; NULL when out of memory. */
static struct slot *
entry(struct di_sd_names *names, const struct sjson *key)
{
    if (names->n * 2 >= names->cap && !grow(names)) {
        return NULL;
    }
    struct slot *slot = slot_of(names->slots, names->cap, key);
    if (slot->key == NULL) {
        *slot = (struct slot){ .key = key, .original = key };
        names->n++;
    }
    return slot;
}

sg_result
di_sd_names_new(struct sg_arena *arena, struct di_sd_names **ret)
{
    struct di_sd_names *names = SG_NEW(arena, struct di_sd_names);
    SG_REQUIRE(names != NULL, NO_MEMORY);
    names->arena = arena;
    SG_REQUIRE(grow(names), NO_MEMORY);
    *ret = names;
    return SG_DONE;
}

bool
di_sd_names_alias(struct di_sd_names *names, const struct sjson *copy, const struct sjson *original)
{
    const struct slot *target = entry(names, original);
    const struct sjson *first = target == NULL ? NULL : target->original;
    struct slot *slot = first == NULL ? NULL : entry(names, copy);
    if (slot == NULL) {
        return false;
    }
    slot->original = first;
    return true;
}

static sg_str
fail(struct di_sd_names *names, enum sg_code code)
{
    if (names->failed == SG_OK) {
        names->failed = code;
    }
    return SG_NO_STR;
}

static sg_str
text_or_fail(struct di_sd_names *names, sg_result r, sg_str text)
{
    return sg_ok(r) ? text : fail(names, r.code);
}

/*
 * A label of the document's own keeps its text, which is the same in every selection. Nodes that stand for no object of the document
 * (cells of lists, names of graphs) would get other names in a selection: such documents cannot be disclosed in parts.
 */
sg_str
di_sd_name(void *context, const struct sjson *source, sg_str label)
{
    struct di_sd_names *names = context;
    sg_str text = SG_NO_STR;
    if (label.n > 0) {
        sg_result r = sg_arena_printf(names->arena, &text, "e%.*s", SG_PRINT(label));
        return text_or_fail(names, r, text);
    }
    if (source == NULL) {
        return fail(names, SG_E_UNSUPPORTED);
    }
    const struct slot *asked = entry(names, source);
    struct slot *slot = asked == NULL ? NULL : entry(names, asked->original);
    if (slot == NULL) {
        return fail(names, SG_E_NO_MEMORY);
    }
    if (!slot->numbered) {
        slot->numbered = true;
        slot->number = names->next_number++;
    }
    sg_result r = sg_arena_printf(names->arena, &text, "b%zu", slot->number);
    return text_or_fail(names, r, text);
}

enum sg_code
di_sd_names_failed(const struct di_sd_names *names)
{
    return names->failed;
}

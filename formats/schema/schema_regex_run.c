/* The runner: all states at once, so each code point costs at most one visit of each instruction (Thompson 1968). */
#include "schema_regex_int.h"

/* States alive at a place. `seen` holds the turn in which an instruction was reached. */
struct states {
    uint32_t *list;
    size_t n;
};

struct run {
    const struct regex *regex;
    uint32_t *seen;
    uint32_t *stack;
    uint32_t turn;
    uint64_t steps;
    bool begin, end, edge;
    bool matched;
};

static bool
in_set(const struct regex_op *op, uint32_t c)
{
    size_t low = 0;
    size_t high = op->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c > op->ranges[middle].to) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < op->n && c >= op->ranges[low].from;
}

static bool
is_word(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static void
push(struct run *run, size_t *top, size_t at)
{
    if (run->seen[at] != run->turn) {
        run->seen[at] = run->turn;
        run->stack[(*top)++] = (uint32_t)at;
    }
}

/* Everything that can be reached from `at` without reading. Each instruction once per turn, so the stack never holds more than all. */
static void
follow(struct run *run, struct states *states, size_t from)
{
    size_t top = 0;
    push(run, &top, from);
    while (top > 0) {
        size_t at = run->stack[--top];
        const struct regex_op *op = &run->regex->ops[at];
        run->steps++;
        switch (op->kind) {
        case REGEX_CHAR:
        case REGEX_SET:
            states->list[states->n++] = (uint32_t)at;
            break;
        case REGEX_SPLIT:
            push(run, &top, (size_t)((int64_t)at + op->b));
            push(run, &top, (size_t)((int64_t)at + op->a));
            break;
        case REGEX_JUMP:
            push(run, &top, (size_t)((int64_t)at + op->a));
            break;
        case REGEX_MATCH:
            run->matched = true;
            break;
        case REGEX_BEGIN:
        case REGEX_END:
        case REGEX_WORD_EDGE:
        case REGEX_NO_WORD_EDGE:
            if (op->kind == REGEX_BEGIN       ? run->begin
                : op->kind == REGEX_END       ? run->end
                : op->kind == REGEX_WORD_EDGE ? run->edge
                                              : !run->edge) {
                push(run, &top, at + 1);
            }
            break;
        }
    }
}

static void
step(struct run *run, const struct states *now, uint32_t c, struct states *next)
{
    for (size_t i = 0; i < now->n; i++) {
        const struct regex_op *op = &run->regex->ops[now->list[i]];
        run->steps++;
        if (op->kind == REGEX_CHAR ? op->c == c : in_set(op, c)) {
            follow(run, next, now->list[i] + 1);
        }
    }
}

static bool
spend(struct run *run, uint64_t *work)
{
    if (run->steps > *work) {
        *work = 0;
        return false;
    }
    *work -= run->steps;
    run->steps = 0;
    return true;
}

static void
look(struct run *run, sg_str text, size_t at, bool word_before)
{
    size_t next = at;
    bool word_after = at < text.n && is_word(regex_code_point(text, &next));
    run->begin = at == 0;
    run->end = at == text.n;
    run->edge = word_before != word_after;
}

sg_result
regex_search(const struct regex *regex, sg_str text, uint32_t *room, uint64_t *work, bool *ret)
{
    memset(room, 0, REGEX_ROOM(regex->n) * sizeof(room[0]));
    struct run run = {
        .regex = regex, .seen = room, .stack = room + regex->n, .steps = 1 + regex->n / 8
    };
    struct states now = { .list = room + 2 * regex->n };
    struct states next = { .list = room + 3 * regex->n };
    bool word_before = false;
    size_t at = 0;
    look(&run, text, 0, false);
    run.turn = 1;
    for (;;) {
        follow(&run, &now,
            0); /* a match may begin here: instructions of this turn that are there already stay */
        SG_REQUIRE(spend(&run, work), WORK);
        if (run.matched || at == text.n) {
            break;
        }
        uint32_t c = regex_code_point(text, &at);
        run.turn++;
        word_before = is_word(c);
        look(&run, text, at, word_before);
        next.n = 0;
        step(&run, &now, c, &next);
        struct states other = now;
        now = next;
        next = other;
    }
    *ret = run.matched;
    return SG_DONE;
}

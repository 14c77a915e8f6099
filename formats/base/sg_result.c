#include "sg_result.h"

static const struct sg_code_row rows[] = {
#define X(name, number, class, sentence) { SG_E_##name, SG_CLASS_##class, #name, sentence },
#include "errors.def"
#undef X
};

static const struct sg_code_row ok_row = { SG_OK, SG_CLASS_NONE, "OK", "done" };

const struct sg_code_row *
sg_code_rows(size_t *ret_n)
{
    *ret_n = sizeof(rows) / sizeof(rows[0]);
    return rows;
}

static const struct sg_code_row *
find_row(uint64_t number)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((uint64_t)rows[i].code == number) {
            return &rows[i];
        }
    }
    return NULL;
}

const struct sg_code_row *
sg_code_row(enum sg_code code)
{
    if (code == SG_OK) {
        return &ok_row;
    }
    const struct sg_code_row *row = find_row((uint64_t)code);
    return row != NULL ? row : find_row(SG_E_INTERNAL);
}

sg_result
sg_result_of(uint64_t number)
{
    if (number == 0) {
        return SG_DONE;
    }
    const struct sg_code_row *row = find_row(number);
    return row != NULL ? (sg_result){ row->code } : SG_ERROR(INTERNAL);
}

void
sg_why_note(struct sg_why *why, const char *what, uint64_t at, uint64_t detail)
{
    if (why == NULL || why->what != NULL) {
        return;
    }
    why->what = what;
    why->at = at;
    why->detail = detail;
}

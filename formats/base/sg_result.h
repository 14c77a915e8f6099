/*
 * Results. Every function that can fail returns sg_result; the compiler refuses to ignore one.
 * A result is a code only (errors.def); detail for operators goes into an optional struct sg_why.
 */
#ifndef SG_RESULT_H
#define SG_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sg_code {
    SG_OK = 0,
#define X(name, number, class, sentence) SG_E_##name = number,
#include "errors.def"
#undef X
};

/* What kind of refusal a code is; faces map classes to status codes. */
enum sg_class {
    SG_CLASS_NONE,
    SG_CLASS_INPUT,
    SG_CLASS_AUTHN,
    SG_CLASS_ACTIVATION,
    SG_CLASS_POLICY,
    SG_CLASS_STATUS,
    SG_CLASS_STATE,
    SG_CLASS_LIMIT,
    SG_CLASS_UPSTREAM,
    SG_CLASS_INTERNAL,
};

/* One member, so that an int, a bool or a pointer cannot stand in for it. */
typedef struct {
    enum sg_code code;
} sg_result;

#define SG_CHECKED __attribute__((warn_unused_result))
#define SG_CLEANUP(fn) __attribute__((cleanup(fn)))

#define SG_DONE ((sg_result){ SG_OK })
#define SG_ERROR(name) ((sg_result){ SG_E_##name })

static inline bool
sg_ok(sg_result r)
{
    return r.code == SG_OK;
}

/* Leave the function with the callee's refusal. */
#define SG_TRY(call)                \
    do {                            \
        sg_result sg_try_ = (call); \
        if (!sg_ok(sg_try_)) {      \
            return sg_try_;         \
        }                           \
    } while (0)

/* Leave with SG_E_<name> unless the condition holds. */
#define SG_REQUIRE(condition, name) \
    do {                            \
        if (!(condition)) {         \
            return SG_ERROR(name);  \
        }                           \
    } while (0)

#define SG_FAIL(name) return SG_ERROR(name)

/* For the rare place where a refusal truly does not matter; say why beside it. */
#define SG_IGNORE(call)                 \
    do {                                \
        sg_result sg_ignored_ = (call); \
        (void)sg_ignored_;              \
    } while (0)

/* A row of errors.def. Unknown numbers give the row of INTERNAL. Static storage. */
struct sg_code_row {
    enum sg_code code;
    enum sg_class class_;
    const char *name;     /* "STATUS_UNKNOWN" */
    const char *sentence; /* for strangers */
};
const struct sg_code_row *sg_code_row(enum sg_code code);

/* All rows, for tests that walk them. */
const struct sg_code_row *sg_code_rows(size_t *ret_n);

/* A code that came over the wire: known numbers unchanged, anything else INTERNAL, 0 stays SG_OK. */
sg_result sg_result_of(uint64_t number);

/*
 * Why, for operators: first cause wins, so the innermost function speaks. Never secrets or claims.
 * `why` may be NULL everywhere.
 */
struct sg_why {
    const char *what; /* static text: "C_Sign", "member vct" */
    uint64_t at;      /* byte offset, index or count; 0 if meaningless */
    uint64_t detail;  /* errno, CKR_*, SQLite or curl code; 0 if meaningless */
};
void sg_why_note(struct sg_why *why, const char *what, uint64_t at, uint64_t detail);

#endif

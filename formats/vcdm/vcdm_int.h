/* Shared by the files of this folder, for nobody else. */
#ifndef VCDM_INT_H
#define VCDM_INT_H

#include "vcdm.h"

/* What every rule needs at hand. */
struct vcdm_check {
    struct sg_arena *arena;
    const struct vcdm_rules *rules;
    struct sg_why *why;
    enum vcdm_version version;
};

/* A refusal with the member's name (static text), its position and the problem type. */
SG_CHECKED sg_result vcdm_refuse(
    const struct vcdm_check *c, const char *what, uint64_t at, enum vcdm_problem problem);

/* A value of the wrong form or kind: the usual case. */
#define VCDM_REQUIRE(condition, c, what, at)                                   \
    do {                                                                       \
        if (!(condition)) {                                                    \
            return vcdm_refuse((c), (what), (at), VCDM_MALFORMED_VALUE_ERROR); \
        }                                                                      \
    } while (0)

/* One value or an array of them, as JSON-LD writes sets: `one` gets each in turn. An empty array has none. */
struct vcdm_set {
    const struct sjson *next;
    size_t n;
    bool array;
};
/* `v` may be NULL: an empty set. */
struct vcdm_set vcdm_set_of(const struct sjson *v);
const struct sjson *vcdm_set_next(struct vcdm_set *set);

/* `id` of an object: absent (empty) or one URL. `what` names it. */
SG_CHECKED sg_result vcdm_read_id(const struct vcdm_check *c, const struct sjson *object,
    const char *what, uint64_t at, bool required, sg_str *ret);
/* `type` of an object: one or more terms or URLs; `must` (or NULL) is one of them. */
SG_CHECKED sg_result vcdm_read_types(const struct vcdm_check *c, const struct sjson *object,
    const char *what, uint64_t at, const char *must);
/* No keywords as names beside @context: their aliases are what the data model names (4.5, "type" and "id"). */
SG_CHECKED sg_result vcdm_no_keywords(
    const struct vcdm_check *c, const struct sjson *object, const char *what, uint64_t at);
/* @context of a document, and with it the version. */
SG_CHECKED sg_result vcdm_read_context(struct vcdm_check *c, const struct sjson *document);
/* relatedResource (5.3). */
SG_CHECKED sg_result vcdm_check_resources(
    const struct vcdm_check *c, const struct sjson *resources);
/* Objects with type, and id where it is needed: rows of a table. `credential`: or else a presentation. */
SG_CHECKED sg_result vcdm_check_parts(
    const struct vcdm_check *c, const struct sjson *document, bool credential);

#endif

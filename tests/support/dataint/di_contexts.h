/* The context documents of the shared folder as a set, for tests. */
#ifndef DI_CONTEXTS_H
#define DI_CONTEXTS_H

#include "jsonld.h"

/* Skips the program when the shared folder is missing. Free with jsonld_contexts_free. */
struct jsonld_contexts *di_test_contexts(struct sg_arena *arena);

#endif

/* Folders of settings that people write: DIR/verifiers, DIR/attesters. */
#ifndef FLOW_FOLDER_H
#define FLOW_FOLDER_H

#include "sg_arena.h"

#define FLOW_FOLDER_FILE_MAX ((size_t)128 * 1024)

/* One file's text, "${BASE}" replaced; lives in the arena of the call. Its refusals end the reading. */
typedef sg_result (*flow_folder_fn)(void *context, sg_str text, struct sg_why *why);
/*
 * Every *.json of `dir` in name order, links not followed. No folder: nothing is called. SG_E_CONFIGURATION with `why` (a folder or file that cannot be read, that
 * is empty or too large) and what `each` refuses; `ret_file` then names the file, and is empty after success.
 */
SG_CHECKED sg_result flow_folder_read(struct sg_arena *arena, const char *dir, sg_str base,
    struct sg_why *why, sg_str *ret_file, flow_folder_fn each, void *context);

#endif

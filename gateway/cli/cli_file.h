/* Files of the state directory and of the person at the keyboard. */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include <sys/types.h>

#include "cli.h"

/* "DIR/relative" in the arena; NULL when out of memory. */
const char *cli_path(const struct cli *cli, const char *relative);

/* A whole file of at most CLI_FILE_MAX bytes; "-" is stdin. SG_E_NOT_FOUND, SG_E_TOO_LARGE, SG_E_POLICY (not readable). */
SG_CHECKED sg_result cli_read(struct sg_arena *arena, const char *path, sg_bytes *ret);
/* The same without blanks at the ends: credentials, tokens and keys come with a newline. */
SG_CHECKED sg_result cli_read_text(struct sg_arena *arena, const char *path, sg_str *ret);
/* A JSON object. */
SG_CHECKED sg_result cli_read_json(
    struct sg_arena *arena, const char *path, const struct sjson **ret);

/* What is wrong with a file that was named, as one line on stderr: CLI_FAILED. */
int cli_unreadable(const struct cli *cli, const char *path, sg_result r);

/* All or nothing: a new file beside it, synced, renamed over it; what is no file (/dev/stdout) is written to as it is. SG_E_STORE_DOWN with errno set. */
SG_CHECKED sg_result cli_write(const char *path, sg_bytes content, mode_t mode);
/* Make a folder (parents too) with this mode; there already is fine. SG_E_STORE_DOWN with errno set. */
SG_CHECKED sg_result cli_mkdirs(const char *path, mode_t mode);

/* Bytes of the kernel's generator. Ends the program when there are none: nothing can go on without. */
void cli_random(uint8_t *out, size_t n);
/* UTC seconds. The one place of the command that reads the clock. */
int64_t cli_now(void);

#endif

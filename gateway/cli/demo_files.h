/* The files of conf/demo that `init --demo` lays down, built into the program (gateway/cli/CMakeLists.txt makes demo_files.c). */
#ifndef DEMO_FILES_H
#define DEMO_FILES_H

#include "sg_bytes.h"

struct demo_file {
    const char *name; /* "employee_badge.json", "contexts/index.json" */
    sg_bytes content;
};
const struct demo_file *demo_files(size_t *ret_n);

#endif

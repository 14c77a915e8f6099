/* What the kernel says of the three processes: CPU time and resident memory. */
#ifndef BENCH_PROC_H
#define BENCH_PROC_H

#include <sys/types.h>

#include "sg_result.h"

struct bench_proc {
    double cpu_us[3]; /* gateway, courier, signer: user and system, all threads, since start */
    double rss_mb[3];
};

/* Process ids of the three, from DIR/run. SG_E_NOT_FOUND when one is not running. */
SG_CHECKED sg_result bench_proc_find(const char *dir, pid_t ret[3]);
SG_CHECKED sg_result bench_proc_read(const pid_t pids[3], struct bench_proc *ret);

#endif

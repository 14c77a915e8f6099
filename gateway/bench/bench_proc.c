#include "bench_proc.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[3] = { "sealgate-gateway", "sealgate-courier", "sealgate-signer" };

/* A process's /proc/PID/<what> as text; empty when it cannot be read. Returns the length. */
static size_t
proc_text(pid_t pid, const char *what, char *out, size_t cap)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
    FILE *f = fopen(path, "rb");
    size_t n = 0;
    if (f != NULL) {
        n = fread(out, 1, cap - 1, f);
        fclose(f);
    }
    out[n] = '\0';
    return n;
}

/* Is `cmdline` (NUL-separated) that of program `name` started for the folder `dir`? */
static bool
is_ours(const char *cmdline, size_t n, const char *name, const char *dir)
{
    const char *slash = strrchr(cmdline, '/');
    if (strcmp(slash == NULL ? cmdline : slash + 1, name) != 0) {
        return false;
    }
    for (size_t i = strlen(cmdline) + 1; i < n; i += strlen(cmdline + i) + 1) {
        if (strcmp(cmdline + i, "--dir") == 0 && i + 6 < n) {
            char real[PATH_MAX];
            return realpath(cmdline + i + 6, real) != NULL && strcmp(real, dir) == 0;
        }
    }
    return false;
}

sg_result
bench_proc_find(const char *dir, pid_t ret[3])
{
    char real[PATH_MAX];
    SG_REQUIRE(realpath(dir, real) != NULL, NOT_FOUND);
    pid_t found[3] = { 0 };
    DIR *proc = opendir("/proc");
    SG_REQUIRE(proc != NULL, NOT_FOUND);
    for (struct dirent *e = readdir(proc); e != NULL; e = readdir(proc)) {
        pid_t pid = (pid_t)atoi(e->d_name);
        char cmdline[8192];
        size_t n = pid > 0 ? proc_text(pid, "cmdline", cmdline, sizeof(cmdline)) : 0;
        for (size_t i = 0; n != 0 && i < 3; i++) {
            if (is_ours(cmdline, n, names[i], real)) {
                found[i] = pid;
            }
        }
    }
    closedir(proc);
    SG_REQUIRE(found[0] != 0 && found[1] != 0 && found[2] != 0, NOT_FOUND);
    memcpy(ret, found, sizeof(found));
    return SG_DONE;
}

sg_result
bench_proc_read(const pid_t pids[3], struct bench_proc *ret)
{
    double ticks = (double)sysconf(_SC_CLK_TCK);
    double page = (double)sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < 3; i++) {
        char text[1024];
        unsigned long long user;
        unsigned long long sys;
        unsigned long long pages;
        proc_text(pids[i], "stat", text, sizeof(text));
        /* fields are counted after the name, which may hold anything: proc(5) */
        const char *after = strrchr(text, ')');
        SG_REQUIRE(after != NULL, NOT_FOUND);
        int n =
            sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &sys);
        SG_REQUIRE(n == 2, NOT_FOUND);
        ret->cpu_us[i] = (double)(user + sys) / ticks * 1e6;
        proc_text(pids[i], "statm", text, sizeof(text));
        SG_REQUIRE(sscanf(text, "%*u %llu", &pages) == 1, NOT_FOUND);
        ret->rss_mb[i] = (double)pages * page / 1e6;
    }
    return SG_DONE;
}

#include "signer_log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "sg_bytes.h"

/* The budget, shared by engine and publisher: under `lock`. */
static struct {
    pthread_mutex_t lock;
    time_t second;
    unsigned lines;
    unsigned left_out;
} budget = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool
within_budget(time_t second, unsigned *ret_left_out)
{
    pthread_mutex_lock(&budget.lock);
    *ret_left_out = 0;
    if (second != budget.second) {
        *ret_left_out = budget.left_out;
        budget.second = second;
        budget.lines = budget.left_out = 0;
    }
    bool room = budget.lines < SIGNER_LOG_PER_S;
    budget.lines += room ? 1 : 0;
    budget.left_out += room ? 0 : 1;
    pthread_mutex_unlock(&budget.lock);
    return room;
}

void
signer_log(enum signer_level level, const char *event, const char *format, ...)
{
    static const char *const words[] = { "error", "warn", "info" };
    struct timespec now;
    unsigned left_out;
    clock_gettime(CLOCK_REALTIME, &now);
    bool room = within_budget(now.tv_sec, &left_out);
    if (left_out > 0) {
        dprintf(
            STDERR_FILENO, "level=warn process=signer event=lines-left-out count=%u\n", left_out);
    }
    if (!room) {
        return;
    }
    char line[1024];
    struct tm tm;
    gmtime_r(&now.tv_sec, &tm);
    int n = snprintf(line, sizeof(line),
        "ts=%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ level=%s process=signer event=%s ",
        tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
        now.tv_nsec / 1000000, words[level], event);
    va_list args;
    va_start(args, format);
    int m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, format, args);
    va_end(args);
    size_t len = strnlen(line, sizeof(line) - 2);
    (void)m;
    line[len++] = '\n';
    /* one write, so that lines of several processes do not mix */
    if (write(STDERR_FILENO, line, len) < 0) {
        return;
    }
}

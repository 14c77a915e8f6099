/* Logs: logfmt on standard error. Never claims, tokens, codes or proofs; a request is named by its id. req: OPS-2 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "serve.h"

/* Failures that strangers can cause may not fill the disk. */
#define LINES_PER_SECOND 200

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the two below */
static time_t this_second;
static unsigned lines;

static bool
may_write(time_t now)
{
    pthread_mutex_lock(&lock);
    if (now != this_second) {
        this_second = now;
        lines = 0;
    }
    bool may = lines < LINES_PER_SECOND;
    lines++;
    pthread_mutex_unlock(&lock);
    return may;
}

void
serve_log(const char *level, const char *event, const char *format, ...)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (!may_write(now.tv_sec)) {
        return;
    }
    char line[1024];
    struct tm utc;
    gmtime_r(&now.tv_sec, &utc);
    size_t n = strftime(line, sizeof(line), "ts=%Y-%m-%dT%H:%M:%S", &utc);
    n += (size_t)snprintf(line + n, sizeof(line) - n, ".%03ldZ level=%s process=gateway event=%s ",
        now.tv_nsec / 1000000, level, event);
    va_list arguments;
    va_start(arguments, format);
    int more = vsnprintf(line + n, sizeof(line) - n - 1, format, arguments);
    va_end(arguments);
    if (more > 0) {
        size_t room = sizeof(line) - n - 2;
        n += (size_t)more < room ? (size_t)more : room;
    }
    line[n++] = '\n';
    ssize_t written =
        write(STDERR_FILENO, line, n); /* one write: lines of several threads stay whole */
    (void)written;
}

void
serve_observe(void *context, const struct http_done *done)
{
    struct serve *serve = context;
    serve_metrics_count(&serve->metrics, done);
    bool failed = done->status >= 500;
    if (!serve->conf.access_log && !failed) {
        return;
    }
    serve_log(failed ? "error" : "info", "request",
        "id=%s route=%s status=%u code=%s ms=%.2f in=%zu out=%zu", done->id,
        done->route == NULL ? "none" : done->route->name, done->status,
        done->code == SG_OK ? "OK" : sg_code_row(done->code)->name, (double)done->took_us / 1000.0,
        done->body_len, done->reply_len);
}

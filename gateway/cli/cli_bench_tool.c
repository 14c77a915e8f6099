#include "cli_bench_tool.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli_proc.h"

enum { WORDS_MAX = 16 };

static void
read_lines(int fd, void (*line)(void *context, const char *text), void *context)
{
    FILE *f = fdopen(fd, "r");
    char text[512];
    if (f == NULL) {
        close(fd);
        return;
    }
    while (fgets(text, sizeof(text), f) != NULL) {
        line(context, text);
    }
    fclose(f);
}

static bool
start(const char *const *words, int input, pid_t *ret_pid, int *ret_out)
{
    posix_spawn_file_actions_t actions;
    char *argv[WORDS_MAX];
    int out[2] = { -1, -1 };
    memcpy(argv, words, sizeof(argv)); /* posix_spawn does not write to them */
    if (pipe2(out, O_CLOEXEC) != 0) {
        return false;
    }
    bool good = posix_spawn_file_actions_init(&actions) == 0;
    if (good) {
        posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
        if (input >= 0) {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
        }
        good = posix_spawn(ret_pid, argv[0], &actions, NULL, argv, environ) == 0;
        posix_spawn_file_actions_destroy(&actions);
    }
    close(out[1]);
    if (!good) {
        close(out[0]);
        return false;
    }
    *ret_out = out[0];
    return true;
}

int
cli_bench_tool(const struct cli *cli, const char *const *words, int input,
    void (*line)(void *context, const char *text), void *context)
{
    const char *user = NULL;
    int code = cli_proc_user(cli, CLI_SIGNER, &user);
    const char *all[WORDS_MAX] = { cli_proc_program(cli, "sealgate-signer"), "--dir", cli->dir };
    size_t n = 3;
    if (code != CLI_DONE || all[0] == NULL) {
        return code != CLI_DONE ? code : cli_fail(cli, "out of memory");
    }
    for (size_t i = 0; words[i] != NULL && n + 3 < WORDS_MAX; i++) {
        all[n++] = words[i];
    }
    if (user != NULL) {
        all[n++] = "--user";
        all[n++] = user;
    }
    pid_t pid;
    int out;
    int status = -1;
    if (!start(all, input, &pid, &out)) {
        return cli_fail(cli, "cannot start %s", all[0]);
    }
    read_lines(out, line, context);
    if (waitpid(pid, &status, 0) != pid || status != 0) {
        return cli_fail(cli, "%s %s did not end well", all[0], words[0]);
    }
    return CLI_DONE;
}

/* SPDX-License-Identifier: ISC */
/* measure.c - runs a command and says what it cost, in one line in a file:
 *
 *     measure FILE command [argument ...]
 *
 * FILE gets `wall_ns cpu_ns peak_KiB status`: time on the clock, user and system time, peak resident memory of the command. The
 * command's own output is left alone. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os.h"

static int64_t ns(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000000000 + (int64_t)t.tv_usec * 1000;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: measure FILE command [argument ...]\n");
        return 2;
    }
    int64_t start = sv_os_monotonic_ns();
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        return 4;
    }
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    int status = 0;
    if (waitpid(child, &status, 0) < 0) {
        perror("waitpid");
        return 4;
    }
    int64_t wall = sv_os_monotonic_ns() - start;
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used); /* one child: its peak is the peak */
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    FILE *out = fopen(argv[1], "we");
    if (out == NULL) {
        perror(argv[1]);
        return 4;
    }
    fprintf(out, "%lld %lld %ld %d\n", (long long)wall, (long long)(ns(used.ru_utime) + ns(used.ru_stime)), used.ru_maxrss, code);
    return fclose(out) == 0 ? code : 4;
}

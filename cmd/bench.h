/* SPDX-License-Identifier: ISC */
/* bench.h - the verbs of sv-bench: a row each, in files of what belongs together (cmd/bench_*.c), and the options they share. What a
 * verb does lives in libcore/measure/ and libcore/run/.
 *
 *     struct bench bench = {.cli = cli};
 *     if (!bench_take(&bench, take_own, &status))
 *         return status;                                           // answered: help, a mistake
 */
#ifndef BENCH_H
#define BENCH_H

#include "cli.h"

struct bench {
    struct cli *cli;
    void *verb; /* the verb's own, for its callbacks */
};

/* Takes one of the verb's own options, cli->value with it; false when it is wrong, with cli's error (cli_refuse). */
typedef bool bench_own(struct bench *bench, int opt);

/* Takes the command line, cli->context becomes bench. False when it was answered, with the status to return. */
bool bench_take(struct bench *bench, bench_own *own, int *status);

/* Ends: cli->error is told if it says something. Returns the status. */
int bench_close(struct bench *bench, int status);

/* A whole number from least to most behind this option; a share, `3.5%` or 0.035, in millionths. False with cli's error. */
bool bench_number(struct cli *cli, const char *option, uint64_t least, uint64_t most, uint64_t *out);
bool bench_share(struct cli *cli, const char *option, uint32_t *out);

/* For the `versions` of a verb. */
void bench_versions(void *context, struct sv_buf *out);

extern const struct cli_program bench_gen;

#endif

/* SPDX-License-Identifier: ISC */
/* bench.h - the verbs of sv-bench: a row each, in files of what belongs together (cmd/bench_*.c), and the options they share. What a
 * verb does lives in libcore/measure/ and libcore/run/.
 *
 *     struct bench bench = {.cli = cli};
 *     if (!bench_take(&bench, take_own, &status))
 *         return status;                                           // answered: help, a mistake
 *     ...
 *     return bench_close(&bench, status);
 */
#ifndef BENCH_H
#define BENCH_H

#include "cli_read.h"
#include "run/result.h"

/* Ids of shared options; a verb's own begin at CLI_LONG. */
enum { BENCH_FOLDER = CLI_LONG + 3000, BENCH_REPEAT, BENCH_SEED, BENCH_WARM_UP };

#define BENCH_ROW_POLICIES {'p', "policies", "PATH", "use this policy file or folder; may be repeated", "file"}
#define BENCH_ROW_OUTPUT {'o', "output", "FORM", "print text (on terminals), json (elsewhere), csv", "text json csv"}
#define BENCH_ROW_FOLDER {BENCH_FOLDER, "folder", "PATH", "make data sets and stores below this folder", "folder"}
#define BENCH_ROW_REPEAT {BENCH_REPEAT, "repeat", "N", "go on for N repetitions (default: 10)", NULL}
#define BENCH_ROW_REPEAT_ONCE {BENCH_REPEAT, "repeat", "N", "go on for N repetitions (default: 1)", NULL}
#define BENCH_ROW_SEED {BENCH_SEED, "seed", "N", "make another fleet of the same kind (default: 1)", NULL}
#define BENCH_ROW_WARM_UP {BENCH_WARM_UP, "warm-up", "N", "read it N times before that (default: 1)", NULL}

struct bench;

/* Takes one of the verb's own options, cli->value with it; false when it is none of them, or wrong (then with cli's error). */
typedef bool bench_own(struct bench *bench, int opt);

struct bench {
    struct cli_read read;       /* first: log format, prices, operands, the signal to stop */
    struct cli *cli;
    bench_own *own;
    struct cli_words policies;
    struct sv_buf policies_path, folder_path;
    const char *folder;         /* complete behind bench_take */
    struct sv_list list;        /* of sv_results_columns unless the verb sets others */
    bool output_set;
    uint64_t repeat;            /* 0 before: the usual number */
    uint64_t warm_up, seed;
    struct sv_results results;
    struct sv_findings findings;
    bool progress_shown;
    void *verb;                 /* the verb's own, for its callbacks */
};

/* Takes the command line, cli->context becomes bench. False when it was answered, with the status to return. */
bool bench_take(struct bench *bench, bench_own *own, int *status);

/* Policies: those named, else the default ones. False with cli's error when there are none. */
bool bench_policies(struct bench *bench);

/* Appends the path of a file that is named, or of `name`.yaml below share/sv-tools/bench/`kind`. */
void bench_find(struct sv_buf *out, const char *kind, const char *name);

/* Prints bench->results in the form asked for. False when they could not be printed. */
bool bench_print(struct bench *bench);

/* On a terminal: `text`, done of all; context is a struct bench. With NULL the line is taken away. */
void bench_progress(struct bench *bench, const char *text, unsigned done, unsigned all);

/* Ends: findings and cli->error are told. Frees all, returns the status. */
int bench_close(struct bench *bench, int status);

/* A whole number from least to most behind this option; a share, `3.5%` or 0.035, in millionths. False with cli's error. */
bool bench_number(struct cli *cli, const char *option, uint64_t least, uint64_t most, uint64_t *out);
bool bench_share(struct cli *cli, const char *option, uint32_t *out);

/* For the `versions` and `values` of a verb. */
void bench_versions(void *context, struct sv_buf *out);
void bench_values(void *context, int opt, struct sv_buf *out);

extern const struct cli_program bench_gen, bench_run, bench_load, bench_queries, bench_capacity, bench_baseline, bench_compare, bench_gate, bench_report;

#endif

/* SPDX-License-Identifier: ISC */
/* cli_read.h - for programs and verbs that read logs: the options they share, signals, progress, and a run from its opening to
 * its exit status.
 *
 *     struct cli_read read = {.cli = cli};                  // or first in a struct with more
 *     cli_read_signals();
 *     if (cli_read_line(&read, take_own, complete_own, &status))
 *         status = cli_close(cli, cli_read_run(&read));
 *     cli_read_free(&read);
 */
#ifndef CLI_READ_H
#define CLI_READ_H

#include "cli_ask.h"
#include "run/run.h"

/* Ids of shared options without a letter, beside those of cli_ask.h about the store. */
enum { CLI_READ_HOME = CLI_LONG + 2000, CLI_READ_NO_REDACT, CLI_READ_SET, CLI_READ_STRICT };

#define CLI_READ_ROW_FORMAT {'i', "input", "FORMAT", "read all input as this log format (default: auto)", "ask"}
#define CLI_READ_ROW_SINCE {'S', "since", "TIME", "leave out events before TIME, such as today or -2h", NULL}
#define CLI_READ_ROW_UNTIL {'U', "until", "TIME", "leave out events from TIME on", NULL}
#define CLI_READ_ROW_HOME {CLI_READ_HOME, "home", NULL, "read what the agents of this user keep", NULL}
#define CLI_READ_ROW_SET {CLI_READ_SET, "set", "FIELD=VALUE", "fill a field that events lack; may be repeated", "ask"}
#define CLI_READ_ROW_NO_REDACT {CLI_READ_NO_REDACT, "no-redact", NULL, "print and store secrets as they stand", NULL}

/* A growing list of words; the words are borrowed. */
struct cli_words {
    const char **items;
    size_t count;
};

/* Appends a word. */
void cli_words_add(struct cli_words *words, const char *word);

struct cli_read {
    struct cli *cli;
    struct sv_run_spec spec;
    struct cli_words operands;
    struct sv_value preset[SV_F_COUNT]; /* of --set */
    bool is_preset, home_logs;
    struct sv_buf prices_path, home, arguments;
    struct sv_arena arena;
    int64_t last_progress_ns;
    bool progress_shown;
};

/* An orderly end on SIGINT and SIGTERM (spec.stop); no core, for logs hold secrets. */
void cli_read_signals(void);

/* Set by those signals: for who waits for what comes. */
const volatile sig_atomic_t *cli_read_stop(void);

/* Takes one of the shared options: -d -f -i -r -S -U and those above. False when it is none of them, or its value is wrong (cli's
 * error). For completion: what may stand behind -i and --set. */
bool cli_read_take(struct cli_read *read, int opt);
void cli_read_values(void *context, int opt, struct sv_buf *out);

/* For the `versions` of a verb: context is a struct cli_read, or NULL. */
void cli_read_versions(void *context, struct sv_buf *out);

/* As --set FIELD=VALUE does. */
bool cli_read_set(struct cli_read *read, enum sv_field field, const char *option, const char *value);

/* Takes the command line, cli->context becomes read. own: one option, those that are not its own by cli_read_take. Then $SV_SET,
 * prices, operands, --home, the command line as the store keeps it; then complete (may be NULL), which may refuse what does not
 * fit together. False when it was answered, with the status. */
bool cli_read_line(struct cli_read *read, bool (*own)(struct cli_read *read, int opt), bool (*complete)(struct cli_read *read),
                   int *status);

/* Reads all, prints what comes, tells the ledger. Returns the status for cli_close. */
int cli_read_run(struct cli_read *read);

void cli_read_free(struct cli_read *read);

#endif

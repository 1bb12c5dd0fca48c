/* SPDX-License-Identifier: ISC */
/* cli.h - the front desk all programs share: options, usage, messages, exit status, a checked stdout.
 *
 * One table gives parsing, usage, --help and completion. Options may stand anywhere before `--`; short ones can be joined
 * (-Nq), long ones take `=value` or the next word, and may be shortened while they stay unique.
 *
 *     struct cli cli = cli_open(argc, argv, &program);
 *     for (int opt; (opt = cli_next(&cli)) != 0;)
 *         switch (opt) {
 *         case 'd': path = cli.value; break;
 *         default: return cli_usage(&cli, opt);     // also answers -h, -V and shells
 *         }
 *     ...
 *     return cli_close(&cli, status);
 *
 * A program with verbs (`sv-index sources [options]`) has a table of them, each a program of its own: name, text, options, run.
 * Its main is `return cli_run(argc, argv, &program)`; a verb's run is as above, but for cli_open.
 */
#ifndef CLI_H
#define CLI_H

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

enum {
    CLI_COMPLETE = 1, /* the hidden --complete-options: for cli_usage, as 'h' and 'V' are */
    CLI_VALUES = 2,   /* the hidden --complete-values=NAME: the same, behind the last option */
    CLI_GROUP = 3,    /* no option: a heading of --help, which stands in `text`; a table has none, or begins with one */
    CLI_LONG = 256    /* ids of options without a letter start here */
};

struct cli_option {
    int id;           /* the letter, or CLI_LONG + n */
    const char *name; /* long name, without dashes */
    const char *value; /* what it takes, as the help names it; NULL: nothing */
    const char *text; /* help: one line that fits beside the name in 80 columns, begins with a verb, has no full stop */
    const char *complete; /* what a shell completes the value with: "file", "folder", words with blanks between, or "ask": what
                           * the program's `values` says; NULL: nothing */
};

/* What the first operand may be, where that is one of a few words. */
struct cli_word {
    const char *name; /* NULL ends a list */
    const char *text; /* help: one line */
};

struct cli;

struct cli_program {
    const char *name;     /* of a verb: the verb */
    const char *text;     /* one line: what it is for */
    const char *operands; /* "[file ...]" */
    const struct cli_word *words; /* of the first operand, for help and completion; may be NULL */
    const struct cli_option *options; /* id 0 ends the table; -h, -V, -q, -v need not stand in it: all programs have them */
    const char *more;     /* behind the options in --help: examples; may be NULL */

    const struct cli_program *const *verbs; /* ended by NULL; NULL: it has none. With verbs: operands, options and values are theirs */
    int (*run)(struct cli *cli); /* of a verb; returns what cli_close or cli_usage did */

    /* Lines of `-V -v` behind the first: libraries, paths. All options have been taken. May be NULL. */
    void (*versions)(void *context, struct sv_buf *out);

    /* What may be the value of this option, to be completed by a shell: lines VALUE<TAB>TEXT; the options before the cursor have been
     * taken as far as they were right. NULL where no option says "ask". */
    void (*values)(void *context, int opt, struct sv_buf *out);
};

struct cli {
    const struct cli_program *program; /* or the verb, once it is known */
    const struct cli_program *whole;   /* then: the program that it is a verb of; else NULL */
    char **argv;
    int argc, at;
    const char *rest;        /* letters left in a joined short option */
    const char *value;       /* of the option just returned */
    const char **operands;   /* [operand_count], complete once cli_next has returned 0 */
    size_t operand_count;
    bool quiet;
    int verbose;
    bool wrong;              /* cli_next has complained */
    int asked;               /* 'V' or CLI_VALUES, which wait for the options behind them; 0: neither */
    const char *asked_value; /* of which option, CLI_VALUES */
    void *context;           /* the program's own, for its callbacks */
    bool out_closed, out_failed;
    struct sv_error error;   /* for the program's use */
};

/* Keeps SIGPIPE and SIGXFSZ from ending the program and makes sure that descriptors 0 to 2 are open (closed ones become /dev/null). */
struct cli cli_open(int argc, char **argv, const struct cli_program *program);

/* A program with verbs: takes the options before the verb, runs it, returns the status for main. */
int cli_run(int argc, char **argv, const struct cli_program *program);

/* The next option's id; 0 at the end; -1 for an unknown one (the message is out). -h is returned as 'h', -V as 'V' but only at the
 * end, so that the program knows all options when it answers; -q and -v are not returned but kept in quiet and verbose. */
int cli_next(struct cli *cli);

/* Answers 'h', 'V', CLI_COMPLETE and CLI_VALUES on stdout (status 0); else the usage line on stderr (status 2), behind the line that says
 * what is wrong: cli_next's, or one by cli_error. Includes cli_close. */
int cli_usage(struct cli *cli, int opt);

/* Is what cli_next returned one for cli_usage: a question, or a mistake? */
bool cli_is_for_usage(int opt);

/* The word of the program's list that the first operand is; NULL, with cli's error, when it is none or missing. */
const struct cli_word *cli_word(struct cli *cli);

/* Is a shell asking for values? Then a value that is wrong does not matter: the line is still being written. */
bool cli_completing(const struct cli *cli);

/* What is wrong with the value of an option or an operand, into cli's error: for cli_error, then cli_usage. Returns false. */
bool cli_refuse(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints `program: file:line:column: text` to stderr, with the source line and an underline on a terminal; control characters
 * are made visible. Counts nothing. cli_warn prints `program: text`, and nothing with -q. */
void cli_error(struct cli *cli, const struct sv_error *err);
void cli_warn(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes to stdout, at once. False when stdout is closed (out_closed: a reader went away, end quietly) or failed (out_failed). */
bool cli_write(struct cli *cli, struct sv_slice bytes);

/* The status to return from main: at least 4 when stdout failed, 0 instead of 1 when its reader went away. Closes stdout (some
 * file systems tell only then that they are full) and frees. */
int cli_close(struct cli *cli, int status);

bool cli_stdout_is_terminal(void);
bool cli_stderr_is_terminal(void);
bool cli_color(int fd);          /* a terminal, no NO_COLOR, no TERM=dumb */
size_t cli_width(void);          /* columns of the terminal, $COLUMNS, or 0 */
size_t cli_height(void);         /* its lines, $LINES, or 0 */

/* Parses a value: RFC 3339, 2026-11-20, today, yesterday (local midnight), now, -2h. False with cli's error set. */
bool cli_time(struct cli *cli, const char *text, int64_t *ns);

#endif

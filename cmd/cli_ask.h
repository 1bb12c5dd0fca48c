/* SPDX-License-Identifier: ISC */
/* cli_ask.h - one way to ask, for every verb that lists or queries: the options they share, and the way of an answer to stdout.
 *
 * A verb's table has rows of its own and those macros below that make sense for it; what the shared options say lands in `ask`.
 *
 *     struct cli_ask asked = {.cli = cli, .ask = {.list = {...}}};
 *     if (!cli_ask_take(&asked, take_own, &status))
 *         return status;                                           // answered: help, a mistake
 *     return cli_ask_answer(&asked, sv_sources_open(&asked.ask, &cli->error));
 */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include "cli.h"
#include "run/answer.h"
#include "run/ask.h"

/* Ids of shared options without a letter; a verb's own begin at CLI_LONG. */
enum {
    CLI_ASK_AGENT = CLI_LONG + 1000, /* in the order of sv_ask_kind */
    CLI_ASK_TEAM,
    CLI_ASK_SESSION,
    CLI_ASK_HOST,
    CLI_ASK_POLICY,
    CLI_ASK_TYPE,
    CLI_ASK_TOOL,
    CLI_ASK_SUPERVISOR,
    CLI_ASK_ARCHIVED,
    CLI_ASK_BEFORE,
    CLI_ASK_FIELDS,
    CLI_ASK_SEVERITY,
    CLI_ASK_SLOW,
    CLI_ASK_SYNC,
    CLI_ASK_UTC,
    CLI_ASK_WAIT,
    CLI_ASK_WHERE
};

#define CLI_ASK_ROW_AGENT {CLI_ASK_AGENT, "agent", "GLOB", "show only these agents; may be repeated", "ask"}
#define CLI_ASK_ROW_TEAM {CLI_ASK_TEAM, "team", "GLOB", "show only these teams; may be repeated", "ask"}
#define CLI_ASK_ROW_SESSION {CLI_ASK_SESSION, "session", "GLOB", "show only these sessions; may be repeated", NULL}
#define CLI_ASK_ROW_HOST {CLI_ASK_HOST, "host", "GLOB", "show only these machines; may be repeated", "ask"}
#define CLI_ASK_ROW_POLICY {CLI_ASK_POLICY, "policy", "GLOB", "show only these policies; may be repeated", "ask"}
#define CLI_ASK_ROW_TYPE {CLI_ASK_TYPE, "type", "GLOB", "show only these types of event; may be repeated", "ask"}
#define CLI_ASK_ROW_TOOL {CLI_ASK_TOOL, "tool", "GLOB", "show only these tools; may be repeated", "ask"}
#define CLI_ASK_ROW_SUPERVISOR {CLI_ASK_SUPERVISOR, "supervisor", "GLOB", "show only these supervisors; may be repeated", "ask"}
#define CLI_ASK_ROW_SEVERITY {CLI_ASK_SEVERITY, "severity", "LEVEL", "show only what is at least so severe", "info warning error critical"}
#define CLI_ASK_ROW_WHERE {CLI_ASK_WHERE, "where", "CEL", "show only where this condition holds", NULL}
#define CLI_ASK_ROW_NUMBER {'n', "number", "N", "show so many, newest first (default: 50)", NULL}
#define CLI_ASK_ROW_ARCHIVED {CLI_ASK_ARCHIVED, "archived", NULL, "read archived months, too", NULL}
#define CLI_ASK_ROW_BEFORE {CLI_ASK_BEFORE, "before", "CURSOR", "go on where an earlier list ended", NULL}
#define CLI_ASK_ROW_OUTPUT {'o', "output", "FORM", "print text (on terminals), json (elsewhere), csv", "text json csv"}
#define CLI_ASK_ROW_FIELDS {CLI_ASK_FIELDS, "fields", "NAMES", "print these columns, with commas between", "ask"}
/* The group of all that print a list. */
#define CLI_ASK_ROWS_OUTPUT {CLI_GROUP, NULL, NULL, "Output", NULL}, CLI_ASK_ROW_OUTPUT, CLI_ASK_ROW_FIELDS
#define CLI_ASK_ROW_UTC {CLI_ASK_UTC, "utc", NULL, "print times of the table in UTC", NULL}
#define CLI_ASK_ROW_SLOW {CLI_ASK_SLOW, "slow-ms", "N", "note statements that take so many ms (default: 50)", NULL}
#define CLI_ASK_ROW_STORE {'d', "store", "FILE", "read this store (default: $SV_STORE, the user's own)", "file"}
#define CLI_ASK_ROW_USE {'d', "store", "FILE", "use this store (default: $SV_STORE, the user's own)", "file"}
#define CLI_ASK_ROW_WAIT {CLI_ASK_WAIT, "wait", "DURATION", "wait so long for the store's lock (default 30s)", NULL}
#define CLI_ASK_ROW_SYNC {CLI_ASK_SYNC, "sync", "HOW", "sync each batch to the disk: full (default) or normal", "full normal"}

struct cli_ask {
    struct cli *cli;
    struct sv_ask ask;   /* number 0: SV_ASK_ROWS */
    bool output_set;     /* -o was given; without it text on a terminal, JSON elsewhere */
    const char *const *forms; /* what -o may be where the answer is no list, ended by NULL: form is its number, 0 if nothing is said */
    size_t form;
    void *verb;          /* the verb's own, for its callbacks */
};

/* Takes one of the verb's own options, cli->value with it; false when it is wrong, with cli's error (cli_refuse). */
typedef bool cli_ask_own(struct cli_ask *asked, int opt);

/* Takes the command line, cli->context becomes asked. False when it was answered, with the status to return. own: NULL where
 * the verb has none. */
bool cli_ask_take(struct cli_ask *asked, cli_ask_own *own, int *status);

/* One of the options about the store: -d, --sync, --wait. False when it is none of them, or wrong (cli's error). */
bool cli_ask_store(struct cli *cli, struct sv_store_spec *store, int opt);

/* A form of lists, by its name behind -o; false, with cli's error, when there is none. */
bool cli_ask_form(struct cli *cli, const char *name, enum sv_list_form *form);

/* Makes a list fit where it goes to: on a terminal text unless -o was given, as wide as that is. */
void cli_ask_fit(struct sv_list *list, bool output_set);

/* Prints a piece of it, as cli_write does. A terminal would obey what is in the lines: escapes stand in for it; the table has them
 * already. */
bool cli_ask_put(struct cli_ask *asked, struct sv_slice lines);

/* Says what else is to be known of it. */
void cli_ask_remarks(struct cli *cli, const struct sv_answer *answer);

/* Prints the answer (NULL: cli->error says why there is none), says how much was left out, frees all. Returns the status. */
int cli_ask_answer(struct cli_ask *asked, struct sv_answer *answer);

/* Ends without an answer: cli->error is told if it says something. Frees all, returns the status. */
int cli_ask_close(struct cli_ask *asked, int status);

/* Tells cli's error and the usage line; frees all, returns the status. */
int cli_ask_usage(struct cli_ask *asked);

/* Prints what was found wrong, a line each, and frees it. */
void cli_findings(struct cli *cli, struct sv_findings *findings);

/* For the `versions` and `values` of a verb; context is a struct cli_ask, or NULL. */
void cli_ask_versions(void *context, struct sv_buf *out);
void cli_ask_values(void *context, int opt, struct sv_buf *out);

#endif

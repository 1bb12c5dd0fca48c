/* SPDX-License-Identifier: ISC */
/* sv-team status. */
#include <string.h>

#include "base/os.h"
#include "cli_read.h"
#include "run/status.h"
#include "team.h"

enum { OPT_ALL = CLI_LONG, OPT_FLAT, OPT_ONELINE, EVERY_MS = 2000 };

struct status_verb {
    struct sv_status status;
    bool flat, follow;
};

static bool take_own(struct cli_ask *asked, int opt)
{
    struct status_verb *verb = asked->verb;
    switch (opt) {
    case 'f': verb->follow = true; return true;
    case OPT_ALL: verb->status.all = true; return true;
    case OPT_FLAT: verb->flat = true; return true;
    case OPT_ONELINE: verb->status.oneline = true; return true;
    default: return false;
    }
}

/* The tree has other columns than rows, and --fields wants to know them: the form is looked for ahead. */
static bool wants_tree(const struct cli *cli)
{
    bool text = cli_stdout_is_terminal(), flat = false;
    for (int i = cli->at; i < cli->argc; i++) {
        const char *word = cli->argv[i];
        const char *form = strncmp(word, "--output=", 9) == 0 ? word + 9
                           : strcmp(word, "-o") == 0 || strcmp(word, "--output") == 0 ? i + 1 < cli->argc ? cli->argv[i + 1] : ""
                           : strncmp(word, "-o", 2) == 0 ? word + 2 : NULL;
        if (form != NULL)
            text = strcmp(form, "text") == 0;
        flat |= strcmp(word, "--flat") == 0;
    }
    return text && !flat;
}

/* Bytes of one look. */
static bool look(struct cli_ask *asked, struct sv_buf *out)
{
    const struct status_verb *verb = asked->verb;
    struct sv_slice piece;
    struct sv_answer *answer = sv_status_open(&asked->ask, &verb->status, &asked->cli->error);
    while (answer != NULL && sv_answer_next(answer, &piece, &asked->cli->error))
        sv_buf_add(out, piece);
    sv_answer_close(answer);
    return asked->cli->error.code == SV_DONE;
}

static size_t count_lines(struct sv_slice text)
{
    size_t lines = 0;
    for (size_t i = 0; i < text.len; i++)
        lines += text.data[i] == '\n';
    return lines;
}

/* In place: from the corner on, each line to its end, what is below cleared; nothing may move the screen up, so lines for which it has
 * no room (height; 0: it has) are counted. */
static void put_screen(struct sv_buf *screen, struct sv_slice text, size_t height)
{
    size_t lines = count_lines(text), most = height > 0 && lines > height ? height - 1 : lines;
    const char *p = text.data;
    sv_buf_str(screen, "\033[H");
    for (size_t i = 0; i < most; i++) {
        const char *stop = memchr(p, '\n', (size_t)(sv_slice_end(text) - p));
        sv_buf_add(screen, sv_slice(p, (size_t)(stop - p)));
        sv_buf_str(screen, i + 1 < lines ? "\033[K\n" : "\033[K");
        p = stop + 1;
    }
    if (most < lines)
        sv_buf_printf(screen, "%zu more lines\033[K", lines - most);
    sv_buf_str(screen, "\033[J");
}

static int follow(struct cli_ask *asked)
{
    struct cli *cli = asked->cli;
    struct sv_buf shown = {0}, text = {0}, screen = {0};
    cli_read_signals();
    size_t height = 0;
    cli_write(cli, SV_SLICE("\033[2J"));
    while (*cli_read_stop() == 0 && look(asked, &text)) {
        if (!sv_slice_equal(sv_buf_slice(&text), sv_buf_slice(&shown)) || shown.len == 0 || height != cli_height()) {
            height = cli_height();
            put_screen(&screen, sv_buf_slice(&text), height);
            if (!cli_write(cli, sv_buf_slice(&screen)))
                break;
            sv_buf_set(&shown, sv_buf_slice(&text));
            sv_buf_clear(&screen);
        }
        sv_buf_clear(&text);
        asked->ask.list.width = cli_width();
        sv_os_wait(-1, EVERY_MS);
    }
    cli_write(cli, SV_SLICE("\n"));
    sv_buf_free(&shown);
    sv_buf_free(&text);
    sv_buf_free(&screen);
    return cli_ask_close(asked, SV_DONE);
}

static int run_status(struct cli *cli)
{
    struct status_verb verb = {.status.tree = wants_tree(cli)};
    struct cli_ask asked = {.cli = cli, .verb = &verb};
    asked.ask.list.columns = verb.status.tree ? sv_status_tree_columns : sv_status_columns;
    asked.ask.list.count = verb.status.tree ? sv_status_tree_column_count : sv_status_column_count;
    int status;
    if (!cli_ask_take(&asked, take_own, &status))
        return status;
    if (cli->operand_count > 0) {
        cli_refuse(cli, "status %s: takes no operand; --agent, --team and --supervisor choose", cli->operands[0]);
        return cli_ask_usage(&asked);
    }
    if (verb.follow && !cli_stdout_is_terminal()) {
        cli_refuse(cli, "status -f: works on a terminal; elsewhere ask again");
        return cli_ask_usage(&asked);
    }
    if (verb.follow)
        return follow(&asked);
    return cli_ask_answer(&asked, sv_status_open(&asked.ask, &verb.status, &cli->error));
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    CLI_ASK_ROW_AGENT,
    CLI_ASK_ROW_TEAM,
    CLI_ASK_ROW_SUPERVISOR,
    {OPT_ALL, "all", NULL, "show also who has ended, and members never seen", NULL},
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    {'f', "follow", NULL, "show it in place, every two seconds anew", NULL},
    {OPT_FLAT, "flat", NULL, "print a row an agent, without lines for teams", NULL},
    {OPT_ONELINE, "oneline", NULL, "print one line, for a prompt or a status bar", NULL},
    CLI_ASK_ROW_OUTPUT,
    CLI_ASK_ROW_FIELDS,
    CLI_ASK_ROW_UTC,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program team_status = {
    .name = "status",
    .text = "show how agents are doing now, by supervisor and team",
    .operands = "",
    .options = options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_status,
    .more = "Examples:\n"
            "  sv-team status\n"
            "  sv-team status -f --team payments\n"
            "  sv-team status --oneline\n",
};

/* SPDX-License-Identifier: ISC */
/* sv-team supervisor, team, member. */
#include <string.h>

#include "run/team.h"
#include "team.h"

enum { OPT_AT = CLI_LONG, OPT_REASON, OPT_WHOLE };

struct roster_verb {
    enum sv_roster_kind kind;
    struct sv_team_change change;

};

/* In the order of sv_team_verb, then those that show. */
enum { WORD_LIST = SV_TEAM_MOVE + 1, WORD_SHOW };

static bool take_own(struct cli_ask *asked, int opt)
{
    struct roster_verb *verb = asked->verb;
    struct cli *cli = asked->cli;
    switch (opt) {
    case OPT_AT: return cli_time(cli, cli->value, &verb->change.at_ns);
    case OPT_REASON: verb->change.by.reason = cli->value; return true;
    case OPT_WHOLE: verb->change.whole = true; return true;
    default: return false;
    }
}

/* Columns depend on what is done, and --fields wants to know them: the word is looked for ahead. */
static bool is_shown(const struct cli *cli)
{
    for (int i = cli->at; i < cli->argc; i++)
        if (strcmp(cli->argv[i], "show") == 0 || strcmp(cli->argv[i], "list") == 0)
            return cli->argv[i][0] == 's';
    return false;
}

/* The one name that an option gives where a list takes several globs. */
static bool take_name(struct cli *cli, const struct sv_ask_words *words, const char *option, const char **name)
{
    if (words->count > 1)
        return cli_refuse(cli, "%s: one is enough here", option);
    *name = words->count > 0 ? words->items[0] : NULL;
    return true;
}

static bool refuse_option(struct cli *cli, bool given, const char *option, const char *word)
{
    return given && !cli_refuse(cli, "%s is of no use with %s", option, word);
}

static bool take_names(struct cli_ask *asked, size_t word)
{
    struct roster_verb *verb = asked->verb;
    struct cli *cli = asked->cli;
    struct sv_team_change *change = &verb->change;
    bool places = word == SV_TEAM_ADD || word == SV_TEAM_MOVE;
    const char *name = cli->operands[0], *team, *supervisor;
    *change = (struct sv_team_change){.kind = verb->kind,
                                      .verb = (enum sv_team_verb)word,
                                      .names = cli->operands + 1,
                                      .count = cli->operand_count - 1,
                                      .whole = change->whole,
                                      .at_ns = change->at_ns,
                                      .by = {.reason = change->by.reason, .argc = cli->argc, .argv = cli->argv}};
    if (!take_name(cli, &asked->ask.which[SV_ASK_TEAM], "--team", &team) ||
        !take_name(cli, &asked->ask.which[SV_ASK_SUPERVISOR], "--supervisor", &supervisor))
        return false;
    change->above = verb->kind == SV_ROSTER_MEMBER ? team : supervisor;
    if (refuse_option(cli, team != NULL && (!places || verb->kind != SV_ROSTER_MEMBER), "--team", name) ||
        refuse_option(cli, supervisor != NULL && (!places || verb->kind == SV_ROSTER_MEMBER), "--supervisor", name) ||
        refuse_option(cli, change->whole && (word != SV_TEAM_REMOVE || verb->kind == SV_ROSTER_MEMBER), "--whole", name))
        return false;
    if (word == SV_TEAM_RENAME && change->count != 2)
        return cli_refuse(cli, "rename: give the name it has, and the new one");
    if (change->count == 0)
        return cli_refuse(cli, "%s: a name is missing", name);
    if (places && change->above == NULL && (word == SV_TEAM_MOVE || verb->kind == SV_ROSTER_MEMBER))
        return cli_refuse(cli, "%s: say where to (%s)", name, verb->kind == SV_ROSTER_MEMBER ? "--team" : "--supervisor, - for none");
    return true;
}

/* The operands behind the word. */
static void skip_word(struct cli_ask *asked)
{
    asked->ask.operands++;
    asked->ask.operand_count--;
}

static int answer_list(struct cli_ask *asked)
{
    const struct roster_verb *verb = asked->verb;
    struct cli *cli = asked->cli;
    int64_t now_ns, today_ns;
    cli_time(cli, "now", &now_ns);
    cli_time(cli, "today", &today_ns);
    skip_word(asked);
    return cli_ask_answer(asked, sv_team_list_open(&asked->ask, verb->kind, verb->change.at_ns != 0 ? verb->change.at_ns : now_ns, today_ns,
                                                   &cli->error));
}

static int answer_show(struct cli_ask *asked)
{
    const struct roster_verb *verb = asked->verb;
    struct cli *cli = asked->cli;
    if (cli->operand_count < 2) {
        cli_refuse(cli, "show: a name is missing");
        return cli_ask_usage(asked);
    }
    skip_word(asked);
    return cli_ask_answer(asked, sv_team_show_open(&asked->ask, verb->kind, &cli->error));
}

static int run_kind(struct cli *cli, enum sv_roster_kind kind)
{
    struct roster_verb verb = {.kind = kind};
    bool shows = is_shown(cli);
    struct cli_ask asked = {.cli = cli, .verb = &verb};
    asked.ask.list.columns = shows ? sv_team_show_columns : sv_team_columns[kind];
    asked.ask.list.count = shows ? sv_team_show_column_count : sv_team_column_counts[kind];
    int status;
    if (!cli_ask_take(&asked, take_own, &status))
        return status;
    const struct cli_word *word = cli_word(cli);
    if (word == NULL)
        return cli_ask_usage(&asked);
    size_t number = (size_t)(word - cli->program->words);
    if (number == WORD_LIST)
        return answer_list(&asked);
    if (number == WORD_SHOW)
        return answer_show(&asked);
    if (!take_names(&asked, number))
        return cli_ask_usage(&asked);
    struct sv_findings findings = {0};
    sv_team_change(&verb.change, &asked.ask.store, &findings, &cli->error);
    cli_findings(cli, &findings);
    return cli_ask_close(&asked, SV_DONE);
}

static int run_supervisor(struct cli *cli)
{
    return run_kind(cli, SV_ROSTER_SUPERVISOR);
}

static int run_team(struct cli *cli)
{
    return run_kind(cli, SV_ROSTER_TEAM);
}

static int run_member(struct cli *cli)
{
    return run_kind(cli, SV_ROSTER_MEMBER);
}

#define COMMON_OPTIONS                                                                                                             \
    {OPT_AT, "at", "TIME", "let a change hold from TIME on; list what held then", NULL},                                           \
        {OPT_REASON, "reason", "TEXT", "keep TEXT as the reason of a change", NULL}, {CLI_GROUP, NULL, NULL, "Output", NULL},      \
        CLI_ASK_ROW_OUTPUT, CLI_ASK_ROW_FIELDS, CLI_ASK_ROW_UTC, {CLI_GROUP, NULL, NULL, "Store", NULL},                           \
        CLI_ASK_ROW_USE, CLI_ASK_ROW_SYNC, CLI_ASK_ROW_WAIT,                                                                        \
        {                                                                                                                          \
        0, NULL, NULL, NULL, NULL                                                                                                  \
    }

static const struct cli_word supervisor_words[] = {{"add", "let supervisors come"},
                                                   {"remove", "let them go"},
                                                   {"rename", "give one another name"},
                                                   {"move", "put them below another supervisor"},
                                                   {"list", "list who is there, by globs over names"},
                                                   {"show", "show all that ever was of one"},
                                                   {NULL, NULL}};

static const struct cli_option supervisor_options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {CLI_ASK_SUPERVISOR, "supervisor", "NAME", "put them below this one (- for none); list those below", "ask"},
    {OPT_WHOLE, "whole", NULL, "let go who is below as well", NULL},
    COMMON_OPTIONS};

const struct cli_program team_supervisor = {
    .name = "supervisor",
    .text = "add, remove, rename, move, list and show supervisors",
    .operands = "add|remove|rename|move|list|show [name ...]",
    .words = supervisor_words,
    .options = supervisor_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_supervisor,
    .more = "Examples:\n"
            "  sv-team supervisor add ops\n"
            "  sv-team supervisor add night --supervisor ops\n"
            "  sv-team supervisor list\n",
};

static const struct cli_word team_words[] = {{"add", "make teams"},
                                             {"remove", "dissolve them"},
                                             {"rename", "give one another name"},
                                             {"move", "put them below another supervisor"},
                                             {"list", "list those that are there, by globs over names"},
                                             {"show", "show all that ever was of one, and who was in it"},
                                             {NULL, NULL}};

static const struct cli_option team_options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {CLI_ASK_SUPERVISOR, "supervisor", "NAME", "put them below this one (- for none); list those below", "ask"},
    {OPT_WHOLE, "whole", NULL, "let go the members as well", NULL},
    COMMON_OPTIONS};

const struct cli_program team_team = {
    .name = "team",
    .text = "add, remove, rename, move, list and show teams",
    .operands = "add|remove|rename|move|list|show [name ...]",
    .words = team_words,
    .options = team_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_team,
    .more = "Examples:\n"
            "  sv-team team add payments --supervisor ops\n"
            "  sv-team team rename payments billing --reason 'new scope'\n"
            "  sv-team team list --supervisor ops\n",
};

static const struct cli_word member_words[] = {{"add", "take agents, or globs over their names, into a team"},
                                               {"remove", "let them leave"},
                                               {"rename", "give one another name"},
                                               {"move", "put them into another team"},
                                               {"list", "list who is in which team, by globs over names"},
                                               {"show", "show in which teams one was, and when"},
                                               {NULL, NULL}};

static const struct cli_option member_options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {CLI_ASK_TEAM, "team", "NAME", "add or move to this team; list those in it", "ask"},
    {CLI_ASK_SUPERVISOR, "supervisor", "GLOB", "list those in teams of this supervisor", "ask"},
    COMMON_OPTIONS};

const struct cli_program team_member = {
    .name = "member",
    .text = "add, remove, rename, move, list and show members of teams",
    .operands = "add|remove|rename|move|list|show [name ...]",
    .words = member_words,
    .options = member_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_member,
    .more = "Examples:\n"
            "  sv-team member add claude:shop 'build-*' --team payments\n"
            "  sv-team member list --team payments --at yesterday\n"
            "  sv-team member show claude:shop\n",
};

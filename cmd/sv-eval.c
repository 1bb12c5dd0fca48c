/* SPDX-License-Identifier: ISC */
/* sv-eval - reads logs of AI agents, evaluates policies on every event, writes evaluations and keeps them. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "cli_read.h"
#include "run/choices.h"
#include "run/drops.h"
#include "run/paths.h"
#include "run/versions.h"

enum {
    OPT_ALL = CLI_LONG,
    OPT_CHECK,
    OPT_CONVERT,
    OPT_EXIT_ZERO,
    OPT_JOBS,
    OPT_TICK,
    OPT_NO_NOTES,
    OPT_ONLY,
    OPT_RECORD,
    OPT_SKIP,
    OPT_UTC
};

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "Input", NULL},
    CLI_READ_ROW_FORMAT,
    CLI_READ_ROW_SINCE,
    CLI_READ_ROW_UNTIL,
    CLI_READ_ROW_HOME,
    CLI_READ_ROW_SET,
    {'r', "resume", NULL, "go on where this store's last run stopped", NULL},
    {'f', "follow", NULL, "read on as files grow and rotate; implies -r", NULL},
    {OPT_JOBS, "jobs", "N", "read native events in N threads; the same comes out", NULL},
    {CLI_READ_STRICT, "strict", NULL, "end with 3 on a rejected record, 1 on a warning", NULL},
    {CLI_GROUP, NULL, NULL, "Policies", NULL},
    {'p', "policies", "PATH", "use this policy file or folder; may be repeated", "file"},
    {OPT_ONLY, "only", "WHICH", "use only these: an id, glob or tag; may be repeated", "ask"},
    {OPT_SKIP, "skip", "WHICH", "leave these out, named as with --only", "ask"},
    {OPT_TICK, "tick", NULL, "let time pass at the end, up to now: timers fire", NULL},
    {OPT_CHECK, "check", NULL, "check the policies only, with warnings; 1 on a finding", NULL},
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    {'n', "number", "N", "print only the last N lines", NULL},
    {'o', "output", "FORM", "print text (on terminals), json (elsewhere), csv, html", "text json csv html"},
    {OPT_ALL, "all", NULL, "print a line for policies that passed, too", NULL},
    {OPT_CONVERT, "convert", NULL, "print canonical events, evaluate nothing", NULL},
    {OPT_EXIT_ZERO, "exit-zero", NULL, "end with 0 also when violations were found", NULL},
    {OPT_NO_NOTES, "no-notes", NULL, "leave notes out of what --convert prints", NULL},
    CLI_READ_ROW_NO_REDACT,
    {OPT_UTC, "utc", NULL, "print times of the table in UTC", NULL},
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    {'d', "store", "FILE", "keep findings here (default: $SV_STORE, the user's own)", "file"},
    {'N', "no-store", NULL, "keep nothing: be a pure filter", NULL},
    {OPT_RECORD, "record", NULL, "keep the events, too; implies -r", NULL},
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_SYNC,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

static void put_versions(void *context, struct sv_buf *out);
static void put_values(void *context, int opt, struct sv_buf *out);

static const struct cli_program program = {
    .name = "sv-eval",
    .text = "read agent logs, evaluate policies on every event, print and keep findings",
    .operands = "[file ...]",
    .options = options,
    .versions = put_versions,
    .values = put_values,
    .more = "Examples:\n"
            "  sv-eval ~/.claude/projects\n"
            "  sv-eval -f events.ndjson -p policies/ | jq .message\n"
            "  sv-eval --check -p policies/\n",
};

/* What the command line says, beyond the run's own specification. */
struct command {
    struct cli_read read; /* first */
    struct cli cli;
    struct cli_words policies, only, skip;
    struct sv_buf policies_path;
    bool check, output_set;
};

static void put_versions(void *context, struct sv_buf *out)
{
    const struct command *command = context;
    struct sv_run_named named = {.store = command->read.spec.store.path,
                                 .no_store = command->read.spec.no_store,
                                 .policies = command->policies.items,
                                 .policy_count = command->policies.count};
    sv_run_put_versions(out, &named);
}

static void put_values(void *context, int opt, struct sv_buf *out)
{
    const struct command *command = context;
    if (opt == OPT_ONLY || opt == OPT_SKIP)
        sv_run_put_policies(out, command->policies.items, command->policies.count);
    else
        cli_read_values(NULL, opt, out);
}

static bool take_number(struct command *command, const char *text)
{
    uint64_t n;
    if (!sv_num_uint(sv_slice_str(text), &n) || n == 0 || n > 1000000)
        return cli_refuse(&command->cli, "-n %s: a number from 1 to 1000000 is expected", text);
    command->read.spec.last = (size_t)n;
    return true;
}

static bool take_jobs(struct command *command, const char *text)
{
    uint64_t n;
    if (!sv_num_uint(sv_slice_str(text), &n) || n == 0 || n > SV_RUN_JOBS_MAX)
        return cli_refuse(&command->cli, "--jobs %s: a number from 1 to %d is expected", text, SV_RUN_JOBS_MAX);
    command->read.spec.jobs = (size_t)n;
    return true;
}

static bool take_output(struct command *command, const char *text)
{
    static const struct {
        const char *name;
        enum sv_output form;
    } forms[] = {{"text", SV_OUTPUT_TEXT},  {"json", SV_OUTPUT_JSON}, {"ndjson", SV_OUTPUT_JSON},
                 {"jsonl", SV_OUTPUT_JSON}, {"csv", SV_OUTPUT_CSV},   {"html", SV_OUTPUT_HTML}};
    command->output_set = true;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(text, forms[i].name) == 0) {
            command->read.spec.output = forms[i].form;
            return true;
        }
    return cli_refuse(&command->cli, "-o %s: unknown form (text, json, csv, html)", text);
}

/* One option; false when its value is wrong (the message is out). */
static bool take_option(struct cli_read *read, int opt)
{
    struct command *command = (struct command *)read;
    struct sv_run_spec *spec = &read->spec;
    const char *value = read->cli->value;
    switch (opt) {
    case 'N': spec->no_store = true; return true;
    case 'n': return take_number(command, value);
    case 'o': return take_output(command, value);
    case OPT_JOBS: return take_jobs(command, value);
    case 'p': cli_words_add(&command->policies, value); return true;
    case OPT_ALL: spec->all = true; return true;
    case OPT_CHECK: command->check = true; return true;
    case OPT_CONVERT: spec->convert = true; return true;
    case OPT_EXIT_ZERO: spec->exit_zero = true; return true;
    case OPT_TICK: spec->tick = true; return true;
    case OPT_NO_NOTES: spec->no_notes = true; return true;
    case OPT_ONLY: cli_words_add(&command->only, value); return true;
    case OPT_RECORD: spec->record = true; return true;
    case OPT_SKIP: cli_words_add(&command->skip, value); return true;
    case OPT_UTC: spec->utc = true; return true;
    default: return cli_read_take(read, opt);
    }
}

static bool complete(struct cli_read *read)
{
    struct command *command = (struct command *)read;
    struct sv_run_spec *spec = &read->spec;
    struct cli *cli = read->cli;
    if (command->policies.count == 0 && !spec->convert) {
        if (!sv_run_default_policies(&command->policies_path))
            return cli_refuse(&command->cli, "no policies found; name some with -p");
        cli_words_add(&command->policies, sv_buf_cstr(&command->policies_path));
    }
    if (spec->convert && spec->output == SV_OUTPUT_HTML)
        return cli_refuse(&command->cli, "-o html: a page shows findings, --convert prints events (json or csv)");
    spec->resume |= spec->follow || spec->record;
    if (spec->resume && (spec->no_store || spec->convert))
        return cli_refuse(&command->cli, "%s: what was read is noted in the store, so %s cannot stand beside it",
                     spec->record ? "--record" : spec->follow ? "-f" : "-r", spec->no_store ? "-N" : "--convert");
    if (spec->follow && (spec->output == SV_OUTPUT_HTML || spec->last > 0))
        return cli_refuse(&command->cli, "-f: %s waits for an end that does not come", spec->last > 0 ? "-n" : "-o html");
    if (command->check && command->read.operands.count > 0)
        return cli_refuse(&command->cli, "--check reads no logs; name policies with -p");
    spec->policies = command->policies.items;
    spec->policy_count = command->policies.count;
    spec->only = command->only.items;
    spec->only_count = command->only.count;
    spec->skip = command->skip.items;
    spec->skip_count = command->skip.count;
    if (!command->output_set && cli_stdout_is_terminal())
        spec->output = SV_OUTPUT_TEXT;
    if (spec->output == SV_OUTPUT_TEXT) {
        spec->width = cli_width();
        spec->color = cli_color(STDOUT_FILENO);
        spec->summary = cli_stdout_is_terminal() && !spec->all && !spec->follow;
        spec->rows = cli->verbose > 0;
    }
    return true;
}

/* What the policies as they are now would not find any more of what the store knows. That the default store cannot be read is no fault
 * of theirs. */
static int check_store(struct command *command, struct sv_policies *set, struct sv_findings *findings)
{
    struct sv_error err = {0};
    if (sv_run_warn_drops(set, &command->read.spec.store, findings, &err))
        return SV_DONE;
    cli_error(&command->cli, &err);
    return command->read.spec.store.path != NULL ? (int)err.code : SV_DONE;
}

static int check(struct command *command)
{
    struct sv_findings findings = {0};
    struct sv_schema *schema = sv_schema_new();
    struct sv_policies_spec spec = {.schema = schema,
                                    .paths = command->read.spec.policies,
                                    .path_count = command->read.spec.policy_count,
                                    .only = command->read.spec.only,
                                    .only_count = command->read.spec.only_count,
                                    .skip = command->read.spec.skip,
                                    .skip_count = command->read.spec.skip_count,
                                    .check = true};
    struct sv_policies *set = sv_policies_load(&spec, &findings);
    int status = SV_DONE;
    if (set != NULL && !command->read.spec.no_store)
        status = check_store(command, set, &findings);
    for (size_t i = 0; i < findings.count; i++)
        cli_error(&command->cli, &findings.items[i]);
    if (set != NULL && !command->cli.quiet) {
        struct sv_buf text = {0};
        size_t policies = sv_policies_count(set), files = sv_policies_files(set), warnings = findings.count;
        sv_buf_printf(&text, "%zu polic%s in %zu file%s, ", policies, policies == 1 ? "y" : "ies", files, files == 1 ? "" : "s");
        if (warnings > 0)
            sv_buf_printf(&text, "%zu warning%s\n", warnings, warnings == 1 ? "" : "s");
        else
            sv_buf_str(&text, "no findings\n");
        cli_write(&command->cli, sv_buf_slice(&text));
        sv_buf_free(&text);
    }
    if (status == SV_DONE && (set == NULL || (findings.count > 0 && command->read.spec.strict)))
        status = SV_FOUND;
    sv_policies_free(set);
    sv_schema_free(schema);
    sv_findings_free(&findings);
    return status;
}

static void command_free(struct command *command)
{
    sv_free(command->policies.items);
    sv_free(command->only.items);
    sv_free(command->skip.items);
    sv_buf_free(&command->policies_path);
    cli_read_free(&command->read);
}

int main(int argc, char **argv)
{
    struct command command = {.cli = cli_open(argc, argv, &program)};
    int status;
    cli_read_signals();
    command.read.cli = &command.cli;
    if (cli_read_line(&command.read, take_option, complete, &status))
        status = cli_close(&command.cli, command.check ? check(&command) : cli_read_run(&command.read));
    command_free(&command);
    return status;
}

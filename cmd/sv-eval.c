/* SPDX-License-Identifier: ISC */
/* sv-eval - reads logs of AI agents, evaluates policies on every event, writes evaluations and keeps them. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/num.h"
#include "base/os.h"
#include "base/time.h"
#include "cli.h"
#include "event/format.h"
#include "event/redact.h"
#include "report/table.h"
#include "run/choices.h"
#include "run/paths.h"
#include "run/run.h"
#include "run/versions.h"

enum {
    OPT_ALL = CLI_LONG,
    OPT_CHECK,
    OPT_CONVERT,
    OPT_EXIT_ZERO,
    OPT_HOME,
    OPT_NO_NOTES,
    OPT_NO_REDACT,
    OPT_ONLY,
    OPT_RECORD,
    OPT_SET,
    OPT_SKIP,
    OPT_STRICT,
    OPT_SYNC,
    OPT_UTC,
    OPT_WAIT
};

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "Input", NULL},
    {'i', "input", "FORMAT", "read all input as this log format (default: auto)", "ask"},
    {'S', "since", "TIME", "leave out events before TIME, such as today or -2h", NULL},
    {'U', "until", "TIME", "leave out events from TIME on", NULL},
    {OPT_HOME, "home", NULL, "read what the agents of this user keep", NULL},
    {OPT_SET, "set", "FIELD=VALUE", "fill a field that events lack; may be repeated", "ask"},
    {'r', "resume", NULL, "go on where this store's last run stopped", NULL},
    {'f', "follow", NULL, "read on as files grow and rotate; implies -r", NULL},
    {OPT_STRICT, "strict", NULL, "end with 3 on a rejected record, 1 on a warning", NULL},
    {CLI_GROUP, NULL, NULL, "Policies", NULL},
    {'p', "policies", "PATH", "use this policy file or folder; may be repeated", "file"},
    {OPT_ONLY, "only", "WHICH", "use only these: an id, glob or tag; may be repeated", "ask"},
    {OPT_SKIP, "skip", "WHICH", "leave these out, named as with --only", "ask"},
    {OPT_CHECK, "check", NULL, "check the policies only, with warnings; 1 on a finding", NULL},
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    {'n', "number", "N", "print only the last N lines", NULL},
    {'o', "output", "FORM", "print text (on terminals), json (elsewhere), csv, html", "text json csv html"},
    {OPT_ALL, "all", NULL, "print a line for policies that passed, too", NULL},
    {OPT_CONVERT, "convert", NULL, "print canonical events, evaluate nothing", NULL},
    {OPT_EXIT_ZERO, "exit-zero", NULL, "end with 0 also when violations were found", NULL},
    {OPT_NO_NOTES, "no-notes", NULL, "leave notes out of what --convert prints", NULL},
    {OPT_NO_REDACT, "no-redact", NULL, "print and store secrets as they stand", NULL},
    {OPT_UTC, "utc", NULL, "print times of the table in UTC", NULL},
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    {'d', "store", "FILE", "keep findings here (default: $SV_STORE, the user's own)", "file"},
    {'N', "no-store", NULL, "keep nothing: be a pure filter", NULL},
    {OPT_RECORD, "record", NULL, "keep the events, too; implies -r", NULL},
    {OPT_SYNC, "sync", "HOW", "sync each batch to the disk: full (default) or normal", "full normal"},
    {OPT_WAIT, "wait", "DURATION", "wait so long for the store's lock (default 30s)", NULL},
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

/* A growing list of words; the words are borrowed. */
struct words {
    const char **items;
    size_t count;
};

static void words_add(struct words *words, const char *word)
{
    words->items = sv_realloc(words->items, (words->count + 1) * sizeof *words->items);
    words->items[words->count++] = word;
}

/* What the command line says, beyond the run's own specification. */
struct command {
    struct cli cli;
    struct sv_run_spec spec;
    struct words policies, only, skip, operands;
    struct sv_value preset[SV_F_COUNT];
    bool is_preset;
    struct sv_buf policies_path, prices_path, home, arguments;
    struct sv_arena arena;
    bool check, home_logs, output_set;
    int64_t last_progress_ns;
    bool progress_shown;
};

static void put_versions(void *context, struct sv_buf *out)
{
    const struct command *command = context;
    struct sv_run_named named = {.store = command->spec.store.path,
                                 .no_store = command->spec.no_store,
                                 .policies = command->policies.items,
                                 .policy_count = command->policies.count};
    sv_run_put_versions(out, &named);
}

static void put_values(void *context, int opt, struct sv_buf *out)
{
    const struct command *command = context;
    if (opt == 'i')
        sv_run_put_formats(out);
    else if (opt == OPT_SET)
        sv_run_put_fields(out);
    else
        sv_run_put_policies(out, command->policies.items, command->policies.count);
}

static volatile sig_atomic_t stop_signal, reloads;

/* The first asks for an orderly end, which may have to wait for a lock or for who reads the output; one more, a second later,
 * ends it as it is. timeout(1) sends two at once. */
static void on_signal(int number)
{
    static int64_t first_ns;
    int error = errno;
    int64_t now_ns = sv_os_monotonic_ns();
    if (stop_signal == 0)
        first_ns = now_ns;
    else if (now_ns - first_ns >= SV_SECOND_NS && signal(number, SIG_DFL) != SIG_ERR)
        raise(number); /* delivered on return */
    stop_signal = number;
    errno = error;
}

static void on_hangup(int number)
{
    (void)number;
    reloads = reloads < 1000 ? reloads + 1 : 0; /* only that it changes counts */
}

/* A run that goes on takes changed policies when it is told to. On a terminal the hangup is meant: it ends, as tail does; so does
 * what has an end anyway. What nohup(1) protects stays so. */
static void catch_hangup(const struct sv_run *run)
{
    struct sigaction action = {.sa_handler = on_hangup}, before;
    sigemptyset(&action.sa_mask);
    if (sv_run_is_live(run) && !cli_stdout_is_terminal() && sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal}; /* without SA_RESTART: a waiting read must see it */
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGXFSZ, &action, NULL); /* a file over the limit is an error of write */
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none); /* logs hold secrets */
}

__attribute__((format(printf, 2, 3))) static bool wrong(struct command *command, const char *format, ...)
{
    struct sv_error *err = &command->cli.error;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    err->code = SV_USAGE;
    return false;
}

static bool set_field(struct command *command, const char *text)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL)
        return wrong(command, "--set %s: FIELD=VALUE is expected", text);
    enum sv_field field = sv_field_find(sv_slice(text, (size_t)(equals - text)));
    if (field == SV_F_COUNT)
        return wrong(command, "--set %s: no such field", text);
    struct sv_slice value = sv_slice_str(equals + 1);
    command->is_preset = true;
    int64_t i;
    double d;
    switch (sv_field_type(field)) {
    case SV_CEL_INT:
        if (!sv_num_int(value, &i))
            return wrong(command, "--set %s: a whole number is expected", text);
        command->preset[field] = sv_value_int(i);
        return true;
    case SV_CEL_DOUBLE:
        if (!sv_num_double(value, false, &d))
            return wrong(command, "--set %s: a number is expected", text);
        command->preset[field] = sv_value_double(d);
        return true;
    case SV_CEL_MAP:
        return wrong(command, "--set %s: this field is an object and cannot be set", text);
    default:
        command->preset[field] = sv_value_str(value);
        return true;
    }
}

/* $SV_SET: FIELD=VALUE pairs with commas between. */
static bool set_from_environment(struct command *command)
{
    const char *rest = getenv("SV_SET");
    while (rest != NULL && *rest != '\0') {
        size_t len = strcspn(rest, ",");
        if (len > 0 && !set_field(command, sv_arena_dup(&command->arena, sv_slice(rest, len)).data))
            return false;
        rest += len + (rest[len] == ',');
    }
    return true;
}

static bool take_number(struct command *command, const char *text)
{
    uint64_t n;
    if (!sv_num_uint(sv_slice_str(text), &n) || n == 0 || n > 1000000)
        return wrong(command, "-n %s: a number from 1 to 1000000 is expected", text);
    command->spec.last = (size_t)n;
    return true;
}

static bool take_format(struct command *command, const char *text)
{
    struct sv_buf names = {0};
    const struct sv_format *format = NULL;
    command->spec.format = sv_format_find(sv_slice_str(text));
    if (command->spec.format != NULL || strcmp(text, "auto") == 0)
        return true;
    for (size_t i = 0; (format = sv_format_at(i)) != NULL; i++)
        sv_buf_printf(&names, ", %s", format->name);
    wrong(command, "-i %s: unknown format (auto%s)", text, sv_buf_cstr(&names));
    sv_buf_free(&names);
    return false;
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
            command->spec.output = forms[i].form;
            return true;
        }
    return wrong(command, "-o %s: unknown form (text, json, csv, html)", text);
}

static bool take_sync(struct command *command, const char *text)
{
    command->spec.store.sync_normal = strcmp(text, "normal") == 0;
    return command->spec.store.sync_normal || strcmp(text, "full") == 0 || wrong(command, "--sync %s: full or normal is expected", text);
}

static bool take_wait(struct command *command, const char *text)
{
    int64_t *ns = &command->spec.store.wait_ns;
    if (!sv_duration_parse(sv_slice_str(text), ns) || *ns < 0)
        return wrong(command, "--wait %s: a duration such as 30s is expected", text);
    *ns += *ns == 0; /* not at all, where 0 would mean the default */
    return true;
}

/* One option; false when its value is wrong (the message is out). */
static bool take_option(struct command *command, int opt)
{
    struct sv_run_spec *spec = &command->spec;
    const char *value = command->cli.value;
    switch (opt) {
    case 'd': spec->store.path = value; return true;
    case 'f': spec->follow = true; return true;
    case 'i': return take_format(command, value);
    case 'N': spec->no_store = true; return true;
    case 'n': return take_number(command, value);
    case 'o': return take_output(command, value);
    case 'p': words_add(&command->policies, value); return true;
    case 'r': spec->resume = true; return true;
    case 'S': spec->has_since = true; return cli_time(&command->cli, value, &spec->since_ns);
    case 'U': spec->has_until = true; return cli_time(&command->cli, value, &spec->until_ns);
    case OPT_ALL: spec->all = true; return true;
    case OPT_CHECK: command->check = true; return true;
    case OPT_CONVERT: spec->convert = true; return true;
    case OPT_EXIT_ZERO: spec->exit_zero = true; return true;
    case OPT_HOME: command->home_logs = true; return true;
    case OPT_NO_NOTES: spec->no_notes = true; return true;
    case OPT_NO_REDACT: spec->no_redact = true; return true;
    case OPT_ONLY: words_add(&command->only, value); return true;
    case OPT_RECORD: spec->record = true; return true;
    case OPT_SET: return set_field(command, value);
    case OPT_SKIP: words_add(&command->skip, value); return true;
    case OPT_STRICT: spec->strict = true; return true;
    case OPT_SYNC: return take_sync(command, value);
    case OPT_UTC: spec->utc = true; return true;
    case OPT_WAIT: return take_wait(command, value);
    default: return false;
    }
}

static void on_notice(void *context, const struct sv_error *err)
{
    struct command *command = context;
    if (command->progress_shown)
        sv_os_write_all(STDERR_FILENO, SV_SLICE("\r\033[K"));
    command->progress_shown = false;
    cli_error(&command->cli, err);
}

/* The command line as the store keeps it: secrets in it are nobody's business. */
static void put_arguments(struct command *command, int argc, char **argv)
{
    struct sv_redactor *redactor = command->spec.no_redact ? NULL : sv_redactor_new();
    for (int i = 0; i < argc; i++) {
        if (i > 0)
            sv_buf_char(&command->arguments, ' ');
        sv_redact_text(redactor, &command->arguments, sv_slice_str(argv[i]));
    }
    sv_redactor_free(redactor);
    command->spec.arguments = sv_buf_slice(&command->arguments);
}

static bool complete(struct command *command)
{
    struct sv_run_spec *spec = &command->spec;
    struct cli *cli = &command->cli;
    if (command->policies.count == 0 && !spec->convert) {
        if (!sv_run_default_policies(&command->policies_path))
            return wrong(command, "no policies found; name some with -p");
        words_add(&command->policies, sv_buf_cstr(&command->policies_path));
    }
    if (sv_run_default_prices(&command->prices_path))
        spec->prices = sv_buf_cstr(&command->prices_path);
    for (size_t i = 0; i < cli->operand_count; i++)
        words_add(&command->operands, cli->operands[i]);
    if (command->home_logs) {
        size_t found = sv_run_home_logs(&command->home);
        const char *folder = command->home.data;
        for (size_t i = 0; i < found; i++, folder += strlen(folder) + 1)
            words_add(&command->operands, folder);
        spec->files_since = true;
        if (command->operands.count == 0)
            return wrong(command, "--home: no logs of Claude Code, Codex or Gemini in this user's home");
    }
    if (spec->convert && spec->output == SV_OUTPUT_HTML)
        return wrong(command, "-o html: a page shows findings, --convert prints events (json or csv)");
    spec->resume |= spec->follow || spec->record;
    if (spec->resume && (spec->no_store || spec->convert))
        return wrong(command, "%s: what was read is noted in the store, so %s cannot stand beside it",
                     spec->record ? "--record" : spec->follow ? "-f" : "-r", spec->no_store ? "-N" : "--convert");
    if (spec->follow && (spec->output == SV_OUTPUT_HTML || spec->last > 0))
        return wrong(command, "-f: %s waits for an end that does not come", spec->last > 0 ? "-n" : "-o html");
    if (command->check && command->operands.count > 0)
        return wrong(command, "--check reads no logs; name policies with -p");
    spec->policies = command->policies.items;
    spec->policy_count = command->policies.count;
    spec->only = command->only.items;
    spec->only_count = command->only.count;
    spec->skip = command->skip.items;
    spec->skip_count = command->skip.count;
    spec->operands = command->operands.items;
    spec->operand_count = command->operands.count;
    spec->preset = command->is_preset ? command->preset : NULL;
    spec->store.program = program.name;
    spec->stop = &stop_signal;
    spec->reload = &reloads;
    spec->notice = on_notice;
    spec->verbose = cli->verbose > 0;
    spec->context = command;
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

static int check(struct command *command)
{
    struct sv_findings findings = {0};
    struct sv_schema *schema = sv_schema_new();
    struct sv_policies_spec spec = {.schema = schema,
                                    .paths = command->spec.policies,
                                    .path_count = command->spec.policy_count,
                                    .only = command->spec.only,
                                    .only_count = command->spec.only_count,
                                    .skip = command->spec.skip,
                                    .skip_count = command->spec.skip_count,
                                    .check = true};
    struct sv_policies *set = sv_policies_load(&spec, &findings);
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
    int status = set == NULL || (findings.count > 0 && command->spec.strict) ? SV_FOUND : SV_DONE;
    sv_policies_free(set);
    sv_schema_free(schema);
    sv_findings_free(&findings);
    return status;
}

/* Share, speed, what was found, time left; on a terminal and once there is something to wait for. */
static void show_progress(struct command *command, const struct sv_run *run, bool last)
{
    int64_t done, total, now = sv_os_monotonic_ns();
    const struct sv_ledger *ledger = sv_run_ledger(run);
    if (command->cli.quiet || !cli_stderr_is_terminal())
        return;
    if (last) {
        if (command->progress_shown)
            sv_os_write_all(STDERR_FILENO, SV_SLICE("\r\033[K"));
        return;
    }
    sv_run_progress(run, &done, &total);
    if (ledger->elapsed_ns < SV_SECOND_NS || total <= 0 || now - command->last_progress_ns < SV_SECOND_NS / 5)
        return;
    double seconds = (double)ledger->elapsed_ns / 1e9, share = (double)done / (double)total;
    struct sv_buf line = {0};
    sv_buf_printf(&line, "\r\033[K%3.0f %%  %.0f MB/s  %llu events  %llu violations  %.0f s left", share * 100, (double)done / 1e6 / seconds,
                  (unsigned long long)ledger->events, (unsigned long long)ledger->violations,
                  share > 0 ? seconds / share - seconds : 0);
    sv_os_write_all(STDERR_FILENO, sv_buf_slice(&line));
    sv_buf_free(&line);
    command->progress_shown = true;
    command->last_progress_ns = now;
}

static void show_ledger(struct command *command, const struct sv_ledger *ledger)
{
    bool seen_already = command->spec.output == SV_OUTPUT_TEXT && cli_stdout_is_terminal();
    if (command->cli.quiet || (command->cli.verbose == 0 && (!cli_stderr_is_terminal() || seen_already)))
        return;
    struct sv_buf text = {0};
    sv_ledger_put_text(&text, ledger);
    sv_os_write_all(STDERR_FILENO, sv_buf_slice(&text));
    sv_buf_free(&text);
}

/* Where a terminal would obey what is in the input, escapes stand in for it; the table has them already. */
static bool put_lines(struct command *command, struct sv_slice lines)
{
    if (command->spec.output == SV_OUTPUT_TEXT && !command->spec.convert)
        return cli_write(&command->cli, lines);
    struct sv_buf safe = {0};
    sv_text_safe_json(&safe, lines);
    bool written = cli_write(&command->cli, sv_buf_slice(&safe));
    sv_buf_free(&safe);
    return written;
}

static int evaluate(struct command *command)
{
    struct cli *cli = &command->cli;
    struct sv_findings findings = {0};
    if (command->spec.operand_count == 0 && isatty(STDIN_FILENO) && !cli->quiet)
        cli_warn(cli, "reading events from the terminal, end with ^D (sv-eval --home reads what the agents of this user keep)");
    struct sv_run *run = sv_run_open(&command->spec, &findings, &cli->error);
    if (run == NULL) {
        for (size_t i = 0; i < findings.count; i++)
            cli_error(cli, &findings.items[i]);
        cli_error(cli, &cli->error);
        sv_findings_free(&findings);
        return (int)cli->error.code;
    }
    struct sv_slice out;
    bool on_terminal = cli_stdout_is_terminal();
    catch_hangup(run);
    while (sv_run_next(run, &out, &cli->error)) {
        if (out.len > 0 && command->progress_shown && on_terminal)
            show_progress(command, run, true);
        if (!(on_terminal ? put_lines(command, out) : cli_write(cli, out)))
            break;
        show_progress(command, run, false);
    }
    show_progress(command, run, true);
    if (cli->error.code == SV_DONE && !cli->out_closed)
        show_ledger(command, sv_run_ledger(run));
    int status = sv_run_close(run, &cli->error);
    if (cli->error.code != SV_DONE)
        cli_error(cli, &cli->error);
    return cli->out_closed && cli->error.code == SV_DONE ? SV_DONE : status;
}

static void command_free(struct command *command)
{
    sv_free(command->policies.items);
    sv_free(command->only.items);
    sv_free(command->skip.items);
    sv_free(command->operands.items);
    sv_buf_free(&command->policies_path);
    sv_buf_free(&command->prices_path);
    sv_buf_free(&command->home);
    sv_buf_free(&command->arguments);
    sv_arena_free(&command->arena);
}

int main(int argc, char **argv)
{
    struct command command = {.cli = cli_open(argc, argv, &program)};
    bool ok = true;
    int opt = 0, status;
    catch_signals();
    command.cli.context = &command;
    while (ok && (opt = cli_next(&command.cli)) != 0 && !cli_is_for_usage(opt))
        ok = take_option(&command, opt) || cli_completing(&command.cli);
    if (ok && opt == 0 && set_from_environment(&command) && complete(&command)) {
        put_arguments(&command, argc, argv);
        status = command.check ? check(&command) : evaluate(&command);
        status = cli_close(&command.cli, status);
    } else {
        if (command.cli.error.code != SV_DONE)
            cli_error(&command.cli, &command.cli.error);
        status = cli_usage(&command.cli, opt);
    }
    command_free(&command);
    return status;
}

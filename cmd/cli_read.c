/* SPDX-License-Identifier: ISC */
/* Programs and verbs that read logs. */
#include "cli_read.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/num.h"
#include "base/os.h"
#include "base/time.h"
#include "event/format.h"
#include "event/redact.h"
#include "report/table.h"
#include "run/act.h"
#include "run/ask.h"
#include "run/choices.h"
#include "run/paths.h"
#include "run/versions.h"

void cli_words_add(struct cli_words *words, const char *word)
{
    words->items = sv_realloc(words->items, (words->count + 1) * sizeof *words->items);
    words->items[words->count++] = word;
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

void cli_read_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal}; /* without SA_RESTART: a waiting read must see it */
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none); /* logs hold secrets */
}

const volatile sig_atomic_t *cli_read_stop(void)
{
    return &stop_signal;
}

bool cli_read_set(struct cli_read *read, enum sv_field field, const char *option, const char *value)
{
    struct sv_slice text = sv_slice_str(value);
    int64_t i;
    double d;
    read->is_preset = true;
    switch (sv_field_type(field)) {
    case SV_CEL_INT:
        if (!sv_num_int(text, &i))
            return cli_refuse(read->cli, "%s: a whole number is expected", option);
        read->preset[field] = sv_value_int(i);
        return true;
    case SV_CEL_DOUBLE:
        if (!sv_num_double(text, false, &d))
            return cli_refuse(read->cli, "%s: a number is expected", option);
        read->preset[field] = sv_value_double(d);
        return true;
    case SV_CEL_MAP:
        return cli_refuse(read->cli, "%s: this field is an object and cannot be set", option);
    default:
        read->preset[field] = sv_value_str(text);
        return true;
    }
}

static bool set_field(struct cli_read *read, const char *text)
{
    char option[256];
    const char *equals = strchr(text, '=');
    snprintf(option, sizeof option, "--set %s", text);
    if (equals == NULL)
        return cli_refuse(read->cli, "%s: FIELD=VALUE is expected", option);
    enum sv_field field = sv_field_find(sv_slice(text, (size_t)(equals - text)));
    if (field == SV_F_COUNT)
        return cli_refuse(read->cli, "%s: no such field", option);
    return cli_read_set(read, field, option, equals + 1);
}

/* $SV_SET: FIELD=VALUE pairs with commas between. */
static bool set_from_environment(struct cli_read *read)
{
    const char *rest = getenv("SV_SET");
    while (rest != NULL && *rest != '\0') {
        size_t len = strcspn(rest, ",");
        if (len > 0 && !set_field(read, sv_arena_dup(&read->arena, sv_slice(rest, len)).data))
            return false;
        rest += len + (rest[len] == ',');
    }
    return true;
}

static bool take_format(struct cli_read *read, const char *text)
{
    struct sv_buf names = {0};
    const struct sv_format *format = NULL;
    read->spec.format = sv_format_find(sv_slice_str(text));
    if (read->spec.format != NULL || strcmp(text, "auto") == 0)
        return true;
    for (size_t i = 0; (format = sv_format_at(i)) != NULL; i++)
        sv_buf_printf(&names, ", %s", format->name);
    cli_refuse(read->cli, "-i %s: unknown format (auto%s)", text, sv_buf_cstr(&names));
    sv_buf_free(&names);
    return false;
}

void cli_read_versions(void *context, struct sv_buf *out)
{
    const struct cli_read *read = context;
    sv_run_put_versions(out, &(struct sv_run_named){.store = read != NULL ? read->spec.store.path : NULL});
}

void cli_read_values(void *context, int opt, struct sv_buf *out)
{
    (void)context;
    if (opt == 'i')
        sv_run_put_formats(out);
    else if (opt == CLI_READ_SET)
        sv_run_put_fields(out);
}

bool cli_read_take(struct cli_read *read, int opt)
{
    struct sv_run_spec *spec = &read->spec;
    const char *value = read->cli->value;
    switch (opt) {
    case 'f': spec->follow = true; return true;
    case 'i': return take_format(read, value);
    case 'r': spec->resume = true; return true;
    case 'S': spec->has_since = true; return cli_time(read->cli, value, &spec->since_ns);
    case 'U': spec->has_until = true; return cli_time(read->cli, value, &spec->until_ns);
    case CLI_READ_HOME: read->home_logs = true; return true;
    case CLI_READ_NO_REDACT: spec->no_redact = true; return true;
    case CLI_READ_SET: return set_field(read, value);
    case CLI_READ_STRICT: spec->strict = true; return true;
    default: return cli_ask_store(read->cli, &spec->store, opt);
    }
}

static void on_notice(void *context, const struct sv_error *err)
{
    struct cli_read *read = context;
    if (read->progress_shown)
        sv_os_write_all(STDERR_FILENO, SV_SLICE("\r\033[K"));
    read->progress_shown = false;
    cli_error(read->cli, err);
}

/* The command line as the store keeps it: secrets in it are nobody's business. */
static void put_arguments(struct cli_read *read)
{
    int argc = read->cli->argc;
    char **argv = read->cli->argv;
    struct sv_redactor *redactor = read->spec.no_redact ? NULL : sv_redactor_new();
    sv_act_put_arguments(&read->arguments, redactor, argc, argv);
    sv_redactor_free(redactor);
    read->spec.arguments = sv_buf_slice(&read->arguments);
}

static bool find_operands(struct cli_read *read)
{
    struct cli *cli = read->cli;
    for (size_t i = 0; i < cli->operand_count; i++)
        cli_words_add(&read->operands, cli->operands[i]);
    if (read->home_logs) {
        size_t found = sv_run_home_logs(&read->home);
        const char *folder = read->home.data;
        for (size_t i = 0; i < found; i++, folder += strlen(folder) + 1)
            cli_words_add(&read->operands, folder);
        read->spec.files_since = true;
        if (read->operands.count == 0)
            return cli_refuse(cli, "--home: no logs of Claude Code, Codex or Gemini in this user's home");
    }
    return true;
}

static bool complete_read(struct cli_read *read)
{
    struct sv_run_spec *spec = &read->spec;
    struct cli *cli = read->cli;
    const struct sv_ask range = {
        .has_since = spec->has_since, .has_until = spec->has_until, .since_ns = spec->since_ns, .until_ns = spec->until_ns};
    if (!sv_ask_check(&range, &cli->error) || !set_from_environment(read) || !find_operands(read))
        return false;
    if (sv_run_default_prices(&read->prices_path))
        spec->prices = sv_buf_cstr(&read->prices_path);
    spec->operands = read->operands.items;
    spec->operand_count = read->operands.count;
    spec->preset = read->is_preset ? read->preset : NULL;
    spec->store.program = cli->whole != NULL ? cli->whole->name : cli->program->name;
    spec->stop = &stop_signal;
    spec->reload = &reloads;
    spec->notice = on_notice;
    spec->verbose = cli->verbose > 0;
    spec->context = read;
    put_arguments(read);
    return true;
}

bool cli_read_line(struct cli_read *read, bool (*own)(struct cli_read *read, int opt), bool (*complete)(struct cli_read *read),
                   int *status)
{
    struct cli *cli = read->cli;
    bool ok = true;
    int opt = 0;
    cli->context = read;
    while (ok && (opt = cli_next(cli)) != 0 && !cli_is_for_usage(opt))
        ok = own(read, opt) || cli_completing(cli);
    if (ok && opt == 0 && complete_read(read) && (complete == NULL || complete(read)))
        return true;
    if (cli->error.code != SV_DONE)
        cli_error(cli, &cli->error);
    *status = cli_usage(cli, opt);
    return false;
}

/* Share, speed, what was found, time left; on a terminal and once there is something to wait for. */
static void show_progress(struct cli_read *read, const struct sv_run *run, bool last)
{
    int64_t done, total, now = sv_os_monotonic_ns();
    const struct sv_ledger *ledger = sv_run_ledger(run);
    if (read->cli->quiet || !cli_stderr_is_terminal())
        return;
    if (last) {
        if (read->progress_shown)
            sv_os_write_all(STDERR_FILENO, SV_SLICE("\r\033[K"));
        return;
    }
    sv_run_progress(run, &done, &total);
    if (ledger->elapsed_ns < SV_SECOND_NS || total <= 0 || now - read->last_progress_ns < SV_SECOND_NS / 5)
        return;
    double seconds = (double)ledger->elapsed_ns / 1e9, share = (double)done / (double)total;
    struct sv_buf line = {0};
    sv_buf_printf(&line, "\r\033[K%3.0f %%  %.0f MB/s  %llu events  %llu violations  %.0f s left", share * 100, (double)done / 1e6 / seconds,
                  (unsigned long long)ledger->events, (unsigned long long)ledger->violations,
                  share > 0 ? seconds / share - seconds : 0);
    sv_os_write_all(STDERR_FILENO, sv_buf_slice(&line));
    sv_buf_free(&line);
    read->progress_shown = true;
    read->last_progress_ns = now;
}

static void show_ledger(struct cli_read *read, const struct sv_ledger *ledger)
{
    bool seen_already = read->spec.output == SV_OUTPUT_TEXT && cli_stdout_is_terminal();
    if (read->cli->quiet || (read->cli->verbose == 0 && (!cli_stderr_is_terminal() || seen_already)))
        return;
    struct sv_buf text = {0};
    sv_ledger_put_text(&text, ledger);
    sv_os_write_all(STDERR_FILENO, sv_buf_slice(&text));
    sv_buf_free(&text);
}

/* Where a terminal would obey what is in the input, escapes stand in for it; the table has them already. */
static bool put_lines(struct cli_read *read, struct sv_slice lines)
{
    if (read->spec.output == SV_OUTPUT_TEXT && !read->spec.convert)
        return cli_write(read->cli, lines);
    struct sv_buf safe = {0};
    sv_text_safe_json(&safe, lines);
    bool written = cli_write(read->cli, sv_buf_slice(&safe));
    sv_buf_free(&safe);
    return written;
}

int cli_read_run(struct cli_read *read)
{
    struct cli *cli = read->cli;
    struct sv_findings findings = {0};
    if (read->spec.operand_count == 0 && isatty(STDIN_FILENO) && !cli->quiet)
        cli_warn(cli, "reading events from the terminal, end with ^D (--home reads what the agents of this user keep)");
    struct sv_run *run = sv_run_open(&read->spec, &findings, &cli->error);
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
        if (out.len > 0 && read->progress_shown && on_terminal)
            show_progress(read, run, true);
        if (!(on_terminal ? put_lines(read, out) : cli_write(cli, out)))
            break;
        show_progress(read, run, false);
    }
    show_progress(read, run, true);
    if (cli->error.code == SV_DONE && !cli->out_closed)
        show_ledger(read, sv_run_ledger(run));
    int status = sv_run_close(run, &cli->error);
    if (cli->error.code != SV_DONE)
        cli_error(cli, &cli->error);
    return cli->out_closed && cli->error.code == SV_DONE ? SV_DONE : status;
}

void cli_read_free(struct cli_read *read)
{
    sv_free(read->operands.items);
    sv_buf_free(&read->prices_path);
    sv_buf_free(&read->home);
    sv_buf_free(&read->arguments);
    sv_arena_free(&read->arena);
}

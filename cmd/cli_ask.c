/* SPDX-License-Identifier: ISC */
/* One way to ask: shared options, answers. */
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/time.h"
#include "cli_ask.h"
#include "event/format.h"
#include "run/choices.h"
#include "run/versions.h"

void cli_ask_versions(void *context, struct sv_buf *out)
{
    const struct cli_ask *asked = context;
    sv_run_put_versions(out, &(struct sv_run_named){.store = asked != NULL ? asked->ask.store.path : NULL});
}

void cli_ask_values(void *context, int opt, struct sv_buf *out)
{
    static const struct {
        int opt;
        enum sv_name_table table;
    } names[] = {{CLI_ASK_AGENT, SV_NAME_AGENT}, {CLI_ASK_TEAM, SV_NAME_TEAM}, {CLI_ASK_HOST, SV_NAME_HOST},
                 {CLI_ASK_TYPE, SV_NAME_TYPE},   {CLI_ASK_TOOL, SV_NAME_TOOL}};
    const struct cli_ask *asked = context;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (opt == names[i].opt)
            sv_run_put_names(out, &asked->ask.store, names[i].table);
    if (opt == 'i')
        sv_run_put_formats(out);
    for (size_t i = 0; opt == CLI_ASK_FIELDS && i < asked->ask.list.count; i++)
        sv_buf_printf(out, "%s\ta column\n", asked->ask.list.columns[i].name);
}

static bool take_number(struct cli_ask *asked, const char *text)
{
    uint64_t n;
    if (!sv_num_uint(sv_slice_str(text), &n) || n == 0 || n > 1000000)
        return cli_refuse(asked->cli, "-n %s: a number from 1 to 1000000 is expected", text);
    asked->ask.number = (size_t)n;
    return true;
}

static bool take_format(struct cli_ask *asked, const char *text)
{
    asked->ask.format = sv_slice_str(text);
    return sv_format_find(asked->ask.format) != NULL || cli_refuse(asked->cli, "-i %s: unknown format", text);
}

/* One of the verb's own forms. */
static bool take_form(struct cli_ask *asked, const char *text)
{
    struct sv_buf known = {0};
    for (size_t i = 0; asked->forms[i] != NULL; i++) {
        if (strcmp(text, asked->forms[i]) == 0) {
            asked->form = i;
            sv_buf_free(&known);
            return true;
        }
        sv_buf_printf(&known, "%s%s", i > 0 ? ", " : "", asked->forms[i]);
    }
    cli_refuse(asked->cli, "-o %s: unknown form (%s)", text, sv_buf_cstr(&known));
    sv_buf_free(&known);
    return false;
}

bool cli_ask_form(struct cli *cli, const char *name, enum sv_list_form *form)
{
    static const struct {
        const char *name;
        enum sv_list_form form;
    } forms[] = {{"text", SV_LIST_TEXT}, {"json", SV_LIST_JSON}, {"ndjson", SV_LIST_JSON}, {"jsonl", SV_LIST_JSON}, {"csv", SV_LIST_CSV}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(name, forms[i].name) == 0) {
            *form = forms[i].form;
            return true;
        }
    return cli_refuse(cli, "-o %s: unknown form (text, json, csv)", name);
}

static bool take_output(struct cli_ask *asked, const char *text)
{
    asked->output_set = true;
    return asked->forms != NULL ? take_form(asked, text) : cli_ask_form(asked->cli, text, &asked->ask.list.form);
}

static bool take_fields(struct cli_ask *asked, const char *text)
{
    struct sv_error *err = &asked->cli->error;
    *err = (struct sv_error){0};
    return sv_list_choose(&asked->ask.list, text, err) || (sv_error_prefix(err, "--fields: "), false);
}

static bool take_severity(struct cli_ask *asked, const char *text)
{
    return sv_severity_find(sv_slice_str(text), &asked->ask.severity) ||
           cli_refuse(asked->cli, "--severity %s: info, warning, error or critical is expected", text);
}

static bool take_slow(struct cli *cli, struct sv_store_spec *store, const char *text)
{
    uint64_t ms;
    if (!sv_num_uint(sv_slice_str(text), &ms) || ms > INT64_MAX / 1000000)
        return cli_refuse(cli, "--slow-ms %s: a number of milliseconds is expected", text);
    store->slow_ns = ms > 0 ? (int64_t)ms * 1000000 : 1; /* each, where 0 would mean the default */
    return true;
}

static bool take_sync(struct cli *cli, struct sv_store_spec *store, const char *text)
{
    store->sync_normal = strcmp(text, "normal") == 0;
    return store->sync_normal || strcmp(text, "full") == 0 || cli_refuse(cli, "--sync %s: full or normal is expected", text);
}

static bool take_wait(struct cli *cli, struct sv_store_spec *store, const char *text)
{
    int64_t *ns = &store->wait_ns;
    if (!sv_duration_parse(sv_slice_str(text), ns) || *ns < 0)
        return cli_refuse(cli, "--wait %s: a duration such as 30s is expected", text);
    *ns += *ns == 0; /* not at all, where 0 would mean the default */
    return true;
}

bool cli_ask_store(struct cli *cli, struct sv_store_spec *store, int opt)
{
    switch (opt) {
    case 'd': store->path = cli->value; return true;
    case CLI_ASK_SLOW: return take_slow(cli, store, cli->value);
    case CLI_ASK_SYNC: return take_sync(cli, store, cli->value);
    case CLI_ASK_WAIT: return take_wait(cli, store, cli->value);
    default: return false;
    }
}

/* One of the shared ones; false when it is none of them, or wrong. */
static bool take_shared(struct cli_ask *asked, int opt, bool *is_shared)
{
    const char *value = asked->cli->value;
    struct sv_ask *ask = &asked->ask;
    *is_shared = true;
    if (opt >= CLI_ASK_AGENT && opt <= CLI_ASK_SUPERVISOR) {
        sv_ask_add(ask, (enum sv_ask_kind)(opt - CLI_ASK_AGENT), value);
        return true;
    }
    switch (opt) {
    case 'i': return take_format(asked, value);
    case 'n': return take_number(asked, value);
    case 'o': return take_output(asked, value);
    case 'S': ask->has_since = true; return cli_time(asked->cli, value, &ask->since_ns);
    case 'U': ask->has_until = true; return cli_time(asked->cli, value, &ask->until_ns);
    case 'd':
    case CLI_ASK_SLOW:
    case CLI_ASK_SYNC:
    case CLI_ASK_WAIT: return cli_ask_store(asked->cli, &ask->store, opt);
    case CLI_ASK_ARCHIVED: return ask->archived = true;
    case CLI_ASK_BEFORE: ask->before = value; return true;
    case CLI_ASK_FIELDS: return take_fields(asked, value);
    case CLI_ASK_SEVERITY: return take_severity(asked, value);
    case CLI_ASK_UTC: ask->list.utc = true; return true;
    case CLI_ASK_WHERE: ask->where = value; return true;
    default: *is_shared = false; return false;
    }
}

static void on_notice(void *context, const struct sv_error *err)
{
    cli_error(context, err);
}

void cli_ask_fit(struct sv_list *list, bool output_set)
{
    if (!output_set && cli_stdout_is_terminal())
        list->form = SV_LIST_TEXT;
    if (list->form == SV_LIST_TEXT) {
        list->width = cli_width();
        list->color = cli_color(STDOUT_FILENO);
    }
}

static void complete(struct cli_ask *asked)
{
    struct sv_ask *ask = &asked->ask;
    struct cli *cli = asked->cli;
    if (ask->number == 0)
        ask->number = SV_ASK_ROWS;
    ask->store.program = cli->whole != NULL ? cli->whole->name : cli->program->name;
    ask->operands = cli->operands;
    ask->operand_count = cli->operand_count;
    ask->notice = on_notice;
    ask->notice_context = cli;
    cli_ask_fit(&ask->list, asked->output_set);
}

/* A verb whose usage names none takes none. */
static bool operands_fit(struct cli *cli)
{
    const char *operands = cli->program->operands;
    if (cli->operand_count == 0 || (operands != NULL && operands[0] != '\0'))
        return true;
    return cli_refuse(cli, "\"%s\" is too much: %s takes no operands", cli->operands[0], cli->program->name);
}

bool cli_ask_take(struct cli_ask *asked, cli_ask_own *own, int *status)
{
    struct cli *cli = asked->cli;
    bool ok = true, is_shared;
    int opt = 0;
    cli->context = asked;
    while (ok && (opt = cli_next(cli)) != 0 && !cli_is_for_usage(opt)) {
        ok = take_shared(asked, opt, &is_shared);
        if (!is_shared)
            ok = own != NULL && own(asked, opt);
        ok = ok || cli_completing(cli);
    }
    if (ok && opt == 0)
        ok = operands_fit(cli) && sv_ask_check(&asked->ask, &cli->error);
    if (!ok)
        cli_error(cli, &cli->error);
    if (!ok || opt != 0) {
        *status = cli_usage(cli, opt);
        sv_ask_free(&asked->ask);
        return false;
    }
    complete(asked);
    return true;
}

static void tell_more(struct cli *cli, const struct sv_answer *answer)
{
    struct sv_buf cursor = {0};
    uint64_t more = sv_answer_more(answer, &cursor);
    if (more > 0)
        cli_warn(cli, "%s%llu more; go on with %s %s", more == answer->more_at_most ? "at least " : "", (unsigned long long)more,
                 answer->go_on != NULL ? answer->go_on : "--before", sv_buf_cstr(&cursor));
    sv_buf_free(&cursor);
}

void cli_ask_remarks(struct cli *cli, const struct sv_answer *answer)
{
    struct sv_buf lines = {0};
    sv_answer_remarks(answer, &lines);
    for (size_t at = 0, end; at < lines.len; at = end + 1) {
        for (end = at; end < lines.len && lines.data[end] != '\n';)
            end++;
        cli_warn(cli, "%.*s", (int)(end - at), lines.data + at);
    }
    sv_buf_free(&lines);
}

int cli_ask_close(struct cli_ask *asked, int status)
{
    struct cli *cli = asked->cli;
    if (cli->error.code != SV_DONE)
        cli_error(cli, &cli->error);
    if ((int)cli->error.code > status)
        status = (int)cli->error.code;
    sv_ask_free(&asked->ask);
    return cli_close(cli, status);
}

bool cli_ask_put(struct cli_ask *asked, struct sv_slice lines)
{
    if (asked->ask.list.form == SV_LIST_TEXT || !cli_stdout_is_terminal())
        return cli_write(asked->cli, lines);
    struct sv_buf safe = {0};
    sv_text_safe_json(&safe, lines);
    bool written = cli_write(asked->cli, sv_buf_slice(&safe));
    sv_buf_free(&safe);
    return written;
}

int cli_ask_answer(struct cli_ask *asked, struct sv_answer *answer)
{
    struct cli *cli = asked->cli;
    struct sv_slice out;
    while (answer != NULL && sv_answer_next(answer, &out, &cli->error) && cli_ask_put(asked, out))
        ;
    if (answer != NULL && cli->error.code == SV_DONE && !cli->out_closed) {
        tell_more(cli, answer);
        cli_ask_remarks(cli, answer);
    }
    return cli_ask_close(asked, (int)sv_answer_close(answer));
}

int cli_ask_usage(struct cli_ask *asked)
{
    struct cli *cli = asked->cli;
    cli_error(cli, &cli->error);
    sv_ask_free(&asked->ask);
    return cli_usage(cli, -1);
}

void cli_findings(struct cli *cli, struct sv_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        cli_error(cli, &findings->items[i]);
    sv_findings_free(findings);
}

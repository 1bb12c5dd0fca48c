/* SPDX-License-Identifier: ISC */
/* sv-index - the memory: what the store has, for people and programs. */
#include <sys/resource.h>
#include <unistd.h>

#include "base/num.h"
#include "base/time.h"
#include "cli.h"
#include "event/format.h"
#include "run/choices.h"
#include "run/sources.h"
#include "run/versions.h"

enum { OPT_BEFORE = CLI_LONG, OPT_FIELDS, OPT_UTC, OPT_WAIT, ROWS = 50 };

/* What verbs that list have in common. */
struct listing {
    struct cli *cli;
    struct sv_store_spec store;
    struct sv_list list;
    bool output_set;
    size_t number;
    const char *before;
    struct sv_slice format;
    bool has_since, has_until;
    int64_t since_ns, until_ns;
};

static void put_versions(void *context, struct sv_buf *out)
{
    const struct listing *listing = context;
    sv_run_put_versions(out, &(struct sv_run_named){.store = listing != NULL ? listing->store.path : NULL});
}

static void put_values(void *context, int opt, struct sv_buf *out)
{
    const struct listing *listing = context;
    if (opt == 'i') {
        sv_run_put_formats(out);
        return;
    }
    for (size_t i = 0; i < listing->list.count; i++)
        sv_buf_printf(out, "%s\ta column\n", listing->list.columns[i].name);
}

static bool take_number(struct listing *listing, const char *text)
{
    uint64_t n;
    if (!sv_num_uint(sv_slice_str(text), &n) || n == 0 || n > 1000000)
        return cli_refuse(listing->cli, "-n %s: a number from 1 to 1000000 is expected", text);
    listing->number = (size_t)n;
    return true;
}

static bool take_format(struct listing *listing, const char *text)
{
    listing->format = sv_slice_str(text);
    return sv_format_find(listing->format) != NULL || cli_refuse(listing->cli, "-i %s: unknown format", text);
}

static bool take_output(struct listing *listing, const char *text)
{
    static const struct {
        const char *name;
        enum sv_list_form form;
    } forms[] = {{"text", SV_LIST_TEXT}, {"json", SV_LIST_JSON}, {"ndjson", SV_LIST_JSON}, {"jsonl", SV_LIST_JSON}, {"csv", SV_LIST_CSV}};
    listing->output_set = true;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(text, forms[i].name) == 0) {
            listing->list.form = forms[i].form;
            return true;
        }
    return cli_refuse(listing->cli, "-o %s: unknown form (text, json, csv)", text);
}

static bool take_fields(struct listing *listing, const char *text)
{
    listing->cli->error = (struct sv_error){0};
    return sv_list_choose(&listing->list, text, &listing->cli->error) || (sv_error_prefix(&listing->cli->error, "--fields: "), false);
}

static bool take_wait(struct listing *listing, const char *text)
{
    int64_t *ns = &listing->store.wait_ns;
    if (!sv_duration_parse(sv_slice_str(text), ns) || *ns < 0)
        return cli_refuse(listing->cli, "--wait %s: a duration such as 30s is expected", text);
    *ns += *ns == 0; /* not at all, where 0 would mean the default */
    return true;
}

static bool take_option(struct listing *listing, int opt)
{
    const char *value = listing->cli->value;
    switch (opt) {
    case 'd': listing->store.path = value; return true;
    case 'i': return take_format(listing, value);
    case 'n': return take_number(listing, value);
    case 'o': return take_output(listing, value);
    case 'S': listing->has_since = true; return cli_time(listing->cli, value, &listing->since_ns);
    case 'U': listing->has_until = true; return cli_time(listing->cli, value, &listing->until_ns);
    case OPT_BEFORE: listing->before = value; return true;
    case OPT_FIELDS: return take_fields(listing, value);
    case OPT_UTC: listing->list.utc = true; return true;
    case OPT_WAIT: return take_wait(listing, value);
    default: return false;
    }
}

/* Takes the command line; false when it was answered, with the status. */
static bool take_line(struct listing *listing, int *status)
{
    struct cli *cli = listing->cli;
    bool ok = true;
    int opt = 0;
    cli->context = listing;
    while (ok && (opt = cli_next(cli)) != 0 && !cli_is_for_usage(opt))
        ok = take_option(listing, opt) || cli_completing(cli);
    if (!ok || opt != 0) {
        if (!ok)
            cli_error(cli, &cli->error);
        *status = cli_usage(cli, opt);
        return false;
    }
    if (!listing->output_set && cli_stdout_is_terminal())
        listing->list.form = SV_LIST_TEXT;
    if (listing->list.form == SV_LIST_TEXT) {
        listing->list.width = cli_width();
        listing->list.color = cli_color(STDOUT_FILENO);
    }
    return true;
}

static void tell_more(struct cli *cli, uint64_t more, struct sv_buf *cursor)
{
    if (more > 0)
        cli_warn(cli, "%s%llu more; go on with --before %s", more == SV_SOURCES_COUNTED_MAX ? "at least " : "", (unsigned long long)more,
                 sv_buf_cstr(cursor));
}

static int sources(struct cli *cli)
{
    struct listing listing = {.cli = cli,
                              .number = ROWS,
                              .store = {.program = "sv-index"},
                              .list = {.columns = sv_sources_columns, .count = sv_sources_column_count}};
    int status = SV_DONE;
    if (!take_line(&listing, &status))
        return status;
    struct sv_sources_spec spec = {.store = listing.store,
                                   .list = listing.list,
                                   .paths = cli->operands,
                                   .path_count = cli->operand_count,
                                   .format = listing.format,
                                   .has_since = listing.has_since,
                                   .has_until = listing.has_until,
                                   .since_ns = listing.since_ns,
                                   .until_ns = listing.until_ns,
                                   .number = listing.number,
                                   .before = listing.before};
    struct sv_sources *found = sv_sources_open(&spec, &cli->error);
    struct sv_slice out;
    struct sv_buf cursor = {0};
    while (found != NULL && sv_sources_next(found, &out, &cli->error) && cli_write(cli, out))
        ;
    if (cli->error.code != SV_DONE)
        cli_error(cli, &cli->error);
    else if (found != NULL && !cli->out_closed)
        tell_more(cli, sv_sources_more(found, &cursor), &cursor);
    status = (int)cli->error.code;
    sv_buf_free(&cursor);
    sv_sources_close(found);
    return cli_close(cli, status);
}

static const struct cli_option sources_options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {'i', "input", "FORMAT", "show only inputs of this log format", "ask"},
    {'S', "since", "TIME", "show only what was read since TIME, such as today or -2h", NULL},
    {'U', "until", "TIME", "show only what was last read before TIME", NULL},
    {'n', "number", "N", "show so many, newest read first (default: 50)", NULL},
    {OPT_BEFORE, "before", "CURSOR", "go on where an earlier list ended", NULL},
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    {'o', "output", "FORM", "print text (on terminals), json (elsewhere), csv", "text json csv"},
    {OPT_FIELDS, "fields", "NAMES", "print these columns, with commas between", "ask"},
    {OPT_UTC, "utc", NULL, "print times of the table in UTC", NULL},
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    {'d', "store", "FILE", "read this store (default: $SV_STORE, the user's own)", "file"},
    {OPT_WAIT, "wait", "DURATION", "wait so long for the store's lock (default 30s)", NULL},
    {0, NULL, NULL, NULL, NULL}};

static const struct cli_program sources_verb = {
    .name = "sources",
    .text = "list the inputs that were read, how far, and what of them waits",
    .operands = "[glob ...]",
    .options = sources_options,
    .versions = put_versions,
    .values = put_values,
    .run = sources,
    .more = "Examples:\n"
            "  sv-index sources\n"
            "  sv-index sources -n 1000 -o json | jq 'select(.lag > 0)'\n"
            "  sv-index sources '*/.claude/*'\n",
};

static const struct cli_program *const verbs[] = {&sources_verb, NULL};

static const struct cli_program program = {
    .name = "sv-index",
    .text = "ask what the store of sv-eval has",
    .verbs = verbs,
    .versions = put_versions,
};

int main(int argc, char **argv)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none); /* logs hold secrets */
    return cli_run(argc, argv, &program);
}

/* SPDX-License-Identifier: ISC */
/* What the verbs of sv-bench take and do alike. */
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/os.h"
#include "bench.h"
#include "run/bench.h"
#include "run/paths.h"
#include "run/versions.h"

enum { REPEAT = 10, WARM_UP = 1, SEED = 1, TIMES_MAX = 10000 };

void bench_versions(void *context, struct sv_buf *out)
{
    const struct bench *bench = context;
    struct sv_run_named named = {0};
    if (bench != NULL)
        named = (struct sv_run_named){.policies = bench->policies.items, .policy_count = bench->policies.count};
    sv_run_put_versions(out, &named);
}

void bench_values(void *context, int opt, struct sv_buf *out)
{
    cli_read_values(context, opt, out);
}

bool bench_number(struct cli *cli, const char *option, uint64_t least, uint64_t most, uint64_t *out)
{
    return (sv_num_uint(sv_slice_str(cli->value), out) && *out >= least && *out <= most) ||
           cli_refuse(cli, "%s %s: a number from %llu to %llu is expected", option, cli->value, (unsigned long long)least,
                      (unsigned long long)most);
}

bool bench_share(struct cli *cli, const char *option, uint32_t *out)
{
    struct sv_slice text = sv_slice_str(cli->value);
    bool percent = text.len > 0 && text.data[text.len - 1] == '%';
    double share;
    text.len -= percent;
    if (!sv_num_double(text, false, &share) || !(share >= 0) || (share /= percent ? 100 : 1) > 1)
        return cli_refuse(cli, "%s %s: a share from 0 to 1, or such as 3.5%%, is expected", option, cli->value);
    *out = (uint32_t)(share * 1e6 + 0.5);
    return true;
}

static bool take_shared(struct bench *bench, int opt)
{
    struct cli *cli = bench->cli;
    switch (opt) {
    case 'o': bench->output_set = true; return cli_ask_form(cli, cli->value, &bench->list.form);
    case 'p': cli_words_add(&bench->policies, cli->value); return true;
    case BENCH_FOLDER: bench->folder = cli->value; return true;
    case BENCH_REPEAT: return bench_number(cli, "--repeat", 1, TIMES_MAX, &bench->repeat);
    case BENCH_SEED: return bench_number(cli, "--seed", 0, UINT64_MAX, &bench->seed);
    case BENCH_WARM_UP: return bench_number(cli, "--warm-up", 0, TIMES_MAX, &bench->warm_up);
    default: return cli_read_take(&bench->read, opt);
    }
}

static void complete(struct bench *bench)
{
    if (bench->folder == NULL) {
        sv_bench_default_folder(&bench->folder_path);
        bench->folder = sv_buf_cstr(&bench->folder_path);
    }
    if (bench->list.columns == NULL) {
        bench->list.columns = sv_results_columns;
        bench->list.count = sv_results_column_count;
    }
    cli_ask_fit(&bench->list, bench->output_set);
}

static bool take_option(struct cli_read *read, int opt)
{
    struct bench *bench = (struct bench *)read; /* its first member */
    if (bench->own != NULL && bench->own(bench, opt))
        return true;
    return bench->cli->error.code == SV_DONE && take_shared(bench, opt);
}

bool bench_take(struct bench *bench, bench_own *own, int *status)
{
    bench->read.cli = bench->cli;
    bench->own = own;
    bench->repeat = bench->repeat > 0 ? bench->repeat : REPEAT;
    bench->warm_up = WARM_UP;
    bench->seed = SEED;
    cli_read_signals();
    if (!cli_read_line(&bench->read, take_option, NULL, status)) {
        sv_free(bench->policies.items);
        return false;
    }
    complete(bench);
    return true;
}

bool bench_policies(struct bench *bench)
{
    if (bench->policies.count == 0) {
        if (!sv_run_default_policies(&bench->policies_path))
            return cli_refuse(bench->cli, "no policies found; name some with -p");
        cli_words_add(&bench->policies, sv_buf_cstr(&bench->policies_path));
    }
    bench->read.spec.policies = bench->policies.items;
    bench->read.spec.policy_count = bench->policies.count;
    return true;
}

void bench_find(struct sv_buf *out, const char *kind, const char *name)
{
    struct sv_buf file = {0};
    struct sv_os_stat st;
    size_t start = out->len;
    if (!sv_os_stat_path(name, true, &st) && strchr(name, '/') == NULL) {
        sv_buf_printf(&file, "bench/%s/%s.yaml", kind, name);
        if (!sv_run_share(out, sv_buf_cstr(&file)) || !sv_os_stat_path(sv_buf_cstr(out) + start, true, &st))
            out->len = start;
    }
    if (out->len == start)
        sv_buf_str(out, name);
    sv_buf_free(&file);
}

bool bench_print(struct bench *bench)
{
    struct sv_buf out = {0};
    sv_results_put(&out, &bench->results, &bench->list);
    bool fine = cli_write(bench->cli, sv_buf_slice(&out));
    sv_buf_free(&out);
    return fine;
}

void bench_progress(struct bench *bench, const char *text, unsigned done, unsigned all)
{
    struct sv_buf line = {0};
    if (bench->cli->quiet || !cli_stderr_is_terminal() || (text == NULL && !bench->progress_shown))
        return;
    sv_buf_str(&line, "\r\033[K");
    if (text != NULL)
        sv_buf_printf(&line, "%s: %u of %u", text, done + 1, all);
    sv_os_write_all(STDERR_FILENO, sv_buf_slice(&line));
    sv_buf_free(&line);
    bench->progress_shown = text != NULL;
}

int bench_close(struct bench *bench, int status)
{
    struct cli *cli = bench->cli;
    bench_progress(bench, NULL, 0, 0);
    for (size_t i = 0; i < bench->findings.count; i++)
        cli_error(cli, &bench->findings.items[i]);
    if (cli->error.code != SV_DONE)
        cli_error(cli, &cli->error);
    if ((int)cli->error.code > status)
        status = (int)cli->error.code;
    if (bench->findings.count > 0 && status < SV_INPUT)
        status = SV_INPUT;
    cli_read_free(&bench->read);
    sv_free(bench->policies.items);
    sv_buf_free(&bench->policies_path);
    sv_buf_free(&bench->folder_path);
    sv_results_free(&bench->results);
    sv_findings_free(&bench->findings);
    return cli_close(cli, status);
}

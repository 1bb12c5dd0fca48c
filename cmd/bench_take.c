/* SPDX-License-Identifier: ISC */
/* What the verbs of sv-bench take alike. */
#include <string.h>

#include "base/num.h"
#include "bench.h"
#include "run/versions.h"

void bench_versions(void *context, struct sv_buf *out)
{
    (void)context;
    sv_run_put_versions(out, &(struct sv_run_named){0});
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

bool bench_take(struct bench *bench, bench_own *own, int *status)
{
    struct cli *cli = bench->cli;
    bool ok = true;
    int opt = 0;
    cli->context = bench;
    while (ok && (opt = cli_next(cli)) != 0 && !cli_is_for_usage(opt))
        ok = own(bench, opt) || cli_completing(cli);
    if (!ok)
        cli_error(cli, &cli->error);
    if (!ok || opt != 0)
        *status = cli_usage(cli, opt);
    return ok && opt == 0;
}

int bench_close(struct bench *bench, int status)
{
    struct cli *cli = bench->cli;
    if (cli->error.code != SV_DONE)
        cli_error(cli, &cli->error);
    return cli_close(cli, (int)cli->error.code > status ? (int)cli->error.code : status);
}

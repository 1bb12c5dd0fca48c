/* SPDX-License-Identifier: ISC */
/* sv-bench - is it fast enough, here, for this fleet? */
#include "bench.h"

/* In the order of the help. */
static const struct cli_program *const verbs[] = {
    &bench_gen,
    &bench_run,
    &bench_load,
    &bench_queries,
    &bench_capacity,
    &bench_baseline,
    &bench_compare,
    &bench_gate,
    &bench_report,
    NULL,
};

static const struct cli_program program = {
    .name = "sv-bench",
    .text = "measure whether this machine holds your fleet",
    .verbs = verbs,
    .versions = bench_versions,
};

int main(int argc, char **argv)
{
    return cli_run(argc, argv, &program);
}

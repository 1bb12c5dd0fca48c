/* SPDX-License-Identifier: ISC */
/* sv-bench - is it fast enough, here, for this fleet? */
#include <sys/resource.h>

#include "bench.h"

/* In the order of the help. */
static const struct cli_program *const verbs[] = {
    &bench_gen,
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
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none); /* logs hold secrets */
    return cli_run(argc, argv, &program);
}

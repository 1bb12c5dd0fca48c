/* SPDX-License-Identifier: ISC */
/* sv-index - the memory: what the store has, for people and programs. */
#include <sys/resource.h>

#include "index.h"

/* In the order of the help. */
static const struct cli_program *const verbs[] = {
    &index_add,
    &index_emit,
    &index_import,
    &index_export,
    &index_timeline,
    &index_evaluations,
    &index_show,
    &index_entities,
    &index_context,
    &index_stats,
    &index_sources,
    &index_metrics,
    &index_slow,
    &index_archive,
    &index_restore,
    &index_check,
    &index_repair,
    &index_backup,
    &index_verify,
    NULL,
};

static const struct cli_program program = {
    .name = "sv-index",
    .text = "the memory of the fleet: put events in, find them again",
    .verbs = verbs,
    .versions = cli_ask_versions,
};

int main(int argc, char **argv)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none); /* logs hold secrets */
    return cli_run(argc, argv, &program);
}

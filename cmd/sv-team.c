/* SPDX-License-Identifier: ISC */
/* sv-team - who supervises whom, and what they tell each other. */
#include <sys/resource.h>

#include "team.h"

/* In the order of the help. */
static const struct cli_program *const verbs[] = {
    &team_supervisor,
    &team_team,
    &team_member,
    &team_import,
    &team_export,
    &team_send,
    &team_inbox,
    &team_read,
    &team_ack,
    &team_wait,
    &team_status,
    &team_report,
    &team_stop,
    &team_resume,
    &team_stopped,
    NULL,
};

static const struct cli_program program = {
    .name = "sv-team",
    .text = "keep who supervises whom, and what they tell each other",
    .verbs = verbs,
    .versions = cli_ask_versions,
};

int team_usage(struct cli_ask *asked)
{
    struct cli *cli = asked->cli;
    cli_error(cli, &cli->error);
    sv_ask_free(&asked->ask);
    return cli_usage(cli, -1);
}

void team_tell(struct cli *cli, struct sv_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        cli_error(cli, &findings->items[i]);
    sv_findings_free(findings);
}

int main(int argc, char **argv)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none); /* messages hold secrets */
    return cli_run(argc, argv, &program);
}

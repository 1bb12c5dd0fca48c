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

int main(int argc, char **argv)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none); /* messages hold secrets */
    return cli_run(argc, argv, &program);
}

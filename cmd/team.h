/* SPDX-License-Identifier: ISC */
/* team.h - the verbs of sv-team: a row each, in files of what belongs together (cmd/team_*.c). What a verb does lives in
 * libcore/run/; here are its options, and the way of the answer to stdout. */
#ifndef TEAM_H
#define TEAM_H

#include "cli_ask.h"

extern const struct cli_program team_supervisor, team_team, team_member;
extern const struct cli_program team_import, team_export;
extern const struct cli_program team_status, team_report;
extern const struct cli_program team_stop, team_resume, team_stopped;
extern const struct cli_program team_send, team_inbox, team_read, team_ack, team_wait;

#endif

/* SPDX-License-Identifier: ISC */
/* paths.h - where things are found when nobody says.
 *
 * Floor: run. */
#ifndef SV_RUN_PATHS_H
#define SV_RUN_PATHS_H

#include "base/buf.h"

/* Installed data `name` (policies, prices.csv): $SV_SHARE, else beside the program (build tree or prefix), else
 * PREFIX/share/sv-tools. False when it is nowhere. out is appended to and terminated (not counted). */
bool sv_run_share(struct sv_buf *out, const char *name);

/* Data that a variable names or that lies in a folder of settings: $variable, ~/.config/sv-tools/name, /etc/sv-tools/name, the
 * one that is installed. *from (may be NULL): which of these it was, in words for people. */
bool sv_run_find(struct sv_buf *out, const char *variable, const char *name, const char **from);

/* Policies when no -p is given, as sv_run_find: $SV_POLICIES, policies. */
bool sv_run_default_policies(struct sv_buf *out);

/* prices.csv, as sv_run_find: $SV_PRICES, prices.csv. */
bool sv_run_default_prices(struct sv_buf *out);

/* Folders in which agents of this user keep their logs, those that exist, each NUL-terminated behind the other; returns how
 * many. CLAUDE_CONFIG_DIR, CODEX_HOME and GEMINI_CLI_HOME are honoured. */
size_t sv_run_home_logs(struct sv_buf *out);

#endif

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

/* Policies when no -p is given: $SV_POLICIES, ~/.config/sv-tools/policies, /etc/sv-tools/policies, the starter packs. */
bool sv_run_default_policies(struct sv_buf *out);

/* prices.csv: $SV_PRICES, ~/.config/sv-tools/prices.csv, /etc/sv-tools/prices.csv, the shipped one. */
bool sv_run_default_prices(struct sv_buf *out);

/* Folders in which agents of this user keep their logs, those that exist, each NUL-terminated behind the other; returns how
 * many. CLAUDE_CONFIG_DIR and CODEX_HOME are honoured. */
size_t sv_run_home_logs(struct sv_buf *out);

/* Lines of `-V -v`: what is linked in which version, and where policies, prices and the store are looked for. */
void sv_run_put_versions(struct sv_buf *out);

#endif

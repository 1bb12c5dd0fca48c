/* SPDX-License-Identifier: ISC */
/* Tables for people: what is shown if nothing else is said has room on a terminal of 80 cells. */
#include "report/list.h"
#include "run/mail.h"
#include "run/result.h"
#include "run/slow.h"
#include "run/sources.h"
#include "run/status.h"
#include "run/stop.h"
#include "run/team.h"
#include "run/team_table.h"
#include "run/timeline.h"
#include "tap.h"

enum { CELLS = 80, GAP = 2 };

static void fits(const char *name, const struct sv_list_column *columns, size_t count)
{
    size_t cells = 0, shown = 0;
    for (size_t i = 0; i < count; i++) {
        cells += columns[i].min;
        shown += columns[i].min > 0;
    }
    cells += GAP * (shown - 1);
    ok(shown > 0 && cells <= CELLS, "%s: %zu cells of %d", name, cells, CELLS);
}

int main(void)
{
    fits("sv-team supervisor", sv_team_columns[SV_ROSTER_SUPERVISOR], sv_team_column_counts[SV_ROSTER_SUPERVISOR]);
    fits("sv-team team", sv_team_columns[SV_ROSTER_TEAM], sv_team_column_counts[SV_ROSTER_TEAM]);
    fits("sv-team member", sv_team_columns[SV_ROSTER_MEMBER], sv_team_column_counts[SV_ROSTER_MEMBER]);
    fits("sv-team show", sv_team_show_columns, sv_team_show_column_count);
    fits("sv-team import", sv_team_import_columns, sv_team_import_column_count);
    fits("sv-team inbox", sv_mail_columns, sv_mail_column_count);
    fits("sv-team status", sv_status_tree_columns, sv_status_tree_column_count);
    fits("sv-team status --flat", sv_status_columns, sv_status_column_count);
    fits("sv-team stop", sv_stop_columns, sv_stop_column_count);
    fits("sv-team stopped", sv_stopped_columns, sv_stopped_column_count);
    fits("sv-index timeline", sv_timeline_columns, sv_timeline_column_count);
    fits("sv-index sources", sv_sources_columns, sv_sources_column_count);
    fits("sv-index slow", sv_slow_columns, sv_slow_column_count);
    fits("sv-bench run", sv_results_columns, sv_results_column_count);
    return done();
}

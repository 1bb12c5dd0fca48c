/* SPDX-License-Identifier: ISC */
/* fuzz_roster.c - any bytes as the table of a roster: findings point into it; what can be read is made so, is a tree then, and read
 * once more makes no difference. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "team/diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Someone is there before. */
static struct sv_roster *some(void)
{
    struct sv_roster *roster = sv_roster_new();
    require(sv_roster_enter(roster, SV_ROSTER_SUPERVISOR, SV_SLICE("ops"), SV_SLICE(""), 1, NULL));
    require(sv_roster_enter(roster, SV_ROSTER_TEAM, SV_SLICE("t"), SV_SLICE("ops"), 1, NULL));
    require(sv_roster_enter(roster, SV_ROSTER_MEMBER, SV_SLICE("a*"), SV_SLICE("t"), 1, NULL));
    return roster;
}

static void check_findings(const struct sv_findings *findings, struct sv_slice text)
{
    size_t lines = 1;
    for (size_t i = 0; i < text.len; i++)
        lines += text.data[i] == '\n';
    for (size_t i = 0; i < findings->count; i++)
        require(findings->items[i].line >= 1 && findings->items[i].line <= lines && findings->items[i].text[0] != '\0');
}

static void check_same(struct sv_roster *roster, struct sv_slice text)
{
    struct sv_findings findings = {0};
    uint64_t wrong;
    struct sv_roster_diff *diff = sv_roster_diff_new(roster, 3);
    require(sv_roster_diff_read(diff, "again", text, &findings, &wrong) && sv_roster_diff_count(diff) == 0);
    sv_roster_diff_free(diff);
    sv_findings_free(&findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv_slice text = sv_slice((const char *)data, size);
    struct sv_findings findings = {0};
    struct sv_roster *roster = some();
    struct sv_roster_diff *diff = sv_roster_diff_new(roster, 2);
    uint64_t wrong;
    if (!sv_roster_diff_read(diff, "table", text, &findings, &wrong)) {
        require(wrong >= findings.count && findings.count > 0);
        check_findings(&findings, text);
    } else if (sv_roster_diff_apply(diff, &findings)) {
        require(findings.count == 0 && sv_roster_check(roster, NULL));
        sv_roster_find(roster, SV_SLICE("abc/1"), 2);
        check_same(roster, text);
    } else {
        require(findings.count > 0);
    }
    sv_roster_diff_free(diff);
    sv_roster_free(roster);
    sv_findings_free(&findings);
    return 0;
}

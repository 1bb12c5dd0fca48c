/* SPDX-License-Identifier: ISC */
/* Policies: loaded when a run begins, and again when their files have changed while it goes on. */
#include <stdio.h>

#include "base/os.h"
#include "base/time.h"
#include "run/ahead.h"
#include "run/private.h"
#include "run/record.h"

enum { QUIET_MS = 100 }; /* a file that was written to so lately may be half of what it will be */

static struct sv_schema *new_schema(const struct sv_run *run)
{
    return run->spec.convert || run->spec.record ? sv_record_schema() : sv_schema_new(); /* whole events are wanted */
}

static struct sv_policies_spec spec_of(const struct sv_run *run, struct sv_schema *schema)
{
    return (struct sv_policies_spec){.schema = schema,
                                     .paths = run->spec.policies,
                                    .path_count = run->spec.policy_count,
                                    .only = run->spec.only,
                                    .only_count = run->spec.only_count,
                                    .skip = run->spec.skip,
                                    .skip_count = run->spec.skip_count,
                                    .built_in = run->knows_stops};
}

/* The files are looked at before they are read: what changes meanwhile is a change. */
static struct sv_policies *load(struct sv_run *run, struct sv_schema *schema, struct sv_findings *findings)
{
    int64_t modified_ns;
    struct sv_policies_spec spec = spec_of(run, schema);
    run->policies_stamp = sv_policies_stamp(spec.paths, spec.path_count, &modified_ns);
    run->looked_ns = sv_os_monotonic_ns();
    return sv_policies_load(&spec, findings);
}

static bool are_same(struct sv_policies *a, struct sv_policies *b)
{
    size_t count = sv_policies_count(a), i = 0;
    while (i < count && i < sv_policies_count(b) && sv_policies_at(a, i)->version == sv_policies_at(b, i)->version)
        i++;
    return i == count && sv_policies_count(b) == count;
}

struct sv_policies *sv_run_load_more(const struct sv_run *run, struct sv_schema **schema)
{
    struct sv_findings findings = {0};
    *schema = new_schema(run);
    struct sv_policies_spec spec = spec_of(run, *schema);
    struct sv_policies *set = sv_policies_load(&spec, &findings);
    sv_findings_free(&findings);
    if (set != NULL && are_same(run->policies, set))
        return set;
    sv_policies_free(set);
    sv_schema_free(*schema);
    return NULL;
}

/* Where events are told that their agent should have stopped. */
static void find_stopped(struct sv_run *run)
{
    const struct sv_paths *paths = run->schema->paths;
    uint32_t node = run->knows_stops ? sv_paths_find(paths, SV_PATHS_ROOT, SV_SLICE(SV_POLICY_STOPPED)) : SV_NO_NODE;
    run->stopped_slot = node != SV_NO_NODE ? sv_paths_slot(paths, node) : SV_NO_SLOT;
}

void sv_run_bound(struct sv_run *run)
{
    run->reader_spec.latest_ns = sv_policies_latest(run->policies, sv_os_now_ns());
}

bool sv_run_load(struct sv_run *run, struct sv_findings *findings, struct sv_error *err)
{
    run->schema = new_schema(run);
    run->stopped_slot = SV_NO_SLOT;
    run->reader_spec.schema = run->schema;
    if (run->schema->keep_rest)
        run->event.rest = &run->rest;
    if (run->spec.reload != NULL)
        run->reloads = *run->spec.reload;
    bool wants = !run->spec.convert && !run->spec.collect;
    run->policies = wants ? load(run, run->schema, findings) : NULL;
    sv_run_bound(run);
    return !wants || run->policies != NULL ||
           sv_error_set(err, SV_INPUT, "%zu finding%s in the policies; nothing was read", findings->count, findings->count == 1 ? "" : "s");
}

/* The new set takes the old one's place; readers go on in the middle of their files. */
static void take(struct sv_run *run, struct sv_schema *schema, struct sv_policies *set)
{
    sv_ledger_change_policies(&run->ledger, run->policies, set);
    if (run->digest.groups != NULL)
        sv_digest_change_policies(&run->digest, run->policies, set);
    struct sv_policies *old = run->policies;
    sv_ahead_forget(run->ahead);
    sv_matcher_free(&run->matcher);
    run->policies = set;
    sv_run_states_change(run);
    sv_policies_free(old);
    sv_schema_free(run->schema);
    run->schema = schema;
    run->reader_spec.schema = schema;
    sv_run_bound(run);
    find_stopped(run);
    sv_event_clear(&run->event, schema);
    for (size_t i = 0; i < run->source_count; i++)
        if (run->sources[i].reader != NULL)
            sv_reader_schema(run->sources[i].reader);
}

static void tell_findings(struct sv_run *run, const struct sv_findings *findings)
{
    struct sv_error err = {0};
    for (size_t i = 0; i < findings->count; i++)
        sv_run_notice(run, &findings->items[i]);
    sv_error_set(&err, SV_INPUT, "%zu finding%s in the changed policies; those loaded before stay in force", findings->count,
                 findings->count == 1 ? "" : "s");
    sv_run_notice(run, &err);
}

static void load_again(struct sv_run *run)
{
    struct sv_findings findings = {0};
    struct sv_schema *schema = new_schema(run);
    struct sv_policies *set = load(run, schema, &findings);
    if (set == NULL) {
        sv_schema_free(schema);
        tell_findings(run, &findings);
    } else {
        take(run, schema, set);
        if (run->spec.verbose || run->is_broken) {
            struct sv_error told = {0};
            size_t count = sv_policies_count(set);
            snprintf(told.text, sizeof told.text, "policies loaded anew: %zu in force", count);
            sv_run_notice(run, &told);
        }
    }
    run->is_broken = set == NULL;
    sv_findings_free(&findings);
}

bool sv_run_reload_wanted(const struct sv_run *run)
{
    return run->spec.reload != NULL && *run->spec.reload != run->reloads;
}

/* Somebody was told to stop: from now on the policy for that is in force. With no batch in hand. */
void sv_run_heed_stops(struct sv_run *run)
{
    if (run->roster.stops == NULL || run->knows_stops || run->policies == NULL || run->hits.count > 0 || run->out.len > 0)
        return;
    run->knows_stops = true;
    load_again(run);
}

void sv_run_reload(struct sv_run *run)
{
    bool is_asked = sv_run_reload_wanted(run);
    int64_t now = sv_os_monotonic_ns(), modified_ns;
    if (run->policies == NULL || run->spec.output == SV_OUTPUT_HTML || (!is_asked && now - run->looked_ns < SV_SECOND_NS) ||
        !sv_run_is_live(run))
        return;
    run->looked_ns = now;
    if (is_asked)
        run->reloads = *run->spec.reload;
    uint64_t stamp = sv_policies_stamp(run->spec.policies, run->spec.policy_count, &modified_ns);
    int64_t age_ns = sv_os_now_ns() - modified_ns;
    bool is_quiet = modified_ns == INT64_MIN || age_ns < 0 || age_ns >= QUIET_MS * INT64_C(1000000);
    if (is_asked || (stamp != run->policies_stamp && is_quiet))
        load_again(run);
}

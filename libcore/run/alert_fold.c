/* SPDX-License-Identifier: ISC */
#include "run/alert_fold.h"

#include "base/os.h"
#include "base/time.h"
#include "json/reader.h"
#include "json/writer.h"
#include "run/alert_intake.h"
#include "run/alert_set.h"
#include "run/evaluations.h"
#include "run/origin.h"

enum { ROWS = 1000 /* read at a time */, FOLD_MAX = 50000, DUE_MAX = 10000 };

struct sv_alerting {
    struct sv_alerting_spec spec;
    struct sv_store *store;
    struct sv_alert_set *set;
    struct sv_redactor *redactor;
    struct sv_alert_line *fed;    /* [fed_count], their texts in the arena */
    size_t fed_count, fed_capacity, fed_bytes;
    struct sv_store_finding_rows rows;
    struct sv_origins origins;
    struct sv_evaluation_words words;
    struct sv_alert_subject subject;
    struct sv_arena arena;        /* of what was fed */
    struct sv_buf line, key, id;
    struct sv_alerting_counts counts, committed;
    int64_t runbook_of;           /* the policy's version that it was read of */
    struct sv_buf runbook;        /* as a member of JSON, or empty */
};

struct sv_alerting *sv_alerting_open(const struct sv_alerting_spec *spec, struct sv_error *err)
{
    struct sv_store *store = sv_store_open(&spec->store, err);
    if (store == NULL)
        return NULL;
    struct sv_alerting *alerting = sv_calloc(1, sizeof *alerting);
    alerting->spec = *spec;
    alerting->store = store;
    alerting->redactor = sv_redactor_new();
    alerting->origins.store = store;
    alerting->set = sv_alert_set_new(store, spec->config);
    alerting->set->arguments = spec->arguments;
    return alerting;
}

static void forget_fed(struct sv_alerting *alerting)
{
    sv_arena_reset(&alerting->arena);
    alerting->fed_count = alerting->fed_bytes = 0;
}

bool sv_alerting_feed(struct sv_alerting *alerting, struct sv_slice line, struct sv_error *why)
{
    size_t blanks = 0;
    *why = (struct sv_error){0};
    alerting->counts.lines++;
    while (blanks < line.len && (line.data[blanks] == ' ' || line.data[blanks] == '\t' || line.data[blanks] == '\r'))
        blanks++;
    if (blanks == line.len)
        return true;
    alerting->fed = sv_grow(alerting->fed, alerting->fed_count, &alerting->fed_capacity, sizeof *alerting->fed);
    bool fine = sv_alert_line_read(&alerting->fed[alerting->fed_count], line, sv_os_now_ns(), alerting->redactor, &alerting->arena, why);
    alerting->fed_count += fine;
    alerting->fed_bytes += line.len; /* also of a rejected one something lies in the arena */
    alerting->counts.rejected += !fine;
    if (alerting->fed_count == 0)
        forget_fed(alerting);
    return fine;
}

size_t sv_alerting_fed(const struct sv_alerting *alerting)
{
    return alerting->fed_bytes;
}

/* --- one evaluation --- */

/* What to do about it is the policy's to say, and told along. */
static void know_runbook(struct sv_alerting *alerting)
{
    struct sv_value policy, runbook;
    struct sv_error err = {0};
    if (alerting->runbook_of == alerting->words.policy_number)
        return;
    alerting->runbook_of = alerting->words.policy_number;
    sv_buf_clear(&alerting->runbook);
    if (!sv_json_read(alerting->words.text, &policy, &err) || (runbook = sv_json_get(policy, SV_SLICE("runbook"))).type != SV_STRING)
        return;
    sv_buf_str(&alerting->runbook, ",\"runbook\":");
    sv_json_put_value(&alerting->runbook, runbook);
}

static bool put_line(struct sv_alerting *alerting, const struct sv_store_finding_row *row, struct sv_error *err)
{
    sv_buf_clear(&alerting->line);
    if (!sv_evaluation_words(alerting->store, &alerting->origins, row, &alerting->words, err))
        return false;
    sv_evaluation_words_put(&alerting->line, row, &alerting->words);
    know_runbook(alerting);
    alerting->line.len -= 2; /* }\n */
    sv_buf_add(&alerting->line, sv_buf_slice(&alerting->runbook));
    sv_buf_char(&alerting->line, '}');
    return true;
}

/* An alert is what one policy finds of one key; of one without keys, of one agent. That a policy fails is another alert. */
static void put_alert_id(struct sv_alerting *alerting, const struct sv_store_finding_row *row)
{
    struct sv_buf *id = &alerting->id;
    sv_buf_clear(id);
    sv_buf_add(id, alerting->words.policy);
    if (row->outcome == SV_OUTCOME_ERROR)
        sv_buf_str(id, "!error");
    if (row->keys.len > 0) {
        sv_buf_add(id, row->keys);
    } else if (alerting->words.agent.len > 0) {
        sv_buf_char(id, '[');
        sv_json_put_string(id, alerting->words.agent);
        sv_buf_char(id, ']');
    }
}

static bool fire(struct sv_alerting *alerting, struct sv_alert_group *group, const struct sv_store_finding_row *row, bool is_old,
                 struct sv_error *err)
{
    struct sv_alert_set *set = alerting->set;
    const struct sv_group_timing *timing = &alerting->spec.config->routes[group->route].timing;
    struct sv_group_alert *alert = sv_group_fire(&group->group, timing, sv_buf_slice(&alerting->id), sv_buf_slice(&alerting->line), is_old, set->now_ns);
    group->row.evaluations++;
    group->row.old += is_old;
    group->row.severity = row->severity > group->row.severity ? row->severity : group->row.severity;
    sv_buf_clear(&group->message);
    sv_buf_add(&group->message, row->message);
    return alert == NULL || alert->number != 0 || sv_alert_set_row(set, group, alert, &alerting->subject, err);
}

static bool fold_into(struct sv_alerting *alerting, uint32_t route, const struct sv_store_finding_row *row, bool is_old, struct sv_error *err)
{
    struct sv_alert_set *set = alerting->set;
    sv_buf_clear(&alerting->key);
    sv_alert_group_key(alerting->spec.config, route, &alerting->subject, &alerting->key);
    struct sv_alert_group *group = sv_alert_set_at(set, sv_buf_slice(&alerting->key), err);
    if (group == NULL && (err->code != SV_DONE || row->outcome == SV_RESOLVED))
        return err->code == SV_DONE;
    if (group == NULL && (group = sv_alert_set_add(set, sv_buf_slice(&alerting->key), route, &alerting->subject, err)) == NULL)
        return false;
    group->route = route;
    sv_alert_set_touch(set, group);
    if (row->outcome != SV_RESOLVED)
        return fire(alerting, group, row, is_old, err);
    sv_group_resolve(&group->group, sv_buf_slice(&alerting->id), sv_buf_slice(&alerting->line), set->now_ns);
    return true;
}

static bool fold_row(struct sv_alerting *alerting, const struct sv_store_finding_row *row, struct sv_error *err)
{
    uint32_t routes[SV_ALERT_ROUTES_MAX];
    bool is_old = alerting->set->now_ns - row->created_ns > alerting->spec.config->max_age_ns;
    alerting->counts.folded++;
    alerting->counts.old += is_old;
    sv_store_count(alerting->store, SV_COUNT_FOLDED, 0, 1);
    sv_store_count(alerting->store, SV_COUNT_FOLDED_OLD, 0, is_old);
    if (!put_line(alerting, row, err))
        return false;
    put_alert_id(alerting, row);
    if (!sv_alert_subject_read(alerting->spec.config, &alerting->subject, sv_buf_slice(&alerting->line)))
        return true;
    size_t count = sv_alert_routes(alerting->spec.config, &alerting->subject, routes, SV_ALERT_ROUTES_MAX);
    for (size_t i = 0; i < count; i++)
        if (!fold_into(alerting, routes[i], row, is_old, err))
            return false;
    return true;
}

/* --- one transaction --- */

static bool put_fed(struct sv_alerting *alerting, struct sv_error *err)
{
    for (size_t i = 0; i < alerting->fed_count; i++) {
        bool added = false;
        if (sv_alert_set_run(alerting->set, err) == 0 ||
            !sv_alert_line_put(alerting->store, alerting->set->run, &alerting->fed[i], &added, err))
            return false;
        alerting->counts.added += added;
        alerting->counts.known += !added;
    }
    return true;
}

static bool fold(struct sv_alerting *alerting, struct sv_error *err)
{
    int64_t cursor, was;
    size_t folded = 0;
    if (!sv_store_cursor(alerting->store, SV_SLICE("alerts"), &cursor, err))
        return false;
    was = cursor;
    do {
        if (!sv_store_found_behind(alerting->store, cursor, ROWS, &alerting->rows, err))
            return false;
        for (size_t i = 0; i < alerting->rows.count; i++)
            if (!fold_row(alerting, &alerting->rows.items[i], err))
                return false;
        if (alerting->rows.count > 0)
            cursor = alerting->rows.items[alerting->rows.count - 1].id;
        folded += alerting->rows.count;
    } while (alerting->rows.count == ROWS && folded < FOLD_MAX);
    return cursor == was || sv_store_cursor_set(alerting->store, SV_SLICE("alerts"), cursor, err);
}

static bool keep_run(struct sv_alerting *alerting, struct sv_error *err)
{
    const struct sv_alerting_counts *counts = &alerting->counts;
    struct sv_buf text = {0};
    if (alerting->set->run == 0)
        return true;
    sv_buf_printf(&text, "{\"lines\":%llu,\"rejected\":%llu,\"known\":%llu,\"added\":%llu,\"folded\":%llu,\"old\":%llu,\"notices\":%llu}",
                  (unsigned long long)counts->lines, (unsigned long long)counts->rejected, (unsigned long long)counts->known,
                  (unsigned long long)counts->added, (unsigned long long)counts->folded, (unsigned long long)counts->old,
                  (unsigned long long)alerting->set->notices);
    bool fine = sv_store_run_update(alerting->store, alerting->set->run, sv_buf_slice(&text), alerting->set->now_ns, err);
    sv_buf_free(&text);
    return fine;
}

/* Is there anything to do? Asked without a lock, so that a tick with nothing due keeps nobody waiting. */
static bool has_work(struct sv_alerting *alerting, int64_t now_ns, bool *work, struct sv_error *err)
{
    struct sv_buf keys = {0};
    int64_t cursor;
    bool fine = sv_store_cursor(alerting->store, SV_SLICE("alerts"), &cursor, err) &&
                sv_store_found_behind(alerting->store, cursor, 1, &alerting->rows, err) &&
                sv_store_states_due(alerting->store, SV_ALERT_STATES, now_ns, 1, &keys, err);
    *work = alerting->fed_count > 0 || (fine && (alerting->rows.count > 0 || keys.len > 0));
    sv_buf_free(&keys);
    return fine;
}

static bool work(struct sv_alerting *alerting, struct sv_error *err)
{
    struct sv_alert_set *set = alerting->set;
    return sv_alert_set_begin(set, sv_os_now_ns(), err) && put_fed(alerting, err) && fold(alerting, err) &&
           sv_alert_set_due(set, DUE_MAX, err) && sv_alert_set_save(set, err) && keep_run(alerting, err);
}

bool sv_alerting_next(struct sv_alerting *alerting, struct sv_slice *out, struct sv_error *err)
{
    bool has = false;
    *out = (struct sv_slice){0};
    if (!has_work(alerting, sv_os_now_ns(), &has, err) || !has)
        return false;
    bool fine = sv_store_begin(alerting->store, err) && work(alerting, err) && sv_store_commit(alerting->store, err);
    if (!fine) {
        sv_store_rollback(alerting->store);
        sv_alert_set_end(alerting->set, false);
        alerting->counts = alerting->committed;
        return false;
    }
    sv_alert_set_end(alerting->set, true);
    forget_fed(alerting);
    alerting->counts.notices = alerting->set->notices;
    alerting->counts.transitions = alerting->set->transitions;
    alerting->committed = alerting->counts;
    *out = sv_buf_slice(&alerting->set->out);
    return true;
}

bool sv_alerting_due(struct sv_alerting *alerting, int64_t *ns, struct sv_error *err)
{
    return sv_store_states_next(alerting->store, SV_ALERT_STATES, ns, err);
}

const struct sv_alerting_counts *sv_alerting_counts(const struct sv_alerting *alerting)
{
    return &alerting->counts;
}

void sv_alerting_close(struct sv_alerting *alerting)
{
    if (alerting == NULL)
        return;
    sv_alert_set_free(alerting->set);
    sv_store_finding_rows_free(&alerting->rows);
    sv_evaluation_words_free(&alerting->words);
    sv_origins_free(&alerting->origins);
    sv_store_close(alerting->store);
    sv_alert_subject_free(&alerting->subject);
    sv_redactor_free(alerting->redactor);
    sv_arena_free(&alerting->arena);
    sv_free(alerting->fed);
    sv_buf_free(&alerting->line);
    sv_buf_free(&alerting->key);
    sv_buf_free(&alerting->id);
    sv_buf_free(&alerting->runbook);
    sv_free(alerting);
}

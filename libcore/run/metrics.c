/* SPDX-License-Identifier: ISC */
#include "run/metrics.h"

#include <stdio.h>
#include <stdlib.h>

#include "alert/group.h"
#include "base/num.h"
#include "base/os.h"
#include "base/time.h"
#include "json/writer.h"
#include "report/prom.h"
#include "run/sources.h"
#include "store/mail.h"
#include "store/outbox.h"

enum { LABELS_MAX = 500, INPUTS_MAX = 2000, LINES_BYTES_MAX = 64 << 20 /* in which lines are counted */ };

#define MINUTE_NS (60 * SV_SECOND_NS)

struct metrics {
    const struct sv_metrics_spec *spec;
    struct sv_store *store;
    int64_t now_ns;
    struct sv_store_counters counters, activity;
    struct sv_store_durations durations;
    struct sv_store_sizes sizes;
    struct {
        int64_t files, waiting, bytes, lines, read_ns; /* logs seen lately; with something unread; how much; when one was read last */
    } input;
    struct sv_store_waiting mail;
    int64_t slowest_ns;
    struct sv_buf out;
};

/* --- what there is --- */

/* Of logs that were read lately: each is looked at, so their number has a bound. */
static bool look_at_inputs(struct metrics *metrics, struct sv_error *err)
{
    int64_t read_ns = INT64_MAX, id = INT64_MAX;
    for (size_t seen = 0; seen < INPUTS_MAX;) {
        struct sv_store_sources page = {0};
        bool fine = sv_store_sources_newest(metrics->store, read_ns, id, &page, err);
        size_t count = page.count;
        for (size_t i = 0; fine && i < count; i++) {
            int64_t lag;
            if (page.items[i].read_ns > metrics->input.read_ns)
                metrics->input.read_ns = page.items[i].read_ns;
            if (page.items[i].state == SV_SOURCE_LIVE && sv_sources_lag(&page.items[i], &lag)) {
                metrics->input.files++;
                metrics->input.waiting += lag > 0;
                metrics->input.lines += sv_sources_lines(&page.items[i], metrics->input.bytes < LINES_BYTES_MAX ? LINES_BYTES_MAX - metrics->input.bytes : 0);
                metrics->input.bytes += lag;
            }
            read_ns = page.items[i].read_ns;
            id = page.items[i].id;
        }
        sv_store_sources_free(&page);
        if (!fine)
            return false;
        if (count == 0)
            break;
        seen += count;
    }
    return true;
}

static bool look(struct metrics *metrics, struct sv_error *err)
{
    int64_t minute = metrics->now_ns / MINUTE_NS + 1, window_ns = metrics->spec->window_ns;
    return sv_store_counters(metrics->store, &metrics->counters, err) &&
           sv_store_activity(metrics->store, minute - window_ns / MINUTE_NS, minute, &metrics->activity, err) &&
           sv_store_durations(metrics->store, &metrics->durations, err) &&
           sv_store_slowest(metrics->store, (minute - window_ns / MINUTE_NS) * MINUTE_NS, INT64_MAX, &metrics->slowest_ns, err) &&
           sv_store_mail_waiting(metrics->store, &metrics->mail, err) && sv_store_sizes(metrics->store, &metrics->sizes, err) && look_at_inputs(metrics, err);
}

/* --- for Prometheus --- */

/* A family whose samples are counters of one name: by what they are counted for, by their part, or both. */
static const struct family {
    const char *counter;           /* in the store */
    const char *name, *kind, *help;
    const char *label, *part_label; /* NULL: none */
    double scale;
} families[] = {
    {"events", "sv_events_total", "counter", "Events counted, by type.", "type", NULL, 1},
    {"errors", "sv_event_errors_total", "counter", "Events of status or type error, by type.", "type", NULL, 1},
    {"evaluations", "sv_evaluations_total", "counter", "Evaluations stored, by policy and outcome.", "policy", "outcome", 1},
    {"tokens", "sv_tokens_total", "counter", "Tokens used, by model; cache_read and cache_write are part of input, unpriced of all.", "model", "kind", 1},
    {"micro_usd", "sv_cost_usd_total", "counter", "Cost in US dollars, reported or estimated, by model.", "model", NULL, 1e-6},
    {"records", "sv_records_total", "counter", "Records of input, by what became of them.", NULL, "state", 1},
    {"left", "sv_events_left_total", "counter", "Events that were left out, or came too late for a window.", NULL, "why", 1},
    {"gaps", "sv_input_gaps_total", "counter", "Logs of which a part was lost before it was read.", NULL, NULL, 1},
    {"messages", "sv_messages_total", "counter", "Messages, by the state that they came to.", "state", NULL, 1},
    {"alerts", "sv_alert_groups", "gauge", "Groups of alerts that there ever were, by the state that they are in.", "state", NULL, 1},
    {"notices", "sv_alert_notifications_total", "counter", "Notifications put into the outbox, by kind.", "kind", NULL, 1},
    {"folded", "sv_alert_evaluations_total", "counter", "Evaluations that came into groups of alerts; of them the old, of which nobody is told.",
     NULL, "what", 1},
    {"rows", "sv_store_rows", "gauge", "Rows of the large tables.", NULL, "table", 1},
    {"cache_hits", "sv_store_cache_hits_total", "counter", "Pages found in SQLite's cache, by program.", NULL, "program", 1},
    {"cache_misses", "sv_store_cache_misses_total", "counter", "Pages that had to be read, by program.", NULL, "program", 1},
    {"last_run", "sv_last_run_timestamp_seconds", "gauge", "When a program last began to write, by program.", NULL, "program", 1e-9},
};

/* Adds up what has the same labels: two versions of a policy are one. */
static void add_sample(struct sv_map *samples, const struct family *family, struct sv_slice label, const struct sv_store_counter *counter)
{
    struct sv_buf key = {0};
    sv_buf_printf(&key, "%.*s", SV_ARG(label));
    sv_buf_char(&key, '\0');
    if (family->part_label != NULL)
        sv_buf_add(&key, counter->part);
    sv_map_at(samples, sv_buf_slice(&key))->number += (uint64_t)counter->value;
    sv_buf_free(&key);
}

/* States of messages and of groups of alerts are numbers here, and so are kinds of notifications. */
static struct sv_slice label_of(const struct sv_store_counter *counter)
{
    if (sv_slice_is(counter->name, "alerts") && counter->id >= 0 && counter->id < SV_GROUP_STATES)
        return sv_slice_str(sv_group_state_name((enum sv_group_state)counter->id));
    if (sv_slice_is(counter->name, "notices") && counter->id >= 0 && counter->id < SV_NOTICE_KINDS)
        return sv_slice_str(sv_notice_kind_name((enum sv_notice_kind)counter->id));
    bool is_message = sv_slice_is(counter->name, "messages") && counter->id >= 0 && counter->id < SV_MESSAGE_STATES;
    return is_message ? sv_slice_str(sv_message_word((enum sv_message_state)counter->id)) : counter->label;
}

/* Input chooses the types of events, so their number has a bound here; what comes behind it is one sample more. */
static void collect(const struct metrics *metrics, const struct family *family, struct sv_map *samples)
{
    struct sv_map labels = {0};
    for (size_t i = 0; i < metrics->counters.count; i++) {
        const struct sv_store_counter *counter = &metrics->counters.items[i];
        struct sv_slice label = family->label != NULL ? label_of(counter) : (struct sv_slice){0};
        if (!sv_slice_is(counter->name, family->counter))
            continue;
        if (labels.count >= LABELS_MAX && sv_map_find(&labels, label) == NULL)
            label = SV_SLICE("(others)");
        else
            sv_map_at(&labels, label);
        add_sample(samples, family, label, counter);
    }
    sv_map_free(&labels);
}

static void put_family(struct metrics *metrics, const struct family *family)
{
    struct sv_map samples = {0};
    collect(metrics, family, &samples);
    sv_prom_family(&metrics->out, family->name, family->kind, family->help); /* also without a sample: that it exists */
    if (samples.count == 0 && family->label == NULL && family->part_label == NULL)
        sv_prom_sample(&metrics->out, family->name, NULL, 0, 0);
    for (size_t i = 0; i < samples.count; i++) {
        struct sv_slice label = sv_slice_str(samples.items[i].key.data);
        struct sv_slice part = sv_slice(label.data + label.len + 1, samples.items[i].key.len - label.len - 1);
        struct sv_prom_label labels[2];
        size_t count = 0;
        if (family->label != NULL)
            labels[count++] = (struct sv_prom_label){family->label, label};
        if (family->part_label != NULL)
            labels[count++] = (struct sv_prom_label){family->part_label, part};
        sv_prom_sample(&metrics->out, family->name, labels, count, (double)(int64_t)samples.items[i].number * family->scale);
    }
    sv_map_free(&samples);
}

static void put_gauge(struct metrics *metrics, const char *name, const char *help, const struct sv_prom_label *labels, size_t count,
                      double value)
{
    if (help != NULL)
        sv_prom_family(&metrics->out, name, "gauge", help);
    sv_prom_sample(&metrics->out, name, labels, count, value);
}

static bool is_same(const struct sv_store_duration *a, const struct sv_store_duration *b)
{
    return sv_slice_equal(a->program, b->program) && sv_slice_equal(a->statement, b->statement) && a->failed == b->failed;
}

/* One histogram: rows from..to-1; every bound that any histogram has stands in each, as Prometheus wants to add them up. */
static void put_histogram(struct metrics *metrics, size_t from, size_t to, const int64_t *bounds_us, size_t bound_count)
{
    const struct sv_store_duration *rows = metrics->durations.items;
    struct sv_prom_label labels[] = {{"program", rows[from].program}, {"query", rows[from].statement},
                                     {"status", rows[from].failed ? SV_SLICE("error") : SV_SLICE("ok")}, {"le", {0}}};
    uint64_t times = 0;
    int64_t total_ns = 0;
    for (size_t bound = 0, row = from; bound < bound_count; bound++) {
        char le[32];
        for (; row < to && rows[row].bound_us <= bounds_us[bound]; row++) {
            times += rows[row].times;
            total_ns += rows[row].total_ns;
        }
        labels[3].value = bounds_us[bound] == INT64_MAX ? SV_SLICE("+Inf") : sv_slice(le, sv_num_format((double)bounds_us[bound] / 1e6, le));
        sv_prom_sample(&metrics->out, "sv_query_duration_seconds_bucket", labels, 4, (double)times);
    }
    sv_prom_sample(&metrics->out, "sv_query_duration_seconds_sum", labels, 3, (double)total_ns / 1e9);
    sv_prom_sample(&metrics->out, "sv_query_duration_seconds_count", labels, 3, (double)times);
}

static int by_number(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* The bounds there are, ascending; room: one a row, and one for infinity. */
static size_t find_bounds(const struct sv_store_durations *durations, int64_t *bounds)
{
    size_t count = 0;
    bounds[count++] = INT64_MAX;
    for (size_t i = 0; i < durations->count; i++) {
        size_t at = 0;
        while (at < count && bounds[at] != durations->items[i].bound_us)
            at++;
        if (at == count)
            bounds[count++] = durations->items[i].bound_us;
    }
    qsort(bounds, count, sizeof *bounds, by_number);
    return count;
}

static void put_durations(struct metrics *metrics)
{
    const struct sv_store_durations *durations = &metrics->durations;
    int64_t *bounds = sv_calloc(durations->count + 1, sizeof *bounds);
    size_t bound_count = find_bounds(durations, bounds);
    sv_prom_family(&metrics->out, "sv_query_duration_seconds", "histogram", "How long statements of the store took, by program, query and status.");
    for (size_t from = 0, to; from < durations->count; from = to) {
        for (to = from; to < durations->count && is_same(&durations->items[from], &durations->items[to]);)
            to++;
        put_histogram(metrics, from, to, bounds, bound_count);
    }
    sv_free(bounds);
}

/* By program and query: those that were slow, and those that failed. */
static void put_trouble(struct metrics *metrics, const char *name, const char *help, bool slow)
{
    const struct sv_store_durations *durations = &metrics->durations;
    sv_prom_family(&metrics->out, name, "counter", help);
    for (size_t from = 0, to; from < durations->count; from = to) {
        uint64_t sum = 0;
        for (to = from; to < durations->count && sv_slice_equal(durations->items[from].program, durations->items[to].program) &&
                        sv_slice_equal(durations->items[from].statement, durations->items[to].statement);
             to++)
            sum += slow ? durations->items[to].slow : durations->items[to].failed ? durations->items[to].times : 0;
        if (sum == 0)
            continue;
        struct sv_prom_label labels[] = {{"program", durations->items[from].program}, {"query", durations->items[from].statement}};
        sv_prom_sample(&metrics->out, name, labels, 2, (double)sum);
    }
}

static double mail_age(const struct metrics *metrics)
{
    return metrics->mail.since_ns > 0 && metrics->mail.since_ns < metrics->now_ns ? (double)(metrics->now_ns - metrics->mail.since_ns) / 1e9 : 0;
}

static void put_prom(struct metrics *metrics)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        put_family(metrics, &families[i]);
    put_durations(metrics);
    put_trouble(metrics, "sv_slow_queries_total", "Statements that took as long as --slow-ms said, by program and query.", true);
    put_trouble(metrics, "sv_failed_queries_total", "Statements that failed, by program and query.", false);
    const struct sv_prom_label files[] = {{"file", SV_SLICE("store")}, {"file", SV_SLICE("log")}, {"file", SV_SLICE("free")}};
    put_gauge(metrics, "sv_store_bytes", "Size of the store, of its write-ahead log, and of what is free in the store.", &files[0], 1,
              (double)metrics->sizes.bytes);
    put_gauge(metrics, "sv_store_bytes", NULL, &files[1], 1, (double)metrics->sizes.log_bytes);
    put_gauge(metrics, "sv_store_bytes", NULL, &files[2], 1, (double)metrics->sizes.free_bytes);
    put_gauge(metrics, "sv_input_files", "Logs that were read lately and can be read on.", NULL, 0, (double)metrics->input.files);
    put_gauge(metrics, "sv_input_waiting_files", "Of these, logs with something that is not read yet.", NULL, 0, (double)metrics->input.waiting);
    put_gauge(metrics, "sv_input_waiting_lines", "Complete lines of them that are not read yet, in the first 64 MiB.", NULL, 0, (double)metrics->input.lines);
    put_gauge(metrics, "sv_input_lag_bytes", "What of them is not read yet.", NULL, 0, (double)metrics->input.bytes);
    put_gauge(metrics, "sv_messages_waiting", "Messages that nobody has taken yet.", NULL, 0, (double)metrics->mail.messages);
    put_gauge(metrics, "sv_messages_oldest_seconds", "How old the oldest of them is, at most.", NULL, 0, mail_age(metrics));
    put_gauge(metrics, "sv_messages_refused", "Messages refused because a mailbox was full.", NULL, 0, (double)metrics->mail.refused);
    put_gauge(metrics, "sv_input_read_timestamp_seconds", "When a log was read last.", NULL, 0, (double)metrics->input.read_ns / 1e9);
}

/* --- as events --- */

static double activity_of(const struct metrics *metrics, const char *name, const char *part)
{
    double sum = 0;
    for (size_t i = 0; i < metrics->activity.count; i++) {
        const struct sv_store_counter *counter = &metrics->activity.items[i];
        if (sv_slice_is(counter->name, name) && (part == NULL || sv_slice_is(counter->part, part)))
            sum += (double)counter->value;
    }
    return sum;
}

/* What 95 of 100 did not exceed, of statements whose name begins so: the upper bound of its bucket. Since the store was made. */
static double p95_ms(const struct metrics *metrics, struct sv_slice prefix)
{
    const struct sv_store_durations *durations = &metrics->durations;
    uint64_t all = 0, below = 0;
    int64_t bound = 0, *bounds = sv_calloc(durations->count + 1, sizeof *bounds);
    size_t count = find_bounds(durations, bounds);
    for (size_t i = 0; i < durations->count; i++)
        all += sv_slice_starts(durations->items[i].statement, prefix) ? durations->items[i].times : 0;
    for (size_t at = 0; at < count && all > 0 && 100 * below < 95 * all; at++) {
        for (size_t i = 0; i < durations->count; i++)
            if (durations->items[i].bound_us == bounds[at] && sv_slice_starts(durations->items[i].statement, prefix))
                below += durations->items[i].times;
        bound = bounds[at] < INT64_MAX ? bounds[at] : 2 * bound;
    }
    sv_free(bounds);
    return (double)bound / 1000;
}

static void put_event(struct metrics *metrics, const char *name, double value, const char *label, const char *label_value)
{
    struct sv_buf *out = &metrics->out;
    char text[32];
    sv_buf_str(out, "{\"type\":\"metric\",\"time\":\"");
    sv_time_format(out, metrics->now_ns);
    sv_buf_printf(out, "\",\"name\":\"%s\",\"value\":", name);
    sv_buf_add(out, sv_slice(text, sv_num_format(value, text)));
    if (label != NULL)
        sv_buf_printf(out, ",\"labels\":{\"%s\":\"%s\"}", label, label_value);
    sv_buf_str(out, "}\n");
}

static void put_window(struct metrics *metrics, const char *name, double value)
{
    char window[40];
    int64_t minutes = metrics->spec->window_ns / MINUTE_NS;
    snprintf(window, sizeof window, minutes % 60 == 0 ? "%lldh" : "%lldm", (long long)(minutes % 60 == 0 ? minutes / 60 : minutes));
    put_event(metrics, name, value, "window", window);
}

static void put_events(struct metrics *metrics)
{
    double events = activity_of(metrics, "events", NULL), errors = activity_of(metrics, "errors", NULL);
    put_window(metrics, "event_count", events);
    put_window(metrics, "error_rate", events > 0 ? errors / events : 0);
    put_window(metrics, "violation_count", activity_of(metrics, "evaluations", "violation"));
    put_window(metrics, "rejected_count", activity_of(metrics, "records", "rejected"));
    put_window(metrics, "late_count", activity_of(metrics, "left", "late"));
    put_window(metrics, "tokens", activity_of(metrics, "tokens", NULL));
    put_window(metrics, "cost_usd", activity_of(metrics, "micro_usd", NULL) / 1e6);
    put_window(metrics, "slowest_query_ms", (double)metrics->slowest_ns / 1e6);
    put_event(metrics, "context_p95_ms", p95_ms(metrics, SV_SLICE("context")), NULL, NULL);
    put_event(metrics, "queue_depth", (double)metrics->input.lines + (double)metrics->mail.messages, NULL, NULL);
    put_event(metrics, "waiting_lines", (double)metrics->input.lines, NULL, NULL);
    put_event(metrics, "waiting_messages", (double)metrics->mail.messages, NULL, NULL);
    put_event(metrics, "message_age_s", mail_age(metrics), NULL, NULL);
    put_event(metrics, "input_lag_bytes", (double)metrics->input.bytes, NULL, NULL);
    put_event(metrics, "store_bytes", (double)metrics->sizes.bytes, NULL, NULL);
    put_event(metrics, "log_bytes", (double)metrics->sizes.log_bytes, NULL, NULL);
}

struct sv_answer *sv_metrics_open(const struct sv_ask *ask, const struct sv_metrics_spec *spec, struct sv_error *err)
{
    struct metrics metrics = {.spec = spec, .now_ns = sv_os_now_ns()};
    struct sv_store_spec store = ask->store;
    store.read_only = true;
    metrics.store = sv_store_open(&store, err);
    bool fine = metrics.store != NULL && look(&metrics, err);
    if (fine && spec->form == SV_METRICS_PROM)
        put_prom(&metrics);
    else if (fine)
        put_events(&metrics);
    sv_store_counters_free(&metrics.counters);
    sv_store_counters_free(&metrics.activity);
    sv_store_durations_free(&metrics.durations);
    sv_store_close(metrics.store);
    if (fine && spec->file != NULL) {
        fine = sv_os_put_file(spec->file, sv_buf_slice(&metrics.out), 0644, err);
        sv_buf_clear(&metrics.out);
    }
    struct sv_answer *answer = fine ? sv_answer_ready(&metrics.out, SV_DONE) : NULL;
    sv_buf_free(&metrics.out);
    return answer;
}

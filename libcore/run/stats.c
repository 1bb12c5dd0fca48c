/* SPDX-License-Identifier: ISC */
#include "run/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/map.h"
#include "base/os.h"
#include "base/time.h"
#include "run/filter.h"
#include "run/logs.h"
#include "store/hours.h"

#define HOUR_NS (3600 * SV_SECOND_NS)
enum { TREND = 16 /* cells */ };

/* Part of the manual: new ones go to the end. The keys come first, in the order of `keys`. */
enum { K_HOUR, K_DAY, K_WEEK, K_MONTH, K_TYPE, K_AGENT, K_TEAM, K_MODEL, K_TOOL, K_STATUS, KEYS };
enum {
    C_EVENTS = KEYS, C_ERRORS, C_ERROR_RATE, C_INPUT, C_OUTPUT, C_CACHE_READ, C_CACHE_WRITE, C_COST, C_UNPRICED, C_P50, C_P95, C_P99, C_TREND,
    C_COUNT
};

const struct sv_list_column sv_stats_columns[] = {
    [K_HOUR] = {"hour", 13, 13, false, false, false},
    [K_DAY] = {"day", 10, 10, false, false, false},
    [K_WEEK] = {"week", 10, 10, false, false, false},
    [K_MONTH] = {"month", 7, 7, false, false, false},
    [K_TYPE] = {"type", 10, 16, false, false, false},
    [K_AGENT] = {"agent", 10, 22, false, false, false},
    [K_TEAM] = {"team", 8, 14, false, false, false},
    [K_MODEL] = {"model", 10, 28, false, false, false},
    [K_TOOL] = {"tool", 8, 18, false, false, false},
    [K_STATUS] = {"status", 8, 10, false, false, false},
    [C_EVENTS] = {"events", 7, 7, false, false, true},
    [C_ERRORS] = {"errors", 6, 7, false, false, true},
    [C_ERROR_RATE] = {"error_rate", 5, 5, false, false, true},
    [C_INPUT] = {"input_tokens", 7, 7, false, false, true},
    [C_OUTPUT] = {"output_tokens", 7, 7, false, false, true},
    [C_CACHE_READ] = {"cache_read_tokens", 7, 7, false, false, true},
    [C_CACHE_WRITE] = {"cache_write_tokens", 7, 7, false, false, true},
    [C_COST] = {"cost_usd", 8, 8, false, false, true},
    [C_UNPRICED] = {"unpriced_tokens", 8, 8, false, false, true},
    [C_P50] = {"p50_ms", 7, 7, false, false, true},
    [C_P95] = {"p95_ms", 7, 7, false, false, true},
    [C_P99] = {"p99_ms", 7, 7, false, false, true},
    [C_TREND] = {"trend", TREND, TREND, false, false, false},
};
const size_t sv_stats_column_count = C_COUNT;
static const char *const titles[C_COUNT] = {[C_ERROR_RATE] = "rate",        [C_INPUT] = "input",         [C_OUTPUT] = "output",
                                            [C_CACHE_READ] = "c.read",      [C_CACHE_WRITE] = "c.write", [C_COST] = "cost",
                                            [C_UNPRICED] = "unpriced",      [C_P50] = "p50",             [C_P95] = "p95",
                                            [C_P99] = "p99"};

static const struct {
    enum sv_name_table table;
    enum sv_ask_kind kind; /* SV_ASK_KINDS: not to be asked for */
} names[KEYS] = {[K_TYPE] = {SV_NAME_TYPE, SV_ASK_TYPE},   [K_AGENT] = {SV_NAME_AGENT, SV_ASK_AGENT}, [K_TEAM] = {SV_NAME_TEAM, SV_ASK_TEAM},
                 [K_MODEL] = {SV_NAME_MODEL, SV_ASK_KINDS}, [K_TOOL] = {SV_NAME_TOOL, SV_ASK_TOOL},    [K_STATUS] = {SV_NAME_STATUS, SV_ASK_KINDS}};

struct group {
    int64_t key[KEYS];       /* an hour, a day on which a time begins, or a name's integer */
    int times;               /* how many keys that lead are times */
    struct sv_used sum;
    struct sv_histogram durations;
    int64_t trend[TREND];
};

struct stats {
    struct sv_answer answer;
    struct sv_ask ask;
    struct sv_store *store;
    struct sv_filter filter;
    struct sv_map models;    /* that were asked for, by their integers */
    bool by_model;
    int keys[KEYS];          /* [key_count] asked for, in this order */
    int key_count;
    int64_t from, until, first, last; /* hours: asked for; met */
    struct sv_map groups;    /* key -> struct group */
    struct sv_map unpriced;  /* model -> tokens */
    struct group total;
    struct group **rows;     /* [groups.count], sorted */
    size_t at, shown;        /* the next one; the end */
    int64_t last_hour;       /* whose times are in last_key */
    int64_t last_key[KEYS];
    bool headed, with_durations;
    struct sv_buf key, out;
};

/* --- adding up --- */

/* The day, since 1970, on which the local (or UTC) day, week or month of this hour begins. */
static int64_t begin_of(const struct stats *stats, int key, int64_t hour)
{
    time_t seconds = (time_t)(hour * 3600);
    struct tm at;
    if (key == K_HOUR)
        return hour;
    if ((stats->ask.list.utc ? gmtime_r(&seconds, &at) : localtime_r(&seconds, &at)) == NULL)
        return hour;
    int64_t day = sv_time_days((int64_t)at.tm_year + 1900, at.tm_mon + 1, key == K_MONTH ? 1 : at.tm_mday);
    return key == K_WEEK ? day - (at.tm_wday + 6) % 7 : day;
}

static int64_t key_of(struct stats *stats, int key, const struct sv_used *used)
{
    if (key > K_MONTH)
        /* cppcheck-suppress arrayIndexOutOfBoundsCond ; a key is below KEYS */
        return used->names[names[key].table];
    if (stats->last_hour != used->hour) {
        stats->last_hour = used->hour;
        for (int i = K_HOUR; i <= K_MONTH; i++)
            stats->last_key[i] = begin_of(stats, i, used->hour);
    }
    return stats->last_key[key];
}

static void add_to(int64_t *sum, int64_t more)
{
    if (__builtin_add_overflow(*sum, more, sum))
        *sum = INT64_MAX;
}

static void add_used(struct stats *stats, struct group *group, const struct sv_used *used, const struct sv_histogram *durations)
{
    struct sv_used *sum = &group->sum;
    add_to(&sum->events, used->events);
    add_to(&sum->errors, used->errors);
    add_to(&sum->input_tokens, used->input_tokens);
    add_to(&sum->output_tokens, used->output_tokens);
    add_to(&sum->cache_read_tokens, used->cache_read_tokens);
    add_to(&sum->cache_write_tokens, used->cache_write_tokens);
    add_to(&sum->unpriced_tokens, used->unpriced_tokens);
    sum->cost_usd += used->cost_usd;
    if (durations != NULL && durations->total > 0)
        sv_histogram_merge(&group->durations, durations);
    if (used->hour >= stats->first && used->hour <= stats->last) /* not ahead of now */
        add_to(&group->trend[(used->hour - stats->first) * TREND / (stats->last - stats->first + 1)], used->events);
}

static bool is_wanted(const struct stats *stats, const struct sv_used *used)
{
    int64_t model = used->names[SV_NAME_MODEL];
    if (stats->by_model && sv_map_find(&stats->models, sv_slice((const char *)&model, sizeof model)) == NULL)
        return false;
    for (int key = K_TYPE; key < KEYS; key++)
        if (names[key].kind != SV_ASK_KINDS && !sv_filter_has(&stats->filter, names[key].kind, used->names[names[key].table]))
            return false;
    return true;
}

static struct group *group_of(struct stats *stats, const struct sv_used *used)
{
    int64_t key[KEYS];
    for (int i = 0; i < stats->key_count; i++)
        key[i] = key_of(stats, stats->keys[i], used);
    struct sv_map_item *item = sv_map_at(&stats->groups, sv_slice((const char *)key, (size_t)stats->key_count * sizeof *key));
    if (item->pointer == NULL) {
        struct group *group = sv_calloc(1, sizeof *group);
        memcpy(group->key, key, (size_t)stats->key_count * sizeof *key);
        while (group->times < stats->key_count && stats->keys[group->times] <= K_MONTH)
            group->times++;
        item->pointer = group;
    }
    return item->pointer;
}

static bool on_used(void *context, const struct sv_used *used)
{
    struct stats *stats = context;
    struct sv_histogram durations = {0};
    if (!is_wanted(stats, used))
        return true;
    if (used->durations.len > 0)
        sv_histogram_load(&durations, used->durations);
    add_used(stats, group_of(stats, used), used, &durations);
    add_used(stats, &stats->total, used, NULL); /* nobody asks for its durations */
    sv_histogram_free(&durations);
    if (used->unpriced_tokens > 0) {
        int64_t model = used->names[SV_NAME_MODEL];
        sv_map_at(&stats->unpriced, sv_slice((const char *)&model, sizeof model))->number += (uint64_t)used->unpriced_tokens;
    }
    return true;
}

static bool on_first(void *context, const struct sv_used *used)
{
    ((struct stats *)context)->first = used->hour;
    return false;
}

/* --- in what order --- */

static int by_key(const void *a, const void *b)
{
    const struct group *x = *(struct group *const *)a, *y = *(struct group *const *)b;
    for (int i = 0; i < KEYS; i++)
        if (x->key[i] != y->key[i])
            return x->key[i] < y->key[i] ? -1 : 1;
    return 0;
}

/* What costs most, then what takes most tokens, then what happens most. */
static int by_weight(const void *a, const void *b)
{
    const struct sv_used *x = &(*(struct group *const *)a)->sum, *y = &(*(struct group *const *)b)->sum;
    int64_t tokens_x = x->input_tokens + x->output_tokens, tokens_y = y->input_tokens + y->output_tokens;
    if (x->cost_usd > y->cost_usd || x->cost_usd < y->cost_usd)
        return x->cost_usd > y->cost_usd ? -1 : 1;
    if (tokens_x != tokens_y)
        return tokens_x > tokens_y ? -1 : 1;
    return x->events != y->events ? (x->events > y->events ? -1 : 1) : by_key(a, b);
}

/* Those times that lead the keys (group->times of them), then what weighs most. */
static int by_time(const void *a, const void *b)
{
    const struct group *x = *(struct group *const *)a, *y = *(struct group *const *)b;
    for (int i = 0; i < x->times; i++)
        if (x->key[i] != y->key[i])
            return x->key[i] < y->key[i] ? -1 : 1;
    return by_weight(a, b);
}

/* By time the newest rows are shown, oldest first; else the heaviest. */
static void sort(struct stats *stats)
{
    size_t count = stats->groups.count, number = stats->ask.number;
    bool is_time = stats->keys[0] <= K_MONTH;
    stats->rows = sv_calloc(count + 1, sizeof(struct group *));
    for (size_t i = 0; i < count; i++)
        stats->rows[i] = stats->groups.items[i].pointer;
    qsort(stats->rows, count, sizeof *stats->rows, is_time ? by_time : by_weight);
    stats->at = is_time && count > number ? count - number : 0;
    stats->shown = is_time || count < number ? count : number;
}

/* --- rows to bytes --- */

static void put_trend(struct sv_buf *out, const int64_t *values)
{
    static const char *const bars[] = {" ", "\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83", "\xe2\x96\x84",
                                       "\xe2\x96\x85", "\xe2\x96\x86", "\xe2\x96\x87", "\xe2\x96\x88"};
    int64_t most = 1;
    for (int i = 0; i < TREND; i++)
        most = values[i] > most ? values[i] : most;
    for (int i = 0; i < TREND; i++)
        sv_buf_str(out, bars[values[i] > 0 ? 1 + (int)((double)values[i] / (double)most * 7.0) : 0]);
}

static void put_key_text(struct stats *stats, int key, int64_t value, struct sv_buf *out)
{
    int64_t year;
    int month, day;
    if (key == K_HOUR) {
        time_t seconds = (time_t)(value * 3600);
        struct tm at;
        char text[32];
        if ((stats->ask.list.utc ? gmtime_r(&seconds, &at) : localtime_r(&seconds, &at)) != NULL)
            sv_buf_add(out, sv_slice(text, strftime(text, sizeof text, "%Y-%m-%d %H", &at)));
        return;
    }
    sv_time_civil(value, &year, &month, &day);
    sv_buf_printf(out, key == K_MONTH ? "%04lld-%02d" : "%04lld-%02d-%02d", (long long)year, month, day);
}

static struct sv_list_cell ms_cell(const struct sv_histogram *durations, double q)
{
    return (struct sv_list_cell){.kind = durations->total > 0 ? SV_LIST_MS : SV_LIST_NONE,
                                 .real = (double)sv_histogram_quantile(durations, q) / 1000};
}

static bool put_group(struct stats *stats, const struct group *group, struct sv_error *err)
{
    const struct sv_used *sum = &group->sum;
    struct sv_list_cell cells[C_COUNT] = {
        [C_EVENTS] = sv_ask_number(true, sum->events),
        [C_ERRORS] = sv_ask_number(true, sum->errors),
        [C_ERROR_RATE] = {.kind = SV_LIST_REAL, .real = sum->events > 0 ? (double)sum->errors / (double)sum->events : 0},
        [C_INPUT] = sv_ask_number(true, sum->input_tokens),
        [C_OUTPUT] = sv_ask_number(true, sum->output_tokens),
        [C_CACHE_READ] = sv_ask_number(true, sum->cache_read_tokens),
        [C_CACHE_WRITE] = sv_ask_number(true, sum->cache_write_tokens),
        [C_COST] = {.kind = SV_LIST_USD, .real = round(sum->cost_usd * 1e9) / 1e9}, /* what adding left of binary fractions */
        [C_UNPRICED] = sv_ask_number(true, sum->unpriced_tokens),
        [C_P50] = ms_cell(&group->durations, 0.5),
        [C_P95] = ms_cell(&group->durations, 0.95),
        [C_P99] = ms_cell(&group->durations, 0.99),
    };
    struct sv_buf texts[KEYS] = {0}, trend = {0};
    bool fine = true;
    for (int i = 0; i < stats->key_count && fine; i++) {
        int key = stats->keys[i];
        struct sv_slice name;
        if (key <= K_MONTH)
            put_key_text(stats, key, group->key[i], &texts[i]);
        else if ((fine = sv_store_name_text(stats->store, names[key].table, group->key[i], &name, err)))
            sv_buf_add(&texts[i], name);
        cells[key] = sv_ask_text(sv_buf_slice(&texts[i]));
    }
    put_trend(&trend, group->trend);
    cells[C_TREND] = sv_ask_text(sv_buf_slice(&trend));
    cells[C_ERRORS].color = sum->errors > 0 ? SV_COLOR_RED : SV_COLOR_NONE;
    cells[C_UNPRICED].color = sum->unpriced_tokens > 0 ? SV_COLOR_YELLOW : SV_COLOR_NONE;
    sv_list_row(&stats->ask.list, &stats->out, cells);
    for (int i = 0; i < KEYS; i++)
        sv_buf_free(&texts[i]);
    sv_buf_free(&trend);
    return fine;
}

static void put_count(struct sv_buf *out, int64_t count)
{
    if (count < 100000)
        sv_text_count(out, (uint64_t)count);
    else
        sv_text_short_count(out, (uint64_t)count);
}

/* All of it, in a line, and what is not in the cost. */
static bool put_total(struct stats *stats, struct sv_error *err)
{
    const struct sv_used *sum = &stats->total.sum;
    struct sv_buf *out = &stats->out;
    sv_text_count(out, (uint64_t)sum->events);
    sv_buf_str(out, sum->events == 1 ? " event, " : " events, ");
    put_count(out, sum->input_tokens);
    sv_buf_str(out, " tokens in, ");
    put_count(out, sum->output_tokens);
    sv_buf_printf(out, " out, about $%.2f", sum->cost_usd);
    for (size_t i = 0; i < stats->unpriced.count; i++) {
        int64_t model;
        struct sv_slice name;
        memcpy(&model, stats->unpriced.items[i].key.data, sizeof model);
        if (!sv_store_name_text(stats->store, SV_NAME_MODEL, model, &name, err))
            return false;
        sv_buf_str(out, i == 0 ? "; without a price: " : ", ");
        sv_text_safe(out, name.len > 0 ? name : SV_SLICE("(no model)"));
        sv_buf_char(out, ' ');
        put_count(out, (int64_t)stats->unpriced.items[i].number);
    }
    sv_buf_str(out, stats->unpriced.count > 0 ? " tokens\n" : "\n");
    return true;
}

static bool next(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    struct stats *stats = (struct stats *)answer;
    sv_buf_clear(&stats->out);
    if (stats->headed)
        return false;
    stats->headed = true;
    sv_list_head(&stats->ask.list, &stats->out);
    for (; stats->at < stats->shown; stats->at++)
        if (!put_group(stats, stats->rows[stats->at], err))
            return false;
    if (stats->ask.list.form == SV_LIST_TEXT && !put_total(stats, err))
        return false;
    *out = sv_buf_slice(&stats->out);
    return true;
}

static uint64_t more(const struct sv_answer *answer, struct sv_buf *cursor)
{
    const struct stats *stats = (const struct stats *)answer;
    sv_buf_uint(cursor, stats->groups.count);
    return stats->groups.count > stats->ask.number ? stats->groups.count - stats->ask.number : 0;
}

static void close_stats(struct sv_answer *answer)
{
    struct stats *stats = (struct stats *)answer;
    for (size_t i = 0; i < stats->groups.count; i++) {
        struct group *group = stats->groups.items[i].pointer;
        sv_histogram_free(&group->durations);
        sv_free(group);
    }
    sv_histogram_free(&stats->total.durations);
    sv_map_free(&stats->groups);
    sv_map_free(&stats->unpriced);
    sv_map_free(&stats->models);
    sv_filter_free(&stats->filter);
    sv_store_close(stats->store);
    sv_free(stats->rows);
    sv_buf_free(&stats->key);
    sv_buf_free(&stats->out);
    sv_free(stats);
}

static const struct sv_answer_kind kind = {next, more, close_stats, NULL};

/* --- what is asked --- */

static bool take_key(struct stats *stats, struct sv_slice name, struct sv_error *err)
{
    for (int key = 0; key < KEYS; key++) {
        if (!sv_slice_is(name, sv_stats_columns[key].name))
            continue;
        for (int i = 0; i < stats->key_count; i++)
            if (stats->keys[i] == key)
                return sv_error_set(err, SV_USAGE, "--by: \"%.*s\" stands there twice", SV_ARG(name));
        stats->keys[stats->key_count++] = key;
        return true;
    }
    return sv_error_set(err, SV_USAGE, "--by: no key \"%.*s\" (hour, day, week, month, type, agent, team, model, tool, status)", SV_ARG(name));
}

static bool take_keys(struct stats *stats, const char *by, struct sv_error *err)
{
    for (;; by++) {
        size_t len = strcspn(by, ",");
        if (!take_key(stats, sv_slice(by, len), err))
            return false;
        by += len;
        if (*by == '\0')
            return true;
    }
}

/* The keys, what is added up, and for people how it went over the time asked for. */
static void choose_columns(struct stats *stats)
{
    struct sv_list *list = &stats->ask.list;
    bool is_text = list->form == SV_LIST_TEXT, has_time = stats->keys[0] <= K_MONTH;
    if (list->chosen_count > 0)
        return;
    for (int i = 0; i < stats->key_count; i++)
        list->chosen[list->chosen_count++] = (size_t)stats->keys[i];
    for (size_t column = C_EVENTS; column < C_COUNT; column++)
        if (column != C_TREND || (is_text && !has_time))
            list->chosen[list->chosen_count++] = column;
}

static bool needs_durations(const struct sv_list *list)
{
    for (size_t i = 0; i < list->chosen_count; i++)
        if (list->chosen[i] >= C_P50 && list->chosen[i] <= C_P99)
            return true;
    return false;
}

static bool on_model(void *context, int64_t id, struct sv_slice name)
{
    struct stats *stats = context;
    if (sv_slice_glob(sv_buf_slice(&stats->key), name))
        sv_map_at(&stats->models, sv_slice((const char *)&id, sizeof id))->number = 1;
    return true;
}

static bool open_store(struct stats *stats, const struct sv_stats_spec *spec, struct sv_error *err)
{
    const struct sv_ask *ask = &stats->ask;
    struct sv_ask own = *ask;
    own.store.read_only = true;
    stats->store = ask->operand_count > 0 ? sv_logs_read(ask, 0, false, &stats->answer.status, err) : sv_store_open(&own.store, err);
    if (stats->store == NULL || !sv_filter_open(&stats->filter, ask, stats->store, err))
        return false;
    stats->by_model = spec->model != NULL;
    sv_buf_str(&stats->key, spec->model != NULL ? spec->model : "");
    return !stats->by_model || sv_store_names(stats->store, SV_NAME_MODEL, SV_SLICE(""), on_model, stats, err);
}

/* To the hour: one that lies partly in the time asked for is in. */
static bool add_up(struct stats *stats, struct sv_error *err)
{
    const struct sv_ask *ask = &stats->ask;
    int64_t now = sv_os_now_ns() / HOUR_NS;
    stats->from = ask->has_since ? ask->since_ns / HOUR_NS - (ask->since_ns % HOUR_NS < 0) : INT64_MIN;
    stats->until = ask->has_until ? ask->until_ns / HOUR_NS + (ask->until_ns % HOUR_NS > 0) : INT64_MAX;
    stats->first = stats->from;
    stats->last_hour = INT64_MIN;
    if (!ask->has_since && !sv_store_used(stats->store, stats->from, stats->until, false, on_first, stats, err))
        return false;
    stats->last = stats->until <= now ? stats->until - 1 : now;
    if (stats->first == INT64_MIN) /* nothing is stored: no trend */
        stats->first = INT64_MAX;
    return stats->filter.finds_nothing ||
           sv_store_used(stats->store, stats->from, stats->until, stats->with_durations, on_used, stats, err);
}

struct sv_answer *sv_stats_open(const struct sv_ask *ask, const struct sv_stats_spec *spec, struct sv_error *err)
{
    struct stats *stats = sv_calloc(1, sizeof *stats);
    stats->answer = (struct sv_answer){.kind = &kind, .go_on = "-n"};
    stats->ask = *ask;
    stats->ask.list.titles = titles;
    if (take_keys(stats, spec->by != NULL ? spec->by : "day", err)) {
        choose_columns(stats);
        stats->with_durations = needs_durations(&stats->ask.list);
        if (open_store(stats, spec, err) && add_up(stats, err)) {
            sort(stats);
            return &stats->answer;
        }
    }
    close_stats(&stats->answer);
    return NULL;
}

/* SPDX-License-Identifier: ISC */
#include "run/alert_set.h"

#include "base/hash.h"
#include "base/pack.h"
#include "json/writer.h"
#include "run/alert_notify.h"
#include "store/team.h"

struct sv_alert_set *sv_alert_set_new(struct sv_store *store, struct sv_alert_config *config)
{
    struct sv_alert_set *set = sv_calloc(1, sizeof *set);
    set->store = store;
    set->config = config;
    return set;
}

static void free_group(struct sv_alert_group *group)
{
    sv_group_free(&group->group);
    sv_buf_free(&group->message);
    sv_free(group);
}

static void forget(struct sv_alert_set *set)
{
    for (size_t i = 0; i < set->groups.count; i++)
        if (set->groups.items[i].pointer != NULL)
            free_group(set->groups.items[i].pointer);
    sv_map_free(&set->groups);
    sv_arena_reset(&set->arena);
    set->dirty_count = 0;
}

static void forget_quiet(struct sv_alert_set *set)
{
    for (size_t i = 0; i < set->source_count; i++)
        sv_alert_subject_free(&set->sources[i]);
    sv_free(set->sources);
    set->sources = NULL;
    set->source_count = 0;
    sv_store_alerts_free(&set->source_rows);
    set->knows_quiet = false;
}

void sv_alert_set_free(struct sv_alert_set *set)
{
    if (set == NULL)
        return;
    forget(set);
    forget_quiet(set);
    sv_free(set->silences);
    sv_free(set->dirty);
    sv_arena_free(&set->arena);
    sv_alert_subject_free(&set->subject);
    sv_buf_free(&set->out);
    sv_buf_free(&set->text);
    sv_buf_free(&set->body);
    sv_free(set);
}

bool sv_alert_set_begin(struct sv_alert_set *set, int64_t now_ns, struct sv_error *err)
{
    int64_t version;
    if (!sv_store_data_version(set->store, &version, err))
        return false;
    if (version != set->data_version || set->groups.count > SV_ALERT_GROUPS_KEPT)
        forget(set);
    set->data_version = version;
    set->now_ns = now_ns;
    forget_quiet(set);
    sv_buf_clear(&set->out);
    return true;
}

int64_t sv_alert_set_run(struct sv_alert_set *set, struct sv_error *err)
{
    if (set->run == 0)
        set->run = sv_store_run_start(set->store, set->arguments, set->now_ns, err);
    return set->run;
}

/* --- one group --- */

static void hash_key(struct sv_slice key, unsigned char out[SV_STATE_KEY])
{
    uint64_t hash[2];
    struct sv_buf bytes = {0};
    sv_hash_wide(UINT64_C(0x73762d616c657274), UINT64_C(0x67726f7570730000), key, hash); /* for ever: rows hang on it */
    sv_pack_fixed(&bytes, hash[0]);
    sv_pack_fixed(&bytes, hash[1]);
    memcpy(out, bytes.data, SV_STATE_KEY);
    sv_buf_free(&bytes);
}

static struct sv_slice keep(struct sv_alert_set *set, struct sv_slice text)
{
    return text.len > 0 ? sv_arena_dup(&set->arena, text) : (struct sv_slice){0};
}

/* The row of a group whose state was loaded. */
static bool load_row(struct sv_alert_set *set, struct sv_alert_group *group, int64_t id, struct sv_error *err)
{
    struct sv_store_groups rows = {0};
    if (!sv_store_groups_by_id(set->store, id, id, &rows, err))
        return false;
    if (rows.count > 0) {
        group->row = rows.items[0];
        struct sv_store_group *row = &group->row;
        struct sv_slice *texts[] = {&row->route, &row->labels, &row->receiver, &row->supervisor, &row->team, &row->agent, &row->policy, &row->acked_by};
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            *texts[i] = keep(set, *texts[i]);
        if (sv_slice_is(row->supervisor, "-"))
            row->supervisor = (struct sv_slice){0};
        sv_buf_add(&group->message, row->message);
        row->message = (struct sv_slice){0};
        group->route = sv_alert_route_find(set->config, row->route);
        group->is_quiet = row->evaluations == row->old;
        group->level = row->level;
    }
    sv_store_groups_free(&rows);
    return group->row.id != 0 || sv_error_set(err, SV_INPUT, "the row of a group of alerts is missing in the store; see sv-index check");
}

static struct sv_alert_group *load(struct sv_alert_set *set, const unsigned char *key, struct sv_error *err)
{
    int64_t version;
    if (!sv_store_state_load(set->store, SV_ALERT_STATES, key, 0, &set->body, &version, err) || version == 0)
        return NULL;
    struct sv_alert_group *group = sv_calloc(1, sizeof *group);
    struct sv_unpack in = sv_unpack(sv_buf_slice(&set->body));
    int64_t id = (int64_t)sv_unpack_fixed(&in);
    struct sv_slice bytes = sv_slice((const char *)in.at, (size_t)(in.end - in.at));
    if (!in.failed && sv_group_load(&group->group, bytes) && load_row(set, group, id, err))
        return group;
    if (err->code == SV_DONE)
        sv_error_set(err, SV_INPUT, "the state of a group of alerts in the store is damaged; see sv-index check");
    free_group(group);
    return NULL;
}

struct sv_alert_group *sv_alert_set_find(struct sv_alert_set *set, const unsigned char *key, struct sv_error *err)
{
    struct sv_slice name = sv_slice((const char *)key, SV_STATE_KEY);
    struct sv_map_item *item = sv_map_find(&set->groups, name);
    if (item != NULL && item->pointer != NULL)
        return ((struct sv_alert_group *)item->pointer)->is_ended ? NULL : item->pointer;
    struct sv_alert_group *group = load(set, key, err);
    if (group != NULL)
        sv_map_at(&set->groups, name)->pointer = group;
    return group;
}

struct sv_alert_group *sv_alert_set_at(struct sv_alert_set *set, struct sv_slice key, struct sv_error *err)
{
    unsigned char hash[SV_STATE_KEY];
    hash_key(key, hash);
    return sv_alert_set_find(set, hash, err);
}

void sv_alert_set_touch(struct sv_alert_set *set, struct sv_alert_group *group)
{
    if (group->is_dirty)
        return;
    group->is_dirty = true;
    set->dirty = sv_grow(set->dirty, set->dirty_count, &set->dirty_room, sizeof(struct sv_alert_group *));
    set->dirty[set->dirty_count++] = group;
}

static struct sv_slice text_of(struct sv_alert_set *set, struct sv_alert_subject *subject, const char *name)
{
    return keep(set, sv_alert_text(subject, sv_slice_str(name)));
}

static struct sv_slice labels_of(struct sv_alert_set *set, uint32_t route, struct sv_alert_subject *subject)
{
    const struct sv_alert_route *r = &set->config->routes[route];
    sv_buf_clear(&set->text);
    sv_buf_char(&set->text, '{');
    for (size_t i = 0; i < r->by_count; i++) {
        if (i > 0)
            sv_buf_char(&set->text, ',');
        sv_json_put_string(&set->text, r->by[i]);
        sv_buf_char(&set->text, ':');
        sv_json_put_string(&set->text, sv_alert_text(subject, r->by[i]));
    }
    sv_buf_char(&set->text, '}');
    return keep(set, sv_buf_slice(&set->text));
}

struct sv_alert_group *sv_alert_set_add(struct sv_alert_set *set, struct sv_slice key, uint32_t route, struct sv_alert_subject *subject,
                                        struct sv_error *err)
{
    const struct sv_alert_route *r = &set->config->routes[route];
    struct sv_alert_group *group = sv_calloc(1, sizeof *group);
    struct sv_store_group *row = &group->row;
    bool added = false;
    hash_key(key, row->key);
    group->route = route;
    row->begun_ns = set->now_ns;
    row->route = keep(set, r->path);
    row->labels = labels_of(set, route, subject);
    row->receiver = keep(set, set->config->receivers[r->receiver].name);
    row->supervisor = text_of(set, subject, "supervisor");
    row->team = text_of(set, subject, "team");
    row->agent = text_of(set, subject, "agent");
    row->policy = text_of(set, subject, "policy");
    for (unsigned again = 0; !added; again++) { /* of the same key at the same time there may be one that is over already */
        sv_buf_clear(&set->text);
        sv_buf_printf(&set->text, "%lld %u %.*s", (long long)set->now_ns, again, SV_ARG(key));
        row->id = (int64_t)(sv_hash(sv_buf_slice(&set->text)) >> 1) | 1;
        if (!sv_store_group_add(set->store, row, &added, err)) {
            free_group(group);
            return NULL;
        }
    }
    group->is_new = group->is_quiet = true;
    struct sv_map_item *item = sv_map_at(&set->groups, sv_slice((const char *)row->key, SV_STATE_KEY));
    item->pointer = group;
    return group;
}

bool sv_alert_set_row(struct sv_alert_set *set, struct sv_alert_group *group, struct sv_group_alert *alert, struct sv_alert_subject *subject,
                      struct sv_error *err)
{
    struct sv_slice word = sv_alert_text(subject, SV_SLICE("severity"));
    struct sv_store_alert row = {.group = group->row.id,
                                 .alert = alert->id,
                                 .agent = sv_alert_text(subject, SV_SLICE("agent")),
                                 .started_ns = alert->started_ns,
                                 .inhibits = !alert->is_old && sv_alert_is_source(set->config, subject),
                                 .body = alert->body};
    if (!sv_severity_find(word, &row.severity))
        row.severity = SV_INFO;
    if (!sv_store_alert_add(set->store, &row, err))
        return false;
    alert->number = (uint64_t)row.id;
    group->row.alerts++;
    return true;
}

/* Rows of alerts that are over say so. */
static bool end_rows(struct sv_alert_set *set, struct sv_alert_group *group, struct sv_error *err)
{
    for (size_t i = 0; i < group->group.count; i++) {
        struct sv_group_alert *alert = &group->group.alerts[i];
        if (alert->ended_ns == 0 || alert->number == 0)
            continue;
        if (!sv_store_alert_end(set->store, (int64_t)alert->number, alert->ended_ns, alert->count, alert->body, err))
            return false;
        alert->number = 0;
    }
    return true;
}

/* --- what keeps alerts quiet --- */

/* A silence's condition never changes, so it is compiled once, however often who holds is asked. */
static struct sv_alert_silence *silence_of(struct sv_alert_set *set, const struct sv_store_silence *row)
{
    for (size_t i = 0; i < set->silence_count; i++)
        if (set->silences[i].id == row->id)
            return &set->silences[i];
    struct sv_cel_problems problems = {0};
    const struct sv_cel *when = sv_cel_compile(set->config->env, sv_arena_dup(&set->config->arena, row->matcher), SV_CEL_BOOL, &problems);
    set->silences = sv_grow(set->silences, set->silence_count, &set->silence_room, sizeof *set->silences);
    set->silences[set->silence_count] = (struct sv_alert_silence){row->id, when, false};
    return &set->silences[set->silence_count++];
}

static bool load_silences(struct sv_alert_set *set, struct sv_error *err)
{
    struct sv_store_silences rows = {0};
    bool fine = sv_store_silences(set->store, set->now_ns, &rows, err);
    for (size_t i = 0; i < set->silence_count; i++)
        set->silences[i].holds = false;
    for (size_t i = 0; fine && i < rows.count; i++) {
        struct sv_alert_silence *silence = silence_of(set, &rows.items[i]);
        silence->holds = silence->when != NULL && rows.items[i].starts_ns <= set->now_ns;
    }
    sv_store_silences_free(&rows);
    return fine;
}

static bool load_sources(struct sv_alert_set *set, struct sv_error *err)
{
    if (set->config->inhibition_count == 0)
        return true;
    if (!sv_store_alerts_inhibiting(set->store, &set->source_rows, err))
        return false;
    set->sources = sv_calloc(set->source_rows.count + 1, sizeof *set->sources);
    for (size_t i = 0; i < set->source_rows.count; i++)
        if (sv_alert_subject_read(set->config, &set->sources[set->source_count], set->source_rows.items[i].body))
            set->source_count++;
    return true;
}

static bool know_quiet(struct sv_alert_set *set, struct sv_error *err)
{
    if (set->knows_quiet)
        return true;
    set->knows_quiet = true;
    return load_silences(set, err) && load_sources(set, err);
}

bool sv_alert_set_hides(struct sv_alert_set *set, struct sv_slice body, int64_t *silence, bool *inhibited, struct sv_error *err)
{
    *silence = 0;
    *inhibited = false;
    if (!know_quiet(set, err))
        return false;
    if (set->silence_count + set->source_count == 0 || !sv_alert_subject_read(set->config, &set->subject, body))
        return true;
    for (size_t i = 0; i < set->silence_count && *silence == 0; i++)
        if (set->silences[i].holds && sv_alert_matches(set->silences[i].when, &set->subject))
            *silence = set->silences[i].id;
    for (size_t i = 0; i < set->source_count && !*inhibited; i++)
        *inhibited = sv_alert_inhibits(set->config, &set->sources[i], &set->subject);
    return true;
}

/* --- looking at a group --- */

struct hidden {
    const struct sv_group *group;
    const bool *is_hidden; /* of each alert */
};

static bool hides(void *context, const struct sv_group_alert *alert)
{
    const struct hidden *hidden = context;
    return hidden->is_hidden[alert - hidden->group->alerts];
}

static bool look_hidden(struct sv_alert_set *set, const struct sv_group *group, bool *is_hidden, struct sv_error *err)
{
    for (size_t i = 0; i < group->count; i++) {
        int64_t silence;
        bool inhibited;
        if (!sv_alert_set_hides(set, group->alerts[i].body, &silence, &inhibited, err))
            return false;
        is_hidden[i] = silence != 0 || inhibited;
    }
    return true;
}

/* Once, as of now: what is due more than once is told once. */
static bool look(struct sv_alert_set *set, struct sv_alert_group *group, struct sv_error *err)
{
    const struct sv_group_timing *timing = &set->config->routes[group->route].timing;
    struct sv_group *g = &group->group;
    struct sv_group_notice notice;
    bool *is_hidden = sv_calloc(g->count + 1, sizeof *is_hidden);
    struct hidden hidden = {g, is_hidden};
    bool fine = look_hidden(set, g, is_hidden, err);
    if (fine) {
        sv_group_flush(g, timing, set->now_ns, sv_alert_is_muted(set->config, group->route, set->now_ns), hides, &hidden, &notice);
        fine = sv_alert_notify(set, group, &notice, is_hidden, err) && end_rows(set, group, err);
        group->row.told_ns = g->told_ns != 0 ? g->told_ns : group->row.told_ns;
        group->row.notices = g->notices;
        group->level = g->level;
        sv_group_settle(g, timing, &notice);
        group->is_ended = sv_group_is_over(g);
    }
    sv_free(is_hidden);
    return fine;
}

static bool look_if_due(struct sv_alert_set *set, struct sv_alert_group *group, struct sv_error *err)
{
    const struct sv_group_timing *timing = &set->config->routes[group->route].timing;
    for (int turn = 0; turn <= SV_GROUP_LEVELS_MAX && !group->is_ended && sv_group_due(&group->group, timing) <= set->now_ns; turn++)
        if (!look(set, group, err))
            return false;
    return true;
}

bool sv_alert_set_due(struct sv_alert_set *set, size_t most, struct sv_error *err)
{
    struct sv_buf keys = {0};
    bool fine = true;
    for (size_t i = 0; fine && i < set->dirty_count; i++)
        fine = end_rows(set, set->dirty[i], err); /* before anybody is kept quiet by them */
    for (size_t i = 0; fine && i < set->dirty_count; i++)
        fine = look_if_due(set, set->dirty[i], err);
    fine = fine && sv_store_states_due(set->store, SV_ALERT_STATES, set->now_ns, most, &keys, err);
    for (size_t i = 0; fine && i < keys.len; i += SV_STATE_KEY) {
        struct sv_alert_group *group = sv_alert_set_find(set, (const unsigned char *)keys.data + i, err);
        fine = err->code == SV_DONE;
        if (group == NULL || group->is_dirty)
            continue;
        sv_alert_set_touch(set, group);
        fine = look_if_due(set, group, err);
    }
    sv_buf_free(&keys);
    return fine;
}

/* --- saving --- */

static bool save_state(struct sv_alert_set *set, struct sv_alert_group *group, int64_t due_ns, struct sv_error *err)
{
    if (group->is_ended)
        return sv_store_state_drop(set->store, SV_ALERT_STATES, group->row.key, 0, 0, err);
    sv_buf_clear(&set->body);
    sv_pack_fixed(&set->body, (uint64_t)group->row.id);
    sv_group_save(&group->group, &set->body);
    return sv_store_state_put(set->store, SV_ALERT_STATES, group->row.key, 0, due_ns == INT64_MAX ? INT64_MIN : due_ns, 1,
                              sv_buf_slice(&set->body), err);
}

static bool save(struct sv_alert_set *set, struct sv_alert_group *group, struct sv_error *err)
{
    struct sv_store_group *row = &group->row;
    int was = row->state;
    uint32_t was_level = row->level;
    row->state = (int)(group->is_ended ? SV_GROUP_RESOLVED : sv_group_state(&group->group, set->now_ns));
    row->changed_ns = set->now_ns;
    row->due_ns = group->is_ended ? INT64_MAX : sv_group_due(&group->group, &set->config->routes[group->route].timing);
    row->firing = 0;
    for (size_t i = 0; i < group->group.count; i++)
        row->firing += group->group.alerts[i].ended_ns == 0;
    row->level = group->level;
    row->receiver = set->config->receivers[set->config->routes[group->route].receiver].name;
    row->message = sv_buf_slice(&group->message);
    bool was_quiet = group->is_quiet;
    group->is_quiet = row->evaluations == row->old;
    bool changed = group->is_new || row->state != was || row->level > was_level || (was_quiet && !group->is_quiet);
    bool fine = (!changed || group->is_quiet || sv_alert_tell(set, group, err)) && sv_store_group_set(set->store, row, err) &&
                (!group->is_acked || sv_store_group_ack(set->store, row, err)) &&
                (!group->is_ended || sv_store_group_end(set->store, row->id, set->now_ns, err)) && save_state(set, group, row->due_ns, err);
    if (group->is_new)
        sv_store_count(set->store, SV_COUNT_ALERT_GROUPS, row->state, 1);
    else if (row->state != was) {
        sv_store_count(set->store, SV_COUNT_ALERT_GROUPS, was, -1);
        sv_store_count(set->store, SV_COUNT_ALERT_GROUPS, row->state, 1);
    }
    row->message = (struct sv_slice){0};
    return fine;
}

bool sv_alert_set_save(struct sv_alert_set *set, struct sv_error *err)
{
    for (size_t i = 0; i < set->dirty_count; i++)
        if (!save(set, set->dirty[i], err))
            return false;
    return true;
}

void sv_alert_set_end(struct sv_alert_set *set, bool committed)
{
    for (size_t i = 0; i < set->dirty_count; i++) {
        struct sv_alert_group *group = set->dirty[i];
        group->is_new = group->is_dirty = group->is_acked = false;
        if (!group->is_ended || !committed)
            continue;
        struct sv_map_item *item = sv_map_find(&set->groups, sv_slice((const char *)group->row.key, SV_STATE_KEY));
        if (item != NULL && item->pointer == group)
            item->pointer = NULL;
        free_group(group);
    }
    set->dirty_count = 0;
    if (committed)
        return;
    forget(set);
    sv_buf_clear(&set->out);
    set->run = 0;
}

/* SPDX-License-Identifier: ISC */
#include "run/alert_silence.h"

#include "base/hash.h"
#include "base/os.h"
#include "base/time.h"
#include "event/redact.h"
#include "json/reader.h"
#include "run/alert_ask.h"
#include "run/alert_set.h"
#include "team/message.h"

/* Part of the manual: new ones go to the end. */
enum { C_ID, C_STATE, C_START, C_END, C_AUTHOR, C_COMMENT, C_MATCHER, C_CREATED, C_COUNT };
const struct sv_list_column sv_silence_columns[] = {
    [C_ID] = {"id", 13, 13, false, false, false},      [C_STATE] = {"state", 7, 7, false, false, false},
    [C_START] = {"start", 11, 11, false, false, false}, [C_END] = {"end", 11, 11, false, false, false},
    [C_AUTHOR] = {"author", 8, 14, false, false, false}, [C_COMMENT] = {"comment", 10, 30, false, false, false},
    [C_MATCHER] = {"matcher", 12, 0, true, false, false}, [C_CREATED] = {"created", 0, 11, false, false, false},
};
const size_t sv_silence_column_count = C_COUNT;

static void put_row(const struct sv_list *list, struct sv_buf *out, const struct sv_store_silence *silence, int64_t now_ns)
{
    char id[SV_MESSAGE_ID_LEN + 1];
    const char *state = silence->ends_ns <= now_ns ? "expired" : silence->starts_ns > now_ns ? "waiting" : "active";
    sv_message_put_id(silence->id, id);
    struct sv_list_cell cells[C_COUNT] = {[C_ID] = sv_ask_text(sv_slice(id, SV_MESSAGE_ID_LEN)),
                                          [C_STATE] = sv_ask_text(sv_slice_str(state)),
                                          [C_START] = sv_ask_time(silence->starts_ns),
                                          [C_END] = sv_ask_time(silence->ends_ns),
                                          [C_AUTHOR] = sv_ask_text(silence->author),
                                          [C_COMMENT] = sv_ask_text(silence->comment),
                                          [C_MATCHER] = sv_ask_text(silence->matcher),
                                          [C_CREATED] = sv_ask_time(silence->created_ns)};
    sv_list_row(list, out, cells);
}

/* --- one that may be added --- */

/* A condition over evaluations; NULL: what is wrong is said, at its column. */
static const struct sv_cel *compile(struct sv_alert_config *config, struct sv_slice matcher, struct sv_error *err)
{
    struct sv_cel_problems problems = {0};
    const struct sv_cel *when = sv_cel_compile(config->env, sv_arena_dup(&config->arena, matcher), SV_CEL_BOOL, &problems);
    if (when == NULL && problems.count > 0)
        sv_error_set(err, SV_USAGE, "matcher, column %u: %s", (unsigned)problems.items[0].offset + 1, problems.items[0].text);
    else if (when == NULL)
        sv_error_set(err, SV_USAGE, "the matcher is no condition");
    return when;
}

static bool check(const struct sv_store_silence *silence, struct sv_error *err)
{
    if (silence->comment.len == 0)
        return sv_error_set(err, SV_USAGE, "a silence needs a comment: why?");
    if (silence->author.len == 0)
        return sv_error_set(err, SV_USAGE, "a silence needs an author");
    return silence->ends_ns > silence->starts_ns || sv_error_set(err, SV_USAGE, "the silence ends before it starts");
}

static void name_it(struct sv_store_silence *silence)
{
    struct sv_buf text = {0};
    sv_buf_printf(&text, "%.*s\n%.*s\n%lld %lld %lld", SV_ARG(silence->matcher), SV_ARG(silence->author), (long long)silence->created_ns,
                  (long long)silence->starts_ns, (long long)silence->ends_ns);
    silence->id = (int64_t)(sv_hash(sv_buf_slice(&text)) >> 1) | 1;
    sv_buf_free(&text);
}

static bool put(struct sv_acts *acts, const struct sv_store_silence *silence, bool *added, struct sv_error *err)
{
    char id[SV_MESSAGE_ID_LEN + 1];
    struct sv_buf more = {0};
    sv_message_put_id(silence->id, id);
    sv_act_put_member(&more, "matcher", silence->matcher);
    sv_act_put_member(&more, "comment", silence->comment);
    bool fine = sv_store_silence_add(acts->store, silence, added, err) &&
                (!*added || sv_act_put(acts, &(struct sv_act){.type = "operator.silence.add", .entity_type = "silence",
                                                              .entity_id = sv_slice(id, SV_MESSAGE_ID_LEN), .more = sv_buf_slice(&more)}, err));
    sv_buf_free(&more);
    return fine;
}

/* --- what it hides now --- */

struct looking {
    struct sv_alert_set *set;
    const struct sv_cel *when;
    const struct sv_ask *ask;
    struct sv_buf *out;
    struct sv_alert_subject subject;
};

static bool look_at(struct looking *looking, const struct sv_store_group *row, struct sv_error *err)
{
    struct sv_alert_group *group = sv_alert_set_find(looking->set, row->key, err);
    for (size_t i = 0; group != NULL && i < group->group.count; i++)
        if (sv_alert_subject_read(looking->set->config, &looking->subject, group->group.alerts[i].body) &&
            sv_alert_matches(looking->when, &looking->subject)) {
            sv_alert_put_row(&looking->ask->list, looking->out, row, looking->set->now_ns);
            break;
        }
    return err->code == SV_DONE;
}

static bool look_at_all(struct looking *looking, struct sv_error *err)
{
    struct sv_store_groups open = {0};
    sv_list_head(&looking->ask->list, looking->out);
    bool fine = sv_store_groups_open(looking->set->store, &open, err);
    for (size_t i = 0; fine && i < open.count; i++)
        fine = look_at(looking, &open.items[i], err);
    sv_store_groups_free(&open);
    sv_alert_subject_free(&looking->subject);
    return fine;
}

static bool store_it(struct sv_store *store, const struct sv_silence_order *order, const struct sv_store_silence *silence, struct sv_error *err)
{
    struct sv_acts acts = {.store = store, .now_ns = silence->created_ns, .by = order->by};
    bool added;
    bool fine = sv_store_begin(store, err) && put(&acts, silence, &added, err) && sv_acts_end(&acts, err) && sv_store_commit(store, err);
    if (!fine)
        sv_store_rollback(store);
    sv_acts_free(&acts);
    return fine;
}

static struct sv_slice clean(struct sv_redactor *redactor, struct sv_arena *arena, struct sv_slice text)
{
    struct sv_buf out = {0};
    sv_redact_text(redactor, &out, text);
    struct sv_slice kept = sv_arena_dup(arena, sv_buf_slice(&out));
    sv_buf_free(&out);
    return kept;
}

struct sv_answer *sv_silence_add_open(const struct sv_ask *ask, const struct sv_silence_order *order, struct sv_buf *id, struct sv_error *err)
{
    struct sv_findings none = {0};
    struct sv_alert_config *config = sv_alert_config_load(NULL, &none);
    struct sv_redactor *redactor = sv_redactor_new();
    struct sv_buf out = {0}, user = {0};
    struct looking looking = {.ask = ask, .out = &out};
    struct sv_store *store = NULL;
    struct sv_store_spec spec = ask->store;
    spec.read_only = order->preview;
    sv_os_user(&user);
    struct sv_store_silence silence = {
        .matcher = sv_slice_str(order->matcher),
        .author = clean(redactor, &config->arena, order->author != NULL ? sv_slice_str(order->author) : sv_buf_slice(&user)),
        .comment = clean(redactor, &config->arena, sv_slice_str(order->comment != NULL ? order->comment : "")),
        .created_ns = sv_os_now_ns(),
        .starts_ns = order->starts_ns,
        .ends_ns = order->ends_ns};
    name_it(&silence);
    bool fine = (order->preview || check(&silence, err)) && (looking.when = compile(config, silence.matcher, err)) != NULL &&
                (store = sv_store_open(&spec, err)) != NULL && (order->preview || store_it(store, order, &silence, err));
    if (fine) {
        char text[SV_MESSAGE_ID_LEN + 1];
        sv_message_put_id(silence.id, text);
        sv_buf_str(id, order->preview ? "" : text);
        looking.set = sv_alert_set_new(store, config);
        fine = sv_alert_set_begin(looking.set, silence.created_ns, err) && look_at_all(&looking, err);
    }
    sv_alert_set_free(looking.set);
    sv_store_close(store);
    sv_redactor_free(redactor);
    sv_alert_config_free(config);
    sv_findings_free(&none);
    sv_buf_free(&user);
    if (fine)
        return sv_answer_ready(&out, SV_DONE);
    sv_buf_free(&out);
    return NULL;
}

/* --- list, expire --- */

static bool find(struct sv_store *store, const char *id, struct sv_store_silences *out, struct sv_error *err)
{
    int64_t first, last;
    size_t before = out->count;
    if (!sv_message_find_ids(sv_slice_str(id), &first, &last))
        return sv_error_set(err, SV_INPUT, "no silence is called \"%s\"", id);
    if (!sv_store_silences_by_id(store, first, last, out, err))
        return false;
    if (out->count == before)
        return sv_error_set(err, SV_INPUT, "no silence is called \"%s\"", id);
    return out->count == before + 1 || sv_error_set(err, SV_INPUT, "several silences begin with \"%s\"; give more of it", id);
}

struct sv_answer *sv_silence_list_open(const struct sv_ask *ask, bool all, struct sv_error *err)
{
    struct sv_store_spec spec = ask->store;
    struct sv_store_silences silences = {0};
    struct sv_buf out = {0};
    int64_t now_ns = sv_os_now_ns();
    spec.read_only = true;
    struct sv_store *store = sv_store_open(&spec, err);
    bool fine = store != NULL;
    for (size_t i = 0; fine && i < ask->operand_count; i++)
        fine = find(store, ask->operands[i], &silences, err);
    if (fine && ask->operand_count == 0)
        fine = sv_store_silences(store, all ? INT64_MIN : now_ns, &silences, err);
    if (fine) {
        sv_list_head(&ask->list, &out);
        for (size_t i = 0; i < silences.count; i++)
            put_row(&ask->list, &out, &silences.items[i], now_ns);
    }
    sv_store_silences_free(&silences);
    sv_store_close(store);
    if (fine)
        return sv_answer_ready(&out, SV_DONE);
    sv_buf_free(&out);
    return NULL;
}

static bool expire(struct sv_acts *acts, const char *id, struct sv_error *wrong, struct sv_error *err)
{
    struct sv_store_silences silences = {0};
    bool was_open = false;
    bool found = find(acts->store, id, &silences, wrong), fine = true;
    if (found)
        fine = sv_store_silence_end(acts->store, silences.items[0].id, acts->now_ns, &was_open, err);
    if (found && fine && !was_open)
        sv_error_set(wrong, SV_INPUT, "the silence %s has ended already", id);
    if (was_open) {
        char text[SV_MESSAGE_ID_LEN + 1];
        sv_message_put_id(silences.items[0].id, text);
        fine = sv_act_put(acts, &(struct sv_act){.type = "operator.silence.expire", .entity_type = "silence",
                                                 .entity_id = sv_slice(text, SV_MESSAGE_ID_LEN)}, err);
    }
    sv_store_silences_free(&silences);
    return fine;
}

bool sv_silence_expire(const struct sv_store_spec *spec, const char *const *ids, size_t count, const struct sv_act_by *by,
                       struct sv_findings *findings, struct sv_error *err)
{
    struct sv_store *store = sv_store_open(spec, err);
    struct sv_acts acts = {.store = store, .now_ns = sv_os_now_ns(), .by = *by};
    bool fine = store != NULL && sv_store_begin(store, err);
    for (size_t i = 0; fine && i < count; i++) {
        struct sv_error wrong = {0};
        fine = expire(&acts, ids[i], &wrong, err);
        if (wrong.code != SV_DONE)
            sv_findings_add(findings, &wrong);
    }
    if (fine && findings->count > 0)
        fine = sv_findings_fail(findings, "nothing was changed", err);
    fine = fine && sv_acts_end(&acts, err) && sv_store_commit(store, err);
    if (!fine && store != NULL)
        sv_store_rollback(store);
    sv_acts_free(&acts);
    sv_store_close(store);
    return fine;
}

/* --- import --- */

struct importing {
    struct sv_alert_config *config;
    struct sv_redactor *redactor;
    struct sv_acts acts;
};

static struct sv_slice text_of(struct importing *importing, struct sv_value object, const char *name)
{
    struct sv_value value = sv_json_get(object, sv_slice_str(name));
    return value.type == SV_STRING ? clean(importing->redactor, &importing->config->arena, sv_value_string(&value, &importing->config->arena))
                                   : (struct sv_slice){0};
}

static bool read_line(struct importing *importing, struct sv_slice line, struct sv_store_silence *out, struct sv_error *wrong)
{
    struct sv_value object;
    int64_t last;
    if (!sv_json_read(line, &object, wrong))
        return false;
    struct sv_value matcher = sv_json_get(object, SV_SLICE("matcher")); /* a condition is kept as it is written, as by add */
    *out = (struct sv_store_silence){.matcher = matcher.type == SV_STRING ? sv_value_string(&matcher, &importing->config->arena) : (struct sv_slice){0},
                                     .author = text_of(importing, object, "author"),
                                     .comment = text_of(importing, object, "comment"),
                                     .created_ns = importing->acts.now_ns};
    if (!sv_time_parse(text_of(importing, object, "start"), &out->starts_ns) || !sv_time_parse(text_of(importing, object, "end"), &out->ends_ns))
        return sv_error_set(wrong, SV_INPUT, "a silence has a \"start\" and an \"end\", which are times");
    if (!check(out, wrong) || compile(importing->config, out->matcher, wrong) == NULL)
        return wrong->code = SV_INPUT, false;
    struct sv_slice id = text_of(importing, object, "id");
    if (id.len != SV_MESSAGE_ID_LEN || !sv_message_find_ids(id, &out->id, &last))
        name_it(out);
    return true;
}

bool sv_silence_import(const struct sv_store_spec *spec, struct sv_slice lines, const char *file, const struct sv_act_by *by, size_t *added,
                       struct sv_findings *findings, struct sv_error *err)
{
    struct sv_store *store = sv_store_open(spec, err);
    struct sv_findings none = {0};
    struct importing importing = {.config = sv_alert_config_load(NULL, &none), .redactor = sv_redactor_new(),
                                  .acts = {.store = store, .now_ns = sv_os_now_ns(), .by = *by}};
    bool fine = store != NULL && sv_store_begin(store, err);
    *added = 0;
    for (uint32_t number = 1; fine && lines.len > 0; number++) {
        const char *end = memchr(lines.data, '\n', lines.len);
        struct sv_slice line = sv_slice_trim(sv_slice(lines.data, end != NULL ? (size_t)(end - lines.data) : lines.len));
        size_t len = end != NULL ? (size_t)(end - lines.data) + 1 : lines.len;
        lines = sv_slice(lines.data + len, lines.len - len);
        struct sv_store_silence silence;
        struct sv_error wrong = {0};
        bool is_new = false;
        if (line.len > 0 && read_line(&importing, line, &silence, &wrong))
            fine = put(&importing.acts, &silence, &is_new, err);
        if (wrong.code != SV_DONE) {
            sv_error_at(&wrong, file, number, wrong.column);
            sv_findings_add(findings, &wrong);
        }
        *added += is_new;
    }
    if (fine && findings->count > 0)
        fine = sv_findings_fail(findings, "nothing was changed", err);
    fine = fine && sv_acts_end(&importing.acts, err) && sv_store_commit(store, err);
    if (!fine && store != NULL)
        sv_store_rollback(store);
    sv_acts_free(&importing.acts);
    sv_alert_config_free(importing.config);
    sv_redactor_free(importing.redactor);
    sv_findings_free(&none);
    sv_store_close(store);
    return fine;
}

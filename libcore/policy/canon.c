/* SPDX-License-Identifier: ISC */
/* What a policy says, in one canonical text: layout, comments, examples and the order of keys do not enter; the lists and
 * fields that its expressions name do. */
#include "base/hash.h"
#include "json/writer.h"
#include "policy/rule.h"

static void put_text(struct sv_buf *out, const char *key, struct sv_slice text)
{
    sv_json_put_key(out, key);
    sv_json_put_string(out, text);
}

static void put_texts(struct sv_buf *out, const char *key, const struct sv_slice *texts, size_t count)
{
    sv_json_put_key(out, key);
    sv_buf_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            sv_buf_char(out, ',');
        sv_json_put_string(out, texts[i]);
    }
    sv_buf_char(out, ']');
}

/* A node under its own key, if the policy has it. Scalars are texts here: `true` and "true" are the same expression. */
static void put_node(struct sv_buf *out, const struct sv_yaml_node *map, const char *name)
{
    const struct sv_yaml_node *value = sv_yaml_get(map, name, NULL);
    if (value == NULL)
        return;
    if (value->kind == SV_YAML_SCALAR) {
        put_text(out, name, value->text);
        return;
    }
    sv_json_put_key(out, name);
    sv_yaml_put_json(out, value);
}

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The names that a policy may mean: lists, or fields. */
struct names {
    const struct sv_policy_file *file;
    const struct sv_policy_changes *changes;
    bool are_fields;
    uint64_t begins; /* a bit for each byte, modulo 64, that one of them begins with */
};

static const struct sv_map *map_of(const struct names *names, const struct sv_policy_file *file)
{
    return names->are_fields ? &file->fields : &file->lists;
}

static const struct sv_map_item *find_in(const struct names *names, const struct sv_policy_file *file, struct sv_slice word)
{
    return sv_map_find(map_of(names, file), word);
}

/* What a word in the file `yaml` means, found as the names of expressions are (parse.c): the policy's own, those of its file, those
 * of the override's file. */
static const struct sv_map_item *find_name(const struct names *names, const struct sv_yaml *yaml, struct sv_slice word)
{
    const struct sv_policy_changes *changes = names->changes;
    const struct sv_map_item *name = names->are_fields ? NULL : sv_map_find(&changes->lists, word);
    if (name == NULL)
        name = find_in(names, names->file, word);
    for (size_t i = 0; i < changes->file_count && name == NULL; i++)
        if (changes->files[i]->yaml == yaml)
            name = find_in(names, changes->files[i], word);
    return name;
}

/* A name once; lists of two overrides' files may have one name, which then is told apart. */
static void note_name(struct sv_map *used, const struct sv_map_item *name)
{
    struct sv_buf key = {0};
    sv_buf_add(&key, name->key);
    const struct sv_map_item *other;
    while ((other = sv_map_find(used, sv_buf_slice(&key))) != NULL && other->pointer != name->pointer)
        sv_buf_char(&key, '\'');
    sv_map_at(used, sv_buf_slice(&key))->pointer = name->pointer;
    sv_buf_free(&key);
}

/* Adds to `used` the names that stand as words in the scalars at or below the node, in the order of their first coming. A word
 * in a string of an expression counts too: harmless, at worst a policy has a new version once more than needed. */
static void find_words(const struct sv_yaml_node *node, const struct names *names, struct sv_map *used)
{
    if (node == NULL)
        return;
    if (node->kind != SV_YAML_SCALAR) {
        for (const struct sv_yaml_node *item = node->first; item != NULL; item = item->next)
            find_words(node->kind == SV_YAML_MAP ? item->value : item, names, used);
        return;
    }
    const char *end = node->text.data + node->text.len;
    for (const char *p = node->text.data; p < end;) {
        const char *word = p;
        while (p < end && is_word_char(*p))
            p++;
        bool may_be = p > word && (names->begins >> (*word & 63) & 1) != 0;
        const struct sv_map_item *name = may_be ? find_name(names, node->yaml, sv_slice(word, (size_t)(p - word))) : NULL;
        if (name != NULL)
            note_name(used, name);
        p += p == word;
    }
}

/* A list, or of a long one how long it is and its hash: thousands of policies may use it, and each keeps its text. The hash is
 * that of the list's JSON, made once. */
static void put_list(struct sv_buf *out, struct sv_yaml_node *list)
{
    enum { ITEMS_MAX = 256, BYTES_MAX = 16384 };
    if (list->count <= ITEMS_MAX && list->end - list->start <= BYTES_MAX) {
        sv_yaml_put_json(out, list);
        return;
    }
    if (list->hash == 0) {
        struct sv_buf json = {0};
        sv_yaml_put_json(&json, list);
        list->hash = sv_hash(sv_buf_slice(&json));
        sv_buf_free(&json);
    }
    sv_buf_printf(out, "{\"items\":%zu,\"hash\":\"%016llx\"}", list->count, (unsigned long long)list->hash);
}

static uint64_t begins_of(const struct sv_map *map)
{
    uint64_t begins = 0;
    for (size_t i = 0; i < map->count; i++)
        begins |= (uint64_t)1 << (map->items[i].key.data[0] & 63);
    return begins;
}

/* Are there any? Mostly not, and nothing has to be read then. */
static bool has_names(struct names *names)
{
    names->begins = begins_of(map_of(names, names->file)) | (names->are_fields ? 0 : begins_of(&names->changes->lists));
    for (size_t i = 0; i < names->changes->file_count; i++)
        names->begins |= begins_of(map_of(names, names->changes->files[i]));
    return names->begins != 0;
}

static void put_used(struct sv_buf *out, const char *key, struct names *names, const struct sv_yaml_node *map)
{
    static const char *const expressions[] = {"let", "when", "except", "message", "by", "having", "until", "sequence", "loop", "new"};
    struct sv_map used = {0};
    if (!has_names(names))
        return;
    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++)
        find_words(sv_yaml_get(map, expressions[i], NULL), names, &used);
    for (size_t i = 0; i < used.count; i++) {
        struct sv_yaml_node *name = used.items[i].pointer;
        if (i == 0)
            sv_json_put_key(out, key);
        sv_buf_char(out, i == 0 ? '{' : ',');
        sv_json_put_string(out, used.items[i].key);
        sv_buf_char(out, ':');
        put_list(out, name->value);
    }
    if (used.count > 0)
        sv_buf_char(out, '}');
    sv_map_free(&used);
}

void sv_policy_canon(struct sv_policy_file *file, const struct sv_policy_changes *changes, const struct sv_yaml_node *map,
                     struct sv_policy *policy)
{
    static const char *const scope_names[SV_SCOPE_COUNT] = {"team", "supervisor", "agent", "host", "session"};
    const struct sv_policy_rule *rule = policy->rule;
    struct sv_buf text = {0};
    sv_buf_char(&text, '{');
    put_text(&text, "id", policy->id);
    put_node(&text, map, "title");
    put_text(&text, "severity", sv_slice_str(sv_severity_name(policy->severity)));
    put_text(&text, "action", sv_slice_str(sv_action_name(policy->action)));
    if (policy->tag_count > 0)
        put_texts(&text, "tags", policy->tags, policy->tag_count);
    if (rule->scoped) {
        sv_json_put_key(&text, "scope");
        sv_buf_char(&text, '{');
        for (int s = 0; s < SV_SCOPE_COUNT; s++)
            if (rule->scope[s].count > 0)
                put_texts(&text, scope_names[s], rule->scope[s].items, rule->scope[s].count);
        sv_buf_char(&text, '}');
    }
    put_node(&text, map, "let");
    put_node(&text, map, "when");
    if (rule->kind.kind != NULL)
        for (size_t i = SV_K_BY; i < SV_K_COUNT; i++)
            put_node(&text, map, sv_policy_keys[i]);
    put_node(&text, map, "except");
    put_node(&text, map, "message");
    put_node(&text, map, "runbook");
    if (rule->on_error != SV_ON_ERROR_TELL)
        put_text(&text, "on_error", rule->on_error == SV_ON_ERROR_IGNORE ? SV_SLICE("ignore") : SV_SLICE("violation"));
    put_used(&text, "lists", &(struct names){file, changes, false, 0}, map);
    put_used(&text, "fields", &(struct names){file, changes, true, 0}, map);
    sv_buf_char(&text, '}');
    policy->text = sv_arena_dup(&file->set->arena, sv_buf_slice(&text));
    policy->version = sv_hash(policy->text);

    /* ["id","kind"], then all that its states depend on: never to be changed, state hangs on it */
    sv_buf_clear(&text);
    sv_buf_char(&text, '[');
    sv_json_put_string(&text, policy->id);
    sv_kind_put_signature(rule, &text);
    sv_buf_char(&text, ']');
    policy->signature = sv_hash(sv_buf_slice(&text));
    sv_buf_free(&text);
}

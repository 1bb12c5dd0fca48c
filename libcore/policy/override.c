/* SPDX-License-Identifier: ISC */
/* `override`: what a site's own file changes in the policies of another, made in the tree before the policy is read, so that all
 * that is known of a policy (its checks, its version, the places of its findings) holds for what is in force.
 *
 * The order of files does not matter: a key is replaced once at most (an id goes before a glob), and what several overrides
 * append to one place is put there in the order of its text. */
#include <stdlib.h>

#include "base/limits.h"
#include "json/writer.h"
#include "policy/rule.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum {
    ENTRIES_MAX = 1000000,   /* that overrides may make in a set: one may be meant for every policy */
    BYTES_MAX = 64 << 20,    /* of the lists they are made of */
    SUGGESTED_MAX = 20       /* unknown ids that are looked for among all others */
};

struct sv_override {
    struct sv_policy_file *file;
    const struct sv_yaml_node *map, *id, *append; /* append: its mapping; NULL: none */
    size_t next, last; /* of those with the same id: index + 1 of the next; the first of them knows the last */
    bool is_glob, found, told;
};

/* Where something can be appended: a key of the policy; scope and lists have keys of their own. */
enum place { P_TAGS, P_EXCEPT, P_MATCH, P_NO_MATCH, P_SCOPE, P_LISTS, P_COUNT };
static const char *const place_names[P_COUNT] = {"tags", "except", "match", "no_match", "scope", "lists"};

/* --- reading --- */

static bool check_append(struct sv_policy_file *file, const struct sv_yaml_node *key)
{
    bool good = true;
    if (key->value->kind != SV_YAML_MAP) {
        sv_yaml_find_node(file->findings, key->value->missing ? key : key->value,
                          "\"append\" must be a mapping of tags, except, match, no_match, scope or lists to what is added");
        return false;
    }
    for (const struct sv_yaml_node *k = key->value->first; k != NULL; k = k->next) {
        size_t p = 0, known = 0;
        while (p < P_COUNT && !sv_slice_is(k->text, place_names[p]))
            p++;
        while (known < SV_POLICY_KEYS && !sv_slice_is(k->text, sv_policy_keys[known]))
            known++;
        if (p == P_COUNT && known < SV_POLICY_KEYS)
            sv_yaml_find_node(file->findings, k, "nothing can be appended to \"%.*s\"; replace it", SV_ARG(k->text));
        else if (p == P_COUNT)
            sv_policy_unknown_key(file, key->value, k, place_names, P_COUNT);
        else if (p >= P_SCOPE && k->value->kind != SV_YAML_MAP)
            sv_yaml_find_node(file->findings, k->value->missing ? k : k->value, "\"%s\" must be a mapping of names to what is added",
                              place_names[p]);
        else
            continue;
        good = false;
    }
    return good;
}

/* True when the override can be applied. */
static bool check_override(struct sv_policy_file *file, const struct sv_yaml_node *map, struct sv_override *out)
{
    const char *names[SV_POLICY_KEYS + 2] = {"append", "lists"};
    bool good = true, changes = false;
    memcpy(names + 2, sv_policy_keys, sizeof sv_policy_keys);
    if (map->kind != SV_YAML_MAP) {
        sv_yaml_find_node(file->findings, map, "an override must be a mapping with an \"id\" and what is to be changed");
        return false;
    }
    for (const struct sv_yaml_node *key = map->first; key != NULL; key = key->next) {
        size_t n = 0;
        while (n < COUNT(names) && !sv_slice_is(key->text, names[n]))
            n++;
        if (n == COUNT(names)) {
            sv_policy_unknown_key(file, map, key, names, COUNT(names));
            good = false;
        } else if (n == 0) {
            good &= check_append(file, key);
            out->append = key->value;
        } else if (n == 1 && key->value->kind != SV_YAML_MAP) {
            sv_yaml_find_node(file->findings, key->value->missing ? key : key->value, "\"lists\" must be a mapping of names to lists");
            good = false;
        }
        changes |= !sv_slice_is(key->text, "id");
    }
    struct sv_yaml_node *key = NULL;
    out->id = sv_yaml_get(map, "id", &key);
    if (out->id == NULL)
        sv_yaml_find(map->yaml, file->findings, map->start, map->start + 1, "this override has no \"id\"");
    else if (out->id->kind != SV_YAML_SCALAR || out->id->text.len == 0)
        sv_yaml_find_node(file->findings, out->id->missing ? key : out->id, "\"id\" must be the id of a policy, or a glob");
    else if (!changes && good)
        sv_yaml_find_node(file->findings, map, "this override changes nothing");
    else
        return good;
    return false;
}

static bool is_glob(struct sv_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (strchr("*?[\\", text.data[i]) != NULL && text.data[i] != '\0')
            return true;
    return false;
}

static void read_one(struct sv_overrides *all, struct sv_policy_file *file, const struct sv_yaml_node *map)
{
    struct sv_override one = {.file = file, .map = map};
    if (!check_override(file, map, &one))
        return;
    if (all->count == SV_POLICIES_MAX) {
        sv_yaml_find(map->yaml, file->findings, map->start, map->start + 1, "more than %d overrides", SV_POLICIES_MAX);
        return;
    }
    one.is_glob = is_glob(one.id->text);
    if (all->count == all->capacity) {
        all->capacity = all->capacity > 0 ? all->capacity * 2 : 16;
        all->items = sv_realloc(all->items, all->capacity * sizeof *all->items);
    }
    all->items[all->count++] = one;
    all->globs += one.is_glob;
    if (one.is_glob)
        return;
    struct sv_map_item *same = sv_map_at(&all->exact, one.id->text);
    if (same->number == 0) {
        same->number = all->count;
    } else { /* behind those that came before: .last makes that one step */
        all->items[all->items[same->number - 1].last - 1].next = all->count;
    }
    all->items[same->number - 1].last = all->count;
}

void sv_overrides_read(struct sv_overrides *all, struct sv_policy_file *file, const struct sv_yaml_node *key)
{
    const struct sv_yaml_node *value = key->value;
    if (value->kind == SV_YAML_MAP)
        read_one(all, file, value);
    else if (value->kind == SV_YAML_LIST)
        for (const struct sv_yaml_node *map = value->first; map != NULL; map = map->next)
            read_one(all, file, map);
    else if (!value->missing)
        sv_yaml_find_node(file->findings, value, "\"override\" must be a list of mappings, each with an \"id\"");
}

/* --- applying --- */

/* Something appended. */
struct part {
    enum place place;
    struct sv_slice name;            /* below scope and lists */
    struct sv_override *by;
    const struct sv_yaml_node *key;  /* in the override */
    struct sv_slice json;            /* to put parts in an order of their own */
};

struct merge {
    struct sv_overrides *all;
    struct sv_policy_file *file;
    struct sv_slice id;
    struct sv_yaml_node *map;        /* the policy as it becomes */
    struct sv_policy_changes *changes;
    struct sv_override **by;         /* those that apply */
    size_t by_count, by_capacity;
    struct sv_arena scratch;
};

static struct sv_yaml_node *copy(struct merge *m, const struct sv_yaml_node *node)
{
    struct sv_yaml_node *made = sv_arena_alloc(&m->file->set->arena, sizeof *made);
    *made = *node;
    made->next = NULL;
    m->all->entries++;
    return made;
}

/* A mapping with copies of the keys, which may then be given other values. */
static struct sv_yaml_node *copy_map(struct merge *m, const struct sv_yaml_node *map)
{
    struct sv_yaml_node *made = copy(m, map), **tail = &made->first;
    for (const struct sv_yaml_node *key = map->first; key != NULL; key = key->next) {
        *tail = copy(m, key);
        tail = &(*tail)->next;
    }
    *tail = NULL;
    return made;
}

static struct sv_yaml_node *find_key(const struct sv_yaml_node *map, struct sv_slice name)
{
    struct sv_yaml_node *key = map->first;
    while (key != NULL && !sv_slice_equal(key->text, name))
        key = key->next;
    return key;
}

static void add_key(struct sv_yaml_node *map, struct sv_yaml_node *key)
{
    struct sv_yaml_node **tail = &map->first;
    while (*tail != NULL)
        tail = &(*tail)->next;
    *tail = key;
    map->count++;
}

/* Is there room for a copy of this? If not it is told once, and no more is done. */
static bool afford(struct merge *m, const struct sv_override *by, const struct sv_yaml_node *value)
{
    struct sv_overrides *all = m->all;
    all->entries += value->count;
    all->bytes += value->end > value->start ? value->end - value->start : 0;
    if (all->is_full)
        return false;
    all->is_full = all->entries > ENTRIES_MAX || all->bytes > BYTES_MAX;
    if (all->is_full)
        sv_yaml_find_node(m->file->findings, by->id, "overrides make more than %d entries or %d MiB in all policies together",
                          ENTRIES_MAX, BYTES_MAX >> 20);
    return !all->is_full;
}

/* --- replacing --- */

/* Two of a kind that replace one thing. Those by id were taken first, so globs come too late where an id has spoken. */
static void find_double(struct merge *m, const struct sv_override *before, struct sv_override *by, const struct sv_yaml_node *key,
                        const struct sv_yaml_node *first)
{
    if (before->is_glob != by->is_glob || by->told)
        return;
    by->told = true;
    sv_yaml_find_node(m->file->findings, key, "\"%.*s\" of policy \"%.*s\" is overridden already, at %.*s:%u", SV_ARG(key->text),
                      SV_ARG(m->id), SV_ARG(first->yaml->path), (unsigned)sv_yaml_line(first->yaml, first->start));
}

static void note_change(struct merge *m, struct sv_slice name, const struct sv_yaml_node *key)
{
    static const char *const names[SV_CHANGED_COUNT] = {"when", "let", "lists", "scope", "except"};
    for (size_t i = 0; i < SV_CHANGED_COUNT; i++)
        if (sv_slice_is(name, names[i]) && m->changes->changed[i] == NULL)
            m->changes->changed[i] = key;
}

static void replace_keys(struct merge *m)
{
    struct sv_override *before[SV_POLICY_KEYS] = {0};
    const struct sv_yaml_node *chosen[SV_POLICY_KEYS] = {0};
    for (size_t i = 0; i < m->by_count; i++)
        for (const struct sv_yaml_node *key = m->by[i]->map->first; key != NULL; key = key->next) {
            size_t k = 0;
            while (k < SV_POLICY_KEYS && !sv_slice_is(key->text, sv_policy_keys[k]))
                k++;
            if (k == SV_POLICY_KEYS || sv_slice_is(key->text, "id"))
                continue;
            if (chosen[k] != NULL) {
                find_double(m, before[k], m->by[i], key, chosen[k]);
            } else {
                chosen[k] = key;
                before[k] = m->by[i];
            }
        }
    for (size_t k = 0; k < SV_POLICY_KEYS; k++) {
        if (chosen[k] == NULL)
            continue;
        struct sv_yaml_node *key = find_key(m->map, chosen[k]->text);
        note_change(m, chosen[k]->text, chosen[k]);
        if (key == NULL) {
            add_key(m->map, copy(m, chosen[k]));
        } else {
            struct sv_yaml_node *next = key->next;
            *key = *chosen[k];
            key->next = next;
        }
    }
}

static void unknown_list(struct merge *m, const struct sv_yaml_node *name)
{
    const struct sv_map *lists = &m->file->lists;
    const char **names = sv_calloc(lists->count + 1, sizeof *names);
    for (size_t i = 0; i < lists->count; i++)
        names[i] = lists->items[i].key.data;
    const char *near = lists->count <= ENTRIES_MAX / 1000 ? sv_cel_suggest(name->text, names, lists->count) : NULL;
    sv_yaml_find_node(m->file->findings, name, "the file of policy \"%.*s\" has no list \"%.*s\"%s%s%s", SV_ARG(m->id),
                      SV_ARG(name->text), near != NULL ? " (did you mean \"" : "", near != NULL ? near : "",
                      near != NULL ? "\"?)" : "");
    sv_free(names);
}

/* The key of a list of the policy, made its own; NULL with a finding where its file has none of the name. */
static struct sv_yaml_node *own_list(struct merge *m, const struct sv_yaml_node *name)
{
    struct sv_map_item *own = sv_map_find(&m->changes->lists, name->text);
    const struct sv_map_item *base = sv_map_find(&m->file->lists, name->text);
    if (own != NULL)
        return own->pointer;
    if (base == NULL) {
        unknown_list(m, name);
        return NULL;
    }
    struct sv_yaml_node *key = copy(m, base->pointer);
    sv_map_at(&m->changes->lists, name->text)->pointer = key;
    return key;
}

static void replace_lists(struct merge *m)
{
    struct sv_map before = {0}; /* name -> index of the override in m->by + 1 */
    for (size_t i = 0; i < m->by_count; i++) {
        const struct sv_yaml_node *lists = sv_yaml_get(m->by[i]->map, "lists", NULL);
        for (const struct sv_yaml_node *name = lists != NULL ? lists->first : NULL; name != NULL; name = name->next) {
            struct sv_map_item *first = sv_map_at(&before, name->text);
            if (first->number != 0) {
                const struct sv_override *other = m->by[first->number - 1];
                find_double(m, other, m->by[i], name, find_key(sv_yaml_get(other->map, "lists", NULL), name->text));
                continue;
            }
            first->number = i + 1;
            struct sv_yaml_node *key = own_list(m, name);
            if (key == NULL)
                continue;
            *key = *name;
            key->next = NULL;
            note_change(m, SV_SLICE("lists"), name);
        }
    }
    sv_map_free(&before);
}

/* --- appending --- */

static int compare_parts(const void *a, const void *b)
{
    const struct part *left = a, *right = b;
    if (left->place != right->place)
        return left->place < right->place ? -1 : 1;
    int names = sv_slice_compare(left->name, right->name);
    return names != 0 ? names : sv_slice_compare(left->json, right->json);
}

static bool is_same_place(const struct part *a, const struct part *b)
{
    return a->place == b->place && sv_slice_equal(a->name, b->name);
}

static void add_items(struct merge *m, struct sv_yaml_node *list, struct sv_yaml_node ***tail, const struct sv_yaml_node *value)
{
    if (value->missing && value->kind == SV_YAML_SCALAR)
        return;
    const struct sv_yaml_node *item = value->kind == SV_YAML_LIST ? value->first : value;
    for (; item != NULL; item = value->kind == SV_YAML_LIST ? item->next : NULL) {
        **tail = copy(m, item);
        *tail = &(**tail)->next;
        list->count++;
    }
}

/* The list of what `value` holds (one thing, or a list of them; NULL: none) and what the parts add. */
static struct sv_yaml_node *append(struct merge *m, const struct sv_yaml_node *value, const struct part *parts, size_t count)
{
    struct sv_yaml_node *list = copy(m, value != NULL ? value : parts[0].key->value), **tail = &list->first;
    list->kind = SV_YAML_LIST;
    list->missing = false;
    list->first = NULL;
    list->count = 0;
    if (value != NULL && afford(m, parts[0].by, value))
        add_items(m, list, &tail, value);
    for (size_t i = 0; i < count; i++)
        if (afford(m, parts[i].by, parts[i].key->value))
            add_items(m, list, &tail, parts[i].key->value);
    return list;
}

static void append_scope(struct merge *m, const struct part *parts, size_t count)
{
    struct sv_yaml_node *scope = find_key(m->map, SV_SLICE("scope"));
    struct sv_yaml_node *field = scope != NULL && scope->value->kind == SV_YAML_MAP ? find_key(scope->value, parts[0].name) : NULL;
    if (field == NULL) {
        sv_yaml_find_node(m->file->findings, parts[0].key, "policy \"%.*s\" has no \"%.*s\" in its scope, and so is for all already",
                          SV_ARG(m->id), SV_ARG(parts[0].name));
        return;
    }
    /* the scope was shared with the file until now */
    scope->value = copy_map(m, scope->value);
    field = find_key(scope->value, parts[0].name);
    field->value = append(m, field->value, parts, count);
}

static void append_group(struct merge *m, const struct part *parts, size_t count)
{
    enum place place = parts[0].place;
    struct sv_slice name = sv_slice_str(place_names[place]);
    note_change(m, name, parts[0].key);
    if (place == P_SCOPE) {
        append_scope(m, parts, count);
    } else if (place == P_LISTS) {
        struct sv_yaml_node *key = own_list(m, parts[0].key);
        if (key != NULL)
            key->value = append(m, key->value, parts, count);
    } else {
        struct sv_yaml_node *key = find_key(m->map, name);
        const struct sv_yaml_node *value = key != NULL ? key->value : NULL;
        if (key == NULL)
            add_key(m->map, key = copy(m, parts[0].key));
        key->value = append(m, value, parts, count);
    }
}

static void append_all(struct merge *m)
{
    size_t count = 0, room = 0;
    struct part *parts = NULL;
    for (size_t i = 0; i < m->by_count; i++) {
        const struct sv_yaml_node *map = m->by[i]->append;
        for (const struct sv_yaml_node *key = map != NULL ? map->first : NULL; key != NULL; key = key->next) {
            enum place place = P_TAGS;
            while (!sv_slice_is(key->text, place_names[place]))
                place++;
            const struct sv_yaml_node *one = place >= P_SCOPE ? key->value->first : key;
            for (; one != NULL; one = place >= P_SCOPE ? one->next : NULL) {
                if (count == room)
                    parts = sv_realloc(parts, (room = room * 2 + 8) * sizeof *parts);
                parts[count++] = (struct part){place, place >= P_SCOPE ? one->text : SV_SLICE(""), m->by[i], one, SV_SLICE("")};
            }
        }
    }
    for (size_t i = 0; i < count && m->by_count > 1; i++) {
        struct sv_buf json = {0};
        if (!m->all->is_full)
            sv_yaml_put_json(&json, parts[i].key->value);
        parts[i].json = sv_arena_dup(&m->scratch, sv_buf_slice(&json));
        sv_buf_free(&json);
    }
    if (count > 0)
        qsort(parts, count, sizeof *parts, compare_parts);
    for (size_t i = 0, n; i < count; i += n) {
        for (n = 1; i + n < count && is_same_place(&parts[i], &parts[i + n]);)
            n++;
        append_group(m, &parts[i], n);
    }
    sv_free(parts);
}

/* --- one policy --- */

static void take(struct merge *m, struct sv_override *one)
{
    struct sv_policy_changes *changes = m->changes;
    if (m->by_count == m->by_capacity)
        m->by = sv_realloc(m->by, (m->by_capacity = m->by_capacity * 2 + 8) * sizeof(struct sv_override *));
    m->by[m->by_count++] = one;
    one->found = true;
    if (one->file == m->file || one->file->lists.count + one->file->fields.count == 0)
        return;
    for (size_t i = 0; i < changes->file_count; i++)
        if (changes->files[i] == one->file)
            return;
    changes->files = sv_realloc(changes->files, (changes->file_count + 1) * sizeof(struct sv_policy_file *));
    changes->files[changes->file_count++] = one->file;
}

const struct sv_yaml_node *sv_overrides_apply(struct sv_overrides *all, struct sv_policy_file *file, const struct sv_yaml_node *map,
                                              struct sv_policy_changes *changes)
{
    const struct sv_yaml_node *id = sv_yaml_get(map, "id", NULL);
    struct merge m = {.all = all, .file = file, .changes = changes};
    if (all->count == 0 || id == NULL || id->kind != SV_YAML_SCALAR)
        return map;
    m.id = id->text;
    const struct sv_map_item *exact = sv_map_find(&all->exact, m.id);
    for (size_t i = exact != NULL ? (size_t)exact->number : 0; i != 0; i = all->items[i - 1].next)
        take(&m, &all->items[i - 1]);
    for (size_t i = 0; i < all->count && all->globs > 0; i++)
        if (all->items[i].is_glob && sv_slice_glob(all->items[i].id->text, m.id))
            take(&m, &all->items[i]);
    if (m.by_count == 0)
        return map;
    if (afford(&m, m.by[0], map)) {
        m.map = copy_map(&m, map);
        replace_keys(&m);
        replace_lists(&m);
        append_all(&m);
        map = m.map;
    }
    sv_free(m.by);
    sv_arena_free(&m.scratch);
    return map;
}

void sv_policy_changes_free(struct sv_policy_changes *changes)
{
    sv_map_free(&changes->lists);
    sv_free(changes->files);
}

void sv_overrides_end(struct sv_overrides *all, const struct sv_policies *set)
{
    const char **names = sv_calloc(set->count + 1, sizeof *names);
    size_t count = 0, told = 0;
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i].id.len > 0)
            names[count++] = set->items[i].id.data;
    for (size_t i = 0; i < all->count; i++) {
        const struct sv_override *one = &all->items[i];
        if (one->found)
            continue;
        const char *near = !one->is_glob && told++ < SUGGESTED_MAX ? sv_cel_suggest(one->id->text, names, count) : NULL;
        if (near != NULL)
            sv_yaml_find_node(one->file->findings, one->id, "no policy has the id \"%.*s\" (did you mean \"%s\"?)",
                              SV_ARG(one->id->text), near);
        else
            sv_yaml_find_node(one->file->findings, one->id, "no policy has %s \"%.*s\"; name its file with -p, too",
                              one->is_glob ? "an id like" : "the id", SV_ARG(one->id->text));
    }
    sv_free(names);
}

void sv_overrides_free(struct sv_overrides *all)
{
    sv_map_free(&all->exact);
    sv_free(all->items);
}

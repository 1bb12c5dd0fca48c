/* SPDX-License-Identifier: ISC */
#include "policy/setting.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/num.h"
#include "base/os.h"
#include "base/time.h"
#include "cel/cel.h"

enum { KEYS_MAX = 64 };

static const struct sv_yaml_node *is_wrong(struct sv_findings *findings, const struct sv_yaml_node *key, const char *expected)
{
    const struct sv_yaml_node *at = key->value != NULL && !key->value->missing ? key->value : key;
    sv_yaml_find_node(findings, at, "\"%.*s\": %s is expected", SV_ARG(key->text), expected);
    return NULL;
}

static bool take_number(const struct sv_setting *setting, const struct sv_yaml_node *key, double *out, struct sv_findings *findings)
{
    char expected[100];
    struct sv_value value = key->value->kind == SV_YAML_SCALAR ? sv_yaml_scalar(key->value) : sv_value_of(SV_NULL);
    bool is_whole = setting->kind == SV_SETTING_WHOLE;
    *out = value.type == SV_INT ? (double)value.i : value.d;
    if ((value.type == SV_INT || (value.type == SV_DOUBLE && !is_whole)) && *out >= setting->least && (setting->most <= 0 || *out <= setting->most))
        return true;
    int n = snprintf(expected, sizeof expected, "a %snumber of at least %g", is_whole ? "whole " : "", setting->least);
    if (setting->most > 0)
        snprintf(expected + n, sizeof expected - (size_t)n, " and at most %.10g", setting->most);
    is_wrong(findings, key, expected);
    return false;
}

static bool take_share(const struct sv_yaml_node *key, uint32_t *out, struct sv_findings *findings)
{
    struct sv_slice text = key->value->kind == SV_YAML_SCALAR ? key->value->text : SV_SLICE("");
    bool percent = text.len > 0 && text.data[text.len - 1] == '%';
    double share = -1;
    text.len -= percent;
    if (!sv_num_double(text, false, &share) || !(share >= 0) || (share /= percent ? 100 : 1) > 1)
        return is_wrong(findings, key, "a share from 0 to 1, or such as 3.5%") != NULL;
    *out = (uint32_t)(share * 1e6 + 0.5);
    return true;
}

static bool take_duration(const struct sv_yaml_node *key, int64_t *out, struct sv_findings *findings)
{
    int64_t ns;
    if (key->value->kind != SV_YAML_SCALAR || !sv_duration_parse(key->value->text, &ns) || ns < 0)
        return is_wrong(findings, key, "a duration such as 10s, 5m or 1h30m") != NULL;
    *out = ns;
    return true;
}

static bool take_word(const struct sv_setting *setting, const struct sv_yaml_node *key, int *out, struct sv_findings *findings)
{
    struct sv_buf expected = {0};
    for (int i = 0; setting->words[i] != NULL; i++) {
        if (key->value->kind == SV_YAML_SCALAR && sv_slice_is(key->value->text, setting->words[i])) {
            *out = i;
            sv_buf_free(&expected);
            return true;
        }
        sv_buf_printf(&expected, "%s%s", i == 0 ? "" : setting->words[i + 1] == NULL ? " or " : ", ", setting->words[i]);
    }
    is_wrong(findings, key, sv_buf_cstr(&expected));
    sv_buf_free(&expected);
    return false;
}

static bool take_one(const struct sv_setting *setting, const struct sv_yaml_node *key, void *into, struct sv_findings *findings)
{
    char *place = (char *)into + setting->at;
    double number = 0;
    bool fine = true;
    switch (setting->kind) {
    case SV_SETTING_TEXT:
        if (key->value->kind != SV_YAML_SCALAR || key->value->text.len == 0)
            return is_wrong(findings, key, "a text") != NULL;
        memcpy(place, &key->value->text, sizeof key->value->text);
        return true;
    case SV_SETTING_WHOLE:
        if ((fine = take_number(setting, key, &number, findings)))
            *(uint64_t *)(void *)place = (uint64_t)number;
        return fine;
    case SV_SETTING_NUMBER:
        if ((fine = take_number(setting, key, &number, findings)))
            *(double *)(void *)place = number;
        return fine;
    case SV_SETTING_SHARE: return take_share(key, (uint32_t *)(void *)place, findings);
    case SV_SETTING_DURATION: return take_duration(key, (int64_t *)(void *)place, findings);
    case SV_SETTING_BOOL: {
        struct sv_value value = key->value->kind == SV_YAML_SCALAR ? sv_yaml_scalar(key->value) : sv_value_of(SV_NULL);
        if (value.type != SV_BOOL)
            return is_wrong(findings, key, "true or false") != NULL;
        *(bool *)place = value.b;
        return true;
    }
    case SV_SETTING_WORD: return take_word(setting, key, (int *)(void *)place, findings);
    default: *(const struct sv_yaml_node **)(void *)place = key->value; return true;
    }
}

static void tell_unknown(const struct sv_setting *keys, size_t count, const struct sv_yaml_node *key, struct sv_findings *findings)
{
    const char *names[KEYS_MAX], *near;
    for (size_t i = 0; i < count && i < KEYS_MAX; i++)
        names[i] = keys[i].key;
    near = sv_cel_suggest(key->text, names, count < KEYS_MAX ? count : KEYS_MAX);
    sv_yaml_find_node(findings, key, "unknown key \"%.*s\"%s%s%s", SV_ARG(key->text), near != NULL ? " (did you mean \"" : "",
                      near != NULL ? near : "", near != NULL ? "\"?)" : "");
}

bool sv_setting_take(const struct sv_yaml_node *map, const struct sv_setting *keys, size_t count, void *into, struct sv_findings *findings)
{
    size_t before = findings->count;
    if (map->kind != SV_YAML_MAP) {
        sv_yaml_find_node(findings, map, "a mapping (key: value) is expected");
        return false;
    }
    for (const struct sv_yaml_node *key = map->first; key != NULL; key = key->next) {
        size_t i = 0;
        while (i < count && !sv_slice_is(key->text, keys[i].key))
            i++;
        if (i < count)
            take_one(&keys[i], key, into, findings);
        else if (!sv_slice_is(key->text, "version"))
            tell_unknown(keys, count, key, findings);
    }
    for (size_t i = 0; i < count; i++)
        if (keys[i].is_needed && sv_yaml_get(map, keys[i].key, NULL) == NULL)
            sv_yaml_find_node(findings, map, "the key \"%s\" is missing", keys[i].key);
    return findings->count == before;
}

bool sv_setting_open(struct sv_setting_file *file, const char *path, struct sv_findings *findings)
{
    struct sv_error err = {0};
    struct sv_buf bytes = {0};
    if (!sv_os_slurp(path, SV_POLICY_FILE_MAX, &bytes, &err)) {
        sv_findings_add(findings, &err);
        sv_buf_free(&bytes);
        return false;
    }
    struct sv_slice text = sv_arena_dup(&file->arena, sv_buf_slice(&bytes));
    sv_buf_free(&bytes);
    if (!sv_yaml_read(&file->yaml, &file->arena, sv_arena_dup(&file->arena, sv_slice_str(path)), text, findings) || findings->count > 0)
        return false;
    const struct sv_yaml_node *root = file->yaml.root, *version = root != NULL && root->kind == SV_YAML_MAP ? sv_yaml_get(root, "version", NULL) : NULL;
    if (version != NULL && version->kind == SV_YAML_SCALAR && sv_slice_is(version->text, "1"))
        return true;
    sv_yaml_find(&file->yaml, findings, root != NULL ? root->start : 0, (root != NULL ? root->start : 0) + 1,
                 "a mapping that begins with \"version: 1\" is expected");
    return false;
}

void sv_setting_close(struct sv_setting_file *file)
{
    sv_arena_free(&file->arena);
    *file = (struct sv_setting_file){0};
}

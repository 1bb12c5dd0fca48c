/* SPDX-License-Identifier: ISC */
/* setting.h - settings out of a YAML file: a table says which keys a mapping may have, of what type, and where their values go.
 *
 * All that is wrong is told, each finding with its place: an unknown key with what was probably meant, a value of another type or
 * out of its range, a key that must be there and is not. Texts are borrowed from the file's tree.
 *
 *     static const struct sv_setting keys[] = {
 *         {"rate", SV_SETTING_NUMBER, offsetof(struct plan, rate), .least = 0.001, .most = 1e6},
 *         {"for", SV_SETTING_DURATION, offsetof(struct plan, for_ns), .is_needed = true},
 *     };
 *     struct sv_setting_file file = {0};
 *     if (sv_setting_open(&file, "plan.yaml", &findings))
 *         sv_setting_take(file.yaml.root, keys, 2, &plan, &findings);
 *     ... findings.count == 0: all is well ...
 *     sv_setting_close(&file);
 *
 * Floor: policy; uses cel and below. */
#ifndef SV_SETTING_H
#define SV_SETTING_H

#include "policy/yaml.h"

enum sv_setting_kind {
    SV_SETTING_TEXT,     /* struct sv_slice, not empty */
    SV_SETTING_WHOLE,    /* uint64_t, from least to most */
    SV_SETTING_NUMBER,   /* double, from least to most */
    SV_SETTING_SHARE,    /* uint32_t, in millionths: 0.035 or 3.5% */
    SV_SETTING_DURATION, /* int64_t, nanoseconds: 10s, 5m; at least 0 */
    SV_SETTING_BOOL,     /* bool */
    SV_SETTING_WORD,     /* int: which of `words` */
    SV_SETTING_NODE      /* const struct sv_yaml_node *, whatever it is: its owner looks into it */
};

struct sv_setting {
    const char *key;
    enum sv_setting_kind kind;
    size_t at;                 /* offset of its place */
    double least, most;        /* most 0: no bound */
    const char *const *words;  /* ended by NULL */
    bool is_needed;
};

struct sv_setting_file {
    struct sv_yaml yaml;
    struct sv_arena arena;
};

/* Reads a file of settings: a mapping with `version: 1`. False with findings. */
bool sv_setting_open(struct sv_setting_file *file, const char *path, struct sv_findings *findings);

/* Takes the keys of a mapping into the struct at `into`; what is not there stays as it was. `version` is passed over. False with
 * findings. */
bool sv_setting_take(const struct sv_yaml_node *map, const struct sv_setting *keys, size_t count, void *into, struct sv_findings *findings);

void sv_setting_close(struct sv_setting_file *file);

#endif

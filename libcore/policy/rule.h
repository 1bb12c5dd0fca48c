/* SPDX-License-Identifier: ISC */
/* rule.h - a policy as matching sees it, and the set as its files in this floor see it. Private to policy/.
 *
 * Life cycle: load.c reads all files into sv_policies, override.c changes the policies' trees as other files want it, parse.c
 * makes one policy into its rule, examples.c tries the rule's examples,
 * index.c and match.c use the rules. Everything hangs in the set's arena but what is said to be freed by it.
 *
 * Floor: policy. */
#ifndef SV_RULE_H
#define SV_RULE_H

#include "policy/policy.h"
#include "policy/yaml.h"

struct sv_globs {
    struct sv_slice *items;
    size_t count;
};

/* The fields that `scope` may name, in their order. */
enum { SV_SCOPE_TEAM, SV_SCOPE_SUPERVISOR, SV_SCOPE_AGENT, SV_SCOPE_HOST, SV_SCOPE_SESSION, SV_SCOPE_COUNT };
extern const enum sv_field sv_scope_fields[SV_SCOPE_COUNT];

/* One of `except`: it applies when, for one of its rows, every field's text matches the glob of its column. */
struct sv_except {
    struct sv_slice name;
    const struct sv_cel **fields; /* [width] */
    struct sv_slice *globs;       /* [rows * width] */
    size_t width, rows;
};

/* What becomes of an error in a condition: an evaluation "error", nothing (it is counted), or a violation. */
enum sv_on_error { SV_ON_ERROR_TELL, SV_ON_ERROR_IGNORE, SV_ON_ERROR_VIOLATION };

/* What an override may change that decides whether an example matches. */
enum { SV_CHANGED_WHEN, SV_CHANGED_LET, SV_CHANGED_LISTS, SV_CHANGED_SCOPE, SV_CHANGED_EXCEPT, SV_CHANGED_COUNT };

struct sv_policy_rule {
    const struct sv_cel *when, *message; /* message: NULL where there is none */
    struct sv_cel_fact *facts;
    size_t fact_count;
    struct sv_globs scope[SV_SCOPE_COUNT]; /* count 0: everyone */
    bool scoped;
    bool is_off;                           /* `enabled: false`: checked, and then left out of the set */
    enum sv_on_error on_error;
    struct sv_except *excepts;
    size_t except_count;
    int64_t lateness_ns, max_ahead_ns; /* for the kinds that keep time */
    uint64_t max_keys;
    const struct sv_yaml_node *node;       /* the policy as it is in force: overrides are in it, each with its own place */
    const struct sv_yaml_node *match, *no_match; /* examples; NULL: none */
    struct sv_findings *advice;            /* for --check, until the set is loaded: what is sound, but odd */
    const struct sv_yaml_node *changed[SV_CHANGED_COUNT]; /* keys in overrides; NULL: as its own file has it */
};

/* What is looked at for every policy that is tried, close together. */
struct sv_policy_try {
    struct sv_cel_direct direct; /* of when, if it has one */
    const struct sv_cel *when;
    bool scoped;
};

struct sv_policies {
    struct sv_arena arena;
    struct sv_schema *schema; /* borrowed */
    struct sv_cel_env *env;
    struct sv_policy *items;
    size_t count, capacity, files;
    struct sv_policy_try *tries; /* [count] */
    struct sv_index *index;
};

/* --- parse.c --- */

/* What parsing a policy needs of its file. */
struct sv_policy_file {
    struct sv_policies *set;
    const struct sv_yaml *yaml;
    struct sv_findings *findings;
    struct sv_cel_env *env;                   /* the file's: fields and lists are in it */
    struct sv_map lists, fields;              /* names to their keys */
    const struct sv_yaml_node *policies;      /* its key; NULL: none */
    struct sv_map used;                       /* for --check: lists that are read as overrides have them */
    bool is_changed;                          /* for --check: an override may have taken away what read a list */
    bool check;
    enum sv_severity severity;                /* defaults */
    enum sv_action action;
    enum sv_on_error on_error;
    int64_t lateness_ns, max_ahead_ns;
    uint64_t max_keys;
};

/* What overrides do to one policy beside changing its mapping. */
struct sv_policy_changes {
    struct sv_map lists;                      /* name -> a key with the list as it is now */
    struct sv_policy_file **files;            /* other files, whose names their expressions may use behind the policy's own */
    size_t file_count;
    const struct sv_yaml_node *changed[SV_CHANGED_COUNT];
};

/* The keys of a policy. */
enum { SV_POLICY_KEYS = 18 };
extern const char *const sv_policy_keys[SV_POLICY_KEYS];

/* Reads the keys that `defaults` and a policy have in common; false when `key` is none of them. */
bool sv_policy_parse_default(struct sv_policy_file *file, const struct sv_yaml_node *key, struct sv_policy_file *into);

/* A list of texts, numbers or bools as a constant of env; false with a finding when it is none. */
bool sv_policy_take_list(struct sv_policy_file *file, struct sv_cel_env *env, const struct sv_yaml_node *name,
                         const struct sv_yaml_node *value);

/* Fills *policy from one mapping. Findings tell what is wrong; true when the policy can be tried (its condition compiled). */
bool sv_policy_parse(struct sv_policy_file *file, const struct sv_yaml_node *map, const struct sv_policy_changes *changes,
                     struct sv_policy *policy);

/* "unknown key" with a suggestion, or "not supported by this version" for words that are known. */
void sv_policy_unknown_key(struct sv_policy_file *file, const struct sv_yaml_node *map, const struct sv_yaml_node *key,
                           const char *const *names, size_t count);

/* May this be a name in expressions? If not there is a finding. */
bool sv_policy_check_name(struct sv_policy_file *file, const struct sv_yaml_node *key);

/* --- canon.c --- */

/* The canonical text of a policy into policy->text, its version and signature. */
void sv_policy_canon(struct sv_policy_file *file, const struct sv_policy_changes *changes, const struct sv_yaml_node *map,
                     struct sv_policy *policy);

/* --- override.c --- */

struct sv_overrides {
    struct sv_override *items;
    size_t count, capacity;
    struct sv_map exact;     /* id -> index + 1 of the first; the others follow by .next */
    size_t globs;            /* how many name policies by a glob */
    size_t entries, bytes;   /* made so far */
    bool is_full;
};

/* Takes the overrides under `override` of a file; findings tell what is wrong with their shape. */
void sv_overrides_read(struct sv_overrides *all, struct sv_policy_file *file, const struct sv_yaml_node *key);

/* The policy's mapping with its overrides applied (map itself, where there is none) and what else they do; free changes->lists
 * with sv_policy_changes_free. */
const struct sv_yaml_node *sv_overrides_apply(struct sv_overrides *all, struct sv_policy_file *file, const struct sv_yaml_node *map,
                                              struct sv_policy_changes *changes);
void sv_policy_changes_free(struct sv_policy_changes *changes);

/* Findings about those that no policy of the set was meant by. */
void sv_overrides_end(struct sv_overrides *all, const struct sv_policies *set);
void sv_overrides_free(struct sv_overrides *all);

/* --- examples.c --- */

/* Tries `match` and `no_match` of all policies. A failure is a finding at the example, or at the override that made it one. */
void sv_policy_try_examples(struct sv_policies *set, struct sv_findings *findings);

/* --- lint.c --- */

/* For --check, of a set without findings: adds as warnings what its author would want to know, of each policy, of all together,
 * and of these files. */
void sv_policy_lint(const struct sv_policies *set, struct sv_policy_file *const *files, size_t count, struct sv_findings *findings);

/* --- index.c --- */

/* NULL when the set is empty. The set's policies must not move any more. */
struct sv_index *sv_index_new(const struct sv_policies *set);
void sv_index_free(struct sv_index *index);

/* Words of a bitmap with one bit a policy. */
size_t sv_index_words(const struct sv_index *index);

/* Sets the bits of all policies whose facts the event may meet; bits: [sv_index_words], filled whole. Returns how many others
 * come out absent without being run. */
size_t sv_index_find(const struct sv_index *index, struct sv_event *event, uint64_t *bits);

/* --- match.c --- */

enum sv_verdict { SV_VERDICT_NO, SV_VERDICT_YES, SV_VERDICT_EXCEPTED, SV_VERDICT_ABSENT, SV_VERDICT_ERROR };

/* Condition and exceptions, not the scope. run: slots, arena and event number set. *error is an SV_ERROR on SV_VERDICT_ERROR. */
enum sv_verdict sv_rule_judge(const struct sv_policy_rule *rule, struct sv_cel_run *run, struct sv_value *error);

/* The same, with the condition's value at hand. */
enum sv_verdict sv_rule_conclude(const struct sv_policy_rule *rule, struct sv_cel_run *run, struct sv_value value,
                                 struct sv_value *error);

/* Does one of the globs match? */
bool sv_globs_match(const struct sv_globs *globs, struct sv_slice text);

#endif

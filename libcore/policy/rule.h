/* SPDX-License-Identifier: ISC */
/* rule.h - a policy as matching sees it, and the set as its files in this floor see it. Private to policy/.
 *
 * Life cycle: load.c reads files into sv_policies, parse.c one policy into its rule, examples.c tries the rule's examples,
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

struct sv_policy_rule {
    const struct sv_cel *when, *message; /* message: NULL where there is none */
    struct sv_cel_fact *facts;
    size_t fact_count;
    struct sv_globs scope[SV_SCOPE_COUNT]; /* count 0: everyone */
    bool scoped;
    struct sv_except *excepts;
    size_t except_count;
    int64_t lateness_ns, max_ahead_ns; /* for the kinds that keep time */
    uint64_t max_keys;
    const struct sv_yaml *yaml;
    const struct sv_yaml_node *match, *no_match; /* examples; NULL: none */
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
    struct sv_map lists, fields;              /* names to their nodes (the values) */
    bool check;
    enum sv_severity severity;                /* defaults */
    enum sv_action action;
    int64_t lateness_ns, max_ahead_ns;
    uint64_t max_keys;
};

/* Reads the keys that `defaults` and a policy have in common; false when `key` is none of them. */
bool sv_policy_parse_default(struct sv_policy_file *file, const struct sv_yaml_node *key, struct sv_policy_file *into);

/* Fills *policy from one mapping. Findings tell what is wrong; true when the policy can be tried (its condition compiled). */
bool sv_policy_parse(struct sv_policy_file *file, const struct sv_yaml_node *map, struct sv_policy *policy);

/* "unknown key" with a suggestion, or "not supported by this version" for words that are known. */
void sv_policy_unknown_key(struct sv_policy_file *file, const struct sv_yaml_node *map, const struct sv_yaml_node *key,
                           const char *const *names, size_t count);

/* May this be a name in expressions? If not there is a finding. */
bool sv_policy_check_name(struct sv_policy_file *file, const struct sv_yaml_node *key);

/* --- canon.c --- */

/* The canonical text of a policy into policy->text, its version and signature. */
void sv_policy_canon(struct sv_policy_file *file, const struct sv_yaml_node *map, struct sv_policy *policy);

/* --- examples.c --- */

/* Tries `match` and `no_match` of the policies [from, set->count); failures are findings, each in its own file's list:
 * findings_of[i] for policy i. */
void sv_policy_try_examples(struct sv_policies *set, struct sv_findings **findings_of);

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

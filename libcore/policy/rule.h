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

#include "cel/sieve.h"
#include "policy/kind.h"
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
    bool is_built_in;                      /* no file has it: built_in.c */
    bool is_off;                           /* `enabled: false`: checked, and then left out of the set */
    enum sv_on_error on_error;
    struct sv_except *excepts;
    size_t except_count;
    struct sv_kind_spec kind;              /* kind.kind NULL: each event is judged alone, and its hit is its evaluation */
    int64_t lateness_ns, max_ahead_ns; /* for the kinds that keep time */
    uint64_t max_keys;
    const struct sv_yaml_node *node;       /* the policy as it is in force: overrides are in it, each with its own place */
    const struct sv_yaml_node *match, *no_match; /* examples; NULL: none */
    struct sv_findings *advice;            /* for --check, until the set is loaded: what is sound, but odd */
    const struct sv_yaml_node *changed[SV_CHANGED_COUNT]; /* keys in overrides; NULL: as its own file has it */
};

/* What is looked at for every condition that is tried, close together. A policy has one, or several behind each other. */
struct sv_policy_try {
    struct sv_cel_direct direct; /* of when, if it has one */
    const struct sv_cel *when;
    const struct sv_cel_fact *facts;
    size_t fact_count;
    uint32_t policy;
    uint8_t step;                /* of its steps; SV_TRY_WHEN: `when` */
    bool scoped, has_state;
};
enum { SV_TRY_WHEN = 31 };

struct sv_policies {
    struct sv_arena arena;
    struct sv_schema *schema; /* borrowed */
    struct sv_cel_env *env;
    struct sv_policy *items;
    size_t count, capacity, files;
    struct sv_policy_try *tries; /* [try_count], in the order of their policies */
    size_t try_count;
    struct sv_index *index;
    struct sv_sieve *sieve;   /* of the tries; NULL: not made yet, or of no use */
    bool has_sieve;
    struct sv_map zones;      /* name -> struct sv_zone: of the windows of the calendar */
};

/* --- built_in.c --- */

/* A policy file that is part of the program. */
extern const char sv_policy_built_in[];

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
enum { SV_POLICY_KEYS = 35 };
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

/* --- between parse.c and kinds.c --- */

/* The keys of a policy, in the order in which they are read: names first, then what uses them. */
enum {
    SV_K_ID, SV_K_TITLE, SV_K_SEVERITY, SV_K_ACTION, SV_K_TAGS, SV_K_SCOPE, SV_K_LET, SV_K_WHEN, SV_K_EXCEPT, SV_K_MESSAGE, SV_K_MATCH,
    SV_K_NO_MATCH, SV_K_RUNBOOK, SV_K_LATENESS, SV_K_MAX_KEYS, SV_K_MAX_AHEAD, SV_K_ON_ERROR, SV_K_ENABLED, SV_K_BY, SV_K_WINDOW,
    SV_K_HAVING, SV_K_TZ, SV_K_REALERT, SV_K_FOR, SV_K_KEEP, SV_K_RESOLVED, SV_K_ABSENT, SV_K_UNTIL, SV_K_SEQUENCE, SV_K_WITHIN,
    SV_K_LOOP, SV_K_LIMIT, SV_K_BURST, SV_K_NEW, SV_K_LEARN, SV_K_COUNT
};

/* A policy while it is read. */
struct sv_draft {
    struct sv_policy_file *file;
    struct sv_policy *policy;
    struct sv_policy_rule *rule;
    struct sv_cel_env *env;
    const struct sv_policy_changes *changes;
    const struct sv_yaml_node *map;
    const struct sv_yaml_node *key[SV_K_COUNT];
    bool cut[SV_K_COUNT]; /* the value ended at a comma by mistake: already a finding */
};

/* `text`, which begins at byte `base` of the node's, compiled in env; NULL with findings. */
const struct sv_cel *sv_draft_compile(struct sv_draft *draft, struct sv_cel_env *env, const struct sv_yaml_node *node, struct sv_slice text,
                                      uint32_t base, enum sv_cel_type want, const char *hint);

/* The scalar under a key, as an expression of env; NULL with a finding, or silently when its text is known to be cut. */
const struct sv_cel *sv_draft_expression(struct sv_draft *draft, struct sv_cel_env *env, int key, enum sv_cel_type want, const char *hint);

#define SV_MESSAGE_HINT " (a message is an expression: '\"text \" + agent')"

/* `"key" must be what`, at its value. */
void sv_draft_must_be(struct sv_policy_file *file, const struct sv_yaml_node *key, const char *what);

/* A duration of zero or more, a number of one or more, true or false; else false with a finding. */
bool sv_draft_duration(struct sv_policy_file *file, const struct sv_yaml_node *key, int64_t *out);
bool sv_draft_count(struct sv_policy_file *file, const struct sv_yaml_node *key, uint64_t *out);
bool sv_draft_bool(struct sv_policy_file *file, const struct sv_yaml_node *key, bool *out);

/* The facts of a condition, kept in the set. */
size_t sv_draft_facts(struct sv_draft *draft, const struct sv_cel *when, struct sv_cel_fact **facts);

/* --- kinds.c --- */

/* Is one of the policy's keys a kind's? And all that belongs to the kind, into rule->kind; findings tell what is wrong. `when` and the
 * lets have been read. */
bool sv_kind_is_named(const struct sv_draft *draft);
void sv_kind_parse(struct sv_draft *draft);

/* What the signature says of the kind beside the policy's id: `,"kind"` and all that its states depend on. */
void sv_kind_put_signature(const struct sv_policy_rule *rule, struct sv_buf *out);

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

/* Of the set's tries. NULL when the set is empty. The set's policies must not move any more. */
struct sv_index *sv_index_new(const struct sv_policies *set);
void sv_index_free(struct sv_index *index);

/* Words of a bitmap with one bit a try, and at least one bit a policy. */
size_t sv_index_words(const struct sv_index *index);

/* Sets the bits of all tries whose facts the event may meet; bits: [sv_index_words], filled whole. Returns how many others
 * come out absent without being run. */
size_t sv_index_find(const struct sv_index *index, struct sv_event *event, uint64_t *bits);

/* --- match.c --- */

enum sv_verdict { SV_VERDICT_NO, SV_VERDICT_YES, SV_VERDICT_EXCEPTED, SV_VERDICT_ABSENT, SV_VERDICT_ERROR };

/* Condition and exceptions, not the scope. run: slots, arena and event number set. *error is an SV_ERROR on SV_VERDICT_ERROR. */
enum sv_verdict sv_rule_judge(const struct sv_policy_rule *rule, struct sv_cel_run *run, struct sv_value *error);

/* The same, with the condition's value at hand. */
enum sv_verdict sv_rule_conclude(const struct sv_policy_rule *rule, struct sv_cel_run *run, struct sv_value value,
                                 struct sv_value *error);

/* A hit about an event, with all that hits of one event share but the message; `first`: the number of hits before the event's. And one
 * about a moment: its place is no record, but a time. Borrowed until the next hit. */
struct sv_hit *sv_match_hit(struct sv_policies *set, size_t index, struct sv_event *event, struct sv_matcher *matcher, struct sv_hits *hits,
                            size_t first, enum sv_outcome outcome);
struct sv_hit *sv_match_timer_hit(struct sv_policies *set, size_t index, int64_t time_ns, struct sv_hits *hits, enum sv_outcome outcome);

/* An expression of the policy failed on the event: counted, and told if its policy wants that. */
void sv_match_failed(struct sv_policies *set, size_t index, struct sv_event *event, struct sv_matcher *matcher, struct sv_hits *hits,
                     size_t first, struct sv_value error);

/* The event's id, and a message or in its place the title, as they may be kept; in the batch. */
struct sv_slice sv_match_id(struct sv_matcher *matcher, struct sv_event *event);
struct sv_slice sv_match_message(struct sv_matcher *matcher, const struct sv_policy *policy, struct sv_value value);

/* Does one of the globs match? */
bool sv_globs_match(const struct sv_globs *globs, struct sv_slice text);

#endif

/* SPDX-License-Identifier: ISC */
/* cel.h - the Common Expression Language over slots: compile once, evaluate many times.
 *
 * Semantics are those of the CEL specification (cel-spec, doc/langdef.md), with one addition: *absent*. A path that starts at
 * an event and cannot be followed is SV_ABSENT, not an error; absent spreads as an error does (`absent || true` is true), has()
 * of such a path is false, and where && or || meets absent and an error, the error wins. Containers that an expression builds
 * itself keep CEL's errors (no such key, index out of range).
 *
 * An environment says which names there are; compiling resolves, checks and registers the paths that are read. Evaluation is
 * bounded, allocates only from the run's arena and only where an expression builds a value.
 *
 *     struct sv_cel_env *env = sv_cel_env_new(NULL, paths, &arena);
 *     sv_cel_env_path(env, SV_SLICE("agent"), node, SV_CEL_STRING, NULL);
 *     struct sv_cel *expr = sv_cel_compile(env, SV_SLICE("agent == 'x'"), SV_CEL_BOOL, &problems);
 *     struct sv_cel_run run = {.slots = slots, .arena = &record_arena};
 *     struct sv_value v = sv_cel_eval(expr, &run);         // SV_BOOL, SV_ABSENT or SV_ERROR here
 *
 * Everything compiled lives in the arena given to the root environment, except what must be closed (patterns):
 * sv_cel_env_free on the root. Floor: cel; uses json and base. */
#ifndef SV_CEL_H
#define SV_CEL_H

#include "base/buf.h"
#include "base/error.h"
#include "json/paths.h"
#include "json/value.h"

/* What the checker knows of a type. DYN: anything, decided at run time. */
enum sv_cel_type {
    SV_CEL_DYN,
    SV_CEL_NULL,
    SV_CEL_BOOL,
    SV_CEL_INT,
    SV_CEL_UINT,
    SV_CEL_DOUBLE,
    SV_CEL_STRING,
    SV_CEL_BYTES,
    SV_CEL_LIST,
    SV_CEL_MAP,
    SV_CEL_TIMESTAMP,
    SV_CEL_DURATION,
    SV_CEL_TYPE,
    SV_CEL_OPTIONAL
};

struct sv_cel_env;
struct sv_cel;

/* One finding of the parser or the checker: a range of bytes of the source and what is wrong with it. */
struct sv_cel_problem {
    uint32_t offset, length;
    char text[256];
};

struct sv_cel_problems {
    struct sv_cel_problem items[16]; /* the first ones; a parse error is always alone */
    size_t count;
};

/* A new environment inside `parent` (its names are visible, may be shadowed), or a root when parent is NULL. paths: where
 * selections on event paths are registered (root only; children share it). */
struct sv_cel_env *sv_cel_env_new(struct sv_cel_env *parent, struct sv_paths *paths, struct sv_arena *arena);

/* Frees what patterns hold; for the root, once. */
void sv_cel_env_free(struct sv_cel_env *root);

/* Names of another environment, its own and not its parents', that are looked for when env and its parents have none; NULL: of
 * none any more. */
void sv_cel_env_also(struct sv_cel_env *env, struct sv_cel_env *other);

/* Has an expression read this name, which env itself declares? */
bool sv_cel_env_used(const struct sv_cel_env *env, struct sv_slice name);

/* Names resolve as in CEL: the container first, then outward. Only the conformance tests use one. */
void sv_cel_env_container(struct sv_cel_env *env, struct sv_slice container);

/* Conformance tests run unchecked: unknown names and overloads become errors at run time. Default: checked. */
void sv_cel_env_unchecked(struct sv_cel_env *env);

/* For --check: an expression that compiles may still come with problems, which are advice then (a part that is always or never
 * true, a pattern that can never match, a key of a root two letters away from one of its names), and has tree and truth. */
void sv_cel_env_strict(struct sv_cel_env *env);

/* A variable that reads the event at this node of the paths; `name.a.b` registers the nodes below. The name may be dotted
 * ("event.tool"): the longest known prefix wins. used, if not NULL, is set to true when an expression reads the variable. */
void sv_cel_env_path(struct sv_cel_env *env, struct sv_slice name, uint32_t node, enum sv_cel_type type, bool *used);

/* A variable that reads a slot that no path leads to (something computed from the event). Selecting on it is CEL, not a path. */
void sv_cel_env_slot(struct sv_cel_env *env, struct sv_slice name, uint32_t slot, enum sv_cel_type type, bool *used);

/* A namespace of paths: `name` alone reads nothing and is an error, `name.key` reads the key below node as DYN. For `event`,
 * beside "event.<field>" names with their types. A key close to one of those names is advice of sv_cel_env_strict. */
void sv_cel_env_root(struct sv_cel_env *env, struct sv_slice name, uint32_t node);

/* A constant (lists of a policy file). The value must outlive the environment. */
void sv_cel_env_constant(struct sv_cel_env *env, struct sv_slice name, struct sv_value value);

/* A named expression, evaluated at most once per event and run (`let`). Borrowed. */
void sv_cel_env_let(struct sv_cel_env *env, struct sv_slice name, const struct sv_cel *expr);

/* ---- expressions over many events ----
 *
 * In an expression of such an environment a call of an aggregate, `sum(x)` or `prev.sum(x)`, stands for a value that somebody else
 * works out of many events: it becomes a slot, and x, which reads one event, an expression of its own (with the names of the
 * environment's parent). Any other path of the event is taken to be captured from one event, or is a finding. */
struct sv_cel_aggregate {
    struct sv_slice name;    /* "sum", "p95" */
    bool is_prev;
    const struct sv_cel *of; /* the argument */
    struct sv_slice text;    /* the argument as it is written; lives in the environment's arena */
};

struct sv_cel_over {
    /* Is there an aggregate of this name? */
    bool (*knows)(struct sv_slice name);
    /* The slot that will hold it; *type becomes that of its value. SV_NO_SLOT with *why (constant) where it cannot be. */
    uint32_t (*aggregate)(void *context, const struct sv_cel_aggregate *aggregate, enum sv_cel_type *type, const char **why);
    /* The slot that will hold what is read of one event. NULL: nothing may be read. */
    uint32_t (*capture)(void *context, const struct sv_cel *of, struct sv_slice text);
    void *context;
};

/* over is borrowed for as long as env compiles. env must have a parent. */
void sv_cel_env_over(struct sv_cel_env *env, const struct sv_cel_over *over);

/* The value of a constant expression. */
struct sv_value sv_cel_constant(const struct sv_cel *expr, struct sv_arena *arena);

/* Compiles. want: the type the result must be able to have (SV_CEL_DYN: any). NULL with at least one problem on failure. */
struct sv_cel *sv_cel_compile(struct sv_cel_env *env, struct sv_slice source, enum sv_cel_type want,
                              struct sv_cel_problems *problems);

/* What the checker knows of the value. */
enum sv_cel_type sv_cel_result_type(const struct sv_cel *expr);

/* What an evaluation works on. Keep one per thread of evaluation; `= {0}` plus slots and arena is valid. */
struct sv_cel_run {
    struct sv_value *slots; /* [sv_paths_slots]; strings are unescaped in place */
    struct sv_arena
        *arena;     /* what an evaluation builds; must live as long as the slots' values and what lets remember of `event` */
    uint64_t event; /* changes with every event: what a let remembers holds for one number */
    uint64_t steps; /* counts evaluation steps of the current expression */
    struct sv_cel_memo *memo; /* private: values of lets; sv_cel_run_free */
    size_t memo_count;
};

void sv_cel_run_free(struct sv_cel_run *run);

/* SV_ERROR's text lives in the arena or is constant. */
struct sv_value sv_cel_eval(const struct sv_cel *expr, struct sv_cel_run *run);

/* What sv_cel_eval runs, for whoever runs thousands of expressions an event: `eval(node, run)` with run->steps set to 0 before.
 * eval is NULL where an expression has lets or loops and needs sv_cel_eval. */
struct sv_node;
struct sv_cel_direct {
    struct sv_value (*eval)(const struct sv_node *node, struct sv_cel_run *run);
    const struct sv_node *node;
};
struct sv_cel_direct sv_cel_direct(const struct sv_cel *expr);

/* What must hold of one slot for the expression to be true: conjuncts at the top of the form `path == constant` or
 * `path in [constants]`, string constants only. Borrowed from expr. */
struct sv_cel_fact {
    uint32_t slot;
    const struct sv_slice *values;
    size_t count;
};
size_t sv_cel_facts(const struct sv_cel *expr, struct sv_cel_fact *facts, size_t room);

/* A slot without which the expression is absent whatever else holds (it is one comparison or search on that slot alone), or
 * SV_NO_SLOT: whoever tries many expressions on an event looks there first. */
uint32_t sv_cel_needs(const struct sv_cel *expr);

/* True when the expression is a constant (no path, no let with a path), e.g. a condition that can never hold. */
bool sv_cel_is_constant(const struct sv_cel *expr);

/* Of expressions of a strict environment: equal for equal syntax trees, names replaced by what they stand for; and what a
 * condition comes to whatever the event, absent and errors aside (NEVER also for a constant that is no bool). */
enum sv_cel_truth { SV_CEL_VARIES, SV_CEL_NEVER, SV_CEL_ALWAYS };
uint64_t sv_cel_tree(const struct sv_cel *expr);
enum sv_cel_truth sv_cel_truth(const struct sv_cel *expr);

/* Appends a value as JSON: int and double as numbers, bytes as base64, timestamps and durations as their text, types as their
 * names, an optional as its value, none, absent and errors as null. Lists and maps end early when out has more than SV_LINE_MAX. */
void sv_cel_put_json(struct sv_buf *out, struct sv_value value, struct sv_arena *arena);

/* Equality and order of CEL, for tests and keys. */
bool sv_cel_equal(struct sv_value a, struct sv_value b, struct sv_arena *arena);

/* A list of these values, which are copied (not what they point at). */
struct sv_value sv_cel_list(struct sv_arena *arena, const struct sv_value *items, size_t count);

/* The table of functions, then that of macros: walks them; NULL behind the last. One entry for each way to call. For manual pages
 * and completion. */
struct sv_cel_function_info {
    const char *name;      /* "contains" */
    const char *signature; /* "string.contains(string) -> bool" */
    const char *text;      /* one line */
};
const struct sv_cel_function_info *sv_cel_function(size_t index);

/* The name closest to `name` among `count` names within a third of its length (optimal string alignment), or NULL: for
 * "did you mean". */
const char *sv_cel_suggest(struct sv_slice name, const char *const *names, size_t count);

#endif

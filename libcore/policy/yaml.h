/* SPDX-License-Identifier: ISC */
/* yaml.h - a YAML file as a small tree in which every key and value knows where it stands.
 *
 * One document of plain data: mappings, sequences, scalars. Anchors, aliases, tags and a second document are refused, depth is
 * bounded by SV_YAML_DEPTH_MAX, so a tree is never larger than its file. A byte of a scalar's value can be traced back to the
 * byte of the file it came from, whatever the scalar's style: that is how a finding inside an expression gets its place.
 *
 *     struct sv_yaml yaml = {0};
 *     if (sv_yaml_read(&yaml, &arena, path, text, &findings))
 *         for (struct sv_yaml_node *key = yaml.root->first; key != NULL; key = key->next)
 *             use(key->text, key->value);
 *
 * Everything lives in the arena; `path` and `text` are borrowed for as long as the tree is used. Floor: policy; uses base, json. */
#ifndef SV_YAML_H
#define SV_YAML_H

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "json/value.h"

enum sv_yaml_kind { SV_YAML_SCALAR, SV_YAML_LIST, SV_YAML_MAP };
enum sv_yaml_style { SV_YAML_PLAIN, SV_YAML_SINGLE, SV_YAML_DOUBLE, SV_YAML_LITERAL, SV_YAML_FOLDED };

struct sv_yaml;

struct sv_yaml_node {
    enum sv_yaml_kind kind;
    enum sv_yaml_style style;    /* of a scalar */
    bool missing;                /* nothing is written: `key:` */
    bool flow;                   /* a list or mapping in brackets */
    const struct sv_yaml *yaml;  /* the file it stands in */
    struct sv_slice text;        /* of a scalar: its value */
    uint32_t start, end;         /* bytes of the file; a quoted scalar's are inside its quotes */
    struct sv_yaml_node *first;  /* a list's items, a mapping's keys */
    struct sv_yaml_node *next;   /* the sibling behind this one */
    struct sv_yaml_node *value;  /* of a key */
    size_t count;                /* of items or keys */
    uint64_t hash;               /* of a long list's JSON, once it was asked for; else 0 */
};

struct sv_yaml {
    struct sv_slice path, text;
    struct sv_arena *arena;
    struct sv_yaml_node *root;   /* NULL: an empty document */
    uint32_t *lines;             /* [line_count] byte where each line begins */
    size_t line_count;
    bool is_simple;              /* no tab or carriage return, and no character that is a line end or a mark in some YAML */
};

/* Parses a whole file. False when there is no tree; findings then says why. Repeated keys are findings too, but leave a tree
 * (with both). */
bool sv_yaml_read(struct sv_yaml *yaml, struct sv_arena *arena, struct sv_slice path, struct sv_slice text,
                  struct sv_findings *findings);

/* The byte of the file from which byte `offset` of the scalar's value came; offset may be the value's length. */
uint32_t sv_yaml_trace(const struct sv_yaml *yaml, const struct sv_yaml_node *scalar, size_t offset);

/* What a single-quoted scalar says: '' is a quote, one line end a blank, n line ends are n - 1. Lives in the arena. */
struct sv_slice sv_yaml_unquote(const struct sv_yaml *yaml, const struct sv_yaml_node *scalar);

/* Line of a byte, from 1. */
uint32_t sv_yaml_line(const struct sv_yaml *yaml, uint32_t byte);

/* Adds a finding about the bytes [start, end) of the file: file, line, column, source line and span are filled. */
void sv_yaml_find(const struct sv_yaml *yaml, struct sv_findings *findings, uint32_t start, uint32_t end, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The same about a whole node, in the file it stands in. */
void sv_yaml_find_node(struct sv_findings *findings, const struct sv_yaml_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same as advice: "warning: " before the text, code SV_FOUND. */
void sv_yaml_warn(const struct sv_yaml *yaml, struct sv_findings *findings, uint32_t start, uint32_t end, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* What a scalar means by YAML 1.2's core schema: a plain one may be null, bool, int or double; all else is a string. */
struct sv_value sv_yaml_scalar(const struct sv_yaml_node *scalar);

/* Appends a node as JSON. Bounded by the depth of the tree. */
void sv_yaml_put_json(struct sv_buf *out, const struct sv_yaml_node *node);

/* The value under `key` of a mapping, or NULL; its key node in *key_node if that is not NULL. */
struct sv_yaml_node *sv_yaml_get(const struct sv_yaml_node *map, const char *key, struct sv_yaml_node **key_node);

/* The version of libfyaml in use. */
const char *sv_yaml_library(void);

#endif

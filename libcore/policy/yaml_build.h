/* SPDX-License-Identifier: ISC */
/* yaml_build.h - a tree from what a reader comes by, and the two readers.
 *
 * The plain reader takes the YAML that is written every day and is sure of what it takes; the rest, and all that is wrong, it
 * leaves to the library, which takes eight times as long and words the errors. Both make the same tree: tests/fuzz/fuzz_yaml.c.
 *
 * Floor: policy; private to yaml*.c and their tests. */
#ifndef SV_YAML_BUILD_H
#define SV_YAML_BUILD_H

#include "base/limits.h"
#include "policy/yaml.h"

struct sv_map;

struct sv_yaml_span {
    uint32_t start, end; /* bytes of the file */
};

struct sv_yaml_builder {
    struct sv_yaml *yaml;
    struct sv_findings *findings;
    struct sv_yaml_open {
        struct sv_yaml_node *node;
        struct sv_yaml_node **tail; /* where the next item or key is hung */
        struct sv_yaml_node *key;   /* a mapping's key that waits for its value */
        struct sv_map *keys;        /* of a mapping with many: key -> its node, to find repetitions */
    } open[SV_YAML_DEPTH_MAX];
    size_t depth;
    uint32_t at; /* end of what was read last: where something that is not written is missing */
};

/* A scalar, a key or a value: which, says what was read before. span NULL: it is not written. text is copied; not asked for where
 * the style is single quoted. */
void sv_yaml_build_scalar(struct sv_yaml_builder *b, enum sv_yaml_style style, const struct sv_yaml_span *span, struct sv_slice text);

/* A list or mapping begins. False, with a finding: too deep, or where a key must be. */
bool sv_yaml_build_open(struct sv_yaml_builder *b, enum sv_yaml_kind kind, const struct sv_yaml_span *span);

/* The innermost one ends. span: of its closing bracket, or NULL. */
void sv_yaml_build_close(struct sv_yaml_builder *b, const struct sv_yaml_span *span);

void sv_yaml_build_free(struct sv_yaml_builder *b); /* not the tree */

/* All of sv_yaml_read but the tree: lines are found, bytes looked at, without which neither reader may be asked. */
bool sv_yaml_begin(struct sv_yaml *yaml, struct sv_arena *arena, struct sv_slice path, struct sv_slice text,
                   struct sv_findings *findings);

/* yaml->root from yaml->text. The plain one's false says nothing about the file. */
bool sv_yaml_read_plain(struct sv_yaml *yaml);
bool sv_yaml_read_library(struct sv_yaml *yaml, struct sv_findings *findings);

#endif

/* SPDX-License-Identifier: ISC */
/* yaml_same.h - are two trees the same to the last byte and place? */
#ifndef YAML_SAME_H
#define YAML_SAME_H

#include "policy/yaml.h"

/* NULL, or what is not the same first; *at: the byte of the file. */
static const char *yaml_difference(const struct sv_yaml_node *plain, const struct sv_yaml_node *library, uint32_t *at)
{
    *at = plain->start;
    if (library == NULL)
        return "the library has nothing";
    if (plain->kind != library->kind || plain->style != library->style || plain->missing != library->missing ||
        plain->flow != library->flow || plain->count != library->count)
        return "another form";
    if (plain->start != library->start || plain->end != library->end)
        return "another place";
    if (!sv_slice_equal(plain->text, library->text))
        return "another text";
    if ((plain->value == NULL) != (library->value == NULL))
        return "another value";
    const char *what = plain->value != NULL ? yaml_difference(plain->value, library->value, at) : NULL;
    const struct sv_yaml_node *own = plain->first, *other = library->first;
    for (; what == NULL && own != NULL; own = own->next, other = other->next)
        what = yaml_difference(own, other, at);
    return what;
}

#endif

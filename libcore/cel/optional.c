/* SPDX-License-Identifier: ISC */
/* Nodes for what is written with a question mark. What is absent ends here: it becomes an optional without a value. */
#include "cel/node.h"

/* a path, or anything else, as an optional */
struct sv_value sv_node_optional(const struct sv_node *node, struct sv_cel_run *run)
{
    return sv_val_optional(run, sv_node_run(node->a, run));
}

struct sv_value sv_node_select_optional(const struct sv_node *node, struct sv_cel_run *run)
{
    return sv_val_select_optional(run, sv_node_run(node->a, run), node->text, node->from_event);
}

struct sv_value sv_node_index_optional(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value v = sv_node_run(node->a, run);
    if (v.type == SV_ERROR)
        return v;
    return sv_val_index_optional(run, v, sv_node_run(node->b, run), node->from_event);
}

struct sv_value sv_node_entry(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value v = sv_node_run(node->a, run);
    if (sv_val_is_bad(v))
        return v;
    if (v.type != SV_OPTIONAL)
        return sv_val_no_overload();
    return v.optional != NULL ? *v.optional : (struct sv_value){.type = SV_OPTIONAL, .flags = SV_NODE_LEFT_OUT};
}

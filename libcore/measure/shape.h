/* SPDX-License-Identifier: ISC */
/* shape.h - how load comes and goes: a value over time, in straight lines from stage to stage.
 *
 * The value is a rate, or how many users there are. As a rate its area is how many have come: the n-th comes when the area reaches
 * n, whatever became of those before it. That is what makes a load open.
 *
 *     struct sv_shape shape = {0};
 *     sv_shape_add(&shape, 60, 0, 100);                        // a minute, from 0 to 100 a second
 *     sv_shape_add(&shape, 600, 100, 100);
 *     double at = sv_shape_when(&shape, 1234);                 // seconds; infinite: never
 *     sv_shape_free(&shape);
 *
 * Floor: measure; uses base only. */
#ifndef SV_SHAPE_H
#define SV_SHAPE_H

#include <stddef.h>

struct sv_shape {
    struct sv_stage {
        double start_s, for_s, from, to;
        double before; /* area up to here */
    } *stages; /* [count] */
    size_t count;
};

/* A stage behind the last; values are not negative. */
void sv_shape_add(struct sv_shape *shape, double for_s, double from, double to);

/* How long it is; its value at a time, 0 outside; its area up to a time; when its area reaches so much, infinite if never. */
double sv_shape_end(const struct sv_shape *shape);
double sv_shape_value(const struct sv_shape *shape, double at_s);
double sv_shape_sum(const struct sv_shape *shape, double at_s);
double sv_shape_when(const struct sv_shape *shape, double sum);

/* The largest value it has. */
double sv_shape_peak(const struct sv_shape *shape);

void sv_shape_free(struct sv_shape *shape);

#endif

/* SPDX-License-Identifier: ISC */
/* samples.h - what a window keeps of each event, in the order of time, in parts of at most 4 KiB. Private to policy/.
 *
 * Parts are numbered one after the other; only those at the ends are looked at when samples come and go, so that a window of a
 * million samples costs a batch what a small one costs: the others stay in the store until their turn comes. Two heads walk from the
 * oldest sample on: SV_HEAD_NOW to the first one of the window, SV_HEAD_PREV, behind it, to the first one of the window before. They
 * may go ahead, to look at what will be, and come back.
 *
 * A struct sv_samples must not be moved once it holds something. Floor: policy. */
#ifndef SV_SAMPLES_H
#define SV_SAMPLES_H

#include "policy/kind.h"

enum { SV_HEAD_PREV, SV_HEAD_NOW, SV_HEADS };
enum { SV_SAMPLE_TEXT_MAX = 200 /* bytes of a text; what is behind is cut */ };

struct sv_samples_chunk;

struct sv_samples {
    struct sv_samples_chunk **chunks; /* NULL: in the store. The array is `one` as long as that does */
    struct sv_samples_chunk *one;
    uint32_t first, count, room;      /* number of the first one, how many; room of the array */
    uint32_t saved;                   /* the store has none before this number */
    struct sv_samples_head {
        int64_t before_ns;            /* time of the sample before it in its part */
        uint32_t chunk;               /* its number */
        uint16_t index, offset;
    } heads[SV_HEADS];
    struct sv_samples_head *held;     /* [SV_HEADS]: where they come back to; NULL: they are not ahead */
    struct sv_samples_seen {
        struct sv_samples_place {
            uint32_t chunk;
            uint16_t offset;
            bool is_known;
        } oldest, newest;
    } *seen;                          /* of each argument, where in the window the first and the last value stand; NULL: nobody asked */
};

/* One sample as it was put in; values plain, texts borrowed until the samples change. */
struct sv_sample {
    int64_t time_ns;
    uint32_t behind;                  /* private: where the next one begins */
    struct sv_value values[SV_ARGUMENTS_MAX];
};

/* A value as a sample keeps it: a number, a condition, a text, a time or a duration; all else is absent. */
struct sv_value sv_sample_value(struct sv_value value);

/* Puts one in its place, which must not lie before the head SV_HEAD_NOW. */
void sv_samples_add(struct sv_samples *samples, const struct sv_kind_spec *spec, int64_t time_ns, const struct sv_value *values,
                    const struct sv_state_parts *parts);

/* The sample at a head; false: it is at the end. _pass goes behind that sample; what no head needs any more is freed. Where there is no
 * window before, the two heads are one. */
bool sv_samples_peek(struct sv_samples *samples, const struct sv_kind_spec *spec, int head, struct sv_sample *out,
                     const struct sv_state_parts *parts);
void sv_samples_pass(struct sv_samples *samples, const struct sv_kind_spec *spec, int head, const struct sv_sample *sample,
                     const struct sv_state_parts *parts);

/* From now on the heads are ahead: nothing is freed, and nothing may be added until they are back, or stay where they are. _back calls
 * with every sample of the window that SV_HEAD_NOW had passed. All do nothing where it is so already. */
void sv_samples_ahead(struct sv_samples *samples);
void sv_samples_stay(struct sv_samples *samples, const struct sv_kind_spec *spec, const struct sv_state_parts *parts);
void sv_samples_back(struct sv_samples *samples, const struct sv_kind_spec *spec, const struct sv_state_parts *parts,
                     bool (*each)(void *context, const struct sv_sample *sample), void *context);

/* Calls back with every sample from a head up to another (SV_HEADS: to the end), until it has had enough. */
void sv_samples_walk(struct sv_samples *samples, const struct sv_kind_spec *spec, int from, int to, const struct sv_state_parts *parts,
                     bool (*each)(void *context, const struct sv_sample *sample), void *context);

/* The value of an argument in the oldest, or the newest, of them that has one; absent: none has. Borrowed until the samples change. */
struct sv_value sv_samples_oldest(struct sv_samples *samples, const struct sv_kind_spec *spec, int from, int to, uint32_t argument,
                                  const struct sv_state_parts *parts);
struct sv_value sv_samples_newest(struct sv_samples *samples, const struct sv_kind_spec *spec, int from, int to, uint32_t argument,
                                  const struct sv_state_parts *parts);

/* Where they stand goes into out, parts that have changed to the store; and back, parts as they are needed. */
bool sv_samples_save(struct sv_samples *samples, struct sv_buf *out, const struct sv_state_parts *parts);
bool sv_samples_load(struct sv_samples *samples, struct sv_unpack *in);

void sv_samples_free(struct sv_samples *samples);

#endif

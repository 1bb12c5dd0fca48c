/* SPDX-License-Identifier: ISC */
/* documents.h - lines to records where a file is not one record a line but JSON documents as people and loggers write them: an
 * object spread over lines is one record, and so is each element of a list. Private to this floor.
 *
 * It goes by brackets and quotes alone, and only where lines would make no sense: at a file's start, and behind a document or
 * list that is over,
 *
 *     a line that is just `{`, where the next one begins with `"` or `}`, begins an object,
 *     a line that begins with `[`, where what follows is `{` or `]`, begins a list (so does one that is just `[`).
 *
 * The first line that does neither makes all that follow lines. What breaks a list off (no comma, no object) is handed out as a
 * line, as are all behind it. A list that the file's end cuts short is told as a flaw behind its elements. A record over
 * SV_LINE_MAX is handed out as a flaw, and reading goes on behind it, in bounded memory.
 *
 *     struct sv_documents documents = {0};
 *     sv_documents_next(&documents, &lines, &record, wait_ms);        // as sv_lines_next
 *     sv_documents_keep(&documents);                                  // the record is used
 *     sv_documents_rewind(&documents, records);                       // lines will begin behind the last record kept
 *     sv_documents_free(&documents);
 *
 * Floor: input; uses base only. */
#ifndef SV_DOCUMENTS_H
#define SV_DOCUMENTS_H

#include "base/buf.h"
#include "input/lines.h"

struct sv_documents {
    enum sv_documents_where { SV_DOCUMENTS_START, SV_DOCUMENTS_LIST, SV_DOCUMENTS_LINES } where, kept;
    uint64_t list_line;     /* in which the list begins */
    uint64_t number;        /* of records */
    struct sv_slice rest;   /* of the line read last: the lines' own, until the next one is read */
    int64_t rest_offset;
    uint64_t rest_line;
    bool has_rest, no_newline;
    /* The object that is not over at its line's end. */
    bool gathers, is_sure, skips;
    bool in_string, is_escaped;
    uint64_t depth;
    struct sv_buf text;
    int64_t offset;
    uint64_t line;
    uint64_t head; /* hash of the first record's beginning */
};

/* As sv_lines_next, whose lines are to be just lines. A record's text may be borrowed from documents. */
enum sv_input_state sv_documents_next(struct sv_documents *documents, struct sv_lines *lines, struct sv_record *record,
                                      int wait_ms);

/* Offset behind the last record, and how many lines ended before it. */
int64_t sv_documents_offset(const struct sv_documents *documents, const struct sv_lines *lines);
uint64_t sv_documents_lines(const struct sv_documents *documents, const struct sv_lines *lines);

void sv_documents_keep(struct sv_documents *documents);
void sv_documents_rewind(struct sv_documents *documents, uint64_t records);
void sv_documents_free(struct sv_documents *documents);

#endif

/* SPDX-License-Identifier: ISC */
/* Why libfyaml (0.7.12, its events) and not libyaml (0.2.5), both in Debian: it speaks YAML 1.2, where `no` is a string; its
 * errors have a column that is the right one; and it is linear on hostile nesting (`[` 50,000 times: 18 ms against 3.3 s).
 * What it makes of a single-quoted scalar is not used: two doubled quotes side by side come out as three (yaml_text.c reads it).
 * Neither bounds depth on events, expands nothing (so an alias bomb stays small) or checks repeated keys there: that is done
 * in yaml_build.c. It takes a byte that is no UTF-8, or a NUL, for the end of the file: so yaml.c checks the bytes first. */
#include <libfyaml.h>
#include <string.h>

#include "policy/yaml_build.h"

/* Where a token stands, or NULL. */
static const struct sv_yaml_span *place(struct fy_token *token, struct sv_yaml_span *span)
{
    const struct fy_mark *start = token != NULL ? fy_token_start_mark(token) : NULL;
    const struct fy_mark *end = token != NULL ? fy_token_end_mark(token) : NULL;
    if (start == NULL)
        return NULL;
    *span = (struct sv_yaml_span){(uint32_t)start->input_pos, (uint32_t)(end != NULL ? end : start)->input_pos};
    return span;
}

static void take_scalar(struct sv_yaml_builder *b, struct fy_token *token)
{
    static const enum sv_yaml_style styles[] = {
        [FYSS_PLAIN] = SV_YAML_PLAIN, [FYSS_SINGLE_QUOTED] = SV_YAML_SINGLE, [FYSS_DOUBLE_QUOTED] = SV_YAML_DOUBLE,
        [FYSS_LITERAL] = SV_YAML_LITERAL, [FYSS_FOLDED] = SV_YAML_FOLDED,
    };
    enum fy_scalar_style style = fy_token_scalar_style(token);
    struct sv_yaml_span span;
    size_t length = 0;
    const char *text = style == FYSS_SINGLE_QUOTED ? NULL : fy_token_get_text(token, &length);
    sv_yaml_build_scalar(b, style >= FYSS_PLAIN && style <= FYSS_FOLDED ? styles[style] : SV_YAML_PLAIN, place(token, &span),
                         sv_slice(text != NULL ? text : "", length));
}

static bool refuse(struct sv_yaml_builder *b, struct fy_token *token, const char *what)
{
    struct sv_yaml_span span = {b->at, b->at};
    if (place(token, &span) != NULL && span.start > 0 && strchr("&*", b->yaml->text.data[span.start - 1]) != NULL)
        span.start--; /* the sign belongs to the name */
    sv_yaml_find(b->yaml, b->findings, span.start, span.end, "%s are not allowed in a policy file", what);
    return false;
}

/* documents: one was begun. */
static bool take_event(struct sv_yaml_builder *b, bool *documents, struct fy_event *event)
{
    struct fy_token *anchor = NULL, *tag = NULL;
    struct sv_yaml_span span = {b->at, b->at};
    switch (event->type) {
    case FYET_DOCUMENT_START: {
        if (!*documents) {
            *documents = true;
            return true;
        }
        place(event->document_start.document_start, &span);
        sv_yaml_find(b->yaml, b->findings, span.start, span.start + 3, "a second document begins here; a policy file has one");
        return false;
    }
    case FYET_ALIAS:
        return refuse(b, event->alias.anchor, "aliases");
    case FYET_SCALAR:
        anchor = event->scalar.anchor, tag = event->scalar.tag;
        break;
    case FYET_SEQUENCE_START:
        anchor = event->sequence_start.anchor, tag = event->sequence_start.tag;
        break;
    case FYET_MAPPING_START:
        anchor = event->mapping_start.anchor, tag = event->mapping_start.tag;
        break;
    case FYET_SEQUENCE_END:
        sv_yaml_build_close(b, place(event->sequence_end.sequence_end, &span));
        return true;
    case FYET_MAPPING_END:
        sv_yaml_build_close(b, place(event->mapping_end.mapping_end, &span));
        return true;
    default:
        return true;
    }
    if (anchor != NULL)
        return refuse(b, anchor, "anchors");
    if (tag != NULL)
        return refuse(b, tag, "tags");
    if (event->type == FYET_SCALAR) {
        take_scalar(b, event->scalar.value);
        return true;
    }
    return event->type == FYET_MAPPING_START
               ? sv_yaml_build_open(b, SV_YAML_MAP, place(event->mapping_start.mapping_start, &span))
               : sv_yaml_build_open(b, SV_YAML_LIST, place(event->sequence_start.sequence_start, &span));
}

/* The first error that the library has collected; later ones are its consequences. */
static void report_syntax(struct sv_yaml_builder *b, struct fy_diag *diag)
{
    const struct sv_yaml *yaml = b->yaml;
    void *walk = NULL;
    struct fy_diag_error *error;
    while ((error = fy_diag_errors_iterate(diag, &walk)) != NULL) {
        if (error->type != FYET_ERROR)
            continue;
        uint32_t at = (uint32_t)yaml->text.len;
        if (error->line > 0 && (size_t)error->line <= yaml->line_count) {
            at = yaml->lines[error->line - 1];
            for (int column = 1; column < error->column && at < yaml->text.len && yaml->text.data[at] != '\n'; column++)
                for (at++; at < yaml->text.len && ((unsigned char)yaml->text.data[at] & 0xC0) == 0x80;)
                    at++;
        }
        sv_yaml_find(yaml, b->findings, at, at + 1, "%s%s", error->msg,
                     strstr(error->msg, "alias") != NULL ? " (quote a text that begins with *)" : "");
        return;
    }
    sv_yaml_find(yaml, b->findings, b->at, b->at + 1, "this is no YAML");
}

bool sv_yaml_read_library(struct sv_yaml *yaml, struct sv_findings *findings)
{
    struct sv_yaml_builder b = {.yaml = yaml, .findings = findings};
    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    diag_cfg.colorize = false;
    struct fy_diag *diag = fy_diag_create(&diag_cfg);
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg cfg = {.flags = FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE, .diag = diag};
    struct fy_parser *parser = fy_parser_create(&cfg);
    fy_parser_set_string(parser, yaml->text.data, yaml->text.len);

    bool good = true, ended = false, documents = false;
    struct fy_event *event;
    while (good && (event = fy_parser_parse(parser)) != NULL) {
        ended = event->type == FYET_STREAM_END;
        good = take_event(&b, &documents, event);
        fy_parser_event_free(parser, event);
    }
    if (good && !ended) {
        report_syntax(&b, diag);
        good = false;
    }
    sv_yaml_build_free(&b);
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    return good;
}

const char *sv_yaml_library(void)
{
    return fy_library_version();
}

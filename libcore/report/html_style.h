/* SPDX-License-Identifier: ISC */
/* html_style.h - how pages look. Private to this floor.
 *
 * Floor: report; uses base only. */
#ifndef SV_HTML_STYLE_H
#define SV_HTML_STYLE_H

#include "base/buf.h"

/* Appends the style sheet: light, dark, narrow, paper. */
void sv_html_style_put(struct sv_buf *out);

#endif

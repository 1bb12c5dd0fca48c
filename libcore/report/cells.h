/* SPDX-License-Identifier: ISC */
/* cells.h - how many terminal cells a character takes, the same in every locale. Private to this floor.
 *
 * Floor: report; uses nothing. */
#ifndef SV_CELLS_H
#define SV_CELLS_H

#include <stdint.h>

/* 0 for combining marks, joiners, variation selectors and the vowels and finals of composed Hangul; 2 for East Asian wide and
 * fullwidth characters and emoji; else 1. After Unicode 14: general categories Mn and Me, East_Asian_Width W and F. */
unsigned sv_cells_of(uint32_t code_point);

#endif

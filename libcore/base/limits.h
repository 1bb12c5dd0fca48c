/* SPDX-License-Identifier: ISC */
/* limits.h - every bound of the program, in one place.
 *
 * A bound exists so that hostile or broken input costs a known amount of time and memory. Each is tested at N-1, N and N+1.
 *
 * Floor: base. */
#ifndef SV_LIMITS_H
#define SV_LIMITS_H

#define SV_LINE_MAX (16u << 20)       /* bytes of one record; the longest real one seen is 1,046,940 */
#define SV_JSON_DEPTH_MAX 128         /* nested arrays and objects */
#define SV_JSON_KEYS_MAX 65536u       /* members of one object */
#define SV_NUMBER_MAX 1024            /* bytes of one number literal */
#define SV_EVENT_ID_MAX 256           /* bytes; a longer id is replaced by the event's address */
#define SV_POLICY_FILE_MAX (1u << 20) /* bytes */
#define SV_YAML_DEPTH_MAX 64
#define SV_POLICIES_MAX 10000
#define SV_REGEX_MAX 4096             /* bytes of a pattern */
#define SV_REGEX_SUBJECT_MAX 65536u   /* bytes; a longer subject is an error, never "no match" */
#define SV_REGEX_MATCH_LIMIT 100000u  /* PCRE2 match limit: 0.1 to 0.3 ms on the worst patterns known */
#define SV_REGEX_MATCH_LIMIT_BYTE 16u /* and for each byte of the subject: padding a text is no way out of a sound pattern */
#define SV_CEL_DEPTH_MAX 250
#define SV_CEL_NODES_MAX 100000u
#define SV_CEL_SOURCE_MAX (256u << 10)  /* bytes of one expression */
#define SV_CEL_STEPS_MAX 1000000u
#define SV_LEDGER_MODELS_MAX 100u     /* models without a price that a ledger names; the tokens of more stand under "(others)" */
#define SV_LEDGER_AGENTS_MAX 10000u   /* agents that a ledger tells apart; of more it says so many */
#define SV_FORMAT_STATE_MAX 65536u    /* bytes a format may carry over in a checkpoint */
#define SV_BODY_MAX 65536u            /* bytes of an event's line in the store, unless told otherwise; a longer one is cut */
#define SV_BODY_MIN 16384u            /* what may be told */
#define SV_ROSTER_NAME_MAX 256         /* bytes of a name of a supervisor, team or member */
#define SV_ROSTER_DEPTH_MAX 64         /* supervisors one above the other */
#define SV_ROSTER_FILE_MAX (64u << 20) /* bytes of a roster that is imported */
#define SV_MESSAGE_SUBJECT_MAX 1024u     /* bytes */
#define SV_MESSAGE_BODY_MAX (1u << 20)  /* bytes */
#define SV_MAILBOX_MAX 10000            /* messages that may wait for one agent, unless he says otherwise */

#endif

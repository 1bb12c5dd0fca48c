/* SPDX-License-Identifier: ISC */
/* The tables of rosters, mailboxes and what is told of a fleet: steps of schema.c. */
#include "store/private.h"

/* Who supervises whom, over time. A supervisor and a team keep their number through renames and moves, each of which ends a row
 * and begins another; so does a member's move to another team. 0 above is none; an end of NULL is none yet. */
const char sv_schema_roster[] =
    "CREATE TABLE supervisor_places ("
    " id INTEGER PRIMARY KEY,"
    " supervisor INTEGER NOT NULL,"
    " name_id INTEGER NOT NULL,"  /* of supervisors */
    " above INTEGER NOT NULL,"    /* the supervisor's supervisor */
    " joined_at INTEGER NOT NULL,"
    " left_at INTEGER);"
    "CREATE INDEX idx_supervisor_places_name ON supervisor_places (name_id, joined_at);"
    "CREATE INDEX idx_supervisor_places_supervisor ON supervisor_places (supervisor, joined_at);"

    "CREATE TABLE supervisor_teams ("
    " id INTEGER PRIMARY KEY,"
    " team INTEGER NOT NULL,"
    " name_id INTEGER NOT NULL,"  /* of team_names */
    " supervisor INTEGER NOT NULL,"
    " joined_at INTEGER NOT NULL,"
    " left_at INTEGER);"
    "CREATE INDEX idx_supervisor_teams_name ON supervisor_teams (name_id, joined_at);"
    "CREATE INDEX idx_supervisor_teams_team ON supervisor_teams (team, joined_at);"
    "CREATE INDEX idx_supervisor_teams_supervisor ON supervisor_teams (supervisor, joined_at);"

    "CREATE TABLE supervisor_team_members ("
    " id INTEGER PRIMARY KEY,"
    " team_id INTEGER NOT NULL,"  /* supervisor_teams.team */
    " agent_id INTEGER NOT NULL," /* of agent_names: a name, or a glob over names */
    " joined_at INTEGER NOT NULL,"
    " left_at INTEGER);"
    "CREATE INDEX idx_team_members_active ON supervisor_team_members (team_id) WHERE left_at IS NULL;"
    "CREATE INDEX idx_team_members_team ON supervisor_team_members (team_id, joined_at);"
    "CREATE INDEX idx_team_members_agent ON supervisor_team_members (agent_id, joined_at);"

    /* How often what programs keep in memory was changed: `roster`. */
    "CREATE TABLE versions (what TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;"

    /* For people. */
    "CREATE VIEW roster AS SELECT s.name AS supervisor, n.name AS team, a.name AS member, m.joined_at, m.left_at"
    " FROM supervisor_team_members AS m"
    " JOIN agent_names AS a ON a.id = m.agent_id"
    " JOIN supervisor_teams AS t ON t.team = m.team_id AND t.left_at IS NULL"
    " JOIN team_names AS n ON n.id = t.name_id"
    " LEFT JOIN supervisor_places AS p ON p.supervisor = t.supervisor AND p.left_at IS NULL"
    " LEFT JOIN supervisors AS s ON s.id = p.name_id"
    " WHERE m.left_at IS NULL;";

/* What agents tell each other. A message's id is the time at which it was stored, made unique: it is also its created_at. Of each
 * mailbox is kept how many wait, by priority, and from where on they are to be looked for. */
const char sv_schema_mail[] =
    "CREATE TABLE messages ("
    " id INTEGER PRIMARY KEY,"
    " own TEXT,"                  /* the sender's own id; NULL: none */
    " from_agent INTEGER NOT NULL,"
    " to_agent INTEGER NOT NULL,"
    " subject TEXT,"
    " body TEXT,"
    " priority INTEGER NOT NULL," /* 0 to 3 */
    " correlation_id TEXT,"
    " reply_to INTEGER,"          /* of messages */
    " state INTEGER NOT NULL,"    /* 0 queued, 1 delivered, 2 read, 3 acked, 4 expired, 5 dropped */
    " created_at INTEGER NOT NULL,"
    " delivered_at INTEGER,"
    " read_at INTEGER,"
    " acked_at INTEGER,"
    " expires_at INTEGER);"
    "CREATE INDEX idx_to_agent_created ON messages (to_agent, created_at DESC);"
    "CREATE INDEX idx_from_agent_created ON messages (from_agent, created_at DESC);"
    "CREATE UNIQUE INDEX idx_messages_own ON messages (own, from_agent, to_agent) WHERE own IS NOT NULL;"

    "CREATE TABLE mailboxes ("
    " agent_id INTEGER PRIMARY KEY,"
    " queued_0 INTEGER NOT NULL," /* that wait, of each priority */
    " queued_1 INTEGER NOT NULL,"
    " queued_2 INTEGER NOT NULL,"
    " queued_3 INTEGER NOT NULL,"
    " since INTEGER NOT NULL,"    /* created_at of the oldest that waits, or earlier */
    " expires INTEGER NOT NULL,"  /* when the first of them expires, or earlier; 0: none does */
    " bound INTEGER NOT NULL,"    /* how many may wait; 0: as the program has it */
    " drop_oldest INTEGER NOT NULL," /* 1: at the bound the oldest makes room; 0: the new one is refused */
    " received INTEGER NOT NULL,"
    " dropped INTEGER NOT NULL,"
    " rejected INTEGER NOT NULL,"
    " expired INTEGER NOT NULL);";

/* Agents by session and by day, and who started whom; and stops. Days are those of the clock where it was counted. */
const char sv_schema_fleet[] =
    "ALTER TABLE agents ADD COLUMN parent_id INTEGER NOT NULL DEFAULT 0;" /* of agent_names; 0: nobody said */
    "CREATE INDEX idx_agents_parent ON agents (parent_id) WHERE parent_id <> 0;"
    "CREATE TABLE agent_sessions ("
    " agent_id INTEGER NOT NULL,"
    " session_id INTEGER NOT NULL,"
    " host_id INTEGER NOT NULL,"
    " type_id INTEGER NOT NULL,"  /* of its last event */
    " tool_id INTEGER NOT NULL,"  /* of a call without a result */
    " state INTEGER NOT NULL,"    /* as of agents */
    " first_seen INTEGER NOT NULL,"
    " last_seen INTEGER NOT NULL,"
    " events INTEGER NOT NULL,"
    " PRIMARY KEY (agent_id, session_id)) WITHOUT ROWID;"
    "CREATE INDEX idx_agent_sessions_last_seen ON agent_sessions (last_seen);"
    "CREATE TABLE agent_days ("
    " day INTEGER NOT NULL,"      /* since 1970 */
    " agent_id INTEGER NOT NULL,"
    " events INTEGER NOT NULL,"
    " errors INTEGER NOT NULL,"
    " tokens INTEGER NOT NULL,"
    " unpriced_tokens INTEGER NOT NULL,"
    " cost_usd REAL NOT NULL,"
    " PRIMARY KEY (day, agent_id)) WITHOUT ROWID;"

    "CREATE TABLE stops ("
    " id INTEGER PRIMARY KEY,"
    " agent_id INTEGER NOT NULL," /* of agent_names: a name, or a glob over names */
    " tree INTEGER NOT NULL,"     /* 1: who was started by it, too, whatever its name */
    " reason TEXT,"
    " user TEXT,"
    " host TEXT,"
    " stopped_at INTEGER NOT NULL,"
    " until INTEGER,"             /* NULL: until it is resumed */
    " resumed_at INTEGER);"
    "CREATE INDEX idx_stops_agent ON stops (agent_id, stopped_at);"
    "CREATE TABLE stop_asked ("
    " agent_id INTEGER PRIMARY KEY,"
    " asked_at INTEGER NOT NULL," /* whether it is stopped */
    " pid INTEGER NOT NULL,"      /* of who asked; 0: not known */
    " host_id INTEGER NOT NULL);";

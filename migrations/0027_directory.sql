-- The synchronisation of a connection's directory. Who works on it (node, until), how far the round is (phase, page_link), how the last
-- one ended, and what an administrator has said. Links are sealed for their connection: they hold tokens of the directory.
CREATE TABLE directory (
    connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connection (id) ON DELETE CASCADE,
    company_id TEXT NOT NULL REFERENCES company (id) ON DELETE CASCADE,
    -- Whose directory it is. Another one begins anew.
    source TEXT NOT NULL,
    node TEXT,
    leased_until BIGINT,
    phase TEXT NOT NULL,
    is_full BIGINT NOT NULL,
    round BIGINT NOT NULL,
    started_at BIGINT,
    pages BIGINT NOT NULL,
    seen_groups BIGINT NOT NULL,
    seen_people BIGINT NOT NULL,
    seen_members BIGINT NOT NULL,
    reads_people BIGINT NOT NULL,
    page_link BLOB,
    groups_link BLOB,
    people_link BLOB,
    next_groups_link BLOB,
    next_people_link BLOB,
    wanted_at BIGINT,
    approved_at BIGINT,
    full_at BIGINT,
    last_at BIGINT,
    last_result TEXT,
    last_text TEXT NOT NULL,
    remarks TEXT NOT NULL,
    held TEXT,
    allowed TEXT,
    next_at BIGINT NOT NULL
);

-- Its groups. group_id is the permission group that one leads to; made is 1 where the directory made it, and named_as is what the
-- directory's name was when the permission group got its title.
CREATE TABLE directory_group (
    connection_id TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    object_id TEXT NOT NULL,
    name TEXT,
    description TEXT,
    kind TEXT,
    is_hidden BIGINT,
    gone BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    group_id TEXT REFERENCES permission_group (id) ON DELETE SET NULL,
    made BIGINT NOT NULL,
    adopt BIGINT NOT NULL,
    named_as TEXT,
    PRIMARY KEY (connection_id, object_id)
);
CREATE INDEX directory_group_by_group ON directory_group (group_id);

-- Direct members: users and groups.
CREATE TABLE directory_member (
    connection_id TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    group_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    seen BIGINT NOT NULL,
    PRIMARY KEY (connection_id, group_id, member_id)
);
CREATE INDEX directory_member_by_member ON directory_member (connection_id, member_id);

-- Its people. gone is removed (restorable), deleted (for good) or absent (from a completed full round). switched_off_at is when the
-- account was deactivated because of that: what an administrator has deactivated does not come back by the directory.
CREATE TABLE directory_person (
    connection_id TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    object_id TEXT NOT NULL,
    email TEXT,
    display_name TEXT,
    first_name TEXT,
    last_name TEXT,
    is_guest BIGINT,
    enabled BIGINT,
    gone TEXT,
    seen BIGINT NOT NULL,
    switched_off_at BIGINT,
    PRIMARY KEY (connection_id, object_id)
);

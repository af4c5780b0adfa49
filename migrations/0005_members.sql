-- Members are counted, and looked for, without a look at each membership.
DROP INDEX group_grant_by_group;
CREATE INDEX group_grant_by_group ON group_grant (group_id, user_id);

-- Up Migration
-- Nullable and without a rewrite: replicas of the release before keep working while this one rolls out.
ALTER TABLE runs ADD COLUMN finished_at timestamptz;

-- Down Migration
ALTER TABLE runs DROP COLUMN finished_at;

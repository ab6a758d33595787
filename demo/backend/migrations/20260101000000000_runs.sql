-- Up Migration
CREATE TABLE runs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  status text NOT NULL DEFAULT 'created' CHECK (status IN ('created', 'running', 'passed')),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Down Migration
DROP TABLE runs;

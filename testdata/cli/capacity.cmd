planner capacity --observed snapshot-sparse.json --service kv --drains stack.yaml
planner capacity --observed snapshot-sparse.json --service kv --drains --json stack.yaml
in testdata/cli/files
planner capacity --service web --drains -i six.yaml round.yaml

planner status --observed snapshot-sparse.json stack.yaml
planner status --observed snapshot-sparse.json scaled.yaml
planner status --observed snapshot.json --json -f wishes/stack.yaml -i wishes/inventory.yaml
planner plan --observed snapshot-sparse.json --drain m3 stack.yaml two.yaml
planner plan --observed snapshot-sparse.json --without m2 stack.yaml two.yaml
planner plan --observed snapshot-sparse.json --without m22 stack.yaml two.yaml
planner plan --observed snapshot-sparse.json --drain m2 stack.yaml
planner show --steps nothing.json

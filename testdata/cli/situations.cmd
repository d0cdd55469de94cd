planner status --observed snapshot-sparse.json stack.yaml
planner status --observed snapshot-sparse.json scaled.yaml
planner status --observed snapshot.json --json -f wishes/stack.yaml -i wishes/inventory.yaml
planner plan --observed snapshot-sparse.json --drain m3 stack.yaml two.yaml
planner plan --observed snapshot-sparse.json --without m2 stack.yaml two.yaml
planner plan --observed snapshot-sparse.json --without m22 stack.yaml two.yaml
planner plan --observed snapshot-sparse.json --drain m2 stack.yaml
planner show --steps nothing.json
planner capacity --observed snapshot-sparse.json stack.yaml
planner capacity --scale web=4 --policy pack --service web stack.yaml
planner capacity --service wbe stack.yaml
planner capacity --loss rack stack.yaml
planner capacity --scale lb=4 stack.yaml
planner capacity --observed snapshot-sparse.json --service lb --json stack.yaml

planner plan --observed snapshot-edited.json stack.yaml
planner plan --observed snapshot-edited.json --refresh-only --detailed-exitcode stack.yaml
planner plan --observed snapshot-sparse.json --refresh-only --detailed-exitcode stack.yaml
planner plan --observed snapshot-edited.json --refresh-only --json stack.yaml
planner plan --observed snapshot-edited.json --target kv stack.yaml
planner plan --observed snapshot-edited.json --target wbe stack.yaml
planner plan --observed snapshot-sparse.json --policy headroom --rebalance --max-moves 1 --objective stack.yaml
planner plan --observed snapshot-sparse.json --policy headroom --rebalance stack.yaml
planner plan --observed snapshot-sparse.json --max-moves 1 stack.yaml
planner plan --observed snapshot-sparse.json --steps --tree scaled.yaml
planner show --verbose ../../cli/files/spread.json
planner diff --detailed-exitcode ../../cli/files/spread.json ../../cli/files/pack.json
planner diff ../../cli/files/spread.json ../../cli/files/fresh.json
planner diff --detailed-exitcode ../../cli/files/pack.json ../../cli/files/pack.json
planner plan --observed snapshot-sparse.json --survive machine stack.yaml
planner plan --observed snapshot-sparse.json --survive rack stack.yaml
planner plan --observed snapshot.json --survive machine stack.yaml two.yaml
planner plan --observed snapshot-sparse.json stack.yaml ../../cli/files/room.yaml
planner plan --observed snapshot-sparse.json --policy headroom --headroom 1:256m --rebalance --objective stack.yaml
planner plan --observed snapshot-sparse.json --policy headroom --headroom wbe stack.yaml
planner plan --observed snapshot-sparse.json --headroom 2:8g stack.yaml

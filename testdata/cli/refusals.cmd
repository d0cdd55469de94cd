in testdata/refusals
planner check --ignore H,S,Y five.yaml
planner check --ignore H,S,Y large.yaml
planner check --ignore H,S,Y zone.yaml
planner check --ignore H,S,Y pieces.yaml
planner check --ignore H,S,Y alone.yaml
planner check --ignore H,S,Y held.yaml
planner check --ignore H,S,Y more.yaml
planner check --ignore H,S,Y -i drained.yaml more.yaml
planner plan -i drained.yaml --observed snapshot.json pinned.yaml
planner check --ignore H,S,Y -i hundreds.yaml held.yaml
planner why api -f pieces.yaml
planner why api.3 m1 -f pieces.yaml
planner why gateway -f held.yaml
planner why gateway -f held.yaml -i hundreds.yaml
planner why web.2 m1 -f zone.yaml
planner why db -f pinned.yaml -i drained.yaml --observed snapshot.json
planner why web m2 -f held.yaml
planner why wbe -f held.yaml

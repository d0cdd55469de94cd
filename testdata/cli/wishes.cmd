planner plan --observed snapshot.json -i wishes/inventory.yaml --objective wishes/stack.yaml
planner plan --observed snapshot.json -i wishes/inventory.yaml --policy headroom --objective wishes/stack.yaml
planner plan --observed snapshot.json -i wishes/inventory.yaml --policy cheapest --objective wishes/stack.yaml
planner plan --observed snapshot.json -i wishes/half-full.yaml --objective wishes/preferred.yaml
planner check -i wishes/inventory.yaml wishes/impossible.yaml
planner check -i wishes/inventory.yaml wishes/wrong.yaml

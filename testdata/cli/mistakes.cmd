planner check nothere.yaml
planner check --inventory nothere.yaml stack.yaml
planner plan --observed nothere.json stack.yaml
planner plan --observed snapshot.json --inventory ../../cli/files/other-machines.yaml stack.yaml
planner plan --observed inventory.yaml stack.yaml
planner apply --plan snapshot.json --yes
planner inventory check stack.yaml
planner frobnicate
planner check --policy

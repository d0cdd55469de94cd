planner plan --build --observed snapshot.json stack.yaml
planner apply --build --plan saved.json
in testdata/cli/files
planner plan --observed ../../examples/website/snapshot.json -i ../../examples/website/inventory.yaml built.yaml
planner plan -o /nowhere/plan.json --observed ../../examples/website/snapshot.json -i ../../examples/website/inventory.yaml built.yaml
planner build -f built.yaml nix
planner build -f built.yaml
planner build -f limited.yaml
planner config --images built.yaml
planner build -f isolated.yaml

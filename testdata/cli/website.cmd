planner check --inventory inventory.yaml naive.yaml
planner check --inventory inventory.yaml stack.yaml
planner plan --observed snapshot.json stack.yaml
planner plan --observed snapshot.json --policy pack stack.yaml
planner plan --observed snapshot-sparse.json --detailed-exitcode stack.yaml
planner plan --observed snapshot-sparse.json --detailed-exitcode scaled.yaml
planner plan --observed snapshot.json naive.yaml
planner check --ignore H,S,Y --survive machine stack.yaml
planner check --ignore H,S,Y --survive zone stack.yaml
planner capacity --observed snapshot-sparse.json --markdown stack.yaml

planner capacity --catalogue ../../catalogues/small.yaml --from-nothing stack.yaml
planner capacity --catalogue ../../catalogues/small.yaml --from-nothing --survive zone --headroom web --time-limit 200 stack.yaml
planner capacity --catalogue ../../catalogues/small.yaml --scale web=7 --survive machine --headroom 2:8g=2 --steps 1 --time-limit 200 stack.yaml
planner capacity --catalogue ../../catalogues/small.yaml --steps 0 stack.yaml
planner capacity --catalogue ../../catalogues/small.yaml --from-nothing --survive machine --steps 1 --time-limit 200 --markdown stack.yaml
planner capacity --catalogue ../../catalogues/small.yaml --from-nothing --headroom lb --steps 1 --json stack.yaml
planner capacity --catalogue ../../catalogues/small.yaml --from-nothing --survive rack stack.yaml
planner capacity --catalogue ../../catalogues/small.yaml --headroom wbe stack.yaml
planner capacity --catalogue ../../catalogues/small.yaml --headroom web=none stack.yaml
planner capacity --catalogue ../../catalogues/small.yaml --headroom 64:8g --from-nothing stack.yaml
planner capacity --catalogue nowhere.yaml stack.yaml
planner capacity --from-nothing stack.yaml
in testdata/cli/files/buying
planner capacity --catalogue bad.yaml stack.yaml
planner capacity --catalogue good.yaml stack.yaml
planner capacity --catalogue good.yaml large.yaml
planner capacity --catalogue good.yaml --json large.yaml
planner capacity --catalogue good.yaml unsized.yaml

in testdata/examples/wired
planner plan -f shop.yaml --observed apart.json
planner plan -f shop.yaml -f ingress.yaml --observed apart.json
planner plan -f shop.yaml -f ingress.yaml --observed swarm.json
planner plan -f shop.yaml -f hosts.yaml --observed apart.json
planner plan -f shop.yaml -f overlay.yaml --observed apart.json
planner plan -f shop.yaml -f overlay.yaml --observed local.json
planner plan -f shop.yaml -f internal.yaml --observed apart.json
planner export compose -f shop.yaml -f hosts.yaml --observed apart.json --machine m2
planner export compose -f shop.yaml -f hosts.yaml --observed apart.json

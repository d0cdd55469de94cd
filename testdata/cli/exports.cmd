in testdata/exports
planner ports --fresh
planner ports --fresh --json
planner export hosts --fresh
planner export haproxy --fresh
planner export traefik --fresh
planner export prometheus --fresh
planner export dot --fresh
planner export mermaid --fresh
planner export dns --fresh

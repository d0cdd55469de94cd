planner capacity --observed snapshot-sparse.json --service kv --drains stack.yaml
planner capacity --observed snapshot-sparse.json --service kv --drains --json stack.yaml
in testdata/cli/files
planner capacity --service web --drains -i six.yaml round.yaml
planner capacity --service web --growth --hold db -i six.yaml round.yaml
planner capacity --service web --factor 1.4 --scale db=1 --growth --hold db --json -i six.yaml round.yaml
planner capacity --factor 1,5 -i six.yaml round.yaml
planner capacity --factor 3 -i six.yaml round.yaml
planner capacity --growth --hold bd -i six.yaml round.yaml
planner capacity --service web --pairs --matrix -i six.yaml round.yaml
planner capacity --service job -i six.yaml limited.yaml
planner capacity --service job --samples samples.csv -i six.yaml limited.yaml
planner capacity --samples wrong-samples.csv -i six.yaml limited.yaml
in testdata/examples/website
planner capacity -i wishes/sizes-unknown.yaml --service kv stack.yaml

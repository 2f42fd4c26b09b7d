# shellcheck shell=bash
# Where the functions' images are kept: the last ten of each stay, to roll back to.

deploy_registry() {
    say "images"
    ensure artifacts repositories -- "$name" --location="$region" --repository-format=docker \
        --description="brisa's functions" --labels="$(labelled)" ${kms_key:+--kms-key="$kms_key"}
    write cleanup.json <<'JSON'
[
  {"name": "keep-the-last", "action": {"type": "Keep"}, "mostRecentVersions": {"keepCount": 10}},
  {"name": "delete-old-ones", "action": {"type": "Delete"}, "condition": {"olderThan": "2592000s"}}
]
JSON
    run gcloud artifacts repositories set-cleanup-policies "$name" --location="$region" --policy="$folder/cleanup.json" \
        --no-dry-run --project="$project" --format=none
    patiently gcloud artifacts repositories add-iam-policy-binding "$name" --location="$region" \
        --member="$(member build)" --role=roles/artifactregistry.writer --project="$project" --format=none
}

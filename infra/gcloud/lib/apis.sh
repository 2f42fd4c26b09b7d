# shellcheck shell=bash
# The services of Google Cloud that brisa calls, or that carry it.

deploy_apis() {
    say "services"
    local -a services=(
        artifactregistry bigquery cloudbuild cloudfunctions cloudresourcemanager cloudscheduler cloudtasks eventarc
        firestore iam iamcredentials logging monitoring pubsub run secretmanager storage
    )
    [ -z "$budget" ] || services+=(billingbudgets)
    [ -z "$console" ] || services+=(compute iap)
    [ -z "$kms_key" ] || services+=(cloudkms)
    [ -z "$vpc_connector" ] || services+=(vpcaccess)
    [ -z "$policy" ] || services+=(cloudidentity)
    run gcloud services enable "${services[@]/%/.googleapis.com}" --project="$project"
}

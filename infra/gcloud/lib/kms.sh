# shellcheck shell=bash
# With a key of one's own, the agents of the services that keep data must be allowed to use it.

deploy_kms() {
    [ -n "$kms_key" ] || return 0
    say "the key"
    local agent
    for agent in gcp-sa-artifactregistry gcf-admin-robot gcp-sa-eventarc gcp-sa-firestore serverless-robot-prod \
        gcp-sa-secretmanager gs-project-accounts; do
        patiently gcloud kms keys add-iam-policy-binding "$kms_key" \
            --member="serviceAccount:service-$number@$agent.iam.gserviceaccount.com" \
            --role=roles/cloudkms.cryptoKeyEncrypterDecrypter --format=none
    done
}

# shellcheck shell=bash
# Connections are secrets that brisa makes itself; a deployment's own are made here, without their text.

deploy_secrets() {
    say "secrets"
    local prefix=${name//-/_}_secret
    secret_role "${prefix}_maker" 'brisa: makes and lists secrets' secretmanager.secrets.create,secretmanager.secrets.list
    secret_role "${prefix}_keeper" 'brisa: writes, reads and deletes its own secrets' \
        secretmanager.secrets.delete,secretmanager.versions.access,secretmanager.versions.add,secretmanager.versions.destroy,secretmanager.versions.list
    secret_role "${prefix}_reader" 'brisa: reads its own secrets' secretmanager.versions.access,secretmanager.versions.list

    local own="expression=resource.name.startsWith(\"projects/$number/secrets/brisa-\"),title=brisa's own secrets alone"
    project_role "$(member api)" "projects/$project/roles/${prefix}_maker"
    project_role "$(member api)" "projects/$project/roles/${prefix}_keeper" "$own"
    project_role "$(member worker)" "projects/$project/roles/${prefix}_reader" "$own"

    local given secret function
    for given in "${secrets[@]}"; do
        secret=${given#*=} secret=${secret%%:*}
        ensure secrets -- "$secret" --replication-policy=automatic --labels="$(labelled)" ${kms_key:+--kms-key-name="$kms_key"}
        for function in $(readers "$given"); do
            patiently gcloud secrets add-iam-policy-binding "$secret" --member="$(member "$function")" \
                --role=roles/secretmanager.secretAccessor --project="$project" --format=none
        done
    done
}

# The functions that get a secret: those after the second colon, else the worker.
readers() { # VARIABLE=SECRET[:FUNCTION+FUNCTION]
    local rest=${1#*=}
    case $rest in *:*) echo "${rest#*:}" | tr + ' ' ;; *) echo worker ;; esac
}

secret_role() { # ID TITLE PERMISSIONS
    local verb=create
    if there iam roles describe "$1"; then verb=update; fi
    run gcloud iam roles "$verb" "$1" --title="$2" --permissions="$3" --stage=GA --project="$project" --quiet
}

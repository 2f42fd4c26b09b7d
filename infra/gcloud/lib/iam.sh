# shellcheck shell=bash
# Who does what: an account per function, and one for each of those who call them.

deploy_iam() {
    say "accounts and their roles"
    local -A accounts=(
        [planner]='brisa: plans runs'
        [worker]='brisa: runs tasks; DAG files act as this account'
        [events]='brisa: hears of objects, registers DAG files'
        [api]='brisa: answers people and programs'
        [tasks]='brisa: as whom Cloud Tasks calls the worker and the planner'
        [scheduler]='brisa: as whom Cloud Scheduler calls the planner'
        [eventarc]='brisa: as whom Eventarc calls the events function'
        [build]='brisa: as whom functions are built'
        [deploy]='brisa: as whom Cloud Build deploys'
    )
    local known='' key role function
    [ -n "$dry_run" ] || known=$(gcloud iam service-accounts list --project="$project" --format='value(email)')
    for key in planner worker events api tasks scheduler eventarc build deploy; do
        grep -qxF "$(account "$key")" <<<"$known" ||
            run gcloud iam service-accounts create "$name-$key" --display-name="${accounts[$key]}" --project="$project"
    done

    # A project may have other databases, with other people's data.
    local own="expression=resource.name == \"projects/$project/databases/$database\",title=brisa's database alone"
    for function in "${functions[@]}"; do project_role "$(member "$function")" roles/datastore.user "$own"; done
    project_role "$(member eventarc)" roles/eventarc.eventReceiver
    project_role "$(member build)" roles/logging.logWriter
    for role in logging.logWriter cloudfunctions.developer run.developer; do
        project_role "$(member deploy)" "roles/$role"
    done
    for role in "${worker_roles[@]}"; do project_role "$(member worker)" "$role"; done

    for function in "${functions[@]}"; do
        acts_as "$function" tasks # a task carries a token of `tasks`
        acts_as deploy "$function"
    done
    acts_as deploy build
}

acts_as() { # WHO AS
    patiently gcloud iam service-accounts add-iam-policy-binding "$(account "$2")" --member="$(member "$1")" \
        --role=roles/iam.serviceAccountUser --project="$project" --format=none
}

# shellcheck shell=bash
# The state. Indexes and fields are what the adapter declares.

deploy_firestore() {
    say "database, indexes and fields"
    local protection=--delete-protection recovery=--no-enable-pitr
    [ -z "$unprotected" ] || protection=--no-delete-protection
    [ -z "$point_in_time_recovery" ] || recovery=--enable-pitr
    if there firestore databases describe --database="$database"; then
        run gcloud firestore databases update --database="$database" "$protection" "$recovery" --project="$project" --format=none
    else
        run gcloud firestore databases create --database="$database" --location="$database_location" \
            --type=firestore-native "$protection" "$recovery" ${kms_key:+--kms-key-name="$kms_key"} --project="$project"
    fi

    local -a command
    # Each line is a command's arguments, for what is not there yet: none of them has a space.
    while read -ru 3 -a command; do
        patiently gcloud firestore "${command[@]}" --database="$database" --project="$project" --async --format=none
    done 3< <(present | python3 "$here/firestore_indexes.py" "$root/shared/brisa/adapters/firestore/indexes.json")

    local schedules='' schedule
    [ -n "$dry_run" ] || schedules=$(gcloud firestore backups schedules list --database="$database" --project="$project" --format='value(name.basename())')
    if [ "$backup_days" != 0 ] && [ -z "$schedules" ]; then
        run gcloud firestore backups schedules create --database="$database" --recurrence=daily \
            --retention="${backup_days}d" --project="$project" --format=none
    fi
    # Backups that there are stay as long as they were to stay when they were made.
    for schedule in $schedules; do
        if [ "$backup_days" = 0 ]; then
            run gcloud firestore backups schedules delete --backup-schedule="$schedule" --database="$database" --project="$project" --format=none
        else
            run gcloud firestore backups schedules update --backup-schedule="$schedule" --database="$database" \
                --retention="${backup_days}d" --project="$project" --format=none
        fi
    done
}

# What is there, as JSON: indexes, fields' indexes, fields by which the database deletes. In a dry run nothing is.
present() {
    local what
    echo '['
    for what in 'indexes composite' 'indexes fields' 'fields ttls'; do
        if [ -n "$dry_run" ]; then
            echo '[],'
        else
            # shellcheck disable=SC2086 # two words
            gcloud firestore $what list --database="$database" --project="$project" --format=json
            echo ,
        fi
    done
    echo '[]]'
}

# shellcheck shell=bash
# Metrics taken from the log, alerts, a dashboard: the same files that Terraform reads.

deploy_monitoring() {
    say "metrics, alerts, dashboard"
    local file metric verb channel found existing
    local -a channels=()
    for metric in $(named metrics.json name); do
        file=metric-${metric##*/}.json
        part metrics.json name "$metric" | write "$file"
        verb=create
        if there logging metrics describe "$metric"; then verb=update; fi
        run gcloud logging metrics "$verb" "$metric" --config-from-file="$folder/$file" --project="$project" --format=none
    done

    local email
    for email in "${alert_emails[@]}"; do
        found=$(by_name "beta monitoring channels" "brisa: $email")
        if [ -z "$found" ]; then
            run gcloud beta monitoring channels create --display-name="brisa: $email" --type=email \
                --channel-labels="email_address=$email" --project="$project" --format=none
            found=$(by_name "beta monitoring channels" "brisa: $email")
        fi
        channels+=("${found:-CHANNEL_OF_$email}")
    done

    local i=0 alert
    while read -ru 3 alert; do
        i=$((i + 1)) file=alert-$i.json
        part alerts.json displayName "$alert" | with "userLabels=$(labelled)" | write "$file"
        existing=$(by_name "alpha monitoring policies" "$alert")
        local joined
        joined=$(IFS=,; echo "${channels[*]}")
        if [ -n "$existing" ]; then
            run gcloud alpha monitoring policies update "$existing" --policy-from-file="$folder/$file" \
                ${joined:+--set-notification-channels="$joined"} --project="$project" --format=none
        else
            run gcloud alpha monitoring policies create --policy-from-file="$folder/$file" \
                ${joined:+--notification-channels="$joined"} --project="$project" --format=none
        fi
    done 3< <(named alerts.json displayName)

    existing=$(by_name "monitoring dashboards" "brisa: $name")
    if [ -n "$existing" ]; then
        local etag
        etag=$(gcloud monitoring dashboards describe "$existing" --project="$project" --format='value(etag)')
        filled dashboard.json | with "etag=$etag" | write dashboard.json
        run gcloud monitoring dashboards update "$existing" --config-from-file="$folder/dashboard.json" --project="$project" --format=none
    else
        filled dashboard.json | write dashboard.json
        run gcloud monitoring dashboards create --config-from-file="$folder/dashboard.json" --project="$project" --format=none
    fi
    # The budget tells the same people.
    notified=$(IFS=,; echo "${channels[*]}")
}

# A file with this deployment's name in it.
filled() { sed "s/\${name}/$name/g" "$root/infra/monitoring/$1"; }

# The names of what a file's list has, a line each.
named() { # FILE FIELD
    filled "$1" | python3 -c 'import json, sys; [print(one[sys.argv[1]]) for one in json.load(sys.stdin)]' "$2"
}

# The one of a file's list that has this name.
part() { # FILE FIELD NAME
    filled "$1" | python3 -c '
import json, sys
field, name = sys.argv[1:]
print(json.dumps(next(one for one in json.load(sys.stdin) if one[field] == name)))' "$2" "$3"
}

# Adds a field to a JSON object; KEY=a=1,b=2 becomes an object of its own.
with() { # FIELD=VALUE
    python3 -c '
import json, sys
field, value = sys.argv[1].split("=", 1)
labels = dict(pair.split("=", 1) for pair in value.split(",")) if "=" in value else value
print(json.dumps({**json.load(sys.stdin), field: labels}))' "$1"
}

# The resource of that display name; empty if there is none.
by_name() { # GROUP NAME
    [ -z "$dry_run" ] || return 0
    # shellcheck disable=SC2086 # a group is several words
    gcloud $1 list --filter="displayName=\"$2\"" --format='value(name)' --project="$project" | head -n 1
}

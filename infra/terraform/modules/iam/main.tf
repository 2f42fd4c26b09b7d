# Who does what: an account per function, and one for each of those who call them. Roles on a bucket, a queue, a secret
# or a function are given beside it; here are those that only a project can give.

locals {
  accounts = {
    planner   = "brisa: plans runs"
    worker    = "brisa: runs tasks; DAG files act as this account"
    events    = "brisa: hears of objects, registers DAG files"
    api       = "brisa: answers people and programs"
    tasks     = "brisa: as whom Cloud Tasks calls the worker and the planner"
    scheduler = "brisa: as whom Cloud Scheduler calls the planner"
    eventarc  = "brisa: as whom Eventarc calls the events function"
    build     = "brisa: as whom functions are built"
    deploy    = "brisa: as whom Cloud Build deploys"
  }
  functions = ["planner", "worker", "events", "api"]

  roles = concat(
    [for account in local.functions : { account = account, role = "roles/datastore.user", database = true }],
    [
      { account = "eventarc", role = "roles/eventarc.eventReceiver", database = false },
      { account = "build", role = "roles/logging.logWriter", database = false },
      { account = "deploy", role = "roles/logging.logWriter", database = false },
      { account = "deploy", role = "roles/cloudfunctions.developer", database = false },
      { account = "deploy", role = "roles/run.developer", database = false },
    ],
    [for role in var.worker_roles : { account = "worker", role = role, database = false }],
  )
}

resource "google_service_account" "account" {
  for_each = local.accounts

  project      = var.project_id
  account_id   = "${var.name}-${each.key}"
  display_name = each.value
}

resource "google_project_iam_member" "role" {
  for_each = { for given in local.roles : "${given.account} ${given.role}" => given }

  project = var.project_id
  role    = each.value.role
  member  = "serviceAccount:${google_service_account.account[each.value.account].email}"

  # A project may have other databases, with other people's data.
  dynamic "condition" {
    for_each = each.value.database ? [var.database] : []
    content {
      title      = "brisa's database alone"
      expression = "resource.name == \"projects/${var.project_id}/databases/${condition.value}\""
    }
  }
}

# A task in the queue carries a token of the account `tasks`: who sends one must be allowed to act as it.
resource "google_service_account_iam_member" "sends_as" {
  for_each = toset(local.functions)

  service_account_id = google_service_account.account["tasks"].name
  role               = "roles/iam.serviceAccountUser"
  member             = "serviceAccount:${google_service_account.account[each.value].email}"
}

# Who deploys a function decides as whom it runs, and as whom it is built.
resource "google_service_account_iam_member" "deploys_as" {
  for_each = toset(concat(local.functions, ["build"]))

  service_account_id = google_service_account.account[each.value].name
  role               = "roles/iam.serviceAccountUser"
  member             = "serviceAccount:${google_service_account.account["deploy"].email}"
}

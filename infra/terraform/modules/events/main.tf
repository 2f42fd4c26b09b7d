# What tells the events function of objects: written in any of the buckets, or deleted where the DAG files are.

locals {
  finalized = "google.cloud.storage.object.v1.finalized"
  deleted   = "google.cloud.storage.object.v1.deleted"

  triggers = merge(
    {
      dags-finalized = { bucket = var.dags_bucket.name, location = var.dags_bucket.location, type = local.finalized }
      dags-deleted   = { bucket = var.dags_bucket.name, location = var.dags_bucket.location, type = local.deleted }
    },
    {
      for bucket in var.event_buckets :
      "watch-${substr(sha256(bucket.name), 0, 8)}" => { bucket = bucket.name, location = bucket.location, type = local.finalized }
    },
  )
}

data "google_storage_project_service_account" "agent" {
  project = var.project_id
}

# Cloud Storage tells of its objects through Pub/Sub.
resource "google_project_iam_member" "storage_publishes" {
  project = var.project_id
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:${data.google_storage_project_service_account.agent.email_address}"
}

resource "google_eventarc_trigger" "trigger" {
  for_each = local.triggers

  project         = var.project_id
  location        = lower(each.value.location)
  name            = "${var.name}-${each.key}"
  service_account = var.account
  labels          = var.labels

  matching_criteria {
    attribute = "type"
    value     = each.value.type
  }

  matching_criteria {
    attribute = "bucket"
    value     = each.value.bucket
  }

  destination {
    cloud_run_service {
      service = var.service
      region  = var.region
      path    = "/"
    }
  }

  depends_on = [google_project_iam_member.storage_publishes]
}

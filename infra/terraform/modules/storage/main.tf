# Three buckets: what runs leave behind, the DAG files, and the functions' source.

locals {
  buckets = {
    state = {
      name      = coalesce(var.names.state, "${var.project_id}-${var.name}-state")
      versioned = false
      # A run's documents are deleted by Firestore's TTL, some time after they expire; its logs stay a week longer.
      delete_after_days = var.keep_days == 0 ? null : ceil(var.keep_days) + 7
      old_versions      = null
    }
    dags = {
      name              = coalesce(var.names.dags, "${var.project_id}-${var.name}-dags")
      versioned         = true
      delete_after_days = null
      old_versions      = 20
    }
    source = {
      name              = coalesce(var.names.source, "${var.project_id}-${var.name}-source")
      versioned         = true
      delete_after_days = null
      old_versions      = 20
    }
  }
  # Logs and XComs are written, read and deleted by workers; the planner and the api delete, and read for people. DAG files
  # are read by who registers and who runs them. Releases bring the functions' source, and DAG files.
  access = {
    "state planner" = { bucket = "state", account = "planner", role = "roles/storage.objectUser" }
    "state worker"  = { bucket = "state", account = "worker", role = "roles/storage.objectUser" }
    "state api"     = { bucket = "state", account = "api", role = "roles/storage.objectUser" }
    "dags worker"   = { bucket = "dags", account = "worker", role = "roles/storage.objectViewer" }
    "dags events"   = { bucket = "dags", account = "events", role = "roles/storage.objectViewer" }
    "dags deploy"   = { bucket = "dags", account = "deploy", role = "roles/storage.objectUser" }
    "source build"  = { bucket = "source", account = "build", role = "roles/storage.objectViewer" }
    "source deploy" = { bucket = "source", account = "deploy", role = "roles/storage.objectUser" }
  }
}

resource "google_storage_bucket" "bucket" {
  # checkov:skip=CKV_GCP_62:Access logs would want a bucket of their own; Cloud Audit Logs tell who has read what.
  # checkov:skip=CKV_GCP_78:DAG files and source are versioned; logs and XComs are written once, and soft-deleted for a week.

  for_each = local.buckets

  project                     = var.project_id
  name                        = each.value.name
  location                    = var.location
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection
  labels                      = var.labels

  versioning {
    enabled = each.value.versioned
  }

  soft_delete_policy {
    retention_duration_seconds = 604800
  }

  dynamic "lifecycle_rule" {
    for_each = each.value.delete_after_days == null ? [] : [each.value.delete_after_days]
    content {
      action {
        type = "Delete"
      }
      condition {
        age = lifecycle_rule.value
      }
    }
  }

  dynamic "lifecycle_rule" {
    for_each = each.value.old_versions == null ? [] : [each.value.old_versions]
    content {
      action {
        type = "Delete"
      }
      condition {
        num_newer_versions         = lifecycle_rule.value
        days_since_noncurrent_time = 30
        with_state                 = "ARCHIVED"
      }
    }
  }

  # An upload that somebody has given up is paid for until it is deleted.
  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 1
    }
  }

  dynamic "encryption" {
    for_each = var.kms_key == null ? [] : [var.kms_key]
    content {
      default_kms_key_name = encryption.value
    }
  }
}

resource "google_storage_bucket_iam_member" "access" {
  for_each = local.access

  bucket = google_storage_bucket.bucket[each.value.bucket].name
  role   = each.value.role
  member = var.members[each.value.account]
}

# Sensors look at the objects that they wait for.
resource "google_storage_bucket_iam_member" "watched" {
  for_each = toset(var.event_buckets)

  bucket = each.value
  role   = "roles/storage.objectViewer"
  member = var.members["worker"]
}

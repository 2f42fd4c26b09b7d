# One function, and who may call it.

resource "google_storage_bucket_object" "source" {
  bucket = var.source_bucket
  name   = "first/${var.target}.zip"
  source = var.source_archive

  lifecycle {
    ignore_changes = [source, detect_md5hash]
  }
}

resource "google_cloudfunctions2_function" "function" {
  # checkov:skip=CKV_GCP_124:Releases look at a new revision from outside; every request needs IAM, and `ingress` narrows it.

  project      = var.project_id
  location     = var.location
  name         = "${var.name}-${var.target}"
  description  = var.description
  kms_key_name = var.kms_key
  labels       = var.labels

  build_config {
    runtime           = var.runtime
    entry_point       = var.target
    service_account   = var.build_account
    docker_repository = var.repository

    source {
      storage_source {
        bucket = google_storage_bucket_object.source.bucket
        object = google_storage_bucket_object.source.name
      }
    }
  }

  service_config {
    available_cpu                    = var.size.cpu
    available_memory                 = var.size.memory
    timeout_seconds                  = var.size.timeout
    max_instance_request_concurrency = var.size.concurrency
    min_instance_count               = var.size.min_instances
    max_instance_count               = var.size.max_instances
    service_account_email            = var.account
    ingress_settings                 = var.ingress
    vpc_connector                    = var.vpc_connector
    vpc_connector_egress_settings    = var.vpc_connector == null ? null : "PRIVATE_RANGES_ONLY"
    all_traffic_on_latest_revision   = true

    environment_variables = merge(var.environment, {
      THREADS = tostring(var.size.concurrency)
      WORKERS = "1"
    })

    dynamic "secret_environment_variables" {
      for_each = var.secrets
      content {
        project_id = var.project_id
        key        = secret_environment_variables.key
        secret     = secret_environment_variables.value
        version    = "latest"
      }
    }
  }

  # Terraform makes the function and says how it is set. Its code is released by infra/release.sh, which moves traffic
  # when the new revision is well; after a roll-back the latest revision must not get it back.
  lifecycle {
    ignore_changes = [build_config[0].source, service_config[0].all_traffic_on_latest_revision]
  }
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = var.invokers

  project  = var.project_id
  location = var.location
  name     = google_cloudfunctions2_function.function.name
  role     = "roles/run.invoker"
  member   = each.value
}

# Jobs for tasks that are too long, or too large, for the worker: a few, of different sizes. What an execution has can't be
# chosen when it is begun; how long it may last can.

resource "google_cloud_run_v2_job" "job" {
  for_each = var.jobs

  project             = var.project_id
  location            = var.location
  name                = "${var.name}-${each.key}"
  labels              = var.labels
  deletion_protection = false

  template {
    task_count = 1

    template {
      max_retries     = 0 # who tries again is brisa
      timeout         = "${each.value.timeout}s"
      service_account = var.account
      encryption_key  = var.kms_key

      containers {
        image = var.image
        # The image is the worker's, which buildpacks have made: its launcher sets what Python needs.
        command = ["/cnb/lifecycle/launcher"]
        args    = ["python", "-m", "brisa.handlers.job"]

        resources {
          limits = { cpu = each.value.cpu, memory = each.value.memory }
        }

        dynamic "env" {
          for_each = var.environment
          content {
            name  = env.key
            value = env.value
          }
        }

        dynamic "env" {
          for_each = var.secrets
          content {
            name = env.key
            value_source {
              secret_key_ref {
                secret  = env.value
                version = "latest"
              }
            }
          }
        }
      }

      dynamic "vpc_access" {
        for_each = var.vpc_connector == null ? [] : [var.vpc_connector]
        content {
          connector = vpc_access.value
          egress    = "PRIVATE_RANGES_ONLY"
        }
      }
    }
  }

  # The image follows the worker's, by infra/release.sh.
  lifecycle {
    ignore_changes = [template[0].template[0].containers[0].image, client, client_version]
  }
}

# The worker begins executions, and tells each which attempt it is.
resource "google_cloud_run_v2_job_iam_member" "runs" {
  for_each = var.jobs

  project  = var.project_id
  location = var.location
  name     = google_cloud_run_v2_job.job[each.key].name
  role     = "roles/run.jobsExecutorWithOverrides"
  member   = var.worker
}

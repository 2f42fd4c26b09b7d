# Connections are secrets that brisa makes itself, under ids that begin with "brisa-": the api function writes them,
# workers read them. A deployment's own secrets (an SMTP password, say) are made here without their text, which never
# comes near Terraform's state: `gcloud secrets versions add NAME --data-file=-`.

locals {
  # A secret is made, and listed, in the project, so no condition on its name can hold for that.
  permissions = {
    maker = ["secretmanager.secrets.create", "secretmanager.secrets.list"]
    keeper = [
      "secretmanager.secrets.delete",
      "secretmanager.versions.access",
      "secretmanager.versions.add",
      "secretmanager.versions.destroy",
      "secretmanager.versions.list",
    ]
    reader = ["secretmanager.versions.access", "secretmanager.versions.list"]
  }
  titles = {
    maker  = "brisa: makes and lists secrets"
    keeper = "brisa: writes, reads and deletes its own secrets"
    reader = "brisa: reads its own secrets"
  }
  given = {
    "api maker"     = { account = "api", role = "maker", own = false }
    "api keeper"    = { account = "api", role = "keeper", own = true }
    "worker reader" = { account = "worker", role = "reader", own = true }
  }
  readers = merge([
    for variable, secret in var.environment : {
      for function in secret.functions : "${variable} ${function}" => { secret = secret.secret, function = function }
    }
  ]...)
}

resource "google_project_iam_custom_role" "role" {
  for_each = local.permissions

  project     = var.project_id
  role_id     = "${replace(var.name, "-", "_")}_secret_${each.key}"
  title       = local.titles[each.key]
  permissions = each.value
}

resource "google_project_iam_member" "own" {
  for_each = local.given

  project = var.project_id
  role    = "projects/${var.project_id}/roles/${google_project_iam_custom_role.role[each.value.role].role_id}"
  member  = var.members[each.value.account]

  dynamic "condition" {
    for_each = each.value.own ? ["brisa-"] : []
    content {
      title      = "brisa's own secrets alone"
      expression = "resource.name.startsWith(\"projects/${var.project_number}/secrets/${condition.value}\")"
    }
  }
}

resource "google_secret_manager_secret" "secret" {
  for_each = toset([for secret in var.environment : secret.secret])

  project             = var.project_id
  secret_id           = each.value
  labels              = var.labels
  deletion_protection = var.deletion_protection

  replication {
    auto {
      dynamic "customer_managed_encryption" {
        for_each = var.kms_key == null ? [] : [var.kms_key]
        content {
          kms_key_name = customer_managed_encryption.value
        }
      }
    }
  }
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each = local.readers

  project   = var.project_id
  secret_id = google_secret_manager_secret.secret[each.value.secret].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = var.members[each.value.function]
}

# With a key of one's own, the agents of the services that keep data must be allowed to use it. The key itself is made
# elsewhere, by whoever keeps keys: what is encrypted with it is lost with it.

locals {
  agents = {
    artifactregistry = "gcp-sa-artifactregistry"
    cloudfunctions   = "gcf-admin-robot"
    eventarc         = "gcp-sa-eventarc"
    firestore        = "gcp-sa-firestore"
    run              = "serverless-robot-prod"
    secretmanager    = "gcp-sa-secretmanager"
    storage          = "gs-project-accounts"
  }
}

resource "google_kms_crypto_key_iam_member" "agent" {
  for_each = local.agents

  crypto_key_id = var.key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = "serviceAccount:service-${var.project_number}@${each.value}.iam.gserviceaccount.com"
}

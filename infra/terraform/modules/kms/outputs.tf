output "key" {
  description = "The key, once it may be used."
  value       = var.key
  depends_on  = [google_kms_crypto_key_iam_member.agent]
}

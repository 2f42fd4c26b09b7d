output "names" {
  description = "Bucket → its name: state, dags, source."
  value       = { for key, bucket in google_storage_bucket.bucket : key => bucket.name }
}
